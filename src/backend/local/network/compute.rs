//! What a network needs of the machine it runs on.

use super::super::config::{Activation, NormConfig};
use super::rope::Angles;

/// The operations of a transformer on one machine: rows go in, rows come out.
///
/// Two implementations stand behind it: `host`, vector kernels on the processor, and `device`, burn's own operations on any of
/// its devices. Each is the other's oracle. A row's numbers must not depend on which other rows are computed with it.
pub(in crate::backend::local) trait Compute: Send + Sync + Sized + 'static {
    /// Values on their way to a matrix or a table.
    type Buffer: std::ops::DerefMut<Target = [f32]> + Send;
    /// `[n, width]`.
    type Rows: Send;
    /// `[into, out]`.
    type Matrix: Send + Sync;
    type Vector: Send + Sync;
    /// `[entries, width]`, looked up by row and multiplied from the right.
    type Table: Send + Sync;
    /// Cosines and sines of some rows.
    type Turns: Send + Sync;
    /// Keys and values of one sequence in one layer.
    type Memory: Send + Sync + Clone;

    /// `n` zeros, to be filled.
    fn buffer(&self, n: usize) -> Self::Buffer;

    /// Takes `into * out` values, row after row.
    fn matrix(&self, values: Self::Buffer, into: usize, out: usize) -> Self::Matrix;

    fn vector(&self, values: Vec<f32>) -> Self::Vector;

    /// Takes rows of `width` values.
    fn table(&self, values: Self::Buffer, width: usize) -> Self::Table;

    fn turns(&self, angles: &Angles) -> Self::Turns;

    /// Rows of a table; every index is below its number of entries.
    fn lookup(&self, table: &Self::Table, indices: &[u32], scale: Option<f64>) -> Self::Rows;

    fn add(&self, x: Self::Rows, y: Self::Rows) -> Self::Rows;

    fn norm(&self, x: &Self::Rows, norm: &Norm<Self>, config: &NormConfig) -> Self::Rows;

    /// `x @ weight + bias`.
    fn linear(&self, x: &Self::Rows, linear: &Linear<Self>, pass: Pass) -> Self::Rows;

    /// `act(x)`; with a gate the row is `[gate | up]` and comes out half as wide: `act(gate) * up`.
    fn activate(&self, x: Self::Rows, activation: Activation, is_gated: bool) -> Self::Rows;

    /// Attention of the rows of each span over its past and itself. Rows are `[query | key | value]`; what comes out is
    /// `[n, heads * head_dim]`, with the extended memory of the spans that keep theirs.
    fn attend(
        &self,
        qkv: Self::Rows,
        how: &Attention<'_, Self>,
        spans: Vec<Span<'_, Self::Memory>>,
        pass: Pass,
    ) -> (Self::Rows, Vec<Option<Self::Memory>>);

    /// Scores `targets[i]` by hidden row `rows[i]`, without ever holding the logits of more than some hundred rows.
    fn score(
        &self,
        hidden: &Self::Rows,
        head: &Self::Table,
        rows: &[usize],
        targets: &[u32],
        vocab_stats: bool,
    ) -> Vec<RowScore>;

    /// Logits of chosen rows, `[rows, entries]`.
    fn logits(&self, hidden: &Self::Rows, head: &Self::Table, rows: &[usize], pass: Pass) -> Vec<f32>;

    /// All values, row after row.
    fn values(&self, rows: Self::Rows) -> Vec<f32>;

    /// The device and its kernels, in words.
    fn device_words(&self) -> String;
}

/// What kind of rows go through the network together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) enum Pass {
    /// Whole texts or runs of them: many rows.
    Whole,
    /// One new row of each of a few sequences.
    Step,
}

/// A product with its bias.
pub(in crate::backend::local) struct Linear<C: Compute> {
    pub(in crate::backend::local) weight: C::Matrix,
    pub(in crate::backend::local) bias: Option<C::Vector>,
}

/// Weights of a norm.
pub(in crate::backend::local) struct Norm<C: Compute> {
    pub(in crate::backend::local) weight: C::Vector,
    pub(in crate::backend::local) bias: Option<C::Vector>,
}

/// One layer's attention.
pub(in crate::backend::local) struct Attention<'a, C: Compute> {
    pub(in crate::backend::local) heads: usize,
    pub(in crate::backend::local) kv_heads: usize,
    pub(in crate::backend::local) head_dim: usize,
    pub(in crate::backend::local) scale: f64,
    /// A row sees only what came before it, and itself.
    pub(in crate::backend::local) is_causal: bool,
    /// Keys that a row sees, itself among them.
    pub(in crate::backend::local) window: Option<usize>,
    pub(in crate::backend::local) norms: Option<HeadNorms<'a, C>>,
    pub(in crate::backend::local) turns: Option<&'a C::Turns>,
}

/// Norms of queries and keys.
pub(in crate::backend::local) struct HeadNorms<'a, C: Compute> {
    pub(in crate::backend::local) query: &'a Norm<C>,
    pub(in crate::backend::local) key: &'a Norm<C>,
    pub(in crate::backend::local) config: NormConfig,
    /// Each head by itself, else all heads of a row together.
    pub(in crate::backend::local) is_per_head: bool,
}

/// Neighbouring rows that belong to one sequence.
pub(in crate::backend::local) struct Span<'a, M> {
    pub(in crate::backend::local) n_rows: usize,
    /// Position of its first row.
    pub(in crate::backend::local) start: usize,
    pub(in crate::backend::local) past: Past<'a, M>,
    /// Give back the memory with these rows in it.
    pub(in crate::backend::local) keep: bool,
}

/// What came before in the same sequence.
pub(in crate::backend::local) enum Past<'a, M> {
    Nothing,
    /// Other sequences go on from it, too.
    Shared(&'a M),
    /// Nobody else needs it.
    Own(M),
}

/// What one output row says about one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::backend::local) struct RowScore {
    pub(in crate::backend::local) logprob: f32,
    pub(in crate::backend::local) is_argmax: bool,
    /// Mean of the log-probabilities under the row's own distribution.
    pub(in crate::backend::local) mean: f32,
    /// Their standard deviation.
    pub(in crate::backend::local) std: f32,
}
