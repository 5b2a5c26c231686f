//! Norms of gradients against PyTorch's, for every family of decoders (`tests/make_golden/make_gradnorm.py` made the cases).

use mnemoscope::backend::{Context, LocalModel, LocalOptions};
use serde_json::Value;

use crate::support::golden;

fn cases() -> (f64, Vec<Value>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gradnorm.json");
    let text = std::fs::read_to_string(path).expect("the cases stand beside the tests");
    let mut file: Value = serde_json::from_str(&text).expect("JSON");
    let tolerance = file["relative_tolerance"].as_f64().expect("a number");
    (tolerance, file["cases"].as_array_mut().map(std::mem::take).expect("a list"))
}

#[test]
fn norms_are_those_of_the_reference_library_in_every_family() {
    let (tolerance, cases) = cases();
    let mut opened: Option<(String, LocalModel)> = None;
    let mut wrong = Vec::new();
    for case in &cases {
        let folder = case["folder"].as_str().expect("a name");
        if opened.as_ref().is_none_or(|(name, _)| name != folder) {
            let path = golden(&format!("local-models/{folder}"));
            let model = LocalModel::open(&path, &LocalOptions::default()).expect("a golden checkpoint");
            opened = Some((folder.to_owned(), model));
        }
        let (_, model) = opened.as_ref().expect("just opened");
        let ids: Vec<u32> = case["ids"].as_array().expect("ids").iter().map(id).collect();
        let context = model.context_length();
        let window = match case["windowed"].as_bool() {
            Some(true) => Context::Windowed { window: context, stride: context / 2 },
            _ => Context::Refuse,
        };
        let got = model.gradient_of_ids(&ids, window).expect("a gradient");
        for (name, got) in [("l1", got.l1), ("l2", got.l2), ("inf", got.inf)] {
            let expected = case[name].as_f64().expect("a number");
            if (got - expected).abs() > tolerance * expected.abs() {
                wrong.push(format!("{folder}, {} ids, {name}: expected {expected}, got {got}", ids.len()));
            }
        }
        if Some(got.n_tensors as u64) != case["n_tensors"].as_u64() {
            wrong.push(format!("{folder}: {} tensors, expected {}", got.n_tensors, case["n_tensors"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), 55);
}

fn id(value: &Value) -> u32 {
    u32::try_from(value.as_u64().expect("an id")).expect("an id")
}
