//! Jumps at a cutoff and at placebos in words.

use crate::record::{Jump, ModelRecall};
use crate::report::number;

/// Months without a superfluous decimal.
pub(super) fn months(months: f64) -> String {
    let decimals = usize::from(months.fract().abs() > 1e-9);
    number::fixed(months, decimals)
}

/// Whether the jump stands at the cutoff itself.
pub(super) fn is_at_cutoff(jump: &Jump) -> bool {
    jump.at.abs() < 1e-9
}

/// `at the cutoff`, or `placebo 24 months before`.
pub(super) fn place(jump: &Jump) -> String {
    if is_at_cutoff(jump) {
        return "at the cutoff".to_owned();
    }
    let direction = if jump.at < 0.0 { "before" } else { "after" };
    format!("placebo {} months {direction}", months(jump.at.abs()))
}

/// All series together.
pub(super) const ALL: &str = "all";

/// The series whose jump is worth a look: the one with the largest share beyond guessing that is found before the cutoff, else all.
pub(super) fn series_of_interest<'m>(model: &'m ModelRecall, task: &str) -> &'m str {
    let found = model.beyond.iter().filter(|row| row.task == task && row.side == "before" && row.series != ALL);
    let found = found.filter(|row| {
        row.p_adjusted.is_some_and(|p| p < 0.05)
            && row.adjusted.is_some_and(|adjusted| adjusted > 0.0)
            && model.jumps.iter().any(|jump| jump.series == row.series)
    });
    let best = found.max_by(|a, b| a.adjusted.unwrap_or(0.0).total_cmp(&b.adjusted.unwrap_or(0.0)));
    best.map_or(ALL, |row| row.series.as_str())
}

/// Whether no placebo of a jump's task, series and bandwidth has a larger jump than the cutoff; `None` where either is missing.
pub(super) fn is_largest_at_cutoff(jumps: &[Jump], like: &Jump) -> Option<bool> {
    let own = || {
        jumps.iter().filter(|row| {
            row.task == like.task
                && row.series == like.series
                && (row.bandwidth_months - like.bandwidth_months).abs() < 1e-9
        })
    };
    let size = |row: &Jump| row.tau.filter(|tau| tau.is_finite()).map(f64::abs);
    let at_cutoff = own().find(|row| is_at_cutoff(row)).and_then(size)?;
    let placebos: Vec<f64> = own().filter(|row| !is_at_cutoff(row)).filter_map(size).collect();
    (!placebos.is_empty()).then(|| placebos.iter().all(|placebo| at_cutoff > *placebo))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jump(at: f64, tau: Option<f64>) -> Jump {
        Jump {
            task: "level".to_owned(),
            series: "all".to_owned(),
            bandwidth_months: 24.0,
            at,
            n: 9,
            tau,
            standard_error: None,
            interval: None,
            p_value: None,
        }
    }

    #[test]
    fn the_cutoff_is_compared_with_placebos_that_have_a_value() {
        let largest = |jumps: &[Jump]| is_largest_at_cutoff(jumps, &jump(0.0, None));
        assert_eq!(largest(&[jump(0.0, Some(-0.5)), jump(-12.0, Some(0.4)), jump(12.0, None)]), Some(true));
        assert_eq!(largest(&[jump(0.0, Some(-0.5)), jump(-12.0, Some(0.6))]), Some(false));
        assert_eq!(largest(&[jump(0.0, Some(-0.5)), jump(-12.0, Some(f64::NAN))]), None);
        assert_eq!(largest(&[jump(0.0, None), jump(-12.0, Some(0.6))]), None);
        let other = Jump { series: "cpi".to_owned(), ..jump(0.0, None) };
        assert_eq!(is_largest_at_cutoff(&[jump(0.0, Some(1.0)), jump(-12.0, Some(0.1))], &other), None);
    }

    #[test]
    fn places_are_told_from_the_cutoff() {
        assert_eq!(place(&jump(0.0, None)), "at the cutoff");
        assert_eq!(place(&jump(-24.0, None)), "placebo 24 months before");
        assert_eq!(place(&jump(1.5, None)), "placebo 1.5 months after");
    }
}
