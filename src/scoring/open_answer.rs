//! A written answer against any of several right ones: TriviaQA's and SQuAD's exact match and F1.
//!
//! The words are those of [`answer_words`]. Unlike [`squad_f1`], two texts without a word
//! agree: `The` is an answer to `A`.

use super::answer_text::{Punctuation, answer_words, squad_f1};

/// 1.0 when the words of the prediction are those of one of the answers, else 0.0; `None` without an answer.
#[must_use]
pub fn answer_em(prediction: &str, answers: &[impl AsRef<str>]) -> Option<f64> {
    let words = answer_words(prediction, Punctuation::Removed);
    best(answers, |answer| f64::from(u8::from(words == answer_words(answer, Punctuation::Removed))))
}

/// The highest F1 of words in common over the answers, in [0, 1]; `None` without an answer.
///
/// Of two sides without a word 1, of one 0. The prediction is taken whole: upstream does not cut it at a newline.
#[must_use]
pub fn answer_f1(prediction: &str, answers: &[impl AsRef<str>]) -> Option<f64> {
    let is_empty = |text: &str| answer_words(text, Punctuation::Removed).is_empty();
    best(answers, |answer| match (is_empty(prediction), is_empty(answer)) {
        (true, true) => 1.0,
        (true, false) | (false, true) => 0.0,
        (false, false) => squad_f1(prediction, answer, Punctuation::Removed),
    })
}

fn best(answers: &[impl AsRef<str>], score: impl Fn(&str) -> f64) -> Option<f64> {
    answers.iter().map(|answer| score(answer.as_ref())).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_answer_counts() {
        assert_eq!(answer_em("st ives", &["Saint Ives", "St. Ives"]), Some(1.0));
        assert_eq!(answer_f1("NEW YORK", &["new york city", "york"]), Some(0.8));
        assert_eq!(answer_f1("tide amber", &["amber tide"]), Some(1.0));
        assert_eq!(answer_em("tide amber", &["amber tide"]), Some(0.0));
    }

    #[test]
    fn texts_without_words_agree_with_each_other_alone() {
        assert_eq!((answer_em("the", &["A"]), answer_f1("the", &["!"])), (Some(1.0), Some(1.0)));
        assert_eq!((answer_em("", &["x"]), answer_f1("x", &[""])), (Some(0.0), Some(0.0)));
        assert_eq!(answer_em("x", &[] as &[&str]), None);
    }
}
