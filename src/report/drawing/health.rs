//! How the requests ended, always on the card: a drop in a score is often a parse failure.

use crate::record::SuiteResults;
use crate::report::anchor::Anchors;
use crate::report::figure::health::{self, Health, HealthRow};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;

/// One bar for each task and model; `None` when nothing was asked.
pub(super) fn draw(results: &SuiteResults, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    if results.health.is_empty() {
        return Ok(None);
    }
    let unusable: u64 = results.health.iter().map(|row| row.refused + row.unparsable + row.truncated + row.error).sum();
    let all: u64 = unusable + results.health.iter().map(|row| row.answered).sum::<u64>();
    let title = if unusable == 0 {
        format!("All {} requests were answered", number::count(all))
    } else {
        format!("{} of {} requests gave no usable answer", number::count(unusable), number::count(all))
    };
    let excluded: u64 = results.health.iter().flat_map(|row| &row.excluded).map(|(_, n)| n).sum();
    let mut caption = "Shares of the requests of one task and model.".to_owned();
    if excluded > 0 {
        caption.push_str(&format!(
            " Not in the bars: {} items that no method can score, counted once for each task and model.",
            number::count(excluded)
        ));
    }
    let input = Health {
        words: FigureWords {
            id: anchors.claim(&["run-health"]),
            title,
            subtitle: "How the requests ended, by task and model".to_owned(),
            caption,
        },
        categories: Health::ANSWER_CATEGORIES.map(str::to_owned).to_vec(),
        rows: results
            .health
            .iter()
            .map(|row| HealthRow {
                label: format!("{} · {}", row.task, row.model),
                counts: vec![row.answered, row.refused, row.unparsable, row.truncated, row.error],
            })
            .collect(),
    };
    health::draw(&input).map(Some)
}
