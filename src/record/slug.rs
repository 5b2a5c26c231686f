//! Folder names for models.

use crate::digest::sha256_hex;
use crate::redact::redact;

/// Most characters of a slug without the ending that tells equal ones apart.
const LONGEST: usize = 72;

/// Characters of the hash in such an ending.
const HASH_CHARACTERS: usize = 8;

/// Names that some system reserves, whatever their ending.
const RESERVED: [&str; 8] = ["con", "prn", "aux", "nul", "com1", "com2", "lpt1", "lpt2"];

/// A folder name for a model: lower-case ASCII letters, digits, `.`, `_` and `-`, never empty, hidden or longer than
/// 81 characters; secrets removed.
///
/// Of a path that starts with `/`, `.` or `~` only the last component is taken, so that no slug tells where
/// somebody's files are. Two names may give the same slug; see [`model_slugs`].
#[must_use]
pub fn model_slug(name: &str) -> String {
    let clean = redact(name);
    let is_path = clean.starts_with(['/', '.', '~']);
    let shown = if is_path { clean.trim_end_matches('/').rsplit('/').next().unwrap_or_default() } else { &clean };
    let mut slug = String::with_capacity(shown.len());
    for character in shown.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '.' | '_') {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() || RESERVED.contains(&slug.split('.').next().unwrap_or_default()) {
        return format!("model-{}", short_hash(name));
    }
    if slug.len() > LONGEST {
        // All ASCII by now, so a cut at any byte is a cut between characters.
        return format!("{}-{}", slug[..LONGEST].trim_end_matches(['-', '.']), short_hash(name));
    }
    slug.to_owned()
}

/// One slug for each name, in order, no two equal.
///
/// Different names with the same slug all get a piece of their own hash, whatever their order; a name given twice
/// (a model in two parts) gets `-2`, `-3` from the second on.
#[must_use]
pub fn model_slugs<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let plain: Vec<String> = names.iter().map(|name| model_slug(name.as_ref())).collect();
    let mut slugs: Vec<String> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let name = name.as_ref();
        let is_shared = names.iter().zip(&plain).any(|(other, slug)| other.as_ref() != name && *slug == plain[index]);
        let base = if is_shared { format!("{}-{}", plain[index], short_hash(name)) } else { plain[index].clone() };
        let mut slug = base.clone();
        let mut count = 1;
        while slugs.contains(&slug) || (slug != base && plain.contains(&slug)) {
            count += 1;
            slug = format!("{base}-{count}");
        }
        slugs.push(slug);
    }
    slugs
}

fn short_hash(name: &str) -> String {
    let mut hash = sha256_hex(name.as_bytes());
    hash.truncate(HASH_CHARACTERS);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_stay_readable() {
        assert_eq!(model_slug("builtin:standard"), "builtin-standard");
        assert_eq!(model_slug("hf:Org/Model-7B@main"), "hf-org-model-7b-main");
        assert_eq!(model_slug("https://me:pw@host.org/v1#m"), "https-redacted-host.org-v1-m");
        assert_eq!(model_slug("./models/tiny/"), "tiny");
    }

    #[test]
    fn no_name_makes_an_unsafe_folder() {
        let long = "x".repeat(500);
        for name in ["", "..", "/", "../..", "a/../../b", "con", "CON.txt", "ünï→", "a\0b", "-rf", "~", &long] {
            let slug = model_slug(name);
            let is_safe = slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
            assert!(is_safe && !slug.is_empty() && slug.len() <= 81, "{name:?} -> {slug:?}");
            assert!(!slug.starts_with(['.', '-']) && !slug.ends_with('.'), "{name:?} -> {slug:?}");
        }
    }

    #[test]
    fn a_slug_does_not_tell_where_a_model_lies() {
        assert_eq!(model_slug("/srv/somebody/models/Tiny"), "tiny");
    }

    #[test]
    fn different_names_never_share_a_folder_whatever_their_order() {
        let forwards = model_slugs(&["a:b", "A/b", "c"]);
        let mut backwards = model_slugs(&["c", "A/b", "a:b"]);
        backwards.reverse();
        assert_eq!(forwards, backwards);
        assert_eq!(forwards[2], "c");
        assert_ne!(forwards[0], forwards[1]);
    }

    #[test]
    fn a_model_in_two_parts_gets_two_folders() {
        assert_eq!(model_slugs(&["m", "m", "m"]), ["m", "m-2", "m-3"]);
        let with_lookalike = model_slugs(&["m", "m", "m-2"]);
        assert_eq!(with_lookalike, ["m", "m-3", "m-2"]);
    }
}
