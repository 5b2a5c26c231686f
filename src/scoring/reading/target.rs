//! What a number is read for: the unit and scale of the series that was asked about.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What a series counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberUnit {
    /// Percent, or percentage points of a change.
    Percent,
    /// United States dollars.
    Usd,
    /// An index number without a unit.
    Index,
    /// Persons, houses and other things that are counted.
    Count,
}

/// How a writer marks decimals where both ways are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberLocale {
    /// `13,895` is thirteen thousand, `2.506` two and a half.
    #[default]
    En,
    /// `2.506` is two and a half thousand, `13,895` nearly fourteen.
    Eu,
}

/// The series that an answer is about.
///
/// Read from `{"unit", "scale", "signed", "absolute_above", "locale"}`; all but `unit` may be left out, and `name` may stand there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberTarget {
    pub unit: NumberUnit,
    /// How many single units are one unit of the series, e.g. 1e9 for billions of dollars. Above zero.
    pub scale: f64,
    /// Words such as "fell" make a number negative: the series is a change, not a level.
    pub is_signed: bool,
    /// A number without a scale word at or above this stands for single units and is divided by `scale`.
    pub absolute_above: Option<f64>,
    pub locale: NumberLocale,
}

/// A field of a target that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the target's field `{field}` is {found}, but only {allowed} will do; change it")]
pub struct TargetFault {
    /// Name of the field; empty where the target itself is not an object.
    pub field: String,
    /// JSON null for a missing field.
    pub found: Value,
    pub allowed: &'static str,
}

impl NumberTarget {
    /// A level in the series' own unit, in the English way of writing.
    #[must_use]
    pub fn of(unit: NumberUnit) -> Self {
        Self { unit, scale: 1.0, is_signed: false, absolute_above: None, locale: NumberLocale::En }
    }

    /// Reads a target from JSON.
    ///
    /// # Errors
    /// The first field that is missing, unknown or of another kind.
    pub fn from_value(value: &Value) -> Result<Self, TargetFault> {
        let fault = |field: &str, found: &Value, allowed| TargetFault {
            field: field.to_owned(),
            found: found.clone(),
            allowed,
        };
        let fields = value.as_object().ok_or_else(|| fault("", value, "an object with `unit`"))?;
        let given = |name: &str| fields.get(name).filter(|value| !value.is_null());
        let positive = |name: &str, allowed| match given(name) {
            None => Ok(None),
            Some(found) => match found.as_f64() {
                Some(number) if number.is_finite() && number > 0.0 => Ok(Some(number)),
                _ => Err(fault(name, found, allowed)),
            },
        };
        const UNITS: &str = "`percent`, `usd`, `index` or `count`";
        let unit = given("unit").unwrap_or(&Value::Null);
        let unit = match unit.as_str() {
            Some("percent") => NumberUnit::Percent,
            Some("usd") => NumberUnit::Usd,
            Some("index") => NumberUnit::Index,
            Some("count") => NumberUnit::Count,
            _ => return Err(fault("unit", unit, UNITS)),
        };
        let is_signed = match given("signed") {
            None => false,
            Some(Value::Bool(is_signed)) => *is_signed,
            Some(found) => return Err(fault("signed", found, "true or false")),
        };
        let locale = match given("locale").map(|found| (found, found.as_str())) {
            None | Some((_, Some("en"))) => NumberLocale::En,
            Some((_, Some("eu"))) => NumberLocale::Eu,
            Some((found, _)) => return Err(fault("locale", found, "`en` or `eu`")),
        };
        let scale = positive("scale", "a number above 0")?.unwrap_or(1.0);
        let absolute_above = positive("absolute_above", "a number above 0, or null")?;
        const KNOWN: [&str; 6] = ["name", "unit", "scale", "signed", "absolute_above", "locale"];
        if let Some((name, found)) = fields.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            return Err(fault(name, found, "left out: there are unit, scale, signed, absolute_above, locale and name"));
        }
        Ok(Self { unit, scale, is_signed, absolute_above, locale })
    }
}

impl<'de> Deserialize<'de> for NumberTarget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_is_read_with_its_defaults() {
        let target: NumberTarget =
            serde_json::from_value(json!({"name": "x", "unit": "usd", "scale": 1e9, "absolute_above": 1e9})).unwrap();
        assert_eq!((target.unit, target.scale, target.absolute_above), (NumberUnit::Usd, 1e9, Some(1e9)));
        assert!(!target.is_signed);
        let bare: NumberTarget = serde_json::from_value(json!({"unit": "index", "locale": "eu"})).unwrap();
        assert_eq!(bare, NumberTarget { locale: NumberLocale::Eu, ..NumberTarget::of(NumberUnit::Index) });
    }

    #[test]
    fn a_bad_field_is_named_with_what_is_allowed() {
        let field = |value: Value| NumberTarget::from_value(&value).unwrap_err().field;
        assert_eq!(field(json!({"unit": "euros"})), "unit");
        assert_eq!(field(json!({})), "unit");
        assert_eq!(field(json!({"unit": "usd", "scale": 0})), "scale");
        assert_eq!(field(json!({"unit": "usd", "signed": "yes"})), "signed");
        assert_eq!(field(json!({"unit": "usd", "locale": "fr"})), "locale");
        assert_eq!(field(json!({"unit": "usd", "scales": 1})), "scales");
        assert_eq!(field(json!([])), "");
    }
}
