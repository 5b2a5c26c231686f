//! Answers by where in the history the evidence stands.

use std::collections::BTreeMap;

use super::Shown;
use super::cells::Cells;
use crate::record::{PositionBin, PositionCurve};
use crate::run::error::RunError;
use crate::run::plan::PlannedModel;
use crate::run::task_metrics::first_metric;
use crate::scoring::memory::retrieval::position;
use crate::suite::Probe;

const N_BINS: usize = 10;
/// Bins of the middle, from 0: the fourth to the seventh.
const MIDDLE: std::ops::Range<usize> = 3..7;

/// One curve a model, over all questions with one known place of evidence: where there are several, their mean lies in the middle, and the
/// question is hard for another reason. Of changed states the old evidence decides the place.
pub(super) fn positions(shown: &Shown<'_>) -> Result<Vec<PositionCurve>, RunError> {
    let mut curves = Vec::new();
    for model in shown.models() {
        curves.extend(curve(shown, model)?);
    }
    Ok(curves)
}

/// Questions of one column by history, each with its bin and value.
type Placed<'a> = BTreeMap<&'a str, Vec<(usize, f64)>>;

fn curve(shown: &Shown<'_>, model: &PlannedModel) -> Result<Option<PositionCurve>, RunError> {
    let mut columns: BTreeMap<&str, Placed<'_>> = BTreeMap::new();
    for &subject in shown.subjects {
        if matches!(&subject.task.probe, Probe::State(probe) if probe.is_control) {
            continue;
        }
        let Some(scores) = subject.scores.iter().find(|scores| scores.model == model.slug) else { continue };
        let values = scores.values(&first_metric(&subject.task.probe)).unwrap_or_default();
        let answers = shown.answers(&model.slug, subject);
        for ((item, value), answer) in subject.items().iter().zip(values).zip(answers) {
            let (Some(value), Some(answer)) = (value, answer) else { continue };
            let (evidence, column): (&[Vec<u64>], &str) = match &subject.task.probe {
                Probe::State(_) => (
                    answer.evidence.get(..1).unwrap_or_default(),
                    item.fields.get("dimension").and_then(serde_json::Value::as_str).unwrap_or_default(),
                ),
                Probe::Memory(probe) => (&answer.evidence, probe.column.as_deref().unwrap_or(&subject.task.id)),
                _ => continue,
            };
            if evidence.len() != 1 {
                continue;
            }
            if let Some(place) = position(evidence, answer.n_pieces) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 9")]
                let bin = ((place * N_BINS as f64) as usize).min(N_BINS - 1);
                columns.entry(column).or_default().entry(&item.cluster).or_default().push((bin, value));
            }
        }
    }
    let n = columns.values().flat_map(BTreeMap::values).map(|values| values.len() as u64).sum();
    let Some(subject) = shown.subjects.first().filter(|_| n > 0) else { return Ok(None) };
    let mut of_history: Placed<'_> = BTreeMap::new();
    for (history, values) in columns.values().flatten() {
        of_history.entry(history).or_default().extend(values);
    }
    let mut bins = Vec::new();
    for bin in 0..N_BINS {
        let mut cells = Cells::default();
        cells.add_clusters(parts(&of_history, |own| (own == bin).then_some(0)), 1, 1.0);
        let (value, interval) = cells.mean(subject, &format!("{}/position/{bin}", model.slug))?;
        if let Some(value) = value {
            bins.push(PositionBin { bin: u32::try_from(bin + 1).unwrap_or(0), n: cells.n, value, interval });
        }
    }
    let (middle_drop, middle_drop_interval) = drop(&columns, subject, model)?;
    Ok(Some(PositionCurve {
        model: model.slug.clone(),
        column: "all".to_owned(),
        bins,
        n,
        middle_drop,
        middle_drop_interval,
    }))
}

/// The values of histories in the cell that their bin belongs to.
fn parts(placed: &Placed<'_>, cell: impl Fn(usize) -> Option<usize>) -> Vec<Vec<(usize, f64)>> {
    placed
        .values()
        .map(|values| values.iter().filter_map(|(bin, value)| Some((cell(*bin)?, *value))).collect::<Vec<_>>())
        .filter(|values| !values.is_empty())
        .collect()
}

/// The outer two bins less the middle ones, each column against itself, histories drawn whole. Columns without questions in the first, the last
/// or the middle bins are left out.
fn drop(
    columns: &BTreeMap<&str, Placed<'_>>,
    subject: &super::super::subject::Subject<'_>,
    model: &PlannedModel,
) -> Result<(Option<f64>, Option<crate::record::IntervalRecord>), RunError> {
    let has =
        |placed: &Placed<'_>, wanted: &dyn Fn(usize) -> bool| placed.values().flatten().any(|(bin, _)| wanted(*bin));
    let is_whole = |placed: &&Placed<'_>| {
        has(placed, &|bin| bin == 0)
            && has(placed, &|bin| bin == N_BINS - 1)
            && has(placed, &|bin| MIDDLE.contains(&bin))
    };
    let whole: Vec<&Placed<'_>> = columns.values().filter(is_whole).collect();
    let part = |bin: usize| match bin {
        0 => Some(0),
        bin if bin == N_BINS - 1 => Some(0),
        bin if MIDDLE.contains(&bin) => Some(1),
        _ => None,
    };
    let mut cells = Cells::default();
    #[expect(clippy::cast_precision_loss, reason = "a table has a dozen columns")]
    let weight = 1.0 / whole.len().max(1) as f64;
    for placed in whole {
        cells.add_weighted(parts(placed, part), &[weight, -weight]);
    }
    cells.mean(subject, &format!("{}/middle drop", model.slug))
}
