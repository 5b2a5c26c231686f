//! `hubble-entities`: court decisions, one item for each annotated entity of a text that can be asked for.

use serde_json::{Map, Value};

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::record::{Record, records};

const ALLOWED: &str =
    "an object of annotators, each null or with `entity_mentions` of `span_text`, `start_offset`, `end_offset`";
/// Longer entities cannot be written in the ten tokens that the task gives.
const MOST_WORDS: usize = 10;

/// One item an entity of `meta.identifiable_annotations` (an object, or a JSON string of one); ids are
/// `<document>/<number from 0>`, the cluster is the document. `prefix` is the text before the entity without white space at its end,
/// `value` the entity.
///
/// Upstream's rules (`ecthr_hubble_gen` of its fork of lm-evaluation-harness): annotators are taken by falling number of mentions, then
/// by falling name, and the first of whom a mention is left is the one; left out are mentions with a comma or a full stop, with a part
/// of the applicant's name, and those that the text has said before. Upstream also leaves out mentions of more than ten of its own
/// tokens; no tokenizer is known here, and ten words stand in.
///
/// # Errors
/// The first faulty row; a mention that is not what the text has at its offsets (characters).
pub fn entities(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let mut items = Vec::new();
    for record in records(rows)? {
        let text = record.row.text("text")?.to_owned();
        let own = record.meta.get("meta").and_then(|meta| meta.get("applicant"));
        let applicant =
            own.or_else(|| record.meta.get("applicant")).and_then(Value::as_str).unwrap_or_default().to_owned();
        let annotators = annotators(&record)?;
        let mut sorted: Vec<(&String, &Value)> = annotators.iter().collect();
        let n_mentions =
            |annotator: &Value| annotator.get("entity_mentions").and_then(Value::as_array).map_or(0, Vec::len);
        sorted.sort_by_key(|(name, annotator)| std::cmp::Reverse((n_mentions(annotator), (*name).clone())));
        for (name, annotator) in sorted {
            let n_before = items.len();
            for mention in annotator.get("entity_mentions").and_then(Value::as_array).into_iter().flatten() {
                let field = format!("identifiable_annotations.{name}");
                let wrong = || record.row.wrong(&field, mention, ALLOWED);
                let span = mention.get("span_text").and_then(Value::as_str).ok_or_else(wrong)?;
                if !can_be_asked(span, &applicant) {
                    continue;
                }
                let offset = |key: &str| -> Option<usize> {
                    let characters = usize::try_from(mention.get(key)?.as_u64()?).ok()?;
                    text.char_indices().map(|(place, _)| place).chain([text.len()]).nth(characters)
                };
                let (start, end) = offset("start_offset").zip(offset("end_offset")).ok_or_else(wrong)?;
                let value = span.replace("The applicant", &applicant).replace("the applicant", &applicant);
                if text.get(start..end) != Some(value.as_str()) {
                    let (file, line) = (record.row.file.to_string(), record.row.line);
                    return Err(DataError::ValueNotInText { file, line, field, value });
                }
                let before = &text[..start];
                // A text that begins with the entity has nothing to ask behind.
                if before.trim().is_empty() || before.to_lowercase().contains(&value.to_lowercase()) {
                    continue;
                }
                let number = items.len() - n_before;
                let fields =
                    [("prefix", before.trim_end().to_owned()), ("value", value), ("applicant", applicant.clone())];
                let mut item = record.clone().item(cluster_by, Vec::new(), None, fields)?;
                item.id = format!("{}/{number}", item.id);
                items.push(item);
            }
            if items.len() > n_before {
                break;
            }
        }
    }
    Ok(items)
}

fn can_be_asked(span: &str, applicant: &str) -> bool {
    !span.trim().is_empty()
        && !span.contains([',', '.'])
        && span.split_whitespace().count() <= MOST_WORDS
        && !applicant.split_whitespace().any(|part| span.contains(part))
}

fn annotators(record: &Record<'_>) -> Result<Map<String, Value>, DataError> {
    let value = record
        .get("identifiable_annotations")
        .ok_or_else(|| record.row.missing("identifiable_annotations", ALLOWED))?;
    let parsed = match value {
        Value::Object(annotators) => Some(annotators.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    };
    parsed.ok_or_else(|| record.row.wrong("identifiable_annotations", value, ALLOWED))
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    const TEXT: &str = "Ana Holt was born in 1951 in Harrel. Ana lives with the widow in St\u{e9}n.";

    fn mention(span: &str) -> Value {
        let place = TEXT.find(span).map_or(0, |place| TEXT[..place].chars().count());
        serde_json::json!({"span_text": span, "start_offset": place, "end_offset": place + span.chars().count()})
    }

    fn load(annotations: &Value) -> Result<Vec<Item>, DataError> {
        let line = serde_json::json!({
            "id": "d", "text": TEXT,
            "meta": {"meta": {"applicant": "Ana Holt"}, "identifiable_annotations": annotations, "duplicates": 1},
        });
        let line = format!("{line}\n");
        let rows: Vec<Row> = read_jsonl("x.jsonl", line.as_bytes()).collect::<Result<_, _>>().unwrap();
        entities(&rows, None)
    }

    #[test]
    fn the_annotator_with_the_most_mentions_is_asked_behind_the_text_before_each() {
        let items = load(&serde_json::json!({
            "a": {"entity_mentions": [mention("1951")]},
            "b": {"entity_mentions": [mention("Ana Holt"), mention("Harrel"), mention("St\u{e9}n")]},
            "c": null,
        }))
        .unwrap();
        let of = |item: &Item, field: &str| item.fields[field].as_str().unwrap().to_owned();
        assert_eq!(items.len(), 2, "the applicant's own name is not asked for");
        assert_eq!(
            (of(&items[0], "prefix"), of(&items[0], "value")),
            ("Ana Holt was born in 1951 in".into(), "Harrel".into())
        );
        assert_eq!(
            (of(&items[1], "value"), items[1].id.as_str(), items[1].cluster.as_str()),
            ("St\u{e9}n".into(), "d/1", "d")
        );
    }

    #[test]
    fn an_annotator_of_whom_nothing_is_left_gives_way_to_the_next() {
        let items = load(&serde_json::json!({
            "many": {"entity_mentions": [mention("Ana"), mention("Harrel."), mention("Ana Holt")]},
            "few": {"entity_mentions": [mention("1951")]},
        }))
        .unwrap();
        assert_eq!((items.len(), items[0].fields["value"].as_str()), (1, Some("1951")));
    }

    #[test]
    fn offsets_that_do_not_hold_the_mention_and_other_shapes_are_told() {
        let mut moved = mention("Harrel");
        moved["start_offset"] = 0.into();
        let annotations = serde_json::json!({"a": {"entity_mentions": [moved]}});
        assert!(matches!(load(&annotations), Err(DataError::ValueNotInText { .. })));
        assert!(matches!(load(&serde_json::json!({"a": {"entity_mentions": [5]}})), Err(DataError::WrongValue { .. })));
        assert!(matches!(load(&serde_json::json!(["1951"])), Err(DataError::WrongValue { .. })));
    }
}
