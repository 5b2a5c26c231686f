//! The one table of metrics: what a name in records, suites and cards means.

mod memory;
mod messages;
mod recall;

use super::membership::{ATTACKS, Attack, find as find_attack};

/// Whether a metric is a value of one item or of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricLevel {
    /// One value an item: rows of `items.parquet`.
    Item,
    /// One value a task and slice: rows of `results.json`.
    Aggregate,
}

/// Which way a metric points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Higher: the model remembers more.
    HigherRemembersMore,
    /// Lower: the model remembers more.
    LowerRemembersMore,
    /// Higher: the item is more likely a member of the training data.
    HigherIsMember,
}

/// Which values an item can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricScale {
    /// 0 or 1.
    ZeroOne,
    /// From 0 to 1.
    UnitInterval,
    /// Any number.
    Real,
}

/// One metric, or one family of metrics with a placeholder in its name.
///
/// Placeholders: `<attack>` is an id of the attack table, `<rate>` a false-positive rate in (0, 1), `<series>` an id of a series or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name in records, e.g. `exact_match` or `auc.<attack>`.
    pub name: &'static str,
    pub title: &'static str,
    pub level: MetricLevel,
    pub unit: &'static str,
    /// Values that it can take, in words.
    pub range: &'static str,
    /// The same for a program.
    pub scale: MetricScale,
    pub direction: Direction,
    /// What it is, with the rule for edge cases.
    pub meaning: &'static str,
    /// Where the formula stands.
    pub reference: &'static str,
}

/// A metric's name taken apart.
#[derive(Debug, Clone, Copy)]
pub struct NamedMetric {
    pub metric: &'static Metric,
    /// For names with an attack in them.
    pub attack: Option<&'static Attack>,
    /// For `tpr_at_fpr_<rate>.<attack>`.
    pub false_positive_rate: Option<f64>,
}

const ATTACK: &str = "<attack>";
/// Of metrics that each series has.
const SERIES: &str = ".<series>";
const TPR_PREFIX: &str = "tpr_at_fpr_";
const TPR: &str = "tpr_at_fpr_<rate>.<attack>";
const AUC_PREFIX: &str = "auc.";
const AUC: &str = "auc.<attack>";
const BEATEN_PREFIX: &str = "beaten_controls.";
const BEATEN: &str = "beaten_controls.<attack>";

/// Metrics of texts, continuations and choices, in the order in which they are listed.
const TEXTS: &[Metric] = &[
    Metric {
        name: ATTACK,
        title: "Membership score",
        level: MetricLevel::Item,
        unit: "that of the attack",
        range: "real numbers",
        scale: MetricScale::Real,
        direction: Direction::HigherIsMember,
        meaning: "the attack's value for one text; a text that it cannot score has none and is counted",
        reference: "the table of attacks",
    },
    Metric {
        name: "exact_match",
        title: "Exact match",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "the greedy continuation begins with all token ids of the reference; of memory agents: the normalised answer is an accepted one",
        reference: "Carlini et al. 2023, arXiv:2202.07646 (k-eidetic extraction)",
    },
    Metric {
        name: "matched_prefix",
        title: "Matched prefix",
        level: MetricLevel::Item,
        unit: "share of the reference's tokens",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "token ids of the reference that are generated before the first wrong one",
        reference: "this harness",
    },
    Metric {
        name: "rougeL_f",
        title: "ROUGE-L F",
        level: MetricLevel::Item,
        unit: "share",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "harmonic mean of ROUGE-L precision and recall over lower-cased [a-z0-9]+ tokens, no stemming; 0 \
                  where a side has no token",
        reference: "Lin 2004; package rouge_score 0.1.2",
    },
    Metric {
        name: "rougeL_precision",
        title: "ROUGE-L precision",
        level: MetricLevel::Item,
        unit: "share of the prediction's tokens",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "longest common subsequence over the tokens of the continuation",
        reference: "Lin 2004; package rouge_score 0.1.2",
    },
    Metric {
        name: "rougeL_recall",
        title: "ROUGE-L recall",
        level: MetricLevel::Item,
        unit: "share of the reference's tokens",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "longest common subsequence over the tokens of the reference",
        reference: "Lin 2004; package rouge_score 0.1.2",
    },
    Metric {
        name: "acc",
        title: "Accuracy",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "the right choice has the highest summed log-likelihood; ties go to the lowest index",
        reference: "lm-evaluation-harness a7ca0435, multiple_choice",
    },
    Metric {
        name: "acc_norm",
        title: "Accuracy by character",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "as acc, each log-likelihood divided by the characters of the choice without its leading space",
        reference: "lm-evaluation-harness a7ca0435, multiple_choice",
    },
    Metric {
        name: "acc_mutual_info",
        title: "Accuracy by mutual information",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "as acc, each log-likelihood less that of the choice behind the end-of-text token alone",
        reference: "lm-evaluation-harness a7ca0435, multiple_choice",
    },
    Metric {
        name: "margin",
        title: "Margin",
        level: MetricLevel::Item,
        unit: "nats",
        range: "real numbers",
        scale: MetricScale::Real,
        direction: Direction::HigherRemembersMore,
        meaning: "summed log-likelihood of the right choice minus the highest of a wrong one",
        reference: "this harness",
    },
    Metric {
        name: "margin_norm",
        title: "Margin by character",
        level: MetricLevel::Item,
        unit: "nats per character",
        range: "real numbers",
        scale: MetricScale::Real,
        direction: Direction::HigherRemembersMore,
        meaning: "as margin, each log-likelihood divided by the characters of its choice",
        reference: "this harness",
    },
    Metric {
        name: "exact_match_tokens",
        title: "Exact match of the rest",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "the continuation is the whole rest of the text, stripped and in lower case; with _s<n> behind it: its first n tokens are those of the rest",
        reference: "Hubble e086892d",
    },
    Metric {
        name: "rougeL_f_stemmed",
        title: "ROUGE-L F, stemmed",
        level: MetricLevel::Item,
        unit: "share",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "as without stems; words of more than three letters are compared by their Porter stems",
        reference: "Lin 2004; package rouge_score 0.1.2 with use_stemmer",
    },
    Metric {
        name: "rougeL_precision_stemmed",
        title: "ROUGE-L precision, stemmed",
        level: MetricLevel::Item,
        unit: "share",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "as without stems; words of more than three letters are compared by their Porter stems",
        reference: "Lin 2004; package rouge_score 0.1.2 with use_stemmer",
    },
    Metric {
        name: "rougeL_recall_stemmed",
        title: "ROUGE-L recall, stemmed",
        level: MetricLevel::Item,
        unit: "share",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "as without stems; words of more than three letters are compared by their Porter stems",
        reference: "Lin 2004; package rouge_score 0.1.2 with use_stemmer",
    },
    Metric {
        name: "exact_match_text",
        title: "Exact match of the text",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "the answer equals the reference without case and ASCII punctuation; white space before the answer is dropped",
        reference: "package evaluate, exact_match with ignore_case and ignore_punctuation",
    },
    Metric {
        name: "exact_match_text_any",
        title: "Exact match with any right answer",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "the highest exact_match_text over all right answers",
        reference: "this harness",
    },
    Metric {
        name: "squad_f1",
        title: "SQuAD F1",
        level: MetricLevel::Item,
        unit: "share",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "harmonic mean of the shares of words in common, after case, punctuation and articles are gone; 0 for an empty side",
        reference: "SQuAD 1.1; Hubble e086892d",
    },
    Metric {
        name: "squad_f1_any",
        title: "SQuAD F1 with any right answer",
        level: MetricLevel::Item,
        unit: "share",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "the highest squad_f1 over all right answers",
        reference: "SQuAD 1.1; Hubble e086892d",
    },
    Metric {
        name: "squad_recall",
        title: "SQuAD recall",
        level: MetricLevel::Item,
        unit: "share",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "share of the reference's words that the answer has, counted as squad_f1; 0 for a reference without a word",
        reference: "SQuAD 1.1; Hubble e086892d",
    },
    Metric {
        name: "prefix_match",
        title: "Prefix match",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "the answer's words, counted as in squad_f1, begin with all of the reference's; 1 for a reference without a word",
        reference: "Hubble e086892d",
    },
    Metric {
        name: "logprob_per_byte",
        title: "Log-likelihood per byte",
        level: MetricLevel::Item,
        unit: "nats per UTF-8 byte",
        range: "0 or below",
        scale: MetricScale::Real,
        direction: Direction::HigherRemembersMore,
        meaning: "summed log-likelihood of the text divided by its bytes; upstream's Norm LL",
        reference: "Hubble e086892d",
    },
    Metric {
        name: "greedy_match",
        title: "Greedy match",
        level: MetricLevel::Item,
        unit: "share",
        range: "0 or 1; its mean in [0, 1]",
        scale: MetricScale::ZeroOne,
        direction: Direction::HigherRemembersMore,
        meaning: "every token of the text is the likeliest one",
        reference: "lm-evaluation-harness a7ca0435, loglikelihood",
    },
    Metric {
        name: "byte_perplexity",
        title: "Byte perplexity",
        level: MetricLevel::Aggregate,
        unit: "1",
        range: "1 or above",
        scale: MetricScale::Real,
        direction: Direction::LowerRemembersMore,
        meaning: "exp of minus the summed log-likelihood of all texts divided by all their bytes",
        reference: "lm-evaluation-harness a7ca0435, loglikelihood_rolling",
    },
    Metric {
        name: "word_perplexity",
        title: "Word perplexity",
        level: MetricLevel::Aggregate,
        unit: "1",
        range: "1 or above",
        scale: MetricScale::Real,
        direction: Direction::LowerRemembersMore,
        meaning: "the same by pieces between white space",
        reference: "lm-evaluation-harness a7ca0435, loglikelihood_rolling",
    },
    Metric {
        name: "perplexity",
        title: "Perplexity of a text",
        level: MetricLevel::Aggregate,
        unit: "1",
        range: "1 or above",
        scale: MetricScale::Real,
        direction: Direction::LowerRemembersMore,
        meaning: "exp of minus the mean over texts of their summed log-likelihood",
        reference: "lm-evaluation-harness a7ca0435, perplexity",
    },
    Metric {
        name: AUC,
        title: "ROC area",
        level: MetricLevel::Aggregate,
        unit: "probability",
        range: "[0, 1]; chance 0.5",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "probability that a member scores above a non-member, ties counted half; undefined without both",
        reference: "Hanley and McNeil 1982; interval DeLong et al. 1988",
    },
    Metric {
        name: TPR,
        title: "True-positive rate at a false-positive rate",
        level: MetricLevel::Aggregate,
        unit: "share of the members",
        range: "[0, 1]",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "highest true-positive rate with a false-positive rate of at most <rate>, no interpolation; needs \
                  ceil(1/<rate>) non-members to be resolved",
        reference: "Carlini et al. 2022, arXiv:2112.03570",
    },
    Metric {
        name: BEATEN,
        title: "Beaten controls",
        level: MetricLevel::Aggregate,
        unit: "share of a trap's own controls",
        range: "[0, 1]; chance 0.5",
        scale: MetricScale::UnitInterval,
        direction: Direction::HigherRemembersMore,
        meaning: "mean over groups of the share of unpublished sequences of the same lottery that the trap scores above, \
                  ties counted half; only where each seen item was drawn by lot from a group",
        reference: "this harness, on the design of Meeus et al. 2024, arXiv:2402.09363",
    },
];

/// All metrics, in the order in which they are listed.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    TEXTS.iter().chain(messages::MESSAGES).chain(recall::RECALL).chain(memory::MEMORY)
}

/// The metric called `name`, placeholders filled in, e.g. `auc.loss` or `tpr_at_fpr_0.01.min_k`.
///
/// An attack id alone names that attack's item score. `None` for an unknown name, attack or rate.
#[must_use]
pub fn find(name: &str) -> Option<NamedMetric> {
    let entry = |listed: &str| all().find(|metric| metric.name == listed);
    if let Some(attack) = find_attack(name) {
        return Some(NamedMetric { metric: entry(ATTACK)?, attack: Some(attack), false_positive_rate: None });
    }
    if let Some(id) = name.strip_prefix(AUC_PREFIX) {
        return Some(NamedMetric { metric: entry(AUC)?, attack: Some(find_attack(id)?), false_positive_rate: None });
    }
    if let Some(id) = name.strip_prefix(BEATEN_PREFIX) {
        return Some(NamedMetric { metric: entry(BEATEN)?, attack: Some(find_attack(id)?), false_positive_rate: None });
    }
    if let Some(rest) = name.strip_prefix(TPR_PREFIX) {
        // The rate has a point of its own, the attack has none.
        let (rate, id) = rest.rsplit_once('.')?;
        let rate: f64 = rate.parse().ok().filter(|rate| *rate > 0.0 && *rate < 1.0)?;
        return Some(NamedMetric {
            metric: entry(TPR)?,
            attack: Some(find_attack(id)?),
            false_positive_rate: Some(rate),
        });
    }
    if let Some((family, series)) = name.split_once('.')
        && !series.is_empty()
        && !series.contains('<')
        && let Some(metric) = entry(&format!("{family}{SERIES}"))
    {
        return Some(NamedMetric { metric, attack: None, false_positive_rate: None });
    }
    let metric = all().find(|metric| metric.name == base_name(name) && !name.contains('<'))?;
    Some(NamedMetric { metric, attack: None, false_positive_rate: None })
}

/// A metric of a continuation's first tokens carries their number, e.g. `rougeL_f_s100`: the name without it.
#[must_use]
pub fn base_name(name: &str) -> &str {
    match name.rsplit_once("_s") {
        Some((base, digits)) if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => base,
        _ => name,
    }
}

/// Name of the ROC area of an attack, e.g. `auc.loss`.
#[must_use]
pub fn auc_name(attack: &str) -> String {
    format!("{AUC_PREFIX}{attack}")
}

/// Name of the share of beaten controls of an attack, e.g. `beaten_controls.ratio`.
#[must_use]
pub fn beaten_controls_name(attack: &str) -> String {
    format!("{BEATEN_PREFIX}{attack}")
}

/// Name of the true-positive rate of an attack at a false-positive rate, e.g. `tpr_at_fpr_0.01.loss`.
#[must_use]
pub fn tpr_at_fpr_name(false_positive_rate: f64, attack: &str) -> String {
    format!("{TPR_PREFIX}{false_positive_rate}.{attack}")
}

/// Every name without placeholders but the rates: what a "did you mean" may suggest.
#[must_use]
pub fn known_names() -> Vec<String> {
    let mut names = Vec::new();
    for metric in all() {
        if metric.name.contains(ATTACK) {
            names.extend(ATTACKS.iter().map(|attack| metric.name.replace(ATTACK, attack.id)));
        } else {
            names.push(metric.name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests;
