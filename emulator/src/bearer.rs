//! Authentication by access token.

use std::sync::Arc;

use crate::auth::jwt;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::pool::Pool;
use crate::state::token::SignIn;
use crate::state::user::Status;
use crate::state::users::UserId;
use crate::state::verified::{AccessClaims, Verified};
use crate::state::{PoolHandle, PoolRead, PoolWrite};

/// The scope that a token needs to act on its own user (fact 6.6).
pub(crate) const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// The caller that an access token authenticates.
#[derive(Debug)]
pub(crate) struct Bearer {
    /// The user pool.
    pub(crate) handle: PoolHandle,
    /// The user's `sub`.
    pub(crate) sub: Box<str>,
    /// The app client that signed in.
    pub(crate) client_id: Box<str>,
    /// The user's name when the token was issued.
    pub(crate) username: Box<str>,
    /// The token's `origin_jti`. Absent if the client does not revoke tokens.
    pub(crate) sign_in: Option<Box<str>>,
    /// `auth_time`: seconds since the epoch.
    pub(crate) signed_in_at: i64,
}

impl Cx<'_> {
    /// Authenticates the caller by an access token. Checks its signature, issuer,
    /// lifetime and scope (R98 to R102).
    pub(crate) fn bearer(&self, token: &str) -> Result<Bearer> {
        Ok(self.bearer_with(token, ADMIN_SCOPE)?.0)
    }

    /// Like [`Cx::bearer`], for tokens that have `scope`. Also returns all scopes of the
    /// token.
    pub(crate) fn bearer_with(&self, token: &str, scope: &str) -> Result<(Bearer, Box<str>)> {
        let (handle, verified) = self.verified(token)?;
        let claims = &verified.claims;
        // Live at `GetUser` and `GlobalSignOut` (radkawar/stackd, 2026-09-24); inferred for
        // the other operations.
        let client = handle.read().client(&claims.client_id).map(drop);
        client.map_err(|missing| self.declared(missing, Error::AccessTokenInvalid))?;
        let shifted = &self.state.shifted;
        if shifted.has_expired(token, claims.exp, self.now()) {
            return Err(Error::AccessTokenExpired);
        }
        if !claims.scope.split(' ').any(|granted| granted == scope) {
            return Err(Error::AccessTokenScopes);
        }
        let bearer = Bearer {
            sub: claims.sub.clone(),
            username: claims.username.clone(),
            client_id: claims.client_id.clone(),
            sign_in: claims.origin_jti.clone(),
            signed_in_at: shifted.signed_in_at(token, claims.auth_time),
            handle,
        };
        Ok((bearer, claims.scope.clone()))
    }

    /// Verifies that `token` is an access token of an existing pool. Returns the pool and
    /// the claims.
    ///
    /// The signature is verified before the pool is locked. Text that is not a JWT fails
    /// like a wrong signature, as the text `invalidtoken` did in live Cognito (R101).
    fn verified(&self, token: &str) -> Result<(PoolHandle, Arc<Verified>)> {
        let issuer = |claims: &AccessClaims| {
            let (_, pool) = claims.iss.rsplit_once('/').unwrap_or_default();
            let handle = self.state.pool_handle(pool);
            handle.ok_or(Error::AccessTokenInvalid)
        };
        if let Some(known) = self.state.verified.find(token) {
            let handle = issuer(&known.claims)?;
            if known.is_by(&handle.keys) {
                return Ok((handle, known));
            }
        }
        let decoded = jwt::decode_as::<AccessClaims>(token);
        let decoded = decoded.map_err(|_| Error::AccessTokenForged)?;
        let handle = issuer(&decoded.claims)?;
        if &*decoded.claims.token_use != "access" {
            return Err(Error::AccessTokenInvalid);
        }
        decoded
            .verify(&handle.keys)
            .map_err(|_| Error::AccessTokenForged)?;
        let verified = Verified::new(token, &handle.keys, decoded.claims);
        self.state.verified.keep(Arc::clone(&verified));
        Ok((handle, verified))
    }
}

impl Bearer {
    /// Locks the pool for reading and finds the user, who must exist, be enabled
    /// and not have signed out (R55, R56, R99).
    pub(crate) fn read(&self) -> Result<(PoolRead, UserId)> {
        let pool = self.handle.read();
        let id = self.check(&pool)?;
        Ok((pool, id))
    }

    /// Like [`Bearer::read`], but locks the pool for writing.
    pub(crate) fn write(&self) -> Result<(PoolWrite, UserId)> {
        let pool = self.handle.write();
        let id = self.check(&pool)?;
        Ok((pool, id))
    }

    /// Like [`Bearer::read`], for operations that do not declare `UserNotFoundException`.
    pub(crate) fn read_unless_deleted(&self) -> Result<(PoolRead, UserId)> {
        self.read().map_err(without_user)
    }

    /// Like [`Bearer::write`], for operations that do not declare
    /// `UserNotFoundException`. Their error for a deleted user is inferred.
    pub(crate) fn write_unless_deleted(&self) -> Result<(PoolWrite, UserId)> {
        self.write().map_err(without_user)
    }

    /// Checks that the user exists and is enabled in `pool`, and that the sign-in
    /// is not revoked.
    pub(crate) fn check(&self, pool: &Pool) -> Result<UserId> {
        let Some(id) = pool.users.find_sub(&self.sub) else {
            // A new user may have the name of a deleted one. Both errors for this case
            // were recorded in radkawar/stackd (2026-09-24).
            let other = pool.users.find(&self.username);
            let other = other.and_then(|id| pool.users.get(id));
            return Err(match other {
                Some(other) if other.status == Status::Unconfirmed => Error::NotConfirmed,
                Some(_) => Error::AccessTokenOfFormerUser,
                None => Error::UserNotFound,
            });
        };
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        // Disabling a user also ends every sign-in (R56). The order of the two checks is
        // inferred.
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        // Newest first: most tokens in use belong to a recent sign-in.
        let origin = self.sign_in.as_deref();
        let sign_ins = user.sign_ins.iter().rev();
        let mut valid = sign_ins.filter(|sign_in| !sign_in.refuses(origin));
        if !valid.any(|sign_in| self.is_of(sign_in)) {
            return Err(Error::AccessTokenRevoked);
        }
        Ok(id)
    }

    /// Whether the token was issued by `sign_in`. A token without `origin_jti`
    /// matches a sign-in with its client and `auth_time`.
    #[must_use]
    pub(crate) fn is_of(&self, sign_in: &SignIn) -> bool {
        match &self.sign_in {
            Some(id) => sign_in.has_origin(id),
            None => {
                sign_in.client_id == self.client_id && sign_in.at.seconds() == self.signed_in_at
            }
        }
    }
}

fn without_user(error: Error) -> Error {
    match error {
        Error::UserNotFound | Error::NotConfirmed => Error::AccessTokenInvalid,
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::auth::jwt;
    use crate::testing::Fixture;

    /// Every reason for which an access token is rejected (R98 to R102, R55, R56).
    #[test]
    fn rejected_access_tokens() {
        let mut fixture = Fixture::with_user("ana").and_user("bob", json!([]));
        let sign_in = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;
        fixture.run(sign_in);
        let access = fixture.get("access").to_owned();
        let claims = jwt::decode(&access).unwrap().claims;
        let handle = fixture.pool_handle();
        let forge = |name: &str, value: serde_json::Value| {
            let mut claims = claims.clone();
            claims.insert(name.to_owned(), value);
            jwt::sign(handle.keys.access(), &claims)
        };
        let other = forge("scope", json!("openid"));
        let (message, _) = access.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        fixture.name("forged", &format!("{message}.{signature}"));
        fixture.name("openid", &other);
        fixture.name("foreign", &forge("client_id", json!("unknown")));
        fixture.name("unknown", &forge("origin_jti", json!("another")));
        fixture.name("gone", &forge("sub", json!("another")));
        assert_snapshot!(fixture.run(r#"
            SetUserMFAPreference {"AccessToken":"invalidtoken"}
            SetUserMFAPreference {"AccessToken":"$forged"}
            SetUserMFAPreference {"AccessToken":"$id"}
            SetUserMFAPreference {"AccessToken":"$foreign"}
            SetUserMFAPreference {"AccessToken":"$openid"}
            SetUserMFAPreference {"AccessToken":"$unknown"}
            SetUserMFAPreference {"AccessToken":"$gone"}
            advance 3599
            SetUserMFAPreference {"AccessToken":"$access"}
            SetUserMFAPreference {"AccessToken":"$forged"}
            advance 1
            SetUserMFAPreference {"AccessToken":"$access"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            SetUserMFAPreference {"AccessToken":"$access"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            SetUserMFAPreference {"AccessToken":"$access"}
        "#), @r#"
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Invalid Access Token
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 NotAuthorizedException: Access Token does not have required scopes
        400 NotAuthorizedException: Access Token has been revoked
        400 NotAuthorizedException: Invalid access token.
        200 {}
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Access Token has expired
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        200 {}
        400 NotAuthorizedException: User is disabled.
        "#);
    }
}
