//! Numbers in a text with what belongs to them: sign, currency, exponent, scale words, unit (step 7).

use super::lexeme::{Kind, Lexemes, fraction};
use super::separators::number_of;
use super::target::NumberLocale;
use super::unit_words::{Behind, Unit, behind, is_currency_code, is_currency_sign};

/// One number as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token {
    /// The first piece, sign and currency included.
    pub(super) start: usize,
    /// The first piece behind it, units included.
    pub(super) end: usize,
    /// Without its sign, before scale words. Finite.
    pub(super) magnitude: f64,
    pub(super) sign: Sign,
    pub(super) scale: Option<f64>,
    pub(super) unit: Option<Unit>,
    pub(super) is_currency: bool,
    /// Four digits that may be a year, with nothing beside them that makes them a value.
    pub(super) is_bare_year: bool,
    /// What stands behind ±.
    pub(super) is_uncertainty: bool,
}

/// A sign that is written at the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    None,
    Plus,
    Minus,
}

impl Token {
    pub(super) fn is_percent_like(&self) -> bool {
        self.unit.is_some_and(Unit::is_percent_like)
    }
}

/// All numbers that are not masked, in their order. Linear.
pub(super) fn tokens(lexemes: &Lexemes, locale: NumberLocale) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lexemes.len() {
        if lexemes.is_masked(at) || !begins_number(lexemes, at) {
            at += 1;
            continue;
        }
        let end = body_end(lexemes, at);
        if let Some((number, end)) = mixed_fraction(lexemes, at) {
            at = push(&mut found, lexemes, at, end, Some(number), false);
        } else if let Some(mantissa) = number_of(lexemes.span(at, end), locale) {
            let (number, behind_exponent) = with_exponent(lexemes, &mantissa, end);
            let is_whole = behind_exponent == end && end == at + 1;
            at = push(&mut found, lexemes, at, behind_exponent, number, is_whole);
        } else {
            at = push_pieces(&mut found, lexemes, at, end);
        }
    }
    found
}

fn begins_number(lexemes: &Lexemes, at: usize) -> bool {
    match lexemes.kind(at) {
        Some(Kind::Digits | Kind::Fraction) => true,
        Some(Kind::Symbol) => {
            lexemes.is_symbol(at, '.')
                && lexemes.kind(at + 1) == Some(Kind::Digits)
                && !lexemes.is_masked(at + 1)
                && !at.checked_sub(1).is_some_and(|before| {
                    matches!(lexemes.kind(before), Some(Kind::Word | Kind::Digits)) || lexemes.is_symbol(before, '.')
                })
        }
        _ => false,
    }
}

/// Behind digits with points and commas between them.
fn body_end(lexemes: &Lexemes, at: usize) -> usize {
    let is_digits = |place: usize| lexemes.kind(place) == Some(Kind::Digits) && !lexemes.is_masked(place);
    let mut end = at + 1;
    if lexemes.is_symbol(at, '.') {
        return at + 2;
    }
    while matches!(lexemes.symbol(end), Some('.' | ',')) && is_digits(end + 1) && !lexemes.is_masked(end) {
        end += 2;
    }
    end
}

/// Numbers that are glued by commas, such as "4.5,4.7": each for itself.
fn push_pieces(found: &mut Vec<Token>, lexemes: &Lexemes, from: usize, to: usize) -> usize {
    let mut at = from;
    while at < to {
        let has_decimals = lexemes.is_symbol(at + 1, '.') && at + 2 < to;
        let end = if has_decimals { at + 3 } else { at + 1 };
        let number = lexemes.span(at, end).parse().ok();
        push(found, lexemes, at, end, number, false);
        at = end;
        // "1.2.3" goes on behind its first two numbers.
        while at < to && !lexemes.is_symbol(at, ',') {
            at += 1;
        }
        at += 1;
    }
    to
}

/// `4½`, `½`, and `4 3/4` or `3/4` before a percent word.
fn mixed_fraction(lexemes: &Lexemes, at: usize) -> Option<(f64, usize)> {
    if let Some(part) = lexemes.symbol(at).and_then(fraction) {
        return Some((part, at + 1));
    }
    if lexemes.kind(at) != Some(Kind::Digits) {
        return None;
    }
    let place = lexemes.past_blank(at + 1);
    if let Some(part) = lexemes.symbol(place).and_then(fraction) {
        let whole: f64 = lexemes.digits(at).parse().ok()?;
        return Some((whole + part, place + 1));
    }
    let written = |place: usize| {
        let (above, below) = (lexemes.whole(place)?, lexemes.whole(place + 2)?);
        let is_fraction = lexemes.is_symbol(place + 1, '/') && (2..=64).contains(&below) && above < below;
        (is_fraction && is_percent_ahead(lexemes, place + 3)).then(|| f64::from(above) / f64::from(below))
    };
    if let Some(part) = written(at) {
        return Some((part, at + 3));
    }
    let place = if lexemes.is_symbol(at + 1, '-') { at + 2 } else { place };
    let whole = lexemes.whole(at).filter(|_| place > at + 1)?;
    written(place).map(|part| (f64::from(whole) + part, place + 3))
}

/// A percent word, or the other end of a range in percent: "5 1/4 to 5 1/2 percent".
fn is_percent_ahead(lexemes: &Lexemes, at: usize) -> bool {
    let is_percent = |at: usize| behind(lexemes, at).unit.is_some_and(Unit::is_percent_like);
    let joint = lexemes.past_blank(at);
    if is_percent(at) || !(matches!(lexemes.word(joint), "to" | "and") || lexemes.is_dash(joint)) {
        return is_percent(at);
    }
    // At most a number, its fraction, and the signs between them.
    let other = lexemes.past_blank(joint + 1);
    let is_number = |place: usize| {
        matches!(lexemes.kind(place), Some(Kind::Digits | Kind::Space))
            || matches!(lexemes.symbol(place), Some('/' | '-' | '.'))
    };
    let end = (other..other + 6).find(|&place| !is_number(place)).unwrap_or(other + 6);
    end > other && (is_percent(end) || is_percent(end - 1))
}

/// Reads `e4`, `E+04`, `x 10^4`, `10^4` behind a mantissa.
fn with_exponent(lexemes: &Lexemes, mantissa: &str, end: usize) -> (Option<f64>, usize) {
    let signed = |place: usize| {
        let sign = match lexemes.symbol(place) {
            Some('-') => "-",
            Some('+') => "+",
            _ => "",
        };
        let digits = place + usize::from(!sign.is_empty());
        (lexemes.kind(digits) == Some(Kind::Digits)).then(|| (sign, lexemes.digits(digits), digits + 1))
    };
    let found = if lexemes.word(end) == "e" {
        signed(end + 1)
    } else {
        let sign = lexemes.past_blank(end);
        let is_product = lexemes.word(sign) == "x" || matches!(lexemes.symbol(sign), Some('×' | '·' | '⋅' | '∙'));
        let ten = lexemes.past_blank(sign + 1);
        if is_product && lexemes.digits(ten) == "10" && lexemes.is_symbol(ten + 1, '^') {
            signed(ten + 2)
        } else if mantissa == "10" && lexemes.is_symbol(end, '^') {
            return match signed(end + 1) {
                Some((sign, power, end)) => (format!("1e{sign}{power}").parse().ok(), end),
                None => (mantissa.parse().ok(), end),
            };
        } else {
            None
        }
    };
    match found {
        Some((sign, power, end)) => (format!("{mantissa}e{sign}{power}").parse().ok(), end),
        None => (mantissa.parse().ok(), end),
    }
}

/// Adds a number with what stands around it, and gives the first piece behind it.
fn push(
    found: &mut Vec<Token>,
    lexemes: &Lexemes,
    first: usize,
    end: usize,
    number: Option<f64>,
    is_whole: bool,
) -> usize {
    let around = behind(lexemes, end);
    let Some(magnitude) = number.filter(|number| number.is_finite()) else { return end };
    if is_part_of_a_word(lexemes, first, end, &around) {
        return end;
    }
    let before = in_front(lexemes, first);
    let mut token = Token {
        start: before.start,
        end: around.end,
        magnitude,
        sign: before.sign,
        scale: around.scale,
        unit: around.unit,
        is_currency: before.is_currency || around.is_currency,
        is_bare_year: false,
        is_uncertainty: before.is_uncertainty,
    };
    in_brackets(lexemes, &mut token);
    let is_plain = token.sign == Sign::None && token.scale.is_none() && token.unit.is_none() && !token.is_currency;
    token.is_bare_year =
        is_plain && is_whole && lexemes.digits(first).len() == 4 && (1800.0..=2099.0).contains(&magnitude);
    let end = token.end;
    found.push(token);
    end
}

/// Powers, numbered things and the like: "^2", "#1", "4x".
fn is_part_of_a_word(lexemes: &Lexemes, first: usize, end: usize, around: &Behind) -> bool {
    let is_marked = first.checked_sub(1).is_some_and(|before| matches!(lexemes.symbol(before), Some('^' | '#' | '_')));
    let is_letter_behind = around.end == end && lexemes.word(end).len() == 1;
    is_marked || is_letter_behind
}

struct InFront {
    start: usize,
    sign: Sign,
    is_currency: bool,
    is_uncertainty: bool,
}

/// Sign and currency before a number, in either order.
fn in_front(lexemes: &Lexemes, first: usize) -> InFront {
    let mut found = InFront { start: first, sign: Sign::None, is_currency: false, is_uncertainty: false };
    take_sign(lexemes, &mut found);
    take_currency(lexemes, &mut found);
    if found.sign == Sign::None {
        take_sign(lexemes, &mut found);
    }
    found.is_uncertainty = is_behind_plus_minus(lexemes, found.start);
    found
}

fn take_currency(lexemes: &Lexemes, found: &mut InFront) {
    let Some(near) = found.start.checked_sub(1) else { return };
    let place = match (lexemes.kind(near), near.checked_sub(1)) {
        (Some(Kind::Space), Some(further)) => further,
        _ => near,
    };
    if lexemes.is_masked(place) {
        return;
    }
    if lexemes.symbol(place).is_some_and(is_currency_sign) {
        found.is_currency = true;
        found.start = place;
        // "US$"
        if let Some(letters) = place.checked_sub(1).filter(|&letters| is_currency_code(lexemes.word(letters))) {
            found.start = letters;
        }
    } else if is_currency_code(lexemes.word(place)) && lexemes.word(place).len() == 3 {
        found.is_currency = true;
        found.start = place;
    }
}

fn take_sign(lexemes: &Lexemes, found: &mut InFront) {
    let Some(near) = found.start.checked_sub(1) else { return };
    let sign_at = |place: usize| match lexemes.symbol(place).filter(|_| !lexemes.is_masked(place)) {
        Some('-') => Sign::Minus,
        Some('+') => Sign::Plus,
        _ => Sign::None,
    };
    let sign = sign_at(near);
    if sign != Sign::None {
        if !is_hyphen(lexemes, near) {
            (found.sign, found.start) = (sign, near);
        }
        return;
    }
    // "was - 0.3%": a space may stand between where a cue stands before.
    if lexemes.kind(near) == Some(Kind::Space)
        && let Some(place) = near.checked_sub(1)
        && sign_at(place) != Sign::None
        && place.checked_sub(1).is_some_and(|before| lexemes.is_space(before))
        && let Some(cue) = lexemes.before(place)
        && (matches!(lexemes.symbol(cue), Some(':' | '=' | '≈' | '~'))
            || matches!(lexemes.word(cue), "was" | "is" | "of" | "at" | "by" | "about"))
    {
        (found.sign, found.start) = (sign_at(place), place);
    }
}

/// A `-` right behind a letter, digit, `%` or `)`, or behind another sign, is none of the number's.
fn is_hyphen(lexemes: &Lexemes, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    match lexemes.kind(before) {
        Some(Kind::Word | Kind::Digits | Kind::Fraction) => true,
        // "-4--3": the hyphen of a range, then a sign.
        Some(Kind::Symbol) if lexemes.is_symbol(before, '-') => {
            !before.checked_sub(1).is_some_and(|further| lexemes.kind(further) == Some(Kind::Digits))
        }
        Some(Kind::Symbol) => matches!(lexemes.symbol(before), Some('%' | ')' | '+' | '/')),
        _ => false,
    }
}

/// `±`, `+/-`, `+-`, "plus or minus", "give or take" before a number.
fn is_behind_plus_minus(lexemes: &Lexemes, at: usize) -> bool {
    let Some(place) = lexemes.before(at) else { return false };
    let back = |steps: usize| place.checked_sub(steps);
    let sign = |steps: usize, sign: char| back(steps).is_some_and(|place| lexemes.is_symbol(place, sign));
    let word = |steps: usize, word: &str| back(steps).is_some_and(|place| lexemes.word(place) == word);
    match (lexemes.symbol(place), lexemes.word(place)) {
        (Some('±'), _) => true,
        (Some('-'), _) => sign(1, '+') || (sign(1, '/') && sign(2, '+')),
        (_, "minus") => word(2, "or") && word(4, "plus"),
        (_, "take") => word(2, "or") && word(4, "give"),
        _ => false,
    }
}

/// `(3.2)%` is negative, and so is `(3.2)` or `($4.5)` where nothing else is said.
fn in_brackets(lexemes: &Lexemes, token: &mut Token) {
    let Some(opening) = token.start.checked_sub(1).filter(|&place| lexemes.is_symbol(place, '(')) else { return };
    let closing = lexemes.past_blank(token.end);
    if !lexemes.is_symbol(closing, ')') {
        return;
    }
    let outside = behind(lexemes, closing + 1);
    let has_unit_outside = outside.end > closing + 1;
    let is_first = match lexemes.before(opening) {
        None => true,
        Some(before) => matches!(lexemes.symbol(before), Some(':' | '=' | '≈' | '~')),
    };
    let last = (outside.end..lexemes.len().min(outside.end + 6)).find(|&place| {
        !lexemes.is_space(place) && !lexemes.is_masked(place) && !matches!(lexemes.symbol(place), Some('.' | '!' | '"'))
    });
    let is_last = last.is_none();
    if !(has_unit_outside || is_first && is_last) {
        return;
    }
    token.scale = token.scale.or(outside.scale);
    token.unit = token.unit.or(outside.unit);
    token.is_currency |= outside.is_currency;
    token.start = opening;
    token.end = outside.end.max(closing + 1);
    token.sign = Sign::Minus;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(f64, Option<f64>)> {
        let lexemes = Lexemes::of(text);
        tokens(&lexemes, NumberLocale::En)
            .iter()
            .map(|token| (if token.sign == Sign::Minus { -token.magnitude } else { token.magnitude }, token.scale))
            .collect()
    }

    #[test]
    fn numbers_are_found_with_their_signs_and_scales() {
        assert_eq!(read("-$0.5 trillion"), [(-0.5, Some(1e12))]);
        assert_eq!(read("$-0.5"), [(-0.5, None)]);
        assert_eq!(read("(3.2)%"), [(-3.2, None)]);
        assert_eq!(read("see (3.2) there"), [(3.2, None)]);
        assert_eq!(read("4.5,4.7 and 1,2,3"), [(4.5, None), (4.7, None), (1.0, None), (2.0, None), (3.0, None)]);
        assert_eq!(
            read("1.33246e4 2E+03 1.5 x 10^4 2×10⁻² 10^3"),
            [(13324.6, None), (2000.0, None), (15000.0, None), (0.02, None), (1000.0, None)]
        );
        assert_eq!(read("1e999"), []);
        assert_eq!(
            read("4 3/4 percent, 4-1/2%, 3/4 of a percent, ½"),
            [(4.75, None), (4.5, None), (0.75, None), (0.5, None)]
        );
        assert_eq!(read("rate-4.7 3%-4 was - 2"), [(4.7, None), (3.0, None), (4.0, None), (-2.0, None)]);
        assert_eq!(read("2.5k 3m 4x"), [(2.5, Some(1e3)), (3.0, Some(1e6))]);
    }
}
