//! Which numbers of a text could be the answer: years left out, ranges put together (steps 7 and 8).

use super::lexeme::Lexemes;
use super::refusal_phrase::has_cutoff_talk;
use super::sign_word::is_direction_word;
use super::target::{NumberTarget, NumberUnit};
use super::token::Token;
use super::unit_words::Unit;

/// One number, or the two ends of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Candidate {
    Single(Token),
    Range(Token, Token),
}

impl Candidate {
    /// The token that stands first.
    pub(super) fn first(&self) -> &Token {
        match self {
            Self::Single(token) | Self::Range(token, _) => token,
        }
    }

    pub(super) fn is_percent_like(&self) -> bool {
        self.first().is_percent_like()
    }

    pub(super) fn has_scale(&self) -> bool {
        self.first().scale.is_some()
    }

    pub(super) fn is_currency(&self) -> bool {
        self.first().is_currency
    }
}

/// What joins two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    To,
    Dash,
    And,
}

/// The candidates in the order of the text.
pub(super) fn candidates(lexemes: &Lexemes, tokens: &[Token], target: &NumberTarget) -> Vec<Candidate> {
    let tokens = without_years(lexemes, tokens, target);
    let mut found = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(&left) = tokens.get(at) {
        let pair = tokens.get(at + 1).and_then(|&right| joined(lexemes, left, right, target));
        found.push(pair.unwrap_or(Candidate::Single(left)));
        at += 1 + usize::from(pair.is_some());
    }
    found
}

/// Drops what stands behind ±, and bare years that are dates.
fn without_years(lexemes: &Lexemes, tokens: &[Token], target: &NumberTarget) -> Vec<Token> {
    let drops_all = target.unit == NumberUnit::Percent
        || (tokens.iter().any(|token| token.is_bare_year) && has_cutoff_talk(lexemes));
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    // Years behind "between" may be the ends of a range of values, where nothing else is said.
    let mut doubtful: Vec<Token> = Vec::new();
    let mut dropped_before: Option<(&Token, bool)> = None;
    for token in tokens.iter().filter(|token| !token.is_uncertainty) {
        let follows = dropped_before.take().filter(|(before, _)| joint(lexemes, before, token).is_some());
        let is_between = word_before(lexemes, token) == "between";
        let is_date = drops_all || is_between || follows.is_some() || is_dated(lexemes, token);
        if !(token.is_bare_year && is_date) {
            kept.push(*token);
            continue;
        }
        let is_doubtful = !drops_all && (is_between || follows.is_some_and(|(_, is_doubtful)| is_doubtful));
        if is_doubtful {
            doubtful.push(*token);
        }
        dropped_before = Some((token, is_doubtful));
    }
    if kept.is_empty() { doubtful } else { kept }
}

/// Whether a preposition of time, a comma or a parenthesis stands before a year.
fn is_dated(lexemes: &Lexemes, token: &Token) -> bool {
    let Some(place) = lexemes.before(token.start) else { return false };
    let earlier = || lexemes.before(place).map_or("", |earlier| lexemes.word(earlier));
    match (lexemes.symbol(place), lexemes.word(place)) {
        (Some(',' | '(' | '['), _) => true,
        (Some(_), _) => false,
        (_, "of") => matches!(
            earlier(),
            "quarter"
                | "half"
                | "end"
                | "beginning"
                | "start"
                | "middle"
                | "spring"
                | "summer"
                | "autumn"
                | "fall"
                | "winter"
                | "year"
                | "month"
                | "week"
                | "day"
                | "crisis"
                | "crash"
                | "recession"
                | "close"
                | "january"
                | "february"
                | "march"
                | "april"
                | "may"
                | "june"
                | "july"
                | "august"
                | "september"
                | "october"
                | "november"
                | "december"
        ),
        (_, "by") => !is_direction_word(earlier()),
        (_, word) => matches!(
            word,
            "in" | "since"
                | "ended"
                | "began"
                | "started"
                | "finished"
                | "opened"
                | "during"
                | "until"
                | "till"
                | "before"
                | "after"
                | "from"
                | "through"
                | "throughout"
                | "for"
                | "year"
                | "years"
                | "mid"
                | "late"
                | "early"
                | "fiscal"
                | "calendar"
                | "circa"
                | "end"
                | "spring"
                | "summer"
                | "autumn"
                | "winter"
                | "christmas"
                | "vintage"
                | "post"
                | "pre"
        ),
    }
}

/// The word before a number, without "about" and the like; empty where something else stands there.
fn word_before<'l>(lexemes: &'l Lexemes, token: &Token) -> &'l str {
    let mut place = lexemes.before(token.start);
    for _ in 0..2 {
        match place {
            Some(found) if is_approximation(lexemes.word(found)) => place = lexemes.before(found),
            _ => break,
        }
    }
    place.map_or("", |place| lexemes.word(place))
}

/// "About" and its kin.
pub(super) fn is_approximation(word: &str) -> bool {
    matches!(
        word,
        "about"
            | "around"
            | "roughly"
            | "approximately"
            | "approx"
            | "nearly"
            | "almost"
            | "some"
            | "circa"
            | "perhaps"
            | "maybe"
            | "say"
    )
}

/// What stands between two numbers, if it is nothing but a joint.
fn joint(lexemes: &Lexemes, left: &Token, right: &Token) -> Option<Joint> {
    // A joint has few pieces: ", to about".
    if right.start < left.end
        || right.start - left.end > 8
        || (left.end..right.start).any(|place| lexemes.is_masked(place))
    {
        return None;
    }
    let mut found = None;
    for place in left.end..right.start {
        if lexemes.is_space(place) {
            continue;
        }
        let joint = match (lexemes.symbol(place), lexemes.word(place)) {
            (None, "to") => Some(Joint::To),
            (None, "and") => Some(Joint::And),
            _ if lexemes.is_dash(place) => Some(Joint::Dash),
            (Some(',' | '"' | '('), _) => continue,
            (Some('~' | '≈'), _) if found.is_some() => continue,
            (None, word) if found.is_some() && is_approximation(word) => continue,
            _ => return None,
        };
        found = match (found, joint) {
            (None, joint) => joint,
            // "3-to-4"
            (Some(Joint::Dash), Some(Joint::To)) | (Some(Joint::To), Some(Joint::Dash)) => Some(Joint::To),
            _ => return None,
        };
    }
    // "4.5, - 4.7" and "4.5, and 4.7" are lists.
    let has_comma = (left.end..right.start).any(|place| lexemes.is_symbol(place, ','));
    found.filter(|joint| !has_comma || *joint == Joint::To)
}

/// The two numbers as one candidate, where they belong together.
fn joined(lexemes: &Lexemes, left: Token, right: Token, target: &NumberTarget) -> Option<Candidate> {
    let joint = joint(lexemes, &left, &right)?;
    let has_comma = (left.end..right.start).any(|place| lexemes.is_symbol(place, ','));
    if joint == Joint::To && word_before(lexemes, &left) == "from" {
        return Some(Candidate::Single(right));
    }
    if joint == Joint::To && left.unit.is_some_and(Unit::is_step) && !right.unit.is_some_and(Unit::is_step) {
        return Some(Candidate::Single(right));
    }
    let is_pair = match joint {
        Joint::And => word_before(lexemes, &left) == "between",
        Joint::To | Joint::Dash => !has_comma,
    };
    let has_percent = left.is_percent_like() || right.is_percent_like();
    if !is_pair || (has_percent && target.unit != NumberUnit::Percent) {
        return None;
    }
    // "rose by 200,000 to 138.4 million": two sizes that no one range has.
    if left.scale.is_none() && right.scale.is_some() && left.magnitude > right.magnitude * 100.0 {
        return None;
    }
    let (mut left, mut right) = (left, right);
    left.unit = left.unit.or(right.unit);
    right.unit = right.unit.or(left.unit);
    // "$14 trillion to $15": the right end is meant in the same scale where it is of the same size.
    if right.scale.is_none() && right.magnitude <= left.magnitude * 100.0 {
        right.scale = left.scale;
    }
    left.scale = left.scale.or(right.scale);
    left.is_currency |= right.is_currency;
    Some(Candidate::Range(left, right))
}
