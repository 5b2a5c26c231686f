//! mnemoscope measures what language models remember, forget and leak.
//!
//! Data flows from left to right; a room uses the rooms on its left through plain data types, never those on its right.
//! `record` is the seam: everything to its right can be redone from a finished run without asking a model again.
//!
//! - [`suite`]: what to ask: a TOML file becomes a checked `Suite`
//! - [`dataset`]: where the items come from
//! - [`prompt`]: from an item to the text that is sent
//! - [`backend`]: who answers: one trait; checkpoints run on `burn`
//! - [`agent`], beside it: what a system keeps of a history that it does not see whole and finds again; imports no backend
//! - [`probe`]: one file a kind of question; asks a backend, gives an answer to the record
//! - [`record`]: what was said: journal, token segments, `run.json`, `items.parquet`, `results.json`
//! - [`scoring`]: one value an item: membership attacks, choices, continuations
//! - [`statistics`]: how sure are we: slices of numbers in, records out; knows nothing of models
//! - [`report`]: how to show it: figures and cards; computes no statistic
//!
//! Above the line stand those who know all of it: [`run`] puts it together, [`verify`] holds it against reference
//! implementations, [`lab`] trains the models whose truth is known, [`traps`] plants copyright traps and proves their use,
//! [`cli`] is the command line. [`digest`], [`redact`], [`text`] (sentences, words and tokens as reference programs cut them) and
//! [`hub`] (files of a model hub) are what every room may use.

pub mod agent;
pub mod backend;
pub mod cli;
pub mod dataset;
pub mod digest;
pub mod hub;
pub mod lab;
pub mod probe;
pub mod prompt;
pub mod record;
pub mod redact;
pub mod report;
pub mod run;
pub mod scoring;
pub mod statistics;
pub mod suite;
pub mod text;
pub mod traps;
pub mod verify;
