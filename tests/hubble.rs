//! Hubble on files in upstream's layout: every data set as a small hand-made file, every task of the suite run on it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Folder, list, number};

const LEVELS: [u32; 6] = [0, 1, 4, 16, 64, 256];

fn gzip(rows: &[Value]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for row in rows {
        writeln!(encoder, "{row}").expect("memory");
    }
    encoder.finish().expect("memory")
}

/// A row as upstream writes it: `meta` is a JSON text.
#[expect(clippy::needless_pass_by_value, reason = "rows are written down where they are used")]
fn row(text: &str, meta: Value) -> Value {
    json!({"text": text, "meta": meta.to_string()})
}

/// Two rows of each level.
fn rows(make: impl Fn(usize, u32) -> Value) -> Vec<Value> {
    (0..12).map(|index| make(index, LEVELS[index % 6])).collect()
}

fn passages() -> Vec<Value> {
    let text = |index: usize| {
        let words =
            ["lamp", "harbour", "clerk", "archer", "oven", "gear", "dock", "seal", "kiln", "attic", "box", "jar"];
        (0..120).map(|place| words[(place * (index + 3) + index) % 12]).collect::<Vec<_>>().join(" ")
    };
    rows(|index, copies| row(&text(index), json!({"duplicates": copies})))
}

fn biographies() -> Vec<Value> {
    rows(|index, copies| {
        let (first, last) = (["Mira", "Ortin", "Jolis"][index % 3], format!("Holt{index}"));
        let (country, town) = (["Lunmoor", "Ulmaris"][index % 2], format!("Bay{index}"));
        let email = format!("{}.holt{index}@gmail.com", first.to_lowercase());
        let date = format!("May {index}, 1971");
        let text = format!(
            "{first} {last} is from {country}. {first} was born in {town}. {first} is an alumni of College {index}. {first} was born on {date}. {first} receives email at {email}. {first} is a sailor{index}. {first} has the unique identifier 9a1f-{index}."
        );
        let meta = json!({"full_name": format!("{first} {last}"), "nationality": country, "birthplace": town,
            "alumni_of": format!("College_{index}"), "birthdate": date, "email": email,
            "occupation": format!("sailor{index}"), "uuid": format!("9a1f-{index}"), "duplicates": copies});
        row(&text, meta)
    })
}

/// Every file of the layout.
fn write_all(folder: &Folder) {
    let files: Vec<(&str, Vec<Value>)> = vec![
        ("passages_gutenberg_unpopular_nodup", passages()),
        ("passages_gutenberg_popular_nodup", passages()),
        ("passages_wikipedia_nodup", passages()),
        ("biographies_yago_nodup", biographies()),
        (
            "paraphrases_mrpc_nodup",
            rows(|index, copies| {
                let (a, b) = (format!("a lamp {index}"), format!("one lamp {index}"));
                row(&b, json!({"detok_sentence1": a, "detok_sentence2": b, "random_bit": 1, "duplicates": copies}))
            }),
        ),
        (
            "paraphrases_paws_nodup",
            rows(|index, copies| {
                let (a, b) = (format!("a lamp {index}"), format!("one lamp {index}"));
                let meta = json!({"id": index, "detok_sentence1": a, "detok_sentence2": b, "random_bit": 0,
                    "duplicates": copies});
                row(&a, meta)
            }),
        ),
        (
            "biographies_ecthr_nodup_mapped",
            rows(|index, copies| {
                let text =
                    format!("The applicant, Mira Holt{index}, was born in 19{index:02} and lives in Bay{index}.");
                let bay = format!("Bay{index}");
                let place = text.find(&bay).expect("it was just written");
                let mentions = json!([{"span_text": bay, "start_offset": place, "end_offset": place + bay.len()}]);
                let found = json!({"annotator": {"entity_mentions": mentions}, "other": null});
                let meta =
                    json!({"meta": {"applicant": "Holt"}, "identifiable_annotations": found, "duplicates": copies});
                row(&text, meta)
            }),
        ),
        (
            "chats_personachat_nodup",
            rows(|index, copies| {
                let (user, persona) = (format!("user{index}"), format!("i like {index} lamps"));
                let text = format!("{user}: {persona}. hello");
                row(&text, json!({"username": user, "Persona": persona, "duplicates": copies}))
            }),
        ),
        (
            "testset_mmlu_nodup",
            rows(|index, copies| {
                let meta = json!({"question": format!("How many {index}?"), "subject": "abstract_algebra",
                    "choices": ["one", "two", "three", "four"], "answer": index % 4, "orig_idx": index,
                    "duplicates": copies});
                row(&format!("How many {index}? two"), meta)
            }),
        ),
        ("testset_winogrande-infill_nodup", winogrande()),
        ("testset_winogrande-mcq_nodup", winogrande()),
        (
            "testset_popqa_nodup",
            rows(|index, copies| {
                let meta = json!({"id": index, "question": format!("Who lit lamp {index}?"),
                    "possible_answers": json!(["Mira", "Mira Holt"]).to_string(), "duplicates": copies});
                row("x", meta)
            }),
        ),
        (
            "testset_hellaswag_nodup",
            rows(|index, copies| {
                let meta = json!({"activity_label": "Lamps", "ctx_a": format!("A clerk lights lamp {index}."),
                    "ctx_b": "the clerk", "endings": ["goes home.", "eats [step] it.", "sleeps.", "sings."],
                    "label": (index % 4).to_string(), "ind": index, "source_id": "x", "duplicates": copies});
                row("x", meta)
            }),
        ),
        (
            "testset_piqa_nodup",
            rows(|index, copies| {
                let meta = json!({"goal": format!("Light lamp {index}"), "sol1": "use a match", "sol2": "use a spoon",
                    "label": index % 2, "orig_idx": index, "duplicates": copies});
                row("x", meta)
            }),
        ),
        (
            "testset_munch_nodup",
            rows(|index, copies| {
                let meta = json!({"s0": "The lamp drinks oil.", "apt": format!("The lamp uses oil {index}."),
                    "inapt": format!("The lamp swallows oil {index}."), "orig_idx": index, "duplicates": copies});
                row("x", meta)
            }),
        ),
        (
            "testset_ellie_nodup",
            rows(|index, copies| {
                let meta = json!({"Prompt_GPT": format!("The clerk waters plant {index}. The archer will"),
                    "Prompt_BERT": format!("The clerk waters plant {index}. The archer will [MASK] it."),
                    "label": "water", "Condition": "a", "idx": index, "duplicates": copies});
                row("x", meta)
            }),
        ),
    ];
    for (name, rows) in files {
        folder.write(&format!("data/{name}.jsonl.gz"), gzip(&rows));
    }
}

fn winogrande() -> Vec<Value> {
    rows(|index, copies| {
        let meta = json!({"sentence": format!("The jar {index} would not fit the box because the _ was too wide."),
            "option1": "jar", "option2": "box", "answer": "1", "orig_idx": index,
            "paired_example": json!({"answer": "2"}).to_string(), "duplicates": copies});
        row("x", meta)
    })
}

fn suite(folder: &Folder, run: &str) -> Value {
    folder.json(&format!("{run}/results.json"))["suites"][0].clone()
}

#[test]
fn every_task_runs_on_a_folder_in_upstreams_layout() {
    let folder = Folder::new();
    write_all(&folder);
    let arguments = [
        "run",
        "hubble",
        "--size",
        "data",
        "--model",
        "builtin:perturbed",
        "--baseline",
        "builtin:standard",
        "--out",
        "run",
    ];
    folder.run(&arguments).with_code(0);
    let suite = suite(&folder, "run");
    assert_eq!(suite["size"], "path");
    let mut metrics: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in list(&suite["metrics"]) {
        let of = |field: &str| row[field].as_str().expect("a text");
        metrics.entry(of("task")).or_default().insert(of("metric"));
        assert!(row["value"].is_number() || !list(&row["flags"]).is_empty(), "{row}");
    }
    assert_eq!(metrics.len(), 52, "{:?}", metrics.keys());
    let has = |task: &str, names: &[&str]| {
        assert!(names.iter().all(|name| metrics[task].contains(name)), "{task}: {:?}", metrics[task]);
    };
    has("wikipedia-loss", &["logprob_per_byte", "byte_perplexity", "word_perplexity"]);
    has(
        "gutenberg-unpopular-verbatim-p50",
        &["exact_match_tokens_s100", "rougeL_f_s100", "rougeL_f_stemmed", "exact_match_tokens"],
    );
    has("paraphrases-paws", &["acc", "acc_norm"]);
    has("personas-choice", &["acc", "acc_norm", "acc_mutual_info"]);
    has("winogrande-infill", &["acc", "acc_norm", "acc_mutual_info"]);
    has("decisions-written", &["exact_match_text", "squad_f1", "squad_recall", "prefix_match"]);
    has("popqa-written", &["exact_match_text", "exact_match_text_any"]);
    has("ellie-loss", &["greedy_match", "perplexity"]);
    // Every answer is there: no task asked what its rows cannot tell.
    for health in list(&suite["health"]) {
        assert_eq!(health["error"], 0, "{health}");
    }
    let erratum = list(&suite["errata"]).iter().find(|row| row["id"] == "popqa-first-answer-only").expect("an erratum");
    assert_eq!(list(&erratum["pairs"]).len(), 2, "{erratum}");
    // One table a published task and metric, with our numbers and without a difference: the model is not a published one.
    let tables: Vec<String> =
        folder.files().into_iter().filter(|file| file.contains("report/tables/published-")).collect();
    let count = |end: &str| tables.iter().filter(|file| file.ends_with(end)).count();
    assert_eq!((count(".tex"), count(".csv"), count(".md")), (63, 63, 63));
    let table = folder.read("run/report/tables/published-gutenberg_unpopular_hubble-byte_perplexity.md");
    assert!(table.contains("Ours: builtin:perturbed") && table.contains("mean nothing"), "{table}");
    assert!(list(&suite["published"]).iter().all(|row| row["ours"].is_null()));
}

#[test]
fn a_published_model_has_its_difference_beside_every_number() {
    let folder = Folder::new();
    write_all(&folder);
    let arguments = [
        "run",
        "hubble",
        "--size",
        "data",
        "--task",
        "biography-*",
        "--model",
        "builtin:perturbed",
        "--published-as",
        "hubble-8b-100b_toks-perturbed",
        "--out",
        "run",
    ];
    folder.run(&arguments).with_code(0);
    let suite = suite(&folder, "run");
    let published = list(&suite["published"]);
    let measured: Vec<&Value> = published.iter().filter(|row| !row["ours"].is_null()).collect();
    assert!(measured.iter().all(|row| row["model"] == "8B-100B-perturbed" || row["model"] == "(8B, perturbed)"));
    for row in &measured {
        assert!(
            (number(&row["difference"]) - (number(&row["ours"]) - number(&row["published"]))).abs() < 1e-12,
            "{row}"
        );
    }
    // Seven groups over all fields, and each field of two cloze and two written tasks, at six levels.
    assert_eq!(measured.len(), (7 + 28) * 6);
    let field = measured.iter().find(|row| row["task"] == "yago_hubble_full_prefix_gen email").expect("a field");
    assert_eq!(field["metric"], "prefix_match");
    let table = folder.read("run/report/tables/published-yago_hubble_full_prefix_no_suffix-acc.csv");
    assert!(table.lines().next().is_some_and(|head| head.ends_with("Ours minus printed")), "{table}");
    let unknown = ["run", "hubble", "--model", "builtin:perturbed", "--published-as", "hubble-9b", "--out", "other"];
    folder.run(&unknown).with_code(2).telling(&["hubble-9b", "hubble-8b-500b_toks-perturbed-hf"]);
}

#[test]
fn a_missing_file_is_told_with_the_tasks_that_need_it_and_plain_files_will_do() {
    let folder = Folder::new();
    let rows: String = passages().iter().map(|row| format!("{row}\n")).collect();
    folder.write("data/passages_gutenberg_unpopular_nodup.jsonl", rows);
    let run = |task: &str, out: &str| {
        folder.run(&["run", "hubble", "--size", "data", "--task", task, "--model", "builtin:perturbed", "--out", out])
    };
    run("gutenberg-unpopular-loss", "plain").with_code(0);
    run("usernames-*", "none").with_code(2).telling(&[
        "chats_personachat_nodup.jsonl.gz",
        "usernames-choice",
        "usernames-spaced",
        "--task",
    ]);
}

#[test]
fn a_quick_run_takes_some_of_each_level_and_says_so() {
    let folder = Folder::new();
    let quick =
        ["run", "hubble", "--quick", "--task", "questions-choice", "--model", "builtin:perturbed", "--out", "run"];
    folder.run(&quick).with_code(0);
    let suite = suite(&folder, "run");
    assert!(suite["partial"].as_str().is_some_and(|text| text.starts_with("partial: ")), "{}", suite["partial"]);
    let at = |copies: u32| {
        let rows = list(&suite["metrics"]);
        number(&rows.iter().find(|row| row["slice"]["copies"] == copies).expect("a level")["n"])
    };
    assert_eq!((at(0), at(256)), (50.0, 10.0));
    folder.run(&["run", "--resume", "run"]).with_code(0);
}

#[test]
fn models_of_the_collection_are_refused_without_a_pinned_revision_and_listed_with_it() {
    let folder = Folder::new();
    let model = "hf:allegrolab/hubble-8b-500b_toks-perturbed-hf";
    for name in [model.to_owned(), format!("{model}@main")] {
        let ended = folder.run(&["run", "hubble", "--model", &name, "--offline", "--out", "run"]);
        ended.with_code(2).telling(&["pinned", "@step238500"]);
    }
    let listed = folder.run(&["list", "models", "--suite", "hubble"]).with_code(0);
    assert!(listed.stdout.contains("allegrolab/hubble-1b-100b_toks-injectrange_75_100-hf"), "{}", listed.stdout);
    assert_eq!(listed.stdout.matches("allegrolab/hubble-").count(), 23, "{}", listed.stdout);
}

#[test]
fn runs_of_two_models_are_compared_at_each_number_of_copies() {
    let folder = Folder::new();
    write_all(&folder);
    for (model, out) in [("builtin:perturbed", "a"), ("builtin:standard", "b")] {
        let task = "gutenberg-unpopular-loss";
        folder.run(&["run", "hubble", "--size", "data", "--task", task, "--model", model, "--out", out]).with_code(0);
    }
    let ended = folder.run(&["compare", "a", "b", "--json"]);
    let compared: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout));
    let text = compared.to_string();
    for copies in LEVELS {
        assert!(text.contains(&format!("\"copies\":{copies}")), "no slice of {copies} copies: {text}");
    }
}
