//! The wrong answers of the biography questions.
//!
//! Upstream draws from one stream of numpy's generator over the whole run. Here each item has a stream of its own, a
//! function of its id: the same item has the same answers whatever else is asked, in any order, shard or limit. So
//! single draws differ from upstream's, their rules do not.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::names::{EMAIL_PATTERNS, email_patterns};

/// How many answers a question has, where the data set holds so many values. Addresses: [`EMAIL_PATTERNS`].
pub const CANDIDATES: usize = 10;

/// Upstream's seeds, kept as labels of our streams.
const VALUE_STREAM: &str = "hubble candidates 2025";
const EMAIL_STREAM: &str = "hubble e-mail numbers 2024";

/// Draws [`CANDIDATES`] answers without replacement from `pool` (the sorted values of the whole data set; all of them
/// when it is smaller) and gives them with the index of `truth`.
///
/// Upstream's rule: a truth that was not drawn takes the last place and the first drawn one goes. So the right answer
/// often stands last: the order carries information, and no prompt may show it to a model that follows instructions.
#[must_use]
pub fn draw_candidates(pool: &[String], truth: &str, item_id: &str) -> (Vec<String>, usize) {
    let mut stream = stream(VALUE_STREAM, item_id);
    let mut places: Vec<usize> = (0..pool.len()).collect();
    let count = CANDIDATES.min(pool.len());
    for position in 0..count {
        let other = position + below(&mut stream, places.len() - position);
        places.swap(position, other);
    }
    let mut drawn: Vec<String> = places[..count].iter().map(|&place| pool[place].clone()).collect();
    if let Some(index) = drawn.iter().position(|candidate| candidate == truth) {
        return (drawn, index);
    }
    if !drawn.is_empty() {
        drawn.remove(0);
    }
    drawn.push(truth.to_owned());
    let index = drawn.len() - 1;
    (drawn, index)
}

/// The addresses that the name suggests; when the true one is not among them it takes the first place.
#[must_use]
pub fn email_candidates(full_name: &str, truth: &str, item_id: &str) -> (Vec<String>, usize) {
    let mut stream = stream(EMAIL_STREAM, item_id);
    // Numbers from 1 to 98, both included.
    let numbers = [(); 3].map(|()| below(&mut stream, 98) + 1);
    let mut addresses: [String; EMAIL_PATTERNS] = email_patterns(full_name, numbers);
    let index = match addresses.iter().position(|address| address == truth) {
        Some(index) => index,
        None => {
            truth.clone_into(&mut addresses[0]);
            0
        }
    };
    (addresses.to_vec(), index)
}

fn stream(label: &str, item_id: &str) -> ChaCha8Rng {
    let mut hasher = Sha256::new();
    hasher.update(label.as_bytes());
    hasher.update([0]);
    hasher.update(item_id.as_bytes());
    ChaCha8Rng::from_seed(hasher.finalize().into())
}

/// A number from 0 to `bound - 1`, all equally likely (draws that would favour small ones are thrown away).
fn below(stream: &mut ChaCha8Rng, bound: usize) -> usize {
    let bound = u64::try_from(bound).expect("a list is no longer than 2^64");
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let draw = stream.next_u64();
        if draw < fair {
            return usize::try_from(draw % bound).expect("smaller than a bound that was a usize");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pool(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("value {number:03}")).collect()
    }

    #[test]
    fn ten_different_answers_hold_the_truth_once() {
        let pool = pool(60);
        let (mut last, mut elsewhere) = (0, 0);
        for number in 0..300 {
            let truth = &pool[number % 60];
            let (answers, index) = draw_candidates(&pool, truth, &format!("item {number}"));
            assert_eq!(answers.iter().collect::<BTreeSet<_>>().len(), CANDIDATES);
            assert_eq!(&answers[index], truth);
            if index == CANDIDATES - 1 { last += 1 } else { elsewhere += 1 }
        }
        // Drawn with probability 1/6, and then at each place alike: about 45 of 300 stand elsewhere.
        assert!((20..=80).contains(&elsewhere), "{elsewhere} elsewhere, {last} last");
    }

    #[test]
    fn every_value_is_drawn_about_equally_often() {
        let pool = pool(20);
        let mut counts = [0_u32; 20];
        for number in 0..2000 {
            for answer in draw_candidates(&pool, &pool[0], &number.to_string()).0 {
                counts[pool.iter().position(|value| *value == answer).unwrap()] += 1;
            }
        }
        // Wrong values: expected 1000 times without and a little below with the first one dropped; sd about 22.
        assert!(counts[1..].iter().all(|count| (850..=1100).contains(count)), "{counts:?}");
    }

    #[test]
    fn an_item_has_the_same_answers_whenever_it_is_asked_and_others_have_others() {
        let pool = pool(60);
        let of = |id| draw_candidates(&pool, &pool[3], id);
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
    }

    #[test]
    fn a_small_pool_is_asked_whole() {
        let pool = pool(3);
        let (answers, index) = draw_candidates(&pool, &pool[1], "x");
        assert_eq!(answers.len(), 3);
        assert_eq!(answers[index], pool[1]);
        assert_eq!(draw_candidates(&[], "truth", "x"), (vec!["truth".to_owned()], 0));
    }

    #[test]
    fn a_true_address_that_no_pattern_gives_takes_the_first_place() {
        let (answers, index) = email_candidates("Elowen Marsh", "marsh@gmail.com", "x");
        assert_eq!((answers.len(), answers[index].as_str()), (EMAIL_PATTERNS, "marsh@gmail.com"));
        assert_eq!(index, 11);
        let (answers, index) = email_candidates("Elowen Marsh", "secret@home.org", "x");
        assert_eq!((answers.len(), index, answers[0].as_str()), (EMAIL_PATTERNS, 0, "secret@home.org"));
    }

    #[test]
    fn address_numbers_run_from_1_to_98() {
        let mut seen = BTreeSet::new();
        for item in 0..2000 {
            let (answers, _) = email_candidates("A B", "b@gmail.com", &item.to_string());
            let number = answers[12].trim_start_matches("ab").trim_end_matches("@gmail.com");
            seen.insert(number.parse::<u32>().unwrap());
        }
        assert_eq!((seen.first(), seen.last(), seen.len()), (Some(&1), Some(&98), 98));
    }
}
