//! Facts by what still brings them out. A fact is a target and a right answer; every question with that answer asks for it.
//!
//! Direct: a plain question brings the very answer, as upstream scores it. Lenient: it does so only where case and punctuation are
//! overlooked. Superficial forgetting: no plain question does, another form of the question does. Essential: nothing that was asked brings
//! it out. Facts that only attacks ask for, and facts with an unanswered question, are in no group.

use std::collections::BTreeMap;

use serde_json::Value;

use super::measure::{Measures, mean};
use crate::record::{FactsKept, Side};
use crate::run::error::RunError;
use crate::run::evaluate::subject::{count, interval_record};
use crate::scoring::answer_text::{Punctuation, answer_words};
use crate::statistics::{StatError, clustered_mean};

const STRICT: &str = "rouge_l_recall_upstream";
const LENIENT: &str = "contains_answer";
/// Recall of all words, rounding aside.
const WHOLE: f64 = 1.0 - 1e-9;

/// What one model's answers say of one fact.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    /// Best strict score of a plain question.
    plain: Option<f64>,
    /// Best strict score of an attack.
    attack: Option<f64>,
    /// A plain question brings out the answer, case and punctuation aside.
    is_plainly_there: bool,
    /// Another form of the question does.
    is_attacked_out: bool,
    /// A question about it was not answered.
    has_hole: bool,
}

impl Seen {
    fn is_direct(&self) -> bool {
        self.plain.is_some_and(|score| score >= WHOLE)
    }

    fn is_brought_out(&self) -> bool {
        self.is_plainly_there || self.is_attacked_out
    }
}

/// Rows of every model; none where the suite's questions have no lenient score.
pub(super) fn facts(measures: &Measures<'_>, before: Option<&str>) -> Result<Vec<FactsKept>, RunError> {
    let before = before.map(|model| seen(measures, model));
    let mut out = Vec::new();
    for (model, role) in &measures.models {
        let own = seen(measures, model);
        if own.is_empty() {
            continue;
        }
        // A failed request of either model leaves the fact out: it is no forgetting, and no ignorance before.
        let has_hole = |fact: &(&str, String), seen: &Seen| {
            let of_before = before.as_ref().and_then(|all| all.get(fact));
            seen.has_hole || of_before.is_some_and(|before| before.has_hole)
        };
        let asked: Vec<(&(&str, String), &Seen)> =
            own.iter().filter(|(fact, seen)| seen.plain.is_some() && !has_hole(fact, seen)).collect();
        let is_known = |fact: &(&str, String)| match &before {
            Some(all) => all.get(fact).is_some_and(Seen::is_brought_out),
            None => true,
        };
        let known: Vec<&Seen> = asked.iter().filter(|(fact, _)| is_known(fact)).map(|(_, seen)| *seen).collect();
        let n = |is: &dyn Fn(&Seen) -> bool| count(known.iter().filter(|seen| is(seen)).count());
        let n_unanswered = count(own.iter().filter(|(fact, seen)| has_hole(fact, seen)).count());
        let n_only_attacked =
            count(own.iter().filter(|(fact, seen)| seen.plain.is_none() && !has_hole(fact, seen)).count());
        let attacked: Vec<(&str, f64, f64)> =
            asked.iter().filter_map(|(fact, seen)| Some((fact.0, seen.plain?, seen.attack?))).collect();
        let strengths: Vec<f64> = attacked.iter().map(|(_, _, attack)| *attack).collect();
        let plain: Vec<f64> = attacked.iter().map(|(_, plain, _)| *plain).collect();
        let targets: Vec<&str> = attacked.iter().map(|(target, ..)| *target).collect();
        let subject = &measures.subjects[0];
        let interval = match clustered_mean(&strengths, &targets, subject.level()) {
            Ok(found) => {
                let mut interval = interval_record(&found.interval);
                (interval.low, interval.high) = (interval.low.max(0.0), interval.high.min(1.0));
                Some(interval)
            }
            Err(StatError::EmptyInput | StatError::TooFewClusters { .. }) => None,
            Err(error) => return Err(subject.refused("attack strength", &error)),
        };
        out.push(FactsKept {
            model: (*model).to_owned(),
            role: *role,
            n: count(asked.len()),
            n_known_before: before.as_ref().map(|_| count(known.len())),
            n_direct: n(&Seen::is_direct),
            n_lenient: n(&|seen| !seen.is_direct() && seen.is_plainly_there),
            n_superficial: n(&|seen| !seen.is_direct() && !seen.is_plainly_there && seen.is_attacked_out),
            n_essential: n(&|seen| !seen.is_direct() && !seen.is_brought_out()),
            n_only_attacked,
            n_unanswered,
            n_attacked: count(attacked.len()),
            plain_strength: (!plain.is_empty()).then(|| mean(&plain)),
            attack_strength: (!strengths.is_empty()).then(|| mean(&strengths)),
            attack_interval: interval,
        });
    }
    Ok(out)
}

/// Facts of a model that answered at least one question about them.
fn seen<'s>(measures: &Measures<'s>, model: &str) -> BTreeMap<(&'s str, String), Seen> {
    let mut facts: BTreeMap<(&str, String), Seen> = BTreeMap::new();
    for measure in measures.list.iter().filter(|measure| measure.side == Side::Forget && measure.parts.len() == 1) {
        let part = measure.parts[0];
        let Some(scores) = measures.scores(part, model) else { continue };
        let (Some(strict), Some(lenient)) = (scores.metrics.get(STRICT), scores.metrics.get(LENIENT)) else { continue };
        for (place, item) in measures.subjects[part].task.items.iter().enumerate() {
            let Some(answer) = item.fields.get("answer").and_then(Value::as_str) else { continue };
            let words = answer_words(answer, Punctuation::Removed).join(" ");
            let seen = facts.entry((item.cluster.as_str(), words)).or_default();
            let (Some(score), Some(contained)) = (strict[place].value, lenient[place].value) else {
                seen.has_hole = true;
                continue;
            };
            let is_there = contained > 0.5 || score >= WHOLE;
            let (best, is_out) = if item.fields.contains_key("attack") {
                (&mut seen.attack, &mut seen.is_attacked_out)
            } else {
                (&mut seen.plain, &mut seen.is_plainly_there)
            };
            *best = Some(best.map_or(score, |best| best.max(score)));
            *is_out |= is_there;
        }
    }
    facts
}
