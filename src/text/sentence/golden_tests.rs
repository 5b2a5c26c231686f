//! Sentences and words against those recorded from NLTK.

use serde_json::Value;

use super::{sentences, words};

const GOLDEN: &str = include_str!("../../../tests/golden/rwku/fluency.jsonl");
/// Texts of our own with what NLTK 3.10.4 makes of them: its English `punkt_tab` model and `NLTKWordTokenizer`.
const MORE: &str = include_str!("nltk_cases.jsonl");

#[test]
fn sentences_and_words_are_those_of_the_reference() {
    let mut n = 0;
    for line in GOLDEN.lines().chain(MORE.lines()) {
        let case: Value = serde_json::from_str(line).expect("a golden case");
        let text = case["text"].as_str().expect("a text");
        assert_eq!(Value::from(sentences(text)), case["nltk_sentences"], "{text}");
        assert_eq!(Value::from(words(text)), case["nltk_tokens"], "{text}");
        n += 1;
    }
    assert_eq!(n, 16 + 65);
}
