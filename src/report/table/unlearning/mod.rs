//! What is left, what was kept, and how sure that is: the tables of a suite whose targets were to be forgotten.

mod answers;
mod attacks;
mod claims;
mod measures;
mod summaries;
mod targets;

pub use targets::targets;

use super::model::{Table, grouped};
use crate::record::SuiteResults;
use crate::report::anchor::Anchors;

/// All of them in the order of reading; none where the suite says nothing of forgetting. The values of single targets
/// are slices and stand apart, see [`targets`].
#[must_use]
pub fn unlearning(results: &SuiteResults, anchors: &mut Anchors) -> Vec<Table> {
    let Some(record) = &results.unlearning else { return Vec::new() };
    let mut tables = vec![
        measures::measures(results, record, anchors),
        claims::claims(record, anchors),
        attacks::attacks(results, record, anchors),
        answers::answers(results, record, anchors),
        answers::facts(results, record, anchors),
        summaries::summaries(results, record, anchors),
    ];
    tables.retain(|table| !table.is_empty());
    tables
}

/// `12`, or `12 to 14` where models differ.
fn count_range(counts: impl Iterator<Item = u64> + Clone) -> String {
    use crate::report::number::count;
    match (counts.clone().min(), counts.max()) {
        (Some(low), Some(high)) if low == high => count(low),
        (Some(low), Some(high)) => format!("{} to {}", count(low), count(high)),
        _ => crate::report::number::UNDEFINED.to_owned(),
    }
}
