//! Finds the file of a data set for a size, checks its hash, and reads its items.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::Value;

use super::csv_rows::read_csv_rows;
use super::economic;
use super::error::DataError;
use super::history_source::load_histories;
use super::hubble;
use super::item::Item;
use super::json_rows::read_json_rows;
use super::row::Row;
use super::{rwku, trap, unlearning};
use crate::hub::{HubOptions, fetch_data_file, list_data_files};
use crate::suite::{
    BuiltinSource, DataSchema, DataSet, FilePattern, HubSource, PathSource, SizeKind, Suite, SuiteFiles, folder_order,
    folders_in, set_sha256,
};

/// What the user gives as `--size`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Size {
    Builtin,
    Hub,
    /// A folder with the files in upstream's own format.
    Folder(PathBuf),
}

impl Size {
    #[must_use]
    pub fn kind(&self) -> SizeKind {
        match self {
            Self::Builtin => SizeKind::Builtin,
            Self::Hub => SizeKind::Hub,
            Self::Folder(_) => SizeKind::Path,
        }
    }
}

impl FromStr for Size {
    type Err = Infallible;

    /// `builtin`, `hub`, else a folder; a folder that is called `hub` is `./hub`.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "builtin" => Self::Builtin,
            "hub" => Self::Hub,
            folder => Self::Folder(PathBuf::from(folder)),
        })
    }
}

/// The items of a data set, and the file that they are from.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedData {
    /// In file order.
    pub items: Vec<Item>,
    /// Name of the file in its folder, without the folder; of several files, the pattern that stands for them.
    pub file: String,
    /// Hex SHA-256 of the file as it is stored, compressed or not; of several files over names and hashes.
    pub sha256: String,
    /// Rows of all its files; a row can be several items.
    pub rows: usize,
    /// Titles by which answers are read, where the data set names such a file.
    pub titles: Option<Titles>,
}

/// `entity2id.json`: names with their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titles {
    /// Name of the data set.
    pub data: String,
    pub file: String,
    pub sha256: String,
    pub text: String,
}

/// How data sets of a hub are brought.
#[derive(Debug, Clone)]
pub struct HubAccess<'a> {
    pub options: HubOptions,
    /// Revisions that the user pins, by the data set's name in the suite or its hub id.
    pub revisions: &'a BTreeMap<String, String>,
}

/// Reads a data set of a suite in a size. The whole file is in memory while it is read, so that the hash is that of
/// the very bytes that were read.
///
/// # Errors
/// The data set does not exist in this size, its file is missing or differs from its hash, or a row is faulty (the
/// first one is told).
pub fn load_data(suite: &Suite, data: &DataSet, size: &Size, hub: &HubAccess<'_>) -> Result<LoadedData, DataError> {
    let absent = || DataError::NotInThisSize { data: data.name.clone(), size: size.kind(), offered: data.sizes() };
    if data.schema.has_history() {
        return load_histories(suite, data, size, hub);
    }
    let (file, files) = match size {
        Size::Builtin => builtin(suite, data.builtin.as_ref().ok_or_else(absent)?)?,
        Size::Hub => from_hub(data, data.hub.as_ref().ok_or_else(absent)?, hub)?,
        Size::Folder(folder) => in_folder(folder, data.path.as_ref().ok_or_else(absent)?)?,
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut file_of: BTreeMap<String, String> = BTreeMap::new();
    for (name, bytes) in &files {
        let of_file = if is_csv(name) { read_csv_rows(name, bytes)? } else { read_json_rows(name, bytes)? };
        if of_file.is_empty() {
            return Err(DataError::NoRows { file: name.clone() });
        }
        if data.schema.is_of_target() && files.len() > 1 {
            one_file_a_target(&of_file, name, &mut file_of)?;
        }
        if let Size::Folder(folder) = size
            && file.contains('*')
            && data.schema.is_of_target()
        {
            rwku::check_targets(&introduction(folder, name)?, &of_file)?;
        }
        rows.extend(of_file);
    }
    if let (Size::Builtin, Some(most)) = (size, data.builtin.as_ref().and_then(|source| source.rows_per_level)) {
        hubble::keep_first_of_each_level(&mut rows, most)?;
    }
    let cluster_by = data.cluster_by.as_deref();
    let read = match data.schema {
        DataSchema::HubbleDocuments => hubble::documents,
        DataSchema::HubbleBiographyFields => hubble::biography_fields,
        DataSchema::HubbleMultipleChoice => hubble::multiple_choice,
        DataSchema::HubbleParaphrases => hubble::paraphrases,
        DataSchema::HubbleEntities => hubble::entities,
        DataSchema::HubblePersonas => hubble::personas,
        DataSchema::HubbleUsernames => hubble::usernames,
        DataSchema::HubbleWinogrande => hubble::winogrande,
        DataSchema::HubblePopqa => hubble::popqa,
        DataSchema::HubbleHellaswag => hubble::hellaswag,
        DataSchema::HubblePiqa => hubble::piqa,
        DataSchema::HubbleMunch => hubble::munch,
        DataSchema::HubbleEllie => hubble::ellie,
        DataSchema::CopyrightTraps => trap::traps,
        DataSchema::RwkuProbes => rwku::probes,
        DataSchema::RwkuTexts => rwku::texts,
        DataSchema::RwkuMmlu => rwku::mmlu,
        DataSchema::RwkuBbh => rwku::bbh,
        DataSchema::RwkuTruthfulqa => rwku::truthfulqa,
        DataSchema::RwkuTriviaqa => rwku::triviaqa,
        DataSchema::RwkuFluency => rwku::fluency,
        DataSchema::UnlearningQuestions => unlearning::questions,
        DataSchema::TofuChoices => unlearning::choices,
        DataSchema::TofuOptions => unlearning::options,
        DataSchema::MuseContinuations => unlearning::continuations,
        DataSchema::UnlearningTexts => unlearning::texts,
        DataSchema::MemoryAgentBench | DataSchema::Stale | DataSchema::StaleControls | DataSchema::FilmTitles => {
            return Err(DataError::NoItems { data: data.name.clone() });
        }
        DataSchema::EconomicLevels
        | DataSchema::EconomicMoves
        | DataSchema::EconomicRenamed
        | DataSchema::EconomicSwapped
        | DataSchema::EconomicAfterFakeCutoff
        | DataSchema::EconomicImpossible
        | DataSchema::EconomicVintages
        | DataSchema::EconomicReleases
        | DataSchema::EconomicForecasts
        | DataSchema::EconomicHeadlines
        | DataSchema::EconomicReports => {
            let mut selection = data.selection.clone();
            if !matches!(size, Size::Builtin) {
                // The choice of series and of their beginning is about the builtin file.
                selection.series = Vec::new();
                selection.from = None;
            }
            let items = economic::items(data.schema, &rows, &selection)?;
            return Ok(LoadedData { items, sha256: set_sha256(&files), rows: rows.len(), file, titles: None });
        }
    };
    let mut items = read(&rows, cluster_by)?;
    if let Some(other) = data.examples.as_ref().and_then(|name| suite.data.get(name)) {
        let shots: Vec<Value> = load_data(suite, other, size, hub)?
            .items
            .into_iter()
            .map(|item| Value::Object(item.fields.into_iter().collect()))
            .collect();
        for item in &mut items {
            item.fields.insert("examples".to_owned(), Value::from(shots.clone()));
        }
    }
    Ok(LoadedData { items, sha256: set_sha256(&files), rows: rows.len(), file, titles: None })
}

/// Files by their names, in order.
type Files = Vec<(String, Cow<'static, [u8]>)>;

/// Refuses a target whose rows stand in two files: the same question twice would count as two.
fn one_file_a_target(rows: &[Row], file: &str, file_of: &mut BTreeMap<String, String>) -> Result<(), DataError> {
    for row in rows {
        let target = row.text("subject")?;
        match file_of.get(target) {
            Some(first) if first != file => {
                let (target, first, second) = (target.to_owned(), first.clone(), file.to_owned());
                return Err(DataError::RepeatedTarget { target, first, second });
            }
            Some(_) => {}
            None => {
                file_of.insert(target.to_owned(), file.to_owned());
            }
        }
    }
    Ok(())
}

/// What `intro.json` in the folder of a target's file says.
fn introduction(folder: &Path, name: &str) -> Result<Vec<Row>, DataError> {
    let Some((target, _)) = name.rsplit_once('/') else { return Ok(Vec::new()) };
    let intro = format!("{target}/intro.json");
    let path = folder.join(&intro);
    if !path.is_file() {
        return Err(DataError::NotInEachFolder { folder: folder.display().to_string(), file: intro });
    }
    let bytes = std::fs::read(&path).map_err(|source| DataError::Unreadable { file: intro.clone(), source })?;
    let rows = read_json_rows(&intro, &bytes)?;
    if rows.is_empty() { Err(DataError::NoRows { file: intro }) } else { Ok(rows) }
}

fn builtin(suite: &Suite, source: &BuiltinSource) -> Result<(String, Files), DataError> {
    let file = source.file.clone();
    let files = match SuiteFiles::of(&suite.origin, &suite.name).read_builtin_set(&source.file) {
        Ok(files) if files.is_empty() => return Err(DataError::NoBuiltin { file }),
        Ok(files) => files,
        Err(source) => return Err(DataError::Unreadable { file, source }),
    };
    // Checked with the suite already, but a file may have changed since.
    let (expected, found) = (source.sha256.clone(), set_sha256(&files));
    if expected == found { Ok((file, files)) } else { Err(DataError::HashMismatch { file, expected, found }) }
}

/// Whether a file holds rows as CSV.
fn is_csv(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

/// Endings of files that hold rows.
const ENDINGS: [&str; 4] = [".json", ".jsonl", ".json.gz", ".jsonl.gz"];

/// The pinned revision of a data set, and whether the user pinned it: that pin comes before the suite's.
pub(super) fn hub_pin(data: &DataSet, source: &HubSource, hub: &HubAccess<'_>) -> Result<(String, bool), DataError> {
    let of_user = [&data.name, &source.id].into_iter().find_map(|name| hub.revisions.get(name));
    match of_user.or(source.revision.as_ref()) {
        Some(revision) => Ok((revision.clone(), of_user.is_some())),
        None => {
            let (id, file) = (source.id.clone(), source.file.clone());
            Err(DataError::HubUnpinned { data: data.name.clone(), id, file })
        }
    }
}

/// The files of a data set at its pinned revision.
fn from_hub(data: &DataSet, source: &HubSource, hub: &HubAccess<'_>) -> Result<(String, Files), DataError> {
    let (id, file) = (source.id.clone(), source.file.clone());
    let (revision, is_of_user) = hub_pin(data, source, hub)?;
    let names = match file.strip_suffix('*') {
        None => vec![file.clone()],
        Some(folder) => {
            let mut names = list_data_files(&id, &revision, &hub.options).map_err(DataError::Hub)?;
            names.retain(|name| name.starts_with(folder));
            let held = names.clone();
            names.retain(|name| ENDINGS.iter().any(|ending| name.ends_with(ending)));
            names.sort();
            if names.is_empty() {
                return Err(DataError::NoRowsOnHub { id, folder: folder.to_owned(), held });
            }
            names
        }
    };
    let mut files = Files::new();
    let mut commit = String::new();
    for name in names {
        let fetched = fetch_data_file(&id, &revision, &name, &hub.options).map_err(DataError::Hub)?;
        let bytes =
            std::fs::read(&fetched.path).map_err(|source| DataError::Unreadable { file: name.clone(), source })?;
        commit = fetched.commit;
        files.push((name, Cow::Owned(bytes)));
    }
    // A pin of the suite is of the suite's revision; another revision has another file.
    if let Some(expected) = source.sha256.as_ref().filter(|_| !is_of_user) {
        let found = set_sha256(&files);
        if *expected != found {
            return Err(DataError::HashMismatch { file, expected: expected.clone(), found });
        }
    }
    Ok((format!("{id}@{commit}/{file}"), files))
}

fn in_folder(folder: &Path, source: &PathSource) -> Result<(String, Files), DataError> {
    let shown = || folder.display().to_string();
    if !folder.is_dir() {
        return Err(DataError::NoFolder { folder: shown(), file: source.file.clone() });
    }
    for place in std::iter::once(&source.file).chain(&source.or) {
        let found = match FilePattern::read(place) {
            Some(pattern) => of_each_folder(folder, &pattern)?,
            None => single(folder, place)?,
        };
        if !found.is_empty() {
            return Ok((if place.contains('*') { place.clone() } else { found[0].0.clone() }, found));
        }
    }
    Err(DataError::NotInFolder { folder: shown(), file: source.file.clone(), tasks: Vec::new() })
}

/// A file, with or without `.gz`; none: it is not there.
fn single(folder: &Path, file: &str) -> Result<Files, DataError> {
    let other = match file.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{file}.gz"),
    };
    for file in [file.to_owned(), other] {
        let path = folder.join(&file);
        if path.is_file() {
            let bytes = std::fs::read(&path).map_err(|source| DataError::Unreadable { file: file.clone(), source })?;
            return Ok(vec![(file, Cow::Owned(bytes))]);
        }
    }
    Ok(Vec::new())
}

/// The file of every folder that the pattern's star stands for; a folder without it is a fault, for its rows would be missed in silence.
fn of_each_folder(root: &Path, pattern: &FilePattern<'_>) -> Result<Files, DataError> {
    let unreadable = |source| DataError::Unreadable { file: pattern.before.to_owned(), source };
    let mut names = folders_in(&root.join(pattern.before)).map_err(unreadable)?;
    names.sort_by(|a, b| folder_order(a, b));
    let mut files = Files::new();
    for name in &names {
        let mut found = single(root, &pattern.file(name))?;
        if found.is_empty() {
            return Err(DataError::NotInEachFolder { folder: root.display().to_string(), file: pattern.file(name) });
        }
        files.append(&mut found);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256_hex;
    use crate::suite::{Multiplicity, StatisticalPlan, SuiteOrigin};

    fn load_data(suite: &Suite, data: &DataSet, size: &Size) -> Result<LoadedData, DataError> {
        let hub = HubAccess { options: HubOptions::default(), revisions: &BTreeMap::new() };
        super::load_data(suite, data, size, &hub)
    }

    const ROWS: &str =
        "{\"text\":\"a b\",\"meta\":\"{\\\"duplicates\\\": 1}\"}\n{\"text\":\"c\",\"meta\":{\"duplicates\":0}}\n";

    fn suite(folder: &Path) -> Suite {
        let statistics = StatisticalPlan {
            headline_metric: "auc.loss".to_owned(),
            headline_task: "t".to_owned(),
            headline_copies: Some(1),
            level: 0.95,
            tpr_at_fpr: vec![0.01],
            multiplicity: Multiplicity::Holm,
            resamples: 10,
            margins: crate::suite::Margins::default(),
        };
        Suite {
            name: "small".to_owned(),
            version: "1.0.0".to_owned(),
            title: String::new(),
            summary: String::new(),
            licence: String::new(),
            sources: Vec::new(),
            limits: Vec::new(),
            prompt_file: None,
            data: BTreeMap::new(),
            tasks: Vec::new(),
            models: Vec::new(),
            statistics,
            figures: Vec::new(),
            published: Vec::new(),
            errata: Vec::new(),
            origin: SuiteOrigin::File(folder.join("suite.toml")),
            hash: String::new(),
        }
    }

    fn data(hash: &str) -> DataSet {
        DataSet {
            name: "passages".to_owned(),
            schema: DataSchema::HubbleDocuments,
            builtin: Some(BuiltinSource {
                file: "rows.jsonl".to_owned(),
                sha256: hash.to_owned(),
                rows_per_level: None,
            }),
            hub: Some(HubSource { id: "o/n".to_owned(), revision: None, file: "f.gz".to_owned(), sha256: None }),
            path: Some(PathSource { file: "rows.jsonl.gz".to_owned(), or: Vec::new() }),
            cluster_by: None,
            examples: None,
            selection: crate::suite::SeriesSelection::default(),
            sources: Vec::new(),
            titles: None,
        }
    }

    #[test]
    fn builtin_data_are_read_when_the_hash_is_right_and_refused_when_not() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.jsonl"), ROWS).unwrap();
        let suite = suite(folder.path());
        let hash = sha256_hex(ROWS.as_bytes());
        let loaded = load_data(&suite, &data(&hash), &Size::Builtin).unwrap();
        assert_eq!((loaded.rows, loaded.items.len(), loaded.file.as_str()), (2, 2, "rows.jsonl"));
        assert_eq!(loaded.sha256, hash);
        let error = load_data(&suite, &data(&"0".repeat(64)), &Size::Builtin).unwrap_err();
        assert!(error.is_data_mismatch(), "{error}");
    }

    #[test]
    fn a_folder_is_searched_with_and_without_gz() {
        let folder = tempfile::tempdir().unwrap();
        let size: Size = folder.path().to_str().unwrap().parse().unwrap();
        let suite = suite(folder.path());
        let missing = load_data(&suite, &data(""), &size).unwrap_err();
        assert!(matches!(&missing, DataError::NotInFolder { file, .. } if file == "rows.jsonl.gz"));
        std::fs::write(folder.path().join("rows.jsonl"), ROWS).unwrap();
        let loaded = load_data(&suite, &data(""), &size).unwrap();
        assert_eq!((loaded.file.as_str(), loaded.sha256), ("rows.jsonl", sha256_hex(ROWS.as_bytes())));
        let nowhere = Size::Folder(folder.path().join("nowhere"));
        assert!(matches!(load_data(&suite, &data(""), &nowhere), Err(DataError::NoFolder { .. })));
    }

    #[test]
    fn the_hub_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let (suite, mut data) = (suite(folder.path()), data(""));
        let error = load_data(&suite, &data, &Size::Hub).unwrap_err();
        assert!(matches!(error, DataError::HubUnpinned { .. }));
        assert!(error.to_string().contains("[data.passages.hub]") && error.to_string().contains("--size FOLDER"));
        assert!(error.to_string().contains("--data-revision passages=COMMIT"), "{error}");
        data.hub.as_mut().unwrap().revision = Some("0".repeat(40));
        let offline =
            HubAccess { options: HubOptions { is_offline: true, progress: None }, revisions: &BTreeMap::new() };
        let error = super::load_data(&suite, &data, &Size::Hub, &offline).unwrap_err();
        assert!(error.to_string().contains("datasets/o/n"), "{error}");
    }

    #[test]
    fn a_size_that_the_data_set_lacks_names_those_that_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let (suite, mut data) = (suite(folder.path()), data(""));
        data.builtin = None;
        let error = load_data(&suite, &data, &Size::Builtin).unwrap_err();
        assert!(error.to_string().ends_with("use --size hub or --size FOLDER"), "{error}");
    }

    #[test]
    fn an_empty_file_is_no_data() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.jsonl"), "\n\n").unwrap();
        let error = load_data(&suite(folder.path()), &data(&sha256_hex(b"\n\n")), &Size::Builtin).unwrap_err();
        assert!(matches!(error, DataError::NoRows { .. }));
    }
}
