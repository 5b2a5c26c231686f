//! The shape of a BERT sentence encoder.

use super::decoder::Activation;

/// Shape of a bidirectional encoder whose last hidden rows are averaged.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::local) struct EncoderConfig {
    pub(in crate::backend::local) hidden: usize,
    pub(in crate::backend::local) layers: usize,
    pub(in crate::backend::local) heads: usize,
    pub(in crate::backend::local) mlp_width: usize,
    pub(in crate::backend::local) activation: Activation,
    pub(in crate::backend::local) vocabulary: usize,
    /// Most positions.
    pub(in crate::backend::local) context: usize,
    pub(in crate::backend::local) token_types: usize,
    pub(in crate::backend::local) epsilon: f64,
}

impl EncoderConfig {
    /// Parameters that the shape asks for, without the pooler, which is not used.
    pub(in crate::backend::local) fn n_parameters(&self) -> u128 {
        let [hidden, layers, mlp] = [self.hidden, self.layers, self.mlp_width].map(|size| size as u128);
        let tables = (self.vocabulary as u128) + (self.context as u128) + (self.token_types as u128);
        let block = 4 * (hidden * hidden + hidden) + 2 * hidden * mlp + mlp + hidden + 4 * hidden;
        tables * hidden + 2 * hidden + layers * block
    }
}
