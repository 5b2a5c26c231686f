//! The reference agent: keeps every chunk, finds them by their words, lets the asking side answer.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mnemoscope::agent::bm25::{Bm25Index, Bm25Parameters};

use super::protocol::{
    AgentInfo, Found, MemorizeRequest, Memorized, Memory, OpenRequest, Opened, PROTOCOL, Place, QueryIsolation,
    QueryReply, QueryRequest, Refusal, SessionStatus, State, Taken, place,
};
use super::server::MemoryAgent;
use super::state_folder::StateFolder;

/// One session's chunks; the index is built by the first question (or a flush) behind the last chunk.
#[derive(Debug, Default)]
pub struct Session {
    pub texts: Vec<String>,
    index: Option<Arc<Bm25Index>>,
}

impl Session {
    pub fn new(texts: Vec<String>) -> Self {
        Self { texts, index: None }
    }

    fn index(&mut self) -> Arc<Bm25Index> {
        let index = self.index.get_or_insert_with(|| Arc::new(Bm25Index::new(&self.texts, Bm25Parameters::default())));
        Arc::clone(index)
    }
}

/// All sessions, in memory and, with a folder, on disk.
#[derive(Debug)]
pub struct Bm25Agent {
    top_k: usize,
    folder: Option<StateFolder>,
    sessions: Mutex<HashMap<String, Session>>,
}

impl Bm25Agent {
    /// `top_k` counts where a question does not say how many it wants.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn new(top_k: usize, folder: Option<StateFolder>) -> io::Result<Self> {
        let sessions = folder.as_ref().map(StateFolder::read).transpose()?.unwrap_or_default();
        Ok(Self { top_k, folder, sessions: Mutex::new(sessions) })
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryAgent for Bm25Agent {
    fn info(&self) -> AgentInfo {
        AgentInfo {
            protocol: PROTOCOL,
            name: "bm25".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            query_isolation: QueryIsolation::ReadOnly,
        }
    }

    async fn open(&self, request: OpenRequest) -> Result<Opened, Refusal> {
        let mut sessions = self.sessions();
        match sessions.get(&request.session_id) {
            Some(session) if !session.texts.is_empty() => {
                return Err(Refusal::new(409, format!("session {} holds chunks; delete it first", request.session_id)));
            }
            // Opened before and still empty: the reply may have been lost.
            Some(_) => {}
            None => {
                if let Some(folder) = &self.folder {
                    folder.open(&request.session_id).map_err(|error| unwritten(&error))?;
                }
                sessions.insert(request.session_id.clone(), Session::default());
            }
        }
        Ok(Opened { session_id: request.session_id })
    }

    async fn memorize(&self, id: &str, chunk: MemorizeRequest) -> Result<Memorized, Refusal> {
        let mut sessions = self.sessions();
        let session = sessions.get_mut(id).ok_or_else(|| Refusal::unknown_session(id))?;
        let place = place(chunk.index, session.texts.len(), |index| session.texts[index] == chunk.text)?;
        if place == Place::Next {
            if let Some(folder) = &self.folder {
                folder.append(id, &chunk.text).map_err(|error| unwritten(&error))?;
            }
            session.texts.push(chunk.text);
            session.index = None;
        }
        Ok(Memorized { status: Taken::Ok, usage: None })
    }

    async fn flush(&self, id: &str) -> Result<Memorized, Refusal> {
        self.sessions().get_mut(id).ok_or_else(|| Refusal::unknown_session(id))?.index();
        Ok(Memorized { status: Taken::Ok, usage: None })
    }

    async fn status(&self, id: &str) -> Result<SessionStatus, Refusal> {
        let sessions = self.sessions();
        let session = sessions.get(id).ok_or_else(|| Refusal::unknown_session(id))?;
        Ok(SessionStatus {
            session_id: id.into(),
            state: State::Ready,
            n_memorized: session.texts.len() as u64,
            store_bytes: Some(session.texts.iter().map(|text| text.len() as u64).sum()),
            n_evicted: Some(0),
        })
    }

    async fn query(&self, id: &str, query: QueryRequest) -> Result<QueryReply, Refusal> {
        let begun = Instant::now();
        let index = self.sessions().get_mut(id).ok_or_else(|| Refusal::unknown_session(id))?.index();
        let n = query.top_k.map_or(self.top_k, |n| usize::try_from(n).unwrap_or(usize::MAX));
        // The question alone: the words of the prompt around it would find pieces of their own.
        let hits = index.top(&query.question, n);
        // Looked up again: a session that was closed in between is gone, and one that grew still has these chunks.
        let sessions = self.sessions();
        let session = sessions.get(id).ok_or_else(|| Refusal::unknown_session(id))?;
        let memories = hits.iter().filter_map(|hit| {
            Some(Memory {
                text: session.texts.get(hit.document)?.clone(),
                score: Some(hit.score),
                id: Some(hit.document.to_string()),
                source_index: Some(hit.document as u64),
            })
        });
        Ok(QueryReply {
            found: Found::Memories { memories: memories.collect() },
            session_id: Some(id.into()),
            n_memorized: Some(session.texts.len() as u64),
            usage: None,
            memory_ms: Some(begun.elapsed().as_secs_f64() * 1e3),
        })
    }

    async fn close(&self, id: &str) -> Result<(), Refusal> {
        let mut sessions = self.sessions();
        if !sessions.contains_key(id) {
            return Err(Refusal::unknown_session(id));
        }
        if let Some(folder) = &self.folder {
            folder.remove(id).map_err(|error| unwritten(&error))?;
        }
        sessions.remove(id);
        Ok(())
    }
}

fn unwritten(error: &io::Error) -> Refusal {
    Refusal::new(500, format!("failed to write the state: {error}"))
}
