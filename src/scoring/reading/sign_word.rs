//! Words that give a number its sign (step 10).

use super::lexeme::{Kind, Lexemes};

/// Pieces that are looked at before a number for the verb it belongs to.
const MOST_PIECES_BACK: usize = 48;
/// Pieces that are looked at behind it.
const MOST_PIECES_AHEAD: usize = 9;

/// Which way a word points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

/// Verbs and nouns of change.
pub(super) fn way_of(word: &str) -> Option<Way> {
    Some(match word {
        "fell" | "fall" | "falls" | "falling" | "fallen" | "declined" | "decline" | "declines" | "declining"
        | "dropped" | "drop" | "drops" | "dropping" | "contracted" | "contract" | "contracts" | "contracting"
        | "contraction" | "shrank" | "shrink" | "shrinks" | "shrunk" | "shrinking" | "shrinkage" | "lost" | "lose"
        | "loses" | "losing" | "loss" | "down" | "decreased" | "decrease" | "decreases" | "decreasing" | "slid"
        | "slide" | "slides" | "sliding" | "slipped" | "slip" | "slips" | "slumped" | "slump" | "slumps"
        | "plunged" | "plunge" | "plunges" | "plummeted" | "plummet" | "sank" | "sink" | "sinks" | "sunk"
        | "tumbled" | "tumble" | "retreated" | "retreat" | "shed" | "sheds" | "dipped" | "dip" | "dips" | "receded"
        | "weakened" | "reduction" | "reduced" | "negative" | "collapsed" | "collapse" | "cut" | "downturn"
        | "worsened" | "downward" | "downwards" | "diminished" | "dwindled" | "crashed" => Way::Down,
        "rose" | "rise" | "rises" | "rising" | "risen" | "grew" | "grow" | "grows" | "growing" | "grown" | "growth"
        | "increased" | "increase" | "increases" | "increasing" | "gained" | "gain" | "gains" | "gaining" | "up"
        | "expanded" | "expand" | "expands" | "expanding" | "expansion" | "climbed" | "climb" | "climbs"
        | "climbing" | "jumped" | "jump" | "jumps" | "surged" | "surge" | "surges" | "soared" | "soar" | "added"
        | "adds" | "advanced" | "advance" | "advances" | "rebounded" | "rebound" | "recovered" | "accelerated"
        | "positive" | "spiked" | "rallied" | "upward" | "upwards" | "strengthened" | "leapt" | "leaped" => Way::Up,
        _ => return None,
    })
}

/// Whether a word tells a change.
pub(super) fn is_direction_word(word: &str) -> bool {
    way_of(word).is_some()
}

/// Whether "minus" or "negative" stands right before a number.
pub(super) fn is_behind_minus_word(lexemes: &Lexemes, start: usize) -> bool {
    let Some(mut place) = lexemes.before(start) else { return false };
    if matches!(lexemes.symbol(place), Some('"' | '\'' | '(')) {
        match lexemes.before(place) {
            Some(before) => place = before,
            None => return false,
        }
    }
    matches!(lexemes.word(place), "minus" | "negative")
}

/// Whether a word of change makes the number between two pieces negative.
///
/// The nearest such word before the number in its sentence decides, unless it goes "to" the number: then it is a level.
/// Without one, a noun behind it ("a 0.6% decline").
pub(super) fn is_decline(lexemes: &Lexemes, start: usize, end: usize) -> bool {
    match way_before(lexemes, start) {
        Found::Way(way) => way == Way::Down,
        Found::Level => false,
        Found::Nothing => is_decline_behind(lexemes, end),
    }
}

enum Found {
    Way(Way),
    /// "to 0.3%"
    Level,
    Nothing,
}

fn way_before(lexemes: &Lexemes, start: usize) -> Found {
    for place in (start.saturating_sub(MOST_PIECES_BACK)..start).rev() {
        if lexemes.is_masked(place) {
            continue;
        }
        match lexemes.kind(place) {
            Some(Kind::Line | Kind::Digits | Kind::Fraction) => return Found::Nothing,
            Some(Kind::Symbol) => {
                let is_end = match lexemes.symbol(place) {
                    Some('!' | '?' | ';') => true,
                    Some('.') => ends_sentence(lexemes, place),
                    _ => false,
                };
                if is_end {
                    return Found::Nothing;
                }
            }
            Some(Kind::Word) => {
                let Some(way) = way_of(lexemes.word(place)) else { continue };
                let next = lexemes.word(lexemes.past_space(place + 1));
                match next {
                    "to" | "toward" | "towards" => return Found::Level,
                    "short" | "behind" => continue,
                    _ => {}
                }
                let before = lexemes.before(place).map_or("", |before| lexemes.word(before));
                let is_turned = way == Way::Up && before == "negative";
                return Found::Way(if is_turned { Way::Down } else { way });
            }
            _ => {}
        }
    }
    Found::Nothing
}

/// A full stop before white space that follows a word of more than two letters: "U.S." and "approx." go on.
fn ends_sentence(lexemes: &Lexemes, at: usize) -> bool {
    let word = at.checked_sub(1).map_or("", |before| lexemes.word(before));
    lexemes.is_space(at + 1) && word.len() != 1 && !matches!(word, "approx" | "ca" | "vs" | "est" | "no")
}

fn is_decline_behind(lexemes: &Lexemes, end: usize) -> bool {
    for place in end..end + MOST_PIECES_AHEAD {
        match lexemes.kind(place) {
            Some(Kind::Space) => {}
            Some(Kind::Word) => match lexemes.word(place) {
                "after" | "following" | "from" | "versus" | "vs" | "compared" | "than" | "and" | "but" | "while"
                | "in" | "with" | "when" | "as" => {
                    return false;
                }
                "lower" | "smaller" => return lexemes.word(lexemes.past_blank(place + 1)) != "bound",
                word => match way_of(word) {
                    Some(Way::Down) => return lexemes.word(lexemes.past_blank(place + 1)) != "from",
                    Some(Way::Up) => return false,
                    None => {}
                },
            },
            Some(Kind::Symbol) if lexemes.is_symbol(place, '-') => {}
            _ => return false,
        }
    }
    false
}
