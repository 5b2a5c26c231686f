//! A decision about a state that may not hold any longer, carried out.
//!
//! Upstream: the transitions of `cup_mem/store_layer`.

use super::item::{Revision, RevisionEvent, Strength};
use super::request::{AppliedAction, Decision, DecisionWord, Invalidation};
use super::schema::Cardinality;
use super::store::StateStore;

impl StateStore {
    /// Carries out a decision about an invalidation; `time` is when. Gives what was done.
    ///
    /// The target may stand on another track than the one that was proposed; its own is then the one that is touched. An item
    /// created in the trigger's session or later is never touched. As upstream, `ADD`, `REFINE` and `REPLACE`, which are
    /// meant for updates, end the target and leave its track unknown; an unlisted word does nothing and is given back.
    pub fn apply_invalidation(&mut self, proposal: &Invalidation, decision: &Decision, time: &str) -> AppliedAction {
        let done = || AppliedAction::AsDecided(decision.word.clone());
        if matches!(decision.word, DecisionWord::NoOp | DecisionWord::Unlisted(_)) {
            return done();
        }
        let trigger = proposal.session.index;
        let target = decision.target().and_then(|id| self.find(id));
        let needs_target = matches!(decision.word, DecisionWord::WeakChallenge | DecisionWord::IndirectInvalidate);
        match target {
            None if needs_target => return AppliedAction::NoOpMissingTarget,
            Some(item) if !item.is_older_than(trigger) => return AppliedAction::NoOpTargetNotOlder,
            _ => {}
        }
        let target = target.map(|item| (item.id.clone(), item.track.clone(), item.strength));
        let cause = decision.word.as_str();
        let track = match target {
            Some((_, _, Strength::Weak)) if decision.word == DecisionWord::WeakChallenge => {
                return AppliedAction::WeakChallengeIdempotent;
            }
            Some((id, ..)) if decision.word == DecisionWord::WeakChallenge => {
                self.challenge(&id, proposal, decision, time);
                return done();
            }
            Some((id, track, _)) => {
                self.archive_where(&track, |item| item.id == id, cause, &proposal.id, time);
                track
            }
            None => {
                let track = proposal.track.clone();
                if decision.word == DecisionWord::SetUnknownCurrent {
                    let n_older = self.active_on(&track).iter().filter(|item| item.is_older_than(trigger)).count();
                    // Of several states that may hold side by side nobody knows which one has ended.
                    if n_older == 1 || track.cardinality() == Cardinality::Single {
                        self.archive_where(&track, |item| item.is_older_than(trigger), cause, &proposal.id, time);
                    }
                }
                track
            }
        };
        self.set_unknown(track, reason(proposal, decision), &proposal.id, &proposal.session, time);
        done()
    }

    fn challenge(&mut self, id: &str, proposal: &Invalidation, decision: &Decision, time: &str) {
        let Some(item) = self.find_mut(id) else { return };
        item.strength = Strength::Weak;
        time.clone_into(&mut item.last_updated);
        item.history.push(Revision {
            event: RevisionEvent::Challenged,
            by: proposal.id.clone(),
            reason: reason(proposal, decision).to_owned(),
            session: Some(proposal.session.clone()),
            time: time.to_owned(),
        });
    }
}

/// That of the decision, else that of the proposal.
fn reason<'a>(proposal: &'a Invalidation, decision: &'a Decision) -> &'a str {
    if decision.reason.is_empty() { &proposal.reason } else { &decision.reason }
}
