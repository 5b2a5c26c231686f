//! Tokens that an agent takes, beside what it gets for them.

use std::collections::BTreeMap;

use super::super::subject::Subject;
use super::Shown;
use super::columns::{mean_of_columns, of_run};
use crate::record::{AgentCost, ColumnRow, IntervalRecord, Stale};
use crate::run::error::RunError;
use crate::run::plan::PlannedModel;
use crate::suite::Probe;

pub(super) fn costs(
    shown: &Shown<'_>,
    columns: &[ColumnRow],
    stale: Option<&Stale>,
) -> Result<Vec<AgentCost>, RunError> {
    let mut rows = Vec::new();
    for model in shown.models() {
        for column in of_run(shown) {
            let subjects: Vec<&Subject<'_>> = column.subjects.iter().map(|(subject, _)| *subject).collect();
            let own = columns.iter().find(|row| row.model == model.slug && row.column == column.name);
            let value = own.map(|row| (row.value, row.interval.clone())).unwrap_or_default();
            rows.extend(row(shown, model, &column.name, &subjects, value));
        }
        let whole = stale.and_then(|stale| stale.overall.iter().find(|row| row.model == model.slug));
        let value = match whole {
            Some(row) => (row.macro_mean, row.interval.clone()),
            None => mean_of_columns(shown, model)?,
        };
        // Controls are no part of the mean of six.
        let is_control =
            |subject: &&&Subject<'_>| matches!(&subject.task.probe, Probe::State(probe) if probe.is_control);
        let asked: Vec<&Subject<'_>> = shown.subjects.iter().filter(|subject| !is_control(subject)).copied().collect();
        rows.extend(row(shown, model, "all", &asked, value));
    }
    Ok(rows)
}

fn row(
    shown: &Shown<'_>,
    model: &PlannedModel,
    column: &str,
    subjects: &[&Subject<'_>],
    value: (Option<f64>, Option<IntervalRecord>),
) -> Option<AgentCost> {
    let mut histories: BTreeMap<(&str, &str), (u64, Option<u64>)> = BTreeMap::new();
    let (mut n, mut answered) = (0_u64, 0_u64);
    let mut read: Vec<Option<u64>> = Vec::new();
    for subject in subjects {
        for (item, answer) in subject.items().iter().zip(shown.answers(&model.slug, subject)) {
            let Some(answer) = answer else { continue };
            n += 1;
            read.push(answer.read_tokens);
            answered += answer.answer_tokens;
            if let Some(history) = &item.history {
                let key = (subject.task.id.as_str(), history.id.as_str());
                histories.insert(key, (answer.written_tokens, answer.asked_tokens));
            }
        }
    }
    if n == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "tokens of a run are far below 2^52")]
    let mean = |sum: u64, n: usize| sum as f64 / n.max(1) as f64;
    // Of tokens that are unknown of one, the mean is unknown.
    let known_mean = |all: Vec<Option<u64>>| {
        let n = all.len();
        all.into_iter().sum::<Option<u64>>().map(|sum| mean(sum, n))
    };
    let peak_read = read.iter().copied().collect::<Option<Vec<u64>>>().and_then(|all| all.into_iter().max());
    Some(AgentCost {
        model: model.slug.clone(),
        column: column.to_owned(),
        n_questions: n,
        written_per_history: mean(histories.values().map(|(written, _)| written).sum(), histories.len()),
        asked_per_history: known_mean(histories.values().map(|(_, asked)| *asked).collect()),
        read_per_question: known_mean(read),
        peak_read,
        answer_per_question: mean(answered, usize::try_from(n).unwrap_or(usize::MAX)),
        value: value.0,
        interval: value.1,
    })
}
