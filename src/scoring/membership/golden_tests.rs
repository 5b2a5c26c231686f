//! The attacks against recorded outputs of the published implementations, fed with the recorded log-probabilities.
//!
//! The whole way from the text, through our own tokenizer and model, is what `mnemoscope verify` checks.

use serde_json::Value;

use crate::backend::TokenScores;

use super::compat::{self, VocabularyRows};
use super::{AttackInput, AttackOptions, find, min_k_windowed, score, zlib_length};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/attacks_pair_a.jsonl");
const TOLERANCE: f64 = 2e-4;

fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(CASES).expect("the golden cases stand beside the tests");
    text.lines().map(|line| serde_json::from_str(line).expect("a golden line is JSON")).collect()
}

fn numbers(case: &Value, field: &str) -> Option<Vec<f64>> {
    case.get(field)?.as_array()?.iter().map(Value::as_f64).collect()
}

fn flags(case: &Value, field: &str) -> Vec<bool> {
    case[field].as_array().expect("an array").iter().map(|hit| hit.as_bool().expect("a flag")).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "what a backend gives is f32")]
fn token_scores(logprobs: &[f64], rows: Option<(&[f64], &[f64])>) -> TokenScores {
    let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    TokenScores {
        token_ids: vec![0; logprobs.len() + 1],
        first_scored: 1,
        logprobs: narrow(logprobs),
        vocab_mean: rows.map(|(means, _)| narrow(means)),
        vocab_std: rows.map(|(_, deviations)| narrow(deviations)),
        is_argmax: vec![false; logprobs.len()],
        n_windows: 1,
        wire: None,
    }
}

/// Counts agreements of one set of values and names every disagreement.
#[derive(Default)]
struct Tally {
    n_compared: usize,
    disagreements: Vec<String>,
}

impl Tally {
    fn compare(&mut self, case: &Value, section: &str, field: &str, got: Option<f64>) {
        let Some(expected) = case.get(section).and_then(|values| values.get(field)) else { return };
        self.n_compared += 1;
        let agrees = match (expected.as_f64(), got) {
            (Some(expected), Some(got)) => (expected - got).abs() <= TOLERANCE,
            (None, None) => expected.is_null(),
            _ => false,
        };
        if !agrees {
            self.disagreements.push(format!("{} {section}.{field}: expected {expected}, got {got:?}", case["id"]));
        }
    }

    fn assert_all_agree(&self, n_expected: usize) {
        assert!(self.disagreements.is_empty(), "{}", self.disagreements.join("\n"));
        assert_eq!(self.n_compared, n_expected);
    }
}

#[test]
fn compressed_lengths_agree_with_the_recorded_ones() {
    let cases = cases();
    assert_eq!(cases.len(), 39);
    for case in &cases {
        let text = case["text"].as_str().expect("a text");
        assert_eq!(case["zlib_len"].as_u64(), Some(zlib_length(text) as u64), "{}", case["id"]);
        assert_eq!(case["n_bytes"].as_u64(), Some(text.len() as u64), "{}", case["id"]);
    }
}

#[test]
fn the_attack_table_agrees_with_mimir_and_the_traps_after_the_sign() {
    let mut tally = Tally::default();
    for case in cases() {
        let full = numbers(&case, "token_logprobs").expect("log-probabilities");
        let windowed = numbers(&case, "token_logprobs_windowed");
        let scored = windowed.as_ref().unwrap_or(&full);
        let (means, deviations) =
            (numbers(&case, "vocab_mean").expect("means"), numbers(&case, "vocab_std").expect("deviations"));
        let target = token_scores(scored, Some((&means, &deviations)));
        let reference_logprobs = numbers(&case, "ref_token_logprobs_windowed")
            .or_else(|| numbers(&case, "ref_token_logprobs"))
            .expect("reference log-probabilities");
        let reference = token_scores(&reference_logprobs, None);
        let text = case["text"].as_str().expect("a text");
        let input = AttackInput { reference: Some(&reference), ..AttackInput::new(text, &target) };
        let mut check = |id: &str, min_k: f64, field: &str| {
            let attack = find(id).expect("listed");
            let result = score(attack, &input, &AttackOptions { min_k, ..AttackOptions::default() })
                .expect("every golden text can be scored");
            // mimir has no number where the floor rule was applied; ours says so with the flag.
            let value = (!result.flags.contains(&super::FLAG_K_FLOOR_APPLIED)).then_some(-result.value);
            tally.compare(&case, "mimir", field, value);
        };
        for field in ["loss", "zlib", "ref"] {
            check(field, 0.2, field);
        }
        for (suffix, share) in [("", 0.2), ("_0.1", 0.1), ("_0.4", 0.4), ("_1.0", 1.0)] {
            check("min_k", share, &format!("min_k{suffix}"));
            // The recorded rows are those of the one full pass.
            if windowed.is_none() {
                check("min_k_pp", share, &format!("min_k_pp{suffix}"));
            }
        }
        let windows = min_k_windowed(&input, &AttackOptions::default()).ok();
        let value = windows.filter(|score| score.flags.is_empty()).map(|score| -score.value);
        tally.compare(&case, "mimir", "min_k_window3_stride2", value);
    }
    tally.assert_all_agree(39 * 8 + 33 * 4);
}

#[test]
fn the_mimir_variants_agree_and_have_no_number_where_mimir_has_none() {
    let mut tally = Tally::default();
    for case in cases() {
        let full = numbers(&case, "token_logprobs").expect("log-probabilities");
        let windowed = numbers(&case, "token_logprobs_windowed");
        let scored = windowed.as_ref().unwrap_or(&full);
        let reference = numbers(&case, "ref_token_logprobs_windowed")
            .or_else(|| numbers(&case, "ref_token_logprobs"))
            .expect("reference log-probabilities");
        let length = zlib_length(case["text"].as_str().expect("a text"));
        let (means, deviations) =
            (numbers(&case, "vocab_mean").expect("means"), numbers(&case, "vocab_std").expect("deviations"));
        let rows = VocabularyRows { means: &means, deviations: &deviations };
        let neighbors = numbers(&case, "neighbor_losses_mimir").expect("neighbour losses");
        tally.compare(&case, "mimir", "loss", compat::mimir_loss(scored));
        tally.compare(&case, "mimir", "zlib", compat::mimir_zlib(scored, length));
        tally.compare(&case, "mimir", "ref", compat::mimir_reference(scored, &reference));
        tally.compare(&case, "mimir", "ne_driver", compat::mimir_neighbor_driver(scored, &neighbors));
        for (suffix, share) in [("", 0.2), ("_0.1", 0.1), ("_0.4", 0.4), ("_1.0", 1.0)] {
            let got = compat::mimir_min_k(scored, share, 1, 1);
            tally.compare(&case, "mimir", &format!("min_k{suffix}"), got);
            if windowed.is_none() {
                let got = compat::mimir_min_k_pp(scored, rows, share);
                tally.compare(&case, "mimir", &format!("min_k_pp{suffix}"), got);
            }
        }
        tally.compare(&case, "mimir", "min_k_window3_stride2", compat::mimir_min_k(scored, 0.2, 3, 2));
    }
    tally.assert_all_agree(39 * 9 + 33 * 4);
}

#[test]
fn the_mink_plus_plus_variants_agree() {
    let mut tally = Tally::default();
    for case in cases() {
        let logprobs = numbers(&case, "token_logprobs").expect("log-probabilities");
        let (means, deviations) =
            (numbers(&case, "vocab_mean").expect("means"), numbers(&case, "vocab_std").expect("deviations"));
        let rows = VocabularyRows { means: &means, deviations: &deviations };
        let length = zlib_length(case["text"].as_str().expect("a text"));
        tally.compare(&case, "minkpp", "loss", compat::mink_plus_plus_loss(&logprobs));
        tally.compare(&case, "minkpp", "zlib", compat::mink_plus_plus_zlib(&logprobs, length));
        for tenths in 1..=10_u32 {
            let share = f64::from(tenths) / 10.0;
            let (plain, standard) = (format!("mink_{share:.1}"), format!("mink++_{share:.1}"));
            tally.compare(&case, "minkpp", &plain, compat::mink_plus_plus_min_k(&logprobs, share));
            tally.compare(&case, "minkpp", &standard, compat::mink_plus_plus_min_k_pp(&logprobs, rows, share));
        }
    }
    tally.assert_all_agree(29 * 22);
}

#[test]
fn the_open_unlearning_variants_agree() {
    const SECTION: &str = "open_unlearning";
    let mut tally = Tally::default();
    for case in cases() {
        let logprobs = numbers(&case, "token_logprobs").expect("log-probabilities");
        let (means, deviations) =
            (numbers(&case, "vocab_mean").expect("means"), numbers(&case, "vocab_std").expect("deviations"));
        let rows = VocabularyRows { means: &means, deviations: &deviations };
        let hits = flags(&case, "argmax_hit");
        tally.compare(&case, SECTION, "loss", compat::open_unlearning_loss(&logprobs));
        for share in [0.2, 0.4] {
            let plain = compat::open_unlearning_min_k(&logprobs, share);
            tally.compare(&case, SECTION, &format!("min_k_{share:.1}"), Some(plain));
            let standard = compat::open_unlearning_min_k_pp(&logprobs, rows, share);
            tally.compare(&case, SECTION, &format!("min_k_pp_{share:.1}"), Some(standard));
        }
        let exact = compat::open_unlearning_exact_memorization(&hits);
        tally.compare(&case, SECTION, "exact_memorization", exact);
        let strength = compat::open_unlearning_extraction_strength(&hits);
        tally.compare(&case, SECTION, "extraction_strength", Some(strength));
        tally.compare(&case, SECTION, "probability", compat::open_unlearning_probability(&logprobs));
    }
    tally.assert_all_agree(33 * 8);
}

#[test]
fn the_ratios_of_the_traps_follow_from_the_recorded_perplexities() {
    let mut n_compared = 0;
    for case in cases() {
        let traps = &case["traps"];
        let (Some(target), Some(reference)) =
            (traps["perplexity_first_token_removed"].as_f64(), traps["ref_perplexity_first_token_removed"].as_f64())
        else {
            continue;
        };
        for (field, got) in [
            ("ratio", compat::traps_ratio(target, reference)),
            ("log_ratio", compat::traps_log_ratio(target, reference)),
        ] {
            let (expected, got) = (traps[field].as_f64().expect("recorded"), got.expect("defined"));
            assert!((expected - got).abs() <= TOLERANCE, "{} {field}: expected {expected}, got {got}", case["id"]);
            n_compared += 1;
        }
    }
    assert_eq!(n_compared, 64);
}
