//! Words of memory agents that figures, tables and cautions share: competencies, dimensions, and what must stand beside an overall number.

use crate::record::{FalseAlarmRow, KnowingRow, ModelEntry, Role, Stale, StaleOverall, SuiteResults};
use crate::report::number;

/// What stands for all columns, controls or types together.
pub(super) const ALL: &str = "all";

/// Agents of the card: those under test, then baselines, each in the order of the run.
pub(super) fn in_order(results: &SuiteResults) -> Vec<&ModelEntry> {
    [Role::Model, Role::Baseline]
        .into_iter()
        .flat_map(|role| results.models.iter().filter(move |model| model.role == role))
        .collect()
}

/// The slug, and the part where it is not under test.
pub(super) fn name(results: &SuiteResults, slug: &str) -> String {
    match results.models.iter().find(|model| model.slug == slug).map(|model| model.role) {
        Some(Role::Baseline) => format!("{slug} (baseline)"),
        _ => slug.to_owned(),
    }
}

/// `accurate-retrieval` in words; `overall`, the mean of the four, stays.
pub(super) fn competency(id: &str) -> &str {
    match id {
        "accurate-retrieval" => "accurate retrieval",
        "test-time-learning" => "test-time learning",
        "long-range-understanding" => "long-range understanding",
        "conflict-resolution" => "conflict resolution",
        other => other,
    }
}

/// A column, a dimension, or all of them.
pub(super) fn column(id: &str) -> &str {
    if id == ALL { "all questions" } else { id }
}

/// What kind of change a type is.
pub(super) fn conflict(id: &str) -> &str {
    match id {
        "T1" => "T1 co-referential",
        "T2" => "T2 propagated",
        ALL => "both types",
        other => other,
    }
}

/// What a dimension asks.
pub(super) fn dimension(id: &str) -> &str {
    match id {
        "SR" => "SR state resolution",
        "PR" => "PR premise resistance",
        "IPA" => "IPA policy adaptation",
        other => other,
    }
}

/// What the types and dimensions of changed states are, in one breath.
pub(super) const STALE_WORDS: &str = "T1: the later remark speaks of the same attribute; T2: of another one, on which the old one depends. SR: asked \
     directly whether the old state holds; PR: a request that takes it for granted; IPA: a task in which the new state must be acted on.";

/// Alarms over all controls, by dimension; over each control where nothing is said of all.
pub(super) fn alarms<'s>(stale: &'s Stale, model: &str) -> Vec<&'s FalseAlarmRow> {
    let own: Vec<&FalseAlarmRow> = stale.false_alarms.iter().filter(|row| row.model == model).collect();
    let whole: Vec<&FalseAlarmRow> = own.iter().copied().filter(|row| row.control == ALL).collect();
    if whole.is_empty() { own } else { whole }
}

/// Knowing without acting over both types.
pub(super) fn knowing<'s>(stale: &'s Stale, model: &str) -> Option<&'s KnowingRow> {
    stale.knowing.iter().find(|row| row.model == model && row.conflict == ALL)
}

/// `SR 12.0 % (8.1 to 17.4), PR 8.0 % (5.0 to 12.6)`; `None` without a rate.
pub(super) fn alarm_words(stale: &Stale, model: &str) -> Option<String> {
    let told: Vec<String> = alarms(stale, model)
        .into_iter()
        .filter_map(|row| {
            let control = if row.control == ALL { String::new() } else { format!(" ({})", row.control) };
            let rate = number::percent_in_prose(row.rate?, row.interval.as_ref());
            Some(format!("{}{control} {rate}", row.dimension))
        })
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// `38.0 % (31.2 to 45.3; 30 of 40 know)` of the judged scenarios: who knows nothing leaves nothing undone. `None` without a rate.
pub(super) fn knowing_words(stale: &Stale, model: &str) -> Option<String> {
    let row = knowing(stale, model)?;
    let rate = number::percent_in_prose(row.rate?, row.interval.as_ref());
    Some(format!("{rate}, {} of {} know", row.n_knowing, row.n_judged))
}

/// The overall number of a model, never without false alarms and knowing that is not acted on.
pub(super) fn overall_sentence(stale: &Stale, row: &StaleOverall) -> String {
    let overall = match row.macro_mean {
        _ if !row.is_valid => "invalid".to_owned(),
        Some(mean) => number::percent_in_prose(mean, row.interval.as_ref()),
        None => "none, for want of a cell".to_owned(),
    };
    let unknown = || "not measured".to_owned();
    format!(
        "overall {overall}; false alarms {}; knows without acting {}",
        alarm_words(stale, &row.model).unwrap_or_else(unknown),
        knowing_words(stale, &row.model).unwrap_or_else(unknown),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::memory;

    #[test]
    fn an_overall_number_never_stands_alone() {
        let results = memory::stale_results();
        let stale = results.memory.unwrap().stale.unwrap();
        let mut row = stale.overall[0].clone();
        let told = overall_sentence(&stale, &row);
        assert!(told.contains("false alarms SR") && told.contains("knows without acting"), "{told}");
        row.is_valid = false;
        assert!(overall_sentence(&stale, &row).starts_with("overall invalid; false alarms SR"));
        let bare = Stale { false_alarms: Vec::new(), knowing: Vec::new(), ..stale };
        let told = overall_sentence(&bare, &row);
        assert!(told.ends_with("false alarms not measured; knows without acting not measured"), "{told}");
    }
}
