//! Which of the decisions of one session stand, where several are about the same state.
//!
//! Upstream: `cup_mem`, the arbitration of same-session actions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::request::{Decision, DecisionWord, Delta, Invalidation};
use super::schema::{Cardinality, Track};
use super::update::SURE;

/// A delta and the decision about it.
#[derive(Debug, Clone, Copy)]
pub struct ProposedUpdate<'a> {
    pub delta: &'a Delta,
    pub decision: &'a Decision,
}

/// An invalidation and the decision about it.
#[derive(Debug, Clone, Copy)]
pub struct ProposedInvalidation<'a> {
    pub proposal: &'a Invalidation,
    pub decision: &'a Decision,
}

/// One of the decisions, by its position in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKey {
    Update(usize),
    Invalidation(usize),
}

/// Why a decision does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionReason {
    /// Another one about the same item counts more.
    SameTarget,
    /// The track is known to hold a new value.
    UpdateKnowsTheValue,
    /// Another one about the same single track counts more.
    SameSingleTrack,
}

/// What stands in the way of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppressed {
    pub winner: ActionKey,
    pub reason: SuppressionReason,
}

/// How much a decision counts.
struct Action<'a> {
    key: ActionKey,
    word: DecisionWord,
    target: Option<&'a str>,
    track: &'a Track,
    priority: u8,
    /// 3 with a target, 2 with a value, 1 with an update or a reason, else 0.
    specificity: u8,
    confidence: f64,
}

impl Action<'_> {
    fn is_update(&self) -> bool {
        matches!(self.key, ActionKey::Update(_))
    }

    /// An update that says what holds.
    fn has_value(&self) -> bool {
        self.is_update() && matches!(self.word, DecisionWord::Add | DecisionWord::Refine | DecisionWord::Replace)
    }

    /// An invalidation of whatever the track holds.
    fn is_of_track(&self) -> bool {
        let words = [DecisionWord::IndirectInvalidate, DecisionWord::SetUnknownCurrent];
        !self.is_update() && self.target.is_none() && words.contains(&self.word)
    }

    /// An invalidation or a doubt of one item.
    fn is_of_item(&self) -> bool {
        let words = [DecisionWord::IndirectInvalidate, DecisionWord::WeakChallenge];
        !self.is_update() && self.target.is_some() && words.contains(&self.word)
    }
}

/// Decisions that do not stand, and why; all others do. `NO_OP` is in nobody's way.
///
/// First among those about one item: the highest priority, specificity, confidence, invalidations before updates. Then among what
/// is left on each single track: an update with a value beats invalidations of the track; an `ADD` from 0.85 on and an
/// invalidation of one item stand together; else the highest specificity, priority, confidence, updates before invalidations.
#[must_use]
pub fn arbitrate(
    updates: &[ProposedUpdate<'_>],
    invalidations: &[ProposedInvalidation<'_>],
) -> BTreeMap<ActionKey, Suppressed> {
    let of_updates = updates.iter().enumerate().map(|(index, update)| of_update(index, update));
    let of_invalidations = invalidations.iter().enumerate().map(|(index, one)| of_invalidation(index, one));
    let actions: Vec<Action> =
        of_updates.chain(of_invalidations).filter(|action| action.word != DecisionWord::NoOp).collect();
    let mut suppressed = BTreeMap::new();
    let mut by_item: BTreeMap<&str, Vec<&Action>> = BTreeMap::new();
    let mut by_track: BTreeMap<&Track, Vec<&Action>> = BTreeMap::new();
    for action in &actions {
        if let Some(target) = action.target {
            by_item.entry(target).or_default().push(action);
        }
        if action.track.cardinality() == Cardinality::Single {
            by_track.entry(action.track).or_default().push(action);
        }
    }
    for group in by_item.into_values() {
        let Some(winner) = best(&group, by_priority) else { continue };
        suppress(&mut suppressed, &group, winner, SuppressionReason::SameTarget, |_| false);
    }
    for mut group in by_track.into_values() {
        group.retain(|action| !suppressed.contains_key(&action.key));
        settle_track(group, &mut suppressed);
    }
    suppressed
}

/// Settles what is left on one single track.
fn settle_track(mut group: Vec<&Action>, suppressed: &mut BTreeMap<ActionKey, Suppressed>) {
    let with_value: Vec<&Action> = group.iter().copied().filter(|action| action.has_value()).collect();
    if let Some(winner) = best(&with_value, by_specificity) {
        let of_track: Vec<&Action> = group.iter().copied().filter(|action| action.is_of_track()).collect();
        suppress(suppressed, &of_track, winner, SuppressionReason::UpdateKnowsTheValue, |_| false);
        group.retain(|action| !action.is_of_track());
    }
    let is_sure_add =
        |action: &Action| action.is_update() && action.word == DecisionWord::Add && action.confidence >= SURE;
    let stand_together =
        group.iter().any(|action| is_sure_add(action)) && group.iter().any(|action| action.is_of_item());
    let Some(winner) = best(&group, by_specificity) else { return };
    suppress(suppressed, &group, winner, SuppressionReason::SameSingleTrack, |action| {
        stand_together && (is_sure_add(action) || action.is_of_item())
    });
}

fn suppress(
    suppressed: &mut BTreeMap<ActionKey, Suppressed>,
    group: &[&Action],
    winner: &Action,
    reason: SuppressionReason,
    is_spared: impl Fn(&Action) -> bool,
) {
    for loser in group.iter().filter(|action| action.key != winner.key && !is_spared(action)) {
        suppressed.entry(loser.key).or_insert(Suppressed { winner: winner.key, reason });
    }
}

/// The first of those that nothing exceeds.
fn best<'a, 'b>(group: &[&'b Action<'a>], order: fn(&Action, &Action) -> Ordering) -> Option<&'b Action<'a>> {
    group.iter().copied().reduce(|best, action| if order(action, best) == Ordering::Greater { action } else { best })
}

fn by_priority(left: &Action, right: &Action) -> Ordering {
    (left.priority, left.specificity)
        .cmp(&(right.priority, right.specificity))
        .then(left.confidence.total_cmp(&right.confidence))
        .then(right.is_update().cmp(&left.is_update()))
}

fn by_specificity(left: &Action, right: &Action) -> Ordering {
    (left.specificity, left.priority)
        .cmp(&(right.specificity, right.priority))
        .then(left.confidence.total_cmp(&right.confidence))
        .then(left.is_update().cmp(&right.is_update()))
}

fn of_update<'a>(index: usize, update: &ProposedUpdate<'a>) -> Action<'a> {
    let has_value = !update.delta.proposed_value.trim().is_empty();
    let (track, confidence) = (&update.delta.track, update.delta.confidence);
    action(ActionKey::Update(index), update.decision, track, confidence, if has_value { 2 } else { 1 })
}

fn of_invalidation<'a>(index: usize, invalidation: &ProposedInvalidation<'a>) -> Action<'a> {
    let ProposedInvalidation { proposal, decision } = invalidation;
    let is_said = |text: &str| !text.trim().is_empty();
    // A reason of blanks in the decision hides that of the proposal.
    let reason = if decision.reason.is_empty() { &proposal.reason } else { &decision.reason };
    let specificity = match (is_said(&proposal.old_value), is_said(reason)) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    };
    action(ActionKey::Invalidation(index), decision, &proposal.track, proposal.confidence, specificity)
}

fn action<'a>(
    key: ActionKey,
    decision: &'a Decision,
    track: &'a Track,
    confidence: f64,
    specificity_without_target: u8,
) -> Action<'a> {
    let target = decision.target().map(str::trim).filter(|id| !id.is_empty());
    let word = DecisionWord::from_word(&decision.word.as_str().trim().to_uppercase());
    let priority = match word {
        DecisionWord::Replace => 70,
        DecisionWord::IndirectInvalidate => 60,
        DecisionWord::Refine => 50,
        DecisionWord::Add => 40,
        DecisionWord::WeakChallenge => 30,
        DecisionWord::SetUnknownCurrent => 20,
        DecisionWord::NoOp | DecisionWord::Unlisted(_) => 0,
    };
    let specificity = if target.is_some() { 3 } else { specificity_without_target };
    Action { key, word, target, track, priority, specificity, confidence }
}
