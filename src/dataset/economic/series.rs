//! Series of a file: values in the order of time, one vintage each, with what is to be known to ask for them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::about::About;
use super::period::Period;
use crate::dataset::error::DataError;
use crate::dataset::row::Row;
use crate::suite::nearest;

/// A series with all its values.
#[derive(Debug, Clone)]
pub struct Series {
    pub about: About,
    /// In the order of time; one that was never published has no value.
    pub values: Vec<Observation>,
}

/// One row of a series.
#[derive(Debug, Clone)]
pub struct Observation {
    pub period: Period,
    /// `None`: there never was one.
    pub value: Option<f64>,
    /// The value as it is printed; empty where there is none.
    pub text: String,
    /// The day of first publication, where the file tells it.
    pub published: Option<Date>,
    /// Its place in the file.
    pub line: usize,
}

impl Series {
    /// The values before a place, those that were never published left out.
    pub fn before(&self, place: usize) -> impl DoubleEndedIterator<Item = (&Observation, f64)> {
        self.values[..place].iter().filter_map(|seen| Some((seen, seen.value?)))
    }
}

/// The series of a file, in the order in which they begin.
///
/// # Errors
/// The first row that cannot be: a value that is no number, two rows for one period, two vintages in one series, a period out of order,
/// a gap that no row tells of.
pub fn series_of(rows: &[Row]) -> Result<Vec<Series>, DataError> {
    let mut order: Vec<String> = Vec::new();
    let mut by_id: BTreeMap<String, Vec<(&Row, Observation)>> = BTreeMap::new();
    for row in rows {
        spelt_right(row)?;
        let id = row.text("series_id")?.to_owned();
        let seen = observation(row)?;
        if !by_id.contains_key(&id) {
            order.push(id.clone());
        }
        by_id.entry(id).or_default().push((row, seen));
    }
    order
        .into_iter()
        .map(|id| {
            let rows = by_id.remove(&id).unwrap_or_default();
            let about = About::of(&id, &rows.iter().map(|(row, _)| *row))?;
            in_order(&id, &rows)?;
            if let Some((row, _)) = rows.first()
                && rows.iter().all(|(_, seen)| seen.value.is_none())
            {
                return Err(row.missing("value", "a number, in one row of the series at least"));
            }
            Ok(Series { about, values: rows.into_iter().map(|(_, seen)| seen).collect() })
        })
        .collect()
}

/// What a row may say; other columns are the user's own.
const COLUMNS: [&str; 23] = [
    "series_id",
    "title",
    "unit",
    "frequency",
    "period",
    "value",
    "source",
    "vintage",
    "published",
    "decimals",
    "measure",
    "scale",
    "signed",
    "absolute_above",
    "tolerance",
    "lag_months",
    "group",
    "asked_as",
    "line_name",
    "false_name",
    "twin",
    "note",
    "rights",
];

/// A column that is almost one of ours would be ignored in silence.
fn spelt_right(row: &Row) -> Result<(), DataError> {
    for field in row.fields.keys().filter(|field| !COLUMNS.contains(&field.as_str())) {
        if let Some(nearest) = nearest(field, COLUMNS) {
            return Err(DataError::MisspeltColumn {
                file: row.file.to_string(),
                line: row.line,
                field: field.clone(),
                nearest,
            });
        }
    }
    Ok(())
}

fn observation(row: &Row) -> Result<Observation, DataError> {
    let allowed = "a day like 2008-09-15, a month like 2008-09 or a quarter like 2008Q3";
    let written = row.text("period")?;
    let period = Period::read(written).ok_or_else(|| row.wrong("period", &Value::from(written), allowed))?;
    let (value, text) = match row.get("value") {
        None => (None, String::new()),
        Some(Value::Number(number)) => (number.as_f64(), number.to_string()),
        Some(Value::String(text)) if text.trim().is_empty() => (None, String::new()),
        Some(found) => {
            let allowed = "a number with a decimal point and without separators, or nothing where there is no value";
            let text = found.as_str().unwrap_or_default();
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            (Some(number.ok_or_else(|| row.wrong("value", found, allowed))?), text.to_owned())
        }
    };
    Ok(Observation { period, value, text, published: day(row, "published")?, line: row.line })
}

/// A day in a field, where it is there.
pub(super) fn day(row: &Row, field: &str) -> Result<Option<Date>, DataError> {
    let Some(found) = row.get(field) else { return Ok(None) };
    let read = found.as_str().and_then(|text| text.parse::<Date>().ok());
    read.map(Some).ok_or_else(|| row.wrong(field, found, "a day like 2008-09-15"))
}

/// Refuses what no analysis could be right about: doubled, unsorted and missing periods.
fn in_order(id: &str, rows: &[(&Row, Observation)]) -> Result<(), DataError> {
    let mut first_line: BTreeMap<Period, usize> = BTreeMap::new();
    for (row, seen) in rows {
        if let Some(&first_line) = first_line.get(&seen.period) {
            let (series, period) = (id.to_owned(), seen.period.to_string());
            return Err(DataError::DoubledPeriod {
                file: row.file.to_string(),
                line: row.line,
                first_line,
                series,
                period,
            });
        }
        first_line.insert(seen.period, row.line);
    }
    for pair in rows.windows(2) {
        let [(_, before), (row, now)] = pair else { continue };
        let place = || (row.file.to_string(), row.line, id.to_owned(), before.period.to_string());
        match before.period.steps_to(now.period) {
            Some(steps) if steps <= 0 => {
                let (file, line, series, before) = place();
                return Err(DataError::UnsortedPeriods { file, line, series, before, period: now.period.to_string() });
            }
            Some(steps) if steps > 1 && !matches!(now.period, Period::Day(_)) => {
                let missing = before.period.later(1).to_string();
                let (file, line, series, before) = place();
                let period = now.period.to_string();
                return Err(DataError::MissingPeriod { file, line, series, before, period, missing });
            }
            Some(_) => {}
            None => {
                let allowed = format!("a period like {} as in the rows before", before.period);
                return Err(row.wrong("period", &Value::from(now.period.to_string()), &allowed));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::csv_rows::read_csv_rows;

    const HEAD: &str = "series_id,title,unit,frequency,period,value,source,vintage\n";

    fn read(rows: &str) -> Result<Vec<Series>, DataError> {
        series_of(&read_csv_rows("series.csv", format!("{HEAD}{rows}").as_bytes()).unwrap())
    }

    fn told(rows: &str) -> String {
        read(rows).unwrap_err().to_string()
    }

    #[test]
    fn the_values_of_a_series_are_read_in_order() {
        let series = read("u,Rate,percent,M,2008-01,5.0,S,2022-10\nu,Rate,percent,M,2008-02,4.9,S,2022-10\n").unwrap();
        assert_eq!(series[0].values.len(), 2);
        assert_eq!((series[0].values[0].value, series[0].values[0].text.as_str()), (Some(5.0), "5.0"));
        assert_eq!(series[0].before(1).count(), 1);
    }

    #[test]
    fn a_missing_month_is_refused_unless_a_row_says_that_it_never_was() {
        let message = told("u,R,percent,M,2008-01,5.0,S,v\nu,R,percent,M,2008-03,5.1,S,v\n");
        assert!(
            message.contains("series.csv, line 3")
                && message.contains("from 2008-01 to 2008-03")
                && message.contains("2008-02 is missing"),
            "{message}"
        );
        let series =
            read("u,R,percent,M,2008-01,5.0,S,v\nu,R,percent,M,2008-02,,S,v\nu,R,percent,M,2008-03,5.1,S,v\n").unwrap();
        assert_eq!(series[0].values[1].value, None);
        let message = told("u,R,percent,Q,2008Q1,5.0,S,v\nu,R,percent,Q,2008Q3,5.1,S,v\n");
        assert!(message.contains("2008Q2 is missing"), "{message}");
    }

    #[test]
    fn two_rows_for_one_period_are_refused_with_both_lines() {
        let message = told("u,R,percent,M,2008-01,5.0,S,v\nu,R,percent,M,2008-01,5.1,S,v\n");
        assert!(message.contains("line 3") && message.contains("in line 2 already"), "{message}");
    }

    #[test]
    fn two_vintages_in_one_series_are_refused_with_both_rows() {
        let message = told("u,R,percent,M,2008-01,5.0,S,2009-01\nu,R,percent,M,2008-02,5.1,S,2022-10\n");
        assert!(
            message.contains("line 3")
                && message.contains("in line 2")
                && message.contains("vintage")
                && message.contains("2009-01")
                && message.contains("2022-10"),
            "{message}"
        );
    }

    #[test]
    fn a_value_that_is_no_number_is_refused_with_line_and_field() {
        for wrong in ["5,0%", "n/a", "NaN", "inf", "about 5"] {
            let message = told(&format!("u,R,percent,M,2008-01,\"{wrong}\",S,v\n"));
            assert!(message.contains("line 2") && message.contains("`value`"), "{wrong}: {message}");
        }
    }

    #[test]
    fn a_column_that_is_almost_one_of_ours_is_refused_and_others_are_the_users_own() {
        let read = |head: &str| {
            let text =
                format!("series_id,title,unit,period,value,source,vintage,{head}\nu,R,percent,2008-01,5,S,v,0.1\n");
            series_of(&read_csv_rows("series.csv", text.as_bytes()).unwrap())
        };
        let message = read("tolerence").unwrap_err().to_string();
        assert!(message.contains("`tolerence`") && message.contains("`tolerance`"), "{message}");
        assert!(read("colour").is_ok());
    }

    #[test]
    fn a_series_without_any_value_lacks_the_column() {
        let message = told("u,R,percent,M,2008-01,,S,v\nu,R,percent,M,2008-02,,S,v\n");
        assert!(message.contains("line 2") && message.contains("`value` is missing"), "{message}");
    }

    #[test]
    fn periods_out_of_order_or_of_another_kind_are_refused() {
        let message = told("u,R,percent,M,2008-02,5.0,S,v\nu,R,percent,M,2008-01,5.1,S,v\n");
        assert!(message.contains("2008-01 behind 2008-02"), "{message}");
        let message = told("u,R,percent,M,2008-02,5.0,S,v\nu,R,percent,,2008Q2,5.1,S,v\n");
        assert!(message.contains("a period like 2008-02"), "{message}");
        let message = told("u,R,percent,M,February 2008,5.0,S,v\n");
        assert!(message.contains("a month like 2008-09"), "{message}");
    }

    #[test]
    fn days_may_have_gaps_for_markets_have_days_off() {
        let rows = "c,Close,index points,D,2018-12-28,2485.74,S,v\nc,Close,index points,D,2018-12-31,2506.85,S,v\n";
        assert_eq!(read(rows).unwrap()[0].values.len(), 2);
    }
}
