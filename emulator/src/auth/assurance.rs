//! The strength of a sign-in: the levels of the claim `acr` and the methods of `amr`.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html>
//! (O43). A probe of 2026-10 found that Cognito accepted the settings and issued no such claims yet,
//! so all of this follows the guide.

/// A level of authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A password.
    One,
    /// A one-time password by SMS or e-mail.
    Two,
    /// A passkey, or a password with a code by SMS or e-mail.
    Three,
    /// A password with a code of an authenticator app.
    Four,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 4] = [Self::One, Self::Two, Self::Three, Self::Four];

    /// The key in `AcrConfiguration` and `AcrMapping`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::One => "Level1",
            Self::Two => "Level2",
            Self::Three => "Level3",
            Self::Four => "Level4",
        }
    }

    /// The value of `acr` in pools that do not name the level.
    #[must_use]
    pub fn default_name(self) -> &'static str {
        match self {
            Self::One => "urn:cognito:loa:1",
            Self::Two => "urn:cognito:loa:2",
            Self::Three => "urn:cognito:loa:3",
            Self::Four => "urn:cognito:loa:4",
        }
    }
}

/// A method of authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A password.
    Password,
    /// A code of an authenticator app.
    Totp,
    /// A code by SMS.
    Sms,
    /// A code by e-mail.
    Email,
    /// A passkey of the device itself.
    PlatformPasskey,
    /// A passkey of another device, such as a security key.
    RoamingPasskey,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 6] = [
        Self::Password,
        Self::Totp,
        Self::Sms,
        Self::Email,
        Self::PlatformPasskey,
        Self::RoamingPasskey,
    ];

    /// The method with this value in `amr`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// The value in `amr`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Totp => "otp",
            Self::Sms => "sms",
            Self::Email => "email_otp",
            Self::PlatformPasskey => "swk",
            Self::RoamingPasskey => "hwk",
        }
    }
}

/// The value of `amr` for two or more methods.
const SEVERAL: &str = "mfa";
/// The value of `amr` for a provider that names no method of the guide's table.
const FEDERATED: &str = "fed";
/// The values that are taken over from a provider.
const KNOWN: [&str; 7] = ["pwd", "otp", "sms", "email_otp", "swk", "hwk", SEVERAL];

/// What a sign-in has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assurance {
    /// The highest level that the methods satisfy. `None` for a provider that names no level.
    pub level: Option<Level>,
    /// The values of `amr`.
    pub methods: Vec<&'static str>,
}

impl Assurance {
    /// Of a user of the pool who completed `methods`, in their order.
    #[must_use]
    pub fn of(methods: &[Method]) -> Self {
        let has = |method: Method| methods.contains(&method);
        let has_code = has(Method::Sms) || has(Method::Email);
        let has_passkey = has(Method::PlatformPasskey) || has(Method::RoamingPasskey);
        let level = match has(Method::Password) {
            true if has(Method::Totp) => Some(Level::Four),
            _ if has_passkey => Some(Level::Three),
            true if has_code => Some(Level::Three),
            true => Some(Level::One),
            false if has_code => Some(Level::Two),
            false => None,
        };
        let mut names: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
        if names.len() > 1 {
            names.push(SEVERAL);
        }
        Self {
            level,
            methods: names,
        }
    }

    /// Of a user of an external provider, which named `level` and the methods `amr`.
    pub fn federated<'a>(level: Option<Level>, amr: impl IntoIterator<Item = &'a str>) -> Self {
        let amr = amr.into_iter();
        let known = amr.filter_map(|given| KNOWN.into_iter().find(|known| *known == given));
        let mut methods: Vec<&str> = known.collect();
        if methods.is_empty() {
            methods.push(FEDERATED);
        }
        Self { level, methods }
    }

    /// Whether the user has completed `method`.
    #[must_use]
    pub fn has(&self, method: Method) -> bool {
        self.methods.contains(&method.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the guide.
    #[test]
    fn levels_and_methods() {
        use Method::{Email, Password, PlatformPasskey, RoamingPasskey, Sms, Totp};
        let cases: [(&[Method], Option<Level>, &[&str]); 9] = [
            (&[Password], Some(Level::One), &["pwd"]),
            (&[Sms], Some(Level::Two), &["sms"]),
            (&[Email], Some(Level::Two), &["email_otp"]),
            (&[PlatformPasskey], Some(Level::Three), &["swk"]),
            (&[RoamingPasskey], Some(Level::Three), &["hwk"]),
            (&[Password, Sms], Some(Level::Three), &["pwd", "sms", "mfa"]),
            (
                &[Password, Email],
                Some(Level::Three),
                &["pwd", "email_otp", "mfa"],
            ),
            (&[Password, Totp], Some(Level::Four), &["pwd", "otp", "mfa"]),
            (&[], None, &[]),
        ];
        for (methods, level, amr) in cases {
            let assurance = Assurance::of(methods);
            assert_eq!(assurance.level, level, "{methods:?}");
            assert_eq!(assurance.methods, amr, "{methods:?}");
        }
        let unknown = Assurance::federated(None, ["face", "kba"]);
        assert_eq!(unknown.methods, ["fed"]);
        let known = Assurance::federated(Some(Level::Three), ["pwd", "face", "mfa"]);
        assert_eq!(known.methods, ["pwd", "mfa"]);
    }
}
