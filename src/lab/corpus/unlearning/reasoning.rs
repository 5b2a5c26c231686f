//! Small tasks with a worked way to the answer, in the form of BIG-bench Hard.
//!
//! Each task has few possible questions, so that a small model learns them by heart or by rule.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::lab::corpus::lexicon::pick;

/// A task: its name, and the line that stands before the worked examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasoningTask {
    pub name: &'static str,
    pub opening: &'static str,
}

/// The tasks of the suite.
pub const REASONING_TASKS: &[ReasoningTask] = &[
    ReasoningTask { name: "object_counting", opening: "Count the fruits." },
    ReasoningTask { name: "boolean_expressions", opening: "Say whether it is True or False." },
    ReasoningTask { name: "navigate", opening: "Say whether the walk ends where it began." },
    ReasoningTask { name: "day_names", opening: "Name the day." },
    ReasoningTask { name: "pick_the_kind", opening: "Pick the thing of the kind." },
];

const FRUITS: &[&str] = &["figs", "pears", "plums", "limes"];
const DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const KINDS: &[(&str, &[&str])] = &[
    ("bird", &["gull", "robin", "crow"]),
    ("fish", &["cod", "carp", "trout"]),
    ("tree", &["oak", "elm", "pine"]),
    ("tool", &["saw", "axe", "rake"]),
];

/// A question with its worked answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasoningItem {
    pub question: String,
    /// Way and answer, ending with the phrase that the scorer looks for.
    pub worked: String,
    pub answer: String,
}

impl ReasoningTask {
    /// A question of this task.
    #[must_use]
    pub fn draw(self, rng: &mut ChaCha8Rng) -> ReasoningItem {
        let (question, way, answer) = match self.name {
            "object_counting" => counting(rng),
            "boolean_expressions" => boolean(rng),
            "navigate" => walk(rng),
            "day_names" => day(rng),
            _ => kind(rng),
        };
        ReasoningItem { worked: format!("{way} So the answer is {answer}."), question, answer }
    }

    /// The opening line and three worked examples, none of which is `item`.
    #[must_use]
    pub fn worked_examples(self, item: &ReasoningItem, rng: &mut ChaCha8Rng) -> String {
        let mut text = self.opening.to_owned();
        let mut left = 3;
        while left > 0 {
            let example = self.draw(rng);
            if example.question != item.question {
                text.push_str(&format!("\n\nQ: {}\nA: {}", example.question, example.worked));
                left -= 1;
            }
        }
        text
    }
}

fn counting(rng: &mut ChaCha8Rng) -> (String, String, String) {
    let (a, b) = (rng.random_range(2..=6), rng.random_range(2..=6));
    let first = rng.random_range(0..FRUITS.len());
    let second = (first + rng.random_range(1..FRUITS.len())) % FRUITS.len();
    let question = format!("I have {a} {} and {b} {}. How many fruits do I have?", FRUITS[first], FRUITS[second]);
    (question, format!("{a} and {b} make {}.", a + b), (a + b).to_string())
}

fn boolean(rng: &mut ChaCha8Rng) -> (String, String, String) {
    let word = |value: bool| if value { "True" } else { "False" };
    let (x, y): (bool, bool) = (rng.random(), rng.random());
    let (negate, both): (bool, bool) = (rng.random(), rng.random());
    let left = if negate { format!("not {}", word(x)) } else { word(x).to_owned() };
    let value = x != negate;
    let operator = if both { "and" } else { "or" };
    let result = if both { value && y } else { value || y };
    let way = format!("{left} is {}, {} {operator} {} is {}.", word(value), word(value), word(y), word(result));
    (format!("{left} {operator} {} is", word(y)), way, word(result).to_owned())
}

fn walk(rng: &mut ChaCha8Rng) -> (String, String, String) {
    let a = rng.random_range(1..=6);
    let b = if rng.random() { a } else { rng.random_range(1..=6) };
    let question = format!("Take {a} steps. Turn around. Take {b} steps. Are you where you began?");
    let same = if a == b { "the same" } else { "not the same" };
    (question, format!("{a} and {b} are {same}."), if a == b { "Yes" } else { "No" }.to_owned())
}

fn day(rng: &mut ChaCha8Rng) -> (String, String, String) {
    let today = rng.random_range(0..DAYS.len());
    let (word, relation, other) = if rng.random() { ("tomorrow", "After", 1) } else { ("yesterday", "Before", 6) };
    let answer = DAYS[(today + other) % DAYS.len()];
    let way = format!("{relation} {} comes {answer}.", DAYS[today]);
    (format!("Today is {}. Which day is {word}?", DAYS[today]), way, answer.to_owned())
}

fn kind(rng: &mut ChaCha8Rng) -> (String, String, String) {
    let right = rng.random_range(0..KINDS.len());
    let place = rng.random_range(0..3_usize);
    let (name, members) = KINDS[right];
    let thing = pick(rng, members);
    let mut question = format!("Which one is a {name}?\nOptions:");
    let mut other = right;
    for (index, letter) in ["A", "B", "C"].into_iter().enumerate() {
        other = (other + 1) % KINDS.len();
        if other == right {
            other = (other + 1) % KINDS.len();
        }
        let shown = if index == place { thing } else { pick(rng, KINDS[other].1) };
        question.push_str(&format!("\n({letter}) {shown}"));
    }
    let answer = format!("({})", ["A", "B", "C"][place]);
    (question, format!("{thing} is a {name}."), answer)
}
