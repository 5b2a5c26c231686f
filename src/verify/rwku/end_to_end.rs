//! Small checkpoints through the whole line: rows, prompts, answers and scores of the suite `rwku`, as a run has them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::agreement::{Rule, compare, number};
use super::super::case_lines::{cases, or_nan};
use super::super::golden_file::{GoldenFileError, read_json, text_field};
use super::super::report::FileReport;
use crate::backend::{Backend, LocalModel, LocalOptions, Reply, Request};
use crate::dataset::{HubAccess, Item, Size, load_data};
use crate::hub::HubOptions;
use crate::probe::{Question, Wording, answer, question, requests};
use crate::prompt::PromptPack;
use crate::record::Answer;
use crate::run::vocabulary;
use crate::scoring::message_scores::{given, tokens, written};
use crate::scoring::reasoning::bbh_extract;
use crate::scoring::rouge::rouge_l_recall_upstream;
use crate::suite::{NewlineStop, Probe, Suite, SuiteRegistry};

const TOLERANCE: f64 = 1e-4;
/// Below this distance of the two likeliest tokens another program may rightly write another text.
const CLEAR_MARGIN: f64 = 1e-3;
/// Tokens written in the recorded runs of the longer answers.
const LONG_ANSWER: usize = 64;

/// Tasks of the suite by the section and the file that they stand for in the cases.
const SECTIONS: [(&str, &str, &str); 10] = [
    ("forget-blank", "forget", "forget_level1"),
    ("forget-question", "forget", "forget_level2"),
    ("forget-attack", "forget", "forget_level3"),
    ("neighbour-blank", "neighbor", "neighbor_level1"),
    ("neighbour-question", "neighbor", "neighbor_level2"),
    ("general", "mmlu", ""),
    ("reasoning", "bbh", ""),
    ("truthfulness", "truthfulqa", ""),
    ("factuality", "triviaqa", ""),
    ("fluency", "fluency", ""),
];

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let world = match World::read(folder) {
        Ok(world) => world,
        Err(reason) => {
            report.fail("tiny_e2e", json!("the suite with its data and prompts"), json!(reason));
            return Ok(());
        }
    };
    let mut models: BTreeMap<String, Result<LocalModel, String>> = BTreeMap::new();
    for (_, case) in cases(path, report)? {
        let (name, target) = (text_field(&case, "model")?, text_field(&case, "target_dir")?);
        let id = format!("{name} {target}");
        let model = models.entry(name.to_owned()).or_insert_with(|| {
            LocalModel::open(&folder.join("tiny").join(name), &LocalOptions::default())
                .map_err(|error| error.to_string())
        });
        let got = match model {
            Ok(model) => world.outputs(model, folder, target, &case),
            Err(error) => Err(error.clone()),
        };
        match got {
            Ok(got) => {
                let (expected, got) = without_close_calls(&case, got);
                report.record(&id, &compare(&expected, &got, &rule));
            }
            Err(reason) => report.fail(&id, json!("answers"), json!(reason)),
        }
    }
    Ok(())
}

fn rule(field: &str) -> Rule {
    let last = field.rsplit('.').next().unwrap_or(field);
    match last {
        "model" | "target_dir" | "min_top1_top2_logit_margin" => Rule::Exempt,
        "prompt"
        | "completion"
        | "new_token_ids"
        | "n_prompt_tokens"
        | "candidate_token_ids"
        | "file"
        | "answer"
        | "answers"
        | "extracted"
        | "pred"
        | "gold" => Rule::Exact,
        _ => Rule::Absolute(TOLERANCE),
    }
}

/// Leaves out the texts of answers that hung on a hair, and the means over them.
fn without_close_calls(case: &Value, got: Value) -> (Value, Value) {
    let mut expected = case.clone();
    for (section, _) in case["items"].as_object().into_iter().flatten() {
        let Some(items) = expected["items"][section].as_array_mut() else { continue };
        let mut has_close_call = false;
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            let margin = item.get("min_top1_top2_logit_margin").and_then(Value::as_f64);
            if margin.is_some_and(|margin| margin <= CLEAR_MARGIN) {
                has_close_call = true;
                item.retain(|field, _| {
                    matches!(field.as_str(), "prompt" | "n_prompt_tokens" | "answer" | "answers" | "file")
                });
            }
        }
        if has_close_call && let Some(metrics) = expected["metrics"].as_object_mut() {
            metrics.remove(section);
        }
    }
    (expected, got)
}

/// The suite with the data set and the words beside the cases.
struct World {
    pack: PromptPack,
    /// By task: its probe as the cases asked, and its items.
    tasks: BTreeMap<String, (Probe, Vec<Item>)>,
}

/// An answer with its item.
struct Asked<'w> {
    item: &'w Item,
    answer: Answer,
    requests: Vec<Request>,
}

impl World {
    fn read(folder: &Path) -> Result<Self, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        // The embedded suite: no suite stands in a folder of cases.
        let registry = SuiteRegistry { working_directory: folder.to_owned() };
        let suite = registry.load("rwku", &vocabulary()).map_err(|error| told(&error))?;
        let words = std::fs::read(folder.join("prompts.json")).map_err(|error| told(&error))?;
        let pack = PromptPack::read(&words).map_err(|error| told(&error))?;
        let mut tasks = BTreeMap::new();
        for task in &suite.tasks {
            let items = items(&suite, &task.data, folder)?;
            tasks.insert(task.id.clone(), (as_recorded(&task.probe, &task.id), items));
        }
        Ok(Self { pack, tasks })
    }

    fn ask<'w>(
        &'w self,
        model: &LocalModel,
        task: &str,
        target: &str,
        probe: &Probe,
    ) -> Result<Vec<Asked<'w>>, String> {
        let (_, items) = self.tasks.get(task).ok_or_else(|| format!("the suite has no task {task}"))?;
        let wording = Wording { pack: Some(&self.pack), ..Wording::default() };
        let mut asked = Vec::new();
        for item in items.iter().filter(|item| item.cluster == target) {
            let question = question(task, probe, item, wording).map_err(|error| error.to_string())?;
            let (answer, requests) = one(model, &question)?;
            asked.push(Asked { item, answer, requests });
        }
        Ok(asked)
    }

    fn outputs(&self, model: &LocalModel, folder: &Path, target_dir: &str, case: &Value) -> Result<Value, String> {
        let intro = read_json(&folder.join("dataset/Target").join(target_dir).join("intro.json"))
            .map_err(|error| error.to_string())?;
        let intro = intro.get(0).unwrap_or(&intro);
        let target = intro["target"].as_str().ok_or("the introduction names no target")?;
        let mut items: Map<String, Value> = Map::new();
        let mut metrics: Map<String, Value> = Map::new();
        for (task, section, file) in SECTIONS {
            if case["items"].get(section).is_none() {
                continue;
            }
            let (probe, _) = self.tasks.get(task).ok_or_else(|| format!("the suite has no task {task}"))?;
            let asked = self.ask(model, task, target, probe)?;
            let unstopped = self.ask(model, task, target, &without_newline_stop(probe))?;
            let rows: Vec<Value> =
                asked.iter().zip(&unstopped).map(|(asked, whole)| row(model, section, file, asked, whole)).collect();
            means(section, file, &asked, &mut metrics);
            if let Some(list) = items.entry(section).or_insert_with(|| json!([])).as_array_mut() {
                list.extend(rows);
            }
        }
        for section in ["forget", "neighbor"] {
            let recalls = items.get(section).and_then(Value::as_array).into_iter().flatten();
            let all = mean(recalls.filter_map(|row| row["rouge_l_r"].as_f64()));
            if let Some(levels) = metrics.get_mut(section).and_then(Value::as_object_mut) {
                levels.insert("all".to_owned(), or_nan(all));
            }
        }
        for (task, name) in [("texts-forget", "mia_forget"), ("texts-retain", "mia_retain")] {
            let (probe, _) = self.tasks.get(task).ok_or_else(|| format!("the suite has no task {task}"))?;
            metrics.insert(name.to_owned(), texts(&self.ask(model, task, target, probe)?));
        }
        Ok(json!({"items": items, "metrics": metrics}))
    }
}

fn items(suite: &Suite, data: &str, folder: &Path) -> Result<Vec<Item>, String> {
    let hub = HubAccess { options: HubOptions::default(), revisions: &BTreeMap::new() };
    let set = suite.data.get(data).ok_or("the suite lacks a data set")?;
    let loaded =
        load_data(suite, set, &Size::Folder(folder.join("dataset")), &hub).map_err(|error| error.to_string())?;
    Ok(loaded.items)
}

/// The recorded runs stopped at the token of a line break and wrote at most 64 tokens of the longer answers.
fn as_recorded(probe: &Probe, task: &str) -> Probe {
    let mut probe = probe.clone();
    if let Probe::Chat(chat) = &mut probe {
        if chat.newline_stop != NewlineStop::Off {
            chat.newline_stop = NewlineStop::Token;
        }
        if matches!(task, "reasoning" | "fluency") {
            chat.max_tokens = LONG_ANSWER;
        }
    }
    probe
}

fn without_newline_stop(probe: &Probe) -> Probe {
    let mut probe = probe.clone();
    if let Probe::Chat(chat) = &mut probe {
        chat.newline_stop = NewlineStop::Off;
    }
    probe
}

fn one(model: &LocalModel, question: &Question) -> Result<(Answer, Vec<Request>), String> {
    let asked = requests(model, question).map_err(|error| error.to_string())?;
    let mut replies = Vec::new();
    for request in &asked {
        let reply = match request {
            Request::Score(request) => model.score(std::slice::from_ref(request)).pop().map(|it| it.map(Reply::Scores)),
            Request::ScoreTokens(request) => {
                model.score_tokens(std::slice::from_ref(request)).pop().map(|it| it.map(Reply::Scores))
            }
            Request::Generate(request) => {
                model.generate(std::slice::from_ref(request)).pop().map(|it| it.map(Reply::Generation))
            }
            Request::Choose(_) | Request::Embed(_) => None,
        };
        replies.push(reply.ok_or("a request that a checkpoint does not answer")?);
    }
    let answer = answer(model, question, replies).map_err(|error| error.to_string())?;
    Ok((answer, asked))
}

/// What a case holds of one item.
fn row(model: &LocalModel, section: &str, file: &str, asked: &Asked<'_>, unstopped: &Asked<'_>) -> Value {
    let mut row = Map::new();
    let mut put = |field: &str, value: Value| row.insert(field.to_owned(), value);
    let field = |name: &str| asked.item.fields.get(name).cloned().unwrap_or_default();
    match (&asked.answer, &unstopped.answer) {
        (
            Answer::Completion { generation, prompt, reference, accepted, .. },
            Answer::Completion { generation: whole, .. },
        ) => {
            let mut ids = whole.token_ids.clone();
            // The recorded ids hold the end of text where it was written.
            if whole.finish_reason == crate::backend::FinishReason::Stop {
                ids.extend(model.tokenizer_facts().and_then(|facts| facts.eos_id));
            }
            put("prompt", json!(prompt));
            put("completion", json!(generation.text));
            put("n_prompt_tokens", json!(generation.n_prompt_tokens));
            put("new_token_ids", json!(ids));
            let value =
                |metric: &str| or_nan(written(metric, &generation.text, reference, accepted).map(|score| score.value));
            match section {
                "forget" | "neighbor" => {
                    put("file", json!(file));
                    put("answer", field("answer"));
                    put("rouge_l_r", number(rouge_l_recall_upstream(&generation.text, reference).value));
                }
                "bbh" => {
                    put("extracted", json!(bbh_extract(&generation.text)));
                    put("answer", field("answer"));
                    put("em_upstream", value("bbh_em_upstream"));
                    put("em_fixed", value("bbh_em_fixed"));
                }
                "triviaqa" => {
                    put("answers", field("answers"));
                    put("em", value("answer_em"));
                    put("f1", value("answer_f1"));
                }
                _ => {
                    put("n_gram_entropy", value("ngram_entropy"));
                }
            }
        }
        (Answer::Choices { choices }, _) if section == "mmlu" => {
            let last = |request: &Request| match request {
                Request::ScoreTokens(request) => request.ids.last().copied(),
                _ => None,
            };
            let best = (0..choices.len())
                .reduce(|best, place| if choices[place].logprob > choices[best].logprob { place } else { best });
            put("candidate_token_ids", json!(asked.requests.iter().map(last).collect::<Vec<_>>()));
            put("probs", json!(choices.iter().map(|choice| choice.logprob.exp()).collect::<Vec<f64>>()));
            put("pred", json!(best));
            put("gold", json!(asked.item.answer));
            put("prompt", json!(prompt_text(model, &asked.requests)));
        }
        (Answer::Choices { choices }, _) => {
            let sums: Map<String, Value> = asked
                .item
                .choices
                .iter()
                .zip(choices)
                .map(|(text, choice)| (text.clone(), number(choice.logprob)))
                .collect();
            put("sum_logprob", Value::Object(sums));
            put("prompt", json!(prompt_text(model, &asked.requests)));
        }
        _ => {}
    }
    Value::Object(row)
}

/// The text before what is scored.
fn prompt_text(model: &LocalModel, requests: &[Request]) -> Option<String> {
    match requests.first()? {
        Request::Score(request) => Some(request.context.clone()),
        Request::ScoreTokens(request) => model.decode(&request.ids[..request.first_scored], false).ok(),
        _ => None,
    }
}

/// Means over the items of a section, under the names of the cases.
fn means(section: &str, file: &str, asked: &[Asked<'_>], metrics: &mut Map<String, Value>) {
    let of_written = |metric: &str| {
        mean(asked.iter().filter_map(|asked| match &asked.answer {
            Answer::Completion { generation, reference, accepted, .. } => {
                Some(written(metric, &generation.text, reference, accepted)?.value)
            }
            _ => None,
        }))
    };
    let of_given = |metric: &str| {
        mean(asked.iter().filter_map(|asked| match &asked.answer {
            Answer::Choices { choices } => given(metric, choices, asked.item),
            _ => None,
        }))
    };
    match section {
        "forget" | "neighbor" => {
            let recall = or_nan(of_written("rouge_l_recall_upstream"));
            if let Some(levels) = metrics.entry(section).or_insert_with(|| json!({})).as_object_mut() {
                levels.insert(file.to_owned(), recall);
            }
        }
        "mmlu" => {
            metrics.insert("mmlu_acc".to_owned(), or_nan(of_given("acc")));
        }
        "truthfulqa" => {
            metrics.insert("truthfulqa_mc1".to_owned(), or_nan(of_given("mc1")));
        }
        "bbh" => {
            let (upstream, fixed) = (of_written("bbh_em_upstream"), of_written("bbh_em_fixed"));
            metrics.insert("bbh".to_owned(), json!({"em_upstream": or_nan(upstream), "em_fixed": or_nan(fixed)}));
        }
        "triviaqa" => {
            let (em, f1) = (of_written("answer_em"), of_written("answer_f1"));
            metrics.insert("triviaqa".to_owned(), json!({"em": or_nan(em), "f1": or_nan(f1)}));
        }
        _ => {
            metrics.insert(section.to_owned(), or_nan(of_written("ngram_entropy")));
        }
    }
}

/// Means over whole texts, and each text's own mean log-likelihood.
fn texts(asked: &[Asked<'_>]) -> Value {
    let value = |asked: &Asked<'_>, metric: &str| match &asked.answer {
        Answer::Likelihood(scores) => Some(tokens(metric, scores, &asked.item.text)?.value),
        _ => None,
    };
    let mean_of = |metric: &str| or_nan(mean(asked.iter().filter_map(|asked| value(asked, metric))));
    let each: Vec<Value> = asked.iter().map(|asked| or_nan(value(asked, "mean_log_likelihood"))).collect();
    json!({
        "loss": mean_of("mean_log_likelihood"),
        "zlib": mean_of("zlib_log_likelihood"),
        "minkpp_0.2": mean_of("min_k_pp_log_likelihood_0.2"),
        "mink_0.2": mean_of("min_k_log_likelihood_0.2"),
        "per_text_loss": each,
    })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    #[expect(clippy::cast_precision_loss, reason = "items of one target")]
    let n = values.len() as f64;
    (n > 0.0).then(|| values.iter().sum::<f64>() / n)
}
