//! The two kinds of conflict, and the three dimensions of a scenario.

use std::fmt;

/// How the later remark makes the earlier one invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConflictType {
    /// `T1`, co-referential: both speak of the same attribute, with values that cannot both hold.
    CoReferential,
    /// `T2`, propagated: another attribute changes, and by common sense the old value cannot hold any longer.
    Propagated,
}

impl ConflictType {
    /// Both, in the order of reports.
    pub const ALL: [Self; 2] = [Self::CoReferential, Self::Propagated];

    /// The word of the data file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CoReferential => "T1",
            Self::Propagated => "T2",
        }
    }

    /// The type of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|conflict| conflict.as_str() == word)
    }
}

impl fmt::Display for ConflictType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What one of the three questions about a scenario asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// `dim1`: whether the old state still holds. The judge calls it explicit probing.
    StateResolution,
    /// `dim2`: a request that takes the old state for granted. The judge calls it adversarial robustness.
    PremiseResistance,
    /// `dim3`: an everyday task that names neither state. The judge calls it implicit task.
    PolicyAdaptation,
}

impl Dimension {
    /// All three, in the order in which they are asked and judged.
    pub const ALL: [Self; 3] = [Self::StateResolution, Self::PremiseResistance, Self::PolicyAdaptation];

    /// Its place in [`Dimension::ALL`], and in every list of three.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::StateResolution => 0,
            Self::PremiseResistance => 1,
            Self::PolicyAdaptation => 2,
        }
    }

    /// The stem of its fields: `dim1`, `dim2`, `dim3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ["dim1", "dim2", "dim3"][self.index()]
    }

    /// The field of its question: `dim1_query` and so on.
    #[must_use]
    pub fn query_field(self) -> &'static str {
        ["dim1_query", "dim2_query", "dim3_query"][self.index()]
    }

    /// The field of an answer to it: `dim1_response` and so on.
    #[must_use]
    pub fn response_field(self) -> &'static str {
        ["dim1_response", "dim2_response", "dim3_response"][self.index()]
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
