//! How sure an answer says it is: a number in [0, 1].

use serde_json::Value;

use super::lexeme::{Kind, Lexemes};

/// A phrase about confidence in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Phrase {
    /// `None` for a phrase without a usable value, whose digits say nothing about the series either.
    pub(super) value: Option<f64>,
    /// The first piece behind it.
    pub(super) end: usize,
}

/// A confidence as JSON holds it: a number, or a text such as "85%", "7/10" or "high".
pub(super) fn confidence_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64().and_then(as_share),
        Value::String(text) => {
            let lexemes = Lexemes::of(text);
            (0..lexemes.len()).find_map(|at| {
                let is_negative = at > 0 && lexemes.is_symbol(at - 1, '-');
                amount(&lexemes, at)
                    .filter(|_| !is_negative)
                    .or_else(|| level_word(&lexemes, at))
                    .map(|(value, _)| value)
            })?
        }
        _ => None,
    }
}

/// Above 1 means percent; `None` outside [0, 1] after that.
fn as_share(number: f64) -> Option<f64> {
    let share = if number > 1.0 { number / 100.0 } else { number };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// The phrase about confidence that begins at a piece.
pub(super) fn phrase_at(lexemes: &Lexemes, at: usize) -> Option<Phrase> {
    match lexemes.kind(at)? {
        Kind::Word => match lexemes.word(at) {
            "confidence" | "certainty" | "confident" | "probability" | "likelihood" => after_noun(lexemes, at),
            "very" | "low" | "medium" | "moderate" | "high" => before_noun(lexemes, at),
            _ => None,
        },
        Kind::Digits => {
            let is_inside = at.checked_sub(1).is_some_and(|before| matches!(lexemes.symbol(before), Some('.' | ',')));
            if is_inside && lexemes.kind(at.saturating_sub(2)) == Some(Kind::Digits) {
                return None;
            }
            before_noun(lexemes, at)
        }
        Kind::Symbol if lexemes.is_symbol(at, '.') => before_noun(lexemes, at),
        _ => None,
    }
}

/// "confidence: 85%", "confidence level is very high", "confidence in this estimate: 0.7".
fn after_noun(lexemes: &Lexemes, at: usize) -> Option<Phrase> {
    let noun = lexemes.word(at);
    // An index of confidence is a series like any other.
    let is_series = lexemes.before(at).is_some_and(|before| {
        matches!(
            lexemes.word(before),
            "consumer" | "business" | "investor" | "economic" | "industrial" | "builder" | "household"
        )
    });
    if is_series {
        return None;
    }
    let mut place = at + 1;
    // The key of broken JSON is no phrase, yet its number is not the answer.
    let is_quoted = matches!(lexemes.symbol(place), Some('"' | '\''));
    place += usize::from(is_quoted);
    let mut has_joint = false;
    for _ in 0..12 {
        place = lexemes.past_space(place);
        match (lexemes.symbol(place), lexemes.word(place)) {
            (Some(':' | '=' | '~' | '≈' | '(' | '>' | '|' | '"'), _) => has_joint = true,
            (Some('-' | '\u{2013}' | '\u{2014}'), _)
                if lexemes.is_space(place + 1) || lexemes.is_symbol(place + 1, '>') =>
            {
                has_joint = true;
            }
            (None, "is" | "of" | "at" | "was" | "about" | "around" | "roughly" | "approximately" | "approx") => {
                has_joint = true;
            }
            (
                None,
                "level" | "score" | "rating" | "in" | "this" | "the" | "that" | "my" | "answer" | "estimate" | "value"
                | "figure" | "number" | "forecast" | "prediction" | "within" | "tolerance" | "stated" | "from" | "to"
                | "on" | "a" | "scale" | "being" | "correct" | "it" | "reply" | "response" | "percentage",
            ) if !matches!(noun, "confident") || has_joint => {}
            _ => break,
        }
        place += 1;
    }
    if lexemes.word(place) == "interval" || (!has_joint && matches!(noun, "probability" | "likelihood" | "confident")) {
        return None;
    }
    let is_negative = lexemes.is_symbol(place, '-') && lexemes.kind(place + 1) == Some(Kind::Digits);
    let (value, end) = match amount(lexemes, place + usize::from(is_negative)) {
        Some((value, end)) if has_joint || end_is_marked(lexemes, end) => (value.filter(|_| !is_negative), end),
        Some(_) => return None,
        None => match level_word(lexemes, place).filter(|_| has_joint || noun != "confident") {
            Some(found) => found,
            None if has_joint && is_without(lexemes, place) => (None, place + 1),
            None => return None,
        },
    };
    Some(Phrase { value: value.filter(|_| !is_quoted), end })
}

/// A number that says by itself that it is a share: `85%`, `7/10`, `0.7`.
fn end_is_marked(lexemes: &Lexemes, end: usize) -> bool {
    let back = |steps: usize| end.checked_sub(steps);
    let is_share = |last| lexemes.is_symbol(last, '%') || lexemes.word(last) == "percent";
    let is_ratio = |slash| {
        lexemes.is_symbol(slash, '/') || lexemes.is_symbol(slash, '.') && lexemes.digits(slash.saturating_sub(1)) == "0"
    };
    back(1).is_some_and(is_share) || back(2).is_some_and(is_ratio)
}

/// "confidence: n/a".
fn is_without(lexemes: &Lexemes, at: usize) -> bool {
    matches!(lexemes.word(at), "n" | "na" | "none" | "null" | "unknown")
}

/// "85% confident", "with 90% confidence", "7/10 confidence", "very high confidence", "a 70% chance".
fn before_noun(lexemes: &Lexemes, at: usize) -> Option<Phrase> {
    let (value, behind) = match lexemes.kind(at)? {
        Kind::Word => level_word(lexemes, at)?,
        _ => amount(lexemes, at)?,
    };
    let mut place = lexemes.past_blank(behind);
    place += usize::from(lexemes.is_symbol(place, '-'));
    let noun = lexemes.word(place);
    let is_word = lexemes.kind(at) == Some(Kind::Word);
    let is_noun = match noun {
        "confidence" => true,
        "certainty" | "probability" | "likelihood" | "chance" => !is_word || noun == "certainty",
        "confident" | "sure" | "certain" | "likely" => !is_word && end_is_marked(lexemes, behind),
        _ => false,
    };
    if !is_noun {
        return None;
    }
    // "a 95% confidence interval" tells no confidence.
    let next = lexemes.word(lexemes.past_blank(place + 1));
    if matches!(next, "interval" | "intervals" | "band" | "limits" | "bounds" | "range") {
        return Some(Phrase { value: None, end: place + 1 });
    }
    // "low confidence: 20%" says it twice; the number is exact.
    if is_word && let Some(found) = after_noun(lexemes, place) {
        return Some(found);
    }
    Some(Phrase { value, end: place + 1 })
}

/// `0.85`, `85`, `85%`, `85/100`, `8 out of 10`: the share, where it is one, and the first piece behind it.
fn amount(lexemes: &Lexemes, at: usize) -> Option<(Option<f64>, usize)> {
    let (number, end) = plain_number(lexemes, at)?;
    let place = lexemes.past_blank(end);
    if lexemes.is_symbol(place, '%') || matches!(lexemes.word(place), "percent" | "pct") {
        return Some((as_unit(number / 100.0), place + 1));
    }
    let is_ratio = lexemes.is_symbol(place, '/');
    let is_out_of = lexemes.word(place) == "out" && lexemes.word(lexemes.past_blank(place + 1)) == "of";
    let whole =
        if is_out_of { lexemes.past_blank(lexemes.past_blank(place + 1) + 1) } else { lexemes.past_blank(place + 1) };
    if (is_ratio || is_out_of)
        && let Some((total, end)) = plain_number(lexemes, whole)
    {
        return Some((as_unit(number / total), end));
    }
    Some((as_share(number), end))
}

fn as_unit(share: f64) -> Option<f64> {
    (0.0..=1.0).contains(&share).then_some(share)
}

/// Digits with decimals behind a point or a comma.
fn plain_number(lexemes: &Lexemes, at: usize) -> Option<(f64, usize)> {
    if lexemes.is_symbol(at, '.') && lexemes.kind(at + 1) == Some(Kind::Digits) {
        return Some((lexemes.span(at, at + 2).parse().ok()?, at + 2));
    }
    if lexemes.kind(at) != Some(Kind::Digits) {
        return None;
    }
    let whole = lexemes.digits(at);
    if matches!(lexemes.symbol(at + 1), Some('.' | ',')) && lexemes.kind(at + 2) == Some(Kind::Digits) {
        return Some((format!("{whole}.{}", lexemes.digits(at + 2)).parse().ok()?, at + 3));
    }
    Some((whole.parse().ok()?, at + 1))
}

/// "very low" to "certain".
fn level_word(lexemes: &Lexemes, at: usize) -> Option<(Option<f64>, usize)> {
    let (is_very, at) = match lexemes.word(at) {
        "very" => (true, if lexemes.is_dash(at + 1) { at + 2 } else { lexemes.past_blank(at + 1) }),
        _ => (false, at),
    };
    let value = match (lexemes.word(at), is_very) {
        ("low", true) => 0.1,
        ("low", false) => 0.25,
        ("medium" | "moderate", false) => 0.5,
        ("high", false) => 0.75,
        ("high", true) => 0.9,
        ("certain", false) => 1.0,
        _ => return None,
    };
    Some((Some(value), at + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Option<f64> {
        let lexemes = Lexemes::of(text);
        (0..lexemes.len()).find_map(|at| phrase_at(&lexemes, at)).and_then(|phrase| phrase.value)
    }

    #[test]
    fn phrases_of_all_forms_are_read() {
        for (text, expected) in [
            ("Confidence: 85%", 0.85),
            ("confidence = 0.7", 0.7),
            ("**Confidence level:** 90", 0.9),
            ("My confidence in this answer is about 65%.", 0.65),
            ("I am 90% confident", 0.9),
            ("85 percent sure", 0.85),
            ("with 75% confidence", 0.75),
            ("confidence 7/10", 0.7),
            ("Confidence: 85/100", 0.85),
            ("confidence of 8 out of 10", 0.8),
            ("(confidence: very high)", 0.9),
            ("low confidence", 0.25),
            ("Very low confidence.", 0.1),
            ("confidence: certain", 1.0),
            ("Confidence - moderate", 0.5),
            ("Confidence: .6", 0.6),
            ("0.8 confidence", 0.8),
            ("a 70% chance", 0.7),
            ("low confidence: 20%", 0.2),
        ] {
            assert!(read(text).is_some_and(|value| (value - expected).abs() < 1e-12), "{text}: {:?}", read(text));
        }
        for text in [
            "confidence: 140",
            "consumer confidence fell",
            "95% confidence interval",
            "\"confidence\": 0.9",
            "I am confident it was 4.7",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn json_values_are_read() {
        let of = |value: Value| confidence_of(&value);
        assert_eq!(
            [of(json!(0.9)), of(json!(85)), of(json!(1)), of(json!(0))],
            [Some(0.9), Some(0.85), Some(1.0), Some(0.0)]
        );
        assert_eq!([of(json!("85%")), of(json!("7/10")), of(json!("Very High"))], [Some(0.85), Some(0.7), Some(0.9)]);
        assert_eq!([of(json!(140)), of(json!(-0.1)), of(json!(true)), of(json!("-5%")), of(json!(null))], [None; 5]);
    }
}
