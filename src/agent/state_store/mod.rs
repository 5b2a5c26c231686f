//! What holds of a user now: a store that decides at writing time which states still hold, so that reading needs to look
//! at nothing else.
//!
//! - `schema.rs`: buckets and tracks, and which tracks hold one state at a time;
//! - `item.rs`: states, with their strength and history; `request.rs`: what is to change them, and the decision about it;
//! - `store.rs`: active states, the archive, tracks whose state is unknown; `update.rs`, `invalidation.rs`: one decision
//!   carried out, and what was done; no model, no clock, no chance;
//! - `arbitration.rs`: which of the decisions of one session stand;
//! - `writer.rs`: a history written session by session: what is to be asked of a model comes out, its replies go in.
//!
//! After CUPMem (STALE, section 5; `cup_mem/`), with one difference: a track that is set to unknown keeps the states that its
//! trigger must not touch, where upstream loses them. Nothing that was ever stored is lost: it is active or archived.

mod arbitration;
mod invalidation;
mod item;
mod request;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod update;
mod writer;

pub use arbitration::{ActionKey, ProposedInvalidation, ProposedUpdate, Suppressed, SuppressionReason, arbitrate};
pub use item::{Item, Revision, RevisionEvent, Status, Strength};
pub use request::{AppliedAction, Decision, DecisionWord, Delta, Invalidation, SessionMark};
pub use schema::{Bucket, Cardinality, TRACK_BUCKETS, Track, cardinality};
pub use store::{EvidenceChunk, StateStore, SupportLink, Unknown};
pub use writer::{StateWriter, Step};
