//! The wrong answers of upstream's multiple-choice questions, drawn as upstream draws them.
//!
//! One stream of numpy's generator runs over all items of a file in their order, so a file must be opened whole before it
//! is cut: then an item has the same answers whatever else is asked, in any shard or limit.

use super::names::{EMAIL_PATTERNS, email_patterns};
use super::numpy::NumpyGenerator;

/// How many answers a question has, where the data set holds so many values. Addresses: [`EMAIL_PATTERNS`].
pub const CANDIDATES: usize = 10;

/// Seed of upstream's draws of values.
pub const VALUE_SEED: u64 = 2025;
/// Seed of the numbers in upstream's e-mail addresses.
pub const EMAIL_SEED: u64 = 2024;

/// Draws [`CANDIDATES`] answers without replacement from `pool` (the sorted values of the whole data set; all of them
/// when it is smaller) and gives them with the index of `truth`.
///
/// Upstream's rule: a truth that was not drawn takes the last place and the first drawn one goes. So the right answer
/// often stands last: the order carries information, and no prompt may show it to a model that follows instructions.
#[must_use]
pub fn draw_candidates(pool: &[String], truth: &str, stream: &mut NumpyGenerator) -> (Vec<String>, usize) {
    let mut drawn: Vec<String> =
        stream.choice(pool.len(), CANDIDATES).into_iter().map(|place| pool[place].clone()).collect();
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

/// Draws as [`draw_candidates`], by the rule of upstream's chats: the truth stands first, before nine wrong answers; a
/// truth that was not drawn takes the place of the last drawn one.
#[must_use]
pub fn draw_with_truth_first(pool: &[String], truth: &str, stream: &mut NumpyGenerator) -> Vec<String> {
    let mut drawn: Vec<String> =
        stream.choice(pool.len(), CANDIDATES).into_iter().map(|place| pool[place].clone()).collect();
    match drawn.iter().position(|candidate| candidate == truth) {
        Some(index) => {
            drawn.remove(index);
        }
        None => {
            drawn.pop();
        }
    }
    drawn.insert(0, truth.to_owned());
    drawn
}

/// The addresses that the name suggests; when the true one is not among them it takes the first place.
#[must_use]
pub fn email_candidates(full_name: &str, truth: &str, stream: &mut NumpyGenerator) -> (Vec<String>, usize) {
    let mut addresses: [String; EMAIL_PATTERNS] = email_patterns(full_name, email_numbers(stream));
    let index = match addresses.iter().position(|address| address == truth) {
        Some(index) => index,
        None => {
            truth.clone_into(&mut addresses[0]);
            0
        }
    };
    (addresses.to_vec(), index)
}

/// The three numbers of a name's addresses, each from 1 to 98.
#[must_use]
pub fn email_numbers(stream: &mut NumpyGenerator) -> [usize; 3] {
    [(); 3].map(|()| stream.integer(1, 99) as usize)
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
        let mut stream = NumpyGenerator::new(VALUE_SEED);
        let (mut last, mut elsewhere) = (0, 0);
        for number in 0..300 {
            let truth = &pool[number % 60];
            let (answers, index) = draw_candidates(&pool, truth, &mut stream);
            assert_eq!(answers.iter().collect::<BTreeSet<_>>().len(), CANDIDATES);
            assert_eq!(&answers[index], truth);
            if index == CANDIDATES - 1 { last += 1 } else { elsewhere += 1 }
        }
        // Drawn with probability 1/6, and then at each place alike: about 45 of 300 stand elsewhere.
        assert!((20..=80).contains(&elsewhere), "{elsewhere} elsewhere, {last} last");
    }

    #[test]
    fn a_small_pool_is_asked_whole() {
        let pool = pool(3);
        let (answers, index) = draw_candidates(&pool, &pool[1], &mut NumpyGenerator::new(VALUE_SEED));
        assert_eq!(answers.len(), 3);
        assert_eq!(answers[index], pool[1]);
        assert_eq!(draw_candidates(&[], "truth", &mut NumpyGenerator::new(1)), (vec!["truth".to_owned()], 0));
    }

    #[test]
    fn the_truth_of_a_chat_stands_first_before_nine_others() {
        let pool = pool(40);
        let mut stream = NumpyGenerator::new(VALUE_SEED);
        for truth in &pool {
            let answers = draw_with_truth_first(&pool, truth, &mut stream);
            assert_eq!((&answers[0], answers.len()), (truth, CANDIDATES));
            assert_eq!(answers.iter().collect::<BTreeSet<_>>().len(), CANDIDATES);
        }
    }

    #[test]
    fn a_true_address_that_no_pattern_gives_takes_the_first_place() {
        let mut stream = NumpyGenerator::new(EMAIL_SEED);
        let (answers, index) = email_candidates("Elowen Marsh", "marsh@gmail.com", &mut stream);
        assert_eq!((answers.len(), answers[index].as_str()), (EMAIL_PATTERNS, "marsh@gmail.com"));
        assert_eq!((index, answers[12].as_str()), (11, "em24@gmail.com"));
        let (answers, index) = email_candidates("Elowen Marsh", "secret@home.org", &mut stream);
        assert_eq!((answers.len(), index, answers[0].as_str()), (EMAIL_PATTERNS, 0, "secret@home.org"));
    }
}
