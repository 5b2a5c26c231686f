//! Was a model trained on the traps? Every sequence is scored alike; who is a trap is looked up afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::ask::ask_all;
use super::context::{Contexts, last_tokens};
use super::error::TrapError;
use super::inject::Injection;
use super::manifest::{Group, PrivateManifest, PrivateSequence, Role};
use super::power::PowerRow;
use crate::backend::{Backend, BackendError, Bos, Capability, Context, Reply, Request, ScoreRequest, TokenScores};
use crate::scoring::membership::{self, Attack, AttackInput, AttackOptions};
use crate::statistics::{
    Adjustment, AucIntervalMethod, DrawnGroup, Flag, FprRule, Interval, LabeledScores, Level, LotteryTest, StatError,
    adjust_p_values, auc_estimate, lottery, score_dose_correlation, seed_for, tpr_at_fpr,
};

/// Level of the claim.
pub const PRIMARY_P: f64 = 0.05;
/// Sequences that are scored together.
const PORTION: usize = 256;
/// Bound on the false-positive rate that cells are read at.
const BOUND: f64 = 0.01;

/// Who is asked.
#[derive(Clone, Copy)]
pub struct TrapModels<'a> {
    /// The model that is suspected.
    pub target: &'a dyn Backend,
    /// Calibrates the target: it must not have read the traps.
    pub reference: Option<&'a dyn Backend>,
}

/// What one sequence scored; nothing here says whether it is a trap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceScores {
    pub seq_id: String,
    /// Tokens of the target that were scored.
    pub n_scored: usize,
    /// Attack -> score, higher = member; none where it is not defined.
    pub scores: BTreeMap<String, Option<f64>>,
    /// Attack -> why there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub why: BTreeMap<String, String>,
}

/// How a detection is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectionSettings {
    pub target: String,
    pub reference: Option<String>,
    /// A model that cannot have read the traps, e.g. one older than their release.
    pub control: Option<String>,
    /// In the order of the table.
    pub attacks: Vec<String>,
    pub min_k: f64,
    pub seed: u64,
}

/// The lottery's test of one attack over all groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrimaryTest {
    pub attack: String,
    /// Named in the manifest before any model was tested.
    pub is_primary: bool,
    #[serde(flatten)]
    pub test: LotteryTest,
    /// Holm over the attacks that are not the primary one; the primary one needs no adjustment.
    pub p_adjusted: f64,
    /// Groups left out because their trap, or all their controls, could not be scored.
    pub groups_left_out: usize,
}

/// Traps of one length and number of copies against the controls of their own groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellFinding {
    pub attack: String,
    /// Tokens of the model that the traps were drawn from.
    pub length: usize,
    /// None where no injection record was given.
    pub repetitions: Option<usize>,
    pub n_traps: usize,
    pub n_controls: usize,
    pub auc: f64,
    pub interval: Option<Interval>,
    /// None where so few controls cannot resolve the bound.
    pub tpr_at_fpr_0_01: Option<f64>,
    /// The lottery's test over the groups of this cell.
    pub lottery_p: f64,
}

/// Whether the share of beaten controls grows with the copies, within one length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepetitionTrend {
    pub attack: String,
    pub length: usize,
    /// Spearman's rho of share and copies.
    pub rho: f64,
    pub p: f64,
    pub n_groups: usize,
}

/// The primary attack with sequences in the place of their group's trap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContextTest {
    /// Tokens of the book before a sequence.
    pub n_tokens: usize,
    pub test: LotteryTest,
    /// Groups left out because their trap, or all their controls, could not be scored there.
    pub groups_left_out: usize,
}

/// What may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    #[serde(rename = "evidence")]
    Evidence,
    #[serde(rename = "no evidence")]
    NoEvidence,
    #[serde(rename = "invalid: control rejected")]
    ControlRejected,
}

impl Claim {
    /// The words of the claim.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::NoEvidence => "no evidence",
            Self::ControlRejected => "invalid: control rejected",
        }
    }
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    pub version: u32,
    pub merkle_root: String,
    pub settings: DetectionSettings,
    pub claim: Claim,
    /// Of the primary attack on the target.
    pub primary: PrimaryTest,
    /// Of the primary attack on the control model.
    pub control: Option<PrimaryTest>,
    /// All attacks.
    pub attacks: Vec<PrimaryTest>,
    pub cells: Vec<CellFinding>,
    pub trends: Vec<RepetitionTrend>,
    /// The primary attack behind stretches of the books; a closer look, not the claim.
    #[serde(default)]
    pub contexts: Vec<ContextTest>,
    /// What as many documents could have shown.
    pub power: Vec<PowerRow>,
    /// Sequences without a score of the primary attack, by reason.
    pub unscored: BTreeMap<String, u64>,
}

/// Where sequences are put before they are scored: behind so many tokens of the book that holds their group's trap.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub contexts: &'a Contexts,
    /// In the tokens of the model that is asked.
    pub n_tokens: usize,
}

/// Scores all sequences of a manifest in its order; the roles are not looked at.
///
/// # Errors
/// An attack that the models cannot serve; work that ended before all were asked.
pub fn score_sequences(
    models: TrapModels<'_>,
    manifest: &PrivateManifest,
    attacks: &[&'static Attack],
    min_k: f64,
    place: Option<Place<'_>>,
    interrupted: &AtomicBool,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<SequenceScores>, TrapError> {
    for attack in attacks {
        let fail = |reason: String| TrapError::Attack { attack: attack.id.to_owned(), reason };
        if attack.needs.pass.is_some() {
            return Err(fail(
                "needs a pass of its own, which a detection does not ask; use `mnemoscope attack`".to_owned(),
            ));
        }
        for &capability in attack.needs.capabilities {
            if !models.target.capabilities().has(capability) {
                let model = &models.target.identity().name;
                return Err(fail(format!("needs `{capability}`, which {model} cannot do; leave it out of --attacks")));
            }
        }
        match models.reference {
            None if attack.needs.reference_model => {
                return Err(fail("compares with a reference model; name one with --reference".to_owned()));
            }
            Some(reference) if !reference.capabilities().has(Capability::Score) => {
                return Err(fail(format!(
                    "needs `score` of the reference, which {} cannot do",
                    reference.identity().name
                )));
            }
            _ => {}
        }
    }
    let vocab_stats = attacks.iter().any(|attack| attack.needs.capabilities.contains(&Capability::VocabStats));
    let needs_reference = attacks.iter().any(|attack| attack.needs.reference_model);
    let sequences: Vec<(&str, &str, &str)> = manifest
        .groups
        .iter()
        .flat_map(|group| group.sequences.iter().map(|sequence| (group.group_id.as_str(), sequence)))
        .map(|(group, sequence)| (group, sequence.seq_id.as_str(), sequence.text.as_str()))
        .collect();
    let mut scored = Vec::with_capacity(sequences.len());
    for portion in sequences.chunks(PORTION) {
        let ask =
            |backend: &dyn Backend, vocab_stats: bool| -> Result<Vec<Result<TokenScores, BackendError>>, TrapError> {
                let mut requests = Vec::with_capacity(portion.len());
                for (group, _, text) in portion {
                    let context = match place {
                        Some(Place { contexts, n_tokens }) => {
                            let before = contexts.get(*group).map_or("", String::as_str);
                            last_tokens(backend, before, n_tokens).map_err(|source| TrapError::Backend { source })?
                        }
                        None => String::new(),
                    };
                    requests.push(request(&context, text, vocab_stats));
                }
                let replies = ask_all(backend, requests, interrupted)?;
                Ok(replies
                    .into_iter()
                    .map(|reply| match reply? {
                        Reply::Scores(scores) => Ok(scores),
                        _ => Err(BackendError::OtherReply),
                    })
                    .collect())
            };
        let targets = ask(models.target, vocab_stats)?;
        let references = models.reference.filter(|_| needs_reference).map(|model| ask(model, false)).transpose()?;
        for (index, (&(_, seq_id, text), target)) in portion.iter().zip(&targets).enumerate() {
            let reference = references.as_ref().map(|references| &references[index]);
            scored.push(score_one(seq_id, text, target, reference, attacks, min_k));
        }
        tell(&format!("{}: {} of {} sequences", models.target.identity().name, scored.len(), sequences.len()));
    }
    Ok(scored)
}

fn request(context: &str, text: &str, vocab_stats: bool) -> Request {
    // What stands behind a stretch of a book is never cut: it is scored there or not at all.
    let window = if context.is_empty() { Context::Fit } else { Context::Refuse };
    let (context, text) = (context.to_owned(), text.to_owned());
    Request::Score(ScoreRequest { context, text, bos: Bos::Auto, window, vocab_stats })
}

fn score_one(
    seq_id: &str,
    text: &str,
    target: &Result<TokenScores, BackendError>,
    reference: Option<&Result<TokenScores, BackendError>>,
    attacks: &[&'static Attack],
    min_k: f64,
) -> SequenceScores {
    let mut row = SequenceScores {
        seq_id: seq_id.to_owned(),
        n_scored: target.as_ref().map_or(0, |scores| scores.logprobs.len()),
        scores: BTreeMap::new(),
        why: BTreeMap::new(),
    };
    for attack in attacks {
        let value = match (target, reference) {
            (Err(error), _) => Err(error.kind().to_owned()),
            (Ok(_), Some(Err(error))) if attack.needs.reference_model => Err(format!("reference_{}", error.kind())),
            (Ok(target), _) => {
                let reference = reference.and_then(|reference| reference.as_ref().ok());
                let input = AttackInput { reference, ..AttackInput::new(text, target) };
                membership::score(attack, &input, &AttackOptions { min_k, ..AttackOptions::default() })
                    .map(|score| score.value)
                    .map_err(|error| error.kind().to_owned())
            }
        };
        match value {
            Ok(value) => row.scores.insert(attack.id.to_owned(), Some(value)),
            Err(why) => {
                row.why.insert(attack.id.to_owned(), why);
                row.scores.insert(attack.id.to_owned(), None)
            }
        };
    }
    row
}

/// Scores joined with the groups.
struct Joined<'a> {
    by_id: BTreeMap<&'a str, &'a SequenceScores>,
}

impl<'a> Joined<'a> {
    fn new(scores: &'a [SequenceScores]) -> Self {
        Self { by_id: scores.iter().map(|row| (row.seq_id.as_str(), row)).collect() }
    }

    fn value(&self, sequence: &PrivateSequence, attack: &str) -> Option<f64> {
        self.by_id.get(sequence.seq_id.as_str())?.scores.get(attack).copied().flatten()
    }

    /// The lot of a group; `None` when its trap or all its controls have no score.
    fn drawn(&self, group: &Group<PrivateSequence>, attack: &str) -> Option<DrawnGroup> {
        let trap = group.sequences.iter().find(|sequence| sequence.role == Role::Trap)?;
        let others: Vec<f64> = group
            .sequences
            .iter()
            .filter(|sequence| sequence.role == Role::Control)
            .filter_map(|sequence| self.value(sequence, attack))
            .collect();
        let drawn = self.value(trap, attack)?;
        (!others.is_empty()).then_some(DrawnGroup { drawn, others })
    }

    fn test(
        &self,
        groups: &[&Group<PrivateSequence>],
        attack: &str,
        seed: u64,
    ) -> Result<(LotteryTest, usize), StatError> {
        let drawn: Vec<DrawnGroup> = groups.iter().filter_map(|group| self.drawn(group, attack)).collect();
        let left_out = groups.len() - drawn.len();
        Ok((lottery(&drawn, seed_for(seed, &format!("traps/{attack}")), Level::DEFAULT)?, left_out))
    }
}

/// Every sequence of the manifest has exactly one row of scores, and nothing else has one.
fn check_rows(manifest: &PrivateManifest, scores: &[SequenceScores], whose: &str) -> Result<(), TrapError> {
    let wrong =
        |sequence: &str, reason| TrapError::Scores { whose: whose.to_owned(), sequence: sequence.to_owned(), reason };
    let mut expected: BTreeSet<&str> =
        manifest.groups.iter().flat_map(|group| &group.sequences).map(|sequence| sequence.seq_id.as_str()).collect();
    for row in scores {
        if !expected.remove(row.seq_id.as_str()) {
            return Err(wrong(&row.seq_id, "stands twice, or belongs to no sequence of the manifest"));
        }
    }
    match expected.first() {
        Some(sequence) => Err(wrong(sequence, "has no row")),
        None => Ok(()),
    }
}

/// Joins scores and roles, and tests. `power` is left to the caller.
///
/// # Errors
/// Rows of scores that are missing or too many; the primary attack was not scored for any group; a control model that gives every
/// sequence of a group one score, and so controls nothing.
pub fn detect(
    manifest: &PrivateManifest,
    injection: Option<&Injection>,
    settings: DetectionSettings,
    target: &[SequenceScores],
    control: Option<&[SequenceScores]>,
    in_context: &[(usize, Vec<SequenceScores>)],
) -> Result<Detection, TrapError> {
    check_rows(manifest, target, "the target")?;
    if let Some(control) = control {
        check_rows(manifest, control, "the control model")?;
    }
    for (n_tokens, scores) in in_context {
        check_rows(manifest, scores, &format!("the target behind {n_tokens} tokens"))?;
    }
    let joined = Joined::new(target);
    let groups: Vec<&Group<PrivateSequence>> = manifest.groups.iter().collect();
    let primary_id = manifest.primary_attack.as_str();
    if !settings.attacks.iter().any(|attack| attack == primary_id) {
        let reason = "is the primary one of the manifest and must be among --attacks".to_owned();
        return Err(TrapError::Attack { attack: primary_id.to_owned(), reason });
    }
    let mut tests = Vec::new();
    for attack in &settings.attacks {
        let (test, groups_left_out) = joined
            .test(&groups, attack, settings.seed)
            .map_err(|_| TrapError::Unscored { n: groups.len(), first: first_reason(target, attack) })?;
        let is_primary = attack == primary_id;
        let p_adjusted = test.p_value;
        tests.push(PrimaryTest { attack: attack.clone(), is_primary, test, p_adjusted, groups_left_out });
    }
    let others: Vec<Option<f64>> = tests.iter().map(|test| (!test.is_primary).then_some(test.test.p_value)).collect();
    for (test, adjusted) in tests.iter_mut().zip(adjust_p_values(&others, Adjustment::Holm)?) {
        test.p_adjusted = adjusted.unwrap_or(test.test.p_value);
    }
    let control = control
        .map(|scores| -> Result<PrimaryTest, TrapError> {
            let (test, groups_left_out) =
                Joined::new(scores).test(&groups, primary_id, settings.seed).map_err(|_| TrapError::Unscored {
                    n: groups.len(),
                    first: format!("of the control model: {}", first_reason(scores, primary_id)),
                })?;
            if test.share == 0.5 && test.p_value >= 1.0 && test.flags.contains(&Flag::ZeroVariance) {
                return Err(TrapError::VacuousControl { attack: primary_id.to_owned() });
            }
            let p_adjusted = test.p_value;
            Ok(PrimaryTest { attack: primary_id.to_owned(), is_primary: true, test, p_adjusted, groups_left_out })
        })
        .transpose()?;
    let primary = tests
        .iter()
        .find(|test| test.is_primary)
        .cloned()
        .ok_or_else(|| TrapError::Attack { attack: primary_id.to_owned(), reason: "was not scored".to_owned() })?;
    let claim = match &control {
        Some(control) if control.test.p_value <= PRIMARY_P => Claim::ControlRejected,
        _ if primary.test.p_value <= PRIMARY_P => Claim::Evidence,
        _ => Claim::NoEvidence,
    };
    let mut unscored: BTreeMap<String, u64> = BTreeMap::new();
    for why in target.iter().filter_map(|row| row.why.get(primary_id)) {
        *unscored.entry(why.clone()).or_default() += 1;
    }
    Ok(Detection {
        version: 1,
        merkle_root: manifest.merkle_root.clone(),
        claim,
        primary,
        control,
        cells: cells(manifest, injection, &settings, &joined)?,
        trends: trends(manifest, injection, &settings, &joined),
        power: Vec::new(),
        contexts: in_context
            .iter()
            .map(|(n_tokens, scores)| {
                let (test, groups_left_out) =
                    Joined::new(scores).test(&groups, primary_id, settings.seed).map_err(|_| TrapError::Unscored {
                        n: groups.len(),
                        first: format!("behind {n_tokens} tokens: {}", first_reason(scores, primary_id)),
                    })?;
                Ok(ContextTest { n_tokens: *n_tokens, test, groups_left_out })
            })
            .collect::<Result<_, TrapError>>()?,
        attacks: tests,
        unscored,
        settings,
    })
}

fn first_reason(scores: &[SequenceScores], attack: &str) -> String {
    scores.iter().find_map(|row| row.why.get(attack).cloned()).unwrap_or_else(|| "no score".to_owned())
}

/// Copies of a group's trap; `None` without an injection record.
fn repetitions(injection: Option<&Injection>, group: &Group<PrivateSequence>) -> Option<usize> {
    let trap = group.sequences.iter().find(|sequence| sequence.role == Role::Trap)?;
    injection.map(|injection| injection.repetitions_of(&trap.seq_id))
}

fn cells(
    manifest: &PrivateManifest,
    injection: Option<&Injection>,
    settings: &DetectionSettings,
    joined: &Joined<'_>,
) -> Result<Vec<CellFinding>, TrapError> {
    let keys: BTreeSet<(usize, Option<usize>)> =
        manifest.groups.iter().map(|group| (group.length, repetitions(injection, group))).collect();
    let mut cells = Vec::new();
    for attack in &settings.attacks {
        for &(length, reps) in &keys {
            let of_cell: Vec<&Group<PrivateSequence>> = manifest
                .groups
                .iter()
                .filter(|group| group.length == length && repetitions(injection, group) == reps)
                .collect();
            let traps: Vec<f64> = of_cell
                .iter()
                .flat_map(|group| &group.sequences)
                .filter(|sequence| sequence.role == Role::Trap)
                .filter_map(|sequence| joined.value(sequence, attack))
                .collect();
            // Of the same buckets: perplexity must not stand in for copies.
            let controls: Vec<f64> = of_cell
                .iter()
                .flat_map(|group| &group.sequences)
                .filter(|sequence| sequence.role == Role::Control)
                .filter_map(|sequence| joined.value(sequence, attack))
                .collect();
            if traps.is_empty() || controls.is_empty() {
                continue;
            }
            let labeled = LabeledScores::from_classes(&traps, &controls)?;
            let estimate = auc_estimate(&labeled, Level::DEFAULT, AucIntervalMethod::Logit);
            let rate = tpr_at_fpr(&labeled, BOUND, FprRule::Conservative, Level::DEFAULT)?;
            let (test, _) = joined.test(&of_cell, attack, settings.seed)?;
            cells.push(CellFinding {
                attack: attack.clone(),
                length,
                repetitions: reps,
                n_traps: traps.len(),
                n_controls: controls.len(),
                auc: estimate.auc,
                interval: estimate.printed_interval(),
                tpr_at_fpr_0_01: rate.is_resolvable.then_some(rate.true_positive_rate),
                lottery_p: test.p_value,
            });
        }
    }
    Ok(cells)
}

fn trends(
    manifest: &PrivateManifest,
    injection: Option<&Injection>,
    settings: &DetectionSettings,
    joined: &Joined<'_>,
) -> Vec<RepetitionTrend> {
    let lengths: BTreeSet<usize> = manifest.groups.iter().map(|group| group.length).collect();
    let mut trends = Vec::new();
    for attack in &settings.attacks {
        for &length in &lengths {
            let (mut shares, mut copies) = (Vec::new(), Vec::new());
            for group in manifest.groups.iter().filter(|group| group.length == length) {
                if let (Some(reps), Some(drawn)) = (repetitions(injection, group), joined.drawn(group, attack)) {
                    let beaten: f64 = drawn
                        .others
                        .iter()
                        .map(|other| {
                            if drawn.drawn > *other {
                                1.0
                            } else if drawn.drawn < *other {
                                0.0
                            } else {
                                0.5
                            }
                        })
                        .sum();
                    shares.push(beaten / drawn.others.len() as f64);
                    copies.push(reps as f64);
                }
            }
            if let Ok(found) = score_dose_correlation(&shares, &copies, Level::DEFAULT) {
                trends.push(RepetitionTrend {
                    attack: attack.clone(),
                    length,
                    rho: found.coefficient,
                    p: found.p_value,
                    n_groups: found.n,
                });
            }
        }
    }
    trends
}
