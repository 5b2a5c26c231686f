//! One way of writing for signs, digits and group marks (step 5).

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// The text with one sign for each meaning: ASCII digits and minus, `,` between groups of digits, no `*` and backticks.
///
/// A dash glued to a following number becomes a minus unless a digit, `%` or `)` stands before it. Raised digits become `^4`.
pub(super) fn normalised(text: &str) -> String {
    let text = without_latex(text);
    let mut out = String::with_capacity(text.len());
    // The last character that is no space, and whether the character before is a raised one.
    let (mut last_solid, mut is_raised) = (' ', false);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let ahead = rest.as_str();
        let was_raised = std::mem::take(&mut is_raised);
        let written = match character {
            '*' if is_power_ahead(ahead) => '×',
            '*' | '`' | '\u{200b}' | '\u{feff}' | '\u{ad}' => continue,
            ' '..='&' | '('..='~' => character,
            '\n' | '\t' | '\r' => character,
            '\'' | '\u{2019}' | '\u{2018}' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' => {
                if out.ends_with(|before: char| before.is_ascii_digit()) && is_group_ahead(ahead) {
                    ','
                } else if matches!(character, '\'' | '\u{2018}' | '\u{2019}') {
                    '\''
                } else {
                    ' '
                }
            }
            '\u{2212}' | '\u{fe63}' | '\u{2010}' | '\u{2011}' => '-',
            '\u{201c}' | '\u{201d}' => '"',
            '\u{ff01}'..='\u{ff5e}' => ascii_of(character),
            '\u{2012}'..='\u{2015}' => {
                let is_minus =
                    is_number_ahead(ahead) && !(last_solid.is_ascii_digit() || matches!(last_solid, '%' | ')'));
                if is_minus { '-' } else { character }
            }
            _ => match raised(character) {
                Some(digit) => {
                    if !was_raised {
                        out.push('^');
                    }
                    is_raised = true;
                    digit
                }
                None => character,
            },
        };
        out.push(written);
        if !written.is_whitespace() {
            last_solid = written;
        }
    }
    out
}

/// The ASCII character of a full-width one.
fn ascii_of(character: char) -> char {
    u32::from(character).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(character)
}

fn is_any_digit(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, '\u{ff10}'..='\u{ff19}')
}

/// Exactly three digits come next.
fn is_group_ahead(ahead: &str) -> bool {
    let mut characters = ahead.chars();
    let three = characters.by_ref().take(3).filter(|&character| is_any_digit(character)).count() == 3;
    three && !characters.next().is_some_and(is_any_digit)
}

/// A number comes next, without a space; a currency's sign may stand before it.
fn is_number_ahead(ahead: &str) -> bool {
    let ahead = ahead.trim_start_matches('*');
    let ahead = ahead.strip_prefix(['$', '€', '£', '¥']).unwrap_or(ahead);
    let ahead = ahead.strip_prefix('.').unwrap_or(ahead);
    ahead.chars().next().is_some_and(is_any_digit)
}

/// ` 10^` comes next: the star before it is a product.
fn is_power_ahead(ahead: &str) -> bool {
    let ahead = ahead.strip_prefix(' ').unwrap_or(ahead);
    let Some(ahead) = ahead.strip_prefix("10") else { return false };
    ahead.starts_with("^") || ahead.chars().next().is_some_and(|character| raised(character).is_some())
}

fn raised(character: char) -> Option<char> {
    Some(match character {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴' => '4',
        '⁵' => '5',
        '⁶' => '6',
        '⁷' => '7',
        '⁸' => '8',
        '⁹' => '9',
        '⁻' => '-',
        '⁺' => '+',
        _ => return None,
    })
}

/// The commands of mathematical typesetting that stand beside numbers, as plain signs.
fn without_latex(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') && !text.contains("{,}") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => command(&mut rest, &mut out),
            '^' if rest.peek() == Some(&'{') => {
                rest.next();
                out.push('^');
            }
            '{' if rest.peek() == Some(&',') => {
                rest.next();
                out.push(',');
                rest.next_if_eq(&'}');
            }
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// What comes behind a backslash.
fn command(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut name = String::new();
    // No command that matters here is longer.
    while let Some(letter) = rest.next_if(|letter| letter.is_ascii_alphabetic() && name.len() < 12) {
        name.push(letter);
    }
    match name.as_str() {
        "times" | "cdot" => out.push('×'),
        "approx" | "sim" => out.push('≈'),
        "pm" => out.push('±'),
        "text" | "mathrm" | "mathbf" | "textbf" | "quad" | "left" | "right" | "displaystyle" => {
            rest.next_if_eq(&'{');
            out.push(' ');
        }
        "" => match rest.next() {
            Some(escaped @ ('%' | '$' | '&' | '#' | '_' | '"' | '\'' | '-')) => out.push(escaped),
            Some(',' | '!') => {}
            _ => out.push(' '),
        },
        _ => {
            out.push('\\');
            out.push_str(&name);
        }
    }
}

/// Whether a text holds nothing but dashes, question marks, dots and white space, and one of the first two.
pub(super) fn is_only_dashes(text: &str) -> bool {
    let is_blank =
        |character: char| is_dash(character) || matches!(character, '?' | '？' | '.' | '…' | '_' | '\u{2212}');
    let mut solid = text.chars().filter(|character| !character.is_whitespace()).peekable();
    let mut has_mark = false;
    solid.peek().is_some()
        && solid.all(|character| {
            has_mark |= is_dash(character) || matches!(character, '?' | '？' | '\u{2212}');
            is_blank(character)
        })
        && has_mark
}

/// A hyphen, an en dash, an em dash and their kin.
pub(super) fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2012}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_digits_and_groups_have_one_form() {
        for (text, expected) in [
            ("\u{ff14}.\u{ff17}\u{ff05}", "4.7%"),
            ("13\u{a0}324.6", "13,324.6"),
            ("1\u{202f}234\u{202f}567", "1,234,567"),
            ("13'324.6", "13,324.6"),
            ("13\u{2019}3246", "13'3246"),
            ("\u{2212}0.3", "-0.3"),
            ("was \u{2013}0.4%", "was -0.4%"),
            ("4.6\u{2013}4.8%", "4.6\u{2013}4.8%"),
            ("4.6% \u{2014}4.8%", "4.6% \u{2014}4.8%"),
            ("**4.7%**", "4.7%"),
            ("1.3 × 10⁴", "1.3 × 10^4"),
            ("1.3*10^4", "1.3×10^4"),
            ("4.7\\%", "4.7%"),
            ("13{,}324.6 \\times 10^{4}", "13{,}324.6 × 10^4}".replace("{,}", ",").as_str()),
            ("don\u{2019}t", "don't"),
        ] {
            assert_eq!(normalised(text), expected, "{text}");
        }
    }

    #[test]
    fn dashes_alone_are_told_from_text() {
        assert!(["-", "--", "\u{2014}", "???", " ? ", "- - -"].iter().all(|text| is_only_dashes(text)));
        assert!(["", "...", "-a", "- 4"].iter().all(|text| !is_only_dashes(text)));
    }
}
