//! Do raters agree beyond chance.

use serde_json::{Map, Value, json};

use super::error::MethodError;
use super::request::{Request, values};
use super::{LEVEL, Method, Param, RESAMPLES, SEED};
use crate::statistics::agreement::cohen::{KappaWeights, cohen_kappa as kappa, raw_agreement};
use crate::statistics::agreement::fleiss::fleiss_kappa as fleiss;
use crate::statistics::agreement::krippendorff::{
    Measurement, krippendorff_alpha as alpha, krippendorff_interval, krippendorff_interval_from_indices,
};
use crate::statistics::error::StatError;
use crate::statistics::record::{TestRecord, limits};
use crate::statistics::resample::stream::Bootstrap;

const RATINGS: &str = "ratings: a list of units, each the raters' numbers in one order (null: missing)";
const SCALE: Param = Param { name: "level", values: "of measurement: nominal (default), ordinal, interval, ratio" };
const CONFIDENCE: Param = Param { name: "confidence", values: "in (0, 1); default 0.95" };

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "cohen_kappa",
        title: "Cohen's kappa",
        question: "do two raters agree beyond chance?",
        assumptions: "two raters; units independent; depends on prevalence: print the raw agreement beside it",
        reference: "Cohen 1960, 1968; SE of Fleiss, Cohen & Everitt 1969",
        input: RATINGS,
        params: &[
            LEVEL,
            Param { name: "weights", values: "none (default), linear, quadratic" },
            Param { name: "categories", values: "list of numbers: the scale, where not all of it occurs" },
        ],
        run: cohen_kappa,
    },
    Method {
        name: "fleiss_kappa",
        title: "Fleiss' kappa",
        question: "do several raters agree beyond chance?",
        assumptions: "every unit has the same number of ratings; units independent",
        reference: "Fleiss 1971; Randolph 2005",
        input: RATINGS,
        params: &[],
        run: fleiss_kappa,
    },
    Method {
        name: "krippendorff_alpha",
        title: "Krippendorff's alpha",
        question: "do raters agree beyond chance, with ratings missing and on any scale?",
        assumptions: "units independent",
        reference: "Krippendorff 2011",
        input: RATINGS,
        params: &[SCALE],
        run: krippendorff_alpha,
    },
    Method {
        name: "krippendorff_bootstrap",
        title: "Krippendorff's alpha with an interval",
        question: "how sure is Krippendorff's alpha?",
        assumptions: "units independent",
        reference: "percentile bootstrap over units",
        input: "ratings as for krippendorff_alpha; indices: rows of resamples, where they are given",
        params: &[SCALE, CONFIDENCE, RESAMPLES, SEED],
        run: krippendorff_bootstrap,
    },
];

fn cohen_kappa(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let weights = request.choice(
        "weights",
        KappaWeights::None,
        &[("none", KappaWeights::None), ("linear", KappaWeights::Linear), ("quadratic", KappaWeights::Quadratic)],
    )?;
    let declared = match request.raw_param("categories") {
        None => None,
        Some(list) => {
            let numbers = list.as_array().and_then(|list| list.iter().map(Value::as_f64).collect::<Option<Vec<_>>>());
            Some(numbers.ok_or_else(|| StatError::invalid("categories", "a list of numbers is needed"))?)
        }
    };
    let ratings = request.table("ratings")?;
    let found = kappa(&ratings, weights, declared.as_deref(), level).map_err(|error| {
        let raw = raw_agreement(&ratings).ok().map(|raw| ("observed_agreement".to_owned(), json!(raw.observed)));
        MethodError::from(error).with(Map::from_iter(raw))
    })?;
    Ok(TestRecord {
        n_used: Some(found.n_used as u64),
        n_dropped: Some(found.n_dropped as u64),
        estimate: Some(found.kappa),
        ci: Some(found.interval),
        values: values(json!({
            "kappa": found.kappa,
            "observed_agreement": found.observed_agreement,
            "se": found.standard_error,
            "se_null": found.null_standard_error,
            "categories": found.categories,
            "prevalence": found.prevalence,
        })),
        ..TestRecord::default()
    })
}

fn fleiss_kappa(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let found = fleiss(&request.table("ratings")?)?;
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        estimate: Some(found.kappa),
        values: values(json!({
            "kappa": found.kappa,
            "randolph": found.randolph,
            "observed_agreement": found.observed_agreement,
            "categories": found.categories,
            "prevalence": found.prevalence,
        })),
        ..TestRecord::default()
    })
}

fn measurement(request: &Request<'_>) -> Result<Measurement, StatError> {
    request.choice(
        "level",
        Measurement::Nominal,
        &[
            ("nominal", Measurement::Nominal),
            ("ordinal", Measurement::Ordinal),
            ("interval", Measurement::Interval),
            ("ratio", Measurement::Ratio),
        ],
    )
}

fn krippendorff_alpha(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let scale = measurement(request)?;
    let found = alpha(&request.table("ratings")?, scale)?;
    Ok(TestRecord {
        n_used: Some(found.n_used as u64),
        n_dropped: Some(found.n_dropped as u64),
        estimate: Some(found.alpha),
        values: values(json!({"alpha": found.alpha, "n_ratings": found.n_ratings})),
        ..TestRecord::default()
    })
}

fn krippendorff_bootstrap(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let scale = measurement(request)?;
    let level = request.level_named("confidence")?;
    let settings = Bootstrap { resamples: request.resamples(10_000)?, seed: request.seed()?, level };
    let ratings = request.table("ratings")?;
    let point = alpha(&ratings, scale)?;
    let found = if request.has("indices") {
        krippendorff_interval_from_indices(&ratings, scale, &request.indices("indices")?, level)?
    } else {
        krippendorff_interval(&ratings, scale, &settings)?
    };
    Ok(TestRecord {
        n_used: Some(point.n_used as u64),
        n_dropped: Some(point.n_dropped as u64),
        estimate: Some(point.alpha),
        seed: found.seed,
        resamples: Some(found.resamples as u64),
        values: values(json!({
            "alpha": point.alpha, "percentile": limits(&found.interval), "n_undefined": found.n_undefined,
        })),
        ci: Some(found.interval),
        ..TestRecord::default()
    })
}
