//! The questions and their settings.

use std::collections::BTreeMap;

use super::super::checked::{SizeKind, Task};
use super::super::data_schema::DataSchema;
use super::super::file::{DataSetFile, ProbeKind, SuiteFile, TaskFile};
use super::super::placed::Placed;
use super::super::problem::ProblemKind;
use super::super::shape::{element_path, key_path};
use super::super::spelling::nearest;
use super::Checker;
use super::settings::Asked;

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
        let upstream = match &written.upstream {
            Some(name) => Some(self.filled(&key_path(path, "upstream"), Some(name))?),
            None => None,
        };
        let mut upstream_metrics = BTreeMap::new();
        for (theirs, ours) in written.upstream_metrics.iter().flat_map(|metrics| &metrics.value) {
            self.known_metric(ours, &key_path(path, "upstream_metrics"));
            upstream_metrics.insert(theirs.clone(), ours.value.clone());
        }
        Some(Task {
            id: id?,
            title: title?,
            data: set?.name.to_owned(),
            probe: probe?,
            probe_by_size,
            sizes: sizes?,
            upstream,
            upstream_metrics,
            axis: written.axis.as_ref().map(|axis| axis.value),
            summary: written.summary.as_ref().map(|part| part.value),
            is_optional: written.optional.as_ref().is_some_and(|optional| optional.value),
        })
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
        let Some(schema) = set.schema() else { return };
        let needs = match kind.value {
            ProbeKind::Choose | ProbeKind::ChatChoose if !schema.has_choices() => "answers to choose from",
            ProbeKind::Membership | ProbeKind::Extract | ProbeKind::Verbatim if !schema.has_text() => "whole texts",
            ProbeKind::Recall | ProbeKind::Embed if !schema.is_economic() => "economic values, headlines or reports",
            ProbeKind::Memory if schema != DataSchema::MemoryAgentBench => "long contexts with questions",
            ProbeKind::State if !matches!(schema, DataSchema::Stale | DataSchema::StaleControls) => {
                "histories with a changed state"
            }
            ProbeKind::Memory | ProbeKind::State => return,
            _ if schema.has_history() => "items without a history",
            _ => return,
        };
        let gives = if schema.has_choices() {
            "answers to choose from"
        } else if schema.has_text() {
            "whole texts"
        } else if schema.is_economic() {
            "economic values, headlines or reports"
        } else if schema.has_history() {
            "histories to be memorised"
        } else {
            "parts of texts"
        };
        let problem = ProblemKind::WrongSchema { kind: kind.value.word(), needs, data: set.name.to_owned(), gives };
        self.report.add(kind.span.start, key, problem);
    }
}

fn is_task_id(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}
