//! The value that a table prints for a data set (upstream's README, and Table 2 of the paper).

use crate::dataset::memory::family::MemoryFamily;

/// Where the printed value of a data set comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headline {
    /// A value of [`memory_scores`](super::score::memory_scores), by its name.
    Value(&'static str),
    /// Share of answers that a judge calls right ([`chat_judge`](super::chat_judge)).
    ChatJudge,
    /// Mean F1 of a judge's counts ([`summary_judge`](super::summary_judge)).
    SummaryJudge,
}

impl Headline {
    /// The headline of a family.
    #[must_use]
    pub fn of(family: MemoryFamily) -> Self {
        match family {
            MemoryFamily::RulerQa | MemoryFamily::EventQa | MemoryFamily::FactConsolidation => {
                Self::Value("substring_exact_match")
            }
            MemoryFamily::InContextLearning | MemoryFamily::DetectiveQa => Self::Value("exact_match"),
            MemoryFamily::RecsysRedial => Self::Value("recsys_recall@5"),
            MemoryFamily::LongMemEval => Self::ChatJudge,
            MemoryFamily::InfbenchSum => Self::SummaryJudge,
        }
    }

    /// The name of the value in records.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Self::Value(name) => name,
            Self::ChatJudge => "judged_right",
            Self::SummaryJudge => "summary_f1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judged_data_sets_have_no_value_of_their_own() {
        assert_eq!(Headline::of(MemoryFamily::LongMemEval), Headline::ChatJudge);
        assert_eq!(Headline::of(MemoryFamily::DetectiveQa), Headline::Value("exact_match"));
    }
}
