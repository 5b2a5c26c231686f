//! What the scores of all texts come to: AUC and true-positive rates with intervals, beside what the texts alone say.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use super::super::session::table;
use super::AttackRow;
use super::findings::{Evidence, Finding, findings};
use super::given::{Contradiction, DcPddSettings, RecallSettings};
use super::overlap::{Overlap, Scores, overlap};
use crate::cli::error::CliError;
use crate::cli::instrument::RowError;
use crate::dataset::RowId;
use crate::record::IntervalRecord;
use crate::report::number;
use crate::run::RunError;
use crate::scoring::blind::{BlindOptions, BlindText, blind_scores};
use crate::statistics::{
    AucIntervalMethod, Bootstrap, FprRule, Interval, LabeledScores, Level, StatError, auc_estimate, delong_paired,
    seed_for, separability_interval, tpr_at_fpr_resampled,
};

/// Bounds on the false-positive rate at which the true-positive rate is told.
const BOUNDS: [f64; 2] = [0.01, 0.001];

/// Resamples of the intervals of true-positive rates.
const RESAMPLES: usize = 2_000;

/// Reason of a text that stands in the input under both labels.
const CONTRADICTORY: &str = "contradictory_label";

const SEPARABLE: &str = "the split itself is separable (distribution-shifted): the texts alone tell members from non-members, \
                         so that an AUC above 0.5 proves no memory; an attack is a finding only if it beats the best that the \
                         texts alone can do, in a paired test adjusted over the attacks";
const NOT_TOLD: &str = "too few texts to say whether the texts alone tell members from non-members; add texts before anything is \
                        claimed";
/// Widest interval of a blind predictor's area that still says something.
const MOST_UNCERTAIN: f64 = 0.5;
const NOT_SEPARABLE: &str = "the texts alone do not tell members from non-members; an attack is a finding if it beats chance \
                             after adjustment over the attacks";

/// The blind predictor that is printed beside every attack.
const HEADLINE_BLIND: &str = "bag_of_words";

/// One text with what the attacks made of it, or the kind of error that kept it from all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct SummaryText<'a> {
    pub(super) text: &'a str,
    pub(super) is_member: bool,
    pub(super) scored: Result<&'a AttackRow, &'a str>,
}

/// How the scores were made; the head of the summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Settings {
    pub(super) model: String,
    pub(super) reference: Option<String>,
    /// Ids, in the order of the summary.
    #[serde(skip)]
    pub(super) attacks: Vec<String>,
    /// Attack -> why it was not run though `all` was asked for.
    pub(super) left_out: BTreeMap<String, String>,
    pub(super) min_k: f64,
    pub(super) window: usize,
    pub(super) stride: usize,
    /// `1`, `2` or `inf`.
    pub(super) gradnorm_p: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recall: Option<RecallSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dc_pdd: Option<DcPddSettings>,
    /// Codes whose numbers stand beside ours in the lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) compat: Vec<&'static str>,
    /// Texts under both labels; their rows have no part in what follows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) contradictions: Vec<Contradiction>,
    pub(super) seed: u64,
}

/// The summary file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Summary {
    #[serde(flatten)]
    settings: Settings,
    /// Confidence level of all intervals.
    level: f64,
    n_texts: usize,
    attacks: Vec<AttackSummary>,
    /// What the texts alone say, without any model.
    blind: Vec<BlindSummary>,
    /// The interval of a blind predictor excludes 0.5: the split itself is separable, and an attack proves little.
    distribution_shifted: bool,
    /// What that means for the attacks, in one sentence.
    split: &'static str,
    /// Some attack is a finding.
    is_finding: bool,
    /// Members that the attacks find at the same price.
    overlap: Overlap,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct AttackSummary {
    attack: String,
    /// Members with a score.
    m: usize,
    /// Non-members with a score.
    n: usize,
    auc: Option<f64>,
    auc_ci: Option<[f64; 2]>,
    auc_method: Option<String>,
    /// Bound -> rate.
    tpr_at_fpr: BTreeMap<String, RateSummary>,
    /// AUC of `bag_of_words` on the same data set.
    blind_auc: Option<f64>,
    /// Paired DeLong test against the best blind predictor; only where the data set is separable blindly.
    #[serde(skip_serializing_if = "Option::is_none")]
    against_blind: Option<AgainstBlind>,
    /// Whether it beats chance, or on a separable split the texts alone, after adjustment over the attacks.
    is_finding: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Finding>,
    #[serde(skip)]
    standard_error: Option<f64>,
    /// Texts without a score, by reason.
    excluded: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: Vec<&'static str>,
    /// `single_class`: there is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RowError>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct RateSummary {
    /// None below the resolution.
    tpr: Option<f64>,
    ci: Option<[f64; 2]>,
    ci_method: Option<String>,
    /// The bound is finer than one non-member.
    below_resolution: bool,
    /// Non-members that would resolve the bound.
    needed_n: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct AgainstBlind {
    predictor: String,
    /// AUC of the attack minus AUC of the predictor, which is turned round where its own is below 0.5.
    difference: f64,
    ci: Option<[f64; 2]>,
    /// Two-sided; none where nothing varies.
    p: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct BlindSummary {
    predictor: &'static str,
    m: usize,
    n: usize,
    auc: Option<f64>,
    auc_ci: Option<[f64; 2]>,
    auc_method: Option<String>,
    /// The interval excludes 0.5.
    is_separable: bool,
    /// Why there is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip)]
    scores: Vec<Option<f64>>,
}

impl Summary {
    /// Whether every attack has its number.
    pub(super) fn is_whole(&self) -> bool {
        self.attacks.iter().all(|attack| attack.error.is_none())
    }
}

/// Summarises all attacks.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub(super) fn summarise(settings: Settings, texts: &[SummaryText<'_>]) -> Result<Summary, CliError> {
    let contradicting: BTreeSet<&RowId> = settings.contradictions.iter().flat_map(Contradiction::ids).collect();
    let texts: Vec<SummaryText<'_>> = texts
        .iter()
        .map(|text| match text.scored {
            Ok(line) if contradicting.contains(&line.id) => SummaryText { scored: Err(CONTRADICTORY), ..*text },
            _ => *text,
        })
        .collect();
    let texts = texts.as_slice();
    // The blind predictors see the texts that some attack sees.
    let blind = blind_summaries(texts, settings.seed)?;
    let best = blind
        .iter()
        .filter(|blind| blind.is_separable)
        .max_by(|a, b| distance_from_chance(a.auc).total_cmp(&distance_from_chance(b.auc)));
    let blind_auc = blind.iter().find(|blind| blind.predictor == HEADLINE_BLIND).and_then(|blind| blind.auc);
    // Each attack has random streams of its own, named after it.
    let mut attacks = settings
        .attacks
        .par_iter()
        .map(|attack| {
            let mut summary = attack_summary(attack, texts, settings.seed)?;
            summary.blind_auc = blind_auc;
            summary.against_blind = best.and_then(|best| against_blind(attack, texts, best));
            Ok(summary)
        })
        .collect::<Result<Vec<AttackSummary>, CliError>>()?;
    let distribution_shifted = blind.iter().any(|blind| blind.is_separable);
    judge(&mut attacks, distribution_shifted);
    // What was hardly tested is not shown to be fair.
    let is_told = |blind: &BlindSummary| blind.auc_ci.is_some_and(|[low, high]| high - low <= MOST_UNCERTAIN);
    let split = match (distribution_shifted, blind.iter().any(is_told)) {
        (true, _) => SEPARABLE,
        (false, true) => NOT_SEPARABLE,
        (false, false) => NOT_TOLD,
    };
    let is_member: Vec<bool> = texts.iter().map(|text| text.is_member).collect();
    let scores: Vec<Scores<'_>> = settings
        .attacks
        .iter()
        .map(|attack| Scores { attack, scores: texts.iter().map(|text| score_of(text, attack)).collect() })
        .collect();
    let overlap = overlap(&scores, &is_member);
    let level = Level::DEFAULT.value();
    Ok(Summary {
        level,
        n_texts: texts.len(),
        is_finding: attacks.iter().any(|attack| attack.is_finding),
        attacks,
        blind,
        distribution_shifted,
        split,
        overlap,
        settings,
    })
}

/// Says of each attack whether it is a finding.
fn judge(attacks: &mut [AttackSummary], is_separable: bool) {
    let evidence: Vec<Evidence<'_>> = attacks
        .iter()
        .map(|attack| Evidence {
            attack: &attack.attack,
            auc: attack.auc,
            members: attack.m,
            non_members: attack.n,
            against_blind: attack.against_blind.as_ref().map(|a| (a.predictor.as_str(), a.difference, a.p)),
        })
        .collect();
    let found = findings(&evidence, is_separable);
    for (attack, finding) in attacks.iter_mut().zip(found) {
        attack.is_finding = finding.is_finding;
        attack.finding = attack.auc.is_some().then_some(finding);
    }
}

fn distance_from_chance(auc: Option<f64>) -> f64 {
    auc.map_or(0.0, |auc| (auc - 0.5).abs())
}

fn score_of(text: &SummaryText<'_>, attack: &str) -> Option<f64> {
    text.scored.ok().and_then(|line| line.scores.get(attack).copied().flatten())
}

/// Why a text has no score of an attack.
fn reason(text: &SummaryText<'_>, attack: &str) -> String {
    match text.scored {
        Err(kind) => kind.to_owned(),
        Ok(line) => {
            line.flags.get(attack).and_then(|flags| flags.first()).cloned().unwrap_or_else(|| "no_score".to_owned())
        }
    }
}

fn refused(metric: &str, error: &StatError) -> CliError {
    let (task, metric, reason) = ("attack".to_owned(), metric.to_owned(), error.to_string());
    RunError::Statistics { task, metric, reason }.into()
}

fn limits(interval: &Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

fn attack_summary(attack: &str, texts: &[SummaryText<'_>], seed: u64) -> Result<AttackSummary, CliError> {
    let of_class = |wanted: bool| -> Vec<f64> {
        texts.iter().filter(|text| text.is_member == wanted).filter_map(|text| score_of(text, attack)).collect()
    };
    let (members, non_members) = (of_class(true), of_class(false));
    let mut excluded: BTreeMap<String, u64> = BTreeMap::new();
    for text in texts.iter().filter(|text| score_of(text, attack).is_none()) {
        *excluded.entry(reason(text, attack)).or_default() += 1;
    }
    let mut summary = AttackSummary {
        attack: attack.to_owned(),
        m: members.len(),
        n: non_members.len(),
        auc: None,
        auc_ci: None,
        auc_method: None,
        tpr_at_fpr: BTreeMap::new(),
        blind_auc: None,
        against_blind: None,
        is_finding: false,
        finding: None,
        standard_error: None,
        excluded,
        flags: Vec::new(),
        error: None,
    };
    if members.is_empty() || non_members.is_empty() {
        let message = format!(
            "{} members and {} non-members have a score, but an AUC needs both; add texts of the other class",
            members.len(),
            non_members.len()
        );
        summary.error = Some(RowError { kind: "single_class".to_owned(), message });
        return Ok(summary);
    }
    let labeled = LabeledScores::from_classes(&members, &non_members).map_err(|error| refused(attack, &error))?;
    let estimate = auc_estimate(&labeled, Level::DEFAULT, AucIntervalMethod::Logit);
    // A perfect separation has no DeLong variance; a point would read as certainty, so the heuristic bound stands in,
    // under its own name.
    let interval = estimate.printed_interval();
    summary.auc = Some(estimate.auc);
    summary.standard_error = estimate.standard_error;
    summary.auc_ci = interval.as_ref().map(limits);
    summary.auc_method = interval.map(|interval| interval.method);
    summary.flags = estimate.flags.iter().map(|flag| flag.as_str()).collect();
    for bound in BOUNDS {
        summary.tpr_at_fpr.insert(bound.to_string(), rate_summary(attack, &labeled, bound, seed)?);
    }
    Ok(summary)
}

fn rate_summary(attack: &str, labeled: &LabeledScores, bound: f64, seed: u64) -> Result<RateSummary, CliError> {
    let metric = format!("{attack}/tpr_at_fpr/{bound}");
    let bootstrap =
        Bootstrap { resamples: RESAMPLES, seed: seed_for(seed, &format!("attack/{metric}")), level: Level::DEFAULT };
    let rate = tpr_at_fpr_resampled(labeled, bound, FprRule::Conservative, &bootstrap)
        .map_err(|error| refused(&metric, &error))?;
    let interval = rate.interval.filter(|_| rate.is_resolvable);
    Ok(RateSummary {
        tpr: rate.is_resolvable.then_some(rate.true_positive_rate),
        ci: interval.as_ref().map(limits),
        ci_method: interval.map(|interval| interval.method),
        below_resolution: !rate.is_resolvable,
        needed_n: rate.needed_negatives,
    })
}

/// AUC of every blind predictor on the texts that a model could score.
fn blind_summaries(texts: &[SummaryText<'_>], seed: u64) -> Result<Vec<BlindSummary>, CliError> {
    let places: Vec<usize> = (0..texts.len()).filter(|&place| texts[place].scored.is_ok()).collect();
    let blind_texts: Vec<BlindText<'_>> = places
        .iter()
        .map(|&place| {
            let SummaryText { text, is_member, .. } = texts[place];
            // Copies of one text share a cluster, or a copy in training would betray the label of the one held out.
            BlindText { text, is_member, cluster: text }
        })
        .collect();
    let options = BlindOptions { seed: seed_for(seed, "attack/blind baseline"), ..BlindOptions::default() };
    let mut summaries = Vec::new();
    for predictor in blind_scores(&blind_texts, &options) {
        let mut summary = BlindSummary {
            predictor: predictor.predictor.id,
            m: 0,
            n: 0,
            auc: None,
            auc_ci: None,
            auc_method: None,
            is_separable: false,
            why: None,
            scores: vec![None; texts.len()],
        };
        match &predictor.scores {
            Ok(scores) => {
                for (&place, score) in places.iter().zip(scores) {
                    summary.scores[place] = *score;
                }
                fill_blind(&mut summary, texts, predictor.error_factor)?;
            }
            Err(error) => summary.why = Some(error.to_string()),
        }
        summaries.push(summary);
    }
    Ok(summaries)
}

fn fill_blind(summary: &mut BlindSummary, texts: &[SummaryText<'_>], error_factor: f64) -> Result<(), CliError> {
    let of_class = |wanted: bool| -> Vec<f64> {
        let scored = texts.iter().zip(&summary.scores);
        scored.filter(|(text, _)| text.is_member == wanted).filter_map(|(_, score)| *score).collect()
    };
    let (members, non_members) = (of_class(true), of_class(false));
    (summary.m, summary.n) = (members.len(), non_members.len());
    if members.is_empty() || non_members.is_empty() {
        summary.why = Some("a class has no value; an AUC needs both".to_owned());
        return Ok(());
    }
    let labeled =
        LabeledScores::from_classes(&members, &non_members).map_err(|error| refused(summary.predictor, &error))?;
    let estimate = auc_estimate(&labeled, Level::DEFAULT, AucIntervalMethod::Logit);
    let interval = separability_interval(&labeled, error_factor, Level::DEFAULT);
    summary.auc = Some(estimate.auc);
    summary.is_separable = interval.as_ref().is_some_and(|interval| !interval.contains(0.5));
    summary.auc_ci = interval.as_ref().map(limits);
    summary.auc_method = interval.map(|interval| interval.method);
    Ok(())
}

/// The attack against the best blind predictor on the texts that both score; none where a class is too small.
///
/// DeLong's variance does not know the extra spread of out-of-fold scores, so that against `bag_of_words` p values come
/// out somewhat too small.
fn against_blind(attack: &str, texts: &[SummaryText<'_>], blind: &BlindSummary) -> Option<AgainstBlind> {
    let sign = if blind.auc? < 0.5 { -1.0 } else { 1.0 };
    let (mut attack_scores, mut blind_scores, mut is_member) = (Vec::new(), Vec::new(), Vec::new());
    for (text, score) in texts.iter().zip(&blind.scores) {
        if let (Some(attack), Some(blind)) = (score_of(text, attack), score) {
            attack_scores.push(attack);
            blind_scores.push(sign * blind);
            is_member.push(text.is_member);
        }
    }
    let compared = delong_paired(&attack_scores, &blind_scores, &is_member, Level::DEFAULT).ok()?;
    Some(AgainstBlind {
        predictor: blind.predictor.to_owned(),
        difference: compared.difference,
        ci: compared.interval.as_ref().map(limits),
        p: compared.p_value,
    })
}

/// The summary for people: attacks, then what the texts alone say.
pub(super) fn tables(summary: &Summary) -> String {
    let in_words = |value: Option<f64>, interval: Option<[f64; 2]>| {
        let record =
            interval.map(|[low, high]| IntervalRecord { low, high, level: summary.level, method: String::new() });
        value.map_or_else(|| number::UNDEFINED.to_owned(), |value| number::in_prose(value, record.as_ref()))
    };
    let rate = |attack: &AttackSummary, bound: f64| match attack.tpr_at_fpr.get(&bound.to_string()) {
        Some(rate) if rate.below_resolution => format!("needs >= {} non-members", number::count(rate.needed_n)),
        Some(rate) => in_words(rate.tpr, rate.ci),
        None => number::UNDEFINED.to_owned(),
    };
    let rows: Vec<Vec<String>> = summary
        .attacks
        .iter()
        .map(|attack| {
            let excluded: Vec<String> = attack.excluded.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
            let auc = match &attack.error {
                Some(error) => error.kind.clone(),
                None => in_words(attack.auc, attack.auc_ci),
            };
            vec![
                attack.attack.clone(),
                attack.m.to_string(),
                attack.n.to_string(),
                auc,
                in_words(attack.blind_auc, None),
                rate(attack, BOUNDS[0]),
                rate(attack, BOUNDS[1]),
                excluded.join(", "),
            ]
        })
        .collect();
    let bounds = BOUNDS.map(|bound| format!("TPR at {} FPR", number::percent(bound)));
    let header =
        ["attack", "members", "non-members", "AUC (95 % interval)", "blind AUC", &bounds[0], &bounds[1], "excluded"];
    let mut out = table(&header, &rows);
    let rows: Vec<Vec<String>> = summary
        .blind
        .iter()
        .map(|blind| {
            let verdict = if blind.is_separable { "tells the classes apart" } else { "" };
            let note = blind.why.clone().unwrap_or_else(|| verdict.to_owned());
            vec![blind.predictor.to_owned(), in_words(blind.auc, blind.auc_ci), note]
        })
        .collect();
    out.push('\n');
    out.push_str(&table(&["text alone", "AUC (95 % interval)", ""], &rows));
    out.push_str(summary.split);
    out.push('\n');
    for finding in summary.attacks.iter().filter_map(|attack| attack.finding.as_ref()) {
        out.push_str(&finding.words());
    }
    out.extend(summary.overlap.words());
    if summary.distribution_shifted {
        for attack in &summary.attacks {
            if let Some(against) = &attack.against_blind {
                out.push_str(&format!(
                    "{} minus {}: {}, {}\n",
                    attack.attack,
                    against.predictor,
                    in_words(Some(against.difference), against.ci),
                    against.p.map_or_else(|| "no p value, since nothing varies".to_owned(), number::p_clause),
                ));
            }
        }
    }
    if let Some(error) = summary.attacks.iter().find_map(|attack| attack.error.as_ref()) {
        out.push_str(&format!("{}: {}\n", error.kind, error.message));
    }
    out
}
