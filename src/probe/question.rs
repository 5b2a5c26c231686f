//! From a task and an item to what is asked, and from what is asked to an answer.

use super::asked::{Question, Wording};
use super::{chat, choose, embed, extract, likelihood, pairs, recall, target, verbatim};
use crate::backend::{Backend, BackendError, Capability, Reply, Request};
use crate::dataset::Item;
use crate::prompt::{ChooseTemplates, PackError, TemplateError};
use crate::record::Answer;
use crate::suite::{ExtractProbe, Probe};

/// A capability, and what in the task needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededCapability {
    pub capability: Capability,
    /// What cannot be had without it.
    pub reason: &'static str,
    /// What will do instead, marked as approximate.
    pub instead: Option<Capability>,
}

/// A question that cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("task `{task}`, item `{item}`: {source}")]
    Template { task: String, item: String, source: TemplateError },
    #[error("task `{task}`: {source}")]
    Pack { task: String, source: PackError },
    #[error(
        "task `{task}` asks an agent with a memory, and none was given; this is a fault of the program, please report it"
    )]
    NoAgent { task: String },
    #[error("task `{task}` asks in chats, but its suite names no `prompt_file`; name one, or give --prompt-file FILE")]
    NoPack { task: String },
}

/// What a probe needs of a model; `is_plain`: chats are asked without the model's template.
#[must_use]
pub fn capabilities(probe: &Probe, is_plain: bool) -> Vec<NeededCapability> {
    let chat = || NeededCapability {
        capability: Capability::Chat,
        reason: "the question goes through the model's chat template; for a model without one give --plain-prompts, or lay its chat_template.jinja beside the checkpoint",
        instead: None,
    };
    let needs = |capability, reason| NeededCapability { capability, reason, instead: None };
    match probe {
        Probe::Embed => vec![needs(Capability::Embed, "texts are put as vectors")],
        Probe::Memory(_) | Probe::State(_) => vec![NeededCapability {
            capability: Capability::Generate,
            reason: "the model answers from what the agent remembers",
            instead: Some(Capability::Chat),
        }],
        Probe::Recall(_) => vec![NeededCapability {
            capability: Capability::Generate,
            reason: "the model writes an answer",
            instead: Some(Capability::Chat),
        }],
        Probe::Chat(_) => {
            let generate = needs(Capability::Generate, "the model writes an answer");
            let generate =
                if is_plain { generate } else { NeededCapability { instead: Some(Capability::Chat), ..generate } };
            std::iter::once(generate).chain((!is_plain).then(chat)).collect()
        }
        Probe::ChatChoose(probe) => {
            let score = needs(Capability::Score, "given answers are scored behind the question");
            let ends = needs(Capability::ScoreTokens, "the end-of-text token is scored behind each answer");
            [score].into_iter().chain((!is_plain).then(chat)).chain(probe.ends.then_some(ends)).collect()
        }
        Probe::Tokens(probe) => {
            let mut needed =
                vec![needs(Capability::Score, "the number is a mean over the log-probabilities of a given text")];
            if target::needs_vocab_stats(&probe.metrics) {
                let reason = "Min-K %++ reads the mean and deviation over the vocabulary, which no endpoint tells";
                needed.push(needs(Capability::VocabStats, reason));
            }
            if probe.wording.is_some() && !is_plain {
                needed.push(chat());
            }
            if probe.ends {
                needed.push(needs(Capability::ScoreTokens, "the end-of-text token is scored behind the text"));
            }
            needed
        }
        Probe::Membership(probe) => {
            let mut needed = vec![NeededCapability {
                capability: Capability::Score,
                reason: "membership attacks read the log-probabilities of given texts",
                instead: None,
            }];
            if likelihood::needs_vocab_stats(&probe.attacks) {
                needed.push(NeededCapability {
                    capability: Capability::VocabStats,
                    reason: "Min-K %++ reads the mean and deviation over the vocabulary, which no endpoint tells; leave the attack out with --attacks",
                    instead: None,
                });
            }
            needed
        }
        Probe::Choose(probe) => vec![NeededCapability {
            capability: Capability::Score,
            reason: "the answer is the choice with the highest log-probability",
            // A letter stands for a choice behind one context that all share.
            instead: (!pairs::has_own_contexts(probe) && !probe.context.is_empty()).then_some(Capability::Choose),
        }],
        Probe::Likelihood(_) => vec![NeededCapability {
            capability: Capability::Score,
            reason: "the number is the log-probability of a given text",
            instead: None,
        }],
        Probe::Generate(_) => vec![NeededCapability {
            capability: Capability::Generate,
            reason: "the model writes an answer",
            instead: None,
        }],
        Probe::Extract(_) | Probe::Verbatim(_) => vec![
            NeededCapability {
                capability: Capability::Generate,
                reason: "the model continues the first tokens of a text",
                instead: None,
            },
            NeededCapability {
                capability: Capability::Tokenize,
                reason: "the text is cut in the model's own tokens; for an endpoint, name its tokenizer.json as `tokenizer` in models.toml",
                instead: None,
            },
        ],
    }
}

/// The question that a task asks about an item.
///
/// # Errors
/// When a template does not fit the item.
pub fn question(task: &str, probe: &Probe, item: &Item, wording: Wording<'_>) -> Result<Question, ProbeError> {
    let fault = |source| ProbeError::Template { task: task.to_owned(), item: item.id.clone(), source };
    let worded = |found: chat::Fault| match found {
        chat::Fault::Template(source) => fault(source),
        chat::Fault::Pack(source) => ProbeError::Pack { task: task.to_owned(), source },
        chat::Fault::NoPack => ProbeError::NoPack { task: task.to_owned() },
    };
    match probe {
        Probe::Chat(probe) => chat::question(probe, wording, item).map(Question::Chat).map_err(worded),
        Probe::ChatChoose(probe) => chat::choices(probe, wording, item).map(Question::ChatChoices).map_err(worded),
        Probe::Embed => Ok(Question::Embed(embed::question(item))),
        Probe::Memory(_) | Probe::State(_) => Err(ProbeError::NoAgent { task: task.to_owned() }),
        Probe::Recall(probe) => recall::question(task, probe, wording, item).map(Question::Recall).map_err(worded),
        Probe::Tokens(probe) => {
            let vocab_stats = target::needs_vocab_stats(&probe.metrics);
            chat::text(probe, wording, item, vocab_stats).map(Question::TextTokens).map_err(worded)
        }
        Probe::Membership(probe) => Ok(Question::Likelihood { request: likelihood::request(probe, item) }),
        Probe::Extract(ExtractProbe { prefix_tokens, suffix_tokens }) => Ok(Question::Continuation {
            text: item.text.clone(),
            prefix_tokens: *prefix_tokens,
            suffix_tokens: *suffix_tokens,
        }),
        Probe::Verbatim(probe) => Ok(Question::Verbatim(verbatim::question(probe, &item.text))),
        Probe::Likelihood(probe) => target::target(probe, item).map(Question::Target).map_err(fault),
        Probe::Generate(probe) => target::completion(probe, item).map(Question::Completion).map_err(fault),
        Probe::Choose(probe) => {
            if let Some(delimiter) = &probe.delimiter {
                let pairs = pairs::question(probe, delimiter, item).map_err(fault)?;
                return Ok(Question::Pairs { pairs });
            }
            let rendered = ChooseTemplates::new(probe).and_then(|templates| templates.render(item)).map_err(fault)?;
            Ok(Question::Choices { context: rendered.context, choices: rendered.choices })
        }
    }
}

/// What a model is asked for a question; one job.
///
/// # Errors
/// The item has nothing to ask about, e.g. a text that is too short to be cut.
pub fn requests(backend: &dyn Backend, question: &Question) -> Result<Vec<Request>, BackendError> {
    match question {
        Question::Likelihood { request } => Ok(vec![Request::Score(request.clone())]),
        Question::Choices { context, choices } => Ok(choose::requests(backend.capabilities(), context, choices)),
        Question::Continuation { text, prefix_tokens, suffix_tokens } => {
            let cut = extract::cut(backend, text, *prefix_tokens, *suffix_tokens)?;
            Ok(vec![Request::Generate(cut.request())])
        }
        Question::Verbatim(question) => Ok(vec![Request::Generate(verbatim::request(backend, question)?)]),
        Question::Pairs { pairs } => {
            let can = backend.capabilities();
            let first = pairs.first().map_or("", |pair| pair.context.as_str());
            let is_shared = !first.is_empty() && pairs.iter().all(|pair| pair.context == first);
            if !can.score && can.choose && is_shared {
                let choices: Vec<String> = pairs.iter().map(|pair| pair.text.clone()).collect();
                return Ok(choose::requests(can, first, &choices));
            }
            Ok(pairs::requests(pairs))
        }
        Question::Target(target) => {
            Ok(vec![pairs::scored(&target.context, &format!("{}{}", target.delimiter, target.text))])
        }
        Question::Completion(completion) => Ok(vec![Request::Generate(target::request(completion))]),
        Question::Chat(question) => Ok(vec![chat::request(backend, question)?]),
        Question::ChatChoices(asked) => chat::choice_requests(backend, asked),
        Question::TextTokens(asked) => Ok(vec![chat::text_request(backend, asked)?]),
        Question::Recall(asked) => Ok(vec![recall::request(backend, asked)?]),
        Question::Embed(asked) => Ok(vec![embed::request(asked)]),
        // Such a question is asked behind what an agent remembers: `memory_request`.
        Question::Memory(_) => Err(BackendError::OtherReply),
    }
}

/// The answer that the replies to [`requests`] come to. One reply that is missing fails the item.
///
/// # Errors
/// The first reply that is an error; a reply of another kind than was asked for.
pub fn answer(
    backend: &dyn Backend,
    question: &Question,
    replies: Vec<Result<Reply, BackendError>>,
) -> Result<Answer, BackendError> {
    let replies = replies.into_iter().collect::<Result<Vec<Reply>, BackendError>>()?;
    match question {
        Question::Chat(question) => match replies.into_iter().next() {
            Some(Reply::Generation(generation)) => chat::answer(backend, question, generation),
            _ => Err(BackendError::OtherReply),
        },
        Question::ChatChoices(asked) => chat::chosen(asked, replies),
        Question::Memory(_) => Err(BackendError::OtherReply),
        Question::Embed(asked) => embed::answer(asked, replies.into_iter().next()),
        Question::Recall(asked) => match replies.into_iter().next() {
            Some(Reply::Generation(generation)) => recall::answer(backend, asked, generation),
            _ => Err(BackendError::OtherReply),
        },
        Question::Likelihood { .. } | Question::TextTokens(_) => match replies.into_iter().next() {
            Some(Reply::Scores(scores)) => Ok(Answer::Likelihood(scores)),
            _ => Err(BackendError::OtherReply),
        },
        Question::Choices { choices, .. } => choose::answer(choices, replies),
        Question::Continuation { text, prefix_tokens, suffix_tokens } => match replies.into_iter().next() {
            Some(Reply::Generation(generation)) => {
                extract::cut(backend, text, *prefix_tokens, *suffix_tokens)?.answer(backend, generation)
            }
            _ => Err(BackendError::OtherReply),
        },
        Question::Verbatim(question) => match replies.into_iter().next() {
            Some(Reply::Generation(generation)) => verbatim::answer(backend, question, generation),
            _ => Err(BackendError::OtherReply),
        },
        Question::Pairs { pairs } => match replies.as_slice() {
            [Reply::Letters(letters)] => Ok(Answer::Letters { letters: letters.clone() }),
            _ => pairs::answer(pairs, replies),
        },
        Question::Target(target) => target::text_score(target, replies.into_iter().next()),
        Question::Completion(completion) => match replies.into_iter().next() {
            Some(Reply::Generation(generation)) => Ok(target::completed(completion, generation)),
            _ => Err(BackendError::OtherReply),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;
    use std::sync::atomic::AtomicBool;

    use crate::backend::{Bos, Context, Job, JobEvent, ScoreRequest, Script, ScriptedBackend};

    fn ask(backend: &dyn Backend, questions: &[Question]) -> Vec<Result<Answer, BackendError>> {
        let mut answers: Vec<_> = questions.iter().map(|_| Err(BackendError::Interrupted)).collect();
        let mut jobs = questions.iter().enumerate().map(|(place, question)| Job {
            place,
            name: place.to_string(),
            repeat: 0,
            requests: requests(backend, question).unwrap(),
        });
        let mut desk = |event: JobEvent| {
            if let JobEvent::Delivered(delivery) = event {
                answers[delivery.place] = answer(backend, &questions[delivery.place], delivery.replies);
            }
            ControlFlow::Continue(())
        };
        backend.answer(&mut jobs, &mut desk, &AtomicBool::new(false)).unwrap();
        answers
    }

    #[test]
    fn answers_of_mixed_questions_stand_in_the_order_of_the_questions() {
        let backend = ScriptedBackend::new(Script { reply: "one two".into(), ..Script::default() });
        let request = ScoreRequest {
            context: String::new(),
            text: "a b c".into(),
            bos: Bos::Auto,
            window: Context::Fit,
            vocab_stats: false,
        };
        let questions = [
            Question::Choices { context: "pick".into(), choices: vec![" x".into(), " y".into()] },
            Question::Likelihood { request },
            Question::Continuation { text: "a b c d e f".into(), prefix_tokens: 2, suffix_tokens: 2 },
        ];
        let answers = ask(&backend, &questions);
        assert!(matches!(&answers[0], Ok(Answer::Choices { choices }) if choices.len() == 2), "{answers:?}");
        assert!(matches!(&answers[1], Ok(Answer::Likelihood(scores)) if scores.logprobs.len() == 2));
        assert!(matches!(&answers[2], Ok(Answer::Continuation { reference_ids, .. }) if reference_ids.len() == 2));
    }

    #[test]
    fn one_failing_choice_fails_the_item_and_no_other() {
        let backend = ScriptedBackend::new(Script { faults: vec!["broken".into()], ..Script::default() });
        let choices =
            |last: &str| Question::Choices { context: "pick".into(), choices: vec![" x".into(), last.into()] };
        let answers = ask(&backend, &[choices(" broken"), choices(" y")]);
        assert!(answers[0].is_err() && answers[1].is_ok());
    }
}
