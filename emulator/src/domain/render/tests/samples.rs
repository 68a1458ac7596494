//! A view of every page, with all of its parts.

use serde_json::json;

use crate::domain::language::Language;
use crate::domain::view::{
    Account, Asks, Field, Frame, Image, Look, NameLabel, Notice, Page, PasswordRules, Provider,
    SignIn, Step, Terms, Text, Version,
};

/// A maker of the texts of a view. It gets the text that the view usually has.
pub(crate) type Make<'a> = &'a dyn Fn(&str) -> String;

/// The frame of a page.
pub(crate) fn frame(version: Version, language: Language, make: Make<'_>) -> Frame {
    Frame {
        version,
        language,
        look: Look::default(),
        query: make(
            "client_id=3k8&redirect_uri=https%3A%2F%2Fapp.example.com%2F&response_type=code&scope=email+openid",
        ),
        csrf: make("0d5f3a4e-6b7c-4d8e-9f00-112233445566"),
        notice: None,
        messages: Some(make("/_emulator/messages")),
    }
}

/// An error above the form.
pub(crate) fn error(make: Make<'_>) -> Notice {
    Notice {
        is_error: true,
        text: Text::Plain(make("Incorrect username or password.")),
    }
}

/// A branding with every image, in both modes of colours.
pub(crate) fn look(make: Make<'_>) -> Look {
    let image = |category: &str, color_mode: &str, url: &str| Image {
        category: category.to_owned(),
        color_mode: color_mode.to_owned(),
        url: make(url),
    };
    let categories = [
        "FAVICON_ICO",
        "FAVICON_SVG",
        "EMAIL_GRAPHIC",
        "SMS_GRAPHIC",
        "AUTH_APP_GRAPHIC",
        "PASSWORD_GRAPHIC",
        "PASSKEY_GRAPHIC",
        "PAGE_HEADER_LOGO",
        "PAGE_HEADER_BACKGROUND",
        "PAGE_FOOTER_LOGO",
        "PAGE_FOOTER_BACKGROUND",
        "PAGE_BACKGROUND",
        "FORM_BACKGROUND",
        "FORM_LOGO",
        "IDP_BUTTON_ICON",
    ];
    let images = categories.iter().flat_map(|category| {
        [
            image(category, "LIGHT", "data:image/png;base64,AAAA"),
            image(category, "DARK", "data:image/png;base64,BBBB"),
        ]
    });
    let settings = json!({
        "categories": {
            "form": {
                "languageSelector": {"enabled": true},
                "location": {"horizontal": make("END"), "vertical": make("START")},
            },
            "global": {
                "colorSchemeMode": "DYNAMIC",
                "pageFooter": {"enabled": true},
                "pageHeader": {"enabled": true},
                "spacingDensity": make("COMPACT"),
            },
        },
        "componentClasses": {"buttons": {"borderRadius": 20.0}},
        "components": {
            "form": {
                "backgroundImage": {"enabled": true},
                "logo": {"enabled": true, "formInclusion": make("OUT"), "location": make("START")},
                "lightMode": {"backgroundColor": make("fffdf8ff")},
            },
            "pageFooter": {"backgroundImage": {"enabled": true}, "logo": {"enabled": true}},
            "pageHeader": {"backgroundImage": {"enabled": true}, "logo": {"enabled": true}},
            "primaryButton": {"lightMode": {"defaults": {"backgroundColor": make("0b6b3a")}}},
        },
    });
    Look {
        settings: Some(settings),
        images: images.collect(),
        css: Some(make(".submitButton-customizable{background-color:#0b6b3a}")),
        logo: Some(make("/_emulator/logo.png")),
    }
}

/// Every page, with a name for its file.
pub(crate) fn pages(make: Make<'_>) -> Vec<(&'static str, Page)> {
    [
        sign_ins(make),
        challenges(make),
        sign_ups(make),
        passwords(make),
        others(make),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn step(make: Make<'_>) -> Step {
    Step {
        challenge: make("NEW_PASSWORD_REQUIRED"),
        session: make("AYABeFsession"),
        username: make("d87cde17-876a-7015-cf26-3e51776fb75f"),
        shown: make("ana@example.com"),
    }
}

const POLICY: PasswordRules = PasswordRules {
    minimum_length: 8,
    uppercase: true,
    lowercase: true,
    numbers: true,
    symbols: true,
};

fn field(make: Make<'_>, attribute: &str, value: &str, data_type: &str) -> Field {
    Field {
        attribute: make(attribute),
        value: make(value),
        data_type: make(data_type),
    }
}

fn sign_in(asks: Asks, label: NameLabel) -> SignIn {
    SignIn {
        asks,
        label,
        username: String::new(),
        step: None,
        providers: Vec::new(),
        has_local_users: true,
        has_domain_search: false,
        can_sign_up: true,
        can_recover: true,
    }
}

fn sign_ins(make: Make<'_>) -> Vec<(&'static str, Page)> {
    let provider = |name: &str, kind: &str| Provider {
        name: make(name),
        kind: make(kind),
        href: make("/oauth2/authorize?identity_provider=Google"),
    };
    let mut prefilled = sign_in(Asks::Both, NameLabel::Email);
    prefilled.username = make("ana@example.com");
    let mut second = sign_in(Asks::Password, NameLabel::Email);
    second.step = Some(step(make));
    let mut named = sign_in(Asks::Password, NameLabel::Username);
    named.username = make("ana");
    let mut federated = sign_in(Asks::Both, NameLabel::EmailOrPhone);
    federated.providers = vec![
        provider("Google", "Google"),
        provider("SignInWithApple", "SignInWithApple"),
        provider("Okta", "SAML"),
    ];
    let mut domain = sign_in(Asks::Both, NameLabel::Phone);
    domain.has_domain_search = true;
    domain.has_local_users = false;
    domain.providers = vec![provider("Corporate", "OIDC")];
    [
        ("sign_in", sign_in(Asks::Both, NameLabel::Email)),
        ("sign_in_username", sign_in(Asks::Both, NameLabel::Username)),
        ("sign_in_prefilled", prefilled),
        ("sign_in_first", sign_in(Asks::Username, NameLabel::Phone)),
        ("sign_in_second", second),
        ("sign_in_named", named),
        ("sign_in_federated", federated),
        ("sign_in_domain", domain),
    ]
    .map(|(name, page)| (name, Page::SignIn(page)))
    .into()
}

fn challenges(make: Make<'_>) -> Vec<(&'static str, Page)> {
    let step = || step(make);
    let texts = |all: &[&str]| all.iter().map(|text| make(text)).collect::<Vec<_>>();
    let factors = texts(&["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]);
    let mfa = || texts(&["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]);
    let code = |medium, destination: Option<&str>| Page::Code {
        step: step(),
        destination: destination.map(make),
        medium,
    };
    let address = |medium| Page::SetUpAddress {
        step: step(),
        medium,
    };
    let fields = vec![
        field(make, "given_name", "Ana", "String"),
        field(make, "family_name", "", "String"),
    ];
    vec![
        (
            "choose_factor",
            Page::ChooseFactor {
                step: step(),
                factors,
            },
        ),
        ("code_email", code("EMAIL", Some("a***@e***"))),
        ("code_sms", code("SMS", None)),
        ("code_totp", code("TOTP", None)),
        (
            "passkey",
            Page::Passkey {
                step: step(),
                options: make(REQUEST),
            },
        ),
        (
            "new_password",
            Page::NewPassword {
                step: step(),
                fields,
                policy: POLICY,
            },
        ),
        (
            "choose_mfa",
            Page::ChooseMfa {
                step: step(),
                factors: mfa(),
            },
        ),
        (
            "choose_setup",
            Page::ChooseSetup {
                step: step(),
                factors: mfa(),
            },
        ),
        (
            "set_up_totp",
            Page::SetUpTotp {
                step: step(),
                secret: make("7Z2W5JQK3YV4XN6M7Z2W5JQK3YV4XN6M7Z2W5JQK3YV4XN6MABCD"),
                qr: make(QR),
            },
        ),
        ("set_up_email", address("EMAIL")),
        ("set_up_phone", address("SMS")),
    ]
}

const REQUEST: &str = r#"{"challenge":"mS4Qen8zbQxHjgLbYm4aIQ","timeout":180000,"rpId":"localhost","allowCredentials":[],"userVerification":"preferred"}"#;
const CREATION: &str = r#"{"authenticatorSelection":{"requireResidentKey":true,"residentKey":"required","userVerification":"preferred"},"challenge":"mS4Qen8zbQxHjgLbYm4aIQ","excludeCredentials":[],"pubKeyCredParams":[{"alg":-7,"type":"public-key"},{"alg":-257,"type":"public-key"}],"rp":{"id":"localhost","name":"localhost"},"timeout":60000,"user":{"displayName":"ana","id":"ZDg3Y2RlMTctODc2YS03MDE1LWNmMjYtM2U1MTc3NmZiNzVm","name":"ana"}}"#;
const QR: &str = r#"<svg viewBox="0 0 6 6"><path d="M0 0h2v2h-2zM4 0h2v2h-2zM0 4h2v2h-2zM3 3h1v1h-1zM4 5h2v1h-2z"/></svg>"#;

/// Attributes that a sign-up can require, and one that it cannot.
const ATTRIBUTES: [&str; 18] = [
    "address",
    "birthdate",
    "email",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
    "custom:team",
];

fn sign_ups(make: Make<'_>) -> Vec<(&'static str, Page)> {
    let sign_up = |names: &[&str], has_username, needs_password, terms| Page::SignUp {
        has_username,
        fields: names
            .iter()
            .map(|name| field(make, name, "", "String"))
            .collect(),
        needs_password,
        policy: POLICY,
        terms,
    };
    let terms = Terms {
        terms_of_use: make("https://example.com/terms"),
        privacy_policy: make("https://example.com/privacy"),
    };
    vec![
        (
            "sign_up",
            sign_up(&["email", "given_name"], true, true, Some(terms)),
        ),
        ("sign_up_all", sign_up(&ATTRIBUTES, false, false, None)),
        (
            "confirm",
            Page::Confirm {
                username: make("ana"),
                destination: Some(make("a***@e***")),
                session: Some(make("AYABeFsession")),
            },
        ),
        (
            "confirm_by_link",
            Page::ConfirmByLink {
                username: make("ana"),
                destination: Some(make("a***@e***")),
            },
        ),
        (
            "confirm_unknown",
            Page::Confirm {
                username: String::new(),
                destination: None,
                session: None,
            },
        ),
    ]
}

fn passwords(make: Make<'_>) -> Vec<(&'static str, Page)> {
    let forgot = |label| Page::Forgot {
        label,
        username: make("ana"),
    };
    vec![
        ("forgot", forgot(NameLabel::Username)),
        ("forgot_email", forgot(NameLabel::Email)),
        ("forgot_phone", forgot(NameLabel::Phone)),
        ("forgot_either", forgot(NameLabel::EmailOrPhone)),
        (
            "confirm_forgot",
            Page::ConfirmForgot {
                username: make("ana"),
                destination: Some(make("a***@e***")),
                policy: POLICY,
            },
        ),
    ]
}

fn others(make: Make<'_>) -> Vec<(&'static str, Page)> {
    let account = |sub: &str, email: &str, name: &str| Account {
        sub: make(sub),
        email: make(email),
        name: make(name),
    };
    vec![
        (
            "add_passkey",
            Page::AddPasskey {
                options: make(CREATION),
                skip: make("https://app.example.com/"),
            },
        ),
        (
            "choose_account",
            Page::ChooseAccount {
                account: make("ana@example.com"),
                resume: make("/oauth2/authorize?client_id=3k8"),
                other: make("/logout?client_id=3k8"),
            },
        ),
        (
            "provider",
            Page::Provider {
                provider: make("Google"),
                action: make("/_emulator/providers/Google?state=H4sI"),
                accounts: vec![
                    account("1029", "ana@example.com", "Ana Lima"),
                    account("2030", "", ""),
                ],
                hint: make("new@example.com"),
            },
        ),
        (
            "message",
            Page::Message {
                heading: Text::Key("message.confirmed"),
                text: Text::Plain(make("An error was encountered with the requested page.")),
                link: Some((make("/login?client_id=3k8"), Text::Key("message.done"))),
            },
        ),
    ]
}
