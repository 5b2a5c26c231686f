//! Rotary positions in the half layout: dimension j turns with dimension j + r/2, r rotary dimensions.

use super::super::config::{RopeConfig, RopeScaling};

/// Frequencies of one kind of layer.
#[derive(Debug, Clone)]
pub(in crate::backend::local) struct Rope {
    /// Radians a position, for the first half of the rotary dimensions. Rounded to f32 as the reference does.
    frequencies: Vec<f64>,
    /// Those for sequences beyond the original context, and that context (LongRoPE).
    long: Option<(usize, Vec<f64>)>,
    /// Cosines and sines are multiplied by it.
    amplitude: f64,
}

/// Cosines and sines of some rows, `[rows, r / 2]` each.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::local) struct Angles {
    /// r / 2.
    pub(in crate::backend::local) half: usize,
    pub(in crate::backend::local) cos: Vec<f32>,
    pub(in crate::backend::local) sin: Vec<f32>,
}

impl Rope {
    /// `divisors`: one for each frequency, worked out by whoever made the file.
    pub(super) fn new(config: &RopeConfig, divisors: Option<&[f32]>) -> Self {
        let half = config.rotary_dims / 2;
        let base = |j: usize| config.theta.powf(2.0 * index(j) / index(config.rotary_dims));
        let plain = |j: usize| round_to_f32(1.0 / round_to_f32(base(j)));
        let divided = |divisors: &[f64]| -> Vec<f64> {
            let pairs = divisors.iter().enumerate();
            pairs.map(|(j, divisor)| round_to_f32(1.0 / (round_to_f32(*divisor) * round_to_f32(base(j))))).collect()
        };
        if let Some(divisors) = divisors {
            let divisors: Vec<f64> = divisors.iter().copied().map(f64::from).collect();
            return Self { frequencies: divided(&divisors), long: None, amplitude: 1.0 };
        }
        match &config.scaling {
            RopeScaling::LongRope { short, long, original_context, amplitude } => Self {
                frequencies: divided(short),
                long: Some((*original_context, divided(long))),
                amplitude: *amplitude,
            },
            scaling => Self {
                frequencies: (0..half).map(|j| round_to_f32(scaled(plain(j), scaling))).collect(),
                long: None,
                amplitude: 1.0,
            },
        }
    }

    /// Longest sequence with the short frequencies, if there are others.
    pub(super) fn original_context(&self) -> Option<usize> {
        self.long.as_ref().map(|(context, _)| *context)
    }

    /// Angles of rows at the given positions; `is_long` says whether the row's whole sequence is beyond the original
    /// context.
    pub(super) fn angles(&self, rows: &[(usize, bool)]) -> Angles {
        let half = self.frequencies.len();
        let size = rows.len() * half;
        let mut angles = Angles { half, cos: Vec::with_capacity(size), sin: Vec::with_capacity(size) };
        // Neighbouring rows of several sequences have the same positions: each angle is worked out once.
        let mut known: std::collections::BTreeMap<(usize, bool), usize> = std::collections::BTreeMap::new();
        for (place, &(position, is_long)) in rows.iter().enumerate() {
            if let Some(&from) = known.get(&(position, is_long)) {
                angles.cos.extend_from_within(from * half..(from + 1) * half);
                angles.sin.extend_from_within(from * half..(from + 1) * half);
                continue;
            }
            known.insert((position, is_long), place);
            let frequencies = match &self.long {
                Some((_, long)) if is_long => long,
                _ => &self.frequencies,
            };
            for frequency in frequencies {
                let angle = round_to_f32(index(position) * frequency);
                angles.cos.push(to_f32(angle.cos() * self.amplitude));
                angles.sin.push(to_f32(angle.sin() * self.amplitude));
            }
        }
        angles
    }
}

fn scaled(frequency: f64, scaling: &RopeScaling) -> f64 {
    match *scaling {
        RopeScaling::None | RopeScaling::LongRope { .. } => frequency,
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

    fn rope(theta: f64, rotary_dims: usize, scaling: RopeScaling) -> Rope {
        Rope::new(&RopeConfig { theta, rotary_dims, scaling }, None)
    }

    #[test]
    fn llama3_keeps_fast_turns_and_slows_down_slow_ones() {
        let scaled = rope(500_000.0, 16, LLAMA3);
        let plain = rope(500_000.0, 16, RopeScaling::None);
        assert!((scaled.frequencies[0] - plain.frequencies[0]).abs() < 1e-12, "wavelength 6.3 is below 32/4");
        let last = plain.frequencies.len() - 1;
        assert!((scaled.frequencies[last] * 8.0 - plain.frequencies[last]).abs() < 1e-9);
    }

    #[test]
    fn linear_scaling_divides_every_frequency() {
        let scaled = rope(10_000.0, 8, RopeScaling::Linear { factor: 4.0 });
        let plain = rope(10_000.0, 8, RopeScaling::None);
        for (scaled, plain) in scaled.frequencies.iter().zip(&plain.frequencies) {
            assert!((scaled * 4.0 - plain).abs() < 1e-7);
        }
    }

    #[test]
    fn a_long_sequence_turns_by_the_long_divisors_and_both_are_amplified() {
        let scaling =
            RopeScaling::LongRope { short: vec![1.0; 4], long: vec![2.0; 4], original_context: 8, amplitude: 1.5 };
        let rope = rope(10_000.0, 8, scaling);
        let angles = rope.angles(&[(3, false), (6, true), (0, false)]);
        assert_eq!(angles.cos[..4], angles.cos[4..8], "6 positions at half the speed are 3");
        assert!((angles.cos[8] - 1.5).abs() < 1e-7 && angles.sin[8].abs() < 1e-7);
        assert_eq!(rope.original_context(), Some(8));
    }
}
