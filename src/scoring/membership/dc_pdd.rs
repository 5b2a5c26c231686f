//! `dc_pdd`: probabilities weighed by how rare each token is elsewhere (DC-PDD, Zhang et al. 2024).

use std::collections::{HashMap, HashSet};

use super::attack::{AttackError, AttackInput, AttackScore, finite, mean};

pub(super) const ID: &str = "dc_pdd";

/// Largest value of one token: published code's `a`.
pub const CLIP: f64 = 0.01;

/// Tokens of a text of the corpus that are looked at, special ones among them.
pub const CORPUS_TEXT_TOKENS: usize = 1024;

/// What is counted of the reference corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Texts that hold the token: what published code does, by an indexed addition in place.
    #[default]
    Documents,
    /// Occurrences: what the paper says.
    Tokens,
}

/// How common each token is in a reference corpus.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenFrequencies {
    counts: HashMap<u32, u64>,
    total: u64,
    table_len: usize,
}

impl TokenFrequencies {
    /// Nothing counted yet; `table_len` is the number of ids that the tokenizer knows.
    #[must_use]
    pub fn new(table_len: usize) -> Self {
        Self { counts: HashMap::new(), total: 0, table_len }
    }

    /// Counts one text by its first [`CORPUS_TEXT_TOKENS`] ids.
    pub fn add(&mut self, ids: &[u32], counting: Counting) {
        let ids = &ids[..ids.len().min(CORPUS_TEXT_TOKENS)];
        let mut seen = HashSet::new();
        for &id in ids {
            if counting == Counting::Tokens || seen.insert(id) {
                *self.counts.entry(id).or_default() += 1;
                self.total += 1;
            }
        }
    }

    /// What was counted of a token.
    #[must_use]
    pub fn count(&self, id: u32) -> u64 {
        self.counts.get(&id).copied().unwrap_or(0)
    }

    /// Ids that were seen with their counts, in no order.
    pub fn counts(&self) -> impl Iterator<Item = (u32, u64)> {
        self.counts.iter().map(|(&id, &count)| (id, count))
    }

    /// `(1 + count) / (sum of counts + table length)`, in (0, 1].
    #[must_use]
    pub fn frequency(&self, id: u32) -> f64 {
        (1 + self.count(id)) as f64 / (self.total + self.table_len as u64) as f64
    }
}

/// Mean over the first occurrences of each token of `min(0.01, p_i ln(1 / f_i))`, in [0, 0.01].
///
/// `p_i` is the probability of the token in the text after the end-of-text token, so that the first token counts as well;
/// `f_i` its smoothed frequency in the corpus.
///
/// # Errors
/// No pass after the end-of-text token, no corpus, a damaged record, or a log-probability that is not finite.
pub fn dc_pdd(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let missing = |what, remedy| AttackError::MissingPass { attack: ID, what, remedy };
    let scores = input.extra.after_eos.ok_or_else(|| {
        missing("the score of the text after the end-of-text token", "use a model on this machine that names one")
    })?;
    let frequencies =
        input.extra.frequencies.ok_or_else(|| missing("frequencies of tokens", "give a corpus with --dcpdd-corpus"))?;
    if scores.logprobs.is_empty() {
        return Err(AttackError::Unscorable { attack: ID });
    }
    let ids = scores.token_ids.get(scores.first_scored..).unwrap_or_default();
    if ids.len() != scores.logprobs.len() {
        let (expected, got) = (ids.len(), scores.logprobs.len());
        return Err(AttackError::LengthMismatch { attack: ID, field: "logprobs", expected, got });
    }
    let logprobs = finite(ID, "logprobs", &scores.logprobs)?;
    Ok(AttackScore::plain(calibrated(ids, &logprobs, frequencies)))
}

/// The formula on log-probabilities of all of `ids`; there is at least one.
pub(super) fn calibrated(ids: &[u32], logprobs: &[f64], frequencies: &TokenFrequencies) -> f64 {
    let mut seen = HashSet::new();
    let values: Vec<f64> = ids
        .iter()
        .zip(logprobs)
        .filter(|&(id, _)| seen.insert(*id))
        .map(|(&id, logprob)| (logprob.exp() * -frequencies.frequency(id).ln()).min(CLIP))
        .collect();
    // A mean of equal values may lie a rounding above them.
    mean(&values).min(CLIP)
}

#[cfg(test)]
mod tests {
    use super::super::attack::Extra;
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn a_token_counts_once_a_text_or_as_often_as_it_stands_there() {
        let counted = |counting| {
            let mut frequencies = TokenFrequencies::new(10);
            frequencies.add(&[1, 1, 2], counting);
            frequencies.add(&[1], counting);
            frequencies
        };
        let (documents, tokens) = (counted(Counting::Documents), counted(Counting::Tokens));
        assert_eq!((documents.count(1), tokens.count(1)), (2, 3));
        assert_eq!((documents.frequency(1), documents.frequency(7)), (3.0 / 13.0, 1.0 / 13.0));
    }

    #[test]
    fn only_the_first_occurrence_counts_and_a_large_value_is_cut() {
        let mut target = scores(&[-0.1, -20.0, -0.1]);
        target.token_ids = vec![0, 5, 6, 5];
        let frequencies = TokenFrequencies::new(100);
        let extra = Extra { after_eos: Some(&target), frequencies: Some(&frequencies), ..Extra::default() };
        let input = AttackInput { extra, ..AttackInput::new("abc", &target) };
        let rare = f64::from(-20.0_f32).exp() * 100.0_f64.ln();
        let value = dc_pdd(&input).expect("scored").value;
        assert!((value - (CLIP + rare) / 2.0).abs() < 1e-12, "{value}");
    }

    #[test]
    fn a_long_text_of_the_corpus_is_cut() {
        let mut frequencies = TokenFrequencies::new(10);
        let ids: Vec<u32> = (0..2000).collect();
        frequencies.add(&ids, Counting::Documents);
        assert_eq!((frequencies.count(1023), frequencies.count(1024)), (1, 0));
    }
}
