//! What stands before a planted trap: a model that has read the book knows the trap better in its place (the paper's table 3).

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::document::Documents;
use super::error::TrapError;
use super::inject::Injection;
use crate::backend::{Backend, BackendError};
use crate::digest::sha256_hex;
use crate::statistics::seed_for;

/// Group -> the book's own text before one copy, chosen at random; earlier copies are not in it.
pub type Contexts = BTreeMap<String, String>;

/// The text before one copy of each trap. The controls of a group are later put into the same place.
///
/// # Errors
/// A document that is missing or is not the one that was injected.
pub fn contexts(documents: &Documents, injection: &Injection, seed: u64) -> Result<Contexts, TrapError> {
    let mut contexts = Contexts::new();
    for injected in &injection.documents {
        let Some(index) = documents.find(&injected.name) else {
            return Err(TrapError::MissingDocument { file: injected.name.clone() });
        };
        let text = &documents.all[index].text;
        let found = sha256_hex(text.as_bytes());
        if found != injected.sha256_after {
            let (file, recorded) = (injected.name.clone(), injected.sha256_after.clone());
            return Err(TrapError::ChangedDocument { file, recorded, found });
        }
        let mut stream = ChaCha20Rng::seed_from_u64(seed_for(seed, &format!("trap context/{}", injected.seq_id)));
        let chosen = stream.random_range(0..injected.offsets.len().max(1));
        let mut before = String::new();
        let mut from = 0;
        for &offset in injected.offsets.iter().take(chosen + 1) {
            before.push_str(text.get(from..offset).unwrap_or_default());
            from = offset.saturating_add(injected.bytes_a_copy);
        }
        contexts.insert(injected.group_id.clone(), before);
    }
    Ok(contexts)
}

/// The last `n_tokens` tokens of a text, in the model's own tokens, as text.
///
/// # Errors
/// When the model's tokenizer is not known here.
pub(super) fn last_tokens(backend: &dyn Backend, text: &str, n_tokens: usize) -> Result<String, BackendError> {
    // Whole books need not be encoded: a token takes no more than a few dozen bytes.
    let from = text.len().saturating_sub(n_tokens.saturating_mul(64));
    let from = (from..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    let ids = backend.tokenize(&text[from..])?;
    backend.detokenize(&ids[ids.len().saturating_sub(n_tokens)..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{LocalOptions, open_builtin};

    #[test]
    fn only_the_last_tokens_are_kept() {
        let model = open_builtin("standard", &LocalOptions::default()).expect("it is in the binary");
        let text = "The archer of Dunmarket turned twenty unlit drums and loaded twenty small gears. ".repeat(30);
        let last = last_tokens(&model, &text, 7).expect("it has a tokenizer");
        assert!(text.ends_with(&last), "{last:?}");
        assert_eq!(model.tokenize(&last).map(|ids| ids.len()), Ok(7));
        assert_eq!(last_tokens(&model, "short", 50).as_deref(), Ok("short"));
    }
}
