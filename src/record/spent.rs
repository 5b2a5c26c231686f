//! What answers of endpoints took.

use serde::{Deserialize, Serialize};

use crate::backend::{Exchange, Usage};

/// What the answers of a cell took, over all its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// HTTP requests sent, repeated ones included.
    pub n_sent: u64,
    /// Requests answered from the reply cache.
    pub n_cached: u64,
    pub usage: Usage,
    /// `None`: unknown, which is not zero.
    pub cost: Option<f64>,
}

impl Spent {
    /// Nothing was spent so far, and that is known.
    #[must_use]
    pub fn nothing() -> Self {
        Self { cost: Some(0.0), ..Self::default() }
    }

    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.n_sent += other.n_sent;
        self.n_cached += other.n_cached;
        self.usage.add(other.usage);
        self.cost = self.cost.zip(other.cost).map(|(sum, cost)| sum + cost);
    }

    /// Adds what one answer took; one that sent nothing cost nothing, whatever the price.
    pub(super) fn add_exchange(&mut self, exchange: &Exchange) {
        let cost = if exchange.n_sent == 0 { Some(0.0) } else { exchange.cost };
        self.add(Self {
            n_sent: exchange.n_sent.into(),
            n_cached: exchange.n_cached.into(),
            usage: exchange.usage,
            cost,
        });
    }
}
