//! Replies of judges.

use std::path::Path;

use serde_json::{Value, json};

use super::super::agreement::{Rule, compare, number};
use super::super::golden_file::{GoldenFileError, list_field, read_json, text_field};
use super::super::report::FileReport;
use super::{CLOSE, check_list};
use crate::scoring::memory::chat_judge::{ChatRubric, says_yes};
use crate::scoring::memory::judge_json::judge_json;
use crate::scoring::memory::summary_judge::{SummaryReplies, SummaryScores};

pub(super) fn check_json(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let file = read_json(path)?;
    let cases = file.as_array().ok_or(GoldenFileError::Field { field: "(a list of cases)" })?;
    for (index, case) in cases.iter().enumerate() {
        // Upstream's expressions take no null.
        let got = match case.get("in") {
            Some(Value::String(reply)) => json!({"out": judge_json(reply).unwrap_or(Value::Null)}),
            _ => json!({"error": "TypeError"}),
        };
        let field = if case.get("error").is_some() { "error" } else { "out" };
        let (expected, got) = (case.get(field).unwrap_or(&Value::Null), got.get(field).unwrap_or(&Value::Null));
        // As a whole: an object with further fields is another reply.
        let told = if expected == got { expected } else { got };
        let agreement =
            compare(&json!({ field: expected.to_string() }), &json!({ field: told.to_string() }), &|_| Rule::Exact);
        report.record(&format!("[{index}]"), &agreement);
    }
    Ok(())
}

fn summary(item: &Value) -> Result<Option<SummaryScores>, GoldenFileError> {
    let n_keypoints = item.get("n_keypoints").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let n_keypoints = n_keypoints.ok_or(GoldenFileError::Field { field: "n_keypoints" })?;
    let reply = |field: &str| item.get(field).and_then(Value::as_str);
    let replies = SummaryReplies {
        fluency: reply("fluency_reply"),
        recall: reply("recall_reply"),
        precision: reply("precision_reply"),
    };
    Ok(SummaryScores::of(n_keypoints, replies).ok())
}

pub(super) fn check_summaries(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let file = read_json(path)?;
    let items = list_field(&file, "items")?;
    let rule = |field: &str| match field {
        "n_keypoints" | "fluency_reply" | "recall_reply" | "precision_reply" => Rule::Exempt,
        _ => CLOSE,
    };
    let outputs = |item: &Value| {
        let scores = summary(item)?.map(|scores| {
            json!({
                "fluency": number(scores.fluency),
                "recall_total": scores.n_keypoints,
                "recall_found": number(scores.recall_found),
                "precision_total": number(scores.precision_total),
                "precision_found": number(scores.precision_found),
                "recall": number(scores.recall),
                "precision": number(scores.precision),
                "f1": number(scores.f1),
            })
        });
        Ok(json!({ "scores": scores }))
    };
    check_list(items, "items", report, outputs, &rule);
    if let Some(expected) = file.get("averaged") {
        let scores: Vec<SummaryScores> = items.iter().filter_map(|item| summary(item).ok().flatten()).collect();
        let got = SummaryScores::means(&scores).map(|means| {
            json!({
                "gpt-4-recall": number(means.recall),
                "gpt-4-precision": number(means.precision),
                "gpt-4-fluency": number(means.fluency),
                "gpt-4-f1": number(means.f1),
            })
        });
        report.record("averaged", &compare(expected, &got.unwrap_or(Value::Null), &|_| CLOSE));
    }
    Ok(())
}

pub(super) fn check_chats(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let file = read_json(path)?;
    // The file numbers rubrics as they come up; what counts is which questions share one.
    let mut seen: Vec<ChatRubric> = Vec::new();
    for (index, case) in list_field(&file, "rubric_routing")?.iter().enumerate() {
        let is_abstention = case.get("abstention").and_then(Value::as_bool);
        let is_abstention = is_abstention.ok_or(GoldenFileError::Field { field: "abstention" })?;
        let group = ChatRubric::of(text_field(case, "question_type")?, is_abstention).ok().map(|rubric| {
            let place = seen.iter().position(|other| *other == rubric).unwrap_or_else(|| {
                seen.push(rubric);
                seen.len() - 1
            });
            format!("rubric{place}")
        });
        let agreement = compare(case, &json!({ "rubric_group": group }), &|field| match field {
            "question_type" | "abstention" => Rule::Exempt,
            _ => Rule::Exact,
        });
        report.record(&format!("rubric_routing[{index}]"), &agreement);
    }
    let labels = |case: &Value| Ok(json!({"label": says_yes(text_field(case, "reply")?)}));
    let rule = |field: &str| if field == "reply" { Rule::Exempt } else { Rule::Exact };
    check_list(list_field(&file, "label_rule")?, "label_rule", report, labels, &rule);
    Ok(())
}
