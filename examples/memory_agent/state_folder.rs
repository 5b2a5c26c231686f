//! Sessions of the reference agent on disk: one file each, named by the digest of the id; a first line with the id, then a line a chunk.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use mnemoscope::digest::sha256_hex;

use super::bm25::Session;
use super::protocol::is_session_id;

#[derive(Debug, Clone)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_path_buf()))
    }

    /// Every session. A last line that a crash cut is taken away, as its chunk was not confirmed.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, or a file holds something else.
    pub fn read(&self) -> io::Result<HashMap<String, Session>> {
        let mut sessions = HashMap::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl")
                && let Some((id, texts)) = read_file(&path)?
            {
                sessions.insert(id, Session::new(texts));
            }
        }
        Ok(sessions)
    }

    pub(super) fn open(&self, id: &str) -> io::Result<()> {
        let file = File::create(self.path(id))?;
        write_line(file, id)
    }

    pub(super) fn append(&self, id: &str, text: &str) -> io::Result<()> {
        write_line(OpenOptions::new().append(true).open(self.path(id))?, text)
    }

    pub(super) fn remove(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.join(format!("{}.jsonl", sha256_hex(id.as_bytes())))
    }
}

/// A text as a line of JSON, on the disk when it returns. A line that fails half-way is taken back, so that a second try does not stand behind it.
fn write_line(mut file: File, text: &str) -> io::Result<()> {
    let length = file.metadata()?.len();
    let line = serde_json::to_string(text)? + "\n";
    file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).inspect_err(|_| {
        let _ = file.set_len(length);
    })
}

/// The id and the chunks of a file; `None` for one that was cut before its id was whole.
fn read_file(path: &Path) -> io::Result<Option<(String, Vec<String>)>> {
    let content = fs::read(path)?;
    let whole = content.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    if whole < content.len() {
        OpenOptions::new().write(true).open(path)?.set_len(whole as u64)?;
    }
    let mut lines = Vec::new();
    for line in content[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        lines.push(serde_json::from_slice::<String>(line).map_err(|error| foreign(path, &error.to_string()))?);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let id = lines.remove(0);
    if is_session_id(&id) { Ok(Some((id, lines))) } else { Err(foreign(path, "the first line is no session's id")) }
}

fn foreign(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}; is this the folder of --state?", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_outlive_the_process_and_a_cut_line_does_not_count() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = StateFolder::new(temporary.path()).expect("a folder");
        folder.open("s.1").expect("written");
        folder.append("s.1", "one\nline").expect("written");
        let file = folder.path("s.1");
        fs::write(&file, [&fs::read(&file).expect("read")[..], b"\"cut"].concat()).expect("written");
        assert_eq!(folder.read().expect("read")["s.1"].texts, ["one\nline"]);
        folder.append("s.1", "two").expect("written");
        assert_eq!(folder.read().expect("read")["s.1"].texts, ["one\nline", "two"]);
        folder.remove("s.1").expect("removed");
        folder.remove("s.1").expect("removed before");
        assert!(folder.read().expect("read").is_empty());
    }

    #[test]
    fn another_programs_file_is_told() {
        let temporary = tempfile::tempdir().expect("a folder");
        fs::write(temporary.path().join("x.jsonl"), "{\"a\": 1}\n").expect("written");
        let folder = StateFolder::new(temporary.path()).expect("a folder");
        assert!(folder.read().expect_err("foreign").to_string().contains("--state"));
    }
}
