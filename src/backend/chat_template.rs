//! Chat templates: messages become the text that a model was trained to read.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, context};

use super::error::BackendError;

/// Instructions that a template may run: far more than any conversation needs, and an end to one that loops for ever.
const FUEL: u64 = 50_000_000;

/// A template in Jinja, with the special tokens that it may write.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChatTemplate<'a> {
    pub(super) text: &'a str,
    pub(super) bos_token: Option<&'a str>,
    pub(super) eos_token: Option<&'a str>,
}

impl ChatTemplate<'_> {
    /// Messages as the model was trained to read them. The template already writes the BOS.
    ///
    /// # Errors
    /// The template cannot be read, or refuses the messages.
    pub(super) fn render(
        &self,
        messages: &[serde_json::Value],
        add_generation_prompt: bool,
    ) -> Result<String, BackendError> {
        let fail = |reason: String| BackendError::Template { reason };
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| fail(error.to_string()))?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        // No `strftime_now`: a prompt must be the same a year later. Templates that know it fall back to a fixed date.
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_template("chat", self.text).map_err(|error| fail(error.to_string()))?;
        // A token that the model does not have is undefined, not the word `none`.
        let tokens = [("bos_token", self.bos_token), ("eos_token", self.eos_token)];
        let tokens = tokens.into_iter().filter_map(|(name, token)| Some((name, Value::from(token?))));
        let rendered = environment.get_template("chat").and_then(|chat| {
            chat.render(context! {
                messages => Serde(messages),
                add_generation_prompt => add_generation_prompt,
                tools => Option::<String>::None,
                ..Value::from_pairs(tokens)
            })
        });
        rendered.map_err(|error| fail(error.detail().map_or_else(|| error.to_string(), str::to_owned)))
    }
}
