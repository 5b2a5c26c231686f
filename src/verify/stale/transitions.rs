//! Decisions carried out on the state store.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::CONFIDENCE;
use crate::agent::state_store::{Decision, DecisionWord, Delta, Invalidation, Item, SessionMark, StateStore, Track};
use crate::verify::agreement::{Rule, compare, number};
use crate::verify::case_lines::cases;
use crate::verify::golden_file::{GoldenFileError, list_field, number_field, text_field};
use crate::verify::report::FileReport;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (name, case) in cases(path, report)? {
        let got = match outputs(&case) {
            Ok(got) => got,
            Err(error) => {
                report.fail(&name, json!("a case with its inputs"), json!(error.to_string()));
                continue;
            }
        };
        let rule = |field: &str| match field {
            "id" | "note" | "ops" => Rule::Exempt,
            _ if field.ends_with("confidence") => CONFIDENCE,
            _ => Rule::Exact,
        };
        report.record(&name, &compare(&expected(&case), &got, &rule));
    }
    Ok(())
}

/// The case with what the fixed behaviour gives, where that differs from upstream's; tracks as lists, so that one too many is
/// told as well as one that is missing.
fn expected(case: &Value) -> Value {
    let mut expected = case.clone();
    let Some(fields) = expected.as_object_mut() else { return expected };
    for name in ["applied_actions", "snapshot"] {
        if let Some(fixed) = fields.remove(&format!("{name}_fixed")) {
            fields.insert(name.to_owned(), fixed);
        }
    }
    if let Some(snapshot) = fields.get_mut("snapshot").and_then(Value::as_object_mut) {
        for name in ["active", "unknown"] {
            if let Some(tracks) = snapshot.get_mut(name)
                && let Some(by_track) = tracks.as_object()
            {
                *tracks = by_name(by_track.clone());
            }
        }
    }
    expected
}

/// A list of names and values, in the order of the names.
fn by_name(fields: Map<String, Value>) -> Value {
    let mut named: Vec<(String, Value)> = fields.into_iter().collect();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    json!(named)
}

fn outputs(case: &Value) -> Result<Value, GoldenFileError> {
    let mut store = StateStore::new();
    let mut applied = Vec::new();
    for op in list_field(case, "ops")? {
        let target = op.get("target_item_id").and_then(Value::as_str).unwrap_or_default();
        let decision = Decision {
            word: DecisionWord::from_word(text_field(op, "decision")?),
            target_item_id: Some(target.to_owned()),
            reason: optional_text(op, "reason"),
        };
        let action = match text_field(op, "kind")? {
            "update" => {
                let delta = delta(op.get("delta").ok_or(GoldenFileError::Field { field: "delta" })?)?;
                store.apply_update(&delta, &decision, &delta.session.time)
            }
            "invalidation" => {
                let proposal = invalidation(op.get("proposal").ok_or(GoldenFileError::Field { field: "proposal" })?)?;
                store.apply_invalidation(&proposal, &decision, &proposal.session.time)
            }
            _ => return Err(GoldenFileError::Field { field: "kind" }),
        };
        applied.push(action.as_str().to_owned());
    }
    Ok(json!({"applied_actions": applied, "snapshot": snapshot(&store)}))
}

fn optional_text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A negative place is an unknown one.
fn session(value: &Value) -> Result<SessionMark, GoldenFileError> {
    let index = value.get("session_index").and_then(Value::as_i64);
    let index = index.ok_or(GoldenFileError::Field { field: "session_index" })?;
    Ok(SessionMark { id: format!("s_{index}"), index: u64::try_from(index).ok(), time: format!("t{index}") })
}

fn delta(value: &Value) -> Result<Delta, GoldenFileError> {
    Ok(Delta {
        id: text_field(value, "delta_id")?.to_owned(),
        track: Track::new(text_field(value, "bucket")?, text_field(value, "local_track")?),
        proposed_value: optional_text(value, "proposed_value"),
        confidence: number_field(value, "confidence")?,
        evidence_chunk_ids: Vec::new(),
        session: session(value)?,
    })
}

fn invalidation(value: &Value) -> Result<Invalidation, GoldenFileError> {
    Ok(Invalidation {
        id: text_field(value, "proposal_id")?.to_owned(),
        track: Track::new(text_field(value, "target_bucket")?, text_field(value, "target_local_track")?),
        old_value: optional_text(value, "target_old_value"),
        confidence: value.get("confidence").and_then(Value::as_f64).unwrap_or(0.0),
        reason: optional_text(value, "reason"),
        trigger_delta_ids: Vec::new(),
        session: session(value)?,
    })
}

fn place(session: &SessionMark) -> Value {
    session.index.map_or_else(|| json!(-1), |index| json!(index))
}

fn item(item: &Item) -> Value {
    json!({
        "item_id": item.id,
        "value": item.value,
        "status": item.status.as_str(),
        "confidence": number(item.confidence),
        "strength": item.strength.as_str(),
        "session": place(&item.created),
        "source_delta_ids": item.source_delta_ids,
        "history": item.history.iter().map(|revision| revision.label()).collect::<Vec<String>>(),
    })
}

fn snapshot(store: &StateStore) -> Value {
    let active = store.active().map(|(track, items)| (track.to_string(), items.iter().map(item).collect()));
    let stale: Vec<Value> = store
        .archive()
        .iter()
        .map(|ended| {
            let mut value = item(ended);
            value["track"] = json!(ended.track.to_string());
            value
        })
        .collect();
    let unknown = store.unknown().map(|(track, unknown)| {
        let value = json!({"reason": unknown.reason, "by": unknown.by, "session": place(&unknown.session)});
        (track.to_string(), value)
    });
    json!({"active": by_name(active.collect()), "stale": stale, "unknown": by_name(unknown.collect())})
}
