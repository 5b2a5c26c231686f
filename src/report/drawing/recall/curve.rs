//! Hits over time, month by month or by quarter, beside the naive forecaster's.

use super::Shown;
use crate::dataset::economic::{month_of, month_text};
use crate::record::{CutoffEstimate, MonthHits};
use crate::report::anchor::Anchors;
use crate::report::figure::hit_curve::{self, HitCurve, HitMark, HitPoint};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;

/// More months than this are drawn by quarter.
const MOST_MONTHS: usize = 120;

/// Draws the question for levels; `None` where no month has a value.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let model = shown.model;
    let is_by_quarter = model.months.len() > MOST_MONTHS;
    let points = points(&model.months, if is_by_quarter { 3 } else { 1 });
    if points.is_empty() {
        return Ok(None);
    }
    let period = if is_by_quarter { "quarter" } else { "month" };
    let end = model.cutoffs.iter().find(|cutoff| cutoff.group == "all" && cutoff.is_found);
    let at = |month: Option<&str>| month.and_then(month_of).map(f64::from);
    let grey = model
        .sides
        .as_ref()
        .and_then(|sides| Some((at(Some(&sides.before_until))? + 1.0, at(Some(&sides.after_since))?)));
    let mut caption = vec![format!(
        "Of the values of a {period}, the share that the model hit and that the strongest naive forecaster hit, which sees the values before. \
         Refusals and unreadable answers are misses."
    )];
    if let Some(end) = end {
        caption.push(format!(
            "Where hits end: Bernoulli change point over all series, {} in 999 permutations; the band holds the months with a likelihood \
             ratio within 3.84 of the best.",
            end.p_value.map_or_else(|| "p unknown".to_owned(), number::p_clause)
        ));
    }
    let input = HitCurve {
        words: FigureWords {
            id: anchors.claim(&["recall-over-time", &shown.results.suite, &model.model]),
            title: title(end, model.stated_cutoff.as_deref()),
            subtitle: format!("Share of values hit, by {period} · model {}", model.model),
            caption: caption.join(" "),
        },
        value_name: format!("share of values hit, by {period}"),
        names: (model.model.clone(), "naive forecaster".to_owned()),
        points,
        grey,
        stated: at(model.stated_cutoff.as_deref()).map(|at| HitMark {
            at,
            name: format!("stated cutoff {}", model.stated_cutoff.as_deref().unwrap_or_default()),
        }),
        end: end.and_then(|end| Some(HitMark { at: at(end.month.as_deref())?, name: end_words(end) })),
        end_span: end.and_then(|end| Some((at(end.low.as_deref())?, at(end.high.as_deref())?))),
    };
    hit_curve::draw(&input).map(Some)
}

/// `hits end before 2016-01 (2016-01 to 2016-03)`.
fn end_words(end: &CutoffEstimate) -> String {
    let month = end.month.as_deref().unwrap_or(number::UNDEFINED);
    match (&end.low, &end.high) {
        (Some(low), Some(high)) => format!("hits end before {month} ({low} to {high})"),
        _ => format!("hits end before {month}"),
    }
}

fn title(end: Option<&CutoffEstimate>, stated: Option<&str>) -> String {
    let stated = stated.map_or_else(|| "no cutoff is stated".to_owned(), |stated| format!("stated cutoff {stated}"));
    match end {
        Some(end) => format!("Over all series {}; {stated}", end_words(end)),
        None => format!("Over all series no month is found in which hits end; {stated}"),
    }
}

/// Counts of `width` months together; months that cannot be read are left out.
fn points(months: &[MonthHits], width: i32) -> Vec<HitPoint> {
    let mut out: Vec<(i32, HitPoint)> = Vec::new();
    for row in months {
        let Some(month) = month_of(&row.month) else { continue };
        let place = month.div_euclid(width);
        match out.iter_mut().find(|(other, _)| *other == place) {
            Some((_, point)) => {
                point.n += row.n;
                point.hits += row.hits;
                point.baseline_hits += row.baseline_hits;
                if point.side != row.side {
                    "grey".clone_into(&mut point.side);
                }
            }
            None => out.push((
                place,
                HitPoint {
                    label: label(place, width),
                    at: f64::from(place * width) + f64::from(width - 1) / 2.0,
                    n: row.n,
                    hits: row.hits,
                    baseline_hits: row.baseline_hits,
                    side: row.side.clone(),
                },
            )),
        }
    }
    out.sort_by_key(|(place, _)| *place);
    out.into_iter().map(|(_, point)| point).collect()
}

fn label(place: i32, width: i32) -> String {
    if width == 3 { format!("{} Q{}", place.div_euclid(4), place.rem_euclid(4) + 1) } else { month_text(place) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_of_a_quarter_are_counted_together_and_mixed_sides_are_grey() {
        let month = |month: &str, side: &str| MonthHits {
            month: month.to_owned(),
            n: 4,
            hits: 3,
            baseline_hits: 1,
            side: side.to_owned(),
        };
        let months = [
            month("2015-01", "before"),
            month("2015-02", "before"),
            month("2015-03", "grey"),
            month("2015-04", "after"),
        ];
        let told: Vec<(String, u64, String)> =
            points(&months, 3).into_iter().map(|point| (point.label, point.n, point.side)).collect();
        let expected = [("2015 Q1".to_owned(), 12, "grey".to_owned()), ("2015 Q2".to_owned(), 4, "after".to_owned())];
        assert_eq!(told, expected);
        assert_eq!(points(&months, 1)[3].label, "2015-04");
        assert!(points(&[month("no month", "after")], 1).is_empty());
    }
}
