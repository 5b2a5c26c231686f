//! Hashed bags of words: vectors without a model, so that searches by meaning have a floor, too.

use std::collections::BTreeMap;

use super::words::{cut_suffix, is_stop_word, lower_into, words};

/// Length of a vector.
const N_DIMENSIONS: usize = 512;

/// The vector of a text, of length 1; zeros for a text without a word.
///
/// Each word in lower case, its end cut, weighs `1 + ln(times it stands there)` in the dimension that FNV-1a (64 bits) of its bytes gives,
/// modulo 512; words that meet there add up. Stop words are left out unless there is no other word. Added in the words' order, so
/// that equal texts have equal bits.
pub(super) fn embedding(text: &str) -> Vec<f32> {
    let mut counts = word_counts(text, |lower| !is_stop_word(lower));
    if counts.is_empty() {
        counts = word_counts(text, |_| true);
    }
    let mut sums = [0.0_f64; N_DIMENSIONS];
    for (word, count) in counts {
        sums[dimension(&word)] += 1.0 + f64::from(count).ln();
    }
    let length = sums.iter().map(|sum| sum * sum).sum::<f64>().sqrt();
    if length == 0.0 {
        return vec![0.0; N_DIMENSIONS];
    }
    #[expect(clippy::cast_possible_truncation, reason = "vectors are f32; the rounding is meant")]
    let unit = |sum: &f64| (sum / length) as f32;
    sums.iter().map(unit).collect()
}

fn word_counts(text: &str, is_counted: impl Fn(&str) -> bool) -> BTreeMap<String, u32> {
    let (mut counts, mut word) = (BTreeMap::new(), String::new());
    for raw in words(text) {
        lower_into(raw, &mut word);
        if !is_counted(&word) {
            continue;
        }
        cut_suffix(&mut word);
        match counts.get_mut(&word) {
            Some(count) => *count += 1,
            None => {
                counts.insert(word.clone(), 1);
            }
        }
    }
    counts
}

fn dimension(word: &str) -> usize {
    let hash = word
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    usize::try_from(hash % N_DIMENSIONS as u64).expect("a remainder below 512 fits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(a: &str, b: &str) -> f32 {
        embedding(a).iter().zip(embedding(b)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn forms_of_the_same_words_are_one_vector_and_other_words_are_far() {
        assert!((cosine("The ferry stops.", "FERRIES stop, the") - 1.0).abs() < 1e-6);
        assert!(cosine("the ferry stops", "a mill of honey").abs() < 1e-6);
        assert!(cosine("ferry mill", "ferry") > cosine("ferry mill honey", "ferry"));
    }

    #[test]
    fn words_go_where_their_published_hash_says() {
        assert_eq!(dimension("a") as u64, 0xaf63_dc4c_8601_ec8c_u64 % 512);
        assert_eq!(dimension("foobar") as u64, 0x8594_4171_f739_67e8_u64 % 512);
    }

    #[test]
    fn a_text_without_a_word_has_a_vector_of_zeros() {
        assert!(embedding(" .!").iter().all(|x| x.abs() < f32::EPSILON));
        assert!((cosine("how is it", "it is how") - 1.0).abs() < 1e-6);
    }
}
