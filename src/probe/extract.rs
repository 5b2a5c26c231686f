//! Greedy continuation of the first tokens of a text, to be compared with the rest.
//!
//! The cut is made in the model's own tokens: the first `prefix_tokens` ids are the prompt as they are, so no merge
//! can cross the cut (k-eidetic memorisation, Carlini et al. 2023).

use crate::backend::{Backend, BackendError, Bos, GenerateRequest, Prompt};
use crate::record::Answer;

/// A text and where it is cut.
pub(super) struct Extraction<'a> {
    pub(super) text: &'a str,
    pub(super) prefix_tokens: usize,
    pub(super) suffix_tokens: usize,
}

/// A text that is longer than its prefix is continued; a shorter one has nothing to compare with.
pub(super) fn ask(backend: &dyn Backend, extractions: &[Extraction<'_>]) -> Vec<Result<Answer, BackendError>> {
    let cuts: Vec<Result<Cut, BackendError>> = extractions.iter().map(|extraction| cut(backend, extraction)).collect();
    let requests: Vec<GenerateRequest> = cuts
        .iter()
        .flatten()
        .map(|cut| GenerateRequest {
            prompt: Prompt::Tokens(cut.prefix.clone()),
            max_tokens: cut.reference.len(),
            stop: Vec::new(),
            bos: Bos::Auto,
        })
        .collect();
    let mut generations = backend.generate(&requests).into_iter();
    cuts.into_iter()
        .map(|cut| {
            let cut = cut?;
            let generation = generations.next().expect("one generation for each request")?;
            Ok(Answer::Continuation {
                generation,
                prompt: backend.detokenize(&cut.prefix)?,
                reference: backend.detokenize(&cut.reference)?,
                reference_ids: cut.reference,
            })
        })
        .collect()
}

/// A text's ids, before and after the cut.
struct Cut {
    prefix: Vec<u32>,
    reference: Vec<u32>,
}

fn cut(backend: &dyn Backend, extraction: &Extraction<'_>) -> Result<Cut, BackendError> {
    if extraction.text.is_empty() {
        return Err(BackendError::EmptyText);
    }
    let mut prefix = backend.tokenize(extraction.text)?;
    if prefix.len() <= extraction.prefix_tokens {
        return Err(BackendError::TooShort);
    }
    let mut reference = prefix.split_off(extraction.prefix_tokens);
    reference.truncate(extraction.suffix_tokens);
    Ok(Cut { prefix, reference })
}
