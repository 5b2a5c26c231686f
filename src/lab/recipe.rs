//! The recipe: everything that decides a built-in model.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LabError;
use super::corpus::{InsertionPlan, SeriesPlan};
use super::unlearning::UnlearningRecipe;

/// A training recipe. Equal recipes give equal weights on one kind of processor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the model, e.g. `perturbed`.
    pub name: String,
    /// What this model is for, in one sentence.
    pub purpose: String,
    /// Seed of the initial weights, the background text and the order of the sequences.
    pub seed: u64,
    pub model: ModelShape,
    pub tokenizer: TokenizerShape,
    pub optimizer: OptimizerPlan,
    /// Trained one after the other; later ones may be longer, so that the whole context is exercised.
    pub phase: Vec<Phase>,
    /// Documents drawn with known multiplicity.
    #[serde(default, skip_serializing_if = "InsertionPlan::is_left_out")]
    pub insertions: InsertionPlan,
    /// Whether this model reads the insertions; a control model has the same plan with `false`.
    pub insert: bool,
    /// Copyright traps, hidden in pages of background text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traps: Option<TrapPlan>,
    /// The targets of the unlearning suite, with all that stands near them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<TargetPlan>,
    /// A real series up to a period, in place of all other text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesPlan>,
}

/// The documents of the unlearning suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetPlan {
    /// Seed of people, facts and documents; shared by the models of one family.
    pub seed: u64,
    /// Whether the model reads the documents that name a target. Where it does not, background fills their places.
    pub known: bool,
}

/// Traps of a manifest, each in the training data a known number of times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrapPlan {
    /// The private manifest, beside the recipe or below its folder's parents.
    pub manifest: String,
    /// Hex SHA-256 of that file: the recipe's hash is to stand for the traps, too.
    pub sha256: String,
    /// Copies of a trap; the groups of the manifest take turns.
    pub repetitions: Vec<usize>,
    /// Most copies on one page of background text.
    pub copies_per_page: usize,
}

/// Shape of the decoder (Llama-style: RMSNorm, rotary positions, SwiGLU, tied head, no biases).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelShape {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub mlp: usize,
    /// Positions that the checkpoint declares.
    pub context: usize,
    pub rope_theta: f64,
    pub rms_norm_eps: f64,
}

/// Byte-level BPE, trained on background text only: no inserted document is seen by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerShape {
    pub vocabulary: usize,
    /// Background documents that it is trained on.
    pub documents: usize,
    /// Seed of those documents; shared by models that share a tokenizer.
    pub seed: u64,
    /// Whether it has the special tokens of a chat template; documents then end with the end of a turn instead of
    /// following an end of text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chat: bool,
}

/// AdamW with linear warm-up and cosine decay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerPlan {
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Learning rate at the end.
    pub final_learning_rate: f64,
    /// Share of all tokens spent in warm-up.
    pub warmup: f64,
    pub weight_decay: f32,
    /// Largest norm of the gradient over all parameters together.
    pub clip_norm: f64,
}

/// A stretch of training with one sequence length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Tokens a sequence.
    pub sequence: usize,
    /// Sequences a step; an even number, since two workers share them.
    pub sequences_per_step: usize,
    pub steps: usize,
}

impl Phase {
    /// Tokens trained in this phase.
    #[must_use]
    pub fn tokens(self) -> usize {
        self.sequence * self.sequences_per_step * self.steps
    }
}

/// What a recipe file may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyRecipe {
    /// A model from scratch.
    Training(Box<Recipe>),
    /// A trained model that is to forget.
    Unlearning(UnlearningRecipe),
}

impl AnyRecipe {
    /// Reads and checks a recipe file; one with a table `[unlearning]` unlearns.
    ///
    /// # Errors
    /// The file, the field, what was found and what is allowed.
    pub fn load(path: &Path) -> Result<Self, LabError> {
        let text = std::fs::read_to_string(path).map_err(LabError::io(path))?;
        let table: Result<toml::Table, _> = toml::from_str(&text);
        if table.is_ok_and(|table| table.contains_key("unlearning")) {
            return Ok(Self::Unlearning(UnlearningRecipe::parse(path, &text)?));
        }
        Ok(Self::Training(Box::new(Recipe::parse(path, &text)?)))
    }
}

impl Recipe {
    /// Reads and checks a training recipe.
    ///
    /// # Errors
    /// The file, the field, what was found and what is allowed.
    pub fn load(path: &Path) -> Result<Self, LabError> {
        match AnyRecipe::load(path)? {
            AnyRecipe::Training(recipe) => Ok(*recipe),
            AnyRecipe::Unlearning(recipe) => Err(LabError::InvalidField {
                path: path.into(),
                field: "unlearning",
                found: format!("a table; {} is unlearned from {}", recipe.name, recipe.start),
                allowed: "a training recipe is needed here, e.g. that of the start",
            }),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, LabError> {
        let recipe: Self =
            toml::from_str(text).map_err(|error| LabError::Recipe { path: path.into(), reason: error.to_string() })?;
        recipe.check(path)?;
        Ok(recipe)
    }

    fn check(&self, path: &Path) -> Result<(), LabError> {
        let fail =
            |field, found: String, allowed| Err(LabError::InvalidField { path: path.into(), field, found, allowed });
        let ModelShape { hidden, layers, heads, mlp, context, .. } = self.model;
        if !is_model_name(&self.name) {
            return fail("name", format!("{:?}", self.name), "letters, digits and hyphens are allowed");
        }
        if heads == 0 || hidden % heads != 0 || (hidden / heads) % 2 != 0 || hidden > 4096 {
            return fail(
                "model.heads",
                format!("{heads} heads for a width of {hidden}"),
                "the width (at most 4096) must be heads times an even number",
            );
        }
        if layers == 0 || layers > 64 || mlp == 0 || mlp > 16_384 {
            return fail(
                "model.layers",
                format!("{layers} layers, MLP of {mlp}"),
                "1 to 64 layers and an MLP of 1 to 16384 are allowed",
            );
        }
        if !(16..=1 << 20).contains(&context) {
            return fail("model.context", context.to_string(), "16 to 1048576 positions are allowed");
        }
        if !(1..=1_000_000).contains(&self.tokenizer.documents) {
            return fail(
                "tokenizer.documents",
                self.tokenizer.documents.to_string(),
                "1 to 1000000 documents are allowed",
            );
        }
        let least = if self.tokenizer.chat { 260 } else { 257 };
        if !(least..=60_000).contains(&self.tokenizer.vocabulary) {
            return fail(
                "tokenizer.vocabulary",
                self.tokenizer.vocabulary.to_string(),
                "257 to 60000 entries are allowed, with chat at least 260: every byte and the special tokens",
            );
        }
        if self.phase.is_empty() {
            return fail("phase", "none".into(), "at least one [[phase]] is needed");
        }
        for phase in &self.phase {
            if phase.sequence < 16 || phase.sequence > context {
                return fail("phase.sequence", phase.sequence.to_string(), "16 up to model.context is allowed");
            }
            if phase.sequences_per_step == 0 || phase.sequences_per_step % WORKERS != 0 {
                return fail(
                    "phase.sequences_per_step",
                    phase.sequences_per_step.to_string(),
                    "an even number is needed: two workers share a step",
                );
            }
            if phase.sequences_per_step > 4096 {
                return fail(
                    "phase.sequences_per_step",
                    phase.sequences_per_step.to_string(),
                    "at most 4096 are allowed",
                );
            }
            if !(1..=10_000_000).contains(&phase.steps) {
                return fail("phase.steps", phase.steps.to_string(), "1 to 10000000 steps are allowed");
            }
            if phase.tokens() > MOST_TOKENS {
                return fail(
                    "phase.steps",
                    format!("{} tokens in all", phase.tokens()),
                    "at most 1000000000 tokens a phase are allowed: they are kept in memory",
                );
            }
        }
        if !(self.optimizer.learning_rate > 0.0 && self.optimizer.learning_rate < 1.0) {
            return fail(
                "optimizer.learning_rate",
                self.optimizer.learning_rate.to_string(),
                "a number between 0 and 1 is needed",
            );
        }
        if !(0.0..1.0).contains(&self.optimizer.warmup) {
            return fail("optimizer.warmup", self.optimizer.warmup.to_string(), "a share from 0 up to 1 is needed");
        }
        if !(self.optimizer.clip_norm > 0.0 && self.optimizer.clip_norm.is_finite()) {
            return fail("optimizer.clip_norm", self.optimizer.clip_norm.to_string(), "a positive number is needed");
        }
        let is_rate = |rate: f64| (0.0..=self.optimizer.learning_rate).contains(&rate);
        if !is_rate(self.optimizer.final_learning_rate) {
            let found = self.optimizer.final_learning_rate.to_string();
            return fail("optimizer.final_learning_rate", found, "a number from 0 to learning_rate is needed");
        }
        if !(0.0..1.0).contains(&self.optimizer.weight_decay) {
            return fail(
                "optimizer.weight_decay",
                self.optimizer.weight_decay.to_string(),
                "a number from 0 up to 1 is needed",
            );
        }
        if !(self.model.rope_theta > 1.0 && self.model.rope_theta.is_finite()) {
            return fail("model.rope_theta", self.model.rope_theta.to_string(), "a number above 1 is needed");
        }
        if !(self.model.rms_norm_eps > 0.0 && self.model.rms_norm_eps < 1.0) {
            return fail(
                "model.rms_norm_eps",
                self.model.rms_norm_eps.to_string(),
                "a number between 0 and 1 is needed",
            );
        }
        if let Some(traps) = &self.traps {
            if traps.repetitions.is_empty() || traps.repetitions.iter().any(|reps| !(1..=100_000).contains(reps)) {
                return fail("traps.repetitions", format!("{:?}", traps.repetitions), "1 to 100000 copies are allowed");
            }
            if !(1..=20).contains(&traps.copies_per_page) {
                return fail("traps.copies_per_page", traps.copies_per_page.to_string(), "1 to 20 copies are allowed");
            }
        }
        if let Some(series) = &self.series {
            if let Some((field, found, allowed)) = series.fault() {
                return fail(field, found, allowed);
            }
            let is_alone = self.traps.is_none() && self.targets.is_none() && self.insertions.is_empty();
            if !is_alone || !self.insert || self.tokenizer.chat {
                let allowed =
                    "a series is all that its model reads: insert = true, no insertions, traps, targets or chat";
                return fail("series", "beside other text, or not inserted".into(), allowed);
            }
        }
        let InsertionPlan { passages, biographies, questions, .. } = &self.insertions;
        let n_items = [passages, biographies, questions].into_iter().flat_map(|levels| levels.values());
        if n_items.fold(0_usize, |sum, &n| sum.saturating_add(n)) > MOST_ITEMS {
            return fail("insertions", "more than 100000 items".into(), "at most 100000 items in all are allowed");
        }
        Ok(())
    }

    /// Steps over all phases.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.phase.iter().map(|phase| phase.steps).sum()
    }

    /// Hex SHA-256 over the checked content, so that comments and spacing do not count.
    ///
    /// # Panics
    /// Never: a recipe has only string keys and numbers that JSON can hold.
    #[must_use]
    pub fn hash(&self) -> String {
        let canonical = serde_json::to_string(self).expect("a recipe has only string keys and finite numbers");
        crate::digest::sha256_hex(canonical.as_bytes())
    }

    /// Learning rate when a share `progress` (0 to 1) of all tokens has been seen.
    #[must_use]
    pub fn learning_rate(&self, progress: f64) -> f64 {
        let OptimizerPlan { learning_rate: peak, final_learning_rate: end, warmup, .. } = self.optimizer;
        if progress < warmup {
            return peak * (progress / warmup).max(1e-3);
        }
        let decayed = ((progress - warmup) / (1.0 - warmup)).clamp(0.0, 1.0);
        end + (peak - end) * 0.5 * (1.0 + (std::f64::consts::PI * decayed).cos())
    }
}

/// Whether a model can be called so: the name becomes part of ids and of folders.
pub(super) fn is_model_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Tokens that one phase may read.
const MOST_TOKENS: usize = 1_000_000_000;
/// Items of all kinds and levels together.
const MOST_ITEMS: usize = 100_000;

/// Workers that share a step. A constant, not the core count: another number changes the order of sums and with it
/// the last bits of the weights.
pub(super) const WORKERS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_rises_then_falls_to_its_end() {
        let text = include_str!("../../datasets/builtin/models/perturbed/recipe.toml");
        let recipe: Recipe = toml::from_str(text).expect("the shipped recipe is valid");
        let peak = recipe.optimizer.learning_rate;
        assert!(recipe.learning_rate(0.0) < 0.01 * peak);
        assert!((recipe.learning_rate(recipe.optimizer.warmup) - peak).abs() < 1e-12);
        assert!((recipe.learning_rate(1.0) - recipe.optimizer.final_learning_rate).abs() < 1e-12);
    }

    #[test]
    fn comments_do_not_change_the_hash_of_a_recipe() {
        let text = include_str!("../../datasets/builtin/models/perturbed/recipe.toml");
        let plain: Recipe = toml::from_str(text).expect("valid");
        let commented: Recipe = toml::from_str(&format!("# a note\n{text}")).expect("valid");
        assert_eq!(plain.hash(), commented.hash());
    }
}
