//! Greedy decoding with a key-value cache, several prompts at a time.

use super::head::{argmax, log_softmax};
use super::llama::{Llama, Segment, SequenceCache};

/// A prompt that is being continued.
#[derive(Debug)]
pub(super) struct Decoding {
    pub(super) ids: Vec<u32>,
    pub(super) max_tokens: usize,
    pub(super) stop_ids: Vec<u32>,
}

/// What was decoded; stop ids are not part of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoded {
    pub(super) ids: Vec<u32>,
    pub(super) logprobs: Vec<f32>,
    pub(super) end: End,
}

/// Why decoding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    StopId,
    Length,
    Context,
    /// The caller's check said so (a stop text was written).
    Checked,
    /// The model gave a value that is not a number.
    NonFinite,
}

/// Continues every prompt. `is_done` sees a prompt's index and its ids so far and may end it early.
///
/// A sequence's ids do not depend on which others are decoded with it.
pub(super) fn decode(model: &Llama, prompts: &[Decoding], is_done: &dyn Fn(usize, &[u32]) -> bool) -> Vec<Decoded> {
    let mut decoded: Vec<Decoded> =
        prompts.iter().map(|_| Decoded { ids: Vec::new(), logprobs: Vec::new(), end: End::Length }).collect();
    let mut active: Vec<usize> = (0..prompts.len()).filter(|&index| prompts[index].max_tokens > 0).collect();
    if active.is_empty() {
        return decoded;
    }
    let segments: Vec<Segment<'_>> =
        active.iter().map(|&index| Segment { ids: &prompts[index].ids, past: None }).collect();
    let (mut hidden, mut caches) = model.forward(&segments);
    let mut last_rows: Vec<usize> = segments
        .iter()
        .scan(0, |end, segment| {
            *end += segment.ids.len();
            Some(*end - 1)
        })
        .collect();
    loop {
        let mut next: Vec<(usize, u32, SequenceCache)> = Vec::new();
        for ((&index, &row), cache) in active.iter().zip(&last_rows).zip(caches) {
            let logits = model.logits(&hidden, row, 1);
            let best = argmax(&logits);
            let logprob = log_softmax(&logits)[best];
            let (prompt, out) = (&prompts[index], &mut decoded[index]);
            let id = u32::try_from(best).expect("a vocabulary has fewer than 2^32 entries");
            if !logprob.is_finite() {
                out.end = End::NonFinite;
                continue;
            }
            if prompt.stop_ids.contains(&id) {
                out.end = End::StopId;
                continue;
            }
            out.ids.push(id);
            out.logprobs.push(logprob);
            if is_done(index, &out.ids) {
                out.end = End::Checked;
            } else if out.ids.len() >= prompt.max_tokens {
                out.end = End::Length;
            } else if prompt.ids.len() + out.ids.len() >= model.config.context {
                out.end = End::Context;
            } else {
                next.push((index, id, cache));
            }
        }
        if next.is_empty() {
            return decoded;
        }
        let ids: Vec<[u32; 1]> = next.iter().map(|(_, id, _)| [*id]).collect();
        let segments: Vec<Segment<'_>> =
            ids.iter().zip(&next).map(|(ids, (_, _, cache))| Segment { ids, past: Some(cache) }).collect();
        (hidden, caches) = model.forward(&segments);
        last_rows = (0..segments.len()).collect();
        active = next.iter().map(|(index, _, _)| *index).collect();
    }
}
