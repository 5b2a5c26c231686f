//! `models.toml`: names for models, with all that is to be known of them. Everything that is wrong with it is told at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::price::Prices;
use crate::backend::capability::Capability;
use crate::backend::jobs::Scoring;
use crate::backend::open_error::OpenError;
use crate::suite::{Placed, ProblemKind, Report, nearest, read_shaped, toml_schema};

/// The file that is read where no other is named.
pub const MODELS_FILE: &str = "models.toml";

/// Models by name, and prices.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ModelsFile {
    /// Layout of this file; 1, the only one so far, where it is left out.
    schema_version: Option<Placed<u32>>,
    /// Models, by the NAME of @NAME.
    model: Option<BTreeMap<String, Placed<EntryFile>>>,
    /// Prices by the name that the endpoint gives to a model; an entry's own prices come first.
    price: Option<BTreeMap<String, Placed<Prices>>>,
}

/// One model.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EntryFile {
    /// What speaks there: openai (completions and chat, the default), vllm, llama-cpp, anthropic; or local.
    kind: Option<Placed<Kind>>,
    /// Base URL of an endpoint, e.g. https://host/v1; without user, password and query.
    url: Option<Placed<String>>,
    /// The model's name at the endpoint.
    model: Option<Placed<String>>,
    /// Checkpoint folder, for kind local.
    path: Option<Placed<String>>,
    /// Name of the environment variable that holds the key.
    api_key_env: Option<Placed<String>>,
    /// Most tokens of prompt and answer together.
    context: Option<Placed<u64>>,
    /// What the model can do; where it is left out, the endpoint is asked.
    capabilities: Option<Placed<Vec<Declared>>>,
    /// How given text is scored; where it is left out, the endpoint is asked.
    scoring: Option<Placed<Scoring>>,
    /// Most alternatives that a chat answer tells for a token, from 1 to 50.
    top_logprobs: Option<Placed<u32>>,
    /// The model's tokenizer.json, to cut texts in its own tokens and to count them.
    tokenizer: Option<Placed<String>>,
    /// A chat template in a file, to send messages to an endpoint that only continues text.
    chat_template: Option<Placed<String>>,
    /// Receive generated text piece by piece; keeps a slow answer from running into a time-out.
    stream: Option<Placed<bool>>,
    /// How the endpoint calls the limit of an answer: max_tokens (the default) or max_completion_tokens.
    max_tokens_key: Option<Placed<MaxTokensKey>>,
    limits: Option<Placed<LimitsFile>>,
    timeouts: Option<Placed<TimeoutsFile>>,
    prices: Option<Placed<Prices>>,
}

/// What speaks at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    Openai,
    Vllm,
    LlamaCpp,
    Anthropic,
    Local,
}

/// A capability, as the file declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Declared {
    Generate,
    Chat,
    Score,
    Embed,
}

/// How an endpoint calls the limit of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensKey {
    #[default]
    MaxTokens,
    MaxCompletionTokens,
}

/// How fast an endpoint may be asked.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    /// Requests in a minute.
    rpm: Option<Placed<u32>>,
    /// Tokens in a minute, of prompts and of the most that answers may have.
    tpm: Option<Placed<u32>>,
    /// Requests in flight.
    concurrency: Option<Placed<u32>>,
}

/// How long an endpoint is waited for, in seconds.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimeoutsFile {
    /// Until a connection stands; 10.
    connect: Option<Placed<f64>>,
    /// Until the first byte of an answer; 120.
    first_byte: Option<Placed<f64>>,
    /// Between two parts of an answer; 60.
    idle: Option<Placed<f64>>,
    /// For one attempt in all; 600.
    total: Option<Placed<f64>>,
}

/// A checked models file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Models {
    /// The file as messages name it.
    pub file: String,
    pub entries: BTreeMap<String, Entry>,
    pub prices: BTreeMap<String, Prices>,
}

/// One checked entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    Endpoint(Box<EndpointEntry>),
    Local { path: PathBuf },
}

/// An endpoint, as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointEntry {
    pub kind: Kind,
    pub address: Address,
    pub model: String,
    pub api_key_env: Option<String>,
    pub context: Option<u64>,
    pub capabilities: Option<Vec<Declared>>,
    pub scoring: Option<Scoring>,
    pub top_logprobs: Option<u32>,
    pub tokenizer: Option<PathBuf>,
    pub chat_template: Option<PathBuf>,
    pub stream: bool,
    pub max_tokens_key: MaxTokensKey,
    pub rpm: Option<u32>,
    pub tpm: Option<u32>,
    pub concurrency: Option<u32>,
    pub timeouts: Timeouts,
    pub prices: Option<Prices>,
}

/// How long an endpoint is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the first byte of an answer.
    pub first_byte: Duration,
    /// Between two parts of an answer.
    pub idle: Duration,
    /// For one attempt in all.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(10), first_byte: seconds(120), idle: seconds(60), total: seconds(600) }
    }
}

impl EndpointEntry {
    /// An endpoint of which nothing is known but its place.
    #[must_use]
    pub fn plain(address: Address, model: String) -> Self {
        Self {
            kind: Kind::Openai,
            address,
            model,
            api_key_env: None,
            context: None,
            capabilities: None,
            scoring: None,
            top_logprobs: None,
            tokenizer: None,
            chat_template: None,
            stream: false,
            max_tokens_key: MaxTokensKey::MaxTokens,
            rpm: None,
            tpm: None,
            concurrency: None,
            timeouts: Timeouts::default(),
            prices: None,
        }
    }

    /// Whether the file declares a capability; `None`: it does not say.
    #[must_use]
    pub fn declares(&self, capability: Capability) -> Option<bool> {
        let wanted = match capability {
            Capability::Generate => Declared::Generate,
            Capability::Chat => Declared::Chat,
            Capability::Score => Declared::Score,
            Capability::Embed => Declared::Embed,
            Capability::VocabStats
            | Capability::Tokenize
            | Capability::Choose
            | Capability::ScoreTokens
            | Capability::Gradients => return None,
        };
        self.capabilities.as_ref().map(|declared| declared.contains(&wanted))
    }
}

/// The JSON Schema of `models.toml`, as `mnemoscope schema models` prints it.
#[must_use]
pub fn models_schema_text() -> String {
    format!("{:#}\n", toml_schema::<ModelsFile>())
}

impl Models {
    /// Reads the file that was named, or `models.toml` of the working directory if there is one.
    ///
    /// # Errors
    /// A named file that is missing; a file that cannot be read; everything that is wrong with it.
    pub fn read(named: Option<&Path>) -> Result<Self, OpenError> {
        let path = named.unwrap_or(Path::new(MODELS_FILE));
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::check(&text, &file, path.parent().unwrap_or(Path::new(""))),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self { file, ..Self::default() })
            }
            Err(source) => Err(OpenError::Io { file, source }),
        }
    }

    /// Paths in the file count from its own folder.
    fn check(text: &str, file: &str, folder: &Path) -> Result<Self, OpenError> {
        let mut report = Report::new(file, text);
        let schema = toml_schema::<ModelsFile>();
        let written = read_shaped::<ModelsFile>(text, &schema, &mut report);
        let mut models = Self { file: file.to_owned(), ..Self::default() };
        if let Some(written) = written {
            if let Some(version) = written.schema_version.as_ref().filter(|version| version.value != 1) {
                let found = format!("the number {}", version.value);
                let kind = ProblemKind::OutOfRange { found, allowed: "1, the layout that this build reads," };
                report.add(version.span.start, "schema_version", kind);
            }
            for (name, placed) in written.price.iter().flatten() {
                check_prices(placed, &format!("price.{name}"), &mut report);
                models.prices.insert(name.clone(), placed.value.clone());
            }
            for (name, placed) in written.model.iter().flatten() {
                let mut checker = Checker { report: &mut report, name, folder };
                if let Some(entry) = checker.entry(placed) {
                    models.entries.insert(name.clone(), entry);
                }
            }
        }
        if report.is_empty() {
            Ok(models)
        } else {
            Err(OpenError::ModelsFile { file: file.to_owned(), problems: report.into_problems() })
        }
    }

    /// The entry behind `@NAME`.
    ///
    /// # Errors
    /// There is none; tells which there are.
    pub fn entry(&self, name: &str) -> Result<&Entry, OpenError> {
        self.entries.get(name).ok_or_else(|| OpenError::UnknownEntry {
            file: self.file.clone(),
            name: name.to_owned(),
            nearest: nearest(name, self.entries.keys().map(String::as_str)),
            known: self.entries.keys().cloned().collect(),
        })
    }
}

fn check_prices(placed: &Placed<Prices>, key: &str, report: &mut Report<'_>) {
    if let Some(fault) = placed.value.first_fault() {
        let kind = ProblemKind::OutOfRange { found: "this number".into(), allowed: "a price of 0 or more" };
        report.add(placed.span.start, &format!("{key}.{fault}"), kind);
    }
}

struct Checker<'c, 't> {
    report: &'c mut Report<'t>,
    name: &'c str,
    folder: &'c Path,
}

impl Checker<'_, '_> {
    fn add(&mut self, at: usize, field: &str, kind: ProblemKind) {
        self.report.add(at, &format!("model.{}.{field}", self.name), kind);
    }

    fn missing(&mut self, at: usize, field: &str, meaning: &str) {
        if !self.report.mentions(&format!("model.{}.{field}", self.name)) {
            self.add(at, field, ProblemKind::MissingKey { meaning: meaning.to_owned() });
        }
    }

    fn entry(&mut self, placed: &Placed<EntryFile>) -> Option<Entry> {
        let (entry, start) = (&placed.value, placed.span.start);
        let kind = entry.kind.as_ref().map_or_else(Kind::default, |kind| kind.value);
        if kind == Kind::Local {
            return self.local(entry, start);
        }
        if let Some(path) = &entry.path {
            let kind = ProblemKind::NotOfThisKind { kind: "endpoint", allowed: vec!["url".into(), "model".into()] };
            self.add(path.span.start, "path", kind);
        }
        let address = match &entry.url {
            None => {
                self.missing(start, "url", "base URL of the endpoint");
                None
            }
            Some(url) => Address::parse(&url.value)
                .map_err(|fault| {
                    let found = format!("a URL that will not do ({fault})");
                    let allowed = "http:// or https:// with a host, without user, password and query,";
                    self.add(url.span.start, "url", ProblemKind::OutOfRange { found, allowed });
                })
                .ok(),
        };
        if entry.model.is_none() {
            self.missing(start, "model", "the model's name at the endpoint");
        }
        let timeouts = self.timeouts(entry.timeouts.as_ref());
        let limits = entry.limits.as_ref().map(|limits| &limits.value);
        let rpm = self.positive(limits.and_then(|limits| limits.rpm.as_ref()), "limits.rpm");
        let tpm = self.positive(limits.and_then(|limits| limits.tpm.as_ref()), "limits.tpm");
        let concurrency = self.positive(limits.and_then(|limits| limits.concurrency.as_ref()), "limits.concurrency");
        let top_logprobs = self.positive(entry.top_logprobs.as_ref(), "top_logprobs");
        if let Some(variable) = &entry.api_key_env
            && !is_variable_name(&variable.value)
        {
            // What stands here may be the key itself: it is not repeated.
            let found = "something that is no variable's name".to_owned();
            let allowed = "the name of an environment variable (letters, digits, _), never the key itself,";
            self.add(variable.span.start, "api_key_env", ProblemKind::OutOfRange { found, allowed });
        }
        if let Some(prices) = &entry.prices {
            check_prices(prices, &format!("model.{}.prices", self.name), self.report);
        }
        Some(Entry::Endpoint(Box::new(EndpointEntry {
            kind,
            address: address?,
            model: entry.model.as_ref()?.value.clone(),
            api_key_env: entry.api_key_env.as_ref().map(|variable| variable.value.clone()),
            context: entry.context.as_ref().map(|context| context.value),
            capabilities: entry.capabilities.as_ref().map(|declared| declared.value.clone()),
            scoring: entry.scoring.as_ref().map(|scoring| scoring.value),
            top_logprobs,
            tokenizer: entry.tokenizer.as_ref().map(|path| self.folder.join(&path.value)),
            chat_template: entry.chat_template.as_ref().map(|path| self.folder.join(&path.value)),
            stream: entry.stream.as_ref().is_some_and(|stream| stream.value),
            max_tokens_key: entry.max_tokens_key.as_ref().map_or_else(MaxTokensKey::default, |key| key.value),
            rpm,
            tpm,
            concurrency,
            timeouts,
            prices: entry.prices.as_ref().map(|prices| prices.value.clone()),
        })))
    }

    fn local(&mut self, entry: &EntryFile, start: usize) -> Option<Entry> {
        let foreign = [
            ("url", entry.url.as_ref().map(|it| it.span.start)),
            ("model", entry.model.as_ref().map(|it| it.span.start)),
            ("api_key_env", entry.api_key_env.as_ref().map(|it| it.span.start)),
        ];
        for (field, at) in foreign {
            if let Some(at) = at {
                self.add(at, field, ProblemKind::NotOfThisKind { kind: "local", allowed: vec!["path".into()] });
            }
        }
        let Some(path) = &entry.path else {
            self.missing(start, "path", "folder of the checkpoint");
            return None;
        };
        Some(Entry::Local { path: self.folder.join(&path.value) })
    }

    fn positive(&mut self, written: Option<&Placed<u32>>, field: &str) -> Option<u32> {
        let placed = written?;
        if placed.value == 0 {
            let kind = ProblemKind::OutOfRange { found: "0".into(), allowed: "a whole number from 1" };
            self.add(placed.span.start, field, kind);
            return None;
        }
        Some(placed.value)
    }

    fn timeouts(&mut self, written: Option<&Placed<TimeoutsFile>>) -> Timeouts {
        let mut timeouts = Timeouts::default();
        let Some(written) = written.map(|timeouts| &timeouts.value) else { return timeouts };
        let fields = [
            ("timeouts.connect", &written.connect, &mut timeouts.connect),
            ("timeouts.first_byte", &written.first_byte, &mut timeouts.first_byte),
            ("timeouts.idle", &written.idle, &mut timeouts.idle),
            ("timeouts.total", &written.total, &mut timeouts.total),
        ];
        for (field, seconds, timeout) in fields {
            let Some(placed) = seconds else { continue };
            match Duration::try_from_secs_f64(placed.value) {
                Ok(duration) if !duration.is_zero() && placed.value <= 86_400.0 => *timeout = duration,
                _ => {
                    let found = format!("the number {}", placed.value);
                    let allowed = "seconds above 0 and up to 86400";
                    self.report.add(
                        placed.span.start,
                        &format!("model.{}.{field}", self.name),
                        ProblemKind::OutOfRange { found, allowed },
                    );
                }
            }
        }
        timeouts
    }
}

fn is_variable_name(text: &str) -> bool {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_word && text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        Models::check(text, "models.toml", Path::new("")).unwrap_err().to_string()
    }

    #[test]
    fn an_entry_is_read_with_its_defaults() {
        let text = r#"
            [model.night]
            url = "https://host/v1/"
            model = "m"
            api_key_env = "NIGHT_KEY"
            scoring = "echo-1"
            tokenizer = "t/tokenizer.json"
            timeouts = { idle = 1.5 }
            limits = { rpm = 60 }

            [model.here]
            kind = "local"
            path = "checkpoint"

            [price.m]
            input = 0.5
            output = 1.5
        "#;
        let models = Models::check(text, "models.toml", Path::new("conf")).unwrap();
        let Entry::Endpoint(night) = models.entry("night").unwrap() else { panic!("an endpoint") };
        assert_eq!(night.address.as_str(), "https://host/v1");
        assert_eq!((night.kind, night.scoring, night.rpm), (Kind::Openai, Some(Scoring::EchoOne), Some(60)));
        assert_eq!(night.timeouts.idle, Duration::from_millis(1500));
        assert_eq!(night.timeouts.total, Duration::from_secs(600));
        assert_eq!(night.tokenizer.as_deref(), Some(Path::new("conf/t/tokenizer.json")));
        assert_eq!(models.entry("here").unwrap(), &Entry::Local { path: "conf/checkpoint".into() });
        assert_eq!(models.prices["m"].currency, "USD");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let told = problems(
            "[model.a]\nurl = \"https://me:hunter2@host/v1\"\nmodell = \"m\"\napi_key_env = \"sk-hunter2\"\n\
             limits = { rpm = 0 }\ntimeouts = { total = -1.0 }\n[model.b]\nkind = \"local\"\n[price.m]\ninput = -1.0\noutput = 1.0\n",
        );
        for part in [
            "models.toml:2:",
            "user or a password",
            "models.toml:3:",
            "`model`",
            "model.a.limits.rpm",
            "never the key itself",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        for part in ["model.a.timeouts.total", "model.b.path", "price.m.input"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn an_unknown_entry_tells_what_there_is() {
        let models =
            Models::check("[model.night]\nurl = \"http://h/v1\"\nmodel = \"m\"\n", "models.toml", Path::new(""))
                .unwrap();
        let told = models.entry("nigth").unwrap_err().to_string();
        assert!(told.contains("did you mean `@night`"), "{told}");
    }
}
