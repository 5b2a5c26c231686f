//! A third party's check, without a model: was what was claimed fixed before, and does the statistic follow from the scores?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::commitment::{draw_trap, from_hex, salted_hash, seed_commitment};
use super::detect::{Detection, SequenceScores, detect};
use super::document::Documents;
use super::error::TrapError;
use super::inject::{Injection, piece, undo};
use super::manifest::{PrivateManifest, Role};
use crate::digest::sha256_hex;
use crate::record::canonical_json;

/// What is checked; the manifest is always.
#[derive(Debug, Clone, Default)]
pub struct Audit<'a> {
    /// The published file, byte for byte.
    pub public: Option<&'a [u8]>,
    /// The hash that was timestamped.
    pub public_sha256: Option<&'a str>,
    pub injection: Option<&'a Injection>,
    /// The injected documents.
    pub documents: Option<&'a Documents>,
    pub detection: Option<&'a Detection>,
    /// Scores of the target, of the control model, and of the target behind stretches of the books.
    pub scores: Option<&'a [SequenceScores]>,
    pub control_scores: Option<&'a [SequenceScores]>,
    pub context_scores: &'a [(usize, Vec<SequenceScores>)],
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditItem {
    pub what: String,
    pub passed: bool,
    /// Recorded and found, where they differ.
    pub detail: String,
}

/// Checks everything that is given, in order, up to the first thing that fails.
///
/// # Errors
/// When JSON or a statistic cannot be made of what was read.
pub fn audit(manifest: &PrivateManifest, given: &Audit<'_>) -> Result<Vec<AuditItem>, TrapError> {
    let mut items = Vec::new();
    let mut check = |what: &str, recorded: &str, found: &str| {
        let passed = recorded == found;
        let detail = if passed { String::new() } else { format!("recorded {recorded}, found {found}") };
        items.push(AuditItem { what: what.to_owned(), passed, detail });
        passed
    };
    let go_on = manifest_items(manifest, &mut check)
        && public_items(manifest, given, &mut check)?
        && injection_items(manifest, given, &mut check)
        && detection_items(manifest, given, &mut check)?;
    debug_assert!(go_on || items.last().is_some_and(|item| !item.passed));
    Ok(items)
}

type Check<'c> = dyn FnMut(&str, &str, &str) -> bool + 'c;

fn manifest_items(manifest: &PrivateManifest, check: &mut Check<'_>) -> bool {
    if let Some((place, found)) = manifest.shape_fault() {
        return check(&place, "one trap and its controls, ids that stand once, salts of 16 bytes", &found);
    }
    for sequence in manifest.groups.iter().flat_map(|group| &group.sequences) {
        let salt = from_hex(&sequence.salt).unwrap_or_default();
        let found = salted_hash(&salt, &sequence.text);
        if found != sequence.sha256 {
            return check(&format!("hash of sequence {}", sequence.seq_id), &sequence.sha256, &found);
        }
    }
    let n: usize = manifest.groups.iter().map(|group| group.sequences.len()).sum();
    if !check(&format!("hashes of {n} sequences"), "", "")
        || !check("Merkle root", &manifest.merkle_root, &manifest.computed_root())
    {
        return false;
    }
    let Some(secret) = &manifest.secret else { return check("seed and nonce", "given", "missing") };
    let nonce = from_hex(&secret.nonce).unwrap_or_default();
    if !check("seed commitment", &manifest.seed_commitment, &seed_commitment(secret.seed, &nonce)) {
        return false;
    }
    for group in &manifest.groups {
        let drawn = draw_trap(secret.seed, &nonce, &group.group_id, group.sequences.len());
        for (place, sequence) in group.sequences.iter().enumerate() {
            if (sequence.role == Role::Trap) != (place == drawn) {
                let drawn = group.sequences.get(drawn).map_or("none", |sequence| sequence.seq_id.as_str());
                let recorded = group.sequences.iter().find(|sequence| sequence.role == Role::Trap);
                let recorded = recorded.map_or("none", |sequence| sequence.seq_id.as_str());
                return check(&format!("lot of group {}", group.group_id), recorded, drawn);
            }
        }
    }
    check(&format!("lots of {} groups", manifest.groups.len()), "", "")
}

fn public_items(manifest: &PrivateManifest, given: &Audit<'_>, check: &mut Check<'_>) -> Result<bool, TrapError> {
    let Some(public) = given.public else { return Ok(true) };
    let computed = canonical_json("the public manifest", &manifest.public())?;
    let published: Option<Value> = serde_json::from_slice(public).ok();
    let is_same = published.map(|value| value.to_string()) == Some(computed.clone()) || public == computed.as_bytes();
    let found = if is_same { "the same" } else { "another" };
    if !check("public manifest against the private one", "the same", found) {
        return Ok(false);
    }
    let found = sha256_hex(public);
    Ok(match given.public_sha256 {
        Some(sha256) => check("hash of the public manifest", &sha256.to_ascii_lowercase(), &found),
        // Whoever reads this compares it with the timestamp.
        None => check(&format!("hash of the public manifest is {found}"), "", ""),
    })
}

fn injection_items(manifest: &PrivateManifest, given: &Audit<'_>, check: &mut Check<'_>) -> bool {
    let Some(injection) = given.injection else { return true };
    if !check("injection record's manifest", &manifest.merkle_root, &injection.merkle_root) {
        return false;
    }
    let mut left: BTreeMap<&str, (&str, &str)> = manifest
        .traps()
        .map(|(group, trap)| (trap.seq_id.as_str(), (group.group_id.as_str(), trap.text.as_str())))
        .collect();
    let mut names = BTreeSet::new();
    for injected in &injection.documents {
        let what = format!("trap of document {}", injected.name);
        let Some((group, text)) = left.remove(injected.seq_id.as_str()) else {
            return check(&what, &injected.seq_id, "no trap of the manifest, or one that stands twice");
        };
        if group != injected.group_id {
            return check(&what, &injected.group_id, group);
        }
        if !names.insert(&injected.name) {
            return check(&format!("document {}", injected.name), "one trap", "two");
        }
        let copy = piece(text, injection.separator, injection.html_class.as_deref());
        let (n, wanted) = (injected.offsets.len(), injected.repetitions);
        if n != wanted || injected.bytes_a_copy != copy.len() {
            let found = format!("{n} places of {} bytes", injected.bytes_a_copy);
            return check(&what, &format!("{wanted} copies of {} bytes", copy.len()), &found);
        }
        let Some(documents) = given.documents else { continue };
        let Some(document) = documents.find(&injected.name).map(|index| &documents.all[index]) else {
            return check("injected document", &injected.name, "missing");
        };
        let found = sha256_hex(document.text.as_bytes());
        if found != injected.sha256_after {
            return check(&format!("hash of document {}", injected.name), &injected.sha256_after, &found);
        }
        let is_copy = |&offset: &usize| document.text.get(offset..).is_some_and(|rest| rest.starts_with(&copy));
        let n = injected.offsets.iter().filter(|offset| is_copy(offset)).count();
        if n != wanted {
            return check(&format!("copies in document {}", injected.name), &wanted.to_string(), &n.to_string());
        }
    }
    if let Some((seq_id, _)) = left.first_key_value() {
        return check(&format!("document of trap {seq_id}"), "one", "none");
    }
    // Taking the copies out must give the texts whose hashes were recorded before; it also refuses places that overlap.
    if let Some(documents) = given.documents
        && let Err(error) = undo(documents, injection)
    {
        return check("texts without the copies", "those before the injection", &error.to_string());
    }
    let n = injection.documents.len();
    check(
        &if given.documents.is_some() { format!("{n} injected documents") } else { format!("record of {n} documents") },
        "",
        "",
    )
}

fn detection_items(manifest: &PrivateManifest, given: &Audit<'_>, check: &mut Check<'_>) -> Result<bool, TrapError> {
    let (Some(detection), Some(scores)) = (given.detection, given.scores) else { return Ok(true) };
    if detection.settings.control.is_some() && given.control_scores.is_none() {
        return Ok(check("scores of the control model", "given", "missing"));
    }
    let control = given.control_scores.filter(|_| detection.settings.control.is_some());
    let settings = detection.settings.clone();
    let again = match detect(manifest, given.injection, settings, scores, control, given.context_scores) {
        Ok(again) => again,
        Err(error) => return Ok(check("the statistic from the scores", "computed", &error.to_string())),
    };
    if !check("claim", detection.claim.words(), again.claim.words()) {
        return Ok(false);
    }
    // Power is a forecast, and says nothing about the scores.
    let json = |detection: &Detection| -> Result<Value, TrapError> {
        let whole = Detection { power: Vec::new(), ..detection.clone() };
        Ok(serde_json::from_str(&canonical_json("the detection", &whole)?).unwrap_or_default())
    };
    Ok(match first_difference("", &json(detection)?, &json(&again)?) {
        Some(Difference { path, recorded, found }) => check(&format!("`{path}` of the detection"), &recorded, &found),
        None => check("every number of the detection", "", ""),
    })
}

/// Where two documents differ first.
struct Difference {
    path: String,
    recorded: String,
    found: String,
}

fn first_difference(path: &str, recorded: &Value, found: &Value) -> Option<Difference> {
    let differ = |recorded: String, found: String| Some(Difference { path: path.to_owned(), recorded, found });
    match (recorded, found) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().zip(b).find_map(|((key, a), (_, b))| first_difference(&format!("{path}/{key}"), a, b))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(place, (a, b))| first_difference(&format!("{path}/{place}"), a, b))
        }
        (Value::Array(a), Value::Array(b)) => differ(format!("{} entries", a.len()), format!("{} entries", b.len())),
        (a, b) if a == b => None,
        (a, b) => differ(a.to_string(), b.to_string()),
    }
}
