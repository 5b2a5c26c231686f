//! How numbers are written for people, everywhere: decimals, thousands, p-values.
//!
//! An estimate ends at the second significant digit of its standard error, read off the interval (its half-width is taken for
//! two standard errors). Minus is the real sign (U+2212), thousands are grouped by a comma, zero has no sign. A small p-value
//! is "< 0.0001" and never 0.

/// Decimals where no interval says how many are meant.
pub const DECIMALS_WITHOUT_INTERVAL: usize = 3;
/// More decimals than this are noise in print; records hold full precision.
pub const MOST_DECIMALS: usize = 4;
/// Smallest p-value that is printed as a number.
const SMALLEST_PRINTED_P: f64 = 1e-4;

/// `decimals` digits after the point, thousands grouped; "not a number", "∞" and "−∞" spelt out.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "not a number".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "\u{2212}∞" }.to_owned();
    }
    let written = format!("{:.decimals$}", value.abs());
    let is_zero = written.chars().all(|c| c == '0' || c == '.');
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let mut out = String::new();
    if value < 0.0 && !is_zero {
        out.push('\u{2212}');
    }
    out.push_str(&group_thousands(whole));
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `1234567` as "1,234,567".
#[must_use]
pub fn count(value: u64) -> String {
    group_thousands(&value.to_string())
}

/// A p-value in [0, 1]: two significant digits, never 0, never 1 unless it is 1.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < SMALLEST_PRINTED_P {
        "<\u{a0}0.0001".to_owned()
    } else if p < 1.0 && p > 0.995 {
        ">\u{a0}0.99".to_owned()
    } else {
        fixed(p, significant_decimals(p, 2).clamp(2, MOST_DECIMALS + 1))
    }
}

/// The same as a clause of a sentence: `p = 0.016`, `p < 0.0001`.
#[must_use]
pub fn p_clause(p: f64) -> String {
    let written = p_value(p);
    if written.starts_with(['<', '>']) { format!("p\u{a0}{written}") } else { format!("p\u{a0}=\u{a0}{written}") }
}

/// Decimals that show the second significant digit of the standard error behind an interval, 0 to 4.
#[must_use]
pub fn decimals_of(low: f64, high: f64) -> usize {
    let standard_error = (high - low) / 4.0;
    if !standard_error.is_finite() || standard_error <= 0.0 {
        return DECIMALS_WITHOUT_INTERVAL;
    }
    significant_decimals(standard_error, 2).min(MOST_DECIMALS)
}

/// Decimals that show `digits` significant digits of a positive, finite number.
#[must_use]
pub fn significant_decimals(positive: f64, digits: i32) -> usize {
    let place = f64::from(digits - 1) - positive.log10().floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=20 first")]
    let decimals = place.clamp(0.0, 20.0) as usize;
    decimals
}

fn group_thousands(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_zero_has_no_sign() {
        assert_eq!(fixed(-1234.56, 1), "\u{2212}1,234.6");
        assert_eq!(fixed(-0.0004, 2), "0.00");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
    }

    #[test]
    fn p_values_are_never_rounded_to_certainty() {
        assert_eq!(p_value(0.0), "<\u{a0}0.0001");
        assert_eq!(p_value(0.00012), "0.00012");
        assert_eq!(p_value(0.9999), ">\u{a0}0.99");
        assert_eq!(p_value(1.0), "1.00");
        assert_eq!(p_clause(0.03), "p\u{a0}=\u{a0}0.030");
    }
}
