//! Powers in SRP's group, by Montgomery multiplication.
//!
//! No library in safe Rust was as fast. Here, a square is cheaper than a product, and
//! powers of the generator come from a table. The code does not run in constant time,
//! because an emulator has no secret that needs it.

use std::array;
use std::iter::zip;
use std::sync::LazyLock;

use num_bigint::BigUint;

use super::N;

/// Number of 64-bit digits of a number.
const LIMBS: usize = 48;

type Limbs = [u64; LIMBS];

static MODULUS: LazyLock<Limbs> = LazyLock::new(|| limbs(&N));

/// `R²`, where `R` is 2 to the number of bits of the modulus.
static R_SQUARED: LazyLock<Limbs> =
    LazyLock::new(|| limbs(&((BigUint::from(1_u32) << (2 * 64 * LIMBS)) % &*N)));

/// An element of the group in Montgomery form, that is, times `R`.
#[derive(Clone, Copy)]
pub(super) struct Element(Limbs);

/// Powers of the generator, with one table for each 128-bit quarter of an exponent. In
/// table `q`, the entry at `index` is the product of 2^(2^(128 q + 16 n)) for each bit
/// `n` that is set in `index`.
static TABLES: LazyLock<[Vec<Element>; 4]> = LazyLock::new(|| {
    let mut power = Element::of(&BigUint::from(2_u32));
    array::from_fn(|_| {
        let mut table = vec![Element::one()];
        for _ in 0..8 {
            for index in 0..table.len() {
                table.push(table[index].times(&power));
            }
            for _ in 0..16 {
                power = power.squared();
            }
        }
        table
    })
});

impl Element {
    /// The element that is congruent to `number`.
    pub(super) fn of(number: &BigUint) -> Self {
        Self(limbs(&(number % &*N))).times(&Self(*R_SQUARED))
    }

    /// The smallest non-negative number that is congruent to the element.
    pub(super) fn number(&self) -> BigUint {
        let mut wide = [0; 2 * LIMBS];
        wide[..LIMBS].copy_from_slice(&self.0);
        let bytes: Vec<u8> = reduced(wide)
            .iter()
            .flat_map(|limb| limb.to_le_bytes())
            .collect();
        BigUint::from_bytes_le(&bytes)
    }

    fn one() -> Self {
        Self::of(&BigUint::from(1_u32))
    }

    /// The generator to the power of `exponent`. The exponent has at most 512 bits.
    pub(super) fn generator(exponent: &BigUint) -> Self {
        let mut words = exponent.iter_u32_digits();
        let words: [u32; 16] = array::from_fn(|_| words.next().unwrap_or_default());
        let mut power = Self::one();
        for bit in (0..16).rev() {
            power = power.squared();
            for (quarter, table) in zip(words.chunks(4), &*TABLES) {
                let bits = quarter.iter().rev().fold(0, |bits, word| {
                    bits << 2 | word >> (bit + 15) & 2 | word >> bit & 1
                });
                if bits != 0 {
                    power = power.times(&table[bits as usize]);
                }
            }
        }
        power
    }

    /// The element to the power of `exponent`, by up to four bits at once.
    pub(super) fn power(&self, exponent: &BigUint) -> Self {
        let square = self.squared();
        let mut odd = [*self; 8];
        for index in 1..odd.len() {
            odd[index] = odd[index - 1].times(&square);
        }
        let mut power = Self::one();
        let mut end = exponent.bits();
        while end > 0 {
            // A single zero, or bits that start and end with a one.
            let mut start = end - 1;
            if exponent.bit(start) {
                start = end.saturating_sub(4);
                while !exponent.bit(start) {
                    start += 1;
                }
            }
            let mut bits = 0;
            for bit in (start..end).rev() {
                power = power.squared();
                bits = bits << 1 | usize::from(exponent.bit(bit));
            }
            if bits != 0 {
                power = power.times(&odd[bits >> 1]);
            }
            end = start;
        }
        power
    }

    /// The product.
    pub(super) fn times(&self, other: &Self) -> Self {
        let mut wide = [0; 2 * LIMBS];
        for at in (0..LIMBS).step_by(2) {
            let factor = [other.0[at], other.0[at + 1]];
            let above = add_product(&mut wide[at..at + LIMBS], &self.0, factor, 0);
            wide[at + LIMBS..at + LIMBS + 2].copy_from_slice(&above);
        }
        Self(reduced(wide))
    }

    fn squared(&self) -> Self {
        let limbs = &self.0;
        let mut wide = [0; 2 * LIMBS];
        // Add each product of two different limbs once.
        for at in (0..LIMBS).step_by(2) {
            let factor = [limbs[at], limbs[at + 1]];
            let carry;
            (wide[2 * at + 1], carry) = factor[0].carrying_mul(factor[1], wide[2 * at + 1]);
            let sum = &mut wide[2 * at + 2..at + LIMBS];
            let above = add_product(sum, &limbs[at + 2..], factor, carry);
            wide[at + LIMBS..at + LIMBS + 2].copy_from_slice(&above);
        }
        // Double the sum, and add the square of each limb.
        let (mut carry, mut shifted_out) = (false, 0);
        for (pair, limb) in zip(wide.chunks_exact_mut(2), limbs) {
            let square = limb.carrying_mul(*limb, 0);
            for (digit, square) in zip(pair, [square.0, square.1]) {
                let doubled = *digit << 1 | shifted_out;
                shifted_out = *digit >> 63;
                (*digit, carry) = doubled.carrying_add(square, carry);
            }
        }
        Self(reduced(wide))
    }
}

/// Adds `number * factor` and `carry` to `sum`, which is as long as `number`. Returns
/// the two limbs above `sum`. With two limbs of the factor at once, the processor can
/// work on one while it waits for a carry of the other.
fn add_product(sum: &mut [u64], number: &[u64], factor: [u64; 2], carry: u64) -> [u64; 2] {
    let (mut carry, mut next_carry, mut before) = (carry, 0, 0_u64);
    for (sum, limb) in zip(sum, number) {
        let value;
        (value, carry) = limb.carrying_mul_add(factor[0], *sum, carry);
        (*sum, next_carry) = before.carrying_mul_add(factor[1], value, next_carry);
        before = *limb;
    }
    before.carrying_mul_add(factor[1], carry, next_carry).into()
}

/// Computes `wide / R` by Montgomery's reduction.
fn reduced(mut wide: [u64; 2 * LIMBS]) -> Limbs {
    let modulus = &*MODULUS;
    let mut carry = false;
    for at in (0..LIMBS).step_by(2) {
        // Add the multiple of the modulus that makes the two lowest limbs zero. The
        // lowest limb of the modulus is 2^64 - 1, so its inverse modulo 2^64 is -1.
        let low = wide[at];
        let high = low
            .wrapping_mul(modulus[1])
            .wrapping_add(wide[at + 1])
            .wrapping_add(low);
        let above = add_product(&mut wide[at..at + LIMBS], modulus, [low, high], 0);
        for (digit, above) in zip(&mut wide[at + LIMBS..], above) {
            (*digit, carry) = digit.carrying_add(above, carry);
        }
    }
    let sum = &wide[LIMBS..];
    let mut borrow = false;
    let difference = array::from_fn(|at| {
        let digit;
        (digit, borrow) = sum[at].borrowing_sub(modulus[at], borrow);
        digit
    });
    if borrow && !carry {
        array::from_fn(|at| sum[at])
    } else {
        difference
    }
}

fn limbs(number: &BigUint) -> Limbs {
    let mut digits = number.iter_u64_digits();
    array::from_fn(|_| digits.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agree(base: &BigUint, exponent: &BigUint) {
        let power = Element::of(base).power(exponent).number();
        assert_eq!(power, base.modpow(exponent, &N), "{base:x} to {exponent:x}");
        let power = Element::generator(exponent).number();
        let two = BigUint::from(2_u32);
        assert_eq!(power, two.modpow(exponent, &N), "2 to {exponent:x}");
    }

    /// Tests a carry through all limbs, and bases and exponents of zero.
    #[test]
    fn edges() {
        let ones = |bits: u32| (BigUint::from(1_u32) << bits) - 1_u32;
        let bases = [
            ones(0),
            ones(1),
            &*N - 1_u32,
            N.clone(),
            &*N + 1_u32,
            ones(3072),
        ];
        for base in &bases {
            for exponent in [0, 1, 31, 32, 33, 255, 256, 257, 512].map(ones) {
                agree(base, &exponent);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn powers_agree_with_num_bigint(
            base in proptest::collection::vec(any::<u64>(), 48),
            exponent in proptest::collection::vec(any::<u8>(), 1..=64),
        ) {
            let base: Vec<u8> = base.iter().flat_map(|limb| limb.to_be_bytes()).collect();
            agree(&BigUint::from_bytes_be(&base), &BigUint::from_bytes_be(&exponent));
        }
    }
}
