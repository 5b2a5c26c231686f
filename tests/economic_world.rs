//! A small economy that nobody can guess, and what models say who know some of it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::endpoint::{Answerer, Behaviour, Endpoint, share};
use crate::support::{Ended, Folder, json_lines, list};

/// First and last month of the series; six values come before the first that is asked.
const FIRST: &str = "2011-07";
const LAST: &str = "2018-12";
/// The last month that models with a cutoff know.
pub const CUTOFF: &str = "2016-12";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Months since the year 0.
#[track_caller]
pub fn month(text: &str) -> i32 {
    let (year, month) = text.split_once('-').expect("YYYY-MM");
    year.parse::<i32>().expect("a year") * 12 + month.parse::<i32>().expect("a month") - 1
}

pub fn month_text(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// A monthly series with one decimal.
#[derive(Debug, Clone)]
pub struct Series {
    pub id: &'static str,
    pub unit: &'static str,
    /// As questions name it.
    pub asked_as: &'static str,
    pub first: i32,
    /// `None`: never published.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// Values without order, but that every third one repeats the one before: what was last is the best guess there is.
    fn new(id: &'static str, unit: &'static str, asked_as: &'static str, low: f64, high: f64) -> Self {
        let first = month(FIRST);
        let mut values: Vec<Option<f64>> = Vec::new();
        for at in first..=month(LAST) {
            let drawn = low + (high - low) * share(&format!("draw {id} {}", month_text(at)));
            let value = match values.last() {
                Some(before) if at % 3 == 2 => *before,
                _ => Some((drawn * 10.0).round() / 10.0),
            };
            values.push(value);
        }
        Self { id, unit, asked_as, first, values }
    }

    pub fn at(&self, month: i32) -> Option<f64> {
        self.values.get(usize::try_from(month - self.first).ok()?).copied().flatten()
    }

    /// The latest value before a month.
    pub fn before(&self, month: i32) -> Option<f64> {
        (self.first..month).rev().find_map(|month| self.at(month))
    }

    /// Rows of a CSV file whose columns are those of `World::HEAD`.
    pub fn rows(&self) -> Vec<String> {
        let row = |(place, value): (usize, &Option<f64>)| {
            let period = month_text(self.first + i32::try_from(place).expect("a short series"));
            let value = value.map_or(String::new(), |value| format!("{value:.1}"));
            let (id, unit, asked_as) = (self.id, self.unit, self.asked_as);
            format!("{id},Title of {id},{unit},M,{period},{value},nobody,2020-01-31,{asked_as}")
        };
        self.values.iter().enumerate().map(row).collect()
    }
}

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Level,
    Change,
    Direction,
    Threshold,
    DateOnly,
    /// A level, told to know nothing after a day.
    FakeCutoff,
    FakeDate,
    Headline,
    Release,
    Report,
}

/// A message, understood.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub kind: Kind,
    pub message: &'a str,
    pub series: Option<&'a Series>,
    /// The asked month; a report and a headline have none.
    pub month: Option<i32>,
}

impl Question<'_> {
    pub fn is_until(&self, last: &str) -> bool {
        self.month.is_some_and(|asked| asked <= month(last))
    }

    /// The value that was asked for.
    pub fn value(&self) -> Option<f64> {
        self.series?.at(self.month?)
    }

    /// The value before it.
    pub fn value_before(&self) -> Option<f64> {
        self.series?.before(self.month?)
    }
}

/// An answer to a question for a number.
pub fn says(value: Option<f64>, confidence: f64) -> String {
    json!({"value": value, "confidence": confidence}).to_string()
}

/// Series, headlines and reports.
#[derive(Debug, Clone)]
pub struct World {
    pub series: Vec<Series>,
    pub headlines: Vec<Value>,
    pub reports: Vec<Value>,
}

impl World {
    pub const HEAD: &str = "series_id,title,unit,frequency,period,value,source,vintage,asked_as";

    /// One index.
    pub fn of_one_series() -> Self {
        let marl = Series::new("marl", "index points", "the Marl index of quarry output", 100.0, 300.0);
        Self { series: vec![marl], headlines: Vec::new(), reports: Vec::new() }
    }

    /// Two indices and a rate.
    pub fn of_three_series() -> Self {
        let mut world = Self::of_one_series();
        world.series.push(Series::new("tarn", "index points", "the Tarn index of ferry fares", 100.0, 300.0));
        world.series.push(Series::new("loess", "percent", "the Loess rate of interest", 1.0, 90.0));
        world
    }

    /// With texts to be dated and put down to firms.
    pub fn with_texts(mut self) -> Self {
        let headline = |(place, day): (usize, &str)| json!({"id": format!("h{place}"), "text": format!("Ferry number {place} sinks in harbour"), "published": day});
        let days = ["2012-03-05", "2013-07-21", "2014-11-02", "2015-05-30", "2016-01-17", "2018-02-11"];
        self.headlines = days.into_iter().enumerate().map(headline).collect();
        let report = |(place, firm): (usize, &str)| {
            json!({"id": format!("r{place}"), "text": format!("Report {}. We sold 12 boats.", ["one", "two"][place]),
                "firm": firm, "ticker": null, "aliases": [], "year": 2014 + place, "quarter": 1 + place})
        };
        self.reports = ["Marl Boats Inc", "Tarn Ferries plc"].into_iter().enumerate().map(report).collect();
        self
    }

    pub fn csv(&self) -> String {
        let rows = self.series.iter().flat_map(Series::rows);
        std::iter::once(Self::HEAD.to_owned()).chain(rows).map(|row| format!("{row}\n")).collect()
    }

    /// A folder `data` with all that there is.
    pub fn folder(&self) -> Folder {
        let folder = Folder::new();
        folder.write("data/series.csv", self.csv());
        if !self.headlines.is_empty() {
            folder.write("data/headlines.jsonl", json_lines(&self.headlines));
        }
        if !self.reports.is_empty() {
            folder.write("data/reports.jsonl", json_lines(&self.reports));
        }
        folder
    }

    /// The kind of a message is told by its words, the month is the last that is written out, the series is called by its name.
    pub fn understand<'a>(&'a self, message: &'a str) -> Question<'a> {
        let words = [
            ("Did this series go up or down", Kind::Direction),
            ("at or above", Kind::Threshold),
            ("up, down, or unknown?", Kind::DateOnly),
            ("Take it that today", Kind::FakeCutoff),
            ("Today is", Kind::FakeDate),
            ("did this headline appear", Kind::Headline),
            ("first published", Kind::Release),
            ("its name has been taken out", Kind::Report),
            ("By how many", Kind::Change),
        ];
        let kind = words.iter().find(|(words, _)| message.contains(words)).map_or(Kind::Level, |(_, kind)| *kind);
        let series = self.series.iter().find(|series| message.contains(series.asked_as));
        Question { kind, message, series, month: last_month_in(message) }
    }

    /// The truth, whatever is asked; of what does not exist nothing.
    pub fn truth(&self, question: &Question<'_>) -> String {
        let (value, before) = (question.value(), question.value_before());
        let both = value.zip(before);
        match question.kind {
            Kind::Level | Kind::FakeCutoff | Kind::FakeDate => says(value, 0.9),
            Kind::Change => {
                let is_rate = question.message.contains("percentage points");
                let change = |(value, before): (f64, f64)| {
                    if is_rate { value - before } else { 100.0 * (value / before - 1.0) }
                };
                says(both.map(change), 0.9)
            }
            Kind::Direction => {
                let word = both.map(|(value, before)| if value > before { "up" } else { "down" });
                json!({"answer": word, "confidence": 0.9}).to_string()
            }
            Kind::DateOnly => match both {
                Some((value, before)) if value > before => "up".to_owned(),
                Some(_) => "down".to_owned(),
                None => "unknown".to_owned(),
            },
            Kind::Threshold => {
                let threshold =
                    question.message.split_once("at or above ").and_then(|(_, rest)| rest.split_once(", or"));
                let threshold: f64 = threshold.and_then(|(number, _)| number.parse().ok()).expect("a threshold");
                let word = value.map(|value| if value >= threshold { "above" } else { "below" });
                json!({"answer": word, "confidence": 0.9}).to_string()
            }
            Kind::Headline => {
                let of = |row: &&Value| question.message.contains(row["text"].as_str().expect("a text"));
                let day = self.headlines.iter().find(of).map(|row| row["published"].clone());
                json!({"date": day, "confidence": 0.9}).to_string()
            }
            // `with_publication` publishes on the 12th of the month after.
            Kind::Release => {
                let day = question.month.map(|month| format!("{}-12", month_text(month + 1)));
                json!({"date": day, "confidence": 0.9}).to_string()
            }
            Kind::Report => {
                // The numbers of a text may have been taken out of it.
                let of = |row: &&Value| {
                    let text = row["text"].as_str().expect("a text");
                    question.message.contains(text.split_once('.').map_or(text, |(first, _)| first))
                };
                let row = self.reports.iter().find(of).expect("a report");
                json!({"firm": row["firm"], "year": row["year"], "quarter": row["quarter"], "confidence": 0.9})
                    .to_string()
            }
        }
    }

    /// A model that answers in its own way.
    pub fn model(&self, answer: impl Fn(&Self, &Question<'_>) -> String + Send + Sync + 'static) -> Answerer {
        let world = Arc::new(self.clone());
        Answerer::new(move |message| answer(&world, &world.understand(message)))
    }

    /// Says the truth of periods up to the cutoff, and nothing of later ones.
    pub fn oracle(&self) -> Answerer {
        self.model(|world, question| match question.kind {
            Kind::Headline | Kind::Report => world.truth(question),
            _ if question.is_until(CUTOFF) => world.truth(question),
            Kind::DateOnly => "unknown".to_owned(),
            Kind::Direction | Kind::Threshold => json!({"answer": null, "confidence": 0.1}).to_string(),
            _ => says(None, 0.1),
        })
    }
}

/// The last month of a text that is written out: `July 2008`.
fn last_month_in(text: &str) -> Option<i32> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(2).rev().find_map(|pair| {
        let place = MONTHS.iter().position(|name| *name == pair[0])?;
        let year: i32 = pair[1].parse().ok()?;
        Some(year * 12 + i32::try_from(place).ok()?)
    })
}

/// An endpoint on which a model is.
pub fn endpoint(answerer: Answerer) -> Endpoint {
    Endpoint::start(Behaviour { answerer: Some(answerer), ..Behaviour::default() })
}

/// Runs the suite on the folder `data` into `out`, with a model on an endpoint.
pub fn ask(folder: &Folder, endpoint: &Endpoint, out: &str, further: &[&str]) -> Ended {
    let model = endpoint.model();
    let mut arguments =
        vec!["run", "economic-recall", "--model", &model, "--size", "data", "--out", out, "--cache", "off"];
    arguments.extend(further);
    folder.run(&arguments)
}

/// What the run in `out` says of its only suite and its only model.
#[track_caller]
pub fn suite_of(folder: &Folder, out: &str) -> Value {
    folder.json(&format!("{out}/results.json"))["suites"][0].clone()
}

#[track_caller]
pub fn recall_of(folder: &Folder, out: &str) -> Value {
    suite_of(folder, out)["recall"]["models"][0].clone()
}

/// Asks a world's model, and gives what the run says of it.
#[track_caller]
pub fn recall(world: &World, answerer: Answerer, further: &[&str]) -> Value {
    let (folder, endpoint) = (world.folder(), endpoint(answerer));
    ask(&folder, &endpoint, "run", further).with_code(0);
    recall_of(&folder, "run")
}

/// Rows of a table whose fields have these texts.
#[track_caller]
pub fn rows<'v>(table: &'v Value, fields: &[(&str, &str)]) -> Vec<&'v Value> {
    let found = list(table).iter().filter(|row| fields.iter().all(|(field, text)| row[*field] == *text));
    let found: Vec<&Value> = found.collect();
    assert!(!found.is_empty(), "no row with {fields:?} in {table}");
    found
}

/// The only row of a table whose fields have these texts.
#[track_caller]
pub fn row<'v>(table: &'v Value, fields: &[(&str, &str)]) -> &'v Value {
    let found = rows(table, fields);
    assert_eq!(found.len(), 1, "{fields:?} in {table}");
    found[0]
}
