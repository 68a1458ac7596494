//! Access tokens of a user pool: their form, and whether Cognito still accepts them.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito_emulator::Issuer;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend::{Emulated, aws};
use cognito_mcp::config::{BackendKind, Config, Http};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::matchers::{header, method};
use wiremock::{Mock, ResponseTemplate};

use crate::aws::{operation, sdk};
use crate::http::{ForTokens, Pool, Reply, Running, bearer, guarded_by, loopback};
use crate::http::{running, running_over};

/// The URL of the test server as an OAuth resource.
const OURS: &str = "https://mcp.example.com/mcp";

/// A value that removes a claim.
const ABSENT: &str = "absent";

async fn list(server: &Running, token: &str) -> Reply {
    let value = bearer(token);
    server
        .modern("tools/list", json!({}), &[("authorization", &value)])
        .await
}

/// A token with exactly these texts, signed by the pool.
fn signed(pool: &Pool, header: &str, claims: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let content = format!("{}.{}", part(header), part(claims));
    let signature =
        jsonwebtoken::crypto::sign(content.as_bytes(), &pool.key, Algorithm::RS256).unwrap();
    format!("{content}.{signature}")
}

/// `base` with the members of `other`, as JSON text. [`ABSENT`] removes a member.
fn changed(base: &Value, other: &Value) -> String {
    let mut merged = base.clone();
    for (name, value) in other.as_object().unwrap() {
        if value == ABSENT {
            merged.as_object_mut().unwrap().remove(name);
        } else {
            merged[name] = value.clone();
        }
    }
    merged.to_string()
}

/// The header and the claims of a token that is accepted.
fn good(pool: &Pool) -> (Value, Value) {
    let now = SystemTime::now_for_tokens();
    let header = json!({ "kid": "the-key", "alg": "RS256" });
    let claims = json!({
        "sub": "a-user", "iss": pool.issuer(), "token_use": "access", "client_id": "the-client",
        "scope": "openid cognito-mcp/use", "iat": now, "exp": now + 600,
    });
    (header, claims)
}

/// Changes of the header, each with the expected status.
fn headers() -> Vec<(Value, u16)> {
    vec![
        (json!({}), 200),
        (json!({ "typ": "JWT" }), 200),
        (json!({ "typ": "at+jwt" }), 200),
        (json!({ "typ": "application/at+jwt" }), 200),
        (
            json!({ "jku": "https://evil.example/keys", "x5u": "https://evil.example" }),
            200,
        ),
        (json!({ "typ": "logout+jwt" }), 401),
        (json!({ "typ": "dpop+jwt" }), 401),
        (json!({ "typ": ["JWT"] }), 401),
        (json!({ "typ": null }), 401),
        (json!({ "crit": ["exp"] }), 401),
        (json!({ "crit": ["b64"], "b64": true }), 401),
        (json!({ "crit": [] }), 401),
        (json!({ "crit": null }), 401),
        (json!({ "b64": false }), 401),
        (json!({ "b64": true }), 401),
        (json!({ "alg": "RS512" }), 401),
        (json!({ "alg": "rs256" }), 401),
        (json!({ "alg": "none" }), 401),
        (json!({ "alg": ["RS256"] }), 401),
        (json!({ "alg": ABSENT }), 401),
        (json!({ "kid": ABSENT }), 401),
        (json!({ "kid": null }), 401),
        (json!({ "kid": ["the-key"] }), 401),
        (json!({ "kid": 1 }), 401),
        (json!({ "kid": "../the-key" }), 401),
        (json!({ "kid": "the-key\u{0}" }), 401),
    ]
}

/// Forms of `aud`, each with the expected status.
fn audiences() -> Vec<(Value, u16)> {
    vec![
        (json!({ "aud": OURS }), 200),
        (json!({ "aud": "the-client" }), 200),
        (json!({ "aud": [OURS] }), 200),
        (
            json!({ "aud": ["https://other.example", OURS], "client_id": "other" }),
            200,
        ),
        (json!({ "something": { "else": [1, null] }, "jti": 1 }), 200),
        (json!({ "aud": null }), 401),
        (json!({ "aud": [null] }), 401),
        (json!({ "aud": [] }), 401),
        (json!({ "aud": "" }), 401),
        (json!({ "aud": [7] }), 401),
        (json!({ "aud": [[OURS]] }), 401),
        (json!({ "aud": [OURS, 7] }), 401),
        (json!({ "aud": [OURS, null] }), 401),
        (json!({ "aud": { "0": OURS } }), 401),
        (json!({ "aud": true }), 401),
        (json!({ "aud": ["https://other.example"] }), 401),
        (json!({ "aud": format!("{OURS}/") }), 401),
    ]
}

/// Forms of the issuer and of times, each with the expected status.
fn issuers_and_times(issuer: &str, now: u64) -> Vec<(Value, u16)> {
    vec![
        (json!({ "nbf": now }), 200),
        (json!({ "iss": [issuer] }), 401),
        (json!({ "iss": [issuer, "https://evil.example"] }), 401),
        (json!({ "iss": { "0": issuer } }), 401),
        (json!({ "iss": format!("{issuer}/") }), 401),
        (json!({ "iss": format!("{issuer}\u{0}") }), 401),
        (json!({ "iss": "" }), 401),
        (json!({ "iss": null }), 401),
        (json!({ "iss": ABSENT }), 401),
        (json!({ "exp": now - 10 }), 401),
        (json!({ "exp": now - 59 }), 401),
        (json!({ "exp": (now + 600).to_string() }), 401),
        (json!({ "exp": 4_102_444_800.5 }), 401),
        (json!({ "exp": 1e30 }), 401),
        (json!({ "exp": -1 }), 401),
        (json!({ "exp": true }), 401),
        (json!({ "exp": [now + 600] }), 401),
        (json!({ "exp": null }), 401),
        (json!({ "exp": ABSENT }), 401),
        (json!({ "nbf": now + 30 }), 401),
        (json!({ "nbf": now + 300 }), 401),
        (json!({ "nbf": "tomorrow" }), 401),
        (json!({ "nbf": [] }), 401),
        (json!({ "nbf": null }), 401),
        (json!({ "nbf": 1.5 }), 401),
        (json!({ "iat": "now" }), 401),
        (json!({ "iat": null }), 401),
    ]
}

/// Forms of other claims, each with the expected status.
fn other_claims() -> Vec<(Value, u16)> {
    vec![
        (json!({ "scope": ["cognito-mcp/use"] }), 401),
        (json!({ "scope": { "cognito-mcp/use": true } }), 401),
        (json!({ "scope": 7 }), 401),
        (json!({ "scope": null }), 401),
        (json!({ "scope": ABSENT }), 403),
        (json!({ "scope": "" }), 403),
        (json!({ "scope": "openid\tcognito-mcp/use" }), 403),
        (json!({ "sub": 7 }), 401),
        (json!({ "sub": ["a-user"] }), 401),
        (json!({ "sub": "" }), 401),
        (json!({ "sub": null }), 401),
        (json!({ "sub": ABSENT }), 401),
        (json!({ "client_id": ["the-client"] }), 401),
        (json!({ "client_id": 7 }), 401),
        (json!({ "client_id": "" }), 401),
        (json!({ "client_id": null, "aud": OURS }), 401),
        (json!({ "client_id": ABSENT, "aud": OURS }), 401),
        (json!({ "token_use": ["access"] }), 401),
        (json!({ "token_use": "ACCESS" }), 401),
        (json!({ "token_use": null }), 401),
        (json!({ "token_use": ABSENT }), 401),
        (json!({ "username": 7 }), 401),
        (json!({ "username": ["ana"] }), 401),
        (json!({ "username": "" }), 401),
    ]
}

/// Sends each token and compares the status. The first text describes how the token differs from a
/// valid one.
async fn compare(pool: &Pool, tokens: Vec<(String, String, u16)>) {
    let server = running(&guarded_by(pool.issuer())).await;
    let mut wrong: Vec<String> = Vec::new();
    for (what, token, expected) in tokens {
        let reply = list(&server, &token).await;
        if reply.status != expected {
            wrong.push(format!("{what}: {} in place of {expected}", reply.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The server requested only the keys.
    for request in pool.server.received_requests().await.unwrap() {
        let path = request.url.path();
        assert!(path.ends_with("/.well-known/jwks.json"), "{path}");
    }
}

/// Members of the header in various forms.
#[tokio::test]
async fn headers_must_have_cognitos_form() {
    let pool = Pool::new().await;
    let (header, claims) = good(&pool);
    let token = |other: &Value| signed(&pool, &changed(&header, other), &claims.to_string());
    let tokens = headers().into_iter();
    let tokens = tokens.map(|(other, expected)| (other.to_string(), token(&other), expected));
    compare(&pool, tokens.collect()).await;
}

/// Claims in various forms.
#[tokio::test]
async fn claims_must_have_cognitos_form() {
    let pool = Pool::new().await;
    let (header, claims) = good(&pool);
    let token = |other: &Value| signed(&pool, &header.to_string(), &changed(&claims, other));
    let mut rows = audiences();
    rows.extend(issuers_and_times(
        &pool.issuer(),
        SystemTime::now_for_tokens(),
    ));
    rows.extend(other_claims());
    let tokens = rows.into_iter();
    let tokens = tokens.map(|(other, expected)| (other.to_string(), token(&other), expected));
    compare(&pool, tokens.collect()).await;
}

/// A name that occurs twice is refused, because parsers read it in different ways.
#[tokio::test]
async fn names_must_be_unique() {
    let pool = Pool::new().await;
    let (header, claims) = good(&pool);
    let (header, claims) = (header.to_string(), claims.to_string());
    let twice = |text: &str, member: &str| format!("{{{member},{}", &text[1..]);
    let mut tokens = Vec::new();
    for member in [
        r#""iss":"https://evil.example""#,
        r#""exp":1"#,
        r#""sub":"another""#,
        r#""scope":"openid""#,
        r#""client_id":"other""#,
        r#""token_use":"id""#,
        r#""else":1,"else":1"#,
    ] {
        let token = signed(&pool, &header, &twice(&claims, member));
        tokens.push((format!("twice {member}"), token, 401));
    }
    for member in [
        r#""alg":"none""#,
        r#""kid":"other""#,
        r#""else":1,"else":1"#,
    ] {
        let token = signed(&pool, &twice(&header, member), &claims);
        tokens.push((format!("twice {member}"), token, 401));
    }
    compare(&pool, tokens).await;
}

/// A token consists of exactly three parts in base64url.
#[tokio::test]
async fn tokens_must_have_three_parts() {
    let pool = Pool::new().await;
    let (header, claims) = good(&pool);
    let (header, claims) = (header.to_string(), claims.to_string());
    let token = signed(&pool, &header, &claims);
    let forms = [
        format!("Bearer {token}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.x"),
        format!("{token}="),
        token.replacen('.', "=.", 1),
        token.replace('.', ".."),
        signed(&pool, "[]", &claims),
        signed(&pool, &header, "[]"),
        signed(&pool, &header, &format!("{claims} {claims}")),
        signed(&pool, &header, &format!("\u{feff}{claims}")),
        signed(&pool, &format!("{header}x"), &claims),
    ];
    let tokens = forms.into_iter().map(|form| (form.clone(), form, 401));
    compare(&pool, tokens.collect()).await;
}

/// Advances the clock of the server's intervals by `duration`.
async fn later(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

/// An emulator over HTTP, with a pool and a client.
struct Cognito {
    stack: Stack,
    base: String,
    pool: String,
    client: String,
}

impl Cognito {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stack = Stack::builder().issuer(Issuer::Base(base.clone())).build();
        tokio::spawn(cognito_emulator::http::serve(
            listener,
            stack.clone(),
            std::future::pending(),
        ));
        let mut cognito = Self {
            stack,
            base,
            pool: String::new(),
            client: String::new(),
        };
        let pool = cognito.call("CreateUserPool", json!({ "PoolName": "main" }));
        pool["UserPool"]["Id"]
            .as_str()
            .unwrap()
            .clone_into(&mut cognito.pool);
        let client = json!({
            "UserPoolId": cognito.pool, "ClientName": "app",
            "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        });
        let client = cognito.call("CreateUserPoolClient", client);
        client["UserPoolClient"]["ClientId"]
            .as_str()
            .unwrap()
            .clone_into(&mut cognito.client);
        cognito
    }

    #[track_caller]
    fn call(&self, operation: &str, input: Value) -> Value {
        let mut call = Call::new(operation, input);
        call.scope = self.stack.scope().clone();
        let reply = self.stack.call(&call);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// Creates a user and signs the user in; returns the tokens.
    fn sign_in(&self, username: &str) -> Value {
        let user = json!({ "UserPoolId": self.pool, "Username": username });
        self.call("AdminCreateUser", user.clone());
        let mut password = user;
        password["Password"] = "Demo-Passw0rd".into();
        password["Permanent"] = true.into();
        self.call("AdminSetUserPassword", password);
        let input = json!({
            "UserPoolId": self.pool, "ClientId": self.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": username, "PASSWORD": "Demo-Passw0rd" },
        });
        self.call("AdminInitiateAuth", input)["AuthenticationResult"].take()
    }

    fn guards(&self) -> Http {
        Http {
            oauth_issuer: Some(format!("{}/{}", self.base, self.pool)),
            oauth_audience: vec![self.client.clone()],
            ..loopback()
        }
    }

    /// The number of calls of `GetUser`.
    fn checks(&self) -> usize {
        let journal = self.stack.journal();
        journal
            .iter()
            .filter(|call| call.operation == "GetUser")
            .count()
    }
}

/// The maximum time until a revoked token is refused, as README says.
const INTERVAL: Duration = Duration::from_mins(1);

/// After each operation that ends a sign-in, the server refuses the token within the interval.
#[tokio::test]
async fn a_token_that_cognito_no_longer_accepts_is_refused() {
    let cognito = Cognito::start().await;
    let server = running(&cognito.guards()).await;
    let stays = cognito.sign_in("stays");
    let stays = stays["AccessToken"].as_str().unwrap();
    for (n, ends) in [
        "RevokeToken",
        "GlobalSignOut",
        "AdminUserGlobalSignOut",
        "AdminDisableUser",
        "AdminDeleteUser",
        "DeleteUser",
    ]
    .into_iter()
    .enumerate()
    {
        let username = format!("user-{n}");
        let tokens = cognito.sign_in(&username);
        let access = tokens["AccessToken"].as_str().unwrap();
        for token in [access, stays] {
            let reply = list(&server, token).await;
            assert_eq!(reply.status, 200, "{ends}: {reply:?}");
        }
        let input = match ends {
            "RevokeToken" => json!({ "ClientId": cognito.client, "Token": tokens["RefreshToken"] }),
            "GlobalSignOut" | "DeleteUser" => json!({ "AccessToken": access }),
            _ => json!({ "UserPoolId": cognito.pool, "Username": username }),
        };
        cognito.call(ends, input);
        later(INTERVAL).await;
        let reply = list(&server, access).await;
        assert_eq!(reply.status, 401, "{ends}: {reply:?}");
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(reply.body.contains("no longer accepts"), "{reply:?}");
        assert_eq!(list(&server, stays).await.status, 200, "{ends}");
    }
    // A deleted pool has no users.
    cognito.call("DeleteUserPool", json!({ "UserPoolId": cognito.pool }));
    later(INTERVAL).await;
    assert_eq!(list(&server, stays).await.status, 401);
}

/// The issuer is the emulator in the server's own process. The emulator's clock decides when a
/// token expires, and users are checked by `GetUser` as in any other pool.
#[tokio::test]
async fn the_servers_own_emulator_can_be_the_issuer() {
    let cognito = Cognito::start().await;
    let backend = Emulated::over(cognito.stack.clone()).backend("us-east-1");
    let server = running_over(&cognito.guards(), &Config::default(), backend).await;
    let tokens = cognito.sign_in("ana");
    let access = tokens["AccessToken"].as_str().unwrap();
    assert_eq!(list(&server, access).await.status, 200);
    cognito.stack.advance(Duration::from_hours(1));
    assert_eq!(list(&server, access).await.status, 200);
    cognito.stack.advance(Duration::from_secs(5));
    let reply = list(&server, access).await;
    assert_eq!(reply.status, 401);
    assert!(reply.body.contains("has expired"), "{reply:?}");
    let tokens = cognito.sign_in("ben");
    let access = tokens["AccessToken"].as_str().unwrap();
    assert_eq!(list(&server, access).await.status, 200);
    let user = json!({ "UserPoolId": cognito.pool, "Username": "ben" });
    cognito.call("AdminDisableUser", user);
    later(INTERVAL).await;
    assert_eq!(list(&server, access).await.status, 401);
}

/// A token without a user is accepted for an hour at most.
#[tokio::test]
async fn a_token_without_a_user_is_accepted_for_an_hour() {
    let cognito = Cognito::start().await;
    let scopes = json!([{ "ScopeName": "use", "ScopeDescription": "u" }]);
    let api = json!({
        "UserPoolId": cognito.pool, "Identifier": "api", "Name": "API", "Scopes": scopes,
    });
    cognito.call("CreateResourceServer", api);
    let machine = json!({
        "UserPoolId": cognito.pool, "ClientName": "machine", "GenerateSecret": true,
        "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"], "AllowedOAuthScopes": ["api/use"],
        "AccessTokenValidity": 24, "TokenValidityUnits": { "AccessToken": "hours" },
    });
    let machine = cognito.call("CreateUserPoolClient", machine)["UserPoolClient"].take();
    let asked = json!({ "ClientId": machine["ClientId"], "Secret": machine["ClientSecret"] });
    let token = cognito.call("GetClientToken", asked)["ClientAuthenticationResult"].take();
    let token = token["AccessToken"].as_str().unwrap();
    let http = Http {
        oauth_audience: vec![machine["ClientId"].as_str().unwrap().to_owned()],
        oauth_scope: vec!["api/use".to_owned()],
        ..cognito.guards()
    };
    let backend = Emulated::over(cognito.stack.clone()).backend("us-east-1");
    let server = running_over(&http, &Config::default(), backend).await;
    assert_eq!(list(&server, token).await.status, 200);
    cognito.stack.advance(Duration::from_mins(59));
    assert_eq!(list(&server, token).await.status, 200);
    cognito.stack.advance(Duration::from_mins(2));
    let reply = list(&server, token).await;
    assert_eq!(reply.status, 401);
    assert!(reply.body.contains("get a new one"), "{reply:?}");
    assert_eq!(cognito.checks(), 0);
}

/// `GetUser` is called once per token and interval. It is not called for tokens that are refused
/// anyway.
#[tokio::test]
async fn cognito_is_called_once_per_interval() {
    let cognito = Cognito::start().await;
    let server = running(&cognito.guards()).await;
    let tokens = cognito.sign_in("ana");
    let access = tokens["AccessToken"].as_str().unwrap();
    let id = tokens["IdToken"].as_str().unwrap();
    for _ in 0..3 {
        assert_eq!(list(&server, access).await.status, 200);
        assert_eq!(list(&server, id).await.status, 401);
        assert_eq!(list(&server, &format!("{access}AA")).await.status, 401);
    }
    assert_eq!(cognito.checks(), 1);
    later(INTERVAL.checked_sub(Duration::from_secs(1)).unwrap()).await;
    assert_eq!(list(&server, access).await.status, 200);
    assert_eq!(cognito.checks(), 1);
    later(Duration::from_secs(1)).await;
    // Concurrent requests share one check.
    let (one, other) = tokio::join!(list(&server, access), list(&server, access));
    assert_eq!((one.status, other.status), (200, 200));
    assert_eq!(cognito.checks(), 2);
}

/// A token of a mock issuer with the scope for `GetUser`.
fn by_user(pool: &Pool) -> String {
    let scope = "cognito-mcp/use aws.cognito.signin.user.admin";
    pool.token("the-key", json!({ "scope": scope, "username": "ana" }))
}

fn user() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "Username": "ana", "UserAttributes": [] }))
}

fn exception(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "__type": code, "message": message }))
}

/// If a check fails, the token is not admitted.
#[tokio::test]
async fn a_check_that_fails_admits_no_token() {
    for failure in [
        exception(400, "TooManyRequestsException", "Rate exceeded"),
        exception(500, "InternalErrorException", "Internal error"),
        exception(403, "ForbiddenException", "Forbidden"),
        ResponseTemplate::new(502).set_body_string("Bad gateway"),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(json!({})),
        ResponseTemplate::new(404),
        ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/"),
    ] {
        let pool = Pool::new().await;
        let server = running(&guarded_by(pool.issuer())).await;
        let token = by_user(&pool);
        let good = operation("GetUser")
            .respond_with(user())
            .mount_as_scoped(&pool.server)
            .await;
        assert_eq!(list(&server, &token).await.status, 200);
        drop(good);
        let bad = operation("GetUser").respond_with(failure.clone());
        let bad = bad.mount_as_scoped(&pool.server).await;
        assert_eq!(list(&server, &token).await.status, 200);
        later(INTERVAL).await;
        let reply = list(&server, &token).await;
        assert_eq!(
            (reply.status, reply.header("retry-after")),
            (503, Some("1")),
            "{failure:?}"
        );
        drop(bad);
        let _good = operation("GetUser")
            .respond_with(user())
            .mount_as_scoped(&pool.server)
            .await;
        later(Duration::from_secs(5)).await;
        assert_eq!(list(&server, &token).await.status, 200, "{failure:?}");
    }
}

/// The access token is sent only to the issuer, and without AWS credentials.
#[tokio::test]
async fn the_check_is_get_user() {
    let pool = Pool::new().await;
    let server = running(&guarded_by(pool.issuer())).await;
    let token = by_user(&pool);
    operation("GetUser")
        .and(header("content-type", "application/x-amz-json-1.1"))
        .and(method("POST"))
        .respond_with(user())
        .expect(1)
        .mount(&pool.server)
        .await;
    assert_eq!(list(&server, &token).await.status, 200);
    let requests = pool.server.received_requests().await.unwrap();
    let check = requests.last().unwrap();
    let body: Value = serde_json::from_slice(&check.body).unwrap();
    assert_eq!(
        (check.url.path(), body),
        ("/", json!({ "AccessToken": token }))
    );
    assert_eq!(check.headers.get("authorization"), None);
}

/// A token that cannot be checked is accepted for an hour after it was issued.
#[tokio::test]
async fn an_unchecked_token_is_accepted_for_an_hour() {
    let pool = Pool::new().await;
    let server = running(&guarded_by(pool.issuer())).await;
    let now = SystemTime::now_for_tokens();
    for (claims, expected) in [
        (json!({ "iat": now - 3500, "exp": now + 86_400 }), 200),
        (json!({ "iat": now - 3700, "exp": now + 86_400 }), 401),
        (
            json!({ "iat": now - 3700, "exp": now + 86_400, "username": "ana" }),
            401,
        ),
        (json!({ "iat": null, "exp": now + 86_400 }), 401),
    ] {
        let reply = list(&server, &pool.token("the-key", claims.clone())).await;
        assert_eq!(reply.status, expected, "{claims}: {reply:?}");
        let advised = reply.body.contains("get a new one");
        assert_eq!(advised, expected == 401, "{claims}: {reply:?}");
    }
    // A token that can be checked is accepted until it expires.
    operation("GetUser")
        .respond_with(user())
        .mount(&pool.server)
        .await;
    let old = json!({
        "iat": now - 80_000, "exp": now + 6_400, "username": "ana",
        "scope": "cognito-mcp/use aws.cognito.signin.user.admin",
    });
    assert_eq!(list(&server, &pool.token("the-key", old)).await.status, 200);
}

/// If the token lacks the scope for `GetUser`, the server checks with its own credentials whether
/// the user is enabled.
#[tokio::test]
async fn a_disabled_user_is_refused_without_the_scope() {
    let pool = Pool::new().await;
    let answers = |enabled: bool| {
        let user = json!({ "Username": "ana", "Enabled": enabled, "UserStatus": "CONFIRMED" });
        ResponseTemplate::new(200).set_body_json(user)
    };
    let none = exception(400, "UserNotFoundException", "User does not exist.");
    let denied = exception(400, "AccessDeniedException", "User: x is not authorized");
    let token = pool.token("the-key", json!({ "username": "ana" }));
    for (answer, expected) in [
        (answers(true), 200),
        (answers(false), 401),
        (none, 401),
        // The check is not allowed, so the limit of an hour applies.
        (denied, 200),
        (
            exception(500, "InternalErrorException", "Internal error"),
            503,
        ),
    ] {
        let config = Config {
            backend: BackendKind::Aws,
            ..Config::default()
        };
        let backend = aws::over(&sdk(&pool.server.uri()));
        let server = running_over(&guarded_by(pool.issuer()), &config, backend).await;
        let mounted = operation("AdminGetUser").respond_with(answer);
        let _mounted = mounted.mount_as_scoped(&pool.server).await;
        let reply = list(&server, &token).await;
        assert_eq!(reply.status, expected, "{reply:?}");
    }
}

/// A redirect of the key set to another host is not followed.
#[tokio::test]
async fn redirects_of_key_sets_are_not_followed() {
    let pool = Pool::new().await;
    let elsewhere = wiremock::MockServer::start().await;
    let token = pool.token(
        "the-key",
        json!({ "iss": format!("{}/us-east-1_AbCdEfGhI", elsewhere.uri()) }),
    );
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(302).insert_header(
            "location",
            format!("{}/.well-known/jwks.json", pool.issuer()).as_str(),
        ))
        .mount(&elsewhere)
        .await;
    let server = running(&guarded_by(format!(
        "{}/us-east-1_AbCdEfGhI",
        elsewhere.uri()
    )))
    .await;
    assert_eq!(list(&server, &token).await.status, 503);
    assert_eq!(pool.server.received_requests().await.unwrap().len(), 0);
}
