//! Input rows of the instrument commands: `logprobs`, `generate`, `attack` and `metric`.

use std::collections::HashMap;
use std::fmt;
use std::io::BufRead;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::DataError;
use super::jsonl::JsonLines;
use super::row::{Row, describe};

/// The id of a row as its author wrote it, so that the answer carries the same JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RowId {
    Number(i64),
    Text(String),
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// `{"id", "text"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRow {
    pub line: usize,
    pub id: RowId,
    pub text: String,
}

/// `{"id", "prompt"}` or `{"id", "messages"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptRow {
    pub line: usize,
    pub id: RowId,
    pub prompt: PromptInput,
}

/// What a generation starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptInput {
    Text(String),
    /// At least one.
    Messages(Vec<InputMessage>),
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputMessage {
    pub role: String,
    pub content: String,
}

/// `{"id", "text", "member"}`; `label` is another name of `member`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledRow {
    pub line: usize,
    pub id: RowId,
    pub text: String,
    pub member: bool,
    /// Texts close to `text`, for the attack `neighbor`; empty when the row has none.
    pub neighbors: Vec<String>,
}

/// `{"id", "prediction", "references", "target"}`; `text` is another name of `prediction`.
#[derive(Debug, Clone, PartialEq)]
pub struct PairRow {
    pub file: String,
    pub line: usize,
    pub id: RowId,
    pub prediction: String,
    /// Right answers, the first one compared with where one is; empty where the row names none.
    pub references: Vec<String>,
    /// What a reader reads for, as it stands there.
    pub target: Option<Value>,
}

impl PairRow {
    /// The error for a field that holds something else than `allowed`; JSON null for a missing one.
    #[must_use]
    pub fn wrong(&self, field: &str, found: &Value, allowed: &str) -> DataError {
        let (file, line, field, allowed) = (self.file.clone(), self.line, field.to_owned(), allowed.to_owned());
        match found {
            Value::Null => DataError::MissingField { file, line, field, allowed },
            found => DataError::WrongValue { file, line, field, found: describe(found), allowed },
        }
    }
}

/// Typed rows in file order. An id that stands twice (`3` and `"3"` are one id) is an error of the second row.
#[derive(Debug)]
pub struct InstrumentRows<R, T> {
    lines: JsonLines<R>,
    parse: fn(&Row, RowId) -> Result<T, DataError>,
    first_lines: HashMap<String, usize>,
}

impl<R: BufRead, T> InstrumentRows<R, T> {
    fn new(lines: JsonLines<R>, parse: fn(&Row, RowId) -> Result<T, DataError>) -> Self {
        Self { lines, parse, first_lines: HashMap::new() }
    }

    fn typed(&mut self, row: &Row) -> Result<T, DataError> {
        let id = id_of(row)?;
        if let Some(&first_line) = self.first_lines.get(&id.to_string()) {
            let (file, line) = (row.file.to_string(), row.line);
            return Err(DataError::DuplicateId { file, id: id.to_string(), first_line, line });
        }
        self.first_lines.insert(id.to_string(), row.line);
        (self.parse)(row, id)
    }
}

impl<R: BufRead, T> Iterator for InstrumentRows<R, T> {
    type Item = Result<T, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.lines.next()?;
        Some(row.and_then(|row| self.typed(&row)))
    }
}

/// Rows with a text.
pub fn text_rows<R: BufRead>(lines: JsonLines<R>) -> InstrumentRows<R, TextRow> {
    InstrumentRows::new(lines, |row, id| Ok(TextRow { line: row.line, id, text: row.text("text")?.to_owned() }))
}

/// Rows with a prompt or messages, not both.
pub fn prompt_rows<R: BufRead>(lines: JsonLines<R>) -> InstrumentRows<R, PromptRow> {
    InstrumentRows::new(lines, |row, id| {
        let prompt = match (row.get("prompt"), row.get("messages")) {
            (Some(prompt), None) => PromptInput::Text(row.as_text("prompt", prompt)?.to_owned()),
            (None, Some(list)) => PromptInput::Messages(messages(row, list)?),
            (None, None) => return Err(row.missing("prompt", "a text, or `messages`: a list of role and content")),
            (Some(_), Some(list)) => return Err(row.wrong("messages", list, "one of `prompt` and `messages`")),
        };
        Ok(PromptRow { line: row.line, id, prompt })
    })
}

/// Rows with a text and whether the model under test has seen it.
pub fn labelled_rows<R: BufRead>(lines: JsonLines<R>) -> InstrumentRows<R, LabelledRow> {
    InstrumentRows::new(lines, |row, id| {
        let member = member_of(row)?;
        let neighbors = match row.get("neighbors") {
            Some(list) => row.as_texts("neighbors", list)?,
            None => Vec::new(),
        };
        Ok(LabelledRow { line: row.line, id, text: row.text("text")?.to_owned(), member, neighbors })
    })
}

/// Rows with a prediction, and what it is compared with.
pub fn pair_rows<R: BufRead>(lines: JsonLines<R>) -> InstrumentRows<R, PairRow> {
    InstrumentRows::new(lines, |row, id| {
        let prediction = match (row.get("prediction"), row.get("text")) {
            (Some(value), None) => row.as_text("prediction", value)?,
            (None, Some(value)) => row.as_text("text", value)?,
            (Some(_), Some(text)) => return Err(row.wrong("text", text, "one of `prediction` and `text`")),
            (None, None) => return Err(row.missing("prediction", "a text")),
        };
        let references = match (row.get("references"), row.get("reference")) {
            (Some(list), _) => row.as_texts("references", list)?,
            (None, Some(one)) => vec![row.as_text("reference", one)?.to_owned()],
            (None, None) => Vec::new(),
        };
        let target = row.get("target").cloned();
        Ok(PairRow {
            file: row.file.to_string(),
            line: row.line,
            id,
            prediction: prediction.to_owned(),
            references,
            target,
        })
    })
}

fn id_of(row: &Row) -> Result<RowId, DataError> {
    const ALLOWED: &str = "a text or a whole number, unique in the file";
    match row.get("id") {
        Some(Value::String(text)) => Ok(RowId::Text(text.clone())),
        Some(value) => value.as_i64().map(RowId::Number).ok_or_else(|| row.wrong("id", value, ALLOWED)),
        None => Err(row.missing("id", ALLOWED)),
    }
}

fn messages(row: &Row, list: &Value) -> Result<Vec<InputMessage>, DataError> {
    const ALLOWED: &str = "a list of at least one {\"role\", \"content\"}";
    let list = list.as_array().filter(|list| !list.is_empty()).ok_or_else(|| row.wrong("messages", list, ALLOWED))?;
    list.iter()
        .enumerate()
        .map(|(position, message)| {
            let text = |key: &str| {
                let field = format!("messages[{position}].{key}");
                let value = message.get(key).ok_or_else(|| row.missing(&field, "a text"))?;
                Ok(row.as_text(&field, value)?.to_owned())
            };
            Ok(InputMessage { role: text("role")?, content: text("content")? })
        })
        .collect()
}

fn member_of(row: &Row) -> Result<bool, DataError> {
    const ALLOWED: &str = "0, 1, true or false";
    let flag = |field: &str| -> Result<Option<bool>, DataError> {
        match row.get(field) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => match value.as_u64() {
                Some(0) => Ok(Some(false)),
                Some(1) => Ok(Some(true)),
                _ => Err(row.wrong(field, value, ALLOWED)),
            },
        }
    };
    match (flag("member")?, flag("label")?) {
        (Some(member), Some(label)) if member != label => {
            Err(row.wrong("label", &Value::Bool(label), "the same as `member`"))
        }
        (Some(member), _) | (None, Some(member)) => Ok(member),
        (None, None) => Err(row.missing("member", ALLOWED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> JsonLines<&[u8]> {
        JsonLines::new("in.jsonl", text.as_bytes())
    }

    #[test]
    fn ids_keep_their_json_and_duplicates_name_both_lines() {
        let rows: Vec<_> = text_rows(lines(
            "{\"id\":3,\"text\":\"a\"}\n{\"id\":\"x\",\"text\":\"\"}\n\n{\"id\":\"3\",\"text\":\"b\"}\n",
        ))
        .collect();
        assert_eq!(serde_json::to_string(&rows[0].as_ref().unwrap().id).unwrap(), "3");
        assert_eq!(serde_json::to_string(&rows[1].as_ref().unwrap().id).unwrap(), "\"x\"");
        assert!(matches!(&rows[2], Err(DataError::DuplicateId { first_line: 1, line: 4, id, .. }) if id == "3"));
    }

    #[test]
    fn a_missing_field_and_a_wrong_type_name_line_and_field() {
        let rows: Vec<_> = text_rows(lines("{\"id\":1}\n{\"id\":2,\"text\":5}\n{\"text\":\"a\"}\n")).collect();
        assert!(matches!(&rows[0], Err(DataError::MissingField { line: 1, field, .. }) if field == "text"));
        let message = rows[1].as_ref().unwrap_err().to_string();
        assert_eq!(
            message,
            "read in.jsonl, line 2: the field `text` is the number 5, but only a text will do; change it"
        );
        assert!(matches!(&rows[2], Err(DataError::MissingField { field, .. }) if field == "id"));
    }

    #[test]
    fn a_prompt_is_text_or_messages_but_not_both() {
        let text = "{\"id\":1,\"prompt\":\"p\"}\n{\"id\":2,\"messages\":[{\"role\":\"user\",\"content\":\"c\"}]}\n{\"id\":3,\"prompt\":\"p\",\"messages\":[]}\n{\"id\":4,\"messages\":[]}\n{\"id\":5,\"messages\":[{\"role\":\"user\"}]}\n{\"id\":6}\n";
        let rows: Vec<_> = prompt_rows(lines(text)).collect();
        assert_eq!(rows[0].as_ref().unwrap().prompt, PromptInput::Text("p".to_owned()));
        assert!(matches!(&rows[1].as_ref().unwrap().prompt, PromptInput::Messages(list) if list[0].content == "c"));
        assert!(matches!(&rows[2], Err(DataError::WrongValue { line: 3, .. })));
        assert!(matches!(&rows[3], Err(DataError::WrongValue { line: 4, .. })));
        assert!(matches!(&rows[4], Err(DataError::MissingField { field, .. }) if field == "messages[0].content"));
        assert!(matches!(&rows[5], Err(DataError::MissingField { line: 6, .. })));
    }

    #[test]
    fn membership_is_read_from_numbers_and_booleans_under_both_names() {
        let text = "{\"id\":1,\"text\":\"a\",\"member\":1}\n{\"id\":2,\"text\":\"a\",\"label\":false}\n{\"id\":3,\"text\":\"a\",\"member\":true,\"label\":1,\"neighbors\":[\"b\"]}\n{\"id\":4,\"text\":\"a\",\"member\":2}\n{\"id\":5,\"text\":\"a\",\"member\":0,\"label\":1}\n{\"id\":6,\"text\":\"a\",\"member\":\"yes\"}\n";
        let rows: Vec<_> = labelled_rows(lines(text)).collect();
        let members: Vec<bool> = rows[..3].iter().map(|row| row.as_ref().unwrap().member).collect();
        assert_eq!(members, [true, false, true]);
        assert_eq!(rows[2].as_ref().unwrap().neighbors, ["b"]);
        assert!(rows[3..].iter().all(|row| matches!(row, Err(DataError::WrongValue { .. }))), "{rows:?}");
    }
}
