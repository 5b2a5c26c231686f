//! `hubble_functions.json`: the pure functions of Hubble's tasks, from a row of data to what is asked, and from a reply to
//! its number.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::dataset::Row;
use crate::dataset::hubble::{
    EMAIL_SEED, NumpyGenerator, clozes, ellie_target, email_numbers, email_patterns, hellaswag_text, normalise_link,
    takes_the, winogrande_forms,
};
use crate::scoring::answer_text::{Punctuation, answer_words, prefix_match, squad_f1, squad_recall};

use super::super::agreement::{Rule, compare, number};
use super::super::golden_file::{GoldenFileError, read_json, text_field};
use super::super::report::FileReport;

const TOLERANCE: f64 = 1e-9;

/// What a section's case comes to.
type Outputs = fn(&Value) -> Result<Value, GoldenFileError>;

const SECTIONS: [(&str, Outputs); 7] = [
    ("squad", squad),
    ("link_normalisation", link),
    ("yago_rows", cloze),
    ("email_candidates", addresses),
    ("hellaswag_preprocess", hellaswag),
    ("winogrande", winogrande),
    ("ellie", ellie),
];

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let golden = read_json(path)?;
    for (section, cases) in golden.as_object().into_iter().flatten() {
        if section == "articles" {
            articles(cases, report);
        } else if let Some((_, outputs)) = SECTIONS.iter().find(|(name, _)| name == section) {
            match cases {
                Value::Array(cases) => {
                    for (index, case) in cases.iter().enumerate() {
                        record(&format!("{section}[{index}]"), case, *outputs, report);
                    }
                }
                case => record(section, case, *outputs, report),
            }
        } else {
            report.unsupported(section, "this build does not handle this section");
        }
    }
    Ok(())
}

fn record(id: &str, case: &Value, outputs: Outputs, report: &mut FileReport) {
    match outputs(case) {
        Ok(got) => report.record(id, &compare(case, &got, &rule)),
        Err(error) => report.fail(id, json!("a case with its inputs"), json!(error.to_string())),
    }
}

/// Inputs and remarks are not compared.
fn rule(field: &str) -> Rule {
    match field {
        "reference" | "prediction" | "raw" | "text" | "meta" | "field" | "doc" | "full_name" | "note" | "id" => {
            Rule::Exempt
        }
        _ if field.starts_with("doc.") => Rule::Exempt,
        _ => Rule::Absolute(TOLERANCE),
    }
}

/// One case a country, whose name is the key.
fn articles(cases: &Value, report: &mut FileReport) {
    for (country, expected) in cases.as_object().into_iter().flatten() {
        let got = json!({ country: takes_the(country) });
        report.record(&format!("articles.{country}"), &compare(&json!({ country: expected }), &got, &|_| Rule::Exact));
    }
}

fn squad(case: &Value) -> Result<Value, GoldenFileError> {
    let (reference, prediction) = (text_field(case, "reference")?, text_field(case, "prediction")?);
    let by = |punctuation| {
        json!({
            "squad_f1": number(squad_f1(prediction, reference, punctuation)),
            "squad_recall": number(squad_recall(prediction, reference, punctuation)),
            "prefix_match": number(prefix_match(prediction, reference, punctuation)),
            "normalized_reference": answer_words(reference, punctuation).join(" "),
            "normalized_prediction": answer_words(prediction, punctuation).join(" "),
        })
    };
    Ok(json!({ "yago": by(Punctuation::SplitsAddresses), "plain": by(Punctuation::Removed) }))
}

fn link(case: &Value) -> Result<Value, GoldenFileError> {
    let raw = text_field(case, "raw")?;
    Ok(json!({ "value": normalise_link(raw, false), "value_lower": normalise_link(raw, true) }))
}

fn cloze(case: &Value) -> Result<Value, GoldenFileError> {
    let field = text_field(case, "field")?;
    let fields: Map<String, Value> =
        ["text", "meta"].iter().filter_map(|&name| Some((name.to_owned(), case.get(name)?.clone()))).collect();
    let row = Row { file: "hubble_functions.json".into(), line: 1, fields };
    let clozes = match clozes(&row) {
        Ok(clozes) => clozes,
        Err(error) => return Ok(json!({ "answer": format!("error: {error}") })),
    };
    let found = clozes.into_iter().find(|cloze| cloze.field.name == field);
    let cloze = found.ok_or(GoldenFileError::Field { field: "field" })?;
    Ok(json!({
        "answer": cloze.value,
        "prefix": cloze.prefix,
        "suffix": cloze.suffix,
        "intro_prefix": cloze.intro_prefix,
        "name_only_prefix": cloze.name_only_prefix,
    }))
}

/// The numbers are those of a fresh generator.
fn addresses(case: &Value) -> Result<Value, GoldenFileError> {
    let numbers = email_numbers(&mut NumpyGenerator::new(EMAIL_SEED));
    Ok(json!({ "candidates": email_patterns(text_field(case, "full_name")?, numbers) }))
}

fn hellaswag(case: &Value) -> Result<Value, GoldenFileError> {
    Ok(json!({ "value": hellaswag_text(text_field(case, "raw")?) }))
}

fn document(case: &Value) -> Result<&Value, GoldenFileError> {
    case.get("doc").ok_or(GoldenFileError::Field { field: "doc" })
}

fn winogrande(case: &Value) -> Result<Value, GoldenFileError> {
    let doc = document(case)?;
    let options = [text_field(doc, "option1")?, text_field(doc, "option2")?];
    let forms = winogrande_forms(text_field(doc, "sentence")?, options)
        .ok_or(GoldenFileError::Field { field: "doc.sentence" })?;
    let gold: i64 = text_field(doc, "answer")?.parse().map_err(|_| GoldenFileError::Field { field: "doc.answer" })?;
    Ok(json!({
        "infill_gold": gold - 1,
        "infill_contexts": forms.infill_contexts,
        "infill_continuation": forms.infill_continuation,
        "mcq_prompt": forms.mcq_prompt,
    }))
}

fn ellie(case: &Value) -> Result<Value, GoldenFileError> {
    let doc = document(case)?;
    let target = ellie_target(text_field(doc, "label")?, text_field(doc, "Prompt_BERT")?);
    Ok(json!({ "target": target.ok_or(GoldenFileError::Field { field: "doc.Prompt_BERT" })? }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/hubble_functions.json");

    fn checked(path: &Path) -> FileReport {
        let mut report = FileReport::new("hubble_functions.json", "membership");
        check(path, &mut report).expect("a readable file");
        report
    }

    #[test]
    fn every_function_of_hubble_agrees() {
        let report = checked(Path::new(GOLDEN));
        assert!(report.failed.is_empty(), "{:#?}", report.failed);
        assert!(report.unsupported.is_empty(), "{:#?}", report.unsupported);
        assert_eq!((report.cases, report.passed), (37, 37));
    }

    #[test]
    fn wrong_values_and_cases_without_inputs_are_found() {
        let mut golden = read_json(Path::new(GOLDEN)).expect("golden cases");
        golden["squad"][1]["yago"]["squad_f1"] = json!(0.875_001);
        golden["articles"]["Norway"] = json!(true);
        golden["ellie"]["doc"]["Prompt_BERT"] = json!("no mask");
        golden["yago_rows"][5]["text"] = json!("nothing");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("hubble_functions.json");
        fs::write(&path, golden.to_string()).expect("a temporary file can be written");
        let failed: Vec<String> = checked(&path).failed.into_iter().map(|case| case.id).collect();
        let mut failed: Vec<&str> = failed.iter().map(String::as_str).collect();
        failed.sort_unstable();
        assert_eq!(failed, ["articles.Norway", "ellie", "squad[1]", "yago_rows[5]"]);
    }
}
