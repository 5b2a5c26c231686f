//! A run held against a policy: `mnemoscope gate`.
//!
//! - `policy`: the file, checked; all faults at once
//! - `verdict`: what became of each rule, and of all of them
//! - `absolute`: a number of the run against a limit
//! - `relative`: the run against a baseline, within a margin
//! - `error`: why there is no verdict

mod absolute;
mod error;
mod policy;
mod relative;
mod verdict;

use std::path::Path;

pub use error::GateError;
pub use policy::{Asked, InconclusiveIs, Limit, Policy, Required, Rule, RuleKind, Used, gate_schema_text, read_policy};
pub use verdict::{GateReport, Status, Verdict};

use super::compare::side::Side;
use crate::record::{Results, Role, RunFolder};

/// What rules look at.
struct Gated {
    tested: Side,
    /// `--baseline RUN`, else the run's own baseline.
    baseline: Option<Side>,
    results: Results,
}

/// Holds a run (its model under test, or a cell's) against a policy.
///
/// # Errors
/// [`GateError`]: a run that cannot be read, a rule that names nothing that the run has, a rule against a baseline without
/// one, runs that must not be compared.
pub fn gate(run: &Path, policy: &Policy, baseline: Option<&Path>) -> Result<GateReport, GateError> {
    let tested = Side::open(run)?;
    let (folder, _) = RunFolder::open_run_or_cell(run)?;
    let results = folder.read_results()?;
    let baseline = match baseline {
        Some(path) => Some(Side::open(path)?),
        None => {
            let own = tested.manifest.plan.models.iter().find(|model| model.role == Role::Baseline).cloned();
            own.map(|model| {
                let path = folder.root().to_path_buf();
                Side::of_model(&folder, &path, tested.manifest.clone(), model, None)
            })
            .transpose()?
        }
    };
    let gated = Gated { tested, baseline, results };
    let mut verdicts = Vec::new();
    for rule in &policy.rules {
        verdicts.extend(match &rule.kind {
            RuleKind::Absolute { limit, used } => absolute::judge(&gated, policy, rule, *limit, *used)?,
            RuleKind::Relative(asked) => relative::judge(&gated, policy, rule, asked)?,
        });
    }
    let shown = |side: &Side| format!("{} of {}", side.model.identity.name, side.shown);
    Ok(GateReport::new(policy, shown(&gated.tested), gated.baseline.as_ref().map(shown), verdicts))
}
