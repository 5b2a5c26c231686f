//! `published.csv`: the numbers that the paper or upstream's notebook prints.

use super::checked::PublishedValue;

/// The columns, in order.
pub const COLUMNS: [&str; 6] = ["task", "metric", "model", "copies", "value", "printed_in"];

/// What is wrong with one line of `published.csv`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishedFault {
    #[error("byte {offset} is not UTF-8; save the file as UTF-8")]
    NotUtf8 { offset: usize },
    #[error("the first line is `{found}`; it must be `{}`", COLUMNS.join(","))]
    Header { found: String },
    #[error("found {found} fields, but there are {} columns; quote fields that contain a comma", COLUMNS.len())]
    FieldCount { found: usize },
    #[error("a quoted field never ends; add the closing quote")]
    OpenQuote,
    #[error("there is text after a closing quote; double the quotes inside a quoted field")]
    TextAfterQuote,
    #[error("the field `{column}` is empty; fill it in")]
    Empty { column: &'static str },
    #[error("the field `{column}` is `{found}`; write {allowed}")]
    NotANumber { column: &'static str, found: String, allowed: &'static str },
    #[error("the same task, metric, model and copies stand in line {first_line}; remove one of the two")]
    Duplicate { first_line: usize },
}

/// A fault with its line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedProblem {
    pub line: usize,
    pub fault: PublishedFault,
}

/// Reads the whole file (RFC 4180: quoted fields, doubled quotes; CRLF and a BOM are tolerated).
///
/// An empty `copies` field means that the number is for all items.
///
/// # Errors
/// Every faulty line.
pub fn read_published(bytes: &[u8]) -> Result<Vec<PublishedValue>, Vec<PublishedProblem>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(error) => {
            let offset = error.valid_up_to();
            let line = bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
            return Err(vec![PublishedProblem { line, fault: PublishedFault::NotUtf8 { offset } }]);
        }
    };
    let mut records = Records { rest: text, line: 1 };
    match records.next() {
        Some((_, Ok(header))) if header == COLUMNS => {}
        _ => {
            let found = text.lines().next().unwrap_or_default().to_owned();
            return Err(vec![PublishedProblem { line: 1, fault: PublishedFault::Header { found } }]);
        }
    }
    let mut values: Vec<(usize, PublishedValue)> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    let mut problems = Vec::new();
    for (line, record) in records {
        match record.and_then(|fields| value_of(&fields)) {
            Ok(value) => {
                let key = (value.task.clone(), value.metric.clone(), value.model.clone(), value.copies);
                if let Some(first_line) = seen.insert(key, line) {
                    problems.push(PublishedProblem { line, fault: PublishedFault::Duplicate { first_line } });
                }
                values.push((line, value));
            }
            Err(fault) => problems.push(PublishedProblem { line, fault }),
        }
    }
    if problems.is_empty() { Ok(values.into_iter().map(|(_, value)| value).collect()) } else { Err(problems) }
}

fn value_of(fields: &[String]) -> Result<PublishedValue, PublishedFault> {
    let [task, metric, model, copies, value, printed_in] = fields else {
        return Err(PublishedFault::FieldCount { found: fields.len() });
    };
    for (column, field) in [("task", task), ("metric", metric), ("model", model), ("printed_in", printed_in)] {
        if field.trim().is_empty() {
            return Err(PublishedFault::Empty { column });
        }
    }
    let copies = match copies.as_str() {
        "" => None,
        number => Some(number.parse().map_err(|_| PublishedFault::NotANumber {
            column: "copies",
            found: number.to_owned(),
            allowed: "a whole number, or nothing for all items",
        })?),
    };
    let number: Option<f64> = value.parse().ok().filter(|number: &f64| number.is_finite());
    let value = number.ok_or_else(|| PublishedFault::NotANumber {
        column: "value",
        found: value.clone(),
        allowed: "a finite number with a decimal point",
    })?;
    let (task, metric, model) = (task.clone(), metric.clone(), model.clone());
    Ok(PublishedValue { task, metric, model, copies, value, printed_in: printed_in.clone() })
}

/// Records of the file with the line where each begins; blank lines are skipped.
struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = (usize, Result<Vec<String>, PublishedFault>);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(after) = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n')) {
            self.rest = after;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let mut fields = Vec::new();
        loop {
            let (field, end) = match self.field() {
                Ok(field) => field,
                Err(fault) => return Some((line, Err(fault))),
            };
            fields.push(field);
            if end != FieldEnd::Comma {
                return Some((line, Ok(fields)));
            }
        }
    }
}

#[derive(PartialEq)]
enum FieldEnd {
    Comma,
    Record,
}

impl Records<'_> {
    fn field(&mut self) -> Result<(String, FieldEnd), PublishedFault> {
        let field = match self.rest.strip_prefix('"') {
            Some(quoted) => {
                self.rest = quoted;
                self.quoted()?
            }
            None => {
                let length = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
                let (field, rest) = self.rest.split_at(length);
                self.rest = rest;
                field.trim_end_matches('\r').to_owned()
            }
        };
        let end_of_line = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n'));
        if let Some(after) = self.rest.strip_prefix(',') {
            self.rest = after;
            Ok((field, FieldEnd::Comma))
        } else if let Some(after) = end_of_line {
            self.rest = after;
            self.line += 1;
            Ok((field, FieldEnd::Record))
        } else if self.rest.is_empty() {
            Ok((field, FieldEnd::Record))
        } else {
            // Go on behind this line, so that the faults of the lines below are told, too.
            self.rest = self.rest.split_once('\n').map_or("", |(_, after)| after);
            self.line += 1;
            Err(PublishedFault::TextAfterQuote)
        }
    }

    /// The rest of a quoted field; the opening quote is already taken.
    fn quoted(&mut self) -> Result<String, PublishedFault> {
        let mut field = String::new();
        while let Some((part, after)) = self.rest.split_once('"') {
            field.push_str(part);
            self.line += part.matches('\n').count();
            self.rest = after;
            match after.strip_prefix('"') {
                Some(after) => {
                    field.push('"');
                    self.rest = after;
                }
                None => return Ok(field),
            }
        }
        self.rest = "";
        Err(PublishedFault::OpenQuote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "task,metric,model,copies,value,printed_in\n";

    fn faults(body: &str) -> Vec<(usize, PublishedFault)> {
        let problems = read_published(format!("{HEADER}{body}").as_bytes()).unwrap_err();
        problems.into_iter().map(|problem| (problem.line, problem.fault)).collect()
    }

    #[test]
    fn quoted_fields_may_hold_commas_quotes_and_breaks() {
        let body = "t,acc,\"(1B, \"\"big\"\")\",4,0.5,\"a\nb\"\r\nt,acc,m,,1,notebook\n\n";
        let values = read_published(format!("\u{feff}{HEADER}{body}").as_bytes()).unwrap();
        assert_eq!(values.len(), 2);
        assert_eq!(values[0].model, "(1B, \"big\")");
        assert_eq!((values[0].copies, values[0].value), (Some(4), 0.5));
        assert_eq!(values[0].printed_in, "a\nb");
        assert_eq!(values[1].copies, None);
        assert_eq!(values[1].printed_in, "notebook");
    }

    #[test]
    fn every_faulty_line_is_told_with_its_number() {
        let body = "t,acc,m,4,high,n\nt,acc,m,4,0.5,n\nt,acc,m,4,0.6,n\nt,acc,m\nt,,m,1,1,n\nt,acc,m,-1,1,n\nt,acc,m,1,inf,n\n\"x\"y,a\nt,acc,\"m\n";
        let found = faults(body);
        let lines: Vec<usize> = found.iter().map(|&(line, _)| line).collect();
        assert_eq!(lines, [2, 4, 5, 6, 7, 8, 9, 10]);
        assert!(matches!(&found[0].1, PublishedFault::NotANumber { column: "value", found, .. } if found == "high"));
        assert_eq!(found[1].1, PublishedFault::Duplicate { first_line: 3 });
        assert_eq!(found[2].1, PublishedFault::FieldCount { found: 3 });
        assert_eq!(found[3].1, PublishedFault::Empty { column: "metric" });
        assert!(matches!(&found[4].1, PublishedFault::NotANumber { column: "copies", .. }));
        assert!(matches!(&found[5].1, PublishedFault::NotANumber { column: "value", .. }));
        assert_eq!(found[6].1, PublishedFault::TextAfterQuote);
        assert_eq!(found[7].1, PublishedFault::OpenQuote);
    }

    #[test]
    fn another_header_is_refused() {
        let problems = read_published(b"task,value\n").unwrap_err();
        assert_eq!(problems[0].fault, PublishedFault::Header { found: "task,value".to_owned() });
        assert!(read_published(b"").is_err());
    }

    #[test]
    fn invalid_utf8_names_its_line() {
        let problems = read_published(b"task\n\xff").unwrap_err();
        assert_eq!(problems[0], PublishedProblem { line: 2, fault: PublishedFault::NotUtf8 { offset: 5 } });
    }
}
