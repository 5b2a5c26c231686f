//! A suite with its data in memory and its questions worded.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use wildmatch::WildMatch;

use super::agents::agents_of;
use super::planned::{PlannedSuite, PlannedTask};
use super::request::{ChatWishes, RunRequest};
use crate::agent::settings::AgentKind;
use crate::dataset::{DataError, HubAccess, Item, LoadedData, load_data};
use crate::probe::{Wording, question};
use crate::prompt::PromptPack;
use crate::record::{DataRecord, LeftOut, PromptRecord, request_hash};
use crate::run::error::RunError;
use crate::run::remember::agent_questions;
use crate::run::task_metrics::first_metric;
use crate::scoring::membership;
use crate::scoring::memory::films::Films;
use crate::scoring::metrics::{self, Direction};
use crate::suite::{Probe, RecallAsk, Suite, Task};

/// Loads what the chosen tasks ask about, and words every question.
///
/// # Errors
/// No task or no item is left, data or words cannot be read, a task cannot be asked as the user wants it.
pub(super) fn plan_suite(suite: Suite, request: &RunRequest) -> Result<PlannedSuite, RunError> {
    let (pack, prompts) = wording_of(&suite, &request.chat)?.unzip();
    let chosen = chosen_tasks(&suite, request)?;
    let hub = HubAccess { options: request.open.hub, revisions: &request.data_revisions };
    let mut loaded: BTreeMap<String, LoadedData> = BTreeMap::new();
    let mut tasks = Vec::new();
    let mut partial = None;
    let mut left_out = Vec::new();
    let mut last_month = None;
    for &index in &chosen {
        let task = &suite.tasks[index];
        let mut leave_out = |reason| left_out.push(LeftOut { task: task.id.clone(), model: None, reason });
        if !loaded.contains_key(&task.data) {
            match load_data(&suite, &suite.data[&task.data], &request.size, &hub) {
                Ok(data) => drop(loaded.insert(task.data.clone(), data)),
                Err(error) => match why_left_out(&error).filter(|_| task.is_optional) {
                    Some(reason) => {
                        leave_out(reason);
                        continue;
                    }
                    None => return Err(with_tasks(error, &suite, &chosen, &task.data).into()),
                },
            }
        }
        let data = &loaded[&task.data];
        if matches!(&task.probe, Probe::Recall(probe) if probe.ask == RecallAsk::Level) {
            let months = data.items.iter().filter_map(|item| item.fields.get("month")?.as_i64());
            last_month = last_month.max(months.max());
        }
        let sampled = match task.probe {
            Probe::Memory(_) | Probe::State(_) => {
                request.sample.apply_by_history(data.items.clone(), matches!(task.probe, Probe::State(_)))
            }
            _ => request.sample.apply(data.items.clone()),
        };
        // Items of one context stay together, and some tasks have few contexts.
        if sampled.items.is_empty() && task.is_optional && request.sample.shard.is_some() {
            leave_out("none of its items is in this shard".to_owned());
            continue;
        }
        if sampled.items.is_empty() {
            return Err(RunError::NoItem { why: format!("task `{}` has no item in this sample", task.id) });
        }
        partial = partial.or_else(|| sampled.partial());
        tasks.push(plan_task(index, task, sampled.items, data, pack.as_ref(), request)?);
    }
    if tasks.is_empty() {
        let why =
            left_out.iter().map(|out: &LeftOut| format!("{}: {}", out.task, out.reason)).collect::<Vec<_>>().join("; ");
        return Err(RunError::NoItem { why });
    }
    let (data, size) = (data_records(loaded), request.size.clone());
    Ok(PlannedSuite { suite, size, tasks, data, prompts, pack, partial, left_out, last_month })
}

/// Places of the tasks that the size has and the user's pattern names; at least one.
fn chosen_tasks(suite: &Suite, request: &RunRequest) -> Result<Vec<usize>, RunError> {
    let size = request.size.kind();
    let pattern = request.task_filter.as_deref().unwrap_or("*");
    let matcher = WildMatch::new(pattern);
    let chosen: Vec<usize> = (0..suite.tasks.len())
        .filter(|&index| suite.tasks[index].sizes.contains(&size) && matcher.matches(&suite.tasks[index].id))
        .collect();
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let known: Vec<&str> = suite.tasks.iter().map(|task| task.id.as_str()).collect();
    Err(RunError::NoTask { suite: suite.name.clone(), pattern: pattern.into(), size, known: known.join(", ") })
}

/// Why data do not serve a task, where it may be left out for that.
fn why_left_out(error: &DataError) -> Option<String> {
    match error {
        DataError::NotInFolder { file, .. } => Some(format!("the folder has no {file}")),
        DataError::NothingToAsk { what, .. } => Some(format!("no series has {what}")),
        DataError::NoSource { what, .. } => Some(format!("no row has {what}")),
        _ => None,
    }
}

/// A file that a folder lacks is told with all tasks that ask for it.
fn with_tasks(error: DataError, suite: &Suite, chosen: &[usize], data: &str) -> DataError {
    match error {
        DataError::NotInFolder { folder, file, .. } => {
            let asks = |index: &&usize| suite.tasks[**index].data == data;
            let tasks = chosen.iter().filter(asks).map(|&index| suite.tasks[index].id.clone()).collect();
            DataError::NotInFolder { folder, file, tasks }
        }
        error => error,
    }
}

/// Words the questions of one task.
fn plan_task(
    index: usize,
    task: &Task,
    items: Vec<Item>,
    data: &LoadedData,
    pack: Option<&PromptPack>,
    request: &RunRequest,
) -> Result<PlannedTask, RunError> {
    let mut probe = task.probe_for(request.size.kind()).clone();
    check_axis(task, &probe)?;
    narrow(&task.id, &mut probe, request.attacks.as_deref())?;
    let worded = |is_in_context| {
        let wording = Wording { pack, is_plain: request.chat.is_plain, is_in_context };
        let one = |item| {
            let question = question(&task.id, &probe, item, wording)?;
            let hash = request_hash(&question)?;
            Ok((question, hash))
        };
        items.iter().map(one).collect::<Result<Vec<_>, RunError>>()
    };
    let by_agent = if matches!(probe, Probe::Memory(_) | Probe::State(_)) {
        let of_kind = |kind: AgentKind| {
            let questions = agent_questions(&task.id, &probe, &items, pack, &kind, &request.memory.agents.wishes)?;
            Ok((kind, questions))
        };
        agents_of(request).into_iter().map(of_kind).collect::<Result<Vec<_>, RunError>>()?
    } else {
        Vec::new()
    };
    let questions = match by_agent.first() {
        Some((_, questions)) => questions.clone(),
        None => worded(false)?,
    };
    let instructed = if request.chat.is_in_context {
        if !matches!(probe, Probe::Chat(_) | Probe::ChatChoose(_) | Probe::Tokens(_)) {
            return Err(RunError::NoInstruction { task: task.id.clone() });
        }
        Some(worded(true)?)
    } else {
        None
    };
    let films = match &data.titles {
        Some(titles) => Some(Arc::new(
            Films::read(&titles.text)
                .map_err(|error| RunError::Films { file: titles.file.clone(), reason: error.to_string() })?,
        )),
        None => None,
    };
    Ok(PlannedTask {
        index,
        id: task.id.clone(),
        probe,
        items,
        questions,
        by_agent,
        films,
        instructed,
        is_of_forgetting: task.axis.is_some() || task.summary.is_some(),
        is_optional: task.is_optional,
    })
}

/// What `run.json` says of the data that were read.
fn data_records(loaded: BTreeMap<String, LoadedData>) -> Vec<DataRecord> {
    let mut data: Vec<DataRecord> = Vec::new();
    for (name, loaded) in loaded {
        data.push(DataRecord { name, file: loaded.file, sha256: loaded.sha256, rows: loaded.rows as u64 });
        if let Some(titles) = loaded.titles
            && !data.iter().any(|known| known.name == titles.data)
        {
            data.push(DataRecord { name: titles.data, file: titles.file, sha256: titles.sha256, rows: 1 });
        }
    }
    data
}

/// The words of a suite's chats, and what the record says of them; `None`: it does not ask in chats.
fn wording_of(suite: &Suite, wishes: &ChatWishes) -> Result<Option<(PromptPack, PromptRecord)>, RunError> {
    let own = suite.prompt_file.as_ref();
    let asks = |task: &Task| {
        matches!(
            task.probe,
            Probe::Chat(_)
                | Probe::ChatChoose(_)
                | Probe::Tokens(_)
                | Probe::Recall(_)
                | Probe::Memory(_)
                | Probe::State(_)
        )
    };
    if own.is_none() && !suite.tasks.iter().any(asks) {
        return Ok(None);
    }
    let (file, bytes) = match (&wishes.prompt_file, own) {
        (Some(path), _) => {
            let fault =
                |source| RunError::PromptFile { path: path.clone(), reason: std::io::Error::to_string(&source) };
            (path.clone(), std::fs::read(path).map_err(fault)?)
        }
        (None, Some(own)) => (PathBuf::from(&own.file), own.text.clone().into_bytes()),
        (None, None) => return Ok(None),
    };
    let fault = |reason| RunError::PromptFile { path: file.clone(), reason };
    let pack = PromptPack::read(&bytes).map_err(|error| fault(error.to_string()))?;
    if wishes.is_in_context && !pack.has_in_context() {
        return Err(fault("it has no `icu`, the instruction of in-context unlearning; add it".to_owned()));
    }
    let record = PromptRecord {
        name: pack.name.clone(),
        sha256: pack.sha256.clone(),
        file: wishes.prompt_file.as_ref().map(|path| path.display().to_string()),
        is_plain: wishes.is_plain,
        is_in_context: wishes.is_in_context,
    };
    Ok(Some((pack, record)))
}

/// What a task is judged by must rise with what the model knows or can do, or less of it would be called forgotten.
fn check_axis(task: &Task, probe: &Probe) -> Result<(), RunError> {
    let metric = first_metric(probe);
    let rises = metrics::find(&metric).is_some_and(|found| found.metric.direction != Direction::LowerRemembersMore);
    if task.axis.is_none() || rises {
        return Ok(());
    }
    Err(RunError::AxisMetric { task: task.id.clone(), metric })
}

/// Leaves only the attacks that the user wants.
fn narrow(task: &str, probe: &mut Probe, wanted: Option<&[String]>) -> Result<(), RunError> {
    let (Probe::Membership(probe), Some(wanted)) = (probe, wanted) else { return Ok(()) };
    if let Some(unknown) = wanted.iter().find(|id| membership::find(id).is_none()) {
        return Err(RunError::UnknownAttack { attack: unknown.clone() });
    }
    let known = probe.attacks.join(", ");
    probe.attacks.retain(|id| wanted.contains(id));
    if probe.attacks.is_empty() {
        return Err(RunError::NoAttackLeft { task: task.to_owned(), known });
    }
    Ok(())
}
