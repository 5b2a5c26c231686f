//! How a checkpoint is run.

use std::fmt;
use std::str::FromStr;

use crate::backend::open_error::OpenError;

/// How a checkpoint is run. Threads and budget change no number; device and number type do, in the last digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOptions {
    /// Worker threads, each with its own batches.
    pub threads: usize,
    /// Rows (tokens) that are computed together.
    pub token_budget: usize,
    pub device: DeviceChoice,
    pub dtype: Dtype,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            token_budget: 2048,
            device: DeviceChoice::Cpu,
            dtype: Dtype::F32,
        }
    }
}

/// Where a model computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The processor, with the vector kernels of this program.
    #[default]
    Cpu,
    /// The processor, with burn's operations alone: slower, for comparison.
    CpuBurn,
    /// Any graphics processor, through WebGPU's shaders.
    Wgpu,
    /// Through Vulkan's own shaders.
    Vulkan,
    Cuda,
    Metal,
}

/// Number type of the products; everything between them is f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dtype {
    #[default]
    F32,
    F16,
    Bf16,
}

impl DeviceChoice {
    /// All that can be written.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("cpu", Self::Cpu),
        ("cpu-burn", Self::CpuBurn),
        ("wgpu", Self::Wgpu),
        ("vulkan", Self::Vulkan),
        ("cuda", Self::Cuda),
        ("metal", Self::Metal),
    ];
}

impl Dtype {
    /// All that can be written.
    pub const WORDS: [(&'static str, Self); 3] = [("f32", Self::F32), ("f16", Self::F16), ("bf16", Self::Bf16)];
}

macro_rules! words {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let word = Self::WORDS.iter().find(|(_, value)| value == self).map_or("", |(word, _)| *word);
                f.write_str(word)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::WORDS.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
                    let known = Self::WORDS.map(|(word, _)| word).join(", ");
                    format!(concat!("there is no ", $what, " `{}`; there are: {}"), text, known)
                })
            }
        }
    };
}

words!(DeviceChoice, "device");
words!(Dtype, "number type");

impl LocalOptions {
    /// Refuses what cannot be kept.
    pub(super) fn check(&self) -> Result<(), OpenError> {
        if self.device == DeviceChoice::Cpu && self.dtype != Dtype::F32 {
            return Err(OpenError::Device {
                device: self.device.to_string(),
                reason: format!(
                    "products in {} are not faster on a processor and less exact; leave --dtype out, or choose another device",
                    self.dtype
                ),
            });
        }
        Ok(())
    }
}
