//! Passkeys of users, and their relying party.

use serde_json::{Value, json};

use super::limit::check_room;
use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::auth::webauthn::{
    self, ALGORITHMS, Challenge, CredentialFault, Registered, RelyingParty,
};
use crate::error::{Error, Result};
use crate::world::{Time, World};
use serde::{Deserialize, Serialize};

/// Limit of passkeys of a user:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
const LIMIT: usize = 20;

/// A user's passkeys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Passkeys {
    /// The registered passkeys, oldest first.
    pub registered: Vec<Passkey>,
    /// The open registration. A user has one at a time; a new one replaces it
    /// (inferred).
    #[serde(skip)]
    pending: Option<Pending>,
    /// The number of the next passkey.
    next: u32,
}

/// A passkey.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Passkey {
    /// The position in the order of registration. Numbers are never reused.
    pub number: u32,
    /// The credential.
    pub credential: Registered,
    /// The relying party id at the time of registration.
    pub relying_party: Box<str>,
    /// Date of registration.
    pub created_at: Time,
}

impl Passkeys {
    /// Registered passkeys with the numbers 0, 1, 2 and so on.
    #[must_use]
    pub fn of(registered: Vec<Passkey>) -> Self {
        Self {
            next: u32::try_from(registered.len()).unwrap_or(u32::MAX),
            registered,
            pending: None,
        }
    }
}

impl Passkey {
    /// The name that Cognito generates. `Roaming passkey` is the reference's
    /// example for an authenticator that is not part of the device. The others
    /// are inferred.
    #[must_use]
    pub fn friendly_name(&self) -> &'static str {
        match self.credential.attachment.as_deref() {
            Some("cross-platform") => "Roaming passkey",
            Some("platform") => "Platform passkey",
            _ => "Passkey",
        }
    }
}

/// A registration that waits for its credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pending {
    challenge: Challenge,
    client_id: Box<str>,
    expires_at: Time,
}

/// The values against which a new credential is verified, without the pool's
/// lock.
#[derive(Debug)]
pub struct Expected {
    challenge: Challenge,
    relying_party: String,
    verifies_users: bool,
}

impl Expected {
    /// Verifies a new credential.
    pub fn verify(&self, credential: &Value) -> Result<Registered> {
        let relying_party = RelyingParty {
            id: &self.relying_party,
            verifies_users: self.verifies_users,
        };
        webauthn::register(credential, &self.challenge, relying_party).map_err(|fault| {
            match fault {
                // The error for a wrong signature is inferred.
                CredentialFault::Malformed | CredentialFault::Signature => Error::PasskeyMalformed,
                CredentialFault::Challenge => Error::PasskeyChallengeNotFound,
                CredentialFault::Origin => Error::PasskeyOriginNotAllowed,
                CredentialFault::RelyingParty => Error::PasskeyRelyingPartyMismatch,
                CredentialFault::NotSupported => Error::PasskeyNotSupported,
            }
        })
    }
}

impl User {
    /// The passkeys, oldest first.
    #[must_use]
    pub fn passkeys(&self) -> &[Passkey] {
        match &self.passkeys {
            Some(passkeys) => &passkeys.registered,
            None => &[],
        }
    }
}

impl Pool {
    /// Whether a passkey with user verification counts as both factors.
    #[must_use]
    pub fn passkeys_are_two_factors(&self) -> bool {
        self.mfa.passkeys_are_two_factors()
    }

    /// Whether authenticators must verify the user.
    #[must_use]
    pub fn verifies_users(&self) -> bool {
        let configuration = self.mfa.web_authn.as_ref();
        let required = configuration
            .and_then(|passkeys| passkeys.user_verification.as_deref())
            .is_some_and(|verification| verification == "required");
        required || self.passkeys_are_two_factors()
    }

    /// The relying party id: the configured domain, otherwise the pool's custom domain or
    /// its prefix domain (API Reference of `CustomDomainConfig`).
    #[must_use]
    pub fn relying_party(&self) -> Option<String> {
        let configuration = self.mfa.web_authn.as_ref();
        let chosen = configuration.and_then(|passkeys| passkeys.relying_party_id.clone());
        chosen.or_else(|| {
            if let Some(custom) = &self.domains.custom {
                return Some(custom.name.clone());
            }
            let prefix = &self.domains.prefix.as_ref()?.name;
            let region = &self.scope.region;
            Some(format!("{prefix}.auth.{region}.amazoncognito.com"))
        })
    }

    /// The passkeys with which `user` can sign in: those of the pool's present
    /// relying party.
    pub fn usable_passkeys<'a>(
        &self,
        user: &'a User,
    ) -> impl Iterator<Item = &'a Passkey> + use<'a> {
        let relying_party = self.relying_party();
        let is_usable =
            move |passkey: &&Passkey| relying_party.as_deref() == Some(&*passkey.relying_party);
        user.passkeys().iter().filter(is_usable)
    }

    /// The value of `userVerification`.
    #[must_use]
    pub fn user_verification(&self) -> &'static str {
        if self.verifies_users() {
            "required"
        } else {
            "preferred"
        }
    }

    /// Begins the registration of a passkey. Returns the creation options in the form of
    /// the API Reference's example.
    ///
    /// The lifetime of the challenge, that of a sign-in step, is inferred.
    pub fn begin_passkey(&mut self, world: &World, id: UserId, client_id: &str) -> Result<Value> {
        let relying_party = self.check_passkeys(id)?;
        let lifetime = self.client(client_id)?.settings.auth_session_lifetime();
        let challenge: Challenge = world.chance.bytes();
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        let known = user.passkeys().iter();
        let excluded: Vec<_> = known
            .map(|passkey| json!({ "id": passkey.credential.id, "type": "public-key" }))
            .collect();
        let options = json!({
            "authenticatorSelection": {
                "requireResidentKey": true,
                "residentKey": "required",
                "userVerification": self.user_verification(),
            },
            "challenge": webauthn::encode(&challenge),
            "excludeCredentials": excluded,
            "pubKeyCredParams": ALGORITHMS.map(|alg| json!({ "alg": alg, "type": "public-key" })),
            "rp": { "id": relying_party, "name": relying_party },
            "timeout": 60_000,
            "user": {
                "displayName": user.username,
                "id": webauthn::encode(user.sub.as_bytes()),
                "name": user.username,
            },
        });
        let pending = Pending {
            challenge,
            client_id: client_id.into(),
            expires_at: world.now().plus(lifetime),
        };
        self.users.edit_unindexed(id, |user| {
            user.passkeys.get_or_insert_default().pending = Some(pending);
        });
        Ok(options)
    }

    /// The values that a new credential of the user at `id` from `client_id`
    /// must have.
    pub fn expected_passkey(&self, id: UserId, client_id: &str, now: Time) -> Result<Expected> {
        let relying_party = self.check_passkeys(id)?;
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        let pending = user.passkeys.as_ref();
        let pending = pending.and_then(|passkeys| passkeys.pending.as_ref());
        let pending = pending.filter(|pending| now < pending.expires_at);
        let pending = pending.ok_or(Error::PasskeyChallengeNotFound)?;
        if *pending.client_id != *client_id {
            return Err(Error::PasskeyClientMismatch);
        }
        Ok(Expected {
            challenge: pending.challenge,
            relying_party,
            verifies_users: self.verifies_users(),
        })
    }

    /// Stores a credential that was verified against `expected`. Each
    /// registration can be used once.
    pub fn keep_passkey(
        &mut self,
        id: UserId,
        expected: Expected,
        credential: Registered,
        now: Time,
    ) -> Result<()> {
        let kept = self.users.edit_unindexed(id, |user| {
            let passkeys = user.passkeys.as_mut();
            let answered = passkeys.filter(|passkeys| {
                let pending = passkeys.pending.as_ref();
                pending.is_some_and(|pending| pending.challenge == expected.challenge)
            });
            let passkeys = answered.ok_or(Error::PasskeyChallengeNotFound)?;
            let known = &mut passkeys.registered;
            if known
                .iter()
                .any(|passkey| passkey.credential.id == credential.id)
            {
                return Err(Error::PasskeyMalformed);
            }
            known.push(Passkey {
                number: passkeys.next,
                credential,
                relying_party: expected.relying_party.into(),
                created_at: now,
            });
            passkeys.next += 1;
            passkeys.pending = None;
            Ok(())
        });
        kept.unwrap_or(Err(Error::UserNotFound))
    }

    /// Stores a passkey's signature counter. Fails if the counter is not higher than the
    /// stored one, or the passkey was deleted. A counter that stays at zero is accepted.
    pub fn count_signature(&mut self, id: UserId, number: u32, sign_count: u32) -> Result<()> {
        let counted = self.users.edit_unindexed(id, |user| {
            let known = &mut user.passkeys.as_mut()?.registered;
            let passkey = known.iter_mut().find(|passkey| passkey.number == number)?;
            let kept = &mut passkey.credential.sign_count;
            (sign_count > *kept || sign_count == 0 && *kept == 0).then(|| *kept = sign_count)
        });
        counted.flatten().ok_or(Error::PasskeyRefused)
    }

    /// Removes the passkey with the credential id `credential`.
    pub fn forget_passkey(&mut self, id: UserId, credential: &str) -> Result<()> {
        let forgotten = self.users.edit_unindexed(id, |user| {
            let known = &mut user.passkeys.as_mut()?.registered;
            let at = known
                .iter()
                .position(|passkey| *passkey.credential.id == *credential)?;
            known.remove(at);
            Some(())
        });
        forgotten.flatten().ok_or(Error::PasskeyNotFound)
    }

    /// Checks that the user at `id` can register a passkey. Returns the relying party id.
    /// Both steps of a registration check the limit (inferred).
    fn check_passkeys(&self, id: UserId) -> Result<String> {
        if !self.first_factor("WEB_AUTHN") {
            return Err(Error::PasskeysNotEnabled);
        }
        let relying_party = self.relying_party().ok_or(Error::RelyingPartyMissing)?;
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        check_room("WebAuthn credentials", user.passkeys().len(), LIMIT)?;
        Ok(relying_party)
    }
}
