//! Two models' scores of the same members and non-members, by the area under the ROC curve.

use super::finding::{ComparisonSettings, PairedFinding};
use crate::statistics::equivalence::check_margin;
use crate::statistics::error::StatError;
use crate::statistics::estimate::Flag;
use crate::statistics::paired::difference::rounded_difference;
use crate::statistics::power::detectable_difference;
use crate::statistics::record::Effect;
use crate::statistics::roc::curve::LabeledScores;
use crate::statistics::roc::delong::{delong_paired, member_placements};

/// Fewer items of a class than this and DeLong's normal approximation is rough.
const ENOUGH_OF_A_CLASS: usize = 10;

/// Compares the areas of two scores on the same items by paired DeLong.
///
/// `has_shared_clusters` says that items share sources, which DeLong does not know: the finding is flagged. Wins and losses
/// count members by placement, the share of non-members that they lie above. Where no test is possible `refusal` says why.
///
/// # Errors
/// `InvalidParameter` (a margin of 0 or below), `EmptyInput`, `LengthMismatch`, `NonFinite`.
pub fn compare_areas(
    scores_a: &[f64],
    scores_b: &[f64],
    is_member: &[bool],
    has_shared_clusters: bool,
    settings: &ComparisonSettings,
) -> Result<PairedFinding, StatError> {
    if let Some(margin) = settings.margin {
        check_margin(margin)?;
    }
    let mut finding = PairedFinding::untested(scores_a.len());
    finding.test = "delong_paired".to_owned();
    if has_shared_clusters {
        finding.flags.push(Flag::IgnoresClusters);
    }
    let n_members = is_member.iter().filter(|is_member| **is_member).count();
    if n_members.min(is_member.len() - n_members) < ENOUGH_OF_A_CLASS {
        finding.flags.push(Flag::FewInClass);
    }
    let test = match delong_paired(scores_a, scores_b, is_member, settings.level) {
        Ok(test) => test,
        Err(error @ (StatError::SingleClass | StatError::TooFewItems { .. } | StatError::EmptyInput)) => {
            finding.refusal = Some(error);
            return Ok(finding);
        }
        Err(error) => return Err(error),
    };
    (finding.value_a, finding.value_b) = (Some(test.auc_a), Some(test.auc_b));
    finding.difference = Some(test.difference);
    finding.interval = test.interval.clone();
    finding.standard_error = Some(test.standard_error);
    finding.p_value = test.p_value;
    finding.refusal = test.significance().err();
    // On the scale of Cliff's delta, 2 AUC - 1.
    finding.effect = Some(Effect { name: "cliffs_delta_difference".to_owned(), value: 2.0 * test.difference });
    finding.minimal_detectable_effect =
        detectable_difference(test.standard_error, settings.power).ok().filter(|difference| *difference > 0.0);
    finding.flags.extend(test.flags);
    let placements = |scores: &[f64]| LabeledScores::new(scores, is_member).map(|data| member_placements(&data));
    let (placed_a, placed_b) = (placements(scores_a)?, placements(scores_b)?);
    let members = (0..is_member.len()).filter(|&row| is_member[row]);
    finding.count_changes(
        members.zip(placed_a.into_iter().zip(placed_b)).map(|(row, (a, b))| (row, rounded_difference(a, b))),
    );
    if let Some(margin) = settings.margin {
        let level = settings.margin_level()?;
        if let Some(interval) = delong_paired(scores_a, scores_b, is_member, level)?.interval {
            finding.hold_against(margin, settings.better, interval)?;
        }
    }
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> (Vec<f64>, Vec<f64>, Vec<bool>) {
        let is_member: Vec<bool> = (0..120).map(|row| row % 2 == 0).collect();
        let noise = |row: u32, step: f64| (f64::from(row) * step).sin();
        let a = (0..120).map(|row| noise(row, 0.7) + if row % 2 == 0 { 1.0 } else { 0.0 }).collect();
        let b = (0..120).map(|row| noise(row, 1.3)).collect();
        (a, b, is_member)
    }

    #[test]
    fn the_better_score_wins_more_members() {
        let (a, b, is_member) = scores();
        let finding = compare_areas(&a, &b, &is_member, false, &ComparisonSettings::default()).unwrap();
        assert!(finding.p_value.unwrap() < 1e-4 && finding.wins > 2 * finding.losses);
        assert_eq!(finding.wins + finding.ties + finding.losses, 60);
        // The mean change of a member's placement is the difference of the areas.
        let mean = finding.changes.iter().map(|change| change.1).sum::<f64>() / 60.0;
        assert!((mean - finding.difference.unwrap()).abs() < 1e-9);
    }

    #[test]
    fn one_class_and_separated_areas_say_why_there_is_no_test() {
        let all = vec![true; 4];
        let scores = [0.1, 0.2, 0.3, 0.4];
        let settings = ComparisonSettings::default();
        let single = compare_areas(&scores, &scores, &all, false, &settings).unwrap();
        assert_eq!(single.refusal, Some(StatError::SingleClass));
        let separated =
            compare_areas(&scores, &[0.4, 0.3, 0.2, 0.1], &[false, false, true, true], true, &settings).unwrap();
        assert_eq!((separated.p_value, separated.refusal), (None, Some(StatError::ZeroVariance)));
        assert!(separated.flags.contains(&Flag::IgnoresClusters) && separated.flags.contains(&Flag::FewInClass));
    }
}
