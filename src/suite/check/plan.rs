//! The statistical plan, the figures and the errata: whatever names metrics.

use super::super::checked::{Erratum, FigureSpec, Margins, Multiplicity, StatisticalPlan};
use super::super::file::{FigureFile, FigureKind, SuiteFile, TaskFile};
use super::super::placed::Placed;
use super::super::problem::ProblemKind;
use super::super::shape::{element_path, key_path};
use super::super::spelling::nearest;
use super::Checker;

const DEFAULT_LEVEL: f64 = 0.95;
const DEFAULT_TPR_AT_FPR: f64 = 0.01;
const DEFAULT_RESAMPLES: u32 = 2000;

impl FigureKind {
    fn word(self) -> &'static str {
        match self {
            Self::DoseResponse => "dose-response",
            Self::Roc => "roc",
            Self::Ecdf => "ecdf",
            Self::Forest => "forest",
        }
    }

    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::DoseResponse => &["task", "metrics", "range", "chance"],
            Self::Roc => &["task", "metrics", "min_copies"],
            Self::Ecdf => &["task", "metric", "min_copies"],
            Self::Forest => &[],
        }
    }
}

impl FigureFile {
    fn written(&self) -> Vec<(&'static str, usize)> {
        fn at<T>(key: &'static str, field: Option<&Placed<T>>) -> Option<(&'static str, usize)> {
            field.map(|field| (key, field.span.start))
        }
        [
            at("task", self.task.as_ref()),
            at("metrics", self.metrics.as_ref()),
            at("metric", self.metric.as_ref()),
            at("range", self.range.as_ref()),
            at("chance", self.chance.as_ref()),
            at("min_copies", self.min_copies.as_ref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Checker<'_> {
    pub(super) fn statistics(&mut self, file: &SuiteFile) -> Option<StatisticalPlan> {
        let plan = &file.statistics.as_ref()?.value;
        let level = plan.level.as_ref().map_or(DEFAULT_LEVEL, |level| {
            self.open_unit_interval("statistics.level", level);
            level.value
        });
        let tpr_at_fpr = match &plan.tpr_at_fpr {
            None => vec![DEFAULT_TPR_AT_FPR],
            Some(rates) => {
                for rate in &rates.value {
                    self.open_unit_interval("statistics.tpr_at_fpr", rate);
                }
                rates.value.iter().map(|rate| rate.value).collect()
            }
        };
        let resamples = match &plan.resamples {
            None => DEFAULT_RESAMPLES,
            Some(count) => {
                if count.value == 0 {
                    let kind = ProblemKind::OutOfRange { found: "the number 0".to_owned(), allowed: "1 or more" };
                    self.report.add(count.span.start, "statistics.resamples", kind);
                }
                count.value
            }
        };
        let usual = Margins::default();
        let task = plan.headline_task.as_ref().and_then(|id| self.known_task(file, id, "statistics.headline_task"));
        if let Some(metric) = &plan.headline_metric {
            self.metric(metric, "statistics.headline_metric", task);
        }
        Some(StatisticalPlan {
            headline_metric: plan.headline_metric.as_ref()?.value.clone(),
            headline_task: plan.headline_task.as_ref()?.value.clone(),
            headline_copies: plan.headline_copies.as_ref().map(|copies| copies.value),
            level,
            tpr_at_fpr,
            multiplicity: plan.multiplicity.as_ref().map_or(Multiplicity::Holm, |rule| rule.value),
            resamples: usize::try_from(resamples).ok()?,
            margins: Margins {
                preservation: self.margin(plan.preservation_margin.as_ref(), "preservation_margin", usual.preservation),
                likeness: self.margin(plan.likeness_margin.as_ref(), "likeness_margin", usual.likeness),
                likeness_nats: self.margin(
                    plan.likeness_margin_nats.as_ref(),
                    "likeness_margin_nats",
                    usual.likeness_nats,
                ),
            },
        })
    }

    /// A margin as written, above 0, or the usual one.
    fn margin(&mut self, written: Option<&Placed<f64>>, key: &str, usual: f64) -> f64 {
        let Some(margin) = written else { return usual };
        if !(margin.value > 0.0 && margin.value.is_finite()) {
            let found = format!("the number {}", margin.value);
            let kind = ProblemKind::OutOfRange { found, allowed: "a number above 0" };
            self.report.add(margin.span.start, &key_path("statistics", key), kind);
        }
        margin.value
    }

    fn open_unit_interval(&mut self, key: &str, number: &Placed<f64>) {
        if !(number.value > 0.0 && number.value < 1.0) {
            let found = format!("the number {}", number.value);
            let kind = ProblemKind::OutOfRange { found, allowed: "a number above 0 and below 1" };
            self.report.add(number.span.start, key, kind);
        }
    }

    pub(super) fn figures(&mut self, file: &SuiteFile) -> Option<Vec<FigureSpec>> {
        let figures: Vec<Option<FigureSpec>> = file
            .figure
            .iter()
            .flatten()
            .enumerate()
            .map(|(position, figure)| self.figure(file, figure, &element_path("figure", position, None)))
            .collect();
        figures.into_iter().collect()
    }

    fn figure(&mut self, file: &SuiteFile, figure: &Placed<FigureFile>, path: &str) -> Option<FigureSpec> {
        let written = &figure.value;
        let title = self.filled(&key_path(path, "title"), written.title.as_ref());
        let kind = written.kind.as_ref()?.value;
        for (key, offset) in written.written().into_iter().filter(|(key, _)| !kind.keys().contains(key)) {
            let allowed = kind.keys().iter().map(|&key| key.to_owned()).collect();
            self.report.add(offset, &key_path(path, key), ProblemKind::NotOfThisKind { kind: kind.word(), allowed });
        }
        if kind == FigureKind::Forest {
            return Some(FigureSpec::Forest { title: title? });
        }
        let start = figure.span.start;
        let task = match &written.task {
            Some(id) => self.known_task(file, id, &key_path(path, "task")),
            None => {
                self.missing(start, path, "task", "the task that the figure shows");
                None
            }
        };
        let min_copies = written.min_copies.as_ref().map_or(1, |copies| copies.value);
        if kind == FigureKind::Ecdf {
            let Some(metric) = &written.metric else {
                self.missing(start, path, "metric", "the item metric that an ecdf shows");
                return None;
            };
            self.metric(metric, &key_path(path, "metric"), task);
            let (task, metric) = (written.task.as_ref()?.value.clone(), metric.value.clone());
            return Some(FigureSpec::Ecdf { task, metric, title: title?, min_copies });
        }
        let metrics = self.figure_metrics(written, start, path, task);
        let range = self.range(written, path);
        let task = written.task.as_ref()?.value.clone();
        let (metrics, title) = (metrics?, title?);
        if kind == FigureKind::Roc {
            return Some(FigureSpec::Roc { task, metrics, title, min_copies });
        }
        let chance = written.chance.as_ref().map(|chance| chance.value);
        Some(FigureSpec::DoseResponse { task, metrics, title, range: range?, chance })
    }

    fn figure_metrics(
        &mut self,
        figure: &FigureFile,
        start: usize,
        path: &str,
        task: Option<&TaskFile>,
    ) -> Option<Vec<String>> {
        let Some(metrics) = &figure.metrics else {
            self.missing(start, path, "metrics", "the metrics that the figure shows, one line each");
            return None;
        };
        let key = key_path(path, "metrics");
        if metrics.value.is_empty() {
            let advice = "name a metric of `mnemoscope list metrics`";
            self.report.add(metrics.span.start, &key, ProblemKind::EmptyList { advice });
        }
        for metric in &metrics.value {
            self.metric(metric, &key, task);
        }
        Some(metrics.value.iter().map(|metric| metric.value.clone()).collect())
    }

    fn range(&mut self, figure: &FigureFile, path: &str) -> Option<(f64, f64)> {
        let Some(range) = &figure.range else { return Some((0.0, 1.0)) };
        let numbers: Vec<f64> = range.value.iter().map(|number| number.value).collect();
        match numbers.as_slice() {
            &[low, high] if low < high && low.is_finite() && high.is_finite() => Some((low, high)),
            _ => {
                let found = format!("the list {numbers:?}");
                let allowed = "two numbers, the lower one first,";
                let kind = ProblemKind::OutOfRange { found, allowed };
                self.report.add(range.span.start, &key_path(path, "range"), kind);
                None
            }
        }
    }

    pub(super) fn errata(&mut self, file: &SuiteFile) -> Option<Vec<Erratum>> {
        let errata: Vec<_> = file.erratum.iter().flatten().collect();
        let ids = errata.iter().filter_map(|erratum| erratum.value.id.as_ref());
        self.no_duplicates("erratum.id", ids.map(|id| (id.value.as_str(), id.span.start)));
        let mut checked = Vec::new();
        for (position, erratum) in errata.into_iter().enumerate() {
            let written = &erratum.value;
            let path = element_path("erratum", position, written.id.as_ref().map(|id| id.value.as_str()));
            let id = self.filled(&key_path(&path, "id"), written.id.as_ref());
            let upstream = self.filled(&key_path(&path, "upstream"), written.upstream.as_ref());
            let corrected = self.filled(&key_path(&path, "corrected"), written.corrected.as_ref());
            for metric in written.metrics.iter().flat_map(|metrics| &metrics.value) {
                self.metric(metric, &key_path(&path, "metrics"), None);
            }
            checked.push((|| {
                let metrics = written.metrics.as_ref()?.value.iter().map(|metric| metric.value.clone()).collect();
                Some(Erratum { id: id?, upstream: upstream?, corrected: corrected?, metrics })
            })());
        }
        checked.into_iter().collect()
    }

    /// The task with this id, or a problem.
    fn known_task<'f>(&mut self, file: &'f SuiteFile, id: &Placed<String>, key: &str) -> Option<&'f TaskFile> {
        let tasks: Vec<&TaskFile> = file.task.iter().flatten().map(|task| &task.value).collect();
        let id_of = |task: &TaskFile| task.id.as_ref().map(|id| id.value.clone());
        if let Some(task) = tasks.iter().find(|task| id_of(task).as_ref() == Some(&id.value)) {
            return Some(task);
        }
        let allowed: Vec<String> = tasks.iter().filter_map(|task| id_of(task)).collect();
        let nearest = nearest(&id.value, allowed.iter().map(String::as_str));
        let kind = ProblemKind::DanglingName { what: "task", found: id.value.clone(), nearest, allowed };
        self.report.add(id.span.start, key, kind);
        None
    }

    /// Checks that a metric exists; whether a task has it is not looked at.
    pub(super) fn known_metric(&mut self, metric: &Placed<String>, key: &str) {
        self.metric(metric, key, None);
    }

    /// Checks that a metric exists and, where it belongs to an attack, that the task runs the attack.
    fn metric(&mut self, metric: &Placed<String>, key: &str, task: Option<&TaskFile>) {
        let name = &metric.value;
        let attacks = &self.vocabulary.attacks;
        if !(self.vocabulary.is_metric)(name) && !attacks.contains(name) {
            let known = self.vocabulary.metrics.iter().chain(attacks).map(String::as_str);
            let kind = ProblemKind::UnknownMetric { found: name.clone(), nearest: nearest(name, known) };
            self.report.add(metric.span.start, key, kind);
            return;
        }
        let Some(task) = task else { return };
        let attack = name.rsplit('.').next().unwrap_or(name);
        let runs = task.settings.as_ref().and_then(|settings| settings.value.attacks.as_ref());
        // A misspelt attack of the task is told at the task; it may be the very one that is missed here.
        let may_run =
            runs.is_some_and(|runs| runs.value.iter().any(|id| id.value == attack || !attacks.contains(&id.value)));
        if attacks.iter().any(|known| known == attack) && !may_run {
            let kind = ProblemKind::MetricWithoutAttack {
                metric: name.clone(),
                task: task.id.as_ref().map_or(String::new(), |id| id.value.clone()),
                attack: attack.to_owned(),
            };
            self.report.add(metric.span.start, key, kind);
        }
    }
}
