//! Scenarios and answers beside the cases.

use std::path::Path;

use serde_json::Value;

use crate::dataset::stale::{ConflictType, Dimension, Evidence, Scenario, Session, Speaker, Turn};
use crate::verify::case_lines::inputs;
use crate::verify::golden_file::{GoldenFileError, list_field, read_json, text_field};

/// A scenario as upstream reads it: what is missing is empty, and every role but `user` is the assistant's.
pub(super) fn scenario(record: &Value) -> Result<Scenario, GoldenFileError> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let queries = record.get("probing_queries");
    let query = |dimension: Dimension| text(queries.and_then(|queries| queries.get(dimension.query_field())));
    let times = record.get("timestamps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let session = |(index, turns): (usize, &Value)| -> Option<Session> {
        let turns = turns.as_array()?.iter().map(|turn| Turn {
            speaker: if turn.get("role").and_then(Value::as_str) == Some("user") {
                Speaker::User
            } else {
                Speaker::Assistant
            },
            content: text(turn.get("content")),
        });
        Some(Session { time: times.get(index).and_then(Value::as_str).map(str::to_owned), turns: turns.collect() })
    };
    let sessions: Option<Vec<Session>> =
        list_field(record, "haystack_session")?.iter().enumerate().map(session).collect();
    let position = |value: &Value| value.as_u64().and_then(|position| usize::try_from(position).ok());
    let evidence: Option<Vec<usize>> = list_field(record, "relevant_session_index")?.iter().map(position).collect();
    let Some(&[old, new]) = evidence.as_deref() else {
        return Err(GoldenFileError::Field { field: "relevant_session_index" });
    };
    Ok(Scenario {
        uid: text_field(record, "uid")?.to_owned(),
        conflict: conflict(record).unwrap_or(ConflictType::CoReferential),
        old_state: text(record.get("old_info").or_else(|| record.get("M_old"))),
        new_state: text(record.get("M_new")),
        explanation: text(record.get("explanation")),
        queries: Dimension::ALL.map(query),
        sessions: sessions.ok_or(GoldenFileError::Field { field: "haystack_session" })?,
        evidence: Evidence { old, new },
        rules: None,
    })
}

/// The type of a record.
pub(super) fn conflict(record: &Value) -> Option<ConflictType> {
    ConflictType::from_word(record.get("type")?.as_str()?)
}

/// The dimension whose question a case names.
pub(super) fn dimension(case: &Value) -> Result<Dimension, GoldenFileError> {
    let word = text_field(case, "dim")?;
    let found = Dimension::ALL.into_iter().find(|dimension| dimension.query_field() == word);
    found.ok_or(GoldenFileError::Field { field: "dim" })
}

/// All scenarios beside a file of cases.
pub(super) fn scenarios_beside(path: &Path) -> Result<Vec<Value>, GoldenFileError> {
    let file = read_json(&path.with_file_name("scenarios_MAIN.json"))?;
    let records = file.get("data").unwrap_or(&file).as_array();
    records.cloned().ok_or(GoldenFileError::Field { field: "data" })
}

/// The scenario of that uid.
pub(super) fn scenario_named(records: &[Value], uid: &str) -> Result<Scenario, GoldenFileError> {
    let found = records.iter().find(|record| record.get("uid").and_then(Value::as_str) == Some(uid));
    scenario(found.ok_or(GoldenFileError::Field { field: "uid" })?)
}

/// The answers to a scenario in one variant, beside a file of cases.
pub(super) fn answers_beside(path: &Path, uid: &str, variant: &str) -> Result<[String; 3], GoldenFileError> {
    let rows = inputs(&path.with_file_name("answers.jsonl"))?;
    let is = |row: &Value, field: &str, word: &str| row.get(field).and_then(Value::as_str) == Some(word);
    let row = rows.iter().find(|row| is(row, "uid", uid) && is(row, "variant", variant));
    let row = row.ok_or(GoldenFileError::Field { field: "variant" })?;
    let answer = |dimension: Dimension| row["target_model_responses"][dimension.response_field()].as_str();
    match Dimension::ALL.map(answer) {
        [Some(first), Some(second), Some(third)] => Ok([first.to_owned(), second.to_owned(), third.to_owned()]),
        _ => Err(GoldenFileError::Field { field: "target_model_responses" }),
    }
}
