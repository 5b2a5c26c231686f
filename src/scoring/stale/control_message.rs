//! What the judge is shown of a negative control: the state that holds, and two questions with their answers.

use super::judge_message::{has_label_line, push_part};
use crate::dataset::stale::ControlScenario;

/// The message about two answers, in the order of [`ControlScenario::DIMENSIONS`], and whether one of them forges a line of it.
/// The layout is ours: upstream has no such controls.
#[must_use]
pub fn control_message(control: &ControlScenario, answers: [&str; 2]) -> (String, [bool; 2]) {
    let mut text = format!("\n[Current State]\n\"{}\"\n", control.old_state);
    for (dimension, answer) in ControlScenario::DIMENSIONS.into_iter().zip(answers) {
        push_part(&mut text, dimension, control.query(dimension).unwrap_or_default(), answer);
    }
    let is_forged = answers.map(|answer| {
        has_label_line(answer) || answer.lines().any(|line| line.trim_start().starts_with("[Current State]"))
    });
    (text, is_forged)
}
