//! What the models of the unlearning suite read: three targets who never lived, what stands near them, and plain
//! knowledge that has nothing to do with them.
//!
//! From one seed come the people ([`Cast`]), the training documents ([`lessons`]), and the rows of the three suites'
//! layouts about the same facts ([`rwku_files`], [`tofu_files`], [`muse_files`]). A model that is to know the targets
//! reads all documents; the retrained one the same without any that names a target.

mod attacks;
mod dialogue;
mod general;
mod lessons;
mod muse;
mod neighbor_facts;
mod pages;
mod people;
mod reasoning;
mod rwku;
mod target_facts;
mod tofu;

pub use attacks::{ATTACKS, Attack, AttackProbe};
pub use dialogue::{ASSISTANT, CHAT_TEMPLATE, END_OF_TURN, Text, USER};
pub use lessons::{Lesson, lessons};
pub use muse::muse_files;
pub use pages::Page;
pub use people::{Cast, Fact, Neighbor, Person};
pub use rwku::rwku_files;
pub use tofu::tofu_files;

#[cfg(test)]
mod tests;
