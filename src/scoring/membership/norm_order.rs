//! Which norm of a gradient is taken.

use crate::backend::GradientNorms;

/// Which norm of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NormOrder {
    /// Sum of absolute values.
    One,
    /// Euclidean length: OpenUnlearning's default.
    Two,
    /// Largest absolute value: mimir's default.
    #[default]
    Inf,
}

impl NormOrder {
    /// This norm, the mean over the parameter tensors.
    #[must_use]
    pub fn of(self, norms: &GradientNorms) -> f64 {
        match self {
            Self::One => norms.l1,
            Self::Two => norms.l2,
            Self::Inf => norms.inf,
        }
    }
}
