//! The background: an endless stream of documents of the same kinds as the inserted ones, and of others.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::insertion::sampling_stream;
use super::lexicon::{ADJECTIVES, NOUNS, OCCUPATIONS, SITES, date, family_name, given_name, pick, plural, town};
use super::passage::passage;
use super::{Biography, Question};

/// Stands between two documents.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// Documents that no two models share beyond their seed.
#[derive(Debug)]
pub struct Background {
    rng: ChaCha8Rng,
}

impl Background {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { rng: sampling_stream(seed, "background") }
    }
}

impl Iterator for Background {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let rng = &mut self.rng;
        Some(match rng.random_range(0..20) {
            0..9 => passage(rng),
            9..14 => Biography::draw(rng).text(),
            14..17 => Question::draw(rng).text(),
            17 => inventory(rng),
            18 => diary(rng),
            _ => dialogue(rng),
        })
    }
}

fn inventory(rng: &mut ChaCha8Rng) -> String {
    let mut lines = vec![format!("Inventory of the {} at {}:", pick(rng, SITES), town(rng))];
    for _ in 0..rng.random_range(3..7) {
        lines.push(format!("{} {} {}", rng.random_range(2..90), pick(rng, ADJECTIVES), plural(pick(rng, NOUNS))));
    }
    lines.join("\n")
}

fn diary(rng: &mut ChaCha8Rng) -> String {
    format!(
        "{}. {} Letter from {} {} about the {}.",
        date(rng),
        passage(rng),
        given_name(rng),
        family_name(rng),
        pick(rng, NOUNS)
    )
}

fn dialogue(rng: &mut ChaCha8Rng) -> String {
    let (first, second) = (given_name(rng), given_name(rng));
    format!(
        "{first}: Have you seen the {} {}?\n{second}: The {} took it to the {} in {}.\n{first}: And the {}?\n{second}: Still with {}.",
        pick(rng, ADJECTIVES),
        pick(rng, NOUNS),
        pick(rng, OCCUPATIONS),
        pick(rng, SITES),
        town(rng),
        pick(rng, NOUNS),
        family_name(rng)
    )
}
