//! Upstream's number and the corrected one, side by side.

use std::collections::BTreeMap;

use super::subject::{Doses, Subject, present};
use crate::record::{ErratumPair, ErratumRow};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::scoring::membership::FLAG_K_FLOOR_APPLIED;
use crate::scoring::metrics;
use crate::statistics::{AucIntervalMethod, FprRule, LabeledScores, auc_estimate, is_resolvable, tpr_at_fpr};
use crate::suite::Erratum;

/// What upstream's fault does to a set of scores.
enum Fault {
    /// Texts whose share of lowest tokens rounds to none drop out.
    DropsShortTexts,
    /// Another rule reads the rate off the curve.
    Rule(FprRule),
    /// Only the first of several right answers counts.
    FirstAnswerOnly,
}

/// Errata of a suite with their numbers, over seen (1 copy or more) against unseen items of every model under test.
///
/// An erratum that this build cannot reproduce keeps its words and has no pair.
pub(super) fn errata(subjects: &[Subject<'_>], errata: &[Erratum]) -> Result<Vec<ErratumRow>, RunError> {
    errata
        .iter()
        .map(|erratum| {
            let fault = match erratum.id.as_str() {
                "min-k-drops-short-texts" => Some(Fault::DropsShortTexts),
                "tpr-on-thinned-curve" => Some(Fault::Rule(FprRule::MinkPlusPlus)),
                "popqa-first-answer-only" => Some(Fault::FirstAnswerOnly),
                "tpr-strict-bound" => Some(Fault::Rule(FprRule::Strict)),
                _ => None,
            };
            let mut pairs = Vec::new();
            if let (None, [theirs, ours]) = (&fault, erratum.metrics.as_slice()) {
                for subject in subjects {
                    pairs.extend(beside(subject, theirs, ours));
                }
            } else if let Some(Fault::FirstAnswerOnly) = fault {
                for subject in subjects {
                    pairs.extend(first_answers(subject, &erratum.metrics));
                }
            } else if let Some(fault) = &fault {
                for subject in subjects.iter().filter(|subject| super::membership::is_membership(&subject.task.probe)) {
                    for scores in subject.scores.iter().filter(|scores| scores.role == crate::record::Role::Model) {
                        for metric in &erratum.metrics {
                            pairs.extend(pair(subject, scores, metric, fault)?);
                        }
                    }
                }
            }
            Ok(ErratumRow {
                id: erratum.id.clone(),
                upstream: erratum.upstream.clone(),
                corrected: erratum.corrected.clone(),
                pairs,
            })
        })
        .collect()
}

/// Means of two item metrics of one task: upstream's and the corrected one.
fn beside(subject: &Subject<'_>, theirs: &str, ours: &str) -> Vec<ErratumPair> {
    // Unweighted over targets, as upstream's tables are.
    let of_targets = |scores: &TaskScores, metric: &str| -> Option<f64> {
        let mut targets: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (item, value) in subject.items().iter().zip(scores.values(metric)?) {
            targets.entry(&item.cluster).or_default().extend(value);
        }
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / super::accuracy::to_f64(values.len());
        let means: Vec<f64> = targets.values().filter(|values| !values.is_empty()).map(mean).collect();
        (!means.is_empty()).then(|| mean(&means))
    };
    let has_both = |scores: &&TaskScores| scores.metrics.contains_key(theirs) && scores.metrics.contains_key(ours);
    let tested = subject.scores.iter().filter(|scores| scores.role == crate::record::Role::Model).filter(has_both);
    tested
        .map(|scores| ErratumPair {
            metric: format!("{}: {theirs}, {ours}", subject.task.id),
            model: scores.model.clone(),
            compatible: of_targets(scores, theirs),
            corrected: of_targets(scores, ours),
        })
        .collect()
}

/// Means over all items, by the first right answer and by any; only of tasks that have both.
fn first_answers(subject: &Subject<'_>, metrics: &[String]) -> Vec<ErratumPair> {
    let mean = |scores: &TaskScores, metric: &str| -> Option<f64> {
        let values: Vec<f64> = scores.values(metric)?.into_iter().flatten().collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / super::accuracy::to_f64(values.len()))
    };
    let mut pairs = Vec::new();
    for scores in subject.scores.iter().filter(|scores| scores.role == crate::record::Role::Model) {
        for metric in metrics {
            if let Some(corrected) = mean(scores, &format!("{metric}_any")) {
                pairs.push(ErratumPair {
                    metric: format!("{}: {metric}", subject.task.id),
                    model: scores.model.clone(),
                    compatible: mean(scores, metric),
                    corrected: Some(corrected),
                });
            }
        }
    }
    pairs
}

fn pair(
    subject: &Subject<'_>,
    scores: &TaskScores,
    metric: &str,
    fault: &Fault,
) -> Result<Option<ErratumPair>, RunError> {
    let Some((attack, named)) = metrics::find(metric).and_then(|named| Some((named.attack?, named))) else {
        return Ok(None);
    };
    let Some(items) = scores.metrics.get(attack.id) else { return Ok(None) };
    let values: Vec<Option<f64>> = items.iter().map(|item| item.value).collect();
    let kept: Vec<Option<f64>> = items
        .iter()
        .map(|item| item.value.filter(|_| !item.flags.iter().any(|flag| flag == FLAG_K_FLOOR_APPLIED)))
        .collect();
    let refused = |error| subject.refused(metric, &error);
    let labeled = |values: &[Option<f64>]| {
        let doses = Doses::of(subject.items());
        let (members, non_members) = (present(values, &doses.at_least(1)), present(values, doses.unseen()));
        if members.is_empty() || non_members.is_empty() {
            return Ok(None);
        }
        LabeledScores::from_classes(&members, &non_members).map(Some).map_err(refused)
    };
    let auc = |scores: Option<LabeledScores>| {
        scores.map(|scores| auc_estimate(&scores, subject.level(), AucIntervalMethod::Logit).auc)
    };
    let (compatible, corrected) = match (fault, named.false_positive_rate) {
        (Fault::DropsShortTexts, None) => (auc(labeled(&kept)?), auc(labeled(&values)?)),
        (Fault::Rule(rule), Some(bound)) => {
            let Some(scores) = labeled(&values)? else { return Ok(None) };
            if !is_resolvable(bound, scores.n_negative()) {
                return Ok(None);
            }
            let rate = |rule| tpr_at_fpr(&scores, bound, rule, subject.level()).map_err(refused);
            (Some(rate(*rule)?.true_positive_rate), Some(rate(FprRule::Conservative)?.true_positive_rate))
        }
        _ => return Ok(None),
    };
    Ok(Some(ErratumPair {
        metric: format!("{}: {metric}", subject.task.id),
        model: scores.model.clone(),
        compatible,
        corrected,
    }))
}
