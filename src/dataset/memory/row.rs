//! One row of MemoryAgentBench, taken out of a JSON object and checked.

use super::family::MemoryFamily;
use serde_json::{Map, Value};

use super::read::MemoryDataError;
use crate::dataset::row::describe;

/// One context, asked about many times: one isolated state of memory.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryRow {
    /// What is memorised; not empty.
    pub context: String,
    /// Not empty, and no question is.
    pub questions: Vec<String>,
    /// The accepted answers of each question; no list and no answer is empty.
    pub answers: Vec<Vec<String>>,
    pub metadata: MemoryMetadata,
    /// Of builtin data alone.
    pub rules: MemoryRules,
}

/// What our own data say beside the hub's columns: where the evidence stands, and phrases by which an offline judge tells right answers.
/// Never shown to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryRules {
    /// Parts of the context that hold the answer, by question.
    pub evidence: Vec<Vec<String>>,
    pub accepted: Vec<Vec<String>>,
    pub rejected: Vec<Vec<String>>,
    /// For each key point, phrases of which a summary has one.
    pub keypoint_phrases: Option<Vec<Vec<String>>>,
}

impl MemoryRules {
    /// How long the lists by question are that say anything.
    fn lengths(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let all = [("evidence", &self.evidence), ("accepted", &self.accepted), ("rejected", &self.rejected)];
        let lengths = all.map(|(key, list)| (key, list.len()));
        lengths.into_iter().filter(|(_, n)| *n > 0)
    }
}

const RULES: &str = "`evidence`, `accepted`, `rejected` or `keypoint_phrases`, each a list of lists of texts (by question, the last by key point)";

const KEYPOINTS: &str = "a list of one key point or more, by which a summary is judged";

/// What the row says beside. Evidence flags, key points and types of questions are for the scorer alone and never go to an agent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryMetadata {
    /// Example summaries; summarisation alone.
    pub demo: Option<String>,
    /// The chats behind the context, by question and session; LongMemEval alone.
    pub haystack_sessions: Option<Vec<Vec<Vec<Turn>>>>,
    /// What a judge looks for in a summary.
    pub keypoints: Option<Vec<String>>,
    /// One entry a question, as are the next four; null and empty lists alike say nothing.
    pub previous_events: Option<Vec<Option<String>>>,
    /// Not unique over rows: an item is named by split, row and question.
    pub qa_pair_ids: Option<Vec<Option<String>>>,
    pub question_dates: Option<Vec<Option<String>>>,
    pub question_ids: Option<Vec<Option<String>>>,
    pub question_types: Option<Vec<Option<String>>>,
    /// The data set that the row belongs to, e.g. `ruler_qa1_197K`.
    pub source: String,
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub content: Option<String>,
    /// Whether the answer to the question stands in it.
    pub has_answer: Option<bool>,
    pub role: Option<String>,
}

impl MemoryMetadata {
    /// Names of the fields that are not null, by the alphabet; an empty text or list is not null.
    #[must_use]
    pub fn given_fields(&self) -> Vec<&'static str> {
        [
            ("demo", self.demo.is_some()),
            ("haystack_sessions", self.haystack_sessions.is_some()),
            ("keypoints", self.keypoints.is_some()),
            ("previous_events", self.previous_events.is_some()),
            ("qa_pair_ids", self.qa_pair_ids.is_some()),
            ("question_dates", self.question_dates.is_some()),
            ("question_ids", self.question_ids.is_some()),
            ("question_types", self.question_types.is_some()),
            ("source", true),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect()
    }
}

/// Where a row stands, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub file: &'a str,
    /// From 1.
    pub row: usize,
}

impl Place<'_> {
    fn wrong(self, field: &str, found: &Value, allowed: &'static str) -> MemoryDataError {
        MemoryDataError::Field {
            file: self.file.to_owned(),
            row: self.row,
            field: field.to_owned(),
            found: describe(found),
            allowed,
        }
    }

    fn text(self, field: &str, value: &Value) -> Result<String, MemoryDataError> {
        let filled = value.as_str().filter(|text| !text.is_empty());
        filled.map(str::to_owned).ok_or_else(|| self.wrong(field, value, "a text with something in it"))
    }

    fn optional_text(self, field: &str, value: &Value) -> Result<Option<String>, MemoryDataError> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            other => Err(self.wrong(field, other, "a text or null")),
        }
    }

    /// Each element of a list by `element`, which gets the element's name.
    fn list<T>(
        self,
        field: &str,
        value: &Value,
        element: impl Fn(&str, &Value) -> Result<T, MemoryDataError>,
    ) -> Result<Vec<T>, MemoryDataError> {
        let list = value.as_array().ok_or_else(|| self.wrong(field, value, "a list"))?;
        list.iter().enumerate().map(|(index, value)| element(&format!("{field}[{index}]"), value)).collect()
    }

    fn filled_list<T>(
        self,
        field: &str,
        value: &Value,
        element: impl Fn(&str, &Value) -> Result<T, MemoryDataError>,
    ) -> Result<Vec<T>, MemoryDataError> {
        let list = self.list(field, value, element)?;
        if list.is_empty() { Err(self.wrong(field, value, "a list with something in it")) } else { Ok(list) }
    }

    /// A list with an entry for each question.
    fn per_question(
        self,
        field: &str,
        value: &Value,
        n_questions: usize,
    ) -> Result<Option<Vec<Option<String>>>, MemoryDataError> {
        if value.is_null() {
            return Ok(None);
        }
        let list = self.list(field, value, |name, value| self.optional_text(name, value))?;
        if list.is_empty() || list.len() == n_questions {
            Ok(Some(list))
        } else {
            Err(self.wrong(field, value, "null, an empty list, or one entry for each question"))
        }
    }

    fn turn(self, field: &str, value: &Value) -> Result<Turn, MemoryDataError> {
        let Value::Object(turn) = value else {
            return Err(self.wrong(field, value, "an object with content and role"));
        };
        let of = |name: &str| turn.get(name).unwrap_or(&Value::Null);
        let has_answer = match of("has_answer") {
            Value::Null => None,
            Value::Bool(flag) => Some(*flag),
            other => return Err(self.wrong(&format!("{field}.has_answer"), other, "true, false or null")),
        };
        Ok(Turn {
            content: self.optional_text(&format!("{field}.content"), of("content"))?,
            has_answer,
            role: self.optional_text(&format!("{field}.role"), of("role"))?,
        })
    }
}

impl MemoryRow {
    /// The row in a JSON object with the columns of the hub; further columns are passed over.
    ///
    /// # Errors
    /// A field that is missing, empty or of another kind, or lists that do not fit each other: the first one.
    pub(super) fn of(fields: &Map<String, Value>, place: Place<'_>) -> Result<Self, MemoryDataError> {
        let column = |name: &str| fields.get(name).unwrap_or(&Value::Null);
        let context = place.text("context", column("context"))?;
        let questions = place.filled_list("questions", column("questions"), |name, value| place.text(name, value))?;
        let answers = place.filled_list("answers", column("answers"), |name, value| {
            place.filled_list(name, value, |name, value| place.text(name, value))
        })?;
        if answers.len() != questions.len() {
            return Err(place.wrong("answers", column("answers"), "a list of answers for each question"));
        }
        let Value::Object(metadata) = column("metadata") else {
            return Err(place.wrong("metadata", column("metadata"), "an object with `source`"));
        };
        let of = |name: &str| metadata.get(name).unwrap_or(&Value::Null);
        let per_question = |name: &str| place.per_question(&format!("metadata.{name}"), of(name), questions.len());
        let haystack_sessions = match of("haystack_sessions") {
            Value::Null => None,
            value => Some(place.list("metadata.haystack_sessions", value, |name, value| {
                place.list(name, value, |name, value| place.list(name, value, |name, value| place.turn(name, value)))
            })?),
        };
        let keypoints = match of("keypoints") {
            Value::Null => None,
            value => Some(place.list("metadata.keypoints", value, |name, value| place.text(name, value))?),
        };
        let metadata = MemoryMetadata {
            demo: place.optional_text("metadata.demo", of("demo"))?,
            haystack_sessions,
            keypoints,
            previous_events: per_question("previous_events")?,
            qa_pair_ids: per_question("qa_pair_ids")?,
            question_dates: per_question("question_dates")?,
            question_ids: per_question("question_ids")?,
            question_types: per_question("question_types")?,
            source: place.text("metadata.source", of("source"))?,
        };
        let is_summary = MemoryFamily::of(&metadata.source) == Some(MemoryFamily::InfbenchSum);
        if is_summary && metadata.keypoints.as_ref().is_none_or(Vec::is_empty) {
            return Err(place.wrong("metadata.keypoints", of("keypoints"), KEYPOINTS));
        }
        let rules = match fields.get("rules") {
            None | Some(Value::Null) => MemoryRules::default(),
            Some(Value::Object(rules)) => {
                for (key, value) in rules {
                    let own = serde_json::json!({ key: value });
                    if serde_json::from_value::<MemoryRules>(own).is_err() {
                        return Err(place.wrong(&format!("rules.{key}"), value, RULES));
                    }
                }
                let read: MemoryRules = serde_json::from_value(Value::Object(rules.clone()))
                    .map_err(|_| place.wrong("rules", &Value::Object(rules.clone()), RULES))?;
                for (key, n) in read.lengths() {
                    if n != questions.len() {
                        let value = rules.get(key).unwrap_or(&Value::Null);
                        return Err(place.wrong(&format!("rules.{key}"), value, "a list for each question"));
                    }
                }
                read
            }
            Some(value) => return Err(place.wrong("rules", value, RULES)),
        };
        Ok(Self { context, questions, answers, metadata, rules })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(row: &Value) -> Result<MemoryRow, String> {
        let Value::Object(fields) = row else { panic!("an object") };
        MemoryRow::of(fields, Place { file: "x.jsonl", row: 3 }).map_err(|error| error.to_string())
    }

    fn row() -> Value {
        json!({"context": "c", "questions": ["q"], "answers": [["a", "b"]], "metadata": {"source": "icl_x", "demo": ""}})
    }

    #[test]
    fn what_is_not_there_is_null_and_what_is_empty_is_kept() {
        let found = read(&row()).unwrap();
        assert_eq!(found.metadata.given_fields(), ["demo", "source"]);
        let mut with_lists = row();
        with_lists["metadata"]["previous_events"] = json!([]);
        with_lists["metadata"]["question_ids"] = json!([null]);
        with_lists["metadata"]["haystack_sessions"] = json!([[[{"content": "x", "role": null}]]]);
        let found = read(&with_lists).unwrap().metadata;
        assert_eq!((found.previous_events, found.question_ids), (Some(vec![]), Some(vec![None])));
        assert_eq!(found.haystack_sessions.unwrap()[0][0][0].has_answer, None);
    }

    #[test]
    fn faults_name_row_and_field() {
        for (path, value, field) in [
            ("/context", json!(""), "context"),
            ("/questions", json!(null), "questions"),
            ("/questions/0", json!(null), "questions[0]"),
            ("/answers", json!([["a"], ["b"]]), "answers"),
            ("/answers/0", json!([]), "answers[0]"),
            ("/answers/0/1", json!(7), "answers[0][1]"),
            ("/metadata", json!("x"), "metadata"),
            ("/metadata/source", json!(null), "metadata.source"),
            ("/metadata/demo", json!(3), "metadata.demo"),
        ] {
            let mut row = row();
            *row.pointer_mut(path).expect("a field of the row") = value;
            let told = read(&row).unwrap_err();
            assert!(told.contains("row 3") && told.contains(&format!("`{field}`")), "{path}: {told}");
        }
        let mut row = row();
        row["metadata"]["question_dates"] = json!(["x", "y"]);
        assert!(read(&row).unwrap_err().contains("metadata.question_dates"));
    }
}
