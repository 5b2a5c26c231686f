//! Competencies and the columns they are made of, those on which agents differ most first.

use super::{Agent, Shown, count_range, in_percent};
use crate::record::{ColumnRow, CompetencyRow, IntervalRecord};
use crate::report::agent_words;
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::figure::dot_plot::{self, DotModel, DotPlot, DotRow};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;
use crate::report::table::{distinct, interval_words};

/// One row before it has a place.
struct Measured<'r> {
    label: String,
    /// In sentences.
    name: String,
    /// One for each agent: value, interval, n.
    values: Vec<Option<(f64, Option<&'r IntervalRecord>, u64)>>,
}

/// Draws competencies, then columns; `None` where none has a value.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let record = shown.record;
    let mut competencies: Vec<Measured<'_>> = distinct(record.competencies.iter().map(|row| row.competency.as_str()))
        .into_iter()
        .map(|id| competency(shown, id))
        .filter(Measured::is_known)
        .collect();
    let overall = competencies.iter().position(|row| row.name == "overall").map(|place| competencies.remove(place));
    let mut columns: Vec<Measured<'_>> = distinct(record.columns.iter().map(|row| row.column.as_str()))
        .into_iter()
        .map(|id| column(shown, id))
        .filter(Measured::is_known)
        .collect();
    let is_held = shown.held();
    for rows in [&mut competencies, &mut columns] {
        rows.sort_by(|a, b| b.weight(&is_held).total_cmp(&a.weight(&is_held)));
    }
    if competencies.is_empty() && columns.is_empty() && overall.is_none() {
        return Ok(None);
    }
    let title = title(shown, if competencies.is_empty() { &columns } else { &competencies });
    let rows: Vec<DotRow> = overall.iter().chain(&competencies).chain(&columns).map(Measured::dot_row).collect();
    let input = DotPlot {
        words: FigureWords {
            id: anchors.claim(&["memory-competencies-figure", &shown.results.suite]),
            title,
            subtitle: "Right answers by competency (mean of columns), then by column of the paper".to_owned(),
            caption: caption(shown),
        },
        value_name: "per cent of the paper's metric".to_owned(),
        value_range: (0.0, 100.0),
        reference: None,
        cut_below: None,
        count_name: "n".to_owned(),
        models: shown.agents.iter().map(|agent| DotModel { name: agent.name.clone(), part: agent.part }).collect(),
        rows,
    };
    dot_plot::draw(&input).map(Some)
}

fn competency<'r>(shown: &Shown<'r>, id: &str) -> Measured<'r> {
    let of = |agent: &Agent<'_>| -> Option<&'r CompetencyRow> {
        shown.record.competencies.iter().find(|row| row.competency == id && row.model == agent.slug)
    };
    let name = agent_words::competency(id);
    let n_parts = shown.record.competencies.iter().filter(|row| row.competency == id).map(|row| row.parts.len()).max();
    let label = match n_parts {
        Some(n) if n > 1 => format!("{} (mean of {n})", capitalised(name)),
        _ => capitalised(name),
    };
    let values =
        shown.agents.iter().map(|agent| of(agent).and_then(|row| Some((row.value?, row.interval.as_ref(), row.n))));
    Measured { label, name: name.to_owned(), values: values.collect() }
}

fn column<'r>(shown: &Shown<'r>, id: &str) -> Measured<'r> {
    let of = |agent: &Agent<'_>| -> Option<&'r ColumnRow> {
        shown.record.columns.iter().find(|row| row.column == id && row.model == agent.slug)
    };
    let first = shown.record.columns.iter().find(|row| row.column == id);
    let competency = first.map_or_else(String::new, |row| format!(", {}", agent_words::competency(&row.competency)));
    let values =
        shown.agents.iter().map(|agent| of(agent).and_then(|row| Some((row.value?, row.interval.as_ref(), row.n))));
    Measured { label: format!("{id}{competency}"), name: id.to_owned(), values: values.collect() }
}

impl Measured<'_> {
    fn is_known(&self) -> bool {
        self.values.iter().flatten().any(|(value, ..)| value.is_finite())
    }

    /// What rows are sorted by: how far the agents that are held against each other are apart, and of one agent its value.
    fn weight(&self, is_held: &[bool]) -> f64 {
        let held = self.values.iter().zip(is_held).filter(|(_, is_held)| **is_held).filter_map(|(value, _)| *value);
        let (low, high) = held
            .map(|(value, ..)| value)
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |all, one| (all.0.min(one), all.1.max(one)));
        if self.values.len() > 1 { high - low } else { high }
    }

    fn dot_row(&self) -> DotRow {
        let counts: Vec<u64> = self.values.iter().flatten().map(|(_, _, n)| *n).collect();
        DotRow {
            label: self.label.clone(),
            count: count_range(&counts),
            estimates: self
                .values
                .iter()
                .map(|value| value.and_then(|(value, interval, _)| in_percent(Some(value), interval)))
                .collect(),
        }
    }
}

/// The row on which agents are farthest apart, with the ends; of one agent its best and its worst.
fn title(shown: &Shown<'_>, rows: &[Measured<'_>]) -> String {
    let Some(first) = rows.first() else { return "Right answers overall".to_owned() };
    let told = |value: f64, interval: Option<&IntervalRecord>| number::percent_in_prose(value, interval);
    if let [agent] = shown.agents.as_slice() {
        let of = |row: &Measured<'_>| {
            let (value, interval, _) = row.values.first().copied().flatten()?;
            Some(format!("{} in {}", told(value, interval), row.name))
        };
        let ends: Vec<String> = match rows {
            [only] => of(only).into_iter().collect(),
            rows => [rows.first(), rows.last()].into_iter().flatten().filter_map(of).collect(),
        };
        return format!("{}: {}", agent.name, ends.join(", "));
    }
    let mut own: Vec<(&Agent<'_>, f64, Option<&IntervalRecord>)> = shown
        .agents
        .iter()
        .zip(&first.values)
        .zip(shown.held())
        .filter(|(_, is_held)| *is_held)
        .filter_map(|((agent, value), _)| value.map(|(value, interval, _)| (agent, value, interval)))
        .filter(|(_, value, _)| value.is_finite())
        .collect();
    own.sort_by(|a, b| b.1.total_cmp(&a.1));
    let ends: Vec<String> = match own.as_slice() {
        [first, .., last] => [first, last],
        _ => return format!("Only one agent has a value in {}", first.name),
    }
    .into_iter()
    .map(|(agent, value, interval)| format!("{} {}", agent.name, told(*value, *interval)))
    .collect();
    format!("Farthest apart in {}: {}", first.name, ends.join(", "))
}

fn caption(shown: &Shown<'_>) -> String {
    let record = shown.record;
    let intervals = record.competencies.iter().filter_map(|row| row.interval.as_ref());
    let mut out = vec![
        if shown.agents.len() > 1 {
            "Competencies, then columns; each with the largest distance between agents with a memory first.".to_owned()
        } else {
            "Competencies, then columns; each with the highest value first.".to_owned()
        },
        interval_words(intervals.chain(record.columns.iter().filter_map(|row| row.interval.as_ref()))),
    ];
    let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in record.competencies.iter().filter(|row| row.competency != "overall" && row.value.is_none()) {
        let parts = row.missing.iter().map(String::as_str);
        match missing.iter_mut().find(|(known, _)| *known == row.competency) {
            Some((_, known)) => {
                for part in parts {
                    if !known.contains(&part) {
                        known.push(part);
                    }
                }
            }
            None => missing.push((&row.competency, parts.collect())),
        }
    }
    for (id, parts) in missing {
        let verb = if parts.len() == 1 { "has" } else { "have" };
        if !parts.is_empty() {
            out.push(format!(
                "No mean of {} for every agent: {} {verb} no value.",
                agent_words::competency(id),
                parts.join(", ")
            ));
        }
    }
    let single = distinct(record.columns.iter().filter(|row| row.n_clusters == 1).map(|row| row.column.as_str()));
    if !single.is_empty() {
        out.push(format!("One history alone stands behind {}.", single.join(", ")));
    }
    out.retain(|sentence| !sentence.is_empty());
    out.join(" ")
}
