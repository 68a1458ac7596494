//! Isolation of principals: a principal cannot use another one's references to secrets or
//! sign-ins in progress.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use cognito_mcp::cognito::backend;
use cognito_mcp::mcp::server::Server;
use cognito_mcp::principal::Principal;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::hiding_secrets;

/// A server over HTTP that gets the principal from a header, in place of the guard that
/// gets it from the token.
struct HttpServer(SocketAddr);

async fn by_header(mut request: Request, next: Next) -> Response {
    let who = request.headers()["x-principal"]
        .to_str()
        .unwrap()
        .to_owned();
    request.extensions_mut().insert(Principal(who));
    next.run(request).await
}

impl HttpServer {
    async fn new() -> Self {
        let config = hiding_secrets();
        let backend = backend::connect(&config).await.unwrap();
        let server = Server::new(&config, backend).unwrap();
        let service = StreamableHttpService::new(
            move || Ok(server.clone()),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let router = Router::new()
            .route_service("/mcp", service)
            .layer(middleware::from_fn(by_header));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self(address)
    }

    /// The result of a call of a tool by `principal`.
    async fn call(&self, principal: &str, tool: &str, arguments: Value) -> Value {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {
                "name": tool, "arguments": arguments,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
                },
            },
        });
        let body = body.to_string();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-principal: {principal}\r\n\
             accept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
             mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: {tool}\r\n\
             content-length: {}\r\n\r\n",
            self.0,
            body.len()
        );
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let mut lines = reply.lines().map(|line| line.trim_start_matches("data: "));
        let message = |line: &str| {
            let message: Value = serde_json::from_str(line).ok()?;
            message.is_object().then_some(message)
        };
        let mut message = lines.find_map(message).unwrap_or_else(|| panic!("{reply}"));
        message["result"].take()
    }

    /// The answer to a call that must succeed.
    async fn answer(&self, principal: &str, tool: &str, arguments: Value) -> Value {
        let mut result = self.call(principal, tool, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        result["structuredContent"].take()
    }

    /// The text of a call that must fail.
    async fn refusal(&self, principal: &str, tool: &str, arguments: Value) -> String {
        let result = self.call(principal, tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

const PASSWORD: &str = "Correct-Horse-7";

#[tokio::test]
async fn references_belong_to_their_principal() {
    let server = HttpServer::new().await;
    let set = json!({ "username": "ana", "new_password": PASSWORD });
    server.answer("ana", "reset_password", set).await;
    let sign_in = json!({ "username": "ana", "password": PASSWORD });
    let signed_in = server.answer("ana", "sign_in", sign_in).await;
    let hers = &signed_in["tokens"]["access_token"];
    assert!(
        hers.as_str().unwrap().starts_with("secret:access_token/"),
        "{hers}"
    );
    server
        .answer("ana", "decode_token", json!({ "token": hers }))
        .await;

    // For another principal, the reference is as unknown as one that was never issued.
    let foreign = server
        .refusal("ben", "decode_token", json!({ "token": hers }))
        .await;
    let never = "secret:access_token/aaaaaaaaaaaaaaaa";
    let unknown = server
        .refusal("ben", "decode_token", json!({ "token": never }))
        .await;
    assert_eq!(foreign.replace(hers.as_str().unwrap(), never), unknown);
    assert!(foreign.contains("UnknownSecret"), "{foreign}");

    // A secret has a different reference for each principal, so that equal secrets cannot
    // be recognized.
    let provider = json!({
        "name": "Corp", "type": "OIDC", "client_secret": "the-secret-of-corp",
        "details": {
            "client_id": "c", "authorize_scopes": "openid", "attributes_request_method": "GET",
            "oidc_issuer": "https://auth.example.com",
        },
    });
    server
        .answer("ana", "put_identity_provider", provider)
        .await;
    let read = async |who: &str| {
        let name = json!({ "name": "Corp" });
        server.answer(who, "get_identity_provider", name).await["client_secret"].take()
    };
    let (hers, his) = (read("ana").await, read("ben").await);
    assert_ne!(hers, his);
    assert_eq!(hers, read("ana").await);

    // An equal secret that the caller sent has a reference of its own.
    let guess = json!({ "name": "Corp", "clientsecret": "the-secret-of-corp", "typ": "OIDC" });
    let refused = server.refusal("ana", "put_identity_provider", guess).await;
    assert!(!refused.contains(hers.as_str().unwrap()), "{refused}");
}

#[tokio::test]
async fn sign_ins_belong_to_their_principal() {
    let server = HttpServer::new().await;
    let new =
        json!({ "username": "dora", "temporary_password": PASSWORD, "message_action": "SUPPRESS" });
    server.answer("ana", "create_user", new).await;
    let sign_in = json!({ "username": "dora", "password": PASSWORD });
    let challenge = server.answer("ana", "sign_in", sign_in).await;
    let session = &challenge["session"];
    let new = json!({ "session": session, "new_password": "Correct-Horse-8" });
    let refused = server.refusal("ben", "answer_challenge", new.clone()).await;
    assert!(refused.contains("UnknownSession"), "{refused}");
    let signed_in = server.answer("ana", "answer_challenge", new).await;
    assert_eq!(signed_in["outcome"], "signed_in");
}
