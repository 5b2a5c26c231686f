//! How many tokens a request may have, and has.

/// What a request must fit into, in tokens of the model under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The model's window.
    pub window_tokens: usize,
    /// Kept free for the answer.
    pub answer_tokens: usize,
    /// Kept free because the count is an estimate.
    pub safety_tokens: usize,
}

impl Default for Budget {
    /// Upstream's: 128,000 less 2,048 less 512.
    fn default() -> Self {
        Self { window_tokens: 128_000, answer_tokens: 2048, safety_tokens: 512 }
    }
}

impl Budget {
    /// Tokens that the messages of a request may have: 125,440 by default.
    #[must_use]
    pub fn input_tokens(&self) -> usize {
        self.window_tokens.saturating_sub(self.answer_tokens).saturating_sub(self.safety_tokens)
    }
}

/// Upstream's estimate for a chat: each message costs its role, its content and 3 more, the reply 3.
///
/// `messages`: role and content. `count`: tokens of a text by the model's tokenizer.
#[must_use]
pub fn request_tokens(messages: &[(&str, &str)], count: impl Fn(&str) -> usize) -> usize {
    messages.iter().map(|(role, content)| 3 + count(role) + count(content)).sum::<usize>() + 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_budget_is_upstreams() {
        assert_eq!(Budget::default().input_tokens(), 125_440);
        assert_eq!(Budget { window_tokens: 100, ..Budget::default() }.input_tokens(), 0);
    }

    #[test]
    fn every_message_and_the_reply_cost_three_tokens_more() {
        let words = |text: &str| text.split_whitespace().count();
        assert_eq!(request_tokens(&[("system", "be kind"), ("user", "hello")], words), 3 + 1 + 2 + 3 + 1 + 1 + 3);
    }
}
