//! Questions about a target or its neighbours, and the texts of the membership sets.

use serde_json::Value;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::attack::canonical_attack;
use super::{Targets, filled, keep};

/// Rows of one level: `query`, `answer`, `level`, `type`, `subject`, and `neighbor` where they have one.
///
/// Upstream counts every level but 1 and 2 to the adversarial ones in one set and drops it in the other: here it is an error, as is a
/// file of mixed levels. A label of an attack that nobody knows is kept as it is, behind `other: `.
pub(in crate::dataset) fn probes(rows: &[Row], _: Option<&str>) -> Result<Vec<Item>, DataError> {
    let mut targets = Targets::default();
    let mut of_file: Option<u8> = None;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let mut item = targets.item(row)?;
        let level = level(row)?;
        let first = *of_file.get_or_insert(level);
        if level != first {
            let found = row.get("level").cloned().unwrap_or_default();
            return Err(row.wrong("level", &found, &format!("{first}, the level of the rows before it")));
        }
        filled(row, "query")?;
        filled(row, "answer")?;
        let label = row.text("type")?;
        keep(&mut item, row, &["query", "answer", "type", "neighbor"]);
        item.fields.insert("level".to_owned(), Value::from(level.to_string()));
        if level == 3 {
            let attack = canonical_attack(label).map_or_else(|| format!("other: {label}"), str::to_owned);
            item.fields.insert("attack".to_owned(), Value::from(attack));
        }
        items.push(item);
    }
    Ok(items)
}

/// Level 1, 2 or 3, as text or as number.
fn level(row: &Row) -> Result<u8, DataError> {
    let value = row.get("level").ok_or_else(|| row.missing("level", "1, 2 or 3"))?;
    match row.as_label("level", value)?.as_str() {
        "1" => Ok(1),
        "2" => Ok(2),
        "3" => Ok(3),
        _ => Err(row.wrong("level", value, "1 (fill in the blank), 2 (question) or 3 (adversarial)")),
    }
}

/// Rows with a `text` that a model was trained on: `text`, `ngram`, `subject`.
pub(in crate::dataset) fn texts(rows: &[Row], _: Option<&str>) -> Result<Vec<Item>, DataError> {
    let mut targets = Targets::default();
    let item = |row| -> Result<Item, DataError> {
        let mut item = targets.item(row)?;
        item.text = row.text("text")?.to_owned();
        keep(&mut item, row, &["ngram"]);
        Ok(item)
    };
    rows.iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::json_rows::read_json_rows;
    use super::*;

    fn load(text: &str) -> Result<Vec<Item>, DataError> {
        probes(&read_json_rows("Target/1_A/forget_level3.json", text.as_bytes()).unwrap(), None)
    }

    fn row(level: &str, label: &str, subject: &str) -> String {
        format!(
            "{{\"query\":\"q\",\"answer\":\"a\",\"level\":{level},\"type\":\"{label}\",\"subject\":\"{subject}\"}}\n"
        )
    }

    #[test]
    fn levels_are_texts_or_numbers_and_items_are_named_by_target_and_place() {
        let text = [row("\"3\"", "role play", "Ann"), row("3", "context hint", "Bo/b"), row("3", "x", "Ann")].concat();
        let items = load(&text).unwrap();
        let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["Ann/0", "Bo/b/0", "Ann/1"]);
        let attack = |place: usize| items[place].fields["attack"].as_str().unwrap().to_owned();
        assert_eq!([attack(0), attack(1), attack(2)], ["role_play", "background_hint", "other: x"]);
        assert_eq!(items[0].cluster, "Ann");
        assert_eq!(items[0].fields["level"], "3");
    }

    #[test]
    fn unknown_and_mixed_levels_and_empty_answers_are_refused_with_their_row() {
        assert!(load(&row("4", "x", "Ann")).unwrap_err().to_string().contains("level"));
        assert!(load(&row("\"one\"", "x", "Ann")).is_err());
        let mixed = load(&[row("1", "cloze", "Ann"), row("2", "x", "Ann")].concat()).unwrap_err().to_string();
        assert!(mixed.contains("line 2") && mixed.contains("only 1"), "{mixed}");
        assert!(load("{\"query\":\"q\",\"answer\":\" \",\"level\":1,\"type\":\"c\",\"subject\":\"A\"}").is_err());
        assert!(load("{\"query\":\"q\",\"answer\":\"a\",\"level\":1,\"type\":\"c\",\"subject\":\"\"}").is_err());
        assert!(load("{\"query\":\"q\",\"answer\":\"a\",\"type\":\"c\",\"subject\":\"A\"}").is_err());
    }
}
