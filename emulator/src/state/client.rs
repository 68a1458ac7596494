//! One app client.

use crate::auth::{digest, secret_hash};
use crate::error::{Error, Result};
use crate::shapes::client::Settings;
use crate::shapes::session::SsoSession;
use crate::world::Time;

/// An app client of a pool.
#[derive(Clone)]
pub struct Client {
    /// Its id (fact 10.2).
    pub id: String,
    /// Its secrets, oldest first; none if it is public. Each of them is as good
    /// as the others.
    pub secrets: Vec<Secret>,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub modified_at: Time,
    /// What create and update write.
    pub settings: Settings,
    /// What `SetUserPoolClientSessionConfiguration` writes beside them.
    pub sso_session: SsoSession,
}

/// One secret of a client.
#[derive(Clone)]
pub struct Secret {
    /// Its id.
    pub id: String,
    /// The secret itself.
    pub value: Box<str>,
    /// When it was made.
    pub created_at: Time,
}

impl Secret {
    /// A secret of client `client_id`, named as documented:
    /// `<client-id>--<epoch-create-time>`. That the epoch counts milliseconds is
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
    /// Without the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Secrets that a client can have (section 8d).
const SECRET_LIMIT: usize = 2;

impl std::fmt::Debug for Client {
    /// Without the secret.
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

    /// Whether `given` is one of the client's secrets. A client without a secret
    /// ignores one that is sent: `GetTokensFromRefreshToken`, recorded 2026-09-24
    /// in radkawar/stackd, and inferred for the others. Compared by digest, so
    /// that the time of the comparison depends on no secret.
    #[must_use]
    pub fn knows_secret(&self, given: Option<&str>) -> bool {
        self.secrets.is_empty()
            || given.map(digest).is_some_and(|given| {
                let mut secrets = self.secrets.iter();
                secrets.any(|secret| digest(&secret.value) == given)
            })
    }

    /// Whether the client is confidential: whether it has a secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// The secret that descriptions show: the oldest, which is inferred.
    #[must_use]
    pub fn shown_secret(&self) -> Option<&str> {
        self.secrets.first().map(|secret| &*secret.value)
    }

    /// Takes in another secret (R202). That only a confidential client may have
    /// one is documented; who stays public is refused in inferred words.
    pub fn add_secret(&mut self, value: Box<str>, now: Time) -> Result<&Secret> {
        if self.secrets.is_empty() {
            return Err(Error::ClientIsPublic {
                client: self.id.clone(),
            });
        }
        if self.secrets.len() >= SECRET_LIMIT {
            return Err(Error::ResourceLimit {
                resource: "Client secrets".to_owned(),
                limit: format!("{SECRET_LIMIT} secrets"),
            });
        }
        let mut secret = Secret::new(&self.id, value, now);
        // Two of one instant are still told apart.
        if self.secrets.iter().any(|other| other.id == secret.id) {
            secret.id = Secret::new(&self.id, Box::default(), Time(now.0 + 1)).id;
        }
        self.secrets.push(secret);
        Ok(&self.secrets[self.secrets.len() - 1])
    }

    /// Forgets a secret, unless it is the last one.
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

    /// Judges a caller's `SECRET_HASH` for `username` (section 5b).
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

    /// Judges whether a `SECRET_HASH` was sent where one belongs (R77, R80).
    pub fn check_secret_hash_sent(&self, given: Option<&str>) -> Result<()> {
        let client = || self.id.clone();
        match (self.has_secret(), given) {
            (false, Some(_)) => Err(Error::SecretHashUnexpected { client: client() }),
            (true, None) => Err(Error::SecretHashMissing { client: client() }),
            _ => Ok(()),
        }
    }

    /// Checks that the app may write `attributes` (R121-2).
    pub fn judge_writes<'a>(&self, attributes: impl IntoIterator<Item = &'a str>) -> Result<()> {
        if attributes.into_iter().all(|name| self.may_write(name)) {
            Ok(())
        } else {
            Err(Error::UnauthorizedAttribute)
        }
    }

    /// Whether the app may write `attribute`. No app writes a developer's (see
    /// `DeveloperOnlyAttribute` in the API Reference).
    #[must_use]
    pub fn may_write(&self, attribute: &str) -> bool {
        !attribute.starts_with("dev:")
            && self
                .settings
                .write_attributes
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name == attribute))
    }

    /// Whether the app may read `attribute`; `sub` always.
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
