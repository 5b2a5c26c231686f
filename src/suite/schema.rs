//! JSON Schema of the suite file: for editors, and the law that the structural check walks along.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::file::SuiteFile;

/// The schema as a value. TOML has no null, so a key that may be left out is not "or null".
#[must_use]
pub fn suite_schema() -> Value {
    toml_schema::<SuiteFile>()
}

/// The same for any file that is written in TOML.
#[must_use]
pub(crate) fn toml_schema<T: JsonSchema>() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    remove_null(&mut schema);
    schema
}

/// The text that `mnemoscope schema suite` prints, with a final line break.
#[must_use]
pub fn suite_schema_text() -> String {
    format!("{:#}\n", suite_schema())
}

fn remove_null(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
                branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
                if let [Value::Object(only)] = branches.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            object.values_mut().for_each(remove_null);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_suite_file_is_described() {
        let schema = suite_schema();
        let mut tables = vec![&schema];
        tables.extend(schema["$defs"].as_object().unwrap().values());
        let mut keys = 0;
        for table in tables {
            for (key, property) in table["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "`{key}` has no description");
                keys += 1;
            }
        }
        assert!(keys > 40, "only {keys} keys were looked at");
    }

    #[test]
    fn the_schema_never_offers_null() {
        assert!(!suite_schema_text().contains("null"));
    }

    #[test]
    fn keys_that_must_be_there_are_required_and_the_others_are_not() {
        let required: Vec<String> = serde_json::from_value(suite_schema()["required"].clone()).unwrap();
        assert!(required.contains(&"name".to_owned()));
        assert!(required.contains(&"statistics".to_owned()));
        assert!(!required.contains(&"published".to_owned()));
    }

    #[test]
    fn unknown_keys_are_refused_by_the_schema() {
        assert_eq!(suite_schema()["additionalProperties"], false);
        assert_eq!(suite_schema()["$defs"]["TaskFile"]["additionalProperties"], false);
    }
}
