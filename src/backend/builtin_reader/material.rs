//! The material as sentences: who said each, in which block, under which number.

use super::sentence_ends::sentences_of;

/// Who said a sentence, as far as the text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Nobody,
    User,
    Assistant,
    /// The recommender of a dialogue.
    System,
}

/// A sentence of the material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sentence<'a> {
    /// Without its speaker and its number; never empty.
    pub(super) text: &'a str,
    pub(super) speaker: Speaker,
    /// Number of the paragraph, piece of memory or dialogue, ascending with gaps.
    pub(super) block: usize,
    /// The number that it stands under: `12` of `12. Ada lives in Belm.`
    pub(super) serial: Option<u64>,
}

/// What a turn begins with.
const SPEAKERS: [(&str, Speaker); 3] =
    [("User:", Speaker::User), ("Assistant:", Speaker::Assistant), ("System:", Speaker::System)];

/// What stands before the number of a heading such as `Memory 3:`.
const HEADINGS: [&str; 5] = ["Memory ", "Document ", "Dialogue ", "Chunk ", "Session "];

/// All sentences of the material, in order, scaffolding left out. O(n).
///
/// Scaffolding are headings (`Memory 3:`, `=== Session 2 [..] ===`, `[Conversation History]`), tags of turns (`<User>`, `<Assistant>`:
/// their whole line) and times of chats. It and blank lines begin a new block; it ends what its speaker said, a blank line does not.
pub(super) fn sentences(material: &str) -> Vec<Sentence<'_>> {
    let (mut found, mut block, mut speaker) = (Vec::new(), 0, Speaker::Nobody);
    for line in material.lines() {
        let line = line.trim();
        if line.is_empty() {
            block += 1;
            continue;
        }
        if is_scaffolding(line) {
            (block, speaker) = (block + 1, Speaker::Nobody);
            continue;
        }
        for sentence in sentences_of(line) {
            let sentence = sentence.trim();
            if is_heading(sentence) {
                (block, speaker) = (block + 1, Speaker::Nobody);
                continue;
            }
            let mut text = sentence;
            if let Some((said, by)) = without_speaker(sentence) {
                (text, speaker) = (said, by);
            }
            let (serial, text) = without_serial(text);
            if !text.is_empty() {
                found.push(Sentence { text, speaker, block, serial });
            }
        }
    }
    found
}

fn is_scaffolding(line: &str) -> bool {
    // Upstream's wrapper writes `\n` as two characters before the tag.
    let is_tag = |tag: &str| line.starts_with(tag) || line.contains(&format!("\\n{tag}"));
    ["<User>", "<Assistant>"].into_iter().any(is_tag)
        || (line.starts_with("=== ") && line.ends_with("==="))
        || line == "[Conversation History]"
        || line.starts_with("Chat Time: ")
}

fn is_heading(sentence: &str) -> bool {
    let number = HEADINGS.iter().find_map(|heading| sentence.strip_prefix(heading)?.strip_suffix(':'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn without_speaker(sentence: &str) -> Option<(&str, Speaker)> {
    SPEAKERS.iter().find_map(|(name, speaker)| {
        let said = sentence.strip_prefix(name)?;
        (said.is_empty() || said.starts_with(char::is_whitespace)).then(|| (said.trim_start(), *speaker))
    })
}

fn without_serial(text: &str) -> (Option<u64>, &str) {
    let behind = text.trim_start_matches(|character: char| character.is_ascii_digit());
    match (text[..text.len() - behind.len()].parse(), behind.strip_prefix('.')) {
        (Ok(serial), Some(fact)) if fact.is_empty() || fact.starts_with(char::is_whitespace) => {
            (Some(serial), fact.trim_start())
        }
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(material: &str) -> Vec<&str> {
        sentences(material).iter().map(|sentence| sentence.text).collect()
    }

    #[test]
    fn scaffolding_is_no_material() {
        let material = "[Conversation History]\n\n=== Session 1 [Time: 2025-01-01 08:00] ===\nMemory 1:\nA talk \\n<User> I read:\n<User> more\nOne fact.\n<Assistant> noted\nDocument 12:\nDocument 12: kept";
        assert_eq!(texts(material), ["One fact.", "Document 12: kept"]);
        assert!(texts(" \n\nMemory 2:\n").is_empty());
    }

    #[test]
    fn numbers_and_speakers_are_told_apart_from_what_is_said() {
        let found = sentences("User: Hi. Hello.\n\nstill I\nAssistant: 1. No.\nMemory 2:\n25. Fact. 1999. 26.");
        let told: Vec<_> = found.iter().map(|one| (one.text, one.speaker, one.serial)).collect();
        assert_eq!(
            told,
            [
                ("Hi.", Speaker::User, None),
                ("Hello.", Speaker::User, None),
                ("still I", Speaker::User, None),
                ("No.", Speaker::Assistant, Some(1)),
                ("Fact.", Speaker::Nobody, Some(25)),
                ("26.", Speaker::Nobody, Some(1999)),
            ]
        );
    }

    #[test]
    fn turns_and_headings_within_a_line_are_found() {
        let found = sentences("Dialogue 1:\nSystem: Hello! User: Films? System: Heat. Dialogue 2:\nSystem: Hi.");
        let told: Vec<_> = found.iter().map(|one| (one.text, one.speaker, one.block)).collect();
        assert_eq!(
            told,
            [
                ("Hello!", Speaker::System, 1),
                ("Films?", Speaker::User, 1),
                ("Heat.", Speaker::System, 1),
                ("Hi.", Speaker::System, 2),
            ]
        );
    }
}
