//! Columns of the paper's table, and the means over them.

use super::super::subject::Subject;
use super::Shown;
use super::cells::Cells;
use crate::dataset::memory::family::MemorySplit;
use crate::record::{ColumnRow, CompetencyRow};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::run::memory_scores::is_lenient;
use crate::run::plan::PlannedModel;
use crate::scoring::memory::headline::Headline;
use crate::suite::{MemoryProbe, Probe};

/// A column and the tasks behind it.
pub(super) struct Column<'a> {
    pub name: String,
    pub split: MemorySplit,
    pub is_in_mean: bool,
    pub subjects: Vec<(&'a Subject<'a>, &'a MemoryProbe)>,
}

/// The columns of a run: by the suite's names, a task without one under its own.
pub(super) fn of_run<'a>(shown: &Shown<'a>) -> Vec<Column<'a>> {
    let mut columns: Vec<Column<'a>> = Vec::new();
    for &subject in shown.subjects {
        let Probe::Memory(probe) = &subject.task.probe else { continue };
        let name = probe.column.clone().unwrap_or_else(|| subject.task.id.clone());
        match columns.iter_mut().find(|column| column.name == name) {
            Some(column) => column.subjects.push((subject, probe)),
            None => columns.push(Column {
                name,
                split: probe.family.split(),
                is_in_mean: probe.is_in_mean,
                subjects: vec![(subject, probe)],
            }),
        }
    }
    columns
}

fn scores_of<'s>(subject: &'s Subject<'_>, model: &str) -> Option<&'s TaskScores> {
    subject.scores.iter().find(|scores| scores.model == model)
}

/// The cells of a column: its tasks with the same weight each.
fn cells_of(
    column: &Column<'_>,
    model: &str,
    metric: &dyn Fn(&MemoryProbe) -> &'static str,
    missing_as: Option<f64>,
) -> Cells {
    let mut cells = Cells::default();
    #[expect(clippy::cast_precision_loss, reason = "a column has a handful of tasks")]
    let weight = 1.0 / column.subjects.len() as f64;
    for (subject, probe) in &column.subjects {
        let Some(scores) = scores_of(subject, model) else { continue };
        let mut values = scores.values(metric(probe)).unwrap_or_default();
        if let Some(missing) = missing_as {
            let failed = failed_items(scores, values.len());
            for (value, is_failed) in values.iter_mut().zip(failed) {
                if is_failed {
                    *value = Some(missing);
                }
            }
        }
        cells.add(subject, &values, weight);
    }
    cells
}

/// Items without any answer: whatever could be computed of an answer is missing.
fn failed_items(scores: &TaskScores, n: usize) -> Vec<bool> {
    let of_text: Vec<_> = scores
        .metrics
        .iter()
        .filter(|(name, _)| !name.starts_with("evidence_") && !name.starts_with("summary_") && *name != "judged_right")
        .map(|(_, values)| values)
        .collect();
    (0..n).map(|item| of_text.iter().all(|values| values.get(item).is_none_or(|value| value.value.is_none()))).collect()
}

fn headline(probe: &MemoryProbe) -> &'static str {
    Headline::of(probe.family).metric()
}

pub(super) fn columns(shown: &Shown<'_>) -> Result<Vec<ColumnRow>, RunError> {
    let mut rows = Vec::new();
    for model in shown.models() {
        for column in of_run(shown) {
            rows.push(row(model, &column)?);
        }
    }
    Ok(rows)
}

fn row(model: &PlannedModel, column: &Column<'_>) -> Result<ColumnRow, RunError> {
    let (first, probe) = column.subjects[0];
    let label = |what: &str| format!("{}/{}/{what}", model.slug, column.name);
    let cells = cells_of(column, &model.slug, &headline, None);
    // The column of one task is that task's mean: one number, drawn once.
    let headline_label = match column.subjects.as_slice() {
        [(subject, probe)] => format!("{}/{}/{}", subject.task.id, model.slug, headline(probe)),
        _ => label("headline"),
    };
    let (value, interval) = cells.mean(first, &headline_label)?;
    let pessimistic = cells_of(column, &model.slug, &headline, Some(0.0)).mean(first, &label("pessimistic"))?.0;
    let lenient = if column.subjects.iter().all(|(_, probe)| is_lenient(probe)) {
        cells_of(column, &model.slug, &|_| "exact_match_lenient", None).mean(first, &label("lenient"))?
    } else {
        (None, None)
    };
    let (mut n_failed, mut n_missing) = (0, 0);
    for (subject, probe) in &column.subjects {
        let Some(scores) = scores_of(subject, &model.slug) else { continue };
        let values = scores.values(headline(probe)).unwrap_or_default();
        n_failed += failed_items(scores, values.len()).into_iter().filter(|is_failed| *is_failed).count() as u64;
        n_missing += values.iter().filter(|value| value.is_none()).count() as u64;
    }
    Ok(ColumnRow {
        model: model.slug.clone(),
        column: column.name.clone(),
        competency: column.split.competency().to_owned(),
        tasks: column.subjects.iter().map(|(subject, _)| subject.task.id.clone()).collect(),
        metric: headline(probe).to_owned(),
        is_in_mean: column.is_in_mean,
        n: cells.n,
        n_clusters: cells.n_clusters,
        n_failed,
        n_unjudged: n_missing.saturating_sub(n_failed),
        value,
        interval,
        pessimistic,
        lenient: lenient.0,
        lenient_interval: lenient.1,
    })
}

/// Columns of the suite in this size that enter the mean of a competency, whether this run asks them or not.
fn columns_in_mean(shown: &Shown<'_>, split: MemorySplit) -> Vec<String> {
    let size = shown.planned.size.kind();
    let mut names: Vec<String> = Vec::new();
    for task in shown.planned.suite.tasks.iter().filter(|task| task.sizes.contains(&size)) {
        let Probe::Memory(probe) = task.probe_for(size) else { continue };
        if let Some(name) = probe.column.as_ref().filter(|_| probe.is_in_mean && probe.family.split() == split)
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

/// Means over columns, and over competencies; a mean of which a part is missing is none.
pub(super) fn competencies(shown: &Shown<'_>, rows: &[ColumnRow]) -> Result<Vec<CompetencyRow>, RunError> {
    let columns = of_run(shown);
    let mut out = Vec::new();
    let Some(first) = shown.subjects.first() else { return Ok(out) };
    if columns.is_empty() {
        return Ok(out);
    }
    for model in shown.models() {
        let mut overall = Cells::default();
        let (mut parts, mut missing_parts) = (Vec::new(), Vec::new());
        for split in MemorySplit::ALL {
            let wanted = columns_in_mean(shown, split);
            if wanted.is_empty() {
                continue;
            }
            let has = |name: &String| {
                rows.iter().any(|row| row.model == model.slug && row.column == *name && row.value.is_some())
            };
            let (present, missing): (Vec<String>, Vec<String>) = wanted.into_iter().partition(has);
            let mut cells = Cells::default();
            #[expect(clippy::cast_precision_loss, reason = "a competency has a handful of columns")]
            let weight = 1.0 / present.len().max(1) as f64;
            for column in columns.iter().filter(|column| present.contains(&column.name)) {
                cells.take(&cells_of(column, &model.slug, &headline, None), weight);
            }
            let label = format!("{}/{}", model.slug, split.competency());
            let (value, interval) = if missing.is_empty() { cells.mean(first, &label)? } else { (None, None) };
            overall.take(&cells, 0.25);
            match value {
                Some(_) => parts.push(split.competency().to_owned()),
                None => missing_parts.push(split.competency().to_owned()),
            }
            out.push(CompetencyRow {
                model: model.slug.clone(),
                competency: split.competency().to_owned(),
                parts: present,
                missing,
                n: cells.n,
                n_clusters: cells.n_clusters,
                value,
                interval,
            });
        }
        let is_whole = missing_parts.is_empty() && parts.len() == MemorySplit::ALL.len();
        let (value, interval) =
            if is_whole { overall.mean(first, &format!("{}/overall", model.slug))? } else { (None, None) };
        out.push(CompetencyRow {
            model: model.slug.clone(),
            competency: "overall".to_owned(),
            parts,
            missing: missing_parts,
            n: overall.n,
            n_clusters: overall.n_clusters,
            value,
            interval,
        });
    }
    Ok(out)
}

/// Mean over the columns that this run has, of whatever competency: what cost is held against.
pub(super) fn mean_of_columns(
    shown: &Shown<'_>,
    model: &PlannedModel,
) -> Result<(Option<f64>, Option<crate::record::IntervalRecord>), RunError> {
    let columns = of_run(shown);
    let of: Vec<Cells> = columns
        .iter()
        .filter(|column| column.is_in_mean)
        .map(|column| cells_of(column, &model.slug, &headline, None))
        .filter(|cells| cells.n > 0)
        .collect();
    let (Some(first), false) = (shown.subjects.first(), of.is_empty()) else { return Ok((None, None)) };
    let mut all = Cells::default();
    #[expect(clippy::cast_precision_loss, reason = "a table has a dozen columns")]
    of.iter().for_each(|cells| all.take(cells, 1.0 / of.len() as f64));
    all.mean(first, &format!("{}/columns", model.slug))
}
