//! The loops, each compiled for AVX-512, for AVX2 and plainly; what the processor has is found out once.
//!
//! A loop is written over lanes of 16, so that the compiler makes vectors of it and the order of additions is the same
//! whatever the width.

use std::sync::OnceLock;

use super::super::super::network::RowScore;

/// Values that are added side by side.
pub(super) const LANES: usize = 16;

type Lane = [f32; LANES];

/// What the loops are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InstructionSet {
    Avx512,
    Avx2,
    Plain,
}

impl InstructionSet {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Avx512 => "host kernels, AVX-512",
            Self::Avx2 => "host kernels, AVX2 and FMA",
            Self::Plain => "host kernels, plain",
        }
    }
}

/// What this processor has.
pub(super) fn instruction_set() -> InstructionSet {
    static FOUND: OnceLock<InstructionSet> = OnceLock::new();
    *FOUND.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                return InstructionSet::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return InstructionSet::Avx2;
            }
        }
        InstructionSet::Plain
    })
}

/// Makes a function that runs the version of a loop that this processor can run best. The loop's constant says whether
/// multiply-add is one instruction.
macro_rules! dispatched {
    ($(#[$doc:meta])* $name:ident = $body:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        pub(super) fn $name($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    $body::<true>($($argument),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    $body::<true>($($argument),*)
                }
                match instruction_set() {
                    // SAFETY: the processor was asked for these features.
                    #[expect(unsafe_code, reason = "a function compiled for features that were found on this processor")]
                    InstructionSet::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    #[expect(unsafe_code, reason = "a function compiled for features that were found on this processor")]
                    InstructionSet::Avx2 => return unsafe { avx2($($argument),*) },
                    InstructionSet::Plain => {}
                }
            }
            $body::<false>($($argument),*)
        }
    };
}

dispatched! {
    /// `x += y`.
    add = add_loop(x: &mut [f32], y: &[f32])
}
dispatched! {
    /// `x *= y`.
    multiply = multiply_loop(x: &mut [f32], y: &[f32])
}
dispatched! {
    /// `gate = silu(gate) * up`.
    silu_gate = silu_gate_loop(gate: &mut [f32], up: &[f32])
}
dispatched! {
    silu = silu_loop(x: &mut [f32])
}
dispatched! {
    /// By the error function.
    gelu = gelu_loop(x: &mut [f32])
}
dispatched! {
    /// By the hyperbolic tangent.
    gelu_tanh = gelu_tanh_loop(x: &mut [f32])
}
dispatched! {
    rms_norm = rms_norm_loop(row: &mut [f32], weight: &[f32], epsilon: f32)
}
dispatched! {
    layer_norm = layer_norm_loop(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32)
}
dispatched! {
    /// Turns the first dimensions of a head; the others stay.
    turn = turn_loop(head: &mut [f32], cos: &[f32], sin: &[f32])
}
dispatched! {
    /// `exp(x - max)` in place, a multiple of [`LANES`] long; negative infinity becomes 0. The sum.
    exponentiate = exponentiate_loop(row: &mut [f32]) -> f32
}
dispatched! {
    /// Log-probability of a target and the moments of a row of logits.
    score_row = score_row_loop(logits: &[f32], target: usize, vocab_stats: bool) -> RowScore
}
dispatched! {
    /// Columns from `from` on of `x @ weight`; as many as `y` has for each row of `x`.
    low_product = low_product_loop(x: &[f32], into: usize, weight: &[f32], out: usize, from: usize, y: &mut [f32])
}
dispatched! {
    /// Products of every row of `x` with every entry.
    low_table_product = low_table_loop(x: &[f32], width: usize, entries: &[f32], y: &mut [f32])
}
dispatched! {
    /// Attention of scaled query heads over `n` keys, `apart` values from one to the next.
    attend_step = attend_step_loop(
        queries: &[f32], head_dim: usize, keys: &[f32], values: &[f32], apart: usize, n: usize, mixed: &mut [f32]
    )
}

/// Values of a product up to which `gemm` takes its path for small ones.
const SMALL: usize = 256;

/// A matrix in memory that somebody else owns.
#[derive(Clone, Copy)]
pub(super) struct Strided<'a> {
    pub(super) values: &'a [f32],
    /// From one row to the next.
    pub(super) row: usize,
    /// From one column to the next.
    pub(super) column: usize,
}

impl Strided<'_> {
    /// Panics when a matrix of that size would reach beyond its memory.
    fn check(&self, rows: usize, columns: usize) {
        let last = (rows - 1) * self.row + (columns - 1) * self.column;
        assert!(last < self.values.len(), "a matrix of {rows} x {columns} is longer than its memory");
    }
}

/// `c (+)= a @ b` of sizes `[m, n, k]`, `c` with rows `c_row` apart; on the threads of the current pool.
#[expect(unsafe_code, reason = "gemm takes pointers; the sizes are checked against the slices first")]
pub(super) fn matmul(
    [m, n, k]: [usize; 3],
    a: Strided<'_>,
    b: Strided<'_>,
    c: &mut [f32],
    c_row: usize,
    accumulates: bool,
) {
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    a.check(m, k);
    b.check(k, n);
    assert!((m - 1) * c_row + n <= c.len() && n <= c_row, "a product of {m} x {n} is longer than its memory");
    // Small products of contiguous rows go through a path of `gemm` that adds in another order: a row's numbers would
    // depend on how many there are. Turned, they go the way of all others.
    let mut turned = Vec::new();
    let a = if a.column == 1 && b.row == 1 && m > 1 && m * n <= SMALL {
        turned.reserve(m * k);
        for column in 0..k {
            turned.extend((0..m).map(|row| a.values[row * a.row + column]));
        }
        Strided { values: &turned, row: 1, column: m }
    } else {
        a
    };
    let threads = rayon::current_num_threads();
    let parallelism =
        if threads > 1 && m * n * k > 1 << 18 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
    let step = |distance: usize| distance.cast_signed();
    // SAFETY: all three matrices lie within their slices (checked above), and `c` is borrowed for writing by us alone.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            step(c_row),
            accumulates,
            a.values.as_ptr(),
            step(a.column),
            step(a.row),
            b.values.as_ptr(),
            step(b.column),
            step(b.row),
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// To single precision.
#[expect(clippy::cast_possible_truncation, reason = "the network computes in single precision")]
pub(super) fn narrow(value: f64) -> f32 {
    value as f32
}

/// `a * b + c`.
#[inline(always)]
fn fused<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// e to the x, to about one unit in the last place; 0 below -87.3, and no overflow above 88.
///
/// Coefficients of Cephes `expf`: the range is reduced by ln 2 in two parts, the rest is a polynomial of degree 5.
#[inline(always)]
fn exp<const FMA: bool>(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding and subtracting it rounds to a whole number.
    const ROUNDS: f32 = 12_582_912.0;
    let clamped = x.clamp(-87.3, 88.0);
    let shifted = fused::<FMA>(clamped, LOG2_E, ROUNDS);
    let n = shifted - ROUNDS;
    let r = fused::<FMA>(n, -LN2_LOW, fused::<FMA>(n, -LN2_HIGH, clamped));
    let mut p = 1.987_569_1e-4;
    p = fused::<FMA>(p, r, 1.398_199_9e-3);
    p = fused::<FMA>(p, r, 8.333_452e-3);
    p = fused::<FMA>(p, r, 4.166_579_6e-2);
    p = fused::<FMA>(p, r, 1.666_666_5e-1);
    p = fused::<FMA>(p, r, 0.5);
    let y = fused::<FMA>(p, r * r, r + 1.0);
    // The whole number stands in the last bits of `shifted`; it becomes the exponent.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    let y = y * power;
    if x < -87.3 { 0.0 } else { y }
}

/// The hyperbolic tangent.
#[inline(always)]
fn tanh<const FMA: bool>(x: f32) -> f32 {
    let e = exp::<FMA>(2.0 * x);
    1.0 - 2.0 / (e + 1.0)
}

/// The error function, to about 3e-7: a rational function of x squared (the one that Eigen uses for floats).
#[inline(always)]
fn erf<const FMA: bool>(x: f32) -> f32 {
    let x = if x.is_nan() { x } else { x.clamp(-4.0, 4.0) };
    let square = x * x;
    let mut p = -2.726_142_3e-10;
    for c in [2.770_681_4e-8, -2.101_024e-6, -5.692_506_5e-5, -7.349_906_4e-4, -2.954_6e-3, -1.609_603_3e-2] {
        p = fused::<FMA>(p, square, c);
    }
    let mut q = -1.456_607_2e-5;
    for c in [-2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2] {
        q = fused::<FMA>(q, square, c);
    }
    x * p / q
}

#[inline(always)]
fn lanes(values: &[f32]) -> (&[Lane], &[f32]) {
    values.as_chunks::<LANES>()
}

/// A pairwise sum of the lanes.
#[inline(always)]
fn total(mut lane: Lane) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lane[i] += lane[i + width];
        }
        width /= 2;
    }
    lane[0]
}

#[inline(always)]
fn add_loop<const FMA: bool>(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

#[inline(always)]
fn multiply_loop<const FMA: bool>(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x *= y);
}

#[inline(always)]
fn silu_gate_loop<const FMA: bool>(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp::<FMA>(-*gate)) * up;
    }
}

#[inline(always)]
fn silu_loop<const FMA: bool>(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x /= 1.0 + exp::<FMA>(-*x));
}

#[inline(always)]
fn gelu_loop<const FMA: bool>(x: &mut [f32]) {
    for x in x {
        *x = 0.5 * *x * (1.0 + erf::<FMA>(*x * std::f32::consts::FRAC_1_SQRT_2));
    }
}

#[inline(always)]
fn gelu_tanh_loop<const FMA: bool>(x: &mut [f32]) {
    const ROOT: f32 = 0.797_884_6;
    for x in x {
        let cubic = fused::<FMA>(0.044_715 * *x * *x, *x, *x);
        *x = 0.5 * *x * (1.0 + tanh::<FMA>(ROOT * cubic));
    }
}

/// Sum of `f` over a row, in lanes.
#[inline(always)]
fn sum_of(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = lanes(row);
    let mut sums = [0.0; LANES];
    for lane in whole {
        for (sum, &value) in sums.iter_mut().zip(lane) {
            *sum += f(value);
        }
    }
    for (sum, &value) in sums.iter_mut().zip(rest) {
        *sum += f(value);
    }
    total(sums)
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "a row has fewer than 2^24 columns")]
fn rms_norm_loop<const FMA: bool>(row: &mut [f32], weight: &[f32], epsilon: f32) {
    let mean = sum_of(row, |x| x * x) / row.len() as f32;
    let scale = 1.0 / (mean + epsilon).sqrt();
    row.iter_mut().zip(weight).for_each(|(x, w)| *x = *x * scale * w);
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "a row has fewer than 2^24 columns")]
fn layer_norm_loop<const FMA: bool>(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let n = row.len() as f32;
    let mean = sum_of(row, |x| x) / n;
    let variance = sum_of(row, |x| (x - mean) * (x - mean)) / n;
    let scale = 1.0 / (variance + epsilon).sqrt();
    for ((x, w), b) in row.iter_mut().zip(weight).zip(bias) {
        *x = fused::<FMA>((*x - mean) * scale, *w, *b);
    }
}

#[inline(always)]
fn turn_loop<const FMA: bool>(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    let half = cos.len();
    let (first, rest) = head.split_at_mut(half);
    for (((a, b), cos), sin) in first.iter_mut().zip(rest).zip(cos).zip(sin) {
        let (x, y) = (*a, *b);
        *a = x * cos - y * sin;
        *b = y * cos + x * sin;
    }
}

/// The largest value; NaN if there is one.
#[inline(always)]
fn largest_of(row: &[f32]) -> f32 {
    let (whole, rest) = lanes(row);
    let mut most = [f32::NEG_INFINITY; LANES];
    let mut sums = [0.0_f32; LANES];
    for lane in whole {
        for ((most, sum), &value) in most.iter_mut().zip(&mut sums).zip(lane) {
            *most = if value > *most { value } else { *most };
            // Zero, or NaN for NaN and infinities of the wrong sign.
            *sum += if value.is_nan() { value } else { 0.0 };
        }
    }
    for ((most, sum), &value) in most.iter_mut().zip(&mut sums).zip(rest) {
        *most = if value > *most { value } else { *most };
        *sum += if value.is_nan() { value } else { 0.0 };
    }
    let largest = most.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
    largest + total(sums)
}

#[inline(always)]
fn exponentiate_loop<const FMA: bool>(row: &mut [f32]) -> f32 {
    let largest = largest_of(row);
    let mut sums = [0.0; LANES];
    for lane in row.as_chunks_mut::<LANES>().0 {
        for (sum, value) in sums.iter_mut().zip(lane) {
            *value = exp::<FMA>(*value - largest);
            *sum += *value;
        }
    }
    total(sums)
}

/// Sums of a stretch of a row are carried in single precision, those of the row in double.
const STRETCH: usize = 32 * LANES;

#[inline(always)]
fn score_row_loop<const FMA: bool>(logits: &[f32], target: usize, vocab_stats: bool) -> RowScore {
    let largest = largest_of(logits);
    // Sums of e, e*t and e*t^2 with t the distance from the largest logit.
    let (mut sum, mut first, mut second) = (0.0_f64, 0.0_f64, 0.0_f64);
    for stretch in logits.chunks(STRETCH) {
        let (whole, rest) = lanes(stretch);
        let mut s = [0.0_f32; LANES];
        let mut f = [0.0_f32; LANES];
        let mut q = [0.0_f32; LANES];
        let mut tail = [f32::NEG_INFINITY; LANES];
        tail[..rest.len()].copy_from_slice(rest);
        for lane in whole.iter().chain([&tail]) {
            if vocab_stats {
                for i in 0..LANES {
                    let t = (lane[i] - largest).max(-200.0);
                    let e = exp::<FMA>(t);
                    s[i] += e;
                    f[i] = fused::<FMA>(e, t, f[i]);
                    q[i] = fused::<FMA>(e * t, t, q[i]);
                }
            } else {
                for i in 0..LANES {
                    s[i] += exp::<FMA>(lane[i] - largest);
                }
            }
        }
        sum += f64::from(total(s));
        first += f64::from(total(f));
        second += f64::from(total(q));
    }
    let normaliser = sum.ln();
    let logit = logits[target];
    let (mean, variance) = (first / sum, second / sum - (first / sum) * (first / sum));
    RowScore {
        logprob: narrow(f64::from(logit) - f64::from(largest) - normaliser),
        is_argmax: logit >= largest,
        mean: if vocab_stats { narrow(mean - normaliser) } else { 0.0 },
        std: if vocab_stats { narrow(variance.max(0.0).sqrt()) } else { 0.0 },
    }
}

/// Inputs whose weights are read together: a row of the result is loaded and stored once for all of them.
const INPUTS: usize = 4;

#[inline(always)]
fn low_product_loop<const FMA: bool>(x: &[f32], into: usize, weight: &[f32], out: usize, from: usize, y: &mut [f32]) {
    let n = x.len() / into;
    let width = y.len() / n;
    for start in (0..into).step_by(INPUTS) {
        // Beyond the last input the first is multiplied by zero.
        let place = |j: usize| if start + j < into { start + j } else { start };
        let w0 = &weight[place(0) * out + from..][..width];
        let w1 = &weight[place(1) * out + from..][..width];
        let w2 = &weight[place(2) * out + from..][..width];
        let w3 = &weight[place(3) * out + from..][..width];
        let w = [w0, w1, w2, w3];
        let mut rows = &mut *y;
        let mut row = 0;
        while row < n {
            let count = if n - row >= GROUP { GROUP } else { 1 };
            let mut inputs = [[0.0; INPUTS]; GROUP];
            for (g, inputs) in inputs.iter_mut().enumerate().take(count) {
                for (j, input) in inputs.iter_mut().enumerate() {
                    if start + j < into {
                        *input = x[(row + g) * into + start + j];
                    }
                }
            }
            let (group, rest) = rows.split_at_mut(count * width);
            if count == GROUP {
                let (y0, rest) = group.split_at_mut(width);
                let (y1, rest) = rest.split_at_mut(width);
                let (y2, y3) = rest.split_at_mut(width);
                add_to_four::<FMA>(inputs, w, [y0, y1, y2, y3]);
            } else {
                add_to_one::<FMA>(inputs[0], w, group);
            }
            rows = rest;
            row += count;
        }
    }
}

/// Rows that share the loads of the weights.
const GROUP: usize = 4;

#[inline(always)]
fn add_to_one<const FMA: bool>(x: [f32; INPUTS], w: [&[f32]; INPUTS], y: &mut [f32]) {
    for ((((y, w0), w1), w2), w3) in y.iter_mut().zip(w[0]).zip(w[1]).zip(w[2]).zip(w[3]) {
        let sum = fused::<FMA>(x[0], *w0, *y);
        let sum = fused::<FMA>(x[1], *w1, sum);
        let sum = fused::<FMA>(x[2], *w2, sum);
        *y = fused::<FMA>(x[3], *w3, sum);
    }
}

#[inline(always)]
fn add_to_four<const FMA: bool>(x: [[f32; INPUTS]; GROUP], w: [&[f32]; INPUTS], y: [&mut [f32]; GROUP]) {
    let [y0, y1, y2, y3] = y;
    let weights = w[0].iter().zip(w[1]).zip(w[2]).zip(w[3]);
    let rows = y0.iter_mut().zip(y1).zip(y2).zip(y3);
    for ((((y0, y1), y2), y3), (((w0, w1), w2), w3)) in rows.zip(weights) {
        // Everything is loaded before anything is stored: the four sums need not wait for each other.
        let w = [*w0, *w1, *w2, *w3];
        let mut sums = [*y0, *y1, *y2, *y3];
        for j in 0..INPUTS {
            for g in 0..GROUP {
                sums[g] = fused::<FMA>(x[g][j], w[j], sums[g]);
            }
        }
        [*y0, *y1, *y2, *y3] = sums;
    }
}

/// A product of two rows, in two sets of lanes so that additions need not wait for each other.
#[inline(always)]
fn dot<const FMA: bool>(a: &[f32], b: &[f32]) -> f32 {
    let ((a_whole, a_rest), (b_whole, b_rest)) = (lanes(a), lanes(b));
    let mut sums = [[0.0; LANES]; 2];
    let (mut a_pairs, mut b_pairs) = (a_whole.chunks_exact(2), b_whole.chunks_exact(2));
    for (a, b) in a_pairs.by_ref().zip(b_pairs.by_ref()) {
        for i in 0..LANES {
            sums[0][i] = fused::<FMA>(a[0][i], b[0][i], sums[0][i]);
            sums[1][i] = fused::<FMA>(a[1][i], b[1][i], sums[1][i]);
        }
    }
    let [mut sums, more] = sums;
    for (a, b) in a_pairs.remainder().iter().zip(b_pairs.remainder()) {
        for i in 0..LANES {
            sums[i] = fused::<FMA>(a[i], b[i], sums[i]);
        }
    }
    for (sum, (a, b)) in sums.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *sum = fused::<FMA>(*a, *b, *sum);
    }
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    total(sums)
}

#[inline(always)]
fn low_table_loop<const FMA: bool>(x: &[f32], width: usize, entries: &[f32], y: &mut [f32]) {
    let n_entries = entries.len() / width;
    for (index, entry) in entries.chunks_exact(width).enumerate() {
        for (row, x) in x.chunks_exact(width).enumerate() {
            y[row * n_entries + index] = dot::<FMA>(x, entry);
        }
    }
}

#[inline(always)]
fn attend_step_loop<const FMA: bool>(
    queries: &[f32],
    head_dim: usize,
    keys: &[f32],
    values: &[f32],
    apart: usize,
    n: usize,
    mixed: &mut [f32],
) {
    let heads = queries.len() / head_dim;
    let stride = n.next_multiple_of(LANES);
    let mut scores = vec![f32::NEG_INFINITY; heads * stride];
    for place in 0..n {
        let key = &keys[place * apart..place * apart + head_dim];
        for (head, query) in queries.chunks_exact(head_dim).enumerate() {
            scores[head * stride + place] = dot::<FMA>(query, key);
        }
    }
    let mut sums = vec![0.0; heads];
    for (sum, scores) in sums.iter_mut().zip(scores.chunks_exact_mut(stride)) {
        *sum = exponentiate_loop::<FMA>(scores);
    }
    mixed.fill(0.0);
    for place in 0..n {
        let value = &values[place * apart..place * apart + head_dim];
        for (head, mixed) in mixed.chunks_exact_mut(head_dim).enumerate() {
            let weight = scores[head * stride + place];
            mixed.iter_mut().zip(value).for_each(|(mixed, value)| *mixed = fused::<FMA>(weight, *value, *mixed));
        }
    }
    for (mixed, sum) in mixed.chunks_exact_mut(head_dim).zip(sums) {
        mixed.iter_mut().for_each(|mixed| *mixed /= sum);
    }
}
