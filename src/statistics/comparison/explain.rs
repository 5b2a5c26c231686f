//! The one sentence that says what a comparison found. Every card, table and terminal prints this one.

use std::fmt::Write as _;

use super::finding::{Better, PairedFinding};
use crate::statistics::registry;
use crate::statistics::wording::{DECIMALS_WITHOUT_INTERVAL, count, decimals_of, fixed, p_clause, p_value};

/// In which unit a difference is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// As it is.
    Plain,
    /// Hundredths of a share: 0.021 is "2.1 points".
    Points,
}

impl Unit {
    fn scale(self) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Points => 100.0,
        }
    }

    fn words(self, value: f64, decimals: usize) -> String {
        match self {
            Self::Plain => fixed(value, decimals),
            Self::Points => format!("{} points", fixed(value, decimals)),
        }
    }
}

/// What the sentence calls things.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// Name of A.
    pub a: &'a str,
    /// Name of B.
    pub b: &'a str,
    /// Unit of the difference.
    pub unit: Unit,
    /// What clusters are, in the plural: "documents".
    pub clusters: &'a str,
    /// p over the family, and how it was adjusted: (0.03, "Holm").
    pub adjusted: Option<(f64, &'a str)>,
}

impl PairedFinding {
    /// "A is 2.1 points above B (95 % CI 0.4 to 3.8, n = 1,000 in 120 documents, McNemar mid-p 0.016; smallest difference this
    /// n could see: 2.4)".
    #[must_use]
    pub fn explain(&self, words: &Explained<'_>) -> String {
        let Some(difference) = self.difference else {
            let why = self.refusal.as_ref().map_or_else(|| "nothing to compare".to_owned(), ToString::to_string);
            return format!("{} and {} cannot be compared on {} items: {why}", words.a, words.b, count(self.n as u64));
        };
        let scale = words.unit.scale();
        // One digit fewer than in tables, but never fewer than the unit needs.
        let least = if words.unit == Unit::Points { 1 } else { 2 };
        let limits = self.interval.as_ref().map(|interval| (interval.low * scale, interval.high * scale));
        let decimals = limits.map_or(DECIMALS_WITHOUT_INTERVAL, |(low, high)| decimals_of(low, high));
        let decimals = decimals.saturating_sub(1).max(least);
        let size = words.unit.words(difference.abs() * scale, decimals);
        let mut sentence = if difference.abs() * scale < 0.5 * 10f64.powi(-i32::try_from(decimals).unwrap_or(0)) {
            format!("{} and {} differ by {size}", words.a, words.b)
        } else {
            format!("{} is {size} {} {}", words.a, if difference > 0.0 { "above" } else { "below" }, words.b)
        };
        let mut evidence = Vec::new();
        if let (Some(interval), Some((low, high))) = (&self.interval, limits) {
            // The interval of the size that was told: turned round where A is below.
            let (low, high) = if difference < 0.0 { (-high, -low) } else { (low, high) };
            let level = percent(interval.level.value());
            evidence.push(format!("{level}\u{a0}% CI {} to {}", fixed(low, decimals), fixed(high, decimals)));
        }
        let items = count(self.n as u64);
        evidence.push(match self.n_clusters {
            Some(clusters) => format!("n\u{a0}=\u{a0}{items} in {} {}", count(clusters as u64), words.clusters),
            None => format!("n\u{a0}=\u{a0}{items}"),
        });
        match (self.p_value, &self.refusal) {
            (Some(p), _) => evidence.push(self.test_words(p, words)),
            (None, Some(why)) => evidence.push(format!("no test: {why}")),
            (None, None) => evidence.push("no test".to_owned()),
        }
        let mut evidence = evidence.join(", ");
        if let Some(smallest) = self.minimal_detectable_effect {
            let smallest = fixed(smallest * scale, decimals);
            write!(evidence, "; smallest difference this n could see: {smallest}").expect("writing to a string");
        }
        write!(sentence, " ({evidence})").expect("writing to a string");
        if let Some(found) = &self.margin {
            let margin = words.unit.words(found.margin * scale, decimals.min(4));
            let way = if found.better == Better::Lower { ", lower is better" } else { "" };
            let (low, high) = (found.interval.low * scale, found.interval.high * scale);
            let (low, high) = if difference < 0.0 { (-high, -low) } else { (low, high) };
            write!(
                sentence,
                "; within a margin of {margin}{way} ({}\u{a0}% CI {} to {}): {}",
                percent(found.interval.level.value()),
                fixed(low, decimals),
                fixed(high, decimals),
                found.outcome.words()
            )
            .expect("writing to a string");
        }
        sentence
    }

    /// "McNemar mid-p 0.016", "DeLong paired p < 0.0001, 0.0003 after Holm".
    fn test_words(&self, p: f64, words: &Explained<'_>) -> String {
        let title = registry::find(&self.test).map_or(self.test.as_str(), |method| method.title);
        let written = p_value(p);
        let mut told =
            if title.ends_with("-p") { format!("{title} {written}") } else { format!("{title} {}", p_clause(p)) };
        if let Some((adjusted, how)) = words.adjusted {
            write!(told, ", {} after {how}", p_value(adjusted)).expect("writing to a string");
        }
        told
    }
}

/// 0.95 as "95", 0.999 as "99.9".
fn percent(level: f64) -> String {
    fixed(level * 100.0, 4).trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::equivalence::Outcome;
    use crate::statistics::error::StatError;
    use crate::statistics::estimate::{Interval, Level};

    const WORDS: Explained<'_> =
        Explained { a: "A", b: "B", unit: Unit::Points, clusters: "documents", adjusted: None };

    fn finding() -> PairedFinding {
        PairedFinding {
            test: "mcnemar_midp".to_owned(),
            difference: Some(0.021),
            interval: Some(Interval::new(0.004, 0.038, Level::DEFAULT, "newcombe_10")),
            p_value: Some(0.0163),
            n_clusters: Some(120),
            minimal_detectable_effect: Some(0.0241),
            ..PairedFinding::untested(1000)
        }
    }

    #[test]
    fn the_sentence_of_the_house_comes_out() {
        assert_eq!(
            finding().explain(&WORDS).replace('\u{a0}', " "),
            "A is 2.1 points above B (95 % CI 0.4 to 3.8, n = 1,000 in 120 documents, McNemar mid-p 0.016; smallest \
             difference this n could see: 2.4)"
        );
    }

    #[test]
    fn below_turns_the_interval_round_and_a_margin_is_told() {
        let mut below = finding();
        below.difference = Some(-0.48);
        below.test = "delong_paired".to_owned();
        below.interval = Some(Interval::new(-0.59, -0.37, Level::DEFAULT, "delong"));
        below.p_value = Some(1e-9);
        below.n_clusters = None;
        below.minimal_detectable_effect = None;
        below.hold_against(0.05, Better::Higher, Interval::new(-0.57, -0.39, Level::NINETY, "delong")).unwrap();
        let words = Explained { unit: Unit::Plain, adjusted: Some((0.0003, "Holm")), ..WORDS };
        assert_eq!(below.margin.as_ref().unwrap().outcome, Outcome::WorseBeyondMargin);
        assert_eq!(
            below.explain(&words).replace('\u{a0}', " "),
            "A is 0.48 below B (95 % CI 0.37 to 0.59, n = 1,000, DeLong paired p < 0.0001, 0.00030 after Holm); within a \
             margin of 0.05 (90 % CI 0.39 to 0.57): worse by more than the margin"
        );
    }

    #[test]
    fn where_lower_is_better_below_is_superior() {
        let mut found = finding();
        found.hold_against(0.05, Better::Lower, Interval::new(0.007, 0.035, Level::NINETY, "newcombe_10")).unwrap();
        assert_eq!(found.margin.as_ref().unwrap().outcome, Outcome::Worse);
        assert!(found.explain(&WORDS).ends_with("lower is better (90\u{a0}% CI 0.7 to 3.5): worse"));
        found.hold_against(0.01, Better::Lower, Interval::new(-0.035, -0.007, Level::NINETY, "newcombe_10")).unwrap();
        assert_eq!(found.margin.as_ref().unwrap().outcome, Outcome::Superior);
    }

    #[test]
    fn nothing_to_tell_is_told_with_its_reason() {
        let mut none = PairedFinding::untested(3);
        none.refusal = Some(StatError::SingleClass);
        assert!(none.explain(&WORDS).starts_with("A and B cannot be compared on 3 items: only one class"));
        let mut equal = finding();
        equal.difference = Some(0.0);
        assert!(equal.explain(&WORDS).starts_with("A and B differ by 0.0 points ("));
    }
}
