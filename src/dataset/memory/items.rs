//! Rows as items: one a question, all of a row with one history.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use wildmatch::WildMatch;

use super::question::{MemoryQuestion, Reading, SHORTEST_REFUSED_CONTEXT};
use super::read::MemoryDataError;
use super::row::MemoryRow;
use crate::dataset::history::History;
use crate::dataset::item::Item;

/// Items of the rows whose source fits one of the patterns; all rows where there is no pattern. `split` begins their ids.
///
/// # Errors
/// No row fits, or a context is not longer than upstream allows.
pub fn memory_items(rows: &[MemoryRow], split: &str, sources: &[String]) -> Result<Vec<Item>, MemoryDataError> {
    let patterns: Vec<WildMatch> = sources.iter().map(|pattern| WildMatch::new(&escaped(pattern))).collect();
    let fits = |source: &str| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(source));
    let mut items = Vec::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| fits(&row.metadata.source)) {
        let n_characters = row.context.chars().count();
        if n_characters <= SHORTEST_REFUSED_CONTEXT {
            return Err(MemoryDataError::ShortContext {
                sub_dataset: row.metadata.source.clone(),
                row: place + 1,
                n_characters,
                least: SHORTEST_REFUSED_CONTEXT,
            });
        }
        let id = format!("{split}/{place}");
        let history = Arc::new(History::of_context(id.clone(), row.metadata.source.clone(), &row.context));
        for question in row.read_questions(Reading::Strict) {
            items.push(item(&id, row, &question, &history));
        }
    }
    if items.is_empty() {
        let mut known: Vec<String> = rows.iter().map(|row| row.metadata.source.clone()).collect();
        known.sort();
        known.dedup();
        return Err(MemoryDataError::NoRows { sub_dataset: sources.join(", "), known });
    }
    Ok(items)
}

/// `longmemeval_s*` is a name on the hub, whose star the pattern fits, too; a question mark is no wildcard.
fn escaped(pattern: &str) -> String {
    pattern.replace('?', "\\?")
}

fn item(cluster: &str, row: &MemoryRow, question: &MemoryQuestion, history: &Arc<History>) -> Item {
    let index = question.index;
    let metadata = &row.metadata;
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    put("question", json!(question.question));
    put("answers", json!(question.gold.answers()));
    put("source", json!(metadata.source));
    put("question_type", json!(question.question_type));
    put("question_id", json!(question.question_id));
    put("qa_pair_id", json!(question.qa_pair_id));
    put("keypoints", json!(metadata.keypoints));
    put("n_characters", json!(row.context.chars().count()));
    let of = |lists: &[Vec<String>]| lists.get(index).filter(|list| !list.is_empty()).cloned();
    put("evidence", json!(of(&row.rules.evidence).or_else(|| flagged(row, index))));
    put("accepted", json!(of(&row.rules.accepted)));
    put("rejected", json!(of(&row.rules.rejected)));
    put("keypoint_phrases", json!(row.rules.keypoint_phrases));
    Item {
        id: format!("{cluster}/{index}"),
        cluster: cluster.to_owned(),
        copies: None,
        text: String::new(),
        choices: Vec::new(),
        answer: None,
        history: Some(Arc::clone(history)),
        fields,
    }
}

/// Turns that hold the answer, where the data say so (LongMemEval).
fn flagged(row: &MemoryRow, question: usize) -> Option<Vec<String>> {
    let sessions = row.metadata.haystack_sessions.as_ref()?.get(question)?;
    let turns: Vec<String> = sessions
        .iter()
        .flatten()
        .filter(|turn| turn.has_answer == Some(true))
        .filter_map(|turn| turn.content.clone())
        .collect();
    (!turns.is_empty()).then_some(turns)
}
