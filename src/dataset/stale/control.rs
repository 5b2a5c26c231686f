//! Negative controls: scenarios whose old state still holds.
//!
//! Every scenario of the data set has a stale premise, so a system that calls every premise outdated gets full marks on the first
//! two dimensions. Here the new evidence is taken away; the same questions must then be answered on the old state.

use super::conflict::Dimension;
use super::scenario::{Evidence, Scenario, Session, Speaker, Turn};
use crate::digest::sha256_hex;

/// How the new evidence is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Control {
    /// Its session is left out.
    Removed,
    /// Its session keeps its place and time, and holds a harmless remark.
    Replaced,
}

impl Control {
    pub const ALL: [Self; 2] = [Self::Removed, Self::Replaced];

    /// The word in ids and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Replaced => "replaced",
        }
    }
}

/// A history in which nothing has changed, and the two questions whose premise therefore holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlScenario {
    /// That of its scenario, then `/control-removed` or `/control-replaced`.
    pub uid: String,
    /// That of the scenario it is made from.
    pub scenario_uid: String,
    pub control: Control,
    /// What still holds; for the judge alone.
    pub old_state: String,
    pub sessions: Vec<Session>,
    /// Position of the session with the old state, from 0.
    pub evidence: usize,
    queries: [String; 2],
}

impl ControlScenario {
    /// The dimensions that are asked: the third names no state, and has no wrong answer here.
    pub const DIMENSIONS: [Dimension; 2] = [Dimension::StateResolution, Dimension::PremiseResistance];

    /// The question of a dimension; `None` for the one that is not asked.
    #[must_use]
    pub fn query(&self, dimension: Dimension) -> Option<&str> {
        self.queries.get(dimension.index()).map(String::as_str)
    }
}

/// Remarks that change no state of anybody: user and assistant.
const HARMLESS: [(&str, &str); 4] = [
    ("What is the plural of octopus?", "Octopuses is the usual form; octopi is heard as well."),
    ("How many sides does a hexagon have?", "Six."),
    ("Which planet is nearest to the sun?", "Mercury."),
    ("What is the square root of 144?", "It is 12."),
];

/// The negative control of a scenario. The same scenario always gets the same remark.
///
/// A scenario whose evidence lies outside its history (the reader refuses such) keeps its history unchanged.
#[must_use]
pub fn negative_control(scenario: &Scenario, control: Control) -> ControlScenario {
    let Evidence { old, new } = scenario.evidence;
    let mut sessions = scenario.sessions.clone();
    match control {
        Control::Removed if new < sessions.len() => {
            sessions.remove(new);
        }
        Control::Replaced if let Some(session) = sessions.get_mut(new) => {
            session.turns = harmless_turns(&scenario.uid);
        }
        Control::Removed | Control::Replaced => {}
    }
    let [first, second, _] = &scenario.queries;
    ControlScenario {
        uid: format!("{}/control-{}", scenario.uid, control.as_str()),
        scenario_uid: scenario.uid.clone(),
        control,
        old_state: scenario.old_state.clone(),
        sessions,
        evidence: old,
        queries: [first.clone(), second.clone()],
    }
}

fn harmless_turns(uid: &str) -> Vec<Turn> {
    let drawn = sha256_hex(uid.as_bytes()).bytes().last().map_or(0, usize::from) % HARMLESS.len();
    let (asked, answered) = HARMLESS[drawn];
    vec![
        Turn { speaker: Speaker::User, content: asked.to_owned() },
        Turn { speaker: Speaker::Assistant, content: answered.to_owned() },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::record::scenario_of;
    use super::super::record::tests::{PLACE, record};
    use super::*;

    fn scenario() -> Scenario {
        scenario_of(PLACE, record("u1").as_object().unwrap(), None).unwrap()
    }

    #[test]
    fn removing_the_new_evidence_leaves_everything_else() {
        let (scenario, control) = (scenario(), negative_control(&scenario(), Control::Removed));
        assert_eq!(control.sessions.len(), 3);
        assert_eq!(control.sessions[2], scenario.sessions[3]);
        assert_eq!(control.sessions[control.evidence], scenario.sessions[0]);
        assert_eq!(control.uid, "u1/control-removed");
    }

    #[test]
    fn a_replaced_session_keeps_its_place_and_time_and_says_nothing_new() {
        let (scenario, control) = (scenario(), negative_control(&scenario(), Control::Replaced));
        assert_eq!(control.sessions.len(), 4);
        assert_eq!(control.sessions[2].time, scenario.sessions[2].time);
        let said: String =
            control.sessions.iter().flat_map(|session| &session.turns).map(|turn| turn.content.as_str()).collect();
        assert!(!said.contains(&scenario.new_state) && said.contains(&scenario.old_state));
        assert_eq!(control, negative_control(&scenario, Control::Replaced));
    }

    #[test]
    fn only_the_questions_with_a_premise_are_asked() {
        let control = negative_control(&scenario(), Control::Removed);
        assert_eq!(control.query(Dimension::PremiseResistance), Some("Which lock for my rides?"));
        assert_eq!(control.query(Dimension::PolicyAdaptation), None);
    }
}
