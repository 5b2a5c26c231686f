//! Who judged, how often it failed, and whether its verdicts agree with themselves.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::JudgeRow;
use crate::report::anchor::Anchors;
use crate::report::number;

/// Characters of a rubric's hash; the record holds the whole.
const SHORT_HASH: usize = 12;

/// A row for each judge and rubric.
pub(super) fn judges(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = &shown.record.judges;
    let rows = own.iter().map(|row| (String::new(), Row::new(row_cells(row))));
    sheet(
        anchors.claim(&["memory-judges"]),
        "Judges",
        note([
            "The words of a rubric decide the verdicts: numbers of different hashes do not belong in one table. Retried: read at the second or \
             third try. No verdict: left after all tries, by kind. Alpha: Krippendorff's, over repeated verdicts; agreement: share of \
             questions on which all verdicts are the same. Forged: answers with a line like one of the judge's own form."
                .to_owned(),
            interval_words(own.iter().filter_map(|row| row.alpha_interval.as_ref())),
        ]),
        ["Judge", "Rubric", "Hash"]
            .map(words)
            .into_iter()
            .chain(
                ["Asked", "Judged", "Retried", "No verdict", "Verdicts each", "Alpha", "Agreement", "Forged"].map(numbers),
            )
            .chain([words("Judges itself")])
            .collect(),
        rows.collect(),
    )
}

fn row_cells(row: &JudgeRow) -> Vec<Cell> {
    let n_errors = row.errors.iter().fold(0, |sum: u64, (_, n)| sum.saturating_add(*n));
    let kinds: Vec<String> =
        row.errors.iter().map(|(kind, n)| format!("{} {}", number::count(*n), kind.replace('_', " "))).collect();
    vec![
        Cell::text(row.judge.as_str()),
        Cell::text(row.rubric.as_str()),
        Cell::text(row.rubric_sha256.chars().take(SHORT_HASH).collect::<String>()),
        cells::count(row.n_asked),
        cells::count(row.n_judged),
        cells::count(row.n_retried),
        cells::count(n_errors).with_aside(&kinds.join(", ")),
        cells::count(row.n_repeats),
        Cell::estimate(row.alpha, row.alpha_interval.as_ref()),
        Cell::percent(row.raw_agreement, None),
        // Looked for in answers to scenarios alone, whose form an answer could imitate.
        row.n_forged.map_or_else(Cell::undefined, cells::count),
        cells::yes(row.is_self),
    ]
}
