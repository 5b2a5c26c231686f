//! `builtin:rules`: replies in a judge's own form, by the phrases that builtin data carry. It reads nothing: a right answer in other words
//! is a fail.

use serde_json::{Value, json};

use super::units::{JudgedUnit, Rubric};
use crate::dataset::Item;
use crate::dataset::stale::Dimension;

/// The reply to one part of a unit.
pub(super) fn reply(items: &[Item], unit: &JudgedUnit, part: &str) -> String {
    let item = &items[unit.items[0]];
    let answer = unit.answers.first().map_or("", String::as_str);
    match unit.rubric {
        Rubric::Chat(_) => {
            let is_right = passes_words(answer, &texts(item, "accepted"), &texts(item, "rejected"));
            if is_right { "yes" } else { "no" }.to_owned()
        }
        Rubric::Summary => summary_reply(item, answer, part),
        Rubric::Stale => {
            let eval = |place: usize| {
                let rule = Dimension::ALL[place].as_str();
                passes_rule(item, rule, &unit.answers[place])
            };
            verdicts(&[eval(0), eval(1), eval(2)])
        }
        Rubric::StaleControl => {
            let eval = |place: usize| passes_rule(item, ["control1", "control2"][place], &unit.answers[place]);
            verdicts(&[eval(0), eval(1)])
        }
    }
}

fn verdicts(passes: &[bool]) -> String {
    let evaluations = passes.iter().zip(Dimension::ALL).map(|(pass, dimension)| {
        (format!("{dimension}_eval"), json!({"reasoning": "by the phrases of the data", "pass": pass}))
    });
    Value::Object(evaluations.collect()).to_string()
}

/// An accepted phrase is there, or none is asked for, and no rejected one; case does not count.
fn passes_rule(item: &Item, rule: &str, answer: &str) -> bool {
    let rule = item.fields.get("rules").and_then(|rules| rules.get(rule));
    let phrases = |name: &str| -> Vec<String> {
        let list = rule.and_then(|rule| rule.get(name)).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_lowercase)).collect()
    };
    let answer = answer.to_lowercase();
    let (accepted, rejected) = (phrases("accepted"), phrases("rejected"));
    (accepted.is_empty() || accepted.iter().any(|phrase| answer.contains(phrase)))
        && !rejected.iter().any(|phrase| answer.contains(phrase))
}

/// The same by whole words, so that `6` is not in `16`.
fn passes_words(answer: &str, accepted: &[String], rejected: &[String]) -> bool {
    let spaced = |text: &str| {
        let words: Vec<String> = text
            .split(|character: char| !character.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        format!(" {} ", words.join(" "))
    };
    let answer = spaced(answer);
    let has = |phrase: &String| answer.contains(&spaced(phrase));
    accepted.iter().any(has) && !rejected.iter().any(has)
}

fn summary_reply(item: &Item, answer: &str, part: &str) -> String {
    let sentences: Vec<&str> =
        answer.split_inclusive(['.', '!', '?', '\n']).map(str::trim).filter(|text| !text.is_empty()).collect();
    match part {
        "fluency" => json!({"fluency": u8::from(!answer.trim().is_empty())}).to_string(),
        "recall" => {
            let lists = item.fields.get("keypoint_phrases").and_then(Value::as_array);
            let found = lists.into_iter().flatten().filter(|phrases| {
                let phrases: Vec<String> = phrases
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|text| text.as_str().map(str::to_owned))
                    .collect();
                passes_words(answer, &phrases, &[])
            });
            json!({"recall": found.count()}).to_string()
        }
        _ => {
            // A sentence is supported where half of its longer words stand in the expert's summary.
            let reference = texts(item, "answers").join(" ").to_lowercase();
            let supported = sentences.iter().filter(|sentence| {
                let words: Vec<String> = sentence
                    .split(|character: char| !character.is_alphanumeric())
                    .filter(|word| word.chars().count() > 3)
                    .map(str::to_lowercase)
                    .collect();
                let n_found = words.iter().filter(|word| reference.contains(word.as_str())).count();
                !words.is_empty() && 2 * n_found >= words.len()
            });
            json!({"precision": supported.count(), "sentence_count": sentences.len()}).to_string()
        }
    }
}

fn texts(item: &Item, field: &str) -> Vec<String> {
    let list = item.fields.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_whole_words_and_case_does_not_count() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(passes_words("There were SIX, 6!", &list(&["6"]), &[]));
        assert!(!passes_words("On the 16th", &list(&["6"]), &[]));
        assert!(!passes_words("six, not seven", &list(&["six"]), &list(&["seven"])));
        assert!(!passes_words("", &list(&["six"]), &[]));
    }
}
