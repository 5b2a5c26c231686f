//! Ten megabytes of one thing, and less of many: every reader returns.

use super::*;

const BYTES: usize = 200_000;
const MANY_BYTES: usize = 10_000_000;

fn numbers_return(text: &str) {
    let targets = [
        NumberTarget::of(NumberUnit::Percent),
        NumberTarget { is_signed: true, locale: NumberLocale::Eu, ..NumberTarget::of(NumberUnit::Index) },
    ];
    for target in &targets {
        assert!(read_number(text, target).value.is_none_or(f64::is_finite));
    }
}

fn all_return(text: &str) {
    numbers_return(text);
    let _ = read_date(text);
    let _ = read_direction(text);
    let _ = read_threshold(text);
    let _ = read_reconstruction(text);
}

#[test]
fn ten_megabytes_of_one_thing() {
    for unit in ["1", "{", "(", ",", "between 1 and ", "\"", "{\"value\": \"\\ud800\"} ", "e\u{301}"] {
        numbers_return(&unit.repeat(MANY_BYTES / unit.len()));
    }
}

fn repeated(unit: &str) {
    let mut text = unit.repeat(BYTES / unit.len());
    text.push_str(" 4.7%");
    all_return(&text);
}

#[test]
fn digits_and_separators() {
    for unit in
        ["1", "1,", "1.", "1.1,", "1,234,", ",", ".", "1/", "1-", "1 to ", "1 ½ ", "1e", "-", "- 1 ", "\u{2013}1 "]
    {
        repeated(unit);
    }
}

#[test]
fn brackets_and_quotes() {
    for unit in [
        "{",
        "}",
        "{}",
        "(",
        "(1)",
        "[",
        "\"",
        "{\"",
        "{\"a\":",
        "{\"value\":1}",
        "{\"value\":1",
        "\\boxed{",
        "\\",
        "'",
        "1'",
    ] {
        repeated(unit);
    }
    repeated("{\"value\": \"\\ud800\"} ");
    all_return(&format!("{}{}", "{".repeat(BYTES / 2), "}".repeat(BYTES / 2)));
    all_return(&format!("{}1{}", "{\"a\":".repeat(BYTES / 6), "}".repeat(BYTES / 6)));
    all_return(&format!("{}{}", "{\"a\":[1,".repeat(BYTES / 10), "x}".repeat(BYTES / 10)));
}

#[test]
fn words_and_dates() {
    for unit in [
        "between 1 and ",
        "from 1 to ",
        "Answer:\n",
        "Answer: ",
        "confidence ",
        "confidence: ",
        "very ",
        "Q3 ",
        "Q3",
        "2008-09-15 ",
        "May ",
        "2008 ",
        "S&P 500 ",
        "GPT-4-",
        "plus or minus ",
        "none ",
        "minus ",
        "fell ",
        "up or down ",
        "not ",
        "at or ",
        "of ",
        "1. ",
        "1.\n",
        "10-year ",
        "(AAPL) ",
        "US$",
        "%",
        "million ",
        "1 million million ",
        "a",
        "A b ",
        "*",
        "`",
        " ",
        "\n",
        " \n",
    ] {
        repeated(unit);
    }
}

#[test]
fn odd_characters() {
    for unit in [
        "e\u{301}", "\u{301}", "\u{200b}", "\u{feff}", "½", "⁴", "10⁴", "\u{a0}", "1\u{a0}", "\u{202e}", "𝟜", "\u{0}",
        "٤", "％", "İ", "ß",
    ] {
        repeated(unit);
    }
}
