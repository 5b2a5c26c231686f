//! `card.html`: one file, no network, nothing executed, readable without JavaScript.
//!
//! Every value passes through [`escape::html`] on its way into the page; the template engine's formatter does it, so
//! no template can forget. Only three things go in as they are: the style sheet, the SVGs of the figure layer, which
//! come escaped, and the results as JSON with every `<` written as an escape.

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde_json::Value as Json;

use crate::record::{RESULTS_SCHEMA, SuiteResults};
use crate::report::figure::palette;
use crate::report::{Card, ReportError, escape};

/// Largest page, in bytes: what mail gateways and code hosts still show.
pub const MOST_BYTES: usize = 2_000_000;

/// Name of the template in messages.
const TEMPLATE: &str = "reports/card.html.j2";
const TEMPLATE_TEXT: &str = include_str!("../../reports/card.html.j2");
const STYLE: &str = include_str!("../../reports/card.css");

/// Lists of the results that grow with the items; other files of the run hold them too.
const ITEM_LISTS: &[&str] = &["curves", "distributions", "notable_items"];

/// The same with what others have printed, which the suite's own file holds.
const PRINTED_LISTS: &[&str] = &["curves", "distributions", "notable_items", "measured", "published"];

/// Every list of the results that may grow long.
const LONG_LISTS: &[&str] = &[
    "attack_contrasts",
    "comparisons",
    "curves",
    "distributions",
    "health",
    "measured",
    "memory",
    "metrics",
    "models",
    "notable_items",
    "published",
    "recall",
    "trends",
    "unlearning",
];

/// The page.
///
/// `results` is embedded as JSON in `<script type="application/json" id="data">`. A page over [`MOST_BYTES`] is made
/// again with less of it: without the lists that grow with the items, then without any long list, then also without
/// the counts of every slice, and at last without the items on the page. Each time the page says what it leaves out and where that is.
///
/// # Errors
/// [`ReportError::Data`] and [`ReportError::Template`] for bugs of ours, [`ReportError::TooLarge`] when figures and
/// tables alone are over the limit.
pub fn page(card: &Card, results: &SuiteResults) -> Result<String, ReportError> {
    let whole =
        serde_json::to_value(results).map_err(|source| ReportError::Data { suite: results.suite.clone(), source })?;
    let mut size_bytes = 0;
    let stages = [
        (&[][..], true, true),
        (ITEM_LISTS, true, true),
        (PRINTED_LISTS, true, true),
        (LONG_LISTS, true, true),
        (LONG_LISTS, true, false),
        (LONG_LISTS, false, false),
    ];
    for (lists, keeps_items, keeps_counts) in stages {
        let mut left_out = Vec::new();
        if !lists.is_empty() {
            left_out
                .push(format!("{} of the embedded data (results.json holds them)", lists.join(", ").replace('_', " ")));
        }
        let mut shown = Cow::Borrowed(card);
        if !keeps_counts {
            left_out.push("the counts of every slice (tables/metrics.csv holds them)".to_owned());
            shown.to_mut().counts = Vec::new();
        }
        if !keeps_items {
            left_out.push("the items worth reading (`mnemoscope show` prints them)".to_owned());
            shown.to_mut().items = Vec::new();
        }
        let data = data(whole.clone(), card.seed, lists);
        // Data over the limit need no page around them to be too much.
        if data.len() > MOST_BYTES {
            size_bytes = data.len();
            continue;
        }
        let page = fill(&shown, &data, &left_out)?;
        if page.len() <= MOST_BYTES {
            return Ok(page);
        }
        size_bytes = page.len();
    }
    Err(ReportError::TooLarge { file: "card.html", size_bytes, limit_bytes: MOST_BYTES })
}

/// The results with sorted keys, without the lists named in `left_out`, which it names itself.
fn data(mut results: Json, seed: u64, left_out: &[&str]) -> String {
    if let Some(fields) = results.as_object_mut() {
        fields.retain(|name, _| !left_out.contains(&name.as_str()));
    }
    let record = serde_json::json!({
        "left_out": left_out,
        "schema": RESULTS_SCHEMA,
        "seed": seed,
        "suites": [results],
    });
    escape::json_in_script(&record.to_string())
}

fn fill(card: &Card, data: &str, left_out: &[String]) -> Result<String, ReportError> {
    let failed = |source| ReportError::Template { template: TEMPLATE, source };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(failed)?;
    environment.set_syntax(syntax);
    environment.set_formatter(|out, _, value| {
        if value.is_safe() {
            return Ok(out.write_str(value.as_str().unwrap_or_default())?);
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(out.write_str(&escape::html(&text))?)
    });
    environment.add_template(TEMPLATE, TEMPLATE_TEXT).map_err(failed)?;
    let template = environment.get_template(TEMPLATE).map_err(failed)?;
    template
        .render(context! {
            card => Value::from(Serde(card)),
            left_out => Value::from(Serde(left_out)),
            style => Value::from_safe_string(format!("{}{STYLE}", palette::style_sheet())),
            data => Value::from_safe_string(data.to_owned()),
        })
        .map_err(failed)
}
