//! The part of numpy's random numbers that upstream's data are drawn with: `default_rng(seed)` is PCG64 (XSL-RR, 128 bits)
//! seeded through `SeedSequence`, `integers` is Lemire's bounded draw on halves of 64-bit words, and `choice` without
//! replacement is Floyd's algorithm with a final shuffle.
//!
//! Sources: numpy 2.4 `SeedSequence`, `pcg64.h`, `distributions.c`, `_generator.pyx`; O'Neill 2014; Lemire 2019.

const MULTIPLIER: u128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645;
/// Words of a `SeedSequence`'s pool.
const POOL: usize = 4;
/// `choice` of more numbers than this shuffles the end of all of them, unless few are drawn.
const LONGEST_FLOYD: usize = 10_000;
const FLOYD_SHARE: usize = 50;

/// A stream as `numpy.random.default_rng(seed)` gives it.
#[derive(Debug, Clone)]
pub struct NumpyGenerator {
    state: u128,
    increment: u128,
    /// The second half of a word, kept for the next 32-bit draw.
    half: Option<u32>,
}

impl NumpyGenerator {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let [a, b, c, d] = seed_words(seed);
        let wide = |high: u64, low: u64| (u128::from(high) << 64) | u128::from(low);
        let increment = (wide(c, d) << 1) | 1;
        let mut generator = Self { state: 0, increment, half: None };
        generator.step();
        generator.state = generator.state.wrapping_add(wide(a, b));
        generator.step();
        generator
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    fn next_u64(&mut self) -> u64 {
        self.step();
        let [high, low] = halves(self.state);
        let rotation = u32::try_from(self.state >> 122).expect("the top six bits are below 64");
        (high ^ low).rotate_right(rotation)
    }

    fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let word = self.next_u64();
        self.half = Some(high_u32(word));
        low_u32(word)
    }

    /// A number from 0 to `last`, both included.
    fn up_to(&mut self, last: u32) -> u32 {
        match last {
            0 => 0,
            u32::MAX => self.next_u32(),
            _ => {
                let bound = last + 1;
                let threshold = (u32::MAX - last) % bound;
                loop {
                    let product = u64::from(self.next_u32()) * u64::from(bound);
                    // Products whose lower half is below the threshold would favour small numbers.
                    if low_u32(product) >= threshold {
                        return high_u32(product);
                    }
                }
            }
        }
    }

    /// `integers(low, high)`: a number from `low` to `high - 1`; `low` where there is none.
    #[must_use]
    pub fn integer(&mut self, low: u32, high: u32) -> u32 {
        match high.checked_sub(low) {
            Some(span @ 1..) => low + self.up_to(span - 1),
            _ => low,
        }
    }

    /// Places of `choice(population, count, replace=False)`, in its order; all places where there are fewer.
    #[must_use]
    pub fn choice(&mut self, population: usize, count: usize) -> Vec<usize> {
        let count = count.min(population);
        if population > LONGEST_FLOYD && count > population / FLOYD_SHARE {
            let mut places: Vec<usize> = (0..population).collect();
            self.shuffle_down_to(&mut places, (population - count).max(1));
            return places.split_off(population - count);
        }
        let mut places: Vec<usize> = Vec::with_capacity(count);
        for last in population - count..population {
            let drawn = self.below_or_at(last);
            // Which of two equal draws came first does not matter: the second one becomes the largest number so far.
            places.push(if places.contains(&drawn) { last } else { drawn });
        }
        self.shuffle_down_to(&mut places, 1);
        places
    }

    /// Fisher-Yates from the end down to `first`.
    fn shuffle_down_to(&mut self, places: &mut [usize], first: usize) {
        for position in (first..places.len()).rev() {
            let other = self.below_or_at(position);
            places.swap(position, other);
        }
    }

    fn below_or_at(&mut self, last: usize) -> usize {
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        self.up_to(last) as usize
    }
}

fn halves(state: u128) -> [u64; 2] {
    let bytes = state.to_be_bytes();
    let half = |from: usize| u64::from_be_bytes(bytes[from..from + 8].try_into().expect("eight bytes"));
    [half(0), half(8)]
}

fn low_u32(word: u64) -> u32 {
    u32::try_from(word & u64::from(u32::MAX)).expect("masked to 32 bits")
}

fn high_u32(word: u64) -> u32 {
    u32::try_from(word >> 32).expect("32 bits are left")
}

/// The four words with which `SeedSequence(seed)` seeds a PCG64.
fn seed_words(seed: u64) -> [u64; 4] {
    let mut hash: u32 = 0x43b0_d7e5;
    let mut hashmix = |value: u32| {
        let value = value ^ hash;
        hash = hash.wrapping_mul(0x931e_8875);
        let value = value.wrapping_mul(hash);
        value ^ (value >> 16)
    };
    let mut pool = [0_u32; POOL];
    // A seed below 2^32 is one word; the words that are missing count as 0 either way.
    for (place, word) in pool.iter_mut().zip([low_u32(seed), high_u32(seed), 0, 0]) {
        *place = hashmix(word);
    }
    for from in 0..POOL {
        for to in (0..POOL).filter(|&to| to != from) {
            let mixed = pool[to].wrapping_mul(0xca01_f9dd).wrapping_sub(hashmix(pool[from]).wrapping_mul(0x4973_f715));
            pool[to] = mixed ^ (mixed >> 16);
        }
    }
    let mut hash: u32 = 0x8b51_f9dd;
    let mut word = |place: usize| {
        let value = pool[place % POOL] ^ hash;
        hash = hash.wrapping_mul(0x58f3_8ded);
        let value = value.wrapping_mul(hash);
        u64::from(value ^ (value >> 16))
    };
    [0, 1, 2, 3].map(|index| word(2 * index) | (word(2 * index + 1) << 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Values of numpy 2.4.6.
    #[test]
    fn words_are_those_of_numpy() {
        let words = |seed, count: usize| {
            let mut generator = NumpyGenerator::new(seed);
            (0..count).map(|_| generator.next_u64()).collect::<Vec<_>>()
        };
        let of_2025 = [
            18_344_508_624_032_602_075,
            7_046_835_924_362_715_143,
            15_258_187_703_311_554_341,
            15_444_633_804_239_745_420,
        ];
        assert_eq!(words(2025, 4), of_2025);
        assert_eq!(words(0, 2), [11_749_869_230_777_074_271, 4_976_686_463_289_251_617]);
        assert_eq!(words(12_345_678_901_234_567_890, 2), [77_935_276_331_132_168, 12_033_622_772_062_331_548]);
    }

    #[test]
    fn integers_are_those_of_numpy() {
        let mut generator = NumpyGenerator::new(2024);
        let drawn: Vec<u32> = (0..6).map(|_| generator.integer(1, 99)).collect();
        assert_eq!(drawn, [24, 67, 10, 22, 32, 31]);
        assert_eq!((generator.integer(7, 7), generator.integer(7, 8)), (7, 7));
    }

    #[test]
    fn choices_in_a_row_are_those_of_numpy() {
        let mut generator = NumpyGenerator::new(2025);
        assert_eq!(generator.choice(20, 10), [18, 11, 13, 15, 14, 10, 12, 19, 4, 5]);
        assert_eq!(generator.choice(200, 10), [75, 155, 94, 30, 44, 54, 2, 88, 32, 69]);
        assert_eq!(generator.choice(5, 10), [3, 1, 4, 2, 0]);
        let of_30000 = [26_634, 17_118, 14_452, 9_656, 3_294, 8_703, 9_151, 14_887, 7_543, 14_575];
        assert_eq!(generator.choice(30_000, 10), of_30000);
        let of_12000 = [3372, 6825, 1412, 9242, 5401, 2145, 7411, 5266, 4251, 4826, 10_837, 2516];
        assert_eq!(generator.choice(12_000, 300)[..12], of_12000);
    }
}
