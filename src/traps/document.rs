//! The publisher's texts: a folder of files, or one JSONL file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::TrapError;
use crate::record::write_atomically;

/// Where documents come from; they go back in the same form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentForm {
    /// Every file below a folder, hidden ones left out.
    Folder,
    /// Lines of `{"id","text",...}`; the name of the file.
    Lines(String),
}

/// One text.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Path below the folder with `/`, or the `id` of the line.
    pub name: String,
    pub text: String,
    line: Option<Line>,
}

/// The line that a document came from, byte for byte.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    raw: String,
    /// The literal of `text` in it, quotes included.
    text: Range<usize>,
    /// Line end and blank lines behind it.
    end: String,
}

/// All documents, in the order of their names (folder) or lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    pub form: DocumentForm,
    pub all: Vec<Document>,
    /// Hidden files and links of a folder, which are not read and not written.
    pub n_left_out: usize,
}

impl Documents {
    /// Reads all documents of a folder or a `.jsonl` file.
    ///
    /// # Errors
    /// A file that is not UTF-8 (named, with the byte), a line without `id` or `text`, no document at all.
    pub fn read(path: &Path) -> Result<Self, TrapError> {
        let documents = if path.is_dir() { Self::folder(path)? } else { Self::lines(path)? };
        if documents.all.is_empty() {
            return Err(TrapError::NoDocuments { path: path.into() });
        }
        Ok(documents)
    }

    fn folder(folder: &Path) -> Result<Self, TrapError> {
        let mut names = Vec::new();
        let mut n_left_out = 0;
        collect(folder, "", &mut names, &mut n_left_out)?;
        names.sort();
        let all = names
            .into_iter()
            .map(|name| {
                let path = folder.join(&name);
                let bytes = std::fs::read(&path).map_err(TrapError::io(&path))?;
                Ok(Document { text: utf8(bytes, &name)?, name, line: None })
            })
            .collect::<Result<_, TrapError>>()?;
        Ok(Self { form: DocumentForm::Folder, all, n_left_out })
    }

    fn lines(path: &Path) -> Result<Self, TrapError> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = utf8(std::fs::read(path).map_err(TrapError::io(path))?, &file)?;
        let mut all: Vec<Document> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let raw = whole.trim_end_matches(['\n', '\r']);
            let end = &whole[raw.len()..];
            if raw.trim().is_empty() {
                match all.last_mut().and_then(|before| before.line.as_mut()) {
                    Some(before) => before.end.push_str(whole),
                    None => continue,
                }
                continue;
            }
            let wrong = |reason: String| TrapError::DocumentLine { file: file.clone(), line: index + 1, reason };
            let fields: Map<String, Value> = serde_json::from_str(raw)
                .map_err(|error| wrong(format!("{error}; a JSON object with `id` and `text` is needed")))?;
            let name = match fields.get("id") {
                Some(Value::String(id)) => id.clone(),
                Some(Value::Number(id)) => id.to_string(),
                _ => return Err(wrong("`id` is missing, or neither a text nor a number".to_owned())),
            };
            let Some(Value::String(text)) = fields.get("text") else {
                return Err(wrong("`text` is missing, or not a text".to_owned()));
            };
            if !seen.insert(name.clone()) {
                return Err(wrong(format!("the id {name:?} stands twice")));
            }
            let span = text_literal(raw).ok_or_else(|| wrong("`text` was not found as a literal".to_owned()))?;
            let line = Line { raw: raw.to_owned(), text: span, end: end.to_owned() };
            all.push(Document { text: text.clone(), name, line: Some(line) });
        }
        Ok(Self { form: DocumentForm::Lines(file), all, n_left_out: 0 })
    }

    /// Writes them in the form in which they were read: untouched documents and lines byte for byte.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, out: &Path) -> Result<(), TrapError> {
        std::fs::create_dir_all(out).map_err(TrapError::io(out))?;
        match &self.form {
            DocumentForm::Folder => {
                for document in &self.all {
                    let path = out.join(&document.name);
                    if let Some(parent) = path.parent() {
                        std::fs::create_dir_all(parent).map_err(TrapError::io(parent))?;
                    }
                    write_atomically(&path, document.text.as_bytes())?;
                }
            }
            DocumentForm::Lines(file) => {
                let lines: String = self.all.iter().map(Document::as_line).collect();
                write_atomically(&out.join(file), lines.as_bytes())?;
            }
        }
        Ok(())
    }

    /// The document of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|document| document.name == name)
    }
}

impl Document {
    /// The line with the literal of `text` exchanged where the text has changed; all other bytes as they were.
    fn as_line(&self) -> String {
        let literal = || Value::from(self.text.as_str()).to_string();
        let Some(Line { raw, text, end }) = &self.line else { return literal() + "\n" };
        let (before, old, after) = (&raw[..text.start], &raw[text.clone()], &raw[text.end..]);
        let is_same = serde_json::from_str::<String>(old).is_ok_and(|old| old == self.text);
        if is_same { format!("{raw}{end}") } else { format!("{before}{}{after}{end}", literal()) }
    }
}

/// Where the literal of the key `text` of a JSON object stands; of the last one, as readers take it.
fn text_literal(raw: &str) -> Option<Range<usize>> {
    let (mut depth, mut at, mut found) = (0_usize, 0, None);
    let mut key: Option<Range<usize>> = None;
    let bytes = raw.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 1 => key = None,
            b'"' => {
                let end = string_end(bytes, at)?;
                let is_text =
                    |key: &Range<usize>| serde_json::from_str::<String>(&raw[key.clone()]).is_ok_and(|k| k == "text");
                match &key {
                    _ if depth != 1 => {}
                    None => key = Some(at..end),
                    Some(name) if is_text(name) => found = Some(at..end),
                    Some(_) => {}
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Behind the closing quote of the string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut place = at + 1;
    loop {
        match bytes.get(place)? {
            b'\\' => place += 2,
            b'"' => return Some(place + 1),
            _ => place += 1,
        }
    }
}

/// Names of all regular files below a folder; links are not followed.
fn collect(folder: &Path, below: &str, names: &mut Vec<String>, n_left_out: &mut usize) -> Result<(), TrapError> {
    for entry in std::fs::read_dir(folder).map_err(TrapError::io(folder))? {
        let entry = entry.map_err(TrapError::io(folder))?;
        let path: PathBuf = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            let file = entry.file_name().to_string_lossy().into_owned();
            return Err(TrapError::NotUtf8 { file: format!("the file name {file}"), byte: 0 });
        };
        if name.starts_with('.') {
            *n_left_out += 1;
            continue;
        }
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(TrapError::io(&path))?;
        if kind.is_dir() {
            collect(&path, &name, names, n_left_out)?;
        } else if kind.is_file() {
            names.push(name);
        } else {
            *n_left_out += 1;
        }
    }
    Ok(())
}

fn utf8(bytes: Vec<u8>, file: &str) -> Result<String, TrapError> {
    String::from_utf8(bytes)
        .map_err(|error| TrapError::NotUtf8 { file: file.to_owned(), byte: error.utf8_error().valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_literal_of_the_text_is_exchanged() {
        let raw =
            "{ \"isbn\": 12345678901234567890123,\"x\":{\"text\":\"no\"}, \"text\" : \"a \\\"b\\\" c\" ,\"y\":1e2}";
        let span = text_literal(raw).expect("it is there");
        assert_eq!(&raw[span.clone()], "\"a \\\"b\\\" c\"");
        let line = Line { raw: raw.to_owned(), text: span, end: "\r\n\n".to_owned() };
        let document = Document { name: "1".to_owned(), text: "a \"b\" c".to_owned(), line: Some(line) };
        assert_eq!(document.as_line(), format!("{raw}\r\n\n"));
        let changed = Document { text: "new".to_owned(), ..document };
        let wanted = raw.replace("\"a \\\"b\\\" c\"", "\"new\"") + "\r\n\n";
        assert_eq!(changed.as_line(), wanted);
        assert_eq!(text_literal("{\"a\": 1}"), None);
    }
}
