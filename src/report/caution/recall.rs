//! What makes recall look smaller or larger than it is.

use crate::dataset::economic::month_of;
use crate::record::{ModelRecall, Recall};
use crate::report::number;

/// The question of the headline.
const LEADING: &str = "level";
/// Fewer values after the cutoff than this tell next to nothing there.
const FEW_AFTER: u64 = 30;
/// Months between a stated and an effective cutoff from which on one of the two is doubted.
const FAR_APART: u32 = 8;
/// A larger share of answers than this, in per cent, needs a word.
const MUCH_PER_CENT: u64 = 20;
/// A smaller share of answered values than this, in per cent, may be a selection.
const FEW_ANSWERED_PER_CENT: u64 = 95;
/// Fractions for percentages are a habit of the model, not an error here and there, from this share of answers on, in per cent.
const MANY_FRACTIONS_PER_CENT: u64 = 5;

pub(super) fn cautions(record: &Recall, out: &mut Vec<String>) {
    for model in &record.models {
        continued(model, out);
        no_cutoff(model, out);
        far_apart(model, out);
        few_after(model, out);
        answers(model, out);
    }
}

fn continued(model: &ModelRecall, out: &mut Vec<String>) {
    if model.is_continued {
        out.push(format!(
            "{}: no chat template, so it continued lines of numbers instead of answering questions; its numbers are not comparable with \
             those of models that were asked.",
            model.model
        ));
    }
}

fn no_cutoff(model: &ModelRecall, out: &mut Vec<String>) {
    if model.sides.is_none() {
        out.push(format!(
            "{}: no cutoff is stated and none was found in its hits, so nothing is tested before against after.",
            model.model
        ));
    }
}

/// Stated and effective cutoff; the first month not known lies one after the last known.
fn far_apart(model: &ModelRecall, out: &mut Vec<String>) {
    let end = model.cutoffs.iter().find(|cutoff| cutoff.group == "all" && cutoff.is_found);
    let (Some(stated), Some(month)) = (&model.stated_cutoff, end.and_then(|end| end.month.as_ref())) else { return };
    let (Some(said), Some(found)) = (month_of(stated), month_of(month)) else { return };
    let apart = (found - 1).abs_diff(said);
    if apart > FAR_APART {
        out.push(format!(
            "{}: its hits end before {month}, {} months from the stated cutoff {stated}; both bound what counts as before and after.",
            model.model,
            number::count(u64::from(apart))
        ));
    }
}

fn few_after(model: &ModelRecall, out: &mut Vec<String>) {
    if model.sides.is_none() {
        return;
    }
    let rows = model.beyond.iter().filter(|row| row.task == LEADING);
    if rows.clone().next().is_none() {
        return;
    }
    let after: u64 = rows.filter(|row| row.side == "after" && row.series != "all").map(|row| row.n).sum();
    if after < FEW_AFTER {
        let values = if after == 1 { "value" } else { "values" };
        out.push(format!(
            "{}: {} {values} of the question for levels lie after its cutoff; so few cannot tell a forecaster from a model that remembers.",
            model.model,
            number::count(after)
        ));
    }
}

/// What the answers to the question for levels were, over all its sides.
fn answers(model: &ModelRecall, out: &mut Vec<String>) {
    let Some(row) = model.statuses.iter().find(|row| row.task == LEADING && row.side == "all") else { return };
    let of = row.asked.saturating_sub(row.errors);
    let is_over = |n: u64, per_cent: u64| n.saturating_mul(100) > of.saturating_mul(per_cent);
    let told = |n: u64| format!("{} of {} ({})", number::count(n), number::count(of), number::share(n, of));
    if is_over(row.refusals, MUCH_PER_CENT) {
        out.push(format!(
            "{}: {} questions for levels were declined; a refusal counts as a miss and is no proof of ignorance.",
            model.model,
            told(row.refusals)
        ));
    }
    if is_over(row.unparseable, MUCH_PER_CENT) {
        out.push(format!(
            "{}: {} answers to questions for levels hold no number that can be read; these count as misses.",
            model.model,
            told(row.unparseable)
        ));
    }
    let answered = row.values.saturating_add(row.ranges);
    if answered.saturating_mul(100) < of.saturating_mul(FEW_ANSWERED_PER_CENT) {
        out.push(format!(
            "{}: {} questions for levels were answered; errors and shares over the answered may be those of a selection.",
            model.model,
            told(answered)
        ));
    }
    if is_over(row.suspect_fractions, MANY_FRACTIONS_PER_CENT) {
        out.push(format!(
            "{}: {} answers would be right times a hundred: it may tell per cent as fractions. They count as misses.",
            model.model,
            told(row.suspect_fractions)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn told(change: impl Fn(&mut ModelRecall)) -> Vec<String> {
        let mut record = fixture::recall::recall();
        record.models.truncate(1);
        record.models.iter_mut().for_each(change);
        let mut out = Vec::new();
        cautions(&record, &mut out);
        out
    }

    #[test]
    fn a_model_that_answers_and_ends_where_it_says_needs_no_warning() {
        assert_eq!(told(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn lines_that_were_continued_and_unknown_cutoffs_are_told() {
        let sentences = told(|model| {
            model.is_continued = true;
            model.sides = None;
        });
        assert!(sentences[0].contains("continued lines of numbers"), "{sentences:?}");
        assert!(sentences[1].contains("no cutoff is stated and none was found"), "{sentences:?}");
        assert_eq!(sentences.len(), 2, "without sides nothing is after: {sentences:?}");
    }

    #[test]
    fn a_stated_cutoff_nine_months_off_is_told_and_eight_are_not() {
        assert!(told(|model| model.stated_cutoff = Some("2015-09".to_owned())).is_empty());
        let sentences = told(|model| model.stated_cutoff = Some("2014-08".to_owned()));
        assert!(sentences[0].contains("months from the stated cutoff 2014-08"), "{sentences:?}");
    }

    #[test]
    fn refusals_selections_fractions_and_few_values_after_are_told() {
        let sentences = told(|model| {
            let row = model.statuses.iter_mut().find(|row| row.side == "all" && row.task == LEADING).unwrap();
            (row.asked, row.errors, row.values, row.ranges) = (110, 10, 70, 0);
            (row.refusals, row.unparseable, row.suspect_fractions) = (30, 0, 6);
            model.beyond.iter_mut().filter(|row| row.side == "after").for_each(|row| row.n = 1);
        });
        assert_eq!(sentences.len(), 4, "{sentences:?}");
        assert!(sentences[0].contains("so few cannot tell a forecaster"), "{sentences:?}");
        assert!(sentences[1].contains("30 of 100 (30.0\u{a0}%) questions for levels were declined"), "{sentences:?}");
        assert!(sentences[2].contains("those of a selection"), "{sentences:?}");
        assert!(sentences[3].contains("times a hundred"), "{sentences:?}");
    }
}
