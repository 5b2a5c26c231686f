//! How numbers are written in figures: per cent, decades, large counts; decimals and thousands as everywhere.

pub(super) use crate::report::number::hundredths;
pub(super) use crate::statistics::wording::{count, fixed};

/// Stands for a number that isn't there.
pub(super) fn missing() -> String {
    "\u{2013}".to_owned()
}

/// Up to six significant digits without trailing zeros: table cells.
pub(super) fn exact(value: f64) -> String {
    if !value.is_finite() {
        return fixed(value, 0);
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-7.0..15.0).contains(&magnitude) {
        return format!("{value:.3e}").replace('-', "\u{2212}");
    }
    let decimals = usize_from(5.0 - magnitude);
    let written = fixed(value, decimals);
    if written.contains('.') { written.trim_end_matches('0').trim_end_matches('.').to_owned() } else { written }
}

/// A share as per cent with one decimal, halves up; never rounds something to nothing or to everything.
pub(super) fn percent(share: f64) -> String {
    let per_cent = share * 100.0;
    if per_cent > 0.0 && per_cent < 0.05 {
        return "<0.1\u{a0}%".to_owned();
    }
    if (99.95..100.0).contains(&per_cent) {
        return ">99.9\u{a0}%".to_owned();
    }
    format!("{}\u{a0}%", hundredths(share))
}

/// A power of ten: plain down to 0.0001, then "1e-5".
pub(super) fn decade(exponent: i32) -> String {
    match exponent {
        ..=-5 => format!("1e\u{2212}{}", exponent.unsigned_abs()),
        -4..=-1 => format!("{:.*}", exponent.unsigned_abs() as usize, 10f64.powi(exponent)),
        _ => fixed(10f64.powi(exponent), 0),
    }
}

/// Large counts on an axis: "250 k", "10 M", "1.5 B".
pub(super) fn short_count(value: f64) -> String {
    let (divisor, unit) = match value.abs() {
        v if v >= 1e12 => (1e12, "\u{a0}T"),
        v if v >= 1e9 => (1e9, "\u{a0}B"),
        v if v >= 1e6 => (1e6, "\u{a0}M"),
        v if v >= 1e4 => (1e3, "\u{a0}k"),
        _ => (1.0, ""),
    };
    format!("{}{unit}", exact(value / divisor))
}

/// Decimals that show a half-width with two significant digits of its standard error (half of it).
pub(super) fn decimals_for_half_width(half_width: f64) -> usize {
    let standard_error = half_width / 2.0;
    if !standard_error.is_finite() || standard_error <= 0.0 {
        return 2;
    }
    usize_from(1.0 - standard_error.log10().floor()).min(4)
}

/// Decimals a tick step needs: 0.05 gives 2, 20 gives 0.
pub(super) fn decimals_for_step(step: f64) -> usize {
    if !step.is_finite() || step <= 0.0 {
        return 2;
    }
    (0..10usize)
        .find(|&decimals| {
            let scaled = step * 10f64.powi(i32::try_from(decimals).unwrap_or(0));
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0)
        })
        .unwrap_or(10)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=20 first")]
fn usize_from(value: f64) -> usize {
    value.clamp(0.0, 20.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(fixed(-0.0004, 2), "0.00");
        assert_eq!(fixed(-1234.56, 1), "\u{2212}1,234.6");
        assert_eq!(fixed(f64::NAN, 2), "not a number");
        assert_eq!(exact(0.5), "0.5");
        assert_eq!(exact(100.0), "100");
        assert_eq!(exact(1.0 / 3.0), "0.333333");
        assert_eq!(exact(1e-9), "1.000e\u{2212}9");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(short_count(1.5e9), "1.5\u{a0}B");
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_everything() {
        assert_eq!(percent(0.0001), "<0.1\u{a0}%");
        assert_eq!(percent(0.99999), ">99.9\u{a0}%");
        assert_eq!(percent(1.0), "100.0\u{a0}%");
        assert_eq!(percent(0.0), "0.0\u{a0}%");
    }

    #[test]
    fn decades_and_decimals() {
        assert_eq!(decade(-4), "0.0001");
        assert_eq!(decade(-5), "1e\u{2212}5");
        assert_eq!(decade(0), "1");
        assert_eq!(decimals_for_step(0.05), 2);
        assert_eq!(decimals_for_step(20.0), 0);
        assert_eq!(decimals_for_half_width(0.04), 3);
    }
}
