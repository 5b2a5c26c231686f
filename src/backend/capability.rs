//! What a model can do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a backend can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// Continues plain text.
    pub generate: bool,
    /// Messages through a chat template.
    pub chat: bool,
    /// Log-probabilities of given tokens.
    pub score: bool,
    /// Mean and standard deviation of the log-probabilities over the vocabulary, at every position.
    pub vocab_stats: bool,
    pub embed: bool,
    /// Cuts a text in the model's own tokens. All models of older records could.
    #[serde(default = "yes")]
    pub tokenize: bool,
    /// Picks one of several given answers by the log-probabilities of the first token that it would say: a substitute for
    /// `score`, marked as approximate wherever it shows.
    #[serde(default)]
    pub choose: bool,
    /// Log-probabilities of given ids, however a text would be cut; the tokenizer is known, its end-of-text id too.
    #[serde(default)]
    pub score_tokens: bool,
    /// Norms of the gradient of a text's loss by the parameters.
    #[serde(default)]
    pub gradients: bool,
}

fn yes() -> bool {
    true
}

/// One of the things in [`Capabilities`], for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    Generate,
    Chat,
    Score,
    VocabStats,
    Embed,
    Tokenize,
    Choose,
    ScoreTokens,
    Gradients,
}

impl Capabilities {
    /// Whether `capability` is declared.
    #[must_use]
    pub fn has(self, capability: Capability) -> bool {
        match capability {
            Capability::Generate => self.generate,
            Capability::Chat => self.chat,
            Capability::Score => self.score,
            Capability::VocabStats => self.vocab_stats,
            Capability::Embed => self.embed,
            Capability::Tokenize => self.tokenize,
            Capability::Choose => self.choose,
            Capability::ScoreTokens => self.score_tokens,
            Capability::Gradients => self.gradients,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generate => "generate",
            Self::Chat => "chat",
            Self::Score => "score",
            Self::VocabStats => "vocab_stats",
            Self::Embed => "embed",
            Self::Tokenize => "tokenize",
            Self::Choose => "choose",
            Self::ScoreTokens => "score_tokens",
            Self::Gradients => "gradients",
        })
    }
}
