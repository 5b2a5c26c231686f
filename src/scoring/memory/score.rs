//! Which values an item of which data set gets (`post_process`).

use super::films::{FilmError, Films};
use super::output::parsed_output;
use super::recommended::{RECALL_CUTOFFS, recommended_films};
use super::text_scores::TextScores;
use crate::dataset::memory::question::Gold;

/// All values of one item, as upstream reports them.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryScores {
    pub parsed: ParsedOutput,
    /// Upstream's name of a value and the value, in [0, 1]; names are distinct.
    pub values: Vec<(&'static str, f64)>,
}

/// What was taken for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParsedOutput {
    Text(String),
    /// Films by rank, and the films that were to be recommended.
    Films {
        recommended: Vec<String>,
        wanted: Vec<String>,
    },
}

/// Why an item has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemoryScoreError {
    #[error("score an answer of `{sub_dataset}`: the question has no accepted answer; correct the data")]
    NoAnswer { sub_dataset: String },
    #[error(
        "score an answer of `{sub_dataset}`: it is compared with a second accepted answer, and there is one alone; correct the data"
    )]
    NoSecondAnswer { sub_dataset: String },
    #[error(
        "score an answer of `{sub_dataset}`: films are named by entity2id.json, which was not given; fetch it from the hub data set"
    )]
    NoFilms { sub_dataset: String },
    #[error(transparent)]
    Film(#[from] FilmError),
}

/// How a data set is scored: the first part that its name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    /// `icl`: the parsed output alone.
    Parsed,
    /// `eventqa`: the parsed output, and all accepted answers in the raw one.
    Events,
    /// `infbench` or `longmemeval` with `choice_eng`.
    Choice,
    /// `ruler_niah`: the share of accepted answers in the raw output.
    Needles,
    /// `recsys`.
    Films,
    /// All others: the better of raw and parsed output.
    Either,
}

impl Route {
    fn of(sub_dataset: &str) -> Self {
        let has = |part: &str| sub_dataset.contains(part);
        if has("icl") {
            Self::Parsed
        } else if has("eventqa") {
            Self::Events
        } else if has("infbench") || has("longmemeval") {
            if has("choice_eng") { Self::Choice } else { Self::Either }
        // Upstream's own spelling.
        } else if has("ruler") || has("mermory_merging") {
            if has("ruler_niah") { Self::Needles } else { Self::Either }
        } else if has("recsys") {
            Self::Films
        } else {
            Self::Either
        }
    }
}

/// The values of one output. `films` is needed for recommendations alone.
///
/// O(output x accepted answers) in words.
///
/// # Errors
/// There is no accepted answer, or a film without a title.
pub fn memory_scores(
    sub_dataset: &str,
    output: &str,
    gold: &Gold,
    films: Option<&Films>,
) -> Result<MemoryScores, MemoryScoreError> {
    let accepted = gold.answers();
    let no_answer = || MemoryScoreError::NoAnswer { sub_dataset: sub_dataset.to_owned() };
    let scores = |answer: &str| TextScores::of(answer, &accepted).ok_or_else(no_answer);
    let parsed = parsed_output(output);
    let values = match Route::of(sub_dataset) {
        Route::Parsed => scores(parsed)?.named().to_vec(),
        Route::Either => scores(output)?.best_of(scores(parsed)?).named().to_vec(),
        Route::Events => {
            let mut values = scores(parsed)?.named().to_vec();
            let is_all = found_share(output, gold).ok_or_else(no_answer)? >= 1.0;
            values.push(("eventqa_recall", f64::from(u8::from(is_all))));
            values
        }
        Route::Choice => choice_values(sub_dataset, output, &accepted, scores(output)?.best_of(scores(parsed)?))?,
        Route::Needles => {
            let values = vec![("ruler_recall", found_share(output, gold).ok_or_else(no_answer)?)];
            return Ok(MemoryScores { parsed: ParsedOutput::Text(output.to_owned()), values });
        }
        Route::Films => {
            let films = films.ok_or_else(|| MemoryScoreError::NoFilms { sub_dataset: sub_dataset.to_owned() })?;
            return film_scores(sub_dataset, output, &accepted, films);
        }
    };
    Ok(MemoryScores { parsed: ParsedOutput::Text(parsed.to_owned()), values })
}

/// The second accepted answer decides: it is the option's text, the first its letter.
fn choice_values(
    sub_dataset: &str,
    output: &str,
    accepted: &[&str],
    best: TextScores,
) -> Result<Vec<(&'static str, f64)>, MemoryScoreError> {
    let text =
        accepted.get(1).ok_or_else(|| MemoryScoreError::NoSecondAnswer { sub_dataset: sub_dataset.to_owned() })?;
    let is_in = output.to_lowercase().contains(&text.to_lowercase());
    let exact_match = if is_in { 1.0 } else { best.exact_match };
    let scores = TextScores { exact_match, substring_exact_match: f64::from(u8::from(is_in)), ..best };
    Ok(scores.named().to_vec())
}

/// Share of the accepted answers that stand in the output, case aside; `None` without an answer.
///
/// Upstream walks over a single text character by character, and so does this.
fn found_share(output: &str, gold: &Gold) -> Option<f64> {
    let output = output.to_lowercase();
    let wanted: Vec<String> = match gold {
        Gold::Text(text) => text.chars().map(String::from).collect(),
        gold => gold.answers().into_iter().map(str::to_owned).collect(),
    };
    let n_found = wanted.iter().filter(|wanted| output.contains(&wanted.to_lowercase())).count();
    (!wanted.is_empty()).then(|| n_found as f64 / wanted.len() as f64)
}

fn film_scores(sub_dataset: &str, output: &str, ids: &[&str], films: &Films) -> Result<MemoryScores, MemoryScoreError> {
    if ids.is_empty() {
        return Err(MemoryScoreError::NoAnswer { sub_dataset: sub_dataset.to_owned() });
    }
    let wanted = ids.iter().map(|id| films.title_of(id)).collect::<Result<Vec<_>, _>>()?;
    let recommended = recommended_films(output, films);
    let values = RECALL_CUTOFFS.map(|(name, cutoff)| {
        let first = &recommended[..cutoff.min(recommended.len())];
        (name, wanted.iter().filter(|title| first.contains(title)).count() as f64 / wanted.len() as f64)
    });
    let owned = |titles: Vec<&str>| titles.into_iter().map(str::to_owned).collect();
    let parsed = ParsedOutput::Films { recommended: owned(recommended), wanted: owned(wanted) };
    Ok(MemoryScores { parsed, values: values.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(sub_dataset: &str, output: &str, gold: &Gold, name: &str) -> f64 {
        let scores = memory_scores(sub_dataset, output, gold, None).unwrap();
        scores.values.iter().find(|(found, _)| *found == name).map(|(_, value)| *value).unwrap()
    }

    fn aliases(texts: &[&str]) -> Gold {
        Gold::Aliases(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn labels_are_read_from_the_parsed_output_and_facts_from_either() {
        let gold = aliases(&["7"]);
        assert_eq!(value("icl_x", "\n7", &gold, "exact_match"), 0.0);
        assert_eq!(value("factconsolidation_sh_6k", "\n7", &gold, "exact_match"), 1.0);
    }

    #[test]
    fn events_need_every_answer_and_a_single_text_is_taken_by_its_characters() {
        let both = aliases(&["Mara sails", "Otto sells"]);
        assert_eq!(value("eventqa_full", "MARA SAILS", &both, "eventqa_recall"), 0.0);
        assert_eq!(value("eventqa_full", "x\nmara sails, otto sells", &both, "eventqa_recall"), 1.0);
        assert_eq!(value("eventqa_full", "tac", &Gold::Text("cat".to_owned()), "eventqa_recall"), 1.0);
        assert_eq!(value("ruler_niah_x", "12", &aliases(&["1", "3"]), "ruler_recall"), 0.5);
    }

    #[test]
    fn what_cannot_be_scored_is_told() {
        let none = aliases(&[]);
        for sub_dataset in ["icl_x", "eventqa_x", "detective_qa", "ruler_niah"] {
            let found = memory_scores(sub_dataset, "x", &none, None);
            assert!(matches!(found, Err(MemoryScoreError::NoAnswer { .. })), "{sub_dataset}");
        }
        let one = aliases(&["x"]);
        let found = memory_scores("infbench_choice_eng", "x", &one, None);
        assert!(matches!(found, Err(MemoryScoreError::NoSecondAnswer { .. })));
        assert!(matches!(memory_scores("recsys_redial_full", "x", &one, None), Err(MemoryScoreError::NoFilms { .. })));
    }
}
