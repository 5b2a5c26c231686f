//! The firm, quarter and year that an answer finds behind an anonymised text.

use serde::Serialize;
use serde_json::{Map, Value};

use super::calendar_form::{Parts, form_at, is_year, year_at};
use super::confidence::confidence_of;
use super::json_object::{field, last_object};
use super::lexeme::{Kind, Lexemes};
use super::mask::mask_confidence;
use super::normalise::is_only_dashes;
use super::refusal_phrase::{has_refusal, is_refusal_without_answer};
use super::tagged::tagged;

const FIRM_KEYS: &[&str] = &["company", "firm", "company_name", "firm_name", "name"];
const TICKER_KEYS: &[&str] = &["ticker", "symbol", "ticker_symbol"];
const QUARTER_KEYS: &[&str] = &["quarter", "fiscal_quarter"];
const YEAR_KEYS: &[&str] = &["year", "fiscal_year"];
const KEYS: &[&str] = &[
    "company",
    "firm",
    "company_name",
    "firm_name",
    "ticker",
    "symbol",
    "quarter",
    "fiscal_quarter",
    "year",
    "fiscal_year",
];
/// Longest name of a firm that is taken out of prose, in pieces.
const MOST_NAME_PIECES: usize = 24;

/// What kind of answer a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReconstructionStatus {
    /// At least one field was read.
    Value,
    Refusal,
    Unparseable,
}

/// What an answer says of a text's origin; every field for itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReconstructionReading {
    pub status: ReconstructionStatus,
    /// As written.
    pub company: Option<String>,
    /// In upper case.
    pub ticker: Option<String>,
    /// 1 to 4.
    pub quarter: Option<u8>,
    pub year: Option<u16>,
    /// Stated probability of being right, in [0, 1].
    pub confidence: Option<f64>,
}

/// Reads firm, quarter and year: as JSON, as lines "Company: ...", or in prose ("Apple Inc. (AAPL), third quarter of 2014").
///
/// Never fails; linear in the text.
#[must_use]
pub fn read_reconstruction(text: &str) -> ReconstructionReading {
    let mut reading = ReconstructionReading {
        status: ReconstructionStatus::Unparseable,
        company: None,
        ticker: None,
        quarter: None,
        year: None,
        confidence: None,
    };
    if text.trim().is_empty() {
        return reading;
    }
    let is_refusal = match last_object(text, KEYS) {
        Some(object) => {
            of_object(&object, &mut reading);
            // An object of nulls declines.
            !KEYS.iter().any(|key| field(&object, &[key]).is_some_and(is_said))
        }
        None => of_text(text, &mut reading),
    };
    let has_field =
        reading.company.is_some() || reading.ticker.is_some() || reading.quarter.is_some() || reading.year.is_some();
    reading.status = match (has_field, is_refusal) {
        (true, _) => ReconstructionStatus::Value,
        (false, true) => ReconstructionStatus::Refusal,
        (false, false) => ReconstructionStatus::Unparseable,
    };
    reading
}

/// Neither null nor a word for nothing.
fn is_said(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty() && !is_refusal_without_answer(&Lexemes::of(text)),
        _ => true,
    }
}

fn of_object(object: &Map<String, Value>, reading: &mut ReconstructionReading) {
    let text = |keys| field(object, keys).filter(|value| is_said(value)).and_then(Value::as_str).map(str::to_owned);
    let as_text = |keys| match field(object, keys) {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => text(keys),
    };
    reading.company = text(FIRM_KEYS).and_then(|name| named(&name));
    reading.ticker = text(TICKER_KEYS).and_then(|ticker| ticker_of(&ticker));
    if let Some(written) = as_text(YEAR_KEYS) {
        reading.year = year_of(&Lexemes::of(&written));
    }
    if let Some(written) = as_text(QUARTER_KEYS) {
        put_quarter(&Lexemes::of(&written), reading);
    }
    reading.confidence = field(object, &["confidence"]).and_then(confidence_of);
}

/// Fills the fields from text, and tells whether it declines.
fn of_text(text: &str, reading: &mut ReconstructionReading) -> bool {
    let mut lexemes = Lexemes::of(text);
    reading.confidence = mask_confidence(&mut lexemes);
    let is_refusal = is_only_dashes(text) || is_refusal_without_answer(&lexemes);
    let tag = |tags| tagged(text, tags).filter(|rest| !is_refusal_without_answer(&Lexemes::of(rest)));
    let (company, ticker) = (tag(&["company", "firm"]), tag(&["ticker", "symbol"]));
    let (quarter, year) = (tag(&["quarter"]), tag(&["year"]));
    if company.is_some() || ticker.is_some() || quarter.is_some() || year.is_some() {
        reading.company = company.and_then(named);
        reading.ticker =
            ticker.and_then(ticker_of).or_else(|| company.and_then(|name| bracketed_ticker(&Lexemes::of(name))));
        reading.year = year.and_then(|year| year_of(&Lexemes::of(year)));
        if let Some(quarter) = quarter {
            put_quarter(&Lexemes::of(quarter), reading);
        }
        return is_refusal;
    }
    reading.ticker = bracketed_ticker(&lexemes);
    put_quarter(&lexemes, reading);
    reading.year = reading.year.or_else(|| year_of(&lexemes));
    if !has_refusal(&lexemes) && (reading.ticker.is_some() || reading.quarter.is_some() || reading.year.is_some()) {
        reading.company = name_in_prose(&lexemes);
    }
    is_refusal
}

/// A name without emphasis, quotation marks and a ticker in parentheses.
fn named(text: &str) -> Option<String> {
    let name = text.split(['(', '\n']).next().unwrap_or_default();
    let is_around =
        |character: char| character.is_whitespace() || matches!(character, '*' | '_' | '`' | '"' | ',' | ';');
    let name = name.trim_matches(is_around);
    (!name.is_empty()).then(|| name.to_owned())
}

fn ticker_of(text: &str) -> Option<String> {
    let ticker: String =
        text.rsplit(':').next().unwrap_or_default().trim().trim_matches(['*', '$', '(', ')', '"', '`', ' ']).to_owned();
    let is_ticker = (1..=6).contains(&ticker.len())
        && ticker.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    is_ticker.then(|| ticker.to_ascii_uppercase())
}

/// `(AAPL)`, `(NASDAQ: AAPL)`.
fn bracketed_ticker(lexemes: &Lexemes) -> Option<String> {
    (0..lexemes.len()).filter(|&at| lexemes.is_symbol(at, '(')).find_map(|at| {
        let mut place = at + 1;
        if lexemes.is_symbol(place + 1, ':') {
            place = lexemes.past_blank(place + 2);
        }
        let written = lexemes.written(place);
        let is_ticker = lexemes.kind(place) == Some(Kind::Word)
            && (1..=5).contains(&written.len())
            && written.bytes().all(|byte| byte.is_ascii_uppercase())
            && lexemes.is_symbol(place + 1, ')');
        is_ticker.then(|| written.to_owned())
    })
}

/// The first quarter that is named, with its year where it has one.
fn put_quarter(lexemes: &Lexemes, reading: &mut ReconstructionReading) {
    for at in (0..lexemes.len()).filter(|&at| !lexemes.is_masked(at)) {
        if let Some(form) = form_at(lexemes, at)
            && let Parts::Quarter { year, quarter } = form.parts
        {
            reading.quarter = u8::try_from(quarter).ok();
            reading.year = reading.year.or(u16::try_from(year).ok());
            return;
        }
    }
    reading.quarter = (0..lexemes.len()).filter(|&at| !lexemes.is_masked(at)).find_map(|at| lone_quarter(lexemes, at));
}

/// "Q3", "3", "third", "3rd quarter" without a year.
fn lone_quarter(lexemes: &Lexemes, at: usize) -> Option<u8> {
    let is_alone = at == 0 && lexemes.len() <= 3;
    let quarter_behind = |place: usize| {
        let place = if lexemes.is_dash(place) { place + 1 } else { lexemes.past_blank(place) };
        matches!(lexemes.word(place), "quarter" | "qtr")
    };
    let digit = |at: usize| {
        lexemes.whole(at).filter(|quarter| (1..=4).contains(quarter)).and_then(|quarter| u8::try_from(quarter).ok())
    };
    match lexemes.word(at) {
        "q" => digit(at + 1),
        "quarter" => digit(lexemes.past_blank(at + 1)),
        word @ ("first" | "second" | "third" | "fourth") if is_alone || quarter_behind(at + 1) => match word {
            "first" => Some(1),
            "second" => Some(2),
            "third" => Some(3),
            _ => Some(4),
        },
        _ => digit(at).filter(|_| {
            let is_ordinal = matches!(lexemes.word(at + 1), "st" | "nd" | "rd" | "th");
            is_alone || lexemes.word(at + 1) == "q" || (is_ordinal && quarter_behind(at + 2))
        }),
    }
}

fn year_of(lexemes: &Lexemes) -> Option<u16> {
    let of_form = |at| match form_at(lexemes, at).map(|form| form.parts) {
        Some(
            Parts::Day { year, .. } | Parts::Month { year, .. } | Parts::Quarter { year, .. } | Parts::Year { year },
        ) => Some(year),
        _ => year_at(lexemes, at),
    };
    let year = (0..lexemes.len()).filter(|&at| !lexemes.is_masked(at)).find_map(of_form)?;
    u16::try_from(year).ok().filter(|_| is_year(year))
}

/// The first run of capitalised words that is no month, quarter or beginning of a sentence's phrase.
fn name_in_prose(lexemes: &Lexemes) -> Option<String> {
    const NO_NAMES: &[&str] = &[
        "this", "the", "it", "i", "company", "firm", "based", "likely", "my", "probably", "q", "fy", "quarter",
        "first", "second", "third", "fourth", "answer", "that", "they", "earnings", "call", "from", "in", "a", "an",
        "he", "she", "we", "year", "looks", "sounds", "fiscal",
    ];
    let is_name = |at: usize| {
        let word = lexemes.word(at);
        lexemes.written(at).starts_with(char::is_uppercase)
            && !NO_NAMES.contains(&word)
            && super::calendar_form::month_of(word).is_none()
            && !lexemes.is_masked(at)
    };
    let start = (0..lexemes.len()).find(|&at| {
        let is_ticker = at.checked_sub(1).is_some_and(|before| lexemes.is_symbol(before, '('));
        is_name(at) && !is_ticker
    })?;
    let mut end = start + 1;
    let mut place = end;
    while place < lexemes.len() && place - start < MOST_NAME_PIECES {
        let is_part = match lexemes.kind(place) {
            Some(Kind::Space) => false,
            Some(Kind::Word) => is_name(place) || matches!(lexemes.word(place), "of" | "and" | "s" | "com"),
            Some(Kind::Symbol) => matches!(lexemes.symbol(place), Some('&' | '.' | '-' | '\'')),
            _ => break,
        };
        if !is_part && lexemes.kind(place) != Some(Kind::Space) {
            break;
        }
        place += 1;
        if is_part && !matches!(lexemes.word(place - 1), "of" | "and") {
            end = place;
        }
    }
    let name = lexemes.span(start, end);
    // The full stop of "Inc." belongs to the name, that of a sentence does not.
    let is_short = |name: &str| ["Inc.", "Corp.", "Co.", "Ltd.", "Cos."].iter().any(|ending| name.ends_with(ending));
    Some(if is_short(name) { name } else { name.trim_end_matches(['.', '-', '\'', '&', ' ']) }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> (ReconstructionStatus, Option<String>, Option<String>, Option<u8>, Option<u16>) {
        let reading = read_reconstruction(text);
        (reading.status, reading.company, reading.ticker, reading.quarter, reading.year)
    }

    #[test]
    fn firms_and_quarters_are_read() {
        let found = |company: &str, ticker: Option<&str>, quarter, year| {
            (ReconstructionStatus::Value, Some(company.to_owned()), ticker.map(str::to_owned), quarter, year)
        };
        for (text, expected) in [
            (
                r#"{"company": "Apple Inc.", "ticker": "aapl", "quarter": "Q3", "year": 2014, "confidence": 0.8}"#,
                found("Apple Inc.", Some("AAPL"), Some(3), Some(2014)),
            ),
            (r#"{"firm": "Intel", "quarter": 2, "year": "2009"}"#, found("Intel", None, Some(2), Some(2009))),
            (r#"{"company": "Intel", "quarter": "Q2 2009"}"#, found("Intel", None, Some(2), Some(2009))),
            (r#"{"company": "Intel", "quarter": "second", "year": null}"#, found("Intel", None, Some(2), None)),
            (
                "Company: **Ford Motor Company** (F)\nQuarter: third\nYear: 2011",
                found("Ford Motor Company", Some("F"), Some(3), Some(2011)),
            ),
            (
                "This is Apple Inc. (AAPL), third quarter of 2014.",
                found("Apple Inc.", Some("AAPL"), Some(3), Some(2014)),
            ),
            ("Johnson & Johnson, Q4 2008", found("Johnson & Johnson", None, Some(4), Some(2008))),
        ] {
            assert_eq!(fields(text), expected, "{text}");
        }
        assert_eq!(read_reconstruction(r#"{"company": "X", "confidence": "85%"}"#).confidence, Some(0.85));
    }

    #[test]
    fn refusals_and_nonsense_are_told_apart() {
        let status = |text| read_reconstruction(text).status;
        assert_eq!(status(r#"{"company": null, "quarter": null, "year": null}"#), ReconstructionStatus::Refusal);
        assert_eq!(status(r#"{"company": "unknown", "year": null}"#), ReconstructionStatus::Refusal);
        assert_eq!(status("I cannot tell which company this is."), ReconstructionStatus::Refusal);
        assert_eq!(status("a large retailer"), ReconstructionStatus::Unparseable);
        assert_eq!(status(r#"{"company": ["Apple"]}"#), ReconstructionStatus::Unparseable);
        assert_eq!(status(""), ReconstructionStatus::Unparseable);
    }
}
