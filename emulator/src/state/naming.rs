//! Rules for usernames and aliases (facts 9.1 to 9.16 and 9a).
//!
//! In a pool with `UsernameAttributes`, the username is the `sub`, and the
//! `Username` of a request is an attribute. In every other pool the caller
//! chooses the username, which must not have the form of an alias.

use super::pool::Pool;
use super::user::{Attributes, Status};
use super::users::UserId;
use crate::error::{Error, Result};
use crate::settings::schema::{is_email, is_phone_number};

impl Pool {
    /// Validates the form of a new user's `Username` (R125 to R129). Returns the
    /// attribute that the username is: `email` or `phone_number` in a pool with
    /// `UsernameAttributes`, otherwise none.
    ///
    /// If the username is an attribute, the internal username is the `sub` and the
    /// attribute gets the value (fact 9.1).
    pub fn validate_username(&self, username: &str) -> Result<Option<&'static str>> {
        let naming = self.users.naming();
        let has = |names: &[String], name: &str| names.iter().any(|listed| listed == name);
        let (email, phone) = (is_email(username), is_phone_number(username));
        let by_email = has(&naming.username_attributes, "email");
        let by_phone = has(&naming.username_attributes, "phone_number");
        match (by_email, by_phone) {
            (true, _) if email => Ok(Some("email")),
            (_, true) if phone => Ok(Some("phone_number")),
            (true, true) => Err(Error::UsernameNotEmailOrPhone),
            (true, false) => Err(Error::UsernameNotEmail),
            (false, true) => Err(Error::UsernameNotPhone),
            (false, false) if email && has(&naming.alias_attributes, "email") => {
                Err(Error::UsernameLikeEmail)
            }
            (false, false) if phone && has(&naming.alias_attributes, "phone_number") => {
                Err(Error::UsernameLikePhone)
            }
            (false, false) => Ok(None),
        }
    }

    /// The sign-in names of a user with `attributes` that a user other than
    /// `except` already has: each with its attribute and its owner.
    ///
    /// An address counts once it is verified, and in a pool with
    /// `UsernameAttributes` always. `preferred_username` counts always (fact
    /// 9.4). The operation decides about a conflict: it refuses, or moves the
    /// alias.
    ///
    /// The username of another user is taken too (R128-3), and the user's own is not. Of the own,
    /// only a report of 2017 is known, in which `AdminCreateUser` answered
    /// `UserNotFoundException` (<https://github.com/aws/aws-sdk-net/issues/761>).
    #[must_use]
    pub fn taken(&self, attributes: &Attributes, except: Option<UserId>) -> Vec<Taken> {
        self.users
            .naming()
            .aliases(attributes)
            .filter_map(|(attribute, value)| {
                let other = |owner: &UserId| Some(*owner) != except;
                let named = self.users.username_owner(&value).filter(other);
                let owner = || self.users.alias_owner(attribute, &value).filter(other);
                Some(Taken {
                    attribute: attribute.to_owned(),
                    is_username: named.is_some(),
                    owner: named.or_else(owner)?,
                })
            })
            .collect()
    }

    /// Checks that an unconfirmed user does not get a `preferred_username` if
    /// that is an alias (fact 9.4).
    pub fn check_preferred_username(&self, status: Status, attributes: &Attributes) -> Result<()> {
        let is_alias = || {
            let aliases = &self.users.naming().alias_attributes;
            aliases.iter().any(|name| name == "preferred_username")
        };
        if status == Status::Unconfirmed
            && attributes.get("preferred_username").is_some()
            && is_alias()
        {
            return Err(Error::PreferredUsernameUnconfirmed);
        }
        Ok(())
    }

    /// Whether `taken` moves from its owner to another user who verifies it: e-mail
    /// and phone aliases move, names do not.
    #[must_use]
    pub fn is_movable(&self, taken: &Taken) -> bool {
        let aliases = &self.users.naming().alias_attributes;
        !taken.is_username
            && taken.attribute != "preferred_username"
            && aliases.contains(&taken.attribute)
    }
}

impl Attributes {
    /// Checks that an attribute marked as verified has a value (fact 9.9).
    pub fn check_verified(&self) -> Result<()> {
        for attribute in ["email", "phone_number"] {
            let flag = self.get(&format!("{attribute}_verified"));
            let says_so = flag.is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
            if says_so && self.get(attribute).is_none() {
                return Err(Error::VerifiedWithoutValue {
                    attribute: attribute.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// A sign-in name that another user has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// As in `email`.
    pub attribute: String,
    /// The user who has the name.
    pub owner: UserId,
    /// Whether the name is the owner's username, rather than an alias.
    pub is_username: bool,
}

impl Taken {
    /// The refusal of a change that would give the name to another user.
    #[must_use]
    pub fn refusal(&self) -> Error {
        if self.is_username {
            return Error::AliasIsUsername;
        }
        Error::AliasExists {
            attribute: self.attribute.clone(),
        }
    }

    /// Moves the alias away from its owner, whose address is no longer
    /// verified.
    ///
    /// The owner keeps the address (`ForceAliasCreation` in the API Reference).
    pub fn release(&self, pool: &mut Pool, now: crate::world::Time) -> Result<()> {
        pool.edit_id(self.owner, now, |owner| {
            owner
                .attributes
                .set(&format!("{}_verified", self.attribute), "false");
            Ok(())
        })
    }
}
