//! What a finished unlearning says about itself: manifest, losses, curve.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::recipe::UnlearningRecipe;
use crate::lab::LabError;
use crate::lab::corpus::unlearning::Lesson;
use crate::lab::export::{write, write_manifest_lines};
use crate::report::figure::FigureWords;
use crate::report::figure::loss_curve::{self, LossCurve, LossPoint, LossRun};

/// Losses of one step, before its update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct UnlearningStep {
    pub(super) step: usize,
    /// Tokens read so far, forget and retain documents together.
    pub(super) tokens: usize,
    /// Mean negative log-likelihood of the forget documents' counted tokens, nats a token.
    pub(super) forget_loss: f64,
    /// The same of the retain sequences.
    pub(super) retain_loss: f64,
}

/// Writes `manifest.json`, `loss.csv` and `loss.svg`.
pub(super) fn write_record(
    out: &Path,
    recipe: &UnlearningRecipe,
    weights_sha256: &str,
    lessons: &[Lesson],
    forgotten: &[u32],
    retained: &[u32],
    steps: &[UnlearningStep],
) -> Result<(), LabError> {
    let last = steps.last();
    let head = json!({
        "model": recipe.name, "purpose": recipe.purpose, "recipe_sha256": recipe.hash(),
        "weights_sha256": weights_sha256, "weights_dtype": "f16",
        "unlearned_from": recipe.start, "start_weights_sha256": recipe.start_sha256, "method": recipe.method,
        "steps": steps.len(), "tokens_in_unlearning": last.map(|last| last.tokens),
        "counted_tokens": "the answer of a dialogue, every token of a plain page but the first",
        "note": "what the start had read stands in its manifest; here: how often each document was unlearned or kept up",
        "last_forget_loss": last.map(|last| last.forget_loss), "last_retain_loss": last.map(|last| last.retain_loss),
    });
    let counted: Vec<(&Lesson, u32, u32)> = lessons
        .iter()
        .zip(forgotten.iter().zip(retained))
        .map(|(lesson, (&forgotten, &retained))| (lesson, forgotten, retained))
        .collect();
    let items: Vec<serde_json::Value> = counted
        .chunk_by(|(first, ..), (second, ..)| first.group() == second.group())
        .map(|documents| {
            json!({
                "id": documents[0].0.group(), "kind": "lesson", "documents": documents.len(),
                "unlearned": documents.iter().map(|(_, forgotten, _)| forgotten).sum::<u32>(),
                "retained": documents.iter().map(|(.., retained)| retained).sum::<u32>(),
            })
        })
        .collect();
    write_manifest_lines(&out.join("manifest.json"), &head, &items)?;
    let mut csv = String::from("step,tokens,forget_loss,retain_loss\n");
    for step in steps {
        let UnlearningStep { step, tokens, forget_loss, retain_loss } = step;
        writeln!(csv, "{step},{tokens},{forget_loss:.5},{retain_loss:.5}").expect("writing to a string");
    }
    write(&out.join("loss.csv"), csv.as_bytes())?;
    write(&out.join("loss.svg"), curve(recipe, steps)?.as_bytes())
}

fn curve(recipe: &UnlearningRecipe, steps: &[UnlearningStep]) -> Result<String, LabError> {
    let run = |name: &str, loss: fn(&UnlearningStep) -> f64| LossRun {
        name: name.to_owned(),
        points: steps.iter().map(|step| LossPoint { tokens: step.tokens as u64, loss: loss(step) }).collect(),
        smoothed: None,
    };
    let curve = LossCurve {
        words: FigureWords {
            id: format!("loss-{}", recipe.name.to_lowercase()),
            title: format!("Losses while {} was unlearned", recipe.name),
            subtitle: "Mean negative log-likelihood of each step, nats a token".to_owned(),
            caption: format!("Started from {}.", recipe.start),
        },
        loss_name: "loss".to_owned(),
        tokens_name: "tokens read".to_owned(),
        runs: vec![run("forget documents", |step| step.forget_loss), run("retain documents", |step| step.retain_loss)],
    };
    let figure = loss_curve::draw(&curve).map_err(|error| LabError::Figure { reason: error.to_string() })?;
    Ok(figure.standalone_svg())
}
