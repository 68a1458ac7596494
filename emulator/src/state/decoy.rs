//! Names that nobody has, for clients that hide who exists
//! (`PreventUserExistenceErrors`).
//!
//! What such a client asks about an unknown name is remembered as it would be
//! for a user, so that the answers do not tell the two apart: a code is
//! outstanding only after it was asked for, it expires, and calls are limited.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html>

use std::collections::BTreeMap;

use super::code::{Code, Codes, For, Limit, Limits};
use super::contact::Contact;
use super::pool::Pool;
use super::users::UserId;
use crate::auth::sha256;
use crate::error::{Error, Result};
use crate::shapes::schema::{is_email, is_phone_number};
use crate::shapes::user::CodeDeliveryDetails;
use crate::world::Time;

/// Decoys by folded name.
#[derive(Clone, Debug, Default)]
pub struct Decoys(BTreeMap<String, Decoy>);

#[derive(Clone, Debug, Default)]
struct Decoy {
    codes: Codes,
    limits: Limits,
    asked_at: Time,
}

impl Decoys {
    fn get_mut(&mut self, name: String, now: Time) -> &mut Decoy {
        if self.0.len() % 256 == 255 {
            // Nothing that a decoy holds outlives the longest code.
            let longest = For::SignUp.lifetime();
            self.0.retain(|_, kept| now.since(kept.asked_at) < longest);
        }
        let decoy = self.0.entry(name).or_default();
        decoy.asked_at = now;
        decoy
    }
}

impl Pool {
    /// The enabled user that `name` leads to, for operations without a token.
    /// `None` where `client_id` must not learn that there is no such user, or a
    /// disabled one (R5, R12, R21, R28); other clients are told (R4, R11, R20,
    /// R22, R29).
    ///
    /// That `ConfirmSignUp` says what the others say is from
    /// <https://github.com/amazon-archives/amazon-cognito-identity-js/issues/537>.
    pub fn reach(&self, name: &str, client_id: &str) -> Result<Option<UserId>> {
        let hides_users = self.client(client_id)?.settings.hides_users();
        let id = self.users.find(name);
        let enabled = id
            .and_then(|id| self.users.get(id))
            .map(|user| user.enabled);
        match enabled {
            Some(true) => Ok(id),
            _ if hides_users => Ok(None),
            Some(false) => Err(Error::UserDisabled),
            None => Err(Error::UserClientNotFound),
        }
    }

    /// Pretends to send a code to `name`, who does not exist or cannot receive
    /// it: counts the call, and from now on there is a code that no answer
    /// matches. `attributes` are those that it could go to, in order.
    pub fn pretend_code(
        &mut self,
        name: &str,
        purpose: For,
        limit: Limit,
        attributes: &[&'static str],
        now: Time,
    ) -> Result<CodeDeliveryDetails> {
        let contact = self.simulated_contact(name, attributes);
        let code = Code {
            // Requests cannot carry an empty code.
            value: "".into(),
            attribute: contact.attribute,
            destination: contact.destination.as_str().into(),
            expires_at: now.plus(purpose.lifetime()),
        };
        self.account(name, now, |codes, limits| {
            limits.take(limit, now)?;
            codes.put(purpose, code);
            Ok(contact.details())
        })
    }

    /// What a code meets that `name` cannot redeem, whatever it is: a mismatch
    /// while one is outstanding, otherwise the request for a new one.
    pub fn refuse_code(&mut self, name: &str, purpose: For, limit: Limit, now: Time) -> Error {
        self.account(name, now, |codes, limits| {
            let refused = limits.take(limit, now);
            let refused = refused.and_then(|()| codes.check(purpose, "", now).map(|_| ()));
            refused.err().unwrap_or(Error::CodeMismatch)
        })
    }

    /// Codes and limits of the user that `name` leads to, or of a decoy.
    fn account<R>(
        &mut self,
        name: &str,
        now: Time,
        change: impl FnOnce(&mut Codes, &mut Limits) -> R,
    ) -> R {
        if let Some(id) = self.users.find(name) {
            let changed = self
                .users
                .touch(id, |user| change(&mut user.codes, &mut user.limits));
            return changed.expect("names lead to users that exist");
        }
        let decoy = self.decoys.get_mut(self.users.naming().fold(name), now);
        change(&mut decoy.codes, &mut decoy.limits)
    }

    /// Where a code for nobody seems to go: the form of the name and the pool's
    /// settings decide (section 5g). Each name has one destination, which shows
    /// letters of the name where it is an address itself and made-up ones
    /// otherwise (inferred).
    fn simulated_contact(&self, name: &str, attributes: &[&'static str]) -> Contact {
        let of_form = attributes.iter().find(|attribute| match **attribute {
            "email" => is_email(name),
            _ => is_phone_number(name),
        });
        if let Some(attribute) = of_form {
            return Contact {
                attribute,
                destination: name.to_owned(),
            };
        }
        let preferred = attributes.iter().find(|name| self.auto_verifies(name));
        let sends =
            |attribute: &&&str| **attribute == "email" || self.settings.sms_configuration.is_some();
        let preferred = preferred.or_else(|| attributes.iter().find(sends));
        let attribute = preferred.or(attributes.first()).unwrap_or(&"email");
        let folded = self.users.naming().fold(name);
        let digest = sha256(&[self.id.as_bytes(), b":", folded.as_bytes()]);
        let letter = |byte: u8| char::from(b'a' + byte % 26);
        let digit = |byte: &u8| char::from(b'0' + byte % 10);
        let destination = match *attribute {
            "email" => format!("{}@{}", letter(digest[0]), letter(digest[1])),
            _ => format!("+1{}", digest[..10].iter().map(digit).collect::<String>()),
        };
        Contact {
            attribute,
            destination,
        }
    }
}
