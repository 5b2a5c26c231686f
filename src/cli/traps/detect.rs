//! `mnemoscope traps detect`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::open_model;
use crate::backend::{Backend, Capability, Opened};
use crate::cli::endpoint_options::EndpointArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::instrument::require;
use crate::cli::session::{Session, table};
use crate::record::{IntervalRecord, write_atomically};
use crate::report::figure::dose_response::{self, DosePoint, DoseResponse, DoseSeries};
use crate::report::figure::{Estimate, FigureWords};
use crate::report::number;
use crate::scoring::membership::{self, ATTACKS, Attack};
use crate::statistics::DEFAULT_SEED;
use crate::traps::{
    Claim, Contexts, Detection, DetectionSettings, Documents, Injection, PRIMARY_P, Place, PrivateManifest,
    SequenceScores, TrapModels, contexts, detect, power_table, read_private, score_sequences,
};

/// Files of a detection.
pub(super) const SCORES: &str = "scores.jsonl";
pub(super) const CONTROL_SCORES: &str = "control-scores.jsonl";
pub(super) const RESULTS: &str = "detection.json";

/// The scores behind so many tokens of the books.
pub(super) fn context_scores_file(n_tokens: usize) -> String {
    format!("context-{n_tokens}-scores.jsonl")
}

/// Ask a model whether it has read the traps.
#[derive(Debug, Args)]
pub struct DetectTrapsArgs {
    /// The private manifest of `traps generate`.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The model that is suspected; it must tell log-probabilities of given texts.
    #[arg(long, visible_alias = "model", value_name = "MODEL")]
    target: String,
    /// A model that has not read the traps and calibrates the target; e.g. the one that the traps were drawn from.
    #[arg(long, value_name = "MODEL")]
    reference: Option<String>,
    /// A model that cannot have read the traps (older than their release): the test must stay silent on it.
    #[arg(long, value_name = "MODEL")]
    control: Option<String>,
    /// The record of `traps inject`: cells and trends by number of copies.
    #[arg(long, value_name = "injection.json")]
    injection: Option<PathBuf>,
    /// The injected documents: with --context, sequences are also scored in the place of their group's trap.
    #[arg(long, value_name = "DIR|FILE.jsonl", requires = "injection")]
    documents: Option<PathBuf>,
    /// Tokens of the book before a sequence; 0 is the trap alone, which is always asked.
    #[arg(long, value_name = "N,...", value_delimiter = ',', requires = "documents")]
    context: Vec<usize>,
    /// Attacks; the primary one of the manifest must be among them [default: loss, min_k, min_k_pp where the model can, and
    /// with a reference ref, ratio, log_ratio].
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    attacks: Vec<String>,
    /// Share of lowest tokens that Min-K % keeps, above 0 and at most 1.
    #[arg(long, value_name = "K", default_value = "0.2", value_parser = crate::cli::attack::share)]
    min_k: f64,
    /// Seed of random draws.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Folder of the scores, the results and the report.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

pub(super) fn run(args: &DetectTrapsArgs, session: &Session) -> Result<Exit, CliError> {
    if std::fs::read_dir(&args.out).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("{} is not empty; a detection needs a folder of its own", args.out.display());
        return Err(CliError::Usage { message });
    }
    let manifest = read_private(&args.manifest)?;
    let injection = args.injection.as_deref().map(Injection::read).transpose()?;
    if let Some(injection) = injection.as_ref().filter(|injection| injection.merkle_root != manifest.merkle_root) {
        let message = format!(
            "the injection record belongs to the manifest with root {}, this manifest has {}; give the pair that belongs together",
            injection.merkle_root, manifest.merkle_root
        );
        return Err(CliError::Usage { message });
    }
    // Everything that can be wrong with what was given is found before anything is asked.
    let contexts = match (&args.documents, &injection) {
        (Some(documents), Some(injection)) => contexts(&Documents::read(documents)?, injection, args.seed)?,
        _ => Contexts::new(),
    };
    let open = |name: &str| open_model(name, &args.endpoint, args.seed, &[Capability::Score], session);
    let target = open(&args.target)?;
    let reference = args.reference.as_deref().map(open).transpose()?;
    let control = args.control.as_deref().map(open).transpose()?;
    let attacks = chosen(&args.attacks, &target, reference.is_some())?;
    if !attacks.iter().any(|attack| attack.id == manifest.primary_attack) {
        let message = format!(
            "`{}` is the primary attack of the manifest and is not among those that are asked; add it to --attacks, or give the \
             --reference that it needs",
            manifest.primary_attack
        );
        return Err(CliError::Usage { message });
    }
    let is_control_vacuous = |other: Option<&Opened>| match (&control, other) {
        (Some(control), Some(other)) => is_same_model(control, other),
        _ => false,
    };
    let compares = membership::find(&manifest.primary_attack).is_some_and(|attack| attack.needs.reference_model);
    if is_control_vacuous(Some(&target)) || (compares && is_control_vacuous(reference.as_ref())) {
        let message = "--control is the target or the reference, so it controls nothing; name another model that cannot have read the traps";
        return Err(CliError::Usage { message: message.to_owned() });
    }
    if args.context.iter().any(|n_tokens| *n_tokens > 0) {
        require(target.backend(), Capability::Tokenize, "--context")?;
    }
    let settings = DetectionSettings {
        target: target.backend().identity().name.clone(),
        reference: reference.as_ref().map(|model| model.backend().identity().name.clone()),
        control: control.as_ref().map(|model| model.backend().identity().name.clone()),
        attacks: attacks.iter().map(|attack| attack.id.to_owned()).collect(),
        min_k: args.min_k,
        seed: args.seed,
    };
    std::fs::create_dir_all(&args.out).map_err(|source| CliError::Io { path: args.out.clone(), source })?;
    let reference = reference.as_ref().map(Opened::backend);
    let score = |model: &dyn Backend, attacks: &[&'static Attack], place: Option<Place<'_>>| {
        let models = TrapModels { target: model, reference };
        let mut tell = |text: &str| session.note(text);
        score_sequences(models, &manifest, attacks, args.min_k, place, &session.interrupted, &mut tell)
    };
    let scores = score(target.backend(), &attacks, None)?;
    write_lines(&args.out.join(SCORES), &scores)?;
    let primary: Vec<&'static Attack> = membership::find(&manifest.primary_attack).into_iter().collect();
    let control_scores = control.as_ref().map(|model| score(model.backend(), &primary, None)).transpose()?;
    if let Some(scores) = &control_scores {
        write_lines(&args.out.join(CONTROL_SCORES), scores)?;
    }
    let mut in_context = Vec::new();
    for &n_tokens in args.context.iter().filter(|n_tokens| **n_tokens > 0) {
        let place = Place { contexts: &contexts, n_tokens };
        let scores = score(target.backend(), &primary, Some(place))?;
        write_lines(&args.out.join(context_scores_file(n_tokens)), &scores)?;
        in_context.push((n_tokens, scores));
    }
    let mut detection =
        detect(&manifest, injection.as_ref(), settings, &scores, control_scores.as_deref(), &in_context)?;
    detection.power = power_table(
        manifest.groups.len() - detection.primary.groups_left_out,
        manifest.params.controls_per_trap,
        &[0.55, 0.6, 0.75],
        args.seed,
    );
    write_report(&args.out, &manifest, &detection)?;
    session.note(text(&manifest, &detection).trim_end());
    if session.is_json {
        session.print_json(&detection)?;
    } else {
        session.print(&format!("{}\n", detection.claim.words()))?;
    }
    let is_whole = detection.unscored.is_empty()
        && detection.control.as_ref().is_none_or(|control| control.groups_left_out == 0)
        && detection.contexts.iter().all(|context| context.groups_left_out == 0);
    Ok(if is_whole { Exit::Done } else { Exit::Incomplete })
}

/// Whether two names stand for one model: the same weights, or the same name where weights are not told.
fn is_same_model(a: &Opened, b: &Opened) -> bool {
    let (a, b) = (a.backend().identity(), b.backend().identity());
    match (&a.weights_sha256, &b.weights_sha256) {
        (Some(a), Some(b)) => a == b,
        _ => a.name == b.name,
    }
}

/// The attacks that were named, else those that the models can serve.
fn chosen(names: &[String], target: &Opened, has_reference: bool) -> Result<Vec<&'static Attack>, CliError> {
    if names.is_empty() {
        let ids = ["loss", "min_k", "min_k_pp", "ref", "ratio", "log_ratio"];
        let can = |attack: &&'static Attack| {
            let capabilities = target.backend().capabilities();
            attack.needs.capabilities.iter().all(|&capability| capabilities.has(capability))
                && (has_reference || !attack.needs.reference_model)
        };
        return Ok(ATTACKS.iter().filter(|attack| ids.contains(&attack.id)).filter(can).collect());
    }
    let mut distinct: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    let mut seen = std::collections::BTreeSet::new();
    distinct.retain(|name| seen.insert(*name));
    distinct
        .into_iter()
        .map(|name| {
            membership::find(name).ok_or_else(|| CliError::Usage {
                message: format!("there is no attack `{name}`; `mnemoscope list attacks` shows them"),
            })
        })
        .collect()
}

fn write_lines(path: &Path, scores: &[SequenceScores]) -> Result<(), CliError> {
    let mut lines = String::new();
    for row in scores {
        lines.push_str(&crate::record::canonical_json("a score", row)?);
        lines.push('\n');
    }
    Ok(write_atomically(path, lines.as_bytes())?)
}

fn pretty<T: Serialize>(value: &T) -> Result<Vec<u8>, CliError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|source| crate::record::RecordError::Encode { what: "the detection", source })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// `detection.json`, `detection.md`, and a figure where copies are known.
fn write_report(out: &Path, manifest: &PrivateManifest, detection: &Detection) -> Result<(), CliError> {
    write_atomically(&out.join(RESULTS), &pretty(detection)?)?;
    let mut page = text(manifest, detection);
    if let Some(svg) = figure(manifest, detection) {
        write_atomically(&out.join("auc-by-copies.svg"), svg.as_bytes())?;
        page.push_str("\n![AUC by number of copies](auc-by-copies.svg)\n");
    }
    Ok(write_atomically(&out.join("detection.md"), page.as_bytes())?)
}

fn prose(value: f64, interval: Option<&crate::statistics::Interval>) -> String {
    let record = interval.map(|interval| IntervalRecord {
        low: interval.low,
        high: interval.high,
        level: interval.level.value(),
        method: interval.method.clone(),
    });
    number::in_prose(value, record.as_ref())
}

/// The findings for people.
fn text(manifest: &PrivateManifest, detection: &Detection) -> String {
    let Detection { settings, primary, control, .. } = detection;
    let mut out = format!("# Copyright traps: {}\n\n", detection.claim.words());
    let verdict = match detection.claim {
        Claim::Evidence => "The traps score higher than their unpublished controls, beyond what the lot explains",
        Claim::NoEvidence => {
            "The traps do not score higher than their unpublished controls beyond what the lot explains; \
            that does not show that the texts were not used"
        }
        Claim::ControlRejected => {
            "The model that cannot have read the traps is called, too: something other than training \
            tells traps from controls, and the result for the target means nothing"
        }
    };
    // The words of a claim are fixed by p and by the control.
    let _ = writeln!(
        out,
        "{verdict} ({}, primary attack `{}`, named in the manifest; {} of {} groups, one trap among {} sequences each; {}).\n",
        number::p_clause(primary.test.p_value),
        primary.attack,
        primary.test.n_groups,
        manifest.groups.len(),
        manifest.params.controls_per_trap + 1,
        settings.target,
    );
    match (control, &settings.control) {
        (Some(control), Some(name)) => {
            let _ = writeln!(
                out,
                "Negative control {name}: {} ({} is asked).\n",
                number::p_clause(control.test.p_value),
                format_args!("p > {PRIMARY_P}"),
            );
        }
        _ => out.push_str("No negative control was given (--control): nothing says that the test stays silent on a model that is older than the traps.\n\n"),
    }
    if let Some(control) = control.as_ref().filter(|control| control.groups_left_out > 0) {
        let n = control.groups_left_out;
        let _ = writeln!(out, "{n} groups were left out of the control, since it could not score them.\n");
    }
    if primary.groups_left_out > 0 {
        let _ =
            writeln!(out, "{} groups were left out, since sequences could not be scored.\n", primary.groups_left_out);
    }
    out.push_str("```\n");
    let rows: Vec<Vec<String>> = detection
        .attacks
        .iter()
        .map(|test| {
            let adjusted = if test.is_primary { "primary".to_owned() } else { number::p_clause(test.p_adjusted) };
            vec![
                test.attack.clone(),
                test.test.n_groups.to_string(),
                prose(test.test.share, test.test.interval.as_ref()),
                number::p_clause(test.test.p_value),
                adjusted,
            ]
        })
        .collect();
    out.push_str(&table(&["attack", "groups", "beaten controls (95 % interval)", "p", "Holm"], &rows));
    out.push_str("```\n\n```\n");
    let rows: Vec<Vec<String>> = detection
        .cells
        .iter()
        .map(|cell| {
            vec![
                cell.attack.clone(),
                cell.length.to_string(),
                cell.repetitions.map_or_else(|| "unknown".to_owned(), |reps| reps.to_string()),
                cell.n_traps.to_string(),
                cell.n_controls.to_string(),
                prose(cell.auc, cell.interval.as_ref()),
                cell.tpr_at_fpr_0_01.map_or_else(|| "needs >= 100 controls".to_owned(), |rate| prose(rate, None)),
                number::p_clause(cell.lottery_p),
            ]
        })
        .collect();
    let header =
        ["attack", "tokens", "copies", "traps", "controls", "AUC (95 % interval)", "TPR at 1 % FPR", "lottery p"];
    out.push_str(&table(&header, &rows));
    out.push_str("```\n\n");
    for trend in detection.trends.iter().filter(|trend| trend.attack == primary.attack) {
        let _ = writeln!(
            out,
            "{} tokens: share of beaten controls and copies, Spearman {} ({}, {} groups).",
            trend.length,
            prose(trend.rho, None),
            number::p_clause(trend.p),
            trend.n_groups
        );
    }
    for context in &detection.contexts {
        let _ = writeln!(
            out,
            "Behind {} tokens of the book: beaten controls {} ({}, {} groups, {} left out).",
            context.n_tokens,
            prose(context.test.share, context.test.interval.as_ref()),
            number::p_clause(context.test.p_value),
            context.test.n_groups,
            context.groups_left_out
        );
    }
    out.push_str("\nPower of this design at p <= 0.05:");
    for row in &detection.power {
        let _ = write!(out, " {:.0} % at AUC {};", 100.0 * row.power, row.auc);
    }
    out.pop();
    out.push('\n');
    for (why, n) in &detection.unscored {
        let _ = writeln!(out, "not scored: {n} ({why})");
    }
    out
}

/// AUC of the primary attack by copies, one line a length.
fn figure(manifest: &PrivateManifest, detection: &Detection) -> Option<String> {
    let mut series = Vec::new();
    for &length in &manifest.params.lengths {
        let cells =
            detection.cells.iter().filter(|cell| cell.attack == detection.primary.attack && cell.length == length);
        let points: Vec<DosePoint> = cells
            .filter_map(|cell| {
                let interval = cell.interval.as_ref().map(|interval| (interval.low, interval.high));
                Some(DosePoint {
                    dose: u64::try_from(cell.repetitions?).ok()?,
                    estimate: Estimate { value: cell.auc, interval },
                    n: cell.n_traps as u64,
                })
            })
            .collect();
        if !points.is_empty() {
            series.push(DoseSeries { name: format!("{length} tokens"), points });
        }
    }
    let input = DoseResponse {
        words: FigureWords {
            id: "auc-by-copies".to_owned(),
            title: format!("Traps against controls: {}", detection.claim.words()),
            subtitle: format!("AUC of {} · model {}", detection.primary.attack, detection.settings.target),
            caption: "Logit intervals at 95 % after DeLong; controls of the same length.".to_owned(),
        },
        measure: "ROC AUC".to_owned(),
        dose_name: "copies of the trap".to_owned(),
        value_range: (0.4, 1.0),
        chance: Some(0.5),
        series,
        reference: None,
    };
    dose_response::draw(&input).ok().map(|figure| figure.standalone_svg())
}
