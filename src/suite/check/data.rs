//! Where the rows come from.

use std::collections::BTreeMap;

use super::super::checked::{BuiltinSource, DataSet, HubSource, PathSource, PublishedModel};
use super::super::file::{BuiltinFile, DataSetFile, HubFile, SelectionFile, SuiteFile};
use super::super::file_set::set_sha256;
use super::super::placed::Placed;
use super::super::problem::ProblemKind;
use super::super::recall::SeriesSelection;
use super::super::shape::{element_path, key_path};
use super::super::spelling::nearest;
use super::Checker;

impl Checker<'_> {
    /// The data sets that can be understood; each one that is missing here has left a problem.
    pub(super) fn data_sets(&mut self, file: &SuiteFile) -> BTreeMap<String, DataSet> {
        let Some(data) = &file.data else { return BTreeMap::new() };
        if data.value.is_empty() {
            let kind = ProblemKind::EmptyList { advice: "add a table like [data.passages]" };
            self.report.add(data.span.start, "data", kind);
        }
        let sets =
            data.value.iter().filter_map(|(name, set)| Some((name.clone(), self.data_set(name, set, &data.value)?)));
        sets.collect()
    }

    /// The models that were published with the data.
    pub(super) fn models(&mut self, file: &SuiteFile) -> Option<Vec<PublishedModel>> {
        let written: Vec<_> = file.model.iter().flatten().collect();
        let ids = written.iter().filter_map(|model| model.value.id.as_ref());
        self.no_duplicates("model.id", ids.map(|id| (id.value.as_str(), id.span.start)));
        let checked: Vec<Option<PublishedModel>> = written
            .into_iter()
            .enumerate()
            .map(|(position, model)| {
                let model = &model.value;
                let path = element_path("model", position, model.id.as_ref().map(|id| id.value.as_str()));
                let id = self.name(&key_path(&path, "id"), model.id.as_ref(), is_hub_id, "a hub name like owner/name");
                let group = self.filled(&key_path(&path, "group"), model.group.as_ref());
                let revision = model.revision.as_ref().filter(|revision| {
                    if !is_pinned(&revision.value) {
                        let kind = ProblemKind::MovingRevision { found: revision.value.clone() };
                        self.report.add(revision.span.start, &key_path(&path, "revision"), kind);
                    }
                    is_pinned(&revision.value)
                });
                let labels = match &model.labels {
                    Some(labels) => self.all_filled(&key_path(&path, "labels"), Some(labels)),
                    None => Some(Vec::new()),
                };
                Some(PublishedModel { id: id?, revision: revision?.value.clone(), group: group?, labels: labels? })
            })
            .collect();
        checked.into_iter().collect()
    }

    /// Another data set of the suite, or a problem.
    fn known_set(
        &mut self,
        other: &Placed<String>,
        key: &str,
        own: &str,
        all: &BTreeMap<String, Placed<DataSetFile>>,
    ) -> Option<String> {
        if other.value != own && all.contains_key(&other.value) {
            return Some(other.value.clone());
        }
        let allowed: Vec<String> = all.keys().filter(|name| *name != own).cloned().collect();
        let nearest = nearest(&other.value, allowed.iter().map(String::as_str));
        let kind = ProblemKind::DanglingName { what: "data set", found: other.value.clone(), nearest, allowed };
        self.report.add(other.span.start, key, kind);
        None
    }

    fn data_set(
        &mut self,
        name: &str,
        set: &Placed<DataSetFile>,
        all: &BTreeMap<String, Placed<DataSetFile>>,
    ) -> Option<DataSet> {
        let path = format!("data.{name}");
        let written = &set.value;
        if written.builtin.is_none() && written.hub.is_none() && written.path.is_none() {
            self.report.add(set.span.start, &path, ProblemKind::NoSource);
        }
        let builtin = written.builtin.as_ref().map(|source| self.builtin(&key_path(&path, "builtin"), &source.value));
        let hub = written.hub.as_ref().map(|source| self.hub(&key_path(&path, "hub"), &source.value));
        let folder = written.path.as_ref().map(|source| {
            let file = source.value.file.as_ref()?;
            let others = source.value.or.iter().flat_map(|others| &others.value);
            let mut is_safe = self.safe_path(file, &key_path(&path, "path.file"));
            let mut or = Vec::new();
            for other in others {
                is_safe &= self.safe_path(other, &key_path(&path, "path.or"));
                or.push(other.value.clone());
            }
            is_safe.then(|| PathSource { file: file.value.clone(), or })
        });
        let cluster_by = match &written.cluster_by {
            Some(field) => Some(self.filled(&key_path(&path, "cluster_by"), Some(field))?),
            None => None,
        };
        let examples = match &written.examples {
            Some(other) => Some(self.known_set(other, &key_path(&path, "examples"), name, all)?),
            None => None,
        };
        let titles = match &written.titles {
            Some(other) => Some(self.known_set(other, &key_path(&path, "titles"), name, all)?),
            None => None,
        };
        Some(DataSet {
            name: name.to_owned(),
            titles,
            schema: written.schema.as_ref()?.value,
            builtin: or_gone(builtin)?,
            hub: or_gone(hub)?,
            path: or_gone(folder)?,
            cluster_by,
            examples,
            sources: match &written.sources {
                Some(sources) => self.all_filled(&key_path(&path, "sources"), Some(sources))?,
                None => Vec::new(),
            },
            selection: self.selection(&key_path(&path, "select"), written.select.as_ref())?,
        })
    }

    /// Which values of series are asked.
    fn selection(&mut self, path: &str, written: Option<&Placed<SelectionFile>>) -> Option<SeriesSelection> {
        let Some(written) = written.map(|written| &written.value) else { return Some(SeriesSelection::default()) };
        let series = match &written.series {
            Some(series) => self.all_filled(&key_path(path, "series"), Some(series))?,
            None => Vec::new(),
        };
        let mut fits = true;
        let mut dated = |field: Option<&Placed<String>>, key: &str, length: usize, allowed: &'static str| {
            let field = field?;
            let is_date = field.value.len() == length
                && field.value.bytes().enumerate().all(|(place, byte)| match place {
                    4 | 7 => byte == b'-',
                    _ => byte.is_ascii_digit(),
                });
            if !is_date {
                let kind = ProblemKind::BadName { found: field.value.clone(), allowed };
                self.report.add(field.span.start, &key_path(path, key), kind);
                fits = false;
            }
            Some(field.value.clone())
        };
        let month = "a month like 2008-09";
        let from = dated(written.from.as_ref(), "from", 7, month);
        let fake_cutoff = dated(written.fake_cutoff.as_ref(), "fake_cutoff", 7, month);
        let future_date = dated(written.future_date.as_ref(), "future_date", 10, "a day like 2035-06-15");
        let count = |field: Option<&Placed<u32>>| field.map_or(0, |count| count.value);
        let size = |field: Option<&Placed<u32>>| usize::try_from(count(field)).unwrap_or(usize::MAX);
        fits.then(|| SeriesSelection {
            series,
            from,
            every: size(written.every.as_ref()),
            context: size(written.context.as_ref()),
            fake_cutoff,
            future_date,
            repeats: count(written.repeats.as_ref()),
        })
    }

    fn builtin(&mut self, path: &str, written: &BuiltinFile) -> Option<BuiltinSource> {
        let sha256 = written.sha256.as_ref().and_then(|hash| self.hash(&key_path(path, "sha256"), hash));
        let file = written.file.as_ref()?;
        let place = "beside the suite file";
        let found = self.named_file(file, &key_path(path, "file"), place, |files, name| {
            let set = files.read_builtin_set(name)?;
            Ok((!set.is_empty()).then(|| set_sha256(&set)))
        })?;
        self.hashes.insert(file.value.clone(), found.clone());
        let expected = sha256?;
        if found == expected {
            let rows_per_level = written.rows_per_level.as_ref().map(|count| count.value);
            if let (Some(0), Some(written)) = (rows_per_level, &written.rows_per_level) {
                let kind = ProblemKind::OutOfRange { found: "the number 0".to_owned(), allowed: "1 or more" };
                self.report.add(written.span.start, &key_path(path, "rows_per_level"), kind);
            }
            return Some(BuiltinSource { file: file.value.clone(), sha256: expected, rows_per_level });
        }
        let offset = written.sha256.as_ref().map_or(file.span.start, |hash| hash.span.start);
        let kind = ProblemKind::HashMismatch { file: file.value.clone(), expected, found };
        self.report.add(offset, &key_path(path, "sha256"), kind);
        None
    }

    fn hub(&mut self, path: &str, written: &HubFile) -> Option<HubSource> {
        let allowed = "a hub name like owner/name";
        let id = self.name(&key_path(path, "id"), written.id.as_ref(), is_hub_id, allowed);
        let revision = written.revision.as_ref().map(|revision| {
            if is_pinned(&revision.value) {
                return Some(revision.value.clone());
            }
            let kind = ProblemKind::MovingRevision { found: revision.value.clone() };
            self.report.add(revision.span.start, &key_path(path, "revision"), kind);
            None
        });
        let sha256 = written.sha256.as_ref().map(|hash| self.hash(&key_path(path, "sha256"), hash));
        let file = written.file.as_ref()?;
        if !self.safe_path(file, &key_path(path, "file")) {
            return None;
        }
        Some(HubSource { id: id?, revision: or_gone(revision)?, file: file.value.clone(), sha256: or_gone(sha256)? })
    }

    /// A well-formed SHA-256 in lower case.
    fn hash(&mut self, key: &str, written: &Placed<String>) -> Option<String> {
        let is_well_formed = written.value.len() == 64 && written.value.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_well_formed {
            return Some(written.value.to_ascii_lowercase());
        }
        self.report.add(written.span.start, key, ProblemKind::MalformedHash { found: written.value.clone() });
        None
    }
}

/// Turns "written, but wrong" (`Some(None)`) into `None`; "not written" stays an absent value.
#[expect(clippy::option_option, reason = "three states: not written, written and wrong, written and right")]
fn or_gone<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

fn is_hub_id(id: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    id.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

/// A commit, which stays what it is, or a `step...` revision, which by the collection's custom does: the commit behind it stands in the
/// run's record.
pub(crate) fn is_pinned(revision: &str) -> bool {
    let is_commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_step = revision
        .strip_prefix("step")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    is_commit || is_step
}
