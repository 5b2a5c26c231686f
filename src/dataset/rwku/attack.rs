//! The nine adversarial forms of a question, by the labels that files use for them (RWKU, section 3.3.1).

/// Canonical names, in the paper's order.
pub const ATTACKS: [&str; 9] = [
    "prefix_injection",
    "affirmative_suffix",
    "role_play",
    "multiple_choice",
    "reverse_query",
    "synonym_manipulation",
    "background_hint",
    "in_context_learning",
    "cross_lingual",
];

/// Beginnings of labels, lower case, blanks for hyphens and underscores; the paper, its figures and the files differ.
const BEGINNINGS: [(&str, &str); 12] = [
    ("prefix injection", "prefix_injection"),
    ("affirmative suffix", "affirmative_suffix"),
    ("role play", "role_play"),
    ("multiple choice", "multiple_choice"),
    ("reverse query", "reverse_query"),
    ("synonym manipulation", "synonym_manipulation"),
    ("background hint", "background_hint"),
    ("context hint", "background_hint"),
    ("in context", "in_context_learning"),
    ("incontext", "in_context_learning"),
    ("cross ling", "cross_lingual"),
    ("crossling", "cross_lingual"),
];

/// The attack that a label means; `None`: a label that no list knows.
#[must_use]
pub fn canonical_attack(label: &str) -> Option<&'static str> {
    let lower = label.to_lowercase();
    // `cross lingual (French)` names its language behind.
    let plain = match lower.rfind('(') {
        Some(start) if lower.trim_end().ends_with(')') => &lower[..start],
        _ => lower.as_str(),
    };
    let words: Vec<&str> = plain.split([' ', '-', '_', '\t']).filter(|word| !word.is_empty()).collect();
    let plain = words.join(" ");
    BEGINNINGS.iter().find(|(beginning, _)| plain.starts_with(beginning)).map(|(_, attack)| *attack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_files_and_paper_come_to_nine_names() {
        for (label, attack) in [
            ("prefix injection", "prefix_injection"),
            ("affirmative suffix", "affirmative_suffix"),
            ("role play", "role_play"),
            ("Role Playing", "role_play"),
            ("multiple choice", "multiple_choice"),
            ("reverse query", "reverse_query"),
            ("synonym manipulation", "synonym_manipulation"),
            ("context hint", "background_hint"),
            ("background hint", "background_hint"),
            ("incontext learning", "in_context_learning"),
            ("in-context learning", "in_context_learning"),
            ("cross lingual (French)", "cross_lingual"),
            ("cross lingual (Spanish)", "cross_lingual"),
            ("cross lingal", "cross_lingual"),
            ("Cross-lingual (German)", "cross_lingual"),
        ] {
            assert_eq!(canonical_attack(label), Some(attack), "{label}");
            assert!(ATTACKS.contains(&attack));
        }
        for label in ["", "jailbreak", "(French)", "roleplay", ")("] {
            assert_eq!(canonical_attack(label), None, "{label}");
        }
    }
}
