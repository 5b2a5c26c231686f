//! What goes over the wire: requests as an endpoint reads them, replies as we check them.
//!
//! - `build`: a request of the trait becomes a method and a body
//! - `body`: the shapes of replies, and what is no reply
//! - `score`: log-probabilities of given text, with their checks
//! - `stream`: a reply that comes piece by piece
//! - `recorded`: an exchange that somebody recorded
//! - `read`: from the bytes of a reply to the answer

mod body;
mod build;
mod read;
mod recorded;
mod score;
mod stream;

#[cfg(test)]
pub(super) use build::Expects;
pub(super) use build::{Form, WireRequest, build};
pub(super) use read::scores_of;
pub(super) use read::{Read, read, usage_of};
pub(crate) use recorded::RecordedExchange;
pub(super) use score::Sent;

/// Raised when the same request would be understood otherwise; part of every cache key.
pub(super) const WIRE_VERSION: u32 = 1;
