//! Every fault that a suite file can have, one test each, and all of them at once.

use std::collections::BTreeSet;

use super::super::checked::{FigureSpec, Probe, SizeKind, Suite};
use super::super::problem::{Problem, ProblemKind, SuiteError};
use super::super::registry::SuiteRegistry;
use super::super::vocabulary::{TemplateFault, Vocabulary};
use crate::digest::sha256_hex;

const ROWS: &str = "{\"text\":\"a b\",\"meta\":\"{\\\"duplicates\\\": 1}\"}\n";
const PUBLISHED: &str = "task,metric,model,copies,value,printed_in\nt,acc,m,4,0.5,notebook\n";

/// A whole suite; `ROWS_HASH` stands for the hash of the data file.
const SUITE: &str = r#"schema_version = 1
name = "small"
version = "1.0.0"
title = "A small suite"
summary = "What is remembered."
licence = "CC0-1.0"
sources = ["a paper"]
limits = ["says nothing about others"]
published = "published.csv"

[data.passages]
schema = "hubble-documents"
builtin = { file = "rows.jsonl", sha256 = "ROWS_HASH" }
hub = { id = "owner/passages", file = "passages.jsonl.gz" }

[data.questions]
schema = "hubble-multiple-choice"
path = { file = "questions.jsonl" }

[[task]]
id = "membership"
title = "Seen or not"
data = "passages"
kind = "membership"
settings = { attacks = ["loss", "min_k"], min_k = 0.2 }

[[task]]
id = "verbatim"
title = "Word for word"
data = "passages"
kind = "extract"
settings = { prefix_tokens = 50, suffix_tokens = 100 }
builtin = { prefix_tokens = 24 }

[[task]]
id = "choice"
title = "The likeliest answer"
data = "questions"
kind = "choose"
settings = { context = "Question: {{ question }}\nAnswer:", choice = " {{ choice }}" }

[statistics]
headline_task = "membership"
headline_metric = "auc.loss"
headline_copies = 64
level = 0.9

[[figure]]
kind = "dose-response"
task = "membership"
metrics = ["auc.loss"]
title = "Dose"

[[figure]]
kind = "ecdf"
task = "membership"
metric = "loss"
title = "Spread"

[[erratum]]
id = "short-texts"
upstream = "drops them"
corrected = "keeps them"
metrics = ["auc.min_k"]
"#;

fn vocabulary() -> Vocabulary {
    Vocabulary {
        attacks: ["loss", "zlib", "min_k", "min_k_pp"].map(str::to_owned).to_vec(),
        metrics: ["auc.loss", "auc.min_k", "acc"].map(str::to_owned).to_vec(),
        is_metric: |name| ["auc.loss", "auc.min_k", "auc.zlib", "acc"].contains(&name),
        // Enough of a template reader for these tests: the first word inside each pair of braces.
        template_variables: |template| {
            if template.contains("{{") && !template.contains("}}") {
                return Err(TemplateFault { reason: "unexpected end of template".to_owned(), line: Some(1) });
            }
            let inner = template.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
            Ok(inner.map(|name| name.trim().to_owned()).collect::<BTreeSet<String>>())
        },
        // Likewise of prompt files: a name a line.
        prompt_names: |bytes| match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('?') => Ok(text.lines().map(str::to_owned).collect()),
            _ => Err("no prompts".to_owned()),
        },
    }
}

fn load(text: &str) -> Result<Suite, SuiteError> {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suites").join("small");
    std::fs::create_dir_all(&suite).unwrap();
    std::fs::write(suite.join("suite.toml"), text.replace("ROWS_HASH", &sha256_hex(ROWS.as_bytes()))).unwrap();
    std::fs::write(suite.join("rows.jsonl"), ROWS).unwrap();
    std::fs::write(suite.join("published.csv"), PUBLISHED).unwrap();
    std::fs::write(suite.join("words.json"), "qa\nfb\n").unwrap();
    std::fs::write(suite.join("broken.json"), "?").unwrap();
    std::fs::write(suite.join("broken.csv"), format!("{PUBLISHED}t,acc,m,4,high,notebook\n")).unwrap();
    SuiteRegistry { working_directory: folder.path().to_path_buf() }.load("small", &vocabulary())
}

fn problems(from: &str, to: &str) -> Vec<Problem> {
    assert_eq!(SUITE.matches(from).count(), 1, "`{from}` must stand once in the suite");
    load(&SUITE.replace(from, to)).expect_err("the fault is seen").problems().to_vec()
}

/// The only problem after replacing `from` by `to`, and its line checked against where `to` stands.
fn problem(from: &str, to: &str) -> Problem {
    let all = problems(from, to);
    let [one] = all.as_slice() else { panic!("one problem expected: {all:#?}") };
    let at = SUITE.find(from).expect("checked above");
    let first = SUITE[..at].matches('\n').count() + 1;
    let last = first + from.matches('\n').count().max(to.matches('\n').count());
    // What is not there is told at the head of its table, above.
    let is_absence = matches!(one.kind, ProblemKind::MissingKey { .. } | ProblemKind::NoSource);
    assert!(is_absence || (first..=last).contains(&one.line), "line {} is not in {first}..={last}: {one}", one.line);
    one.clone()
}

#[test]
fn a_right_suite_has_every_default_filled_in() {
    let suite = load(SUITE).unwrap();
    assert_eq!(suite.statistics.tpr_at_fpr, [0.01]);
    assert_eq!(suite.statistics.resamples, 2000);
    assert_eq!(suite.task("membership").unwrap().sizes, [SizeKind::Builtin, SizeKind::Hub]);
    assert_eq!(suite.task("choice").unwrap().sizes, [SizeKind::Path]);
    assert_eq!(suite.published.len(), 1);
    assert!(matches!(&suite.figures[0], FigureSpec::DoseResponse { range: (0.0, 1.0), chance: None, .. }));
    assert!(matches!(&suite.figures[1], FigureSpec::Ecdf { min_copies: 1, .. }));
    assert_eq!(suite.data["passages"].hub.as_ref().unwrap().revision, None);
}

#[test]
fn a_size_overrides_only_the_settings_that_it_names() {
    let suite = load(SUITE).unwrap();
    let task = suite.task("verbatim").unwrap();
    let tokens = |size| match task.probe_for(size) {
        Probe::Extract(probe) => (probe.prefix_tokens, probe.suffix_tokens),
        other => panic!("{other:?}"),
    };
    assert_eq!(tokens(SizeKind::Builtin), (24, 100));
    assert_eq!(tokens(SizeKind::Hub), (50, 100));
}

#[test]
fn the_hash_follows_every_named_file_and_nothing_else() {
    let hash = load(SUITE).unwrap().hash;
    assert_eq!(load(SUITE).unwrap().hash, hash, "another folder");
    assert_ne!(load(&SUITE.replace("1.0.0", "1.0.1")).unwrap().hash, hash);
    assert_ne!(load(&SUITE.replace("published = \"published.csv\"\n", "\n")).unwrap().hash, hash);
}

#[test]
fn broken_toml_is_told_with_its_line_and_alone() {
    let all = problems("[[task]]\nid = \"membership\"", "[[task]]\nid = = \"membership\"");
    assert!(all.iter().all(|problem| matches!(problem.kind, ProblemKind::Syntax { .. })), "{all:#?}");
    assert_eq!(all[0].line, 21);
}

#[test]
fn unknown_keys_are_seen_at_every_level_with_the_nearest_spelling() {
    let cases = [
        ("licence =", "license =", "license", "licence"),
        (
            "schema = \"hubble-documents\"",
            "schema = \"hubble-documents\"\nclusterby = \"id\"",
            "data.passages.clusterby",
            "cluster_by",
        ),
        (
            "\"owner/passages\", file",
            "\"owner/passages\", revisoin = \"x\", file",
            "data.passages.hub.revisoin",
            "revision",
        ),
        (
            "{ attacks = [\"loss\", \"min_k\"],",
            "{ attacks = [\"loss\", \"min_k\"], mink = 1,",
            "task[membership].settings.mink",
            "min_k",
        ),
        ("headline_copies = 64", "headline_copies = 64\nlevle = 1", "statistics.levle", "level"),
        ("title = \"Spread\"", "title = \"Spread\"\nmin_copie = 1", "figure[2].min_copie", "min_copies"),
        (
            "corrected = \"keeps them\"",
            "corrected = \"keeps them\"\nmetric = []",
            "erratum[short-texts].metric",
            "metrics",
        ),
    ];
    for (from, to, key, right) in cases {
        let all = problems(from, to);
        let found = all.iter().find(|problem| problem.key == key).unwrap_or_else(|| panic!("{key}: {all:#?}"));
        let ProblemKind::UnknownKey { nearest, .. } = &found.kind else { panic!("{found}") };
        assert_eq!(nearest.as_deref(), Some(right), "{key}");
    }
}

#[test]
fn a_wrong_type_says_what_was_found_and_what_is_taken() {
    let one = problem("headline_copies = 64", "headline_copies = \"64\"");
    let text = one.to_string();
    assert!(text.ends_with("found the text \"64\", but this key takes a whole number; write a whole number"), "{text}");
    assert_eq!((one.line, one.column), (45, 19));
    assert!(matches!(problem("level = 0.9", "level = [0.9]").kind, ProblemKind::WrongType { .. }));
    let negative = problem("headline_copies = 64", "headline_copies = -1");
    assert!(matches!(negative.kind, ProblemKind::OutOfRange { .. }));
}

#[test]
fn a_whole_number_is_a_number() {
    assert!(load(&SUITE.replace("min_k = 0.2", "min_k = 1")).is_ok());
}

#[test]
fn a_missing_key_is_told_at_its_table() {
    let one = problem("title = \"Word for word\"\n", "");
    assert_eq!(one.key, "task[verbatim].title");
    assert!(matches!(one.kind, ProblemKind::MissingKey { .. }));
    let one = problem("prefix_tokens = 50, ", "");
    assert_eq!(one.key, "task[verbatim].settings.prefix_tokens");
    let one = problem("task = \"membership\"\nmetric = \"loss\"", "task = \"membership\"");
    assert_eq!(one.key, "figure[2].metric");
    let all = problems("[statistics]\n", "[statistic]\n");
    assert!(all.iter().any(|problem| problem.key == "statistics"), "{all:#?}");
}

#[test]
fn an_unknown_word_suggests_the_nearest() {
    let one = problem("kind = \"extract\"", "kind = \"extrac\"");
    let ProblemKind::UnknownValue { nearest, allowed, .. } = &one.kind else { panic!("{one}") };
    assert_eq!(nearest.as_deref(), Some("extract"));
    assert_eq!(
        allowed.as_slice(),
        [
            "membership",
            "extract",
            "verbatim",
            "choose",
            "likelihood",
            "generate",
            "chat",
            "chat-choose",
            "tokens",
            "recall",
            "embed",
            "memory",
            "state"
        ]
    );
}

#[test]
fn dangling_names_are_told() {
    let of = |from, to| match problem(from, to).kind {
        ProblemKind::DanglingName { what, nearest, .. } => (what, nearest),
        other => panic!("{other}"),
    };
    let data = of("data = \"questions\"", "data = \"question\"");
    assert_eq!(data, ("data set", Some("questions".to_owned())));
    let task = of("headline_task = \"membership\"", "headline_task = \"memberships\"");
    assert_eq!(task, ("task", Some("membership".to_owned())));
    assert_eq!(of("task = \"membership\"\nmetric =", "task = \"nothing-like-it\"\nmetric ="), ("task", None));
}

#[test]
fn metrics_that_do_not_exist_are_told_wherever_they_stand() {
    for (from, to) in [
        ("headline_metric = \"auc.loss\"", "headline_metric = \"auc.lost\""),
        ("metrics = [\"auc.loss\"]", "metrics = [\"auc.lost\"]"),
        ("metrics = [\"auc.min_k\"]", "metrics = [\"auc.lost\"]"),
    ] {
        let one = problem(from, to);
        let ProblemKind::UnknownMetric { nearest, .. } = &one.kind else { panic!("{one}") };
        assert_eq!(nearest.as_deref(), Some("auc.loss"));
    }
}

#[test]
fn a_metric_of_an_attack_that_the_task_does_not_run_is_told() {
    let one = problem("metrics = [\"auc.loss\"]", "metrics = [\"auc.zlib\"]");
    assert!(matches!(&one.kind, ProblemKind::MetricWithoutAttack { attack, .. } if attack == "zlib"), "{one}");
}

#[test]
fn duplicate_names_tell_the_first_line() {
    let one = problem("id = \"verbatim\"", "id = \"membership\"");
    assert_eq!(one.kind, ProblemKind::DuplicateName { found: "membership".to_owned(), first_line: 21 });
    let one = problem("[\"loss\", \"min_k\"]", "[\"loss\", \"min_k\", \"loss\"]");
    assert!(matches!(one.kind, ProblemKind::DuplicateName { .. }));
}

#[test]
fn an_attack_that_does_not_exist_is_told_with_the_nearest() {
    let one = problem("[\"loss\", \"min_k\"]", "[\"loss\", \"minkpp\"]");
    let ProblemKind::UnknownAttack { nearest, .. } = &one.kind else { panic!("{one}") };
    assert_eq!(nearest.as_deref(), Some("min_k_pp"));
}

#[test]
fn missing_files_are_told_with_the_place() {
    let published = problem("\"published.csv\"", "\"printed.csv\"");
    assert!(matches!(&published.kind, ProblemKind::MissingFile { file, .. } if file == "printed.csv"));
    let rows = problem("file = \"rows.jsonl\"", "file = \"no/rows.jsonl\"");
    assert_eq!(rows.key, "data.passages.builtin.file");
    assert!(matches!(rows.kind, ProblemKind::MissingFile { .. }));
}

#[test]
fn a_path_out_of_the_folder_is_refused() {
    for path in ["../rows.jsonl", "/etc/passwd"] {
        let one = problem("file = \"rows.jsonl\"", &format!("file = \"{path}\""));
        assert!(matches!(one.kind, ProblemKind::UnsafePath { .. }), "{one}");
    }
    let one = problem("file = \"questions.jsonl\"", "file = \"../questions.jsonl\"");
    assert!(matches!(one.kind, ProblemKind::UnsafePath { .. }), "{one}");
}

#[test]
fn a_malformed_hash_is_an_error_of_the_suite() {
    let error = load(&SUITE.replace("ROWS_HASH", "abc")).unwrap_err();
    assert!(!error.is_data_mismatch());
    assert!(matches!(error.problems()[0].kind, ProblemKind::MalformedHash { .. }));
}

#[test]
fn data_that_differ_from_their_hash_are_an_error_of_their_own() {
    let error = load(&SUITE.replace("ROWS_HASH", &"0".repeat(64))).unwrap_err();
    assert!(error.is_data_mismatch());
    let ProblemKind::HashMismatch { found, .. } = &error.problems()[0].kind else { panic!("{error}") };
    assert_eq!(*found, sha256_hex(ROWS.as_bytes()));
}

#[test]
fn numbers_out_of_their_range_are_told() {
    for (from, to) in [
        ("min_k = 0.2", "min_k = 0.0"),
        ("min_k = 0.2", "min_k = 1.01"),
        ("min_k = 0.2", "min_k = nan"),
        ("level = 0.9", "level = 1.0"),
        ("level = 0.9", "level = 95"),
        ("level = 0.9", "tpr_at_fpr = [0.01, 0.0]"),
        ("level = 0.9", "resamples = 0"),
        ("prefix_tokens = 50", "prefix_tokens = 0"),
        ("title = \"Dose\"", "title = \"Dose\"\nrange = [1, 0]"),
        ("title = \"Dose\"", "title = \"Dose\"\nrange = [0.5]"),
        ("schema_version = 1", "schema_version = 2"),
    ] {
        let one = problem(from, to);
        assert!(matches!(one.kind, ProblemKind::OutOfRange { .. }), "{one}");
    }
}

#[test]
fn a_template_variable_that_the_items_lack_is_told() {
    let one = problem("{{ question }}", "{{ questoin }}");
    let ProblemKind::UnknownVariable { variable, nearest, .. } = &one.kind else { panic!("{one}") };
    assert_eq!((variable.as_str(), nearest.as_deref()), ("questoin", Some("question")));
    let one = problem("Question: {{ question }}", "{{ choice }}");
    assert_eq!(one.key, "task[choice].settings.context", "the answer is not known before it is asked");
}

#[test]
fn a_template_that_cannot_be_read_is_told() {
    let one = problem("\" {{ choice }}\"", "\" {{ choice\"");
    assert!(matches!(one.kind, ProblemKind::BadTemplate { .. }), "{one}");
}

#[test]
fn a_branch_is_no_revision() {
    let with = |revision: &str| format!("\"owner/passages\", revision = \"{revision}\", file");
    for moving in ["main", "v1", "step", "stepx", "0123abc"] {
        let one = problem("\"owner/passages\", file", &with(moving));
        assert!(matches!(one.kind, ProblemKind::MovingRevision { .. }), "{one}");
    }
    for pinned in ["step48000", "0123456789abcdef0123456789abcdef01234567"] {
        let suite = load(&SUITE.replace("\"owner/passages\", file", &with(pinned))).unwrap();
        assert_eq!(suite.data["passages"].hub.as_ref().unwrap().revision.as_deref(), Some(pinned));
    }
}

#[test]
fn settings_of_another_kind_are_told() {
    let one = problem("prefix_tokens = 50,", "prefix_tokens = 50, min_k = 0.1,");
    assert!(matches!(one.kind, ProblemKind::NotOfThisKind { kind: "extract", .. }), "{one}");
    let one = problem("title = \"Spread\"", "title = \"Spread\"\nchance = 0.5");
    assert!(matches!(one.kind, ProblemKind::NotOfThisKind { kind: "ecdf", .. }), "{one}");
}

#[test]
fn a_question_that_the_rows_cannot_answer_is_told() {
    let all = problems("data = \"passages\"\nkind = \"extract\"", "data = \"questions\"\nkind = \"extract\"");
    assert!(matches!(&all[0].kind, ProblemKind::WrongSchema { kind: "extract", .. }), "{all:#?}");
    // The builtin settings of that task have no data either.
    assert!(matches!(&all[1].kind, ProblemKind::SizeWithoutData { .. }), "{all:#?}");
    assert_eq!(all.len(), 2);
}

#[test]
fn a_size_without_data_is_told() {
    let one = problem("data = \"questions\"", "data = \"questions\"\nsizes = [\"builtin\"]");
    assert!(matches!(one.kind, ProblemKind::SizeWithoutData { .. }), "{one}");
    let one = problem("path = { file = \"questions.jsonl\" }\n", "");
    assert!(matches!(one.kind, ProblemKind::NoSource), "{one}");
}

#[test]
fn a_faulty_line_of_published_csv_is_told_in_that_file() {
    let all = problems("\"published.csv\"", "\"broken.csv\"");
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].file.as_str(), all[0].line), ("suites/small/broken.csv", 3));
}

#[test]
fn names_that_no_folder_can_carry_are_refused() {
    for (from, to) in [
        ("name = \"small\"", "name = \"Sm/all\""),
        ("version = \"1.0.0\"", "version = \"1\""),
        ("id = \"choice\"", "id = \"../x\""),
    ] {
        let one = problem(from, to);
        assert!(matches!(one.kind, ProblemKind::BadName { .. }), "{one}");
    }
}

#[test]
fn empty_lists_are_told() {
    let all = problems("attacks = [\"loss\", \"min_k\"]", "attacks = []");
    assert_eq!(all[0].key, "task[membership].settings.attacks");
    assert!(matches!(all[0].kind, ProblemKind::EmptyList { .. }));
}

#[test]
fn all_errors_come_at_once_in_the_order_of_the_lines() {
    let text = SUITE
        .replace("version = \"1.0.0\"", "version = 1")
        .replace("ROWS_HASH", "abc")
        .replace("hub = { id = \"owner/passages\"", "hub = { id = \"owner/passages\", revision = \"main\"")
        .replace("\"min_k\"], min_k = 0.2", "\"min_kp\"], min_k = 2")
        .replace("{{ question }}", "{{ questoin }}")
        .replace("level = 0.9", "levels = 0.9")
        .replace("title = \"Spread\"\n", "")
        .replace("metrics = [\"auc.min_k\"]", "metrics = [\"auc.mink\"]");
    let error = load(&text).unwrap_err();
    let lines: Vec<usize> = error.problems().iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 13, 14, 25, 25, 40, 46, 54, 63]);
    let listing = error.to_string();
    assert!(listing.starts_with("read the suite suites/small/suite.toml: 9 problems\n"), "{listing}");
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused_with_a_place_and_never_a_crash() {
    for end in (0..SUITE.len() - 60).step_by(17).filter(|&end| SUITE.is_char_boundary(end)) {
        let error = load(&SUITE[..end]).expect_err("half a suite is no suite");
        assert!(!error.problems().is_empty(), "cut at {end}: {error}");
    }
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing_but_the_hash() {
    let plain = load(SUITE).unwrap();
    let windows = load(&format!("\u{feff}{}", SUITE.replace('\n', "\r\n"))).unwrap();
    assert_eq!((windows.title, windows.tasks), (plain.title, plain.tasks));
    let error = load(&SUITE.replace('\n', "\r\n").replace("level = 0.9", "level = 9")).unwrap_err();
    assert_eq!((error.problems()[0].line, error.problems()[0].column), (46, 9));
}

#[test]
fn a_task_is_checked_even_when_its_data_are_at_fault() {
    let text = SUITE
        .replace("file = \"questions.jsonl\"", "file = \"../questions.jsonl\"")
        .replace("{{ question }}", "{{ questoin }}");
    let error = load(&text).unwrap_err();
    assert!(matches!(error.problems()[0].kind, ProblemKind::UnsafePath { .. }));
    assert!(matches!(error.problems()[1].kind, ProblemKind::UnknownVariable { .. }), "{error}");
}

/// The small suite with a chat task over its questions.
fn with_chat(settings: &str, more: &str) -> Result<Suite, SuiteError> {
    let task = format!(
        "[[task]]\nid = \"chat\"\ntitle = \"A chat\"\ndata = \"questions\"\nkind = \"chat\"\naxis = \"forget\"\nsettings = {{ {settings} }}\n\n[statistics]"
    );
    let text = SUITE.replace("[statistics]", &task).replace("published = \"published.csv\"", more);
    load(&text)
}

#[test]
fn a_chat_names_a_prompt_of_the_suites_prompt_file() {
    let settings = "wording = \"qa\", reference = \"{{ question }}\", max_tokens = 5, metrics = [\"contains_answer\"]";
    let suite = with_chat(settings, "prompt_file = \"words.json\"").unwrap_or_else(|error| panic!("{error}"));
    let Some(Probe::Chat(probe)) = suite.task("chat").map(|task| &task.probe) else { panic!() };
    assert_eq!((probe.wording.as_str(), probe.max_tokens), ("qa", 5));
    assert_eq!(suite.prompt_file.as_ref().map(|file| file.file.as_str()), Some("words.json"));
    let told = |settings: &str, more: &str| with_chat(settings, more).expect_err("a fault").to_string();
    let misspelt = told(&settings.replace("qa", "qaa"), "prompt_file = \"words.json\"");
    assert!(misspelt.contains("qaa") && misspelt.contains("fb"), "{misspelt}");
    assert!(told(settings, "prompt_file = \"broken.json\"").contains("no prompts"));
    assert!(told(settings, "prompt_file = \"none.json\"").contains("none.json"));
    assert!(told(&settings.replace("contains_answer", "acc"), "").contains("acc"));
    assert!(told(&settings.replace("max_tokens = 5", "newline_stop = \"off\""), "").contains("max_tokens"));
}

#[test]
fn margins_are_above_nought() {
    let found = problems("level = 0.9", "level = 0.9\nlikeness_margin = 0.0\npreservation_margin = -1.0");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|problem| problem.key.ends_with("_margin")));
}

#[test]
fn other_places_of_a_file_stay_in_the_folder_and_examples_are_another_data_set() {
    let found = problems(
        "path = { file = \"questions.jsonl\" }",
        "examples = \"passage\"\npath = { file = \"questions.jsonl\", or = [\"../q\"] }",
    );
    let keys: Vec<&str> = found.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["data.questions.examples", "data.questions.path.or"]);
}
