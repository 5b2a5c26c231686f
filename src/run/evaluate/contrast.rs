//! Does another attack see more than the loss, and does it find other items?

use super::subject::{Doses, Subject, count, interval_record};
use crate::record::AttackContrast;
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::statistics::{Adjustment, adjust_p_values, delong_paired, is_resolvable};

/// The attack that all others are held against: it is the plainest, and needs nothing but the text.
const PLAINEST: &str = "loss";

/// Every other attack beside the loss, over seen (1 copy or more) against unseen items that both can score.
///
/// Two attacks that order the items alike have no difference to test: their interval and p are left out.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub(super) fn contrasts(subject: &Subject<'_>, scores: &TaskScores) -> Result<Vec<AttackContrast>, RunError> {
    let doses = Doses::of(subject.items());
    let (seen, unseen) = (doses.at_least(1), doses.unseen());
    let Some(loss) = scores.values(PLAINEST) else { return Ok(Vec::new()) };
    let bound = subject.plan.tpr_at_fpr.iter().copied().fold(0.0, f64::max);
    let mut contrasts = Vec::new();
    for attack in scores.metrics.keys().filter(|attack| attack.as_str() != PLAINEST) {
        let Some(values) = scores.values(attack) else { continue };
        let (mut own, mut plain, mut is_member) = (Vec::new(), Vec::new(), Vec::new());
        for (items, member) in [(seen.as_slice(), true), (unseen, false)] {
            for &index in items {
                if let (Some(value), Some(loss)) = (values[index], loss[index]) {
                    own.push(value);
                    plain.push(loss);
                    is_member.push(member);
                }
            }
        }
        let n_members = is_member.iter().filter(|member| **member).count();
        let n_non_members = is_member.len() - n_members;
        if n_members < 2 || n_non_members < 2 {
            continue;
        }
        let compared = delong_paired(&own, &plain, &is_member, subject.level())
            .map_err(|error| subject.refused(attack, &error))?;
        let found = is_resolvable(bound, n_non_members).then(|| {
            let (own, plain) = (found(&own, &is_member, bound), found(&plain, &is_member, bound));
            let both = own.iter().zip(&plain).filter(|(own, plain)| **own && **plain).count();
            let n = |found: &[bool]| count(found.iter().filter(|found| **found).count());
            (n(&own), n(&plain), count(both))
        });
        contrasts.push(AttackContrast {
            task: subject.task.id.clone(),
            model: scores.model.clone(),
            attack: attack.clone(),
            against: PLAINEST.to_owned(),
            n_members: count(n_members),
            n_non_members: count(n_non_members),
            auc: compared.auc_a,
            auc_against: compared.auc_b,
            difference: compared.difference,
            interval: compared.interval.as_ref().map(interval_record),
            p_value: compared.p_value,
            p_adjusted: None,
            false_positive_rate: bound,
            found: found.map(|found| found.0),
            found_by_against: found.map(|found| found.1),
            found_by_both: found.map(|found| found.2),
        });
    }
    let p_values: Vec<Option<f64>> = contrasts.iter().map(|contrast| contrast.p_value).collect();
    let adjusted = adjust_p_values(&p_values, Adjustment::Holm).map_err(|error| subject.refused(PLAINEST, &error))?;
    for (contrast, adjusted) in contrasts.iter_mut().zip(adjusted) {
        contrast.p_adjusted = adjusted;
    }
    Ok(contrasts)
}

/// For every member whether it is called at the threshold that calls at most `bound` of the non-members.
fn found(scores: &[f64], is_member: &[bool], bound: f64) -> Vec<bool> {
    let of_class = |wanted: bool| scores.iter().zip(is_member).filter(move |(_, member)| **member == wanted);
    let mut unseen: Vec<f64> = of_class(false).map(|(score, _)| *score).collect();
    unseen.sort_by(|a, b| b.total_cmp(a));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count, not negative")]
    let allowed = (bound * unseen.len() as f64 + 1e-9).floor() as usize;
    // The first non-member that must not be called; ties with it are not called.
    let limit = unseen.get(allowed).copied().unwrap_or(f64::NEG_INFINITY);
    of_class(true).map(|(score, _)| *score > limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_called_above_the_highest_forbidden_non_member() {
        let scores = [5.0, 3.0, 1.0, 4.0, 3.0, 2.0, 0.0];
        let is_member = [true, true, true, false, false, false, false];
        assert_eq!(found(&scores, &is_member, 0.25), [true, false, false]);
        assert_eq!(found(&scores, &is_member, 0.5), [true, true, false]);
        assert_eq!(found(&scores, &is_member, 0.1), [true, false, false]);
    }
}
