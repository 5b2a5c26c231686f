//! A normalised text cut into words, digits, signs and white space; every later step works on these pieces.

use super::normalise::{is_dash, normalised};

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A run of letters.
    Word,
    /// A run of ASCII digits.
    Digits,
    /// One character that stands for a fraction, e.g. ½.
    Fraction,
    /// Any other character.
    Symbol,
    /// White space within a line.
    Space,
    /// White space with a line's end in it.
    Line,
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    kind: Kind,
    is_masked: bool,
}

/// The pieces of one text. Linear in time and memory.
#[derive(Debug)]
pub(super) struct Lexemes {
    /// As written, after [`normalised`].
    text: String,
    /// The same in ASCII lower case, byte for byte.
    lower: String,
    pieces: Vec<Piece>,
}

impl Lexemes {
    /// Normalises and cuts a text. Of more than 4 GiB, only the beginning.
    pub(super) fn of(text: &str) -> Self {
        let text = normalised(text);
        let lower = text.to_ascii_lowercase();
        let mut pieces: Vec<Piece> = Vec::with_capacity(text.len() / 3 + 4);
        for (start, character) in text.char_indices() {
            let end = start + character.len_utf8();
            let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { break };
            let kind = kind_of(character);
            match pieces.last_mut() {
                Some(last)
                    if last.kind == kind && matches!(kind, Kind::Word | Kind::Digits | Kind::Space | Kind::Line) =>
                {
                    last.end = end;
                }
                Some(last) if matches!((last.kind, kind), (Kind::Space | Kind::Line, Kind::Space | Kind::Line)) => {
                    last.kind = Kind::Line;
                    last.end = end;
                }
                _ => pieces.push(Piece { start, end, kind, is_masked: false }),
            }
        }
        Self { text, lower, pieces }
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The whole text in lower case.
    pub(super) fn lower_text(&self) -> &str {
        &self.lower
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.pieces.get(index).map(|piece| piece.kind)
    }

    fn lower_at(&self, index: usize) -> &str {
        self.pieces.get(index).map_or("", |piece| &self.lower[piece.start as usize..piece.end as usize])
    }

    /// The piece as written; empty behind the end.
    pub(super) fn written(&self, index: usize) -> &str {
        self.pieces.get(index).map_or("", |piece| &self.text[piece.start as usize..piece.end as usize])
    }

    /// Bytes of the pieces from `from` on, up to and without `to`, as written.
    pub(super) fn span(&self, from: usize, to: usize) -> &str {
        match (self.pieces.get(from), to.checked_sub(1).and_then(|last| self.pieces.get(last))) {
            (Some(first), Some(last)) if from < to => &self.text[first.start as usize..last.end as usize],
            _ => "",
        }
    }

    /// A word in lower case; empty where there is none.
    pub(super) fn word(&self, index: usize) -> &str {
        if self.kind(index) == Some(Kind::Word) { self.lower_at(index) } else { "" }
    }

    /// Digits; empty where there are none.
    pub(super) fn digits(&self, index: usize) -> &str {
        if self.kind(index) == Some(Kind::Digits) { self.lower_at(index) } else { "" }
    }

    /// Digits as a whole number, where there are at most nine.
    pub(super) fn whole(&self, index: usize) -> Option<u32> {
        let digits = self.digits(index);
        if digits.len() > 9 { None } else { digits.parse().ok() }
    }

    /// A sign or a fraction's character.
    pub(super) fn symbol(&self, index: usize) -> Option<char> {
        match self.kind(index)? {
            Kind::Symbol | Kind::Fraction => self.lower_at(index).chars().next(),
            _ => None,
        }
    }

    pub(super) fn is_symbol(&self, index: usize, symbol: char) -> bool {
        self.symbol(index) == Some(symbol)
    }

    pub(super) fn is_dash(&self, index: usize) -> bool {
        self.symbol(index).is_some_and(is_dash)
    }

    pub(super) fn is_space(&self, index: usize) -> bool {
        matches!(self.kind(index), Some(Kind::Space | Kind::Line))
    }

    /// The first piece from `index` on that is not white space.
    pub(super) fn past_space(&self, index: usize) -> usize {
        if self.is_space(index) { index + 1 } else { index }
    }

    /// As [`Self::past_space`], within the line.
    pub(super) fn past_blank(&self, index: usize) -> usize {
        if self.kind(index) == Some(Kind::Space) { index + 1 } else { index }
    }

    /// The last piece before `index` that is neither white space nor masked.
    pub(super) fn before(&self, index: usize) -> Option<usize> {
        (0..index).rev().find(|&place| !self.is_space(place) && !self.is_masked(place))
    }

    /// Whether a line begins here.
    pub(super) fn is_line_start(&self, index: usize) -> bool {
        match index.checked_sub(1).map(|before| (before, self.kind(before))) {
            None | Some((_, Some(Kind::Line))) => true,
            Some((before, Some(Kind::Space))) => before == 0,
            _ => false,
        }
    }

    pub(super) fn is_masked(&self, index: usize) -> bool {
        self.pieces.get(index).is_some_and(|piece| piece.is_masked)
    }

    /// Takes pieces out of the search for numbers.
    pub(super) fn mask(&mut self, from: usize, to: usize) {
        let to = to.min(self.pieces.len());
        for piece in self.pieces.get_mut(from..to).unwrap_or_default() {
            piece.is_masked = true;
        }
    }
}

fn kind_of(character: char) -> Kind {
    match character {
        '0'..='9' => Kind::Digits,
        'a'..='z' | 'A'..='Z' => Kind::Word,
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Line,
        _ if character.is_ascii() => {
            if character.is_ascii_whitespace() {
                Kind::Space
            } else {
                Kind::Symbol
            }
        }
        _ if fraction(character).is_some() => Kind::Fraction,
        _ if character.is_whitespace() => Kind::Space,
        _ if character.is_alphabetic() => Kind::Word,
        _ => Kind::Symbol,
    }
}

/// Value of a character that stands for a fraction.
pub(super) fn fraction(character: char) -> Option<f64> {
    let (numerator, denominator) = match character {
        '¼' => (1.0, 4.0),
        '½' => (1.0, 2.0),
        '¾' => (3.0, 4.0),
        '⅐' => (1.0, 7.0),
        '⅑' => (1.0, 9.0),
        '⅒' => (1.0, 10.0),
        '⅓' => (1.0, 3.0),
        '⅔' => (2.0, 3.0),
        '⅕' => (1.0, 5.0),
        '⅖' => (2.0, 5.0),
        '⅗' => (3.0, 5.0),
        '⅘' => (4.0, 5.0),
        '⅙' => (1.0, 6.0),
        '⅚' => (5.0, 6.0),
        '⅛' => (1.0, 8.0),
        '⅜' => (3.0, 8.0),
        '⅝' => (5.0, 8.0),
        '⅞' => (7.0, 8.0),
        '↉' => (0.0, 3.0),
        _ => return None,
    };
    Some(numerator / denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_kinds_change() {
        let lexemes = Lexemes::of("In 2008Q3: $13,324.6\n 4½%");
        let pieces: Vec<&str> = (0..lexemes.len()).map(|index| lexemes.written(index)).collect();
        let expected = ["In", " ", "2008", "Q", "3", ":", " ", "$", "13", ",", "324", ".", "6", "\n ", "4", "½", "%"];
        assert_eq!(pieces, expected);
        assert!(lexemes.is_line_start(14) && lexemes.is_line_start(0) && !lexemes.is_line_start(2));
        assert_eq!(lexemes.span(7, 13), "$13,324.6");
    }
}
