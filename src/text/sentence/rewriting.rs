//! Rules that rewrite a text from left to right, as substitution by a regular expression does.

/// A text on its way through the rules.
pub(super) struct Rewriting {
    text: Vec<char>,
}

impl Rewriting {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.chars().collect() }
    }

    /// The text with a space on either side.
    pub(super) fn pad(&mut self) {
        self.text.insert(0, ' ');
        self.text.push(' ');
    }

    pub(super) fn into_text(self) -> String {
        self.text.into_iter().collect()
    }

    /// Asks `rule` at every place that no earlier replacement has taken. A rule that fits writes what takes the place of the
    /// characters, and gives their number; one that does not gives 0.
    pub(super) fn apply(&mut self, rule: impl Fn(&[char], usize, &mut Vec<char>) -> usize) {
        let mut written = Vec::with_capacity(self.text.len() + 16);
        let mut at = 0;
        while at < self.text.len() {
            match rule(&self.text, at, &mut written) {
                0 => {
                    written.push(self.text[at]);
                    at += 1;
                }
                taken => at += taken,
            }
        }
        self.text = written;
    }

    /// Spaces around each character of a set.
    pub(super) fn space_around(&mut self, is_in_set: impl Fn(char) -> bool) {
        self.apply(|text, at, written| {
            if !is_in_set(text[at]) {
                return 0;
            }
            written.extend([' ', text[at], ' ']);
            1
        });
    }

    /// Spaces around each run of a character that is at least `shortest` long.
    pub(super) fn space_around_runs(&mut self, character: char, shortest: usize) {
        self.apply(|text, at, written| {
            let length = text[at..].iter().take_while(|other| **other == character).count();
            if length < shortest {
                return 0;
            }
            written.push(' ');
            written.extend(&text[at..at + length]);
            written.push(' ');
            length
        });
    }

    /// Another text in place of each `wanted`.
    pub(super) fn replace(&mut self, wanted: &str, replacement: &str) {
        self.apply(|text, at, written| {
            if !begins_with(&text[at..], wanted) {
                return 0;
            }
            written.extend(replacement.chars());
            wanted.chars().count()
        });
    }
}

/// Whether `text` begins with `wanted`, letter for letter.
pub(super) fn begins_with(text: &[char], wanted: &str) -> bool {
    let mut rest = text.iter();
    wanted.chars().all(|character| rest.next() == Some(&character))
}

/// Whether `text` begins with the lower-case ASCII `wanted` in any case.
pub(super) fn begins_with_any_case(text: &[char], wanted: &str) -> bool {
    let mut rest = text.iter();
    wanted.chars().all(|character| {
        rest.next().is_some_and(|other| match other {
            // Python counts the long s and the dotted and dotless i as cases of s and i.
            'ſ' => character == 's',
            'ı' | 'İ' => character == 'i',
            other => other.to_ascii_lowercase() == character,
        })
    })
}
