//! Histories given to a system behind HTTP: several at once, each in order, each under an id of its own.

use std::sync::atomic::Ordering;

use super::asking::{Desk, Finds, Turn};
use super::memory::{Memory, failure};
use super::pieces::Pieces;
use crate::agent::http::HttpAgent;
use crate::digest::sha256_hex;
use crate::run::execute::{Execution, OpenQuestion};

/// Histories given to one system at the same time.
const SESSIONS_TOGETHER: usize = 4;

/// A name for the sessions of a run and model: free of paths, and of other runs'.
pub(super) fn session_prefix(execution: &Execution<'_>, slug: &str) -> String {
    let manifest = execution.folder.read_manifest();
    // Two runs can begin in the same second, but not into the same folder.
    let begun = manifest.map(|manifest| format!("{} {}", manifest.created_utc, manifest.command_line.join(" ")));
    format!("run-{}-{slug}", &sha256_hex(begun.unwrap_or_default().as_bytes())[..12])
}

/// A session's id: letters, digits and `-._` alone, at most 128 of them. Names of tasks and histories are not in it: they can say what the
/// right answer is (`control-removed`).
fn session_id(prefix: &str, task: &str, history: &str, epoch: u32) -> String {
    let full = format!("{prefix}.{task}.{history}.{epoch}");
    let safe: String = prefix
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' })
        .collect();
    let hash = &sha256_hex(full.as_bytes())[..20];
    format!("{}.{hash}", safe.chars().take(100).collect::<String>())
}

impl Desk<'_, '_> {
    /// A system behind HTTP: several histories at once, each in order.
    pub(super) fn use_agent(&self, work: &[(&Turn<'_>, &Pieces)], open: &[OpenQuestion<'_>]) -> Finds {
        let mut finds = Finds::default();
        let Some(agent) = self.agent else { return finds };
        for together in work.chunks(SESSIONS_TOGETHER) {
            if self.execution.interrupted.load(Ordering::Relaxed) {
                break;
            }
            std::thread::scope(|scope| {
                let handles: Vec<_> = together
                    .iter()
                    .map(|(turn, pieces)| scope.spawn(move || self.one_session(agent, turn, pieces, open)))
                    .collect();
                for (handle, (turn, _)) in handles.into_iter().zip(together) {
                    // A fault of ours costs this history alone, and is told.
                    let lost = |_| {
                        Finds::failed(
                            turn,
                            &failure("internal", "the session ended by a fault of mnemoscope; please report it"),
                        )
                    };
                    finds.extend(handle.join().unwrap_or_else(lost));
                }
            });
        }
        finds
    }

    fn one_session(&self, agent: &HttpAgent, turn: &Turn<'_>, pieces: &Pieces, open: &[OpenQuestion<'_>]) -> Finds {
        let id = session_id(&self.session_prefix, turn.task, &turn.history.id, open[turn.places[0]].key.epoch);
        match Memory::at(agent, (&id, self.n_earlier_calls), &turn.history.source, pieces) {
            Ok((memory, memorised)) => {
                let finds = self.recall_all(turn, &memory, memorised, pieces, open, &[]);
                memory.close();
                finds
            }
            Err(fault) => Finds::failed(turn, &fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_hold_nothing_that_a_url_could_misread() {
        let id = session_id("run-ab-m \u{fc}?/#", "longmemeval", "Accurate_Retrieval/0 \u{fc}?../#", 0);
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')), "{id}");
        assert!(session_id(&"p".repeat(500), "t", &"x".repeat(500), 0).len() <= 128);
        assert!(!session_id("p", "controls", "u/control-removed", 0).contains("control"));
        assert_ne!(session_id("p", "t", "a/b", 0), session_id("p", "t", "a-b", 0));
    }
}
