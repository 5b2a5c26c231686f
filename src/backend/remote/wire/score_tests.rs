use serde_json::json;

use super::*;
use crate::backend::remote::wire::body::read_body;

fn body(tokens: &[&str], logprobs: &serde_json::Value) -> LogprobsBody {
    let tops: Vec<_> = tokens.iter().map(|_| json!({"x": -0.5})).collect();
    let value = json!({"tokens": tokens, "token_logprobs": logprobs, "top_logprobs": tops});
    read_body(value.to_string().as_bytes()).unwrap()
}

fn kind(tokens: &[&str], logprobs: &serde_json::Value, context: &str, text: &str) -> FaultKind {
    echoed(&body(tokens, logprobs), Sent { context, text }, 0, None).unwrap_err().kind
}

#[test]
fn the_generated_token_is_left_out_however_the_server_counts() {
    let sent = Sent { context: "a", text: " b" };
    for told in [None, Some(1)] {
        let scores = echoed(&body(&["a", " b", " c"], &json!([null, -1.0, -2.0])), sent, 1, told).unwrap();
        assert_eq!((scores.logprobs, scores.pieces.len()), (vec![-1.0], 2));
    }
    // Asked for one token, a server that ends at once gives none.
    let scores = echoed(&body(&["a", " b"], &json!([null, -1.0])), sent, 1, Some(0)).unwrap();
    assert_eq!(scores.logprobs, [-1.0]);
    // And one that generates although none was asked for does no harm.
    let scores = echoed(&body(&["a", " b", "!"], &json!([null, -1.0, -3.0])), sent, 0, None).unwrap();
    assert_eq!(scores.logprobs, [-1.0]);
}

#[test]
fn each_broken_reply_has_its_own_name() {
    assert_eq!(kind(&["a", " b"], &json!([null]), "a", " b"), FaultKind::LogprobCount);
    assert_eq!(kind(&["a", " b"], &json!([null, null]), "a", " b"), FaultKind::LogprobNotANumber);
    assert_eq!(kind(&["a", " b"], &json!([null, 0.5]), "a", " b"), FaultKind::LogprobPositive);
    assert_eq!(kind(&["a", " b"], &json!([null, -9999.0]), "a", " b"), FaultKind::LogprobSentinel);
    assert_eq!(kind(&["a", " b"], &json!([-1.0, -1.0]), "a", " b"), FaultKind::FirstLogprobNotNull);
    assert_eq!(kind(&["a", " c"], &json!([null, -1.0]), "a", " b"), FaultKind::TextMismatch);
    assert_eq!(kind(&["ab"], &json!([null]), "a", "b"), FaultKind::LogprobsMissing);
    let no_tops: LogprobsBody = read_body(br#"{"tokens":["a","b"],"token_logprobs":[null,-1.0]}"#).unwrap();
    let fault = echoed(&no_tops, Sent { context: "a", text: "b" }, 0, None).unwrap_err();
    assert_eq!(fault.kind, FaultKind::LogprobsMissing);
}

#[test]
fn a_token_across_the_border_counts_to_the_text_and_is_marked() {
    let sent = Sent { context: "to da", text: "y now" };
    let scores = echoed(&body(&["to", " day", " now"], &json!([null, -1.0, -2.0])), sent, 0, None).unwrap();
    assert_eq!((scores.first_scored, scores.logprobs.len(), scores.is_boundary_split), (1, 2, true));
}

#[test]
fn spaces_at_the_end_of_the_context_go_with_the_text() {
    let sent = Sent { context: "a b ", text: "c" };
    let scores = echoed(&body(&["a", " b", " c"], &json!([null, -1.0, -2.0])), sent, 0, None).unwrap();
    assert_eq!((scores.first_scored, scores.is_boundary_split), (2, false));
}

#[test]
fn a_bos_token_is_not_part_of_the_text_and_lets_the_first_word_be_scored() {
    let sent = Sent { context: "", text: "a b" };
    let scores = echoed(&body(&["<s>", "a", " b"], &json!([null, -1.0, -2.0])), sent, 0, None).unwrap();
    assert_eq!((scores.first_scored, scores.logprobs), (1, vec![-1.0, -2.0]));
}

#[test]
fn halves_of_characters_are_placed_by_offsets_in_any_unit() {
    // The emoji is told as two tokens that are no characters by themselves.
    let tokens = ["é", "\u{fffd}", "\u{fffd}", " z"];
    for offsets in [json!([0, 1, 1, 2]), json!([0, 2, 2, 6]), json!([0, 1, 1, 3])] {
        let tops: Vec<_> = tokens.iter().map(|_| json!({})).collect();
        let value = json!({"tokens": tokens, "token_logprobs": [null, -1.0, -2.0, -3.0], "top_logprobs": tops, "text_offset": offsets});
        let body: LogprobsBody = read_body(value.to_string().as_bytes()).unwrap();
        let sent = Sent { context: "é😀", text: " z" };
        let scores = echoed(&body, sent, 0, None).unwrap();
        assert_eq!((scores.first_scored, scores.logprobs), (3, vec![-3.0]), "{offsets}");
    }
    assert_eq!(piece_bytes("bytes:\\xe2\\x80"), [0xe2, 0x80]);
    assert_eq!(piece_bytes("bytes:\\xzz"), b"bytes:\\xzz");
}

fn places(value: &serde_json::Value) -> Vec<Option<PromptLogprobs>> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn the_prompts_own_token_is_found_among_the_alternatives() {
    let given = places(&json!([
        null,
        {"1": {"logprob": -0.6, "rank": 1, "decoded_token": "b"}, "2": {"logprob": -4.0, "rank": 7, "decoded_token": " b"}},
        {"3": {"logprob": -0.1, "rank": 1, "decoded_token": " c"}}
    ]));
    let scores = prompted(&given, Sent { context: "a", text: " b c" }).unwrap();
    assert_eq!((scores.logprobs, scores.is_argmax), (vec![-4.0, -0.1], vec![false, true]));
    assert_eq!(scores.pieces, ["a", " b", " c"]);
    let fault = prompted(&given, Sent { context: "a", text: " b d" }).unwrap_err();
    assert_eq!(fault.kind, FaultKind::TextMismatch);
    let fault = prompted(&places(&json!([null])), Sent { context: "", text: "a" }).unwrap_err();
    assert_eq!(fault.kind, FaultKind::PromptLogprobsUnsupported);
}

#[test]
fn a_wrong_turn_on_the_way_back_is_undone() {
    // The longer ` ab` fits at the end, but then nothing explains what stands before.
    let given = places(&json!([
        null,
        {"1": {"logprob": -1.0, "rank": 2, "decoded_token": "x a"}},
        {"2": {"logprob": -2.0, "rank": 2, "decoded_token": " ab"}, "3": {"logprob": -3.0, "rank": 3, "decoded_token": "b"}}
    ]));
    let scores = prompted(&given, Sent { context: "", text: "wx ab" }).unwrap();
    assert_eq!((scores.logprobs, scores.pieces), (vec![-1.0, -3.0], vec!["w".to_owned(), "x a".into(), "b".into()]));
}
