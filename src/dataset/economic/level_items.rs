//! One item a series and period: what its value was, and all that a question may show of the values before it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::about::{About, Measure, Tolerance};
use super::period::{Period, month_of, month_text, month_words};
use super::series::{Observation, Series};
use crate::dataset::item::Item;
use crate::suite::SeriesSelection;

/// Values before an asked one that must be there, so that every baseline is defined.
pub const LEAST_EARLIER: usize = 6;

/// Which items of the periods are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Every period.
    Values,
    /// Periods whose value differs from the one before: the direction is asked.
    Moves,
    /// Series that have a false name.
    Renamed,
    /// Periods after the date after which the model is told to know nothing.
    AfterFakeCutoff,
}

/// Months since the year 0 of the day on which a value was first public, counted in whole and part months.
pub(super) fn known_since(about: &About, seen: &Observation) -> f64 {
    match seen.published {
        Some(day) => {
            f64::from(i32::from(day.year()) * 12 + i32::from(day.month()) - 1) + f64::from(day.day() - 1) / 31.0
        }
        None => f64::from(seen.period.last_month() + 1) + about.lag_months,
    }
}

/// The fields that every item of a series has.
pub(super) fn fields_of(about: &About, period: Period) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("series", about.id.as_str().into());
    put("title", about.title.as_str().into());
    put("unit", about.unit.as_str().into());
    put("group", about.group.as_str().into());
    put("asked_as", about.asked_as.as_str().into());
    put("line_name", about.line_name.as_str().into());
    put("vintage", about.vintage.as_str().into());
    put("period", period.to_string().into());
    put("period_words", period.words().into());
    put("month", period.last_month().into());
    put("decimals", about.decimals.into());
    put("target", about.target());
    fields
}

pub(super) fn item(id: String, month: i32, mut fields: BTreeMap<String, Value>) -> Item {
    fields.insert("id".to_owned(), id.as_str().into());
    Item {
        id,
        // What happens in a month moves all series of it together.
        cluster: month_text(month),
        copies: None,
        text: String::new(),
        choices: Vec::new(),
        answer: None,
        fields,
    }
}

pub(super) fn tolerance(tolerance: Tolerance) -> Value {
    match tolerance {
        Tolerance::Absolute(width) => json!({"absolute": width}),
        Tolerance::Relative(share) => json!({"relative": share}),
    }
}

/// The items of chosen series, in order of series and time.
pub(super) fn items(series: &[Series], selection: &SeriesSelection, kind: Kind) -> Vec<Item> {
    let fake_cutoff = selection.fake_cutoff.as_deref().and_then(month_of);
    let mut items = Vec::new();
    for (place, one) in series.iter().enumerate().filter(|(_, one)| is_chosen(selection, &one.about)) {
        let other = other_name(series, place);
        let mut n_seen = 0;
        for at in 0..one.values.len() {
            let seen = &one.values[at];
            let Some(value) = seen.value else { continue };
            if !is_since(selection, seen.period) || one.before(at).count() < LEAST_EARLIER {
                continue;
            }
            let is_due = n_seen % selection.every.max(1) == 0;
            n_seen += 1;
            if !is_due {
                continue;
            }
            let month = seen.period.last_month();
            let Some(before) = one.before(at).next_back() else { continue };
            let is_kept = match kind {
                Kind::Values => true,
                Kind::Moves => (before.1 - value).abs() > 0.0,
                Kind::Renamed => one.about.false_name.is_some(),
                Kind::AfterFakeCutoff => fake_cutoff.is_some_and(|cutoff| month > cutoff),
            };
            if is_kept {
                items.push(level(one, at, value, selection, other.as_deref(), kind));
            }
        }
    }
    items
}

/// Whether the builtin selection has a series; a user's file is asked whole.
pub(super) fn is_chosen(selection: &SeriesSelection, about: &About) -> bool {
    selection.series.is_empty() || selection.series.contains(&about.id)
}

pub(super) fn is_since(selection: &SeriesSelection, period: Period) -> bool {
    selection.from.as_deref().and_then(month_of).is_none_or(|from| period.last_month() >= from)
}

/// Another series of the same measure and frequency, whose name the control puts over the same numbers.
fn other_name(series: &[Series], place: usize) -> Option<String> {
    let own = &series[place];
    let frequency = |one: &Series| one.values.first().map(|seen| seen.period.frequency());
    let fits = |one: &&Series| {
        one.about.measure == own.about.measure
            && one.about.id != own.about.id
            && one.about.asked_as != own.about.asked_as
            && frequency(one) == frequency(own)
            && own.about.twin.as_ref() != Some(&one.about.id)
    };
    let after = series[place + 1..].iter().find(fits);
    after.or_else(|| series.iter().find(fits)).map(|one| one.about.asked_as.clone())
}

fn level(series: &Series, at: usize, value: f64, selection: &SeriesSelection, other: Option<&str>, kind: Kind) -> Item {
    let (about, seen) = (&series.about, &series.values[at]);
    let earlier: Vec<(&Observation, f64)> = series.before(at).collect();
    let mut fields = fields_of(about, seen.period);
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("truth", value.into());
    put("truth_text", seen.text.as_str().into());
    put("known_since", known_since(about, seen).into());
    put("tolerance", tolerance(about.tolerance));
    if let Some((before, previous)) = earlier.last() {
        put("previous", before.text.as_str().into());
        put("previous_value", (*previous).into());
        put("previous_period_words", before.period.words().into());
        let (change, change_unit) = change(about, *previous, value);
        put("change", change.map_or(Value::Null, Value::from));
        put("change_unit", change_unit.into());
        put("is_up", (value > *previous).into());
    }
    let threshold = median(earlier.iter().map(|(_, value)| *value).collect());
    let threshold_text = format!("{threshold:.*}", about.decimals);
    // As it is printed: the question and the truth must speak of one number.
    let threshold = threshold_text.parse::<f64>().unwrap_or(threshold);
    put("threshold", threshold_text.into());
    put("is_above", (value >= threshold).into());
    put("history", summary(&earlier, threshold));
    let shown = &earlier[earlier.len().saturating_sub(selection.context)..];
    let lines: String = shown.iter().map(|(seen, _)| format!("{}: {}\n", seen.period, seen.text)).collect();
    put("context", lines.trim_end().into());
    let of_line: String =
        shown.iter().map(|(seen, _)| format!("{} {} = {}\n", about.line_name, seen.period, seen.text)).collect();
    put("context_lines", of_line.into());
    put("other_name", other.map_or(Value::Null, Value::from));
    put("false_name", about.false_name.as_deref().map_or(Value::Null, Value::from));
    if let Some(cutoff) = selection.fake_cutoff.as_deref().and_then(month_of) {
        put("fake_cutoff", month_text(cutoff).into());
        put("fake_cutoff_words", month_words(cutoff).into());
    }
    let is_up = earlier.last().is_some_and(|(_, previous)| value > *previous);
    let mut item = item(format!("{}/{}", about.id, seen.period), seen.period.last_month(), fields);
    if kind == Kind::Moves {
        item.choices = ["up", "down", "unknown"].map(str::to_owned).to_vec();
        item.answer = Some(usize::from(!is_up));
    }
    item
}

/// The change from the value before: percentage points of rates, percent of all else.
fn change(about: &About, previous: f64, value: f64) -> (Option<f64>, &'static str) {
    match about.measure {
        Measure::Percent => (Some(value - previous), "percentage points"),
        _ if previous.abs() > 0.0 => (Some(100.0 * (value / previous - 1.0)), "percent"),
        _ => (None, "percent"),
    }
}

/// What the naive baselines need of all values before.
fn summary(earlier: &[(&Observation, f64)], threshold: f64) -> Value {
    let values: Vec<f64> = earlier.iter().map(|(_, value)| *value).collect();
    let n = values.len();
    #[expect(clippy::cast_precision_loss, reason = "a series has far fewer than 2^52 values")]
    let mean = values.iter().sum::<f64>() / n.max(1) as f64;
    let moved = |is: fn(f64, f64) -> bool| values.windows(2).filter(|pair| is(pair[0], pair[1])).count();
    let mut summary = Map::new();
    summary.insert("n".to_owned(), n.into());
    summary.insert("first".to_owned(), values.first().copied().into());
    summary.insert("mean".to_owned(), mean.into());
    summary.insert("last".to_owned(), values[n.saturating_sub(5)..].to_vec().into());
    summary.insert("n_up".to_owned(), moved(|before, now| now > before).into());
    summary.insert("n_down".to_owned(), moved(|before, now| now < before).into());
    summary.insert("n_above".to_owned(), values.iter().filter(|value| **value >= threshold).count().into());
    Value::Object(summary)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}
