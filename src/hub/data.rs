//! One file of a data set, at a pinned revision.

use std::path::PathBuf;

use hf_hub::{Repo, RepoType};

use super::download::Hub;
use super::fault::HubFault;
use super::listing::{is_commit, is_within};
use super::settings::Settings;
use super::{HubOptions, RepoKind};

/// A file in the cache, and the commit that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataFile {
    pub(crate) path: PathBuf,
    /// Full commit.
    pub(crate) commit: String,
}

/// Names of the files of a data set; offline, of those that are in the cache.
pub(crate) fn list_data_files(id: &str, revision: &str, options: &HubOptions) -> Result<Vec<String>, HubFault> {
    let settings = Settings::from_environment(options.is_offline)?;
    let shown = format!("datasets/{id}");
    if ![id, revision].into_iter().all(is_within) {
        let reason = "neither name nor revision may leave the cache's folder";
        return Err(HubFault::Name { id: shown, revision: revision.to_owned(), reason });
    }
    if !settings.is_offline {
        return Ok(Hub::new(&settings, RepoKind::DataSet, id)?.listing(revision)?.files);
    }
    let repo = settings.cache.repo(Repo::with_revision(id.to_owned(), RepoType::Dataset, revision.to_owned()));
    let mut files = Vec::new();
    let root = repo.pointer_path(revision);
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
            } else if let Some(name) = path.strip_prefix(&root).ok().and_then(|name| name.to_str()) {
                files.push(name.replace('\\', "/"));
            }
        }
    }
    if files.is_empty() {
        let cache = settings.cache.path().clone();
        return Err(HubFault::NotCached { id: shown, revision: revision.to_owned(), cache });
    }
    Ok(files)
}

/// Brings one file of a data set into the cache, unless it is there. `revision` is a commit, or a name that stands for one: then
/// the hub is asked which, and offline the cache.
pub(crate) fn fetch_data_file(
    id: &str,
    revision: &str,
    file: &str,
    options: &HubOptions,
) -> Result<DataFile, HubFault> {
    let settings = Settings::from_environment(options.is_offline)?;
    let shown = format!("datasets/{id}");
    if ![id, revision, file].into_iter().all(is_within) {
        let reason = "neither name, revision nor file may leave the cache's folder";
        return Err(HubFault::Name { id: shown, revision: revision.to_owned(), reason });
    }
    let repo = settings.cache.repo(Repo::with_revision(id.to_owned(), RepoType::Dataset, revision.to_owned()));
    let known = if is_commit(revision) {
        Some(revision.to_owned())
    } else {
        let reference =
            settings.cache.path().join(format!("datasets--{}", id.replace('/', "--"))).join("refs").join(revision);
        // Someone else may have moved the name meanwhile: the hub is asked where it may be.
        let recorded = std::fs::read_to_string(reference).ok().filter(|_| settings.is_offline);
        recorded.map(|commit| commit.trim().to_owned()).filter(|commit| is_commit(commit))
    };
    if let Some(commit) = &known {
        let path = repo.pointer_path(commit).join(file);
        if path.is_file() {
            return Ok(DataFile { path, commit: commit.clone() });
        }
    }
    if settings.is_offline {
        let cache = settings.cache.path().clone();
        return Err(HubFault::NotCached { id: shown, revision: revision.to_owned(), cache });
    }
    let hub = Hub::new(&settings, RepoKind::DataSet, id)?;
    let commit = match known {
        Some(commit) => commit,
        None => hub.listing(revision)?.commit,
    };
    let folder = repo.pointer_path(&commit);
    hub.file(&commit, file, &folder, options.progress)?;
    if !is_commit(revision) {
        repo.create_ref(&commit).map_err(|error| HubFault::disk(&folder, &error))?;
    }
    Ok(DataFile { path: folder.join(file), commit })
}
