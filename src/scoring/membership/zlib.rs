//! `zlib`: the mean log-probability over the compressed length (Carlini et al. 2021).

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::attack::{AttackError, AttackInput, AttackScore, mean, target_logprobs};

pub(super) const ID: &str = "zlib";

/// `mean_i l_i / Z`, in nats a token and compressed byte, at most 0. `Z` is [`zlib_length`] of the whole text.
///
/// # Errors
/// A text without a scored token, or a log-probability that is not finite.
pub fn zlib(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let logprobs = target_logprobs(ID, input.target)?;
    Ok(AttackScore::plain(mean(&logprobs) / zlib_length(input.text) as f64))
}

/// Bytes of the zlib stream of the UTF-8 text at level 6, with the 2-byte header and the 4-byte checksum.
///
/// Never 0: the empty text takes 8 bytes. The length is that of the C library zlib; another deflate gives other
/// lengths, and with them other scores. O(n).
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn zlib_length(text: &str) -> usize {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text.as_bytes()).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail").len()
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn lengths_are_those_of_the_c_library() {
        // CPython: len(zlib.compress(b"ok")) == 10, len(zlib.compress(b"")) == 8.
        assert_eq!(zlib_length("ok"), 10);
        assert_eq!(zlib_length(""), 8);
        // CPython: len(zlib.compress(b"abc" * 100)) == 15.
        assert_eq!(zlib_length(&"abc".repeat(100)), 15);
    }

    #[test]
    fn the_score_divides_by_the_length_of_the_text_not_of_its_tokens() {
        let target = scores(&[-4.0, -6.0]);
        let input = AttackInput::new("ok", &target);
        assert_eq!(zlib(&input).map(|s| s.value), Ok(-0.5));
    }
}
