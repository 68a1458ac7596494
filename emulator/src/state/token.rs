//! Sign-ins and their refresh tokens.

use std::borrow::Cow;
use std::time::Duration;

use super::assurance::Strength;
use super::device::Origin;
use super::pool::Pool;
use super::sign_ins::SignIns;
use super::user::User;
use super::users::UserId;
use super::web::OAuthGrant;
use crate::bounds::{DELETED_USERS_TOKENS, REFRESH_TOKENS, SIGN_INS, all_but_oldest_tenth};
use crate::encoded;
use crate::error::{Error, Result};
use crate::settings::session::Tracking;
use crate::shared_map::SharedMap;
use crate::world::{Time, World, sub_of};
use serde::{Deserialize, Serialize};

/// One sign-in. Every token with its `origin_jti` belongs to it (fact 6.9).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignIn {
    /// `origin_jti`.
    pub id: Box<str>,
    /// The `event_id` of its tokens.
    pub event_id: Box<str>,
    /// The client that signed in.
    pub client_id: Box<str>,
    /// The time of the sign-in: `auth_time`.
    pub at: Time,
    /// The time at which its refresh token expires.
    pub expires_at: Time,
    /// The way in which it ended, if it has ended.
    pub ended: Option<End>,
    /// Its refresh tokens, latest last: several if they rotate. The last one is
    /// current.
    pub refresh_tokens: Vec<RefreshToken>,
    /// The record of its session, if the pool tracks sessions.
    pub session: Option<TokenSession>,
    /// The device of the sign-in, if the pool tracks devices.
    pub device: Option<Box<Origin>>,
    /// The address of the emulator that the client used, if it is the tokens' issuer.
    pub issuer: Option<Box<str>>,
    /// What the authorization endpoint granted; `None` for a sign-in through the API.
    pub oauth: Option<Box<OAuthGrant>>,
    /// The strength of the sign-in, if the app asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Box<Strength>>,
}

/// The end of a sign-in. Its refresh tokens are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// `RevokeToken`: access tokens with the sign-in's own `origin_jti` are refused.
    /// Access tokens that were issued for a rotated refresh token after rotation was
    /// switched off are not refused (recorded 2026-09-24 in radkawar/stackd).
    Revoked,
    /// The user was signed out: every access token is refused.
    SignedOut,
}

/// A refresh token, as a pool remembers it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RefreshToken {
    /// The digest of the token.
    #[serde(with = "encoded::bytes")]
    pub digest: [u8; 32],
    /// Whether it was issued in exchange for another refresh token.
    rotated: bool,
    /// When the current token replaced this one, if it was issued in exchange for this
    /// one.
    replaced_at: Option<Time>,
}

/// Whether a refresh token can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The token is the newest one.
    Current,
    /// The newest token was issued in exchange for it, at this time. It can be used again
    /// within the client's grace period.
    Replaced(Time),
    /// Later tokens have replaced it.
    Superseded,
}

impl RefreshToken {
    /// The token of a new sign-in.
    #[must_use]
    pub const fn first(digest: [u8; 32]) -> Self {
        Self {
            digest,
            rotated: false,
            replaced_at: None,
        }
    }

    /// A token that was issued in exchange for another one.
    const fn rotated(digest: [u8; 32]) -> Self {
        Self {
            digest,
            rotated: true,
            replaced_at: None,
        }
    }

    /// The id of a rotated token: the `origin_jti` of tokens that are issued for it while
    /// its client does not rotate. The id is derived from the digest, so it is not
    /// stored.
    fn id(&self) -> Option<String> {
        let mut half = [0; 16];
        half.copy_from_slice(&self.digest[..16]);
        self.rotated.then(|| sub_of(half))
    }
}

/// A refresh token of a deleted user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeletedUsersToken {
    /// The client that it was issued to.
    pub client_id: Box<str>,
    /// When it expires.
    pub expires_at: Time,
}

/// The record of a sign-in, in a pool that tracks sessions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenSession {
    /// `tkn` and 25 lower-case letters and digits.
    pub id: Box<str>,
    /// The time at which its tokens were last issued.
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

/// The longest lifetime of an access token (fact 6.18). A token that was
/// refreshed just before its sign-in expired can be valid for this time.
const LONGEST_ACCESS: Duration = Duration::from_hours(24);

impl SignIn {
    /// Whether every token of this sign-in has expired at `now`.
    #[must_use]
    pub fn is_over(&self, now: Time) -> bool {
        now >= self.expires_at.plus(LONGEST_ACCESS)
    }

    /// The device of the sign-in.
    #[must_use]
    pub fn device(&self) -> Option<&Origin> {
        self.device.as_deref()
    }

    /// The session record, if one exists and the sign-in can still be refreshed. Only
    /// such records are listed.
    #[must_use]
    pub fn active_session(&self, now: Time) -> Option<&TokenSession> {
        let is_active = self.ended.is_none() && now < self.expires_at;
        self.session.as_ref().filter(|_| is_active)
    }

    /// Whether the refresh token with this digest can be used.
    #[must_use]
    pub fn standing(&self, digest: &[u8; 32]) -> Standing {
        let current = self.refresh_tokens.last();
        if current.is_some_and(|token| token.digest == *digest) {
            return Standing::Current;
        }
        let mut tokens = self.refresh_tokens.iter();
        let token = tokens.find(|token| token.digest == *digest);
        match token.and_then(|token| token.replaced_at) {
            Some(at) => Standing::Replaced(at),
            None => Standing::Superseded,
        }
    }

    /// The `origin_jti` of tokens that are issued for the refresh token with this digest:
    /// the id of the sign-in while refresh tokens rotate, otherwise the id of a rotated
    /// token itself (recorded 2026-09-24 in radkawar/stackd).
    #[must_use]
    pub fn origin_jti(&self, digest: &[u8; 32], rotates: bool) -> Cow<'_, str> {
        let mut tokens = self.refresh_tokens.iter();
        let token = tokens.find(|token| token.digest == *digest && !rotates);
        match token.and_then(RefreshToken::id) {
            Some(id) => id.into(),
            None => (&*self.id).into(),
        }
    }

    /// Whether an access token with this `origin_jti` belongs to the sign-in.
    #[must_use]
    pub fn has_origin(&self, origin_jti: &str) -> bool {
        *self.id == *origin_jti
            || self
                .refresh_tokens
                .iter()
                .any(|token| token.id().is_some_and(|id| id == origin_jti))
    }

    /// Whether access tokens with this `origin_jti` are refused. `None` is for access
    /// tokens without one.
    #[must_use]
    pub fn refuses(&self, origin_jti: Option<&str>) -> bool {
        match self.ended {
            None => false,
            Some(End::SignedOut) => true,
            Some(End::Revoked) => origin_jti.is_none_or(|origin| *self.id == *origin),
        }
    }
}

impl Pool {
    /// Stores a new sign-in of the user at `id`, and from time to time removes
    /// those of the same user whose tokens have all expired.
    ///
    /// If the pool tracks sessions and the user has the allowed number, the
    /// least recently used one ends. If there are more than [`SIGN_INS`], the
    /// oldest are removed.
    pub fn keep_sign_in(&mut self, id: UserId, sign_in: SignIn, now: Time) {
        let most = match sign_in.session {
            Some(_) => Some(self.tracking.max_per_user()),
            None => None,
        };
        for token in &sign_in.refresh_tokens {
            self.refresh_tokens
                .insert(token.digest, (id, sign_in.id.clone()));
        }
        let over = self.users.change_sign_ins(id, |sign_ins| {
            // Removal runs only when the number has doubled. Otherwise it would
            // slow down users who sign in very often.
            let mut over = Vec::new();
            if sign_ins.len().is_power_of_two() || sign_ins.len() >= SIGN_INS {
                over = sign_ins.extract(|kept| kept.is_over(now));
            }
            if sign_ins.len() >= SIGN_INS {
                over.extend(sign_ins.remove_oldest(SIGN_INS / 10));
            }
            if let Some(most) = most {
                evict(sign_ins, most, now);
            }
            sign_ins.push(sign_in);
            over
        });
        for token in over.iter().flatten().flat_map(|over| &over.refresh_tokens) {
            self.refresh_tokens.remove(&token.digest);
        }
    }

    /// Finds every refresh token of the users.
    pub(super) fn index_refresh_tokens(&mut self) {
        let mut tokens = Vec::new();
        for (id, user) in self.users.from(UserId::default()) {
            for sign_in in user.sign_ins.iter() {
                let digests = sign_in.refresh_tokens.iter().map(|token| token.digest);
                tokens.extend(digests.map(|digest| (digest, (id, sign_in.id.clone()))));
            }
        }
        tokens.sort_unstable_by_key(|(digest, _)| *digest);
        self.refresh_tokens = SharedMap::from_sorted(tokens);
    }

    /// Replaces the refresh token `old` by `new`, in a sign-in of the user at `id`. Both
    /// expire with the sign-in. A retry with `old` also replaces the token that was
    /// issued for `old` before, and tokens before `old` can no longer be used (both
    /// recorded 2026-09-24 in radkawar/stackd).
    pub fn replace_refresh_token(
        &mut self,
        id: UserId,
        sign_in: &str,
        old: [u8; 32],
        new: [u8; 32],
        now: Time,
    ) {
        let forgotten = self.users.change_sign_ins(id, |sign_ins| {
            let kept = sign_ins.find_mut(|kept| *kept.id == *sign_in)?;
            for token in &mut kept.refresh_tokens {
                // A retry within the grace period does not extend it.
                let at = token.replaced_at.unwrap_or(now);
                token.replaced_at = (token.digest == old).then_some(at);
            }
            kept.refresh_tokens.push(RefreshToken::rotated(new));
            (kept.refresh_tokens.len() > REFRESH_TOKENS).then(|| kept.refresh_tokens.remove(0))
        });
        if let Some(oldest) = forgotten.flatten() {
            self.refresh_tokens.remove(&oldest.digest);
        }
        self.refresh_tokens.insert(new, (id, sign_in.into()));
    }

    /// Ends the sign-in of the refresh token with this digest. Does nothing if the token is
    /// unknown. A token of another client is refused (R111).
    pub fn revoke(&mut self, digest: &[u8; 32], client_id: &str) -> Result<()> {
        let Some((id, sign_in)) = self.refresh_tokens.get(digest).cloned() else {
            return Ok(());
        };
        let revoked = self.users.change_sign_ins(id, |sign_ins| {
            if let Some(kept) = sign_ins.find_mut(|kept| kept.id == sign_in) {
                if *kept.client_id != *client_id {
                    return Err(Error::ClientUnauthorized);
                }
                // A revocation does not replace a sign-out, which ends more tokens.
                kept.ended.get_or_insert(End::Revoked);
            }
            Ok(())
        });
        revoked.unwrap_or(Ok(()))
    }

    /// Remembers refresh tokens of a user who is deleted, so that they get their own
    /// error until they expire (R107).
    pub(super) fn keep_deleted_users_tokens(&mut self, sign_ins: impl IntoIterator<Item = SignIn>) {
        for sign_in in sign_ins {
            let expires_at = sign_in.expires_at;
            for token in sign_in.refresh_tokens {
                self.refresh_tokens.remove(&token.digest);
                let remembered = &mut self.deleted_users_tokens;
                if remembered.len() >= DELETED_USERS_TOKENS {
                    let ages = remembered.values().map(|kept| kept.expires_at);
                    let mut is_recent = all_but_oldest_tenth(ages.collect());
                    remembered.retain(|_, kept| is_recent(kept.expires_at));
                }
                let kept = DeletedUsersToken {
                    client_id: sign_in.client_id.clone(),
                    expires_at,
                };
                self.deleted_users_tokens.insert(token.digest, kept);
            }
        }
    }

    /// Notes that tokens of a sign-in of the user at `id` were issued.
    pub fn note_activity(&mut self, id: UserId, sign_in: &str, now: Time) {
        self.users.change_sign_ins(id, |sign_ins| {
            let has_session = |kept: &SignIn| *kept.id == *sign_in && kept.session.is_some();
            let found = sign_ins.find_mut(has_session);
            if let Some(session) = found.and_then(|kept| kept.session.as_mut()) {
                session.last_active = now;
            }
        });
    }

    /// Checks the tier for session tracking, which is documented to need a higher tier
    /// than LITE. The feature's name is inferred.
    pub fn check_tier_of_tracking(&self) -> Result<()> {
        self.check_tier(Tracking::FEATURE)
    }

    /// Sign-ins of `user` that are listed, oldest first (inferred), with their records.
    /// Empty if the pool does not track sessions.
    pub fn sessions<'a>(
        &self,
        user: &'a User,
        now: Time,
    ) -> impl Iterator<Item = (&'a SignIn, &'a TokenSession)> {
        let is_on = self.tracking.is_on();
        let all = user.sign_ins.iter().filter(move |_| is_on);
        let all = all.map(|kept| &**kept);
        all.filter_map(move |sign_in| Some((sign_in, sign_in.active_session(now)?)))
    }

    /// Ends the sign-in of the user at `id` with the record `session`.
    ///
    /// `may_end` checks whether this sign-in may be ended. An unknown record is reported
    /// before that, as a missing resource (both inferred).
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
        self.users.change_sign_ins(id, |sign_ins| {
            if let Some(kept) = sign_ins.find_mut(|kept| kept.id == ended) {
                kept.ended = Some(End::SignedOut);
            }
        });
        Ok(())
    }
}

/// Ends the least recently active of a user's sign-ins, so that one more sign-in does not
/// exceed `most`.
fn evict(sign_ins: &mut SignIns, most: usize, now: Time) {
    let active = |sign_in: &SignIn| Some(sign_in.active_session(now)?.last_active);
    let count = sign_ins.iter().filter_map(|kept| active(kept)).count();
    for _ in most..=count {
        let with_time = sign_ins.iter();
        let with_time = with_time.filter_map(|kept| Some((active(kept)?, kept.id.clone())));
        let Some((_, oldest)) = with_time.min_by_key(|(last_active, _)| *last_active) else {
            return;
        };
        if let Some(oldest) = sign_ins.find_mut(|kept| kept.id == oldest) {
            oldest.ended = Some(End::SignedOut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::DEVICES;
    use crate::state::user::Status;
    use crate::state::users::Naming;
    use crate::wire::Scope;

    const NOW: Time = Time(1_800_000_000_000);

    fn pool() -> (Pool, UserId) {
        let id = "us-east-1_a".to_owned();
        let mut pool = Pool::new(id, Scope::default(), "p".to_owned(), Naming::default(), NOW);
        let user = User::new("ana", "sub", Status::Confirmed, NOW);
        let id = pool.users.insert(user);
        (pool, id)
    }

    fn digest(number: usize) -> [u8; 32] {
        crate::auth::digest(&number.to_string())
    }

    fn sign_in(number: usize) -> SignIn {
        SignIn {
            id: number.to_string().into(),
            event_id: "".into(),
            client_id: "c".into(),
            at: NOW,
            expires_at: NOW.plus(Duration::from_hours(1)),
            ended: None,
            refresh_tokens: vec![RefreshToken::first(digest(number))],
            session: None,
            device: None,
            issuer: None,
            oauth: None,
            strength: None,
        }
    }

    #[test]
    fn sign_ins_are_bounded() {
        let (mut pool, id) = pool();
        let all = 2 * SIGN_INS + 500;
        for number in 0..all {
            pool.keep_sign_in(id, sign_in(number), NOW);
            let kept = pool.users.get(id).unwrap().sign_ins.len();
            assert!(kept <= SIGN_INS, "{kept}");
            assert!(kept >= SIGN_INS * 9 / 10 || kept == number + 1);
        }
        let kept = &pool.users.get(id).unwrap().sign_ins;
        assert_eq!(&*kept.last().unwrap().id, (all - 1).to_string());
        assert_eq!(pool.refresh_tokens.len(), kept.len());
        assert!(pool.refresh_tokens.contains_key(&digest(all - 1)));
        assert!(!pool.refresh_tokens.contains_key(&digest(0)));
        assert!(pool.is_consistent());
    }

    #[test]
    fn refresh_tokens_are_bounded() {
        let (mut pool, id) = pool();
        pool.keep_sign_in(id, sign_in(0), NOW);
        let all = 2 * REFRESH_TOKENS;
        for number in 1..all {
            pool.replace_refresh_token(id, "0", digest(number - 1), digest(number), NOW);
        }
        let kept = &pool.users.get(id).unwrap().sign_ins[0].refresh_tokens;
        assert_eq!(
            (kept.len(), pool.refresh_tokens.len()),
            (REFRESH_TOKENS, REFRESH_TOKENS)
        );
        assert_eq!(kept.last().unwrap().digest, digest(all - 1));
        assert!(!pool.refresh_tokens.contains_key(&digest(0)));
    }

    #[test]
    fn devices_are_bounded() {
        let (mut pool, id) = pool();
        for number in 0..=DEVICES {
            let key = number.to_string();
            let device = Origin {
                key: key.as_str().into(),
                group_key: "g".into(),
                is_new: true,
                is_confirmable: true,
            };
            let sign_in = SignIn {
                device: Some(Box::new(device)),
                ..sign_in(number)
            };
            pool.keep_sign_in(id, sign_in, NOW);
            let now = Time(NOW.0 + i64::try_from(number).unwrap());
            pool.confirm_device(id, &key, &key, None, None, now)
                .unwrap();
        }
        let user = pool.users.get(id).unwrap();
        assert_eq!(user.devices.len(), DEVICES);
        assert!(user.device("0").is_err());
        assert!(user.device("1").is_ok());
    }
}
