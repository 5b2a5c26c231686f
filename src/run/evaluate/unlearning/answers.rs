//! What the answers were: right, partly right, a refusal, broken text, or another answer. A crash is none of them.

use super::measure::{Measure, Measures};
use crate::record::{AnswerKinds, Side};

const LENIENT: &str = "contains_answer";

/// Questions with a right answer, by side and model; sides without such questions have no row.
pub(super) fn answers(measures: &Measures<'_>) -> Vec<AnswerKinds> {
    let mut out = Vec::new();
    for side in [Side::Forget, Side::Neighbour] {
        let of_side: Vec<&Measure> =
            measures.list.iter().filter(|measure| measure.side == side && measure.parts.len() == 1).collect();
        for (model, _) in &measures.models {
            let mut kinds = AnswerKinds {
                side,
                model: (*model).to_owned(),
                n: 0,
                right: 0,
                partly: 0,
                refused: 0,
                degenerate: 0,
                other: 0,
                errors: 0,
            };
            for measure in &of_side {
                count(measures, measure, model, &mut kinds);
            }
            if kinds.n + kinds.errors > 0 {
                out.push(kinds);
            }
        }
    }
    out
}

fn count(measures: &Measures<'_>, measure: &Measure, model: &str, kinds: &mut AnswerKinds) {
    let Some(scores) = measures.scores(measure.parts[0], model) else { return };
    if !scores.metrics.contains_key(LENIENT) {
        return;
    }
    let value = |metric: &str, place: usize| scores.metrics.get(metric)?.get(place)?.value;
    for place in 0..measures.subjects[measure.parts[0]].task.items.len() {
        let is = |metric: &str| value(metric, place).is_some_and(|value| value > 0.5);
        let Some(score) = value(&measure.metric, place) else {
            kinds.errors += 1;
            continue;
        };
        kinds.n += 1;
        let kind = if is(LENIENT) {
            &mut kinds.right
        } else if is("refusal") {
            &mut kinds.refused
        } else if is("degenerate") {
            &mut kinds.degenerate
        } else if score > 0.0 {
            &mut kinds.partly
        } else {
            &mut kinds.other
        };
        *kind += 1;
    }
}
