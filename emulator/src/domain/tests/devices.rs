//! Browsers that are remembered as devices (O109).

use serde_json::{Value, json};

use super::{give_code, give_password, last_code};
use crate::state::mfa::Factor;
use crate::testing::Fixture;
use crate::testing::browser::Browser;

/// A pool that asks for a code by SMS and tracks devices with `settings`.
fn fixture(settings: Value) -> Fixture {
    let pool = json!({ "DeviceConfiguration": settings });
    let mut fixture = Fixture::with_site(pool, json!({})).and_mfa("ON", &[Factor::SmsMfa]);
    let phone = json!([{ "Name": "phone_number", "Value": "+12065559934" }]);
    let user =
        json!({ "UserPoolId": fixture.get("pool"), "Username": "ana", "UserAttributes": phone });
    fixture.must("AdminUpdateUserAttributes", user);
    fixture
}

/// Signs in with the password, and with the code if it is asked for. Returns whether it was.
fn sign_in(browser: &mut Browser, fixture: &mut Fixture) -> bool {
    // The session of the browser is too old for the request.
    fixture.run("advance 100");
    let authorize = format!("{}&max_age=0", fixture.get("authorize"));
    let (login, mut shown) = give_password(browser, fixture, &authorize);
    let is_asked = shown.parameter("code").is_none();
    if is_asked {
        let code = last_code(fixture);
        shown = give_code(browser, fixture, &login, &shown, &code);
    }
    assert!(shown.parameter("code").is_some(), "{shown}");
    is_asked
}

fn devices(fixture: &mut Fixture) -> Vec<Value> {
    let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana" });
    let listed = fixture.must("AdminListDevices", user);
    listed["Devices"].as_array().unwrap().clone()
}

/// With the challenge for new devices only, a browser that has signed in needs no code again, until
/// the device is forgotten.
#[test]
fn a_remembered_browser_needs_no_second_factor() {
    let mut fixture = fixture(json!({
        "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false,
    }));
    let mut browser = Browser::new();
    assert!(sign_in(&mut browser, &mut fixture));
    assert!(!sign_in(&mut browser, &mut fixture));
    let known = devices(&mut fixture);
    assert_eq!(known.len(), 1, "{known:?}");
    assert_ne!(
        known[0]["DeviceLastAuthenticatedDate"],
        known[0]["DeviceCreateDate"]
    );
    assert!(
        sign_in(&mut Browser::new(), &mut fixture),
        "another browser"
    );
    let mut forged = Browser::new();
    let name = format!("device.{}", fixture.get("pool"));
    forged.set_cookie(&name, known[0]["DeviceKey"].as_str().unwrap());
    assert!(
        sign_in(&mut forged, &mut fixture),
        "the key is not the secret"
    );
    let key = &known[0]["DeviceKey"];
    let device = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana", "DeviceKey": key });
    for (status, is_asked) in [("not_remembered", true), ("remembered", false)] {
        let mut changed = device.clone();
        changed["DeviceRememberedStatus"] = json!(status);
        fixture.must("AdminUpdateDeviceStatus", changed);
        // A copy of the cookies: a sign-in with a code remembers the browser again.
        assert_eq!(
            sign_in(&mut browser.clone(), &mut fixture),
            is_asked,
            "{status}"
        );
    }
    fixture.must("AdminForgetDevice", device);
    assert!(sign_in(&mut browser, &mut fixture), "a forgotten device");
}

/// The device of one user does not replace the factor of another.
#[test]
fn a_device_is_of_one_user() {
    let mut fixture = fixture(json!({ "ChallengeRequiredOnNewDevice": true }));
    let mut browser = Browser::new();
    sign_in(&mut browser, &mut fixture);
    fixture = fixture.and_verified_user("ben");
    let phone = json!([{ "Name": "phone_number", "Value": "+12065559935" }]);
    let user =
        json!({ "UserPoolId": fixture.get("pool"), "Username": "ben", "UserAttributes": phone });
    fixture.must("AdminUpdateUserAttributes", user);
    fixture.run("advance 100");
    let login = browser
        .get(&fixture, &format!("{}&max_age=0", fixture.get("authorize")))
        .location();
    browser.get(&fixture, &login);
    let fields = [("username", "ben"), ("password", crate::testing::PASSWORD)];
    let page = browser.post(&fixture, &login, &fields);
    assert_eq!(page.field("challenge"), "SMS_MFA");
}

/// Devices are tracked without replacing the factor, or not at all: pages do not offer the choice
/// that such a pool leaves to users.
#[test]
fn other_settings_keep_the_second_factor() {
    for (settings, count) in [
        (json!({ "ChallengeRequiredOnNewDevice": false }), 1),
        (
            json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true }),
            0,
        ),
        (json!({}), 0),
    ] {
        let mut fixture = fixture(settings.clone());
        let mut browser = Browser::new();
        for _ in 0..2 {
            assert!(sign_in(&mut browser, &mut fixture), "{settings}");
        }
        if count > 0 {
            assert_eq!(devices(&mut fixture).len(), count, "{settings}");
        }
        let cookie = format!("device.{}", fixture.get("pool"));
        assert_eq!(!browser.cookie(&cookie).is_empty(), count > 0, "{settings}");
    }
}
