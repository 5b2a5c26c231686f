//! Where a sentence ends within a line. Cheap on purpose: a line of a million characters is read once.

/// What may stand between a sentence's mark and the space behind it.
const CLOSERS: [char; 8] = ['"', '\'', '”', '’', ')', ']', '}', '*'];

/// Words that a dot does not end a sentence behind.
const ABBREVIATIONS: [&str; 13] = ["Dr", "Mr", "Mrs", "Ms", "Prof", "St", "Jr", "Sr", "Mt", "vs", "etc", "e.g", "i.e"];

/// What stands in a line of its own, until a chunk's line breaks are gone.
const LABEL: &str = "label:";

/// The sentences of a line, untrimmed, in order; put together they are the line.
///
/// One ends behind `.`, `!` or `?`, closing quotes and brackets, where white space follows and no lower-case letter behind it (`label:` may). A serial
/// number at its start (`12. `), an abbreviation and an initial do not end it.
pub(super) fn sentences_of(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (sentence, behind) = rest.split_at(end_of_first(rest));
        rest = behind;
        Some(sentence)
    })
}

/// Bytes of the first sentence, at least 1 of a text that has any.
fn end_of_first(text: &str) -> usize {
    // Where the word begins that a mark stands behind; white space is looked at once.
    let mut word_start = 0;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b' ' | b'\t' => word_start = place + 1,
            b'.' | b'!' | b'?' => {
                let after = text[place + 1..].trim_start_matches(CLOSERS);
                let follows = after.trim_start();
                let is_spaced = follows.len() < after.len();
                let is_end = is_spaced
                    && (!follows.starts_with(char::is_lowercase) || follows.starts_with(LABEL))
                    && (byte != b'.' || ends_with_dot(text[..word_start].trim(), &text[word_start..place]));
                if is_end {
                    return text.len() - after.len();
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Whether a dot behind `word` ends a sentence that has `before` before that word.
fn ends_with_dot(before: &str, word: &str) -> bool {
    let word = word.trim_start_matches(['"', '\'', '“', '‘', '(', '[']);
    let is_serial = (before.is_empty() || before.ends_with(':'))
        && !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut characters = word.chars();
    let is_initial = characters.next().is_some_and(char::is_uppercase) && characters.next().is_none() && word != "I";
    !(is_serial || is_initial || ABBREVIATIONS.contains(&word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(line: &str) -> Vec<&str> {
        sentences_of(line).map(str::trim).collect()
    }

    #[test]
    fn a_serial_number_stays_with_its_fact() {
        assert_eq!(
            cut("11. Ada lives in Belm. 12. It was 1990. 13. Next"),
            ["11. Ada lives in Belm.", "12. It was 1990.", "13. Next"]
        );
    }

    #[test]
    fn titles_initials_and_quoted_questions_do_not_end_a_sentence() {
        assert_eq!(
            cut("Dr. J. Marlow came. \"Why?\" he said. (So!) Yes"),
            ["Dr. J. Marlow came.", "\"Why?\" he said.", "(So!)", "Yes"]
        );
        assert_eq!(cut("at 4 p.m., version 1.2 ... and on"), ["at 4 p.m., version 1.2 ... and on"]);
    }

    proptest! {
        #[test]
        fn the_sentences_are_the_line_again(line in "([A-Za-zß0-9.!?”\" ]|\\PC){0,60}") {
            prop_assert_eq!(sentences_of(&line).collect::<String>(), line);
        }
    }
}
