//! Porter's stemmer with the extensions of NLTK, which the package `rouge_score` uses on words of more than three letters.
//!
//! Porter 1980; NLTK 3 `PorterStemmer` in its default mode (`NLTK_EXTENSIONS`). Words are ASCII: ROUGE's tokens are.

/// Forms that NLTK lists by hand.
const IRREGULAR: [(&str, &str); 14] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
];
const IRREGULAR_MORE: [&str; 2] = ["exceed", "succeed"];

/// The stem of a lower-case ASCII word; a word of up to two letters is its own.
#[must_use]
pub fn porter_stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).to_owned();
    }
    if word.len() <= 2 || IRREGULAR_MORE.contains(&word) {
        return word.to_owned();
    }
    let mut stem = word.to_owned();
    for step in [step_1a, step_1b, step_1c, step_2, step_3, step_4, step_5a, step_5b] {
        stem = step(stem);
    }
    stem
}

fn is_consonant(word: &[u8], place: usize) -> bool {
    match word[place] {
        b'a' | b'e' | b'i' | b'o' | b'u' => false,
        b'y' => place == 0 || !is_consonant(word, place - 1),
        _ => true,
    }
}

/// How often a vowel is followed by a consonant.
fn measure(stem: &str) -> usize {
    let bytes = stem.as_bytes();
    (1..bytes.len()).filter(|&place| is_consonant(bytes, place) && !is_consonant(bytes, place - 1)).count()
}

fn has_vowel(stem: &str) -> bool {
    (0..stem.len()).any(|place| !is_consonant(stem.as_bytes(), place))
}

fn ends_double(word: &str) -> bool {
    let bytes = word.as_bytes();
    matches!(bytes, [.., a, b] if a == b) && is_consonant(bytes, bytes.len() - 1)
}

/// Consonant, vowel, consonant other than w, x and y; or, in NLTK, a vowel and a consonant that are the whole word.
fn ends_short(word: &str) -> bool {
    let bytes = word.as_bytes();
    match bytes.len() {
        0 | 1 => false,
        2 => !is_consonant(bytes, 0) && is_consonant(bytes, 1),
        n => {
            is_consonant(bytes, n - 3)
                && !is_consonant(bytes, n - 2)
                && is_consonant(bytes, n - 1)
                && !matches!(bytes[n - 1], b'w' | b'x' | b'y')
        }
    }
}

/// A suffix, what takes its place, and when.
type Rule = (&'static str, &'static str);

/// The first rule whose suffix fits decides, whether its condition holds or not.
fn replace(word: String, rules: &[Rule], condition: impl Fn(&str) -> bool) -> String {
    for (suffix, replacement) in rules {
        if let Some(stem) = word.strip_suffix(suffix) {
            return if condition(stem) { format!("{stem}{replacement}") } else { word };
        }
    }
    word
}

fn step_1a(word: String) -> String {
    if word.len() == 4
        && let Some(stem) = word.strip_suffix("ies")
    {
        return format!("{stem}ie");
    }
    replace(word, &[("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")], |_| true)
}

fn step_1b(word: String) -> String {
    if let Some(stem) = word.strip_suffix("ied") {
        return if word.len() == 4 { format!("{stem}ie") } else { format!("{stem}i") };
    }
    if let Some(stem) = word.strip_suffix("eed") {
        return if measure(stem) > 0 { format!("{stem}ee") } else { word };
    }
    let stem = ["ed", "ing"].into_iter().find_map(|suffix| word.strip_suffix(suffix).filter(|stem| has_vowel(stem)));
    let Some(stem) = stem else { return word };
    if ["at", "bl", "iz"].iter().any(|end| stem.ends_with(end)) {
        return format!("{stem}e");
    }
    if ends_double(stem) {
        let keeps = matches!(stem.as_bytes().last(), Some(b'l' | b's' | b'z'));
        return if keeps { stem.to_owned() } else { stem[..stem.len() - 1].to_owned() };
    }
    if measure(stem) == 1 && ends_short(stem) { format!("{stem}e") } else { stem.to_owned() }
}

/// NLTK: a final y becomes i behind a consonant that does not begin the word.
fn step_1c(word: String) -> String {
    replace(word, &[("y", "i")], |stem| stem.len() > 1 && is_consonant(stem.as_bytes(), stem.len() - 1))
}

fn step_2(word: String) -> String {
    if let Some(stem) = word.strip_suffix("alli")
        && measure(stem) > 0
    {
        return step_2(format!("{stem}al"));
    }
    const RULES: [Rule; 22] = [
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("bli", "ble"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
        ("fulli", "ful"),
        // NLTK measures the stem of this one with its l.
        ("logi", "log"),
    ];
    if let Some(stem) = word.strip_suffix("logi") {
        return if measure(&format!("{stem}l")) > 0 { format!("{stem}log") } else { word };
    }
    replace(word, &RULES, |stem| measure(stem) > 0)
}

fn step_3(word: String) -> String {
    const RULES: [Rule; 7] =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];
    replace(word, &RULES, |stem| measure(stem) > 0)
}

fn step_4(word: String) -> String {
    const SUFFIXES: [&str; 19] = [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate",
        "iti", "ous", "ive", "ize",
    ];
    for suffix in SUFFIXES {
        let Some(stem) = word.strip_suffix(suffix) else { continue };
        let holds = measure(stem) > 1 && (suffix != "ion" || stem.ends_with(['s', 't']));
        return if holds { stem.to_owned() } else { word };
    }
    word
}

fn step_5a(word: String) -> String {
    match word.strip_suffix('e') {
        Some(stem) if measure(stem) > 1 || (measure(stem) == 1 && !ends_short(stem)) => stem.to_owned(),
        _ => word,
    }
}

fn step_5b(word: String) -> String {
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        return word[..word.len() - 1].to_owned();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_those_of_the_reference() {
        let cases = [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("ties", "tie"),
            ("dies", "die"),
            ("died", "die"),
            ("spied", "spi"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("troubled", "troubl"),
            ("sized", "size"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("hissing", "hiss"),
            ("failing", "fail"),
            ("filing", "file"),
            ("happy", "happi"),
            ("enjoy", "enjoy"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("digitizer", "digit"),
            ("radically", "radic"),
            ("differently", "differ"),
            ("operator", "oper"),
            ("hopefulness", "hope"),
            ("sensibility", "sensibl"),
            ("triplicate", "triplic"),
            ("formative", "form"),
            ("goodness", "good"),
            ("revival", "reviv"),
            ("adjustable", "adjust"),
            ("replacement", "replac"),
            ("adoption", "adopt"),
            ("probate", "probat"),
            ("rate", "rate"),
            ("cease", "ceas"),
            ("controlling", "control"),
            ("roll", "roll"),
            ("skies", "sky"),
            ("geology", "geolog"),
            ("oed", "o"),
        ];
        for (word, stem) in cases {
            assert_eq!(porter_stem(word), stem, "{word}");
        }
    }
}
