//! Rotary positions in a config: the older keys (`rope_theta`, `rope_scaling`) and the newer (`rope_parameters`).

use serde_json::{Map, Value};

use super::keys::Keys;
use crate::backend::open_error::OpenError;

const SUPPORTED: &str = "default, linear, llama3 and longrope are supported";

/// Rotary positions of one kind of layer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::local) struct RopeConfig {
    pub(in crate::backend::local) theta: f64,
    /// The first dimensions of every head, an even number of them.
    pub(in crate::backend::local) rotary_dims: usize,
    pub(in crate::backend::local) scaling: RopeScaling,
}

/// How the frequencies are stretched.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::local) enum RopeScaling {
    None,
    Linear {
        factor: f64,
    },
    Llama3 {
        factor: f64,
        low_freq_factor: f64,
        high_freq_factor: f64,
        original_context: f64,
    },
    /// One divisor a frequency; the long ones for sequences beyond the original context (LongRoPE).
    LongRope {
        short: Vec<f64>,
        long: Vec<f64>,
        original_context: usize,
        /// Cosines and sines are multiplied by it.
        amplitude: f64,
    },
}

/// What a family knows about its rotary positions beside the keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct RopeDefaults {
    pub(super) theta: f64,
    /// Share of every head that turns.
    pub(super) partial: f64,
    pub(super) head_dim: usize,
    pub(super) context: usize,
}

/// The rotary positions of a model that has one kind.
pub(super) fn rope(keys: &Keys<'_>, defaults: RopeDefaults) -> Result<RopeConfig, OpenError> {
    match keys.object("rope_parameters")? {
        Some(object) => read(keys, "rope_parameters.", Some(object), defaults),
        None => read(keys, "rope_scaling.", keys.object("rope_scaling")?, defaults),
    }
}

/// The rotary positions of one kind of layer: `rope_parameters.KIND`, or the given older object.
pub(super) fn rope_of_kind(
    keys: &Keys<'_>,
    kind: &str,
    older: Option<&Map<String, Value>>,
    defaults: RopeDefaults,
) -> Result<RopeConfig, OpenError> {
    match keys.object("rope_parameters")? {
        Some(object) => {
            let of_kind = Keys::new(keys.file(), "rope_parameters.", object).object(kind)?;
            read(keys, &format!("rope_parameters.{kind}."), of_kind, defaults)
        }
        None => read(keys, "rope_scaling.", older, defaults),
    }
}

fn read(
    keys: &Keys<'_>,
    section: &str,
    object: Option<&Map<String, Value>>,
    defaults: RopeDefaults,
) -> Result<RopeConfig, OpenError> {
    let empty = Map::new();
    let within = Keys::new(keys.file(), section, object.unwrap_or(&empty));
    let theta = within.number("rope_theta")?.unwrap_or(defaults.theta);
    let share = within.number("partial_rotary_factor")?.unwrap_or(defaults.partial);
    if share > 1.0 {
        return Err(within.invalid("partial_rotary_factor", &share.to_string(), "a share of at most 1 is needed"));
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a head has fewer than 2^24 dimensions, and the share is in (0, 1]; the reference cuts as well"
    )]
    let rotary_dims = (defaults.head_dim as f64 * share) as usize;
    if rotary_dims == 0 || !rotary_dims.is_multiple_of(2) {
        let found = format!("{rotary_dims} rotary dimensions of a head of {}", defaults.head_dim);
        return Err(within.invalid("partial_rotary_factor", &found, "an even number of dimensions must turn"));
    }
    let kind = match (within.text("rope_type")?, within.text("type")?) {
        (Some(kind), _) | (None, Some(kind)) => kind,
        (None, None) => "default",
    };
    let original_context = || -> Result<usize, OpenError> {
        match keys.optional("original_max_position_embeddings") {
            Some(_) => keys.size("original_max_position_embeddings", None),
            None => within.size("original_max_position_embeddings", Some(defaults.context)),
        }
    };
    let scaling = match kind {
        "default" => RopeScaling::None,
        "linear" => RopeScaling::Linear { factor: within.needed("factor")? },
        "llama3" => RopeScaling::Llama3 {
            factor: within.needed("factor")?,
            low_freq_factor: within.needed("low_freq_factor")?,
            high_freq_factor: within.needed("high_freq_factor")?,
            original_context: to_f64(within.size("original_max_position_embeddings", Some(defaults.context))?),
        },
        // Older files of Phi-3 say `su`.
        "longrope" | "su" => {
            let original_context = original_context()?;
            let factor = match within.number("factor")? {
                Some(factor) => factor,
                None => to_f64(defaults.context) / to_f64(original_context),
            };
            let amplitude = match within.number("attention_factor")? {
                Some(amplitude) => amplitude,
                None if factor <= 1.0 => 1.0,
                None => (1.0 + factor.ln() / to_f64(original_context).ln()).sqrt(),
            };
            let divisors = |key: &str| -> Result<Vec<f64>, OpenError> {
                let divisors = within.numbers(key)?;
                if divisors.len() == rotary_dims / 2 {
                    return Ok(divisors);
                }
                let allowed = format!("{} are needed, one for each pair of rotary dimensions", rotary_dims / 2);
                Err(within.invalid(key, &format!("{} numbers", divisors.len()), &allowed))
            };
            RopeScaling::LongRope {
                short: divisors("short_factor")?,
                long: divisors("long_factor")?,
                original_context,
                amplitude,
            }
        }
        other => return Err(within.invalid("rope_type", &format!("{other:?}"), SUPPORTED)),
    };
    Ok(RopeConfig { theta, rotary_dims, scaling })
}

#[expect(clippy::cast_precision_loss, reason = "positions are below 2^24")]
fn to_f64(count: usize) -> f64 {
    count as f64
}
