//! How often a changed state was noticed, and acted on; and how often an unchanged one was called outdated.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::subject::Subject;
use super::Shown;
use super::cells::Cells;
use crate::agent::settings::Truncation;
use crate::dataset::Item;
use crate::dataset::stale::{ConflictType, Control, Dimension};
use crate::probe::Question;
use crate::record::{
    FalseAlarmRow, IntervalRecord, KnowingRow, RememberedAnswer, Stale, StaleCell, StaleOverall, StaleSlice,
};
use crate::run::error::RunError;
use crate::run::judge::{JudgedAnswer, JudgedUnit, SuiteVerdicts, Vote};
use crate::run::pairing::interval_record;
use crate::run::plan::PlannedModel;
use crate::scoring::stale::{Accuracy, JudgeErrors, ScenarioVerdict, accuracy, knowing_and_acting};
use crate::statistics::{Level, ProportionMethod, proportion};
use crate::suite::Probe;

/// Short names of the dimensions, as the paper has them.
pub(super) const SHORT: [&str; 3] = ["SR", "PR", "IPA"];

/// The place of an item's dimension.
pub(super) fn dimension_of(item: &Item) -> Option<usize> {
    Dimension::ALL.iter().position(|dimension| dimension.as_str() == text(item, "dimension"))
}

/// The type of conflict that an item's scenario has.
pub(super) fn conflict_of(item: &Item) -> ConflictType {
    ConflictType::from_word(text(item, "type")).unwrap_or(ConflictType::CoReferential)
}

/// Verdicts on answers that are judged together; `Ok(None)`: none could be read; `Err`: nobody was asked.
/// One of them `None`: judges are tied on it.
type Verdicts<const N: usize> = Result<Option<[Option<bool>; N]>, ()>;

/// One scenario of one model.
struct Judged<'a> {
    item: &'a Item,
    conflict: ConflictType,
    /// `Ok(None)`: the judge gave no verdict; `Err`: it was not asked, since an answer, the judge or its word is missing.
    passes: Verdicts<3>,
    /// Upstream's reading of the first judge's first reply; `None`: its evaluation would have died.
    compatible: Option<[bool; 3]>,
    answers: [Option<&'a RememberedAnswer>; 3],
}

/// The part of a card about changed states; `None` where no scenario was asked.
pub(super) fn stale(shown: &Shown<'_>, votes: &SuiteVerdicts) -> Result<Option<Stale>, RunError> {
    let of_kind = |is_control: bool| {
        shown
            .subjects
            .iter()
            .copied()
            .find(|subject| matches!(&subject.task.probe, Probe::State(probe) if probe.is_control == is_control))
    };
    let (scenarios, controls) = (of_kind(false), of_kind(true));
    if scenarios.is_none() && controls.is_none() {
        return Ok(None);
    }
    let mut out = Stale {
        cells: Vec::new(),
        overall: Vec::new(),
        false_alarms: Vec::new(),
        knowing: Vec::new(),
        slices: Vec::new(),
    };
    for model in shown.models() {
        if let Some(subject) = scenarios {
            let judged = judged_scenarios(shown, model, subject, votes);
            out.cells.extend(cells(model, subject, &judged)?);
            out.overall.push(overall(model, subject, &judged)?);
            out.knowing.extend(knowing(model, subject, &judged)?);
            out.slices.extend(slices(model, subject, &judged)?);
        }
        if let Some(subject) = controls {
            out.false_alarms.extend(false_alarms(model, subject, votes)?);
        }
    }
    Ok(Some(out))
}

fn text<'i>(item: &'i Item, field: &str) -> &'i str {
    item.fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn number(item: &Item, field: &str) -> Option<u64> {
    item.fields.get(field).and_then(Value::as_u64)
}

/// Units with their votes, by name.
fn units<'v>(
    votes: &'v SuiteVerdicts,
    model: &PlannedModel,
    subject: &Subject<'_>,
) -> BTreeMap<&'v str, (&'v JudgedUnit, &'v [Vote])> {
    let of_task = votes.get(&(model.slug.clone(), subject.task.id.clone()));
    let first = |pair: &&'v (JudgedUnit, Vec<Vote>)| pair.0.epoch == 0;
    let named = |pair: &'v (JudgedUnit, Vec<Vote>)| (pair.0.name.as_str(), (&pair.0, pair.1.as_slice()));
    of_task.into_iter().flatten().filter(first).map(named).collect()
}

/// Verdicts on the answers of a unit; `Ok(None)`: none could be read; `Err`: nobody was asked.
fn passes<const N: usize>(found: Option<&(&JudgedUnit, &[Vote])>) -> Verdicts<N> {
    let (_, votes) = found.ok_or(())?;
    if !votes.iter().any(Vote::is_asked) {
        return Err(());
    }
    if votes.iter().all(|vote| vote.values.is_err()) {
        return Ok(None);
    }
    Ok(Some(std::array::from_fn(|place| match JudgedAnswer::of(votes, place) {
        JudgedAnswer::Passed(passed) => Some(passed),
        _ => None,
    })))
}

fn judged_scenarios<'a>(
    shown: &Shown<'a>,
    model: &PlannedModel,
    subject: &'a Subject<'a>,
    votes: &SuiteVerdicts,
) -> Vec<Judged<'a>> {
    let units = units(votes, model, subject);
    let answers = shown.answers(&model.slug, subject);
    let mut by_uid: BTreeMap<&str, Judged<'a>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (item, answer) in subject.items().iter().zip(answers) {
        let uid = text(item, "uid");
        let judged = by_uid.entry(uid).or_insert_with(|| {
            order.push(uid);
            let found = units.get(uid);
            let first = found.and_then(|(_, votes)| votes.first()).and_then(|vote| vote.compatible);
            Judged {
                item,
                conflict: conflict_of(item),
                passes: passes(found),
                compatible: first.and_then(|verdict| verdict.counted()),
                answers: [None; 3],
            }
        });
        if let Some(place) = dimension_of(item) {
            judged.answers[place] = answer;
        }
    }
    order.into_iter().filter_map(|uid| by_uid.remove(uid)).collect()
}

impl Judged<'_> {
    fn is_unanswered(&self) -> bool {
        self.answers.iter().any(Option::is_none)
    }

    /// It was answered, and one of the answers has no verdict: none was asked for, none came, none could be read, or judges are tied.
    fn lacks_verdict(&self) -> bool {
        let has_all = self.passes.ok().flatten().is_some_and(|passes| passes.iter().all(Option::is_some));
        !self.is_unanswered() && !has_all
    }
}

fn verdicts(judged: &[Judged<'_>]) -> Vec<ScenarioVerdict> {
    judged
        .iter()
        .filter_map(|one| {
            let passes = one.passes.ok()?;
            Some(ScenarioVerdict { uid: text(one.item, "uid").to_owned(), conflict: one.conflict, passes })
        })
        .collect()
}

/// As upstream counts: its reading, judge errors as fails. `None` where its evaluation would have died.
fn compatible(judged: &[Judged<'_>]) -> Option<Accuracy> {
    let asked: Vec<&Judged<'_>> = judged.iter().filter(|one| one.passes.is_ok()).collect();
    if asked.is_empty() || asked.iter().any(|one| one.compatible.is_none()) {
        return None;
    }
    let verdicts: Vec<ScenarioVerdict> = asked
        .iter()
        .map(|one| ScenarioVerdict {
            uid: text(one.item, "uid").to_owned(),
            conflict: one.conflict,
            passes: one.compatible.map(|passes| passes.map(Some)),
        })
        .collect();
    Some(accuracy(&verdicts, JudgeErrors::AreFails))
}

fn wilson(subject: &Subject<'_>, n_passed: u64, n: u64, what: &str) -> Result<Option<IntervalRecord>, RunError> {
    if n == 0 {
        return Ok(None);
    }
    let level: Level = subject.level();
    let estimate =
        proportion(n_passed, n, level, ProportionMethod::Wilson).map_err(|error| subject.refused(what, &error))?;
    Ok(estimate.interval.as_ref().map(interval_record))
}

#[expect(clippy::cast_precision_loss, reason = "counts of scenarios are far below 2^52")]
fn share(n: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| n as f64 / of as f64)
}

fn cells(model: &PlannedModel, subject: &Subject<'_>, judged: &[Judged<'_>]) -> Result<Vec<StaleCell>, RunError> {
    let found = accuracy(&verdicts(judged), JudgeErrors::AreLeftOut);
    let theirs = compatible(judged);
    let mut rows = Vec::new();
    for conflict in ConflictType::ALL {
        let of_type = || judged.iter().filter(|one| one.conflict == conflict);
        let n_scenarios = of_type().count() as u64;
        if n_scenarios == 0 {
            continue;
        }
        for dimension in Dimension::ALL {
            let cell = found.cell(conflict, dimension);
            rows.push(StaleCell {
                model: model.slug.clone(),
                conflict: conflict.as_str().to_owned(),
                dimension: SHORT[dimension.index()].to_owned(),
                n_scenarios,
                n_judged: cell.n_judged,
                n_passed: cell.n_passed,
                n_judge_errors: cell.n_judge_errors,
                n_tied: cell.n_tied,
                n_unjudged: of_type().filter(|one| one.passes.is_err() && !one.is_unanswered()).count() as u64,
                n_unanswered: of_type().filter(|one| one.is_unanswered()).count() as u64,
                value: cell.accuracy(),
                interval: wilson(subject, cell.n_passed, cell.n_judged, "cell")?,
                compatible: theirs.as_ref().and_then(|theirs| theirs.cell(conflict, dimension).accuracy()),
            });
        }
    }
    Ok(rows)
}

/// Above this share of scenarios without all answers, or all verdicts, there is no overall number: those that are left may be the easy ones.
const MAX_MISSING_SHARE: f64 = 0.02;

fn overall(model: &PlannedModel, subject: &Subject<'_>, judged: &[Judged<'_>]) -> Result<StaleOverall, RunError> {
    let found = accuracy(&verdicts(judged), JudgeErrors::AreLeftOut);
    let n_unanswered = judged.iter().filter(|one| one.is_unanswered()).count() as u64;
    let n_without_verdict = judged.iter().filter(|one| one.lacks_verdict()).count() as u64;
    let n_scenarios = judged.len() as u64;
    #[expect(clippy::cast_precision_loss, reason = "counts of scenarios are far below 2^52")]
    let is_few = |n: u64| n as f64 <= MAX_MISSING_SHARE * n_scenarios as f64;
    // Where nobody judges there is nothing to be valid.
    let is_valid = is_few(n_unanswered) && (is_few(n_without_verdict) || found.n_scenarios == 0);
    let (value, interval) = if found.is_complete() && is_valid {
        mean_of_six(judged, &|one| one.passes.ok().flatten()).mean(subject, &format!("{}/overall", model.slug))?
    } else {
        (None, None)
    };
    let failed = |one: &Judged<'_>| match one.passes {
        _ if one.is_unanswered() => Some([Some(false); 3]),
        passes => passes.ok().flatten(),
    };
    let pessimistic = if found.n_scenarios > 0 {
        mean_of_six(judged, &failed).mean(subject, &format!("{}/pessimistic", model.slug))?.0
    } else {
        None
    };
    Ok(StaleOverall {
        model: model.slug.clone(),
        n_scenarios,
        macro_mean: value,
        interval,
        micro_mean: found.micro_mean().filter(|_| is_valid),
        compatible: compatible(judged).filter(Accuracy::is_complete).and_then(|theirs| theirs.macro_mean()),
        pessimistic,
        n_unanswered,
        n_without_verdict,
        is_valid,
        is_trimmed: trims_by_evidence(model, subject)
            && judged.iter().flat_map(|one| one.answers).flatten().any(|answer| answer.is_cut),
    })
}

/// The six cells with the same weight each, scenarios drawn within their type, what is said of one together.
fn mean_of_six<'a>(judged: &[Judged<'a>], passes: &dyn Fn(&Judged<'a>) -> Option<[Option<bool>; 3]>) -> Cells {
    let mut all = Cells::default();
    for conflict in ConflictType::ALL {
        let of_type = judged.iter().filter(|one| one.conflict == conflict);
        let values = |passes: [Option<bool>; 3]| {
            let known = passes.into_iter().enumerate();
            known.filter_map(|(place, pass)| Some((place, f64::from(u8::from(pass?))))).collect()
        };
        all.add_clusters(of_type.filter_map(passes).map(values).collect(), 3, 1.0 / 6.0);
    }
    all
}

/// Whether the agent may drop sessions by where the evidence is.
fn trims_by_evidence(model: &PlannedModel, subject: &Subject<'_>) -> bool {
    let first = subject.task.questions_of(model).first();
    matches!(first, Some((Question::Memory(question), _)) if question.agent.truncation == Truncation::Evidence)
}

fn knowing(model: &PlannedModel, subject: &Subject<'_>, judged: &[Judged<'_>]) -> Result<Vec<KnowingRow>, RunError> {
    let all = verdicts(judged);
    let mut rows = Vec::new();
    let groups = [(Some(ConflictType::CoReferential), "T1"), (Some(ConflictType::Propagated), "T2"), (None, "all")];
    for (conflict, name) in groups {
        let own: Vec<ScenarioVerdict> =
            all.iter().filter(|one| conflict.is_none_or(|conflict| one.conflict == conflict)).cloned().collect();
        let found = knowing_and_acting(&own);
        if found.n_judged == 0 {
            continue;
        }
        rows.push(KnowingRow {
            model: model.slug.clone(),
            conflict: name.to_owned(),
            n_judged: found.n_judged,
            n_knowing: found.n_knowing,
            n_not_acting: found.n_knowing_not_acting,
            rate: found.rate(),
            interval: wilson(subject, found.n_knowing_not_acting, found.n_judged, "knowing")?,
            rate_of_knowing: found.rate_of_knowing(),
            interval_of_knowing: wilson(subject, found.n_knowing_not_acting, found.n_knowing, "knowing")?,
        });
    }
    Ok(rows)
}

/// What became of the two answers about a history without the change.
enum Controlled {
    /// A judge read them; `None`: judges are tied on it.
    Read([Option<bool>; 2]),
    Unreadable,
    Unjudged,
    Unanswered,
}

impl Controlled {
    fn of(unit: Option<&(&JudgedUnit, &[Vote])>) -> Self {
        match (passes(unit), unit) {
            (Ok(Some(kept)), _) => Self::Read(kept),
            (Ok(None), _) => Self::Unreadable,
            (Err(()), Some(_)) => Self::Unjudged,
            (Err(()), None) => Self::Unanswered,
        }
    }

    /// Whether the old state was kept in an answer.
    fn kept(&self, place: usize) -> Option<bool> {
        match self {
            Self::Read(kept) => kept[place],
            _ => None,
        }
    }
}

fn false_alarms(
    model: &PlannedModel,
    subject: &Subject<'_>,
    votes: &SuiteVerdicts,
) -> Result<Vec<FalseAlarmRow>, RunError> {
    let units = units(votes, model, subject);
    let mut histories: Vec<(&Item, Controlled)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for item in subject.items() {
        let Some(history) = item.history.as_ref().filter(|history| seen.insert(history.id.clone())) else { continue };
        histories.push((item, Controlled::of(units.get(history.id.as_str()))));
    }
    let mut rows = Vec::new();
    let words = Control::ALL.map(|control| Some(control.as_str()));
    for (place, dimension) in SHORT.iter().take(2).enumerate() {
        for control in words.into_iter().chain([None]) {
            let own =
                || histories.iter().filter(move |(item, _)| control.is_none_or(|word| text(item, "control") == word));
            let count = |is: &dyn Fn(&Controlled) -> bool| own().filter(|(_, found)| is(found)).count() as u64;
            let kept: Vec<(&Item, bool)> =
                own().filter_map(|(item, found)| Some((*item, found.kept(place)?))).collect();
            let n_alarms = kept.iter().filter(|(_, kept)| !kept).count() as u64;
            let n = kept.len() as u64;
            let (rate, interval) = match control {
                Some(_) => (share(n_alarms, n), wilson(subject, n_alarms, n, "false alarms")?),
                None => {
                    // The two controls of one scenario stand and fall together.
                    let mut clusters: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
                    for (item, kept) in &kept {
                        clusters.entry(text(item, "uid")).or_default().push((0, f64::from(u8::from(!kept))));
                    }
                    let mut cells = Cells::default();
                    cells.add_clusters(clusters.into_values().collect(), 1, 1.0);
                    cells.mean(subject, &format!("{}/false alarms/{dimension}", model.slug))?
                }
            };
            if own().next().is_none() {
                continue;
            }
            rows.push(FalseAlarmRow {
                model: model.slug.clone(),
                dimension: (*dimension).to_owned(),
                control: control.unwrap_or("all").to_owned(),
                n,
                n_alarms,
                n_judge_errors: count(&|found| matches!(found, Controlled::Unreadable)),
                n_tied: count(&|found| matches!(found, Controlled::Read(kept) if kept[place].is_none())),
                n_unjudged: count(&|found| matches!(found, Controlled::Unjudged)),
                n_unanswered: count(&|found| matches!(found, Controlled::Unanswered)),
                rate,
                interval,
            });
        }
    }
    Ok(rows)
}

/// A property of a scenario, and the bins of its values.
struct SliceOf {
    name: &'static str,
    /// Lower bounds of the bins, the first one included in each.
    bounds: &'static [f64],
    bins: &'static [&'static str],
    value: fn(&Judged<'_>, usize) -> Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "sessions and tokens are far below 2^52")]
const SLICES: [SliceOf; 6] = [
    SliceOf {
        name: "old evidence",
        bounds: &[0.0, 1.0 / 3.0, 2.0 / 3.0],
        bins: &["first third", "middle third", "last third"],
        value: |one, _| {
            let last = number(one.item, "n_sessions")?.checked_sub(1).filter(|last| *last > 0)?;
            Some(number(one.item, "old_session")? as f64 / last as f64)
        },
    },
    SliceOf {
        name: "sessions between",
        bounds: &[0.0, 3.0, 6.0, 12.0],
        bins: &["1 to 2", "3 to 5", "6 to 11", "12 and more"],
        value: |one, _| Some(number(one.item, "new_session")?.checked_sub(number(one.item, "old_session")?)? as f64),
    },
    SliceOf {
        name: "days between",
        bounds: &[0.0, 30.0, 90.0, 365.0],
        bins: &["less than 30", "30 to 89", "90 to 364", "365 and more"],
        value: |one, _| days_between(text(one.item, "old_time"), text(one.item, "new_time")),
    },
    SliceOf {
        name: "sessions after",
        bounds: &[0.0, 1.0, 3.0, 10.0],
        bins: &["none", "1 to 2", "3 to 9", "10 and more"],
        value: |one, _| {
            let behind = number(one.item, "n_sessions")?.checked_sub(number(one.item, "new_session")? + 1)?;
            Some(behind as f64)
        },
    },
    SliceOf {
        name: "prompt tokens",
        bounds: &[0.0, 8_000.0, 32_000.0, 128_000.0],
        bins: &["less than 8,000", "8,000 to 31,999", "32,000 to 127,999", "128,000 and more"],
        value: |one, place| Some(one.answers[place]?.read_tokens? as f64),
    },
    SliceOf {
        name: "trimmed",
        bounds: &[0.0, 1.0],
        bins: &["no", "yes"],
        value: |one, place| one.answers[place].map(|answer| f64::from(u8::from(answer.is_cut))),
    },
];

fn days_between(old: &str, new: &str) -> Option<f64> {
    let day = |text: &str| jiff::civil::Date::strptime("%Y-%m-%d", text.get(..10)?).ok();
    let span = day(old)?.until(day(new)?).ok()?;
    Some(f64::from(span.get_days()))
}

fn slices(model: &PlannedModel, subject: &Subject<'_>, judged: &[Judged<'_>]) -> Result<Vec<StaleSlice>, RunError> {
    let mut rows = Vec::new();
    for dimension in Dimension::ALL {
        let place = dimension.index();
        for slice in &SLICES {
            let mut bins: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
            for one in judged {
                let passed = one.passes.ok().flatten().and_then(|passes| passes[place]);
                let (Some(passed), Some(value)) = (passed, (slice.value)(one, place)) else { continue };
                let bin = slice.bounds.iter().rposition(|bound| value >= *bound).unwrap_or(0);
                let (n_passed, n) = bins.entry(bin).or_default();
                *n += 1;
                *n_passed += u64::from(passed);
            }
            // One bin says what the cell says.
            if bins.len() < 2 {
                continue;
            }
            for (bin, (n_passed, n)) in bins {
                rows.push(StaleSlice {
                    model: model.slug.clone(),
                    dimension: SHORT[place].to_owned(),
                    slice: slice.name.to_owned(),
                    bin: slice.bins.get(bin).copied().unwrap_or_default().to_owned(),
                    order: u32::try_from(bin).unwrap_or(u32::MAX),
                    n,
                    value: share(n_passed, n),
                    interval: wilson(subject, n_passed, n, "slice")?,
                });
            }
        }
    }
    Ok(rows)
}
