//! Sign-ins, and the tokens that descend from them.

use std::time::Duration;

use super::pool::Pool;
use super::users::UserId;
use crate::world::Time;

/// One sign-in: every token with its `origin_jti` descends from it (fact 6.9).
#[derive(Clone, Debug)]
pub struct SignIn {
    /// `origin_jti`.
    pub id: Box<str>,
    /// The client that signed in.
    pub client_id: Box<str>,
    /// When: `auth_time`.
    pub at: Time,
    /// When its refresh token expires.
    pub expires_at: Time,
    /// Whether it was signed out or its refresh token revoked.
    pub revoked: bool,
    /// Digests of its refresh tokens, latest last: several where they rotate.
    pub refresh_tokens: Vec<[u8; 32]>,
}

/// The longest life of an access token (fact 6.18): one that was refreshed just
/// before its sign-in expired may live on for as long.
const LONGEST_ACCESS: Duration = Duration::from_hours(24);

impl SignIn {
    /// Whether no token of this sign-in can be alive at `now`.
    #[must_use]
    pub fn is_over(&self, now: Time) -> bool {
        now >= self.expires_at.plus(LONGEST_ACCESS)
    }
}

impl Pool {
    /// Keeps a new sign-in of the user at `id`, and from time to time forgets
    /// those of the same user whose tokens are all dead.
    pub fn keep_sign_in(&mut self, id: UserId, sign_in: SignIn, now: Time) {
        for digest in &sign_in.refresh_tokens {
            self.refresh_tokens
                .insert(*digest, (id, sign_in.id.clone()));
        }
        let over = self.users.touch(id, |user| {
            // Looked for whenever they have doubled: each time would slow down
            // who signs in again and again.
            let mut over = Vec::new();
            if user.sign_ins.len().is_power_of_two() {
                let all = std::mem::take(&mut user.sign_ins);
                for kept in all {
                    if kept.is_over(now) {
                        over.push(kept);
                    } else {
                        user.sign_ins.push(kept);
                    }
                }
            }
            user.sign_ins.push(sign_in);
            over
        });
        for digest in over.iter().flatten().flat_map(|over| &over.refresh_tokens) {
            self.refresh_tokens.remove(digest);
        }
    }
}
