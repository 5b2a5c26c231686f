//! What a run has in the places of the papers' tables, under their names: `series/question` and `metric_side`.

use crate::record::{IntervalRecord, MeasuredRow, Recall, Role};

/// Rows of the models under test.
pub(in crate::run::evaluate) fn measured(recall: &Recall) -> Vec<MeasuredRow> {
    let mut rows = Vec::new();
    for model in recall.models.iter().filter(|model| model.role == Role::Model) {
        let mut put = |task: String, metric: &str, side: &str, as_: &str, n: u64, value: Option<f64>, interval| {
            let side = match side {
                "before" => "pre",
                "after" => "post",
                _ => return,
            };
            rows.push(MeasuredRow {
                task,
                metric: format!("{metric}_{side}"),
                copies: None,
                model: model.model.clone(),
                measured_as: as_.to_owned(),
                n,
                value,
                interval,
            });
        };
        for row in &model.errors {
            let task = || format!("{}/{}", row.series, row.task);
            put(
                task(),
                "mape",
                &row.side,
                "mean percentage error of answered values",
                row.n_answered,
                row.mape_pct,
                None,
            );
            put(task(), "mae", &row.side, "mean absolute error of answered values", row.n_answered, row.mae, None);
        }
        for row in model.beyond.iter().filter(|row| matches!(row.task.as_str(), "direction" | "threshold")) {
            let task = format!("{}/{}", row.series, row.task);
            let interval: Option<IntervalRecord> = row.hit_interval.clone();
            put(task, "accuracy", &row.side, "recalled, of asked values", row.n, Some(row.hit_share), interval);
        }
        for row in model.days.iter().filter(|row| row.task == "headline-date") {
            for (what, share) in [("year", &row.year), ("month", &row.month)] {
                let task = format!("headlines/{what}");
                put(
                    task,
                    "accuracy",
                    &row.side,
                    "share of asked headlines",
                    share.n,
                    share.share,
                    share.interval.clone(),
                );
            }
        }
    }
    rows
}
