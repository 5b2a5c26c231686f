//! The date of a text: how far off, and whether year, month and day are right.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{mean, median, share};
use crate::scoring::reading::{DatePrecision, DateReading};

/// The days that an answer allows, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedAnswer {
    /// How finely it dates.
    pub precision: DatePrecision,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
}

impl DatedAnswer {
    /// The days that were read; `None`: none were.
    #[must_use]
    pub fn of(read: &DateReading) -> Option<Self> {
        Some(Self { precision: read.precision?, start: read.start?, end: read.end? })
    }

    /// Inside the true year.
    #[must_use]
    pub fn is_in_year_of(&self, truth: Date) -> bool {
        is_year_right(truth, self)
    }

    /// A day or month of the true month.
    #[must_use]
    pub fn is_in_month_of(&self, truth: Date) -> bool {
        is_month_right(truth, self)
    }

    /// The true day.
    #[must_use]
    pub fn is_day(&self, truth: Date) -> bool {
        self.precision == DatePrecision::Day && self.start == truth && self.end == truth
    }
}

/// A text's true day and what was answered; `None`: refused or unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadlineItem {
    /// The day of the text.
    pub truth: Date,
    /// What was answered.
    pub answer: Option<DatedAnswer>,
}

/// How well texts were dated. Days are over answered texts; shares over all of them, where no answer is a miss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadlineDating {
    /// One a text, in order: see [`signed_days`].
    pub signed_days: Vec<Option<i64>>,
    /// Mean |days|.
    pub mean_abs_days: Option<f64>,
    /// Median |days|.
    pub median_abs_days: Option<f64>,
    /// Share of intervals inside one year, the true one.
    pub year_accuracy: Option<f64>,
    /// Share dated to a day or month of the true month.
    pub month_accuracy: Option<f64>,
    /// Share dated to the true day.
    pub exact_day_accuracy: Option<f64>,
    /// Texts answered.
    pub n_answered: usize,
    /// Texts.
    pub n: usize,
}

/// Days from the truth to the nearest end of the interval: 0 inside it, above 0 answered too late, below 0 too early.
#[must_use]
pub fn signed_days(truth: Date, answer: &DatedAnswer) -> i64 {
    let days = |from: Date, to: Date| (to.duration_since(from)).as_hours() / 24;
    if truth < answer.start {
        days(truth, answer.start)
    } else if truth > answer.end {
        days(truth, answer.end)
    } else {
        0
    }
}

/// All of them at once. An interval is taken from its ends whatever its precision says. O(n log n).
#[must_use]
pub fn headline_dating(items: &[HeadlineItem]) -> HeadlineDating {
    let signed: Vec<Option<i64>> =
        items.iter().map(|item| item.answer.as_ref().map(|answer| signed_days(item.truth, answer))).collect();
    let sizes: Vec<f64> = signed.iter().flatten().map(|days| days.unsigned_abs() as f64).collect();
    let holds = |claim: fn(Date, &DatedAnswer) -> bool| {
        share(items.iter().map(|item| item.answer.as_ref().is_some_and(|answer| claim(item.truth, answer))))
    };
    HeadlineDating {
        mean_abs_days: mean(sizes.iter().copied()),
        n_answered: sizes.len(),
        median_abs_days: median(sizes),
        year_accuracy: holds(is_year_right),
        month_accuracy: holds(is_month_right),
        exact_day_accuracy: holds(|truth, answer| answer.is_day(truth)),
        n: items.len(),
        signed_days: signed,
    }
}

fn is_year_right(truth: Date, answer: &DatedAnswer) -> bool {
    answer.start.year() == truth.year() && answer.end.year() == truth.year()
}

fn is_month_right(truth: Date, answer: &DatedAnswer) -> bool {
    matches!(answer.precision, DatePrecision::Day | DatePrecision::Month)
        && is_year_right(truth, answer)
        && answer.start.month() == truth.month()
        && answer.end.month() == truth.month()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn between(precision: DatePrecision, start: Date, end: Date) -> DatedAnswer {
        DatedAnswer { precision, start, end }
    }

    #[test]
    fn days_are_counted_from_the_nearest_end() {
        let truth = date(2008, 3, 1);
        let of = |start, end| signed_days(truth, &between(DatePrecision::Month, start, end));
        assert_eq!(of(date(2008, 3, 1), date(2008, 3, 31)), 0);
        assert_eq!(of(date(2008, 2, 1), date(2008, 2, 29)), -1);
        assert_eq!(of(date(2008, 3, 2), date(2008, 3, 2)), 1);
        assert_eq!(of(date(2009, 1, 1), date(2009, 12, 31)), 306);
    }

    #[test]
    fn a_quarter_knows_the_year_and_not_the_month() {
        let item = |answer| HeadlineItem { truth: date(2008, 9, 15), answer };
        let quarter = between(DatePrecision::Quarter, date(2008, 7, 1), date(2008, 9, 30));
        let day = between(DatePrecision::Day, date(2008, 9, 16), date(2008, 9, 16));
        let found = headline_dating(&[item(Some(quarter)), item(Some(day)), item(None), item(None)]);
        assert_eq!((found.year_accuracy, found.month_accuracy), (Some(0.5), Some(0.25)));
        assert_eq!((found.exact_day_accuracy, found.mean_abs_days), (Some(0.0), Some(0.5)));
        assert_eq!((found.n, found.n_answered), (4, 2));
        assert_eq!(found.signed_days, [Some(0), Some(1), None, None]);
    }

    #[test]
    fn an_interval_over_new_year_names_no_year() {
        let answer = between(DatePrecision::Month, date(2007, 12, 20), date(2008, 1, 10));
        let found = headline_dating(&[HeadlineItem { truth: date(2008, 1, 5), answer: Some(answer) }]);
        assert_eq!((found.year_accuracy, found.month_accuracy), (Some(0.0), Some(0.0)));
        assert_eq!(headline_dating(&[]).year_accuracy, None);
    }
}
