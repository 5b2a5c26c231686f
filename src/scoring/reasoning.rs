//! BIG-Bench Hard, as RWKU scores it, and as it should be scored.
//!
//! Upstream hands the answer to a function that takes the best of a list of answers. The answer is a text, so that each of
//! its characters becomes an answer: whatever has two letters or more can never match, and `(A)` matches every option,
//! because a bracket without punctuation equals an article. [`bbh_em_upstream`] keeps this for comparison with printed
//! tables; [`bbh_em_fixed`] wraps the answer in a list; [`bbh_em_strict`] does not lose the options' letters either.

use super::open_answer::answer_em;
use super::rouge::prediction_or_no_answer;
use crate::text::python_text::strip;

/// The end of the phrase after which an answer stands; before it one of three characters.
const PHRASE: &str = "he answer is ";

/// The answer within a model's output: what stands between `the answer is` and the next full stop on the same line.
///
/// The first place counts where both are. Without one the whole output; `NOANSWER` where nothing is left.
#[must_use]
pub fn bbh_extract(output: &str) -> &str {
    let answer = output.match_indices(PHRASE).find_map(|(at, _)| {
        if !output[..at].ends_with(['t', 'T', '|']) {
            return None;
        }
        let rest = &output[at + PHRASE.len()..];
        let end = rest.find(['.', '\n'])?;
        rest[end..].starts_with('.').then(|| &rest[..end])
    });
    prediction_or_no_answer(answer.unwrap_or(output))
}

/// Upstream's exact match, 0 or 1: with each single character of the answer. `None` for an empty answer, at which upstream
/// stops.
#[must_use]
pub fn bbh_em_upstream(extracted: &str, answer: &str) -> Option<f64> {
    let characters: Vec<String> = answer.chars().map(String::from).collect();
    answer_em(extracted, &characters)
}

/// Exact match with the answer, 0 or 1, after case, punctuation and articles are gone: `(A)` still equals `(a)`, `The` and
/// every text of signs alone.
#[must_use]
pub fn bbh_em_fixed(extracted: &str, answer: &str) -> f64 {
    answer_em(extracted, &[answer]).unwrap_or(0.0)
}

/// Equality, 0 or 1, after white space around and a final full stop are gone.
///
/// An option is its letter in either case, with or without brackets; every other text is compared letter for letter.
#[must_use]
pub fn bbh_em_strict(extracted: &str, answer: &str) -> f64 {
    let plain = |text| strip(strip(text).trim_end_matches('.'));
    let (extracted, answer) = (plain(extracted), plain(answer));
    let is_equal = match bracketed_letter(answer) {
        Some(letter) => option_letter(extracted).is_some_and(|found| found.eq_ignore_ascii_case(&letter)),
        None => extracted == answer,
    };
    f64::from(u8::from(is_equal))
}

/// `(B)`.
fn bracketed_letter(text: &str) -> Option<char> {
    single_letter(text.strip_prefix('(')?.strip_suffix(')')?)
}

/// `(B)`, `B)` or `B`.
fn option_letter(text: &str) -> Option<char> {
    let inner = text.strip_suffix(')').map_or(text, |open| open.strip_prefix('(').unwrap_or(open));
    single_letter(inner)
}

fn single_letter(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|letter| letter.is_ascii_alphabetic() && characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_answer_stands_between_the_phrase_and_a_full_stop() {
        assert_eq!(bbh_extract(" So the answer is (B). The answer is (C)."), "(B)");
        assert_eq!(bbh_extract("the answer is 3.5."), "3");
        assert_eq!(bbh_extract("The answer is x\nthe answer is y."), "y");
        assert_eq!(bbh_extract("so the answer is (D)"), "so the answer is (D)");
        assert_eq!(bbh_extract("xhe answer is 7."), "xhe answer is 7.");
        assert_eq!((bbh_extract("the answer is ."), bbh_extract("  ")), ("NOANSWER", "NOANSWER"));
    }

    #[test]
    fn upstream_takes_one_character_for_the_answer() {
        assert_eq!((bbh_em_upstream("yes", "Yes"), bbh_em_fixed("yes", "Yes")), (Some(0.0), 1.0));
        assert_eq!((bbh_em_upstream("(A)", "(B)"), bbh_em_fixed("(A)", "(B)")), (Some(1.0), 0.0));
        assert_eq!(bbh_em_upstream("x", ""), None);
    }

    #[test]
    fn the_strict_rule_knows_options_from_articles() {
        for (extracted, answer, want) in [
            ("(a)", "(A)", 1.0),
            ("A", "(A)", 1.0),
            ("the", "(A)", 0.0),
            ("(A)", "(B)", 0.0),
            (" 18. ", "18", 1.0),
            ("yes", "Yes", 0.0),
            (") )", "> } ]", 0.0),
        ] {
            assert_eq!(bbh_em_strict(extracted, answer), want, "{extracted} {answer}");
        }
    }

    proptest! {
        #[test]
        fn any_output_has_an_answer(output in "\\PC{0,40}(the answer is )?\\PC{0,20}\\.?", answer in "\\PC{0,5}") {
            let extracted = bbh_extract(&output);
            prop_assert!(!extracted.is_empty());
            let _ = (bbh_em_upstream(extracted, &answer), bbh_em_fixed(extracted, &answer), bbh_em_strict(extracted, &answer));
        }
    }
}
