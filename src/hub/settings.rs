//! What the environment says about hubs; the variables are those of the Python libraries.

use std::path::PathBuf;

use hf_hub::Cache;

use super::fault::HubFault;

const ENDPOINT: &str = "https://huggingface.co";

/// Cache, endpoint, token, offline.
pub(super) struct Settings {
    pub(super) cache: Cache,
    /// No slash at its end.
    pub(super) endpoint: String,
    pub(super) token: Option<String>,
    pub(super) is_offline: bool,
}

impl Settings {
    /// `HF_HUB_CACHE`, `HF_HOME`, `HF_ENDPOINT`, `HF_HUB_OFFLINE`, `HF_TOKEN`, `HF_TOKEN_PATH`.
    pub(super) fn from_environment(is_offline: bool) -> Result<Self, HubFault> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let home = variable("HF_HOME").map(PathBuf::from).or_else(|| {
            let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
            Some(cache.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("huggingface"))
        });
        let cache = variable("HF_HUB_CACHE").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join("hub")));
        let cache = cache.ok_or(HubFault::NoCache)?;
        let token_file = variable("HF_TOKEN_PATH").map(PathBuf::from).or_else(|| Some(home?.join("token")));
        let from_file = || {
            let text = std::fs::read_to_string(token_file?).ok()?;
            Some(text.trim().to_owned()).filter(|token| !token.is_empty())
        };
        let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let says_offline = variable("HF_HUB_OFFLINE")
            .is_some_and(|value| ["1", "on", "yes", "true"].iter().any(|yes| value.trim().eq_ignore_ascii_case(yes)));
        Ok(Self {
            cache: Cache::new(cache),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: variable("HF_TOKEN").map(|token| token.trim().to_owned()).or_else(from_file),
            is_offline: is_offline || says_offline,
        })
    }
}
