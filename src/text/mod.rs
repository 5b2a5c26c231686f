//! Text as the reference programs cut it: sentences and words. Knows nothing of data sets, models or scores, so that every room may
//! use it.
//!
//! - [`python_text`]: white space, words and digits as Python sees them;
//! - [`sentence`]: the sentences and words of a text, as NLTK finds them;

pub mod python_text;
pub mod sentence;
