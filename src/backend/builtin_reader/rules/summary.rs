//! A summary: first sentences of paragraphs from all over the material.

use super::super::material::Sentence;
use super::super::parts::Parts;

/// Words at which a summary is long enough.
const N_WORDS: usize = 150;

/// Paragraphs below which all sentences are drawn from, not only the first ones.
const FEWEST_PARAGRAPHS: usize = 10;

/// First sentences of evenly spaced paragraphs, in order, about 150 words; `None` where no summary is asked for.
///
/// Their number comes from the mean length, so that long material is passed through to its end.
pub(super) fn answer(parts: &Parts<'_>, sentences: &[Sentence<'_>]) -> Option<String> {
    let is_asked = [parts.question, parts.instruction].iter().any(|text| text.to_lowercase().contains("summar"));
    if !is_asked {
        return None;
    }
    let mut drawn: Vec<&str> =
        sentences.chunk_by(|a, b| a.block == b.block).filter_map(|paragraph| Some(paragraph.first()?.text)).collect();
    if drawn.len() < FEWEST_PARAGRAPHS {
        drawn = sentences.iter().map(|sentence| sentence.text).collect();
    }
    let n_words: usize = drawn.iter().map(|sentence| sentence.split_whitespace().count()).sum();
    let n = (drawn.len() * N_WORDS).div_ceil(n_words.max(1)).clamp(1, drawn.len());
    let (mut summary, mut n_written) = (String::new(), 0);
    for sentence in (0..n).map(|place| drawn[place * drawn.len() / n]) {
        if !summary.is_empty() {
            summary.push(' ');
        }
        summary.push_str(sentence);
        n_written += sentence.split_whitespace().count();
        if n_written >= N_WORDS {
            break;
        }
    }
    Some(summary)
}

#[cfg(test)]
mod tests {
    use super::super::super::material::sentences;
    use super::super::super::parts::parts;
    use super::*;

    fn summary_of(material: &str) -> Option<String> {
        answer(&parts("m\n[Task]\nSUMMARISE the book."), &sentences(material))
    }

    #[test]
    fn a_long_book_is_passed_through_from_beginning_to_end() {
        let book: String =
            (0..300).map(|n| format!("Chapter {n} has ten words in its first one here. More.\n\n")).collect();
        let summary = summary_of(&book).unwrap();
        assert!(summary.starts_with("Chapter 0 has") && summary.contains("Chapter 280 has"), "{summary}");
        assert!(!summary.contains("More") && (130..=160).contains(&summary.split(' ').count()), "{summary}");
    }

    #[test]
    fn short_material_is_its_own_summary() {
        assert_eq!(summary_of("One fact. Two facts.\n\nThree.").unwrap(), "One fact. Two facts. Three.");
        assert_eq!(answer(&parts("m\n[Task]\nQuestion: Who?"), &sentences("One fact.")), None);
    }
}
