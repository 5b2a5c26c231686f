//! Reading what a model said: a number, a date, a direction, the side of a threshold, a firm and its quarter.
//!
//! Free text comes in, a typed answer goes out, with a status and, where the text states one, a confidence. The rules are
//! those of the suite `economic-recall`. Everything is linear in the text and never fails: answers are hostile.
//!
//! - [`number`]: the order of the steps; [`target`]: what a number is read for;
//! - [`date`], [`choice_answer`], [`reconstruction`]: the other kinds of answer;
//! - [`listing`]: all of them by name;
//! - `json_object`, `tagged`: where an answer says that it answers; `normalise`, `lexeme`: the text in pieces;
//! - `mask` (with `calendar_form`, `name_with_digits`, `confidence`): what is no value; `token`, `separators`, `unit_words`: what is;
//! - `candidate`, `choice`, `sign_word`: ranges, the pick, the sign; `refusal_phrase`: nothing is known.

mod calendar_form;
mod candidate;
mod choice;
pub mod choice_answer;
mod confidence;
pub mod date;
pub(crate) mod json_object;
mod lexeme;
pub mod listing;
mod mask;
mod name_with_digits;
mod normalise;
pub mod number;
pub mod reconstruction;
mod refusal_phrase;
mod separators;
mod sign_word;
mod tagged;
pub mod target;
mod token;
mod unit_words;

pub use choice_answer::{Direction, PickReading, PickStatus, ThresholdSide, read_direction, read_threshold};
pub use date::{DatePrecision, DateReading, DateStatus, read_date};
pub use listing::{READERS, Reader};
pub use number::{NumberReading, NumberStatus, is_suspect_fraction, read_number};
pub use reconstruction::{ReconstructionReading, ReconstructionStatus, read_reconstruction};
pub use target::{NumberLocale, NumberTarget, NumberUnit, TargetFault};

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod table_tests;
