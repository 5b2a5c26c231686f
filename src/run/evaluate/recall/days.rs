//! Days of texts and publications, and firms of anonymous reports.

use std::collections::BTreeMap;

use super::answers::{Answers, Asked, Side};
use super::{mean, median, ratio, share_row};
use crate::record::{DayRow, ShareRow};
use crate::run::error::RunError;
use crate::run::evaluate::subject::Subject;
use crate::suite::RecallAsk;

const SIDES: [(&str, Option<Side>); 3] = [("before", Some(Side::Before)), ("after", Some(Side::After)), ("all", None)];

/// How well days are told, on each side.
pub(super) fn days(subject: &Subject<'_>, answers: &Answers<'_>) -> Result<Vec<DayRow>, RunError> {
    let mut rows = Vec::new();
    for ask in [RecallAsk::HeadlineDate, RecallAsk::ReleaseDate] {
        let Some(task) = answers.of_ask(ask) else { continue };
        for (word, side) in SIDES {
            let asked: Vec<&Asked<'_>> = task
                .asked
                .iter()
                .filter(|asked| asked.score.is_some() && side.is_none_or(|side| asked.side == side))
                .collect();
            if asked.is_empty() {
                continue;
            }
            let scores = || asked.iter().filter_map(|asked| asked.score.as_ref());
            #[expect(clippy::cast_precision_loss, reason = "dates lie within ten thousand years")]
            let signed: Vec<f64> = scores().filter_map(|score| score.signed_days).map(|days| days as f64).collect();
            let sizes: Vec<f64> = signed.iter().map(|days| days.abs()).collect();
            let flags = |is: fn(&crate::scoring::recall_scores::RecallScore) -> Option<bool>| -> Vec<bool> {
                scores().map(|score| is(score).unwrap_or(false)).collect()
            };
            let mut years: BTreeMap<&str, usize> = BTreeMap::new();
            for asked in &asked {
                *years.entry(asked.text("truth_date").get(..4).unwrap_or_default()).or_default() += 1;
            }
            rows.push(DayRow {
                task: task.task.id.clone(),
                side: word.to_owned(),
                n: asked.len() as u64,
                n_answered: sizes.len() as u64,
                mean_days: mean(&sizes),
                mean_signed_days: mean(&signed),
                median_days: median(sizes),
                year: share_row(subject, "year", word, &flags(|score| score.is_year))?,
                month: share_row(subject, "month and year", word, &flags(|score| score.is_month))?,
                day: share_row(subject, "day", word, &flags(|score| score.is_day))?,
                modal_year: ratio(years.values().copied().max().unwrap_or(0) as f64, asked.len()),
            });
        }
    }
    Ok(rows)
}

/// Firms, quarters and years of reports, as they are and without their numbers.
pub(super) fn reports(subject: &Subject<'_>, answers: &Answers<'_>) -> Result<Vec<ShareRow>, RunError> {
    let Some(task) = answers.of_ask(RecallAsk::Reconstruct) else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for (form, words) in [("whole", "as it is"), ("no-numbers", "without its numbers")] {
        let scores: Vec<_> = task
            .asked
            .iter()
            .filter(|asked| asked.text("form") == form)
            .filter_map(|asked| asked.score.as_ref())
            .collect();
        if scores.is_empty() {
            continue;
        }
        let mut row = |what: &str, is: fn(&crate::scoring::recall_scores::RecallScore) -> Option<bool>| {
            let flags: Vec<bool> = scores.iter().map(|score| is(score).unwrap_or(false)).collect();
            rows.push(share_row(subject, &format!("{what}, {words}"), "all", &flags)?);
            Ok::<(), RunError>(())
        };
        row("firm", |score| score.is_firm)?;
        row("year", |score| score.is_year)?;
        row("quarter and year", |score| score.is_quarter)?;
        row("all three", |score| score.is_hit)?;
    }
    Ok(rows)
}
