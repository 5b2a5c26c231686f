//! Items besides levels: values that do not exist, two vintages, days of publication, forecasts under two dates.

use std::collections::BTreeMap;

use super::level_items::{LEAST_EARLIER, fields_of, is_chosen, is_since, item, known_since, tolerance};
use super::period::{Period, day_words, saturday_after};
use super::series::{Observation, Series};
use crate::dataset::item::Item;
use crate::suite::SeriesSelection;

/// Years behind the last value, or the suite's day in the future, at which a series is asked for one that cannot be known.
const AHEAD_YEARS: i32 = 10;

/// What no answer can be right about: values that were never published, days off, periods long after the last value.
pub(super) fn impossible(series: &[Series], selection: &SeriesSelection) -> Vec<Item> {
    let mut items = Vec::new();
    for one in series.iter().filter(|one| is_chosen(selection, &one.about)) {
        let about = &one.about;
        let mut put = |period: Period, why: &str| {
            let mut fields = fields_of(about, period);
            fields.insert("why".to_owned(), why.into());
            fields.insert("tolerance".to_owned(), tolerance(about.tolerance));
            items.push(item(format!("{}/{period}", about.id), period.last_month(), fields));
        };
        for seen in one.values.iter().filter(|seen| seen.value.is_none()) {
            put(seen.period, "never published");
        }
        let Some(last) = one.values.last() else { continue };
        // Long after the file's end, and after a day that is in the future of all who read this.
        let future = selection.future_date.as_deref().and_then(Period::read).map_or(i32::MIN, Period::last_month);
        let ahead = |step: i32| {
            let mut period = last.period.later(step * AHEAD_YEARS);
            while period.last_month() < future {
                period = period.later(step);
            }
            period
        };
        match last.period {
            Period::Day(_) => {
                let is_weekend = |seen: &&Observation| matches!(seen.period, Period::Day(day) if day.weekday().to_monday_zero_offset() > 4);
                // A market that is open at weekends has no day off that could be known.
                if one.values.iter().any(|seen| is_weekend(&seen)) {
                    continue;
                }
                // The last ten weeks' Saturdays.
                let mut days: Vec<_> =
                    one.values.iter().rev().take(50).filter_map(|seen| saturday(seen.period)).collect();
                days.sort_unstable();
                days.dedup();
                for day in days {
                    put(Period::Day(day), "the market was closed");
                }
            }
            Period::Month(_) => {
                for more in [12, 18, 24] {
                    put(ahead(12).later(more), "in the future");
                }
            }
            Period::Quarter(_) => {
                for more in [4, 6, 8] {
                    put(ahead(4).later(more), "in the future");
                }
            }
        }
    }
    items
}

fn saturday(period: Period) -> Option<jiff::civil::Date> {
    match period {
        Period::Day(day) => saturday_after(day),
        Period::Month(_) | Period::Quarter(_) => None,
    }
}

/// The same quantity in two vintages or base years: which of the two does an answer give?
pub(super) fn vintages(series: &[Series], selection: &SeriesSelection) -> Vec<Item> {
    let mut items = Vec::new();
    for one in series.iter().filter(|one| is_chosen(selection, &one.about)) {
        let Some(twin) = one.about.twin.as_ref().and_then(|id| series.iter().find(|other| other.about.id == *id))
        else {
            continue;
        };
        let mut n_seen = 0;
        let of_twin: BTreeMap<Period, f64> =
            twin.values.iter().filter_map(|other| Some((other.period, other.value?))).collect();
        let mut n_before = 0;
        for seen in &one.values {
            let other = of_twin.get(&seen.period).copied();
            let n_earlier = n_before;
            n_before += usize::from(seen.value.is_some());
            let (Some(value), Some(other)) = (seen.value, other) else { continue };
            if !is_since(selection, seen.period) || n_earlier < LEAST_EARLIER {
                continue;
            }
            let is_due = n_seen % selection.every.max(1) == 0;
            n_seen += 1;
            if !is_due {
                continue;
            }
            let mut fields = fields_of(&one.about, seen.period);
            fields.insert("truth".to_owned(), value.into());
            fields.insert("truth_text".to_owned(), seen.text.as_str().into());
            fields.insert("other_truth".to_owned(), other.into());
            fields.insert("other_vintage".to_owned(), twin.about.vintage.as_str().into());
            fields.insert("other_unit".to_owned(), twin.about.unit.as_str().into());
            fields.insert("known_since".to_owned(), known_since(&one.about, seen).into());
            fields.insert("tolerance".to_owned(), tolerance(one.about.tolerance));
            items.push(item(format!("{}/{}", one.about.id, seen.period), seen.period.last_month(), fields));
        }
    }
    items
}

/// On which day was a value published? Only of values whose day is in the file.
pub(super) fn releases(series: &[Series], selection: &SeriesSelection) -> Vec<Item> {
    let mut items = Vec::new();
    for one in series.iter().filter(|one| is_chosen(selection, &one.about)) {
        for seen in &one.values {
            let Some(day) = seen.published else { continue };
            let mut fields = fields_of(&one.about, seen.period);
            fields.insert("truth_date".to_owned(), day.to_string().into());
            fields.insert("truth_text".to_owned(), day_words(day).into());
            fields.insert("known_since".to_owned(), known_since(&one.about, seen).into());
            items.push(item(format!("{}/{}", one.about.id, seen.period), seen.period.last_month(), fields));
        }
    }
    items
}

/// A forecast from a given history under several stated dates of today, each asked several times.
pub(super) fn forecasts(series: &[Series], selection: &SeriesSelection) -> Vec<Item> {
    let mut items = Vec::new();
    for one in series.iter().filter(|one| is_chosen(selection, &one.about)) {
        let mut n_seen = 0;
        let mut earlier: Vec<&Observation> = Vec::new();
        for seen in &one.values {
            let Some(value) = seen.value else { continue };
            let is_asked = is_since(selection, seen.period) && earlier.len() >= LEAST_EARLIER.max(selection.context);
            let is_due = is_asked && n_seen % selection.every.max(1) == 0;
            n_seen += usize::from(is_asked);
            if is_due {
                items.extend(forecast(one, seen, value, &earlier, selection));
            }
            earlier.push(seen);
        }
    }
    items
}

fn forecast(
    series: &Series,
    seen: &Observation,
    value: f64,
    earlier: &[&Observation],
    selection: &SeriesSelection,
) -> Vec<Item> {
    let shown = &earlier[earlier.len() - selection.context.min(earlier.len())..];
    let lines: String = shown.iter().map(|seen| format!("{}: {}\n", seen.period, seen.text)).collect();
    let today = earlier.last().map_or(seen.period, |before| before.period);
    let dates = [("past", day_after(today)), ("future", selection.future_date.clone().unwrap_or_default())];
    let mut items = Vec::new();
    for (stated, date) in dates.into_iter().filter(|(_, date)| !date.is_empty()) {
        for repeat in 1..=selection.repeats.max(1) {
            let mut fields = fields_of(&series.about, seen.period);
            fields.insert("truth".to_owned(), value.into());
            fields.insert("truth_text".to_owned(), seen.text.as_str().into());
            fields.insert("context".to_owned(), lines.trim_end().into());
            fields.insert("stated".to_owned(), stated.into());
            fields.insert("today".to_owned(), date.as_str().into());
            fields.insert("repeat".to_owned(), repeat.into());
            fields.insert("known_since".to_owned(), known_since(&series.about, seen).into());
            fields.insert("tolerance".to_owned(), tolerance(series.about.tolerance));
            let id = format!("{}/{}/{stated}/{repeat}", series.about.id, seen.period);
            items.push(item(id, seen.period.last_month(), fields));
        }
    }
    items
}

/// The day on which the forecaster stands: the last day of a history of days, else the middle of the month after it.
fn day_after(period: Period) -> String {
    match period {
        Period::Day(day) => day.to_string(),
        Period::Month(_) | Period::Quarter(_) => {
            format!("{}-15", super::period::month_text(period.last_month() + 1))
        }
    }
}
