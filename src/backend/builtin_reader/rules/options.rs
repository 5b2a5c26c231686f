//! A question that names the answers to choose from: the one that the material speaks for.

use serde::Serialize;

use super::super::material::Sentence;
use super::super::overlap::{Compared, Overlaps, Terms};
use super::super::parts::Parts;

/// What a sentence's share of the question counts, against its share of an option.
const SAME_SENTENCE: f64 = 0.5;

/// What the share of the sentence and its neighbours together counts beside it.
const NEAR_SENTENCES: f64 = 0.25;

/// An answer in the form that some questions demand.
#[derive(Serialize)]
struct JsonAnswer<'a> {
    answer: &'a str,
    reasoning: &'a str,
}

/// The option with the best supporting sentence; of equal ones the first. `None` with fewer than two options.
///
/// A sentence supports an option by its share of the option's words, and by what it and its two neighbours share with the rest of the
/// question. A question that speaks of JSON gets an object with the answer and that sentence, in one line.
pub(super) fn answer(parts: &Parts<'_>, sentences: &[Sentence<'_>]) -> Option<String> {
    let (options, stem) = options_of(parts.question)?;
    let mut terms = Terms::new(Compared::Content);
    let option_terms: Vec<Vec<usize>> = options.iter().map(|option| terms.add(option.content)).collect();
    let stem_terms = terms.add(&stem);
    let overlaps = Overlaps::new(sentences, &terms);
    let surroundings = surroundings(&overlaps, sentences.len(), &stem_terms);
    let (mut best, mut best_score) = ((0, None), 0.0);
    for (option, wanted) in option_terms.iter().enumerate() {
        let full = overlaps.weight_of(wanted).sqrt();
        for (sentence, around) in surroundings.iter().enumerate() {
            let own = overlaps.weight_of(&shared(overlaps.terms_of(sentence), wanted));
            if own > 0.0 && own / full + around > best_score {
                (best, best_score) = ((option, Some(sentence)), own / full + around);
            }
        }
    }
    let (option, support) = best;
    let answer = options.get(option)?.text;
    if !parts.question.contains("JSON") {
        return Some(answer.to_owned());
    }
    let reasoning = support.map_or("", |sentence| sentences[sentence].text);
    serde_json::to_string(&JsonAnswer { answer, reasoning }).ok()
}

/// What each sentence and its neighbours have of the question, weighed against an option's own words.
fn surroundings(overlaps: &Overlaps, n_sentences: usize, wanted: &[usize]) -> Vec<f64> {
    let full = overlaps.weight_of(wanted).sqrt();
    let mut found = Vec::new();
    let around = (0..n_sentences).map(|sentence| {
        found.clear();
        for near in sentence.saturating_sub(1)..(sentence + 2).min(n_sentences) {
            found.extend(shared(overlaps.terms_of(near), wanted));
        }
        found.sort_unstable();
        found.dedup();
        if found.is_empty() {
            return 0.0;
        }
        let own = overlaps.weight_of(&shared(overlaps.terms_of(sentence), wanted));
        (SAME_SENTENCE * own + NEAR_SENTENCES * overlaps.weight_of(&found)) / full
    });
    around.collect()
}

/// What two ascending lists have in common; the first is short.
fn shared(terms: &[usize], wanted: &[usize]) -> Vec<usize> {
    terms.iter().copied().filter(|term| wanted.binary_search(term).is_ok()).collect()
}

/// An answer to choose.
#[derive(Debug, PartialEq, Eq)]
struct Choice<'a> {
    /// As it is answered: with its letter, without its dash.
    text: &'a str,
    /// What it says.
    content: &'a str,
}

/// The options and the rest of the question: lettered lines from `A.` on, else lines behind dashes; at least two.
fn options_of(question: &str) -> Option<(Vec<Choice<'_>>, String)> {
    take(question, lettered).or_else(|| take(question, |line, _| dashed(line)))
}

fn take<'a>(
    question: &'a str,
    read: impl Fn(&'a str, usize) -> Option<Choice<'a>>,
) -> Option<(Vec<Choice<'a>>, String)> {
    let (mut options, mut stem) = (Vec::new(), String::new());
    for line in question.lines().map(str::trim) {
        match read(line, options.len()) {
            Some(option) => options.push(option),
            None => {
                stem.push_str(line);
                stem.push('\n');
            }
        }
    }
    (options.len() >= 2).then_some((options, stem))
}

/// A line that begins with the letter which is due, e.g. `B. `.
fn lettered<'a>(line: &'a str, n_before: usize) -> Option<Choice<'a>> {
    let letter = (b'A'..=b'Z').nth(n_before)?;
    let content = line.strip_prefix(char::from(letter))?.strip_prefix('.')?.trim_start();
    (!content.is_empty()).then_some(Choice { text: line, content })
}

fn dashed<'a>(line: &'a str) -> Option<Choice<'a>> {
    let content = line.strip_prefix("- ")?.trim_start();
    (!content.is_empty()).then_some(Choice { text: content, content })
}

#[cfg(test)]
mod tests {
    use super::super::super::material::sentences;
    use super::super::super::parts::parts;
    use super::*;

    fn asked(material: &str, question: &str) -> Option<String> {
        answer(&parts(&format!("{material}\n\n[Question]\n{question}")), &sentences(material))
    }

    #[test]
    fn the_option_that_the_material_supports_is_answered_as_it_stands() {
        let material = "The gate was painted. Boris repaired the bell. Ada slept near the mill. A horse came.";
        let question = "Who repaired the bell?\nA. Ada\nB. Boris\nC. Dalia";
        assert_eq!(asked(material, question).unwrap(), "B. Boris");
        assert_eq!(
            asked(material, &format!("{question}\nReply with a JSON object.")).unwrap(),
            r#"{"answer":"B. Boris","reasoning":"Boris repaired the bell."}"#
        );
        let events =
            "So far:\n1. The gate was painted.\n\nNext:\n- Dalia bought a horse.\n- Boris repaired the bell.\n";
        assert_eq!(asked(material, events).unwrap(), "Boris repaired the bell.");
    }

    #[test]
    fn the_surroundings_decide_between_options_that_both_stand_there() {
        let material =
            "Ada painted the gate. Boris left. Mills turn. Rain fell. Dalia sang. Emeka met Farah. Chen came.";
        assert_eq!(
            asked(material, "Behind Emeka's meeting with Farah?\n- Boris left.\n- Chen came.").unwrap(),
            "Chen came."
        );
    }

    #[test]
    fn of_options_without_support_the_first_is_taken() {
        assert_eq!(asked("Rain fell.", "Who?\nA. Ada\nB. Boris").unwrap(), "A. Ada");
        assert_eq!(
            asked("Rain fell.", "Who? JSON\nA. Ada\nB. Boris").unwrap(),
            r#"{"answer":"A. Ada","reasoning":""}"#
        );
    }

    #[test]
    fn one_line_or_letters_out_of_order_are_no_options() {
        for question in ["Who?\n- Ada", "A. Ada\nC. Chen", "A.\nB.", "plain"] {
            assert_eq!(asked("Rain fell.", question), None, "{question}");
        }
    }
}
