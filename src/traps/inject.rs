//! Copies of a trap at word boundaries, and their removal. Nothing else of a text changes by a byte.
//!
//! As upstream (copyright-traps 022536e7, `inject_traps.py`) a word is what stands between single spaces (U+0020); other
//! white space is part of a word. Upstream glues the following word to the trap's end; [`Separator::Space`] does not.

use std::path::Path;

use aho_corasick::AhoCorasick;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use super::document::{Document, Documents};
use super::error::TrapError;
use super::manifest::{Group, PrivateManifest};
use super::markup::Markup;
use crate::digest::sha256_hex;
use crate::statistics::seed_for;

/// What stands around a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
    /// A space on both sides.
    Space,
    /// As upstream does it: none behind the copy, whose end is glued to the next word.
    Upstream,
}

/// How copies are placed.
#[derive(Debug, Clone, PartialEq)]
pub struct InjectionPlan {
    /// Copies of a trap; the groups take turns.
    pub repetitions: Vec<usize>,
    pub separator: Separator,
    /// Least distance of two copies, in words; 1: at every word at most one.
    pub spread: usize,
    /// Documents with fewer words are left alone.
    pub min_words: usize,
    /// Class of an HTML element around each copy, for pages: hidden from readers by the page's style, kept in its text.
    pub html_class: Option<String>,
    pub seed: u64,
}

/// What was done, with everything that undoes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Injection {
    pub version: u32,
    /// The manifest whose traps these are.
    pub merkle_root: String,
    pub separator: Separator,
    pub spread: usize,
    pub min_words: usize,
    pub html_class: Option<String>,
    pub seed: u64,
    pub repetitions: Vec<usize>,
    pub documents: Vec<InjectedDocument>,
}

/// One document with the copies in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InjectedDocument {
    pub name: String,
    pub group_id: String,
    pub seq_id: String,
    pub repetitions: usize,
    pub sha256_before: String,
    pub sha256_after: String,
    pub bytes_before: usize,
    pub bytes_added: usize,
    /// Added bytes over all bytes after, in [0, 1).
    pub share_added: f64,
    /// Bytes of one insertion: the copy with what was put around it.
    pub bytes_a_copy: usize,
    /// Where each insertion begins, in bytes of the injected text.
    pub offsets: Vec<usize>,
}

/// Injected documents with their record.
#[derive(Debug)]
pub struct Injected {
    pub documents: Documents,
    pub record: Injection,
}

/// Words of a text: what stands between single spaces; an empty text has one, empty, word.
#[must_use]
pub fn n_words(text: &str) -> usize {
    text.split(' ').count()
}

/// Puts `piece` before the words at `positions` (ascending, each below [`n_words`]); gives the text and the byte offsets of
/// the insertions in it.
///
/// # Panics
/// Never: a position beyond the last word is not inserted.
#[must_use]
pub fn insert_at_words(text: &str, piece: &str, positions: &[usize]) -> (String, Vec<usize>) {
    let mut injected = String::with_capacity(text.len() + positions.len() * piece.len());
    let mut offsets = Vec::with_capacity(positions.len());
    let mut wanted = positions.iter().copied().peekable();
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            injected.push(' ');
        }
        if wanted.next_if_eq(&index).is_some() {
            offsets.push(injected.len());
            injected.push_str(piece);
        }
        injected.push_str(word);
    }
    (injected, offsets)
}

/// What is inserted for one copy.
pub(super) fn piece(trap: &str, separator: Separator, html_class: Option<&str>) -> String {
    let copy = match html_class {
        Some(class) => format!("<span class=\"{class}\">{}</span>", escaped(trap)),
        None => trap.to_owned(),
    };
    match separator {
        Separator::Space => copy + " ",
        Separator::Upstream => copy,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Copies of each group, in the order of the manifest: the groups of a bucket take turns, and where a bucket does not hold every
/// number equally often, the next bucket begins with the next number, so that copies do not go with perplexity.
#[must_use]
pub fn repetitions_of_groups<S>(groups: &[Group<S>], repetitions: &[usize]) -> Vec<usize> {
    let n = repetitions.len().max(1);
    let mut turns = Vec::with_capacity(groups.len());
    let (mut bucket, mut in_bucket) = (0, 0);
    for (index, group) in groups.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| groups.get(before));
        match before {
            Some(before) if before.length == group.length && before.ppl_low == group.ppl_low => in_bucket += 1,
            Some(before) if before.length == group.length => {
                bucket += usize::from((in_bucket + 1) % n != 0);
                in_bucket = 0;
            }
            _ => (bucket, in_bucket) = (0, 0),
        }
        turns.push(repetitions.get((in_bucket + bucket) % n).copied().unwrap_or_default());
    }
    turns
}

/// Gives every trap a document and puts its copies there.
///
/// Documents are shuffled by the seed; traps with many copies choose first among those that are long enough.
///
/// # Errors
/// An option out of range; too few or too short documents; a document that holds a trap already.
pub fn inject(manifest: &PrivateManifest, documents: &Documents, plan: &InjectionPlan) -> Result<Injected, TrapError> {
    check(plan)?;
    let traps: Vec<_> = manifest.traps().collect();
    if traps.len() > documents.all.len() {
        return Err(TrapError::TooFewDocuments { traps: traps.len(), documents: documents.all.len() });
    }
    // As they are, and as a page would spell them; all at once, since a book is long and traps are many.
    let spelt: Vec<String> = traps.iter().flat_map(|(_, trap)| [trap.text.clone(), escaped(&trap.text)]).collect();
    let finder = AhoCorasick::new(&spelt).map_err(|error| TrapError::Option {
        option: "--manifest",
        found: format!("{} traps", traps.len()),
        allowed: format!("fewer must be looked for at once: {error}"),
    })?;
    for document in &documents.all {
        if let Some(found) = finder.find(&document.text) {
            let group = traps.get(found.pattern().as_usize() / 2).map_or("", |(group, _)| group.group_id.as_str());
            let (file, group) = (document.name.clone(), group.to_owned());
            return Err(TrapError::AlreadyInjected { file, group });
        }
    }
    let mut free: Vec<(usize, Vec<usize>)> = documents
        .all
        .iter()
        .enumerate()
        .map(|(index, document)| (index, places(&document.text, plan.html_class.is_some())))
        .collect();
    free.shuffle(&mut ChaCha20Rng::seed_from_u64(seed_for(plan.seed, "trap documents")));
    let repetitions = repetitions_of_groups(&manifest.groups, &plan.repetitions);
    let mut order: Vec<usize> = (0..traps.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(repetitions[index]));
    let mut injected = documents.clone();
    let mut records: Vec<Option<InjectedDocument>> = vec![None; traps.len()];
    for index in order {
        let (group, trap) = traps[index];
        let reps = repetitions[index];
        let needed = (reps - 1).saturating_mul(plan.spread).saturating_add(1);
        let is_long = |(index, places): &(usize, Vec<usize>)| {
            places.len() >= needed && n_words(&documents.all[*index].text) >= plan.min_words
        };
        let Some(place) = free.iter().position(is_long) else {
            let needed = needed.max(plan.min_words);
            let longest = free.iter().map(|(_, places)| places.len()).max().unwrap_or_default();
            return Err(TrapError::DocumentTooShort { group: group.group_id.clone(), reps, needed, longest });
        };
        let (document, places) = free.remove(place);
        let mut stream = ChaCha20Rng::seed_from_u64(seed_for(plan.seed, &format!("trap places/{}", trap.seq_id)));
        let positions: Vec<usize> =
            spread_positions(places.len(), reps, plan.spread, &mut stream).into_iter().map(|at| places[at]).collect();
        let piece = piece(&trap.text, plan.separator, plan.html_class.as_deref());
        let original = &documents.all[document];
        let (text, offsets) = insert_at_words(&original.text, &piece, &positions);
        records[index] = Some(record(original, &text, &group.group_id, &trap.seq_id, piece.len(), offsets));
        injected.all[document].text = text;
    }
    Ok(Injected {
        documents: injected,
        record: Injection {
            version: 1,
            merkle_root: manifest.merkle_root.clone(),
            separator: plan.separator,
            spread: plan.spread,
            min_words: plan.min_words,
            html_class: plan.html_class.clone(),
            seed: plan.seed,
            repetitions: plan.repetitions.clone(),
            documents: records.into_iter().flatten().collect(),
        },
    })
}

fn check(plan: &InjectionPlan) -> Result<(), TrapError> {
    let fail =
        |option, found: String, allowed: &str| Err(TrapError::Option { option, found, allowed: allowed.to_owned() });
    if plan.repetitions.is_empty() || plan.repetitions.iter().any(|reps| !(1..=1_000_000).contains(reps)) {
        return fail("--reps", format!("{:?}", plan.repetitions), "1 to 1000000 copies are allowed");
    }
    if !(1..=1_000_000).contains(&plan.spread) {
        return fail("--spread", plan.spread.to_string(), "1 to 1000000 words are allowed");
    }
    let is_class =
        |class: &str| !class.is_empty() && class.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    match plan.html_class.as_deref() {
        Some(class) if !is_class(class) => {
            fail("--html-hidden", format!("{class:?}"), "a class of letters, digits, - and _ is needed")
        }
        _ => Ok(()),
    }
}

/// Words before which a copy may stand; in HTML not inside a tag, nor in a script or a style.
fn places(text: &str, is_html: bool) -> Vec<usize> {
    if text.is_empty() {
        return Vec::new();
    }
    let n = n_words(text);
    if !is_html {
        return (0..n).collect();
    }
    let mut markup = Markup::default();
    let mut free = Vec::new();
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            markup.read(' ');
        }
        if markup.is_text() {
            free.push(index);
        }
        word.chars().for_each(|c| markup.read(c));
    }
    free
}

/// `reps` of `n` places, ascending, two neighbours at least `spread` apart; every such choice is as likely.
fn spread_positions(n: usize, reps: usize, spread: usize, stream: &mut ChaCha20Rng) -> Vec<usize> {
    let slack = (reps - 1) * (spread - 1);
    let mut chosen = sample(n - slack, reps, stream);
    for (index, position) in chosen.iter_mut().enumerate() {
        *position += index * (spread - 1);
    }
    chosen
}

/// `count` of `0..n` without replacement, ascending (Floyd's algorithm).
fn sample(n: usize, count: usize, stream: &mut ChaCha20Rng) -> Vec<usize> {
    let mut chosen = std::collections::BTreeSet::new();
    for top in n - count..n {
        let drawn = stream.random_range(0..=top);
        if !chosen.insert(drawn) {
            chosen.insert(top);
        }
    }
    chosen.into_iter().collect()
}

fn record(
    original: &Document,
    text: &str,
    group_id: &str,
    seq_id: &str,
    bytes_a_copy: usize,
    offsets: Vec<usize>,
) -> InjectedDocument {
    let bytes_added = text.len() - original.text.len();
    InjectedDocument {
        name: original.name.clone(),
        group_id: group_id.to_owned(),
        seq_id: seq_id.to_owned(),
        repetitions: offsets.len(),
        sha256_before: sha256_hex(original.text.as_bytes()),
        sha256_after: sha256_hex(text.as_bytes()),
        bytes_before: original.text.len(),
        bytes_added,
        share_added: bytes_added as f64 / text.len().max(1) as f64,
        bytes_a_copy,
        offsets,
    }
}

/// Takes all copies out again; every text must come out as it was before, byte for byte.
///
/// # Errors
/// A document that is missing, or is not the one that the record describes; nothing is half undone.
pub fn undo(documents: &Documents, record: &Injection) -> Result<Documents, TrapError> {
    let mut restored = documents.clone();
    for injected in &record.documents {
        let Some(index) = documents.find(&injected.name) else {
            return Err(TrapError::MissingDocument { file: injected.name.clone() });
        };
        let text = &documents.all[index].text;
        let changed = |recorded: &str, found: String| TrapError::ChangedDocument {
            file: injected.name.clone(),
            recorded: recorded.to_owned(),
            found,
        };
        let found = sha256_hex(text.as_bytes());
        if found != injected.sha256_after {
            return Err(changed(&injected.sha256_after, found));
        }
        let mut original = String::with_capacity(injected.bytes_before.min(text.len()));
        let mut from = 0;
        for &offset in &injected.offsets {
            if offset < from {
                return Err(changed("offsets that rise by a copy at least", format!("{offset}")));
            }
            let part = text.get(from..offset).ok_or_else(|| changed("an offset of the record", format!("{offset}")))?;
            original.push_str(part);
            from = offset.saturating_add(injected.bytes_a_copy);
        }
        original.push_str(text.get(from..).unwrap_or_default());
        let found = sha256_hex(original.as_bytes());
        if found != injected.sha256_before {
            return Err(changed(&injected.sha256_before, found));
        }
        restored.all[index].text = original;
    }
    Ok(restored)
}

impl Injection {
    /// Reads a record.
    ///
    /// # Errors
    /// The file cannot be read, or is no such record.
    pub fn read(path: &Path) -> Result<Self, TrapError> {
        let bytes = std::fs::read(path).map_err(TrapError::io(path))?;
        serde_json::from_slice(&bytes).map_err(|error| TrapError::Manifest {
            path: path.into(),
            place: "the injection record".to_owned(),
            reason: error.to_string(),
        })
    }

    /// Copies of a sequence; 0 for one that was not injected.
    #[must_use]
    pub fn repetitions_of(&self, seq_id: &str) -> usize {
        self.documents.iter().find(|document| document.seq_id == seq_id).map_or(0, |document| document.repetitions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_stand_where_upstream_puts_them() {
        let (text, offsets) = insert_at_words("a  double space\nand a newline", "trap!", &[1, 3, 5]);
        assert_eq!(text, "a trap! double trap!space\nand a trap!newline");
        assert_eq!(offsets, [2, 15, 32]);
        assert_eq!(insert_at_words("one", "solo", &[0]).0, "soloone");
        assert_eq!(insert_at_words("", "x", &[0]).0, "x");
    }

    #[test]
    fn a_space_on_both_sides_leaves_the_words_whole() {
        let piece = piece("velvet anchors", Separator::Space, None);
        assert_eq!(insert_at_words("one two", &piece, &[0, 1]).0, "velvet anchors one velvet anchors two");
    }

    #[test]
    fn places_keep_their_distance_and_the_count() {
        let mut stream = ChaCha20Rng::seed_from_u64(1);
        for spread in [1, 3, 7] {
            for _ in 0..200 {
                let chosen = spread_positions(50, 6, spread, &mut stream);
                assert_eq!(chosen.len(), 6);
                assert!(chosen.windows(2).all(|pair| pair[1] >= pair[0] + spread) && chosen[5] < 50, "{chosen:?}");
            }
        }
        assert_eq!(spread_positions(5, 5, 1, &mut stream), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn no_copy_stands_inside_a_tag_or_a_script() {
        let text = "<p class=\"a b\">one two</p> <script>var x = 1;</script> three";
        let words: Vec<&str> = text.split(' ').collect();
        let free: Vec<&str> = places(text, true).into_iter().map(|index| words[index]).collect();
        assert_eq!(free, ["<p", "two</p>", "<script>var", "three"]);
        assert_eq!(piece("a<b", Separator::Space, Some("t")), "<span class=\"t\">a&lt;b</span> ");
    }
}
