//! What a run took, in words: requests, tokens, money, and the times of memories.

use crate::record::{Cost, MemoryTimes, Spent, TimeSpread};
use crate::report::number;

/// `1,204 sent, 80 out of the reply cache; 310,000 tokens of prompts and 9,100 of replies`.
pub(super) fn traffic_words(spent: &Spent) -> String {
    let usage = &spent.usage;
    let estimated = if usage.is_estimated { ", in part counted here" } else { "" };
    format!(
        "{} sent, {} out of the reply cache; {} tokens of prompts and {} of replies{estimated}",
        number::count(spent.n_sent),
        number::count(spent.n_cached),
        number::count(usage.prompt_tokens),
        number::count(usage.completion_tokens),
    )
}

/// `0.0231 USD`; an unknown price is no zero.
pub(super) fn cost_words(cost: Option<&Cost>) -> String {
    match cost {
        Some(cost) if cost.is_estimated => {
            format!("{} {}, in part by tokens counted here", number::fixed(cost.amount, 4), cost.currency)
        }
        Some(cost) => format!("{} {}", number::fixed(cost.amount, 4), cost.currency),
        None => "unknown: a model has no price, or currencies differ".to_owned(),
    }
}

/// What memorising took, then what a question took.
pub(super) fn memory_words(times: &MemoryTimes) -> String {
    let mut out = vec![format!(
        "{} histories of {} pieces memorised in {}",
        number::count(times.n_histories),
        number::count(times.n_pieces),
        duration(times.memorise_ms)
    )];
    out.extend(times.slowest_piece_ms.map(|ms| format!("slowest piece {}", duration(ms))));
    out.extend(times.longest_ready_ms.map(|ms| format!("ready {} after the last piece at the latest", duration(ms))));
    out.extend(times.recall.map(|spread| format!("memory asked in {}", spread_words(spread))));
    out.extend(times.told.map(|spread| format!("by the system's own clock {}", spread_words(spread))));
    out.extend(times.reply.map(|spread| format!("answered by the model in {}", spread_words(spread))));
    out.extend(times.told_tokens.map(|n| {
        let told = number::count(times.n_told_tokens);
        format!("{} tokens of the system's own models for the {told} questions that it tells them of", number::count(n))
    }));
    out.extend(times.largest_store_bytes.map(|n| format!("largest store of a history {} bytes", number::count(n))));
    out.join("; ")
}

/// `3.1 ms (median; 95 % within 9.0 ms, longest 12 ms, n 160)`.
fn spread_words(spread: TimeSpread) -> String {
    let TimeSpread { n, median_ms, p95_ms, longest_ms } = spread;
    format!(
        "{} (median; 95\u{a0}% within {}, longest {}, n {})",
        duration(median_ms),
        duration(p95_ms),
        duration(longest_ms),
        number::count(n)
    )
}

/// Two or three figures: `12 µs`, `3.14 ms`, `90 ms`, `4.5 s`, `12.0 min`.
fn duration(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{} \u{b5}s", number::fixed(ms * 1e3, 0)),
        ms if ms < 10.0 => format!("{} ms", number::fixed(ms, 2)),
        ms if ms < 1000.0 => format!("{} ms", number::fixed(ms, 0)),
        ms if ms < 120_000.0 => format!("{} s", number::fixed(ms / 1e3, 1)),
        ms => format!("{} min", number::fixed(ms / 6e4, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread() -> TimeSpread {
        TimeSpread { n: 160, median_ms: 3.21, p95_ms: 90.4, longest_ms: 61_000.0 }
    }

    #[test]
    fn times_are_told_with_their_spread_and_what_is_unknown_is_not_told() {
        let mut times = MemoryTimes {
            suite: "s".to_owned(),
            model: "m".to_owned(),
            n_histories: 23,
            n_pieces: 4_000,
            memorise_ms: 180_000.0,
            slowest_piece_ms: None,
            longest_ready_ms: None,
            recall: Some(spread()),
            told: None,
            reply: None,
            told_tokens: None,
            n_told_tokens: 0,
            largest_store_bytes: None,
        };
        let own = memory_words(&times);
        assert_eq!(
            own,
            "23 histories of 4,000 pieces memorised in 3.0 min; memory asked in 3.21 ms (median; 95\u{a0}% within 90 ms, longest 61.0 s, n 160)"
        );
        (times.told_tokens, times.n_told_tokens) = (Some(12_000), 80);
        times.largest_store_bytes = Some(1 << 20);
        assert!(memory_words(&times).ends_with(
            "12,000 tokens of the system's own models for the 80 questions that it tells them of; largest store of a history 1,048,576 bytes"
        ));
    }

    #[test]
    fn short_and_long_times_keep_their_figures() {
        let told = [0.0, 0.012_4, 3.206, 90.4, 4_510.0, 720_000.0].map(duration);
        assert_eq!(told, ["0 \u{b5}s", "12 \u{b5}s", "3.21 ms", "90 ms", "4.5 s", "12.0 min"]);
    }

    #[test]
    fn an_unknown_cost_is_no_zero() {
        assert!(cost_words(None).starts_with("unknown"));
        let cost = Cost { amount: 0.023_14, currency: "USD".to_owned(), is_estimated: true };
        assert_eq!(cost_words(Some(&cost)), "0.0231 USD, in part by tokens counted here");
    }
}
