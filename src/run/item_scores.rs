//! One value an item and metric, computed from the record. Aligned with the task's items; an answer that is missing
//! leaves a hole with its reason, never a zero.

use std::collections::BTreeMap;

use super::judge::Judgement;
use super::memory_scores::memory_values;
use super::plan::{Plan, PlannedTask};
use super::task_metrics::{choice_metric, metric_names};
use crate::backend::TokenScores;
use crate::probe::Question;
use crate::record::{APPROXIMATE, Answer, AnswerKey, HealthRow, ItemRow, LACKS_PREFILL, Outcome, Role};
use crate::scoring::membership::{self, AttackInput, AttackOptions};
use crate::scoring::message_scores::{self, MessageScore};
use crate::scoring::recall_scores::{recall_metric, recall_score};
use crate::scoring::{answer_scores, choice, text};
use crate::suite::{ChoiceNormalisation, Probe};

/// The letter of at least one choice was not among the alternatives that were told.
pub const CHOICES_UNSEEN: &str = "choices_unseen";

/// Outcomes of one cell.
pub type Outcomes = BTreeMap<AnswerKey, Outcome>;

/// A value with what is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemValue {
    /// Mean over the repeats that were answered; `None` when none was.
    pub value: Option<f64>,
    pub flags: Vec<String>,
}

/// All item metrics of one task and model.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskScores {
    pub task: String,
    pub model: String,
    pub role: Role,
    /// Metric -> one value an item, in item order.
    pub metrics: BTreeMap<String, Vec<ItemValue>>,
    pub health: HealthRow,
    /// One row an item, metric and repeat.
    pub rows: Vec<ItemRow>,
}

impl TaskScores {
    /// The values of a metric; holes are `None`.
    #[must_use]
    pub fn values(&self, metric: &str) -> Option<Vec<Option<f64>>> {
        Some(self.metrics.get(metric)?.iter().map(|item| item.value).collect())
    }

    /// Whether the value of an item rests on a substitute for log-probabilities.
    #[must_use]
    pub fn is_approximate(&self, metric: &str, item: usize) -> bool {
        let flags = self.metrics.get(metric).and_then(|items| items.get(item)).map(|item| &item.flags);
        flags.is_some_and(|flags| flags.iter().any(|flag| flag == APPROXIMATE))
    }
}

/// Whose answers are scored.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    pub suite: &'a str,
    pub model: &'a str,
    pub role: Role,
    pub outcomes: &'a Outcomes,
    /// Answers of the reference model to the same task, where there is one.
    pub reference: Option<&'a Outcomes>,
    /// What judges say of this model's answers to the task, by item and repeat.
    pub verdicts: Option<&'a BTreeMap<(usize, u32), Judgement>>,
}

/// Scores the answers of one model to one task.
#[must_use]
pub fn score_task(plan: &Plan, task: &PlannedTask, scored: Scored<'_>) -> TaskScores {
    let metrics = metric_names(&task.probe, scored.reference.is_some());
    let mut collected: BTreeMap<String, Vec<Vec<ItemValue>>> =
        metrics.iter().map(|metric| (metric.clone(), vec![Vec::new(); task.items.len()])).collect();
    let mut health = HealthRow {
        task: task.id.clone(),
        model: scored.model.to_owned(),
        answered: 0,
        refused: 0,
        unparsable: 0,
        truncated: 0,
        error: 0,
        excluded: Vec::new(),
    };
    let mut excluded: BTreeMap<String, u64> = BTreeMap::new();
    let mut rows = Vec::new();
    for (key, index) in task.keys(plan.n_epochs) {
        let values = match scored.outcomes.get(&key) {
            Some(Ok(answer)) => {
                let reference = reference_scores(scored.reference, &key);
                let verdict = scored.verdicts.and_then(|verdicts| verdicts.get(&(index, key.epoch)));
                let values = match answer {
                    Answer::Remembered(answer) => {
                        let films = task.films.as_deref();
                        memory_values(&task.probe, &metrics, &task.items[index], answer, films, verdict)
                    }
                    _ => item_metrics(task, &metrics, index, answer, reference, scored.role),
                };
                let is = |name: &str| {
                    values.iter().any(|(metric, item)| metric == name && item.value.is_some_and(|value| value > 0.5))
                };
                // Questions that are read strictly say themselves how an answer ended.
                match &task.probe {
                    Probe::Recall(_) if is("refused") => health.refused += 1,
                    Probe::Recall(_) if is("unparseable") => health.unparsable += 1,
                    _ => health.answered += 1,
                }
                values
            }
            Some(Err(failure)) => {
                if failure.is_unscorable_item {
                    *excluded.entry(failure.kind.clone()).or_default() += 1;
                } else {
                    health.error += 1;
                }
                missing(&metrics, &failure.kind)
            }
            None => {
                health.error += 1;
                missing(&metrics, "not_asked")
            }
        };
        let item = &task.items[index];
        for (metric, value) in values {
            rows.push(ItemRow {
                suite: scored.suite.to_owned(),
                task: task.id.clone(),
                item_id: item.id.clone(),
                cluster_id: item.cluster.clone(),
                copies: item.copies,
                model: scored.model.to_owned(),
                role: scored.role,
                epoch: key.epoch,
                metric: metric.clone(),
                value: value.value,
                flags: value.flags.clone(),
            });
            if let Some(items) = collected.get_mut(&metric) {
                items[index].push(value);
            }
        }
    }
    health.excluded = excluded.into_iter().collect();
    let metrics = collected
        .into_iter()
        .map(|(metric, items)| (metric, items.iter().map(|repeats| mean_of_repeats(repeats)).collect()))
        .collect();
    TaskScores { task: task.id.clone(), model: scored.model.to_owned(), role: scored.role, metrics, health, rows }
}

fn reference_scores<'a>(reference: Option<&'a Outcomes>, key: &AnswerKey) -> Option<&'a TokenScores> {
    match reference?.get(key)? {
        Ok(Answer::Likelihood(scores)) => Some(scores),
        _ => None,
    }
}

/// The metrics named, for one answer. An answer of another kind than the probe's is a hole with that reason.
fn item_metrics(
    task: &PlannedTask,
    metrics: &[String],
    index: usize,
    answer: &Answer,
    reference: Option<&TokenScores>,
    role: Role,
) -> Vec<(String, ItemValue)> {
    let item = &task.items[index];
    let each =
        |value: &dyn Fn(&str) -> ItemValue| metrics.iter().map(|metric| (metric.clone(), value(metric))).collect();
    match (&task.probe, answer) {
        (Probe::Membership(probe), Answer::Likelihood(scores)) => {
            let input = AttackInput { reference, ..AttackInput::new(&item.text, scores) };
            each(&|metric| attack_value(metric, &input, probe.min_k))
        }
        (Probe::Extract(_), Answer::Continuation { generation, reference, reference_ids, .. }) => each(&|metric| {
            let value = match metric {
                "exact_match" => text::exact_match(&generation.token_ids, reference_ids),
                "matched_prefix" => text::matched_prefix(&generation.token_ids, reference_ids),
                _ => Some(text::rouge_l(&generation.text, reference).f_measure),
            };
            value.map_or_else(|| hole("empty_reference"), plain)
        }),
        (Probe::Choose(probe), Answer::Choices { choices }) => each(&|metric| {
            let rule = probe.normalisation.iter().find(|rule| choice_metric(**rule) == metric);
            match (item.answer, rule) {
                (Some(right), Some(&rule)) => choice::pick(choices, right, rule)
                    .map_or_else(|_| hole("unusable_choices"), |c| plain(c.accuracy())),
                _ => hole("no_right_answer"),
            }
        }),
        (Probe::Choose(_), Answer::Letters { letters }) => each(&|metric| {
            if metric == choice_metric(ChoiceNormalisation::MutualInformation) {
                return hole("needs_log_probabilities");
            }
            letter_value(letters, item.answer)
        }),
        (Probe::Verbatim(_), Answer::Verbatim { .. }) => {
            each(&|metric| answer_scores::verbatim(metric, answer).map_or_else(|| hole("empty_reference"), plain))
        }
        (Probe::Likelihood(_), Answer::Text(score)) => {
            each(&|metric| answer_scores::text(metric, score).map_or_else(|| hole("empty_text"), plain))
        }
        (Probe::Generate(probe), Answer::Completion { .. }) => each(&|metric| {
            answer_scores::completion(metric, answer, probe).map_or_else(|| hole("no_right_answer"), plain)
        }),
        (Probe::Chat(_), Answer::Completion { generation, reference, accepted, lacks_prefill, .. }) => {
            each(&|metric| {
                let score = message_scores::written(metric, &generation.text, reference, accepted);
                let lacking = lacks_prefill.then_some(LACKS_PREFILL);
                flagged(score, "no_right_answer", lacking)
            })
        }
        (Probe::Recall(probe), Answer::Completion { generation, .. }) => {
            let score = recall_score(probe.ask, &generation.text, item);
            each(&|metric| recall_metric(metric, &score).map_or_else(|| hole("not_stated"), plain))
        }
        (Probe::ChatChoose(_), Answer::Choices { choices }) => each(&|metric| {
            // A number that is none is upstream's own in mc2, and a broken model's anywhere else.
            message_scores::given(metric, choices, item)
                .filter(|value| value.is_finite())
                .map_or_else(|| hole("undefined"), plain)
        }),
        (Probe::Tokens(_), Answer::Likelihood(scores)) => each(&|metric| {
            let text = scored_text(&task.questions_in_role(role)[index].0);
            flagged(message_scores::tokens(metric, scores, text), "too_short", None)
        }),
        _ => missing(metrics, "answer_of_another_kind"),
    }
}

/// The text whose tokens were scored, as the question has it.
fn scored_text(question: &Question) -> &str {
    match question {
        Question::TextTokens(asked) => &asked.text,
        _ => "",
    }
}

fn flagged(score: Option<MessageScore>, reason: &str, more: Option<&'static str>) -> ItemValue {
    match score {
        Some(score) if !score.value.is_finite() => hole("not_finite"),
        Some(score) => {
            let flags = score.flags.into_iter().chain(more).map(str::to_owned).collect();
            ItemValue { value: Some(score.value), flags }
        }
        None => hole(reason),
    }
}

/// The letter with the highest log-probability; one that was not told is below all that were.
fn letter_value(letters: &[Option<f64>], right: Option<usize>) -> ItemValue {
    let Some(right) = right else { return hole("no_right_answer") };
    let mut flags = vec![APPROXIMATE.to_owned()];
    if letters.iter().any(Option::is_none) {
        flags.push(CHOICES_UNSEEN.to_owned());
    }
    let best = letters.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let picked = letters.iter().position(|letter| letter.is_some_and(|logprob| logprob >= best));
    let Some(picked) = picked else {
        return ItemValue { value: None, flags: vec![APPROXIMATE.to_owned(), "no_choice_seen".to_owned()] };
    };
    ItemValue { value: Some(f64::from(u8::from(picked == right))), flags }
}

fn attack_value(id: &str, input: &AttackInput<'_>, min_k: f64) -> ItemValue {
    let Some(attack) = membership::find(id) else { return hole("unknown_attack") };
    match membership::score(attack, input, &AttackOptions { min_k, ..AttackOptions::default() }) {
        Ok(score) => {
            ItemValue { value: Some(score.value), flags: score.flags.iter().map(|flag| (*flag).to_owned()).collect() }
        }
        Err(error) => hole(error.kind()),
    }
}

fn plain(value: f64) -> ItemValue {
    ItemValue { value: Some(value), flags: Vec::new() }
}

fn hole(reason: &str) -> ItemValue {
    ItemValue { value: None, flags: vec![reason.to_owned()] }
}

fn missing(metrics: &[String], reason: &str) -> Vec<(String, ItemValue)> {
    metrics.iter().map(|metric| (metric.clone(), hole(reason))).collect()
}

/// Repeats are averaged inside the item, so that the item stays the unit.
fn mean_of_repeats(repeats: &[ItemValue]) -> ItemValue {
    let values: Vec<f64> = repeats.iter().filter_map(|repeat| repeat.value).collect();
    let mut flags: Vec<String> = repeats.iter().flat_map(|repeat| repeat.flags.clone()).collect();
    flags.sort();
    flags.dedup();
    #[expect(clippy::cast_precision_loss, reason = "repeats are few")]
    let value = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    ItemValue { value, flags }
}
