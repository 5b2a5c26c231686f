//! Scoring of given tokens.
//!
//! - `windows`: texts as ids, cut to the context
//! - `trie`: shared beginnings; `levels`: trees run through the network

mod levels;
mod trie;
mod windows;

use levels::{Ready, batches, is_one_piece};
pub(super) use levels::{each_batch, run};
pub(super) use trie::{Branch, Node, trees};
pub(super) use windows::{EncodedText, Window, windows as cut};

use super::network::{Compute, Decoder, RowScore};
use super::workers::Workers;
use crate::backend::error::BackendError;
use crate::backend::request::TokenScores;

/// Rows below which a batch is not worth a thread of its own.
const LEAST_ROWS: usize = 128;

/// Rows that the texts have, and rows that were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RowCount {
    pub(super) asked: usize,
    pub(super) computed: usize,
}

/// Rows of the largest batch that keeps every thread busy.
pub(super) fn batch_rows(total: usize, threads: usize, budget: usize) -> usize {
    total.div_ceil(threads.max(1)).max(LEAST_ROWS).min(budget)
}

/// Scores every text, in their order. Every id must be below the vocabulary.
pub(super) fn score<C: Compute>(
    decoder: &Decoder<C>,
    texts: &[EncodedText],
    workers: &Workers,
    budget: usize,
) -> (Vec<Result<TokenScores, BackendError>>, RowCount) {
    let windows: Vec<(usize, Window)> = texts
        .iter()
        .enumerate()
        .flat_map(|(text, encoded)| {
            windows::windows(encoded, decoder.config.context).into_iter().map(move |window| (text, window))
        })
        .collect();
    let branches: Vec<Branch<'_>> = windows
        .iter()
        .enumerate()
        .map(|(leaf, &(text, window))| {
            let Window { from, scored_from, to } = window;
            Branch {
                leaf,
                // The row before an id predicts it: the last id's own row is not needed.
                ids: &texts[text].ids[from..to - 1],
                shareable: scored_from - 1 - from,
                is_long: decoder.is_long(to - from),
            }
        })
        .collect();
    let asked = branches.iter().map(|branch| branch.ids.len()).sum();
    let trees = trees(branches);
    let computed = trees.iter().map(Node::rows).sum();
    let rows = batch_rows(computed, workers.threads(), budget);
    let (whole, large): (Vec<Node<'_>>, Vec<Node<'_>>) = trees.into_iter().partition(|tree| is_one_piece(tree, rows));
    let ready = whole.into_iter().map(|node| Ready { node, past: None }).collect();
    let jobs: Vec<Job<'_, C>> =
        large.into_iter().map(Job::Tree).chain(batches(ready, rows).into_iter().map(Job::Batch)).collect();
    let scored = workers.each(jobs, |job| match job {
        Job::Batch(batch) => score_batch(decoder, texts, &windows, batch),
        Job::Tree(tree) => {
            let mut scored = Vec::new();
            each_batch(decoder, vec![tree], None, rows, &mut |batch| {
                scored.extend(score_batch(decoder, texts, &windows, batch));
            });
            scored
        }
    });
    let mut of_window: Vec<Vec<RowScore>> = vec![Vec::new(); windows.len()];
    for (window, rows) in scored.into_iter().flatten() {
        of_window[window] = rows;
    }
    let mut of_text: Vec<(Vec<RowScore>, usize)> = vec![(Vec::new(), 0); texts.len()];
    for (&(text, _), rows) in windows.iter().zip(of_window) {
        let (all, n_windows) = &mut of_text[text];
        all.extend(rows);
        *n_windows += 1;
    }
    let scores = texts.iter().zip(of_text).map(|(text, (rows, n_windows))| gather(text, &rows, n_windows)).collect();
    (scores, RowCount { asked, computed })
}

/// What one thread works on.
enum Job<'a, C: Compute> {
    Batch(Vec<Ready<'a, C>>),
    /// Larger than a batch.
    Tree(Node<'a>),
}

/// Scores the windows of one batch.
fn score_batch<C: Compute>(
    decoder: &Decoder<C>,
    texts: &[EncodedText],
    windows: &[(usize, Window)],
    batch: Vec<Ready<'_, C>>,
) -> Vec<(usize, Vec<RowScore>)> {
    let mut scored = Vec::new();
    run(decoder, batch, false, |hidden, arrived| {
        for vocab_stats in [false, true] {
            let (mut rows, mut targets, mut counts) = (Vec::new(), Vec::new(), Vec::new());
            for arrived in &arrived {
                let (text, window) = windows[arrived.leaf];
                if texts[text].vocab_stats != vocab_stats {
                    continue;
                }
                let ids = &texts[text].ids[window.scored_from..window.to];
                let first = arrived.first_row + window.scored_from - 1 - window.from - arrived.depth;
                rows.extend(first..first + ids.len());
                targets.extend_from_slice(ids);
                counts.push((arrived.leaf, ids.len()));
            }
            let mut scores = decoder.score(hidden, &rows, &targets, vocab_stats).into_iter();
            scored.extend(counts.into_iter().map(|(leaf, n)| (leaf, scores.by_ref().take(n).collect())));
        }
    });
    scored
}

fn gather(text: &EncodedText, rows: &[RowScore], n_windows: usize) -> Result<TokenScores, BackendError> {
    let stats = text.vocab_stats;
    let is_broken =
        |row: &RowScore| !row.logprob.is_finite() || (stats && !(row.mean.is_finite() && row.std.is_finite()));
    if let Some(offset) = rows.iter().position(is_broken) {
        return Err(BackendError::NonFinite { position: text.first_scored + offset });
    }
    Ok(TokenScores {
        token_ids: text.ids.clone(),
        first_scored: text.first_scored,
        logprobs: rows.iter().map(|row| row.logprob).collect(),
        vocab_mean: stats.then(|| rows.iter().map(|row| row.mean).collect()),
        vocab_std: stats.then(|| rows.iter().map(|row| row.std).collect()),
        is_argmax: rows.iter().map(|row| row.is_argmax).collect(),
        n_windows,
        wire: None,
    })
}
