//! The formats of the Hubble data sets: rows to items by schema.
//!
//! `document.rs` one item a row, `biography.rs` seven cloze items a biography (with `names.rs` for how upstream spells
//! values and `candidates.rs` for the wrong answers, drawn with `numpy.rs`), `question.rs` multiple choice,
//! `pairs.rs` one of two sentences, `chat.rs` personas and users, `entity.rs` annotated texts, `testset.rs` answers that are
//! written or completed. `forms.rs` has the pure text
//! functions of upstream's other tasks.

mod biography;
mod candidates;
mod chat;
mod document;
mod entity;
mod forms;
mod names;
mod numpy;
mod pairs;
mod question;
mod record;
mod testset;

pub use biography::{BiographyField, Cloze, FIELDS, biography_fields, clozes};
pub use candidates::{
    CANDIDATES, EMAIL_SEED, VALUE_SEED, draw_candidates, draw_with_truth_first, email_candidates, email_numbers,
};
pub use chat::{personas, usernames};
pub use document::documents;
pub use entity::entities;
pub use forms::{WinograndeForms, ellie_target, hellaswag_text, winogrande_forms};
pub use names::{EMAIL_PATTERNS, email_patterns, indefinite_article, normalise_link, takes_the};
pub use numpy::NumpyGenerator;
pub use pairs::{munch, paraphrases, piqa, winogrande};
pub use question::multiple_choice;
pub use record::keep_first_of_each_level;
pub use testset::{ellie, hellaswag, popqa};
