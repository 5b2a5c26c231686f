//! The checkpoint's chat template.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, context};
use serde_json::Value;

use super::checkpoint::CheckpointFiles;
use crate::backend::error::BackendError;
use crate::backend::open_error::OpenError;

/// `tokenizer_config.json` as far as we need it.
#[derive(Debug, Clone, Default)]
pub(super) struct TextConfig {
    pub(super) bos_token: Option<String>,
    pub(super) eos_token: Option<String>,
    /// The template's text, from `chat_template.jinja` or `tokenizer_config.json`.
    pub(super) template: Option<String>,
}

impl TextConfig {
    pub(super) fn load(source: &CheckpointFiles<'_>) -> Result<Self, OpenError> {
        let mut config = Self::default();
        if let Some(bytes) = source.get("tokenizer_config.json")? {
            let value: Value = serde_json::from_slice(bytes.as_slice()).map_err(|error| OpenError::Config {
                file: source.label("tokenizer_config.json"),
                reason: error.to_string(),
            })?;
            config.bos_token = token(&value["bos_token"]);
            config.eos_token = token(&value["eos_token"]);
            config.template = match &value["chat_template"] {
                Value::String(text) => Some(text.clone()),
                Value::Array(list) => list
                    .iter()
                    .find(|entry| entry["name"] == "default")
                    .and_then(|entry| entry["template"].as_str())
                    .map(str::to_owned),
                _ => None,
            };
        }
        if let Some(bytes) = source.get("chat_template.jinja")? {
            config.template = Some(String::from_utf8_lossy(bytes.as_slice()).into_owned());
        }
        Ok(config)
    }

    /// Messages as the model was trained to read them. The template already writes the BOS.
    pub(super) fn render(&self, messages: &[Value], add_generation_prompt: bool) -> Result<String, BackendError> {
        let fail = |reason: String| BackendError::Template { reason };
        let Some(template) = &self.template else {
            return Err(fail("the checkpoint has none; send plain text".into()));
        };
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| fail(error.to_string()))?;
        environment.set_syntax(syntax);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_template("chat", template).map_err(|error| fail(error.to_string()))?;
        let rendered = environment.get_template("chat").and_then(|chat| {
            chat.render(context! {
                messages => Serde(messages),
                add_generation_prompt => add_generation_prompt,
                bos_token => self.bos_token.as_deref(),
                eos_token => self.eos_token.as_deref(),
                tools => Option::<String>::None,
            })
        });
        rendered.map_err(|error| fail(error.detail().map_or_else(|| error.to_string(), str::to_owned)))
    }
}

/// A token may be written as a string or as an object with `content`.
fn token(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
}
