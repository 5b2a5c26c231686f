//! One item a series and period: what its value was, and all that a question may show of the values before it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

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
    /// Series over whose values another one's name can be put.
    Swapped,
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
    put("tolerance_words", about.tolerance.words().into());
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
        history: None,
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
        let mut history = History::default();
        for (at, seen) in one.values.iter().enumerate() {
            let Some(value) = seen.value else { continue };
            let is_asked = is_since(selection, seen.period) && history.places.len() >= LEAST_EARLIER;
            let is_due = is_asked && n_seen % selection.every.max(1) == 0;
            n_seen += usize::from(is_asked);
            let month = seen.period.last_month();
            let is_kept = is_due
                && match kind {
                    Kind::Values => true,
                    Kind::Moves => history.last.is_some_and(|last| (last - value).abs() > 0.0),
                    Kind::Renamed => one.about.false_name.is_some(),
                    Kind::Swapped => other.is_some(),
                    Kind::AfterFakeCutoff => fake_cutoff.is_some_and(|cutoff| month > cutoff),
                };
            if is_kept {
                items.push(level(one, at, value, &history, selection, other, kind));
            }
            history.push(at, value);
        }
    }
    items
}

/// What is known of a series before a value, kept up as it goes on.
#[derive(Debug, Default)]
struct History {
    /// Places of the values, in the order of time.
    places: Vec<usize>,
    values: Vec<f64>,
    /// The values in their own order.
    sorted: Vec<f64>,
    sum: f64,
    n_up: usize,
    n_down: usize,
    last: Option<f64>,
}

impl History {
    fn push(&mut self, place: usize, value: f64) {
        if let Some(last) = self.last {
            self.n_up += usize::from(value > last);
            self.n_down += usize::from(value < last);
        }
        let at = self.sorted.partition_point(|known| *known < value);
        self.sorted.insert(at, value);
        self.places.push(place);
        self.values.push(value);
        self.sum += value;
        self.last = Some(value);
    }

    fn median(&self) -> f64 {
        let n = self.sorted.len();
        match n {
            0 => 0.0,
            _ if n % 2 == 1 => self.sorted[n / 2],
            _ => f64::midpoint(self.sorted[n / 2 - 1], self.sorted[n / 2]),
        }
    }

    /// What the naive baselines need of it.
    fn summary(&self, threshold: f64) -> Value {
        let n = self.values.len();
        #[expect(clippy::cast_precision_loss, reason = "a series has far fewer than 2^52 values")]
        let mean = self.sum / n.max(1) as f64;
        json!({
            "n": n,
            "first": self.values.first(),
            "mean": mean,
            "last": self.values[n.saturating_sub(5)..],
            "n_up": self.n_up,
            "n_down": self.n_down,
            "n_above": n - self.sorted.partition_point(|value| *value < threshold),
        })
    }
}

/// Whether the builtin selection has a series; a user's file is asked whole.
pub(super) fn is_chosen(selection: &SeriesSelection, about: &About) -> bool {
    selection.series.is_empty() || selection.series.contains(&about.id)
}

pub(super) fn is_since(selection: &SeriesSelection, period: Period) -> bool {
    selection.from.as_deref().and_then(month_of).is_none_or(|from| period.last_month() >= from)
}

/// Another series of the same measure and frequency, whose name the control puts over the same numbers.
fn other_name(series: &[Series], place: usize) -> Option<&About> {
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
    after.or_else(|| series.iter().find(fits)).map(|one| &one.about)
}

fn level(
    series: &Series,
    at: usize,
    value: f64,
    history: &History,
    selection: &SeriesSelection,
    other: Option<&About>,
    kind: Kind,
) -> Item {
    let (about, seen) = (&series.about, &series.values[at]);
    let before = history.places.last().map(|place| &series.values[*place]);
    let mut fields = fields_of(about, seen.period);
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("truth", value.into());
    put("truth_text", seen.text.as_str().into());
    put("known_since", known_since(about, seen).into());
    put("tolerance", tolerance(about.tolerance));
    if let (Some(before), Some(previous)) = (before, history.last) {
        put("previous", before.text.as_str().into());
        put("previous_value", previous.into());
        put("previous_period_words", before.period.words().into());
        let (change, change_unit) = change(about, previous, value);
        put("change", change.map_or(Value::Null, Value::from));
        put("change_unit", change_unit.into());
        put("is_up", (value > previous).into());
    }
    let threshold = history.median();
    let threshold_text = format!("{threshold:.*}", about.decimals);
    // As it is printed: the question and the truth must speak of one number.
    let threshold = threshold_text.parse::<f64>().unwrap_or(threshold);
    put("threshold", threshold_text.into());
    put("is_above", (value >= threshold).into());
    put("history", history.summary(threshold));
    let shown: Vec<&Observation> = history.places[history.places.len().saturating_sub(selection.context)..]
        .iter()
        .map(|place| &series.values[*place])
        .collect();
    let lines: String = shown.iter().map(|seen| format!("{}: {}\n", seen.period, seen.text)).collect();
    put("context", lines.trim_end().into());
    let lines_of = |name: &str| -> String {
        shown.iter().map(|seen| format!("{name} {} = {}\n", seen.period, seen.text)).collect()
    };
    put("context_lines", lines_of(&about.line_name).into());
    put("other_name", other.map_or(Value::Null, |other| other.asked_as.as_str().into()));
    put("other_line_name", other.map_or(Value::Null, |other| other.line_name.as_str().into()));
    put("other_context_lines", other.map_or(Value::Null, |other| lines_of(&other.line_name).into()));
    put("false_name", about.false_name.as_deref().map_or(Value::Null, Value::from));
    if let Some(cutoff) = selection.fake_cutoff.as_deref().and_then(month_of) {
        put("fake_cutoff", month_text(cutoff).into());
        put("fake_cutoff_words", month_words(cutoff).into());
    }
    let is_up = history.last.is_some_and(|previous| value > previous);
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
        _ if previous.abs() > 0.0 => {
            (Some(100.0 * (value / previous - 1.0)).filter(|change| change.is_finite()), "percent")
        }
        _ => (None, "percent"),
    }
}
