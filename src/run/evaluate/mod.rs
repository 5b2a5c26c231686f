//! From the record to `results.json`: aggregates with intervals, paired comparisons, trends, and the verdict.
//!
//! Each file makes one part of [`SuiteResults`](crate::record::SuiteResults); all are pure functions of item values.

mod accuracy;
mod blind;
mod compare;
mod contrast;
mod errata;
mod lottery;
mod membership;
mod memory;
mod methods;
mod notable;
mod perplexity;
mod published;
mod recall;
mod subject;
mod suite;
mod trend;
mod unlearning;
mod verdict;

pub use published::find_model;
pub use suite::{Evaluated, evaluate};
