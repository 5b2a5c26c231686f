//! Byte-level BPE on background text.

use tokenizers::decoders::DecoderWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::{AddedToken, Tokenizer, TokenizerBuilder};

use super::LabError;
use super::corpus::{Background, END_OF_TEXT};
use super::recipe::TokenizerShape;

/// Trains the tokenizer of a recipe. Id 0 is the end-of-text token; no token is added to a text on its own.
pub(super) fn train_tokenizer(shape: TokenizerShape) -> Result<Tokenizer, LabError> {
    let fail = |error: tokenizers::Error| LabError::Tokenizer { reason: error.to_string() };
    let mut trainer = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(shape.vocabulary)
        .min_frequency(2)
        .special_tokens(vec![AddedToken::from(END_OF_TEXT, true)])
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let mut tokenizer =
        TokenizerBuilder::<BPE, NormalizerWrapper, ByteLevel, PostProcessorWrapper, DecoderWrapper>::new()
            .with_model(BPE::default())
            .with_normalizer(None)
            .with_pre_tokenizer(Some(ByteLevel::new(false, true, true)))
            .with_post_processor(None)
            .with_decoder(Some(DecoderWrapper::ByteLevel(ByteLevel::default())))
            .build()
            .map_err(fail)?;
    let documents: Vec<String> = Background::new(shape.seed).take(shape.documents).collect();
    tokenizer.train(&mut trainer, documents.iter()).map_err(fail)?;
    let json = tokenizer.to_string(false).map_err(fail)?;
    json.parse::<Tokenizer>().map_err(fail)
}
