//! Lanes: requests in sequence at a rate that throttling lowers.
//!
//! `scripts/turn.lua` and `scripts/throttled.lua` are the same rules in the store.

use std::time::{Duration, SystemTime};

/// The time by which a lane may be ahead of its rate.
pub(crate) const AHEAD: Duration = Duration::from_millis(500);

/// Time in which a lane recovers from zero to its whole rate.
pub(super) const RECOVERY: Duration = Duration::from_secs(20);

/// The least rate of a lane, in requests per second.
pub(crate) const SLOWEST: f64 = 0.5;

/// The requests of one category, or of one operation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lane {
    /// The time of the next request at the lane's rate.
    next: Option<SystemTime>,
    /// The time of the last throttling, and the rate after it.
    throttled: Option<(SystemTime, f64)>,
}

impl Lane {
    /// Reserves the next turn at `now`, and returns how long to wait for it.
    pub(super) fn turn(&mut self, whole: f64, now: SystemTime) -> Duration {
        let next = self.next.map_or(now, |next| next.max(now));
        self.next = Some(next + Duration::from_secs_f64(1.0 / self.rate(whole, now)));
        let ahead = next.duration_since(now).unwrap_or_default();
        ahead.saturating_sub(AHEAD)
    }

    /// Slows down after a refusal at `now`. Returns the new rate.
    pub(super) fn throttled(&mut self, whole: f64, now: SystemTime) -> f64 {
        let before = self.throttled.map(|(at, _)| at);
        let since = before.map(|before| now.duration_since(before).unwrap_or_default());
        // Several refusals at once count as one: their requests were under way together.
        if since.is_none_or(|since| since >= Duration::from_secs(1)) {
            let left = (self.rate(whole, now) / 2.0).max(SLOWEST.min(whole));
            self.throttled = Some((now, left));
        }
        // The account's quota for this second is used up.
        let later = now + AHEAD + Duration::from_secs(1);
        self.next = Some(self.next.map_or(later, |next| next.max(later)));
        self.rate(whole, now)
    }

    /// The rate at `now` in requests per second. `whole` is the rate without throttling.
    pub(crate) fn rate(&self, whole: f64, now: SystemTime) -> f64 {
        let Some((at, left)) = self.throttled else {
            return whole;
        };
        let since = now.duration_since(at).unwrap_or_default();
        let regained = whole * since.as_secs_f64() / RECOVERY.as_secs_f64();
        (left + regained).min(whole)
    }
}
