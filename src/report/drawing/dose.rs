//! Measures of one task over the number of copies, with the baseline as a quiet line.

use super::finding;
use super::selection::{baseline, by_copies, estimate, fine_print};
use crate::record::{MetricRow, ModelEntry, SuiteResults, Trend};
use crate::report::anchor::Anchors;
use crate::report::figure::dose_response::{self, DosePoint, DoseResponse, DoseSeries};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::metric_name::MetricName;
use crate::report::table::copies_words;
use crate::suite::FigureSpec;

/// Draws a [`FigureSpec::DoseResponse`] for one model; `None` when no row has copies and a value.
///
/// The control shown is the baseline's first measure that has values: one quiet line says where an untouched model
/// lies; all numbers of the baseline stand in the tables.
pub(super) fn draw(
    results: &SuiteResults,
    model: &ModelEntry,
    spec: &FigureSpec,
    anchors: &mut Anchors,
) -> Result<Option<Figure>, FigureError> {
    let FigureSpec::DoseResponse { task, metrics, title, range, chance } = spec else { return Ok(None) };
    let lines: Vec<(&String, Vec<&MetricRow>)> = metrics
        .iter()
        .map(|metric| (metric, by_copies(results, &model.slug, task, metric)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let Some((main_metric, main_rows)) = lines.first() else { return Ok(None) };
    let control = baseline(results, &model.slug).and_then(|entry| {
        let (metric, rows) = lines
            .iter()
            .map(|(metric, _)| (metric, by_copies(results, &entry.slug, task, metric)))
            .find(|(_, rows)| !rows.is_empty())?;
        let name = match lines.len() {
            1 => "baseline".to_owned(),
            _ => format!("baseline, {}", MetricName::parse(metric).score_words()),
        };
        Some((entry, DoseSeries { name, points: points(&rows) }))
    });
    let name = MetricName::parse(main_metric);
    let trend = results
        .trends
        .iter()
        .find(|trend| trend.task == *task && trend.model == model.slug && trend.metric == **main_metric)
        .filter(|trend| !trend.is_lottery());
    let is_separable = results.blind.iter().any(|blind| blind.task == *task && blind.is_separable);
    let finding = if name.is_auc() && is_separable {
        // What the texts give away without a model is no finding of an attack.
        Some(format!("The texts of {task} alone tell seen from unseen: no attack is called a finding here"))
    } else if name.is_auc() {
        finding::separation(main_rows, chance.unwrap_or(0.5))
    } else {
        finding::rise(main_rows, trend)
    };
    let has_one_family = lines.iter().all(|(metric, _)| MetricName::parse(metric).family == name.family);
    let measure = if has_one_family { name.family_words() } else { "Share".to_owned() };
    let input = DoseResponse {
        words: FigureWords {
            id: anchors.claim(&["dose", task, name.family, &model.slug]),
            title: finding.unwrap_or_else(|| title.clone()),
            subtitle: format!("{title} · model {}", model.slug),
            caption: caption(results, task, &model.slug, &lines, control.as_ref().map(|(entry, _)| *entry)),
        },
        measure,
        dose_name: "copies in the training data".to_owned(),
        value_range: *range,
        chance: *chance,
        series: lines
            .iter()
            .map(|(metric, rows)| DoseSeries { name: MetricName::parse(metric).score_words(), points: points(rows) })
            .collect(),
        reference: control.map(|(_, series)| series),
    };
    dose_response::draw(&input).map(Some)
}

/// Points with the members as their n where a measure has members and non-members.
pub(super) fn points(rows: &[&MetricRow]) -> Vec<DosePoint> {
    rows.iter()
        .filter_map(|row| {
            Some(DosePoint {
                dose: u64::from(row.slice.copies?),
                estimate: estimate(row)?,
                n: row.n_members.unwrap_or(row.n),
            })
        })
        .collect()
}

fn caption(
    results: &SuiteResults,
    task: &str,
    model: &str,
    lines: &[(&String, Vec<&MetricRow>)],
    control: Option<&ModelEntry>,
) -> String {
    let rows: Vec<&MetricRow> = lines.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
    let mut out = fine_print(&rows);
    if rows.iter().any(|row| row.n_members.is_some()) {
        let non_members = rows.iter().filter_map(|row| row.n_non_members).max();
        let against = non_members.map_or_else(String::new, |n| format!(" ({n} items)"));
        out.push(format!("n: members at the dose, each time against the unseen items{against}."));
    }
    let trends: Vec<&Trend> = lines
        .iter()
        .filter_map(|(metric, _)| {
            results.trends.iter().find(|trend| trend.task == task && trend.model == model && trend.metric == **metric)
        })
        .collect();
    for (is_lottery, words) in [(false, "Trend with the copies"), (true, "Over all copies, test of the lot")] {
        let of_kind = trends.iter().filter(|trend| trend.is_lottery() == is_lottery);
        let clauses: Vec<String> = of_kind.map(|trend| finding::trend_clause(trend)).collect();
        if !clauses.is_empty() {
            out.push(format!("{words}: {}.", clauses.join("; ")));
        }
    }
    let undefined = undefined_points(results, task, model, lines);
    if !undefined.is_empty() {
        out.push(format!("Without a value and not drawn: {}.", undefined.join("; ")));
    }
    if let Some(control) = control {
        out.push(format!("Baseline, the thin grey line: {}.", control.slug));
    }
    out.join(" ")
}

/// Points of the drawn lines that the results hold without a value: `Min-K %++ at 4 copies`.
fn undefined_points(
    results: &SuiteResults,
    task: &str,
    model: &str,
    lines: &[(&String, Vec<&MetricRow>)],
) -> Vec<String> {
    results
        .metrics
        .iter()
        .filter(|row| row.task == task && row.model == model && row.slice.copies.is_some())
        .filter(|row| !row.value.is_some_and(f64::is_finite) && lines.iter().any(|(metric, _)| **metric == row.metric))
        .map(|row| format!("{} at {}", MetricName::parse(&row.metric).score_words(), copies_words(&row.slice)))
        .collect()
}
