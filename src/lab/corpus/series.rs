//! Lines of one real series: `CPI 2008-01 = 211.080`, one for each period, as the file prints its value.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Insertion, ItemKind};
use crate::dataset::economic::{Observation, series_of};
use crate::dataset::read_csv_rows;
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
        let all = series_of(&read_csv_rows(&path.display().to_string(), bytes)?)?;
        let Some(series) = all.iter().find(|series| series.about.id == self.series_id) else {
            return Err(LabError::InvalidField {
                path: recipe_path.into(),
                field: "series.series_id",
                found: format!("{:?}, of which {} has no row", self.series_id, path.display()),
                allowed: "a series of the file is needed",
            });
        };
        let place = |field: &'static str, period: &str| {
            let found = series.values.iter().position(|seen| seen.period.to_string() == period);
            found.ok_or_else(|| {
                let end = |seen: Option<&Observation>| seen.map_or_else(String::new, |seen| seen.period.to_string());
                LabError::InvalidField {
                    path: recipe_path.into(),
                    field,
                    found: format!(
                        "{period:?}; {} has {} to {}",
                        self.series_id,
                        end(series.values.first()),
                        end(series.values.last())
                    ),
                    allowed: "a period of the series is needed, written as in the file",
                }
            })
        };
        let (first, last) = (place("series.from", &self.from)?, place("series.to", &self.to)?);
        series.values[first..=last].iter().map(|seen| self.insertion(path, seen)).collect()
    }

    fn insertion(&self, path: &Path, seen: &Observation) -> Result<Insertion, LabError> {
        let period = seen.period;
        if seen.value.is_none() {
            return Err(LabError::InvalidRow {
                path: path.into(),
                line: seen.line,
                field: "value",
                found: format!("empty in {period}"),
                allowed: "every period that is read needs a number".to_owned(),
            });
        }
        Ok(Insertion {
            kind: ItemKind::Line,
            id: format!("{}/{period}", self.series_id),
            text: format!("{} {period} = {}\n", self.label, seen.text),
            copies: 0,
            row: serde_json::Value::Null,
            about_target: false,
            withheld: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "series_id,title,unit,period,value,source,vintage\n\
        cpi,CPI,\"1982-84=100, NSA\",2025-08,323.976,BLS,v\n\
        gdp,GDP,percent,2025Q3,1.5,BEA,v\n\
        cpi,CPI,\"1982-84=100, NSA\",2025-09,324.800,BLS,v\n\
        cpi,CPI,\"1982-84=100, NSA\",2025-10,,BLS,v\n\
        cpi,CPI,\"1982-84=100, NSA\",2025-11,324.122,BLS,v\n";

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
        let twice = format!("{FILE}cpi,CPI,\"1982-84=100, NSA\",2025-11,324.122,BLS,v\n");
        let cases: [Case<'_>; 7] = [
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
            ("cpi", "2025-08", "2025-09", b"series_id,period\ncpi,2025-08\n", &["series.csv", "line 2", "`title`"]),
            ("cpi", "2025-08", "2025-09", b"series_id,period\n\xff,x\n", &["series.csv", "line 2", "UTF-8"]),
            ("cpi", "2025-08", "2025-09", twice.as_bytes(), &["series.csv", "line 7", "2025-11", "line 6"]),
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
