//! A context in chunks of a token budget (`chunk_text_into_sentences` of `utils/eval_other_utils.py` at commit 455306dc).

use std::ops::Range;

use super::long_sentence::pieces;
use crate::text::o200k::{Markers, TokenError, token_count};
use crate::text::python_text::is_digit;
use crate::text::sentence::{NltkRelease, sentences_of};

/// How a context is cut. A report says which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chunking {
    /// As upstream, with NLTK 3.9.1. An empty chunk comes first where the first sentence is over the budget; a sentence over the budget
    /// stays whole, and so does any text without sentence ends; the serial number of a fact may end one chunk and its fact begin the next.
    Compat,
    /// The same sentences without those faults: no chunk is empty, a serial number stays with what follows it, and a sentence over
    /// the budget is cut, at a line's end if it has one, else between words.
    #[default]
    Strict,
}

impl Chunking {
    /// The word of options and records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Compat => "compat",
            Self::Strict => "strict",
        }
    }
}

/// Chunks of a context. Sentences of a chunk are joined by one space; `budget` is in tokens of o200k_base, of the sentences one by one.
/// O(n log n) in bytes at worst.
///
/// # Errors
/// A sentence cannot be cut into tokens.
pub fn chunks(context: &str, budget: usize, chunking: Chunking) -> Result<Vec<String>, TokenError> {
    let sentences = sentences_of(context, NltkRelease::V3_9);
    match chunking {
        Chunking::Compat => joined(&sentences, budget),
        Chunking::Strict => {
            let mut units = Vec::new();
            for unit in with_serials(&sentences) {
                if token_count(&unit, Markers::EndOfText)? > budget {
                    units.extend(pieces(&unit, budget)?);
                } else {
                    units.push(unit);
                }
            }
            let units: Vec<&str> = units.iter().map(String::as_str).filter(|unit| !unit.is_empty()).collect();
            let mut chunks = joined(&units, budget)?;
            chunks.retain(|chunk| !chunk.is_empty());
            Ok(chunks)
        }
    }
}

/// Which sentences make up each chunk, by their numbers of tokens: a chunk ends where the next sentence would take it over the budget.
///
/// The first chunk is empty where the first sentence is over the budget. O(n).
#[must_use]
pub fn group_sentences(token_counts: &[usize], budget: usize) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let (mut from, mut tokens) = (0, 0_usize);
    for (index, &count) in token_counts.iter().enumerate() {
        if tokens.saturating_add(count) > budget {
            groups.push(from..index);
            (from, tokens) = (index, count);
        } else {
            tokens += count;
        }
    }
    if from < token_counts.len() {
        groups.push(from..token_counts.len());
    }
    groups
}

fn joined(sentences: &[&str], budget: usize) -> Result<Vec<String>, TokenError> {
    let counts: Vec<usize> =
        sentences.iter().map(|sentence| token_count(sentence, Markers::EndOfText)).collect::<Result<_, _>>()?;
    let groups = group_sentences(&counts, budget).into_iter();
    Ok(groups.map(|group| sentences.get(group).unwrap_or_default().join(" ")).collect())
}

/// Sentences, each number of a list with the sentence that it counts.
fn with_serials(sentences: &[&str]) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut is_open = false;
    for sentence in sentences {
        match units.last_mut() {
            Some(unit) if is_open => {
                unit.push(' ');
                unit.push_str(sentence);
            }
            _ => units.push((*sentence).to_owned()),
        }
        is_open = is_serial(sentence);
    }
    units
}

/// Digits and a full stop.
fn is_serial(sentence: &str) -> bool {
    sentence.strip_suffix('.').is_some_and(|number| !number.is_empty() && number.chars().all(is_digit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_first_sentence_over_the_budget_leaves_an_empty_chunk() {
        assert_eq!(group_sentences(&[5, 1, 5], 4), [0..0, 0..1, 1..2, 2..3]);
        assert_eq!(group_sentences(&[2, 2, 1], 4), [0..2, 2..3]);
        assert_eq!(group_sentences(&[usize::MAX, usize::MAX], 1), [0..0, 0..1, 1..2]);
        assert!(group_sentences(&[], 4).is_empty());
    }

    #[test]
    fn strict_chunks_keep_serials_with_their_facts() {
        let text = "Notes.\n0. Ada keeps bees.\n1. Boris keeps goats.\n2. Chen keeps maps.\n3. Dalia keeps ink.";
        let is_parted = |chunking| {
            let parted = |budget: usize| {
                let cut = chunks(text, budget, chunking).unwrap();
                cut.iter().any(|chunk| chunk.rsplit(' ').next().is_some_and(is_serial))
            };
            (10..30).any(parted)
        };
        assert!(is_parted(Chunking::Compat) && !is_parted(Chunking::Strict));
        let strict = chunks(text, 10, Chunking::Strict).unwrap();
        assert_eq!(strict.last().map(String::as_str), Some("3. Dalia keeps ink."));
    }

    #[test]
    fn strict_chunks_are_neither_empty_nor_without_limit() {
        let text = "one utterance without an end\nlabel: 3\n".repeat(40);
        assert_eq!(chunks(&text, 16, Chunking::Compat).unwrap().len(), 2);
        let strict = chunks(&text, 16, Chunking::Strict).unwrap();
        for chunk in &strict {
            assert!(!chunk.is_empty() && token_count(chunk, Markers::EndOfText).unwrap() <= 16, "{chunk:?}");
        }
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&strict.join(" ")), words(&text));
    }

    proptest! {
        #[test]
        fn groups_follow_one_another(counts in proptest::collection::vec(0_usize..9, 0..20), budget in 0_usize..12) {
            let groups = group_sentences(&counts, budget);
            let all: Vec<usize> = groups.iter().cloned().flatten().collect();
            prop_assert_eq!(all, (0..counts.len()).collect::<Vec<_>>());
            for group in groups.iter().filter(|group| group.len() > 1) {
                prop_assert!(counts[group.clone()].iter().sum::<usize>() <= budget);
            }
        }

        #[test]
        fn any_text_is_cut(text in "\\PC{0,80}", budget in 0_usize..12) {
            for chunking in [Chunking::Compat, Chunking::Strict] {
                let chunks = chunks(&text, budget, chunking).unwrap();
                prop_assert!(chunking == Chunking::Compat || chunks.iter().all(|chunk| !chunk.is_empty()));
            }
        }
    }
}
