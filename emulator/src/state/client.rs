//! App clients and their secrets.

use super::pool::Pool;
use crate::auth::{digest, secret_hash};
use crate::error::{Error, Result};
use crate::settings::client::{Doing, PoolParts, Settings};
use crate::settings::session::SsoSession;
use crate::world::Time;
use serde::{Deserialize, Serialize};

/// An app client of a pool.
#[derive(Clone, Serialize, Deserialize)]
pub struct Client {
    /// The client id (fact 10.2).
    pub id: String,
    /// Its secrets, oldest first; empty for a public client. All are equally
    /// valid.
    pub secrets: Vec<Secret>,
    /// Date of creation.
    pub created_at: Time,
    /// Date of the last change.
    pub modified_at: Time,
    /// Settings that create and update write.
    pub settings: Settings,
    /// Settings that `SetUserPoolClientSessionConfiguration` writes.
    pub sso_session: SsoSession,
}

/// A secret of a client.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secret {
    /// The id of the secret.
    pub id: String,
    /// The value.
    pub value: Box<str>,
    /// Date of creation.
    pub created_at: Time,
}

impl Secret {
    /// Creates a secret of client `client_id`. The id has the documented form
    /// `<client-id>--<epoch-create-time>`. The unit of the epoch, milliseconds, is
    /// inferred.
    #[must_use]
    pub fn new(client_id: &str, value: Box<str>, created_at: Time) -> Self {
        Self {
            id: format!("{client_id}--{}", created_at.0),
            value,
            created_at,
        }
    }
}

impl std::fmt::Debug for Secret {
    /// Omits the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Limit of secrets of a client (fact 8d).
const SECRET_LIMIT: usize = 2;

impl std::fmt::Debug for Client {
    /// Omits the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Checks the secret itself, which some operations accept instead of a hash
    /// (R111).
    pub fn check_secret(&self, given: Option<&str>) -> Result<()> {
        if self.knows_secret(given) {
            Ok(())
        } else {
            Err(Error::ClientUnauthorized)
        }
    }

    /// Whether `given` is one of the client's secrets. A client without a secret ignores
    /// a secret that is sent (recorded for `GetTokensFromRefreshToken` 2026-09-24 in
    /// radkawar/stackd; inferred for the other operations). Secrets are compared by
    /// digest, so that the time of the comparison does not depend on a secret.
    #[must_use]
    pub fn knows_secret(&self, given: Option<&str>) -> bool {
        self.secrets.is_empty()
            || given.map(digest).is_some_and(|given| {
                let mut secrets = self.secrets.iter();
                secrets.any(|secret| digest(&secret.value) == given)
            })
    }

    /// Whether the client is confidential: it has a secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// The secret that descriptions show: the oldest one (inferred).
    #[must_use]
    pub fn shown_secret(&self) -> Option<&str> {
        self.secrets.first().map(|secret| &*secret.value)
    }

    /// Adds a secret (R202). Only a confidential client may get another secret (R202-2).
    pub fn add_secret(&mut self, value: Box<str>, now: Time) -> Result<&Secret> {
        if self.secrets.is_empty() {
            return Err(Error::ClientIsPublic);
        }
        if self.secrets.len() >= SECRET_LIMIT {
            return Err(Error::ResourceLimit {
                resource: "Client secrets".to_owned(),
                limit: format!("{SECRET_LIMIT} secrets"),
            });
        }
        let mut secret = Secret::new(&self.id, value, now);
        // Two secrets that are created in the same millisecond need different ids.
        if self.secrets.iter().any(|other| other.id == secret.id) {
            secret.id = Secret::new(&self.id, Box::default(), Time(now.0 + 1)).id;
        }
        self.secrets.push(secret);
        Ok(&self.secrets[self.secrets.len() - 1])
    }

    /// Removes a secret, unless it is the last one.
    pub fn remove_secret(&mut self, id: &str) -> Result<()> {
        let at = self.secrets.iter().position(|secret| secret.id == id);
        let at = at.ok_or_else(|| Error::SecretNotFound {
            secret: id.to_owned(),
        })?;
        if self.secrets.len() == 1 {
            return Err(Error::LastSecret);
        }
        self.secrets.remove(at);
        Ok(())
    }

    /// Checks a caller's `SECRET_HASH` for `username` (fact 5b).
    pub fn check_secret_hash(&self, username: &str, given: Option<&str>) -> Result<()> {
        self.check_secret_hash_sent(given)?;
        let Some(given) = given else { return Ok(()) };
        let verifies =
            |secret: &Secret| secret_hash::verifies(given, &secret.value, username, &self.id);
        if self.secrets.iter().any(verifies) {
            Ok(())
        } else {
            Err(Error::SecretHashMismatch {
                client: self.id.clone(),
            })
        }
    }

    /// Checks that a `SECRET_HASH` is present exactly if the client has a
    /// secret (R77, R80).
    pub fn check_secret_hash_sent(&self, given: Option<&str>) -> Result<()> {
        let client = || self.id.clone();
        match (self.has_secret(), given) {
            (false, Some(_)) => Err(Error::SecretHashUnexpected { client: client() }),
            (true, None) => Err(Error::SecretHashMissing { client: client() }),
            _ => Ok(()),
        }
    }

    /// Checks that the app may write `attributes` (R121-2).
    pub fn authorize_writes<'a>(
        &self,
        attributes: impl IntoIterator<Item = &'a str>,
    ) -> Result<()> {
        if attributes.into_iter().all(|name| self.may_write(name)) {
            Ok(())
        } else {
            Err(Error::UnauthorizedAttribute)
        }
    }

    /// Whether the app may write `attribute`. No app may write a developer-only attribute
    /// (see `DeveloperOnlyAttribute` in the API Reference).
    #[must_use]
    pub fn may_write(&self, attribute: &str) -> bool {
        !attribute.starts_with("dev:")
            && self
                .settings
                .write_attributes
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name == attribute))
    }

    /// Whether the app may read `attribute`. It may always read `sub`.
    #[must_use]
    pub fn may_read(&self, attribute: &str) -> bool {
        attribute == "sub"
            || self
                .settings
                .read_attributes
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name == attribute))
    }
}

impl Pool {
    /// Validates the settings of a client of this pool, with or without a secret.
    pub fn validate_client(
        &self,
        settings: &Settings,
        has_secret: bool,
        doing: Doing,
    ) -> Result<()> {
        let parts = PoolParts {
            id: &self.id,
            tier: &self.settings.user_pool_tier,
            schema: &self.schema,
            identity_providers: &self.identity_providers,
            has_custom_scope: &|scope| self.has_custom_scope(scope),
        };
        settings.validate(&parts, has_secret, doing)
    }

    /// Validates the settings that a client of this pool may have by now. It keeps providers,
    /// scopes and features that its pool does not have any more.
    pub fn validate_kept_client(&self, settings: &Settings, has_secret: bool) -> Result<()> {
        let mut settings = settings.clone();
        if let Some(providers) = &mut settings.supported_identity_providers {
            providers.retain(|it| it == "COGNITO" || self.identity_providers.contains_key(it));
        }
        let parts = PoolParts {
            id: &self.id,
            tier: "PLUS",
            schema: &self.schema,
            identity_providers: &self.identity_providers,
            has_custom_scope: &|_| true,
        };
        settings.validate(&parts, has_secret, Doing::Creating)
    }
}
