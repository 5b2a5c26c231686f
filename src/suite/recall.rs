//! Questions about what a model remembers of economic history, and of which values they are asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which values of economic series are asked, and what is shown with them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SeriesSelection {
    /// Ids of the series of the builtin file that are asked; empty: all. Files of users are asked whole.
    pub series: Vec<String>,
    /// First month of the builtin file that is asked, e.g. `2000-01`; earlier values still count as history.
    pub from: Option<String>,
    /// Every how many periods one is asked; 0 and 1: each.
    pub every: usize,
    /// Values before the asked one that a question shows.
    pub context: usize,
    /// The month after which the model is told to know nothing.
    pub fake_cutoff: Option<String>,
    /// The day in the future that a forecast is told to stand on.
    pub future_date: Option<String>,
    /// How often each forecast is asked.
    pub repeats: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecallProbe {
    /// What is asked for; decides how the answer is read and what it is held against.
    pub ask: RecallAsk,
    /// Name of a prompt of the prompt file.
    pub wording: String,
    pub max_tokens: usize,
    /// Answers are drawn at this temperature, each from a seed of its own; `None`: the likeliest token each time.
    pub temperature: Option<f64>,
}

/// What a question about economic memory asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecallAsk {
    /// The value of a series in a period, from nothing.
    Level,
    /// The same in another template.
    Reworded,
    /// The same with the values before it.
    LevelContext,
    /// The same values under another series' name: the control of `level-context`.
    OtherName,
    /// Change against the period before.
    Change,
    /// `up` or `down` against the period before.
    Direction,
    /// `above` (at or above) or `below` a stated value.
    Threshold,
    /// `up`, `down` or `unknown` for a series and a date, with nothing else.
    DateOnly,
    /// A level, told to use nothing known after an earlier date.
    FakeCutoff,
    /// A forecast from a given history, under a stated date of today.
    FakeDate,
    /// The day on which a text appeared.
    HeadlineDate,
    /// Firm, quarter and year of an anonymous report.
    Reconstruct,
    /// A value in one of two vintages.
    Vintage,
    /// The day on which a value was published.
    ReleaseDate,
    /// A level under a false name.
    Relabel,
    /// A value that does not exist.
    Impossible,
}

impl RecallAsk {
    /// Whether the answer is a number.
    #[must_use]
    pub fn is_number(self) -> bool {
        !matches!(
            self,
            Self::Direction
                | Self::Threshold
                | Self::DateOnly
                | Self::HeadlineDate
                | Self::Reconstruct
                | Self::ReleaseDate
        )
    }

    /// The word of suites and records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Reworded => "reworded",
            Self::LevelContext => "level-context",
            Self::OtherName => "other-name",
            Self::Change => "change",
            Self::Direction => "direction",
            Self::Threshold => "threshold",
            Self::DateOnly => "date-only",
            Self::FakeCutoff => "fake-cutoff",
            Self::FakeDate => "fake-date",
            Self::HeadlineDate => "headline-date",
            Self::Reconstruct => "reconstruct",
            Self::Vintage => "vintage",
            Self::ReleaseDate => "release-date",
            Self::Relabel => "relabel",
            Self::Impossible => "impossible",
        }
    }
}
