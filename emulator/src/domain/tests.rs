//! Tests of sign-ins that pass several endpoints.

mod devices;
mod hostile;
mod step_up;
mod threat;

use serde_json::Value;

use crate::auth::jwt;
use crate::testing::browser::{Browser, CALLBACK, Shown, form};
use crate::testing::{Fixture, PASSWORD};

/// Signs `ana` in with the password, up to the next page or the app.
fn give_password(browser: &mut Browser, fixture: &Fixture, authorize: &str) -> (String, Shown) {
    let login = browser.get(fixture, authorize).location();
    browser.get(fixture, &login);
    let fields = [("username", "ana"), ("password", PASSWORD)];
    let shown = browser.post(fixture, &login, &fields);
    (login, shown)
}

/// Answers the challenge of `page` with `code`.
fn give_code(
    browser: &mut Browser,
    fixture: &Fixture,
    login: &str,
    page: &Shown,
    code: &str,
) -> Shown {
    let hidden = ["challenge", "session", "username"].map(|name| (name, page.field(name)));
    let mut fields: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fields.push(("code", code));
    browser.post(fixture, login, &fields)
}

/// The claims of the ID token and the access token for the code in `shown`, and the refresh token.
fn exchanged(fixture: &Fixture, shown: &Shown) -> [Value; 3] {
    let code = shown.parameter("code").unwrap_or_else(|| panic!("{shown}"));
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", fixture.get("client")),
        ("redirect_uri", CALLBACK),
        ("code", &code),
    ];
    tokens(&form(fixture, "/oauth2/token", &fields).1)
}

/// The claims of the tokens in a response of the token endpoint.
fn tokens(body: &Value) -> [Value; 3] {
    let claims = |name: &str| {
        let token = body[name].as_str().unwrap_or_else(|| panic!("{body}"));
        Value::Object(jwt::decode(token).unwrap().claims)
    };
    [
        claims("id_token"),
        claims("access_token"),
        body["refresh_token"].clone(),
    ]
}

/// The code in the latest message.
fn last_code(fixture: &Fixture) -> String {
    let outbox = fixture.emulator().world().courier.outbox();
    outbox.last().unwrap().code.clone()
}
