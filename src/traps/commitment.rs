//! What can be published now and opened later: salted hashes, their Merkle root, the seed's commitment, the lottery.
//!
//! Each is a few lines that a third party can write again in any language; the byte layouts are part of the format.

use sha2::{Digest, Sha256};

use crate::digest::hex;

/// Hex SHA-256 of salt and UTF-8 text, one behind the other.
///
/// The salt (16 random bytes) keeps a guess of the text from being checked against the published hash.
#[must_use]
pub fn salted_hash(salt: &[u8], text: &str) -> String {
    hex(&Sha256::new().chain_update(salt).chain_update(text.as_bytes()).finalize())
}

/// Hex SHA-256 of the seed as a decimal number in ASCII, followed by the nonce.
#[must_use]
pub fn seed_commitment(seed: u64, nonce: &[u8]) -> String {
    hex(&Sha256::new().chain_update(seed.to_string()).chain_update(nonce).finalize())
}

/// Which sequence of a group is published, from 0: decided by seed and nonce alone, after the sequences were made.
///
/// The first eight bytes (big-endian) of the SHA-256 of `mnemoscope trap lottery`, seed (decimal), nonce, group id, modulo
/// the size of the group. For groups of 20 the modulo favours no sequence by more than 2^-59.
#[must_use]
pub fn draw_trap(seed: u64, nonce: &[u8], group_id: &str, group_size: usize) -> usize {
    let digest = Sha256::new()
        .chain_update("mnemoscope trap lottery")
        .chain_update(seed.to_string())
        .chain_update(nonce)
        .chain_update(group_id)
        .finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, &byte| (number << 8) | u64::from(byte));
    usize::try_from(number % (group_size.max(1) as u64)).unwrap_or_default()
}

/// Hex Merkle root of hashes (raw bytes) in their order; leaves and nodes are told apart as in RFC 6962 (0x00 before a leaf,
/// 0x01 before a pair); a node without a partner moves up as it is. The root of nothing is the hash of nothing.
#[must_use]
pub fn merkle_root(hashes: &[Vec<u8>]) -> String {
    let mut level: Vec<Vec<u8>> =
        hashes.iter().map(|hash| Sha256::new().chain_update([0]).chain_update(hash).finalize().to_vec()).collect();
    if level.is_empty() {
        return hex(&Sha256::digest([]));
    }
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => {
                    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().to_vec()
                }
                alone => alone.concat(),
            })
            .collect();
    }
    hex(&level.concat())
}

/// The bytes of a hexadecimal text; `None` if it is none.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_over_salt_and_text() {
        assert_eq!(salted_hash(b"", ""), crate::digest::sha256_hex(b""));
        assert_eq!(salted_hash(b"ab", "c\u{e9}"), crate::digest::sha256_hex("abc\u{e9}".as_bytes()));
    }

    #[test]
    fn any_change_of_a_hash_or_of_their_order_changes_the_root() {
        let hashes: Vec<Vec<u8>> = (0..5_u8).map(|i| vec![i; 32]).collect();
        let root = merkle_root(&hashes);
        let mut swapped = hashes.clone();
        swapped.swap(3, 4);
        assert_ne!(merkle_root(&swapped), root);
        assert_ne!(merkle_root(&hashes[..4]), root);
        let leaf = Sha256::new().chain_update([0]).chain_update([7_u8; 32]).finalize();
        assert_eq!(merkle_root(&[vec![7; 32]]), hex(&leaf));
    }

    #[test]
    fn the_lottery_is_even_over_many_groups() {
        let mut counts = [0_u32; 20];
        for group in 0..20_000 {
            counts[draw_trap(7, b"nonce", &format!("g{group}"), 20)] += 1;
        }
        // Mean 1,000, standard deviation 31.
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
    }

    #[test]
    fn hexadecimal_is_read_back_or_refused() {
        assert_eq!(from_hex("00ff1a"), Some(vec![0, 255, 26]));
        assert_eq!((from_hex("0"), from_hex("zz"), from_hex("\u{e9}")), (None, None, None));
    }
}
