//! Which attacks are run, and why the others are not: everything is known before the first request.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::models::Models;
use crate::backend::Capability;
use crate::cli::error::CliError;
use crate::cli::instrument::require;
use crate::scoring::membership::{self, ATTACKS, Attack, AttackOptions, ExtraPass, NormOrder};

/// What is run, after all wishes are checked.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) attacks: Vec<&'static Attack>,
    /// Ids that the user wrote; the others come with `all` and may be left out.
    pub(super) named: BTreeSet<&'static str>,
    /// Attacks that `all` left out, with the reason.
    pub(super) left_out: BTreeMap<&'static str, String>,
    pub(super) options: AttackOptions,
    pub(super) compat: Vec<Code>,
}

/// What the user gave besides the texts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Offered {
    pub(super) reference: bool,
    pub(super) prefix: bool,
    pub(super) corpus: bool,
    /// At least one row has some.
    pub(super) neighbors: bool,
}

impl Offered {
    /// Why an attack cannot be run with what was given, as a phrase after its name.
    fn lacks(self, attack: &Attack) -> Option<&'static str> {
        if attack.needs.reference_model && !self.reference {
            return Some("compares with a reference model; name one with --reference");
        }
        match attack.needs.pass? {
            ExtraPass::Neighbors if !self.neighbors => {
                Some("compares with texts close to each text; give them in the field `neighbors`")
            }
            ExtraPass::Prefixed if !self.prefix => {
                Some("puts texts that are no members before each text; give them with --recall-prefix")
            }
            ExtraPass::AfterEos if !self.corpus => {
                Some("asks how common tokens are elsewhere; give texts with --dcpdd-corpus")
            }
            _ => None,
        }
    }
}

pub(super) fn all_ids() -> String {
    ATTACKS.iter().map(|attack| attack.id).collect::<Vec<_>>().join(", ")
}

/// The attack whose id is within two edits of `name`.
fn nearest_id(name: &str) -> Option<&'static str> {
    let edits = |id| strsim::damerau_levenshtein(name, id);
    ATTACKS.iter().map(|attack| attack.id).filter(|id| edits(id) <= 2.min(id.len() - 1)).min_by_key(|id| edits(id))
}

/// The attacks that were named, in the order of the table.
pub(super) fn choose(names: &[String], options: AttackOptions, offered: Offered) -> Result<Chosen, CliError> {
    let is_all = names.iter().any(|name| name == "all");
    let mut named = BTreeSet::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| *name != "all") {
        let Some(attack) = membership::find(name) else {
            let meant = nearest_id(name).map(|id| format!("did you mean `{id}`? ")).unwrap_or_default();
            let message = format!("there is no attack `{name}`; {meant}there are: {}", all_ids());
            return Err(CliError::Usage { message });
        };
        if let Some(reason) = offered.lacks(attack) {
            let message = format!("the attack `{name}` {reason}, or leave it out");
            return Err(CliError::Usage { message });
        }
        named.insert(attack.id);
    }
    let wanted = ATTACKS.iter().filter(|attack| is_all || named.contains(attack.id));
    let mut chosen =
        Chosen { attacks: Vec::new(), named: named.clone(), left_out: BTreeMap::new(), options, compat: Vec::new() };
    for attack in wanted {
        match offered.lacks(attack) {
            Some(reason) => {
                chosen.left_out.insert(attack.id, format!("it {reason}"));
            }
            None => chosen.attacks.push(attack),
        }
    }
    Ok(chosen)
}

impl Chosen {
    pub(super) fn ids(&self) -> Vec<String> {
        self.attacks.iter().map(|attack| attack.id.to_owned()).collect()
    }

    pub(super) fn needs_reference(&self) -> bool {
        self.attacks.iter().any(|attack| attack.needs.reference_model)
    }

    pub(super) fn needs_vocab_stats(&self) -> bool {
        self.attacks.iter().any(|attack| attack.needs.capabilities.contains(&Capability::VocabStats))
    }

    /// Whether some attack needs this pass.
    pub(super) fn needs_pass(&self, pass: ExtraPass) -> bool {
        self.attacks.iter().any(|attack| attack.needs.pass == Some(pass))
    }

    pub(super) fn wants(&self, code: Code) -> bool {
        self.compat.contains(&code)
    }

    pub(super) fn compat_words(&self) -> Vec<&'static str> {
        self.compat.iter().map(|code| code.word()).collect()
    }

    /// The norm of `gradnorm` as names of numbers say it.
    pub(super) fn norm_word(&self) -> &'static str {
        match self.options.gradnorm_p {
            NormOrder::One => "l1",
            NormOrder::Two => "l2",
            NormOrder::Inf => "inf",
        }
    }

    /// Leaves out what the models cannot do, unless it was asked for by name.
    ///
    /// # Errors
    /// A named attack that a model cannot serve, or nothing left to do.
    pub(super) fn fit(&mut self, models: &Models<'_>) -> Result<(), CliError> {
        for attack in std::mem::take(&mut self.attacks) {
            match serves(attack, models) {
                Ok(()) => self.attacks.push(attack),
                Err(CliError::Usage { message }) if !self.named.contains(attack.id) => {
                    self.left_out.insert(attack.id, message);
                }
                Err(error) => return Err(error),
            }
        }
        match self.left_out.first_key_value() {
            Some((_, reason)) if self.attacks.is_empty() => {
                Err(CliError::Usage { message: format!("no attack is left to run: {reason}") })
            }
            _ => Ok(()),
        }
    }

    /// Leaves out one attack for `reason`.
    ///
    /// # Errors
    /// It was asked for by name.
    pub(super) fn drop(&mut self, pass: ExtraPass, reason: &str) -> Result<(), CliError> {
        for attack in std::mem::take(&mut self.attacks) {
            if attack.needs.pass != Some(pass) {
                self.attacks.push(attack);
            } else if self.named.contains(attack.id) {
                return Err(CliError::Usage { message: format!("the attack `{}`: {reason}", attack.id) });
            } else {
                self.left_out.insert(attack.id, reason.to_owned());
            }
        }
        Ok(())
    }
}

/// Whether the models can do what an attack needs.
fn serves(attack: &Attack, models: &Models<'_>) -> Result<(), CliError> {
    let reason = format!("the attack `{}`", attack.id);
    for &capability in attack.needs.capabilities {
        require(models.target, capability, &reason)?;
    }
    match models.reference {
        Some(reference) if attack.needs.reference_model => require(reference, Capability::Score, &reason),
        _ => Ok(()),
    }
}
