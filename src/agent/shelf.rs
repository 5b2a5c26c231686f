//! A memory of pieces that is searched: by words, by vectors, or by both.

use super::bm25::{Bm25Index, Bm25Parameters};
use super::eviction::ChunkStore;
use super::settings::{AgentKind, AgentSettings};
use super::vectors::{UnequalVectors, VectorIndex, fused};

/// Ranks of each search that a fusion takes into account, as a multiple of the pieces that are shown.
const FUSION_DEPTH: usize = 5;

/// Pieces that were memorised and are still held; frozen once it is built.
#[derive(Debug)]
pub struct Shelf {
    kind: AgentKind,
    top_k: usize,
    /// Places in the history of the pieces that are held, rising.
    held: Vec<usize>,
    n_evicted: usize,
    words: Option<Bm25Index>,
    vectors: Option<VectorIndex>,
}

/// Which pieces of a history an agent holds when it is asked.
#[must_use]
pub fn held_pieces(settings: &AgentSettings, n_pieces: usize) -> (Vec<usize>, usize) {
    let Some(limit) = settings.memory_tokens else { return ((0..n_pieces).collect(), 0) };
    let nominal = settings.chunk_tokens.and_then(|tokens| u32::try_from(tokens).ok()).unwrap_or(0);
    let mut store = ChunkStore::new(nominal, i64::from(limit));
    (0..n_pieces).for_each(|piece| store.memorize(piece));
    store.before_query();
    (store.chunks().iter().copied().collect(), store.n_evicted())
}

impl Shelf {
    /// Builds the memory of a searching agent. `vectors`: those of the held pieces, in their order, where it searches by them.
    ///
    /// # Errors
    /// The vectors are of several lengths.
    pub fn new(
        settings: &AgentSettings,
        pieces: &[impl AsRef<str>],
        vectors: Option<Vec<Vec<f32>>>,
    ) -> Result<Self, UnequalVectors> {
        let (held, n_evicted) = held_pieces(settings, pieces.len());
        let by_words = matches!(settings.kind, AgentKind::Bm25 | AgentKind::Hybrid);
        let texts: Vec<&str> = held.iter().map(|&place| pieces[place].as_ref()).collect();
        Ok(Self {
            kind: settings.kind.clone(),
            top_k: settings.top_k,
            words: by_words.then(|| Bm25Index::new(&texts, Bm25Parameters::default())),
            vectors: vectors.map(VectorIndex::new).transpose()?,
            held,
            n_evicted,
        })
    }

    #[must_use]
    pub fn n_evicted(&self) -> usize {
        self.n_evicted
    }

    /// Places in the history of the best pieces, best first.
    ///
    /// # Errors
    /// The question's vector has another length than those of the pieces.
    pub fn search(&self, query: &str, vector: Option<&[f32]>) -> Result<Vec<usize>, UnequalVectors> {
        let n = match self.kind {
            AgentKind::Hybrid => self.top_k.saturating_mul(FUSION_DEPTH),
            _ => self.top_k,
        };
        let by_words: Vec<usize> = self
            .words
            .as_ref()
            .map(|index| index.top(query, n).into_iter().map(|hit| hit.document).collect())
            .unwrap_or_default();
        let by_vectors = match (&self.vectors, vector) {
            (Some(index), Some(vector)) => index.top(vector, n)?,
            _ => Vec::new(),
        };
        let best = match self.kind {
            AgentKind::Hybrid => fused(&[&by_words, &by_vectors], self.top_k),
            AgentKind::Embedding => by_vectors,
            _ => by_words,
        };
        Ok(best.into_iter().filter_map(|place| self.held.get(place).copied()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::settings::Truncation;
    use crate::dataset::memory::chunk::Chunking;

    fn settings(kind: AgentKind, memory_tokens: Option<u32>) -> AgentSettings {
        AgentSettings {
            kind,
            top_k: 1,
            chunk_tokens: Some(10),
            chunking: Chunking::Strict,
            context_tokens: None,
            memory_tokens,
            truncation: Truncation::Tail,
        }
    }

    #[test]
    fn places_are_those_of_the_history_even_when_pieces_were_dropped() {
        let pieces = ["the mill", "the ferry", "the bees", "the bells"];
        let shelf = Shelf::new(&settings(AgentKind::Bm25, Some(25)), &pieces, None).unwrap();
        assert_eq!((shelf.search("bees", None).unwrap(), shelf.n_evicted()), (vec![2], 2));
        let all = Shelf::new(&settings(AgentKind::Bm25, None), &pieces, None).unwrap();
        assert_eq!((all.search("ferry", None).unwrap(), all.n_evicted()), (vec![1], 0));
    }

    #[test]
    fn a_hybrid_prefers_what_both_find() {
        let pieces = ["red mill", "blue ferry", "green bees"];
        let vectors = vec![vec![1.0, 0.0], vec![0.9, 0.1], vec![0.0, 1.0]];
        let shelf = Shelf::new(&settings(AgentKind::Hybrid, None), &pieces, Some(vectors)).unwrap();
        assert_eq!(shelf.search("ferry", Some(&[1.0, 0.2])).unwrap(), [1]);
    }
}
