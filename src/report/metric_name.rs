//! Metric ids in words: `tpr_at_fpr_0.01.min_k_pp` is "TPR at FPR 1 %" of "Min-K %++".
//!
//! Titles come from the tables of metrics and attacks; only the two composite families are worded here. An id is a
//! family, and for membership a score after its point. An id that no table knows is shown as it stands.

use super::number;
use crate::scoring::membership::find as find_attack;
use crate::scoring::metrics;
use crate::statistics::registry;

/// Family of ids whose number is the false-positive rate.
const TPR_FAMILY: &str = "tpr_at_fpr_";

/// A metric id, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricName<'a> {
    /// The whole id.
    pub id: &'a str,
    /// What is computed: `auc`, `tpr_at_fpr_0.01`, `exact_match`.
    pub family: &'a str,
    /// Of which score: `loss`, `min_k_pp`; `None` where the family is the metric.
    pub score: Option<&'a str>,
}

impl<'a> MetricName<'a> {
    /// Takes an id apart. Every text is a name.
    #[must_use]
    pub fn parse(id: &'a str) -> Self {
        let (family, score) = match id.strip_prefix(TPR_FAMILY) {
            // The rate has a decimal point of its own: the score begins after the digits.
            Some(rest) => {
                let score = rest
                    .char_indices()
                    .find(|&(place, c)| c == '.' && rest[place + 1..].starts_with(|next: char| !next.is_ascii_digit()));
                match score {
                    Some((place, _)) => (&id[..TPR_FAMILY.len() + place], Some(&rest[place + 1..])),
                    None => (id, None),
                }
            }
            None => match id.split_once('.') {
                Some((family, score)) => (family, Some(score)),
                None => (id, None),
            },
        };
        Self { id, family, score }
    }

    /// The family in words, for the head of a group of rows.
    #[must_use]
    pub fn family_words(&self) -> String {
        if let Some(rate) = self.false_positive_rate() {
            return format!("TPR at FPR {}", number::percent(rate));
        }
        if self.is_auc() {
            return "ROC AUC".to_owned();
        }
        if self.family == "beaten_controls" {
            return "Beaten controls".to_owned();
        }
        // A family of series is known by its ids alone.
        let known = metrics::find(self.family).or_else(|| metrics::find(self.id));
        known.map_or(self.family, |known| known.metric.title).to_owned()
    }

    /// The score in words, for a row inside its family; the family where there is no score.
    #[must_use]
    pub fn score_words(&self) -> String {
        // Item scores are also named alone, without a family: `loss`.
        match (find_attack(self.score.unwrap_or(self.id)), self.score) {
            (Some(attack), _) => attack.title.to_owned(),
            (None, Some(unknown)) => unknown.to_owned(),
            (None, None) => self.family_words(),
        }
    }

    /// Both, for rows outside their family: `ROC AUC, Loss`.
    #[must_use]
    pub fn words(&self) -> String {
        match self.score {
            Some(_) => format!("{}, {}", self.family_words(), self.score_words()),
            None => self.score_words(),
        }
    }

    /// Whether both ids speak of the same item score, with or without a family: `auc.loss` and `loss`.
    #[must_use]
    pub fn has_same_score(&self, other: &MetricName<'_>) -> bool {
        self.score.unwrap_or(self.id) == other.score.unwrap_or(other.id)
    }

    /// Whether the metric is a separation of members from non-members, with 0.5 as chance.
    #[must_use]
    pub fn is_auc(&self) -> bool {
        self.family == "auc"
    }

    /// The rate of a `tpr_at_fpr_RATE` family, in (0, 1].
    #[must_use]
    pub fn false_positive_rate(&self) -> Option<f64> {
        let rate: f64 = self.family.strip_prefix(TPR_FAMILY)?.parse().ok()?;
        (rate > 0.0 && rate <= 1.0).then_some(rate)
    }
}

/// The word for a predictor that reads the text and no model.
#[must_use]
pub fn predictor_words(predictor: &str) -> String {
    match predictor {
        "bag_of_words" => "Bag of words".to_owned(),
        "zlib_length" => "Compressed length".to_owned(),
        "length" => "Length".to_owned(),
        "date" => "Latest year in the text".to_owned(),
        "date_patterns" => "Dates in the text".to_owned(),
        other => other.to_owned(),
    }
}

/// The words for a test or a way of making intervals: `mcnemar_midp` is "McNemar mid-p".
///
/// A method of the statistics carries its own title; for ways of making intervals, names of people and known short forms get
/// their spelling, and everything else stays as it is.
#[must_use]
pub fn method_words(id: &str) -> String {
    if let Some(method) = registry::find(id) {
        return method.title.to_owned();
    }
    match id {
        "tost" => return "two one-sided t tests (TOST)".to_owned(),
        "non_inferiority_t" => return "one-sided t against the margin".to_owned(),
        "mann_whitney" => return "Mann-Whitney".to_owned(),
        _ => {}
    }
    let words: Vec<&str> = id
        .split('_')
        .map(|word| match word {
            "delong" => "DeLong",
            "wilson" => "Wilson",
            "newcombe" => "Newcombe",
            "mcnemar" => "McNemar",
            "midp" => "mid-p",
            "chi2" => "chi-squared",
            "clopper" => "Clopper",
            "pearson" => "Pearson",
            "jeffreys" => "Jeffreys",
            "tango" => "Tango",
            "bca" => "BCa",
            "spearman" => "Spearman",
            "cochran" => "Cochran",
            "armitage" => "Armitage",
            "wilcoxon" => "Wilcoxon",
            "lottery" => "lottery, exact",
            "monte" => "Monte",
            "carlo" => "Carlo",
            other => other,
        })
        .collect();
    words.join(" ").replace("Cochran Armitage", "Cochran-Armitage").replace("Clopper Pearson", "Clopper-Pearson")
}

/// The words for an effect size: `hedges_g_z` is "Hedges' g_z (mean over standard deviation of the differences)".
#[must_use]
pub fn effect_words(name: &str) -> String {
    match name {
        "cohen_h" => "Cohen's h (rates on the arcsine scale)".to_owned(),
        "cohen_g" => "Cohen's g (share of the discordant items, less one half)".to_owned(),
        "d_z" => "d_z (mean over standard deviation of the differences)".to_owned(),
        "hedges_g_z" => "Hedges' g_z (mean over standard deviation of the differences, corrected for n)".to_owned(),
        "rank_biserial" => "matched rank-biserial correlation".to_owned(),
        "cliffs_delta_difference" => "difference of Cliff's delta (2 AUC \u{2212} 1)".to_owned(),
        other => other.to_owned(),
    }
}

/// What the items of a task are, for sentences: `passages-membership` asks about "passages".
///
/// A rule of wording only: the first part of the id when it is a plural, else "items".
#[must_use]
pub fn items_word(task: &str) -> &str {
    match task.split_once('-') {
        Some((first, _)) if first.ends_with('s') => first,
        _ => "items",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_of_a_rate_is_not_the_point_before_the_score() {
        let name = MetricName::parse("tpr_at_fpr_0.01.min_k_pp");
        assert_eq!(name.family, "tpr_at_fpr_0.01");
        assert_eq!(name.score, Some("min_k_pp"));
        assert_eq!(name.words(), "TPR at FPR 1\u{a0}%, Min-K %++");
        assert_eq!(MetricName::parse("tpr_at_fpr_0.001").family_words(), "TPR at FPR 0.1\u{a0}%");
    }

    #[test]
    fn an_unknown_metric_keeps_its_id() {
        assert_eq!(MetricName::parse("surprise.of_mine").words(), "surprise, of_mine");
        assert_eq!(MetricName::parse("tpr_at_fpr_x").words(), "tpr_at_fpr_x");
        assert_eq!(MetricName::parse("").words(), "");
    }

    #[test]
    fn a_metric_without_a_score_is_its_family() {
        let name = MetricName::parse("exact_match");
        assert_eq!(name.words(), "Exact match");
        assert_eq!(name.score_words(), "Exact match");
        assert!(!name.is_auc());
    }

    #[test]
    fn a_score_is_the_same_with_and_without_its_family() {
        let bare = MetricName::parse("loss");
        assert_eq!(bare.score_words(), "Loss");
        assert!(bare.has_same_score(&MetricName::parse("auc.loss")));
        assert!(!bare.has_same_score(&MetricName::parse("auc.zlib")));
    }

    #[test]
    fn tests_and_intervals_carry_the_names_of_their_authors() {
        assert_eq!(method_words("mcnemar_midp"), "McNemar mid-p");
        assert_eq!(method_words("cochran_armitage"), "Cochran-Armitage");
        assert_eq!(method_words("newcombe_10_phi_corrected"), "Newcombe 10 phi corrected");
        assert_eq!(method_words("non_inferiority_t"), "one-sided t against the margin");
        assert_eq!(method_words("my own way"), "my own way");
    }

    #[test]
    fn only_a_plural_becomes_the_word_for_items() {
        assert_eq!(items_word("passages-membership"), "passages");
        assert_eq!(items_word("biography-cloze"), "items");
        assert_eq!(items_word("passages"), "items");
    }
}
