//! Data sets of two sentences: paraphrases (which one was inserted), WinoGrande (which option fills the blank), PIQA, MUNCH.

use serde_json::Value;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::record::{Record, records};

/// `hubble-paraphrases`: both sentences, and which one was inserted (`random_bit`).
///
/// # Errors
/// The first faulty row.
pub fn paraphrases(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let item = |record: Record<'_>| {
        let choices = ["detok_sentence1", "detok_sentence2"].map(|field| record.text(field));
        let [first, second] = choices;
        let answer = record.index("random_bit", 0, 1)?;
        record.item(cluster_by, vec![first?, second?], Some(answer), [])
    };
    records(rows)?.into_iter().map(item).collect()
}

/// `hubble-winogrande`: the inserted sentence of each pair. Its twin (`paired_example`) was never inserted; upstream's
/// tables by copies leave it out, too.
///
/// # Errors
/// The first faulty row; a sentence without a blank (`_`).
pub fn winogrande(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let item = |record: Record<'_>| {
        let sentence = record.text("sentence")?;
        let Some((before, after)) = sentence.split_once('_') else {
            return Err(record.row.wrong("sentence", &Value::String(sentence), "a sentence with a blank (_)"));
        };
        let (before, after) = (before.to_owned(), after.trim().to_owned());
        let options = [record.text("option1")?, record.text("option2")?];
        let answer = record.index("answer", 1, 2)?;
        let fields = [
            ("sentence", sentence),
            ("before_blank", before),
            ("after_blank", after),
            ("option1", options[0].clone()),
            ("option2", options[1].clone()),
        ];
        record.item(cluster_by, options.to_vec(), Some(answer), fields)
    };
    records(rows)?.into_iter().map(item).collect()
}

/// `hubble-piqa`: a goal and two solutions.
///
/// # Errors
/// The first faulty row.
pub fn piqa(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let item = |record: Record<'_>| {
        let solutions = vec![record.text("sol1")?, record.text("sol2")?];
        let answer = record.index("label", 0, 1)?;
        let goal = record.text("goal")?;
        record.item(cluster_by, solutions, Some(answer), [("goal", goal)])
    };
    records(rows)?.into_iter().map(item).collect()
}

/// `hubble-munch`: an apt and an inapt paraphrase of a metaphor; the apt one is right and stands first.
///
/// # Errors
/// The first faulty row.
pub fn munch(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let item = |record: Record<'_>| {
        let (apt, inapt) = (record.text("apt")?, record.text("inapt")?);
        let fields = [("sentence", record.text("s0")?), ("apt", apt.clone()), ("inapt", inapt.clone())];
        record.item(cluster_by, vec![apt, inapt], Some(0), fields)
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
    fn the_inserted_paraphrase_is_the_right_one() {
        let rows = rows(
            "{\"text\":\"b\",\"meta\":\"{\\\"id\\\":7,\\\"detok_sentence1\\\":\\\"a\\\",\\\"detok_sentence2\\\":\\\"b\\\",\\\"random_bit\\\":1,\\\"duplicates\\\":4}\"}\n",
        );
        let items = paraphrases(&rows, None).unwrap();
        assert_eq!((items[0].id.as_str(), items[0].answer, items[0].copies), ("7", Some(1), Some(4)));
        assert_eq!(items[0].choices, ["a", "b"]);
    }

    #[test]
    fn a_blank_parts_the_sentence_and_answers_count_from_one() {
        let row = |sentence: &str, answer: &str| {
            rows(&format!(
                "{{\"sentence\":\"{sentence}\",\"option1\":\"jar\",\"option2\":\"box\",\"answer\":{answer},\"duplicates\":1}}\n"
            ))
        };
        let items = winogrande(&row("The _ was full.", "\"2\""), None).unwrap();
        assert_eq!(items[0].answer, Some(1));
        assert_eq!(items[0].fields["before_blank"], "The ");
        assert_eq!(items[0].fields["after_blank"], "was full.");
        assert!(
            matches!(winogrande(&row("no", "1"), None), Err(DataError::WrongValue { field, .. }) if field == "sentence")
        );
        assert!(
            matches!(winogrande(&row("_", "3"), None), Err(DataError::WrongValue { field, .. }) if field == "answer")
        );
    }

    #[test]
    fn the_apt_paraphrase_stands_first() {
        let items = munch(&rows("{\"s0\":\"s\",\"apt\":\"a\",\"inapt\":\"i\",\"duplicates\":0}\n"), None).unwrap();
        assert_eq!((items[0].choices.join(","), items[0].answer), ("a,i".to_owned(), Some(0)));
        let error = piqa(&rows("{\"goal\":\"g\",\"sol1\":\"a\",\"label\":0,\"duplicates\":0}\n"), None).unwrap_err();
        assert!(matches!(error, DataError::MissingField { field, .. } if field == "sol2"));
    }
}
