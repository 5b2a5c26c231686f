//! A network on some machine, without saying which.

use burn::tensor::{Device, FloatDType};

use super::checkpoint::Tensors;
use super::config::{DecoderConfig, EncoderConfig, NetworkConfig};
use super::engine::{DeviceEngine, HostEngine};
use super::generate::{Decoded, Decoding, IsDone, decode};
use super::network::{Compute, Decoder, Encoder, Pass, Segment};
use super::options::{DeviceChoice, Dtype, LocalOptions};
use super::score::{EncodedText, RowCount, score};
use super::workers::Workers;
use crate::backend::error::BackendError;
use crate::backend::open_error::OpenError;
use crate::backend::request::TokenScores;

/// Refuses a shape that the files cannot fill, before anything is allocated for it.
pub(super) fn check_size(config: &NetworkConfig, held: u128, file: &str) -> Result<(), OpenError> {
    let asked = config.n_parameters();
    // A difference that small is told better by the tensor that has another shape.
    let is_shape_error = asked / 4 <= held;
    if asked > held && !is_shape_error {
        return Err(OpenError::Absurd { file: file.to_owned(), asked, held });
    }
    Ok(())
}

/// What a decoder is asked.
pub(super) trait Speaking: Send + Sync {
    fn config(&self) -> &DecoderConfig;

    fn device_words(&self) -> String;

    /// Scores texts, in their order.
    fn score(
        &self,
        texts: &[EncodedText],
        workers: &Workers,
        budget: usize,
    ) -> (Vec<Result<TokenScores, BackendError>>, RowCount);

    /// Continues prompts, in their order.
    fn decode(
        &self,
        prompts: &[Decoding],
        is_done: &IsDone<'_>,
        workers: &Workers,
        budget: usize,
    ) -> (Vec<Decoded>, RowCount);

    /// Logits of the token after the given ids.
    fn next_logits(&self, ids: &[u32], workers: &Workers) -> Vec<f32>;
}

impl<C: Compute> Speaking for Decoder<C> {
    fn config(&self) -> &DecoderConfig {
        &self.config
    }

    fn device_words(&self) -> String {
        self.compute.device_words()
    }

    fn score(
        &self,
        texts: &[EncodedText],
        workers: &Workers,
        budget: usize,
    ) -> (Vec<Result<TokenScores, BackendError>>, RowCount) {
        score(self, texts, workers, budget)
    }

    fn decode(
        &self,
        prompts: &[Decoding],
        is_done: &IsDone<'_>,
        workers: &Workers,
        budget: usize,
    ) -> (Vec<Decoded>, RowCount) {
        decode(self, prompts, is_done, workers, budget)
    }

    fn next_logits(&self, ids: &[u32], workers: &Workers) -> Vec<f32> {
        workers.together(|| {
            let segment = Segment { ids, past: None, keep: false, is_long: self.is_long(ids.len()) };
            let passed = self.forward(vec![segment], Pass::Whole);
            self.logits(&passed.hidden, &[ids.len() - 1], Pass::Whole)
        })
    }
}

/// What an encoder is asked.
pub(super) trait Embedding: Send + Sync {
    fn config(&self) -> &EncoderConfig;

    fn device_words(&self) -> String;

    /// Mean of the last rows of each text, in their order.
    fn pooled(&self, texts: &[&[u32]], workers: &Workers, budget: usize) -> Vec<Vec<f32>>;
}

impl<C: Compute> Embedding for Encoder<C> {
    fn config(&self) -> &EncoderConfig {
        &self.config
    }

    fn device_words(&self) -> String {
        self.compute.device_words()
    }

    fn pooled(&self, texts: &[&[u32]], workers: &Workers, budget: usize) -> Vec<Vec<f32>> {
        let rows = super::score::batch_rows(texts.iter().map(|ids| ids.len()).sum(), workers.threads(), budget);
        let mut batches: Vec<Vec<&[u32]>> = Vec::new();
        let mut used = rows;
        for &ids in texts {
            if used + ids.len() > rows || batches.is_empty() {
                batches.push(Vec::new());
                used = 0;
            }
            used += ids.len();
            if let Some(batch) = batches.last_mut() {
                batch.push(ids);
            }
        }
        workers.each(batches, |batch| Encoder::pooled(self, &batch)).into_iter().flatten().collect()
    }
}

/// A network with its weights.
pub(super) enum Loaded {
    Decoder(Box<dyn Speaking>),
    Encoder(Box<dyn Embedding>),
}

impl Loaded {
    /// Reads the weights to where they are wanted.
    pub(super) fn load(
        config: NetworkConfig,
        tensors: &dyn Tensors,
        options: &LocalOptions,
    ) -> Result<Self, OpenError> {
        options.check()?;
        match options.device {
            DeviceChoice::Cpu => Self::on(config, tensors, HostEngine),
            device => {
                let (device, words) = burn_device(device)?;
                let products = match options.dtype {
                    Dtype::F32 => FloatDType::F32,
                    Dtype::F16 => FloatDType::F16,
                    Dtype::Bf16 => FloatDType::BF16,
                };
                Self::on(config, tensors, DeviceEngine::new(device, words, products))
            }
        }
    }

    fn on<C: Compute>(config: NetworkConfig, tensors: &dyn Tensors, compute: C) -> Result<Self, OpenError> {
        Ok(match config {
            NetworkConfig::Decoder(config) => Self::Decoder(Box::new(Decoder::load(config, tensors, compute)?)),
            NetworkConfig::Encoder(config) => Self::Encoder(Box::new(Encoder::load(config, tensors, compute)?)),
        })
    }

    /// The decoder once more on a device that can differentiate, in f32: the weights take their memory twice.
    pub(super) fn tracked(
        config: DecoderConfig,
        tensors: &dyn Tensors,
        device: DeviceChoice,
    ) -> Result<Decoder<DeviceEngine>, OpenError> {
        let (device, words) = burn_device(device)?;
        let padding = config.special.pad_id;
        Decoder::load(config, tensors, DeviceEngine::tracked(device, words, padding))
    }

    pub(super) fn device_words(&self) -> String {
        match self {
            Self::Decoder(decoder) => decoder.device_words(),
            Self::Encoder(encoder) => encoder.device_words(),
        }
    }
}

/// One of burn's devices, with its name; a build has those whose features were switched on.
fn burn_device(choice: DeviceChoice) -> Result<(Device, String), OpenError> {
    match choice {
        DeviceChoice::Cpu | DeviceChoice::CpuBurn => Ok((Device::flex(), "cpu (burn's operations)".to_owned())),
        #[cfg(feature = "wgpu")]
        DeviceChoice::Wgpu => graphics(choice, || Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "vulkan")]
        DeviceChoice::Vulkan => graphics(choice, || Device::vulkan(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "cuda")]
        DeviceChoice::Cuda => graphics(choice, || Device::cuda(0)),
        #[cfg(feature = "metal")]
        DeviceChoice::Metal => graphics(choice, || Device::metal(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(not(feature = "wgpu"))]
        DeviceChoice::Wgpu => not_built(choice, "wgpu"),
        #[cfg(not(feature = "vulkan"))]
        DeviceChoice::Vulkan => not_built(choice, "vulkan"),
        #[cfg(not(feature = "cuda"))]
        DeviceChoice::Cuda => not_built(choice, "cuda"),
        #[cfg(not(feature = "metal"))]
        DeviceChoice::Metal => not_built(choice, "metal"),
    }
}

#[cfg(not(all(feature = "wgpu", feature = "vulkan", feature = "cuda", feature = "metal")))]
fn not_built(choice: DeviceChoice, feature: &str) -> Result<(Device, String), OpenError> {
    Err(OpenError::Device {
        device: choice.to_string(),
        reason: format!("this build does not have it; build with `--features {feature}`"),
    })
}

/// A device whose driver may panic when there is none.
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "cuda", feature = "metal"))]
fn graphics(
    choice: DeviceChoice,
    make: impl FnOnce() -> Device + std::panic::UnwindSafe,
) -> Result<(Device, String), OpenError> {
    let found = std::panic::catch_unwind(|| {
        let device = make();
        // The first operation is the one that fails where there is no adapter.
        let probe = burn::tensor::Tensor::<1>::from_data([1.0_f32, 2.0], &device).sum();
        let _ = probe.into_data();
        device
    });
    match found {
        Ok(device) => {
            let words = format!("{choice} ({device:?})");
            Ok((device, words))
        }
        Err(_) => Err(OpenError::Device {
            device: choice.to_string(),
            reason: "no such device answered; is its driver installed?".to_owned(),
        }),
    }
}
