//! The same attacks as other people's code computes them, **each in that code's own sign**.
//!
//! For verification against recorded outputs and for errata; the card's numbers come from the attack table.
//! Inputs are natural log-probabilities of the scored tokens in f64. `None` is the upstream "no number".

use super::attack::mean;
use super::dc_pdd::calibrated;
use super::min_k::{floor_count, mean_of_smallest, window_means};
use super::min_k_pp::standardised;
use super::norm_order::NormOrder;
use super::token_frequencies::TokenFrequencies;
use crate::backend::{GradientNorms, TokenizerFacts};

/// OpenUnlearning's floor of the vocabulary variance.
pub const OPEN_UNLEARNING_VARIANCE_FLOOR: f64 = 1e-6;

/// Mean and standard deviation of the log-probabilities over the vocabulary, one of each a scored token.
#[derive(Debug, Clone, Copy)]
pub struct VocabularyRows<'a> {
    pub means: &'a [f64],
    pub deviations: &'a [f64],
}

fn mean_or_none(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| mean(values))
}

/// Mean of the `int(n * share)` smallest; `None` where that count is 0.
fn lowest_or_none(values: &[f64], share: f64) -> Option<f64> {
    let count = floor_count(values.len(), share);
    (count > 0).then(|| mean_of_smallest(values, count))
}

/// mimir `loss` (and OpenUnlearning's): mean negative log-probability; lower = member.
#[must_use]
pub fn mimir_loss(logprobs: &[f64]) -> Option<f64> {
    mean_or_none(logprobs).map(|value| -value)
}

/// mimir `zlib`: loss over the compressed length of the whole text; lower = member.
#[must_use]
pub fn mimir_zlib(logprobs: &[f64], zlib_length: usize) -> Option<f64> {
    mimir_loss(logprobs).map(|loss| loss / zlib_length as f64)
}

/// mimir `min_k`: lower = member; `None` when `int(count * k)` is 0 (upstream: mean of an empty list).
///
/// `window` and `stride` are at least 1; upstream's defaults are 1 and 1.
#[must_use]
pub fn mimir_min_k(logprobs: &[f64], k: f64, window: usize, stride: usize) -> Option<f64> {
    lowest_or_none(&window_means(logprobs, window.max(1), stride.max(1)), k).map(|value| -value)
}

/// mimir `min_k_pp`: lower = member; no floor of the variance.
#[must_use]
pub fn mimir_min_k_pp(logprobs: &[f64], rows: VocabularyRows<'_>, k: f64) -> Option<f64> {
    mink_plus_plus_min_k_pp(logprobs, rows, k).map(|value| -value)
}

/// mimir `ref`: loss of the target minus loss of the reference with its own tokenizer; lower = member.
#[must_use]
pub fn mimir_reference(target: &[f64], reference: &[f64]) -> Option<f64> {
    Some(mimir_loss(target)? - mimir_loss(reference)?)
}

/// mimir `ne` as its driver reports it: loss minus the *largest* neighbour loss; the paper takes the mean.
#[must_use]
pub fn mimir_neighbor_driver(logprobs: &[f64], neighbor_losses: &[f64]) -> Option<f64> {
    let largest = neighbor_losses.iter().copied().reduce(f64::max)?;
    Some(mimir_loss(logprobs)? - largest)
}

/// mimir `recall`: the conditional mean over the loss; lower = member.
///
/// `conditional` is [`mimir_conditional_mean`], or the plain mean of all tokens of the text where prefix and text fit into the
/// context. `None` where the loss is 0 or there is none.
#[must_use]
pub fn mimir_recall(conditional: f64, logprobs: &[f64]) -> Option<f64> {
    Some(conditional / mimir_loss(logprobs)?).filter(|value| value.is_finite())
}

/// Windows of mimir's conditional score: `[from, to)` one after the other, without overlap. Each is scored alone, from the
/// first token of the text or from its own second one, whichever is later; its mean is weighted with the tokens of the text
/// in it, the first one too, which has no score.
///
/// `n_prefix` ids stand before `n_text`; `context` is at least 1. Windows that hold no token of the text are left out, and so
/// are those in which none has a score.
#[must_use]
pub fn mimir_conditional_windows(n_prefix: usize, n_text: usize, context: usize) -> Vec<ConditionalWindow> {
    let total = n_prefix + n_text;
    (0..total)
        .step_by(context.max(1))
        .map(|from| {
            let to = (from + context).min(total);
            let first_of_text = n_prefix.max(from);
            let scored_from = first_of_text.max(from + 1);
            ConditionalWindow { from, scored_from, to, weight: to.saturating_sub(first_of_text) }
        })
        .filter(|window| window.scored_from < window.to)
        .collect()
}

/// One of [`mimir_conditional_windows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionalWindow {
    pub from: usize,
    pub scored_from: usize,
    pub to: usize,
    /// Tokens of the text in it.
    pub weight: usize,
}

/// The mean log-probability that mimir makes of the windows' log-probabilities; 0 without a window.
#[must_use]
pub fn mimir_conditional_mean(windows: &[(ConditionalWindow, Vec<f64>)]) -> f64 {
    let weight: usize = windows.iter().map(|(window, _)| window.weight).sum();
    if weight == 0 {
        return 0.0;
    }
    windows.iter().map(|(window, logprobs)| mean(logprobs) * window.weight as f64).sum::<f64>() / weight as f64
}

/// mimir `dc_pdd`: lower = member; `logprobs` belong to all of `ids`, the first one conditioned on the end-of-text token.
///
/// The length of the frequency table is that of the tokenizer with the pad token that mimir adds.
#[must_use]
pub fn mimir_dc_pdd(ids: &[u32], logprobs: &[f64], frequencies: &TokenFrequencies) -> Option<f64> {
    (!ids.is_empty() && ids.len() == logprobs.len()).then(|| -calibrated(ids, logprobs, frequencies))
}

/// mimir's table length: it adds a token `[PAD]` to every tokenizer that has none.
#[must_use]
pub fn mimir_table_len(facts: &TokenizerFacts) -> usize {
    facts.n_ids + usize::from(!facts.has_mimir_pad)
}

/// mimir `gradnorm`: minus the norm, meant as lower = member, which turns the attack round.
#[must_use]
pub fn mimir_gradnorm(norms: &GradientNorms, order: NormOrder) -> f64 {
    -order.of(norms)
}

/// OpenUnlearning `gradnorm`: the norm; lower = member. The gradient is that of the loss without the last token.
#[must_use]
pub fn open_unlearning_gradnorm(norms: &GradientNorms, order: NormOrder) -> f64 {
    order.of(norms)
}

/// mink-plus-plus `loss`: mean log-probability; higher = member.
#[must_use]
pub fn mink_plus_plus_loss(logprobs: &[f64]) -> Option<f64> {
    mean_or_none(logprobs)
}

/// mink-plus-plus `zlib`; higher = member.
#[must_use]
pub fn mink_plus_plus_zlib(logprobs: &[f64], zlib_length: usize) -> Option<f64> {
    mean_or_none(logprobs).map(|value| value / zlib_length as f64)
}

/// mink-plus-plus `mink_k`; higher = member; `None` when `int(n * k)` is 0 (upstream: NaN, and the ROC crashes).
#[must_use]
pub fn mink_plus_plus_min_k(logprobs: &[f64], k: f64) -> Option<f64> {
    lowest_or_none(logprobs, k)
}

/// mink-plus-plus `mink++_k`; higher = member; no floor of the variance, so a saturated row gives `None`.
#[must_use]
pub fn mink_plus_plus_min_k_pp(logprobs: &[f64], rows: VocabularyRows<'_>, k: f64) -> Option<f64> {
    lowest_or_none(&standardised(logprobs, rows.means, rows.deviations, 0.0), k).filter(|value| value.is_finite())
}

/// mink-plus-plus `ref`: the *target's* ids given to the reference; higher = member.
#[must_use]
pub fn mink_plus_plus_reference(target: &[f64], reference_on_target_ids: &[f64]) -> Option<f64> {
    Some(mean_or_none(target)? - mean_or_none(reference_on_target_ids)?)
}

/// mink-plus-plus `lowercase`: mean log-probability of the lowered text over that of the text; higher = member.
#[must_use]
pub fn mink_plus_plus_lowercase(logprobs: &[f64], lowered: &[f64]) -> Option<f64> {
    Some(mean_or_none(lowered)? / mean_or_none(logprobs)?).filter(|value| value.is_finite())
}

/// mink-plus-plus `neighbor`: mean log-probability minus the mean over neighbours of theirs; higher = member.
#[must_use]
pub fn mink_plus_plus_neighbor(logprobs: &[f64], neighbor_means: &[f64]) -> Option<f64> {
    Some(mean_or_none(logprobs)? - mean_or_none(neighbor_means)?)
}

/// All but the last: OpenUnlearning means to skip an end-of-text token, but its completion data have none.
fn without_last<T>(values: &[T]) -> &[T] {
    values.split_last().map_or(&[], |(_, rest)| rest)
}

/// Mean of the `max(1, int(m * k))` smallest; 0.0 without a value.
fn open_unlearning_lowest(values: &[f64], k: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    mean_of_smallest(values, floor_count(values.len(), k).max(1))
}

/// OpenUnlearning `loss`; lower = member. The last token is kept here.
#[must_use]
pub fn open_unlearning_loss(logprobs: &[f64]) -> Option<f64> {
    mimir_loss(logprobs)
}

/// OpenUnlearning `zlib`; lower = member. The length is that of the text *without its first token*.
#[must_use]
pub fn open_unlearning_zlib(logprobs: &[f64], zlib_length_without_first_token: usize) -> Option<f64> {
    mimir_zlib(logprobs, zlib_length_without_first_token)
}

/// OpenUnlearning `min_k`; lower = member; the last token is dropped; 0.0 if none is left.
#[must_use]
pub fn open_unlearning_min_k(logprobs: &[f64], k: f64) -> f64 {
    negated(open_unlearning_lowest(without_last(logprobs), k))
}

/// OpenUnlearning `min_k++`; lower = member; the last token is dropped; the variance is at least 1e-6.
#[must_use]
pub fn open_unlearning_min_k_pp(logprobs: &[f64], rows: VocabularyRows<'_>, k: f64) -> f64 {
    let values = standardised(logprobs, rows.means, rows.deviations, OPEN_UNLEARNING_VARIANCE_FLOOR);
    negated(open_unlearning_lowest(without_last(&values), k))
}

/// `-value`, with plain 0 for 0.
fn negated(value: f64) -> f64 {
    0.0 - value
}

/// OpenUnlearning `reference`: the target's ids given to the reference; lower = member.
#[must_use]
pub fn open_unlearning_reference(target: &[f64], reference_on_target_ids: &[f64]) -> Option<f64> {
    mimir_reference(target, reference_on_target_ids)
}

/// OpenUnlearning `exact_memorization`: share of positions, the last dropped, whose token is the likeliest.
#[must_use]
pub fn open_unlearning_exact_memorization(is_argmax: &[bool]) -> Option<f64> {
    let kept = without_last(is_argmax);
    let hits = kept.iter().filter(|&&hit| hit).count();
    (!kept.is_empty()).then(|| hits as f64 / kept.len() as f64)
}

/// OpenUnlearning `extraction_strength`: 1 - s/m, s the start of the longest tail of hits, the last position dropped.
///
/// In [1/m, 1]: upstream's loop ends with s = m - 1 even if the last position is no hit. 0 without a position.
#[must_use]
pub fn open_unlearning_extraction_strength(is_argmax: &[bool]) -> f64 {
    let kept = without_last(is_argmax);
    if kept.is_empty() {
        return 0.0;
    }
    let tail = kept.iter().rev().take_while(|&&hit| hit).count();
    tail.max(1) as f64 / kept.len() as f64
}

/// OpenUnlearning `probability`: exp of the mean log-probability, in (0, 1].
#[must_use]
pub fn open_unlearning_probability(logprobs: &[f64]) -> Option<f64> {
    mean_or_none(logprobs).map(f64::exp)
}

/// copyright-traps perplexity: exp of the mean loss, at least 1.
///
/// Upstream drops the first token from its *input* before it scores: score `ids[1..]` for that variant.
#[must_use]
pub fn traps_perplexity(logprobs: &[f64]) -> Option<f64> {
    mimir_loss(logprobs).map(f64::exp)
}

/// copyright-traps `ratio` of two perplexities; lower = member.
#[must_use]
pub fn traps_ratio(target_perplexity: f64, reference_perplexity: f64) -> Option<f64> {
    Some(target_perplexity / reference_perplexity).filter(|value| value.is_finite())
}

/// copyright-traps ratio of log-perplexities; lower = member; `None` for a reference perplexity of 1.
#[must_use]
pub fn traps_log_ratio(target_perplexity: f64, reference_perplexity: f64) -> Option<f64> {
    Some(target_perplexity.ln() / reference_perplexity.ln()).filter(|value| value.is_finite())
}

/// copyright-traps perplexity in a right-padded batch.
///
/// The mask of the *inputs* is laid over the targets, so that the first pad after a shorter text is scored as a token and
/// counted. `first_pad` is its log-probability; none for the longest text of the batch.
#[must_use]
pub fn traps_padded_perplexity(logprobs: &[f64], first_pad: Option<f64>) -> Option<f64> {
    let all: Vec<f64> = logprobs.iter().copied().chain(first_pad).collect();
    traps_perplexity(&all)
}

/// copyright-traps Min-K % with k = 20 in a right-padded batch: as [`traps_padded_perplexity`], and the lowest fifth is counted
/// over the padded length `n_padded`, in which the other pads have log-probability 0. Higher = member.
#[must_use]
pub fn traps_padded_min_k_prob_20(logprobs: &[f64], first_pad: Option<f64>, n_padded: usize) -> Option<f64> {
    let mut all: Vec<f64> = logprobs.iter().copied().chain(first_pad).collect();
    all.resize(n_padded.max(all.len()), 0.0);
    traps_min_k_prob_20(&all)
}

/// copyright-traps Min-K % with k = 20: mean log-probability of the lowest fifth. Not negated: higher = member.
#[must_use]
pub fn traps_min_k_prob_20(logprobs: &[f64]) -> Option<f64> {
    lowest_or_none(logprobs, 20.0 / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_short_for_the_share_has_no_mimir_number_but_an_open_unlearning_one() {
        let logprobs = [-2.0, -3.0];
        assert_eq!(mimir_min_k(&logprobs, 0.2, 1, 1), None);
        assert_eq!(mink_plus_plus_min_k(&logprobs, 0.2), None);
        assert_eq!(open_unlearning_min_k(&logprobs, 0.2), 2.0);
        assert_eq!(open_unlearning_min_k(&logprobs[..1], 0.2), 0.0);
    }

    #[test]
    fn windows_of_the_conditional_score_lose_their_first_token_and_keep_its_weight() {
        // 3 ids of prefix, 6 of text, windows of 4: [0, 4), [4, 8), [8, 9).
        let windows = mimir_conditional_windows(3, 6, 4);
        let seen: Vec<(usize, usize, usize, usize)> =
            windows.iter().map(|w| (w.from, w.scored_from, w.to, w.weight)).collect();
        assert_eq!(seen, [(0, 3, 4, 1), (4, 5, 8, 4)]);
        let scored = vec![(windows[0], vec![-1.0]), (windows[1], vec![-2.0, -4.0, -6.0])];
        assert_eq!(mimir_conditional_mean(&scored), (-1.0 - 4.0 * 4.0) / 5.0);
    }

    #[test]
    fn a_padded_text_counts_one_pad_and_the_share_of_the_padded_length() {
        let logprobs = [-1.0, -3.0];
        assert_eq!(traps_padded_perplexity(&logprobs, Some(-5.0)), traps_perplexity(&[-1.0, -3.0, -5.0]));
        assert_eq!(traps_padded_perplexity(&logprobs, None), traps_perplexity(&logprobs));
        // A fifth of ten are two.
        assert_eq!(traps_padded_min_k_prob_20(&logprobs, Some(-5.0), 10), Some(-4.0));
    }

    #[test]
    fn extraction_strength_is_never_zero_when_there_is_a_position() {
        // The last flag is dropped before anything is counted.
        assert_eq!(open_unlearning_extraction_strength(&[true, false, true, true, false]), 0.5);
        assert_eq!(open_unlearning_extraction_strength(&[true, false, false]), 0.5);
        assert_eq!(open_unlearning_extraction_strength(&[true]), 0.0);
    }

    #[test]
    fn the_driver_of_mimir_compares_with_the_largest_neighbour_loss() {
        assert_eq!(mimir_neighbor_driver(&[-1.0, -3.0], &[1.0, 5.0, 2.0]), Some(-3.0));
        assert_eq!(mimir_neighbor_driver(&[-1.0], &[]), None);
    }

    #[test]
    fn a_saturated_row_gives_no_number_where_upstream_has_no_floor() {
        let rows = VocabularyRows { means: &[0.0], deviations: &[0.0] };
        assert_eq!(mink_plus_plus_min_k_pp(&[0.0], rows, 1.0), None);
        let padded = VocabularyRows { means: &[-1.0, 0.0], deviations: &[0.0, 1.0] };
        assert_eq!(open_unlearning_min_k_pp(&[-2.0, 0.0], padded, 1.0), 1000.0);
    }
}
