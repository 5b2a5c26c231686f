//! The recipe of an unlearning: which model, which method, how hard.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::lab::LabError;
use crate::lab::recipe::is_model_name;

/// Models that an unlearning may start from: those that are trained on the documents of the unlearning suite.
const STARTS: &[&str] = &["original", "retrained"];

/// How a model is made to forget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Ascent on the forget documents, descent on the retain documents (`GradDiff` in Maini et al. 2024, TOFU,
    /// arXiv 2401.06121): `L = -NLL(forget) + retain_weight * NLL(retain)`. Not bounded from below.
    GradientDifference,
    /// Negative preference optimization (Zhang et al. 2024, arXiv 2404.05868), with the start model as reference:
    /// `L = -(2 / beta) E log sigmoid(-beta log(p / p_ref)) + retain_weight * NLL(retain)`, where `p` is the probability
    /// of a whole forget document.
    Npo {
        /// How soon the pull on a document fades once it is less likely than before; above 0.
        beta: f64,
    },
}

/// A checked recipe. Equal recipes give equal weights on one kind of processor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnlearningRecipe {
    /// Name of the model, e.g. `unlearned-gd`.
    pub name: String,
    /// What this model is for, in one sentence.
    pub purpose: String,
    /// Seed of the order of the documents.
    pub seed: u64,
    /// The model to start from; its folder stands beside the recipe's folder.
    pub start: String,
    /// Hex SHA-256 of the start's `model.safetensors`.
    pub start_sha256: String,
    pub method: Method,
    pub steps: usize,
    /// Learning rate of every step (AdamW without weight decay).
    pub learning_rate: f64,
    /// Weight of the retain documents' loss beside the forget documents'.
    pub retain_weight: f64,
    /// Forget documents a step.
    pub forget_documents: usize,
    /// Packed sequences of retain documents a step ...
    pub retain_sequences: usize,
    /// ... and the tokens of each.
    pub retain_sequence: usize,
    /// Largest norm of the gradient over all parameters together.
    pub clip_norm: f64,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlearningFile {
    name: String,
    purpose: String,
    seed: u64,
    unlearning: UnlearningTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlearningTable {
    start: String,
    start_sha256: String,
    method: String,
    beta: Option<f64>,
    steps: usize,
    learning_rate: f64,
    retain_weight: f64,
    forget_documents: usize,
    retain_sequences: usize,
    retain_sequence: usize,
    clip_norm: f64,
}

impl UnlearningRecipe {
    /// Checks the text of a recipe file; `path` is for messages.
    pub(in crate::lab) fn parse(path: &Path, text: &str) -> Result<Self, LabError> {
        let file: UnlearningFile =
            toml::from_str(text).map_err(|error| LabError::Recipe { path: path.into(), reason: error.to_string() })?;
        let fail =
            |field, found: String, allowed| Err(LabError::InvalidField { path: path.into(), field, found, allowed });
        let UnlearningFile { name, purpose, seed, unlearning: table } = file;
        if !is_model_name(&name) {
            return fail("name", format!("{name:?}"), "letters, digits and hyphens are allowed");
        }
        if !STARTS.contains(&table.start.as_str()) {
            let allowed = "a trained model of the unlearning suite is needed: original or retrained";
            return fail("unlearning.start", format!("{:?}", table.start), allowed);
        }
        let is_hash = table.start_sha256.len() == 64 && table.start_sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            let allowed = "64 hexadecimal digits are needed: the SHA-256 of the start's model.safetensors";
            return fail("unlearning.start_sha256", format!("{:?}", table.start_sha256), allowed);
        }
        let method = match (table.method.as_str(), table.beta) {
            ("gradient-difference", None) => Method::GradientDifference,
            ("gradient-difference", Some(beta)) => {
                return fail("unlearning.beta", beta.to_string(), "gradient-difference has no beta; leave it out");
            }
            ("npo", Some(beta)) if beta > 0.0 && beta.is_finite() => Method::Npo { beta },
            ("npo", beta) => {
                let found = beta.map_or_else(|| "missing".to_owned(), |beta| beta.to_string());
                return fail("unlearning.beta", found, "npo needs a number above 0, e.g. 0.1");
            }
            (other, _) => {
                return fail("unlearning.method", format!("{other:?}"), "gradient-difference or npo is allowed");
            }
        };
        if !(1..=100_000).contains(&table.steps) {
            return fail("unlearning.steps", table.steps.to_string(), "1 to 100000 steps are allowed");
        }
        if !(table.learning_rate > 0.0 && table.learning_rate < 1.0) {
            let found = table.learning_rate.to_string();
            return fail("unlearning.learning_rate", found, "a number between 0 and 1 is needed");
        }
        if !(table.retain_weight >= 0.0 && table.retain_weight.is_finite()) {
            let found = table.retain_weight.to_string();
            return fail("unlearning.retain_weight", found, "a number from 0 is needed");
        }
        for (field, n) in [
            ("unlearning.forget_documents", table.forget_documents),
            ("unlearning.retain_sequences", table.retain_sequences),
        ] {
            if !(1..=1024).contains(&n) {
                return fail(field, n.to_string(), "1 to 1024 are allowed");
            }
        }
        if !(16..=8192).contains(&table.retain_sequence) {
            let found = table.retain_sequence.to_string();
            return fail("unlearning.retain_sequence", found, "16 to 8192 tokens are allowed");
        }
        if !(table.clip_norm > 0.0 && table.clip_norm.is_finite()) {
            return fail("unlearning.clip_norm", table.clip_norm.to_string(), "a positive number is needed");
        }
        Ok(Self {
            name,
            purpose,
            seed,
            start: table.start,
            start_sha256: table.start_sha256.to_lowercase(),
            method,
            steps: table.steps,
            learning_rate: table.learning_rate,
            retain_weight: table.retain_weight,
            forget_documents: table.forget_documents,
            retain_sequences: table.retain_sequences,
            retain_sequence: table.retain_sequence,
            clip_norm: table.clip_norm,
        })
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
name = "tiny"
purpose = "For a test."
seed = 1
[unlearning]
start = "original"
start_sha256 = "9f6d03df7d953da82a28805c4cd8da4de66db762b55875200b3e79af62dee22e"
method = "npo"
beta = 0.1
steps = 5
learning_rate = 1e-4
retain_weight = 1.0
forget_documents = 4
retain_sequences = 1
retain_sequence = 64
clip_norm = 1.0
"#;

    fn message(from: &str, to: &str) -> String {
        let text = GOOD.replace(from, to);
        assert_ne!(text, GOOD, "the replacement must change the recipe");
        UnlearningRecipe::parse(Path::new("recipe.toml"), &text).expect_err("the recipe is wrong").to_string()
    }

    #[test]
    fn a_good_recipe_is_read() {
        let recipe = UnlearningRecipe::parse(Path::new("recipe.toml"), GOOD).expect("valid");
        assert_eq!(recipe.method, Method::Npo { beta: 0.1 });
        let commented = UnlearningRecipe::parse(Path::new("r"), &format!("# a note\n{GOOD}")).expect("valid");
        assert_eq!(recipe.hash(), commented.hash());
    }

    #[test]
    fn an_unknown_method_is_told_with_those_that_exist() {
        let told = message("\"npo\"", "\"amnesia\"");
        assert!(told.contains("`unlearning.method` is \"amnesia\"; gradient-difference or npo"), "{told}");
    }

    #[test]
    fn beta_must_be_above_nothing_and_belongs_to_npo() {
        for beta in ["0.0", "-1.0", "inf", "nan"] {
            let told = message("beta = 0.1", &format!("beta = {beta}"));
            assert!(told.contains("`unlearning.beta`") && told.contains("above 0"), "{told}");
        }
        assert!(message("beta = 0.1\n", "").contains("`unlearning.beta` is missing"));
        assert!(message("\"npo\"", "\"gradient-difference\"").contains("has no beta"));
    }

    #[test]
    fn an_unknown_start_is_told_with_those_that_exist() {
        let told = message("\"original\"", "\"perturbed\"");
        assert!(
            told.contains("`unlearning.start` is \"perturbed\"") && told.contains("original or retrained"),
            "{told}"
        );
    }

    #[test]
    fn other_fields_are_named_when_they_are_wrong() {
        for (from, to, field) in [
            ("steps = 5", "steps = 0", "unlearning.steps"),
            ("learning_rate = 1e-4", "learning_rate = nan", "unlearning.learning_rate"),
            ("retain_weight = 1.0", "retain_weight = -1.0", "unlearning.retain_weight"),
            ("forget_documents = 4", "forget_documents = 0", "unlearning.forget_documents"),
            ("retain_sequence = 64", "retain_sequence = 1", "unlearning.retain_sequence"),
            ("clip_norm = 1.0", "clip_norm = 0.0", "unlearning.clip_norm"),
            ("9f6d03", "xyz", "unlearning.start_sha256"),
            ("name = \"tiny\"", "name = \"../x\"", "name"),
        ] {
            let told = message(from, to);
            assert!(told.contains(&format!("`{field}`")), "{told}");
        }
    }
}
