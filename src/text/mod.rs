//! Text as the reference programs cut it: sentences, words, tokens. Knows nothing of data sets, models or scores, so that every room may
//! use it.
//!
//! - [`python_text`]: white space, words and digits as Python sees them;
//! - [`sentence`]: the sentences and words of a text, as NLTK finds them;
//! - [`o200k`]: the tokens of a text in the encoding of OpenAI's `gpt-4o`.

pub mod o200k;
pub mod python_text;
pub mod sentence;
