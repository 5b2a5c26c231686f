//! Hits beyond the strongest naive forecaster of the same values.

use std::collections::BTreeMap;

use super::answers::{Answers, Asked, Side, TaskAnswers};
use super::{interval, ratio};
use crate::record::BeyondGuessing;
use crate::run::error::RunError;
use crate::run::evaluate::subject::Subject;
use crate::scoring::forecast::{Baseline, FEW_ANSWERED, is_hit};
use crate::scoring::recall_scores::truth_of;
use crate::statistics::{
    Adjustment, Bootstrap, Interval, adjust_p_values, cluster_ratio_bootstrap, mcnemar_exact_p, mcnemar_midp, seed_for,
    wilson,
};
use crate::suite::RecallAsk;

/// Values below which no test is run.
pub(super) const LEAST_VALUES: usize = 5;

/// Whether a model and a forecaster hit a value.
#[derive(Debug, Clone)]
pub(super) struct Pair<'a> {
    pub(super) series: &'a str,
    pub(super) month: i32,
    pub(super) side: Side,
    pub(super) model: bool,
    pub(super) naive: bool,
    pub(super) is_answered: bool,
    /// Absolute errors, where the answer is a number.
    pub(super) errors: Option<(f64, f64)>,
}

/// The forecaster of a series, and all its pairs.
pub(super) struct SeriesPairs<'a> {
    pub(super) series: &'a str,
    pub(super) baseline: String,
    pub(super) pairs: Vec<Pair<'a>>,
}

/// What is asked of values that a naive forecaster can guess.
pub(super) const GUESSABLE: [RecallAsk; 7] = [
    RecallAsk::Level,
    RecallAsk::Reworded,
    RecallAsk::LevelContext,
    RecallAsk::OtherName,
    RecallAsk::Direction,
    RecallAsk::Threshold,
    RecallAsk::Change,
];

/// Pairs of a task by series. The forecaster is chosen on the values before the cutoff, or on all where no cutoff is known, and kept.
pub(super) fn pairs_of<'a>(ask: RecallAsk, answers: &'a TaskAnswers<'a>) -> Vec<SeriesPairs<'a>> {
    let mut by_series: BTreeMap<&str, Vec<&Asked<'a>>> = BTreeMap::new();
    for asked in answers.asked.iter().filter(|asked| asked.score.is_some()) {
        by_series.entry(asked.series()).or_default().push(asked);
    }
    by_series.into_iter().filter_map(|(series, asked)| of_series(ask, series, &asked)).collect()
}

fn of_series<'a>(ask: RecallAsk, series: &'a str, asked: &[&'a Asked<'a>]) -> Option<SeriesPairs<'a>> {
    if matches!(ask, RecallAsk::Direction | RecallAsk::Threshold) {
        let pairs = asked.iter().filter_map(|asked| {
            let truth = asked.score.as_ref()?.truth? > 0.5;
            Some(pair(asked, series, asked.commoner(ask)? == truth, None))
        });
        return Some(SeriesPairs { series, baseline: "majority".to_owned(), pairs: pairs.collect() });
    }
    let says = |asked: &Asked<'_>, kind: Baseline| {
        let level = asked.naive(kind)?;
        if ask != RecallAsk::Change {
            return Some(level);
        }
        // A forecaster of levels says a change, too.
        let previous = asked.number("previous_value")?;
        match asked.text("change_unit") {
            "percentage points" => Some(level - previous),
            _ => (previous.abs() > 0.0).then(|| 100.0 * (level / previous - 1.0)),
        }
    };
    let judged = |asked: &Asked<'_>, kind: Baseline| {
        let (truth, tolerance) = truth_of(ask, asked.item)?;
        let said = says(asked, kind)?;
        Some((is_hit(said, truth, tolerance), (said - truth).abs()))
    };
    // Never by values after the cutoff: without any before it the last value stands, which nobody chose.
    let has_sides = asked.iter().any(|asked| asked.side != Side::Unknown);
    let choose_on: Vec<&&Asked<'_>> = asked.iter().filter(|asked| !has_sides || asked.side == Side::Before).collect();
    let strength = |kind: Baseline| {
        let seen: Vec<(bool, f64)> = choose_on.iter().filter_map(|asked| judged(asked, kind)).collect();
        let hits = seen.iter().filter(|(hit, _)| *hit).count();
        (hits, -ratio(seen.iter().map(|(_, error)| error).sum(), seen.len()).unwrap_or(f64::INFINITY))
    };
    let mut best = Baseline::ALL[0];
    for kind in Baseline::ALL {
        let (hits, error) = strength(kind);
        let (most, least) = strength(best);
        if hits > most || (hits == most && error > least) {
            best = kind;
        }
    }
    let pairs = asked.iter().filter_map(|asked| {
        let (naive, naive_error) = judged(asked, best)?;
        let own = asked.score.as_ref()?.absolute_error();
        Some(pair(asked, series, naive, own.map(|own| (own, naive_error))))
    });
    Some(SeriesPairs { series, baseline: best.as_str().to_owned(), pairs: pairs.collect() })
}

fn pair<'a>(asked: &Asked<'a>, series: &'a str, naive: bool, errors: Option<(f64, f64)>) -> Pair<'a> {
    Pair {
        series,
        month: asked.month,
        side: asked.side,
        model: asked.is_hit(),
        naive,
        is_answered: asked.is_answered(),
        errors,
    }
}

/// Rows of a task: every series and all together, before, after, and all values.
pub(super) fn beyond_guessing(
    subject: &Subject<'_>,
    model: &str,
    answers: &Answers<'_>,
) -> Result<Vec<BeyondGuessing>, RunError> {
    let mut rows = Vec::new();
    for ask in GUESSABLE {
        let Some(task) = answers.of_ask(ask) else { continue };
        let by_series = pairs_of(ask, task);
        for (word, side) in [("before", Some(Side::Before)), ("after", Some(Side::After)), ("all", None)] {
            let is_on = |pair: &&Pair<'_>| side.is_none_or(|side| pair.side == side);
            let mut family = Vec::new();
            for one in &by_series {
                let pairs: Vec<&Pair<'_>> = one.pairs.iter().filter(is_on).collect();
                family.extend(row(subject, model, &task.task.id, one.series, word, &one.baseline, &pairs)?);
            }
            adjust(&mut family);
            let together: Vec<&Pair<'_>> = by_series.iter().flat_map(|one| &one.pairs).filter(is_on).collect();
            if by_series.len() > 1 {
                let name = if by_series.iter().all(|one| one.baseline == by_series[0].baseline) {
                    by_series[0].baseline.clone()
                } else {
                    "strongest of each series".to_owned()
                };
                rows.extend(row(subject, model, &task.task.id, "all", word, &name, &together)?);
            }
            rows.extend(family);
        }
    }
    Ok(rows)
}

/// Holm over the series of a task and side.
fn adjust(rows: &mut [BeyondGuessing]) {
    let raw: Vec<Option<f64>> = rows.iter().map(|row| row.p_exact).collect();
    let Ok(adjusted) = adjust_p_values(&raw, Adjustment::Holm) else { return };
    for (row, p) in rows.iter_mut().zip(adjusted) {
        row.p_adjusted = p;
    }
}

fn row(
    subject: &Subject<'_>,
    model: &str,
    task: &str,
    series: &str,
    side: &str,
    baseline: &str,
    pairs: &[&Pair<'_>],
) -> Result<Option<BeyondGuessing>, RunError> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let n = pairs.len();
    let count = |is: fn(&Pair<'_>) -> bool| pairs.iter().filter(|pair| is(pair)).count();
    let (hits, naive_hits) = (count(|pair| pair.model), count(|pair| pair.naive));
    let (only_model, only_naive) = (count(|pair| pair.model && !pair.naive), count(|pair| !pair.model && pair.naive));
    let n_answered = count(|pair| pair.is_answered);
    let hit_share = ratio(hits as f64, n).unwrap_or_default();
    let baseline_share = ratio(naive_hits as f64, n).unwrap_or_default();
    let adjusted = (naive_hits < n).then(|| (hit_share - baseline_share) / (1.0 - baseline_share));
    let months: Vec<i32> = pairs.iter().map(|pair| pair.month).collect();
    let mut distinct = months.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let refused = |error: &_| subject.refused("recall beyond guessing", error);
    let hit_interval = wilson(hits as u64, n as u64, subject.level()).map_err(|error| refused(&error))?;
    let mut flags = Vec::new();
    if ratio(n_answered as f64, n).is_some_and(|share| share < FEW_ANSWERED) {
        flags.push("few_answered".to_owned());
    }
    let is_tested = n >= LEAST_VALUES;
    if !is_tested {
        flags.push("fewer_than_five_values".to_owned());
    }
    let stream = seed_for(subject.seed, &format!("{}/{model}/{task}/{series}/{side}/beyond", subject.suite));
    let bootstrap = Bootstrap { resamples: subject.plan.resamples, seed: stream, level: subject.level() };
    // (h - g) / (1 - g) over months drawn together.
    let over: Vec<f64> = pairs.iter().map(|pair| as_number(pair.model) - as_number(pair.naive)).collect();
    let under: Vec<f64> = pairs.iter().map(|pair| 1.0 - as_number(pair.naive)).collect();
    let adjusted_interval = if is_tested && adjusted.is_some() && distinct.len() > 1 {
        match cluster_ratio_bootstrap(&over, &under, &months, &bootstrap) {
            Ok(found) if !found.is_constant => Some(found.percentile),
            // All hit, or none: draws say nothing, Wilson's interval of the hits does, with the forecaster held.
            Ok(_) => {
                let through = |share: f64| (share - baseline_share) / (1.0 - baseline_share);
                let (low, high) = (through(hit_interval.low), through(hit_interval.high));
                Some(Interval::new(low, high, subject.level(), "wilson_at_fixed_baseline"))
            }
            Err(_) => None,
        }
    } else {
        None
    };
    let counts = (only_model as u64, only_naive as u64);
    // Series of one month move together: a test that takes each value for itself is of single series.
    let has_test = is_tested && series != "all";
    let errors: Vec<(f64, f64)> = pairs.iter().filter_map(|pair| pair.errors).collect();
    let closer = errors.iter().filter(|(own, naive)| own < naive).count();
    let (own, naive) = errors.iter().fold((0.0, 0.0), |(own, naive), (a, b)| (own + a, naive + b));
    Ok(Some(BeyondGuessing {
        task: task.to_owned(),
        series: series.to_owned(),
        side: side.to_owned(),
        n: n as u64,
        n_answered: n_answered as u64,
        n_months: distinct.len() as u64,
        hit_share,
        hit_interval: Some(interval(&hit_interval)),
        baseline: baseline.to_owned(),
        baseline_share,
        adjusted,
        interval: adjusted_interval.map(|found| interval(&found)),
        only_model: only_model as u64,
        only_baseline: only_naive as u64,
        p_exact: has_test.then(|| mcnemar_exact_p(counts.0, counts.1)),
        p_mid: has_test.then(|| mcnemar_midp(counts.0, counts.1)),
        p_adjusted: None,
        share_closer: ratio(closer as f64, errors.len()),
        // Of different series the units differ.
        skill: (series != "all" && naive > 0.0).then(|| 1.0 - own / naive).filter(|skill| skill.is_finite()),
        flags,
    }))
}

pub(super) fn as_number(is: bool) -> f64 {
    f64::from(u8::from(is))
}
