//! What each kind of agent has at hand for a question.

use std::sync::Arc;
use std::time::Instant;

use super::pieces::Pieces;
use crate::agent::http::{HttpAgent, HttpSession, MemorizedPiece, MemoryReply, QueryBody, ReplyUsage};
use crate::agent::settings::{AgentKind, AgentSettings, Truncation};
use crate::agent::shelf::Shelf;
use crate::agent::state_store::StateWriter;
use crate::agent::tail::kept_tail;
use crate::backend::Backend;
use crate::dataset::stale::Dimension;
use crate::digest::sha256_hex;
use crate::probe::{AskedForm, Before, MemoryFacts, MemoryQuestion, Recalled, own_tokens};
use crate::prompt::memory::MemoryWords;
use crate::prompt::stale::{SeededPicker, history_text, request_tokens, trim, user_message};
use crate::record::Failure;
use crate::text::o200k::{Markers, token_count};

/// Tokens that upstream keeps free beside the answer.
const BUFFER_TOKENS: i64 = 4000;
/// Tokens kept free where a request is an estimate (STALE); of small windows a sixteenth.
const SAFETY_TOKENS: usize = 512;
/// Characters that a token holds at most, in any text worth reading.
const LONGEST_TOKEN: usize = 32;
/// States that an answer may rest on, of each kind.
const READ_STATES: usize = 60;

/// A memory of one history, frozen.
pub(super) enum Memory<'a> {
    Whole(Arc<str>),
    Sessions,
    Shelf(Box<Shelf>),
    States { text: Arc<str>, asked_tokens: u64, n_unread: u64 },
    Http(HttpMemory<'a>),
    Nothing,
}

pub(super) struct HttpMemory<'a> {
    session: HttpSession<'a>,
    n_evicted: usize,
    asked_tokens: Option<u64>,
}

/// What memorising a history took, as in [`crate::record::MemorisedEvent`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memorised {
    pub ms: Option<f64>,
    pub slowest_piece_ms: Option<f64>,
    pub ready_ms: Option<f64>,
    pub store_bytes: Option<u64>,
}

/// What a system says of one of its answers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    pub ms: Option<f64>,
    pub tokens: Option<u64>,
}

pub(super) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// A failure of the harness' own making, for the record.
pub(super) fn failure(kind: &str, message: impl Into<String>) -> Failure {
    Failure {
        kind: kind.to_owned(),
        message: message.into(),
        is_unscorable_item: false,
        attempts: None,
        status: None,
        body: None,
    }
}

impl From<crate::agent::http::AgentFault> for Failure {
    fn from(fault: crate::agent::http::AgentFault) -> Self {
        Self {
            kind: fault.kind.to_owned(),
            message: fault.to_string(),
            is_unscorable_item: false,
            attempts: Some(fault.attempts),
            status: fault.status,
            body: fault.body,
        }
    }
}

impl<'a> Memory<'a> {
    /// The memory of an agent that asks nobody.
    pub(super) fn of(
        settings: &AgentSettings,
        pieces: &Pieces,
        vectors: Option<Vec<Vec<f32>>>,
    ) -> Result<Self, Failure> {
        Ok(match settings.kind {
            AgentKind::LongContext if pieces.scenario.is_some() => Self::Sessions,
            AgentKind::LongContext => {
                let texts: Vec<&str> = pieces.wrapped.iter().map(AsRef::as_ref).collect();
                Self::Whole(texts.join("\n").trim().into())
            }
            AgentKind::Bm25 | AgentKind::Embedding | AgentKind::Hybrid => {
                let shelf = Shelf::new(settings, &pieces.wrapped, vectors);
                Self::Shelf(Box::new(shelf.map_err(|error| failure("embedding", error.to_string()))?))
            }
            _ => Self::Nothing,
        })
    }

    /// The memory that a state store has written.
    pub(super) fn of_states(writer: &StateWriter, words: MemoryWords<'_>, asked_tokens: u64) -> Result<Self, Failure> {
        let (active, stale) = writer.readout(READ_STATES);
        let text = words.filled("state_read", &[("active", &active), ("stale", &stale)]);
        let text = text.map_err(|error| failure("prompt", error.to_string()))?;
        Ok(Self::States { text: text.into(), asked_tokens, n_unread: writer.n_unread() })
    }

    /// The memory of a system behind HTTP: all pieces given, in order, and all memorised. `n_opened`: earlier calls that may have opened the
    /// session.
    pub(super) fn at(
        agent: &'a HttpAgent,
        (id, n_opened): (&str, usize),
        source: &str,
        pieces: &Pieces,
    ) -> Result<(Self, Memorised), Failure> {
        let begun = Instant::now();
        let mut slowest_piece_ms: Option<f64> = None;
        let mut session = HttpSession::open(agent, id, n_opened, source, pieces.wrapped.len())?;
        for (place, text) in pieces.wrapped.iter().enumerate() {
            let given = Instant::now();
            session.memorize(MemorizedPiece {
                text,
                raw_text: &pieces.bare[place],
                timestamp: pieces.times[place].as_deref(),
            })?;
            let ms = milliseconds(given);
            slowest_piece_ms = Some(slowest_piece_ms.map_or(ms, |slowest| slowest.max(ms)));
        }
        let (ms, given) = (Some(milliseconds(begun)), Instant::now());
        let state = session.freeze()?;
        let ready_ms = Some(milliseconds(given));
        let memory = HttpMemory { session, n_evicted: state.n_evicted, asked_tokens: state.asked_tokens };
        Ok((Self::Http(memory), Memorised { ms, slowest_piece_ms, ready_ms, store_bytes: state.store_bytes }))
    }

    /// What is at hand for a question, and what the system says of it.
    pub(super) fn recall(
        &self,
        asked: &MemoryQuestion,
        query: &Query<'_>,
        pieces: &Pieces,
    ) -> Result<(Recalled, Told), Failure> {
        let mut told = Told::default();
        let mut memory = MemoryFacts {
            n_pieces: pieces.wrapped.len(),
            written_tokens: pieces.written_tokens,
            asked_tokens: Some(0),
            ..MemoryFacts::default()
        };
        let (before, shown) = match self {
            Self::Nothing => {
                memory.written_tokens = 0;
                (Before::Memories(Vec::new()), None)
            }
            Self::Whole(text) => {
                let (history, is_cut) = whole(text, asked, query)?;
                memory.is_cut = is_cut;
                (Before::History(history), None)
            }
            Self::Sessions => {
                let (history, n_dropped) = sessions(asked, query, pieces)?;
                memory.is_cut = n_dropped > 0;
                memory.n_dropped = n_dropped;
                (Before::History(history), None)
            }
            Self::Shelf(shelf) => {
                let found = shelf.search(asked.search_text(), query.vector);
                let found = found.map_err(|error| failure("embedding", error.to_string()))?;
                memory.n_evicted = shelf.n_evicted();
                let texts = found.iter().map(|&place| Arc::clone(&pieces.wrapped[place])).collect();
                (Before::Memories(texts), Some(found))
            }
            Self::States { text, asked_tokens, n_unread } => {
                memory.asked_tokens = Some(*asked_tokens);
                memory.n_unread = *n_unread;
                (Before::Memories(vec![Arc::clone(text)]), None)
            }
            Self::Http(agent) => {
                memory.n_evicted = agent.n_evicted;
                memory.asked_tokens = agent.asked_tokens;
                let (before, shown, said) = agent.recall(asked, query, pieces)?;
                told = said;
                (before, shown)
            }
        };
        Ok((Recalled { before, pieces: shown, memory }, told))
    }

    pub(super) fn close(self) {
        if let Self::Http(agent) = self {
            // What is not closed is the agent's to clear; every answer is there already.
            let _ = agent.session.close();
        }
    }
}

/// What a question brings along: by its `vector` it is searched for, the `window` is what the model can read.
pub(super) struct Query<'q> {
    pub id: &'q str,
    pub vector: Option<&'q [f32]>,
    /// Tokens that the model can read, where that is known.
    pub window: Option<u64>,
    pub seed: u64,
    pub backend: &'q dyn Backend,
}

impl Query<'_> {
    /// Tokens of a request: by the model's own tokenizer, else upstream's estimate.
    fn size(&self, asked: &MemoryQuestion, user: &str) -> usize {
        own_tokens(self.backend, asked, user.to_owned())
            .unwrap_or_else(|| request_tokens(&[("system", &asked.system), ("user", user)], tokens))
    }
}

fn tokens(text: &str) -> usize {
    token_count(text, Markers::AsText).unwrap_or(text.len())
}

/// A context for an agent that reads everything: the last tokens, as upstream keeps them.
fn whole(text: &Arc<str>, asked: &MemoryQuestion, query: &Query<'_>) -> Result<(Arc<str>, bool), Failure> {
    let max = i64::try_from(asked.agent.context_tokens.unwrap_or(usize::MAX)).unwrap_or(i64::MAX);
    let answer = i64::try_from(asked.max_tokens).unwrap_or(i64::MAX);
    // Small windows cannot spare upstream's buffer.
    let limit = query.window.and_then(|window| i64::try_from(window).ok()).map_or(i64::MAX, |window| {
        let buffer = BUFFER_TOKENS.min(window / 16);
        let asked = i64::try_from(tokens(&asked.user_message(&Before::Memories(Vec::new())))).unwrap_or(0);
        window - buffer - answer - asked
    });
    let kept = kept_tail(text, max, limit).map_err(|error| failure("tokenizer", error.to_string()))?;
    let kept = own_tail(&kept, asked, query);
    if kept.len() == text.len() {
        return Ok((Arc::clone(text), false));
    }
    if asked.agent.truncation == Truncation::Forbid {
        return Err(too_long(tokens(text), max.min(limit)));
    }
    if limit <= 0 || kept.is_empty() {
        return Err(too_long(tokens(text), limit.min(0)));
    }
    Ok((kept.into(), true))
}

/// The longest end of what upstream's tokens leave that fits by the model's own: a small model's pieces are shorter. All of it where the
/// tokenizer is not here, or nothing bounds the prompt.
fn own_tail<'t>(kept: &'t str, asked: &MemoryQuestion, query: &Query<'_>) -> &'t str {
    let Some(window) = query.window.and_then(|window| usize::try_from(window).ok()) else { return kept };
    let room = window.saturating_sub(asked.max_tokens);
    let user = |text: &str| asked.user_message(&Before::History(text.into()));
    let fits = |text: &str| own_tokens(query.backend, asked, user(text)).is_none_or(|n| n <= room);
    if fits(kept) {
        return kept;
    }
    // Far before this place nothing fits.
    let starts: Vec<usize> = kept.char_indices().map(|(at, _)| at).chain([kept.len()]).collect();
    let mut most = starts.len() - 1;
    let mut least = most.saturating_sub(room.saturating_mul(LONGEST_TOKEN));
    while least < most {
        let middle = usize::midpoint(least, most);
        if fits(&kept[starts[middle]..]) { most = middle } else { least = middle + 1 }
    }
    &kept[starts[most]..]
}

fn too_long(found: usize, limit: i64) -> Failure {
    failure(
        "too_long",
        format!(
            "the history has {found} tokens, but {} can be read, and it must not be cut; use a model with a longer window, a searching agent (--agent bm25), or --truncate tail or evidence",
            limit.max(0)
        ),
    )
}

/// Sessions for an agent that reads everything: all of them, or what trimming leaves.
fn sessions(asked: &MemoryQuestion, query: &Query<'_>, pieces: &Pieces) -> Result<(Arc<str>, usize), Failure> {
    let Some(scenario) = &pieces.scenario else { return Err(failure("no_sessions", "the history has no sessions")) };
    let word = match &asked.asked {
        AskedForm::State { dimension } => dimension,
        AskedForm::Query { .. } => "dim1",
    };
    let dimension = Dimension::ALL.into_iter().find(|one| one.as_str() == word).unwrap_or(Dimension::StateResolution);
    let history = history_text(&scenario.sessions);
    let Some(window) = query.window.and_then(|window| usize::try_from(window).ok()) else {
        return Ok((history.into(), 0));
    };
    let limit = window.saturating_sub(asked.max_tokens).saturating_sub(SAFETY_TOKENS.min(window / 16));
    let size = |user: &str| query.size(asked, user);
    // Characters bound tokens from above: most histories need not be counted.
    let n_bytes = history.len() + asked.question.len() + asked.system.len();
    if n_bytes < limit || size(&user_message(dimension, &history, &asked.question)) <= limit {
        return Ok((history.into(), 0));
    }
    let limit_shown = i64::try_from(limit).unwrap_or(i64::MAX);
    match asked.agent.truncation {
        Truncation::Forbid => Err(too_long(tokens(&history), limit_shown)),
        Truncation::Evidence => {
            let mut picker = SeededPicker::new(query.seed, &scenario.uid, dimension);
            let trimmed = trim(scenario, dimension, limit, size, |n| picker.pick(n));
            if trimmed.is_fitting {
                Ok((trimmed.history.into(), trimmed.dropped.len()))
            } else {
                Err(failure(
                    "too_long",
                    format!(
                        "the sessions with the evidence alone make a request of {} tokens, but {limit} can be read; use a model with a longer window, a searching agent (--agent bm25), or --truncate tail",
                        trimmed.size_after
                    ),
                ))
            }
        }
        Truncation::Tail => {
            let mut from = 0;
            while from < scenario.sessions.len() {
                from += 1;
                let rest = history_text(&scenario.sessions[from..]);
                if size(&user_message(dimension, &rest, &asked.question)) <= limit {
                    return Ok((rest.into(), from));
                }
            }
            Err(too_long(tokens(&history), limit_shown))
        }
    }
}

impl HttpMemory<'_> {
    fn recall(
        &self,
        asked: &MemoryQuestion,
        query: &Query<'_>,
        pieces: &Pieces,
    ) -> Result<(Before, Option<Vec<usize>>, Told), Failure> {
        let text = asked.user_message(&Before::Memories(Vec::new()));
        // Names of items can say what the right answer is; the record's failures name them beside.
        let id = &sha256_hex(query.id.as_bytes())[..16];
        let reply = self.session.query(&QueryBody {
            query_id: id,
            text: &text,
            question: &asked.question,
            max_tokens: asked.max_tokens,
            temperature: 0.0,
            top_k: asked.agent.top_k,
            read_only: true,
        })?;
        let about = reply.about();
        let told = Told {
            // A clock that runs backwards tells nothing.
            ms: about.memory_ms.filter(|ms| *ms >= 0.0),
            tokens: about.usage.and_then(ReplyUsage::total),
        };
        match reply {
            MemoryReply::Answer { answer, about } => {
                let usage = about.usage.unwrap_or_default();
                let (prompt_tokens, completion_tokens) = (usage.prompt_tokens, usage.completion_tokens);
                Ok((Before::Answered { text: answer, prompt_tokens, completion_tokens }, None, told))
            }
            MemoryReply::Memories { memories, .. } => {
                // Where not every memory names its piece, nothing is said of what was found.
                let places: Option<Vec<usize>> = memories.iter().map(|memory| memory.source_index).collect();
                let places = places.filter(|places| places.iter().all(|place| *place < pieces.wrapped.len()));
                let texts = memories.into_iter().map(|memory| memory.text.into()).collect();
                Ok((Before::Memories(texts), places, told))
            }
        }
    }
}
