//! The questions of rows, and what is passed to the scorer as their answer.

use std::collections::BTreeSet;

use super::read::MemoryDataError;
use super::row::MemoryRow;

/// Upstream refuses contexts of this many characters (Unicode scalar values) or fewer.
pub const SHORTEST_REFUSED_CONTEXT: usize = 2000;

/// How a row becomes questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// As upstream: a row with one question hands the scorer all its answer lists, nested.
    Compat,
    /// One item a question, with its own accepted answers.
    #[default]
    Strict,
}

/// The answers that a scorer compares with, in the shapes in which upstream's scorer receives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gold {
    /// One text; what upstream's local files may have.
    Text(String),
    /// Any of these.
    Aliases(Vec<String>),
    /// The outer list of a row with one question.
    Nested(Vec<Vec<String>>),
}

impl Gold {
    /// All accepted answers, one level of nesting taken out.
    #[must_use]
    pub fn answers(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::Aliases(texts) => texts.iter().map(String::as_str).collect(),
            Self::Nested(lists) => lists.iter().flatten().map(String::as_str).collect(),
        }
    }
}

/// One question about a row's context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryQuestion {
    /// Place in its row, from 0.
    pub index: usize,
    /// Without a prompt around it.
    pub question: String,
    pub gold: Gold,
    pub qa_pair_id: Option<String>,
    pub question_date: Option<String>,
    pub question_id: Option<String>,
    pub question_type: Option<String>,
    /// Already part of the question.
    pub previous_events: Option<String>,
}

impl MemoryRow {
    /// The row's questions, in its order.
    #[must_use]
    pub fn read_questions(&self, reading: Reading) -> Vec<MemoryQuestion> {
        let is_nested = reading == Reading::Compat && (self.questions.len() < 2 || self.answers.len() < 2);
        let pairs = self.questions.iter().zip(&self.answers).enumerate();
        let n_taken = if is_nested { 1 } else { self.questions.len() };
        pairs
            .take(n_taken)
            .map(|(index, (question, answers))| {
                let at = |list: &Option<Vec<Option<String>>>| {
                    list.as_ref().and_then(|list| list.get(index).cloned()).flatten()
                };
                let metadata = &self.metadata;
                MemoryQuestion {
                    index,
                    question: question.clone(),
                    gold: if is_nested { Gold::Nested(self.answers.clone()) } else { Gold::Aliases(answers.clone()) },
                    qa_pair_id: at(&metadata.qa_pair_ids),
                    question_date: at(&metadata.question_dates),
                    question_id: at(&metadata.question_ids),
                    question_type: at(&metadata.question_types),
                    previous_events: at(&metadata.previous_events),
                }
            })
            .collect()
    }
}

/// The rows of a data set, in the file's order, `most` at most.
///
/// # Errors
/// No row belongs to the data set, or a context is not longer than [`SHORTEST_REFUSED_CONTEXT`].
pub fn rows_of<'r>(
    rows: &'r [MemoryRow],
    sub_dataset: &str,
    most: usize,
) -> Result<Vec<&'r MemoryRow>, MemoryDataError> {
    let found: Vec<&MemoryRow> = rows.iter().filter(|row| row.metadata.source == sub_dataset).take(most).collect();
    if found.is_empty() && most > 0 {
        let known: BTreeSet<&str> = rows.iter().map(|row| row.metadata.source.as_str()).collect();
        let known = known.into_iter().map(str::to_owned).collect();
        return Err(MemoryDataError::NoRows { sub_dataset: sub_dataset.to_owned(), known });
    }
    for (row, number) in found.iter().zip(1..) {
        let n_characters = row.context.chars().count();
        if n_characters <= SHORTEST_REFUSED_CONTEXT {
            let (sub_dataset, least) = (sub_dataset.to_owned(), SHORTEST_REFUSED_CONTEXT);
            return Err(MemoryDataError::ShortContext { sub_dataset, row: number, n_characters, least });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::row::MemoryMetadata;
    use super::*;

    fn row(source: &str, n_characters: usize, n_questions: usize) -> MemoryRow {
        let text = |index: usize| format!("{source} {index}");
        MemoryRow {
            context: "é".repeat(n_characters),
            questions: (0..n_questions).map(text).collect(),
            answers: (0..n_questions).map(|index| vec![text(index), "b".to_owned()]).collect(),
            metadata: MemoryMetadata {
                source: source.to_owned(),
                question_dates: Some((0..n_questions).map(|index| Some(text(index))).collect()),
                qa_pair_ids: Some(vec![]),
                ..MemoryMetadata::default()
            },
            rules: Default::default(),
        }
    }

    #[test]
    fn a_single_question_gets_the_outer_list_in_upstreams_reading_alone() {
        let single = row("detective_qa", 2001, 1);
        let compat = single.read_questions(Reading::Compat);
        assert_eq!(compat[0].gold, Gold::Nested(vec![vec!["detective_qa 0".to_owned(), "b".to_owned()]]));
        let strict = single.read_questions(Reading::Strict);
        assert_eq!(strict[0].gold, Gold::Aliases(vec!["detective_qa 0".to_owned(), "b".to_owned()]));
        assert_eq!(compat[0].gold.answers(), strict[0].gold.answers());
    }

    #[test]
    fn metadata_stands_at_the_place_of_its_question() {
        let questions = row("x", 2001, 3).read_questions(Reading::Compat);
        assert_eq!(questions.len(), 3);
        assert_eq!((questions[2].question_date.as_deref(), questions[2].qa_pair_id.as_deref()), (Some("x 2"), None));
    }

    #[test]
    fn rows_are_chosen_by_source_and_short_contexts_refused() {
        let rows = [row("a", 2001, 2), row("b", 2000, 2), row("a", 2002, 2)];
        assert_eq!(rows_of(&rows, "a", 1).unwrap(), [&rows[0]]);
        assert_eq!(rows_of(&rows, "a", 9).unwrap().len(), 2);
        assert!(matches!(rows_of(&rows, "b", 9), Err(MemoryDataError::ShortContext { n_characters: 2000, .. })));
        assert!(rows_of(&rows, "c", 9).unwrap_err().to_string().contains("a, b"));
    }
}
