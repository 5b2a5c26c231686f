//! What is judged together, and what the judge is shown of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dataset::Item;
use crate::dataset::stale::{Control, Dimension, Evidence, Scenario, negative_control};
use crate::digest::sha256_hex;
use crate::probe::JudgeQuestion;
use crate::prompt::PackError;
use crate::prompt::memory::MemoryWords;
use crate::record::{Answer, AnswerKey, Outcome};
use crate::run::item_scores::Outcomes;
use crate::run::plan::PlannedTask;
use crate::scoring::memory::chat_judge::{ChatRubric, UnknownQuestionType, is_abstention};
use crate::scoring::memory::summary_judge::SummaryPart;
use crate::scoring::stale::{control_message, judge_message};
use crate::suite::{MemoryFamily, Probe};

/// Most tokens of a judge's reply.
const LABEL_TOKENS: usize = 10;
const COUNT_TOKENS: usize = 4096;
const VERDICT_TOKENS: usize = 2048;

/// By which words a judge goes, and how its reply is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rubric {
    /// Yes or no about one answer (LongMemEval).
    Chat(ChatRubric),
    /// Three counts about one summary (HELMET).
    Summary,
    /// Three booleans about a scenario.
    Stale,
    /// Two booleans about a negative control.
    StaleControl,
}

impl Rubric {
    /// The word of records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Chat(_) => "chat",
            Self::Summary => "summary",
            Self::Stale => "stale",
            Self::StaleControl => "stale-control",
        }
    }
}

/// One question to a judge.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitPart {
    /// Empty, or `fluency`, `recall`, `precision`.
    pub name: &'static str,
    pub system: String,
    pub user: String,
    pub max_tokens: usize,
}

/// Answers that are judged together.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedUnit {
    pub task: String,
    pub rubric: Rubric,
    /// Unique in the task: an item, a scenario, a control.
    pub name: String,
    pub epoch: u32,
    /// Places of the items whose answers are judged; of a scenario in the order of its dimensions.
    pub items: Vec<usize>,
    pub parts: Vec<UnitPart>,
    /// Over the words of the rubric.
    pub rubric_sha256: String,
    /// Answers, in the order of `items`.
    pub answers: Vec<String>,
    /// An answer holds a line like one of the judge's own form; `None`: the form has no such lines, and it is not looked for.
    pub is_forged: Option<bool>,
    /// Key points that the judge is shown.
    pub n_keypoints: usize,
}

impl JudgedUnit {
    /// The key of a part's reply in a judge's cell: `repeat` from 0, `attempt` from 0.
    #[must_use]
    pub fn key(&self, subject: &str, part: &UnitPart, repeat: u32, attempt: u32) -> AnswerKey {
        let mut item = format!("{subject}|{}", self.name);
        for (sign, word) in [('#', part.name.to_owned())] {
            if !word.is_empty() {
                item.push(sign);
                item.push_str(&word);
            }
        }
        if repeat > 0 {
            item.push_str(&format!("~r{}", repeat + 1));
        }
        if attempt > 0 {
            item.push_str(&format!("~t{}", attempt + 1));
        }
        AnswerKey { task: self.task.clone(), item, epoch: self.epoch }
    }

    /// What a judge is asked for a part.
    #[must_use]
    pub fn question(&self, part: &UnitPart, repeat: u32, attempt: u32) -> JudgeQuestion {
        JudgeQuestion {
            rubric: format!("{}{}{}", self.rubric.word(), if part.name.is_empty() { "" } else { "-" }, part.name),
            rubric_sha256: self.rubric_sha256.clone(),
            system: part.system.clone(),
            user: part.user.clone(),
            max_tokens: part.max_tokens,
            repeat: repeat * 1000 + attempt,
        }
    }
}

/// Everything that a judge is to read of one model's answers to a task. Scenarios of which an answer is missing are not judged.
///
/// # Errors
/// The prompt file lacks a rubric.
pub fn units_of(
    task: &PlannedTask,
    outcomes: &Outcomes,
    n_epochs: u32,
    words: MemoryWords<'_>,
    instructions: Option<&str>,
) -> Result<Vec<JudgedUnit>, PackError> {
    let mut units = Vec::new();
    for epoch in 0..n_epochs {
        match &task.probe {
            Probe::Memory(probe) if probe.family == MemoryFamily::LongMemEval => {
                for (place, item) in task.items.iter().enumerate() {
                    if let Some(answer) = answer_of(task, outcomes, item, epoch) {
                        units.extend(chat_unit(task, words, place, item, epoch, answer)?);
                    }
                }
            }
            Probe::Memory(probe) if probe.family == MemoryFamily::InfbenchSum => {
                for (place, item) in task.items.iter().enumerate() {
                    if let Some(answer) = answer_of(task, outcomes, item, epoch) {
                        units.push(summary_unit(task, words, place, item, epoch, answer)?);
                    }
                }
            }
            Probe::State(probe) => {
                for (name, places) in histories(&task.items) {
                    let answers: Option<Vec<String>> = places
                        .iter()
                        .map(|&place| answer_of(task, outcomes, &task.items[place], epoch).map(str::to_owned))
                        .collect();
                    let n = if probe.is_control { 2 } else { 3 };
                    if let Some(answers) = answers.filter(|answers| answers.len() == n) {
                        units.push(state_unit(
                            &task.id,
                            &task.items,
                            words,
                            instructions,
                            &name,
                            &places,
                            epoch,
                            answers,
                        )?);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(units)
}

/// Whether the prompt file has all that judges of a task are told, before anything is asked.
///
/// # Errors
/// It lacks a rubric, or names a field that a judge is not given.
pub fn check_rubrics(task: &PlannedTask, words: MemoryWords<'_>, instructions: Option<&str>) -> Result<(), PackError> {
    match &task.probe {
        Probe::State(probe) if probe.is_control => drop(words.filled(CONTROL_RUBRIC, &[])?),
        Probe::State(_) if instructions.is_none() => drop(words.filled(STATE_RUBRIC, &[])?),
        Probe::Memory(probe) if probe.family == MemoryFamily::LongMemEval => {
            for rubric in task.items.iter().filter_map(chat_rubric) {
                words.filled(&chat_prompt(rubric), &[("question", ""), ("answer", ""), ("response", "")])?;
            }
        }
        Probe::Memory(probe) if probe.family == MemoryFamily::InfbenchSum => {
            for part in SummaryPart::ALL {
                words.filled(&summary_prompt(part.word()), &[("summary", ""), ("keypoints", ""), ("reference", "")])?;
            }
        }
        _ => {}
    }
    Ok(())
}

const STATE_RUBRIC: &str = "judge";
const CONTROL_RUBRIC: &str = "judge_control";

/// Whether every question of a task has a rubric, by its type.
///
/// # Errors
/// The first item whose type has none, and that type.
pub fn check_question_types(task: &PlannedTask) -> Result<(), (String, UnknownQuestionType)> {
    let is_judged = matches!(&task.probe, Probe::Memory(probe) if probe.family == MemoryFamily::LongMemEval);
    for item in task.items.iter().filter(|_| is_judged) {
        ChatRubric::of(text(item, "question_type"), is_abstention(text(item, "question_id")))
            .map_err(|error| (item.id.clone(), error))?;
    }
    Ok(())
}

fn chat_rubric(item: &Item) -> Option<ChatRubric> {
    ChatRubric::of(text(item, "question_type"), is_abstention(text(item, "question_id"))).ok()
}

fn chat_prompt(rubric: ChatRubric) -> String {
    format!("judge_chat_r{}", rubric.number())
}

fn summary_prompt(part: &str) -> String {
    format!("judge_summary_{part}")
}

fn answer_of<'o>(task: &PlannedTask, outcomes: &'o Outcomes, item: &Item, epoch: u32) -> Option<&'o str> {
    let key = AnswerKey { task: task.id.clone(), item: item.id.clone(), epoch };
    match outcomes.get(&key) {
        Some(Outcome::Ok(Answer::Remembered(answer))) => Some(answer.generation.text.as_str()),
        _ => None,
    }
}

/// Items by their history, in the order of the task, those of one history in the order of their dimensions.
pub fn histories(items: &[Item]) -> Vec<(String, Vec<usize>)> {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        let Some(history) = &item.history else { continue };
        let at = *places.entry(&history.id).or_insert_with(|| {
            found.push((history.id.clone(), Vec::new()));
            found.len() - 1
        });
        found[at].1.push(place);
    }
    for (_, places) in &mut found {
        places.sort_by_key(|&place| text(&items[place], "dimension").to_owned());
    }
    found
}

fn text<'i>(item: &'i Item, field: &str) -> &'i str {
    item.fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn texts(item: &Item, field: &str) -> Vec<String> {
    let list = item.fields.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn chat_unit(
    task: &PlannedTask,
    words: MemoryWords<'_>,
    place: usize,
    item: &Item,
    epoch: u32,
    answer: &str,
) -> Result<Option<JudgedUnit>, PackError> {
    let Some(rubric) = chat_rubric(item) else { return Ok(None) };
    let name = chat_prompt(rubric);
    let blank = words.filled(&name, &[("question", ""), ("answer", ""), ("response", "")])?;
    // The alias itself; upstream shows a Python list.
    let gold = texts(item, "answers").join(" / ");
    let user = words.filled(&name, &[("question", text(item, "question")), ("answer", &gold), ("response", answer)])?;
    Ok(Some(JudgedUnit {
        task: task.id.clone(),
        rubric: Rubric::Chat(rubric),
        name: item.id.clone(),
        epoch,
        items: vec![place],
        parts: vec![UnitPart { name: "", system: CHAT_SYSTEM.to_owned(), user, max_tokens: LABEL_TOKENS }],
        rubric_sha256: sha256_hex(blank.as_bytes()),
        answers: vec![answer.to_owned()],
        is_forged: None,
        n_keypoints: 0,
    }))
}

/// The system message of judges whose rubric stands in the user message.
const CHAT_SYSTEM: &str = "You grade answers of an assistant. Be exact and take no side.";

fn summary_unit(
    task: &PlannedTask,
    words: MemoryWords<'_>,
    place: usize,
    item: &Item,
    epoch: u32,
    answer: &str,
) -> Result<JudgedUnit, PackError> {
    let keypoints = texts(item, "keypoints");
    let numbered: Vec<String> = keypoints.iter().enumerate().map(|(n, point)| format!("{}. {point}", n + 1)).collect();
    let reference = texts(item, "answers").into_iter().next().unwrap_or_default();
    let trimmed = answer.trim();
    let numbered = numbered.join("\n");
    let fields = [("summary", trimmed), ("keypoints", numbered.as_str()), ("reference", reference.as_str())];
    let mut parts = Vec::new();
    let mut blanks = String::new();
    for name in SummaryPart::ALL.map(SummaryPart::word) {
        let prompt = summary_prompt(name);
        blanks.push_str(&words.filled(&prompt, &[("summary", ""), ("keypoints", ""), ("reference", "")])?);
        let user = words.filled(&prompt, &fields)?;
        parts.push(UnitPart { name, system: CHAT_SYSTEM.to_owned(), user, max_tokens: COUNT_TOKENS });
    }
    Ok(JudgedUnit {
        task: task.id.clone(),
        rubric: Rubric::Summary,
        name: item.id.clone(),
        epoch,
        items: vec![place],
        parts,
        rubric_sha256: sha256_hex(blanks.as_bytes()),
        answers: vec![answer.to_owned()],
        is_forged: None,
        n_keypoints: keypoints.len(),
    })
}

/// The answers to one scenario or control. `places`: its items among `items`, in the order of their dimensions, as `answers`.
///
/// # Errors
/// The prompt file lacks the judge's instructions.
#[expect(clippy::too_many_arguments, reason = "what is judged, by whose words, and where it belongs")]
pub fn state_unit(
    task: &str,
    items: &[Item],
    words: MemoryWords<'_>,
    instructions: Option<&str>,
    name: &str,
    places: &[usize],
    epoch: u32,
    answers: Vec<String>,
) -> Result<JudgedUnit, PackError> {
    let first = &items[places[0]];
    let scenario = scenario_of(items, places, first);
    let control = Control::ALL.into_iter().find(|control| control.as_str() == text(first, "control"));
    let (rubric, prompt) = match control {
        Some(_) => (Rubric::StaleControl, CONTROL_RUBRIC),
        None => (Rubric::Stale, STATE_RUBRIC),
    };
    // The user's instructions are of scenarios: upstream has no controls.
    let system = match instructions.filter(|_| control.is_none()) {
        Some(own) => own.to_owned(),
        None => words.filled(prompt, &[])?,
    };
    let shown: Vec<&str> = answers.iter().map(String::as_str).collect();
    let (user, is_forged) = match (control, shown.as_slice()) {
        (Some(control), &[one, two]) => {
            let (text, forged) = control_message(&negative_control(&scenario, control), [one, two]);
            (text, forged.contains(&true))
        }
        (_, &[one, two, three]) => {
            let message = judge_message(&scenario, [one, two, three]);
            (message.text, message.is_forged.contains(&true))
        }
        _ => (String::new(), false),
    };
    Ok(JudgedUnit {
        task: task.to_owned(),
        rubric,
        name: name.to_owned(),
        epoch,
        items: places.to_vec(),
        rubric_sha256: sha256_hex(system.as_bytes()),
        parts: vec![UnitPart { name: "", system, user, max_tokens: VERDICT_TOKENS }],
        answers,
        is_forged: Some(is_forged),
        n_keypoints: 0,
    })
}

/// The scenario of items without its sessions: what a judge is shown of it.
fn scenario_of(items: &[Item], places: &[usize], first: &Item) -> Scenario {
    let query = |dimension: Dimension| {
        let of = places.iter().find(|&&place| text(&items[place], "dimension") == dimension.as_str());
        of.map(|&place| text(&items[place], "query").to_owned()).unwrap_or_default()
    };
    let word = text(first, "type");
    Scenario {
        uid: text(first, "uid").to_owned(),
        conflict: crate::dataset::stale::ConflictType::from_word(word)
            .unwrap_or(crate::dataset::stale::ConflictType::CoReferential),
        old_state: text(first, "M_old").to_owned(),
        new_state: text(first, "M_new").to_owned(),
        explanation: text(first, "explanation").to_owned(),
        queries: Dimension::ALL.map(query),
        sessions: Vec::new(),
        evidence: Evidence { old: 0, new: 1 },
        rules: first.fields.get("rules").cloned(),
    }
}
