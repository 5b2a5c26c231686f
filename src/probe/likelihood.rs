//! Log-probabilities of a given text: one cached pass from which every likelihood attack is computed.

use super::question::needs_vocab_stats;
use crate::backend::{Bos, Context, ScoreRequest};
use crate::dataset::Item;
use crate::suite::MembershipProbe;

/// The whole text, as the tokenizer frames it, in windows where it is longer than the context.
pub(super) fn request(probe: &MembershipProbe, item: &Item) -> ScoreRequest {
    ScoreRequest {
        context: String::new(),
        text: item.text.clone(),
        bos: Bos::Auto,
        window: Context::Fit,
        vocab_stats: needs_vocab_stats(&probe.attacks),
    }
}
