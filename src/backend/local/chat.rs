//! The checkpoint's chat template.

use serde_json::Value;

use super::checkpoint::CheckpointFiles;
use crate::backend::chat_template::ChatTemplate;
use crate::backend::error::BackendError;
use crate::backend::open_error::OpenError;
use crate::backend::request::Message;
use crate::digest::sha256_hex;

/// `tokenizer_config.json` as far as we need it.
#[derive(Debug, Clone, Default)]
pub(super) struct TextConfig {
    pub(super) bos_token: Option<String>,
    pub(super) eos_token: Option<String>,
    pub(super) unk_token: Option<String>,
    /// The template's text, from `chat_template.jinja` or `tokenizer_config.json`.
    pub(super) template: Option<String>,
    /// Names of the templates where none is the `default`.
    pub(super) other_templates: Vec<String>,
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
            config.unk_token = token(&value["unk_token"]);
            match &value["chat_template"] {
                Value::String(text) => config.template = Some(text.clone()),
                Value::Array(list) => {
                    let named = |entry: &Value| entry["name"].as_str().unwrap_or("(no name)").to_owned();
                    let default = list.iter().find(|entry| entry["name"] == "default");
                    config.template = default.and_then(|entry| entry["template"].as_str()).map(str::to_owned);
                    config.other_templates = list.iter().map(named).filter(|name| name != "default").collect();
                }
                _ => {}
            }
        }
        if let Some(bytes) = source.get("chat_template.jinja")? {
            config.template = Some(String::from_utf8_lossy(bytes.as_slice()).into_owned());
        }
        Ok(config)
    }

    /// Hex SHA-256 over the template and the end-of-text token; `None` without a template.
    pub(super) fn sha256(&self) -> Option<String> {
        let end = self.eos_token.as_deref().unwrap_or_default();
        self.template.as_ref().map(|template| sha256_hex(format!("{template}\0{end}").as_bytes()))
    }

    /// Messages as the model was trained to read them. The template already writes the BOS.
    pub(super) fn render(&self, messages: &[Value], add_generation_prompt: bool) -> Result<String, BackendError> {
        let Some(text) = &self.template else {
            let reason = if self.other_templates.is_empty() {
                "the checkpoint has none; send plain text".to_owned()
            } else {
                let names = self.other_templates.join(", ");
                format!(
                    "the checkpoint has templates named {names}, but none named `default`; lay the one that is meant beside it as chat_template.jinja"
                )
            };
            return Err(BackendError::Template { reason });
        };
        let template =
            ChatTemplate { text, bos_token: self.bos_token.as_deref(), eos_token: self.eos_token.as_deref() };
        template.render(messages, add_generation_prompt)
    }
}

/// Messages as templates read them.
pub(super) fn values(messages: &[Message]) -> Vec<Value> {
    let value = |message: &Message| serde_json::json!({"role": message.role, "content": message.content});
    messages.iter().map(value).collect()
}

/// A token may be written as a string or as an object with `content`.
fn token(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
}
