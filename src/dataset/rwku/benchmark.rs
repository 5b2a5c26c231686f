//! The small samples of general benchmarks that RWKU asks beside its own questions.

use serde_json::{Value, json};

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::{Targets, filled, keep};

fn each<'r>(
    rows: &'r [Row],
    mut fill: impl FnMut(&'r Row, &mut Item) -> Result<(), DataError>,
) -> Result<Vec<Item>, DataError> {
    let mut targets = Targets::default();
    let item = |row| {
        let mut item = targets.item(row)?;
        fill(row, &mut item)?;
        Ok(item)
    };
    rows.iter().map(item).collect()
}

/// MMLU: the row's `subject` is the target, `task` the field of knowledge; inside `examples`, `subject` is the field.
pub(in crate::dataset) fn mmlu(rows: &[Row], _: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, |row, item| {
        filled(row, "task")?;
        filled(row, "question")?;
        item.choices = choices(row, "choices", row.get("choices"))?;
        let answer = row.get("answer").ok_or_else(|| row.missing("answer", "the index of the right choice"))?;
        item.answer = Some(index(row, "answer", answer, item.choices.len())?);
        let examples = row.get("examples").ok_or_else(|| row.missing("examples", "a list of worked examples"))?;
        let list = examples.as_array().ok_or_else(|| row.wrong("examples", examples, "a list of worked examples"))?;
        for (place, example) in list.iter().enumerate() {
            let field = |name: &str| format!("examples[{place}].{name}");
            let question = example.get("question").unwrap_or(&Value::Null);
            row.as_text(&field("question"), question)?;
            let choices = choices(row, &field("choices"), example.get("choices"))?;
            index(row, &field("answer"), example.get("answer").unwrap_or(&Value::Null), choices.len())?;
        }
        keep(item, row, &["task", "question", "examples"]);
        Ok(())
    })
}

/// Four of them in MMLU; the prompt has letters for 26.
fn choices(row: &Row, field: &str, value: Option<&Value>) -> Result<Vec<String>, DataError> {
    let value = value.ok_or_else(|| row.missing(field, "a list of four answers"))?;
    let choices = row.as_texts(field, value)?;
    if choices.len() == 4 { Ok(choices) } else { Err(row.wrong(field, value, "a list of four answers")) }
}

fn index(row: &Row, field: &str, value: &Value, n: usize) -> Result<usize, DataError> {
    let index = value.as_u64().and_then(|index| usize::try_from(index).ok()).filter(|&index| index < n);
    index.ok_or_else(|| row.wrong(field, value, &format!("a whole number from 0 to {}", n.saturating_sub(1))))
}

/// BIG-bench hard: `answer` is one text, `cot` a task line with worked examples.
pub(in crate::dataset) fn bbh(rows: &[Row], _: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, |row, item| {
        for field in ["task", "question", "answer", "cot"] {
            filled(row, field)?;
        }
        keep(item, row, &["task", "question", "answer", "cot"]);
        Ok(())
    })
}

/// TruthfulQA: the choices are those of `mc2_targets`; those of `mc1_targets` are found among them by their text, as upstream does.
pub(in crate::dataset) fn truthfulqa(rows: &[Row], _: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, |row, item| {
        filled(row, "question")?;
        let (choices, labels) = targets(row, "mc2_targets")?;
        let (single, single_labels) = targets(row, "mc1_targets")?;
        let place = |text: &String| {
            let found = choices.iter().position(|choice| choice == text);
            found.ok_or_else(|| {
                let allowed = "choices that also stand in `mc2_targets`";
                row.wrong("mc1_targets.choices", &Value::from(text.as_str()), allowed)
            })
        };
        let places = single.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
        let right = single_labels.iter().position(|&label| label);
        if right.is_none() || single_labels.iter().all(|&label| label) || labels.iter().all(|&label| !label) {
            let found = row.get("mc1_targets").cloned().unwrap_or_default();
            return Err(row.wrong("mc1_targets", &found, "targets with a true and a false choice"));
        }
        item.answer = right.map(|right| places[right]);
        keep(item, row, &["question"]);
        item.fields.insert("mc1".to_owned(), json!({"places": places, "labels": single_labels}));
        item.fields.insert("mc2".to_owned(), json!({"labels": labels}));
        item.choices = choices;
        Ok(())
    })
}

/// Choices with their labels, 0 or 1.
fn targets(row: &Row, field: &str) -> Result<(Vec<String>, Vec<bool>), DataError> {
    let allowed = "an object with `choices` and as many `labels` of 0 or 1";
    let value = row.get(field).ok_or_else(|| row.missing(field, allowed))?;
    let wrong = || row.wrong(field, value, allowed);
    let choices = row.as_texts(&format!("{field}.choices"), value.get("choices").ok_or_else(wrong)?)?;
    let labels = value.get("labels").and_then(Value::as_array).ok_or_else(wrong)?;
    let labels: Option<Vec<bool>> = labels
        .iter()
        .map(|label| match label.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        })
        .collect();
    match labels {
        Some(labels) if labels.len() == choices.len() && !choices.is_empty() => Ok((choices, labels)),
        _ => Err(wrong()),
    }
}

/// TriviaQA: any of `answers` is right.
pub(in crate::dataset) fn triviaqa(rows: &[Row], _: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, |row, item| {
        filled(row, "question")?;
        let value = row.get("answers").ok_or_else(|| row.missing("answers", "a list of right answers"))?;
        let answers = row.as_texts("answers", value)?;
        let first = answers.first().ok_or_else(|| row.wrong("answers", value, "a list with an answer in it"))?;
        item.fields.insert("first_answer".to_owned(), Value::from(first.as_str()));
        keep(item, row, &["question", "answers"]);
        Ok(())
    })
}

/// AlpacaEval: an instruction without a right answer.
pub(in crate::dataset) fn fluency(rows: &[Row], _: Option<&str>) -> Result<Vec<Item>, DataError> {
    each(rows, |row, item| {
        filled(row, "instruction")?;
        keep(item, row, &["instruction"]);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::json_rows::read_json_rows;
    use super::*;

    fn rows(value: &Value) -> Vec<Row> {
        read_json_rows("f.json", value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn choices_and_answers_are_checked_with_their_place() {
        let example = json!({"question": "e", "subject": "lamps", "choices": ["1", "2", "3", "4"], "answer": 3});
        let row = |answer: Value, example: Value| {
            json!([{"task": "lamps", "question": "q", "choices": ["a", "b", "c", "d"], "answer": answer,
                    "examples": [example], "subject": "Ann"}])
        };
        let items = mmlu(&rows(&row(json!(2), example.clone())), None).unwrap();
        assert_eq!((items[0].answer, items[0].choices.len(), items[0].cluster.as_str()), (Some(2), 4, "Ann"));
        assert!(mmlu(&rows(&row(json!(4), example.clone())), None).unwrap_err().to_string().contains("0 to 3"));
        assert!(mmlu(&rows(&row(json!("2"), example.clone())), None).is_err());
        let mut broken = example;
        broken["answer"] = json!(7);
        assert!(mmlu(&rows(&row(json!(2), broken)), None).unwrap_err().to_string().contains("examples[0].answer"));
    }

    #[test]
    fn single_choices_are_found_among_the_others_by_text() {
        let row = |single: Value| {
            json!([{"question": "q", "subject": "Ann", "mc1_targets": single,
                    "mc2_targets": {"choices": ["no", "yes", "never"], "labels": [1, 0, 1]}}])
        };
        let good = json!({"choices": ["never", "yes"], "labels": [1, 0]});
        let items = truthfulqa(&rows(&row(good)), None).unwrap();
        assert_eq!(items[0].fields["mc1"], json!({"places": [2, 1], "labels": [true, false]}));
        assert_eq!(items[0].answer, Some(2));
        let lost = json!({"choices": ["perhaps", "yes"], "labels": [1, 0]});
        let told = truthfulqa(&rows(&row(lost)), None).unwrap_err().to_string();
        assert!(told.contains("perhaps") && told.contains("mc2_targets"), "{told}");
        assert!(truthfulqa(&rows(&row(json!({"choices": ["no"], "labels": [1]}))), None).is_err());
        assert!(truthfulqa(&rows(&row(json!({"choices": ["no", "yes"], "labels": [1]}))), None).is_err());
    }

    #[test]
    fn other_samples_need_their_columns() {
        assert!(triviaqa(&rows(&json!([{"question": "q", "answers": [], "subject": "A"}])), None).is_err());
        let items = triviaqa(&rows(&json!([{"question": "q", "answers": ["a", "b"], "subject": "A"}])), None).unwrap();
        assert_eq!(items[0].fields["first_answer"], "a");
        assert!(bbh(&rows(&json!([{"task": "t", "question": "q", "answer": "a", "subject": "A"}])), None).is_err());
        assert!(fluency(&rows(&json!([{"instruction": "", "subject": "A"}])), None).is_err());
    }
}
