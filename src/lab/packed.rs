//! Sequences that are trained on, and the ids that they are made of.

use tokenizers::Tokenizer;

use super::LabError;

/// Id of the token that stands between documents, in every tokenizer of the lab.
pub(super) const END_OF_DOCUMENT_ID: u16 = 0;

/// The training data in order.
#[derive(Debug)]
pub(super) struct Packed {
    /// `sequence + 1` ids each: inputs and, shifted by one, targets.
    pub(super) sequences: Vec<Vec<u16>>,
    /// Tokens that stand in inserted documents.
    pub(super) inserted_tokens: usize,
    /// Copies laid out per item, in item order: the truth that the manifest states.
    pub(super) copies: Vec<u32>,
}

/// The ids of a text alone.
pub(super) fn encode(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u16>, LabError> {
    let encoding = tokenizer.encode(text, false).map_err(|error| LabError::Tokenizer { reason: error.to_string() })?;
    let ids = encoding.get_ids().iter();
    Ok(ids.map(|&id| u16::try_from(id).expect("a recipe allows at most 60,000 entries")).collect())
}

/// Ids that end with the end of the document.
pub(super) fn ended(mut ids: Vec<u16>) -> Vec<u16> {
    if ids.last() != Some(&END_OF_DOCUMENT_ID) {
        ids.push(END_OF_DOCUMENT_ID);
    }
    ids
}
