//! Levels of authentication that an app asks for with `acr_values` (O43).

use serde_json::{Value, json};

use super::{exchanged, give_code, give_password, last_code, tokens};
use crate::auth::totp::Secret;
use crate::state::mfa::Totp;
use crate::testing::Fixture;
use crate::testing::browser::{Browser, form};

/// The pool's user `ana` has a verified address and, with `totp`, an authenticator app. MFA is off.
fn fixture(pool: Value, client: Value, totp: bool) -> (Fixture, Secret) {
    let fixture = Fixture::with_managed_site(pool, client);
    let secret = Secret::new(&fixture.emulator().world().chance);
    if totp {
        let handle = fixture.pool_handle();
        let mut pool = handle.write();
        let id = pool.find("ana").unwrap();
        pool.users.edit_unindexed(id, |user| {
            user.mfa.totp = Some(Box::new(Totp {
                secret,
                verified: true,
                last_step: None,
                device_name: None,
            }));
        });
    }
    (fixture, secret)
}

/// The authorization request with `acr_values` and `more`.
fn asks(fixture: &Fixture, levels: &str, more: &str) -> String {
    let levels = levels.replace(' ', "+");
    format!("{}&acr_values={levels}{more}", fixture.get("authorize"))
}

fn names(levels: &str) -> String {
    let names = levels
        .split(' ')
        .map(|level| format!("urn:cognito:loa:{level}"));
    names.collect::<Vec<_>>().join(" ")
}

/// `acr` and `amr` of both tokens, which are equal.
fn strength([id, access, _]: &[Value; 3]) -> String {
    assert_eq!(id["acr"], access["acr"]);
    assert_eq!(id["amr"], access["amr"]);
    format!("{} {}", id["acr"], id["amr"])
}

#[test]
fn a_sign_in_without_levels_has_no_claims() {
    let (fixture, _) = fixture(json!({}), json!({}), true);
    let (_, shown) = give_password(&mut Browser::new(), &fixture, fixture.get("authorize"));
    let [id, access, _] = exchanged(&fixture, &shown);
    for claims in [id, access] {
        assert_eq!(claims.get("acr"), None, "{claims}");
        assert_eq!(claims.get("amr"), None, "{claims}");
    }
}

/// The first level that the user can reach decides. Refreshed tokens keep the claims.
#[test]
fn the_first_possible_level_is_reached() {
    let (mut with_app, secret) = fixture(json!({}), json!({}), true);
    let authorize = asks(&with_app, &names("4"), "");
    let mut browser = Browser::new();
    let (login, page) = give_password(&mut browser, &with_app, &authorize);
    assert_eq!(page.field("challenge"), "SOFTWARE_TOKEN_MFA");
    let code = secret.password_at(with_app.emulator().world().now());
    let shown = give_code(&mut browser, &with_app, &login, &page, &code);
    let given = exchanged(&with_app, &shown);
    let four = r#""urn:cognito:loa:4" ["pwd","otp","mfa"]"#;
    assert_eq!(strength(&given), four);
    with_app.run("advance 60");
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", with_app.get("client")),
        ("refresh_token", given[2].as_str().unwrap()),
    ];
    let (_, refreshed) = form(&with_app, "/oauth2/token", &fields);
    assert_eq!(strength(&tokens(&refreshed)), four);

    let (without, _) = fixture(json!({}), json!({}), false);
    for (levels, medium, expected) in [
        ("4 1", "", r#""urn:cognito:loa:1" ["pwd"]"#),
        ("1 4", "", r#""urn:cognito:loa:1" ["pwd"]"#),
        (
            "4 3 1",
            "EMAIL_OTP",
            r#""urn:cognito:loa:3" ["pwd","email_otp","mfa"]"#,
        ),
        (
            "2",
            "EMAIL_OTP",
            r#""urn:cognito:loa:3" ["pwd","email_otp","mfa"]"#,
        ),
    ] {
        let mut browser = Browser::new();
        let authorize = asks(&without, &format!("urn:unknown {}", names(levels)), "");
        let (login, mut shown) = give_password(&mut browser, &without, &authorize);
        if !medium.is_empty() {
            assert_eq!(shown.field("challenge"), medium, "{levels}");
            let code = last_code(&without);
            shown = give_code(&mut browser, &without, &login, &shown, &code);
        }
        assert_eq!(strength(&exchanged(&without, &shown)), expected, "{levels}");
    }
}

/// The user sets up no factor for this, and values that name no level are refused if all are such.
#[test]
fn levels_that_cannot_be_reached() {
    let (fixture, _) = fixture(json!({}), json!({}), false);
    let (_, shown) = give_password(
        &mut Browser::new(),
        &fixture,
        &asks(&fixture, &names("4"), ""),
    );
    let unmet = "302 https://app.example/cb?state=S&error=unmet_authentication_requirements";
    assert_eq!(shown.to_string(), unmet);
    let unknown = Browser::new().get(&fixture, &asks(&fixture, "urn:unknown", ""));
    let refused = "302 https://app.example/cb?state=S&error=invalid_request";
    assert_eq!(unknown.to_string(), refused);
}

/// The Lite plan ignores the parameter.
#[test]
fn the_lite_plan_has_no_levels() {
    let fixture = Fixture::with_site(json!({ "UserPoolTier": "LITE" }), json!({}));
    let authorize = asks(&fixture, &names("4"), "");
    let (_, shown) = give_password(&mut Browser::new(), &fixture, &authorize);
    assert_eq!(exchanged(&fixture, &shown)[0].get("acr"), None);
}

/// A signed-in browser is asked for the missing factor only, and for everything after `max_age`.
#[test]
fn a_signed_in_browser_steps_up() {
    let (mut fixture, secret) = fixture(json!({}), json!({}), true);
    let mut browser = Browser::new();
    give_password(&mut browser, &fixture, fixture.get("authorize"));
    let code_at = |fixture: &Fixture| secret.password_at(fixture.emulator().world().now());
    // A level that the session has.
    let shown = browser.get(&fixture, &asks(&fixture, &names("1"), ""));
    assert_eq!(
        strength(&exchanged(&fixture, &shown)),
        r#""urn:cognito:loa:1" ["pwd"]"#
    );
    // A higher one.
    let silent = browser.get(&fixture, &asks(&fixture, &names("4"), "&prompt=none"));
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    fixture.run("advance 100");
    let login = browser
        .get(&fixture, &asks(&fixture, &names("4 1"), ""))
        .location();
    let page = browser.get(&fixture, &login);
    assert_eq!(page.field("challenge"), "SOFTWARE_TOKEN_MFA");
    let code = code_at(&fixture);
    let shown = give_code(&mut browser, &fixture, &login, &page, &code);
    let given = exchanged(&fixture, &shown);
    assert_eq!(
        strength(&given),
        r#""urn:cognito:loa:4" ["pwd","otp","mfa"]"#
    );
    // The new session has the level.
    let shown = browser.get(&fixture, &asks(&fixture, &names("4"), "&max_age=10"));
    assert!(shown.parameter("code").is_some(), "{shown}");
    fixture.run("advance 100");
    let login = browser
        .get(&fixture, &asks(&fixture, &names("4"), "&max_age=10"))
        .location();
    let page = browser.get(&fixture, &login).text();
    assert!(
        page.contains("name=\"password\""),
        "the password is asked for again"
    );
}

/// A session with a password and a code is asked for the app only, and keeps its methods.
#[test]
fn a_session_of_two_factors_steps_up() {
    let (mut fixture, secret) = fixture(json!({}), json!({}), true);
    let mut browser = Browser::new();
    let authorize = asks(&fixture, &names("3"), "");
    let (login, page) = give_password(&mut browser, &fixture, &authorize);
    assert_eq!(page.field("challenge"), "EMAIL_OTP");
    let code = last_code(&fixture);
    let shown = give_code(&mut browser, &fixture, &login, &page, &code);
    let three = r#""urn:cognito:loa:3" ["pwd","email_otp","mfa"]"#;
    assert_eq!(strength(&exchanged(&fixture, &shown)), three);
    fixture.run("advance 30");
    let login = browser
        .get(&fixture, &asks(&fixture, &names("4"), ""))
        .location();
    let page = browser.get(&fixture, &login);
    assert_eq!(page.field("challenge"), "SOFTWARE_TOKEN_MFA");
    let code = secret.password_at(fixture.emulator().world().now());
    let shown = give_code(&mut browser, &fixture, &login, &page, &code);
    let four = r#""urn:cognito:loa:4" ["pwd","email_otp","otp","mfa"]"#;
    assert_eq!(strength(&exchanged(&fixture, &shown)), four);
}

/// A factor that the pool requires is asked for in any case; the levels choose among several.
#[test]
fn a_required_factor_stays_required() {
    use crate::state::mfa::Factor;
    let (fixture, secret) = fixture(json!({}), json!({}), true);
    let fixture = fixture.and_mfa("ON", &[Factor::SoftwareTokenMfa, Factor::EmailOtp]);
    for (levels, challenge) in [
        ("1", "SELECT_MFA_TYPE"),
        ("4", "SOFTWARE_TOKEN_MFA"),
        ("3", "EMAIL_OTP"),
    ] {
        let mut browser = Browser::new();
        let (login, page) =
            give_password(&mut browser, &fixture, &asks(&fixture, &names(levels), ""));
        assert_eq!(page.field("challenge"), challenge, "{levels}");
        if levels == "4" {
            let code = secret.password_at(fixture.emulator().world().now());
            let shown = give_code(&mut browser, &fixture, &login, &page, &code);
            assert!(shown.parameter("code").is_some(), "{shown}");
        }
    }
}

/// The pool names its levels. A name that the defaults of others have is refused.
#[test]
fn levels_have_names() {
    let names = json!({ "Level1": { "AcrValue": "https://example.com/low" } });
    let (mut fixture, _) = fixture(json!({ "AcrConfiguration": names }), json!({}), false);
    let pool = json!({ "UserPoolId": fixture.get("pool") });
    let shown = fixture.must("DescribeUserPool", pool);
    let expected = json!({
        "Level1": { "AcrValue": "https://example.com/low" },
        "Level2": { "AcrValue": "urn:cognito:loa:2" },
        "Level3": { "AcrValue": "urn:cognito:loa:3" },
        "Level4": { "AcrValue": "urn:cognito:loa:4" },
    });
    assert_eq!(shown["UserPool"]["AcrConfiguration"], expected);
    let authorize = asks(
        &fixture,
        "urn:cognito:loa:1 https%3A%2F%2Fexample.com%2Flow",
        "",
    );
    let (_, shown) = give_password(&mut Browser::new(), &fixture, &authorize);
    let given = exchanged(&fixture, &shown);
    assert_eq!(strength(&given), r#""https://example.com/low" ["pwd"]"#);
    let taken = json!({ "UserPoolId": fixture.get("pool"),
        "AcrConfiguration": { "Level1": { "AcrValue": "urn:cognito:loa:4" } } });
    let reply = fixture.call("UpdateUserPool", taken).to_string();
    assert_eq!(
        reply,
        "400 InvalidParameterException: The AcrValue urn:cognito:loa:4 is not unique across all levels."
    );
}

/// A first factor without a password has its own level.
#[test]
fn a_code_alone_is_the_second_level() {
    let factors = json!(["PASSWORD", "EMAIL_OTP"]);
    let pool = json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": factors } } });
    let client = json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH"] });
    let (fixture, _) = fixture(pool, client, false);
    for (levels, reached) in [("3 2", true), ("3", false)] {
        let mut browser = Browser::new();
        let login = browser
            .get(&fixture, &asks(&fixture, &names(levels), ""))
            .location();
        browser.get(&fixture, &login);
        let choice = browser.post(&fixture, &login, &[("username", "ana")]);
        let hidden = ["challenge", "session", "username"].map(|name| (name, choice.field(name)));
        let mut fields: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        fields.push(("answer", "EMAIL_OTP"));
        let page = browser.post(&fixture, &login, &fields);
        let shown = give_code(&mut browser, &fixture, &login, &page, &last_code(&fixture));
        if reached {
            let given = exchanged(&fixture, &shown);
            assert_eq!(strength(&given), r#""urn:cognito:loa:2" ["email_otp"]"#);
        } else {
            let error = shown.parameter("error");
            assert_eq!(error.as_deref(), Some("unmet_authentication_requirements"));
        }
    }
}
