//! Options about memory that nothing in a run would heed: refused, since who gives one expects it to count.

use super::{MemoryWishes, PlannedSuite};
use crate::agent::http::HttpAgentOptions;
use crate::agent::settings::{AgentKind, Truncation};
use crate::dataset::memory::chunk::Chunking;
use crate::run::error::RunError;
use crate::suite::Probe;

/// Refuses what the agents and tasks of a run do not heed.
///
/// # Errors
/// [`RunError::IdleOption`], of the first such option.
pub(super) fn refuse_idle(
    wishes: &MemoryWishes,
    has_judge: bool,
    kinds: &[AgentKind],
    suites: &[PlannedSuite],
) -> Result<(), RunError> {
    let probes = || suites.iter().flat_map(|planned| &planned.tasks).map(|task| &task.probe);
    let asks_contexts = probes().any(|probe| matches!(probe, Probe::Memory(_)));
    let asks_states = probes().any(|probe| matches!(probe, Probe::State(_)));
    let searches = kinds.iter().any(AgentKind::searches);
    let is_shown_some = searches || kinds.iter().any(|kind| matches!(kind, AgentKind::Http(_)));
    let remembers = kinds.iter().any(|kind| *kind != AgentKind::None);
    let reads_all = kinds.contains(&AgentKind::LongContext);
    let own = &wishes.agents.wishes;
    let chunks = asks_contexts && remembers;
    let has_system = kinds.iter().any(|kind| matches!(kind, AgentKind::Http(_)));
    let rules: [(bool, bool, &'static str, &'static str); 9] = [
        (
            own.top_k.is_some(),
            is_shown_some,
            "--top-k",
            "no agent of the run shows the best of its pieces (bm25, embedding, hybrid, http:URL)",
        ),
        (own.chunk_tokens.is_some(), chunks, "--chunk-tokens", CHUNKS),
        (own.chunking != Chunking::Strict, chunks, "--chunking", CHUNKS),
        (
            own.memory_tokens.is_some(),
            asks_contexts && searches,
            "--memory-tokens",
            "it bounds the chunks that bm25, embedding and hybrid hold of a context, and the run has no such agent or context",
        ),
        (
            own.truncation.is_some(),
            reads_all,
            "--truncate",
            "no agent of the run reads the whole history (long-context)",
        ),
        (
            own.truncation == Some(Truncation::Evidence),
            asks_states,
            "--truncate evidence",
            "no task of the run says where its evidence is (suite stale)",
        ),
        (wishes.judging.repeats > 1, has_judge, "--judge-repeats", "no judge is named (--judge)"),
        (
            wishes.http != HttpAgentOptions::default(),
            has_system,
            "--agent-timeout, --agent-ready-within or --agent-attempts",
            "no agent of the run is a system behind HTTP (http:URL)",
        ),
        (
            wishes.judging.prompt.is_some(),
            asks_states,
            "--judge-prompt",
            "it stands for the instructions about changed states, and no task of the run asks for any (suite stale)",
        ),
    ];
    match rules.into_iter().find(|(is_given, is_heeded, ..)| *is_given && !is_heeded) {
        Some((.., option, reason)) => Err(RunError::IdleOption { option, reason }),
        None => Ok(()),
    }
}

const CHUNKS: &str = "no agent of the run memorises a context in chunks: the sessions of a changed state are pieces themselves, and none has no memory";
