//! Outcomes of claims in the words of titles.

use crate::record::{Claim, ClaimKind, ClaimOutcome, Unlearning};

/// The claim of a kind about a measure and a model.
pub(super) fn find<'r>(record: &'r Unlearning, kind: ClaimKind, measure: &str, model: &str) -> Option<&'r Claim> {
    record.claims.iter().find(|claim| claim.kind == kind && claim.measure == measure && claim.model == model)
}

/// `less is left`, with its reach; `None` where nothing was tested.
pub(super) fn forgetting(claim: &Claim) -> Option<&'static str> {
    match claim.outcome {
        ClaimOutcome::Found => Some("less is left"),
        ClaimOutcome::FoundHere => Some("less is left on these targets"),
        ClaimOutcome::NotFound => Some("not shown that less is left"),
        ClaimOutcome::Untested => None,
    }
}

/// `kept within the margin`, with its reach; `None` where nothing was tested.
pub(super) fn preservation(claim: &Claim) -> Option<&'static str> {
    match claim.outcome {
        ClaimOutcome::Found => Some("kept within the margin"),
        ClaimOutcome::FoundHere => Some("kept within the margin on these targets"),
        ClaimOutcome::NotFound => Some("not shown to be kept within the margin"),
        ClaimOutcome::Untested => None,
    }
}

/// Claims counted by outcome: found, found on these targets, not shown; those not tested are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) found: usize,
    pub(super) here: usize,
    pub(super) not_found: usize,
}

impl Tally {
    pub(super) fn of<'c>(claims: impl Iterator<Item = &'c Claim>) -> Self {
        let mut tally = Self::default();
        for claim in claims {
            match claim.outcome {
                ClaimOutcome::Found => tally.found += 1,
                ClaimOutcome::FoundHere => tally.here += 1,
                ClaimOutcome::NotFound => tally.not_found += 1,
                ClaimOutcome::Untested => {}
            }
        }
        tally
    }

    pub(super) fn n(self) -> usize {
        self.found + self.here + self.not_found
    }

    /// `CLAIM: 2 of 7 NOUN, 3 more on these targets only, 2 not shown`; `None` where nothing was tested.
    pub(super) fn words(self, claim: &str, noun: &str) -> Option<String> {
        let n = self.n();
        let mut out = match (self.found, self.here) {
            _ if n == 0 => return None,
            (0, 0) => return Some(format!("{claim}: shown for none of {n} {noun}")),
            (0, here) => format!("{claim}: {here} of {n} {noun}, on these targets only"),
            (found, 0) => format!("{claim}: {found} of {n} {noun}"),
            (found, here) => format!("{claim}: {found} of {n} {noun}, {here} more on these targets only"),
        };
        if self.not_found > 0 {
            out.push_str(&format!(", {} not shown", self.not_found));
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_never_says_more_than_its_claims() {
        let words = |found, here, not_found| Tally { found, here, not_found }.words("Kept", "measures");
        assert_eq!(words(2, 3, 2).as_deref(), Some("Kept: 2 of 7 measures, 3 more on these targets only, 2 not shown"));
        assert_eq!(words(0, 3, 1).as_deref(), Some("Kept: 3 of 4 measures, on these targets only, 1 not shown"));
        assert_eq!(words(4, 0, 0).as_deref(), Some("Kept: 4 of 4 measures"));
        assert_eq!(words(0, 0, 5).as_deref(), Some("Kept: shown for none of 5 measures"));
        assert_eq!(words(0, 0, 0), None);
    }
}
