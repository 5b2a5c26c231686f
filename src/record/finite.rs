//! Finds the first number in a value that JSON cannot hold.
//!
//! `serde_json` writes NaN and infinities as `null`, which a reader cannot tell from "left out". So a value is
//! walked once before it is encoded, and the place of the first such number is named.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// Path of the first non-finite number in `value`, e.g. `suites[0].metrics[3].value`; `None`: all are finite.
///
/// O(size of the value); allocates only for the path.
pub(crate) fn first_non_finite<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    let mut path = Vec::new();
    match value.serialize(Walk { path: &mut path }) {
        Err(Stop::NonFinite(field)) => Some(field),
        // A value that cannot be serialised at all is told by the encoder that comes next.
        Ok(()) | Err(Stop::Refused) => None,
    }
}

#[derive(Debug)]
enum Stop {
    NonFinite(String),
    Refused,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }
}

enum Step {
    Field(&'static str),
    Key(String),
    Index(usize),
}

struct Walk<'a> {
    path: &'a mut Vec<Step>,
}

impl Walk<'_> {
    fn check(self, is_finite: bool) -> Result<(), Stop> {
        if is_finite {
            return Ok(());
        }
        let mut field = String::new();
        for step in &*self.path {
            match step {
                Step::Index(index) => field.push_str(&format!("[{index}]")),
                Step::Field(name) => push_name(&mut field, name),
                Step::Key(name) => push_name(&mut field, name),
            }
        }
        Err(Stop::NonFinite(field))
    }
}

fn push_name(field: &mut String, name: &str) {
    if !field.is_empty() {
        field.push('.');
    }
    field.push_str(name);
}

/// A list, a map or a struct on the way.
struct Inside<'a> {
    path: &'a mut Vec<Step>,
    next: usize,
    key: Option<String>,
}

impl Inside<'_> {
    fn visit<T: Serialize + ?Sized>(&mut self, step: Step, value: &T) -> Result<(), Stop> {
        self.path.push(step);
        value.serialize(Walk { path: &mut *self.path })?;
        self.path.pop();
        Ok(())
    }

    fn visit_next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        let index = self.next;
        self.next += 1;
        self.visit(Step::Index(index), value)
    }
}

macro_rules! finite_by_type {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, _: $type) -> Result<(), Stop> {
            Ok(())
        })*
    };
}

impl<'a> Serializer for Walk<'a> {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Inside<'a>;
    type SerializeTuple = Inside<'a>;
    type SerializeTupleStruct = Inside<'a>;
    type SerializeTupleVariant = Inside<'a>;
    type SerializeMap = Inside<'a>;
    type SerializeStruct = Inside<'a>;
    type SerializeStructVariant = Inside<'a>;

    finite_by_type!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str
    );

    fn serialize_f32(self, value: f32) -> Result<(), Stop> {
        self.check(value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Stop> {
        self.check(value.is_finite())
    }

    fn serialize_none(self) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        Inside { path: self.path, next: 0, key: None }.visit(Step::Field(variant), value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'a>, Stop> {
        Ok(Inside { path: self.path, next: 0, key: None })
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'a>, Stop> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Stop> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Inside<'a>, Stop> {
        self.serialize_seq(None)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'a>, Stop> {
        self.serialize_seq(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Stop> {
        self.serialize_seq(None)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Inside<'a>, Stop> {
        self.serialize_seq(None)
    }
}

macro_rules! numbered_elements {
    ($($trait:ident: $method:ident),*) => {
        $(impl ser::$trait for Inside<'_> {
            type Ok = ();
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
                self.visit_next(value)
            }

            fn end(self) -> Result<(), Stop> {
                Ok(())
            }
        })*
    };
}

numbered_elements!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
);

macro_rules! named_fields {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Inside<'_> {
            type Ok = ();
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Stop> {
                self.visit(Step::Field(name), value)
            }

            fn end(self) -> Result<(), Stop> {
                Ok(())
            }
        })*
    };
}

named_fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        self.key = Some(match serde_json::to_value(key) {
            Ok(serde_json::Value::String(name)) => name,
            Ok(other) => other.to_string(),
            Err(_) => return Err(Stop::Refused),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        let key = self.key.take().unwrap_or_default();
        self.visit(Step::Key(key), value)
    }

    fn end(self) -> Result<(), Stop> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::first_non_finite;

    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        value: Option<f64>,
        points: Vec<f32>,
        by_name: BTreeMap<String, f64>,
    }

    fn row() -> Row {
        Row { name: "a", value: Some(0.5), points: vec![1.0, -0.0], by_name: BTreeMap::new() }
    }

    #[test]
    fn finite_numbers_and_missing_ones_pass() {
        assert_eq!(first_non_finite(&[row(), Row { value: None, ..row() }]), None);
    }

    #[test]
    fn the_place_of_the_first_bad_number_is_named() {
        let rows = [row(), Row { value: Some(f64::NAN), ..row() }];
        assert_eq!(first_non_finite(&rows).as_deref(), Some("[1].value"));
        let points = Row { points: vec![0.0, f32::NEG_INFINITY], ..row() };
        assert_eq!(first_non_finite(&points).as_deref(), Some("points[1]"));
        let map = Row { by_name: BTreeMap::from([("x y".to_owned(), f64::INFINITY)]), ..row() };
        assert_eq!(first_non_finite(&map).as_deref(), Some("by_name.x y"));
        assert_eq!(row().name, "a");
    }
}
