//! What the statistics promise, on simulated data with a fixed seed: intervals cover, p values are uniform when nothing is
//! there, tests keep their level. The tables of `docs/statistics.md` are made here and must agree with it.

use mnemoscope::statistics::{
    Alternative, AucIntervalMethod, Bootstrap, ChangePoint, Continuity, CorrelationMethod, DifferenceMethod,
    Discontinuity, FprRule, JudgeWeight, JudgedCounts, KappaWeights, KsMode, LabelPermutation, LabeledScores, Level,
    McNemarMethod, Measurement, MissingPolicy, PairedCounts, PhiCorrection, ProportionMethod, RunningIntersection,
    SequenceKind, SignFlip, TaskScores, Wilcoxon, auc_estimate, bootstrap_mean, change_point, cluster_bootstrap,
    cluster_contrast, clustered_mean, cohen_kappa, confidence_sequence, correlation, delong_paired, discontinuity,
    friedman, kolmogorov_sf, krippendorff_interval, ks_test, label_permutation, mann_whitney, mcnemar, mean_interval,
    newcombe_paired, normal_quantile, paired_t, prediction_powered_mean, proportion_difference, proportion_interval,
    registry, rogan_gladen, sign_flip, sign_flip_clustered, student_t_two_sided, tango_paired, tpr_at_fpr,
    tpr_at_fpr_resampled, wald_paired, wilcoxon,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::support::repository;

/// Simulated data sets for each line of a table.
const SIMULATIONS: u64 = 2000;

/// A random stream for one simulated data set.
struct Draws(ChaCha8Rng);

impl Draws {
    fn new(label: &str, index: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(mnemoscope::statistics::seed_for(index, label)))
    }

    /// In (0, 1).
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    fn normals(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }

    fn is(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    fn successes(&mut self, n: u64, p: f64) -> u64 {
        (0..n).filter(|_| self.is(p)).count() as u64
    }

    /// Scores of pairs: a common part and one of each side, A shifted.
    fn pairs(&mut self, n: usize, shift: f64) -> (Vec<f64>, Vec<f64>) {
        (0..n)
            .map(|_| {
                let common = self.normal();
                (common + self.normal() + shift, common + self.normal())
            })
            .unzip()
    }

    /// Items in clusters that share an effect.
    fn clustered(&mut self, clusters: usize, size: usize) -> (Vec<f64>, Vec<usize>) {
        let mut values = Vec::new();
        let mut labels = Vec::new();
        for cluster in 0..clusters {
            let shared = self.normal();
            for _ in 0..size {
                values.push(shared + self.normal());
                labels.push(cluster);
            }
        }
        (values, labels)
    }

    fn table(&mut self, n: usize, chances: [f64; 3]) -> PairedCounts {
        let mut counts = [0_u64; 4];
        for _ in 0..n {
            let u = self.uniform();
            let mut edge = 0.0;
            let place = chances.iter().position(|chance| {
                edge += chance;
                u < edge
            });
            counts[place.unwrap_or(3)] += 1;
        }
        PairedCounts { both: counts[0], only_a: counts[1], only_b: counts[2], neither: counts[3] }
    }

    /// Scores of `n` members and `n` non-members, two of each item, members shifted.
    fn scored(&mut self, n: usize, shift_a: f64, shift_b: f64) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
        let (mut a, mut b, mut is_member) = (Vec::new(), Vec::new(), Vec::new());
        for item in 0..2 * n {
            let common = self.normal();
            let member = item < n;
            let shift = |size: f64| if member { size } else { 0.0 };
            a.push(0.7 * common + 0.7 * self.normal() + shift(shift_a));
            b.push(0.7 * common + 0.7 * self.normal() + shift(shift_b));
            is_member.push(member);
        }
        (a, b, is_member)
    }
}

/// Share of simulated data sets for which `holds`.
fn share(label: &str, holds: impl Fn(&mut Draws) -> bool + Sync) -> f64 {
    let hits = (0..SIMULATIONS).into_par_iter().filter(|&index| holds(&mut Draws::new(label, index))).count();
    hits as f64 / SIMULATIONS as f64
}

/// What theory says of an interval.
#[derive(Clone, Copy, PartialEq)]
enum Promise {
    /// Near 95 %: must be measured between 93.5 and 96.5.
    Near,
    /// At least 95 %.
    AtLeast,
    /// Known to be off, for the reason given.
    Off(&'static str),
}

struct Covered {
    method: &'static str,
    data: &'static str,
    promise: Promise,
    covered: f64,
}

const fn level() -> Level {
    Level::DEFAULT
}

fn resampling(draws: &mut Draws) -> Bootstrap {
    Bootstrap { resamples: 999, seed: draws.0.next_u64(), ..Bootstrap::default() }
}

fn coverage() -> Vec<Covered> {
    let mut rows = Vec::new();
    let mut line = |method, data, promise, holds: &(dyn Fn(&mut Draws) -> bool + Sync)| {
        rows.push(Covered { method, data, promise, covered: share(&format!("{method}/{data}"), holds) });
    };
    // One share: the chance itself is drawn anew each time, since at one chance coverage jumps with n.
    let of_share = |method: ProportionMethod, trials: u64| {
        move |draws: &mut Draws| {
            let p = 0.02 + 0.96 * draws.uniform();
            let successes = draws.successes(trials, p);
            proportion_interval(successes, trials, level(), method).unwrap().contains(p)
        }
    };
    let few = "30 items, chance drawn from 0.02 to 0.98";
    line("Wilson", few, Promise::Near, &of_share(ProportionMethod::Wilson, 30));
    line("Jeffreys", few, Promise::Near, &of_share(ProportionMethod::Jeffreys, 30));
    line("Agresti-Coull", few, Promise::Near, &of_share(ProportionMethod::AgrestiCoull, 30));
    line("Clopper-Pearson", few, Promise::AtLeast, &of_share(ProportionMethod::ClopperPearson, 30));
    line("Wilson, continuity", few, Promise::AtLeast, &of_share(ProportionMethod::WilsonContinuity, 30));
    let too_narrow = "the normal approximation fails for small n and near 0 and 1";
    line("Wald", few, Promise::Off(too_narrow), &of_share(ProportionMethod::Wald, 30));
    // Paired shares.
    let tables = "80 pairs; chances 0.4, 0.2, 0.1, 0.3";
    let chances = [0.4, 0.2, 0.1];
    line("Newcombe, paired", tables, Promise::Near, &|draws| {
        let counts = draws.table(80, chances);
        newcombe_paired(counts, level(), PhiCorrection::Corrected).unwrap().interval.contains(0.1)
    });
    line("Tango", tables, Promise::Near, &|draws| {
        tango_paired(draws.table(80, chances), level()).unwrap().interval.unwrap().contains(0.1)
    });
    line("Wald, paired", "20 pairs; chances 0.8, 0.1, 0.02, 0.08", Promise::Off(too_narrow), &|draws| {
        wald_paired(draws.table(20, [0.8, 0.1, 0.02]), level()).unwrap().interval.unwrap().contains(0.08)
    });
    // Two groups.
    let of_groups = |method: DifferenceMethod| {
        move |draws: &mut Draws| {
            let (p, q) = (0.1 + 0.8 * draws.uniform(), 0.1 + 0.8 * draws.uniform());
            let (first, second) = (draws.successes(40, p), draws.successes(50, q));
            proportion_difference((first, 40), (second, 50), level(), method).unwrap().interval.unwrap().contains(p - q)
        }
    };
    let groups = "40 and 50 items, chances drawn from 0.1 to 0.9";
    line("Newcombe, two groups", groups, Promise::Near, &of_groups(DifferenceMethod::Newcombe));
    line("Agresti-Caffo", groups, Promise::Near, &of_groups(DifferenceMethod::AgrestiCaffo));
    line("Miettinen-Nurminen", groups, Promise::Near, &of_groups(DifferenceMethod::MiettinenNurminen));
    // Means.
    line("t, mean", "20 normal items", Promise::Near, &|draws| {
        mean_interval(&draws.normals(20), level()).unwrap().interval.unwrap().contains(0.0)
    });
    line("t, paired", "20 normal pairs", Promise::Near, &|draws| {
        let (a, b) = draws.pairs(20, 0.5);
        paired_t(&a, &b, Alternative::TwoSided, level(), MissingPolicy::Reject).unwrap().interval.contains(0.5)
    });
    let of_bootstrap = |kind: &'static str, is_skewed: bool| {
        move |draws: &mut Draws| {
            let values: Vec<f64> = draws.normals(50).into_iter().map(|z| if is_skewed { z.exp() } else { z }).collect();
            let truth = if is_skewed { 0.5_f64.exp() } else { 0.0 };
            let found = bootstrap_mean(&values, &resampling(draws)).unwrap();
            match kind {
                "percentile" => found.percentile.contains(truth),
                "BCa" => found.bca.contains(truth),
                _ => found.studentized.unwrap().contains(truth),
            }
        }
    };
    line("bootstrap, BCa", "50 normal items", Promise::Near, &of_bootstrap("BCa", false));
    let short = "percentiles come out short by the factor √(1 − 1/n)";
    line("bootstrap, percentile", "50 normal items", Promise::Off(short), &of_bootstrap("percentile", false));
    line("bootstrap, studentised", "50 normal items", Promise::Near, &of_bootstrap("studentised", false));
    let skew = "a sample of 50 seldom holds the long tail";
    line("bootstrap, BCa", "50 lognormal items", Promise::Off(skew), &of_bootstrap("BCa", true));
    line("bootstrap, percentile", "50 lognormal items", Promise::Off(skew), &of_bootstrap("percentile", true));
    line("bootstrap, studentised", "50 lognormal items", Promise::Off(skew), &of_bootstrap("studentised", true));
    // Clusters.
    let of_clusters = |clusters: usize| {
        move |draws: &mut Draws| {
            let (values, labels) = draws.clustered(clusters, 5);
            clustered_mean(&values, &labels, level()).unwrap().interval.contains(0.0)
        }
    };
    line("clustered t (CR1)", "30 clusters of 5", Promise::Near, &of_clusters(30));
    line("clustered t (CR1)", "6 clusters of 5", Promise::Near, &of_clusters(6));
    line("t that ignores clusters", "30 clusters of 5", Promise::Off("items of a cluster are alike"), &|draws| {
        let (values, _) = draws.clustered(30, 5);
        mean_interval(&values, level()).unwrap().interval.unwrap().contains(0.0)
    });
    line(
        "cluster bootstrap",
        "30 clusters of 5",
        Promise::Off("percentiles of few clusters come out short"),
        &|draws| {
            let (values, labels) = draws.clustered(30, 5);
            cluster_bootstrap(&values, &labels, &resampling(draws)).unwrap().percentile.contains(0.0)
        },
    );
    line(
        "difference of means over clusters, bootstrap",
        "30 + 30 clusters of 5",
        Promise::Off("percentiles of few clusters come out short"),
        &|draws| {
            let (values, labels) = draws.clustered(60, 5);
            let is_first: Vec<bool> = labels.iter().map(|label| *label < 30).collect();
            cluster_contrast(&values, &is_first, &labels, &resampling(draws)).unwrap().percentile.contains(0.0)
        },
    );
    // Jumps.
    line("regression discontinuity, HC1", "400 rows, jump 0.5", Promise::Near, &|draws| {
        let running: Vec<f64> = (0..400).map(|row| f64::from(row - 200) / 10.0).collect();
        let outcome: Vec<f64> = running
            .iter()
            .map(|x| 0.05 * x + if *x < 0.0 { 0.0 } else { 0.5 } + (1.0 + 0.05 * x.abs()) * draws.normal())
            .collect();
        discontinuity(&running, &outcome, None, &Discontinuity::default()).unwrap().interval.contains(0.5)
    });
    // Areas.
    let binormal = |shift: f64| mnemoscope::statistics::normal_cdf(shift / 2.0_f64.sqrt() / 0.98_f64.sqrt());
    line("DeLong, logit", "60 + 60 items, AUC 0.76", Promise::Near, &|draws| {
        let (scores, _, is_member) = draws.scored(60, 1.0, 0.0);
        let data = LabeledScores::new(&scores, &is_member).unwrap();
        auc_estimate(&data, level(), AucIntervalMethod::Logit).interval.unwrap().contains(binormal(1.0))
    });
    line("DeLong, Wald", "20 + 20 items, AUC 0.92", Promise::Off("an area near 1 has a skewed estimate"), &|draws| {
        let (scores, _, is_member) = draws.scored(20, 2.0, 0.0);
        let data = LabeledScores::new(&scores, &is_member).unwrap();
        auc_estimate(&data, level(), AucIntervalMethod::WaldClipped).interval.unwrap().contains(binormal(2.0))
    });
    line("DeLong, paired difference", "60 + 60 items", Promise::Near, &|draws| {
        let (a, b, is_member) = draws.scored(60, 1.0, 0.5);
        let test = delong_paired(&a, &b, &is_member, level()).unwrap();
        test.interval.unwrap().contains(binormal(1.0) - binormal(0.5))
    });
    // The true rate at the true threshold: Φ(shift - z of the bound).
    let rate = mnemoscope::statistics::normal_cdf(1.0 / 0.98_f64.sqrt() + normal_quantile(0.1));
    line(
        "Clopper-Pearson, TPR at FPR 0.1",
        "100 + 100 items",
        Promise::Off("takes the threshold as known"),
        &|draws| {
            let (scores, _, is_member) = draws.scored(100, 1.0, 0.0);
            let data = LabeledScores::new(&scores, &is_member).unwrap();
            let found = tpr_at_fpr(&data, 0.1, FprRule::Conservative, level()).unwrap();
            found.interval.unwrap().contains(rate)
        },
    );
    line("bootstrap, TPR at FPR 0.1", "100 + 100 items", Promise::Near, &|draws| {
        let (scores, _, is_member) = draws.scored(100, 1.0, 0.0);
        let data = LabeledScores::new(&scores, &is_member).unwrap();
        let found = tpr_at_fpr_resampled(&data, 0.1, FprRule::Conservative, &resampling(draws)).unwrap();
        found.interval.unwrap().contains(rate)
    });
    // Relations and agreement.
    let of_correlation = |method: CorrelationMethod, truth: f64| {
        move |draws: &mut Draws| {
            let (x, y): (Vec<f64>, Vec<f64>) = (0..40)
                .map(|_| {
                    let common = draws.normal();
                    (common + draws.normal(), common + draws.normal())
                })
                .unzip();
            correlation(&x, &y, method, level()).unwrap().interval.unwrap().contains(truth)
        }
    };
    line(
        "Pearson, Fisher",
        "40 normal pairs, rho 0.5",
        Promise::Near,
        &of_correlation(CorrelationMethod::Pearson, 0.5),
    );
    let spearman = 6.0 / std::f64::consts::PI * 0.25_f64.asin();
    line(
        "Spearman, Bonett-Wright",
        "40 normal pairs, rho 0.5",
        Promise::Near,
        &of_correlation(CorrelationMethod::Spearman, spearman),
    );
    // Two raters who agree by copying in 60 % of the units and draw three categories alike otherwise: kappa and alpha 0.6.
    let ratings = |draws: &mut Draws, n: usize| -> Vec<Vec<f64>> {
        (0..n)
            .map(|_| {
                let mut category = || (3.0 * draws.uniform()).floor();
                let (first, second) = (category(), category());
                if draws.is(0.6) { vec![first, first] } else { vec![first, second] }
            })
            .collect()
    };
    line("Cohen's kappa", "100 units, kappa 0.6", Promise::Near, &|draws| {
        let units = ratings(draws, 100);
        cohen_kappa(&units, KappaWeights::None, None, level()).unwrap().interval.contains(0.6)
    });
    line("Krippendorff's alpha, bootstrap", "100 units, alpha 0.6", Promise::Near, &|draws| {
        let units = ratings(draws, 100);
        krippendorff_interval(&units, Measurement::Nominal, &resampling(draws)).unwrap().interval.contains(0.6)
    });
    // Judges.
    line("Rogan-Gladen", "500 judged, 200 + 200 known; rate 0.4", Promise::Near, &|draws| {
        let truth: u64 = draws.successes(500, 0.4);
        let judged_positive = draws.successes(truth, 0.9) + draws.successes(500 - truth, 0.15);
        let counts = JudgedCounts {
            judged_positive,
            n: 500,
            true_positives: draws.successes(200, 0.9),
            positives: 200,
            true_negatives: draws.successes(200, 0.85),
            negatives: 200,
        };
        rogan_gladen(counts, level()).unwrap().interval.contains(0.4)
    });
    let of_judge = |weight: JudgeWeight| {
        move |draws: &mut Draws| {
            let mut item = || {
                let truth = draws.is(0.6);
                let judged = if draws.is(0.85) { truth } else { !truth };
                (f64::from(u8::from(truth)), f64::from(u8::from(judged)))
            };
            let (labels, judged): (Vec<f64>, Vec<f64>) = (0..150).map(|_| item()).unzip();
            let others: Vec<f64> = (0..1500).map(|_| item().1).collect();
            let found = prediction_powered_mean(&labels, &judged, &others, weight, level()).unwrap();
            found.interval.contains(0.6)
        }
    };
    let labelled = "150 labelled, 1,500 judged; mean 0.6";
    let fitted = "the weight is fitted to the same labels, and the interval takes it as known";
    line("prediction-powered, optimal weight", labelled, Promise::Off(fitted), &of_judge(JudgeWeight::Optimal));
    line("prediction-powered, weight 1", labelled, Promise::Near, &of_judge(JudgeWeight::Fixed(1.0)));
    // At all times together.
    for (method, kind) in [
        ("confidence sequence, empirical Bernstein", SequenceKind::EmpiricalBernstein),
        ("confidence sequence, Hoeffding", SequenceKind::Hoeffding),
    ] {
        line(method, "400 coins of 0.7, all times together", Promise::AtLeast, &move |draws| {
            let coins: Vec<f64> = (0..400).map(|_| f64::from(u8::from(draws.is(0.7)))).collect();
            let found = confidence_sequence(&coins, 0.05, kind, RunningIntersection::Off).unwrap();
            found.low.iter().zip(&found.high).all(|(low, high)| *low <= 0.7 && 0.7 <= *high)
        });
    }
    rows
}

#[test]
fn intervals_cover_what_theory_promises_and_the_document_says_so() {
    let rows = coverage();
    let mut table = String::from("| interval | data | promise | covered |\n|---|---|---|---:|\n");
    let mut broken = Vec::new();
    for row in &rows {
        let promise = match row.promise {
            Promise::Near => "95 %".to_owned(),
            Promise::AtLeast => "at least 95 %".to_owned(),
            Promise::Off(why) => format!("known to be off: {why}"),
        };
        table.push_str(&format!("| {} | {} | {promise} | {:.1} % |\n", row.method, row.data, 100.0 * row.covered));
        let holds = match row.promise {
            Promise::Near => (0.935..=0.965).contains(&row.covered),
            // Three standard errors of the simulation.
            Promise::AtLeast => row.covered >= 0.95 - 3.0 * (0.05_f64 * 0.95 / SIMULATIONS as f64).sqrt(),
            Promise::Off(_) => true,
        };
        if !holds {
            broken.push(format!("{} on {}: {:.4}", row.method, row.data, row.covered));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_documented("coverage", &table, 0.25);
}

/// p values of simulated data without a difference.
fn null_p(label: &str, p: impl Fn(&mut Draws) -> f64 + Sync) -> Vec<f64> {
    (0..SIMULATIONS).into_par_iter().map(|index| p(&mut Draws::new(label, index))).collect()
}

#[test]
fn tests_keep_their_level_and_continuous_ones_have_uniform_p_values() {
    /// Whether p is uniform, or jumps since the data are counts or ranks of few items.
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Uniform,
        Discrete,
        /// Never above its level, often below.
        Conservative,
    }
    let two_sided = Alternative::TwoSided;
    let flips = |draws: &mut Draws| SignFlip { resamples: 1999, seed: draws.0.next_u64(), ..SignFlip::default() };
    let clustered_pairs = |draws: &mut Draws, clusters: usize| {
        let (a, labels) = draws.clustered(clusters, 4);
        let (b, _) = draws.clustered(clusters, 4);
        (a, b, labels)
    };
    let mut rows: Vec<(&str, &str, Kind, Vec<f64>)> = Vec::new();
    let mut line = |name, data, kind, p: &(dyn Fn(&mut Draws) -> f64 + Sync)| {
        rows.push((name, data, kind, null_p(&format!("null/{name}/{data}"), p)));
    };
    line("paired t", "25 pairs", Kind::Uniform, &|draws| {
        let (a, b) = draws.pairs(25, 0.0);
        paired_t(&a, &b, two_sided, level(), MissingPolicy::Reject).unwrap().p_value
    });
    line("sign-flip permutation", "25 pairs", Kind::Uniform, &|draws| {
        let (a, b) = draws.pairs(25, 0.0);
        let settings = flips(draws);
        sign_flip(&a, &b, &settings).unwrap().p_value
    });
    line("Wilcoxon signed-rank", "60 pairs", Kind::Uniform, &|draws| {
        let (a, b) = draws.pairs(60, 0.0);
        wilcoxon(&a, &b, &Wilcoxon::default()).unwrap().p_value
    });
    line("DeLong paired", "80 + 80 items", Kind::Uniform, &|draws| {
        let (a, b, is_member) = draws.scored(80, 0.8, 0.8);
        delong_paired(&a, &b, &is_member, level()).unwrap().p_value.unwrap()
    });
    line("clustered t", "40 clusters of 4", Kind::Uniform, &|draws| {
        let (a, b, labels) = clustered_pairs(draws, 40);
        let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let found = clustered_mean(&differences, &labels, level()).unwrap();
        student_t_two_sided(found.mean / found.se_cr1, found.degrees_of_freedom)
    });
    line("cluster sign flip", "30 clusters of 4", Kind::Uniform, &|draws| {
        let (a, b, labels) = clustered_pairs(draws, 30);
        let settings = flips(draws);
        sign_flip_clustered(&a, &b, &labels, &settings).unwrap().p_value
    });
    line("cluster sign flip", "8 clusters of 4", Kind::Discrete, &|draws| {
        let (a, b, labels) = clustered_pairs(draws, 8);
        let settings = flips(draws);
        sign_flip_clustered(&a, &b, &labels, &settings).unwrap().p_value
    });
    line("Iman-Davenport F", "15 tasks, 5 models", Kind::Discrete, &|draws| {
        let table = TaskScores::new((0..15).map(|_| draws.normals(5)).collect()).unwrap();
        friedman(&table).unwrap().iman_davenport_p
    });
    line("McNemar mid-p", "100 pairs, 30 % discordant", Kind::Discrete, &|draws| {
        mcnemar(draws.table(100, [0.4, 0.15, 0.15]), McNemarMethod::MidP).unwrap().p_value
    });
    line("McNemar exact", "100 pairs, 30 % discordant", Kind::Conservative, &|draws| {
        mcnemar(draws.table(100, [0.4, 0.15, 0.15]), McNemarMethod::Exact).unwrap().p_value
    });
    line("Kolmogorov-Smirnov, exact", "40 and 50 items", Kind::Conservative, &|draws| {
        let (a, b) = (draws.normals(40), draws.normals(50));
        ks_test(&a, &b, two_sided, KsMode::Exact).unwrap().p_value
    });
    line("label permutation", "20 and 25 items", Kind::Uniform, &|draws| {
        let (a, b) = (draws.normals(20), draws.normals(25));
        let settings = LabelPermutation { resamples: 1999, seed: draws.0.next_u64(), ..LabelPermutation::default() };
        label_permutation(&a, &b, &settings).unwrap().p_two_sided
    });
    line("Mann-Whitney", "40 and 50 items", Kind::Discrete, &|draws| {
        let (a, b) = (draws.normals(40), draws.normals(50));
        mann_whitney(&a, &b, two_sided, Continuity::Corrected).unwrap().p_value
    });
    line("Bernoulli change point", "60 coins", Kind::Conservative, &|draws| {
        let hits: Vec<bool> = (0..60).map(|_| draws.is(0.6)).collect();
        let settings = ChangePoint { permutations: 199, seed: draws.0.next_u64(), ..ChangePoint::default() };
        change_point(&hits, &settings).unwrap().p_value.unwrap()
    });
    let mut table = String::from(
        "| test | data without a difference | rejected at 5 % | p uniform (KS p) |\n|---|---|---:|---:|\n",
    );
    let mut broken = Vec::new();
    for (name, data, kind, mut p) in rows {
        let rejected = p.iter().filter(|p| **p <= 0.05).count() as f64 / p.len() as f64;
        p.sort_by(f64::total_cmp);
        let n = p.len() as f64;
        let distance = p
            .iter()
            .enumerate()
            .map(|(index, p)| (p - index as f64 / n).max((index + 1) as f64 / n - p))
            .fold(0.0, f64::max);
        let uniform = kolmogorov_sf(distance, SIMULATIONS);
        let told = if kind == Kind::Uniform { format!("{uniform:.2}") } else { "steps".to_owned() };
        table.push_str(&format!("| {name} | {data} | {:.1} % | {told} |\n", 100.0 * rejected));
        let holds = match kind {
            Kind::Uniform => (0.035..=0.065).contains(&rejected) && uniform > 0.001,
            Kind::Discrete => (0.035..=0.065).contains(&rejected),
            Kind::Conservative => rejected <= 0.065,
        };
        if !holds {
            broken.push(format!("{name} on {data}: rejected {rejected:.4}, KS p {uniform:.5}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_documented("level", &table, 0.25);
}

#[test]
fn the_document_lists_every_method_of_the_registry() {
    let mut table = String::from("| method | name | question | assumptions | reference |\n|---|---|---|---|---|\n");
    for method in registry::methods() {
        table.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            method.name, method.title, method.question, method.assumptions, method.reference
        ));
    }
    assert_documented("methods", &table, 0.0);
}

/// The part of `docs/statistics.md` between `<!-- NAME -->` and `<!-- /NAME -->` is `text`; with `MNEMOSCOPE_WRITE_DOCS` set it
/// is made so. Numbers may differ by `slack`: another system's logarithm can tip a simulated data set over an edge.
#[track_caller]
fn assert_documented(name: &str, text: &str, slack: f64) {
    let path = repository("docs/statistics.md");
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    // Tests of one document run side by side, and each writes only its own part.
    static WRITING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let document = std::fs::read_to_string(&path).expect("the document of the statistics");
    let start = document.find(&open).unwrap_or_else(|| panic!("no {open:?} in the document")) + open.len();
    let end = start + document[start..].find(&close).unwrap_or_else(|| panic!("no {close:?} in the document"));
    if std::env::var_os("MNEMOSCOPE_WRITE_DOCS").is_some() {
        let written = format!("{}{text}{}", &document[..start], &document[end..]);
        std::fs::write(&path, written).expect("the document can be written");
    } else {
        assert!(
            is_same(&document[start..end], text, slack),
            "docs/statistics.md is stale in `{name}`; run the tests with MNEMOSCOPE_WRITE_DOCS=1. Now:\n{text}"
        );
    }
}

/// Whether two tables agree cell by cell, numbers up to `slack`.
fn is_same(written: &str, text: &str, slack: f64) -> bool {
    let number = |cell: &str| cell.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    let same_cell = |left: &str, right: &str| {
        let numbers = number(left).zip(number(right));
        left == right || numbers.is_some_and(|(left, right)| (left - right).abs() <= slack)
    };
    let (left, right): (Vec<&str>, Vec<&str>) = (written.split('|').collect(), text.split('|').collect());
    left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| same_cell(left, right))
}
