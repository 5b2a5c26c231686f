//! Parameters as safetensors.

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use super::LabError;
use super::decoder::{HostParameter, parameter_shapes};
use super::recipe::ModelShape;

/// Number type of a weight file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    F16,
    F32,
}

/// Writes parameters as safetensors: `[in, out]` as they are for a state (f32), transposed to the hub's `[out, in]` for
/// a checkpoint (f16).
pub(super) fn write_safetensors(path: &Path, parameters: &[HostParameter], stored: Stored) -> Result<(), LabError> {
    let mut encoded: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for parameter in parameters {
        let (shape, values) = if stored == Stored::F16 && is_linear(&parameter.name, &parameter.shape) {
            let [rows, columns] = [parameter.shape[0], parameter.shape[1]];
            (vec![columns, rows], turned(&parameter.values, rows, columns))
        } else {
            (parameter.shape.clone(), parameter.values.clone())
        };
        let bytes = match stored {
            Stored::F16 => values.iter().flat_map(|&v| half::f16::from_f32(v).to_le_bytes()).collect(),
            Stored::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        };
        encoded.push((parameter.name.clone(), shape, bytes));
    }
    let dtype = match stored {
        Stored::F16 => Dtype::F16,
        Stored::F32 => Dtype::F32,
    };
    let views: Vec<(&str, TensorView<'_>)> = encoded
        .iter()
        .map(|(name, shape, bytes)| {
            let view = TensorView::new(dtype, shape.clone(), bytes).expect("bytes were made for this shape");
            (name.as_str(), view)
        })
        .collect();
    let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(views, Some(metadata)).expect("names are unique and shapes fit");
    std::fs::write(path, bytes).map_err(LabError::io(path))
}

/// Reads a checkpoint that [`write_safetensors`] wrote in f16; `path` is for messages.
pub(super) fn read_checkpoint(
    path: &Path,
    bytes: &[u8],
    shape: &ModelShape,
    vocabulary: usize,
) -> Result<Vec<HostParameter>, LabError> {
    let bad = |reason: String| LabError::State { path: path.into(), reason };
    let file = safetensors::SafeTensors::deserialize(bytes).map_err(|error| bad(error.to_string()))?;
    let mut parameters = Vec::new();
    for (name, shape) in parameter_shapes(shape, vocabulary) {
        let tensor = file.tensor(&name).map_err(|error| bad(error.to_string()))?;
        let is_linear = is_linear(&name, &shape);
        let stored: Vec<usize> = if is_linear { shape.iter().rev().copied().collect() } else { shape.clone() };
        if tensor.shape() != stored || tensor.dtype() != Dtype::F16 {
            return Err(bad(format!("tensor {name} is {:?} {:?}", tensor.dtype(), tensor.shape())));
        }
        let values: Vec<f32> =
            tensor.data().chunks_exact(2).map(|pair| half::f16::from_le_bytes([pair[0], pair[1]]).to_f32()).collect();
        let values = if is_linear { turned(&values, stored[0], stored[1]) } else { values };
        parameters.push(HostParameter { name, shape, values });
    }
    Ok(parameters)
}

/// Whether the hub keeps this parameter the other way round.
fn is_linear(name: &str, shape: &[usize]) -> bool {
    shape.len() == 2 && name != "model.embed_tokens.weight"
}

fn turned(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = vec![0.0; rows * columns];
    for row in 0..rows {
        for column in 0..columns {
            turned[column * rows + row] = values[row * columns + column];
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let shape =
            ModelShape { hidden: 4, layers: 1, heads: 2, mlp: 6, context: 16, rope_theta: 1e4, rms_norm_eps: 1e-5 };
        let mut next = 0.0;
        let parameters: Vec<HostParameter> = parameter_shapes(&shape, 5)
            .into_iter()
            .map(|(name, shape)| {
                let values = std::iter::repeat_with(|| {
                    next += 0.25;
                    next
                });
                HostParameter { values: values.take(shape.iter().product()).collect(), name, shape }
            })
            .collect();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.safetensors");
        write_safetensors(&path, &parameters, Stored::F16).expect("written");
        let bytes = std::fs::read(&path).expect("there");
        assert_eq!(read_checkpoint(&path, &bytes, &shape, 5).expect("read"), parameters);
        assert!(read_checkpoint(&path, &bytes, &shape, 6).is_err());
        assert!(read_checkpoint(&path, b"no tensors", &shape, 5).is_err());
    }
}
