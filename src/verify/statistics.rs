//! Kind `statistics`: every method of the registry on golden cases, and the distribution functions on their grid.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::agreement::{Rule, compare};
use super::golden_file::{GoldenFile, GoldenFileError, is_named, list_field, read_json, text_field};
use super::report::{FileReport, WHOLE_FILE};
use crate::statistics::registry::{self, Method};

const DATASETS: &str = "datasets.json";

/// The data that cases name.
pub(super) fn is_input(file: &Path) -> bool {
    is_named(file, &[DATASETS])
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "statistics");
    if let Err(error) = check_file(&file.path, &mut report) {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

fn check_file(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let golden = read_json(path)?;
    if golden.get("rows").is_some() {
        return check_grid(&golden, report);
    }
    let datasets = path.with_file_name(DATASETS);
    let datasets = if datasets.is_file() { read_json(&datasets)? } else { Value::Null };
    for (index, case) in list_field(&golden, "cases")?.iter().enumerate() {
        let id = case.get("id").and_then(Value::as_str).map_or_else(|| format!("cases[{index}]"), str::to_owned);
        check_case(&id, case, &datasets["datasets"], report)?;
    }
    Ok(())
}

fn check_case(id: &str, case: &Value, datasets: &Value, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let name = text_field(case, "method")?;
    let Some(method) = registry::find(name) else {
        report.unsupported(id, &format!("this build has no method `{name}`"));
        return Ok(());
    };
    let empty = Map::new();
    let params = match case.get("params") {
        None | Some(Value::Null) => &empty,
        Some(params) => params.as_object().ok_or(GoldenFileError::Field { field: "params" })?,
    };
    if let Some(unknown) = method.unknown_params(params).next() {
        report.fail(id, json!("parameters that the method knows"), json!(unknown));
        return Ok(());
    }
    let input = case.get("input").and_then(Value::as_object).ok_or(GoldenFileError::Field { field: "input" })?;
    let outcome = match resolved(input, datasets) {
        Ok(input) => run(method, params, &input),
        Err(missing) => {
            report.fail(id, json!("a data set that is there"), json!(missing));
            return Ok(());
        }
    };
    let expected = case.get("expect").and_then(Value::as_object).ok_or(GoldenFileError::Field { field: "expect" })?;
    let number = |field: &str| case.get("tolerance").and_then(|t| t.get(field)).and_then(Value::as_f64).unwrap_or(0.0);
    let rule = Rule::AbsolutePlusRelative { absolute: number("abs"), relative: number("rel") };
    let agreement =
        |got: &Map<String, Value>| compare(&Value::Object(expected.clone()), &Value::Object(got.clone()), &|_| rule);
    let own = match outcome.answer_to(expected) {
        Ok(got) => got,
        Err(refusal) => {
            report.fail(id, Value::Object(expected.clone()), Value::Object(refusal));
            return Ok(());
        }
    };
    // Our own number first; where the method knows that its reference is wrong, then the reference's.
    let verdict = agreement(&own);
    match outcome.compatible_answer(&own) {
        Some((compatible, why)) if !verdict.is_pass() && agreement(&compatible).is_pass() => {
            report.record(id, &agreement(&compatible));
            report.note_compatible(id, why);
        }
        _ => report.record(id, &verdict),
    }
    Ok(())
}

/// What a method said, before anything is known of what was expected.
struct Outcome {
    answer: Result<crate::statistics::TestRecord, Map<String, Value>>,
}

fn run(method: &Method, params: &Map<String, Value>, input: &Map<String, Value>) -> Outcome {
    Outcome { answer: method.run(params, input).map_err(|error| error.fields()) }
}

impl Outcome {
    /// The fields that a case asks for. A refusal that nobody expected is an error.
    fn answer_to(&self, expected: &Map<String, Value>) -> Result<Map<String, Value>, Map<String, Value>> {
        let mut got = Map::new();
        match &self.answer {
            Err(fields) if !expected.contains_key("error") => return Err(fields.clone()),
            Err(fields) => got.clone_from(fields),
            Ok(record) => {
                for name in expected.keys() {
                    if let Some(value) = record.field(name) {
                        got.insert(name.clone(), value);
                    }
                }
                let flags: Vec<&str> = record.flags.iter().map(|flag| flag.as_str()).collect();
                if let Some(wanted) = expected.get("flag") {
                    // One of several flags is enough; none may be raised where none is expected.
                    let raised = flags.iter().find(|flag| Some(**flag) == wanted.as_str()).or(flags.first());
                    got.insert("flag".to_owned(), raised.map_or(Value::Null, |flag| json!(flag)));
                }
                if expected.contains_key("error") {
                    got.insert("error".to_owned(), Value::Null);
                }
            }
        }
        // Undefined is absent in a record and null in a case.
        for (name, _) in expected.iter().filter(|(_, value)| value.is_null()) {
            got.entry(name.clone()).or_insert(Value::Null);
        }
        Ok(got)
    }

    /// The same fields with those that the method labels as its reference's, and why that reference is wrong.
    fn compatible_answer(&self, own: &Map<String, Value>) -> Option<(Map<String, Value>, &str)> {
        let compatible = self.answer.as_ref().ok()?.values.get(registry::COMPATIBLE)?.as_object()?;
        let mut fields = own.clone();
        for (name, value) in &mut fields {
            if let Some(upstream) = compatible.get(name) {
                value.clone_from(upstream);
            }
        }
        Some((fields, compatible.get("why")?.as_str()?))
    }
}

/// The input with the columns of the data set that it names, and with `["R05", "s1"]` as that data set's classes and score.
fn resolved(input: &Map<String, Value>, datasets: &Value) -> Result<Map<String, Value>, String> {
    let dataset = |name: &str| {
        datasets.get(name).and_then(Value::as_object).ok_or_else(|| format!("{DATASETS} holds no data set `{name}`"))
    };
    let mut fields = Map::new();
    if let Some(name) = input.get("dataset").and_then(Value::as_str) {
        fields.clone_from(dataset(name)?);
    }
    for (key, value) in input {
        let named = value.as_array().and_then(|pair| match pair.as_slice() {
            [Value::String(name), Value::String(column)] => Some((name, column)),
            _ => None,
        });
        let value = match named {
            Some((name, column)) => {
                let columns = dataset(name)?;
                let of = |column: &str| columns.get(column).cloned().unwrap_or(Value::Null);
                json!({"y": of("y"), "score": of(column)})
            }
            None => value.clone(),
        };
        fields.insert(key.clone(), value);
    }
    Ok(fields)
}

/// `special_functions.json`: one function value a row.
fn check_grid(golden: &Value, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let tolerance = |field: &str| golden["tolerance"][field].as_f64();
    let absolute = tolerance("abs").unwrap_or(0.0);
    let method = registry::find("distribution").ok_or(GoldenFileError::Field { field: "rows" })?;
    for row in list_field(golden, "rows")? {
        let name = text_field(row, "fn")?;
        let id = format!("{name}{}", row.get("args").unwrap_or(&Value::Null));
        let input = row.as_object().ok_or(GoldenFileError::Field { field: "rows" })?;
        let relative = match name {
            "studentized_range_inf_sf" => tolerance("studentized_range_rel").or_else(|| tolerance("rel")),
            _ => tolerance("rel"),
        };
        let rule = Rule::AbsolutePlusRelative { absolute, relative: relative.unwrap_or(0.0) };
        let expected = json!({"value": row.get("value")});
        match method.run(&Map::new(), input) {
            Ok(record) => {
                let got = json!({"value": record.field("value")});
                report.record(&id, &compare(&expected, &got, &|_| rule));
            }
            Err(error) if error.to_string().contains("there is no") => report.unsupported(&id, &error.to_string()),
            Err(error) => report.fail(&id, expected, Value::Object(error.fields())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::verify::golden_files::find_golden_files;

    fn golden() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/statistics"))
    }

    #[test]
    fn every_case_of_every_file_agrees() {
        let files = find_golden_files(&golden(), None).expect("the golden cases stand beside the tests");
        assert_eq!(files.len(), 18);
        let (mut cases, mut passed) = (0, 0);
        for found in &files {
            let report = check(&found.file);
            assert!(report.failed.is_empty(), "{}: {:#?}", report.file, report.failed);
            assert!(report.unsupported.is_empty(), "{}: {:#?}", report.file, report.unsupported);
            cases += report.cases;
            passed += report.passed;
        }
        assert_eq!((cases, passed), (1195, 1195));
        let by_compatible: usize = files.iter().map(|found| check(&found.file).compatible.len()).sum();
        assert_eq!(by_compatible, 3);
    }

    #[test]
    fn a_wrong_value_a_wrong_error_and_an_unknown_method_are_told_apart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("statistics");
        fs::create_dir(&root).expect("a temporary folder can be filled");
        let case = |id: &str, method: &str, successes: u64, expect: Value| {
            json!({"id": id, "method": method, "params": {}, "input": {"successes": successes, "trials": 10},
                   "expect": expect, "tolerance": {"abs": 1e-9, "rel": 0.0}})
        };
        let cases = json!({"cases": [
            case("right", "interval_wilson", 5, json!({"estimate": 0.5})),
            case("wrong", "interval_wilson", 5, json!({"estimate": 0.51})),
            case("refused", "interval_wilson", 11, json!({"estimate": 1.1})),
            case("not-refused", "interval_wilson", 5, json!({"error": "EmptyInput"})),
            case("unknown", "interval_of_mine", 5, json!({"estimate": 0.5})),
            case("no-such-field", "interval_wilson", 5, json!({"median": 0.5})),
            case("undefined", "interval_wilson", 5, json!({"estimate": null})),
        ]});
        fs::write(root.join("mine.json"), cases.to_string()).expect("a temporary file can be written");
        let files = find_golden_files(&root, None).expect("readable");
        let report = check(&files[0].file);
        let ids = |list: &[crate::verify::report::NotChecked]| list.iter().map(|n| n.id.clone()).collect::<Vec<_>>();
        let failed: Vec<&str> = report.failed.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(failed, ["wrong", "refused", "not-refused", "undefined"]);
        assert_eq!(ids(&report.unsupported), ["unknown", "no-such-field"]);
        assert_eq!(report.passed, 1);
    }
}
