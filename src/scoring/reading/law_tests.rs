//! What holds for any answer: no panic, consistent readings, white space around it of no matter, printed numbers come back.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn targets() -> [NumberTarget; 4] {
    let of = NumberTarget::of;
    [
        NumberTarget { is_signed: true, ..of(NumberUnit::Percent) },
        NumberTarget { scale: 1e9, absolute_above: Some(1e9), ..of(NumberUnit::Usd) },
        NumberTarget { locale: NumberLocale::Eu, ..of(NumberUnit::Index) },
        NumberTarget { scale: 1e3, absolute_above: Some(1e7), ..of(NumberUnit::Count) },
    ]
}

fn is_share(confidence: Option<f64>) -> bool {
    confidence.is_none_or(|confidence| (0.0..=1.0).contains(&confidence))
}

/// Every reader on one text; `None` where all is consistent, else what is not.
fn fault(text: &str) -> Option<String> {
    for target in &targets() {
        let reading = read_number(text, target);
        let NumberReading { status, raw_value, value, low, high, confidence, is_hedged } = reading;
        let is_consistent = match status {
            NumberStatus::Value => {
                value.is_some_and(f64::is_finite)
                    && raw_value.is_some_and(f64::is_finite)
                    && low.is_none()
                    && high.is_none()
            }
            NumberStatus::Range => match (low, value, high) {
                (Some(low), Some(value), Some(high)) => raw_value.is_none() && low <= value && value <= high,
                _ => false,
            },
            NumberStatus::Refusal | NumberStatus::Unparseable => {
                value.is_none() && raw_value.is_none() && low.is_none() && high.is_none() && !is_hedged
            }
        };
        if !is_consistent || !is_share(confidence) {
            return Some(format!("{text:?}: {reading:?}"));
        }
    }
    let date = read_date(text);
    let has_all = date.precision.is_some() && date.start.is_some() && date.end.is_some();
    let has_none = date.precision.is_none() && date.start.is_none() && date.end.is_none();
    let is_date = date.status == DateStatus::Date;
    if !(if is_date { has_all && date.start <= date.end } else { has_none }) || !is_share(date.confidence) {
        return Some(format!("{text:?}: {date:?}"));
    }
    let direction = read_direction(text);
    let side = read_threshold(text);
    let origin = read_reconstruction(text);
    let is_picked = (direction.status == PickStatus::Value) == direction.answer.is_some()
        && (side.status == PickStatus::Value) == side.answer.is_some();
    let is_quarter = origin.quarter.is_none_or(|quarter| (1..=4).contains(&quarter));
    let shares = [direction.confidence, side.confidence, origin.confidence];
    let is_consistent = is_picked && is_quarter && shares.into_iter().all(is_share);
    (!is_consistent).then(|| format!("{text:?}: {direction:?} {side:?} {origin:?}"))
}

/// Texts out of the pieces that answers are made of.
fn answers() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&str] = &[
    "4.7",
    "13,324.6",
    "1.234.567",
    "2008",
    "0,123",
    "-",
    "\u{2013}",
    "\u{2212}",
    "%",
    " percent",
    " bp",
    "$",
    " trillion",
    "k",
    " ",
    " ",
    "\n",
    "Q3",
    "2008-09-15",
    "September",
    " 15, ",
    "(",
    ")",
    "{",
    "}",
    "\"",
    ":",
    "{\"value\": ",
    "null",
    "\"confidence\": ",
    "Answer: ",
    "\\boxed{",
    "to ",
    "between ",
    " and ",
    "from ",
    "\u{b1}",
    "fell ",
    "rose ",
    "minus ",
    "confidence: ",
    "85%",
    "high",
    "I don't know",
    "n/a",
    "\u{bd}",
    "3/4",
    "e4",
    "x 10^4",
    "\u{2074}",
    "S&P 500",
    "10-year",
    "1. ",
    "GPT-4",
    "\u{a0}",
    "\u{ff14}",
    "*",
    "`",
    "e\u{301}",
    "1982-84=100",
    "up",
    " or ",
    "down",
    ",",
    ".",
];

proptest! {
    #[test]
    fn any_text_is_read_consistently(text in "\\PC*") {
        prop_assert_eq!(fault(&text), None);
    }

    #[test]
    fn any_answer_is_read_consistently(text in answers()) {
        prop_assert_eq!(fault(&text), None);
    }

    #[test]
    fn white_space_around_an_answer_changes_nothing(text in answers(), before in "[ \t\n]{0,3}", after in "[ \t\n]{0,3}") {
        let text = text.trim();
        for target in &targets() {
            prop_assert_eq!(read_number(text, target), read_number(&format!("{before}{text}{after}"), target));
        }
        prop_assert_eq!(read_date(text), read_date(&format!("{before}{text}{after}")));
    }

    #[test]
    fn a_printed_number_comes_back(cents in -99_999_999_i64..=99_999_999) {
        let target = NumberTarget::of(NumberUnit::Index);
        let number = cents as f64 / 100.0;
        let sign = if cents < 0 { "-" } else { "" };
        let (whole, part) = (cents.abs() / 100, cents.abs() % 100);
        let grouped = |mark: &str| {
            let digits = whole.to_string();
            let first = (digits.len() + 2) % 3 + 1;
            let mut out = digits[..first.min(digits.len())].to_owned();
            for group in digits.as_bytes()[first.min(digits.len())..].chunks(3) {
                out.push_str(mark);
                out.push_str(std::str::from_utf8(group).expect("digits"));
            }
            out
        };
        let forms = [
            format!("{number:.2}"),
            format!("{sign}{}.{part:02}", grouped(",")),
            format!("{sign}{},{part:02}", grouped(".")),
            format!("{sign}{}.{part:02}", grouped("\u{202f}")),
            format!("{sign}{}.{part:02}", grouped("\u{2019}")),
            format!("{number:e}"),
            format!("{{\"value\": {number:.2}}}"),
            format!("**Answer:** {number:.2}"),
            format!("\\boxed{{{number:.2}}}"),
            number.to_string().replace('-', "\u{2212}"),
        ];
        for form in forms {
            let value = read_number(&form, &target).value;
            let is_back = value.is_some_and(|value| (value - number).abs() <= 1e-9 * number.abs());
            prop_assert!(is_back, "{} is read as {:?}", form, value);
        }
    }
}

/// Mutations of golden answers, always the same ones.
fn mutated(texts: &[String], number: u64) -> String {
    // A generator of few lines, so that the strings stay the same with any version of any crate.
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % n.max(1)
    };
    let mut characters: Vec<char> = texts[next(texts.len())].chars().collect();
    for _ in 0..=next(5) {
        let place = next(characters.len() + 1);
        match next(5) {
            0 if place < characters.len() => drop(characters.remove(place)),
            1 if place < characters.len() => {
                let other = next(characters.len());
                characters.swap(place, other);
            }
            2 => {
                let other: Vec<char> = texts[next(texts.len())].chars().collect();
                let from = next(other.len() + 1);
                characters.splice(place..place, other[from..].iter().copied().take(12));
            }
            3 => characters.truncate(place),
            _ => {
                let piece = PIECES[next(PIECES.len())];
                characters.splice(place..place, piece.chars());
            }
        }
    }
    characters.into_iter().collect()
}

fn mutations_are_read(n: u64) {
    let texts: Vec<String> = ["number_answers.jsonl", "date_answers.jsonl"]
        .iter()
        .flat_map(|name| {
            let path = format!("{}/tests/golden/economic-recall/{name}", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).expect("golden cases");
            let lines: Vec<Value> =
                text.lines().map(|line| serde_json::from_str(line).expect("a golden case")).collect();
            lines.into_iter().filter_map(|case| case["text"].as_str().map(str::to_owned))
        })
        .collect();
    for number in 1..=n {
        assert_eq!(fault(&mutated(&texts, number)), None, "string {number}");
    }
}

#[test]
fn mutated_golden_answers_are_read_consistently() {
    mutations_are_read(5_000);
}

#[test]
#[ignore = "a million strings take a minute: cargo test --release --lib a_million_mutated -- --ignored"]
fn a_million_mutated_golden_answers_are_read_consistently() {
    mutations_are_read(1_000_000);
}
