//! Which files below a folder are golden, and of which kind each is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::golden_file::GoldenFile;
use super::kinds::{self, Kind};

/// A file with cases, and what they are cases of.
#[derive(Debug, Clone)]
pub(super) struct FoundFile {
    pub file: GoldenFile,
    /// `None`: no folder on the way names a kind.
    pub kind: Option<&'static Kind>,
}

/// Folders nested deeper than this are not entered: golden folders are flat, and a link may lead in a circle.
const DEEPEST: usize = 12;

/// All golden files at or below `given`, by name. `forced` overrides what the folders say.
pub(super) fn find_golden_files(given: &Path, forced: Option<&'static Kind>) -> io::Result<Vec<FoundFile>> {
    let mut paths = Vec::new();
    if fs::metadata(given)?.is_dir() {
        collect(given, DEEPEST, &mut paths)?;
    } else {
        paths.push(given.to_path_buf());
    }
    paths.sort();
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let (kind, relative) = place(&path, given, forced)?;
        if !kind.is_some_and(|kind| (kind.is_input)(&relative)) {
            let shown = path.to_string_lossy().into_owned();
            files.push(FoundFile { file: GoldenFile { path, shown, relative }, kind });
        }
    }
    Ok(files)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Follows links, unlike the entry's own metadata.
        if fs::metadata(&path)?.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "json" || extension == "jsonl") {
            found.push(path);
        }
    }
    Ok(())
}

/// The kind by the innermost folder that names one, and the path below that folder.
fn place(path: &Path, given: &Path, forced: Option<&'static Kind>) -> io::Result<(Option<&'static Kind>, PathBuf)> {
    // The path as given first: a link may have the kind's name and lead to a folder without it.
    for candidate in [std::path::absolute(path)?, fs::canonicalize(path)?] {
        let parts: Vec<_> = candidate.components().map(|part| part.as_os_str().to_owned()).collect();
        let Some((_, folders)) = parts.split_last() else { continue };
        for (index, folder) in folders.iter().enumerate().rev() {
            if let Some(kind) = folder.to_str().and_then(kinds::find)
                && forced.is_none_or(|forced| forced.name == kind.name)
            {
                return Ok((Some(kind), parts[index + 1..].iter().collect()));
            }
        }
    }
    // Without a telling folder the file keeps its own folder, which may be a model's.
    let below = path.strip_prefix(given).ok().filter(|rest| rest.components().count() > 1);
    let named = || path.components().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
    Ok((forced, below.map_or_else(named, Path::to_path_buf)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, name: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a temporary folder can be filled");
        fs::write(path, "{}").expect("a temporary file can be written");
    }

    #[test]
    fn the_kind_is_the_folder_whether_the_path_begins_above_in_or_below_it() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for name in ["golden/membership/eval.json", "golden/local-models/llama/golden.json", "golden/README.md"] {
            touch(root.path(), name);
        }
        for name in ["golden/local-models/llama/config.json", "golden/membership/models/a/config.json"] {
            touch(root.path(), name);
        }
        let found = |given: &str| -> Vec<(String, Option<&str>)> {
            find_golden_files(&root.path().join(given), None)
                .expect("readable")
                .into_iter()
                .map(|found| (found.file.relative.to_string_lossy().into_owned(), found.kind.map(|kind| kind.name)))
                .collect()
        };
        let llama = ("llama/golden.json".to_owned(), Some("local-models"));
        let eval = ("eval.json".to_owned(), Some("membership"));
        assert_eq!(found("golden"), [llama.clone(), eval.clone()]);
        assert_eq!(found("golden/membership"), [eval]);
        assert_eq!(found("golden/local-models/llama"), std::slice::from_ref(&llama));
        assert_eq!(found("golden/local-models/llama/golden.json"), [llama]);
    }

    #[test]
    fn a_folder_without_a_telling_name_takes_the_kind_that_is_given() {
        let root = tempfile::tempdir().expect("a temporary folder");
        touch(root.path(), "mine/llama/golden.json");
        touch(root.path(), "mine/llama/config.json");
        let given = root.path().join("mine");
        let without = find_golden_files(&given, None).expect("readable");
        assert!(without.iter().all(|found| found.kind.is_none()));
        let with = find_golden_files(&given, kinds::find("local-models")).expect("readable");
        assert_eq!(with.len(), 1);
        assert_eq!(with[0].file.relative, Path::new("llama/golden.json"));
    }
}
