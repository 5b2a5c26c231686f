//! Hits beyond guessing by series, before and after the cutoff.

use super::{ALPHA, LEADING, Shown, estimate};
use crate::record::BeyondGuessing;
use crate::report::anchor::Anchors;
use crate::report::figure::dot_plot::{self, DotModel, DotPlot, DotRow};
use crate::report::figure::{Figure, FigureError, FigureWords, ModelPart};
use crate::report::number;
use crate::report::table::interval_words;

/// A model this far below the forecaster is no better or worse than one further below.
const LEAST_DRAWN: f64 = -1.0;
/// Where the axis begins unless something lies below.
const LEAST_USUAL: f64 = -0.25;

/// Draws the series of the leading task, highest before first; `None` without one.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let of_side = |side: &'static str| {
        shown.model.beyond.iter().filter(move |row| row.task == LEADING && row.side == side && row.series != "all")
    };
    // Without a known cutoff there is one side alone.
    let has_sides = of_side("before").chain(of_side("after")).next().is_some();
    let sides: &[(&'static str, &str)] = if has_sides {
        &[("before", "before the cutoff"), ("after", "after it")]
    } else {
        &[("all", "over all periods")]
    };
    let mut series: Vec<(&str, f64)> = Vec::new();
    for row in sides.iter().flat_map(|(side, _)| of_side(side)) {
        if !series.iter().any(|(known, _)| *known == row.series) {
            series.push((&row.series, row.adjusted.unwrap_or(f64::NEG_INFINITY)));
        }
    }
    if series.is_empty() {
        return Ok(None);
    }
    series.sort_by(|a, b| b.1.total_cmp(&a.1));
    let drawn: Vec<&BeyondGuessing> = sides.iter().flat_map(|(side, _)| of_side(side)).collect();
    let lowest = drawn
        .iter()
        .filter_map(|row| Some(row.interval.as_ref().map_or(row.adjusted?, |interval| interval.low)))
        .fold(f64::INFINITY, f64::min);
    let rows = series.iter().map(|(id, _)| {
        let own: Vec<Option<&BeyondGuessing>> =
            sides.iter().map(|(side, _)| of_side(side).find(|row| row.series == *id)).collect();
        let count = |row: &Option<&BeyondGuessing>| {
            row.map_or_else(|| number::UNDEFINED.to_owned(), |row| number::count(row.n))
        };
        DotRow {
            label: (*id).to_owned(),
            count: own.iter().map(count).collect::<Vec<String>>().join(" / "),
            estimates: own
                .into_iter()
                .map(|row| row.and_then(|row| estimate(row.adjusted, row.interval.as_ref())))
                .collect(),
        }
    });
    let mut caption = vec![
        "A = (h \u{2212} g) / (1 \u{2212} g), h the model's share of hits over asked values, g that of the strongest naive forecaster; a \
         lower bound. Left of 0: fewer hits than the forecaster, which sees the values before."
            .to_owned(),
        interval_words(drawn.iter().filter_map(|row| row.interval.as_ref())),
        "Test: exact McNemar, Holm over the series of a side.".to_owned(),
    ];
    if has_sides {
        caption.push("n: before / after.".to_owned());
    }
    if drawn.iter().any(|row| row.adjusted.is_none()) {
        caption.push("No dot: the forecaster hits all, or there is no value.".to_owned());
    }
    caption.retain(|sentence| !sentence.is_empty());
    let input = DotPlot {
        words: FigureWords {
            id: anchors.claim(&["recall-beyond-guessing", &shown.results.suite, &shown.model.model]),
            title: title(sides, &|side| of_side(side).collect()),
            subtitle: format!("Values hit beyond guessing by series · model {}", shown.model.model),
            caption: caption.join(" "),
        },
        value_name: "share beyond guessing (A)".to_owned(),
        // One of two ranges, so that cards can be laid side by side.
        value_range: (if lowest < LEAST_USUAL { LEAST_DRAWN } else { LEAST_USUAL }, 1.0),
        reference: Some(0.0),
        cut_below: Some(LEAST_DRAWN),
        count_name: "n".to_owned(),
        models: sides
            .iter()
            .enumerate()
            .map(|(place, (_, name))| DotModel { name: (*name).to_owned(), part: ModelPart::Group(place) })
            .collect(),
        rows: rows.collect(),
    };
    dot_plot::draw(&input).map(Some)
}

/// How many series are shown to be above guessing, on each side.
fn title<'r>(sides: &[(&'static str, &str)], rows: &dyn Fn(&'static str) -> Vec<&'r BeyondGuessing>) -> String {
    let told: Vec<String> = sides
        .iter()
        .filter_map(|(side, words)| {
            let tested: Vec<&BeyondGuessing> = rows(side).into_iter().filter(|row| row.p_adjusted.is_some()).collect();
            let found = tested
                .iter()
                .filter(|row| row.adjusted.is_some_and(|it| it > 0.0) && row.p_adjusted.is_some_and(|p| p < ALPHA))
                .count();
            let n = tested.len();
            match (n, found) {
                (0, _) => None,
                (_, 0) => Some(format!("shown for none of {n} series {words}")),
                _ => Some(format!("at least {found} of {n} series {words}")),
            }
        })
        .collect();
    match told.is_empty() {
        true => "Hits beyond guessing by series; too few values for a test".to_owned(),
        false => format!("Recalled beyond guessing: {}", told.join(", ")),
    }
}
