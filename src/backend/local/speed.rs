//! How fast a model is on this machine, for `doctor`.

use std::time::Instant;

use super::generate::Decoding;
use super::loaded::Loaded;
use super::score::EncodedText;
use super::workers::Workers;
use crate::backend::request::Context;

/// Tokens a second; absent for what the model cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Speed {
    /// Scoring one text of up to 256 tokens.
    pub scoring: Option<f64>,
    /// Continuing one text.
    pub decoding: Option<f64>,
    /// Reading one text of up to 256 tokens.
    pub embedding: Option<f64>,
}

const TOKENS: usize = 256;
const WRITTEN: usize = 16;

/// Measures once, after a first time that is not counted.
pub(super) fn measure(loaded: &Loaded, workers: &Workers) -> Speed {
    match loaded {
        Loaded::Decoder(decoder) => {
            let config = decoder.config();
            let ids = some_ids(config.vocabulary, TOKENS.min(config.context));
            let text = EncodedText { ids: ids.clone(), first_scored: 1, window: Context::Refuse, vocab_stats: false };
            let score = || decoder.score(std::slice::from_ref(&text), workers, TOKENS);
            let written = WRITTEN.min(config.context.saturating_sub(1));
            let prompt = |max_tokens| Decoding { ids: vec![ids[0]], max_tokens, stop_ids: Vec::new(), sampling: None };
            let decode = |max_tokens| decoder.decode(&[prompt(max_tokens)], &|_, _| false, workers, TOKENS);
            let scoring = rate(ids.len(), seconds(score));
            let decoding = (written > 0).then(|| rate(written, seconds(|| decode(written))));
            Speed { scoring: Some(scoring), decoding, embedding: None }
        }
        Loaded::Encoder(encoder) => {
            let config = encoder.config();
            let ids = some_ids(config.vocabulary, TOKENS.min(config.context));
            let embedding = rate(ids.len(), seconds(|| encoder.pooled(&[&ids], workers, TOKENS)));
            Speed { embedding: Some(embedding), ..Speed::default() }
        }
    }
}

fn some_ids(vocabulary: usize, n: usize) -> Vec<u32> {
    (0..n).map(|place| u32::try_from(place * 7919 % vocabulary).unwrap_or_default()).collect()
}

fn seconds<R>(work: impl Fn() -> R) -> f64 {
    work();
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64().max(1e-9)
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred tokens")]
fn rate(tokens: usize, seconds: f64) -> f64 {
    tokens as f64 / seconds
}
