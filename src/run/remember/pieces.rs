//! A history as an agent memorises it, piece by piece, and where its evidence stands.

use std::sync::Arc;

use serde_json::Value;

use crate::agent::settings::AgentSettings;
use crate::dataset::memory::chunk::chunks;
use crate::dataset::stale::{Control, Scenario};
use crate::dataset::{DataError, History, Item, OpenHistory};
use crate::prompt::memory::{MemoryWords, session_piece};
use crate::suite::Probe;
use crate::text::o200k::{Markers, token_count};

/// A history that is open, in pieces.
#[derive(Debug, Clone)]
pub struct Pieces {
    /// With the words around them, as they are memorised.
    pub wrapped: Vec<Arc<str>>,
    pub bare: Vec<Arc<str>>,
    pub times: Vec<Option<String>>,
    /// Tokens of all that is memorised.
    pub written_tokens: u64,
    /// Of a history of sessions.
    pub scenario: Option<Arc<Scenario>>,
}

/// Why a history cannot be memorised.
#[derive(Debug, thiserror::Error)]
pub enum PiecesError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Tokens(#[from] crate::text::o200k::TokenError),
    #[error(transparent)]
    Words(#[from] crate::prompt::PackError),
}

/// Opens a history and cuts it: a context by tokens, sessions as they are.
///
/// # Errors
/// The file has gone, a text cannot be cut into tokens, or the prompt file lacks a prompt.
pub fn pieces(
    history: &History,
    probe: &Probe,
    settings: &AgentSettings,
    words: MemoryWords<'_>,
) -> Result<Pieces, PiecesError> {
    let (bare, times, scenario): (Vec<String>, Vec<Option<String>>, _) = match history.open()? {
        OpenHistory::Context(context) => {
            let budget = settings.chunk_tokens.unwrap_or(usize::MAX);
            let cut = chunks(&context, budget, settings.chunking)?;
            let times = vec![None; cut.len()];
            (cut, times, None)
        }
        OpenHistory::Sessions(scenario) => {
            let pieces = scenario.sessions.iter().map(session_piece).collect();
            let times = scenario.sessions.iter().map(|session| session.time.clone()).collect();
            (pieces, times, Some(scenario))
        }
    };
    let mut wrapped: Vec<Arc<str>> = Vec::with_capacity(bare.len());
    let mut written_tokens = 0;
    for piece in &bare {
        let text = match probe {
            Probe::Memory(probe) => words.memorize(probe.family, piece)?,
            _ => piece.clone(),
        };
        written_tokens += token_count(&text, Markers::AsText)? as u64;
        wrapped.push(text.into());
    }
    let bare = bare.into_iter().map(Into::into).collect();
    Ok(Pieces { wrapped, bare, times, written_tokens, scenario })
}

/// Characters of evidence by which a piece is recognised that does not hold all of it.
const BEGINNING: usize = 80;

/// For each piece of an item's evidence, the pieces of the history that hold it; empty where the data do not say where it stands.
#[must_use]
pub fn evidence_places(item: &Item, pieces: &Pieces) -> Vec<Vec<u64>> {
    if let (Some(scenario), Some(_)) = (&pieces.scenario, item.fields.get("old_session")) {
        let is_control = item.fields.get("control").and_then(Value::as_str);
        let old = scenario.evidence.old as u64;
        return match is_control {
            Some(word) if Control::ALL.iter().any(|control| control.as_str() == word) => vec![vec![old]],
            _ => vec![vec![old], vec![scenario.evidence.new as u64]],
        };
    }
    let wanted = item.fields.get("evidence").and_then(Value::as_array);
    let flat: Vec<String> = pieces.bare.iter().map(|piece| searchable(piece)).collect();
    wanted
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|text| {
            let text = searchable(text);
            let beginning: String = text.chars().take(BEGINNING).collect();
            let holding = |part: &str| -> Vec<u64> {
                let holds = flat.iter().enumerate().filter(|(_, piece)| piece.contains(part));
                holds.map(|(place, _)| place as u64).collect()
            };
            let whole = holding(&text);
            if whole.is_empty() { holding(&beginning) } else { whole }
        })
        .collect()
}

/// A text as evidence is looked for: the hub's chats are Python literals, whose escapes stand for white space, quotes and backslashes.
fn searchable(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'r' | 't') => plain.push(' '),
                Some(escaped) => plain.push(escaped),
                None => {}
            },
            other => plain.push(other),
        }
    }
    single_spaced(&plain)
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_a_python_literal_of_it() {
        let said = "She said \"it's here\".\nThen she left\tC:\\temp.";
        let literal = r#"{'content': 'She said "it\'s here".\nThen she left\tC:\\temp.'}"#;
        assert!(searchable(literal).contains(&searchable(said)) || searchable(literal).contains("it's here"));
        assert!(searchable(literal).contains(&searchable("She said \"it's here\".\nThen she left")));
        assert_eq!(searchable("a  b\nc"), "a b c");
    }
}
