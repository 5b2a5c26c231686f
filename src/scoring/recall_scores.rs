//! What an answer about economic memory comes to: read strictly, held against what was asked.

use jiff::civil::Date;
use serde_json::Value;

use super::forecast::{
    DatedAnswer, FirmAliases, Reconstruction, Tolerance, is_hit, is_same_firm, is_suspect_fraction, signed_days,
};
use super::reading::{
    DateReading, DateStatus, Direction, NumberReading, NumberStatus, NumberTarget, NumberUnit, PickStatus,
    ReconstructionStatus, ThresholdSide, read_date, read_direction, read_number, read_reconstruction, read_threshold,
};
use crate::dataset::Item;
use crate::suite::RecallAsk;

/// Decimals to which a change is exact.
pub const CHANGE_DECIMALS: i32 = 1;
/// Percentage points or percent within which a change is right.
const CHANGE_TOLERANCE: f64 = 0.3;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecallStatus {
    /// One value, choice, day or firm.
    Value,
    /// Two ends; the middle is its value.
    Range,
    Refusal,
    Unparseable,
}

impl RecallStatus {
    /// Whether the answer says anything.
    #[must_use]
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Value | Self::Range)
    }
}

/// An answer as it was read, beside the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct RecallScore {
    pub status: RecallStatus,
    /// The number that was read, in the series' unit; of a direction 1 for up and 0 for down.
    pub value: Option<f64>,
    /// The truth in the same unit; `None` where there is none or it is no number.
    pub truth: Option<f64>,
    /// Right; `None` where nothing is right. Refusals and unreadable answers are not.
    pub is_hit: Option<bool>,
    /// Right to the published decimals.
    pub is_exact: Option<bool>,
    pub confidence: Option<f64>,
    pub is_hedged: bool,
    /// Would be right times a hundred.
    pub is_suspect_fraction: bool,
    /// Days from the truth to the stated interval.
    pub signed_days: Option<i64>,
    pub is_year: Option<bool>,
    pub is_month: Option<bool>,
    pub is_day: Option<bool>,
    pub is_firm: Option<bool>,
    /// Quarter and year.
    pub is_quarter: Option<bool>,
}

impl RecallScore {
    fn of(status: RecallStatus) -> Self {
        Self {
            status,
            value: None,
            truth: None,
            is_hit: None,
            is_exact: None,
            confidence: None,
            is_hedged: false,
            is_suspect_fraction: false,
            signed_days: None,
            is_year: None,
            is_month: None,
            is_day: None,
            is_firm: None,
            is_quarter: None,
        }
    }

    /// Distance from the truth, in the series' unit.
    #[must_use]
    pub fn absolute_error(&self) -> Option<f64> {
        Some((self.value? - self.truth?).abs()).filter(|error| error.is_finite())
    }
}

/// The truth of a number, and how close an answer must come; `None`: nothing is true.
#[must_use]
pub fn truth_of(ask: RecallAsk, item: &Item) -> Option<(f64, Tolerance)> {
    let number = |field: &str| item.fields.get(field).and_then(Value::as_f64);
    match ask {
        RecallAsk::Change => Some((number("change")?, Tolerance::Absolute(CHANGE_TOLERANCE))),
        RecallAsk::Impossible => None,
        _ => Some((number("truth")?, tolerance_of(item)?)),
    }
}

/// The tolerance of the item's series.
#[must_use]
pub fn tolerance_of(item: &Item) -> Option<Tolerance> {
    let tolerance = item.fields.get("tolerance")?;
    let number = |key: &str| tolerance.get(key).and_then(Value::as_f64);
    number("absolute").map(Tolerance::Absolute).or_else(|| number("relative").map(Tolerance::Relative))
}

/// Decimals of the item's published values.
#[must_use]
pub fn decimals_of(item: &Item) -> i32 {
    let decimals = item.fields.get("decimals").and_then(Value::as_i64);
    decimals.and_then(|decimals| i32::try_from(decimals).ok()).unwrap_or(0)
}

/// Reads an answer and holds it against its item.
#[must_use]
pub fn recall_score(ask: RecallAsk, text: &str, item: &Item) -> RecallScore {
    match ask {
        RecallAsk::Direction | RecallAsk::DateOnly => {
            let read = read_direction(text);
            let is_up = read.answer.and_then(|direction| match direction {
                Direction::Up => Some(true),
                Direction::Down => Some(false),
                Direction::Unknown => None,
            });
            // Offered `unknown`, a model that takes it has declined.
            let status = match (status_of(read.status), is_up) {
                (RecallStatus::Value, None) => RecallStatus::Refusal,
                (status, _) => status,
            };
            picked(status, is_up, truth_flag(item, "is_up"), read.confidence)
        }
        RecallAsk::Threshold => {
            let read = read_threshold(text);
            let is_above = read.answer.map(|side| matches!(side, ThresholdSide::Above));
            picked(status_of(read.status), is_above, truth_flag(item, "is_above"), read.confidence)
        }
        RecallAsk::HeadlineDate | RecallAsk::ReleaseDate => dated(&read_date(text), item),
        RecallAsk::Reconstruct => reconstructed(text, item),
        _ => numbered(ask, text, item),
    }
}

fn truth_flag(item: &Item, field: &str) -> Option<bool> {
    item.fields.get(field).and_then(Value::as_bool)
}

fn status_of(status: PickStatus) -> RecallStatus {
    match status {
        PickStatus::Value => RecallStatus::Value,
        PickStatus::Refusal => RecallStatus::Refusal,
        PickStatus::Unparseable => RecallStatus::Unparseable,
    }
}

fn picked(status: RecallStatus, answer: Option<bool>, truth: Option<bool>, confidence: Option<f64>) -> RecallScore {
    let as_number = |is: bool| f64::from(u8::from(is));
    let is_hit = truth.map(|truth| answer == Some(truth));
    RecallScore {
        value: answer.map(as_number),
        truth: truth.map(as_number),
        is_hit,
        is_exact: is_hit,
        confidence,
        ..RecallScore::of(status)
    }
}

/// How the item's numbers are read. A change has the sign of its words and is in percent, whatever the level is in.
fn target_of(ask: RecallAsk, item: &Item) -> NumberTarget {
    if ask == RecallAsk::Change {
        return NumberTarget { is_signed: true, ..NumberTarget::of(NumberUnit::Percent) };
    }
    let written = item.fields.get("target").and_then(|target| NumberTarget::from_value(target).ok());
    written.unwrap_or_else(|| NumberTarget::of(NumberUnit::Index))
}

fn numbered(ask: RecallAsk, text: &str, item: &Item) -> RecallScore {
    let target = target_of(ask, item);
    let NumberReading { status, value, confidence, is_hedged, .. } = read_number(text, &target);
    let status = match status {
        NumberStatus::Value => RecallStatus::Value,
        NumberStatus::Range => RecallStatus::Range,
        NumberStatus::Refusal => RecallStatus::Refusal,
        NumberStatus::Unparseable => RecallStatus::Unparseable,
    };
    let truth = truth_of(ask, item);
    let decimals = if ask == RecallAsk::Change { CHANGE_DECIMALS } else { decimals_of(item) };
    let hits = |tolerance: Tolerance| {
        let (truth, _) = truth?;
        Some(value.is_some_and(|value| is_hit(value, truth, tolerance)))
    };
    RecallScore {
        value,
        truth: truth.map(|(truth, _)| truth),
        is_hit: truth.and_then(|(_, tolerance)| hits(tolerance)),
        // A range is no exact value.
        is_exact: hits(Tolerance::Exact { decimals }).map(|is| is && status == RecallStatus::Value),
        confidence,
        is_hedged,
        is_suspect_fraction: truth.zip(value).is_some_and(|((truth, tolerance), value)| {
            target.unit == NumberUnit::Percent && is_suspect_fraction(value, truth, tolerance)
        }),
        ..RecallScore::of(status)
    }
}

fn dated(read: &DateReading, item: &Item) -> RecallScore {
    let status = match read.status {
        DateStatus::Date => RecallStatus::Value,
        DateStatus::Refusal => RecallStatus::Refusal,
        DateStatus::Unparseable => RecallStatus::Unparseable,
    };
    let truth: Option<Date> = item.fields.get("truth_date").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let (Some(truth), Some(answer)) = (truth, DatedAnswer::of(read)) else {
        let miss = truth.map(|_| false);
        return RecallScore {
            is_hit: miss,
            is_exact: miss,
            is_year: miss,
            is_month: miss,
            is_day: miss,
            confidence: read.confidence,
            ..RecallScore::of(status)
        };
    };
    let is_year = answer.is_in_year_of(truth);
    let is_day = answer.is_day(truth);
    RecallScore {
        is_hit: Some(is_year),
        is_exact: Some(is_day),
        is_year: Some(is_year),
        is_month: Some(answer.is_in_month_of(truth)),
        is_day: Some(is_day),
        signed_days: Some(signed_days(truth, &answer)),
        confidence: read.confidence,
        ..RecallScore::of(status)
    }
}

fn reconstructed(text: &str, item: &Item) -> RecallScore {
    let read = read_reconstruction(text);
    let status = match read.status {
        ReconstructionStatus::Value => RecallStatus::Value,
        ReconstructionStatus::Refusal => RecallStatus::Refusal,
        ReconstructionStatus::Unparseable => RecallStatus::Unparseable,
    };
    let own = |field: &str| item.fields.get(field).and_then(Value::as_str);
    let whole = |field: &str| item.fields.get(field).and_then(Value::as_i64);
    let firm = own("firm").unwrap_or_default();
    let mut names: Vec<&str> = vec![firm];
    names.extend(item.fields.get("aliases").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
    let aliases = FirmAliases::new([names.as_slice()]);
    let truth = Reconstruction {
        company: Some(firm.to_owned()),
        ticker: own("ticker").map(str::to_owned),
        quarter: None,
        year: None,
    };
    let answer = Reconstruction { company: read.company, ticker: read.ticker, quarter: None, year: None };
    let is_firm = is_same_firm(&truth, &answer, &aliases);
    let is_year = read.year.map(i64::from).is_some_and(|year| whole("year") == Some(year));
    let is_quarter = is_year && read.quarter.map(i64::from).is_some_and(|quarter| whole("quarter") == Some(quarter));
    RecallScore {
        is_hit: Some(is_firm && is_quarter),
        is_exact: Some(is_firm && is_quarter),
        is_firm: Some(is_firm),
        is_year: Some(is_year),
        is_quarter: Some(is_quarter),
        confidence: read.confidence,
        ..RecallScore::of(status)
    }
}

/// A metric of an answer by name; `None`: it has none, e.g. no stated confidence.
#[must_use]
pub fn recall_metric(metric: &str, score: &RecallScore) -> Option<f64> {
    let flag = |is: bool| Some(f64::from(u8::from(is)));
    let is_answered = score.status.is_answered();
    match metric {
        "recalled" => flag(score.is_hit?),
        "recalled_answered" if is_answered => flag(score.is_hit?),
        "recalled_exactly" => flag(score.is_exact?),
        "answered" | "fabricated" => flag(is_answered),
        "refused" => flag(score.status == RecallStatus::Refusal),
        "unparseable" => flag(score.status == RecallStatus::Unparseable),
        "stated_confidence" => score.confidence,
        "answer_value" => score.value,
        "absolute_error" => score.absolute_error(),
        "percentage_error" => {
            let truth = score.truth.filter(|truth| truth.abs() > 0.0)?;
            Some(100.0 * score.absolute_error()? / truth.abs()).filter(|error| error.is_finite())
        }
        #[expect(clippy::cast_precision_loss, reason = "dates lie within ten thousand years")]
        "signed_days" => score.signed_days.map(|days| days as f64),
        "right_year" => flag(score.is_year?),
        "right_month" => flag(score.is_month?),
        "right_day" => flag(score.is_day?),
        "right_firm" => flag(score.is_firm?),
        "right_quarter" => flag(score.is_quarter?),
        _ => None,
    }
}
