//! Items worth reading: what is remembered best, what is least though often seen, what looks seen and is not.

use super::membership::is_membership;
use super::subject::{Doses, Subject};
use crate::record::{Answer, AnswerKey, NotableItem, Role};
use crate::run::item_scores::{Outcomes, TaskScores};
use crate::run::task_metrics::first_metric;

/// Items shown of each kind.
const OF_EACH: usize = 3;
/// Characters of a prompt on the card.
const LONGEST: usize = 600;

/// Notable items of one task, for the first model under test.
pub(super) fn notable(subject: &Subject<'_>, outcomes: &[(String, &Outcomes)]) -> Vec<NotableItem> {
    let Some(tested) = subject.scores.iter().find(|scores| scores.role == Role::Model) else { return Vec::new() };
    if is_membership(&subject.task.probe) {
        return by_score(subject, tested, outcomes);
    }
    if matches!(subject.task.probe, crate::suite::Probe::Likelihood(_)) {
        return Vec::new();
    }
    continued(subject, tested, outcomes)
}

/// The strangest scores of the suite's first attack.
fn by_score(subject: &Subject<'_>, tested: &TaskScores, outcomes: &[(String, &Outcomes)]) -> Vec<NotableItem> {
    let metric = first_metric(&subject.task.probe);
    let Some(values) = tested.values(&metric) else { return Vec::new() };
    let doses = Doses::of(subject.items());
    let ranked = |items: &[usize]| {
        let mut scored: Vec<(usize, f64)> = items.iter().filter_map(|&index| Some((index, values[index]?))).collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scored
    };
    let mut items = Vec::new();
    for (index, _) in ranked(doses.unseen()).into_iter().take(OF_EACH) {
        items.push(item(subject, index, "never seen, yet among the highest scores of the unseen", &metric, outcomes));
    }
    let mut often = ranked(&doses.at_least(64));
    often.reverse();
    for (index, _) in often.into_iter().take(OF_EACH) {
        items.push(item(
            subject,
            index,
            "seen 64 times or more, yet among the lowest scores of those",
            &metric,
            outcomes,
        ));
    }
    items
}

/// What the model repeats of the items that it saw most, and what it gives where it never saw them.
fn continued(subject: &Subject<'_>, tested: &TaskScores, outcomes: &[(String, &Outcomes)]) -> Vec<NotableItem> {
    let metric = first_metric(&subject.task.probe);
    let Some(values) = tested.values(&metric) else { return Vec::new() };
    let doses = Doses::of(subject.items());
    let mut often = doses.at_least(64);
    often.sort_by_key(|&index| (std::cmp::Reverse(subject.items()[index].copies), index));
    let of = |wanted: &dyn Fn(f64) -> bool| {
        often.iter().copied().filter(|&index| values[index].is_some_and(wanted)).take(OF_EACH).collect::<Vec<_>>()
    };
    let mut items = Vec::new();
    for index in of(&|value| value > 0.5) {
        items.push(item(subject, index, "seen often, and given back", &metric, outcomes));
    }
    for index in of(&|value| value <= 0.5) {
        items.push(item(subject, index, "seen often, and not given back", &metric, outcomes));
    }
    items
}

fn item(
    subject: &Subject<'_>,
    index: usize,
    reason: &str,
    metric: &str,
    outcomes: &[(String, &Outcomes)],
) -> NotableItem {
    let source = &subject.items()[index];
    let key = AnswerKey { task: subject.task.id.clone(), item: source.id.clone(), epoch: 0 };
    let (mut prompt, mut expected) = (source.text.clone(), String::new());
    let mut answers = Vec::new();
    for (model, outcomes) in outcomes {
        match outcomes.get(&key) {
            Some(Ok(Answer::Continuation { generation, prompt: sent, reference, .. })) => {
                prompt.clone_from(sent);
                expected.clone_from(reference);
                answers.push((model.clone(), generation.text.clone()));
            }
            Some(Ok(
                Answer::Verbatim { generation, prompt: sent, rest: reference, .. }
                | Answer::Completion { generation, prompt: sent, reference, .. },
            )) => {
                prompt.clone_from(sent);
                expected.clone_from(reference);
                answers.push((model.clone(), generation.text.clone()));
            }
            Some(Ok(Answer::Remembered(answer))) => {
                prompt.clone_from(&answer.question);
                expected = answer.accepted.join(" | ");
                answers.push((model.clone(), answer.generation.text.clone()));
            }
            Some(Ok(Answer::Choices { choices })) => {
                let best = choices
                    .iter()
                    .enumerate()
                    .max_by(|a, b| a.1.logprob.total_cmp(&b.1.logprob).then(b.0.cmp(&a.0)))
                    .and_then(|(place, _)| source.choices.get(place));
                answers.push((model.clone(), best.cloned().unwrap_or_default()));
            }
            _ => {}
        }
    }
    let context = match &subject.task.questions[index].0 {
        crate::probe::Question::Choices { context, .. } => Some(context.as_str()),
        crate::probe::Question::Pairs { pairs } => pairs.first().map(|pair| pair.context.as_str()),
        _ => None,
    };
    if let Some(context) = context {
        context.clone_into(&mut prompt);
        expected = source.answer.and_then(|right| source.choices.get(right)).cloned().unwrap_or_default();
    }
    NotableItem {
        task: subject.task.id.clone(),
        item_id: source.id.clone(),
        copies: source.copies,
        reason: reason.to_owned(),
        prompt: shortened(&prompt),
        expected: shortened(&expected),
        answers: answers.into_iter().map(|(model, answer)| (model, shortened(&answer))).collect(),
        scores: subject
            .scores
            .iter()
            .filter_map(|scores| {
                Some((scores.model.clone(), metric.to_owned(), scores.metrics.get(metric)?.get(index)?.value?))
            })
            .collect(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
