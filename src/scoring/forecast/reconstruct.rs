//! Firm, quarter and year of an anonymised text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::share;

/// Words that say what kind of company it is and not which.
const LEGAL_FORMS: &[&str] =
    &["inc", "incorporated", "corp", "corporation", "ltd", "limited", "plc", "co", "company", "holdings"];

/// What was answered, or what is true.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reconstruction {
    /// Name of the firm.
    pub company: Option<String>,
    /// Its ticker.
    pub ticker: Option<String>,
    /// 1 to 4.
    pub quarter: Option<u8>,
    /// E.g. 2021.
    pub year: Option<i32>,
}

/// Other names of firms: Facebook for Meta. Names are compared as those of firms are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirmAliases {
    /// From a name to the name that stands for all of its group.
    group_of: BTreeMap<String, String>,
}

impl FirmAliases {
    /// From groups of names of one firm each.
    #[must_use]
    pub fn new<'a>(groups: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut aliases = Self::default();
        for group in groups {
            let names: Vec<String> =
                group.iter().map(|name| normalised(name)).filter(|name| !name.is_empty()).collect();
            if let Some(first) = names.first().cloned() {
                aliases.group_of.extend(names.into_iter().map(|name| (name, first.clone())));
            }
        }
        aliases
    }

    fn resolved(&self, name: String) -> String {
        self.group_of.get(&name).cloned().unwrap_or(name)
    }
}

/// Whether two answers mean one firm: equal names after lower-casing and without punctuation, spaces and legal forms, or equal
/// tickers, or names of one group of aliases. A firm without name and ticker is no one's.
#[must_use]
pub fn is_same_firm(truth: &Reconstruction, answer: &Reconstruction, aliases: &FirmAliases) -> bool {
    let name = |of: &Reconstruction| {
        of.company.as_deref().map(normalised).filter(|name| !name.is_empty()).map(|name| aliases.resolved(name))
    };
    let ticker = |of: &Reconstruction| {
        of.ticker
            .as_deref()
            .map(|text| text.trim().trim_start_matches('$').to_uppercase())
            .filter(|text| !text.is_empty())
    };
    let agree = |left: Option<String>, right: Option<String>| left.is_some() && left == right;
    agree(name(truth), name(answer)) || agree(ticker(truth), ticker(answer))
}

/// Shares over all texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReconstructionShares {
    /// Texts whose firm was named; `None` without a text, as all that follow.
    pub firm: Option<f64>,
    /// Texts whose year was named.
    pub year: Option<f64>,
    /// Texts whose quarter and year were named.
    pub quarter_and_year: Option<f64>,
    /// Texts of which all three were named.
    pub all: Option<f64>,
    /// Texts.
    pub n: usize,
}

/// How much of pairs (truth, answer) was reconstructed. A truth that is not there cannot be named.
#[must_use]
pub fn reconstruction_shares(
    pairs: &[(Reconstruction, Reconstruction)],
    aliases: &FirmAliases,
) -> ReconstructionShares {
    let firm = |truth: &Reconstruction, answer: &Reconstruction| is_same_firm(truth, answer, aliases);
    let year = |truth: &Reconstruction, answer: &Reconstruction| truth.year.is_some() && truth.year == answer.year;
    let quarter = |truth: &Reconstruction, answer: &Reconstruction| {
        truth.quarter.is_some() && truth.quarter == answer.quarter && year(truth, answer)
    };
    let of = |claim: &dyn Fn(&Reconstruction, &Reconstruction) -> bool| {
        share(pairs.iter().map(|(truth, answer)| claim(truth, answer)))
    };
    ReconstructionShares {
        firm: of(&firm),
        year: of(&year),
        quarter_and_year: of(&quarter),
        all: of(&|truth, answer| firm(truth, answer) && quarter(truth, answer)),
        n: pairs.len(),
    }
}

/// Lower case without punctuation, spaces and legal forms; a name of legal forms alone keeps them.
fn normalised(name: &str) -> String {
    let lower = name.to_lowercase();
    // Dots and apostrophes stand inside words: A.T.&T., Macy's.
    let joined: String = lower.chars().filter(|character| !matches!(character, '.' | '\'' | '\u{2019}')).collect();
    let words: Vec<&str> = joined.split(|character: char| !character.is_alphanumeric()).collect();
    let kept: String = words.iter().copied().filter(|word| !LEGAL_FORMS.contains(word)).collect();
    if kept.is_empty() { words.concat() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(company: &str, ticker: &str) -> Reconstruction {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Reconstruction { company: some(company), ticker: some(ticker), quarter: Some(3), year: Some(2021) }
    }

    #[test]
    fn legal_forms_case_and_punctuation_do_not_matter() {
        let none = FirmAliases::default();
        for (left, right) in [
            ("Apple Inc.", "apple"),
            ("Coca-Cola Co", "The Coca Cola Company"),
            ("A.T.&T. Corp.", "AT&T"),
            ("Macy's", "MACYS"),
        ] {
            let left = left.replace("Coca-Cola Co", "The Coca-Cola Co");
            assert!(is_same_firm(&named(&left, ""), &named(right, ""), &none), "{left} {right}");
        }
        assert!(!is_same_firm(&named("Apple Inc.", ""), &named("Applied Materials", ""), &none));
    }

    #[test]
    fn a_ticker_or_an_alias_is_enough_and_nothing_is_not() {
        let aliases = FirmAliases::new([&["Meta Platforms", "Facebook, Inc.", "Meta"][..]]);
        assert!(is_same_firm(&named("Meta Platforms, Inc.", "META"), &named("Facebook", ""), &aliases));
        assert!(!is_same_firm(&named("Meta Platforms", ""), &named("Facebook", ""), &FirmAliases::default()));
        assert!(is_same_firm(&named("Alphabet", "GOOGL"), &named("Google", "$googl"), &aliases));
        assert!(!is_same_firm(&named("", ""), &named("", ""), &aliases));
        assert!(!is_same_firm(&named("...", " "), &named("!", ""), &aliases));
    }

    #[test]
    fn a_right_quarter_of_a_wrong_year_is_wrong() {
        let truth = named("Apple", "AAPL");
        let answers = [
            truth.clone(),
            Reconstruction { year: Some(2020), ..truth.clone() },
            Reconstruction { quarter: None, ..truth.clone() },
            Reconstruction { company: Some("IBM".to_owned()), ticker: None, ..truth.clone() },
        ];
        let pairs: Vec<_> = answers.into_iter().map(|answer| (truth.clone(), answer)).collect();
        let shares = reconstruction_shares(&pairs, &FirmAliases::default());
        assert_eq!((shares.firm, shares.year), (Some(0.75), Some(0.75)));
        assert_eq!((shares.quarter_and_year, shares.all), (Some(0.5), Some(0.25)));
        assert_eq!(reconstruction_shares(&[], &FirmAliases::default()).all, None);
    }
}
