use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const HOME: (&str, &str) = ("location_and_living", "current_base_location");
const TASTE: (&str, &str) = ("stable_preferences", "enduring_preference");

fn session(index: u64) -> SessionMark {
    SessionMark { id: format!("s_{index}"), index: Some(index), time: String::new() }
}

fn delta(track: (&str, &str), value: &str, confidence: f64, index: u64) -> Delta {
    Delta {
        id: format!("d-{value}"),
        track: Track::new(track.0, track.1),
        proposed_value: value.to_owned(),
        confidence,
        evidence_chunk_ids: Vec::new(),
        session: session(index),
    }
}

fn doubt(track: (&str, &str), index: u64) -> Invalidation {
    Invalidation {
        id: format!("i-{index}"),
        track: Track::new(track.0, track.1),
        old_value: String::new(),
        confidence: 0.5,
        reason: "a reason".to_owned(),
        trigger_delta_ids: Vec::new(),
        session: session(index),
    }
}

fn decide(word: &str, target: Option<&str>) -> Decision {
    Decision { word: DecisionWord::from_word(word), target_item_id: target.map(str::to_owned), reason: String::new() }
}

fn values(store: &StateStore) -> Vec<&str> {
    store.active().flat_map(|(_, items)| items).map(|item| item.value.as_str()).collect()
}

#[test]
fn an_unsure_state_does_not_take_the_place_of_a_sure_one() {
    let mut store = StateStore::new();
    store.apply_update(&delta(HOME, "Leeds", 0.75, 1), &decide("ADD", None), "t");
    let blocked = store.apply_update(&delta(HOME, "York", 0.84, 2), &decide("ADD", None), "t");
    assert_eq!(blocked, AppliedAction::AddBlockedSingleTrack);
    let taken = store.apply_update(&delta(HOME, "York", 0.9, 2), &decide("ADD", None), "t");
    assert_eq!(taken, AppliedAction::AddRescueSingleTrackReplace);
    assert_eq!(values(&store), ["York"]);
}

#[test]
fn what_a_trigger_must_not_touch_stays_when_its_track_becomes_unknown() {
    let mut store = StateStore::new();
    for (value, index) in [("tea", 1), ("jazz", 7)] {
        store.apply_update(&delta(TASTE, value, 0.9, index), &decide("ADD", None), "t");
    }
    store.apply_invalidation(&doubt(TASTE, 7), &decide("SET_UNKNOWN_CURRENT", None), "t");
    assert_eq!(values(&store), ["jazz"]);
    assert_eq!(store.archive()[0].value, "tea");
    assert_eq!(store.unknown().count(), 1);
}

#[test]
fn a_word_of_the_models_own_changes_nothing() {
    let mut store = StateStore::new();
    store.apply_update(&delta(TASTE, "tea", 0.9, 1), &decide("ADD", None), "t");
    let before = store.clone();
    let kept = store.apply_invalidation(&doubt(TASTE, 3), &decide("KEEP", Some("p1")), "t");
    assert_eq!(kept.as_str(), "KEEP");
    assert_eq!(store, before);
}

#[test]
fn a_state_without_a_place_is_as_old_as_its_last_change() {
    let mut store = StateStore::new();
    let nowhere = Delta { session: SessionMark::default(), ..delta(TASTE, "tea", 0.9, 0) };
    store.apply_update(&nowhere, &decide("ADD", None), "t");
    store.apply_update(&delta(TASTE, "green tea", 0.9, 5), &decide("REFINE", Some("p1")), "t");
    let guarded = store.apply_invalidation(&doubt(TASTE, 5), &decide("WEAK_CHALLENGE", Some("p1")), "t");
    assert_eq!(guarded, AppliedAction::NoOpTargetNotOlder);
}

#[test]
fn a_link_is_kept_once() {
    let mut store = StateStore::new();
    let link = |reason: &str| SupportLink {
        stale_item_id: "p1".to_owned(),
        delta_id: "d1".to_owned(),
        kind: "successor".to_owned(),
        reason: reason.to_owned(),
        session_index: Some(2),
    };
    assert!(store.link_support(link("first")));
    assert!(!store.link_support(link("")));
    assert_eq!(store.support_links()[0].reason, "first");
}

#[test]
fn of_decisions_about_one_item_the_weightiest_stands() {
    let (delta, proposal) = (delta(TASTE, "coffee", 0.9, 4), doubt(TASTE, 4));
    let (refine, end) = (decide("REFINE", Some("p1")), decide("INDIRECT_INVALIDATE", Some("p1")));
    let updates = [ProposedUpdate { delta: &delta, decision: &refine }];
    let invalidations = [ProposedInvalidation { proposal: &proposal, decision: &end }];
    let suppressed = arbitrate(&updates, &invalidations);
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[&ActionKey::Update(0)].winner, ActionKey::Invalidation(0));
}

#[test]
fn a_known_value_beats_an_unknown_on_a_single_track() {
    let (delta, proposal) = (delta(HOME, "York", 0.6, 4), doubt(HOME, 4));
    let (add, unknown) = (decide("ADD", None), decide("SET_UNKNOWN_CURRENT", None));
    let updates = [ProposedUpdate { delta: &delta, decision: &add }];
    let invalidations = [ProposedInvalidation { proposal: &proposal, decision: &unknown }];
    let suppressed = arbitrate(&updates, &invalidations);
    assert_eq!(suppressed[&ActionKey::Invalidation(0)].reason, SuppressionReason::UpdateKnowsTheValue);
    assert_eq!(suppressed.len(), 1);
}

#[test]
fn a_sure_new_state_and_the_end_of_the_old_one_stand_together() {
    let proposal = doubt(HOME, 4);
    let (add, end) = (decide("ADD", None), decide("INDIRECT_INVALIDATE", Some("p1")));
    let invalidations = [ProposedInvalidation { proposal: &proposal, decision: &end }];
    for (confidence, n_suppressed) in [(0.85, 0), (0.84, 1)] {
        let delta = delta(HOME, "York", confidence, 4);
        let updates = [ProposedUpdate { delta: &delta, decision: &add }];
        assert_eq!(arbitrate(&updates, &invalidations).len(), n_suppressed, "{confidence}");
    }
}

#[test]
fn nothing_is_in_the_way_on_a_track_of_many_states() {
    let (first, second) = (delta(TASTE, "tea", 0.5, 4), delta(TASTE, "jazz", 0.6, 4));
    let add = decide("ADD", None);
    let updates = [&first, &second].map(|delta| ProposedUpdate { delta, decision: &add });
    assert!(arbitrate(&updates, &[]).is_empty());
}

proptest! {
    #[test]
    fn every_item_created_is_active_or_archived(
        steps in proptest::collection::vec(
            (0_usize..9, 0_usize..3, 0_usize..8, 0_u64..6, 0.0_f64..1.0, any::<bool>()), 0..60,
        )
    ) {
        let words = [
            "ADD", "ADD", "REFINE", "REPLACE", "INDIRECT_INVALIDATE", "SET_UNKNOWN_CURRENT", "WEAK_CHALLENGE", "NO_OP", "KEEP",
        ];
        let tracks = [HOME, TASTE, ("no_such_bucket", "x")];
        let mut store = StateStore::new();
        for (word, track, target, index, confidence, is_update) in steps {
            let decision = decide(words[word], Some(format!("p{target}")).filter(|_| target > 0).as_deref());
            let before = store.n_created();
            if is_update {
                store.apply_update(&delta(tracks[track], "v", confidence, index), &decision, "t");
            } else {
                store.apply_invalidation(&doubt(tracks[track], index), &decision, "t");
                prop_assert_eq!(store.n_created(), before);
            }
            let active: Vec<&str> = store.active().flat_map(|(_, items)| items).map(|item| item.id.as_str()).collect();
            let archived = store.archive().iter().map(|item| item.id.as_str());
            let all: Vec<&str> = active.into_iter().chain(archived).collect();
            prop_assert_eq!(all.len() as u64, store.n_created());
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            let homes = store.active_on(&Track::new(HOME.0, HOME.1)).len();
            prop_assert!(homes <= 1, "{} homes", homes);
            prop_assert!(store.archive().iter().all(|item| item.status == Status::Stale));
        }
    }
}
