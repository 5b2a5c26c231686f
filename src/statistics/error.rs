//! Why a statistic could not be computed.
//!
//! Every function in this room checks in the same order, so that the same bad
//! input gives the same error everywhere: parameters, empty input, lengths,
//! finiteness, counts, degenerate data.

/// Why a statistic could not be computed; the text fits after "failed to ...".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StatError {
    /// There is nothing to compute on.
    #[error("the input is empty; give at least one value")]
    EmptyInput,
    /// Too few items for this method.
    #[error("needs at least {needed} items, got {got}")]
    TooFewItems {
        /// The smallest number that works.
        needed: usize,
        /// The number that was given.
        got: usize,
    },
    /// Too few clusters for a clustered standard error.
    #[error("needs at least {needed} clusters, got {got}; check `cluster_by`")]
    TooFewClusters {
        /// The smallest number that works.
        needed: usize,
        /// The number that was given.
        got: usize,
    },
    /// Too few models for a comparison of many models.
    #[error("needs at least {needed} models, got {got}")]
    TooFewModels {
        /// The smallest number that works.
        needed: usize,
        /// The number that was given.
        got: usize,
    },
    /// Two columns that belong together have different lengths.
    #[error("the two inputs differ in length ({left} and {right}); join them on the item id first")]
    LengthMismatch {
        /// Length of the first input.
        left: usize,
        /// Length of the second input.
        right: usize,
    },
    /// A value is NaN or infinite; `index` is the first bad row, from 0.
    #[error("the value in row {index} is missing or not finite; drop it or use the `omit` policy for missing values")]
    NonFinite {
        /// Row of the first bad value, counted from 0.
        index: usize,
    },
    /// A parameter lies outside its range.
    #[error("invalid `{name}`: {why}")]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A ROC analysis needs both classes.
    #[error("only one class is present; a ROC needs at least one positive and one negative")]
    SingleClass,
    /// The data do not vary, so that the statistic is undefined.
    #[error("the data have zero variance; the statistic is undefined")]
    ZeroVariance,
    /// The win graph falls apart.
    #[error(
        "the win graph falls into {} parts that do not beat each other both ways ({}), so that some strengths are infinite; \
         add comparisons, or give a `prior`",
        components.len(), parts(components)
    )]
    NotConnected {
        /// Models of each part, from 0; within a part every model can be reached from every other through wins.
        components: Vec<Vec<usize>>,
    },
    /// The statistic is undefined on this input.
    #[error("the statistic is undefined: {why}")]
    Undefined {
        /// What makes it undefined.
        why: &'static str,
    },
    /// The judge is no better than chance.
    #[error("the judge is uninformative (Youden index {youden}); it cannot be corrected for")]
    UninformativeJudge {
        /// Sensitivity + specificity - 1.
        youden: f64,
    },
}

impl StatError {
    /// The name of the variant, as reports and golden files write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::EmptyInput => "EmptyInput",
            Self::TooFewItems { .. } => "TooFewItems",
            Self::TooFewClusters { .. } => "TooFewClusters",
            Self::TooFewModels { .. } => "TooFewModels",
            Self::LengthMismatch { .. } => "LengthMismatch",
            Self::NonFinite { .. } => "NonFinite",
            Self::InvalidParameter { .. } => "InvalidParameter",
            Self::SingleClass => "SingleClass",
            Self::ZeroVariance => "ZeroVariance",
            Self::NotConnected { .. } => "NotConnected",
            Self::Undefined { .. } => "Undefined",
            Self::UninformativeJudge { .. } => "UninformativeJudge",
        }
    }

    /// An [`StatError::InvalidParameter`] in one line.
    pub(crate) fn invalid(name: &'static str, why: impl Into<String>) -> Self {
        Self::InvalidParameter { name, why: why.into() }
    }
}

/// The first parts of a win graph, e.g. `{0} {1 2}`.
fn parts(components: &[Vec<usize>]) -> String {
    const SHOWN: usize = 8;
    let part = |models: &Vec<usize>| {
        let names: Vec<String> = models.iter().take(SHOWN).map(usize::to_string).collect();
        let more = if models.len() > SHOWN { " ..." } else { "" };
        format!("{{{}{more}}}", names.join(" "))
    };
    let shown: Vec<String> = components.iter().take(SHOWN).map(part).collect();
    format!("{}{}", shown.join(" "), if components.len() > SHOWN { " ..." } else { "" })
}
