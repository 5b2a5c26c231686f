//! Parameters as safetensors.

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use super::LabError;
use super::decoder::HostParameter;

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
        let is_linear = parameter.shape.len() == 2 && parameter.name != "model.embed_tokens.weight";
        let (shape, values) = if stored == Stored::F16 && is_linear {
            let [rows, columns] = [parameter.shape[0], parameter.shape[1]];
            let mut turned = vec![0.0; rows * columns];
            for row in 0..rows {
                for column in 0..columns {
                    turned[column * rows + row] = parameter.values[row * columns + column];
                }
            }
            (vec![columns, rows], turned)
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
