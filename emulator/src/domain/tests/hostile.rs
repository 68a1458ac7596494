//! Hostile requests to the pages: addresses that are not registered, forms of other sites, cookies,
//! headers, and values that are not text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use crate::domain::{self, ENDPOINTS};
use crate::testing::browser::{Browser, CALLBACK, Shown, form, send};
use crate::testing::{Fixture, PASSWORD};
use crate::wire::Service;
use crate::wire::web::Request;

const BASE: &str = "http://localhost:9229";

/// Endpoints without the authorization request of an app: programs call the first three, providers
/// return to the next three, and a provider that is simulated has its own state.
const WITHOUT_REQUEST: [&str; 11] = [
    "/oauth2/token",
    "/oauth2/userInfo",
    "/oauth2/revoke",
    "/oauth2/idpresponse",
    "/saml2/idpresponse",
    "/saml2/logout",
    "/provider/sign-in",
    "/logout",
    "/confirmUser",
    "/confirmUser/",
    "/error",
];

/// Endpoints whose `POST` is no form of the pages: those of programs and of providers. Returns are
/// tied to the browser by the cookie `csrf-state`.
const WITHOUT_FORM: [&str; 6] = [
    "/oauth2/token",
    "/oauth2/userInfo",
    "/oauth2/revoke",
    "/oauth2/idpresponse",
    "/saml2/idpresponse",
    "/saml2/logout",
];

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Addresses that differ from `https://app.example/PATH` in one respect each, or that some parsers
/// read as it.
fn others(path: &str) -> Vec<String> {
    let registered = format!("https://app.example/{path}");
    let mut all = vec![
        registered.to_uppercase(),
        registered.replace('/', "\\"),
        registered.replace("://", ":/"),
        registered.replace("https:", ""),
        format!("/{path}"),
        format!("{registered}/"),
        format!("{registered}?a=1"),
        format!("{registered}#a"),
        format!("{registered}#"),
        format!("{registered}?"),
        format!("{registered}2"),
        format!(" {registered}"),
        format!("{registered}\n"),
        format!("{registered}\0"),
        format!("{registered}\r\nSet-Cookie: a=b"),
        format!("{registered}%2F"),
        registered.replace(path, &format!("%{:02x}{}", path.as_bytes()[0], &path[1..])),
        registered.replace(path, &format!("./{path}")),
        registered.replace(path, &format!("a/../{path}")),
        registered.replace(path, &format!("/{path}")),
        registered.replace(path, "other"),
        registered.replace(path, ""),
        registered.replace("https", "http"),
        registered.replace("https", "javascript"),
    ];
    for host in [
        "APP.example",
        "app.example:443",
        "app.example:8443",
        "app.example.",
        "sub.app.example",
        "app.example.evil.example",
        "user@app.example",
        "app.example@evil.example",
        "app.example\\@evil.example",
        "app\u{3002}example",
        "\u{430}pp.example",
        "evil.example",
        "evil.example/https://app.example",
    ] {
        all.push(registered.replace("app.example", host));
    }
    assert!(!all.contains(&registered));
    all
}

/// A redirect URI is compared character by character, at every page (O20).
#[test]
fn a_redirect_uri_that_is_not_registered_is_refused_at_every_page() {
    let fixture = Fixture::with_managed_site(json!({}), json!({}));
    let client = fixture.get("client");
    let refused = format!("302 {BASE}/error?error=redirect_mismatch&client_id={client}");
    let pages = ENDPOINTS
        .iter()
        .filter(|(path, ..)| !WITHOUT_REQUEST.contains(path));
    let mut count = 0;
    for (path, methods, _) in pages {
        let address = |query: &str| format!("{path}?client_id={client}&response_type=code{query}");
        let get = |query: &str| {
            let request = Request::new(methods[0], &address(query));
            send(&fixture, request).to_string()
        };
        for other in others("cb") {
            let query = format!("&redirect_uri={}", encoded(&other));
            assert_eq!(get(&query), refused, "{path} {other:?}");
        }
        // Of two, the first one counts.
        let (right, wrong) = (encoded(CALLBACK), encoded("https://evil.example/"));
        let first = format!("&redirect_uri={wrong}&redirect_uri={right}");
        assert_eq!(get(&first), refused, "{path}");
        let second = format!("&redirect_uri={right}&redirect_uri={wrong}");
        assert!(!get(&second).contains("redirect_mismatch"), "{path}");
        count += 1;
    }
    assert_eq!(count, 10);
}

/// The addresses after a sign-out are compared likewise (O89 to O91).
#[test]
fn a_sign_out_address_that_is_not_registered_is_refused() {
    let fixture = Fixture::with_site(json!({}), json!({}));
    let client = fixture.get("client");
    for (name, path) in [("logout_uri", "out"), ("redirect_uri", "cb")] {
        for other in others(path) {
            let query = format!("{name}={}", encoded(&other));
            let url = format!("/logout?client_id={client}&response_type=code&{query}");
            let location = Browser::new().get(&fixture, &url).location();
            assert!(
                location.starts_with(&format!("{BASE}/error?")),
                "{other:?}: {location}"
            );
        }
        // A registered address of the other kind.
        let other = if path == "out" {
            CALLBACK
        } else {
            "https://app.example/out"
        };
        let url = format!("/logout?client_id={client}&response_type=code&{name}={other}");
        let location = Browser::new().get(&fixture, &url).location();
        assert!(
            location.starts_with(&format!("{BASE}/error?")),
            "{location}"
        );
    }
    // A sign-in page needs the whole request.
    let url = format!("/logout?client_id={client}&redirect_uri={CALLBACK}");
    let location = Browser::new().get(&fixture, &url).location();
    assert!(
        location.starts_with(&format!("{BASE}/error?")),
        "{location}"
    );
}

/// A value that a redirect repeats cannot add a header, a parameter or a fragment.
#[test]
fn a_value_in_a_redirect_stays_a_value() {
    let fixture = Fixture::with_site(json!({}), json!({}));
    let base = fixture.get("authorize").replace("&state=S", "");
    let hostile = "a\r\nSet-Cookie: b=c\r\n\r\n<script>&error=x#&code=y";
    for scope in ["openid", "unknown"] {
        let url = format!("{base}&scope={scope}&state={}", encoded(hostile));
        let mut browser = Browser::new();
        let shown = if scope == "unknown" {
            browser.get(&fixture, &url)
        } else {
            browser.sign_in(&fixture, &url, "ana")
        };
        assert_eq!(
            shown.parameter("state").as_deref(),
            Some(hostile),
            "{shown}"
        );
        assert_eq!(shown.location().matches(['?', '#']).count(), 1, "{shown}");
        for (name, value) in &shown.0.headers {
            assert!(!value.contains(['\r', '\n']), "{name}: {value:?}");
        }
    }
}

/// A pool with managed login, passkeys, devices, and a provider that is simulated.
fn with_every_page() -> Fixture {
    let pool = json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } },
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
    });
    let mut fixture = Fixture::with_managed_site(pool, json!({}));
    let pool = fixture.get("pool").to_owned();
    let passkeys = json!({
        "UserPoolId": pool, "WebAuthnConfiguration": { "RelyingPartyId": "localhost" },
    });
    fixture.must("SetUserPoolMfaConfig", passkeys);
    let provider = json!({
        "UserPoolId": pool, "ProviderName": "Corp", "ProviderType": "OIDC",
        "ProviderDetails": {
            "client_id": "app", "authorize_scopes": "openid", "oidc_issuer": "https://idp.example",
            "attributes_request_method": "GET",
        },
    });
    fixture.must("CreateIdentityProvider", provider);
    let client = json!({
        "UserPoolId": pool, "ClientId": fixture.get("client"),
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"], "CallbackURLs": [CALLBACK],
        "LogoutURLs": ["https://app.example/out"],
        "SupportedIdentityProviders": ["COGNITO", "Corp"],
    });
    fixture.must("UpdateUserPoolClient", client);
    fixture
}

/// A browser at the form of `path`, and the form's address.
fn at_form(fixture: &Fixture, path: &str) -> (Browser, String) {
    let mut browser = Browser::new();
    let authorize = fixture.get("authorize");
    let address = match path {
        "/provider/sign-in" => {
            let url = format!("{authorize}&identity_provider=Corp");
            browser.get(fixture, &url).location()
        }
        "/passkeys/add" => {
            browser.sign_in(fixture, authorize, "ana");
            authorize.replace("/oauth2/authorize", path)
        }
        _ => authorize.replace("/oauth2/authorize", path),
    };
    let address = address.strip_prefix(BASE).unwrap_or(&address).to_owned();
    let shown = browser.get(fixture, &address);
    assert!(
        shown.0.status == 200 || path == "/resendcode",
        "{path}: {shown}"
    );
    (browser, address)
}

/// A page of another site can send every form, but it can neither read nor set the cookie. Each
/// endpoint that a form of the pages is for refuses a form without the cookie's value.
#[test]
fn every_form_needs_the_value_of_the_cookie() {
    let fixture = with_every_page();
    let session = format!("cognito.{}", fixture.get("pool"));
    let forms = ENDPOINTS
        .iter()
        .filter(|(path, methods, _)| methods.contains(&"POST") && !WITHOUT_FORM.contains(path));
    let mut count = 0;
    for (path, ..) in forms {
        let (browser, address) = at_form(&fixture, path);
        let own = browser.cookie("XSRF-TOKEN").to_owned();
        let other = "0".repeat(36);
        let post = |cookie: Option<&str>, field: &str, content_type: Option<&str>| {
            let fields = "&username=ana&password=wrong&sub=1&credential=x";
            let mut request = Request::new("POST", &address);
            request = request.with_form(&format!("_csrf={field}{fields}"));
            if let Some(content_type) = content_type {
                request.content_type = Some(content_type.to_owned());
            }
            let kept = [
                (session.as_str(), Some(browser.cookie(&session))),
                ("XSRF-TOKEN", cookie),
            ];
            let kept = kept
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            request.cookies = kept
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            send(&fixture, request).to_string()
        };
        let refused = "200 Something went wrong";
        for (cookie, field) in [
            (Some(own.as_str()), ""),
            (Some(&own), &other[..]),
            (Some(&other), &own),
            (Some(&own), &own[..35]),
            (None, &own),
            (None, ""),
            (Some(""), ""),
            (Some("x"), "x"),
        ] {
            assert_eq!(
                post(cookie, field, None),
                refused,
                "{path} {cookie:?} {field}"
            );
        }
        // The other types of body that a page of another site can send.
        for content_type in ["text/plain", "multipart/form-data; boundary=a"] {
            assert_eq!(
                post(Some(&own), &own, Some(content_type)),
                refused,
                "{path}"
            );
        }
        assert_ne!(post(Some(&own), &own, None), refused, "{path}");
        count += 1;
    }
    assert_eq!(count, 10);
}

/// A value that was planted in the browser is replaced when a user signs in (O47).
#[test]
fn a_sign_in_replaces_the_value_of_forms() {
    let fixture = with_every_page();
    let mut browser = Browser::new();
    browser.set_cookie("XSRF-TOKEN", &"a".repeat(36));
    browser.sign_in(&fixture, fixture.get("authorize"), "ana");
    assert_ne!(browser.cookie("XSRF-TOKEN"), "a".repeat(36));
    // A value that is not one of the emulator's is replaced at once.
    for planted in ["\"><script>", "a; Domain=evil.example", &"x".repeat(36)] {
        for (cookie, url) in [
            (
                "XSRF-TOKEN",
                fixture
                    .get("authorize")
                    .replace("/oauth2/authorize", "/login"),
            ),
            (
                "csrf-state",
                format!("{}&identity_provider=Corp", fixture.get("authorize")),
            ),
        ] {
            let mut browser = Browser::new();
            browser.set_cookie(cookie, planted);
            let shown = browser.get(&fixture, &url);
            assert!(!format!("{:?}{}", shown.0.headers, shown.text()).contains(planted));
        }
    }
}

/// Sends a request in a browser at `base`, with `fields` as a form.
fn visit(
    browser: &mut Browser,
    fixture: &Fixture,
    base: &str,
    address: &str,
    fields: Option<&str>,
) -> Shown {
    let address = address.strip_prefix(base).unwrap_or(address);
    let mut request = Request::new(if fields.is_some() { "POST" } else { "GET" }, address);
    if let Some(fields) = fields {
        let csrf = browser.cookie("XSRF-TOKEN");
        request = request.with_form(&format!("_csrf={csrf}&{fields}"));
    }
    base.clone_into(&mut request.base);
    browser.send(fixture, request)
}

/// Cookies are for this host only, not for scripts, not for requests of other sites, and over TLS
/// not for plain connections. Those of a sign-in at a provider are sent with the form of its page.
#[test]
fn every_cookie_is_restricted() {
    for (base, secure, cross_site) in [
        (BASE, "", ""),
        ("https://localhost:9229", "Secure; ", "; SameSite=None"),
    ] {
        let fixture = with_every_page();
        let mut browser = Browser::new();
        let mut cookies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut keep = |shown: Shown| {
            for (_, cookie) in shown
                .0
                .headers
                .iter()
                .filter(|(name, _)| *name == "set-cookie")
            {
                let (name, rest) = cookie.split_once('=').unwrap();
                let rest = rest.split_once("; ").unwrap().1.split("; ");
                let rest: Vec<_> = rest.filter(|part| !part.starts_with("Expires=")).collect();
                let name = name.replace(fixture.get("pool"), "POOL");
                cookies.entry(name).or_default().insert(rest.join("; "));
            }
            shown
        };
        let authorize = fixture.get("authorize");
        let mut go = |address: &str, fields: Option<&str>| {
            keep(visit(&mut browser, &fixture, base, address, fields))
        };
        let login = format!("{}&lang=de", go(authorize, None).location());
        go(&login, None);
        go(&login, Some(&format!("username=ana&password={PASSWORD}")));
        let page = go(&format!("{authorize}&identity_provider=Corp"), None).location();
        let back = go(&format!("{page}&login_hint=bob"), None).location();
        go(&back, None);
        go(
            &format!("/logout?client_id={}", fixture.get("client")),
            None,
        );
        let flags = format!("Path=/; {secure}HttpOnly; SameSite=Lax");
        let set = |all: &[String]| all.iter().cloned().collect::<BTreeSet<_>>();
        let ended = format!("Max-Age=0; {flags}");
        let expected = BTreeMap::from([
            ("XSRF-TOKEN", set(std::slice::from_ref(&flags))),
            (
                "cognito.POOL",
                set(&[format!("Max-Age=3600; {flags}"), ended.clone()]),
            ),
            (
                "csrf-state",
                set(&[
                    format!("Path=/; {secure}HttpOnly{cross_site}"),
                    ended.clone(),
                ]),
            ),
            (
                "csrf-state-legacy",
                set(&[format!("Path=/; {secure}HttpOnly"), ended.clone()]),
            ),
            ("device.POOL", set(&[format!("Max-Age=31536000; {flags}")])),
            ("lang", set(std::slice::from_ref(&flags))),
        ]);
        let seen: BTreeMap<_, _> = cookies
            .iter()
            .map(|(k, v)| (k.as_str(), v.clone()))
            .collect();
        assert_eq!(seen, expected, "{base}");
    }
}

/// The page for passkeys is for signed-in users of managed login.
#[test]
fn a_passkey_is_added_by_a_signed_in_user_only() {
    let mut fixture = with_every_page();
    let (mut browser, address) = at_form(&fixture, "/passkeys/add");
    let signed_out = "401 Something went wrong";
    let credential = [("credential", "{}")];
    let mut other = Browser::new();
    assert_eq!(other.get(&fixture, &address).to_string(), signed_out);
    assert_eq!(
        other.post(&fixture, &address, &credential).to_string(),
        signed_out
    );
    assert_eq!(browser.get(&fixture, &address).0.status, 200);
    fixture.run("advance 3600");
    assert_eq!(browser.get(&fixture, &address).to_string(), signed_out);
    assert_eq!(
        browser.post(&fixture, &address, &credential).to_string(),
        signed_out
    );
    // The classic pages do not have it.
    let domain = json!({
        "UserPoolId": fixture.get("pool"), "Domain": "login", "ManagedLoginVersion": 1,
    });
    fixture.must("UpdateUserPoolDomain", domain);
    let shown = browser.get(&fixture, &address).to_string();
    assert_eq!(
        shown,
        "404 {\"error\":\"This URL doesn't exist on the authorization server.\"}"
    );
}

/// A second pool with a site at the host `other`: its id and its authorization request.
fn and_other_pool(fixture: &mut Fixture) -> (String, String) {
    let pool = fixture.must("CreateUserPool", json!({ "PoolName": "other" }));
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    fixture.must(
        "CreateUserPoolDomain",
        json!({ "UserPoolId": pool, "Domain": "other" }),
    );
    let client = json!({
        "UserPoolId": pool, "ClientName": "other", "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"],
        "CallbackURLs": [CALLBACK], "SupportedIdentityProviders": ["COGNITO"],
    });
    let client = fixture.must("CreateUserPoolClient", client);
    let client = client["UserPoolClient"]["ClientId"]
        .as_str()
        .unwrap()
        .to_owned();
    fixture.must(
        "AdminCreateUser",
        json!({ "UserPoolId": pool, "Username": "ana" }),
    );
    let password = json!({
        "UserPoolId": pool, "Username": "ana", "Password": PASSWORD, "Permanent": true,
    });
    fixture.must("AdminSetUserPassword", password);
    let authorize =
        format!("/oauth2/authorize?client_id={client}&redirect_uri={CALLBACK}&response_type=code");
    (pool, authorize)
}

/// The cookie of a session signs in at its own pool only, also under the name that another pool
/// has for it. A browser can be signed in at both.
#[test]
fn a_session_is_of_one_pool() {
    let mut fixture = Fixture::with_site(json!({}), json!({}));
    let (other, elsewhere) = and_other_pool(&mut fixture);
    let authorize = fixture.get("authorize");
    let mut browser = Browser::new();
    browser.sign_in(&fixture, authorize, "ana");
    let is_signed_in =
        |browser: &mut Browser, url: &str| browser.get(&fixture, url).parameter("code").is_some();
    assert!(is_signed_in(&mut browser, authorize));
    assert!(!is_signed_in(&mut browser, &elsewhere));
    let secret = browser
        .cookie(&format!("cognito.{}", fixture.get("pool")))
        .to_owned();
    let mut forged = Browser::new();
    for name in [format!("cognito.{other}"), "cognito".to_owned()] {
        forged.set_cookie(&name, &secret);
        assert!(!is_signed_in(&mut forged, &elsewhere), "{name}");
        assert!(!is_signed_in(&mut forged, authorize), "{name}");
    }
    browser.sign_in(&fixture, &elsewhere, "ana");
    assert!(is_signed_in(&mut browser, &elsewhere) && is_signed_in(&mut browser, authorize));
}

/// A code of one pool is of no use for the client of another, nor a refresh token.
#[test]
fn grants_are_of_one_pool_and_one_client() {
    let mut fixture = Fixture::with_site(json!({}), json!({}));
    let (_, elsewhere) = and_other_pool(&mut fixture);
    let other = elsewhere.split(['=', '&']).nth(1).unwrap().to_owned();
    let second = json!({
        "UserPoolId": fixture.get("pool"), "ClientName": "second", "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"], "CallbackURLs": [CALLBACK],
        "AllowedOAuthFlowsUserPoolClient": true,
    });
    let second = fixture.must("CreateUserPoolClient", second);
    let second = second["UserPoolClient"]["ClientId"]
        .as_str()
        .unwrap()
        .to_owned();
    let own = fixture.get("client").to_owned();
    let exchange = |client: &str, fields: &[(&str, &str)]| {
        let client = [("client_id", client), ("redirect_uri", CALLBACK)];
        form(&fixture, "/oauth2/token", &[&client, fields].concat())
    };
    let refused = (400, json!({ "error": "invalid_grant" }));
    let code = |browser: &mut Browser| {
        let shown = browser.sign_in(&fixture, fixture.get("authorize"), "ana");
        shown.parameter("code").unwrap()
    };
    for client in [&other, &second] {
        let code = code(&mut Browser::new());
        let fields = [("grant_type", "authorization_code"), ("code", &code)];
        assert_eq!(exchange(client, &fields), refused);
    }
    let code = code(&mut Browser::new());
    let fields = [("grant_type", "authorization_code"), ("code", &code)];
    let (_, tokens) = exchange(&own, &fields);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    for client in [&other, &second] {
        assert_eq!(exchange(client, &fields), refused);
        let revoke = [("token", refresh), ("client_id", client.as_str())];
        // A token of another pool is unknown, which is not an error.
        let (status, _) = form(&fixture, "/oauth2/revoke", &revoke);
        assert_eq!(status, if *client == other { 200 } else { 401 });
    }
    assert_eq!(exchange(&own, &fields).0, 200);
    let revoke = [("token", refresh), ("client_id", own.as_str())];
    assert_eq!(form(&fixture, "/oauth2/revoke", &revoke).0, 200);
    assert_eq!(exchange(&own, &fields), refused, "after its revocation");
}

/// The refusals of a code without its redirect URI, and of a browser that asks for tokens that the
/// client may not have.
#[test]
fn a_code_needs_its_redirect_uri() {
    let fixture = Fixture::with_site(json!({}), json!({}));
    for other in others("cb").iter().map(String::as_str).chain([""]) {
        let shown = Browser::new().sign_in(&fixture, fixture.get("authorize"), "ana");
        let code = shown.parameter("code").unwrap();
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", fixture.get("client")),
            ("code", &code),
            ("redirect_uri", other),
        ];
        let error = if other.is_empty() {
            "invalid_request"
        } else {
            "unauthorized_client"
        };
        let refused = (400, json!({ "error": error }));
        assert_eq!(
            form(&fixture, "/oauth2/token", &fields),
            refused,
            "{other:?}"
        );
    }
}

/// The directives of a policy.
fn policy(shown: &Shown) -> BTreeMap<&str, &str> {
    let policy = shown
        .0
        .header("content-security-policy")
        .unwrap_or_default();
    let directives = policy
        .split("; ")
        .filter_map(|it| it.trim().split_once(' '));
    directives.collect()
}

/// Every response of every endpoint has the headers that forbid caches, frames and guesses of the
/// type (O52). A document has a policy that allows nothing but what it names.
#[test]
fn every_response_has_the_headers() {
    let fixture = with_every_page();
    let query = fixture.get("authorize").split_once('?').unwrap().1;
    let mut documents = 0;
    for (path, methods, _) in ENDPOINTS
        .iter()
        .chain(&[("/unknown", &["GET", "PUT"][..], "")])
    {
        for method in methods.iter().chain(&["DELETE"]) {
            for (query, base) in [("", BASE), (query, BASE), (query, "https://localhost:9229")] {
                let mut request = Request::new(method, &format!("{path}?{query}"));
                base.clone_into(&mut request.base);
                let is_secure = request.is_secure();
                let shown = send(&fixture, request.with_form("a=b"));
                let header = |name: &str| shown.0.header(name).unwrap_or_default().to_owned();
                for (name, expected) in [
                    (
                        "cache-control",
                        "no-cache, no-store, max-age=0, must-revalidate",
                    ),
                    ("pragma", "no-cache"),
                    ("expires", "0"),
                    ("server", "Server"),
                    ("x-xss-protection", "1; mode=block"),
                    ("x-content-type-options", "nosniff"),
                    ("x-frame-options", "DENY"),
                ] {
                    assert_eq!(header(name), expected, "{method} {path}");
                }
                let transport = header("strict-transport-security");
                assert_eq!(transport.is_empty(), !is_secure, "{method} {path}");
                if header("content-type").starts_with("text/html") {
                    let policy = policy(&shown);
                    for directive in ["default-src", "base-uri", "frame-ancestors"] {
                        assert_eq!(policy.get(directive), Some(&"'none'"), "{method} {path}");
                    }
                    documents += 1;
                }
                let origin = header("access-control-allow-origin");
                let shared = ["/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke"];
                let is_program = shared.contains(path) && shown.0.status != 405;
                assert_eq!(origin == "*", is_program, "{method} {path}: {origin}");
            }
        }
    }
    assert!(documents > 30, "{documents}");
}

/// The policy of a page: only its own scripts and styles, and forms for this site and the app.
#[test]
fn the_policy_of_a_page_allows_only_its_own_parts() {
    let fixture = with_every_page();
    for path in ["/login", "/signup", "/forgotPassword", "/passkeys/add"] {
        let (mut browser, address) = at_form(&fixture, path);
        let shown = browser.get(&fixture, &address);
        let policy = policy(&shown);
        for directive in ["script-src", "style-src"] {
            let sources = policy[directive].split(' ');
            let mut all =
                sources.map(|source| source.starts_with("'sha256-") || source == "'none'");
            assert!(all.all(|is_own| is_own), "{path}: {policy:?}");
        }
        assert_eq!(policy["img-src"], "'self' data:", "{path}");
        assert_eq!(
            policy["form-action"], "'self' https://app.example",
            "{path}"
        );
    }
}

/// The journal has the place that a browser is sent to, without the code or the tokens in it.
#[test]
fn the_journal_has_no_code_and_no_token() {
    let fixture = Fixture::with_site(json!({}), json!({}));
    for kind in ["code", "token"] {
        let authorize = fixture
            .get("authorize")
            .replace("response_type=code", &format!("response_type={kind}"));
        let mut browser = Browser::new();
        browser.sign_in(&fixture, &authorize, "ana");
        let mut request = Request::new("GET", &authorize);
        let session = format!("cognito.{}", fixture.get("pool"));
        request.cookies = vec![(session.clone(), browser.cookie(&session).to_owned())];
        let reply = fixture
            .emulator()
            .call(&domain::call(request, &Arc::default()));
        let location = reply.web.as_ref().unwrap().header("location").unwrap();
        assert!(location.len() > CALLBACK.len() + 20, "{location}");
        assert_eq!(
            reply.body.json(),
            &json!({ "status": 302, "location": CALLBACK })
        );
    }
}

/// Documents that a user accepts are pages of the web.
#[test]
fn a_link_to_terms_runs_no_script() {
    let mut fixture = Fixture::with_managed_site(json!({}), json!({}));
    let sign_up = fixture
        .get("authorize")
        .replace("/oauth2/authorize", "/signup");
    for (link, is_shown) in [
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("//evil.example", false),
        ("https://app.example/terms", true),
    ] {
        for name in ["terms-of-use", "privacy-policy"] {
            let terms = json!({
                "UserPoolId": fixture.get("pool"), "ClientId": fixture.get("client"), "TermsName": name,
                "TermsSource": "LINK", "Enforcement": "NONE", "Links": { "cognito:default": link },
            });
            let terms = fixture.must("CreateTerms", terms);
            fixture.name(name, terms["Terms"]["TermsId"].as_str().unwrap());
        }
        let page = Browser::new().get(&fixture, &sign_up).text();
        assert_eq!(page.contains("you agree to our"), is_shown, "{link}");
        for name in ["terms-of-use", "privacy-policy"] {
            let terms = json!({ "UserPoolId": fixture.get("pool"), "TermsId": fixture.get(name) });
            fixture.must("DeleteTerms", terms);
        }
    }
}

/// The address of an app cannot add to the policy.
#[test]
fn the_address_of_an_app_cannot_change_the_policy() {
    for callback in [
        "https://app.example;script-src:*/cb",
        "https://app.example,script-src:*/cb",
        "https://*/cb",
        "app;script-src:*",
        "app,x://cb",
    ] {
        let client = json!({ "CallbackURLs": [callback] });
        let fixture = Fixture::with_site(json!({}), client);
        let query = format!(
            "client_id={}&redirect_uri={callback}",
            fixture.get("client")
        );
        let login = format!("/login?{query}&response_type=code");
        let shown = Browser::new().get(&fixture, &login);
        assert_eq!(shown.0.status, 200, "{callback}: {shown}");
        let policy = policy(&shown);
        assert_eq!(policy["form-action"].trim(), "'self'", "{callback}");
        assert_eq!(policy.len(), 7, "{callback}: {policy:?}");
        assert!(policy["script-src"].starts_with('\''), "{callback}");
    }
}

/// Every parameter and every field of every page, with text that leaves its place in HTML if it is
/// not escaped.
#[test]
fn no_page_repeats_a_value_as_html() {
    const NAMES: &[&str] = &[
        "acr_values",
        "answer",
        "challenge",
        "client_id",
        "code",
        "credential",
        "device_name",
        "error",
        "error_description",
        "hint",
        "identity_provider",
        "idp_identifier",
        "lang",
        "login_hint",
        "logout_uri",
        "max_age",
        "nonce",
        "password",
        "prompt",
        "redirect_uri",
        "requiredAttributes[email]",
        "requiredAttributes[\"><script>]",
        "resource",
        "response_type",
        "scope",
        "session",
        "state",
        "sub",
        "unknown",
        "user_name",
        "username",
        "verification_code",
    ];
    let fixture = with_every_page();
    let hostile = "\"'><script>alert(1)</script>";
    let value = encoded(hostile);
    for (path, methods, _) in ENDPOINTS {
        let address = if WITHOUT_FORM.contains(path) || !methods.contains(&"POST") {
            fixture.get("authorize").replace("/oauth2/authorize", path)
        } else {
            at_form(&fixture, path).1
        };
        let (mut browser, _) = at_form(&fixture, "/login");
        for name in NAMES {
            let name = encoded(name);
            let mut pages = Vec::new();
            if methods.contains(&"GET") {
                // In place of the usual value, and beside it.
                let (path, query) = address.split_once('?').unwrap();
                pages.push(browser.get(&fixture, &format!("{path}?{name}={value}&{query}")));
                pages.push(browser.get(&fixture, &format!("{address}&{name}={value}")));
            }
            if methods.contains(&"POST") {
                let csrf = browser.cookie("XSRF-TOKEN").to_owned();
                let fields = format!("{name}={value}&_csrf={csrf}&username={value}&password=x");
                let request = Request::new("POST", &address).with_form(&fields);
                pages.push(browser.send(&fixture, request));
            }
            for page in pages {
                let text = page.text();
                let is_json = text.starts_with('{');
                assert!(
                    is_json || !text.contains("<script>alert"),
                    "{path} {name}: {text}"
                );
            }
        }
    }
}
