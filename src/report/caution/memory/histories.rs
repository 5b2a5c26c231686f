//! What an agent could not see or no longer held, what it did not answer, and how few histories there are.

use super::{listed, models, sum};
use crate::record::{Memory, Stale};
use crate::report::number;

pub(super) fn trimmed(stale: &Stale, out: &mut Vec<String>) {
    for row in stale.overall.iter().filter(|row| row.is_trimmed) {
        out.push(format!(
            "{}: histories were trimmed by where the evidence is, which no memory system can know; fair between context windows only.",
            row.model
        ));
    }
}

/// Quirks of chunks, pieces dropped, histories cut, memories that questions may change.
pub(super) fn memories(record: &Memory, out: &mut Vec<String>) {
    let compat = record.agents.iter().filter(|agent| {
        agent.settings.iter().any(|(name, value)| name.to_lowercase().contains("chunk") && value == "compat")
    });
    let compat: Vec<&str> = compat.map(|agent| agent.model.as_str()).collect();
    if !compat.is_empty() {
        out.push(format!(
            "{}: chunks are cut as upstream cuts them: some are empty, some far over their size, and facts of numbered lists lose the number \
             that decides between them.",
            compat.join(", ")
        ));
    }
    for agent in &record.agents {
        if agent.n_evicted > 0 {
            out.push(format!(
                "{}: {} of {} pieces ({}) were no longer in memory when it was asked; it cannot find what it dropped.",
                agent.model,
                number::count(agent.n_evicted),
                number::count(agent.n_pieces),
                number::share(agent.n_evicted, agent.n_pieces)
            ));
        }
        if agent.n_cut > 0 {
            let questions = if agent.n_cut == 1 { "question" } else { "questions" };
            out.push(format!(
                "{}: of {} {questions} the history was cut to fit, so it did not see all of it.",
                agent.model,
                number::count(agent.n_cut)
            ));
        }
        if agent.n_unread > 0 {
            out.push(format!(
                "{}: {} replies of the model, when it memorised, could not be read; what they said is not in its memory.",
                agent.model,
                number::count(agent.n_unread)
            ));
        }
        if agent.query_isolation.as_deref() == Some("none") {
            out.push(format!(
                "{}: a question may change its memory, so later answers may rest on earlier questions and answers.",
                agent.model
            ));
        }
    }
}

/// Questions without an answer.
pub(super) fn unanswered(record: &Memory, out: &mut Vec<String>) {
    for model in models(record) {
        let own = record.columns.iter().filter(|row| row.model == model);
        let n = sum(own.clone().map(|row| row.n_failed));
        if n > 0 {
            let all = sum(own.clone().map(|row| row.n.saturating_add(row.n_failed).saturating_add(row.n_unjudged)));
            out.push(format!(
                "{model}: {} of {} questions have no answer ({}); they are in no value, and wrong where missing counts as wrong.",
                number::count(n),
                number::count(all),
                listed(own.filter(|row| row.n_failed > 0).map(|row| row.column.as_str()))
            ));
        }
        let cells = record.stale.iter().flat_map(|stale| &stale.cells).filter(|cell| cell.model == model);
        let (n, all) = (sum(cells.clone().map(|cell| cell.n_unanswered)), sum(cells.map(|cell| cell.n_scenarios)));
        if n > 0 && !record.judges.is_empty() {
            out.push(format!(
                "{model}: {} of {} questions are about scenarios of which an answer is missing; they are in no share.",
                number::count(n),
                number::count(all)
            ));
        }
    }
}

/// Answers to which judges were to give a verdict, and that have none.
pub(super) fn without_verdict(stale: &Stale, record: &Memory, out: &mut Vec<String>) {
    for model in models(record) {
        let own = || stale.cells.iter().filter(|cell| cell.model == model);
        let n = sum(own().map(|cell| cell.n_unjudged));
        if n > 0 && !record.judges.is_empty() {
            out.push(format!(
                "{model}: {} of {} answers about changed states were not judged; they are in no share.",
                number::count(n),
                number::count(sum(own().map(|cell| cell.n_scenarios)))
            ));
        }
    }
}

/// Answers on which judges are of two minds.
pub(super) fn tied(stale: &Stale, record: &Memory, out: &mut Vec<String>) {
    for model in models(record) {
        let own = stale.cells.iter().filter(|cell| cell.model == model);
        let (tied, judged) = (sum(own.clone().map(|cell| cell.n_tied)), sum(own.map(|cell| cell.n_judged)));
        if tied > 0 {
            out.push(format!(
                "{model}: judges are tied on {} of {} answers, which are in no share; those that are left may be the clear ones.",
                number::count(tied),
                number::count(judged.saturating_add(tied))
            ));
        }
    }
}

/// Columns behind which one history stands.
pub(super) fn single(record: &Memory, out: &mut Vec<String>) {
    let single = record.columns.iter().filter(|row| row.n_clusters == 1).map(|row| row.column.as_str());
    if single.clone().next().is_some() {
        out.push(format!(
            "One history alone stands behind {}: an interval tells what other questions about it would change, not what other histories \
             would.",
            listed(single)
        ));
    }
}
