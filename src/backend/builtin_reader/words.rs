//! What counts as a word, and which words count as the same.

/// Words that say nothing of what a question is about, in lower case, sorted.
const STOP_WORDS: [&str; 136] = [
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "before",
    "being", "both", "but", "by", "can", "can't", "could", "did", "didn't", "do", "does", "doesn't", "doing", "don't",
    "down", "during", "each", "few", "for", "from", "further", "had", "has", "have", "having", "he", "her", "here",
    "hers", "him", "his", "how", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "into", "is", "isn't", "it", "it's",
    "its", "itself", "just", "me", "more", "most", "my", "myself", "no", "nor", "not", "now", "of", "off", "on",
    "once", "only", "or", "other", "our", "ours", "out", "over", "own", "please", "same", "she", "should", "so",
    "some", "such", "than", "that", "that's", "the", "their", "theirs", "them", "then", "there", "these", "they",
    "this", "those", "through", "to", "too", "under", "until", "up", "us", "very", "was", "wasn't", "we", "were",
    "what", "what's", "when", "where", "which", "while", "who", "who's", "whom", "whose", "why", "will", "with",
    "would", "you", "you'd", "you'll", "you're", "your", "yours",
];

/// Fewest bytes that are left of a word whose end is cut.
const SHORTEST_STEM: usize = 3;

/// Words as they stand: runs of letters, digits and apostrophes, without apostrophes around them.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_alphanumeric() || is_apostrophe(character)))
        .map(|run| run.trim_matches(is_apostrophe))
        .filter(|word| !word.is_empty())
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '’')
}

/// Whether a word in lower case, its end not cut, is one of the common ones.
pub(super) fn is_stop_word(lower: &str) -> bool {
    STOP_WORDS.binary_search(&lower).is_ok()
}

/// Puts a word into `into`, in lower case and with straight apostrophes, in place of what stood there.
pub(super) fn lower_into(word: &str, into: &mut String) {
    into.clear();
    if word.is_ascii() {
        into.push_str(word);
        into.make_ascii_lowercase();
    } else {
        into.extend(
            word.chars().flat_map(char::to_lowercase).map(|lower| if is_apostrophe(lower) { '\'' } else { lower }),
        );
    }
}

/// Cuts a lower-case word where its forms part: `'s`, then one of `ing`, `ed`, `es`, `s`, then a final `e`; a final `y` becomes `i`.
///
/// Forms of a word need only become equal, not a word again: `lives`, `lived` and `live` are all `liv`.
pub(super) fn cut_suffix(word: &mut String) {
    if let Some(stem) = word.strip_suffix("'s") {
        word.truncate(stem.len());
    }
    let is_stem = |stem: &str| stem.len() >= SHORTEST_STEM && stem.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let verb = ["ing", "ed"].iter().find_map(|suffix| word.strip_suffix(suffix).filter(|stem| is_stem(stem)));
    if let Some(stem) = verb {
        let length = if ends_doubled(stem) { stem.len() - 1 } else { stem.len() };
        word.truncate(length);
    } else if let Some(stem) = word.strip_suffix("es").filter(|stem| is_stem(stem)) {
        word.truncate(stem.len());
    } else if let Some(stem) = word.strip_suffix('s').filter(|stem| is_stem(stem) && !stem.ends_with('s')) {
        word.truncate(stem.len());
    }
    if word.len() > SHORTEST_STEM && word.ends_with('e') {
        word.pop();
    } else if word.len() >= SHORTEST_STEM && word.ends_with('y') {
        word.pop();
        word.push('i');
    }
}

/// `stopp`, of `stopped`; not `fill`, `pass` or `buzz`, which are doubled in every form.
fn ends_doubled(stem: &str) -> bool {
    match stem.as_bytes() {
        [.., before, last] => before == last && last.is_ascii_alphabetic() && !b"aeiouylsz".contains(last),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(word: &str) -> String {
        let mut lower = String::new();
        lower_into(word, &mut lower);
        cut_suffix(&mut lower);
        lower
    }

    #[test]
    fn the_stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("the") && is_stop_word("don't") && !is_stop_word("ferry"));
    }

    #[test]
    fn forms_of_a_word_are_the_same_word() {
        let same: [&[&str]; 7] = [
            &["lives", "Lived", "live", "living"],
            &["stop", "stopped", "stopping", "stops"],
            &["city", "cities", "city's", "City’s"],
            &["carry", "carried", "carries"],
            &["class", "classes"],
            &["work", "works", "worked", "WORKING"],
            &["Ärger", "ärger"],
        ];
        for forms in same {
            assert!(forms.iter().all(|form| stem(form) == stem(forms[0])), "{forms:?}");
        }
    }

    #[test]
    fn short_words_and_words_without_a_vowel_before_the_suffix_are_kept() {
        for word in ["red", "king", "string", "bus", "12", "ss"] {
            assert_eq!(stem(word), word);
        }
    }

    #[test]
    fn words_lose_the_quotes_around_them_and_keep_those_within() {
        assert_eq!(words("'It’s 9 o'clock,' she-said.").collect::<Vec<_>>(), ["It’s", "9", "o'clock", "she", "said"]);
    }
}
