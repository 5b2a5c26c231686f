//! What is asked of the models about a portion of texts.
//!
//! One pass of the target and one of the reference serve most attacks. The others have passes of their own, which are asked
//! together for the whole portion, and only of texts that the target could score.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::AttackRow;
use super::answered::{Answer, Answered};
use super::choice::Chosen;
use super::compat::ask_compat;
use super::given::Given;
use super::models::{Models, gradients};
use super::rows::score_row;
use crate::backend::{Backend, BackendError, Bos, Context, Halt, ScoreRequest, TokenScores, TokensRequest};
use crate::cli::instrument::{Outcome, RowError, score_all};
use crate::dataset::LabelledRow;
use crate::scoring::membership::ExtraPass;

fn request(text: &str, vocab_stats: bool) -> ScoreRequest {
    ScoreRequest { context: String::new(), text: text.to_owned(), bos: Bos::Auto, window: Context::Fit, vocab_stats }
}

/// Asks the models about a portion, and computes the attacks.
///
/// # Errors
/// Why the work ended before all were scored.
pub(super) fn attack(
    models: &Models<'_>,
    rows: &[LabelledRow],
    chosen: &Chosen,
    given: &Given,
    places: &[usize],
    interrupted: &AtomicBool,
) -> Result<Vec<Outcome<AttackRow>>, Halt> {
    let vocab_stats = chosen.needs_vocab_stats();
    let requests: Vec<ScoreRequest> = places.iter().map(|&place| request(&rows[place].text, vocab_stats)).collect();
    let targets = score_all(models.target, &requests, interrupted)?;
    // A text without a target score needs no other.
    let scored: Vec<(usize, &TokenScores)> = places
        .iter()
        .zip(&targets)
        .filter_map(|(&place, target)| target.as_ref().ok().map(|target| (place, target)))
        .collect();
    let mut answered = ask_all(models, rows, chosen, given, &scored, interrupted)?.into_iter();
    let outcomes = places
        .iter()
        .zip(&targets)
        .map(|(&place, target)| match target {
            Err(error) => Outcome::Failed(RowError::from(error)),
            Ok(target) => {
                let answered = answered.next().unwrap_or_default();
                score_row(&rows[place], target, &answered, chosen, given)
            }
        })
        .collect();
    Ok(outcomes)
}

/// The answers of all passes beside the text's own, one a scored text.
fn ask_all(
    models: &Models<'_>,
    rows: &[LabelledRow],
    chosen: &Chosen,
    given: &Given,
    scored: &[(usize, &TokenScores)],
    interrupted: &AtomicBool,
) -> Result<Vec<Answered>, Halt> {
    let mut answered: Vec<Answered> = scored.iter().map(|_| Answered::default()).collect();
    let texts: Vec<&str> = scored.iter().map(|&(place, _)| rows[place].text.as_str()).collect();
    if let Some(reference) = models.reference.filter(|_| !scored.is_empty()) {
        let requests: Vec<ScoreRequest> = texts.iter().map(|text| request(text, false)).collect();
        for (answered, scores) in answered.iter_mut().zip(score_all(reference, &requests, interrupted)?) {
            answered.reference = Some(scores);
        }
    }
    ask_texts(models, rows, chosen, scored, interrupted, &mut answered)?;
    let target = models.target;
    if let Some(prefix) = given.prefix.as_ref().filter(|_| chosen.needs_pass(ExtraPass::Prefixed)) {
        let is_asked = |text: &str| !given.is_in_prefix(text);
        let scores = tokens_after(target, &texts, &prefix.ids, &is_asked);
        for (answered, scores) in answered.iter_mut().zip(scores) {
            answered.prefixed = scores;
        }
    }
    if let Some(corpus) = given.corpus.as_ref().filter(|_| chosen.needs_pass(ExtraPass::AfterEos)) {
        let scores = tokens_after(target, &texts, &[corpus.eos_id], &|_| true);
        for (answered, scores) in answered.iter_mut().zip(scores) {
            answered.after_eos = scores;
        }
    }
    if chosen.needs_pass(ExtraPass::Gradient) {
        let norms = gradients(target, &texts, false);
        for (answered, norms) in answered.iter_mut().zip(norms) {
            answered.gradient = Some(norms);
        }
    }
    if !chosen.compat.is_empty() {
        let own: Vec<&TokenScores> = scored.iter().map(|(_, scores)| *scores).collect();
        for (answered, compat) in answered.iter_mut().zip(ask_compat(models, chosen, given, &texts, &own)) {
            answered.compat = compat;
        }
    }
    Ok(answered)
}

/// Passes over other texts: the lowered one and the neighbours, all in one go, each text once.
fn ask_texts(
    models: &Models<'_>,
    rows: &[LabelledRow],
    chosen: &Chosen,
    scored: &[(usize, &TokenScores)],
    interrupted: &AtomicBool,
    answered: &mut [Answered],
) -> Result<(), Halt> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut requests: Vec<ScoreRequest> = Vec::new();
    let mut place_of = |text: String| {
        *places.entry(text).or_insert_with_key(|text| {
            requests.push(request(text, false));
            requests.len() - 1
        })
    };
    let (lowers, compares) = (chosen.needs_pass(ExtraPass::Lowered), chosen.needs_pass(ExtraPass::Neighbors));
    let mut wanted: Vec<(Option<usize>, Vec<usize>)> = Vec::with_capacity(scored.len());
    for &(place, _) in scored {
        let row = &rows[place];
        let lowered = Some(row.text.to_lowercase()).filter(|lowered| lowers && *lowered != row.text);
        let neighbors = if compares { row.neighbors.as_slice() } else { &[] };
        wanted.push((lowered.map(&mut place_of), neighbors.iter().map(|text| place_of(text.clone())).collect()));
    }
    if requests.is_empty() {
        return Ok(());
    }
    let scores = score_all(models.target, &requests, interrupted)?;
    for (answered, (lowered, neighbors)) in answered.iter_mut().zip(wanted) {
        answered.lowered = lowered.map(|place| scores[place].clone());
        answered.neighbors = neighbors.into_iter().map(|place| scores[place].clone()).collect();
    }
    Ok(())
}

/// Scores of all tokens of each text after the given ids; the text is cut by itself, so that its ids stay the same.
fn tokens_after(
    target: &dyn Backend,
    texts: &[&str],
    before: &[u32],
    is_asked: &dyn Fn(&str) -> bool,
) -> Vec<Answer<TokenScores>> {
    let ids: Vec<Answer<Vec<u32>>> = texts
        .iter()
        .map(|text| {
            is_asked(text).then(|| {
                let ids = target.tokenize(text)?;
                if ids.is_empty() { Err(BackendError::EmptyText) } else { Ok([before, &ids].concat()) }
            })
        })
        .collect();
    let requests: Vec<TokensRequest> = ids
        .iter()
        .filter_map(|ids| ids.as_ref()?.as_ref().ok())
        .map(|ids| TokensRequest {
            ids: ids.clone(),
            first_scored: before.len(),
            window: Context::Fit,
            vocab_stats: false,
        })
        .collect();
    let mut scores = target.score_tokens(&requests).into_iter();
    ids.into_iter().map(|ids| Some(ids?.and_then(|_| scores.next().unwrap_or(Err(BackendError::OtherReply))))).collect()
}
