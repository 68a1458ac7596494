//! Which names a user may take (sections 9 and 9a).
//!
//! A pool of `UsernameAttributes` makes the username itself, the `sub`, and what
//! the caller sends as `Username` is an attribute. In every other pool the
//! username is the caller's, and must not look like an alias.

use super::pool::Pool;
use super::user::{Attributes, Status};
use super::users::UserId;
use crate::error::{Error, Result};
use crate::settings::schema::{is_email, is_phone_number};

impl Pool {
    /// Judges the form of a new user's `Username` (R125 to R129) and says which
    /// attribute it is: `email` or `phone_number` in a pool of
    /// `UsernameAttributes`, none elsewhere.
    ///
    /// Where there is one, the internal username is the `sub` and the attribute
    /// takes the value (fact 9.1).
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

    /// The names that another user than `except` already signs in by, of those
    /// that a user with `attributes` would: each an attribute and its owner.
    ///
    /// An address counts once it is verified, in a pool of `UsernameAttributes`
    /// always; `preferred_username` always (fact 9.4). What a conflict means
    /// depends on the operation: a refusal, or a move of the alias.
    #[must_use]
    pub fn taken(&self, attributes: &Attributes, except: Option<UserId>) -> Vec<Taken> {
        self.users
            .naming()
            .aliases(attributes)
            .filter_map(|(attribute, value)| {
                let owner = self.users.alias_owner(attribute, &value)?;
                (Some(owner) != except).then(|| Taken {
                    attribute: attribute.to_owned(),
                    owner,
                })
            })
            .collect()
    }

    /// Judges that a user who is not confirmed takes no `preferred_username`
    /// where that is an alias (fact 9.4).
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

    /// Whether `attribute` can be taken over from its owner by verifying it
    /// elsewhere: e-mail and phone aliases can, names cannot.
    #[must_use]
    pub fn is_movable(&self, attribute: &str) -> bool {
        let aliases = &self.users.naming().alias_attributes;
        attribute != "preferred_username" && aliases.iter().any(|name| name == attribute)
    }
}

impl Attributes {
    /// Judges that what is called verified is there (fact 9.9).
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

/// A name that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// As in `email`.
    pub attribute: String,
    /// Who signs in by it.
    pub owner: UserId,
}

impl Taken {
    /// Takes the alias from its owner, whose address is verified no more.
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
