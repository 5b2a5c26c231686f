//! Two finished runs, item by item: `mnemoscope compare`.
//!
//! - `side`: the model of one run, with its item values
//! - `comparable`: what may be compared, and why the rest may not
//! - `joined`: the items of both sides by id
//! - `error`: why nothing was compared

mod comparable;
mod error;
mod joined;
pub mod side;

use std::path::{Path, PathBuf};

use wildmatch::WildMatch;

use super::pairing::{Paired, adjust_and_tell};
use crate::record::{
    ChangedItem, ComparedSide, ComparedSuite, RUN_COMPARISON_SCHEMA, RefusedComparison, RunComparison, Slice,
};
use crate::statistics::{Adjustment, Better, ComparisonSettings, Level, seed_for};

pub use error::CompareError;
use joined::{JoinedMetric, join};
use side::Side;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct CompareRequest {
    /// Run folder or cell of A.
    pub run_a: PathBuf,
    /// Run folder or cell of B.
    pub run_b: PathBuf,
    /// Only metrics whose name, or TASK/METRIC, matches this glob.
    pub metric: Option<String>,
    /// Only this task.
    pub task: Option<String>,
    /// Only this slice.
    pub slice: Option<Slice>,
    /// Difference that does not matter, in the unit of the metric.
    pub margin: Option<f64>,
    /// Which way the margin is held.
    pub better: Better,
    pub level: Level,
    pub adjustment: Adjustment,
    pub resamples: usize,
    pub seed: u64,
    /// Compare although less than 95 % of the items were answered in both runs.
    pub allow_partial: bool,
    /// Most changed items that are kept for each task and metric.
    pub n_changed: usize,
}

/// Compares the model under test of two runs (or the models of two cells) on the items that both answered.
///
/// The p values of all comparisons that are asked for make one family.
///
/// # Errors
/// [`CompareError`]: a run that cannot be read or is not finished, several models under test, runs that must not be compared
/// at all, an item twice in one run, nothing that matches.
pub fn compare_runs(request: &CompareRequest) -> Result<RunComparison, CompareError> {
    let (a, b) = (Side::open(&request.run_a)?, Side::open(&request.run_b)?);
    let names = names(&a, &b);
    compare_sides(&a, &b, names, request)
}

/// The same for sides that are open.
pub(crate) fn compare_sides(
    a: &Side,
    b: &Side,
    (name_a, name_b): (String, String),
    request: &CompareRequest,
) -> Result<RunComparison, CompareError> {
    let mut notes = comparable::notes(a, b);
    let (common, mut refused) = comparable::common_suites(a, b)?;
    let mut paired: Vec<(usize, Paired, JoinedMetric)> = Vec::new();
    let filter = request.metric.as_deref().map(WildMatch::new);
    let mut offered: Vec<String> = Vec::new();
    for (place, suite) in common.iter().enumerate() {
        let (joined, differences) = join(a, b, &suite.name);
        notes.extend(differences);
        for metric in joined {
            let name = metric.printed_name();
            let is_wanted = filter.as_ref().is_none_or(|glob| {
                glob.matches(&name) || glob.matches(&metric.metric) || glob.matches(&format!("{}/{name}", metric.task))
            });
            let is_narrow = request.task.is_some() || request.slice.is_some();
            let offer = if is_narrow {
                let copies =
                    metric.slice.copies.map_or_else(|| "all items".to_owned(), |copies| format!("{copies} copies"));
                format!("{}/{}/{name} at {copies}", suite.name, metric.task)
            } else {
                name.clone()
            };
            if !offered.contains(&offer) {
                offered.push(offer);
            }
            let is_wanted = is_wanted
                && request.task.as_ref().is_none_or(|task| *task == metric.task)
                && request.slice.as_ref().is_none_or(|slice| *slice == metric.slice);
            if !is_wanted {
                continue;
            }
            let too_few = metric.too_few_shared().filter(|_| !request.allow_partial);
            if let Some(why) = comparable::refused_metric(a, b, &metric).or(too_few) {
                let task = Some(metric.task.clone());
                let one = RefusedComparison { suite: suite.name.clone(), task, metric: Some(name), why };
                // Once for all doses.
                if !refused.contains(&one) {
                    refused.push(one);
                }
                continue;
            }
            let stream = format!("{}/{}/{}/{:?}", suite.name, metric.task, metric.metric, metric.slice.copies);
            let settings = ComparisonSettings {
                level: request.level,
                margin: request.margin,
                better: request.better,
                resamples: request.resamples,
                seed: seed_for(request.seed, &stream),
                ..ComparisonSettings::default()
            };
            let row = metric.compare(&a.model.slug, &b.model.slug, a.model.agent.is_some(), &settings)?;
            paired.push((place, row, metric));
        }
    }
    if paired.is_empty() && refused.is_empty() {
        return Err(CompareError::NothingMatched { glob: request.metric.clone(), offered, notes });
    }
    if paired.is_empty() {
        return Err(CompareError::NothingComparable { refused });
    }
    let mut rows: Vec<Paired> = paired.iter().map(|(_, row, _)| row.clone()).collect();
    // Both sides may use one slug: the names are told apart by side, not by slug.
    let (slug_a, slug_b) = (a.model.slug.clone(), b.model.slug.clone());
    for row in &mut rows {
        (row.comparison.model_a, row.comparison.model_b) = (name_a.clone(), name_b.clone());
    }
    adjust_and_tell(&mut rows, request.adjustment, str::to_owned)?;
    let family = format!(
        "{} comparisons{}",
        rows.iter().filter(|row| row.comparison.p_value.is_some()).count(),
        request.metric.as_ref().map_or_else(String::new, |glob| format!(" (metric {glob})"))
    );
    let mut suites: Vec<ComparedSuite> = common
        .iter()
        .map(|suite| ComparedSuite {
            suite: suite.name.clone(),
            version: suite.version.clone(),
            size: suite.size.clone(),
            comparisons: Vec::new(),
            changed: Vec::new(),
        })
        .collect();
    for ((place, _, metric), row) in paired.iter().zip(rows) {
        let suite = &mut suites[*place];
        suite.changed.extend(metric.changed(&row));
        suite.comparisons.push(row.comparison);
    }
    for suite in &mut suites {
        suite.changed = most_changed(std::mem::take(&mut suite.changed), request.n_changed);
    }
    suites.retain(|suite| !suite.comparisons.is_empty());
    let told = |side: &Side, slug: String, name: String| ComparedSide {
        run: side.shown.clone(),
        model: slug,
        name,
        weights_sha256: side.model.identity.weights_sha256.clone(),
        revision: side.model.identity.revision.clone(),
        n_epochs: side.manifest.plan.n_epochs,
    };
    Ok(RunComparison {
        schema: RUN_COMPARISON_SCHEMA,
        a: told(a, slug_a, name_a),
        b: told(b, slug_b, name_b),
        level: request.level.value(),
        adjustment: request.adjustment.as_str().to_owned(),
        family,
        seed: request.seed,
        suites,
        refused,
        notes,
    })
}

/// What the rows call the two models; where the names are equal, their runs tell them apart.
pub(crate) fn names(a: &Side, b: &Side) -> (String, String) {
    let (of_a, of_b) = (a.model.identity.name.clone(), b.model.identity.name.clone());
    if of_a == of_b {
        (format!("{of_a} ({})", folder_name(&a.path)), format!("{of_b} ({})", folder_name(&b.path)))
    } else {
        (of_a, of_b)
    }
}

fn folder_name(path: &Path) -> String {
    // `.` and links are resolved, so that a run has the name of its folder.
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = resolved.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| path.display().to_string())
}

/// At most `n` for each task and metric, the largest change first, equal ones by item id.
fn most_changed(changed: Vec<ChangedItem>, n: usize) -> Vec<ChangedItem> {
    let mut groups: std::collections::BTreeMap<(String, String), Vec<ChangedItem>> = std::collections::BTreeMap::new();
    for item in changed {
        groups.entry((item.task.clone(), item.metric.clone())).or_default().push(item);
    }
    let mut out = Vec::new();
    for (_, mut items) in groups {
        items.sort_by(|left, right| {
            right.change.abs().total_cmp(&left.change.abs()).then_with(|| left.item_id.cmp(&right.item_id))
        });
        items.truncate(n);
        out.extend(items);
    }
    out
}
