//! `traps_functions.json`: injection at given word positions, token-set similarity, the AUC of a ratio.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::super::agreement::{Rule, compare, number};
use super::super::golden_file::{GoldenFileError, read_json};
use super::super::report::FileReport;
use crate::statistics::LabeledScores;
use crate::traps::{insert_at_words, jaccard, n_words};

/// Share of ids above which a sequence counts as a duplicate, by default.
const DUPLICATE: f64 = 0.2;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let value = read_json(path)?;
    let Some(sections) = value.as_object() else { return Err(GoldenFileError::Field { field: "inject" }) };
    for (section, cases) in sections {
        let computed: fn(&Value) -> Option<Value> = match section.as_str() {
            "inject" => inject,
            "jaccard" => similarity,
            "ratio_auc" => ratio_auc,
            _ => {
                report.unsupported(section, "this build does not handle this section");
                continue;
            }
        };
        for (index, case) in cases.as_array().into_iter().flatten().enumerate() {
            let id = format!("{section}[{index}]");
            match computed(case) {
                Some(got) => report.record(&id, &compare(case, &got, &rule)),
                None => report.fail(&id, json!("the inputs of this section"), case.clone()),
            }
        }
    }
    Ok(())
}

fn rule(field: &str) -> Rule {
    match field {
        "text" | "trap" | "n_rep" | "word_positions" | "a" | "b" | "members" | "non_members" => Rule::Exempt,
        "jaccard" | "auc" => Rule::Absolute(1e-9),
        _ => Rule::Exact,
    }
}

/// The positions were drawn by upstream; ours is what is done with them.
fn inject(case: &Value) -> Option<Value> {
    let (text, trap) = (case.get("text")?.as_str()?, case.get("trap")?.as_str()?);
    let positions: Vec<usize> = case
        .get("word_positions")?
        .as_array()?
        .iter()
        .map(|position| usize::try_from(position.as_u64()?).ok())
        .collect::<Option<_>>()?;
    let (injected, _) = insert_at_words(text, trap, &positions);
    Some(json!({"n_words": n_words(text), "upstream_result": injected}))
}

fn similarity(case: &Value) -> Option<Value> {
    let set = |field: &str| -> Option<BTreeSet<u32>> {
        case.get(field)?.as_array()?.iter().map(|id| u32::try_from(id.as_u64()?).ok()).collect()
    };
    let value = jaccard(&set("a")?, &set("b")?);
    Some(json!({"jaccard": number(value), "duplicate_at_0_2": value > DUPLICATE}))
}

/// Lower ratios are members.
fn ratio_auc(case: &Value) -> Option<Value> {
    let negated = |field: &str| -> Option<Vec<f64>> {
        case.get(field)?.as_array()?.iter().map(|value| value.as_f64().map(|value| -value)).collect()
    };
    let labeled = LabeledScores::from_classes(&negated("members")?, &negated("non_members")?).ok()?;
    Some(json!({"auc": number(labeled.auc())}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_agrees() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/traps_functions.json");
        let mut report = FileReport::new("traps_functions.json", "membership");
        check(Path::new(path), &mut report).expect("the golden cases stand beside the tests");
        assert!(report.failed.is_empty() && report.unsupported.is_empty(), "{:#?}", report.failed);
        assert_eq!((report.cases, report.passed), (15, 15));
    }
}
