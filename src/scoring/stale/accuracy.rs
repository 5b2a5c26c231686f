//! The six cells of two types and three dimensions, and what is summed from them.

use crate::dataset::stale::{ConflictType, Dimension};

/// What the judge says of the answers to one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioVerdict {
    pub uid: String,
    pub conflict: ConflictType,
    /// In the order of [`Dimension::ALL`]. `None`: the judge gave no verdicts; one of them: judges are tied on it.
    pub passes: Option<[Option<bool>; 3]>,
}

/// What a scenario without verdicts counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeErrors {
    /// Three fails, as in the published code.
    AreFails,
    /// Nothing: it is left out and told.
    AreLeftOut,
}

/// Answers of one type to one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    pub n_passed: u64,
    /// Answers that count.
    pub n_judged: u64,
    /// Answers without a verdict, whether they count or not.
    pub n_judge_errors: u64,
    /// Answers on which judges are tied; they do not count.
    pub n_tied: u64,
}

impl Cell {
    /// Share of passes, from 0 to 1; `None` without answers.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        (self.n_judged > 0).then(|| self.n_passed as f64 / self.n_judged as f64)
    }

    fn and(self, other: Self) -> Self {
        Self {
            n_passed: self.n_passed + other.n_passed,
            n_judged: self.n_judged + other.n_judged,
            n_judge_errors: self.n_judge_errors + other.n_judge_errors,
            n_tied: self.n_tied + other.n_tied,
        }
    }
}

/// The cells of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TypeAccuracy {
    /// In the order of [`Dimension::ALL`].
    pub cells: [Cell; 3],
}

impl TypeAccuracy {
    /// All answers of the type as one: upstream's overall of a type.
    #[must_use]
    pub fn overall(&self) -> Cell {
        self.cells.into_iter().fold(Cell::default(), Cell::and)
    }
}

/// How often the changed state was noticed, and acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accuracy {
    /// In the order of [`ConflictType::ALL`].
    pub types: [TypeAccuracy; 2],
    pub n_scenarios: u64,
    /// Scenarios without verdicts.
    pub n_judge_errors: u64,
}

/// Above this share of scenarios without verdicts a run is not valid.
const MAX_JUDGE_ERROR_SHARE: f64 = 0.02;

impl Accuracy {
    #[must_use]
    pub fn of(&self, conflict: ConflictType) -> &TypeAccuracy {
        match conflict {
            ConflictType::CoReferential => &self.types[0],
            ConflictType::Propagated => &self.types[1],
        }
    }

    #[must_use]
    pub fn cell(&self, conflict: ConflictType, dimension: Dimension) -> Cell {
        self.of(conflict).cells[dimension.index()]
    }

    fn cells(&self) -> impl Iterator<Item = Cell> {
        self.types.into_iter().flat_map(|of_type| of_type.cells)
    }

    /// Unweighted mean over the cells that have answers, from 0 to 1. Over fewer than six ([`Accuracy::is_complete`]) it is no
    /// overall accuracy, and must not be printed as one.
    #[must_use]
    pub fn macro_mean(&self) -> Option<f64> {
        let known: Vec<f64> = self.cells().filter_map(|cell| cell.accuracy()).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// Whether all six cells have answers.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cells().all(|cell| cell.n_judged > 0)
    }

    /// Passes over all answers, from 0 to 1; another number than the mean of six where the types differ in size.
    #[must_use]
    pub fn micro_mean(&self) -> Option<f64> {
        self.cells().fold(Cell::default(), Cell::and).accuracy()
    }

    /// Whether few enough scenarios are without verdicts: 2 % at most.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.n_judge_errors as f64 <= MAX_JUDGE_ERROR_SHARE * self.n_scenarios as f64
    }
}

/// Counts verdicts into cells. A scenario that stands twice counts twice, as upstream; [`coverage`](fn@super::coverage) refuses it.
#[must_use]
pub fn accuracy(verdicts: &[ScenarioVerdict], judge_errors: JudgeErrors) -> Accuracy {
    let mut counted = Accuracy::default();
    for verdict in verdicts {
        counted.n_scenarios += 1;
        counted.n_judge_errors += u64::from(verdict.passes.is_none());
        let of_type = match verdict.conflict {
            ConflictType::CoReferential => &mut counted.types[0],
            ConflictType::Propagated => &mut counted.types[1],
        };
        for dimension in Dimension::ALL {
            let cell = &mut of_type.cells[dimension.index()];
            match verdict.passes {
                Some(passes) => match passes[dimension.index()] {
                    Some(passed) => {
                        cell.n_judged += 1;
                        cell.n_passed += u64::from(passed);
                    }
                    None => cell.n_tied += 1,
                },
                None => {
                    cell.n_judge_errors += 1;
                    cell.n_judged += u64::from(judge_errors == JudgeErrors::AreFails);
                }
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(uid: usize, passes: Option<[bool; 3]>) -> ScenarioVerdict {
        let conflict = ConflictType::ALL[uid % 2];
        ScenarioVerdict { uid: uid.to_string(), conflict, passes: passes.map(|passes| passes.map(Some)) }
    }

    #[test]
    fn a_run_with_more_than_two_percent_of_judge_errors_is_not_valid() {
        let run = |n_errors: usize| {
            let verdicts: Vec<ScenarioVerdict> =
                (0..100).map(|uid| verdict(uid, (uid >= n_errors).then_some([true; 3]))).collect();
            accuracy(&verdicts, JudgeErrors::AreLeftOut)
        };
        assert!(run(2).is_valid() && !run(3).is_valid());
        assert_eq!(run(3).macro_mean(), Some(1.0));
    }

    #[test]
    fn a_mean_over_fewer_than_six_cells_is_told() {
        let one = accuracy(&[verdict(0, Some([true, false, true]))], JudgeErrors::AreLeftOut);
        assert!(!one.is_complete());
        assert_eq!(one.cell(ConflictType::Propagated, Dimension::StateResolution).accuracy(), None);
        assert_eq!(one.macro_mean(), Some(2.0 / 3.0));
    }

    proptest::proptest! {
        #[test]
        fn judge_errors_as_fails_never_raise_an_accuracy(
            rows in proptest::collection::vec((0_usize..2, proptest::option::of(proptest::array::uniform3(proptest::bool::ANY))), 0..40)
        ) {
            let verdicts: Vec<ScenarioVerdict> = rows.into_iter().map(|(uid, passes)| verdict(uid, passes)).collect();
            let (fails, out) = (accuracy(&verdicts, JudgeErrors::AreFails), accuracy(&verdicts, JudgeErrors::AreLeftOut));
            if let (Some(fails), Some(out)) = (fails.micro_mean(), out.micro_mean()) {
                proptest::prop_assert!(fails <= out);
            }
            proptest::prop_assert_eq!(fails.n_judge_errors, out.n_judge_errors);
        }
    }
}
