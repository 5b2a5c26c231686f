//! The sentence at the top: what was found, with interval and n, and what the control shows.

use std::fmt::Write as _;

use super::compare::{find, percent};
use super::subject::Subject;
use crate::record::{
    AnswerKinds, Claim, ClaimKind, ClaimOutcome, Comparison, FactsKept, IntervalRecord, MetricRow, Recall, Role, Side,
    Unlearning,
};
use crate::report::metric_name::MetricName;
use crate::report::number::{count, decimals, fixed, range};
use crate::run::plan::Plan;

/// The headline metric of the plan at its dose, for every model under test; empty when it was not measured.
pub(super) fn verdict(
    plan: &Plan,
    subjects: &[Subject<'_>],
    metrics: &[MetricRow],
    comparisons: &[Comparison],
) -> String {
    let Some(first) = subjects.first() else { return String::new() };
    let statistics = first.plan;
    let row = |model: &str| {
        metrics.iter().find(|row| {
            row.task == statistics.headline_task
                && row.metric == statistics.headline_metric
                && row.model == model
                && row.slice.copies == statistics.headline_copies
        })
    };
    let measure = MetricName::parse(&statistics.headline_metric).words();
    let level = percent(first.level());
    let mut sentences = Vec::new();
    for model in plan.models.iter().filter(|model| model.role == Role::Model) {
        let Some((row, value)) = row(&model.slug).and_then(|row| Some((row, row.value?))) else { continue };
        let mut sentence = format!(
            "{}: {measure}{} in {} is {}.",
            name(plan, &model.slug),
            statistics.headline_copies.map_or(String::new(), |copies| format!(" at {copies} copies")),
            statistics.headline_task,
            with_interval(value, row.interval.as_ref(), &level, &sizes(row))
        );
        let found = find(
            comparisons,
            &statistics.headline_task,
            &statistics.headline_metric,
            statistics.headline_copies,
            &model.slug,
        );
        if let Some(found) = found.filter(|found| found.difference.is_some()) {
            write!(sentence, " {}.", found.sentence).expect("writing to a string");
        }
        sentences.push(sentence);
    }
    for model in plan.models.iter().filter(|model| model.role == Role::Baseline) {
        if let Some((row, value)) = row(&model.slug).and_then(|row| Some((row, row.value?))) {
            let value = with_interval(value, row.interval.as_ref(), &level, &sizes(row));
            sentences.push(format!("{}: {value}.", name(plan, &model.slug)));
        }
    }
    sentences.join(" ")
}

/// What each model under test recalls.
pub(super) fn of_recall(found: &Recall) -> String {
    let tested = found.models.iter().filter(|model| model.role == Role::Model);
    tested.map(|model| model.sentence.clone()).collect::<Vec<_>>().join(" ")
}

/// What a run about forgetting found: of every model under test the forgetting, what it cost, and how it stands to the model that
/// never knew.
pub(super) fn of_forgetting(plan: &Plan, found: &Unlearning) -> String {
    let mut sentences = Vec::new();
    let tested = || plan.models.iter().filter(|model| model.role == Role::Model);
    let is_one_of_many = tested().count() > 1;
    for model in tested() {
        let of_model = || found.claims.iter().filter(|claim| claim.model == model.slug);
        let headline = of_model()
            .filter(|claim| claim.kind == ClaimKind::Forgetting)
            .find(|claim| claim.measure == "forget-all")
            .or_else(|| of_model().find(|claim| claim.kind == ClaimKind::Forgetting));
        if let (true, Some(claim)) = (is_one_of_many, headline) {
            let facts = found.facts.iter().find(|facts| facts.model == model.slug);
            sentences.push(in_short(&model.shown_name, claim, &of_model().collect::<Vec<_>>(), facts));
            continue;
        }
        match headline {
            Some(claim) => sentences.push(format!("{}.", claim.sentence)),
            None => {
                let measures = || {
                    let of_model = found.measures.iter().filter(|row| row.model == model.slug);
                    of_model.filter(|row| matches!(row.side, Side::Forget | Side::ForgetTexts))
                };
                let row = measures().find(|row| row.measure == "forget-all").or_else(|| measures().next());
                if let Some((row, value)) = row.and_then(|row| Some((row, row.value?))) {
                    sentences.push(format!(
                        "{}: {} of {} is left ({} items); without a baseline nothing says how much it was.",
                        model.shown_name,
                        fixed(value, 2),
                        row.title,
                        count(row.n_items)
                    ));
                } else if of_model().next().is_none() {
                    sentences.push(format!(
                        "{}: nothing that was to be forgotten was asked, and without a baseline there is nothing to compare.",
                        model.shown_name
                    ));
                }
            }
        }
        sentences.extend(kept(&of_model().collect::<Vec<_>>()));
        sentences.extend(against_never(&of_model().collect::<Vec<_>>()));
        sentences.extend(found.answers.iter().find(|row| row.model == model.slug).and_then(broken));
        sentences.extend(found.facts.iter().find(|facts| facts.model == model.slug).and_then(facts));
    }
    sentences.join(" ")
}

/// One of several models in one sentence; the tables have the rest.
fn in_short(name: &str, headline: &Claim, claims: &[&Claim], facts: Option<&FactsKept>) -> String {
    let decimals = decimals(headline.interval.as_ref()).clamp(2, 3);
    let (Some(value), Some(before)) = (headline.value, headline.value_against) else {
        return format!("{name}: no item of {} that it and the model before both answered.", headline.title);
    };
    let mut parts = vec![format!(
        "{name}: {} of {} against {} before{}",
        fixed(value, decimals),
        headline.title,
        fixed(before, decimals),
        match (headline.outcome, headline.n_targets) {
            (ClaimOutcome::Found, _) => " (less is left)",
            (ClaimOutcome::FoundHere, 0) => " (less is left, on these items)",
            (ClaimOutcome::FoundHere, _) => " (less is left, on these targets)",
            (ClaimOutcome::NotFound, _) => " (not shown that less is left)",
            (ClaimOutcome::Untested, _) => " (not tested)",
        }
    )];
    let of_kind = |kind: ClaimKind| claims.iter().filter(move |claim| claim.kind == kind);
    let preserved = || of_kind(ClaimKind::Preservation).filter(|claim| claim.outcome != ClaimOutcome::Untested);
    if preserved().next().is_some() {
        let n_kept = preserved().filter(|claim| is_found(claim)).count();
        parts.push(format!("{n_kept} of {} measures of neighbours and utility kept", preserved().count()));
    }
    let beyond = of_kind(ClaimKind::OverForgetting).copied().filter(|claim| is_found(claim));
    if beyond.clone().next().is_some() {
        parts.push(format!("over-forgotten by {}", titles(beyond)));
    }
    if let Some((row, known)) = facts.and_then(|row| Some((row, row.n_known_before?))) {
        parts.push(format!(
            "of {} facts {} come out plainly, {} only by another form",
            count(known),
            count(row.n_direct + row.n_lenient),
            count(row.n_superficial)
        ));
    }
    format!("{}.", parts.join("; "))
}

fn is_found(claim: &Claim) -> bool {
    matches!(claim.outcome, ClaimOutcome::Found | ClaimOutcome::FoundHere)
}

/// ` on these targets`, where one of the claims says no more than that.
fn reach<'c>(mut claims: impl Iterator<Item = &'c Claim>) -> &'static str {
    match claims.find(|claim| claim.outcome == ClaimOutcome::FoundHere) {
        Some(claim) if claim.n_targets == 0 => " on these items",
        Some(_) => " on these targets",
        None => "",
    }
}

fn titles<'c>(claims: impl Iterator<Item = &'c Claim>) -> String {
    claims.map(|claim| claim.title.as_str()).collect::<Vec<_>>().join(", ")
}

/// What of the rest is kept.
fn kept(claims: &[&Claim]) -> Option<String> {
    // What was not there before cannot be kept.
    let all = || {
        let of_kind = claims.iter().filter(|claim| claim.kind == ClaimKind::Preservation).copied();
        of_kind.filter(|claim| claim.outcome != ClaimOutcome::Untested)
    };
    let (n, lost) = (all().count(), all().filter(|claim| !is_found(claim)));
    let n_lost = lost.clone().count();
    match (n, n_lost) {
        (0, _) => None,
        (n, 0) => {
            Some(format!("All {n} measures of neighbours and utility are kept within their margins{}.", reach(all())))
        }
        (n, n_lost) => Some(format!("Not shown to be kept within their margins: {n_lost} of {n} ({}).", titles(lost))),
    }
}

/// How the model stands to one that never knew.
fn against_never(claims: &[&Claim]) -> Vec<String> {
    let found = |kind: ClaimKind| claims.iter().copied().filter(move |claim| claim.kind == kind && is_found(claim));
    let mut out = Vec::new();
    if found(ClaimKind::Likeness).next().is_some() {
        out.push(format!(
            "Like never seen within the margin{}: {}.",
            reach(found(ClaimKind::Likeness)),
            titles(found(ClaimKind::Likeness))
        ));
    }
    if found(ClaimKind::OverForgetting).next().is_some() {
        out.push(format!(
            "Over-forgotten{}, further from the data than never seen: {}.",
            reach(found(ClaimKind::OverForgetting)),
            titles(found(ClaimKind::OverForgetting))
        ));
    }
    out
}

/// Refusals and broken text among the answers about what was to be forgotten, where there are some.
fn broken(row: &AnswerKinds) -> Option<String> {
    let n = row.refused + row.degenerate;
    (row.side == Side::Forget && n > 0).then(|| {
        format!(
            "Of {} answers about what was to be forgotten {} are refusals and {} broken text.",
            count(row.n),
            count(row.refused),
            count(row.degenerate)
        )
    })
}

fn facts(row: &FactsKept) -> Option<String> {
    let known = row.n_known_before.filter(|known| *known > 0)?;
    Some(format!(
        "Of {} facts that were known before, {} still come out plainly ({} more but for case and punctuation), {} only by another form of the \
         question, {} by nothing that was asked.",
        count(known),
        count(row.n_direct),
        count(row.n_lenient),
        count(row.n_superficial),
        count(row.n_essential)
    ))
}

/// `1.00 (95 % CI 0.90 to 1.00, 30 seen and 400 unseen items)`.
fn with_interval(value: f64, interval: Option<&IntervalRecord>, level: &str, evidence: &str) -> String {
    let decimals = decimals(interval);
    match interval {
        Some(interval) => {
            format!("{} ({level} % CI {}, {evidence})", fixed(value, decimals), range(interval, decimals))
        }
        None => format!("{} (no interval, {evidence})", fixed(value, decimals)),
    }
}

/// A model as the user named it.
fn name<'a>(plan: &'a Plan, slug: &'a str) -> &'a str {
    plan.models.iter().find(|model| model.slug == slug).map_or(slug, |model| model.shown_name.as_str())
}

fn sizes(row: &MetricRow) -> String {
    match (row.n_members, row.n_non_members) {
        (Some(members), Some(non_members)) => {
            format!("{} seen and {} unseen items", count(members), count(non_members))
        }
        _ => format!("n = {}", count(row.n)),
    }
}
