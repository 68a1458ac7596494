//! Threat protection of sign-ins at pages.

use serde_json::{Value, json};

use crate::testing::browser::{Browser, Shown};
use crate::testing::{Fixture, PASSWORD};
use crate::wire::web::Request;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";

fn fixture() -> Fixture {
    let pool = json!({
        "UserPoolTier": "PLUS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" },
    });
    Fixture::with_site(pool, json!({}))
}

/// Signs in from `address`.
fn sign_in(fixture: &Fixture, address: &str, password: &str) -> Shown {
    let mut browser = Browser::new();
    let login = browser.get(fixture, fixture.get("authorize")).location();
    browser.get(fixture, &login);
    let csrf = browser.cookie("XSRF-TOKEN").to_owned();
    let path = login.strip_prefix("http://localhost:9229").unwrap();
    let form = format!("_csrf={csrf}&username=ana&password={password}&cognitoAsfData=");
    let mut request = Request::new("POST", path).with_form(&form);
    request.peer = Some(address.to_owned());
    request.user_agent = Some(AGENT.to_owned());
    browser.send(fixture, request)
}

fn events(fixture: &mut Fixture, username: &str) -> Vec<Value> {
    let user = json!({ "UserPoolId": fixture.get("pool"), "Username": username });
    let listed = fixture.must("AdminListUserAuthEvents", user);
    listed["AuthEvents"].as_array().unwrap().clone()
}

/// Sign-ins at pages are events, with the address and the browser of the user.
#[test]
fn sign_ins_at_pages_are_events() {
    let mut fixture = fixture();
    sign_in(&fixture, "192.0.2.7", "wrong");
    assert!(
        sign_in(&fixture, "192.0.2.7", PASSWORD)
            .parameter("code")
            .is_some()
    );
    let shown = events(&mut fixture, "ana");
    let facts = |event: &Value| {
        json!([
            event["EventType"],
            event["EventResponse"],
            event["ChallengeResponses"],
            event["EventContextData"],
            event["EventRisk"]["RiskDecision"],
        ])
    };
    let context = json!({ "IpAddress": "192.0.2.7", "DeviceName": "Firefox 127, Linux" });
    let password =
        |result: &str| json!([{ "ChallengeName": "Password", "ChallengeResponse": result }]);
    let shown: Vec<Value> = shown.iter().map(facts).collect();
    assert_eq!(
        shown,
        [
            json!(["SignIn", "Pass", password("Success"), context, "NoRisk"]),
            json!(["SignIn", "Fail", password("Failure"), context, "NoRisk"]),
        ]
    );
}

/// A blocked address sees the error of the API on the page, and does not sign in.
#[test]
fn a_blocked_address_does_not_sign_in_at_a_page() {
    let mut fixture = fixture();
    let blocked = json!({
        "UserPoolId": fixture.get("pool"),
        "RiskExceptionConfiguration": { "BlockedIPRangeList": ["192.0.2.0/24"] },
    });
    fixture.must("SetRiskConfiguration", blocked);
    let shown = sign_in(&fixture, "192.0.2.7", PASSWORD);
    let refused = "200 Request not allowed due to security reasons.";
    assert_eq!(shown.to_string(), refused);
    let event = &events(&mut fixture, "ana")[0];
    assert_eq!(event["EventRisk"]["RiskDecision"], "Block");
    assert!(
        sign_in(&fixture, "198.51.100.7", PASSWORD)
            .parameter("code")
            .is_some()
    );
}

/// Threat protection is not for federated sign-ins (developer guide, "Advanced security with threat
/// protection").
#[test]
fn a_federated_sign_in_is_no_event() {
    let mut fixture = fixture();
    let google = json!({
        "UserPoolId": fixture.get("pool"), "ProviderName": "Google", "ProviderType": "Google",
        "ProviderDetails": { "client_id": "c", "client_secret": "s", "authorize_scopes": "openid" },
        "AttributeMapping": { "email": "email" },
    });
    fixture.must("CreateIdentityProvider", google);
    let client = json!({
        "UserPoolId": fixture.get("pool"), "ClientId": fixture.get("client"),
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"], "CallbackURLs": [crate::testing::browser::CALLBACK],
        "SupportedIdentityProviders": ["COGNITO", "Google"],
    });
    fixture.must("UpdateUserPoolClient", client);
    let hint = format!(
        "{}&identity_provider=Google&login_hint=eva@example.com",
        fixture.get("authorize")
    );
    let mut browser = Browser::new();
    let mut shown = browser.get(&fixture, &hint);
    while shown.location().starts_with("http://localhost:9229") {
        shown = browser.get(&fixture, &shown.location());
    }
    assert!(shown.parameter("code").is_some(), "{shown}");
    let users = fixture.must("ListUsers", json!({ "UserPoolId": fixture.get("pool") }));
    let users = users["Users"].as_array().unwrap().iter();
    let mut external = users.filter(|user| user["UserStatus"] == "EXTERNAL_PROVIDER");
    let username = external.next().unwrap()["Username"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(events(&mut fixture, &username), Vec::<Value>::new());
}
