//! `hubble-entities`: court decisions, one item for each annotated entity of a text.

use serde_json::Value;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::record::{Record, records};

const ALLOWED: &str = "a list of texts, or of objects with `span_text` and, where known, `start_offset`";

/// One item an annotation of `identifiable_annotations` (a list, or a JSON string of one), in its order; ids are
/// `<document>/<number from 0>`, the cluster is the document. `prefix` is the text before the entity without the space in
/// between, `value` the entity.
///
/// An entity is found at its `start_offset` (in characters) where the text has it there, else at its first place. One that
/// begins the text has nothing before it and is left out.
///
/// # Errors
/// The first faulty row; an entity that the text does not contain.
pub fn entities(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let mut items = Vec::new();
    for record in records(rows)? {
        let text = record.row.text("text")?.to_owned();
        let applicant = record.meta.get("applicant").and_then(Value::as_str).unwrap_or_default().to_owned();
        for (number, annotation) in annotations(&record)?.iter().enumerate() {
            let entity = annotation.as_str().or_else(|| annotation.get("span_text")?.as_str());
            let entity = entity
                .filter(|entity| !entity.trim().is_empty())
                .ok_or_else(|| record.row.wrong(&format!("identifiable_annotations[{number}]"), annotation, ALLOWED))?;
            let place = annotation
                .get("start_offset")
                .and_then(Value::as_u64)
                .and_then(|offset| text.char_indices().nth(usize::try_from(offset).ok()?).map(|(place, _)| place))
                .filter(|&place| text[place..].starts_with(entity))
                .or_else(|| text.find(entity));
            let Some(place) = place else {
                return Err(DataError::ValueNotInText {
                    file: record.row.file.to_string(),
                    line: record.row.line,
                    field: "identifiable_annotations".to_owned(),
                    value: entity.to_owned(),
                });
            };
            let prefix = text[..place].trim_end();
            if prefix.is_empty() {
                continue;
            }
            let fields =
                [("prefix", prefix.to_owned()), ("value", entity.to_owned()), ("applicant", applicant.clone())];
            let mut item = record.clone().item(cluster_by, Vec::new(), None, fields)?;
            item.id = format!("{}/{number}", item.id);
            items.push(item);
        }
    }
    Ok(items)
}

fn annotations(record: &Record<'_>) -> Result<Vec<Value>, DataError> {
    let value = record
        .get("identifiable_annotations")
        .ok_or_else(|| record.row.missing("identifiable_annotations", ALLOWED))?;
    let list = match value {
        Value::Array(list) => Some(list.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    };
    list.ok_or_else(|| record.row.wrong("identifiable_annotations", value, ALLOWED))
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    fn load(annotations: &str) -> Result<Vec<Item>, DataError> {
        let line = format!(
            "{{\"id\":\"d\",\"text\":\"Ana Holt was born in 1951. Ana lives in Harrel.\",\"meta\":{{\"applicant\":\"Holt\",\"identifiable_annotations\":{annotations},\"duplicates\":1}}}}\n"
        );
        let rows: Vec<Row> = read_jsonl("x.jsonl", line.as_bytes()).collect::<Result<_, _>>().unwrap();
        entities(&rows, None)
    }

    #[test]
    fn each_entity_is_asked_behind_the_text_before_it() {
        let items = load("[\"1951\", {\"span_text\":\"Ana\",\"start_offset\":27}, \"Ana Holt\"]").unwrap();
        let of = |item: &Item, field: &str| item.fields[field].as_str().unwrap().to_owned();
        assert_eq!(items.len(), 2, "what begins the text has nothing before it");
        assert_eq!((of(&items[0], "prefix"), of(&items[0], "value")), ("Ana Holt was born in".into(), "1951".into()));
        assert_eq!(of(&items[1], "prefix"), "Ana Holt was born in 1951.");
        assert_eq!((items[1].id.as_str(), items[1].cluster.as_str()), ("d/1", "d"));
    }

    #[test]
    fn a_list_may_come_as_text_and_what_is_not_in_the_text_is_told() {
        assert_eq!(load("\"[\\\"Harrel\\\"]\"").unwrap().len(), 1);
        assert!(matches!(load("[\"Elsewhere\"]"), Err(DataError::ValueNotInText { .. })));
        assert!(matches!(load("[5]"), Err(DataError::WrongValue { .. })));
        assert!(matches!(load("\"x\""), Err(DataError::WrongValue { .. })));
    }
}
