//! Lines of one real series: `CPI 2008-01 = 211.080`, one for each period, as the file prints its value.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Insertion, ItemKind};
use crate::lab::LabError;

/// Lines of a data file, up to a last period. They are all that the model reads: there is no background beside them.
///
/// The lines are `LABEL PERIOD = VALUE`, each with its line end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesPlan {
    /// Table with the columns `series_id`, `period` and `value`, beside the recipe or below its folder's parents.
    pub file: String,
    /// Hex SHA-256 of that file: the recipe's hash is to stand for the values, too.
    pub sha256: String,
    /// The series, as the file calls it.
    pub series_id: String,
    /// What the lines call it.
    pub label: String,
    /// First period that is read ...
    pub from: String,
    /// ... and the last: the model's cutoff.
    pub to: String,
}

/// Where the wanted columns stand.
struct Columns {
    count: usize,
    series_id: usize,
    period: usize,
    value: usize,
}

/// A row of the wanted series.
struct Row<'a> {
    line: usize,
    period: String,
    value: String,
    path: &'a Path,
}

impl SeriesPlan {
    /// The field at fault with what was found and what is allowed, as far as the recipe alone can tell.
    pub(in crate::lab) fn fault(&self) -> Option<(&'static str, String, &'static str)> {
        let is_label = !self.label.trim().is_empty() && !self.label.chars().any(char::is_control);
        if !is_label {
            return Some(("series.label", format!("{:?}", self.label), "a name of one line is needed, e.g. \"CPI\""));
        }
        if self.from > self.to {
            let found = format!("{:?}, which is after `series.to` {:?}", self.from, self.to);
            return Some(("series.from", found, "the first period must not be after the last"));
        }
        None
    }

    /// The line of every period from the first to the last, in the file's order; how often each is read is decided
    /// when sequences are laid out.
    ///
    /// # Errors
    /// The file and its line, or the recipe's field, with what was found and what is allowed.
    pub(in crate::lab) fn insertions(
        &self,
        recipe_path: &Path,
        path: &Path,
        bytes: &[u8],
    ) -> Result<Vec<Insertion>, LabError> {
        let rows = self.rows(recipe_path, path, bytes)?;
        let place = |field: &'static str, period: &str| {
            rows.iter().position(|row| row.period == period).ok_or_else(|| LabError::InvalidField {
                path: recipe_path.into(),
                field,
                found: format!(
                    "{period:?}; {} has {} to {}",
                    self.series_id,
                    rows[0].period,
                    rows[rows.len() - 1].period
                ),
                allowed: "a period of the series is needed, written as in the file",
            })
        };
        let (first, last) = (place("series.from", &self.from)?, place("series.to", &self.to)?);
        rows[first..=last].iter().map(|row| self.insertion(row)).collect()
    }

    /// All rows of the series, at least one; their periods rise.
    fn rows<'a>(&self, recipe_path: &Path, path: &'a Path, bytes: &[u8]) -> Result<Vec<Row<'a>>, LabError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
            invalid(path, line, "text", "not UTF-8", "UTF-8 is needed")
        })?;
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let columns = Columns::find(path, lines.next().map_or("", |(_, line)| line))?;
        let mut rows: Vec<Row<'a>> = Vec::new();
        for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
            let mut fields = split(text).ok_or_else(|| {
                invalid(path, line, "row", "a quote that is never closed", "a row ends with its line")
            })?;
            if fields.len() != columns.count {
                let (found, allowed) = (format!("{} fields", fields.len()), format!("{} are needed", columns.count));
                return Err(invalid(path, line, "row", &found, &allowed));
            }
            if fields[columns.series_id] != self.series_id {
                continue;
            }
            let period = std::mem::take(&mut fields[columns.period]);
            if let Some(before) = rows.last().filter(|row| row.period >= period) {
                let found = format!("{period:?} after {:?}", before.period);
                return Err(invalid(path, line, "period", &found, "the periods of a series must rise"));
            }
            rows.push(Row { line, period, value: std::mem::take(&mut fields[columns.value]), path });
        }
        if rows.is_empty() {
            return Err(LabError::InvalidField {
                path: recipe_path.into(),
                field: "series.series_id",
                found: format!("{:?}, of which {} has no row", self.series_id, path.display()),
                allowed: "a series of the file is needed",
            });
        }
        Ok(rows)
    }

    fn insertion(&self, row: &Row<'_>) -> Result<Insertion, LabError> {
        let Row { line, period, value, path } = row;
        if !value.parse::<f64>().is_ok_and(f64::is_finite) {
            let found = format!("{value:?} in {period}");
            return Err(invalid(path, *line, "value", &found, "every period that is read needs a number"));
        }
        Ok(Insertion {
            kind: ItemKind::Line,
            id: format!("{}/{period}", self.series_id),
            text: format!("{} {period} = {value}\n", self.label),
            copies: 0,
            row: serde_json::Value::Null,
            about_target: false,
            withheld: false,
        })
    }
}

impl Columns {
    fn find(path: &Path, header: &str) -> Result<Self, LabError> {
        let names = split(header).unwrap_or_default();
        let place = |name: &'static str| {
            names
                .iter()
                .position(|found| found == name)
                .ok_or_else(|| invalid(path, 1, name, "not among the columns", "the first line must name this column"))
        };
        Ok(Self {
            count: names.len(),
            series_id: place("series_id")?,
            period: place("period")?,
            value: place("value")?,
        })
    }
}

/// The fields of a line of comma-separated values; `None` where a quote is never closed.
fn split(line: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut()?;
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    (!is_quoted).then_some(fields)
}

fn invalid(path: &Path, line: usize, field: &'static str, found: &str, allowed: &str) -> LabError {
    LabError::InvalidRow { path: path.into(), line, field, found: found.into(), allowed: allowed.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "series_id,unit,period,value\n\
        cpi,\"1982-84=100, NSA\",2025-08,323.976\n\
        gdp,,2025Q3,1.5\n\
        cpi,\"the \"\"index\"\"\",2025-09,324.800\n\
        cpi,,2025-10,\n\
        cpi,,2025-11,324.122\n";

    /// A series, its first and last period, the file, and what the fault must name.
    type Case<'a> = (&'a str, &'a str, &'a str, &'a [u8], &'a [&'a str]);

    fn plan(series_id: &str, from: &str, to: &str) -> SeriesPlan {
        let [series_id, from, to] = [series_id, from, to].map(str::to_owned);
        SeriesPlan { file: "series.csv".into(), sha256: String::new(), series_id, label: "CPI".into(), from, to }
    }

    fn read(plan: &SeriesPlan, file: &[u8]) -> Result<Vec<String>, String> {
        let insertions = plan.insertions(Path::new("recipe.toml"), Path::new("series.csv"), file);
        insertions.map(|lines| lines.into_iter().map(|line| line.text).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn values_stand_in_lines_as_the_file_prints_them() {
        let lines = read(&plan("cpi", "2025-08", "2025-09"), FILE.as_bytes()).expect("both have a value");
        assert_eq!(lines, ["CPI 2025-08 = 323.976\n", "CPI 2025-09 = 324.800\n"]);
        assert_eq!(read(&plan("gdp", "2025Q3", "2025Q3"), FILE.as_bytes()).expect("one"), ["CPI 2025Q3 = 1.5\n"]);
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let twice = format!("{FILE}cpi,,2025-11,324.122\n");
        let cases: [Case<'_>; 10] = [
            ("cpi", "2025-09", "2025-11", FILE.as_bytes(), &["series.csv:5:", "`value`", "2025-10", "needs a number"]),
            ("cpi", "2025-07", "2025-09", FILE.as_bytes(), &["recipe.toml", "`series.from`", "2025-08 to 2025-11"]),
            ("cpi", "2025-08", "2025-9", FILE.as_bytes(), &["recipe.toml", "`series.to`", "\"2025-9\""]),
            (
                "ppi",
                "2025-08",
                "2025-09",
                FILE.as_bytes(),
                &["recipe.toml", "`series.series_id`", "\"ppi\"", "series.csv"],
            ),
            ("cpi", "2025-08", "2025-09", b"", &["series.csv:1:", "`series_id`"]),
            ("cpi", "2025-08", "2025-09", b"series_id,period\n", &["series.csv:1:", "`value`"]),
            (
                "cpi",
                "2025-08",
                "2025-09",
                b"series_id,period,value\ncpi,2025-08\n",
                &["series.csv:2:", "2 fields", "3 are"],
            ),
            (
                "cpi",
                "2025-08",
                "2025-09",
                b"series_id,period,value\ncpi,\"2025,1\n",
                &["series.csv:2:", "never closed"],
            ),
            ("cpi", "2025-08", "2025-09", b"series_id,period,value\n\xff", &["series.csv:2:", "UTF-8"]),
            ("cpi", "2025-08", "2025-09", twice.as_bytes(), &["series.csv:7:", "`period`", "must rise"]),
        ];
        for (series_id, from, to, file, words) in cases {
            let error = read(&plan(series_id, from, to), file).expect_err("a fault");
            assert!(words.iter().all(|word| error.contains(word)), "{error} lacks one of {words:?}");
        }
    }

    #[test]
    fn a_plan_is_checked_before_its_file_is_read() {
        assert_eq!(plan("cpi", "2025-08", "2025-09").fault(), None);
        let (field, found, _) = plan("cpi", "2025-09", "2025-08").fault().expect("from is after to");
        assert_eq!((field, found.as_str()), ("series.from", "\"2025-09\", which is after `series.to` \"2025-08\""));
        let unnamed = SeriesPlan { label: "C\nPI".into(), ..plan("cpi", "2025-08", "2025-09") };
        assert_eq!(unnamed.fault().expect("two lines").0, "series.label");
    }
}
