//! Challenges under way: what a `Session` string stands for.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
    /// The key of the device.
    pub device: Option<Box<str>>,
    /// The challenge that the answer must name.
    pub challenge: Challenge,
    /// When it expires (R81).
    pub expires_at: Time,
    /// Whether it was answered: a session counts once (R82).
    pub used: bool,
    /// The sign-in that the pool's functions direct, if it is one.
    pub custom: Option<Box<Custom>>,
}

/// A sign-in that the pool's functions direct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// Who; nobody where the client hides who exists.
    pub user: Option<UserId>,
    /// The name that began it.
    pub username: Box<str>,
    /// The client's public value of SRP, until it is used.
    pub public: Option<PublicValue>,
    /// What was asked so far.
    pub history: Vec<Step>,
}

impl Custom {
    /// The name that the caller is to answer by. Nobody has one as anybody would
    /// (inferred): what was typed, or what looks like a `sub`.
    #[must_use]
    pub fn name(&self, pool: &Pool) -> String {
        match self.user.and_then(|id| pool.users.get(id)) {
            Some(user) => user.username.to_string(),
            None if pool.users.naming().username_attributes.is_empty() => self.username.to_string(),
            None => pool.decoy_account(&self.username).user_id,
        }
    }

    /// Whether `username` is that of nobody, for whom this sign-in is.
    #[must_use]
    pub fn is_unknown_user(&self, pool: &Pool, username: &str) -> bool {
        let fold = |name: &str| pool.users.naming().fold(name);
        self.user.is_none()
            && [&*self.username, &self.name(pool)]
                .map(fold)
                .contains(&fold(username))
    }
}

/// A challenge of a custom sign-in that is past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// As `ChallengeName` spells it.
    pub challenge: Box<str>,
    /// Whether the answer was right.
    pub passed: bool,
    /// What the function calls its own challenge.
    pub metadata: Option<Box<str>>,
}

impl Step {
    /// One of Cognito's challenges, which was answered rightly.
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
    /// Judges whether an answer may still come (R81, R82).
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

/// A challenge, with what its answer is judged by.
#[derive(Clone, PartialEq, Eq)]
pub enum Challenge {
    /// `NEW_PASSWORD_REQUIRED`.
    NewPasswordRequired,
    /// `SMS_MFA` with the code that was sent.
    SmsMfa {
        /// Its digits.
        code: Box<str>,
    },
    /// `EMAIL_OTP` with the code that was sent.
    EmailOtp {
        /// Its digits.
        code: Box<str>,
    },
    /// `SOFTWARE_TOKEN_MFA`.
    SoftwareTokenMfa,
    /// `SELECT_MFA_TYPE` among these.
    SelectMfaType {
        /// The factors on offer.
        factors: Vec<Factor>,
    },
    /// `PASSWORD_VERIFIER`; its string is the secret block.
    PasswordVerifier {
        /// What the proof is judged by.
        exchange: Box<Exchange>,
        /// The password that it is about.
        password: Option<password::Verifier>,
    },
    /// `DEVICE_SRP_AUTH`.
    DeviceSrpAuth {
        /// The device.
        key: Box<str>,
    },
    /// `DEVICE_PASSWORD_VERIFIER`; its string is the secret block.
    DevicePasswordVerifier {
        /// What the proof is judged by.
        exchange: Box<Exchange>,
        /// The device.
        key: Box<str>,
    },
    /// A first factor, or the choice among several.
    Choice(Choice),
    /// The same for a name that nobody has.
    Decoy {
        /// The folded name.
        name: Box<str>,
        /// What seems to be asked.
        choice: Choice,
    },
    /// Not asked of a sign-in: a sign-up that waits for its confirmation.
    SignedUp,
    /// Nor this: a sign-up that was confirmed by a code.
    Confirmed {
        /// The attribute that the code went to.
        attribute: &'static str,
    },
    /// `MFA_SETUP`; `ready` once `VerifySoftwareToken` saw a right code.
    MfaSetup {
        /// Whether a factor is set up.
        ready: bool,
    },
    /// `CUSTOM_CHALLENGE`.
    Custom {
        /// What the function keeps for the answer.
        private: BTreeMap<String, String>,
        /// What the function calls it.
        metadata: Option<Box<str>>,
    },
}

impl Challenge {
    /// Whether it asks for the device `key`.
    #[must_use]
    pub fn is_device(&self, key: &str) -> bool {
        matches!(self, Self::DeviceSrpAuth { key: asked } if **asked == *key)
    }

    /// As `ChallengeName` spells it.
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

    /// The choice, where it is one.
    #[must_use]
    pub fn choice(&self) -> Option<&Choice> {
        match self {
            Self::Choice(choice) | Self::Decoy { choice, .. } => Some(choice),
            _ => None,
        }
    }
}

/// What a choice-based sign-in asks first.
#[derive(Clone, PartialEq, Eq)]
pub enum Choice {
    /// `SELECT_CHALLENGE` among these.
    Select(Vec<FirstFactor>),
    /// `PASSWORD`.
    Password,
    /// `PASSWORD_SRP`.
    PasswordSrp,
    /// `EMAIL_OTP` or `SMS_OTP` with the code that was sent.
    Code {
        /// Which of the two.
        factor: FirstFactor,
        /// Its digits; empty where nobody was sent one.
        code: Box<str>,
        /// Where it went.
        destination: Box<str>,
    },
    /// `WEB_AUTHN` with what the passkey has to sign.
    WebAuthn(webauthn::Challenge),
}

impl Choice {
    /// As `ChallengeName` spells it.
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
    /// Without the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::fmt::Debug for Challenge {
    /// Without the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The id of the pool that a session string belongs to: some calls name nothing
/// else.
#[must_use]
pub fn pool_of(string: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(string).ok()?;
    let (length, rest) = bytes.split_first()?;
    let id = rest.get(..usize::from(*length))?;
    String::from_utf8(id.to_vec()).ok()
}

/// A pool's sessions.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// By the digest of their string.
    all: BTreeMap<[u8; 32], Session>,
    /// In the order in which they began; some of them are forgotten.
    order: VecDeque<[u8; 32]>,
}

/// Bytes of a session string. In base64 they are 1,543 characters, the length of
/// a live one (section 5e).
const BYTES: usize = 1157;
/// How many more a decoy's has: live it is 1,587 characters (R40).
const DECOY_BYTES: usize = 33;

/// How long a session is remembered beyond its end, so that a late answer
/// learns why it fails.
const REMEMBERED: Duration = Duration::from_hours(1);

impl Sessions {
    /// Begins a session in the pool `pool_id`. Returns its string.
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

    /// Keeps a session under a string of its own, and forgets those long expired.
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
            // A custom sign-in of many steps would be kept once for each of them.
            if kept.used {
                kept.custom = None;
            }
            now < kept.expires_at.plus(REMEMBERED)
        });
        if self.order.len() > 2 * self.all.len() {
            self.order.retain(|digest| self.all.contains_key(digest));
        }
    }

    /// The session that `string` stands for (R83).
    pub fn find(&self, string: &str) -> Result<&Session> {
        self.all.get(&digest(string)).ok_or(Error::SessionInvalid)
    }

    /// A session that may still be answered and is the one meant.
    #[must_use]
    pub fn open(&self, now: Time, is_meant: impl Fn(&Session) -> bool) -> Option<&Session> {
        let mut all = self.all.values();
        all.find(|session| session.check_open(now).is_ok() && is_meant(session))
    }

    /// Closes every session that is meant.
    pub fn close_where(&mut self, is_meant: impl Fn(&Session) -> bool) {
        for session in self.all.values_mut().filter(|session| is_meant(session)) {
            session.used = true;
        }
    }

    /// Forgets every session of a user.
    pub fn forget(&mut self, user: UserId) {
        self.all.retain(|_, session| session.user != user);
    }

    /// Closes the session that `string` stands for: it counts once (R82).
    pub fn close(&mut self, string: &str) {
        if let Some(session) = self.all.get_mut(&digest(string)) {
            session.used = true;
        }
    }

    /// Notes that the session which `string` stands for belongs to `custom`.
    pub fn direct(&mut self, string: &str, custom: Custom) {
        if let Some(session) = self.all.get_mut(&digest(string)) {
            session.custom = Some(Box::new(custom));
        }
    }

    /// The custom sign-in that the session which `string` stands for belongs to.
    #[must_use]
    pub fn custom(&self, string: &str) -> Option<&Custom> {
        self.all.get(&digest(string))?.custom.as_deref()
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none is remembered.
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
        assert_eq!(pool_of("a-session-of-nobody-at-all"), None);
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
    fn the_oldest_of_too_many_are_forgotten() {
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

    /// Each step of a custom sign-in has the steps before it.
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
