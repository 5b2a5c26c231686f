//! What holds for the statistics on any data: exchanges, orders, threads, bounds.

use mnemoscope::statistics::{
    Adjustment, Alternative, AucIntervalMethod, Bootstrap, DifferenceMethod, Discontinuity, LabelPermutation,
    LabeledScores, Level, McNemarMethod, MissingPolicy, PairedCounts, PermutationMode, PhiCorrection, ProportionMethod,
    SignFlip, Wilcoxon, adjust_p_values, auc_estimate, bootstrap_mean, cliffs_delta, clustered_mean, delong_paired,
    discontinuity, label_permutation, mcnemar, mean_interval, newcombe_paired, paired_t, proportion_difference,
    proportion_interval, ridge, sign_flip, sign_test, tango_paired, tost_paired, wilcoxon,
};
use proptest::collection::vec;
use proptest::prelude::*;

const BOTH: Alternative = Alternative::TwoSided;
const REJECT: MissingPolicy = MissingPolicy::Reject;

/// Scores as models have them: some equal, in steps of a hundredth.
fn scores(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(f64, f64)>> {
    vec((0_u8..=100, 0_u8..=100).prop_map(|(a, b)| (f64::from(a) / 100.0, f64::from(b) / 100.0)), n)
}

fn classes(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(f64, f64, bool)>> {
    vec((0_u8..=40, 0_u8..=40, any::<bool>()), n).prop_map(|rows| {
        let mut rows: Vec<(f64, f64, bool)> =
            rows.into_iter().map(|(a, b, is_member)| (f64::from(a), f64::from(b), is_member)).collect();
        // Two of each class, so that there is a variance.
        for (row, is_member) in [(0, true), (1, true), (2, false), (3, false)] {
            rows[row].2 = is_member;
        }
        rows
    })
}

fn sides(rows: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    rows.iter().copied().unzip()
}

fn columns(rows: &[(f64, f64, bool)]) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let pick = |side: fn(&(f64, f64, bool)) -> f64| rows.iter().map(side).collect::<Vec<f64>>();
    (pick(|row| row.0), pick(|row| row.1), rows.iter().map(|row| row.2).collect())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs())) || (a.is_nan() && b.is_nan())
}

fn resampling(seed: u64) -> Bootstrap {
    Bootstrap { resamples: 600, seed, ..Bootstrap::default() }
}

/// Table of two models over the same items.
fn table() -> impl Strategy<Value = PairedCounts> {
    (0_u64..40, 0_u64..40, 0_u64..40, 0_u64..40)
        .prop_filter("one item", |(a, b, c, d)| a + b + c + d > 0)
        .prop_map(|(both, only_a, only_b, neither)| PairedCounts { both, only_a, only_b, neither })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_planted_jump_between_two_lines_is_recovered(
        jump in -5.0..5.0_f64, level in -5.0..5.0_f64, before in -1.0..1.0_f64, after in -1.0..1.0_f64,
        bandwidth in 4.0..40.0_f64, cutoff in -10.0..10.0_f64,
    ) {
        let running: Vec<f64> = (-60..60).map(|month| f64::from(month) / 2.0 + cutoff).collect();
        let outcome: Vec<f64> = running
            .iter()
            .map(|running| running - cutoff)
            .map(|x| if x < 0.0 { level + before * x } else { level + jump + after * x })
            .collect();
        let settings = Discontinuity { cutoff, bandwidth, ..Discontinuity::default() };
        let test = discontinuity(&running, &outcome, None, &settings).unwrap();
        prop_assert!((test.tau - jump).abs() < 1e-9, "{} against {}", test.tau, jump);
    }

    #[test]
    fn a_penalty_without_end_predicts_the_mean(rows in scores(3..20), alpha in 1e9..1e12_f64) {
        let design: Vec<Vec<f64>> = rows.iter().map(|(a, b)| vec![*a, a * a, *b]).collect();
        let target: Vec<f64> = rows.iter().map(|(a, b)| 3.0 * a - b).collect();
        let fit = ridge(&design, &target, alpha).unwrap();
        let mean = target.iter().sum::<f64>() / target.len() as f64;
        prop_assert!(design.iter().all(|row| (fit.predict(row) - mean).abs() < 1e-6));
        let size = |alpha: f64| ridge(&design, &target, alpha).unwrap().weights.iter().map(|w| w * w).sum::<f64>();
        prop_assert!(size(10.0) <= size(0.1) + 1e-12);
    }

    #[test]
    fn a_label_permutation_shifts_and_scales_with_its_items(rows in scores(2..9), factor in 1_u8..9) {
        let (a, b) = sides(&rows);
        let moved = |values: &[f64]| values.iter().map(|value| 7.0 + f64::from(factor) * value).collect::<Vec<f64>>();
        let settings = LabelPermutation::default();
        let (plain, other) =
            (label_permutation(&a, &b, &settings).unwrap(), label_permutation(&moved(&a), &moved(&b), &settings).unwrap());
        prop_assert!(plain.is_exact && near(plain.p_two_sided, other.p_two_sided));
        prop_assert!(near(f64::from(factor) * plain.statistic, other.statistic) || plain.statistic.abs() < 1e-12);
    }

    #[test]
    fn exchanging_the_models_negates_the_difference_and_keeps_p(rows in scores(2..30), seed in any::<u64>()) {
        let (a, b) = sides(&rows);
        let flip = SignFlip { mode: PermutationMode::MonteCarlo, resamples: 500, seed, ..SignFlip::default() };
        let (direct, swapped) = (sign_flip(&a, &b, &flip).unwrap(), sign_flip(&b, &a, &flip).unwrap());
        prop_assert!(near(direct.statistic, -swapped.statistic) && near(direct.p_value, swapped.p_value));
        let test = |a: &[f64], b: &[f64]| wilcoxon(a, b, &Wilcoxon::default()).map(|test| test.p_value);
        let same = match (test(&a, &b), test(&b, &a)) {
            (Ok(p), Ok(q)) => near(p, q),
            (p, q) => p == q,
        };
        prop_assert!(same);
        if let (Ok(p), Ok(q)) = (paired_t(&a, &b, BOTH, Level::DEFAULT, REJECT), paired_t(&b, &a, BOTH, Level::DEFAULT, REJECT)) {
            prop_assert!(near(p.mean_difference, -q.mean_difference) && near(p.p_value, q.p_value));
            prop_assert!(near(p.interval.low, -q.interval.high) && near(p.interval.high, -q.interval.low));
        }
        let cliff = |a: &[f64], b: &[f64]| cliffs_delta(a, b).unwrap().delta;
        prop_assert!(near(cliff(&a, &b), -cliff(&b, &a)));
    }

    #[test]
    fn exchanging_the_models_mirrors_a_paired_table(counts in table()) {
        for method in [McNemarMethod::Exact, McNemarMethod::MidP] {
            let p = |counts| mcnemar(counts, method).map(|test| test.p_value);
            let same = match (p(counts), p(counts.swapped())) {
                (Ok(p), Ok(q)) => near(p, q) && (0.0..=1.0).contains(&p),
                (p, q) => p == q,
            };
            prop_assert!(same);
        }
        let of = |counts| newcombe_paired(counts, Level::DEFAULT, PhiCorrection::Corrected).unwrap().interval;
        prop_assert!(near(of(counts).low, -of(counts.swapped()).high));
        let tango = |counts| tango_paired(counts, Level::DEFAULT).unwrap().interval.unwrap();
        prop_assert!((tango(counts).low + tango(counts.swapped()).high).abs() < 1e-6);
        prop_assert!(tango(counts).contains(counts.difference()));
    }

    #[test]
    fn the_order_of_items_changes_nothing(rows in scores(3..40), seed in any::<u64>(), turn in 1_usize..20) {
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        turned.reverse();
        let ((a, b), (c, d)) = (sides(&rows), sides(&turned));
        let flip = SignFlip { seed, resamples: 300, ..SignFlip::default() };
        prop_assert!(near(sign_flip(&a, &b, &flip).unwrap().statistic, sign_flip(&c, &d, &flip).unwrap().statistic));
        if rows.len() <= 12 {
            // All flips are looked at.
            prop_assert!(near(sign_flip(&a, &b, &flip).unwrap().p_value, sign_flip(&c, &d, &flip).unwrap().p_value));
        }
        let signs = |a: &[f64], b: &[f64]| sign_test(a, b, BOTH, REJECT).map(|test| test.p_value);
        prop_assert_eq!(signs(&a, &b), signs(&c, &d));
        let mean = |values: &[f64]| mean_interval(values, Level::DEFAULT).unwrap().interval.unwrap();
        prop_assert!(near(mean(&a).low, mean(&c).low));
    }

    #[test]
    fn the_number_of_threads_changes_no_bit(rows in scores(2..40), seed in any::<u64>()) {
        let (a, b) = sides(&rows);
        let within = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let flip = SignFlip { mode: PermutationMode::MonteCarlo, resamples: 1500, seed, ..SignFlip::default() };
                let p = sign_flip(&a, &b, &flip).unwrap().p_value;
                let interval = bootstrap_mean(&a, &Bootstrap { resamples: 1500, seed, ..Bootstrap::default() }).unwrap().bca;
                [p, interval.low, interval.high].map(f64::to_bits)
            })
        };
        prop_assert_eq!(within(1), within(8));
    }

    #[test]
    fn intervals_hold_their_estimate_and_widen_with_the_level(
        rows in scores(2..40), seed in any::<u64>(), successes in 0_u64..30, failures in 1_u64..30,
    ) {
        let trials = successes + failures;
        let levels = [0.5, 0.8, 0.95, 0.999].map(|level| Level::new(level).unwrap());
        let (a, b) = sides(&rows);
        let mut before: Option<Vec<(f64, f64)>> = None;
        for level in levels {
            let mut found = Vec::new();
            for method in [
                ProportionMethod::Wilson, ProportionMethod::WilsonContinuity, ProportionMethod::ClopperPearson,
                ProportionMethod::AgrestiCoull, ProportionMethod::Wald,
            ] {
                let interval = proportion_interval(successes, trials, level, method).unwrap();
                prop_assert!(interval.contains(successes as f64 / trials as f64), "{:?} {:?}", method, interval);
                found.push((interval.low, interval.high));
            }
            let rates = proportion_difference((successes, trials), (1, 7), level, DifferenceMethod::Newcombe).unwrap();
            let interval = rates.interval.unwrap();
            prop_assert!(interval.contains(successes as f64 / trials as f64 - 1.0 / 7.0));
            found.push((interval.low, interval.high));
            let mean = mean_interval(&a, level).unwrap();
            prop_assert!(mean.interval.as_ref().unwrap().contains(mean.value));
            found.push((mean.interval.as_ref().unwrap().low, mean.interval.as_ref().unwrap().high));
            if let Ok(test) = paired_t(&a, &b, BOTH, level, REJECT) {
                prop_assert!(test.interval.contains(test.mean_difference));
            }
            let drawn = bootstrap_mean(&a, &Bootstrap { level, ..resampling(seed) }).unwrap();
            found.push((drawn.percentile.low, drawn.percentile.high));
            if let Some(narrower) = &before {
                for (inner, outer) in narrower.iter().zip(&found) {
                    prop_assert!(outer.0 <= inner.0 + 1e-12 && outer.1 >= inner.1 - 1e-12, "{:?} in {:?}", inner, outer);
                }
            }
            before = Some(found);
        }
    }

    #[test]
    fn adjusted_p_values_are_ordered_by_method(p in vec(0.0..=1.0_f64, 1..30)) {
        let wrapped: Vec<Option<f64>> = p.iter().copied().map(Some).collect();
        let by = |adjustment| -> Vec<f64> {
            adjust_p_values(&wrapped, adjustment).unwrap().into_iter().map(Option::unwrap).collect()
        };
        let slack = 1e-12;
        let ordered = |small: &[f64], large: &[f64]| small.iter().zip(large).all(|(s, l)| *s <= *l + slack);
        prop_assert!(ordered(&p, &by(Adjustment::Holm)));
        prop_assert!(ordered(&by(Adjustment::Holm), &by(Adjustment::Bonferroni)));
        prop_assert!(ordered(&by(Adjustment::Hochberg), &by(Adjustment::Holm)));
        prop_assert!(ordered(&by(Adjustment::Hommel), &by(Adjustment::Hochberg)));
        prop_assert!(ordered(&by(Adjustment::Sidak), &by(Adjustment::Bonferroni)));
        prop_assert!(ordered(&p, &by(Adjustment::BenjaminiHochberg)));
        prop_assert!(ordered(&by(Adjustment::BenjaminiHochberg), &by(Adjustment::BenjaminiYekutieli)));
        prop_assert!(by(Adjustment::BenjaminiYekutieli).iter().all(|p| (0.0..=1.0).contains(p)));
    }

    #[test]
    fn an_area_mirrors_and_knows_only_the_order(rows in classes(6..60)) {
        let (a, b, is_member) = columns(&rows);
        let area = |scores: &[f64]| LabeledScores::new(scores, &is_member).unwrap().auc();
        let mapped = |map: fn(f64) -> f64| a.iter().map(|score| map(*score)).collect::<Vec<f64>>();
        prop_assert!(near(area(&a), 1.0 - area(&mapped(|score| -score))));
        prop_assert!(near(area(&a), area(&mapped(|score| (score / 7.0).exp() * 1e6 - 3.0))));
        let estimate = auc_estimate(&LabeledScores::new(&a, &is_member).unwrap(), Level::DEFAULT, AucIntervalMethod::Logit);
        prop_assert!(near(estimate.auc, area(&a)));
        let (direct, swapped) = (
            delong_paired(&a, &b, &is_member, Level::DEFAULT).unwrap(),
            delong_paired(&b, &a, &is_member, Level::DEFAULT).unwrap(),
        );
        prop_assert!(near(direct.difference, -swapped.difference));
        let same = match (direct.p_value, swapped.p_value) {
            (Some(p), Some(q)) => near(p, q),
            (p, q) => p == q,
        };
        prop_assert!(same);
        let stretched = delong_paired(&a, &mapped(|score| 2.0 * score + 1.0), &is_member, Level::DEFAULT).unwrap();
        prop_assert!(stretched.difference.abs() < 1e-15 && stretched.p_value.is_none_or(|p| near(p, 1.0)));
    }

    #[test]
    fn items_that_share_nothing_need_no_clusters(rows in scores(2..40)) {
        let (a, _) = sides(&rows);
        let labels: Vec<usize> = (0..a.len()).map(|row| (row * 17) % 1009).collect();
        let found = clustered_mean(&a, &labels, Level::DEFAULT).unwrap();
        prop_assert!(near(found.se_cr1, found.se_independent) && near(found.se_cr1, found.se_miller));
    }

    #[test]
    fn on_zero_and_one_the_exact_flip_test_is_the_exact_mcnemar_test(
        both in 0_usize..6, only_a in 0_usize..9, only_b in 0_usize..9,
    ) {
        prop_assume!(only_a + only_b > 0);
        let of = |shared: f64, first: f64, second: f64| {
            [vec![shared; both], vec![first; only_a], vec![second; only_b]].concat()
        };
        let exact = SignFlip { mode: PermutationMode::Exact, ..SignFlip::default() };
        let flip = sign_flip(&of(1.0, 1.0, 0.0), &of(1.0, 0.0, 1.0), &exact).unwrap().p_value;
        let counts = PairedCounts { both: both as u64, only_a: only_a as u64, only_b: only_b as u64, neither: 0 };
        prop_assert!(near(flip, mcnemar(counts, McNemarMethod::Exact).unwrap().p_value));
    }

    #[test]
    fn the_same_added_to_both_models_changes_nothing(rows in scores(3..20), shift in -1000_i32..1000) {
        let (a, b) = sides(&rows);
        let moved = |side: &[f64]| side.iter().map(|score| score + f64::from(shift)).collect::<Vec<f64>>();
        let test = |a: &[f64], b: &[f64]| wilcoxon(a, b, &Wilcoxon::default()).map(|test| test.p_value);
        let same = match (test(&a, &b), test(&moved(&a), &moved(&b))) {
            (Ok(found), Ok(shifted)) => near(found, shifted),
            (found, shifted) => found == shifted,
        };
        prop_assert!(same);
        let exact = SignFlip { resamples: 200, ..SignFlip::default() };
        let flip = |a: &[f64], b: &[f64]| sign_flip(a, b, &exact).unwrap().p_value;
        prop_assert!(near(flip(&a, &b), flip(&moved(&a), &moved(&b))));
    }

    #[test]
    fn equivalence_within_a_margin_holds_within_a_wider_one(rows in scores(3..30), margin in 0.01..0.5_f64) {
        let (a, b) = sides(&rows);
        let p = |margin: f64| tost_paired(&a, &b, margin, 0.05, REJECT).map(|test| test.p_value);
        if let (Ok(narrow), Ok(wide)) = (p(margin), p(2.0 * margin)) {
            prop_assert!(wide <= narrow + 1e-12);
        }
    }
}
