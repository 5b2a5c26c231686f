//! The title of a figure states what was found, from the values and in careful words.
//!
//! Nothing is computed here. "Tells apart" needs an interval that excludes chance at a dose and at every higher
//! one; "rises" needs a trend test; two intervals are never compared with each other.

use crate::record::{MetricRow, RocCurve, Trend};
use crate::report::metric_name::{MetricName, items_word, method_words};
use crate::report::number;

/// Level of a trend test below which a rise is called one; where the trend has an interval, that decides.
const TREND_ALPHA: f64 = 0.05;

/// Does an attack tell members from unseen items? `rows` by rising copies, all above zero.
pub(super) fn separation(rows: &[&MetricRow], chance: f64) -> Option<String> {
    let highest = rows.last()?;
    let name = MetricName::parse(&highest.metric);
    let (score, items) = (name.score_words(), items_word(&highest.task));
    let at = |row: &MetricRow| row.value.map(|value| number::in_prose(value, row.interval.as_ref()));
    let most = copies(highest);
    if rows.iter().all(|row| row.interval.is_none()) {
        return Some(format!("{score}: AUC {} at {}", at(highest)?, times(most).copies));
    }
    let is_above = |row: &MetricRow| row.interval.as_ref().is_some_and(|interval| interval.low > chance);
    let n_above = rows.iter().rev().take_while(|row| is_above(row)).count();
    let Some(first) = rows.get(rows.len() - n_above).filter(|_| n_above > 0) else {
        return Some(format!(
            "{score} does not clearly tell {items} from unseen ones at {}: AUC {}",
            times(most).copies,
            at(highest)?
        ));
    };
    let fewest = copies(first);
    if fewest == most {
        return Some(format!("{score} tells {items} seen {} from unseen ones: AUC {}", times(most).seen, at(highest)?));
    }
    Some(format!(
        "{score} tells {items} seen {} or more from unseen ones: AUC {} at {}, {} at {}",
        times(fewest).seen,
        at(first)?,
        times(fewest).copies,
        at(highest)?,
        most
    ))
}

/// The fewest copies from which on an area lies above chance at every dose, its interval and all; `rows` by rising copies.
pub(super) fn tells(rows: &[&MetricRow], chance: f64) -> Option<u64> {
    let is_above = |row: &&&MetricRow| row.interval.as_ref().is_some_and(|interval| interval.low > chance);
    let seen: Vec<&&MetricRow> = rows.iter().filter(|row| copies(row) > 0).collect();
    let n_above = seen.iter().rev().take_while(|row| is_above(row)).count();
    seen.get(seen.len() - n_above).filter(|_| n_above > 0).map(|row| copies(row))
}

/// Does a measure rise with the copies? `rows` by rising copies, zero included where it was measured.
pub(super) fn rise(rows: &[&MetricRow], trend: Option<&Trend>) -> Option<String> {
    let (lowest, highest) = (rows.first()?, rows.last()?);
    let measure = format!("{} in {}", MetricName::parse(&highest.metric).words(), highest.task);
    let end = number::in_prose(highest.value?, highest.interval.as_ref());
    if lowest.slice == highest.slice {
        return Some(format!("{measure} is {end} at {}", times(copies(highest)).copies));
    }
    let start = number::in_prose(lowest.value?, None);
    let (from, to) = (times(copies(lowest)).copies, times(copies(highest)).copies);
    Some(match trend.map(direction) {
        Some(Direction::Rises) => format!("{measure} rises with the copies: {start} at {from}, {end} at {to}"),
        Some(Direction::Falls) => format!("{measure} falls with the copies: {start} at {from}, {end} at {to}"),
        Some(Direction::Unclear) => format!("{measure} shows no clear trend: {start} at {from}, {end} at {to}"),
        None => format!("{measure}: {start} at {from}, {end} at {to}"),
    })
}

/// What a curve shows as a whole.
pub(super) fn curve(curve: &RocCurve) -> String {
    let name = MetricName::parse(&curve.metric);
    format!(
        "{} over {} with {} or more: AUC {}",
        name.score_words(),
        items_word(&curve.task),
        times(u64::from(curve.min_copies)).copies,
        number::in_prose(curve.auc, curve.auc_interval.as_ref())
    )
}

/// A trend test in one clause: `Loss: Spearman 0.83 (0.79 to 0.86), p < 0.0001, n = 480`.
pub(super) fn trend_clause(trend: &Trend) -> String {
    let name = MetricName::parse(&trend.metric).score_words();
    let statistic = trend
        .statistic
        .filter(|value| value.is_finite())
        .map_or_else(|| "undefined".to_owned(), |value| number::in_prose(value, trend.interval.as_ref()));
    let p = trend.p_value.map_or_else(String::new, |p| format!(", {}", number::p_clause(p)));
    format!("{name}: {} {statistic}{p}, n\u{a0}=\u{a0}{}", method_words(&trend.test), number::count(trend.n))
}

enum Direction {
    Rises,
    Falls,
    Unclear,
}

fn direction(trend: &Trend) -> Direction {
    let is_clear = match &trend.interval {
        Some(interval) => interval.low > 0.0 || interval.high < 0.0,
        None => trend.p_value.is_some_and(|p| p < TREND_ALPHA),
    };
    match trend.statistic {
        Some(statistic) if is_clear && statistic > 0.0 => Direction::Rises,
        Some(statistic) if is_clear && statistic < 0.0 => Direction::Falls,
        _ => Direction::Unclear,
    }
}

fn copies(row: &MetricRow) -> u64 {
    row.slice.copies.map_or(0, u64::from)
}

/// A dose in words.
struct Times {
    /// `once`, `4 times`.
    seen: String,
    /// `1 copy`, `4 copies`.
    copies: String,
}

fn times(n: u64) -> Times {
    match n {
        1 => Times { seen: "once".to_owned(), copies: "1 copy".to_owned() },
        n => Times { seen: format!("{} times", number::count(n)), copies: format!("{} copies", number::count(n)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{IntervalRecord, Slice};

    fn row(metric: &str, copies: u32, value: f64, interval: Option<(f64, f64)>) -> MetricRow {
        MetricRow {
            task: "passages-membership".to_owned(),
            model: "m".to_owned(),
            metric: metric.to_owned(),
            slice: Slice { copies: Some(copies) },
            n: 100,
            n_members: None,
            n_non_members: None,
            n_clusters: None,
            n_missing: 0,
            value: Some(value),
            interval: interval.map(|(low, high)| IntervalRecord { low, high, level: 0.95, method: "t".to_owned() }),
            flags: Vec::new(),
        }
    }

    fn trend(statistic: f64, p_value: f64) -> Trend {
        Trend {
            task: "t".to_owned(),
            model: "m".to_owned(),
            metric: "acc".to_owned(),
            test: "cochran_armitage".to_owned(),
            n: 10,
            statistic: Some(statistic),
            p_value: Some(p_value),
            interval: None,
            flags: Vec::new(),
        }
    }

    #[test]
    fn an_attack_tells_apart_from_the_dose_on_where_chance_is_excluded() {
        let rows = [
            row("auc.loss", 1, 0.53, Some((0.45, 0.61))),
            row("auc.loss", 4, 0.70, Some((0.62, 0.78))),
            row("auc.loss", 64, 0.99, Some((0.97, 1.0))),
        ];
        let rows: Vec<&MetricRow> = rows.iter().collect();
        assert_eq!(
            separation(&rows, 0.5).as_deref(),
            Some(
                "Loss tells passages seen 4 times or more from unseen ones: AUC 0.70 (0.62 to 0.78) at 4 copies, 0.990 (0.970 to 1.000) at 64"
            )
        );
        assert_eq!(
            separation(&rows[..1], 0.5).as_deref(),
            Some("Loss does not clearly tell passages from unseen ones at 1 copy: AUC 0.53 (0.45 to 0.61)")
        );
    }

    #[test]
    fn a_lucky_low_dose_does_not_count_when_a_higher_one_is_at_chance() {
        let rows = [row("auc.loss", 1, 0.6, Some((0.52, 0.68))), row("auc.loss", 4, 0.5, Some((0.42, 0.58)))];
        let rows: Vec<&MetricRow> = rows.iter().collect();
        assert!(separation(&rows, 0.5).is_some_and(|title| title.contains("does not clearly tell")));
    }

    #[test]
    fn without_intervals_nothing_is_claimed() {
        let row = row("auc.loss", 64, 0.99, None);
        assert_eq!(separation(&[&row], 0.5).as_deref(), Some("Loss: AUC 0.99 at 64 copies"));
        assert_eq!(separation(&[], 0.5), None);
    }

    #[test]
    fn only_a_trend_test_makes_a_rise() {
        let (low, high) = (row("acc", 0, 0.1, None), row("acc", 256, 0.9, Some((0.8, 1.0))));
        let rows = [&low, &high];
        let title = |trend: Option<&Trend>| rise(&rows, trend).unwrap_or_default();
        assert_eq!(
            title(Some(&trend(9.0, 1e-9))),
            "Accuracy in passages-membership rises with the copies: 0.10 at 0 copies, 0.90 (0.80 to 1.00) at 256 copies"
        );
        assert!(title(Some(&trend(1.0, 0.3))).contains("no clear trend"));
        assert!(title(Some(&trend(-4.0, 0.001))).contains("falls"));
        assert!(title(None).starts_with("Accuracy in passages-membership: 0.10"));
    }
}
