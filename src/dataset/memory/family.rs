//! Families of data sets, which share prompts and scores (`utils/templates.py` at commit 455306dc), and the four splits.

pub use crate::suite::MemoryFamily;

/// A split of the hub data set: what its questions measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemorySplit {
    AccurateRetrieval,
    TestTimeLearning,
    LongRangeUnderstanding,
    /// Called selective forgetting in the paper from its second version on.
    ConflictResolution,
}

impl MemorySplit {
    /// All four, in the paper's order.
    pub const ALL: [Self; 4] =
        [Self::AccurateRetrieval, Self::TestTimeLearning, Self::LongRangeUnderstanding, Self::ConflictResolution];

    /// The split's name on the hub.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccurateRetrieval => "Accurate_Retrieval",
            Self::TestTimeLearning => "Test_Time_Learning",
            Self::LongRangeUnderstanding => "Long_Range_Understanding",
            Self::ConflictResolution => "Conflict_Resolution",
        }
    }

    /// The competency in records: the split's name in lower case, with hyphens.
    #[must_use]
    pub fn competency(self) -> &'static str {
        match self {
            Self::AccurateRetrieval => "accurate-retrieval",
            Self::TestTimeLearning => "test-time-learning",
            Self::LongRangeUnderstanding => "long-range-understanding",
            Self::ConflictResolution => "conflict-resolution",
        }
    }

    /// The split's file, from the root of the hub data set on.
    #[must_use]
    pub fn file(self) -> String {
        format!("data/{}-00000-of-00001.parquet", self.name())
    }

    /// The split of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|split| split.name() == name)
    }
}

impl MemoryFamily {
    /// What a data set's name must contain, in the order in which it is tried.
    const PARTS: [(Self, &'static [&'static str]); 8] = [
        (Self::RulerQa, &["ruler_", "qa"]),
        (Self::LongMemEval, &["longmemeval_"]),
        (Self::EventQa, &["eventqa_"]),
        (Self::InContextLearning, &["icl_"]),
        (Self::RecsysRedial, &["recsys_", "redial"]),
        (Self::InfbenchSum, &["infbench_", "sum"]),
        (Self::DetectiveQa, &["detective_", "qa"]),
        (Self::FactConsolidation, &["factconsolidation_"]),
    ];

    /// The family of a data set, by its name; `None` where upstream has no prompt for it and stops.
    #[must_use]
    pub fn of(sub_dataset: &str) -> Option<Self> {
        let fits = |parts: &[&str]| parts.iter().all(|part| sub_dataset.contains(part));
        Self::PARTS.into_iter().find_map(|(family, parts)| fits(parts).then_some(family))
    }

    /// What its questions measure.
    #[must_use]
    pub fn split(self) -> MemorySplit {
        match self {
            Self::RulerQa | Self::LongMemEval | Self::EventQa => MemorySplit::AccurateRetrieval,
            Self::InContextLearning | Self::RecsysRedial => MemorySplit::TestTimeLearning,
            Self::InfbenchSum | Self::DetectiveQa => MemorySplit::LongRangeUnderstanding,
            Self::FactConsolidation => MemorySplit::ConflictResolution,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_families_and_unknown_ones_to_none() {
        assert_eq!(MemoryFamily::of("longmemeval_s*"), Some(MemoryFamily::LongMemEval));
        assert_eq!(MemoryFamily::of("detective_qa"), Some(MemoryFamily::DetectiveQa));
        assert_eq!((MemoryFamily::of("ruler_niah_mq"), MemoryFamily::of("infbench_qa")), (None, None));
    }

    #[test]
    fn splits_are_found_by_their_names() {
        for split in MemorySplit::ALL {
            assert_eq!(MemorySplit::of(split.name()), Some(split));
        }
        assert_eq!(MemorySplit::of("Selective_Forgetting"), None);
        assert_eq!(MemorySplit::ConflictResolution.file(), "data/Conflict_Resolution-00000-of-00001.parquet");
    }
}
