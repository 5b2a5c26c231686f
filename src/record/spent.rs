//! What answers of endpoints took.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cell_reader::JOURNAL_FILE;
use super::error::RecordError;
use super::event::{AnsweredEvent, FailedEvent, JournalEvent};
use super::journal::read_journal;
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
    /// What of it is known.
    #[serde(default)]
    pub known_cost: f64,
}

impl Spent {
    /// Nothing was spent so far, and that is known.
    #[must_use]
    pub fn nothing() -> Self {
        Self { cost: Some(0.0), ..Self::default() }
    }

    /// What the answers in the cell at `path` took; nothing where there is none yet. Streams its journal.
    ///
    /// # Errors
    /// Those of [`read_journal`].
    pub fn of_cell(path: &Path) -> Result<Self, RecordError> {
        let mut spent = Self::nothing();
        let journal = path.join(JOURNAL_FILE);
        if journal.exists() {
            read_journal(&journal, &mut |_, event| {
                spent.note(&event);
                Ok(())
            })?;
        }
        Ok(spent)
    }

    /// Counts what an event says of its cost.
    pub(super) fn note(&mut self, event: &JournalEvent) {
        if let JournalEvent::Answered(AnsweredEvent { exchange: Some(exchange), .. })
        | JournalEvent::Failed(FailedEvent { exchange: Some(exchange), .. })
        | JournalEvent::Abandoned { exchange, .. } = event
        {
            self.add_exchange(exchange);
        }
    }

    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.n_sent += other.n_sent;
        self.n_cached += other.n_cached;
        self.usage.add(other.usage);
        self.known_cost += other.known_cost;
        self.cost = self.cost.zip(other.cost).map(|(sum, cost)| sum + cost);
    }

    /// Adds what one answer took; one that sent nothing cost nothing, whatever the price.
    fn add_exchange(&mut self, exchange: &Exchange) {
        let cost = if exchange.n_sent == 0 { Some(0.0) } else { exchange.cost };
        self.add(Self {
            n_sent: exchange.n_sent.into(),
            n_cached: exchange.n_cached.into(),
            usage: exchange.usage,
            cost,
            known_cost: cost.unwrap_or(0.0),
        });
    }
}
