//! Floats that may be infinite, in JSON.
//!
//! JSON has no infinity and no NaN; `serde_json` would write `null`, which reads
//! as "missing". A threshold of +infinity ("nothing is called positive") and a
//! half-open interval are real answers, so they are written as the strings
//! `"Infinity"` and `"-Infinity"`. Use as `#[serde(with = "extended_float")]`.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrWord {
    Number(f64),
    Word(String),
}

// serde's `serialize_with` fixes the signature: a reference it has to be.
pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64(*value)
    } else if value.is_nan() {
        serializer.serialize_str("NaN")
    } else if *value > 0.0 {
        serializer.serialize_str("Infinity")
    } else {
        serializer.serialize_str("-Infinity")
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match NumberOrWord::deserialize(deserializer)? {
        NumberOrWord::Number(number) => Ok(number),
        NumberOrWord::Word(word) => match word.as_str() {
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            "NaN" => Ok(f64::NAN),
            other => {
                Err(D::Error::custom(format_args!("expected a number, \"Infinity\" or \"-Infinity\", got {other:?}")))
            }
        },
    }
}
