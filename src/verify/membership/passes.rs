//! The forward passes that the attacks on one text share.

use crate::backend::{Backend, BackendError, Bos, Context, LocalModel, ScoreRequest, TokenScores};

/// Log-probabilities of one pass in f64, with the vocabulary's mean and standard deviation where asked for.
pub(super) struct Pass {
    pub logprobs: Vec<f64>,
    pub vocab_means: Vec<f64>,
    pub vocab_deviations: Vec<f64>,
    pub is_argmax: Vec<bool>,
}

impl Pass {
    fn new(scores: &TokenScores) -> Self {
        Self {
            logprobs: widened(&scores.logprobs),
            vocab_means: widened(scores.vocab_mean.as_deref().unwrap_or_default()),
            vocab_deviations: widened(scores.vocab_std.as_deref().unwrap_or_default()),
            is_argmax: scores.is_argmax.clone(),
        }
    }
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// One pass over given ids, however many: published code scores past the model's stated context, too.
pub(super) fn full(model: &LocalModel, ids: &[u32]) -> Result<Pass, BackendError> {
    model.score_ids(ids, 1, true).map(|scores| Pass::new(&scores))
}

/// mimir's windows: as long as the context, at half of it; the same as [`full`] for a text that fits.
pub(super) fn windowed(model: &LocalModel, text: &str) -> Result<Pass, BackendError> {
    // mimir takes 1024 where the config states no context.
    let window = model.identity().context_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(1024);
    let request = ScoreRequest {
        context: String::new(),
        text: text.to_owned(),
        bos: Bos::Auto,
        window: Context::Windowed { window, stride: window / 2 },
        vocab_stats: true,
    };
    let answer = model.score(&[request]).pop().expect("a backend gives one answer a request");
    answer.map(|scores| Pass::new(&scores))
}
