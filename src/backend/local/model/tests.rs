//! The bits of a text's numbers, whatever it is scored with.

use super::*;
use crate::backend::open_builtin;
use crate::backend::request::Bos;

fn request(context: &str, text: &str) -> ScoreRequest {
    ScoreRequest {
        context: context.to_owned(),
        text: text.to_owned(),
        bos: Bos::Auto,
        window: Context::Fit,
        vocab_stats: true,
    }
}

#[test]
fn choices_that_share_their_context_score_as_each_does_alone() {
    let model = open_builtin("perturbed", &LocalOptions::default()).expect("it is in the binary");
    let context = "Question: Who keeps the brass lantern of Otterhaven?\nAnswer:";
    let choices = [" Selbin Thornham", " a set of light violins", " Marian", " Ulvin Goldridge near the copper mill"];
    let together: Vec<ScoreRequest> = choices.iter().map(|choice| request(context, choice)).collect();
    for (together, choice) in model.score(&together).into_iter().zip(choices) {
        let together = together.expect("a short text");
        let alone = model.score(&[request(context, choice)]).remove(0).expect("a short text");
        assert_eq!(together.token_ids, alone.token_ids);
        for (a, b) in together.logprobs.iter().zip(&alone.logprobs) {
            assert!((a - b).abs() < 1e-5, "{choice}: {a} against {b}");
        }
        assert_eq!(together.is_argmax, alone.is_argmax);
    }
}

#[test]
fn a_text_has_the_same_bits_alone_and_in_any_batch() {
    let texts = [
        "A loose seal lay under the grey dock.",
        "Who?",
        "Between Crowington and Tarnwater, Loander packed two torches.",
    ];
    let requests: Vec<ScoreRequest> = texts.iter().map(|text| request("", text)).collect();
    let reference = open_builtin("perturbed", &LocalOptions::default()).expect("it is in the binary").score(&requests);
    for (threads, token_budget) in [(1, 1), (1, 4096), (2, 16)] {
        let model = open_builtin("perturbed", &LocalOptions { threads, token_budget, ..LocalOptions::default() })
            .expect("it is in the binary");
        assert_eq!(model.score(&requests), reference, "{threads} threads, {token_budget} rows");
    }
}
