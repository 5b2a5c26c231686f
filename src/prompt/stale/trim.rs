//! Dropping sessions until a request fits, never those with the evidence.
//!
//! It uses where the evidence is, so its numbers compare windows of models. A memory system must not be measured on
//! histories that were trimmed like this, and rows must be labelled.

use super::history::{history_text, user_message};
use crate::dataset::stale::{Dimension, Evidence, Scenario, Session};

/// Sessions that may go at either end.
const AT_EACH_END: usize = 2;

/// Why a session went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrimStep {
    /// From the beginning, before the old evidence.
    Head,
    /// From the end, behind the new evidence.
    Tail,
    /// Picked from those between.
    Between,
}

/// A session that was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// Its position in the scenario, from 0.
    pub session: usize,
    pub step: TrimStep,
}

/// What is left of a history for one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trimmed {
    /// Positions in the scenario, rising.
    pub kept: Vec<usize>,
    /// In the order in which they went.
    pub dropped: Vec<Dropped>,
    /// The remaining history, its sessions numbered from 1 again.
    pub history: String,
    /// By the size function, as the next.
    pub size_before: usize,
    pub size_after: usize,
    /// `false`: all that may go has gone, and the rest is still too large. Such a request must not be sent.
    pub is_fitting: bool,
}

/// Drops sessions while the request of a question is larger than `limit`.
///
/// First up to two from the beginning, then up to two from the end, then those strictly between the evidence, each picked by
/// `pick`, which gets their number and gives a position below it. `size` gets the user message and gives what counts against
/// the limit, e.g. [`request_tokens`](super::request_tokens) of it and the instruction.
///
/// Cost: one rendering and one `size` for every session that goes.
#[must_use]
pub fn trim(
    scenario: &Scenario,
    dimension: Dimension,
    limit: usize,
    size: impl Fn(&str) -> usize,
    mut pick: impl FnMut(usize) -> usize,
) -> Trimmed {
    let query = scenario.query(dimension);
    let rendered = |kept: &[usize]| -> (String, usize) {
        let sessions = kept.iter().filter_map(|&index| scenario.sessions.get(index));
        let history = history_text::<'_>(sessions.collect::<Vec<&Session>>());
        let size = size(&user_message(dimension, &history, query));
        (history, size)
    };
    let Evidence { old, new } = scenario.evidence;
    let mut kept: Vec<usize> = (0..scenario.sessions.len()).collect();
    let (mut history, size_before) = rendered(&kept);
    let mut size_after = size_before;
    let mut dropped = Vec::new();
    // Head and tail in their order, as far as the evidence lets them.
    let behind = kept.len().saturating_sub(new.saturating_add(1));
    let head = (0..old.min(AT_EACH_END).min(kept.len())).map(|session| Dropped { session, step: TrimStep::Head });
    let tail = (0..behind.min(AT_EACH_END))
        .map(|from_end| Dropped { session: scenario.sessions.len() - 1 - from_end, step: TrimStep::Tail });
    let mut ends = head.chain(tail);
    while size_after > limit {
        let Some(next) = ends.next().or_else(|| picked(&kept, old, new, &mut pick)) else { break };
        kept.retain(|&session| session != next.session);
        dropped.push(next);
        (history, size_after) = rendered(&kept);
    }
    Trimmed { kept, dropped, history, size_before, size_after, is_fitting: size_after <= limit }
}

/// One of the sessions strictly between the evidence.
fn picked(kept: &[usize], old: usize, new: usize, pick: &mut impl FnMut(usize) -> usize) -> Option<Dropped> {
    let between: Vec<usize> = kept.iter().copied().filter(|&session| old < session && session < new).collect();
    let last = between.len().checked_sub(1)?;
    Some(Dropped { session: between[pick(between.len()).min(last)], step: TrimStep::Between })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::SeededPicker;
    use super::*;
    use crate::dataset::stale::{ConflictType, Speaker, Turn};

    fn words(text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn scenario(lengths: &[usize], old: usize, new: usize) -> Scenario {
        let session = |(index, length): (usize, &usize)| Session {
            time: Some(format!("2025-01-{:02} 08:00", index + 1)),
            turns: vec![Turn { speaker: Speaker::User, content: "word ".repeat(*length) }],
        };
        let text = || "x".to_owned();
        Scenario {
            uid: "u1".to_owned(),
            conflict: ConflictType::CoReferential,
            old_state: text(),
            new_state: text(),
            explanation: text(),
            queries: [text(), text(), text()],
            sessions: lengths.iter().enumerate().map(session).collect(),
            evidence: Evidence { old, new },
            rules: None,
        }
    }

    #[test]
    fn ends_go_before_what_lies_between() {
        let scenario = scenario(&[10; 10], 3, 6);
        let trimmed = trim(&scenario, Dimension::StateResolution, 0, words, |_| 0);
        let steps: Vec<(usize, TrimStep)> = trimmed.dropped.iter().map(|gone| (gone.session, gone.step)).collect();
        let (head, tail, between) = (TrimStep::Head, TrimStep::Tail, TrimStep::Between);
        assert_eq!(steps, [(0, head), (1, head), (9, tail), (8, tail), (4, between), (5, between)]);
        assert_eq!(trimmed.kept, [2, 3, 6, 7]);
        assert!(!trimmed.is_fitting);
    }

    #[test]
    fn nothing_goes_from_what_fits() {
        let scenario = scenario(&[10; 5], 1, 3);
        let trimmed = trim(&scenario, Dimension::PolicyAdaptation, usize::MAX, words, |_| 0);
        assert_eq!((trimmed.kept.len(), trimmed.dropped.len()), (5, 0));
        assert_eq!(trimmed.size_before, trimmed.size_after);
        assert!(trimmed.is_fitting);
    }

    proptest! {
        #[test]
        fn trimming_never_drops_the_evidence(
            lengths in proptest::collection::vec(0_usize..20, 2..14), at in 0_usize..100, to in 0_usize..100,
            limit in 0_usize..400, seed in 0_u64..50,
        ) {
            let old = at % (lengths.len() - 1);
            let new = old + 1 + to % (lengths.len() - old - 1);
            let scenario = scenario(&lengths, old, new);
            let mut picker = SeededPicker::new(seed, &scenario.uid, Dimension::PremiseResistance);
            let trimmed = trim(&scenario, Dimension::PremiseResistance, limit, words, |n| picker.pick(n));
            prop_assert!(trimmed.kept.contains(&old) && trimmed.kept.contains(&new));
            prop_assert!(trimmed.kept.is_sorted());
            prop_assert_eq!(trimmed.kept.len() + trimmed.dropped.len(), lengths.len());
            prop_assert_eq!(trimmed.is_fitting, trimmed.size_after <= limit);
            if !trimmed.is_fitting {
                let between = trimmed.kept.iter().filter(|&&kept| old < kept && kept < new).count();
                prop_assert_eq!(between, 0);
            }
        }
    }
}
