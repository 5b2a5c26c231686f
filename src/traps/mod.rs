//! Copyright traps: plant made-up sentences in a book, and prove their use years later.
//!
//! A publisher draws trap sequences from a model, hides one in each document, publishes only hashes, and keeps the rest of
//! the same draw as controls. Which sequence of a group is published is decided by lot after all of them were made, so the
//! unpublished ones are an exact null distribution for any model that is suspected later (Meeus et al. 2024,
//! arXiv:2402.09363, with the lottery added here: upstream makes its non-members in another run).
//!
//! - `candidate`: what may be a trap; `generate`: draws, rejects, sorts into perplexity buckets, groups
//! - `commitment`: salted hashes, Merkle root, seed commitment, the lottery; `manifest`: the file with all of it
//! - `document`: the publisher's texts; `inject`: copies at word boundaries, and their removal; `markup`: where in a page they may stand
//! - `context`: what stands before a planted trap
//! - `detect`: every sequence scored alike, then the roles; `power`: what so many documents could show
//! - `audit`: a third party's check of everything that was claimed

mod ask;
mod audit;
mod candidate;
mod commitment;
mod context;
mod detect;
mod document;
mod error;
mod generate;
mod inject;
mod manifest;
mod markup;
mod power;
mod rows;

pub use audit::{Audit, AuditItem, audit};
pub use candidate::{Rejection, jaccard};
pub use commitment::{draw_trap, merkle_root, salted_hash, seed_commitment};
pub use context::{Contexts, contexts};
pub use detect::{
    CellFinding, Claim, ContextTest, Detection, DetectionSettings, PRIMARY_P, Place, PrimaryTest, RepetitionTrend,
    SequenceScores, TrapModels, detect, score_sequences,
};
pub use document::{Document, DocumentForm, Documents};
pub use error::TrapError;
pub use generate::{GeneratePlan, Generated, generate, start_text};
pub use inject::{
    Injected, InjectedDocument, Injection, InjectionPlan, Separator, inject, insert_at_words, n_words,
    repetitions_of_groups, undo,
};
pub use manifest::{
    Buckets, Decimal, Group, Manifest, PrivateManifest, PrivateSequence, PublicManifest, PublicSequence, Reference,
    Role, Secret, TrapParams, read_manifest, read_private, refuse_existing, write_manifests, write_private,
};
pub use power::{PowerRow, power_table};
pub use rows::{trap_row, traps_file};
