//! One output line from the answers about one text.

use super::AttackRow;
use super::answered::{Answer, Answered};
use super::choice::Chosen;
use super::compat::compat_numbers;
use super::given::Given;
use crate::backend::{BackendError, TokenScores};
use crate::cli::instrument::{Outcome, RowError};
use crate::dataset::LabelledRow;
use crate::scoring::membership::{self, Attack, AttackInput, Extra, ExtraPass, FLAG_IN_RECALL_PREFIX};

/// Why an attack has no answer to compute from.
enum Hole {
    /// A property of the text: it will be so the next time.
    OfText(String),
    /// Anything else may go well the next time.
    Failed(RowError),
}

/// A hole for the answer of a pass called `name`, if it is one.
fn hole<T>(name: &str, what: &str, answer: Option<&Result<T, BackendError>>) -> Option<Hole> {
    let Err(error) = answer? else { return None };
    Some(if error.is_unscorable_item() {
        Hole::OfText(format!("too_short_{name}"))
    } else {
        Hole::Failed(RowError { kind: format!("{name}_{}", error.kind()), message: format!("{what}: {error}") })
    })
}

/// What keeps an attack from a score before it is computed.
fn hole_of(attack: &Attack, row: &LabelledRow, answered: &Answered, given: &Given) -> Option<Hole> {
    if attack.needs.reference_model
        && let Some(found) = hole("for_reference", "the reference model", answered.reference.as_ref())
    {
        return Some(match found {
            Hole::Failed(RowError { kind, message }) => {
                Hole::Failed(RowError { kind: kind.replacen("for_reference", "reference", 1), message })
            }
            of_text @ Hole::OfText(_) => of_text,
        });
    }
    match attack.needs.pass? {
        ExtraPass::Lowered => hole("lowered", "the text in lower case", answered.lowered.as_ref()),
        ExtraPass::Neighbors => {
            let failed = answered.neighbors.iter().find(|neighbor| neighbor.is_err());
            hole("neighbor", "a neighbour", failed)
        }
        ExtraPass::Prefixed if given.is_in_prefix(&row.text) => Some(Hole::OfText(FLAG_IN_RECALL_PREFIX.to_owned())),
        ExtraPass::Prefixed => hole("prefixed", "the text after the prefix", answered.prefixed.as_ref()),
        ExtraPass::AfterEos => hole("after_eos", "the text after the end-of-text token", answered.after_eos.as_ref()),
        ExtraPass::Gradient => hole("gradient", "the gradient", answered.gradient.as_ref()),
    }
}

fn good<T>(answer: &Answer<T>) -> Option<&T> {
    answer.as_ref().and_then(|answer| answer.as_ref().ok())
}

/// The line of a text that the target could score.
pub(super) fn score_row(
    row: &LabelledRow,
    target: &TokenScores,
    answered: &Answered,
    chosen: &Chosen,
    given: &Given,
) -> Outcome<AttackRow> {
    let mut line = AttackRow {
        id: row.id.clone(),
        member: row.member,
        scores: Default::default(),
        flags: Default::default(),
        compat: Default::default(),
    };
    let neighbors: Vec<TokenScores> =
        answered.neighbors.iter().filter_map(|scores| scores.as_ref().ok().cloned()).collect();
    let extra = Extra {
        // A text without a capital is its own lowered text.
        lowered: good(&answered.lowered).or((answered.lowered.is_none()).then_some(target)),
        neighbors: &neighbors,
        prefixed: good(&answered.prefixed),
        after_eos: good(&answered.after_eos),
        frequencies: given.corpus.as_ref().map(|corpus| &corpus.frequencies),
        gradient: good(&answered.gradient),
    };
    let input = AttackInput { reference: good(&answered.reference), extra, ..AttackInput::new(&row.text, target) };
    let mut failure: Option<RowError> = None;
    for attack in &chosen.attacks {
        let scored = match hole_of(attack, row, answered, given) {
            Some(Hole::OfText(kind)) => Err(kind),
            Some(Hole::Failed(error)) => {
                let kind = error.kind.clone();
                failure.get_or_insert(error);
                Err(kind)
            }
            None => membership::score(attack, &input, &chosen.options).map_err(|error| error.kind().to_owned()),
        };
        let (value, flags) = match scored {
            Ok(score) => (Some(score.value), score.flags.iter().map(|flag| (*flag).to_owned()).collect()),
            Err(kind) => (None, vec![kind]),
        };
        line.scores.insert(attack.id.to_owned(), value);
        if !flags.is_empty() {
            line.flags.insert(attack.id.to_owned(), flags);
        }
    }
    for &code in &chosen.compat {
        line.compat.insert(code.word().to_owned(), compat_numbers(code, &input, answered, chosen, given));
    }
    match failure {
        Some(failure) => Outcome::Partial(line, failure),
        None => Outcome::Answered(line),
    }
}
