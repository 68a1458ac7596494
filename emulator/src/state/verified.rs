//! Access tokens that verified lately.
//!
//! An app presents its token with every call, and the check of its signature is most
//! of what such a call costs. Whether a pool's key signed a token never changes, so it
//! need not be found out twice; whether the token has expired, was revoked or speaks
//! for anybody is judged at every call.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;

use crate::auth::keys::SigningKeys;
use crate::bounds::VERIFIED_TOKENS;

/// The claims of an access token on which its use depends; those that it lacks are
/// empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccessClaims {
    /// The user.
    pub sub: Box<str>,
    /// The issuer, which ends in the pool's id.
    pub iss: Box<str>,
    /// The client that signed in.
    pub client_id: Box<str>,
    /// `access`, where it is an access token.
    pub token_use: Box<str>,
    /// Scopes with spaces between.
    pub scope: Box<str>,
    /// The sign-in; absent where the client does not revoke tokens.
    pub origin_jti: Option<Box<str>>,
    /// When the user signed in: seconds since the epoch.
    pub auth_time: i64,
    /// When it expires: seconds since the epoch.
    pub exp: i64,
}

/// A token, and whose keys signed it.
pub struct Verified {
    token: Box<str>,
    keys: Arc<SigningKeys>,
    /// What it claims.
    pub claims: AccessClaims,
}

impl Verified {
    /// That one of `keys` signed `token`, which makes `claims`.
    #[must_use]
    pub fn new(token: &str, keys: &Arc<SigningKeys>, claims: AccessClaims) -> Arc<Self> {
        Arc::new(Self {
            token: token.into(),
            keys: Arc::clone(keys),
            claims,
        })
    }

    /// Whether these are the keys.
    #[must_use]
    pub fn is_by(&self, keys: &Arc<SigningKeys>) -> bool {
        Arc::ptr_eq(&self.keys, keys)
    }
}

/// The last ones. Each token has one place, where it writes over another.
pub struct Known([Mutex<Option<Arc<Verified>>>; VERIFIED_TOKENS]);

impl Default for Known {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl std::fmt::Debug for Known {
    /// Without the tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

impl Known {
    /// What is known of `token`, if it is.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<Arc<Verified>> {
        let place = self.place(token)?.lock();
        place
            .as_ref()
            .filter(|known| *known.token == *token)
            .cloned()
    }

    /// Remembers `verified`.
    pub fn keep(&self, verified: Arc<Verified>) {
        let replaced = self
            .place(&verified.token)
            .and_then(|place| place.lock().replace(Arc::clone(&verified)));
        drop(replaced);
    }

    /// Forgets every token.
    pub fn clear(&self) {
        for place in &self.0 {
            *place.lock() = None;
        }
    }

    /// By the signature, which is as good as random. Its very last character is not: it
    /// holds the two bits that are left of 256 bytes.
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
    fn a_token_is_known_by_its_every_character() {
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
        // All but the last two have the same place.
        for other in ["head.claimt.signature", "claims.signature", "ure", "re", ""] {
            assert!(known.find(other).is_none(), "{other}");
        }
        known.clear();
        assert!(known.find("head.claims.signature").is_none());
    }

    #[test]
    fn a_place_holds_its_last_token() {
        let known = Known::default();
        let keys = Keyring::default().next();
        for token in ["first.signature", "second.signature"] {
            known.keep(Verified::new(token, &keys, AccessClaims::default()));
        }
        assert!(known.find("first.signature").is_none());
        assert!(known.find("second.signature").is_some());
    }
}
