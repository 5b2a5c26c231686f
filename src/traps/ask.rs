//! Many requests to one backend, answered in their order.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use super::error::TrapError;
use crate::backend::{Backend, BackendError, Job, JobEvent, Reply, Request};

/// Asks all; a request that fails fails alone.
///
/// # Errors
/// Why the work ended before all were answered.
pub(super) fn ask_all(
    backend: &dyn Backend,
    requests: Vec<Request>,
    interrupted: &AtomicBool,
) -> Result<Vec<Result<Reply, BackendError>>, TrapError> {
    let mut replies: Vec<Result<Reply, BackendError>> =
        requests.iter().map(|_| Err(BackendError::Interrupted)).collect();
    let mut jobs = requests.into_iter().enumerate().map(|(place, request)| Job {
        place,
        name: place.to_string(),
        repeat: 0,
        requests: vec![request],
    });
    let mut desk = |event: JobEvent| {
        if let JobEvent::Delivered(delivery) = event {
            replies[delivery.place] = delivery.replies.into_iter().next().unwrap_or(Err(BackendError::OtherReply));
        }
        ControlFlow::Continue(())
    };
    backend.answer(&mut jobs, &mut desk, interrupted).map_err(|source| TrapError::Halted { source })?;
    Ok(replies)
}
