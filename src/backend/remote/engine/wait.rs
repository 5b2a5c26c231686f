//! How long to wait: `Retry-After` in all its forms, rate-limit headers, and the back-off between attempts.

use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Largest mean of a back-off, times two.
const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(500);

/// Time before attempt `attempt + 1`: uniform below `min(30 s, 0.5 s x 2^(attempt-1))` ("full jitter", AWS Architecture
/// Blog 2015), the same for the same seed, item and attempt.
pub(in crate::backend::remote) fn back_off(seed: u64, name: &str, request: usize, attempt: u32) -> Duration {
    let digest = Sha256::new()
        .chain_update(seed.to_le_bytes())
        .chain_update((request as u64).to_le_bytes())
        .chain_update(attempt.to_le_bytes())
        .chain_update(name)
        .finalize();
    let share: f64 = ChaCha8Rng::from_seed(digest.into()).random();
    let bound = LONGEST.min(SHORTEST.saturating_mul(1 << attempt.saturating_sub(1).min(16)));
    bound.mul_f64(share)
}

/// `Retry-After` (whole or decimal seconds, or a date) or `retry-after-ms`; what cannot be read is as if it were not there.
pub(in crate::backend::remote) fn retry_after(
    seconds_or_date: Option<&str>,
    milliseconds: Option<&str>,
    now: SystemTime,
) -> Option<Duration> {
    let from_number = |text: &str, unit: f64| {
        let number: f64 = text.trim().parse().ok()?;
        (number.is_finite() && number >= 0.0)
            .then(|| Duration::try_from_secs_f64(number * unit).unwrap_or(Duration::MAX))
    };
    if let Some(wait) = milliseconds.and_then(|text| from_number(text, 1e-3)) {
        return Some(wait);
    }
    let text = seconds_or_date?;
    from_number(text, 1.0)
        .or_else(|| Some(httpdate::parse_http_date(text.trim()).ok()?.duration_since(now).unwrap_or(Duration::ZERO)))
}

/// The time until a rate limit is filled again, as `1s`, `20ms`, `6m0s`, `1h2m3.5s`, or in plain seconds.
pub(in crate::backend::remote) fn reset_time(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<f64>() {
        return (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten();
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        total += number
            * match &after[..unit_end] {
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &after[unit_end..];
    }
    Duration::try_from_secs_f64(total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_retry_after_is_understood() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let of = |text| retry_after(Some(text), None, now);
        assert_eq!(of("2"), Some(Duration::from_secs(2)));
        assert_eq!(of("0.25"), Some(Duration::from_millis(250)));
        let date = httpdate::fmt_http_date(now + Duration::from_secs(7));
        assert_eq!(of(&date), Some(Duration::from_secs(7)));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "a date that has passed");
        assert_eq!(retry_after(Some("9"), Some("1500"), now), Some(Duration::from_millis(1500)));
        assert_eq!(of("1e300"), Some(Duration::MAX));
        for nonsense in ["soon", "-1", "NaN", "inf", ""] {
            assert_eq!(of(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn the_reset_of_a_rate_limit_is_read_in_its_units() {
        assert_eq!(reset_time("1s"), Some(Duration::from_secs(1)));
        assert_eq!(reset_time("20ms"), Some(Duration::from_millis(20)));
        assert_eq!(reset_time("6m0s"), Some(Duration::from_secs(360)));
        assert_eq!(reset_time("1h2m3.5s"), Some(Duration::from_millis(3_723_500)));
        assert_eq!(reset_time("12"), Some(Duration::from_secs(12)));
        for nonsense in ["", "s", "1x", "1", "-1"].into_iter().filter(|text| !matches!(*text, "1")) {
            assert!(reset_time(nonsense).is_none_or(|wait| wait.is_zero()), "{nonsense}");
        }
    }

    #[test]
    fn the_back_off_repeats_for_its_seed_and_stays_below_its_bound() {
        assert_eq!(back_off(7, "item", 0, 1), back_off(7, "item", 0, 1));
        assert_ne!(back_off(7, "item", 0, 1), back_off(8, "item", 0, 1));
        assert_ne!(back_off(7, "item", 0, 1), back_off(7, "other", 0, 1));
        for attempt in 1..12 {
            let bound = LONGEST.min(SHORTEST * (1 << (attempt - 1)));
            let waits: Vec<Duration> = (0..400).map(|n| back_off(n, "i", 0, attempt)).collect();
            assert!(waits.iter().all(|&wait| wait < bound));
            let mean = waits.iter().sum::<Duration>().as_secs_f64() / 400.0;
            assert!((mean / bound.as_secs_f64() - 0.5).abs() < 0.06, "attempt {attempt}: {mean}");
        }
    }
}
