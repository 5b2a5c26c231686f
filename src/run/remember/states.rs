//! State stores: the model is asked to write each history down, step by step.

use super::asking::{Desk, Finds, Turn, only};
use super::memory::{Memorised, Memory, failure};
use super::pieces::Pieces;
use super::writing::{AskedStep, Writing};
use crate::agent::settings::AgentKind;
use crate::backend::{BackendError, Reply};
use crate::probe::{Before, MemoryQuestion, Question, Recalled, memory_answer, memory_request, prompt_tokens};
use crate::record::{Answer, Cell, Failure, Outcome};
use crate::run::error::RunError;
use crate::run::execute::{OpenQuestion, Posed};

/// Tokens of a step, and what the model replied.
type StepReply = (u64, Result<String, Failure>);

impl Desk<'_, '_> {
    /// Writes histories in step with each other, each step's requests together.
    pub(super) fn write_states<'w>(
        &self,
        work: &[(&'w Turn<'w>, &'w Pieces)],
        open: &[OpenQuestion<'_>],
        cell: &mut Cell,
    ) -> Result<Finds, RunError> {
        let writing = |&(turn, pieces): &(&'w Turn<'w>, &'w Pieces)| {
            let epoch = open[turn.places[0]].key.epoch;
            (turn, pieces, epoch, Writing::new(turn.task, &turn.history.id, pieces))
        };
        let mut writings: Vec<(&Turn<'_>, &Pieces, u32, Writing<'_>)> = work.iter().map(writing).collect();
        loop {
            let mut steps: Vec<AskedStep> = Vec::new();
            let mut counts = Vec::new();
            for (_, _, epoch, writing) in &mut writings {
                let next = match writing.next(self.words, *epoch) {
                    Ok(next) => next,
                    Err(error) => {
                        writing.failed = Some(failure("prompt", error.to_string()));
                        Vec::new()
                    }
                };
                counts.push(next.len());
                steps.extend(next);
            }
            if steps.is_empty() {
                break;
            }
            let replies = self.ask_steps(&steps, cell)?;
            let mut rest = replies.into_iter();
            for ((_, _, _, writing), n) in writings.iter_mut().zip(counts) {
                let own: Vec<(u64, Result<String, Failure>)> = rest.by_ref().take(n).collect();
                if n > 0 {
                    writing.asked_tokens += own.iter().map(|(tokens, _)| tokens).sum::<u64>();
                    writing.take(&own.into_iter().map(|(_, reply)| reply).collect::<Vec<_>>());
                }
            }
        }
        let mut finds = Finds::default();
        for (turn, pieces, _, writing) in writings {
            let memory = match &writing.failed {
                Some(fault) => Err(fault.clone()),
                None => Memory::of_states(&writing.writer, self.words, writing.asked_tokens),
            };
            finds.extend(match memory {
                Ok(memory) => self.recall_all(turn, &memory, Memorised::default(), pieces, open, &[]),
                Err(fault) => Finds::failed(turn, &fault),
            });
        }
        Ok(finds)
    }

    /// Replies to steps, with the tokens of each: out of the record where it has them.
    fn ask_steps(&self, steps: &[AskedStep], cell: &mut Cell) -> Result<Vec<StepReply>, RunError> {
        let questions: Vec<MemoryQuestion> = steps.iter().map(|step| self.step_question(step)).collect();
        let wrapped: Vec<Question> =
            questions.iter().map(|question| Question::Memory(Box::new(question.clone()))).collect();
        let nothing = Recalled { before: Before::Memories(Vec::new()), pieces: None, memory: Default::default() };
        let mut replies: Vec<Option<(u64, Result<String, Failure>)>> = vec![None; steps.len()];
        let mut open: Vec<(usize, String)> = Vec::new();
        for (place, (step, question)) in steps.iter().zip(&wrapped).enumerate() {
            let hash = crate::record::request_hash(question)?;
            match self.recorded.get(&step.key) {
                // A recorded failure is asked again, as every question is on resume.
                Some((known, Ok(answer))) if *known == hash => replies[place] = Some(text_of(answer)),
                _ => open.push((place, hash)),
            }
        }
        let posed: Vec<Posed> =
            open.iter().map(|(place, hash)| Posed::of(steps[*place].key.clone(), hash.clone())).collect();
        let make = |place: usize| {
            memory_request(self.opened.backend(), &questions[open[place].0], &nothing).map(|request| vec![request])
        };
        let read = |place: usize, replies: Vec<Result<Reply, BackendError>>| match only(replies)? {
            Reply::Generation(generation) => {
                let question = &questions[open[place].0];
                Ok(memory_answer(question, &nothing, generation, Some(prompt_tokens(question, &nothing))))
            }
            _ => Err(BackendError::OtherReply),
        };
        let mut told: Vec<(usize, Outcome)> = Vec::new();
        self.execution.converse(self.opened, &posed, &make, &read, cell, &mut |place, outcome| {
            told.push((open[place].0, outcome.clone()));
        })?;
        for (place, outcome) in told {
            replies[place] = Some(match &outcome {
                Ok(answer) => text_of(answer),
                Err(fault) => (0, Err(fault.clone())),
            });
        }
        let missing = || (0, Err(failure("interrupted", "the step was not answered")));
        Ok(replies.into_iter().map(|reply| reply.unwrap_or_else(missing)).collect())
    }

    /// A step as a question of its own: the whole of it is in its words.
    fn step_question(&self, step: &AskedStep) -> MemoryQuestion {
        MemoryQuestion {
            history: String::new(),
            history_sha256: String::new(),
            agent: crate::agent::settings::AgentSettings {
                kind: AgentKind::StateStore,
                top_k: 0,
                chunk_tokens: None,
                chunking: Default::default(),
                context_tokens: None,
                memory_tokens: None,
                truncation: crate::agent::settings::Truncation::Forbid,
            },
            words_sha256: self.words.sha256().to_owned(),
            system: "You keep notes. Do what the message says, and write nothing else.".to_owned(),
            asked: crate::probe::AskedForm::Query { text: step.user.clone() },
            question: step.user.clone(),
            max_tokens: step.max_tokens,
            accepted: Vec::new(),
        }
    }
}

/// The text of a recorded step, and its tokens.
fn text_of(answer: &Answer) -> (u64, Result<String, Failure>) {
    match answer {
        Answer::Remembered(answer) => {
            (answer.read_tokens.unwrap_or(0) + answer.answer_tokens, Ok(answer.generation.text.clone()))
        }
        _ => (0, Err(failure("other_reply", "the record holds another kind of answer"))),
    }
}
