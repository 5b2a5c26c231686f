//! The last JSON object of an answer that says what is asked (step 2).

use serde_json::{Map, Value};

/// Of all objects tried, at most this many times the text's length is parsed: broken objects within broken objects.
const MOST_PASSES: usize = 16;

/// A balanced `{...}`, as byte places.
#[derive(Debug, Clone, Copy)]
struct Braces {
    start: usize,
    end: usize,
}

/// The last balanced object of the text with one of the keys, whatever their case.
///
/// An object within another counts only where the outer one is no JSON or has none of the keys. Linear in the text.
pub(crate) fn last_object(text: &str, keys: &[&str]) -> Option<Map<String, Value>> {
    let mut left = text.len().saturating_mul(MOST_PASSES);
    let mut settled = usize::MAX;
    // By their ends, last first: an outer one comes before those within it.
    for Braces { start, end } in balanced(text).into_iter().rev() {
        if start >= settled || left < end - start {
            continue;
        }
        left -= end - start;
        let Ok(Value::Object(object)) = serde_json::from_str(&text[start..end]) else { continue };
        if let Some(found) = with_key(object, keys) {
            return Some(found);
        }
        settled = start;
    }
    None
}

/// The value under the first of the keys that the object has.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| object.iter().find(|(name, _)| is_key(name, key)).map(|(_, value)| value))
}

fn is_key(name: &str, key: &str) -> bool {
    let plain = |byte: u8| match byte {
        b' ' | b'-' => b'_',
        byte => byte.to_ascii_lowercase(),
    };
    name.trim().bytes().map(plain).eq(key.bytes())
}

/// The object itself, else the last one within it that has a key.
fn with_key(object: Map<String, Value>, keys: &[&str]) -> Option<Map<String, Value>> {
    if field(&object, keys).is_some() {
        return Some(object);
    }
    object.into_iter().rev().find_map(|(_, value)| within(value, keys))
}

fn within(value: Value, keys: &[&str]) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => with_key(object, keys),
        Value::Array(values) => values.into_iter().rev().find_map(|value| within(value, keys)),
        _ => None,
    }
}

/// All balanced braces, by their ends. Within braces, what stands in a string is skipped; a string ends with its line.
fn balanced(text: &str) -> Vec<Braces> {
    let (mut open, mut found) = (Vec::new(), Vec::new());
    let (mut is_string, mut is_escaped) = (false, false);
    for (place, byte) in text.bytes().enumerate() {
        if is_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' | b'\n' => is_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_string = !open.is_empty(),
            b'{' => open.push(place),
            b'}' => found.extend(open.pop().map(|start| Braces { start, end: place + 1 })),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<Value> {
        last_object(text, &["value", "final_answer"])
            .and_then(|object| field(&object, &["value", "final_answer"]).cloned())
    }

    #[test]
    fn the_last_object_with_a_key_counts() {
        assert_eq!(value(r#"{"value": 1} then {"value": 2} and {"note": 3}"#), Some(2.into()));
        assert_eq!(value(r#"{"Final Answer": 1, "VALUE": 2}"#), Some(2.into()));
        assert_eq!(value(r#"{"note": "}{\"value\": 9}", "value": 1}"#), Some(1.into()));
        assert_eq!(value(r#"{"data": {"value": 5}}"#), Some(5.into()));
        assert_eq!(value(r#"{{"value": 5}}"#), Some(5.into()));
        assert_eq!(value(r#"{"value": {"value": 5}}"#), Some(serde_json::json!({"value": 5})));
        assert_eq!(value(r#"{"value": 4.7, "confidence": 0.9"#), None);
        assert_eq!(value("{\"value\": \"4.7}\n{\"value\": 4.8}"), Some(4.8.into()));
        assert_eq!(value(r#"{"value": "\ud800"}"#), None);
    }

    #[test]
    fn braces_without_end_cost_one_pass() {
        assert_eq!(value(&"{".repeat(1_000_000)), None);
        assert_eq!(value(&format!("{}{}", "{".repeat(500_000), "}".repeat(500_000))), None);
        assert_eq!(value(&"{\"a\":".repeat(200_000)), None);
    }
}
