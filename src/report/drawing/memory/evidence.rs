//! Whether the evidence was found, and used: a bar for each agent, and for each column where these are few.

use super::Shown;
use crate::record::RetrievalRow;
use crate::report::agent_words::{self, ALL};
use crate::report::anchor::Anchors;
use crate::report::figure::health::{self, Health, HealthRow};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;
use crate::report::table::distinct;

/// With more columns than this an agent gets one bar for all.
const FEW_COLUMNS: usize = 3;
/// The four ends, what is found first.
const ENDS: [&str; 4] = ["found, right", "found, wrong", "missed, wrong", "missed, right"];

/// Draws it; `None` where no question has one of the four ends.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let mut bars: Vec<(String, [u64; 4])> = Vec::new();
    let mut totals: Vec<(&str, [u64; 4])> = Vec::new();
    let columns = columns(shown);
    for agent in &shown.agents {
        let own = || shown.record.retrieval.iter().filter(|row| row.model == agent.slug);
        let whole = own().find(|row| row.column == ALL).map(counts);
        let parts: Vec<(&RetrievalRow, [u64; 4])> =
            own().filter(|row| row.column != ALL).map(|row| (row, counts(row))).collect();
        let all = whole.unwrap_or_else(|| parts.iter().fold([0; 4], |sum, (_, counts)| added(sum, *counts)));
        if all.iter().all(|n| *n == 0) {
            continue;
        }
        totals.push((&agent.name, all));
        if columns.len() > 1 && columns.len() <= FEW_COLUMNS {
            bars.extend(parts.into_iter().filter(|(_, counts)| counts.iter().any(|n| *n > 0)).map(|(row, counts)| {
                let column = agent_words::dimension(&row.column);
                (format!("{column} · {}", agent.name), counts)
            }));
        } else {
            bars.push((agent.name.clone(), all));
        }
    }
    if bars.is_empty() {
        return Ok(None);
    }
    let input = Health {
        words: FigureWords {
            id: anchors.claim(&["memory-evidence", &shown.results.suite]),
            title: title(&totals),
            subtitle:
                "Questions whose evidence is known, by whether all of it was shown and whether the answer was right"
                    .to_owned(),
            caption: caption(shown, &columns),
        },
        categories: ENDS.map(str::to_owned).to_vec(),
        rows: bars.into_iter().map(|(label, counts)| HealthRow { label, counts: counts.to_vec() }).collect(),
    };
    health::draw(&input).map(Some)
}

/// Columns with one of the four ends, in order of first use.
fn columns<'r>(shown: &Shown<'r>) -> Vec<&'r str> {
    let own = shown.record.retrieval.iter().filter(|row| row.column != ALL && counts(row).iter().any(|n| *n > 0));
    distinct(own.map(|row| row.column.as_str()))
}

fn counts(row: &RetrievalRow) -> [u64; 4] {
    [row.found_right, row.found_wrong, row.missed_wrong, row.missed_right]
}

fn added(one: [u64; 4], other: [u64; 4]) -> [u64; 4] {
    std::array::from_fn(|at| one[at].saturating_add(other[at]))
}

/// Counts, which need no interval to be true of these questions.
fn title(totals: &[(&str, [u64; 4])]) -> String {
    let told = totals.iter().map(|(name, [right, wrong, ..])| {
        format!("{name} {} of {}", number::count(*wrong), number::count(right.saturating_add(*wrong)))
    });
    format!("Evidence found but not used: {}", told.collect::<Vec<String>>().join(", "))
}

fn caption(shown: &Shown<'_>, columns: &[&str]) -> String {
    let mut out = vec![
        "Found: all evidence of the question was among the pieces shown to the model; missed: some of it was not. Found, wrong: the \
         evidence was there and was not used. Missed, right: known before, guessed, or told by the part that was shown."
            .to_owned(),
    ];
    if columns.len() > FEW_COLUMNS {
        let n = number::count(u64::try_from(columns.len()).unwrap_or(u64::MAX));
        out.push(format!("A bar holds the questions of {n} columns together; the table has each."));
    }
    let mut shown_pieces: Vec<u64> = shown.record.retrieval.iter().map(|row| row.k).collect();
    shown_pieces.sort_unstable();
    shown_pieces.dedup();
    match shown_pieces.as_slice() {
        [] => {}
        [k] => out.push(format!("Pieces that an agent may show: {}.", number::count(*k))),
        [low, .., high] => {
            out.push(format!("Pieces that an agent may show: {} to {}.", number::count(*low), number::count(*high)));
        }
    }
    out.join(" ")
}
