//! The options of everything that may ask an endpoint.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::backend::{CACHE_FOLDER, CacheMode, DeviceChoice, Dtype, LocalOptions, OpenOptions, RemoteOptions, Traffic};
use crate::hub::{HubOptions, HubProgress};

/// How models are opened and asked. None of these changes an answer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Models and endpoints")]
pub(super) struct EndpointArgs {
    /// Entries for @NAME and prices [default: models.toml, where there is one].
    #[arg(long = "models", value_name = "FILE")]
    models_file: Option<PathBuf>,
    /// Most requests in flight at an endpoint [default: the entry's, else 32]; threads of a local model.
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroUsize>,
    /// Keep that many in flight from the first request on, whatever the endpoint says.
    #[arg(long)]
    no_adaptive: bool,
    /// Most requests in a minute.
    #[arg(long, value_name = "N")]
    rpm: Option<NonZeroU32>,
    /// Most tokens in a minute, prompts and answers together.
    #[arg(long, value_name = "N")]
    tpm: Option<NonZeroU32>,
    /// Stop before it costs more: a run with all its sessions, or one call of another command (each model by itself).
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    max_cost: Option<f64>,
    /// Longest pause in seconds that an endpoint may ask for.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = clap::value_parser!(u64).range(0..=604_800))]
    max_retry_after: u64,
    /// Attempts for one request in all.
    #[arg(long, value_name = "N", default_value = "6")]
    attempts: NonZeroU32,
    /// What the reply cache is used for.
    #[arg(long, value_enum, default_value = "both")]
    cache: CacheMode,
    /// Folder of the reply cache.
    #[arg(long, value_name = "DIR", default_value = CACHE_FOLDER)]
    cache_dir: PathBuf,
    /// Worker threads of local models.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Where local models compute: cpu, cpu-burn (burn's operations alone), wgpu, vulkan, cuda or metal (builds with that feature).
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: DeviceChoice,
    /// Number type of local products: f32, f16 or bf16.
    #[arg(long, value_name = "TYPE", default_value = "f32")]
    dtype: Dtype,
    /// Allow no network: hub checkpoints come from the cache alone.
    #[arg(long)]
    pub(super) offline: bool,
}

fn amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount > 0.0 => Ok(amount),
        _ => Err("an amount above 0, e.g. 2.50".to_owned()),
    }
}

impl EndpointArgs {
    /// What the options mean. `is_silent`: nothing may be sent.
    pub(super) fn open_options(&self, seed: u64, is_silent: bool) -> OpenOptions {
        let local = LocalOptions::default();
        let threads = self.threads.or(self.concurrency).map_or(local.threads, NonZeroUsize::get);
        OpenOptions {
            local: LocalOptions { threads, device: self.device, dtype: self.dtype, ..local },
            hub: HubOptions { is_offline: self.offline, progress: Some(tell_download) },
            remote: RemoteOptions {
                models: self.models_file.clone(),
                concurrency: self.concurrency.map(NonZeroUsize::get),
                is_adaptive: !self.no_adaptive,
                rpm: self.rpm.map(NonZeroU32::get),
                tpm: self.tpm.map(NonZeroU32::get),
                max_retry_after: Duration::from_secs(self.max_retry_after),
                attempts: self.attempts.get(),
                max_cost: self.max_cost,
                seed,
                cache: self.cache,
                cache_folder: self.cache_dir.clone(),
                is_silent,
            },
        }
    }
}

/// How an endpoint is doing, in one line.
pub(super) fn traffic_words(traffic: &Traffic) -> String {
    let Traffic { in_flight, limit, n_sent, n_retries, n_cached, usage, .. } = traffic;
    let tokens = usage.prompt_tokens.saturating_add(usage.completion_tokens);
    let estimated = if usage.is_estimated { " (estimated)" } else { "" };
    let cost = traffic.cost.map_or_else(|| "cost unknown".to_owned(), |cost| format!("cost {cost:.4}"));
    format!(
        "{in_flight} of {limit} in flight, {n_sent} sent, {n_retries} again, {n_cached} cached, {tokens} tokens{estimated}, {cost}"
    )
}

/// A line at every tenth of a large file, and one for each small one.
fn tell_download(progress: &HubProgress) {
    static TOLD: std::sync::Mutex<Option<(String, u64)>> = std::sync::Mutex::new(None);
    let tenth = progress.done.saturating_mul(10).checked_div(progress.total).unwrap_or(10);
    let mut told = TOLD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let now = (progress.file.clone(), tenth);
    if told.as_ref() != Some(&now) && (tenth == 10 || progress.total > 16 << 20) {
        eprintln!("{}: {} of {} MiB", progress.file, progress.done >> 20, progress.total >> 20);
        *told = Some(now);
    }
}
