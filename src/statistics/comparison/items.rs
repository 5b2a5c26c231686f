//! Two models on the same items, by means.

use std::collections::BTreeSet;

use super::finding::{ComparisonSettings, PairedFinding};
use crate::statistics::cluster::mean::clustered_mean;
use crate::statistics::distribution::student_t_two_sided;
use crate::statistics::equivalence::check_margin;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::mean::mean_interval;
use crate::statistics::missing::{MissingPolicy, check_lengths, check_pairs};
use crate::statistics::paired::binary::{McNemarMethod, PairedCounts, cohen_h, mcnemar};
use crate::statistics::paired::binary_interval::{PhiCorrection, newcombe_paired, tango_paired};
use crate::statistics::paired::difference::rounded_difference;
use crate::statistics::paired::effect::standardised_difference;
use crate::statistics::paired::permutation::{SignFlip, sign_flip, sign_flip_clustered};
use crate::statistics::power::{PairedVariance, detectable_difference, mde_mcnemar, mde_paired_mean};
use crate::statistics::record::Effect;
use crate::statistics::resample::bootstrap::bootstrap_mean;
use crate::statistics::resample::stream::Bootstrap;

/// Below this many clusters t intervals come out too short, and the p-value is a cluster sign flip's.
const FEW_CLUSTERS: usize = 10;

/// What the scores of an item are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// 0 or 1.
    ZeroOne,
    /// Any number.
    Real,
}

/// Compares A and B on the same items by the default of the house.
///
/// `clusters` are the items' sources; they count only where two items share one. A `ZeroOne` score strictly between 0 and 1
/// (a mean of repeats) makes the comparison `Real`. Where no test is possible (a single item, a single cluster) the finding
/// still carries means and counts, and `refusal` says why.
///
/// # Errors
/// `InvalidParameter` (a margin of 0 or below, fewer than two resamples, no flips), `EmptyInput`, `LengthMismatch`,
/// `NonFinite`.
pub fn compare_items<Label: Ord>(
    a: &[f64],
    b: &[f64],
    clusters: Option<&[Label]>,
    scale: Scale,
    settings: &ComparisonSettings,
) -> Result<PairedFinding, StatError> {
    if let Some(margin) = settings.margin {
        check_margin(margin)?;
    }
    check_pairs(a, b)?;
    if let Some(labels) = clusters {
        check_lengths(a.len(), labels.len())?;
    }
    let n = a.len();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
    let mut finding = PairedFinding::untested(n);
    (finding.value_a, finding.value_b) = (Some(mean(a)), Some(mean(b)));
    let differences: Vec<f64> = a.iter().zip(b).map(|(&left, &right)| rounded_difference(left, right)).collect();
    finding.difference = Some(mean(&differences));
    finding.count_changes(differences.iter().copied().enumerate());
    let pair = Pair { a, b, differences: &differences, settings };
    let shared = clusters.filter(|labels| {
        let mut seen = BTreeSet::new();
        labels.iter().any(|label| !seen.insert(label))
    });
    let is_zero_one = |values: &[f64]| values.iter().all(|&value| is_zero_or_one(value));
    let outcome = match shared {
        Some(labels) => pair.clustered(labels, &mut finding),
        None if scale == Scale::ZeroOne && is_zero_one(a) && is_zero_one(b) => pair.zero_one(&mut finding),
        None => pair.real(&mut finding),
    };
    match outcome {
        Ok(()) => Ok(finding),
        // What the data cannot tell is a finding; what the caller asked wrongly is an error.
        Err(error @ (StatError::InvalidParameter { .. } | StatError::LengthMismatch { .. })) => Err(error),
        Err(error) => {
            finding.refusal = Some(error);
            Ok(finding)
        }
    }
}

fn is_zero_or_one(value: f64) -> bool {
    value.abs() < 1e-12 || (value - 1.0).abs() < 1e-12
}

struct Pair<'a> {
    a: &'a [f64],
    b: &'a [f64],
    differences: &'a [f64],
    settings: &'a ComparisonSettings,
}

impl Pair<'_> {
    fn zero_one(&self, finding: &mut PairedFinding) -> Result<(), StatError> {
        let right = |values: &[f64]| values.iter().map(|&value| value > 0.5).collect::<Vec<bool>>();
        let counts = PairedCounts::from_outcomes(&right(self.a), &right(self.b))?;
        let test = mcnemar(counts, McNemarMethod::MidP)?;
        // Newcombe's interval is a point where both are always right or always wrong; Tango's is not.
        let interval_at = |level: Level| -> Result<Interval, StatError> {
            if counts.n_discordant() == 0 {
                tango_paired(counts, level)?.interval.ok_or(StatError::ZeroVariance)
            } else {
                Ok(newcombe_paired(counts, level, PhiCorrection::Corrected)?.interval)
            }
        };
        let discordance = counts.n_discordant() as f64 / self.a.len() as f64;
        finding.test = test.method;
        finding.interval = Some(interval_at(self.settings.level)?);
        finding.p_value = Some(test.p_value);
        finding.p_exact = Some(mcnemar(counts, McNemarMethod::Exact)?.p_value);
        let (n, difference) = (self.a.len() as f64, counts.difference());
        finding.standard_error = Some(((discordance - difference * difference).max(0.0) / n).sqrt());
        if let (Some(rate_a), Some(rate_b)) = (finding.value_a, finding.value_b) {
            let value = cohen_h(rate_a.clamp(0.0, 1.0), rate_b.clamp(0.0, 1.0));
            finding.effect = Some(Effect { name: "cohen_h".to_owned(), value });
        }
        finding.minimal_detectable_effect = mde_mcnemar(self.a.len(), discordance, self.settings.power).ok().flatten();
        finding.flags.extend(test.flags);
        if let Some(margin) = self.settings.margin {
            finding.hold_against(margin, self.settings.better, interval_at(self.settings.margin_level()?)?)?;
        }
        Ok(())
    }

    fn real(&self, finding: &mut PairedFinding) -> Result<(), StatError> {
        let flips = SignFlip { resamples: self.settings.flips, seed: self.settings.seed, ..SignFlip::default() };
        let test = sign_flip(self.a, self.b, &flips)?;
        finding.test = "permutation_paired".to_owned();
        finding.p_value = Some(test.p_value);
        finding.flags.extend(test.flags);
        finding.resamples = test.resamples;
        if self.differences.len() < 2 {
            finding.flags.push(Flag::TooFewForVariance);
            return Ok(());
        }
        let interval_at = |level: Level| -> Result<(Interval, Vec<Flag>), StatError> {
            let settings = Bootstrap { resamples: self.settings.resamples, seed: self.settings.seed, level };
            let found = bootstrap_mean(self.differences, &settings)?;
            Ok((found.bca, found.flags))
        };
        let (interval, flags) = interval_at(self.settings.level)?;
        finding.interval = Some(interval);
        finding.standard_error = mean_interval(self.differences, self.settings.level)?.standard_error;
        finding.flags.extend(flags.into_iter().filter(|flag| *flag != Flag::ZeroVariance));
        match standardised_difference(self.a, self.b, MissingPolicy::Reject) {
            Ok(effect) => {
                let variance = effect.standard_error.powi(2) * self.differences.len() as f64;
                let named = |name: &str, value| Some(Effect { name: name.to_owned(), value });
                finding.effect = match effect.hedges_g_z {
                    Some(value) => named("hedges_g_z", value),
                    None => named("d_z", effect.d_z),
                };
                let variance = PairedVariance::of_differences(variance);
                finding.minimal_detectable_effect =
                    mde_paired_mean(variance, self.differences.len(), self.settings.power).ok();
            }
            Err(_) => finding.flags.push(Flag::ZeroVariance),
        }
        if let Some(margin) = self.settings.margin {
            let level = self.settings.margin_level()?;
            let interval = match self.without_a_difference(self.differences.len(), level)? {
                Some(interval) => interval,
                None => interval_at(level)?.0,
            };
            finding.hold_against(margin, self.settings.better, interval)?;
        }
        Ok(())
    }

    /// Where no pair differs, a point interval would make any margin look kept, on however few pairs. Scores from 0 to 1
    /// differ in the mean by at most the share of pairs that differ, so that Tango's interval of a table without discordant
    /// pairs holds for them, too. `None` for other data.
    fn without_a_difference(&self, n: usize, level: Level) -> Result<Option<Interval>, StatError> {
        let is_unit = |values: &[f64]| values.iter().all(|value| (0.0..=1.0).contains(value));
        let is_equal = self.differences.iter().all(|difference| difference.abs() <= 0.0);
        if !(is_equal && is_unit(self.a) && is_unit(self.b)) {
            return Ok(None);
        }
        let counts = PairedCounts { both: n as u64, only_a: 0, only_b: 0, neither: 0 };
        Ok(tango_paired(counts, level)?.interval)
    }

    fn clustered<Label: Ord>(&self, labels: &[Label], finding: &mut PairedFinding) -> Result<(), StatError> {
        let found = clustered_mean(self.differences, labels, self.settings.level)?;
        finding.n_clusters = Some(found.clusters);
        finding.interval = Some(found.interval);
        finding.standard_error = Some(found.se_cr1);
        finding.flags.extend(found.flags);
        if found.clusters < FEW_CLUSTERS {
            let flips = SignFlip { resamples: self.settings.flips, seed: self.settings.seed, ..SignFlip::default() };
            let test = sign_flip_clustered(self.a, self.b, labels, &flips)?;
            finding.test = "permutation_paired".to_owned();
            finding.p_value = Some(test.p_value);
            finding.resamples = test.resamples;
        } else {
            finding.test = "clustered_se".to_owned();
            finding.p_value = if found.se_cr1 > 0.0 {
                Some(student_t_two_sided(found.mean / found.se_cr1, found.degrees_of_freedom))
            } else {
                (found.mean.abs() <= 0.0).then_some(1.0)
            };
        }
        finding.minimal_detectable_effect =
            detectable_difference(found.se_cr1, self.settings.power).ok().filter(|difference| *difference > 0.0);
        finding.effect = standardised_difference(self.a, self.b, MissingPolicy::Reject)
            .ok()
            .map(|effect| Effect { name: "d_z".to_owned(), value: effect.d_z });
        if let Some(margin) = self.settings.margin {
            let level = self.settings.margin_level()?;
            let interval = match self.without_a_difference(found.clusters, level)? {
                Some(interval) => interval,
                None => clustered_mean(self.differences, labels, level)?.interval,
            };
            finding.hold_against(margin, self.settings.better, interval)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::equivalence::Outcome;

    const NO_CLUSTERS: Option<&[u32]> = None;

    fn wave(n: u32, step: f64, shift: f64) -> Vec<f64> {
        (0..n).map(|index| (f64::from(index) * step).sin() + shift).collect()
    }

    fn compare(a: &[f64], b: &[f64], scale: Scale) -> PairedFinding {
        compare_items(a, b, NO_CLUSTERS, scale, &ComparisonSettings::default()).unwrap()
    }

    #[test]
    fn each_kind_of_items_gets_its_test() {
        let (a, b) = (wave(60, 0.7, 0.1), wave(60, 0.9, 0.0));
        assert_eq!(compare(&a, &b, Scale::Real).test, "permutation_paired");
        let right = |values: &[f64]| values.iter().map(|value| f64::from(u8::from(*value > 0.0))).collect::<Vec<f64>>();
        assert_eq!(compare(&right(&a), &right(&b), Scale::ZeroOne).test, "mcnemar_midp");
        // A mean over repeats is no longer 0 or 1.
        assert_eq!(compare(&a, &b, Scale::ZeroOne).test, "permutation_paired");
        let with = |size: u32| {
            let labels: Vec<u32> = (0..60).map(|row| row / size).collect();
            compare_items(&a, &b, Some(&labels), Scale::Real, &ComparisonSettings::default()).unwrap()
        };
        assert_eq!((with(1).test.as_str(), with(1).n_clusters), ("permutation_paired", None));
        assert_eq!((with(3).test.as_str(), with(3).n_clusters), ("clustered_se", Some(20)));
        assert_eq!((with(10).test.as_str(), with(10).n_clusters), ("permutation_paired", Some(6)));
        assert!(with(10).flags.contains(&Flag::FewClusters));
    }

    #[test]
    fn swapping_negates_the_finding_and_keeps_p() {
        let (a, b) = (wave(80, 0.7, 0.2), wave(80, 1.1, 0.0));
        let (direct, swapped) = (compare(&a, &b, Scale::Real), compare(&b, &a, Scale::Real));
        assert!((direct.difference.unwrap() + swapped.difference.unwrap()).abs() < 1e-14);
        assert_eq!(direct.p_value, swapped.p_value);
        assert_eq!((direct.wins, direct.losses), (swapped.losses, swapped.wins));
        let (one, other) = (direct.interval.unwrap(), swapped.interval.unwrap());
        assert!((one.low + other.high).abs() < 1e-12 && (one.high + other.low).abs() < 1e-12);
    }

    #[test]
    fn models_that_answer_alike_are_not_certain_to_be_equal() {
        let alike = vec![1.0; 25];
        let finding = compare(&alike, &alike, Scale::ZeroOne);
        assert!((finding.p_value.unwrap() - 1.0).abs() < 1e-15);
        let interval = finding.interval.unwrap();
        assert!(interval.low < -0.1 && interval.high > 0.1, "{interval:?}");
    }

    #[test]
    fn one_item_and_one_cluster_keep_their_means_and_say_why_there_is_no_test() {
        let single = compare(&[0.7], &[0.2], Scale::Real);
        assert!(single.interval.is_none() && single.flags.contains(&Flag::TooFewForVariance));
        let lonely =
            compare_items(&[0.7, 0.8], &[0.2, 0.1], Some(&["x", "x"]), Scale::Real, &ComparisonSettings::default())
                .unwrap();
        assert_eq!(lonely.refusal, Some(StatError::TooFewClusters { needed: 2, got: 1 }));
        assert!((lonely.difference.unwrap() - 0.6).abs() < 1e-12);
    }

    #[test]
    fn a_margin_asks_for_one_of_five_outcomes() {
        let (a, b) = (wave(400, 0.7, 0.0), wave(400, 0.7, 0.0));
        let mut shifted = a.clone();
        shifted.iter_mut().enumerate().for_each(|(index, value)| *value += 0.01 * (index as f64).cos());
        let with = |margin| ComparisonSettings { margin: Some(margin), ..ComparisonSettings::default() };
        let found = compare_items(&shifted, &b, NO_CLUSTERS, Scale::Real, &with(0.05)).unwrap();
        assert_eq!(found.margin.unwrap().outcome, Outcome::Equivalent);
        let error = compare_items(&a, &b, NO_CLUSTERS, Scale::Real, &with(0.0)).unwrap_err();
        assert_eq!(error.kind(), "InvalidParameter");
    }

    #[test]
    fn scores_that_are_all_alike_are_equivalent_on_many_pairs_only() {
        let with = |n: usize| {
            let settings = ComparisonSettings { margin: Some(0.05), ..ComparisonSettings::default() };
            let scores: Vec<f64> = (0..n).map(|index| (index as f64).sin().abs()).collect();
            compare_items(&scores, &scores, NO_CLUSTERS, Scale::Real, &settings).unwrap().margin.unwrap().outcome
        };
        assert_eq!((with(2), with(200)), (Outcome::Inconclusive, Outcome::Equivalent));
    }

    #[test]
    fn the_most_changed_rows_come_first() {
        let finding = compare(&[0.1, 0.9, 0.5, 0.3], &[0.2, 0.1, 0.5, 0.4], Scale::Real);
        assert_eq!(finding.changes.iter().map(|change| change.0).collect::<Vec<_>>(), [1, 0, 3]);
        assert_eq!((finding.wins, finding.ties, finding.losses), (1, 1, 2));
    }
}
