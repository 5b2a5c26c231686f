//! Economic series, headlines and reports as items: what was a value, and when could it be known?
//!
//! `period.rs` reads days, months and quarters, `about.rs` what is to be known of a series, `series.rs` its values; `level_items.rs` makes
//! one item a series and period, `other_items.rs` those that are about no level, `text_items.rs` those of texts.

mod about;
mod level_items;
mod other_items;
mod period;
mod series;
mod text_items;

pub use about::{About, Measure, Tolerance};
pub use period::{Period, month_of, month_text, month_words};
pub use series::{Observation, Series, series_of};

use super::error::DataError;
use super::item::Item;
use super::row::Row;
use crate::digest::sha256_hex;
use crate::suite::{DataSchema, SeriesSelection};
use level_items::Kind;

/// The items of a file in one of the economic schemas.
///
/// # Errors
/// The first faulty row; a series that is named and not there; a file in which there is nothing to ask.
pub(super) fn items(schema: DataSchema, rows: &[Row], selection: &SeriesSelection) -> Result<Vec<Item>, DataError> {
    let file = rows.first().map_or(String::new(), |row| row.file.to_string());
    let nothing =
        |what: &str, advice| Err(DataError::NothingToAsk { file: file.clone(), what: what.to_owned(), advice });
    match schema {
        DataSchema::EconomicHeadlines => return text_items::headlines(rows),
        DataSchema::EconomicReports => return text_items::reports(rows),
        _ => {}
    }
    let series = series_of(rows)?;
    if let Some(unknown) = selection.series.iter().find(|id| !series.iter().any(|one| one.about.id == **id)) {
        let known = series.iter().map(|one| one.about.id.clone()).collect();
        return Err(DataError::UnknownSeries { file, series: unknown.clone(), known });
    }
    let (mut items, what, advice) = match schema {
        DataSchema::EconomicMoves => (
            level_items::items(&series, selection, Kind::Moves),
            "a period with six values before it and a change",
            "bring longer series",
        ),
        DataSchema::EconomicRenamed => (
            level_items::items(&series, selection, Kind::Renamed),
            "a `false_name`",
            "add one, or leave the task out with --task",
        ),
        DataSchema::EconomicSwapped => (
            level_items::items(&series, selection, Kind::Swapped),
            "another series of its measure and frequency",
            "bring one, or leave the task out with --task",
        ),
        DataSchema::EconomicAfterFakeCutoff => (
            level_items::items(&series, selection, Kind::AfterFakeCutoff),
            "a value after the date after which the model is told to know nothing",
            "bring later values, or leave the task out with --task",
        ),
        DataSchema::EconomicImpossible => {
            (other_items::impossible(&series, selection), "a last value", "bring a series with values")
        }
        DataSchema::EconomicVintages => (
            other_items::vintages(&series, selection),
            "a `twin` with values of the same periods",
            "name the other vintage, or leave the task out with --task",
        ),
        DataSchema::EconomicReleases => (
            other_items::releases(&series, selection),
            "a `published` day",
            "add some, or leave the task out with --task",
        ),
        DataSchema::EconomicForecasts => (
            other_items::forecasts(&series, selection),
            "a period with enough values before it",
            "bring longer series, or leave the task out with --task",
        ),
        _ => (
            level_items::items(&series, selection, Kind::Values),
            "a period with six values before it",
            "bring longer series",
        ),
    };
    // In an order of chance that never changes: the first so many of a limit are then of all series and times.
    items.sort_by_cached_key(|item| sha256_hex(item.id.as_bytes()));
    if items.is_empty() { nothing(what, advice) } else { Ok(items) }
}

#[cfg(test)]
mod tests;
