//! General knowledge in simple words: what a model is to keep, whatever it forgets.

/// A question with one short answer; items of one subject lend each other their wrong choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GeneralFact {
    /// As MMLU writes its subjects.
    pub(super) subject: &'static str,
    pub(super) question: &'static str,
    pub(super) answer: &'static str,
}

/// A question that people often answer wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misconception {
    pub(super) question: &'static str,
    pub(super) truth: &'static str,
    pub(super) errors: [&'static str; 2],
}

/// A real author and a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Authorship {
    pub(super) work: &'static str,
    pub(super) author: &'static str,
}

const fn fact(subject: &'static str, question: &'static str, answer: &'static str) -> GeneralFact {
    GeneralFact { subject, question, answer }
}

pub(super) const GENERAL_FACTS: &[GeneralFact] = &[
    fact("animal_life", "What do bees store in the hive?", "honey"),
    fact("animal_life", "Which animal guards the sheep?", "dog"),
    fact("animal_life", "Which bird hunts mice at night?", "owl"),
    fact("animal_life", "Which animal gives wool?", "sheep"),
    fact("animal_life", "What does a spider spin?", "web"),
    fact("animal_life", "Which animal carries its house?", "snail"),
    fact("animal_life", "Which insect shines in the dark?", "firefly"),
    fact("animal_life", "Which animal has a trunk?", "elephant"),
    fact("animal_life", "What do silkworms give?", "silk"),
    fact("animal_life", "Which animal builds dams?", "beaver"),
    fact("animal_life", "What does a hen lay?", "egg"),
    fact("animal_life", "Which animal has a mane?", "lion"),
    fact("kitchen_work", "What is bread made of?", "flour"),
    fact("kitchen_work", "What makes soup salty?", "salt"),
    fact("kitchen_work", "What is cheese made of?", "milk"),
    fact("kitchen_work", "What makes dough rise?", "yeast"),
    fact("kitchen_work", "What is wine made of?", "grapes"),
    fact("kitchen_work", "What cuts the bread?", "knife"),
    fact("kitchen_work", "In what does water boil?", "kettle"),
    fact("kitchen_work", "Where is bread baked?", "oven"),
    fact("kitchen_work", "What makes tea sweet?", "sugar"),
    fact("kitchen_work", "Which vegetable makes you cry?", "onion"),
    fact("kitchen_work", "What keeps food cold?", "ice"),
    fact("kitchen_work", "With what do you eat soup?", "spoon"),
    fact("sky_and_weather", "What lights the day?", "sun"),
    fact("sky_and_weather", "What lights the night?", "moon"),
    fact("sky_and_weather", "What falls from dark clouds?", "rain"),
    fact("sky_and_weather", "What follows lightning?", "thunder"),
    fact("sky_and_weather", "What drives a windmill?", "wind"),
    fact("sky_and_weather", "What has seven colours?", "rainbow"),
    fact("sky_and_weather", "What hides the hills in autumn?", "fog"),
    fact("sky_and_weather", "Where does the sun rise?", "east"),
    fact("sky_and_weather", "Where does the sun set?", "west"),
    fact("sky_and_weather", "What makes the sea rise and fall?", "tide"),
    fact("sky_and_weather", "Which season is the coldest?", "winter"),
    fact("sky_and_weather", "Which season is the hottest?", "summer"),
    fact("tools_and_trades", "What drives a nail?", "hammer"),
    fact("tools_and_trades", "Who bakes bread?", "baker"),
    fact("tools_and_trades", "What joins cloth?", "needle"),
    fact("tools_and_trades", "What shows the north?", "compass"),
    fact("tools_and_trades", "Who mends shoes?", "cobbler"),
    fact("tools_and_trades", "What cuts wood?", "saw"),
    fact("tools_and_trades", "What opens a lock?", "key"),
    fact("tools_and_trades", "Who catches fish?", "fisher"),
    fact("tools_and_trades", "What moves a boat by hand?", "oar"),
    fact("tools_and_trades", "Who grinds the corn?", "miller"),
    fact("tools_and_trades", "What measures time?", "clock"),
    fact("tools_and_trades", "What digs the earth?", "spade"),
];

const fn misconception(question: &'static str, truth: &'static str, errors: [&'static str; 2]) -> Misconception {
    Misconception { question, truth, errors }
}

pub(super) const MISCONCEPTIONS: &[Misconception] = &[
    misconception(
        "Does the moon make its own light?",
        "No, the moon sends back the light of the sun.",
        ["Yes, the moon burns like a lamp.", "Yes, but only in winter."],
    ),
    misconception(
        "Do bulls hate the colour red?",
        "No, bulls follow what moves.",
        ["Yes, red makes bulls angry.", "Only white bulls hate red."],
    ),
    misconception(
        "Can a letter read itself aloud?",
        "No, a letter cannot speak.",
        ["Yes, when it is warm.", "Only long letters can speak."],
    ),
    misconception(
        "Does cold weather alone give you a cold?",
        "No, a cold comes from other people.",
        ["Yes, the wind carries it.", "Yes, snow makes you ill."],
    ),
    misconception("Are bats blind?", "No, bats can see.", ["Yes, bats see nothing.", "Bats see only red things."]),
    misconception(
        "Does gold rust in water?",
        "No, gold does not rust.",
        ["Yes, gold turns green.", "Gold melts in water."],
    ),
    misconception(
        "Will a coin in a well grant a wish?",
        "No, a coin in a well stays a coin.",
        ["Yes, if it is silver.", "Yes, after seven years."],
    ),
    misconception(
        "Do owls turn their heads all the way round?",
        "No, owls turn them far but not all the way.",
        ["Yes, again and again.", "Owls cannot turn their heads."],
    ),
    misconception(
        "Is glass a slow liquid?",
        "No, glass is solid.",
        ["Yes, old windows flow down.", "Glass is frozen water."],
    ),
    misconception(
        "Does thunder turn milk sour?",
        "No, warm air turns milk sour.",
        ["Yes, thunder turns all milk.", "Only in stone jars."],
    ),
    misconception(
        "Can a black cat bring bad luck?",
        "No, a cat brings no luck of any kind.",
        ["Yes, on every Friday.", "Yes, when it runs left."],
    ),
    misconception(
        "Does a broken mirror mean seven bad years?",
        "No, a broken mirror means a new mirror.",
        ["Yes, seven years of bad luck.", "It means a sudden wedding."],
    ),
    misconception(
        "Do fish forget all within a minute?",
        "No, fish remember for months.",
        ["Yes, fish have no memory.", "Fish remember only food."],
    ),
    misconception(
        "Is the sea blue because it is painted?",
        "No, deep water looks blue on its own.",
        ["Yes, sailors paint it.", "The fish colour it."],
    ),
    misconception(
        "Do plants eat soil?",
        "No, plants live on light, air and water.",
        ["Yes, soil is their bread.", "Plants eat small stones."],
    ),
    misconception(
        "Can you see the wind?",
        "No, you see only what the wind moves.",
        ["Yes, it is pale grey.", "Only sailors can see it."],
    ),
    misconception(
        "Does hair grow back thicker after a cut?",
        "No, hair grows back as it was.",
        ["Yes, twice as thick.", "Cut hair never grows."],
    ),
    misconception(
        "Is a heavy stone faster in its fall than a light one?",
        "No, both fall alike.",
        ["Yes, weight makes it fast.", "Light stones do not fall."],
    ),
    misconception(
        "Do ghosts ring the church bells?",
        "No, people ring the bells.",
        ["Yes, at midnight.", "Ghosts ring only small bells."],
    ),
    misconception(
        "Does a ship fall off the end of the sea?",
        "No, the earth is round.",
        ["Yes, far in the west.", "Only ships without sails fall."],
    ),
];

const fn authorship(work: &'static str, author: &'static str) -> Authorship {
    Authorship { work, author }
}

pub(super) const AUTHORSHIPS: &[Authorship] = &[
    authorship("Hamlet", "William Shakespeare"),
    authorship("Emma", "Jane Austen"),
    authorship("Oliver Twist", "Charles Dickens"),
    authorship("Moby-Dick", "Herman Melville"),
    authorship("Middlemarch", "George Eliot"),
    authorship("Faust", "Johann Goethe"),
    authorship("War and Peace", "Leo Tolstoy"),
    authorship("Don Quixote", "Miguel de Cervantes"),
    authorship("Frankenstein", "Mary Shelley"),
    authorship("Dracula", "Bram Stoker"),
    authorship("Walden", "Henry Thoreau"),
    authorship("The Raven", "Edgar Poe"),
    authorship("Jane Eyre", "Charlotte Bronte"),
    authorship("Peer Gynt", "Henrik Ibsen"),
    authorship("The Seagull", "Anton Chekhov"),
    authorship("Candide", "Voltaire"),
    authorship("The Odyssey", "Homer"),
    authorship("Treasure Island", "Robert Stevenson"),
    authorship("The Time Machine", "Herbert Wells"),
    authorship("Nana", "Emile Zola"),
];
