//! What judges' replies come to: out of the record, whoever wrote it.

use std::collections::BTreeMap;

use super::asking::TRIES;
use super::units::{JudgedUnit, Rubric, UnitPart};
use crate::dataset::stale::ControlScenario;
use crate::record::{Answer, Outcome};
use crate::run::item_scores::Outcomes;
use crate::scoring::memory::summary_judge::{SummaryPart, SummaryReplies, SummaryScores, UnscoredSummary};
use crate::scoring::stale::{CompatVerdict, read_compat, read_strict, read_strict_of};

/// One judge's word on one unit, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    pub judge: String,
    pub repeat: u32,
    /// Values of the unit's items, or why there are none.
    pub values: Result<Values, String>,
    /// Tries that it took; 0: the judge was not asked.
    pub n_tries: u32,
    /// Upstream's reading of the first reply that came, of scenarios.
    pub compatible: Option<CompatVerdict>,
    /// Upstream's numbers of the first replies that came, of summaries: whatever counts the judge gave.
    pub compatible_summary: Option<SummaryScores>,
}

impl Vote {
    /// Whether the judge was asked at all; whoever brought verdicts from outside, and not this one, was not.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.values.as_ref().err().is_none_or(|kind| kind != NOT_JUDGED && kind != NO_VERDICT)
    }
}

/// Whether a unit was to be judged, and one of its answers at least has no verdict: no reply, none that can be read, a tie.
#[must_use]
pub fn lacks_verdict(unit: &JudgedUnit, votes: &[Vote]) -> bool {
    let is_without = |place| matches!(JudgedAnswer::of(votes, place), JudgedAnswer::Without(_));
    !votes.is_empty() && (0..unit.items.len()).any(is_without)
}

/// Of a unit that no judge has been asked about.
const NOT_JUDGED: &str = "not_judged";

/// Of a unit that verdicts from outside leave out.
pub(super) const NO_VERDICT: &str = "no_verdict";

/// What a reply says.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Right or wrong, one an item.
    Passes(Vec<bool>),
    Summary(SummaryScores),
}

/// All votes on the answers of a suite: by subject, task, epoch and unit.
pub type SuiteVerdicts = BTreeMap<(String, String), Vec<(JudgedUnit, Vec<Vote>)>>;

/// What is known of one answer after judging.
#[derive(Debug, Clone, PartialEq)]
pub enum JudgedAnswer {
    Passed(bool),
    Summary(SummaryScores),
    /// Nobody judged it, or no reply could be read: why.
    Without(String),
}

/// What judges make of one answer, and what upstream would.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub answer: JudgedAnswer,
    /// Of summaries: the first judge's first replies, whatever they count.
    pub compatible: Option<SummaryScores>,
}

impl Judgement {
    /// That of the votes on a unit, for one of its items.
    #[must_use]
    pub fn of(votes: &[Vote], place: usize) -> Self {
        Self {
            answer: JudgedAnswer::of(votes, place),
            compatible: votes.first().and_then(|vote| vote.compatible_summary),
        }
    }
}

/// The text of a recorded reply.
#[must_use]
pub(super) fn reply_text(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Ok(Answer::Completion { generation, .. }) => Some(&generation.text),
        _ => None,
    }
}

/// Whether a reply to a part has what it was asked for.
#[must_use]
pub(super) fn is_readable(unit: &JudgedUnit, part: &UnitPart, reply: &str) -> bool {
    match unit.rubric {
        Rubric::Chat(_) => yes_or_no(reply).is_some(),
        Rubric::Summary => summary_fault(unit, part, reply).is_none(),
        Rubric::Stale => read_strict(Some(reply)).is_ok(),
        Rubric::StaleControl => read_strict_of(Some(reply), ControlScenario::DIMENSIONS).is_ok(),
    }
}

/// Whether the summary that is judged has no text.
fn is_empty(unit: &JudgedUnit) -> bool {
    unit.answers.iter().all(|answer| answer.trim().is_empty())
}

/// What is wrong with a reply about a summary.
fn summary_fault(unit: &JudgedUnit, part: &UnitPart, reply: &str) -> Option<UnscoredSummary> {
    let asked = SummaryPart::ALL.into_iter().find(|known| known.word() == part.name)?;
    asked.check(unit.n_keypoints, is_empty(unit), Some(reply)).err()
}

/// A reply of LongMemEval's judge, strictly: a word `yes` or `no`, not both. Upstream takes any `yes` in it, even in `yesterday`, and all
/// else for a no.
fn yes_or_no(reply: &str) -> Option<bool> {
    let words: Vec<String> = reply
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    match (has("yes"), has("no")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// The votes of judges on units, out of their cells. `judges`: slug and outcomes.
#[must_use]
pub fn read_votes(unit: &JudgedUnit, subject: &str, judges: &[(&str, &Outcomes)], repeats: u32) -> Vec<Vote> {
    let mut votes = Vec::new();
    for (judge, outcomes) in judges {
        for repeat in 0..repeats {
            votes.push(vote(unit, subject, judge, outcomes, repeat));
        }
    }
    votes
}

fn vote(unit: &JudgedUnit, subject: &str, judge: &str, outcomes: &Outcomes, repeat: u32) -> Vote {
    let mut replies: Vec<&str> = Vec::new();
    let (mut n_tries, mut compatible) = (0, None);
    let compatible_summary = compatible_summary(unit, subject, outcomes, repeat);
    let mut fault = None;
    for part in &unit.parts {
        let mut readable = None;
        for attempt in 0..TRIES {
            let Some(outcome) = outcomes.get(&unit.key(subject, part, repeat, attempt)) else { continue };
            n_tries = n_tries.max(attempt + 1);
            match outcome {
                Err(failure) => fault = fault.or_else(|| Some(failure.kind.clone())),
                Ok(_) => {
                    let text = reply_text(outcome).unwrap_or_default();
                    if unit.rubric == Rubric::Stale {
                        compatible = compatible.or_else(|| Some(read_compat(Some(text))));
                    }
                    if is_readable(unit, part, text) {
                        readable = Some(text);
                        break;
                    }
                }
            }
        }
        match readable {
            Some(text) => replies.push(text),
            None => {
                let last = (0..TRIES).rev().find_map(|attempt| outcomes.get(&unit.key(subject, part, repeat, attempt)));
                let kind = match last.map(reply_text) {
                    None => NOT_JUDGED.to_owned(),
                    Some(None) => fault.unwrap_or_else(|| "judge_error".to_owned()),
                    Some(Some(text)) => unreadable_kind(unit, part, text),
                };
                let judge = judge.to_owned();
                return Vote { judge, repeat, values: Err(kind), n_tries, compatible, compatible_summary };
            }
        }
    }
    let values = values(unit, &replies);
    Vote { judge: judge.to_owned(), repeat, values, n_tries, compatible, compatible_summary }
}

/// What upstream makes of the first reply to each question about a summary.
fn compatible_summary(unit: &JudgedUnit, subject: &str, outcomes: &Outcomes, repeat: u32) -> Option<SummaryScores> {
    if unit.rubric != Rubric::Summary {
        return None;
    }
    let first = |part: SummaryPart| {
        let part = unit.parts.iter().find(|known| known.name == part.word())?;
        (0..TRIES).find_map(|attempt| outcomes.get(&unit.key(subject, part, repeat, attempt)).and_then(reply_text))
    };
    let [fluency, recall, precision] = SummaryPart::ALL.map(first);
    SummaryScores::of(unit.n_keypoints, SummaryReplies { fluency, recall, precision }).ok()
}

fn unreadable_kind(unit: &JudgedUnit, part: &UnitPart, text: &str) -> String {
    let fault = match unit.rubric {
        Rubric::Stale => read_strict(Some(text)).err(),
        Rubric::StaleControl => read_strict_of(Some(text), ControlScenario::DIMENSIONS).err(),
        Rubric::Chat(_) => {
            return if text.trim().is_empty() { "empty_output" } else { "neither_yes_nor_no" }.to_owned();
        }
        Rubric::Summary => {
            let kind = match summary_fault(unit, part, text) {
                _ if text.trim().is_empty() => "empty_output",
                Some(UnscoredSummary::Impossible { .. }) => "impossible_count",
                Some(UnscoredSummary::NoNumber { .. }) => "wrong_type",
                _ => "no_json",
            };
            return kind.to_owned();
        }
    };
    fault.map_or_else(|| "judge_error".to_owned(), |fault| fault.kind.to_string())
}

fn values(unit: &JudgedUnit, replies: &[&str]) -> Result<Values, String> {
    let first = replies.first().copied().unwrap_or_default();
    match unit.rubric {
        Rubric::Chat(_) => {
            yes_or_no(first).map(|yes| Values::Passes(vec![yes])).ok_or_else(|| "judge_error".to_owned())
        }
        Rubric::Summary => {
            let [fluency, recall, precision] = [0, 1, 2].map(|place| replies.get(place).copied());
            SummaryScores::checked(unit.n_keypoints, is_empty(unit), SummaryReplies { fluency, recall, precision })
                .map(Values::Summary)
                .map_err(|error| format!("judge_error: {error}"))
        }
        Rubric::Stale => read_strict(Some(first))
            .map(|passes| Values::Passes(passes.to_vec()))
            .map_err(|fault| fault.kind.to_string()),
        Rubric::StaleControl => read_strict_of(Some(first), ControlScenario::DIMENSIONS)
            .map(|passes| Values::Passes(passes.to_vec()))
            .map_err(|fault| fault.kind.to_string()),
    }
}

impl JudgedAnswer {
    /// What the votes on a unit come to for one of its items: the majority of those that could be read; a tie is no verdict.
    #[must_use]
    pub fn of(votes: &[Vote], place: usize) -> Self {
        let (mut passes, mut n, mut summaries) = (0_usize, 0_usize, Vec::new());
        for vote in votes {
            match &vote.values {
                Ok(Values::Passes(values)) => {
                    if let Some(&pass) = values.get(place) {
                        n += 1;
                        passes += usize::from(pass);
                    }
                }
                Ok(Values::Summary(scores)) => summaries.push(*scores),
                Err(_) => {}
            }
        }
        if let Some(first) = summaries.first() {
            return Self::Summary(mean_summary(first, &summaries));
        }
        if n == 0 {
            let kind = votes.iter().find_map(|vote| vote.values.as_ref().err().cloned());
            return Self::Without(kind.unwrap_or_else(|| NOT_JUDGED.to_owned()));
        }
        match (2 * passes).cmp(&n) {
            std::cmp::Ordering::Greater => Self::Passed(true),
            std::cmp::Ordering::Less => Self::Passed(false),
            std::cmp::Ordering::Equal => Self::Without("judges_tied".to_owned()),
        }
    }
}

/// Means over votes; counts of key points are the same in all.
fn mean_summary(first: &SummaryScores, all: &[SummaryScores]) -> SummaryScores {
    #[expect(clippy::cast_precision_loss, reason = "votes are few")]
    let mean = |value: fn(&SummaryScores) -> f64| all.iter().map(value).sum::<f64>() / all.len() as f64;
    SummaryScores {
        fluency: mean(|one| one.fluency),
        n_keypoints: first.n_keypoints,
        recall_found: mean(|one| one.recall_found),
        precision_total: mean(|one| one.precision_total),
        precision_found: mean(|one| one.precision_found),
        recall: mean(|one| one.recall),
        precision: mean(|one| one.precision),
        f1: mean(|one| one.f1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(values: Result<Vec<bool>, &str>) -> Vote {
        Vote {
            judge: "j".to_owned(),
            repeat: 0,
            values: values.map(Values::Passes).map_err(str::to_owned),
            n_tries: 1,
            compatible: None,
            compatible_summary: None,
        }
    }

    #[test]
    fn the_majority_of_what_can_be_read_decides_and_a_tie_is_no_verdict() {
        let votes = [vote(Ok(vec![true, false])), vote(Err("no_json")), vote(Ok(vec![true, true]))];
        assert_eq!(JudgedAnswer::of(&votes, 0), JudgedAnswer::Passed(true));
        assert_eq!(JudgedAnswer::of(&votes, 1), JudgedAnswer::Without("judges_tied".to_owned()));
        assert_eq!(JudgedAnswer::of(&[vote(Err("no_json"))], 0), JudgedAnswer::Without("no_json".to_owned()));
    }

    #[test]
    fn a_yes_is_a_word() {
        for (reply, expected) in
            [("Yes.", Some(true)), ("no", Some(false)), ("yesterday", None), ("Yes or no?", None), ("", None)]
        {
            assert_eq!(yes_or_no(reply), expected, "{reply}");
        }
    }
}
