//! Every target before and after: a mean may hide one that was not forgotten.

use super::{Shown, outcome};
use crate::record::{Claim, ClaimKind, ClaimOutcome, Side, TargetValue};
use crate::report::anchor::Anchors;
use crate::report::figure::slope::{self, Slope, SlopeColumn, SlopeLine};
use crate::report::figure::{Figure, FigureError, FigureWords, ModelPart};
use crate::report::metric_name::MetricName;
use crate::report::part;

/// Draws the targets of the measure that leads what was to be forgotten; `None` without a model before.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let Some(measure) = part::leading_measure(shown.record, Side::Forget) else { return Ok(None) };
    let models = shown.models();
    if !models.iter().any(|(_, part)| *part == ModelPart::Before) {
        return Ok(None);
    }
    let of_measure = || shown.record.targets.iter().filter(|row| row.measure == measure.measure);
    let value = |target: &str, slug: &str| {
        let is_own = |row: &&TargetValue| row.target == target && row.model == slug;
        of_measure().find(is_own).and_then(|row| row.value)
    };
    let own = of_measure().filter(|row| row.model == shown.model.slug);
    let lines: Vec<SlopeLine> = own
        .map(|row| SlopeLine {
            name: row.target.clone(),
            values: models.iter().map(|(model, _)| value(&row.target, &model.slug)).collect(),
        })
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let mean = |slug: &str| {
        let is_own = |row: &&crate::record::MeasureValue| row.measure == measure.measure && row.model == slug;
        shown.record.measures.iter().find(is_own).and_then(|row| row.value)
    };
    let names: Vec<String> = models.iter().map(|(model, _)| part::words(model)).collect();
    let column = |(_, part): &(_, ModelPart)| SlopeColumn {
        name: match part {
            ModelPart::Before => "before",
            ModelPart::After(_) | ModelPart::Group(_) => "after",
            ModelPart::NeverKnew => "never knew",
        }
        .to_owned(),
        part: *part,
    };
    let claim = outcome::find(shown.record, ClaimKind::Forgetting, &measure.measure, &shown.model.slug);
    let metric = MetricName::parse(&measure.metric).score_words();
    let input = Slope {
        words: FigureWords {
            id: anchors.claim(&["unlearning-targets-before-and-after", &shown.results.suite, &shown.model.slug]),
            title: title(&lines, claim),
            subtitle: format!("{} by target · model {}", measure.title, shown.model.slug),
            caption: format!("Columns: {}. A line is a target, the mean of its items.", names.join(", ")),
        },
        value_name: format!("{}: {metric} (lower: less is left)", measure.title),
        columns: models.iter().map(column).collect(),
        mean: (lines.len() > 1).then(|| SlopeLine {
            name: "mean over targets".to_owned(),
            values: models.iter().map(|(model, _)| mean(&model.slug)).collect(),
        }),
        lines,
    };
    slope::draw(&input).map(Some)
}

/// A count of what the figure shows, and what the test makes of it.
fn title(lines: &[SlopeLine], claim: Option<&Claim>) -> String {
    let pairs: Vec<(f64, f64)> =
        lines.iter().filter_map(|line| Some(((*line.values.first()?)?, (*line.values.get(1)?)?))).collect();
    let lower = pairs.iter().filter(|(before, after)| after < before).count();
    let mut out = format!("{lower} of {} targets are lower after than before", pairs.len());
    out.push_str(match claim.map(|claim| claim.outcome) {
        Some(ClaimOutcome::Found) => "; over targets, less is left",
        Some(ClaimOutcome::FoundHere) => "; less is left on these targets, not shown for others",
        Some(ClaimOutcome::NotFound) => "; not shown that less is left",
        Some(ClaimOutcome::Untested) | None => "",
    });
    out
}
