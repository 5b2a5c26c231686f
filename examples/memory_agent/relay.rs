//! Our protocol in front of a service that speaks another: keeps the order of chunks and what the service is still working at.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Instant;

use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::protocol::{
    AgentInfo, Found, MemorizeRequest, Memorized, OpenRequest, Opened, PROTOCOL, Place, QueryReply, QueryRequest,
    Refusal, SessionStatus, State, Taken, place,
};
use super::server::MemoryAgent;
use super::translation::{Progress, Translation};
use super::upstream::Upstream;

/// Counts where a question does not say how many memories it wants.
const TOP_K: u64 = 10;

/// What the relay knows of a session; the chunks themselves are the service's.
#[derive(Debug, Default)]
struct Session {
    is_open: bool,
    chunks: Vec<[u8; 32]>,
    n_bytes: u64,
    /// Requests of the next chunk that the service has taken, when a later one failed.
    n_taken: usize,
    /// What the service was told and has not confirmed.
    working: VecDeque<String>,
    has_failed: bool,
}

/// A service behind our protocol. A session is used by one request at a time, so that a repeat waits for the first and is not sent twice.
pub struct Relay<T> {
    translation: T,
    upstream: Upstream,
    sessions: StdMutex<HashMap<String, Arc<Mutex<Session>>>>,
}

impl<T: Translation> Relay<T> {
    pub fn new(translation: T, upstream: Upstream) -> Self {
        Self { translation, upstream, sessions: StdMutex::default() }
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<Mutex<Session>>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self, id: &str) -> Result<Arc<Mutex<Session>>, Refusal> {
        self.sessions().get(id).cloned().ok_or_else(|| Refusal::unknown_session(id))
    }
}

impl<T: Translation> MemoryAgent for Relay<T> {
    fn info(&self) -> AgentInfo {
        let (name, version) = self.translation.interface();
        let query_isolation = self.translation.query_isolation();
        AgentInfo { protocol: PROTOCOL, name: name.into(), version: version.into(), query_isolation }
    }

    async fn open(&self, request: OpenRequest) -> Result<Opened, Refusal> {
        let id = request.session_id;
        let session = Arc::clone(self.sessions().entry(id.clone()).or_default());
        let mut session = session.lock().await;
        if !session.chunks.is_empty() || session.n_taken > 0 {
            return Err(Refusal::new(409, format!("session {id} holds chunks; delete it first")));
        }
        if !session.is_open {
            for step in self.translation.open(&id) {
                self.upstream.send(&step).await?;
            }
            session.is_open = true;
        }
        Ok(Opened { session_id: id })
    }

    async fn memorize(&self, id: &str, chunk: MemorizeRequest) -> Result<Memorized, Refusal> {
        let session = self.session(id)?;
        let mut session = session.lock().await;
        session.check_open(id)?;
        let digest: [u8; 32] = Sha256::digest(chunk.text.as_bytes()).into();
        let place = place(chunk.index, session.chunks.len(), |index| session.chunks[index] == digest)?;
        if place == Place::Next {
            for request in self.translation.memorize(id, &chunk).iter().skip(session.n_taken) {
                let reply = self.upstream.send(request).await?;
                session.n_taken += 1;
                // Taken, but nobody knows what became of it.
                let working = self.translation.working(&reply).inspect_err(|_| session.has_failed = true)?;
                if self.translation.works_in_order() && !working.is_empty() {
                    session.working.clear();
                }
                session.working.extend(working);
            }
            session.n_taken = 0;
            session.n_bytes += chunk.text.len() as u64;
            session.chunks.push(digest);
        }
        let status = if session.working.is_empty() { Taken::Ok } else { Taken::Accepted };
        Ok(Memorized { status, usage: None })
    }

    /// The services work without being told to.
    async fn flush(&self, id: &str) -> Result<Memorized, Refusal> {
        let session = self.session(id)?;
        let session = session.lock().await;
        session.check_open(id)?;
        let status = if session.working.is_empty() { Taken::Ok } else { Taken::Accepted };
        Ok(Memorized { status, usage: None })
    }

    async fn status(&self, id: &str) -> Result<SessionStatus, Refusal> {
        let session = self.session(id)?;
        let mut session = session.lock().await;
        session.check_open(id)?;
        while let (false, Some(name)) = (session.has_failed, session.working.front()) {
            let reply = self.upstream.send(&self.translation.progress(name)).await?;
            match self.translation.progressed(&reply)? {
                Progress::Done => _ = session.working.pop_front(),
                Progress::Working => break,
                Progress::Failed => session.has_failed = true,
            }
        }
        let state = if session.has_failed {
            State::Failed
        } else if session.working.is_empty() {
            State::Ready
        } else {
            State::Indexing
        };
        Ok(SessionStatus {
            session_id: id.into(),
            state,
            n_memorized: session.chunks.len() as u64,
            store_bytes: Some(session.n_bytes),
            n_evicted: None,
        })
    }

    async fn query(&self, id: &str, query: QueryRequest) -> Result<QueryReply, Refusal> {
        let begun = Instant::now();
        let session = self.session(id)?;
        let n_memorized = {
            let session = session.lock().await;
            session.check_open(id)?;
            session.chunks.len() as u64
        };
        let mut replies = Vec::new();
        for request in self.translation.search(id, &query, query.top_k.unwrap_or(TOP_K)) {
            replies.push(self.upstream.send(&request).await?);
        }
        Ok(QueryReply {
            found: Found::Memories { memories: self.translation.found(&replies)? },
            session_id: Some(id.into()),
            n_memorized: Some(n_memorized),
            usage: None,
            memory_ms: Some(begun.elapsed().as_secs_f64() * 1e3),
        })
    }

    /// Also deletes at the service what an earlier run of the relay left there, before it says that it knows no such session.
    async fn close(&self, id: &str) -> Result<(), Refusal> {
        let known = self.session(id).ok();
        let mut guard = match &known {
            Some(session) => Some(session.lock().await),
            None => None,
        };
        self.upstream.send(&self.translation.close(id)).await?;
        let Some(session) = guard.as_deref_mut() else { return Err(Refusal::unknown_session(id)) };
        // Those who wait for it find it shut.
        *session = Session::default();
        self.sessions().remove(id);
        Ok(())
    }
}

impl Session {
    fn check_open(&self, id: &str) -> Result<(), Refusal> {
        if self.is_open { Ok(()) } else { Err(Refusal::unknown_session(id)) }
    }
}
