//! A value with its interval, checked before anything is drawn.

use super::number;
use super::words::Notes;
use serde::Serialize;

/// A number somebody else computed, with the interval somebody else computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The point estimate. Not finite: the point is left out of the drawing and named in the caption.
    pub value: f64,
    /// Lower and upper limit; `None` when there is none. Limits that aren't finite or are reversed
    /// are not drawn, and the caption says so.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// A value and its interval.
    #[must_use]
    pub const fn new(value: f64, low: f64, high: f64) -> Self {
        Self { value, interval: Some((low, high)) }
    }

    /// A value without an interval.
    #[must_use]
    pub const fn without_interval(value: f64) -> Self {
        Self { value, interval: None }
    }

    /// What can be drawn of it: `None` when the value isn't finite. Says what it drops.
    pub(super) fn drawable(self, whose: &str, notes: &mut Notes) -> Option<Self> {
        if !self.value.is_finite() {
            notes.say(format!("{whose}: value is not a number, not drawn."));
            return None;
        }
        let interval = self.interval.filter(|&(low, high)| {
            let fits = low.is_finite() && high.is_finite() && low <= high;
            if !fits {
                notes.say(format!("{whose}: interval is unbounded or invalid, not drawn."));
            }
            fits
        });
        Some(Self { interval, ..self })
    }

    /// Smallest and largest number of the estimate, interval included.
    pub(super) fn span(self) -> (f64, f64) {
        let (low, high) = self.interval.unwrap_or((self.value, self.value));
        (low.min(self.value), high.max(self.value))
    }

    /// "0.31 (0.27 to 0.35)".
    pub(super) fn written(self, decimals: usize) -> String {
        let value = number::fixed(self.value, decimals);
        match self.interval {
            Some((low, high)) => {
                format!("{value} ({} to {})", number::fixed(low, decimals), number::fixed(high, decimals))
            }
            None => value,
        }
    }

    /// Value, low and high as three table cells.
    pub(super) fn cells(self) -> [String; 3] {
        let (low, high) = self
            .interval
            .map_or((number::missing(), number::missing()), |(low, high)| (number::exact(low), number::exact(high)));
        [number::exact(self.value), low, high]
    }
}
