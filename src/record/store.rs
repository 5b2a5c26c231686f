//! The folder of a run: where everything stands, and who may write into it.

use std::fs;
use std::path::{Path, PathBuf};

use super::atomic::write_atomically;
use super::error::{DiskAction, RecordError};
use super::items::{ItemRow, items_to_bytes, read_items};
use super::manifest::RunManifest;
use super::results::Results;

const MANIFEST_FILE: &str = "run.json";
const ITEMS_FILE: &str = "items.parquet";
const RESULTS_FILE: &str = "results.json";
const CELLS_FOLDER: &str = "cells";
const REPORT_FOLDER: &str = "report";

/// A run on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

/// Where one model's answers to one suite stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellPlace {
    pub suite: String,
    /// Slug of the model.
    pub model: String,
    pub path: PathBuf,
}

impl RunFolder {
    /// Makes a new run folder and writes its `run.json`; an empty folder is taken over.
    ///
    /// # Errors
    /// [`RecordError::AlreadyARun`] and [`RecordError::ForeignFolder`] for a folder with something in it;
    /// [`RecordError::Disk`].
    pub fn create(root: &Path, manifest: &RunManifest) -> Result<Self, RecordError> {
        if root.join(MANIFEST_FILE).exists() {
            return Err(RecordError::AlreadyARun { path: root.to_path_buf() });
        }
        fs::create_dir_all(root).map_err(|e| RecordError::disk(DiskAction::CreateFolder, root, e))?;
        if !sorted_names(root)?.is_empty() {
            return Err(RecordError::ForeignFolder { path: root.to_path_buf() });
        }
        let folder = Self { root: root.to_path_buf() };
        folder.write_manifest(manifest)?;
        Ok(folder)
    }

    /// Opens a run that is there, for reading or to continue it.
    ///
    /// # Errors
    /// [`RecordError::NotARun`] without a `run.json`.
    pub fn open(root: &Path) -> Result<Self, RecordError> {
        if !root.join(MANIFEST_FILE).is_file() {
            return Err(RecordError::NotARun { path: root.to_path_buf() });
        }
        Ok(Self { root: root.to_path_buf() })
    }

    /// Opens what a user may give as RUN: a run folder (all its cells) or the folder of one cell.
    ///
    /// # Errors
    /// [`RecordError::NotARun`] for anything else.
    pub fn open_run_or_cell(path: &Path) -> Result<(Self, Option<CellPlace>), RecordError> {
        if let Ok(folder) = Self::open(path) {
            return Ok((folder, None));
        }
        let not_a_run = || RecordError::NotARun { path: path.to_path_buf() };
        // `.` and links are resolved, so that a cell can be named from within.
        let path = path.canonicalize().map_err(|_| not_a_run())?;
        let root = path.ancestors().nth(3).ok_or_else(not_a_run)?;
        let folder = Self::open(root).map_err(|_| not_a_run())?;
        let cell = folder.cells()?.into_iter().find(|cell| cell.path == path).ok_or_else(not_a_run)?;
        Ok((folder, Some(cell)))
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    #[must_use]
    pub fn items_path(&self) -> PathBuf {
        self.root.join(ITEMS_FILE)
    }

    #[must_use]
    pub fn results_path(&self) -> PathBuf {
        self.root.join(RESULTS_FILE)
    }

    /// Where reports go; may not exist yet.
    #[must_use]
    pub fn report_path(&self) -> PathBuf {
        self.root.join(REPORT_FOLDER)
    }

    /// The place of a cell, whether it exists or not.
    ///
    /// `suite` is a suite's checked name and `model_slug` comes from [`super::model_slugs`]; both are safe names.
    #[must_use]
    pub fn cell(&self, suite: &str, model_slug: &str) -> CellPlace {
        let path = self.root.join(CELLS_FOLDER).join(suite).join(model_slug);
        CellPlace { suite: suite.to_owned(), model: model_slug.to_owned(), path }
    }

    /// All cells on disk, sorted by suite and model.
    ///
    /// # Errors
    /// [`RecordError::Disk`].
    pub fn cells(&self) -> Result<Vec<CellPlace>, RecordError> {
        let cells = self.root.join(CELLS_FOLDER);
        if !cells.exists() {
            return Ok(Vec::new());
        }
        let mut places = Vec::new();
        for suite in sorted_names(&cells)? {
            let suite_folder = cells.join(&suite);
            if !suite_folder.is_dir() {
                continue;
            }
            for model in sorted_names(&suite_folder)? {
                if suite_folder.join(&model).is_dir() {
                    places.push(self.cell(&suite, &model));
                }
            }
        }
        Ok(places)
    }

    /// # Errors
    /// As [`RunManifest::write`].
    pub fn write_manifest(&self, manifest: &RunManifest) -> Result<(), RecordError> {
        manifest.write(&self.root.join(MANIFEST_FILE))
    }

    /// # Errors
    /// As [`RunManifest::read`].
    pub fn read_manifest(&self) -> Result<RunManifest, RecordError> {
        RunManifest::read(&self.root.join(MANIFEST_FILE))
    }

    /// Writes `items.parquet` whole; the order of the rows does not count.
    ///
    /// # Errors
    /// As [`items_to_bytes`], and [`RecordError::Disk`].
    pub fn write_items(&self, rows: Vec<ItemRow>) -> Result<(), RecordError> {
        write_atomically(&self.items_path(), &items_to_bytes(rows)?)
    }

    /// # Errors
    /// As [`read_items`].
    pub fn read_items(&self) -> Result<Vec<ItemRow>, RecordError> {
        read_items(&self.items_path())
    }

    /// Writes `results.json` whole.
    ///
    /// # Errors
    /// As [`Results::to_bytes`], and [`RecordError::Disk`].
    pub fn write_results(&self, results: &Results) -> Result<(), RecordError> {
        write_atomically(&self.results_path(), &results.to_bytes()?)
    }

    /// # Errors
    /// As [`Results::read`].
    pub fn read_results(&self) -> Result<Results, RecordError> {
        Results::read(&self.results_path())
    }
}

/// Names in a folder, hidden ones left out. A name that is not Unicode is none of ours.
fn sorted_names(folder: &Path) -> Result<Vec<String>, RecordError> {
    let failed = |source| RecordError::disk(DiskAction::ListFolder, folder, source);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if let Some(name) = name.to_str()
            && !name.starts_with('.')
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::plan;
    use super::*;

    fn manifest() -> RunManifest {
        RunManifest::begin(plan(), "0.1.0", &[])
    }

    #[test]
    fn a_new_run_is_made_in_a_missing_or_empty_folder() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = manifest();
        for root in [folder.path().join("a/b"), folder.path().join("empty")] {
            if root.ends_with("empty") {
                fs::create_dir(&root).unwrap();
            }
            let run = RunFolder::create(&root, &manifest).unwrap();
            assert_eq!(run.read_manifest().unwrap(), manifest);
            assert_eq!(RunFolder::open(&root).unwrap(), run);
        }
    }

    #[test]
    fn a_run_or_a_foreign_folder_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("run");
        RunFolder::create(&root, &manifest()).unwrap();
        assert!(matches!(RunFolder::create(&root, &manifest()), Err(RecordError::AlreadyARun { .. })));
        let foreign = folder.path().join("home");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("thesis.tex"), "").unwrap();
        assert!(matches!(RunFolder::create(&foreign, &manifest()), Err(RecordError::ForeignFolder { .. })));
        assert!(matches!(RunFolder::open(&foreign), Err(RecordError::NotARun { .. })));
    }

    #[test]
    fn a_path_below_a_file_cannot_become_a_run() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let message = RunFolder::create(&folder.path().join("file/run"), &manifest()).unwrap_err().to_string();
        assert!(message.contains("file/run") && message.contains("is a file and not a folder"), "{message}");
    }

    #[test]
    fn cells_are_listed_in_order_and_stray_files_are_not_cells() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(&folder.path().join("run"), &manifest()).unwrap();
        assert!(run.cells().unwrap().is_empty());
        let expected = [run.cell("a", "x"), run.cell("a", "y"), run.cell("b", "x")];
        for cell in expected.iter().rev() {
            fs::create_dir_all(&cell.path).unwrap();
        }
        fs::write(run.root().join("cells/notes.txt"), "").unwrap();
        fs::write(run.root().join("cells/a/notes.txt"), "").unwrap();
        assert_eq!(run.cells().unwrap(), expected);
    }

    #[test]
    fn a_run_can_be_named_by_its_folder_or_by_a_cell() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("run");
        let run = RunFolder::create(&root, &manifest()).unwrap();
        let cell = run.cell("a", "x");
        fs::create_dir_all(&cell.path).unwrap();
        assert_eq!(RunFolder::open_run_or_cell(&root).unwrap(), (run.clone(), None));
        assert_eq!(RunFolder::open_run_or_cell(&cell.path).unwrap(), (run, Some(cell)));
        for other in [root.join("cells/a"), folder.path().join("missing"), PathBuf::from("/")] {
            assert!(matches!(RunFolder::open_run_or_cell(&other), Err(RecordError::NotARun { .. })));
        }
    }
}
