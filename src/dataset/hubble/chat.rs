//! Chats: the persona of a user among others, and the user of a persona among others.

use std::collections::BTreeSet;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::candidates::{VALUE_SEED, draw_with_truth_first};
use super::numpy::NumpyGenerator;
use super::record::{Record, records};

/// `hubble-personas`: ten personas, the user's own first.
///
/// Upstream draws from a set that it does not sort, so its wrong answers differ from run to run; ours are drawn from the
/// sorted set.
///
/// # Errors
/// The first faulty row; one persona in the whole file.
pub fn personas(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    chats(rows, cluster_by, "Persona")
}

/// `hubble-usernames`: ten users, the persona's own first.
///
/// # Errors
/// The first faulty row; one user in the whole file.
pub fn usernames(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    chats(rows, cluster_by, "username")
}

fn chats(rows: &[Row], cluster_by: Option<&str>, asked: &str) -> Result<Vec<Item>, DataError> {
    let records: Vec<Record<'_>> = records(rows)?;
    let values = records.iter().map(|record| record.text(asked)).collect::<Result<Vec<String>, _>>()?;
    let pool: Vec<String> = values.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    if pool.len() < 2
        && let Some(row) = rows.first()
    {
        return Err(DataError::TooFewCandidates { file: row.file.to_string(), field: asked.to_owned() });
    }
    let mut stream = NumpyGenerator::new(VALUE_SEED);
    records
        .into_iter()
        .zip(values)
        .map(|(record, value)| {
            let choices = draw_with_truth_first(&pool, &value, &mut stream);
            let fields = [("username", record.text("username")?), ("persona", record.text("Persona")?)];
            record.item(cluster_by, choices, Some(0), fields)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    fn rows(count: usize) -> Vec<Row> {
        let row = |n: usize| {
            format!(
                "{{\"text\":\"t{n}\",\"meta\":{{\"username\":\"u{n}\",\"Persona\":\"likes {n}\",\"duplicates\":4}}}}\n"
            )
        };
        let text: String = (0..count).map(row).collect();
        read_jsonl("x.jsonl", text.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn the_truth_stands_first_and_small_files_are_asked_whole() {
        for (items, field) in [(personas(&rows(30), None), "persona"), (usernames(&rows(30), None), "username")] {
            let items = items.unwrap();
            assert!(items.iter().all(|item| item.choices.len() == 10 && item.answer == Some(0)));
            assert!(items.iter().all(|item| item.fields[field] == item.choices[0].as_str()));
        }
        assert_eq!(personas(&rows(3), None).unwrap()[2].choices.len(), 3);
        assert!(matches!(personas(&rows(1), None), Err(DataError::TooFewCandidates { .. })));
    }
}
