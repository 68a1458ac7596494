//! Tests of sign-in through providers: helpers, and round trips with providers that are simulated.

mod errors;
mod external;
mod hostile;
mod levels;
mod saml;
mod users;

use serde_json::{Value, json};

use crate::testing::Fixture;
use crate::testing::browser::{Browser, CALLBACK, Shown, form};
use crate::wire::web::Request;

/// The base URL of the tests.
const BASE: &str = "http://localhost:9229";

/// A pool with a site, and with the provider `name` for its client.
fn fixture(mut pool: Value, name: &str, kind: &str, mapping: Value) -> Fixture {
    if pool.get("UsernameConfiguration").is_none() {
        pool["UsernameConfiguration"] = json!({ "CaseSensitive": false });
    }
    let mut fixture = Fixture::with_site(pool, json!({}));
    add(&mut fixture, name, kind, details(kind), mapping);
    enable(&mut fixture, &[name, "COGNITO"], json!({}));
    fixture
}

/// The connection details of a provider that is simulated.
fn details(kind: &str) -> Value {
    match kind {
        "OIDC" => json!({
            "client_id": "app", "client_secret": "hush", "authorize_scopes": "openid email",
            "oidc_issuer": "https://idp.example", "attributes_request_method": "GET",
        }),
        "SignInWithApple" => json!({
            "client_id": "app", "team_id": "team", "key_id": "key", "private_key": "pem",
            "authorize_scopes": "email name",
        }),
        "SAML" => json!({ "MetadataURL": "https://idp.example/metadata" }),
        _ => json!({
            "client_id": "app", "client_secret": "hush", "authorize_scopes": "email",
        }),
    }
}

fn add(fixture: &mut Fixture, name: &str, kind: &str, details: Value, mapping: Value) {
    let pool = fixture.get("pool").to_owned();
    let provider = json!({
        "UserPoolId": pool, "ProviderName": name, "ProviderType": kind,
        "ProviderDetails": details, "AttributeMapping": mapping,
    });
    fixture.must("CreateIdentityProvider", provider);
}

/// Lets the client use `providers`. `more` has more settings of it.
fn enable(fixture: &mut Fixture, providers: &[&str], more: Value) {
    let mut settings = json!({
        "UserPoolId": fixture.get("pool"), "ClientId": fixture.get("client"),
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthFlows": ["code", "implicit"],
        "AllowedOAuthScopes": ["openid", "email", "profile"],
        "CallbackURLs": [CALLBACK],
        "LogoutURLs": ["https://app.example/out"],
        "SupportedIdentityProviders": providers,
    });
    if let (Value::Object(settings), Value::Object(more)) = (&mut settings, more) {
        settings.extend(more);
    }
    fixture.must("UpdateUserPoolClient", settings);
}

/// The authorization request for the provider `name`.
fn authorize(fixture: &Fixture, name: &str) -> String {
    format!("{}&identity_provider={name}", fixture.get("authorize"))
}

/// Follows redirects and forms that send themselves, to the app or to a page.
fn follow(browser: &mut Browser, fixture: &Fixture, mut shown: Shown) -> Shown {
    for _ in 0..10 {
        let location = shown.location();
        if location.starts_with(BASE) {
            shown = browser.get(fixture, &location);
        } else if shown.text().contains("document.forms[0].submit()") {
            shown = submit(browser, fixture, &shown);
        } else {
            return shown;
        }
    }
    panic!("too many redirects");
}

/// Sends a form that sends itself.
fn submit(browser: &mut Browser, fixture: &Fixture, shown: &Shown) -> Shown {
    let text = shown.text();
    let action = text.split("action=\"").nth(1).unwrap();
    let action = action.split('"').next().unwrap().to_owned();
    let message = if text.contains("SAMLResponse") {
        "SAMLResponse"
    } else {
        "SAMLRequest"
    };
    let (value, state) = (shown.field(message), shown.field("RelayState"));
    let fields = [(message, value.as_str()), ("RelayState", state.as_str())];
    browser.post(fixture, &action, &fields)
}

/// Signs in at the provider `name` with a hint, and returns the response that leads to the app.
fn sign_in(browser: &mut Browser, fixture: &Fixture, name: &str, hint: &str) -> Shown {
    let url = format!("{}&login_hint={hint}", authorize(fixture, name));
    let shown = browser.get(fixture, &url);
    follow(browser, fixture, shown)
}

/// Signs in with the page of the provider `name`. `fields` are those of its form.
fn sign_in_with(fixture: &Fixture, name: &str, fields: &[(&str, &str)]) -> Shown {
    let mut browser = Browser::new();
    let shown = browser.get(fixture, &authorize(fixture, name));
    let page = shown.location();
    browser.get(fixture, &page);
    let shown = browser.post(fixture, &page, fields);
    follow(&mut browser, fixture, shown)
}

/// The claims of the ID token for the code of `shown`.
fn id_claims(fixture: &Fixture, shown: &Shown) -> Value {
    let code = shown.parameter("code").expect("a code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", fixture.get("client")),
        ("redirect_uri", CALLBACK),
        ("code", &code),
    ];
    let (status, body) = form(fixture, "/oauth2/token", &fields);
    assert_eq!(status, 200, "{body}");
    let token = body["id_token"].as_str().expect("an ID token");
    Value::Object(crate::auth::jwt::decode(token).unwrap().claims)
}

/// The user `username` as `AdminGetUser` returns it, with its attributes as an object.
fn user(fixture: &mut Fixture, username: &str) -> Value {
    let input = json!({ "UserPoolId": fixture.get("pool"), "Username": username });
    let mut user = fixture.must("AdminGetUser", input);
    let attributes = user["UserAttributes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let attributes = attributes.into_iter().map(|attribute| {
        let name = attribute["Name"].as_str().unwrap_or_default().to_owned();
        (name, attribute["Value"].clone())
    });
    user["Attributes"] = Value::Object(attributes.collect());
    user
}

/// A full round trip with every type of provider, by `login_hint`.
#[test]
fn every_type_of_provider() {
    for (name, kind, email, issuer) in [
        ("Facebook", "Facebook", "email", Value::Null),
        ("Google", "Google", "email", Value::Null),
        ("LoginWithAmazon", "LoginWithAmazon", "email", Value::Null),
        ("SignInWithApple", "SignInWithApple", "email", Value::Null),
        ("Corp", "OIDC", "mail", Value::Null),
        (
            "Ida",
            "SAML",
            "urn:mail",
            json!("https://idp.example/metadata"),
        ),
    ] {
        let mapping = json!({ "email": email, "given_name": "given_name" });
        let mut fixture = fixture(json!({}), name, kind, mapping);
        let mut browser = Browser::new();
        let shown = sign_in(&mut browser, &fixture, name, "Ana@x.example");
        let to_app = format!("302 {CALLBACK}?code=$code&state=S");
        assert_eq!(shown.to_string(), to_app, "{name}");
        assert_eq!(browser.cookie("csrf-state"), "", "{name}");

        let claims = id_claims(&fixture, &shown);
        let username = format!("{}_ana@x.example", name.to_lowercase());
        let user = user(&mut fixture, &username);
        assert_eq!(user["UserStatus"], "EXTERNAL_PROVIDER", "{name}");
        assert_eq!(user["Username"], username);
        assert_eq!(user["Attributes"]["email"], "Ana@x.example");
        assert_eq!(user["Attributes"]["email_verified"], "false", "{name}");
        let entries = &user["Attributes"]["identities"];
        let entries: Value = serde_json::from_str(entries.as_str().unwrap()).unwrap();
        let entry = json!({
            "userId": "Ana@x.example", "providerName": name, "providerType": kind,
            "issuer": issuer, "primary": true, "dateCreated": 1_700_000_000_000_i64,
        });
        assert_eq!(entries, json!([entry]), "{name}");

        let group = format!("{}_{name}", fixture.get("pool"));
        assert_eq!(claims["cognito:groups"], json!([group]), "{name}");
        assert_eq!(claims["cognito:username"], username);
        assert_eq!(claims["identities"][0]["primary"], "true");
        assert_eq!(claims["email"], "Ana@x.example");
        // O38: 128 bytes that the app did not send.
        assert_eq!(claims["nonce"].as_str().map(str::len), Some(171), "{name}");

        // Later, the session signs in without the provider, and without a nonce.
        let again = browser.get(&fixture, &authorize(&fixture, name));
        assert_eq!(again.to_string(), to_app, "{name}");
        assert_eq!(id_claims(&fixture, &again).get("nonce"), None, "{name}");
        // A second sign-in finds the same user.
        let again = sign_in(&mut Browser::new(), &fixture, name, "Ana@x.example");
        assert_eq!(id_claims(&fixture, &again)["sub"], claims["sub"], "{name}");
    }
}

/// The request to the provider: its parameters and their order (O119), and the cookies (O46).
#[test]
fn requests_to_providers() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let url = format!("{}&prompt=none+login", authorize(&fixture, "Corp"));
    let shown = browser.get(&fixture, &url);
    let location = shown.location();
    let (page, query) = location.split_once('?').unwrap();
    assert_eq!(page, format!("{BASE}/provider/sign-in"));
    let names: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    let expected = [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
    ];
    assert_eq!(names, expected);
    assert!(query.starts_with(
        "client_id=app&redirect_uri=http%3A%2F%2Flocalhost%3A9229%2Foauth2%2Fidpresponse&\
         response_type=code&scope=openid+email&state=H4sI"
    ));
    let cookies: Vec<_> = shown
        .0
        .headers
        .iter()
        .filter(|(name, _)| *name == "set-cookie")
        .collect();
    let csrf = browser.cookie("csrf-state");
    assert_eq!(cookies[0].1, format!("csrf-state={csrf}; Path=/; HttpOnly"));
    assert_eq!(
        cookies[1].1,
        format!("csrf-state-legacy={csrf}; Path=/; HttpOnly")
    );
    // The nonce of the app is returned, also if it is the provider's turn.
    let url = format!("{}&nonce=mine&login_hint=ana", authorize(&fixture, "Corp"));
    let shown = browser.get(&fixture, &url);
    let shown = follow(&mut browser, &fixture, shown);
    assert_eq!(id_claims(&fixture, &shown)["nonce"], "mine");
}

/// The page of a provider that is simulated: an account is made, chosen, and refused.
#[test]
fn page_of_a_simulated_provider() {
    let pool = json!({ "Schema": [{ "Name": "team", "AttributeDataType": "String" }] });
    let mapping = json!({
        "email": "email", "email_verified": "email_verified", "given_name": "given_name",
        "name": "name", "custom:team": "groups",
    });
    let mut fixture = fixture(pool, "Google", "Google", mapping);
    let mut browser = Browser::new();
    let page = browser
        .get(&fixture, &authorize(&fixture, "Google"))
        .location();
    let shown = browser.get(&fixture, &page);
    assert_eq!(shown.0.status, 200);
    assert!(shown.text().contains("Google") && !shown.text().contains("name=\"account\""));
    // Wrong forms show the page again.
    let fields = [("sub", " ")];
    let failed = browser.post(&fixture, &page, &fields);
    assert_eq!(failed.to_string(), "200 Enter the subject of the account.");
    let fields = [("sub", "1"), ("claims", "[1]")];
    let failed = browser.post(&fixture, &page, &fields);
    assert_eq!(failed.to_string(), "200 Write the claims as a JSON object.");
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(10_001));
    let fields = [("sub", "1"), ("claims", long.as_str())];
    assert_eq!(
        browser.post(&fixture, &page, &fields).to_string(),
        "200 The claims are too long."
    );
    let fields = [
        ("sub", "1001"),
        ("email", "ana@x.example"),
        ("email_verified", "true"),
        ("given_name", "Ana"),
        ("family_name", "Li"),
        ("claims", r#"{"groups":["a,b","c"]}"#),
    ];
    let shown = browser.post(&fixture, &page, &fields);
    let shown = follow(&mut browser, &fixture, shown);
    assert!(shown.parameter("code").is_some(), "{shown}");
    let made = user(&mut fixture, "google_1001");
    assert_eq!(made["Attributes"]["email_verified"], "true");
    assert_eq!(made["Attributes"]["name"], "Ana Li");
    assert_eq!(made["Attributes"]["custom:team"], "[a%2Cb,c]");

    // The account is offered to the next browser, which chooses it.
    let mut browser = Browser::new();
    let page = browser
        .get(&fixture, &authorize(&fixture, "Google"))
        .location();
    let text = browser.get(&fixture, &page).text();
    assert!(
        text.contains("name=\"account\" value=\"1001\"") && text.contains("Ana Li"),
        "{text}"
    );
    let shown = browser.post(&fixture, &page, &[("account", "1001")]);
    let shown = follow(&mut browser, &fixture, shown);
    let claims = id_claims(&fixture, &shown);
    assert_eq!(claims["cognito:username"], "google_1001");
    // A hint finds it by its address.
    let shown = sign_in(&mut Browser::new(), &fixture, "Google", "ana@x.example");
    assert_eq!(id_claims(&fixture, &shown)["sub"], claims["sub"]);
}

/// Sign-in with another provider than that of the session leads to the provider (O50).
#[test]
fn sessions_belong_to_their_provider() {
    let mut fixture = fixture(json!({}), "Google", "Google", json!({}));
    add(&mut fixture, "Corp", "OIDC", details("OIDC"), json!({}));
    enable(&mut fixture, &["Google", "Corp", "COGNITO"], json!({}));
    let mut browser = Browser::new();
    sign_in(&mut browser, &fixture, "Google", "ana");
    let at = |browser: &mut Browser, query: &str| {
        let url = format!("{}{query}", fixture.get("authorize"));
        let location = browser.get(&fixture, &url).location();
        location.split('?').next().unwrap().to_owned()
    };
    assert_eq!(at(&mut browser, "&identity_provider=Google"), CALLBACK);
    assert_eq!(at(&mut browser, ""), CALLBACK);
    let page = format!("{BASE}/provider/sign-in");
    assert_eq!(at(&mut browser, "&identity_provider=Corp"), page);
    assert_eq!(
        at(&mut browser, "&identity_provider=COGNITO"),
        format!("{BASE}/login")
    );
}

/// The sign-in page has a button for each provider, and a field for the domains of SAML providers
/// (O138).
#[test]
fn sign_in_page() {
    let mut fixture = fixture(json!({}), "Google", "Google", json!({}));
    let pool = fixture.get("pool").to_owned();
    let provider = json!({
        "UserPoolId": pool, "ProviderName": "Ida", "ProviderType": "SAML",
        "ProviderDetails": details("SAML"), "IdpIdentifiers": ["corp.example"],
    });
    fixture.must("CreateIdentityProvider", provider);
    enable(&mut fixture, &["Google", "Ida"], json!({}));
    let mut browser = Browser::new();
    let login = browser.get(&fixture, fixture.get("authorize")).location();
    let text = browser.get(&fixture, &login).text();
    assert!(text.contains("identity_provider=Google"), "{text}");
    assert!(text.contains("name=\"idp_identifier\"") && !text.contains("identity_provider=Ida"));
    // Browsers apply the policy of forms to redirects, which lead to the provider.
    let policy = browser.get(&fixture, &login);
    let policy = policy
        .0
        .header("content-security-policy")
        .unwrap_or_default();
    assert!(
        policy.contains("form-action 'self' https://app.example https:;"),
        "{policy}"
    );
    for address in ["ana@corp.example", "corp.example"] {
        let shown = browser.post(&fixture, &login, &[("idp_identifier", address)]);
        let shown = browser.get(&fixture, &shown.location());
        assert!(
            shown
                .location()
                .starts_with(&format!("{BASE}/provider/sign-in?SAMLRequest="))
        );
    }
    let shown = browser.post(&fixture, &login, &[("idp_identifier", "ana@other.example")]);
    let shown = browser.get(&fixture, &shown.location());
    assert_eq!(
        shown.to_string(),
        "400 Login option is not available. Please try another one"
    );
}

/// Managed login needs a style of the client. The page of a provider does not.
#[test]
fn managed_login_without_a_style() {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let domain = json!({
        "UserPoolId": fixture.get("pool"), "Domain": "login", "ManagedLoginVersion": 2,
    });
    fixture.must("UpdateUserPoolDomain", domain);
    let mut browser = Browser::new();
    let url = format!("{}&prompt=login+none+other", authorize(&fixture, "Corp"));
    let shown = browser.get(&fixture, &url);
    assert_eq!(
        shown.parameter("prompt").as_deref(),
        None,
        "`none` without a session"
    );
    let url = format!("{}&prompt=login+other", authorize(&fixture, "Corp"));
    let page = browser.get(&fixture, &url);
    assert_eq!(page.parameter("prompt").as_deref(), Some("login"));
    assert_eq!(browser.get(&fixture, &page.location()).0.status, 200);
    let shown = browser.post(&fixture, &page.location(), &[("sub", "1")]);
    assert!(
        follow(&mut browser, &fixture, shown)
            .parameter("code")
            .is_some()
    );
}

/// A long request is not kept.
#[test]
fn long_requests() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let start = authorize(&fixture, "Corp");
    let (_, query) = start.split_once('?').unwrap();
    for (length, is_kept) in [(8_192, true), (8_193, false)] {
        let state = "x".repeat(length - query.len() - "&a=".len());
        let shown = Browser::new().get(&fixture, &format!("{start}&a={state}"));
        let location = shown.location();
        assert_eq!(location.starts_with(BASE), is_kept, "{length}");
    }
}

/// Over TLS, the cookie is sent with the form of a provider's page.
#[test]
fn cookies_over_tls() {
    let fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut request = Request::new("GET", &authorize(&fixture, "Corp"));
    request.base = "https://localhost:9229".to_owned();
    let shown = Browser::new().send(&fixture, request);
    let headers = shown.0.headers.iter();
    let cookies: Vec<_> = headers
        .filter(|(_, value)| value.starts_with("csrf-state"))
        .collect();
    assert!(
        cookies[0]
            .1
            .ends_with("; Path=/; Secure; HttpOnly; SameSite=None")
    );
    assert!(
        cookies[1].1.starts_with("csrf-state-legacy=")
            && cookies[1].1.ends_with("; Secure; HttpOnly")
    );
    assert!(
        shown
            .location()
            .starts_with("https://localhost:9229/provider/sign-in?")
    );
}
