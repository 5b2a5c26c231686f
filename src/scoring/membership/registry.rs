//! The one table of attacks: the command-line list, the method boxes and the scorer read it.

use crate::backend::Capability;

use super::attack::{AttackError, AttackInput, AttackOptions, AttackScore};
use super::{loss, min_k, min_k_pp, reference, zlib};

/// What an attack must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// What the model under test must be able to do.
    pub capabilities: &'static [Capability],
    /// Whether a second model must score the same text; it needs [`Capability::Score`] only.
    pub reference_model: bool,
}

/// One attack. Scores are in this harness's sign: higher means more likely a member.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// Name in suites, records and metric names, e.g. `min_k_pp`.
    pub id: &'static str,
    pub title: &'static str,
    /// The formula in words, in this harness's sign.
    pub formula: &'static str,
    pub unit: &'static str,
    /// Which way the score points.
    pub direction: &'static str,
    pub needs: Needs,
    /// Whether the value depends on `min_k`.
    pub uses_min_k: bool,
    /// Paper, and the implementation that the golden cases come from.
    pub reference: &'static str,
    scorer: fn(&AttackInput<'_>, &AttackOptions) -> Result<AttackScore, AttackError>,
}

const HIGHER_IS_MEMBER: &str = "higher = member";
const SCORE: &[Capability] = &[Capability::Score];
const SCORE_AND_STATISTICS: &[Capability] = &[Capability::Score, Capability::VocabStats];

/// All attacks, in the order in which they are listed and printed.
pub const ATTACKS: &[Attack] = &[
    Attack {
        id: loss::ID,
        title: "Loss",
        formula: "mean log-probability of the scored tokens",
        unit: "nats per token",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false },
        uses_min_k: false,
        reference: "Yeom et al. 2018, arXiv:1709.01604; mimir 1b6fd649 (loss.py, opposite sign)",
        scorer: |input, _| loss::loss(input),
    },
    Attack {
        id: zlib::ID,
        title: "zlib",
        formula: "mean log-probability divided by the bytes of the zlib stream (level 6) of the UTF-8 text",
        unit: "nats per token and byte",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false },
        uses_min_k: false,
        reference: "Carlini et al. 2021, arXiv:2012.07805; mimir 1b6fd649 (zlib.py, opposite sign)",
        scorer: |input, _| zlib::zlib(input),
    },
    Attack {
        id: min_k::ID,
        title: "Min-K %",
        formula: "mean of the max(1, floor(N k)) lowest log-probabilities of the N scored tokens",
        unit: "nats per token",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false },
        uses_min_k: true,
        reference: "Shi et al. 2024, arXiv:2310.16789; mimir 1b6fd649 (min_k.py, opposite sign)",
        scorer: min_k::min_k,
    },
    Attack {
        id: min_k_pp::ID,
        title: "Min-K %++",
        formula: "mean of the max(1, floor(N k)) lowest (log-probability - mean) / standard deviation, mean and \
                  deviation over the vocabulary under the model's own distribution, variance at least 1e-12",
        unit: "standard deviations",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE_AND_STATISTICS, reference_model: false },
        uses_min_k: true,
        reference: "Zhang et al. 2025, arXiv:2404.02936; mink-plus-plus 5596c65d (run.py, same sign)",
        scorer: min_k_pp::min_k_pp,
    },
    Attack {
        id: reference::REFERENCE_ID,
        title: "Reference",
        formula: "mean log-probability under the model minus mean log-probability under the reference model, each \
                  with its own tokenizer",
        unit: "nats per token",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: true },
        uses_min_k: false,
        reference: "Carlini et al. 2021, arXiv:2012.07805; mimir 1b6fd649 (reference.py, opposite sign)",
        scorer: |input, _| reference::reference_difference(input),
    },
    Attack {
        id: reference::RATIO_ID,
        title: "Perplexity ratio",
        formula: "minus the perplexity under the model divided by the perplexity under the reference model",
        unit: "ratio",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: true },
        uses_min_k: false,
        reference: "Meeus et al. 2024, arXiv:2402.09363; copyright-traps 022536e7 (utils.py, opposite sign)",
        scorer: |input, _| reference::perplexity_ratio(input),
    },
    Attack {
        id: reference::LOG_RATIO_ID,
        title: "Log-perplexity ratio",
        formula: "minus the mean loss under the model divided by the mean loss under the reference model",
        unit: "ratio",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: true },
        uses_min_k: false,
        reference: "Meeus et al. 2024, arXiv:2402.09363, figure 1 and table 4; copyright-traps 022536e7 (opposite sign)",
        scorer: |input, _| reference::log_ratio(input),
    },
];

/// The attack called `id`; `None` if there is none.
#[must_use]
pub fn find(id: &str) -> Option<&'static Attack> {
    ATTACKS.iter().find(|attack| attack.id == id)
}

/// Runs `attack` on one text.
///
/// # Errors
/// Whatever keeps this attack from a value for this text; see [`AttackError`].
pub fn score(attack: &Attack, input: &AttackInput<'_>, options: &AttackOptions) -> Result<AttackScore, AttackError> {
    (attack.scorer)(input, options)
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        for (index, attack) in ATTACKS.iter().enumerate() {
            let found = find(attack.id).expect("listed");
            assert_eq!(found.title, ATTACKS[index].title);
        }
        assert!(find("quantile").is_none());
    }

    #[test]
    fn every_attack_scores_a_likelier_text_higher() {
        let reference = scores(&[-3.0; 6]);
        let (likely, unlikely) = (scores(&[-0.5; 6]), scores(&[-5.0; 6]));
        for attack in ATTACKS {
            let value = |target| {
                let input = AttackInput { text: "the same text", target, reference: Some(&reference) };
                score(attack, &input, &AttackOptions::default()).expect(attack.id).value
            };
            assert!(value(&likely) > value(&unlikely), "{}", attack.id);
        }
    }

    #[test]
    fn the_declared_needs_are_the_real_ones() {
        let mut bare = scores(&[-1.0; 6]);
        bare.vocab_mean = None;
        bare.vocab_std = None;
        let input = AttackInput { text: "text", target: &bare, reference: None };
        for attack in ATTACKS {
            let result = score(attack, &input, &AttackOptions::default());
            let needs_more =
                attack.needs.reference_model || attack.needs.capabilities.contains(&Capability::VocabStats);
            assert_eq!(result.is_err(), needs_more, "{}", attack.id);
        }
    }

    #[test]
    fn only_the_attacks_that_say_so_change_with_k() {
        let reference = scores(&[-3.0; 4]);
        let target = scores(&[-1.0, -2.0, -3.0, -4.0]);
        let input = AttackInput { text: "text", target: &target, reference: Some(&reference) };
        for attack in ATTACKS {
            let value = |min_k| score(attack, &input, &AttackOptions { min_k }).expect(attack.id).value;
            assert_eq!((value(0.25) - value(1.0)).abs() > 1e-9, attack.uses_min_k, "{}", attack.id);
        }
    }
}
