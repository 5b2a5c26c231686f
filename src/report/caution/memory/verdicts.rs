//! Who judged and who answered, and what nobody judged.

use super::{listed, models, sum};
use crate::record::{Memory, Role, Stale, SuiteResults};
use crate::report::number;

/// What a backend of rules calls itself.
const READER: &str = "no neural network";
/// Judges that look for phrases.
const RULES: [&str; 2] = ["builtin:rules", "builtin-rules"];

/// Runs of which too much is without a verdict; without a judge that is told of all runs at once.
pub(super) fn invalid(record: &Memory, stale: &Stale, out: &mut Vec<String>) {
    for row in stale.overall.iter().filter(|row| !row.is_valid && !record.judges.is_empty()) {
        // Which of the two it is: few answers are a fault of the agent, few verdicts one of the judge.
        let why = if row.n_unanswered.saturating_mul(50) > row.n_scenarios {
            format!(
                "{} of {} scenarios lack an answer",
                number::count(row.n_unanswered),
                number::count(row.n_scenarios)
            )
        } else {
            format!(
                "{} of {} scenarios lack a verdict on one of their answers (unreadable, tied or not judged)",
                number::count(row.n_without_verdict),
                number::count(row.n_scenarios)
            )
        };
        out.push(format!(
            "{}: invalid. {why}, so its overall number is not told; what stands in cells may be a selection.",
            row.model
        ));
    }
}

/// Answers that a judge should have read.
pub(super) fn unjudged(record: &Memory, out: &mut Vec<String>) {
    let columns = record.columns.iter().filter(|row| row.n_unjudged > 0);
    if record.judges.is_empty() {
        let n = sum(columns.clone().map(|row| row.n_unjudged));
        if n > 0 {
            out.push(format!(
                "No judge was asked: {} answers ({}) have no verdict and are in no value.",
                number::count(n),
                listed(columns.map(|row| row.column.as_str()))
            ));
        }
        if let Some(stale) = record.stale.as_ref().filter(|stale| stale.cells.iter().all(|cell| cell.n_judged == 0)) {
            let n = sum(stale.cells.iter().map(|cell| cell.n_scenarios));
            out.push(format!(
                "No judge was asked: none of {} answers has a verdict, and nothing is measured.",
                number::count(n)
            ));
        }
        return;
    }
    // Once for all models that lack the same.
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for model in models(record) {
        let own = columns.clone().filter(|row| row.model == model);
        let n = sum(own.clone().map(|row| row.n_unjudged));
        let what = format!("{} answers ({})", number::count(n), listed(own.map(|row| row.column.as_str())));
        match told.iter_mut().find(|(known, _)| *known == what) {
            _ if n == 0 => {}
            Some((_, models)) => models.push(model),
            None => told.push((what, vec![model])),
        }
    }
    for (what, models) in told {
        let each = if models.len() > 1 { " each" } else { "" };
        out.push(format!("{}: {what}{each} have no verdict; they are in no value.", models.join(", ")));
    }
}

/// Answers and verdicts that no neural network gave.
pub(super) fn floors(results: &SuiteResults, out: &mut Vec<String>) {
    let agents = || results.memory.iter().flat_map(|memory| &memory.agents);
    // What a system behind HTTP says by itself is not the reader's.
    let answers_itself = |slug: &str| agents().any(|agent| agent.model == slug && agent.n_own_answers > 0);
    let readers = results
        .models
        .iter()
        .filter(|model| matches!(model.role, Role::Model | Role::Baseline) && model.backend.contains(READER))
        .filter(|model| !answers_itself(&model.slug));
    let readers: Vec<&str> = readers.map(|model| model.slug.as_str()).collect();
    if !readers.is_empty() {
        out.push(format!(
            "{}: answered by rules, no neural network; a floor for agents, not a language model.",
            readers.join(", ")
        ));
    }
}

pub(super) fn judges(results: &SuiteResults, record: &Memory, out: &mut Vec<String>) {
    let mut told: Vec<&str> = Vec::new();
    for row in &record.judges {
        if told.contains(&row.judge.as_str()) {
            continue;
        }
        told.push(&row.judge);
        let entry = results.models.iter().find(|model| model.slug == row.judge);
        let is_rules =
            RULES.contains(&row.judge.as_str()) || entry.is_some_and(|model| RULES.contains(&model.name.as_str()));
        if is_rules {
            out.push(format!(
                "{}: the judge looks for phrases and does not read; its verdicts are no measure of what a careful reader would say.",
                row.judge
            ));
        }
        if record.judges.iter().any(|other| other.judge == row.judge && other.is_self) {
            out.push(format!("{}: judges answers of its own; models are kind to themselves.", row.judge));
        }
        let n_forged =
            sum(record.judges.iter().filter(|other| other.judge == row.judge).filter_map(|other| other.n_forged));
        if n_forged > 0 {
            let answers = if n_forged == 1 { "answer holds" } else { "answers hold" };
            out.push(format!(
                "{}: {} {answers} a line like one of the judge's own form, which may steer its verdict.",
                row.judge,
                number::count(n_forged)
            ));
        }
    }
}
