//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{DiskAction, RecordError};

/// End of the names of files that are being written.
const UNFINISHED: &str = ".unfinished";

/// Writes `bytes` under a temporary name in the same folder, flushes them to the disk and renames.
///
/// A reader sees the old file or the new one, never a part. After a power loss likewise.
///
/// # Errors
/// [`RecordError::Disk`]; the old file is untouched and the temporary one removed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let temporary = temporary_name(path);
    let result = write_and_rename(&temporary, path, bytes);
    if result.is_err() {
        // Best effort: the error worth telling is the first one.
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let failed = |action| move |source| RecordError::disk(action, path, source);
    let mut file = File::options().write(true).create_new(true).open(temporary).map_err(failed(DiskAction::Create))?;
    file.write_all(bytes).map_err(failed(DiskAction::Write))?;
    file.sync_all().map_err(failed(DiskAction::Sync))?;
    drop(file);
    fs::rename(temporary, path).map_err(failed(DiskAction::Rename))?;
    sync_folder_of(path)
}

/// Makes the rename itself durable. Where a folder cannot be opened or flushed (Windows, some network disks) there
/// is nothing more that can be done.
fn sync_folder_of(path: &Path) -> Result<(), RecordError> {
    if cfg!(unix)
        && let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty())
        && let Ok(folder_file) = File::open(folder)
        && let Err(source) = folder_file.sync_all()
        && !matches!(source.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported)
    {
        return Err(RecordError::disk(DiskAction::Sync, folder, source));
    }
    Ok(())
}

fn temporary_name(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}-{count}{UNFINISHED}", std::process::id()))
}

/// Removes what killed writers left in `folder`, and gives the number of files removed.
///
/// Only for a folder that nobody else writes to. A folder that does not exist has none.
pub(crate) fn remove_unfinished(folder: &Path) -> Result<usize, RecordError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(RecordError::disk(DiskAction::ListFolder, folder, error)),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(|e| RecordError::disk(DiskAction::ListFolder, folder, e))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(UNFINISHED) {
            let path = entry.path();
            fs::remove_file(&path).map_err(|e| RecordError::disk(DiskAction::Remove, &path, e))?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        write_atomically(&path, b"old, and longer").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["run.json"]);
    }

    #[test]
    fn a_failed_rename_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir_all(path.join("by a folder")).unwrap();
        let error = write_atomically(&path, b"x").unwrap_err();
        assert!(matches!(error, RecordError::Disk { action: DiskAction::Rename, .. }), "{error}");
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn a_path_below_a_file_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let message = write_atomically(&file.join("run.json"), b"x").unwrap_err().to_string();
        assert!(message.contains("run.json") && message.contains("is a file and not a folder"), "{message}");
    }

    #[test]
    fn a_read_only_folder_is_told_as_read_only() {
        let folder = tempfile::tempdir().unwrap();
        let mut permissions = fs::metadata(folder.path()).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(folder.path(), permissions.clone()).unwrap();
        let result = write_atomically(&folder.path().join("run.json"), b"x");
        #[expect(clippy::permissions_set_readonly_false, reason = "a temporary folder of this test")]
        permissions.set_readonly(false);
        fs::set_permissions(folder.path(), permissions).unwrap();
        match result {
            Err(error) => assert!(error.to_string().contains("read-only"), "{error}"),
            Ok(()) => println!("skipped: this user (root?) may write to read-only folders"),
        }
    }

    #[test]
    fn what_a_killed_writer_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(temporary_name(&folder.path().join("000001.parquet")), "half").unwrap();
        fs::write(folder.path().join("000000.parquet"), "whole").unwrap();
        assert_eq!(remove_unfinished(folder.path()).unwrap(), 1);
        assert_eq!(names(folder.path()), ["000000.parquet"]);
        assert_eq!(remove_unfinished(&folder.path().join("missing")).unwrap(), 0);
    }
}
