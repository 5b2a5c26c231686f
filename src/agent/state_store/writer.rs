//! A history written into the store, session by session. What has to be asked of a model comes out as data, and its replies go in: two
//! rounds a session, each of questions that do not depend on each other.
//!
//! 1. Which states does the session show?
//! 2. For each of them: what becomes of it, beside the states noted on its track and in its bucket? And which states elsewhere can hold no
//!    longer because of it?
//!
//! A reply that cannot be read changes nothing and is counted.

use serde_json::Value;

use super::arbitration::{ActionKey, ProposedInvalidation, ProposedUpdate, arbitrate};
use super::item::Item;
use super::request::{Decision, DecisionWord, Delta, Invalidation, SessionMark};
use super::schema::Track;
use super::store::StateStore;

/// Most states that one session is taken to show: replies are hostile text.
const MOST_DELTAS: usize = 24;
/// Most noted states that a question lists.
const MOST_LISTED: usize = 60;
/// Confidence of a state whose reply names none.
const UNSTATED_CONFIDENCE: f64 = 0.5;

/// Something to be asked of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Which states a session shows.
    Extract { session: String },
    /// What becomes of a new state beside those that are noted.
    Decide { delta: String, items: String },
    /// Which states elsewhere can hold no longer because of it.
    Invalidate { delta: String, items: String },
}

/// A store that is being written.
#[derive(Debug, Clone, Default)]
pub struct StateWriter {
    store: StateStore,
    /// States of the session that is being written.
    deltas: Vec<Delta>,
    session: SessionMark,
    n_deltas: u64,
    /// Replies that could not be read.
    n_unread: u64,
}

impl StateWriter {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The store as it is.
    #[must_use]
    pub fn store(&self) -> &StateStore {
        &self.store
    }

    /// Replies that could not be read so far.
    #[must_use]
    pub fn n_unread(&self) -> u64 {
        self.n_unread
    }

    /// Begins a session: what is asked about it first.
    pub fn begin(&mut self, index: usize, time: Option<&str>, text: &str) -> Step {
        let time = time.map_or_else(|| format!("session {}", index + 1), str::to_owned);
        self.session = SessionMark { id: format!("s{}", index + 1), index: Some(index as u64), time };
        self.deltas.clear();
        Step::Extract { session: text.to_owned() }
    }

    /// Takes the states of the session; `None`: the model gave no reply. Gives what is asked about them, two for each, in order.
    pub fn extracted(&mut self, reply: Option<&str>) -> Vec<Step> {
        let found = reply.and_then(list_in);
        self.n_unread += u64::from(found.is_none());
        for value in found.into_iter().flatten().take(MOST_DELTAS) {
            let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
            if text("value").is_empty() || text("bucket").is_empty() || text("track").is_empty() {
                continue;
            }
            self.n_deltas += 1;
            let confidence = value.get("confidence").and_then(Value::as_f64).unwrap_or(UNSTATED_CONFIDENCE);
            let delta = Delta {
                id: format!("d{}", self.n_deltas),
                track: Track { bucket: text("bucket").to_owned(), name: text("track").to_owned() },
                proposed_value: text("value").to_owned(),
                confidence: confidence.clamp(0.0, 1.0),
                evidence_chunk_ids: vec![self.session.id.clone()],
                session: self.session.clone(),
            };
            self.store.keep_delta(delta.clone());
            self.deltas.push(delta);
        }
        let mut steps = Vec::new();
        for delta in &self.deltas {
            let words = format!("{}.{}: {}", delta.track.bucket, delta.track.name, delta.proposed_value);
            let near = |item: &&Item| item.track.bucket == delta.track.bucket;
            let items = listed(self.items().filter(near));
            steps.push(Step::Decide { delta: words.clone(), items });
            let items = listed(self.items().filter(|item| !near(item) || item.track != delta.track));
            steps.push(Step::Invalidate { delta: words, items });
        }
        steps
    }

    fn items(&self) -> impl Iterator<Item = &Item> {
        self.store.active().flat_map(|(_, items)| items)
    }

    /// Takes the decisions, one reply for each of the steps, and carries out those that stand.
    pub fn decided(&mut self, replies: &[Option<&str>]) {
        let deltas = std::mem::take(&mut self.deltas);
        let mut decisions = Vec::new();
        let mut invalidations: Vec<(Invalidation, Decision)> = Vec::new();
        for (place, delta) in deltas.iter().enumerate() {
            let reply = |offset: usize| replies.get(2 * place + offset).copied().flatten();
            decisions.push(self.decision(delta, reply(0)));
            invalidations.extend(self.invalidations(delta, reply(1)));
        }
        let updates: Vec<ProposedUpdate<'_>> =
            deltas.iter().zip(&decisions).map(|(delta, decision)| ProposedUpdate { delta, decision }).collect();
        let proposed: Vec<ProposedInvalidation<'_>> =
            invalidations.iter().map(|(proposal, decision)| ProposedInvalidation { proposal, decision }).collect();
        let suppressed = arbitrate(&updates, &proposed);
        let time = self.session.time.clone();
        for (place, one) in proposed.iter().enumerate() {
            if !suppressed.contains_key(&ActionKey::Invalidation(place)) {
                self.store.apply_invalidation(one.proposal, one.decision, &time);
            }
        }
        for (place, one) in updates.iter().enumerate() {
            if !suppressed.contains_key(&ActionKey::Update(place)) {
                self.store.apply_update(one.delta, one.decision, &time);
            }
        }
    }

    /// Without a reply that can be read a new state is added where nothing is in its way: what was heard is not lost.
    fn decision(&mut self, delta: &Delta, reply: Option<&str>) -> Decision {
        let found = reply.and_then(object_in).filter(|value| value.get("decision").is_some_and(Value::is_string));
        self.n_unread += u64::from(found.is_none());
        let Some(value) = found else {
            return Decision { word: DecisionWord::Add, target_item_id: None, reason: "unread decision".to_owned() };
        };
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let target = Some(text("target")).filter(|id| !id.is_empty());
        let mut word = DecisionWord::from_word(&text("decision").to_uppercase());
        // Nothing is noted on the track: what refines or replaces it is new.
        if matches!(word, DecisionWord::Refine | DecisionWord::Replace) && target.is_none() {
            let only = self.store.active_on(&delta.track);
            if only.is_empty() {
                word = DecisionWord::Add;
            }
        }
        Decision { word, target_item_id: target, reason: text("reason") }
    }

    fn invalidations(&mut self, delta: &Delta, reply: Option<&str>) -> Vec<(Invalidation, Decision)> {
        let found = reply.and_then(list_in);
        self.n_unread += u64::from(found.is_none());
        let mut proposals = Vec::new();
        for value in found.into_iter().flatten().take(MOST_DELTAS) {
            let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
            let Some(item) = self.store.find(&text("target")) else { continue };
            let word = match DecisionWord::from_word(&text("decision").to_uppercase()) {
                word @ (DecisionWord::IndirectInvalidate | DecisionWord::WeakChallenge) => word,
                _ => continue,
            };
            let proposal = Invalidation {
                id: format!("{}-i{}", delta.id, proposals.len() + 1),
                track: item.track.clone(),
                old_value: item.value.clone(),
                confidence: delta.confidence,
                reason: text("reason"),
                trigger_delta_ids: vec![delta.id.clone()],
                session: self.session.clone(),
            };
            let decision = Decision { word, target_item_id: Some(item.id.clone()), reason: text("reason") };
            proposals.push((proposal, decision));
        }
        proposals
    }

    /// What holds now, and what held once, as an answer may rest on it: newest first, `most` of each at most.
    #[must_use]
    pub fn readout(&self, most: usize) -> (String, String) {
        let mut active: Vec<&Item> = self.items().collect();
        active.sort_by(|a, b| b.created.index.cmp(&a.created.index).then(a.id.cmp(&b.id)));
        let line = |item: &&Item| format!("- {} ({})", item.value, item.last_updated);
        let stale = self.store.archive().iter().rev().take(most).map(|item| line(&item));
        let unknown = self.store.unknown().take(most).map(|(track, unknown)| {
            format!("- not known since {}: {} ({})", unknown.time, track.name.replace('_', " "), unknown.reason)
        });
        let joined = |lines: Vec<String>| if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") };
        (joined(active.iter().take(most).map(line).collect()), joined(stale.chain(unknown).collect()))
    }
}

fn listed<'i>(items: impl Iterator<Item = &'i Item>) -> String {
    let lines: Vec<String> = items
        .take(MOST_LISTED)
        .map(|item| format!("{} [{}.{}] {}", item.id, item.track.bucket, item.track.name, item.value))
        .collect();
    if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
}

/// The list in a reply, from its first bracket to its last.
fn list_in(reply: &str) -> Option<Vec<Value>> {
    let (from, to) = (reply.find('[')?, reply.rfind(']')?);
    serde_json::from_str(reply.get(from..=to)?).ok()
}

/// The object in a reply, from its first brace to its last.
fn object_in(reply: &str) -> Option<Value> {
    let (from, to) = (reply.find('{')?, reply.rfind('}')?);
    serde_json::from_str::<Value>(reply.get(from..=to)?).ok().filter(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(writer: &mut StateWriter, index: usize, value: &str, track: &str, decisions: &[Option<&str>]) -> usize {
        writer.begin(index, Some("2025-01-01 08:00"), "User: ...");
        let bucket = if track.contains("commute") { "routine_and_transport" } else { "location_and_living" };
        let reply = format!(
            "Here: [{{\"bucket\": \"{bucket}\", \"track\": \"{track}\", \"value\": \"{value}\", \"confidence\": 0.9}}]"
        );
        let n = writer.extracted(Some(&reply)).len();
        writer.decided(decisions);
        n
    }

    #[test]
    fn a_move_ends_the_old_place_and_the_old_way_to_work() {
        let mut writer = StateWriter::new();
        let add = Some("{\"decision\": \"ADD\"}");
        heard(&mut writer, 0, "lives in Arvo", "current_base_location", &[add, Some("[]")]);
        heard(&mut writer, 1, "walks to work", "current_commute_mode", &[add, Some("[]")]);
        let replace = Some("{\"decision\": \"REPLACE\", \"target\": \"p1\", \"reason\": \"moved\"}");
        let ends = Some("[{\"target\": \"p2\", \"decision\": \"INDIRECT_INVALIDATE\", \"reason\": \"far away now\"}]");
        heard(&mut writer, 2, "lives in Dunlin", "current_base_location", &[replace, ends]);
        let (active, stale) = writer.readout(10);
        assert!(active.contains("Dunlin") && !active.contains("Arvo") && !active.contains("walks"), "{active}");
        assert!(stale.contains("Arvo") && stale.contains("current commute mode (far away now)"), "{stale}");
        assert_eq!(writer.n_unread(), 0);
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_loses_nothing() {
        let mut writer = StateWriter::new();
        writer.begin(0, None, "x");
        assert!(writer.extracted(Some("<html>")).is_empty());
        writer.decided(&[]);
        heard(&mut writer, 1, "lives in Arvo", "current_base_location", &[Some("no JSON"), None]);
        assert_eq!(writer.n_unread(), 3);
        assert!(writer.readout(10).0.contains("Arvo"));
    }

    #[test]
    fn a_reply_of_a_million_brackets_does_no_harm() {
        let mut writer = StateWriter::new();
        writer.begin(0, None, "x");
        assert!(writer.extracted(Some(&"[".repeat(1_000_000))).is_empty());
        assert!(writer.extracted(Some(&format!("{}]", "[".repeat(100_000)))).is_empty());
    }
}
