//! Sessions of challenges: the state behind a `Session` string.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use smol_str::SmolStr;

use super::assurance::Progress;
use super::first_factor::FirstFactor;
use super::mfa::Factor;
use super::pool::Pool;
use super::users::UserId;
use crate::auth::srp::{Exchange, PublicValue};
use crate::auth::{digest, password, webauthn};
use crate::bounds::CHALLENGES;
use crate::error::{Error, Result};
use crate::world::{Time, World};

/// A challenge that waits for its answer.
#[derive(Clone, Debug)]
pub struct Session {
    /// The user who is signing in.
    pub user: UserId,
    /// The client.
    pub client_id: Box<str>,
    /// The device key.
    pub device: Option<Box<str>>,
    /// The challenge that the answer must name.
    pub challenge: Challenge,
    /// The time at which the session expires (R81).
    pub expires_at: Time,
    /// Whether it was answered: a session can be used once (R82).
    pub used: bool,
    /// The custom sign-in that it belongs to, if any.
    pub custom: Option<Box<Custom>>,
    /// How far the sign-in has come.
    pub progress: Progress,
}

/// A sign-in that the pool's Lambda functions direct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// The user; `None` if the user is unknown and the client hides users.
    pub user: Option<UserId>,
    /// The username that the caller typed.
    pub username: Box<str>,
    /// The client's public value for SRP, until it is used.
    pub public: Option<PublicValue>,
    /// The challenges so far.
    pub history: Vec<Step>,
}

impl Custom {
    /// The username that the caller must send with answers. An unknown user has
    /// one like any other user (inferred): the typed name, or a value in the
    /// form of a `sub`.
    #[must_use]
    pub fn name(&self, pool: &Pool) -> String {
        match self.user.and_then(|id| pool.users.get(id)) {
            Some(user) => user.username.to_string(),
            None if pool.users.naming().username_attributes.is_empty() => self.username.to_string(),
            None => pool.decoy_account(&self.username).user_id,
        }
    }

    /// Whether `username` is the name of this sign-in and its user is unknown.
    #[must_use]
    pub fn is_unknown_user(&self, pool: &Pool, username: &str) -> bool {
        let fold = |name: &str| pool.users.naming().fold(name);
        self.user.is_none()
            && [&*self.username, &self.name(pool)]
                .map(fold)
                .contains(&fold(username))
    }
}

/// A completed challenge of a custom sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The name of the challenge, as in `ChallengeName`.
    pub challenge: Box<str>,
    /// Whether the answer was right.
    pub passed: bool,
    /// The function's own name for the challenge.
    pub metadata: Option<Box<str>>,
}

impl Step {
    /// One of Cognito's challenges, with a right answer.
    #[must_use]
    pub fn passed(challenge: &str) -> Self {
        Self {
            challenge: challenge.into(),
            passed: true,
            metadata: None,
        }
    }
}

impl Session {
    /// Checks that the session can still be answered (R81, R82).
    pub fn check_open(&self, now: Time) -> Result<()> {
        if self.used {
            Err(Error::SessionUsed)
        } else if now >= self.expires_at {
            Err(Error::SessionExpired)
        } else {
            Ok(())
        }
    }
}

/// A challenge, with the values against which its answer is checked.
#[derive(Clone, PartialEq, Eq)]
pub enum Challenge {
    /// `NEW_PASSWORD_REQUIRED`.
    NewPasswordRequired,
    /// `SMS_MFA` with the code that was sent.
    SmsMfa {
        /// The digits.
        code: Box<str>,
    },
    /// `EMAIL_OTP` with the code that was sent.
    EmailOtp {
        /// The digits.
        code: Box<str>,
    },
    /// `SOFTWARE_TOKEN_MFA`.
    SoftwareTokenMfa,
    /// `SELECT_MFA_TYPE`.
    SelectMfaType {
        /// The offered factors.
        factors: Vec<Factor>,
    },
    /// `PASSWORD_VERIFIER`. The secret block is the session string.
    PasswordVerifier {
        /// The exchange against which the proof is checked.
        exchange: Box<Exchange>,
        /// The verifier of the password.
        password: Option<password::Verifier>,
    },
    /// `DEVICE_SRP_AUTH`.
    DeviceSrpAuth {
        /// The device key.
        key: Box<str>,
    },
    /// `DEVICE_PASSWORD_VERIFIER`. The secret block is the session string.
    DevicePasswordVerifier {
        /// The exchange against which the proof is checked.
        exchange: Box<Exchange>,
        /// The device key.
        key: Box<str>,
    },
    /// A first factor, or the choice of one.
    Choice(Choice),
    /// A first factor, or the choice of one, for an unknown username.
    Decoy {
        /// The folded name.
        name: Box<str>,
        /// The pretended challenge.
        choice: Choice,
    },
    /// Not a challenge: a sign-up that waits for its confirmation.
    SignedUp,
    /// Not a challenge: a sign-up that was confirmed by a code.
    Confirmed {
        /// The attribute that the code was sent to.
        attribute: SmolStr,
    },
    /// `MFA_SETUP`. `ready` is set once `VerifySoftwareToken` accepted a code.
    MfaSetup {
        /// Whether a factor is set up.
        ready: bool,
    },
    /// `CUSTOM_CHALLENGE`.
    Custom {
        /// Private values that the function keeps for the answer.
        private: BTreeMap<String, String>,
        /// The function's own name for the challenge.
        metadata: Option<Box<str>>,
    },
}

impl Challenge {
    /// Whether the challenge is to verify the device `key`.
    #[must_use]
    pub fn is_device(&self, key: &str) -> bool {
        matches!(self, Self::DeviceSrpAuth { key: asked } if **asked == *key)
    }

    /// The name of the challenge, as in `ChallengeName`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NewPasswordRequired => "NEW_PASSWORD_REQUIRED",
            Self::SmsMfa { .. } => "SMS_MFA",
            Self::EmailOtp { .. } => "EMAIL_OTP",
            Self::SoftwareTokenMfa => "SOFTWARE_TOKEN_MFA",
            Self::SelectMfaType { .. } => "SELECT_MFA_TYPE",
            Self::PasswordVerifier { .. } => "PASSWORD_VERIFIER",
            Self::DeviceSrpAuth { .. } => "DEVICE_SRP_AUTH",
            Self::DevicePasswordVerifier { .. } => "DEVICE_PASSWORD_VERIFIER",
            Self::MfaSetup { .. } => "MFA_SETUP",
            Self::Custom { .. } => "CUSTOM_CHALLENGE",
            Self::Choice(choice) | Self::Decoy { choice, .. } => choice.name(),
            Self::SignedUp | Self::Confirmed { .. } => "",
        }
    }

    /// The first factor or choice, if the challenge is one.
    #[must_use]
    pub fn choice(&self) -> Option<&Choice> {
        match self {
            Self::Choice(choice) | Self::Decoy { choice, .. } => Some(choice),
            _ => None,
        }
    }
}

/// The first challenge of a choice-based sign-in.
#[derive(Clone, PartialEq, Eq)]
pub enum Choice {
    /// `SELECT_CHALLENGE` with these factors.
    Select(Vec<FirstFactor>),
    /// `PASSWORD`.
    Password,
    /// `PASSWORD_SRP`.
    PasswordSrp,
    /// `EMAIL_OTP` or `SMS_OTP` with the code that was sent.
    Code {
        /// E-mail or SMS.
        factor: FirstFactor,
        /// The digits; empty if no code was sent.
        code: Box<str>,
        /// The destination of the code.
        destination: Box<str>,
    },
    /// `WEB_AUTHN` with the challenge that the passkey must sign.
    WebAuthn(webauthn::Challenge),
}

impl Choice {
    /// The name of the challenge, as in `ChallengeName`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Select(_) => "SELECT_CHALLENGE",
            Self::Password => FirstFactor::Password.as_str(),
            Self::PasswordSrp => FirstFactor::PasswordSrp.as_str(),
            Self::Code { factor, .. } => factor.as_str(),
            Self::WebAuthn(_) => FirstFactor::WebAuthn.as_str(),
        }
    }
}

impl std::fmt::Debug for Choice {
    /// Omits the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::fmt::Debug for Challenge {
    /// Omits the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The id of the pool that a session string belongs to. Some calls name only the session.
#[must_use]
pub fn pool_of(string: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(string).ok()?;
    let (length, rest) = bytes.split_first()?;
    let id = rest.get(..usize::from(*length))?;
    String::from_utf8(id.to_vec()).ok()
}

/// The sessions of a pool.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// Sessions by the digest of their string.
    all: BTreeMap<[u8; 32], Session>,
    /// Digests in order of creation. Some sessions may be removed already.
    order: VecDeque<[u8; 32]>,
}

/// Bytes of a session string. In base64 they are 1,543 characters, the length
/// of a live one (fact 5e), of a challenge by e-mail. Those of other challenges are shorter: one of
/// `NEW_PASSWORD_REQUIRED` had 826 (radkawar/stackd, 2026-09-24). No client depends on it.
const BYTES: usize = 1157;
/// Additional bytes of a decoy's session string: a live one has 1,587
/// characters (R40).
const DECOY_BYTES: usize = 33;

/// The time for which a session is kept after its end, so that a late answer
/// gets the right error.
const REMEMBERED: Duration = Duration::from_hours(1);

impl Sessions {
    /// Creates a session in the pool `pool_id`. Returns its string.
    pub fn begin(&mut self, session: Session, pool_id: &str, world: &World) -> String {
        let mut bytes = world.chance.bytes::<BYTES>().to_vec();
        if matches!(session.challenge, Challenge::Decoy { .. }) {
            bytes.extend(world.chance.bytes::<DECOY_BYTES>());
        }
        let head = [
            &[u8::try_from(pool_id.len()).unwrap_or(0)],
            pool_id.as_bytes(),
        ]
        .concat();
        bytes[..head.len()].copy_from_slice(&head);
        let string = URL_SAFE_NO_PAD.encode(bytes);
        self.keep(&string, session, world.now());
        string
    }

    /// Stores a session under the given string, and removes those that expired
    /// long ago.
    pub fn keep(&mut self, string: &str, session: Session, now: Time) {
        if self.order.len() % 256 == 255 {
            self.sweep(now);
        }
        while self.all.len() >= CHALLENGES {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.all.remove(&oldest);
        }
        let digest = digest(string);
        self.all.insert(digest, session);
        self.order.push_back(digest);
    }

    fn sweep(&mut self, now: Time) {
        self.all.retain(|_, kept| {
            // A used session does not need the custom sign-in. Otherwise a custom sign-in
            // with many steps would be stored once for each step.
            if kept.used {
                kept.custom = None;
            }
            now < kept.expires_at.plus(REMEMBERED)
        });
        if self.order.len() > 2 * self.all.len() {
            self.order.retain(|digest| self.all.contains_key(digest));
        }
    }

    /// The times at which the sessions that were not answered expire.
    pub fn ends(&self) -> impl Iterator<Item = Time> {
        let open = self.all.values().filter(|session| !session.used);
        open.map(|session| session.expires_at)
    }

    /// The session of `string` (R83).
    pub fn find(&self, string: &str) -> Result<&Session> {
        self.all.get(&digest(string)).ok_or(Error::SessionInvalid)
    }

    /// An open session for which `is_meant` returns true.
    #[must_use]
    pub fn open(&self, now: Time, is_meant: impl Fn(&Session) -> bool) -> Option<&Session> {
        let mut all = self.all.values();
        all.find(|session| session.check_open(now).is_ok() && is_meant(session))
    }

    /// Closes every session for which `is_meant` returns true.
    pub fn close_where(&mut self, is_meant: impl Fn(&Session) -> bool) {
        for session in self.all.values_mut().filter(|session| is_meant(session)) {
            session.used = true;
        }
    }

    /// Removes every session of a user.
    pub fn forget(&mut self, user: UserId) {
        self.all.retain(|_, session| session.user != user);
    }

    /// Closes the session of `string`: it can be used once (R82).
    pub fn close(&mut self, string: &str) {
        if let Some(session) = self.all.get_mut(&digest(string)) {
            session.used = true;
        }
    }

    /// Records that the session of `string` belongs to `custom`.
    pub fn direct(&mut self, string: &str, custom: Custom) {
        if let Some(session) = self.all.get_mut(&digest(string)) {
            session.custom = Some(Box::new(custom));
        }
    }

    /// Records how far the sign-in of the session of `string` has come.
    pub fn advance(&mut self, string: &str, progress: Progress) {
        if let Some(session) = self.all.get_mut(&digest(string)) {
            session.progress = progress;
        }
    }

    /// The custom sign-in that the session of `string` belongs to.
    #[must_use]
    pub fn custom(&self, string: &str) -> Option<&Custom> {
        self.all.get(&digest(string))?.custom.as_deref()
    }

    /// The number of stored sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no session is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Clock;

    fn session(world: &World) -> Session {
        Session {
            user: UserId(1),
            client_id: "client".into(),
            device: None,
            challenge: Challenge::SmsMfa {
                code: "123456".into(),
            },
            expires_at: world.now().plus(Duration::from_mins(3)),
            used: false,
            custom: None,
            progress: Progress::default(),
        }
    }

    #[test]
    fn strings_are_as_long_as_live_ones_and_name_their_pool() {
        let world = World::new(Clock::fixed(1_700_000_000), 7);
        let mut sessions = Sessions::default();
        let string = sessions.begin(session(&world), "us-east-1_o9y9Yq5pO", &world);
        assert_eq!(string.len(), 1543);
        assert_eq!(pool_of(&string).as_deref(), Some("us-east-1_o9y9Yq5pO"));
        assert!(sessions.find(&string).is_ok());
        assert_eq!(pool_of("a-session-of-no-known-pool"), None);
    }

    #[test]
    fn old_sessions_are_forgotten() {
        let world = World::new(Clock::fixed(1_700_000_000), 7);
        let mut sessions = Sessions::default();
        for _ in 0..2_000 {
            sessions.begin(session(&world), "us-east-1_o9y9Yq5pO", &world);
            world.clock.advance(Duration::from_mins(1));
        }
        assert!(sessions.len() <= 256, "{}", sessions.len());
    }

    #[test]
    fn debug_shows_no_code() {
        let world = World::new(Clock::fixed(1_700_000_000), 7);
        assert!(!format!("{:?}", session(&world)).contains("123456"));
    }

    #[test]
    fn sessions_are_bounded() {
        let world = World::new(Clock::fixed(1_700_000_000), 7);
        let mut sessions = Sessions::default();
        for number in 0..CHALLENGES + 10 {
            sessions.keep(&number.to_string(), session(&world), world.now());
        }
        assert_eq!(sessions.len(), CHALLENGES);
        assert!(sessions.order.len() <= 2 * CHALLENGES);
        assert!(sessions.find("9").is_err());
        assert!(sessions.find("10").is_ok());
    }

    /// Each step of a custom sign-in stores the steps before it.
    #[test]
    fn used_sessions_drop_their_steps() {
        let world = World::new(Clock::fixed(1_700_000_000), 7);
        let mut sessions = Sessions::default();
        let custom = Custom {
            user: None,
            username: "ana".into(),
            public: None,
            history: vec![Step::passed("CUSTOM_CHALLENGE"); 100],
        };
        for number in 0..2_000 {
            let string = number.to_string();
            sessions.keep(&string, session(&world), world.now());
            sessions.direct(&string, custom.clone());
            sessions.close(&string);
        }
        let custom = sessions.all.values().filter(|kept| kept.custom.is_some());
        assert!(custom.count() <= 256);
        assert_eq!(sessions.len(), 2_000);
    }
}
