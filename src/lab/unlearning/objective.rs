//! The two losses of unlearning, and the likelihood of single documents.

use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::documents::Document;
use super::recipe::Method;
use crate::lab::decoder::{Decoder, Positions, to_f64};
use crate::lab::packed::END_OF_DOCUMENT_ID;
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
                // The library's own has a slope at 0, too, where every document stands before the first step.
                activation::log_sigmoid(pulled.neg()).mean().mul_scalar(-2.0 / beta)
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

#[cfg(test)]
mod tests {
    use burn::optim::{GradientsAccumulator, GradientsParams, SgdConfig};

    use super::*;
    use crate::lab::recipe::Recipe;
    use crate::lab::train::inputs_and_targets;

    /// A decoder of a few hundred weights, with two documents to forget and one sequence to keep.
    struct Bench {
        shape: ModelShape,
        decoder: Decoder,
        forget: Vec<Document>,
        retain: Vec<Vec<u16>>,
        device: Device,
    }

    impl Bench {
        fn new() -> Self {
            let text = include_str!("../../../datasets/builtin/models/perturbed/recipe.toml");
            let mut recipe: Recipe = toml::from_str(text).expect("the shipped recipe is valid");
            recipe.model = ModelShape { hidden: 16, layers: 2, heads: 2, mlp: 32, context: 64, ..recipe.model };
            recipe.tokenizer.vocabulary = 30;
            let device = Device::flex().autodiff();
            let document = |ids: Vec<u16>, counted_from| Document { lesson: 0, ids, counted_from };
            Self {
                shape: recipe.model,
                decoder: Decoder::initial(&recipe, &device),
                forget: vec![document(vec![1, 2, 3, 4, 5, 0], 3), document(vec![6, 7, 8, 0], 1)],
                retain: vec![vec![11, 12, 13, 14, 15, 16, 17, 18, 19]],
                device,
            }
        }

        fn batch(&self) -> Batch {
            Batch::new(&self.shape, &self.forget.iter().collect::<Vec<_>>(), &self.device)
        }

        fn likelihoods(&self) -> Vec<f32> {
            let likelihoods = self.batch().log_likelihoods(&self.decoder, &self.shape);
            likelihoods.into_data().try_into_vec().expect("f32")
        }

        fn forget_loss(&self) -> f32 {
            let reference = vec![0.0; self.forget.len()];
            let term = self.batch().forget_term(Method::GradientDifference, &self.decoder, &self.shape, &reference);
            term.1.into_scalar()
        }

        fn retain_loss(&self) -> Tensor<1> {
            let positions = Positions::new(&self.shape, 8, &self.device);
            let (inputs, targets) = inputs_and_targets(&self.retain, 8, &self.device);
            retain_term(&self.decoder, &self.shape, &positions, inputs, targets)
        }

        /// One step of plain descent; with the retain term only where it is asked.
        fn step(&mut self, method: Method, reference: &[f32], rate: f64, keeps: bool) {
            let forget = self.batch().forget_term(method, &self.decoder, &self.shape, reference).0;
            let mut accumulator = GradientsAccumulator::<Decoder>::new();
            let retain = keeps.then(|| self.retain_loss());
            for term in std::iter::once(forget).chain(retain) {
                accumulator.accumulate(&self.decoder, GradientsParams::from_grads(term.backward(), &self.decoder));
            }
            let mut descent = SgdConfig::new().init();
            self.decoder = descent.step(rate, self.decoder.clone(), accumulator.grads());
        }
    }

    #[test]
    fn a_step_of_gradient_difference_forgets_one_text_and_keeps_the_other() {
        let mut bench = Bench::new();
        let (forget, retain): (f32, f32) = (bench.forget_loss(), bench.retain_loss().into_scalar());
        bench.step(Method::GradientDifference, &[0.0, 0.0], 0.05, true);
        let (forget_after, retain_after): (f32, f32) = (bench.forget_loss(), bench.retain_loss().into_scalar());
        assert!(forget_after > forget, "{forget} -> {forget_after}");
        assert!(retain_after < retain + 1e-3, "{retain} -> {retain_after}");
    }

    #[test]
    fn npo_at_the_reference_is_two_ln_two_over_beta() {
        let bench = Bench::new();
        let reference = bench.likelihoods();
        for beta in [0.05, 0.1, 1.0] {
            let term = bench.batch().forget_term(Method::Npo { beta }, &bench.decoder, &bench.shape, &reference);
            let value: f32 = term.0.into_scalar();
            let expected = 2.0 * std::f64::consts::LN_2 / beta;
            assert!((f64::from(value) - expected).abs() < 1e-4 * expected, "beta {beta}: {value} and {expected}");
        }
    }

    #[test]
    fn npo_fades_where_a_document_is_far_less_likely_than_before() {
        let bench = Bench::new();
        let far: Vec<f32> = bench.likelihoods().iter().map(|likelihood| likelihood + 500.0).collect();
        let near: Vec<f32> = bench.likelihoods().iter().map(|likelihood| likelihood - 500.0).collect();
        let value = |reference: &[f32]| -> f32 {
            let term = bench.batch().forget_term(Method::Npo { beta: 0.1 }, &bench.decoder, &bench.shape, reference);
            term.0.into_scalar()
        };
        assert!(value(&far) < 1e-6);
        // Far above the reference it grows as the likelihood itself: (2 / beta) beta 500.
        assert!((value(&near) - 1000.0).abs() < 1e-2);
    }

    #[test]
    fn a_step_of_npo_makes_the_documents_less_likely() {
        let mut bench = Bench::new();
        let reference = bench.likelihoods();
        // A small step of its own: the retain term pulls a fresh decoder's likelihoods up together.
        bench.step(Method::Npo { beta: 0.1 }, &reference, 1e-3, false);
        for (before, after) in reference.iter().zip(bench.likelihoods()) {
            assert!(after < *before, "{before} -> {after}");
        }
    }

    #[test]
    fn padding_and_uncounted_tokens_do_not_change_a_likelihood() {
        let bench = Bench::new();
        let together = bench.likelihoods();
        for (document, together) in bench.forget.iter().zip(together) {
            let alone = Batch::new(&bench.shape, &[document], &bench.device);
            let alone: f32 = alone.log_likelihoods(&bench.decoder, &bench.shape).into_scalar();
            assert!((alone - together).abs() < 1e-5);
        }
        let n_counted: Vec<f32> = bench.batch().n_counted().into_data().try_into_vec().expect("f32");
        assert_eq!(n_counted, [3.0, 3.0]);
    }
}
