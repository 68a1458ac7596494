//! Linked identities: identities at other providers, and the users that sign in
//! with them.
//!
//! The attribute `identities` of a user lists them as JSON, in the order of linking.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::limit::check_room;
use super::pool::Pool;
use super::user::{Status, User};
use super::users::{Naming, UserId};
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::settings::identity_provider::IdentityProvider;
use crate::settings::schema::IDENTITIES;
use crate::world::Time;

/// Limit of identities that are linked to one user (fact 8d).
const LIMIT: usize = 5;
/// Limit of the total length of an identity's three parts
/// (aws/aws-sdk-js-v3#6985).
const LONGEST: usize = 128;
/// The claim with which a provider identifies its own users.
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    provider: String,
    /// `Cognito_Subject`, or an attribute that is mapped to a claim.
    attribute: String,
    value: String,
}

impl ProviderUser {
    /// Whether the user belongs to the pool itself rather than to a provider.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.provider == "Cognito"
    }

    /// Validates that no member is missing. The attribute is required only if
    /// it is used.
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

    /// The identity at a provider of `pool`. A social provider identifies its
    /// users only by their subject, according to the API Reference.
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

    /// The user of `pool`: by username, or by the identity at the provider.
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
    /// The order of the refusals is inferred.
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

    /// Checks that no user has signed up as `username` (R199). If a user of the pool
    /// itself has this name, the sentence is another one
    /// (Boise-State-Development/agentcore-public-stack).
    fn check_unused(&self, username: &str) -> Result<()> {
        match self.user(username) {
            Ok(user) if user.status == Status::ExternalProvider => Err(Error::MergingUnsupported),
            Ok(_) => Err(Error::LocalSourceUser),
            Err(_) => Ok(()),
        }
    }

    /// Removes the link of `user`. A user of the pool itself loses the password
    /// instead and can no longer sign in with it.
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
        let id = *self.links.remove(&identity).ok_or(Error::NotLinked)?;
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

    /// The user that an identity of `provider` is linked to: by its subject, or by an attribute that
    /// is mapped to a claim.
    #[must_use]
    pub fn linked(
        &self,
        provider: &str,
        subject: &str,
        attributes: &[Attribute],
    ) -> Option<UserId> {
        let subject = [(SUBJECT, subject)].into_iter();
        let mapped = attributes.iter();
        let mapped = mapped.map(|given| (given.name.as_str(), given.value.as_str()));
        subject.chain(mapped).find_map(|(attribute, value)| {
            let identity = Identity {
                provider: provider.to_owned(),
                attribute: attribute.to_owned(),
                value: value.to_owned(),
            };
            self.links.get(&identity).copied()
        })
    }

    /// Removes the links of a deleted user.
    pub(super) fn forget_links(&mut self, id: UserId) {
        self.links.retain(|_, user| *user != id);
    }
}

/// An identity of a user, as pool files show it: an entry of the attribute `identities`, and
/// the link, unless the user was created for the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIdentity {
    /// The provider's name.
    pub provider: String,
    /// The provider's type at the time of the link.
    pub provider_type: String,
    /// The attribute of the link.
    pub attribute: String,
    /// The id at the provider.
    pub value: String,
    /// The entity id of a SAML provider.
    pub issuer: Option<String>,
    /// Whether the user was created for this identity.
    pub is_primary: bool,
    /// The date of the link.
    pub created_at: Time,
}

impl Pool {
    /// The identities of the user at `id`, in order.
    #[must_use]
    pub fn identities_of(&self, id: UserId) -> Vec<UserIdentity> {
        let user = self.users.get(id);
        let Some(user) = user.filter(|user| user.attribute(IDENTITIES).is_some()) else {
            return Vec::new();
        };
        let mut links: Vec<&Identity> = self
            .links
            .iter()
            .filter(|(_, owner)| **owner == id)
            .map(|(identity, _)| identity)
            .collect();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let read = |entry: &Value| {
            let (provider, value) = (text(entry, "providerName"), text(entry, "userId"));
            let is_primary = entry["primary"] == true;
            let link = links
                .iter()
                .position(|link| link.provider == provider && link.value == value)
                .filter(|_| !is_primary)
                .map(|at| links.remove(at));
            UserIdentity {
                attribute: link.map_or_else(|| SUBJECT.to_owned(), |link| link.attribute.clone()),
                provider_type: text(entry, "providerType"),
                issuer: entry["issuer"].as_str().map(str::to_owned),
                created_at: Time(entry["dateCreated"].as_i64().unwrap_or_default()),
                provider,
                value,
                is_primary,
            }
        };
        identities(user).iter().map(read).collect()
    }

    /// Sets the identities of the user at `id`, who has none. Fails if another user has one of
    /// them.
    pub fn set_identities_of(&mut self, id: UserId, all: Vec<UserIdentity>) -> Result<()> {
        let entries = all.iter().map(|identity| {
            json!({
                "userId": identity.value,
                "providerName": identity.provider,
                "providerType": identity.provider_type,
                "issuer": identity.issuer,
                "primary": identity.is_primary,
                "dateCreated": identity.created_at.0,
            })
        });
        let entries = entries.collect();
        for identity in all.into_iter().filter(|identity| !identity.is_primary) {
            let identity = Identity {
                provider: identity.provider,
                attribute: identity.attribute,
                value: identity.value,
            };
            if self.links.contains_key(&identity) {
                return Err(Error::LinkedElsewhere);
            }
            self.links.insert(identity, id);
        }
        self.users.edit(id, |user| set_identities(user, entries));
        Ok(())
    }
}

impl User {
    /// Sets the identity that the user was created for. `issuer` is the entity id of a SAML
    /// provider.
    pub fn set_primary_identity(
        &mut self,
        provider: &IdentityProvider,
        subject: &str,
        issuer: Option<&str>,
        now: Time,
    ) {
        let entry = json!({
            "userId": subject,
            "providerName": provider.provider_name,
            "providerType": provider.provider_type,
            "issuer": issuer,
            "primary": true,
            "dateCreated": now.0,
        });
        set_identities(self, vec![entry]);
    }

    /// Whether the user was created for the identity `subject` of `provider`.
    #[must_use]
    pub fn has_identity(&self, provider: &str, subject: &str, naming: &Naming) -> bool {
        let subject = naming.fold(subject);
        identities(self).iter().any(|entry| {
            let id = entry["userId"].as_str().unwrap_or_default();
            entry["providerName"] == provider
                && entry["primary"] == true
                && naming.fold(id) == subject
        })
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

/// `identities` in the form of an ID token: a list whose entries have booleans and numbers as
/// strings
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
