//! `items.parquet`: one row for each item, metric, model, role and epoch of a run.
//!
//! A pure function of its rows: sorted, without a time, so that equal runs give equal bytes.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::error::{DiskAction, RecordError};
use super::parquet::{Columns, decode, encode};
use super::role::Role;

/// What one metric says about one item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    pub suite: String,
    pub task: String,
    pub item_id: String,
    pub cluster_id: String,
    /// Copies in the training data, where the data say so.
    pub copies: Option<u32>,
    /// Slug of the model.
    pub model: String,
    pub role: Role,
    /// Repeat, from 0.
    pub epoch: u32,
    pub metric: String,
    /// `None`: no usable answer; the flags say why. Never NaN or infinite.
    pub value: Option<f64>,
    /// Words without commas; their order does not count.
    pub flags: Vec<String>,
}

impl ItemRow {
    /// What there is at most one row for.
    fn key(&self) -> (&str, &str, &str, &str, Role, u32, &str) {
        (&self.suite, &self.task, &self.item_id, &self.model, self.role, self.epoch, &self.metric)
    }

    fn name(&self) -> String {
        let Self { suite, task, item_id, model, epoch, metric, .. } = self;
        format!("{suite}/{task}/{item_id} {metric} of {model} (epoch {epoch})")
    }
}

/// The bytes of `items.parquet`, equal for equal rows in whatever order they come.
///
/// O(n log n); memory: the rows and their table.
///
/// # Errors
/// [`RecordError::DuplicateItemRow`], [`RecordError::NonFinite`], [`RecordError::BadFlag`].
pub fn items_to_bytes(mut rows: Vec<ItemRow>) -> Result<Vec<u8>, RecordError> {
    rows.sort_by(|a, b| a.key().cmp(&b.key()));
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].key() == pair[1].key()) {
        return Err(RecordError::DuplicateItemRow { key: pair[0].name() });
    }
    let mut flags = Vec::with_capacity(rows.len());
    for row in &mut rows {
        if row.value.is_some_and(|value| !value.is_finite()) {
            return Err(RecordError::NonFinite { what: "items.parquet", field: row.name() });
        }
        if let Some(flag) = row.flags.iter().find(|flag| flag.contains(',') || flag.is_empty()) {
            return Err(RecordError::BadFlag { key: row.name(), flag: flag.clone() });
        }
        row.flags.sort();
        row.flags.dedup();
        flags.push(row.flags.join(","));
    }
    let text = |name: &str, of: fn(&ItemRow) -> &str| -> Column {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>()).into()
    };
    let columns = vec![
        text("suite", |r| &r.suite),
        text("task", |r| &r.task),
        text("item_id", |r| &r.item_id),
        text("cluster_id", |r| &r.cluster_id),
        Series::new("copies".into(), rows.iter().map(|r| r.copies).collect::<Vec<_>>()).into(),
        text("model", |r| &r.model),
        text("role", |r| r.role.word()),
        Series::new("epoch".into(), rows.iter().map(|r| r.epoch).collect::<Vec<_>>()).into(),
        text("metric", |r| &r.metric),
        Series::new("value".into(), rows.iter().map(|r| r.value).collect::<Vec<_>>()).into(),
        Series::new("flags".into(), flags).into(),
    ];
    encode("items.parquet", DataFrame::new(rows.len(), columns))
}

/// Reads an `items.parquet`; rows and flags come back sorted.
///
/// # Errors
/// [`RecordError::Disk`], [`RecordError::BadParquet`], [`RecordError::BadCell`].
pub fn read_items(path: &Path) -> Result<Vec<ItemRow>, RecordError> {
    let bytes = fs::read(path).map_err(|source| RecordError::disk(DiskAction::Read, path, source))?;
    let columns = decode(path, Cursor::new(bytes))?;
    (0..columns.n_rows()).map(|row| row_at(&columns, row)).collect()
}

fn row_at(columns: &Columns, row: usize) -> Result<ItemRow, RecordError> {
    let text = |name| columns.needed(row, name, columns.text(name)?.get(row));
    let owned = |name| text(name).map(str::to_owned);
    let flags = text("flags")?;
    Ok(ItemRow {
        suite: owned("suite")?,
        task: owned("task")?,
        item_id: owned("item_id")?,
        cluster_id: owned("cluster_id")?,
        copies: columns.u32("copies")?.get(row),
        model: owned("model")?,
        role: columns.needed(row, "role", Role::from_word(text("role")?))?,
        epoch: columns.needed(row, "epoch", columns.u32("epoch")?.get(row))?,
        metric: owned("metric")?,
        value: columns.f64("value")?.get(row),
        flags: flags.split(',').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(item: &str, metric: &str, value: Option<f64>) -> ItemRow {
        ItemRow {
            suite: "hubble".into(),
            task: "passages".into(),
            item_id: item.into(),
            cluster_id: "c".into(),
            copies: value.map(|_| 4),
            model: "standard".into(),
            role: Role::Model,
            epoch: 0,
            metric: metric.into(),
            value,
            flags: vec![],
        }
    }

    fn rows() -> Vec<ItemRow> {
        let flagged = ItemRow { flags: vec!["b".into(), "a".into()], ..row("2", "loss", None) };
        let baseline = ItemRow { role: Role::Baseline, model: "perturbed".into(), ..row("1", "loss", Some(-0.0)) };
        let zero = row("0", "loss", Some(0.0));
        vec![row("1", "loss", Some(0.1 + 0.2)), flagged, row("1", "zlib", Some(f64::MIN_POSITIVE)), baseline, zero]
    }

    fn round_trip(rows: Vec<ItemRow>) -> Vec<ItemRow> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items.parquet");
        fs::write(&path, items_to_bytes(rows).unwrap()).unwrap();
        read_items(&path).unwrap()
    }

    #[test]
    fn rows_come_back_sorted_and_bit_for_bit() {
        let back = round_trip(rows());
        let bits: Vec<_> =
            back.iter().map(|r| (r.metric.as_str(), r.model.as_str(), r.value.map(f64::to_bits))).collect();
        let expected = [
            ("loss", "standard", Some(0.0_f64.to_bits())),
            ("loss", "perturbed", Some((-0.0_f64).to_bits())),
            ("loss", "standard", Some((0.1_f64 + 0.2).to_bits())),
            ("zlib", "standard", Some(f64::MIN_POSITIVE.to_bits())),
            ("loss", "standard", None),
        ];
        assert_eq!(bits, expected);
        assert_eq!(back[1].role, Role::Baseline);
        assert_eq!((back[4].flags.join(" "), back[4].copies), ("a b".to_owned(), None));
    }

    #[test]
    fn the_same_rows_give_the_same_bytes_in_any_order_and_at_any_time() {
        let first = items_to_bytes(rows()).unwrap();
        let mut shuffled = rows();
        shuffled.reverse();
        shuffled.rotate_left(1);
        let before = jiff::Timestamp::now();
        while jiff::Timestamp::now().as_second() == before.as_second() {
            std::hint::spin_loop();
        }
        assert_eq!(items_to_bytes(shuffled).unwrap(), first);
        let mut other = rows();
        other[0].value = Some(0.3);
        assert_ne!(items_to_bytes(other).unwrap(), first);
    }

    #[test]
    fn an_empty_table_is_a_table() {
        assert_eq!(round_trip(vec![]), vec![]);
    }

    #[test]
    fn rows_that_would_mislead_are_refused_by_name() {
        let twice = items_to_bytes(vec![row("1", "loss", Some(1.0)), row("1", "loss", Some(2.0))]).unwrap_err();
        assert!(twice.to_string().contains("hubble/passages/1 loss of standard (epoch 0) is there twice"), "{twice}");
        let nan = items_to_bytes(vec![row("1", "loss", Some(f64::NAN))]).unwrap_err();
        assert!(matches!(nan, RecordError::NonFinite { .. }), "{nan}");
        let comma = items_to_bytes(vec![ItemRow { flags: vec!["a,b".into()], ..row("1", "loss", None) }]).unwrap_err();
        assert!(matches!(comma, RecordError::BadFlag { .. }), "{comma}");
    }

    #[test]
    fn two_hundred_thousand_rows_are_read_in_seconds() {
        let rows: Vec<_> = (0..200_000).map(|i| row(&format!("{i:06}"), "loss", Some(f64::from(i) / 7.0))).collect();
        let start = std::time::Instant::now();
        assert_eq!(round_trip(rows.clone()), rows);
        assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    }

    #[test]
    fn a_damaged_file_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items.parquet");
        let bytes = items_to_bytes(rows()).unwrap();
        for length in [0, 4, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            let message = read_items(&path).unwrap_err().to_string();
            assert!(message.contains("items.parquet"), "{message}");
        }
    }
}
