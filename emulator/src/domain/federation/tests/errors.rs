//! Errors of federated sign-in, as the app gets them (O139 to O149).

use serde_json::{Value, json};

use super::{authorize, fixture, follow, sign_in, sign_in_with};
use crate::testing::Fixture;
use crate::testing::browser::{Browser, CALLBACK};

/// The query of the app's redirect after a sign-in with `fields`.
fn refused(fixture: &Fixture, name: &str, fields: &[(&str, &str)]) -> String {
    let shown = sign_in_with(fixture, name, fields);
    let location = shown.location();
    let query = location.strip_prefix(CALLBACK).map(ToOwned::to_owned);
    query.unwrap_or_else(|| shown.to_string())
}

fn immutable() -> Value {
    json!({ "Schema": [{ "Name": "email", "Mutable": false }] })
}

/// O139: `attributes required`.
#[test]
fn required_attributes() {
    let pool = json!({ "Schema": [
        { "Name": "given_name", "Required": true }, { "Name": "family_name", "Required": true },
    ] });
    let mapping = json!({ "given_name": "given_name", "family_name": "family_name" });
    let fixture = fixture(pool, "Google", "Google", mapping);
    assert_eq!(
        refused(&fixture, "Google", &[("sub", "1")]),
        "?error_description=attributes+required%3A+%5Bgiven_name%2C+family_name%5D&state=S\
         &error=invalid_request"
    );
    assert_eq!(
        refused(&fixture, "Google", &[("sub", "1"), ("given_name", "Ana")]),
        "?error_description=attributes+required%3A+%5Bfamily_name%5D&state=S&error=invalid_request"
    );
    let fields = [("sub", "1"), ("given_name", "Ana"), ("family_name", "Li")];
    assert!(
        sign_in_with(&fixture, "Google", &fields)
            .parameter("code")
            .is_some()
    );
}

/// O140: an attribute that is not mutable, at the second sign-in.
#[test]
fn immutable_attributes() {
    let fixture = fixture(immutable(), "Google", "Google", json!({ "email": "email" }));
    let fields = [("sub", "1"), ("email", "ana@x.example")];
    assert!(
        sign_in_with(&fixture, "Google", &fields)
            .parameter("code")
            .is_some()
    );
    assert_eq!(
        refused(&fixture, "Google", &fields),
        "?error_description=user.email%3A+Attribute+cannot+be+updated.%0A+&state=S\
         &error=invalid_request"
    );
}

/// A value of more than 2,048 characters (O125).
#[test]
fn long_values() {
    let pool = json!({ "Schema": [{ "Name": "team", "AttributeDataType": "String" }] });
    let fixture = fixture(pool, "Google", "Google", json!({ "custom:team": "groups" }));
    for (length, is_refused) in [(2_048, false), (2_049, true)] {
        let claims = json!({ "groups": "x".repeat(length) }).to_string();
        let query = refused(&fixture, "Google", &[("sub", "1"), ("claims", &claims)]);
        assert_eq!(
            query.contains("error=invalid_request"),
            is_refused,
            "{query}"
        );
    }
}

/// O141, O142: functions that refuse, at each of their places.
#[test]
fn functions() {
    for (kind, prefix, error) in [
        ("OIDC", "", "invalid_request"),
        ("SAML", "Invalid+SAML+response+received%3A+", "server_error"),
    ] {
        for trigger in [
            "InboundFederation",
            "PreSignUp",
            "PostConfirmation",
            "PreAuthentication",
            "PostAuthentication",
        ] {
            let fixture = fixture(json!({}), "Corp", kind, json!({}));
            let is_later = trigger.ends_with("Authentication");
            if is_later {
                sign_in(&mut Browser::new(), &fixture, "Corp", "1");
            }
            let fixture = fixture.and_trigger(trigger, |_| Err("Invalid email domain".to_owned()));
            assert_eq!(
                refused(&fixture, "Corp", &[("sub", "1")]),
                format!(
                    "?error_description={prefix}{trigger}+failed+with+error+Invalid+email+domain.+\
                     &state=S&error={error}"
                ),
            );
        }
    }
}

/// O141, in the fragment for an app that gets tokens.
#[test]
fn errors_of_the_implicit_grant() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let fixture = fixture.and_trigger("PreSignUp", |_| Err("no".to_owned()));
    let url = authorize(&fixture, "Corp").replace("response_type=code", "response_type=token");
    let mut browser = Browser::new();
    let shown = browser.get(&fixture, &format!("{url}&login_hint=1"));
    let shown = follow(&mut browser, &fixture, shown);
    assert_eq!(
        shown.location(),
        format!(
            "{CALLBACK}#error_description=PreSignUp+failed+with+error+no.+&state=S\
             &error=invalid_request"
        )
    );
}

/// O144: a disabled user.
#[test]
fn disabled_users() {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    sign_in(&mut Browser::new(), &fixture, "Corp", "1");
    let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "corp_1" });
    fixture.must("AdminDisableUser", user);
    assert_eq!(
        refused(&fixture, "Corp", &[("sub", "1")]),
        "?error_description=User+is+not+enabled&state=S&error=invalid_request"
    );
}

/// O145: the provider's response has no id.
#[test]
fn missing_ids() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({ "username": "employee" }));
    let fields = [("sub", "1"), ("claims", r#"{"employee":""}"#)];
    assert_eq!(
        refused(&fixture, "Corp", &fields),
        "?error_description=username+attribute+mapping+required&state=S&error=invalid_request"
    );
}

/// O143: a user of the pool has the username.
#[test]
fn usernames_of_local_users() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({})).and_user("Corp_1", json!([]));
    assert_eq!(
        refused(&fixture, "Corp", &[("sub", "1")]),
        "?error_description=Already+found+an+entry+for+username+corp_1&state=S\
         &error=invalid_request"
    );
}

/// O149: the user cancels.
#[test]
fn cancelled() {
    let oidc = fixture(json!({}), "Corp", "OIDC", json!({}));
    assert_eq!(
        refused(&oidc, "Corp", &[("cancel", "true")]),
        "?state=S&error=access_denied"
    );
    let saml = fixture(json!({}), "Ida", "SAML", json!({}));
    assert_eq!(
        refused(&saml, "Ida", &[("cancel", "true")]),
        "?error_description=Invalid+SAML+response+received%3A+SAML+status+is+RequestDenied.+\
         &state=S&error=server_error"
    );
}

/// A provider's error is passed on without characters that are not allowed.
#[test]
fn errors_of_providers_are_cleaned() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let page = browser.get(&fixture, &authorize(&fixture, "Corp"));
    let state = page.parameter("state").unwrap();
    let shown = browser.get(
        &fixture,
        &format!(
            "/oauth2/idpresponse?state={state}&error=a%0d%0ab%22&error_description=%00no+%E2%82%AC"
        ),
    );
    assert_eq!(
        shown.location(),
        format!("{CALLBACK}?error_description=no+&state=S&error=ab")
    );
    let page = browser.get(&fixture, &authorize(&fixture, "Corp"));
    let state = page.parameter("state").unwrap();
    let long = "x".repeat(501);
    let url = format!("/oauth2/idpresponse?state={state}&error={long}&error_description={long}");
    let shown = browser.get(&fixture, &url);
    for name in ["error", "error_description"] {
        assert_eq!(shown.parameter(name).unwrap().len(), 500, "{name}");
    }
}
