//! Attacks on the servers by hostile callers.
//!
//! These tests are fast. `scripts/attack` makes more attacks on the built binary.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito_emulator::Issuer;
use cognito_emulator::auth::keys::Keyring;
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_mcp::cognito::backend;
use cognito_mcp::cognito::operations::{self, Effect};
use cognito_mcp::config::{Config, Confirm, Http};
use cognito_mcp::mcp::server::Server;
use cognito_mcp::tools;
use cognito_mcp::transport::http::HttpServer;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::answer;
use crate::call;
use crate::connect;
use crate::every_tool;
use crate::gates::drive;
use crate::hiding_secrets;
use crate::refusal;
use crate::text;

/// Number of concurrent callers.
const CALLERS: usize = 12;

const PASSWORD: &str = "Correct-Horse-7";

/// Calls an operation in the default scope of the stack.
fn send(stack: &Stack, operation: &str, input: Value) -> Reply {
    let mut call = Call::new(operation, input);
    call.scope = stack.scope().clone();
    stack.call(&call)
}

#[track_caller]
fn must(stack: &Stack, operation: &str, input: Value) -> Value {
    let reply = send(stack, operation, input);
    assert!(reply.is_ok(), "{operation}: {reply}");
    reply.body.json().clone()
}

/// Creates a pool with sign-up, and its client; returns the ids.
fn pool(stack: &Stack) -> (String, String) {
    let settings = json!({ "PoolName": "main", "AutoVerifiedAttributes": ["email"] });
    let pool = must(stack, "CreateUserPool", settings);
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let settings = json!({
        "UserPoolId": pool, "ClientName": "app",
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 0 },
    });
    let client = must(stack, "CreateUserPoolClient", settings);
    let client = client["UserPoolClient"]["ClientId"].as_str().unwrap();
    (pool, client.to_owned())
}

/// Makes the same call from all callers at once; returns how many succeed.
fn winners(stack: &Stack, operation: &'static str, input: &Value) -> usize {
    let barrier = Arc::new(Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (stack, input, barrier) = (stack.clone(), input.clone(), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                send(&stack, operation, input)
            })
        })
        .collect();
    let replies = callers.into_iter().map(|caller| caller.join().unwrap());
    let mut winners = 0;
    for reply in replies {
        assert!(reply.status < 500, "{operation}: {reply}");
        winners += usize::from(reply.is_ok());
    }
    winners
}

/// If a call can succeed only once, exactly one of several concurrent calls succeeds.
#[test]
fn a_race_has_one_winner() {
    let stack = Stack::builder().build();
    let (pool, client) = pool(&stack);
    let ana = json!({ "UserPoolId": pool, "Username": "ana" });
    let race = |operation, input: Value| {
        assert_eq!(winners(&stack, operation, &input), 1, "{operation}");
    };
    let code = || stack.outbox(&OutboxFilter::default()).pop().unwrap().code;
    race(
        "SignUp",
        json!({
            "ClientId": client, "Username": "ana", "Password": PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
        }),
    );
    race(
        "ConfirmSignUp",
        json!({ "ClientId": client, "Username": "ana", "ConfirmationCode": code() }),
    );
    let signed_in = must(
        &stack,
        "InitiateAuth",
        json!({
            "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "ana", "PASSWORD": PASSWORD },
        }),
    );
    let refresh = &signed_in["AuthenticationResult"]["RefreshToken"];
    race(
        "GetTokensFromRefreshToken",
        json!({ "ClientId": client, "RefreshToken": refresh }),
    );
    must(
        &stack,
        "ForgotPassword",
        json!({ "ClientId": client, "Username": "ana" }),
    );
    race(
        "ConfirmForgotPassword",
        json!({
            "ClientId": client, "Username": "ana", "Password": "Correct-Horse-8",
            "ConfirmationCode": code(),
        }),
    );
    race(
        "CreateGroup",
        json!({ "UserPoolId": pool, "GroupName": "g" }),
    );
    race("AdminDeleteUser", ana);
}

/// Paths with dots, encoded or not, do not reach other resources.
#[tokio::test]
async fn paths_do_not_escape() {
    let (_, address) = emulator().await;
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/us-east-1_x/.well-known/../../_emulator/outbox",
        "/us-east-1_x/.well-known/%2e%2e/%2e%2e/_emulator/outbox",
        "/imports/%2e%2e/%2e%2e/_emulator/outbox?x=1",
        "/_emulator/imports/%2e%2e/%2e%2e",
        "//_emulator/outbox",
        "/_emulator%2foutbox",
        "/%5f%65mulator/outbox",
        "/x/../_emulator/outbox",
    ] {
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
        let reply = exchange(&address, &head).await;
        let status = reply.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "403" | "404" | "405"), "{path}: {reply}");
    }
}

/// Starts a server over HTTP with these settings; returns its address.
async fn served(http: Http) -> String {
    let config = Config {
        http: http.clone(),
        ..Config::default()
    };
    let backend = backend::connect(&config).await.unwrap();
    let server = Server::new(&config, backend).unwrap();
    let http_server = HttpServer::open(server, &http).await.unwrap();
    let address = http_server.address().to_string();
    tokio::spawn(http_server.serve(std::future::pending()));
    address
}

fn loopback() -> Http {
    Http {
        address: Some("127.0.0.1:0".parse().unwrap()),
        ..Http::default()
    }
}

/// Starts the emulator over HTTP; returns it and its address.
async fn emulator() -> (Stack, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let issuer = Issuer::Base(format!("http://{address}"));
    let stack = Stack::builder().issuer(issuer).build();
    tokio::spawn(cognito_emulator::http::serve(
        listener,
        stack.clone(),
        std::future::pending(),
    ));
    (stack, address)
}

/// Sends a request; returns all bytes until the server closes the connection.
async fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    // A reset also ends the connection.
    let _ = stream.read_to_end(&mut reply).await;
    String::from_utf8_lossy(&reply).into_owned()
}

/// A request with an ambiguous length is at most one request, and ends its connection.
#[tokio::test]
async fn an_ambiguous_length_hides_no_request() {
    let insecure = Http {
        insecure: true,
        ..loopback()
    };
    let (_, emulator) = emulator().await;
    for (address, path) in [(served(insecure).await, "/mcp"), (emulator, "/")] {
        let hidden =
            format!("GET /hidden HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        for lengths in [
            "content-length: 5\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 5",
            "transfer-encoding: xchunked\r\ncontent-length: 5",
            "transfer-encoding: chunked, identity",
            "content-length: 5\r\ncontent-length: 6",
            "content-length: +5",
        ] {
            let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\n{lengths}\r\n\r\n");
            let reply = exchange(&address, &format!("{head}0\r\n\r\n{hidden}")).await;
            let answers = reply.matches("HTTP/1.1 ").count();
            assert!(answers <= 1, "{path} {lengths}: {reply}");
            assert!(!reply.contains("HTTP/1.1 404"), "{path} {lengths}: {reply}");
        }
    }
}

/// Deeply nested JSON is refused, and does not exhaust the stack.
#[tokio::test]
async fn deep_json_is_refused() {
    let stack = Stack::builder().build();
    for depth in [128, 1_000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let body = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let target = Some("AWSCognitoIdentityProviderService.ListUsers");
            let call = Call::from_http(target, None, true, body.into(), stack.scope());
            let reply = stack.call(&call);
            assert_eq!(reply.status, 400, "{depth}: {reply}");
        }
    }
}

/// If several callers use one confirmation at once, only one of the calls is made. Disabling a user
/// twice is allowed, so no other check refuses the calls.
#[tokio::test]
async fn one_state_confirms_one_of_many_calls() {
    let config = Config {
        confirm: Confirm::Always,
        ..every_tool()
    };
    let backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let server = Server::new(&config, backend).unwrap();
    let asked = stateless(&server, json!({})).await;
    let state = &asked["requestState"];
    assert!(state.is_string(), "{asked}");
    let yes = json!({
        "requestState": state,
        "inputResponses": { "confirm": { "action": "accept", "content": { "confirm": true } } },
    });
    let calls = (0..CALLERS).map(|_| {
        let (server, yes) = (server.clone(), yes.clone());
        tokio::spawn(async move { stateless(&server, yes).await })
    });
    let mut done = 0;
    for call in calls.collect::<Vec<_>>() {
        done += usize::from(call.await.unwrap()["isError"] == false);
    }
    assert_eq!(done, 1);
    let journal = stack.journal();
    let disabled = journal
        .iter()
        .filter(|entry| entry.operation == "AdminDisableUser");
    assert_eq!(disabled.count(), 1);
}

/// The result of `disable_user` for `ana` from a client of the stateless protocol that can ask its
/// user.
async fn stateless(server: &Server, more: Value) -> Value {
    use rmcp::ServiceExt;
    let (here, there) = tokio::io::duplex(64 * 1024);
    let server = server.clone();
    tokio::spawn(async move {
        if let Ok(running) = server.serve(there).await {
            let _ = running.waiting().await;
        }
    });
    let mut params = json!({
        "name": "disable_user",
        "arguments": { "username": "ana" },
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "hostile", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
        },
    });
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let (output, mut input) = tokio::io::split(here);
    input
        .write_all(format!("{request}\n").as_bytes())
        .await
        .unwrap();
    let line = BufReader::new(output).lines().next_line().await.unwrap();
    let mut reply: Value = serde_json::from_str(&line.unwrap()).unwrap();
    reply["result"].take()
}

/// Sends a request with a token over HTTP; returns the reply.
async fn request_with_token(
    address: &str,
    token: &str,
    method: &str,
    more: &str,
    body: &Value,
) -> String {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = format!(
        "{method} /mcp HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         accept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n{more}\r\n{body}",
        body.len()
    );
    exchange(address, &request).await
}

fn hello() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "hostile", "version": "1" },
        },
    })
}

/// A server over HTTP whose issuer is a pool of an emulator.
struct Guarded {
    address: String,
    jwks: Value,
    /// The claims of the access token of `ana`.
    claims: Value,
    /// Access tokens by username.
    tokens: BTreeMap<&'static str, String>,
    keys: Arc<cognito_emulator::auth::keys::SigningKeys>,
}

/// Creates a user and signs the user in; returns the access token.
fn signed_in(stack: &Stack, pool: &str, client: &str, name: &str) -> String {
    let password = "Correct-Horse-7";
    let user = json!({ "UserPoolId": pool, "Username": name });
    must(stack, "AdminCreateUser", user);
    let set =
        json!({ "UserPoolId": pool, "Username": name, "Password": password, "Permanent": true });
    must(stack, "AdminSetUserPassword", set);
    let sign_in = json!({
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client,
        "AuthParameters": { "USERNAME": name, "PASSWORD": password },
    });
    let answer = must(stack, "InitiateAuth", sign_in);
    let token = answer["AuthenticationResult"]["AccessToken"].as_str();
    token.unwrap().to_owned()
}

impl Guarded {
    async fn new() -> Self {
        let (stack, emulator) = emulator().await;
        let (pool, client) = pool(&stack);
        let issuer = format!("http://{emulator}/{pool}");
        let address = served(Http {
            oauth_issuer: Some(issuer.clone()),
            oauth_audience: vec![client.clone()],
            ..loopback()
        })
        .await;
        // These are tokens of real sign-ins, because the server checks tokens with Cognito.
        let tokens = ["ana", "ben"].map(|name| (name, signed_in(&stack, &pool, &client, name)));
        let (_, ana) = &tokens[0];
        let payload = ana.split('.').nth(1).unwrap();
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
        let claims = serde_json::from_slice(&payload).unwrap();
        Self {
            address,
            jwks: stack.jwks(&pool).unwrap(),
            claims,
            tokens: tokens.into(),
            // The embedded keys, with which the first pool signs tokens.
            keys: Keyring::default().next(),
        }
    }

    fn token(&self, username: &str) -> String {
        self.tokens[username].clone()
    }

    /// A token with `header` and the claims, signed with the key for access tokens.
    fn signed(&self, header: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(&self.claims));
        let signature = self.keys.access().sign(message.as_bytes());
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    async fn admits(&self, token: &str) -> bool {
        let reply = request_with_token(&self.address, token, "POST", "", &hello()).await;
        let refused = reply.starts_with("HTTP/1.1 401");
        assert!(refused || reply.starts_with("HTTP/1.1 200"), "{reply}");
        !refused
    }
}

/// Tokens with another algorithm, another key, or a key of their own.
#[tokio::test]
async fn tokens_cannot_choose_their_verification() {
    let place = Guarded::new().await;
    let kid = place.keys.access().kid();
    assert!(place.admits(&place.token("ana")).await);
    assert!(
        place
            .admits(&place.signed(&json!({ "kid": kid, "alg": "RS256" })))
            .await
    );
    let own = &place.jwks["keys"][1];
    for header in [
        json!({ "kid": kid, "alg": "none" }),
        json!({ "kid": kid, "alg": "RS384" }),
        json!({ "kid": kid, "alg": "RS512" }),
        json!({ "kid": kid, "alg": "PS256" }),
        json!({ "kid": kid, "alg": "ES256" }),
        json!({ "kid": kid, "alg": "rs256" }),
        json!({ "kid": place.keys.id().kid(), "alg": "RS256" }),
        json!({ "alg": "RS256" }),
        json!({ "kid": "other", "alg": "RS256", "jwk": own }),
        json!({ "kid": "other", "alg": "RS256", "jku": format!("{}/.well-known/jwks.json", place.claims["iss"]) }),
        json!({ "kid": [kid], "alg": "RS256" }),
    ] {
        assert!(!place.admits(&place.signed(&header)).await, "{header}");
    }
    // The public key, used as the secret of a symmetric algorithm.
    let modulus = own["n"].as_str().unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(modulus).unwrap();
    for secret in [modulus.as_bytes(), &bytes, own.to_string().as_bytes(), b""] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(kid.to_owned());
        let key = EncodingKey::from_secret(secret);
        let token = jsonwebtoken::encode(&header, &place.claims, &key).unwrap();
        assert!(!place.admits(&token).await);
    }
}

/// Another operator cannot use the id of a session: neither to call, nor to listen, nor to end the
/// session.
#[tokio::test]
async fn a_session_of_another_operator_cannot_be_used() {
    let place = Guarded::new().await;
    let [ana, ben] = ["ana", "ben"].map(|name| place.token(name));
    let opened = request_with_token(&place.address, &ana, "POST", "", &hello()).await;
    let session = opened
        .lines()
        .find_map(|line| line.strip_prefix("mcp-session-id: "))
        .unwrap();
    let ping = json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" });
    for id in [session, &session.to_uppercase(), &session[1..], "*", ""] {
        let more = format!("mcp-session-id: {id}\r\nmcp-protocol-version: 2025-06-18\r\n");
        let reply = request_with_token(&place.address, &ben, "POST", &more, &ping).await;
        assert!(!reply.starts_with("HTTP/1.1 2"), "{id}: {reply}");
    }
    let more = format!("mcp-session-id: {session}\r\nmcp-protocol-version: 2025-06-18\r\n");
    for method in ["GET", "DELETE"] {
        let reply = request_with_token(&place.address, &ben, method, &more, &Value::Null).await;
        assert!(reply.starts_with("HTTP/1.1 404"), "{method}: {reply}");
    }
    let reply = request_with_token(&place.address, &ana, "POST", &more, &ping).await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

/// A reference that the server did not issue is refused, even if it is similar to one that it
/// issued.
#[tokio::test]
async fn a_reference_cannot_be_guessed() {
    let config = hiding_secrets();
    let client = connect(&config, backend::connect(&config).await.unwrap()).await;
    let made = json!({ "name": "web", "secret": true });
    let made = answer(call(&client, "create_client", made).await);
    let reference = made["client_secret"].as_str().unwrap();
    let (kind, id) = reference.rsplit_once('/').unwrap();
    let last = id.chars().next_back().unwrap();
    let other = if last == '2' { '3' } else { '2' };
    for guess in [
        format!("{kind}/{}{other}", &id[..id.len() - 1]),
        format!("{kind}/{}", id.to_uppercase()),
        format!("{kind}/{}", &id[1..]),
        format!("{kind}/{id}{id}"),
        format!("{kind}/"),
        format!("secret:/{id}"),
        format!("{kind}/../{kind}/{id}"),
    ] {
        let arguments = json!({ "client_id": made["client_id"], "client_secret": guess });
        let (sentence, facts) = refusal(call(&client, "rotate_client_secret", arguments).await);
        assert!(facts["code"].is_string(), "{guess}: {sentence}");
    }
}

/// The sources in `folder` and the folders below it.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &sources(&path);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all += &std::fs::read_to_string(&path).unwrap();
        }
    }
    all
}

/// Each row of `docs/hostile-set.md` names files and tests that exist.
#[test]
fn the_hostile_set_names_files_and_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("emulator/src");
    let sources = sources(&folder);
    let table = include_str!("../../docs/hostile-set.md");
    let quoted = |cell: &str| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(ToOwned::to_owned)
            .collect()
    };
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [guard, files, tests] = cells[..] else {
            panic!("not three cells: {row}");
        };
        if ["guard", "---"].contains(&guard.trim()) {
            continue;
        }
        let (files, tests) = (quoted(files), quoted(tests));
        assert!(!files.is_empty() && !tests.is_empty(), "{row}");
        for file in files {
            assert!(folder.join(&file).exists(), "{guard}: no file {file}");
        }
        for test in tests {
            let exists = sources.contains(&format!("fn {test}("));
            assert!(exists, "{guard}: no test {test}");
        }
        rows += 1;
    }
    assert!(rows > 50, "{rows}");
}

/// Any spelling of `dry_run` makes a dry run or is refused.
#[tokio::test]
async fn a_dry_run_in_any_spelling_writes_nothing() {
    let config = every_tool();
    let backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let client = connect(&config, backend).await;
    let calls = drive().await;
    let writing: Vec<&(String, Value)> = calls
        .iter()
        .filter(|(tool, arguments)| {
            let entry = tools::find(tool).unwrap();
            entry.effect_with(arguments.as_object().unwrap()) > Effect::Read
                && tool != "call_operation"
        })
        .collect();
    let spellings = [
        ("dryRun", json!(true)),
        ("DryRun", json!(true)),
        ("dry-run", json!(true)),
        ("DRY_RUN", json!(true)),
        ("dry_run", json!("true")),
        ("dry_run", json!(1)),
        ("dry_run", json!("yes")),
        ("dry_run", json!([true])),
    ];
    stack.clear_journal();
    for (at, (tool, arguments)) in writing.into_iter().enumerate() {
        // Each tool is called with two of the spellings, in turn.
        for (name, value) in [&spellings[at % 8], &spellings[(at + 3) % 8]] {
            let mut arguments = arguments.clone();
            arguments[*name] = value.clone();
            let result = call(&client, tool, arguments.clone()).await.unwrap();
            let written = stack
                .journal()
                .iter()
                .any(|entry| operations::effect_of(&[&entry.operation]) > Effect::Read);
            assert!(!written, "{tool} {arguments}: {}", text(&result));
        }
    }
}
