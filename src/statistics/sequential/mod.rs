//! Looking at results while they come in, without paying for the peeks.
//!
//! Items must be served in random order (seeded shuffle), or stopping early measures the easy half.
//!
//! - `e_value`: two models on 0/1 items; stop when the e-value reaches 1/alpha
//! - `confidence_sequence`: intervals of a mean that hold at all times together

pub(crate) mod confidence_sequence;
pub(crate) mod e_value;
