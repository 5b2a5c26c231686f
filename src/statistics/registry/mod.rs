//! The one list of statistical methods: what the command line runs by name, what `verify` holds against golden cases, what
//! cards and documents take names from.
//!
//! A method reads `params` and `input` as JSON, under the names of the golden files, and answers with a [`TestRecord`].

mod agreement;
mod distributions;
mod error;
mod families;
mod groups;
mod judged;
mod means;
mod paired;
mod planning;
mod proportions;
mod ranking;
mod regressions;
mod relations;
mod request;
mod roc;

use serde_json::{Map, Value};

use super::error::StatError;
use super::record::TestRecord;

pub use error::MethodError;
use request::Request;

/// A parameter of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Key in `params`.
    pub name: &'static str,
    /// What may stand there, with the default.
    pub values: &'static str,
}

/// A statistical method by name.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// Name on the command line, in records and golden files.
    pub name: &'static str,
    /// Name in prose: "McNemar mid-p".
    pub title: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// What must hold for the answer to mean what it says.
    pub assumptions: &'static str,
    /// Where it comes from.
    pub reference: &'static str,
    /// Fields of `input`.
    pub input: &'static str,
    /// Keys of `params`; all may be left out unless their values say "required".
    pub params: &'static [Param],
    run: fn(&Request<'_>) -> Result<TestRecord, MethodError>,
}

impl Method {
    /// Runs the method.
    ///
    /// # Errors
    /// [`MethodError::Input`] when `input` is not what the method reads, [`MethodError::Refused`] when the statistics refuse
    /// it. Unknown keys are ignored here; ask [`Method::unknown_params`].
    pub fn run(&self, params: &Map<String, Value>, input: &Map<String, Value>) -> Result<TestRecord, MethodError> {
        let request = Request::new(params, input);
        let mut record = (self.run)(&request)?;
        if record.has_nan() {
            return Err(StatError::Undefined { why: "the values are too large or too small to compute with" }.into());
        }
        self.name.clone_into(&mut record.method);
        record.params = request.into_params();
        Ok(record)
    }

    /// Keys of `params` that the method does not know.
    pub fn unknown_params<'a>(&self, params: &'a Map<String, Value>) -> impl Iterator<Item = &'a str> {
        let known: Vec<&str> = self.params.iter().map(|param| param.name).collect();
        params.keys().map(String::as_str).filter(move |key| !known.contains(key))
    }
}

/// All methods, in the order of the questions they answer.
pub fn methods() -> impl Iterator<Item = &'static Method> {
    [
        paired::METHODS,
        proportions::METHODS,
        means::METHODS,
        roc::METHODS,
        relations::METHODS,
        groups::METHODS,
        regressions::METHODS,
        ranking::METHODS,
        families::METHODS,
        planning::METHODS,
        agreement::METHODS,
        judged::METHODS,
        distributions::METHODS,
    ]
    .into_iter()
    .flatten()
}

/// The method of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Method> {
    methods().find(|method| method.name == name)
}

/// Key of `values` for what a reference implementation prints where it is wrong: its fields, and `why`. The record's own
/// fields hold the corrected numbers.
pub const COMPATIBLE: &str = "compatible";

/// The confidence level of intervals.
const LEVEL: Param = Param { name: "level", values: "in (0, 1); default 0.95" };
const ALTERNATIVE: Param = Param { name: "alternative", values: "two-sided (default), less, greater" };
const NAN_POLICY: Param = Param { name: "nan_policy", values: "reject (default), omit" };
const RESAMPLES: Param = Param { name: "resamples", values: "random draws; default 10,000" };
const SEED: Param = Param { name: "seed", values: "whole number; default 20240613" };
const ALPHA: Param = Param { name: "alpha", values: "in (0, 1); default 0.05" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_field_is_filled() {
        let mut names: Vec<&str> = methods().map(|method| method.name).collect();
        let n = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n);
        for method in methods() {
            let fields = [method.title, method.question, method.assumptions, method.reference, method.input];
            assert!(fields.iter().all(|field| !field.is_empty()), "{}", method.name);
            assert!(method.question.ends_with('?'), "{}", method.name);
        }
    }

    #[test]
    fn no_method_panics_on_nothing() {
        let empty = Map::new();
        for method in methods() {
            // Whatever it says to empty input, it says it as an error or as a table that needs none.
            let answer = method.run(&empty, &empty);
            assert!(answer.is_err() || method.input == "nothing", "{} answered {answer:?}", method.name);
        }
    }
}
