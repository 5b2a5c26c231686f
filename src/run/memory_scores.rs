//! What an answer of a memory agent comes to, value by value.

use super::item_scores::ItemValue;
use super::judge::{JudgedAnswer, Judgement};
use crate::backend::FinishReason;
use crate::dataset::Item;
use crate::dataset::memory::question::Gold;
use crate::record::RememberedAnswer;
use crate::scoring::memory::films::Films;
use crate::scoring::memory::headline::Headline;
use crate::scoring::memory::lenient::exact_match_lenient;
use crate::scoring::memory::retrieval::retrieval;
use crate::scoring::memory::score::memory_scores;
use crate::suite::{MemoryFamily, MemoryProbe, Probe};

/// Something of the history was cut for this answer.
pub const HISTORY_CUT: &str = "history_cut";

/// The answer ended at its most tokens.
pub const AT_LIMIT: &str = "answer_at_limit";

const EVIDENCE: [&str; 3] = ["evidence_recall", "evidence_ndcg", "evidence_rr"];
const TEXT: [&str; 7] =
    ["substring_exact_match", "exact_match", "f1", "rougeL_f1", "rougeL_recall", "rougeLsum_f1", "rougeLsum_recall"];
const FILMS: [&str; 3] = ["recsys_recall@5", "recsys_recall@1", "recsys_recall@10"];
/// As upstream counts: whatever the judge says.
const SUMMARY_UPSTREAM: &str = "summary_f1_upstream";
const SUMMARY: [&str; 4] = ["summary_f1", "summary_recall", "summary_precision", "summary_fluency"];

/// Metrics of a question to an agent, the one that an item is shown by first.
#[must_use]
pub fn memory_metrics(probe: &Probe) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    match probe {
        Probe::Memory(probe) => {
            names.push(Headline::of(probe.family).metric());
            match probe.family {
                MemoryFamily::RecsysRedial => names.extend(FILMS),
                MemoryFamily::InfbenchSum => names.extend(SUMMARY.iter().chain(&[SUMMARY_UPSTREAM]).chain(&TEXT)),
                MemoryFamily::EventQa => names.extend(TEXT.iter().chain(&["eventqa_recall"])),
                _ => names.extend(TEXT),
            }
            if is_lenient(probe) {
                names.push("exact_match_lenient");
            }
        }
        Probe::State(probe) => names.push(if probe.is_control { "kept_to_state" } else { "passed" }),
        _ => {}
    }
    names.extend(EVIDENCE);
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.iter().any(|known| known == name) {
            distinct.push(name.to_owned());
        }
    }
    distinct
}

/// Whether a lenient value stands beside the headline: where upstream's scorer contradicts its own prompt.
#[must_use]
pub fn is_lenient(probe: &MemoryProbe) -> bool {
    matches!(probe.family, MemoryFamily::InContextLearning | MemoryFamily::DetectiveQa)
}

/// All metrics of an answer.
#[must_use]
pub fn memory_values(
    probe: &Probe,
    metrics: &[String],
    item: &Item,
    answer: &RememberedAnswer,
    films: Option<&Films>,
    judgement: Option<&Judgement>,
) -> Vec<(String, ItemValue)> {
    let text = &answer.generation.text;
    let verdict = judgement.map(|found| &found.answer);
    let scored = match probe {
        Probe::Memory(_) => {
            let source = item.fields.get("source").and_then(|source| source.as_str()).unwrap_or_default();
            let gold = Gold::Aliases(answer.accepted.clone());
            Some((memory_scores(source, text, &gold, films), exact_match_lenient(text, &gold.answers())))
        }
        _ => None,
    };
    // An agent that shows pieces and had none to show has found nothing.
    let found = answer.pieces.as_ref().and_then(|pieces| retrieval(pieces, &answer.evidence));
    let mut flags = Vec::new();
    if answer.is_cut {
        flags.push(HISTORY_CUT.to_owned());
    }
    if matches!(answer.generation.finish_reason, FinishReason::Length | FinishReason::Context) {
        flags.push(AT_LIMIT.to_owned());
    }
    let of = |metric: &str| -> Result<f64, String> {
        match metric {
            "evidence_recall" => found.map(|found| found.recall).ok_or_else(|| "evidence_unknown".to_owned()),
            "evidence_ndcg" => found.map(|found| found.ndcg).ok_or_else(|| "evidence_unknown".to_owned()),
            "evidence_rr" => found.map(|found| found.reciprocal_rank).ok_or_else(|| "evidence_unknown".to_owned()),
            "passed" | "kept_to_state" | "judged_right" => match verdict {
                Some(JudgedAnswer::Passed(passed)) => Ok(f64::from(u8::from(*passed))),
                Some(JudgedAnswer::Without(kind)) => Err(kind.clone()),
                _ => Err("not_judged".to_owned()),
            },
            name if SUMMARY.contains(&name) => match verdict {
                Some(JudgedAnswer::Summary(scores)) => Ok(match name {
                    "summary_f1" => scores.f1,
                    "summary_recall" => scores.recall,
                    "summary_precision" => scores.precision,
                    _ => scores.fluency,
                }),
                Some(JudgedAnswer::Without(kind)) => Err(kind.clone()),
                _ => Err("not_judged".to_owned()),
            },
            SUMMARY_UPSTREAM => {
                let upstream = judgement.and_then(|found| found.compatible).map(|scores| scores.f1);
                upstream.ok_or_else(|| "not_judged".to_owned())
            }
            "exact_match_lenient" => {
                scored.as_ref().and_then(|(_, lenient)| *lenient).ok_or_else(|| "no_right_answer".to_owned())
            }
            name => match &scored {
                Some((Ok(scores), _)) => {
                    let value = scores.values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
                    value.ok_or_else(|| "undefined".to_owned())
                }
                Some((Err(_), _)) => Err("cannot_be_scored".to_owned()),
                None => Err("undefined".to_owned()),
            },
        }
    };
    metrics
        .iter()
        .map(|metric| {
            let value = match of(metric) {
                Ok(value) if value.is_finite() => ItemValue { value: Some(value), flags: flags.clone() },
                Ok(_) => ItemValue { value: None, flags: vec!["not_finite".to_owned()] },
                Err(reason) => ItemValue { value: None, flags: vec![word(&reason)] },
            };
            (metric.clone(), value)
        })
        .collect()
}

/// A reason as a flag: no commas, and something in it.
fn word(reason: &str) -> String {
    let kept = reason.split([',', ':']).next().unwrap_or_default().trim();
    if kept.is_empty() { "judge_error".to_owned() } else { kept.to_owned() }
}
