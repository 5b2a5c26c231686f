//! Which files below a folder are golden, and of which kind each is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::kinds::{self, Kind};

/// A file with cases.
#[derive(Debug, Clone)]
pub(super) struct GoldenFile {
    /// Where it is read.
    pub path: PathBuf,
    /// How the user sees it: the path that was given, continued to the file.
    pub shown: String,
    /// From the kind's folder on, e.g. `llama/golden.json`.
    pub relative: PathBuf,
    /// `None`: no folder on the way names a kind.
    pub kind: Option<&'static Kind>,
}

/// Folders nested deeper than this are not entered: golden folders are flat, and a link may lead in a circle.
const DEEPEST: usize = 12;

/// All golden files at or below `given`, by name. `forced` overrides what the folders say.
pub(super) fn find_golden_files(given: &Path, forced: Option<&'static Kind>) -> io::Result<Vec<GoldenFile>> {
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
            files.push(GoldenFile { path, shown, relative, kind });
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

/// Why a golden file has no cases to compare.
#[derive(Debug, thiserror::Error)]
pub(super) enum GoldenFileError {
    #[error("the file cannot be read: {0}; check the path and its permissions")]
    Read(#[from] io::Error),
    #[error("the file is not JSON: {0}; fetch the golden files again")]
    Json(#[from] serde_json::Error),
    #[error("field `{field}` is missing or has another type; fetch the golden files again")]
    Field { field: &'static str },
}

/// The whole file as one JSON value.
pub(super) fn read_json(path: &Path) -> Result<Value, GoldenFileError> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

/// A line's number from 1, and what it holds.
pub(super) type NumberedLine = (usize, Result<Value, serde_json::Error>);

/// Each line that is not blank, with its number from 1; a line that is not JSON does not lose the others.
pub(super) fn read_json_lines(path: &Path) -> Result<Vec<NumberedLine>, GoldenFileError> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(lines.map(|(index, line)| (index + 1, serde_json::from_str(line))).collect())
}

/// A string field of a case.
pub(super) fn text_field<'a>(case: &'a Value, field: &'static str) -> Result<&'a str, GoldenFileError> {
    case.get(field).and_then(Value::as_str).ok_or(GoldenFileError::Field { field })
}

/// A list field of a case.
pub(super) fn list_field<'a>(case: &'a Value, field: &'static str) -> Result<&'a [Value], GoldenFileError> {
    case.get(field).and_then(Value::as_array).map(Vec::as_slice).ok_or(GoldenFileError::Field { field })
}

/// A list of numbers; null and anything else is refused.
pub(super) fn numbers_field(case: &Value, field: &'static str) -> Result<Vec<f64>, GoldenFileError> {
    let values = list_field(case, field)?.iter().map(Value::as_f64).collect::<Option<_>>();
    values.ok_or(GoldenFileError::Field { field })
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
                .map(|file| (file.relative.to_string_lossy().into_owned(), file.kind.map(|kind| kind.name)))
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
        assert!(without.iter().all(|file| file.kind.is_none()));
        let with = find_golden_files(&given, kinds::find("local-models")).expect("readable");
        assert_eq!(with.len(), 1);
        assert_eq!(with[0].relative, Path::new("llama/golden.json"));
    }

    #[test]
    fn one_bad_line_does_not_lose_the_others() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let path = root.path().join("x.jsonl");
        fs::write(&path, "{\"id\": 1}\n\n{broken\n{\"id\": 2}\n").expect("a temporary file can be written");
        let lines = read_json_lines(&path).expect("readable");
        let seen: Vec<(usize, bool)> = lines.iter().map(|(number, line)| (*number, line.is_ok())).collect();
        assert_eq!(seen, [(1, true), (3, false), (4, true)]);
    }
}
