//! Exact match for models that do what the prompt says.
//!
//! Upstream asks for `label: N` and accepts `N` alone, and asks for an object with `answer` that it never looks into. Such obedient
//! answers score 0 there. This value stands beside [`exact_match`] and never takes its place.

use super::output::{parsed_output, without_word};
use super::text_scores::exact_match;
use crate::scoring::reading::json_object::{field, last_object};
use crate::text::python_text::strip;

/// `exact_match_lenient`, 0 or 1: whether the output is one of the accepted answers in upstream's reading (raw or parsed), without blank
/// lines before it, without a leading `label:`, or in the field `answer` of its last JSON object. `None` without an accepted answer.
///
/// Never below upstream's exact match. O(n).
#[must_use]
pub fn exact_match_lenient(output: &str, accepted: &[&str]) -> Option<f64> {
    let trimmed = strip(output);
    let answer = last_object(trimmed, &["answer"]).and_then(|object| field(&object, &["answer"]).cloned());
    let answer = answer.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let mut forms = vec![output, trimmed, parsed_output(output), parsed_output(trimmed)];
    forms.extend(answer.as_deref());
    let n_forms = forms.len();
    for index in 0..n_forms {
        forms.extend(without_word(forms[index], "label:"));
    }
    let is_any = |accepted: &&str| forms.iter().any(|form| exact_match(form, accepted) > 0.0);
    (!accepted.is_empty()).then(|| f64::from(u8::from(accepted.iter().any(is_any))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obedient_answers_count() {
        for (output, accepted) in [
            ("label: 43", "43"),
            ("\nLabel: {43}\nmore", "43"),
            ("Answer: label:43", "43"),
            ("{\"answer\":\"C. The keeper\", \"reasoning\":\"He had the oil.\"}", "C. The keeper"),
            ("```json\n{\"reasoning\": \"x\", \"Answer\": 7}\n```", "7"),
            ("43", "43"),
        ] {
            assert_eq!(exact_match_lenient(output, &[accepted]), Some(1.0), "{output}");
        }
    }

    #[test]
    fn other_answers_do_not() {
        for output in ["label: 14", "my label: 4", "{\"label\": 4}", "label: label: 4", "The label is 4"] {
            assert_eq!(exact_match_lenient(output, &["4"]), Some(0.0), "{output}");
        }
        assert_eq!(exact_match_lenient("x", &[]), None);
    }
}
