//! The history as text, and the messages of a question.

use std::fmt::Write as _;

use crate::dataset::stale::{Dimension, Session, Speaker};

/// The sessions in their order, numbered from 1. An empty session is not printed, but uses up its number; a session without a
/// time has none in its heading.
#[must_use]
pub fn history_text<'a>(sessions: impl IntoIterator<Item = &'a Session>) -> String {
    let mut text = String::new();
    for (index, session) in sessions.into_iter().enumerate() {
        if session.turns.is_empty() {
            continue;
        }
        // Writing to a string does not fail; the results are dropped for that reason.
        let _ = write!(text, "\n=== Session {}", index + 1);
        if let Some(time) = &session.time {
            let _ = write!(text, " [Time: {time}]");
        }
        text.push_str(" ===\n");
        for turn in &session.turns {
            text.push_str(match turn.speaker {
                Speaker::User => "User: ",
                Speaker::Assistant => "Assistant: ",
            });
            text.push_str(&turn.content);
            text.push('\n');
        }
    }
    text
}

/// The user message of a question about a history.
#[must_use]
pub fn user_message(dimension: Dimension, history: &str, query: &str) -> String {
    let label = match dimension {
        Dimension::StateResolution | Dimension::PremiseResistance => "[Question]",
        Dimension::PolicyAdaptation => "[Latest Query]",
    };
    format!("[Conversation History]\n{history}\n\n{label}\n{query}")
}

/// The instruction of a question, in our own words: nothing in it warns of states that have changed.
#[must_use]
pub fn system_message(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::StateResolution | Dimension::PremiseResistance => {
            "You assist one user. Below are your earlier conversations with this user, then a question. Read the conversations and answer the question correctly."
        }
        Dimension::PolicyAdaptation => {
            "You assist one user. Below are your earlier conversations with this user, then the user's newest message. Read the conversations and reply to that message."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::stale::Turn;

    fn session(time: Option<&str>, said: &[(Speaker, &str)]) -> Session {
        let turn = |(speaker, content): &(Speaker, &str)| Turn { speaker: *speaker, content: (*content).to_owned() };
        Session { time: time.map(str::to_owned), turns: said.iter().map(turn).collect() }
    }

    #[test]
    fn an_empty_session_is_not_printed_and_uses_up_its_number() {
        let sessions = [
            session(Some("2025-01-01 08:00"), &[(Speaker::User, "Hi."), (Speaker::Assistant, "Hello.")]),
            session(Some("2025-01-02 08:00"), &[]),
            session(None, &[(Speaker::User, "Bye.")]),
        ];
        assert_eq!(
            history_text(&sessions),
            "\n=== Session 1 [Time: 2025-01-01 08:00] ===\nUser: Hi.\nAssistant: Hello.\n\n=== Session 3 ===\nUser: Bye.\n"
        );
    }

    #[test]
    fn the_third_question_stands_under_a_label_of_its_own() {
        assert_eq!(
            user_message(Dimension::PolicyAdaptation, "\nh\n", "q"),
            "[Conversation History]\n\nh\n\n\n[Latest Query]\nq"
        );
        assert!(user_message(Dimension::StateResolution, "", "q").ends_with("[Question]\nq"));
    }
}
