//! How answers ended, how far off they are, and hits month by month.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{Answers, Asked, Side, TaskAnswers};
use super::guessing::pairs_of;
use crate::dataset::economic::month_text;
use crate::record::{ErrorRow, MonthHits, StatusCounts};
use crate::scoring::forecast::{LevelAnswer, LevelItem, LevelRule, Tolerance, level_metrics};
use crate::scoring::recall_scores::{CHANGE_DECIMALS, RecallStatus, decimals_of, truth_of};
use crate::suite::RecallAsk;

/// How the answers of every task ended, on each side and in all.
pub(super) fn statuses(answers: &Answers<'_>) -> Vec<StatusCounts> {
    let mut rows = Vec::new();
    for (_, task) in answers.tasks() {
        let sides: BTreeSet<Side> = task.asked.iter().map(|asked| asked.side).collect();
        if sides.len() > 1 {
            for side in sides {
                let own = task.asked.iter().filter(|asked| asked.side == side);
                rows.push(counts(&task.task.id, side.word(), own));
            }
        }
        rows.push(counts(&task.task.id, "all", task.asked.iter()));
    }
    rows
}

fn counts<'i, 'a: 'i>(task: &str, side: &str, asked: impl Iterator<Item = &'i Asked<'a>>) -> StatusCounts {
    let mut row = StatusCounts {
        task: task.to_owned(),
        side: side.to_owned(),
        asked: 0,
        values: 0,
        ranges: 0,
        refusals: 0,
        unparseable: 0,
        errors: 0,
        hedged: 0,
        suspect_fractions: 0,
    };
    for asked in asked {
        row.asked += 1;
        let Some(score) = &asked.score else {
            row.errors += 1;
            continue;
        };
        match score.status {
            RecallStatus::Value => row.values += 1,
            RecallStatus::Range => row.ranges += 1,
            RecallStatus::Refusal => row.refusals += 1,
            RecallStatus::Unparseable => row.unparseable += 1,
        }
        row.hedged += u64::from(score.is_hedged);
        row.suspect_fractions += u64::from(score.is_suspect_fraction);
    }
    row
}

/// Errors of numbers by task, series and side; never over several series.
pub(super) fn errors(answers: &Answers<'_>) -> Vec<ErrorRow> {
    let mut rows = Vec::new();
    for (ask, task) in answers.tasks() {
        if !ask.is_number() || matches!(ask, RecallAsk::Impossible | RecallAsk::FakeDate) {
            continue;
        }
        let series: BTreeSet<&str> = task.asked.iter().map(|asked| asked.series()).collect();
        for series in series {
            let own: Vec<&Asked<'_>> =
                task.asked.iter().filter(|asked| asked.series() == series && asked.score.is_some()).collect();
            for (word, side) in [("before", Some(Side::Before)), ("after", Some(Side::After)), ("all", None)] {
                let on_side: Vec<&Asked<'_>> =
                    own.iter().copied().filter(|asked| side.is_none_or(|side| asked.side == side)).collect();
                rows.extend(error_row(ask, &task.task.id, series, word, &on_side));
            }
        }
    }
    rows
}

fn error_row(ask: RecallAsk, task: &str, series: &str, side: &str, asked: &[&Asked<'_>]) -> Option<ErrorRow> {
    let first = asked.first()?;
    let (_, tolerance) = truth_of(ask, first.item)?;
    let items: Vec<LevelItem> = asked
        .iter()
        .filter_map(|asked| {
            let score = asked.score.as_ref()?;
            let answer = match (score.status, score.value) {
                (RecallStatus::Value, Some(value)) => LevelAnswer::Value { value, is_hedged: score.is_hedged },
                (RecallStatus::Range, Some(value)) => LevelAnswer::Range { value },
                (RecallStatus::Refusal, _) => LevelAnswer::Refusal,
                _ => LevelAnswer::Unparseable,
            };
            Some(LevelItem {
                truth: score.truth?,
                previous_truth: if ask == RecallAsk::Change { Some(0.0) } else { asked.number("previous_value") },
                threshold: None,
                answer,
            })
        })
        .collect();
    let is_relative = matches!(tolerance, Tolerance::Relative(_));
    let (absolute_tolerance, relative_tolerance) = match tolerance {
        Tolerance::Absolute(width) => (width, 0.0),
        Tolerance::Relative(share) => (0.0, share),
        Tolerance::Exact { .. } => (0.0, 0.0),
    };
    let published_decimals = if ask == RecallAsk::Change { CHANGE_DECIMALS } else { decimals_of(first.item) };
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let rule = LevelRule { published_decimals, absolute_tolerance, relative_tolerance };
    let found = level_metrics(&items, &rule);
    let within = |absolute, relative| if is_relative { relative } else { absolute };
    Some(ErrorRow {
        task: task.to_owned(),
        series: series.to_owned(),
        side: side.to_owned(),
        n: found.n as u64,
        n_answered: found.n_answered as u64,
        mae: finite(found.mae),
        rmse: finite(found.rmse),
        bias: finite(found.bias),
        median_ae: finite(found.median_ae),
        mape_pct: finite(found.mape_pct),
        median_ape_pct: finite(found.median_ape_pct),
        n_zero_truth: found.n_zero_truths as u64,
        exact_answered: found.exact_share_answered,
        exact_all: found.exact_share_all,
        within_answered: within(found.within_abs_share_answered, found.within_rel_share_answered),
        within_all: within(found.within_abs_share_all, found.within_rel_share_all),
        directional_accuracy: found.directional_accuracy,
    })
}

/// Hits of the question for levels by month, beside those of the forecasters.
pub(super) fn months(answers: &Answers<'_>) -> Vec<MonthHits> {
    let Some(task) = answers.of_ask(RecallAsk::Level) else { return Vec::new() };
    month_hits(task)
}

fn month_hits(task: &TaskAnswers<'_>) -> Vec<MonthHits> {
    let mut months: BTreeMap<i32, MonthHits> = BTreeMap::new();
    for pair in pairs_of(RecallAsk::Level, task).iter().flat_map(|one| &one.pairs) {
        let row = months.entry(pair.month).or_insert_with(|| MonthHits {
            month: month_text(pair.month),
            n: 0,
            hits: 0,
            baseline_hits: 0,
            side: pair.side.word().to_owned(),
        });
        row.n += 1;
        row.hits += u64::from(pair.model);
        row.baseline_hits += u64::from(pair.naive);
        // Values of one month become public on different days.
        if row.side != pair.side.word() {
            Side::Grey.word().clone_into(&mut row.side);
        }
    }
    months.into_values().collect()
}
