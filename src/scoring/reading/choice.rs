//! Which candidate is the answer (step 9).

use super::candidate::{Candidate, is_approximation};
use super::lexeme::Lexemes;
use super::sign_word::is_direction_word;
use super::target::{NumberTarget, NumberUnit};

/// The candidate that answers: of those in the target's unit, else of all, the first behind a cue, else the first.
pub(super) fn chosen(lexemes: &Lexemes, candidates: &[Candidate], target: &NumberTarget) -> Option<Candidate> {
    let is_usable = |candidate: &&Candidate| target.unit == NumberUnit::Percent || !candidate.is_percent_like();
    let is_matching = |candidate: &&Candidate| match target.unit {
        NumberUnit::Percent => candidate.is_percent_like(),
        NumberUnit::Usd => candidate.is_currency() || candidate.has_scale(),
        NumberUnit::Count => candidate.has_scale(),
        NumberUnit::Index => false,
    };
    let has_match = candidates.iter().filter(is_usable).any(|candidate| is_matching(&candidate));
    let eligible = || candidates.iter().filter(is_usable).filter(|candidate| !has_match || is_matching(candidate));
    let cued = eligible().find(|candidate| is_behind_cue(lexemes, candidate.first().start, target.is_signed));
    cued.or_else(|| eligible().next()).copied()
}

/// Whether a word or sign that introduces a value stands before a piece.
fn is_behind_cue(lexemes: &Lexemes, start: usize, is_signed: bool) -> bool {
    let mut place = lexemes.before(start);
    // "was only", "stood at an estimated", "was: \"".
    for _ in 0..4 {
        let Some(at) = place else { return false };
        let is_passed = match lexemes.symbol(at) {
            Some(symbol) => matches!(symbol, '"' | '\'' | '(' | '[' | '|'),
            None => matches!(
                lexemes.word(at),
                "minus"
                    | "negative"
                    | "just"
                    | "only"
                    | "exactly"
                    | "precisely"
                    | "still"
                    | "a"
                    | "an"
                    | "the"
                    | "estimated"
                    | "now"
                    | "also"
                    | "probably"
                    | "likely"
                    | "actually"
                    | "then"
                    | "plus"
            ),
        };
        if !is_passed {
            break;
        }
        place = lexemes.before(at);
    }
    let Some(at) = place else { return false };
    let earlier = || lexemes.before(at).map_or("", |earlier| lexemes.word(earlier));
    match (lexemes.symbol(at), lexemes.word(at)) {
        (Some(symbol), _) => matches!(symbol, ':' | '=' | '≈' | '~' | '≃' | '∼' | '≅' | '→' | '⇒' | '>'),
        (_, "to") => !matches!(
            earlier(),
            "compared"
                | "relative"
                | "due"
                | "prior"
                | "according"
                | "similar"
                | "opposed"
                | "thanks"
                | "contrast"
                | "comparison"
                | "up"
        ),
        (_, "of") => earlier() != "out",
        (_, "by") => earlier() != "followed",
        (_, word) => {
            is_approximation(word)
                || matches!(
                    word,
                    "was"
                        | "is"
                        | "are"
                        | "were"
                        | "be"
                        | "been"
                        | "at"
                        | "reached"
                        | "stood"
                        | "closed"
                        | "averaged"
                        | "equals"
                        | "equaled"
                        | "equalled"
                        | "totaled"
                        | "totalled"
                        | "hit"
                        | "registered"
                        | "recorded"
                        | "remained"
                        | "settled"
                        | "measured"
                        | "posted"
                        | "reads"
                        | "read"
                        | "yielded"
                        | "being"
                        | "estimate"
                        | "recall"
                ) | (is_signed && is_direction_word(word))
        }
    }
}
