//! `hubble-documents`: one item a row, for probes that score or continue the whole text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::record::records;

/// Items of passages or biographies, in file order. Their one extra field is `meta`, an object.
///
/// # Errors
/// The first faulty row: no text, no `meta.duplicates`, an id that stands twice.
pub fn documents(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    records(rows)?
        .into_iter()
        .map(|record| {
            Ok(Item {
                cluster: record.cluster(cluster_by)?,
                copies: Some(record.copies()?),
                text: record.row.text("text")?.to_owned(),
                choices: Vec::new(),
                answer: None,
                history: None,
                fields: BTreeMap::from([("meta".to_owned(), Value::Object(record.meta))]),
                id: record.id,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    fn load(text: &str, cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
        let rows: Vec<Row> = read_jsonl("x.jsonl", text.as_bytes()).collect::<Result<_, _>>().unwrap();
        documents(&rows, cluster_by)
    }

    #[test]
    fn meta_may_be_a_json_string_or_an_object() {
        let items = load(
            "{\"id\":1,\"text\":\"a\",\"meta\":\"{\\\"duplicates\\\": 64}\"}\n{\"id\":2,\"text\":\"b\",\"meta\":{\"duplicates\":0,\"book\":\"x\"}}\n",
            None,
        )
        .unwrap();
        assert_eq!((items[0].copies, items[1].copies), (Some(64), Some(0)));
        assert_eq!((items[1].id.as_str(), items[1].cluster.as_str()), ("2", "2"));
        assert_eq!(items[1].fields["meta"]["book"], "x");
    }

    #[test]
    fn a_cluster_field_is_found_in_the_row_or_its_meta() {
        let text = "{\"id\":1,\"text\":\"a\",\"meta\":{\"duplicates\":0,\"book\":\"x\"}}\n{\"id\":2,\"book\":9,\"text\":\"b\",\"meta\":{\"duplicates\":0}}\n";
        let clusters: Vec<String> = load(text, Some("book")).unwrap().into_iter().map(|item| item.cluster).collect();
        assert_eq!(clusters, ["x", "9"]);
        assert!(matches!(load(text, Some("author")), Err(DataError::MissingField { field, .. }) if field == "author"));
    }

    #[test]
    fn a_row_without_a_dose_or_with_a_broken_one_is_refused() {
        assert!(
            matches!(load("{\"text\":\"a\"}\n", None), Err(DataError::MissingField { field, .. }) if field == "meta.duplicates")
        );
        for dose in ["-1", "1.5", "\"4\"", "4294967296"] {
            let row = format!("{{\"text\":\"a\",\"meta\":{{\"duplicates\":{dose}}}}}\n");
            assert!(matches!(load(&row, None), Err(DataError::WrongValue { line: 1, .. })), "{dose}");
        }
    }
}
