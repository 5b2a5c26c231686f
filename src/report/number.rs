//! How numbers are printed on a card: what `statistics::wording` says of digits, and what a card adds (signs, shares, missing
//! values).

use crate::record::IntervalRecord;
use crate::scoring::stale::round_half_up;
use crate::statistics::wording;

/// What stands where a value is not defined.
pub const UNDEFINED: &str = "\u{2013}";

/// `value` with `decimals` digits after the point, thousands grouped.
///
/// Not a number gives [`UNDEFINED`]; infinities are spelt `∞` and `−∞`.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_nan() { UNDEFINED.to_owned() } else { wording::fixed(value, decimals) }
}

/// Like [`fixed`], with a plus sign before positive values: for differences.
#[must_use]
pub fn signed(value: f64, decimals: usize) -> String {
    let written = fixed(value, decimals);
    let is_zero = written.chars().all(|c| matches!(c, '0' | '.' | ','));
    if value > 0.0 && !is_zero { format!("+{written}") } else { written }
}

/// A count with its thousands grouped: `12,480`.
#[must_use]
pub fn count(value: u64) -> String {
    wording::count(value)
}

/// A share as per cent without superfluous zeros: `0.001` is `0.1 %`, `0.95` is `95 %`. The space does not break.
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return UNDEFINED.to_owned();
    }
    let written = fixed(share * 100.0, 4);
    let trimmed = written.trim_end_matches('0').trim_end_matches('.');
    format!("{trimmed}\u{a0}%")
}

/// A share in per cent with one decimal, halves up as in published tables and without the sign: `0.2825` is `28.3`.
#[must_use]
pub fn hundredths(share: f64) -> String {
    if share.is_finite() { fixed(round_half_up(share * 100.0, 1), 1) } else { fixed(share, 1) }
}

/// The same with the sign: `28.3 %`. The space does not break.
#[must_use]
pub fn percent_half_up(share: f64) -> String {
    if share.is_nan() { UNDEFINED.to_owned() } else { format!("{}\u{a0}%", hundredths(share)) }
}

/// `24.1 to 36.7` for an interval of shares.
#[must_use]
pub fn percent_range(interval: &IntervalRecord) -> String {
    format!("{} to {}", hundredths(interval.low), hundredths(interval.high))
}

/// A share in running text: `30.0 % (24.1 to 36.7)`.
#[must_use]
pub fn percent_in_prose(share: f64, interval: Option<&IntervalRecord>) -> String {
    match interval {
        Some(interval) => format!("{} ({})", percent_half_up(share), percent_range(interval)),
        None => percent_half_up(share),
    }
}

/// `n` of `of` as per cent with one decimal, halves up; empty where there is no whole.
#[must_use]
pub fn share(n: u64, of: u64) -> String {
    if of == 0 {
        return String::new();
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^53")]
    let share = n as f64 / of as f64;
    percent_half_up(share)
}

/// Whether four decimals would print a number as nothing.
#[must_use]
pub fn is_tiny(value: f64) -> bool {
    value.abs() < 1e-4
}

/// A positive number given by its natural logarithm, as a power of ten: `1.1e−19`. Works far below the smallest float.
#[must_use]
pub fn power_of_ten(ln: f64) -> String {
    if !ln.is_finite() {
        return UNDEFINED.to_owned();
    }
    let log10 = ln / std::f64::consts::LN_10;
    let mut exponent = log10.floor();
    let mut mantissa = 10f64.powf(log10 - exponent);
    // 9.96 would be printed as 10.0.
    if mantissa >= 9.95 {
        mantissa /= 10.0;
        exponent += 1.0;
    }
    format!("{}e{}", fixed(mantissa, 1), fixed(exponent, 0))
}

/// A number of unknown size, such as an error in the unit of its series: about four significant digits, a power of ten where
/// these would not be read (from ten million on, and below 0.0001).
#[must_use]
pub fn compact(value: f64) -> String {
    let size = value.abs();
    if size >= 1e7 && size.is_finite() || size > 0.0 && is_tiny(value) {
        return format!("{}{}", if value < 0.0 { "\u{2212}" } else { "" }, power_of_ten(size.ln()));
    }
    let decimals = match size {
        size if size < f64::MIN_POSITIVE => 0,
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 1.0 => 3,
        _ => 4,
    };
    fixed(value, decimals)
}

/// A p value: two significant digits, never 0, never 1 unless it is 1; [`UNDEFINED`] when there is none.
#[must_use]
pub fn p_value(p: Option<f64>) -> String {
    p.filter(|p| (0.0..=1.0).contains(p)).map_or_else(|| UNDEFINED.to_owned(), wording::p_value)
}

/// The same as a clause of a sentence: `p = 0.016`, `p < 0.0001`.
#[must_use]
pub fn p_clause(p: f64) -> String {
    wording::p_clause(p)
}

/// Decimals that show the second significant digit of the standard error behind `interval`, 0 to 4.
#[must_use]
pub fn decimals(interval: Option<&IntervalRecord>) -> usize {
    interval.map_or(wording::DECIMALS_WITHOUT_INTERVAL, |interval| wording::decimals_of(interval.low, interval.high))
}

/// `low to high` with `decimals` digits.
#[must_use]
pub fn range(interval: &IntervalRecord, decimals: usize) -> String {
    format!("{} to {}", fixed(interval.low, decimals), fixed(interval.high, decimals))
}

/// An estimate for running text: one digit fewer than in tables, at least two decimals; `0.71 (0.65 to 0.77)`.
#[must_use]
pub fn in_prose(value: f64, interval: Option<&IntervalRecord>) -> String {
    let digits = decimals(interval).saturating_sub(1).max(2);
    match interval {
        Some(interval) => format!("{} ({})", fixed(value, digits), range(interval, digits)),
        None => fixed(value, digits),
    }
}

/// What is printed for a true-positive rate whose false-positive rate lies below one non-member.
#[must_use]
pub fn not_resolvable(n_non_members: Option<u64>) -> String {
    match n_non_members {
        Some(n) => format!("not resolvable with {} negatives", count(n)),
        None => "not resolvable with so few negatives".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> IntervalRecord {
        IntervalRecord { low, high, level: 0.95, method: "test".to_owned() }
    }

    #[test]
    fn a_small_p_value_is_never_printed_as_zero() {
        assert_eq!(p_value(Some(0.0)), "<\u{a0}0.0001");
        assert_eq!(p_value(Some(9.9e-5)), "<\u{a0}0.0001");
        assert_eq!(p_value(Some(0.00012)), "0.00012");
        assert_eq!(p_value(Some(0.0163)), "0.016");
        assert_eq!(p_value(Some(0.42)), "0.42");
    }

    #[test]
    fn a_p_value_near_one_is_not_rounded_to_one() {
        assert_eq!(p_value(Some(0.9999)), ">\u{a0}0.99");
        assert_eq!(p_value(Some(1.0)), "1.00");
        assert_eq!(p_value(None), UNDEFINED);
        assert_eq!(p_value(Some(f64::NAN)), UNDEFINED);
        assert_eq!(p_clause(0.03), "p\u{a0}=\u{a0}0.030");
        assert_eq!(p_clause(0.0), "p\u{a0}<\u{a0}0.0001");
    }

    #[test]
    fn estimates_end_at_the_second_digit_of_their_standard_error() {
        assert_eq!(decimals(Some(&interval(0.0, 0.4))), 2);
        assert_eq!(decimals(Some(&interval(0.60, 0.72))), 3);
        assert_eq!(decimals(Some(&interval(10.0, 50.0))), 0);
        assert_eq!(decimals(Some(&interval(0.500_01, 0.500_02))), wording::MOST_DECIMALS);
    }

    #[test]
    fn degenerate_and_unbounded_intervals_still_print() {
        assert_eq!(decimals(Some(&interval(1.0, 1.0))), wording::DECIMALS_WITHOUT_INTERVAL);
        assert_eq!(decimals(Some(&interval(f64::NEG_INFINITY, 1.0))), wording::DECIMALS_WITHOUT_INTERVAL);
        assert_eq!(range(&interval(f64::NEG_INFINITY, 0.25), 2), "\u{2212}∞ to 0.25");
    }

    #[test]
    fn prose_has_one_digit_fewer_than_tables_but_two_at_least() {
        assert_eq!(in_prose(0.713, Some(&interval(0.653, 0.773))), "0.71 (0.65 to 0.77)");
        assert_eq!(in_prose(0.5, None), "0.50");
    }

    #[test]
    fn signs_and_thousands_are_set_as_in_print() {
        assert_eq!(fixed(-0.0004, 2), "0.00");
        assert_eq!(fixed(-1234.56, 1), "\u{2212}1,234.6");
        assert_eq!(signed(0.25, 2), "+0.25");
        assert_eq!(signed(0.0001, 2), "0.00");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
    }

    #[test]
    fn per_cent_keeps_no_superfluous_zero() {
        assert_eq!(percent(0.95), "95\u{a0}%");
        assert_eq!(percent(0.001), "0.1\u{a0}%");
        assert_eq!(percent(0.0), "0\u{a0}%");
        assert_eq!(percent(10.0), "1,000\u{a0}%");
    }

    #[test]
    fn shares_are_rounded_half_up_as_in_published_tables() {
        assert_eq!([0.2825, 0.3125, 0.0, 1.0, -0.021].map(hundredths), ["28.3", "31.3", "0.0", "100.0", "\u{2212}2.1"]);
        assert_eq!(percent_in_prose(0.3, Some(&interval(0.241, 0.367))), "30.0\u{a0}% (24.1 to 36.7)");
        assert_eq!(percent_half_up(f64::NAN), UNDEFINED);
    }

    #[test]
    fn a_number_below_every_float_is_a_power_of_ten() {
        assert_eq!(power_of_ten(1.12e-19_f64.ln()), "1.1e\u{2212}19");
        assert_eq!(power_of_ten(-4000.0 * std::f64::consts::LN_10), "1.0e\u{2212}4,000");
        assert_eq!(power_of_ten(9.97e-8_f64.ln()), "1.0e\u{2212}7");
        assert_eq!(power_of_ten(f64::NEG_INFINITY), UNDEFINED);
    }

    #[test]
    fn numbers_of_any_size_stay_short() {
        let written = [3.515e125, -2.4e7, 12_345.6, 123.45, 1.2345, 0.0, 0.5, -0.000_01, f64::NAN].map(compact);
        let expected =
            ["3.5e125", "\u{2212}2.4e7", "12,346", "123.5", "1.234", "0", "0.5000", "\u{2212}1.0e\u{2212}5", UNDEFINED];
        assert_eq!(written, expected);
    }

    #[test]
    fn a_share_of_nothing_is_empty() {
        assert_eq!(share(1, 3), "33.3\u{a0}%");
        assert_eq!(share(0, 0), "");
    }

    #[test]
    fn too_few_negatives_are_named() {
        assert_eq!(not_resolvable(Some(120)), "not resolvable with 120 negatives");
    }
}
