//! Rotary positions in the half layout: dimension j turns with dimension j + d/2.

use burn::tensor::{Device, Tensor, TensorData};

use super::config::{RopeConfig, RopeScaling};

/// Frequencies of one model.
#[derive(Debug, Clone)]
pub(super) struct Rope {
    /// Radians a position, for the first half of a head's dimensions. Rounded to f32 as the reference does.
    frequencies: Vec<f64>,
}

/// Cosines and sines for the rows of one batch, `[rows, 1, head]`.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    cos: Tensor<3>,
    sin: Tensor<3>,
}

impl Rope {
    pub(super) fn new(config: &RopeConfig, head_dim: usize) -> Self {
        let half = head_dim / 2;
        let frequencies = (0..half)
            .map(|j| {
                let base = config.theta.powf(-2.0 * index(j) / index(head_dim));
                round_to_f32(scaled(round_to_f32(base), &config.scaling))
            })
            .collect();
        Self { frequencies }
    }

    /// Turns for rows at the given positions.
    pub(super) fn turns(&self, positions: &[usize], device: &Device) -> Turns {
        let half = self.frequencies.len();
        let longest = positions.iter().copied().max().map_or(0, |last| last + 1);
        let mut table: Vec<Option<(Vec<f32>, Vec<f32>)>> = vec![None; longest];
        let (mut cos, mut sin) =
            (Vec::with_capacity(positions.len() * half * 2), Vec::with_capacity(positions.len() * half * 2));
        for &position in positions {
            let (cosines, sines) = table[position].get_or_insert_with(|| {
                self.frequencies
                    .iter()
                    .map(|frequency| {
                        let angle = index(position) * frequency;
                        (to_f32(angle.cos()), to_f32(angle.sin()))
                    })
                    .unzip()
            });
            for _ in 0..2 {
                cos.extend_from_slice(cosines);
                sin.extend_from_slice(sines);
            }
        }
        let shape = [positions.len(), 1, 2 * half];
        let tensor = |values| Tensor::<3>::from_data(TensorData::new(values, shape), device);
        Turns { cos: tensor(cos), sin: tensor(sin) }
    }
}

impl Turns {
    /// Turns `[rows, heads, head]`.
    pub(super) fn apply(&self, x: Tensor<3>) -> Tensor<3> {
        let half = x.dims()[2] / 2;
        let crossed = Tensor::cat(vec![x.clone().narrow(2, half, half).neg(), x.clone().narrow(2, 0, half)], 2);
        x * self.cos.clone() + crossed * self.sin.clone()
    }
}

fn scaled(frequency: f64, scaling: &RopeScaling) -> f64 {
    match *scaling {
        RopeScaling::None => frequency,
        RopeScaling::Linear { factor } => frequency / factor,
        RopeScaling::Llama3 { factor, low_freq_factor, high_freq_factor, original_context } => {
            let wavelength = std::f64::consts::TAU / frequency;
            if wavelength < original_context / high_freq_factor {
                frequency
            } else if wavelength > original_context / low_freq_factor {
                frequency / factor
            } else {
                let smooth = (original_context / wavelength - low_freq_factor) / (high_freq_factor - low_freq_factor);
                (1.0 - smooth) * frequency / factor + smooth * frequency
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "positions and dimensions are below 2^24")]
fn index(value: usize) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, reason = "angles are wanted in single precision")]
fn to_f32(value: f64) -> f32 {
    value as f32
}

fn round_to_f32(value: f64) -> f64 {
    f64::from(to_f32(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LLAMA3: RopeScaling =
        RopeScaling::Llama3 { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context: 32.0 };

    #[test]
    fn llama3_keeps_fast_turns_and_slows_down_slow_ones() {
        let rope = Rope::new(&RopeConfig { theta: 500_000.0, scaling: LLAMA3 }, 16);
        let plain = Rope::new(&RopeConfig { theta: 500_000.0, scaling: RopeScaling::None }, 16);
        assert!((rope.frequencies[0] - plain.frequencies[0]).abs() < 1e-12, "wavelength 6.3 is below 32/4");
        let last = plain.frequencies.len() - 1;
        assert!((rope.frequencies[last] * 8.0 - plain.frequencies[last]).abs() < 1e-9);
    }

    #[test]
    fn linear_scaling_divides_every_frequency() {
        let rope = Rope::new(&RopeConfig { theta: 10_000.0, scaling: RopeScaling::Linear { factor: 4.0 } }, 8);
        let plain = Rope::new(&RopeConfig { theta: 10_000.0, scaling: RopeScaling::None }, 8);
        for (scaled, plain) in rope.frequencies.iter().zip(&plain.frequencies) {
            assert!((scaled * 4.0 - plain).abs() < 1e-7);
        }
    }
}
