//! The lab: trains the small models whose truth is known.
//!
//! A measuring instrument is checked against weights of which we know exactly what they have read and how often. A
//! [`Recipe`] (TOML) fixes text, tokenizer, architecture, schedule and seed; [`train`](train::train) follows it with
//! `burn` on the CPU and writes an ordinary checkpoint folder (safetensors in f16, config, tokenizer), the recipe, the
//! manifest of everything that was inserted, and the loss curve.
//!
//! A recipe with an `[unlearning]` table starts from such a model and makes it forget ([`unlearning`]).
//!
//! One with a `[series]` table reads the lines of a real series up to a period, and nothing else.
//!
//! `corpus` makes the text, `packing` and `line_packing` lay it out in sequences, `decoder` is the trainable Llama-style model,
//! `train` the loop, `state` what an interrupted training resumes from, `weights` the parameter files, `export` the finished
//! folder.

pub mod corpus;
mod decoder;
mod error;
mod export;
mod line_packing;
mod packed;
mod packing;
mod recipe;
mod state;
mod tokenizer;
mod train;
pub mod unlearning;
mod weights;

pub use error::LabError;
pub use export::write_data;
pub use recipe::{AnyRecipe, Recipe};
pub use train::{TrainOptions, Trained, train};
