//! The name of upstream's result file (`_generate_output_name_tag` of `initialization.py` at commit 455306dc).

/// What is said where a setting is missing or null.
const UNKNOWN: &str = "unknown";

/// Settings of an agent that stand in the name, as they are printed; `None` where they are missing or null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentSettings {
    pub agent_name: Option<String>,
    /// Memories that are found for a question.
    pub retrieve_num: Option<String>,
    /// Tokens of a chunk, where the agent has its own number.
    pub agent_chunk_size: Option<String>,
    /// How Letta takes chunks in: `insert`, `chat` or `api`.
    pub letta_mode: Option<String>,
}

/// Settings of a data set that stand in the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatasetSettings {
    pub sub_dataset: Option<String>,
    pub tag: Option<String>,
    /// Tokens.
    pub context_max_length: Option<String>,
    /// Tokens.
    pub generation_max_length: Option<String>,
    pub shots: Option<String>,
    /// Rows.
    pub max_test_samples: Option<String>,
    /// Tokens of a chunk.
    pub chunk_size: Option<String>,
}

/// The name without folder, `_results` and extension. What belongs to the agent is told by its name: `letta` first, then `mem0`,
/// `cognee` or `zep`, then `rag`; other agents add nothing.
#[must_use]
pub fn result_name(agent: &AgentSettings, dataset: &DatasetSettings) -> String {
    let of = |value: &Option<String>| value.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let mut parts = vec![
        of(&dataset.sub_dataset),
        of(&dataset.tag),
        format!("in{}", of(&dataset.context_max_length)),
        format!("size{}", of(&dataset.generation_max_length)),
        format!("shots{}", of(&dataset.shots)),
        format!("max_samples{}", of(&dataset.max_test_samples)),
    ];
    let name = of(&agent.agent_name);
    let is_any = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if is_any(&["letta"]) {
        parts.extend([format!("chunk{}", of(&agent.agent_chunk_size)), format!("mode{}", of(&agent.letta_mode))]);
    } else if is_any(&["mem0", "cognee", "zep"]) {
        parts.extend([format!("k{}", of(&agent.retrieve_num)), format!("chunk{}", of(&agent.agent_chunk_size))]);
    } else if is_any(&["rag"]) {
        parts.extend([format!("k{}", of(&agent.retrieve_num)), format!("chunk{}", of(&dataset.chunk_size))]);
    }
    parts.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_unknown_and_the_first_kind_of_agent_counts() {
        let agent = AgentSettings { agent_name: Some("Agentic_memory_letta_rag".to_owned()), ..Default::default() };
        let name = result_name(&agent, &DatasetSettings::default());
        assert_eq!(
            name,
            "unknown_unknown_inunknown_sizeunknown_shotsunknown_max_samplesunknown_chunkunknown_modeunknown"
        );
        assert!(result_name(&AgentSettings::default(), &DatasetSettings::default()).ends_with("max_samplesunknown"));
    }
}
