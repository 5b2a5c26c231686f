//! Test sets whose answers are written or completed: PopQA, HellaSwag, ELLie.

use serde_json::Value;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::forms::{ellie_target, hellaswag_text};
use super::record::{Record, records};

/// `hubble-popqa`: a question with its possible answers; upstream counts the first one only.
///
/// # Errors
/// The first faulty row; no answer at all.
pub fn popqa(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let item = |record: Record<'_>| {
        let question = record.text("question")?;
        let answers = record.texts("possible_answers")?;
        let first = answers.first().cloned().ok_or_else(|| {
            record.row.wrong("possible_answers", &Value::Array(Vec::new()), "a list of at least one text")
        })?;
        let mut item = record.item(cluster_by, Vec::new(), None, [("question", question), ("first_answer", first)])?;
        item.fields.insert("answers".to_owned(), Value::from(answers));
        Ok(item)
    };
    records(rows)?.into_iter().map(item).collect()
}

/// `hubble-hellaswag`: a scene and its possible endings, as lm-evaluation-harness cleans both.
///
/// # Errors
/// The first faulty row.
pub fn hellaswag(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let item = |record: Record<'_>| {
        let (activity, first, second) = (record.text("activity_label")?, record.text("ctx_a")?, record.text("ctx_b")?);
        let query = hellaswag_text(&format!("{activity}: {first} {}", capitalised(&second)));
        let endings = record.texts("endings")?;
        if endings.len() < 2 {
            let found = Value::from(endings);
            return Err(record.row.wrong("endings", &found, "a list of at least two texts"));
        }
        let answer = record.index("label", 0, endings.len() - 1)?;
        let endings = endings.iter().map(|ending| hellaswag_text(ending)).collect();
        record.item(cluster_by, endings, Some(answer), [("query", query)])
    };
    records(rows)?.into_iter().map(item).collect()
}

/// As Python's `capitalize`: the first letter large, all others small.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + &characters.as_str().to_lowercase(),
        None => String::new(),
    }
}

/// `hubble-ellie`: a sentence whose verb is left out, and what completes it.
///
/// # Errors
/// The first faulty row; a masked sentence without `[MASK]`.
pub fn ellie(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let item = |record: Record<'_>| {
        let (prompt, masked, label) = (record.text("Prompt_GPT")?, record.text("Prompt_BERT")?, record.text("label")?);
        let Some(target) = ellie_target(&label, &masked) else {
            return Err(record.row.wrong("Prompt_BERT", &Value::String(masked), "a text with [MASK] in it"));
        };
        record.item(cluster_by, Vec::new(), None, [("prompt", prompt), ("target", target)])
    };
    records(rows)?.into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        read_jsonl("x.jsonl", text.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn possible_answers_are_a_list_in_a_text() {
        let rows = rows(
            "{\"meta\":\"{\\\"id\\\":3,\\\"question\\\":\\\"q\\\",\\\"possible_answers\\\":\\\"[\\\\\\\"a\\\\\\\", \\\\\\\"b\\\\\\\"]\\\",\\\"duplicates\\\":16}\"}\n",
        );
        let items = popqa(&rows, None).unwrap();
        assert_eq!(items[0].fields["first_answer"], "a");
        assert_eq!(items[0].fields["answers"], serde_json::json!(["a", "b"]));
    }

    #[test]
    fn a_scene_is_cleaned_and_its_second_part_capitalised() {
        let rows = rows(
            "{\"activity_label\":\"Knots\",\"ctx_a\":\"A man ties.\",\"ctx_b\":\"then He\",\"endings\":[\"pulls [x] it\",\"b\"],\"label\":\"1\",\"duplicates\":0}\n",
        );
        let items = hellaswag(&rows, None).unwrap();
        assert_eq!(items[0].fields["query"], "Knots: A man ties. Then he");
        assert_eq!((items[0].choices[0].as_str(), items[0].answer), ("pulls it", Some(1)));
    }

    #[test]
    fn an_ellipsis_is_completed_from_the_masked_sentence() {
        let row = |masked: &str| {
            rows(&format!(
                "{{\"Prompt_GPT\":\"p\",\"Prompt_BERT\":\"{masked}\",\"label\":\"water\",\"duplicates\":0}}\n"
            ))
        };
        assert_eq!(ellie(&row("He will [MASK] it."), None).unwrap()[0].fields["target"], "water it.");
        assert!(matches!(ellie(&row("He"), None), Err(DataError::WrongValue { field, .. }) if field == "Prompt_BERT"));
    }
}
