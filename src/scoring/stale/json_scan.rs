//! A reader of JSON as Python reads it, which keeps what verdicts are made of and nothing else.
//!
//! Python takes lone surrogate escapes, the last of two equal keys and, unless told otherwise, `NaN` and `Infinity`. Nothing is
//! built and nothing recurses: a reply of any size and depth costs its length.

use crate::dataset::stale::Dimension;

/// What a value is, and whether Python takes it for true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    Null,
    Bool(bool),
    Number { is_true: bool },
    Text { is_true: bool },
    List { is_true: bool },
    Object { is_true: bool },
}

impl Leaf {
    /// Python's `bool(value)`.
    pub fn is_true(self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(is_true)
            | Self::Number { is_true }
            | Self::Text { is_true }
            | Self::List { is_true }
            | Self::Object { is_true } => is_true,
        }
    }
}

/// What stands under `dim1_eval` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evaluation {
    pub value: Leaf,
    /// Its field `pass`, where it is an object.
    pub pass: Option<Leaf>,
}

/// What an object says of the three dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Verdicts {
    pub dimensions: [Option<Evaluation>; 3],
}

impl Verdicts {
    /// Whether at least one of the three fields is there.
    pub fn is_any(&self) -> bool {
        self.dimensions.iter().any(Option::is_some)
    }
}

/// A value that was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanned {
    pub value: Leaf,
    /// Of an object; nothing of other values.
    pub verdicts: Verdicts,
    /// The byte behind it.
    pub end: usize,
}

/// What is taken beyond the standard, and up to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Whether `NaN`, `Infinity` and `-Infinity` are numbers.
    pub has_constants: bool,
    /// Brackets within brackets; Python stops a little below its limit of 1000 calls.
    pub max_depth: usize,
    /// Digits of a whole number; Python refuses to read longer ones.
    pub max_digits: usize,
}

impl Dialect {
    /// `json.loads` of CPython 3.11.
    pub const PYTHON: Self = Self { has_constants: true, max_depth: 990, max_digits: 4300 };
    /// The standard, with lone surrogates.
    pub const STANDARD: Self = Self { has_constants: false, max_depth: usize::MAX, max_digits: usize::MAX };
}

/// Where the objects of a text are, for a search from every brace.
#[derive(Debug, Default)]
pub(super) struct ObjectsSeen {
    /// First byte of every object that was begun, whether it came to an end or not.
    pub begun: std::collections::HashSet<usize>,
    /// First byte and verdicts of those that came to an end and speak of a dimension.
    pub speaking: Vec<(usize, Verdicts)>,
}

/// One bracket that is open.
struct Open {
    start: usize,
    is_object: bool,
    is_empty: bool,
    /// Of the value that is read next.
    key: Key,
    pass: Option<Leaf>,
    verdicts: Verdicts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Pass,
    Dimension(usize),
    Other,
}

/// Reads the value that begins at `start`; what follows it is not looked at. `None`: it is no JSON.
pub(super) fn scan(text: &str, start: usize, dialect: Dialect, seen: &mut ObjectsSeen) -> Option<Scanned> {
    Scanner { bytes: text.as_bytes(), at: start, dialect, open: Vec::new(), seen }.value()
}

/// Reads a text that is one value, with blanks around it.
pub(super) fn scan_whole(text: &str, dialect: Dialect) -> Option<Scanned> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let start = text.bytes().take_while(blank).count();
    let scanned = scan(text, start, dialect, &mut ObjectsSeen::default())?;
    text.as_bytes()[scanned.end..].iter().all(blank).then_some(scanned)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    dialect: Dialect,
    open: Vec<Open>,
    seen: &'a mut ObjectsSeen,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn take_word(&mut self, word: &str) -> Option<()> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// The value, its brackets closed again.
    fn value(mut self) -> Option<Scanned> {
        loop {
            let mut done = match self.peek()? {
                b'{' => {
                    self.begin(true)?;
                    self.skip_blanks();
                    if self.peek()? != b'}' {
                        self.key()?;
                        continue;
                    }
                    self.end()?
                }
                b'[' => {
                    self.begin(false)?;
                    self.skip_blanks();
                    if self.peek()? != b']' {
                        self.open.last_mut()?.is_empty = false;
                        continue;
                    }
                    self.end()?
                }
                _ => (self.leaf()?, None, Verdicts::default()),
            };
            // The value is whole: give it to what it stands in, and end that, too, where it ends here.
            loop {
                let (value, pass, verdicts) = done;
                let Some(around) = self.open.last_mut() else {
                    return Some(Scanned { value, verdicts, end: self.at });
                };
                match around.key {
                    Key::Pass => around.pass = Some(value),
                    Key::Dimension(index) => around.verdicts.dimensions[index] = Some(Evaluation { value, pass }),
                    Key::Other => {}
                }
                let is_object = around.is_object;
                self.skip_blanks();
                match (self.peek()?, is_object) {
                    (b',', true) => {
                        self.at += 1;
                        self.skip_blanks();
                        self.key()?;
                        break;
                    }
                    (b',', false) => {
                        self.at += 1;
                        self.skip_blanks();
                        break;
                    }
                    (b'}', true) | (b']', false) => done = self.end()?,
                    _ => return None,
                }
            }
        }
    }

    fn begin(&mut self, is_object: bool) -> Option<()> {
        if self.open.len() >= self.dialect.max_depth {
            return None;
        }
        if is_object {
            self.seen.begun.insert(self.at);
        }
        self.open.push(Open {
            start: self.at,
            is_object,
            is_empty: true,
            key: Key::Other,
            pass: None,
            verdicts: Verdicts::default(),
        });
        self.at += 1;
        Some(())
    }

    /// Closes the innermost bracket, at its closing sign.
    fn end(&mut self) -> Option<(Leaf, Option<Leaf>, Verdicts)> {
        self.at += 1;
        let closed = self.open.pop()?;
        let is_true = !closed.is_empty;
        if !closed.is_object {
            return Some((Leaf::List { is_true }, None, Verdicts::default()));
        }
        if closed.verdicts.is_any() {
            self.seen.speaking.push((closed.start, closed.verdicts));
        }
        Some((Leaf::Object { is_true }, closed.pass, closed.verdicts))
    }

    /// A key and its colon.
    fn key(&mut self) -> Option<()> {
        let name = self.text()?;
        let key = match name {
            Name::Short { bytes, length } => {
                let name = &bytes[..length];
                let dimension = Dimension::ALL.into_iter().find(|dimension| {
                    name.strip_suffix(b"_eval").is_some_and(|stem| stem == dimension.as_str().as_bytes())
                });
                match dimension {
                    Some(dimension) => Key::Dimension(dimension.index()),
                    None if name == b"pass" => Key::Pass,
                    None => Key::Other,
                }
            }
            Name::Other => Key::Other,
        };
        self.skip_blanks();
        self.take(b':')?;
        self.skip_blanks();
        let open = self.open.last_mut()?;
        (open.key, open.is_empty) = (key, false);
        Some(())
    }

    fn leaf(&mut self) -> Option<Leaf> {
        match self.peek()? {
            b'"' => {
                let is_true = !matches!(self.text()?, Name::Short { length: 0, .. });
                Some(Leaf::Text { is_true })
            }
            b'n' => self.take_word("null").map(|()| Leaf::Null),
            b't' => self.take_word("true").map(|()| Leaf::Bool(true)),
            b'f' => self.take_word("false").map(|()| Leaf::Bool(false)),
            b'N' if self.dialect.has_constants => self.take_word("NaN").map(|()| Leaf::Number { is_true: true }),
            b'I' if self.dialect.has_constants => self.take_word("Infinity").map(|()| Leaf::Number { is_true: true }),
            b'-' if self.dialect.has_constants && self.bytes[self.at..].starts_with(b"-Infinity") => {
                self.take_word("-Infinity").map(|()| Leaf::Number { is_true: true })
            }
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn digits(&mut self) -> usize {
        let n = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += n;
        n
    }

    fn number(&mut self) -> Option<Leaf> {
        let start = self.at;
        let _ = self.take(b'-');
        let n_whole = match self.peek()? {
            b'0' => {
                self.at += 1;
                1
            }
            b'1'..=b'9' => self.digits(),
            _ => return None,
        };
        let whole_end = self.at;
        // A fraction or an exponent without digits is not part of the number, and nothing that may follow one.
        if self.take(b'.').is_some() && self.digits() == 0 {
            return None;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return None;
            }
        }
        let literal = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        if self.at > whole_end {
            // Too small a number is 0, too large a one is infinite, in Python as here.
            return Some(Leaf::Number { is_true: literal.parse::<f64>().ok()? != 0.0 });
        }
        let is_true = literal.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        (n_whole <= self.dialect.max_digits).then_some(Leaf::Number { is_true })
    }

    /// A text in quotes; control characters must be escaped, and escapes must exist.
    fn text(&mut self) -> Option<Name> {
        self.take(b'"')?;
        let mut name = Name::EMPTY;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(name),
                0x00..=0x1f => return None,
                b'\\' => {
                    let escape = self.peek()?;
                    self.at += 1;
                    match escape {
                        b'"' | b'\\' | b'/' => name.push(escape),
                        b'b' | b'f' | b'n' | b'r' | b't' => name.push(0),
                        b'u' => {
                            let digits = self.bytes.get(self.at..self.at + 4)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            let code = digits.iter().fold(0_u32, |code, &digit| {
                                code * 16 + char::from(digit).to_digit(16).unwrap_or_default()
                            });
                            self.at += 4;
                            // No name of interest has a sign beyond ASCII in it.
                            name.push(u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(0));
                        }
                        _ => return None,
                    }
                }
                _ => name.push(byte),
            }
        }
    }
}

/// The names of interest have nine bytes at most.
const LONGEST_NAME: usize = 9;

/// A text, kept as far as it may be a name of interest.
#[derive(Clone, Copy)]
enum Name {
    Short { bytes: [u8; LONGEST_NAME], length: usize },
    Other,
}

impl Name {
    const EMPTY: Self = Self::Short { bytes: [0; LONGEST_NAME], length: 0 };

    fn push(&mut self, byte: u8) {
        match self {
            Self::Short { bytes, length } if *length < LONGEST_NAME => {
                bytes[*length] = byte;
                *length += 1;
            }
            Self::Short { .. } | Self::Other => *self = Self::Other,
        }
    }
}
