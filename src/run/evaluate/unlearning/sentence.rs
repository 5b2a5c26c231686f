//! A claim in one sentence: what was held against what, how large the difference is, and what the tests can say.

use std::fmt::Write as _;

use crate::record::{Claim, ClaimKind, ClaimOutcome};
use crate::report::number::{count, decimals, fixed, percent, range};
use crate::statistics::wording::p_value;

/// `alpha` is the level at which a claim is found.
pub(super) fn sentence(claim: &Claim, alpha: f64, name: &dyn Fn(&str) -> String) -> String {
    let (model, against) = (name(&claim.model), name(&claim.against));
    let (Some(value), Some(other)) = (claim.value, claim.value_against) else {
        return format!("{}: {model} and {against} have no item in common", claim.title);
    };
    let places = decimals(claim.interval.as_ref()).max(2);
    let mut out = if claim.kind == ClaimKind::Selectivity {
        format!(
            "{}: from {against} to {model} {} and {} nats a token",
            claim.title,
            fixed(value, places),
            fixed(other, places)
        )
    } else {
        format!("{}: {model} {} against {against} {}", claim.title, fixed(value, places), fixed(other, places))
    };
    let unit = if claim.n_targets > 0 {
        format!("{} targets", count(claim.n_targets))
    } else {
        format!("{} items", count(claim.n_items))
    };
    if let Some(difference) = claim.difference {
        write!(out, ", difference {}", fixed(difference, places)).expect("writing to a string");
    }
    if let Some(interval) = &claim.interval {
        write!(out, " ({} CI {} over {unit})", percent(interval.level), range(interval, places))
            .expect("writing to a string");
    }
    write!(out, ": {}", found(claim)).expect("writing to a string");
    if let Some(margin) = claim.margin {
        write!(out, " (margin {})", fixed(margin, 2.max(places))).expect("writing to a string");
    }
    if claim.is_identical {
        write!(out, "; equal on all {} items", count(claim.n_items)).expect("writing to a string");
    }
    let by_target = claim.by_target.p_adjusted.map(|p| format!("by target p {} after Holm", p_value(p)));
    let by_item = claim.by_item.p_adjusted.map(|p| format!("over {} items p {}", count(claim.n_items), p_value(p)));
    let tests: Vec<String> = by_target.into_iter().chain(by_item).collect();
    if !tests.is_empty() {
        write!(out, "; {}", tests.join(", ")).expect("writing to a string");
    }
    if let Some(smallest) = claim.by_target.smallest_p.filter(|smallest| *smallest > alpha) {
        write!(out, "; {} targets cannot give a p below {} after Holm", count(claim.n_targets), fixed(smallest, 3))
            .expect("writing to a string");
    }
    out
}

/// What the tests say, and of what.
fn found(claim: &Claim) -> String {
    let is_found = matches!(claim.outcome, ClaimOutcome::Found | ClaimOutcome::FoundHere);
    let is_untested = claim.outcome == ClaimOutcome::Untested;
    let words = match (claim.kind, is_found) {
        (ClaimKind::Preservation, _) if is_untested && claim.value_against.is_some_and(|value| value.abs() < 1e-9) => {
            "nothing was there that could be kept"
        }
        (_, _) if is_untested => "not tested",
        (ClaimKind::Forgetting, true) => "less is left",
        (ClaimKind::Forgetting, false) => "not shown that less is left",
        (ClaimKind::Preservation, true) => "kept within the margin",
        (ClaimKind::Preservation, false) => "not shown to be kept",
        (ClaimKind::Selectivity, true) => "the loss is selective",
        (ClaimKind::Selectivity, false) => "not shown that the loss is selective",
        (ClaimKind::Likeness, true) => "indistinguishable from never seen, within the margin",
        (ClaimKind::Likeness, false) => "not shown to be like never seen",
        (ClaimKind::OverForgetting, true) => "further from the data than never seen: over-forgotten",
        (ClaimKind::OverForgetting, false) => "not shown to be beyond never seen",
    };
    let here = match (claim.outcome, claim.n_targets) {
        (ClaimOutcome::FoundHere, 0) => ", on these items",
        (ClaimOutcome::FoundHere, _) => ", on these targets",
        _ => "",
    };
    format!("{words}{here}")
}
