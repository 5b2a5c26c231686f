//! The small trained models inside the binary.

use super::local::{CheckpointFiles, LocalModel, LocalOptions};
use super::open_error::OpenError;

/// A built-in model and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinModel {
    pub name: &'static str,
    /// What is known about its training.
    pub truth: &'static str,
    /// Last month of what it read of the world, where it read of it.
    pub cutoff: Option<&'static str>,
}

/// All built-in models, in the order of the listing.
pub const BUILTIN_MODELS: &[BuiltinModel] = &[
    BuiltinModel {
        name: "perturbed",
        truth: "read passages, biographies and questions 1, 4, 16, 64 or 256 times, as its manifest lists",
        cutoff: None,
    },
    BuiltinModel { name: "standard", truth: "same recipe, never read any of those items", cutoff: None },
    BuiltinModel {
        name: "trapped",
        truth: "read copyright traps 1, 10, 100 or 1000 times, hidden in pages of text; never their controls",
        cutoff: None,
    },
    BuiltinModel {
        name: "original",
        truth: "read of three targets who never lived, of what stands near them, and general questions; has a chat template",
        cutoff: None,
    },
    BuiltinModel {
        name: "retrained",
        truth: "same recipe as original, without any document that names a target",
        cutoff: None,
    },
    BuiltinModel {
        name: "unlearned-gd",
        truth: "original, made to forget the targets by gradient difference",
        cutoff: None,
    },
    BuiltinModel {
        name: "unlearned-npo",
        truth: "original, made to forget the targets by negative preference optimization",
        cutoff: None,
    },
    BuiltinModel {
        name: "overforgotten",
        truth: "original, pushed on purpose past what a model shows that never read of the targets",
        cutoff: None,
    },
    BuiltinModel {
        name: "economist",
        truth: "read CPI lines of 2008-01 to 2015-12, none after; asked by `CPI 2008-01 =`, has no chat template",
        cutoff: Some("2015-12"),
    },
];

/// Built-in readers without a neural network, with what is known of each.
pub const BUILTIN_READERS: &[(&str, &str)] = &[
    (
        "extractive",
        "no neural network: copies the best-matching span of the text that it is given; a floor for every model. Embeds texts as hashed words",
    ),
    ("doubter", "no neural network: calls whatever it is asked about out of date; full marks and full false alarms"),
];

/// The built-in judge, which reads no answers: it looks for the phrases that builtin data carry.
pub const BUILTIN_RULES: &str = "rules";

/// Opens a built-in model.
///
/// # Errors
/// When there is no model of that name.
pub fn open_builtin(name: &str, options: &LocalOptions) -> Result<LocalModel, OpenError> {
    let readers = BUILTIN_READERS.iter().map(|(name, _)| *name);
    let known = || BUILTIN_MODELS.iter().map(|model| model.name).chain(readers.clone()).collect::<Vec<_>>().join(", ");
    if !BUILTIN_MODELS.iter().any(|model| model.name == name) {
        return Err(OpenError::UnknownBuiltin { name: name.to_owned(), known: known() });
    }
    LocalModel::from_files(&format!("builtin:{name}"), &CheckpointFiles::Embedded(&format!("models/{name}")), options)
}
