//! Made-up results for the tests of this room: no number here was measured.
//!
//! Two models, five tasks, five attacks, six numbers of copies; texts of items as hostile as they come.

use std::sync::LazyLock;

use crate::record::{
    AttackContrast, BlindBaseline, Comparison, Distribution, EffectRecord, ErratumPair, ErratumRow, HealthRow,
    IntervalRecord, MetricRow, ModelEntry, NotableItem, PublishedRow, RocCurve, Role, Slice, SuiteResults, Trend,
};
use crate::report::{Card, Provenance};
use crate::suite::FigureSpec;

pub const MODEL: &str = "builtin-perturbed";
pub const BASELINE: &str = "builtin-standard";
pub const ATTACKS: [&str; 5] = ["loss", "zlib", "min_k", "min_k_pp", "ref"];
const COPIES: [u32; 6] = [0, 1, 4, 16, 64, 256];
const MEMBERS: [u64; 6] = [120, 40, 40, 30, 20, 10];

/// Text that tries to be markup, a terminal command, a link, a formula and something else than it looks.
pub const HOSTILE: &str = "=1+1 <script>alert(1)</script></svg></script>\u{1b}[31mred\u{1b}[0m \u{202e}desrever\u{202c} \
                           | a | b | ``` @somebody [x](https://example.org) {{ 7*7 }} \\input{secret} $x_1$ 50% &amp; #1 ~^";

/// Made once: drawing is the slow part of these tests.
static CARD: LazyLock<Card> = LazyLock::new(|| Card::build(&results(), &figures(), &provenance()).unwrap());

pub fn card() -> Card {
    CARD.clone()
}

pub fn provenance() -> Provenance {
    let row = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Provenance {
        seed: 20_240_613,
        rows: vec![
            row("Command", "mnemoscope run hubble --model builtin:perturbed --baseline builtin:standard"),
            row("Started", "2031-02-03T04:05:06Z"),
            row("Finished", "2031-02-03T04:09:59Z"),
            row("Host", "example-host, 2 cores, 8 GB"),
            row("Cost", "0.00 USD"),
            row("Data hubble/passages.jsonl", "sha256 4f0c9d1f2a7b"),
        ],
    }
}

pub fn figures() -> Vec<FigureSpec> {
    let aucs: Vec<String> = ATTACKS.iter().map(|attack| format!("auc.{attack}")).collect();
    let dose = |task: &str, metrics: &[String], title: &str, range, chance| FigureSpec::DoseResponse {
        task: task.to_owned(),
        metrics: metrics.to_vec(),
        title: title.to_owned(),
        range,
        chance,
    };
    let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<String>>();
    vec![
        dose("passages-membership", &aucs, "Membership of passages by copies", (0.4, 1.0), Some(0.5)),
        dose("biographies-membership", &aucs, "Membership of biographies by copies", (0.4, 1.0), Some(0.5)),
        FigureSpec::Roc {
            task: "passages-membership".to_owned(),
            metrics: aucs.clone(),
            title: "Membership of passages at low false-positive rates".to_owned(),
            min_copies: 1,
        },
        FigureSpec::Ecdf {
            task: "passages-membership".to_owned(),
            metric: "loss".to_owned(),
            title: "Loss scores of passages".to_owned(),
            min_copies: 1,
        },
        dose(
            "passages-verbatim",
            &named(&["exact_match", "rougeL_f"]),
            "Passages continued word for word",
            (0.0, 1.0),
            None,
        ),
        dose("biography-cloze", &named(&["acc"]), "Facts of biographies chosen among ten", (0.0, 1.0), Some(0.1)),
        dose("questions-choice", &named(&["acc"]), "Answers of test questions", (0.0, 1.0), Some(0.25)),
        FigureSpec::Forest { title: "Differences from the model that never saw the texts".to_owned() },
    ]
}

/// The same results with no comma, line break or hostile character in any text.
pub fn plain_text_results() -> SuiteResults {
    let mut results = results();
    for row in &mut results.metrics {
        row.interval.iter_mut().for_each(|interval| interval.method = "test".to_owned());
    }
    for row in &mut results.comparisons {
        row.interval.iter_mut().for_each(|interval| interval.method = "test".to_owned());
        row.test = "test".to_owned();
    }
    results
}

pub fn empty_results() -> SuiteResults {
    SuiteResults {
        models: Vec::new(),
        verdict: String::new(),
        metrics: Vec::new(),
        comparisons: Vec::new(),
        trends: Vec::new(),
        curves: Vec::new(),
        distributions: Vec::new(),
        attack_contrasts: Vec::new(),
        blind: Vec::new(),
        health: Vec::new(),
        published: Vec::new(),
        measured: Vec::new(),
        errata: Vec::new(),
        unlearning: None,
        notable_items: Vec::new(),
        methods: Vec::new(),
        limits: Vec::new(),
        sources: Vec::new(),
        ..results()
    }
}

pub fn results() -> SuiteResults {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
    SuiteResults {
        suite: "hubble".to_owned(),
        suite_version: "1.0.0".to_owned(),
        title: "Hubble: memorisation by the number of copies".to_owned(),
        summary: "Texts were put into the training data 0 to 256 times, at random. The suite asks how well a model's own \
                  likelihoods and answers tell which texts it saw, and how much of them it gives back."
            .to_owned(),
        licence: "CC0-1.0".to_owned(),
        sources: texts(&["Wei et al. 2025, arXiv 2510.19811", "https://github.com/allegro-lab/hubble"]),
        limits: texts(&[
            "Small models trained for this suite say nothing about large ones.",
            "A high AUC shows that members can be told apart, not that their text can be extracted.",
        ]),
        suite_hash: "9b1c4e7f20aa51d3c6e8b7a1f00d9c3e5b2a4d6f8091a2b3c4d5e6f708192a3b".to_owned(),
        size: "builtin".to_owned(),
        partial: None,
        models: vec![model(MODEL, "builtin:perturbed", Role::Model), model(BASELINE, "builtin:standard", Role::Baseline)],
        verdict: "The loss of builtin:perturbed tells passages seen 64 times from unseen ones: AUC 0.982 (95 % CI 0.941 to \
                  0.996, 20 members, 120 non-members); the baseline is at 0.51 (0.37 to 0.65), difference +0.47 (0.33 to \
                  0.61), adjusted p < 0.0001, MDE 0.21."
            .to_owned(),
        metrics: metrics(),
        comparisons: comparisons(),
        trends: trends(),
        curves: ATTACKS.iter().map(|attack| curve(attack)).collect(),
        distributions: vec![distribution()],
        attack_contrasts: attack_contrasts(),
        blind: blind(),
        health: health(),
        published: published(),
        measured: Vec::new(),
        errata: errata(),
        unlearning: None,
        notable_items: notable_items(),
        methods: texts(&[
            "AUC: DeLong intervals on the logit scale, 95 %; members of one number of copies against all unseen items.",
            "Comparisons are paired by item; p values are adjusted by Holm over all task, measure and copies of the suite.",
            "Shares of exact matches and of right answers: Wilson intervals; trends: Cochran-Armitage and Spearman.",
        ]),
    }
}

fn attack_contrasts() -> Vec<AttackContrast> {
    let contrast = |attack: &str, difference: f64, p: f64| AttackContrast {
        task: "passages-membership".to_owned(),
        model: MODEL.to_owned(),
        attack: attack.to_owned(),
        against: "loss".to_owned(),
        n_members: 140,
        n_non_members: 120,
        auc: 0.7 + difference,
        auc_against: 0.7,
        difference,
        interval: Some(IntervalRecord {
            low: difference - 0.05,
            high: difference + 0.05,
            level: 0.95,
            method: "wald".to_owned(),
        }),
        p_value: Some(p),
        p_adjusted: Some((4.0 * p).min(1.0)),
        false_positive_rate: 0.01,
        found: Some(31),
        found_by_against: Some(28),
        found_by_both: Some(22),
    };
    vec![contrast("zlib", -0.02, 0.4), contrast("min_k", 0.08, 0.002)]
}

fn model(slug: &str, name: &str, role: Role) -> ModelEntry {
    ModelEntry {
        slug: slug.to_owned(),
        name: name.to_owned(),
        role,
        backend: "local-burn".to_owned(),
        architecture: Some("llama".to_owned()),
        revision: None,
        weights_sha256: Some("c0ffee0011223344556677889900aabbccddeeff00112233445566778899aabb".to_owned()),
        tokenizer_sha256: Some("aa".repeat(32)),
        dtype: Some("f32 (stored as f16)".to_owned()),
        n_parameters: Some(1_842_304),
        context_length: Some(1024),
        bos: "auto (adds none)".to_owned(),
    }
}

fn interval(value: f64, half: f64, method: &str) -> IntervalRecord {
    IntervalRecord {
        low: (value - half).max(0.0),
        high: (value + half * 0.7).min(1.0),
        level: 0.95,
        method: method.to_owned(),
    }
}

/// How far the made-up model has gone from chance (0) to certainty (1) at the dose with this index.
fn strength(dose: usize) -> f64 {
    [0.0, 0.08, 0.27, 0.62, 0.95, 1.0][dose]
}

fn auc(model: &str, attack: usize, dose: usize) -> f64 {
    let skill = [1.0, 0.93, 0.97, 0.88, 0.99][attack];
    if model == MODEL {
        0.5 + 0.5 * skill * strength(dose)
    } else {
        0.5 + 0.013 * [1.0, -2.0, 3.0, -1.0, 2.0, 0.0][(dose + attack) % 6]
    }
}

fn row(task: &str, model: &str, metric: &str, copies: Option<u32>, n: u64) -> MetricRow {
    MetricRow {
        task: task.to_owned(),
        model: model.to_owned(),
        metric: metric.to_owned(),
        slice: Slice { copies },
        n,
        n_members: None,
        n_non_members: None,
        n_clusters: None,
        n_missing: 0,
        value: None,
        interval: None,
        flags: Vec::new(),
    }
}

fn metrics() -> Vec<MetricRow> {
    let mut out = Vec::new();
    for task in ["passages-membership", "biographies-membership"] {
        for model in [MODEL, BASELINE] {
            for (index, attack) in ATTACKS.iter().enumerate() {
                for family in ["auc", "tpr_at_fpr_0.01", "tpr_at_fpr_0.001"] {
                    for dose in 1..=COPIES.len() {
                        let copies = COPIES.get(dose).copied();
                        let members = MEMBERS.get(dose).copied().unwrap_or(140);
                        let value = auc(model, index, dose.min(5));
                        let value = if dose == 6 { 0.5 + (value - 0.5) * 0.62 } else { value };
                        let (value, half) = match family {
                            "auc" => (value, 0.3 * (1.05 - value).sqrt() / (members as f64).sqrt() * 2.0),
                            _ => ((value - 0.5) * 1.7, 0.11),
                        };
                        let value = value.clamp(0.0, 1.0);
                        let mut row = row(task, model, &format!("{family}.{attack}"), copies, members + 120);
                        row.n_members = Some(members);
                        row.n_non_members = Some(120);
                        row.n_clusters = Some(members + 110);
                        if family == "tpr_at_fpr_0.001" {
                            row.flags.push("not_resolvable".to_owned());
                        } else {
                            row.value = Some(value);
                            row.interval =
                                Some(interval(value, half, if family == "auc" { "delong_logit" } else { "wilson" }));
                        }
                        if task == "biographies-membership" && *attack == "min_k_pp" && dose == 2 {
                            row.value = None;
                            row.interval = None;
                            row.n_missing = 3;
                            row.flags.push("zero_variance".to_owned());
                        }
                        out.push(row);
                    }
                }
            }
        }
    }
    for (task, metrics, floor) in [
        ("passages-verbatim", &["exact_match", "rougeL_f"][..], 0.0),
        ("biography-cloze", &["acc"][..], 0.1),
        ("questions-choice", &["acc"][..], 0.25),
    ] {
        for model in [MODEL, BASELINE] {
            for metric in metrics {
                for (dose, copies) in COPIES.iter().enumerate() {
                    let base: f64 = if *metric == "rougeL_f" { 0.14 } else { floor };
                    let gain =
                        if model == MODEL { (1.0 - base) * 0.94 * strength(dose) } else { 0.012 * (dose % 3) as f64 };
                    let mut row = row(task, model, metric, Some(*copies), MEMBERS[dose]);
                    row.value = Some(base + gain);
                    row.interval = Some(interval(base + gain, 0.5 / (MEMBERS[dose] as f64).sqrt(), "wilson"));
                    row.n_missing = u64::from(task == "questions-choice" && dose == 3);
                    out.push(row);
                }
            }
        }
    }
    out
}

fn comparisons() -> Vec<Comparison> {
    let rows = metrics();
    rows.iter()
        .filter(|row| row.model == MODEL && row.value.is_some() && !row.metric.starts_with("tpr"))
        .filter_map(|a| {
            let b = rows.iter().find(|b| {
                b.model == BASELINE
                    && b.task == a.task
                    && b.metric == a.metric
                    && b.slice == a.slice
                    && b.value.is_some()
            })?;
            let difference = a.value? - b.value?;
            let half = 0.9 / (a.n_members.unwrap_or(a.n) as f64).sqrt();
            let p: f64 = (-(difference / half).powi(2) * 4.0).exp();
            let is_share = !a.metric.starts_with("auc");
            Some(Comparison {
                task: a.task.clone(),
                metric: a.metric.clone(),
                slice: a.slice.clone(),
                model_a: MODEL.to_owned(),
                model_b: BASELINE.to_owned(),
                value_a: a.value,
                value_b: b.value,
                n_pairs: a.n,
                n_only_a: 0,
                n_only_b: u64::from(a.task == "questions-choice"),
                n_neither: 0,
                standard_error: None,
                p_exact: None,
                difference: Some(difference),
                interval: Some(IntervalRecord {
                    low: difference - half,
                    high: (difference + half).min(1.0),
                    level: 0.95,
                    method: if is_share { "newcombe" } else { "delong_paired" }.to_owned(),
                }),
                test: if is_share { "mcnemar_midp" } else { "delong" }.to_owned(),
                p_value: Some(p),
                p_adjusted: Some((p * 20.0).min(1.0)),
                minimal_detectable_effect: Some(half * 1.43),
                only_a_right: is_share.then_some(7),
                only_b_right: is_share.then_some(1),
                n_clusters: None,
                effect: Some(EffectRecord { name: "cohen_h".to_owned(), value: 2.0 * difference }),
                wins: Some(7),
                ties: Some(a.n.saturating_sub(8)),
                losses: Some(1),
                margin: None,
                flags: Vec::new(),
                sentence: format!("{MODEL} is {difference:.2} above {BASELINE}"),
            })
        })
        .collect()
}

fn trends() -> Vec<Trend> {
    let trend = |task: &str, metric: &str, test: &str, statistic: f64, p: f64| Trend {
        task: task.to_owned(),
        model: MODEL.to_owned(),
        metric: metric.to_owned(),
        test: test.to_owned(),
        n: 260,
        statistic: Some(statistic),
        p_value: Some(p),
        interval: None,
        flags: Vec::new(),
    };
    vec![
        trend("passages-membership", "auc.loss", "spearman", 0.71, 1e-12),
        trend("passages-membership", "auc.zlib", "spearman", 0.69, 3e-11),
        trend("passages-verbatim", "exact_match", "cochran_armitage", 14.2, 1e-20),
        trend("biography-cloze", "acc", "cochran_armitage", 11.0, 1e-16),
        trend("questions-choice", "acc", "cochran_armitage", 1.1, 0.27),
    ]
}

fn curve(attack: &str) -> RocCurve {
    let index = ATTACKS.iter().position(|known| *known == attack).unwrap_or_default() as f64;
    let fpr: Vec<f64> = (0..=120).map(|step| f64::from(step) / 120.0).collect();
    let mut tpr: Vec<f64> =
        fpr.iter().map(|rate| (((rate + 0.012) / 1.012).powf(0.27 + 0.05 * index) * 140.0).floor() / 140.0).collect();
    tpr[0] = 0.2;
    tpr[120] = 1.0;
    RocCurve {
        task: "passages-membership".to_owned(),
        model: MODEL.to_owned(),
        metric: format!("auc.{attack}"),
        min_copies: 1,
        n_members: 140,
        n_non_members: 120,
        fpr,
        tpr,
        auc: 0.81 - 0.02 * index,
        auc_interval: Some(interval(0.81 - 0.02 * index, 0.052, "delong_logit")),
    }
}

fn distribution() -> Distribution {
    let spread = |n: u32, centre: f64, width: f64| -> Vec<f64> {
        (1..=n)
            .map(|rank| {
                let q = f64::from(rank) / f64::from(n + 1);
                centre + width * (q / (1.0 - q)).ln()
            })
            .collect()
    };
    let (members, non_members) = (spread(140, -1.6, 0.42), spread(120, -2.9, 0.18));
    let share = |scores: &[f64], at: f64| scores.partition_point(|score| *score <= at) as f64 / scores.len() as f64;
    let distance = members
        .iter()
        .chain(&non_members)
        .map(|&at| (share(&members, at) - share(&non_members, at)).abs())
        .fold(0.0, f64::max);
    Distribution {
        task: "passages-membership".to_owned(),
        model: MODEL.to_owned(),
        metric: "loss".to_owned(),
        min_copies: 1,
        members,
        non_members,
        ks_distance: Some(distance),
    }
}

fn blind() -> Vec<BlindBaseline> {
    let row = |task: &str, predictor: &str, auc: f64, is_separable: bool| BlindBaseline {
        task: task.to_owned(),
        predictor: predictor.to_owned(),
        n_members: 140,
        n_non_members: 120,
        auc: Some(auc),
        interval: Some(interval(auc, 0.07, "delong_logit")),
        is_separable,
    };
    vec![
        row("passages-membership", "bag_of_words", 0.512, false),
        row("passages-membership", "zlib_length", 0.488, false),
        row("biographies-membership", "bag_of_words", 0.503, false),
        row("biographies-membership", "length", 0.594, true),
    ]
}

fn health() -> Vec<HealthRow> {
    let mut out = Vec::new();
    for task in
        ["passages-membership", "biographies-membership", "passages-verbatim", "biography-cloze", "questions-choice"]
    {
        for model in [MODEL, BASELINE] {
            out.push(HealthRow {
                task: task.to_owned(),
                model: model.to_owned(),
                answered: if task == "questions-choice" { 259 } else { 260 },
                refused: 0,
                unparsable: 0,
                truncated: 0,
                error: u64::from(task == "questions-choice"),
                excluded: if task == "passages-membership" { vec![("too_short".to_owned(), 2)] } else { Vec::new() },
            });
        }
    }
    out
}

fn published() -> Vec<PublishedRow> {
    let row = |copies: u32, published: f64, ours: Option<f64>| PublishedRow {
        task: "mmlu_hubble".to_owned(),
        metric: "acc".to_owned(),
        model: "8B, 100B tokens, perturbed".to_owned(),
        copies: Some(copies),
        published,
        printed_in: "notebook bigplot, cell 12".to_owned(),
        ours,
        difference: ours.map(|ours| ours - published),
        interval: ours.map(|value| interval(value, 0.1, "wilson")),
    };
    vec![row(0, 0.26, Some(0.25)), row(16, 0.978, Some(0.69)), row(256, 1.0, Some(0.94)), row(64, 1.0, None)]
}

fn errata() -> Vec<ErratumRow> {
    vec![ErratumRow {
        id: "tpr-dropped-points".to_owned(),
        upstream: "reads the rate off a curve whose collinear points were dropped, so the rate is too low.".to_owned(),
        corrected: "reads it off the full curve.".to_owned(),
        pairs: vec![ErratumPair {
            metric: "tpr_at_fpr_0.01.loss".to_owned(),
            model: MODEL.to_owned(),
            compatible: Some(0.2857),
            corrected: Some(0.3214),
        }],
    }]
}

fn notable_items() -> Vec<NotableItem> {
    let item = |id: &str, prompt: &str, answer: &str| NotableItem {
        task: "passages-verbatim".to_owned(),
        item_id: id.to_owned(),
        copies: Some(64),
        reason: "seen 64 times and still not given back".to_owned(),
        prompt: prompt.to_owned(),
        expected: "the harbour master counted the lamps twice before the fog came in".to_owned(),
        answers: vec![
            (MODEL.to_owned(), answer.to_owned()),
            (BASELINE.to_owned(), "the old man was the old man was".to_owned()),
        ],
        scores: vec![
            (MODEL.to_owned(), "rougeL_f".to_owned(), 0.31),
            (BASELINE.to_owned(), "rougeL_f".to_owned(), 0.08),
        ],
    };
    vec![
        item("passage-0173", "On the evening of the regatta", "the harbour master lost count of the lamps"),
        item("<script>id</script>", HOSTILE, HOSTILE),
    ]
}
