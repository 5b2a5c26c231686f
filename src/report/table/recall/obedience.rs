//! Told to forget, under false dates and names, asked for what does not exist: whether a model does as it is told.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::FakeCutoffLeak;
use crate::report::anchor::Anchors;
use crate::report::number;

/// Tables of all such questions; some may be empty.
pub(super) fn all(shown: &Shown<'_>, anchors: &mut Anchors) -> [Table; 5] {
    [
        fake_cutoff(shown, anchors),
        fake_date(shown, anchors),
        controls(shown, anchors),
        vintages(shown, anchors),
        fabrication(shown, anchors),
    ]
}

fn fake_cutoff(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = || shown.models.iter().filter_map(|model| Some((model, model.fake_cutoff.as_ref()?)));
    let rows = own().map(|(model, leak)| {
        let mut row = vec![Cell::text(Shown::name(model)), Cell::text(leak.told.as_str())];
        row.extend(leak_cells(leak));
        (String::new(), Row::new(row))
    });
    sheet(
        anchors.claim(&["recall-fake-cutoff"]),
        "Told to forget, does it?",
        note([
            "The same values with and without the instruction to use nothing after a month. Leak: (told \u{2212} truly after) / (without \
             \u{2212} truly after); 1: the instruction changes nothing, 0: it works as if the model did not know; between 0 and 1, and beside \
             it as it came out where that is outside."
                .to_owned(),
            interval_words(own().filter_map(|(_, leak)| leak.interval.as_ref())),
            "p: exact McNemar test of hits only without against hits only with the instruction. Same answer: told values with the very \
             number that comes without the instruction; not answered: refusals and unreadable answers of told values."
                .to_owned(),
        ]),
        [words("Model"), words("Nothing after")]
            .into_iter()
            .chain(
                ["Without", "Told", "Truly after", "Leak", "Only without / told", "p", "Same answer", "Not answered", "n"]
                    .map(numbers),
            )
            .collect(),
        rows.collect(),
    )
}

fn leak_cells(leak: &FakeCutoffLeak) -> Vec<Cell> {
    let mut after = cells::share(leak.hit_after);
    after.aside = format!("n {}", number::count(leak.n_after));
    let decimals = number::decimals(leak.interval.as_ref());
    let mut ratio = Cell::estimate(leak.leak_clamped.or(leak.leak), leak.interval.as_ref());
    if let (Some(raw), Some(clamped)) = (leak.leak, leak.leak_clamped)
        && (raw - clamped).abs() > 1e-9
    {
        let raw = format!("as it came out {}", number::fixed(raw, decimals));
        ratio.aside = if ratio.aside.is_empty() { raw } else { format!("{}; {raw}", ratio.aside) };
    }
    vec![
        cells::share(Some(leak.hit_unconstrained)),
        cells::share(Some(leak.hit_told)),
        after,
        ratio,
        cells::pair(leak.only_unconstrained, leak.only_told),
        cells::p(leak.p_exact, &[]),
        cells::share(Some(leak.same_answer)),
        cells::share(Some(leak.refusal_share)),
        cells::count(leak.n),
    ]
}

fn fake_date(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.models.iter().filter_map(|model| {
        let shift = model.fake_date.as_ref()?;
        let row = vec![
            Cell::text(Shown::name(model)),
            Cell::difference(Some(shift.mean_shift), None),
            cells::share(shift.ks_statistic),
            cells::p(shift.ks_p, &[]),
            cells::size(shift.u),
            cells::p(shift.mann_whitney_p, &[]),
            cells::count(shift.n_past),
            cells::count(shift.n_future),
            cells::count(shift.n_origins),
        ];
        Some((String::new(), Row::new(row)))
    });
    sheet(
        anchors.claim(&["recall-fake-date"]),
        "Forecasts under a past and a future date of today",
        "The same history with two dates of today: forecasts should be draws of one distribution, and a shift means that the model did not \
         use the given history alone. Shift: mean under the past minus mean under the future date, in units of each origin's spread. KS: \
         Kolmogorov-Smirnov; U: Mann-Whitney."
            .to_owned(),
        [words("Model")]
            .into_iter()
            .chain(["Shift", "KS", "p (KS)", "U", "p (U)", "n past", "n future", "Origins"].map(numbers))
            .collect(),
        rows.collect(),
    )
}

fn controls(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.rows(|model| &model.controls).map(|(model, row)| {
        let cells = vec![
            Cell::text(crate::report::capital::capitalised(&row.what)),
            cells::share(Some(row.share)),
            cells::share(Some(row.control_share)),
            cells::pair(row.only_question, row.only_control),
            cells::p(row.p_value, &[]),
            cells::count(row.n),
        ];
        (shown.head(model, &[]), Row::new(cells))
    });
    sheet(
        anchors.claim(&["recall-controls"]),
        "Questions against their controls",
        "Shares of hits on the same values, asked in two ways. Only: hits of the question alone, and of the control alone; p: \
         sign flips of whole months, two-sided. Under a name that does not exist a hit means that the date alone brings the value out."
            .to_owned(),
        [words("Asked")]
            .into_iter()
            .chain(["Question hits", "Control hits", "Only question / control", "p", "n"].map(numbers))
            .collect(),
        rows.collect(),
    )
}

fn vintages(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.models.iter().filter_map(|model| {
        let choice = model.vintage.as_ref()?;
        let mut row = vec![Cell::text(Shown::name(model))];
        row.extend(
            [choice.asked_vintage, choice.other_vintage, choice.neither, choice.nearer_asked]
                .map(|n| cells::count_of(n, choice.n_answered)),
        );
        row.push(cells::answered_of(choice.n_answered, choice.n));
        Some((String::new(), Row::new(row)))
    });
    sheet(
        anchors.claim(&["recall-vintages"]),
        "Which vintage an answer gives",
        "The same value as published at two times. Within tolerance of the vintage asked for, of the other one alone, of neither; nearer: to \
         the one asked for than to the other. In per cent of the answered."
            .to_owned(),
        [words("Model")]
            .into_iter()
            .chain(["Asked vintage", "Other vintage", "Neither", "Nearer to the asked", "Answered"].map(numbers))
            .collect(),
        rows.collect(),
    )
}

fn fabrication(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.rows(|model| &model.fabrication).map(|(model, row)| {
        let what = if row.what == "all" { "all reasons" } else { row.what.as_str() };
        let cells = vec![Cell::text(what), cells::share_row(row), cells::count(row.hits), cells::count(row.n)];
        (shown.head(model, &[]), Row::new(cells))
    });
    sheet(
        anchors.claim(&["recall-fabrication"]),
        "Values that do not exist",
        note([
            "Share of questions without an answer to which a number was given, by the reason for which there is none; the right answer is to \
             decline."
                .to_owned(),
            interval_words(shown.rows(|model| &model.fabrication).filter_map(|(_, row)| row.interval.as_ref())),
        ]),
        [words("Why there is none")].into_iter().chain(["Made up", "Numbers given", "n"].map(numbers)).collect(),
        rows.collect(),
    )
}
