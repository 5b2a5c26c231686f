//! The model of one side, with what it scored on every item.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::CompareError;
use crate::record::{APPROXIMATE, ItemRow, ModelRecord, Role, RunFolder, RunManifest, SuiteRecord};

/// One item of a metric: its source and dose, and the mean over repeats that were answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemMean {
    pub cluster: String,
    pub copies: Option<u32>,
    /// `None`: no repeat has a usable answer.
    pub value: Option<f64>,
    /// The value rests on a substitute for log-probabilities.
    pub is_approximate: bool,
}

/// (task, metric) -> item id -> value.
pub type MetricItems = BTreeMap<(String, String), BTreeMap<String, ItemMean>>;

/// One model of a finished run.
#[derive(Debug)]
pub struct Side {
    pub path: PathBuf,
    /// The path as it was given.
    pub shown: String,
    pub manifest: RunManifest,
    pub model: ModelRecord,
    /// Suites of the side: all of the run, or the cell's.
    pub suites: Vec<SuiteRecord>,
    /// By suite.
    pub items: BTreeMap<String, MetricItems>,
}

impl Side {
    /// Opens a run folder (its one model under test) or a cell (that cell's model).
    ///
    /// # Errors
    /// A folder that is no run, a run that is not finished, several models under test, an item twice.
    pub fn open(path: &Path) -> Result<Self, CompareError> {
        let (folder, cell) = RunFolder::open_run_or_cell(path)?;
        let manifest = folder.read_manifest()?;
        let model = match &cell {
            Some(cell) => {
                manifest.plan.models.iter().find(|model| model.slug == cell.model).cloned().ok_or_else(|| {
                    CompareError::UnknownModel { run: folder.root().to_path_buf(), slug: cell.model.clone() }
                })?
            }
            None => {
                let tested: Vec<&ModelRecord> =
                    manifest.plan.models.iter().filter(|model| model.role == Role::Model).collect();
                let [model] = tested.as_slice() else {
                    let slugs = tested.iter().map(|model| model.slug.clone()).collect();
                    return Err(CompareError::SeveralModels { run: path.to_path_buf(), slugs });
                };
                (*model).clone()
            }
        };
        Self::of_model(&folder, path, manifest, model, cell.as_ref().map(|cell| cell.suite.as_str()))
    }

    /// The side of a given model of a run; `only_suite` narrows it to a cell.
    ///
    /// # Errors
    /// A run that is not finished, an item twice.
    pub fn of_model(
        folder: &RunFolder,
        path: &Path,
        manifest: RunManifest,
        model: ModelRecord,
        only_suite: Option<&str>,
    ) -> Result<Self, CompareError> {
        if !folder.items_path().is_file() {
            return Err(CompareError::Unfinished { run: folder.root().to_path_buf() });
        }
        let is_wanted = |suite: &str| only_suite.is_none_or(|only| only == suite);
        let suites = manifest.plan.suites.iter().filter(|suite| is_wanted(&suite.name)).cloned().collect();
        let rows = folder.read_items()?;
        let of_model: Vec<(usize, &ItemRow)> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.model == model.slug && row.role == model.role && is_wanted(&row.suite))
            .collect();
        let items = item_means(&of_model).map_err(|(item, first, second)| CompareError::RepeatedItem {
            run: folder.root().to_path_buf(),
            item,
            first,
            second,
        })?;
        Ok(Self { path: path.to_path_buf(), shown: path.display().to_string(), manifest, model, suites, items })
    }

    /// The suite of that name.
    #[must_use]
    pub fn suite(&self, name: &str) -> Option<&SuiteRecord> {
        self.suites.iter().find(|suite| suite.name == name)
    }

    /// What reference attacks of this run subtract: the reference, else the baseline; by its weights where they are hashed.
    #[must_use]
    pub fn reference(&self) -> Option<&ModelRecord> {
        let of = |role: Role| self.manifest.plan.models.iter().find(|model| model.role == role);
        of(Role::Reference).or_else(|| of(Role::Baseline))
    }
}

/// What a model is, for telling whether two are one: its weights, else its name.
#[must_use]
pub fn identity_of(model: &ModelRecord) -> &str {
    model.identity.weights_sha256.as_deref().unwrap_or(&model.identity.name)
}

/// Means over repeats; the item, and both rows from 1, where one repeat of an item stands twice.
fn item_means(rows: &[(usize, &ItemRow)]) -> Result<BTreeMap<String, MetricItems>, (String, usize, usize)> {
    let mut seen: BTreeMap<(&str, &str, &str, &str, u32), usize> = BTreeMap::new();
    let mut sums: BTreeMap<[&str; 4], (&ItemRow, f64, u32)> = BTreeMap::new();
    for &(place, row) in rows {
        let key = (row.suite.as_str(), row.task.as_str(), row.metric.as_str(), row.item_id.as_str(), row.epoch);
        if let Some(first) = seen.insert(key, place) {
            return Err((format!("{}/{}", row.task, row.item_id), first + 1, place + 1));
        }
        let entry = sums.entry([key.0, key.1, key.2, key.3]).or_insert((row, 0.0, 0));
        if let Some(value) = row.value {
            entry.1 += value;
            entry.2 += 1;
        }
    }
    let mut items: BTreeMap<String, MetricItems> = BTreeMap::new();
    for ([suite, task, metric, item], (row, sum, n)) in sums {
        items.entry(suite.to_owned()).or_default().entry((task.to_owned(), metric.to_owned())).or_default().insert(
            item.to_owned(),
            ItemMean {
                cluster: row.cluster_id.clone(),
                copies: row.copies,
                value: (n > 0).then(|| sum / f64::from(n)),
                is_approximate: row.flags.iter().any(|flag| flag == APPROXIMATE),
            },
        );
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(item: &str, epoch: u32, value: Option<f64>) -> ItemRow {
        ItemRow {
            suite: "s".into(),
            task: "t".into(),
            item_id: item.into(),
            cluster_id: "c".into(),
            copies: Some(4),
            model: "m".into(),
            role: Role::Model,
            epoch,
            metric: "acc".into(),
            value,
            flags: vec![],
        }
    }

    #[test]
    fn repeats_are_averaged_and_missing_ones_left_out() {
        let rows = [
            row("a", 0, Some(1.0)),
            row("a", 1, Some(0.0)),
            row("b", 0, None),
            row("b", 1, Some(1.0)),
            row("c", 0, None),
        ];
        let placed: Vec<(usize, &ItemRow)> = rows.iter().enumerate().collect();
        let items = item_means(&placed).unwrap();
        let of = |item: &str| items["s"][&("t".to_owned(), "acc".to_owned())][item].value;
        assert_eq!((of("a"), of("b"), of("c")), (Some(0.5), Some(1.0), None));
    }

    #[test]
    fn an_item_that_stands_twice_is_told_with_both_rows() {
        let rows = [row("a", 0, Some(1.0)), row("b", 0, Some(0.0)), row("a", 0, Some(0.5))];
        let placed: Vec<(usize, &ItemRow)> = rows.iter().enumerate().collect();
        assert_eq!(item_means(&placed), Err(("t/a".to_owned(), 1, 3)));
    }
}
