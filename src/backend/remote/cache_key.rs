//! The key of a cached reply: a hash over everything that the reply depends on.

use serde_json::{Value, json};

use super::address::Address;
use super::wire::{Form, WIRE_VERSION, WireRequest};
use crate::digest::sha256_hex;

/// Hex SHA-256 over canonical JSON. `identity`: hashes of tokenizer and template, and the endpoint's build where it says one.
pub(super) fn cache_key(form: &Form, address: &Address, identity: &str, wire: &WireRequest, repeat: u32) -> String {
    let mut body = wire.body.clone();
    if let Value::Object(body) = &mut body {
        // How the answer travels does not change it.
        body.remove("stream");
        body.remove("stream_options");
    }
    let mut key = json!({
        "wire": WIRE_VERSION,
        "kind": form.kind,
        "url": address.as_str(),
        "model": form.model,
        "identity": identity,
        "method": wire.method,
        "body": body,
        "repeat": repeat,
    });
    key.sort_all_objects();
    sha256_hex(key.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::jobs::{Scoring, Usage};
    use crate::backend::remote::models_file::{Kind, MaxTokensKey};
    use crate::backend::remote::wire::Expects;

    #[test]
    fn everything_that_changes_a_reply_changes_its_key_and_nothing_else_does() {
        let form = Form {
            kind: Kind::Openai,
            model: "m".into(),
            name: "@m".into(),
            scoring: Scoring::None,
            top_logprobs: 5,
            is_streamed: false,
            max_tokens_key: MaxTokensKey::MaxTokens,
        };
        let address = Address::parse("https://host/v1").unwrap();
        let wire = |body: Value| WireRequest {
            method: "completions",
            body,
            expects: Expects::Text { is_streamed: false },
            most: Usage::default(),
        };
        let plain = wire(json!({"prompt": "a", "max_tokens": 1}));
        let key = cache_key(&form, &address, "", &plain, 0);
        assert_eq!(
            key,
            cache_key(&form, &address, "", &wire(json!({"max_tokens": 1, "prompt": "a", "stream": true})), 0)
        );
        let other_host = Address::parse("https://host/v2").unwrap();
        let named_otherwise = Form { name: "@n".into(), ..form.clone() };
        assert_eq!(key, cache_key(&named_otherwise, &address, "", &plain, 0), "the user's own name does not count");
        for other in [
            cache_key(&Form { model: "n".into(), ..form.clone() }, &address, "", &plain, 0),
            cache_key(&form, &other_host, "", &plain, 0),
            cache_key(&form, &address, "tokenizer", &plain, 0),
            cache_key(&form, &address, "", &wire(json!({"prompt": "b", "max_tokens": 1})), 0),
            cache_key(&form, &address, "", &plain, 1),
        ] {
            assert_ne!(key, other);
        }
    }
}
