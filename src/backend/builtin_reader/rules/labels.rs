//! Material that pairs texts with labels: the label of the nearest text.

use super::super::material::Sentence;
use super::super::overlap::{Compared, Overlaps, Terms};
use super::super::parts::Parts;

/// What a label's line begins with.
const LABEL: &str = "label:";

/// What each word of a text costs that the question does not have, as a share of the score.
const FOREIGN_WORD: f64 = 0.1;

/// `label: N` of the text that shares most with the question; of equal ones the first.
///
/// `None` where no label is asked for, the material has none, or no text shares a word with the question.
pub(super) fn answer(parts: &Parts<'_>, sentences: &[Sentence<'_>]) -> Option<String> {
    let is_asked = parts.ending.is_some_and(|ending| ending.eq_ignore_ascii_case(LABEL));
    if !is_asked && !parts.instruction.contains(LABEL) {
        return None;
    }
    // Short texts differ in words such as `how` and `what`.
    let mut terms = Terms::new(Compared::All);
    terms.add(parts.question);
    let overlaps = Overlaps::new(sentences, &terms);
    let (mut found, mut n_foreign) = (Vec::new(), 0);
    let (mut best, mut best_score) = (None, 0.0);
    for (place, sentence) in sentences.iter().enumerate() {
        let Some(label) = sentence.text.strip_prefix(LABEL) else {
            found.extend_from_slice(overlaps.terms_of(place));
            n_foreign += overlaps.n_new_words(place);
            continue;
        };
        found.sort_unstable();
        found.dedup();
        let score = overlaps.weight_of(&found) / (1.0 + FOREIGN_WORD * n_foreign as f64);
        if score > best_score && !label.trim().is_empty() {
            (best, best_score) = (Some(label.trim()), score);
        }
        found.clear();
        n_foreign = 0;
    }
    best.map(|label| format!("{LABEL} {label}"))
}

#[cfg(test)]
mod tests {
    use super::super::super::material::sentences;
    use super::super::super::parts::parts;
    use super::*;

    const PAIRS: &str =
        "how do I mend a bell\nlabel: 3\n\nhow do I sell a bell? Quickly.\nlabel: 5\n\nbell\nlabel: 7\n";

    fn asked(material: &str, task: &str) -> Option<String> {
        answer(&parts(&format!("{material}\n[Task]\n{task}")), &sentences(material))
    }

    #[test]
    fn the_label_of_the_nearest_text_is_copied() {
        assert_eq!(asked(PAIRS, "Question: how to sell my bell\nlabel:").unwrap(), "label: 5");
        assert_eq!(asked(PAIRS, "Question: how could I mend a clock\nlabel:").unwrap(), "label: 3");
        assert_eq!(asked(PAIRS, "Write \"label: {label}\".\nQuestion: bell").unwrap(), "label: 7");
    }

    #[test]
    fn chunks_whose_line_breaks_are_gone_are_read_too() {
        let joined = "Can I sell it? label: 5\n\nCan I mend it? label: 3";
        assert_eq!(asked(joined, "Question: mend\nlabel:").unwrap(), "label: 3");
    }

    #[test]
    fn without_labels_or_a_shared_word_there_is_no_label() {
        assert_eq!(asked(PAIRS, "Question: how to sell\nAnswer:"), None);
        assert_eq!(asked("how do I mend", "Question: how\nlabel:"), None);
        assert_eq!(asked(PAIRS, "Question: xyz\nlabel:"), None);
    }
}
