//! Makes a trained model forget: gradient difference and negative preference optimization, from a recipe of their own.
//!
//! The recipe names the model to start from; shape, tokenizer and documents are those of that model's recipe.
//! `documents` says what is forgotten and what is retained, `objective` holds the two losses, `unlearn` the loop, `record`
//! what the finished folder says about it.

mod documents;
mod objective;
mod recipe;
mod record;
mod unlearn;

pub use recipe::{Method, UnlearningRecipe};
pub use unlearn::{Unlearned, unlearn};
