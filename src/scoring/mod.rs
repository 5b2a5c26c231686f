//! What an answer is worth: item values from records. No aggregates, no intervals; those are `statistics`.
//!
//! - [`membership`]: likelihood attacks on one text, the compatible variants of the published implementations, and
//!   the one table of attacks;
//! - [`blind`]: what the text alone, without any model, says about membership;
//! - [`text`]: a continuation against its reference by token ids; [`rouge`]: by words; [`stem`]: words without their endings;
//! - [`answer_text`]: a short answer against a short reference, by words; [`open_answer`]: against any of several;
//!   [`reasoning`]: an answer at the end of a chain of thought;
//! - [`answer_scores`]: the metrics of a recorded continuation, text or answer, by name;
//! - [`pair_metrics`]: the metrics that a text and its references are enough for;
//! - [`choice`]: the pick among given answers; [`true_choices`]: true answers against false ones;
//! - [`fluency`]: how much a text varies; [`degeneration`]: whether it is broken;
//!   [`refusal`]: whether it declines to answer;
//! - [`rwku_membership`]: likelihood scores in RWKU's form; [`unlearning`]: what TOFU and MUSE measure;
//! - [`forecast`]: recalled economic numbers, dates and firms, beside what could have been guessed;
//! - [`stale`]: whether a changed state was noticed and acted on, by a judge's reply;
//! - [`reading`]: a number, a date or a direction out of free text;
//! - [`memory`]: answers out of an agent's memory, judges' replies, recommended films;
//! - [`metrics`]: the one table of item and aggregate metrics, with units, ranges and formulas.
//!
//! Membership scores have one sign everywhere: higher means more likely a member.

pub mod answer_scores;
pub mod answer_text;
pub mod blind;
pub mod choice;
pub mod degeneration;
pub mod fluency;
pub mod forecast;
pub mod membership;
pub mod memory;
pub mod message_scores;
pub mod metrics;
pub mod open_answer;
pub mod pair_metrics;
pub mod reading;
pub mod reasoning;
pub mod recall_scores;
pub mod refusal;
pub mod rouge;
pub mod rwku_membership;
pub mod stale;
pub mod stem;
pub mod text;
pub mod true_choices;
pub mod unlearning;
