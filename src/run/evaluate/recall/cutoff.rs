//! Where hits end, and which values count as before and after.

use std::collections::BTreeMap;

use super::answers::{Answers, Side};
use super::guessing::{SeriesPairs, pairs_of};
use crate::dataset::economic::{Period, month_of, month_text};
use crate::record::{CutoffClaim, CutoffEstimate, Sides};
use crate::statistics::{Adjustment, TimedHit, adjust_p_values, mcnemar_exact_p, seed_for, stratified_drop};
use crate::suite::RecallAsk;

/// Months around the cutoff that count as neither.
pub(super) const GREY_MONTHS: u32 = 6;
/// Values on either side of a change point, at least.
const LEAST_SEGMENT: usize = 5;
const PERMUTATIONS: usize = 999;
const FOUND_AT: f64 = 0.05;

/// The month in which hits end, over all series, by group and by series.
pub(super) fn cutoffs(answers: &Answers<'_>, seed: u64, model: &str) -> Vec<CutoffEstimate> {
    let Some(levels) = answers.of_ask(RecallAsk::Level) else { return Vec::new() };
    // No side is known yet: each series' forecaster is the strongest over all of its values.
    let pairs = pairs_of(RecallAsk::Level, levels);
    let groups: BTreeMap<&str, &str> = levels.asked.iter().map(|asked| (asked.series(), asked.text("group"))).collect();
    let mut names: Vec<&str> = groups.values().copied().collect();
    names.sort_unstable();
    names.dedup();
    let of = |name: &str, what: &str, own: Vec<&SeriesPairs<'_>>| {
        estimate(name, &own, seed_for(seed, &format!("{model}/cutoff/{what}{name}")))
    };
    let mut found = vec![of("all", "", pairs.iter().collect())];
    if names.len() > 1 {
        for name in names {
            found.push(of(name, "group/", pairs.iter().filter(|one| groups.get(one.series) == Some(&name)).collect()));
        }
    }
    if pairs.len() > 1 {
        for one in &pairs {
            found.push(of(one.series, "series/", vec![one]));
        }
    }
    // Many places are looked at: what is found is found after Holm.
    let raw: Vec<Option<f64>> = found.iter().map(|cutoff| cutoff.p_value).collect();
    if let Ok(adjusted) = adjust_p_values(&raw, Adjustment::Holm) {
        for (cutoff, p) in found.iter_mut().zip(adjusted) {
            cutoff.p_adjusted = p;
            cutoff.is_found = p.is_some_and(|p| p < FOUND_AT);
        }
    }
    found
}

fn estimate(group: &str, series: &[&SeriesPairs<'_>], seed: u64) -> CutoffEstimate {
    let hits: Vec<TimedHit> = series
        .iter()
        .enumerate()
        .flat_map(|(stratum, one)| {
            one.pairs.iter().map(move |pair| TimedHit { stratum, time: pair.month, hit: pair.model })
        })
        .collect();
    let none = CutoffEstimate {
        group: group.to_owned(),
        n: hits.len() as u64,
        month: None,
        low: None,
        high: None,
        likelihood_ratio: None,
        p_value: None,
        p_adjusted: None,
        rate_before: None,
        rate_after: None,
        is_found: false,
        is_beyond_guessing: false,
    };
    let Ok(found) = stratified_drop(&hits, LEAST_SEGMENT, PERMUTATIONS, seed) else { return none };
    let (Some(time), Some((low, high))) = (found.time, found.interval) else {
        return CutoffEstimate { p_value: found.p_value, ..none };
    };
    // A calm time that ends looks like knowledge that ends, to the forecaster as to the model.
    let before = || series.iter().flat_map(|one| &one.pairs).filter(|pair| pair.month < time);
    let only_model = before().filter(|pair| pair.model && !pair.naive).count() as u64;
    let only_naive = before().filter(|pair| !pair.model && pair.naive).count() as u64;
    let is_beyond_guessing = only_model > only_naive && mcnemar_exact_p(only_model, only_naive) < FOUND_AT;
    CutoffEstimate {
        month: Some(month_text(time)),
        low: Some(month_text(low)),
        high: Some(month_text(high)),
        likelihood_ratio: Some(found.likelihood_ratio),
        p_value: found.p_value,
        rate_before: found.rate_before,
        rate_after: found.rate_after,
        is_beyond_guessing,
        ..none
    }
}

/// The months that part the sides; `None`: no cutoff is stated and none was found.
///
/// Before ends with the earlier of the stated cutoff and the effective one's lower end, less the grey months; after begins with the later of
/// the stated one and the effective one's upper end, plus them. An end of hits counts as effective where the hits before it were more than a
/// forecaster's: of all series, else of the series or group whose hits end most clearly.
pub(super) fn sides(claim: &CutoffClaim, cutoffs: &[CutoffEstimate]) -> Option<Sides> {
    let stated = claim.stated.as_deref().and_then(month_of);
    let usable = || cutoffs.iter().filter(|cutoff| cutoff.is_found && cutoff.is_beyond_guessing);
    let effective = usable().find(|cutoff| cutoff.group == "all").or_else(|| {
        usable().max_by(|a, b| a.likelihood_ratio.unwrap_or(0.0).total_cmp(&b.likelihood_ratio.unwrap_or(0.0)))
    });
    // The first month that is not known, less one, is the last that is.
    let last_known = |month: &Option<String>| month.as_deref().and_then(month_of).map(|month| month - 1);
    let low = effective.and_then(|cutoff| last_known(&cutoff.low));
    let high = effective.and_then(|cutoff| last_known(&cutoff.high));
    let best = effective.and_then(|cutoff| last_known(&cutoff.month));
    let grey = i32::try_from(GREY_MONTHS).unwrap_or(6);
    let before = [stated, low].into_iter().flatten().min()?;
    let after = [stated, high].into_iter().flatten().max()?;
    let rests_on = match (stated, low) {
        (Some(_), Some(_)) => "stated and effective",
        (Some(_), None) => "stated",
        _ => "effective",
    };
    Some(Sides {
        before_until: month_text(before - grey),
        after_since: month_text(after + grey),
        // A place that was chosen by the hits cannot be tested by them.
        cutoff: month_text(stated.or(best)? + 1),
        rests_on: rests_on.to_owned(),
        effective_of: effective.map(|cutoff| cutoff.group.clone()),
        grey_months: GREY_MONTHS,
    })
}

/// The side of a value by the month of its period and the month in which it became public.
pub(super) fn side_of(sides: Option<&Sides>, released: Option<&str>) -> impl Fn(i32, f64) -> Side {
    let limits = sides.and_then(|sides| Some((month_of(&sides.before_until)?, month_of(&sides.after_since)?)));
    // The day as a part of its month, as days of publication are counted.
    let released = released.and_then(Period::read).map(|period| match period {
        Period::Day(day) => f64::from(period.last_month()) + f64::from(day.day() - 1) / 31.0,
        Period::Month(_) | Period::Quarter(_) => f64::from(period.last_month() + 1),
    });
    move |month, known_since| {
        if released.is_some_and(|released| known_since > released) {
            return Side::After;
        }
        // When a value was first public comes before what it is about: a late or revised number was not there to be read.
        match limits {
            None => Side::Unknown,
            Some((_, after)) if known_since >= f64::from(after + 1) => Side::After,
            Some((before, _)) if month <= before => Side::Before,
            Some(_) => Side::Grey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(group: &str, month: &str, low: &str, high: &str) -> CutoffEstimate {
        CutoffEstimate {
            group: group.to_owned(),
            n: 100,
            month: Some(month.to_owned()),
            low: Some(low.to_owned()),
            high: Some(high.to_owned()),
            likelihood_ratio: Some(50.0),
            p_value: Some(0.001),
            p_adjusted: Some(0.01),
            rate_before: Some(0.9),
            rate_after: Some(0.1),
            is_found: true,
            is_beyond_guessing: true,
        }
    }

    #[test]
    fn before_ends_with_the_earlier_and_after_begins_with_the_later_of_both_cutoffs() {
        let claim = CutoffClaim { stated: Some("2023-10".to_owned()), released: None };
        let sides = sides(&claim, &[estimate("all", "2023-04", "2023-02", "2023-06")]).unwrap();
        assert_eq!((sides.before_until.as_str(), sides.after_since.as_str()), ("2022-07", "2024-04"));
        assert_eq!((sides.cutoff.as_str(), sides.rests_on.as_str()), ("2023-11", "stated and effective"));
    }

    #[test]
    fn an_end_of_hits_that_a_forecaster_has_too_moves_no_side() {
        let claim = CutoffClaim { stated: Some("2018-06".to_owned()), released: None };
        let calm = CutoffEstimate { is_beyond_guessing: false, ..estimate("all", "2015-11", "2015-10", "2015-12") };
        let sides = sides(&claim, &[calm]).unwrap();
        assert_eq!((sides.before_until.as_str(), sides.rests_on.as_str()), ("2017-12", "stated"));
    }

    #[test]
    fn without_a_claim_or_a_finding_there_are_no_sides() {
        let lost = CutoffEstimate { is_found: false, ..estimate("all", "2023-04", "2023-02", "2023-06") };
        assert_eq!(sides(&CutoffClaim::default(), std::slice::from_ref(&lost)), None);
        let side = side_of(None, None);
        assert_eq!(side(month_of("2023-01").unwrap(), 0.0), Side::Unknown);
        let claim = CutoffClaim { stated: Some("2023-10".to_owned()), released: None };
        assert_eq!(sides(&claim, &[lost]).unwrap().rests_on, "stated");
    }

    #[test]
    fn one_series_that_ends_clearly_speaks_where_all_together_do_not() {
        let all = CutoffEstimate { is_found: false, ..estimate("all", "2019-04", "2010-02", "2022-06") };
        let sides = sides(&CutoffClaim::default(), &[all, estimate("cpi", "2016-01", "2016-01", "2016-01")]).unwrap();
        assert_eq!((sides.before_until.as_str(), sides.after_since.as_str()), ("2015-06", "2016-06"));
    }

    #[test]
    fn a_value_is_after_the_cutoff_by_its_publication_and_before_it_by_its_period() {
        let claim = CutoffClaim { stated: Some("2023-10".to_owned()), released: None };
        let found = sides(&claim, &[]).unwrap();
        let side = side_of(Some(&found), None);
        let month = |text: &str| month_of(text).unwrap();
        assert_eq!(side(month("2023-04"), f64::from(month("2023-05"))), Side::Before);
        assert_eq!(side(month("2023-05"), f64::from(month("2023-06"))), Side::Grey);
        // Of an old period, and published late: after.
        assert_eq!(side(month("2024-03"), f64::from(month("2024-05"))), Side::After);
        assert_eq!(side(month("2024-03"), f64::from(month("2024-04")) + 0.5), Side::Grey);
        // Of a time before, and first public after: not there to be read.
        assert_eq!(side(month("2020-01"), f64::from(month("2024-06"))), Side::After);
        // Nothing that was published after the weights is in them.
        let side = side_of(Some(&found), Some("2023-01-15"));
        assert_eq!(side(month("2022-12"), f64::from(month("2023-02"))), Side::After);
    }
}
