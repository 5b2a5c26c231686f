//! What a judge says in JSON (`parse_json` of `llm_based_eval/summarization_evaluate.py`, method of HELMET).

use serde_json::Value;

/// The opening of a fenced block.
const FENCE: &str = "```json";

/// The last `{...}` without a `}` inside; where it is no JSON, what stands between the first ```` ```json ```` and the last ```` ``` ````;
/// `None` where that is none either, and where there is no `{...}` at all.
///
/// Only the last candidate counts: an earlier object is not looked at. An object within an object is cut short and is no JSON. O(n).
#[must_use]
pub fn judge_json(reply: &str) -> Option<Value> {
    let last = last_braces(reply)?;
    serde_json::from_str(last).ok().or_else(|| serde_json::from_str(fenced(reply)?).ok())
}

/// The last of the parts that begin with `{` and end with the next `}`, taken from the left.
fn last_braces(text: &str) -> Option<&str> {
    let (mut found, mut at) = (None, 0);
    while let Some(start) = text[at..].find('{').map(|start| at + start) {
        let Some(end) = text[start..].find('}').map(|end| start + end + 1) else { break };
        found = Some(&text[start..end]);
        at = end;
    }
    found
}

/// The longest fenced block, with at least one character in it.
fn fenced(text: &str) -> Option<&str> {
    let (_, behind) = text.split_once(FENCE)?;
    let end = behind.rfind("```").filter(|end| *end > 0)?;
    Some(&behind[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_last_object_counts() {
        assert_eq!(judge_json("{\"recall\": 1} {\"recall\": 3}"), Some(json!({"recall": 3})));
        assert_eq!(judge_json("{\"recall\": 1} {oops}"), None);
        assert_eq!(judge_json("{\"a\": 1\n} {"), Some(json!({"a": 1})));
    }

    #[test]
    fn a_fenced_block_is_the_second_choice() {
        assert_eq!(judge_json("```json{\"a\": {\"b\": 1}}```"), Some(json!({"a": {"b": 1}})));
        assert_eq!(judge_json("```json{\"a\": {}}``` and ```json{\"b\": {}}```"), None);
        assert_eq!(judge_json("```json 5 ```"), None);
        assert_eq!(judge_json("{x} ```json 5 ```"), Some(json!(5)));
        assert_eq!(judge_json("{x} ```json```"), None);
    }

    #[test]
    fn many_braces_cost_one_pass() {
        assert_eq!(judge_json(&"{".repeat(1_000_000)), None);
        assert_eq!(judge_json(&"{}".repeat(500_000)), Some(json!({})));
    }

    proptest! {
        #[test]
        fn any_reply_is_taken(reply in "(\\{|\\}|```json|```|\"a\": 1|\\PC){0,30}") {
            let _ = judge_json(&reply);
        }
    }
}
