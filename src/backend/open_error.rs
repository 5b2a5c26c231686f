//! Why a model could not be opened. Every message names the file, what was found and what to do.

use std::path::PathBuf;

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
    #[error("{} is not a folder; give the folder of a checkpoint (config.json, model.safetensors, tokenizer.json)", path.display())]
    NotAFolder { path: PathBuf },
    #[error(
        "{file}: not found; a checkpoint folder holds config.json, tokenizer.json and model.safetensors (or model.safetensors.index.json with its shards)"
    )]
    MissingFile { file: String },
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
    #[error("{file}: not a whole safetensors file: {reason}; download it again")]
    Damaged { file: String, reason: String },
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
    #[error("the worker threads could not be started: {reason}")]
    Threads { reason: String },
}
