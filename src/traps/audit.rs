//! A third party's check, without a model: was what was claimed fixed before, and does the statistic follow from the scores?

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::commitment::{draw_trap, from_hex, salted_hash, seed_commitment};
use super::detect::{Detection, SequenceScores, detect};
use super::document::Documents;
use super::error::TrapError;
use super::inject::{Injection, piece};
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
    /// Scores of the target, and of the control model.
    pub scores: Option<&'a [SequenceScores]>,
    pub control_scores: Option<&'a [SequenceScores]>,
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
    let wanted = manifest.params.controls_per_trap + 1;
    if let Some(group) = manifest.groups.iter().find(|group| group.sequences.len() != wanted) {
        let found = group.sequences.len().to_string();
        return check(&format!("size of group {}", group.group_id), &wanted.to_string(), &found);
    }
    let Some(secret) = &manifest.secret else { return check("seed and nonce", "given", "missing") };
    let nonce = from_hex(&secret.nonce).unwrap_or_default();
    if !check("seed commitment", &manifest.seed_commitment, &seed_commitment(secret.seed, &nonce)) {
        return false;
    }
    for group in &manifest.groups {
        let drawn = draw_trap(secret.seed, &nonce, &group.group_id, group.sequences.len());
        let drawn = group.sequences.get(drawn).map_or("none", |sequence| sequence.seq_id.as_str());
        let trap = group.sequences.iter().find(|sequence| sequence.role == Role::Trap);
        let recorded = trap.map_or("none", |sequence| sequence.seq_id.as_str());
        if recorded != drawn {
            return check(&format!("lot of group {}", group.group_id), recorded, drawn);
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
    Ok(match given.public_sha256 {
        Some(sha256) => check("hash of the public manifest", &sha256.to_ascii_lowercase(), &sha256_hex(public)),
        None => true,
    })
}

fn injection_items(manifest: &PrivateManifest, given: &Audit<'_>, check: &mut Check<'_>) -> bool {
    let Some(injection) = given.injection else { return true };
    if !check("injection record's manifest", &manifest.merkle_root, &injection.merkle_root) {
        return false;
    }
    let traps: BTreeMap<&str, &str> =
        manifest.traps().map(|(_, trap)| (trap.seq_id.as_str(), trap.text.as_str())).collect();
    for injected in &injection.documents {
        let Some(text) = traps.get(injected.seq_id.as_str()) else {
            return check(&format!("trap of document {}", injected.name), &injected.seq_id, "no trap of the manifest");
        };
        let Some(documents) = given.documents else { continue };
        let Some(document) = documents.find(&injected.name).map(|index| &documents.all[index]) else {
            return check("injected document", &injected.name, "missing");
        };
        let found = sha256_hex(document.text.as_bytes());
        if found != injected.sha256_after {
            return check(&format!("hash of document {}", injected.name), &injected.sha256_after, &found);
        }
        let copy = piece(text, injection.separator, injection.html_class.as_deref());
        let n = injected
            .offsets
            .iter()
            .filter(|&&offset| document.text.get(offset..).is_some_and(|rest| rest.starts_with(&copy)))
            .count();
        if n != injected.repetitions {
            let recorded = injected.repetitions.to_string();
            return check(&format!("copies in document {}", injected.name), &recorded, &n.to_string());
        }
    }
    check(&format!("{} injected documents", injection.documents.len()), "", "")
}

fn detection_items(manifest: &PrivateManifest, given: &Audit<'_>, check: &mut Check<'_>) -> Result<bool, TrapError> {
    let (Some(detection), Some(scores)) = (given.detection, given.scores) else { return Ok(true) };
    let again = detect(manifest, given.injection, detection.settings.clone(), scores, given.control_scores, &[])?;
    for (recorded, found) in detection.attacks.iter().zip(&again.attacks) {
        let (recorded_p, found_p) = (recorded.test.p_value.to_string(), found.test.p_value.to_string());
        if !check(&format!("p of {}", recorded.attack), &recorded_p, &found_p) {
            return Ok(false);
        }
    }
    Ok(check("claim", detection.claim.words(), again.claim.words()))
}
