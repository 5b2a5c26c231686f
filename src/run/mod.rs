//! Puts the line together: plan -> execute -> evaluate -> report. The only room that knows all others.
//!
//! - [`plan`]: what will be asked of whom, checked before the first request
//! - [`responder`]: a model that is asked, or an earlier run that is replayed
//! - [`remember`]: histories memorised by agents, and asked about; [`judge`]: answers that a judge reads
//! - [`execute`]: asks what is not yet answered, into the record
//! - [`task_metrics`]: which item metrics a task has; [`item_scores`]: one value an item and metric, from the record
//! - [`pairing`]: two models on the same items, a row and a sentence
//! - [`evaluate`]: aggregates, intervals, comparisons, verdict: `results.json`
//! - [`publish`]: the card and its files; `took`: what the run took, in words
//! - [`compare`]: two finished runs, item by item; [`gate`]: one of them held against a policy
//! - [`calibrate`]: the same line on models whose truth is known

pub mod calibrate;
pub mod compare;
mod error;
pub mod evaluate;
pub mod execute;
pub mod gate;
pub mod item_scores;
pub mod judge;
pub mod memory_scores;
pub mod pairing;
pub mod plan;
pub mod publish;
pub mod remember;
pub mod responder;
pub mod task_metrics;
mod took;
mod vocabulary;

pub use error::RunError;
pub use judge::JudgeWishes;
pub use plan::{ChatWishes, MemoryWishes, Plan, RunRequest, WantedModel};
pub use remember::AgentSet;
pub use vocabulary::vocabulary;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::record::{Cost, Counts, RecordError, Results, RunFolder, RunManifest, SessionEnd};
use crate::report::Format;

/// Where a run goes and who watches it.
pub struct RunIo<'a> {
    pub out: &'a Path,
    /// Go on with the run in `out`.
    pub is_resumed: bool,
    /// Judges that the record does not know are added to it: they read the answers that are there.
    pub admits_judges: bool,
    pub command_line: &'a [String],
    /// Set by Ctrl-C.
    pub interrupted: &'a AtomicBool,
    pub watcher: &'a dyn execute::Watcher,
    pub formats: &'a [Format],
}

/// A run that has ended by itself.
#[derive(Debug)]
pub struct Finished {
    pub results: Results,
    pub counts: Counts,
    /// Requests whose error is not a property of the item.
    pub n_errors: u64,
}

/// Runs a plan to its end: asks, records, evaluates, writes the report.
///
/// # Errors
/// What planning allowed but the disk, the data or the user did not; the record keeps every answer.
pub fn run(plan: &mut Plan, io: &RunIo<'_>) -> Result<Finished, RunError> {
    let harness = env!("CARGO_PKG_VERSION");
    let recorded = plan.record();
    let (folder, mut manifest) = if io.is_resumed {
        let folder = RunFolder::open(io.out)?;
        let mut manifest = folder.read_manifest()?;
        if io.admits_judges {
            manifest.admit_judges(&recorded);
        }
        manifest.check_resume(io.out, &recorded)?;
        manifest.open_session(harness, io.command_line);
        folder.write_manifest(&manifest)?;
        (folder, manifest)
    } else {
        let manifest = RunManifest::begin(recorded, harness, io.command_line);
        (RunFolder::create(io.out, &manifest)?, manifest)
    };
    let outcome = execute_and_publish(plan, io, &folder, &mut manifest);
    let how = match &outcome {
        Ok(_) => SessionEnd::Finished,
        Err(RunError::Interrupted { .. }) => SessionEnd::Interrupted,
        Err(_) => SessionEnd::Failed,
    };
    manifest.close_session(how);
    let written = folder.write_manifest(&manifest);
    let finished = outcome?;
    written?;
    // The provenance of the card shows the closed session, so the card is written last.
    publish::publish(&folder, &manifest, &finished.results, &plan.figures(), io.formats)?;
    Ok(finished)
}

fn execute_and_publish(
    plan: &mut Plan,
    io: &RunIo<'_>,
    folder: &RunFolder,
    manifest: &mut RunManifest,
) -> Result<Finished, RunError> {
    let mut execution = execute::Execution::new(plan, folder, io.interrupted, io.watcher);
    let executed = execution.run();
    let (counts, spent) = (execution.counts, execution.spent);
    manifest.traffic = (plan.has_endpoint()).then_some(spent);
    manifest.cost = plan.currency().zip(spent.cost).map(|(currency, amount)| Cost {
        amount,
        currency,
        is_estimated: spent.usage.is_estimated,
    });
    executed?;
    manifest.memory_times = remember::memory_times(plan, folder)?;
    manifest.counts = counts;
    let evaluated = evaluate::evaluate(plan, folder)?;
    folder.write_items(evaluated.items)?;
    folder.write_results(&evaluated.results)?;
    Ok(Finished { results: evaluated.results, counts, n_errors: evaluated.n_errors })
}

/// The figures of every suite of a recorded run, by the suite as it is now.
///
/// # Errors
/// When the run cannot be read, or a suite is no longer to be found.
pub fn reopen(path: &Path) -> Result<(RunFolder, RunManifest, Results), RecordError> {
    let (folder, _) = RunFolder::open_run_or_cell(path)?;
    let manifest = folder.read_manifest()?;
    let results = folder.read_results()?;
    Ok((folder, manifest, results))
}
