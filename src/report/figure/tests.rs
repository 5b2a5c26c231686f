//! What holds for every figure, checked on every chart in both widths.

use super::canvas::{Canvas, Rect, Shape};
use super::dose_response::{self, DosePoint, DoseResponse, DoseSeries};
use super::dot_plot::{self, DotModel, DotPlot, DotRow};
use super::ecdf::{self, Ecdf, EcdfDistance, EcdfGroup};
use super::forest::{self, Forest, ForestRow, RowOrder};
use super::frontier::{self, Frontier, FrontierPoint};
use super::health::{self, Health, HealthRow};
use super::heat_map::{self, HeatCell, HeatMap, HeatPanel};
use super::hit_curve::{self, HitCurve, HitMark, HitPoint};
use super::loss_curve::{self, LossCurve, LossPoint, LossRun};
use super::position_curve::{self, PositionCurve, PositionLine, PositionPoint};
use super::reliability::{self, Reliability, ReliabilityBin, ReliabilitySeries};
use super::roc_curve::{self, RocCurve, RocPoint, RocSeries};
use super::slope::{self, Slope, SlopeColumn, SlopeLine};
use super::trade_off::{self, TradeOff, TradePoint};
use super::{Estimate, Figure, FigureError, FigureWords, ModelPart};

const HOSTILE: &str = "</svg><script>alert(1)</script> & \"x\" \u{202e}\u{0}\u{7}'";

pub(super) fn text_boxes(canvas: &Canvas) -> Vec<Rect> {
    let texts = canvas.shapes.iter().filter_map(|shape| match shape {
        Shape::Text(text) => Some(text.bounds()),
        _ => None,
    });
    texts.collect()
}

fn words(id: &str) -> FigureWords {
    FigureWords {
        id: id.to_owned(),
        title: format!("A finding {HOSTILE}"),
        subtitle: "the measure".to_owned(),
        caption: "95 % bootstrap interval over documents".to_owned(),
    }
}

fn dose_series(name: &str, values: &[(u64, f64)]) -> DoseSeries {
    let point = |&(dose, value): &(u64, f64)| DosePoint {
        dose,
        estimate: Estimate::new(value, value - 0.02, (value + 0.02).min(1.0)),
        n: 500,
    };
    DoseSeries { name: name.to_owned(), points: values.iter().map(point).collect() }
}

fn dose(n_series: usize) -> DoseResponse {
    let values = [(1, 0.52), (4, 0.66), (16, 0.9), (64, 1.0), (256, 1.0)];
    DoseResponse {
        words: words("dose"),
        measure: "ROC AUC".to_owned(),
        dose_name: "copies in training".to_owned(),
        value_range: (0.4, 1.0),
        chance: Some(0.5),
        series: (0..n_series).map(|index| dose_series(&format!("attack {index} {HOSTILE}"), &values)).collect(),
        reference: Some(dose_series("control model", &[(0, 0.5), (256, 0.51)])),
    }
}

fn roc(n_series: usize) -> RocCurve {
    let points = (0..=1000u32).map(|step| {
        let rate = f64::from(step) / 1000.0;
        RocPoint { false_positive_rate: rate, true_positive_rate: rate.sqrt() }
    });
    let points: Vec<RocPoint> = points.collect();
    RocCurve {
        words: words("roc"),
        series: (0..n_series)
            .map(|index| RocSeries {
                name: format!("attack {index} {HOSTILE}"),
                points: points.clone(),
                n_members: 1000,
                n_non_members: 1000,
                auc: Some(Estimate::new(0.7, 0.6, 0.8)),
                tpr_at_1_percent: Some(Estimate::new(0.1, 0.0, 0.2)),
            })
            .collect(),
    }
}

fn forest_of(n_rows: usize) -> Forest {
    let row = |index: usize| ForestRow {
        label: format!("slice {index} {HOSTILE}"),
        cells: vec!["1,000".to_owned(), "41 / 20".to_owned()],
        estimate: Estimate::new(index as f64 - 2.0, index as f64 - 4.0, index as f64),
    };
    Forest {
        words: words("forest"),
        effect_name: "difference (points)".to_owned(),
        columns: vec!["n".to_owned(), "only A / only B".to_owned()],
        rows: (0..n_rows).map(row).collect(),
        pooled: Some(row(3)),
        margin: Some(1.0),
        sides: Some(("favours A".to_owned(), "favours B".to_owned())),
        order: RowOrder::ByValue,
    }
}

fn health_of(n_rows: usize) -> Health {
    let row = |index: usize| HealthRow {
        label: format!("model {index} {HOSTILE}"),
        counts: vec![961, 12, 20, 5, index as u64],
    };
    Health {
        words: words("health"),
        categories: Health::ANSWER_CATEGORIES.map(String::from).to_vec(),
        rows: (0..n_rows).map(row).collect(),
    }
}

fn ecdf_of(n: usize) -> Ecdf {
    let group = |name: &str, shift: f64| EcdfGroup {
        name: format!("{name} {HOSTILE}"),
        scores: (0..n).map(|index| (index as f64).sin() + shift).collect(),
    };
    Ecdf {
        words: words("ecdf"),
        score_name: "loss".to_owned(),
        members: group("members", 0.0),
        non_members: group("non-members", 0.7),
        distance: Some(EcdfDistance { distance: 0.4, at_score: 0.3 }),
    }
}

fn loss(n_runs: usize, n: u64) -> LossCurve {
    let point = |step: u64| LossPoint { tokens: step * 1000, loss: 3.0 + 7.0 / (1.0 + step as f64) };
    LossCurve {
        words: words("loss"),
        loss_name: "loss (nats per token)".to_owned(),
        tokens_name: "tokens seen".to_owned(),
        runs: (0..n_runs)
            .map(|index| LossRun {
                name: format!("run {index} {HOSTILE}"),
                points: (1..=n).map(point).collect(),
                smoothed: None,
            })
            .collect(),
    }
}

/// The first is the model before, the second never knew, the others were made to forget.
fn trade(n: usize) -> TradeOff {
    let point = |index: usize| {
        let (x, y) = (((index as f64) * 0.7).sin().abs(), 0.9 - 0.02 * (index % 9) as f64);
        TradePoint {
            name: format!("model {index} {HOSTILE}"),
            part: match index {
                1 => ModelPart::Before,
                2 => ModelPart::NeverKnew,
                _ => ModelPart::After(index.saturating_sub(2)),
            },
            x: Estimate::new(x, (x - 0.1).max(0.0), (x + 0.1).min(1.0)),
            y: Estimate::new(y, y - 0.05, (y + 0.05).min(1.0)),
        }
    };
    TradeOff {
        words: words("trade"),
        x_name: "recall of what was to be forgotten (lower is better)".to_owned(),
        y_name: "recall about neighbours (higher is better)".to_owned(),
        points: (0..n).map(point).collect(),
    }
}

fn dots(n_rows: usize) -> DotPlot {
    let model = |name: &str, part| DotModel { name: format!("{name} {HOSTILE}"), part };
    let row = |index: usize| DotRow {
        label: format!("form {index} {HOSTILE}"),
        count: "1,200".to_owned(),
        estimates: vec![
            Some(Estimate::new(0.8, 0.7, 0.9)),
            Some(Estimate::new(0.3, 0.25, 0.35)),
            (!index.is_multiple_of(3)).then(|| Estimate::without_interval(0.1)),
        ],
    };
    DotPlot {
        words: words("dots"),
        value_name: "recall".to_owned(),
        value_range: (0.0, 1.0),
        reference: None,
        cut_below: None,
        count_name: "n".to_owned(),
        models: vec![
            model("original", ModelPart::Before),
            model("unlearned", ModelPart::After(0)),
            model("retrained", ModelPart::NeverKnew),
        ],
        rows: (0..n_rows).map(row).collect(),
    }
}

fn slopes(n: usize) -> Slope {
    let column = |name: &str, part| SlopeColumn { name: name.to_owned(), part };
    let line = |index: usize| SlopeLine {
        name: format!("person {index} {HOSTILE}"),
        values: vec![
            Some(0.8),
            (index % 5 < 4).then(|| ((index as f64) * 0.9).sin().abs()),
            Some(0.1 + 0.001 * index as f64),
        ],
    };
    Slope {
        words: words("slope"),
        value_name: "recall of what was to be forgotten".to_owned(),
        columns: vec![
            column("before", ModelPart::Before),
            column("after", ModelPart::After(0)),
            column("never knew", ModelPart::NeverKnew),
        ],
        lines: (0..n).map(line).collect(),
        mean: (n > 0).then(|| SlopeLine { name: "mean".to_owned(), values: vec![Some(0.8), Some(0.4), Some(0.1)] }),
    }
}

/// `n` quarters from 2000 on, known up to the middle.
fn hits(n: usize) -> HitCurve {
    let middle = 24_000.0 + 3.0 * (n / 2) as f64;
    let point = |index: usize| HitPoint {
        label: format!("quarter {index} {HOSTILE}"),
        at: 24_001.0 + 3.0 * index as f64,
        n: 12,
        hits: if index < n / 2 { 9 } else { 0 },
        baseline_hits: 4 + index as u64 % 3,
        side: if index < n / 2 { "before" } else { "after" }.to_owned(),
    };
    HitCurve {
        words: words("hits"),
        value_name: "share of values that were hit, by quarter".to_owned(),
        names: (format!("model {HOSTILE}"), "naive forecaster".to_owned()),
        points: (0..n).map(point).collect(),
        grey: Some((middle - 6.0, middle + 6.0)),
        stated: Some(HitMark { at: middle - 1.0, name: format!("stated cutoff {HOSTILE}") }),
        end: Some(HitMark { at: middle, name: "hits end before 2003-04 (2003-02 to 2003-09)".to_owned() }),
        end_span: Some((middle - 2.0, middle + 5.0)),
    }
}

fn confidences(n: usize) -> Reliability {
    let bin = |place: u64| ReliabilityBin {
        place,
        n: 1 + 3 * place,
        confidence: 0.1 * place as f64 + 0.05,
        share: 0.08 * place as f64,
    };
    let series = |index: usize| ReliabilitySeries {
        name: format!("group {index} {HOSTILE}"),
        bins: (0..10).filter(|place| !(place + index as u64).is_multiple_of(4)).map(bin).collect(),
    };
    Reliability { words: words("reliability"), series: (0..n).map(series).collect(), n_bins: 10 }
}

/// `n` models, types by dimensions; the last cell of each is missing, the one before has few behind it.
fn heat(n: usize) -> HeatMap {
    let cell = |value: f64, n: u64| Some(HeatCell { share: Estimate::new(value, value * 0.9, value), n });
    let panel = |index: usize| HeatPanel {
        name: format!("model {index} {HOSTILE}"),
        part: ModelPart::After(index),
        cells: vec![
            vec![cell(0.815, 200), cell(0.2825, 200), cell(0.02 * (index % 50) as f64, 1_200)],
            vec![cell(1.0, 200), cell(0.5, 12), None],
        ],
    };
    HeatMap {
        words: words("heat"),
        value_name: "scenarios that pass, per cent".to_owned(),
        rows: vec!["T1 co-referential".to_owned(), format!("T2 {HOSTILE}")],
        columns: vec!["SR state resolution".to_owned(), "PR".to_owned(), "IPA".to_owned()],
        panels: (0..n).map(panel).collect(),
    }
}

fn positions(n: usize) -> PositionCurve {
    let point = |bin: u32, index: usize| {
        let value = (0.9 - 0.1 * f64::from(bin % 5) - 0.02 * (index % 20) as f64).max(0.0);
        PositionPoint { bin, n: 12, share: Estimate::new(value, (value - 0.2).max(0.0), (value + 0.2).min(1.0)) }
    };
    let line = |index: usize| PositionLine {
        name: format!("model {index} {HOSTILE}"),
        part: ModelPart::After(index),
        points: (1..=10).filter(|bin| bin % 7 != 3).map(|bin| point(bin, index)).collect(),
    };
    PositionCurve {
        words: words("positions"),
        value_name: "right answers, per cent".to_owned(),
        n_bins: 10,
        middle: Some((4, 7)),
        lines: (0..n).map(line).collect(),
    }
}

fn costs(n: usize) -> Frontier {
    let point = |index: usize| {
        let value = 0.1 + 0.8 * (index % 7) as f64 / 7.0;
        FrontierPoint {
            name: format!("model {index} {HOSTILE}"),
            part: ModelPart::After(index),
            cost: 200.0 * 4f64.powi(i32::try_from(index % 6).unwrap()),
            share: Estimate::new(value, value - 0.08, value + 0.08),
        }
    };
    Frontier {
        words: words("costs"),
        cost_name: "tokens of a prompt, logarithmic".to_owned(),
        value_name: "right answers, per cent".to_owned(),
        points: (0..n).map(point).collect(),
    }
}

/// Every chart with `n` series, rows or points.
fn every_figure(n: usize) -> Vec<Result<Figure, FigureError>> {
    vec![
        dose_response::draw(&dose(n)),
        roc_curve::draw(&roc(n)),
        forest::draw(&forest_of(n)),
        health::draw(&health_of(n)),
        ecdf::draw(&ecdf_of(n)),
        loss_curve::draw(&loss(n, 40)),
        trade_off::draw(&trade(n)),
        dot_plot::draw(&dots(n)),
        slope::draw(&slopes(n)),
        hit_curve::draw(&hits(n)),
        reliability::draw(&confidences(n)),
        heat_map::draw(&heat(n)),
        position_curve::draw(&positions(n)),
        frontier::draw(&costs(n)),
    ]
}

fn drawn(n: usize) -> Vec<Figure> {
    let figures = every_figure(n).into_iter().collect::<Result<Vec<_>, _>>();
    figures.expect("all charts draw")
}

fn both_widths(figure: &Figure) -> [&str; 2] {
    [&figure.svg, &figure.narrow_svg]
}

/// A small check of well-formedness: tags close in order, attributes are quoted and unique, text
/// holds no raw markup and only known entities.
fn check_xml(svg: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        check_text(&rest[..at])?;
        let end = rest[at..].find('>').ok_or("unclosed tag")? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let expected = open.pop();
            if expected != Some(name) {
                return Err(format!("</{name}> closes {expected:?}"));
            }
            continue;
        }
        let (body, is_empty) = match tag.strip_suffix('/') {
            Some(body) => (body, true),
            None => (tag, false),
        };
        let (name, mut attributes) = body.split_once(' ').unwrap_or((body, ""));
        let mut seen: Vec<&str> = Vec::new();
        while !attributes.trim().is_empty() {
            let (key, after) = attributes.split_once("=\"").ok_or(format!("bad <{tag}>"))?;
            let (value, after) = after.split_once('"').ok_or(format!("bad <{tag}>"))?;
            check_text(value)?;
            if seen.contains(&key.trim()) {
                return Err(format!("{key} twice in <{tag}>"));
            }
            seen.push(key.trim());
            attributes = after;
        }
        if !is_empty {
            open.push(name);
        }
    }
    check_text(rest)?;
    open.pop().map_or(Ok(()), |name| Err(format!("<{name}> is left open")))
}

fn check_text(text: &str) -> Result<(), String> {
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(format!("control character in {text:?}"));
    }
    for after in text.split('&').skip(1) {
        let entity = after.split(';').next().unwrap_or_default();
        if !["amp", "lt", "gt", "quot", "apos", "#39"].contains(&entity) {
            return Err(format!("bad entity &{entity}"));
        }
    }
    Ok(())
}

#[test]
fn every_figure_is_well_formed_with_hostile_labels() {
    for n in [1, 2, 7, 200] {
        for figure in drawn(n) {
            let files = [figure.standalone_svg(), figure.paper_svg()];
            for svg in both_widths(&figure).into_iter().chain(files.iter().map(String::as_str)) {
                check_xml(svg).unwrap_or_else(|error| panic!("{} with {n}: {error}", figure.id));
                assert!(!svg.contains("<script"), "{}", figure.id);
                assert!(!svg.contains('\u{202e}'), "{}", figure.id);
                assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{}", figure.id);
            }
        }
    }
}

#[test]
fn nothing_is_fetched_from_outside() {
    for figure in drawn(3) {
        for svg in both_widths(&figure) {
            assert_eq!(svg.matches("http").count(), 1, "only the SVG namespace");
            assert!(!svg.contains("href") && !svg.contains("url(") && !svg.contains("@import"));
        }
    }
}

#[test]
fn no_text_is_smaller_than_eleven_pixels_on_screen() {
    for figure in drawn(3) {
        // The wide drawing is shown down to 660 of 720 px, the narrow one down to 328 of 360 px.
        for (svg, shrink) in [(&figure.svg, 660.0 / 720.0), (&figure.narrow_svg, 328.0 / 360.0)] {
            let sizes = svg.split("font-size=\"").skip(1);
            for size in sizes.filter_map(|after| after.split('"').next()) {
                let on_screen = size.parse::<f64>().unwrap() / 4.0 * shrink;
                assert!(on_screen >= 11.0, "{}: {on_screen}", figure.id);
            }
        }
    }
}

#[test]
fn every_figure_has_title_description_role_and_table() {
    for figure in drawn(3) {
        for (svg, name) in [(&figure.svg, "full"), (&figure.narrow_svg, "narrow")] {
            assert!(svg.contains("role=\"img\""));
            assert!(svg.contains(&format!("<title id=\"{}-{name}-title\">", figure.id)));
            assert!(svg.contains(&format!("<desc id=\"{}-{name}-desc\">", figure.id)));
        }
        assert!(figure.description.len() > 40, "{}", figure.description);
        assert!(!figure.table.rows.is_empty());
        let n_columns = figure.table.columns.len();
        assert!(figure.table.rows.iter().all(|row| row.len() == n_columns));
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(drawn(5), drawn(5));
}

#[test]
fn every_colour_is_a_variable_with_a_fallback() {
    for figure in drawn(3) {
        for svg in both_widths(&figure) {
            assert!(!svg.contains("=\"#"), "{}: literal colour", figure.id);
        }
        let paper = figure.paper_svg();
        assert!(!paper.contains("var("), "{}", figure.id);
        assert!(paper.contains("=\"#0072B2\""), "{}", figure.id);
    }
}

#[test]
fn without_series_every_chart_says_there_is_nothing_to_draw() {
    for result in every_figure(0) {
        assert!(matches!(result, Err(FigureError::NothingToDraw { .. })), "{result:?}");
    }
}

#[test]
fn all_nan_is_an_error_and_some_nan_is_said() {
    let mut input = dose(2);
    for point in &mut input.series[0].points {
        point.estimate.value = f64::NAN;
    }
    input.series[1].points[0].estimate.interval = Some((f64::NEG_INFINITY, 1.0));
    let figure = dose_response::draw(&input).unwrap();
    assert!(figure.caption.contains("not a number"), "{}", figure.caption);
    assert!(figure.caption.contains("unbounded"), "{}", figure.caption);
    input.series.truncate(1);
    assert!(dose_response::draw(&input).is_err());
    let mut input = loss(1, 10);
    input.runs[0].points[3].loss = f64::INFINITY;
    assert!(loss_curve::draw(&input).unwrap().caption.contains("not numbers"));
    let mut input = ecdf_of(10);
    input.members.scores = vec![f64::NAN; 3];
    assert!(ecdf::draw(&input).unwrap().caption.contains("no scores"));
    let mut input = trade(3);
    input.points[1].y.value = f64::NAN;
    let figure = trade_off::draw(&input).unwrap();
    assert!(figure.caption.contains("vertical: value is not a number"), "{}", figure.caption);
    assert_eq!(figure.table.rows.len(), 3);
    input.points = vec![input.points[1].clone()];
    assert!(trade_off::draw(&input).is_err());
    let mut input = dots(1);
    input.rows[0].estimates = vec![Some(Estimate::without_interval(f64::NAN)), None, None];
    assert!(dot_plot::draw(&input).is_err());
    let mut input = confidences(1);
    input.series[0].bins[0].share = f64::NAN;
    assert!(reliability::draw(&input).unwrap().caption.contains("are not drawn"));
    let mut input = hits(3);
    input.points[0].n = 0;
    assert_eq!(hit_curve::draw(&input).unwrap().table.rows.len(), 2);
    let mut input = heat(1);
    input.panels[0].cells[0][0] = Some(HeatCell { share: Estimate::without_interval(f64::NAN), n: 9 });
    let figure = heat_map::draw(&input).unwrap();
    assert!(figure.caption.contains("value is not a number"), "{}", figure.caption);
    assert_eq!(figure.table.rows[0][3], "not measured");
    let mut input = positions(1);
    input.lines[0].points.iter_mut().for_each(|point| point.share.value = f64::NAN);
    assert!(position_curve::draw(&input).is_err());
    let mut input = costs(2);
    input.points[1].cost = 0.0;
    let figure = frontier::draw(&input).unwrap();
    assert!(figure.caption.contains("no place on a logarithmic axis"), "{}", figure.caption);
    let mut input = slopes(2);
    input.lines[0].values[0] = Some(f64::INFINITY);
    assert!(slope::draw(&input).unwrap().caption.contains("the line is broken there"));
}

#[test]
fn zero_negatives_means_no_curve() {
    let mut input = roc(2);
    input.series[0].n_non_members = 0;
    let figure = roc_curve::draw(&input).unwrap();
    assert!(figure.caption.contains("no non-members"));
    input.series.truncate(1);
    assert!(roc_curve::draw(&input).is_err());
}

#[test]
fn wrong_input_is_a_typed_error() {
    let mut input = dose(1);
    input.words.id = "Not an id\"".to_owned();
    assert!(matches!(dose_response::draw(&input), Err(FigureError::BadId { .. })));
    let mut input = dose(1);
    input.value_range = (1.0, f64::NAN);
    assert!(matches!(dose_response::draw(&input), Err(FigureError::BadRange { .. })));
    let mut input = dose(1);
    input.series[0].points[1].dose = 1;
    assert!(matches!(dose_response::draw(&input), Err(FigureError::RepeatedDose { .. })));
    let mut input = forest_of(2);
    input.rows[0].cells.pop();
    assert!(matches!(forest::draw(&input), Err(FigureError::CellCount { .. })));
    let mut input = health_of(2);
    input.rows[0].counts.push(1);
    assert!(matches!(health::draw(&input), Err(FigureError::CellCount { .. })));
    let mut input = dots(2);
    input.rows[0].estimates.pop();
    assert!(matches!(dot_plot::draw(&input), Err(FigureError::CellCount { .. })));
    let mut heat = heat(1);
    heat.panels[0].cells[1].pop();
    assert!(matches!(heat_map::draw(&heat), Err(FigureError::CellCount { .. })));
    input.value_range = (1.0, 0.0);
    assert!(matches!(dot_plot::draw(&input), Err(FigureError::BadRange { .. })));
    let mut input = slopes(2);
    input.lines[1].values.pop();
    assert!(matches!(slope::draw(&input), Err(FigureError::CellCount { .. })));
}

#[test]
fn a_range_that_does_not_hold_the_data_is_widened_and_said() {
    let mut input = dose(1);
    input.series[0].points[0].estimate = Estimate::new(0.31, 0.2, 0.4);
    let figure = dose_response::draw(&input).unwrap();
    assert!(figure.caption.contains("widened"), "{}", figure.caption);
}

#[test]
fn what_lies_below_a_cut_is_an_arrow_and_said() {
    let mut input = dots(2);
    input.rows[0].estimates[0] = Some(Estimate::new(-40.0, -60.0, 0.2));
    (input.reference, input.cut_below) = (Some(0.0), Some(-1.0));
    let figure = dot_plot::draw(&input).unwrap();
    assert!(figure.caption.contains("Arrows: below \u{2212}1"), "{}", figure.caption);
    assert_eq!(figure.table.rows[0][2], "\u{2212}40");
    input.cut_below = None;
    let figure = dot_plot::draw(&input).unwrap();
    assert!(!figure.caption.contains("Arrows"), "{}", figure.caption);
}

#[test]
fn extreme_numbers_do_not_break_a_drawing() {
    let mut input = forest_of(2);
    input.rows[0].estimate = Estimate::new(f64::MAX, f64::MIN, f64::MAX);
    check_xml(&forest::draw(&input).unwrap().svg).unwrap();
    let mut input = loss(1, 1);
    input.runs[0].points[0] = LossPoint { tokens: u64::MAX, loss: 1e300 };
    check_xml(&loss_curve::draw(&input).unwrap().svg).unwrap();
    let mut input = health_of(1);
    input.rows[0].counts = vec![u64::MAX; 5];
    check_xml(&health::draw(&input).unwrap().svg).unwrap();
    let mut input = dose(1);
    input.series[0].points[0].dose = u64::MAX;
    check_xml(&dose_response::draw(&input).unwrap().svg).unwrap();
    let mut input = trade(3);
    input.points[0].x = Estimate::new(f64::MAX, f64::MIN, f64::MAX);
    input.points[2].y = Estimate::without_interval(-1e300);
    check_xml(&trade_off::draw(&input).unwrap().svg).unwrap();
    let mut input = dots(2);
    input.rows[1].estimates[0] = Some(Estimate::new(1e300, f64::MIN, f64::MAX));
    check_xml(&dot_plot::draw(&input).unwrap().svg).unwrap();
    let mut input = hits(3);
    (input.points[0].n, input.points[0].hits, input.points[1].at) = (u64::MAX, u64::MAX, 1e12);
    check_xml(&hit_curve::draw(&input).unwrap().svg).unwrap();
    let mut input = confidences(1);
    (input.series[0].bins[0].n, input.series[0].bins[0].place) = (u64::MAX / 2, u64::MAX - 1);
    check_xml(&reliability::draw(&input).unwrap().svg).unwrap();
    let mut input = heat(1);
    input.panels[0].cells[0][0] = Some(HeatCell { share: Estimate::new(1e300, f64::MIN, f64::MAX), n: u64::MAX });
    check_xml(&heat_map::draw(&input).unwrap().svg).unwrap();
    let mut input = positions(1);
    input.lines[0].points[0].share = Estimate::new(1e300, f64::MIN, f64::MAX);
    check_xml(&position_curve::draw(&input).unwrap().svg).unwrap();
    let mut input = costs(2);
    (input.points[0].cost, input.points[1].cost) = (f64::MIN_POSITIVE, f64::MAX);
    check_xml(&frontier::draw(&input).unwrap().svg).unwrap();
    let mut input = slopes(3);
    input.lines[0].values = vec![Some(f64::MAX), Some(f64::MIN), None];
    check_xml(&slope::draw(&input).unwrap().svg).unwrap();
}

#[test]
fn of_many_targets_only_the_outermost_are_named() {
    let few = slope::draw(&slopes(30)).unwrap();
    let many = slope::draw(&slopes(90)).unwrap();
    let n_named = |svg: &str| boxes_of(svg).iter().filter(|(text, _)| text.starts_with("person")).count();
    assert_eq!((n_named(&few.svg), n_named(&many.svg)), (30, 8));
    assert_eq!(many.table.rows.len(), 91);
    assert!(many.caption.contains("only the outermost are named"), "{}", many.caption);
}

#[test]
fn an_arrow_leads_from_the_model_before_to_each_that_forgot() {
    let n_polygons = |input: &TradeOff| trade_off::draw(input).unwrap().svg.matches("<polygon").count();
    let mut input = trade(4);
    input.points.truncate(2);
    let with = n_polygons(&input);
    input.points[1].part = ModelPart::NeverKnew;
    // The square and the head of the arrow go; the ring is made of discs.
    assert_eq!(n_polygons(&input) + 2, with);
}

#[test]
fn a_cell_of_few_is_hatched_and_named_and_a_missing_one_says_so() {
    let figure = heat_map::draw(&heat(2)).unwrap();
    assert!(figure.caption.contains("Hatched: fewer than 20 behind the cell: model 0"), "{}", figure.caption);
    assert!(figure.description.contains("PR 50.0 % (n 12, hatched)"), "{}", figure.description);
    assert!(figure.description.contains("IPA not measured"), "{}", figure.description);
    let told: Vec<String> = boxes_of(&figure.svg).into_iter().map(|(text, _)| text).collect();
    for wanted in ["28.3", "n\u{a0}12", "measured", "n below 20", "not measured"] {
        assert!(told.iter().any(|text| text == wanted), "{wanted} is not in {told:?}");
    }
    let lines = |input: &HeatMap| heat_map::draw(input).unwrap().svg.matches("<polyline").count();
    let mut many = heat(1);
    many.panels[0].cells[1][1] = many.panels[0].cells[0][1];
    assert!(lines(&many) + 8 < lines(&heat(1)), "only few are hatched");
}

#[test]
fn a_line_of_positions_is_broken_where_a_bin_is_missing() {
    let figure = position_curve::draw(&positions(1)).unwrap();
    assert_eq!(figure.table.rows.len(), 8);
    assert!(figure.description.contains("0 to 10: 80.0 % (n 12)"), "{}", figure.description);
}

#[test]
fn what_something_cheaper_reaches_is_not_on_the_frontier() {
    let mut input = costs(3);
    for (point, value) in input.points.iter_mut().zip([0.4, 0.3, 0.8]) {
        point.share = Estimate::without_interval(value);
    }
    let figure = frontier::draw(&input).unwrap();
    let is_front: Vec<&str> = figure.table.rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(is_front, ["yes", "no", "yes"]);
}

/// Text boxes of a finished drawing, read back from its SVG.
fn boxes_of(svg: &str) -> Vec<(String, Rect)> {
    let mut out = Vec::new();
    for tag in svg.split("<text ").skip(1) {
        let value = |key: &str| -> String {
            let start = tag.find(&format!("{key}=\"")).map(|at| at + key.len() + 2);
            let rest = start.map_or("", |at| &tag[at..]);
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        let px = |key: &str| value(key).parse::<f64>().unwrap() / 4.0;
        let content = tag.split_once('>').unwrap().1.split('<').next().unwrap();
        let content = content.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        let content = content.replace("&apos;", "'").replace("&amp;", "&").trim().to_owned();
        let text = super::canvas::Text {
            at: (px("x"), px("y")),
            size: px("font-size"),
            anchor: match value("text-anchor").as_str() {
                "start" => super::canvas::Anchor::Start,
                "middle" => super::canvas::Anchor::Middle,
                _ => super::canvas::Anchor::End,
            },
            paint: super::palette::Paint::Ink,
            is_bold: false,
            has_halo: false,
            content: content.clone(),
        };
        out.push((content, text.bounds()));
    }
    out
}

#[test]
fn no_text_overlaps_another_or_leaves_the_page() {
    for n in [1, 4, 7, 30] {
        for figure in drawn(n) {
            for (svg, page) in [(&figure.svg, 720.0), (&figure.narrow_svg, 360.0)] {
                let boxes = boxes_of(svg);
                let height = svg.split(" height=\"").nth(1).and_then(|it| it.split('"').next());
                let height: f64 = height.unwrap().parse().unwrap();
                for (index, (one, a)) in boxes.iter().enumerate() {
                    assert!(a.left >= -1.0 && a.right <= page + 1.0, "{} {n} {page}: {one:?} {a:?}", figure.id);
                    assert!(a.top >= -1.0 && a.bottom <= height + 1.0, "{} {n} {page}: {one:?} {a:?}", figure.id);
                    for (other, b) in &boxes[index + 1..] {
                        let is_apart = a.right <= b.left + 0.5
                            || b.right <= a.left + 0.5
                            || a.bottom <= b.top + 1.0
                            || b.bottom <= a.top + 1.0;
                        assert!(is_apart, "{} {n} {page}: {one:?} on {other:?}", figure.id);
                    }
                }
            }
        }
    }
}

#[test]
fn small_figures_look_as_they_did() {
    let mut input = health_of(1);
    input.words.title = "Nearly all prompts were answered".to_owned();
    insta::assert_snapshot!("health", health::draw(&input).unwrap().svg);
    let mut input = dose(1);
    input.words.title = "Leakage grows with copies".to_owned();
    insta::assert_snapshot!("dose_response", dose_response::draw(&input).unwrap().narrow_svg);
    let mut input = heat(2);
    input.words.title = "From a few to nearly all".to_owned();
    insta::assert_snapshot!("heat_map", heat_map::draw(&input).unwrap().svg);
    let mut input = positions(2);
    input.words.title = "Evidence in the middle".to_owned();
    insta::assert_snapshot!("position_curve", position_curve::draw(&input).unwrap().svg);
    let mut input = costs(3);
    input.words.title = "What an answer costs".to_owned();
    insta::assert_snapshot!("frontier", frontier::draw(&input).unwrap().svg);
}
