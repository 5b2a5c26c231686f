//! Why a model could not be opened. Every message names the file, what was found and what to do.

use std::path::PathBuf;

use super::remote::{AddressFault, CacheError};
use crate::hub::HubFault;
use crate::suite::Problem;

/// What the user may write.
const FORMS: &str =
    "use builtin:NAME, a checkpoint folder, hf:ORG/NAME[@REVISION], https://HOST/v1#MODEL, replay:RUN_DIR or @NAME";

/// A model that cannot be used at all; found before the first request.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("`{name}` names no model: {why}; {allowed}", allowed = FORMS)]
    Name { name: String, why: &'static str },
    #[error("there is no built-in model `{name}`; there are: {known}")]
    UnknownBuiltin { name: String, known: String },
    #[error("`{name}` is not something that this build can open: {why}")]
    NotInThisBuild { name: String, why: &'static str },
    #[error("{} is neither a folder nor a .gguf file; give the folder of a checkpoint (config.json, model.safetensors, tokenizer.json) or one GGUF file", path.display())]
    NotAFolder { path: PathBuf },
    #[error(
        "{file}: not found; a checkpoint folder holds config.json, tokenizer.json and model.safetensors (or model.safetensors.index.json with its shards)"
    )]
    MissingFile { file: String },
    #[error(transparent)]
    Hub(#[from] HubFault),
    #[error("--device {device}: {reason}")]
    Device { device: String, reason: String },
    #[error("{file}: {source}")]
    Io { file: String, source: std::io::Error },
    #[error("{file}: pickled weights can run code and are never opened; convert the checkpoint to safetensors")]
    Pickle { file: String },
    #[error("{file}: not a valid config.json: {reason}")]
    Config { file: String, reason: String },
    #[error("{file}: `{key}` is {found}; {allowed}")]
    ConfigValue { file: String, key: String, found: String, allowed: String },
    #[error("{file}: unknown architecture `{found}`; this build can load: {supported}")]
    Architecture { file: String, found: String, supported: String },
    #[error(
        "{file}: the config asks for {asked} parameters, but the weight files hold at most {held}; one of the two belongs to another model"
    )]
    Absurd { file: String, asked: u128, held: u128 },
    #[error("{file}: not a whole {format} file: {reason}; download it again")]
    Damaged { file: String, format: &'static str, reason: String },
    #[error(
        "{file}: tensor `{tensor}` holds {found}; every weight must be a finite number, download or convert it again"
    )]
    NonFiniteWeight { file: String, tensor: String, found: String },
    #[error("{file}: tensor `{tensor}` is missing")]
    MissingTensor { file: String, tensor: String },
    #[error("{file}: tensor `{tensor}` has shape {found:?}, but the config needs {expected:?}")]
    Shape { file: String, tensor: String, expected: Vec<usize>, found: Vec<usize> },
    #[error("{file}: tensor `{tensor}` has number type {found}; f32, f16 and bf16 can be read")]
    Dtype { file: String, tensor: String, found: String },
    #[error("{file}: the index names `{shard}`, which is not a plain file name in the folder")]
    ShardPath { file: String, shard: String },
    #[error("{file}: the tokenizer cannot be read: {reason}")]
    Tokenizer { file: String, reason: String },
    #[error(
        "{file}: the tokenizer has ids up to {largest_id}, but the embedding has {rows} rows; they belong to different models"
    )]
    VocabularyTooLarge { file: String, largest_id: u32, rows: usize },
    #[error("{model}: the variable {variable}, which holds its key, {fault}; set it, e.g. `export {variable}=...`")]
    Key { model: String, variable: String, fault: &'static str },
    #[error("{model}: {fault}; give a base URL as https://HOST/v1")]
    Address { model: String, fault: AddressFault },
    #[error("read {file}: {} problem(s){}", problems.len(), lines(problems))]
    ModelsFile { file: String, problems: Vec<Problem> },
    #[error("{file} has no model `@{name}`; {}", entry_advice(nearest.as_deref(), known))]
    UnknownEntry { file: String, name: String, nearest: Option<String>, known: Vec<String> },
    #[error("{model} cannot be asked: {reason}")]
    Transport { model: String, reason: String },
    #[error("{model} cannot be reached: {detail}; check the URL, the server and the proxy variables")]
    Unreachable { model: String, detail: String },
    #[error("{model} refused with status {status}: {detail}; {advice}")]
    Refused { model: String, status: u16, detail: String, advice: String },
    #[error("{model}: the server has no model of this name; it has: {known}")]
    UnknownModel { model: String, known: String },
    #[error(
        "{model}: its cost is not known, so --max-cost cannot be kept; give `prices` in models.toml, or leave --max-cost out"
    )]
    NoPrice { model: String },
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("the worker threads could not be started: {reason}")]
    Threads { reason: String },
}

impl OpenError {
    /// The endpoint is not there, or takes no key: exit code 5.
    #[must_use]
    pub fn is_endpoint(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Refused { .. } => true,
            Self::Hub(fault) => fault.is_endpoint(),
            _ => false,
        }
    }
}

impl OpenError {
    /// Data that differ from their hash: exit code 6.
    #[must_use]
    pub fn is_hash(&self) -> bool {
        matches!(self, Self::Hub(fault) if fault.is_hash())
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

fn entry_advice(nearest: Option<&str>, known: &[String]) -> String {
    let all = known.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", ");
    match nearest {
        Some(nearest) => format!("did you mean `@{nearest}`? there are: {all}"),
        None if known.is_empty() => {
            "the file is not there or has no [model.NAME]: add one (`mnemoscope schema models`)".to_owned()
        }
        None => format!("there are: {all}"),
    }
}
