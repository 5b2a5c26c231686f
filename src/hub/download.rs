//! One file of a hub: resumed where it was cut, checked against its hash, put in place only when whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_RANGE, HeaderMap, LOCATION, RANGE};
use reqwest::{Client, Method, Response, StatusCode, Url};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use super::fault::HubFault;
use super::listing::Listing;
use super::settings::Settings;
use super::{HubProgress, RepoKind};
use crate::digest::hex;
use crate::redact::redact;

const CONNECT: Duration = Duration::from_secs(20);
/// Longest silence within a download.
const SILENCE: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(300);
const MOST_REDIRECTS: usize = 8;
/// Longest answer that is not a file.
const LONGEST_ANSWER: usize = 64 << 20;

/// One repository of a hub.
pub(super) struct Hub<'a> {
    settings: &'a Settings,
    kind: RepoKind,
    id: &'a str,
    client: Client,
    runtime: Runtime,
    folder: PathBuf,
}

/// What the hub says about a file.
struct Promise {
    /// Name of the blob: SHA-256 of large files, another hash of small ones.
    etag: String,
    size: u64,
    /// The hub's own address: what it redirects to is signed for a short time, and asked for anew at every attempt.
    url: Url,
}

impl<'a> Hub<'a> {
    pub(super) fn new(settings: &'a Settings, kind: RepoKind, id: &'a str) -> Result<Self, HubFault> {
        let fail = |reason: String| HubFault::Answer { url: settings.endpoint.clone(), reason };
        // Redirects are followed by hand: the token goes to the hub's own host only.
        let client = Client::builder()
            .user_agent(concat!("mnemoscope/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            // A compressed answer would not tell its size.
            .no_gzip()
            .no_brotli()
            .http1_only()
            .build()
            .map_err(|error| fail(error.without_url().to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| fail(error.to_string()))?;
        let repositories = match kind {
            RepoKind::Model => "models",
            RepoKind::DataSet => "datasets",
        };
        let folder = settings.cache.path().join(format!("{repositories}--{}", id.replace('/', "--")));
        Ok(Self { settings, kind, id, client, runtime, folder })
    }

    /// Which commit a revision is, and its files.
    pub(super) fn listing(&self, revision: &str) -> Result<Listing, HubFault> {
        let repositories = match self.kind {
            RepoKind::Model => "models",
            RepoKind::DataSet => "datasets",
        };
        let url = self.url(&["api", repositories], &["revision", revision])?;
        let (response, url) = self.runtime.block_on(self.send(&Method::GET, url, None))?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::NOT_FOUND => {
                return Err(HubFault::Unknown { id: self.shown_id(), revision: revision.to_owned() });
            }
            status => return Err(self.refused(&url, status)),
        }
        let fault = |reason: String| HubFault::Answer { url: shown(&url), reason };
        let body = self.runtime.block_on(async {
            let mut response = response;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| fault(error.without_url().to_string()))? {
                if body.len() + chunk.len() > LONGEST_ANSWER {
                    return Err(fault("the answer is absurdly long".into()));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        })?;
        Listing::read(&body).map_err(|reason| fault(format!("it is no listing of a repository: {reason}")))
    }

    /// Brings one file to its place in a snapshot.
    pub(super) fn file(
        &self,
        commit: &str,
        file: &str,
        snapshot: &Path,
        progress: Option<fn(&HubProgress)>,
    ) -> Result<(), HubFault> {
        let place = snapshot.join(file);
        if place.exists() {
            return Ok(());
        }
        let promise = self.promise(commit, file)?;
        let blob = self.folder.join("blobs").join(&promise.etag);
        if !blob.exists() {
            self.download(file, &promise, &blob, progress)?;
        }
        for folder in [place.parent(), blob.parent()].into_iter().flatten() {
            fs::create_dir_all(folder).map_err(|error| HubFault::disk(folder, &error))?;
        }
        link(&blob, &place, file).map_err(|error| HubFault::disk(&place, &error))
    }

    fn promise(&self, commit: &str, file: &str) -> Result<Promise, HubFault> {
        let mut tail = vec!["resolve", commit];
        tail.extend(file.split('/'));
        let head: &[&str] = match self.kind {
            RepoKind::Model => &[],
            RepoKind::DataSet => &["datasets"],
        };
        let url = self.url(head, &tail)?;
        // The headers of the hub's own answer count, not those of the storage that it points to.
        let (mut response, mut url) = self.runtime.block_on(self.send_once(&Method::HEAD, url, None))?;
        let mut hops = 0;
        while response.status().is_redirection() && !response.headers().contains_key("x-linked-etag") {
            let next = location(&url, response.headers()).ok_or_else(|| self.refused(&url, response.status()))?;
            hops += 1;
            if hops > MOST_REDIRECTS {
                return Err(HubFault::Answer { url: shown(&url), reason: "it redirects in a circle".into() });
            }
            (response, url) = self.runtime.block_on(self.send_once(&Method::HEAD, next, None))?;
        }
        if !response.status().is_success() && !response.status().is_redirection() {
            return Err(self.refused(&url, response.status()));
        }
        let headers = response.headers();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let etag = text("x-linked-etag").or_else(|| text("etag")).unwrap_or_default();
        let etag = etag.trim_start_matches("W/").trim_matches('"');
        if etag.is_empty() || !etag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(HubFault::Answer { url: shown(&url), reason: "it names no hash of the file (ETag)".into() });
        }
        // The length of a redirect is that of its own body.
        let own = text("content-length").filter(|_| !response.status().is_redirection());
        let size = text("x-linked-size").or(own).and_then(|size| size.parse().ok());
        let Some(size) = size else {
            return Err(HubFault::Answer { url: shown(&url), reason: "it names no size of the file".into() });
        };
        Ok(Promise { etag: etag.to_owned(), size, url })
    }

    /// Downloads a blob under another name and renames it when it is whole.
    fn download(
        &self,
        file: &str,
        promise: &Promise,
        blob: &Path,
        progress: Option<fn(&HubProgress)>,
    ) -> Result<(), HubFault> {
        let parts = blob.with_file_name(format!("{}.incomplete", promise.etag));
        let disk = |error: &std::io::Error| HubFault::disk(&parts, error);
        if let Some(folder) = parts.parent() {
            fs::create_dir_all(folder).map_err(|error| disk(&error))?;
        }
        let mut out = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&parts)
            .map_err(|error| disk(&error))?;
        // Another process may be at the same file: its work is waited for.
        out.lock().map_err(|error| disk(&error))?;
        if blob.exists() {
            return Ok(());
        }
        let tell = |done: u64| {
            if let Some(progress) = progress {
                progress(&HubProgress { file: file.to_owned(), done, total: promise.size });
            }
        };
        let mut attempts = 0;
        let mut wait = FIRST_WAIT;
        loop {
            let done = out.seek(SeekFrom::End(0)).map_err(|error| disk(&error))?;
            if done == promise.size {
                break;
            }
            if done > promise.size {
                out.set_len(0).map_err(|error| disk(&error))?;
                continue;
            }
            attempts += 1;
            match self.runtime.block_on(self.stream(promise, done, &mut out, &tell)) {
                Ok(()) => {}
                Err(Interruption::Final(fault)) => return Err(fault),
                Err(Interruption::Disk(error)) => return Err(disk(&error)),
                Err(Interruption::Cut(detail)) => {
                    let now = out.metadata().map_err(|error| disk(&error))?.len();
                    // A connection that brought something is not counted against the attempts.
                    if now > done {
                        (attempts, wait) = (0, FIRST_WAIT);
                    }
                    if attempts >= ATTEMPTS {
                        return Err(HubFault::Cut {
                            file: file.to_owned(),
                            done: now,
                            total: promise.size,
                            attempts,
                            detail,
                        });
                    }
                    std::thread::sleep(wait);
                    wait *= 2;
                }
            }
        }
        tell(promise.size);
        check_hash(file, &promise.etag, &mut out, &parts)?;
        out.sync_all().map_err(|error| disk(&error))?;
        fs::rename(&parts, blob).map_err(|error| disk(&error))
    }

    async fn stream(
        &self,
        promise: &Promise,
        from: u64,
        out: &mut File,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Interruption> {
        let sent = self.send(&Method::GET, promise.url.clone(), Some(from)).await;
        let (mut response, url) = match sent {
            Ok(sent) => sent,
            Err(HubFault::Unreachable { detail, .. }) => return Err(Interruption::Cut(detail)),
            Err(fault) => return Err(Interruption::Final(fault)),
        };
        let mut done = from;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
                let begins = range.is_none_or(|range| range.starts_with(&format!("bytes {from}-")));
                if !begins {
                    let reason = format!("it answered with another range than from byte {from}");
                    return Err(Interruption::Final(HubFault::Answer { url: shown(&url), reason }));
                }
            }
            // The server does not go on in the middle.
            StatusCode::OK => {
                out.set_len(0).and_then(|()| out.rewind()).map_err(Interruption::Disk)?;
                done = 0;
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Interruption::Cut(format!("status {}", status.as_u16())));
            }
            status => return Err(Interruption::Final(self.refused(&url, status))),
        }
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    out.write_all(&chunk).map_err(Interruption::Disk)?;
                    done += chunk.len() as u64;
                    if done > promise.size {
                        out.set_len(0).map_err(Interruption::Disk)?;
                        let reason = format!("the file is longer than the {} bytes that the hub said", promise.size);
                        return Err(Interruption::Final(HubFault::Answer { url: shown(&url), reason }));
                    }
                    tell(done);
                }
                Ok(None) if done < promise.size => return Err(Interruption::Cut("the connection ended".into())),
                Ok(None) => return Ok(()),
                Err(error) => return Err(Interruption::Cut(error.without_url().to_string())),
            }
        }
    }

    /// Sends a request and follows redirects.
    async fn send(&self, method: &Method, url: Url, from: Option<u64>) -> Result<(Response, Url), HubFault> {
        let (mut response, mut url) = self.send_once(method, url, from).await?;
        for _ in 0..MOST_REDIRECTS {
            match location(&url, response.headers()).filter(|_| response.status().is_redirection()) {
                Some(next) => (response, url) = self.send_once(method, next, from).await?,
                None => return Ok((response, url)),
            }
        }
        Err(HubFault::Answer { url: shown(&url), reason: "it redirects in a circle".into() })
    }

    async fn send_once(&self, method: &Method, url: Url, from: Option<u64>) -> Result<(Response, Url), HubFault> {
        let mut request = self.client.request(method.clone(), url.clone());
        if let Some(from) = from {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        if let Some(token) = self.settings.token.as_ref().filter(|_| self.is_hub(&url)) {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = request.send().await.map_err(|error| HubFault::Unreachable {
            host: url.host_str().unwrap_or("(no host)").to_owned(),
            detail: detail(&error.without_url()),
        })?;
        Ok((response, url))
    }

    /// Whether a URL is on the hub itself, so that the token may go there.
    fn is_hub(&self, url: &Url) -> bool {
        Url::parse(&self.settings.endpoint).is_ok_and(|hub| hub.origin() == url.origin())
    }

    /// The repository as messages name it.
    fn shown_id(&self) -> String {
        match self.kind {
            RepoKind::Model => self.id.to_owned(),
            RepoKind::DataSet => format!("datasets/{}", self.id),
        }
    }

    fn refused(&self, url: &Url, status: StatusCode) -> HubFault {
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if self.is_hub(url) => HubFault::Gated {
                id: self.shown_id(),
                status: status.as_u16(),
                had_token: self.settings.token.is_some(),
            },
            StatusCode::NOT_FOUND if self.kind == RepoKind::DataSet => HubFault::NoFile { url: shown(url) },
            _ => HubFault::Status { url: shown(url), status: status.as_u16() },
        }
    }

    /// `ENDPOINT/HEAD.../ID/TAIL...`, each part escaped.
    fn url(&self, head: &[&str], tail: &[&str]) -> Result<Url, HubFault> {
        let fail = || HubFault::Answer { url: redact(&self.settings.endpoint), reason: "HF_ENDPOINT is no URL".into() };
        let mut url = Url::parse(&self.settings.endpoint).map_err(|_| fail())?;
        url.path_segments_mut()
            .map_err(|()| fail())?
            .pop_if_empty()
            .extend(head)
            .extend(self.id.split('/'))
            .extend(tail);
        Ok(url)
    }
}

/// Why a stream ended early.
enum Interruption {
    /// Worth another attempt.
    Cut(String),
    Disk(std::io::Error),
    Final(HubFault),
}

fn location(url: &Url, headers: &HeaderMap) -> Option<Url> {
    url.join(headers.get(LOCATION)?.to_str().ok()?).ok()
}

/// Signed addresses of storages carry secrets in their query.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    redact(url.as_str())
}

fn detail(error: &reqwest::Error) -> String {
    let mut source: &dyn std::error::Error = error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    source.to_string()
}

/// Large files are named by their SHA-256; small ones by another hash, and only their size is known.
fn check_hash(file: &str, etag: &str, out: &mut File, parts: &Path) -> Result<(), HubFault> {
    if etag.len() != 64 || !etag.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    let disk = |error: std::io::Error| HubFault::disk(parts, &error);
    out.rewind().map_err(disk)?;
    let mut digest = Sha256::new();
    std::io::copy(out, &mut digest).map_err(disk)?;
    let found = hex(&digest.finalize());
    if found.eq_ignore_ascii_case(etag) {
        return Ok(());
    }
    out.set_len(0).map_err(disk)?;
    Err(HubFault::Hash { file: file.to_owned(), expected: etag.to_owned(), found })
}

/// `snapshots/COMMIT/FILE` -> `../../blobs/ETAG`, as the Python libraries link it; a copy where links are not possible.
fn link(blob: &Path, place: &Path, file: &str) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let ups = "../".repeat(2 + file.matches('/').count());
        let name = blob.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // A link to a blob that is gone would stay in the way.
        if !place.exists() && place.symlink_metadata().is_ok() {
            fs::remove_file(place)?;
        }
        match std::os::unix::fs::symlink(format!("{ups}blobs/{name}"), place) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        fs::copy(blob, place).map(|_| ())
    }
}
