//! Texts as ids, cut into runs that fit the context.

use crate::backend::request::Context;

/// A text as ids, with the part that is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::local) struct EncodedText {
    pub(in crate::backend::local) ids: Vec<u32>,
    /// At least 1.
    pub(in crate::backend::local) first_scored: usize,
    pub(in crate::backend::local) window: Context,
    pub(in crate::backend::local) vocab_stats: bool,
}

/// A stretch of a text that the model sees at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) struct Window {
    pub(in crate::backend::local) from: usize,
    /// What is scored: `scored_from..to`.
    pub(in crate::backend::local) scored_from: usize,
    pub(in crate::backend::local) to: usize,
}

/// The windows of a text: one when it fits, else mimir's rule (window W, stride S: the i-th ends at `i*S + S`, is at
/// most W long, and scores what no earlier window has).
pub(in crate::backend::local) fn windows(text: &EncodedText, context: usize) -> Vec<Window> {
    let n = text.ids.len();
    let (window, stride) = match text.window {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(n: usize, window: Context) -> EncodedText {
        EncodedText {
            ids: (0..u32::try_from(n).expect("small")).collect(),
            first_scored: 1,
            window,
            vocab_stats: false,
        }
    }

    #[test]
    fn windows_score_every_token_but_the_first_exactly_once() {
        for n in 2..70 {
            let windows = windows(&text(n, Context::Windowed { window: 16, stride: 8 }), 16);
            let scored: Vec<usize> = windows.iter().flat_map(|w| w.scored_from..w.to).collect();
            assert_eq!(scored, (1..n).collect::<Vec<_>>(), "n = {n}");
            assert!(windows.iter().all(|w| w.to - w.from <= 16 && w.scored_from > w.from), "n = {n}: {windows:?}");
        }
    }

    #[test]
    fn a_text_that_fits_is_one_window() {
        assert_eq!(windows(&text(16, Context::Fit), 16).len(), 1);
        assert_eq!(windows(&text(17, Context::Fit), 16).len(), 3);
    }
}
