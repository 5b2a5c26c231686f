//! Scale words, units and currencies behind and before a number (step 7).

use super::lexeme::Lexemes;

/// A unit written beside a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Percent,
    /// Percentage points.
    Points,
    /// Hundredths of a percentage point.
    BasisPoints,
    /// Points of an index.
    IndexPoints,
}

impl Unit {
    /// Percent, or a part of it.
    pub(super) fn is_percent_like(self) -> bool {
        !matches!(self, Self::IndexPoints)
    }

    /// A difference, not a level.
    pub(super) fn is_step(self) -> bool {
        !matches!(self, Self::Percent)
    }
}

/// How many single units a scale word stands for.
pub(super) fn scale_of(word: &str) -> Option<f64> {
    Some(match word {
        "k" | "thousand" | "thousands" => 1e3,
        "m" | "mn" | "mm" | "mil" | "mln" | "mio" | "million" | "millions" => 1e6,
        "b" | "bn" | "bil" | "bln" | "billion" | "billions" => 1e9,
        "t" | "tn" | "trn" | "trln" | "tril" | "trillion" | "trillions" => 1e12,
        _ => return None,
    })
}

/// Whether a word makes the number before it a value.
pub(super) fn is_unit_or_scale_word(word: &str) -> bool {
    word.len() > 1 && scale_of(word).is_some()
        || matches!(
            word,
            "percent"
                | "percentage"
                | "per"
                | "pct"
                | "pc"
                | "pp"
                | "ppt"
                | "ppts"
                | "bp"
                | "bps"
                | "basis"
                | "point"
                | "points"
                | "dollars"
                | "usd"
                | "eur"
                | "euros"
        )
}

/// A currency's code or the letters before its sign.
pub(super) fn is_currency_code(word: &str) -> bool {
    matches!(word, "usd" | "eur" | "gbp" | "jpy" | "chf" | "cad" | "aud" | "cny" | "us" | "ca" | "au" | "hk")
}

/// A currency's name behind a number.
fn is_currency_name(word: &str) -> bool {
    matches!(
        word,
        "usd"
            | "eur"
            | "gbp"
            | "jpy"
            | "dollar"
            | "dollars"
            | "euro"
            | "euros"
            | "pound"
            | "pounds"
            | "sterling"
            | "yen"
            | "bucks"
    )
}

pub(super) fn is_currency_sign(symbol: char) -> bool {
    matches!(symbol, '$' | '€' | '£' | '¥')
}

/// What stands behind a number's digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Behind {
    /// Product of the scale words.
    pub(super) scale: Option<f64>,
    pub(super) unit: Option<Unit>,
    pub(super) is_currency: bool,
    /// The first piece behind all of it.
    pub(super) end: usize,
}

/// Reads scale words, then a unit, then a currency.
pub(super) fn behind(lexemes: &Lexemes, at: usize) -> Behind {
    let mut found = Behind { scale: None, unit: None, is_currency: false, end: at };
    // "thousand billion" is a scale, longer rows are none.
    for _ in 0..2 {
        let Some((factor, end)) = scale_at(lexemes, found.end) else { break };
        found.scale = Some(found.scale.unwrap_or(1.0) * factor);
        found.end = end;
    }
    if let Some((unit, end)) = unit_at(lexemes, found.end) {
        (found.unit, found.end) = (Some(unit), end);
    }
    let place = lexemes.past_blank(found.end);
    let place = match (lexemes.word(place), lexemes.symbol(place + 1)) {
        // "U.S. dollars"
        ("u", Some('.')) if lexemes.word(place + 2) == "s" => {
            lexemes.past_blank(place + 3 + usize::from(lexemes.is_symbol(place + 3, '.')))
        }
        ("us" | "american", _) => lexemes.past_blank(place + 1),
        _ => place,
    };
    if is_currency_name(lexemes.word(place))
        || lexemes.symbol(place).is_some_and(|sign| sign != '$' && is_currency_sign(sign))
    {
        (found.is_currency, found.end) = (true, place + 1);
    }
    found
}

/// A scale word, glued, behind a space or a hyphen, or alone in parentheses.
fn scale_at(lexemes: &Lexemes, at: usize) -> Option<(f64, usize)> {
    let mut place = lexemes.past_blank(at);
    let is_hyphenated = place == at && lexemes.is_symbol(at, '-');
    place += usize::from(is_hyphenated);
    let is_bracketed = lexemes.is_symbol(place, '(');
    if is_bracketed {
        place += 1;
        if lexemes.word(place) == "in" {
            place = lexemes.past_blank(place + 1);
        }
        if lexemes.is_symbol(place, '$') {
            place = lexemes.past_blank(place + 1);
        }
    }
    let word = lexemes.word(place);
    let factor = scale_of(word)?;
    // "3 M2", "5 m/s", "4.7 b)": one letter counts where it stands alone.
    if word.len() == 1 && !lexemes.digits(place + 1).is_empty() || (word.len() == 1 && (is_bracketed || is_hyphenated))
    {
        return None;
    }
    Some((factor, place + 1))
}

fn unit_at(lexemes: &Lexemes, at: usize) -> Option<(Unit, usize)> {
    let mut place = lexemes.past_blank(at);
    if place == at && lexemes.is_symbol(at, '-') && !lexemes.word(at + 1).is_empty() {
        place += 1;
    }
    // "three quarters of a percent", "0.3 of a percentage point"
    if lexemes.word(place) == "of" {
        let article = lexemes.past_blank(place + 1);
        let is_one = matches!(lexemes.word(article), "a" | "one") || lexemes.digits(article) == "1";
        place = if is_one { lexemes.past_blank(article + 1) } else { return None };
    }
    let next = |place: usize| {
        let behind = if lexemes.is_symbol(place + 1, '-') { place + 2 } else { lexemes.past_blank(place + 1) };
        (lexemes.word(behind), behind)
    };
    let is_points = |word: &str| matches!(word, "point" | "points" | "pt" | "pts");
    let percent = |place: usize| match next(place) {
        (word, behind) if is_points(word) => (Unit::Points, behind + 1),
        _ => (Unit::Percent, place + 1),
    };
    if lexemes.is_symbol(place, '%') {
        return Some(percent(place));
    }
    Some(match lexemes.word(place) {
        "percent" | "pct" | "percentage" | "pc" | "percents" => percent(place),
        "per" => match next(place) {
            ("cent", behind) => percent(behind),
            _ => return None,
        },
        "pp" | "pps" | "ppt" | "ppts" => (Unit::Points, place + 1),
        "p" if lexemes.is_symbol(place + 1, '.') && lexemes.word(place + 2) == "p" => {
            (Unit::Points, place + 3 + usize::from(lexemes.is_symbol(place + 3, '.')))
        }
        "bp" | "bps" => (Unit::BasisPoints, place + 1),
        "basis" => match next(place) {
            (word, behind) if is_points(word) => (Unit::BasisPoints, behind + 1),
            _ => return None,
        },
        word if is_points(word) => (Unit::IndexPoints, place + 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<f64>, Option<Unit>, bool) {
        let lexemes = Lexemes::of(text);
        let found = behind(&lexemes, 0);
        (found.scale, found.unit, found.is_currency)
    }

    #[test]
    fn scales_units_and_currencies_are_read_in_their_order() {
        assert_eq!(of(" trillion U.S. dollars"), (Some(1e12), None, true));
        assert_eq!(of("bn"), (Some(1e9), None, false));
        assert_eq!(of(" thousand million"), (Some(1e9), None, false));
        assert_eq!(of(" (millions)"), (Some(1e6), None, false));
        assert_eq!(of("-percentage-point"), (None, Some(Unit::Points), false));
        assert_eq!(of(" per cent"), (None, Some(Unit::Percent), false));
        assert_eq!(of(" basis points"), (None, Some(Unit::BasisPoints), false));
        assert_eq!(of(" of a percentage point"), (None, Some(Unit::Points), false));
        assert_eq!(of(" M2"), (None, None, false));
        assert_eq!(of(" € per ton"), (None, None, true));
    }
}
