//! A dialogue that asks for films: titles that the recommender named in the dialogues most like it.

use std::collections::HashSet;

use super::super::material::{Sentence, Speaker};
use super::super::overlap::{Compared, Overlaps, Terms};
use super::super::parts::{Cue, Parts};
use super::super::words::is_stop_word;

/// Most titles of a list.
const N_TITLES: usize = 20;

/// Words that open a reply and no title, beside the stop words; sorted.
const OPENERS: [&str; 22] = [
    "bye",
    "goodbye",
    "great",
    "hello",
    "hey",
    "hi",
    "maybe",
    "ok",
    "okay",
    "oh",
    "perhaps",
    "recommend",
    "see",
    "sorry",
    "sure",
    "thanks",
    "try",
    "watch",
    "welcome",
    "well",
    "yeah",
    "yes",
];

/// Words that may stand within a title in lower case, and may open one.
const ARTICLES: [&str; 3] = ["a", "an", "the"];

/// A numbered list of up to 20 titles, each once, those of the best dialogue first; of equal dialogues the earlier.
///
/// `None` for another kind of question, and where no recommender named a title.
pub(super) fn answer(parts: &Parts<'_>, sentences: &[Sentence<'_>]) -> Option<String> {
    if parts.cue != Cue::Conversation {
        return None;
    }
    let mut terms = Terms::new(Compared::Content);
    terms.add(parts.question);
    let overlaps = Overlaps::new(sentences, &terms);
    let mut dialogues: Vec<(f64, usize, &[Sentence<'_>])> = Vec::new();
    let mut start = 0;
    for dialogue in sentences.chunk_by(|a, b| a.block == b.block) {
        let mut found: Vec<usize> =
            (start..start + dialogue.len()).flat_map(|place| overlaps.terms_of(place)).copied().collect();
        found.sort_unstable();
        found.dedup();
        dialogues.push((overlaps.weight_of(&found), start, dialogue));
        start += dialogue.len();
    }
    dialogues.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut seen = HashSet::new();
    let named = dialogues.iter().flat_map(|(_, _, dialogue)| dialogue.iter());
    let lines: Vec<String> = named
        .filter(|sentence| sentence.speaker == Speaker::System)
        .flat_map(|sentence| titles(sentence.text))
        .filter(|title| seen.insert(title.to_lowercase()))
        .take(N_TITLES)
        .zip(1..)
        .map(|(title, rank)| format!("{rank}. {title}"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A run of capitalised words that is being read.
struct Run {
    start: usize,
    /// Behind the last capitalised word.
    end: usize,
    n_capitalised: usize,
    /// Capitalised words that are no articles.
    n_names: usize,
}

/// Runs of capitalised words of a sentence, with `of`, `the`, `and` and the like inside.
///
/// A single word at the sentence's start is none, nor is a word that opens replies. `and` joins only behind one name (`Pride and
/// Prejudice`), since behind more it stands between two titles. Other signs than letters and digits end a run.
fn titles(sentence: &str) -> Vec<&str> {
    let (mut titles, mut run) = (Vec::new(), None);
    let close = |run: Option<Run>, titles: &mut Vec<_>| {
        if let Some(run) = run
            && run.n_names > 0
            && (run.start > 0 || run.n_capitalised > 1)
        {
            titles.push(&sentence[run.start..run.end]);
        }
    };
    let is_sign = |character: char| !character.is_alphanumeric() && !matches!(character, '\'' | '’' | '&');
    let mut rest_at = 0;
    for token in sentence.split_inclusive(char::is_whitespace) {
        let (place, spaced) = (rest_at, token.trim_end());
        rest_at += token.len();
        let unopened = spaced.trim_start_matches(is_sign);
        let word = unopened.trim_end_matches(is_sign);
        let (start, lower) = (place + spaced.len() - unopened.len(), word.to_lowercase());
        if unopened.len() < spaced.len() {
            close(run.take(), &mut titles);
        }
        let is_article = ARTICLES.contains(&lower.as_str());
        let is_opener = place == 0 && !is_article && (is_stop_word(&lower) || OPENERS.contains(&lower.as_str()));
        let is_self = word == "I" || word.starts_with("I'") || word.starts_with("I’");
        let is_name = word.starts_with(char::is_uppercase) && !is_self && !is_opener;
        if is_name || (run.is_some() && word.starts_with(|first: char| first.is_ascii_digit())) {
            let reading = run.get_or_insert(Run { start, end: start, n_capitalised: 0, n_names: 0 });
            reading.end = start + word.len();
            reading.n_capitalised += 1;
            reading.n_names += usize::from(!is_article);
        } else {
            let goes_on = run.as_ref().is_some_and(|run| match lower.as_str() {
                "and" | "&" => run.n_names == 1,
                "of" | "in" | "to" | "for" | "on" => true,
                _ => is_article,
            });
            if !goes_on {
                close(run.take(), &mut titles);
            }
        }
        if word.len() < unopened.len() {
            close(run.take(), &mut titles);
        }
    }
    close(run, &mut titles);
    titles
}

#[cfg(test)]
mod tests {
    use super::super::super::material::sentences;
    use super::super::super::parts::parts;
    use super::*;

    #[test]
    fn titles_are_runs_of_capitalised_words() {
        let found = |sentence| titles(sentence).join("|");
        assert_eq!(found("Then try Harbour Lights or The Long Ferry."), "Harbour Lights|The Long Ferry");
        assert_eq!(
            found("The Lord of the Rings (2001) and Pride and Prejudice!"),
            "The Lord of the Rings|Pride and Prejudice"
        );
        assert_eq!(found("Try Glass Harvest and The Mill, I'd say Apollo 13"), "Glass Harvest|The Mill|Apollo 13");
        assert_eq!(found("Hello, what do you like?"), "");
        assert_eq!(found("Inception is one, The is none"), "");
        assert_eq!(found("\"Éden\" of"), "Éden");
    }

    #[test]
    fn the_openers_are_few_and_in_lower_case() {
        assert!(OPENERS.iter().all(|word| *word == word.to_lowercase() && !is_stop_word(word)));
    }

    #[test]
    fn the_best_dialogue_comes_first_and_each_title_once() {
        let material = "Dialogue 1:\nUser: Bells in Esker.\nSystem: Try Amber Fields.\n\nDialogue 2:\nUser: Ferries in Belm.\nSystem: See Twelve Clocks or Amber Fields.";
        let asked = |task: &str| {
            let prompt = format!("{material}\n\n[Task]\n{task}");
            answer(&parts(&prompt), &sentences(material))
        };
        let conversation = "Here is the conversation: User: Something of ferries?\nSystem:\n\nFilms:";
        assert_eq!(asked(conversation).unwrap(), "1. Twelve Clocks\n2. Amber Fields");
        assert_eq!(asked("Question: Something of ferries?"), None);
    }

    #[test]
    fn a_list_has_twenty_lines_at_most() {
        let material: String = (0..30).map(|n| format!("System: see Film {n}\n\n")).collect();
        let list = answer(&parts("m\n[Task]\nHere is the conversation: Hi"), &sentences(&material)).unwrap();
        assert_eq!((list.lines().count(), list.lines().last()), (20, Some("20. Film 19")));
    }
}
