//! Text to ids and back, by the checkpoint's own tokenizer.json.

use tokenizers::{Tokenizer, TruncationParams};

use super::checkpoint::CheckpointFiles;
use super::config::NetworkConfig;
use crate::backend::error::BackendError;
use crate::backend::open_error::OpenError;
use crate::backend::request::Bos;
use crate::digest::sha256_hex;

/// The tokenizer with what is known about its special tokens.
pub(super) struct TextCodec {
    tokenizer: Tokenizer,
    /// Beginning-of-sequence id, where the checkpoint names one.
    bos_id: Option<u32>,
    /// The BOS, else the end-of-text id, where the checkpoint names one of them.
    prefix_id: Option<u32>,
    /// Whether the file's own post-processor puts it there.
    adds_bos: bool,
    pub(super) sha256: String,
}

impl TextCodec {
    pub(super) fn load(
        source: &CheckpointFiles<'_>,
        config: &NetworkConfig,
        bos_token: Option<&str>,
    ) -> Result<Self, OpenError> {
        Self::read(source.require("tokenizer.json")?.as_slice(), source.label("tokenizer.json"), config, bos_token)
    }

    /// From the text of a tokenizer.json; `file` is named in errors.
    pub(super) fn read(
        bytes: &[u8],
        file: String,
        config: &NetworkConfig,
        bos_token: Option<&str>,
    ) -> Result<Self, OpenError> {
        let fault = |error: tokenizers::Error| OpenError::Tokenizer { file: file.clone(), reason: error.to_string() };
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(fault)?;
        // Some files cut or pad every text; nothing may be cut unseen.
        tokenizer.with_truncation(None).map_err(fault)?;
        tokenizer.with_padding(None);
        let vocabulary = config.vocabulary();
        // Added tokens may stand beyond the rows (Gemma 3's image token does); a text that uses one is refused by itself.
        let largest_id = tokenizer.get_vocab(false).into_values().max().unwrap_or(0);
        if largest_id as usize >= vocabulary {
            return Err(OpenError::VocabularyTooLarge { file, largest_id, rows: vocabulary });
        }
        let bos_id = bos_token
            .and_then(|token| tokenizer.token_to_id(token))
            .or(config.bos_id())
            .filter(|&id| (id as usize) < vocabulary);
        let probe = tokenizer.encode("a", true).map_err(fault)?;
        let adds_bos = bos_id.is_some() && probe.get_ids().first().copied() == bos_id;
        Ok(Self { tokenizer, bos_id, prefix_id: bos_id, adds_bos, sha256: sha256_hex(bytes) })
    }

    /// What `auto` comes to, in words.
    pub(super) fn bos_verdict(&self) -> String {
        match (self.adds_bos, self.bos_id) {
            (true, Some(id)) => format!("auto (the tokenizer adds id {id})"),
            (false, Some(id)) => format!("auto (the tokenizer adds none; the config names id {id})"),
            _ => "auto (the tokenizer adds none)".to_owned(),
        }
    }

    /// Ids that the tokenizer knows, added tokens among them.
    pub(super) fn n_ids(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The id of a token that is spelt so.
    pub(super) fn id_of(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// Ids of a text. With special tokens, the post-processor's output stands as it is, then the BOS rule is applied.
    pub(super) fn encode(&self, text: &str, bos: Bos) -> Result<Vec<u32>, BackendError> {
        let mut ids = self.encode_plain(text, true)?;
        match (bos, self.bos_id) {
            (Bos::Auto, _) => {}
            (Bos::Always, Some(id)) => {
                if ids.first() != Some(&id) {
                    ids.insert(0, id);
                }
            }
            (Bos::Always, None) => {
                return Err(BackendError::Tokenizer {
                    reason: "a BOS was asked for, but neither tokenizer_config.json nor config.json names one".into(),
                });
            }
            (Bos::Never, id) => {
                if id.is_some() && ids.first().copied() == id {
                    ids.remove(0);
                }
            }
            (Bos::Prefix, _) => {
                let Some(id) = self.prefix_id else {
                    return Err(BackendError::Tokenizer {
                        reason:
                            "a token to begin with was asked for, but the checkpoint names neither BOS nor end of text"
                                .into(),
                    });
                };
                if ids.first() != Some(&id) {
                    ids.insert(0, id);
                }
            }
        }
        Ok(ids)
    }

    /// Names the end-of-text token, which stands in for a BOS where a text is to have a beginning ([`Bos::Prefix`]).
    pub(super) fn set_end_of_text(&mut self, token: Option<&str>, of_config: Option<u32>) {
        let end = token.and_then(|token| self.tokenizer.token_to_id(token)).or(of_config);
        self.prefix_id = self.bos_id.or(end);
    }

    /// Ids with or without what the post-processor adds.
    pub(super) fn encode_plain(&self, text: &str, add_special: bool) -> Result<Vec<u32>, BackendError> {
        let encoding = self
            .tokenizer
            .encode(text, add_special)
            .map_err(|error| BackendError::Tokenizer { reason: error.to_string() })?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Ids with special tokens, at most `limit` of them: the last ones of the text are cut.
    pub(super) fn encode_truncated(&self, text: &str, limit: usize) -> Result<Vec<u32>, BackendError> {
        let fault = |error: tokenizers::Error| BackendError::Tokenizer { reason: error.to_string() };
        let mut encoding = self.tokenizer.encode(text, false).map_err(fault)?;
        let added = self.tokenizer.get_post_processor().map_or(0, |processor| {
            use tokenizers::PostProcessor as _;
            processor.added_tokens(false)
        });
        encoding.truncate(limit.saturating_sub(added).max(1), 0, TruncationParams::default().direction);
        Ok(self.tokenizer.post_process(encoding, None, true).map_err(fault)?.get_ids().to_vec())
    }

    pub(super) fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String, BackendError> {
        self.tokenizer.decode(ids, skip_special).map_err(|error| BackendError::Tokenizer { reason: error.to_string() })
    }

    /// One token as the vocabulary spells it.
    pub(super) fn entry(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// One token as people read it; the vocabulary's own spelling where it is a part of a character.
    pub(super) fn piece(&self, id: u32) -> String {
        let decoded = self.tokenizer.decode(&[id], false).unwrap_or_default();
        if decoded.is_empty() || decoded.contains('\u{FFFD}') {
            self.tokenizer.id_to_token(id).unwrap_or_else(|| format!("<{id}>"))
        } else {
            decoded
        }
    }
}
