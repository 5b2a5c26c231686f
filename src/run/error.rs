//! Why a run did not end as asked.

use std::path::PathBuf;

use crate::backend::{Capability, Halt, OpenError};
use crate::dataset::DataError;
use crate::probe::ProbeError;
use crate::record::RecordError;
use crate::report::ReportError;
use crate::suite::{SizeKind, SuiteError};

/// A run that was refused or stopped. Whatever was answered before is in the record.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("use the prompt file {}: {reason}", path.display())]
    PromptFile { path: std::path::PathBuf, reason: String },
    #[error(
        "{model} cannot be paired with {other}: their {what} differ, and unlearning changes weights alone; where answers end and what a \
         token's likelihood is would differ for another reason. Give models that share them, or run them apart"
    )]
    NotAlike { model: String, other: String, what: &'static str },
    #[error(
        "task `{task}` has an axis, but its first metric `{metric}` falls with what is known; name one first that rises with it"
    )]
    AxisMetric { task: String, metric: String },
    #[error(
        "task `{task}` has no message that could begin with the instruction of --in-context-unlearning; leave it out with --task"
    )]
    NoInstruction { task: String },
    #[error(transparent)]
    Agent(#[from] crate::agent::http::AgentFault),
    #[error(transparent)]
    Import(#[from] super::judge::ImportError),
    #[error("read the titles of {file}: {reason}")]
    Films { file: String, reason: String },
    #[error(
        "{judge} judges task `{task}` by phrases that its data do not carry; name a model as --judge, or leave --judge out and export the answers"
    )]
    NoRules { judge: String, task: String },
    #[error(
        "the agent `{agent}` searches by vectors, and no model makes them; give --embedder, e.g. --embedder builtin:extractive"
    )]
    NoEmbedder { agent: &'static str },
    #[error("no suite of this run asks an agent with a memory; leave --agent out, or name memory-agent-bench or stale")]
    NoAgentAsked,
    #[error("judge `{item}`: {source}, in `metadata.question_types` of the data")]
    QuestionType { item: String, source: crate::scoring::memory::chat_judge::UnknownQuestionType },
    #[error(
        "--epochs asks every question again, and suite `{suite}` counts each scenario once; leave it out, or have the judge read each answer again with --judge-repeats"
    )]
    RepeatedScenarios { suite: String },
    #[error("{option} would change nothing: {reason}; leave it out")]
    IdleOption { option: &'static str, reason: &'static str },
    #[error("several agents are named, but {suites} asks no agent and would be asked once for each; run it apart")]
    AgentsApart { suites: String },
    #[error("use the judge's instructions {}: {reason}", path.display())]
    JudgePrompt { path: std::path::PathBuf, reason: String },
    #[error(transparent)]
    Suite(#[from] SuiteError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Model(#[from] OpenError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(
        "hf:{id} is a model of the published collection without a pinned revision; its weights of every step are revisions of their own, so name one: hf:{id}@{revision} holds the final weights"
    )]
    UnpinnedModel { id: String, revision: String },
    #[error("no published model is called `{wanted}`; give --published-as one of: {known}")]
    UnknownPublished { wanted: String, known: String },
    #[error("no model under test; give --model, e.g. --model builtin:perturbed")]
    NoModel,
    #[error(
        "task `{task}` of suite `{suite}` needs `{capability}` ({reason}), which {model} cannot do; use a model that can, or leave the task out with --task"
    )]
    MissingCapability { suite: String, task: String, model: String, capability: Capability, reason: &'static str },
    #[error("no task of suite `{suite}` matches --task {pattern} in size {size}; there are: {known}")]
    NoTask { suite: String, pattern: String, size: SizeKind, known: String },
    #[error(
        "the stated cutoff of {model} is {cutoff}, but the last value of the series is of {last}: no value would be after it; bring later values (--size FOLDER), correct the cutoff, or leave it out to ask without before and after"
    )]
    CutoffAfterData { model: String, cutoff: String, last: String },
    #[error("--{option} names `{name}`, but no model of this run is called so; there are: {known}")]
    UnknownCutoffModel { option: &'static str, name: String, known: String },
    #[error("no item is left to ask: {why}")]
    NoItem { why: String },
    #[error("the suite `{suite}` is named twice; name it once")]
    RepeatedSuite { suite: String },
    #[error("{}: the run holds no answers of suite `{suite}`; replay a run that asked it", run.display())]
    NotReplayable { run: PathBuf, suite: String },
    #[error(
        "{}: no model under test of the run remembers with `{wanted}`; it has {}, so give --agent one of them", run.display(), known.join(", ")
    )]
    NotReplayedWith { run: PathBuf, wanted: String, known: Vec<String> },
    #[error("{}: the run has {found} models under test; name one of its cells, e.g. cells/SUITE/MODEL", run.display())]
    AmbiguousReplay { run: PathBuf, found: usize },
    #[error("interrupted; every finished answer is saved. Go on with: mnemoscope run --resume {}", shell_word(out))]
    Interrupted { out: PathBuf },
    #[error("{halt}. Go on with: mnemoscope run --resume {}", shell_word(out))]
    Halted { halt: Halt, out: PathBuf },
    #[error("there is no attack `{attack}`; `mnemoscope list attacks` shows all")]
    UnknownAttack { attack: String },
    #[error("task `{task}` has no attack left of --attacks; it runs: {known}")]
    NoAttackLeft { task: String, known: String },
    #[error("no task of this plan asks a {role}; leave --{role} out")]
    RoleNotAsked { role: &'static str },
    #[error(
        "the statistics of task `{task}`, metric `{metric}` refused their input: {reason}; this is a bug, please report it"
    )]
    Statistics { task: String, metric: String, reason: String },
}

impl RunError {
    /// The data on disk are not what the suite pinned.
    #[must_use]
    pub fn is_data_mismatch(&self) -> bool {
        match self {
            Self::Suite(error) => error.is_data_mismatch(),
            Self::Data(error) => error.is_data_mismatch(),
            Self::Record(error) => matches!(error, RecordError::HashMismatch { .. }),
            _ => false,
        }
    }

    /// Nothing was selected.
    #[must_use]
    pub fn is_empty_selection(&self) -> bool {
        matches!(self, Self::NoTask { .. } | Self::NoItem { .. })
    }
}

/// A path as a shell reads it back as one word.
fn shell_word(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ':' | '+' | '@'));
    if is_plain && !text.is_empty() { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_to_go_on_with_survives_a_folder_with_a_space() {
        let error = RunError::Interrupted { out: "my runs/it's".into() };
        assert!(error.to_string().ends_with(r"--resume 'my runs/it'\''s'"), "{error}");
        let error = RunError::Interrupted { out: "runs/a-1".into() };
        assert!(error.to_string().ends_with("--resume runs/a-1"), "{error}");
    }
}
