//! How sure are we: numbers in, records out.
//!
//! Everything here is a pure function of slices; it knows nothing of models or suites.
//! Randomness comes in as a seed and the result does not depend on the number of threads.
//! The unit of analysis is the item: average repeats first, test paired when the items are
//! the same, and cluster when items share a source.
//!
//! - shapes: `error`, `estimate` (level, interval, flags), `record` (one shape for all answers), `extended_float`, `missing`
//! - foundations: `distribution`, `rank`, `linear`, `resample` (seeds, streams, the bootstrap of a mean)
//! - one number: `mean`, `proportion`, `cluster` (clusters and repeats)
//! - two models, same items: `paired`, `equivalence` (margins), `power`, `comparison` (which of them by default)
//! - detection: `roc`; two samples: `ks`, `two_sample`; drawn by lot: `lottery`
//! - relations: `association`, `agreement`, `regression`; in time: `change_point`
//! - many models: `ranking`, `multiplicity`
//! - judges with errors: `judge`; looking while it runs: `sequential`
//! - in words: `wording`
//! - all of it by name, from JSON: `registry`
//!
//! To add a method: one file in its folder, one line below, one entry in `registry`, one golden case.

mod agreement;
mod association;
mod change_point;
mod cluster;
mod comparison;
mod distribution;
mod equivalence;
mod error;
mod estimate;
mod extended_float;
mod judge;
mod ks;
mod linear;
mod lottery;
mod mean;
mod missing;
mod multiplicity;
mod paired;
mod power;
mod proportion;
mod rank;
mod ranking;
mod record;
pub mod registry;
mod regression;
mod resample;
mod roc;
mod score_limit;
mod sequential;
mod two_sample;
pub mod wording;

pub use agreement::cohen::{CohenKappa, KappaWeights, RawAgreement, cohen_kappa, raw_agreement};
pub use agreement::fleiss::{FleissKappa, fleiss_kappa};
pub use agreement::krippendorff::{
    AlphaInterval, KrippendorffAlpha, Measurement, krippendorff_alpha, krippendorff_interval,
    krippendorff_interval_from_indices,
};
pub use association::confidence::{ConfidenceReport, confidence_report};
pub use association::correlation::{Correlation, CorrelationMethod, correlation};
pub use association::reliability::{Reliability, ReliabilityBin, ece_interval, reliability};
pub use association::trend::{DoseScoring, TrendTest, cochran_armitage, score_dose_correlation};
pub use change_point::several::{Segment, Segmentation, change_points};
pub use change_point::single::{ChangeDirection, ChangePoint, ChangePointTest, Split, change_point};
pub use change_point::stratified::{StratifiedDrop, TimedHit, stratified_drop};
pub use cluster::bootstrap::{ClusterBootstrap, cluster_bootstrap, cluster_bootstrap_from_indices};
pub use cluster::contrast::{ClusterContrast, cluster_contrast};
pub use cluster::effective::{ASSUMED_ICC, effective_n};
pub use cluster::mean::{ClusteredMean, clustered_mean};
pub use cluster::pass_at_k::{PassAtK, pass_at_k};
pub use cluster::ratio::{ClusterRatio, cluster_ratio_bootstrap};
pub use cluster::stratified::{ClusterValues, StratifiedMean, Within, stratified_mean};
pub use cluster::variance::{IntraclassCorrelation, VarianceComponents, intraclass_correlation, variance_components};
pub use comparison::areas::compare_areas;
pub use comparison::explain::{Explained, Unit};
pub use comparison::finding::{Better, ComparisonSettings, MarginFinding, PairedFinding};
pub use comparison::items::{Scale, compare_items};
pub use distribution::{
    beta_cdf, beta_quantile, binomial_cdf, binomial_pmf, binomial_sf, chi_squared_sf, f_sf, kolmogorov_sf,
    noncentral_t_sf, normal_cdf, normal_quantile, normal_sf, normal_two_sided, student_t_cdf, student_t_quantile,
    student_t_sf, student_t_two_sided, studentized_range_sf, studentized_range_upper_quantile,
};
pub use equivalence::{EquivalenceTest, Outcome, outcome, tost_paired};
pub use error::StatError;
pub use estimate::{Alternative, Estimate, Flag, Interval, Level};
pub use judge::prediction_powered::{JudgeWeight, PredictionPoweredMean, prediction_powered_mean};
pub use judge::rogan_gladen::{CorrectedRate, JudgedCounts, rogan_gladen};
pub use ks::{KsMode, KsTest, ks_distance, ks_test};
pub use lottery::{DrawnGroup, LotteryTest, lottery};
pub use mean::mean_interval;
pub use missing::{MissingPolicy, usable_rows};
pub use multiplicity::{Adjustment, adjust_p_values, rejections};
pub use paired::binary::{
    McNemarMethod, McNemarTest, PairedCounts, PairedOddsRatio, cohen_h, mcnemar, mcnemar_exact_p, mcnemar_midp,
    paired_odds_ratio,
};
pub use paired::binary_interval::{PairedDifference, PhiCorrection, newcombe_paired, tango_paired, wald_paired};
pub use paired::effect::{
    CliffsDelta, StandardisedDifference, cliffs_delta, hedges_factor, rank_biserial, standardised_difference,
};
pub use paired::permutation::{FlipStatistic, PermutationMode, SignFlip, SignFlipTest, sign_flip, sign_flip_clustered};
pub use paired::sign::{SignTest, sign_test};
pub use paired::t::{PairedTTest, paired_t};
pub use paired::wilcoxon::{Continuity, Wilcoxon, WilcoxonMode, WilcoxonTest, ZeroMethod, wilcoxon};
pub use power::{
    PairedVariance, PowerTarget, detectable_difference, items_for_mcnemar, items_for_paired_mean, items_for_paired_t,
    mcnemar_power, mde_mcnemar, mde_paired_mean, paired_t_power,
};
pub use proportion::difference::{DifferenceMethod, miettinen_nurminen_as_statsmodels, proportion_difference};
pub use proportion::single::{
    ProportionMethod, clopper_pearson, proportion, proportion_interval, wilson, wilson_of_mean,
};
pub use ranking::bradley_terry::{BradleyTerry, BradleyTerrySettings, bradley_terry};
pub use ranking::friedman::{FriedmanTest, friedman};
pub use ranking::nemenyi::{NemenyiTest, nemenyi, nemenyi_q};
pub use ranking::page::{PageTest, page_trend};
pub use ranking::pairwise::{PairwiseTests, RankRange, pairwise_wilcoxon};
pub use ranking::rank_interval::{RankBootstrap, rank_bootstrap, rank_bootstrap_from_indices};
pub use ranking::scores::TaskScores;
pub use ranking::votes::{PositionBias, Vote, VoteRanking, position_bias, rank_votes};
pub use record::{DegreesOfFreedom, Effect, TestRecord};
pub use regression::discontinuity::{
    Discontinuity, DiscontinuityTest, Kernel, PlaceboCheck, discontinuity, placebo_discontinuities,
};
pub use regression::interaction::{Interaction, interaction};
pub use regression::least_squares::{LeastSquares, RobustErrors, least_squares};
pub use regression::ridge::{AlphaError, RidgeChoice, RidgeFit, choose_ridge_alpha, ridge};
pub use resample::bootstrap::{BootstrapMean, bootstrap_mean, bootstrap_mean_from_indices};
pub use resample::stream::{Bootstrap, DEFAULT_SEED, GENERATOR, quantile_type7, seed_for};
pub use roc::bootstrap::{RocBootstrap, RocStatistic, bootstrap_roc, bootstrap_roc_difference, tpr_at_fpr_resampled};
pub use roc::curve::{CurvePoints, LabeledScores, RocCurve, RocPoint};
pub use roc::delong::{
    AucComparison, AucEstimate, AucIntervalMethod, auc_estimate, delong_paired, delong_unpaired, delong_variance,
    hanley_mcneil_standard_error, separability_interval,
};
pub use roc::operating_point::{FprAtTpr, FprRule, TprAtFpr, fpr_at_tpr, is_resolvable, needed_negatives, tpr_at_fpr};
pub use sequential::confidence_sequence::{
    AsymptoticSequence, ConfidenceSequence, RunningIntersection, SequenceKind, asymptotic_confidence_sequence,
    confidence_sequence,
};
pub use sequential::e_value::{EValue, e_value_mcnemar, largest_e_value};
pub use two_sample::mann_whitney::{MannWhitneyTest, mann_whitney};
pub use two_sample::permutation::{
    LabelPermutation, LabelPermutationTest, label_permutation, label_permutation_stratified,
};
