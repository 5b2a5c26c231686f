//! Scoring of given tokens: windows, shared contexts, batches.

use super::head::{RowScore, score_rows};
use super::llama::{Llama, Segment, SequenceCache};
use crate::backend::error::BackendError;
use crate::backend::request::{Context, ScoreRequest, TokenScores};

/// A text as ids, with the part that is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EncodedText {
    pub(super) ids: Vec<u32>,
    /// At least 1.
    pub(super) first_scored: usize,
}

/// Texts that share what they begin with; computed together so that the shared part is computed once.
#[derive(Debug)]
pub(super) struct Group {
    /// Index of the first request.
    pub(super) first: usize,
    pub(super) texts: Vec<EncodedText>,
    pub(super) vocab_stats: bool,
    pub(super) window: Context,
}

/// Ids that two requests of a group share before the cost of a separate pass pays off.
const LEAST_SHARED: usize = 8;

impl Group {
    /// Rows that the model will compute.
    pub(super) fn rows(&self) -> usize {
        let shared = self.shared();
        shared + self.texts.iter().map(|text| text.ids.len() - shared).sum::<usize>()
    }

    /// Ids that all texts of the group begin with and that can be computed once: each text keeps at least the row that
    /// predicts its first scored token.
    fn shared(&self) -> usize {
        if self.texts.len() < 2 {
            return 0;
        }
        let first = &self.texts[0].ids;
        let common = self
            .texts
            .iter()
            .map(|text| first.iter().zip(&text.ids).take_while(|(a, b)| a == b).count().min(text.first_scored - 1))
            .min()
            .unwrap_or(0);
        if common < LEAST_SHARED { 0 } else { common }
    }
}

/// Consecutive requests with the same non-empty context become one group.
pub(super) fn groups(requests: &[(usize, &ScoreRequest, EncodedText)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut previous: Option<(usize, &str)> = None;
    for (index, request, text) in requests {
        let joins = previous == Some((index.wrapping_sub(1), request.context.as_str())) && !request.context.is_empty();
        match groups.last_mut() {
            Some(group) if joins && group.vocab_stats == request.vocab_stats => group.texts.push(text.clone()),
            _ => groups.push(Group {
                first: *index,
                texts: vec![text.clone()],
                vocab_stats: request.vocab_stats,
                window: request.window,
            }),
        }
        previous = Some((*index, request.context.as_str()));
    }
    groups
}

/// Groups of at most `budget` rows together (a larger one stands alone), in order.
pub(super) fn batches(groups: Vec<Group>, budget: usize) -> Vec<Vec<Group>> {
    let mut batches: Vec<Vec<Group>> = Vec::new();
    let mut room = 0;
    for group in groups {
        let rows = group.rows();
        match batches.last_mut() {
            Some(batch) if rows <= room => {
                room -= rows;
                batch.push(group);
            }
            _ => {
                room = budget.saturating_sub(rows);
                batches.push(vec![group]);
            }
        }
    }
    batches
}

/// Scores every text of a batch; one entry a text, groups end to end.
pub(super) fn score_batch(model: &Llama, batch: &[Group]) -> Vec<Result<TokenScores, BackendError>> {
    let shared: Vec<usize> = batch.iter().map(Group::shared).collect();
    let contexts: Vec<Segment<'_>> = batch
        .iter()
        .zip(&shared)
        .filter(|(_, shared)| **shared > 0)
        .map(|(group, &shared)| Segment { ids: &group.texts[0].ids[..shared], past: None })
        .collect();
    let caches: Vec<SequenceCache> = if contexts.is_empty() { Vec::new() } else { model.forward(&contexts).1 };
    let mut caches = caches.iter();

    // One segment a window; `plans` says which of its rows predict which ids of which text.
    let mut segments: Vec<Segment<'_>> = Vec::new();
    let mut plans: Vec<Vec<Plan>> = Vec::new();
    for (group, &shared) in batch.iter().zip(&shared) {
        let past = if shared > 0 { caches.next() } else { None };
        for text in &group.texts {
            let windows = windows(text, group.window, model.config.context);
            plans.push(
                windows
                    .iter()
                    .map(|window| {
                        let from = if past.is_some() { shared } else { window.from };
                        segments.push(Segment { ids: &text.ids[from..window.to], past });
                        Plan { segment: segments.len() - 1, from, scored_from: window.scored_from, to: window.to }
                    })
                    .collect(),
            );
        }
    }
    let (hidden, _) = model.forward(&segments);
    let mut starts = Vec::with_capacity(segments.len());
    let mut row = 0;
    for segment in &segments {
        starts.push(row);
        row += segment.ids.len();
    }
    let texts = batch.iter().flat_map(|group| group.texts.iter().map(move |text| (text, group.vocab_stats)));
    texts
        .zip(&plans)
        .map(|((text, vocab_stats), plans)| {
            let mut rows: Vec<RowScore> = Vec::with_capacity(text.ids.len() - text.first_scored);
            for plan in plans {
                // The row before an id predicts it.
                let first = starts[plan.segment] + plan.scored_from - 1 - plan.from;
                rows.extend(score_rows(model, &hidden, first, &text.ids[plan.scored_from..plan.to], vocab_stats));
            }
            gather(text, &rows, vocab_stats, plans.len())
        })
        .collect()
}

/// Rows of one segment that are scored.
struct Plan {
    segment: usize,
    /// Index of the segment's first id in the text.
    from: usize,
    scored_from: usize,
    to: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: usize,
    scored_from: usize,
    to: usize,
}

/// The windows of a text: one when it fits, else mimir's rule (window W, stride S: the i-th ends at `i*S + S`, is at
/// most W long, and scores what no earlier window has).
fn windows(text: &EncodedText, rule: Context, context: usize) -> Vec<Window> {
    let n = text.ids.len();
    let (window, stride) = match rule {
        Context::Windowed { window, stride } => (window, stride),
        Context::Fit if n > context => (context, (context / 2).max(1)),
        Context::Fit | Context::Refuse => return vec![Window { from: 0, scored_from: text.first_scored, to: n }],
    };
    let mut windows = Vec::new();
    let mut start = 0;
    while start < n {
        let to = (start + stride).min(n);
        let from = (start + stride).saturating_sub(window);
        let scored_from = start.max(text.first_scored);
        if scored_from < to {
            windows.push(Window { from: from.min(scored_from - 1), scored_from, to });
        }
        start += stride;
    }
    windows
}

fn gather(
    text: &EncodedText,
    rows: &[RowScore],
    vocab_stats: bool,
    n_windows: usize,
) -> Result<TokenScores, BackendError> {
    let is_broken =
        |row: &RowScore| !row.logprob.is_finite() || (vocab_stats && !(row.mean.is_finite() && row.std.is_finite()));
    if let Some(offset) = rows.iter().position(is_broken) {
        return Err(BackendError::NonFinite { position: text.first_scored + offset });
    }
    Ok(TokenScores {
        token_ids: text.ids.clone(),
        first_scored: text.first_scored,
        logprobs: rows.iter().map(|row| row.logprob).collect(),
        vocab_mean: vocab_stats.then(|| rows.iter().map(|row| row.mean).collect()),
        vocab_std: vocab_stats.then(|| rows.iter().map(|row| row.std).collect()),
        is_argmax: rows.iter().map(|row| row.is_argmax).collect(),
        n_windows,
        wire: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(n: usize) -> EncodedText {
        EncodedText { ids: (0..u32::try_from(n).expect("small")).collect(), first_scored: 1 }
    }

    #[test]
    fn windows_score_every_token_but_the_first_exactly_once() {
        for n in 2..70 {
            let windows = windows(&text(n), Context::Windowed { window: 16, stride: 8 }, 16);
            let scored: Vec<usize> = windows.iter().flat_map(|w| w.scored_from..w.to).collect();
            assert_eq!(scored, (1..n).collect::<Vec<_>>(), "n = {n}");
            assert!(windows.iter().all(|w| w.to - w.from <= 16 && w.scored_from > w.from), "n = {n}: {windows:?}");
        }
    }

    #[test]
    fn a_text_that_fits_is_one_window() {
        assert_eq!(windows(&text(16), Context::Fit, 16).len(), 1);
        assert_eq!(windows(&text(17), Context::Fit, 16).len(), 3);
    }

    #[test]
    fn the_shared_part_leaves_the_row_that_predicts_the_first_scored_id() {
        let with = |last| EncodedText { ids: (0..20).chain([last]).collect(), first_scored: 20 };
        let group = Group { first: 0, texts: vec![with(90), with(91)], vocab_stats: false, window: Context::Fit };
        assert_eq!(group.shared(), 19);
        assert_eq!(group.rows(), 19 + 2 + 2);
    }
}
