//! The forms in which days, months, quarters and years are written, where they stand in a text.
//!
//! Both readers use them: that of numbers to leave dates out, that of dates to read them. A form is recognised by its look;
//! whether there is such a day is [`super::date`]'s question.

use super::lexeme::{Kind, Lexemes};
use super::unit_words::is_unit_or_scale_word;

/// A form with its parts as written, and the first piece behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) parts: Parts,
    pub(super) end: usize,
}

/// What a form says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    Day {
        year: u32,
        month: u32,
        day: u32,
    },
    /// A day of a month without a year.
    DayOfMonth,
    Month {
        year: u32,
        month: u32,
    },
    Quarter {
        year: u32,
        quarter: u32,
    },
    /// A quarter or half without a year.
    PartOfYear,
    Year {
        year: u32,
    },
}

/// A year that one speaks of.
pub(super) fn is_year(year: u32) -> bool {
    (1700..=2199).contains(&year)
}

/// 1 to 12 for the name of a month, also cut to three letters.
pub(super) fn month_of(word: &str) -> Option<u32> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sep" | "sept" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

/// 1 to 4 for "first", "2nd" and so on.
fn ordinal_of(word: &str) -> Option<u32> {
    Some(match word {
        "first" | "opening" => 1,
        "second" => 2,
        "third" => 3,
        "fourth" | "final" | "last" => 4,
        _ => return None,
    })
}

/// The form that begins at a piece, the longest one.
pub(super) fn form_at(lexemes: &Lexemes, at: usize) -> Option<Form> {
    match lexemes.kind(at)? {
        Kind::Word => from_word(lexemes, at),
        Kind::Digits => {
            if at.checked_sub(1).is_some_and(|before| is_inside_number(lexemes, before)) {
                return None;
            }
            from_digits(lexemes, at)
        }
        _ => None,
    }
}

/// A point or comma between two digits: what follows is the rest of a number.
fn is_inside_number(lexemes: &Lexemes, at: usize) -> bool {
    matches!(lexemes.symbol(at), Some('.' | ','))
        && at.checked_sub(1).is_some_and(|before| lexemes.kind(before) == Some(Kind::Digits))
}

/// Whether a number goes on at this piece: its decimals or a further group, or a unit.
fn is_number_going_on(lexemes: &Lexemes, at: usize) -> bool {
    match lexemes.symbol(at) {
        Some('.' | ',') => lexemes.kind(at + 1) == Some(Kind::Digits),
        Some('%') => true,
        _ => lexemes.kind(at) == Some(Kind::Fraction),
    }
}

/// Whether a unit or a scale follows: the number before it is a value.
fn is_value_word(lexemes: &Lexemes, at: usize) -> bool {
    is_unit_or_scale_word(lexemes.word(lexemes.past_blank(at)))
}

/// A four-digit year at this piece.
pub(super) fn year_at(lexemes: &Lexemes, at: usize) -> Option<u32> {
    let year = lexemes.whole(at).filter(|&year| lexemes.digits(at).len() == 4 && is_year(year))?;
    let is_alone = !is_number_going_on(lexemes, at + 1) && !matches!(lexemes.kind(at + 1), Some(Kind::Word));
    is_alone.then_some(year)
}

/// A year of four digits, or of two behind an apostrophe or a dash.
fn any_year_at(lexemes: &Lexemes, at: usize) -> Option<(u32, usize)> {
    if let Some(year) = year_at(lexemes, at) {
        return Some((year, at + 1));
    }
    let at = if lexemes.is_symbol(at, '\'') { at + 1 } else { return None };
    let year = two_digit_year(lexemes, at)?;
    Some((year, at + 1))
}

fn two_digit_year(lexemes: &Lexemes, at: usize) -> Option<u32> {
    let year = lexemes.whole(at).filter(|_| lexemes.digits(at).len() == 2)?;
    let goes_on = is_number_going_on(lexemes, at + 1);
    (!goes_on).then_some(if year < 50 { 2000 + year } else { 1900 + year })
}

/// A day of one or two digits, an ordinal's ending allowed; then the first piece behind it.
fn day_at(lexemes: &Lexemes, at: usize) -> Option<(u32, usize)> {
    let day = lexemes.whole(at).filter(|_| lexemes.digits(at).len() <= 2)?;
    if is_number_going_on(lexemes, at + 1) {
        // "15,2008" is a day before its year.
        let is_before_year = lexemes.is_symbol(at + 1, ',') && lexemes.digits(at + 2).len() == 4;
        return is_before_year.then_some((day, at + 1));
    }
    match lexemes.word(at + 1) {
        "st" | "nd" | "rd" | "th" => Some((day, at + 2)),
        "" => Some((day, at + 1)),
        _ => None,
    }
}

/// Behind the space, and the sign or small word between two parts of a written date.
fn past_joint(lexemes: &Lexemes, at: usize) -> usize {
    let mut at = lexemes.past_blank(at);
    if matches!(lexemes.symbol(at), Some(',' | '.')) || lexemes.is_dash(at) || lexemes.is_symbol(at, '/') {
        at = lexemes.past_blank(at + 1);
        // "Sept., 2008"
        if lexemes.is_symbol(at, ',') {
            at = lexemes.past_blank(at + 1);
        }
    }
    if lexemes.word(at) == "of" {
        at = lexemes.past_blank(at + 1);
        if lexemes.word(at) == "the" && lexemes.word(lexemes.past_blank(at + 1)) == "year" {
            at = lexemes.past_blank(lexemes.past_blank(at + 1) + 1);
        } else if lexemes.word(at) == "year" {
            at = lexemes.past_blank(at + 1);
        }
    }
    at
}

fn from_word(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let word = lexemes.word(at);
    if at.checked_sub(1).is_some_and(|before| lexemes.kind(before) == Some(Kind::Digits)) {
        // "2008Q3" and "2008M09" begin at their year.
        return None;
    }
    if let Some(month) = month_of(word) {
        return from_month(lexemes, at, month);
    }
    match word {
        "q" | "qtr" => {
            let digit = if lexemes.is_space(at + 1) || lexemes.is_symbol(at + 1, '.') { return None } else { at + 1 };
            let quarter = quarter_digit(lexemes, digit)?;
            Some(with_year(lexemes, digit + 1, Some(quarter)))
        }
        "h" => {
            lexemes.whole(at + 1).filter(|half| (1..=2).contains(half) && lexemes.digits(at + 1).len() == 1)?;
            Some(with_year(lexemes, at + 2, None))
        }
        "fy" | "cy" => {
            let place = lexemes.past_blank(at + 1);
            let place = if lexemes.is_symbol(place, '\'') { place + 1 } else { place };
            let year = year_at(lexemes, place).or_else(|| two_digit_year(lexemes, place))?;
            Some(Form { parts: Parts::Year { year }, end: place + 1 })
        }
        "quarter" => {
            let digit = lexemes.past_blank(at + 1);
            let quarter = quarter_digit(lexemes, digit)?;
            if is_number_going_on(lexemes, digit + 1) || is_value_word(lexemes, digit + 1) {
                return None;
            }
            Some(with_year(lexemes, digit + 1, Some(quarter)))
        }
        _ => {
            let quarter = ordinal_of(word)?;
            let place = past_hyphen(lexemes, at + 1);
            let is_quarter = matches!(lexemes.word(place), "quarter" | "qtr");
            let is_half = matches!(lexemes.word(place), "half");
            if is_quarter || is_half {
                let form = with_year(lexemes, place + 1, is_quarter.then_some(quarter));
                // Words alone hide no number.
                (form.parts != Parts::PartOfYear).then_some(form)
            } else {
                None
            }
        }
    }
}

fn past_hyphen(lexemes: &Lexemes, at: usize) -> usize {
    if lexemes.is_dash(at) { at + 1 } else { lexemes.past_blank(at) }
}

/// One digit from 1 to 4 that ends there.
fn quarter_digit(lexemes: &Lexemes, at: usize) -> Option<u32> {
    let digits = lexemes.digits(at);
    let is_one = digits.len() == 1 && !(lexemes.is_symbol(at + 1, '.') && lexemes.kind(at + 2) == Some(Kind::Digits));
    lexemes.whole(at).filter(|quarter| is_one && (1..=4).contains(quarter))
}

/// A part of a year whose year may follow.
fn with_year(lexemes: &Lexemes, behind: usize, quarter: Option<u32>) -> Form {
    let place = past_joint(lexemes, behind);
    let place = match lexemes.word(place) {
        "fy" | "cy" | "fiscal" | "calendar" => {
            let next = lexemes.past_blank(place + 1);
            if lexemes.word(next) == "year" { lexemes.past_blank(next + 1) } else { next }
        }
        _ => place,
    };
    // "Q3 13,324" is a quarter with a value behind it, "Q3-08" one with its year.
    let short =
        || lexemes.is_dash(behind).then(|| two_digit_year(lexemes, place)).flatten().map(|year| (year, place + 1));
    match (any_year_at(lexemes, place).or_else(short), quarter) {
        (Some((year, end)), Some(quarter)) => Form { parts: Parts::Quarter { year, quarter }, end },
        (Some((year, end)), None) => Form { parts: Parts::Year { year }, end },
        (None, _) => Form { parts: Parts::PartOfYear, end: behind },
    }
}

/// "December 31, 2008", "Dec 2008", "December 31".
fn from_month(lexemes: &Lexemes, at: usize, month: u32) -> Option<Form> {
    let mut place = past_joint(lexemes, at + 1);
    if lexemes.word(place) == "the" {
        place = lexemes.past_blank(place + 1);
    }
    if let Some((year, end)) = any_year_at(lexemes, place) {
        // "Dec 2008 31" has a day behind it only in lists of numbers.
        return Some(Form { parts: Parts::Month { year, month }, end });
    }
    // "Oct-09" is a month, "Oct 09" a day.
    if lexemes.is_dash(at + 1)
        && let Some(year) = two_digit_year(lexemes, at + 2)
        && !lexemes.is_dash(at + 3)
    {
        return Some(Form { parts: Parts::Month { year, month }, end: at + 3 });
    }
    let (day, behind) = day_at(lexemes, place)?;
    let year_place = past_joint(lexemes, behind);
    if let Some((year, end)) = any_year_at(lexemes, year_place) {
        return Some(Form { parts: Parts::Day { year, month, day }, end });
    }
    // A day without a year: "May" and "March" are words, too, and a unit or a scale makes the day a value.
    let is_name = lexemes.written(at).starts_with(|first: char| first.is_ascii_uppercase());
    let is_value = is_value_word(lexemes, behind);
    ((1..=31).contains(&day) && is_name && !is_value && !lexemes.is_symbol(at + 1, ','))
        .then_some(Form { parts: Parts::DayOfMonth, end: behind })
}

fn from_digits(lexemes: &Lexemes, at: usize) -> Option<Form> {
    iso(lexemes, at)
        .or_else(|| year_first(lexemes, at))
        .or_else(|| slashed(lexemes, at))
        .or_else(|| day_first(lexemes, at))
        .or_else(|| quarter_first(lexemes, at))
        .or_else(|| compact(lexemes, at))
}

/// `2008-09-15`, `2008/09/15`, `2008.09.15`, `2008-09`, `2008/09`, a time of day behind it allowed.
fn iso(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let year = lexemes.whole(at).filter(|&year| lexemes.digits(at).len() == 4 && is_year(year))?;
    let joint = lexemes.symbol(at + 1).filter(|joint| matches!(joint, '-' | '/' | '.' | '\u{2013}'))?;
    let two = |place: usize| lexemes.whole(place).filter(|_| lexemes.digits(place).len() <= 2);
    let month = two(at + 2)?;
    if lexemes.is_symbol(at + 3, joint)
        && let Some(day) = two(at + 4)
    {
        let mut end = at + 5;
        if lexemes.word(end) == "t" && lexemes.kind(end + 1) == Some(Kind::Digits) {
            end += 2;
            while lexemes.is_symbol(end, ':') && lexemes.kind(end + 1) == Some(Kind::Digits) {
                end += 2;
            }
            end += usize::from(lexemes.word(end) == "z");
        }
        return Some(Form { parts: Parts::Day { year, month, day }, end });
    }
    let is_month = joint != '.' && lexemes.digits(at + 2).len() == 2 && (1..=12).contains(&month);
    let goes_on =
        is_number_going_on(lexemes, at + 3) || (lexemes.is_symbol(at + 3, '=') || is_base_behind(lexemes, at + 3));
    (is_month && !goes_on).then_some(Form { parts: Parts::Month { year, month }, end: at + 3 })
}

/// `=100` with spaces: a base period.
fn is_base_behind(lexemes: &Lexemes, at: usize) -> bool {
    lexemes.is_symbol(lexemes.past_blank(at), '=')
        && lexemes.digits(lexemes.past_blank(lexemes.past_blank(at) + 1)) == "100"
}

/// `2008Q3`, `2008-Q3`, `2008 Q3`, `2008M09`, `2008 September 15`, `2008's third quarter`.
fn year_first(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let year = lexemes.whole(at).filter(|&year| lexemes.digits(at).len() == 4 && is_year(year))?;
    let mut place = at + 1;
    if matches!(lexemes.symbol(place), Some('-' | ':' | '/' | ',' | '.' | '\u{2013}')) {
        place += 1;
    }
    if lexemes.is_symbol(at + 1, '\'') && lexemes.word(at + 2) == "s" {
        place = at + 3;
    }
    place = lexemes.past_blank(place);
    let is_glued = place == at + 1;
    match lexemes.word(place) {
        "q" => {
            let quarter = quarter_digit(lexemes, place + 1)?;
            Some(Form { parts: Parts::Quarter { year, quarter }, end: place + 2 })
        }
        "h" if lexemes.digits(place + 1).len() == 1 => Some(Form { parts: Parts::Year { year }, end: place + 2 }),
        "m" if is_glued || lexemes.is_dash(at + 1) => {
            let month = lexemes.whole(place + 1).filter(|_| lexemes.digits(place + 1).len() <= 2)?;
            Some(Form { parts: Parts::Month { year, month }, end: place + 2 })
        }
        word => {
            if let Some(quarter) = ordinal_of(word) {
                let next = past_hyphen(lexemes, place + 1);
                return (lexemes.word(next) == "quarter")
                    .then_some(Form { parts: Parts::Quarter { year, quarter }, end: next + 1 });
            }
            let month = month_of(word)?;
            let next = past_joint(lexemes, place + 1);
            match day_at(lexemes, next) {
                Some((day, end)) if (1..=31).contains(&day) && any_year_at(lexemes, next).is_none() => {
                    Some(Form { parts: Parts::Day { year, month, day }, end })
                }
                _ => Some(Form { parts: Parts::Month { year, month }, end: place + 1 }),
            }
        }
    }
}

/// `9/15/2008` and `9-15-2008` in American order, `15.9.2008` in European, `09/2008`.
fn slashed(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let two = |place: usize| lexemes.whole(place).filter(|_| lexemes.digits(place).len() <= 2);
    let first = two(at)?;
    let joint = lexemes.symbol(at + 1).filter(|joint| matches!(joint, '/' | '-' | '.'))?;
    if joint == '/'
        && let Some(year) = year_at(lexemes, at + 2)
        && !lexemes.is_symbol(at + 3, '/')
    {
        return Some(Form { parts: Parts::Month { year, month: first }, end: at + 3 });
    }
    let second = two(at + 2)?;
    if !lexemes.is_symbol(at + 3, joint) {
        return None;
    }
    let year = lexemes.whole(at + 4).filter(|&year| lexemes.digits(at + 4).len() == 4 && is_year(year));
    let short = || if joint == '/' { two_digit_year(lexemes, at + 4) } else { None };
    let year = year.or_else(short)?;
    // Behind dashes the European order where the American one cannot be.
    let is_european = joint == '.' || (joint == '-' && first > 12);
    let (month, day) = if is_european { (second, first) } else { (first, second) };
    Some(Form { parts: Parts::Day { year, month, day }, end: at + 5 })
}

/// "15 September 2008", "15th of September", "15-Sep-2008".
fn day_first(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let (day, behind) = day_at(lexemes, at)?;
    if lexemes.is_symbol(behind, ',') {
        return None;
    }
    let place = past_joint(lexemes, behind);
    let month = month_of(lexemes.word(place))?;
    let year_place = past_joint(lexemes, place + 1);
    if let Some((year, end)) = any_year_at(lexemes, year_place) {
        return Some(Form { parts: Parts::Day { year, month, day }, end });
    }
    if lexemes.is_dash(place + 1)
        && let Some(year) = two_digit_year(lexemes, place + 2)
    {
        return Some(Form { parts: Parts::Day { year, month, day }, end: place + 3 });
    }
    // "4 May" is a day, "4. May it rise" none.
    let is_name = lexemes.written(place).starts_with(|first: char| first.is_ascii_uppercase());
    ((1..=31).contains(&day) && !lexemes.is_symbol(behind, '.') && is_name)
        .then_some(Form { parts: Parts::DayOfMonth, end: place + 1 })
}

/// "3Q2008", "3Q08", "3rd quarter of 2008".
fn quarter_first(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let number = lexemes.whole(at).filter(|number| (1..=4).contains(number) && lexemes.digits(at).len() == 1)?;
    match lexemes.word(at + 1) {
        letter @ ("q" | "h") => {
            let quarter = (letter == "q").then_some(number);
            if let Some(year) = two_digit_year(lexemes, at + 2) {
                let parts = match quarter {
                    Some(quarter) => Parts::Quarter { year, quarter },
                    None => Parts::Year { year },
                };
                return Some(Form { parts, end: at + 3 });
            }
            Some(with_year(lexemes, at + 2, quarter))
        }
        "st" | "nd" | "rd" | "th" => {
            let place = past_hyphen(lexemes, at + 2);
            matches!(lexemes.word(place), "quarter" | "qtr").then(|| with_year(lexemes, place + 1, Some(number)))
        }
        _ => None,
    }
}

/// `20080915`.
fn compact(lexemes: &Lexemes, at: usize) -> Option<Form> {
    let digits = lexemes.digits(at);
    if digits.len() != 8 || is_number_going_on(lexemes, at + 1) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u32>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let is_date = is_year(year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then_some(Form { parts: Parts::Day { year, month, day }, end: at + 1 })
}
