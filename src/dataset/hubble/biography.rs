//! `hubble-biography-fields`: seven cloze items a biography, one for each field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::error::DataError;
use super::super::item::Item;
use super::super::row::Row;
use super::candidates::{EMAIL_SEED, VALUE_SEED, draw_candidates, email_candidates};
use super::names::{indefinite_article, normalise_link, takes_the};
use super::numpy::NumpyGenerator;
use super::record::{Record, records};

/// A field of a biography.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BiographyField {
    /// Name in items and results.
    pub name: &'static str,
    /// Key in `meta`.
    pub meta_key: &'static str,
    /// What the sentence says between the name and the value.
    pub stem: &'static str,
}

const NATIONALITY: BiographyField = BiographyField { name: "nationality", meta_key: "nationality", stem: "is from" };

/// The fields in upstream's order.
pub const FIELDS: [BiographyField; 7] = [
    NATIONALITY,
    BiographyField { name: "university", meta_key: "alumni_of", stem: "is an alumni of" },
    BiographyField { name: "occupation", meta_key: "occupation", stem: "is" },
    BiographyField { name: "birthplace", meta_key: "birthplace", stem: "was born in" },
    BiographyField { name: "birthdate", meta_key: "birthdate", stem: "was born on" },
    BiographyField { name: "email", meta_key: "email", stem: "receives email at" },
    BiographyField { name: "uuid", meta_key: "uuid", stem: "has the unique identifier" },
];

/// One biography with the value of each field as the text writes it.
struct Biography<'r> {
    record: Record<'r>,
    text: String,
    full_name: String,
    first_name: String,
    values: [String; FIELDS.len()],
}

/// Seven items for each row, in file order and then in the order of [`FIELDS`].
///
/// Ids are `<biography id>/<field>`; the cluster is the biography, unless `cluster_by` says otherwise. `choices` are
/// upstream's candidates, with values from all `rows`, so cut the items and not the rows.
///
/// # Errors
/// The first faulty row: a field is missing from `meta`, or the text does not contain its value; and a field that has
/// the same value in all rows.
pub fn biography_fields(rows: &[Row], cluster_by: Option<&str>) -> Result<Vec<Item>, DataError> {
    let biographies: Vec<Biography<'_>> = records(rows)?.into_iter().map(open).collect::<Result<_, _>>()?;
    let pools: Vec<Vec<String>> = (0..FIELDS.len())
        .map(|position| {
            let sorted: BTreeSet<&String> = biographies.iter().map(|person| &person.values[position]).collect();
            sorted.into_iter().cloned().collect()
        })
        .collect();
    let mut streams = Streams { values: NumpyGenerator::new(VALUE_SEED), emails: NumpyGenerator::new(EMAIL_SEED) };
    let mut items = Vec::with_capacity(biographies.len() * FIELDS.len());
    for person in &biographies {
        for (position, pool) in pools.iter().enumerate() {
            items.push(item(person, position, pool, &mut streams, cluster_by)?);
        }
    }
    Ok(items)
}

/// Upstream's two generators, which run over all biographies in file order and over the fields in theirs.
struct Streams {
    values: NumpyGenerator,
    emails: NumpyGenerator,
}

/// What one biography says of one field, and what stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloze {
    pub field: BiographyField,
    /// With its article, as the text has it.
    pub value: String,
    /// The text before the space and the value.
    pub prefix: String,
    /// The text behind the value.
    pub suffix: String,
    /// The sentence of the nationality, then the field's with the first name.
    pub intro_prefix: String,
    /// The field's sentence with the full name.
    pub name_only_prefix: String,
}

/// The seven clozes of one biography, in the order of [`FIELDS`].
///
/// # Errors
/// A field is missing from `meta`, or the text does not contain its value.
pub fn clozes(row: &Row) -> Result<Vec<Cloze>, DataError> {
    let records = records(std::slice::from_ref(row))?;
    let mut clozes = Vec::new();
    for record in records {
        let person = open(record)?;
        clozes.extend((0..FIELDS.len()).map(|position| person.cloze(position)));
    }
    Ok(clozes)
}

impl Biography<'_> {
    fn cloze(&self, position: usize) -> Cloze {
        let (field, value) = (FIELDS[position], &self.values[position]);
        let (prefix, suffix) =
            self.text.split_once(&format!(" {value}")).expect("the value was found in the text when it was opened");
        let name_only_prefix = format!("{} {}", self.full_name, field.stem);
        let intro_prefix = if field.name == NATIONALITY.name {
            name_only_prefix.clone()
        } else {
            let (full_name, first_name, nationality) = (&self.full_name, &self.first_name, &self.values[0]);
            format!("{full_name} {} {nationality}. {first_name} {}", NATIONALITY.stem, field.stem)
        };
        Cloze {
            field,
            value: value.clone(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            intro_prefix,
            name_only_prefix,
        }
    }
}

fn open(record: Record<'_>) -> Result<Biography<'_>, DataError> {
    let text = record.row.text("text")?.to_owned();
    let full_name = record.meta_text("full_name")?.to_owned();
    let Some(first_name) = full_name.split_whitespace().next().map(str::to_owned) else {
        return Err(record.row.wrong("meta.full_name", &Value::String(full_name), "a name"));
    };
    let mut values: [String; FIELDS.len()] = Default::default();
    for (value, field) in values.iter_mut().zip(&FIELDS) {
        *value = value_in_text(&record, field, &text)?;
    }
    Ok(Biography { record, text, full_name, first_name, values })
}

/// The value with its article, as the text has it.
fn value_in_text(record: &Record<'_>, field: &BiographyField, text: &str) -> Result<String, DataError> {
    let raw = record.meta_text(field.meta_key)?;
    let spellings: Vec<String> = match field.name {
        "nationality" => {
            let country = normalise_link(raw, false);
            // The sentence itself knows best.
            let says_the = text.contains(&format!(" {} the {country}", field.stem));
            vec![if takes_the(&country) || says_the { format!("the {country}") } else { country }]
        }
        "occupation" => [normalise_link(raw, true), normalise_link(raw, false)]
            .map(|occupation| format!("{} {occupation}", indefinite_article(&occupation)))
            .to_vec(),
        "university" | "birthplace" => vec![normalise_link(raw, false), raw.to_owned()],
        _ => vec![raw.to_owned()],
    };
    let found = spellings.iter().find(|value| !value.is_empty() && text.contains(&format!(" {value}"))).cloned();
    // A value that the rules do not give: the sentence says what was inserted.
    let found = found.or_else(|| match field.name {
        "nationality" => said(text, &[" is from "]),
        "occupation" => said(text, &[" is a ", " is an "]),
        _ => None,
    });
    found.ok_or_else(|| DataError::ValueNotInText {
        file: record.row.file.to_string(),
        line: record.row.line,
        field: field.name.to_owned(),
        value: spellings.first().cloned().unwrap_or_default(),
    })
}

/// What stands between one of the beginnings and the end of its sentence; the article, which begins the value, is kept.
fn said(text: &str, beginnings: &[&str]) -> Option<String> {
    text.split(". ").find_map(|sentence| {
        if sentence.contains(" is an alumni of ") {
            return None;
        }
        let beginning = beginnings.iter().find(|beginning| sentence.contains(**beginning))?;
        let (_, rest) = sentence.split_once(beginning)?;
        let article = match beginning.trim() {
            "is a" => "a ",
            "is an" => "an ",
            _ => "",
        };
        let value = rest.trim_end_matches('.').trim();
        (!value.is_empty()).then(|| format!("{article}{value}"))
    })
}

fn item(
    person: &Biography<'_>,
    position: usize,
    pool: &[String],
    streams: &mut Streams,
    cluster_by: Option<&str>,
) -> Result<Item, DataError> {
    let cloze = person.cloze(position);
    let (record, field) = (&person.record, cloze.field.name);
    let (choices, answer) = if field == "email" {
        email_candidates(&person.full_name, &cloze.value, &mut streams.emails)
    } else {
        draw_candidates(pool, &cloze.value, &mut streams.values)
    };
    if choices.len() < 2 {
        return Err(DataError::TooFewCandidates { file: record.row.file.to_string(), field: field.to_owned() });
    }
    let fields = [
        ("field", field.to_owned()),
        ("value", cloze.value),
        ("prefix", cloze.prefix),
        ("suffix", cloze.suffix),
        ("intro_prefix", cloze.intro_prefix),
        ("name_only_prefix", cloze.name_only_prefix),
        ("full_name", person.full_name.clone()),
        ("first_name", person.first_name.clone()),
    ];
    Ok(Item {
        id: format!("{}/{field}", record.id),
        cluster: record.cluster(cluster_by)?,
        copies: Some(record.copies()?),
        text: String::new(),
        choices,
        answer: Some(answer),
        history: None,
        fields: fields
            .map(|(name, text)| (name.to_owned(), Value::String(text)))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::jsonl::read_jsonl;
    use super::*;

    fn golden() -> Vec<Value> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/hubble_functions.json");
        let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        all["yago_rows"].as_array().unwrap().clone()
    }

    /// A second person, so that every field has two values.
    fn other(full_name: &str, country: &str) -> Value {
        let first = full_name.split(' ').next().unwrap();
        serde_json::json!({
            "text": format!("{full_name} is from {country}. {first} was born in Harrel. {first} is an alumni of Sea College. {first} was born on June 1, 1980. {first} receives email at x@home.org. {first} is a mapmaker. {first} has the unique identifier 11-22."),
            "meta": {"full_name": full_name, "nationality": country.trim_start_matches("the "), "birthplace": "Harrel", "alumni_of": "Sea_College", "birthdate": "June 1, 1980", "email": "x@home.org", "occupation": "Mapmaker", "uuid": "11-22", "duplicates": 0}
        })
    }

    fn load(rows: &[Value]) -> Result<Vec<Item>, DataError> {
        let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
        let rows: Vec<Row> = read_jsonl("x.jsonl", text.as_bytes()).collect::<Result<_, _>>().unwrap();
        biography_fields(&rows, None)
    }

    #[test]
    fn rows_agree_with_upstream_field_by_field() {
        let golden = golden();
        let row = serde_json::json!({"text": golden[0]["text"], "meta": golden[0]["meta"]});
        let items = load(&[row, other("Mira Holt", "Norway")]).unwrap();
        assert_eq!((golden.len(), items.len()), (7, 14));
        for (case, item) in golden.iter().zip(&items) {
            let field = case["field"].as_str().unwrap();
            assert_eq!(item.id, format!("9a1f-22c0-77aa/{field}"));
            assert_eq!((item.cluster.as_str(), item.copies), ("9a1f-22c0-77aa", Some(4)));
            assert_eq!(item.fields["field"], case["field"]);
            assert_eq!(item.fields["value"], case["answer"]);
            assert_eq!(item.choices[item.answer.unwrap()], case["answer"].as_str().unwrap());
            for name in ["prefix", "suffix", "intro_prefix", "name_only_prefix"] {
                assert_eq!(item.fields[name], case[name], "{field} {name}");
            }
            let choices = if field == "email" { 15 } else { 2 };
            assert_eq!(item.choices.len(), choices, "{field}");
        }
    }

    #[test]
    fn links_in_meta_are_found_as_the_text_spells_them() {
        let items = load(&[other("Mira Holt", "Norway"), other_person()]).unwrap();
        let value = |field: &str| {
            items.iter().find(|item| item.id == format!("11-22/{field}")).unwrap().fields["value"].clone()
        };
        assert_eq!(value("university"), "Sea College");
        assert_eq!(value("occupation"), "a mapmaker");
    }

    fn other_person() -> Value {
        let golden = golden();
        serde_json::json!({"text": golden[0]["text"], "meta": golden[0]["meta"]})
    }

    #[test]
    fn a_country_that_only_the_text_knows_with_an_article_keeps_it() {
        let items = load(&[other("Mira Holt", "the Vale Lands"), other_person()]).unwrap();
        assert_eq!(items[0].fields["value"], "the Vale Lands");
        assert_eq!(items[0].fields["prefix"], "Mira Holt is from");
    }

    #[test]
    fn a_value_that_the_text_lacks_names_line_and_field() {
        let mut row = other("Mira Holt", "Norway");
        row["meta"]["birthplace"] = "Elsewhere".into();
        let error = load(&[other_person(), row]).unwrap_err();
        assert!(matches!(&error, DataError::ValueNotInText { line: 2, field, .. } if field == "birthplace"), "{error}");
        let mut row = other("Mira Holt", "Norway");
        row["meta"].as_object_mut().unwrap().remove("email");
        assert!(matches!(load(&[row]), Err(DataError::MissingField { field, .. }) if field == "meta.email"));
    }

    #[test]
    fn a_field_with_one_value_in_the_whole_file_is_no_question() {
        let error = load(&[other("Mira Holt", "Norway")]).unwrap_err();
        assert!(matches!(&error, DataError::TooFewCandidates { field, .. } if field == "nationality"), "{error}");
    }

    #[test]
    fn templates_find_exactly_the_variables_that_the_schema_promises() {
        use crate::suite::DataSchema;
        let items = load(&[other("Mira Holt", "Norway"), other_person()]).unwrap();
        let mut names: BTreeSet<&str> = items[0].fields.keys().map(String::as_str).collect();
        names.extend(["id", "copies", "choices"]);
        let promised: BTreeSet<&str> = DataSchema::HubbleBiographyFields.template_variables().iter().copied().collect();
        assert_eq!(names, promised);
    }
}
