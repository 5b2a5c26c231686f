//! What an agent is given to memorise, and how it is asked: MemoryAgentBench's families and the suite about changed states.
//!
//! Labels, their order and what stands between them are upstream's (`agent.py`, `utils/templates.py` at commit 455306dc;
//! `run_target_model.py` of STALE); the words are the prompt file's. Only the question and a piece of the history can stand in them:
//! a prompt file cannot bring an answer to an agent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pack::{PackError, PromptPack};
use super::stale::{history_text, user_message};
use crate::agent::class::AgentClass;
use crate::dataset::Item;
use crate::dataset::stale::{Dimension, Session};
use crate::suite::MemoryFamily;

/// The words of a suite about memory agents.
#[derive(Debug, Clone, Copy)]
pub struct MemoryWords<'p> {
    pack: &'p PromptPack,
}

/// The prompts that a family must have beside `system`.
const FORMS: [&str; 4] = ["memorize", "ask_long_context", "ask_rag", "ask_agentic"];

impl<'p> MemoryWords<'p> {
    #[must_use]
    pub fn new(pack: &'p PromptPack) -> Self {
        Self { pack }
    }

    /// Hex SHA-256 of the prompt file.
    #[must_use]
    pub fn sha256(&self) -> &'p str {
        &self.pack.sha256
    }

    /// Names of the prompts of a family.
    #[must_use]
    pub fn names(family: MemoryFamily) -> [String; 4] {
        FORMS.map(|form| format!("{form}_{}", family.word()))
    }

    /// The system message of questions of a family.
    ///
    /// # Errors
    /// The prompt file has no `system`.
    pub fn system(&self) -> Result<String, PackError> {
        self.filled("system", &[])
    }

    /// A piece of a context as it is memorised.
    ///
    /// # Errors
    /// The prompt file lacks the prompt, or it names something else than `chunk`.
    pub fn memorize(&self, family: MemoryFamily, chunk: &str) -> Result<String, PackError> {
        self.filled(&format!("memorize_{}", family.word()), &[("chunk", chunk)])
    }

    /// A question of a family for an agent of a class.
    ///
    /// # Errors
    /// The prompt file lacks the prompt, or it names something else than `question`.
    pub fn ask(&self, family: MemoryFamily, class: AgentClass, question: &str) -> Result<String, PackError> {
        let form = match class {
            AgentClass::LongContext => "ask_long_context",
            AgentClass::Retrieval => "ask_rag",
            AgentClass::AgenticMemory => "ask_agentic",
        };
        self.filled(&format!("{form}_{}", family.word()), &[("question", question)])
    }

    /// The system message of a question about a state.
    ///
    /// # Errors
    /// The prompt file lacks `system_question` or `system_task`.
    pub fn state_system(&self, dimension: Dimension) -> Result<String, PackError> {
        match dimension {
            Dimension::StateResolution | Dimension::PremiseResistance => self.filled("system_question", &[]),
            Dimension::PolicyAdaptation => self.filled("system_task", &[]),
        }
    }

    /// A prompt of that name with fields.
    ///
    /// # Errors
    /// The prompt file lacks it, or it names a field that is not given.
    pub fn filled(&self, name: &str, fields: &[(&str, &str)]) -> Result<String, PackError> {
        let fields: BTreeMap<String, Value> =
            fields.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
        let item = Item {
            id: name.to_owned(),
            cluster: String::new(),
            copies: None,
            text: String::new(),
            choices: Vec::new(),
            answer: None,
            history: None,
            fields,
        };
        Ok(self.pack.fill(name, &item)?.user)
    }
}

/// Pieces of memory in front of a question, in the order of their ranks; nothing where there is none.
#[must_use]
pub fn memories_text<'t>(pieces: impl IntoIterator<Item = &'t str>) -> String {
    let numbered = pieces.into_iter().enumerate().map(|(rank, text)| format!("Memory {}:\n{text}", rank + 1));
    numbered.collect::<Vec<_>>().join("\n")
}

/// A session as a piece of memory: its time, and who said what.
#[must_use]
pub fn session_piece(session: &Session) -> String {
    let text = history_text([session]);
    let (heading, turns) = text.trim_start_matches('\n').split_once('\n').unwrap_or_default();
    debug_assert!(session.turns.is_empty() || heading.starts_with("=== Session 1"), "{heading}");
    match &session.time {
        Some(time) => format!("[Time: {time}]\n{turns}"),
        None => turns.to_owned(),
    }
}

/// The user message of a question about a state: behind the whole history, behind memories, or alone.
#[must_use]
pub fn state_message(dimension: Dimension, before: StateMemory<'_>, query: &str) -> String {
    let label = match dimension {
        Dimension::StateResolution | Dimension::PremiseResistance => "[Question]",
        Dimension::PolicyAdaptation => "[Latest Query]",
    };
    match before {
        StateMemory::History(history) => user_message(dimension, history, query),
        StateMemory::Memories(memories) if !memories.is_empty() => {
            format!("[Memories]\n{memories}\n\n{label}\n{query}")
        }
        StateMemory::Memories(_) => format!("{label}\n{query}"),
    }
}

/// What stands before a question about a state.
#[derive(Debug, Clone, Copy)]
pub enum StateMemory<'t> {
    /// The history as upstream prints it.
    History(&'t str),
    /// What an agent has found of it.
    Memories(&'t str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::stale::{Speaker, Turn};

    const PACK: &str = r#"{"name": "n", "system": {"user": "Remember."},
        "memorize_eventqa": {"user": "Read:\n{chunk}"}, "ask_rag_eventqa": {"user": "{question}?"},
        "ask_long_context_eventqa": {"user": "{answers}"}}"#;

    #[test]
    fn a_prompt_file_cannot_bring_an_answer_to_an_agent() {
        let pack = PromptPack::read(PACK.as_bytes()).unwrap();
        let words = MemoryWords::new(&pack);
        let family = MemoryFamily::EventQa;
        assert_eq!(words.memorize(family, "{question} \\n").unwrap(), "Read:\n{question} \\n");
        assert_eq!(words.ask(family, AgentClass::Retrieval, "Who").unwrap(), "Who?");
        assert!(words.ask(family, AgentClass::LongContext, "Who").is_err());
        let missing = words.ask(family, AgentClass::AgenticMemory, "Who").unwrap_err().to_string();
        assert!(missing.contains("ask_agentic_eventqa"), "{missing}");
    }

    #[test]
    fn a_session_is_a_piece_without_a_number() {
        let turn = Turn { speaker: Speaker::User, content: "I moved.".to_owned() };
        let session = Session { time: Some("2025-01-01 08:00".to_owned()), turns: vec![turn] };
        assert_eq!(session_piece(&session), "[Time: 2025-01-01 08:00]\nUser: I moved.\n");
        assert_eq!(session_piece(&Session::default()), "");
        assert_eq!(memories_text(["a", "b"]), "Memory 1:\na\nMemory 2:\nb");
    }

    #[test]
    fn a_question_without_memories_stands_alone() {
        let asked = state_message(Dimension::PolicyAdaptation, StateMemory::Memories(""), "q");
        assert_eq!(asked, "[Latest Query]\nq");
    }
}
