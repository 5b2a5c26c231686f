//! `copyright-traps`: trap sequences and controls, with upstream's column names.

use std::collections::{BTreeMap, HashMap};

use super::error::DataError;
use super::item::Item;
use super::row::Row;
use crate::digest::sha256_hex;

/// Items of one length, in file order. A row is `text` and `n_rep` (0: not published), and may have `id`, `seq_len`,
/// `ppl_bucket` and `group`, the lottery that it took part in.
///
/// # Errors
/// The first faulty row: no text, no `n_rep`, an id that stands twice.
pub(super) fn traps(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let mut first_lines: HashMap<String, usize> = HashMap::new();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let text = row.text("text")?.to_owned();
        let copies = match row.get("n_rep") {
            Some(value) => row.as_count("n_rep", value)?,
            None => return Err(row.missing("n_rep", "how often the trap was injected; 0 for one that was not")),
        };
        let id = match row.get("id") {
            Some(value) => row.as_label("id", value)?,
            None => sha256_hex(text.as_bytes()).chars().take(32).collect(),
        };
        if let Some(&first_line) = first_lines.get(&id) {
            return Err(DataError::DuplicateId { file: row.file.to_string(), id, first_line, line: row.line });
        }
        first_lines.insert(id.clone(), row.line);
        let cluster = match cluster_by.and_then(|field| Some((field, row.get(field)?))) {
            Some((field, value)) => row.as_label(field, value)?,
            // Upstream's own files have no lotteries.
            None => id.clone(),
        };
        let fields: BTreeMap<String, serde_json::Value> = ["seq_len", "ppl_bucket", "group"]
            .into_iter()
            .filter_map(|field| Some((field.to_owned(), row.get(field)?.clone())))
            .collect();
        items.push(Item {
            id,
            cluster,
            copies: Some(copies),
            text,
            choices: Vec::new(),
            answer: None,
            history: None,
            fields,
        });
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::super::jsonl::read_jsonl;
    use super::*;

    fn load(text: &str) -> Result<Vec<Item>, DataError> {
        let rows: Vec<Row> = read_jsonl("traps_len_25.jsonl", text.as_bytes()).collect::<Result<_, _>>().unwrap();
        traps(&rows, Some("group"))
    }

    #[test]
    fn a_row_needs_a_text_and_its_copies_and_nothing_else() {
        let items = load("{\"text\":\"a b\",\"n_rep\":100}\n{\"text\":\"c d\",\"n_rep\":0,\"id\":7,\"group\":\"g\"}\n")
            .unwrap();
        assert_eq!((items[0].copies, items[1].copies), (Some(100), Some(0)));
        assert_eq!((items[1].id.as_str(), items[1].cluster.as_str()), ("7", "g"));
        assert_eq!(items[0].cluster, items[0].id);
    }

    #[test]
    fn a_row_without_copies_or_with_a_broken_number_names_its_line() {
        assert!(matches!(load("{\"text\":\"a\"}\n"), Err(DataError::MissingField { line: 1, .. })));
        assert!(matches!(
            load("{\"text\":\"a\",\"n_rep\":1}\n{\"text\":\"b\",\"n_rep\":-1}\n"),
            Err(DataError::WrongValue { line: 2, .. })
        ));
        assert!(matches!(
            load("{\"text\":\"a\",\"n_rep\":1}\n{\"text\":\"a\",\"n_rep\":2}\n"),
            Err(DataError::DuplicateId { .. })
        ));
    }
}
