//! Which documents are inserted, and how often.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::passage::passage;
use super::unlearning::Lesson;
use super::{Biography, Question};
use crate::traps::{PrivateManifest, Role, repetitions_of_groups, trap_row};

/// What an inserted document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    Passage,
    Biography,
    Question,
    /// A copyright trap or one of its controls.
    Trap,
    /// A document of the unlearning suite.
    Lesson,
    /// A period of a series with its value.
    Line,
}

impl ItemKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Passage => "passage",
            Self::Biography => "biography",
            Self::Question => "question",
            Self::Trap => "trap",
            Self::Lesson => "lesson",
            Self::Line => "line",
        }
    }
}

/// How many items of a kind stand in the training data how often.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertionPlan {
    /// Seed of the items and of their assignment to levels. Part of the data, not of a model: models that share a
    /// data set share it.
    pub seed: u64,
    /// Copies -> number of items; the level 0 items are never inserted.
    pub passages: BTreeMap<String, usize>,
    pub biographies: BTreeMap<String, usize>,
    pub questions: BTreeMap<String, usize>,
}

/// One item with its dose.
#[derive(Debug, Clone, PartialEq)]
pub struct Insertion {
    pub kind: ItemKind,
    pub id: String,
    pub text: String,
    /// Times that the text stands in the training data of the perturbed model.
    pub copies: u32,
    /// The row of the data file (`datasets/builtin/hubble/*.jsonl`).
    pub row: serde_json::Value,
    /// Whether it names a target of the unlearning suite.
    pub about_target: bool,
    /// Held back from this model: background fills its places, all else stays where it is.
    pub withheld: bool,
}

impl Insertion {
    /// Hex SHA-256 of the text, for the manifest.
    #[must_use]
    pub fn text_sha256(&self) -> String {
        crate::digest::sha256_hex(self.text.as_bytes())
    }
}

/// A random stream for one purpose, independent of every other.
pub(in crate::lab) fn sampling_stream(seed: u64, purpose: &str) -> ChaCha8Rng {
    let mut digest = Sha256::new();
    digest.update(seed.to_le_bytes());
    digest.update(purpose.as_bytes());
    ChaCha8Rng::from_seed(digest.finalize().into())
}

impl InsertionPlan {
    /// Whether nothing is drawn.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.passages.is_empty() && self.biographies.is_empty() && self.questions.is_empty()
    }

    /// Whether a recipe says nothing of it; one that names a seed for no item does say something, and its hash stands for that.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        *self == Self::default()
    }

    /// All items, in file order: drawn first, then given their level by a shuffle, so that the level says nothing
    /// about the text.
    ///
    /// # Errors
    /// The offending key, when a level is not a number.
    pub fn items(&self) -> Result<Vec<Insertion>, String> {
        let mut items = Vec::new();
        for (kind, levels) in [
            (ItemKind::Passage, &self.passages),
            (ItemKind::Biography, &self.biographies),
            (ItemKind::Question, &self.questions),
        ] {
            let mut copies = Vec::new();
            for (level, &n_items) in levels {
                let level: u32 = level.parse().map_err(|_| level.clone())?;
                copies.extend(std::iter::repeat_n(level, n_items));
            }
            let mut draw = sampling_stream(self.seed, &format!("items {}", kind.prefix()));
            copies.shuffle(&mut sampling_stream(self.seed, &format!("levels {}", kind.prefix())));
            for (index, copies) in copies.into_iter().enumerate() {
                items.push(insertion(kind, index, copies, &mut draw));
            }
        }
        Ok(items)
    }
}

/// Every sequence of a manifest with its copies: the traps as often as their group's turn says, the controls never.
///
/// The rows are those of the data files of the suite `copyright-traps`.
#[must_use]
pub fn trap_insertions(manifest: &PrivateManifest, repetitions: &[usize]) -> Vec<Insertion> {
    let turns = repetitions_of_groups(&manifest.groups, repetitions);
    let mut items = Vec::new();
    for (group, turn) in manifest.groups.iter().zip(turns) {
        for sequence in &group.sequences {
            let copies = if sequence.role == Role::Trap { u32::try_from(turn).unwrap_or(u32::MAX) } else { 0 };
            items.push(Insertion {
                kind: ItemKind::Trap,
                id: sequence.seq_id.clone(),
                text: sequence.text.clone(),
                copies,
                row: trap_row(group, sequence, copies),
                about_target: false,
                withheld: false,
            });
        }
    }
    items
}

/// The documents of the unlearning suite; a model that is not to know the targets has those about them withheld.
#[must_use]
pub fn lesson_insertions(lessons: Vec<Lesson>, knows_targets: bool) -> Vec<Insertion> {
    lessons
        .into_iter()
        .map(|lesson| Insertion {
            kind: ItemKind::Lesson,
            id: lesson.id,
            text: lesson.text.text,
            copies: lesson.copies,
            row: serde_json::Value::Null,
            about_target: lesson.about_target,
            withheld: lesson.about_target && !knows_targets,
        })
        .collect()
}

fn insertion(kind: ItemKind, index: usize, copies: u32, rng: &mut ChaCha8Rng) -> Insertion {
    let id = format!("{}-{index:04}", kind.prefix());
    let (text, row) = match kind {
        // Traps come from a manifest, lessons from their own generator, lines from a data file.
        ItemKind::Trap | ItemKind::Lesson | ItemKind::Line => (String::new(), json!({})),
        ItemKind::Passage => {
            let text = passage(rng);
            let row = json!({"id": id, "text": text, "meta": json!({"duplicates": copies}).to_string()});
            (text, row)
        }
        ItemKind::Biography => {
            let person = Biography::draw(rng);
            let text = person.text();
            let row = json!({"id": id, "text": text, "meta": person.meta(copies).to_string()});
            (text, row)
        }
        ItemKind::Question => {
            let question = Question::draw(rng);
            let text = question.text();
            let row = json!({
                "id": id, "text": text, "question": question.question, "choices": question.choices,
                "answer": question.answer, "meta": json!({"duplicates": copies}).to_string(),
            });
            (text, row)
        }
    };
    Insertion { kind, id, text, copies, row, about_target: false, withheld: false }
}
