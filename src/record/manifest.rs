//! `run.json`: who asked whom what, with which versions, when and where.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic::write_atomically;
use super::canonical::pretty_sorted;
use super::document::read_document;
use super::error::RecordError;
use super::event::SessionEnd;
use super::hardware::Hardware;
use super::memory_times::MemoryTimes;
use super::plan::RunPlan;
use super::role::Role;
use super::spent::Spent;
use crate::redact::redact_command_line;

/// Version of the layout of `run.json`. A field with meaning bumps it.
pub const MANIFEST_SCHEMA: u32 = 1;

/// Everything about a run that is not an answer or an aggregate.
///
/// The only file besides the journals that holds times, costs and the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunManifest {
    pub schema: u32,
    pub harness_version: String,
    /// As typed, secrets replaced; of the first session.
    pub command_line: Vec<String>,
    /// UTC, RFC 3339 with seconds, like all times here.
    pub created_utc: String,
    pub updated_utc: String,
    /// `None`: not finished.
    pub finished_utc: Option<String>,
    /// What must be equal when the run is continued.
    pub plan: RunPlan,
    pub hardware: Hardware,
    /// In order; the last one may be running.
    pub sessions: Vec<Session>,
    /// Over all sessions.
    pub counts: Counts,
    /// `None`: unknown (no price for a model), which is not zero.
    pub cost: Option<Cost>,
    /// What endpoints were asked, over all sessions; `None`: none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Spent>,
    /// How long agents took, over all sessions; empty where none was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memory_times: Vec<MemoryTimes>,
}

/// One call of the program that worked on this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub started_utc: String,
    /// `None`: running, or killed.
    pub ended_utc: Option<String>,
    /// `None`: running, or killed.
    pub ended: Option<SessionEnd>,
    pub harness_version: String,
    pub command_line: Vec<String>,
    pub hardware: Hardware,
}

/// Requests of all cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub planned: u64,
    pub answered: u64,
    pub failed: u64,
}

/// Money spent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    pub amount: f64,
    /// E.g. `USD`.
    pub currency: String,
    /// Counted with a local tokenizer, since a reply gave no usage.
    pub is_estimated: bool,
}

impl RunManifest {
    /// The manifest of a run that begins now, with its first session open.
    ///
    /// `command_line` is redacted here.
    #[must_use]
    pub fn begin(plan: RunPlan, harness_version: &str, command_line: &[String]) -> Self {
        let now = utc_now();
        let hardware = Hardware::of_this_machine();
        let mut manifest = Self {
            schema: MANIFEST_SCHEMA,
            harness_version: harness_version.to_owned(),
            command_line: redact_command_line(command_line),
            created_utc: now.clone(),
            updated_utc: now,
            finished_utc: None,
            plan,
            hardware,
            sessions: Vec::new(),
            counts: Counts::default(),
            cost: None,
            traffic: None,
            memory_times: Vec::new(),
        };
        manifest.open_session(harness_version, command_line);
        manifest
    }

    /// Adds a session that begins now; `command_line` is redacted here.
    pub fn open_session(&mut self, harness_version: &str, command_line: &[String]) {
        let now = utc_now();
        self.updated_utc.clone_from(&now);
        self.finished_utc = None;
        self.sessions.push(Session {
            started_utc: now,
            ended_utc: None,
            ended: None,
            harness_version: harness_version.to_owned(),
            command_line: redact_command_line(command_line),
            hardware: Hardware::of_this_machine(),
        });
    }

    /// Closes the last session now; a finished one finishes the run.
    pub fn close_session(&mut self, how: SessionEnd) {
        let now = utc_now();
        self.updated_utc.clone_from(&now);
        if let Some(session) = self.sessions.last_mut() {
            session.ended_utc = Some(now.clone());
            session.ended = Some(how);
        }
        self.finished_utc = (how == SessionEnd::Finished).then_some(now);
    }

    /// Takes over the judges of a plan that the record does not know, and how they are to judge.
    pub fn admit_judges(&mut self, plan: &RunPlan) {
        for model in plan.models.iter().filter(|model| model.role == Role::Judge) {
            if !self.plan.models.iter().any(|known| known.slug == model.slug) {
                self.plan.models.push(model.clone());
            }
        }
        if let (Some(recorded), Some(wanted)) = (&mut self.plan.memory, &plan.memory) {
            recorded.judge_repeats = wanted.judge_repeats;
            recorded.judge_prompt.clone_from(&wanted.judge_prompt);
            recorded.judge_prompt_sha256.clone_from(&wanted.judge_prompt_sha256);
        }
    }

    /// Refuses a plan that differs from the recorded one.
    ///
    /// # Errors
    /// [`RecordError::PlanChanged`] with every difference; `path` is the run folder, for the message.
    pub fn check_resume(&self, path: &Path, resumed: &RunPlan) -> Result<(), RecordError> {
        let differences = self.plan.differences(resumed);
        if differences.is_empty() {
            return Ok(());
        }
        Err(RecordError::PlanChanged { path: path.to_path_buf(), differences })
    }

    /// Writes `run.json` whole.
    ///
    /// # Errors
    /// [`RecordError::Disk`]; [`RecordError::NonFinite`] for a cost that is no number.
    pub fn write(&self, path: &Path) -> Result<(), RecordError> {
        write_atomically(path, &pretty_sorted("run.json", self)?)
    }

    /// Reads a `run.json`.
    ///
    /// # Errors
    /// [`RecordError::Disk`], [`RecordError::BadDocument`], [`RecordError::NewerSchema`].
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        read_document(path, MANIFEST_SCHEMA)
    }
}

/// The time now, e.g. `2026-02-03T04:05:06Z`.
#[must_use]
pub fn utc_now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::plan;
    use super::*;

    fn manifest() -> RunManifest {
        RunManifest::begin(plan(), "0.1.0", &["run".into(), "--api-key".into(), "hunter2".into()])
    }

    #[test]
    fn a_manifest_comes_back_as_it_was_and_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        let mut manifest = manifest();
        manifest.cost = Some(Cost { amount: 0.1 + 0.2, currency: "USD".into(), is_estimated: true });
        manifest.write(&path).unwrap();
        assert_eq!(RunManifest::read(&path).unwrap(), manifest);
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"));
    }

    #[test]
    fn sessions_add_up_and_the_run_is_finished_by_the_last() {
        let mut manifest = manifest();
        manifest.close_session(SessionEnd::Interrupted);
        assert_eq!(manifest.finished_utc, None);
        manifest.open_session("0.1.1", &["run".into(), "--resume".into()]);
        assert_eq!(manifest.sessions[1].ended, None);
        manifest.close_session(SessionEnd::Finished);
        let ends: Vec<_> = manifest.sessions.iter().map(|s| s.ended).collect();
        assert_eq!(ends, [Some(SessionEnd::Interrupted), Some(SessionEnd::Finished)]);
        assert_eq!(manifest.finished_utc, manifest.sessions[1].ended_utc);
    }

    #[test]
    fn a_changed_plan_is_refused_with_all_differences_and_the_way_out() {
        let mut resumed = plan();
        resumed.seed = 1;
        resumed.suites[0].hash = "ee".into();
        let message = manifest().check_resume(Path::new("runs/a"), &resumed).unwrap_err().to_string();
        assert!(message.starts_with("resume the run runs/a: the seed was 7 and is now 1; the hash of"), "{message}");
        assert!(message.ends_with("or start a new run with --out"), "{message}");
        assert!(manifest().check_resume(Path::new("runs/a"), &plan()).is_ok());
    }

    #[test]
    fn a_newer_manifest_is_refused_by_its_schema_and_an_unknown_field_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        std::fs::write(&path, r#"{"schema": 99}"#).unwrap();
        assert!(matches!(RunManifest::read(&path), Err(RecordError::NewerSchema { found: 99, known: 1, .. })));
        let mut value = serde_json::to_value(manifest()).unwrap();
        value["note"] = "by a later writer of the same schema".into();
        std::fs::write(&path, value.to_string()).unwrap();
        assert_eq!(RunManifest::read(&path).unwrap().plan, plan());
    }

    #[test]
    fn the_clock_speaks_utc_with_seconds() {
        let now = utc_now();
        assert_eq!(now.len(), "2026-02-03T04:05:06Z".len(), "{now}");
        assert!(now.parse::<jiff::Timestamp>().is_ok(), "{now}");
    }
}
