//! What is left when models are told to know nothing after a month.

use crate::record::{FakeCutoffLeak, ModelRecall, SuiteResults};
use crate::report::anchor::Anchors;
use crate::report::figure::dot_plot::{self, DotModel, DotPlot, DotRow};
use crate::report::figure::{Estimate, Figure, FigureError, FigureWords, ModelPart};
use crate::report::number;

/// Draws all models under test that were told, by their places on the card; `None` where none was.
pub(super) fn draw(
    results: &SuiteResults,
    models: &[(usize, &ModelRecall)],
    anchors: &mut Anchors,
) -> Result<Option<Figure>, FigureError> {
    let told: Vec<(usize, &ModelRecall, &FakeCutoffLeak)> =
        models.iter().filter_map(|(place, model)| Some((*place, *model, model.fake_cutoff.as_ref()?))).collect();
    let Some((_, _, first)) = told.first() else { return Ok(None) };
    let row = |label: String, n: fn(&FakeCutoffLeak) -> u64, value: fn(&FakeCutoffLeak) -> Option<f64>| {
        let counts: Vec<String> = told.iter().map(|(_, _, leak)| number::count(n(leak))).collect();
        let is_same = counts.windows(2).all(|pair| pair[0] == pair[1]);
        DotRow {
            label,
            count: if is_same { counts.into_iter().next().unwrap_or_default() } else { counts.join(" / ") },
            estimates: told.iter().map(|(_, _, leak)| value(leak).map(Estimate::without_interval)).collect(),
        }
    };
    let is_one_month = told.iter().all(|(_, _, leak)| leak.told == first.told);
    let month = if is_one_month { first.told.clone() } else { "a month".to_owned() };
    let sentences = told.iter().map(|(_, model, leak)| caption_of(model, leak));
    let caption: Vec<String> = std::iter::once(
        "The same values with and without the instruction; truly after: values of the same series that the model cannot know.".to_owned(),
    )
    .chain(sentences)
    .collect();
    let input = DotPlot {
        words: FigureWords {
            id: anchors.claim(&["recall-told-to-forget", &results.suite]),
            title: title(&told, &month),
            subtitle: "Share of values hit with and without the instruction to forget".to_owned(),
            caption: caption.join(" "),
        },
        value_name: "share of values hit".to_owned(),
        value_range: (0.0, 1.0),
        reference: None,
        cut_below: None,
        count_name: "n".to_owned(),
        models: told
            .iter()
            .map(|(place, model, _)| DotModel { name: model.model.clone(), part: ModelPart::After(*place) })
            .collect(),
        rows: vec![
            row("without the instruction".to_owned(), |leak| leak.n, |leak| Some(leak.hit_unconstrained)),
            row(format!("told to know nothing after {month}"), |leak| leak.n, |leak| Some(leak.hit_told)),
            row("truly after the cutoff".to_owned(), |leak| leak.n_after, |leak| leak.hit_after),
        ],
    };
    dot_plot::draw(&input).map(Some)
}

fn caption_of(model: &ModelRecall, leak: &FakeCutoffLeak) -> String {
    let p = leak
        .p_exact
        .map_or_else(String::new, |p| format!("; with against without: {} (exact McNemar)", number::p_clause(p)));
    format!("{}: {}{p}.", model.model, leak_words(leak))
}

/// `leak 0.93 (0.85 to 0.99)`.
fn leak_words(leak: &FakeCutoffLeak) -> String {
    match leak.leak_clamped {
        Some(ratio) => format!("leak {}", number::in_prose(ratio, leak.interval.as_ref())),
        None => "leak undefined".to_owned(),
    }
}

fn title(told: &[(usize, &ModelRecall, &FakeCutoffLeak)], month: &str) -> String {
    let words: Vec<String> = told
        .iter()
        .map(
            |(_, model, leak)| {
                if told.len() > 1 { format!("{}: {}", model.model, leak_words(leak)) } else { leak_words(leak) }
            },
        )
        .collect();
    format!("Told to know nothing after {month}: {}", words.join(", "))
}
