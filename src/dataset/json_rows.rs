//! Rows of a JSON file: a list of objects, one object, or an object a line.

use std::sync::Arc;

use serde_json::{Deserializer, Value};

use super::error::DataError;
use super::jsonl::read_jsonl;
use super::row::{Row, describe};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// All rows of a file that is in memory. A list and a single object may stand on many lines; each row knows the line on which it begins.
///
/// # Errors
/// The first fault, with its line.
pub fn read_json_rows(file: &str, bytes: &[u8]) -> Result<Vec<Row>, DataError> {
    let plain = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let start = plain.iter().position(|byte| !byte.is_ascii_whitespace());
    match start.map(|start| (start, plain[start])) {
        Some((start, b'[')) => list(file, plain, start + 1),
        Some((start, b'{')) if is_spread_over_lines(&plain[start..]) => {
            let (value, _) = element(file, plain, start)?;
            Ok(vec![row(file, place(plain, start).0, value)?])
        }
        _ => read_jsonl(file, bytes).collect(),
    }
}

/// Whether the first line holds no whole value: then it is one object and not an object a line.
fn is_spread_over_lines(text: &[u8]) -> bool {
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err_and(|error| error.is_eof())
}

fn list(file: &str, bytes: &[u8], mut at: usize) -> Result<Vec<Row>, DataError> {
    let mut rows = Vec::new();
    // Line and place of the row before: lines are counted on from there.
    let (mut line, mut counted) = (1, 0);
    loop {
        at = skip_space(bytes, at);
        match bytes.get(at) {
            Some(b']') if rows.is_empty() || !ends_in_comma(bytes, at) => return behind(file, bytes, at + 1, rows),
            Some(b',') if !rows.is_empty() && !ends_in_comma(bytes, at) => at += 1,
            Some(_) if rows.is_empty() || ends_in_comma(bytes, at) => {
                let (value, end) = element(file, bytes, at)?;
                line += bytes[counted..at].iter().filter(|&&byte| byte == b'\n').count();
                counted = at;
                rows.push(row(file, line, value)?);
                at = end;
            }
            Some(_) => return Err(fault(file, bytes, at, "a comma or the end of the list is missing")),
            None => return Err(fault(file, bytes, at, "the list has no end")),
        }
    }
}

/// Whether what stands before this place, blanks left out, is a comma.
fn ends_in_comma(bytes: &[u8], at: usize) -> bool {
    bytes[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace()) == Some(&b',')
}

fn behind(file: &str, bytes: &[u8], at: usize, rows: Vec<Row>) -> Result<Vec<Row>, DataError> {
    let end = skip_space(bytes, at);
    if end < bytes.len() {
        Err(fault(file, bytes, end, "something stands behind the end of the list"))
    } else {
        Ok(rows)
    }
}

/// The value that begins at `at`, and where it ends.
fn element(file: &str, bytes: &[u8], at: usize) -> Result<(Value, usize), DataError> {
    let mut stream = Deserializer::from_slice(&bytes[at..]).into_iter::<Value>();
    match stream.next() {
        Some(Ok(value)) => Ok((value, at + stream.byte_offset())),
        Some(Err(error)) => {
            let message = error.to_string();
            let reason = message.split(" at line ").next().unwrap_or(&message).to_owned();
            let (line, column) = place(bytes, at);
            let (line, column) = match error.line() {
                0 | 1 => (line, column + error.column().saturating_sub(1)),
                more => (line + more - 1, error.column()),
            };
            Err(DataError::NotJson { file: file.to_owned(), line, column, reason })
        }
        None => Err(fault(file, bytes, at, "a value is missing")),
    }
}

fn row(file: &str, line: usize, value: Value) -> Result<Row, DataError> {
    match value {
        Value::Object(fields) => Ok(Row { file: Arc::from(file), line, fields }),
        other => Err(DataError::NotAnObject { file: file.to_owned(), line, found: describe(&other) }),
    }
}

fn fault(file: &str, bytes: &[u8], at: usize, reason: &str) -> DataError {
    let (line, column) = place(bytes, at);
    DataError::NotJson { file: file.to_owned(), line, column, reason: reason.to_owned() }
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    bytes[at.min(bytes.len())..].iter().position(|byte| !byte.is_ascii_whitespace()).map_or(bytes.len(), |n| at + n)
}

/// Line and column of a byte, both from 1.
fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at.min(bytes.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    (before.iter().filter(|&&byte| byte == b'\n').count() + 1, before.len() - line_start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, u64)> {
        let rows = read_json_rows("f.json", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        rows.iter().map(|row| (row.line, row.fields["a"].as_u64().unwrap())).collect()
    }

    #[test]
    fn a_list_an_object_and_lines_are_read_with_the_line_of_each_row() {
        assert_eq!(lines("[\n  {\"a\": 1},\n\n  {\n \"a\": 2}\n]\n"), [(2, 1), (4, 2)]);
        assert_eq!(lines("{\n  \"a\": 3\n}\n"), [(1, 3)]);
        assert_eq!(lines("{\"a\": 4}\n{\"a\": 5}\n"), [(1, 4), (2, 5)]);
        assert_eq!(lines("[]"), []);
        assert_eq!(lines("\u{feff}[{\"a\":6},{\"a\":7}]"), [(1, 6), (1, 7)]);
    }

    #[test]
    fn faults_tell_their_line() {
        let fault = |text: &str| read_json_rows("f.json", text.as_bytes()).unwrap_err().to_string();
        for (text, line, words) in [
            ("[{\"a\":1}\n{\"a\":2}]", "line 2", "comma"),
            ("[{\"a\":1},\n,{\"a\":2}]", "line 2", ""),
            ("[{\"a\":1},\n]", "line 2", ""),
            ("[\n3]", "line 2", "the number 3"),
            ("[{\"a\":1}", "line 1", "no end"),
            ("[{\"a\":1}]\nx", "line 2", "behind the end"),
            ("[{\"a\":1},\n{\"a\" 2}]", "line 2", ""),
            ("{\n\"a\": }", "line 2", ""),
        ] {
            let told = fault(text);
            assert!(told.contains(line) && told.contains(words), "{text:?}: {told}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read_json_rows("f.json", &bytes);
            let text: Vec<u8> = bytes.iter().map(|byte| b"[]{},\":a1 \n"[usize::from(*byte) % 11]).collect();
            let _ = read_json_rows("f.json", &text);
        }
    }
}
