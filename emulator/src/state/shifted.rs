//! Tokens whose times differ from the emulator's.
//!
//! A token expires by the emulator's clock, even if the times in it follow the real
//! clock. This file remembers the tokens for which that makes a difference.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::auth::digest;
use crate::bounds::SHIFTED_TOKENS;
use crate::world::{Shift, Time};

/// The values that a token would have without its shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Original {
    /// The advances of the clock that the token's times do not include: milliseconds.
    ahead: i64,
    /// When the user signed in, by the emulator's clock: seconds since the epoch.
    auth_time: i64,
}

/// The last tokens with a shift.
#[derive(Debug, Default)]
pub struct Shifted {
    /// Whether a token was kept. Most emulators keep none, and then no token is looked
    /// up.
    any: AtomicBool,
    kept: Mutex<Kept>,
}

/// The remembered tokens.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    tokens: BTreeMap<[u8; 32], Original>,
    order: VecDeque<[u8; 32]>,
}

impl Shifted {
    /// Remembers `token`, which was issued with `shift` to a user who signed in at `at`.
    pub fn keep(&self, token: &str, shift: Shift, at: Time) {
        if shift.is_zero() {
            return;
        }
        let digest = digest(token);
        let original = Original {
            ahead: shift.ahead,
            auth_time: at.seconds(),
        };
        let mut kept = self.kept.lock();
        if kept.tokens.insert(digest, original).is_none() {
            kept.order.push_back(digest);
        }
        if kept.order.len() > SHIFTED_TOKENS
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.tokens.remove(&oldest);
        }
        self.any.store(true, Ordering::Relaxed);
    }

    /// The original values of `token`, if it has a shift.
    fn find(&self, token: &str) -> Option<Original> {
        let any = self.any.load(Ordering::Relaxed);
        any.then(|| self.kept.lock().tokens.get(&digest(token)).copied())?
    }

    /// Whether `token`, which has `exp` (seconds since the epoch), has expired at `now`.
    #[must_use]
    pub fn has_expired(&self, token: &str, exp: i64, now: Time) -> bool {
        let ahead = self.find(token).map_or(0, |original| original.ahead);
        Time(now.0.saturating_sub(ahead)).seconds() >= exp
    }

    /// When the user of `token`, which has `auth_time`, signed in by the emulator's clock:
    /// seconds since the epoch.
    #[must_use]
    pub fn signed_in_at(&self, token: &str, auth_time: i64) -> i64 {
        self.find(token)
            .map_or(auth_time, |original| original.auth_time)
    }

    /// Forgets every token.
    pub fn clear(&self) {
        self.restore(Kept::default());
    }

    /// The tokens that are remembered now.
    #[must_use]
    pub fn save(&self) -> Kept {
        self.kept.lock().clone()
    }

    /// Returns to saved tokens.
    pub fn restore(&self, saved: Kept) {
        let any = !saved.tokens.is_empty();
        *self.kept.lock() = saved;
        self.any.store(any, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_tokens_are_bounded() {
        let shifted = Shifted::default();
        let shift = Shift {
            ahead: 60_000,
            age: 0,
        };
        for number in 0..=SHIFTED_TOKENS {
            shifted.keep(&number.to_string(), shift, Time(60_000));
        }
        assert_eq!(shifted.kept.lock().tokens.len(), SHIFTED_TOKENS);
        assert_eq!(shifted.kept.lock().order.len(), SHIFTED_TOKENS);
        // It is the second minute on the emulator's clock, and the first minute on the
        // token's clock.
        let now = Time(119_000);
        assert!(shifted.has_expired("0", 60, now), "forgotten");
        assert!(!shifted.has_expired("1", 60, now));
        assert!(shifted.has_expired("1", 60, Time(120_000)));
        assert_eq!(shifted.signed_in_at("1", 0), 60);
        shifted.clear();
        assert!(shifted.has_expired("1", 60, now));
    }
}
