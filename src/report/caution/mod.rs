//! What a reader must know before believing the headline: gathered from the results, nothing judged anew.

mod memory;
mod recall;
mod unlearning;

use crate::record::{APPROXIMATE, Role, SuiteResults};
use crate::report::metric_name::predictor_words;
use crate::report::number;

/// Sentences in order of weight: an incomplete run, a missing control, what is not forgetting though it looks like it, a split that
/// the text gives away, answers that are missing, rates that cannot be resolved. Empty when there is nothing to warn of.
#[must_use]
pub fn cautions(results: &SuiteResults) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(partial) = &results.partial {
        out.push(format!("Not the whole suite was run ({partial}): the numbers are not comparable with a full run."));
    }
    // Recall is held against naive forecasters, memory against an agent without one: not against another model.
    if results.recall.is_none()
        && results.memory.is_none()
        && !results.models.iter().any(|model| model.role == Role::Baseline)
    {
        out.push(if results.unlearning.is_some() {
            "No baseline was run: without the model before, nothing here can be called forgotten or kept.".to_owned()
        } else {
            "No baseline was run: nothing here separates what a model remembers from what is easy to guess.".to_owned()
        });
    }
    if let Some(record) = &results.unlearning {
        unlearning::cautions(record, &mut out);
    }
    if let Some(record) = &results.recall {
        recall::cautions(record, &mut out);
    }
    if let Some(record) = &results.memory {
        memory::cautions(results, record, &mut out);
    }
    approximations(results, &mut out);
    separable_splits(results, &mut out);
    missing_answers(results, &mut out);
    let unresolved = results.metrics.iter().filter(|row| row.flags.iter().any(|flag| flag == "not_resolvable")).count();
    if unresolved > 0 {
        let n = u64::try_from(unresolved).unwrap_or(u64::MAX);
        let (subject, verb) = if n == 1 { ("rate", "is") } else { ("rates", "are") };
        out.push(format!(
            "{} true-positive {subject} {verb} not resolvable: the false-positive rate asked for lies below one non-member.",
            number::count(n)
        ));
    }
    out
}

/// Numbers that rest on a substitute for log-probabilities, once for each task and model.
fn approximations(results: &SuiteResults, out: &mut Vec<String>) {
    let mut told: Vec<(&str, &str)> = Vec::new();
    for row in results.metrics.iter().filter(|row| row.flags.iter().any(|flag| flag == APPROXIMATE)) {
        if !told.contains(&(&row.task, &row.model)) {
            told.push((&row.task, &row.model));
            out.push(format!(
                "{}, {}: approximate. The endpoint scores no given text; the choices were shown under letters, and the first \
                 token of the answer was read. That is another question than the suite's.",
                row.task, row.model
            ));
        }
    }
}

fn separable_splits(results: &SuiteResults, out: &mut Vec<String>) {
    for row in results.blind.iter().filter(|row| row.is_separable) {
        let auc =
            row.auc.map_or_else(String::new, |auc| format!(", AUC {}", number::in_prose(auc, row.interval.as_ref())));
        out.push(format!(
            "{}: the text alone tells members from non-members without asking a model: {}{auc}. Read the attacks of \
             this task against that, not against 0.5.",
            row.task,
            predictor_words(&row.predictor).to_lowercase()
        ));
    }
}

fn missing_answers(results: &SuiteResults, out: &mut Vec<String>) {
    // A strictly read answer that states no value is a miss in every share over the asked values:
    // the cautions on recall tell of these, and it is not left out of the numbers.
    // Agents answer freely, and a refusal is an answer; the cautions on memory tell of questions without one.
    let is_left_out = results.recall.is_none() && results.memory.is_none();
    for row in &results.health {
        let kinds: Vec<String> = [
            (if results.memory.is_none() { row.error } else { 0 }, "failed"),
            (if is_left_out { row.refused } else { 0 }, "refused"),
            (if is_left_out { row.unparsable } else { 0 }, "could not be parsed"),
            (row.truncated, "were cut off"),
        ]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", number::count(*n)))
        .collect();
        if !kinds.is_empty() {
            let asked = row.answered + row.refused + row.unparsable + row.truncated + row.error;
            out.push(format!(
                "{}, {}: of {} requests {}; left out of the numbers, not counted as wrong.",
                row.task,
                row.model,
                number::count(asked),
                kinds.join(", ")
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::HealthRow;
    use crate::report::fixture;

    fn told(mut results: SuiteResults) -> Vec<String> {
        results.health = vec![HealthRow {
            task: "levels".to_owned(),
            model: "m".to_owned(),
            answered: 5,
            refused: 2,
            unparsable: 1,
            truncated: 0,
            error: 4,
            excluded: Vec::new(),
        }];
        let mut out = Vec::new();
        missing_answers(&results, &mut out);
        out
    }

    #[test]
    fn strict_answers_that_are_misses_are_not_said_to_be_left_out() {
        assert!(
            told(fixture::results())[0].contains("12 requests 4 failed, 2 refused, 1 could not be parsed; left out")
        );
        let strict = told(fixture::recall::results());
        assert!(strict[0].contains("12 requests 4 failed; left out"), "{strict:?}");
    }
}
