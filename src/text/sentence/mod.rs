//! Sentences and words of English text, as NLTK finds them.
//!
//! [`sentences`] is Punkt with the trained parameters for English (Kiss and Strunk 2006), [`words`] the Treebank-like rules
//! applied sentence by sentence. Both repeat NLTK's decisions, odd ones included: metrics that count words or n-grams move
//! with them. Texts in other scripts pass through, with few boundaries found.
//!
//! - `punkt`: where a sentence ends; `punkt_token`: the pieces on which that is decided;
//! - `treebank`: the words of one sentence; `rewriting`: rules that rewrite a text from left to right;
//! - `characters`: what counts as white space and as part of a word; `release`: where NLTK 3.9 differs from 3.10.

mod characters;
mod punkt;
mod punkt_token;
mod release;
mod rewriting;
mod treebank;

pub use punkt::{sentences, sentences_of};
pub use release::NltkRelease;
pub use treebank::sentence_words;

/// The words of a text: those of its sentences, one sentence after the other (NLTK's `word_tokenize`).
///
/// Quotation marks come out as two backticks or two apostrophes. O(n) for usual text.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    sentences(text).into_iter().flat_map(sentence_words).collect()
}

#[cfg(test)]
mod golden_tests;
