//! One history at an agent: opened, memorised in order, asked about, closed. The same id in every request.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde::Serialize;

use super::client::HttpAgent;
use super::fault::AgentFault;
use super::protocol::{
    MemorizeBody, MemorizeReply, MemorizeStatus, MemoryReply, OpenBody, QueryBody, ReplyState, ReplyUsage, StateReply,
};

/// A piece to be memorised.
#[derive(Debug, Clone, Copy)]
pub struct MemorizedPiece<'a> {
    /// With the words around it.
    pub text: &'a str,
    pub raw_text: &'a str,
    pub timestamp: Option<&'a str>,
}

/// What is known of a session after the last piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionState {
    pub n_evicted: usize,
    pub store_bytes: Option<u64>,
    /// Tokens of the agent's own models for memorising, where it has told them with every piece.
    pub asked_tokens: Option<u64>,
}

/// An opened session.
#[derive(Debug)]
pub struct HttpSession<'a> {
    agent: &'a HttpAgent,
    id: String,
    /// Begins the keys of its requests: whoever opens the session again asks anew, whatever the agent has answered before.
    keys: String,
    n_pieces: usize,
    n_memorized: usize,
    is_indexing: bool,
    asked_tokens: Option<u64>,
}

/// The first pause between two looks at an agent that works in the background.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

fn body(step: &str, value: &impl Serialize) -> Result<Vec<u8>, AgentFault> {
    serde_json::to_vec(value).map_err(|error| AgentFault::new("agent_request", step, error.to_string()))
}

impl<'a> HttpSession<'a> {
    /// Opens a session; one of that id that is still there is closed first. `n_opened`: how often it may have been opened before.
    ///
    /// # Errors
    /// The agent does not open it.
    pub fn open(
        agent: &'a HttpAgent,
        id: &str,
        n_opened: usize,
        source: &str,
        n_pieces: usize,
    ) -> Result<Self, AgentFault> {
        let step = "open a session";
        let keys = if n_opened == 0 { id.to_owned() } else { format!("{id}/again-{n_opened}") };
        let session = Self {
            agent,
            id: id.to_owned(),
            keys,
            n_pieces,
            n_memorized: 0,
            is_indexing: false,
            asked_tokens: Some(0),
        };
        let opening = OpenBody { session_id: id, source, n_chunks: n_pieces, meta: serde_json::Map::new() };
        let opening = body(step, &opening)?;
        for is_second in [false, true] {
            let key = format!("{}/open{}", session.keys, if is_second { "/2" } else { "" });
            let reply = agent.ask(step, &Method::POST, &["sessions"], Some(&key), Some(&opening))?;
            match reply.status {
                200..=299 => return Ok(session),
                409 if !is_second => session.close()?,
                status => return Err(unexpected(step, status)),
            }
        }
        Err(AgentFault::new("agent_session_exists", step, "a session of that id is there and cannot be cleared"))
    }

    /// Gives the next piece.
    ///
    /// # Errors
    /// The agent does not take it.
    pub fn memorize(&mut self, piece: MemorizedPiece<'_>) -> Result<(), AgentFault> {
        let index = self.n_memorized;
        let step = format!("memorize piece {}", index + 1);
        let MemorizedPiece { text, raw_text, timestamp } = piece;
        let sent = MemorizeBody { index, text, raw_text, role: "user", timestamp };
        let key = format!("{}/memorize/{index}", self.keys);
        let path = ["sessions", &self.id, "memorize"];
        let reply = self.agent.ask(&step, &Method::POST, &path, Some(&key), Some(&body(&step, &sent)?))?;
        match reply.status {
            200..=299 => {}
            404 => return Err(self.lost(&step)),
            status => return Err(unexpected(&step, status)),
        }
        let told: MemorizeReply = self.agent.json(&step, &reply)?;
        self.is_indexing |= told.status == MemorizeStatus::Accepted;
        let told = told.usage.and_then(ReplyUsage::total);
        self.asked_tokens = self.asked_tokens.zip(told).and_then(|(sum, own)| sum.checked_add(own));
        self.n_memorized += 1;
        Ok(())
    }

    /// Says that all is given, and waits until all is memorised.
    ///
    /// # Errors
    /// The agent says that it failed, that it has fewer pieces than it was given, or does not become ready in time.
    pub fn freeze(&mut self) -> Result<SessionState, AgentFault> {
        let step = "wait until all is memorised";
        let key = format!("{}/flush", self.keys);
        let path = ["sessions", &self.id, "flush"];
        let reply = self.agent.ask(step, &Method::POST, &path, Some(&key), Some(b"{}"))?;
        if !matches!(reply.status, 200..=299 | 404 | 405 | 501) {
            return Err(unexpected(step, reply.status));
        }
        let (begun, mut pause) = (Instant::now(), FIRST_LOOK);
        loop {
            let reply = self.agent.ask(step, &Method::GET, &["sessions", &self.id], None, None)?;
            match reply.status {
                200..=299 => {}
                // An agent that works at once need not tell its state; one that has forgotten the session says so when it is asked.
                404 | 405 | 501 if !self.is_indexing => return Ok(self.state(0, None)),
                404 => return Err(self.lost(step)),
                status => return Err(unexpected(step, status)),
            }
            let told: StateReply = self.agent.json(step, &reply)?;
            match told.state {
                ReplyState::Ready => {
                    self.check_count(step, told.n_memorized)?;
                    return Ok(self.state(told.n_evicted.unwrap_or(0), told.store_bytes));
                }
                ReplyState::Failed => {
                    let detail = "the agent says that memorising failed";
                    return Err(AgentFault::new("agent_memorize_failed", step, detail).with_body(&reply.body));
                }
                ReplyState::Indexing => {}
            }
            if begun.elapsed() >= self.agent.options.ready_within {
                let seconds = self.agent.options.ready_within.as_secs_f64();
                let detail = format!("it was not ready {seconds} s after the last piece; see --agent-ready-within");
                return Err(AgentFault::new("agent_not_ready", step, detail));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }

    /// Asks a question. The agent must have memorised everything, and must answer from this session.
    ///
    /// # Errors
    /// The agent gives no answer, one from another session, or one from fewer pieces than it was given.
    pub fn query(&self, query: &QueryBody<'_>) -> Result<MemoryReply, AgentFault> {
        let step = format!("answer question {}", query.query_id);
        let key = format!("{}/query/{}", self.keys, query.query_id);
        let path = ["sessions", &self.id, "query"];
        let reply = self.agent.ask(&step, &Method::POST, &path, Some(&key), Some(&body(&step, query)?))?;
        match reply.status {
            200..=299 => {}
            404 => return Err(self.lost(&step)),
            status => return Err(unexpected(&step, status)),
        }
        let told: MemoryReply = self.agent.json(&step, &reply)?;
        if let Some(other) = told.about().session_id.as_ref().filter(|other| **other != self.id) {
            let detail =
                format!("the answer is of the session `{}`, not of `{}`", crate::redact::redact(other), self.id);
            return Err(AgentFault::new("agent_other_session", &step, detail));
        }
        self.check_count(&step, told.about().n_memorized)?;
        Ok(told)
    }

    fn state(&self, n_evicted: usize, store_bytes: Option<u64>) -> SessionState {
        SessionState { n_evicted, store_bytes, asked_tokens: self.asked_tokens }
    }

    fn check_count(&self, step: &str, n_memorized: Option<usize>) -> Result<(), AgentFault> {
        match n_memorized.filter(|n| *n != self.n_pieces) {
            None => Ok(()),
            Some(n) => {
                let detail = format!("it has memorised {n} of {} pieces and calls itself ready", self.n_pieces);
                Err(AgentFault::new("agent_answered_early", step, detail))
            }
        }
    }

    /// Ends the session; one that the agent does not know any more has ended.
    ///
    /// # Errors
    /// The agent does not end it.
    pub fn close(&self) -> Result<(), AgentFault> {
        let step = "close the session";
        let key = format!("{}/close", self.keys);
        let reply = self.agent.ask(step, &Method::DELETE, &["sessions", &self.id], Some(&key), None)?;
        match reply.status {
            200..=299 | 404 => Ok(()),
            status => Err(unexpected(step, status)),
        }
    }

    fn lost(&self, step: &str) -> AgentFault {
        let detail = format!("the agent does not know the session `{}` that it has opened", self.id);
        AgentFault { status: Some(404), ..AgentFault::new("agent_session_lost", step, detail) }
    }
}

fn unexpected(step: &str, status: u16) -> AgentFault {
    let detail = format!("status {status} has no meaning there");
    AgentFault { status: Some(status), ..AgentFault::new("agent_status", step, detail) }
}
