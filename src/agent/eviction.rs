//! Which chunks a retrieval agent still has (`_handle_rag_agent` and `_process_rag_query` of `agent.py` at commit 455306dc).
//!
//! Upstream counts every chunk at its nominal size, whatever it holds, and drops the oldest one when the sum is over the limit: one at
//! most for each that comes in, and one more at each question.

use std::collections::VecDeque;

/// A store of chunks, oldest first, with upstream's bookkeeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkStore<T> {
    chunks: VecDeque<T>,
    n_evicted: usize,
    counted_tokens: i64,
    chunk_size: i64,
    limit: i64,
}

impl<T> ChunkStore<T> {
    /// An empty store. `chunk_size`: nominal tokens of a chunk; `limit`: tokens that it may hold, which is `input_length_limit -
    /// buffer_length - generation_max_length` and may be below 0.
    #[must_use]
    pub fn new(chunk_size: u32, limit: i64) -> Self {
        Self { chunks: VecDeque::new(), n_evicted: 0, counted_tokens: 0, chunk_size: i64::from(chunk_size), limit }
    }

    /// Takes a chunk in and, over the limit, drops the oldest: the new one itself where it is the only one.
    pub fn memorize(&mut self, chunk: T) {
        self.chunks.push_back(chunk);
        self.counted_tokens = self.counted_tokens.saturating_add(self.chunk_size);
        self.evict_one();
    }

    /// The check that upstream makes before each question.
    pub fn before_query(&mut self) {
        self.evict_one();
    }

    fn evict_one(&mut self) {
        if self.counted_tokens > self.limit {
            self.n_evicted += usize::from(self.chunks.pop_front().is_some());
            self.counted_tokens = self.counted_tokens.saturating_sub(self.chunk_size);
        }
    }

    /// What is still there, oldest first.
    #[must_use]
    pub fn chunks(&self) -> &VecDeque<T> {
        &self.chunks
    }

    /// Chunks that were dropped, which is also the place of the oldest that is there.
    #[must_use]
    pub fn n_evicted(&self) -> usize {
        self.n_evicted
    }

    /// Upstream's counter: nominal tokens, not those of the texts.
    #[must_use]
    pub fn counted_tokens(&self) -> i64 {
        self.counted_tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_one_at_a_time() {
        let mut store = ChunkStore::new(10, 25);
        for chunk in ["a", "b", "c"] {
            store.memorize(chunk);
        }
        assert_eq!((store.chunks().iter().copied().collect::<String>().as_str(), store.n_evicted()), ("bc", 1));
        store.before_query();
        assert_eq!((store.chunks().len(), store.counted_tokens()), (2, 20));
    }

    #[test]
    fn a_chunk_above_the_limit_does_not_stay() {
        let mut store = ChunkStore::new(10, -1);
        store.memorize("a");
        store.before_query();
        assert_eq!((store.chunks().len(), store.n_evicted(), store.counted_tokens()), (0, 1, -10));
    }
}
