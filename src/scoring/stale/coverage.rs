//! Whether every scenario was answered and judged, once, and nothing else was.

use std::collections::{HashMap, HashSet};

/// Uids that do not stand on both sides exactly once, in the order in which they come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Scenarios without an answer. Upstream leaves them out of the denominator.
    pub dataset_only: Vec<String>,
    /// Answers to no scenario. Upstream passes over them.
    pub answers_only: Vec<String>,
    /// Scenarios with more than one answer. Upstream counts each answer.
    pub repeated: Vec<String>,
}

/// Answers that do not cover the data set exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "score the answers: {n_missing} scenarios have no answer, {n_unknown} answers belong to no scenario, {n_repeated} scenarios have several{}; give one answer for each scenario of the data set",
    first.as_ref().map_or_else(String::new, |uid| format!(" (the first is `{uid}`)"))
)]
pub struct CoverageError {
    pub n_missing: usize,
    pub n_unknown: usize,
    pub n_repeated: usize,
    pub first: Option<String>,
}

impl Coverage {
    /// # Errors
    /// A uid stands on one side only, or has several answers.
    pub fn require_exact(&self) -> Result<(), CoverageError> {
        let first = [&self.dataset_only, &self.answers_only, &self.repeated].into_iter().flatten().next();
        match first {
            None => Ok(()),
            Some(uid) => Err(CoverageError {
                n_missing: self.dataset_only.len(),
                n_unknown: self.answers_only.len(),
                n_repeated: self.repeated.len(),
                first: Some(uid.clone()),
            }),
        }
    }
}

/// Compares the uids of a data set with those of its answers. Linear.
#[must_use]
pub fn coverage<'a>(
    dataset: impl IntoIterator<Item = &'a str>,
    answers: impl IntoIterator<Item = &'a str>,
) -> Coverage {
    let mut known: HashSet<&str> = HashSet::new();
    let dataset: Vec<&str> = dataset.into_iter().filter(|uid| known.insert(uid)).collect();
    let mut n_answers: HashMap<&str, usize> = HashMap::new();
    let mut found = Coverage::default();
    for uid in answers {
        let n = n_answers.entry(uid).or_default();
        *n += 1;
        if *n == 1 && !known.contains(uid) {
            found.answers_only.push(uid.to_owned());
        } else if *n == 2 {
            found.repeated.push(uid.to_owned());
        }
    }
    found.dataset_only = dataset.into_iter().filter(|uid| !n_answers.contains_key(uid)).map(str::to_owned).collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_must_be_answered_once() {
        assert!(coverage(["a", "b"], ["b", "a"]).require_exact().is_ok());
        let found = coverage(["a", "b", "c"], ["x", "b", "b", "b"]);
        assert_eq!(
            (found.dataset_only, found.answers_only),
            (vec!["a".to_owned(), "c".to_owned()], vec!["x".to_owned()])
        );
        assert_eq!(found.repeated, ["b"]);
        let words = coverage(["a"], []).require_exact().unwrap_err().to_string();
        assert!(words.contains("1 scenarios have no answer") && words.contains("`a`"), "{words}");
    }
}
