//! Adversarial questions by form: what each still brings back, before and after.

use super::{Shown, estimate};
use crate::record::{AttackValue, IntervalRecord};
use crate::report::anchor::Anchors;
use crate::report::figure::dot_plot::{self, DotModel, DotPlot, DotRow};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::metric_name::MetricName;
use crate::report::table::interval_words;
use crate::report::{number, part};

/// Level below which an adjusted difference stands.
const ALPHA: f64 = 0.05;
/// What a point without whiskers means.
const WITHOUT_WIDTH: &str =
    "A point without whiskers: all its answers scored the same, which tells nothing of how others would score.";

/// Draws the forms that the model was asked; `None` without one.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let models = shown.models();
    let row =
        |attack: &str, slug: &str| shown.record.attacks.iter().find(|row| row.attack == attack && row.model == slug);
    let own: Vec<&AttackValue> = shown.record.attacks.iter().filter(|row| row.model == shown.model.slug).collect();
    let Some(first) = own.first() else { return Ok(None) };
    let measure = MetricName::parse(&first.metric).score_words();
    let rows = own.iter().map(|form| DotRow {
        label: part::attack_words(&form.attack),
        count: number::count(form.n),
        estimates: models
            .iter()
            .map(|(model, _)| row(&form.attack, &model.slug).and_then(|row| estimate(row.value, row.interval.as_ref())))
            .collect(),
    });
    let drawn = shown.record.attacks.iter().filter(|row| models.iter().any(|(model, _)| model.slug == row.model));
    let intervals: Vec<&IntervalRecord> = drawn.filter_map(|row| row.interval.as_ref()).collect();
    let mut caption = vec![interval_words(intervals.iter().copied())];
    if intervals.iter().any(|interval| interval.low >= interval.high) {
        caption.push(WITHOUT_WIDTH.to_owned());
    }
    caption.push("n: questions of the model under test.".to_owned());
    if own.iter().any(|row| row.p_adjusted.is_some()) {
        caption.push(
            "Differences from before are tested by item and adjusted by Benjamini-Hochberg over all forms and models: exploratory, \
             and about these questions and this model."
                .to_owned(),
        );
    }
    caption.retain(|sentence| !sentence.is_empty());
    let input = DotPlot {
        words: FigureWords {
            id: anchors.claim(&["unlearning-attacks-by-form", &shown.results.suite, &shown.model.slug]),
            title: title(&own),
            subtitle: format!("{measure} of adversarial questions by form · model {}", shown.model.slug),
            caption: caption.join(" "),
        },
        value_name: format!("{measure} (lower: less comes back)"),
        value_range: (0.0, 1.0),
        reference: None,
        cut_below: None,
        count_name: "n".to_owned(),
        models: models.iter().map(|(model, part)| DotModel { name: part::words(model), part: *part }).collect(),
        rows: rows.collect(),
    };
    dot_plot::draw(&input).map(Some)
}

fn title(own: &[&AttackValue]) -> String {
    let tested: Vec<&&AttackValue> = own.iter().filter(|row| row.p_adjusted.is_some()).collect();
    if tested.is_empty() {
        return format!("What {} forms of adversarial questions bring back", own.len());
    }
    let stands = |row: &&&AttackValue, is_less: bool| {
        row.p_adjusted.is_some_and(|p| p < ALPHA)
            && row.difference.is_some_and(|difference| if is_less { difference < 0.0 } else { difference > 0.0 })
    };
    let less = tested.iter().filter(|row| stands(row, true)).count();
    let more = tested.iter().filter(|row| stands(row, false)).count();
    let lower = tested.iter().filter(|row| row.difference.is_some_and(|difference| difference < 0.0)).count();
    let mut out = format!(
        "Adversarial questions: {less} of {} forms are shown to bring back less than before, {lower} are lower",
        tested.len()
    );
    if more > 0 {
        out.push_str(&format!(", {more} are shown to bring back more"));
    }
    out.push_str(" (exploratory, on these questions)");
    out
}
