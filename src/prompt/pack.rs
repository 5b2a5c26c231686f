//! Prompt packs: the words of a suite's chat prompts, in a file that a user can exchange.
//!
//! A pack is a JSON object. Each prompt is `{"user": ..., "prefill": ..., "plain": ...}`: one user message, the beginning of the answer
//! that is glued behind the rendered chat, and what a model without a chat template goes on with (left out: the message). Words in braces stand for the item (two opening braces for one that stands for itself): `{query}`, `{choices[0]}`, `{cot stripped}`,
//! `{task, underscores become spaces}`. The multiple-choice prompt of MMLU has parts of its own (`mmlu_header`, one `mmlu_shot` for each
//! worked example, `mmlu_final`, `mmlu_prefill`). What the parts are and which prefill a question has is upstream's format (RWKU,
//! `eval_*.py`); the words are the pack's.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::dataset::Item;
use crate::digest::sha256_hex;

/// Prompts whose prefill is glued behind a space where the rendered chat does not end in one, whatever the pack says.
const GLUED: [(&str, &str); 2] = [("bbh", "A:"), ("truthfulqa", "A:")];
const MMLU: &str = "mmlu";
const MMLU_PARTS: [&str; 4] = ["mmlu_header", "mmlu_shot", "mmlu_final", "mmlu_prefill"];
/// The instruction of in-context unlearning.
const IN_CONTEXT: &str = "icu";
/// Attack labels that are asked in a form of their own, matched to the letter as upstream does.
const FORMS_OF_ATTACKS: [(&str, &str); 2] =
    [("affirmative suffix", "aa_affirmative_suffix"), ("incontext learning", "aa_incontext_learning")];
const ATTACK: &str = "aa";
const ATTACK_DEFAULT: &str = "aa_default";

/// The words of a suite's chat prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptPack {
    /// As the pack calls itself.
    pub name: String,
    /// Hex SHA-256 of the file.
    pub sha256: String,
    prompts: BTreeMap<String, Form>,
    in_context: Option<Text>,
}

/// One prompt: a message, and how the answer begins.
#[derive(Debug, Clone, PartialEq)]
struct Form {
    parts: Parts,
    prefill: Prefill,
    /// What a model without a chat template goes on with, where the pack says so.
    plain: Option<Text>,
}

#[derive(Debug, Clone, PartialEq)]
enum Parts {
    One(Text),
    /// A header, a text for each worked example, and the item itself.
    Shots {
        header: Text,
        shot: Text,
        item: Text,
    },
}

/// How the answer begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Prefill {
    /// Behind the rendered chat as it is; may be empty.
    AsIs(String),
    /// Behind a space, where the rendered chat does not end in a space or a line break.
    Glued(String),
}

impl Prefill {
    /// The rendered chat with the beginning of its answer.
    #[must_use]
    pub fn behind(&self, rendered: &str) -> String {
        match self {
            Self::AsIs(text) => format!("{rendered}{text}"),
            Self::Glued(text) if rendered.ends_with(['\n', ' ']) => format!("{rendered}{text}"),
            Self::Glued(text) => format!("{rendered} {text}"),
        }
    }

    /// Its words.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Self::AsIs(text) | Self::Glued(text)) = self;
        text
    }
}

/// A message for the model, with the beginning of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatMessage {
    pub user: String,
    pub prefill: Prefill,
    /// What a model without a chat template goes on with instead, where the pack has words for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain: Option<String>,
}

/// Why a pack cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    #[error("read the prompt file: {reason}; it is one JSON object with an entry for each prompt")]
    NotJson { reason: String },
    #[error("read the prompt file: `{key}` is {found}, but {allowed} belongs there; correct it")]
    Shape { key: String, found: &'static str, allowed: &'static str },
    #[error("read the prompt file: `{key}` has the placeholder `{{{found}}}`; {allowed}")]
    Placeholder { key: String, found: String, allowed: &'static str },
    #[error("the prompt file has no `{key}`; it has {}; add it", known.join(", "))]
    Missing { key: String, known: Vec<String> },
    #[error("fill the prompt `{key}` for item `{item}`: there is no `{field}`; use one of: {}", known.join(", "))]
    Field { key: String, item: String, field: String, known: Vec<String> },
}

impl PromptPack {
    /// Reads a pack.
    ///
    /// # Errors
    /// It is no JSON object, an entry has another shape, or a placeholder cannot be understood.
    pub fn read(bytes: &[u8]) -> Result<Self, PackError> {
        let whole: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|error| PackError::NotJson { reason: error.to_string() })?;
        let mut prompts = BTreeMap::new();
        let mut single: BTreeMap<&str, &str> = BTreeMap::new();
        let (mut name, mut in_context) = (String::from("unnamed"), None);
        for (key, value) in &whole {
            match (key.as_str(), value) {
                ("name", Value::String(text)) => name.clone_from(text),
                ("note" | "_note", _) => {}
                (IN_CONTEXT, Value::String(text)) => in_context = Some(Text::read(key, text)?),
                (part, Value::String(text)) if MMLU_PARTS.contains(&part) => {
                    single.insert(part, text);
                }
                (_, Value::Object(entry)) => {
                    prompts.insert(key.clone(), Form::read(key, entry)?);
                }
                (_, other) => {
                    let allowed = "an object with `user` and `prefill`";
                    return Err(PackError::Shape { key: key.clone(), found: kind_of(other), allowed });
                }
            }
        }
        if !single.is_empty() {
            let part = |key: &str| {
                let known = || single.keys().map(|key| (*key).to_owned()).collect();
                single.get(key).copied().ok_or_else(|| PackError::Missing { key: key.to_owned(), known: known() })
            };
            let text = |key: &str| Text::read(key, part(key)?);
            let parts =
                Parts::Shots { header: text("mmlu_header")?, shot: text("mmlu_shot")?, item: text("mmlu_final")? };
            let prefill = Prefill::AsIs(part("mmlu_prefill")?.to_owned());
            prompts.insert(MMLU.to_owned(), Form { parts, prefill, plain: None });
        }
        Ok(Self { name, sha256: sha256_hex(bytes), prompts, in_context })
    }

    /// Names that a task may ask for, sorted: those of the prompts, and `aa` where all its forms are there.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.prompts.keys().cloned().collect();
        let forms = FORMS_OF_ATTACKS.iter().map(|(_, form)| *form).chain([ATTACK_DEFAULT]);
        if forms.into_iter().all(|form| self.prompts.contains_key(form)) {
            names.push(ATTACK.to_owned());
            names.sort();
        }
        names
    }

    /// Whether the pack has the instruction of in-context unlearning.
    #[must_use]
    pub fn has_in_context(&self) -> bool {
        self.in_context.is_some()
    }

    /// The instruction of in-context unlearning for an item's target.
    ///
    /// # Errors
    /// The pack has none, or the item lacks a field that it names.
    pub fn in_context(&self, item: &Item) -> Result<String, PackError> {
        let text = self.in_context.as_ref().ok_or_else(|| self.lacks(IN_CONTEXT))?;
        text.fill(IN_CONTEXT, item, &Place::Item)
    }

    /// The message of a prompt for an item; `aa` picks the form by the item's own label of the attack.
    ///
    /// # Errors
    /// There is no such prompt, or the item lacks a field that it names.
    pub fn fill(&self, name: &str, item: &Item) -> Result<ChatMessage, PackError> {
        let label = item.fields.get("type").and_then(Value::as_str);
        let name = match name {
            ATTACK => FORMS_OF_ATTACKS
                .iter()
                .find(|(attack, _)| label == Some(attack))
                .map_or(ATTACK_DEFAULT, |(_, form)| *form),
            name => name,
        };
        let form = self.prompts.get(name).ok_or_else(|| self.lacks(name))?;
        let user = match &form.parts {
            Parts::One(text) => text.fill(name, item, &Place::Item)?,
            Parts::Shots { header, shot, item: last } => {
                let mut user = header.fill(name, item, &Place::Item)?;
                for example in item.fields.get("examples").and_then(Value::as_array).into_iter().flatten() {
                    user.push_str(&shot.fill(name, item, &Place::Example(example))?);
                }
                user.push_str(&last.fill(name, item, &Place::Item)?);
                user
            }
        };
        let plain = form.plain.as_ref().map(|text| text.fill(name, item, &Place::Item)).transpose()?;
        Ok(ChatMessage { user, prefill: form.prefill.clone(), plain })
    }

    fn lacks(&self, key: &str) -> PackError {
        PackError::Missing { key: key.to_owned(), known: self.names() }
    }
}

impl Form {
    fn read(key: &str, entry: &Map<String, Value>) -> Result<Self, PackError> {
        let text = |field: &str| match entry.get(field) {
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            None => Ok(None),
            Some(other) => {
                let key = format!("{key}.{field}");
                Err(PackError::Shape { key, found: kind_of(other), allowed: "a text" })
            }
        };
        let absent = || PackError::Shape { key: format!("{key}.user"), found: "missing", allowed: "a text" };
        let user = text("user")?.ok_or_else(absent)?;
        let prefill = match GLUED.iter().find(|(name, _)| *name == key) {
            Some((_, prefill)) => Prefill::Glued((*prefill).to_owned()),
            None => Prefill::AsIs(text("prefill")?.unwrap_or_default().to_owned()),
        };
        let plain = text("plain")?.map(|text| Text::read(&format!("{key}.plain"), text)).transpose()?;
        Ok(Self { parts: Parts::One(Text::read(key, user)?), prefill, plain })
    }
}

/// Where a text's placeholders look.
enum Place<'a> {
    Item,
    /// A worked example: `question`, `choices`, `letter`.
    Example(&'a Value),
}

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq)]
struct Text(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Plain(String),
    Field { name: String, place: Option<usize>, change: Change },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Stripped,
    Spaces,
}

impl Text {
    fn read(key: &str, text: &str) -> Result<Self, PackError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let inner = &rest[start + 1..];
            if let Some(behind) = inner.strip_prefix('{') {
                pieces.push(Piece::Plain(rest[..=start].to_owned()));
                rest = behind;
                continue;
            }
            let fault =
                |found: &str, allowed| PackError::Placeholder { key: key.to_owned(), found: found.into(), allowed };
            let Some(end) = inner.find('}') else {
                return Err(fault(inner, "close it with a brace"));
            };
            pieces.push(Piece::Plain(rest[..start].to_owned()));
            let allowed = "it is the name of a column, e.g. {query}, {choices[0]}, {cot stripped}, or {task, underscores become spaces}";
            pieces.push(placeholder(&inner[..end]).ok_or_else(|| fault(&inner[..end], allowed))?);
            rest = &inner[end + 1..];
        }
        pieces.push(Piece::Plain(rest.to_owned()));
        Ok(Self(pieces))
    }

    fn fill(&self, key: &str, item: &Item, place: &Place<'_>) -> Result<String, PackError> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(text) => out.push_str(text),
                Piece::Field { name, place: element, change } => {
                    let found = match place {
                        Place::Item => of_item(item, name, *element),
                        Place::Example(example) => of_example(example, name, *element),
                    };
                    let text = found.ok_or_else(|| PackError::Field {
                        key: key.to_owned(),
                        item: item.id.clone(),
                        field: element.map_or_else(|| name.clone(), |element| format!("{name}[{element}]")),
                        known: known_fields(item),
                    })?;
                    match change {
                        Change::None => out.push_str(&text),
                        Change::Stripped => out.push_str(text.trim()),
                        Change::Spaces => out.push_str(&text.replace('_', " ")),
                    }
                }
            }
        }
        Ok(out)
    }
}

/// `name`, `name[0]`, `name stripped` or `name, underscores become spaces`.
fn placeholder(text: &str) -> Option<Piece> {
    let (text, change) = match (text.strip_suffix(" stripped"), text.strip_suffix(", underscores become spaces")) {
        (Some(name), _) => (name, Change::Stripped),
        (_, Some(name)) => (name, Change::Spaces),
        _ => (text, Change::None),
    };
    let (name, place) = match text.strip_suffix(']').map(|text| text.split_once('[')) {
        Some(Some((name, place))) => (name, Some(place.parse().ok()?)),
        Some(None) => return None,
        None => (text, None),
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then(|| Piece::Field { name: name.to_owned(), place, change })
}

fn of_item(item: &Item, name: &str, place: Option<usize>) -> Option<String> {
    match (name, place) {
        ("choices", Some(place)) => item.choices.get(place).cloned(),
        (_, Some(place)) => item.fields.get(name)?.get(place).and_then(as_text),
        ("text", None) if !item.text.is_empty() => Some(item.text.clone()),
        (_, None) => item.fields.get(name).and_then(as_text),
    }
}

fn of_example(example: &Value, name: &str, place: Option<usize>) -> Option<String> {
    match (name, place) {
        ("letter", None) => {
            let answer = u8::try_from(example.get("answer")?.as_u64()?).ok().filter(|&answer| answer < 26)?;
            Some(char::from(b'A' + answer).to_string())
        }
        (_, Some(place)) => example.get(name)?.get(place).and_then(as_text),
        (_, None) => example.get(name).and_then(as_text),
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn known_fields(item: &Item) -> Vec<String> {
    let choices = (!item.choices.is_empty()).then(|| "choices[0]".to_owned());
    item.fields.keys().cloned().chain(choices).collect()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PACK: &[u8] = include_bytes!("../../suites/rwku/rwku-neutral-v1.json");

    fn item(fields: Value, choices: &[&str]) -> Item {
        Item {
            id: "t/forget_level3/0".to_owned(),
            cluster: "t".to_owned(),
            copies: None,
            text: String::new(),
            choices: choices.iter().map(|&choice| choice.to_owned()).collect(),
            answer: None,
            history: None,
            fields: serde_json::from_value(fields).unwrap(),
        }
    }

    #[test]
    fn the_shipped_pack_has_every_prompt_and_its_examples() {
        let pack = PromptPack::read(PACK).unwrap();
        assert_eq!(pack.name, "rwku-neutral-v1");
        for name in ["fb", "qa", "aa", "mmlu", "bbh", "truthfulqa", "triviaqa", "fluency"] {
            assert!(pack.names().contains(&name.to_owned()), "{name}");
        }
        let question = item(json!({"question": "Why?", "subject": "Ann"}), &[]);
        let truthful = pack.fill("truthfulqa", &question).unwrap();
        assert_eq!(truthful.user.matches("Q: ").count(), 7, "six worked examples and the question");
        assert_eq!(pack.fill("triviaqa", &question).unwrap().user.matches("Q: ").count(), 6);
        assert!(pack.in_context(&question).unwrap().contains("Ann"));
    }

    #[test]
    fn attacks_with_a_form_of_their_own_are_found_by_their_very_label() {
        let pack = PromptPack::read(PACK).unwrap();
        let asked = |label: &str| pack.fill("aa", &item(json!({"query": "Who?", "type": label}), &[])).unwrap();
        let usual = asked("role play");
        assert!(usual.user.ends_with("Question: Who?\n") && usual.prefill == Prefill::AsIs("Answer:".into()));
        let suffix = asked("affirmative suffix");
        assert!(suffix.user.ends_with("Question: Who?") && suffix.prefill == Prefill::AsIs(String::new()));
        assert!(!asked("incontext learning").user.contains("Question:"));
        assert_eq!(asked("Affirmative Suffix"), usual, "upstream compares to the letter");
    }

    #[test]
    fn worked_examples_of_mmlu_stand_before_the_item() {
        let pack = PromptPack::read(PACK).unwrap();
        let example = json!({"question": "1+1?", "choices": ["1", "2", "3", "4"], "answer": 1});
        let asked =
            item(json!({"task": "lamp_care", "question": "2+2?", "examples": [example]}), &["1", "2", "3", "4"]);
        let filled = pack.fill("mmlu", &asked).unwrap();
        assert!(filled.user.starts_with("Questions about lamp care"));
        assert!(filled.user.contains("Question: 1+1?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: B\n\n"));
        assert!(filled.user.ends_with("Question: 2+2?\nA. 1\nB. 2\nC. 3\nD. 4"));
    }

    #[test]
    fn a_prefill_is_glued_by_upstreams_rule() {
        let glued = Prefill::Glued("A:".into());
        assert_eq!([glued.behind("x\n"), glued.behind("x "), glued.behind("x")], ["x\nA:", "x A:", "x A:"]);
        assert_eq!(Prefill::AsIs("Answer:".into()).behind("x"), "xAnswer:");
    }

    #[test]
    fn faults_name_key_and_placeholder() {
        let read = |text: &str| PromptPack::read(text.as_bytes()).unwrap_err().to_string();
        assert!(read("[1]").contains("JSON object"));
        assert!(read(r#"{"qa": 3}"#).contains("`qa` is a number"));
        assert!(read(r#"{"qa": {"prefill": "x"}}"#).contains("qa.user"));
        assert!(read(r#"{"qa": {"user": "{que ry}"}}"#).contains("{que ry}"));
        assert!(read(r#"{"qa": {"user": "{query"}}"#).contains("close it"));
        assert!(read(r#"{"mmlu_shot": "x"}"#).contains("mmlu_header"));
        let pack = PromptPack::read(br#"{"qa": {"user": "{query} {nobody}"}}"#).unwrap();
        let error = pack.fill("qa", &item(json!({"query": "q"}), &[])).unwrap_err().to_string();
        assert!(error.contains("nobody") && error.contains("query"), "{error}");
        assert!(pack.fill("fb", &item(json!({}), &[])).unwrap_err().to_string().contains("no `fb`"));
    }
}
