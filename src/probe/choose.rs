//! The likeliest of several given answers, by summed log-likelihood; where a model cannot score given text, by the first
//! token of its answer, which is approximate.

use crate::backend::{
    BackendError, Bos, Capabilities, ChooseRequest, Context, Reply, Request, ScoreRequest, TokenScores,
};
use crate::record::{Answer, ChoiceScore};

/// A request for each choice. They follow each other, so that a model computes their common context once.
pub(super) fn requests(capabilities: Capabilities, context: &str, choices: &[String]) -> Vec<Request> {
    if !capabilities.score && capabilities.choose {
        return vec![Request::Choose(ChooseRequest { context: context.to_owned(), choices: choices.to_vec() })];
    }
    choices
        .iter()
        .map(|choice| {
            Request::Score(ScoreRequest {
                context: context.to_owned(),
                text: choice.clone(),
                bos: Bos::Auto,
                window: Context::Refuse,
                vocab_stats: false,
            })
        })
        .collect()
}

pub(super) fn answer(choices: &[String], replies: Vec<Reply>) -> Result<Answer, BackendError> {
    if let [Reply::Letters(letters)] = replies.as_slice() {
        return Ok(Answer::Letters { letters: letters.clone() });
    }
    let choices = replies.into_iter().zip(choices).map(|(reply, choice)| match reply {
        Reply::Scores(scores) => Ok(choice_score(&scores, choice)),
        _ => Err(BackendError::OtherReply),
    });
    Ok(Answer::Choices { choices: choices.collect::<Result<_, BackendError>>()? })
}

fn choice_score(scores: &TokenScores, choice: &str) -> ChoiceScore {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    ChoiceScore {
        logprob: scores.sum(),
        n_tokens: count(scores.logprobs.len()),
        n_characters: count(choice.strip_prefix(' ').unwrap_or(choice).chars().count()),
        is_greedy: scores.is_argmax.iter().all(|&hit| hit),
        alone: None,
    }
}
