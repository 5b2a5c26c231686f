//! The rows of MUSE's layout about the same people: verbatim memory, knowledge, and traces of membership.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::pages::{N_PAGES, Page, pages_about, pages_near};
use super::people::{Cast, Fact, Person};

/// Rows of each kind that each target gives.
const N_ROWS_OF_A_TARGET: usize = 12;
/// Solved questions before a knowledge question.
const N_SOLVED: usize = 5;
/// Share of a page's words that the model is given, in percent.
const PROMPT_PERCENT: usize = 40;

/// All files, with paths below the data folder.
#[must_use]
pub fn muse_files(cast: &Cast, seed: u64) -> Vec<(PathBuf, Value)> {
    let pages = |people: &[Person], of: fn(&Person, u64) -> Vec<Page>| -> Vec<Page> {
        people.iter().flat_map(|person| of(person, seed).into_iter().step_by(N_PAGES / N_ROWS_OF_A_TARGET)).collect()
    };
    let texts = |pages: &[Page]| -> Value { pages.iter().map(|page| json!({"text": page.text})).collect() };
    let forget = pages(&cast.targets, pages_about);
    let (mut forget_qa, mut forget_solved) = (Vec::new(), Vec::new());
    let (mut retain_qa, mut retain_solved) = (Vec::new(), Vec::new());
    for target in &cast.targets {
        split(target.facts.iter(), &mut forget_qa, &mut forget_solved);
        split(target.neighbors.iter().flat_map(|near| &near.facts), &mut retain_qa, &mut retain_solved);
    }
    forget_solved.truncate(N_SOLVED);
    retain_solved.truncate(N_SOLVED);
    vec![
        ("verbmem/forget.json".into(), forget.iter().map(|page| verbatim_row(&page.text)).collect()),
        ("knowmem/forget_qa.json".into(), json!(forget_qa)),
        ("knowmem/retain_qa.json".into(), json!(retain_qa)),
        ("knowmem/forget_qa_icl.json".into(), json!(forget_solved)),
        ("knowmem/retain_qa_icl.json".into(), json!(retain_solved)),
        ("privleak/forget.json".into(), texts(&forget)),
        ("privleak/retain.json".into(), texts(&pages(&cast.targets, pages_near))),
        ("privleak/holdout.json".into(), texts(&pages(&cast.holdout, pages_about))),
    ]
}

/// The first facts are asked, two of the others can be shown solved.
fn split<'a>(facts: impl Iterator<Item = &'a Fact>, asked: &mut Vec<Value>, solved: &mut Vec<Value>) {
    for (number, fact) in facts.enumerate() {
        let row = json!({"question": fact.question, "answer": fact.value});
        if number < N_ROWS_OF_A_TARGET {
            asked.push(row);
        } else if number < N_ROWS_OF_A_TARGET + 2 {
            solved.push(row);
        }
    }
}

fn verbatim_row(text: &str) -> Value {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (prompt, rest) = words.split_at(words.len() * PROMPT_PERCENT / 100);
    json!({"prompt": prompt.join(" "), "gt": rest.join(" ")})
}
