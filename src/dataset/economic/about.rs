//! What is to be known of a series to ask for its values and to read the answers.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::dataset::error::DataError;
use crate::dataset::row::Row;

/// How close an answer must come to count as recalled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// In the series' unit.
    Absolute(f64),
    /// As a share of the true value.
    Relative(f64),
}

/// What kind of number a series has; decides how answers are read and what a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Percent,
    Usd,
    Index,
    Count,
}

/// A series apart from its values. What a file leaves out follows from the unit.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    pub id: String,
    pub title: String,
    pub unit: String,
    pub source: String,
    pub vintage: String,
    /// Decimals of the published values.
    pub decimals: usize,
    pub measure: Measure,
    /// Units of the series: 1000 where it counts thousands.
    pub scale: f64,
    /// Direction words give the sign.
    pub is_signed: bool,
    /// A bare number at or above it is in single units.
    pub absolute_above: Option<f64>,
    pub tolerance: Tolerance,
    /// From the end of a period to its publication, months.
    pub lag_months: f64,
    /// Series whose cutoffs are looked for together.
    pub group: String,
    /// The series as questions name it.
    pub asked_as: String,
    /// Its short name in lines that a model goes on with.
    pub line_name: String,
    /// A plausible name of a series that does not exist.
    pub false_name: Option<String>,
    /// The same quantity in another vintage or base year.
    pub twin: Option<String>,
}

impl About {
    /// What the rows of a series say of it; each field stands in its first row, in any row, or in all, but never in two ways.
    pub(super) fn of<'r>(id: &str, rows: &(impl Iterator<Item = &'r Row> + Clone)) -> Result<Self, DataError> {
        let first = rows.clone().next();
        let same = |field: &'static str| -> Result<Option<(&'r Row, Cow<'r, str>)>, DataError> {
            let mut found: Option<(&Row, Cow<'r, str>)> = None;
            for row in rows.clone() {
                let Some(value) = row.get(field) else { continue };
                let text = written(row, field, value)?;
                match &found {
                    None => found = Some((row, text)),
                    Some((other, first)) if *first != text => {
                        return Err(DataError::MixedSeries {
                            file: row.file.to_string(),
                            line: row.line,
                            first_line: other.line,
                            series: id.to_owned(),
                            field,
                            found: text.into_owned(),
                            first: first.clone().into_owned(),
                        });
                    }
                    Some(_) => {}
                }
            }
            Ok(found)
        };
        let needed = |field: &'static str, allowed: &str| -> Result<String, DataError> {
            match same(field)? {
                Some((_, text)) => Ok(text.into_owned()),
                None => Err(match first {
                    Some(row) => row.missing(field, allowed),
                    None => DataError::NoRows { file: id.to_owned() },
                }),
            }
        };
        let number = |field: &'static str, allowed: &str| -> Result<Option<f64>, DataError> {
            let Some((row, text)) = same(field)? else { return Ok(None) };
            let read = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
            read.map(Some).ok_or_else(|| row.wrong(field, &Value::from(text.as_ref()), allowed))
        };
        let title = needed("title", "what the series is called")?;
        let unit = needed("unit", "what its numbers are in, e.g. percent")?;
        let vintage = needed("vintage", "the date on which the numbers stood as printed, e.g. 2022-10-31")?;
        let source = needed("source", "where the numbers are from")?;
        frequency_fits(rows.clone())?;
        let measure = match same("measure")? {
            None => Measure::of_unit(&unit),
            Some((row, word)) => Measure::read(&word)
                .ok_or_else(|| row.wrong("measure", &Value::from(word.as_ref()), "percent, usd, index or count"))?,
        };
        let tolerance = match same("tolerance")? {
            None => measure.usual_tolerance(),
            Some((row, text)) => Tolerance::read(&text).ok_or_else(|| {
                row.wrong(
                    "tolerance",
                    &Value::from(text.as_ref()),
                    "a number of the series' unit like 0.1, or a share like 0.5%",
                )
            })?,
        };
        let is_signed = match same("signed")? {
            None => false,
            Some((row, text)) => match text.as_ref() {
                "yes" | "true" => true,
                "no" | "false" => false,
                text => return Err(row.wrong("signed", &Value::from(text), "yes or no")),
            },
        };
        let decimals = match number("decimals", "a number of decimals")? {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be small and whole"
            )]
            Some(number) if number <= 12.0 && number.fract().abs() < f64::EPSILON => number as usize,
            Some(number) => {
                let row = same("decimals")?.map_or(first, |(row, _)| Some(row));
                return Err(match row {
                    Some(row) => row.wrong("decimals", &Value::from(number), "a whole number from 0 to 12"),
                    None => DataError::NoRows { file: id.to_owned() },
                });
            }
            None => rows.clone().filter_map(|row| decimals_of(row.get("value")?)).max().unwrap_or(0),
        };
        let scale = match number("scale", "a number above 0 like 1000")? {
            Some(scale) if scale <= 0.0 => {
                let row = same("scale")?.map_or(first, |(row, _)| Some(row));
                return Err(match row {
                    Some(row) => row.wrong("scale", &Value::from(scale), "a number above 0 like 1000"),
                    None => DataError::NoRows { file: id.to_owned() },
                });
            }
            scale => scale.unwrap_or(1.0),
        };
        let text = |field: &'static str| -> Result<Option<String>, DataError> {
            Ok(same(field)?.map(|(_, text)| text.into_owned()))
        };
        Ok(Self {
            id: id.to_owned(),
            decimals,
            measure,
            scale,
            is_signed,
            absolute_above: number("absolute_above", "a number like 1e9")?,
            tolerance,
            lag_months: number("lag_months", "a number of months like 0.5")?.unwrap_or(0.0),
            group: text("group")?.unwrap_or_else(|| "all".to_owned()),
            asked_as: text("asked_as")?.unwrap_or_else(|| format!("{title} ({unit})")),
            line_name: text("line_name")?.unwrap_or_else(|| format!("{title} ({unit})")),
            false_name: text("false_name")?,
            twin: text("twin")?,
            title,
            unit,
            source,
            vintage,
        })
    }

    /// How answers are read, in the words of the number reader.
    #[must_use]
    pub fn target(&self) -> Value {
        json!({
            "unit": self.measure.word(),
            "scale": self.scale,
            "signed": self.is_signed,
            "absolute_above": self.absolute_above,
            "locale": "en",
        })
    }
}

/// A field as a CSV file would hold it: JSON has numbers and truth values of its own.
fn written<'r>(row: &Row, field: &str, value: &'r Value) -> Result<Cow<'r, str>, DataError> {
    match value {
        Value::String(text) => Ok(Cow::Borrowed(text)),
        Value::Number(number) => Ok(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Ok(Cow::Owned(flag.to_string())),
        other => Err(row.wrong(field, other, "a text or a number")),
    }
}

/// The frequency of each row is that of its period.
fn frequency_fits<'r>(rows: impl Iterator<Item = &'r Row>) -> Result<(), DataError> {
    for row in rows {
        let Some(value) = row.get("frequency") else { continue };
        let own = super::period::Period::read(row.text("period")?).map(super::period::Period::frequency);
        if value.as_str() != own {
            let allowed = format!("{} for a period like this", own.unwrap_or("D, M or Q"));
            return Err(row.wrong("frequency", value, &allowed));
        }
    }
    Ok(())
}

/// Decimals of a value as it is written.
fn decimals_of(value: &Value) -> Option<usize> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text.split_once('.').map_or(0, |(_, decimals)| decimals.len()))
}

impl Measure {
    fn read(word: &str) -> Option<Self> {
        [Self::Percent, Self::Usd, Self::Index, Self::Count].into_iter().find(|measure| measure.word() == word)
    }

    /// The word of files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Usd => "usd",
            Self::Index => "index",
            Self::Count => "count",
        }
    }

    fn of_unit(unit: &str) -> Self {
        let unit = unit.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| unit.contains(word));
        if has(&["percent", "%"]) {
            Self::Percent
        } else if has(&["usd", "dollar", "$"]) {
            Self::Usd
        } else if has(&["person", "thousand", "million", "number of", "units"]) {
            Self::Count
        } else {
            Self::Index
        }
    }

    /// Rates 0.1 percentage points, indices and amounts 0.5 %, counts 1 %.
    fn usual_tolerance(self) -> Tolerance {
        match self {
            Self::Percent => Tolerance::Absolute(0.1),
            Self::Usd | Self::Index => Tolerance::Relative(0.005),
            Self::Count => Tolerance::Relative(0.01),
        }
    }
}

impl Tolerance {
    /// `0.1`, or `0.5%` of the true value.
    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        match text.strip_suffix('%') {
            Some(share) => number(share).map(|share| Self::Relative(share / 100.0)),
            None => number(text).map(Self::Absolute),
        }
    }

    /// As questions say it: `within 0.1`, `within 0.5 %`.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Absolute(width) => format!("within {width}"),
            Self::Relative(share) => format!("within {} %", (100_000.0 * share).round() / 1000.0),
        }
    }

    /// The widest error that still counts, in the series' unit.
    #[must_use]
    pub fn around(self, truth: f64) -> f64 {
        match self {
            Self::Absolute(width) => width,
            Self::Relative(share) => share * truth.abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::csv_rows::read_csv_rows;

    fn about(head: &str, row: &str) -> Result<About, DataError> {
        let text = format!("series_id,title,unit,frequency,period,value,source,vintage{head}\n{row}\n");
        let rows = read_csv_rows("series.csv", text.as_bytes()).unwrap();
        About::of("s", &rows.iter())
    }

    #[test]
    fn what_a_file_leaves_out_follows_from_the_unit() {
        let rate = about("", "s,Rate,\"percent, SA\",M,2008-01,5.00,S,v").unwrap();
        assert_eq!((rate.measure, rate.tolerance, rate.decimals), (Measure::Percent, Tolerance::Absolute(0.1), 2));
        assert_eq!(rate.asked_as, "Rate (percent, SA)");
        let count = about("", "s,Jobs,thousand persons,M,2008-01,138432,S,v").unwrap();
        assert_eq!((count.measure, count.decimals), (Measure::Count, 0));
        let index = about("", "s,CPI,1982-84=100,M,2008-01,211.080,S,v").unwrap();
        assert_eq!((index.measure, index.tolerance.around(200.0)), (Measure::Index, 1.0));
    }

    #[test]
    fn what_a_file_says_is_kept_and_checked() {
        let jobs = about(",scale,tolerance,signed,measure", "s,Jobs,x,M,2008-01,1,S,v,1000,2%,yes,count").unwrap();
        assert_eq!((jobs.scale, jobs.tolerance, jobs.is_signed), (1000.0, Tolerance::Relative(0.02), true));
        for (head, cell, field) in [
            (",tolerance", "wide", "`tolerance`"),
            (",measure", "apples", "`measure`"),
            (",signed", "perhaps", "`signed`"),
            (",decimals", "1.5", "`decimals`"),
            (",lag_months", "-1", "`lag_months`"),
            (",scale", "0", "`scale`"),
        ] {
            let message = about(head, &format!("s,T,x,M,2008-01,1,S,v,{cell}")).unwrap_err().to_string();
            assert!(message.contains(field) && message.contains("line 2"), "{message}");
        }
    }

    #[test]
    fn numbers_and_truth_values_of_json_are_read_like_the_words_of_a_csv_file() {
        let row = br#"{"series_id":"s","title":"Jobs","unit":"x","period":"2008-01","value":1.5,"source":"S","vintage":2022,"decimals":2,"signed":true,"scale":1000}"#;
        let rows = crate::dataset::json_rows::read_json_rows("series.jsonl", row).unwrap();
        let about = About::of("s", &rows.iter()).unwrap();
        assert_eq!((about.vintage.as_str(), about.decimals, about.is_signed, about.scale), ("2022", 2, true, 1000.0));
        let row =
            br#"{"series_id":"s","title":["Jobs"],"unit":"x","period":"2008-01","value":1,"source":"S","vintage":"v"}"#;
        let rows = crate::dataset::json_rows::read_json_rows("series.jsonl", row).unwrap();
        let message = About::of("s", &rows.iter()).unwrap_err().to_string();
        assert!(message.contains("`title`") && message.contains("a list of 1"), "{message}");
    }

    #[test]
    fn a_frequency_that_is_not_that_of_the_period_is_refused() {
        let message = about("", "s,T,x,Q,2008-01,1,S,v").unwrap_err().to_string();
        assert!(message.contains("`frequency`") && message.contains("M for a period like this"), "{message}");
    }
}
