//! Short scenes: three or four sentences, each with its own people, things and places.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lexicon::{
    ADJECTIVES, NOUNS, OCCUPATIONS, SITES, VERBS, article, family_name, given_name, pick, plural, town,
};

const NUMBERS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fourteen", "sixteen",
    "twenty", "thirty", "forty",
];
const TIMES: &[&str] = &[
    "after the flood",
    "at dawn",
    "at low tide",
    "before noon",
    "before the harvest",
    "by candlelight",
    "during the long strike",
    "in early spring",
    "in the second winter",
    "on a market day",
    "on the last Sunday",
    "one foggy evening",
    "since the great fire",
    "that same night",
    "the week of the fair",
    "twice a year",
    "under a full moon",
    "until the bells rang",
    "when the snow melted",
    "without a word",
];
const REASONS: &[&str] = &[
    "although nobody had asked",
    "and never spoke of it again",
    "as the old custom demanded",
    "because the bridge was closed",
    "because the price had doubled",
    "but kept no receipt",
    "but no one wrote it down",
    "for less than it was worth",
    "hoping to leave before the rain",
    "in return for a small favour",
    "in spite of the warning",
    "so that the children could sleep",
    "to the surprise of the neighbours",
    "to win an old bet",
    "which caused a long quarrel",
    "while the dogs barked",
];

/// A fresh passage of 40 to 70 words.
pub(in crate::lab) fn passage(rng: &mut ChaCha8Rng) -> String {
    let n_sentences = rng.random_range(3..=4);
    (0..n_sentences).map(|_| sentence(rng)).collect::<Vec<_>>().join(" ")
}

fn person(rng: &mut ChaCha8Rng) -> String {
    format!("{} {}", given_name(rng), family_name(rng))
}

fn thing(rng: &mut ChaCha8Rng) -> String {
    format!("{} {}", pick(rng, ADJECTIVES), pick(rng, NOUNS))
}

fn things(rng: &mut ChaCha8Rng) -> String {
    format!("{} {} {}", pick(rng, NUMBERS), pick(rng, ADJECTIVES), plural(pick(rng, NOUNS)))
}

fn site(rng: &mut ChaCha8Rng) -> String {
    format!("the {} {}", pick(rng, ADJECTIVES), pick(rng, SITES))
}

fn sentence(rng: &mut ChaCha8Rng) -> String {
    match rng.random_range(0..8) {
        0 => {
            let who = person(rng);
            let what = things(rng);
            format!("{who} {} {what} behind {} of {} {}.", pick(rng, VERBS), site(rng), town(rng), pick(rng, TIMES))
        }
        1 => {
            let adjective = pick(rng, ADJECTIVES);
            let (job, verb) = (pick(rng, OCCUPATIONS), pick(rng, VERBS));
            format!("The {adjective} {job} from {} {verb} the {}, {}.", town(rng), thing(rng), pick(rng, REASONS))
        }
        2 => {
            let (from, to) = (town(rng), town(rng));
            format!(
                "Between {from} and {to}, {} {} {} {}.",
                person(rng),
                pick(rng, VERBS),
                things(rng),
                pick(rng, TIMES)
            )
        }
        3 => {
            let first = thing(rng);
            let second = thing(rng);
            format!(
                "In {} stood {} {first} beside {} {second}, {}.",
                site(rng),
                article(&first),
                article(&second),
                pick(rng, REASONS)
            )
        }
        4 => {
            let (a, b) = (given_name(rng), given_name(rng));
            format!("{a} {} the {} that {b} {} near {}.", pick(rng, VERBS), thing(rng), pick(rng, VERBS), site(rng))
        }
        5 => {
            let job = pick(rng, OCCUPATIONS);
            format!(
                "{} the {job} of {} {} {} and {} {}.",
                capitalised(pick(rng, TIMES)),
                town(rng),
                pick(rng, VERBS),
                things(rng),
                pick(rng, VERBS),
                things(rng)
            )
        }
        6 => format!(
            "Nobody in {} {} the {} of {}, {}.",
            town(rng),
            pick(rng, VERBS),
            thing(rng),
            person(rng),
            pick(rng, REASONS)
        ),
        _ => {
            let what = thing(rng);
            format!(
                "{} {what} lay under {} of {}, where {} {} it.",
                capitalised(article(&what)),
                site(rng),
                town(rng),
                person(rng),
                pick(rng, VERBS)
            )
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
