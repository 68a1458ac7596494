//! The content of a page: everything that a template shows, as data.

use serde::Serialize;

use super::language::Language;

/// One page with its frame.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    /// The parts that all pages have.
    pub(crate) frame: Frame,
    /// The page itself.
    pub(crate) page: Page,
}

/// The parts that all pages have.
#[derive(Debug, Serialize)]
pub(crate) struct Frame {
    /// The version of the pages.
    pub(crate) version: Version,
    /// The language of the texts.
    pub(crate) language: Language,
    /// The appearance that the operator stored.
    pub(crate) look: Look,
    /// The query string of the authorization request, encoded and without `?`. Links and
    /// forms of the page have it.
    pub(crate) query: String,
    /// The value of the hidden field `_csrf`.
    pub(crate) csrf: String,
    /// A sentence above the form.
    pub(crate) notice: Option<Notice>,
    /// The address of the messages that the emulator sent, for the developer's strip; `None`
    /// hides the strip.
    pub(crate) messages: Option<String>,
}

/// The version of a domain's pages: `ManagedLoginVersion`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Version {
    /// 1: the classic hosted UI.
    Classic,
    /// 2: managed login.
    Managed,
}

/// The appearance that the operator stored for the app client.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Look {
    /// `Settings` of the managed-login branding, merged with Cognito's defaults.
    pub(crate) settings: Option<serde_json::Value>,
    /// Images of the managed-login branding.
    pub(crate) images: Vec<Image>,
    /// `CSS` of the classic customization. It was validated when it was stored.
    pub(crate) css: Option<String>,
    /// The address of the classic logo.
    pub(crate) logo: Option<String>,
}

/// An image of the managed-login branding.
#[derive(Debug, Serialize)]
pub(crate) struct Image {
    /// `Category`, as in `FORM_LOGO`.
    pub(crate) category: String,
    /// `ColorMode`: `LIGHT`, `DARK`, `DYNAMIC` or `BROWSER_ADAPTIVE`.
    pub(crate) color_mode: String,
    /// The address of the image: a `data:` URL.
    pub(crate) url: String,
}

/// A sentence above a form.
#[derive(Debug, Serialize)]
pub(crate) struct Notice {
    /// Whether something failed.
    pub(crate) is_error: bool,
    /// The sentence. Sentences of Cognito are not translated.
    pub(crate) text: Text,
}

/// A sentence of Cognito, or a text of the tables of languages.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Text {
    /// As it is.
    Plain(String),
    /// The text of this key.
    Key(&'static str),
}

/// A page. Each field of a form is named in the comment of its variant. Every form also has
/// the hidden field `_csrf`; the forms of challenges have `session`, `username` and
/// `challenge`.
#[derive(Debug, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub(crate) enum Page {
    /// `POST /login`: `username` and `password`, or one of them, and `cognitoAsfData`.
    SignIn(SignIn),
    /// `POST /login`: `answer`, the name of a challenge.
    ChooseFactor {
        /// The sign-in.
        step: Step,
        /// `PASSWORD`, `EMAIL_OTP`, `SMS_OTP` or `WEB_AUTHN`.
        factors: Vec<String>,
    },
    /// `POST /login`: `code`.
    Code {
        /// The sign-in.
        step: Step,
        /// The masked destination of the code; `None` for an authenticator app.
        destination: Option<String>,
        /// `EMAIL`, `SMS` or `TOTP`.
        medium: &'static str,
    },
    /// `POST /login`: `credential`, a JSON object that the page's script makes.
    Passkey {
        /// The sign-in.
        step: Step,
        /// `CREDENTIAL_REQUEST_OPTIONS`: JSON.
        options: String,
    },
    /// `POST /login`: `password`, `confirm_password`, and `requiredAttributes[NAME]` for each
    /// field.
    NewPassword {
        /// The sign-in.
        step: Step,
        /// Required attributes that the user does not have.
        fields: Vec<Field>,
        /// The pool's password policy.
        policy: PasswordRules,
    },
    /// `POST /login`: `answer`, the name of a factor.
    ChooseMfa {
        /// The sign-in.
        step: Step,
        /// `SMS_MFA`, `EMAIL_OTP` or `SOFTWARE_TOKEN_MFA`.
        factors: Vec<String>,
    },
    /// `POST /login`: `answer`, the name of a factor to set up.
    ChooseSetup {
        /// The sign-in.
        step: Step,
        /// `SMS_MFA`, `EMAIL_OTP` or `SOFTWARE_TOKEN_MFA`.
        factors: Vec<String>,
    },
    /// `POST /login`: `code` and `device_name`.
    SetUpTotp {
        /// The sign-in.
        step: Step,
        /// The secret in base32, for typing.
        secret: String,
        /// An SVG element with the QR code of the secret. It has no scripts.
        qr: String,
    },
    /// `POST /login`: `address`.
    SetUpAddress {
        /// The sign-in.
        step: Step,
        /// `SMS` or `EMAIL`.
        medium: &'static str,
    },
    /// `POST /signup`: `username`, `password`, and `requiredAttributes[NAME]` for each field.
    SignUp {
        /// Whether a user chooses a username beside the attributes.
        has_username: bool,
        /// Required attributes.
        fields: Vec<Field>,
        /// Whether users may sign up without a password.
        needs_password: bool,
        /// The pool's password policy.
        policy: PasswordRules,
        /// The terms of use and the privacy policy.
        terms: Option<Terms>,
    },
    /// `POST /confirm`: `username`, `verification_code`. `POST /resendcode`: `username`.
    Confirm {
        /// The user who signed up.
        username: String,
        /// The masked destination of the code.
        destination: Option<String>,
        /// The session that signs the user in after the confirmation; a hidden field.
        session: Option<String>,
    },
    /// A link was sent instead of a code. `POST /resendcode`: `username`.
    ConfirmByLink {
        /// The user who signed up.
        username: String,
        /// The masked address that the link was sent to.
        destination: Option<String>,
    },
    /// `POST /forgotPassword`: `username`.
    Forgot {
        /// The kind of username.
        label: NameLabel,
        /// The username to begin with.
        username: String,
    },
    /// `POST /confirmforgotPassword`: `username`, `verification_code`, `password`,
    /// `confirm_password`.
    ConfirmForgot {
        /// The user.
        username: String,
        /// The masked destination of the code.
        destination: Option<String>,
        /// The pool's password policy.
        policy: PasswordRules,
    },
    /// `POST /passkeys/add`: `credential`, a JSON object that the page's script makes.
    AddPasskey {
        /// `CredentialCreationOptions`: JSON.
        options: String,
        /// The address of "Not now".
        skip: String,
    },
    /// Links: each account, and another one.
    ChooseAccount {
        /// The signed-in user, as the page shows them.
        account: String,
        /// The address that continues with this account.
        resume: String,
        /// The address that asks for another account.
        other: String,
    },
    /// A provider that the emulator simulates. `POST` to `action`: `account`, or `sub` with
    /// `email`, `email_verified`, `given_name`, `family_name`, `claims` (a JSON object); or
    /// `cancel`.
    Provider {
        /// The name of the provider in the pool.
        provider: String,
        /// The path and query of the form.
        action: String,
        /// Accounts that were used before.
        accounts: Vec<Account>,
        /// A name to begin with.
        hint: String,
    },
    /// A result or a failure, without a form.
    Message {
        /// The heading.
        heading: Text,
        /// The sentence.
        text: Text,
        /// A link below it: its address and its text.
        link: Option<(String, Text)>,
    },
}

/// The first page of a sign-in.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the page")]
pub(crate) struct SignIn {
    /// The fields that the page asks for.
    pub(crate) asks: Asks,
    /// The kind of username.
    pub(crate) label: NameLabel,
    /// The username to begin with, or that of an earlier page.
    pub(crate) username: String,
    /// The step, if the page asks for the password of an earlier page's user.
    pub(crate) step: Option<Step>,
    /// External providers: one button each.
    pub(crate) providers: Vec<Provider>,
    /// Whether the user pool's own users may sign in.
    pub(crate) has_local_users: bool,
    /// Whether a field asks for an address whose domain selects the SAML provider.
    pub(crate) has_domain_search: bool,
    /// Whether users may sign up.
    pub(crate) can_sign_up: bool,
    /// Whether users may recover their password.
    pub(crate) can_recover: bool,
}

/// The fields of the first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asks {
    /// Username and password.
    Both,
    /// The username only: the first factor is chosen after it.
    Username,
    /// The password of a user who is named already.
    Password,
}

/// The label of a field for usernames, by the pool's sign-in attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NameLabel {
    /// `Username`.
    Username,
    /// `Email address`.
    Email,
    /// `Phone number`.
    Phone,
    /// `Email address or phone number`.
    EmailOrPhone,
}

/// An external provider.
#[derive(Debug, Serialize)]
pub(crate) struct Provider {
    /// The name in the pool.
    pub(crate) name: String,
    /// `ProviderType`, as in `Google`.
    pub(crate) kind: String,
    /// The address of the button.
    pub(crate) href: String,
}

/// The hidden fields of a challenge's form.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    /// The challenge that the form answers.
    pub(crate) challenge: String,
    /// The session string.
    pub(crate) session: String,
    /// The username, as the pool knows it.
    pub(crate) username: String,
    /// The username as the user typed it, for display.
    pub(crate) shown: String,
}

/// A field for an attribute.
#[derive(Debug, Serialize)]
pub(crate) struct Field {
    /// The name of the attribute, as in `given_name` or `custom:team`.
    pub(crate) attribute: String,
    /// The value that was typed.
    pub(crate) value: String,
    /// `String`, `Number`, `DateTime` or `Boolean`.
    pub(crate) data_type: String,
}

/// The pool's password policy.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the API has four flags")]
pub(crate) struct PasswordRules {
    /// `MinimumLength`.
    pub(crate) minimum_length: i64,
    /// `RequireUppercase`.
    pub(crate) uppercase: bool,
    /// `RequireLowercase`.
    pub(crate) lowercase: bool,
    /// `RequireNumbers`.
    pub(crate) numbers: bool,
    /// `RequireSymbols`.
    pub(crate) symbols: bool,
}

/// Links to the documents that a user accepts by signing up.
#[derive(Debug, Serialize)]
pub(crate) struct Terms {
    /// The terms of use.
    pub(crate) terms_of_use: String,
    /// The privacy policy.
    pub(crate) privacy_policy: String,
}

/// An account at a provider that the emulator simulates.
#[derive(Debug, Serialize)]
pub(crate) struct Account {
    /// The subject.
    pub(crate) sub: String,
    /// The address, if it has one.
    pub(crate) email: String,
    /// The full name, if it has one.
    pub(crate) name: String,
}
