//! Tables of a card: [`Table`] is the model, one file for each thing that is tabulated.
//!
//! A table is words and numbers already printed; HTML, Markdown and LaTeX set the same cells. Text from outside
//! stands in it as it came: each renderer escapes for its own format.

mod comparisons;
mod evidence;
mod groups;
mod memory;
mod metrics;
mod model;
mod published;
mod recall;
mod unlearning;

pub use comparisons::by_slice as comparisons_by_slice;
pub use evidence::{blind, contrasts, health, lotteries, trends};
pub use groups::published_groups;
pub use memory::memory;
pub(super) use metrics::distinct;
pub use metrics::{slice_details, task_tables};
pub use model::{Align, Cell, Column, Emphasis, Row, RowGroup, Table, copies_words, interval_words, numbers, words};
pub use published::{errata, published};
pub use recall::recall;
pub use unlearning::{targets, unlearning};
