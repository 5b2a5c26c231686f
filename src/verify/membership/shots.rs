//! mimir's `recall`: which shots are kept, and the score of a text after them.

use crate::backend::{BackendError, Context, LocalModel, TokensRequest};
use crate::scoring::membership::compat;
use crate::scoring::membership::first_shot_kept;

use super::passes::{context, ids_of, scored};

/// Where the kept shots begin. Where not even one fits, upstream keeps them all.
pub(super) fn first_kept(model: &LocalModel, shots: &[&str], average: usize) -> Result<usize, BackendError> {
    let lengths =
        shots.iter().map(|shot| ids_of(model, shot).map(|ids| ids.len())).collect::<Result<Vec<usize>, _>>()?;
    Ok(first_shot_kept(&lengths, average, context(model)).unwrap_or(0))
}

/// Mean log-probability of all tokens of a text after the prefix, by mimir's windows; none where the prefix alone fills the
/// context, which upstream refuses.
pub(super) fn conditional_mean(model: &LocalModel, prefix: &[u32], ids: &[u32]) -> Result<Option<f64>, BackendError> {
    let length = context(model);
    if prefix.len() >= length {
        return Ok(None);
    }
    let joined: Vec<u32> = prefix.iter().chain(ids).copied().collect();
    let mut windows = Vec::new();
    for window in compat::mimir_conditional_windows(prefix.len(), ids.len(), length) {
        let request = TokensRequest {
            ids: joined[window.from..window.to].to_vec(),
            first_scored: window.scored_from - window.from,
            window: Context::Refuse,
            vocab_stats: false,
        };
        let scores = scored(model, request)?;
        windows.push((window, scores.logprobs.iter().map(|&logprob| f64::from(logprob)).collect()));
    }
    Ok((!windows.is_empty()).then(|| compat::mimir_conditional_mean(&windows)))
}
