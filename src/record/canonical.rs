//! One spelling for one value: JSON with sorted keys, and hashes over it.

use serde::Serialize;
use serde_json::Value;

use super::error::RecordError;
use super::finite::first_non_finite;
use crate::digest::sha256_hex;

/// Hex SHA-256 over the canonical JSON of a request (sorted keys at every level, no spaces).
///
/// Equal requests have equal hashes in every run, on every machine. A request that holds a number which is not
/// finite has no canonical JSON.
///
/// # Errors
/// [`RecordError::NonFinite`], or [`RecordError::Encode`] for a value that JSON cannot hold.
pub fn request_hash<T: Serialize + ?Sized>(request: &T) -> Result<String, RecordError> {
    let value = sorted_value("the request", request)?;
    Ok(sha256_hex(value.to_string().as_bytes()))
}

/// Canonical JSON: sorted keys at every level, no spaces, no newline at the end.
///
/// # Errors
/// As [`request_hash`].
pub fn canonical_json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, RecordError> {
    Ok(sorted_value(what, value)?.to_string())
}

/// Pretty JSON with sorted keys and a newline at the end.
///
/// # Errors
/// As [`request_hash`].
pub(crate) fn pretty_sorted<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<Vec<u8>, RecordError> {
    let value = sorted_value(what, value)?;
    let mut bytes = serde_json::to_vec_pretty(&value).map_err(|source| RecordError::Encode { what, source })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The value as JSON with sorted keys and finite numbers.
///
/// `f32` numbers become the `f64` of the same value, so that reading them back as `f32` is exact.
pub(crate) fn sorted_value<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<Value, RecordError> {
    if let Some(field) = first_non_finite(value) {
        return Err(RecordError::NonFinite { what, field });
    }
    let mut value = serde_json::to_value(value).map_err(|source| RecordError::Encode { what, source })?;
    // Does nothing as long as no crate of the build turns on `preserve_order`; then it keeps the promise.
    value.sort_all_objects();
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Forwards {
        a: u32,
        b: Option<f64>,
    }

    #[derive(Serialize)]
    struct Backwards {
        b: Option<f64>,
        a: u32,
    }

    #[test]
    fn the_hash_does_not_depend_on_the_order_of_the_fields() {
        let forwards = request_hash(&Forwards { a: 1, b: None }).unwrap();
        assert_eq!(forwards, request_hash(&Backwards { b: None, a: 1 }).unwrap());
        assert_eq!(forwards, sha256_hex(br#"{"a":1,"b":null}"#));
        assert_ne!(forwards, request_hash(&Forwards { a: 2, b: None }).unwrap());
    }

    #[test]
    fn a_request_with_nan_has_no_hash() {
        let error = request_hash(&Forwards { a: 1, b: Some(f64::NAN) }).unwrap_err();
        assert!(matches!(error, RecordError::NonFinite { ref field, .. } if field == "b"), "{error}");
    }

    #[test]
    fn keys_are_sorted_at_every_level() {
        let text = pretty_sorted("x", &serde_json::json!({"z": {"b": 1, "a": 2}, "y": [{"d": 1, "c": 2}]})).unwrap();
        let text = String::from_utf8(text).unwrap();
        let order: Vec<_> = ["\"y\"", "\"c\"", "\"d\"", "\"z\"", "\"a\"", "\"b\""].map(|k| text.find(k)).into();
        assert!(order.is_sorted(), "{text}");
        assert!(text.ends_with("}\n"));
    }

    /// Needs the feature `float_roundtrip` of `serde_json`; without it a number may come back one bit off.
    #[test]
    fn every_bit_of_a_float_survives_json() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..200_000 {
            // SplitMix64, to reach all exponents.
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut bits = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            bits ^= bits >> 31;
            let number = f64::from_bits(bits);
            if !number.is_finite() {
                continue;
            }
            let text = sorted_value("x", &number).unwrap().to_string();
            let back: f64 = serde_json::from_str(&text).unwrap();
            assert_eq!(back.to_bits(), number.to_bits(), "{text}");
        }
    }
}
