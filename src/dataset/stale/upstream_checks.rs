//! What the published judge accepts: a few fields, and nothing about the history.
//!
//! Upstream: `Evaluation/full_eval_performance.py`, the two checks of records.

use serde_json::{Map, Value};

use super::conflict::Dimension;

/// Why the published judge would refuse a record of the data set: the field that it names. `None`: it accepts it.
///
/// A `uid` and an old state (`M_old`, or `old_info` in older files) must be there and not be empty, `M_new` must be
/// there, and every question must be a text; texts of questions may be empty.
#[must_use]
pub fn dataset_refusal(record: &Map<String, Value>) -> Option<String> {
    let holds = |field: &str| record.get(field).is_some_and(is_truthy);
    if !holds("uid") {
        return Some("uid".to_owned());
    }
    if !holds("M_old") && !holds("old_info") {
        return Some("M_old or old_info".to_owned());
    }
    if !record.contains_key("M_new") {
        return Some("M_new".to_owned());
    }
    missing_text(record, "probing_queries", Dimension::query_field)
}

/// Why the published judge would refuse a record of answers: the field that it names. `None`: it accepts it.
#[must_use]
pub fn answer_refusal(record: &Map<String, Value>) -> Option<String> {
    if !record.get("uid").is_some_and(is_truthy) {
        return Some("uid".to_owned());
    }
    missing_text(record, "target_model_responses", Dimension::response_field)
}

/// The object that is none, or the first of its three fields that is no text.
fn missing_text(record: &Map<String, Value>, field: &str, inner: fn(Dimension) -> &'static str) -> Option<String> {
    let Some(texts) = record.get(field).and_then(Value::as_object) else { return Some(field.to_owned()) };
    let is_missing = |name: &&str| !texts.get(*name).is_some_and(Value::is_string);
    let missing = Dimension::ALL.into_iter().map(inner).find(is_missing)?;
    Some(format!("{field}.{missing}"))
}

/// What Python takes for true.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(record: &Value) -> Option<String> {
        dataset_refusal(record.as_object().expect("an object"))
    }

    #[test]
    fn upstream_asks_for_truth_where_we_ask_for_text() {
        let queries = json!({"dim1_query": "", "dim2_query": "b", "dim3_query": "c"});
        let record = json!({"uid": 7, "old_info": ["x"], "M_new": null, "probing_queries": queries});
        assert_eq!(refusal(&record), None);
        for (uid, named) in [(json!(0), "uid"), (json!(false), "uid"), (json!({}), "uid")] {
            let record = json!({"uid": uid, "M_old": "x", "M_new": "", "probing_queries": queries});
            assert_eq!(refusal(&record).as_deref(), Some(named));
        }
        let emptied = json!({"uid": "u", "M_old": "", "old_info": null, "M_new": "", "probing_queries": queries});
        assert_eq!(refusal(&emptied).as_deref(), Some("M_old or old_info"));
    }
}
