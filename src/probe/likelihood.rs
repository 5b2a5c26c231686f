//! Log-probabilities of a given text: one cached pass from which every likelihood attack is computed.

use crate::backend::{Bos, Capability, Context, ScoreRequest};
use crate::dataset::Item;
use crate::scoring::membership;
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

/// Whether one of these attacks reads the mean and deviation over the vocabulary.
pub(super) fn needs_vocab_stats(attacks: &[String]) -> bool {
    attacks
        .iter()
        .filter_map(|id| membership::find(id))
        .any(|attack| attack.needs.capabilities.contains(&Capability::VocabStats))
}
