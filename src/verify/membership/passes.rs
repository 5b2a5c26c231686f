//! The forward passes that the attacks on one text share.

use crate::backend::{Backend, BackendError, Context, LocalModel, TokenScores, TokensRequest};

pub(super) use crate::scoring::membership::compat_names::Pass;

/// One pass over given ids, however many: published code scores past the model's stated context, too. Empty where
/// fewer than two ids leave nothing to score.
pub(super) fn full(model: &LocalModel, ids: &[u32]) -> Result<Pass, BackendError> {
    if ids.len() < 2 {
        return Ok(Pass::default());
    }
    model.score_ids(ids, 1, true).map(|scores| Pass::new(&scores))
}

/// Positions of the model's context: mimir takes 1024 where the config states none.
pub(super) fn context(model: &LocalModel) -> usize {
    model.identity().context_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(1024)
}

/// mimir's windows: as long as the context, at half of it.
pub(super) fn mimir_windows(model: &LocalModel) -> Context {
    let window = context(model);
    Context::Windowed { window, stride: (window / 2).max(1) }
}

/// By mimir's windows; the same as [`full`] for ids that fit.
pub(super) fn windowed(model: &LocalModel, ids: &[u32]) -> Result<Pass, BackendError> {
    if ids.len() < 2 {
        return Ok(Pass::default());
    }
    let request = TokensRequest { ids: ids.to_vec(), first_scored: 1, window: mimir_windows(model), vocab_stats: true };
    scored(model, request).map(|scores| Pass::new(&scores))
}

/// Given ids from `first_scored` on.
pub(super) fn scored(model: &LocalModel, request: TokensRequest) -> Result<TokenScores, BackendError> {
    model.score_tokens(&[request]).pop().unwrap_or(Err(BackendError::OtherReply))
}

/// Ids of a text as its tokenizer gives them.
pub(super) fn ids_of(model: &LocalModel, text: &str) -> Result<Vec<u32>, BackendError> {
    model.encode(text, true)
}
