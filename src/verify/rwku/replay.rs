//! Recorded completions of three models, scored against the data set beside them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::agreement::{Rule, compare};
use super::super::case_lines::{cases, inputs, mean, or_nan};
use super::super::golden_file::{GoldenFileError, list_field, read_json, text_field};
use super::super::report::FileReport;
use super::answers::right_answers;
use crate::scoring::fluency::n_gram_entropy;
use crate::scoring::open_answer::{answer_em, answer_f1};
use crate::scoring::reasoning::{bbh_em_fixed, bbh_em_upstream, bbh_extract};
use crate::scoring::rouge::rouge_l_recall_upstream;
use crate::statistics::{Level, mean_interval};

const TOLERANCE: f64 = 1e-4;
/// Names of a level's scores, levels counted from 1.
const LEVELS: [(&str, &str); 3] = [("1", "fb"), ("2", "qa"), ("3", "aa")];
/// Names in the file of means, and where the value of one target stands.
const SUMMED_UP: [(&str, [&str; 2]); 12] = [
    ("forget_fb", ["forget", "fb"]),
    ("forget_qa", ["forget", "qa"]),
    ("forget_aa", ["forget", "aa"]),
    ("forget_all", ["forget", "all_probe_weighted"]),
    ("neighbor_fb", ["neighbor", "fb"]),
    ("neighbor_qa", ["neighbor", "qa"]),
    ("neighbor_all", ["neighbor", "all_probe_weighted"]),
    ("reason_upstream", ["bbh", "em_upstream"]),
    ("reason_fixed", ["bbh", "em_fixed"]),
    ("factuality_f1", ["triviaqa", "f1"]),
    ("factuality_em", ["triviaqa", "em"]),
    ("fluency", ["fluency", "entropy"]),
];

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (_, case) in cases(path, report)? {
        let name = format!("{} {}", text_field(&case, "model")?, text_field(&case, "target_dir")?);
        match scored(path, &case) {
            Ok(got) => report.record(&name, &compare(&case, &got, &rule)),
            Err(error) => report.fail(&name, json!("a case with its data set"), json!(error.to_string())),
        }
    }
    Ok(())
}

fn rule(field: &str) -> Rule {
    match field {
        "model" | "target_dir" => Rule::Exempt,
        "completions_in_file_order.forget"
        | "completions_in_file_order.neighbor"
        | "completions_in_file_order.triviaqa"
        | "completions_in_file_order.bbh"
        | "completions_in_file_order.fluency" => Rule::Exempt,
        _ => Rule::Absolute(TOLERANCE),
    }
}

/// The rows of one or more files of a target, in order.
fn rows(path: &Path, target: &str, files: &[&str]) -> Result<Vec<Value>, GoldenFileError> {
    let folder = path.parent().unwrap_or(Path::new("")).join("dataset").join("Target").join(target);
    let mut rows = Vec::new();
    for file in files {
        match read_json(&folder.join(file))? {
            Value::Array(of_file) => rows.extend(of_file),
            _ => return Err(GoldenFileError::Field { field: "dataset" }),
        }
    }
    Ok(rows)
}

/// The completions of a section, as many as there are rows.
fn completions<'a>(case: &'a Value, section: &'static str, n_rows: usize) -> Result<Vec<&'a str>, GoldenFileError> {
    let all =
        case.get("completions_in_file_order").ok_or(GoldenFileError::Field { field: "completions_in_file_order" })?;
    let texts: Option<Vec<&str>> = list_field(all, section)?.iter().map(Value::as_str).collect();
    texts.filter(|texts| texts.len() == n_rows).ok_or(GoldenFileError::Field { field: section })
}

fn scored(path: &Path, case: &Value) -> Result<Value, GoldenFileError> {
    let target = text_field(case, "target_dir")?;
    let forget = rows(path, target, &["forget_level1.json", "forget_level2.json", "forget_level3.json"])?;
    let neighbor = rows(path, target, &["neighbor_level1.json", "neighbor_level2.json"])?;
    let (forget_recalls, forget_scores) = probes(&forget, &completions(case, "forget", forget.len())?, 3, true)?;
    let (_, neighbor_scores) = probes(&neighbor, &completions(case, "neighbor", neighbor.len())?, 2, false)?;
    let trivia = rows(path, target, &["triviaqa.json"])?;
    let (mut matches, mut overlaps) = (Vec::new(), Vec::new());
    for (row, text) in trivia.iter().zip(completions(case, "triviaqa", trivia.len())?) {
        let answers = right_answers(row)?;
        matches.push(answer_em(text, &answers));
        overlaps.push(answer_f1(text, &answers));
    }
    let reasoning = rows(path, target, &["retain_bbh.json"])?;
    let (mut upstream, mut fixed) = (Vec::new(), Vec::new());
    for (row, text) in reasoning.iter().zip(completions(case, "bbh", reasoning.len())?) {
        let (extracted, answer) = (bbh_extract(text), text_field(row, "answer")?);
        upstream.push(bbh_em_upstream(extracted, answer));
        fixed.push(Some(bbh_em_fixed(extracted, answer)));
    }
    let instructions = rows(path, target, &["fluency.json"])?;
    let written = completions(case, "fluency", instructions.len())?;
    let entropies: Vec<Option<f64>> = written.iter().map(|text| Some(n_gram_entropy(text).weighted())).collect();
    Ok(json!({
        "completions_in_file_order": {"per_probe_rouge_l_r": forget_recalls},
        "expected": {
            "forget": forget_scores,
            "neighbor": neighbor_scores,
            "triviaqa": {"em": or_nan(mean(&matches)), "f1": or_nan(mean(&overlaps))},
            "bbh": {"em_upstream": or_nan(mean(&upstream)), "em_fixed": or_nan(mean(&fixed))},
            "fluency": {"entropy": or_nan(mean(&entropies))},
        },
    }))
}

/// Recall of every probe, and the means of levels, of all probes, and (where asked) of kinds of probe.
fn probes(
    rows: &[Value],
    texts: &[&str],
    n_levels: usize,
    by_type: bool,
) -> Result<(Vec<f64>, Value), GoldenFileError> {
    let mut recalls = Vec::new();
    let (mut of_level, mut of_type) = (BTreeMap::new(), BTreeMap::new());
    for (row, text) in rows.iter().zip(texts) {
        let recall = rouge_l_recall_upstream(text, text_field(row, "answer")?).value;
        let level = text_field(row, "level")?;
        // Upstream drops what has another level, or counts it as the last.
        let level = LEVELS[..n_levels].iter().find(|(known, _)| *known == level);
        let (_, level) = level.ok_or(GoldenFileError::Field { field: "level" })?;
        of_level.entry(*level).or_insert_with(Vec::new).push(Some(recall));
        of_type.entry(text_field(row, "type")?).or_insert_with(Vec::new).push(Some(recall));
        recalls.push(recall);
    }
    let mut scores = Map::new();
    for (_, level) in &LEVELS[..n_levels] {
        scores.insert((*level).to_owned(), or_nan(of_level.get(level).and_then(|recalls| mean(recalls))));
    }
    let all: Vec<Option<f64>> = recalls.iter().copied().map(Some).collect();
    scores.insert("all_probe_weighted".to_owned(), or_nan(mean(&all)));
    if by_type {
        let means = of_type.iter().map(|(name, recalls)| ((*name).to_owned(), or_nan(mean(recalls))));
        scores.insert("by_type".to_owned(), Value::Object(means.collect()));
    }
    Ok((recalls, Value::Object(scores)))
}

/// Mean, standard deviation and values over the targets of each model, in the order of the file of completions.
pub(super) fn check_aggregate(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let completions = path.with_file_name("replay.jsonl");
    let mut by_model: BTreeMap<String, BTreeMap<&str, Vec<Option<f64>>>> = BTreeMap::new();
    for case in inputs(&completions)? {
        let scores = scored(&completions, &case)?;
        let of_model = by_model.entry(text_field(&case, "model")?.to_owned()).or_default();
        for (name, [section, score]) in SUMMED_UP {
            of_model.entry(name).or_default().push(scores["expected"][section][score].as_f64());
        }
    }
    for (model, expected) in read_json(path)?.as_object().into_iter().flatten() {
        let Some(of_model) = by_model.get(model) else {
            report.fail(model, json!("a model with completions"), Value::Null);
            continue;
        };
        let got: Map<String, Value> =
            of_model.iter().map(|(name, values)| ((*name).to_owned(), summed_up(values))).collect();
        report.record(model, &compare(expected, &Value::Object(got), &|_| Rule::Absolute(TOLERANCE)));
    }
    Ok(())
}

fn summed_up(values: &[Option<f64>]) -> Value {
    let known: Option<Vec<f64>> = values.iter().copied().collect();
    let deviation = known.and_then(|known| {
        let estimate = mean_interval(&known, Level::DEFAULT).ok()?;
        Some(estimate.standard_error? * (known.len() as f64).sqrt())
    });
    json!({
        "mean": or_nan(mean(values)),
        "sd_ddof1": or_nan(deviation),
        "per_target": values.iter().copied().map(or_nan).collect::<Vec<_>>(),
    })
}
