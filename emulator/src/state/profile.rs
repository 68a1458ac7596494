//! Changes of a user's attributes (facts 7.15, 9.7 to 9.11).
//!
//! A new `email` or `phone_number` is unverified unless the same call marks it
//! as verified, and gets a code if the pool verifies the attribute. If the pool
//! requires verification before an update, the old value stays until then.

use super::client::Client;
use super::code::CodePurpose;
use super::contact::{Contact, Draft};
use super::given::{AttributeSource, last_of_each};
use super::naming::Taken;
use super::pool::Pool;
use super::user::Attributes;
use super::users::UserId;
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::world::World;

/// A validated change.
#[derive(Clone, Debug)]
pub struct Change {
    /// The attributes after the change.
    attributes: Attributes,
    /// Contacts that change or are removed. Codes for their old values become
    /// invalid.
    renewed: Vec<&'static str>,
    /// New values that wait for their codes.
    pending: Vec<Contact>,
    /// Destinations of codes.
    codes: Vec<Contact>,
    /// Aliases that move away from their owners.
    moved: Vec<Taken>,
}

impl Pool {
    /// Checks new values for the user at `id`, which this `source` sets through
    /// `client`. An empty value deletes the attribute.
    ///
    /// Errors: those of [`Pool::check_given_names`], R118 to R120, R123, R124, the schema's
    /// constraints, fact 9.9, and R50 for a name that is taken. An e-mail or phone alias that is
    /// taken is not refused, but moves from its owner. Live Cognito does this, contrary to its
    /// documentation (<https://github.com/boto/boto3/issues/3213>).
    pub fn validate_update(
        &self,
        id: UserId,
        source: AttributeSource,
        client: Option<&Client>,
        given: &[Attribute],
    ) -> Result<Change> {
        let given = last_of_each(given);
        let names = given.iter().map(|attribute| attribute.name.as_str());
        self.check_given_names(source, client, names)?;
        given
            .iter()
            .try_for_each(|attribute| self.schema.check_update(attribute))?;
        self.check_alias_form(source, &given)?;
        self.change(id, &given)
    }

    /// Checks the deletion of attributes (R122), like [`Pool::validate_update`].
    pub fn validate_delete(
        &self,
        id: UserId,
        source: AttributeSource,
        client: Option<&Client>,
        names: &[String],
    ) -> Result<Change> {
        self.check_given_names(source, client, names.iter().map(String::as_str))?;
        names
            .iter()
            .try_for_each(|name| self.schema.check_delete(name))?;
        let blank = |name: &String| Attribute {
            name: name.clone(),
            value: String::new(),
        };
        self.change(id, &names.iter().map(blank).collect::<Vec<_>>())
    }

    /// Applies a validated change. Returns the messages with the codes.
    pub fn apply(&mut self, world: &World, id: UserId, change: Change) -> Result<Vec<Draft>> {
        for taken in &change.moved {
            taken.release(self, world.now())?;
        }
        self.edit_id(id, world.now(), |user| {
            user.attributes = change.attributes;
            for name in change.renewed {
                user.codes.clear(proof_of(name));
                user.pending.remove(name);
            }
            for Contact {
                attribute,
                destination,
            } in change.pending
            {
                user.pending.set(attribute, &destination);
            }
            Ok(())
        })?;
        let codes = change.codes.iter();
        let drafts = codes.map(|contact| {
            let purpose = proof_of(contact.attribute);
            self.issue_code(world, id, purpose, contact)
        });
        Ok(drafts.collect())
    }

    fn change(&self, id: UserId, given: &[Attribute]) -> Result<Change> {
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        let mut change = Change {
            attributes: user.attributes.clone(),
            renewed: Vec::new(),
            pending: Vec::new(),
            codes: Vec::new(),
            moved: Vec::new(),
        };
        for Attribute { name, value } in given {
            change.attributes.set(name, value);
        }
        // Pending values must not conflict with other users either.
        let mut wanted = change.attributes.clone();
        for name in ["email", "phone_number"] {
            let (old, new) = (user.attribute(name), change.attributes.get(name));
            // An unchanged value stays verified (inferred).
            if old == new {
                continue;
            }
            change.renewed.push(name);
            let flag = format!("{name}_verified");
            let Some(new) = new.map(ToOwned::to_owned) else {
                change.attributes.remove(&flag);
                wanted.remove(&flag);
                continue;
            };
            let says = |attribute: &&Attribute| attribute.name == flag;
            let says = given.iter().rev().find(says).map(|a| a.value.as_str());
            if says.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
                continue;
            }
            wanted.set(&flag, "false");
            let contact = Contact {
                attribute: name,
                destination: new,
            };
            if self.verifies_first(name) {
                change.attributes.set(name, old.unwrap_or_default());
                let verified = user.attribute(&flag).unwrap_or_default();
                change.attributes.set(&flag, verified);
                change.pending.push(contact.clone());
                change.codes.push(contact);
            } else {
                change.attributes.set(&flag, "false");
                if self.auto_verifies(name) {
                    change.codes.push(contact);
                }
            }
        }
        wanted.check_verified()?;
        self.check_preferred_username(user.status, &wanted)?;
        change.moved = self.taken(&wanted, Some(id));
        match change.moved.iter().find(|taken| !self.is_movable(taken)) {
            Some(taken) => Err(taken.refusal()),
            None => Ok(change),
        }
    }

    /// Whether a new value of `attribute` takes effect only after its
    /// verification.
    fn verifies_first(&self, attribute: &str) -> bool {
        self.settings
            .user_attribute_update_settings
            .attributes_require_verification_before_update
            .iter()
            .any(|name| name == attribute)
    }
}

/// The purpose of a code that verifies a contact.
fn proof_of(contact: &str) -> CodePurpose {
    if contact == "email" {
        CodePurpose::Email
    } else {
        CodePurpose::PhoneNumber
    }
}
