//! The `report/` folder of a run: which files there are, and how they get on the disk.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::record::SuiteResults;
use crate::report::table::published_groups;
use crate::report::{Card, ReportError, csv, html, latex, markdown};

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `card.html`.
    Html,
    /// `card.md` and `figures/*.svg`, which it links.
    Markdown,
    /// `tables/*.tex` and `figures/*.svg`; like Markdown and CSV, one `tables/published-*` for each published task and metric.
    Latex,
    /// `tables/metrics.csv` and `tables/comparisons.csv`.
    Csv,
}

impl Format {
    /// Every format of this room.
    pub const ALL: [Self; 4] = [Self::Html, Self::Markdown, Self::Latex, Self::Csv];
}

/// A file of the report, not yet written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Path below the report folder, with `/` between its parts; never leaves the folder.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Makes the files of a report in memory, in order of their paths; the same input gives the same bytes.
///
/// # Errors
/// What [`html::page`] and [`markdown::page`] refuse.
pub fn render(card: &Card, results: &SuiteResults, formats: &[Format]) -> Result<Vec<ReportFile>, ReportError> {
    let mut files = Vec::new();
    let mut add = |path: String, text: String| files.push(ReportFile { path, bytes: text.into_bytes() });
    let groups = published_groups(results);
    if formats.contains(&Format::Html) {
        add("card.html".to_owned(), html::page(card, results)?);
    }
    if formats.contains(&Format::Markdown) {
        add("card.md".to_owned(), markdown::page(card)?);
        for table in &groups {
            add(format!("tables/{}.md", table.id), markdown::table_text(table));
        }
    }
    if formats.contains(&Format::Markdown) || formats.contains(&Format::Latex) {
        for figure in &card.figures {
            add(format!("figures/{}.svg", figure.id), figure.standalone_svg());
        }
    }
    if formats.contains(&Format::Latex) {
        for (id, text) in latex::tables(card) {
            add(format!("tables/{id}.tex"), text);
        }
        for table in &groups {
            add(format!("tables/{}.tex", table.id), latex::table_text(&card.suite, table));
        }
    }
    if formats.contains(&Format::Csv) {
        add("tables/metrics.csv".to_owned(), csv::metrics(results));
        add("tables/comparisons.csv".to_owned(), csv::comparisons(results));
        for table in &groups {
            add(format!("tables/{}.csv", table.id), csv::table(table));
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Writes the files below `folder`, which is made if it is not there. Each appears whole or not at all: it is written
/// under a temporary name beside its place, flushed to the disk and renamed. Gives the paths written.
///
/// # Errors
/// [`ReportError::Write`] with the path and what was tried.
pub fn write(folder: &Path, files: &[ReportFile]) -> Result<Vec<PathBuf>, ReportError> {
    files.iter().map(|file| write_one(folder, file)).collect()
}

fn write_one(folder: &Path, file: &ReportFile) -> Result<PathBuf, ReportError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| ReportError::Write { action, path, source }
    };
    let path = folder.join(&file.path);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(failed("create the folder", parent))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = parent.join(name);
    let written = File::create(&temporary)
        .map_err(failed("create", &temporary))
        .and_then(|mut open| {
            open.write_all(&file.bytes).and_then(|()| open.sync_all()).map_err(failed("write", &temporary))
        })
        .and_then(|()| fs::rename(&temporary, &path).map_err(failed("rename a temporary file to", &path)));
    if let Err(error) = written {
        // The first error is the one to tell; a temporary file that cannot be removed either changes nothing.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn all_formats_give_the_files_of_the_run_folder_and_no_path_leaves_it() {
        let results = fixture::results();
        let files = render(&fixture::card(), &results, &Format::ALL).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        for expected in ["card.html", "card.md", "figures/run-health.svg", "tables/metrics.csv", "tables/models.tex"] {
            assert!(paths.contains(&expected), "{expected} is not in {paths:?}");
        }
        assert!(paths.iter().all(|path| !path.contains("..") && !path.starts_with('/')));
        let mut unique = paths.clone();
        unique.dedup();
        assert_eq!(unique, paths);
    }

    #[test]
    fn a_written_report_replaces_the_old_one_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = |text: &str| ReportFile { path: "tables/a.tex".to_owned(), bytes: text.as_bytes().to_vec() };
        write(folder.path(), &[file("old")]).unwrap();
        let written = write(folder.path(), &[file("new")]).unwrap();
        assert_eq!(fs::read_to_string(&written[0]).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path().join("tables")).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("file");
        fs::write(&blocked, "").unwrap();
        let file = ReportFile { path: "card.md".to_owned(), bytes: Vec::new() };
        let error = write(&blocked.join("below"), &[file]).unwrap_err();
        assert!(error.to_string().contains("below"), "{error}");
    }
}
