//! What was kept: differences from the model before with their intervals over targets, against the margin.

use super::{Shown, estimate, outcome};
use crate::record::{Claim, ClaimKind};
use crate::report::anchor::Anchors;
use crate::report::figure::forest::{self, Forest, ForestRow, RowOrder};
use crate::report::figure::{Estimate, Figure, FigureError, FigureWords};
use crate::report::metric_name::method_words;
use crate::report::number;
use crate::report::table::interval_words;

/// One forest for each margin, so that the band means the same for every row; none without a claim of preservation.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Vec<Figure>, FigureError> {
    let is_own = |claim: &&Claim| claim.kind == ClaimKind::Preservation && claim.model == shown.model.slug;
    let mut groups: Vec<Vec<&Claim>> = Vec::new();
    for claim in shown.record.claims.iter().filter(is_own) {
        let is_alike = |group: &&mut Vec<&Claim>| {
            group.first().is_some_and(|first| first.margin.map(f64::to_bits) == claim.margin.map(f64::to_bits))
        };
        match groups.iter_mut().find(is_alike) {
            Some(group) => group.push(claim),
            None => groups.push(vec![claim]),
        }
    }
    let mut out = Vec::new();
    for group in groups {
        match draw_group(shown, &group, anchors) {
            Ok(figure) => out.push(figure),
            // No difference of the group is a number: its table says so.
            Err(FigureError::NothingToDraw { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(out)
}

fn draw_group(shown: &Shown<'_>, claims: &[&Claim], anchors: &mut Anchors) -> Result<Figure, FigureError> {
    let against = claims.first().map_or("before", |claim| claim.against.as_str());
    let margin = claims.first().and_then(|claim| claim.margin);
    let mut caption = vec![
        format!("A row: {} minus {against}, mean over targets.", shown.model.slug),
        interval_words(claims.iter().filter_map(|claim| claim.interval.as_ref())),
    ];
    let mut tests: Vec<String> = Vec::new();
    for test in claims.iter().map(|claim| method_words(&claim.by_target.test)).filter(|test| !test.is_empty()) {
        if !tests.contains(&test) {
            tests.push(test);
        }
    }
    if !tests.is_empty() {
        caption.push(format!("Test: {}, by target; p adjusted by Holm.", tests.join("; ")));
    }
    caption.push("Kept: not lower by the margin or more. Tests by item are in the table.".to_owned());
    caption.retain(|sentence| !sentence.is_empty());
    let input = Forest {
        words: FigureWords {
            id: anchors.claim(&["unlearning-kept", &shown.results.suite, &shown.model.slug]),
            title: title(claims, margin),
            subtitle: format!("Neighbours and utility against the model before · model {}", shown.model.slug),
            caption: caption.join(" "),
        },
        effect_name: format!("difference ({} minus {against})", shown.model.slug),
        columns: vec!["before".to_owned(), "after".to_owned(), "adj. p".to_owned()],
        rows: claims
            .iter()
            .map(|claim| ForestRow {
                label: claim.title.clone(),
                cells: vec![
                    value(claim.value_against),
                    value(claim.value),
                    number::p_value(claim.by_target.p_adjusted),
                ],
                estimate: estimate(claim.difference, claim.interval.as_ref())
                    .unwrap_or(Estimate::without_interval(f64::NAN)),
            })
            .collect(),
        pooled: None,
        margin,
        sides: Some(("lost".to_owned(), "gained".to_owned())),
        order: RowOrder::AsGiven,
    };
    forest::draw(&input)
}

fn value(value: Option<f64>) -> String {
    value.map_or_else(|| number::UNDEFINED.to_owned(), |value| number::fixed(value, 3))
}

fn title(claims: &[&Claim], margin: Option<f64>) -> String {
    let margin = margin.map_or_else(String::new, |margin| format!(" of {}", number::fixed(margin, 2)));
    if let ([claim], Some(found)) = (claims, claims.first().and_then(|claim| outcome::preservation(claim))) {
        return format!("{}: {}", claim.title, found.replace("the margin", &format!("the margin{margin}")));
    }
    outcome::Tally::of(claims.iter().copied())
        .words(&format!("Kept within the margin{margin}"), "measures")
        .unwrap_or_else(|| "What was kept, against the model before".to_owned())
}
