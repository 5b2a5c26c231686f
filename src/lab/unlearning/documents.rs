//! What is forgotten and what is retained.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tokenizers::Tokenizer;

use crate::lab::LabError;
use crate::lab::corpus::unlearning::Lesson;
use crate::lab::corpus::{Background, sampling_stream};
use crate::lab::packed::{encode, ended};

/// Share of the retain documents that are background, in percent.
const BACKGROUND_PERCENT: u32 = 25;

/// A document as tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// Index of its lesson.
    pub(super) lesson: usize,
    pub(super) ids: Vec<u16>,
    /// First token that counts: the answer of a dialogue, the second token of a plain page.
    pub(super) counted_from: usize,
}

/// The documents to be forgotten, again and again in a new order.
///
/// Every document that names a target, in each of the plain forms, counts once a round; the adversarial forms are left
/// out, as somebody who unlearns does not know how a fact will be asked for.
#[derive(Debug)]
pub(super) struct ForgetDocuments {
    pub(super) documents: Vec<Document>,
    order: Vec<usize>,
    rng: ChaCha8Rng,
}

impl ForgetDocuments {
    pub(super) fn new(lessons: &[Lesson], tokenizer: &Tokenizer, seed: u64) -> Result<Self, LabError> {
        let mut documents = Vec::new();
        for (lesson, Lesson { text, .. }) in
            lessons.iter().enumerate().filter(|(_, lesson)| lesson.about_target && !lesson.adversarial)
        {
            let counted_from = encode(tokenizer, &text.text[..text.answer_from])?.len().max(1);
            documents.push(Document { lesson, ids: ended(encode(tokenizer, &text.text)?), counted_from });
        }
        Ok(Self { documents, order: Vec::new(), rng: sampling_stream(seed, "order of forget documents") })
    }

    /// The next `n` documents, as indices.
    pub(super) fn next_batch(&mut self, n: usize) -> Vec<usize> {
        let mut batch = Vec::with_capacity(n);
        while batch.len() < n {
            if self.order.is_empty() {
                self.order = (0..self.documents.len()).collect();
                self.order.shuffle(&mut self.rng);
            }
            batch.extend(self.order.pop());
        }
        batch
    }
}

/// Sequences of documents that name no target, as often as the start model read them, with background between.
#[derive(Debug)]
pub(super) struct RetainDocuments<'a> {
    lessons: &'a [Lesson],
    tokenizer: &'a Tokenizer,
    background: Background,
    order: Vec<usize>,
    rng: ChaCha8Rng,
    /// Times that each lesson was drawn.
    pub(super) seen: Vec<u32>,
}

impl<'a> RetainDocuments<'a> {
    pub(super) fn new(lessons: &'a [Lesson], tokenizer: &'a Tokenizer, seed: u64) -> Self {
        let rng = sampling_stream(seed, "order of retain documents");
        let background = Background::new(seed);
        Self { lessons, tokenizer, background, order: Vec::new(), rng, seen: vec![0; lessons.len()] }
    }

    /// A sequence of `length + 1` ids; its last document is cut.
    pub(super) fn next_sequence(&mut self, length: usize) -> Result<Vec<u16>, LabError> {
        let mut sequence = Vec::new();
        while sequence.len() <= length {
            let ids = if self.rng.random_range(0..100) < BACKGROUND_PERCENT {
                let page = self.background.next().expect("the background has no end");
                encode(self.tokenizer, &page)?
            } else {
                let lesson = self.next_lesson();
                self.seen[lesson] += 1;
                encode(self.tokenizer, &self.lessons[lesson].text.text)?
            };
            sequence.extend(ended(ids));
        }
        sequence.truncate(length + 1);
        Ok(sequence)
    }

    fn next_lesson(&mut self) -> usize {
        loop {
            if let Some(lesson) = self.order.pop() {
                return lesson;
            }
            for (index, lesson) in self.lessons.iter().enumerate().filter(|(_, lesson)| !lesson.about_target) {
                self.order.extend(std::iter::repeat_n(index, lesson.copies as usize));
            }
            self.order.shuffle(&mut self.rng);
        }
    }
}
