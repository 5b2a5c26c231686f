//! Out-of-fold scores of a bag-of-words classifier.

use rayon::prelude::*;

use super::folds::stratified_folds;
use super::logistic::Logistic;
use super::word_features::{Counts, Vocabulary, count_ngrams};

/// One text with its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlindText<'a> {
    pub text: &'a str,
    pub is_member: bool,
    /// Texts that share a source: never one in training and one held out, or a name would betray the label.
    pub cluster: &'a str,
}

/// Settings of the bag-of-words classifier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlindOptions {
    /// Folds wanted, at least 2; fewer are used when a class has fewer clusters.
    pub folds: usize,
    /// Decides which cluster is in which fold.
    pub seed: u64,
    /// Texts of the training folds that a word must stand in.
    pub min_documents: usize,
    /// `C`: weight of the loss against the penalty, above 0.
    pub inverse_penalty: f64,
}

impl Default for BlindOptions {
    fn default() -> Self {
        Self { folds: 10, seed: 0, min_documents: 2, inverse_penalty: 1.0 }
    }
}

/// Out-of-fold scores, one a text, in the order of the texts.
#[derive(Debug, Clone, PartialEq)]
pub struct BagOfWordsScores {
    /// Decision value minus the mean decision value of its fold; higher = member.
    pub scores: Vec<f64>,
    /// Folds used.
    pub n_folds: usize,
}

/// Why there is no blind score.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BlindError {
    #[error(
        "a bag of words needs at least 2 clusters of each class, the smaller class has {smaller_class}; add texts or leave the blind baseline out"
    )]
    TooFewClusters { smaller_class: usize },
    #[error("`folds` is {folds}, but at least 2 are needed to hold a text out; raise it")]
    TooFewFolds { folds: usize },
    #[error("`inverse_penalty` is {value}, but must be a finite number above 0; use 1")]
    InvalidPenalty { value: f64 },
    #[error("the bag-of-words fit of fold {fold} did not converge in {steps} steps; lower `inverse_penalty`")]
    NotConverged { fold: usize, steps: usize },
}

/// Scores each text by L2 logistic regression on tf-idf of word 1-grams and 2-grams, trained on the other folds.
///
/// The same texts, clusters and seed give the same bytes, whatever the number of threads or the order of the texts
/// is, up to rounding of sums. Cost: folds times some hundred passes over all n-grams.
///
/// # Errors
/// Fewer than two clusters of a class, settings out of range, or a fit that does not converge.
pub fn bag_of_words(texts: &[BlindText<'_>], options: &BlindOptions) -> Result<BagOfWordsScores, BlindError> {
    if options.folds < 2 {
        return Err(BlindError::TooFewFolds { folds: options.folds });
    }
    if !(options.inverse_penalty.is_finite() && options.inverse_penalty > 0.0) {
        return Err(BlindError::InvalidPenalty { value: options.inverse_penalty });
    }
    let is_member: Vec<bool> = texts.iter().map(|text| text.is_member).collect();
    let clusters: Vec<&str> = texts.iter().map(|text| text.cluster).collect();
    let folds = stratified_folds(&is_member, &clusters, options.folds, options.seed)
        .map_err(|smaller_class| BlindError::TooFewClusters { smaller_class })?;
    let raw: Vec<&str> = texts.iter().map(|text| text.text).collect();
    let counts = count_ngrams(&raw);
    let held_out: Vec<Vec<(usize, f64)>> = (0..folds.n_folds)
        .into_par_iter()
        .map(|fold| score_fold(fold, &folds.of_text, &counts, &is_member, options))
        .collect::<Result<_, BlindError>>()?;
    let mut scores = vec![0.0; texts.len()];
    for (index, score) in held_out.into_iter().flatten() {
        scores[index] = score;
    }
    Ok(BagOfWordsScores { scores, n_folds: folds.n_folds })
}

/// Trains without `fold` and gives the centred decision values of its texts, by index.
fn score_fold(
    fold: usize,
    fold_of_text: &[usize],
    counts: &[Counts],
    is_member: &[bool],
    options: &BlindOptions,
) -> Result<Vec<(usize, f64)>, BlindError> {
    let (held_out, training): (Vec<usize>, Vec<usize>) =
        (0..counts.len()).partition(|&index| fold_of_text[index] == fold);
    let vocabulary = Vocabulary::fit(training.iter().map(|&index| &counts[index]), options.min_documents);
    let rows: Vec<_> = training.iter().map(|&index| vocabulary.row(&counts[index])).collect();
    let labels: Vec<bool> = training.iter().map(|&index| is_member[index]).collect();
    let classifier = Logistic::fit(&rows, &labels, vocabulary.n_columns(), options.inverse_penalty)
        .map_err(|failed| BlindError::NotConverged { fold, steps: failed.steps })?;
    let decisions: Vec<f64> =
        held_out.iter().map(|&index| classifier.decision(&vocabulary.row(&counts[index]))).collect();
    let centre = decisions.iter().sum::<f64>() / decisions.len().max(1) as f64;
    Ok(held_out.into_iter().zip(decisions).map(|(index, decision)| (index, decision - centre)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator for simulated texts.
    struct Stream(u64);

    impl Stream {
        fn below(&mut self, n: u64) -> u64 {
            // xorshift64*
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
        }

        fn words(&mut self, n_words: usize) -> String {
            (0..n_words).map(|_| format!("word{} ", self.below(60))).collect()
        }
    }

    /// Share of (member, non-member) pairs in the right order, ties counted half.
    fn area(scores: &[f64], is_member: &[bool]) -> f64 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for (member, _) in scores.iter().zip(is_member).filter(|(_, member)| **member) {
            for (other, _) in scores.iter().zip(is_member).filter(|(_, member)| !**member) {
                pairs += 1.0;
                won += if member > other {
                    1.0
                } else if member < other {
                    0.0
                } else {
                    0.5
                };
            }
        }
        won / pairs
    }

    fn simulated_area(seed: u64, n_members: usize, n: usize, share_planted: u64) -> f64 {
        let mut stream = Stream(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let is_member: Vec<bool> = (0..n).map(|index| index < n_members).collect();
        let names: Vec<String> = (0..n).map(|index| format!("item{index}")).collect();
        let texts: Vec<String> = is_member
            .iter()
            .map(|&member| {
                let mut text = stream.words(25);
                if member && stream.below(100) < share_planted {
                    text.push_str("wikipedia article");
                }
                text
            })
            .collect();
        let labelled: Vec<BlindText<'_>> = (0..n)
            .map(|index| BlindText { text: &texts[index], is_member: is_member[index], cluster: &names[index] })
            .collect();
        let result = bag_of_words(&labelled, &BlindOptions { seed, ..BlindOptions::default() }).expect("both classes");
        area(&result.scores, &is_member)
    }

    /// Mean and standard error of the pooled area over simulated data sets.
    fn mean_area(n_members: usize, n: usize, n_simulations: u64) -> (f64, f64) {
        let areas: Vec<f64> = (1..=n_simulations).map(|seed| simulated_area(seed, n_members, n, 0)).collect();
        let count = areas.len() as f64;
        let mean = areas.iter().sum::<f64>() / count;
        let variance = areas.iter().map(|area| (area - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, (variance / count).sqrt())
    }

    #[test]
    fn pooled_areas_are_centred_at_one_half_when_there_is_nothing_to_find() {
        for (n_members, n) in [(40, 80), (13, 60), (47, 60)] {
            let (mean, error) = mean_area(n_members, n, 60);
            assert!(error < 0.02, "{n_members} of {n}: standard error {error}");
            assert!((mean - 0.5).abs() < 3.0 * error, "{n_members} of {n}: {mean} +- {error}");
        }
    }

    #[test]
    fn areas_of_fair_splits_spread_by_the_stated_factor_more_than_independent_scores() {
        let n_simulations = 120;
        let (_, error) = mean_area(40, 80, n_simulations);
        let spread = error * (n_simulations as f64).sqrt();
        // Mann and Whitney: variance (n + 1) / (12 n1 n0) without ties.
        let independent = (81.0_f64 / (12.0 * 40.0 * 40.0)).sqrt();
        let factor = spread / independent;
        // The standard error of the ratio is about 0.09.
        assert!((factor - super::super::OUT_OF_FOLD_ERROR_FACTOR).abs() < 0.27, "{factor}");
    }

    #[test]
    fn planted_words_are_found() {
        for seed in 1..=5 {
            let planted = simulated_area(seed, 40, 80, 95);
            assert!(planted > 0.9, "seed {seed}: {planted}");
        }
    }

    #[test]
    fn a_name_shared_by_a_cluster_does_not_betray_the_label() {
        // Seven texts a person, labels by person: only the person's own name tells members from others.
        let mut stream = Stream(11);
        let mut texts = Vec::new();
        for person in 0..30 {
            for _ in 0..7 {
                texts.push((format!("name{person} surname{person} {}", stream.words(12)), person));
            }
        }
        let names: Vec<String> = (0..30).map(|person| format!("p{person}")).collect();
        let labelled: Vec<BlindText<'_>> = texts
            .iter()
            .map(|(text, person)| BlindText { text, is_member: person % 2 == 0, cluster: &names[*person] })
            .collect();
        let is_member: Vec<bool> = labelled.iter().map(|text| text.is_member).collect();
        let grouped = bag_of_words(&labelled, &BlindOptions::default()).expect("both classes");
        let by_text: Vec<String> = (0..labelled.len()).map(|index| index.to_string()).collect();
        let ungrouped: Vec<BlindText<'_>> =
            labelled.iter().zip(&by_text).map(|(text, cluster)| BlindText { cluster, ..*text }).collect();
        let leaking = bag_of_words(&ungrouped, &BlindOptions::default()).expect("both classes");
        assert!(area(&leaking.scores, &is_member) > 0.9);
        assert!(area(&grouped.scores, &is_member) < 0.7);
    }

    #[test]
    fn small_classes_get_fewer_folds_and_tiny_ones_none() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let make = |n_members: usize| -> Vec<BlindText<'_>> {
            let label = |(index, &cluster)| BlindText { text: "the same words", is_member: index < n_members, cluster };
            names.iter().enumerate().map(label).collect()
        };
        assert_eq!(bag_of_words(&make(3), &BlindOptions::default()).map(|s| s.n_folds), Ok(3));
        let too_few = Err(BlindError::TooFewClusters { smaller_class: 1 });
        assert_eq!(bag_of_words(&make(1), &BlindOptions::default()), too_few);
    }

    #[test]
    fn texts_without_a_known_word_still_get_a_score() {
        let labelled = ["a", "b", "c", "d"].map(|cluster| BlindText { text: "", is_member: cluster < "c", cluster });
        let result = bag_of_words(&labelled, &BlindOptions::default()).expect("two of each class");
        assert_eq!(result.scores, [0.0; 4]);
    }
}
