//! What a repository holds, and what of it a checkpoint needs.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use serde::Deserialize;

use super::fault::ListingFault;

/// Files that are taken when they are there.
const WANTED: [&str; 9] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "model.safetensors.index.json",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "generation_config.json",
];
/// Endings of files that can run code when they are opened.
const PICKLES: [&str; 5] = ["bin", "pt", "pth", "pkl", "ckpt"];
const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// One commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) commit: String,
    pub(super) files: Vec<String>,
}

/// As the hub's interface answers.
#[derive(Debug, Deserialize)]
struct Answer {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Debug, Deserialize)]
struct Sibling {
    rfilename: String,
}

impl Listing {
    /// Reads the answer of `/api/models/ID/revision/REVISION`. Paths that would leave the folder are not believed.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if !is_commit(&answer.sha) {
            return Err(format!("the commit is `{}`", answer.sha.chars().take(80).collect::<String>()));
        }
        let files = answer.siblings.into_iter().map(|sibling| sibling.rfilename).filter(|file| is_within(file));
        Ok(Self { commit: answer.sha, files: files.collect() })
    }
}

/// Forty hexadecimal digits.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn is_within(file: &str) -> bool {
    let path = Path::new(file);
    !file.is_empty() && !file.contains('\\') && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// The files of a checkpoint; shards come later, by the index.
pub(super) fn needed_files(files: &[String]) -> Result<Vec<String>, ListingFault> {
    let has = |name: &str| files.iter().any(|file| file == name);
    if has("config.json") && (has(INDEX) || has(SINGLE)) {
        if !has("tokenizer.json") {
            return Err(ListingFault::NoCheckpoint("there is no tokenizer.json beside the weights".into()));
        }
        let weights = if has(INDEX) { None } else { Some(SINGLE.to_owned()) };
        let wanted = WANTED.iter().filter(|name| has(name)).map(|name| (*name).to_owned());
        return Ok(wanted.chain(weights).collect());
    }
    let ends = |file: &&String, end: &str| Path::new(file).extension().is_some_and(|e| e.eq_ignore_ascii_case(end));
    let ggufs: Vec<&String> = files.iter().filter(|file| ends(file, "gguf")).collect();
    match ggufs.as_slice() {
        [one] => return Ok(vec![(*one).clone()]),
        [] => {}
        several => {
            let names = several.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(ListingFault::NoCheckpoint(format!(
                "it has several GGUF files ({names}); download one and give its path"
            )));
        }
    }
    if let Some(pickle) = files.iter().find(|file| is_pickle(Path::new(file))) {
        return Err(ListingFault::Pickled(pickle.clone()));
    }
    Err(ListingFault::NoCheckpoint(
        "there is no config.json with model.safetensors or its shards, and no GGUF file".into(),
    ))
}

/// Whether a file's ending is that of a pickle.
pub(crate) fn is_pickle(path: &Path) -> bool {
    path.extension().is_some_and(|end| PICKLES.iter().any(|known| end == *known))
}

/// The shards that an index names; each must be a file of the repository.
pub(super) fn shards(index: &Path, files: &[String]) -> Result<BTreeSet<String>, ListingFault> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: std::collections::BTreeMap<String, String>,
    }
    let text = std::fs::read(index).map_err(|error| ListingFault::NoCheckpoint(error.to_string()))?;
    let index: Index =
        serde_json::from_slice(&text).map_err(|error| ListingFault::NoCheckpoint(format!("{INDEX}: {error}")))?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    match shards.iter().find(|shard| !files.contains(shard)) {
        Some(missing) => Err(ListingFault::NoCheckpoint(format!("its index names `{missing}`, which is not there"))),
        None => Ok(shards),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn pickles_beside_safetensors_are_left_and_alone_they_are_refused() {
        let both = files(&["config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "README.md"]);
        assert_eq!(needed_files(&both).expect("safetensors"), ["config.json", "tokenizer.json", "model.safetensors"]);
        assert!(matches!(
            needed_files(&files(&["config.json", "model.safetensors"])),
            Err(ListingFault::NoCheckpoint(_))
        ));
        let alone = files(&["config.json", "pytorch_model.bin"]);
        assert_eq!(needed_files(&alone), Err(ListingFault::Pickled("pytorch_model.bin".into())));
    }

    #[test]
    fn one_gguf_file_is_a_checkpoint_and_several_are_a_question() {
        assert_eq!(needed_files(&files(&["README.md", "m.gguf"])).expect("one"), ["m.gguf"]);
        assert!(matches!(needed_files(&files(&["a.gguf", "b.gguf"])), Err(ListingFault::NoCheckpoint(_))));
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_not_believed() {
        let body = format!(
            r#"{{"sha": "{}", "siblings": [{{"rfilename": "../../x"}}, {{"rfilename": "/etc/x"}}, {{"rfilename": "ok"}}]}}"#,
            "a".repeat(40)
        );
        assert_eq!(Listing::read(body.as_bytes()).expect("valid").files, ["ok"]);
        assert!(Listing::read(br#"{"sha": "../x", "siblings": []}"#).is_err());
    }
}
