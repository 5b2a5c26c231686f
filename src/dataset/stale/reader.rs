//! One scenario at a time out of a file of any size.
//!
//! The official file is one JSON list of about 306 MB. Its elements are cut out of the stream one by one, so that no more
//! than one of them is in memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use super::conflict::ConflictType;
use super::error::ScenarioError;
use super::record::{RecordPlace, scenario_of};
use super::scenario::Scenario;
use crate::dataset::row::describe;

/// The longest record that is read, in bytes; the official ones have less than 2 million.
const MAX_RECORD_BYTES: usize = 64 << 20;

/// Where in the file the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    BeforeList,
    InList { is_behind_comma: bool },
    Over,
}

/// Scenarios of a JSON list, or of the list under `data` of an object, in the order of the file.
///
/// After a fault nothing more comes. Memory: one record, and the uids. Time: linear in the bytes.
#[derive(Debug)]
pub struct ScenarioReader<R> {
    reader: R,
    file: String,
    default_type: Option<ConflictType>,
    /// The line of the next byte, from 1.
    line: usize,
    /// Records seen.
    n_records: usize,
    first_record: HashMap<String, usize>,
    stage: Stage,
    element: Vec<u8>,
    /// Bytes taken so far.
    n_taken: u64,
    /// Where the last record begins, in bytes.
    record_from: u64,
}

/// Opens a file of scenarios.
///
/// `default_type`: for files of one type, whose records may lack the field.
///
/// # Errors
/// The file cannot be opened.
pub fn open_scenarios(
    path: &Path,
    default_type: Option<ConflictType>,
) -> Result<ScenarioReader<BufReader<File>>, ScenarioError> {
    let file = path.display().to_string();
    match File::open(path) {
        Ok(opened) => Ok(ScenarioReader::new(&file, BufReader::with_capacity(1 << 16, opened), default_type)),
        Err(source) => Err(ScenarioError::Unreadable { file, source }),
    }
}

impl<R: BufRead> ScenarioReader<R> {
    /// Reads from a stream; `file` is its name in messages.
    #[must_use]
    pub fn new(file: &str, reader: R, default_type: Option<ConflictType>) -> Self {
        Self {
            reader,
            file: file.to_owned(),
            default_type,
            line: 1,
            n_records: 0,
            first_record: HashMap::new(),
            stage: Stage::BeforeList,
            element: Vec::new(),
            n_taken: 0,
            record_from: 0,
        }
    }

    /// Where the last record stands: its first byte from the beginning of the stream, and its length.
    #[must_use]
    pub fn last_record(&self) -> (u64, u64) {
        (self.record_from, self.element.len() as u64)
    }

    fn peek(&mut self) -> Result<Option<u8>, ScenarioError> {
        match self.reader.fill_buf() {
            Ok(bytes) => Ok(bytes.first().copied()),
            Err(source) => Err(ScenarioError::Damaged { file: self.file.clone(), line: self.line, source }),
        }
    }

    fn take(&mut self, byte: u8) {
        self.reader.consume(1);
        self.n_taken += 1;
        self.line += usize::from(byte == b'\n');
    }

    /// The next byte that is no blank, not taken.
    fn next_sign(&mut self) -> Result<Option<u8>, ScenarioError> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.take(byte);
        }
        Ok(None)
    }

    fn not_a_list(&self, reason: &str) -> ScenarioError {
        ScenarioError::NotAList { file: self.file.clone(), line: self.line, reason: reason.to_owned() }
    }

    /// Cuts the value that begins here out of the stream: up to the end of its brackets, or of a plain value.
    fn cut_value(&mut self) -> Result<(), ScenarioError> {
        self.element.clear();
        let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
        loop {
            let bytes = match self.reader.fill_buf() {
                Ok(bytes) => bytes,
                Err(source) => {
                    return Err(ScenarioError::Damaged { file: self.file.clone(), line: self.line, source });
                }
            };
            if bytes.is_empty() {
                return Ok(());
            }
            let (mut n_taken, mut is_whole) = (0, false);
            for &byte in bytes {
                // A plain value ends before what follows it.
                if depth == 0 && !is_text && matches!(byte, b',' | b']' | b'}') && !self.element.is_empty() {
                    is_whole = true;
                    break;
                }
                n_taken += 1;
                self.line += usize::from(byte == b'\n');
                self.element.push(byte);
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if is_text => is_escaped = true,
                    b'"' => is_text = !is_text,
                    b'{' | b'[' if !is_text => depth += 1,
                    b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth == 0 && !is_text && matches!(byte, b'}' | b']' | b'"') {
                    is_whole = true;
                    break;
                }
            }
            self.reader.consume(n_taken);
            self.n_taken += n_taken as u64;
            if self.element.len() > MAX_RECORD_BYTES {
                let reason = format!("a value has no end within {MAX_RECORD_BYTES} bytes");
                return Err(self.not_a_list(&reason));
            }
            if is_whole {
                return Ok(());
            }
        }
    }

    /// Goes to the first element of the list.
    fn enter_list(&mut self) -> Result<(), ScenarioError> {
        if self.peek()? == Some(0xef) {
            for expected in *b"\xef\xbb\xbf" {
                if self.peek()? != Some(expected) {
                    return Err(self.not_a_list("found bytes that are no JSON"));
                }
                self.take(expected);
            }
        }
        match self.next_sign()? {
            Some(b'[') => self.take(b'['),
            Some(b'{') => self.enter_data()?,
            Some(_) => return Err(self.not_a_list("found something else than a list or an object")),
            None => return Err(self.not_a_list("found nothing")),
        }
        self.stage = Stage::InList { is_behind_comma: false };
        Ok(())
    }

    /// Passes over the fields of an object up to the list of its field `data`.
    fn enter_data(&mut self) -> Result<(), ScenarioError> {
        self.take(b'{');
        loop {
            match self.next_sign()? {
                Some(b'"') => {}
                Some(b',') => {
                    self.take(b',');
                    continue;
                }
                _ => return Err(self.not_a_list("found an object without the field `data`")),
            }
            self.cut_value()?;
            let is_data = serde_json::from_slice::<String>(&self.element).is_ok_and(|name| name == "data");
            if self.next_sign()? != Some(b':') {
                return Err(self.not_a_list("found a name without a value"));
            }
            self.take(b':');
            match self.next_sign()? {
                Some(b'[') if is_data => {
                    self.take(b'[');
                    return Ok(());
                }
                Some(_) if is_data => return Err(self.not_a_list("found something else than a list under `data`")),
                Some(_) => self.cut_value()?,
                None => return Err(self.not_a_list("found the end of the file in its midst")),
            }
        }
    }

    fn advance(&mut self) -> Result<Option<Scenario>, ScenarioError> {
        if self.stage == Stage::BeforeList {
            self.enter_list()?;
        }
        let Stage::InList { mut is_behind_comma } = self.stage else { return Ok(None) };
        if self.n_records > 0 && !is_behind_comma && self.next_sign()? == Some(b',') {
            self.take(b',');
            is_behind_comma = true;
        }
        match self.next_sign()? {
            Some(b']') if !is_behind_comma => {
                // What stands behind the list is of no interest: other fields of the object.
                self.stage = Stage::Over;
                return Ok(None);
            }
            Some(b']') => return Err(self.not_a_list("found a comma with no record behind it")),
            Some(_) if self.n_records > 0 && !is_behind_comma => {
                return Err(self.not_a_list("found no comma between two records"));
            }
            Some(_) => {}
            None => return Err(self.not_a_list("found the end of the file, but not that of the list")),
        }
        self.n_records += 1;
        let (record, line) = (self.n_records, self.line);
        self.record_from = self.n_taken;
        self.cut_value()?;
        self.stage = Stage::InList { is_behind_comma: false };
        let file = || self.file.clone();
        let value: Value = serde_json::from_slice(&self.element).map_err(|error| {
            let message = error.to_string();
            let reason = message.split(" at line ").next().unwrap_or(&message).to_owned();
            ScenarioError::NotJson { file: file(), record, line: line + error.line().saturating_sub(1), reason }
        })?;
        let Value::Object(fields) = value else {
            return Err(ScenarioError::NotAnObject { file: file(), record, line, found: describe(&value) });
        };
        let scenario = scenario_of(RecordPlace { file: &self.file, record, line }, &fields, self.default_type)?;
        if let Some(&first_record) = self.first_record.get(&scenario.uid) {
            return Err(ScenarioError::DoubledUid { file: file(), record, line, uid: scenario.uid, first_record });
        }
        self.first_record.insert(scenario.uid.clone(), record);
        Ok(Some(scenario))
    }
}

impl<R: BufRead> Iterator for ScenarioReader<R> {
    type Item = Result<Scenario, ScenarioError>;

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = self.advance();
        if outcome.is_err() {
            self.stage = Stage::Over;
        }
        outcome.transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Read;
    use std::rc::Rc;

    use serde_json::json;

    use super::super::record::tests::record;
    use super::*;

    fn uids(text: &str) -> Vec<String> {
        let reader = ScenarioReader::new("s.json", text.as_bytes(), None);
        reader.map(|scenario| scenario.unwrap_or_else(|error| panic!("{error}")).uid).collect()
    }

    fn fault(text: &str) -> String {
        let mut reader = ScenarioReader::new("s.json", text.as_bytes(), None);
        let fault = reader.find_map(Result::err).unwrap_or_else(|| panic!("no fault in {text}"));
        assert!(reader.next().is_none());
        fault.to_string()
    }

    #[test]
    fn a_list_and_a_list_under_data_are_read() {
        let (one, two) = (record("one"), record("two"));
        assert_eq!(uids(&json!([one, two]).to_string()), ["one", "two"]);
        assert_eq!(uids(&serde_json::to_string_pretty(&json!([one, two])).unwrap()), ["one", "two"]);
        let object =
            format!("\u{feff}{{\"note\": {{\"a\": [1, \"]\"]}}, \"n\": 3, \"data\": [{one}\n, {two}], \"x\": 1}}");
        assert_eq!(uids(&object), ["one", "two"]);
        assert_eq!(uids(" [ ] "), Vec::<String>::new());
    }

    #[test]
    fn faults_name_the_record_and_its_line() {
        let one = record("one");
        for (text, words) in [
            (format!("[{one},\n{one}]"), "record 2 (line 2): the uid `one` already stands in record 1"),
            (format!("[{one} {one}]"), "no comma"),
            (format!("[{one},]"), "no record behind it"),
            (format!("[{one}"), "end of the file"),
            (format!("[{one},\n\n{{\"uid\" 3}}]"), "record 2 (line 3)"),
            ("[3, 4]".to_owned(), "the number 3"),
            ("{\"rows\": []}".to_owned(), "`data`"),
            ("{\"data\": 3}".to_owned(), "under `data`"),
            ("\"x\"".to_owned(), "JSON list"),
            (String::new(), "nothing"),
        ] {
            let told = fault(&text);
            assert!(told.contains(words) && told.contains("s.json"), "{text}: {told}");
        }
    }

    /// Counts what is read of it.
    struct Counted<'a>(&'a [u8], Rc<Cell<usize>>);

    impl Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.read(buffer)?;
            self.1.set(self.1.get() + n);
            Ok(n)
        }
    }

    #[test]
    fn a_record_comes_before_the_next_one_is_read() {
        let records: Vec<Value> = (0..200).map(|index| record(&format!("u{index}"))).collect();
        let text = Value::Array(records).to_string();
        let n_read = Rc::new(Cell::new(0));
        let stream = BufReader::with_capacity(64, Counted(text.as_bytes(), Rc::clone(&n_read)));
        let mut reader = ScenarioReader::new("s.json", stream, None);
        for index in 0..200 {
            reader.next().expect("a record").expect("a scenario");
            assert!(n_read.get() <= (index + 1) * (text.len() / 190) + 64, "{index}: {}", n_read.get());
        }
        assert!(reader.next().is_none());
        assert!(reader.element.capacity() < 4096);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let text: Vec<u8> = bytes.iter().map(|byte| b"[]{},\":a1 \n\\"[usize::from(*byte) % 12]).collect();
            for bytes in [bytes, text] {
                let n = ScenarioReader::new("s.json", bytes.as_slice(), None).count();
                proptest::prop_assert!(n <= 200);
            }
        }
    }
}
