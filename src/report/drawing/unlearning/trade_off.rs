//! Forgotten against kept, all models of the run in one picture.

use super::{estimate, outcome};
use crate::record::{ClaimKind, MeasureValue, ModelEntry, Role, Side, SuiteResults, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::figure::trade_off::{self, TradeOff, TradePoint};
use crate::report::figure::{Figure, FigureError, FigureWords, ModelPart};
use crate::report::metric_name::MetricName;
use crate::report::part;
use crate::report::table::interval_words;

/// Draws it; `None` where the suite measures only one of the two.
pub(super) fn draw(
    results: &SuiteResults,
    record: &Unlearning,
    anchors: &mut Anchors,
) -> Result<Option<Figure>, FigureError> {
    let forgotten = part::leading_measure(record, Side::Forget);
    let kept = part::leading_measure(record, Side::Neighbour).or_else(|| part::leading_measure(record, Side::Utility));
    let (Some(forgotten), Some(kept)) = (forgotten, kept) else { return Ok(None) };
    let row = |measure: &MeasureValue, model: &ModelEntry| {
        record.measures.iter().find(|row| row.measure == measure.measure && row.model == model.slug)
    };
    let mut rows: Vec<&MeasureValue> = Vec::new();
    let mut points = Vec::new();
    let mut n_tested = 0;
    for model in part::in_order(results) {
        let part = match model.role {
            Role::Baseline => ModelPart::Before,
            Role::Reference => ModelPart::NeverKnew,
            _ => {
                n_tested += 1;
                ModelPart::After(n_tested - 1)
            }
        };
        let (Some(x), Some(y)) = (row(forgotten, model), row(kept, model)) else { continue };
        rows.extend([x, y]);
        let both = (estimate(x.value, x.interval.as_ref()), estimate(y.value, y.interval.as_ref()));
        if let (Some(x), Some(y)) = both {
            points.push(TradePoint { name: part::words(model), part, x, y });
        }
    }
    if points.is_empty() {
        return Ok(None);
    }
    let mut caption = vec![
        interval_words(rows.iter().filter_map(|row| row.interval.as_ref())),
        "Means over targets; the unit is the target.".to_owned(),
    ];
    if points.iter().any(|point| point.part == ModelPart::Before) {
        caption.push("Arrows lead from the model before to each that was made to forget.".to_owned());
    }
    caption.retain(|sentence| !sentence.is_empty());
    let input = TradeOff {
        words: FigureWords {
            id: anchors.claim(&["unlearning-trade-off", &results.suite]),
            title: title(results, record, (forgotten, kept)),
            subtitle: format!("What was kept ({}) against what is left ({})", kept.title, forgotten.title),
            caption: caption.join(" "),
        },
        x_name: format!(
            "{}: {} (lower is better)",
            forgotten.title,
            MetricName::parse(&forgotten.metric).score_words()
        ),
        y_name: format!("{}: {} (higher is better)", kept.title, MetricName::parse(&kept.metric).score_words()),
        points,
    };
    trade_off::draw(&input).map(Some)
}

/// What the claims about the two measures say; of several models, how many.
fn title(results: &SuiteResults, record: &Unlearning, (forgotten, kept): (&MeasureValue, &MeasureValue)) -> String {
    let tested: Vec<&ModelEntry> = results.models.iter().filter(|model| model.role == Role::Model).collect();
    let what = if kept.side == Side::Neighbour { "neighbours" } else { "the rest" };
    let claims = |kind, measure: &MeasureValue| -> Vec<_> {
        tested.iter().filter_map(|model| outcome::find(record, kind, &measure.measure, &model.slug)).collect()
    };
    let gone = claims(ClaimKind::Forgetting, forgotten);
    let left = claims(ClaimKind::Preservation, kept);
    if let [model] = tested.as_slice() {
        let words = [
            gone.first().and_then(|claim| outcome::forgetting(claim)).map(str::to_owned),
            left.first().and_then(|claim| outcome::preservation(claim)).map(|found| format!("{what} {found}")),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        if !words.is_empty() {
            return format!("{}: {}", model.slug, words.join("; "));
        }
    }
    let gone = outcome::Tally::of(gone.into_iter()).words("Less is left", "models");
    let left = outcome::Tally::of(left.into_iter()).words(&format!("{what} kept within the margin"), "models");
    let words: Vec<String> = gone.into_iter().chain(left).collect();
    if words.is_empty() {
        "What is left of what was to be forgotten, and of the rest".to_owned()
    } else {
        capitalised(&words.join("; "))
    }
}
