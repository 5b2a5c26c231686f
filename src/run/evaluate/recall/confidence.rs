//! Stated confidence against hits: a model that knows what it knows is less sure after its cutoff.

use super::answers::{Answers, Asked, Side};
use super::guessing::LEAST_VALUES;
use crate::record::Calibration;
use crate::statistics::confidence_report;
use crate::suite::RecallAsk;

/// Bins of the reliability diagram.
const BINS: usize = 10;
/// Questions whose confidence is looked at.
const ASKS: [RecallAsk; 4] = [RecallAsk::Level, RecallAsk::LevelContext, RecallAsk::Direction, RecallAsk::Threshold];

/// One row a task and side with at least five stated confidences.
pub(super) fn calibrations(answers: &Answers<'_>) -> Vec<Calibration> {
    let mut rows = Vec::new();
    for ask in ASKS {
        let Some(task) = answers.of_ask(ask) else { continue };
        for (word, side) in [("before", Some(Side::Before)), ("after", Some(Side::After)), ("all", None)] {
            let asked: Vec<&Asked<'_>> = task
                .asked
                .iter()
                .filter(|asked| asked.is_answered() && side.is_none_or(|side| asked.side == side))
                .collect();
            rows.extend(calibration(&task.task.id, word, ask, &asked));
        }
    }
    rows
}

fn calibration(task: &str, side: &str, ask: RecallAsk, asked: &[&Asked<'_>]) -> Option<Calibration> {
    let scores: Vec<_> = asked.iter().filter_map(|asked| asked.score.as_ref()).collect();
    let confidence: Vec<Option<f64>> = scores.iter().map(|score| score.confidence).collect();
    let n = confidence.iter().flatten().count();
    if n < LEAST_VALUES {
        return None;
    }
    let hits: Vec<bool> = scores.iter().map(|score| score.is_hit == Some(true)).collect();
    let errors: Vec<Option<f64>> =
        scores.iter().map(|score| if ask.is_number() { score.absolute_error() } else { None }).collect();
    let found = confidence_report(&confidence, &hits, &errors, BINS).ok()?;
    let bins = found.reliability.bins.iter().enumerate();
    Some(Calibration {
        task: task.to_owned(),
        side: side.to_owned(),
        n: n as u64,
        n_without: found.n_without_confidence as u64,
        ece: Some(found.reliability.ece),
        mce: Some(found.reliability.mce),
        brier: Some(found.reliability.brier),
        auroc: found.auroc,
        overconfidence: Some(found.overconfidence),
        mean_confidence: Some(found.mean_confidence),
        spearman: found.closeness.as_ref().map(|closeness| closeness.coefficient),
        spearman_p: found.closeness.as_ref().map(|closeness| closeness.p_value),
        bins: bins
            .filter_map(|(place, bin)| Some((place as u64, bin.n as u64, bin.mean_probability?, bin.rate?)))
            .collect(),
    })
}
