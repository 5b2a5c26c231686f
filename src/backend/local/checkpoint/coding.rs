//! How numbers are stored: plain f32, f16, bf16, or quantised blocks of 32 or 256 values.
//!
//! Block layouts as ggml defines them (`ggml-common.h`), held to the values of the Python package `gguf` 0.19.0.

use half::{bf16, f16};

/// A number format of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) enum Coding {
    F32,
    F16,
    Bf16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
}

impl Coding {
    /// All of them.
    pub(in crate::backend::local) const ALL: [Self; 13] = [
        Self::F32,
        Self::F16,
        Self::Bf16,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2K,
        Self::Q3K,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
    ];

    /// The type number in a GGUF file.
    pub(in crate::backend::local) fn ggml_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q4_1 => 3,
            Self::Q5_0 => 6,
            Self::Q5_1 => 7,
            Self::Q8_0 => 8,
            Self::Q2K => 10,
            Self::Q3K => 11,
            Self::Q4K => 12,
            Self::Q5K => 13,
            Self::Q6K => 14,
            Self::Bf16 => 30,
        }
    }

    /// As it is written in the world.
    pub(in crate::backend::local) fn word(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q5_0 => "Q5_0",
            Self::Q5_1 => "Q5_1",
            Self::Q8_0 => "Q8_0",
            Self::Q2K => "Q2_K",
            Self::Q3K => "Q3_K",
            Self::Q4K => "Q4_K",
            Self::Q5K => "Q5_K",
            Self::Q6K => "Q6_K",
        }
    }

    /// Values in a block.
    pub(in crate::backend::local) fn block_values(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 => 32,
            Self::Q2K | Self::Q3K | Self::Q4K | Self::Q5K | Self::Q6K => 256,
        }
    }

    /// Bytes of a block.
    pub(in crate::backend::local) fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 => 34,
            Self::Q2K => 84,
            Self::Q3K => 110,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
        }
    }

    /// Values of whole blocks; `bytes` and `values` hold the same number of them.
    pub(in crate::backend::local) fn decode(self, bytes: &[u8], values: &mut [f32]) {
        debug_assert_eq!(bytes.len() / self.block_bytes() * self.block_values(), values.len());
        let blocks = bytes.chunks_exact(self.block_bytes()).zip(values.chunks_exact_mut(self.block_values()));
        match self {
            Self::F32 => blocks.for_each(|(b, out)| out[0] = f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            Self::F16 => blocks.for_each(|(b, out)| out[0] = half_at(b, 0)),
            Self::Bf16 => blocks.for_each(|(b, out)| out[0] = bf16::from_le_bytes([b[0], b[1]]).to_f32()),
            Self::Q4_0 => blocks.for_each(|(b, out)| nibbles(&b[2..], out, half_at(b, 0), -8.0, 0.0)),
            Self::Q4_1 => blocks.for_each(|(b, out)| nibbles(&b[4..], out, half_at(b, 0), 0.0, half_at(b, 2))),
            Self::Q5_0 => blocks.for_each(|(b, out)| five_bits(&b[2..], out, half_at(b, 0), -16.0, 0.0)),
            Self::Q5_1 => blocks.for_each(|(b, out)| five_bits(&b[4..], out, half_at(b, 0), 0.0, half_at(b, 2))),
            Self::Q8_0 => blocks.for_each(|(b, out)| {
                let d = half_at(b, 0);
                out.iter_mut().zip(&b[2..]).for_each(|(y, &q)| *y = d * f32::from(q.cast_signed()));
            }),
            Self::Q2K => blocks.for_each(|(b, out)| q2_k(b, out)),
            Self::Q3K => blocks.for_each(|(b, out)| q3_k(b, out)),
            Self::Q4K => blocks.for_each(|(b, out)| q4_k(b, out)),
            Self::Q5K => blocks.for_each(|(b, out)| q5_k(b, out)),
            Self::Q6K => blocks.for_each(|(b, out)| q6_k(b, out)),
        }
    }
}

fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Low halves of the bytes first, then the high halves.
fn nibbles(qs: &[u8], out: &mut [f32], d: f32, offset: f32, min: f32) {
    let (low, high) = out.split_at_mut(16);
    for ((low, high), &q) in low.iter_mut().zip(high).zip(qs) {
        *low = d * (f32::from(q & 15) + offset) + min;
        *high = d * (f32::from(q >> 4) + offset) + min;
    }
}

/// As [`nibbles`], with a fifth bit of each value in the four bytes before.
fn five_bits(bytes: &[u8], out: &mut [f32], d: f32, offset: f32, min: f32) {
    let fifth = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let bit = |place: usize| if fifth >> place & 1 == 1 { 16_u8 } else { 0 };
    let (low, high) = out.split_at_mut(16);
    for (j, ((low, high), &q)) in low.iter_mut().zip(high).zip(&bytes[4..]).enumerate() {
        *low = d * (f32::from(q & 15 | bit(j)) + offset) + min;
        *high = d * (f32::from(q >> 4 | bit(j + 16)) + offset) + min;
    }
}

fn q2_k(block: &[u8], out: &mut [f32]) {
    let (scales, qs) = (&block[..16], &block[16..80]);
    let (d, min) = (half_at(block, 80), half_at(block, 82));
    for (group, values) in out.chunks_exact_mut(16).enumerate() {
        let (half, shift, part) = (group / 8, group % 8 / 2 * 2, group % 2);
        let (dl, ml) = (d * f32::from(scales[group] & 15), min * f32::from(scales[group] >> 4));
        for (y, &q) in values.iter_mut().zip(&qs[32 * half + 16 * part..]) {
            *y = dl * f32::from(q >> shift & 3) - ml;
        }
    }
}

fn q3_k(block: &[u8], out: &mut [f32]) {
    let (high, qs, scales, d) = (&block[..32], &block[32..96], &block[96..108], half_at(block, 108));
    for (group, values) in out.chunks_exact_mut(16).enumerate() {
        let low = if group < 8 { scales[group] & 15 } else { scales[group - 8] >> 4 };
        let two = scales[8 + group % 4] >> (2 * (group / 4)) & 3;
        let dl = d * (f32::from(low | two << 4) - 32.0);
        let (half, shift, part) = (group / 8, group % 8 / 2 * 2, group % 2);
        let mask = 1_u8 << (group / 2);
        let quants = qs[32 * half + 16 * part..].iter().zip(&high[16 * part..]);
        for (y, (&q, &h)) in values.iter_mut().zip(quants) {
            let third = if h & mask == 0 { 4.0 } else { 0.0 };
            *y = dl * (f32::from(q >> shift & 3) - third);
        }
    }
}

/// Six-bit scale and minimum of a group of 32, packed in twelve bytes.
fn scale_and_min(packed: &[u8], group: usize) -> (f32, f32) {
    let (scale, min) = if group < 4 {
        (packed[group] & 63, packed[group + 4] & 63)
    } else {
        (packed[group + 4] & 15 | packed[group - 4] >> 6 << 4, packed[group + 4] >> 4 | packed[group] >> 6 << 4)
    };
    (f32::from(scale), f32::from(min))
}

fn q4_k(block: &[u8], out: &mut [f32]) {
    let (d, min, scales, qs) = (half_at(block, 0), half_at(block, 2), &block[4..16], &block[16..]);
    for (group, values) in out.chunks_exact_mut(32).enumerate() {
        let (scale, least) = scale_and_min(scales, group);
        let (dl, ml, shift) = (d * scale, min * least, 4 * (group % 2));
        for (y, &q) in values.iter_mut().zip(&qs[group / 2 * 32..]) {
            *y = dl * f32::from(q >> shift & 15) - ml;
        }
    }
}

fn q5_k(block: &[u8], out: &mut [f32]) {
    let (d, min, scales) = (half_at(block, 0), half_at(block, 2), &block[4..16]);
    let (high, qs) = (&block[16..48], &block[48..]);
    for (group, values) in out.chunks_exact_mut(32).enumerate() {
        let (scale, least) = scale_and_min(scales, group);
        let (dl, ml, shift) = (d * scale, min * least, 4 * (group % 2));
        for (y, (&q, &h)) in values.iter_mut().zip(qs[group / 2 * 32..].iter().zip(high)) {
            let fifth = if h >> group & 1 == 1 { 16 } else { 0 };
            *y = dl * f32::from(q >> shift & 15 | fifth) - ml;
        }
    }
}

fn q6_k(block: &[u8], out: &mut [f32]) {
    let (low, high, scales, d) = (&block[..128], &block[128..192], &block[192..208], half_at(block, 208));
    for (group, values) in out.chunks_exact_mut(32).enumerate() {
        // Two halves of 128 values, each of four groups of 32.
        let (half, quarter) = (group / 4, group % 4);
        let lows = &low[64 * half + 32 * (quarter % 2)..];
        let (low_shift, high_shift) = (4 * (quarter / 2), 2 * quarter);
        for (place, y) in values.iter_mut().enumerate() {
            let q = lows[place] >> low_shift & 15 | (high[32 * half + place] >> high_shift & 3) << 4;
            let scale = f32::from(scales[8 * half + 2 * quarter + place / 16].cast_signed());
            *y = d * scale * (f32::from(q) - 32.0);
        }
    }
}
