//! Who answers: one trait, and the models behind it.
//!
//! - `contract`: the trait [`Backend`]; `request`: what it is asked and what it answers; `capability`: what it can do
//! - `name`: what the user may write after `--model`
//! - `jobs`: requests that belong together, answered as they come
//! - `local`: checkpoints on this machine
//! - `remote`: models behind HTTP, and `models.toml`
//! - `chat_template`: messages to text, for both
//! - `builtin`: the small trained models inside the binary
//! - `builtin_reader`: the two without a neural network
//! - `scripted`: the fake of the tests, with faults on demand

mod builtin;
mod builtin_reader;
mod capability;
mod chat_template;
mod contract;
mod error;
mod jobs;
mod local;
mod name;
mod open_error;
pub(crate) mod remote;
mod request;
mod scripted;

use crate::hub::{HubOptions, fetch};

pub use builtin::{BUILTIN_MODELS, BUILTIN_READERS, BUILTIN_RULES, BuiltinModel, open_builtin};
pub use builtin_reader::BuiltinReader;
pub use capability::{Capabilities, Capability};
pub use contract::{Backend, answer_all};
pub use error::BackendError;
pub use jobs::{
    ChooseRequest, Delivery, EndpointReport, Exchange, FailedAttempt, Halt, Job, JobEvent, LimitChange, Reply, Request,
    Scoring, Traffic, Usage,
};
pub use local::{
    DeviceChoice, Dtype, LocalModel, LocalOptions, LocalWork, Pooled, SUPPORTED_ARCHITECTURES, Speed, dequantised,
};
pub use name::ModelName;
pub use open_error::OpenError;
pub use remote::{
    CACHE_FOLDER, CacheError, CacheFileReport, CacheMode, EndpointEntry, Entry, Examination, Finding, Models, Prices,
    RemoteError, RemoteModel, RemoteOptions, inspect_cache, models_schema_text, prune_cache,
};
pub use request::{
    Bos, Context, FinishReason, GenerateRequest, Generation, GradientNorms, GradientRequest, Message, ModelIdentity,
    Prompt, Sampling, ScoreRequest, TokenScores, TokenizerFacts, TokensRequest, WireTokens,
};
pub use scripted::{Script, ScriptedBackend};

/// How models are opened.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    pub local: LocalOptions,
    pub hub: HubOptions,
    pub remote: RemoteOptions,
}

/// An opened model of either kind.
pub enum Opened {
    Local(Box<LocalModel>),
    Remote(Box<RemoteModel>),
    /// A built-in reader without a neural network.
    Reader(Box<BuiltinReader>),
}

impl Opened {
    /// What both have in common.
    #[must_use]
    pub fn backend(&self) -> &dyn Backend {
        match self {
            Self::Local(model) => model.as_ref(),
            Self::Remote(model) => model.as_ref(),
            Self::Reader(reader) => reader.as_ref(),
        }
    }

    /// The checkpoint, if it is one.
    #[must_use]
    pub fn local(&self) -> Option<&LocalModel> {
        match self {
            Self::Local(model) => Some(model),
            Self::Remote(_) | Self::Reader(_) => None,
        }
    }

    /// The endpoint, if it is one.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteModel> {
        match self {
            Self::Local(_) | Self::Reader(_) => None,
            Self::Remote(model) => Some(model),
        }
    }
}

/// Opens a model. An endpoint is asked what `needs` names and `known` does not tell.
///
/// # Errors
/// When the name is of a kind that this build cannot open, or the checkpoint or the endpoint cannot be used.
pub fn open(
    name: &ModelName,
    options: &OpenOptions,
    needs: &[Capability],
    known: Option<EndpointReport>,
) -> Result<Opened, OpenError> {
    let local = |model| Ok(Opened::Local(Box::new(model)));
    match name {
        ModelName::Builtin(builtin) if let Some(reader) = BuiltinReader::open(builtin) => {
            Ok(Opened::Reader(Box::new(reader)))
        }
        ModelName::Builtin(builtin) if builtin == BUILTIN_RULES => Err(OpenError::NotInThisBuild {
            name: format!("builtin:{builtin}"),
            why: "it judges answers by the phrases of builtin data and answers nothing; give it as --judge",
        }),
        ModelName::Builtin(builtin) => local(open_builtin(builtin, &options.local)?),
        ModelName::Folder(path) => local(LocalModel::open(path, &options.local)?),
        ModelName::Hub { id, revision } => {
            let snapshot = fetch(id, revision.as_deref(), &options.hub)?;
            let model = LocalModel::open(&snapshot.path, &options.local)?;
            let asked = revision.as_ref().map(|revision| format!("@{revision}")).unwrap_or_default();
            local(model.named(&format!("hf:{id}{asked}"), &snapshot.commit))
        }
        ModelName::Endpoint { .. } | ModelName::Entry(_) => match find_endpoint(name, options)? {
            FoundEntry::Local(path) => local(LocalModel::open(&path, &options.local)?),
            FoundEntry::Endpoint { shown, entry, prices } => {
                let model = RemoteModel::open(&shown, &entry, prices, &options.remote, needs, known)?;
                Ok(Opened::Remote(Box::new(model)))
            }
        },
        ModelName::Replay(run) => Err(OpenError::NotInThisBuild {
            name: format!("replay:{}", run.display()),
            why: "a replay answers suites, with `run`; it cannot answer new texts",
        }),
    }
}

/// What a name of an endpoint or an entry stands for.
pub enum FoundEntry {
    Local(std::path::PathBuf),
    Endpoint {
        /// As the user named it.
        shown: String,
        entry: Box<EndpointEntry>,
        prices: Option<Prices>,
    },
}

/// Looks a name up: in the URL itself, or in `models.toml`.
///
/// # Errors
/// A URL that will not do, an entry that is not there, a models file with a fault.
pub fn find_endpoint(name: &ModelName, options: &OpenOptions) -> Result<FoundEntry, OpenError> {
    let models = Models::read(options.remote.models.as_deref())?;
    match name {
        ModelName::Entry(entry) => match models.entry(entry)? {
            Entry::Local { path } => Ok(FoundEntry::Local(path.clone())),
            Entry::Endpoint(found) => Ok(FoundEntry::Endpoint {
                shown: format!("@{entry}"),
                prices: models.prices.get(&found.model).cloned(),
                entry: found.clone(),
            }),
        },
        ModelName::Endpoint { url, model } => {
            let shown = crate::redact::redact(&format!("{url}#{model}"));
            let address =
                remote::Address::parse(url).map_err(|fault| OpenError::Address { model: shown.clone(), fault })?;
            Ok(FoundEntry::Endpoint {
                shown,
                prices: models.prices.get(model).cloned(),
                entry: Box::new(EndpointEntry::plain(address, model.clone())),
            })
        }
        _ => Err(OpenError::Name { name: format!("{name:?}"), why: "it is no endpoint and no entry of models.toml" }),
    }
}
