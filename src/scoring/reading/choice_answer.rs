//! Answers that pick one of two words: a direction, or the side of a threshold.

use serde::Serialize;
use serde_json::Value;

use super::confidence::confidence_of;
use super::json_object::{field, last_object};
use super::lexeme::{Kind, Lexemes};
use super::mask::mask_confidence;
use super::normalise::is_only_dashes;
use super::refusal_phrase::is_refusal_without_answer;
use super::sign_word::{Way, way_of};
use super::tagged::{boxed, tagged};

const KEYS: &[&str] =
    &["answer", "direction", "value", "final_answer", "prediction", "forecast", "estimate", "result", "side", "choice"];
const TAGS: &[&str] =
    &["answer", "direction", "value", "prediction", "forecast", "estimate", "result", "side", "choice"];
/// Pieces before a word in which "not" turns it away.
const NEGATION_PIECES: usize = 6;

/// Up, down, or the offered word "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Up,
    Down,
    Unknown,
}

/// At or above a threshold, or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdSide {
    Above,
    Below,
}

/// What kind of answer a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PickStatus {
    Value,
    Refusal,
    Unparseable,
}

/// A picked word. `answer` is there exactly where the status is [`PickStatus::Value`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PickReading<A> {
    pub status: PickStatus,
    pub answer: Option<A>,
    /// Stated probability of being right, in [0, 1].
    pub confidence: Option<f64>,
}

/// Reads whether an answer says up or down: as JSON, behind a tag, or in prose ("it rose").
///
/// A listing of the choices ("up or down") is no answer, both words without a tag are unparseable. The bare word
/// "unknown" is [`Direction::Unknown`], other words of not knowing are a refusal. Never fails; linear in the text.
#[must_use]
pub fn read_direction(text: &str) -> PickReading<Direction> {
    read(text, &|lexemes| {
        let only = (0..lexemes.len()).filter(|&at| lexemes.kind(at) == Some(Kind::Word));
        let words: Vec<&str> = only.take(3).map(|at| lexemes.word(at)).collect();
        if words == ["unknown"] {
            return Pick::One(Direction::Unknown);
        }
        match pick(lexemes, &direction_at) {
            Pick::One(Way::Up) => Pick::One(Direction::Up),
            Pick::One(Way::Down) => Pick::One(Direction::Down),
            Pick::None => Pick::None,
            Pick::Both => Pick::Both,
        }
    })
}

/// Reads whether an answer says "above" (also "at or above") or "below". As [`read_direction`].
#[must_use]
pub fn read_threshold(text: &str) -> PickReading<ThresholdSide> {
    read(text, &|lexemes| match pick(lexemes, &side_at) {
        Pick::One(Way::Up) => Pick::One(ThresholdSide::Above),
        Pick::One(Way::Down) => Pick::One(ThresholdSide::Below),
        Pick::None => Pick::None,
        Pick::Both => Pick::Both,
    })
}

enum Pick<A> {
    None,
    One(A),
    Both,
}

fn read<A: Copy>(text: &str, pick: &dyn Fn(&Lexemes) -> Pick<A>) -> PickReading<A> {
    let none = |status| PickReading { status, answer: None, confidence: None };
    if text.trim().is_empty() {
        return none(PickStatus::Unparseable);
    }
    if let Some(object) = last_object(text, KEYS) {
        let mut reading = match field(&object, KEYS) {
            Some(Value::Null) => none(PickStatus::Refusal),
            Some(Value::String(text)) => of_text(text, pick),
            _ => none(PickStatus::Unparseable),
        };
        if let Some(stated) = field(&object, &["confidence"]) {
            reading.confidence = confidence_of(stated);
        }
        return reading;
    }
    let Some(part) = boxed(text).or_else(|| tagged(text, TAGS)) else { return of_text(text, pick) };
    let mut reading = of_text(part, pick);
    if reading.confidence.is_none() {
        reading.confidence = mask_confidence(&mut Lexemes::of(text));
    }
    reading
}

fn of_text<A: Copy>(text: &str, pick: &dyn Fn(&Lexemes) -> Pick<A>) -> PickReading<A> {
    if is_only_dashes(text) {
        return PickReading { status: PickStatus::Refusal, answer: None, confidence: None };
    }
    let mut lexemes = Lexemes::of(text);
    let confidence = mask_confidence(&mut lexemes);
    let (status, answer) = match pick(&lexemes) {
        Pick::One(answer) => (PickStatus::Value, Some(answer)),
        Pick::None if is_refusal_without_answer(&lexemes) => (PickStatus::Refusal, None),
        Pick::None | Pick::Both => (PickStatus::Unparseable, None),
    };
    PickReading { status, answer, confidence }
}

/// A word that answers, and the first piece behind it.
type WordAt<'f> = dyn Fn(&Lexemes, usize) -> Option<(Way, usize)> + 'f;

fn direction_at(lexemes: &Lexemes, at: usize) -> Option<(Way, usize)> {
    let way = match (lexemes.word(at), lexemes.symbol(at)) {
        ("higher" | "larger" | "increasingly", _) | (_, Some('↑' | '▲' | '⬆' | '↗')) => Way::Up,
        ("lower" | "smaller", _) | (_, Some('↓' | '▼' | '⬇' | '↘')) => Way::Down,
        (word, _) => way_of(word)?,
    };
    Some((way, at + 1))
}

fn side_at(lexemes: &Lexemes, at: usize) -> Option<(Way, usize)> {
    let next = lexemes.past_space(at + 1);
    Some(match lexemes.word(at) {
        // "at or above", "equal to or above" are one word.
        "at" if lexemes.word(next) == "or" => {
            let side = lexemes.past_space(next + 1);
            match lexemes.word(side) {
                "above" | "over" | "higher" => (Way::Up, side + 1),
                "below" | "under" | "lower" => (Way::Down, side + 1),
                _ => return None,
            }
        }
        "above" | "higher" | "greater" | "exceeded" | "exceeds" | "exceed" | "over" | "surpassed" | "topped" => {
            (Way::Up, at + 1)
        }
        "at" if lexemes.word(next) == "least" => (Way::Up, next + 1),
        "below" | "lower" | "under" | "beneath" | "underneath" => (Way::Down, at + 1),
        "less" if lexemes.word(next) == "than" => (Way::Down, next + 1),
        "more" if lexemes.word(next) == "than" => (Way::Up, next + 1),
        _ => match lexemes.symbol(at)? {
            '≥' => (Way::Up, at + 1),
            '<' => (Way::Down, at + 1),
            _ => return None,
        },
    })
}

/// The one way that a text names, listings of choices and negated words left out.
fn pick(lexemes: &Lexemes, word_at: &WordAt<'_>) -> Pick<Way> {
    let mut words: Vec<(usize, usize, Way)> = Vec::new();
    let mut at = 0;
    while at < lexemes.len() {
        match word_at(lexemes, at).filter(|_| !lexemes.is_masked(at)) {
            Some((way, end)) => {
                words.push((at, end, way));
                at = end;
            }
            None => at += 1,
        }
    }
    let mut is_listed = vec![false; words.len()];
    for (place, pair) in words.windows(2).enumerate() {
        let [(_, left_end, left), (right_start, _, right)] = pair else { continue };
        if left != right && is_choice_joint(lexemes, *left_end, *right_start) {
            is_listed[place] = true;
            is_listed[place + 1] = true;
        }
    }
    let named =
        words.iter().zip(&is_listed).filter(|((start, ..), is_listed)| !**is_listed && !is_negated(lexemes, *start));
    let (mut up, mut down) = (false, false);
    for ((_, _, way), _) in named {
        match way {
            Way::Up => up = true,
            Way::Down => down = true,
        }
    }
    match (up, down) {
        (true, true) => Pick::Both,
        (true, false) => Pick::One(Way::Up),
        (false, true) => Pick::One(Way::Down),
        (false, false) => Pick::None,
    }
}

/// Nothing but "or", "and", a slash, commas and quotation marks between two choices, and one of them at least.
fn is_choice_joint(lexemes: &Lexemes, from: usize, to: usize) -> bool {
    if to.saturating_sub(from) > 12 {
        return false;
    }
    let (mut has_joint, mut has_or) = (false, false);
    (from..to).all(|at| match (lexemes.kind(at), lexemes.symbol(at), lexemes.word(at)) {
        (Some(Kind::Space | Kind::Line), ..) | (_, Some('"' | '\'' | '(' | ')'), _) => true,
        (_, Some('/' | '|' | ','), _) | (_, _, "or" | "and" | "versus" | "vs") => {
            has_joint = true;
            has_or |= lexemes.word(at) == "or";
            true
        }
        (_, _, "it" | "be" | "went" | "go") => has_or,
        _ => false,
    }) && has_joint
}

/// "did not rise", "no increase", "rather than up".
fn is_negated(lexemes: &Lexemes, start: usize) -> bool {
    for at in (start.saturating_sub(NEGATION_PIECES)..start).rev() {
        match (lexemes.symbol(at), lexemes.word(at)) {
            (Some('.' | ',' | ';' | ':' | '!' | '?'), _) => return false,
            (_, "not" | "no" | "never" | "neither" | "nor" | "without") => return true,
            // "didn't" is cut in three.
            (_, "t") if at >= 2 && lexemes.is_symbol(at - 1, '\'') && lexemes.word(at - 2).ends_with('n') => {
                return true;
            }
            (_, "than") => return at >= 2 && lexemes.word(at - 2) == "rather",
            (_, "but" | "it" | "and") => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direction(text: &str) -> String {
        let reading = read_direction(text);
        reading.answer.map_or_else(|| format!("{:?}", reading.status), |answer| format!("{answer:?}"))
    }

    fn side(text: &str) -> String {
        let reading = read_threshold(text);
        reading.answer.map_or_else(|| format!("{:?}", reading.status), |answer| format!("{answer:?}"))
    }

    #[test]
    fn directions_are_read_from_json_tags_and_prose() {
        for (text, expected) in [
            ("up", "Up"),
            ("Down.", "Down"),
            ("{\"answer\": \"up\", \"confidence\": 0.7}", "Up"),
            ("{\"direction\": \"Down\"}", "Down"),
            ("{\"answer\": null}", "Refusal"),
            ("{\"answer\": true}", "Unparseable"),
            ("You ask whether it went up or down.\nAnswer: up", "Up"),
            ("**Answer:** down", "Down"),
            ("\\boxed{\\text{down}}", "Down"),
            ("It rose.", "Up"),
            ("Unemployment went up in that month.", "Up"),
            ("higher", "Up"),
            ("The index declined", "Down"),
            ("\u{2193}", "Down"),
            ("Up or down? I say it fell.", "Down"),
            ("Of 'up', 'down' or 'unknown', up", "Up"),
            ("up/down", "Unparseable"),
            ("up or down", "Unparseable"),
            ("It rose and then fell.", "Unparseable"),
            ("It did not rise; it fell.", "Down"),
            ("It didn\u{2019}t fall, it rose", "Up"),
            ("not up", "Unparseable"),
            ("unknown", "Unknown"),
            ("\"unknown\"", "Unknown"),
            ("{\"answer\": \"unknown\"}", "Unknown"),
            ("I don't know whether it went up or down.", "Refusal"),
            ("It stayed the same", "Unparseable"),
            ("???", "Refusal"),
            ("", "Unparseable"),
        ] {
            assert_eq!(direction(text), expected, "{text}");
        }
        assert_eq!(read_direction("Answer: up\nConfidence: 80%").confidence, Some(0.8));
        assert_eq!(read_direction("{\"answer\": \"up\", \"confidence\": \"high\"}").confidence, Some(0.75));
    }

    #[test]
    fn sides_of_a_threshold_are_read() {
        for (text, expected) in [
            ("above", "Above"),
            ("At or above", "Above"),
            ("It was at or above 5.0%.", "Above"),
            ("below", "Below"),
            ("Answer: below", "Below"),
            ("{\"answer\": \"above\"}", "Above"),
            ("higher than 5", "Above"),
            ("It was less than 5%", "Below"),
            ("above or below", "Unparseable"),
            ("at or above, or below", "Unparseable"),
            ("At or above or below? Below.", "Below"),
            ("It was not below 5%", "Unparseable"),
            ("I cannot say", "Refusal"),
        ] {
            assert_eq!(side(text), expected, "{text}");
        }
    }
}
