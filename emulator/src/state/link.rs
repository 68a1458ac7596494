//! Identities at other providers, and the users that they sign in as.
//!
//! A user's own view of them is the attribute `identities`: a JSON list in the
//! order of linking.

use serde::Deserialize;
use serde_json::{Value, json};

use super::limit::check_room;
use super::pool::Pool;
use super::user::{Status, User};
use super::users::UserId;
use crate::error::{Error, Result};
use crate::settings::schema::IDENTITIES;
use crate::world::Time;

/// Identities that a user can be linked to (section 8d).
const LIMIT: usize = 5;
/// How long the three parts of an identity may be together (aws/aws-sdk-js-v3#6985).
const LONGEST: usize = 128;
/// The claim that a provider itself knows its user by.
const SUBJECT: &str = "Cognito_Subject";

/// `ProviderUserIdentifierType`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProviderUser {
    #[serde(rename = "ProviderName")]
    provider: String,
    #[serde(rename = "ProviderAttributeName")]
    attribute: String,
    #[serde(rename = "ProviderAttributeValue")]
    value: String,
}

/// An identity at a provider of the pool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    provider: String,
    /// `Cognito_Subject`, or an attribute that a claim is mapped to.
    attribute: String,
    value: String,
}

impl ProviderUser {
    /// Whether this is a user of the pool's own.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.provider == "Cognito"
    }

    /// Judges that nothing is missing, the attribute where that is not ignored.
    fn validate(&self, user: &str, has_attribute: bool) -> Result<()> {
        let missing = match (&*self.provider, &*self.attribute, &*self.value) {
            ("", ..) => "ProviderName",
            (_, "", _) if has_attribute => "ProviderAttributeName",
            (.., "") => "ProviderAttributeValue",
            _ => return Ok(()),
        };
        Err(Error::ProviderUserIncomplete {
            user: user.to_owned(),
            member: missing.to_owned(),
        })
    }

    /// The identity that is meant, at a provider of `pool`: a social provider
    /// knows its users by their subject alone, says the API Reference.
    fn identity(self, pool: &Pool) -> Result<Identity> {
        let provider = pool.identity_providers.get(&self.provider);
        let provider = provider.ok_or_else(|| Error::ProviderNotFound {
            provider: self.provider.clone(),
            pool: pool.id.clone(),
        })?;
        if provider.provider_type.is_social() && self.attribute != SUBJECT {
            return Err(Error::CognitoSubjectRequired {
                provider: self.provider,
            });
        }
        Ok(Identity {
            provider: self.provider,
            attribute: self.attribute,
            value: self.value,
        })
    }

    /// The user of `pool` that is meant: by name, or by what the provider calls
    /// them.
    fn find(&self, pool: &Pool) -> Result<UserId> {
        if self.is_local() {
            return pool.find(&self.value);
        }
        if !pool.identity_providers.contains_key(&self.provider) {
            return Err(Error::ProviderNotFound {
                provider: self.provider.clone(),
                pool: pool.id.clone(),
            });
        }
        pool.find(&federated(&self.provider, &self.value))
    }
}

/// The username of a user who signs in through a provider.
fn federated(provider: &str, subject: &str) -> String {
    format!("{provider}_{subject}")
}

impl Pool {
    /// Links `source` to the user `destination`.
    ///
    /// Which refusal comes first is inferred.
    pub fn link(
        &mut self,
        destination: &ProviderUser,
        source: ProviderUser,
        now: Time,
    ) -> Result<()> {
        destination.validate("DestinationUser", false)?;
        source.validate("SourceUser", true)?;
        if source.is_local() {
            return Err(Error::LocalSourceUser);
        }
        let identity = source.identity(self)?;
        let length = [&identity.provider, &identity.attribute, &identity.value]
            .map(|part| part.chars().count());
        if length.iter().sum::<usize>() > LONGEST {
            return Err(Error::IdentityTooLong);
        }
        let id = destination.find(self)?;
        if identity.attribute == SUBJECT {
            self.check_unused(&federated(&identity.provider, &identity.value))?;
        }
        match self.links.get(&identity) {
            Some(owner) if *owner == id => return Err(Error::AlreadyLinked),
            Some(_) => return Err(Error::LinkedElsewhere),
            None => {}
        }
        let provider_type = self.identity_provider(&identity.provider)?.provider_type;
        let entry = json!({
            "userId": identity.value,
            "providerName": identity.provider,
            "providerType": provider_type,
            "issuer": null,
            "primary": false,
            "dateCreated": now.0,
        });
        self.edit_id(id, now, |user| {
            let mut entries = identities(user);
            check_room("Linked identities", entries.len(), LIMIT)?;
            entries.push(entry);
            set_identities(user, entries);
            Ok(())
        })?;
        self.links.insert(identity, id);
        Ok(())
    }

    /// Judges that nobody has signed up as `username` (R199). A user of the
    /// pool's own with such a name is refused in the other words
    /// (Boise-State-Development/agentcore-public-stack).
    fn check_unused(&self, username: &str) -> Result<()> {
        match self.user(username) {
            Ok(user) if user.status == Status::ExternalProvider => Err(Error::MergingUnsupported),
            Ok(_) => Err(Error::LocalSourceUser),
            Err(_) => Ok(()),
        }
    }

    /// Takes the link of `user` away; a user of the pool's own loses the
    /// password instead, and can sign in by it no more.
    pub fn disable_provider(&mut self, user: ProviderUser, now: Time) -> Result<()> {
        user.validate("User", true)?;
        if user.is_local() {
            if user.attribute != SUBJECT {
                return Err(Error::CognitoSubjectRequired {
                    provider: user.provider,
                });
            }
            let id = user.find(self)?;
            return self.edit_id(id, now, |user| {
                user.password = None;
                Ok(())
            });
        }
        let identity = user.identity(self)?;
        let id = self.links.remove(&identity).ok_or(Error::NotLinked)?;
        self.edit_id(id, now, |user| {
            let mut entries = identities(user);
            let found = entries.iter().position(|entry| {
                entry["providerName"] == identity.provider && entry["userId"] == identity.value
            });
            if let Some(at) = found {
                entries.remove(at);
            }
            set_identities(user, entries);
            Ok(())
        })
    }

    /// Forgets the links of a user who is gone.
    pub(super) fn forget_links(&mut self, id: UserId) {
        self.links.retain(|_, user| *user != id);
    }
}

/// The entries of a user's `identities`.
fn identities(user: &User) -> Vec<Value> {
    user.attribute(IDENTITIES)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

fn set_identities(user: &mut User, entries: Vec<Value>) {
    if entries.is_empty() {
        user.attributes.remove(IDENTITIES);
    } else {
        let text = Value::from(entries).to_string();
        user.attributes.set(IDENTITIES, &text);
    }
}

/// `identities` as an ID token has them: a list, whose entries say `true` and
/// numbers as texts
/// (<https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html>).
#[must_use]
pub fn claim(attribute: &str) -> Value {
    let mut entries: Vec<Value> = serde_json::from_str(attribute).unwrap_or_default();
    for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
        for value in entry.values_mut() {
            if value.is_boolean() || value.is_number() {
                *value = value.to_string().into();
            }
        }
    }
    entries.into()
}
