//! Decoding with a key-value cache, several prompts at a time: greedy, or drawn.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::network::{Compute, Decoder, Pass, Segment, Sequence};
use super::score::{Branch, RowCount, batch_rows, each_batch, run, trees};
use super::workers::Workers;
use crate::backend::request::Sampling;

/// Prompts that are decoded together: their rows share one pass over the weights.
const DECODED_TOGETHER: usize = 16;

/// A prompt that is being continued.
#[derive(Debug)]
pub(super) struct Decoding {
    pub(super) ids: Vec<u32>,
    pub(super) max_tokens: usize,
    pub(super) stop_ids: Vec<u32>,
    pub(super) sampling: Option<Sampling>,
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

/// Says whether a prompt's continuation so far is enough.
pub(super) type IsDone<'a> = dyn Fn(usize, &[u32]) -> bool + Sync + 'a;

/// Continues every prompt. `is_done` sees a prompt's index and its ids so far and may end it early.
///
/// A sequence's ids do not depend on which others are decoded with it.
pub(super) fn decode<C: Compute>(
    decoder: &Decoder<C>,
    prompts: &[Decoding],
    is_done: &IsDone<'_>,
    workers: &Workers,
    budget: usize,
) -> (Vec<Decoded>, RowCount) {
    let mut decoded: Vec<Decoded> =
        prompts.iter().map(|_| Decoded { ids: Vec::new(), logprobs: Vec::new(), end: End::Length }).collect();
    let asked: Vec<usize> = (0..prompts.len()).filter(|&index| prompts[index].max_tokens > 0).collect();
    let groups: Vec<&[usize]> = asked.chunks(DECODED_TOGETHER).collect();
    let mut rows = RowCount::default();
    for (group, (results, count)) in
        groups.iter().zip(workers.each(groups.clone(), |group| decode_group(decoder, prompts, group, is_done, budget)))
    {
        rows.asked += count.asked;
        rows.computed += count.computed;
        for (&index, result) in group.iter().zip(results) {
            decoded[index] = result;
        }
    }
    (decoded, rows)
}

/// One prompt on its way.
struct Active<C: Compute> {
    /// Place in the group.
    place: usize,
    draw: Option<Draw>,
    logits: Vec<f32>,
    sequence: Option<Sequence<C>>,
    is_long: bool,
}

fn decode_group<C: Compute>(
    decoder: &Decoder<C>,
    prompts: &[Decoding],
    group: &[usize],
    is_done: &IsDone<'_>,
    budget: usize,
) -> (Vec<Decoded>, RowCount) {
    let mut decoded: Vec<Decoded> =
        group.iter().map(|_| Decoded { ids: Vec::new(), logprobs: Vec::new(), end: End::Length }).collect();
    let (mut active, count) = read_prompts(decoder, prompts, group, budget);
    while !active.is_empty() {
        let mut going_on = Vec::new();
        for mut one in active {
            let (prompt, out) = (&prompts[group[one.place]], &mut decoded[one.place]);
            let next = match &mut one.draw {
                Some(draw) => draw.next(&one.logits),
                None => argmax(&one.logits),
            };
            let logprob = log_softmax(&one.logits, next);
            let id = u32::try_from(next).unwrap_or(u32::MAX);
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
            if is_done(group[one.place], &out.ids) {
                out.end = End::Checked;
            } else if out.ids.len() >= prompt.max_tokens {
                out.end = End::Length;
            } else if prompt.ids.len() + out.ids.len() >= decoder.config.context {
                out.end = End::Context;
            } else {
                going_on.push((one, id));
            }
        }
        active = step(decoder, prompts, group, &decoded, going_on);
    }
    (decoded, count)
}

/// Reads all prompts of a group, what they share once.
fn read_prompts<C: Compute>(
    decoder: &Decoder<C>,
    prompts: &[Decoding],
    group: &[usize],
    budget: usize,
) -> (Vec<Active<C>>, RowCount) {
    let branches: Vec<Branch<'_>> = group
        .iter()
        .enumerate()
        .map(|(leaf, &index)| {
            let ids = &prompts[index].ids;
            Branch { leaf, ids, shareable: ids.len() - 1, is_long: decoder.is_long(ids.len()) }
        })
        .collect();
    let asked = branches.iter().map(|branch| branch.ids.len()).sum();
    let trees = trees(branches);
    let computed = trees.iter().map(super::score::Node::rows).sum();
    let rows = batch_rows(computed, 1, budget);
    let mut active = Vec::with_capacity(group.len());
    each_batch(decoder, trees, None, rows, &mut |batch| {
        run(decoder, batch, true, |hidden, arrived| {
            let last: Vec<usize> = arrived
                .iter()
                .map(|arrived| arrived.first_row + prompts[group[arrived.leaf]].ids.len() - 1 - arrived.depth)
                .collect();
            if last.is_empty() {
                return;
            }
            let logits = decoder.logits(hidden, &last, Pass::Whole);
            for (arrived, logits) in arrived.into_iter().zip(logits.chunks_exact(decoder.config.vocabulary)) {
                active.push(Active {
                    place: arrived.leaf,
                    draw: prompts[group[arrived.leaf]].sampling.map(Draw::new),
                    logits: logits.to_vec(),
                    sequence: arrived.sequence,
                    is_long: decoder.is_long(prompts[group[arrived.leaf]].ids.len()),
                });
            }
        });
    });
    active.sort_by_key(|one| one.place);
    (active, RowCount { asked, computed })
}

/// One more row for each sequence.
fn step<C: Compute>(
    decoder: &Decoder<C>,
    prompts: &[Decoding],
    group: &[usize],
    decoded: &[Decoded],
    going_on: Vec<(Active<C>, u32)>,
) -> Vec<Active<C>> {
    let mut next = Vec::with_capacity(going_on.len());
    let mut stepping = Vec::with_capacity(going_on.len());
    for (one, id) in going_on {
        let n = prompts[group[one.place]].ids.len() + decoded[one.place].ids.len();
        if decoder.is_long(n) == one.is_long {
            stepping.push((one, [id]));
            continue;
        }
        // Beyond the original context every position turns otherwise: the sequence is read anew.
        let ids = [prompts[group[one.place]].ids.as_slice(), &decoded[one.place].ids].concat();
        let segment = Segment { ids: &ids, past: None, keep: true, is_long: true };
        let mut passed = decoder.forward(vec![segment], Pass::Whole);
        let logits = decoder.logits(&passed.hidden, &[ids.len() - 1], Pass::Whole);
        let sequence = passed.sequences.remove(0);
        next.push(Active { place: one.place, draw: one.draw, logits, sequence, is_long: true });
    }
    if !stepping.is_empty() {
        let mut places = Vec::with_capacity(stepping.len());
        let mut ids = Vec::with_capacity(stepping.len());
        let mut pasts = Vec::with_capacity(stepping.len());
        let mut draws = Vec::with_capacity(stepping.len());
        for (one, id) in stepping {
            places.push((one.place, one.is_long));
            draws.push(one.draw);
            ids.push(id);
            pasts.push(one.sequence.map(Arc::new));
        }
        let segments = ids
            .iter()
            .zip(pasts)
            .zip(&places)
            .map(|((ids, past), &(_, is_long))| Segment { ids, past, keep: true, is_long })
            .collect();
        let passed = decoder.forward(segments, Pass::Step);
        let rows: Vec<usize> = (0..places.len()).collect();
        let logits = decoder.logits(&passed.hidden, &rows, Pass::Step);
        let logits = logits.chunks_exact(decoder.config.vocabulary);
        let places = places.into_iter().zip(draws);
        for ((((place, is_long), draw), sequence), logits) in places.zip(passed.sequences).zip(logits) {
            next.push(Active { place, draw, logits: logits.to_vec(), sequence, is_long });
        }
    }
    next
}

/// The random stream of one continuation.
#[derive(Debug)]
struct Draw {
    stream: ChaCha20Rng,
    temperature: f64,
}

impl Draw {
    fn new(sampling: Sampling) -> Self {
        Self { stream: ChaCha20Rng::seed_from_u64(sampling.seed), temperature: sampling.temperature }
    }

    /// One draw from the softmax of the logits over the temperature, by its cumulated sum in the order of the ids.
    fn next(&mut self, logits: &[f32]) -> usize {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weight = |logit: f32| (f64::from(logit - largest) / self.temperature).exp();
        let total: f64 = logits.iter().map(|&logit| weight(logit)).sum();
        let wanted = self.stream.random::<f64>() * total;
        let mut sum = 0.0;
        for (index, &logit) in logits.iter().enumerate() {
            sum += weight(logit);
            if sum > wanted {
                return index;
            }
        }
        // Rounding at the very end, or logits that are no numbers: told by the log-probability of what is given here.
        logits.iter().rposition(|&logit| logit > f32::NEG_INFINITY).unwrap_or_else(|| argmax(logits))
    }
}

/// Index of the largest logit; the lowest index on ties.
pub(super) fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, &logit) in row.iter().enumerate() {
        if logit > row[best] {
            best = index;
        }
    }
    best
}

/// Log-probability of one entry of a row of logits.
#[expect(clippy::cast_possible_truncation, reason = "log-probabilities are recorded in single precision")]
pub(super) fn log_softmax(row: &[f32], index: usize) -> f32 {
    (f64::from(row[index]) - log_sum_exp(row)) as f32
}

/// Logarithm of the sum of the exponentials.
pub(super) fn log_sum_exp(row: &[f32]) -> f64 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|&logit| f64::from(logit - largest).exp()).sum();
    f64::from(largest) + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_drawn_as_often_as_their_probability_says() {
        let logits = [0.0_f32, 1.0, 2.0, -30.0];
        for temperature in [0.5, 1.0, 3.0] {
            let mut draw = Draw::new(Sampling { temperature, seed: 7 });
            let mut counts = [0.0_f64; 4];
            for _ in 0..20_000 {
                counts[draw.next(&logits)] += 1.0 / 20_000.0;
            }
            let weights = logits.map(|logit| (f64::from(logit) / temperature).exp());
            let total: f64 = weights.iter().sum();
            for (count, weight) in counts.iter().zip(weights) {
                assert!((count - weight / total).abs() < 0.012, "{temperature}: {counts:?}");
            }
        }
    }

    #[test]
    fn a_row_is_normalised_and_the_first_of_equals_wins() {
        let row = [2.0_f32; 5];
        assert_eq!(argmax(&row), 0);
        assert!((log_softmax(&row, 4) + 5.0_f32.ln()).abs() < 1e-6);
        assert!(log_softmax(&[f32::NAN, 1.0], 1).is_nan());
    }
}
