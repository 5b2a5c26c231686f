//! What is taken out of a text before numbers are looked for (step 6).

use super::calendar_form::{Parts, form_at};
use super::confidence::phrase_at;
use super::lexeme::{Kind, Lexemes};
use super::name_with_digits::{name_at, number_name_at};

/// Masks phrases about confidence, and gives the last usable value of one.
pub(super) fn mask_confidence(lexemes: &mut Lexemes) -> Option<f64> {
    let mut confidence = None;
    let mut at = 0;
    while at < lexemes.len() {
        match phrase_at(lexemes, at) {
            Some(phrase) => {
                confidence = phrase.value.or(confidence);
                let end = phrase.end.max(at + 1);
                lexemes.mask(at, end);
                at = end;
            }
            None => at += 1,
        }
    }
    confidence
}

/// Masks dates, base years, names with digits, terms, ordinals and list markers. One pass.
pub(super) fn mask_names_and_dates(lexemes: &mut Lexemes) {
    let mut at = 0;
    while at < lexemes.len() {
        let end = if lexemes.is_masked(at) { None } else { masked_end(lexemes, at) };
        match end {
            Some(end) => {
                let end = end.max(at + 1);
                lexemes.mask(at, end);
                at = end;
            }
            None => at += 1,
        }
    }
}

fn masked_end(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let kind = lexemes.kind(at)?;
    if kind == Kind::Symbol {
        return list_marker(lexemes, at);
    }
    if kind != Kind::Word && (kind != Kind::Digits || is_inside_number(lexemes, at)) {
        return None;
    }
    if let Some(form) = form_at(lexemes, at) {
        let is_one_number = kind == Kind::Digits && form.end == at + 1 && matches!(form.parts, Parts::Day { .. });
        if !is_one_number {
            return Some(past_base(lexemes, form.end));
        }
    }
    match kind {
        Kind::Word => name_at(lexemes, at).or_else(|| numbered_part(lexemes, at)),
        _ => list_marker(lexemes, at).or_else(|| number_name_at(lexemes, at)),
    }
}

fn is_inside_number(lexemes: &Lexemes, at: usize) -> bool {
    at >= 2 && matches!(lexemes.symbol(at - 1), Some('.' | ',')) && lexemes.kind(at - 2) == Some(Kind::Digits)
}

/// `=100` behind a base month or quarter.
fn past_base(lexemes: &Lexemes, at: usize) -> usize {
    let sign = lexemes.past_blank(at);
    let hundred = lexemes.past_blank(sign + 1);
    let is_base = lexemes.is_symbol(sign, '=') && lexemes.digits(hundred) == "100" && {
        !matches!(lexemes.symbol(hundred + 1), Some('.' | ',')) || lexemes.kind(hundred + 2) != Some(Kind::Digits)
    };
    if is_base { hundred + 1 } else { at }
}

/// "1. ", "2) ", "(3) ", "[4] " where a line begins, with something behind it.
fn list_marker(lexemes: &Lexemes, at: usize) -> Option<usize> {
    if !lexemes.is_line_start(at) {
        return None;
    }
    let is_open = matches!(lexemes.symbol(at), Some('(' | '['));
    let number = at + usize::from(is_open);
    if lexemes.digits(number).len() > 2 || lexemes.kind(number) != Some(Kind::Digits) {
        return None;
    }
    let is_closed = match lexemes.symbol(number + 1) {
        Some(')' | ']') => true,
        Some('.') => !is_open,
        _ => false,
    };
    let has_more = lexemes.kind(number + 2) == Some(Kind::Space) && number + 3 < lexemes.len();
    // "(3) percent" is a value.
    let is_value = is_open && super::unit_words::behind(lexemes, number + 2).end > number + 2;
    (is_closed && has_more && !is_value).then_some(number + 2)
}

/// "Step 2", "Table 4".
fn numbered_part(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let is_part = matches!(
        lexemes.word(at),
        "step"
            | "table"
            | "figure"
            | "fig"
            | "section"
            | "chapter"
            | "page"
            | "note"
            | "footnote"
            | "option"
            | "appendix"
            | "part"
    );
    let place = lexemes.past_blank(at + 1);
    let goes_on = match lexemes.symbol(place + 1) {
        Some('.' | ',') => lexemes.kind(place + 2) == Some(Kind::Digits),
        Some('%') => true,
        _ => false,
    };
    (is_part && lexemes.kind(place) == Some(Kind::Digits) && !goes_on).then_some(place + 1)
}
