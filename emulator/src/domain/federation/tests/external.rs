//! `OpenID` Connect providers on the network, with a transport of the test.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{add, authorize, enable, follow, user};
use crate::auth::jwt;
use crate::auth::keys::{Keyring, SigningKeys};
use crate::testing::Fixture;
use crate::testing::browser::{Browser, CALLBACK};
use crate::world::fetch::{Incoming, NoResponse, Outgoing, Transport};

const ISSUER: &str = "https://idp.real.org";

/// A provider: responses by URL, and the requests that it got.
#[derive(Clone)]
struct Provider {
    keys: Arc<SigningKeys>,
    pages: Arc<Mutex<BTreeMap<String, Result<Incoming, NoResponse>>>>,
    seen: Arc<Mutex<Vec<Outgoing>>>,
    /// The claims of the next ID token. `$nonce` is that of the request.
    claims: Arc<Mutex<Value>>,
}

impl Transport for Provider {
    fn reaches(&self, host: &str, port: u16) -> bool {
        host == "idp.real.org" && port == 443
    }

    fn send(&self, request: &Outgoing) -> Result<Incoming, NoResponse> {
        self.seen.lock().push(request.clone());
        let known = self.pages.lock().get(&request.url).cloned();
        if let Some(page) = known {
            return page;
        }
        if request.url == format!("{ISSUER}/token") {
            let token = jwt::sign(self.keys.id(), &*self.claims.lock());
            return Ok(answer(
                200,
                &json!({ "access_token": "at", "id_token": token }),
            ));
        }
        Ok(answer(404, &json!({})))
    }
}

fn answer(status: u16, body: &Value) -> Incoming {
    Incoming {
        status,
        location: None,
        body: body.to_string().into_bytes(),
    }
}

impl Provider {
    fn new() -> Self {
        // Other keys than those of the pool.
        let keyring = Keyring::default();
        let keys = (0..9).map(|_| keyring.next()).last().unwrap();
        let provider = Self {
            pages: Arc::default(),
            seen: Arc::default(),
            claims: Arc::new(Mutex::new(json!({
                "iss": ISSUER, "aud": "app", "exp": 1_700_000_300, "sub": "1", "email": "id@x.example",
            }))),
            keys,
        };
        provider.serve(
            "/.well-known/openid-configuration",
            200,
            &json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize?a=1"),
                "token_endpoint": format!("{ISSUER}/token"),
                "userinfo_endpoint": "https://api.real.org/me",
                "jwks_uri": format!("{ISSUER}/keys"),
            }),
        );
        provider.serve("/keys", 200, &provider.keys.jwks());
        let me = answer(
            200,
            &json!({ "sub": "1", "email": "info@x.example", "given_name": "Ana" }),
        );
        provider
            .pages
            .lock()
            .insert("https://api.real.org/me".to_owned(), Ok(me));
        provider
    }

    fn serve(&self, path: &str, status: u16, body: &Value) {
        self.pages
            .lock()
            .insert(format!("{ISSUER}{path}"), Ok(answer(status, body)));
    }

    fn fail(&self, path: &str, why: NoResponse) {
        self.pages
            .lock()
            .insert(format!("{ISSUER}{path}"), Err(why));
    }
}

fn fixture(provider: &Provider, more: Value) -> Fixture {
    let mut fixture = Fixture::with_site(json!({}), json!({}));
    let mut details = json!({
        "client_id": "app", "client_secret": "hush&", "authorize_scopes": "openid email",
        "oidc_issuer": ISSUER, "attributes_request_method": "GET",
    });
    if let (Value::Object(details), Value::Object(more)) = (&mut details, more) {
        details.extend(more);
    }
    let mapping = json!({ "email": "email", "given_name": "given_name" });
    add(&mut fixture, "Corp", "OIDC", details, mapping);
    enable(&mut fixture, &["Corp"], json!({}));
    fixture.emulator().world().fetch.set(provider.clone());
    fixture
}

/// Signs in, and returns the query of the app's redirect, or the response of an earlier step.
fn outcome(fixture: &Fixture) -> String {
    let mut browser = Browser::new();
    let start = browser.get(fixture, &authorize(fixture, "Corp"));
    let Some(state) = start.parameter("state").filter(|state| state != "S") else {
        return start.to_string();
    };
    let shown = browser.get(
        fixture,
        &format!("/oauth2/idpresponse?code=c%26&state={state}"),
    );
    let shown = follow(&mut browser, fixture, shown);
    shown.to_string()
}

const SUCCESS: &str = "302 https://app.example/cb?code=$code&state=S";

/// A round trip by discovery. The requests have the forms of O119 and O120.
#[test]
fn by_discovery() {
    let provider = Provider::new();
    let mut fixture = fixture(&provider, json!({}));
    let mut browser = Browser::new();
    let url = format!("{}&login_hint=ana%40x.example", authorize(&fixture, "Corp"));
    let start = browser.get(&fixture, &url);
    let location = start.location();
    assert!(location.starts_with(
        "https://idp.real.org/authorize?a=1&client_id=app&redirect_uri=http%3A%2F%2Flocalhost%3A9229\
         %2Foauth2%2Fidpresponse&response_type=code&scope=openid+email&state=H4sI"
    ));
    assert!(location.ends_with("&login_hint=ana%40x.example"));
    provider.claims.lock()["nonce"] = json!(start.parameter("nonce").unwrap());
    let state = start.parameter("state").unwrap();
    provider.seen.lock().clear();
    let shown = browser.get(
        &fixture,
        &format!("/oauth2/idpresponse?code=c%26&state={state}"),
    );
    assert_eq!(shown.to_string(), SUCCESS);

    let seen = provider.seen.lock().clone();
    let lines: Vec<_> = seen
        .iter()
        .map(|it| format!("{} {}", it.method, it.url))
        .collect();
    assert_eq!(
        lines,
        [
            "POST https://idp.real.org/token",
            "GET https://idp.real.org/keys",
            "GET https://api.real.org/me"
        ]
    );
    assert_eq!(
        seen[0].body,
        "grant_type=authorization_code&client_id=app&redirect_uri=http%3A%2F%2Flocalhost%3A9229\
         %2Foauth2%2Fidpresponse&client_secret=hush%26&code=c%26"
    );
    let header = |at: usize, name: &str| {
        let headers: &[(&str, String)] = &seen[at].headers;
        let found = headers.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    assert_eq!(header(0, "content-type"), form);
    assert_eq!(header(0, "user-agent"), "Amazon/Cognito");
    assert_eq!(header(0, "x-amz-cognito-request-id").len(), 36);
    assert_eq!(header(2, "authorization"), "Bearer at");
    // The ID token wins.
    let made = user(&mut fixture, "Corp_1");
    assert_eq!(made["Attributes"]["email"], "id@x.example");
    assert_eq!(made["Attributes"]["given_name"], "Ana");
}

/// Manual endpoints need no discovery.
#[test]
fn by_manual_endpoints() {
    let provider = Provider::new();
    let fixture = fixture(
        &provider,
        json!({
            "authorize_url": format!("{ISSUER}/go"), "token_url": format!("{ISSUER}/token"),
            "attributes_url": format!("{ISSUER}/info"), "jwks_uri": format!("{ISSUER}/keys"),
            "attributes_request_method": "POST",
        }),
    );
    provider.serve("/info", 200, &json!({ "sub": "1" }));
    assert_eq!(outcome(&fixture), SUCCESS);
    let seen = provider.seen.lock().clone();
    let lines: Vec<_> = seen
        .iter()
        .map(|it| format!("{} {}", it.method, it.url))
        .collect();
    let expected = ["POST /token", "GET /keys", "POST /info"];
    assert_eq!(
        lines,
        expected.map(|line| line.replace('/', &format!("{ISSUER}/")))
    );
}

/// A change of a provider.
type Change = Box<dyn Fn(&Provider)>;

/// Failures of each endpoint (O146, O148).
#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn failures() {
    let refused = |description: &str| {
        format!("302 {CALLBACK}?error_description={description}&state=S&error=invalid_request")
    };
    let error = json!({ "error": "invalid_client", "error_description": "bad secret" });
    let serve = |path: &'static str, status: u16, body: Value| -> Change {
        Box::new(move |it: &Provider| it.serve(path, status, &body))
    };
    let fail = |path: &'static str, why: NoResponse| -> Change {
        Box::new(move |it: &Provider| it.fail(path, why))
    };
    let claim = |name: &'static str, value: Value| -> Change {
        Box::new(move |it: &Provider| it.claims.lock()[name] = value.clone())
    };
    let discovery = "/.well-known/openid-configuration";
    let document = |issuer: &str| {
        json!({
            "issuer": issuer, "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": format!("{ISSUER}/keys"),
        })
    };
    let me = |status: u16, body: Value| -> Change {
        Box::new(move |it: &Provider| {
            let me = answer(status, &body);
            it.pages
                .lock()
                .insert("https://api.real.org/me".to_owned(), Ok(me));
        })
    };
    let table: Vec<(Change, &str)> = vec![
        (
            serve(discovery, 500, json!({})),
            "Corp+Error+-+500+error+getting+well-known+configuration",
        ),
        (
            serve(discovery, 200, document("https://evil.example")),
            "Corp+Error+-+200+error+getting+well-known+configuration",
        ),
        (
            serve(discovery, 500, document(ISSUER)),
            "Corp+Error+-+500+error+getting+well-known+configuration",
        ),
        (
            me(403, json!({ "sub": "1" })),
            "Corp+Error+-+403+error+getting+user+info",
        ),
        (
            fail(discovery, NoResponse::TimedOut),
            "Timeout+in+calling+well-known+endpoint",
        ),
        (
            serve("/token", 400, error),
            "Corp+Error+-+400+invalid_client+bad+secret",
        ),
        (
            serve("/token", 500, json!({ "access_token": "at" })),
            "Corp+Error+-+500+error+getting+token",
        ),
        (
            serve("/token", 502, json!("x")),
            "Corp+Error+-+502+error+getting+token",
        ),
        (
            serve("/token", 200, json!({ "access_token": "at" })),
            "Bad+token+response%3A+no+id_token",
        ),
        (
            fail("/token", NoResponse::TimedOut),
            "Timeout+occurred+in+calling+IdP+token+endpoint",
        ),
        (fail("/token", NoResponse::Unreachable), "Connection+reset"),
        (fail("/token", NoResponse::TooLong), "Connection+reset"),
        (
            fail("/keys", NoResponse::TimedOut),
            "Timeout+in+calling+jwks+uri",
        ),
        (
            serve("/keys", 200, json!({ "keys": [] })),
            "Bad+id_token+key",
        ),
        (
            claim("iss", json!("https://evil.example")),
            "Bad+id_token+issuer+https%3A%2F%2Fevil.example",
        ),
        (claim("aud", json!("other")), "Bad+id_token+audience"),
        (claim("exp", json!(1_700_000_000)), "Bad+id_token+expired"),
        (claim("nonce", json!("other")), "Bad+id_token+nonce"),
        // The userInfo of another user.
        (
            claim("sub", json!("2")),
            "Corp+Error+-+200+error+getting+user+info",
        ),
    ];
    for (change, description) in table {
        let provider = Provider::new();
        let fixture = fixture(&provider, json!({}));
        change(&provider);
        assert_eq!(outcome(&fixture), refused(description));
    }
}

/// A discovery document does not lead to this machine, or away from TLS.
#[test]
fn hostile_discovery() {
    let long = format!("{ISSUER}/{}", "t".repeat(2_048));
    for url in [
        long.as_str(),
        "http://idp.real.org/t",
        "http://127.0.0.1/t",
        "https://localhost/t",
        "file:///t",
    ] {
        let provider = Provider::new();
        let fixture = fixture(&provider, json!({}));
        let mut document = json!({
            "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": url, "jwks_uri": format!("{ISSUER}/keys"),
        });
        provider.serve("/.well-known/openid-configuration", 200, &document);
        let shown = outcome(&fixture);
        assert!(shown.contains("well-known+configuration"), "{url}: {shown}");
        document["token_endpoint"] = json!(format!("{ISSUER}/token"));
        provider.serve("/.well-known/openid-configuration", 200, &document);
        assert_eq!(outcome(&fixture), SUCCESS);
    }
}

/// A redirect of an endpoint leads only to hosts that the configuration names. The other host is
/// not asked.
#[test]
fn redirects_to_other_hosts_are_refused() {
    for path in ["/.well-known/openid-configuration", "/token", "/keys"] {
        let provider = Provider::new();
        let fixture = fixture(&provider, json!({}));
        for host in [
            "evil.real.org",
            "169.254.169.254",
            "localhost",
            "idp.real.org:8443",
        ] {
            let redirect = Incoming {
                status: 307,
                location: Some(format!("https://{host}/x")),
                body: Vec::new(),
            };
            let url = format!("{ISSUER}{path}");
            provider.pages.lock().insert(url, Ok(redirect));
            let shown = outcome(&fixture);
            assert!(shown.contains("Connection+reset"), "{path} {host}: {shown}");
            let seen = provider.seen.lock();
            let mut urls = seen.iter().map(|request| request.url.as_str());
            assert!(urls.all(|url| !url.contains(host)), "{path} {host}");
        }
    }
}

/// The page of the emulator's own provider is not for a sign-in at a real one: anyone could sign
/// in there.
#[test]
fn a_real_provider_is_not_simulated() {
    let provider = Provider::new();
    let fixture = fixture(&provider, json!({}));
    let mut browser = Browser::new();
    let start = browser.get(&fixture, &authorize(&fixture, "Corp"));
    let state = start.parameter("state").unwrap();
    for hint in ["", "&login_hint=admin"] {
        let shown = browser.get(&fixture, &format!("/provider/sign-in?state={state}{hint}"));
        assert_eq!(shown.to_string(), "400 Something went wrong");
        let form = [("sub", "admin")];
        let shown = browser.post(&fixture, &format!("/provider/sign-in?state={state}"), &form);
        assert_eq!(shown.to_string(), "400 Something went wrong");
    }
}

/// A provider that does not return the nonce works, as with Cognito.
#[test]
fn providers_without_nonce() {
    let provider = Provider::new();
    assert_eq!(outcome(&fixture(&provider, json!({}))), SUCCESS);
}

/// Providers on the developer's machine need no TLS; others do (R195).
#[test]
fn providers_on_this_machine() {
    let mut fixture = Fixture::new();
    for (issuer, is_accepted) in [
        ("http://localhost:8080/realms/a", true),
        ("http://127.0.0.1:8080", true),
        ("http://keycloak:8080", true),
        ("http://idp.real.org", false),
        ("ftp://localhost", false),
    ] {
        let provider = json!({
            "UserPoolId": fixture.get("pool"), "ProviderName": "Corp", "ProviderType": "OIDC",
            "ProviderDetails": {
                "client_id": "app", "authorize_scopes": "openid", "oidc_issuer": issuer,
                "attributes_request_method": "GET",
            },
        });
        let reply = fixture.call("CreateIdentityProvider", provider);
        assert_eq!(reply.is_ok(), is_accepted, "{issuer}: {reply}");
        let name = json!({ "UserPoolId": fixture.get("pool"), "ProviderName": "Corp" });
        fixture.call("DeleteIdentityProvider", name);
    }
}
