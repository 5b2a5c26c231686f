//! What each agent is asked of each item.

use serde_json::Value;

use crate::agent::settings::{AgentKind, AgentSettings, AgentWishes, Truncation};
use crate::dataset::Item;
use crate::dataset::stale::Dimension;
use crate::probe::{AskedForm, MemoryQuestion, ProbeError, Question, class_of};
use crate::prompt::PromptPack;
use crate::prompt::memory::MemoryWords;
use crate::record::request_hash;
use crate::run::error::RunError;
use crate::suite::Probe;

/// The agents of a run, and how they are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentSet {
    /// In the order in which they were named; each model under test and each baseline is asked with each of them.
    pub kinds: Vec<AgentKind>,
    pub wishes: AgentWishes,
}

/// One question an item for an agent, with its hash.
///
/// # Errors
/// The prompt file lacks a prompt of the family.
pub fn agent_questions(
    task: &str,
    probe: &Probe,
    items: &[Item],
    pack: Option<&PromptPack>,
    kind: &AgentKind,
    wishes: &AgentWishes,
) -> Result<Vec<(Question, String)>, RunError> {
    let words = MemoryWords::new(pack.ok_or_else(|| ProbeError::NoPack { task: task.to_owned() })?);
    let one = |item: &Item| -> Result<(Question, String), RunError> {
        let asked = memory_question(task, probe, item, words, kind, wishes)?;
        let question = Question::Memory(Box::new(asked));
        let hash = request_hash(&question)?;
        Ok((question, hash))
    };
    items.iter().map(one).collect()
}

fn memory_question(
    task: &str,
    probe: &Probe,
    item: &Item,
    words: MemoryWords<'_>,
    kind: &AgentKind,
    wishes: &AgentWishes,
) -> Result<MemoryQuestion, RunError> {
    let pack_fault = |source| ProbeError::Pack { task: task.to_owned(), source };
    let text = |field: &str| item.fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let settings = settings(probe, kind, wishes);
    let (system, asked, question, max_tokens) = match probe {
        Probe::Memory(probe) => {
            let question = text("question");
            let query = words.ask(probe.family, class_of(kind), &question).map_err(pack_fault)?;
            // A piece is wrapped later; what the prompt file lacks is told before the first request.
            words.memorize(probe.family, "").map_err(pack_fault)?;
            let system = words.system().map_err(pack_fault)?;
            (system, AskedForm::Query { text: query }, question, probe.max_tokens)
        }
        Probe::State(probe) => {
            let word = text("dimension");
            let dimension = Dimension::ALL.into_iter().find(|one| one.as_str() == word);
            let dimension = dimension.unwrap_or(Dimension::StateResolution);
            let system = words.state_system(dimension).map_err(pack_fault)?;
            (system, AskedForm::State { dimension: dimension.as_str() }, text("query"), probe.max_tokens)
        }
        _ => return Err(ProbeError::NoAgent { task: task.to_owned() }.into()),
    };
    if *kind == AgentKind::StateStore {
        for (name, fields) in STATE_PROMPTS {
            let fields: Vec<(&str, &str)> = fields.iter().map(|name| (*name, "")).collect();
            words.filled(name, &fields).map_err(pack_fault)?;
        }
    }
    let history = item.history.as_ref();
    let accepted: Vec<String> = match probe {
        // What holds at the end: the new state, or where nothing was changed, the old one.
        Probe::State(state) => [text(if state.is_control { "M_old" } else { "M_new" })].into(),
        _ => {
            let answers = item.fields.get("answers").and_then(Value::as_array);
            answers.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
        }
    };
    Ok(MemoryQuestion {
        history: history.map(|history| history.id.clone()).unwrap_or_default(),
        history_sha256: history.map(|history| history.sha256.clone()).unwrap_or_default(),
        agent: settings,
        words_sha256: words.sha256().to_owned(),
        system,
        asked,
        question,
        max_tokens,
        accepted,
    })
}

/// Prompts of the state store, and the fields that they are filled with.
pub(super) const STATE_PROMPTS: [(&str, &[&str]); 4] = [
    ("state_extract", &["schema", "session"]),
    ("state_decide", &["delta", "items"]),
    ("state_invalidate", &["delta", "items"]),
    ("state_read", &["active", "stale"]),
];

/// The settings of an agent for a task: the user's wishes before the suite's.
#[must_use]
pub fn settings(probe: &Probe, kind: &AgentKind, wishes: &AgentWishes) -> AgentSettings {
    let (top_k, chunk_tokens, context_tokens, truncation) = match probe {
        Probe::Memory(probe) => (
            probe.top_k,
            Some(wishes.chunk_tokens.unwrap_or(probe.chunk_tokens)),
            Some(probe.context_tokens),
            Truncation::Tail,
        ),
        Probe::State(probe) => (probe.top_k, None, None, Truncation::Forbid),
        _ => (0, None, None, Truncation::Forbid),
    };
    AgentSettings {
        kind: kind.clone(),
        top_k: wishes.top_k.unwrap_or(top_k),
        chunk_tokens,
        chunking: wishes.chunking,
        context_tokens,
        memory_tokens: wishes.memory_tokens.filter(|_| chunk_tokens.is_some() && kind.searches()),
        truncation: wishes.truncation.unwrap_or(truncation),
    }
}
