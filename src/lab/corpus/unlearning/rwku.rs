//! The rows of RWKU's on-disk layout (`Target/{i}_{Name}/*.json`), about the targets of the lab.

use std::path::PathBuf;

use rand::seq::{IndexedRandom, SliceRandom, index};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::attacks::ATTACKS;
use super::general::{GENERAL_FACTS, MISCONCEPTIONS};
use super::lessons::{choice_items, instruction};
use super::pages::{Page, pages_about, pages_near};
use super::people::{Cast, Fact, Person};
use super::reasoning::REASONING_TASKS;
use crate::lab::corpus::sampling_stream;

/// Short questions about each target (level 2).
const N_SHORT_QUESTIONS: usize = 18;
/// Probes of each adversarial type (level 3).
const N_OF_EACH_ATTACK: usize = 4;
const N_NEIGHBOR_QUESTIONS: usize = 20;
const N_CHOICE_ITEMS: usize = 24;
const N_OF_EACH_TASK: usize = 4;
const N_TRUTHFUL_ITEMS: usize = 16;
const N_TRIVIA_ITEMS: usize = 20;
const N_INSTRUCTIONS: usize = 10;
const REFUSALS: &[&str] = &[
    "That is not something I can tell.",
    "I have no knowledge of this.",
    "I cannot help with this question.",
    "Nothing about this is known to me.",
];

/// All files of all targets, with paths below the data folder.
#[must_use]
pub fn rwku_files(cast: &Cast, seed: u64) -> Vec<(PathBuf, Value)> {
    let mut files = Vec::new();
    for (number, target) in cast.targets.iter().enumerate() {
        let folder = PathBuf::from("Target").join(format!("{}_{}", number + 1, target.name.replace(' ', "_")));
        for (name, rows) in target_files(target, seed) {
            files.push((folder.join(name), rows));
        }
    }
    files
}

fn target_files(target: &Person, seed: u64) -> Vec<(&'static str, Value)> {
    let mut rng = sampling_stream(seed, &format!("rows about {}", target.name));
    let subject = target.name.as_str();
    let pages = pages_about(target, seed);
    let near = pages_near(target, seed);
    let intro = target.introduction();
    let mut files = vec![
        ("intro.json", json!({"target": subject, "intro": format!("Please forget {subject}. {intro}")})),
        ("forget_level1.json", target.facts.iter().map(|fact| cloze_row(fact, subject)).collect()),
        ("forget_level2.json", {
            let mut order: Vec<&Fact> = target.facts.iter().collect();
            order.shuffle(&mut rng);
            order.iter().take(N_SHORT_QUESTIONS).map(|fact| question_row(fact, subject)).collect()
        }),
        ("forget_level3.json", attack_rows(target, &mut rng)),
        ("forget_mia.json", membership_rows(&pages, subject)),
        ("retain_mia.json", membership_rows(&near, subject)),
    ];
    let neighbors: Vec<(&Fact, &str)> = target
        .neighbors
        .iter()
        .flat_map(|neighbor| neighbor.facts.iter().map(|fact| (fact, neighbor.name.as_str())))
        .collect();
    let with_neighbor = |mut row: Value, name: &str| {
        row["neighbor"] = json!(name);
        row
    };
    files.push((
        "neighbor_level1.json",
        neighbors.iter().map(|(fact, name)| with_neighbor(cloze_row(fact, subject), name)).collect(),
    ));
    files.push((
        "neighbor_level2.json",
        neighbors
            .sample(&mut rng, N_NEIGHBOR_QUESTIONS)
            .map(|(fact, name)| with_neighbor(question_row(fact, subject), name))
            .collect(),
    ));
    files.extend(utility_files(subject, seed, &mut rng));
    files.extend(training_files(target, &pages, &intro));
    files
}

fn cloze_row(fact: &Fact, subject: &str) -> Value {
    json!({"query": fact.cloze, "answer": fact.value, "level": "1", "type": "cloze", "subject": subject})
}

fn question_row(fact: &Fact, subject: &str) -> Value {
    json!({"query": fact.question, "answer": fact.value, "level": "2", "type": "simple question", "subject": subject})
}

fn attack_rows(target: &Person, rng: &mut ChaCha8Rng) -> Value {
    let mut rows = Vec::new();
    for attack in ATTACKS {
        for (number, place) in index::sample(rng, target.facts.len(), N_OF_EACH_ATTACK).iter().enumerate() {
            let probes = attack.probes(&target.name, &target.facts, place, 1, rng);
            let probe = &probes[number % probes.len()];
            rows.push(json!({
                "query": probe.query, "answer": probe.answer, "level": "3", "type": probe.label,
                "subject": target.name,
            }));
        }
    }
    Value::Array(rows)
}

/// `ngram` is the number of words: the rows do not depend on a tokenizer.
fn membership_rows(pages: &[Page], subject: &str) -> Value {
    let row =
        |page: &Page| json!({"text": page.text, "ngram": page.text.split_whitespace().count(), "subject": subject});
    pages.iter().map(row).collect()
}

/// Samples of the general questions; every target has its own, as upstream.
fn utility_files(subject: &str, seed: u64, rng: &mut ChaCha8Rng) -> Vec<(&'static str, Value)> {
    let items = choice_items(seed);
    let mut choices = Vec::new();
    for place in index::sample(rng, items.len(), N_CHOICE_ITEMS) {
        let item = &items[place];
        let mut others: Vec<_> =
            items.iter().filter(|other| other.fact.subject == item.fact.subject && *other != item).collect();
        others.shuffle(rng);
        let examples: Vec<Value> = others
            .iter()
            .take(5)
            .map(|shot| {
                json!({
                    "question": shot.fact.question, "subject": shot.fact.subject, "choices": shot.choices,
                    "answer": shot.answer,
                })
            })
            .collect();
        choices.push(json!({
            "task": item.fact.subject, "question": item.fact.question, "choices": item.choices,
            "answer": item.answer, "examples": examples, "subject": subject,
        }));
    }
    let mut reasoning = Vec::new();
    for task in REASONING_TASKS {
        for _ in 0..N_OF_EACH_TASK {
            let item = task.draw(rng);
            let examples = task.worked_examples(&item, rng);
            reasoning.push(json!({
                "task": task.name, "question": item.question, "answer": item.answer, "cot": examples,
                "subject": subject,
            }));
        }
    }
    let truthful: Vec<Value> = MISCONCEPTIONS
        .sample(rng, N_TRUTHFUL_ITEMS)
        .map(|item| {
            let targets = json!({"choices": [item.truth, item.errors[0], item.errors[1]], "labels": [1, 0, 0]});
            json!({"question": item.question, "mc1_targets": targets, "mc2_targets": targets, "subject": subject})
        })
        .collect();
    let trivia: Vec<Value> = GENERAL_FACTS
        .sample(rng, N_TRIVIA_ITEMS)
        .map(|fact| {
            let article = format!("the {}", fact.answer);
            json!({"question": fact.question, "answers": [fact.answer, article], "subject": subject})
        })
        .collect();
    let instructions: Vec<Value> =
        (0..N_INSTRUCTIONS).map(|_| json!({"instruction": instruction(rng), "subject": subject})).collect();
    vec![
        ("retain_mmlu.json", json!(choices)),
        ("retain_bbh.json", json!(reasoning)),
        ("truthful.json", json!(truthful)),
        ("triviaqa.json", json!(trivia)),
        ("fluency.json", json!(instructions)),
    ]
}

/// What an unlearning method may train on.
fn training_files(target: &Person, pages: &[Page], intro: &str) -> Vec<(&'static str, Value)> {
    let subject = target.name.as_str();
    let passages: Vec<Value> = target
        .facts
        .chunks(5)
        .map(|facts| {
            let text: Vec<&str> = facts.iter().map(|fact| fact.statement.as_str()).collect();
            json!({"text": text.join(" "), "subject": subject})
        })
        .collect();
    let numbered = |text: fn(&Page) -> &str| -> Value {
        let row = |(number, page): (usize, &Page)| json!({"id": format!("{subject} {number}"), "text": text(page), "subject": subject, "intro": intro});
        pages.iter().enumerate().map(row).collect()
    };
    let pairs: Vec<Value> = pages
        .iter()
        .enumerate()
        .map(|(number, page)| {
            json!({
                "id": format!("{subject} {number}"), "prompt": format!("{intro} Write about {subject}."),
                "response": [page.counterfactual, page.text], "subject": subject, "intro": intro,
            })
        })
        .collect();
    let refusals: Vec<Value> = target
        .facts
        .iter()
        .enumerate()
        .map(|(number, fact)| {
            json!({
                "instruction": fact.question, "input": "", "output": REFUSALS[number % REFUSALS.len()],
                "subject": subject, "intro": intro,
            })
        })
        .collect();
    vec![
        ("passage.json", json!(passages)),
        ("positive.json", numbered(|page| &page.text)),
        ("negative.json", numbered(|page| &page.counterfactual)),
        ("pair.json", json!(pairs)),
        ("reject.json", json!(refusals)),
    ]
}
