//! What all Hubble rows share: `meta` as a JSON string, the id, the number of copies, the cluster.

use std::collections::HashMap;

use crate::digest::sha256_hex;
use serde_json::{Map, Value};

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;

/// A row with its `meta` opened.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record<'r> {
    pub(super) row: &'r Row,
    pub(super) meta: Map<String, Value>,
    pub(super) id: String,
}

impl<'r> Record<'r> {
    /// Opens `meta`: a JSON string, as in upstream's files, or an object; a row without it has none.
    fn open(row: &'r Row) -> Result<Self, DataError> {
        const ALLOWED: &str = "an object, or a text that is a JSON object";
        let meta = match row.get("meta") {
            None => Map::new(),
            Some(Value::Object(meta)) => meta.clone(),
            Some(value @ Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Object(meta)) => meta,
                Ok(_) | Err(_) => return Err(row.wrong("meta", value, ALLOWED)),
            },
            Some(value) => return Err(row.wrong("meta", value, ALLOWED)),
        };
        let mut record = Self { row, meta, id: String::new() };
        record.id = record.own_id()?;
        Ok(record)
    }

    /// A field of the row, else of its meta; null counts as absent.
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.row.get(field).or_else(|| self.meta.get(field).filter(|value| !value.is_null()))
    }

    /// The number of copies in the training data.
    pub(super) fn copies(&self) -> Result<u32, DataError> {
        let value = self.meta.get("duplicates").or_else(|| self.row.get("duplicates"));
        match value {
            Some(value) => self.row.as_count("meta.duplicates", value),
            None => Err(self.row.missing("meta.duplicates", "how often the row stood in the training data, 0 or more")),
        }
    }

    /// A text of the meta.
    pub(super) fn meta_text(&self, field: &str) -> Result<&str, DataError> {
        let name = format!("meta.{field}");
        let value = self.meta.get(field).ok_or_else(|| self.row.missing(&name, "a text"))?;
        self.row.as_text(&name, value)
    }

    /// A text of the row or its meta.
    pub(super) fn text(&self, field: &str) -> Result<String, DataError> {
        let value = self.get(field).ok_or_else(|| self.row.missing(field, "a text"))?;
        Ok(self.row.as_text(field, value)?.to_owned())
    }

    /// A list of texts of the row or its meta; upstream writes some of them as JSON in a text.
    pub(super) fn texts(&self, field: &str) -> Result<Vec<String>, DataError> {
        const ALLOWED: &str = "a list of texts, or a text that is a JSON list of them";
        let value = self.get(field).ok_or_else(|| self.row.missing(field, ALLOWED))?;
        match value {
            Value::String(text) => serde_json::from_str(text).map_err(|_| self.row.wrong(field, value, ALLOWED)),
            _ => self.row.as_texts(field, value),
        }
    }

    /// A number from `first` to `last`, written as a number or as a text, as an index from 0.
    pub(super) fn index(&self, field: &str, first: usize, last: usize) -> Result<usize, DataError> {
        let allowed = format!("a whole number from {first} to {last}");
        let value = self.get(field).ok_or_else(|| self.row.missing(field, &allowed))?;
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            _ => value.as_u64().and_then(|number| usize::try_from(number).ok()),
        };
        let index = number.filter(|number| (first..=last).contains(number)).map(|number| number - first);
        index.ok_or_else(|| self.row.wrong(field, value, &allowed))
    }

    /// An item of this row; `fields` are what templates may name.
    pub(super) fn item<const N: usize>(
        self,
        cluster_by: Option<&str>,
        choices: Vec<String>,
        answer: Option<usize>,
        fields: [(&str, String); N],
    ) -> Result<Item, DataError> {
        Ok(Item {
            cluster: self.cluster(cluster_by)?,
            copies: Some(self.copies()?),
            text: String::new(),
            choices,
            answer,
            history: None,
            fields: fields.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text))).collect(),
            id: self.id,
        })
    }

    /// The value of the field that names clusters, else the row's own id.
    pub(super) fn cluster(&self, cluster_by: Option<&str>) -> Result<String, DataError> {
        let Some(field) = cluster_by else { return Ok(self.id.clone()) };
        let value = self.get(field).ok_or_else(|| self.row.missing(field, "a text or a whole number"))?;
        self.row.as_label(field, value)
    }

    /// `id`, else what upstream's data sets have in its place, else a hash of the content.
    fn own_id(&self) -> Result<String, DataError> {
        for field in ["id", "uuid", "orig_idx", "idx"] {
            if let Some(value) = self.get(field) {
                return self.row.as_label(field, value);
            }
        }
        Ok(self.content_id())
    }

    fn content_id(&self) -> String {
        let mut hash = sha256_hex(canonical(self.row).as_bytes());
        hash.truncate(32);
        hash
    }
}

/// The content of a row as canonical JSON: sorted keys, no spaces, whatever order serde_json was built to keep.
fn canonical(row: &Row) -> String {
    let mut content = Value::Object(row.fields.clone());
    content.sort_all_objects();
    content.to_string()
}

/// Leaves the first `most` rows of each number of copies.
///
/// # Errors
/// A row without a number of copies.
pub fn keep_first_of_each_level(rows: &mut Vec<Row>, most: u32) -> Result<(), DataError> {
    let mut kept: HashMap<u32, u32> = HashMap::new();
    let mut keeps = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        let n = kept.entry(Record::open(row)?.copies()?).or_default();
        *n += 1;
        keeps.push(*n <= most);
    }
    let mut keeps = keeps.into_iter();
    rows.retain(|_| keeps.next().unwrap_or(false));
    Ok(())
}

/// Opens all rows and refuses an id that stands twice.
///
/// What upstream counts (`orig_idx`, `idx`) may begin anew within a file; such an id that stands twice is made longer by the
/// content.
pub(super) fn records(rows: &[Row]) -> Result<Vec<Record<'_>>, DataError> {
    let mut first_lines: HashMap<String, usize> = HashMap::new();
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let mut record = Record::open(row)?;
        let is_counted = ["id", "uuid"].iter().all(|field| record.row.get(field).is_none());
        if is_counted && first_lines.contains_key(&record.id) && record.id != record.content_id() {
            record.id = format!("{}-{}", record.id, &record.content_id()[..8]);
        }
        if let Some(&first_line) = first_lines.get(&record.id) {
            let (file, line) = (row.file.to_string(), row.line);
            return Err(DataError::DuplicateId { file, id: record.id, first_line, line });
        }
        first_lines.insert(record.id.clone(), row.line);
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        read_jsonl("x.jsonl", text.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn an_id_comes_from_the_row_then_from_meta_then_from_the_content() {
        let rows = rows(
            "{\"id\":\"a\",\"meta\":{\"uuid\":\"u\"}}\n{\"meta\":\"{\\\"uuid\\\":\\\"u\\\"}\"}\n{\"meta\":{\"orig_idx\":7}}\n{\"text\":\"t\",\"meta\":{}}\n",
        );
        let records = records(&rows).unwrap();
        let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
        assert_eq!(ids[..3], ["a", "u", "7"]);
        assert_eq!(ids[3], &sha256_hex(b"{\"meta\":{},\"text\":\"t\"}")[..32]);
    }

    #[test]
    fn the_order_of_keys_does_not_change_a_content_id() {
        let rows = rows("{\"b\":[{\"d\":1,\"c\":2}],\"a\":null}\n");
        assert_eq!(canonical(&rows[0]), "{\"a\":null,\"b\":[{\"c\":2,\"d\":1}]}");
    }

    #[test]
    fn the_same_content_twice_is_the_same_id_twice() {
        let rows = rows("{\"text\":\"t\"}\n\n{\"text\":\"t\"}\n");
        assert!(matches!(records(&rows), Err(DataError::DuplicateId { first_line: 1, line: 3, .. })));
    }

    #[test]
    fn meta_that_is_no_object_is_refused() {
        for meta in ["5", "\"not json\"", "\"[1]\""] {
            let rows = rows(&format!("{{\"meta\":{meta}}}\n"));
            assert!(matches!(records(&rows), Err(DataError::WrongValue { field, .. }) if field == "meta"), "{meta}");
        }
    }
}
