//! Titles of films, lines of lists, and recommendations. The names of the films lie beside the cases.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::agreement::{Rule, compare};
use super::super::case_lines::cases;
use super::super::golden_file::{GoldenFileError, list_field, read_json, text_field};
use super::super::report::FileReport;
use super::texts::{gold, shown};
use super::{CLOSE, check_file, check_keys, or_told};
use crate::scoring::memory::films::Films;
use crate::scoring::memory::recommended::clean_line;
use crate::scoring::memory::score::memory_scores;

/// The data set whose items are recommendations.
const SUB_DATASET: &str = "recsys_redial_full";

fn films(path: &Path) -> Result<Films, GoldenFileError> {
    let text = fs::read_to_string(path.with_file_name("recsys_entity2id.json"))?;
    Films::read(&text).map_err(|_| GoldenFileError::Field { field: "(ids in recsys_entity2id.json)" })
}

pub(super) fn check_lines(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| Ok(json!({"out": clean_line(text_field(case, "in")?)}));
    check_file(path, report, outputs, &|field| if field == "in" { Rule::Exempt } else { Rule::Exact })
}

pub(super) fn check_names(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let films = films(path)?;
    check_keys(&read_json(path)?, report, |id| or_told(films.title_of(id).map(Value::from)))
}

pub(super) fn check_recommendations(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let films = films(path)?;
    for (name, case) in cases(path, report)? {
        let inputs = text_field(&case, "prediction").and_then(|prediction| Ok((prediction, gold(&case)?)));
        let (prediction, gold, outcomes) = match (inputs, list_field(&case, "outcomes")) {
            (Ok((prediction, gold)), Ok(outcomes)) => (prediction, gold, outcomes),
            (Err(error), _) | (_, Err(error)) => {
                report.fail(&name, json!("a case with its inputs"), json!(error.to_string()));
                continue;
            }
        };
        let scores = memory_scores(SUB_DATASET, prediction, &gold, Some(&films));
        let got = or_told(scores.map(|scores| shown(&scores)));
        let rule = |field: &str| if field.starts_with("metrics") { CLOSE } else { Rule::Exact };
        // Upstream's choice among equally near titles depends on its process; any of those seen will do.
        let agreements: Vec<_> = outcomes.iter().map(|outcome| compare(outcome, &got, &rule)).collect();
        match agreements.iter().find(|agreement| agreement.is_pass()).or(agreements.first()) {
            Some(agreement) => report.record(&name, agreement),
            None => report.fail(&name, json!("an outcome"), json!("none")),
        }
    }
    Ok(())
}
