//! The command's parts on a scripted model.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use indicatif::ProgressBar;

use super::super::instrument::{Watch, answer_rows, in_portions};
use super::*;
use crate::backend::{Capabilities, Script, ScriptedBackend};
use crate::scoring::membership::ATTACKS;

const REFERENCE: Offered = Offered { reference: true, prefix: false, corpus: false, neighbors: false };

fn chosen(list: &str, offered: Offered) -> Chosen {
    choose(&names(list), AttackOptions::default(), offered).unwrap()
}

fn alone(list: &str) -> Chosen {
    chosen(list, Offered::default())
}

fn row(id: i64, text: &str, member: bool) -> LabelledRow {
    LabelledRow { line: 1, id: RowId::Number(id), text: text.to_owned(), member, neighbors: Vec::new() }
}

/// Members have `seen` in them, which the scripted target likes better.
fn labelled(n_of_each: i64) -> Vec<LabelledRow> {
    (0..2 * n_of_each)
        .map(|id| {
            if id % 2 == 0 {
                row(id, &format!("seen text {id}"), true)
            } else {
                row(id, &format!("fresh text {id}"), false)
            }
        })
        .collect()
}

fn target() -> ScriptedBackend {
    ScriptedBackend::new(Script { logprobs: vec![("seen".into(), -1.0)], ..Script::default() })
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

fn answer(
    models: &Models<'_>,
    rows: &[LabelledRow],
    chosen: &Chosen,
    out: Option<&Path>,
) -> (Answers<AttackRow>, Vec<Value>) {
    let given = Given::default();
    let interrupted = AtomicBool::new(false);
    let watch = Watch { note: &|_| {}, bar: ProgressBar::hidden() };
    let asked = asked_rows(models, rows, chosen, &given).unwrap();
    let mut printed = Vec::new();
    let destination = Destination::new(out).unwrap();
    let answers = answer_rows(&asked, &destination, &mut printed, &watch, &mut |places, deliver| {
        in_portions(places, deliver, &interrupted, &mut |places| {
            attack(models, rows, chosen, &given, places, &interrupted)
        })
    })
    .unwrap();
    let text = String::from_utf8(printed).unwrap();
    (answers, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn summary_of(rows: &[LabelledRow], answers: &Answers<AttackRow>, chosen: &Chosen) -> (summary::Summary, Value) {
    let settings = Settings {
        model: "scripted".into(),
        reference: None,
        attacks: chosen.ids(),
        left_out: BTreeMap::new(),
        min_k: chosen.options.min_k,
        window: chosen.options.window,
        stride: chosen.options.stride,
        gradnorm_p: "inf",
        recall: None,
        dc_pdd: None,
        compat: Vec::new(),
        contradictions: contradictions(rows),
        seed: 7,
    };
    let summary = summarise(settings, &summary_texts(rows, answers)).unwrap();
    let value = serde_json::to_value(&summary).unwrap();
    (summary, value)
}

#[test]
fn all_leaves_out_what_was_not_given_and_says_so() {
    let without = alone("all");
    for (attack, remedy) in [
        ("ref", "--reference"),
        ("recall", "--recall-prefix"),
        ("dc_pdd", "--dcpdd-corpus"),
        ("neighbor", "`neighbors`"),
    ] {
        assert!(without.left_out[attack].contains(remedy), "{:?}", without.left_out);
    }
    assert!(!without.needs_reference());
    let everything = Offered { reference: true, prefix: true, corpus: true, neighbors: true };
    let with = chosen("all", everything);
    assert!(with.left_out.is_empty() && with.attacks.len() == ATTACKS.len());
}

#[test]
fn a_wrong_choice_of_attacks_is_refused_in_words() {
    let message =
        |list: &str| choose(&names(list), AttackOptions::default(), Offered::default()).unwrap_err().to_string();
    assert!(message("loss,ref").contains("--reference"), "{}", message("loss,ref"));
    assert!(message("recall").contains("--recall-prefix") && message("neighbor").contains("neighbors"));
    let misspelt = message("min_kpp");
    assert!(misspelt.contains("did you mean `min_k_pp`?") && misspelt.contains("there are: loss,"), "{misspelt}");
    assert!(!message("quantile").contains("did you mean"));
    assert!(share("0").is_err() && share("1.5").is_err() && share("NaN").is_err() && share("1").is_ok());
    assert!(at_least_one("0").is_err() && at_least_one("3").is_ok());
}

#[test]
fn attacks_come_in_the_order_of_the_table_whatever_was_typed() {
    assert_eq!(alone("zlib, loss,zlib").ids(), ["loss", "zlib"]);
}

#[test]
fn what_a_model_cannot_do_is_left_out_of_all_and_refused_by_name() {
    let capabilities = Capabilities { score: true, ..Capabilities::default() };
    let backend = ScriptedBackend::new(Script { capabilities, ..Script::default() });
    let models = Models { target: &backend, reference: None };
    let mut all = alone("all");
    all.fit(&models).unwrap();
    assert!(all.left_out["min_k_pp"].contains("`vocab_stats`") && !all.needs_vocab_stats());
    let mut named = alone("min_k_pp");
    assert!(matches!(named.fit(&models), Err(CliError::Usage { .. })));
    assert_eq!(backend.n_asked(), 0);
}

#[test]
fn one_line_a_text_with_holes_where_it_failed() {
    let script = Script { logprobs: vec![("seen".into(), -1.0)], faults: vec!["boom".into()], ..Script::default() };
    let backend = ScriptedBackend::new(script);
    let models = Models { target: &backend, reference: None };
    let chosen = alone("loss,min_k");
    let rows = [row(1, "seen by it", true), row(2, "boom boom", false), row(3, "short", false)];
    let (_, lines) = answer(&models, &rows, &chosen, None);
    assert_eq!(
        lines[0],
        json!({"id": 1, "member": true, "scores": {"loss": -1.0, "min_k": -1.0}, "flags": {"min_k": ["k_floor_applied"]}})
    );
    assert_eq!(lines[1]["error"]["kind"], "scripted");
    assert_eq!((&lines[1]["member"], &lines[1]["scores"]), (&json!(false), &json!({"loss": null, "min_k": null})));
    assert_eq!(lines[2]["error"]["kind"], "too_short");
}

#[test]
fn each_text_is_asked_once_and_never_again_unless_it_or_the_options_change() {
    let (backend, reference) = (target(), target());
    let models = Models { target: &backend, reference: Some(&reference) };
    let mut chosen = chosen("all", REFERENCE);
    chosen.fit(&models).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("scores.jsonl");
    let mut rows = labelled(20);
    let (first, _) = answer(&models, &rows, &chosen, Some(&out));
    assert_eq!((backend.n_asked(), reference.n_asked()), (40, 40));
    let (second, _) = answer(&models, &rows, &chosen, Some(&out));
    assert_eq!((backend.n_asked(), second.n_reused), (40, 40));
    assert_eq!(first.outcomes, second.outcomes, "a score keeps every bit through the journal");
    rows[3].text.push_str(" changed");
    answer(&models, &rows, &chosen, Some(&out));
    assert_eq!((backend.n_asked(), reference.n_asked()), (41, 41));
    chosen.options.min_k = 0.4;
    answer(&models, &rows, &chosen, Some(&out));
    assert_eq!(backend.n_asked(), 81);
}

#[test]
fn a_failing_reference_costs_the_reference_attacks_only_and_is_asked_again() {
    let backend = target();
    let reference = ScriptedBackend::new(Script { faults: vec!["fresh text 1".into()], ..Script::default() });
    let models = Models { target: &backend, reference: Some(&reference) };
    let chosen = chosen("loss,ref", REFERENCE);
    let rows = labelled(2);
    let (answers, lines) = answer(&models, &rows, &chosen, None);
    assert_eq!(lines[1]["scores"], json!({"loss": -3.0, "ref": null}));
    assert_eq!(lines[1]["error"]["kind"], "reference_scripted");
    assert!(matches!(&answers.outcomes[1], Outcome::Partial(..)));
    let (_, summary) = summary_of(&rows, &answers, &chosen);
    assert_eq!((&summary["attacks"][0]["n"], &summary["attacks"][1]["n"]), (&json!(2), &json!(1)));
    assert_eq!(summary["attacks"][1]["excluded"], json!({"reference_scripted": 1}));
}

#[test]
fn a_perfect_attack_has_a_named_bound_and_unresolvable_rates_have_no_number() {
    let backend = target();
    let models = Models { target: &backend, reference: None };
    let chosen = alone("loss");
    let rows = labelled(120);
    let (answers, _) = answer(&models, &rows, &chosen, None);
    let (whole, summary) = summary_of(&rows, &answers, &chosen);
    let loss = &summary["attacks"][0];
    assert_eq!(
        (&loss["attack"], &loss["m"], &loss["n"], &loss["auc"]),
        (&json!("loss"), &json!(120), &json!(120), &json!(1.0))
    );
    assert_eq!(loss["auc_method"], "heuristic_exact_one_sided");
    let low = loss["auc_ci"][0].as_f64().unwrap();
    assert!((low - (0.05_f64.ln() / 120.0).exp()).abs() < 1e-12, "{low}");
    assert_eq!(loss["tpr_at_fpr"]["0.01"]["tpr"], 1.0);
    assert_eq!(loss["tpr_at_fpr"]["0.01"]["ci_method"], "clopper_pearson_fixed_threshold");
    let fine = &loss["tpr_at_fpr"]["0.001"];
    assert_eq!(
        (&fine["tpr"], &fine["below_resolution"], &fine["needed_n"]),
        (&Value::Null, &json!(true), &json!(1000))
    );
    assert!(whole.is_whole() && tables(&whole).contains("needs >= 1,000 non-members"));
    // "seen" and "fresh" give the labels away, and the summary must say so.
    assert_eq!(summary["distribution_shifted"], true);
    assert!(loss["blind_auc"].as_f64().unwrap() > 0.99);
    assert_eq!(loss["against_blind"]["p"], 1.0);
}

#[test]
fn texts_that_tell_nothing_are_not_called_shifted() {
    let backend = ScriptedBackend::new(Script {
        logprobs: (0..60)
            .map(|n| (format!("number{n:02}"), -1.0 - f32::from(u8::try_from(n * 37 % 60).unwrap())))
            .collect(),
        ..Script::default()
    });
    let models = Models { target: &backend, reference: None };
    let chosen = alone("loss");
    let rows: Vec<LabelledRow> = (0..60).map(|n| row(n, &format!("the same words number{n:02}"), n % 2 == 0)).collect();
    let (answers, _) = answer(&models, &rows, &chosen, None);
    let (_, summary) = summary_of(&rows, &answers, &chosen);
    assert_eq!(summary["distribution_shifted"], false, "{summary}");
    let loss = &summary["attacks"][0];
    assert_eq!(loss["auc_method"], "delong_logit");
    let (low, high) = (loss["auc_ci"][0].as_f64().unwrap(), loss["auc_ci"][1].as_f64().unwrap());
    assert!(low < loss["auc"].as_f64().unwrap() && loss["auc"].as_f64().unwrap() < high);
    assert!(loss.get("against_blind").is_none());
}

#[test]
fn one_class_alone_has_scores_but_no_number() {
    let backend = target();
    let models = Models { target: &backend, reference: None };
    let chosen = alone("loss");
    let rows: Vec<LabelledRow> = labelled(5).into_iter().filter(|row| row.member).collect();
    let (answers, lines) = answer(&models, &rows, &chosen, None);
    assert_eq!(lines[4]["scores"]["loss"], -1.0);
    let (whole, summary) = summary_of(&rows, &answers, &chosen);
    let loss = &summary["attacks"][0];
    assert_eq!((&loss["auc"], &loss["auc_ci"]), (&Value::Null, &Value::Null));
    assert_eq!((&loss["error"]["kind"], &loss["m"], &loss["n"]), (&json!("single_class"), &json!(5), &json!(0)));
    assert!(!whole.is_whole() && tables(&whole).contains("single_class"));
}

#[test]
fn the_same_scores_and_seed_give_the_same_summary() {
    let backend = ScriptedBackend::new(Script::default());
    let models = Models { target: &backend, reference: None };
    let chosen = alone("zlib");
    let rows: Vec<LabelledRow> = (0_i64..240)
        .map(|n| row(n, &format!("{} w{}", "long ".repeat(usize::try_from(n * 53 % 97).unwrap()), n), n % 2 == 0))
        .collect();
    let (answers, _) = answer(&models, &rows, &chosen, None);
    assert_eq!(summary_of(&rows, &answers, &chosen).1, summary_of(&rows, &answers, &chosen).1);
}

/// A model that can do everything, so that every pass is asked.
fn able() -> ScriptedBackend {
    let capabilities = Capabilities {
        score: true,
        vocab_stats: true,
        tokenize: true,
        score_tokens: true,
        gradients: true,
        ..Capabilities::default()
    };
    ScriptedBackend::new(Script { capabilities, logprobs: vec![("seen".into(), -1.0)], ..Script::default() })
}

#[test]
fn a_capital_costs_a_pass_of_its_own_and_each_neighbour_one() {
    let backend = able();
    let models = Models { target: &backend, reference: None };
    let offered = Offered { neighbors: true, ..Offered::default() };
    let mut rows = vec![row(1, "seen by it", true), row(2, "Not seen by it", false)];
    rows[0].neighbors = vec!["other words here".to_owned(), "some other words".to_owned()];
    let (_, lines) = answer(&models, &rows, &chosen("lowercase,neighbor", offered), None);
    assert_eq!(backend.n_asked(), 2 + 1 + 2);
    assert_eq!(lines[0]["scores"], json!({"lowercase": 1.0, "neighbor": 2.0}));
    assert_eq!(lines[1]["scores"]["neighbor"], Value::Null);
    assert_eq!(lines[1]["flags"], json!({"neighbor": ["missing_neighbors"]}));
}

#[test]
fn rows_without_neighbours_leave_the_neighbour_attack_only() {
    let backend = able();
    let models = Models { target: &backend, reference: None };
    let offered = Offered { neighbors: true, ..Offered::default() };
    let mut rows = labelled(4);
    for row in rows.iter_mut().skip(1) {
        row.neighbors = vec!["near by it".to_owned()];
    }
    let chosen = chosen("loss,neighbor", offered);
    let (answers, _) = answer(&models, &rows, &chosen, None);
    let (_, summary) = summary_of(&rows, &answers, &chosen);
    assert_eq!((&summary["attacks"][0]["m"], &summary["attacks"][1]["m"]), (&json!(4), &json!(3)));
    assert_eq!(summary["attacks"][1]["excluded"], json!({"missing_neighbors": 1}));
}

#[test]
fn a_failing_extra_pass_costs_its_attack_only_and_is_asked_again() {
    let backend = ScriptedBackend::new(Script { faults: vec!["broken".into()], ..Script::default() });
    let models = Models { target: &backend, reference: None };
    let offered = Offered { neighbors: true, ..Offered::default() };
    let mut rows = vec![row(1, "a good text", true)];
    rows[0].neighbors = vec!["a broken text".to_owned()];
    let (answers, lines) = answer(&models, &rows, &chosen("loss,neighbor", offered), None);
    assert_eq!(lines[0]["scores"], json!({"loss": -3.0, "neighbor": null}));
    assert_eq!(lines[0]["error"]["kind"], "neighbor_scripted");
    assert!(matches!(&answers.outcomes[0], Outcome::Partial(..)));
}

#[test]
fn a_text_under_both_labels_is_scored_and_has_no_part_in_the_summary() {
    let backend = able();
    let models = Models { target: &backend, reference: None };
    let mut rows = labelled(4);
    rows.push(row(90, "seen text 0", false));
    let chosen = alone("loss,gradnorm");
    let (answers, lines) = answer(&models, &rows, &chosen, None);
    assert_eq!(lines[8]["scores"]["loss"], -1.0);
    let (_, summary) = summary_of(&rows, &answers, &chosen);
    assert_eq!((&summary["attacks"][0]["m"], &summary["attacks"][0]["n"]), (&json!(3), &json!(4)));
    assert_eq!(summary["attacks"][0]["excluded"], json!({"contradictory_label": 2}));
    assert_eq!(summary["contradictions"], json!([{"members": [0], "non_members": [90]}]));
    assert!(contradictions(&rows)[0].words().contains("member in 0 and none in 90"));
}

#[test]
fn on_a_separable_split_an_attack_that_does_not_beat_the_texts_is_no_finding() {
    let backend = target();
    let models = Models { target: &backend, reference: None };
    let chosen = alone("loss");
    let rows = labelled(120);
    let (answers, _) = answer(&models, &rows, &chosen, None);
    let (whole, summary) = summary_of(&rows, &answers, &chosen);
    assert!(summary["split"].as_str().unwrap().starts_with("the split itself is separable"));
    assert_eq!((&summary["is_finding"], &summary["attacks"][0]["is_finding"]), (&json!(false), &json!(false)));
    assert!(tables(&whole).contains("does not beat the blind baseline"), "{}", tables(&whole));
}

#[test]
fn the_same_members_found_by_two_attacks_overlap() {
    let backend = target();
    let models = Models { target: &backend, reference: None };
    let chosen = alone("loss,min_k");
    let rows = labelled(20);
    let (answers, _) = answer(&models, &rows, &chosen, None);
    let (_, summary) = summary_of(&rows, &answers, &chosen);
    let pair = &summary["overlap"]["pairs"][0];
    assert_eq!((&pair["both"], &pair["only_a"], &pair["jaccard"]), (&json!(20), &json!(0), &json!(1.0)));
}
