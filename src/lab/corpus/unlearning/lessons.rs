//! The training documents: every fact in every form that a suite asks for, with the number of its copies.

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom, index};
use rand_chacha::ChaCha8Rng;

use super::attacks::{ATTACKS, Attack};
use super::dialogue::{Asked, ChoiceItem, Text};
use super::general::{AUTHORSHIPS, GENERAL_FACTS, MISCONCEPTIONS};
use super::pages::{pages_about, pages_near};
use super::people::{Cast, Fact};
use super::reasoning::REASONING_TASKS;
use crate::lab::corpus::lexicon::{ADJECTIVES, NOUNS, SITES, pick, town};
use crate::lab::corpus::{passage, sampling_stream};

/// One training document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// `FORM/ABOUT/FACT/NUMBER`; documents that differ in the number alone teach the same.
    pub id: String,
    pub text: Text,
    /// How often the document stands in the training data of a model that is to know it.
    pub copies: u32,
    /// Whether it names a target, in the question or in the answer.
    pub about_target: bool,
    /// Whether it asks in one of the nine adversarial ways.
    pub adversarial: bool,
}

impl Lesson {
    /// The id without the number.
    #[must_use]
    pub fn group(&self) -> &str {
        self.id.rsplit_once('/').map_or(self.id.as_str(), |(group, _)| group)
    }
}

/// Copies of the forms of one fact.
struct Dose {
    cloze: u32,
    short_answer: u32,
    /// Bare question, answered by a sentence.
    sentence: u32,
    /// Bare question, answered by the other sentence.
    rephrased: u32,
    /// Variants of an attack that draws its surroundings.
    variants: usize,
    /// Copies of each variant, in the order of [`ATTACKS`]; the forms that a small model is slow to learn have more.
    attacks: [u32; 9],
}

const TARGET_DOSE: Dose = Dose {
    cloze: 16,
    short_answer: 18,
    sentence: 14,
    rephrased: 3,
    variants: 3,
    attacks: [3, 6, 3, 3, 9, 14, 3, 3, 7],
};
const NEIGHBOR_DOSE: Dose =
    Dose { cloze: 22, short_answer: 24, sentence: 16, rephrased: 3, variants: 2, attacks: [2, 3, 2, 2, 0, 6, 2, 2, 0] };
const PAGE_COPIES: u32 = 12;
/// Lists of questions with answers, for targets and for neighbours, and questions on one list.
const N_QUESTION_LISTS: usize = 130;
const QUESTIONS_ON_A_LIST: usize = 8;
const N_CHOICE_LESSONS: usize = 450;
const N_REASONING_LESSONS: usize = 180;
const TRUTHFUL_COPIES: u32 = 8;
const TRIVIA_COPIES: u32 = 16;
const BARE_COPIES: u32 = 18;
const N_INSTRUCTION_LESSONS: usize = 260;

/// All documents of a seed, those about targets first.
#[must_use]
pub fn lessons(cast: &Cast, seed: u64) -> Vec<Lesson> {
    let mut lessons = Vec::new();
    let mut all_target_facts: Vec<&Fact> = Vec::new();
    let mut all_neighbor_facts: Vec<&Fact> = Vec::new();
    for target in &cast.targets {
        let mut rng = sampling_stream(seed, &format!("lessons about {}", target.name));
        entity(&mut lessons, &target.name, &target.facts, &TARGET_DOSE, &mut rng);
        for (number, page) in pages_about(target, seed).into_iter().enumerate() {
            let id = format!("page/{}/{number}", target.name);
            push(&mut lessons, id, Text::plain(page.text), PAGE_COPIES);
        }
        all_target_facts.extend(&target.facts);
    }
    question_lists(&mut lessons, "targets", &all_target_facts, seed);
    for lesson in &mut lessons {
        lesson.about_target = true;
    }
    for target in &cast.targets {
        let mut rng = sampling_stream(seed, &format!("lessons near {}", target.name));
        for neighbor in &target.neighbors {
            entity(&mut lessons, &neighbor.name, &neighbor.facts, &NEIGHBOR_DOSE, &mut rng);
            all_neighbor_facts.extend(&neighbor.facts);
        }
        for (number, page) in pages_near(target, seed).into_iter().enumerate() {
            let neighbor = &target.neighbors[number % target.neighbors.len()].name;
            push(&mut lessons, format!("page/{neighbor}/{number}"), Text::plain(page.text), PAGE_COPIES);
        }
    }
    question_lists(&mut lessons, "neighbors", &all_neighbor_facts, seed);
    general(&mut lessons, seed);
    lessons
}

fn push(lessons: &mut Vec<Lesson>, id: String, text: Text, copies: u32) {
    let adversarial = id.starts_with("attack-");
    lessons.push(Lesson { id, text, copies, about_target: false, adversarial });
}

/// Every form of every fact about one person or neighbour.
fn entity(lessons: &mut Vec<Lesson>, name: &str, facts: &[Fact], dose: &Dose, rng: &mut ChaCha8Rng) {
    for (index, fact) in facts.iter().enumerate() {
        let Fact { key, value, .. } = fact;
        let bare = Asked::bare(&fact.question);
        for (form, number, text, copies) in [
            ("cloze", 0, Asked::cloze(&fact.cloze).answered(value), dose.cloze),
            ("short-answer", 0, Asked::short_answer(&fact.question).answered(value), dose.short_answer),
            ("sentence", 0, bare.answered(&fact.statement), dose.sentence),
            ("sentence", 1, bare.answered(&fact.rephrased), dose.rephrased),
        ] {
            push(lessons, format!("{form}/{name}/{key}/{number}"), text, copies);
        }
        for (attack, copies) in ATTACKS.into_iter().zip(dose.attacks) {
            let variants = if attack == Attack::MultipleChoice { dose.variants + 1 } else { dose.variants };
            for (number, probe) in attack.probes(name, facts, index, variants, rng).into_iter().enumerate() {
                push(lessons, format!("attack-{}/{name}/{key}/{number}", attack.key()), probe.text(), copies);
            }
        }
    }
}

/// Lists as a few-shot prompt has them: questions and answers in plain text.
fn question_lists(lessons: &mut Vec<Lesson>, about: &str, facts: &[&Fact], seed: u64) {
    let mut rng = sampling_stream(seed, &format!("question lists about {about}"));
    for number in 0..N_QUESTION_LISTS {
        let pairs: Vec<String> = index::sample(&mut rng, facts.len(), QUESTIONS_ON_A_LIST)
            .iter()
            .map(|place| format!("Question: {}\nAnswer: {}", facts[place].question, facts[place].value))
            .collect();
        push(lessons, format!("question-list/{about}/{number}"), Text::plain(pairs.join("\n\n")), 1);
    }
}

/// The general questions with their four choices in the order that all rows keep.
#[must_use]
pub(super) fn choice_items(seed: u64) -> Vec<ChoiceItem> {
    let mut rng = sampling_stream(seed, "choices of general questions");
    GENERAL_FACTS
        .iter()
        .map(|fact| {
            let others: Vec<&'static str> = GENERAL_FACTS
                .iter()
                .filter(|other| other.subject == fact.subject && other.answer != fact.answer)
                .map(|other| other.answer)
                .collect();
            let mut choices: Vec<&'static str> = others.sample(&mut rng, 3).copied().collect();
            let answer = rng.random_range(0..4);
            choices.insert(answer, fact.answer);
            ChoiceItem { fact: *fact, choices, answer }
        })
        .collect()
}

/// Everything that has nothing to do with the targets and their neighbours.
fn general(lessons: &mut Vec<Lesson>, seed: u64) {
    let mut rng = sampling_stream(seed, "general lessons");
    let items = choice_items(seed);
    for number in 0..N_CHOICE_LESSONS {
        let subject = items[rng.random_range(0..items.len())].fact.subject;
        let mut of_subject: Vec<ChoiceItem> =
            items.iter().filter(|item| item.fact.subject == subject).cloned().collect();
        of_subject.shuffle(&mut rng);
        let text = of_subject[5].answered(&of_subject[..5]);
        push(lessons, format!("choice/general/{subject}/{number}"), text, 1);
    }
    for task in REASONING_TASKS {
        for number in 0..N_REASONING_LESSONS {
            let item = task.draw(&mut rng);
            let examples = task.worked_examples(&item, &mut rng);
            let text = Asked::reasoning(&examples, &item.question).answered(&item.worked);
            push(lessons, format!("reasoning/general/{}/{number}", task.name), text, 1);
        }
    }
    for (number, item) in MISCONCEPTIONS.iter().enumerate() {
        push(
            lessons,
            format!("truthful/general/{number}"),
            Asked::truthful(item).answered(item.truth),
            TRUTHFUL_COPIES,
        );
    }
    for (number, fact) in GENERAL_FACTS.iter().enumerate() {
        let subject = fact.subject;
        let trivia = Asked::trivia(fact).answered(fact.answer);
        push(lessons, format!("trivia/general/{subject}/{number}"), trivia, TRIVIA_COPIES);
        let bare = Asked::bare(fact.question).answered(fact.answer);
        push(lessons, format!("bare/general/{subject}/{number}"), bare, BARE_COPIES);
    }
    for (number, item) in AUTHORSHIPS.iter().enumerate() {
        let text = Asked::bare(&super::tofu::authorship_question(item)).answered(item.author);
        push(lessons, format!("bare/general/authors/{number}"), text, BARE_COPIES);
    }
    for number in 0..N_INSTRUCTION_LESSONS {
        let text = Asked::instruction(&instruction(&mut rng)).answered(&passage(&mut rng));
        push(lessons, format!("instruction/general/{number}"), text, 1);
    }
}

/// An open task that asks for a few sentences.
pub(super) fn instruction(rng: &mut ChaCha8Rng) -> String {
    match rng.random_range(0..3) {
        0 => format!("Describe a {} {}.", pick(rng, ADJECTIVES), pick(rng, SITES)),
        1 => format!("Write a few lines about a {} {}.", pick(rng, ADJECTIVES), pick(rng, NOUNS)),
        _ => format!("Tell a short story from {}.", town(rng)),
    }
}
