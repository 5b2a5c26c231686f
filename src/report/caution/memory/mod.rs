//! What makes a memory agent look better or worse than it is: missing verdicts and answers, judges of little use, histories that were cut,
//! memories that dropped pieces or changed under questions, and alarms without a cause.
//!
//! - `verdicts`: who judged, and what nobody did; `histories`: what an agent could not see, and what was not answered.

mod histories;
mod verdicts;

use crate::record::{Memory, Stale, SuiteResults};
use crate::report::agent_words;
use crate::report::number;
use crate::report::table::distinct;

/// From this rate on, alarms say as little as a coin.
const COIN: f64 = 0.5;

/// Sentences in order of weight.
pub(super) fn cautions(results: &SuiteResults, record: &Memory, out: &mut Vec<String>) {
    if let Some(stale) = &record.stale {
        verdicts::invalid(record, stale, out);
    }
    verdicts::unjudged(record, out);
    controls(record, out);
    if let Some(stale) = &record.stale {
        alarms(stale, out);
        histories::trimmed(stale, out);
        histories::without_verdict(stale, record, out);
        histories::tied(stale, record, out);
    }
    verdicts::floors(results, out);
    verdicts::judges(results, record, out);
    histories::memories(record, out);
    histories::unanswered(record, out);
    histories::single(record, out);
}

/// What separates memory from knowledge, and noticing from always saying so.
fn controls(record: &Memory, out: &mut Vec<String>) {
    if !record.columns.is_empty() && !record.agents.iter().any(|agent| agent.agent == "none") {
        out.push(
            "No agent without memory was run: nothing here separates what was remembered from what a model knew or could guess.".to_owned(),
        );
    }
    if record.stale.as_ref().is_some_and(|stale| stale.false_alarms.is_empty()) {
        out.push(
            "No control was asked: a model that always says that things have changed would pass SR and PR, and nothing here tells.".to_owned(),
        );
    }
}

fn alarms(stale: &Stale, out: &mut Vec<String>) {
    for row in stale.false_alarms.iter().filter(|row| row.control == agent_words::ALL) {
        if let (Some(rate), Some(interval)) = (row.rate, row.interval.as_ref().filter(|interval| interval.high > COIN))
        {
            out.push(format!(
                "{}: {} of its answers to {} were false alarms, and it may be more than half; its passes of {} may come from always calling \
                 things changed.",
                row.model,
                number::percent_in_prose(rate, Some(interval)),
                row.dimension,
                row.dimension
            ));
        }
    }
}

/// Models of the record in the order of their agents, then of their columns and cells.
fn models(record: &Memory) -> Vec<&str> {
    let agents = record.agents.iter().map(|agent| agent.model.as_str());
    let columns = record.columns.iter().map(|row| row.model.as_str());
    let cells = record.stale.iter().flat_map(|stale| &stale.cells).map(|cell| cell.model.as_str());
    distinct(agents.chain(columns).chain(cells))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    distinct(names).join(", ")
}

/// Counts of items, far below the size at which this overflows.
fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::memory;

    fn told(mut results: SuiteResults, change: impl Fn(&mut SuiteResults, &mut Memory)) -> Vec<String> {
        let mut record = results.memory.take().unwrap();
        change(&mut results, &mut record);
        let mut out = Vec::new();
        cautions(&results, &record, &mut out);
        out
    }

    /// What there is to warn of in the fixtures, taken out.
    fn calm(_: &mut SuiteResults, record: &mut Memory) {
        for row in &mut record.columns {
            (row.n_failed, row.n_unjudged, row.n_clusters) = (0, 0, 2);
        }
        for agent in &mut record.agents {
            (agent.n_evicted, agent.n_cut, agent.query_isolation) = (0, 0, None);
        }
        for judge in &mut record.judges {
            (judge.is_self, judge.n_forged) = (false, Some(0));
        }
        if let Some(stale) = &mut record.stale {
            stale.overall.iter_mut().for_each(|row| (row.is_valid, row.is_trimmed) = (true, false));
            stale.cells.iter_mut().for_each(|cell| cell.n_unanswered = 0);
            stale.false_alarms.iter_mut().for_each(|row| row.interval.iter_mut().for_each(|it| it.high = 0.4));
        }
    }

    #[test]
    fn a_run_with_all_answers_verdicts_and_controls_needs_no_warning() {
        assert_eq!(told(memory::agent_results(), calm), Vec::<String>::new());
        assert_eq!(told(memory::stale_results(), calm), Vec::<String>::new());
    }

    #[test]
    fn what_no_judge_read_is_told_once_and_not_called_wrong() {
        let sentences = told(memory::agent_results(), |results, record| {
            calm(results, record);
            record.judges.clear();
            record.columns[0].n_unjudged = 300;
            record.agents.retain(|agent| agent.agent != "none");
        });
        assert!(sentences[0].starts_with("No judge was asked: 300 answers (SH-QA)"), "{sentences:?}");
        assert!(sentences[1].contains("No agent without memory"), "{sentences:?}");
        let sentences = told(memory::stale_results(), |results, record| {
            calm(results, record);
            record.judges.clear();
            let stale = record.stale.as_mut().unwrap();
            stale.cells.iter_mut().for_each(|cell| cell.n_judged = 0);
            stale.overall.iter_mut().for_each(|row| row.is_valid = false);
            stale.false_alarms.clear();
        });
        assert_eq!(sentences.len(), 2, "{sentences:?}");
        assert!(sentences[0].contains("none of 2,400 answers has a verdict"), "{sentences:?}");
        assert!(sentences[1].contains("No control was asked"), "{sentences:?}");
    }

    #[test]
    fn judges_readers_and_memories_of_little_use_are_told() {
        let sentences = told(memory::agent_results(), |results, record| {
            calm(results, record);
            "builtin (rules, no neural network)".clone_into(&mut results.models[0].backend);
            "builtin:rules".clone_into(&mut record.judges[0].judge);
            (record.judges[0].is_self, record.judges[0].n_forged) = (true, Some(1));
            let agent = &mut record.agents[1];
            agent.settings.push(("chunking".to_owned(), "compat".to_owned()));
            (agent.n_evicted, agent.n_cut, agent.query_isolation) = (3, 1, Some("none".to_owned()));
        });
        let expected = [
            "no neural network",
            "looks for phrases",
            "judges answers of its own",
            "1 answer holds a line",
            "cut as upstream cuts them",
            "were no longer in memory",
            "of 1 question the history was cut",
            "a question may change its memory",
        ];
        assert_eq!(sentences.len(), expected.len(), "{sentences:?}");
        for (sentence, part) in sentences.iter().zip(expected) {
            assert!(sentence.contains(part), "{part} is not in {sentence}");
        }
    }

    #[test]
    fn alarms_that_may_be_half_trimmed_histories_and_invalid_runs_are_told() {
        let sentences = told(memory::stale_results(), |results, record| {
            calm(results, record);
            let stale = record.stale.as_mut().unwrap();
            (stale.overall[0].is_valid, stale.overall[1].is_trimmed) = (false, true);
            let row = stale.false_alarms.iter_mut().find(|row| row.control == "all").unwrap();
            row.interval.as_mut().unwrap().high = 0.51;
        });
        assert_eq!(sentences.len(), 3, "{sentences:?}");
        assert!(sentences[0].contains(": invalid."), "{sentences:?}");
        assert!(sentences[1].contains("may be more than half"), "{sentences:?}");
        assert!(sentences[2].contains("trimmed by where the evidence is"), "{sentences:?}");
    }
}
