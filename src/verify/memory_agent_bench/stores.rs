//! What an agent keeps, what it finds again, and what it is called.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::agreement::{Rule, compare, number, optional_number};
use super::super::golden_file::{GoldenFileError, list_field, number_field, read_json, text_field};
use super::super::report::FileReport;
use super::{CLOSE, check_file, check_keys, check_list, or_told};
use crate::agent::bm25::{Bm25Index, Bm25Parameters};
use crate::agent::class::AgentClass;
use crate::agent::eviction::ChunkStore;
use crate::agent::result_name::{AgentSettings, DatasetSettings, result_name};
use crate::agent::retrieval_query::retrieval_query;
use crate::agent::tail::kept_tail;
use crate::dataset::memory::family::MemoryFamily;

/// A count or limit, which may be below 0.
fn whole(case: &Value, field: &'static str) -> Result<i64, GoldenFileError> {
    case.get(field).and_then(Value::as_i64).ok_or(GoldenFileError::Field { field })
}

fn count(case: &Value, field: &'static str) -> Result<u32, GoldenFileError> {
    u32::try_from(whole(case, field)?).map_err(|_| GoldenFileError::Field { field })
}

pub(super) fn check_search(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let file = read_json(path)?;
    let texts = list_field(&file, "docs")?.iter().map(Value::as_str).collect::<Option<Vec<&str>>>();
    let documents = texts.ok_or(GoldenFileError::Field { field: "docs" })?;
    let given = file.get("params").ok_or(GoldenFileError::Field { field: "params" })?;
    let parameters = Bm25Parameters {
        k1: number_field(given, "k1")?,
        b: number_field(given, "b")?,
        epsilon: number_field(given, "epsilon")?,
    };
    let index = Bm25Index::new(&documents, parameters);
    let terms = file.get("idf").and_then(Value::as_object).ok_or(GoldenFileError::Field { field: "idf" })?;
    let weights: Map<String, Value> =
        terms.keys().map(|term| (term.clone(), optional_number(index.weight(term)))).collect();
    let got = json!({"avgdl": number(index.mean_length()), "idf": weights});
    let agreement = compare(&file, &got, &|field| match field {
        "docs" | "k" | "params" | "queries" => Rule::Exempt,
        _ => CLOSE,
    });
    report.record("index", &agreement);

    let n = count(&file, "k")? as usize;
    for (place, case) in list_field(&file, "queries")?.iter().enumerate() {
        let query = text_field(case, "query")?;
        let top: Vec<usize> = index.top(query, n).into_iter().map(|hit| hit.document).collect();
        let scores: Vec<Value> = index.scores(query).into_iter().map(number).collect();
        // The order of equal scores is each implementation's own.
        let is_tied = case.get("tie_in_top_or_boundary").and_then(Value::as_bool).unwrap_or(false);
        let agreement = compare(case, &json!({"scores": scores, "top_k": top}), &|field| match field {
            "query" | "tie_in_top_or_boundary" => Rule::Exempt,
            "top_k" if is_tied => Rule::Exempt,
            "top_k" => Rule::Exact,
            _ => CLOSE,
        });
        report.record(&format!("queries[{place}]"), &agreement);
    }
    Ok(())
}

pub(super) fn check_eviction(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| {
        let mut store = ChunkStore::new(count(case, "chunk_size")?, whole(case, "input_length_limit")?);
        for chunk in 0..count(case, "n_chunks")? {
            store.memorize(chunk);
        }
        let kept_after_memorize = store.chunks().len();
        store.before_query();
        Ok(json!({
            "kept_after_memorize": kept_after_memorize,
            "kept_at_query": store.chunks().len(),
            "first_kept": store.n_evicted(),
            "context_len_counter": store.counted_tokens(),
        }))
    };
    check_file(path, report, outputs, &|field| match field {
        "input_length_limit" | "chunk_size" | "n_chunks" => Rule::Exempt,
        _ => Rule::Exact,
    })
}

pub(super) fn check_tails(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let file = read_json(path)?;
    let texts = file.get("texts").ok_or(GoldenFileError::Field { field: "texts" })?;
    let outputs = |case: &Value| {
        let text = texts.get(text_field(case, "text_name")?).and_then(Value::as_str);
        let text = text.ok_or(GoldenFileError::Field { field: "text_name" })?;
        let kept = kept_tail(text, whole(case, "context_max_length")?, whole(case, "input_length_limit")?);
        Ok(json!({"result": or_told(kept.map(Value::from))}))
    };
    check_list(list_field(&file, "cases")?, "cases", report, outputs, &|field| match field {
        "text_name" | "context_max_length" | "input_length_limit" => Rule::Exempt,
        _ => Rule::Exact,
    });
    Ok(())
}

pub(super) fn check_queries(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| Ok(json!({"retrieval_query": retrieval_query(text_field(case, "message")?)}));
    check_file(path, report, outputs, &|field| if field == "message" { Rule::Exempt } else { Rule::Exact })
}

pub(super) fn check_routing(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let file = read_json(path)?;
    let of = |field: &'static str| file.get(field).ok_or(GoldenFileError::Field { field });
    let named = |name: Option<&'static str>| name.map_or(Value::Null, Value::from);
    check_keys(of("agent")?, report, |name| named(AgentClass::of(name).map(AgentClass::name)))?;
    check_keys(of("dataset")?, report, |name| named(MemoryFamily::of(name).map(MemoryFamily::word)))
}

/// A setting as Python prints it; `None` for null and for what is not there.
fn printed(settings: &Value, name: &str) -> Option<String> {
    match settings.get(name)? {
        Value::Null => None,
        Value::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

pub(super) fn check_names(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| {
        let of = |part: &'static str| case.get(part).ok_or(GoldenFileError::Field { field: part });
        let (agent, dataset) = (of("agent")?, of("dataset")?);
        let agent = AgentSettings {
            agent_name: printed(agent, "agent_name"),
            retrieve_num: printed(agent, "retrieve_num"),
            agent_chunk_size: printed(agent, "agent_chunk_size"),
            letta_mode: printed(agent, "letta_mode"),
        };
        let dataset = DatasetSettings {
            sub_dataset: printed(dataset, "sub_dataset"),
            tag: printed(dataset, "tag"),
            context_max_length: printed(dataset, "context_max_length"),
            generation_max_length: printed(dataset, "generation_max_length"),
            shots: printed(dataset, "shots"),
            max_test_samples: printed(dataset, "max_test_samples"),
            chunk_size: printed(dataset, "chunk_size"),
        };
        Ok(json!({"name_tag": result_name(&agent, &dataset)}))
    };
    check_file(path, report, outputs, &|field| match field {
        "agent" | "dataset" => Rule::Exempt,
        _ => Rule::Exact,
    })
}
