//! Where hits end, and which values count as before and after.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{Answers, Asked, Side};
use crate::dataset::economic::{Period, month_of, month_text};
use crate::record::{CutoffClaim, CutoffEstimate, Sides};
use crate::statistics::{ChangeDirection, ChangePoint, change_point, seed_for};
use crate::suite::RecallAsk;

/// Months around the cutoff that count as neither.
pub(super) const GREY_MONTHS: u32 = 6;
/// Values on either side of a change point, at least.
const LEAST_SEGMENT: usize = 5;
const PERMUTATIONS: usize = 999;
const FOUND_AT: f64 = 0.05;

/// The month in which hits end, over all series and by group.
pub(super) fn cutoffs(answers: &Answers<'_>, seed: u64, model: &str) -> Vec<CutoffEstimate> {
    let Some(levels) = answers.of_ask(RecallAsk::Level) else { return Vec::new() };
    let groups: BTreeSet<&str> = levels.asked.iter().map(|asked| asked.text("group")).collect();
    let mut found = vec![estimate("all", levels.asked.iter(), seed_for(seed, &format!("{model}/cutoff/all")))];
    if groups.len() > 1 {
        for group in groups {
            let own = levels.asked.iter().filter(|asked| asked.text("group") == group);
            found.push(estimate(group, own, seed_for(seed, &format!("{model}/cutoff/{group}"))));
        }
    }
    // A single series can be known where all others of its group are not.
    let mut series: BTreeMap<&str, Vec<&Asked<'_>>> = BTreeMap::new();
    for asked in &levels.asked {
        series.entry(asked.series()).or_default().push(asked);
    }
    if series.len() > 1 {
        for (id, own) in series {
            found.push(estimate(id, own.into_iter(), seed_for(seed, &format!("{model}/cutoff/series/{id}"))));
        }
    }
    found
}

fn estimate<'i, 'a: 'i>(group: &str, asked: impl Iterator<Item = &'i Asked<'a>>, seed: u64) -> CutoffEstimate {
    let mut row: Vec<&Asked<'_>> = asked.filter(|asked| asked.score.is_some()).collect();
    row.sort_by(|a, b| (a.month, a.series()).cmp(&(b.month, b.series())));
    let hits: Vec<bool> = row.iter().map(|asked| asked.is_hit()).collect();
    let none = CutoffEstimate {
        group: group.to_owned(),
        n: hits.len() as u64,
        month: None,
        low: None,
        high: None,
        likelihood_ratio: None,
        p_value: None,
        rate_before: None,
        rate_after: None,
        is_found: false,
    };
    let settings =
        ChangePoint { min_segment: LEAST_SEGMENT, direction: ChangeDirection::Drop, permutations: PERMUTATIONS, seed };
    let Ok(test) = change_point(&hits, &settings) else { return none };
    let (Some(split), Some((low, high))) = (&test.split, test.interval()) else {
        return CutoffEstimate { p_value: test.p_value, ..none };
    };
    let month = |index: usize| row.get(index).map(|asked| month_text(asked.month));
    CutoffEstimate {
        month: month(split.index),
        low: month(low),
        high: month(high),
        likelihood_ratio: Some(split.likelihood_ratio),
        p_value: test.p_value,
        rate_before: Some(split.rate_before),
        rate_after: Some(split.rate_after),
        is_found: test.p_value.is_some_and(|p| p < FOUND_AT),
        ..none
    }
}

/// The months that part the sides; `None`: no cutoff is stated and none was found.
///
/// Before ends with the earlier of the stated cutoff and the effective one's lower end, less the grey months; after begins with the later of
/// the stated one and the effective one's upper end, plus them.
pub(super) fn sides(claim: &CutoffClaim, cutoffs: &[CutoffEstimate]) -> Option<Sides> {
    let stated = claim.stated.as_deref().and_then(month_of);
    // Of all series, else of the series or group whose hits end most clearly: knowledge of one is knowledge.
    let effective = cutoffs.iter().find(|cutoff| cutoff.group == "all" && cutoff.is_found).or_else(|| {
        let found = cutoffs.iter().filter(|cutoff| cutoff.is_found);
        found.max_by(|a, b| a.likelihood_ratio.unwrap_or(0.0).total_cmp(&b.likelihood_ratio.unwrap_or(0.0)))
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
        cutoff: month_text(best.or(stated)? + 1),
        rests_on: rests_on.to_owned(),
        grey_months: GREY_MONTHS,
    })
}

/// The side of a value by the month of its period and the month in which it became public.
pub(super) fn side_of(sides: Option<&Sides>, released: Option<&str>) -> impl Fn(i32, f64) -> Side {
    let limits = sides.and_then(|sides| Some((month_of(&sides.before_until)?, month_of(&sides.after_since)?)));
    let released = released.and_then(Period::read).map(Period::last_month);
    move |month, known_since| {
        if released.is_some_and(|released| known_since >= f64::from(released + 1)) {
            return Side::After;
        }
        match limits {
            None => Side::Unknown,
            Some((before, _)) if month <= before => Side::Before,
            Some((_, after)) if known_since >= f64::from(after + 1) => Side::After,
            Some(_) => Side::Grey,
        }
    }
}
