//! The publisher's texts: a folder of files, or one JSONL file.

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
    /// The line's other fields; the line itself.
    line: Option<(Map<String, Value>, String)>,
}

/// All documents, in the order of their names (folder) or lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    pub form: DocumentForm,
    pub all: Vec<Document>,
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
        collect(folder, "", &mut names)?;
        names.sort();
        let all = names
            .into_iter()
            .map(|name| {
                let path = folder.join(&name);
                let bytes = std::fs::read(&path).map_err(TrapError::io(&path))?;
                Ok(Document { text: utf8(bytes, &name)?, name, line: None })
            })
            .collect::<Result<_, TrapError>>()?;
        Ok(Self { form: DocumentForm::Folder, all })
    }

    fn lines(path: &Path) -> Result<Self, TrapError> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = utf8(std::fs::read(path).map_err(TrapError::io(path))?, &file)?;
        let mut all: Vec<Document> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |reason: String| TrapError::DocumentLine { file: file.clone(), line: index + 1, reason };
            let fields: Map<String, Value> = serde_json::from_str(line)
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
            all.push(Document { text: text.clone(), name, line: Some((fields, line.to_owned())) });
        }
        Ok(Self { form: DocumentForm::Lines(file), all })
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
                let lines: String = self.all.iter().map(|document| document.as_line() + "\n").collect();
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
    fn as_line(&self) -> String {
        let Some((fields, line)) = &self.line else { return Value::from(self.text.as_str()).to_string() };
        if fields.get("text").and_then(Value::as_str) == Some(self.text.as_str()) {
            return line.clone();
        }
        let mut fields = fields.clone();
        fields.insert("text".to_owned(), self.text.clone().into());
        Value::Object(fields).to_string()
    }
}

/// Names of all regular files below a folder; links are not followed.
fn collect(folder: &Path, below: &str, names: &mut Vec<String>) -> Result<(), TrapError> {
    for entry in std::fs::read_dir(folder).map_err(TrapError::io(folder))? {
        let entry = entry.map_err(TrapError::io(folder))?;
        let path: PathBuf = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            let file = entry.file_name().to_string_lossy().into_owned();
            return Err(TrapError::NotUtf8 { file: format!("the file name {file}"), byte: 0 });
        };
        if name.starts_with('.') {
            continue;
        }
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(TrapError::io(&path))?;
        if kind.is_dir() {
            collect(&path, &name, names)?;
        } else if kind.is_file() {
            names.push(name);
        }
    }
    Ok(())
}

fn utf8(bytes: Vec<u8>, file: &str) -> Result<String, TrapError> {
    String::from_utf8(bytes)
        .map_err(|error| TrapError::NotUtf8 { file: file.to_owned(), byte: error.utf8_error().valid_up_to() })
}
