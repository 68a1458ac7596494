//! Levels of authentication of users of a provider, by `AcrMapping` (O43).

use serde_json::{Value, json};

use super::{authorize, fixture, follow, id_claims};
use crate::testing::Fixture;
use crate::testing::browser::{Browser, Shown};

/// A pool with an OIDC provider whose levels are `bronze` and `gold`.
fn mapped() -> Fixture {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mapping = json!({
        "UserPoolId": fixture.get("pool"), "ProviderName": "Corp",
        "AcrMapping": { "Level1": "bronze", "Level3": "gold" },
    });
    fixture.must("UpdateIdentityProvider", mapping);
    fixture
}

/// Signs in at the page of the provider with `claims`, for an app that asks for levels.
fn sign_in(browser: &mut Browser, fixture: &Fixture, claims: &str) -> Shown {
    let levels = "urn:cognito:loa:4+urn:cognito:loa:3+urn:cognito:loa:1";
    let start = format!("{}&acr_values={levels}", authorize(fixture, "Corp"));
    let shown = browser.get(fixture, &start);
    // The levels that have a name at the provider.
    assert_eq!(
        shown.parameter("acr_values").as_deref(),
        Some("gold bronze")
    );
    let page = shown.location();
    browser.get(fixture, &page);
    let fields = [("sub", "eva"), ("claims", claims)];
    let shown = browser.post(fixture, &page, &fields);
    follow(browser, fixture, shown)
}

/// The provider's level is translated, one that is not mapped counts as the lowest, and only known
/// methods are taken over.
#[test]
fn levels_of_a_provider() {
    for (claims, acr, amr) in [
        (
            r#"{"acr":"gold","amr":["pwd","face","mfa"]}"#,
            json!("urn:cognito:loa:3"),
            json!(["pwd", "mfa"]),
        ),
        (
            r#"{"acr":"silver"}"#,
            json!("urn:cognito:loa:1"),
            json!(["fed"]),
        ),
        ("{}", Value::Null, json!(["fed"])),
    ] {
        let fixture = mapped();
        let shown = sign_in(&mut Browser::new(), &fixture, claims);
        let given = id_claims(&fixture, &shown);
        assert_eq!(given["acr"], acr, "{claims}");
        assert_eq!(given["amr"], amr, "{claims}");
    }
}

/// A session whose level is too low leads to the provider again, not to a factor of the pool.
#[test]
fn only_the_provider_asks_for_more() {
    let fixture = mapped();
    let mut browser = Browser::new();
    sign_in(&mut browser, &fixture, r#"{"acr":"bronze","amr":["pwd"]}"#);
    let ask = |level: &str| {
        format!(
            "{}&acr_values=urn:cognito:loa:{level}",
            authorize(&fixture, "Corp")
        )
    };
    let enough = browser.get(&fixture, &ask("1"));
    assert!(enough.parameter("code").is_some(), "{enough}");
    let more = browser.get(&fixture, &ask("3"));
    assert!(more.location().contains("/provider/sign-in?"), "{more}");
    let login = format!("{}&acr_values=urn:cognito:loa:3", fixture.get("authorize"));
    let login = browser.get(&fixture, &login).location();
    let page = browser.get(&fixture, &login).text();
    assert!(
        !page.contains("name=\"code\""),
        "no factor of the pool is asked for"
    );
}
