//! The card of every suite of a run, as files below `report/`.

use std::collections::BTreeMap;

use super::error::RunError;
use super::took;
use crate::record::{Results, RunFolder, RunManifest};
use crate::report::{Card, Format, Provenance, files};
use crate::suite::FigureSpec;

/// Writes the report of a run; one suite stands in `report/` itself, several each in a folder of their own.
///
/// # Errors
/// When a figure cannot be drawn or a file cannot be written.
pub fn publish(
    folder: &RunFolder,
    manifest: &RunManifest,
    results: &Results,
    figures: &BTreeMap<String, Vec<FigureSpec>>,
    formats: &[Format],
) -> Result<Vec<std::path::PathBuf>, RunError> {
    let provenance = provenance(manifest);
    let mut written = Vec::new();
    for suite in &results.suites {
        let figures = figures.get(&suite.suite).map_or(&[][..], Vec::as_slice);
        let card = Card::build(suite, figures, &provenance)?;
        let mut place = folder.report_path();
        if results.suites.len() > 1 {
            place.push(&suite.suite);
        }
        written.extend(files::write(&place, &files::render(&card, suite, formats)?)?);
    }
    Ok(written)
}

/// What may differ between two runs of the same numbers.
#[must_use]
pub fn provenance(manifest: &RunManifest) -> Provenance {
    let mut rows = vec![
        ("command".to_owned(), manifest.command_line.join(" ")),
        ("harness".to_owned(), format!("mnemoscope {}", manifest.harness_version)),
        ("created (UTC)".to_owned(), manifest.created_utc.clone()),
        ("finished (UTC)".to_owned(), manifest.finished_utc.clone().unwrap_or_else(|| "not finished".to_owned())),
        ("sessions".to_owned(), manifest.sessions.len().to_string()),
        ("processor".to_owned(), manifest.hardware.cpu.clone().unwrap_or_else(|| "unknown".to_owned())),
        ("cores".to_owned(), manifest.hardware.n_cores.map_or_else(|| "unknown".to_owned(), |n| n.to_string())),
        ("operating system".to_owned(), manifest.hardware.os.clone()),
        (
            "answers".to_owned(),
            format!(
                "{} planned, {} answered, {} failed",
                manifest.counts.planned, manifest.counts.answered, manifest.counts.failed
            ),
        ),
    ];
    for suite in &manifest.plan.suites {
        rows.push((
            format!("suite {}", suite.name),
            format!("{} from {}, SHA-256 {}", suite.version, suite.origin, suite.hash),
        ));
        for data in &suite.data {
            rows.push((
                format!("data {}", data.name),
                format!("{} ({} rows), SHA-256 {}", data.file, data.rows, data.sha256),
            ));
        }
    }
    for model in &manifest.plan.models {
        let hash = model.identity.weights_sha256.as_deref().unwrap_or("unknown");
        rows.push((
            format!("model {}", model.slug),
            format!("{} on {}, weights SHA-256 {hash}", model.identity.name, model.identity.device),
        ));
    }
    if let Some(spent) = &manifest.traffic {
        rows.push(("requests".to_owned(), took::traffic_words(spent)));
        rows.push(("cost".to_owned(), took::cost_words(manifest.cost.as_ref())));
    }
    for times in &manifest.memory_times {
        rows.push((format!("memory of {}, {}", times.model, times.suite), took::memory_words(times)));
    }
    Provenance { seed: manifest.plan.seed, rows }
}
