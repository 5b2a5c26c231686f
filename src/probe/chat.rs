//! Messages through the model's chat template, with the beginning of the answer glued behind: an answer is written, or given answers
//! are scored.
//!
//! The rendered chat is plain text again and is tokenised with special tokens, as RWKU's code does: a template that writes a
//! beginning-of-text token gets a second one where the tokenizer adds one, too.

use super::asked::{ChatChoices, ChatQuestion, TextTokens, Wording};
use crate::backend::{
    Backend, BackendError, Bos, Context, GenerateRequest, Generation, Message, Prompt, Reply, Request, ScoreRequest,
    TokensRequest,
};
use crate::dataset::Item;
use crate::prompt::{ChatMessage, ItemTemplates, PackError, TemplateError};
use crate::record::{Answer, ChoiceScore};
use crate::suite::{ChatChooseProbe, ChatProbe, ChoiceBy, NewlineStop, TokensProbe};

/// What of the model's vocabulary ends an answer in RWKU's code beside the end-of-text token.
const END_OF_TURN: &str = "<|eot_id|>";
const LINE_BREAKS: [&str; 2] = ["\n", " \n"];

/// Why a question cannot be put together.
pub(super) enum Fault {
    Pack(PackError),
    Template(TemplateError),
    /// The suite names no prompt file.
    NoPack,
}

impl From<PackError> for Fault {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}

impl From<TemplateError> for Fault {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

fn message(wording: Wording<'_>, name: &str, item: &Item) -> Result<ChatMessage, Fault> {
    let pack = wording.pack.ok_or(Fault::NoPack)?;
    let mut message = pack.fill(name, item)?;
    if wording.is_in_context {
        message.user = format!("{}{}", pack.in_context(item)?, message.user);
    }
    Ok(message)
}

pub(super) fn question(probe: &ChatProbe, wording: Wording<'_>, item: &Item) -> Result<ChatQuestion, Fault> {
    let templates = ItemTemplates::new(&[("reference", &probe.reference)])?;
    let accepted = probe.any_of.as_ref().and_then(|field| item.fields.get(field)?.as_array());
    Ok(ChatQuestion {
        message: message(wording, &probe.wording, item)?,
        is_plain: wording.is_plain,
        reference: templates.render("reference", item)?,
        accepted: accepted.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        max_tokens: probe.max_tokens,
        newline_stop: probe.newline_stop,
    })
}

pub(super) fn choices(probe: &ChatChooseProbe, wording: Wording<'_>, item: &Item) -> Result<ChatChoices, Fault> {
    Ok(ChatChoices {
        message: message(wording, &probe.wording, item)?,
        is_plain: wording.is_plain,
        by: probe.by,
        choices: item.choices.clone(),
        ends: probe.ends,
    })
}

pub(super) fn text(
    probe: &TokensProbe,
    wording: Wording<'_>,
    item: &Item,
    vocab_stats: bool,
) -> Result<TextTokens, Fault> {
    let templates = ItemTemplates::new(&[("text", &probe.text)])?;
    let mut text = templates.render("text", item)?;
    let message = match &probe.wording {
        Some(name) => Some(message(wording, name, item)?),
        None => {
            if wording.is_in_context {
                text = format!("{}{text}", wording.pack.ok_or(Fault::NoPack)?.in_context(item)?);
            }
            None
        }
    };
    Ok(TextTokens { message, is_plain: wording.is_plain, text, ends: probe.ends, vocab_stats })
}

/// Whether a model goes on with a text instead of answering a message.
pub(super) fn is_continued(backend: &dyn Backend, is_plain: bool) -> bool {
    is_plain || !backend.capabilities().chat
}

/// The text that the model goes on from.
fn rendered(backend: &dyn Backend, message: &ChatMessage, is_plain: bool) -> Result<String, BackendError> {
    // A pack with words for models without a template is asked in them; without such words the lack is an error.
    if is_plain || (message.plain.is_some() && is_continued(backend, is_plain)) {
        return Ok(message.plain.clone().unwrap_or_else(|| message.prefill.behind(&message.user)));
    }
    let chat = backend.chat_prompt(&[user(message)])?;
    Ok(message.prefill.behind(&chat))
}

fn user(message: &ChatMessage) -> Message {
    Message { role: "user".to_owned(), content: message.user.clone() }
}

/// The prompt as text, or as a message where only the endpoint knows the template: it cannot be given the answer's beginning then.
fn prompt(backend: &dyn Backend, question: &ChatQuestion) -> Result<(Prompt, bool), BackendError> {
    match rendered(backend, &question.message, question.is_plain) {
        Ok(text) => Ok((Prompt::Text(text), false)),
        Err(BackendError::Unsupported { .. }) if backend.capabilities().chat && backend.endpoint().is_some() => {
            let lacks_prefill = !question.message.prefill.text().is_empty();
            Ok((Prompt::Messages(vec![user(&question.message)]), lacks_prefill))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn request(backend: &dyn Backend, question: &ChatQuestion) -> Result<Request, BackendError> {
    let (prompt, _) = prompt(backend, question)?;
    let stop = if question.newline_stop == NewlineStop::Text { vec!["\n".to_owned()] } else { Vec::new() };
    Ok(Request::Generate(GenerateRequest {
        prompt,
        max_tokens: question.max_tokens,
        stop,
        bos: Bos::Auto,
        end_ids: end_ids(backend, question.newline_stop)?,
        sampling: None,
    }))
}

/// The ids that end an answer: the tokenizer's own end of text, the end of a turn, and the line break as the task says.
fn end_ids(backend: &dyn Backend, newline_stop: NewlineStop) -> Result<Option<Vec<u32>>, BackendError> {
    let Some(end) = backend.tokenizer_facts().and_then(|facts| facts.eos_id) else { return Ok(None) };
    let mut ids = vec![end];
    ids.extend(backend.token_id(END_OF_TURN));
    match newline_stop {
        NewlineStop::Upstream => ids.extend(LINE_BREAKS.iter().filter_map(|entry| backend.token_id(entry))),
        NewlineStop::Token => {
            if let [id] = backend.tokenize_plain("\n")?.as_slice() {
                ids.push(*id);
            }
        }
        NewlineStop::Text | NewlineStop::Off => {}
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

pub(super) fn answer(
    backend: &dyn Backend,
    question: &ChatQuestion,
    generation: Generation,
) -> Result<Answer, BackendError> {
    let (prompt, lacks_prefill) = prompt(backend, question)?;
    let prompt = match prompt {
        Prompt::Text(text) => text,
        Prompt::Messages(_) | Prompt::Tokens(_) => question.message.user.clone(),
    };
    let (reference, accepted) = (question.reference.clone(), question.accepted.clone());
    Ok(Answer::Completion { generation, prompt, reference, accepted, lacks_prefill })
}

/// One request for each choice. They follow each other, so that their common beginning is computed once.
pub(super) fn choice_requests(backend: &dyn Backend, asked: &ChatChoices) -> Result<Vec<Request>, BackendError> {
    let context = rendered(backend, &asked.message, asked.is_plain)?;
    let can_score_ids = backend.capabilities().score_tokens;
    let behind = |text: String| {
        Request::Score(ScoreRequest {
            context: context.clone(),
            text,
            bos: Bos::Auto,
            window: Context::Refuse,
            vocab_stats: false,
        })
    };
    match asked.by {
        ChoiceBy::Letters => {
            let letters = (b'A'..=b'Z').take(asked.choices.len()).map(|letter| format!(" {}", char::from(letter)));
            if !can_score_ids {
                return Ok(letters.map(behind).collect());
            }
            let prompt = backend.tokenize(&context)?;
            letters
                .map(|letter| {
                    // The last one: some vocabularies spell the space as a token of its own.
                    let id = backend.tokenize_plain(&letter)?.last().copied().ok_or(BackendError::EmptyText)?;
                    Ok(of_ids(&prompt, &[id], false))
                })
                .collect()
        }
        ChoiceBy::Texts => {
            let text = |choice: &String| {
                let space = if context.ends_with(['\n', ' ']) { "" } else { " " };
                if asked.ends {
                    return with_end(backend, &context, &format!("{space}{choice}"), false);
                }
                Ok(behind(format!("{space}{choice}")))
            };
            asked.choices.iter().map(text).collect()
        }
    }
}

/// A text behind a context with the end-of-text token scored, too.
fn with_end(backend: &dyn Backend, context: &str, text: &str, vocab_stats: bool) -> Result<Request, BackendError> {
    let end = backend.tokenizer_facts().and_then(|facts| facts.eos_id).ok_or_else(|| BackendError::Tokenizer {
        reason: "the end-of-text token is to be scored, but the checkpoint names none".to_owned(),
    })?;
    let prompt = backend.tokenize(context)?;
    let whole = backend.tokenize(&format!("{context}{text}"))?;
    let mut behind = whole.get(prompt.len()..).unwrap_or_default().to_vec();
    behind.push(end);
    let before = whole.get(..prompt.len()).unwrap_or(&whole);
    Ok(of_ids(before, &behind, vocab_stats))
}

fn of_ids(before: &[u32], behind: &[u32], vocab_stats: bool) -> Request {
    Request::ScoreTokens(TokensRequest {
        ids: [before, behind].concat(),
        first_scored: before.len(),
        window: Context::Refuse,
        vocab_stats,
    })
}

pub(super) fn chosen(asked: &ChatChoices, replies: Vec<Reply>) -> Result<Answer, BackendError> {
    let choices = replies.into_iter().zip(&asked.choices).map(|(reply, choice)| match reply {
        Reply::Scores(scores) => Ok(ChoiceScore {
            logprob: scores.sum(),
            n_tokens: u32::try_from(scores.logprobs.len()).unwrap_or(u32::MAX),
            n_characters: u32::try_from(choice.chars().count()).unwrap_or(u32::MAX),
            is_greedy: !scores.is_argmax.is_empty() && scores.is_argmax.iter().all(|&hit| hit),
            alone: None,
        }),
        _ => Err(BackendError::OtherReply),
    });
    Ok(Answer::Choices { choices: choices.collect::<Result<_, BackendError>>()? })
}

/// The text as the tokenizer frames it, or as the answer to its message.
pub(super) fn text_request(backend: &dyn Backend, asked: &TextTokens) -> Result<Request, BackendError> {
    let context = match &asked.message {
        Some(message) => rendered(backend, message, asked.is_plain)?,
        None => String::new(),
    };
    let space = if context.is_empty() || context.ends_with(['\n', ' ']) { "" } else { " " };
    let text = format!("{space}{}", asked.text);
    if asked.ends {
        return with_end(backend, &context, &text, asked.vocab_stats);
    }
    let window = if context.is_empty() { Context::Fit } else { Context::Refuse };
    Ok(Request::Score(ScoreRequest { context, text, bos: Bos::Auto, window, vocab_stats: asked.vocab_stats }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Capabilities, Script, ScriptedBackend};
    use crate::prompt::Prefill;

    fn backend(chat: bool) -> ScriptedBackend {
        let capabilities = Capabilities {
            generate: true,
            chat,
            score: true,
            tokenize: true,
            score_tokens: true,
            ..Capabilities::default()
        };
        ScriptedBackend::new(Script { capabilities, reply: "seven".into(), ..Script::default() })
    }

    fn asked(is_plain: bool) -> ChatQuestion {
        ChatQuestion {
            message: ChatMessage { user: "How many?\n".into(), prefill: Prefill::AsIs("Answer:".into()), plain: None },
            is_plain,
            reference: "7".into(),
            accepted: Vec::new(),
            max_tokens: 30,
            newline_stop: NewlineStop::Off,
        }
    }

    #[test]
    fn the_beginning_of_the_answer_stands_behind_the_rendered_chat() {
        let Ok(Request::Generate(request)) = request(&backend(true), &asked(false)) else { panic!() };
        assert_eq!(request.prompt, Prompt::Text("user: How many?\n\nassistant:\nAnswer:".into()));
        assert_eq!(request.end_ids, Some(vec![999]));
        let Ok(Request::Generate(request)) = super::request(&backend(true), &asked(true)) else { panic!() };
        assert_eq!(request.prompt, Prompt::Text("How many?\nAnswer:".into()));
    }

    #[test]
    fn a_model_without_a_template_is_an_error_and_no_guess() {
        assert!(matches!(request(&backend(false), &asked(false)), Err(BackendError::Unsupported { .. })));
    }

    #[test]
    fn letters_are_scored_by_their_last_token_behind_one_prompt() {
        let choices = ChatChoices {
            message: asked(false).message,
            is_plain: true,
            by: ChoiceBy::Letters,
            choices: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            ends: false,
        };
        let requests = choice_requests(&backend(true), &choices).unwrap();
        let Some(Request::ScoreTokens(first)) = requests.first() else { panic!() };
        assert_eq!((requests.len(), first.ids.len(), first.first_scored), (4, 4, 3));
    }
}
