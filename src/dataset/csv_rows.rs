//! Rows of a CSV file: the first line names the columns, an empty cell is no value.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::DataError;
use super::row::Row;

/// All rows of a CSV file that is in memory. Cells are texts; each row knows the line on which it begins.
///
/// # Errors
/// The first fault, with its line: a row with more or fewer cells than the first, bytes that are not UTF-8, two columns of one name.
pub fn read_csv_rows(file: &str, bytes: &[u8]) -> Result<Vec<Row>, DataError> {
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(plain);
    let name: Arc<str> = Arc::from(file);
    let headers = reader.headers().map_err(|error| fault(file, &error))?.clone();
    if let Some((place, header)) =
        headers.iter().enumerate().find(|(place, header)| headers.iter().take(*place).any(|other| other == *header))
    {
        let reason = format!("the column `{header}` stands twice (again in place {})", place + 1);
        return Err(DataError::NotCsv { file: file.to_owned(), line: 1, reason });
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fault(file, &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = headers.iter().zip(&record).filter(|(_, cell)| !cell.trim().is_empty());
        let fields: Map<String, Value> =
            cells.map(|(header, cell)| (header.trim().to_owned(), Value::from(cell.trim()))).collect();
        rows.push(Row { file: Arc::clone(&name), line: usize::try_from(line).unwrap_or(usize::MAX), fields });
    }
    Ok(rows)
}

fn fault(file: &str, error: &csv::Error) -> DataError {
    let line = error.position().map_or(0, csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("found {len} cells where the first line names {expected_len} columns")
        }
        csv::ErrorKind::Utf8 { err, .. } => format!("cell {} is not UTF-8, so save the file as UTF-8", err.field() + 1),
        _ => error.to_string(),
    };
    DataError::NotCsv { file: file.to_owned(), line: usize::try_from(line).unwrap_or(usize::MAX), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_texts_and_rows_know_their_lines() {
        let rows = read_csv_rows("a.csv", b"id,unit\n1,\"percent, SA\"\n2,\n").unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].line, rows[0].text("unit").unwrap()), (2, "percent, SA"));
        assert!(rows[1].get("unit").is_none());
        assert_eq!(rows[1].line, 3);
    }

    #[test]
    fn faults_name_file_and_line() {
        let told = |text: &[u8]| read_csv_rows("a.csv", text).unwrap_err().to_string();
        let message = told(b"id,unit\n1,x\n2,y,z\n");
        assert!(message.contains("a.csv, line 3") && message.contains("3 cells"), "{message}");
        let message = told(b"id,id\n1,x\n");
        assert!(message.contains("line 1") && message.contains("`id` stands twice"), "{message}");
        let message = told(b"id,unit\n1,\xff\n");
        assert!(message.contains("not UTF-8"), "{message}");
    }
}
