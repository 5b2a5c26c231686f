//! Does a value rise with the number of copies?

use super::accuracy::{is_binary, is_zero_or_one};
use super::subject::{Doses, Subject, count, flag_words, interval_record};
use crate::record::Trend;
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::statistics::{DoseScoring, StatError, cochran_armitage, score_dose_correlation};

/// One trend a metric: Cochran-Armitage for 0/1 on log2(1 + copies), else Spearman over items.
pub(super) fn trends(subject: &Subject<'_>, scores: &TaskScores) -> Result<Vec<Trend>, RunError> {
    let mut trends = Vec::new();
    for metric in scores.metrics.keys() {
        let Some(values) = scores.values(metric) else { continue };
        let is_zero_one = is_binary(metric) && values.iter().flatten().all(|&value| is_zero_or_one(value));
        trends.push(if is_zero_one {
            armitage(subject, scores, metric, &values)?
        } else {
            spearman(subject, scores, metric, &values)?
        });
    }
    Ok(trends)
}

fn empty(subject: &Subject<'_>, scores: &TaskScores, metric: &str, test: &str) -> Trend {
    Trend {
        task: subject.task.id.clone(),
        model: scores.model.clone(),
        metric: metric.to_owned(),
        test: test.to_owned(),
        n: 0,
        statistic: None,
        p_value: None,
        interval: None,
        flags: Vec::new(),
    }
}

fn spearman(
    subject: &Subject<'_>,
    scores: &TaskScores,
    metric: &str,
    values: &[Option<f64>],
) -> Result<Trend, RunError> {
    let mut trend = empty(subject, scores, metric, "spearman");
    let (present, copies): (Vec<f64>, Vec<f64>) = subject
        .items()
        .iter()
        .zip(values)
        .filter_map(|(item, value)| Some(((*value)?, f64::from(item.copies?))))
        .unzip();
    trend.n = count(present.len());
    match score_dose_correlation(&present, &copies, subject.level()) {
        Ok(correlation) => {
            trend.statistic = Some(correlation.coefficient);
            trend.p_value = Some(correlation.p_value);
            trend.interval = correlation.interval.as_ref().map(interval_record);
        }
        Err(error) => undefined(subject, &mut trend, &error)?,
    }
    Ok(trend)
}

fn armitage(
    subject: &Subject<'_>,
    scores: &TaskScores,
    metric: &str,
    values: &[Option<f64>],
) -> Result<Trend, RunError> {
    let mut trend = empty(subject, scores, metric, "cochran_armitage");
    let doses = Doses::of(subject.items());
    let (mut copies, mut successes, mut trials) = (Vec::new(), Vec::new(), Vec::new());
    for (dose, items) in doses.iter() {
        let present: Vec<f64> = items.iter().filter_map(|&index| values[index]).collect();
        copies.push(f64::from(dose));
        successes.push(count(present.iter().filter(|&&value| value > 0.5).count()));
        trials.push(count(present.len()));
    }
    trend.n = trials.iter().sum();
    let scored =
        DoseScoring::Log2OnePlus.score_all(&copies).and_then(|scored| cochran_armitage(&scored, &successes, &trials));
    match scored {
        Ok(test) => {
            trend.statistic = Some(test.z);
            trend.p_value = Some(test.p_value);
            trend.flags.extend(flag_words(&test.flags));
        }
        Err(error) => undefined(subject, &mut trend, &error)?,
    }
    if subject.is_clustered() {
        trend.flags.push("ignores_clusters".to_owned());
    }
    Ok(trend)
}

/// Too few items or doses, or no spread: undefined, with the reason.
fn undefined(subject: &Subject<'_>, trend: &mut Trend, error: &StatError) -> Result<(), RunError> {
    match error {
        StatError::NonFinite { .. } | StatError::LengthMismatch { .. } => Err(subject.refused(&trend.metric, error)),
        _ => {
            trend.flags.push(error.kind().to_owned());
            Ok(())
        }
    }
}
