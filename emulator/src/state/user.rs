//! Users and their attributes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use thin_vec::ThinVec;

use super::code::{Code, Codes, Limits};
use super::device::Device;
use super::event::Event;
use super::mfa::Mfa;
use super::passkey::Passkeys;
use super::sign_ins::SignIns;
use super::token::End;
use crate::auth::lockout::Attempts;
use crate::auth::password::Verifier;
use crate::auth::password_hash::ImportedHash;
use crate::world::Time;

/// `UserStatusType`. `ARCHIVED`, `COMPROMISED` and `UNKNOWN` are in Cognito's
/// list but no longer occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Signed up and not confirmed.
    Unconfirmed,
    /// Can sign in.
    Confirmed,
    /// Must reset the password with a code.
    ResetRequired,
    /// Must replace the temporary password at the next sign-in.
    ForceChangePassword,
    /// Signs in through an identity provider.
    ExternalProvider,
}

impl Status {
    /// Every status, for tables and tests.
    pub const ALL: [Self; 5] = [
        Self::Unconfirmed,
        Self::Confirmed,
        Self::ResetRequired,
        Self::ForceChangePassword,
        Self::ExternalProvider,
    ];

    /// The API's name of the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ResetRequired => "RESET_REQUIRED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ExternalProvider => "EXTERNAL_PROVIDER",
        }
    }
}

/// The longest password history that a policy can require. The current password
/// counts.
const MAX_HISTORY: usize = 24;

/// A user of a pool.
///
/// A pool may have a million users, and most members of a user are empty. Lists
/// that are mostly empty are therefore [`ThinVec`]s, and large members that few
/// users have are boxed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The internal username: the caller's choice, or the `sub` if users of the
    /// pool sign in with e-mail or phone (fact 9.1).
    pub username: SmolStr,
    /// The subject: unique and unchanging.
    pub sub: SmolStr,
    /// Every attribute except `sub`.
    pub attributes: Attributes,
    /// The status.
    pub status: Status,
    /// Whether the user can sign in, independent of the status.
    pub enabled: bool,
    /// Date of creation.
    pub created_at: Time,
    /// Date of the last change.
    pub modified_at: Time,
    /// The verifier of the password, if the user has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Verifier>,
    /// The imported hash of the password, until a password replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_hash: Option<Box<ImportedHash>>,
    /// Verifiers of former passwords, latest first.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub former_passwords: ThinVec<Verifier>,
    /// The time at which the temporary password was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary_since: Option<Time>,
    /// Failed sign-ins.
    #[serde(default, skip_serializing_if = "Attempts::is_clear")]
    pub attempts: Attempts,
    /// Outstanding codes.
    #[serde(default, skip_serializing_if = "Codes::is_empty")]
    pub codes: Codes,
    /// Calls that count against hourly limits.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// New values that wait for their verification code.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub pending: Attributes,
    /// Names of groups.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<SmolStr>,
    /// Second factors.
    #[serde(default, skip_serializing_if = "Mfa::is_empty")]
    pub mfa: Mfa,
    /// Passkeys, if the user has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkeys: Option<Box<Passkeys>>,
    /// Events of threat protection, latest last.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub events: ThinVec<Event>,
    /// Confirmed devices.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub devices: ThinVec<Device>,
    /// Sign-ins whose tokens may still be valid.
    #[serde(skip)]
    pub sign_ins: SignIns,
    /// When the user was last signed out everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_out_at: Option<Time>,
}

impl User {
    /// A new user without password, attributes or groups.
    #[must_use]
    pub fn new(username: &str, sub: &str, status: Status, now: Time) -> Self {
        Self {
            username: username.into(),
            sub: sub.into(),
            attributes: Attributes::default(),
            status,
            enabled: true,
            created_at: now,
            modified_at: now,
            password: None,
            imported_hash: None,
            former_passwords: ThinVec::new(),
            temporary_since: None,
            attempts: Attempts::default(),
            codes: Codes::default(),
            limits: Limits::default(),
            pending: Attributes::default(),
            groups: BTreeSet::new(),
            mfa: Mfa::default(),
            passkeys: None,
            events: ThinVec::new(),
            devices: ThinVec::new(),
            signed_out_at: None,
            sign_ins: SignIns::default(),
        }
    }

    /// The value of an attribute. An empty value counts as absent.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }

    /// Whether `email` or `phone_number` has a value and is verified.
    #[must_use]
    pub fn has_verified(&self, name: &str) -> bool {
        self.attributes.has_verified(name)
    }

    /// Replaces the password and removes every code that could reset it.
    ///
    /// `temporary_since` is set for a temporary password.
    pub fn set_password(&mut self, verifier: Verifier, temporary_since: Option<Time>) {
        if let Some(former) = self.password.replace(verifier) {
            // No spare capacity: most passwords change once, from the temporary
            // one.
            self.former_passwords.reserve_exact(1);
            self.former_passwords.insert(0, former);
            self.former_passwords.truncate(MAX_HISTORY - 1);
        }
        self.imported_hash = None;
        self.temporary_since = temporary_since;
        self.attempts = Attempts::default();
        self.codes.clear(super::code::CodePurpose::PasswordReset);
    }

    /// Signs the user out everywhere, at their own or an administrator's request.
    pub fn sign_out_globally(&mut self, now: Time) {
        self.signed_out_at = Some(now);
        self.sign_out();
    }

    /// Ends every sign-in: access tokens are revoked, refresh tokens refused.
    pub fn sign_out(&mut self) {
        self.sign_ins.change_all(|sign_in| {
            let ended = sign_in.ended.replace(End::SignedOut);
            ended != Some(End::SignedOut)
        });
    }

    /// The outstanding code for `purpose`, if one was sent.
    #[must_use]
    pub fn code(&self, purpose: super::code::CodePurpose) -> Option<&Code> {
        self.codes.get(purpose)
    }
}

/// Attribute names and values, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes(ThinVec<(SmolStr, SmolStr)>);

impl Attributes {
    /// Whether there are no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.shared(name).map(SmolStr::as_str)
    }

    /// The value of `name` for an index. A clone does not allocate.
    pub(super) fn shared(&self, name: &str) -> Option<&SmolStr> {
        let at = self.0.binary_search_by(|(key, _)| key.as_str().cmp(name));
        Some(&self.0[at.ok()?].1)
    }

    /// Whether `email` or `phone_number` has a value and is verified. `true`
    /// counts in any case (fact 9.7).
    #[must_use]
    pub fn has_verified(&self, name: &str) -> bool {
        self.get(name).is_some()
            && self
                .get(&format!("{name}_verified"))
                .is_some_and(|verified| verified.eq_ignore_ascii_case("true"))
    }

    /// Sets `name`; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.0.binary_search_by(|(key, _)| key.as_str().cmp(name)) {
            Ok(at) if value.is_empty() => drop(self.0.remove(at)),
            Ok(at) => self.0[at].1 = value.into(),
            Err(_) if value.is_empty() => {}
            Err(at) => {
                // No spare capacity: most users never get more attributes.
                self.0.reserve_exact(1);
                self.0.insert(at, (name.into(), value.into()));
            }
        }
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) {
        self.set(name, "");
    }

    /// Names and values, sorted by name, for a response. A clone does not
    /// allocate.
    pub(crate) fn shared_iter(&self) -> std::slice::Iter<'_, (SmolStr, SmolStr)> {
        self.0.iter()
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
