//! The one table of attacks: the command-line list, the method boxes and the scorer read it.

use crate::backend::Capability;

use super::attack::{AttackError, AttackInput, AttackOptions, AttackScore};
use super::{
    dc_pdd, exact_memorization, extraction_strength, gradnorm, loss, lowercase, min_k, min_k_pp, neighbor, recall,
    reference, zlib,
};

/// What an attack must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// What the model under test must be able to do.
    pub capabilities: &'static [Capability],
    /// Whether a second model must score the same text; it needs [`Capability::Score`] only.
    pub reference_model: bool,
    /// The pass beside the text's own that it needs; an attack without one costs nothing where another is run.
    pub pass: Option<ExtraPass>,
}

/// A pass of the model under test beside the text's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExtraPass {
    /// Over the text in lower case.
    Lowered,
    /// Over each text in the row's field `neighbors`.
    Neighbors,
    /// Over the text after a prefix of given texts that are no members.
    Prefixed,
    /// Over the text after the end-of-text token; frequencies of a given corpus are counted besides.
    AfterEos,
    /// Forward and backward.
    Gradient,
}

impl ExtraPass {
    /// What the user must give for it, in words; none where the text is enough.
    #[must_use]
    pub fn input(self) -> Option<&'static str> {
        match self {
            Self::Lowered | Self::Gradient => None,
            Self::Neighbors => Some("texts in the field `neighbors`"),
            Self::Prefixed => Some("a prefix (--recall-prefix)"),
            Self::AfterEos => Some("a corpus (--dcpdd-corpus)"),
        }
    }

    /// What it costs beside the text's own pass, in words.
    #[must_use]
    pub fn cost(self) -> &'static str {
        match self {
            Self::Lowered | Self::AfterEos => "1 pass",
            Self::Neighbors => "1 pass a neighbour",
            Self::Prefixed => "1 pass over prefix and text",
            Self::Gradient => "1 forward and 1 backward pass, and the weights in memory once more",
        }
    }
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
const TOKENS: &[Capability] = &[Capability::Score, Capability::ScoreTokens];
const GRADIENTS: &[Capability] = &[Capability::Score, Capability::Gradients];
const SCORE_AND_STATISTICS: &[Capability] = &[Capability::Score, Capability::VocabStats];

/// All attacks, in the order in which they are listed and printed.
pub const ATTACKS: &[Attack] = &[
    Attack {
        id: loss::ID,
        title: "Loss",
        formula: "mean log-probability of the scored tokens",
        unit: "nats per token",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false, pass: None },
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
        needs: Needs { capabilities: SCORE, reference_model: false, pass: None },
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
        needs: Needs { capabilities: SCORE, reference_model: false, pass: None },
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
        needs: Needs { capabilities: SCORE_AND_STATISTICS, reference_model: false, pass: None },
        uses_min_k: true,
        reference: "Zhang et al. 2025, arXiv:2404.02936; mink-plus-plus 5596c65d (run.py, same sign)",
        scorer: min_k_pp::min_k_pp,
    },
    Attack {
        id: min_k::WINDOWED_ID,
        title: "Min-K % over windows",
        formula: "Min-K % over the mean log-probabilities of windows of tokens (3, at stride 2, unless --window and --stride say otherwise)",
        unit: "nats per token",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false, pass: None },
        uses_min_k: true,
        reference: "Shi et al. 2024, arXiv:2310.16789; mimir 1b6fd649 (min_k.py with window and stride, opposite sign)",
        scorer: min_k::min_k_windowed,
    },
    Attack {
        id: min_k_pp::WINDOWED_ID,
        title: "Min-K %++ over windows",
        formula: "Min-K % over the means of standardised log-probabilities of windows of tokens (3, at stride 2, unless --window and --stride say otherwise)",
        unit: "standard deviations",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE_AND_STATISTICS, reference_model: false, pass: None },
        uses_min_k: true,
        reference: "Zhang et al. 2025, arXiv:2404.02936, with the windows of mimir's Min-K %",
        scorer: min_k_pp::min_k_pp_windowed,
    },
    Attack {
        id: exact_memorization::ID,
        title: "Exact memorisation",
        formula: "share of the scored tokens that are the model's first choice",
        unit: "share",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false, pass: None },
        uses_min_k: false,
        reference: "Tirumala et al. 2022, arXiv:2205.10770; OpenUnlearning d3d7cf9e, which leaves the last token out",
        scorer: |input, _| exact_memorization::exact_memorization(input),
    },
    Attack {
        id: extraction_strength::ID,
        title: "Extraction strength",
        formula: "share of the scored tokens in the longest tail of which each is the model's first choice",
        unit: "share",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false, pass: None },
        uses_min_k: false,
        reference: "Carlini et al. 2021, arXiv:2012.07805; OpenUnlearning d3d7cf9e, which leaves the last token out and \
                    never gives 0",
        scorer: |input, _| extraction_strength::extraction_strength(input),
    },
    Attack {
        id: reference::REFERENCE_ID,
        title: "Reference",
        formula: "mean log-probability under the model minus mean log-probability under the reference model, each \
                  with its own tokenizer",
        unit: "nats per token",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: true, pass: None },
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
        needs: Needs { capabilities: SCORE, reference_model: true, pass: None },
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
        needs: Needs { capabilities: SCORE, reference_model: true, pass: None },
        uses_min_k: false,
        reference: "Meeus et al. 2024, arXiv:2402.09363, figure 1 and table 4; copyright-traps 022536e7 (opposite sign)",
        scorer: |input, _| reference::log_ratio(input),
    },
    Attack {
        id: lowercase::ID,
        title: "Lowercase",
        formula: "mean log-probability of the text in lower case divided by that of the text",
        unit: "ratio",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false, pass: Some(ExtraPass::Lowered) },
        uses_min_k: false,
        reference: "Carlini et al. 2021, arXiv:2012.07805; mink-plus-plus 5596c65d (run_ref.py, same sign)",
        scorer: |input, _| lowercase::lowercase(input),
    },
    Attack {
        id: neighbor::ID,
        title: "Neighbourhood",
        formula: "mean log-probability minus the mean over neighbours of theirs",
        unit: "nats per token",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: SCORE, reference_model: false, pass: Some(ExtraPass::Neighbors) },
        uses_min_k: false,
        reference: "Mattern et al. 2023, arXiv:2305.18462; mink-plus-plus 5596c65d (run_neighbor.py, same sign); mimir \
                    1b6fd649 takes the largest loss of a neighbour",
        scorer: |input, _| neighbor::neighbor(input),
    },
    Attack {
        id: recall::ID,
        title: "ReCaLL",
        formula: "mean log-probability of all tokens after a prefix of non-members divided by the mean log-probability",
        unit: "ratio",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: TOKENS, reference_model: false, pass: Some(ExtraPass::Prefixed) },
        uses_min_k: false,
        reference: "Xie et al. 2024, arXiv:2406.15968; mimir 1b6fd649 (recall.py, opposite sign)",
        scorer: |input, _| recall::recall(input),
    },
    Attack {
        id: dc_pdd::ID,
        title: "DC-PDD",
        formula: "mean over first occurrences of tokens of min(0.01, probability times ln(1 / frequency in a corpus))",
        unit: "nats",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: TOKENS, reference_model: false, pass: Some(ExtraPass::AfterEos) },
        uses_min_k: false,
        reference: "Zhang et al. 2024, arXiv:2409.14781; mimir 1b6fd649 (dc_pdd.py, opposite sign)",
        scorer: |input, _| dc_pdd::dc_pdd(input),
    },
    Attack {
        id: gradnorm::ID,
        title: "Gradient norm",
        formula: "minus the mean over parameter tensors of the norm of the gradient of the mean loss",
        unit: "nats per unit of weight",
        direction: HIGHER_IS_MEMBER,
        needs: Needs { capabilities: GRADIENTS, reference_model: false, pass: Some(ExtraPass::Gradient) },
        uses_min_k: false,
        reference: "Wang et al. 2024, arXiv:2402.17012; mimir 1b6fd649 (gradnorm.py, whose sign is turned round)",
        scorer: gradnorm::gradnorm,
    },
];

/// The attack called `id`; `None` if there is none.
#[must_use]
pub fn find(id: &str) -> Option<&'static Attack> {
    ATTACKS.iter().find(|attack| attack.id == id)
}

/// Ids of the attacks that the text's own pass and a reference model are enough for: those that a suite can name.
#[must_use]
pub fn suite_ids() -> Vec<&'static str> {
    ATTACKS.iter().filter(|attack| attack.needs.pass.is_none()).map(|attack| attack.id).collect()
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
    use super::super::TokenFrequencies;
    use super::super::attack::Extra;
    use super::super::attack::example::scores;
    use super::*;
    use crate::backend::GradientNorms;

    #[test]
    fn ids_are_unique_and_found() {
        for (index, attack) in ATTACKS.iter().enumerate() {
            let found = find(attack.id).expect("listed");
            assert_eq!(found.title, ATTACKS[index].title);
        }
        assert!(find("quantile").is_none());
    }

    /// A text of six tokens of the given log-probability, and everything that an attack may ask for.
    fn with_all<R>(logprob: f32, work: impl Fn(&AttackInput<'_>) -> R) -> R {
        let mut target = scores(&[logprob; 6]);
        target.is_argmax = vec![logprob > -1.0; 6];
        let (reference, lowered, neighbors) = (scores(&[-3.0; 6]), scores(&[-6.0; 5]), [scores(&[-4.0; 6])]);
        // What follows a foreign prefix is less likely than the text alone, and by as much.
        let prefixed = scores(&[-3.0 + logprob; 6]);
        let frequencies = TokenFrequencies::new(7);
        let steepness = f64::from(-logprob);
        let gradient = GradientNorms { l1: steepness, l2: steepness, inf: steepness, n_tensors: 1 };
        let extra = Extra {
            lowered: Some(&lowered),
            neighbors: &neighbors,
            prefixed: Some(&prefixed),
            after_eos: Some(&target),
            frequencies: Some(&frequencies),
            gradient: Some(&gradient),
        };
        work(&AttackInput { reference: Some(&reference), extra, ..AttackInput::new("the same text", &target) })
    }

    #[test]
    fn every_attack_scores_a_likelier_text_higher() {
        for attack in ATTACKS {
            let value =
                |logprob| with_all(logprob, |input| score(attack, input, &AttackOptions::default()).map(|s| s.value));
            let (likely, unlikely) = (value(-0.5).expect(attack.id), value(-8.0).expect(attack.id));
            assert!(likely > unlikely, "{}: {likely} against {unlikely}", attack.id);
        }
    }

    #[test]
    fn the_declared_needs_are_the_real_ones() {
        let mut bare = scores(&[-1.0; 6]);
        bare.vocab_mean = None;
        bare.vocab_std = None;
        let input = AttackInput::new("text", &bare);
        for attack in ATTACKS {
            let result = score(attack, &input, &AttackOptions::default());
            let needs_more = attack.needs.reference_model
                || attack.needs.pass.is_some()
                || attack.needs.capabilities.contains(&Capability::VocabStats);
            assert_eq!(result.is_err(), needs_more, "{}", attack.id);
        }
    }

    #[test]
    fn only_the_attacks_that_say_so_change_with_k() {
        let reference = scores(&[-3.0; 9]);
        let target = scores(&[-1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0, -8.0, -9.0]);
        for attack in ATTACKS.iter().filter(|attack| attack.needs.pass.is_none()) {
            let input = AttackInput { reference: Some(&reference), ..AttackInput::new("text", &target) };
            let value = |min_k| {
                let options = AttackOptions { min_k, ..AttackOptions::default() };
                score(attack, &input, &options).expect(attack.id).value
            };
            assert_eq!((value(0.25) - value(1.0)).abs() > 1e-9, attack.uses_min_k, "{}", attack.id);
        }
    }

    #[test]
    fn a_suite_names_attacks_of_one_pass_only() {
        assert!(suite_ids().contains(&"extraction_strength") && !suite_ids().contains(&"recall"));
    }
}
