//! An answer against the accepted ones: the seven values that most data sets report.

use super::output::normalised_answer;
use crate::scoring::answer_text::{WordOverlap, word_overlap};
use crate::scoring::rouge::{rouge_l_stemmed, rouge_l_sum_stemmed};

/// Answers of one word that have no partial credit.
const SPECIAL: [&str; 3] = ["yes", "no", "noanswer"];

/// The seven values of one answer, each in [0, 1] and each the best over the accepted answers, which may be another one for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextScores {
    /// 1 where the normalised texts are equal.
    pub exact_match: f64,
    /// Words in common.
    pub f1: f64,
    /// 1 where the accepted answer stands within the answer, also within a word.
    pub substring_exact_match: f64,
    pub rouge_l_f1: f64,
    pub rouge_l_recall: f64,
    pub rouge_l_sum_f1: f64,
    pub rouge_l_sum_recall: f64,
}

impl TextScores {
    /// The values of an answer against all accepted ones; `None` without one, where upstream stops.
    ///
    /// O(answer x accepted) in words.
    #[must_use]
    pub fn of(answer: &str, accepted: &[&str]) -> Option<Self> {
        accepted.iter().map(|accepted| Self::of_one(answer, accepted)).reduce(Self::best_of)
    }

    fn of_one(answer: &str, accepted: &str) -> Self {
        let (rouge_l, rouge_l_sum) = (rouge_l_stemmed(answer, accepted), rouge_l_sum_stemmed(answer, accepted));
        Self {
            exact_match: exact_match(answer, accepted),
            f1: overlap(answer, accepted).f1,
            substring_exact_match: substring_match(answer, accepted),
            rouge_l_f1: rouge_l.f_measure,
            rouge_l_recall: rouge_l.recall,
            rouge_l_sum_f1: rouge_l_sum.f_measure,
            rouge_l_sum_recall: rouge_l_sum.recall,
        }
    }

    /// The higher of two, value by value.
    #[must_use]
    pub fn best_of(self, other: Self) -> Self {
        Self {
            exact_match: self.exact_match.max(other.exact_match),
            f1: self.f1.max(other.f1),
            substring_exact_match: self.substring_exact_match.max(other.substring_exact_match),
            rouge_l_f1: self.rouge_l_f1.max(other.rouge_l_f1),
            rouge_l_recall: self.rouge_l_recall.max(other.rouge_l_recall),
            rouge_l_sum_f1: self.rouge_l_sum_f1.max(other.rouge_l_sum_f1),
            rouge_l_sum_recall: self.rouge_l_sum_recall.max(other.rouge_l_sum_recall),
        }
    }

    /// The values with upstream's names.
    #[must_use]
    pub fn named(self) -> [(&'static str, f64); 7] {
        [
            ("exact_match", self.exact_match),
            ("f1", self.f1),
            ("substring_exact_match", self.substring_exact_match),
            ("rougeL_f1", self.rouge_l_f1),
            ("rougeL_recall", self.rouge_l_recall),
            ("rougeLsum_f1", self.rouge_l_sum_f1),
            ("rougeLsum_recall", self.rouge_l_sum_recall),
        ]
    }
}

/// 1.0 where the normalised texts are equal, else 0.0.
#[must_use]
pub fn exact_match(answer: &str, accepted: &str) -> f64 {
    f64::from(u8::from(normalised_answer(answer) == normalised_answer(accepted)))
}

/// 1.0 where the normalised accepted answer is part of the normalised answer, else 0.0; an empty one always is.
#[must_use]
pub fn substring_match(answer: &str, accepted: &str) -> f64 {
    f64::from(u8::from(normalised_answer(answer).contains(&normalised_answer(accepted))))
}

/// Words in common; nothing at all where one side is yes, no or noanswer and the other side is not the same.
#[must_use]
pub fn overlap(answer: &str, accepted: &str) -> WordOverlap {
    let (answer, accepted) = (normalised_answer(answer), normalised_answer(accepted));
    let is_special = |text: &String| SPECIAL.contains(&text.as_str());
    if (is_special(&answer) || is_special(&accepted)) && answer != accepted {
        return WordOverlap::default();
    }
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    word_overlap(&words(&answer), &words(&accepted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_takes_its_own_best_answer() {
        let scores = TextScores::of("it was 1148", &["1148", "it was 1147"]).unwrap();
        assert_eq!((scores.exact_match, scores.substring_exact_match), (0.0, 1.0));
        assert!((scores.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(TextScores::of("x", &[]), None);
    }

    #[test]
    fn yes_and_no_have_no_partial_credit_and_two_empty_sides_have_no_overlap() {
        assert_eq!((overlap("yes", "yes it is").f1, overlap("Yes.", "yes").f1), (0.0, 1.0));
        assert_eq!((exact_match("a", "the"), overlap("a", "the").f1, substring_match("x", "the")), (1.0, 0.0, 1.0));
    }
}
