//! The answers of one model, read and put beside their items.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dataset::Item;
use crate::record::{Answer, AnswerKey};
use crate::run::item_scores::Outcomes;
use crate::run::plan::{PlannedSuite, PlannedTask};
use crate::scoring::forecast::{Baseline, History, baseline};
use crate::scoring::recall_scores::{RecallScore, recall_score};
use crate::suite::{Probe, RecallAsk};

/// Which side of a model's cutoff a value is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Before,
    Grey,
    After,
    /// No cutoff is known.
    Unknown,
}

impl Side {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Grey => "grey",
            Self::After => "after",
            Self::Unknown => "unknown",
        }
    }
}

/// One question with its answer.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(super) item: &'a Item,
    /// `None`: no answer came, which is no miss.
    pub(super) score: Option<RecallScore>,
    /// Month in which the asked period ends, since the year 0.
    pub(super) month: i32,
    /// When the value was first public, in months since the year 0.
    pub(super) known_since: f64,
    pub(super) side: Side,
}

impl Asked<'_> {
    pub(super) fn text(&self, field: &str) -> &str {
        self.item.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn series(&self) -> &str {
        self.text("series")
    }

    /// Right, of values that were asked and answered somehow.
    pub(super) fn is_hit(&self) -> bool {
        self.score.as_ref().is_some_and(|score| score.is_hit == Some(true))
    }

    pub(super) fn is_answered(&self) -> bool {
        self.score.as_ref().is_some_and(|score| score.status.is_answered())
    }

    pub(super) fn number(&self, field: &str) -> Option<f64> {
        self.item.fields.get(field).and_then(Value::as_f64)
    }

    /// What a naive forecaster says.
    pub(super) fn naive(&self, kind: Baseline) -> Option<f64> {
        let history = self.item.fields.get("history")?;
        let number = |key: &str| history.get(key).and_then(Value::as_f64);
        let last = history.get("last").and_then(Value::as_array)?.iter().filter_map(Value::as_f64).collect();
        let n = history.get("n").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())?;
        baseline(kind, &History { n, first: number("first")?, mean: number("mean")?, recent: last })
    }

    /// The commoner direction, or side of the threshold, of all values before: 1 for up and above; the later one of equals is not
    /// known here, so of equals it is up.
    pub(super) fn commoner(&self, ask: RecallAsk) -> Option<bool> {
        let history = self.item.fields.get("history")?;
        let count = |key: &str| history.get(key).and_then(Value::as_u64);
        match ask {
            RecallAsk::Threshold => Some(2 * count("n_above")? >= count("n")?),
            _ => Some(count("n_up")? >= count("n_down")?),
        }
    }
}

/// The answers of one model by what was asked for; of several epochs the first.
pub(super) struct Answers<'a> {
    pub(super) by_ask: BTreeMap<RecallAsk, TaskAnswers<'a>>,
}

/// The answers to one task.
pub(super) struct TaskAnswers<'a> {
    pub(super) task: &'a PlannedTask,
    pub(super) asked: Vec<Asked<'a>>,
}

impl<'a> Answers<'a> {
    pub(super) fn of(planned: &'a PlannedSuite, outcomes: &Outcomes) -> Self {
        let mut by_ask = BTreeMap::new();
        for task in &planned.tasks {
            let Probe::Recall(probe) = &task.probe else { continue };
            let asked = task.items.iter().map(|item| asked(task, probe.ask, item, outcomes)).collect();
            by_ask.entry(probe.ask).or_insert(TaskAnswers { task, asked });
        }
        Self { by_ask }
    }

    pub(super) fn of_ask(&self, ask: RecallAsk) -> Option<&TaskAnswers<'a>> {
        self.by_ask.get(&ask).filter(|answers| answers.asked.iter().any(|asked| asked.score.is_some()))
    }

    pub(super) fn tasks(&self) -> impl Iterator<Item = (RecallAsk, &TaskAnswers<'a>)> {
        self.by_ask.iter().map(|(ask, answers)| (*ask, answers))
    }

    /// Says of every question on which side it is.
    pub(super) fn set_sides(&mut self, side: impl Fn(i32, f64) -> Side) {
        for asked in self.by_ask.values_mut().flat_map(|answers| &mut answers.asked) {
            asked.side = side(asked.month, asked.known_since);
        }
    }
}

fn asked<'a>(task: &PlannedTask, ask: RecallAsk, item: &'a Item, outcomes: &Outcomes) -> Asked<'a> {
    let key = AnswerKey { task: task.id.clone(), item: item.id.clone(), epoch: 0 };
    let score = match outcomes.get(&key) {
        Some(Ok(Answer::Completion { generation, .. })) => Some(recall_score(ask, &generation.text, item)),
        _ => None,
    };
    let month = item.fields.get("month").and_then(Value::as_i64).and_then(|month| i32::try_from(month).ok());
    let month = month.unwrap_or_default();
    let known_since = item.fields.get("known_since").and_then(Value::as_f64).unwrap_or_else(|| f64::from(month + 1));
    Asked { item, score, month, known_since, side: Side::Unknown }
}
