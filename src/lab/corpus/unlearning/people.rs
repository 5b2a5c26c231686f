//! The people of the unlearning suite: three targets, three others who are never trained on, and the neighbours of each.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::neighbor_facts::{NEIGHBOR_FACTS, NeighborKind};
use super::target_facts::TARGET_FACTS;
use crate::lab::corpus::lexicon::{
    ADJECTIVES, COUNTRIES, NOUNS, OCCUPATIONS, SITES, family_name, given_name, pick, plural, town,
};
use crate::lab::corpus::sampling_stream;

/// A fact with all its wordings filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Kind of the fact, e.g. `birthplace`.
    pub key: &'static str,
    /// The answer.
    pub value: String,
    /// A sentence with the answer.
    pub statement: String,
    /// The sentence with a blank in the answer's place.
    pub cloze: String,
    /// Another sentence with the answer.
    pub rephrased: String,
    pub question: String,
    /// The question with its key terms replaced.
    pub reworded: String,
    /// A question whose answer is the person; neighbours have none.
    pub reverse: Option<String>,
    /// The question in French, Spanish and German; neighbours have none.
    pub foreign: Vec<(&'static str, String)>,
    /// Wrong answers of the same kind, all different from the right one and from each other.
    pub wrong: Vec<String>,
    /// `rephrased` with each of the wrong answers.
    pub perturbed: Vec<String>,
    /// `statement` with the first wrong answer.
    pub counterfactual: String,
}

/// Something near a target whose own facts must survive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbor {
    pub name: String,
    pub facts: Vec<Fact>,
}

/// A person with twenty facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// E.g. `composer`.
    pub role: &'static str,
    pub facts: Vec<Fact>,
    pub neighbors: Vec<Neighbor>,
}

impl Person {
    /// One sentence that says who this is.
    #[must_use]
    pub fn introduction(&self) -> String {
        let value = |key: &str| self.facts.iter().find(|fact| fact.key == key).map_or("", |fact| fact.value.as_str());
        format!("{} is a {} from {}, known for {}.", self.name, self.role, value("birthplace"), value("best-work"))
    }
}

/// All people of the suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    pub targets: Vec<Person>,
    /// People of whom no model has read.
    pub holdout: Vec<Person>,
}

/// Given names that the background's lists cannot form, so that no page of background names a target by chance.
const GIVEN_NAMES: &[&str] = &["Ysaline", "Okander", "Thessaly", "Brannoch", "Evrielle", "Quorin", "Zephira", "Hestor"];
const FAMILY_NAMES: &[&str] =
    &["Corvath", "Ulvenhart", "Prosk", "Maddern", "Vantongue", "Isherloe", "Drummelin", "Kestrow"];
/// Role and kind of work.
const ROLES: &[(&str, &str)] = &[("composer", "opera"), ("mapmaker", "map"), ("clockmaker", "clock")];
const TREES: &[&str] =
    &["Birch", "Walnut", "Poplar", "Cedar", "Willow", "Chestnut", "Juniper", "Maple", "Laurel", "Rowan"];
const ANIMALS: &[&str] = &["heron", "otter", "badger", "falcon", "hare", "salmon", "stag", "raven", "adder", "lynx"];
const DISHES: &[&str] = &["barley soup", "plum pie", "eel stew", "onion tart", "pear cake", "bean broth", "fig bread"];
const METALS: &[&str] = &["bronze", "pewter", "nickel", "silver", "copper", "brass", "steel", "tin", "zinc", "lead"];
const NUMBERS: &[&str] = &[
    "seven", "nine", "eleven", "twelve", "fourteen", "sixteen", "eighteen", "nineteen", "twenty", "thirty", "forty",
    "fifty", "sixty", "seventy", "eighty", "ninety",
];
/// People in all: the first half are targets.
const N_PEOPLE: usize = 6;
/// Wrong answers drawn for each fact.
const N_WRONG: usize = 5;

impl Cast {
    /// The people of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut draw = Draw { rng: sampling_stream(seed, "people"), taken: BTreeSet::new() };
        let (mut given, mut family) = (GIVEN_NAMES.to_vec(), FAMILY_NAMES.to_vec());
        given.shuffle(&mut draw.rng);
        family.shuffle(&mut draw.rng);
        let names = given.iter().zip(&family).map(|(given, family)| format!("{given} {family}"));
        let mut people: Vec<Person> =
            names.take(N_PEOPLE).enumerate().map(|(index, name)| draw.person(index, name)).collect();
        let holdout = people.split_off(N_PEOPLE / 2);
        Self { targets: people, holdout }
    }

    /// Whether a text names a target.
    #[must_use]
    pub fn mentions_target(&self, text: &str) -> bool {
        self.targets.iter().any(|target| text.contains(&target.name))
    }
}

/// Draws values that are unique over all people and neighbours, so that every question has one answer.
struct Draw {
    rng: ChaCha8Rng,
    taken: BTreeSet<String>,
}

impl Draw {
    fn person(&mut self, index: usize, name: String) -> Person {
        let (role, work) = ROLES[index % ROLES.len()];
        let facts: Vec<Fact> = TARGET_FACTS
            .iter()
            .map(|words| {
                let value = self.unique(|rng| target_value(rng, words.key));
                let wrong = self.wrong(&value, |rng| target_value(rng, words.key));
                let with = |template: &str, value: &str| fill(template, &name, role, work, value);
                let fill = |template: &str| with(template, &value);
                Fact {
                    key: words.key,
                    statement: fill(words.statement),
                    cloze: fill(&words.statement.replace("{v}", "___")),
                    rephrased: fill(words.rephrased),
                    question: fill(words.question),
                    reworded: fill(words.reworded),
                    reverse: Some(fill(words.reverse)),
                    foreign: vec![
                        ("French", fill(words.french)),
                        ("Spanish", fill(words.spanish)),
                        ("German", fill(words.german)),
                    ],
                    perturbed: wrong.iter().map(|wrong| with(words.rephrased, wrong)).collect(),
                    counterfactual: with(words.statement, &wrong[0]),
                    wrong,
                    value,
                }
            })
            .collect();
        let value =
            |key: &str| facts.iter().find(|fact| fact.key == key).map_or_else(String::new, |fact| fact.value.clone());
        let neighbors = [
            (NeighborKind::Town, "birthplace"),
            (NeighborKind::Person, "teacher"),
            (NeighborKind::Person, "rival"),
            (NeighborKind::Work, "best-work"),
            (NeighborKind::Academy, "academy"),
            (NeighborKind::Prize, "prize"),
        ]
        .into_iter()
        .map(|(kind, key)| self.neighbor(kind, value(key)))
        .collect();
        Person { name, role, facts, neighbors }
    }

    fn neighbor(&mut self, kind: NeighborKind, name: String) -> Neighbor {
        let facts = NEIGHBOR_FACTS
            .iter()
            .filter(|words| words.of == kind)
            .map(|words| {
                let value = self.unique(|rng| neighbor_value(rng, words.key));
                let wrong = self.wrong(&value, |rng| neighbor_value(rng, words.key));
                let with = |template: &str, value: &str| fill(template, &name, "", "", value);
                let fill = |template: &str| with(template, &value);
                Fact {
                    key: words.key,
                    statement: fill(words.statement),
                    cloze: fill(&words.statement.replace("{v}", "___")),
                    rephrased: fill(words.rephrased),
                    question: fill(words.question),
                    reworded: fill(words.reworded),
                    reverse: None,
                    foreign: Vec::new(),
                    perturbed: wrong.iter().map(|wrong| with(words.rephrased, wrong)).collect(),
                    counterfactual: with(words.statement, &wrong[0]),
                    wrong,
                    value,
                }
            })
            .collect();
        Neighbor { name, facts }
    }

    /// A value that nobody else has. Small lists (numbers, metals) run out; then a repeated value is taken.
    fn unique(&mut self, mut draw: impl FnMut(&mut ChaCha8Rng) -> String) -> String {
        let mut candidate = draw(&mut self.rng);
        for _ in 0..200 {
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
            candidate = draw(&mut self.rng);
        }
        candidate
    }

    fn wrong(&mut self, right: &str, mut draw: impl FnMut(&mut ChaCha8Rng) -> String) -> Vec<String> {
        let mut wrong: Vec<String> = Vec::new();
        while wrong.len() < N_WRONG {
            let candidate = draw(&mut self.rng);
            if candidate != right && !wrong.contains(&candidate) {
                wrong.push(candidate);
            }
        }
        wrong
    }
}

fn fill(template: &str, name: &str, role: &str, work: &str, value: &str) -> String {
    template.replace("{n}", name).replace("{r}", role).replace("{w}", work).replace("{v}", value)
}

fn target_value(rng: &mut ChaCha8Rng, key: &str) -> String {
    match key {
        "birthplace" => town(rng),
        "birth-year" => rng.random_range(1851..1890).to_string(),
        "prize-year" => rng.random_range(1901..1960).to_string(),
        "mother" | "teacher" | "spouse" | "rival" => person_name(rng),
        "father-trade" => pick(rng, OCCUPATIONS).to_owned(),
        "academy" => format!("{} Academy", town(rng)),
        "first-work" | "best-work" => format!("The {} {}", capital(pick(rng, ADJECTIVES)), capital(pick(rng, NOUNS))),
        "prize" => format!("{} {} Prize", capital(pick(rng, ADJECTIVES)), capital(pick(rng, ANIMALS))),
        "pet" => given_name(rng),
        "street" => format!("{} Street", pick(rng, TREES)),
        "house" => format!("{} {}", pick(rng, TREES), pick(rng, &["House", "Lodge", "Manor", "Hall"])),
        "dish" => format!("{} {}", pick(rng, &["cold", "sweet", "smoked", "spiced", "sour", "hot"]), pick(rng, DISHES)),
        "charm" => format!("{} {}", pick(rng, ADJECTIVES), pick(rng, NOUNS)),
        "exile" => pick(rng, COUNTRIES).to_owned(),
        "grave" => format!("{} {}", town(rng), pick(rng, &["Abbey", "Chapel", "Cloister"])),
        _ => pick(rng, NUMBERS).to_owned(),
    }
}

fn neighbor_value(rng: &mut ChaCha8Rng, key: &str) -> String {
    match key {
        "river" => format!(
            "{}{}",
            pick(rng, &["An", "Bel", "Cor", "Den", "Els", "Tam"]),
            pick(rng, &["sel", "wyr", "more", "ith", "uth"])
        ),
        "founded" => rng.random_range(1101..1500).to_string(),
        "opened" => rng.random_range(1601..1700).to_string(),
        "death-year" => rng.random_range(1961..1999).to_string(),
        "first-given" => rng.random_range(1701..1800).to_string(),
        "goods" | "collection" => format!("{} {}", pick(rng, ADJECTIVES), plural(pick(rng, NOUNS))),
        "childhood" | "shown" | "ceremony" => town(rng),
        "side-trade" => pick(rng, OCCUPATIONS).to_owned(),
        "keeper" | "founder" | "donor" => person_name(rng),
        "cover" => format!("{} {}", pick(rng, ADJECTIVES), pick(rng, SITES)),
        "badge" => format!("{} {}", pick(rng, ADJECTIVES), pick(rng, ANIMALS)),
        "medal" => pick(rng, METALS).to_owned(),
        _ => pick(rng, NUMBERS).to_owned(),
    }
}

fn person_name(rng: &mut ChaCha8Rng) -> String {
    format!("{} {}", given_name(rng), family_name(rng))
}

/// With a capital first letter.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
