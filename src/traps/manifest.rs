//! The manifest: what is published (hashes), and what is kept (texts, salts, roles).
//!
//! Canonical JSON: sorted keys, no spaces, UTF-8, numbers that are not whole as decimal text, no newline at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::commitment::{from_hex, merkle_root, salted_hash, seed_commitment};
use super::error::TrapError;
use crate::digest::sha256_hex;
use crate::record::{canonical_json, write_atomically};

/// Version of the format.
const VERSION: u32 = 1;
/// Name of the file that is kept secret.
const PRIVATE_FILE: &str = "manifest.private.json";
/// Name of the file that is published.
const PUBLIC_FILE: &str = "manifest.public.json";

/// A number that travels as decimal text, so that no reader's float changes it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Decimal(pub f64);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Self(number)),
            _ => Err(serde::de::Error::custom(format!("{text:?} is not a decimal number"))),
        }
    }
}

/// Perplexity buckets `[low + i width, low + (i + 1) width)` below `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buckets {
    pub low: u32,
    pub high: u32,
    pub width: u32,
}

impl Buckets {
    /// Number of buckets.
    #[must_use]
    pub fn count(self) -> usize {
        (self.high.saturating_sub(self.low) / self.width.max(1)) as usize
    }

    /// Limits of a bucket: the lower one belongs to it.
    #[must_use]
    pub fn limits(self, index: usize) -> (u32, u32) {
        let low = self.low + u32::try_from(index).unwrap_or(u32::MAX).saturating_mul(self.width);
        (low, low.saturating_add(self.width))
    }

    /// The bucket of a perplexity; `None` outside of all.
    #[must_use]
    pub fn of(self, perplexity: f64) -> Option<usize> {
        (0..self.count()).find(|&index| {
            let (low, high) = self.limits(index);
            (f64::from(low)..f64::from(high)).contains(&perplexity)
        })
    }
}

/// How the sequences were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrapParams {
    /// Tokens of the reference model.
    pub lengths: Vec<usize>,
    pub buckets: Buckets,
    /// Published traps a length and bucket.
    pub traps_per_bucket: usize,
    /// Unpublished sequences of the same draw for each trap.
    pub controls_per_trap: usize,
    pub temperatures: Vec<Decimal>,
    /// Largest share of token ids that two sequences of one length may have in common.
    pub jaccard_max: Decimal,
    /// What stands before a sequence when it is drawn; empty: what the tokenizer adds on its own.
    pub start: String,
}

/// The model that the sequences were drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub id: String,
    pub revision: Option<String>,
    pub tokenizer_sha256: Option<String>,
    pub weights_sha256: Vec<String>,
}

/// Sequences of one length and bucket, of which one is published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group<S> {
    pub group_id: String,
    /// Tokens of the reference model.
    pub length: usize,
    pub ppl_low: u32,
    pub ppl_high: u32,
    pub sequences: Vec<S>,
}

/// What is published of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicSequence {
    pub seq_id: String,
    /// SHA-256 of salt and text.
    pub sha256: String,
}

/// Whether a sequence is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Trap,
    Control,
}

/// What is kept of a sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateSequence {
    pub seq_id: String,
    pub sha256: String,
    /// 16 random bytes, hexadecimal.
    pub salt: String,
    pub text: String,
    pub token_ids: Vec<u32>,
    /// Under the model that it was drawn from.
    pub ppl: Decimal,
    pub role: Role,
}

/// Bytes of a salt: fixed, so that no byte of a text can be moved into its salt.
pub(super) const SALT_BYTES: usize = 16;
/// Bytes of the nonce.
pub(super) const NONCE_BYTES: usize = 32;

/// What opens the commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    pub seed: u64,
    /// Hexadecimal.
    pub nonce: String,
    /// Candidates that were not taken, by reason.
    pub rejected: BTreeMap<String, u64>,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest<S> {
    pub version: u32,
    /// UTC, to the second.
    pub created: String,
    pub tool_version: String,
    /// SHA-256 of seed and nonce: the lottery cannot be drawn again until it comes out well.
    pub seed_commitment: String,
    pub reference: Reference,
    pub params: TrapParams,
    /// The one attack whose p-value the claim rests on, named before any model was tested.
    pub primary_attack: String,
    pub groups: Vec<Group<S>>,
    /// Over all hashes, in order.
    pub merkle_root: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// What is published.
pub type PublicManifest = Manifest<PublicSequence>;
/// What is kept until the claim is made.
pub type PrivateManifest = Manifest<PrivateSequence>;

impl PrivateManifest {
    /// A manifest of groups that are made.
    #[must_use]
    pub(super) fn new(
        created: String,
        reference: Reference,
        params: TrapParams,
        primary_attack: String,
        groups: Vec<Group<PrivateSequence>>,
        secret: Secret,
    ) -> Self {
        let nonce = from_hex(&secret.nonce).unwrap_or_default();
        let mut manifest = Self {
            version: VERSION,
            created,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed_commitment: seed_commitment(secret.seed, &nonce),
            reference,
            params,
            primary_attack,
            groups,
            merkle_root: String::new(),
            secret: Some(secret),
        };
        manifest.merkle_root = manifest.computed_root();
        manifest
    }

    /// The part that is published.
    #[must_use]
    pub fn public(&self) -> PublicManifest {
        let public = |sequence: &PrivateSequence| PublicSequence {
            seq_id: sequence.seq_id.clone(),
            sha256: sequence.sha256.clone(),
        };
        Manifest {
            version: self.version,
            created: self.created.clone(),
            tool_version: self.tool_version.clone(),
            seed_commitment: self.seed_commitment.clone(),
            reference: self.reference.clone(),
            params: self.params.clone(),
            primary_attack: self.primary_attack.clone(),
            groups: self
                .groups
                .iter()
                .map(|group| Group {
                    group_id: group.group_id.clone(),
                    length: group.length,
                    ppl_low: group.ppl_low,
                    ppl_high: group.ppl_high,
                    sequences: group.sequences.iter().map(public).collect(),
                })
                .collect(),
            merkle_root: self.merkle_root.clone(),
            secret: None,
        }
    }

    /// The published sequence of each group, in order.
    pub fn traps(&self) -> impl Iterator<Item = (&Group<PrivateSequence>, &PrivateSequence)> {
        self.groups.iter().filter_map(|group| {
            let trap = group.sequences.iter().find(|sequence| sequence.role == Role::Trap)?;
            Some((group, trap))
        })
    }

    /// The first thing that is not as it must be, apart from hashes: `(place, what was found)`.
    #[must_use]
    pub(super) fn shape_fault(&self) -> Option<(String, String)> {
        let (mut groups, mut sequences) = (BTreeSet::new(), BTreeSet::new());
        if self.groups.is_empty() {
            return Some(("groups".to_owned(), "there are none".to_owned()));
        }
        let has_nonce = |secret: &Secret| from_hex(&secret.nonce).is_some_and(|nonce| nonce.len() == NONCE_BYTES);
        if !self.secret.as_ref().is_some_and(has_nonce) {
            return Some(("secret".to_owned(), format!("no nonce of {NONCE_BYTES} bytes in hexadecimal")));
        }
        for group in &self.groups {
            let place = format!("group `{}`", group.group_id);
            if !groups.insert(&group.group_id) {
                return Some((place, "the id stands twice".to_owned()));
            }
            let n_traps = group.sequences.iter().filter(|sequence| sequence.role == Role::Trap).count();
            let n = group.sequences.len();
            if n_traps != 1 || n != self.params.controls_per_trap.saturating_add(1) || n < 2 {
                let wanted = self.params.controls_per_trap;
                return Some((
                    place,
                    format!("{n_traps} traps among {n} sequences; one trap and {wanted} controls are needed"),
                ));
            }
            for sequence in &group.sequences {
                let place = format!("sequence `{}`", sequence.seq_id);
                if !sequences.insert(&sequence.seq_id) {
                    return Some((place, "the id stands twice".to_owned()));
                }
                if from_hex(&sequence.salt).is_none_or(|salt| salt.len() != SALT_BYTES) {
                    return Some((place, format!("its salt is not {SALT_BYTES} bytes in hexadecimal")));
                }
            }
        }
        None
    }

    /// The Merkle root of the recorded hashes.
    #[must_use]
    pub(super) fn computed_root(&self) -> String {
        let hashes: Vec<Vec<u8>> = self
            .groups
            .iter()
            .flat_map(|group| &group.sequences)
            .map(|sequence| from_hex(&sequence.sha256).unwrap_or_default())
            .collect();
        merkle_root(&hashes)
    }
}

/// Writes both files into a folder; gives their places and the hash of the public one, which is to be timestamped.
///
/// # Errors
/// A private manifest is there already; a file cannot be written.
pub fn write_manifests(manifest: &PrivateManifest, out: &Path) -> Result<(PathBuf, PathBuf, String), TrapError> {
    refuse_existing(out)?;
    std::fs::create_dir_all(out).map_err(TrapError::io(out))?;
    let (private, public) = (out.join(PRIVATE_FILE), out.join(PUBLIC_FILE));
    write_private(&private, canonical_json("the private manifest", manifest)?.as_bytes())?;
    let text = canonical_json("the public manifest", &manifest.public())?;
    write_atomically(&public, text.as_bytes())?;
    Ok((private, public, sha256_hex(text.as_bytes())))
}

/// Refuses a folder that holds a private manifest: to be asked before anything is drawn.
///
/// # Errors
/// There is one.
pub fn refuse_existing(out: &Path) -> Result<(), TrapError> {
    let path = out.join(PRIVATE_FILE);
    if path.exists() { Err(TrapError::ManifestExists { path }) } else { Ok(()) }
}

/// Writes a file that only its owner may read, from its first byte on; never over another.
///
/// # Errors
/// The file is there, or cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), TrapError> {
    use std::io::Write as _;
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(TrapError::io(path))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // A part of a secret is of no use to anybody.
        let _ = std::fs::remove_file(path);
    }
    written.map_err(TrapError::io(path))
}

fn not_ours(error: &serde_json::Error) -> String {
    format!("{error}; give the manifest.private.json that `traps generate` wrote")
}

/// Reads a private manifest without checking its hashes; [`audit`](super::audit()) tells which of them fail.
///
/// # Errors
/// The file cannot be read, or is no private manifest of this version.
pub fn read_manifest(path: &Path) -> Result<PrivateManifest, TrapError> {
    let bytes = std::fs::read(path).map_err(TrapError::io(path))?;
    let wrong = |place: &str, reason: String| TrapError::Manifest { path: path.into(), place: place.into(), reason };
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| wrong("the file", not_ours(&error)))?;
    let is_public = value.pointer("/groups/0/sequences/0").is_some_and(|sequence| sequence.get("text").is_none());
    if is_public {
        return Err(TrapError::PublicManifest { path: path.into() });
    }
    let version = value.get("version").and_then(Value::as_u64);
    if version != Some(u64::from(VERSION)) {
        let found = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        return Err(wrong("version", format!("{found}; this build reads version {VERSION}")));
    }
    serde_json::from_slice(&bytes).map_err(|error| wrong("the file", not_ours(&error)))
}

/// Reads a private manifest and recomputes every hash of it.
///
/// # Errors
/// The file, and the first thing in it that is not as it must be.
pub fn read_private(path: &Path) -> Result<PrivateManifest, TrapError> {
    let manifest = read_manifest(path)?;
    let wrong = |place: &str, reason: String| TrapError::Manifest { path: path.into(), place: place.into(), reason };
    if let Some((place, reason)) = manifest.shape_fault() {
        return Err(wrong(&place, reason));
    }
    for group in &manifest.groups {
        for sequence in &group.sequences {
            let salt = from_hex(&sequence.salt).unwrap_or_default();
            let computed = salted_hash(&salt, &sequence.text);
            if computed != sequence.sha256 {
                return Err(TrapError::HashMismatch {
                    path: path.into(),
                    sequence: sequence.seq_id.clone(),
                    recorded: sequence.sha256.clone(),
                    computed,
                });
            }
        }
    }
    let computed = manifest.computed_root();
    if computed != manifest.merkle_root {
        let recorded = manifest.merkle_root;
        return Err(TrapError::RootMismatch { path: path.into(), what: "Merkle root", recorded, computed });
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perplexity_falls_into_the_bucket_whose_lower_limit_it_reaches() {
        let buckets = Buckets { low: 1, high: 101, width: 10 };
        assert_eq!(buckets.count(), 10);
        assert_eq!((buckets.of(1.0), buckets.of(10.999), buckets.of(11.0)), (Some(0), Some(0), Some(1)));
        assert_eq!((buckets.of(0.999), buckets.of(101.0), buckets.of(f64::NAN)), (None, None, None));
        assert_eq!(buckets.limits(9), (91, 101));
    }

    #[test]
    fn numbers_travel_as_decimal_text() {
        let text = serde_json::to_string(&[Decimal(0.1), Decimal(25.0)]).unwrap();
        assert_eq!(text, "[\"0.1\",\"25\"]");
        assert_eq!(serde_json::from_str::<Vec<Decimal>>(&text).unwrap(), [Decimal(0.1), Decimal(25.0)]);
        assert!(serde_json::from_str::<Decimal>("\"NaN\"").is_err());
    }
}
