//! Shares: one with its interval, and the difference of two from different items.

pub(crate) mod difference;
pub(crate) mod single;
