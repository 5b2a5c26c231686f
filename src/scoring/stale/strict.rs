//! Verdicts as we take them out of a judge's reply: found where they can be, and never guessed.

use std::fmt;

use super::json_scan::{Dialect, Leaf, ObjectsSeen, Verdicts, scan, scan_whole};
use crate::dataset::stale::Dimension;
use crate::text::python_text::strip;

/// Why a reply has no verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JudgeErrorKind {
    /// Nothing was said.
    EmptyOutput,
    /// No object that could hold verdicts.
    NoJson,
    /// An object without one of the dimensions.
    MissingDimension,
    /// A dimension without `pass`.
    MissingPass,
    /// A dimension that is no object, or a `pass` that is no boolean.
    WrongType,
}

impl JudgeErrorKind {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyOutput => "empty_output",
            Self::NoJson => "no_json",
            Self::MissingDimension => "missing_dimension",
            Self::MissingPass => "missing_pass",
            Self::WrongType => "wrong_type",
        }
    }
}

impl fmt::Display for JudgeErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A reply without verdicts. It is asked for again, and left out of the denominators if that does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the judge's reply: {kind}{}; ask again, or take another judge", at(field.as_ref()))]
pub struct JudgeFault {
    pub kind: JudgeErrorKind,
    /// E.g. `dim2_eval.pass`, where a field is at fault.
    pub field: Option<String>,
}

fn at(field: Option<&String>) -> String {
    field.map_or_else(String::new, |field| format!(" at `{field}`"))
}

impl JudgeFault {
    fn new(kind: JudgeErrorKind, field: Option<String>) -> Self {
        Self { kind, field }
    }
}

/// Reads the verdicts of the three dimensions. `None`: the endpoint gave no content. Linear.
///
/// The first object that names one of the dimensions counts: the whole reply, else what stands in a fence, else any object
/// in the text, from left to right. It must then name all three, each with a boolean `pass`.
///
/// # Errors
/// What is wrong, and at which field, dimension by dimension.
pub fn read_strict(reply: Option<&str>) -> Result<[bool; 3], JudgeFault> {
    let found = verdicts_of(reply)?;
    let mut passes = [false; 3];
    for dimension in Dimension::ALL {
        passes[dimension.index()] = passed(&found, dimension)?;
    }
    Ok(passes)
}

/// Reads the verdicts of some of the dimensions, as [`read_strict`]: negative controls have two.
///
/// # Errors
/// As [`read_strict`].
pub fn read_strict_of<const N: usize>(
    reply: Option<&str>,
    dimensions: [Dimension; N],
) -> Result<[bool; N], JudgeFault> {
    let found = verdicts_of(reply)?;
    let mut passes = [false; N];
    for (pass, dimension) in passes.iter_mut().zip(dimensions) {
        *pass = passed(&found, dimension)?;
    }
    Ok(passes)
}

fn passed(found: &Verdicts, dimension: Dimension) -> Result<bool, JudgeFault> {
    let field = format!("{dimension}_eval");
    let Some(evaluation) = found.dimensions[dimension.index()] else {
        return Err(JudgeFault::new(JudgeErrorKind::MissingDimension, Some(field)));
    };
    match (evaluation.value, evaluation.pass) {
        (Leaf::Object { .. }, Some(Leaf::Bool(pass))) => Ok(pass),
        (Leaf::Object { .. }, Some(_)) => {
            Err(JudgeFault::new(JudgeErrorKind::WrongType, Some(format!("{field}.pass"))))
        }
        (Leaf::Object { .. }, None) => Err(JudgeFault::new(JudgeErrorKind::MissingPass, Some(field))),
        _ => Err(JudgeFault::new(JudgeErrorKind::WrongType, Some(field))),
    }
}

/// The first object that speaks of a dimension.
fn verdicts_of(reply: Option<&str>) -> Result<Verdicts, JudgeFault> {
    let trimmed = strip(reply.unwrap_or_default());
    let text = strip(trimmed.strip_prefix('\u{feff}').unwrap_or(trimmed));
    if text.is_empty() {
        return Err(JudgeFault::new(JudgeErrorKind::EmptyOutput, None));
    }
    let mut is_object_without_names = false;
    for candidate in std::iter::once(text).chain(fenced(text)) {
        match scan_whole(candidate, Dialect::STANDARD) {
            Some(scanned) if scanned.verdicts.is_any() => return Ok(scanned.verdicts),
            Some(scanned) => is_object_without_names |= matches!(scanned.value, Leaf::Object { .. }),
            None => {}
        }
    }
    first_object(text).ok_or_else(|| match is_object_without_names {
        true => JudgeFault::new(JudgeErrorKind::MissingDimension, Some("dim1_eval".to_owned())),
        false => JudgeFault::new(JudgeErrorKind::NoJson, None),
    })
}

/// What closed fences hold: without the word behind the opening backticks, and without a first line of words.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    let mut parts = text.split("```").skip(1);
    let mut rest = text.matches("```").count() / 2;
    std::iter::from_fn(move || {
        rest = rest.checked_sub(1)?;
        let inner = parts.next()?;
        // What stands between this fence and the next one.
        parts.next();
        Some(inner)
    })
    .flat_map(|inner| {
        let is_of_tag =
            |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '+' | '.' | '#');
        let behind_tag = inner.trim_start_matches(is_of_tag);
        // A first line of words alone is all tag.
        let behind_line = inner.split_once('\n').filter(|(line, _)| !line.contains('{')).map(|(_, behind)| behind);
        std::iter::once(behind_tag).chain(behind_line)
    })
    .map(strip)
}

/// The leftmost object in the text that speaks of a dimension, from whichever brace it begins.
///
/// An object that was begun within another is not read again: it ends, or breaks off, where it did. So every byte is read
/// twice at most: once as text in quotes, once as what stands between them.
fn first_object(text: &str) -> Option<Verdicts> {
    let mut seen = ObjectsSeen::default();
    for (start, _) in text.match_indices('{') {
        if !seen.begun.contains(&start) {
            let _ = scan(text, start, Dialect::STANDARD, &mut seen);
        }
    }
    seen.speaking.into_iter().min_by_key(|(start, _)| *start).map(|(_, verdicts)| verdicts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::compat::read_compat;
    use super::*;

    const GOOD: &str = r#"{"dim1_eval": {"pass": true}, "dim2_eval": {"pass": false}, "dim3_eval": {"pass": true}}"#;

    fn fault(reply: &str) -> (&'static str, Option<String>) {
        let fault = read_strict(Some(reply)).expect_err(reply);
        (fault.kind.as_str(), fault.field)
    }

    #[test]
    fn verdicts_are_found_wherever_they_stand() {
        for reply in [
            GOOD.to_owned(),
            format!("\u{feff}\n{GOOD}\n"),
            format!("```JSON\n{GOOD}\n```"),
            format!("```json title=verdict\n{GOOD}\n```"),
            format!("Look: {{not json}} and \"{{\" then {GOOD} {{"),
            format!("{{\"result\": [{{\"inner\": {GOOD}}}]}}"),
            format!("```\n{{\"draft\": 1}}\n```\n{GOOD}"),
            format!("he said \"{{\"a\": {GOOD}"),
        ] {
            assert_eq!(read_strict(Some(&reply)), Ok([true, false, true]), "{reply}");
        }
    }

    #[test]
    fn the_first_object_that_names_a_dimension_counts() {
        let part = r#"{"dim3_eval": {"pass": true}}"#;
        assert_eq!(fault(&format!("{part} {GOOD}")), ("missing_dimension", Some("dim1_eval".to_owned())));
        assert_eq!(fault("```\n{}\n```"), ("missing_dimension", Some("dim1_eval".to_owned())));
        assert_eq!(fault(&format!("```{part}\n{GOOD}```")), ("missing_dimension", Some("dim1_eval".to_owned())));
        assert_eq!(fault("so: {}"), ("no_json", None));
    }

    #[test]
    fn faults_are_told_dimension_by_dimension() {
        let reply = r#"{"dim1_eval": {"pass": true}, "dim2_eval": {"pass": 1}, "dim3_eval": []}"#;
        assert_eq!(fault(reply), ("wrong_type", Some("dim2_eval.pass".to_owned())));
        assert_eq!(fault("\u{feff} \n"), ("empty_output", None));
    }

    #[test]
    fn controls_have_two_dimensions() {
        let reply = r#"{"dim1_eval": {"pass": true}, "dim2_eval": {"pass": false}}"#;
        let [first, second, _] = Dimension::ALL;
        assert_eq!(read_strict_of(Some(reply), [first, second]), Ok([true, false]));
    }

    #[test]
    fn hostile_replies_cost_their_length() {
        let began = std::time::Instant::now();
        for part in ["{", "{\"a\":", "[", "```", "{\"", "\"{", "{\"a\":\"{", "{\\\"", "{\"dim1_eval\":{"] {
            let reply = part.repeat(2_000_000 / part.len());
            assert!(read_strict(Some(&reply)).is_err());
            let _ = read_compat(Some(&reply));
        }
        assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in any::<String>(), signs in proptest::collection::vec(0_usize..14, 0..80)) {
            let parts = ["{", "}", "[", "]", "\"", ":", ",", "\\", "```", "\"dim1_eval\"", "\"pass\"", "true", "1e", "\\ud800"];
            let built: String = signs.iter().map(|&sign| parts[sign]).collect();
            for reply in [text.as_str(), built.as_str()] {
                let _ = read_strict(Some(reply));
                let _ = read_compat(Some(reply));
            }
        }

        #[test]
        fn words_around_a_verdict_do_not_change_it(before in "[a-z .:\n]{0,40}", after in "[a-z .:\n]{0,40}") {
            prop_assert_eq!(read_strict(Some(&format!("{before}{GOOD}{after}"))), Ok([true, false, true]));
        }
    }
}
