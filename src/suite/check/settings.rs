//! The settings of a question, by its kind.

use super::super::checked::{
    ChatChooseProbe, ChatProbe, ChoiceBy, ChoiceNormalisation, ChooseProbe, ExtractProbe, GenerateProbe,
    LikelihoodProbe, MembershipProbe, NewlineStop, Probe, TokensProbe, VerbatimProbe,
};
use super::super::data_schema::DataSchema;
use super::super::file::{ProbeKind, SettingsFile};
use super::super::memory::{MemoryProbe, StateProbe};
use super::super::placed::Placed;
use super::super::problem::ProblemKind;
use super::super::recall::RecallProbe;
use super::super::shape::key_path;
use super::super::spelling::nearest;
use super::Checker;

/// Share of lowest tokens when a suite does not say (the setting of mimir and of Min-K %'s authors).
const DEFAULT_MIN_K: f64 = 0.2;

/// Pieces that MemoryAgentBench's searching agents show.
const DEFAULT_TOP_K: usize = 10;

const PREFIX: &str = "the tokens that are given as prompt";
const SUFFIX: &str = "the tokens that are compared";
const MOST: &str = "the most tokens that are written";

/// Stands for `context` where it may name the choice.
const CHOICE_CONTEXT: &str = "context of a choice";

/// What a verbatim task can compute, of the whole rest and, with `_s<suffix_tokens>` behind it, of the compared tokens.
const VERBATIM_METRICS: [&str; 7] = [
    "exact_match_tokens",
    "rougeL_f",
    "rougeL_precision",
    "rougeL_recall",
    "rougeL_f_stemmed",
    "rougeL_precision_stemmed",
    "rougeL_recall_stemmed",
];
const LIKELIHOOD_METRICS: [&str; 5] =
    ["logprob_per_byte", "greedy_match", "byte_perplexity", "word_perplexity", "perplexity"];
const GENERATE_METRICS: [&str; 12] = [
    "exact_match_text",
    "exact_match_text_any",
    "squad_f1",
    "squad_f1_any",
    "squad_recall",
    "prefix_match",
    "rougeL_f_stemmed",
    "rougeL_recall_stemmed",
    "rouge1_recall_stemmed",
    "contains_answer",
    "refusal",
    "degenerate",
];

/// What a written answer to a message can be scored by.
const CHAT_METRICS: [&str; 15] = [
    "rouge_l_recall_upstream",
    "rouge_l_recall_normalised",
    "contains_answer",
    "bbh_em_fixed",
    "bbh_em_upstream",
    "bbh_em_strict",
    "answer_f1",
    "answer_em",
    "ngram_entropy",
    "rouge1_recall_stemmed",
    "rougeL_recall_stemmed",
    "rougeL_f_stemmed",
    "refusal",
    "degenerate",
    "rougeL_f",
];
/// What given answers can be scored by.
const CHAT_CHOOSE_METRICS: [&str; 8] = [
    "mc1",
    "mc2",
    "mc2_stable",
    "truth_ratio",
    "answer_probability",
    "answer_share",
    "direction_mass",
    "direction_lean",
];
/// What the tokens of a text can be scored by.
const TOKENS_METRICS: [&str; 9] = [
    "mean_log_likelihood",
    "zlib_log_likelihood",
    "min_k_log_likelihood_0.2",
    "min_k_pp_log_likelihood_0.2",
    "answer_probability",
    "answer_exact_memorization",
    "answer_extraction_strength",
    "min_k_loss_0.4",
    "min_k_pp_loss_0.4",
];

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

impl ProbeKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Extract => "extract",
            Self::Verbatim => "verbatim",
            Self::Choose => "choose",
            Self::Likelihood => "likelihood",
            Self::Generate => "generate",
            Self::Chat => "chat",
            Self::ChatChoose => "chat-choose",
            Self::Tokens => "tokens",
            Self::Recall => "recall",
            Self::Memory => "memory",
            Self::State => "state",
            Self::Embed => "embed",
        }
    }

    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Membership => &["attacks", "min_k"],
            Self::Extract => &["prefix_tokens", "suffix_tokens"],
            Self::Verbatim => &["prefix_tokens", "suffix_tokens", "max_tokens", "metrics"],
            Self::Choose => &["context", "choice", "delimiter", "normalisation"],
            Self::Likelihood => &["context", "delimiter", "text", "metrics"],
            Self::Generate => &["prompt", "reference", "any_of", "splits_addresses", "max_tokens", "stop", "metrics"],
            Self::Chat => &["wording", "reference", "any_of", "max_tokens", "newline_stop", "metrics"],
            Self::ChatChoose => &["wording", "by", "ends", "metrics"],
            Self::Tokens => &["wording", "text", "ends", "metrics"],
            Self::Embed => &[],
            Self::Recall => &["ask", "wording", "max_tokens", "temperature"],
            Self::Memory => &["family", "column", "in_mean", "chunk_tokens", "context_tokens", "top_k", "max_tokens"],
            Self::State => &["control", "top_k", "max_tokens"],
        }
    }
}

impl SettingsFile {
    /// The keys that are written, with their places.
    fn written(&self) -> Vec<(&'static str, usize)> {
        fn at<T>(key: &'static str, field: Option<&Placed<T>>) -> Option<(&'static str, usize)> {
            field.map(|field| (key, field.span.start))
        }
        [
            at("attacks", self.attacks.as_ref()),
            at("min_k", self.min_k.as_ref()),
            at("prefix_tokens", self.prefix_tokens.as_ref()),
            at("suffix_tokens", self.suffix_tokens.as_ref()),
            at("context", self.context.as_ref()),
            at("choice", self.choice.as_ref()),
            at("delimiter", self.delimiter.as_ref()),
            at("normalisation", self.normalisation.as_ref()),
            at("ask", self.ask.as_ref()),
            at("family", self.family.as_ref()),
            at("column", self.column.as_ref()),
            at("in_mean", self.in_mean.as_ref()),
            at("chunk_tokens", self.chunk_tokens.as_ref()),
            at("context_tokens", self.context_tokens.as_ref()),
            at("top_k", self.top_k.as_ref()),
            at("control", self.control.as_ref()),
            at("temperature", self.temperature.as_ref()),
            at("wording", self.wording.as_ref()),
            at("newline_stop", self.newline_stop.as_ref()),
            at("by", self.by.as_ref()),
            at("ends", self.ends.as_ref()),
            at("text", self.text.as_ref()),
            at("prompt", self.prompt.as_ref()),
            at("reference", self.reference.as_ref()),
            at("any_of", self.any_of.as_ref()),
            at("splits_addresses", self.splits_addresses.as_ref()),
            at("max_tokens", self.max_tokens.as_ref()),
            at("stop", self.stop.as_ref()),
            at("metrics", self.metrics.as_ref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// These settings, and those of `base` for the keys that are not written here.
    pub(super) fn over(&self, base: &Self) -> Self {
        let (own, base) = (self.clone(), base.clone());
        Self {
            attacks: own.attacks.or(base.attacks),
            min_k: own.min_k.or(base.min_k),
            prefix_tokens: own.prefix_tokens.or(base.prefix_tokens),
            suffix_tokens: own.suffix_tokens.or(base.suffix_tokens),
            context: own.context.or(base.context),
            choice: own.choice.or(base.choice),
            delimiter: own.delimiter.or(base.delimiter),
            normalisation: own.normalisation.or(base.normalisation),
            ask: own.ask.or(base.ask),
            family: own.family.or(base.family),
            column: own.column.or(base.column),
            in_mean: own.in_mean.or(base.in_mean),
            chunk_tokens: own.chunk_tokens.or(base.chunk_tokens),
            context_tokens: own.context_tokens.or(base.context_tokens),
            top_k: own.top_k.or(base.top_k),
            control: own.control.or(base.control),
            temperature: own.temperature.or(base.temperature),
            wording: own.wording.or(base.wording),
            newline_stop: own.newline_stop.or(base.newline_stop),
            by: own.by.or(base.by),
            ends: own.ends.or(base.ends),
            text: own.text.or(base.text),
            prompt: own.prompt.or(base.prompt),
            reference: own.reference.or(base.reference),
            any_of: own.any_of.or(base.any_of),
            splits_addresses: own.splits_addresses.or(base.splits_addresses),
            max_tokens: own.max_tokens.or(base.max_tokens),
            stop: own.stop.or(base.stop),
            metrics: own.metrics.or(base.metrics),
        }
    }
}

/// What settings are checked against: the kind, the rows, and where the table stands.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) kind: ProbeKind,
    pub(super) schema: Option<DataSchema>,
    pub(super) path: &'a str,
    pub(super) start: usize,
}

impl Checker<'_> {
    pub(super) fn only_of_kind(&mut self, asked: Asked<'_>, settings: &SettingsFile) {
        let own = asked.kind.settings();
        for (key, offset) in settings.written().into_iter().filter(|(key, _)| !own.contains(key)) {
            let allowed = own.iter().map(|&key| key.to_owned()).collect();
            let kind = ProblemKind::NotOfThisKind { kind: asked.kind.word(), allowed };
            self.report.add(offset, &key_path(asked.path, key), kind);
        }
    }

    pub(super) fn probe(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<Probe> {
        match asked.kind {
            ProbeKind::Membership => self.membership(asked, settings).map(Probe::Membership),
            ProbeKind::Extract => self.extract(asked, settings).map(Probe::Extract),
            ProbeKind::Verbatim => self.verbatim(asked, settings).map(Probe::Verbatim),
            ProbeKind::Choose => self.choose(asked, settings).map(Probe::Choose),
            ProbeKind::Likelihood => self.likelihood(asked, settings).map(Probe::Likelihood),
            ProbeKind::Generate => self.generate(asked, settings).map(Probe::Generate),
            ProbeKind::Chat => self.chat(asked, settings).map(Probe::Chat),
            ProbeKind::ChatChoose => self.chat_choose(asked, settings).map(Probe::ChatChoose),
            ProbeKind::Tokens => self.text_tokens(asked, settings).map(Probe::Tokens),
            ProbeKind::Recall => self.recall(asked, settings).map(Probe::Recall),
            ProbeKind::Embed => Some(Probe::Embed),
            ProbeKind::Memory => self.memory(asked, settings).map(Probe::Memory),
            ProbeKind::State => self.state(asked, settings).map(Probe::State),
        }
    }

    fn membership(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<MembershipProbe> {
        let min_k = match &settings.min_k {
            None => DEFAULT_MIN_K,
            Some(share) => {
                if !(share.value > 0.0 && share.value <= 1.0) {
                    let found = format!("the number {}", share.value);
                    let kind = ProblemKind::OutOfRange { found, allowed: "a number above 0 and up to 1" };
                    self.report.add(share.span.start, &key_path(asked.path, "min_k"), kind);
                }
                share.value
            }
        };
        let Some(attacks) = &settings.attacks else {
            self.missing(asked.start, asked.path, "attacks", "the attack ids of a membership task");
            return None;
        };
        let key = key_path(asked.path, "attacks");
        if attacks.value.is_empty() {
            let advice = "name an attack of `mnemoscope list attacks`";
            self.report.add(attacks.span.start, &key, ProblemKind::EmptyList { advice });
        }
        self.no_duplicates(&key, attacks.value.iter().map(|id| (id.value.as_str(), id.span.start)));
        let known = &self.vocabulary.attacks;
        for id in attacks.value.iter().filter(|id| !known.contains(&id.value)) {
            let nearest = nearest(&id.value, known.iter().map(String::as_str));
            let kind = ProblemKind::UnknownAttack { found: id.value.clone(), nearest, allowed: known.clone() };
            self.report.add(id.span.start, &key, kind);
        }
        Some(MembershipProbe { attacks: attacks.value.iter().map(|id| id.value.clone()).collect(), min_k })
    }

    fn extract(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<ExtractProbe> {
        let prefix = self.tokens(asked, settings.prefix_tokens.as_ref(), "prefix_tokens", PREFIX);
        let suffix = self.tokens(asked, settings.suffix_tokens.as_ref(), "suffix_tokens", SUFFIX);
        Some(ExtractProbe { prefix_tokens: prefix?, suffix_tokens: suffix? })
    }

    fn verbatim(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<VerbatimProbe> {
        let prefix = self.tokens(asked, settings.prefix_tokens.as_ref(), "prefix_tokens", PREFIX);
        let suffix = self.tokens(asked, settings.suffix_tokens.as_ref(), "suffix_tokens", SUFFIX);
        let most = self.tokens(asked, settings.max_tokens.as_ref(), "max_tokens", MOST);
        let of_span = format!("_s{}", suffix.unwrap_or_default());
        let allowed: Vec<String> =
            VERBATIM_METRICS.iter().flat_map(|name| [(*name).to_owned(), format!("{name}{of_span}")]).collect();
        let metrics = self.metrics_of_kind(asked, settings, &allowed);
        Some(VerbatimProbe { prefix_tokens: prefix?, suffix_tokens: suffix?, max_tokens: most?, metrics: metrics? })
    }

    fn likelihood(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<LikelihoodProbe> {
        let context = match &settings.context {
            None => Some(String::new()),
            Some(_) => self.template(asked, settings.context.as_ref(), "context", ""),
        };
        let text = self.template(asked, settings.text.as_ref(), "text", "the template of the scored text");
        let allowed: Vec<String> = LIKELIHOOD_METRICS.iter().map(|&name| name.to_owned()).collect();
        let metrics = self.metrics_of_kind(asked, settings, &allowed);
        let delimiter = settings.delimiter.as_ref().map_or(String::new(), |delimiter| delimiter.value.clone());
        Some(LikelihoodProbe { context: context?, delimiter, text: text?, metrics: metrics? })
    }

    fn generate(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<GenerateProbe> {
        let prompt = self.template(asked, settings.prompt.as_ref(), "prompt", "the template that the model continues");
        let reference =
            self.template(asked, settings.reference.as_ref(), "reference", "the template of the right answer");
        let any_of = self.any_of(asked, settings);
        let most = self.tokens(asked, settings.max_tokens.as_ref(), "max_tokens", MOST);
        let stop = settings.stop.iter().flat_map(|stop| &stop.value);
        let mut texts = Vec::new();
        for text in stop {
            if text.value.is_empty() {
                let kind = ProblemKind::BadName { found: String::new(), allowed: "a text with something in it" };
                self.report.add(text.span.start, &key_path(asked.path, "stop"), kind);
            }
            texts.push(text.value.clone());
        }
        let allowed: Vec<String> = GENERATE_METRICS
            .iter()
            .filter(|name| any_of.is_some() || !name.ends_with("_any"))
            .map(|&name| name.to_owned())
            .collect();
        let metrics = self.metrics_of_kind(asked, settings, &allowed);
        Some(GenerateProbe {
            prompt: prompt?,
            reference: reference?,
            any_of,
            splits_addresses: settings.splits_addresses.as_ref().is_some_and(|splits| splits.value),
            max_tokens: most?,
            stop: texts,
            metrics: metrics?,
        })
    }

    /// The field with all right answers.
    fn any_of(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<String> {
        let field = settings.any_of.as_ref()?;
        let known: &[&str] = asked.schema.map_or(&[], DataSchema::template_variables);
        if !known.contains(&field.value.as_str()) {
            let kind = ProblemKind::UnknownVariable {
                variable: field.value.clone(),
                nearest: nearest(&field.value, known.iter().copied()),
                allowed: known.iter().map(|&name| name.to_owned()).collect(),
            };
            self.report.add(field.span.start, &key_path(asked.path, "any_of"), kind);
        }
        Some(field.value.clone())
    }

    /// A prompt of the suite's prompt file.
    fn wording(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<String> {
        let Some(wording) = &settings.wording else {
            self.missing(asked.start, asked.path, "wording", "the name of a prompt of `prompt_file`");
            return None;
        };
        if let Some(known) = &self.prompts
            && !known.contains(&wording.value)
        {
            let kind = ProblemKind::DanglingName {
                what: "prompt",
                found: wording.value.clone(),
                nearest: nearest(&wording.value, known.iter().map(String::as_str)),
                allowed: known.clone(),
            };
            self.report.add(wording.span.start, &key_path(asked.path, "wording"), kind);
        }
        Some(wording.value.clone())
    }

    fn chat(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<ChatProbe> {
        let wording = self.wording(asked, settings);
        let reference = match &settings.reference {
            None => Some(String::new()),
            Some(_) => self.template(asked, settings.reference.as_ref(), "reference", ""),
        };
        let any_of = self.any_of(asked, settings);
        let most = self.tokens(asked, settings.max_tokens.as_ref(), "max_tokens", MOST);
        let metrics = self.metrics_of_kind(asked, settings, &owned(&CHAT_METRICS));
        let newline_stop = settings.newline_stop.as_ref().map_or(NewlineStop::Off, |stop| stop.value);
        let (wording, reference, max_tokens, metrics) = (wording?, reference?, most?, metrics?);
        Some(ChatProbe { wording, reference, any_of, max_tokens, newline_stop, metrics })
    }

    fn chat_choose(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<ChatChooseProbe> {
        let wording = self.wording(asked, settings);
        if settings.by.is_none() {
            self.missing(asked.start, asked.path, "by", "`letters` or `texts`: what of an answer is scored");
        }
        let by = settings.by.as_ref().map(|by| by.value);
        let allowed = match by {
            Some(ChoiceBy::Letters) => owned(&["acc"]),
            _ => owned(&CHAT_CHOOSE_METRICS),
        };
        let metrics = self.metrics_of_kind(asked, settings, &allowed);
        let ends = settings.ends.as_ref().is_some_and(|ends| ends.value);
        Some(ChatChooseProbe { wording: wording?, by: by?, ends, metrics: metrics? })
    }

    fn text_tokens(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<TokensProbe> {
        let text = self.template(asked, settings.text.as_ref(), "text", "the template of the scored text");
        let wording = match &settings.wording {
            None => None,
            Some(_) => Some(self.wording(asked, settings)?),
        };
        let metrics = self.metrics_of_kind(asked, settings, &owned(&TOKENS_METRICS));
        let ends = settings.ends.as_ref().is_some_and(|ends| ends.value);
        Some(TokensProbe { text: text?, wording, ends, metrics: metrics? })
    }

    fn recall(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<RecallProbe> {
        let wording = self.wording(asked, settings);
        let most = self.tokens(asked, settings.max_tokens.as_ref(), "max_tokens", MOST);
        if settings.ask.is_none() {
            self.missing(asked.start, asked.path, "ask", "what is asked for, e.g. `level`");
        }
        if let Some(temperature) = &settings.temperature
            && !(temperature.value > 0.0 && temperature.value <= 10.0)
        {
            let found = format!("the number {}", temperature.value);
            let kind = ProblemKind::OutOfRange { found, allowed: "a number above 0 and up to 10" };
            self.report.add(temperature.span.start, &key_path(asked.path, "temperature"), kind);
        }
        let temperature = settings.temperature.as_ref().map(|temperature| temperature.value);
        Some(RecallProbe { ask: settings.ask.as_ref()?.value, wording: wording?, max_tokens: most?, temperature })
    }

    fn memory(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<MemoryProbe> {
        if settings.family.is_none() {
            self.missing(asked.start, asked.path, "family", "which prompts and scores, e.g. `ruler-qa`");
        }
        let column = match &settings.column {
            None => None,
            Some(_) => Some(self.filled(&key_path(asked.path, "column"), settings.column.as_ref())?),
        };
        let piece = self.tokens(asked, settings.chunk_tokens.as_ref(), "chunk_tokens", "the most tokens of a piece");
        let shown = "the most tokens of a context that an agent is shown";
        let context = self.tokens(asked, settings.context_tokens.as_ref(), "context_tokens", shown);
        let most = self.tokens(asked, settings.max_tokens.as_ref(), "max_tokens", MOST);
        Some(MemoryProbe {
            family: settings.family.as_ref()?.value,
            is_in_mean: column.is_some() && settings.in_mean.as_ref().is_none_or(|is| is.value),
            column,
            chunk_tokens: piece?,
            context_tokens: context?,
            top_k: self.top_k(asked, settings)?,
            max_tokens: most?,
        })
    }

    fn state(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<StateProbe> {
        let most = self.tokens(asked, settings.max_tokens.as_ref(), "max_tokens", MOST);
        let is_control = settings.control.as_ref().is_some_and(|control| control.value);
        Some(StateProbe { is_control, top_k: self.top_k(asked, settings)?, max_tokens: most? })
    }

    fn top_k(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<usize> {
        match &settings.top_k {
            None => Some(DEFAULT_TOP_K),
            Some(_) => self.tokens(asked, settings.top_k.as_ref(), "top_k", "the pieces that are shown"),
        }
    }

    /// A number of tokens, at least 1.
    fn tokens(&mut self, asked: Asked<'_>, field: Option<&Placed<u32>>, key: &str, meaning: &str) -> Option<usize> {
        match field {
            None => {
                self.missing(asked.start, asked.path, key, meaning);
                None
            }
            Some(count) if count.value == 0 => {
                let kind = ProblemKind::OutOfRange { found: "the number 0".to_owned(), allowed: "1 or more" };
                self.report.add(count.span.start, &key_path(asked.path, key), kind);
                None
            }
            Some(count) => usize::try_from(count.value).ok(),
        }
    }

    /// The metrics that a task computes, each one of those that its kind can.
    fn metrics_of_kind(
        &mut self,
        asked: Asked<'_>,
        settings: &SettingsFile,
        allowed: &[String],
    ) -> Option<Vec<String>> {
        let Some(metrics) = &settings.metrics else {
            self.missing(asked.start, asked.path, "metrics", "what is computed from an answer");
            return None;
        };
        let key = key_path(asked.path, "metrics");
        if metrics.value.is_empty() {
            let advice = "name a metric of `mnemoscope list metrics`";
            self.report.add(metrics.span.start, &key, ProblemKind::EmptyList { advice });
        }
        self.no_duplicates(&key, metrics.value.iter().map(|name| (name.value.as_str(), name.span.start)));
        for name in metrics.value.iter().filter(|name| !allowed.contains(&name.value)) {
            let found = name.value.clone();
            let nearest = nearest(&found, allowed.iter().map(String::as_str));
            let kind = ProblemKind::UnknownValue { found, nearest, allowed: allowed.to_vec() };
            self.report.add(name.span.start, &key, kind);
        }
        Some(metrics.value.iter().map(|name| name.value.clone()).collect())
    }

    fn choose(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<ChooseProbe> {
        // Without a delimiter all choices stand behind one context.
        let key = if settings.delimiter.is_some() { CHOICE_CONTEXT } else { "context" };
        let context = self.template(asked, settings.context.as_ref(), key, "the template before the answer");
        let choice = self.template(asked, settings.choice.as_ref(), "choice", "the template of the scored answer");
        let normalisation = match &settings.normalisation {
            None => vec![ChoiceNormalisation::Sum],
            Some(rules) => {
                let key = key_path(asked.path, "normalisation");
                if rules.value.is_empty() {
                    let advice = "name a rule, or leave the key out for `sum`";
                    self.report.add(rules.span.start, &key, ProblemKind::EmptyList { advice });
                }
                rules.value.iter().map(|rule| rule.value).collect()
            }
        };
        let delimiter = settings.delimiter.as_ref().map(|delimiter| delimiter.value.clone());
        Some(ChooseProbe { context: context?, choice: choice?, delimiter, normalisation })
    }

    /// A template whose variables the items have.
    fn template(
        &mut self,
        asked: Asked<'_>,
        template: Option<&Placed<String>>,
        key: &str,
        meaning: &str,
    ) -> Option<String> {
        let name = if key == CHOICE_CONTEXT { "context" } else { key };
        let Some(template) = template else {
            self.missing(asked.start, asked.path, name, meaning);
            return None;
        };
        let path = key_path(asked.path, name);
        let variables = match (self.vocabulary.template_variables)(&template.value) {
            Ok(variables) => variables,
            Err(fault) => {
                let place = fault.line.map_or(String::new(), |line| format!(" (line {line} of the template)"));
                let kind = ProblemKind::BadTemplate { reason: format!("{}{place}", fault.reason) };
                self.report.add(template.span.start, &path, kind);
                return None;
            }
        };
        let mut allowed: Vec<&str> = asked.schema?.template_variables().to_vec();
        if matches!(key, "choice" | CHOICE_CONTEXT) {
            allowed.extend(["choice", "letter", "number"]);
        }
        for variable in variables.iter().filter(|variable| !allowed.contains(&variable.as_str())) {
            let kind = ProblemKind::UnknownVariable {
                variable: variable.clone(),
                nearest: nearest(variable, allowed.iter().copied()),
                allowed: allowed.iter().map(|&name| name.to_owned()).collect(),
            };
            self.report.add(template.span.start, &path, kind);
        }
        Some(template.value.clone())
    }
}
