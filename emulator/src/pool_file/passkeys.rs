//! Passkeys of users in a pool file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::dates;
use super::entry::Entry;
use super::members::Without;
use super::mistake::Mistake;
use crate::auth::webauthn::{PublicKey, Registered};
use crate::state::passkey::{Passkey, Passkeys};
use crate::state::user::User;
use crate::world::Time;

/// Sets the passkeys of `user`.
pub(super) fn load(entry: &mut Entry<'_>, user: &mut User, now: Time) -> Result<(), Mistake> {
    let mut registered: Vec<Passkey> = Vec::new();
    for (number, mut given) in (0..).zip(entry.entries("WebAuthnCredentials")) {
        let id = given.text("CredentialId").unwrap_or_default();
        if registered.iter().any(|known| *known.credential.id == *id) {
            return Err(given.refuse_member("CredentialId", "The user has this passkey twice."));
        }
        let key = given.text("PublicKey").unwrap_or_default();
        let key = STANDARD.decode(&key).ok().and_then(PublicKey::read);
        let Some(key) = key else {
            let message = "Write a key of ES256 or RS256 in COSE format, in base64.";
            return Err(given.refuse_member("PublicKey", message));
        };
        let attachment = given.text("AuthenticatorAttachment");
        let transports = given.texts("AuthenticatorTransports");
        registered.push(Passkey {
            number,
            credential: Registered {
                id: id.into(),
                key,
                sign_count: given.number("SignCount").unwrap_or_default(),
                attachment: attachment.map(Into::into),
                transports: transports.into_iter().map(Into::into).collect(),
            },
            relying_party: given.text("RelyingPartyId").unwrap_or_default().into(),
            created_at: given.date("CreatedAt").unwrap_or(now),
        });
    }
    if !registered.is_empty() {
        user.passkeys = Some(Box::new(Passkeys::of(registered)));
    }
    Ok(())
}

/// The passkeys of `user`.
pub(super) fn export(user: &User, without: Without) -> Vec<Value> {
    let passkeys = user.passkeys().iter().map(|passkey| {
        let credential = &passkey.credential;
        let mut members = Map::new();
        let mut add = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        add("CredentialId", json!(credential.id));
        add("PublicKey", STANDARD.encode(credential.key.cose()).into());
        if credential.sign_count > 0 {
            add("SignCount", json!(credential.sign_count));
        }
        if let Some(attachment) = &credential.attachment {
            add("AuthenticatorAttachment", json!(attachment));
        }
        if !credential.transports.is_empty() {
            add("AuthenticatorTransports", json!(credential.transports));
        }
        add("RelyingPartyId", json!(passkey.relying_party));
        if !without.dates {
            add("CreatedAt", dates::write(passkey.created_at));
        }
        Value::Object(members)
    });
    passkeys.collect()
}
