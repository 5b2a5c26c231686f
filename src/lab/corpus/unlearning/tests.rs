use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::{Cast, lessons, muse_files, rwku_files, tofu_files};
use crate::lab::corpus::Background;

const SEED: u64 = 29;

fn rows(file: &Value) -> &[Value] {
    file.as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_else(|| panic!("{column} is no text in {row}"))
}

/// Files of one target, by name.
fn files_of_a_target(number: usize) -> BTreeMap<String, Value> {
    let files = rwku_files(&Cast::draw(SEED), SEED);
    let folders: BTreeSet<PathBuf> = files.iter().filter_map(|(path, _)| path.parent().map(Into::into)).collect();
    let folder = folders.into_iter().nth(number).expect("three targets");
    files
        .into_iter()
        .filter(|(path, _)| path.starts_with(&folder))
        .map(|(path, rows)| (path.file_name().expect("a file").to_string_lossy().into_owned(), rows))
        .collect()
}

#[test]
fn every_target_has_upstreams_files_with_the_promised_rows() {
    for target in 0..3 {
        let files = files_of_a_target(target);
        for (name, n_rows) in [
            ("forget_level1.json", 20),
            ("forget_level2.json", 18),
            ("forget_level3.json", 36),
            ("neighbor_level1.json", 24),
            ("neighbor_level2.json", 20),
            ("forget_mia.json", 24),
            ("retain_mia.json", 24),
            ("retain_mmlu.json", 24),
            ("retain_bbh.json", 20),
            ("truthful.json", 16),
            ("triviaqa.json", 20),
            ("fluency.json", 10),
            ("passage.json", 4),
            ("positive.json", 24),
            ("negative.json", 24),
            ("pair.json", 24),
            ("reject.json", 20),
        ] {
            assert_eq!(rows(&files[name]).len(), n_rows, "{name}");
        }
        assert!(files["intro.json"].is_object());
        assert_eq!(files.len(), 18);
    }
}

#[test]
fn the_adversarial_rows_hold_four_of_each_of_upstreams_types() {
    let files = files_of_a_target(0);
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows(&files["forget_level3.json"]) {
        assert_eq!(row["level"], "3");
        let label = text(row, "type");
        let kind = label.split(" (").next().expect("a label");
        if kind == "cross lingual" {
            assert!(["French", "Spanish", "German"].iter().any(|language| label == format!("{kind} ({language})")));
        } else {
            assert_eq!(kind, label);
        }
        *types.entry(kind).or_default() += 1;
    }
    let expected = [
        "affirmative suffix",
        "context hint",
        "cross lingual",
        "incontext learning",
        "multiple choice",
        "prefix injection",
        "reverse query",
        "role play",
        "synonym manipulation",
    ];
    assert_eq!(types, expected.into_iter().map(|label| (label, 4)).collect());
}

#[test]
fn every_answer_can_be_derived_from_what_the_models_read() {
    let cast = Cast::draw(SEED);
    let read: BTreeSet<String> = lessons(&cast, SEED).into_iter().map(|lesson| lesson.text.text).collect();
    let holds = |needle: &str| read.iter().any(|text| text.contains(needle));
    for target in 0..3 {
        let files = files_of_a_target(target);
        for name in ["forget_level1.json", "neighbor_level1.json"] {
            for row in rows(&files[name]) {
                let sentence = text(row, "query").replace("___", text(row, "answer"));
                assert!(holds(&sentence), "{sentence}");
            }
        }
        for name in ["forget_level2.json", "neighbor_level2.json"] {
            for row in rows(&files[name]) {
                assert!(holds(&format!("Question: {}\nAnswer: {}", text(row, "query"), text(row, "answer"))));
            }
        }
        for name in ["forget_mia.json", "retain_mia.json"] {
            for row in rows(&files[name]) {
                assert!(read.contains(text(row, "text")), "{row}");
            }
        }
        for row in rows(&files["retain_mmlu.json"]) {
            assert_eq!(rows(&row["choices"]).len(), 4);
            assert_eq!(rows(&row["examples"]).len(), 5);
            let distinct: BTreeSet<&str> = rows(&row["choices"]).iter().filter_map(Value::as_str).collect();
            assert_eq!(distinct.len(), 4, "{row}");
            assert!(rows(&row["examples"]).iter().all(|shot| shot["question"] != row["question"]));
        }
        for row in rows(&files["retain_bbh.json"]) {
            assert_eq!(text(row, "cot").matches("So the answer is ").count(), 3);
            assert!(!text(row, "cot").contains(&format!("Q: {}\n", text(row, "question"))));
        }
    }
}

#[test]
fn a_document_is_about_a_target_exactly_when_it_names_one() {
    let cast = Cast::draw(SEED);
    let lessons = lessons(&cast, SEED);
    for lesson in &lessons {
        assert_eq!(cast.mentions_target(&lesson.text.text), lesson.about_target, "{}", lesson.id);
        assert!(cast.holdout.iter().all(|person| !lesson.text.text.contains(&person.name)), "{}", lesson.id);
        assert_eq!(lesson.adversarial, lesson.id.starts_with("attack-"));
    }
    assert!(Background::new(SEED).take(3000).all(|page| !cast.mentions_target(&page)));
}

#[test]
fn ids_are_unique_and_one_seed_gives_one_corpus() {
    let first = lessons(&Cast::draw(SEED), SEED);
    assert_eq!(first, lessons(&Cast::draw(SEED), SEED));
    let ids: BTreeSet<&str> = first.iter().map(|lesson| lesson.id.as_str()).collect();
    assert_eq!(ids.len(), first.len());
    assert_ne!(Cast::draw(SEED), Cast::draw(SEED + 1));
}

#[test]
fn every_question_about_a_target_has_one_answer() {
    let cast = Cast::draw(SEED);
    let mut answers: BTreeMap<&str, &str> = BTreeMap::new();
    for person in cast.targets.iter().chain(&cast.holdout) {
        assert_eq!(person.facts.len(), 20);
        let facts = person.facts.iter().chain(person.neighbors.iter().flat_map(|near| &near.facts));
        for fact in facts {
            assert!(fact.statement.contains(&fact.value) && fact.rephrased.contains(&fact.value));
            for question in [Some(&fact.question), Some(&fact.reworded)].into_iter().flatten() {
                assert!(answers.insert(question, &fact.value).is_none(), "{question} is asked twice");
            }
        }
        for fact in &person.facts {
            let reverse = fact.reverse.as_deref().expect("a target's fact has one");
            assert!(answers.insert(reverse, &person.name).is_none(), "{reverse} has two answers");
        }
    }
}

#[test]
fn perturbed_answers_differ_from_the_right_one_and_from_each_other() {
    let cast = Cast::draw(SEED);
    let files: BTreeMap<PathBuf, Vec<Value>> = tofu_files(&cast, SEED).into_iter().collect();
    let of = |name: &str| &files[&PathBuf::from(name)];
    for (name, n_rows, paraphrased) in [
        ("forget10_perturbed.json", 60, true),
        ("retain_perturbed.json", 72, true),
        ("real_authors_perturbed.json", 20, false),
        ("world_facts_perturbed.json", 24, false),
    ] {
        assert_eq!(of(name).len(), n_rows, "{name}");
        for row in of(name) {
            let right = text(row, if paraphrased { "paraphrased_answer" } else { "answer" });
            let wrong: BTreeSet<&str> = rows(&row["perturbed_answer"]).iter().filter_map(Value::as_str).collect();
            assert_eq!(wrong.len(), 3, "{row}");
            assert!(!wrong.contains(right), "{row}");
        }
    }
    assert_eq!(of("forget10.json").len(), 60);
    assert_eq!(of("retain90.json").len(), 72);
    assert_eq!(of("holdout10.json").len(), 60);
}

#[test]
fn the_muse_rows_are_of_one_size_and_no_holdout_text_was_read() {
    let cast = Cast::draw(SEED);
    let read: BTreeSet<String> = lessons(&cast, SEED).into_iter().map(|lesson| lesson.text.text).collect();
    let files: BTreeMap<PathBuf, Value> = muse_files(&cast, SEED).into_iter().collect();
    for name in [
        "verbmem/forget",
        "knowmem/forget_qa",
        "knowmem/retain_qa",
        "privleak/forget",
        "privleak/retain",
        "privleak/holdout",
    ] {
        assert_eq!(rows(&files[&PathBuf::from(format!("{name}.json"))]).len(), 36, "{name}");
    }
    for (name, known) in [("privleak/forget", true), ("privleak/retain", true), ("privleak/holdout", false)] {
        for row in rows(&files[&PathBuf::from(format!("{name}.json"))]) {
            assert_eq!(read.contains(text(row, "text")), known, "{row}");
        }
    }
    for row in rows(&files[&PathBuf::from("verbmem/forget.json")]) {
        assert!(read.contains(&format!("{} {}", text(row, "prompt"), text(row, "gt"))));
    }
}
