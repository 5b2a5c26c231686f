//! What the texts alone say about membership, without any model. On a fair split: nothing.

use super::compare::excludes;
use super::subject::{Doses, Subject, count, interval_record};
use crate::record::BlindBaseline;
use crate::run::error::RunError;
use crate::scoring::blind::{BlindOptions, BlindText, blind_scores};
use crate::statistics::{AucIntervalMethod, LabeledScores, auc_estimate, separability_interval};

/// AUC of every blind predictor on seen (1 copy or more) against unseen texts.
pub(super) fn blind_baselines(subject: &Subject<'_>) -> Result<Vec<BlindBaseline>, RunError> {
    let doses = Doses::of(subject.items());
    let seen = doses.at_least(1);
    let unseen = doses.unseen();
    if seen.is_empty() || unseen.is_empty() {
        return Ok(Vec::new());
    }
    let indices: Vec<usize> = seen.iter().chain(unseen).copied().collect();
    let texts: Vec<BlindText<'_>> = indices
        .iter()
        .enumerate()
        .map(|(place, &index)| {
            let item = &subject.items()[index];
            BlindText { text: &item.text, is_member: place < seen.len(), cluster: &item.cluster }
        })
        .collect();
    let options = BlindOptions { seed: subject.stream("blind baseline"), ..BlindOptions::default() };
    let mut baselines = Vec::new();
    for predictor in blind_scores(&texts, &options) {
        let mut baseline = BlindBaseline {
            task: subject.task.id.clone(),
            predictor: predictor.predictor.id.to_owned(),
            n_members: 0,
            n_non_members: 0,
            auc: None,
            interval: None,
            is_separable: false,
        };
        if let Ok(scores) = &predictor.scores {
            let of_class = |wanted: bool| -> Vec<f64> {
                scores
                    .iter()
                    .zip(&texts)
                    .filter(|(_, text)| text.is_member == wanted)
                    .filter_map(|(score, _)| *score)
                    .collect()
            };
            let (members, non_members) = (of_class(true), of_class(false));
            (baseline.n_members, baseline.n_non_members) = (count(members.len()), count(non_members.len()));
            if !members.is_empty() && !non_members.is_empty() {
                let labeled = LabeledScores::from_classes(&members, &non_members)
                    .map_err(|error| subject.refused(predictor.predictor.id, &error))?;
                let estimate = auc_estimate(&labeled, subject.level(), AucIntervalMethod::Logit);
                let interval = separability_interval(&labeled, predictor.error_factor, subject.level());
                baseline.auc = Some(estimate.auc);
                baseline.interval = interval.as_ref().map(interval_record);
                baseline.is_separable = baseline.interval.as_ref().is_some_and(|interval| excludes(interval, 0.5));
            }
        }
        baselines.push(baseline);
    }
    Ok(baselines)
}
