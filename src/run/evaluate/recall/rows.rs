//! The numbers of economic memory that a policy can be held against, as metrics of `results.json`.

use crate::record::{IntervalRecord, MetricRow, Recall, Slice};

/// One row a number: recall beyond guessing by series and side, difference in differences, leak, and what is made up.
pub(in crate::run::evaluate) fn metric_rows(recall: &Recall) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for model in &recall.models {
        let mut put = |task: &str, metric: String, n: u64, value: Option<f64>, interval: &Option<IntervalRecord>| {
            rows.push(MetricRow {
                task: task.to_owned(),
                model: model.model.clone(),
                metric,
                slice: Slice::default(),
                n,
                n_members: None,
                n_non_members: None,
                n_clusters: None,
                n_missing: 0,
                value,
                interval: interval.clone(),
                flags: Vec::new(),
            });
        };
        // Of every series for the levels, of all together for the other questions.
        for row in model.beyond.iter().filter(|row| row.side != "all" && (row.task == "level" || row.series == "all")) {
            put(&row.task, format!("beyond_guessing_{}.{}", row.side, row.series), row.n, row.adjusted, &row.interval);
        }
        for row in model.contrasts.iter().filter(|row| row.task == "level" || row.series == "all") {
            let n = row.n_before + row.n_after;
            put(&row.task, format!("excess_before_less_after.{}", row.series), n, Some(row.difference), &row.interval);
        }
        if let Some(leak) = &model.fake_cutoff {
            put("fake-cutoff", "fake_cutoff_leak".to_owned(), leak.n, leak.leak, &leak.interval);
        }
        if let Some(row) = model.fabrication.first() {
            put("impossible", "fabrication_rate".to_owned(), row.n, row.share, &row.interval);
        }
    }
    rows
}
