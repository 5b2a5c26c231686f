//! `mnemoscope cache`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::backend::{CACHE_FOLDER, CacheFileReport, OpenError, inspect_cache, prune_cache};

/// Look at the reply cache, or clean it.
#[derive(Debug, Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
    /// Folder of the reply cache.
    #[arg(long, value_name = "DIR", default_value = CACHE_FOLDER, global = true)]
    cache_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// What it holds.
    Stats,
    /// Remove damaged and repeated lines, and with --older-than old ones.
    Prune {
        /// Remove replies of before that many days.
        #[arg(long, value_name = "DAYS")]
        older_than: Option<u32>,
    },
    /// Hold every reply against its hash; exit code 6 when one does not fit.
    Verify,
}

pub(super) fn run(args: &CacheArgs, session: &Session) -> Result<Exit, CliError> {
    let fail = |error| CliError::Model(OpenError::Cache(error));
    match &args.command {
        CacheCommand::Stats => {
            tell(&inspect_cache(&args.cache_dir).map_err(fail)?, session)?;
            Ok(Exit::Done)
        }
        CacheCommand::Prune { older_than } => {
            let oldest = older_than.map(|days| Timestamp::now() - SignedDuration::from_hours(24 * i64::from(days)));
            let n_removed = prune_cache(&args.cache_dir, oldest).map_err(fail)?;
            if session.is_json {
                session.print_json(&serde_json::json!({"removed": n_removed}))?;
            } else {
                session.print(&format!("{n_removed} lines removed\n"))?;
            }
            Ok(Exit::Done)
        }
        CacheCommand::Verify => {
            let reports = inspect_cache(&args.cache_dir).map_err(fail)?;
            tell(&reports, session)?;
            let n_damaged: u64 = reports.iter().map(|report| report.damaged).sum();
            if n_damaged == 0 {
                return Ok(Exit::Done);
            }
            session.note(&format!(
                "{n_damaged} lines are damaged; they are never used, and `mnemoscope cache prune` removes them"
            ));
            Ok(Exit::DataMismatch)
        }
    }
}

fn tell(reports: &[CacheFileReport], session: &Session) -> Result<(), CliError> {
    if session.is_json {
        return session.print_json(&serde_json::json!({"files": reports}));
    }
    let known = |utc: &Option<String>| utc.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = reports
        .iter()
        .map(|report| {
            vec![
                report.file.clone(),
                report.replies.to_string(),
                report.superseded.to_string(),
                report.damaged.to_string(),
                report.bytes.to_string(),
                known(&report.oldest_utc),
                known(&report.newest_utc),
            ]
        })
        .collect();
    session.print_table(&["file", "replies", "superseded", "damaged", "bytes", "oldest", "newest"], &rows)
}
