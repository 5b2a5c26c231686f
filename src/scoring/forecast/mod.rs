//! What answers to questions about published numbers are worth, and what a guess would have been worth.
//!
//! - [`hit`]: whether an answer is close enough to the truth;
//! - [`level`]: errors and shares over the answers to one series;
//! - [`mod@baseline`]: what can be said from earlier values alone;
//! - [`mod@guessability`]: hits beyond the strongest baseline, before and after the cutoff;
//! - [`fake_cutoff`]: how much of the memory an instruction to forget leaves;
//! - [`headline`]: the date of a text; [`reconstruct`]: firm, quarter and year of an anonymised one;
//! - [`lap`]: how often a direction is named from entity and date alone.
//!
//! Tests and intervals on these values are [`statistics`](crate::statistics): `discontinuity`, `change_point`,
//! `label_permutation`, `cluster_contrast`, `confidence_report`, `interaction`, `ridge`. Shares are in [0, 1]; what has no value
//! is `None`, never NaN.

pub mod baseline;
pub mod fake_cutoff;
pub mod guessability;
pub mod headline;
pub mod hit;
pub mod lap;
pub mod level;
pub mod reconstruct;

pub use baseline::{Baseline, History, Majority, baseline, baseline_path, majority, trailing_mean};
pub use fake_cutoff::{FakeCutoffLeak, fake_cutoff_leak};
pub use guessability::{BaselineComparison, ExcessHits, Guessability, excess_hits, guessability, scaled_excess};
pub use headline::{DatedAnswer, HeadlineDating, HeadlineItem, headline_dating, signed_days};
pub use hit::{Tolerance, is_hit, is_suspect_fraction};
pub use lap::{direction_mass, direction_share, empirical_cutoff, is_reportable};
pub use level::{FEW_ANSWERED, LevelAnswer, LevelItem, LevelMetrics, LevelRule, level_metrics};
pub use reconstruct::{FirmAliases, Reconstruction, ReconstructionShares, is_same_firm, reconstruction_shares};

/// Mean; `None` without a value.
fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.into_iter().fold((0_usize, 0.0), |(n, sum), value| (n + 1, sum + value));
    (n > 0).then(|| sum / n as f64)
}

/// Share of claims that hold; `None` without one.
fn share(claims: impl IntoIterator<Item = bool>) -> Option<f64> {
    mean(claims.into_iter().map(|holds| f64::from(u8::from(holds))))
}

/// Middle value, or the mean of the middle two; `None` without a value.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let (half, n) = (values.len() / 2, values.len());
    match n {
        0 => None,
        _ if n % 2 == 1 => values.get(half).copied(),
        _ => Some(f64::midpoint(values[half - 1], values[half])),
    }
}

/// -1, 0 or 1; 0 for equal numbers alone.
fn sign_of_change(from: f64, to: f64) -> i8 {
    i8::from(to > from) - i8::from(to < from)
}
