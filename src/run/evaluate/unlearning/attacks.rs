//! Adversarial questions by their form: how much each brings back. Exploratory, so adjusted by Benjamini-Hochberg.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::dataset::rwku::ATTACKS;
use crate::record::AttackValue;
use crate::run::error::RunError;
use crate::run::evaluate::accuracy::mean_row;
use crate::run::evaluate::subject::{Subject, count, interval_record};
use crate::run::task_metrics::first_metric;
use crate::statistics::{Adjustment, ComparisonSettings, Scale, adjust_p_values, compare_items};

/// Rows, and the labels that no list knows with their items.
type Attacks = (Vec<AttackValue>, Vec<(String, u64)>);

/// Rows of every form and model, and the labels that no list knows with their items.
pub(super) fn attacks(subjects: &[Subject<'_>], before: Option<&str>) -> Result<Attacks, RunError> {
    let mut rows = Vec::new();
    let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
    for subject in subjects {
        let mut forms: BTreeMap<&str, (Vec<usize>, BTreeSet<&str>)> = BTreeMap::new();
        for (place, item) in subject.items().iter().enumerate() {
            let Some(form) = item.fields.get("attack").and_then(Value::as_str) else { continue };
            let label = item.fields.get("type").and_then(Value::as_str).unwrap_or_default();
            let entry = forms.entry(form).or_default();
            entry.0.push(place);
            entry.1.insert(label);
            if !ATTACKS.contains(&form) {
                *unknown.entry(label.to_owned()).or_default() += 1;
            }
        }
        let mut names: Vec<&str> = forms.keys().copied().collect();
        names.sort_by_key(|form| (ATTACKS.iter().position(|known| known == form).unwrap_or(ATTACKS.len()), *form));
        for form in names {
            let (items, labels) = &forms[form];
            rows.extend(rows_of(subject, form, items, labels, before)?);
        }
    }
    adjust(&mut rows);
    Ok((rows, unknown.into_iter().collect()))
}

fn rows_of(
    subject: &Subject<'_>,
    form: &str,
    items: &[usize],
    labels: &BTreeSet<&str>,
    before: Option<&str>,
) -> Result<Vec<AttackValue>, RunError> {
    let metric = first_metric(&subject.task.probe);
    let values_of = |model: &str| subject.scores.iter().find(|scores| scores.model == model)?.values(&metric);
    let baseline = before.and_then(values_of);
    let mut rows = Vec::new();
    for scores in &subject.scores {
        let Some(mean) = mean_row(subject, scores, &metric, None, items)? else { continue };
        let targets: BTreeSet<&str> = items.iter().map(|&place| subject.items()[place].cluster.as_str()).collect();
        let mut row = AttackValue {
            attack: form.to_owned(),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            model: scores.model.clone(),
            role: scores.role,
            metric: metric.clone(),
            n: mean.n,
            n_targets: count(targets.len()),
            n_missing: mean.n_missing,
            value: mean.value,
            interval: mean.interval,
            difference: None,
            difference_interval: None,
            p_value: None,
            p_adjusted: None,
        };
        if let (Some(theirs), Some(ours)) = (&baseline, scores.values(&metric))
            && before != Some(scores.model.as_str())
        {
            let both = items.iter().filter_map(|&place| Some((ours[place]?, theirs[place]?)));
            let (a, b): (Vec<f64>, Vec<f64>) = both.unzip();
            if !a.is_empty() {
                let settings = ComparisonSettings {
                    level: subject.level(),
                    resamples: subject.plan.resamples,
                    seed: subject.stream(&format!("{}/{form}", scores.model)),
                    ..ComparisonSettings::default()
                };
                let found = compare_items::<&str>(&a, &b, None, Scale::Real, &settings)
                    .map_err(|error| subject.refused(&metric, &error))?;
                row.difference = found.difference;
                row.difference_interval = found.interval.as_ref().map(interval_record);
                row.p_value = found.p_value;
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

fn adjust(rows: &mut [AttackValue]) {
    let raw: Vec<Option<f64>> = rows.iter().map(|row| row.p_value).collect();
    if let Ok(adjusted) = adjust_p_values(&raw, Adjustment::BenjaminiHochberg) {
        for (row, p) in rows.iter_mut().zip(adjusted) {
            row.p_adjusted = p;
        }
    }
}
