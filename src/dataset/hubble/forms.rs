//! Text functions of upstream's other test sets (HellaSwag, WinoGrande, ELLie). Format, so they match to the byte.

/// HellaSwag: markers of how-to pages become full stops, what stands in brackets goes, double spaces become one.
#[must_use]
pub fn hellaswag_text(raw: &str) -> String {
    let marked = raw.trim().replace(" [title]", ". ");
    let mut kept = String::with_capacity(marked.len());
    let mut rest = marked.as_str();
    while let Some(open) = rest.find('[') {
        let end = rest[open..].find([']', '\n']).map(|length| open + length);
        match end {
            Some(end) if rest[end..].starts_with(']') => {
                kept.push_str(&rest[..open]);
                rest = &rest[end + 1..];
            }
            // An opening bracket without a closing one in its line is text.
            _ => {
                kept.push_str(&rest[..=open]);
                rest = &rest[open + 1..];
            }
        }
    }
    kept.push_str(rest);
    kept.replace("  ", " ")
}

/// The two formats of one WinoGrande sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WinograndeForms {
    /// The sentence up to the blank with each option filled in.
    pub infill_contexts: [String; 2],
    /// The rest of the sentence, the same for both.
    pub infill_continuation: String,
    /// The sentence and both options as a question.
    pub mcq_prompt: String,
}

/// WinoGrande: `None` when the sentence has no blank (`_`).
#[must_use]
pub fn winogrande_forms(sentence: &str, options: [&str; 2]) -> Option<WinograndeForms> {
    let (before, after) = sentence.split_once('_')?;
    Some(WinograndeForms {
        infill_contexts: options.map(|option| format!("{before}{option}")),
        infill_continuation: after.trim().to_owned(),
        mcq_prompt: format!("{sentence}\nOption 1: {}\nOption 2: {}\nAnswer:", options[0], options[1]),
    })
}

/// ELLie: the label and the rest of the sentence behind the mask; `None` when there is no mask.
#[must_use]
pub fn ellie_target(label: &str, masked: &str) -> Option<String> {
    let (_, tail) = masked.split_once("[MASK]")?;
    Some(format!("{label}{tail}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn golden() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/hubble_functions.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn hellaswag_texts_agree_with_upstream() {
        let cases = golden()["hellaswag_preprocess"].as_array().unwrap().clone();
        assert!(!cases.is_empty());
        for case in cases {
            assert_eq!(hellaswag_text(case["raw"].as_str().unwrap()), case["value"].as_str().unwrap());
        }
    }

    #[test]
    fn an_open_bracket_is_text() {
        assert_eq!(hellaswag_text("a [b"), "a [b");
        assert_eq!(hellaswag_text("a [b\nc] [d] e"), "a [b\nc] e");
    }

    #[test]
    fn winogrande_forms_agree_with_upstream() {
        let case = &golden()["winogrande"];
        let doc = |field: &str| case["doc"][field].as_str().unwrap();
        let forms = winogrande_forms(doc("sentence"), [doc("option1"), doc("option2")]).unwrap();
        assert_eq!(serde_json::json!(forms.infill_contexts), case["infill_contexts"]);
        assert_eq!(forms.infill_continuation, case["infill_continuation"].as_str().unwrap());
        assert_eq!(forms.mcq_prompt, case["mcq_prompt"].as_str().unwrap());
        assert_eq!(winogrande_forms("no blank", ["a", "b"]), None);
    }

    #[test]
    fn the_ellie_target_agrees_with_upstream() {
        let case = &golden()["ellie"];
        let doc = |field: &str| case["doc"][field].as_str().unwrap();
        let target = ellie_target(doc("label"), doc("Prompt_BERT"));
        assert_eq!(target.as_deref(), case["target"].as_str());
        assert_eq!(ellie_target("x", "no mask"), None);
    }
}
