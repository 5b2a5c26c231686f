//! `mnemoscope gate`: a run held against a policy, for CI. It is red for the right reason, and never green by accident.

use serde_json::{Value, json};

use crate::support::{Folder, list};

fn measured() -> Folder {
    let folder = Folder::new();
    for (out, model) in [("run", "builtin:perturbed"), ("before", "builtin:standard")] {
        let start = ["run", "hubble", "--task", "passages-verbatim", "--limit", "20"];
        folder.run(&[&start[..], &["--model", model, "--out", out]].concat()).with_code(0);
    }
    folder
}

/// Text with plain spaces, where reports keep a number and its unit together.
fn spaced(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

fn rule(more: &str) -> String {
    format!(
        "schema_version = 1\n[[rule]]\nid = \"one\"\nsuite = \"hubble\"\ntask = \"passages-verbatim\"\n\
         metric = \"exact_match\"\nslice = {{ copies = 0 }}\n{more}\n"
    )
}

/// Exit code and the report as JSON.
fn judged(folder: &Folder, policy: &str, more: &[&str], code: i32) -> Value {
    folder.write("gate.toml", policy);
    let ended = folder.run(&[&["gate", "--policy", "gate.toml", "run", "--json"][..], more].concat());
    ended.with_code(code).json()
}

#[test]
fn a_limit_is_held_against_the_end_of_the_interval_that_is_harder_to_pass() {
    let folder = measured();
    // None of 11 unseen passages is continued; 95 % Wilson: 0 to 0.259.
    for (limit, code, status) in [("0.3", 0, "pass"), ("0.2", 1, "inconclusive")] {
        let report = judged(&folder, &rule(&format!("op = \"<=\"\nvalue = {limit}")), &[], code);
        assert_eq!(report["rules"][0]["status"], json!(status), "{report}");
        assert_eq!(report["passed"], json!(code == 0));
    }
    // The point alone passes, and the rule has to ask for it.
    judged(&folder, &rule("op = \"<=\"\nvalue = 0.2\nuse = \"point\""), &[], 0);
    let report = judged(&folder, &rule("op = \">=\"\nvalue = 0.5"), &[], 1);
    assert_eq!(report["rules"][0]["status"], json!("fail"));
    assert!(spaced(report["reason"].as_str().unwrap()).contains("one: Exact match at 0 copies"), "{report}");
}

#[test]
fn too_few_items_and_an_inconclusive_rule_fail_unless_the_policy_says_otherwise() {
    let folder = measured();
    let report = judged(&folder, &rule("op = \"<=\"\nvalue = 0.3\nmin_n = 50"), &[], 1);
    assert!(report["rules"][0]["reason"].as_str().unwrap().contains("50"), "{report}");
    let open = rule("op = \"<=\"\nvalue = 0.2");
    judged(&folder, &open, &[], 1);
    judged(&folder, &format!("inconclusive_is = \"pass\"\n{open}"), &[], 0);
}

#[test]
fn a_comparison_with_the_baseline_asks_for_an_outcome() {
    let folder = measured();
    let against = |margin: &str| rule(&format!("baseline = true\nop = \"<=\"\nmargin = {margin}"));
    let baseline = ["--baseline", "before"];
    let wide = judged(&folder, &against("0.9"), &baseline, 0);
    assert!(wide["rules"][0]["outcome"].is_string(), "{wide}");
    let narrow = judged(&folder, &against("0.01"), &baseline, 1);
    assert_eq!(narrow["rules"][0]["status"], json!("inconclusive"), "{narrow}");
    assert!(narrow["rules"][0]["items_needed"].is_number(), "{narrow}");
    folder.run(&["gate", "--policy", "gate.toml", "run"]).with_code(2).telling(&["one", "--baseline"]);
    let ended = folder.run(&["gate", "--policy", "gate.toml", "run", "--baseline", "nowhere"]);
    ended.with_code(2).telling(&["nowhere"]);
}

#[test]
fn people_read_which_rule_failed_and_why() {
    let folder = measured();
    folder.write("gate.toml", rule("op = \">=\"\nvalue = 0.5"));
    let ended = folder.run(&["gate", "--policy", "gate.toml", "run"]).with_code(1);
    for words in ["FAIL", "one", "n = 11", "95 % CI", "failed: 1 of 1 rules"] {
        assert!(spaced(&ended.stdout).contains(words), "{words} in {}", ended.stdout);
    }
}

#[test]
fn all_faults_of_a_policy_are_told_at_once_and_none_is_a_pass() {
    let folder = measured();
    folder.write(
        "gate.toml",
        "schema_version = 7\ncolour = \"red\"\n[[rule]]\nsuite = \"hubble\"\nmetric = \"exact_match\"\nop = \"=<\"\n\
         value = \"high\"\nmin_n = -1\n[[rule]]\nsuite = \"hubble\"\nmetric = \"exact_mutch\"\n",
    );
    let ended = folder.run(&["gate", "--policy", "gate.toml", "run"]).with_code(2).telling(&[
        "gate.toml:1:",
        "gate.toml:2:",
        "gate.toml:6:",
        "gate.toml:7:",
        "gate.toml:8:",
        "colour",
        "did you mean `<=`",
        "exact_mutch",
        "rule[2].op",
    ]);
    assert!(!ended.stderr.contains("`rule[1].op`: a key is missing"), "{}", ended.stderr);
    for bad in ["", "rule = 3", "schema_version = 1\n", "= =", "schema_version = 1\nrule = []\n"] {
        folder.write("gate.toml", bad);
        folder.run(&["gate", "--policy", "gate.toml", "run"]).with_code(2).telling(&["gate.toml"]);
    }
    for bad in ["baseline = true\nmargin = 0", "baseline = true\nmargin = nan", "op = \"<=\"\nvalue = inf"] {
        folder.write("gate.toml", rule(bad));
        folder.run(&["gate", "--policy", "gate.toml", "run"]).with_code(2).telling(&["gate.toml:"]);
    }
}

#[test]
fn a_rule_about_nothing_that_was_measured_never_passes() {
    let folder = measured();
    for (from, to, word) in [
        ("passages-verbatim", "passages-membership", "passages-membership"),
        ("copies = 0", "copies = 3", "copies"),
        ("\"hubble\"", "\"stale\"", "stale"),
    ] {
        folder.write("gate.toml", rule("op = \"<=\"\nvalue = 0.9").replace(from, to));
        folder.run(&["gate", "--policy", "gate.toml", "run"]).with_code(2).telling(&["gate.toml:", "one", word]);
    }
    folder.write("gate.toml", rule("op = \"<=\"\nvalue = 0.9"));
    folder.run(&["gate", "--policy", "gate.toml", "nowhere"]).with_code(2).telling(&["nowhere"]);
    folder.run(&["gate", "--policy", "nowhere.toml", "run"]).with_code(2).telling(&["nowhere.toml"]);
}

#[test]
fn a_rule_that_names_no_task_and_no_slice_holds_for_each() {
    let folder = measured();
    let policy = "[[rule]]\nsuite = \"hubble\"\nmetric = \"exact_match\"\nop = \"<=\"\nvalue = 0.9\n";
    let report = judged(&folder, policy, &[], 1);
    let doses: Vec<&Value> = list(&report["rules"]).iter().map(|rule| &rule["slice"]["copies"]).collect();
    assert!(doses.len() > 3 && doses.contains(&&json!(0)) && doses.contains(&&json!(64)), "{report}");
    let baseline = format!("{}baseline = true\nmargin = 0.9\n", policy.replace("value = 0.9\n", ""));
    let report = judged(&folder, &baseline, &["--baseline", "before"], 1);
    assert_eq!(list(&report["rules"]).len(), doses.len());
}

#[test]
fn two_items_alike_show_no_equivalence() {
    let folder = measured();
    let few = rule("baseline = true\nop = \">=\"\nmargin = 0.05").replace("exact_match", "matched_prefix");
    let few = few.replace("copies = 0", "copies = 1");
    let report = judged(&folder, &few, &["--baseline", "before"], 1);
    assert_ne!(report["rules"][0]["status"], json!("pass"), "{report}");
    // The same run against itself is refused, since it would show nothing.
    let folder = measured();
    folder.write("gate.toml", &few);
    folder.run(&["gate", "--policy", "gate.toml", "run", "--baseline", "run"]).with_code(2).telling(&["same cell"]);
}

#[test]
fn a_baseline_run_that_answered_other_items_is_no_baseline() {
    let folder = measured();
    let start = ["run", "hubble", "--task", "passages-verbatim", "--limit", "8", "--model", "builtin:standard"];
    folder.run(&[&start[..], &["--out", "short"]].concat()).with_code(0);
    folder.write("gate.toml", rule("baseline = true\nop = \"<=\"\nmargin = 0.5"));
    let ended = folder.run(&["gate", "--policy", "gate.toml", "run", "--baseline", "short"]).with_code(2);
    ended.telling(&["gate.toml:", "are answered in both runs"]);
}

#[test]
fn the_policy_has_a_schema() {
    let schema = Folder::new().run(&["schema", "gate"]).with_code(0).json();
    assert!(list(&schema["required"]).contains(&json!("rule")), "{schema}");
    assert!(schema["properties"].get("inconclusive_is").is_some());
}
