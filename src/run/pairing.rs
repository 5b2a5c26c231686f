//! Two models on the same items: from values side by side to a row of `results.json` and its sentence. The one place where a
//! metric meets its test; a run's own comparisons and `mnemoscope compare` both come through here.

use std::collections::BTreeMap;

use crate::record::{APPROXIMATE, Comparison, EffectRecord, IntervalRecord, MarginRecord, ONE_CONTEXT, Slice};
use crate::scoring::membership;
use crate::scoring::metrics::{self, MetricScale, auc_name};
use crate::statistics::{
    ASSUMED_ICC, Adjustment, Better, Bootstrap, ClusterValues, ComparisonSettings, Explained, Interval, PairedCounts,
    PairedFinding, Scale, StatError, Unit, Within, adjust_p_values, compare_areas, compare_items, effective_n,
    registry, stratified_mean, tango_paired,
};

/// One item with what both models scored on it; `None`: no usable answer.
#[derive(Debug, Clone, Copy)]
pub struct PairedItem<'a> {
    pub id: &'a str,
    pub cluster: &'a str,
    /// An item of the comparison group that no model saw; only membership metrics have one.
    pub is_unseen: bool,
    /// A value of either side rests on a substitute for log-probabilities.
    pub is_approximate: bool,
    pub a: Option<f64>,
    pub b: Option<f64>,
}

/// What is compared.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub task: &'a str,
    /// Item metric: an attack, `exact_match`, ...
    pub metric: &'a str,
    pub slice: Slice,
    pub model_a: &'a str,
    pub model_b: &'a str,
    /// Clusters are contexts with many questions each. Where there is one alone, its questions are the sample: what is found holds for that
    /// context, and the row says so. Few are drawn in two stages, contexts and then questions: a t interval of two or three contexts says
    /// nothing, and of contexts alike it is a point. Without it, one cluster cannot be compared.
    pub clusters_are_contexts: bool,
}

/// A comparison with the finding behind it, and the item of each of the finding's rows.
#[derive(Debug, Clone)]
pub struct Paired {
    pub comparison: Comparison,
    pub finding: PairedFinding,
    /// Places among the items that were given, of those that both models answered.
    pub rows: Vec<usize>,
}

/// Whether the metric is a membership score, compared by its AUC.
#[must_use]
pub fn is_membership_score(metric: &str) -> bool {
    membership::find(metric).is_some()
}

/// Compares two models on the items that both answered.
///
/// # Errors
/// Those of the statistics that the data cannot explain; what the data cannot tell is in the flags.
pub fn pair(
    question: &Question<'_>,
    items: &[PairedItem<'_>],
    settings: &ComparisonSettings,
) -> Result<Paired, StatError> {
    let is_membership = is_membership_score(question.metric);
    let (mut comparison, rows) = untested(question, items);
    let (a, b): (Vec<f64>, Vec<f64>) = rows.iter().filter_map(|&row| Some((items[row].a?, items[row].b?))).unzip();
    let mut clusters: Vec<&str> = rows.iter().map(|&row| items[row].cluster).collect();
    let is_one = clusters.len() > 1 && clusters.iter().all(|cluster| *cluster == clusters[0]);
    let is_within = question.clusters_are_contexts && is_one && !is_membership;
    if is_within {
        clusters = rows.iter().map(|&row| items[row].id).collect();
    }
    let found = if is_membership {
        let is_member: Vec<bool> = rows.iter().map(|&row| !items[row].is_unseen).collect();
        let mut seen = std::collections::BTreeSet::new();
        let shares_clusters = clusters.iter().any(|cluster| !seen.insert(cluster));
        compare_areas(&a, &b, &is_member, shares_clusters, settings)
    } else {
        compare_items(&a, &b, Some(&clusters), scale_of(question.metric), settings)
    };
    let mut finding = match found {
        Ok(finding) => finding,
        Err(error @ StatError::EmptyInput) => {
            PairedFinding { refusal: Some(error), ..PairedFinding::untested(rows.len()) }
        }
        Err(error) => return Err(error),
    };
    if question.clusters_are_contexts && !is_membership {
        by_contexts(&a, &b, &clusters, &mut finding, settings)?;
    }
    if is_share(question.metric)
        && let Some(interval) = &mut finding.interval
    {
        // Two shares differ by one at most; a t interval does not know that.
        (interval.low, interval.high) = (interval.low.max(-1.0), interval.high.min(1.0));
    }
    fill(&mut comparison, &finding);
    if is_within {
        comparison.flags.push(ONE_CONTEXT.to_owned());
    }
    if items.iter().any(|item| item.is_approximate) {
        comparison.flags.push(APPROXIMATE.to_owned());
    }
    let is_zero_one = |values: &[f64]| values.iter().all(|value| value.abs() < 1e-12 || (value - 1.0).abs() < 1e-12);
    if scale_of(question.metric) == Scale::ZeroOne && !rows.is_empty() && is_zero_one(&a) && is_zero_one(&b) {
        (comparison.only_a_right, comparison.only_b_right) = (comparison.wins, comparison.losses);
    }
    Ok(Paired { comparison, finding, rows })
}

/// Fewer contexts than that are drawn in two stages.
const FEW_CONTEXTS: usize = 10;

/// The interval of the difference over few contexts, or over contexts without a difference.
fn by_contexts(
    a: &[f64],
    b: &[f64],
    contexts: &[&str],
    finding: &mut PairedFinding,
    settings: &ComparisonSettings,
) -> Result<(), StatError> {
    let Some(n) = finding.n_clusters else { return Ok(()) };
    if a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12) {
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for context in contexts {
            *sizes.entry(context).or_default() += 1;
        }
        let sizes: Vec<usize> = sizes.into_values().collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least one, at most the answers"
        )]
        let both = effective_n(&sizes, ASSUMED_ICC).max(1.0) as u64;
        let counts = PairedCounts { both, only_a: 0, only_b: 0, neither: 0 };
        finding.interval = tango_paired(counts, settings.level)?.interval;
        finding.standard_error = None;
    } else if n < FEW_CONTEXTS {
        let mut drawn: BTreeMap<&str, ClusterValues> = BTreeMap::new();
        for ((a, b), context) in a.iter().zip(b).zip(contexts) {
            drawn.entry(context).or_default().push((0, a - b));
        }
        let bootstrap = Bootstrap { resamples: settings.resamples, seed: settings.seed, level: settings.level };
        let strata = [drawn.into_values().collect()];
        finding.interval = Some(stratified_mean(&strata, &[1.0], Within::Redrawn, &bootstrap)?.percentile);
        // They rest on the same few contexts as the t interval.
        finding.minimal_detectable_effect = None;
        finding.standard_error = None;
    }
    Ok(())
}

/// A row from a finding that was made elsewhere: means over several cells, which no single test compares.
#[must_use]
pub fn paired_from(question: &Question<'_>, items: &[PairedItem<'_>], finding: PairedFinding) -> Paired {
    let (mut comparison, rows) = untested(question, items);
    fill(&mut comparison, &finding);
    Paired { comparison, finding, rows }
}

/// A row that has the counts of its pairs and nothing else, and the places of those that both answered.
fn untested(question: &Question<'_>, items: &[PairedItem<'_>]) -> (Comparison, Vec<usize>) {
    let is_membership = is_membership_score(question.metric);
    let rows: Vec<usize> = (0..items.len()).filter(|&row| items[row].a.is_some() && items[row].b.is_some()).collect();
    let only = |here: fn(&PairedItem<'_>) -> Option<f64>, there: fn(&PairedItem<'_>) -> Option<f64>| {
        items.iter().filter(|item| here(item).is_some() && there(item).is_none()).count() as u64
    };
    let comparison = Comparison {
        task: question.task.to_owned(),
        metric: if is_membership { auc_name(question.metric) } else { question.metric.to_owned() },
        slice: question.slice.clone(),
        model_a: question.model_a.to_owned(),
        model_b: question.model_b.to_owned(),
        value_a: None,
        value_b: None,
        n_pairs: rows.len() as u64,
        n_only_a: only(|item| item.a, |item| item.b),
        n_only_b: only(|item| item.b, |item| item.a),
        n_neither: items.iter().filter(|item| item.a.is_none() && item.b.is_none()).count() as u64,
        difference: None,
        standard_error: None,
        p_exact: None,
        interval: None,
        test: String::new(),
        p_value: None,
        p_adjusted: None,
        minimal_detectable_effect: None,
        only_a_right: None,
        only_b_right: None,
        n_clusters: None,
        effect: None,
        wins: None,
        ties: None,
        losses: None,
        margin: None,
        flags: Vec::new(),
        sentence: String::new(),
    };
    (comparison, rows)
}

fn scale_of(metric: &str) -> Scale {
    match metrics::find(metric).map(|found| found.metric.scale) {
        Some(MetricScale::ZeroOne) => Scale::ZeroOne,
        _ => Scale::Real,
    }
}

fn is_share(metric: &str) -> bool {
    metrics::find(metric).is_some_and(|found| found.attack.is_none() && found.metric.scale != MetricScale::Real)
}

/// Shares are told in points; areas and unbounded scores as they are.
fn unit_of(comparison: &Comparison) -> Unit {
    match metrics::find(&comparison.metric) {
        Some(found) if found.attack.is_none() && found.metric.scale != MetricScale::Real => Unit::Points,
        _ => Unit::Plain,
    }
}

fn fill(comparison: &mut Comparison, finding: &PairedFinding) {
    (comparison.value_a, comparison.value_b) = (finding.value_a, finding.value_b);
    comparison.difference = finding.difference;
    (comparison.standard_error, comparison.p_exact) = (finding.standard_error, finding.p_exact);
    comparison.interval = finding.interval.as_ref().map(interval_record);
    comparison.test.clone_from(&finding.test);
    comparison.p_value = finding.p_value;
    comparison.minimal_detectable_effect = finding.minimal_detectable_effect;
    comparison.n_clusters = finding.n_clusters.map(|count| count as u64);
    comparison.effect =
        finding.effect.as_ref().map(|effect| EffectRecord { name: effect.name.clone(), value: effect.value });
    if finding.difference.is_some() {
        comparison.wins = Some(finding.wins as u64);
        comparison.ties = Some(finding.ties as u64);
        comparison.losses = Some(finding.losses as u64);
    }
    comparison.margin = finding.margin.as_ref().map(|found| MarginRecord {
        margin: found.margin,
        is_lower_better: found.better == Better::Lower,
        outcome: found.outcome.as_str().to_owned(),
        interval: interval_record(&found.interval),
    });
    comparison.flags = finding.flags.iter().map(|flag| flag.as_str().to_owned()).collect();
    comparison.flags.extend(finding.refusal.as_ref().map(|error| error.kind().to_owned()));
}

/// Adjusts the p-values over all of `paired` as one family, and writes each row's sentence.
///
/// `name` gives what a reader calls a model by its slug.
///
/// # Errors
/// `InvalidParameter` for a p-value outside [0, 1], which would be a bug.
pub fn adjust_and_tell(
    paired: &mut [Paired],
    adjustment: Adjustment,
    name: impl Fn(&str) -> String,
) -> Result<(), StatError> {
    let raw: Vec<Option<f64>> = paired.iter().map(|row| row.comparison.p_value).collect();
    let adjusted = adjust_p_values(&raw, adjustment)?;
    let how = registry::find(&format!("adjust_{}", adjustment.as_str())).map_or(adjustment.as_str(), |it| it.title);
    // A family of one needs no adjustment, and no word about it.
    let is_family = raw.iter().flatten().count() > 1;
    for (row, p) in paired.iter_mut().zip(adjusted) {
        row.comparison.p_adjusted = p;
        let (a, b) = (name(&row.comparison.model_a), name(&row.comparison.model_b));
        row.comparison.sentence = row.finding.explain(&Explained {
            a: &a,
            b: &b,
            unit: unit_of(&row.comparison),
            clusters: "clusters",
            adjusted: p.filter(|_| is_family).map(|p| (p, how)),
        });
    }
    Ok(())
}

/// An interval as records hold it.
#[must_use]
pub fn interval_record(interval: &Interval) -> IntervalRecord {
    IntervalRecord {
        low: interval.low,
        high: interval.high,
        level: interval.level.value(),
        method: interval.method.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(metric: &str) -> Question<'_> {
        Question {
            task: "passages",
            metric,
            slice: Slice::default(),
            model_a: "a",
            model_b: "b",
            clusters_are_contexts: false,
        }
    }

    fn items(values: &[(Option<f64>, Option<f64>)]) -> Vec<(String, Option<f64>, Option<f64>)> {
        values.iter().enumerate().map(|(index, &(a, b))| (format!("item-{index}"), a, b)).collect()
    }

    fn rows(items: &[(String, Option<f64>, Option<f64>)]) -> Vec<PairedItem<'_>> {
        items
            .iter()
            .map(|(id, a, b)| PairedItem { id, cluster: id, is_unseen: false, is_approximate: false, a: *a, b: *b })
            .collect()
    }

    #[test]
    fn items_of_one_side_are_counted_and_not_compared() {
        let items = items(&[
            (Some(1.0), Some(0.0)),
            (Some(1.0), None),
            (None, Some(1.0)),
            (None, None),
            (Some(1.0), Some(1.0)),
        ]);
        let found = pair(&question("exact_match"), &rows(&items), &ComparisonSettings::default()).unwrap();
        let row = &found.comparison;
        assert_eq!((row.n_pairs, row.n_only_a, row.n_only_b, row.n_neither), (2, 1, 1, 1));
        assert_eq!((row.only_a_right, row.only_b_right, row.ties), (Some(1), Some(0), Some(1)));
        assert_eq!(found.rows, [0, 4]);
    }

    #[test]
    fn questions_about_one_context_are_compared_only_where_that_is_asked_and_the_row_says_so() {
        let items = items(&[(Some(1.0), Some(0.0)); 12]);
        let rows: Vec<PairedItem<'_>> =
            rows(&items).into_iter().map(|row| PairedItem { cluster: "context", ..row }).collect();
        let settings = ComparisonSettings::default();
        let refused = pair(&question("exact_match"), &rows, &settings).unwrap().comparison;
        assert_eq!((refused.p_value, refused.flags.as_slice()), (None, ["TooFewClusters".to_owned()].as_slice()));
        let asked = Question { clusters_are_contexts: true, ..question("exact_match") };
        let found = pair(&asked, &rows, &settings).unwrap().comparison;
        assert_eq!(
            (found.test.as_str(), found.flags.as_slice()),
            ("mcnemar_midp", [ONE_CONTEXT.to_owned()].as_slice())
        );
        assert!(
            found.p_value.is_some_and(|p| p < 0.001) && found.interval.is_some_and(|interval| interval.high <= 1.0)
        );
    }

    #[test]
    fn nothing_in_common_is_a_row_that_says_so() {
        let items = items(&[(Some(1.0), None), (None, Some(0.5))]);
        let mut found = [pair(&question("rougeL_f"), &rows(&items), &ComparisonSettings::default()).unwrap()];
        adjust_and_tell(&mut found, Adjustment::Holm, str::to_owned).unwrap();
        assert_eq!(found[0].comparison.flags, ["EmptyInput"]);
        assert!(found[0].comparison.sentence.contains("cannot be compared on 0 items"));
    }

    #[test]
    fn the_family_is_all_rows_together_and_the_sentence_says_how() {
        let waves = |shift: f64| {
            let value = |index: u32, step: f64| (f64::from(index) * step).sin();
            items(&(0..40).map(|index| (Some(value(index, 0.7) + shift), Some(value(index, 0.9)))).collect::<Vec<_>>())
        };
        let (first, second) = (waves(1.5), waves(0.1));
        let settings = ComparisonSettings { flips: 2000, resamples: 500, ..ComparisonSettings::default() };
        let mut found = [&first, &second].map(|items| pair(&question("margin"), &rows(items), &settings).unwrap());
        adjust_and_tell(&mut found, Adjustment::Holm, |slug| slug.to_uppercase()).unwrap();
        let row = &found[0].comparison;
        assert!(row.p_adjusted.unwrap() >= 2.0 * row.p_value.unwrap() - 1e-12);
        assert!(row.sentence.starts_with("A is 1.") && row.sentence.contains("after Holm"), "{}", row.sentence);
    }
}
