//! What of a prompt is searched for (`_extract_retrieval_query` of `agent.py` at commit 455306dc).

use crate::text::python_text::is_space;

/// Cues behind which a question stands; the first that the prompt has counts, wherever it stands.
const CUES: [&str; 2] = ["Now Answer the Question:", "Here is the conversation:"];

/// What stands behind the first cue to the prompt's end, without white space before it; the whole prompt where there is none.
///
/// Case counts, and closing cues such as `Answer:` stay in. O(n).
#[must_use]
pub fn retrieval_query(prompt: &str) -> &str {
    let behind = CUES.iter().find_map(|cue| prompt.split_once(cue)).map(|(_, behind)| behind);
    behind.map_or(prompt, |behind| behind.trim_start_matches(is_space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cue_wins_over_the_first_place() {
        assert_eq!(retrieval_query("Here is the conversation: A Now Answer the Question:\n B ? "), "B ? ");
        assert_eq!(retrieval_query("Now Answer the Question:"), "");
        assert_eq!(retrieval_query(" as it is "), " as it is ");
    }
}
