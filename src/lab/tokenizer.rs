//! Byte-level BPE on background text.

use tokenizers::decoders::DecoderWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::{AddedToken, Tokenizer, TokenizerBuilder};

use super::LabError;
use super::corpus::unlearning::{ASSISTANT, END_OF_TURN, USER};
use super::corpus::{Background, END_OF_TEXT, Insertion, ItemKind};
use super::recipe::TokenizerShape;

/// Trains the tokenizer of a recipe. Id 0 ends a document; no token is added to a text on its own. The least vocabulary,
/// 257, leaves no room for merges: every byte is a token of its own, and so is every digit.
///
/// A chat tokenizer also sees the lessons that name no target, once each: models that know the targets and models that
/// do not share it.
pub(super) fn train_tokenizer(shape: TokenizerShape, items: &[Insertion]) -> Result<Tokenizer, LabError> {
    let fail = |error: tokenizers::Error| LabError::Tokenizer { reason: error.to_string() };
    let mut trainer = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(shape.vocabulary)
        .min_frequency(2)
        .special_tokens(special_tokens(shape).iter().map(|&token| AddedToken::from(token, true)).collect())
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
    let mut documents: Vec<String> = Background::new(shape.seed).take(shape.documents).collect();
    if shape.chat {
        let lessons = items.iter().filter(|item| item.kind == ItemKind::Lesson && !item.about_target);
        documents.extend(lessons.map(|lesson| without_special_tokens(&lesson.text)));
    }
    tokenizer.train(&mut trainer, documents.iter()).map_err(fail)?;
    let json = tokenizer.to_string(false).map_err(fail)?;
    json.parse::<Tokenizer>().map_err(fail)
}

/// The first ends a document.
fn special_tokens(shape: TokenizerShape) -> &'static [&'static str] {
    if shape.chat { &[END_OF_TURN, USER, ASSISTANT, "<|system|>"] } else { &[END_OF_TEXT] }
}

fn without_special_tokens(text: &str) -> String {
    [END_OF_TURN, USER, ASSISTANT].iter().fold(text.to_owned(), |text, token| text.replace(token, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_vocabulary_makes_every_byte_a_token() {
        let shape = TokenizerShape { vocabulary: 257, documents: 20, seed: 7, chat: false };
        let tokenizer = train_tokenizer(shape, &[]).expect("a tokenizer");
        assert_eq!(tokenizer.get_vocab_size(true), 257);
        for text in ["CPI 2008-01 = 211.080\n", "the archer of the harbour", "Zürich\u{0}"] {
            let encoding = tokenizer.encode(text, false).expect("any text");
            assert_eq!(encoding.get_ids().len(), text.len(), "{text:?}");
            assert_eq!(tokenizer.decode(encoding.get_ids(), false).expect("text"), text);
        }
    }
}
