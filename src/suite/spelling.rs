//! The right spelling that somebody probably meant.

/// Most edits (insert, delete, replace, swap neighbours) between a misspelling and what is suggested.
const MOST_EDITS: usize = 2;

/// The nearest of `known` within two edits of `found`; the first of several equally near.
///
/// A word that would have to be replaced altogether is no suggestion, so `x` never suggests `id`.
pub(crate) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let length = found.chars().count();
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), word))
        .filter(|&(edits, word)| edits <= MOST_EDITS && edits < length.min(word.chars().count()))
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, word)| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn two_edits_are_near_and_three_are_not() {
        assert_eq!(nearest("atacks", ["attacks", "min_k"]).as_deref(), Some("attacks"));
        assert_eq!(nearest("hulbbe", ["hubble"]).as_deref(), Some("hubble"));
        assert_eq!(nearest("huxyze", ["hubble"]), None);
    }

    #[test]
    fn the_nearest_wins_and_a_wholly_different_word_never() {
        assert_eq!(nearest("min_k_p", ["min_k", "min_k_pp"]).as_deref(), Some("min_k_pp"));
        assert_eq!(nearest("x", ["id"]), None);
        assert_eq!(nearest("ab", ["cd"]), None);
    }
}
