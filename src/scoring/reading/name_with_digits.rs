//! Names that have digits in them: indices, terms of bonds, base years, models (step 6).

use super::calendar_form::year_at;
use super::lexeme::{Kind, Lexemes};
use super::unit_words::{is_currency_code, scale_of};

/// The last word of an index's name, and the numbers that belong to such names.
const INDICES: &[(&str, &[u32])] = &[
    ("p", &[100, 400, 500, 600, 1500]),
    ("sp", &[100, 400, 500, 600, 1500]),
    ("spx", &[500]),
    ("poor", &[100, 400, 500, 600]),
    ("poors", &[100, 400, 500, 600]),
    ("nasdaq", &[100]),
    ("ndx", &[100]),
    ("qqq", &[100]),
    ("russell", &[1000, 2000, 2500, 3000]),
    ("ftse", &[100, 250, 350]),
    ("footsie", &[100]),
    ("nikkei", &[225, 300, 400]),
    ("topix", &[30, 100, 500]),
    ("dow", &[30]),
    ("jones", &[30]),
    ("djia", &[30]),
    ("dax", &[30, 40]),
    ("mdax", &[50]),
    ("tecdax", &[30]),
    ("cac", &[40]),
    ("stoxx", &[50, 600]),
    ("eurostoxx", &[50, 600]),
    ("csi", &[100, 300, 500, 1000]),
    ("sse", &[50, 180, 380]),
    ("ibex", &[35]),
    ("nifty", &[50, 100, 500]),
    ("sensex", &[30]),
    ("bse", &[30, 100, 200, 500]),
    ("kospi", &[50, 100, 200]),
    ("asx", &[20, 50, 100, 200, 300]),
    ("tsx", &[60]),
    ("mib", &[30, 40]),
    ("aex", &[25]),
    ("omx", &[20, 25, 30]),
    ("smi", &[20]),
    ("bel", &[20]),
    ("psi", &[20]),
    ("atx", &[20]),
    ("wig", &[20, 30]),
    ("bist", &[30, 100]),
    ("straits", &[30]),
    ("wilshire", &[4500, 5000]),
    ("fortune", &[100, 500, 1000]),
    ("nyse", &[100]),
];

/// Families of language models.
const MODELS: &[&str] = &[
    "gpt",
    "chatgpt",
    "llama",
    "codellama",
    "claude",
    "opus",
    "sonnet",
    "haiku",
    "gemini",
    "gemma",
    "palm",
    "bard",
    "mistral",
    "mixtral",
    "ministral",
    "qwen",
    "qwq",
    "phi",
    "deepseek",
    "grok",
    "falcon",
    "olmo",
    "pythia",
    "bloom",
    "opt",
    "yi",
    "vicuna",
    "alpaca",
    "command",
    "jamba",
    "nemotron",
    "granite",
    "kimi",
    "glm",
    "chatglm",
    "davinci",
    "turbo",
    "bert",
    "dbrx",
    "solar",
    "mpt",
    "starcoder",
    "ernie",
    "baichuan",
    "internlm",
    "smollm",
    "hermes",
    "o",
    "r",
    "v",
];

/// The end of a name with digits that begins at a word.
pub(super) fn name_at(lexemes: &Lexemes, at: usize) -> Option<usize> {
    index_name(lexemes, at)
        .or_else(|| model_name(lexemes, at))
        .or_else(|| constant_prices(lexemes, at))
        .or_else(|| letters_and_digits(lexemes, at))
}

/// The end of an expression of time, prices, rank or base that begins at digits.
pub(super) fn number_name_at(lexemes: &Lexemes, at: usize) -> Option<usize> {
    base_year(lexemes, at)
        .or_else(|| prices_of_a_year(lexemes, at))
        .or_else(|| term(lexemes, at))
        .or_else(|| ordinal_or_decade(lexemes, at))
        .or_else(|| time_of_day(lexemes, at))
}

/// "S&P 500", "Nasdaq-100", "Euro Stoxx 50".
fn index_name(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let word = lexemes.word(at);
    let (_, numbers) = INDICES.iter().find(|(name, _)| *name == word)?;
    let is_of_pair = || at >= 2 && lexemes.before(at).is_some_and(|before| lexemes.is_symbol(before, '&'));
    if word == "p" && !is_of_pair() {
        return None;
    }
    let mut place = at + 1;
    // "Standard & Poor's 500"
    if lexemes.is_symbol(place, '\'') && lexemes.word(place + 1) == "s" {
        place += 2;
    }
    if matches!(lexemes.symbol(place), Some('®' | '™' | '-')) {
        place += 1;
    }
    place = lexemes.past_blank(place);
    if lexemes.is_symbol(place, '-') {
        place += 1;
    }
    if matches!(lexemes.word(place), "composite" | "industrial" | "average") && lexemes.is_space(place + 1) {
        place += 2;
    }
    // Words that are not of one index alone need their number at once.
    let number =
        lexemes.whole(place).filter(|number| numbers.contains(number) && !has_value_behind(lexemes, place + 1))?;
    (lexemes.digits(place).len() == number.to_string().len()).then_some(place + 1)
}

/// Decimals, a further group, or a percent sign.
fn has_value_behind(lexemes: &Lexemes, at: usize) -> bool {
    match lexemes.symbol(at) {
        Some('.' | ',') => lexemes.kind(at + 1) == Some(Kind::Digits),
        Some('%') => true,
        _ => false,
    }
}

/// "GPT-4o", "Llama 3.1-70B-Instruct", "gpt-4o-2024-08-06".
fn model_name(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let word = lexemes.word(at);
    if !MODELS.contains(&word) {
        return None;
    }
    let is_one_letter = word.len() == 1;
    let mut place = at + 1;
    if !is_one_letter {
        if matches!(lexemes.symbol(place), Some('-' | '_')) {
            place += 1;
        } else {
            place = lexemes.past_blank(place);
        }
        // "Claude Sonnet 4", "Phi-v3", "Gemini Pro 1.5"
        if matches!(
            lexemes.word(place),
            "v" | "pro"
                | "flash"
                | "nano"
                | "ultra"
                | "version"
                | "coder"
                | "chat"
                | "instruct"
                | "opus"
                | "sonnet"
                | "haiku"
        ) {
            place = lexemes.past_blank(place + 1);
            place += usize::from(lexemes.is_symbol(place, '-'));
        }
    } else if matches!(word, "o" | "r") && !matches!(lexemes.whole(place), Some(1..=9)) {
        return None;
    }
    if lexemes.kind(place) != Some(Kind::Digits) {
        return None;
    }
    place += 1;
    // The rest of the name: further numbers and words without a space.
    loop {
        match lexemes.kind(place) {
            Some(Kind::Word | Kind::Digits) => place += 1,
            Some(Kind::Symbol)
                if matches!(lexemes.symbol(place), Some('-' | '.' | '_' | ':'))
                    && matches!(lexemes.kind(place + 1), Some(Kind::Word | Kind::Digits)) =>
            {
                place += 2;
            }
            _ => break,
        }
    }
    let is_value = lexemes.is_symbol(place, '%') && is_one_letter;
    (!is_value).then_some(place)
}

/// "chained 2012", "constant (2005)", "base year 2010", "base period 1982-84".
fn constant_prices(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let is_base = match lexemes.word(at) {
        "chained" | "constant" | "chain" => false,
        "base" | "reference" => true,
        _ => return None,
    };
    let mut place = past_mark(lexemes, at + 1);
    for _ in 0..3 {
        let is_between = matches!(
            lexemes.word(place),
            "weighted"
                | "linked"
                | "type"
                | "volume"
                | "dollars"
                | "prices"
                | "volumes"
                | "us"
                | "year"
                | "period"
                | "is"
                | "of"
                | "in"
                | "at"
                | "for"
                | "the"
        );
        if !is_between {
            break;
        }
        place = past_mark(lexemes, place + 1);
    }
    year_at(lexemes, place).or_else(|| lexemes.whole(place).filter(|_| lexemes.digits(place).len() == 4 && is_base))?;
    let mut end = place + 1;
    if lexemes.is_dash(end) && matches!(lexemes.digits(end + 1).len(), 2 | 4) {
        end += 2;
    }
    Some(price_words(lexemes, end).unwrap_or(end))
}

fn past_mark(lexemes: &Lexemes, at: usize) -> usize {
    let mut place = lexemes.past_blank(at);
    if matches!(lexemes.symbol(place), Some('-' | '(' | ':' | '=')) {
        place = lexemes.past_blank(place + 1);
    }
    place
}

/// `1982-84=100`, `2017 = 100`, also `100 = 2015`.
fn base_year(lexemes: &Lexemes, at: usize) -> Option<usize> {
    if lexemes.digits(at) == "100" {
        let sign = lexemes.past_blank(at + 1);
        let place = lexemes.past_blank(sign + 1);
        return (lexemes.is_symbol(sign, '=') && year_at(lexemes, place).is_some()).then_some(place + 1);
    }
    lexemes.whole(at).filter(|_| lexemes.digits(at).len() == 4)?;
    let mut place = lexemes.past_blank(at + 1);
    if lexemes.is_dash(place) && matches!(lexemes.digits(lexemes.past_blank(place + 1)).len(), 1 | 2 | 4) {
        place = lexemes.past_blank(lexemes.past_blank(place + 1) + 1);
    }
    if matches!(lexemes.word(place), "base") {
        return Some(place + 1);
    }
    // "2012Q1=100", "2015 average = 100"
    if matches!(lexemes.word(place), "average" | "avg" | "q") {
        place += usize::from(lexemes.word(place) == "q");
        place = lexemes.past_blank(place + 1);
    }
    if !lexemes.is_symbol(place, '=') {
        return None;
    }
    let hundred = lexemes.past_blank(place + 1);
    if !matches!(lexemes.digits(hundred), "100" | "10" | "1000" | "1") {
        return None;
    }
    let end = hundred + 1;
    let has_zeros = lexemes.is_symbol(end, '.') && lexemes.digits(end + 1).bytes().all(|digit| digit == b'0');
    Some(if has_zeros && !lexemes.digits(end + 1).is_empty() { end + 2 } else { end })
}

/// "2012 dollars", "2015 U.S. dollars", "2010 prices".
fn prices_of_a_year(lexemes: &Lexemes, at: usize) -> Option<usize> {
    year_at(lexemes, at)?;
    price_words(lexemes, at + 1)
}

fn price_words(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let mut place = lexemes.past_blank(at);
    if matches!(lexemes.symbol(place), Some('-' | ')')) {
        place = lexemes.past_blank(place + 1);
    }
    if lexemes.word(place) == "u" && lexemes.is_symbol(place + 1, '.') && lexemes.word(place + 2) == "s" {
        place = lexemes.past_blank(place + 3 + usize::from(lexemes.is_symbol(place + 3, '.')));
    }
    if matches!(lexemes.word(place), "us" | "international" | "constant" | "chained" | "real") {
        place = lexemes.past_blank(place + 1);
        place += usize::from(lexemes.is_symbol(place, '$'));
    }
    let is_prices = matches!(
        lexemes.word(place),
        "dollars" | "dollar" | "usd" | "euros" | "euro" | "eur" | "pounds" | "yen" | "prices" | "ppp"
    );
    (is_prices || lexemes.is_symbol(place, '$') && lexemes.kind(place + 1) != Some(Kind::Digits)).then_some(place + 1)
}

/// "10-year", "3-month", "30 year", "52 weeks".
fn term(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let mut place = at + 1;
    if lexemes.is_symbol(place, '.') && lexemes.kind(place + 1) == Some(Kind::Digits) {
        place += 2;
    }
    let is_hyphenated = lexemes.is_symbol(place, '-') || lexemes.is_symbol(place, '\u{2013}');
    place = if is_hyphenated { place + 1 } else { lexemes.past_blank(place) };
    match lexemes.word(place) {
        "year" | "years" | "yr" | "yrs" | "month" | "months" | "mo" | "mos" | "mth" | "mths" | "week" | "weeks"
        | "wk" | "day" | "days" | "quarter" | "quarters" | "hour" | "hours" | "minute" | "minutes" | "decade"
        | "decades" => {}
        "y" | "yo" if place == at + 1 || is_hyphenated => {}
        _ => return None,
    }
    // "4.7 year-over-year" is a growth rate.
    let next = if lexemes.is_dash(place + 1) { place + 2 } else { lexemes.past_blank(place + 1) };
    let is_comparison = !is_hyphenated && matches!(lexemes.word(next), "over" | "on" | "to");
    (!is_comparison).then_some(place + 1)
}

/// "3rd", "21st", "1990s".
fn ordinal_or_decade(lexemes: &Lexemes, at: usize) -> Option<usize> {
    match lexemes.word(at + 1) {
        "st" | "nd" | "rd" | "th" => Some(at + 2),
        "s" if lexemes.digits(at).len() != 3 => Some(at + 2),
        "" if lexemes.is_symbol(at + 1, '\'')
            && lexemes.word(at + 2) == "s"
            && lexemes.digits(at).len() == 4
            && lexemes.digits(at).ends_with('0') =>
        {
            Some(at + 3)
        }
        _ => None,
    }
}

/// "4:30 pm", "16:00".
fn time_of_day(lexemes: &Lexemes, at: usize) -> Option<usize> {
    lexemes.whole(at).filter(|&hour| hour <= 24 && lexemes.digits(at).len() <= 2)?;
    let is_minute = lexemes.is_symbol(at + 1, ':') && lexemes.digits(at + 2).len() == 2 && lexemes.whole(at + 2)? < 60;
    (is_minute && !has_value_behind(lexemes, at + 3)).then_some(at + 3)
}

/// "M2", "G-20", "U-3", "COVID-19": a name of few letters with digits glued to it.
fn letters_and_digits(lexemes: &Lexemes, at: usize) -> Option<usize> {
    let word = lexemes.word(at);
    if at.checked_sub(1).is_some_and(|before| lexemes.kind(before) == Some(Kind::Digits)) || is_currency_code(word) {
        return None;
    }
    let is_long_name = matches!(word, "covid" | "brexit" | "sars" | "cov");
    let is_hyphenated = lexemes.is_symbol(at + 1, '-') && (word.len() == 1 || is_long_name);
    let place = at + 1 + usize::from(is_hyphenated);
    let is_name = word.len() <= 3 || is_long_name;
    if !is_name || lexemes.kind(place) != Some(Kind::Digits) {
        return None;
    }
    // "x10^4" is a power, "e4" an exponent.
    let is_power = word == "x" && lexemes.digits(place) == "10" && lexemes.is_symbol(place + 1, '^');
    let is_value = has_value_behind(lexemes, place + 1) || scale_of(lexemes.word(place + 1)).is_some();
    (!is_power && !is_value).then_some(place + 1)
}
