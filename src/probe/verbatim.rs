//! Upstream's continuation of the first tokens of a text: the prompt is their text, stripped, and encoded anew; the reply is
//! compared as text with the whole rest, and cut in the model's tokens for what is plotted.

use crate::backend::{Backend, BackendError, Bos, GenerateRequest, Generation, Prompt};
use crate::record::Answer;
use crate::suite::VerbatimProbe;

use super::asked::VerbatimQuestion;

pub(super) fn question(probe: &VerbatimProbe, text: &str) -> VerbatimQuestion {
    VerbatimQuestion {
        text: text.to_owned(),
        prefix_tokens: probe.prefix_tokens,
        suffix_tokens: probe.suffix_tokens,
        max_tokens: probe.max_tokens,
    }
}

/// Ids of the text before and after the cut.
fn cut(backend: &dyn Backend, question: &VerbatimQuestion) -> Result<(Vec<u32>, Vec<u32>), BackendError> {
    if question.text.is_empty() {
        return Err(BackendError::EmptyText);
    }
    let mut prefix = backend.tokenize(&question.text)?;
    if prefix.len() <= question.prefix_tokens {
        return Err(BackendError::TooShort);
    }
    let rest = prefix.split_off(question.prefix_tokens);
    Ok((prefix, rest))
}

pub(super) fn request(backend: &dyn Backend, question: &VerbatimQuestion) -> Result<GenerateRequest, BackendError> {
    let (prefix, _) = cut(backend, question)?;
    Ok(GenerateRequest {
        prompt: Prompt::Text(backend.detokenize(&prefix)?.trim().to_owned()),
        max_tokens: question.max_tokens,
        stop: Vec::new(),
        bos: Bos::Auto,
        end_ids: None,
        sampling: None,
    })
}

pub(super) fn answer(
    backend: &dyn Backend,
    question: &VerbatimQuestion,
    generation: Generation,
) -> Result<Answer, BackendError> {
    let (prefix, rest) = cut(backend, question)?;
    let n = question.suffix_tokens.min(rest.len());
    let written = if generation.text.is_empty() { Vec::new() } else { backend.tokenize(&generation.text)? };
    let (span, written) = (&rest[..n], &written[..n.min(written.len())]);
    let piece = |ids: &[u32]| -> Result<String, BackendError> {
        if ids.is_empty() { Ok(String::new()) } else { Ok(backend.detokenize(ids)?.trim().to_owned()) }
    };
    Ok(Answer::Verbatim {
        prompt: backend.detokenize(&prefix)?.trim().to_owned(),
        rest: backend.detokenize(&rest)?.trim().to_owned(),
        span: piece(span)?,
        written_span: piece(written)?,
        is_same_span: span == written,
        generation,
    })
}
