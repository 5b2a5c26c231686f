//! A row in the official layout as a scenario, with every field checked.

use jiff::civil::DateTime;
use serde_json::{Map, Value};

use super::conflict::{ConflictType, Dimension};
use super::error::ScenarioError;
use super::scenario::{Evidence, Scenario, Session, Speaker, Turn};
use crate::dataset::row::describe;

/// Where a record stands, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPlace<'a> {
    pub file: &'a str,
    /// From 1.
    pub record: usize,
    /// On which it begins, from 1.
    pub line: usize,
}

const TIME_FORMAT: &str = "%Y-%m-%d %H:%M";

/// The scenario of a record. `default_type` is for files of one type, whose records may lack the field `type`.
///
/// Beyond what upstream checks: all texts are there and say something, times have the documented form and rise, the evidence
/// lies within the history and in its order. `timestamps` may be left out altogether; `old_info` stands for `M_old` in older
/// files, and wins where both are there, as upstream.
///
/// # Errors
/// The first field that departs from the layout.
pub fn scenario_of(
    place: RecordPlace<'_>,
    fields: &Map<String, Value>,
    default_type: Option<ConflictType>,
) -> Result<Scenario, ScenarioError> {
    let uid = fields.get("uid").and_then(Value::as_str).unwrap_or_default();
    let at = Fields { place, uid, fields };
    let uid = at.said("uid", fields.get("uid"))?;
    let conflict = match (fields.get("type"), default_type) {
        (None, Some(conflict)) => conflict,
        (found, _) => found
            .and_then(Value::as_str)
            .and_then(ConflictType::from_word)
            .ok_or_else(|| at.fault("type", found, "`T1` or `T2`"))?,
    };
    let old = if fields.contains_key("old_info") { "old_info" } else { "M_old" };
    let old_state = at.said(old, fields.get(old))?;
    let new_state = at.said("M_new", fields.get("M_new"))?;
    let explanation = at.text("explanation", fields.get("explanation"))?.to_owned();
    let queries = at.queries()?;
    let sessions = at.sessions()?;
    let evidence = at.evidence(sessions.len())?;
    let rules = fields.get("rules").filter(|rules| rules.is_object()).cloned();
    Ok(Scenario { uid, conflict, old_state, new_state, explanation, queries, sessions, evidence, rules })
}

struct Fields<'a> {
    place: RecordPlace<'a>,
    uid: &'a str,
    fields: &'a Map<String, Value>,
}

impl Fields<'_> {
    fn fault(&self, field: &str, found: Option<&Value>, allowed: &str) -> ScenarioError {
        self.fault_words(field, found.map_or_else(|| "missing".to_owned(), describe), allowed)
    }

    fn fault_words(&self, field: &str, found: String, allowed: &str) -> ScenarioError {
        ScenarioError::Field {
            file: self.place.file.to_owned(),
            record: self.place.record,
            line: self.place.line,
            uid: self.uid.to_owned(),
            field: field.to_owned(),
            found,
            allowed: allowed.to_owned(),
        }
    }

    fn text<'v>(&self, field: &str, found: Option<&'v Value>) -> Result<&'v str, ScenarioError> {
        found.and_then(Value::as_str).ok_or_else(|| self.fault(field, found, "a text"))
    }

    /// A text that says something.
    fn said(&self, field: &str, found: Option<&Value>) -> Result<String, ScenarioError> {
        let text = found.and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        text.map(str::to_owned).ok_or_else(|| self.fault(field, found, "a text that is not empty"))
    }

    fn list<'v>(&self, field: &str, found: Option<&'v Value>, of: &str) -> Result<&'v [Value], ScenarioError> {
        let list = found.and_then(Value::as_array);
        list.map(Vec::as_slice).ok_or_else(|| self.fault(field, found, &format!("a list of {of}")))
    }

    fn queries(&self) -> Result<[String; 3], ScenarioError> {
        let found = self.fields.get("probing_queries");
        let queries = found.and_then(Value::as_object);
        let queries = queries.ok_or_else(|| self.fault("probing_queries", found, "an object with three questions"))?;
        let query = |dimension: Dimension| {
            let name = dimension.query_field();
            self.said(&format!("probing_queries.{name}"), queries.get(name))
        };
        let [first, second, third] = Dimension::ALL;
        Ok([query(first)?, query(second)?, query(third)?])
    }

    fn sessions(&self) -> Result<Vec<Session>, ScenarioError> {
        let sessions = self.list("haystack_session", self.fields.get("haystack_session"), "sessions")?;
        let times = self.times(sessions.len())?;
        let mut history = Vec::with_capacity(sessions.len());
        for (index, session) in sessions.iter().enumerate() {
            let field = format!("haystack_session[{index}]");
            let turns = self.list(&field, Some(session), "turns")?;
            let turns: Result<Vec<Turn>, _> =
                turns.iter().enumerate().map(|(turn, value)| self.turn(&format!("{field}[{turn}]"), value)).collect();
            history.push(Session { time: times.get(index).cloned(), turns: turns? });
        }
        Ok(history)
    }

    fn turn(&self, field: &str, turn: &Value) -> Result<Turn, ScenarioError> {
        let role = turn.get("role");
        let speaker = match role.and_then(Value::as_str) {
            Some("user") => Speaker::User,
            Some("assistant") => Speaker::Assistant,
            _ => return Err(self.fault(&format!("{field}.role"), role, "`user` or `assistant`")),
        };
        let content = self.text(&format!("{field}.content"), turn.get("content"))?.to_owned();
        Ok(Turn { speaker, content })
    }

    /// One for each session, none before the one before it; nothing where the file has none.
    fn times(&self, n_sessions: usize) -> Result<Vec<String>, ScenarioError> {
        let Some(found) = self.fields.get("timestamps") else { return Ok(Vec::new()) };
        let list = self.list("timestamps", Some(found), "times")?;
        if list.len() != n_sessions {
            let allowed = format!("one time for each of the {n_sessions} sessions");
            return Err(self.fault("timestamps", Some(found), &allowed));
        }
        let mut before: Option<(DateTime, &str)> = None;
        let mut times = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let field = format!("timestamps[{index}]");
            let text = value.as_str().filter(|text| text.len() == "2025-01-31 23:59".len());
            let time = text.and_then(|text| Some((DateTime::strptime(TIME_FORMAT, text).ok()?, text)));
            let (time, text) = time.ok_or_else(|| self.fault(&field, Some(value), "a time like 2025-01-31 23:59"))?;
            if let Some((earlier, words)) = before
                && time < earlier
            {
                return Err(self.fault(
                    &field,
                    Some(value),
                    &format!("a time from {words} on, that of the session before"),
                ));
            }
            before = Some((time, text));
            times.push(text.to_owned());
        }
        Ok(times)
    }

    fn evidence(&self, n_sessions: usize) -> Result<Evidence, ScenarioError> {
        const FIELD: &str = "relevant_session_index";
        let found = self.fields.get(FIELD);
        let allowed = format!("two rising positions of sessions, counted from 0 and below {n_sessions}");
        let list = found.and_then(Value::as_array).ok_or_else(|| self.fault(FIELD, found, &allowed))?;
        let position = |value: &Value| value.as_u64().and_then(|position| usize::try_from(position).ok());
        match list.iter().map(position).collect::<Option<Vec<usize>>>().as_deref() {
            Some(&[old, new]) if old < new && new < n_sessions => Ok(Evidence { old, new }),
            Some(positions) => Err(self.fault_words(FIELD, format!("{positions:?}"), &allowed)),
            None => Err(self.fault(FIELD, found, &allowed)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::dataset::stale) const PLACE: RecordPlace<'_> = RecordPlace { file: "s.json", record: 1, line: 1 };

    /// A record of four sessions without a fault.
    pub(in crate::dataset::stale) fn record(uid: &str) -> Value {
        let session =
            |said: &str| json!([{"role": "user", "content": said}, {"role": "assistant", "content": "Noted."}]);
        json!({
            "uid": uid, "type": "T2", "M_old": "I cycle to work.", "M_new": "My cast comes off in June.",
            "explanation": "a cast -> no cycling",
            "probing_queries": {"dim1_query": "Do I cycle?", "dim2_query": "Which lock for my rides?", "dim3_query": "Plan my day."},
            "timestamps": ["2025-01-01 08:00", "2025-01-02 08:00", "2025-01-02 08:00", "2025-03-02 09:30"],
            "relevant_session_index": [0, 2],
            "haystack_session": [session("I cycle to work."), [], session("My cast comes off in June."), session("A joke?")],
        })
    }

    fn told(change: impl Fn(&mut Value)) -> String {
        let mut record = record("u1");
        change(&mut record);
        let fields = record.as_object().expect("an object");
        scenario_of(RecordPlace { record: 3, ..PLACE }, fields, None).expect_err("a fault").to_string()
    }

    #[test]
    fn a_record_in_the_official_layout_is_a_scenario() {
        let record = record("u1");
        let scenario = scenario_of(PLACE, record.as_object().unwrap(), None).unwrap();
        assert_eq!((scenario.uid.as_str(), scenario.conflict), ("u1", ConflictType::Propagated));
        assert_eq!(scenario.evidence, Evidence { old: 0, new: 2 });
        assert_eq!(scenario.sessions[1], Session { time: Some("2025-01-02 08:00".to_owned()), turns: Vec::new() });
        assert_eq!(scenario.query(Dimension::PolicyAdaptation), "Plan my day.");
    }

    #[test]
    fn a_fault_names_file_record_field_and_what_is_allowed() {
        let words = told(|record| record["relevant_session_index"] = json!([0, 4]));
        for word in ["s.json", "record 3 `u1`", "relevant_session_index", "[0, 4]", "below 4", "fetch the file"] {
            assert!(words.contains(word), "{words}");
        }
    }

    #[test]
    fn every_departure_from_the_layout_is_refused_by_its_field() {
        type Change = fn(&mut Value);
        let changes: [(Change, &str); 14] = [
            (|r| r["uid"] = json!(" "), "`uid`"),
            (|r| r["type"] = json!("T3"), "`type`"),
            (|r| r["M_old"] = json!(""), "`M_old`"),
            (|r| r["M_new"] = json!(null), "`M_new`"),
            (|r| r["explanation"] = json!(1), "`explanation`"),
            (|r| r["probing_queries"]["dim2_query"] = json!(""), "`probing_queries.dim2_query`"),
            (|r| r["probing_queries"] = json!([]), "`probing_queries`"),
            (|r| r["timestamps"][3] = json!("2025-01-01 08:00"), "from 2025-01-02 08:00 on"),
            (|r| r["timestamps"][0] = json!("1 January"), "`timestamps[0]`"),
            (|r| r["timestamps"] = json!(["2025-01-01 08:00"]), "each of the 4 sessions"),
            (|r| r["relevant_session_index"] = json!([2, 2]), "`relevant_session_index`"),
            (|r| r["relevant_session_index"] = json!([-1, 2]), "`relevant_session_index`"),
            (|r| r["haystack_session"][0][1]["role"] = json!("system"), "`haystack_session[0][1].role`"),
            (|r| r["haystack_session"] = json!({}), "`haystack_session`"),
        ];
        for (change, field) in changes {
            let words = told(change);
            assert!(words.contains(field), "{field}: {words}");
        }
    }

    #[test]
    fn a_file_of_one_type_may_leave_the_type_and_the_times_out() {
        let mut record = record("u1");
        let fields = record.as_object_mut().unwrap();
        fields.remove("type");
        fields.remove("timestamps");
        fields.insert("old_info".to_owned(), json!("older name"));
        let scenario = scenario_of(PLACE, fields, Some(ConflictType::CoReferential)).unwrap();
        assert_eq!(scenario.conflict, ConflictType::CoReferential);
        assert_eq!(scenario.old_state, "older name");
        assert!(scenario.sessions.iter().all(|session| session.time.is_none()));
    }
}
