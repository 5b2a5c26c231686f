//! Tests of whole cards: what must hold for every page, whatever the results.

use super::files::{Format, render};
use super::fixture::{self, HOSTILE};
use super::{Card, Provenance, html, markdown};
use crate::record::{Role, SuiteResults};

fn page_of(results: &SuiteResults) -> String {
    let card = Card::build(results, &fixture::figures(), &fixture::provenance()).unwrap();
    html::page(&card, results).unwrap()
}

/// A tag of the page: name, attributes, and whether it opens or closes.
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
    is_end: bool,
}

/// The tags in order. Good enough for pages whose text holds no bare `<`, which is what the tests are about.
fn tags(page: &str) -> Vec<Tag<'_>> {
    page.split('<')
        .skip(1)
        .map(|rest| {
            let inside = rest.split_once('>').map_or(rest, |(inside, _)| inside);
            let is_end = inside.starts_with('/');
            let inside = inside.trim_start_matches('/');
            let name = inside.split([' ', '\n', '/']).next().unwrap_or_default();
            Tag { name, attributes: &inside[name.len()..], is_end }
        })
        .collect()
}

#[test]
fn every_element_is_closed_in_order() {
    let void = ["!DOCTYPE", "meta", "br"];
    for results in [fixture::results(), fixture::empty_results()] {
        let page = page_of(&results);
        let mut open = Vec::new();
        for tag in tags(&page) {
            if tag.is_end {
                assert_eq!(open.pop(), Some(tag.name));
            } else if !void.contains(&tag.name) && !tag.attributes.ends_with('/') {
                open.push(tag.name);
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }
}

#[test]
fn the_page_refers_to_nothing_outside_itself() {
    let page = page_of(&fixture::results());
    for tag in tags(&page) {
        let attributes = tag.attributes.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").replace("http-equiv", "");
        assert!(!attributes.contains("http"), "{} {}", tag.name, tag.attributes);
        assert!(!["link", "img", "iframe", "object", "base", "use", "image"].contains(&tag.name), "{}", tag.name);
    }
    assert!(!page.contains("@import") && !page.contains("url("));
}

#[test]
fn hostile_text_stays_text_in_every_format() {
    let page = page_of(&fixture::results());
    let scripts: Vec<&str> = tags(&page)
        .iter()
        .filter(|tag| tag.name.eq_ignore_ascii_case("script") && !tag.is_end)
        .map(|tag| tag.attributes)
        .collect();
    assert_eq!(scripts, [" type=\"application/json\" id=\"data\""]);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&lt;/svg&gt;"));
    assert!(page.contains("[U+202E]") && page.contains("{{ 7*7 }}"));
    assert!(HOSTILE.contains('\u{202e}') && HOSTILE.contains('\u{1b}'));
    for file in render(&fixture::card(), &fixture::results(), &Format::ALL).unwrap() {
        let text = String::from_utf8(file.bytes).unwrap();
        let is_clean = !text.contains(['\u{202e}', '\u{1b}', '\0']);
        assert!(is_clean, "{}", file.path);
    }
}

#[test]
fn hostile_names_stay_text_wherever_a_name_is_shown() {
    let mut results = fixture::results();
    results.title = HOSTILE.to_owned();
    results.verdict = HOSTILE.to_owned();
    results.models[0].name = HOSTILE.to_owned();
    results.methods.push(HOSTILE.to_owned());
    for row in &mut results.metrics {
        row.task = row.task.replace("passages-verbatim", HOSTILE);
    }
    for row in &mut results.health {
        row.task = HOSTILE.to_owned();
    }
    let card = Card::build(&results, &fixture::figures(), &fixture::provenance()).unwrap();
    let page = html::page(&card, &results).unwrap();
    assert_eq!(tags(&page).iter().filter(|tag| tag.name.eq_ignore_ascii_case("script") && !tag.is_end).count(), 1);
    assert!(!page.contains(['\u{202e}', '\u{1b}']));
    for file in render(&card, &results, &Format::ALL).unwrap() {
        assert!(file.path.chars().all(|c| c.is_ascii_alphanumeric() || "-./".contains(c)), "{}", file.path);
    }
}

#[test]
fn the_embedded_data_are_the_results() {
    let results = fixture::results();
    let page = page_of(&results);
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let value: serde_json::Value = serde_json::from_str(data).unwrap();
    // As text, since a parser may round the last bit of a float.
    let expected = super::escape::json_in_script(&serde_json::to_value(&results).unwrap().to_string());
    assert!(data.contains(&expected));
    assert_eq!(value["suites"][0]["notable_items"][1]["prompt"], HOSTILE);
    assert_eq!(value["seed"], fixture::provenance().seed);
    assert_eq!(value["left_out"], serde_json::json!([]));
}

#[test]
fn provenance_alone_holds_times_hosts_paths_and_commands() {
    let results = fixture::results();
    let other = Provenance {
        seed: fixture::provenance().seed,
        rows: vec![("Command".to_owned(), "something else".to_owned()), ("Host".to_owned(), "elsewhere".to_owned())],
    };
    let cards = [fixture::provenance(), other]
        .map(|provenance| Card::build(&results, &fixture::figures(), &provenance).unwrap());
    let [one, two] = cards.each_ref().map(|card| html::page(card, &results).unwrap());
    assert_ne!(one, two);
    let outside = |page: &str| {
        let (before, rest) = page.split_once("<section id=\"provenance\"").unwrap();
        let (_, after) = rest.split_once("</section>").unwrap();
        format!("{before}{after}")
    };
    assert_eq!(outside(&one), outside(&two));
    for secret in ["2031-02-03", "example-host", "mnemoscope run hubble"] {
        assert!(one.contains(secret) && !outside(&one).contains(secret), "{secret}");
    }
    let [one, two] = cards.each_ref().map(|card| markdown::page(card).unwrap());
    let before = |text: &str| text.split_once("## Provenance").map(|(before, _)| before.to_owned());
    assert_eq!(before(&one), before(&two));
    assert!(before(&one).is_some());
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let results = fixture::results();
    let made = || {
        let card = Card::build(&results, &fixture::figures(), &fixture::provenance()).unwrap();
        render(&card, &results, &Format::ALL).unwrap()
    };
    assert_eq!(made(), made());
}

#[test]
fn every_section_is_there_and_headings_never_skip_a_level() {
    for results in [fixture::results(), fixture::empty_results()] {
        let page = page_of(&results);
        for id in ["header", "verdict", "figures", "tables", "slices", "items", "method", "limits", "provenance"] {
            assert_eq!(page.matches(&format!("<section id=\"{id}\"")).count(), 1, "{id}");
        }
        let levels: Vec<u32> = tags(&page)
            .iter()
            .filter(|tag| !tag.is_end && tag.name.len() == 2 && tag.name.starts_with('h'))
            .filter_map(|tag| tag.name[1..].parse().ok())
            .collect();
        assert_eq!(levels.first(), Some(&1));
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    }
}

#[test]
fn ids_are_unique_and_every_table_has_caption_and_scopes() {
    let page = page_of(&fixture::results());
    let all = tags(&page);
    let mut ids: Vec<&str> =
        all.iter().filter_map(|tag| tag.attributes.split_once(" id=\"")?.1.split_once('"').map(|(id, _)| id)).collect();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n);
    let count = |name: &str| all.iter().filter(|tag| tag.name == name && !tag.is_end).count();
    assert!(count("table") > 15);
    assert_eq!(count("table"), count("caption"));
    assert!(all.iter().filter(|tag| tag.name == "th" && !tag.is_end).all(|tag| tag.attributes.contains("scope=")));
    assert_eq!(count("figure"), 11);
}

#[test]
fn results_without_anything_say_so_instead_of_showing_empty_frames() {
    let results = fixture::empty_results();
    let card = Card::build(&results, &fixture::figures(), &fixture::provenance()).unwrap();
    assert!(card.figures.is_empty() && card.tables.is_empty() && card.items.is_empty());
    assert!(card.verdict.starts_with("No verdict"));
    // The suite's forest and the health of the run; without a model there is nobody to draw the others for.
    assert_eq!(card.absent_figures.len(), 2);
    assert!(card.cautions.iter().any(|caution| caution.starts_with("No baseline")));
    assert!(markdown::page(&card).is_ok());
}

#[test]
fn one_model_without_a_baseline_is_warned_of_and_still_drawn() {
    let mut results = fixture::results();
    results.models.retain(|model| model.role == Role::Model);
    results.metrics.retain(|row| row.model == fixture::MODEL);
    results.health.retain(|row| row.model == fixture::MODEL);
    results.comparisons.clear();
    let card = Card::build(&results, &fixture::figures(), &fixture::provenance()).unwrap();
    assert!(card.cautions.iter().any(|caution| caution.starts_with("No baseline")));
    assert_eq!(card.figures.len(), 10);
    assert!(card.absent_figures.iter().any(|sentence| sentence.contains("no paired comparison")));
    assert!(!card.figures[0].caption.contains("grey line"));
}

#[test]
fn two_hundred_models_give_a_card_of_the_first_four() {
    let mut results = fixture::results();
    let entry = results.models[0].clone();
    let is_copied = |row: &&crate::record::MetricRow| row.model == fixture::MODEL && row.metric.starts_with("auc");
    let rows: Vec<_> = results.metrics.iter().filter(is_copied).cloned().collect();
    for number in 1..200 {
        let slug = format!("model-{number:03}");
        results.models.push(crate::record::ModelEntry { slug: slug.clone(), ..entry.clone() });
        results.metrics.extend(rows.iter().cloned().map(|row| crate::record::MetricRow { model: slug.clone(), ..row }));
    }
    let card = Card::build(&results, &fixture::figures(), &fixture::provenance()).unwrap();
    assert!(card.cautions[0].contains("first 4 of 200 models"));
    let page = html::page(&card, &results).unwrap();
    assert!(page.len() <= html::MOST_BYTES);
    assert!(page.contains("model-003") && !page.contains("model-004"));
    assert!(page.contains("of the embedded data"));
}

#[test]
fn a_value_that_is_missing_is_a_dash_and_is_named_where_it_is_not_drawn() {
    let card = fixture::card();
    let biographies = card.figures.iter().find(|figure| figure.id.starts_with("dose-biographies")).unwrap();
    assert!(biographies.caption.contains("not drawn: Min-K %++ at 4\u{a0}copies"), "{}", biographies.caption);
    let table = card.tables.iter().find(|table| table.id == "table-biographies-membership-builtin-perturbed").unwrap();
    let row = table.groups.iter().flat_map(|group| &group.rows).find(|row| row.cells[0].text == "Min-K %++").unwrap();
    assert_eq!(row.cells[2].text, super::number::UNDEFINED);
}

#[test]
fn a_metric_that_is_nowhere_a_number_is_neither_drawn_nor_zero() {
    let mut results = fixture::results();
    for row in &mut results.metrics {
        row.value = Some(f64::NAN);
        row.interval = None;
    }
    let card = Card::build(&results, &fixture::figures(), &fixture::provenance()).unwrap();
    assert!(card.figures.iter().all(|figure| !figure.id.starts_with("dose")));
    assert!(card.absent_figures.iter().any(|sentence| sentence.contains("no value by number of copies")));
    let values = card.tables.iter().filter(|table| table.id.starts_with("table-")).flat_map(|table| &table.groups);
    let measures = values.flat_map(|group| &group.rows).filter(|row| !row.is_control);
    assert!(measures.flat_map(|row| &row.cells[1..]).all(|cell| cell.text == super::number::UNDEFINED));
}

#[test]
fn a_rate_below_one_non_member_is_not_resolvable_and_has_no_number() {
    let card = fixture::card();
    let table = card.tables.iter().find(|table| table.id == "table-passages-membership-builtin-perturbed").unwrap();
    assert!(table.note.contains("TPR at FPR 0.1\u{a0}%: not resolvable with 120 negatives."), "{}", table.note);
    assert!(table.groups.iter().all(|group| group.label != "TPR at FPR 0.1\u{a0}%"));
}

#[test]
fn a_page_that_would_grow_too_large_leaves_data_out_and_says_so() {
    let mut results = fixture::results();
    let mut long = results.distributions[0].clone();
    long.task = "another-task".to_owned();
    long.members = (0..300_000).map(|step| f64::from(step) / 7.0).collect();
    results.distributions.push(long);
    let page = page_of(&results);
    assert!(page.len() <= html::MOST_BYTES);
    assert!(page.contains("curves, distributions, notable items of the embedded data"));
    assert!(page.contains("\"left_out\":[\"curves\""));
}

#[test]
fn the_markdown_card_stays_short_whatever_the_items_hold() {
    let mut results = fixture::results();
    results.notable_items = vec![results.notable_items[1].clone(); 200];
    for item in &mut results.notable_items {
        item.prompt = "|`x` ".repeat(1000);
    }
    let card = Card::build(&results, &fixture::figures(), &fixture::provenance()).unwrap();
    let text = markdown::page(&card).unwrap();
    assert!(text.len() <= markdown::MOST_BYTES, "{}", text.len());
    assert!(text.contains("Left out to keep this file short"));
    assert!(text.contains("## Provenance") && text.contains("(figures/run-health.svg)"));
}

#[test]
fn every_row_of_a_markdown_table_has_as_many_cells_as_its_head() {
    let text = markdown::page(&fixture::card()).unwrap();
    let mut columns = None;
    let mut n_rows = 0;
    for line in text.lines() {
        if !line.starts_with('|') {
            columns = None;
            continue;
        }
        let n = line.replace("\\|", "").matches('|').count();
        assert_eq!(*columns.get_or_insert(n), n, "{line}");
        n_rows += 1;
    }
    assert!(n_rows > 60);
}

#[test]
fn a_latex_table_looks_as_it_did() {
    let tables = super::latex::tables(&fixture::card());
    let (_, text) = tables.into_iter().find(|(id, _)| id.starts_with("erratum")).unwrap();
    insta::assert_snapshot!(text, @r"
    % Erratum tpr-dropped-points of suite hubble; needs \usepackage{booktabs}
    \begin{table}
    \centering
    \caption{Erratum tpr-dropped-points. Upstream: reads the rate off a curve whose collinear points were dropped, so the rate is too low. Corrected: reads it off the full curve.}
    \label{tab:hubble-erratum-tpr-dropped-points}
    \begin{tabular}{@{}llrr@{}}
    \toprule
    Measure & Model & As upstream computes it & Corrected \\
    \midrule
    TPR at FPR 1~\%, Loss & builtin-perturbed & 0.2857 & 0.3214 [differs] \\
    \bottomrule
    \end{tabular}
    \end{table}
    ");
}
