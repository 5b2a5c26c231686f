//! What the text alone, without any model, says about membership.
//!
//! If a bag of words tells members from non-members, then the split itself is separable, and an attack's success on
//! it proves nothing about memory. Scores are in this harness's sign: higher = member. No aggregate is made here.
//!
//! [`bag_of_words`] is out-of-fold: no text is scored by a classifier that saw it, nor another text of its cluster.
//! Three rules keep pooled scores honest (the tests show it on data with nothing to find):
//! folds hold the classes in equal shares, vocabulary and document frequencies come from the training folds only,
//! and scores are centred within each fold, since a fold that by chance holds more members leaves fewer for training,
//! which lowers its classifier's intercept and would push pooled areas below one half.

mod bag_of_words;
mod folds;
mod logistic;
mod predictor;
mod single_feature;
mod word_features;

pub use bag_of_words::{BagOfWordsScores, BlindError, BlindOptions, BlindText, bag_of_words};
pub use predictor::{BLIND_PREDICTORS, BlindPredictor, BlindScores, OUT_OF_FOLD_ERROR_FACTOR, blind_scores};
pub use single_feature::{date_patterns, latest_year, length};
