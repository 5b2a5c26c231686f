//! Any other question: the sentence that shares most with it; of nearly equal ones the newest.

use super::super::material::{Sentence, Speaker};
use super::super::overlap::{Compared, Overlaps, Terms};
use super::super::parts::Parts;
use super::super::reply::fits;
use super::super::words::{cut_suffix, lower_into, words};

/// Words up to which a sentence pays nothing for its length.
const FREE_WORDS: usize = 12;

/// Words beyond [`FREE_WORDS`] at which half of the score is left.
const HALVING_WORDS: f64 = 100.0;

/// What is left of the score of a sentence that asks itself.
const ASKING: f64 = 0.5;

/// Share of the best score from which on a sentence counts as equally good.
const NEARLY: f64 = 0.98;

/// The best sentence; `None` where none shares a word with the question and says something beyond it.
///
/// Of nearly equal ones a user's turn goes before an assistant's, then the later one; in material of numbered facts, later is the higher
/// number, since memories come in any order. A sentence that is longer than `max_tokens` loses the question's words from its start.
pub(super) fn answer(parts: &Parts<'_>, sentences: &[Sentence<'_>], max_tokens: usize) -> Option<String> {
    let mut terms = Terms::new(Compared::Content);
    terms.add(parts.question);
    let overlaps = Overlaps::new(sentences, &terms);
    let scores: Vec<f64> =
        sentences.iter().enumerate().map(|(place, sentence)| score(&overlaps, place, sentence)).collect();
    let best = scores.iter().copied().fold(0.0, f64::max);
    if best <= 0.0 {
        return None;
    }
    let is_numbered = 2 * sentences.iter().filter(|sentence| sentence.serial.is_some()).count() > sentences.len();
    let newest = |&(place, sentence): &(usize, &Sentence<'_>)| {
        (sentence.speaker != Speaker::Assistant, sentence.serial.filter(|_| is_numbered), place)
    };
    let near = sentences.iter().enumerate().filter(|(place, _)| scores[*place] >= NEARLY * best);
    let (_, sentence) = near.max_by_key(newest)?;
    Some(shortened(sentence.text, parts.question, max_tokens).to_owned())
}

fn score(overlaps: &Overlaps, place: usize, sentence: &Sentence<'_>) -> f64 {
    if overlaps.n_new_words(place) == 0 {
        return 0.0;
    }
    let n_paid = overlaps.n_words(place).saturating_sub(FREE_WORDS);
    let asking = if sentence.text.ends_with('?') { ASKING } else { 1.0 };
    asking * overlaps.score(place) / (1.0 + n_paid as f64 / HALVING_WORDS)
}

/// A sentence that is too long without the words at its start that the question has, too.
fn shortened<'a>(sentence: &'a str, question: &str, max_tokens: usize) -> &'a str {
    if fits(sentence, max_tokens) {
        return sentence;
    }
    let mut terms = Terms::new(Compared::All);
    terms.add(question);
    let mut word = String::new();
    let foreign = words(sentence).find(|raw| {
        lower_into(raw, &mut word);
        cut_suffix(&mut word);
        !terms.has(&word)
    });
    // A word is a part of the sentence, so that its address tells its place.
    foreign.map_or(sentence, |found| &sentence[found.as_ptr() as usize - sentence.as_ptr() as usize..])
}

#[cfg(test)]
mod tests {
    use super::super::super::material::sentences;
    use super::super::super::parts::parts;
    use super::*;

    fn asked(material: &str, question: &str) -> Option<String> {
        within(material, question, 50)
    }

    fn within(material: &str, question: &str, max_tokens: usize) -> Option<String> {
        let prompt = format!("[Question]\n{question}");
        answer(&parts(&prompt), &sentences(material), max_tokens)
    }

    const FACTS: &str = "Notes follow.\n24. Ada Voss lives in Dunlin.\n0. Ada Voss lives in Arvo.\n1. Boris Lind lives in Belm.\n12. Ada Voss works as a beekeeper.\n13. Boris Lind works as a baker.";

    #[test]
    fn the_newest_of_equal_facts_wins_wherever_it_stands() {
        assert_eq!(asked(FACTS, "Where does Ada Voss live?").unwrap(), "Ada Voss lives in Dunlin.");
        let joined = FACTS.replace('\n', " ");
        assert_eq!(asked(&joined, "Where does Ada Voss live?").unwrap(), "Ada Voss lives in Dunlin.");
        assert_eq!(asked(FACTS, "What does Boris Lind work as?").unwrap(), "Boris Lind works as a baker.");
    }

    #[test]
    fn without_numbers_the_later_sentence_wins_and_a_user_before_an_assistant() {
        let chat = "User: I live in Arvo now.\nUser: I live in Belm now.\nAssistant: You live in Corsa now.";
        assert_eq!(asked(chat, "Where do I live?").unwrap(), "I live in Belm now.");
        let told = "User: Rain fell.\nAssistant: The ferry leaves at nine.";
        assert_eq!(asked(told, "When does the ferry leave?").unwrap(), "The ferry leaves at nine.");
    }

    #[test]
    fn headings_and_questions_are_no_answers_to_a_question() {
        let material = "Ada Voss\nWhere does Ada Voss live today?\nAda Voss is a beekeeper.\nRain fell. Bees live here. Foxes live there. Owls live long.";
        assert_eq!(asked(material, "Where does Ada Voss live?").unwrap(), "Ada Voss is a beekeeper.");
        assert_eq!(asked("Ada Voss", "Ada Voss?"), None);
    }

    #[test]
    fn nothing_shared_is_nothing_known() {
        assert_eq!(asked(FACTS, "How high is the moon?"), None);
        assert_eq!(asked(FACTS, "Who is it?"), None);
        assert_eq!(asked("", "Who?"), None);
    }

    #[test]
    fn a_sentence_that_is_too_long_loses_what_the_question_has_said() {
        let material = "The old ferry of Belm leaves at nine and stops at noon.";
        assert_eq!(within(material, "When does the old ferry of Belm leave?", 50).unwrap(), material);
        assert_eq!(
            within(material, "When does the old ferry of Belm leave?", 5).unwrap(),
            "at nine and stops at noon."
        );
    }
}
