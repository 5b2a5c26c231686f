//! All replies, or why there are none.

use std::sync::atomic::AtomicBool;

use super::error::TrapError;
use crate::backend::{Backend, BackendError, Reply, Request, answer_all};

/// Asks all; a request that fails fails alone.
///
/// # Errors
/// Why the work ended before all were answered.
pub(super) fn ask_all(
    backend: &dyn Backend,
    requests: Vec<Request>,
    interrupted: &AtomicBool,
) -> Result<Vec<Result<Reply, BackendError>>, TrapError> {
    let (replies, ended) = answer_all(backend, requests, interrupted);
    ended.map_err(|source| TrapError::Halted { source })?;
    Ok(replies)
}
