//! Active states, the archive, and tracks whose state is unknown.

use std::collections::BTreeMap;

use super::item::{Item, Revision, RevisionEvent, Status, Strength};
use super::request::{Delta, SessionMark};
use super::schema::Track;

/// A track whose state did hold and does not any longer, with nothing known in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub reason: String,
    /// Id of the delta or invalidation.
    pub by: String,
    pub session: SessionMark,
    pub time: String,
}

/// A piece of a session that states rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceChunk {
    pub id: String,
    pub session: SessionMark,
    pub text: String,
}

/// What a later session says about a state that holds no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportLink {
    pub stale_item_id: String,
    pub delta_id: String,
    pub kind: String,
    pub reason: String,
    pub session_index: Option<u64>,
}

/// All that is kept of a user. Begins empty; one store serves one history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateStore {
    pub(super) active: BTreeMap<Track, Vec<Item>>,
    pub(super) archive: Vec<Item>,
    pub(super) unknown: BTreeMap<Track, Unknown>,
    support_links: Vec<SupportLink>,
    evidence: Vec<EvidenceChunk>,
    deltas: Vec<Delta>,
    n_created: u64,
}

impl StateStore {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tracks that hold something, with their states in the order in which they came.
    pub fn active(&self) -> impl Iterator<Item = (&Track, &[Item])> {
        self.active.iter().filter(|(_, items)| !items.is_empty()).map(|(track, items)| (track, items.as_slice()))
    }

    /// The states of a track.
    #[must_use]
    pub fn active_on(&self, track: &Track) -> &[Item] {
        self.active.get(track).map_or(&[], Vec::as_slice)
    }

    /// States that hold no longer, in the order in which they ended.
    #[must_use]
    pub fn archive(&self) -> &[Item] {
        &self.archive
    }

    /// Tracks whose state is unknown. A track that holds several states may hold some and be unknown, too.
    pub fn unknown(&self) -> impl Iterator<Item = (&Track, &Unknown)> {
        self.unknown.iter()
    }

    /// Items created so far; each is active or archived.
    #[must_use]
    pub fn n_created(&self) -> u64 {
        self.n_created
    }

    #[must_use]
    pub fn support_links(&self) -> &[SupportLink] {
        &self.support_links
    }

    #[must_use]
    pub fn evidence(&self) -> &[EvidenceChunk] {
        &self.evidence
    }

    /// What sessions said, whether it was stored or not.
    #[must_use]
    pub fn deltas(&self) -> &[Delta] {
        &self.deltas
    }

    /// Keeps a piece of a session; one with a known id is kept once.
    pub fn keep_evidence(&mut self, chunk: EvidenceChunk) {
        if !self.evidence.iter().any(|known| known.id == chunk.id) {
            self.evidence.push(chunk);
        }
    }

    /// Keeps what a session said.
    pub fn keep_delta(&mut self, delta: Delta) {
        self.deltas.push(delta);
    }

    /// Links a later delta to a state that holds no longer. The same link again renews its reason and session; `false` then.
    pub fn link_support(&mut self, link: SupportLink) -> bool {
        let same = |known: &&mut SupportLink| {
            (&known.stale_item_id, &known.delta_id, &known.kind) == (&link.stale_item_id, &link.delta_id, &link.kind)
        };
        let Some(known) = self.support_links.iter_mut().find(same) else {
            self.support_links.push(link);
            return true;
        };
        if !link.reason.is_empty() {
            known.reason = link.reason;
        }
        known.session_index = link.session_index;
        false
    }

    /// An active state by its id. O(active states), as everything that has a target.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Item> {
        self.active.values().flatten().find(|item| item.id == id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Item> {
        self.active.values_mut().flatten().find(|item| item.id == id)
    }

    /// Stores a new state on its track, which is known from then on.
    pub(super) fn create(&mut self, delta: &Delta, time: &str) {
        self.n_created += 1;
        self.unknown.remove(&delta.track);
        let item = Item {
            id: format!("p{}", self.n_created),
            track: delta.track.clone(),
            value: delta.proposed_value.clone(),
            status: Status::Active,
            confidence: delta.confidence,
            strength: Strength::Strong,
            first_seen: time.to_owned(),
            last_updated: time.to_owned(),
            source_delta_ids: vec![delta.id.clone()],
            evidence_chunk_ids: delta.evidence_chunk_ids.clone(),
            created: delta.session.clone(),
            history: Vec::new(),
        };
        self.active.entry(delta.track.clone()).or_default().push(item);
    }

    /// Moves the active states that `ends` says into the archive, in their order.
    pub(super) fn archive_where(
        &mut self,
        track: &Track,
        ends: impl Fn(&Item) -> bool,
        cause: &str,
        by: &str,
        time: &str,
    ) {
        let Some(items) = self.active.get_mut(track) else { return };
        let (ended, kept): (Vec<Item>, Vec<Item>) = std::mem::take(items).into_iter().partition(ends);
        *items = kept;
        for mut item in ended {
            item.status = Status::Stale;
            time.clone_into(&mut item.last_updated);
            item.history.push(Revision {
                event: RevisionEvent::Archived { cause: cause.to_owned() },
                by: by.to_owned(),
                reason: String::new(),
                session: None,
                time: time.to_owned(),
            });
            self.archive.push(item);
        }
    }

    /// Says that the state of a track is unknown.
    pub(super) fn set_unknown(&mut self, track: Track, reason: &str, by: &str, session: &SessionMark, time: &str) {
        let (reason, by, session, time) = (reason.to_owned(), by.to_owned(), session.clone(), time.to_owned());
        self.unknown.insert(track, Unknown { reason, by, session, time });
    }
}
