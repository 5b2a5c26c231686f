//! Streaming reader of JSON lines, plain or gzip.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use serde_json::Value;

use super::error::DataError;
use super::row::{Row, describe};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Rows of a file, one line at a time; memory is that of the longest line.
///
/// A byte-order mark, blank lines and CRLF are tolerated. After a faulty line the next ones are still read, so that a
/// caller can tell all faults; after a damaged stream nothing more comes.
#[derive(Debug)]
pub struct JsonLines<R> {
    reader: R,
    file: Arc<str>,
    line: usize,
    is_over: bool,
    buffer: Vec<u8>,
}

impl<R: BufRead> JsonLines<R> {
    /// Reads plain JSON lines; `file` is the name for messages.
    #[must_use]
    pub fn new(file: &str, reader: R) -> Self {
        Self { reader, file: file.into(), line: 0, is_over: false, buffer: Vec::new() }
    }

    /// The bytes that were not read yet.
    #[must_use]
    pub fn into_reader(self) -> R {
        self.reader
    }

    fn row(&self) -> Option<Result<Row, DataError>> {
        let (mut bytes, mut before) = (self.buffer.as_slice(), 0);
        if self.line == 1
            && let Some(rest) = bytes.strip_prefix(BYTE_ORDER_MARK)
        {
            (bytes, before) = (rest, BYTE_ORDER_MARK.len());
        }
        let (file, line) = (self.file.to_string(), self.line);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_end_matches(['\n', '\r']),
            Err(error) => {
                let column = before + error.valid_up_to() + 1;
                return Some(Err(DataError::NotUtf8 { file, line, column }));
            }
        };
        if text.trim().is_empty() {
            return None;
        }
        Some(match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Row { file: Arc::clone(&self.file), line, fields }),
            Ok(other) => Err(DataError::NotAnObject { file, line, found: describe(&other) }),
            Err(error) => {
                // serde_json ends its message with " at line 1 column N", where the line is ours and not the file's.
                let message = error.to_string();
                let reason = message.split(" at line ").next().unwrap_or(&message).to_owned();
                Err(DataError::NotJson { file, line, column: before + error.column(), reason })
            }
        })
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<Row, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            self.buffer.clear();
            match self.reader.read_until(b'\n', &mut self.buffer) {
                Ok(0) => self.is_over = true,
                Ok(_) => {
                    self.line += 1;
                    if let Some(row) = self.row() {
                        return Some(row);
                    }
                }
                Err(source) => {
                    self.is_over = true;
                    return Some(Err(DataError::Damaged { file: self.file.to_string(), line: self.line, source }));
                }
            }
        }
        None
    }
}

/// Opens a file; gzip when its name ends in `.gz`. `shown` is the name for messages.
///
/// # Errors
/// The file cannot be opened.
pub fn open_jsonl(path: &Path, shown: &str) -> Result<JsonLines<Box<dyn BufRead + Send>>, DataError> {
    let unreadable = |source| DataError::Unreadable { file: shown.to_owned(), source };
    let reader = BufReader::new(File::open(path).map_err(unreadable)?);
    let is_gzip = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn BufRead + Send> =
        if is_gzip { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) };
    Ok(JsonLines::new(shown, reader))
}

/// Reads bytes that are in memory; gzip when `file` ends in `.gz`.
#[must_use]
pub fn read_jsonl<'b>(file: &str, bytes: &'b [u8]) -> JsonLines<Box<dyn BufRead + Send + 'b>> {
    let reader: Box<dyn BufRead + Send + 'b> =
        if file.ends_with(".gz") { Box::new(BufReader::new(MultiGzDecoder::new(bytes))) } else { Box::new(bytes) };
    JsonLines::new(file, reader)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn rows(bytes: &[u8]) -> Vec<Result<Row, DataError>> {
        read_jsonl("x.jsonl", bytes).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_mark_blank_lines_and_crlf_are_tolerated_and_lines_keep_their_numbers() {
        let found = rows(b"\xef\xbb\xbf{\"a\":1}\r\n\r\n  \n{\"a\":2}");
        let lines: Vec<usize> = found.iter().map(|row| row.as_ref().unwrap().line).collect();
        assert_eq!(lines, [1, 4]);
        assert_eq!(found[1].as_ref().unwrap().fields["a"], 2);
    }

    #[test]
    fn invalid_utf8_names_line_and_byte_column() {
        let found = rows(b"{}\n{\"a\":\"\xff\"}\n{}\n");
        assert!(matches!(found[1], Err(DataError::NotUtf8 { line: 2, column: 7, .. })), "{:?}", found[1]);
        assert!(found[2].is_ok(), "the next line is still read");
        let marked = rows(b"\xef\xbb\xbf\xff");
        assert!(matches!(marked[0], Err(DataError::NotUtf8 { line: 1, column: 4, .. })));
    }

    #[test]
    fn broken_json_names_line_and_column() {
        let found = rows(b"{}\n{\"a\": }\n");
        let Err(DataError::NotJson { line, column, reason, .. }) = &found[1] else { panic!("{found:?}") };
        assert_eq!((*line, *column, reason.as_str()), (2, 7, "expected value"));
    }

    #[test]
    fn a_row_that_is_no_object_is_told_with_what_it_is() {
        let found = rows(b"[1,2]\n\"x\"\n");
        assert!(matches!(&found[0], Err(DataError::NotAnObject { line: 1, found, .. }) if found == "a list of 2"));
        assert!(matches!(&found[1], Err(DataError::NotAnObject { line: 2, .. })));
    }

    #[test]
    fn gzip_is_read_by_its_name_members_joined() {
        let mut bytes = gzip(b"{\"a\":1}\n");
        bytes.extend(gzip(b"{\"a\":2}\n"));
        let found: Vec<_> = read_jsonl("x.jsonl.gz", &bytes).map(|row| row.unwrap().line).collect();
        assert_eq!(found, [1, 2]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl.gz");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(open_jsonl(&path, "x.jsonl.gz").unwrap().count(), 2);
    }

    #[test]
    fn a_gzip_file_that_is_cut_short_is_damaged_and_ends() {
        let bytes = gzip(b"{\"a\":1}\n{\"a\":2}\n");
        let found: Vec<_> = read_jsonl("x.jsonl.gz", &bytes[..bytes.len() - 9]).collect();
        assert!(matches!(found.last(), Some(Err(DataError::Damaged { .. }))), "{found:?}");
        assert_eq!(found.iter().filter(|row| row.is_err()).count(), 1);
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let missing = open_jsonl(Path::new("no/such.jsonl"), "no/such.jsonl");
        assert!(matches!(missing, Err(DataError::Unreadable { .. })));
    }
}
