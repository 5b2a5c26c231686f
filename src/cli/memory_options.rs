//! Options of `run` about memory agents and judges.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::error::CliError;
use crate::agent::http::HttpAgentOptions;
use crate::agent::settings::{AgentKind, AgentWishes, Truncation};
use crate::dataset::memory::chunk::Chunking;
use crate::record::MemoryPlan;
use crate::run::{AgentSet, JudgeWishes, MemoryWishes, RunError};

/// How contexts are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ChunkingWord {
    /// As upstream, with its quirks.
    Compat,
    /// Without them: no empty piece, no number parted from its fact, no piece over the budget.
    Strict,
}

#[derive(Debug, Default, Args)]
pub(super) struct MemoryArgs {
    /// What each model remembers with: long-context, bm25, embedding, hybrid, state-store, http:URL or none (repeatable: each model is
    /// asked with each) [default: long-context]
    #[arg(long = "agent", value_name = "AGENT", value_parser = |text: &str| text.parse::<AgentKind>().map_err(|error| error.to_string()))]
    agents: Vec<AgentKind>,
    /// Pieces that a searching agent shows [default: the suite's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    top_k: Option<u32>,
    /// Most tokens (o200k_base) of a memorised piece [default: the suite's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    chunk_tokens: Option<u32>,
    /// How contexts are cut, and what is searched for [default: strict]
    #[arg(long, value_name = "HOW")]
    chunking: Option<ChunkingWord>,
    /// Nominal tokens that a searching agent may hold; older pieces are dropped [default: all are held]
    #[arg(long, value_name = "N")]
    memory_tokens: Option<u32>,
    /// What becomes of a history that is longer than the model's window: tail (its last tokens are kept), evidence (sessions go, never those
    /// with the evidence: compares windows, not memories) or forbid [default: tail for memory-agent-bench, forbid for stale]
    #[arg(long, value_name = "HOW")]
    truncate: Option<Truncation>,
    /// Seconds that an agent behind HTTP may take for one reply [default: 120]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    agent_timeout: Option<f64>,
    /// Seconds that it may take after the last piece until all is memorised [default: 600]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    agent_ready_within: Option<f64>,
    /// Attempts of one request to it [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    agent_attempts: Option<u32>,
    /// Verdicts of each judge on each answer; the majority counts [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    judge_repeats: Option<u32>,
    /// The judge's instructions for changed states in place of our own, e.g. upstream's text; its hash goes into the record.
    #[arg(long, value_name = "FILE")]
    judge_prompt: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err(format!("`{text}` is no number of seconds above 0 and up to a day")),
    }
}

impl MemoryArgs {
    /// What was typed, checked.
    ///
    /// # Errors
    /// The judge's instructions cannot be read.
    pub(super) fn wishes(&self) -> Result<MemoryWishes, CliError> {
        let size = |n: Option<u32>| n.and_then(|n| usize::try_from(n).ok());
        let mut kinds: Vec<AgentKind> = Vec::new();
        for kind in &self.agents {
            if !kinds.contains(kind) {
                kinds.push(kind.clone());
            }
        }
        let http = HttpAgentOptions::default();
        Ok(MemoryWishes {
            agents: AgentSet {
                kinds,
                wishes: AgentWishes {
                    top_k: size(self.top_k),
                    chunk_tokens: size(self.chunk_tokens),
                    chunking: match self.chunking {
                        Some(ChunkingWord::Compat) => Chunking::Compat,
                        Some(ChunkingWord::Strict) | None => Chunking::Strict,
                    },
                    memory_tokens: self.memory_tokens,
                    truncation: self.truncate,
                },
            },
            http: HttpAgentOptions {
                timeout: self.agent_timeout.map_or(http.timeout, Duration::from_secs_f64),
                ready_within: self.agent_ready_within.map_or(http.ready_within, Duration::from_secs_f64),
                attempts: self.agent_attempts.unwrap_or(http.attempts),
                ..http
            },
            judging: judging(self.judge_repeats, self.judge_prompt.clone())?,
        })
    }

    /// Takes over from the record what the call does not name.
    ///
    /// # Errors
    /// The recorded instructions of the judge cannot be read any more.
    pub(super) fn recall(&self, recorded: &MemoryPlan, wishes: &mut MemoryWishes) -> Result<(), CliError> {
        let known: AgentWishes = serde_json::from_value(recorded.wishes.clone()).unwrap_or_default();
        let agents = &mut wishes.agents;
        if self.agents.is_empty() {
            agents.kinds = recorded.agents.iter().filter_map(|text| text.parse().ok()).collect();
        }
        let own = &mut agents.wishes;
        own.top_k = own.top_k.or(known.top_k);
        own.chunk_tokens = own.chunk_tokens.or(known.chunk_tokens);
        own.chunking = if self.chunking.is_some() { own.chunking } else { known.chunking };
        own.memory_tokens = own.memory_tokens.or(known.memory_tokens);
        own.truncation = own.truncation.or(known.truncation);
        let prompt = self.judge_prompt.clone().or_else(|| recorded.judge_prompt.as_ref().map(PathBuf::from));
        wishes.judging = judging(self.judge_repeats.or(Some(recorded.judge_repeats)), prompt)?;
        Ok(())
    }
}

/// Repeats and instructions, the file read.
pub(super) fn judging(repeats: Option<u32>, prompt_file: Option<PathBuf>) -> Result<JudgeWishes, CliError> {
    let prompt = match &prompt_file {
        None => None,
        Some(path) => {
            let fault = |reason: String| RunError::JudgePrompt { path: path.clone(), reason };
            let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
            if text.trim().is_empty() {
                return Err(fault("it is empty".to_owned()).into());
            }
            Some(text)
        }
    };
    Ok(JudgeWishes { repeats: repeats.unwrap_or(1), prompt_file, prompt })
}
