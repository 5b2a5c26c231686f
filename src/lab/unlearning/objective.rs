//! The two losses of unlearning, and the likelihood of single documents.

use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::documents::Document;
use super::recipe::Method;
use crate::lab::decoder::{Decoder, Positions, to_f64};
use crate::lab::packing::END_OF_DOCUMENT_ID;
use crate::lab::recipe::ModelShape;

/// Documents padded to one length. Attention is causal and padding stands at the end: it changes nothing that counts.
pub(super) struct Batch {
    inputs: Tensor<2, Int>,
    targets: Tensor<2, Int>,
    /// 1 where the target counts, 0 elsewhere.
    counted: Tensor<2>,
    positions: Positions,
}

impl Batch {
    pub(super) fn new(shape: &ModelShape, documents: &[&Document], device: &Device) -> Self {
        let length = documents.iter().map(|document| document.ids.len()).max().unwrap_or(2).max(2) - 1;
        let rows = documents.len();
        let (mut inputs, mut targets, mut counted) = (Vec::new(), Vec::new(), Vec::new());
        for document in documents {
            for place in 0..length {
                let id = |place: usize| i64::from(document.ids.get(place).copied().unwrap_or(END_OF_DOCUMENT_ID));
                inputs.push(id(place));
                targets.push(id(place + 1));
                let counts = (document.counted_from..document.ids.len()).contains(&(place + 1));
                counted.push(if counts { 1.0_f32 } else { 0.0 });
            }
        }
        let ids = |ids| Tensor::<2, Int>::from_data(TensorData::new(ids, [rows, length]), device);
        Self {
            inputs: ids(inputs),
            targets: ids(targets),
            counted: Tensor::from_data(TensorData::new(counted, [rows, length]), device),
            positions: Positions::new(shape, length, device),
        }
    }

    /// Log-probability of each document's counted tokens together, `[rows]`, nats.
    pub(super) fn log_likelihoods(&self, decoder: &Decoder, shape: &ModelShape) -> Tensor<1> {
        let losses = decoder.token_losses(shape, &self.positions, self.inputs.clone(), self.targets.clone());
        (losses * self.counted.clone()).sum_dim(1).squeeze_dim(1).neg()
    }

    /// Counted tokens of each document.
    fn n_counted(&self) -> Tensor<1> {
        self.counted.clone().sum_dim(1).squeeze_dim(1)
    }

    /// The forget term of a method: what is to be minimised. `reference` has the start model's log-likelihood of each
    /// document. Also gives the documents' mean negative log-likelihood, nats a token.
    ///
    /// Gradient difference averages over a document's tokens, then over documents (as TOFU's code); NPO takes the
    /// log-likelihood of the whole document (as its paper).
    pub(super) fn forget_term(
        &self,
        method: Method,
        decoder: &Decoder,
        shape: &ModelShape,
        reference: &[f32],
    ) -> (Tensor<1>, Tensor<1>) {
        let likelihoods = self.log_likelihoods(decoder, shape);
        let mean_nll = (likelihoods.clone() / self.n_counted()).mean().neg();
        let term = match method {
            Method::GradientDifference => mean_nll.clone().neg(),
            Method::Npo { beta } => {
                let reference = Tensor::<1>::from_data(TensorData::from(reference), &likelihoods.device());
                let pulled = (likelihoods - reference).mul_scalar(beta);
                // -log sigmoid(-x) = log(1 + exp(x)), written so that no exponent is positive.
                let softplus = activation::relu(pulled.clone()) + pulled.abs().neg().exp().add_scalar(1.0).log();
                softplus.mean().mul_scalar(2.0 / beta)
            }
        };
        (term, mean_nll)
    }
}

/// Mean negative log-likelihood of packed sequences, nats a token.
pub(super) fn retain_term(
    decoder: &Decoder,
    shape: &ModelShape,
    positions: &Positions,
    inputs: Tensor<2, Int>,
    targets: Tensor<2, Int>,
) -> Tensor<1> {
    let [rows, length] = inputs.dims();
    decoder.loss(shape, positions, inputs, targets, to_f64(rows * length))
}
