//! Ridge on embeddings of a name and a date: does a sentence encoder know what a series was when?

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::interval;
use crate::dataset::economic::month_of;
use crate::probe::{NAME_AND_DATE, PLACEBOS};
use crate::record::{Answer, AnswerKey, EmbeddingFit};
use crate::run::evaluate::subject::Subject;
use crate::run::item_scores::Outcomes;
use crate::statistics::{CorrelationMethod, Level, choose_ridge_alpha, correlation, ridge};

/// Every so many years one is held out, whole: neighbours in time would tell each other.
const HELD_OUT_EVERY: i32 = 3;
const ALPHAS: [f64; 7] = [1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0];
/// Periods on either side, at least.
const LEAST: usize = 10;

/// One row a series and form of text.
pub(super) fn embeddings(subject: &Subject<'_>, outcomes: &Outcomes) -> Vec<EmbeddingFit> {
    let series: BTreeSet<&str> =
        subject.items().iter().filter_map(|item| item.fields.get("series")?.as_str()).collect();
    let forms = std::iter::once(NAME_AND_DATE).chain(PLACEBOS);
    series
        .into_iter()
        .flat_map(|series| forms.clone().map(move |form| (series, form)))
        .filter_map(|(series, form)| fit(subject, outcomes, series, form))
        .collect()
}

/// One period with its vector.
struct Row {
    year: i32,
    truth: f64,
    mean_of_five: f64,
    vector: Vec<f64>,
}

fn fit(subject: &Subject<'_>, outcomes: &Outcomes, series: &str, form: &str) -> Option<EmbeddingFit> {
    let mut rows: BTreeMap<i32, Row> = BTreeMap::new();
    for item in subject.items() {
        let text = |field: &str| item.fields.get(field).and_then(Value::as_str);
        if text("series") != Some(series) {
            continue;
        }
        let key = AnswerKey { task: subject.task.id.clone(), item: item.id.clone(), epoch: 0 };
        let Some(Ok(Answer::Embeddings { vectors })) = outcomes.get(&key) else { continue };
        let Some(vector) = vectors.iter().find(|vector| vector.form == form) else { continue };
        let month = month_of(&item.cluster)?;
        let last: Vec<f64> =
            item.fields.get("history")?.get("last")?.as_array()?.iter().filter_map(Value::as_f64).collect();
        let row = Row {
            year: month.div_euclid(12),
            truth: item.fields.get("truth")?.as_f64()?,
            mean_of_five: super::mean(&last)?,
            vector: vector.vector.iter().map(|value| f64::from(*value)).collect(),
        };
        rows.insert(month, row);
    }
    let rows: Vec<Row> = rows.into_values().collect();
    let fitted = regress(&rows, subject.level())?;
    Some(EmbeddingFit { series: series.to_owned(), form: form.to_owned(), ..fitted })
}

/// The regression on rows in time order; series and form are still to be named. `None`: too few rows on a side.
fn regress(rows: &[Row], level: Level) -> Option<EmbeddingFit> {
    let (test, train): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.year % HELD_OUT_EVERY == 0);
    if train.len() < LEAST || test.len() < LEAST {
        return None;
    }
    let vectors: Vec<&[f64]> = train.iter().map(|row| row.vector.as_slice()).collect();
    let truths: Vec<f64> = train.iter().map(|row| row.truth).collect();
    let years: Vec<i32> = train.iter().map(|row| row.year).collect();
    let chosen = choose_ridge_alpha(&vectors, &truths, &years, &ALPHAS).ok()?;
    let fitted = ridge(&vectors, &truths, chosen.alpha).ok()?;
    let predicted: Vec<f64> = test.iter().map(|row| fitted.predict(&row.vector)).collect();
    let held_out: Vec<f64> = test.iter().map(|row| row.truth).collect();
    let five: Vec<f64> = test.iter().map(|row| row.mean_of_five).collect();
    let found = correlation(&predicted, &held_out, CorrelationMethod::Pearson, level).ok();
    let baseline = correlation(&five, &held_out, CorrelationMethod::Pearson, level).ok();
    Some(EmbeddingFit {
        series: String::new(),
        form: String::new(),
        n_train: train.len() as u64,
        n_test: test.len() as u64,
        alpha: Some(chosen.alpha),
        correlation: found.as_ref().map(|found| found.coefficient),
        interval: found.and_then(|found| found.interval.map(|found| interval(&found))),
        baseline_correlation: baseline.map(|found| found.coefficient),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve years of months whose value swings once in five years.
    fn rows(vector: impl Fn(f64, i32) -> Vec<f64>) -> Vec<Row> {
        (0..144)
            .map(|month| {
                let phase = f64::from(month) * std::f64::consts::TAU / 60.0;
                let truth = phase.sin();
                Row { year: 2000 + month / 12, truth, mean_of_five: (phase - 0.3).sin(), vector: vector(phase, month) }
            })
            .collect()
    }

    #[test]
    fn vectors_that_know_the_time_tell_the_series_and_others_do_not() {
        let knowing = regress(&rows(|phase, _| vec![phase.sin(), phase.cos(), 1.0]), Level::DEFAULT).unwrap();
        assert!(knowing.correlation.unwrap() > 0.99, "{knowing:?}");
        assert!(knowing.interval.unwrap().low > 0.9);
        assert_eq!((knowing.n_train + knowing.n_test, knowing.n_test % 12), (144, 0), "whole years are held out");
        let blind = |_: f64, month: i32| vec![f64::from(month * 7919 % 13), f64::from(month * 104_729 % 17)];
        let ignorant = regress(&rows(blind), Level::DEFAULT).unwrap();
        assert!(ignorant.correlation.is_none_or(|r| r.abs() < 0.5), "{ignorant:?}");
    }

    #[test]
    fn vectors_that_are_all_the_same_have_no_correlation_and_few_rows_no_fit() {
        let same = regress(&rows(|_, _| vec![0.5, 0.5]), Level::DEFAULT).unwrap();
        assert_eq!(same.correlation, None);
        assert!(regress(&rows(|phase, _| vec![phase])[..20], Level::DEFAULT).is_none());
    }
}
