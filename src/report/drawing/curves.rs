//! ROC curves and distributions of item scores, members against non-members.

use super::finding;
use super::selection::estimate;
use crate::record::{Distribution, MetricRow, ModelEntry, RocCurve as Curve, SuiteResults};
use crate::report::anchor::Anchors;
use crate::report::figure::ecdf::{self, Ecdf, EcdfDistance, EcdfGroup};
use crate::report::figure::roc_curve::{self, RocCurve, RocPoint, RocSeries};
use crate::report::figure::{Estimate, Figure, FigureError, FigureWords};
use crate::report::metric_name::{MetricName, items_word};
use crate::report::number;
use crate::report::table::interval_words;

/// What the suite asks of a figure about scores.
pub(super) struct Asked<'a> {
    pub task: &'a str,
    pub metrics: &'a [String],
    pub title: &'a str,
    /// Members are the items with at least this many copies.
    pub min_copies: u32,
}

/// Curves of one model on logarithmic axes; `None` when none of the measures has one.
pub(super) fn draw_roc(
    results: &SuiteResults,
    model: &ModelEntry,
    asked: &Asked<'_>,
    anchors: &mut Anchors,
) -> Result<Option<Figure>, FigureError> {
    let curves: Vec<&Curve> = asked
        .metrics
        .iter()
        .filter_map(|metric| {
            let name = MetricName::parse(metric);
            results.curves.iter().find(|curve| {
                curve.task == asked.task
                    && curve.model == model.slug
                    && curve.min_copies == asked.min_copies
                    && name.has_same_score(&MetricName::parse(&curve.metric))
            })
        })
        .collect();
    let Some(first) = curves.first() else { return Ok(None) };
    let rates: Vec<Option<&MetricRow>> = curves.iter().map(|curve| rate_at_one_percent(results, curve)).collect();
    let mut caption = vec![format!(
        "Members: {} with at least {} in the training data; non-members: those with none.",
        items_word(asked.task),
        copies(asked.min_copies)
    )];
    let areas = interval_words(curves.iter().filter_map(|curve| curve.auc_interval.as_ref()));
    if !areas.is_empty() {
        caption.push(format!("AUC {}", lower_first(&areas)));
    }
    let at_rate = interval_words(rates.iter().flatten().filter_map(|row| row.interval.as_ref()));
    if !at_rate.is_empty() {
        caption.push(format!("TPR {}", lower_first(&at_rate)));
    }
    let input = RocCurve {
        words: FigureWords {
            id: anchors.claim(&["roc", asked.task, &model.slug]),
            title: finding::curve(first),
            subtitle: format!("{} · model {}", asked.title, model.slug),
            caption: caption.join(" "),
        },
        series: curves
            .iter()
            .zip(&rates)
            .map(|(curve, rate)| RocSeries {
                name: MetricName::parse(&curve.metric).score_words(),
                points: curve
                    .fpr
                    .iter()
                    .zip(&curve.tpr)
                    .map(|(&false_positive_rate, &true_positive_rate)| RocPoint {
                        false_positive_rate,
                        true_positive_rate,
                    })
                    .collect(),
                n_members: curve.n_members,
                n_non_members: curve.n_non_members,
                auc: Some(Estimate {
                    value: curve.auc,
                    interval: curve.auc_interval.as_ref().map(|interval| (interval.low, interval.high)),
                }),
                tpr_at_1_percent: rate.and_then(estimate),
            })
            .collect(),
    };
    roc_curve::draw(&input).map(Some)
}

/// The rate at 1 % that belongs to a curve: same task, model and score, and the very same members and non-members.
/// A rate over other members would be a different claim; then none is shown.
fn rate_at_one_percent<'a>(results: &'a SuiteResults, curve: &Curve) -> Option<&'a MetricRow> {
    let score = MetricName::parse(&curve.metric);
    results.metrics.iter().find(|row| {
        let name = MetricName::parse(&row.metric);
        row.task == curve.task
            && row.model == curve.model
            && name.false_positive_rate().is_some_and(|rate| (rate - 0.01).abs() < 1e-9)
            && name.has_same_score(&score)
            && row.n_members == Some(curve.n_members)
            && row.n_non_members == Some(curve.n_non_members)
            && row.value.is_some_and(f64::is_finite)
            && !row.flags.iter().any(|flag| flag == "not_resolvable")
    })
}

/// Distribution of one item score of one model; `None` without a score in one of the groups.
pub(super) fn draw_ecdf(
    results: &SuiteResults,
    model: &ModelEntry,
    asked: &Asked<'_>,
    anchors: &mut Anchors,
) -> Result<Option<Figure>, FigureError> {
    let found = asked.metrics.iter().find_map(|metric| {
        let name = MetricName::parse(metric);
        results.distributions.iter().find(|distribution| {
            distribution.task == asked.task
                && distribution.model == model.slug
                && distribution.min_copies == asked.min_copies
                && name.has_same_score(&MetricName::parse(&distribution.metric))
        })
    });
    let Some(distribution) = found.filter(|it| !it.members.is_empty() && !it.non_members.is_empty()) else {
        return Ok(None);
    };
    let name = MetricName::parse(&distribution.metric).score_words();
    let input = Ecdf {
        words: FigureWords {
            id: anchors.claim(&["ecdf", asked.task, &distribution.metric, &model.slug]),
            title: distribution_title(distribution, &name),
            subtitle: format!("{} · model {}", asked.title, model.slug),
            caption: format!(
                "Each step is one item. Members: {} with at least {}; non-members: those with none. Higher scores \
                 speak for membership. D: largest vertical distance of the two curves (Kolmogorov-Smirnov).",
                items_word(asked.task),
                copies(asked.min_copies)
            ),
        },
        score_name: format!("{name} score of an item"),
        members: EcdfGroup { name: "members".to_owned(), scores: distribution.members.clone() },
        non_members: EcdfGroup { name: "non-members".to_owned(), scores: distribution.non_members.clone() },
        distance: place_of_distance(distribution),
    };
    ecdf::draw(&input).map(Some)
}

/// Where the largest distance of the results is to be drawn: the score at which the two curves lie that far apart.
///
/// Only a place on the drawing; the distance itself comes from the results, and without one, or when no score fits
/// it, nothing is marked. Both groups are sorted by the results.
fn place_of_distance(distribution: &Distribution) -> Option<EcdfDistance> {
    let distance = distribution.ks_distance?;
    let share = |scores: &[f64], at: f64| {
        #[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^52")]
        let share = scores.partition_point(|score| *score <= at) as f64 / scores.len() as f64;
        share
    };
    distribution
        .members
        .iter()
        .chain(&distribution.non_members)
        .copied()
        .find(|&at| {
            let apart = (share(&distribution.members, at) - share(&distribution.non_members, at)).abs();
            (apart - distance).abs() < 1e-9
        })
        .map(|at_score| EcdfDistance { distance, at_score })
}

fn distribution_title(distribution: &Distribution, name: &str) -> String {
    let items = items_word(&distribution.task);
    match distribution.ks_distance.filter(|distance| distance.is_finite()) {
        Some(distance) => {
            format!(
                "{name} scores of member and unseen {items}: Kolmogorov-Smirnov distance {}",
                number::fixed(distance, 2)
            )
        }
        None => format!("{name} scores of member and unseen {items}"),
    }
}

/// A sentence to stand after a word of its own: its first letter becomes small.
fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn copies(n: u32) -> String {
    if n == 1 { "1 copy".to_owned() } else { format!("{} copies", number::count(u64::from(n))) }
}
