//! Checkpoints and data sets of a hub: pinned, resumed, checked, and kept in the folder layout of the Python libraries.
//!
//! It stands beside the line: `dataset` brings files from here, `backend` checkpoints.
//!
//! - `settings`: what the environment says: cache, endpoint, token, offline
//! - `listing`: which commit a revision is, and which of its files a checkpoint needs
//! - `download`: one file, resumed and checked against its hash
//! - `data`: one file of a data set
//! - `fault`: why it did not work
//!
//! The layout and the places of cache and token are those of the crate `hf-hub`. Its transfer is not used: it sends the
//! token to whatever host a redirect names, and checks no hash.

mod data;
mod download;
mod fault;
mod listing;
mod settings;

use std::path::{Path, PathBuf};

use hf_hub::{CacheRepo, Repo, RepoType};

pub(crate) use data::{fetch_data_file, list_data_files};
use download::Hub;
pub use fault::HubFault;
pub(crate) use listing::is_pickle;
use listing::{is_commit, is_within, needed_files};
use settings::Settings;

/// What a repository holds; it decides addresses and the folder of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RepoKind {
    Model,
    DataSet,
}

/// How a hub is used.
#[derive(Debug, Clone, Copy, Default)]
pub struct HubOptions {
    /// Ask nobody; use what the cache holds. `HF_HUB_OFFLINE=1` says the same.
    pub is_offline: bool,
    /// Is told how far a download is.
    pub progress: Option<fn(&HubProgress)>,
}

/// How far a download is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubProgress {
    /// Path in the repository.
    pub file: String,
    /// Bytes at hand, those of an earlier call among them.
    pub done: u64,
    pub total: u64,
}

/// A checkpoint in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// A folder, or the one GGUF file of the repository.
    pub(crate) path: PathBuf,
    /// Full commit.
    pub(crate) commit: String,
}

/// Brings a checkpoint into the cache, unless it is there.
pub(crate) fn fetch(id: &str, revision: Option<&str>, options: &HubOptions) -> Result<Snapshot, HubFault> {
    let settings = Settings::from_environment(options.is_offline)?;
    let revision = revision.unwrap_or("main");
    // Both become folders of the cache.
    if !is_within(revision) || !is_within(id) {
        let reason = "neither name nor revision may leave the cache's folder";
        return Err(HubFault::Name { id: id.to_owned(), revision: revision.to_owned(), reason });
    }
    let repo = settings.cache.repo(Repo::with_revision(id.to_owned(), RepoType::Model, revision.to_owned()));
    if let Some(snapshot) = cached(&repo, id, revision, &settings) {
        return Ok(snapshot);
    }
    if settings.is_offline {
        return Err(HubFault::NotCached {
            id: id.to_owned(),
            revision: revision.to_owned(),
            cache: settings.cache.path().clone(),
        });
    }
    let hub = Hub::new(&settings, RepoKind::Model, id)?;
    let listing = hub.listing(revision)?;
    if is_commit(revision) && !listing.commit.eq_ignore_ascii_case(revision) {
        let reason =
            format!("asked for commit {revision}, the hub answered with {}; it does not keep the pin", listing.commit);
        return Err(HubFault::Answer { url: format!("hf:{id}@{revision}"), reason });
    }
    let files = needed_files(&listing.files).map_err(|fault| fault.of(id))?;
    let folder = repo.pointer_path(&listing.commit);
    for file in &files {
        hub.file(&listing.commit, file, &folder, options.progress)?;
    }
    let mut shards = Vec::new();
    if let Some(index) = files.iter().find(|file| file.ends_with(".safetensors.index.json")) {
        shards.extend(listing::shards(&folder.join(index), &listing.files).map_err(|fault| fault.of(id))?);
        for shard in &shards {
            hub.file(&listing.commit, shard, &folder, options.progress)?;
        }
    }
    // The last thing: a snapshot that is named is whole.
    let all = files.iter().cloned().chain(shards).collect::<Vec<_>>().join("\n");
    std::fs::write(whole_mark(&folder), all).map_err(|error| HubFault::disk(&folder, &error))?;
    if !is_commit(revision) {
        repo.create_ref(&listing.commit).map_err(|error| HubFault::disk(&folder, &error))?;
    }
    Ok(Snapshot { path: model_path(&folder), commit: listing.commit })
}

/// What the cache holds of a revision. A branch is asked for again, unless nobody may be asked; a commit never changes.
fn cached(repo: &CacheRepo, id: &str, revision: &str, settings: &Settings) -> Option<Snapshot> {
    let commit = if is_commit(revision) {
        revision.to_owned()
    } else if settings.is_offline {
        let reference =
            settings.cache.path().join(format!("models--{}", id.replace('/', "--"))).join("refs").join(revision);
        std::fs::read_to_string(reference).ok()?.trim().to_owned()
    } else {
        return None;
    };
    if !is_commit(&commit) {
        return None;
    }
    let folder = repo.pointer_path(&commit);
    // Snapshots of the Python libraries carry no mark: offline they are taken as they are, and a missing file is told by
    // whoever opens it.
    let is_whole = match std::fs::read_to_string(whole_mark(&folder)) {
        Ok(files) => files.lines().all(|file| folder.join(file).exists()),
        Err(_) => settings.is_offline && folder.is_dir(),
    };
    is_whole.then(|| Snapshot { path: model_path(&folder), commit })
}

/// A hidden file beside the snapshot's own.
fn whole_mark(folder: &Path) -> PathBuf {
    folder.join(".mnemoscope-whole")
}

/// The folder, or the GGUF file that is all there is.
fn model_path(folder: &Path) -> PathBuf {
    let is_gguf = |path: &Path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf"));
    let downloaded = std::fs::read_to_string(whole_mark(folder)).unwrap_or_default();
    if let Some(file) = downloaded.lines().map(Path::new).find(|file| is_gguf(file)) {
        return folder.join(file);
    }
    if folder.join("config.json").exists() {
        return folder.to_owned();
    }
    // A snapshot of another library: the one file that can be meant.
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let files: Vec<PathBuf> = entries.filter(|path| is_gguf(path)).collect();
    match files.as_slice() {
        [one] => one.clone(),
        _ => folder.to_owned(),
    }
}
