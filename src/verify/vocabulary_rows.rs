//! Recorded logits as log-probabilities, with what a row says of the vocabulary.

use serde_json::Value;

use super::golden_file::{GoldenFileError, list_field};

/// What one position says: log-probabilities of every token, and their mean and standard deviation under themselves.
pub(super) struct Row {
    pub(super) logprobs: Vec<f64>,
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

impl Row {
    fn new(logits: &[f64]) -> Self {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let normaliser = largest + logits.iter().map(|logit| (logit - largest).exp()).sum::<f64>().ln();
        let logprobs: Vec<f64> = logits.iter().map(|logit| logit - normaliser).collect();
        let mean: f64 = logprobs.iter().map(|logprob| logprob.exp() * logprob).sum();
        let variance: f64 = logprobs.iter().map(|logprob| logprob.exp() * (logprob - mean).powi(2)).sum();
        Self { logprobs, mean, deviation: variance.sqrt() }
    }

    /// The likeliest token; the first among equals.
    pub(super) fn first_choice(&self) -> usize {
        let better = |best, index| if self.logprobs[index] > self.logprobs[best] { index } else { best };
        (1..self.logprobs.len()).fold(0, better)
    }
}

/// The rows of a case's `logits`, a list a position.
pub(super) fn rows(case: &Value) -> Result<Vec<Row>, GoldenFileError> {
    let row = |row: &Value| -> Option<Row> {
        let logits: Vec<f64> = row.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
        Some(Row::new(&logits))
    };
    let rows = list_field(case, "logits")?.iter().map(row).collect::<Option<_>>();
    rows.ok_or(GoldenFileError::Field { field: "logits" })
}

/// A list of token ids, which may have a marker below 0 for "no token".
pub(super) fn ids(case: &Value, field: &'static str) -> Result<Vec<Option<usize>>, GoldenFileError> {
    let id = |id: &Value| id.as_i64().map(|id| usize::try_from(id).ok());
    let ids = list_field(case, field)?.iter().map(id).collect::<Option<_>>();
    ids.ok_or(GoldenFileError::Field { field })
}
