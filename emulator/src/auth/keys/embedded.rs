//! Test-only RSA keys that are products of embedded primes.
//!
//! A key is the product of six primes. RSA works with any number of primes (RFC 8017,
//! section 3.2), and verifiers see only the product. With six small primes instead of
//! two large ones, a signature is cheap without AWS-LC. In AWS-LC, to import a private
//! key and sign once costs more than two further signatures.
//!
//! The file has every value that depends on one prime or on a pair of primes. A key is
//! therefore six rows of the file. Nothing is computed before a key signs, and its
//! first signature costs as much as any other. `keys/README.md` describes the file.
//!
//! The code does not run in constant time, because the primes are public.

use std::array;
use std::iter::zip;

use num_bigint::BigUint;

use super::super::sha256;

/// Number of primes of a key.
const FACTORS: usize = 6;
/// Number of primes in a group. Each factor of a key is from its own group, and the
/// groups have no prime in common.
const GROUP: usize = 7;
/// Number of keys that can be made of the primes.
pub(super) const KEYS: usize = GROUP.pow(6);
/// The public exponent: a prime.
pub(super) const EXPONENT: [u8; 3] = [1, 0, 1];
/// Length of a modulus and of a signature in bytes.
pub(super) const BYTES: usize = 256;

/// Number of 64-bit digits of a number.
const LIMBS: usize = 6;
/// Length of a prime in bits: a sixth of 2,048, rounded up.
const BITS: usize = 342;

/// A number as in the file, least significant digit first.
type Limbs = [u64; LIMBS];

static FILE: &[u8] = include_bytes!("../../../keys/test-only-primes.bin");
const NUMBER: usize = LIMBS * 8;
const _: () = assert!(FILE.len() == offset(FACTORS, 0) * NUMBER);

/// The index in the file of the first number about prime `row` of `group`.
const fn offset(group: usize, row: usize) -> usize {
    let others = GROUP * group * group.saturating_sub(1) / 2;
    GROUP * (3 * group + others) + row * (3 + GROUP * group)
}

/// Reads number `index` of the file.
fn number(index: usize) -> Limbs {
    let (limbs, _) = FILE[index * NUMBER..][..NUMBER].as_chunks();
    array::from_fn(|at| u64::from_le_bytes(limbs[at]))
}

/// One of the keys, by its number.
#[derive(Clone, Copy)]
pub(super) struct Key(usize);

impl Key {
    /// Key `number`, which is less than [`KEYS`].
    pub(super) const fn new(number: usize) -> Self {
        Self(number)
    }

    /// The row of each factor in its group: the digits of the key's number in base
    /// [`GROUP`].
    fn rows(self) -> [usize; FACTORS] {
        let mut rest = self.0;
        array::from_fn(|_| {
            let row = rest % GROUP;
            rest /= GROUP;
            row
        })
    }

    /// The modulus, most significant byte first. It has exactly 2,048 bits.
    pub(super) fn modulus(self) -> Vec<u8> {
        let factors = self.rows().into_iter().enumerate();
        let factors = factors.map(|(group, row)| big(&Prime::new(group, row).value));
        factors.product::<BigUint>().to_bytes_be()
    }

    /// The signature of `message`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section
    /// 8.2.1).
    pub(super) fn sign(self, message: &[u8]) -> Vec<u8> {
        padded(&self.root(&BigUint::from_bytes_be(&encoded(message))))
    }

    /// The encoded message of `ciphertext` (RFC 8017, section 5.1.2). `None` if it has another length
    /// than the modulus, or is not less.
    pub(super) fn decrypt(self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let is_valid = ciphertext.len() == BYTES && *ciphertext < *self.modulus();
        is_valid.then(|| padded(&self.root(&BigUint::from_bytes_be(ciphertext))))
    }

    /// The number that gives `message` when raised to the public exponent. Garner's
    /// algorithm (RFC 8017, section 5.1.2) joins its residues modulo the primes.
    fn root(self, message: &BigUint) -> BigUint {
        let rows = self.rows();
        let mut root = BigUint::ZERO;
        let mut modulus = BigUint::from(1_u32);
        for (group, row) in rows.into_iter().enumerate() {
            let prime = Prime::new(group, row);
            let residue = prime.root(&prime.element(message));
            let mut digit = prime.difference(&residue, &prime.element(&root));
            for (group, row) in rows[..group].iter().enumerate() {
                digit = prime.times(&digit, &prime.inverse(group, *row));
            }
            root += &modulus * prime.value(&digit);
            modulus *= big(&prime.value);
        }
        root
    }
}

/// A number as the bytes of a signature.
fn padded(number: &BigUint) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let mut padded = vec![0; BYTES - bytes.len()];
    padded.extend(bytes);
    padded
}

/// Encodes `message` as the number that is signed (RFC 8017, section 9.2).
fn encoded(message: &[u8]) -> [u8; BYTES] {
    /// The DER prefix of a SHA-256 digest.
    const DIGEST_INFO: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let mut encoded = [0xff; BYTES];
    encoded[..2].copy_from_slice(&[0, 1]);
    let (padding, digest) = encoded.split_at_mut(BYTES - 32);
    let (padding, info) = padding.split_at_mut(BYTES - 32 - DIGEST_INFO.len());
    padding[padding.len() - 1] = 0;
    info.copy_from_slice(&DIGEST_INFO);
    digest.copy_from_slice(&sha256(&[message]));
    encoded
}

/// Arithmetic modulo one of the primes.
///
/// An element is a number in Montgomery form: times `R`, which is 2^384. It is less
/// than four times the prime, and not always less than the prime. `R` is more than 2^40
/// times as large as the primes. Therefore the product of two elements is less than
/// twice the prime, and no carry is lost.
struct Prime {
    value: Limbs,
    /// The inverse of the public exponent modulo the prime minus 1.
    exponent: Limbs,
    /// `R²` modulo the prime.
    r_squared: Limbs,
    /// The index in the file of the inverses of the primes of earlier groups.
    inverses: usize,
    /// The inverse of `-prime` modulo 2^64.
    negative_inverse: u64,
}

impl Prime {
    fn new(group: usize, row: usize) -> Self {
        let at = offset(group, row);
        let prime = number(at);
        // Newton's iteration: three bits of the first value are right, and each round
        // doubles the number of right bits.
        let inverse = (0..5).fold(prime[0], |inverse, _| {
            inverse.wrapping_mul(2_u64.wrapping_sub(prime[0].wrapping_mul(inverse)))
        });
        Self {
            value: prime,
            exponent: number(at + 1),
            r_squared: number(at + 2),
            inverses: at + 3,
            negative_inverse: inverse.wrapping_neg(),
        }
    }

    /// The inverse of prime `row` of the earlier `group`.
    fn inverse(&self, group: usize, row: usize) -> Limbs {
        number(self.inverses + GROUP * group + row)
    }

    /// The element that is congruent to `number`.
    fn element(&self, number: &BigUint) -> Limbs {
        let residue = number % big(&self.value);
        let mut digits = residue.iter_u64_digits();
        let residue = array::from_fn(|_| digits.next().unwrap_or_default());
        self.times(&residue, &self.r_squared)
    }

    /// The smallest number that is congruent to `element`.
    fn value(&self, element: &Limbs) -> BigUint {
        big(&self.times(element, &ONE)) % big(&self.value)
    }

    /// `a - b`. `b` must be less than twice the prime.
    fn difference(&self, a: &Limbs, b: &Limbs) -> Limbs {
        // `a + 2 * prime - b`.
        let (mut sum, mut carry, mut borrow) = (*a, false, false);
        for _ in 0..2 {
            for (digit, prime) in zip(&mut sum, self.value) {
                (*digit, carry) = digit.carrying_add(prime, carry);
            }
        }
        for (digit, b) in zip(&mut sum, b) {
            (*digit, borrow) = digit.borrowing_sub(*b, borrow);
        }
        sum
    }

    /// The element that gives `element` when raised to the public exponent. It is
    /// computed with the private exponent, four bits at a time.
    fn root(&self, element: &Limbs) -> Limbs {
        const WINDOWS: usize = BITS.div_ceil(4);
        let mut table = [self.times(&ONE, &self.r_squared); 16];
        for at in 1..table.len() {
            table[at] = self.times(&table[at - 1], element);
        }
        let entry = |window: usize| {
            let bits = self.exponent[window / 16] >> (window % 16 * 4) & 15;
            &table[bits as usize]
        };
        let mut power = *entry(WINDOWS - 1);
        for window in (0..WINDOWS - 1).rev() {
            for _ in 0..4 {
                power = self.times(&power, &power);
            }
            power = self.times(&power, entry(window));
        }
        power
    }

    /// The product.
    fn times(&self, a: &Limbs, b: &Limbs) -> Limbs {
        let prime = &self.value;
        let mut sum = [0; LIMBS];
        for factor in b {
            // `(sum + a * factor + prime * multiple) / 2^64`, with the `multiple` that
            // makes the lowest limb zero.
            let (low, mut carry) = a[0].carrying_mul_add(*factor, sum[0], 0);
            let multiple = low.wrapping_mul(self.negative_inverse);
            let (_, mut carry_of_prime) = prime[0].carrying_mul_add(multiple, low, 0);
            for at in 1..LIMBS {
                let digit;
                (digit, carry) = a[at].carrying_mul_add(*factor, sum[at], carry);
                (sum[at - 1], carry_of_prime) =
                    prime[at].carrying_mul_add(multiple, digit, carry_of_prime);
            }
            sum[LIMBS - 1] = carry + carry_of_prime;
        }
        sum
    }
}

const ONE: Limbs = [1, 0, 0, 0, 0, 0];

fn big(limbs: &Limbs) -> BigUint {
    let mut bytes = [0; NUMBER];
    for (bytes, limb) in zip(bytes.as_chunks_mut().0, limbs) {
        *bytes = limb.to_le_bytes();
    }
    BigUint::from_bytes_le(&bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn all() -> impl Iterator<Item = (usize, usize)> {
        (0..FACTORS).flat_map(|group| (0..GROUP).map(move |row| (group, row)))
    }

    fn prime(group: usize, row: usize) -> BigUint {
        big(&Prime::new(group, row).value)
    }

    /// Each number of the file is what `keys/README.md` says.
    #[test]
    fn every_number_of_the_file_is_right() {
        let one = BigUint::from(1_u32);
        let e = BigUint::from_bytes_be(&EXPONENT);
        let r = &one << (64 * LIMBS);
        for (group, row) in all() {
            let arithmetic = Prime::new(group, row);
            let p = big(&arithmetic.value);
            // So the product of six primes has 2,048 bits.
            assert_eq!(p.pow(6).bits(), 2048, "prime {row} of group {group}");
            assert!(big(&arithmetic.exponent) < p);
            assert_eq!(big(&arithmetic.exponent) * &e % (&p - &one), one);
            assert_eq!(big(&arithmetic.r_squared), &r * &r % &p);
            for (earlier, row) in all().take(GROUP * group) {
                let inverse = big(&arithmetic.inverse(earlier, row));
                assert_eq!(inverse * prime(earlier, row) % &p, &r % &p);
            }
        }
        let distinct: BTreeSet<_> = all().map(|(group, row)| prime(group, row)).collect();
        assert_eq!(distinct.len(), FACTORS * GROUP);
    }

    /// Every number has its own primes, so no two keys are the same.
    #[test]
    fn keys_differ() {
        let rows: BTreeSet<_> = (0..KEYS).map(|number| Key(number).rows()).collect();
        assert_eq!(rows.len(), KEYS);
    }

    /// Fermat's test of every prime, with a base that no generator chose.
    #[test]
    fn primes_are_prime() {
        for (group, row) in all() {
            let p = prime(group, row);
            let base = BigUint::from(0x5eed_u32);
            assert_eq!(base.modpow(&(&p - 1_u32), &p), BigUint::from(1_u32));
        }
    }

    /// Multiplies the greatest possible elements, which would show a lost carry.
    #[test]
    fn products_of_the_greatest_elements() {
        for (group, row) in all() {
            let arithmetic = Prime::new(group, row);
            let p = prime(group, row);
            let r = BigUint::from(1_u32) << (64 * LIMBS);
            let greatest = big(&arithmetic.value) * 4_u32 - 1_u32;
            let mut digits = greatest.iter_u64_digits();
            let limbs = array::from_fn(|_| digits.next().unwrap_or_default());
            let product = big(&arithmetic.times(&limbs, &limbs));
            assert!(product < &p * 2_u32);
            assert_eq!(product * r % &p, &greatest * &greatest % &p);
        }
    }

    proptest! {
        /// Roots agree with their definition, for any key and any message.
        #[test]
        fn roots_agree_with_num_bigint(
            number in 0..KEYS,
            message in proptest::collection::vec(any::<u8>(), 0..=BYTES - 1),
        ) {
            let key = Key(number);
            let modulus = BigUint::from_bytes_be(&key.modulus());
            prop_assert_eq!(modulus.bits(), 2048);
            let message = BigUint::from_bytes_be(&message);
            let root = key.root(&message);
            prop_assert!(root < modulus);
            prop_assert_eq!(root.modpow(&BigUint::from_bytes_be(&EXPONENT), &modulus), message);
        }
    }
}
