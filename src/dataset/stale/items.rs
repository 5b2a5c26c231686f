//! Scenarios as items: three questions each, and four of its negative controls. Out of a file they are read once, and only what is asked
//! and judged stays in memory; sessions are read again when their turn has come.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::conflict::Dimension;
use super::control::{Control, ControlScenario, negative_control};
use super::error::ScenarioError;
use super::reader::ScenarioReader;
use super::scenario::{Scenario, Session, Speaker};
use crate::dataset::history::{Held, History, RecordFile};
use crate::dataset::item::Item;

/// Which questions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Of the scenarios: three each.
    Scenarios,
    /// Of their negative controls: two of each of the two.
    Controls,
}

/// Items of all scenarios of a stream. `path`: the file that the stream is of, where sessions can be read again from it.
///
/// # Errors
/// The first record that is not one.
pub fn stale_items(
    reader: impl BufRead,
    shown: &str,
    path: Option<&Path>,
    asked: Asked,
) -> Result<(Vec<Item>, usize), ScenarioError> {
    let file = path.map(|path| Arc::new(RecordFile { path: path.to_owned(), shown: shown.to_owned() }));
    let mut reader = ScenarioReader::new(shown, reader, None);
    let (mut items, mut n_scenarios) = (Vec::new(), 0);
    while let Some(scenario) = reader.next() {
        let scenario = scenario?;
        n_scenarios += 1;
        let (from, n_bytes) = reader.last_record();
        let about = about(&scenario);
        let controls: &[Option<Control>] = match asked {
            Asked::Scenarios => &[None],
            Asked::Controls => &[Some(Control::Removed), Some(Control::Replaced)],
        };
        let shared = file.is_none().then(|| Arc::new(scenario.clone()));
        for &control in controls {
            let held = match (&file, &shared) {
                (Some(file), _) => Held::InFile { file: Arc::clone(file), from, n_bytes, control },
                (None, Some(scenario)) => Held::Scenario { scenario: Arc::clone(scenario), control },
                (None, None) => continue,
            };
            items.extend(items_of(&scenario, control, held, &about));
        }
    }
    Ok((items, n_scenarios))
}

/// What of a scenario is wanted after its sessions have gone.
fn about(scenario: &Scenario) -> BTreeMap<String, Value> {
    let evidence = scenario.evidence;
    let time = |index: usize| scenario.sessions.get(index).and_then(|session| session.time.clone());
    let mut fields = BTreeMap::new();
    for (name, value) in [
        ("uid", json!(scenario.uid)),
        ("type", json!(scenario.conflict.as_str())),
        ("M_old", json!(scenario.old_state)),
        ("M_new", json!(scenario.new_state)),
        ("explanation", json!(scenario.explanation)),
        ("n_sessions", json!(scenario.sessions.len())),
        ("old_session", json!(evidence.old)),
        ("new_session", json!(evidence.new)),
        ("old_time", json!(time(evidence.old))),
        ("new_time", json!(time(evidence.new))),
        ("rules", json!(scenario.rules)),
    ] {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    }
    fields
}

fn items_of(scenario: &Scenario, control: Option<Control>, held: Held, about: &BTreeMap<String, Value>) -> Vec<Item> {
    let (uid, sha256) = match control {
        None => (scenario.uid.clone(), digest(&scenario.sessions)),
        Some(control) => {
            let made = negative_control(scenario, control);
            let sha256 = digest(&made.sessions);
            (made.uid, sha256)
        }
    };
    let history = Arc::new(History { id: uid.clone(), source: "stale".to_owned(), sha256, held });
    let dimensions: &[Dimension] = if control.is_some() { &ControlScenario::DIMENSIONS } else { &Dimension::ALL };
    let item = |dimension: &Dimension| {
        let mut fields = about.clone();
        fields.insert("query".to_owned(), json!(scenario.query(*dimension)));
        fields.insert("dimension".to_owned(), json!(dimension.as_str()));
        if let Some(control) = control {
            fields.insert("control".to_owned(), json!(control.as_str()));
        }
        Item {
            id: format!("{uid}/{dimension}"),
            cluster: scenario.uid.clone(),
            copies: None,
            text: String::new(),
            choices: Vec::new(),
            answer: None,
            history: Some(Arc::clone(&history)),
            fields,
        }
    };
    dimensions.iter().map(item).collect()
}

/// Over times, speakers and texts.
fn digest(sessions: &[Session]) -> String {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for session in sessions {
        part(session.time.as_deref().unwrap_or_default().as_bytes());
        for turn in &session.turns {
            part(if turn.speaker == Speaker::User { b"user" } else { b"assistant" });
            part(turn.content.as_bytes());
        }
    }
    crate::digest::hex(&hasher.finalize())
}
