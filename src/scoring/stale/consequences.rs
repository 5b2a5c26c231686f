//! Knowing without acting, and alarms where nothing has changed.

use super::accuracy::ScenarioVerdict;

/// How many systems' answers know of the change and act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KnowingAndActing {
    /// Scenarios with verdicts.
    pub n_judged: u64,
    /// Of these: the first question was passed.
    pub n_knowing: u64,
    /// Of these: the second or the third was not.
    pub n_knowing_not_acting: u64,
}

impl KnowingAndActing {
    /// Share of all judged scenarios in which the system knows but does not act, from 0 to 1.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.n_judged > 0).then(|| self.n_knowing_not_acting as f64 / self.n_judged as f64)
    }

    /// The same as a share of those in which it knows.
    #[must_use]
    pub fn rate_of_knowing(&self) -> Option<f64> {
        (self.n_knowing > 0).then(|| self.n_knowing_not_acting as f64 / self.n_knowing as f64)
    }
}

/// Counts scenarios in which the first question was passed, and the second or the third was not; of those with all three verdicts.
#[must_use]
pub fn knowing_and_acting(verdicts: &[ScenarioVerdict]) -> KnowingAndActing {
    let mut counted = KnowingAndActing::default();
    for passes in verdicts.iter().filter_map(|verdict| verdict.passes) {
        let [Some(resolved), Some(resisted), Some(adapted)] = passes else { continue };
        counted.n_judged += 1;
        counted.n_knowing += u64::from(resolved);
        counted.n_knowing_not_acting += u64::from(resolved && !(resisted && adapted));
    }
    counted
}

/// What the judge says of the answers to a negative control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlVerdict {
    pub uid: String,
    /// Whether the answers to the first and the second question keep to the old state. `None`: no verdicts.
    pub keeps_to_state: Option<[bool; 2]>,
}

/// How often a state that holds is called outdated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FalseAlarms {
    pub n_judged: u64,
    pub n_judge_errors: u64,
    /// Of the judged ones, by question.
    pub n_alarms: [u64; 2],
}

impl FalseAlarms {
    /// Share of false alarms for the first and the second question, each from 0 to 1. To be read beside the accuracy of the
    /// same question: a system that calls everything outdated has 1 in both.
    #[must_use]
    pub fn rates(&self) -> Option<[f64; 2]> {
        (self.n_judged > 0).then(|| self.n_alarms.map(|n| n as f64 / self.n_judged as f64))
    }
}

/// Counts controls whose old state was not kept to.
#[must_use]
pub fn false_alarms(verdicts: &[ControlVerdict]) -> FalseAlarms {
    let mut counted = FalseAlarms::default();
    for verdict in verdicts {
        let Some(kept) = verdict.keeps_to_state else {
            counted.n_judge_errors += 1;
            continue;
        };
        counted.n_judged += 1;
        for (n_alarms, kept) in counted.n_alarms.iter_mut().zip(kept) {
            *n_alarms += u64::from(!kept);
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::stale::ConflictType;

    #[test]
    fn knowing_counts_only_where_the_first_question_was_passed() {
        let rows =
            [Some([true, true, true]), Some([true, false, true]), Some([true, true, false]), Some([false; 3]), None];
        let verdict = |passes: Option<[bool; 3]>| ScenarioVerdict {
            uid: String::new(),
            conflict: ConflictType::CoReferential,
            passes: passes.map(|passes| passes.map(Some)),
        };
        let counted = knowing_and_acting(&rows.map(verdict));
        assert_eq!((counted.rate(), counted.rate_of_knowing()), (Some(0.5), Some(2.0 / 3.0)));
        assert_eq!(knowing_and_acting(&[]).rate(), None);
    }

    #[test]
    fn a_system_that_calls_everything_outdated_alarms_always() {
        let verdict = |keeps_to_state| ControlVerdict { uid: String::new(), keeps_to_state };
        let counted = false_alarms(&[Some([false, false]), Some([false, true]), None].map(verdict));
        assert_eq!(counted.rates(), Some([1.0, 0.5]));
        assert_eq!(counted.n_judge_errors, 1);
    }
}
