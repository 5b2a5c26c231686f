//! Chunks of contexts, and the rows of the data set. The rows lie beside the cases.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::agreement::Rule;
use super::super::golden_file::{GoldenFileError, list_field, text_field};
use super::super::report::FileReport;
use super::{check_file, or_told};
use crate::dataset::memory::chunk::{Chunking, chunks, group_sentences};
use crate::dataset::memory::family::MemorySplit;
use crate::dataset::memory::question::{Gold, Reading};
use crate::dataset::memory::read::{MemoryDataError, read_memory_rows};
use crate::dataset::memory::row::MemoryRow;
use crate::digest::sha256_hex;
use crate::text::o200k::{Markers, TokenError, token_count};
use crate::text::sentence::{NltkRelease, sentences_of};

pub(super) fn check_chunks(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| {
        let text = text_field(case, "text")?;
        let sentences = sentences_of(text, NltkRelease::V3_9);
        let counts: Vec<Value> = sentences
            .iter()
            .map(|sentence| or_told(token_count(sentence, Markers::EndOfText).map(Value::from)))
            .collect();
        let cut = by_budget(case, |budget| chunks(text, budget, Chunking::Compat).map(Value::from))?;
        Ok(json!({"sentences": sentences, "sentence_tokens": counts, "chunks": cut}))
    };
    check_file(path, report, outputs, &|field| match field {
        "name" | "text" | "nltk_version" | "sentences_nltk_3_10_4" => Rule::Exempt,
        _ => Rule::Exact,
    })
}

/// An output for each budget that the case asks for.
fn by_budget(
    case: &Value,
    output: impl Fn(usize) -> Result<Value, TokenError>,
) -> Result<Map<String, Value>, GoldenFileError> {
    let wrong = || GoldenFileError::Field { field: "chunks" };
    let budgets = case.get("chunks").and_then(Value::as_object).ok_or_else(wrong)?;
    let of = |budget: &String| Ok((budget.clone(), or_told(output(budget.parse().map_err(|_| wrong())?))));
    budgets.keys().map(of).collect()
}

pub(super) fn check_groups(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let whole = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
    let outputs = |case: &Value| {
        let counts = list_field(case, "sentence_tokens")?.iter().map(whole).collect::<Option<Vec<usize>>>();
        let counts = counts.ok_or(GoldenFileError::Field { field: "sentence_tokens" })?;
        let budget = case.get("chunk_size").and_then(whole).ok_or(GoldenFileError::Field { field: "chunk_size" })?;
        let groups: Vec<Vec<usize>> = group_sentences(&counts, budget).into_iter().map(Iterator::collect).collect();
        Ok(json!({ "groups": groups }))
    };
    check_file(path, report, outputs, &|field| match field {
        "sentence_tokens" | "chunk_size" => Rule::Exempt,
        _ => Rule::Exact,
    })
}

/// The rows of every split that lies beside the cases, or why there are none. Parquet and JSON lines must be the same rows.
type Splits = BTreeMap<&'static str, Result<Vec<MemoryRow>, String>>;

fn splits(folder: &Path) -> Splits {
    let read = |name: String| -> Option<Result<Vec<MemoryRow>, MemoryDataError>> {
        let path = folder.join(&name);
        path.is_file().then(|| read_memory_rows(&path, &name))
    };
    let of = |split: MemorySplit| match (read(split.file()), read(format!("{}.jsonl", split.name()))) {
        (Some(Err(error)), _) | (_, Some(Err(error))) => Err(error.to_string()),
        (Some(Ok(parquet)), Some(Ok(lines))) if parquet != lines => {
            Err(format!("{} differs between Parquet and JSON lines", split.name()))
        }
        (Some(Ok(rows)), _) | (None, Some(Ok(rows))) => Ok(rows),
        (None, None) => Err(format!("there is no file of {}", split.name())),
    };
    MemorySplit::ALL.into_iter().map(|split| (split.name(), of(split))).collect()
}

pub(super) fn check_rows(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let splits = splits(path.parent().unwrap_or(Path::new(".")));
    let outputs = |case: &Value| {
        let place = case.get("row_index").and_then(Value::as_u64).and_then(|place| usize::try_from(place).ok());
        let place = place.ok_or(GoldenFileError::Field { field: "row_index" })?;
        let rows = splits.get(text_field(case, "split")?).ok_or(GoldenFileError::Field { field: "split" })?;
        match rows.as_ref().map(|rows| rows.get(place)) {
            Ok(Some(row)) => row_of(row, case),
            Ok(None) => Err(GoldenFileError::Field { field: "row_index" }),
            Err(error) => Ok(json!(format!("error: {error}"))),
        }
    };
    check_file(path, report, outputs, &|field| match field {
        "split" | "row_index" => Rule::Exempt,
        _ => Rule::Exact,
    })
}

fn row_of(row: &MemoryRow, case: &Value) -> Result<Value, GoldenFileError> {
    let tokens = |text: &str| token_count(text, Markers::EndOfText);
    let questions: Vec<Value> = row
        .read_questions(Reading::Compat)
        .into_iter()
        .map(|question| {
            let answer = match question.gold {
                Gold::Text(text) => json!(text),
                Gold::Aliases(texts) => json!(texts),
                Gold::Nested(lists) => json!(lists),
            };
            json!({
                "query_before_template": question.question,
                "answer_as_passed_to_scorer": answer,
                "qa_pair_id": question.qa_pair_id,
            })
        })
        .collect();
    let chunks = by_budget(case, |budget| {
        let cut = chunks(&row.context, budget, Chunking::Compat)?.into_iter().map(|chunk| {
            let n_tokens = tokens(&chunk)?;
            Ok(json!({"sha256": sha256_hex(chunk.as_bytes()), "chars": chunk.chars().count(), "tokens": n_tokens}))
        });
        Ok(Value::Array(cut.collect::<Result<_, TokenError>>()?))
    })?;
    Ok(json!({
        "source": row.metadata.source,
        "context_chars": row.context.chars().count(),
        "context_sha256": sha256_hex(row.context.as_bytes()),
        "context_tokens_o200k": or_told(tokens(&row.context).map(Value::from)),
        "non_null_metadata": row.metadata.given_fields(),
        "qa": questions,
        "chunks": chunks,
    }))
}
