//! Who is asked.

use crate::backend::{Backend, BackendError, Bos, Context, GradientNorms, GradientRequest};

/// The model under test, and what it is compared with.
#[derive(Clone, Copy)]
pub(super) struct Models<'a> {
    pub(super) target: &'a dyn Backend,
    /// Only where an attack needs it.
    pub(super) reference: Option<&'a dyn Backend>,
}

/// Norms of the gradient of each text's loss.
pub(super) fn gradients(
    target: &dyn Backend,
    texts: &[&str],
    skips_last: bool,
) -> Vec<Result<GradientNorms, BackendError>> {
    let requests: Vec<GradientRequest> = texts
        .iter()
        .map(|text| GradientRequest { text: (*text).to_owned(), bos: Bos::Auto, window: Context::Fit, skips_last })
        .collect();
    target.gradient_norms(&requests)
}
