//! The metrics that one written answer and its references are enough for, by name.

use super::answer_text::{Punctuation, exact_match_text, prefix_match, squad_f1, squad_recall};
use super::message_scores::{MessageScore, written};
use super::metrics::{Metric, MetricLevel, all};
use super::rouge::{rouge_l, rouge_l_stemmed};

/// Metrics of a text alone.
const WITHOUT_REFERENCE: &[&str] = &["ngram_entropy", "refusal", "degenerate"];
/// Metrics of a text and its references.
const WITH_REFERENCES: &[&str] = &[
    "rougeL_f",
    "rougeL_precision",
    "rougeL_recall",
    "rougeL_f_stemmed",
    "rougeL_precision_stemmed",
    "rougeL_recall_stemmed",
    "rouge1_recall_stemmed",
    "rouge_l_recall_upstream",
    "rouge_l_recall_normalised",
    "contains_answer",
    "answer_em",
    "answer_f1",
    "bbh_em_fixed",
    "bbh_em_upstream",
    "bbh_em_strict",
    "exact_match_text",
    "exact_match_text_any",
    "squad_f1",
    "squad_f1_any",
    "squad_recall",
    "prefix_match",
];

/// What a metric is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairNeeds {
    /// The text alone.
    Text,
    /// The text and at least one reference.
    References,
    /// More than one pair of texts; in words.
    More(&'static str),
}

/// What a metric of the table of metrics needs.
#[must_use]
pub fn pair_needs(metric: &Metric) -> PairNeeds {
    match metric.name {
        name if WITHOUT_REFERENCE.contains(&name) => PairNeeds::Text,
        name if WITH_REFERENCES.contains(&name) => PairNeeds::References,
        _ if metric.level == MetricLevel::Aggregate => PairNeeds::More("all items of a task"),
        _ => PairNeeds::More("the tokens of a model or its log-probabilities"),
    }
}

/// Names of all metrics that one pair is enough for, in the order of the table.
pub fn pair_metric_names() -> impl Iterator<Item = &'static str> {
    all().filter(|metric| !matches!(pair_needs(metric), PairNeeds::More(_))).map(|metric| metric.name)
}

/// The metric of one answer. The first reference is the one compared with; those that take any use all.
///
/// `None`: an unknown name, or a pair for which the metric is undefined, e.g. a reference without a word.
#[must_use]
pub fn pair_score(metric: &str, prediction: &str, references: &[String]) -> Option<MessageScore> {
    let first = references.first().map_or("", String::as_str);
    if WITH_REFERENCES.contains(&metric) && references.is_empty() {
        return None;
    }
    // As upstream's filter for short answers.
    let answer = prediction.trim_start();
    let best = |score: &dyn Fn(&str) -> f64| references.iter().map(|text| score(text)).reduce(f64::max);
    let removed = Punctuation::Removed;
    let value = match metric {
        "rougeL_precision" => rouge_l(prediction, first).precision,
        "rougeL_recall" => rouge_l(prediction, first).recall,
        "rougeL_precision_stemmed" => rouge_l_stemmed(prediction, first).precision,
        "exact_match_text" => exact_match_text(answer, first),
        "exact_match_text_any" => best(&|text| exact_match_text(answer, text))?,
        "squad_f1" => squad_f1(answer, first, removed),
        "squad_f1_any" => best(&|text| squad_f1(answer, text, removed))?,
        "squad_recall" => squad_recall(answer, first, removed),
        "prefix_match" => prefix_match(answer, first, removed),
        _ => return written(metric, prediction, first, references),
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_a_metric_that_has_a_value() {
        let references = ["Orla Brandvik".to_owned(), "O. Brandvik".to_owned()];
        let names: Vec<&str> = pair_metric_names().collect();
        assert_eq!(names.len(), WITHOUT_REFERENCE.len() + WITH_REFERENCES.len(), "{names:?}");
        for name in names {
            assert!(pair_score(name, "It was Orla Brandvik.", &references).is_some(), "{name}");
        }
        assert!(pair_score("contains_answer", "x", &[]).is_none());
    }
}
