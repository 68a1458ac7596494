//! MCP over HTTP: both eras of the protocol, and authentication.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use cognito_emulator::Issuer;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::bounds::{BODY_BYTES, REQUESTS};
use cognito_mcp::cognito::backend::{self, Backend};
use cognito_mcp::config::{Config, HiddenText, Http};
use cognito_mcp::mcp::server::Server;
use cognito_mcp::transport::http::HttpServer;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::cancel;
use crate::wire::Asked;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A server over HTTP, and a sender that interrupts it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    interrupt: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

pub(crate) fn loopback() -> Http {
    Http {
        address: Some("127.0.0.1:0".parse().unwrap()),
        ..Http::default()
    }
}

fn with_token() -> Http {
    Http {
        token: Some(HiddenText(TOKEN.to_owned())),
        ..loopback()
    }
}

fn insecure() -> Http {
    Http {
        insecure: true,
        ..loopback()
    }
}

async fn opened(http: &Http) -> Result<HttpServer, String> {
    let config = Config {
        http: http.clone(),
        ..Config::default()
    };
    let backend = backend::connect(&config).await.unwrap();
    let server = Server::new(&config, backend).unwrap();
    HttpServer::open(server, http)
        .await
        .map_err(|error| error.0)
}

pub(crate) async fn running(http: &Http) -> Running {
    serving(opened(http).await.unwrap())
}

/// Starts a server over `backend`.
pub(crate) async fn running_over(http: &Http, config: &Config, backend: Backend) -> Running {
    let server = Server::new(config, backend).unwrap();
    serving(
        HttpServer::open(server, http)
            .await
            .map_err(|error| error.0)
            .unwrap(),
    )
}

pub(crate) fn serving(server: HttpServer) -> Running {
    let address = server.address();
    let (interrupt, interrupted) = oneshot::channel();
    let task = tokio::spawn(server.serve(async {
        let _ = interrupted.await;
    }));
    Running {
        address,
        interrupt,
        served: task,
    }
}

/// The error of a server with these settings, which must not start.
async fn refused(http: Http) -> String {
    match opened(&http).await {
        Ok(_) => panic!("it serves: {http:?}"),
        Err(shown) => shown,
    }
}

impl Reply {
    pub(crate) fn read(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{text:?}"));
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    /// The messages of an event stream, or the message of a JSON document.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let data: Vec<Value> = self
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .filter_map(|data| serde_json::from_str(data).ok())
            .collect();
        if data.is_empty() {
            vec![serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))]
        } else {
            data
        }
    }
}

impl Running {
    pub(crate) async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// The head of a POST request to the endpoint. `headers` are added to the usual ones
    /// or replace them.
    fn head(&self, headers: &[(&str, &str)], length: usize) -> String {
        let host = self.address.to_string();
        let length = length.to_string();
        let mut all = vec![
            ("host", host.as_str()),
            ("connection", "close"),
            ("accept", "application/json, text/event-stream"),
            ("content-type", "application/json"),
            ("content-length", length.as_str()),
        ];
        all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        all.extend(headers);
        let lines: Vec<String> = all
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        format!("POST /mcp HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"))
    }

    pub(crate) async fn post(&self, headers: &[(&str, &str)], message: &Value) -> Reply {
        let body = message.to_string();
        let mut stream = self.send(&(self.head(headers, body.len()) + &body)).await;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let reply = Reply::read(&reply);
        if reply.status == 200 {
            let mut asked = Asked::default();
            asked.note(message);
            reply
                .messages()
                .iter()
                .for_each(|message| asked.validate(message));
        }
        reply
    }

    /// Sends a request of the revision 2026-07-28.
    pub(crate) async fn modern(
        &self,
        method: &str,
        params: Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let message = modern(method, params);
        let name = message["params"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut all = vec![
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", method),
        ];
        if !name.is_empty() {
            all.push(("mcp-name", &name));
        }
        all.extend(headers);
        self.post(&all, &message).await
    }

    async fn get(&self, path: &str) -> Reply {
        let text = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        );
        let mut reply = String::new();
        self.send(&text)
            .await
            .read_to_string(&mut reply)
            .await
            .unwrap();
        Reply::read(&reply)
    }
}

pub(crate) fn modern(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
    });
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn hello(version: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "0" },
        },
    })
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Probes use the address of a replica, and have no token.
#[tokio::test]
async fn a_server_without_shared_state_is_ready() {
    let server = running(&insecure()).await;
    for path in ["/health", "/ready"] {
        let reply = server.get(path).await;
        assert_eq!(
            (reply.status, &*reply.body),
            (200, r#"{"status":"ok"}"#),
            "{path}"
        );
    }
}

/// A proxy sends requests until it has seen that the server is not ready.
#[tokio::test]
async fn a_draining_server_answers_calls_until_its_time_is_over() {
    let mut server = running(&Http {
        drain: Some(1),
        ..insecure()
    })
    .await;
    let (unused, _) = oneshot::channel();
    let interrupt = std::mem::replace(&mut server.interrupt, unused);
    interrupt.send(()).unwrap();
    while server.get("/ready").await.status == 200 {}
    let reply = server.get("/ready").await;
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.body.contains(r#""status":"ending""#), "{reply:?}");
    assert_eq!(server.get("/health").await.status, 200);
    let listed = server.modern("tools/list", json!({}), &[]).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    server.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn both_eras_are_served() {
    let server = running(&insecure()).await;
    let discovered = server.modern("server/discover", json!({}), &[]).await;
    let result = &discovered.messages()[0]["result"];
    assert_eq!(result["resultType"], "complete", "{discovered:?}");
    let versions = result["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")), "{result}");
    let call = json!({ "name": "get_user", "arguments": { "username": "ana" } });
    let called = server.modern("tools/call", call.clone(), &[]).await;
    assert_eq!(
        called.messages()[0]["result"]["structuredContent"]["username"],
        "ana"
    );
    assert_eq!(called.header("mcp-session-id"), None);

    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let greeted = server.post(&[], &hello(version)).await;
        let answer = greeted.messages().pop().unwrap();
        assert_eq!(answer["result"]["protocolVersion"], version);
        assert_eq!(answer["result"]["serverInfo"]["name"], "cognito-mcp");
        let session = greeted.header("mcp-session-id").unwrap();
        let headers = [
            ("mcp-session-id", session),
            ("mcp-protocol-version", version),
        ];
        let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call });
        let called = server.post(&headers, &call).await;
        let answer = called.messages().pop().unwrap();
        assert_eq!(
            answer["result"]["structuredContent"]["username"], "ana",
            "{called:?}"
        );
    }
}

#[tokio::test]
async fn requests_without_the_token_are_refused() {
    let server = running(&with_token()).await;
    let list =
        async |headers: &[(&str, &str)]| server.modern("tools/list", json!({}), headers).await;
    let none = list(&[]).await;
    assert_eq!(
        (none.status, none.header("www-authenticate")),
        (401, Some("bearer"))
    );
    assert!(
        none.body.contains("Authorization: Bearer TOKEN"),
        "{none:?}"
    );
    for wrong in [
        bearer("fedcba9876543210fedcba9876543210"),
        bearer(&TOKEN[1..]),
        bearer(&format!("{TOKEN}0")),
        format!("Basic {TOKEN}"),
        TOKEN.to_owned(),
    ] {
        let refused = list(&[("authorization", &wrong)]).await;
        assert_eq!(refused.status, 401, "{wrong}");
        let challenge = refused.header("www-authenticate").unwrap();
        assert_eq!(
            challenge.contains("invalid_token"),
            wrong.starts_with("Bearer"),
            "{challenge}"
        );
    }
    assert_eq!(list(&[("authorization", &bearer(TOKEN))]).await.status, 200);
}

#[tokio::test]
async fn other_origins_and_hosts_are_refused() {
    let server = running(&Http {
        origins: vec!["https://inspector.example.com:443".to_owned()],
        url: Some("https://mcp.example.com/mcp".to_owned()),
        ..insecure()
    })
    .await;
    let local = format!("http://{}", server.address);
    for (header, value, status) in [
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "https://inspector.example.com.evil.example", 403),
        ("origin", "https://inspector.example.com", 200),
        ("origin", "https://mcp.example.com", 200),
        ("origin", "http://mcp.example.com", 403),
        ("origin", "http://localhost:6274", 200),
        ("origin", &local, 200),
        ("host", "evil.example", 403),
        ("host", "127.0.0.1.evil.example", 403),
        ("host", "mcp.example.com", 200),
        ("host", "localhost:8080", 200),
    ] {
        let reply = server
            .modern("tools/list", json!({}), &[(header, value)])
            .await;
        assert_eq!(reply.status, status, "{header}: {value}: {}", reply.body);
    }
}

/// The preflight request of a browser, and the headers of the responses.
#[tokio::test]
async fn allowed_pages_can_call_the_server() {
    let server = running(&Http {
        origins: vec!["https://inspector.example.com".to_owned()],
        ..with_token()
    })
    .await;
    for (origin, may) in [
        ("https://inspector.example.com", true),
        ("http://localhost:6274", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let text = format!(
            "OPTIONS /mcp HTTP/1.1\r\nhost: {}\r\norigin: {origin}\r\nconnection: close\r\n\
             access-control-request-method: POST\r\n\
             access-control-request-headers: authorization,mcp-protocol-version\r\n\r\n",
            server.address
        );
        let mut asked = String::new();
        let mut stream = server.send(&text).await;
        stream.read_to_string(&mut asked).await.unwrap();
        let asked = Reply::read(&asked);
        let bearer = bearer(TOKEN);
        let headers = [("origin", origin), ("authorization", &*bearer)];
        let called = server.modern("tools/list", json!({}), &headers).await;
        assert_eq!(called.status, if may { 200 } else { 403 }, "{origin}");
        for reply in [&asked, &called] {
            let allowed = reply.header("access-control-allow-origin");
            assert_eq!(allowed, may.then_some(origin), "{}", reply.head);
        }
        if may {
            assert_eq!(asked.status, 200);
            assert_eq!(
                asked.header("access-control-allow-headers"),
                Some("authorization,mcp-protocol-version")
            );
            assert_eq!(
                called.header("access-control-expose-headers"),
                Some("mcp-session-id,www-authenticate")
            );
        }
    }
    let shown = refused(Http {
        origins: vec!["inspector.example.com".to_owned()],
        ..insecure()
    });
    let shown = shown.await;
    assert!(
        shown.contains("is not an origin: write it as https://"),
        "{shown}"
    );
}

/// Probes send no token, and use an address of their own in `Host`.
#[tokio::test]
async fn probes_need_no_token() {
    let server = running(&with_token()).await;
    for head in [
        "GET /health HTTP/1.1\r\nHost: 10.1.2.3:8080\r\nConnection: close\r\n\r\n",
        "GET /health HTTP/1.0\r\n\r\n",
    ] {
        let mut stream = server.send(head).await;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        assert!(reply.contains(" 200 OK\r\n"), "{reply}");
        assert!(reply.ends_with("{\"status\":\"ok\"}"), "{reply}");
    }
    let posted = "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let mut reply = String::new();
    server
        .send(posted)
        .await
        .read_to_string(&mut reply)
        .await
        .unwrap();
    assert!(reply.contains(" 405 "), "{reply}");
}

/// Settings of servers that would admit any caller or no caller, and a part of the
/// refusal. `open` is a token file that every user can read.
#[expect(clippy::too_many_lines, reason = "a table")]
fn incomplete(open: &Path) -> Vec<(Http, &'static str)> {
    let everywhere = |address: &str| Http {
        address: Some(address.parse().unwrap()),
        ..Http::default()
    };
    let issuer = |issuer: &str| Http {
        oauth_issuer: Some(issuer.to_owned()),
        ..loopback()
    };
    vec![
        (loopback(), "requires a way to authenticate clients"),
        (
            Http {
                insecure: true,
                ..everywhere("0.0.0.0:0")
            },
            "not a loopback address",
        ),
        (
            Http {
                insecure: true,
                ..everywhere("192.0.2.1:0")
            },
            "not a loopback address",
        ),
        (
            Http {
                insecure: true,
                ..with_token()
            },
            "--insecure and --http-token-file",
        ),
        (
            Http {
                token: Some(HiddenText("short".to_owned())),
                ..loopback()
            },
            "could be guessed",
        ),
        (
            Http {
                token_file: Some(open.to_owned()),
                ..loopback()
            },
            "chmod 600",
        ),
        (
            Http {
                token_file: Some(open.to_owned()),
                ..with_token()
            },
            "Both",
        ),
        (
            Http {
                token: with_token().token,
                ..everywhere("0.0.0.0:0")
            },
            "--http-url",
        ),
        (
            Http {
                url: Some("mcp.example.com".to_owned()),
                ..insecure()
            },
            "write a complete URL",
        ),
        (
            issuer("http://issuer.example.com/pool"),
            "write the pool's issuer",
        ),
        (issuer("eu-west-1_AbCdEfGhI"), "write the pool's issuer"),
    ]
}

#[tokio::test]
async fn incomplete_settings_are_refused() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("http_tokens");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let open = folder.join("open");
    std::fs::write(&open, TOKEN).unwrap();
    for (http, words) in incomplete(&open) {
        let shown = refused(http).await;
        assert!(shown.contains(words), "{words}: {shown}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_missing_token_is_created() {
    use std::os::unix::fs::PermissionsExt;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("http_new_token");
    let _ = std::fs::remove_file(&file);
    let http = Http {
        token_file: Some(file.clone()),
        ..loopback()
    };
    // The second start uses the same token.
    for _ in 0..2 {
        let server = running(&http).await;
        let token = std::fs::read_to_string(&file).unwrap();
        assert_eq!(token.trim().len(), 64);
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let value = bearer(token.trim());
        let reply = server
            .modern("tools/list", json!({}), &[("authorization", &value)])
            .await;
        assert_eq!(reply.status, 200);
    }
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let server = running(&insecure()).await;
    let call = |length: usize| json!({ "name": "get_user", "arguments": { "username": "a".repeat(length) } });
    let reply = server.modern("tools/call", call(BODY_BYTES), &[]).await;
    assert_eq!(reply.status, 413);
    let reply = server.modern("tools/call", call(BODY_BYTES / 2), &[]).await;
    assert_eq!(reply.status, 200);
}

/// Browsers send one origin. If there are two, another program could trust the other one.
#[tokio::test]
async fn an_origin_must_be_single_and_valid() {
    let server = running(&insecure()).await;
    let own = format!("http://{}", server.address);
    let foreign = "http://evil.example";
    for (origins, admitted) in [
        (vec![own.as_str()], true),
        (vec!["http://localhost:3000"], true),
        (vec![own.as_str(), own.as_str()], false),
        (vec![own.as_str(), foreign], false),
        (vec![foreign, own.as_str()], false),
        (vec!["http://localhost:x"], false),
        (vec!["http://localhost:99999"], false),
        (vec!["http://localhost:"], false),
        (vec![""], false),
    ] {
        let headers: Vec<(&str, &str)> = origins.iter().map(|origin| ("origin", *origin)).collect();
        let reply = server.modern("tools/list", json!({}), &headers).await;
        assert_eq!(
            reply.status == 200,
            admitted,
            "{origins:?}: {}",
            reply.status
        );
    }
}

/// Requests whose bodies have not arrived do not count against the bound, so other
/// requests are answered.
#[tokio::test]
async fn half_sent_requests_do_not_count() {
    let server = running(&insecure()).await;
    let mut waiting = Vec::new();
    for _ in 0..REQUESTS + 10 {
        waiting.push(server.send(&server.head(&[], 10)).await);
    }
    let reply = server.modern("tools/list", json!({}), &[]).await;
    assert_eq!(reply.status, 200);
}

/// A request that has begun is answered. An open stream ends.
#[tokio::test]
async fn an_interrupted_server_answers_open_requests() {
    let server = running(&insecure()).await;
    let greeted = server.post(&[], &hello("2025-11-25")).await;
    let session = greeted.header("mcp-session-id").unwrap();
    let stream = format!(
        "GET /mcp HTTP/1.1\r\nhost: {}\r\naccept: text/event-stream\r\nmcp-session-id: {session}\r\n\r\n",
        server.address
    );
    let mut stream = server.send(&stream).await;
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    let body = modern("tools/list", json!({})).to_string();
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
        ("expect", "100-continue"),
    ];
    let mut asking = server.send(&server.head(&headers, body.len())).await;
    // The server asks for the body, so the request has begun.
    let mut proceed = [0; 25];
    asking.read_exact(&mut proceed).await.unwrap();
    assert_eq!(&proceed, b"HTTP/1.1 100 Continue\r\n\r\n");
    let Running {
        interrupt, served, ..
    } = server;
    interrupt.send(()).unwrap();
    asking.write_all(body.as_bytes()).await.unwrap();
    let mut reply = String::new();
    asking.read_to_string(&mut reply).await.unwrap();
    let reply = Reply::read(&reply);
    assert_eq!(reply.status, 200);
    assert!(reply.messages()[0]["result"]["tools"].is_array());
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    let done = tokio::time::timeout(Duration::from_secs(10), served).await;
    done.expect("it ends").unwrap().unwrap();
}

/// An issuer with one key. It signs tokens.
pub(crate) struct Pool {
    pub(crate) server: MockServer,
    pub(crate) key: EncodingKey,
}

impl Pool {
    pub(crate) async fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        // The library reads PKCS #1. PKCS #8 contains it after a header of fixed length.
        let key = EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
        jwk.common.key_id = Some("the-key".to_owned());
        let server = MockServer::start().await;
        Mock::given(path("/us-east-1_AbCdEfGhI/.well-known/jwks.json"))
            .respond_with(ResponseTemplate::new(200).set_body_json(JwkSet { keys: vec![jwk] }))
            .mount(&server)
            .await;
        Self { server, key }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/us-east-1_AbCdEfGhI", self.server.uri())
    }

    pub(crate) fn token(&self, kid: &str, changes: Value) -> String {
        let now = SystemTime::now_for_tokens();
        let mut claims = json!({
            "iss": self.issuer(), "sub": "a-user", "token_use": "access", "client_id": "the-client",
            "scope": "openid cognito-mcp/use", "iat": now, "exp": now + 600,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }
}

/// The real time in seconds, which the library uses to validate tokens.
pub(crate) trait ForTokens {
    fn now_for_tokens() -> u64;
}

impl ForTokens for SystemTime {
    fn now_for_tokens() -> u64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "tokens are validated by real time"
        )]
        let now = Self::now();
        now.duration_since(UNIX_EPOCH).unwrap().as_secs()
    }
}

pub(crate) fn guarded_by(issuer: String) -> Http {
    Http {
        oauth_issuer: Some(issuer),
        oauth_audience: vec!["the-client".to_owned()],
        oauth_scope: vec!["cognito-mcp/use".to_owned()],
        url: Some("https://mcp.example.com/mcp".to_owned()),
        ..loopback()
    }
}

#[tokio::test]
async fn tokens_of_the_issuer_are_validated() {
    let pool = Pool::new().await;
    let server = running(&guarded_by(pool.issuer())).await;
    let list = async |token: &str| {
        let value = bearer(token);
        server
            .modern("tools/list", json!({}), &[("authorization", &value)])
            .await
    };
    let now = SystemTime::now_for_tokens();
    for (changes, status, words) in [
        (json!({}), 200, ""),
        (json!({ "aud": "https://mcp.example.com/mcp" }), 200, ""),
        (
            json!({ "aud": ["other", "https://mcp.example.com/mcp"], "client_id": "other" }),
            200,
            "",
        ),
        (
            json!({ "aud": "https://other.example.com" }),
            401,
            "another resource",
        ),
        (json!({ "aud": 7 }), 401, "another resource"),
        (json!({ "client_id": "other" }), 401, "another resource"),
        (
            json!({ "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other" }),
            401,
            "is not from",
        ),
        (json!({ "iss": null }), 401, "not valid"),
        (json!({ "exp": now - 300 }), 401, "expired"),
        (json!({ "exp": null }), 401, "not valid"),
        (json!({ "nbf": now + 300 }), 401, "not valid"),
        (json!({ "token_use": "id" }), 401, "not an access token"),
        (json!({ "scope": "openid" }), 403, "lacks one of the scopes"),
        (
            json!({ "scope": "cognito-mcp/user" }),
            403,
            "lacks one of the scopes",
        ),
        (json!({ "scope": null }), 403, "lacks one of the scopes"),
    ] {
        let reply = list(&pool.token("the-key", changes.clone())).await;
        assert_eq!(reply.status, status, "{changes}: {reply:?}");
        assert!(reply.body.contains(words), "{changes}: {reply:?}");
        if status != 200 {
            let challenge = reply.header("www-authenticate").unwrap();
            let error = if status == 403 {
                "insufficient_scope"
            } else {
                "invalid_token"
            };
            assert!(
                challenge.starts_with(&format!("bearer error=\"{error}\"")),
                "{challenge}"
            );
            assert!(challenge.contains("resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""), "{challenge}");
            assert!(
                challenge.contains("scope=\"cognito-mcp/use\""),
                "{challenge}"
            );
        }
    }
    let none = server.modern("tools/list", json!({}), &[]).await;
    assert_eq!(none.status, 401);
    assert!(
        !none.header("www-authenticate").unwrap().contains("error"),
        "{none:?}"
    );
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let pool = Pool::new().await;
    let server = running(&guarded_by(pool.issuer())).await;
    let list = async |token: &str| {
        let value = bearer(token);
        let headers = [("authorization", value.as_str())];
        server.modern("tools/list", json!({}), &headers).await
    };
    // Tokens that are not signed, that another key signed, or that were changed after
    // signing.
    let token = pool.token("the-key", json!({}));
    let (content, signature) = token.rsplit_once('.').unwrap();
    let (_, payload) = content.split_once('.').unwrap();
    let other = Pool::new()
        .await
        .token("the-key", json!({ "iss": pool.issuer() }));
    // {"alg":"none","kid":"the-key"}
    let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoidGhlLWtleSJ9.{payload}.");
    let changed = format!("{}.{signature}", content.replace(&payload[..8], "eyJpc3Mi"));
    for forged in [
        other.as_str(),
        &unsigned,
        &format!("{content}."),
        "a.b.c",
        "",
    ] {
        let reply = list(forged).await;
        assert_eq!(reply.status, 401, "{forged}");
    }
    assert!(changed == token || list(&changed).await.status == 401);

    // The keys are not fetched again for each unknown key id.
    for kid in ["a", "b", "c"] {
        let token = pool.token(kid, json!({}));
        assert_eq!(list(&token).await.status, 401);
    }
    assert_eq!(pool.server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_resource_names_its_authorization_server() {
    let pool = Pool::new().await;
    let server = running(&guarded_by(pool.issuer())).await;
    for path in ["", "/mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let document = server.get(&path).await.messages().pop().unwrap();
        assert_eq!(document["resource"], "https://mcp.example.com/mcp");
        assert_eq!(document["authorization_servers"], json!([pool.issuer()]));
        assert_eq!(document["scopes_supported"], json!(["cognito-mcp/use"]));
    }
}

/// Only the principal that opened a session can use its id.
#[tokio::test]
async fn a_session_belongs_to_its_principal() {
    let pool = Pool::new().await;
    let server = running(&guarded_by(pool.issuer())).await;
    let [ana, ben] =
        ["ana", "ben"].map(|sub| bearer(&pool.token("the-key", json!({ "sub": sub }))));
    let greeted = server
        .post(&[("authorization", &ana)], &hello("2025-11-25"))
        .await;
    let session = greeted.header("mcp-session-id").unwrap();
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    for (who, status) in [(&ben, 404), (&ana, 200)] {
        let headers = [("authorization", who.as_str()), ("mcp-session-id", session)];
        assert_eq!(server.post(&headers, &list).await.status, status);
    }
}

#[tokio::test]
async fn an_unreachable_issuer_is_reported() {
    let server = running(&guarded_by(
        "http://127.0.0.1:1/us-east-1_AbCdEfGhI".to_owned(),
    ))
    .await;
    let token = bearer(&Pool::new().await.token("the-key", json!({})));
    let reply = server
        .modern("tools/list", json!({}), &[("authorization", &token)])
        .await;
    assert_eq!(reply.status, 503);
    assert!(reply.body.contains("cannot be fetched"), "{reply:?}");
}

/// Users of a pool of the emulator are admitted with their access tokens.
#[tokio::test]
async fn a_pool_of_the_emulator_is_an_issuer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stack = Stack::builder().issuer(Issuer::Base(base.clone())).build();
    tokio::spawn(cognito_emulator::http::serve(
        listener,
        stack.clone(),
        std::future::pending(),
    ));
    let cognito = |operation: &str, input: Value| {
        let mut call = Call::new(operation, input);
        call.scope = stack.scope().clone();
        stack.call(&call).body.json().clone()
    };
    let pool = cognito("CreateUserPool", json!({ "PoolName": "main" }));
    let pool = pool["UserPool"]["Id"].as_str().unwrap();
    let flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let client = json!({ "UserPoolId": pool, "ClientName": "app", "ExplicitAuthFlows": flows });
    let client = cognito("CreateUserPoolClient", client);
    let client = client["UserPoolClient"]["ClientId"].as_str().unwrap();
    let user = json!({ "UserPoolId": pool, "Username": "ana" });
    cognito("AdminCreateUser", user.clone());
    let mut password = user;
    password["Password"] = "Demo-Passw0rd".into();
    password["Permanent"] = true.into();
    cognito("AdminSetUserPassword", password);
    let signed_in = cognito(
        "AdminInitiateAuth",
        json!({
            "UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "ana", "PASSWORD": "Demo-Passw0rd" },
        }),
    );
    let server = running(&Http {
        oauth_issuer: Some(format!("{base}/{pool}")),
        oauth_audience: vec![client.to_owned()],
        oauth_scope: vec!["aws.cognito.signin.user.admin".to_owned()],
        ..loopback()
    })
    .await;
    for (kind, status) in [("AccessToken", 200), ("IdToken", 401)] {
        let value = bearer(signed_in["AuthenticationResult"][kind].as_str().unwrap());
        let reply = server
            .modern("tools/list", json!({}), &[("authorization", &value)])
            .await;
        assert_eq!(reply.status, status, "{kind}: {reply:?}");
    }
}

/// A client that disconnects during a call cancels the call.
#[tokio::test]
async fn a_disconnected_client_cancels_its_call() {
    let config = Config {
        http: insecure(),
        ..cancel::slow()
    };
    let mut backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let mut woken = cancel::endless(&mut backend);
    let server = Server::new(&config, backend).unwrap();
    let opened = HttpServer::open(server, &config.http).await.unwrap();
    let server = Running {
        address: opened.address(),
        interrupt: oneshot::channel().0,
        served: tokio::spawn(opened.serve(std::future::pending())),
    };
    let rows = [json!({ "username": "one" }), json!({ "username": "two" })];
    let call = json!({ "name": "create_users", "arguments": { "users": rows, "message_action": "SUPPRESS" } });
    let mut call = modern("tools/call", call);
    call["params"]["_meta"]["progressToken"] = "p".into();
    let body = call.to_string();
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "create_users"),
    ];
    let mut asking = server
        .send(&(server.head(&headers, body.len()) + &body))
        .await;
    let mut read = String::new();
    while !read.contains("notifications/progress") {
        let mut some = [0; 1024];
        let length = asking.read(&mut some).await.unwrap();
        assert_ne!(length, 0, "{read}");
        read.push_str(std::str::from_utf8(&some[..length]).unwrap());
    }
    drop(asking);
    while woken.recv().await.unwrap() < cancel::LONG {}
    server
        .modern(
            "tools/call",
            json!({ "name": "read_journal", "arguments": {} }),
            &[],
        )
        .await;
    let calls: Vec<String> = stack
        .journal()
        .iter()
        .map(|call| call.operation.clone())
        .collect();
    assert_eq!(calls, ["AdminCreateUser"]);
}
