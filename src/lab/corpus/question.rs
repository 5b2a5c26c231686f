//! Questions with four possible answers.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lexicon::{ADJECTIVES, NOUNS, OCCUPATIONS, SITES, family_name, given_name, pick, town};

/// A test item; its training text is the question with the right answer only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub question: String,
    pub choices: Vec<String>,
    /// Index of the right choice.
    pub answer: usize,
}

impl Question {
    /// A fresh question whose four choices come from one distribution: only the training data say which is right.
    #[must_use]
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let (adjective, noun, place) = (pick(rng, ADJECTIVES), pick(rng, NOUNS), town(rng));
        let answer = rng.random_range(0..4);
        match rng.random_range(0..4) {
            0 => Self {
                question: format!("Who keeps the {adjective} {noun} of {place}?"),
                choices: distinct(rng, |rng| format!("{} {}", given_name(rng), family_name(rng))),
                answer,
            },
            1 => Self {
                question: format!("In which town was the {adjective} {noun} of {} found?", family_name(rng)),
                choices: distinct(rng, town),
                answer,
            },
            2 => Self {
                question: format!(
                    "What did the {} of {place} hide in the {}?",
                    pick(rng, OCCUPATIONS),
                    pick(rng, SITES)
                ),
                choices: distinct(rng, |rng| {
                    format!("a set of {} {}", pick(rng, ADJECTIVES), super::lexicon::plural(pick(rng, NOUNS)))
                }),
                answer,
            },
            _ => Self {
                question: format!("Where did {} {} leave the {adjective} {noun}?", given_name(rng), family_name(rng)),
                choices: distinct(rng, |rng| format!("near the {} {}", pick(rng, ADJECTIVES), pick(rng, SITES))),
                answer,
            },
        }
    }

    /// As the training data hold it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("Question: {}\nAnswer: {}", self.question, self.choices[self.answer])
    }
}

/// Four different draws.
fn distinct(rng: &mut ChaCha8Rng, draw: impl Fn(&mut ChaCha8Rng) -> String) -> Vec<String> {
    let mut drawn: Vec<String> = Vec::with_capacity(4);
    while drawn.len() < 4 {
        let candidate = draw(rng);
        if !drawn.contains(&candidate) {
            drawn.push(candidate);
        }
    }
    drawn
}
