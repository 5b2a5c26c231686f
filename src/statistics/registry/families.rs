//! Many tests at once.

use serde_json::json;

use super::error::MethodError;
use super::request::{Request, values};
use super::{ALPHA, Method};
use crate::statistics::multiplicity::{Adjustment, adjust_p_values, rejections};
use crate::statistics::record::TestRecord;

const P: &str = "p: list of p-values (null: missing, not in the family)";
const ANY_ERROR: &str = "which of many findings stand, with any error at all held at alpha?";

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "adjust_holm",
        title: "Holm",
        question: ANY_ERROR,
        assumptions: "none; the family is written down beforehand",
        reference: "Holm 1979",
        input: P,
        params: &[ALPHA],
        run: |request| adjust(request, Adjustment::Holm),
    },
    Method {
        name: "adjust_bonferroni",
        title: "Bonferroni",
        question: ANY_ERROR,
        assumptions: "none; never more powerful than Holm",
        reference: "Dunn 1961",
        input: P,
        params: &[ALPHA],
        run: |request| adjust(request, Adjustment::Bonferroni),
    },
    Method {
        name: "adjust_sidak",
        title: "Sidak",
        question: ANY_ERROR,
        assumptions: "tests independent",
        reference: "Sidak 1967",
        input: P,
        params: &[ALPHA],
        run: |request| adjust(request, Adjustment::Sidak),
    },
    Method {
        name: "adjust_hochberg",
        title: "Hochberg",
        question: ANY_ERROR,
        assumptions: "tests independent or positively dependent",
        reference: "Hochberg 1988",
        input: P,
        params: &[ALPHA],
        run: |request| adjust(request, Adjustment::Hochberg),
    },
    Method {
        name: "adjust_hommel",
        title: "Hommel",
        question: ANY_ERROR,
        assumptions: "tests independent or positively dependent",
        reference: "Hommel 1988; Wright 1992",
        input: P,
        params: &[ALPHA],
        run: |request| adjust(request, Adjustment::Hommel),
    },
    Method {
        name: "adjust_benjamini_hochberg",
        title: "Benjamini-Hochberg",
        question: "which of many explored findings stand, with the share of false ones held at alpha?",
        assumptions: "tests independent or positively dependent",
        reference: "Benjamini & Hochberg 1995",
        input: P,
        params: &[ALPHA],
        run: |request| adjust(request, Adjustment::BenjaminiHochberg),
    },
    Method {
        name: "adjust_benjamini_yekutieli",
        title: "Benjamini-Yekutieli",
        question: "which of many explored findings stand, however the tests depend on each other?",
        assumptions: "none",
        reference: "Benjamini & Yekutieli 2001",
        input: P,
        params: &[ALPHA],
        run: |request| adjust(request, Adjustment::BenjaminiYekutieli),
    },
];

fn adjust(request: &Request<'_>, adjustment: Adjustment) -> Result<TestRecord, MethodError> {
    let alpha = request.number_param("alpha", Some(0.05))?;
    let p: Vec<Option<f64>> = request.column("p")?.into_iter().map(|p| (!p.is_nan()).then_some(p)).collect();
    let adjusted = adjust_p_values(&p, adjustment)?;
    let reject = rejections(&adjusted, alpha)?;
    Ok(TestRecord {
        n_used: Some(adjusted.iter().flatten().count() as u64),
        values: values(json!({"adjusted": adjusted, "reject": reject, "m": adjusted.iter().flatten().count()})),
        ..TestRecord::default()
    })
}
