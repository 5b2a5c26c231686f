//! Resampling: seeds and random streams, and the bootstrap of a mean.

pub(crate) mod bootstrap;
pub(crate) mod stream;
