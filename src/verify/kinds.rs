//! The one table of kinds. To add a kind: write its check in a file of its own and name it here.

use std::path::Path;

use super::golden_file::GoldenFile;
use super::report::FileReport;
use super::{
    economic_recall, harness_peers, local_models, membership, memory_agent_bench, rwku, stale, statistics,
    unlearning_metrics,
};

/// One kind of golden file: the name of its folder, and how it is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Name of the folder that holds its files.
    pub name: &'static str,
    /// Whether a file, named from the kind's folder on, is an input of cases and holds none itself.
    pub is_input: fn(&Path) -> bool,
    /// `None`: this build does not handle the kind.
    pub check: Option<fn(&GoldenFile) -> FileReport>,
}

pub(super) const KINDS: &[Kind] = &[
    Kind { name: "local-models", is_input: local_models::is_input, check: Some(local_models::check) },
    Kind { name: "membership", is_input: membership::is_input, check: Some(membership::check) },
    Kind { name: "statistics", is_input: statistics::is_input, check: Some(statistics::check) },
    Kind { name: "rwku", is_input: rwku::is_input, check: Some(rwku::check) },
    Kind { name: "unlearning-metrics", is_input: unlearning_metrics::is_input, check: Some(unlearning_metrics::check) },
    Kind { name: "memory-agent-bench", is_input: memory_agent_bench::is_input, check: Some(memory_agent_bench::check) },
    Kind { name: "stale", is_input: stale::is_input, check: Some(stale::check) },
    Kind { name: "economic-recall", is_input: economic_recall::is_input, check: Some(economic_recall::check) },
    Kind { name: "harness-peers", is_input: |_| false, check: Some(harness_peers::check) },
];

/// The kind of that name.
pub(super) fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Names of all kinds, whether handled or not, in the order of the table.
#[must_use]
pub fn kind_names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_input(kind: &str, file: &str) -> bool {
        (find(kind).expect("a listed kind").is_input)(Path::new(file))
    }

    #[test]
    fn inputs_are_told_from_cases() {
        assert!(is_input("membership", "models/pair-a/target/config.json"));
        assert!(!is_input("membership", "attacks_pair_a.jsonl"));
        assert!(is_input("local-models", "llama/tokenizer.json"));
        assert!(!is_input("local-models", "llama/golden.json"));
        assert!(!is_input("local-models", "gguf/quant_blocks.json"));
        assert!(is_input("rwku", "tiny/original/config.json"));
        assert!(!is_input("rwku", "tiny_e2e.jsonl"));
        assert!(!is_input("memory-agent-bench", "dataset/expected.json"));
        for input in ["dataset/Conflict_Resolution.jsonl", "recsys_entity2id.json", "paper_table3_v4.json"] {
            assert!(is_input("memory-agent-bench", input), "{input}");
        }
        assert!(is_input("stale", "answers.jsonl"));
    }

    #[test]
    fn kind_names_are_unique() {
        let mut names = kind_names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
    }
}
