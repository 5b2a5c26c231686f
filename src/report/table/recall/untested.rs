//! What was not tested or not asked, and why: silence is no finding.

use super::super::model::{Cell, Row, Table, words};
use super::{Shown, sheet};
use crate::record::{ModelRecall, SuiteResults};
use crate::report::anchor::Anchors;

/// A row for each test that was not run, then for each optional task that was left out.
pub(super) fn untested(results: &SuiteResults, shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let tests = shown.models.iter().flat_map(|model| {
        model.untested.iter().map(move |sentence| {
            // `what: why`, else all of it is the reason.
            let (what, why) = sentence.split_once(": ").unwrap_or(("a test", sentence));
            row(what, &Shown::name(model), why)
        })
    });
    let name = |slug: &str| {
        let known: Option<&ModelRecall> = shown.models.iter().find(|model| model.model == slug);
        known.map_or_else(|| slug.to_owned(), Shown::name)
    };
    let tasks = results.left_out.iter().map(|left| {
        let model = left.model.as_deref().map_or_else(|| "all models".to_owned(), name);
        row(&format!("task {}", left.task), &model, &left.reason)
    });
    let rows = tests.chain(tasks).map(|row| (String::new(), row)).collect();
    sheet(
        anchors.claim(&["untested"]),
        "Not tested, and not asked",
        "What is missing here speaks neither for nor against a model.".to_owned(),
        ["What", "Model", "Why"].map(words).into_iter().collect(),
        rows,
    )
}

fn row(what: &str, model: &str, why: &str) -> Row {
    Row::new([what, model, why].map(Cell::text).to_vec())
}
