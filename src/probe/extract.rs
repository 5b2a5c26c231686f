//! Greedy continuation of the first tokens of a text, to be compared with the rest.
//!
//! The cut is made in the model's own tokens: the first `prefix_tokens` ids are the prompt as they are, so no merge
//! can cross the cut (k-eidetic memorisation, Carlini et al. 2023).

use crate::backend::{Backend, BackendError, Bos, GenerateRequest, Generation, Prompt};
use crate::record::Answer;

/// A text's ids, before and after the cut.
pub(super) struct Cut {
    prefix: Vec<u32>,
    reference: Vec<u32>,
}

/// A text that is longer than its prefix is continued; a shorter one has nothing to compare with.
pub(super) fn cut(
    backend: &dyn Backend,
    text: &str,
    prefix_tokens: usize,
    suffix_tokens: usize,
) -> Result<Cut, BackendError> {
    if text.is_empty() {
        return Err(BackendError::EmptyText);
    }
    let mut prefix = backend.tokenize(text)?;
    if prefix.len() <= prefix_tokens {
        return Err(BackendError::TooShort);
    }
    let mut reference = prefix.split_off(prefix_tokens);
    reference.truncate(suffix_tokens);
    Ok(Cut { prefix, reference })
}

impl Cut {
    pub(super) fn request(&self) -> GenerateRequest {
        GenerateRequest {
            prompt: Prompt::Tokens(self.prefix.clone()),
            max_tokens: self.reference.len(),
            stop: Vec::new(),
            bos: Bos::Auto,
            end_ids: None,
            sampling: None,
        }
    }

    pub(super) fn answer(self, backend: &dyn Backend, generation: Generation) -> Result<Answer, BackendError> {
        Ok(Answer::Continuation {
            generation,
            prompt: backend.detokenize(&self.prefix)?,
            reference: backend.detokenize(&self.reference)?,
            reference_ids: self.reference,
        })
    }
}
