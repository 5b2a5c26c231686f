//! RWKU's rows as items: questions about a target and its neighbours, texts, and the samples of general benchmarks.
//!
//! Columns as in upstream's files and configs (`process/data_process.py` of jinzhuoran/RWKU). The target is the cluster of every row; an
//! item is named by its target and its place among the target's rows, so that a folder and a config give the same names.

mod attack;
mod benchmark;
mod folder;
mod probe;

pub use attack::{ATTACKS, canonical_attack};
pub(super) use benchmark::{bbh, fluency, mmlu, triviaqa, truthfulqa};
pub(super) use folder::check_targets;
pub(super) use probe::{probes, texts};

use std::collections::{BTreeMap, btree_map::Entry};

use serde_json::Value;

use super::error::DataError;
use super::item::Item;
use super::row::Row;

/// Names items by their targets and counts the rows of each.
#[derive(Default)]
struct Targets<'a>(BTreeMap<&'a str, usize>);

impl<'a> Targets<'a> {
    /// The item of a row with its target as cluster; what it holds is added by the caller.
    fn item(&mut self, row: &'a Row) -> Result<Item, DataError> {
        let subject = row.text("subject")?;
        if subject.trim().is_empty() {
            return Err(row.wrong("subject", &Value::from(subject), "the target's name"));
        }
        let place = match self.0.entry(subject) {
            Entry::Vacant(entry) => *entry.insert(0),
            Entry::Occupied(mut entry) => {
                *entry.get_mut() += 1;
                *entry.get()
            }
        };
        let fields = BTreeMap::from([("subject".to_owned(), Value::from(subject))]);
        Ok(Item {
            id: format!("{subject}/{place}"),
            cluster: subject.to_owned(),
            copies: None,
            text: String::new(),
            choices: Vec::new(),
            answer: None,
            history: None,
            fields,
        })
    }
}

/// A text that must have something in it.
fn filled<'r>(row: &'r Row, field: &str) -> Result<&'r str, DataError> {
    let text = row.text(field)?;
    if text.trim().is_empty() {
        Err(row.wrong(field, &Value::from(text), "a text with something in it"))
    } else {
        Ok(text)
    }
}

fn keep(item: &mut Item, row: &Row, fields: &[&str]) {
    for field in fields {
        if let Some(value) = row.get(field) {
            item.fields.insert((*field).to_owned(), value.clone());
        }
    }
}
