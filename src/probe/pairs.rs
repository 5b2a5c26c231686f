//! Multiple choice as lm-evaluation-harness asks it: every choice behind a context of its own or a common one, a delimiter in
//! between, an empty context standing for the end-of-text token.

use crate::backend::{BackendError, Bos, Context, Reply, Request, ScoreRequest};
use crate::prompt::{ChooseTemplates, TemplateError, template_variables};
use crate::record::{Answer, ChoiceScore};
use crate::suite::{ChoiceNormalisation, ChooseProbe};

use super::asked::ChoicePair;
use crate::dataset::Item;

/// Whether the context names the choice, so that a choice among letters cannot stand in.
pub(super) fn has_own_contexts(probe: &ChooseProbe) -> bool {
    template_variables(&probe.context).is_ok_and(|names| names.contains("choice"))
}

pub(super) fn question(probe: &ChooseProbe, delimiter: &str, item: &Item) -> Result<Vec<ChoicePair>, TemplateError> {
    let pairs = ChooseTemplates::new(probe)?.render_pairs(item)?;
    let has_own_contexts = has_own_contexts(probe);
    let is_informed = probe.normalisation.contains(&ChoiceNormalisation::MutualInformation);
    let pair = |pair: crate::prompt::RenderedPair| {
        // Where the contexts differ they are the choices, and the continuation is the same for all.
        let counted = if has_own_contexts { pair.context.clone() } else { pair.choice.clone() };
        ChoicePair {
            text: format!("{delimiter}{}", pair.choice),
            n_characters: u32::try_from(counted.chars().count()).unwrap_or(u32::MAX),
            alone: is_informed.then_some(counted),
            context: pair.context,
        }
    };
    Ok(pairs.into_iter().map(pair).collect())
}

/// The choices in their order, then each choice alone where that is asked.
pub(super) fn requests(pairs: &[ChoicePair]) -> Vec<Request> {
    let behind = pairs.iter().map(|pair| scored(&pair.context, &pair.text));
    let alone = pairs.iter().filter_map(|pair| pair.alone.as_deref()).map(|text| scored("", text));
    behind.chain(alone).collect()
}

/// A text behind a context, or behind the end-of-text token.
pub(super) fn scored(context: &str, text: &str) -> Request {
    Request::Score(ScoreRequest {
        context: context.to_owned(),
        text: text.to_owned(),
        bos: if context.is_empty() { Bos::Prefix } else { Bos::Auto },
        window: if context.is_empty() { Context::Fit } else { Context::Refuse },
        vocab_stats: false,
    })
}

pub(super) fn answer(pairs: &[ChoicePair], replies: Vec<Reply>) -> Result<Answer, BackendError> {
    let mut scores = replies.into_iter().map(|reply| match reply {
        Reply::Scores(scores) => Ok(scores),
        _ => Err(BackendError::OtherReply),
    });
    let mut next = || scores.next().unwrap_or(Err(BackendError::OtherReply));
    let mut choices = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let scores = next()?;
        choices.push(ChoiceScore {
            logprob: scores.sum(),
            n_tokens: u32::try_from(scores.logprobs.len()).unwrap_or(u32::MAX),
            n_characters: pair.n_characters,
            is_greedy: scores.is_argmax.iter().all(|&hit| hit),
            alone: None,
        });
    }
    for (choice, _) in choices.iter_mut().zip(pairs).filter(|(_, pair)| pair.alone.is_some()) {
        choice.alone = Some(next()?.sum());
    }
    Ok(Answer::Choices { choices })
}
