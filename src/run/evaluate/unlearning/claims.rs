//! Claims about a model under test, each with its tests by target and by item.
//!
//! Forgetting: one-sided sign flip, with Wilcoxon's signed rank beside it. Preservation: paired t against a margin below (absence of
//! significance is not preservation). Likeness: two one-sided tests against a margin on both sides (TOST). Over-forgetting: one-sided
//! sign flip against the model that never knew, and beyond the margin. Within each kind the tasks, all questions together, and the texts
//! are families for Holm, over all models under test.

use std::collections::BTreeMap;

use super::measure::{Measure, Measures, Pairs, is_share, mean};
use super::sentence::sentence;
use crate::record::{Claim, ClaimKind, ClaimOutcome, ItemTest, Role, Side, TargetTest};
use crate::run::error::RunError;
use crate::run::evaluate::accuracy::to_f64;
use crate::run::evaluate::subject::{Subject, count, interval_record};
use crate::statistics::{
    Adjustment, Alternative, Bootstrap, KsMode, Level, MissingPolicy, SignFlip, StatError, Wilcoxon, adjust_p_values,
    bootstrap_mean, cliffs_delta, ks_test, mean_interval, sign_flip, standardised_difference, tost_paired, wilcoxon,
};

/// All claims of a run, adjusted and told.
pub(super) fn claims(
    measures: &Measures<'_>,
    before: Option<&str>,
    never: Option<&str>,
    name: &dyn Fn(&str) -> String,
) -> Result<Vec<Claim>, RunError> {
    let mut claims = Vec::new();
    for (model, _) in measures.models.iter().filter(|(_, role)| *role == Role::Model) {
        for measure in &measures.list {
            let test = Test { measures, measure, model };
            if let Some(before) = before {
                match measure.side {
                    Side::Forget | Side::ForgetTexts => claims.push(test.forgetting(before)?),
                    Side::Neighbour | Side::Utility => claims.push(test.preservation(before)?),
                    Side::RetainTexts => claims.extend(test.selectivity(before)?),
                    Side::HoldoutTexts => {}
                }
            }
            if let (Some(never), Side::Forget | Side::ForgetTexts) = (never, measure.side) {
                claims.push(test.likeness(never)?);
                claims.push(test.over_forgetting(never)?);
            }
        }
    }
    adjust(&mut claims, measures);
    let level = measures.subjects.first().map_or(Level::DEFAULT, Subject::level);
    for claim in &mut claims {
        claim.outcome = outcome(claim, level.alpha());
        claim.sentence = sentence(claim, level.alpha(), name);
    }
    Ok(claims)
}

struct Test<'t, 's> {
    measures: &'t Measures<'s>,
    measure: &'t Measure,
    model: &'t str,
}

impl Test<'_, '_> {
    fn subject(&self) -> &Subject<'_> {
        &self.measures.subjects[self.measure.parts[0]]
    }

    /// The claim without its tests.
    fn begin(&self, kind: ClaimKind, against: &str, pairs: &Pairs<'_>) -> Result<Claim, RunError> {
        // Where items have no targets each of them counts for itself.
        let (a, b) = if pairs.names.is_empty() { &pairs.items } else { &pairs.targets };
        let differences: Vec<f64> = a.iter().zip(b).map(|(x, y)| x - y).collect();
        let interval = self.plain(mean_interval(&differences, self.subject().level()))?;
        let effect = self.plain(standardised_difference(a, b, MissingPolicy::Reject))?;
        let whole = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
        Ok(Claim {
            kind,
            measure: self.measure.id.clone(),
            title: self.measure.title.clone(),
            metric: self.measure.metric.clone(),
            model: self.model.to_owned(),
            against: against.to_owned(),
            value: whole(a),
            value_against: whole(b),
            difference: whole(&differences),
            interval: interval.and_then(|found| found.interval.as_ref().map(interval_record)),
            n_targets: count(pairs.names.len()),
            n_items: count(pairs.items.0.len()),
            margin: None,
            by_target: TargetTest {
                effect: effect.filter(|_| !pairs.names.is_empty()).map(|effect| effect.d_z),
                ..TargetTest::default()
            },
            is_identical: !differences.is_empty()
                && pairs.items.0.iter().zip(&pairs.items.1).all(|(x, y)| (x - y).abs() <= 0.0),
            by_item: ItemTest::default(),
            outcome: ClaimOutcome::Untested,
            sentence: String::new(),
        })
    }

    /// What the data cannot tell is no error of the run.
    fn plain<T>(&self, found: Result<T, StatError>) -> Result<Option<T>, RunError> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(
                StatError::EmptyInput
                | StatError::TooFewItems { .. }
                | StatError::TooFewClusters { .. }
                | StatError::ZeroVariance,
            ) => Ok(None),
            Err(error) => Err(self.subject().refused(&self.measure.metric, &error)),
        }
    }

    fn flip(&self, pair: &(Vec<f64>, Vec<f64>), what: &str) -> Result<Option<f64>, RunError> {
        let seed = self.subject().stream(&format!("{}/{}/{what}", self.measure.id, self.model));
        let settings = SignFlip { alternative: Alternative::Less, seed, ..SignFlip::default() };
        Ok(self.plain(sign_flip(&pair.0, &pair.1, &settings))?.map(|test| test.p_value))
    }

    /// One-sided tests of "less than the other" by target and by item.
    fn less(&self, claim: &mut Claim, pairs: &Pairs<'_>) -> Result<(), RunError> {
        let n = pairs.targets.0.len();
        let wilcoxon_test = wilcoxon(
            &pairs.targets.0,
            &pairs.targets.1,
            &Wilcoxon { alternative: Alternative::Less, ..Wilcoxon::default() },
        );
        claim.by_target.test = "sign_flip".to_owned();
        claim.by_target.p_value = self.flip(&pairs.targets, &format!("{}/target", claim.against))?;
        claim.by_target.smallest_p = smallest(n);
        claim.by_target.wilcoxon_p = self.plain(wilcoxon_test)?.map(|test| test.p_value);
        claim.by_item.test = "sign_flip".to_owned();
        claim.by_item.p_value = self.flip(&pairs.items, &format!("{}/item", claim.against))?;
        self.item_interval(claim, pairs)
    }

    fn item_interval(&self, claim: &mut Claim, pairs: &Pairs<'_>) -> Result<(), RunError> {
        let differences: Vec<f64> = pairs.items.0.iter().zip(&pairs.items.1).map(|(x, y)| x - y).collect();
        let subject = self.subject();
        let seed = subject.stream(&format!("{}/{}/{}/interval", self.measure.id, self.model, claim.against));
        let settings = Bootstrap { resamples: subject.plan.resamples, seed, level: subject.level() };
        let found = self.plain(bootstrap_mean(&differences, &settings))?;
        claim.by_item.difference = (!differences.is_empty()).then(|| mean(&differences));
        claim.by_item.interval = found.map(|found| interval_record(&found.bca));
        Ok(())
    }

    fn forgetting(&self, before: &str) -> Result<Claim, RunError> {
        let pairs = self.measures.pairs(self.measure, self.model, before);
        let mut claim = self.begin(ClaimKind::Forgetting, before, &pairs)?;
        self.less(&mut claim, &pairs)?;
        Ok(claim)
    }

    /// The margin of preservation: the plan's for shares, a twentieth of the value before for anything else.
    fn preservation(&self, before: &str) -> Result<Claim, RunError> {
        let pairs = self.measures.pairs(self.measure, self.model, before);
        let mut claim = self.begin(ClaimKind::Preservation, before, &pairs)?;
        let margin = if is_share(&self.measure.metric) {
            self.subject().plan.margins.preservation
        } else {
            0.05 * claim.value_against.unwrap_or_default().abs()
        };
        self.against_margin(&mut claim, &pairs, margin, |test| test.p_lower)?;
        claim.by_target.test = "non_inferiority_t".to_owned();
        claim.by_item.test = "non_inferiority_t".to_owned();
        Ok(claim)
    }

    fn likeness(&self, never: &str) -> Result<Claim, RunError> {
        let pairs = self.measures.pairs(self.measure, self.model, never);
        let mut claim = self.begin(ClaimKind::Likeness, never, &pairs)?;
        self.against_margin(&mut claim, &pairs, self.likeness_margin(), |test| test.p_value)?;
        claim.by_target.test = "tost".to_owned();
        claim.by_item.test = "tost".to_owned();
        let found = ks_test(&pairs.items.0, &pairs.items.1, Alternative::TwoSided, KsMode::Auto);
        let found = self.plain(found)?;
        claim.by_item.ks_distance = found.as_ref().map(|test| test.distance);
        claim.by_item.ks_p = found.map(|test| test.p_value);
        Ok(claim)
    }

    fn over_forgetting(&self, never: &str) -> Result<Claim, RunError> {
        let pairs = self.measures.pairs(self.measure, self.model, never);
        let mut claim = self.begin(ClaimKind::OverForgetting, never, &pairs)?;
        claim.margin = Some(self.likeness_margin());
        self.less(&mut claim, &pairs)?;
        Ok(claim)
    }

    /// Whether the texts to be forgotten lost more than those of this measure, by target and by text.
    fn selectivity(&self, before: &str) -> Result<Option<Claim>, RunError> {
        let Some(forget) = self.measures.list.iter().find(|measure| measure.side == Side::ForgetTexts) else {
            return Ok(None);
        };
        if forget.metric != self.measure.metric {
            return Ok(None);
        }
        let (forgotten, kept) =
            (self.measures.pairs(forget, self.model, before), self.measures.pairs(self.measure, self.model, before));
        let changes = |(a, b): &(Vec<f64>, Vec<f64>)| a.iter().zip(b).map(|(x, y)| x - y).collect::<Vec<f64>>();
        let (forget_items, retain_items) = (changes(&forgotten.items), changes(&kept.items));
        // Only targets that have texts of both kinds.
        let kept_changes: BTreeMap<&str, f64> = kept.names.iter().copied().zip(changes(&kept.targets)).collect();
        let (mut names, mut targets) = (Vec::new(), (Vec::new(), Vec::new()));
        for (name, change) in forgotten.names.iter().copied().zip(changes(&forgotten.targets)) {
            if let Some(other) = kept_changes.get(name) {
                names.push(name);
                targets.0.push(change);
                targets.1.push(*other);
            }
        }
        let pairs = Pairs { names, targets, items: (Vec::new(), Vec::new()) };
        let mut claim = self.begin(ClaimKind::Selectivity, before, &pairs)?;
        claim.title = format!("Change of {} against change of {}", forget.title, self.measure.title);
        claim.n_items = count(forget_items.len() + retain_items.len());
        let whole = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
        if claim.value.is_none() {
            (claim.value, claim.value_against) = (whole(&forget_items), whole(&retain_items));
        }
        claim.by_target.test = "sign_flip".to_owned();
        claim.by_target.p_value = self.flip(&pairs.targets, "selectivity")?;
        claim.by_target.smallest_p = smallest(pairs.names.len());
        let found = self.plain(cliffs_delta(&forget_items, &retain_items))?;
        claim.by_item.test = "mann_whitney".to_owned();
        claim.by_item.difference = whole(&forget_items).zip(whole(&retain_items)).map(|(x, y)| x - y);
        // One-sided: the forgotten texts lost more.
        claim.by_item.p_value = found.map(|found| {
            let half = found.p_value / 2.0;
            if found.delta < 0.0 { half } else { 1.0 - half }
        });
        Ok(Some(claim))
    }

    fn against_margin(
        &self,
        claim: &mut Claim,
        pairs: &Pairs<'_>,
        margin: f64,
        p: fn(&crate::statistics::EquivalenceTest) -> f64,
    ) -> Result<(), RunError> {
        claim.margin = Some(margin);
        // Equal on every item is a result, and no test says more; where there was nothing, nothing can be kept.
        let is_nothing = claim.value_against.is_none_or(|value| value.abs() < 1e-9);
        if margin <= 0.0 || claim.is_identical || (claim.kind == ClaimKind::Preservation && is_nothing) {
            return Ok(());
        }
        let alpha = self.subject().level().alpha();
        let test = |pair: &(Vec<f64>, Vec<f64>)| {
            self.plain(tost_paired(&pair.0, &pair.1, margin, alpha, MissingPolicy::Reject))
        };
        claim.by_target.p_value = test(&pairs.targets)?.as_ref().map(p);
        let by_item = test(&pairs.items)?;
        claim.by_item.p_value = by_item.as_ref().map(p);
        claim.by_item.difference = by_item.as_ref().map(|found| found.mean_difference);
        claim.by_item.interval = by_item.as_ref().map(|found| interval_record(&found.interval));
        Ok(())
    }

    fn likeness_margin(&self) -> f64 {
        let margins = &self.subject().plan.margins;
        if is_share(&self.measure.metric) { margins.likeness } else { margins.likeness_nats }
    }
}

/// Questions of a side together are no further questions, and texts are no questions: each is a family of its own.
fn family(claim: &Claim, measures: &Measures<'_>) -> (ClaimKind, u8) {
    let measure = measures.list.iter().find(|measure| measure.id == claim.measure);
    let class = match measure {
        Some(measure) if measure.parts.len() > 1 => 1,
        Some(measure) if matches!(measure.side, Side::ForgetTexts | Side::RetainTexts) => 2,
        _ => 0,
    };
    (claim.kind, class)
}

/// Holm within each family over all models under test, by target and by item; the smallest p that few targets allow likewise.
fn adjust(claims: &mut [Claim], measures: &Measures<'_>) {
    let mut families: BTreeMap<(ClaimKind, u8), Vec<usize>> = BTreeMap::new();
    for (place, claim) in claims.iter().enumerate() {
        families.entry(family(claim, measures)).or_default().push(place);
    }
    for places in families.values() {
        let raw = |p: &dyn Fn(&Claim) -> Option<f64>| places.iter().map(|&place| p(&claims[place])).collect::<Vec<_>>();
        let targets = raw(&|claim| claim.by_target.p_value);
        let n = to_f64(targets.iter().flatten().count());
        let by_target = adjust_p_values(&targets, Adjustment::Holm).unwrap_or_default();
        let by_item = adjust_p_values(&raw(&|claim| claim.by_item.p_value), Adjustment::Holm).unwrap_or_default();
        // Holm's smallest p is the family's smallest times its size; no other of the family can be below.
        let least = raw(&|claim| claim.by_target.smallest_p.filter(|_| claim.by_target.p_value.is_some()));
        let least = least.into_iter().flatten().reduce(f64::min).map(|smallest| (smallest * n).min(1.0));
        for (at, &place) in places.iter().enumerate() {
            let claim = &mut claims[place];
            claim.by_target.p_adjusted = by_target.get(at).copied().flatten();
            claim.by_item.p_adjusted = by_item.get(at).copied().flatten();
            claim.by_target.smallest_p =
                claim.by_target.smallest_p.zip(least).map(|(smallest, least)| smallest.max(least));
        }
    }
}

/// Smallest p of a one-sided sign flip of so many targets.
fn smallest(n_targets: usize) -> Option<f64> {
    (n_targets > 0).then(|| 0.5_f64.powi(i32::try_from(n_targets).unwrap_or(i32::MAX)))
}

fn outcome(claim: &Claim, alpha: f64) -> ClaimOutcome {
    let is_small = |p: Option<f64>| p.is_some_and(|p| p <= alpha);
    if matches!(claim.kind, ClaimKind::Preservation | ClaimKind::Likeness)
        && claim.by_item.p_value.is_none()
        && let (Some(difference), Some(margin)) = (claim.difference, claim.margin)
    {
        // What was not there before cannot be kept.
        let is_nothing = claim.value_against.is_none_or(|value| value.abs() < 1e-9);
        if claim.kind == ClaimKind::Preservation && is_nothing {
            return ClaimOutcome::Untested;
        }
        // The same difference on every item: no test says more than the margin.
        let is_within = difference > -margin && (claim.kind == ClaimKind::Preservation || difference < margin);
        return if is_within && claim.n_items > 1 { ClaimOutcome::FoundHere } else { ClaimOutcome::NotFound };
    }
    if claim.by_target.p_value.is_none() && claim.by_item.p_value.is_none() {
        return ClaimOutcome::Untested;
    }
    // Over-forgetting is a matter of size, too: a certain trifle is none.
    let difference = claim.difference.or(claim.by_item.difference);
    if claim.kind == ClaimKind::OverForgetting
        && !difference.zip(claim.margin).is_some_and(|(difference, margin)| difference < -margin)
    {
        return ClaimOutcome::NotFound;
    }
    // Few targets that happen to agree say nothing of others.
    if is_small(claim.by_target.p_adjusted) && claim.n_targets >= targets_needed(alpha) {
        ClaimOutcome::Found
    } else if is_small(claim.by_item.p_adjusted) {
        ClaimOutcome::FoundHere
    } else {
        ClaimOutcome::NotFound
    }
}

/// Smallest number of targets at which a one-sided sign flip can reach a level.
#[must_use]
fn targets_needed(alpha: f64) -> u64 {
    (1..64_u32).find(|&n| 1.0 / to_f64(1_usize << n) <= alpha).map_or(64, u64::from)
}
