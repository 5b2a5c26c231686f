//! How steep a text's loss is in the parameters: one forward and one backward pass on burn's operations.

use burn::tensor::{Gradients, Tensor};

use super::engine::DeviceEngine;
use super::network::{Decoder, Parameter, Pass, Segment};
use super::score::Window;
use crate::backend::error::BackendError;
use crate::backend::request::GradientNorms;

/// Norms of the gradient of the mean loss over the scored tokens of all windows.
///
/// `windows` score at least one token between them, and every id is below the vocabulary.
///
/// # Errors
/// A gradient that is not a finite number.
pub(super) fn norms(
    decoder: &Decoder<DeviceEngine>,
    ids: &[u32],
    windows: &[Window],
) -> Result<GradientNorms, BackendError> {
    let (mut segments, mut rows, mut targets) = (Vec::new(), Vec::new(), Vec::new());
    let mut n_rows = 0;
    for &Window { from, scored_from, to } in windows {
        // The row before an id predicts it: the last id's own row is not needed.
        let ids_seen = &ids[from..to - 1];
        segments.push(Segment { ids: ids_seen, past: None, keep: false, is_long: decoder.is_long(to - from) });
        rows.extend((scored_from..to).map(|position| n_rows + position - 1 - from));
        targets.extend_from_slice(&ids[scored_from..to]);
        n_rows += ids_seen.len();
    }
    let hidden = decoder.forward(segments, Pass::Whole).hidden;
    let loss = decoder.compute.mean_loss(&hidden, decoder.head(), &rows, &targets);
    let gradients = loss.backward();
    let mut sums = GradientNorms { l1: 0.0, l2: 0.0, inf: 0.0, n_tensors: 0 };
    // Neighbouring parameters may lie in one matrix, whose gradient is fetched once.
    let mut last: Option<(*const Tensor<2>, Vec<f32>, usize)> = None;
    for parameter in decoder.parameters() {
        let norm = match parameter {
            Parameter::Table(table) => fetched(table, &gradients).map(|values| Norms::of(values.iter())),
            Parameter::Values { vector, from, n } => fetched(vector, &gradients)
                .map(|values| Norms::of(values[from..values.len().min(from.saturating_add(n))].iter())),
            Parameter::Columns { matrix, from, n } => {
                let place: *const Tensor<2> = matrix;
                if last.as_ref().is_none_or(|(known, ..)| *known != place) {
                    let width = matrix.dims()[1];
                    last = fetched(matrix, &gradients).map(|values| (place, values, width));
                }
                let known = last.as_ref().filter(|(known, ..)| *known == place);
                known.map(|(_, values, width)| {
                    Norms::of(values.chunks_exact(*width).flat_map(|row| &row[from..from + n]))
                })
            }
        };
        if let Some(norm) = norm {
            sums.l1 += norm.sum;
            sums.l2 += norm.squares.sqrt();
            sums.inf += norm.largest;
            sums.n_tensors += 1;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a model has some thousand tensors")]
    let n = sums.n_tensors as f64;
    let norms = GradientNorms { l1: sums.l1 / n, l2: sums.l2 / n, inf: sums.inf / n, n_tensors: sums.n_tensors };
    if norms.l1.is_finite() && norms.l2.is_finite() {
        Ok(norms)
    } else {
        Err(BackendError::Gradient { reason: "it is not a finite number; check the checkpoint".to_owned() })
    }
}

/// The gradient of a weight on the host; none where the weight took no part.
fn fetched<const D: usize>(weight: &Tensor<D>, gradients: &Gradients) -> Option<Vec<f32>> {
    weight.grad(gradients)?.into_data().convert::<f32>().try_into_vec::<f32>().ok()
}

/// What the norms of one tensor are made of.
struct Norms {
    sum: f64,
    squares: f64,
    largest: f64,
}

impl Norms {
    fn of<'v>(values: impl Iterator<Item = &'v f32>) -> Self {
        let mut norms = Self { sum: 0.0, squares: 0.0, largest: 0.0 };
        for &value in values {
            let value = f64::from(value).abs();
            norms.sum += value;
            norms.squares += value * value;
            norms.largest = norms.largest.max(value);
        }
        norms
    }
}
