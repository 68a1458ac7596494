//! One app client.

use crate::auth::{digest, secret_hash};
use crate::error::{Error, Result};
use crate::shapes::client::Settings;
use crate::world::Time;

/// An app client of a pool.
#[derive(Clone)]
pub struct Client {
    /// Its id (fact 10.2).
    pub id: String,
    /// Its secret, if it has one.
    pub secret: Option<Box<str>>,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub modified_at: Time,
    /// What create and update write.
    pub settings: Settings,
}

impl std::fmt::Debug for Client {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Judges the secret itself, which some operations take instead of a hash
    /// (R111). That one sent to a client without a secret is refused is inferred.
    pub fn check_secret(&self, given: Option<&str>) -> Result<()> {
        if self.secret.as_deref().map(digest) == given.map(digest) {
            Ok(())
        } else {
            Err(Error::ClientUnauthorized)
        }
    }

    /// Judges a caller's `SECRET_HASH` for `username` (section 5b).
    pub fn check_secret_hash(&self, username: &str, given: Option<&str>) -> Result<()> {
        self.check_secret_hash_sent(given)?;
        match (&self.secret, given) {
            (Some(secret), Some(given))
                if !secret_hash::verifies(given, secret, username, &self.id) =>
            {
                Err(Error::SecretHashMismatch {
                    client: self.id.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Judges whether a `SECRET_HASH` was sent where one belongs (R77, R80).
    pub fn check_secret_hash_sent(&self, given: Option<&str>) -> Result<()> {
        let client = || self.id.clone();
        match (&self.secret, given) {
            (None, Some(_)) => Err(Error::SecretHashUnexpected { client: client() }),
            (Some(_), None) => Err(Error::SecretHashMissing { client: client() }),
            _ => Ok(()),
        }
    }

    /// Judges that the app may write `attributes` (R121).
    pub fn judge_writes<'a>(&self, attributes: impl IntoIterator<Item = &'a str>) -> Result<()> {
        if attributes.into_iter().all(|name| self.may_write(name)) {
            Ok(())
        } else {
            Err(Error::UnauthorizedAttribute)
        }
    }

    /// Whether the app may write `attribute`. No app writes what verification
    /// or a developer has to (fact 9.8; for developers' attributes see
    /// `DeveloperOnlyAttribute` in the API Reference).
    #[must_use]
    pub fn may_write(&self, attribute: &str) -> bool {
        !matches!(attribute, "email_verified" | "phone_number_verified")
            && !attribute.starts_with("dev:")
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
