//! Who answers: one trait, and the models behind it.
//!
//! - `contract`: the trait [`Backend`], its requests and answers
//! - `name`: what the user may write after `--model`
//! - `burn_local`: checkpoints on this machine
//! - `builtin`: the small trained models inside the binary
//! - `scripted`: the fake of the tests, with faults on demand

mod builtin;
mod burn_local;
mod contract;
mod error;
mod name;
mod open_error;
mod scripted;

pub use builtin::{BUILTIN_MODELS, BuiltinModel, open_builtin};
pub use burn_local::{LocalModel, LocalOptions, SUPPORTED_ARCHITECTURES};
pub use contract::{
    Backend, Bos, Capabilities, Capability, Context, FinishReason, GenerateRequest, Generation, Message, ModelIdentity,
    Prompt, ScoreRequest, TokenScores,
};
pub use error::BackendError;
pub use name::ModelName;
pub use open_error::OpenError;
pub use scripted::{Script, ScriptedBackend};

/// Opens a model that runs on this machine.
///
/// # Errors
/// When the name is of a kind that this build cannot open, or the checkpoint cannot be used.
pub fn open(name: &ModelName, options: &LocalOptions) -> Result<LocalModel, OpenError> {
    let not_yet = |name: String, why| Err(OpenError::NotInThisBuild { name, why });
    match name {
        ModelName::Builtin(builtin) => open_builtin(builtin, options),
        ModelName::Folder(path) => LocalModel::open(path, options),
        ModelName::Hub { id, .. } => not_yet(
            format!("hf:{id}"),
            "hub downloads are not in this build yet; download the checkpoint and give its folder",
        ),
        ModelName::Endpoint { url, .. } => {
            not_yet(url.clone(), "remote endpoints are not in this build yet; give a checkpoint folder or builtin:NAME")
        }
        ModelName::Entry(entry) => not_yet(
            format!("@{entry}"),
            "models.toml is not in this build yet; give a checkpoint folder or builtin:NAME",
        ),
        ModelName::Replay(run) => not_yet(
            format!("replay:{}", run.display()),
            "a replay answers suites, with `run`; it cannot answer new texts",
        ),
    }
}
