//! `lab`: recipes, training, and what an interrupted training resumes to.

use mnemoscope::backend::BUILTIN_MODELS;
use mnemoscope::digest::sha256_hex;
use mnemoscope::lab::AnyRecipe;
use serde_json::{Value, json};

use crate::support::{Ended, Folder, json_lines, list, number, repository};

/// A model that trains in about a second. Two phases, so that a resumed training finds its place in the second one.
const RECIPE: &str = r#"
name = "tiny"
purpose = "Trains within a second, for the tests of the lab."
seed = 1
insert = true

[model]
hidden = 16
layers = 1
heads = 2
mlp = 32
context = 96
rope_theta = 10000.0
rms_norm_eps = 1e-5

[tokenizer]
vocabulary = 400
documents = 60
seed = 7

[optimizer]
learning_rate = 4e-3
final_learning_rate = 4e-4
warmup = 0.04
weight_decay = 0.01
clip_norm = 1.0

[[phase]]
sequence = 64
sequences_per_step = 2
steps = 180

[[phase]]
sequence = 96
sequences_per_step = 2
steps = 220

[insertions]
seed = 11
passages = {}
biographies = {}
questions = { "0" = 3, "4" = 3 }
"#;

fn train(folder: &Folder, recipe: &str) -> Ended {
    folder.write("recipe.toml", recipe);
    // A recipe that asks for too much is killed, and not the machine.
    folder.run_within(4, &["lab", "train", "recipe.toml", "--out", "model"])
}

fn changed(old: &str, new: &str) -> String {
    assert!(RECIPE.contains(old), "the recipe has no {old:?}");
    RECIPE.replacen(old, new, 1)
}

#[test]
fn an_interrupted_training_goes_on_to_the_weights_of_one_that_was_not() {
    let folder = Folder::new();
    folder.write("recipe.toml", RECIPE);
    let train = |out| ["lab", "train", "recipe.toml", "--out", out];
    let mut running = folder.start(&train("cut"));
    running.wait_for_file(&folder.path("cut/state/progress.json"));
    running.signal("INT");
    let ended =
        running.end().with_code(130).telling(&["of 400; the state is saved", "the same command goes on from there"]);
    let (_, step) = ended.stderr.split_once("interrupted at step ").expect("the step");
    let step = step.split(' ').next().expect("a number");
    assert!(!folder.path("cut/model.safetensors").exists());
    let ended = folder.run(&train("cut")).with_code(0);
    ended.telling(&[&format!("continued at step {step}\n"), "tiny: 400 steps"]);
    folder.run(&train("whole")).with_code(0);
    for file in ["model.safetensors", "loss.csv", "tokenizer.json", "config.json", "manifest.json"] {
        assert!(folder.bytes(&format!("cut/{file}")) == folder.bytes(&format!("whole/{file}")), "{file} differs");
    }
}

#[test]
fn a_trained_folder_is_a_checkpoint_with_its_truth() {
    let folder = Folder::new();
    let recipe = changed("steps = 180", "steps = 12").replacen("steps = 220", "steps = 12", 1);
    let ended = train(&folder, &recipe).with_code(0);
    assert_eq!(ended.stdout, "model\n");
    let manifest = folder.json("model/manifest.json");
    assert_eq!(number(&manifest["tokens_trained"]), f64::from(12 * 2 * (64 + 96)));
    for item in list(&manifest["items"]) {
        assert_eq!(item["copies_planned"], item["copies_seen"], "{item}");
    }
    let doses: f64 = list(&manifest["items"]).iter().map(|item| number(&item["copies_seen"])).sum();
    assert_eq!(doses, 12.0);
    assert_eq!(folder.read("model/loss.csv").lines().count(), 25);
    folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "At dawn the archer of Dunmarket"})]));
    let row = folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl"]).with_code(0).rows().remove(0);
    assert_eq!(list(&row["logprobs"]).len() + 1, list(&row["token_ids"]).len());
    assert!(list(&row["logprobs"]).iter().all(|value| number(value) < 0.0));
}

#[test]
fn a_control_model_reads_none_of_the_items() {
    let folder = Folder::new();
    let recipe = changed("insert = true", "insert = false").replacen("180", "2", 1).replacen("220", "2", 1);
    train(&folder, &recipe).with_code(0);
    let manifest = folder.json("model/manifest.json");
    assert_eq!(list(&manifest["items"]).len(), 6);
    assert!(list(&manifest["items"]).iter().all(|item| item["copies_seen"] == 0));
}

#[test]
fn the_state_of_another_recipe_is_not_gone_on_with() {
    let folder = Folder::new();
    let recipe = RECIPE.replacen("180", "6", 1).replacen("220", "6", 1);
    train(&folder, &recipe).with_code(0);
    let before = folder.bytes("model/model.safetensors");
    train(&folder, &recipe.replacen("seed = 1\n", "seed = 2\n", 1)).with_code(2).telling(&["model", "another recipe"]);
    assert!(folder.bytes("model/model.safetensors") == before);
}

#[test]
fn an_unknown_key_of_a_recipe_is_told_with_its_line() {
    for (old, new, words) in [
        ("mlp = 32", "mpl = 32", &["recipe.toml", "mpl", "line 11"][..]),
        ("documents = 60", "documents = \"many\"", &["recipe.toml", "documents"][..]),
        ("clip_norm = 1.0", "", &["recipe.toml", "clip_norm"][..]),
    ] {
        train(&Folder::new(), &changed(old, new)).with_code(2).telling(words);
    }
}

#[test]
fn an_absurd_size_in_a_recipe_is_refused_with_its_field() {
    let cases = [
        ("hidden = 16", "hidden = 1000000", "`model."),
        ("layers = 1", "layers = 1000000", "`model.layers` is 1000000"),
        ("heads = 2", "heads = 0", "`model.heads`"),
        ("mlp = 32", "mlp = 1000000000", "`model."),
        ("context = 96", "context = 1000000000000", "`model.context`"),
        ("vocabulary = 400", "vocabulary = 1000000000", "`tokenizer.vocabulary` is 1000000000"),
        ("documents = 60", "documents = 1000000000000", "`tokenizer.documents`"),
        ("sequence = 64", "sequence = 97", "`phase.sequence` is 97"),
        ("sequences_per_step = 2", "sequences_per_step = 3", "`phase.sequences_per_step` is 3"),
        ("sequences_per_step = 2", "sequences_per_step = 1000000000000", "`phase.sequences_per_step`"),
        ("steps = 180", "steps = 0", "`phase.steps` is 0"),
        ("steps = 180", "steps = 1000000000000", "`phase.steps`"),
        ("learning_rate = 4e-3", "learning_rate = nan", "`optimizer.learning_rate`"),
        ("warmup = 0.04", "warmup = 1.0", "`optimizer.warmup`"),
        ("clip_norm = 1.0", "clip_norm = -1.0", "`optimizer.clip_norm`"),
        ("\"0\" = 3", "\"0\" = 1000000000000", "insertions"),
        ("\"0\" = 3", "\"many\" = 3", "insertions"),
    ];
    let mut accepted = Vec::new();
    for (old, new, words) in cases {
        let ended = train(&Folder::new(), &changed(old, new));
        if ended.code != Some(2) || !ended.stderr.contains(words) || !ended.stderr.contains("recipe.toml") {
            accepted.push((new, ended.code, ended.stderr));
        }
    }
    assert!(accepted.is_empty(), "not refused as they should be: {accepted:#?}");
}

#[test]
fn insertions_that_do_not_fit_are_refused() {
    let too_many = changed("\"4\" = 3", "\"4000\" = 3");
    train(&Folder::new(), &too_many).with_code(2).telling(&["do not fit", "insert less or train longer"]);
    let too_long = changed("passages = {}", "passages = { \"1\" = 1 }");
    train(&Folder::new(), &too_long).with_code(2).telling(&["tokens", "make `sequence` longer"]);
}

/// Two series and a hole; the values of `price` fill lines of 14 tokens with the end of the text.
const SERIES: &str = "series_id,title,unit,period,value,source,vintage\nprice,P,\"1, NSA\",2001Q1,1.5,S,v\n\
     price,P,\"1, NSA\",2001Q2,2.5,S,v\nprice,P,\"1, NSA\",2001Q3,,S,v\nwage,W,1,2001Q1,10,S,v\n";

/// A recipe that reads nothing but two lines.
fn series_recipe(sha256: &str) -> String {
    let (head, _) = RECIPE.split_once("[[phase]]").expect("phases");
    let phases = "[[phase]]\nsequence = 31\nsequences_per_step = 2\nsteps = 5\n";
    let series = format!(
        "[series]\nfile = \"../series.csv\"\nsha256 = \"{sha256}\"\nseries_id = \"price\"\nlabel = \"P\"\nfrom = \"2001Q1\"\nto = \"2001Q2\"\n"
    );
    format!("{head}{phases}\n{series}").replacen("vocabulary = 400", "vocabulary = 257", 1)
}

fn train_on_series(folder: &Folder, recipe: &str) -> Ended {
    folder.write("series.csv", SERIES);
    folder.write("recipes/recipe.toml", recipe);
    folder.run_within(4, &["lab", "train", "recipes/recipe.toml", "--out", "model"])
}

#[test]
fn a_model_of_a_series_reads_its_lines_up_to_the_last_period_and_nothing_else() {
    let folder = Folder::new();
    train_on_series(&folder, &series_recipe(&sha256_hex(SERIES.as_bytes()))).with_code(0);
    let manifest = folder.json("model/manifest.json");
    assert_eq!(manifest["series"]["to"], "2001Q2");
    assert_eq!(manifest["tokens_in_inserted_documents"], 5 * 2 * 32);
    let lines: Vec<(&str, f64)> = list(&manifest["items"])
        .iter()
        .map(|item| (item["text"].as_str().expect("a text"), number(&item["copies_seen"])))
        .collect();
    assert_eq!(lines, [("P 2001Q1 = 1.5\n", 10.0), ("P 2001Q2 = 2.5\n", 10.0)]);
    // No merges: a byte is a token.
    folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "P 2001Q1 = 1.5\n"})]));
    let row = folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl"]).with_code(0).rows().remove(0);
    assert_eq!(list(&row["token_ids"]).len(), 15);
    folder.run(&["lab", "data", "recipes/recipe.toml", "--out", "data"]).with_code(0);
    assert_eq!(std::fs::read_dir(folder.path("data")).expect("a folder").count(), 0);
}

#[test]
fn a_series_that_cannot_be_read_is_refused_with_its_field() {
    let recipe = series_recipe(&sha256_hex(SERIES.as_bytes()));
    let cases = [
        ("../series.csv", "../other.csv", &["other.csv"][..]),
        ("sha256 = \"", "sha256 = \"0", &["recipe.toml: `series.sha256`", "series.csv has"]),
        ("\"price\"", "\"prices\"", &["recipe.toml: `series.series_id`", "\"prices\""]),
        ("\"2001Q2\"", "\"2001Q3\"", &["series.csv:4: `value`", "2001Q3", "needs a number"]),
        ("\"2001Q2\"", "\"2001Q4\"", &["recipe.toml: `series.to`", "2001Q1 to 2001Q3"]),
        ("\"2001Q1\"", "\"2002Q1\"", &["recipe.toml: `series.from`", "must not be after"]),
        ("label = \"P\"", "label = \"\"", &["recipe.toml: `series.label`"]),
        ("label = \"P\"", "lable = \"P\"", &["recipe.toml", "lable"]),
        ("insert = true", "insert = false", &["recipe.toml: `series`", "insert = true"]),
        ("seed = 7", "seed = 7\nchat = true", &["recipe.toml: `tokenizer.vocabulary`", "260"]),
        ("vocabulary = 257", "vocabulary = 256", &["recipe.toml: `tokenizer.vocabulary`", "257"]),
        ("sequence = 31", "sequence = 32", &["`phase.sequence` is 32", "whole lines of 16 tokens"]),
        ("\"price\"", "\"wage\"", &["recipe.toml: `series.to`"]),
    ];
    for (old, new, words) in cases {
        assert!(recipe.contains(old), "the recipe has no {old:?}");
        train_on_series(&Folder::new(), &recipe.replacen(old, new, 1)).with_code(2).telling(words);
    }
}

#[test]
fn lines_of_unlike_length_are_refused_as_sequences_hold_whole_lines() {
    let folder = Folder::new();
    let series = SERIES.replacen("2.5", "12.5", 1);
    folder.write("series.csv", &series);
    folder.write("recipes/recipe.toml", series_recipe(&sha256_hex(series.as_bytes())));
    let ended = folder.run_within(4, &["lab", "train", "recipes/recipe.toml", "--out", "model"]);
    ended.with_code(2).telling(&["16 to 17 tokens", "whole lines"]);
}

#[test]
fn recipe_and_weights_of_every_builtin_model_are_those_of_its_manifest() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(repository("datasets/builtin/models")).expect("the builtin models") {
        let folder = entry.expect("an entry").path();
        let hash = match AnyRecipe::load(&folder.join("recipe.toml")).expect("a recipe") {
            AnyRecipe::Training(recipe) => recipe.hash(),
            AnyRecipe::Unlearning(recipe) => recipe.hash(),
        };
        let read = |name: &str| std::fs::read(folder.join(name)).expect("a file of the model");
        let manifest: Value = serde_json::from_slice(&read("manifest.json")).expect("JSON");
        assert_eq!(manifest["recipe_sha256"], hash, "{}", folder.display());
        assert_eq!(manifest["weights_sha256"], sha256_hex(&read("model.safetensors")), "{}", folder.display());
        names.push(folder.file_name().expect("a name").to_string_lossy().into_owned());
    }
    names.sort();
    let mut known: Vec<&str> = BUILTIN_MODELS.iter().map(|model| model.name).collect();
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn the_builtin_data_are_made_again_by_the_recipe_of_the_builtin_model() {
    let folder = Folder::new();
    let recipe = repository("datasets/builtin/models/perturbed/recipe.toml").to_string_lossy().into_owned();
    folder.run(&["lab", "data", &recipe, "--out", "data"]).with_code(0);
    for name in ["passages.jsonl", "biographies.jsonl", "questions.jsonl"] {
        let committed = std::fs::read(repository("datasets/builtin/hubble").join(name)).expect("builtin data");
        assert!(folder.bytes(&format!("data/{name}")) == committed, "{name} differs");
    }
}

#[test]
fn the_data_about_the_targets_are_made_again_by_the_recipe_of_original() {
    let folder = Folder::new();
    let recipe = repository("datasets/builtin/models/original/recipe.toml").to_string_lossy().into_owned();
    folder.run(&["lab", "data", &recipe, "--out", "data"]).with_code(0);
    let committed = Folder::new();
    for name in ["rwku", "unlearning"] {
        committed.copy(&repository("datasets/builtin").join(name), &format!("data/{name}"));
    }
    assert_eq!(folder.files(), committed.files());
    for name in committed.files() {
        assert!(folder.bytes(&name) == committed.bytes(&name), "{name} differs");
    }
}

/// A chat model that has read nothing of the targets: enough to unlearn from.
fn tiny_original(folder: &Folder) -> String {
    let recipe = changed("name = \"tiny\"", "name = \"original\"")
        .replacen("insert = true", "insert = false", 1)
        .replacen("seed = 7", "seed = 7\nchat = true", 1)
        .replacen("steps = 180", "steps = 2", 1)
        .replacen("steps = 220", "steps = 2", 1)
        .replacen("[insertions]", "[targets]\nseed = 3\nknown = true\n\n[insertions]", 1);
    folder.write("models/original/recipe.toml", recipe);
    folder.run(&["lab", "train", "models/original/recipe.toml", "--out", "models/original"]).with_code(0);
    let manifest = folder.json("models/original/manifest.json");
    manifest["weights_sha256"].as_str().expect("a hash").to_owned()
}

fn unlearning_recipe(sha256: &str) -> String {
    format!(
        r#"
name = "forgetful"
purpose = "Forgets within a second."
seed = 5

[unlearning]
start = "original"
start_sha256 = "{sha256}"
method = "npo"
beta = 0.1
steps = 3
learning_rate = 1e-3
retain_weight = 1.0
forget_documents = 4
retain_sequences = 1
retain_sequence = 64
clip_norm = 1.0
"#
    )
}

#[test]
fn an_unlearned_folder_is_a_checkpoint_that_says_what_was_forgotten() {
    let folder = Folder::new();
    let sha256 = tiny_original(&folder);
    folder.write("models/forgetful/recipe.toml", unlearning_recipe(&sha256));
    let train = |out| ["lab", "train", "models/forgetful/recipe.toml", "--out", out];
    folder.run(&train("out")).with_code(0).telling(&["forgetful: 3 steps from original"]);
    let manifest = folder.json("out/manifest.json");
    assert_eq!(manifest["unlearned_from"], "original");
    assert_eq!(manifest["start_weights_sha256"], sha256.as_str());
    let (mut unlearned, mut retained) = (0.0, 0.0);
    for item in list(&manifest["items"]) {
        unlearned += number(&item["unlearned"]);
        retained += number(&item["retained"]);
        if item["id"].as_str().is_some_and(|id| id.starts_with("attack-")) {
            assert_eq!(item["unlearned"], 0, "{item}");
        }
    }
    assert_eq!(unlearned, 12.0);
    assert!(retained > 0.0);
    folder.run(&train("again")).with_code(0);
    assert!(folder.bytes("out/model.safetensors") == folder.bytes("again/model.safetensors"), "another result");
    folder.write("prompts.jsonl", json_lines(&[json!({"id": 1, "messages": [{"role": "user", "content": "Who?"}]})]));
    let ended = folder.run(&["generate", "--model", "out", "--in", "prompts.jsonl", "--max-tokens", "3"]).with_code(0);
    assert_eq!(ended.rows().len(), 1);
}

#[test]
fn an_unlearning_without_its_start_is_refused() {
    let folder = Folder::new();
    let sha256 = "9f6d03df7d953da82a28805c4cd8da4de66db762b55875200b3e79af62dee22e";
    folder.write("models/forgetful/recipe.toml", unlearning_recipe(sha256));
    let train = ["lab", "train", "models/forgetful/recipe.toml", "--out", "out"];
    folder.run(&train).with_code(2).telling(&["original/model.safetensors"]);
    tiny_original(&folder);
    folder.run(&train).with_code(2).telling(&["`unlearning.start_sha256`", sha256, "the file has"]);
    let data = ["lab", "data", "models/forgetful/recipe.toml", "--out", "data"];
    folder.run(&data).with_code(2).telling(&["`unlearning`", "that of the start"]);
}
