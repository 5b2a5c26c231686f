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

/// One curve a model, over all questions whose evidence is known. Of changed states the old evidence decides the place.
pub(super) fn positions(shown: &Shown<'_>) -> Result<Vec<PositionCurve>, RunError> {
    let mut curves = Vec::new();
    for model in shown.models() {
        curves.extend(curve(shown, model)?);
    }
    Ok(curves)
}

fn curve(shown: &Shown<'_>, model: &PlannedModel) -> Result<Option<PositionCurve>, RunError> {
    // By history and bin: the values of its questions.
    let mut of_history: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
    for &subject in shown.subjects {
        if matches!(&subject.task.probe, Probe::State(probe) if probe.is_control) {
            continue;
        }
        let Some(scores) = subject.scores.iter().find(|scores| scores.model == model.slug) else { continue };
        let values = scores.values(&first_metric(&subject.task.probe)).unwrap_or_default();
        let answers = shown.answers(&model.slug, subject);
        for ((item, value), answer) in subject.items().iter().zip(values).zip(answers) {
            let (Some(value), Some(answer)) = (value, answer) else { continue };
            let evidence: &[Vec<u64>] = match &subject.task.probe {
                Probe::State(_) => answer.evidence.get(..1).unwrap_or_default(),
                _ => &answer.evidence,
            };
            if let Some(place) = position(evidence, answer.n_pieces) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 9")]
                let bin = ((place * N_BINS as f64) as usize).min(N_BINS - 1);
                of_history.entry(&item.cluster).or_default().push((bin, value));
            }
        }
    }
    let n = of_history.values().map(|values| values.len() as u64).sum();
    let Some(subject) = shown.subjects.first().filter(|_| n > 0) else { return Ok(None) };
    let mut bins = Vec::new();
    for bin in 0..N_BINS {
        let of_bin = |values: &Vec<(usize, f64)>| -> Vec<(usize, f64)> {
            values.iter().filter(|(own, _)| *own == bin).map(|(_, value)| (0, *value)).collect()
        };
        let clusters: Vec<Vec<(usize, f64)>> =
            of_history.values().map(of_bin).filter(|values| !values.is_empty()).collect();
        let mut cells = Cells::default();
        cells.add_clusters(clusters, 1, 1.0);
        let (value, interval) = cells.mean(subject, &format!("{}/position/{bin}", model.slug))?;
        if let Some(value) = value {
            bins.push(PositionBin { bin: u32::try_from(bin + 1).unwrap_or(0), n: cells.n, value, interval });
        }
    }
    let (middle_drop, middle_drop_interval) = drop(&of_history, subject, model)?;
    Ok(Some(PositionCurve {
        model: model.slug.clone(),
        column: "all".to_owned(),
        bins,
        n,
        middle_drop,
        middle_drop_interval,
    }))
}

/// The outer two bins less the middle ones, histories drawn whole.
fn drop(
    of_history: &BTreeMap<&str, Vec<(usize, f64)>>,
    subject: &super::super::subject::Subject<'_>,
    model: &PlannedModel,
) -> Result<(Option<f64>, Option<crate::record::IntervalRecord>), RunError> {
    let part = |bin: usize| match bin {
        0 => Some(0),
        bin if bin == N_BINS - 1 => Some(0),
        bin if MIDDLE.contains(&bin) => Some(1),
        _ => None,
    };
    let clusters: Vec<Vec<(usize, f64)>> = of_history
        .values()
        .map(|values| values.iter().filter_map(|(bin, value)| Some((part(*bin)?, *value))).collect::<Vec<_>>())
        .filter(|values| !values.is_empty())
        .collect();
    let mut cells = Cells::default();
    cells.add_contrast(clusters);
    cells.mean(subject, &format!("{}/middle drop", model.slug))
}
