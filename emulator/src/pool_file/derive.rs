//! Randomness for what a pool file leaves out: ids, secrets and salts.

use std::fmt::Write;

use crate::auth::digest;
use crate::world::Chance;

/// The source of what a file leaves out. A value depends on the emulator's seed and on the
/// names that lead to it, and not on its position, so that an addition changes no other id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed(pub(super) u64);

impl Seed {
    /// The randomness of the thing with these names, such as a pool's id and a username.
    pub(super) fn chance(self, names: &[&str]) -> Chance {
        let mut text = self.0.to_string();
        for name in names {
            // The length separates the names.
            write!(text, " {} {name}", name.len()).expect("a string can be written to");
        }
        let digest = digest(&text);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest[..8]);
        Chance::seeded(u64::from_le_bytes(bytes))
    }
}
