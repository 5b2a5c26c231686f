//! How fast an endpoint may be asked: token buckets for requests and tokens, and the pause that the endpoint asks for.

use std::time::{Duration, Instant};

/// A bucket that fills steadily; it may be overdrawn by one taking, and is then closed until the debt is paid.
#[derive(Debug, Clone)]
struct Bucket {
    per_second: f64,
    /// One second's worth, at least 1.
    capacity: f64,
    level: f64,
    filled: Instant,
}

impl Bucket {
    fn new(per_minute: u32, now: Instant) -> Self {
        let per_second = f64::from(per_minute) / 60.0;
        let capacity = per_second.max(1.0);
        Self { per_second, capacity, level: capacity, filled: now }
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.capacity);
        self.filled = now;
    }

    /// When `amount` may be taken, at the earliest; more than the capacity waits for a full bucket.
    fn open_at(&self, amount: f64) -> Instant {
        let missing = amount.min(self.capacity) - self.level;
        if missing <= 0.0 {
            return self.filled;
        }
        self.filled + Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
    }
}

/// Nobody waits longer for a bucket; what is larger is a mistake in the limits.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 86_400);

/// The pace of one endpoint.
#[derive(Debug, Clone)]
pub(in crate::backend::remote) struct Pace {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    paused_until: Option<Instant>,
}

impl Pace {
    pub(super) fn new(rpm: Option<u32>, tpm: Option<u32>, now: Instant) -> Self {
        Self {
            requests: rpm.map(|rpm| Bucket::new(rpm, now)),
            tokens: tpm.map(|tpm| Bucket::new(tpm, now)),
            paused_until: None,
        }
    }

    /// Leaves the whole endpoint alone until `until`; never shortens a pause.
    pub(super) fn pause(&mut self, until: Instant) {
        self.paused_until = Some(self.paused_until.map_or(until, |paused| paused.max(until)));
    }

    /// Takes one request of so many tokens now, or says when to come again.
    pub(super) fn take(&mut self, tokens: u64, now: Instant) -> Result<(), Instant> {
        if let Some(until) = self.paused_until {
            if now < until {
                return Err(until);
            }
            self.paused_until = None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a request has far fewer than 2^52 tokens")]
        let amounts = [1.0, tokens as f64];
        let mut open_at = now;
        for (bucket, amount) in [&mut self.requests, &mut self.tokens].into_iter().zip(amounts) {
            if let Some(bucket) = bucket {
                bucket.fill(now);
                open_at = open_at.max(bucket.open_at(amount));
            }
        }
        if open_at > now {
            return Err(open_at);
        }
        for (bucket, amount) in [&mut self.requests, &mut self.tokens].into_iter().zip(amounts) {
            if let Some(bucket) = bucket {
                bucket.level -= amount;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_sees_more_requests_than_allowed() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(120), None, start);
        let (mut now, mut taken) = (start, Vec::new());
        while now < start + Duration::from_secs(180) {
            match pace.take(10, now) {
                Ok(()) => taken.push(now),
                Err(until) => now = until.max(now + Duration::from_nanos(1)),
            }
        }
        for first in &taken {
            let in_minute = taken.iter().filter(|&&at| at >= *first && at < *first + Duration::from_secs(60)).count();
            assert!(in_minute <= 122, "{in_minute}: two may be saved up");
        }
        assert!(taken.len() >= 358, "{}", taken.len());
    }

    #[test]
    fn a_request_larger_than_the_bucket_goes_when_it_is_full_and_is_paid_for() {
        let start = Instant::now();
        let mut pace = Pace::new(None, Some(600), start);
        assert!(pace.take(100, start).is_ok());
        let next = pace.take(1, start).unwrap_err();
        assert!((next - start).as_secs_f64() > 9.0, "90 tokens of debt at 10 a second: {:?}", next - start);
    }

    #[test]
    fn a_pause_holds_for_all_and_is_never_shortened() {
        let start = Instant::now();
        let mut pace = Pace::new(None, None, start);
        let until = start + Duration::from_secs(5);
        pace.pause(until);
        pace.pause(start + Duration::from_secs(1));
        assert_eq!(pace.take(1, start + Duration::from_secs(2)), Err(until));
        assert!(pace.take(1, until).is_ok());
    }
}
