//! What an agent memorises before it is asked: one long context, or a history of dated sessions.
//!
//! Items of one history share it. Histories of a large file stay on the disk and are read when their turn has come, so that a file of
//! 306 MB never is in memory as a whole.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use super::error::DataError;
use super::stale::{Control, ControlScenario, Evidence, Scenario, ScenarioError, ScenarioReader, negative_control};

/// A history and where its text is.
#[derive(Debug, PartialEq)]
pub struct History {
    /// Unique in the data of a suite, e.g. `Accurate_Retrieval/0`, or the uid of a scenario.
    pub id: String,
    /// The data set that it belongs to, e.g. `ruler_qa1_197K`.
    pub source: String,
    /// Hex SHA-256 of the text that is memorised.
    pub sha256: String,
    pub(super) held: Held,
}

#[derive(Debug, PartialEq)]
pub(super) enum Held {
    Context(Arc<str>),
    Scenario { scenario: Arc<Scenario>, control: Option<Control> },
    InFile { file: Arc<RecordFile>, from: u64, n_bytes: u64, control: Option<Control> },
}

/// A file of scenarios that is read record by record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RecordFile {
    pub path: PathBuf,
    /// The name for messages.
    pub shown: String,
}

/// A history that is in memory.
#[derive(Debug, Clone, PartialEq)]
pub enum OpenHistory {
    Context(Arc<str>),
    /// Sessions in the order of time. Of a negative control, its sessions with its first two questions.
    Sessions(Arc<Scenario>),
}

impl History {
    /// A context that is in memory already.
    #[must_use]
    pub fn of_context(id: String, source: String, context: &str) -> Self {
        let sha256 = crate::digest::sha256_hex(context.as_bytes());
        Self { id, source, sha256, held: Held::Context(context.into()) }
    }

    /// Brings the text into memory.
    ///
    /// # Errors
    /// The file has gone, or holds something else by now.
    pub fn open(&self) -> Result<OpenHistory, DataError> {
        match &self.held {
            Held::Context(context) => Ok(OpenHistory::Context(Arc::clone(context))),
            Held::Scenario { scenario, control: None } => Ok(OpenHistory::Sessions(Arc::clone(scenario))),
            Held::Scenario { scenario, control: Some(control) } => {
                Ok(OpenHistory::Sessions(Arc::new(as_scenario(scenario, *control))))
            }
            Held::InFile { file, from, n_bytes, control } => {
                let scenario = file.read(*from, *n_bytes)?;
                let scenario = match control {
                    Some(control) => as_scenario(&scenario, *control),
                    None => scenario,
                };
                Ok(OpenHistory::Sessions(Arc::new(scenario)))
            }
        }
    }
}

impl RecordFile {
    fn read(&self, from: u64, n_bytes: u64) -> Result<Scenario, DataError> {
        let unreadable = |source| DataError::Unreadable { file: self.shown.clone(), source };
        let mut file = File::open(&self.path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
        // As a list of one: the reader knows records.
        let record = (&b"["[..]).chain(file.take(n_bytes)).chain(&b"]"[..]);
        let mut reader = ScenarioReader::new(&self.shown, BufReader::new(record), None);
        match reader.next() {
            Some(Ok(scenario)) => Ok(scenario),
            Some(Err(error)) => Err(DataError::Scenario(Box::new(error))),
            None => Err(DataError::Scenario(Box::new(ScenarioError::NotAList {
                file: self.shown.clone(),
                line: 1,
                reason: "the file has changed while it was used".to_owned(),
            }))),
        }
    }
}

/// A negative control in the shape of a scenario. Where the new evidence was taken out, what stands in its place is kept when a history
/// is trimmed.
fn as_scenario(scenario: &Scenario, control: Control) -> Scenario {
    let ControlScenario { uid, sessions, evidence, .. } = negative_control(scenario, control);
    let new = scenario.evidence.new.min(sessions.len().saturating_sub(1)).max(evidence);
    let [first, second, _] = &scenario.queries;
    Scenario {
        uid,
        conflict: scenario.conflict,
        old_state: scenario.old_state.clone(),
        new_state: String::new(),
        explanation: String::new(),
        queries: [first.clone(), second.clone(), String::new()],
        sessions,
        evidence: Evidence { old: evidence, new },
        rules: scenario.rules.clone(),
    }
}
