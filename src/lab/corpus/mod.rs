//! The text that the built-in models read: fictional, made by the project, drawn from a seed; or the lines of a real
//! series of public-domain numbers.
//!
//! Every document is filled from large lists and built names, so that no document can be told from another of its
//! kind by anything but its exact words, and seeing one once teaches little of it. Inserted documents come from the
//! same generators as the background: members and non-members have one distribution by construction.

mod biography;
mod insertion;
mod lexicon;
mod passage;
mod question;
mod series;
mod stream;
pub mod unlearning;

pub use biography::Biography;
pub use insertion::{Insertion, InsertionPlan, ItemKind, lesson_insertions, trap_insertions};
pub use question::Question;
pub use series::SeriesPlan;
pub use stream::{Background, END_OF_TEXT};

pub(super) use insertion::sampling_stream;
pub(super) use passage::passage;
