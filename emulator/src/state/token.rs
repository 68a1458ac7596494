//! Sign-ins, and the tokens that descend from them.

use std::time::Duration;

use super::device::Origin;
use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::error::{Error, Result};
use crate::shapes::session::Tracking;
use crate::world::{Time, World};

/// One sign-in: every token with its `origin_jti` descends from it (fact 6.9).
#[derive(Clone, Debug)]
pub struct SignIn {
    /// `origin_jti`.
    pub id: Box<str>,
    /// `event_id` of its tokens.
    pub event_id: Box<str>,
    /// The client that signed in.
    pub client_id: Box<str>,
    /// When: `auth_time`.
    pub at: Time,
    /// When its refresh token expires.
    pub expires_at: Time,
    /// Whether it was signed out or its refresh token revoked.
    pub revoked: bool,
    /// Its refresh tokens, latest last: several where they rotate.
    pub refresh_tokens: Vec<RefreshToken>,
    /// Its record, where the pool tracks sessions.
    pub session: Option<TokenSession>,
    /// The device that it came from, where the pool tracks devices.
    pub device: Option<Box<Origin>>,
}

/// A refresh token, as a pool remembers it.
#[derive(Clone, Copy, Debug)]
pub struct RefreshToken {
    /// Its digest.
    pub digest: [u8; 32],
    /// When another took its place.
    pub replaced_at: Option<Time>,
}

/// The record that a pool which tracks sessions keeps of a sign-in.
#[derive(Clone, Debug)]
pub struct TokenSession {
    /// `tkn` and 25 lower-case letters and digits.
    pub id: Box<str>,
    /// When its tokens were last issued.
    pub last_active: Time,
}

impl TokenSession {
    /// A record that begins now.
    #[must_use]
    pub fn new(world: &World) -> Self {
        const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        Self {
            id: format!("tkn{}", world.chance.text(ALPHABET, 25)).into(),
            last_active: world.now(),
        }
    }
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

    /// The device that it came from.
    #[must_use]
    pub fn device(&self) -> Option<&Origin> {
        self.device.as_deref()
    }

    /// Its record, if it has one and can still be refreshed: what lists show.
    #[must_use]
    pub fn active_session(&self, now: Time) -> Option<&TokenSession> {
        let is_active = !self.revoked && now < self.expires_at;
        self.session.as_ref().filter(|_| is_active)
    }
}

impl Pool {
    /// Keeps a new sign-in of the user at `id`, and from time to time forgets
    /// those of the same user whose tokens are all dead.
    ///
    /// Where the pool tracks sessions, the least recently used one ends first if
    /// the user has as many as allowed.
    pub fn keep_sign_in(&mut self, id: UserId, sign_in: SignIn, now: Time) {
        let most = match sign_in.session {
            Some(_) => self.tracking.max_per_user(),
            None => usize::MAX,
        };
        for token in &sign_in.refresh_tokens {
            self.refresh_tokens
                .insert(token.digest, (id, sign_in.id.clone()));
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
            evict(user, most, now);
            user.sign_ins.push(sign_in);
            over
        });
        for token in over.iter().flatten().flat_map(|over| &over.refresh_tokens) {
            self.refresh_tokens.remove(&token.digest);
        }
    }

    /// Puts the refresh token `new` in the place of `old`, in a sign-in of the
    /// user at `id`. Both are of one lifetime: the sign-in's.
    pub fn replace_refresh_token(
        &mut self,
        id: UserId,
        sign_in: &str,
        old: [u8; 32],
        new: [u8; 32],
        now: Time,
    ) {
        self.users.touch(id, |user| {
            let mut sign_ins = user.sign_ins.iter_mut();
            let Some(kept) = sign_ins.find(|kept| *kept.id == *sign_in) else {
                return;
            };
            for token in kept
                .refresh_tokens
                .iter_mut()
                .filter(|kept| kept.digest == old)
            {
                // A retry within the grace period does not prolong it.
                token.replaced_at.get_or_insert(now);
            }
            kept.refresh_tokens.push(RefreshToken {
                digest: new,
                replaced_at: None,
            });
        });
        self.refresh_tokens.insert(new, (id, sign_in.into()));
    }

    /// Notes that tokens of a sign-in of the user at `id` were issued.
    pub fn note_activity(&mut self, id: UserId, sign_in: &str, now: Time) {
        self.users.touch(id, |user| {
            let mut sign_ins = user.sign_ins.iter_mut();
            let found = sign_ins.find(|kept| *kept.id == *sign_in);
            if let Some(session) = found.and_then(|kept| kept.session.as_mut()) {
                session.last_active = now;
            }
        });
    }

    /// Session tracking is documented to need a higher tier than LITE; the
    /// feature's name is inferred.
    pub fn check_tier_of_tracking(&self) -> Result<()> {
        self.judge_tier(Tracking::FEATURE)
    }

    /// Sign-ins of `user` that lists show, oldest first (inferred), with their
    /// records; none while the pool does not track sessions.
    pub fn sessions<'a>(
        &self,
        user: &'a User,
        now: Time,
    ) -> impl Iterator<Item = (&'a SignIn, &'a TokenSession)> {
        let is_on = self.tracking.is_on();
        let all = user.sign_ins.iter().filter(move |_| is_on);
        all.filter_map(move |sign_in| Some((sign_in, sign_in.active_session(now)?)))
    }

    /// Ends the sign-in of the user at `id` whose record is `session`.
    ///
    /// That an unknown record is no resource is inferred, and that it is judged
    /// before `may_end`, which says whether this sign-in may end.
    pub fn revoke_session(
        &mut self,
        id: UserId,
        session: &str,
        now: Time,
        may_end: impl FnOnce(&SignIn) -> Result<()>,
    ) -> Result<()> {
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        let found = self
            .sessions(user, now)
            .find(|(_, record)| *record.id == *session);
        let (sign_in, _) = found.ok_or_else(|| Error::SessionNotFound {
            session: session.to_owned(),
        })?;
        may_end(sign_in)?;
        let ended = sign_in.id.clone();
        self.users.touch(id, |user| {
            for kept in user.sign_ins.iter_mut().filter(|kept| kept.id == ended) {
                kept.revoked = true;
            }
        });
        Ok(())
    }
}

/// Ends the least recently active sign-ins of `user` until one more makes `most`.
fn evict(user: &mut User, most: usize, now: Time) {
    let active = |sign_in: &SignIn| Some(sign_in.active_session(now)?.last_active);
    let count = user.sign_ins.iter().filter_map(active).count();
    for _ in most..=count {
        let with_time = user
            .sign_ins
            .iter_mut()
            .filter_map(|sign_in| Some((active(sign_in)?, sign_in)));
        if let Some((_, oldest)) = with_time.min_by_key(|(last_active, _)| *last_active) {
            oldest.revoked = true;
        }
    }
}
