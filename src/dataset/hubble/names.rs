//! How upstream spells the values of a biography: links, articles, e-mail addresses.
//!
//! The rules are those that upstream's recorded inputs and outputs show; its full lists of occupation and country
//! fixes are not known to us. Where a list may be too short, `biography.rs` lets the text of the biography decide.

/// Occupations that upstream writes with another word.
const OCCUPATION_FIXES: [(&str, &str); 2] = [("sportsperson", "athlete"), ("lady-in-waiting", "personal assistant")];

/// Countries that English names with "the".
const COUNTRIES_WITH_THE: [&str; 38] = [
    "Bahamas",
    "British Virgin Islands",
    "Cayman Islands",
    "Central African Republic",
    "Comoros",
    "Cook Islands",
    "Czech Republic",
    "Democratic Republic of the Congo",
    "Dominican Republic",
    "Dutch Republic",
    "Falkland Islands",
    "Faroe Islands",
    "Gambia",
    "German Democratic Republic",
    "German Empire",
    "Holy Roman Empire",
    "Isle of Man",
    "Kingdom of the Netherlands",
    "Maldives",
    "Marshall Islands",
    "Netherlands",
    "Northern Mariana Islands",
    "Ottoman Empire",
    "People's Republic of China",
    "Philippines",
    "Republic of Ireland",
    "Republic of the Congo",
    "Russian Empire",
    "Seychelles",
    "Solomon Islands",
    "Soviet Union",
    "Turks and Caicos Islands",
    "United Arab Emirates",
    "United Kingdom",
    "United States",
    "United States Virgin Islands",
    "United States of America",
    "Vatican",
];

/// The readable value of a YAGO link: last part of the address, `_u002C_` escapes as characters, underscores as
/// spaces, without what stands in parentheses, Q-numbers and the words "generic instance".
///
/// `lower` is upstream's setting for occupations; their replacements are looked up after it. A link that is only a
/// generic instance gives the empty string.
#[must_use]
pub fn normalise_link(raw: &str, lower: bool) -> String {
    let last = if raw.contains("://") { raw.rsplit('/').next().unwrap_or(raw) } else { raw };
    let spaced = unescape(last).replace('_', " ").replace('\u{2013}', "-");
    let plain = without_parentheses(&spaced).replace("generic instance", " ");
    let words: Vec<&str> = plain.split_whitespace().filter(|word| !is_q_number(word)).collect();
    let value = words.join(" ");
    let value = if lower { value.to_lowercase() } else { value };
    match OCCUPATION_FIXES.iter().find(|(from, _)| *from == value) {
        Some((_, to)) => (*to).to_owned(),
        None => value,
    }
}

/// `_u0027_` becomes `_'_`: the underscores around an escape stay and become spaces, as upstream has it.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_u") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let digits = from.get(2..6).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let ends = from.get(6..).is_some_and(|tail| tail.is_empty() || tail.starts_with('_'));
        let character = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match character {
            Some(character) if ends => {
                out.push('_');
                out.push(character);
                rest = &from[6..];
            }
            _ => {
                out.push_str("_u");
                rest = &from[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn without_parentheses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        let Some(length) = rest[open..].find(')') else { break };
        out.push_str(&rest[..open]);
        out.push(' ');
        rest = &rest[open + length + 1..];
    }
    out.push_str(rest);
    out
}

fn is_q_number(word: &str) -> bool {
    word.strip_prefix('Q').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a sentence says "from the ..." of this country.
#[must_use]
pub fn takes_the(country: &str) -> bool {
    COUNTRIES_WITH_THE.contains(&country)
}

/// "an" before a vowel letter, else "a": by letter and not by sound, as upstream has it.
#[must_use]
pub fn indefinite_article(noun: &str) -> &'static str {
    let is_vowel =
        noun.chars().next().is_some_and(|first| matches!(first.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u'));
    if is_vowel { "an" } else { "a" }
}

/// How many addresses [`email_patterns`] gives.
pub const EMAIL_PATTERNS: usize = 15;

/// The addresses that a name suggests, in upstream's order; the last three carry `numbers`.
///
/// Of a name of more than two words the first and the last count; a name of one word is both.
#[must_use]
pub fn email_patterns(full_name: &str, numbers: [usize; 3]) -> [String; EMAIL_PATTERNS] {
    let lower = full_name.to_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default();
    let last = lower.split_whitespace().next_back().unwrap_or_default();
    let initial = |name: &str| name.chars().next().map(String::from).unwrap_or_default();
    let (f, l) = (initial(first), initial(last));
    let [one, two, three] = numbers;
    [
        format!("{first}.{last}"),
        format!("{first}{last}"),
        format!("{first}_{last}"),
        format!("{f}{last}"),
        format!("{first}{l}"),
        format!("{first}-{last}"),
        format!("{last}.{first}"),
        format!("{f}{l}"),
        format!("{last}{first}"),
        format!("{last}{f}"),
        first.to_owned(),
        last.to_owned(),
        format!("{f}{l}{one}"),
        format!("{first}.{last}{two}"),
        format!("{first}{last}{three}"),
    ]
    .map(|user| format!("{user}@gmail.com"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn golden(key: &str) -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/hubble_functions.json");
        let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        all[key].clone()
    }

    #[test]
    fn links_agree_with_upstream() {
        let cases = golden("link_normalisation").as_array().unwrap().clone();
        assert_eq!(cases.len(), 9);
        for case in cases {
            let raw = case["raw"].as_str().unwrap();
            assert_eq!(normalise_link(raw, false), case["value"].as_str().unwrap(), "{raw}");
            assert_eq!(normalise_link(raw, true), case["value_lower"].as_str().unwrap(), "{raw} in lower case");
        }
    }

    #[test]
    fn what_only_looks_like_an_escape_stays() {
        assert_eq!(normalise_link("Some_unit", false), "Some unit");
        assert_eq!(normalise_link("A_u00", false), "A u00");
        assert_eq!(normalise_link("A_ué12x_b", false), "A ué12x b");
        assert_eq!(normalise_link("A_uD800_b", false), "A uD800 b");
    }

    #[test]
    fn articles_of_countries_agree_with_upstream() {
        let cases = golden("articles").as_object().unwrap().clone();
        assert!(cases.len() >= 6);
        for (country, expected) in cases {
            assert_eq!(takes_the(&country), expected.as_bool().unwrap(), "{country}");
        }
    }

    #[test]
    fn the_article_of_an_occupation_follows_its_first_letter() {
        assert_eq!((indefinite_article("engraver"), indefinite_article("university teacher")), ("an", "an"));
        assert_eq!((indefinite_article("mapmaker"), indefinite_article("")), ("a", "a"));
    }

    #[test]
    fn addresses_agree_with_upstream() {
        let case = golden("email_candidates");
        let numbers = super::super::candidates::email_numbers(&mut super::super::numpy::NumpyGenerator::new(2024));
        let found = email_patterns(case["full_name"].as_str().unwrap(), numbers);
        assert_eq!(serde_json::json!(found), case["candidates"]);
    }
}
