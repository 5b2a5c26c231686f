//! The reply cache: what an endpoint has answered once is not paid for again, in any run.
//!
//! One file an endpoint and model, `NAME.jsonl`, one line a reply, appended with one write call. The key is a hash over
//! everything that the reply depends on, the number of the repeat included, so that repeats are neither merged nor left
//! out. Errors are never kept. A torn end is passed over; a line that was changed is found by its own hash.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;

/// The folder that is used where none is named.
pub const CACHE_FOLDER: &str = "cache";
const CACHE_SCHEMA: u32 = 1;

/// What the cache is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum CacheMode {
    /// Replies are taken from it, and none is added.
    Read,
    /// Replies are added, and none is taken.
    Write,
    #[default]
    Both,
    Off,
}

impl CacheMode {
    fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Both)
    }

    fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Both)
    }
}

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the reply cache {}: {source}; choose another --cache-dir, or --cache off", path.display())]
pub struct CacheError {
    pub path: PathBuf,
    pub source: std::io::Error,
}

#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    key: String,
    utc: String,
    /// Of the body.
    sha256: String,
    body: String,
}

/// What is needed to find a line again.
#[derive(Deserialize)]
struct LineHead {
    schema: u32,
    key: String,
}

/// The cached replies of one endpoint and model.
#[derive(Debug)]
pub(super) struct ReplyCache {
    path: PathBuf,
    /// `None`: there was none, and nothing was kept so far.
    file: Option<File>,
    mode: CacheMode,
    /// Byte and length of the line of each key; the last one counts.
    index: HashMap<String, (u64, u64)>,
    /// Told once to the user.
    pub(super) notice: Option<String>,
    has_failed: bool,
}

impl ReplyCache {
    /// Opens the cache of one endpoint, and reads where its lines stand; makes nothing before a reply is kept. O(size of the
    /// file), one line in memory.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn open(folder: &Path, name: &str, mode: CacheMode) -> Result<Option<Self>, CacheError> {
        if mode == CacheMode::Off {
            return Ok(None);
        }
        let path = folder.join(format!("{name}.jsonl"));
        let fail = |source| CacheError { path: path.clone(), source };
        let file = match OpenOptions::new().read(true).append(true).open(&path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(fail(error)),
        };
        let mut index = HashMap::new();
        let mut damage = Damage::default();
        if let Some(file) = file.as_ref().filter(|_| mode.reads()) {
            let mut place = 0;
            read_lines(file, &mut |line| {
                let length = line.len() as u64;
                match serde_json::from_slice::<LineHead>(line) {
                    Ok(head) if head.schema == CACHE_SCHEMA && line.ends_with(b"\n") => {
                        index.insert(head.key, (place, length));
                    }
                    _ => damage.count(line),
                }
                place += length;
            })
            .map_err(fail)?;
        }
        // A torn end must not swallow the next line.
        if let Some(mut file) = file.as_ref().filter(|_| damage.is_torn) {
            file.write_all(b"\n").map_err(fail)?;
        }
        let notice = damage.notice(&path);
        Ok(Some(Self { path, file, mode, index, notice, has_failed: false }))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.index.contains_key(key)
    }

    /// The body of a cached reply; `None` when it is not there or its line is damaged.
    pub(super) fn get(&mut self, key: &str) -> Option<Vec<u8>> {
        let &(place, length) = self.index.get(key)?;
        let mut line = vec![0; usize::try_from(length).ok()?];
        let file = self.file.as_mut()?;
        file.seek(SeekFrom::Start(place)).ok()?;
        file.read_exact(&mut line).ok()?;
        let line: Line = serde_json::from_slice(&line).ok()?;
        let is_whole = line.key == key && line.sha256 == sha256_hex(line.body.as_bytes());
        is_whole.then(|| line.body.into_bytes())
    }

    /// Leaves a reply that cannot be used out, so that the next one for its key is kept: the later line counts.
    pub(super) fn forget(&mut self, key: &str) {
        self.index.remove(key);
    }

    /// Appends a line with one write call; gives where it ends.
    fn append(&mut self, line: &[u8]) -> std::io::Result<u64> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                if let Some(folder) = self.path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                none.insert(OpenOptions::new().read(true).append(true).create(true).open(&self.path)?)
            }
        };
        file.write_all(line)?;
        file.stream_position()
    }

    /// Keeps a reply. A cache that cannot be written is told of once and then left alone: the answer itself is in the
    /// journal.
    pub(super) fn put(&mut self, key: &str, body: &[u8]) -> Option<String> {
        if !self.mode.writes() || self.has_failed || self.index.contains_key(key) {
            return None;
        }
        let body = std::str::from_utf8(body).ok()?;
        let line = Line {
            schema: CACHE_SCHEMA,
            key: key.to_owned(),
            utc: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            sha256: sha256_hex(body.as_bytes()),
            body: body.to_owned(),
        };
        let mut bytes = serde_json::to_vec(&line).ok()?;
        bytes.push(b'\n');
        match self.append(&bytes) {
            Ok(end) => {
                self.index.insert(key.to_owned(), (end.saturating_sub(bytes.len() as u64), bytes.len() as u64));
                None
            }
            Err(source) => {
                self.has_failed = true;
                let told = CacheError { path: self.path.clone(), source };
                Some(format!(
                    "{told}; no more replies are cached in this run, and the answers are recorded all the same"
                ))
            }
        }
    }
}

#[derive(Default)]
struct Damage {
    n_bad: usize,
    is_torn: bool,
}

impl Damage {
    fn count(&mut self, line: &[u8]) {
        if line.ends_with(b"\n") {
            // An empty line closes an earlier torn end.
            self.n_bad += usize::from(line != b"\n");
        } else {
            self.is_torn = true;
        }
    }

    fn notice(&self, path: &Path) -> Option<String> {
        let n = self.n_bad + usize::from(self.is_torn);
        (n > 0).then(|| {
            format!(
                "{}: {n} line(s) are torn or damaged and are passed over; those replies are asked for again \
                 (`mnemoscope cache verify` tells more, `cache prune` removes them)",
                path.display()
            )
        })
    }
}

fn read_lines(file: &File, visit: &mut dyn FnMut(&[u8])) -> std::io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    reader.seek(SeekFrom::Start(0))?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        visit(&line);
    }
}

/// What one file of the cache holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CacheFileReport {
    pub file: String,
    pub bytes: u64,
    /// Whole lines.
    pub replies: u64,
    /// Lines whose key comes again later.
    pub superseded: u64,
    /// Lines that are no reply, or whose body does not fit its hash.
    pub damaged: u64,
    pub oldest_utc: Option<String>,
    pub newest_utc: Option<String>,
}

/// Looks at every line of every file of the cache, hashes included.
///
/// # Errors
/// A file cannot be read.
pub fn inspect(folder: &Path) -> Result<Vec<CacheFileReport>, CacheError> {
    let mut reports = Vec::new();
    for path in cache_files(folder)? {
        let fail = |source| CacheError { path: path.clone(), source };
        let file = File::open(&path).map_err(fail)?;
        let mut report = CacheFileReport {
            file: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            bytes: file.metadata().map_err(fail)?.len(),
            replies: 0,
            superseded: 0,
            damaged: 0,
            oldest_utc: None,
            newest_utc: None,
        };
        let mut seen = std::collections::HashSet::new();
        read_lines(&file, &mut |line| match whole_line(line) {
            Some(line) => {
                report.replies += 1;
                report.superseded += u64::from(!seen.insert(line.key));
                let utc = Some(line.utc);
                report.oldest_utc = report.oldest_utc.take().min(utc.clone()).or(utc.clone());
                report.newest_utc = report.newest_utc.take().max(utc);
            }
            None => report.damaged += u64::from(line != b"\n"),
        })
        .map_err(fail)?;
        reports.push(report);
    }
    Ok(reports)
}

/// Removes replies of before `oldest_kept`, damaged lines, and lines whose key comes again. Gives how many were removed.
///
/// # Errors
/// A file cannot be read or written; it is then as it was.
pub fn prune(folder: &Path, oldest_kept: Option<Timestamp>) -> Result<u64, CacheError> {
    let mut n_removed = 0;
    for path in cache_files(folder)? {
        let fail = |source| CacheError { path: path.clone(), source };
        let file = File::open(&path).map_err(fail)?;
        let mut last: HashMap<String, usize> = HashMap::new();
        let mut place = 0;
        read_lines(&file, &mut |line| {
            if let Some(line) = whole_line(line) {
                last.insert(line.key, place);
            }
            place += 1;
        })
        .map_err(fail)?;
        let mut kept = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
        let (mut place, mut failed) = (0, None);
        read_lines(&file, &mut |bytes| {
            let is_kept = whole_line(bytes).is_some_and(|line| {
                let is_young =
                    oldest_kept.is_none_or(|oldest| line.utc.parse::<Timestamp>().is_ok_and(|utc| utc >= oldest));
                is_young && last.get(&line.key) == Some(&place)
            });
            if is_kept {
                failed = failed.take().or(kept.write_all(bytes).err());
            } else {
                n_removed += u64::from(bytes != b"\n");
            }
            place += 1;
        })
        .map_err(fail)?;
        if let Some(source) = failed {
            return Err(fail(source));
        }
        kept.as_file().sync_all().map_err(fail)?;
        kept.persist(&path).map_err(|error| fail(error.error))?;
    }
    Ok(n_removed)
}

fn whole_line(line: &[u8]) -> Option<Line> {
    let line: Line = line.ends_with(b"\n").then(|| serde_json::from_slice(line).ok()).flatten()?;
    (line.schema == CACHE_SCHEMA && line.sha256 == sha256_hex(line.body.as_bytes())).then_some(line)
}

fn cache_files(folder: &Path) -> Result<Vec<PathBuf>, CacheError> {
    let fail = |source| CacheError { path: folder.to_owned(), source };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> ReplyCache {
        ReplyCache::open(folder, "host", CacheMode::Both).unwrap().unwrap()
    }

    #[test]
    fn a_reply_comes_back_in_a_later_run() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(open(folder.path()).put("a", b"{\"x\":1}"), None);
        let mut cache = open(folder.path());
        assert_eq!(cache.get("a").as_deref(), Some(&b"{\"x\":1}"[..]));
        assert_eq!(cache.get("b"), None);
        cache.put("b", "{\"y\":\"é\\n\"}".as_bytes());
        assert_eq!(cache.get("b").as_deref(), Some("{\"y\":\"é\\n\"}".as_bytes()));
    }

    #[test]
    fn a_file_cut_in_the_middle_keeps_what_stands_before_the_cut() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = open(folder.path());
        for key in ["a", "b", "c"] {
            cache.put(key, format!("{{\"k\":\"{key}\"}}").as_bytes());
        }
        let path = folder.path().join("host.jsonl");
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let mut cache = open(folder.path());
            let n_whole = bytes[..cut].iter().filter(|&&byte| byte == b'\n').count();
            let is_torn = cut > 0 && bytes[cut - 1] != b'\n';
            assert_eq!(cache.notice.is_some(), is_torn, "{cut}");
            for (place, key) in ["a", "b", "c"].into_iter().enumerate() {
                assert_eq!(cache.get(key).is_some(), place < n_whole, "{cut} {key}");
            }
            cache.put("new", b"{}");
            assert!(open(folder.path()).get("new").is_some(), "{cut}: a line after a torn end is whole");
        }
    }

    #[test]
    fn a_changed_line_is_never_believed_and_prune_removes_it() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).put("a", b"{\"answer\":\"yes\"}");
        open(folder.path()).put("b", b"{}");
        let path = folder.path().join("host.jsonl");
        let changed = std::fs::read_to_string(&path).unwrap().replace("yes", "no!");
        std::fs::write(&path, changed).unwrap();
        assert_eq!(open(folder.path()).get("a"), None);
        let report = &inspect(folder.path()).unwrap()[0];
        assert_eq!((report.replies, report.damaged), (1, 1));
        assert_eq!(prune(folder.path(), None).unwrap(), 1);
        assert!(open(folder.path()).get("b").is_some());
        let later = Timestamp::now() + jiff::SignedDuration::from_secs(60);
        assert_eq!(prune(folder.path(), Some(later)).unwrap(), 1);
    }

    #[test]
    fn modes_read_or_write_or_neither() {
        let folder = tempfile::tempdir().unwrap();
        let mut reader = ReplyCache::open(folder.path(), "host", CacheMode::Read).unwrap().unwrap();
        reader.put("a", b"{}");
        assert!(!open(folder.path()).has("a"));
        open(folder.path()).put("a", b"{}");
        let writer = ReplyCache::open(folder.path(), "host", CacheMode::Write).unwrap().unwrap();
        assert!(!writer.has("a"));
        assert!(ReplyCache::open(folder.path(), "host", CacheMode::Off).unwrap().is_none());
    }
}
