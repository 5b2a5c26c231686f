//! All blind predictors of one data set.

use super::super::membership::zlib_length;
use super::bag_of_words::{BlindError, BlindOptions, BlindText, bag_of_words};
use super::single_feature::{date_patterns, latest_year, length};

/// One blind predictor, for lists and method boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlindPredictor {
    /// Name in `results.json`.
    pub id: &'static str,
    /// What it is, in this harness's sign.
    pub meaning: &'static str,
}

const BAG_OF_WORDS: BlindPredictor = BlindPredictor {
    id: "bag_of_words",
    meaning: "out-of-fold decision value of L2 logistic regression on tf-idf of word 1-grams and 2-grams, folds \
              stratified by label and grouped by cluster, centred within each fold",
};
const ZLIB_LENGTH: BlindPredictor = BlindPredictor {
    id: "zlib_length",
    meaning: "bytes of the zlib stream of the text; above 0.5: members are longer",
};
const LENGTH: BlindPredictor =
    BlindPredictor { id: "length", meaning: "characters of the text; above 0.5: members are longer" };
const DATE: BlindPredictor = BlindPredictor {
    id: "date",
    meaning: "minus the largest year from 1900 to 2099 in the text, since training data are older; a text without a \
              year has no value",
};

const DATE_PATTERNS: BlindPredictor = BlindPredictor {
    id: "date_patterns",
    meaning: "years, ISO dates and names of months in the text; above 0.5: members hold more of them",
};

/// All predictors, in the order of [`blind_scores`].
pub const BLIND_PREDICTORS: &[BlindPredictor] = &[BAG_OF_WORDS, ZLIB_LENGTH, LENGTH, DATE, DATE_PATTERNS];

/// How much wider than independent scores out-of-fold scores make an area's standard error, about.
///
/// Each pair of texts enters twice, once as (training, held out) and once the other way, with the same similarity and
/// the same two labels. To first order the score of text i is a sum over j of label j times similarity (i, j), so the
/// sum over i doubles each term, and with it the variance. It does not shrink with more texts or folds. An interval
/// that ignores it calls a fair split separable in some 17 % of cases at a nominal 5 %.
pub const OUT_OF_FOLD_ERROR_FACTOR: f64 = std::f64::consts::SQRT_2;

/// Scores of one predictor, or why it has none.
#[derive(Debug, Clone, PartialEq)]
pub struct BlindScores {
    pub predictor: BlindPredictor,
    /// One a text, in the order of the texts; `None` where the text has no value. Higher = member.
    pub scores: Result<Vec<Option<f64>>, BlindError>,
    /// Folds used, for the predictor that is trained.
    pub n_folds: Option<usize>,
    /// Factor for the standard error of an area of these scores: 1, or [`OUT_OF_FOLD_ERROR_FACTOR`] when trained.
    pub error_factor: f64,
}

/// Scores all texts by all predictors; one predictor's failure leaves the others alone.
#[must_use]
pub fn blind_scores(texts: &[BlindText<'_>], options: &BlindOptions) -> Vec<BlindScores> {
    let single = |predictor, value: fn(&str) -> Option<f64>| BlindScores {
        predictor,
        scores: Ok(texts.iter().map(|text| value(text.text)).collect()),
        n_folds: None,
        error_factor: 1.0,
    };
    let trained = bag_of_words(texts, options);
    vec![
        BlindScores {
            predictor: BAG_OF_WORDS,
            error_factor: OUT_OF_FOLD_ERROR_FACTOR,
            n_folds: trained.as_ref().ok().map(|result| result.n_folds),
            scores: trained.map(|result| result.scores.into_iter().map(Some).collect()),
        },
        single(ZLIB_LENGTH, |text| Some(zlib_length(text) as f64)),
        single(LENGTH, |text| Some(length(text) as f64)),
        single(DATE, |text| latest_year(text).map(|year| -f64::from(year))),
        single(DATE_PATTERNS, |text| Some(date_patterns(text) as f64)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scores_come_in_the_order_of_the_table_and_of_the_texts() {
        let texts = [("a", "written in 1999", true), ("b", "no date", false), ("c", "of 2024", false)]
            .map(|(cluster, text, is_member)| BlindText { text, is_member, cluster });
        let all = blind_scores(&texts, &BlindOptions::default());
        let ids: Vec<&str> = all.iter().map(|scores| scores.predictor.id).collect();
        assert_eq!(ids, BLIND_PREDICTORS.iter().map(|predictor| predictor.id).collect::<Vec<_>>());
        // One member: nothing to train on, but the single numbers stand.
        assert_eq!(all[0].scores, Err(BlindError::TooFewClusters { smaller_class: 1 }));
        assert_eq!(all[2].scores, Ok(vec![Some(15.0), Some(7.0), Some(7.0)]));
        assert_eq!(all[3].scores, Ok(vec![Some(-1999.0), None, Some(-2024.0)]));
    }
}
