//! Attributes that a caller sets, and the rules for each source of attributes.
//!
//! Functions here check the rules, and [`AttributeSource::requires`] is the table of the sources
//! to which a rule applies. Pages only name their source.
//!
//! "Recorded" means recorded 2026-09-24 in radkawar/stackd.

use super::client::Client;
use super::pool::Pool;
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::settings::schema::{is_email, is_phone_number};

/// A request or a response that sets attributes of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeSource {
    /// `SignUp`.
    SignUp,
    /// `AdminCreateUser`.
    AdminCreate,
    /// A row of an import file.
    Import,
    /// The response of `UserMigration`.
    Migration,
    /// `userAttributes.…` together with a new password.
    NewPassword,
    /// `UpdateUserAttributes`.
    Update,
    /// `AdminUpdateUserAttributes`.
    AdminUpdate,
    /// `DeleteUserAttributes`, which names attributes without values.
    Delete,
    /// `AdminDeleteUserAttributes`.
    AdminDelete,
}

/// A rule for the attributes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// An app client writes only the attributes that it may write (R121-2).
    Writable,
    /// No caller writes `sub` (R120-2, R120-3). An import file has no column for it, and
    /// it is removed from a function's response.
    Subject,
    /// Users do not write `email_verified` and `phone_number_verified`
    /// (R121).
    VerifiedFlags,
    /// In a pool with `UsernameAttributes`, the address equals the `Username` (R125-2).
    OneAddress,
    /// `preferred_username` does not have the form of another alias (R128-2).
    AliasForm,
}

impl AttributeSource {
    /// Every source.
    pub const ALL: [Self; 9] = [
        Self::SignUp,
        Self::AdminCreate,
        Self::Import,
        Self::Migration,
        Self::NewPassword,
        Self::Update,
        Self::AdminUpdate,
        Self::Delete,
        Self::AdminDelete,
    ];

    /// Whether `rule` applies to attributes of this source.
    #[must_use]
    pub const fn requires(self, rule: Rule) -> bool {
        use AttributeSource::{
            AdminCreate, AdminDelete, AdminUpdate, Delete, Import, Migration, NewPassword, SignUp,
            Update,
        };
        match rule {
            Rule::Writable | Rule::VerifiedFlags => {
                matches!(self, SignUp | NewPassword | Update | Delete)
            }
            // `NEW_PASSWORD_REQUIRED` and `AdminUpdateUserAttributes` have their own
            // sentences (R92, R120-2).
            Rule::Subject => {
                matches!(self, SignUp | AdminCreate | Update | Delete | AdminDelete)
            }
            Rule::OneAddress => matches!(self, SignUp | AdminCreate | Import | Migration),
            // A sign-up cannot set `preferred_username` if it is an alias.
            Rule::AliasForm => matches!(
                self,
                AdminCreate | Import | Migration | NewPassword | Update | AdminUpdate
            ),
        }
    }
}

/// The attributes of a request without repetitions. If a name is given twice, only its
/// last value is used and validated (recorded for both updates; inferred for the others).
#[must_use]
pub fn last_of_each(given: &[Attribute]) -> Vec<Attribute> {
    let is_last = |at: usize, name: &str| given[at + 1..].iter().all(|later| later.name != name);
    let last = given.iter().enumerate();
    last.filter(|(at, attribute)| is_last(*at, &attribute.name))
        .map(|(_, attribute)| attribute.clone())
        .collect()
}

impl Pool {
    /// Checks the names of attributes of this `source`, which come through `client`.
    ///
    /// A client's list of writable attributes is checked first: programs whose clients
    /// have such a list get its sentence for the verified flags (R121-3).
    pub fn check_given_names<'a>(
        &self,
        source: AttributeSource,
        client: Option<&Client>,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<()> {
        if let Some(client) = client.filter(|_| source.requires(Rule::Writable)) {
            client.authorize_writes(names.clone())?;
        }
        for name in names {
            let is_flag = matches!(name, "email_verified" | "phone_number_verified");
            if name == "sub" && source.requires(Rule::Subject)
                || is_flag && source.requires(Rule::VerifiedFlags)
            {
                return Err(Error::NonMutableAttribute {
                    attribute: name.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Checks the attributes of a user that this `source` creates as `username`. If the
    /// username is an attribute (fact 9.1), adds it to `given` and returns its name.
    pub fn check_username_attribute(
        &self,
        source: AttributeSource,
        username: &str,
        given: &mut Vec<Attribute>,
    ) -> Result<Option<&'static str>> {
        let Some(name) = self.validate_username(username)? else {
            return Ok(None);
        };
        let other = given.iter().find(|attribute| {
            attribute.name == name && !attribute.value.is_empty() && attribute.value != username
        });
        if other.is_some() && source.requires(Rule::OneAddress) {
            return Err(Error::UsernameAttributeMismatch {
                attribute: name.to_owned(),
            });
        }
        given.retain(|attribute| attribute.name != name);
        given.push(Attribute {
            name: name.to_owned(),
            value: username.to_owned(),
        });
        Ok(Some(name))
    }

    /// Checks that a `preferred_username` that is an alias does not have the form of
    /// another alias of the pool. Recorded for e-mail and `AdminUpdateUserAttributes`;
    /// the rest is inferred.
    pub fn check_alias_form(&self, source: AttributeSource, given: &[Attribute]) -> Result<()> {
        let aliases = &self.users.naming().alias_attributes;
        let has = |name: &str| aliases.iter().any(|alias| alias == name);
        if !source.requires(Rule::AliasForm) || !has("preferred_username") {
            return Ok(());
        }
        let preferred = given
            .iter()
            .find(|given| given.name == "preferred_username");
        match preferred {
            Some(given) if is_email(&given.value) && has("email") => Err(Error::UsernameLikeEmail),
            Some(given) if is_phone_number(&given.value) && has("phone_number") => {
                Err(Error::UsernameLikePhone)
            }
            _ => Ok(()),
        }
    }
}
