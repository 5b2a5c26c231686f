//! Claims with both tests of each: by target, which speaks of other targets, too, and by item, which does not.

use std::collections::BTreeSet;

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::grouped;
use crate::record::{Claim, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::metric_name::method_words;
use crate::report::number;

/// A smallest possible p below this needs no mention.
const SMALL_ENOUGH: f64 = 0.001;

/// A group for each model and kind of claim, a row for each measure.
pub(super) fn claims(record: &Unlearning, anchors: &mut Anchors) -> Table {
    let models = distinct(record.claims.iter().map(|claim| claim.model.as_str()));
    let mut claims: Vec<&Claim> = record.claims.iter().collect();
    claims.sort_by_key(|claim| (models.iter().position(|model| *model == claim.model), claim.kind));
    let rows = claims.iter().map(|claim| {
        let label = format!("{} · {} against {}", capitalised(claim.kind.words()), claim.model, claim.against);
        (label, claim_row(claim))
    });
    Table {
        id: anchors.claim(&["unlearning-claims"]),
        caption: "Is it forgotten, is the rest kept, and is the model like one that never knew?".to_owned(),
        note: note(&claims),
        columns: ["Measure", "Shown"]
            .map(words)
            .into_iter()
            .chain(["Model", "Against", "Difference", "Margin", "p by target", "p by item", "Targets"].map(numbers))
            .collect(),
        groups: grouped(rows),
        is_long: false,
    }
}

fn claim_row(claim: &Claim) -> Row {
    let decimals = number::decimals(claim.interval.as_ref());
    let plain = |value: Option<f64>| {
        value
            .filter(|value| value.is_finite())
            .map_or_else(Cell::undefined, |value| Cell::text(number::fixed(value, decimals)))
    };
    let mut targets = Cell::text(number::count(claim.n_targets));
    targets.aside = format!("{} items", number::count(claim.n_items));
    Row::new(vec![
        Cell::text(claim.title.as_str()),
        Cell::text(claim.outcome.words()),
        plain(claim.value),
        plain(claim.value_against),
        difference(claim),
        claim.margin.map_or_else(Cell::undefined, |margin| Cell::text(number::fixed(margin, decimals.max(2)))),
        by_target(claim),
        by_item(claim),
        targets,
    ])
}

/// The raw p; beside it Holm's, and how small it could have been with so few targets.
fn by_target(claim: &Claim) -> Cell {
    let smallest = claim.by_target.smallest_p.filter(|smallest| *smallest > SMALL_ENOUGH);
    let least = smallest.map(|smallest| format!("least after Holm {}", number::p_value(Some(smallest))));
    p_cell(claim.by_target.p_value, claim.by_target.p_adjusted, least)
}

/// The raw p; beside it Holm's, and the distance of the items' values where likeness is claimed.
fn by_item(claim: &Claim) -> Cell {
    let ks = claim
        .by_item
        .ks_distance
        .map(|distance| format!("KS {}, p {}", number::fixed(distance, 2), number::p_value(claim.by_item.ks_p)));
    p_cell(claim.by_item.p_value, claim.by_item.p_adjusted, ks)
}

fn p_cell(raw: Option<f64>, adjusted: Option<f64>, more: Option<String>) -> Cell {
    let mut cell = raw.map_or_else(Cell::undefined, |_| Cell::text(number::p_value(raw)));
    let holm = adjusted.map(|_| format!("Holm {}", number::p_value(adjusted)));
    cell.aside = holm.into_iter().chain(more).collect::<Vec<String>>().join("; ");
    cell
}

/// Over targets; over items where targets cannot be paired, and the cell says so.
fn difference(claim: &Claim) -> Cell {
    if claim.difference.is_some() {
        return Cell::difference(claim.difference, claim.interval.as_ref());
    }
    let mut cell = Cell::difference(claim.by_item.difference, claim.by_item.interval.as_ref());
    if claim.by_item.difference.is_some() {
        cell.aside = if cell.aside.is_empty() { "by item".to_owned() } else { format!("{}; by item", cell.aside) };
    }
    cell
}

fn note(claims: &[&Claim]) -> String {
    let mut tests: Vec<String> = Vec::new();
    for kind in claims.iter().map(|claim| claim.kind).collect::<BTreeSet<_>>() {
        let own = || claims.iter().filter(move |claim| claim.kind == kind);
        let by_target = distinct(own().map(|claim| claim.by_target.test.as_str()).filter(|test| !test.is_empty()));
        let by_item = distinct(own().map(|claim| claim.by_item.test.as_str()).filter(|test| !test.is_empty()));
        let named = |tests: Vec<&str>| tests.into_iter().map(method_words).collect::<Vec<String>>().join(", ");
        tests.push(match (named(by_target), named(by_item)) {
            (target, item) if target == item => format!("{}: {target}", kind.words()),
            (target, item) => format!("{}: {target} by target, {item} by item", kind.words()),
        });
    }
    let intervals = interval_words(claims.iter().filter_map(|claim| claim.interval.as_ref()));
    format!(
        "Differences: model minus the other, means over targets. {intervals} Tests: {}. Holm: adjusted within each kind, tasks, all questions \
         together and texts apart. Least: the smallest p after Holm that so few targets allow. KS: largest distance of the two models' item values. By target a result \
         would hold for other targets of the kind; by item it holds for these targets and this model alone. \u{201c}Not shown\u{201d} is \
         not the opposite.",
        tests.join("; ")
    )
}
