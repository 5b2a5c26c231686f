//! What a suite may name that rooms to the right of this one own.

use std::collections::BTreeSet;

/// Attacks, metrics and templates, handed in by whoever knows them: this room cannot look to its right.
#[derive(Clone)]
pub struct Vocabulary {
    /// Ids of `mnemoscope list attacks`; also the names of their item metrics.
    pub attacks: Vec<String>,
    /// Names of `mnemoscope list metrics`, to suggest from; families with a parameter may be missing.
    pub metrics: Vec<String>,
    /// Whether a metric can be computed, families included (`auc.loss`, `tpr_at_fpr_0.01.loss`, `acc`, ...).
    pub is_metric: fn(&str) -> bool,
    /// The variables that a template reads, or why it cannot be read.
    pub template_variables: fn(&str) -> Result<BTreeSet<String>, TemplateFault>,
    /// The names of the prompts in a prompt file, or why it cannot be read.
    pub prompt_names: fn(&[u8]) -> Result<Vec<String>, String>,
}

/// Why a template of a suite cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// What the template engine says, one line.
    pub reason: String,
    /// Line in the template, from 1, where it is known.
    pub line: Option<usize>,
}
