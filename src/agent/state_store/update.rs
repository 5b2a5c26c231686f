//! A decision about what a session says of a state, carried out.
//!
//! Upstream: the transitions of `cup_mem/store_layer`.

use super::item::{Item, Revision, RevisionEvent, Strength};
use super::request::{AppliedAction, Decision, DecisionWord, Delta};
use super::schema::Cardinality;
use super::store::StateStore;

/// From this confidence on a new state may take the place of another one on a single track.
pub(super) const SURE: f64 = 0.85;
/// By how much it must be surer than one that is not in doubt.
const SURER_BY: f64 = 0.15;

impl StateStore {
    /// Carries out a decision about a delta; `time` is when. Gives what was done.
    ///
    /// Only the delta's own track is touched: a target on another one counts as missing. `SET_UNKNOWN_CURRENT`,
    /// `WEAK_CHALLENGE` and unlisted words do nothing to an update, and are given back.
    pub fn apply_update(&mut self, delta: &Delta, decision: &Decision, time: &str) -> AppliedAction {
        let target = decision.target().and_then(|id| self.find(id)).filter(|item| item.track == delta.track);
        let target = target.map(|item| item.id.clone());
        match (&decision.word, target) {
            (DecisionWord::Add, _) => return self.add(delta, time),
            (DecisionWord::Refine | DecisionWord::Replace | DecisionWord::IndirectInvalidate, None) => {
                return AppliedAction::NoOpMissingTarget;
            }
            (DecisionWord::Refine, Some(id)) => self.refine(&id, delta, decision, time),
            (DecisionWord::Replace, Some(id)) => {
                self.archive_where(&delta.track, |item| item.id == id, "REPLACED", &delta.id, time);
                self.create(delta, time);
            }
            (DecisionWord::IndirectInvalidate, Some(id)) => {
                let cause = decision.word.as_str();
                self.archive_where(&delta.track, |item| item.id == id, cause, &delta.id, time);
                self.set_unknown(delta.track.clone(), &decision.reason, &delta.id, &delta.session, time);
            }
            (
                DecisionWord::SetUnknownCurrent
                | DecisionWord::WeakChallenge
                | DecisionWord::NoOp
                | DecisionWord::Unlisted(_),
                _,
            ) => {}
        }
        AppliedAction::AsDecided(decision.word.clone())
    }

    fn add(&mut self, delta: &Delta, time: &str) -> AppliedAction {
        let occupied = match delta.track.cardinality() {
            Cardinality::Single => weakest(self.active_on(&delta.track)),
            Cardinality::Multi => None,
        };
        let Some(occupant) = occupied else {
            self.create(delta, time);
            return AppliedAction::AsDecided(DecisionWord::Add);
        };
        let is_surer = delta.confidence >= (occupant.confidence + SURER_BY).max(0.0);
        if delta.confidence < SURE || !(occupant.strength == Strength::Weak || is_surer) {
            return AppliedAction::AddBlockedSingleTrack;
        }
        let id = occupant.id.clone();
        let cause = "ADD_RESCUE_SINGLE_TRACK_REPLACED";
        self.archive_where(&delta.track, |item| item.id == id, cause, &delta.id, time);
        self.create(delta, time);
        AppliedAction::AddRescueSingleTrackReplace
    }

    fn refine(&mut self, id: &str, delta: &Delta, decision: &Decision, time: &str) {
        self.unknown.remove(&delta.track);
        let Some(item) = self.find_mut(id) else { return };
        let previous_value = std::mem::replace(&mut item.value, delta.proposed_value.clone());
        item.history.push(Revision {
            event: RevisionEvent::Refined { previous_value, new_value: delta.proposed_value.clone() },
            by: delta.id.clone(),
            reason: decision.reason.clone(),
            session: Some(delta.session.clone()),
            time: time.to_owned(),
        });
        item.confidence = item.confidence.max(delta.confidence);
        item.strength = Strength::Strong;
        time.clone_into(&mut item.last_updated);
        extend_once(&mut item.source_delta_ids, [&delta.id]);
        extend_once(&mut item.evidence_chunk_ids, &delta.evidence_chunk_ids);
    }
}

/// The state in doubt, or else the least sure one; the first of equals.
fn weakest(items: &[Item]) -> Option<&Item> {
    items
        .iter()
        .min_by(|left, right| left.strength.cmp(&right.strength).then(left.confidence.total_cmp(&right.confidence)))
}

fn extend_once<'a>(known: &mut Vec<String>, more: impl IntoIterator<Item = &'a String>) {
    for id in more {
        if !known.contains(id) {
            known.push(id.clone());
        }
    }
}
