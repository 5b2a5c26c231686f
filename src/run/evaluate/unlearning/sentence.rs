//! A claim in one sentence: what was held against what, how large the difference is, and what the tests can say.

use std::fmt::Write as _;

use super::claims::targets_needed;
use crate::record::{Claim, ClaimKind, ClaimOutcome};
use crate::report::number::{count, decimals, fixed, range};
use crate::statistics::wording::p_value;

/// Level at which a few targets are told to be too few.
const ALPHA: f64 = 0.05;

pub(super) fn sentence(claim: &Claim, name: &dyn Fn(&str) -> String) -> String {
    let (model, against) = (name(&claim.model), name(&claim.against));
    let (Some(value), Some(other)) = (claim.value, claim.value_against) else {
        return match (claim.kind, claim.by_item.difference, claim.by_item.p_value) {
            (ClaimKind::Selectivity, Some(difference), Some(p)) => format!(
                "{}: {model} lost {} nats a token more of the texts to be forgotten than of those to be kept ({} texts, p {})",
                claim.title,
                fixed(-difference, 3),
                count(claim.n_items),
                p_value(p)
            ),
            _ => format!("{}: {model} and {against} have no item in common", claim.title),
        };
    };
    let places = decimals(claim.interval.as_ref()).max(2);
    let mut out =
        format!("{}: {model} {} against {against} {}", claim.title, fixed(value, places), fixed(other, places));
    if let Some(difference) = claim.difference {
        write!(out, ", difference {}", fixed(difference, places)).expect("writing to a string");
    }
    if let Some(interval) = &claim.interval {
        write!(out, " (95 % CI {} over {} targets)", range(interval, places), count(claim.n_targets))
            .expect("writing to a string");
    }
    let found = match (claim.kind, claim.outcome) {
        (ClaimKind::Forgetting, ClaimOutcome::Found | ClaimOutcome::FoundHere) => "less is left",
        (ClaimKind::Forgetting, _) => "not shown that less is left",
        (ClaimKind::Preservation, ClaimOutcome::Found | ClaimOutcome::FoundHere) => "kept within the margin",
        (ClaimKind::Preservation, _) => "not shown to be kept",
        (ClaimKind::Selectivity, ClaimOutcome::Found | ClaimOutcome::FoundHere) => "the loss is selective",
        (ClaimKind::Selectivity, _) => "not shown that the loss is selective",
        (ClaimKind::Likeness, ClaimOutcome::Found | ClaimOutcome::FoundHere) => {
            "indistinguishable from never seen, within the margin"
        }
        (ClaimKind::Likeness, _) => "not shown to be like never seen",
        (ClaimKind::OverForgetting, ClaimOutcome::Found | ClaimOutcome::FoundHere) => {
            "further from the data than never seen: over-forgotten"
        }
        (ClaimKind::OverForgetting, _) => "not shown to be beyond never seen",
    };
    let here = if claim.outcome == ClaimOutcome::FoundHere { " on these targets" } else { "" };
    write!(out, ": {found}{here}").expect("writing to a string");
    if let Some(margin) = claim.margin {
        write!(out, " (margin {})", fixed(margin, 2.max(places))).expect("writing to a string");
    }
    let by_target = claim.by_target.p_adjusted.map(|p| format!("by target p {} after Holm", p_value(p)));
    let by_item =
        claim.by_item.p_adjusted.map(|p| format!("over their {} items p {}", count(claim.n_items), p_value(p)));
    let tests: Vec<String> = by_target.into_iter().chain(by_item).collect();
    if !tests.is_empty() {
        write!(out, "; {}", tests.join(", ")).expect("writing to a string");
    }
    if claim.n_targets < targets_needed(ALPHA)
        && claim.by_target.test == "sign_flip"
        && let Some(smallest) = claim.by_target.smallest_p
    {
        write!(out, "; {} targets cannot give a p below {}", count(claim.n_targets), fixed(smallest, 3))
            .expect("writing to a string");
    }
    out
}
