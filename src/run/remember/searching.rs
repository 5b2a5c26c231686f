//! Agents that need nobody to memorise, but perhaps an embedder.

use std::time::Instant;

use super::asking::{Desk, Finds, Turn, memory_of};
use super::memory::{Memorised, Memory, failure, milliseconds};
use super::pieces::Pieces;
use crate::agent::shelf::held_pieces;
use crate::backend::{BackendError, Reply, Request, answer_all};
use crate::record::Failure;
use crate::run::error::RunError;
use crate::run::execute::OpenQuestion;

/// Texts that an embedder is sent at once.
const EMBEDDED_TOGETHER: usize = 64;

impl Desk<'_, '_> {
    /// Memorises a history at once: vectors, those of its questions among them, and the index.
    pub(super) fn recall_alone(
        &self,
        turn: &Turn<'_>,
        pieces: &Pieces,
        open: &[OpenQuestion<'_>],
    ) -> Result<Finds, RunError> {
        let begun = Instant::now();
        let first = match memory_of(&open[turn.places[0]]) {
            Ok(first) => first,
            Err(fault) => return Ok(Finds::failed(turn, &fault)),
        };
        let (mut vectors, mut of_questions) = (None, Vec::new());
        if self.kind.embeds() {
            let (held, _) = held_pieces(&first.agent, pieces.wrapped.len());
            let mut texts: Vec<String> = held.iter().map(|&place| pieces.wrapped[place].to_string()).collect();
            let n_pieces = texts.len();
            for &place in &turn.places {
                texts.push(memory_of(&open[place]).map(|asked| asked.search_text().to_owned()).unwrap_or_default());
            }
            match self.embed(&texts)? {
                Ok(mut all) => {
                    of_questions = all.split_off(n_pieces);
                    vectors = Some(all);
                }
                Err(fault) => return Ok(Finds::failed(turn, &fault)),
            }
        }
        let memory = match Memory::of(&first.agent, pieces, vectors) {
            Ok(memory) => memory,
            Err(fault) => return Ok(Finds::failed(turn, &fault)),
        };
        let memorised = Memorised { ms: Some(milliseconds(begun)), ..Memorised::default() };
        Ok(self.recall_all(turn, &memory, memorised, pieces, open, &of_questions))
    }

    /// Vectors of texts; the inner error is that of the embedder, which leaves these questions without an answer.
    fn embed(&self, texts: &[String]) -> Result<Result<Vec<Vec<f32>>, Failure>, RunError> {
        let Some(embedder) = self.embedder else {
            return Ok(Err(failure("no_embedder", "no model embeds texts; give --embedder")));
        };
        let requests = texts.chunks(EMBEDDED_TOGETHER).map(|texts| Request::Embed(texts.to_vec())).collect();
        if let Some(remote) = embedder.remote() {
            remote.begin_with(0.0);
        }
        let (replies, ended) = answer_all(embedder.backend(), requests, self.execution.interrupted);
        ended.map_err(|halt| self.execution.stopped(halt))?;
        let mut vectors = Vec::with_capacity(texts.len());
        for reply in replies {
            match reply {
                Ok(Reply::Embeddings(found)) => vectors.extend(found),
                Ok(_) => return Ok(Err(Failure::from(&BackendError::OtherReply))),
                Err(error) => return Ok(Err(Failure::from(&error))),
            }
        }
        if vectors.len() != texts.len() {
            let message = format!("{} vectors came back for {} texts", vectors.len(), texts.len());
            return Ok(Err(failure("embedding_count", message)));
        }
        Ok(Ok(vectors))
    }
}
