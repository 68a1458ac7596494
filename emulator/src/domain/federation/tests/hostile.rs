//! Hostile returns: replay, other browsers, other providers, and forged states.

use serde_json::json;

use super::{BASE, add, authorize, details, enable, fixture, follow};
use crate::testing::Fixture;
use crate::testing::browser::{Browser, CALLBACK};
use crate::wire::web::Request;

/// The URL at which the provider returns, in a browser that signed in there.
fn returned(browser: &mut Browser, fixture: &Fixture, name: &str) -> String {
    let url = format!("{}&login_hint=ana", authorize(fixture, name));
    let page = browser.get(fixture, &url).location();
    browser.get(fixture, &page).location()
}

const LOST: &str = "302 http://localhost:9229/error?error=invalid_request";

/// A return counts once.
#[test]
fn replay() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = returned(&mut browser, &fixture, "Corp");
    let csrf = browser.cookie("csrf-state").to_owned();
    assert!(browser.get(&fixture, &url).parameter("code").is_some());
    browser.set_cookie("csrf-state", &csrf);
    assert_eq!(browser.get(&fixture, &url).to_string(), LOST);
}

/// The return of another browser, as when an attacker sends a link with their own sign-in.
#[test]
fn other_browsers() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = returned(&mut browser, &fixture, "Corp");
    let mut victim = Browser::new();
    assert_eq!(victim.get(&fixture, &url).to_string(), LOST);
    // Also one that has started a sign-in of its own.
    returned(&mut victim, &fixture, "Corp");
    assert_eq!(victim.get(&fixture, &url).to_string(), LOST);
    assert_eq!(
        victim
            .get(&fixture, &authorize(&fixture, "Corp"))
            .parameter("code"),
        None
    );
    // The first browser's sign-in still waits.
    assert!(browser.get(&fixture, &url).parameter("code").is_some());
}

/// A return after five minutes.
#[test]
fn expiry() {
    for (seconds, signs_in) in [("299", true), ("300", false)] {
        let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
        let mut browser = Browser::new();
        let url = format!("{}&login_hint=ana", authorize(&fixture, "Corp"));
        let page = browser.get(&fixture, &url).location();
        fixture.run(&format!("advance {seconds}"));
        let shown = browser.get(&fixture, &page);
        assert_eq!(
            follow(&mut browser, &fixture, shown)
                .parameter("code")
                .is_some(),
            signs_in
        );
    }
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = returned(&mut browser, &fixture, "Corp");
    fixture.run("advance 300");
    assert_eq!(browser.get(&fixture, &url).to_string(), LOST);
}

/// States that no sign-in has.
#[test]
fn forged_states() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = returned(&mut browser, &fixture, "Corp");
    let (_, state) = url.split_once("state=").unwrap();
    let (first, _) = state.split_once('.').unwrap();
    let other = format!("{first}.H4sIAAAAAAAAA.4");
    for state in ["", "x", "H4sI.H4sI.4", &other, first] {
        for path in ["/oauth2/idpresponse", "/provider/sign-in"] {
            let shown = browser.get(&fixture, &format!("{path}?code=x&state={state}"));
            let expected = if path.starts_with("/provider") {
                "400 Something went wrong"
            } else {
                LOST
            };
            assert_eq!(shown.to_string(), expected, "{path} {state}");
        }
    }
    assert_eq!(
        browser.get(&fixture, "/oauth2/idpresponse").to_string(),
        LOST
    );
}

/// A code of a provider is of no use at another, and counts once.
#[test]
fn codes_of_other_providers() {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    add(
        &mut fixture,
        "Google",
        "Google",
        details("Google"),
        json!({}),
    );
    enable(&mut fixture, &["Corp", "Google"], json!({}));
    let mut browser = Browser::new();
    let corp = returned(&mut browser, &fixture, "Corp");
    let google = returned(&mut browser, &fixture, "Google");
    let (start, state) = google.split_once("&state=").unwrap();
    let (_, code) = corp.split_once("code=").unwrap();
    let code = code.split('&').next().unwrap();
    let (start, _) = start.split_once("code=").unwrap();
    let mixed = format!("{start}code={code}&state={state}");
    assert_eq!(
        browser.get(&fixture, &mixed).location(),
        format!(
            "{CALLBACK}?error_description=Google+Error+-+400+invalid_grant&state=S\
             &error=invalid_request"
        )
    );
}

/// A code of a provider counts once. This provider sends no ID token, whose nonce would differ.
#[test]
fn a_code_of_a_provider_counts_once() {
    let fixture = fixture(json!({}), "Facebook", "Facebook", json!({}));
    let mut browser = Browser::new();
    let first = returned(&mut browser, &fixture, "Facebook");
    assert!(browser.get(&fixture, &first).parameter("code").is_some());
    let (_, code) = first.split_once("code=").unwrap();
    let code = code.split('&').next().unwrap();
    let mut browser = Browser::new();
    let second = returned(&mut browser, &fixture, "Facebook");
    let (_, state) = second.split_once("state=").unwrap();
    let url = format!("/oauth2/idpresponse?code={code}&state={state}");
    let shown = browser.get(&fixture, &url);
    assert!(shown.location().contains("400+invalid_grant"), "{shown}");
}

/// The page of a simulated provider returns to the user pool only.
#[test]
fn redirect_uri_of_the_simulated_provider() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = format!("{}&login_hint=ana", authorize(&fixture, "Corp"));
    let page = browser.get(&fixture, &url).location();
    let page = page.replace(
        "redirect_uri=http%3A%2F%2Flocalhost%3A9229%2Foauth2%2Fidpresponse",
        "redirect_uri=https%3A%2F%2Fevil.example",
    );
    assert!(page.contains("evil.example"));
    let shown = browser.get(&fixture, &page);
    assert!(
        shown
            .location()
            .starts_with(&format!("{BASE}/oauth2/idpresponse?code="))
    );
}

/// The form of the page needs the value of the cookie.
#[test]
fn forms_of_other_sites() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let page = browser
        .get(&fixture, &authorize(&fixture, "Corp"))
        .location();
    let path = page.strip_prefix(BASE).unwrap();
    for forged in ["sub=mallory", "_csrf=x&sub=mallory"] {
        let request = Request::new("POST", path).with_form(forged);
        assert_eq!(
            browser.send(&fixture, request).to_string(),
            "200 Something went wrong"
        );
    }
}

/// A provider that is disabled for the client while its user signs in.
#[test]
fn providers_that_are_disabled_meanwhile() {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = returned(&mut browser, &fixture, "Corp");
    enable(&mut fixture, &["COGNITO"], json!({}));
    assert_eq!(
        browser.get(&fixture, &url).to_string(),
        "400 Login option is not available. Please try another one"
    );
}

/// An identifier that another provider has got while the user signs in.
#[test]
fn a_return_for_another_provider_is_refused() {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    add(&mut fixture, "Eve", "OIDC", details("OIDC"), json!({}));
    enable(&mut fixture, &["Corp", "Eve"], json!({}));
    let identify = |fixture: &mut Fixture, name: &str, identifiers: serde_json::Value| {
        let provider = json!({
            "UserPoolId": fixture.get("pool"), "ProviderName": name, "IdpIdentifiers": identifiers,
        });
        fixture.must("UpdateIdentityProvider", provider);
    };
    identify(&mut fixture, "Corp", json!(["corp.example"]));
    let mut browser = Browser::new();
    let start = format!("{}&idp_identifier=corp.example", fixture.get("authorize"));
    let page = browser
        .get(&fixture, &format!("{start}&login_hint=ana"))
        .location();
    let url = browser.get(&fixture, &page).location();
    identify(&mut fixture, "Corp", json!([]));
    identify(&mut fixture, "Eve", json!(["corp.example"]));
    assert_eq!(browser.get(&fixture, &url).to_string(), LOST);
}

/// Apple returns by a form.
#[test]
fn return_by_a_form() {
    let fixture = fixture(json!({}), "SignInWithApple", "SignInWithApple", json!({}));
    let mut browser = Browser::new();
    let url = returned(&mut browser, &fixture, "SignInWithApple");
    let (path, query) = url.strip_prefix(BASE).unwrap().split_once('?').unwrap();
    let shown = browser.send(&fixture, Request::new("POST", path).with_form(query));
    assert!(shown.parameter("code").is_some(), "{shown}");
}

/// The journal has no code and no state of a return.
#[test]
fn secrets_in_the_journal() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = returned(&mut browser, &fixture, "Corp");
    let request = Request::new("GET", url.strip_prefix(BASE).unwrap());
    let shown = crate::domain::params::described(&request);
    assert_eq!(shown["query"], json!({ "code": "***", "state": "***" }));
}
