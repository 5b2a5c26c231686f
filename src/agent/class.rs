//! Which of three sets of prompts an agent gets (`utils/templates.py` at commit 455306dc).

/// A set of prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentClass {
    /// The whole memory stands before the question.
    LongContext,
    /// Retrieved memories stand before the question.
    Retrieval,
    /// The agent searches its own archive.
    AgenticMemory,
}

impl AgentClass {
    /// By the agent's name, the first hit counts: `rag`, `Long_context_agent`, `Agentic_memory`; case counts. `None` without a hit,
    /// where upstream stops. Hence `Agentic_memory_self_rag` and `Structure_rag_mem0` are retrieval agents.
    #[must_use]
    pub fn of(agent_name: &str) -> Option<Self> {
        [("rag", Self::Retrieval), ("Long_context_agent", Self::LongContext), ("Agentic_memory", Self::AgenticMemory)]
            .into_iter()
            .find_map(|(part, class)| agent_name.contains(part).then_some(class))
    }

    /// Upstream's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LongContext => "long_context_agent",
            Self::Retrieval => "rag_agent",
            Self::AgenticMemory => "agentic_memory_agent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hit_decides_and_case_counts() {
        assert_eq!(AgentClass::of("Long_context_agent_with_rag"), Some(AgentClass::Retrieval));
        assert_eq!(AgentClass::of("Agentic_memory_letta"), Some(AgentClass::AgenticMemory));
        assert_eq!((AgentClass::of("agentic_memory_letta"), AgentClass::of("")), (None, None));
    }
}
