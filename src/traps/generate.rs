//! Draws sequences from a model, sorts them into perplexity buckets, groups them, and draws the lots.
//!
//! After Meeus et al. 2024 (copyright-traps 022536e7, `gen_traps.py`): ancestral sampling at a sweep of temperatures, since
//! one temperature rarely gives very low and very high perplexities; near duplicates are rejected.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};

use super::ask::ask_all;
use super::candidate::{Rejection, check_text, jaccard};
use super::commitment::{draw_trap, salted_hash};
use super::error::TrapError;
use super::manifest::{
    Buckets, Decimal, Group, NONCE_BYTES, PrivateManifest, PrivateSequence, Reference, Role, SALT_BYTES, Secret,
    TrapParams,
};
use crate::backend::{
    Backend, Bos, Context, FinishReason, GenerateRequest, LocalModel, Prompt, Reply, Request, Sampling, ScoreRequest,
};
use crate::digest::hex;
use crate::record::utc_now;
use crate::statistics::seed_for;

/// Candidates that are drawn together.
const BATCH: usize = 128;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratePlan {
    /// Tokens of a sequence, without the start; each at least 2.
    pub lengths: Vec<usize>,
    pub buckets: Buckets,
    /// Traps a length and bucket.
    pub traps_per_bucket: usize,
    /// Unpublished sequences for each trap, at least 1; p cannot be below 1/(controls + 1) with a single group.
    pub controls_per_trap: usize,
    /// Each above 0.
    pub temperatures: Vec<f64>,
    /// In [0, 1].
    pub jaccard_max: f64,
    pub seed: u64,
    /// What stands before a sequence; see [`start_text`].
    pub start: String,
    /// Most candidates a length.
    pub max_candidates: usize,
    /// The attack that a later claim rests on.
    pub primary_attack: String,
}

/// A manifest, and how it came about.
#[derive(Debug)]
pub struct Generated {
    pub manifest: PrivateManifest,
    /// Candidates drawn in all.
    pub n_drawn: usize,
    pub rejected: BTreeMap<Rejection, u64>,
}

/// What a model reads before a text that begins a document: nothing where the tokenizer adds its own beginning, else the
/// token that ends documents; `None` where there is neither.
#[must_use]
pub fn start_text(model: &LocalModel) -> Option<String> {
    match model.tokenize("") {
        Ok(ids) if !ids.is_empty() => Some(String::new()),
        _ => model.eos_ids().first().and_then(|&id| model.vocabulary_entry(id)),
    }
}

/// A text with the ids that it was drawn as, or why it is no trap.
type Drawn = Result<(String, Vec<u32>), Rejection>;

/// A sequence that was taken.
#[derive(Debug, Clone)]
struct Accepted {
    text: String,
    ids: Vec<u32>,
    perplexity: f64,
}

/// Fills all buckets of all lengths; `tell` hears how far it is.
///
/// The same plan, model and machine draw the same sequences, for any number of threads; salts and the nonce come from the
/// operating system.
///
/// # Errors
/// An option out of range; buckets that stay empty; a model that does not answer.
pub fn generate(
    backend: &dyn Backend,
    plan: &GeneratePlan,
    interrupted: &AtomicBool,
    tell: &mut dyn FnMut(&str),
) -> Result<Generated, TrapError> {
    check(plan)?;
    let mut rejected: BTreeMap<Rejection, u64> = BTreeMap::new();
    let (mut groups, mut n_drawn) = (Vec::new(), 0);
    let mut filled = Vec::new();
    for &length in &plan.lengths {
        let (bins, drawn) = fill(backend, plan, length, &mut rejected, interrupted, tell)?;
        n_drawn += drawn;
        filled.push((length, bins));
    }
    // Only now, when all sequences exist, can the lots be known.
    let nonce = random_bytes::<NONCE_BYTES>()?;
    for (length, bins) in filled {
        for (index, bin) in bins.into_iter().enumerate() {
            groups.extend(grouped(plan, length, index, bin, &nonce)?);
        }
    }
    let identity = backend.identity();
    let reference = Reference {
        id: identity.name.clone(),
        revision: identity.revision.clone(),
        tokenizer_sha256: identity.tokenizer_sha256.clone(),
        weights_sha256: identity.weights_sha256.clone().into_iter().collect(),
    };
    let params = TrapParams {
        lengths: plan.lengths.clone(),
        buckets: plan.buckets,
        traps_per_bucket: plan.traps_per_bucket,
        controls_per_trap: plan.controls_per_trap,
        temperatures: plan.temperatures.iter().map(|&temperature| Decimal(temperature)).collect(),
        jaccard_max: Decimal(plan.jaccard_max),
        start: plan.start.clone(),
    };
    let secret = Secret {
        seed: plan.seed,
        nonce: hex(&nonce),
        rejected: rejected.iter().map(|(reason, &count)| (reason.to_string(), count)).collect(),
    };
    let manifest = PrivateManifest::new(utc_now(), reference, params, plan.primary_attack.clone(), groups, secret);
    Ok(Generated { manifest, n_drawn, rejected })
}

fn check(plan: &GeneratePlan) -> Result<(), TrapError> {
    let fail =
        |option, found: String, allowed: &str| Err(TrapError::Option { option, found, allowed: allowed.to_owned() });
    if plan.lengths.is_empty() || plan.lengths.iter().any(|length| !(2..=4096).contains(length)) {
        return fail(
            "--lengths",
            format!("{:?}", plan.lengths),
            "2 to 4096 tokens are allowed; a trap of one token cannot be scored",
        );
    }
    if plan.lengths.iter().collect::<BTreeSet<_>>().len() < plan.lengths.len() {
        return fail("--lengths", format!("{:?}", plan.lengths), "each length may stand once");
    }
    let Buckets { low, high, width } = plan.buckets;
    if low < 1 || high <= low || width < 1 || (high - low) % width != 0 || plan.buckets.count() > 10_000 {
        let allowed = "LOW..HIGH/WIDTH is needed, 1 or more, with whole buckets, e.g. 1..101/10";
        return fail("--buckets", format!("{low}..{high}/{width}"), allowed);
    }
    if !(1..=100_000).contains(&plan.traps_per_bucket) {
        return fail("--per-bucket", plan.traps_per_bucket.to_string(), "1 to 100000 are allowed");
    }
    if !(1..=9_999).contains(&plan.controls_per_trap) {
        return fail(
            "--controls-per-trap",
            plan.controls_per_trap.to_string(),
            "1 to 9999 are allowed; 19 give p = 0.05 for a single trap",
        );
    }
    let is_temperature = |t: &f64| *t > 0.0 && *t <= 100.0;
    if plan.temperatures.is_empty() || !plan.temperatures.iter().all(is_temperature) {
        return fail("--temps", format!("{:?}", plan.temperatures), "numbers above 0, at most 100, are allowed");
    }
    if !(0.0..=1.0).contains(&plan.jaccard_max) {
        return fail("--jaccard-max", plan.jaccard_max.to_string(), "a share from 0 to 1 is needed");
    }
    Ok(())
}

/// Draws until every bucket of a length is full.
fn fill(
    backend: &dyn Backend,
    plan: &GeneratePlan,
    length: usize,
    rejected: &mut BTreeMap<Rejection, u64>,
    interrupted: &AtomicBool,
    tell: &mut dyn FnMut(&str),
) -> Result<(Vec<Vec<Accepted>>, usize), TrapError> {
    let wanted = plan.traps_per_bucket * (plan.controls_per_trap + 1);
    let mut bins: Vec<Vec<Accepted>> = vec![Vec::new(); plan.buckets.count()];
    let mut taken: Vec<BTreeSet<u32>> = Vec::new();
    let mut texts: BTreeSet<String> = BTreeSet::new();
    let (mut drawn, mut round) = (0, 0_usize);
    while bins.iter().any(|bin| bin.len() < wanted) {
        for &temperature in &plan.temperatures {
            if drawn >= plan.max_candidates {
                return Err(not_filled(plan, length, drawn, &bins, wanted, rejected));
            }
            let candidates = draw(backend, plan, length, temperature, round, interrupted)?;
            drawn += candidates.len();
            let candidates = with_perplexity(backend, plan, length, candidates, interrupted)?;
            for candidate in candidates {
                let verdict = candidate.and_then(|candidate| {
                    let place = plan.buckets.of(candidate.perplexity).ok_or(Rejection::OutOfRange)?;
                    if bins[place].len() >= wanted {
                        return Err(Rejection::BucketFull);
                    }
                    if !texts.insert(candidate.text.clone()) {
                        return Err(Rejection::Duplicate);
                    }
                    let ids: BTreeSet<u32> = candidate.ids.iter().copied().collect();
                    if taken.iter().any(|other| jaccard(&ids, other) > plan.jaccard_max) {
                        return Err(Rejection::Duplicate);
                    }
                    taken.push(ids);
                    bins[place].push(candidate);
                    Ok(())
                });
                if let Err(reason) = verdict {
                    *rejected.entry(reason).or_default() += 1;
                }
            }
            if bins.iter().all(|bin| bin.len() >= wanted) {
                break;
            }
        }
        round += 1;
        let n: usize = bins.iter().map(Vec::len).sum();
        tell(&format!("{length} tokens: {n} of {} sequences, {drawn} drawn", wanted * bins.len()));
    }
    Ok((bins, drawn))
}

fn not_filled(
    plan: &GeneratePlan,
    length: usize,
    drawn: usize,
    bins: &[Vec<Accepted>],
    wanted: usize,
    rejected: &BTreeMap<Rejection, u64>,
) -> TrapError {
    let missing: Vec<String> = bins
        .iter()
        .enumerate()
        .filter(|(_, bin)| bin.len() < wanted)
        .map(|(index, bin)| {
            let (low, high) = plan.buckets.limits(index);
            format!("[{low}, {high}) has {} of {wanted}", bin.len())
        })
        .collect();
    let counts: Vec<String> = rejected.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    TrapError::BucketsNotFilled { length, drawn, missing: missing.join(", "), rejected: counts.join(", ") }
}

/// One batch of texts with their ids, checked as far as the text says.
fn draw(
    backend: &dyn Backend,
    plan: &GeneratePlan,
    length: usize,
    temperature: f64,
    round: usize,
    interrupted: &AtomicBool,
) -> Result<Vec<Drawn>, TrapError> {
    let requests = (0..BATCH)
        .map(|place| {
            let label = format!("trap/{length}/{temperature}/{round}/{place}");
            Request::Generate(GenerateRequest {
                prompt: Prompt::Text(plan.start.clone()),
                max_tokens: length,
                stop: Vec::new(),
                bos: Bos::Auto,
                end_ids: None,
                sampling: Some(Sampling { temperature, seed: seed_for(plan.seed, &label) }),
            })
        })
        .collect();
    let replies = ask_all(backend, requests, interrupted)?;
    if let Some(Err(source)) = replies.iter().find(|_| replies.iter().all(Result::is_err)) {
        return Err(TrapError::Backend { source: source.clone() });
    }
    Ok(replies
        .into_iter()
        .map(|reply| match reply {
            Ok(Reply::Generation(written)) => {
                if written.finish_reason != FinishReason::Length {
                    return Err(Rejection::EndedEarly);
                }
                check_text(&written.text, length)?;
                Ok((written.text, written.token_ids))
            }
            _ => Err(Rejection::Failed),
        })
        .collect())
}

/// Scores what is left: the tokens must come back as they were drawn.
fn with_perplexity(
    backend: &dyn Backend,
    plan: &GeneratePlan,
    length: usize,
    candidates: Vec<Drawn>,
    interrupted: &AtomicBool,
) -> Result<Vec<Result<Accepted, Rejection>>, TrapError> {
    let requests = candidates
        .iter()
        .filter_map(|candidate| candidate.as_ref().ok())
        .map(|(text, _)| {
            Request::Score(ScoreRequest {
                context: plan.start.clone(),
                text: text.clone(),
                bos: Bos::Auto,
                window: Context::Refuse,
                vocab_stats: false,
            })
        })
        .collect();
    let mut replies = ask_all(backend, requests, interrupted)?.into_iter();
    Ok(candidates
        .into_iter()
        .map(|candidate| {
            let (text, drawn_ids) = candidate?;
            let Some(Ok(Reply::Scores(scores))) = replies.next() else { return Err(Rejection::Failed) };
            let ids = scores.token_ids.get(scores.first_scored..).unwrap_or_default();
            // An endpoint may tell neither; the number of tokens is always told.
            let is_same = drawn_ids.is_empty() || ids.is_empty() || ids == drawn_ids;
            if scores.logprobs.len() != length || !is_same {
                return Err(Rejection::OtherTokens);
            }
            let perplexity = scores.mean().map(|mean| (-mean).exp()).ok_or(Rejection::Failed)?;
            let ids = match (ids.is_empty(), drawn_ids.is_empty()) {
                (false, _) => ids.to_vec(),
                (true, false) => drawn_ids,
                // Nobody tells the ids: words stand in for them when near duplicates are looked for.
                (true, true) => text.split(' ').map(word_number).collect(),
            };
            Ok(Accepted { text, ids, perplexity })
        })
        .collect())
}

/// A number for a word, equal for equal words.
fn word_number(word: &str) -> u32 {
    Sha256::digest(word.as_bytes()).iter().take(4).fold(0, |number, &byte| (number << 8) | u32::from(byte))
}

/// Groups of one bucket; which of a group is published is drawn when the group stands.
fn grouped(
    plan: &GeneratePlan,
    length: usize,
    bucket: usize,
    mut bin: Vec<Accepted>,
    nonce: &[u8],
) -> Result<Vec<Group<PrivateSequence>>, TrapError> {
    let (ppl_low, ppl_high) = plan.buckets.limits(bucket);
    let label = format!("trap groups/{length}/{ppl_low}");
    bin.shuffle(&mut ChaCha20Rng::seed_from_u64(seed_for(plan.seed, &label)));
    bin.chunks(plan.controls_per_trap + 1)
        .enumerate()
        .map(|(number, members)| {
            let group_id = format!("len{length}-ppl{ppl_low}-{number:02}");
            let trap = draw_trap(plan.seed, nonce, &group_id, members.len());
            let sequences = members
                .iter()
                .enumerate()
                .map(|(place, member)| {
                    let salt = random_bytes::<SALT_BYTES>()?;
                    Ok(PrivateSequence {
                        seq_id: format!("{group_id}-{place:02}"),
                        sha256: salted_hash(&salt, &member.text),
                        salt: hex(&salt),
                        text: member.text.clone(),
                        token_ids: member.ids.clone(),
                        ppl: Decimal(member.perplexity),
                        role: if place == trap { Role::Trap } else { Role::Control },
                    })
                })
                .collect::<Result<_, TrapError>>()?;
            Ok(Group { group_id, length, ppl_low, ppl_high, sequences })
        })
        .collect()
}

/// Bytes of the operating system's generator.
fn random_bytes<const N: usize>() -> Result<[u8; N], TrapError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(TrapError::NoRandomness { reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{LocalOptions, open_builtin};

    fn plan() -> GeneratePlan {
        GeneratePlan {
            lengths: vec![6],
            buckets: Buckets { low: 101, high: 501, width: 200 },
            traps_per_bucket: 1,
            controls_per_trap: 3,
            temperatures: vec![1.5, 2.0],
            jaccard_max: 0.5,
            seed: 5,
            start: "<|endoftext|>".to_owned(),
            max_candidates: 20_000,
            primary_attack: "ratio".to_owned(),
        }
    }

    fn run(threads: usize) -> Generated {
        let options = LocalOptions { threads, ..LocalOptions::default() };
        let model = open_builtin("standard", &options).expect("it is in the binary");
        assert_eq!(start_text(&model).as_deref(), Some("<|endoftext|>"));
        generate(&model, &plan(), &AtomicBool::new(false), &mut |_| {}).expect("wide buckets fill")
    }

    #[test]
    fn every_group_holds_one_trap_and_its_controls_of_one_bucket() {
        let generated = run(2);
        let manifest = &generated.manifest;
        assert_eq!(manifest.groups.len(), 2);
        for group in &manifest.groups {
            assert_eq!(group.sequences.len(), 4);
            assert_eq!(group.sequences.iter().filter(|sequence| sequence.role == Role::Trap).count(), 1);
            for sequence in &group.sequences {
                let ppl = sequence.ppl.0;
                assert!((f64::from(group.ppl_low)..f64::from(group.ppl_high)).contains(&ppl), "{ppl}");
                assert_eq!(sequence.token_ids.len(), 6);
            }
        }
        assert_eq!(manifest.traps().count(), 2);
    }

    #[test]
    fn the_same_seed_draws_the_same_sequences_for_any_number_of_threads() {
        let texts = |generated: &Generated| -> Vec<String> {
            let groups = &generated.manifest.groups;
            groups.iter().flat_map(|group| &group.sequences).map(|sequence| sequence.text.clone()).collect()
        };
        let (one, two) = (run(1), run(2));
        assert_eq!(texts(&one), texts(&two));
        // Salts and the lottery are new each time.
        assert_ne!(one.manifest.merkle_root, two.manifest.merkle_root);
    }

    #[test]
    fn buckets_that_no_candidate_reaches_are_named_with_counts() {
        let model = open_builtin("standard", &LocalOptions::default()).expect("it is in the binary");
        let plan =
            GeneratePlan { buckets: Buckets { low: 900_000, high: 900_002, width: 1 }, max_candidates: 256, ..plan() };
        let error = generate(&model, &plan, &AtomicBool::new(false), &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("[900000, 900001) has 0 of 4") && error.contains("out_of_range"), "{error}");
    }
}
