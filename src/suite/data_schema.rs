//! How the rows of a file become items, and what questions may ask of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the rows of a file become items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataSchema {
    /// Hubble's own: `text` and `meta`, a JSON string whose `duplicates` is the dose. One item a row.
    HubbleDocuments,
    /// The same rows, opened into one cloze item for each biography field (nationality, university, ...).
    HubbleBiographyFields,
    /// `question`, `choices`, `answer` (index), `meta.duplicates`. One item a row.
    HubbleMultipleChoice,
    /// `detok_sentence1`, `detok_sentence2`, `random_bit`: which of two paraphrases was inserted.
    HubbleParaphrases,
    /// Court decisions: one item for each of a text's `identifiable_annotations`.
    HubbleEntities,
    /// Chats: the persona of a user among those of nine others.
    HubblePersonas,
    /// Chats: the user of a persona among nine others.
    HubbleUsernames,
    /// `sentence` with a blank, `option1`, `option2`, `answer`. The inserted sentence of each pair, never its twin.
    HubbleWinogrande,
    /// `question`, `possible_answers` (a JSON string).
    HubblePopqa,
    /// `activity_label`, `ctx_a`, `ctx_b`, `endings`, `label`.
    HubbleHellaswag,
    /// `goal`, `sol1`, `sol2`, `label`.
    HubblePiqa,
    /// `s0`, `apt`, `inapt`.
    HubbleMunch,
    /// `Prompt_GPT`, `Prompt_BERT`, `label`.
    HubbleEllie,
    /// Trap sequences with their controls: `text` and `n_rep`, upstream's word for the copies; 0 for one that was not
    /// published. One item a row.
    CopyrightTraps,
    /// RWKU's questions about a target and its neighbours: `query`, `answer`, `level` (1, 2 or 3, as text or number), `type`,
    /// `subject`, and `neighbor` where it has one.
    RwkuProbes,
    /// RWKU's texts of the membership sets: `text`, `ngram`, `subject`.
    RwkuTexts,
    /// RWKU's sample of MMLU: `task`, `question`, four `choices`, `answer` (index), five `examples`, `subject`.
    RwkuMmlu,
    /// RWKU's sample of BIG-bench hard: `task`, `question`, `answer`, `cot`, `subject`.
    RwkuBbh,
    /// RWKU's sample of TruthfulQA: `question`, `mc1_targets`, `mc2_targets`, `subject`.
    RwkuTruthfulqa,
    /// RWKU's sample of TriviaQA: `question`, `answers`, `subject`.
    RwkuTriviaqa,
    /// RWKU's sample of AlpacaEval: `instruction`, `subject`.
    RwkuFluency,
    /// Questions of TOFU and MUSE: `question`, `answer`.
    UnlearningQuestions,
    /// TOFU's perturbed files: `question`, `answer`, `paraphrased_answer` where there is one, `perturbed_answer` (a list). The
    /// first choice is the right answer, in the paraphrase's words where there is one.
    TofuChoices,
    /// The same; the first choice is the answer in its own words.
    TofuOptions,
    /// MUSE's continuations: `prompt`, `gt`.
    MuseContinuations,
    /// Whole texts: `text`.
    UnlearningTexts,
    /// Economic series, one row a value: `series_id`, `title`, `unit`, `frequency`, `period`, `value`, `source`, `vintage`, and what
    /// `docs/economic-recall.md` lists besides. One item a period that has six values before it.
    EconomicLevels,
    /// The same, periods whose value differs from the one before.
    EconomicMoves,
    /// The same, series that have a `false_name`.
    EconomicRenamed,
    /// The same, series that share measure and frequency with another, whose name is put over their values.
    EconomicSwapped,
    /// The same, periods after the date after which the model is told to know nothing.
    EconomicAfterFakeCutoff,
    /// Of the same series what has no value: rows without one, days off, periods long after the last.
    EconomicImpossible,
    /// Of the same series those that name a `twin`, another vintage or base year.
    EconomicVintages,
    /// Of the same series the values whose day of publication is in the file.
    EconomicReleases,
    /// Of the same series forecasts from a given history, under two stated dates of today, several times each.
    EconomicForecasts,
    /// Texts with the day on which they appeared: `text`, `published`.
    EconomicHeadlines,
    /// Anonymous reports: `text`, `firm`, `year`, `quarter`, and `ticker` and `aliases` where known.
    EconomicReports,
    /// MemoryAgentBench: one row is one long `context` with many `questions` and their `answers`; Parquet or JSON lines. One item a
    /// question.
    MemoryAgentBench,
    /// STALE: histories with a state that has silently changed. Three items a scenario.
    Stale,
    /// The same histories without the change. Four items a scenario.
    StaleControls,
    /// Titles of films by their ids, which recommendations are read by: `entity2id.json`. No items.
    FilmTitles,
}

/// Names that templates may use over values of series.
const LEVEL_VARIABLES: &[&str] = &[
    "id",
    "series",
    "title",
    "unit",
    "group",
    "asked_as",
    "line_name",
    "vintage",
    "period",
    "period_words",
    "truth_text",
    "previous",
    "previous_period_words",
    "change_unit",
    "threshold",
    "context",
    "context_lines",
    "other_name",
    "other_line_name",
    "other_context_lines",
    "tolerance_words",
    "false_name",
    "fake_cutoff",
    "fake_cutoff_words",
];

impl DataSchema {
    /// Names that a template may use over items of this schema, besides `choice`.
    ///
    /// The columns of `hubble-documents` differ from file to file; what else a row's `meta` holds is under `meta`.
    #[must_use]
    pub fn template_variables(self) -> &'static [&'static str] {
        match self {
            Self::HubbleDocuments => &["id", "copies", "text", "meta"],
            Self::HubbleBiographyFields => &[
                "id",
                "copies",
                "choices",
                "field",
                "value",
                "prefix",
                "suffix",
                "intro_prefix",
                "name_only_prefix",
                "full_name",
                "first_name",
            ],
            Self::HubbleMultipleChoice => &["id", "copies", "choices", "question", "subject"],
            Self::HubbleParaphrases => &["id", "copies", "choices"],
            Self::HubbleEntities => &["id", "copies", "prefix", "value", "applicant"],
            Self::HubblePersonas | Self::HubbleUsernames => &["id", "copies", "choices", "username", "persona"],
            Self::HubbleWinogrande => {
                &["id", "copies", "choices", "sentence", "before_blank", "after_blank", "option1", "option2"]
            }
            Self::HubblePopqa => &["id", "copies", "question", "first_answer", "answers"],
            Self::HubbleHellaswag => &["id", "copies", "choices", "query"],
            Self::HubblePiqa => &["id", "copies", "choices", "goal"],
            Self::HubbleMunch => &["id", "copies", "choices", "sentence", "apt", "inapt"],
            Self::HubbleEllie => &["id", "copies", "prompt", "target"],
            Self::CopyrightTraps => &["id", "copies", "text", "seq_len", "ppl_bucket", "group"],
            Self::RwkuProbes => &["id", "query", "answer", "level", "type", "subject", "neighbor", "attack"],
            Self::RwkuTexts => &["id", "text", "ngram", "subject"],
            Self::RwkuMmlu => &["id", "choices", "task", "question", "examples", "subject"],
            Self::RwkuBbh => &["id", "task", "question", "answer", "cot", "subject"],
            Self::RwkuTruthfulqa => &["id", "choices", "question", "subject"],
            Self::RwkuTriviaqa => &["id", "question", "answers", "first_answer", "subject"],
            Self::RwkuFluency => &["id", "instruction", "subject"],
            Self::UnlearningQuestions => &["id", "question", "answer", "examples"],
            Self::TofuChoices | Self::TofuOptions => &["id", "choices", "question", "answer"],
            Self::MuseContinuations => &["id", "prompt", "gt"],
            Self::UnlearningTexts => &["id", "text"],
            Self::EconomicLevels
            | Self::EconomicRenamed
            | Self::EconomicSwapped
            | Self::EconomicAfterFakeCutoff
            | Self::EconomicMoves => LEVEL_VARIABLES,
            Self::EconomicImpossible | Self::EconomicVintages | Self::EconomicReleases | Self::EconomicForecasts => &[
                "id",
                "series",
                "title",
                "unit",
                "group",
                "asked_as",
                "line_name",
                "vintage",
                "period",
                "period_words",
                "truth_text",
                "context",
                "today",
                "why",
            ],
            Self::EconomicHeadlines => &["id", "text", "truth_text"],
            Self::EconomicReports => &["id", "text", "form", "truth_text"],
            Self::MemoryAgentBench => &["id", "question"],
            Self::Stale | Self::StaleControls => &["id", "query"],
            Self::FilmTitles => &[],
        }
    }

    /// Whether it is about what could be known when.
    #[must_use]
    pub fn is_economic(self) -> bool {
        matches!(
            self,
            Self::EconomicLevels
                | Self::EconomicMoves
                | Self::EconomicRenamed
                | Self::EconomicSwapped
                | Self::EconomicAfterFakeCutoff
                | Self::EconomicImpossible
                | Self::EconomicVintages
                | Self::EconomicReleases
                | Self::EconomicForecasts
                | Self::EconomicHeadlines
                | Self::EconomicReports
        )
    }

    /// Whether its items have a history that an agent memorises first.
    #[must_use]
    pub fn has_history(self) -> bool {
        matches!(self, Self::MemoryAgentBench | Self::Stale | Self::StaleControls)
    }

    /// Whether its items carry answers to choose from.
    #[must_use]
    pub fn has_choices(self) -> bool {
        match self {
            Self::HubbleDocuments
            | Self::HubbleEntities
            | Self::HubblePopqa
            | Self::HubbleEllie
            | Self::CopyrightTraps
            | Self::RwkuProbes
            | Self::RwkuTexts
            | Self::RwkuBbh
            | Self::RwkuTriviaqa
            | Self::RwkuFluency
            | Self::UnlearningQuestions
            | Self::MuseContinuations
            | Self::UnlearningTexts
            | Self::EconomicLevels
            | Self::EconomicRenamed
            | Self::EconomicSwapped
            | Self::EconomicAfterFakeCutoff
            | Self::EconomicImpossible
            | Self::EconomicVintages
            | Self::EconomicReleases
            | Self::EconomicForecasts
            | Self::EconomicHeadlines
            | Self::EconomicReports
            | Self::MemoryAgentBench
            | Self::Stale
            | Self::StaleControls
            | Self::FilmTitles => false,
            Self::HubbleBiographyFields
            | Self::HubbleMultipleChoice
            | Self::HubbleParaphrases
            | Self::HubblePersonas
            | Self::HubbleUsernames
            | Self::HubbleWinogrande
            | Self::HubbleHellaswag
            | Self::HubblePiqa
            | Self::HubbleMunch
            | Self::RwkuMmlu
            | Self::RwkuTruthfulqa
            | Self::TofuChoices
            | Self::TofuOptions
            | Self::EconomicMoves => true,
        }
    }

    /// Whether its rows stand in folders of targets, with an `intro.json` beside them.
    #[must_use]
    pub fn is_of_target(self) -> bool {
        matches!(
            self,
            Self::RwkuProbes
                | Self::RwkuTexts
                | Self::RwkuMmlu
                | Self::RwkuBbh
                | Self::RwkuTruthfulqa
                | Self::RwkuTriviaqa
                | Self::RwkuFluency
        )
    }

    /// Whether its items carry a whole text that can be scored or continued.
    #[must_use]
    pub fn has_text(self) -> bool {
        matches!(self, Self::HubbleDocuments | Self::CopyrightTraps | Self::RwkuTexts | Self::UnlearningTexts)
    }
}
