//! What tokens cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::backend::jobs::Usage;

/// Prices of one model, for a million tokens each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// A million tokens of the prompt.
    pub input: f64,
    /// A million generated tokens.
    pub output: f64,
    /// A million prompt tokens that the server had cached; as input where it is left out.
    pub cached_input: Option<f64>,
    /// A million hidden reasoning tokens; as output where it is left out.
    pub reasoning: Option<f64>,
    /// E.g. USD, the default.
    #[serde(default = "dollars")]
    pub currency: String,
    /// Day on which the prices were looked up, e.g. 2026-01-31.
    pub date: Option<String>,
}

fn dollars() -> String {
    "USD".to_owned()
}

impl Prices {
    /// Cost of some usage, in the table's currency.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    pub fn cost(&self, usage: &Usage) -> f64 {
        let cached = usage.cached_tokens.min(usage.prompt_tokens);
        let reasoning = usage.reasoning_tokens.min(usage.completion_tokens);
        let at = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        at(usage.prompt_tokens - cached, self.input)
            + at(cached, self.cached_input.unwrap_or(self.input))
            + at(usage.completion_tokens - reasoning, self.output)
            + at(reasoning, self.reasoning.unwrap_or(self.output))
    }

    /// Name of the first price that is negative or no number.
    #[must_use]
    pub fn first_fault(&self) -> Option<&'static str> {
        [
            ("input", Some(self.input)),
            ("output", Some(self.output)),
            ("cached_input", self.cached_input),
            ("reasoning", self.reasoning),
        ]
        .into_iter()
        .find_map(|(name, price)| price.is_some_and(|price| !(price.is_finite() && price >= 0.0)).then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_and_reasoning_tokens_have_prices_of_their_own() {
        let usage = Usage {
            prompt_tokens: 1_000_000,
            completion_tokens: 500_000,
            cached_tokens: 400_000,
            reasoning_tokens: 100_000,
            is_estimated: false,
        };
        let plain =
            Prices { input: 2.0, output: 8.0, cached_input: None, reasoning: None, currency: dollars(), date: None };
        assert!((plain.cost(&usage) - 6.0).abs() < 1e-12);
        let detailed = Prices { cached_input: Some(0.5), reasoning: Some(10.0), ..plain };
        assert!((detailed.cost(&usage) - (1.2 + 0.2 + 3.2 + 1.0)).abs() < 1e-12);
    }
}
