//! Whose numbers stand beside ours.

use clap::ValueEnum;

/// Whose numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Code {
    Mimir,
    Minkpp,
    OpenUnlearning,
    Traps,
}

impl Code {
    /// Key in an output line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Mimir => "mimir",
            Self::Minkpp => "minkpp",
            Self::OpenUnlearning => "open_unlearning",
            Self::Traps => "traps",
        }
    }

    /// Each once, in the order of the table.
    pub(super) fn sorted(codes: &[Self]) -> Vec<Self> {
        let mut codes = codes.to_vec();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}
