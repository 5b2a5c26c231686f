//! The formats of the Hubble data sets: rows to items by schema.
//!
//! `document.rs` one item a row, `biography.rs` seven cloze items a biography (with `names.rs` for how upstream spells
//! values and `candidates.rs` for the wrong answers), `question.rs` multiple choice. `forms.rs` has the pure text
//! functions of upstream's other tasks.

mod biography;
mod candidates;
mod document;
mod forms;
mod names;
mod question;
mod record;

pub use biography::{BiographyField, FIELDS, biography_fields};
pub use candidates::{CANDIDATES, draw_candidates, email_candidates};
pub use document::documents;
pub use forms::{WinograndeForms, ellie_target, hellaswag_text, winogrande_forms};
pub use names::{EMAIL_PATTERNS, email_patterns, indefinite_article, normalise_link, takes_the};
pub use question::multiple_choice;
