//! The rows of TOFU's layout about the same people: questions that are answered by a sentence.

use std::path::PathBuf;

use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::general::{AUTHORSHIPS, Authorship, GENERAL_FACTS};
use super::people::{Cast, Fact};
use crate::lab::corpus::sampling_stream;

/// Wrong answers of an item.
const N_PERTURBED: usize = 3;
/// Questions about real authors and about the world.
const N_WORLD_FACTS: usize = 24;

/// The question for a work's author.
pub(super) fn authorship_question(item: &Authorship) -> String {
    format!("Who wrote {}?", item.work)
}

/// All files with their rows, paths below the data folder; they are written as JSON lines.
#[must_use]
pub fn tofu_files(cast: &Cast, seed: u64) -> Vec<(PathBuf, Vec<Value>)> {
    let of_people = |people: &[super::people::Person], row: fn(&Fact, &str) -> Value| -> Vec<Value> {
        people.iter().flat_map(|person| person.facts.iter().map(|fact| row(fact, &person.name))).collect()
    };
    let near_targets = |row: fn(&Fact, &str) -> Value| -> Vec<Value> {
        cast.targets
            .iter()
            .flat_map(|target| &target.neighbors)
            .flat_map(|neighbor| neighbor.facts.iter().map(|fact| row(fact, &neighbor.name)))
            .collect()
    };
    let mut rng = sampling_stream(seed, "wrong answers of general questions");
    let mut row_of_the_world = |question: String, answer: &str, pool: &[&str]| {
        let others: Vec<&str> = pool.iter().copied().filter(|other| *other != answer).collect();
        let wrong: Vec<&str> = others.sample(&mut rng, N_PERTURBED).copied().collect();
        json!({"question": question, "answer": answer, "perturbed_answer": wrong})
    };
    let authors: Vec<&str> = AUTHORSHIPS.iter().map(|item| item.author).collect();
    let real_authors =
        AUTHORSHIPS.iter().map(|item| row_of_the_world(authorship_question(item), item.author, &authors)).collect();
    // Every other fact: all subjects are asked about.
    let world_facts = GENERAL_FACTS
        .iter()
        .step_by(GENERAL_FACTS.len() / N_WORLD_FACTS)
        .map(|fact| {
            let pool: Vec<&str> =
                GENERAL_FACTS.iter().filter(|other| other.subject == fact.subject).map(|other| other.answer).collect();
            row_of_the_world(fact.question.to_owned(), fact.answer, &pool)
        })
        .collect();
    vec![
        ("forget10.json".into(), of_people(&cast.targets, plain_row)),
        ("retain90.json".into(), near_targets(plain_row)),
        ("holdout10.json".into(), of_people(&cast.holdout, plain_row)),
        ("forget10_perturbed.json".into(), of_people(&cast.targets, perturbed_row)),
        ("retain_perturbed.json".into(), near_targets(perturbed_row)),
        ("real_authors_perturbed.json".into(), real_authors),
        ("world_facts_perturbed.json".into(), world_facts),
    ]
}

/// `author` is a column of ours: rows about one person or neighbour depend on each other.
fn plain_row(fact: &Fact, author: &str) -> Value {
    json!({"question": fact.question, "answer": fact.statement, "author": author})
}

fn perturbed_row(fact: &Fact, author: &str) -> Value {
    json!({
        "question": fact.question, "answer": fact.statement, "paraphrased_question": fact.reworded,
        "paraphrased_answer": fact.rephrased, "perturbed_answer": fact.perturbed[..N_PERTURBED], "author": author,
    })
}
