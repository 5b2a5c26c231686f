//! Rows of a Parquet file as JSON objects, whatever its lists are nested in and its list elements are called.

use std::fs::File;
use std::path::Path;

use polars::prelude::{AnyValue, ParquetReader, PolarsError, PolarsResult, SerReader, Series};
use serde_json::{Map, Value};

use super::read::MemoryDataError;
use crate::dataset::DataError;

/// All rows of the file.
pub(super) fn rows(path: &Path, shown: &str) -> Result<Vec<Map<String, Value>>, MemoryDataError> {
    let unreadable = |source| DataError::Unreadable { file: shown.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    table(file).map_err(|source| MemoryDataError::Parquet { file: shown.to_owned(), source })
}

fn table(file: File) -> PolarsResult<Vec<Map<String, Value>>> {
    let table = ParquetReader::new(file).finish()?;
    let mut rows = vec![Map::new(); table.height()];
    for column in table.columns() {
        let series = column.as_materialized_series();
        for (row, value) in rows.iter_mut().zip(series.iter()) {
            row.insert(series.name().to_string(), json(value).map_err(|error| of_column(series.name(), &error))?);
        }
    }
    Ok(rows)
}

/// Polars' own errors do not say which column they are about.
fn of_column(name: &str, error: &PolarsError) -> PolarsError {
    PolarsError::SchemaMismatch(format!("the column `{name}` holds {error}").into())
}

fn json(value: AnyValue<'_>) -> PolarsResult<Value> {
    Ok(match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(flag) => Value::Bool(flag),
        AnyValue::String(text) => Value::from(text),
        AnyValue::StringOwned(text) => Value::from(text.as_str()),
        AnyValue::List(list) => Value::Array(elements(&list)?),
        AnyValue::Struct(..) => return json(value.into_static()),
        AnyValue::StructOwned(fields) => {
            let (values, names) = *fields;
            let named = names.into_iter().zip(values);
            Value::Object(
                named.map(|(field, value)| Ok((field.name.to_string(), json(value)?))).collect::<PolarsResult<_>>()?,
            )
        }
        other => {
            let message = format!("a value of type {}, which the data set does not have", other.dtype());
            return Err(PolarsError::SchemaMismatch(message.into()));
        }
    })
}

fn elements(list: &Series) -> PolarsResult<Vec<Value>> {
    list.iter().map(json).collect()
}
