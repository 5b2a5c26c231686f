//! What a model of each role is asked, and what it must be able to do for that.

use std::collections::BTreeSet;

use super::planned::{PlannedSuite, PlannedTask};
use crate::backend::Capability;
use crate::probe::capabilities;
use crate::record::Role;
use crate::scoring::membership;
use crate::suite::Probe;

/// Models under test and baselines answer all, a reference only what an attack reads from it.
pub(super) fn is_asked(role: Role, task: &PlannedTask) -> bool {
    match role {
        Role::Model | Role::Baseline => task.probe != Probe::Embed,
        Role::Reference => task.is_of_forgetting || needs_reference(&task.probe),
        Role::Embedder => task.probe == Probe::Embed,
        // A judge is asked about answers, not about items.
        Role::Judge => false,
    }
}

/// Whether a judge reads the answers.
#[must_use]
pub fn is_judged(probe: &Probe) -> bool {
    match probe {
        Probe::State(_) => true,
        Probe::Memory(probe) => probe.family.is_judged(),
        _ => false,
    }
}

/// What a model of this role must be able to do, what will do instead included.
pub(super) fn needs_of(role: Role, suites: &[PlannedSuite]) -> Vec<Capability> {
    let mut needs = BTreeSet::new();
    for planned in suites {
        if role == Role::Judge && planned.tasks.iter().any(|task| is_judged(&task.probe)) {
            needs.extend([Capability::Chat, Capability::Generate]);
        }
        for task in planned.tasks.iter().filter(|task| is_asked(role, task)) {
            for needed in capabilities(&task.probe, planned.is_plain()) {
                needs.insert(needed.capability);
                needs.extend(needed.instead);
            }
        }
    }
    needs.into_iter().collect()
}

fn needs_reference(probe: &Probe) -> bool {
    match probe {
        Probe::Membership(probe) => {
            probe.attacks.iter().filter_map(|id| membership::find(id)).any(|attack| attack.needs.reference_model)
        }
        _ => false,
    }
}
