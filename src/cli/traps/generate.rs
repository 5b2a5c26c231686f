//! `mnemoscope traps generate`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::open_model;
use crate::backend::Capability;
use crate::cli::endpoint_options::EndpointArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::scoring::membership;
use crate::statistics::DEFAULT_SEED;
use crate::traps::{Buckets, GeneratePlan, generate, refuse_existing, start_text, write_manifests};

/// Draw trap sequences and their controls.
#[derive(Debug, Args)]
pub struct GenerateTrapsArgs {
    /// The model that sequences are drawn from, and whose perplexities sort them; it must sample and score.
    #[arg(long, value_name = "MODEL")]
    reference: String,
    /// Tokens of a sequence. The longest that a book can take are the easiest to find.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "25,50,100")]
    lengths: Vec<usize>,
    /// Traps for each length and perplexity bucket.
    #[arg(long, value_name = "N", default_value_t = 4)]
    per_bucket: usize,
    /// Perplexity buckets: the lower limit belongs to a bucket. High perplexities are the easiest to find.
    #[arg(long, value_name = "LOW..HIGH/WIDTH", default_value = "1..101/10", value_parser = buckets)]
    buckets: Buckets,
    /// Unpublished sequences of the same draw for each trap.
    #[arg(long, value_name = "N", default_value_t = 19)]
    controls_per_trap: usize,
    /// Temperatures that are swept.
    #[arg(long, value_name = "LOW..HIGH/STEP", default_value = "0.5..4.0/0.5", value_parser = temperatures)]
    temps: Temperatures,
    /// Largest share of token ids that two sequences of one length may have in common.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    jaccard_max: f64,
    /// Text before a sequence when it is drawn [default: the model's own beginning or end-of-text token].
    #[arg(long, value_name = "TEXT")]
    start: Option<String>,
    /// Most candidates that are drawn for a length.
    #[arg(long, value_name = "N", default_value_t = 400_000)]
    max_candidates: usize,
    /// The one attack that a later claim rests on; it goes into the manifest before any model is tested.
    #[arg(long, value_name = "ATTACK", default_value = "ratio")]
    primary_attack: String,
    /// Seed of the draws and of the lottery; its commitment is published.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Folder of the two manifests.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Swept temperatures.
#[derive(Debug, Clone, PartialEq)]
struct Temperatures(Vec<f64>);

/// `LOW..HIGH/STEP` in whole or decimal numbers.
fn sweep<T: FromStr>(text: &str) -> Option<(T, T, T)> {
    let (range, step) = text.split_once('/')?;
    let (low, high) = range.split_once("..")?;
    Some((low.trim().parse().ok()?, high.trim().parse().ok()?, step.trim().parse().ok()?))
}

fn buckets(text: &str) -> Result<Buckets, String> {
    let (low, high, width) = sweep(text).ok_or("LOW..HIGH/WIDTH is needed, in whole numbers, e.g. 1..101/10")?;
    Ok(Buckets { low, high, width })
}

/// The upper end is not swept, as in upstream's `arange`.
fn temperatures(text: &str) -> Result<Temperatures, String> {
    let (low, high, step): (f64, f64, f64) = sweep(text).ok_or("LOW..HIGH/STEP is needed, e.g. 0.5..4.0/0.5")?;
    if !(low > 0.0 && step > 0.0 && high > low && high <= 100.0 && (high - low) / step <= 1_000.0) {
        return Err("0 < LOW < HIGH <= 100 and a STEP above 0 (at most 1000 of them) are needed".to_owned());
    }
    let mut swept = Vec::new();
    for index in 0..1_000_u32 {
        let temperature = low + f64::from(index) * step;
        if temperature >= high - 1e-9 {
            break;
        }
        swept.push(temperature);
    }
    Ok(Temperatures(swept))
}

pub(super) fn run(args: &GenerateTrapsArgs, session: &Session) -> Result<Exit, CliError> {
    let primary = membership::find(&args.primary_attack).ok_or_else(|| CliError::Usage {
        message: format!("there is no attack `{}`; `mnemoscope list attacks` shows them", args.primary_attack),
    })?;
    if let Some(pass) = primary.needs.pass {
        let message = format!(
            "`{}` needs {} beside the text's own pass, which a detection does not ask; choose another --primary-attack, e.g. ratio",
            primary.id,
            pass.cost()
        );
        return Err(CliError::Usage { message });
    }
    refuse_existing(&args.out)?;
    let needs = [Capability::Generate, Capability::Score];
    let opened = open_model(&args.reference, &args.endpoint, args.seed, &needs, session)?;
    let start = match (&args.start, opened.local()) {
        (Some(start), _) => start.clone(),
        (None, Some(model)) => start_text(model).ok_or_else(|| CliError::Usage {
            message: "this model has neither a beginning nor an end-of-text token; say with --start what stands before a sequence".to_owned(),
        })?,
        (None, None) => {
            let message = "an endpoint does not tell what it puts before a text; say with --start, e.g. --start '<|endoftext|>'".to_owned();
            return Err(CliError::Usage { message });
        }
    };
    let plan = GeneratePlan {
        lengths: args.lengths.clone(),
        buckets: args.buckets,
        traps_per_bucket: args.per_bucket,
        controls_per_trap: args.controls_per_trap,
        temperatures: args.temps.0.clone(),
        jaccard_max: args.jaccard_max,
        seed: args.seed,
        start,
        max_candidates: args.max_candidates,
        primary_attack: primary.id.to_owned(),
    };
    let generated = generate(opened.backend(), &plan, &session.interrupted, &mut |text| session.note(text))?;
    let (private, public, sha256) = write_manifests(&generated.manifest, &args.out)?;
    for (reason, count) in &generated.rejected {
        session.note(&format!("rejected, {reason}: {count}"));
    }
    let n_groups = generated.manifest.groups.len();
    session.note(&format!(
        "{n_groups} traps with {} controls each, of {} drawn; keep {} secret (it opens the claim later, and cannot be made again)",
        plan.controls_per_trap,
        generated.n_drawn,
        private.display(),
    ));
    session.note(
        "timestamp the public manifest's hash (a journal, a git tag, RFC 3161) before the texts are published; choose the longest \
         traps and the highest perplexities that the texts can take, since those are the ones that can be found",
    );
    if session.is_json {
        session.print_json(&serde_json::json!({
            "private_manifest": private, "public_manifest": public, "public_sha256": sha256,
            "traps": n_groups, "drawn": generated.n_drawn,
        }))?;
    } else {
        session.print(&format!("{sha256}  {}\n", public.display()))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_leaves_out_its_upper_end() {
        assert_eq!(temperatures("0.5..2.0/0.5"), Ok(Temperatures(vec![0.5, 1.0, 1.5])));
        assert!(temperatures("2..1/0.5").is_err() && temperatures("0..1/0.5").is_err() && temperatures("1").is_err());
        assert_eq!(buckets("1..101/10"), Ok(Buckets { low: 1, high: 101, width: 10 }));
        assert!(buckets("1..x/10").is_err());
    }
}
