//! Header, metadata and tensor places. No length is believed that the file cannot hold.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::coding::Coding;

/// A value of the metadata. Lists of lists do not occur and are refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meta {
    Whole(u64),
    Negative(i64),
    Float(f64),
    Flag(bool),
    Text(String),
    Texts(Vec<String>),
    Numbers(Vec<f64>),
}

/// Where a tensor lies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// Slowest dimension first.
    pub(super) shape: Vec<usize>,
    pub(super) ggml_type: u32,
    pub(super) bytes: Range<usize>,
}

/// What the header says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Container {
    pub(super) metadata: BTreeMap<String, Meta>,
    pub(super) tensors: BTreeMap<String, Place>,
}

const MAGIC: &[u8; 4] = b"GGUF";
/// Bytes that a tensor's entry has at least: name length, rank, one size, type, offset.
const LEAST_ENTRY: u64 = 8 + 4 + 8 + 4 + 8;
/// Bytes that a metadata entry has at least: key length, type, value.
const LEAST_PAIR: u64 = 8 + 4 + 1;

impl Meta {
    pub(super) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Whole(value) => Some(*value),
            Self::Negative(value) => u64::try_from(*value).ok(),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes and settings are far below 2^52")]
    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Whole(value) => Some(*value as f64),
            Self::Negative(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }
}

impl Place {
    /// The type as it is written in the world.
    pub(super) fn type_word(&self) -> &'static str {
        if let Some(coding) = Coding::ALL.into_iter().find(|coding| coding.ggml_type() == self.ggml_type) {
            return coding.word();
        }
        match self.ggml_type {
            9 => "Q8_1",
            15 => "Q8_K",
            16 => "IQ2_XXS",
            17 => "IQ2_XS",
            18 => "IQ3_XXS",
            19 => "IQ1_S",
            20 => "IQ4_NL",
            21 => "IQ3_S",
            22 => "IQ2_S",
            23 => "IQ4_XS",
            24 => "I8",
            25 => "I16",
            26 => "I32",
            27 => "I64",
            28 => "F64",
            29 => "IQ1_M",
            34 => "TQ1_0",
            35 => "TQ2_0",
            39 => "MXFP4",
            _ => "of an unknown type",
        }
    }
}

impl Container {
    /// Reads the header. The error says what is wrong, and where.
    pub(super) fn read(file: &[u8]) -> Result<Self, String> {
        let mut reader = Reader { file, at: 0 };
        let magic = reader.take(4, "the magic number")?;
        if magic != MAGIC {
            return Err(format!("it begins with {:?}, not with \"GGUF\"", String::from_utf8_lossy(magic)));
        }
        let version = reader.u32("the version")?;
        if !(2..=3).contains(&version) {
            let hint = if version.swap_bytes() <= 3 { " (it is big-endian)" } else { "" };
            return Err(format!("version {version}{hint} cannot be read; versions 2 and 3 can"));
        }
        let n_tensors = reader.count(LEAST_ENTRY, "tensors")?;
        let n_pairs = reader.count(LEAST_PAIR, "metadata entries")?;
        let mut container = Self::default();
        for _ in 0..n_pairs {
            let key = reader.text("a metadata key")?;
            let kind = reader.u32(&key)?;
            let value = reader.value(kind, &key)?;
            container.metadata.insert(key, value);
        }
        let mut entries = Vec::new();
        for _ in 0..n_tensors {
            entries.push(reader.entry()?);
        }
        let alignment = match container.metadata.get("general.alignment") {
            None => 32,
            Some(value) => value
                .as_u64()
                .and_then(|n| usize::try_from(n).ok())
                .filter(|n| n.is_power_of_two() && *n <= 1 << 20)
                .ok_or("general.alignment is not a power of two")?,
        };
        let start = reader.at.next_multiple_of(alignment);
        for (name, shape, ggml_type, offset) in entries {
            let place = place(file.len(), start, &name, shape, ggml_type, offset)?;
            if container.tensors.insert(name.clone(), place).is_some() {
                return Err(format!("tensor `{name}` is listed twice"));
            }
        }
        container.check_apart()?;
        Ok(container)
    }

    fn check_apart(&self) -> Result<(), String> {
        let mut places: Vec<(&String, &Range<usize>)> =
            self.tensors.iter().map(|(name, place)| (name, &place.bytes)).collect();
        places.sort_by_key(|(_, bytes)| bytes.start);
        match places.windows(2).find(|pair| pair[0].1.end > pair[1].1.start) {
            Some(pair) => Err(format!("tensors `{}` and `{}` overlap", pair[0].0, pair[1].0)),
            None => Ok(()),
        }
    }
}

fn place(
    file_len: usize,
    start: usize,
    name: &str,
    shape: Vec<usize>,
    ggml_type: u32,
    offset: u64,
) -> Result<Place, String> {
    let values = shape.iter().try_fold(1_usize, |all, &n| all.checked_mul(n));
    let row = shape.last().copied().unwrap_or(1);
    // Types that are not read are refused by name when they are needed; their size does not matter here.
    let size = match Coding::ALL.into_iter().find(|coding| coding.ggml_type() == ggml_type) {
        None => Some(0),
        Some(coding) if row.is_multiple_of(coding.block_values()) => {
            values.and_then(|n| (n / coding.block_values()).checked_mul(coding.block_bytes()))
        }
        Some(coding) => {
            let block = coding.block_values();
            return Err(format!("tensor `{name}` has rows of {row} values, which are no whole blocks of {block}"));
        }
    };
    let from = usize::try_from(offset).ok().and_then(|offset| start.checked_add(offset));
    let to = from.zip(size).and_then(|(from, size)| from.checked_add(size));
    match (from, to) {
        (Some(from), Some(to)) if to <= file_len => Ok(Place { shape, ggml_type, bytes: from..to }),
        (_, Some(to)) => {
            Err(format!("tensor `{name}` would end at byte {to}, but the file has {file_len}: it was cut"))
        }
        _ => Err(format!("tensor `{name}` of {shape:?} at offset {offset} is larger than any file")),
    }
}

struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize, what: &str) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.file.len());
        let Some(end) = end else {
            return Err(format!("it ends at byte {} within {what}", self.file.len()));
        };
        let bytes = &self.file[self.at..end];
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N, what)?);
        Ok(bytes)
    }

    fn u32(&mut self, what: &str) -> Result<u32, String> {
        self.array(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &str) -> Result<u64, String> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A number of things of a least size each, which the rest of the file can hold.
    fn count(&mut self, least: u64, what: &str) -> Result<usize, String> {
        let n = self.u64(what)?;
        let room = (self.file.len() - self.at) as u64;
        n.checked_mul(least)
            .filter(|bytes| *bytes <= room)
            .and_then(|_| usize::try_from(n).ok())
            .ok_or_else(|| format!("it claims {n} {what}, more than its {} bytes can hold", self.file.len()))
    }

    fn text(&mut self, what: &str) -> Result<String, String> {
        let n = self.count(1, &format!("bytes of {what}"))?;
        let bytes = self.take(n, what)?;
        // Tokens of byte-level vocabularies may be broken characters.
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn value(&mut self, kind: u32, key: &str) -> Result<Meta, String> {
        Ok(match kind {
            8 => Meta::Text(self.text(key)?),
            9 => {
                let kind = self.u32(key)?;
                match kind {
                    8 => {
                        let n = self.count(8, &format!("texts of `{key}`"))?;
                        Meta::Texts((0..n).map(|_| self.text(key)).collect::<Result<_, _>>()?)
                    }
                    _ => {
                        let size = scalar_size(kind).ok_or_else(|| format!("`{key}` is a list of type {kind}"))?;
                        let n = self.count(size, &format!("numbers of `{key}`"))?;
                        let one = |reader: &mut Self| match reader.scalar(kind, key)? {
                            Meta::Flag(flag) => Ok(f64::from(u8::from(flag))),
                            value => value.as_f64().ok_or_else(|| format!("`{key}` is no list of numbers")),
                        };
                        Meta::Numbers((0..n).map(|_| one(self)).collect::<Result<_, String>>()?)
                    }
                }
            }
            _ => self.scalar(kind, key)?,
        })
    }

    fn scalar(&mut self, kind: u32, key: &str) -> Result<Meta, String> {
        let signed = |value: i64| u64::try_from(value).map_or(Meta::Negative(value), Meta::Whole);
        Ok(match kind {
            0 => Meta::Whole(u64::from(self.array::<1>(key)?[0])),
            1 => signed(i64::from(i8::from_le_bytes(self.array(key)?))),
            2 => Meta::Whole(u64::from(u16::from_le_bytes(self.array(key)?))),
            3 => signed(i64::from(i16::from_le_bytes(self.array(key)?))),
            4 => Meta::Whole(u64::from(self.u32(key)?)),
            5 => signed(i64::from(i32::from_le_bytes(self.array(key)?))),
            6 => Meta::Float(f64::from(f32::from_le_bytes(self.array(key)?))),
            7 => Meta::Flag(self.array::<1>(key)?[0] != 0),
            10 => Meta::Whole(self.u64(key)?),
            11 => signed(i64::from_le_bytes(self.array(key)?)),
            12 => Meta::Float(f64::from_le_bytes(self.array(key)?)),
            other => return Err(format!("`{key}` has the unknown type {other}")),
        })
    }

    /// Name, shape (slowest first), type, offset.
    fn entry(&mut self) -> Result<(String, Vec<usize>, u32, u64), String> {
        let name = self.text("a tensor's name")?;
        let rank = self.u32(&name)?;
        if !(1..=4).contains(&rank) {
            return Err(format!("tensor `{name}` has {rank} dimensions; 1 to 4 are possible"));
        }
        let mut shape = Vec::new();
        for _ in 0..rank {
            let size = self.u64(&name)?;
            let size = usize::try_from(size).ok().filter(|size| *size > 0);
            shape.push(size.ok_or_else(|| format!("tensor `{name}` has an impossible size"))?);
        }
        shape.reverse();
        Ok((name.clone(), shape, self.u32(&name)?, self.u64(&name)?))
    }
}

fn scalar_size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    }

    /// One metadata text and one f32 tensor of `[2, 3]`.
    fn file() -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3_u32.to_le_bytes());
        out.extend(1_u64.to_le_bytes());
        out.extend(1_u64.to_le_bytes());
        text(&mut out, "general.architecture");
        out.extend(8_u32.to_le_bytes());
        text(&mut out, "llama");
        text(&mut out, "w");
        out.extend(2_u32.to_le_bytes());
        out.extend(3_u64.to_le_bytes());
        out.extend(2_u64.to_le_bytes());
        out.extend(0_u32.to_le_bytes());
        out.extend(0_u64.to_le_bytes());
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend([0_u8; 24]);
        out
    }

    #[test]
    fn the_fastest_dimension_comes_last() {
        let read = Container::read(&file()).expect("whole");
        assert_eq!(read.tensors["w"].shape, [2, 3]);
        assert_eq!(read.tensors["w"].bytes.len(), 24);
    }

    #[test]
    fn a_wrong_magic_a_cut_tensor_and_an_absurd_count_are_told() {
        let mut wrong = file();
        wrong[0] = b'g';
        assert!(Container::read(&wrong).expect_err("magic").contains("GGUF"));
        let whole = file();
        let error = Container::read(&whole[..whole.len() - 1]).expect_err("cut");
        assert!(error.contains("`w`") && error.contains("cut"), "{error}");
        let mut absurd = file();
        absurd[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(Container::read(&absurd).expect_err("count").contains("tensors"));
    }

    proptest::proptest! {
        #[test]
        fn no_damage_makes_it_panic(at in 0_usize..200, byte in 0_u8.., cut in 0_usize..200) {
            let mut damaged = file();
            let n = damaged.len();
            damaged[at % n] = byte;
            damaged.truncate(n - cut % n);
            let _ = Container::read(&damaged);
        }
    }
}
