//! The number that an answer gives for a series: all steps in their order.

use serde::Serialize;
use serde_json::{Map, Value};

use super::candidate::{Candidate, candidates};
use super::choice::chosen;
use super::confidence::confidence_of;
use super::json_object::{field, last_object};
use super::lexeme::Lexemes;
use super::mask::{mask_confidence, mask_names_and_dates};
use super::normalise::is_only_dashes;
use super::refusal_phrase::{has_refusal, is_refusal_without_answer};
use super::sign_word::{is_behind_minus_word, is_decline};
use super::tagged::{boxed, tagged};
use super::target::{NumberTarget, NumberUnit};
use super::token::{Sign, Token, tokens};
use super::unit_words::{Unit, scale_of};

/// Keys of a JSON answer, the one that counts first.
const KEYS: &[&str] = &["value", "answer", "final_answer", "estimate", "prediction", "forecast", "result"];
/// Tags of a line that answers.
const TAGS: &[&str] = &["answer", "value", "estimate", "forecast", "prediction"];

/// What kind of answer a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberStatus {
    /// One number.
    Value,
    /// Two ends.
    Range,
    /// The text says that it gives no number.
    Refusal,
    /// No number that can be read, and no refusal.
    Unparseable,
}

impl NumberStatus {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Range => "range",
            Self::Refusal => "refusal",
            Self::Unparseable => "unparseable",
        }
    }
}

/// A number read from an answer. All numbers are finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NumberReading {
    pub status: NumberStatus,
    /// As written with its sign, before scale words and units; only of a value.
    pub raw_value: Option<f64>,
    /// In the series' unit; the middle of a range.
    pub value: Option<f64>,
    /// In the series' unit, only of a range; `low <= value <= high`.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Stated probability of being right, in [0, 1].
    pub confidence: Option<f64>,
    /// A phrase that nothing is known stands beside a usable number.
    #[serde(rename = "hedged")]
    pub is_hedged: bool,
}

impl NumberReading {
    fn without_number(status: NumberStatus) -> Self {
        Self { status, raw_value: None, value: None, low: None, high: None, confidence: None, is_hedged: false }
    }
}

/// Reads the number that a text answers with.
///
/// Never fails: what cannot be read is [`NumberStatus::Unparseable`]. Linear in the length of the text. The rules are those of
/// the suite `economic-recall`: JSON before `\boxed{}` before a tagged line before running text; dates, names and
/// confidence are not values; a fraction for a percent target stays as it is (see [`is_suspect_fraction`]).
#[must_use]
pub fn read_number(text: &str, target: &NumberTarget) -> NumberReading {
    if text.trim().is_empty() {
        return NumberReading::without_number(NumberStatus::Unparseable);
    }
    if let Some(object) = last_object(text, KEYS) {
        return of_object(&object, target);
    }
    let Some(part) = boxed(text).or_else(|| tagged(text, TAGS)) else { return of_text(text, target, None) };
    let mut reading = of_text(part, target, None);
    // What stands around the answer tells of it, too.
    let mut whole = Lexemes::of(text);
    reading.is_hedged = reading.value.is_some() && has_refusal(&whole);
    if reading.confidence.is_none() {
        reading.confidence = mask_confidence(&mut whole);
    }
    reading
}

/// Whether a percent value looks like a share that was meant: 100 times it is within the tolerance, it itself is not.
///
/// Such answers are counted, never repaired. `truth` and `tolerance` in percent.
#[must_use]
pub fn is_suspect_fraction(value: f64, truth: f64, tolerance: f64, target: &NumberTarget) -> bool {
    let is_within = |value: f64| (value - truth).abs() <= tolerance;
    target.unit == NumberUnit::Percent && !is_within(value) && is_within(value * 100.0)
}

/// A scale or unit that JSON names beside its value.
#[derive(Debug, Clone, Copy, Default)]
struct NamedUnit {
    scale: Option<f64>,
    unit: Option<Unit>,
}

fn of_object(object: &Map<String, Value>, target: &NumberTarget) -> NumberReading {
    let named = field(object, &["unit", "units"]).and_then(Value::as_str).map(named_unit).unwrap_or_default();
    let mut reading = match field(object, KEYS) {
        Some(Value::Null) => NumberReading::without_number(NumberStatus::Refusal),
        Some(Value::Number(number)) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            value_reading(number, in_target(number, named.scale, named.unit, target))
        }
        Some(Value::String(text)) => {
            let has_own = text.contains(|character: char| character.is_alphabetic() || matches!(character, '%' | '％'));
            of_text(text, target, (!has_own).then_some(named))
        }
        _ => NumberReading::without_number(NumberStatus::Unparseable),
    };
    if let Some(stated) = field(object, &["confidence"]) {
        reading.confidence = confidence_of(stated);
    }
    reading
}

fn named_unit(text: &str) -> NamedUnit {
    let lexemes = Lexemes::of(text);
    let words = || (0..lexemes.len()).map(|at| lexemes.word(at)).filter(|word| !word.is_empty());
    let is_short = words().nth(2).is_none();
    let is_basis = words().any(|word| matches!(word, "basis" | "bp" | "bps"));
    let scale = words().filter(|word| word.len() > 1 || is_short).find_map(scale_of);
    NamedUnit { scale, unit: is_basis.then_some(Unit::BasisPoints) }
}

/// Steps 5 to 12 on running text.
fn of_text(text: &str, target: &NumberTarget, named: Option<NamedUnit>) -> NumberReading {
    if text.trim().is_empty() {
        return NumberReading::without_number(NumberStatus::Unparseable);
    }
    if is_only_dashes(text) {
        return NumberReading::without_number(NumberStatus::Refusal);
    }
    let mut lexemes = Lexemes::of(text);
    let confidence = mask_confidence(&mut lexemes);
    mask_names_and_dates(&mut lexemes);
    let found = tokens(&lexemes, target.locale);
    let candidates = candidates(&lexemes, &found, target);
    let mut reading = chosen(&lexemes, &candidates, target)
        .map(|candidate| with_named_unit(candidate, named))
        .map_or(NumberReading::without_number(NumberStatus::Unparseable), |candidate| {
            of_candidate(&lexemes, candidate, target)
        });
    if reading.status == NumberStatus::Unparseable && is_refusal_without_answer(&lexemes) {
        reading.status = NumberStatus::Refusal;
    }
    reading.is_hedged = reading.value.is_some() && has_refusal(&lexemes);
    reading.confidence = confidence;
    reading
}

fn with_named_unit(candidate: Candidate, named: Option<NamedUnit>) -> Candidate {
    let Some(named) = named else { return candidate };
    let with = |mut token: Token| {
        token.scale = token.scale.or(named.scale);
        token.unit = token.unit.or(named.unit);
        token
    };
    match candidate {
        Candidate::Single(token) => Candidate::Single(with(token)),
        Candidate::Range(left, right) => Candidate::Range(with(left), with(right)),
    }
}

/// Signs and units put on the candidate's numbers (steps 10 and 11).
fn of_candidate(lexemes: &Lexemes, candidate: Candidate, target: &NumberTarget) -> NumberReading {
    let end = match &candidate {
        Candidate::Single(token) | Candidate::Range(_, token) => token.end,
    };
    let start = candidate.first().start;
    let declines = target.is_signed && is_decline(lexemes, start, end);
    let signed = |token: &Token| {
        let is_negative = match token.sign {
            Sign::Minus => true,
            Sign::Plus => false,
            Sign::None => declines || is_behind_minus_word(lexemes, token.start),
        };
        if is_negative { -token.magnitude } else { token.magnitude }
    };
    let converted = |token: &Token| in_target(signed(token), token.scale, token.unit, target);
    match &candidate {
        Candidate::Single(token) => value_reading(signed(token), converted(token)),
        Candidate::Range(left, right) => {
            let (left, right) = (converted(left), converted(right));
            let (low, high) = (left.min(right), left.max(right));
            let middle = f64::midpoint(low, high);
            if !(low.is_finite() && high.is_finite() && middle.is_finite()) {
                return NumberReading::without_number(NumberStatus::Unparseable);
            }
            NumberReading {
                value: Some(middle),
                low: Some(low),
                high: Some(high),
                ..NumberReading::without_number(NumberStatus::Range)
            }
        }
    }
}

fn value_reading(raw: f64, value: f64) -> NumberReading {
    if !(raw.is_finite() && value.is_finite()) {
        return NumberReading::without_number(NumberStatus::Unparseable);
    }
    // A zero has no sign.
    NumberReading {
        raw_value: Some(raw + 0.0),
        value: Some(value + 0.0),
        ..NumberReading::without_number(NumberStatus::Value)
    }
}

/// A number in the unit of the series (step 11).
fn in_target(number: f64, scale: Option<f64>, unit: Option<Unit>, target: &NumberTarget) -> f64 {
    if unit == Some(Unit::BasisPoints) {
        return number / 100.0;
    }
    match (scale, target.absolute_above) {
        (Some(factor), _) => number * (factor / target.scale),
        (None, Some(limit)) if number.abs() >= limit => number / target.scale,
        (None, _) => number,
    }
}
