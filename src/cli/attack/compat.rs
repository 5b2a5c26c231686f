//! Other people's numbers from the same answers, each in its code's own sign, beside ours in every line.
//!
//! A code's number is there where the attack that it belongs to is run. What a code does differently with texts beyond the
//! context is not repeated: such a text has no number of the codes that read it in one pass.

use std::collections::BTreeMap;

use super::answered::{Answered, CompatPasses};
use super::choice::Chosen;
use super::code::Code;
use super::given::Given;
use super::models::{Models, gradients};
use crate::backend::{Backend, Context, TokenScores, TokensRequest};
use crate::scoring::membership::compat_names::{Mimir, MinkPlusPlus, Named, OpenUnlearning, Pass, Traps};
use crate::scoring::membership::{AttackInput, ExtraPass, compat, zlib_length};

fn ids_from(ids: &[u32], first_scored: usize) -> TokensRequest {
    TokensRequest { ids: ids.to_vec(), first_scored, window: Context::Refuse, vocab_stats: false }
}

/// Answers in their places; none where a text has too few ids, or the model refuses.
fn passes(model: &dyn Backend, ids: &[&[u32]]) -> Vec<Option<Pass>> {
    let requests: Vec<TokensRequest> = ids.iter().filter(|ids| ids.len() > 1).map(|ids| ids_from(ids, 1)).collect();
    let mut scores = model.score_tokens(&requests).into_iter();
    let answer = |ids: &&[u32]| (ids.len() > 1).then(|| scores.next()).flatten();
    ids.iter().map(answer).map(|scores| scores?.ok().map(|scores| Pass::new(&scores))).collect()
}

/// Asks what the chosen codes need beyond the other answers; `own` are the scores of the texts themselves.
pub(super) fn ask_compat(
    models: &Models<'_>,
    chosen: &Chosen,
    given: &Given,
    texts: &[&str],
    own: &[&TokenScores],
) -> Vec<CompatPasses> {
    let mut found: Vec<CompatPasses> = own.iter().map(|_| CompatPasses::default()).collect();
    let ids: Vec<&[u32]> = own.iter().map(|scores| scores.token_ids.as_slice()).collect();
    let target = models.target;
    if let Some(reference) = models.reference
        && (chosen.wants(Code::Minkpp) || chosen.wants(Code::OpenUnlearning))
    {
        for (found, pass) in found.iter_mut().zip(passes(reference, &ids)) {
            found.same_ids = pass;
        }
    }
    if chosen.wants(Code::OpenUnlearning) {
        // An endpoint tells no ids.
        for (found, ids) in found.iter_mut().zip(&ids).filter(|(_, ids)| !ids.is_empty()) {
            let rest = target.detokenize(ids.get(1..).unwrap_or_default());
            found.zlib_without_first = rest.ok().map(|rest| zlib_length(&rest));
        }
        if chosen.needs_pass(ExtraPass::Gradient) {
            for (found, norms) in found.iter_mut().zip(gradients(target, texts, true)) {
                found.without_last = norms.ok();
            }
        }
    }
    if chosen.wants(Code::Traps) {
        let rests: Vec<&[u32]> = ids.iter().map(|ids| ids.get(1..).unwrap_or_default()).collect();
        for (found, pass) in found.iter_mut().zip(passes(target, &rests)) {
            found.shortened = pass;
        }
        if let Some(reference) = models.reference {
            let cut: Vec<Vec<u32>> = texts.iter().map(|text| reference.tokenize(text).unwrap_or_default()).collect();
            let rests: Vec<&[u32]> = cut.iter().map(|ids| ids.get(1..).unwrap_or_default()).collect();
            for (found, pass) in found.iter_mut().zip(passes(reference, &rests)) {
                found.reference_shortened = pass;
            }
        }
    }
    if let Some(prefix) = given.prefix.as_ref().filter(|_| chosen.wants(Code::Mimir)) {
        for (found, ids) in found.iter_mut().zip(&ids).filter(|(_, ids)| !ids.is_empty()) {
            found.conditional = conditional(target, &prefix.mimir_ids, ids, given.context);
        }
    }
    found
}

/// mimir's mean after its prefix, by windows without overlap; none where the prefix alone fills the context.
fn conditional(target: &dyn Backend, prefix: &[u32], ids: &[u32], context: usize) -> Option<f64> {
    if prefix.is_empty() || prefix.len() >= context {
        return None;
    }
    let joined = [prefix, ids].concat();
    let windows = compat::mimir_conditional_windows(prefix.len(), ids.len(), context);
    let requests: Vec<TokensRequest> = windows
        .iter()
        .map(|window| ids_from(&joined[window.from..window.to], window.scored_from - window.from))
        .collect();
    let scored: Option<Vec<_>> = windows
        .into_iter()
        .zip(target.score_tokens(&requests))
        .map(|(window, scores)| Some((window, Pass::new(&scores.ok()?).logprobs)))
        .collect();
    scored.filter(|scored| !scored.is_empty()).map(|scored| compat::mimir_conditional_mean(&scored))
}

/// Names of a code's numbers, each with the attack that it belongs to.
fn names(code: Code, chosen: &Chosen) -> Vec<(&'static str, String)> {
    let (k, norm) = (chosen.options.min_k, chosen.norm_word());
    let (window, stride) = (chosen.options.window, chosen.options.stride);
    let plain = |attack: &'static str, name: &str| (attack, name.to_owned());
    match code {
        Code::Mimir => vec![
            plain("loss", "loss"),
            plain("zlib", "zlib"),
            ("min_k", format!("min_k_{k}")),
            ("min_k_pp", format!("min_k_pp_{k}")),
            ("min_k_windowed", format!("min_k_{k}_window{window}_stride{stride}")),
            plain("ref", "ref"),
            plain("neighbor", "ne_driver"),
            plain("recall", "recall"),
            plain("dc_pdd", "dc_pdd"),
            ("gradnorm", format!("gradnorm_{norm}")),
        ],
        Code::Minkpp => vec![
            plain("loss", "loss"),
            plain("zlib", "zlib"),
            ("min_k", format!("mink_{k}")),
            ("min_k_pp", format!("mink++_{k}")),
            plain("ref", "ref"),
            plain("lowercase", "lowercase"),
            plain("neighbor", "neighbor"),
        ],
        Code::OpenUnlearning => vec![
            plain("loss", "loss"),
            plain("loss", "probability"),
            plain("zlib", "zlib"),
            ("min_k", format!("min_k_{k}")),
            ("min_k_pp", format!("min_k_pp_{k}")),
            plain("ref", "reference_same_ids"),
            plain("exact_memorization", "exact_memorization"),
            plain("extraction_strength", "extraction_strength"),
            ("gradnorm", format!("gradnorm_{norm}")),
        ],
        Code::Traps => vec![
            plain("loss", "perplexity_first_token_removed"),
            plain("ratio", "ref_perplexity_first_token_removed"),
            plain("ratio", "ratio"),
            plain("log_ratio", "log_ratio"),
            plain("min_k", "min_k_prob_20"),
        ],
    }
}

/// The numbers of one code for one text.
pub(super) fn compat_numbers(
    code: Code,
    input: &AttackInput<'_>,
    answered: &Answered,
    chosen: &Chosen,
    given: &Given,
) -> BTreeMap<String, Option<f64>> {
    let target = Pass::new(input.target);
    let reference = input.reference.map(Pass::new);
    let lowered = input.extra.lowered.map(Pass::new);
    let means: Vec<f64> = input.extra.neighbors.iter().filter_map(TokenScores::mean).collect();
    let losses: Vec<f64> = means.iter().map(|mean| -mean).collect();
    let is_whole = !means.is_empty() && means.len() == answered.neighbors.len();
    let extra = &answered.compat;
    let length = zlib_length(input.text);
    let after_eos = input.extra.after_eos.map(Pass::new);
    let ids = input.extra.after_eos.and_then(|scores| scores.token_ids.get(scores.first_scored..));
    let frequencies = given.corpus.as_ref().and_then(|corpus| corpus.mimir.as_ref());
    let conditional = [("recall".to_owned(), extra.conditional)];
    let value = |name: &str| -> Named {
        match code {
            Code::Mimir => Mimir {
                target: &target,
                reference: reference.as_ref(),
                zlib_length: length,
                neighbor_losses: is_whole.then_some(&*losses),
                conditional: &conditional,
                after_eos: ids.zip(after_eos.as_ref()).zip(frequencies).map(|((i, p), f)| (i, &*p.logprobs, f)),
                gradient: input.extra.gradient,
            }
            .value(name),
            // The others read a text in one pass, however long.
            _ if input.target.n_windows > 1 => None,
            Code::Minkpp => MinkPlusPlus {
                target: &target,
                reference_on_target_ids: extra.same_ids.as_ref(),
                lowered: lowered.as_ref(),
                zlib_length: length,
                neighbor_means: is_whole.then_some(&*means),
            }
            .value(name),
            Code::OpenUnlearning => OpenUnlearning {
                target: &target,
                reference_on_target_ids: extra.same_ids.as_ref(),
                zlib_length_without_first_token: extra.zlib_without_first,
                gradient_without_last: Some(extra.without_last.as_ref()),
            }
            .value(name),
            Code::Traps => Traps {
                whole: &target,
                shortened: extra.shortened.as_ref(),
                reference_shortened: extra.reference_shortened.as_ref(),
            }
            .value(name),
        }
    };
    let is_run = |attack: &str| chosen.attacks.iter().any(|run| run.id == attack);
    names(code, chosen)
        .into_iter()
        .filter(|(attack, _)| is_run(attack))
        .map(|(_, name)| {
            let number = value(&name).flatten().filter(|number| number.is_finite());
            (name, number)
        })
        .collect()
}
