//! The parts that models play where something was to be forgotten: before, under test, never knew.

use crate::record::{MeasureValue, ModelEntry, Role, Side, SuiteResults, Unlearning};
use crate::report::capital::capitalised;

/// Models in the order of reading: before, under test, never knew. Judges and the like have no part.
pub(super) fn in_order(results: &SuiteResults) -> Vec<&ModelEntry> {
    [Role::Baseline, Role::Model, Role::Reference]
        .into_iter()
        .flat_map(|role| results.models.iter().filter(move |model| model.role == role))
        .collect()
}

/// The slug, and the part where it is not the model under test: `llama-3 (before)`.
pub(super) fn words(model: &ModelEntry) -> String {
    match model.role {
        Role::Baseline => format!("{} (before)", model.slug),
        Role::Reference => format!("{} (never knew)", model.slug),
        Role::Model | Role::Judge | Role::Embedder => model.slug.clone(),
    }
}

/// The measure that stands for a side: all its questions together, else its first task.
pub(super) fn leading_measure(unlearning: &Unlearning, side: Side) -> Option<&MeasureValue> {
    let of_side = || unlearning.measures.iter().filter(move |row| row.side == side);
    of_side().find(|row| row.measure.ends_with("-all")).or_else(|| of_side().next())
}

/// The name of a form of attack in words; labels that no list knows stay as they are.
pub(super) fn attack_words(attack: &str) -> String {
    if attack.contains(':') {
        return attack.to_owned();
    }
    capitalised(&attack.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::unlearning;

    #[test]
    fn models_stand_in_the_order_of_their_lives() {
        let results = unlearning::results();
        let words: Vec<String> = in_order(&results).into_iter().map(words).collect();
        assert_eq!(words, ["original (before)", "unlearned", "retrained (never knew)"]);
    }

    #[test]
    fn all_questions_of_a_side_lead_it_and_else_its_first_task() {
        let mut record = unlearning::unlearning();
        assert_eq!(leading_measure(&record, Side::Forget).map(|row| row.measure.as_str()), Some("forget-all"));
        record.measures.retain(|row| row.measure != "forget-all");
        assert_eq!(leading_measure(&record, Side::Forget).map(|row| row.measure.as_str()), Some("forget-blank"));
        assert_eq!(leading_measure(&record, Side::HoldoutTexts), None);
    }

    #[test]
    fn known_forms_become_words_and_unknown_labels_stay() {
        assert_eq!(attack_words("in_context_learning"), "In context learning");
        assert_eq!(attack_words("other: a_B"), "other: a_B");
    }
}
