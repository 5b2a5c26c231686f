//! The likeliest of several given answers, by summed log-likelihood.

use crate::backend::{Backend, BackendError, Bos, Context, ScoreRequest, TokenScores};
use crate::record::{Answer, ChoiceScore};

/// Scores every choice of every item. Choices of one item follow each other, so that a model computes their common
/// context once.
pub(super) fn ask(backend: &dyn Backend, items: &[(&str, &[String])]) -> Vec<Result<Answer, BackendError>> {
    let requests: Vec<ScoreRequest> = items
        .iter()
        .flat_map(|(context, choices)| {
            choices.iter().map(|choice| ScoreRequest {
                context: (*context).to_owned(),
                text: choice.clone(),
                bos: Bos::Auto,
                window: Context::Refuse,
                vocab_stats: false,
            })
        })
        .collect();
    let mut scored = backend.score(&requests).into_iter();
    items
        .iter()
        .map(|(_, choices)| {
            // All of an item's scores are taken before one of them may fail it, to stay in step.
            let scores: Vec<Result<TokenScores, BackendError>> = scored.by_ref().take(choices.len()).collect();
            let choices = scores.into_iter().zip(*choices).map(|(score, choice)| Ok(choice_score(&score?, choice)));
            Ok(Answer::Choices { choices: choices.collect::<Result<_, BackendError>>()? })
        })
        .collect()
}

fn choice_score(scores: &TokenScores, choice: &str) -> ChoiceScore {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    ChoiceScore {
        logprob: scores.sum(),
        n_tokens: count(scores.logprobs.len()),
        n_characters: count(choice.strip_prefix(' ').unwrap_or(choice).chars().count()),
        is_greedy: scores.is_argmax.iter().all(|&hit| hit),
    }
}
