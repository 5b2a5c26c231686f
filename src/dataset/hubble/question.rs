//! `hubble-multiple-choice`: a question with its answers, one item a row.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::record::{Record, records};

/// Items of a test set, in file order. `question`, `choices` and `answer` (an index from 0) stand in the row or in its
/// meta, as upstream's files have them; `subject` may be missing and is then the empty string.
///
/// # Errors
/// The first faulty row.
pub fn multiple_choice(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    records(rows)?.into_iter().map(|record| item(record, cluster_by)).collect()
}

fn item(record: Record<'_>, cluster_by: Option<&str>) -> Result<Item, DataError> {
    let row = record.row;
    let field = |name: &str, allowed: &str| record.get(name).ok_or_else(|| row.missing(name, allowed));
    let question = row.as_text("question", field("question", "a text")?)?.to_owned();
    let list = field("choices", "a list of at least two texts")?;
    let choices = row.as_texts("choices", list)?;
    if choices.len() < 2 {
        return Err(row.wrong("choices", list, "a list of at least two texts"));
    }
    let written = field("answer", "the index of the right choice, from 0")?;
    let answer = written.as_u64().and_then(|index| usize::try_from(index).ok()).filter(|&index| index < choices.len());
    let allowed = || format!("the index of the right choice, from 0 to {}", choices.len() - 1);
    let answer = answer.ok_or_else(|| row.wrong("answer", written, &allowed()))?;
    let subject = match record.get("subject") {
        Some(value) => row.as_text("subject", value)?.to_owned(),
        None => String::new(),
    };
    Ok(Item {
        cluster: record.cluster(cluster_by)?,
        copies: Some(record.copies()?),
        text: String::new(),
        choices,
        answer: Some(answer),
        history: None,
        fields: BTreeMap::from([
            ("question".to_owned(), Value::String(question)),
            ("subject".to_owned(), Value::String(subject)),
        ]),
        id: record.id,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    fn load(text: &str) -> Result<Vec<Item>, DataError> {
        let rows: Vec<Row> = read_jsonl("x.jsonl", text.as_bytes()).collect::<Result<_, _>>().unwrap();
        multiple_choice(&rows, None)
    }

    #[test]
    fn fields_stand_in_the_row_or_in_meta_and_a_subject_may_be_unknown() {
        let items = load(
            "{\"id\":1,\"question\":\"q\",\"choices\":[\"a\",\"b\"],\"answer\":1,\"duplicates\":4}\n{\"text\":\"t\",\"meta\":\"{\\\"orig_idx\\\":8,\\\"question\\\":\\\"r\\\",\\\"subject\\\":\\\"s\\\",\\\"choices\\\":[\\\"c\\\",\\\"d\\\"],\\\"answer\\\":0,\\\"duplicates\\\":16}\"}\n",
        )
        .unwrap();
        assert_eq!((items[0].answer, items[0].copies), (Some(1), Some(4)));
        assert_eq!(items[0].fields["subject"], "");
        assert_eq!((items[1].id.as_str(), items[1].copies), ("8", Some(16)));
        assert_eq!(items[1].fields["question"], "r");
        assert_eq!(items[1].text, "");
    }

    #[test]
    fn an_answer_outside_the_choices_is_refused_with_the_range() {
        for answer in ["2", "-1", "\"a\"", "0.5"] {
            let row =
                format!("{{\"question\":\"q\",\"choices\":[\"a\",\"b\"],\"answer\":{answer},\"duplicates\":0}}\n");
            let message = load(&row).unwrap_err().to_string();
            assert!(message.contains("`answer`") && message.contains("from 0 to 1"), "{message}");
        }
    }

    #[test]
    fn fewer_than_two_choices_are_no_question() {
        let row = "{\"question\":\"q\",\"choices\":[\"a\"],\"answer\":0,\"duplicates\":0}\n";
        assert!(matches!(load(row), Err(DataError::WrongValue { field, .. }) if field == "choices"));
        let row = "{\"question\":\"q\",\"choices\":[\"a\",1],\"answer\":0,\"duplicates\":0}\n";
        assert!(matches!(load(row), Err(DataError::WrongValue { field, .. }) if field == "choices[1]"));
    }
}
