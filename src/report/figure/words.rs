//! What the caller says about a figure, and what the figure itself has to add.

use super::{FigureError, text};
use serde::Serialize;

/// The words around a figure, all plain text (the page escapes them).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FigureWords {
    /// Unique on the page, `[a-z][a-z0-9-]*`, at most 64 characters.
    pub id: String,
    /// The finding, as a sentence: "Leakage grows with copies".
    pub title: String,
    /// The measure: "ROC AUC of four attacks, members against non-members".
    pub subtitle: String,
    /// Interval with level, method and unit of resampling; tests; anything to read with care.
    pub caption: String,
}

impl FigureWords {
    /// The same words with control characters gone and bidi marks shown as code points.
    ///
    /// # Errors
    /// [`FigureError::BadId`] when the id can't be used in HTML and file names.
    pub(super) fn cleaned(&self) -> Result<Self, FigureError> {
        let fits = self.id.len() <= 64
            && self.id.starts_with(|c: char| c.is_ascii_lowercase())
            && self.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !fits {
            return Err(FigureError::BadId { id: text::cut_to_chars(&text::clean(&self.id), 80) });
        }
        Ok(Self {
            id: self.id.clone(),
            title: text::clean(&self.title),
            subtitle: text::clean(&self.subtitle),
            caption: text::clean(&self.caption),
        })
    }
}

/// Sentences a chart adds to the caption: what was dropped, widened, cut or moved.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    /// Adds a sentence once.
    pub(super) fn say(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.0.contains(&sentence) {
            self.0.push(sentence);
        }
    }

    /// The caller's caption followed by the notes.
    pub(super) fn after(&self, caption: &str) -> String {
        let mut out = caption.trim().to_owned();
        for note in &self.0 {
            if !out.is_empty() {
                if !out.ends_with(['.', '!', '?', ':']) {
                    out.push('.');
                }
                out.push(' ');
            }
            out.push_str(note);
        }
        out
    }
}
