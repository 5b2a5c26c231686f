//! What an answer is worth: item values from records. No aggregates, no intervals; those are `statistics`.
//!
//! - [`membership`]: likelihood attacks on one text, the compatible variants of the published implementations, and
//!   the one table of attacks;
//! - [`blind`]: what the text alone, without any model, says about membership;
//! - [`text`]: a continuation against its reference; [`stem`]: its words without their endings;
//! - [`answer_text`]: a short answer against a short reference, by words;
//! - [`answer_scores`]: the metrics of a recorded continuation, text or answer, by name;
//! - [`choice`]: the pick among given answers;
//! - [`metrics`]: the one table of item and aggregate metrics, with units, ranges and formulas.
//!
//! Membership scores have one sign everywhere: higher means more likely a member.

pub mod answer_scores;
pub mod answer_text;
pub mod blind;
pub mod choice;
pub mod membership;
pub mod metrics;
pub mod stem;
pub mod text;
