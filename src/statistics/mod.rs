//! How sure are we: numbers in, records out.
//!
//! Everything here is a pure function of slices; it knows nothing of models or suites.
//! Randomness comes in as a seed and the result does not depend on the number of threads.
//! The unit of analysis is the item: average repeats first, test paired when the items are
//! the same, and cluster when items share a source.
//!
//! - shapes: `error`, `estimate` (level, interval, flags), `extended_float`, `missing`
//! - foundations: `beta`, `distribution`, `rank`, `resample` (seeds, streams, quantiles)
//! - rates: `proportion`, `proportion_difference`, `paired_binary`, `paired_binary_interval`
//! - means: `mean`, `clustered_mean`, `bootstrap`
//! - detection: `roc`, `operating_point` (rate at a bound), `delong`, `roc_bootstrap`
//! - relations: `association`, `trend` (dose and response)
//! - families and planning: `multiplicity`, `power`
//!
//! To add a test: one file here, one line below, one golden case in `golden_tests`.

mod association;
mod beta;
mod bootstrap;
mod clustered_mean;
mod delong;
mod distribution;
mod error;
mod estimate;
mod extended_float;
mod ks;
mod mean;
mod missing;
mod multiplicity;
mod operating_point;
mod paired_binary;
mod paired_binary_interval;
mod power;
mod proportion;
mod proportion_difference;
mod rank;
mod resample;
mod roc;
mod roc_bootstrap;
mod trend;

#[cfg(test)]
mod golden_tests;

pub use association::{Correlation, CorrelationMethod, correlation};
pub use bootstrap::{BootstrapMean, bootstrap_mean, bootstrap_mean_from_indices};
pub use clustered_mean::{ClusteredMean, clustered_mean};
pub use delong::{
    AucComparison, AucEstimate, AucIntervalMethod, auc_estimate, delong_paired, delong_unpaired, delong_variance,
    hanley_mcneil_standard_error,
};
pub use distribution::{
    beta_cdf, beta_quantile, binomial_cdf, binomial_pmf, binomial_sf, chi_squared_sf, f_sf, normal_cdf,
    normal_quantile, normal_sf, normal_two_sided, student_t_cdf, student_t_quantile, student_t_sf, student_t_two_sided,
};
pub use error::StatError;
pub use estimate::{Alternative, Estimate, Flag, Interval, Level};
pub use ks::ks_distance;
pub use mean::{PairedTTest, mean_interval, paired_t};
pub use missing::{MissingPolicy, usable_rows};
pub use multiplicity::{Adjustment, adjust_p_values, rejections};
pub use operating_point::{FprAtTpr, FprRule, TprAtFpr, fpr_at_tpr, is_resolvable, needed_negatives, tpr_at_fpr};
pub use paired_binary::{
    McNemarMethod, McNemarTest, PairedCounts, PairedOddsRatio, cohen_h, mcnemar, mcnemar_exact_p, mcnemar_midp,
    paired_odds_ratio,
};
pub use paired_binary_interval::{PairedDifference, PhiCorrection, newcombe_paired, tango_paired, wald_paired};
pub use power::{
    PairedVariance, PowerTarget, detectable_difference, items_for_mcnemar, items_for_paired_mean, mcnemar_power,
    mde_mcnemar, mde_paired_mean,
};
pub use proportion::{ProportionMethod, clopper_pearson, proportion, proportion_interval, wilson};
pub use proportion_difference::{DifferenceMethod, proportion_difference};
pub use resample::{Bootstrap, DEFAULT_SEED, GENERATOR, quantile_type7, seed_for};
pub use roc::{CurvePoints, LabeledScores, RocCurve, RocPoint};
pub use roc_bootstrap::{RocBootstrap, RocStatistic, bootstrap_roc, bootstrap_roc_difference, tpr_at_fpr_resampled};
pub use trend::{DoseScoring, TrendTest, cochran_armitage, score_dose_correlation};
