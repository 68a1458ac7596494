//! Cache of access tokens with verified signatures.
//!
//! An app sends its token with every call, and verifying the signature is most
//! of the cost of such a call. Whether a key of the pool signed a token never
//! changes, so the result is cached. Expiry, revocation and the token's user
//! are checked at every call.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;

use crate::auth::keys::SigningKeys;
use crate::bounds::VERIFIED_TOKENS;

/// The claims of an access token that the emulator checks. Missing claims are empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccessClaims {
    /// The user.
    pub sub: Box<str>,
    /// The client that signed in.
    pub client_id: Box<str>,
    /// The user's name when the token was issued.
    pub username: Box<str>,
    /// The issuer: its last part is the id of the pool.
    pub iss: Box<str>,
    /// `access` for an access token.
    pub token_use: Box<str>,
    /// Scopes, separated by spaces.
    pub scope: Box<str>,
    /// The sign-in. Absent if the client does not revoke tokens.
    pub origin_jti: Option<Box<str>>,
    /// The time of the sign-in, in seconds since the epoch.
    pub auth_time: i64,
    /// The time of expiry, in seconds since the epoch.
    pub exp: i64,
}

/// A token, and the keys that signed it.
pub struct Verified {
    token: Box<str>,
    keys: Arc<SigningKeys>,
    /// The token's claims.
    pub claims: AccessClaims,
}

impl Verified {
    /// A record that one of `keys` signed `token`, which has `claims`.
    #[must_use]
    pub fn new(token: &str, keys: &Arc<SigningKeys>, claims: AccessClaims) -> Arc<Self> {
        Arc::new(Self {
            token: token.into(),
            keys: Arc::clone(keys),
            claims,
        })
    }

    /// Whether `keys` signed the token.
    #[must_use]
    pub fn is_by(&self, keys: &Arc<SigningKeys>) -> bool {
        Arc::ptr_eq(&self.keys, keys)
    }
}

/// The most recent tokens. Each token has one slot, which it overwrites.
pub struct Known([Mutex<Option<Arc<Verified>>>; VERIFIED_TOKENS]);

impl Default for Known {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl std::fmt::Debug for Known {
    /// Omits the tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

impl Known {
    /// The record of `token`, if it is cached.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<Arc<Verified>> {
        let place = self.place(token)?.lock();
        place
            .as_ref()
            .filter(|known| *known.token == *token)
            .cloned()
    }

    /// Stores `verified`.
    pub fn keep(&self, verified: Arc<Verified>) {
        let replaced = self
            .place(&verified.token)
            .and_then(|place| place.lock().replace(Arc::clone(&verified)));
        drop(replaced);
    }

    /// Removes every token.
    pub fn clear(&self) {
        for place in &self.0 {
            *place.lock() = None;
        }
    }

    /// The slot depends on the two characters before the last one. They belong to the
    /// signature, so they are practically random. The last character has only the
    /// remaining two bits of 256 bytes.
    fn place(&self, token: &str) -> Option<&Mutex<Option<Arc<Verified>>>> {
        let [.., first, second, _] = token.as_bytes() else {
            return None;
        };
        let at = usize::from(*first) * 64 + usize::from(*second);
        self.0.get(at % VERIFIED_TOKENS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::keys::Keyring;

    #[test]
    fn the_cache_compares_whole_tokens() {
        let known = Known::default();
        let keyring = Keyring::default();
        let keys = keyring.next();
        let claims = AccessClaims {
            sub: "ana".into(),
            ..AccessClaims::default()
        };
        known.keep(Verified::new("head.claims.signature", &keys, claims));
        let found = known.find("head.claims.signature").unwrap();
        assert_eq!(&*found.claims.sub, "ana");
        assert!(found.is_by(&keys));
        assert!(!found.is_by(&keyring.next()));
        // All except the last two have the same slot.
        for other in ["head.claimt.signature", "claims.signature", "ure", "re", ""] {
            assert!(known.find(other).is_none(), "{other}");
        }
        known.clear();
        assert!(known.find("head.claims.signature").is_none());
    }

    #[test]
    fn a_slot_keeps_its_last_token() {
        let known = Known::default();
        let keys = Keyring::default().next();
        for token in ["first.signature", "second.signature"] {
            known.keep(Verified::new(token, &keys, AccessClaims::default()));
        }
        assert!(known.find("first.signature").is_none());
        assert!(known.find("second.signature").is_some());
    }
}
