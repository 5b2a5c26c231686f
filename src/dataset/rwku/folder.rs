//! The folder of a target: what its `intro.json` says must be what its rows are about.

use super::super::error::DataError;
use super::super::row::Row;

/// Checks that every row of a target's folder is about the target that its introduction names.
///
/// The hub has one object in `intro.json`, upstream's converter writes a list of one: both are rows here.
pub(in crate::dataset) fn check_targets(intro: &[Row], rows: &[Row]) -> Result<(), DataError> {
    let Some(intro) = intro.first() else { return Ok(()) };
    let target = intro.text("target")?;
    for row in rows {
        if row.text("subject")? != target {
            let found = row.get("subject").cloned().unwrap_or_default();
            return Err(row.wrong("subject", &found, &format!("{target:?}, the target of {}", intro.file)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::json_rows::read_json_rows;
    use super::*;

    #[test]
    fn an_introduction_is_an_object_or_a_list_of_one() {
        let rows = read_json_rows("r.json", b"[{\"subject\": \"Ann\"}]").unwrap();
        for intro in ["{\n\"target\": \"Ann\",\n\"intro\": \"x\"}", "[{\"target\": \"Ann\", \"intro\": \"x\"}]"] {
            check_targets(&read_json_rows("intro.json", intro.as_bytes()).unwrap(), &rows).unwrap();
        }
        let other = read_json_rows("intro.json", b"{\"target\": \"Bo\"}").unwrap();
        let told = check_targets(&other, &rows).unwrap_err().to_string();
        assert!(told.contains("Bo") && told.contains("Ann") && told.contains("intro.json"), "{told}");
        assert!(check_targets(&read_json_rows("intro.json", b"{\"name\": \"Bo\"}").unwrap(), &rows).is_err());
    }
}
