//! The sentence of a model. A share of recall is a lower bound: it says "at least", and no zero is called clean.

use std::collections::BTreeMap;

use crate::record::{BeyondGuessing, ModelRecall};

/// What a model recalls, from when, and whether it can be switched off.
pub(super) fn sentence(recall: &ModelRecall, model: &str, titles: &BTreeMap<String, String>) -> String {
    let mut parts = vec![known(recall, model, titles)];
    parts.extend(ends(recall));
    parts.extend(after(recall, titles));
    parts.extend(obeys(recall));
    parts.extend(invents(recall));
    parts.join(" ")
}

fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", 100.0 * share).replace('-', "\u{2212}")
}

fn series_rows<'r>(recall: &'r ModelRecall, side: &str) -> impl Iterator<Item = &'r BeyondGuessing> {
    let (tasks, side) = (["level"], side.to_owned());
    recall
        .beyond
        .iter()
        .filter(move |row| tasks.contains(&row.task.as_str()) && row.side == side && row.series != "all")
}

/// Whether a series is recalled beyond guessing, after Holm over all series.
fn is_found(row: &BeyondGuessing) -> bool {
    row.adjusted.is_some_and(|adjusted| adjusted > 0.0) && row.p_adjusted.is_some_and(|p| p < 0.05)
}

fn known(recall: &ModelRecall, model: &str, titles: &BTreeMap<String, String>) -> String {
    let side = if recall.sides.is_some() { "before" } else { "all" };
    let rows: Vec<&BeyondGuessing> = series_rows(recall, side).collect();
    if rows.is_empty() {
        let asked = series_rows(recall, "all").map(|row| row.n).sum::<u64>();
        return match asked {
            0 => format!("{model}: no levels were asked, so nothing is said of recall."),
            n => format!(
                "{model}: {n} values were asked, and none of them is from before the cutoff: nothing is said of recall."
            ),
        };
    }
    let when = match &recall.sides {
        Some(sides) => format!("of periods up to {}", sides.before_until),
        None => "of all periods (no cutoff is stated or found)".to_owned(),
    };
    let mut found: Vec<&&BeyondGuessing> = rows.iter().filter(|row| is_found(row)).collect();
    found.sort_by(|a, b| b.adjusted.unwrap_or(0.0).total_cmp(&a.adjusted.unwrap_or(0.0)));
    if found.is_empty() {
        let n: u64 = rows.iter().map(|row| row.n).sum();
        let few = rows.iter().filter(|row| row.p_exact.is_none()).count();
        let untested =
            if few > 0 { format!(" ({few} of them not tested: fewer than five values)") } else { String::new() };
        return format!(
            "{model}: on {n} values {when} no series of {}{untested} is shown to be recalled beyond what a naive forecaster hits; that is no proof of absence.",
            rows.len()
        );
    }
    let told: Vec<String> = found
        .iter()
        .take(3)
        .map(|row| {
            let title = titles.get(&row.series).unwrap_or(&row.series);
            let interval = row
                .interval
                .as_ref()
                .map_or(String::new(), |interval| format!(" [{}, {}]", percent(interval.low), percent(interval.high)));
            format!("{title} {}{interval} (n {})", percent(row.adjusted.unwrap_or(0.0)), row.n)
        })
        .collect();
    let more = if found.len() > 3 { format!(", and {} more", found.len() - 3) } else { String::new() };
    format!(
        "{model} recalls at least these shares of values beyond guessing, {when}: {}{more}; {} of {} series in all.",
        told.join(", "),
        found.len(),
        rows.len()
    )
}

fn ends(recall: &ModelRecall) -> Option<String> {
    let wanted = recall.sides.as_ref().and_then(|sides| sides.effective_of.as_deref());
    let cutoff = recall.cutoffs.iter().find(|cutoff| cutoff.is_found && Some(cutoff.group.as_str()) == wanted)?;
    let whose = if cutoff.group == "all" { "Hits".to_owned() } else { format!("Hits of {}", cutoff.group) };
    let stated = match &recall.stated_cutoff {
        Some(stated) => format!("; stated: {stated}"),
        None => "; nothing is stated".to_owned(),
    };
    Some(format!(
        "{whose} end before {} (from {} to {}{stated}).",
        cutoff.month.as_deref()?,
        cutoff.low.as_deref()?,
        cutoff.high.as_deref()?
    ))
}

fn after(recall: &ModelRecall, titles: &BTreeMap<String, String>) -> Option<String> {
    let since = &recall.sides.as_ref()?.after_since;
    let rows: Vec<&BeyondGuessing> = series_rows(recall, "after").collect();
    let tested: Vec<&&BeyondGuessing> =
        rows.iter().filter(|row| row.p_exact.is_some() && row.adjusted.is_some()).collect();
    if tested.is_empty() {
        let n: u64 = rows.iter().map(|row| row.n).sum();
        return Some(format!(
            "Of values published after {since} there are {n}; no series has five that a forecaster misses, so nothing is tested there."
        ));
    }
    let best =
        tested.iter().max_by(|a, b| a.adjusted.unwrap_or(f64::MIN).total_cmp(&b.adjusted.unwrap_or(f64::MIN)))?;
    let interval = best
        .interval
        .as_ref()
        .map_or(String::new(), |interval| format!(" [{}, {}]", percent(interval.low), percent(interval.high)));
    let adjusted = best.adjusted.map_or("undefined".to_owned(), percent);
    let title = titles.get(&best.series).unwrap_or(&best.series);
    Some(format!("Of values published after {since} the highest is {adjusted}{interval} ({title}, n {}).", best.n))
}

fn obeys(recall: &ModelRecall) -> Option<String> {
    let leak = recall.fake_cutoff.as_ref()?;
    // On a handful of values, or where nothing is known, a ratio says nothing.
    let is_telling = leak.p_exact.is_some() && leak.interval.is_some();
    let known = leak.hit_unconstrained - leak.hit_after.unwrap_or(0.0);
    #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 answers")]
    let n_known = known * leak.n as f64;
    if !is_telling || n_known < 5.0 {
        return None;
    }
    let ratio = leak.leak_clamped?;
    let interval = leak.interval.as_ref().map_or(String::new(), |interval| {
        let (low, high) = (interval.low.clamp(0.0, 1.0), interval.high.clamp(0.0, 1.0));
        format!(" [{}, {}]", percent(low), percent(high))
    });
    Some(format!(
        "Told to know nothing after {}, it still uses {}{interval} of what it knows (n {}).",
        leak.told,
        percent(ratio),
        leak.n
    ))
}

fn invents(recall: &ModelRecall) -> Option<String> {
    let row = recall.fabrication.first().filter(|row| row.n > 0)?;
    Some(format!("Asked for {} values that do not exist, it gave {}.", row.n, row.hits))
}
