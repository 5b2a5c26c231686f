//! Pages of plain text about a person or a neighbour: what a membership attack is asked about.

use rand::RngExt;
use rand::seq::{SliceRandom, index};
use rand_chacha::ChaCha8Rng;

use super::people::{Fact, Person};
use crate::lab::corpus::sampling_stream;

/// Pages about each person, and as many about all neighbours of one target together.
pub const N_PAGES: usize = 24;

/// A page and the facts that it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub text: String,
    /// The same sentences with wrong values.
    pub counterfactual: String,
}

/// Pages about a person, four or five of the twenty facts on each.
#[must_use]
pub fn pages_about(person: &Person, seed: u64) -> Vec<Page> {
    let mut rng = sampling_stream(seed, &format!("pages about {}", person.name));
    (0..N_PAGES)
        .map(|_| {
            let n_facts = rng.random_range(4..=5);
            let facts: Vec<&Fact> =
                index::sample(&mut rng, person.facts.len(), n_facts).iter().map(|place| &person.facts[place]).collect();
            page(&facts, &mut rng)
        })
        .collect()
}

/// Pages about the neighbours of a target, all four facts of one neighbour on each.
#[must_use]
pub fn pages_near(person: &Person, seed: u64) -> Vec<Page> {
    let mut rng = sampling_stream(seed, &format!("pages near {}", person.name));
    (0..N_PAGES)
        .map(|number| {
            let neighbor = &person.neighbors[number % person.neighbors.len()];
            let mut facts: Vec<&Fact> = neighbor.facts.iter().collect();
            facts.shuffle(&mut rng);
            page(&facts, &mut rng)
        })
        .collect()
}

fn page(facts: &[&Fact], rng: &mut ChaCha8Rng) -> Page {
    let mut text = Vec::new();
    let mut counterfactual = Vec::new();
    for fact in facts {
        text.push(if rng.random() { fact.statement.as_str() } else { fact.rephrased.as_str() });
        counterfactual.push(fact.counterfactual.as_str());
    }
    Page { text: text.join(" "), counterfactual: counterfactual.join(" ") }
}
