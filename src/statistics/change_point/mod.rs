//! Where in a row of hits and misses does their rate change.
//!
//! - `single`: one change, its interval and its p-value
//! - `stratified`: one drop of several rows with rates of their own
//! - `several`: as many as the data carry, up to a limit

pub(crate) mod several;
pub(crate) mod single;
pub(crate) mod stratified;

/// Hits before each place, so that any stretch is counted at once.
struct Stretches {
    hits_before: Vec<usize>,
}

impl Stretches {
    fn new(hits: &[bool]) -> Self {
        let mut hits_before = Vec::with_capacity(hits.len() + 1);
        hits_before.push(0);
        for &is_hit in hits {
            hits_before.push(hits_before[hits_before.len() - 1] + usize::from(is_hit));
        }
        Self { hits_before }
    }

    fn hits(&self, from: usize, to: usize) -> usize {
        self.hits_before[to] - self.hits_before[from]
    }

    /// Share of hits; of at least one item.
    fn rate(&self, from: usize, to: usize) -> f64 {
        self.hits(from, to) as f64 / (to - from) as f64
    }

    /// Log-likelihood of a stretch at its own rate, in nats.
    fn log_likelihood(&self, from: usize, to: usize) -> f64 {
        log_likelihood(self.hits(from, to), to - from)
    }
}

/// Log-likelihood of so many hits among `n` at their own rate, in nats.
fn log_likelihood(hits: usize, n: usize) -> f64 {
    let (n, hits) = (n as f64, hits as f64);
    // 0 ln 0 = 0.
    let term = |count: f64| if count > 0.0 { count * (count / n).ln() } else { 0.0 };
    term(hits) + term(n - hits)
}
