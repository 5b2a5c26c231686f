//! One request on its way: how often it was tried, and what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::backend::error::BackendError;
use crate::backend::jobs::{Exchange, Reply};
use crate::backend::remote::fault::{Fault, FaultKind};
use crate::backend::remote::transport::Received;
use crate::backend::remote::wire::WireRequest;
use crate::digest::sha256_hex;

/// The same fault so often, while other requests are answered, is the request's own fault.
const SAME_FAULTS: u32 = 3;

/// One request of a job.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) place: usize,
    /// Of the job's requests.
    pub(super) request: usize,
    pub(super) name: Arc<str>,
    pub(super) wire: Arc<WireRequest>,
    /// Key in the reply cache.
    pub(super) key: Option<String>,
    /// Attempts so far.
    pub(super) attempts: u32,
    last: Option<LastFault>,
}

#[derive(Debug)]
struct LastFault {
    fingerprint: (FaultKind, Option<u16>, String),
    times: u32,
    /// Answers of other requests when the fault was seen first.
    answers_before: u64,
}

impl Row {
    pub(super) fn new(place: usize, request: usize, name: Arc<str>, wire: WireRequest, key: Option<String>) -> Self {
        Self { place, request, name, wire: Arc::new(wire), key, attempts: 0, last: None }
    }

    /// Notes a fault; gives whether it is the same for the third time running, while the endpoint answered others.
    ///
    /// Overload is the endpoint's state, and says nothing about the request.
    pub(super) fn is_stuck(&mut self, fault: &Fault, n_answers: u64) -> bool {
        if fault.kind == FaultKind::Overloaded {
            self.last = None;
            return false;
        }
        let body = fault.body.as_deref().unwrap_or_default();
        let fingerprint = (fault.kind, fault.status, sha256_hex(body.as_bytes()));
        match &mut self.last {
            Some(last) if last.fingerprint == fingerprint => last.times += 1,
            last => *last = Some(LastFault { fingerprint, times: 1, answers_before: n_answers }),
        }
        // A time-out has no body to compare: another try may well succeed.
        let is_told = fault.status.is_some() || !body.is_empty();
        is_told && self.last.as_ref().is_some_and(|last| last.times >= SAME_FAULTS && n_answers > last.answers_before)
    }
}

/// What an attempt came to.
pub(super) struct Finished {
    pub(super) row: Row,
    pub(super) outcome: Result<Received, Fault>,
    pub(super) sent: Instant,
    /// The most that the attempt could cost.
    pub(super) reserved: f64,
}

/// A job of which not every reply is there.
pub(super) struct OpenJob {
    pub(super) replies: Vec<Option<Result<Reply, BackendError>>>,
    pub(super) n_missing: usize,
    pub(super) latency_ms: f64,
    /// One of its requests has no answer and will get none.
    pub(super) has_failed: bool,
    /// ... and that says something about the endpoint.
    pub(super) counts_against_endpoint: bool,
    pub(super) exchange: Exchange,
}

impl OpenJob {
    pub(super) fn new(n_requests: usize, knows_prices: bool) -> Self {
        let exchange = Exchange { cost: knows_prices.then_some(0.0), ..Exchange::default() };
        Self {
            replies: (0..n_requests).map(|_| None).collect(),
            n_missing: n_requests,
            latency_ms: 0.0,
            has_failed: false,
            counts_against_endpoint: false,
            exchange,
        }
    }

    pub(super) fn put(&mut self, request: usize, reply: Result<Reply, BackendError>) {
        if let Some(slot) = self.replies.get_mut(request)
            && slot.replace(reply).is_none()
        {
            self.n_missing -= 1;
        }
    }
}

/// Milliseconds, for people.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::remote::fault::status_fault;
    use crate::backend::remote::wire::{Expects, WireRequest};

    fn row() -> Row {
        let wire = WireRequest {
            method: "completions",
            body: serde_json::Value::Null,
            expects: Expects::MessageText,
            most: crate::backend::jobs::Usage::default(),
        };
        Row::new(0, 0, "item".into(), wire, None)
    }

    #[test]
    fn the_same_error_three_times_while_others_are_answered_is_the_rows_own() {
        let fault = |body: &[u8]| status_fault(500, body, None);
        let mut stuck = row();
        assert!(!stuck.is_stuck(&fault(b"same"), 10) && !stuck.is_stuck(&fault(b"same"), 11));
        assert!(stuck.is_stuck(&fault(b"same"), 12));
        let mut all_fail = row();
        assert!((0..6).all(|_| !all_fail.is_stuck(&fault(b"same"), 10)), "nobody is answered: not the row's fault");
        let mut changing = row();
        assert!((0..6_u8).all(|n| !changing.is_stuck(&fault(&[n % 2 + 48]), u64::from(n))));
        let mut busy = row();
        assert!((0..6).all(|n| !busy.is_stuck(&status_fault(429, b"slow down", None), n)), "overload is not the row's");
    }
}
