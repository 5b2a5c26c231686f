//! How right a judge is: its verdicts beside labels.

use serde::Serialize;

use super::units::{JudgedUnit, Rubric};
use super::verdicts::{JudgedAnswer, Vote};
use crate::record::{IntervalRecord, StaleCell};
use crate::run::pairing::interval_record;
use crate::statistics::{
    CorrectedRate, JudgedCounts, KappaWeights, Level, ProportionMethod, StatError, cohen_kappa, proportion,
    rogan_gladen,
};

/// A share with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    pub n: u64,
    pub of: u64,
    pub value: Option<f64>,
    /// Wilson.
    pub interval: Option<IntervalRecord>,
}

/// A judge on labelled answers, of one dimension or all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgeCalibration {
    /// `SR`, `PR`, `IPA`, `chat` or `all`.
    pub what: String,
    /// Labelled answers with a verdict.
    pub n: u64,
    /// Labelled answers without one.
    pub n_errors: u64,
    /// Of answers labelled right, those called right.
    pub sensitivity: Share,
    /// Of answers labelled wrong, those called wrong.
    pub specificity: Share,
    pub raw_agreement: Option<f64>,
    /// Share of answers that are labelled right.
    pub prevalence: Option<f64>,
    /// Cohen's kappa; `None`: chance agreement is 1.
    pub kappa: Option<f64>,
    pub kappa_interval: Option<IntervalRecord>,
}

/// A judged rate of a run, corrected by what the judge gets wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorrectedCell {
    pub model: String,
    pub conflict: String,
    pub dimension: String,
    pub n: u64,
    pub judged: Option<f64>,
    /// Rogan and Gladen; `None` where the judge is no better than chance on the labels.
    pub corrected: Option<f64>,
    pub interval: Option<IntervalRecord>,
    pub flags: Vec<String>,
}

/// A labelled answer with the judge's word on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labelled {
    /// Place of the answer in its unit.
    pub place: usize,
    pub label: bool,
    /// `None`: no verdict.
    pub verdict: Option<bool>,
}

/// The labels of a unit beside the votes on it.
#[must_use]
pub fn labelled(unit: &JudgedUnit, votes: &[Vote], labels: &[bool]) -> Vec<Labelled> {
    let one = |(place, &label): (usize, &bool)| Labelled {
        place,
        label,
        verdict: match JudgedAnswer::of(votes, place) {
            JudgedAnswer::Passed(passed) => Some(passed),
            _ => None,
        },
    };
    labels.iter().take(unit.items.len()).enumerate().map(one).collect()
}

/// What a rubric calls the places of its units.
#[must_use]
pub fn names(rubric: Rubric) -> &'static [&'static str] {
    match rubric {
        Rubric::Stale => &["SR", "PR", "IPA"],
        Rubric::StaleControl => &["SR", "PR"],
        Rubric::Chat(_) | Rubric::Summary => &["chat"],
    }
}

/// The judge on some labelled answers.
///
/// # Errors
/// A statistic refuses its input: a bug.
pub fn calibration(what: &str, rows: &[Labelled], level: Level) -> Result<JudgeCalibration, StatError> {
    let judged: Vec<(bool, bool)> = rows.iter().filter_map(|row| Some((row.label, row.verdict?))).collect();
    let count = |is: &dyn Fn(&(bool, bool)) -> bool| judged.iter().filter(|pair| is(pair)).count() as u64;
    let share = |n: u64, of: u64| -> Result<Share, StatError> {
        if of == 0 {
            return Ok(Share { n, of, value: None, interval: None });
        }
        let found = proportion(n, of, level, ProportionMethod::Wilson)?;
        Ok(Share { n, of, value: Some(found.value), interval: found.interval.as_ref().map(interval_record) })
    };
    let (positives, negatives) = (count(&|pair| pair.0), count(&|pair| !pair.0));
    let number = |is: bool| f64::from(u8::from(is));
    let ratings: Vec<Vec<f64>> = judged.iter().map(|(label, verdict)| vec![number(*label), number(*verdict)]).collect();
    let kappa = cohen_kappa(&ratings, KappaWeights::None, Some(&[0.0, 1.0]), level).ok();
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 labels")]
    let of_all = |n: u64| (!judged.is_empty()).then(|| n as f64 / judged.len() as f64);
    Ok(JudgeCalibration {
        what: what.to_owned(),
        n: judged.len() as u64,
        n_errors: (rows.len() - judged.len()) as u64,
        sensitivity: share(count(&|pair| pair.0 && pair.1), positives)?,
        specificity: share(count(&|pair| !pair.0 && !pair.1), negatives)?,
        raw_agreement: of_all(count(&|pair| pair.0 == pair.1)),
        prevalence: of_all(positives),
        kappa: kappa.as_ref().map(|found| found.kappa),
        // Where all agree there is no spread to see: a point is no interval.
        kappa_interval: kappa
            .as_ref()
            .map(|found| interval_record(&found.interval))
            .filter(|interval| interval.high > interval.low),
    })
}

/// The cells of a run with what the judge gets wrong taken out, each by its own dimension's labels.
///
/// # Errors
/// A statistic refuses its input: a bug.
pub fn corrected(
    cells: &[StaleCell],
    calibrations: &[JudgeCalibration],
    level: Level,
) -> Result<Vec<CorrectedCell>, StatError> {
    let one = |cell: &StaleCell| -> Result<CorrectedCell, StatError> {
        let mut out = CorrectedCell {
            model: cell.model.clone(),
            conflict: cell.conflict.clone(),
            dimension: cell.dimension.clone(),
            n: cell.n_judged,
            judged: cell.value,
            corrected: None,
            interval: None,
            flags: Vec::new(),
        };
        let Some(own) = calibrations.iter().find(|one| one.what == cell.dimension) else {
            out.flags.push("not_calibrated".to_owned());
            return Ok(out);
        };
        let counts = JudgedCounts {
            judged_positive: cell.n_passed,
            n: cell.n_judged,
            true_positives: own.sensitivity.n,
            positives: own.sensitivity.of,
            true_negatives: own.specificity.n,
            negatives: own.specificity.of,
        };
        match rogan_gladen(counts, level) {
            Ok(found) => {
                out.corrected = Some(found.estimate);
                out.interval = Some(if found.standard_error > 0.0 {
                    interval_record(&found.interval)
                } else {
                    pushed_through(cell, &found, level)?
                });
                out.flags.extend(found.flags.iter().map(|flag| flag.as_str().to_owned()));
            }
            Err(StatError::EmptyInput) => out.flags.push("too_few_labels".to_owned()),
            Err(StatError::UninformativeJudge { .. }) => out.flags.push("uninformative_judge".to_owned()),
            Err(error) => return Err(error),
        }
        Ok(out)
    };
    cells.iter().map(one).collect()
}

/// Wilson's limits of a share of none or all, corrected: the delta method would make a point of it, on however few answers.
fn pushed_through(cell: &StaleCell, found: &CorrectedRate, level: Level) -> Result<IntervalRecord, StatError> {
    let apparent = proportion(cell.n_passed, cell.n_judged, level, ProportionMethod::Wilson)?;
    let (low, high) = apparent.interval.map_or((0.0, 1.0), |interval| (interval.low, interval.high));
    let corrected = |share: f64| ((share + found.specificity - 1.0) / found.youden).clamp(0.0, 1.0);
    let (low, high) = (corrected(low), corrected(high));
    Ok(IntervalRecord { low, high, level: level.value(), method: "wilson_corrected".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(pairs: &[(bool, Option<bool>, usize)]) -> Vec<Labelled> {
        let one = |(label, verdict, n): &(bool, Option<bool>, usize)| {
            std::iter::repeat_n(Labelled { place: 0, label: *label, verdict: *verdict }, *n)
        };
        pairs.iter().flat_map(one).collect()
    }

    #[test]
    fn errors_of_the_judge_are_counted_and_in_no_share() {
        let rows = rows(&[
            (true, Some(true), 18),
            (true, Some(false), 2),
            (false, Some(false), 15),
            (false, Some(true), 5),
            (true, None, 3),
        ]);
        let found = calibration("SR", &rows, Level::DEFAULT).unwrap();
        assert_eq!((found.n, found.n_errors, found.sensitivity.n, found.specificity.n), (40, 3, 18, 15));
        assert!((found.raw_agreement.unwrap() - 33.0 / 40.0).abs() < 1e-12);
        assert!((found.kappa.unwrap() - 0.65).abs() < 1e-12);
    }

    #[test]
    fn a_lenient_judge_is_corrected_downwards() {
        let calibrated = calibration(
            "SR",
            &rows(&[(true, Some(true), 50), (false, Some(false), 40), (false, Some(true), 10)]),
            Level::DEFAULT,
        );
        let cell = StaleCell {
            n_unjudged: 0,
            n_tied: 0,
            model: "m".to_owned(),
            conflict: "T1".to_owned(),
            dimension: "SR".to_owned(),
            n_scenarios: 100,
            n_judged: 100,
            n_passed: 60,
            n_judge_errors: 0,
            n_unanswered: 0,
            value: Some(0.6),
            interval: None,
            compatible: None,
        };
        let found = corrected(&[cell], &[calibrated.unwrap()], Level::DEFAULT).unwrap();
        assert!((found[0].corrected.unwrap() - 0.5).abs() < 1e-12);
    }
}
