//! Other people's numbers by the names that they have there, so that the command and the verification compute the same.
//!
//! A name may carry its settings: `min_k_0.4`, `min_k_window3_stride2`, `mink++_0.1`, `gradnorm_l1`. Signs are upstream's own.

use super::compat::{self, VocabularyRows};
use super::norm_order::NormOrder;
use super::token_frequencies::TokenFrequencies;
use crate::backend::{GradientNorms, TokenScores};

/// Log-probabilities of one pass in f64, with the vocabulary's mean and standard deviation where they were asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pass {
    pub logprobs: Vec<f64>,
    pub vocab_means: Vec<f64>,
    pub vocab_deviations: Vec<f64>,
    pub is_argmax: Vec<bool>,
}

impl Pass {
    /// The same numbers in f64.
    #[must_use]
    pub fn new(scores: &TokenScores) -> Self {
        let widened = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
        Self {
            logprobs: widened(&scores.logprobs),
            vocab_means: widened(scores.vocab_mean.as_deref().unwrap_or_default()),
            vocab_deviations: widened(scores.vocab_std.as_deref().unwrap_or_default()),
            is_argmax: scores.is_argmax.clone(),
        }
    }

    fn rows(&self) -> Option<VocabularyRows<'_>> {
        let is_whole =
            self.vocab_means.len() == self.logprobs.len() && self.vocab_deviations.len() == self.logprobs.len();
        is_whole.then_some(VocabularyRows { means: &self.vocab_means, deviations: &self.vocab_deviations })
    }
}

/// What a name comes to: none where it is unknown or what it needs was not given; none inside where upstream has no number.
pub type Named = Option<Option<f64>>;

/// The number after `prefix`; `default` where the name is the prefix without its last `_`.
fn setting(name: &str, prefix: &str, default: f64) -> Option<f64> {
    match name.strip_prefix(prefix) {
        Some(rest) => rest.parse().ok(),
        None => (prefix.strip_suffix('_') == Some(name)).then_some(default),
    }
}

fn order(word: &str) -> Option<NormOrder> {
    match word {
        "inf" => Some(NormOrder::Inf),
        "l1" => Some(NormOrder::One),
        "l2" => Some(NormOrder::Two),
        _ => None,
    }
}

/// mimir: lower = member; over its own windows.
#[derive(Debug, Clone, Copy)]
pub struct Mimir<'a> {
    pub target: &'a Pass,
    pub reference: Option<&'a Pass>,
    pub zlib_length: usize,
    /// Losses of the neighbours; none where there are none.
    pub neighbor_losses: Option<&'a [f64]>,
    /// Mean log-probability after a prefix, by the name of its number.
    pub conditional: &'a [(String, Option<f64>)],
    /// Ids of the text, their log-probabilities after the end-of-text token, and frequencies.
    pub after_eos: Option<(&'a [u32], &'a [f64], &'a TokenFrequencies)>,
    pub gradient: Option<&'a GradientNorms>,
}

impl Mimir<'_> {
    /// The number called `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Named {
        let logprobs = &self.target.logprobs;
        match name {
            "loss" => return Some(compat::mimir_loss(logprobs)),
            "zlib" => return Some(compat::mimir_zlib(logprobs, self.zlib_length)),
            "ref" => return Some(compat::mimir_reference(logprobs, &self.reference?.logprobs)),
            "ne_driver" => return Some(compat::mimir_neighbor_driver(logprobs, self.neighbor_losses?)),
            "dc_pdd" => {
                let (ids, logprobs, frequencies) = self.after_eos?;
                return Some(compat::mimir_dc_pdd(ids, logprobs, frequencies));
            }
            _ => {}
        }
        if let Some((_, conditional)) = self.conditional.iter().find(|(known, _)| known == name) {
            return Some(conditional.and_then(|conditional| compat::mimir_recall(conditional, logprobs)));
        }
        if let Some(word) = name.strip_prefix("gradnorm_") {
            return Some(Some(compat::mimir_gradnorm(self.gradient?, order(word)?)));
        }
        if let Some((share, rest)) = name.strip_prefix("min_k_").and_then(|rest| rest.split_once("window"))
            && let Some((window, stride)) = rest.split_once("_stride")
        {
            let share = if share.is_empty() { 0.2 } else { share.strip_suffix('_')?.parse().ok()? };
            return Some(compat::mimir_min_k(logprobs, share, window.parse().ok()?, stride.parse().ok()?));
        }
        if let Some(share) = setting(name, "min_k_pp_", 0.2) {
            return Some(compat::mimir_min_k_pp(logprobs, self.target.rows()?, share));
        }
        Some(compat::mimir_min_k(logprobs, setting(name, "min_k_", 0.2)?, 1, 1))
    }
}

/// mink-plus-plus: higher = member; over one pass.
#[derive(Debug, Clone, Copy)]
pub struct MinkPlusPlus<'a> {
    pub target: &'a Pass,
    /// The target's ids under the reference model.
    pub reference_on_target_ids: Option<&'a Pass>,
    pub lowered: Option<&'a Pass>,
    pub zlib_length: usize,
    /// Mean log-probabilities of the neighbours; none where there are none.
    pub neighbor_means: Option<&'a [f64]>,
}

impl MinkPlusPlus<'_> {
    /// The number called `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Named {
        let logprobs = &self.target.logprobs;
        Some(match name {
            "loss" => compat::mink_plus_plus_loss(logprobs),
            "zlib" => compat::mink_plus_plus_zlib(logprobs, self.zlib_length),
            "ref" => compat::mink_plus_plus_reference(logprobs, &self.reference_on_target_ids?.logprobs),
            "lowercase" => compat::mink_plus_plus_lowercase(logprobs, &self.lowered?.logprobs),
            "neighbor" => compat::mink_plus_plus_neighbor(logprobs, self.neighbor_means?),
            _ => match setting(name, "mink++_", 0.2) {
                Some(share) => compat::mink_plus_plus_min_k_pp(logprobs, self.target.rows()?, share),
                None => compat::mink_plus_plus_min_k(logprobs, setting(name, "mink_", 0.2)?),
            },
        })
    }
}

/// OpenUnlearning: lower = member for its attacks; over one pass.
#[derive(Debug, Clone, Copy)]
pub struct OpenUnlearning<'a> {
    pub target: &'a Pass,
    pub reference_on_target_ids: Option<&'a Pass>,
    /// Compressed length of the text without its first token, where the tokenizer is known.
    pub zlib_length_without_first_token: Option<usize>,
    /// Of the loss without the last token; none inside where that leaves no token.
    pub gradient_without_last: Option<Option<&'a GradientNorms>>,
}

impl OpenUnlearning<'_> {
    /// The number called `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Named {
        let logprobs = &self.target.logprobs;
        if let Some(word) = name.strip_prefix("gradnorm_") {
            let order = order(word)?;
            return Some(self.gradient_without_last?.map(|norms| compat::open_unlearning_gradnorm(norms, order)));
        }
        Some(match name {
            "loss" => compat::open_unlearning_loss(logprobs),
            "zlib" => compat::open_unlearning_zlib(logprobs, self.zlib_length_without_first_token?),
            "reference_same_ids" => {
                compat::open_unlearning_reference(logprobs, &self.reference_on_target_ids?.logprobs)
            }
            "exact_memorization" => compat::open_unlearning_exact_memorization(&self.target.is_argmax),
            "extraction_strength" => Some(compat::open_unlearning_extraction_strength(&self.target.is_argmax)),
            "probability" => compat::open_unlearning_probability(logprobs),
            _ => Some(match setting(name, "min_k_pp_", 0.4) {
                Some(share) => compat::open_unlearning_min_k_pp(logprobs, self.target.rows()?, share),
                None => compat::open_unlearning_min_k(logprobs, setting(name, "min_k_", 0.4)?),
            }),
        })
    }
}

/// copyright-traps: lower = member but for Min-K; the first token is taken out of the input.
#[derive(Debug, Clone, Copy)]
pub struct Traps<'a> {
    /// All tokens; the other two without the first.
    pub whole: &'a Pass,
    pub shortened: Option<&'a Pass>,
    pub reference_shortened: Option<&'a Pass>,
}

impl Traps<'_> {
    /// The number called `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Named {
        let perplexity = |pass: &Pass| compat::traps_perplexity(&pass.logprobs);
        let both = || Some((perplexity(self.shortened?), perplexity(self.reference_shortened?)));
        let of_both = |formula: fn(f64, f64) -> Option<f64>| {
            let (target, reference) = both()?;
            Some(target.zip(reference).and_then(|(target, reference)| formula(target, reference)))
        };
        match name {
            "perplexity_all_tokens" => Some(perplexity(self.whole)),
            "perplexity_first_token_removed" => Some(perplexity(self.shortened?)),
            "ref_perplexity_first_token_removed" => Some(perplexity(self.reference_shortened?)),
            "ratio" => of_both(compat::traps_ratio),
            "log_ratio" => of_both(compat::traps_log_ratio),
            "min_k_prob_20" => Some(compat::traps_min_k_prob_20(&self.shortened?.logprobs)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_their_settings() {
        let pass = Pass { logprobs: (1..=10).map(|n| -f64::from(n)).collect(), ..Pass::default() };
        let mimir = Mimir {
            target: &pass,
            reference: None,
            zlib_length: 10,
            neighbor_losses: None,
            conditional: &[("recall_2shot".to_owned(), Some(-11.0))],
            after_eos: None,
            gradient: None,
        };
        assert_eq!(mimir.value("min_k"), Some(Some(9.5)));
        assert_eq!(mimir.value("min_k_0.1"), Some(Some(10.0)));
        assert_eq!(mimir.value("min_k_window2_stride2"), Some(Some(9.5)));
        assert_eq!(mimir.value("recall_2shot"), Some(Some(-2.0)));
        assert_eq!((mimir.value("recall_3shot"), mimir.value("min_k_pp"), mimir.value("min_k_x")), (None, None, None));
        let minkpp = MinkPlusPlus {
            target: &pass,
            reference_on_target_ids: None,
            lowered: None,
            zlib_length: 10,
            neighbor_means: None,
        };
        assert_eq!((minkpp.value("mink_0.1"), minkpp.value("ref")), (Some(Some(-10.0)), None));
    }
}
