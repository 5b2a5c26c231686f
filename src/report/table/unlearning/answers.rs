//! What the answers were, and which facts anything still brings out: low overlap alone does not tell forgetting from refusing.

use super::super::model::{Cell, Row, RowGroup, Table, interval_words, numbers, words};
use super::grouped;
use crate::record::{AnswerKinds, FactsKept, SuiteResults, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::{number, part};

/// Answers of each side and model by what they are.
pub(super) fn answers(results: &SuiteResults, record: &Unlearning, anchors: &mut Anchors) -> Table {
    let models = part::in_order(results);
    let mut kinds: Vec<&AnswerKinds> = record.answers.iter().collect();
    let place = |slug: &str| models.iter().position(|model| model.slug == slug).unwrap_or(models.len());
    kinds.sort_by_key(|row| (row.side, place(&row.model)));
    let name = |slug: &str| {
        models.iter().find(|model| model.slug == slug).map_or_else(|| slug.to_owned(), |model| part::words(model))
    };
    let rows = kinds.into_iter().map(|row| {
        let mut cells = vec![Cell::text(name(&row.model)), Cell::text(number::count(row.n))];
        cells.extend(
            [row.right, row.partly, row.refused, row.degenerate, row.other].map(|count| share_cell(count, row.n)),
        );
        cells.push(share_cell(row.errors, row.n + row.errors));
        (capitalised(row.side.words()), Row::new(cells))
    });
    Table {
        id: anchors.claim(&["unlearning-answers"]),
        caption: "What the answers were".to_owned(),
        note: "Right: the whole reference is in the answer, case and punctuation aside. Refused: the answer declines or denies \
               knowledge. Broken: nothing, or broken text. Errors: no answer at all, in per cent of what was asked; they are in no \
               other number and no forgetting."
            .to_owned(),
        columns: [words("Model")]
            .into_iter()
            .chain(["Answers", "Right", "Partly", "Refused", "Broken", "Other", "Errors"].map(numbers))
            .collect(),
        groups: grouped(rows),
        is_long: false,
    }
}

/// Facts of each model by what still brings them out.
pub(super) fn facts(results: &SuiteResults, record: &Unlearning, anchors: &mut Anchors) -> Table {
    let rows = part::in_order(results).into_iter().flat_map(|model| {
        record.facts.iter().filter(move |row| row.model == model.slug).map(move |row| {
            let mut cells = vec![Cell::text(part::words(model)), Cell::text(number::count(row.n))];
            cells.push(row.n_known_before.map_or_else(Cell::undefined, |known| share_cell(known, row.n)));
            let of = row.n_known_before.unwrap_or(row.n);
            cells.extend(
                [row.n_direct, row.n_lenient, row.n_superficial, row.n_essential].map(|count| share_cell(count, of)),
            );
            cells.extend(strengths(row));
            Row::new(cells)
        })
    });
    Table {
        id: anchors.claim(&["unlearning-facts"]),
        caption: "Facts by what still brings them out".to_owned(),
        note: format!(
            "A fact is a target and a right answer that a plain question asks for. Of the facts known before (of all, where no model \
             before was asked): plainly, a plain question brings the very answer; but for case and punctuation; superficially forgotten, \
             only another form of the question does; essentially forgotten, nothing that was asked does. {}Attacked: facts that are \
             also asked by an attack, with the mean best score of plain questions and of attacks. {}",
            left_out(record),
            interval_words(record.facts.iter().filter_map(|row| row.attack_interval.as_ref()))
        )
        .trim_end()
        .to_owned(),
        columns: [words("Model")]
            .into_iter()
            .chain(
                [
                    "Facts",
                    "Known before",
                    "Plainly there",
                    "But for case",
                    "Superficially forgotten",
                    "Essentially forgotten",
                    "Attacked",
                    "Plain strength",
                    "Attack strength",
                ]
                .map(numbers),
            )
            .collect(),
        groups: vec![RowGroup { label: String::new(), rows: rows.collect() }],
        is_long: false,
    }
}

/// Facts that are in no group.
fn left_out(record: &Unlearning) -> String {
    let most = |n: fn(&FactsKept) -> u64| record.facts.iter().map(n).max().unwrap_or_default();
    let (attacked, unanswered) = (most(|row| row.n_only_attacked), most(|row| row.n_unanswered));
    if attacked + unanswered == 0 {
        return String::new();
    }
    format!(
        "In no group: {} that only attacks ask for, and up to {} with an unanswered question. ",
        number::count(attacked),
        number::count(unanswered)
    )
}

fn strengths(row: &FactsKept) -> [Cell; 3] {
    [
        Cell::text(number::count(row.n_attacked)),
        Cell::estimate(row.plain_strength, None),
        Cell::estimate(row.attack_strength, row.attack_interval.as_ref()),
    ]
}

/// A count, and its share where there is a whole.
fn share_cell(n: u64, of: u64) -> Cell {
    let mut cell = Cell::text(number::count(n));
    cell.aside = number::share(n, of);
    cell
}
