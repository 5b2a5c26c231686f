//! A key that cannot be printed.

use std::fmt;

use crate::backend::open_error::OpenError;
use crate::redact::REDACTED;

/// A key from an environment variable. It has no `Display`, no serde form, and a `Debug` without it; it leaves this room
/// in one header only.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Reads the variable that the user named.
    ///
    /// # Errors
    /// It is not set, empty, or cannot stand in a header. The message names the variable, never its value.
    pub fn from_variable(model: &str, variable: &str) -> Result<Self, OpenError> {
        let fail = |fault| OpenError::Key { model: model.to_owned(), variable: variable.to_owned(), fault };
        let value = std::env::var_os(variable).ok_or_else(|| fail("is not set"))?;
        let value = value.into_string().map_err(|_| fail("is not Unicode"))?;
        let value = value.trim().to_owned();
        if value.is_empty() {
            return Err(fail("is empty"));
        }
        if !value.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
            return Err(fail("holds a character that cannot stand in a header"));
        }
        Ok(Self(value))
    }

    /// The key itself, for the one header that carries it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without the key.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        if text.contains(&self.0) { text.replace(&self.0, REDACTED) } else { text.to_owned() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed_and_is_scrubbed_from_texts() {
        let secret = Secret("hunter2-key".into());
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
        assert_eq!(secret.scrub("bad key hunter2-key!"), "bad key [redacted]!");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = Secret::from_variable("@m", "MNEMOSCOPE_NO_SUCH_VARIABLE").unwrap_err().to_string();
        assert!(error.contains("MNEMOSCOPE_NO_SUCH_VARIABLE") && error.contains("is not set"), "{error}");
    }
}
