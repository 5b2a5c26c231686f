//! `mnemoscope traps inject`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::record::canonical_json;
use crate::statistics::DEFAULT_SEED;
use crate::traps::{
    Documents, Injection, InjectionPlan, Separator, TrapError, inject, n_words, read_private, trap_row, traps_file,
    undo, write_private,
};

/// Name of the record beside the injected documents.
pub(super) const RECORD: &str = "injection.json";

/// Plant each trap in a document of its own; nothing else of a text changes by a byte.
#[derive(Debug, Args)]
pub struct InjectTrapsArgs {
    /// The private manifest of `traps generate`.
    #[arg(long, value_name = "FILE", required_unless_present = "undo")]
    manifest: Option<PathBuf>,
    /// The texts: a folder of UTF-8 files, or a .jsonl file with `id` and `text`.
    #[arg(long, value_name = "DIR|FILE.jsonl")]
    documents: PathBuf,
    /// Copies of a trap; the groups of the manifest take turns.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,10,100,1000")]
    reps: Vec<usize>,
    /// Where copies go: before words, that is, between single spaces.
    #[arg(long, value_enum, default_value = "word-boundary")]
    placement: Placement,
    /// What stands around a copy.
    #[arg(long, value_enum, default_value = "space")]
    separator: SeparatorChoice,
    /// Least distance of two copies in words.
    #[arg(long, value_name = "WORDS", default_value_t = 1)]
    spread: usize,
    /// Leave documents with fewer words alone.
    #[arg(long, value_name = "WORDS", default_value_t = 0)]
    min_words: usize,
    /// For HTML: wrap each copy in a `span` of this class, which the page's own style hides from readers; never inside a tag.
    #[arg(long, value_name = "CLASS")]
    html_hidden: Option<String>,
    /// Seed of documents and places.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Take the copies out again: --documents are the injected ones, this the record that stands beside them.
    #[arg(long, value_name = "injection.json", conflicts_with_all = ["manifest", "reps", "spread", "min_words", "html_hidden"])]
    undo: Option<PathBuf>,
    /// A new folder for the texts.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Placement {
    WordBoundary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SeparatorChoice {
    /// A space on both sides.
    Space,
    /// As upstream's code does it: the next word is glued to the copy.
    Upstream,
}

pub(super) fn run(args: &InjectTrapsArgs, session: &Session) -> Result<Exit, CliError> {
    let is_used = std::fs::read_dir(&args.out).is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        return Err(TrapError::OutExists { path: args.out.clone() }.into());
    }
    if let Some(record) = &args.undo {
        let record = Injection::read(record)?;
        let documents = Documents::read(&args.documents)?;
        undo(&documents, &record)?.write(&args.out)?;
        session.note(&format!("{} documents are again what they were", record.documents.len()));
        session.print(&format!("{}\n", args.out.display()))?;
        return Ok(Exit::Done);
    }
    let Placement::WordBoundary = args.placement;
    let manifest = args
        .manifest
        .as_deref()
        .map(read_private)
        .transpose()?
        .ok_or_else(|| CliError::Usage { message: "name the private manifest with --manifest".to_owned() })?;
    let documents = Documents::read(&args.documents)?;
    let plan = InjectionPlan {
        repetitions: args.reps.clone(),
        separator: match args.separator {
            SeparatorChoice::Space => Separator::Space,
            SeparatorChoice::Upstream => Separator::Upstream,
        },
        spread: args.spread,
        min_words: args.min_words,
        html_class: args.html_hidden.clone(),
        seed: args.seed,
    };
    let injected = inject(&manifest, &documents, &plan)?;
    let texts = args.out.join("documents");
    // The record first: texts that hold traps must never be without it. It and the rows tell where traps are and what the
    // controls say, so that they are for the publisher's eyes alone.
    let record = args.out.join(RECORD);
    std::fs::create_dir_all(&args.out).map_err(|source| CliError::Io { path: args.out.clone(), source })?;
    write_private(&record, canonical_json("the injection record", &injected.record)?.as_bytes())?;
    write_rows(&manifest, &injected.record, &args.out)?;
    injected.documents.write(&texts)?;
    if documents.n_left_out > 0 {
        session.note(&format!("{} hidden files or links were left out", documents.n_left_out));
    }
    session.note(&format!("publish {} alone; what stands beside it tells traps and controls", texts.display()));
    let added: usize = injected.record.documents.iter().map(|document| document.bytes_added).sum();
    let before: usize = documents.all.iter().map(|document| document.text.len()).sum();
    let words: usize = documents.all.iter().map(|document| n_words(&document.text)).sum();
    let most = injected.record.documents.iter().map(|document| document.share_added).fold(0.0, f64::max);
    session.note(&format!(
        "{} of {} documents ({words} words) hold a trap; {added} bytes added to {before} ({:.2} %; {:.1} % of the most changed one)",
        injected.record.documents.len(),
        documents.all.len(),
        100.0 * added as f64 / before.max(1) as f64,
        100.0 * most,
    ));
    if session.is_json {
        session.print_json(&serde_json::json!({"documents": texts, "record": record, "bytes_added": added}))?;
    } else {
        session.print(&format!("{}\n{}\n", texts.display(), record.display()))?;
    }
    Ok(Exit::Done)
}

/// The sequences as data files of the suite `copyright-traps`.
fn write_rows(
    manifest: &crate::traps::PrivateManifest,
    record: &Injection,
    out: &std::path::Path,
) -> Result<(), CliError> {
    let mut files: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for group in &manifest.groups {
        for sequence in &group.sequences {
            let n_rep = u32::try_from(record.repetitions_of(&sequence.seq_id)).unwrap_or(u32::MAX);
            let row = trap_row(group, sequence, n_rep);
            let text = files.entry(traps_file(&row)).or_default();
            text.push_str(&row.to_string());
            text.push('\n');
        }
    }
    for (name, text) in files {
        write_private(&out.join(name), text.as_bytes())?;
    }
    Ok(())
}
