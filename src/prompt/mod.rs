//! From an item to what is asked: templates over the fields of an item.
//!
//! A template is a format and never code: it sees the item and nothing else. [`template_variables`] is what the suite
//! check hands to the [`Vocabulary`](crate::suite::Vocabulary). [`stale`] renders histories that are longer than many a window, [`memory`] what agents memorise and are asked.

mod error;
pub mod memory;
mod pack;
#[cfg(test)]
mod shipped;
pub mod stale;
mod template;

pub use error::TemplateError;
pub use pack::{ChatMessage, PackError, Prefill, PromptPack};
pub use template::{ChooseTemplates, ItemTemplates, RenderedChoices, RenderedPair, template_variables};
