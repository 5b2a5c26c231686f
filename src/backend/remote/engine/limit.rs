//! How many requests may be in flight: doubling until the first overload, then one more at a time, half on overload.

use std::time::{Duration, Instant};

/// Requests in flight at first.
const START: usize = 16;
/// Shortest time between two halvings. `Retry-After` does not lengthen it.
const COOLDOWN: Duration = Duration::from_secs(2);
/// So long the first request stays alone; a refused key costs one request then.
pub(super) const ALONE: Duration = Duration::from_secs(2);

/// The limit of requests in flight.
#[derive(Debug, Clone)]
pub(in crate::backend::remote) struct AdaptiveLimit {
    cap: usize,
    limit: usize,
    is_adaptive: bool,
    is_doubling: bool,
    /// Since the last change of the limit.
    successes: usize,
    last_cut: Option<Instant>,
    last_change: Option<Instant>,
}

impl AdaptiveLimit {
    pub(super) fn new(cap: usize, is_adaptive: bool) -> Self {
        let cap = cap.max(1);
        let limit = if is_adaptive { cap.min(START) } else { cap };
        Self { cap, limit, is_adaptive, is_doubling: true, successes: 0, last_cut: None, last_change: None }
    }

    pub(super) fn current(&self) -> usize {
        self.limit
    }

    /// A request was answered; `all_busy`: every slot was in use.
    pub(super) fn succeeded(&mut self, all_busy: bool) {
        if !self.is_adaptive || self.limit >= self.cap || !all_busy {
            return;
        }
        self.successes += 1;
        // One more for each answer doubles the limit once in a round trip.
        if !self.is_doubling && self.successes < self.limit {
            return;
        }
        self.successes = 0;
        self.limit += 1;
    }

    /// The endpoint answered a request that was sent at `sent` with "too much to do". Gives whether the limit has changed.
    ///
    /// Halves the limit, at most once in two seconds; in between takes one off, so that a slot which is refused at once is
    /// not filled again and again. A request from before the last change says nothing about the limit since.
    pub(super) fn overloaded(&mut self, sent: Instant, now: Instant) -> bool {
        if !self.is_adaptive || self.last_change.is_some_and(|change| sent < change) {
            return false;
        }
        let is_cooling = self.last_cut.is_some_and(|cut| now.duration_since(cut) < COOLDOWN);
        let lowered = if is_cooling { self.limit - 1 } else { self.limit / 2 }.max(1);
        if !is_cooling {
            self.last_cut = Some(now);
        }
        self.is_doubling = false;
        self.successes = 0;
        self.last_change = Some(now);
        let has_changed = lowered != self.limit;
        self.limit = lowered;
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_healthy_endpoint_sees_the_full_limit_after_a_few_round_trips() {
        let mut limit = AdaptiveLimit::new(256, true);
        let mut rounds = 0;
        while limit.current() < 256 {
            for _ in 0..limit.current() {
                limit.succeeded(true);
            }
            rounds += 1;
        }
        assert_eq!(rounds, 4, "16, 32, 64, 128, 256");
    }

    #[test]
    fn after_an_overload_it_grows_by_one_for_a_full_window_of_answers() {
        let mut limit = AdaptiveLimit::new(64, true);
        let start = Instant::now();
        assert!(limit.overloaded(start, start));
        assert_eq!(limit.current(), 8);
        let later = start + Duration::from_millis(1999);
        assert!(!limit.overloaded(start - Duration::from_millis(1), later), "sent before the limit was lowered");
        for _ in 0..7 {
            limit.succeeded(true);
        }
        limit.succeeded(false);
        assert_eq!(limit.current(), 8, "an idle slot proves nothing");
        limit.succeeded(true);
        assert_eq!(limit.current(), 9);
        assert!(limit.overloaded(later, later));
        assert_eq!(limit.current(), 8, "half at most once in two seconds, else one less");
        let much_later = start + Duration::from_secs(2);
        assert!(limit.overloaded(much_later, much_later));
        assert_eq!(limit.current(), 4);
        for step in 1..20 {
            let again = much_later + Duration::from_millis(step);
            limit.overloaded(again, again);
        }
        assert_eq!(limit.current(), 1, "never none");
    }

    #[test]
    fn it_never_falls_below_one_and_a_fixed_limit_stays() {
        let mut limit = AdaptiveLimit::new(1, true);
        assert!(!limit.overloaded(Instant::now(), Instant::now()));
        assert_eq!(limit.current(), 1);
        let mut fixed = AdaptiveLimit::new(64, false);
        assert!(!fixed.overloaded(Instant::now(), Instant::now()));
        assert_eq!(fixed.current(), 64);
    }
}
