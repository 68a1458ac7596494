//! Lockout after failed passwords.
//!
//! After the n-th failed password, from the fifth on, a user is locked for
//! 2^(n-5) seconds, up to about 15 minutes. An attempt during a lock gets
//! `Password attempts exceeded`; it does not count and does not extend the
//! lock. A success, or 15 minutes without an attempt, clears the count.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior>

use std::time::Duration;

use crate::world::Time;
use serde::{Deserialize, Serialize};

/// A user's failed passwords. The default is a user without failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    failed: u32,
    failed_at: Time,
    tried_at: Time,
}

/// The first failure that locks.
const TOLERATED: u32 = 5;
/// "About 15 minutes". The exact limit of AWS's doubling is inferred.
const LONGEST_LOCK: Duration = Duration::from_mins(15);
/// Time without attempts that clears the count.
const IDLE: Duration = Duration::from_mins(15);

impl Attempts {
    /// Whether no failure is counted.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        *self == Self::default()
    }

    /// The end of the lock, or `None` if a password can be tried at `now`.
    #[must_use]
    pub fn locked_until(self, now: Time) -> Option<Time> {
        let doublings = self.counted(now).checked_sub(TOLERATED)?;
        let lock = Duration::from_secs(1 << doublings.min(20)).min(LONGEST_LOCK);
        let opens = self.failed_at.plus(lock);
        (now < opens).then_some(opens)
    }

    /// The state after a wrong password at `now`.
    #[must_use]
    pub fn failed(self, now: Time) -> Self {
        Self {
            failed: self.counted(now).saturating_add(1),
            failed_at: now,
            tried_at: now,
        }
    }

    /// The state after an attempt at `now` during a lock. Only the idle time restarts.
    #[must_use]
    pub fn refused(self, now: Time) -> Self {
        Self {
            tried_at: now,
            ..self
        }
    }

    /// The state after a right password.
    #[must_use]
    pub fn succeeded(self) -> Self {
        Self::default()
    }

    fn counted(self, now: Time) -> u32 {
        if now.since(self.tried_at) >= IDLE {
            0
        } else {
            self.failed
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Time = Time(1_700_000_000_000);

    fn after(time: Time, seconds: u64) -> Time {
        time.plus(Duration::from_secs(seconds))
    }

    /// Fails again at the end of each lock. Returns the durations of the locks.
    fn locks(failures: usize) -> Vec<u64> {
        let mut attempts = Attempts::default();
        let mut now = START;
        let mut locks = Vec::new();
        for _ in 0..failures {
            attempts = attempts.failed(now);
            let opens = attempts.locked_until(now).unwrap_or(now);
            locks.push(opens.since(now).as_secs());
            now = opens;
            assert_eq!(
                attempts.locked_until(now),
                None,
                "open at the end of the lock"
            );
        }
        locks
    }

    #[test]
    fn locks_double_from_the_fifth_failure() {
        assert_eq!(
            locks(14),
            [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
        );
    }

    #[test]
    fn to_wait_for_the_end_of_the_longest_lock_clears_the_count() {
        assert_eq!(locks(16)[14..], [900, 0]);
    }

    #[test]
    fn attempts_during_the_longest_lock_keep_the_count() {
        let mut attempts = Attempts::default();
        let mut now = START;
        for _ in 0..15 {
            attempts = attempts.failed(now);
            now = attempts.locked_until(now).unwrap_or(now);
        }
        let attempts = attempts.refused(Time(now.0 - 1));
        assert_eq!(attempts.locked_until(now), None, "the lock is no longer");
        let again = attempts.failed(now);
        assert_eq!(again.locked_until(now), Some(after(now, 900)));
    }

    #[test]
    fn a_success_clears_the_count() {
        let failed = (0..9).fold(Attempts::default(), |attempts, _| attempts.failed(START));
        assert!(failed.locked_until(START).is_some());
        assert_eq!(failed.succeeded(), Attempts::default());
    }

    #[test]
    fn fifteen_idle_minutes_clear_the_count() {
        let failed = (0..4).fold(Attempts::default(), |attempts, _| attempts.failed(START));
        let early = after(START, 899);
        assert!(failed.failed(early).locked_until(early).is_some());
        let late = after(START, 900);
        assert_eq!(failed.failed(late), Attempts::default().failed(late));
    }

    proptest! {
        /// For any times of attempts, a lock ends at most 2^(n-5) seconds after
        /// the n-th failure and never lasts more than 15 minutes.
        #[test]
        fn never_locks_longer_than_the_formula(waits in prop::collection::vec(prop_oneof![9 => 0_u64..3_000, 1 => 0_u64..2_000_000], 0..60)) {
            let mut attempts = Attempts::default();
            let mut now = START;
            let mut failures: Vec<Time> = Vec::new();
            for wait in waits {
                now = now.plus(Duration::from_millis(wait));
                if let Some(opens) = attempts.locked_until(now) {
                    let last = failures.last().copied().expect("a lock follows a failure");
                    prop_assert!(failures.len() >= 5);
                    let formula = 2_f64.powi(i32::try_from(failures.len()).unwrap() - 5).min(900.0);
                    prop_assert!(opens.since(last).as_secs_f64() <= formula);
                    attempts = attempts.refused(now);
                    prop_assert_eq!(attempts.locked_until(now), Some(opens));
                } else {
                    attempts = attempts.failed(now);
                    failures.push(now);
                }
            }
        }
    }
}
