//! Periods of series: days, months and quarters.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;

/// What one value of a series is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    Day(Date),
    /// Months since the year 0.
    Month(i32),
    /// Quarters since the year 0.
    Quarter(i32),
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const QUARTERS: [&str; 4] = ["first", "second", "third", "fourth"];

impl Period {
    /// `2008-09-15`, `2008-09` or `2008Q3`; `None`: it is none of these.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let year = |text: &str| {
            (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<i32>().ok())?
        };
        if let Some((before, quarter)) = text.split_once('Q') {
            let quarter = match quarter {
                "1" | "2" | "3" | "4" => quarter.parse::<i32>().ok()?,
                _ => return None,
            };
            return Some(Self::Quarter(year(before)? * 4 + quarter - 1));
        }
        if text.len() == 10 && text.is_ascii() {
            return text.parse().ok().map(Self::Day);
        }
        let (before, month) = text.split_once('-')?;
        let is_month = month.len() == 2 && month.bytes().all(|byte| byte.is_ascii_digit());
        let month: i32 = month.parse().ok().filter(|month| is_month && (1..=12).contains(month))?;
        Some(Self::Month(year(before)? * 12 + month - 1))
    }

    /// `D`, `M` or `Q`, as files name the frequency.
    #[must_use]
    pub fn frequency(self) -> &'static str {
        match self {
            Self::Day(_) => "D",
            Self::Month(_) => "M",
            Self::Quarter(_) => "Q",
        }
    }

    /// The month in which it ends, counted since the year 0.
    #[must_use]
    pub fn last_month(self) -> i32 {
        match self {
            Self::Day(day) => i32::from(day.year()) * 12 + i32::from(day.month()) - 1,
            Self::Month(month) => month,
            Self::Quarter(quarter) => quarter * 3 + 2,
        }
    }

    /// So many periods later, or earlier; days stay where they are: markets have days off.
    #[must_use]
    pub fn later(self, periods: i32) -> Self {
        match self {
            Self::Day(day) => Self::Day(day),
            Self::Month(month) => Self::Month(month + periods),
            Self::Quarter(quarter) => Self::Quarter(quarter + periods),
        }
    }

    /// How many periods it is before another of its kind; days count one each.
    #[must_use]
    pub fn steps_to(self, other: Self) -> Option<i64> {
        match (self, other) {
            (Self::Day(from), Self::Day(to)) => from.until(to).ok().map(|span| i64::from(span.get_days())),
            (Self::Month(from), Self::Month(to)) | (Self::Quarter(from), Self::Quarter(to)) => {
                Some(i64::from(to) - i64::from(from))
            }
            _ => None,
        }
    }

    /// As in a sentence: `July 2008`, `the third quarter of 2008`, `September 15, 2008`.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Day(day) => day_words(day),
            Self::Month(month) => month_words(month),
            Self::Quarter(quarter) => {
                let name = QUARTERS.get(usize::try_from(quarter.rem_euclid(4)).unwrap_or(0)).copied().unwrap_or("");
                format!("the {name} quarter of {}", quarter.div_euclid(4))
            }
        }
    }
}

/// `September 15, 2008`.
#[must_use]
pub fn day_words(day: Date) -> String {
    let month = usize::try_from(day.month() - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or("");
    format!("{month} {}, {}", day.day(), day.year())
}

/// `July 2008`, of months since the year 0.
#[must_use]
pub fn month_words(month: i32) -> String {
    let name = MONTHS.get(usize::try_from(month.rem_euclid(12)).unwrap_or(0)).copied().unwrap_or("");
    format!("{name} {}", month.div_euclid(12))
}

/// `2008-07`, of months since the year 0.
#[must_use]
pub fn month_text(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// Months since the year 0 of `2008-07`.
#[must_use]
pub fn month_of(text: &str) -> Option<i32> {
    match Period::read(text)? {
        Period::Month(month) => Some(month),
        Period::Day(_) | Period::Quarter(_) => None,
    }
}

/// The Saturday of a day's week: no market is open.
#[must_use]
pub fn saturday_after(day: Date) -> Option<Date> {
    let to_saturday = 6 - i32::from(day.weekday().to_sunday_zero_offset());
    day.checked_add(to_saturday.days()).ok()
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Month(month) => f.write_str(&month_text(*month)),
            Self::Quarter(quarter) => write!(f, "{:04}Q{}", quarter.div_euclid(4), quarter.rem_euclid(4) + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_printed_as_they_are_read() {
        for text in ["2008-09-15", "2008-09", "2008Q3", "1947Q1", "2025-10", "2024-02-29"] {
            assert_eq!(Period::read(text).unwrap().to_string(), text);
        }
        for text in ["2008", "2008Q5", "2008-13", "2008-9", "2023-02-29", "08-09", "2008q3", "", "2008-0é", "2008Q"] {
            assert_eq!(Period::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_quarter_ends_with_its_last_month() {
        let quarter = Period::read("2008Q3").unwrap();
        assert_eq!(month_text(quarter.last_month()), "2008-09");
        assert_eq!(quarter.words(), "the third quarter of 2008");
        assert_eq!(quarter.later(2).to_string(), "2009Q1");
        assert_eq!(Period::read("2008-12").unwrap().later(1).to_string(), "2009-01");
        assert_eq!(Period::read("2008-07").unwrap().words(), "July 2008");
        assert_eq!(Period::read("2008-09-15").unwrap().words(), "September 15, 2008");
    }

    #[test]
    fn steps_are_counted_between_periods_of_one_kind() {
        let at = |text| Period::read(text).unwrap();
        assert_eq!(at("2007-11").steps_to(at("2008-02")), Some(3));
        assert_eq!(at("2007Q4").steps_to(at("2008Q1")), Some(1));
        assert_eq!(at("2008-02-28").steps_to(at("2008-03-01")), Some(2));
        assert_eq!(at("2007Q4").steps_to(at("2008-01")), None);
    }

    #[test]
    fn a_saturday_follows_every_day() {
        let day: Date = "2018-12-31".parse().unwrap();
        assert_eq!(saturday_after(day).unwrap().to_string(), "2019-01-05");
    }
}
