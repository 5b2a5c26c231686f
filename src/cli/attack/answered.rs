//! What the passes about one text came to.

use crate::backend::{BackendError, GradientNorms, TokenScores};
use crate::scoring::membership::compat_names::Pass;

/// An answer of a pass beside the text's own; absent where it was not asked.
pub(super) type Answer<T> = Option<Result<T, BackendError>>;

/// All answers about one text.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) reference: Answer<TokenScores>,
    /// Absent also where the text has no capital: then it is the text's own score.
    pub(super) lowered: Answer<TokenScores>,
    pub(super) neighbors: Vec<Result<TokenScores, BackendError>>,
    pub(super) prefixed: Answer<TokenScores>,
    pub(super) after_eos: Answer<TokenScores>,
    pub(super) gradient: Answer<GradientNorms>,
    pub(super) compat: CompatPasses,
}

/// Passes that only other people's numbers need.
#[derive(Debug, Default)]
pub(super) struct CompatPasses {
    /// The target's ids under the reference.
    pub(super) same_ids: Option<Pass>,
    /// mimir's mean after its prefix.
    pub(super) conditional: Option<f64>,
    pub(super) without_last: Option<GradientNorms>,
    pub(super) zlib_without_first: Option<usize>,
    /// Both without the first token.
    pub(super) shortened: Option<Pass>,
    pub(super) reference_shortened: Option<Pass>,
}
