//! One stored tensor, read row by row as f32.

use super::coding::Coding;
use crate::backend::open_error::OpenError;

/// Bytes of a tensor in a file, with what they mean.
#[derive(Debug, Clone)]
pub(in crate::backend::local) struct StoredTensor<'a> {
    /// How the file is named in errors.
    pub(in crate::backend::local) file: &'a str,
    /// As the file names it.
    pub(in crate::backend::local) name: String,
    pub(in crate::backend::local) bytes: &'a [u8],
    /// Slowest dimension first.
    pub(in crate::backend::local) shape: Vec<usize>,
    pub(in crate::backend::local) coding: Coding,
}

/// What a file format does differently from the reference library's own checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::backend::local) struct Conventions {
    /// Norm weights already contain the one that Gemma adds.
    pub(in crate::backend::local) norms_hold_one: bool,
    /// Rows of query and key are ordered for rotation of neighbouring dimensions.
    pub(in crate::backend::local) turns_neighbours: bool,
    /// Query, key and value of GPT-NeoX are stacked, not interleaved head by head.
    pub(in crate::backend::local) stacks_neox_heads: bool,
    /// GPT-2's matrices are stored `[out, in]`.
    pub(in crate::backend::local) turns_gpt2: bool,
    /// One divisor a frequency of the rotary positions (Llama 3's scaling, worked out beforehand).
    pub(in crate::backend::local) has_rope_divisors: bool,
}

/// A set of named tensors.
pub(in crate::backend::local) trait Tensors: Sync {
    /// A tensor by the name that the reference library gives it.
    ///
    /// # Errors
    /// It is there, but of a number type that cannot be read.
    fn find(&self, name: &str) -> Result<Option<StoredTensor<'_>>, OpenError>;

    /// The file that is named when a tensor is missing.
    fn file(&self) -> &str;

    /// How this file differs.
    fn conventions(&self) -> Conventions;

    /// As [`Tensors::find`]; absence is an error.
    ///
    /// # Errors
    /// Also when it is missing.
    fn require(&self, name: &str) -> Result<StoredTensor<'_>, OpenError> {
        self.find(name)?
            .ok_or_else(|| OpenError::MissingTensor { file: self.file().to_owned(), tensor: name.to_owned() })
    }
}

impl StoredTensor<'_> {
    /// Refuses another shape.
    pub(in crate::backend::local) fn expect_shape(&self, expected: &[usize]) -> Result<(), OpenError> {
        if self.shape == expected {
            return Ok(());
        }
        Err(OpenError::Shape {
            file: self.file.to_owned(),
            tensor: self.name.clone(),
            expected: expected.to_vec(),
            found: self.shape.clone(),
        })
    }

    /// All values.
    ///
    /// # Errors
    /// A value is not a finite number.
    pub(in crate::backend::local) fn values(&self) -> Result<Vec<f32>, OpenError> {
        let mut values = vec![0.0; self.shape.iter().product()];
        self.coding.decode(self.bytes, &mut values);
        self.check_finite(&values)?;
        Ok(values)
    }

    /// Columns `from..from + out.len()` of one row of a matrix; both ends stand on borders of blocks.
    pub(in crate::backend::local) fn row_part(&self, row: usize, from: usize, out: &mut [f32]) {
        let row_bytes = self.bytes_of(self.shape[1]);
        let start = row * row_bytes + self.bytes_of(from);
        self.coding.decode(&self.bytes[start..start + self.bytes_of(out.len())], out);
    }

    fn bytes_of(&self, values: usize) -> usize {
        values / self.coding.block_values() * self.coding.block_bytes()
    }

    /// # Errors
    /// Names the tensor and the value.
    pub(in crate::backend::local) fn check_finite(&self, values: &[f32]) -> Result<(), OpenError> {
        match values.iter().find(|value| !value.is_finite()) {
            None => Ok(()),
            Some(value) => Err(OpenError::NonFiniteWeight {
                file: self.file.to_owned(),
                tensor: self.name.clone(),
                found: value.to_string(),
            }),
        }
    }
}
