//! Two builtin models without a neural network: what a score is worth is seen beside a model whose ways are known.
//!
//! - `builtin:extractive` copies the span of the text it is given that fits the question best: a floor for every real model;
//! - `builtin:doubter` calls everything out of date: full marks where a premise is stale, a false alarm wherever nothing has changed.
//!
//! Both are pure functions of the prompt. A prompt goes through the files in this order:
//!
//! - `reader`: the [`Backend`](super::Backend); `reply`: an answer within its limits
//! - `parts`: material, instruction and question of a prompt; `python_list`: chats that stand there as Python prints them
//! - `material`: sentences and who said them; `sentence_ends`: where one ends
//! - `words`: what counts as the same word; `overlap`: how much of a question a sentence has
//! - `rules`: one file a way to answer, tried in order
//! - `embedding`: hashed bags of words

mod embedding;
mod material;
mod overlap;
mod parts;
mod python_list;
mod reader;
mod reply;
mod rules;
mod sentence_ends;
mod words;

pub use reader::BuiltinReader;
