//! The model of a card: everything that a reader sees, in order, before any format is chosen.

use serde::Serialize;

use crate::record::{ModelEntry, NotableItem, PromptWords, Role, SuiteResults};
use crate::report::ReportError;
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::caution::cautions;
use crate::report::drawing;
use crate::report::figure::Figure;
use crate::report::metric_name::MetricName;
use crate::report::number;
use crate::report::shown::shown;
use crate::report::table::{self, Table};
use crate::suite::FigureSpec;

/// Characters of a weights hash on the card; the record holds the whole.
const SHORT_HASH: usize = 12;

/// What stands in the section `provenance` alone, and the seed, which decides the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Provenance {
    /// Seed of every random stream of the run; shown in the header.
    pub seed: u64,
    /// Name and value in order: command line, times, host, paths, cost, hashes of data and prompts.
    pub rows: Vec<(String, String)>,
}

/// A card of one suite.
///
/// All texts are plain and as they came; each format escapes them. Tables without a row are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// Id of the suite.
    pub suite: String,
    pub title: String,
    /// Seed of every random stream of the run.
    pub seed: u64,
    /// The models under test, joined for the title.
    pub subject: String,
    /// What the suite measures.
    pub summary: String,
    /// Name and value pairs of the header.
    pub facts: Vec<(String, String)>,
    /// Every model of the run.
    pub models: Table,
    /// The sentence at the top.
    pub verdict: String,
    /// What must be known before the verdict is believed; may be empty.
    pub cautions: Vec<String>,
    pub figures: Vec<Figure>,
    /// Why figures of the suite are not there; may be empty.
    pub absent_figures: Vec<String>,
    /// What was forgotten and kept, what is recalled, what agents remember, measures by task, then trends, blind baselines, published numbers and errata.
    pub tables: Vec<Table>,
    /// Paired comparisons by number of copies, with adjusted p values.
    pub comparisons: Vec<Table>,
    /// Every target alone, and every slice with its counts.
    pub counts: Vec<Table>,
    pub items: Vec<CardItem>,
    /// Sentences of the method box.
    pub methods: Vec<String>,
    /// What the card does not show.
    pub limits: Vec<String>,
    /// Papers and code behind the suite, as text.
    pub sources: Vec<String>,
    pub provenance: Vec<(String, String)>,
}

/// An item worth reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CardItem {
    pub item_id: String,
    pub task: String,
    /// `64 copies`; empty when the data do not say.
    pub copies: String,
    pub reason: String,
    pub prompt: String,
    pub expected: String,
    /// Model and answer.
    pub answers: Vec<(String, String)>,
    /// Model, measure and value, printed.
    pub scores: Vec<(String, String, String)>,
}

impl Card {
    /// Makes the card of one suite: picks and prints values, draws the figures, computes nothing.
    ///
    /// `figures` is the suite's own list; the health of the run is always drawn after it. Results without a single
    /// number still give a card, which says what is missing.
    ///
    /// # Errors
    /// [`ReportError::Figure`] when a chart refuses what the suite asks of it.
    pub fn build(results: &SuiteResults, figures: &[FigureSpec], provenance: &Provenance) -> Result<Self, ReportError> {
        let (results, hidden_models) = shown(results);
        let results = results.as_ref();
        let mut anchors = Anchors::default();
        let drawings = drawing::draw_all(results, figures, &mut anchors)?;
        let models = models_table(results, &mut anchors);
        let mut tables = table::unlearning(results, &mut anchors);
        tables.extend(table::recall(results, &mut anchors));
        tables.extend(table::memory(results, &mut anchors));
        tables.extend(table::task_tables(results, &mut anchors));
        let evidence = [
            table::trends(results, &mut anchors),
            table::lotteries(results, &mut anchors),
            table::contrasts(results, &mut anchors),
            table::blind(results, &mut anchors),
        ];
        tables.extend(evidence.into_iter().filter(|table| !table.is_empty()));
        // Without a number of ours there is still something to say: how many numbers were published, what the fault is.
        tables.push(table::published(results, &mut anchors));
        tables.extend(table::errata(results, &mut anchors));
        tables.push(table::health(results, &mut anchors));
        tables.retain(|table| !table.is_empty() || !table.note.is_empty());
        let comparisons = table::comparisons_by_slice(&results.comparisons, &mut anchors);
        let mut counts: Vec<Table> = table::targets(results, &mut anchors).into_iter().collect();
        counts.extend(table::slice_details(results, &mut anchors));
        Ok(Self {
            suite: results.suite.clone(),
            title: results.title.clone(),
            seed: provenance.seed,
            subject: subject(results),
            summary: results.summary.clone(),
            facts: facts(results, provenance.seed),
            models,
            verdict: if results.verdict.trim().is_empty() {
                "No verdict: the headline measure of the suite has no value in this run.".to_owned()
            } else {
                results.verdict.clone()
            },
            cautions: hidden_models.into_iter().chain(cautions(results)).collect(),
            figures: drawings.figures,
            absent_figures: drawings.absent,
            tables,
            comparisons,
            counts,
            items: results.notable_items.iter().map(card_item).collect(),
            methods: results.methods.clone(),
            limits: results.limits.clone(),
            sources: results.sources.clone(),
            provenance: provenance.rows.clone(),
        })
    }

    /// Every table of the card in order, the models included and those of the figures not.
    pub fn all_tables(&self) -> impl Iterator<Item = &Table> {
        std::iter::once(&self.models).chain(&self.tables).chain(&self.comparisons).chain(&self.counts)
    }
}

fn subject(results: &SuiteResults) -> String {
    let names: Vec<&str> =
        results.models.iter().filter(|model| model.role == Role::Model).map(|model| model.name.as_str()).collect();
    if names.is_empty() { "no model under test".to_owned() } else { names.join(", ") }
}

fn facts(results: &SuiteResults, seed: u64) -> Vec<(String, String)> {
    let mut out = vec![
        ("Suite".to_owned(), format!("{} {}", results.suite, results.suite_version)),
        ("Data".to_owned(), format!("{} ({})", results.size, results.licence)),
    ];
    out.push(("Seed".to_owned(), seed.to_string()));
    out.push(("Suite hash".to_owned(), short_hash(&results.suite_hash)));
    out.push(("Harness".to_owned(), format!("mnemoscope {}", env!("CARGO_PKG_VERSION"))));
    out.extend(
        sorted_models(results).into_iter().map(|model| (capitalised(role_word(model.role)), model_words(model))),
    );
    if let Some(prompts) = results.unlearning.as_ref().and_then(|record| record.prompts.as_ref()) {
        out.push(("Prompt words".to_owned(), prompt_words(prompts, prompts.is_plain)));
    }
    if let Some(record) = &results.recall
        && let Some(prompts) = &record.prompts
    {
        let is_plain = prompts.is_plain || record.models.iter().all(|model| model.is_continued);
        let mut words = prompt_words(prompts, is_plain);
        if !is_plain && record.models.iter().any(|model| model.is_continued) {
            words.push_str(" where a model has one, else lines to continue");
        }
        out.push(("Prompt words".to_owned(), words));
    }
    if let Some(prompts) = results.memory.as_ref().and_then(|record| record.prompts.as_ref()) {
        out.push(("Prompt words".to_owned(), prompt_words(prompts, prompts.is_plain)));
    }
    let items = items_by_task(results);
    if !items.is_empty() {
        out.push(("Items".to_owned(), items));
    }
    out
}

/// Which words were asked, and in which dress: numbers of different words do not belong in one table.
fn prompt_words(prompts: &PromptWords, is_plain: bool) -> String {
    let mut parts = vec![prompts.name.clone(), short_hash(&prompts.sha256)];
    parts.push(if is_plain { "plain, no chat template" } else { "chat template" }.to_owned());
    if prompts.is_in_context {
        parts.push("told in context to forget".to_owned());
    }
    parts.join(" · ")
}

/// The largest n of each task, with its clusters where they are fewer than the items.
fn items_by_task(results: &SuiteResults) -> String {
    let mut tasks: Vec<(&str, u64, Option<u64>)> = Vec::new();
    let is_asked = |row: &&crate::record::MetricRow| results.health.iter().any(|health| health.task == row.task);
    // Means over several tasks are no task.
    for row in results.metrics.iter().filter(|row| results.memory.is_none() || is_asked(row)) {
        match tasks.iter_mut().find(|(task, ..)| *task == row.task) {
            Some(known) if row.n > known.1 => *known = (row.task.as_str(), row.n, row.n_clusters),
            Some(_) => {}
            None => tasks.push((row.task.as_str(), row.n, row.n_clusters)),
        }
    }
    let words: Vec<String> = tasks
        .into_iter()
        .map(|(task, n, clusters)| match clusters.filter(|clusters| *clusters < n) {
            Some(clusters) => format!("{task}\u{a0}{} in {} clusters", number::count(n), number::count(clusters)),
            None => format!("{task}\u{a0}{}", number::count(n)),
        })
        .collect();
    words.join(" · ")
}

fn short_hash(hash: &str) -> String {
    hash.chars().take(SHORT_HASH).collect()
}

fn models_table(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    let models = sorted_models(results);
    let column = |name: &str, align| table::Column { name: name.to_owned(), align };
    let words = |name| column(name, table::Align::Left);
    Table {
        id: anchors.claim(&["models"]),
        caption: "Models of the run".to_owned(),
        note: if models.is_empty() { "None: no model was run.".to_owned() } else { String::new() },
        columns: ["Model", "Role", "Name", "Architecture"]
            .map(words)
            .into_iter()
            .chain([column("Parameters", table::Align::Right), column("Context", table::Align::Right)])
            .chain(["Precision", "BOS", "Backend", "Revision", "Weights"].map(words))
            .collect(),
        groups: vec![table::RowGroup { label: String::new(), rows: models.into_iter().map(model_row).collect() }],
        is_long: false,
    }
}

/// Models under test first, then by role, in the order of the run.
fn sorted_models(results: &SuiteResults) -> Vec<&ModelEntry> {
    let mut models: Vec<&ModelEntry> = results.models.iter().collect();
    models.sort_by_key(|model| model.role);
    models
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Model => "under test",
        Role::Baseline => "baseline",
        Role::Reference => "reference",
        Role::Judge => "judge",
        Role::Embedder => "embedder",
    }
}

/// A model on one line: who it is, and what two answers must share to be comparable.
fn model_words(model: &ModelEntry) -> String {
    let revision = model.revision.as_ref().map(|revision| format!("revision {revision}"));
    let weights = model.weights_sha256.as_deref().map(|hash| format!("weights {}", short_hash(hash)));
    let parts = [model.architecture.clone(), model.dtype.clone(), Some(model.backend.clone()), revision, weights];
    std::iter::once(model.name.clone()).chain(parts.into_iter().flatten()).collect::<Vec<String>>().join(" · ")
}

fn model_row(model: &ModelEntry) -> table::Row {
    let words = |text: Option<&str>| text.map_or_else(table::Cell::undefined, table::Cell::text);
    let counted = |n: Option<u64>| n.map_or_else(table::Cell::undefined, |n| table::Cell::text(number::count(n)));
    table::Row::new(vec![
        table::Cell::text(model.slug.as_str()),
        table::Cell::text(role_word(model.role)),
        table::Cell::text(model.name.as_str()),
        words(model.architecture.as_deref()),
        counted(model.n_parameters),
        counted(model.context_length),
        words(model.dtype.as_deref()),
        table::Cell::text(model.bos.as_str()),
        table::Cell::text(model.backend.as_str()),
        words(model.revision.as_deref()),
        words(model.weights_sha256.as_deref().map(short_hash).as_deref()),
    ])
}

fn card_item(item: &NotableItem) -> CardItem {
    CardItem {
        item_id: item.item_id.clone(),
        task: item.task.clone(),
        copies: item
            .copies
            .map_or_else(String::new, |copies| table::copies_words(&crate::record::Slice { copies: Some(copies) })),
        reason: item.reason.clone(),
        prompt: item.prompt.clone(),
        expected: item.expected.clone(),
        answers: item.answers.clone(),
        scores: item
            .scores
            .iter()
            .map(|(model, metric, value)| (model.clone(), MetricName::parse(metric).words(), number::fixed(*value, 3)))
            .collect(),
    }
}
