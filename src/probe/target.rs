//! Log-probability of a text, alone or behind a context; and a short answer to a prompt.

use crate::backend::{BackendError, Bos, GenerateRequest, Generation, Prompt, Reply, TokenScores};
use crate::dataset::Item;
use crate::prompt::{ItemTemplates, TemplateError};
use crate::record::{Answer, TextScore};
use crate::suite::{GenerateProbe, LikelihoodProbe};

use super::asked::{Completion, Target};

pub(super) fn target(probe: &LikelihoodProbe, item: &Item) -> Result<Target, TemplateError> {
    let templates = ItemTemplates::new(&[("context", &probe.context), ("text", &probe.text)])?;
    Ok(Target {
        context: templates.render("context", item)?,
        delimiter: probe.delimiter.clone(),
        text: templates.render("text", item)?,
    })
}

/// Whether one of these metrics reads the mean and deviation over the vocabulary.
pub(super) fn needs_vocab_stats(metrics: &[String]) -> bool {
    metrics.iter().any(|name| name.starts_with("min_k_pp"))
}

/// The sum over the text's tokens, with what it is divided by.
pub(super) fn text_score(target: &Target, reply: Option<Reply>) -> Result<Answer, BackendError> {
    let Some(Reply::Scores(scores)) = reply else { return Err(BackendError::OtherReply) };
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Ok(Answer::Text(TextScore {
        logprob: scores.sum(),
        n_tokens: count(scores.logprobs.len()),
        n_bytes: count(target.text.len()),
        n_words: count(words(&target.text)),
        is_greedy: is_greedy(&scores),
        n_windows: count(scores.n_windows),
    }))
}

/// Whether every token was the likeliest one, where that is known.
fn is_greedy(scores: &TokenScores) -> Option<bool> {
    let is_told = !scores.is_argmax.is_empty() && !scores.wire.as_ref().is_some_and(|wire| wire.lacks_alternatives);
    is_told.then(|| scores.is_argmax.iter().all(|&hit| hit))
}

/// Pieces that Python's `re.split(r"\s+", text)` gives: one more than there are gaps, those at the ends among them.
fn words(text: &str) -> usize {
    let mut gaps = 0;
    let mut in_gap = false;
    for character in text.chars() {
        let is_space = character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}');
        gaps += usize::from(is_space && !in_gap);
        in_gap = is_space;
    }
    gaps + 1
}

pub(super) fn completion(probe: &GenerateProbe, item: &Item) -> Result<Completion, TemplateError> {
    let templates = ItemTemplates::new(&[("prompt", &probe.prompt), ("reference", &probe.reference)])?;
    let accepted = probe.any_of.as_ref().and_then(|field| item.fields.get(field)?.as_array());
    Ok(Completion {
        prompt: templates.render("prompt", item)?,
        reference: templates.render("reference", item)?,
        accepted: accepted.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        max_tokens: probe.max_tokens,
        stop: probe.stop.clone(),
    })
}

pub(super) fn request(completion: &Completion) -> GenerateRequest {
    GenerateRequest {
        prompt: Prompt::Text(completion.prompt.clone()),
        max_tokens: completion.max_tokens,
        stop: completion.stop.clone(),
        bos: Bos::Auto,
        end_ids: None,
        sampling: None,
    }
}

pub(super) fn completed(completion: &Completion, generation: Generation) -> Answer {
    Answer::Completion {
        generation,
        prompt: completion.prompt.clone(),
        reference: completion.reference.clone(),
        accepted: completion.accepted.clone(),
        lacks_prefill: false,
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_the_pieces_between_gaps() {
        assert_eq!([words("a b\n\tc"), words(" a "), words("a"), words("")], [3, 3, 1, 1]);
    }
}
