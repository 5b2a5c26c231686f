//! The date that an answer gives: a day, month, quarter or year, as the interval of days it stands for.

use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::calendar_form::{Form, Parts, form_at, is_year, month_of, year_at};
use super::confidence::confidence_of;
use super::json_object::{field, last_object};
use super::lexeme::{Kind, Lexemes};
use super::mask::mask_confidence;
use super::normalise::is_only_dashes;
use super::refusal_phrase::{has_cutoff_talk, is_refusal_without_answer};
use super::tagged::{boxed, tagged};

/// Keys of a JSON answer that hold a whole date.
const DATE_KEYS: &[&str] = &[
    "date",
    "answer",
    "value",
    "final_answer",
    "estimate",
    "prediction",
    "forecast",
    "result",
    "publication_date",
    "release_date",
];
/// All keys that make an object an answer.
const KEYS: &[&str] = &[
    "date",
    "answer",
    "value",
    "final_answer",
    "estimate",
    "prediction",
    "forecast",
    "result",
    "publication_date",
    "release_date",
    "year",
];
/// Tags of a line that answers.
const TAGS: &[&str] = &["date", "answer", "value", "estimate", "forecast", "prediction"];

/// What kind of answer a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DateStatus {
    Date,
    /// The text says that it gives no date, or speaks of where a model's knowledge ends.
    Refusal,
    /// No date that can be read, and no refusal.
    Unparseable,
}

impl DateStatus {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Refusal => "refusal",
            Self::Unparseable => "unparseable",
        }
    }
}

/// How exact a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatePrecision {
    Day,
    Month,
    Quarter,
    Year,
}

/// A date read from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DateReading {
    pub status: DateStatus,
    /// With `start` and `end`, exactly where the status is [`DateStatus::Date`].
    pub precision: Option<DatePrecision>,
    /// First day of what was named; ISO in JSON.
    #[serde(serialize_with = "iso")]
    pub start: Option<Date>,
    /// Last day, included.
    #[serde(serialize_with = "iso")]
    pub end: Option<Date>,
    /// Stated probability of being right, in [0, 1].
    pub confidence: Option<f64>,
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
fn iso<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}

impl DateReading {
    fn without_date(status: DateStatus) -> Self {
        Self { status, precision: None, start: None, end: None, confidence: None }
    }

    fn of(span: Span) -> Self {
        Self {
            status: DateStatus::Date,
            precision: Some(span.precision),
            start: Some(span.start),
            end: Some(span.end),
            confidence: None,
        }
    }
}

/// Days with how they were named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    precision: DatePrecision,
    start: Date,
    end: Date,
}

/// Reads the date that a text answers with.
///
/// The most exact form counts, of equals the first. Slashes are in American order; a day or month that does not exist leaves
/// the year. A decade is no date. Never fails; linear in the text.
#[must_use]
pub fn read_date(text: &str) -> DateReading {
    if text.trim().is_empty() {
        return DateReading::without_date(DateStatus::Unparseable);
    }
    if let Some(object) = last_object(text, KEYS) {
        return of_object(&object);
    }
    let Some(part) = boxed(text).or_else(|| tagged(text, TAGS)) else { return of_text(text) };
    let mut reading = of_text(part);
    if reading.confidence.is_none() {
        reading.confidence = mask_confidence(&mut Lexemes::of(text));
    }
    reading
}

fn of_object(object: &Map<String, Value>) -> DateReading {
    let mut reading = match field(object, DATE_KEYS) {
        Some(Value::Null) if field(object, &["year"]).is_none_or(Value::is_null) => {
            DateReading::without_date(DateStatus::Refusal)
        }
        Some(Value::String(text)) => of_text(text),
        Some(Value::Number(number)) => of_text(&number.to_string()),
        Some(Value::Object(parts)) => of_parts(parts),
        None | Some(Value::Null) => of_parts(object),
        Some(_) => DateReading::without_date(DateStatus::Unparseable),
    };
    if let Some(stated) = field(object, &["confidence"]) {
        reading.confidence = confidence_of(stated);
    }
    reading
}

/// `year`, `quarter`, `month`, `day`, each a number or a word.
fn of_parts(object: &Map<String, Value>) -> DateReading {
    let number = |key: &str| match field(object, &[key])? {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => {
            let lexemes = Lexemes::of(text);
            let month = || (0..lexemes.len()).find_map(|at| month_of(lexemes.word(at))).filter(|_| key == "month");
            (0..lexemes.len()).find_map(|at| lexemes.whole(at)).or_else(month)
        }
        _ => None,
    };
    let is_given = |key: &str| field(object, &[key]).is_some_and(|value| !value.is_null());
    if !is_given("year") {
        return DateReading::without_date(DateStatus::Refusal);
    }
    let Some(year) = number("year") else {
        return match field(object, &["year"]) {
            Some(Value::String(text)) => of_text(text),
            _ => DateReading::without_date(DateStatus::Unparseable),
        };
    };
    let parts = match (number("month"), number("day"), number("quarter")) {
        (Some(month), Some(day), _) => Parts::Day { year, month, day },
        (Some(month), None, _) => Parts::Month { year, month },
        (None, _, Some(quarter)) => Parts::Quarter { year, quarter },
        _ => Parts::Year { year },
    };
    let spans = [span(parts), span(Parts::Year { year })];
    spans.into_iter().flatten().next().map_or(DateReading::without_date(DateStatus::Unparseable), DateReading::of)
}

fn of_text(text: &str) -> DateReading {
    if is_only_dashes(text) {
        return DateReading::without_date(DateStatus::Refusal);
    }
    let mut lexemes = Lexemes::of(text);
    let confidence = mask_confidence(&mut lexemes);
    let found = if has_cutoff_talk(&lexemes) { None } else { most_exact(&lexemes) };
    let mut reading = match found {
        Some(span) => DateReading::of(span),
        None if has_cutoff_talk(&lexemes) || is_refusal_without_answer(&lexemes) => {
            DateReading::without_date(DateStatus::Refusal)
        }
        None => DateReading::without_date(DateStatus::Unparseable),
    };
    reading.confidence = confidence;
    reading
}

/// The most exact date of a text, of equals the first.
fn most_exact(lexemes: &Lexemes) -> Option<Span> {
    let mut best: Option<Span> = None;
    let mut at = 0;
    while at < lexemes.len() {
        if lexemes.is_masked(at) {
            at += 1;
            continue;
        }
        let form = form_at(lexemes, at).or_else(|| lone_year(lexemes, at));
        let Some(Form { parts, end }) = form else {
            at += 1;
            continue;
        };
        if let Some(span) = span(parts).or_else(|| span(without_day(parts)?))
            && best.is_none_or(|best| span.precision < best.precision)
        {
            best = Some(span);
        }
        at = end.max(at + 1);
    }
    best
}

/// Four digits that are a year and no part of a number.
fn lone_year(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let before = at.checked_sub(1);
    let is_inside = before.is_some_and(|before| {
        matches!(lexemes.symbol(before), Some('.' | ',' | '$' | '€' | '£'))
            && (lexemes.is_symbol(before, '$')
                || before.checked_sub(1).is_some_and(|digit| lexemes.kind(digit) == Some(Kind::Digits)))
            || lexemes.kind(before) == Some(Kind::Word)
    });
    // "1990's" is a decade, "2008's crash" a year.
    let is_decade = lexemes.is_symbol(at + 1, '\'') && lexemes.word(at + 2) == "s" && lexemes.digits(at).ends_with('0');
    let year = year_at(lexemes, at).filter(|_| !is_inside && !is_decade)?;
    Some(Form { parts: Parts::Year { year }, end: at + 1 })
}

/// What is left of a day or month that does not exist.
fn without_day(parts: Parts) -> Option<Parts> {
    match parts {
        Parts::Day { year, .. } | Parts::Month { year, .. } | Parts::Quarter { year, .. } => Some(Parts::Year { year }),
        Parts::Year { .. } | Parts::DayOfMonth | Parts::PartOfYear => None,
    }
}

/// The days of a form; `None` where there are none.
fn span(parts: Parts) -> Option<Span> {
    let date = |year: u32, month: u32, day: u32| {
        let year = i16::try_from(year).ok().filter(|&year| is_year(year.unsigned_abs().into()))?;
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    let months = |year, from, to, precision| {
        let (start, end) = (date(year, from, 1)?, date(year, to, 1)?.last_of_month());
        Some(Span { precision, start, end })
    };
    match parts {
        Parts::Day { year, month, day } => {
            let start = date(year, month, day)?;
            Some(Span { precision: DatePrecision::Day, start, end: start })
        }
        Parts::Month { year, month } => months(year, month, month, DatePrecision::Month),
        Parts::Quarter { year, quarter } if (1..=4).contains(&quarter) => {
            months(year, 3 * quarter - 2, 3 * quarter, DatePrecision::Quarter)
        }
        Parts::Year { year } => months(year, 1, 12, DatePrecision::Year),
        Parts::Quarter { .. } | Parts::DayOfMonth | Parts::PartOfYear => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let reading = read_date(text);
        match (reading.start, reading.end) {
            (Some(start), Some(end)) if start == end => start.to_string(),
            (Some(start), Some(end)) => format!("{start}..{end}"),
            _ => reading.status.as_str().to_owned(),
        }
    }

    #[test]
    fn dates_in_every_form_are_read() {
        for (text, expected) in [
            ("2011-03-11", "2011-03-11"),
            ("2011/03/11", "2011-03-11"),
            ("2011-03-11T14:46:00Z", "2011-03-11"),
            ("20110311", "2011-03-11"),
            ("March 11, 2011", "2011-03-11"),
            ("March 11 2011", "2011-03-11"),
            ("Mar. 11th, 2011", "2011-03-11"),
            ("11 March 2011", "2011-03-11"),
            ("the 11th of March, 2011", "2011-03-11"),
            ("Friday, March 11, 2011", "2011-03-11"),
            ("11-Mar-2011", "2011-03-11"),
            ("2011 March 11", "2011-03-11"),
            ("3/11/2011", "2011-03-11"),
            ("03/11/11", "2011-03-11"),
            ("11.03.2011", "2011-03-11"),
            ("I believe it was published on 2 June 1997.", "1997-06-02"),
            ("**Date:** March 11, 2011", "2011-03-11"),
            ("\\boxed{2011-03-11}", "2011-03-11"),
            ("March 2011", "2011-03-01..2011-03-31"),
            ("mid-February 2012", "2012-02-01..2012-02-29"),
            ("March of 2011", "2011-03-01..2011-03-31"),
            ("03/2011", "2011-03-01..2011-03-31"),
            ("2011M03", "2011-03-01..2011-03-31"),
            ("Mar-11", "2011-03-01..2011-03-31"),
            ("2020Q2", "2020-04-01..2020-06-30"),
            ("2Q 2020", "2020-04-01..2020-06-30"),
            ("Q2 of 2020", "2020-04-01..2020-06-30"),
            ("2020-Q2", "2020-04-01..2020-06-30"),
            ("the second quarter of 2020", "2020-04-01..2020-06-30"),
            ("fourth-quarter 1999", "1999-10-01..1999-12-31"),
            ("the 4th quarter of 1999", "1999-10-01..1999-12-31"),
            ("around 1987", "1987-01-01..1987-12-31"),
            ("in the autumn of 1929", "1929-01-01..1929-12-31"),
            ("April 31, 2005", "2005-01-01..2005-12-31"),
            ("31 June 2005", "2005-01-01..2005-12-31"),
            ("2005-02-30", "2005-01-01..2005-12-31"),
            ("2005-13", "2005-01-01..2005-12-31"),
            ("13/45/2005", "2005-01-01..2005-12-31"),
            ("{\"date\": \"March 11, 2011\"}", "2011-03-11"),
            ("{\"year\": 2011}", "2011-01-01..2011-12-31"),
            ("{\"year\": \"2011\", \"month\": \"March\", \"day\": \"11\"}", "2011-03-11"),
            ("{\"year\": 2011, \"quarter\": \"Q2\"}", "2011-04-01..2011-06-30"),
            ("{\"year\": 2011, \"month\": 2, \"day\": 30}", "2011-01-01..2011-12-31"),
            ("{\"year\": 2011, \"month\": null}", "2011-01-01..2011-12-31"),
            ("{\"date\": 2011}", "2011-01-01..2011-12-31"),
            ("{\"date\": \"unknown\"}", "refusal"),
            ("{\"date\": \"\"}", "unparseable"),
            ("{\"year\": null, \"month\": null}", "refusal"),
            ("{\"date\": [2011]}", "unparseable"),
            ("I can\u{2019}t tell.", "refusal"),
            ("My training data ends in April 2023.", "refusal"),
            ("It lies beyond my knowledge cut-off, 2023.", "refusal"),
            ("N/A", "refusal"),
            ("?", "refusal"),
            ("I'm not sure, perhaps May 1998", "1998-05-01..1998-05-31"),
            ("the early 1980s", "unparseable"),
            ("the 1980's", "unparseable"),
            ("the eighties", "unparseable"),
            ("September 15", "unparseable"),
            ("4711", "unparseable"),
            ("", "unparseable"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn confidence_stands_beside_a_date() {
        assert_eq!(read_date("March 2011 (confidence: 60%)").confidence, Some(0.6));
        assert_eq!(read_date("Date: 2011-03-11\nConfidence: high").confidence, Some(0.75));
        assert_eq!(read_date("{\"date\": \"2011\", \"confidence\": \"7/10\"}").confidence, Some(0.7));
    }
}
