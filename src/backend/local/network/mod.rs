//! The networks, written once over the operations of [`Compute`].
//!
//! - `compute`: the operations
//! - `load`: stored tensors -> weights where the operations want them
//! - `decoder`, `encoder`: the forward passes
//! - `parameters`: the weights as the reference library divides them
//! - `rope`: rotary positions

mod compute;
mod decoder;
mod encoder;
mod load;
mod parameters;
mod rope;

pub(super) use compute::{Attention, Compute, HeadNorms, Linear, Norm, Pass, Past, RowScore, Span};
pub(super) use decoder::{Decoder, Segment, Sequence};
pub(super) use encoder::Encoder;
pub(super) use parameters::Parameter;
pub(super) use rope::Angles;
