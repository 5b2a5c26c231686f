//! What judges did, and how far they agree with themselves and with each other.

use std::collections::BTreeMap;

use crate::record::{JudgeRow, Role};
use crate::run::error::RunError;
use crate::run::judge::{JudgedUnit, SuiteVerdicts, Values, Vote};
use crate::run::pairing::interval_record;
use crate::run::plan::Plan;
use crate::statistics::{Bootstrap, Measurement, krippendorff_alpha, krippendorff_interval, seed_for};

/// Resamples of an interval of agreement.
const RESAMPLES: usize = 2000;

/// A row a judge and rubric.
pub(super) fn judges(plan: &Plan, votes: &SuiteVerdicts) -> Result<Vec<JudgeRow>, RunError> {
    let mut rows = Vec::new();
    let mut by_rubric: BTreeMap<&'static str, Vec<&(JudgedUnit, Vec<Vote>)>> = BTreeMap::new();
    for (unit, votes) in votes.values().flatten().map(|pair| (&pair.0, pair)) {
        by_rubric.entry(unit.rubric.word()).or_default().push(votes);
    }
    for (rubric, units) in by_rubric {
        let (alpha, alpha_interval, raw_agreement) = agreement(plan, rubric, &units);
        for judge in plan.judges() {
            let own: Vec<&Vote> =
                units.iter().flat_map(|(_, votes)| votes.iter().filter(|vote| vote.judge == judge.slug)).collect();
            let mut errors: BTreeMap<String, u64> = BTreeMap::new();
            for vote in &own {
                if let Err(kind) = &vote.values {
                    *errors.entry(kind.clone()).or_default() += 1;
                }
            }
            let count = |is: &dyn Fn(&Vote) -> bool| own.iter().filter(|vote| is(vote)).count() as u64;
            let tested = |name: &str| {
                plan.models.iter().any(|model| model.role == Role::Model && model.responder.identity().name == name)
            };
            let mut hashes: Vec<&str> = units.iter().map(|(unit, _)| unit.rubric_sha256.as_str()).collect();
            hashes.sort_unstable();
            hashes.dedup();
            let n_judged = count(&|vote| vote.values.is_ok());
            rows.push(JudgeRow {
                judge: judge.slug.clone(),
                rubric: rubric.to_owned(),
                rubric_sha256: match hashes.as_slice() {
                    [one] => (*one).to_owned(),
                    // Rubrics by types of question: one hash over all of them.
                    several => crate::digest::sha256_hex(several.join("\n").as_bytes()),
                },
                n_asked: count(&Vote::is_asked),
                n_judged,
                n_retried: count(&|vote| vote.values.is_ok() && vote.n_tries > 1),
                errors: errors.into_iter().collect(),
                n_repeats: u64::from(plan.judging.repeats) * plan.judges().count() as u64,
                // A judge without a verdict agrees with nobody.
                alpha: alpha.filter(|_| n_judged > 0),
                alpha_interval: alpha_interval.clone().filter(|_| n_judged > 0),
                raw_agreement: raw_agreement.filter(|_| n_judged > 0),
                n_forged: n_forged(&units),
                is_self: tested(&judge.responder.identity().name),
            });
        }
    }
    Ok(rows)
}

/// Units of which an answer holds a line like one of the judge's form; `None`: it is not looked for.
fn n_forged(units: &[&(JudgedUnit, Vec<Vote>)]) -> Option<u64> {
    let looked: Option<Vec<bool>> = units.iter().map(|(unit, _)| unit.is_forged).collect();
    looked.map(|looked| looked.into_iter().filter(|is_forged| *is_forged).count() as u64)
}

type Agreement = (Option<f64>, Option<crate::record::IntervalRecord>, Option<f64>);

/// Over all votes on the same answer, of whatever judge; nothing where each answer has one vote.
fn agreement(plan: &Plan, rubric: &str, units: &[&(JudgedUnit, Vec<Vote>)]) -> Agreement {
    let mut ratings: Vec<Vec<f64>> = Vec::new();
    for (unit, votes) in units {
        for place in 0..unit.items.len() {
            let rating = |vote: &Vote| match &vote.values {
                Ok(Values::Passes(passes)) => passes.get(place).map_or(f64::NAN, |&pass| f64::from(u8::from(pass))),
                _ => f64::NAN,
            };
            ratings.push(votes.iter().map(rating).collect());
        }
    }
    let compared: Vec<&Vec<f64>> =
        ratings.iter().filter(|votes| votes.iter().filter(|vote| vote.is_finite()).count() > 1).collect();
    if compared.is_empty() {
        return (None, None, None);
    }
    let is_alike = |votes: &&&Vec<f64>| {
        let mut known = votes.iter().filter(|vote| vote.is_finite());
        let first = known.next().copied().unwrap_or_default();
        known.all(|vote| (vote - first).abs() < 1e-12)
    };
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 answers")]
    let raw = compared.iter().filter(is_alike).count() as f64 / compared.len() as f64;
    let alpha = krippendorff_alpha(&ratings, Measurement::Nominal).ok().map(|found| found.alpha);
    let bootstrap = Bootstrap {
        resamples: RESAMPLES,
        seed: seed_for(plan.seed, &format!("judges/{rubric}")),
        ..Bootstrap::default()
    };
    let interval = alpha.and_then(|_| krippendorff_interval(&ratings, Measurement::Nominal, &bootstrap).ok());
    // Where all agree no resample differs: a point is no interval.
    let interval = interval.map(|found| interval_record(&found.interval)).filter(|found| found.high > found.low);
    (alpha, interval, Some(raw))
}
