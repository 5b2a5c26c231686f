//! The questions and their settings.

use std::collections::BTreeMap;

use super::super::checked::{
    ChoiceNormalisation, ChooseProbe, DataSchema, ExtractProbe, MembershipProbe, Probe, SizeKind, Task,
};
use super::super::file::{DataSetFile, ProbeKind, SettingsFile, SuiteFile, TaskFile};
use super::super::placed::Placed;
use super::super::problem::ProblemKind;
use super::super::shape::{element_path, key_path};
use super::super::spelling::nearest;
use super::Checker;

/// Share of lowest tokens when a suite does not say (the setting of mimir and of Min-K %'s authors).
const DEFAULT_MIN_K: f64 = 0.2;

impl ProbeKind {
    fn word(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Extract => "extract",
            Self::Choose => "choose",
        }
    }

    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Membership => &["attacks", "min_k"],
            Self::Extract => &["prefix_tokens", "suffix_tokens"],
            Self::Choose => &["context", "choice", "normalisation"],
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
            at("normalisation", self.normalisation.as_ref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// These settings, and those of `base` for the keys that are not written here.
    fn over(&self, base: &Self) -> Self {
        let (own, base) = (self.clone(), base.clone());
        Self {
            attacks: own.attacks.or(base.attacks),
            min_k: own.min_k.or(base.min_k),
            prefix_tokens: own.prefix_tokens.or(base.prefix_tokens),
            suffix_tokens: own.suffix_tokens.or(base.suffix_tokens),
            context: own.context.or(base.context),
            choice: own.choice.or(base.choice),
            normalisation: own.normalisation.or(base.normalisation),
        }
    }
}

/// A data set as written. Faults of its own (a wrong hash, a branch) do not keep its tasks from being checked.
#[derive(Clone, Copy)]
struct Rows<'d> {
    name: &'d str,
    written: &'d DataSetFile,
}

impl Rows<'_> {
    fn schema(self) -> Option<DataSchema> {
        self.written.schema.as_ref().map(|schema| schema.value)
    }

    fn has(self, size: SizeKind) -> bool {
        match size {
            SizeKind::Builtin => self.written.builtin.is_some(),
            SizeKind::Hub => self.written.hub.is_some(),
            SizeKind::Path => self.written.path.is_some(),
        }
    }

    fn lacks(self, size: SizeKind) -> ProblemKind {
        ProblemKind::SizeWithoutData { size: size.to_string(), data: self.name.to_owned() }
    }
}

/// What settings are checked against: the kind, the rows, and where the table stands.
#[derive(Clone, Copy)]
struct Asked<'a> {
    kind: ProbeKind,
    schema: Option<DataSchema>,
    path: &'a str,
    start: usize,
}

impl Checker<'_> {
    pub(super) fn tasks(&mut self, file: &SuiteFile) -> Option<Vec<Task>> {
        let tasks = file.task.as_ref()?;
        if tasks.is_empty() {
            self.report.add(0, "task", ProblemKind::EmptyList { advice: "add a [[task]] table" });
        }
        let ids = tasks.iter().filter_map(|task| task.value.id.as_ref());
        self.no_duplicates("task.id", ids.map(|id| (id.value.as_str(), id.span.start)));
        let none = BTreeMap::new();
        let data = file.data.as_ref().map_or(&none, |data| &data.value);
        let checked: Vec<Option<Task>> = tasks
            .iter()
            .enumerate()
            .map(|(position, task)| {
                let id = task.value.id.as_ref().map(|id| id.value.as_str());
                self.task(task, &element_path("task", position, id), data)
            })
            .collect();
        checked.into_iter().collect()
    }

    fn task(
        &mut self,
        task: &Placed<TaskFile>,
        path: &str,
        data: &BTreeMap<String, Placed<DataSetFile>>,
    ) -> Option<Task> {
        let written = &task.value;
        let allowed = "a name of letters, digits, hyphens, underscores and full stops";
        let id = self.name(&key_path(path, "id"), written.id.as_ref(), is_task_id, allowed);
        let title = self.filled(&key_path(path, "title"), written.title.as_ref());
        let set = written.data.as_ref().and_then(|name| self.known_data(name, &key_path(path, "data"), data));
        let sizes = self.sizes(written, path, set);
        let kind = written.kind.as_ref()?;
        if let Some(set) = set {
            self.kind_fits(kind, &key_path(path, "kind"), set);
        }
        let base = written.settings.as_ref()?;
        let settings_path = key_path(path, "settings");
        let schema = set.and_then(Rows::schema);
        let asked = Asked { kind: kind.value, schema, path: &settings_path, start: base.span.start };
        self.only_of_kind(asked, &base.value);
        let probe = self.probe(asked, &base.value);
        let mut probe_by_size = BTreeMap::new();
        let overrides =
            [(SizeKind::Builtin, &written.builtin), (SizeKind::Hub, &written.hub), (SizeKind::Path, &written.path)];
        for (size, settings) in overrides {
            let Some(settings) = settings else { continue };
            let here = key_path(path, &size.to_string());
            let asked = Asked { path: &here, start: settings.span.start, ..asked };
            self.only_of_kind(asked, &settings.value);
            if let Some(set) = set.filter(|set| !set.has(size)) {
                self.report.add(settings.span.start, &here, set.lacks(size));
            }
            // A fault of the base is told once, there.
            if probe.is_some()
                && let Some(probe) = self.probe(asked, &settings.value.over(&base.value))
            {
                probe_by_size.insert(size, probe);
            }
        }
        Some(Task { id: id?, title: title?, data: set?.name.to_owned(), probe: probe?, probe_by_size, sizes: sizes? })
    }

    fn sizes(&mut self, task: &TaskFile, path: &str, set: Option<Rows<'_>>) -> Option<Vec<SizeKind>> {
        let Some(sizes) = &task.sizes else {
            return set.map(|set| SizeKind::ALL.into_iter().filter(|&size| set.has(size)).collect());
        };
        let key = key_path(path, "sizes");
        if sizes.value.is_empty() {
            let advice = "name a size, or leave the key out for all sizes of the data set";
            self.report.add(sizes.span.start, &key, ProblemKind::EmptyList { advice });
        }
        let words: Vec<(String, usize)> =
            sizes.value.iter().map(|size| (size.value.to_string(), size.span.start)).collect();
        self.no_duplicates(&key, words.iter().map(|(word, offset)| (word.as_str(), *offset)));
        let set = set?;
        for size in sizes.value.iter().filter(|size| !set.has(size.value)) {
            self.report.add(size.span.start, &key, set.lacks(size.value));
        }
        Some(sizes.value.iter().map(|size| size.value).collect())
    }

    /// The data set of this name, or a problem.
    fn known_data<'d>(
        &mut self,
        name: &Placed<String>,
        key: &str,
        data: &'d BTreeMap<String, Placed<DataSetFile>>,
    ) -> Option<Rows<'d>> {
        if let Some((name, set)) = data.get_key_value(&name.value) {
            return Some(Rows { name, written: &set.value });
        }
        let kind = ProblemKind::DanglingName {
            what: "data set",
            found: name.value.clone(),
            nearest: nearest(&name.value, data.keys().map(String::as_str)),
            allowed: data.keys().cloned().collect(),
        };
        self.report.add(name.span.start, key, kind);
        None
    }

    fn kind_fits(&mut self, kind: &Placed<ProbeKind>, key: &str, set: Rows<'_>) {
        let needs_choices = kind.value == ProbeKind::Choose;
        if set.schema().is_none_or(|schema| schema.has_choices() == needs_choices) {
            return;
        }
        let words = |choices| if choices { "answers to choose from" } else { "whole texts" };
        let problem = ProblemKind::WrongSchema {
            kind: kind.value.word(),
            needs: words(needs_choices),
            data: set.name.to_owned(),
            gives: words(!needs_choices),
        };
        self.report.add(kind.span.start, key, problem);
    }

    fn only_of_kind(&mut self, asked: Asked<'_>, settings: &SettingsFile) {
        let own = asked.kind.settings();
        for (key, offset) in settings.written().into_iter().filter(|(key, _)| !own.contains(key)) {
            let allowed = own.iter().map(|&key| key.to_owned()).collect();
            let kind = ProblemKind::NotOfThisKind { kind: asked.kind.word(), allowed };
            self.report.add(offset, &key_path(asked.path, key), kind);
        }
    }

    fn probe(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<Probe> {
        match asked.kind {
            ProbeKind::Membership => self.membership(asked, settings).map(Probe::Membership),
            ProbeKind::Extract => self.extract(asked, settings).map(Probe::Extract),
            ProbeKind::Choose => self.choose(asked, settings).map(Probe::Choose),
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
        let prefix = (&settings.prefix_tokens, "prefix_tokens", "the tokens that an extract task gives as prompt");
        let suffix = (&settings.suffix_tokens, "suffix_tokens", "the tokens that an extract task compares");
        let [prefix, suffix] = [prefix, suffix].map(|(field, key, meaning)| match field {
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
        });
        Some(ExtractProbe { prefix_tokens: prefix?, suffix_tokens: suffix? })
    }

    fn choose(&mut self, asked: Asked<'_>, settings: &SettingsFile) -> Option<ChooseProbe> {
        let context = self.template(asked, settings.context.as_ref(), "context", "the template before the answer");
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
        Some(ChooseProbe { context: context?, choice: choice?, normalisation })
    }

    /// A template whose variables the items have.
    fn template(
        &mut self,
        asked: Asked<'_>,
        template: Option<&Placed<String>>,
        key: &str,
        meaning: &str,
    ) -> Option<String> {
        let Some(template) = template else {
            self.missing(asked.start, asked.path, key, meaning);
            return None;
        };
        let path = key_path(asked.path, key);
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
        if key == "choice" {
            allowed.push("choice");
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

fn is_task_id(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}
