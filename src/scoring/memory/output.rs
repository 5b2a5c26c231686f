//! What of an output is the answer, and in which form it is compared.

use crate::scoring::answer_text::{Punctuation, answer_words};
use crate::text::python_text::strip;

/// What stands before an answer, in any case.
const PREFIX: &str = "answer:";

/// Lower case, without ASCII punctuation and the words a, an and the, white space made single.
///
/// Punctuation vanishes and leaves no space, signs beyond ASCII stay, and accents do. Beware of short answers: `A` is the empty text,
/// `A. The gardener` is `gardener`.
#[must_use]
pub fn normalised_answer(text: &str) -> String {
    answer_words(text, Punctuation::Removed).join(" ")
}

/// The answer in an output: what stands behind the first `answer:` on its line, else the first line; then without one further
/// `answer:` before it. White space around goes.
///
/// A line ends at `\n` alone, so that an output which begins with one has an empty answer. O(n).
#[must_use]
pub fn parsed_output(output: &str) -> &str {
    let behind = output.char_indices().find_map(|(at, _)| without_prefix(&output[at..]));
    let line = behind.unwrap_or(output).split('\n').next().unwrap_or_default();
    let answer = strip(line);
    strip(without_prefix(answer).unwrap_or(answer))
}

/// What stands behind [`PREFIX`], where the text begins with it in any case.
fn without_prefix(text: &str) -> Option<&str> {
    without_word(text, PREFIX)
}

/// What stands behind `word`, which is in lower-case ASCII, where the text begins with it in any case. As Python's expressions do, the
/// long s is taken for an s.
pub(super) fn without_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let mut characters = text.chars();
    for expected in word.chars() {
        let found = characters.next()?;
        if found.to_ascii_lowercase() != expected && (expected, found) != ('s', 'ſ') {
            return None;
        }
    }
    Some(characters.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_answers_lose_what_looks_like_an_article() {
        assert_eq!((normalised_answer("A").as_str(), normalised_answer("A. The gardener").as_str()), ("", "gardener"));
        assert_eq!(normalised_answer("“A” rose"), "“ ” rose");
    }

    #[test]
    fn the_first_prefix_anywhere_counts_and_one_more_goes() {
        assert_eq!(parsed_output("no\nFinal ANSWER:\tanswer: Answer: x \ny"), "Answer: x");
        assert_eq!(parsed_output("anſwer: x"), "x");
        assert_eq!((parsed_output("\nx"), parsed_output("x\r\ny"), parsed_output("Answer")), ("", "x", "Answer"));
    }

    proptest! {
        #[test]
        fn any_output_has_an_answer_on_one_line(output in "\\PC{0,20}(Answer:)?\\PC{0,20}\n?\\PC{0,10}") {
            prop_assert!(!parsed_output(&output).contains('\n'));
            let normalised = normalised_answer(&output);
            prop_assert_eq!(normalised_answer(&normalised), normalised);
        }
    }
}
