//! The suites that are compiled in: free of faults, and each builtin row becomes an item and a prompt.

use super::memory::MemoryWords;
use super::{ChooseTemplates, ItemTemplates, PromptPack, template_variables};
use crate::agent::class::AgentClass;
use crate::dataset::stale::Dimension;
use crate::dataset::{HubAccess, Size, load_data};
use crate::suite::{
    ChatChooseProbe, ChatProbe, Probe, ProblemKind, SizeKind, Suite, SuiteError, SuiteRegistry, Vocabulary,
    embedded_suites,
};

fn load(name: &str) -> Result<Suite, SuiteError> {
    let attacks = ["loss", "zlib", "min_k", "min_k_pp", "ref", "ratio", "log_ratio"].map(str::to_owned).to_vec();
    let vocabulary = Vocabulary {
        attacks,
        metrics: Vec::new(),
        // Scoring stands to the right of this room; its names are checked where both are known.
        is_metric: |_| true,
        template_variables,
        prompt_names: |bytes| PromptPack::read(bytes).map(|pack| pack.names()).map_err(|error| error.to_string()),
    };
    // No working directory, so that the embedded suites are meant.
    SuiteRegistry { working_directory: "no/such/folder".into() }.load(name, &vocabulary)
}

#[test]
fn no_shipped_suite_has_a_fault_of_its_own() {
    assert!(embedded_suites().contains(&"hubble".to_owned()));
    for name in embedded_suites() {
        if let Err(error) = load(&name) {
            let is_of_data =
                |kind: &ProblemKind| matches!(kind, ProblemKind::HashMismatch { .. } | ProblemKind::MissingFile { .. });
            let own: Vec<String> =
                error.problems().iter().filter(|problem| !is_of_data(&problem.kind)).map(ToString::to_string).collect();
            assert!(own.is_empty() && !error.problems().is_empty(), "{error}");
        }
    }
}

#[test]
fn builtin_data_of_every_shipped_suite_become_items_and_prompts() {
    for name in embedded_suites() {
        let suite = load(&name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(suite.name, name, "the folder has the name of the suite");
        for task in suite.tasks.iter().filter(|task| task.sizes.contains(&SizeKind::Builtin)) {
            let revisions = std::collections::BTreeMap::new();
            let hub = HubAccess { options: crate::hub::HubOptions::default(), revisions: &revisions };
            let data = load_data(&suite, &suite.data[&task.data], &Size::Builtin, &hub)
                .unwrap_or_else(|error| panic!("{}: {error}", task.id));
            if suite.statistics.headline_copies.is_some() {
                assert!(data.items.iter().any(|item| item.copies == Some(0)), "{}: nobody is unseen", task.id);
                assert!(data.items.iter().any(|item| item.copies > Some(0)), "{}: nobody is seen", task.id);
            }
            let pack = suite.prompt_file.as_ref().map(|words| PromptPack::read(words.text.as_bytes()).unwrap());
            match task.probe_for(SizeKind::Builtin) {
                Probe::Choose(probe) => {
                    let templates = ChooseTemplates::new(probe).unwrap();
                    for item in &data.items {
                        let rendered = templates.render_pairs(item).unwrap_or_else(|error| panic!("{error}"));
                        assert_eq!(rendered.len(), item.choices.len());
                        assert!(item.answer.is_some_and(|answer| answer < item.choices.len()), "{}", item.id);
                    }
                }
                Probe::Likelihood(probe) => {
                    let templates = ItemTemplates::new(&[("context", &probe.context), ("text", &probe.text)]).unwrap();
                    for item in &data.items {
                        templates.render("context", item).unwrap_or_else(|error| panic!("{error}"));
                        assert!(!templates.render("text", item).unwrap_or_else(|error| panic!("{error}")).is_empty());
                    }
                }
                Probe::Generate(probe) => {
                    let sources = [("prompt", probe.prompt.as_str()), ("reference", probe.reference.as_str())];
                    let templates = ItemTemplates::new(&sources).unwrap();
                    for item in &data.items {
                        for name in ["prompt", "reference"] {
                            assert!(!templates.render(name, item).unwrap_or_else(|error| panic!("{error}")).is_empty());
                        }
                    }
                }
                Probe::Chat(ChatProbe { wording, .. }) | Probe::ChatChoose(ChatChooseProbe { wording, .. }) => {
                    let pack = pack.unwrap();
                    for item in &data.items {
                        assert!(!pack.fill(wording, item).unwrap_or_else(|error| panic!("{error}")).user.is_empty());
                    }
                }
                Probe::Recall(probe) => {
                    let pack = pack.unwrap();
                    for item in &data.items {
                        let message = pack.fill(&probe.wording, item).unwrap_or_else(|error| panic!("{error}"));
                        assert!(!message.user.is_empty() && message.plain.is_some(), "{}", item.id);
                    }
                }
                Probe::Tokens(probe) => {
                    let templates = ItemTemplates::new(&[("text", &probe.text)]).unwrap();
                    for item in &data.items {
                        assert!(!templates.render("text", item).unwrap_or_else(|error| panic!("{error}")).is_empty());
                    }
                }
                Probe::Memory(probe) => {
                    let pack = pack.as_ref().unwrap();
                    let words = MemoryWords::new(pack);
                    for name in MemoryWords::names(probe.family) {
                        assert!(pack.names().contains(&name), "{name}");
                    }
                    let asked = words.ask(probe.family, AgentClass::Retrieval, "Who?").unwrap();
                    assert!(asked.contains("Who?") && !words.system().unwrap().is_empty());
                    assert!(data.items.iter().all(|item| item.history.is_some()), "{}", task.id);
                }
                Probe::State(_) => {
                    let words = MemoryWords::new(pack.as_ref().unwrap());
                    for dimension in Dimension::ALL {
                        assert!(!words.state_system(dimension).unwrap().is_empty());
                    }
                    assert!(data.items.iter().all(|item| item.history.is_some()), "{}", task.id);
                }
                Probe::Embed => assert!(data.items.iter().all(|item| item.fields.contains_key("asked_as"))),
                Probe::Membership(_) | Probe::Extract(_) | Probe::Verbatim(_) => {
                    assert!(data.items.iter().all(|item| !item.text.is_empty()), "{}", task.id);
                }
            }
        }
    }
}

#[test]
fn the_published_numbers_of_hubble_are_all_there() {
    let bytes = SuiteRegistry { working_directory: "no/such/folder".into() }.find("hubble").unwrap().files;
    let bytes = bytes.read("published.csv").unwrap().unwrap();
    let values = crate::suite::read_published(&bytes).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/hubble_published.json");
    let golden: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let tables = golden["tables"].as_array().unwrap();
    let printed =
        tables.iter().flat_map(|table| table["values"].as_array().unwrap().iter().map(move |value| (table, value)));
    let mut n = 0;
    for ((table, value), ours) in printed.zip(&values) {
        assert_eq!(
            (table["task"].as_str(), table["metric"].as_str()),
            (Some(ours.task.as_str()), Some(ours.metric.as_str()))
        );
        assert_eq!(value["model"].as_str(), Some(ours.model.as_str()));
        assert_eq!(value["duplicates"].as_u64(), ours.copies.map(u64::from));
        assert_eq!(value["mean"].as_f64(), Some(ours.value));
        n += 1;
    }
    assert_eq!((tables.len(), n), (57, 1344));
    // The membership table of the paper stands behind them, with the word that it is known from summaries.
    let summaries = &values[1344..];
    assert_eq!(summaries.len(), 36);
    assert!(summaries.iter().all(|value| value.printed_in.contains("summaries") && value.metric.starts_with("auc.")));
}
