//! What may be compared. Equal items, asked in equal words, scored in equal ways: everything else is refused by name.

use super::error::CompareError;
use super::joined::JoinedMetric;
use super::side::{Side, identity_of};
use crate::record::{RefusedComparison, SuiteRecord};
use crate::scoring::membership;

/// Suites that both sides asked in equal form, and those that must not be compared.
///
/// # Errors
/// One cell twice, or no suite in common.
pub(super) fn common_suites(a: &Side, b: &Side) -> Result<(Vec<SuiteRecord>, Vec<RefusedComparison>), CompareError> {
    let resolved = |side: &Side| side.path.canonicalize().unwrap_or_else(|_| side.path.clone());
    if resolved(a) == resolved(b) && a.model.slug == b.model.slug {
        return Err(CompareError::SameCell { run: a.path.clone() });
    }
    let (mut common, mut refused) = (Vec::new(), Vec::new());
    for of_a in &a.suites {
        let Some(of_b) = b.suite(&of_a.name) else { continue };
        match difference(of_a, of_b) {
            None => common.push(of_a.clone()),
            Some(why) => {
                refused.push(RefusedComparison { suite: of_a.name.clone(), task: None, metric: None, why });
            }
        }
    }
    if common.is_empty() && refused.is_empty() {
        let names = |side: &Side| side.suites.iter().map(|suite| suite.name.clone()).collect();
        return Err(CompareError::DifferentSuites { a: names(a), b: names(b) });
    }
    Ok((common, refused))
}

/// The first thing in which two runs of a suite differ so that their items are not the same question.
fn difference(a: &SuiteRecord, b: &SuiteRecord) -> Option<String> {
    let differ = |what: &str, a: &str, b: &str, advice: &str| {
        (a != b).then(|| format!("the {what} differs: {} in A and {} in B; {advice}", short(a), short(b)))
    };
    differ("size", &a.size, &b.size, "run both on the same data")
        .or_else(|| differ("version of the suite", &a.version, &b.version, "run both with one version"))
        .or_else(|| differ("suite file", &a.hash, &b.hash, "run both with one file"))
        .or_else(|| {
            a.data.iter().find_map(|data| {
                let other = b.data.iter().find(|other| other.name == data.name)?;
                let what = format!("data set {}", data.name);
                differ(&what, &data.sha256, &other.sha256, "run both on the same data")
            })
        })
}

/// The beginning of a hash is enough to tell two apart.
fn short(value: &str) -> String {
    if value.len() > 24 { format!("{}...", value.chars().take(12).collect::<String>()) } else { value.to_owned() }
}

/// Why a metric that both sides have must not be compared.
pub(super) fn refused_metric(a: &Side, b: &Side, metric: &JoinedMetric) -> Option<String> {
    let attack = membership::find(&metric.metric)?;
    if !attack.needs.reference_model {
        return None;
    }
    let (Some(of_a), Some(of_b)) = (a.reference(), b.reference()) else {
        return Some("the run does not say which reference model the attack subtracted".to_owned());
    };
    let (first, second) = (identity_of(of_a), identity_of(of_b));
    if first != second {
        return Some(format!(
            "the attack subtracts another reference model in A ({}) than in B ({}); give both runs the same --reference",
            of_a.identity.name, of_b.identity.name
        ));
    }
    let is_compared = [&a.model, &b.model].into_iter().any(|model| identity_of(model) == first);
    is_compared.then(|| {
        format!(
            "{} is compared and is also the reference that the attack subtracts; give both runs a third model as --reference",
            of_a.identity.name
        )
    })
}

/// How the runs differ where that does not forbid a comparison.
pub(super) fn notes(a: &Side, b: &Side) -> Vec<String> {
    let mut notes = Vec::new();
    if identity_of(&a.model) == identity_of(&b.model) {
        notes.push("A and B are the same model: what differs is the runs".to_owned());
    }
    let (plan_a, plan_b) = (&a.manifest.plan, &b.manifest.plan);
    if plan_a.n_epochs != plan_b.n_epochs {
        notes.push(format!(
            "items were asked {} time(s) in A and {} in B; means over repeats are compared",
            plan_a.n_epochs, plan_b.n_epochs
        ));
    }
    if a.manifest.harness_version != b.manifest.harness_version {
        notes.push(format!(
            "A was made by version {} of this program and B by {}",
            a.manifest.harness_version, b.manifest.harness_version
        ));
    }
    for (side, other, name) in [(a, b, "A"), (b, a, "B")] {
        for suite in &side.suites {
            let limit = other.suite(&suite.name).map(|suite| suite.limit);
            if let Some(n) = suite.limit
                && limit != Some(Some(n))
            {
                notes.push(format!("{}: {name} was limited to {n} items a task", suite.name));
            }
        }
        if let Some(shard) = side.manifest.plan.shard
            && other.manifest.plan.shard != side.manifest.plan.shard
        {
            notes.push(format!("{name} is shard {shard}"));
        }
    }
    for (what, of) in [
        ("dtype", (|side: &Side| side.model.identity.dtype.clone()) as fn(&Side) -> Option<String>),
        ("BOS handling", |side| Some(side.model.identity.bos.clone())),
        ("backend", |side| Some(side.model.identity.backend.clone())),
    ] {
        if of(a) != of(b) {
            let word = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
            notes.push(format!("the {what} differs: {} in A, {} in B", word(of(a)), word(of(b))));
        }
    }
    notes
}
