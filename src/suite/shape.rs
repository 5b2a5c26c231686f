//! The structural check: walks the TOML tree along the JSON Schema of the suite file.
//!
//! serde stops at its first complaint. This walk tells all of them (unknown keys, wrong types, missing keys, unknown
//! words) and takes out what is wrong, so that the rest can still be read and checked for meaning.

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::{ProblemKind, Report};
use super::spelling::nearest;

/// Reads a TOML file of the shape that `schema` describes, telling everything that is wrong with its structure.
///
/// `None` when the text is no TOML at all. Else what is left without the faulty values: the caller goes on to check what it
/// means, and gives up when the report is not empty in the end.
pub(crate) fn read_shaped<T: DeserializeOwned>(text: &str, schema: &Value, report: &mut Report<'_>) -> Option<T> {
    let (mut table, syntax) = DeTable::parse_recoverable(text);
    for error in &syntax {
        let offset = error.span().map_or(0, |span| span.start);
        report.add(offset, "", ProblemKind::Syntax { reason: error.message().to_owned() });
    }
    if !report.is_empty() {
        // What a broken file means is a guess; its other problems would be, too.
        return None;
    }
    check_shape(&mut table, schema, report);
    match T::deserialize(toml::de::Deserializer::from(table)) {
        Ok(file) => Some(file),
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            report.add(offset, "", ProblemKind::Syntax { reason: error.message().to_owned() });
            None
        }
    }
}

/// Tells every structural problem and removes the values that have one.
fn check_shape(table: &mut Spanned<DeTable<'_>>, schema: &Value, report: &mut Report<'_>) {
    let start = table.span().start;
    Walk { root: schema, report }.table(table.get_mut(), start, schema, "");
}

/// Path of an element of a list of tables: by its id, else by its position from 1.
pub(super) fn element_path(list: &str, position: usize, id: Option<&str>) -> String {
    match id {
        Some(id) => format!("{list}[{id}]"),
        None => format!("{list}[{}]", position + 1),
    }
}

/// Path of a key in a table.
pub(super) fn key_path(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

struct Walk<'s, 'r, 't> {
    root: &'s Value,
    report: &'r mut Report<'t>,
}

impl<'s> Walk<'s, '_, '_> {
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.root.pointer(reference.trim_start_matches('#')).unwrap_or(schema),
            None => schema,
        }
    }

    fn table(&mut self, table: &mut DeTable<'_>, start: usize, schema: &'s Value, path: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let other_keys = schema.get("additionalProperties").filter(|other| other.is_object());
        let mut bad = Vec::new();
        for (key, value) in table.iter_mut() {
            let name: &str = key.get_ref();
            let here = key_path(path, name);
            let keeps = match properties.and_then(|known| known.get(name)).or(other_keys) {
                Some(schema) => self.value(value, schema, &here),
                None => {
                    let allowed: Vec<String> = properties.into_iter().flat_map(|known| known.keys().cloned()).collect();
                    let nearest = nearest(name, allowed.iter().map(String::as_str));
                    self.report.add(key.span().start, &here, ProblemKind::UnknownKey { nearest, allowed });
                    false
                }
            };
            if !keeps {
                bad.push(key.clone());
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = required.as_str() else { continue };
            if !table.keys().any(|key| key.get_ref() == name) {
                let meaning = properties
                    .and_then(|known| known.get(name)?.get("description")?.as_str())
                    .unwrap_or(name)
                    .trim_end_matches('.')
                    .to_owned();
                self.report.add(start, &key_path(path, name), ProblemKind::MissingKey { meaning });
            }
        }
        for key in bad {
            table.remove(&key);
        }
    }

    /// Checks a value and says whether it may stay.
    fn value(&mut self, value: &mut Spanned<DeValue<'_>>, schema: &'s Value, path: &str) -> bool {
        let schema = self.resolve(schema);
        let start = value.span().start;
        if let Some(words) = words(schema) {
            return self.word(value, &words, path);
        }
        let expected = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let found = describe(value.get_ref());
        match (expected, value.get_mut()) {
            ("object", DeValue::Table(table)) => self.table(table, start, schema, path),
            ("array", DeValue::Array(array)) => {
                if let Some(items) = schema.get("items") {
                    let mut kept = DeArray::new();
                    for (position, element) in array.iter_mut().enumerate() {
                        let here = element_path(path, position, id_of(element.get_ref()));
                        if self.value(element, items, &here) {
                            kept.push(element.clone());
                        }
                    }
                    *array = kept;
                }
            }
            ("string", DeValue::String(_)) | ("boolean", DeValue::Boolean(_)) | ("number", DeValue::Float(_)) => {}
            ("integer" | "number", DeValue::Integer(number)) => {
                // Every integer of a suite is a u32 (a count, a number of copies); as numbers they fit as well.
                if u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).is_err()
                    && expected == "integer"
                {
                    let allowed = "a whole number from 0 to 4294967295";
                    self.report.add(start, path, ProblemKind::OutOfRange { found, allowed });
                    return false;
                }
            }
            _ => {
                let allowed = type_words(expected).to_owned();
                self.report.add(start, path, ProblemKind::WrongType { found, allowed });
                return false;
            }
        }
        true
    }

    fn word(&mut self, value: &Spanned<DeValue<'_>>, words: &[String], path: &str) -> bool {
        let start = value.span().start;
        let Some(found) = value.get_ref().as_str() else {
            let allowed = format!("one of the words {}", words.join(", "));
            let found = describe(value.get_ref());
            self.report.add(start, path, ProblemKind::WrongType { found, allowed });
            return false;
        };
        if words.iter().any(|word| word == found) {
            return true;
        }
        let nearest = nearest(found, words.iter().map(String::as_str));
        let (found, allowed) = (found.to_owned(), words.to_vec());
        self.report.add(start, path, ProblemKind::UnknownValue { found, nearest, allowed });
        false
    }
}

/// The allowed words, when the schema is a choice of words.
fn words(schema: &Value) -> Option<Vec<String>> {
    let constants = |branches: &Vec<Value>| -> Option<Vec<String>> {
        branches.iter().map(|branch| Some(branch.get("const")?.as_str()?.to_owned())).collect()
    };
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        return constants(branches);
    }
    let plain = schema.get("enum").and_then(Value::as_array)?;
    plain.iter().map(|word| Some(word.as_str()?.to_owned())).collect()
}

fn id_of<'a>(value: &'a DeValue<'_>) -> Option<&'a str> {
    match value {
        DeValue::Table(table) => table.iter().find(|(key, _)| key.get_ref() == "id")?.1.get_ref().as_str(),
        _ => None,
    }
}

fn type_words(expected: &str) -> &'static str {
    match expected {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list in square brackets",
        _ => "a table",
    }
}

fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let short: String = text.chars().take(40).collect();
            format!("the text {short:?}{}", if text.chars().count() > 40 { "..." } else { "" })
        }
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
