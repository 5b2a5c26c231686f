//! Numbers of memory agents that a policy can be held against, as metrics of `results.json`, and in the places of the published ones.

use crate::record::{IntervalRecord, MeasuredRow, Memory, MetricRow, Slice, Stale, StaleOverall};

/// A number with its place.
struct Put<'m> {
    task: String,
    model: &'m str,
    metric: String,
    n: u64,
    n_clusters: Option<u64>,
    n_missing: u64,
    value: Option<f64>,
    interval: &'m Option<IntervalRecord>,
    /// Why there is no value, where the parts are there.
    flag: Option<&'static str>,
}

/// Why a run has no overall number.
pub(super) fn invalidity(row: &StaleOverall) -> &'static str {
    if row.n_unanswered.saturating_mul(50) > row.n_scenarios {
        "too_many_unanswered"
    } else {
        "too_many_without_a_verdict"
    }
}

/// Scenarios of a model that have a verdict.
pub(super) fn n_judged(stale: &Stale, model: &str) -> u64 {
    stale.cells.iter().filter(|row| row.model == model && row.dimension == "SR").map(|row| row.n_judged).sum()
}

/// Columns, competencies, cells, false alarms and knowing without acting.
pub(in crate::run::evaluate) fn metric_rows(memory: &Memory) -> Vec<MetricRow> {
    let mut rows: Vec<Put<'_>> = Vec::new();
    for row in &memory.competencies {
        rows.push(Put {
            task: "competency".to_owned(),
            model: &row.model,
            metric: format!("memory.{}", row.competency),
            n: row.n,
            n_clusters: Some(row.n_clusters),
            n_missing: 0,
            value: row.value,
            interval: &row.interval,
            flag: if row.value.is_none() && !row.missing.is_empty() { Some("missing_columns") } else { None },
        });
    }
    for row in &memory.columns {
        rows.push(Put {
            task: "column".to_owned(),
            model: &row.model,
            metric: format!("memory.{}", row.column),
            n: row.n,
            n_clusters: Some(row.n_clusters),
            n_missing: row.n_failed + row.n_unjudged,
            value: row.value,
            interval: &row.interval,
            flag: None,
        });
    }
    if let Some(stale) = &memory.stale {
        let n_scenarios =
            |model: &str| stale.overall.iter().find(|row| row.model == model).map_or(0, |row| row.n_scenarios);
        for row in &stale.cells {
            rows.push(Put {
                task: "scenarios".to_owned(),
                model: &row.model,
                metric: format!("stale.{}-{}", row.conflict, row.dimension),
                n: row.n_judged,
                n_clusters: None,
                n_missing: row.n_scenarios - row.n_judged,
                value: row.value,
                interval: &row.interval,
                flag: None,
            });
        }
        for row in &stale.overall {
            rows.push(Put {
                task: "scenarios".to_owned(),
                model: &row.model,
                metric: "stale.overall".to_owned(),
                n: n_judged(stale, &row.model),
                n_clusters: Some(n_judged(stale, &row.model)),
                n_missing: row.n_scenarios - n_judged(stale, &row.model),
                value: row.macro_mean,
                interval: &row.interval,
                flag: (!row.is_valid).then_some(invalidity(row)),
            });
        }
        for row in stale.false_alarms.iter().filter(|row| row.control == "all") {
            rows.push(Put {
                task: "controls".to_owned(),
                model: &row.model,
                metric: format!("stale_false_alarm.{}", row.dimension),
                n: row.n,
                n_clusters: None,
                n_missing: row.n_judge_errors + row.n_tied + row.n_unjudged + row.n_unanswered,
                value: row.rate,
                interval: &row.interval,
                flag: None,
            });
        }
        for row in stale.knowing.iter().filter(|row| row.conflict == "all") {
            rows.push(Put {
                task: "scenarios".to_owned(),
                model: &row.model,
                metric: "stale.knows_but_does_not_act".to_owned(),
                n: row.n_judged,
                n_clusters: None,
                n_missing: n_scenarios(&row.model).saturating_sub(row.n_judged),
                value: row.rate,
                interval: &row.interval,
                flag: None,
            });
        }
    }
    rows.into_iter()
        .map(|row| MetricRow {
            task: row.task,
            model: row.model.to_owned(),
            metric: row.metric,
            slice: Slice::default(),
            n: row.n,
            n_members: None,
            n_non_members: None,
            n_clusters: row.n_clusters,
            n_missing: row.n_missing,
            value: row.value,
            interval: row.interval.clone(),
            flags: row.flag.map(str::to_owned).into_iter().collect(),
        })
        .collect()
}

/// Percent, as the papers print them: columns, competencies, cells; and of columns over several tasks, each task.
pub(in crate::run::evaluate) fn measured(memory: &Memory, metrics: &[MetricRow]) -> Vec<MeasuredRow> {
    let percent = |interval: &Option<IntervalRecord>| {
        interval.as_ref().map(|interval| IntervalRecord {
            low: 100.0 * interval.low,
            high: 100.0 * interval.high,
            ..interval.clone()
        })
    };
    let mut rows = Vec::new();
    let mut put = |task: String, metric: &str, model: &str, as_: &str, n: u64, value: Option<f64>, interval| {
        rows.push(MeasuredRow {
            task,
            metric: metric.to_owned(),
            copies: None,
            model: model.to_owned(),
            measured_as: as_.to_owned(),
            n,
            value: value.map(|value| 100.0 * value),
            interval: percent(interval),
        });
    };
    for row in &memory.columns {
        let n = row.n;
        put(row.column.clone(), "score", &row.model, &row.metric, n, row.value, &row.interval);
        let is_own =
            |mean: &&MetricRow| mean.model == row.model && mean.metric == row.metric && row.tasks.contains(&mean.task);
        for mean in metrics.iter().filter(|_| row.tasks.len() > 1).filter(is_own) {
            put(mean.task.clone(), "score", &mean.model, &mean.metric, mean.n, mean.value, &mean.interval);
        }
    }
    for row in &memory.competencies {
        let name = match row.competency.as_str() {
            "accurate-retrieval" => "AR",
            "test-time-learning" => "TTL",
            "long-range-understanding" => "LRU",
            "conflict-resolution" => "SF",
            _ => "Overall",
        };
        put(name.to_owned(), "score", &row.model, "mean of columns", row.n, row.value, &row.interval);
    }
    if let Some(stale) = &memory.stale {
        for row in &stale.cells {
            let task = format!("{} {}", row.conflict, row.dimension);
            put(task, "accuracy", &row.model, "passes of judged answers", row.n_judged, row.value, &row.interval);
        }
        for row in &stale.overall {
            let as_ = "mean of the six cells";
            let n = n_judged(stale, &row.model);
            put("Overall".to_owned(), "accuracy", &row.model, as_, n, row.macro_mean, &row.interval);
        }
    }
    rows
}
