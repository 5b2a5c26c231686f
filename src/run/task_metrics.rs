//! Which item metrics a task has, by the settings of its question.

use super::memory_scores::memory_metrics;
use crate::scoring::membership;
use crate::scoring::metrics::{self, MetricLevel};
use crate::suite::{ChoiceNormalisation, Probe, RecallAsk};

/// Item metrics of a probe, in the order of its own settings.
#[must_use]
pub fn metric_names(probe: &Probe, has_reference: bool) -> Vec<String> {
    match probe {
        Probe::Membership(probe) => probe
            .attacks
            .iter()
            .filter(|id| membership::find(id).is_some_and(|attack| has_reference || !attack.needs.reference_model))
            .cloned()
            .collect(),
        Probe::Extract(_) => ["exact_match", "matched_prefix", "rougeL_f"].map(str::to_owned).to_vec(),
        Probe::Verbatim(probe) => probe.metrics.clone(),
        Probe::Choose(probe) => probe.normalisation.iter().map(|rule| choice_metric(*rule).to_owned()).collect(),
        // The others are numbers of many texts.
        Probe::Likelihood(probe) => probe.metrics.iter().filter(|name| is_item_metric(name)).cloned().collect(),
        Probe::Generate(probe) => probe.metrics.clone(),
        Probe::Chat(probe) => probe.metrics.clone(),
        Probe::ChatChoose(probe) => probe.metrics.clone(),
        Probe::Tokens(probe) => probe.metrics.clone(),
        // A vector of one text is worth nothing by itself.
        Probe::Embed => Vec::new(),
        Probe::Memory(_) | Probe::State(_) => memory_metrics(probe),
        Probe::Recall(probe) => recall_metrics(probe.ask).iter().map(|&name| name.to_owned()).collect(),
    }
}

/// What an answer about economic memory comes to, by what was asked for; the first is what an item is shown by.
fn recall_metrics(ask: RecallAsk) -> &'static [&'static str] {
    match ask {
        RecallAsk::Impossible => {
            &["fabricated", "answered", "refused", "unparseable", "stated_confidence", "answer_value"]
        }
        RecallAsk::Direction | RecallAsk::Threshold | RecallAsk::DateOnly => {
            &["recalled", "recalled_answered", "answered", "refused", "unparseable", "stated_confidence"]
        }
        RecallAsk::HeadlineDate | RecallAsk::ReleaseDate => &[
            "recalled",
            "recalled_answered",
            "right_year",
            "right_month",
            "right_day",
            "signed_days",
            "answered",
            "refused",
            "unparseable",
            "stated_confidence",
        ],
        RecallAsk::Reconstruct => &[
            "recalled",
            "recalled_answered",
            "right_firm",
            "right_year",
            "right_quarter",
            "answered",
            "refused",
            "unparseable",
            "stated_confidence",
        ],
        _ => &[
            "recalled",
            "recalled_answered",
            "recalled_exactly",
            "answered",
            "refused",
            "unparseable",
            "stated_confidence",
            "answer_value",
            "absolute_error",
            "percentage_error",
        ],
    }
}

fn is_item_metric(name: &str) -> bool {
    metrics::find(name).is_some_and(|found| found.metric.level == MetricLevel::Item)
}

/// The metric that a probe's settings name first: what an item is shown by.
#[must_use]
pub fn first_metric(probe: &Probe) -> String {
    match probe {
        Probe::Membership(probe) => probe.attacks.first().cloned().unwrap_or_default(),
        _ => metric_names(probe, false).into_iter().next().unwrap_or_default(),
    }
}

/// Metric name of a choice rule.
#[must_use]
pub fn choice_metric(rule: ChoiceNormalisation) -> &'static str {
    match rule {
        ChoiceNormalisation::Sum => "acc",
        ChoiceNormalisation::PerCharacter => "acc_norm",
        ChoiceNormalisation::MutualInformation => "acc_mutual_info",
    }
}
