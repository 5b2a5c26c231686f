//! Rows of TOFU and MUSE as items.
//!
//! TOFU: questions with answers about made-up authors, twenty to an author in file order; `*_perturbed` files have a paraphrase and
//! several wrong answers beside. MUSE: continuations, questions and whole texts.

use serde_json::Value;

use super::error::DataError;
use super::item::Item;
use super::row::Row;

/// Rows of one author in TOFU's files, which do not name him.
const ROWS_OF_AUTHOR: usize = 20;

fn item(row: &Row, place: usize, cluster_by: Option<&str>) -> Result<Item, DataError> {
    let id = place.to_string();
    let cluster = match cluster_by.and_then(|field| Some((field, row.get(field)?))) {
        Some((field, value)) => row.as_label(field, value)?,
        // A data set that is clustered by a column that its files lack comes in blocks of one source.
        None if cluster_by.is_some() => format!("block {}", place / ROWS_OF_AUTHOR),
        None => id.clone(),
    };
    Ok(Item {
        id,
        cluster,
        copies: None,
        text: String::new(),
        choices: Vec::new(),
        answer: None,
        history: None,
        fields: std::collections::BTreeMap::new(),
    })
}

fn keep(item: &mut Item, row: &Row, field: &str) -> Result<(), DataError> {
    let text = row.text(field)?;
    if text.trim().is_empty() {
        return Err(row.wrong(field, &Value::from(text), "a text with something in it"));
    }
    item.fields.insert(field.to_owned(), Value::from(text));
    Ok(())
}

fn each(
    rows: &[Row],
    cluster_by: Option<&str>,
    fill: impl Fn(&Row, &mut Item) -> Result<(), DataError>,
) -> Result<Vec<Item>, DataError> {
    let one = |(place, row): (usize, &Row)| {
        let mut item = item(row, place, cluster_by)?;
        fill(row, &mut item)?;
        Ok(item)
    };
    rows.iter().enumerate().map(one).collect()
}

/// `question` and `answer`.
pub(super) fn questions(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, cluster_by, |row, item| {
        keep(item, row, "question")?;
        keep(item, row, "answer")
    })
}

/// `question`, the right answer first (its paraphrase where there is one), then every `perturbed_answer`.
pub(super) fn choices(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, cluster_by, |row, item| {
        keep(item, row, "question")?;
        keep(item, row, "answer")?;
        let right = if row.get("paraphrased_answer").is_some() { "paraphrased_answer" } else { "answer" };
        let allowed = "a list of wrong answers";
        let value = row.get("perturbed_answer").ok_or_else(|| row.missing("perturbed_answer", allowed))?;
        let wrong = row.as_texts("perturbed_answer", value)?;
        if wrong.is_empty() || wrong.iter().any(|answer| answer.trim().is_empty()) {
            return Err(row.wrong("perturbed_answer", value, allowed));
        }
        item.choices = std::iter::once(row.text(right)?.to_owned()).chain(wrong).collect();
        item.answer = Some(0);
        Ok(())
    })
}

/// The same, the right answer in its own words: for the share of probability that it has among the given ones.
pub(super) fn options(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let mut items = choices(rows, cluster_by)?;
    for (item, row) in items.iter_mut().zip(rows) {
        item.choices[0] = row.text("answer")?.to_owned();
    }
    Ok(items)
}

/// `prompt`, and `gt`, what a model that remembers goes on with.
pub(super) fn continuations(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, cluster_by, |row, item| {
        keep(item, row, "prompt")?;
        keep(item, row, "gt")
    })
}

/// `text`.
pub(super) fn texts(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, cluster_by, |row, item| {
        item.text = row.text("text")?.to_owned();
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::json_rows::read_json_rows;
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        read_json_rows("forget10_perturbed.json", text.as_bytes()).unwrap()
    }

    #[test]
    fn authors_are_a_column_or_blocks_of_twenty() {
        let one = "{\"question\":\"q\",\"answer\":\"a\"}\n".repeat(21);
        let items = questions(&rows(&one), Some("author")).unwrap();
        assert_eq!((items[19].cluster.as_str(), items[20].cluster.as_str()), ("block 0", "block 1"));
        let named =
            questions(&rows("{\"question\":\"q\",\"answer\":\"a\",\"author\":\"Ann\"}"), Some("author")).unwrap();
        assert_eq!(named[0].cluster, "Ann");
        assert_eq!(questions(&rows(&one), None).unwrap()[20].cluster, "20");
    }

    #[test]
    fn the_right_answer_stands_first_in_the_words_that_are_asked() {
        let text =
            "{\"question\":\"q\",\"answer\":\"a\",\"paraphrased_answer\":\"p\",\"perturbed_answer\":[\"x\",\"y\"]}";
        assert_eq!(choices(&rows(text), None).unwrap()[0].choices, ["p", "x", "y"]);
        assert_eq!(options(&rows(text), None).unwrap()[0].choices, ["a", "x", "y"]);
        let plain = "{\"question\":\"q\",\"answer\":\"a\",\"perturbed_answer\":[\"x\"]}";
        assert_eq!(choices(&rows(plain), None).unwrap()[0].choices, ["a", "x"]);
    }

    #[test]
    fn missing_and_empty_columns_are_told() {
        let told = |text: &str| choices(&rows(text), None).unwrap_err().to_string();
        assert!(told("{\"question\":\"q\",\"answer\":\"a\"}").contains("perturbed_answer"));
        assert!(
            told("{\"question\":\"q\",\"answer\":\"a\",\"perturbed_answer\":[]}").contains("list of wrong answers")
        );
        assert!(told("{\"question\":\" \",\"answer\":\"a\",\"perturbed_answer\":[\"x\"]}").contains("question"));
        assert!(continuations(&rows("{\"prompt\":\"p\"}"), None).unwrap_err().to_string().contains("gt"));
    }
}
