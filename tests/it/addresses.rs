//! Addresses of requests. A value from a caller, a token or an answer of Cognito becomes part of an
//! address only if it has the form that Cognito specifies for it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito_emulator::connector::sdk_http_client;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend::{Backend, Emulated, aws};
use cognito_mcp::config::{BackendKind, Config, Confirm};
use rmcp::model::ReadResourceRequestParams;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::Client;
use crate::aws::{operation, sdk};
use crate::call;
use crate::connect;
use crate::every_tool;
use crate::gates;
use crate::refusal;

/// A listener that must receive no connection.
struct Trap {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self {
            address,
            connections,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Values that would change the host or the path of an address. `{trap}` is replaced by a socket
/// address, `{host}` and `{port}` by its parts.
const HOSTILE: &[&str] = &[
    // Another host.
    "@{trap}",
    "@{trap}/any/path?data_",
    "@{trap}/_x",
    "user@{trap}/_x",
    "user:word@{trap}_x",
    "us-east-1@{trap}/_x",
    "us-east-1:443@{trap}/_x",
    "us-east-1_AAAA@{trap}",
    "{trap}_x",
    "{host}_x",
    "http://{trap}/_x",
    "https://{trap}/_x",
    "//{trap}/_x",
    "///{trap}/us-east-1_x",
    "x.@{trap}/#_x",
    "us-east-1/../@{trap}/_x",
    "[::1]_x",
    "[::ffff:127.0.0.1]:{port}_x",
    "@[::1]:{port}/_x",
    "2130706433_x",
    "0x7f000001_x",
    "127.1_x",
    "localhost_x",
    "localhost:{port}_x",
    "local_x",
    "evil.com_x",
    "us-east-1.evil.com_x",
    "us-east-1.amazonaws.com.evil.com_x",
    "evil.com/us-east-1_x",
    "evil.com#us-east-1_x",
    "us-east-1:{port}_x",
    // Another path, query or fragment.
    "..",
    "../..",
    "/",
    "//",
    "?",
    "#",
    "../_emulator/outbox?x=",
    "_emulator/outbox?x=",
    "_emulator/outbox?x=_a",
    "_emulator/journal#_a",
    "us-east-1_AAAA/../x",
    "us-east-1_AAAA/..",
    "us-east-1_AAAA/../../_emulator/outbox",
    "us-east-1_AAAA?x=1",
    "us-east-1_AAAA#x",
    "us-east-1_AAAA;x",
    "us-east-1_AAAA&x=1",
    "us-east-1_AAAA%2f..%2fx",
    "us-east-1_AAAA%252f..",
    "%2e%2e%2f_emulator%2foutbox_x",
    "us-east-1_AAAA%00",
    "us-east-1_AAAA\\..\\x",
    "\\\\{trap}\\_x",
    // Line breaks and invisible characters.
    "us-east-1_AAAA\r\nHost: evil.com",
    "us-east-1\r\nx: y_AAAA",
    "us-east-1_AAAA\n",
    "us-east-1_AAAA ",
    " us-east-1_AAAA",
    "us-east-1_AAAA\t",
    "us-east-1_AAAA\0",
    "us-east-1\u{3002}evil.com_x",
    "us-east-1\u{ff0e}evil\u{ff0e}com_x",
    "us-east-1_AAAA\u{2215}x",
    "\u{ff55}s-east-1_AAAA",
    "us-east-1_\u{e4}",
    "us\u{2010}east\u{2010}1_AAAA",
    "us-east-1_\u{202e}AAAA",
    // Almost the right form.
    "",
    "_",
    "_x",
    "us-east-1",
    "us-east-1_",
    "us-east_x",
    "us-1_x",
    "us--east-1_x",
    "-us-east-1_x",
    "us-east-1-_x",
    "us-east-100_x",
    "us-east-1_a_b",
    "us-east-1_a-b",
    "US-EAST-1_AAAA",
    "Us-East-1_AAAA",
    "us-east-*_x",
    "*",
    "us-east-1_${jndi:ldap://{trap}/a}",
];

/// All hostile values, with the address of `trap`.
fn hostile(trap: SocketAddr) -> Vec<String> {
    let (host, port) = (trap.ip(), trap.port());
    let values = HOSTILE.iter().map(|value| {
        let value = value.replace("{trap}", &trap.to_string());
        let value = value.replace("{host}", &host.to_string());
        value.replace("{port}", &port.to_string())
    });
    let mut values: Vec<String> = values.collect();
    values.push(format!("us-east-1_{}", "A".repeat(46)));
    values.push("us-east-1_A".repeat(1_000));
    values.push(format!("{}_x", "a".repeat(100_000)));
    values
}

/// A token with these parts and an invalid signature.
fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(header), part(claims))
}

fn plain_token() -> String {
    token(
        &json!({ "alg": "RS256", "kid": "k" }),
        &json!({ "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI" }),
    )
}

/// The configuration of a read-only server on AWS.
fn reading() -> Config {
    Config {
        backend: BackendKind::Aws,
        ..every_tool()
    }
}

/// The AWS backend without a configured endpoint.
fn without_endpoint(http: Option<SharedHttpClient>) -> Backend {
    let mut sdk = sdk("http://127.0.0.1:1").into_builder();
    sdk.set_endpoint_url(None);
    sdk.set_http_client(http);
    aws::over(&sdk.build())
}

/// A hostile pool id causes no request, neither to another host nor to another path of the
/// endpoint.
#[tokio::test]
async fn a_hostile_pool_id_causes_no_request() {
    let trap = Trap::set().await;
    let endpoint = MockServer::start().await;
    let backends = [
        without_endpoint(None),
        aws::over(&sdk(&endpoint.uri())),
        Emulated::over(Stack::builder().build()).backend("us-east-1"),
    ];
    for (n, backend) in backends.into_iter().enumerate() {
        let config = match backend.emulator {
            Some(_) => every_tool(),
            None => reading(),
        };
        let client = connect(&config, backend).await;
        for id in hostile(trap.address) {
            let verify = json!({ "user_pool_id": id, "token": plain_token() });
            let (sentence, facts) = refusal(call(&client, "verify_token", verify).await);
            assert_eq!(facts["code"], "InvalidArguments", "{n} {id:?}: {sentence}");
            assert_eq!(facts["problems"][0]["pointer"], "/user_pool_id", "{facts}");
            assert!(sentence.contains("us-east-1_AbCdEfGhI"), "{sentence}");
            assert!(sentence.len() < 1_000, "{sentence}");
        }
    }
    assert_eq!(trap.connections(), 0);
    // What may be the name of a pool is looked up, and not repeated.
    let requests = endpoint.received_requests().await.unwrap();
    for request in requests {
        let target = request.headers["x-amz-target"].to_str().unwrap();
        assert!(target.ends_with(".ListUserPools"), "{target}");
        assert_eq!(request.body, br#"{"MaxResults":60}"#);
    }
}

/// A hostile issuer in a token causes no request to another address.
#[tokio::test]
async fn a_hostile_issuer_causes_no_request_elsewhere() {
    let trap = Trap::set().await;
    let endpoint = MockServer::start().await;
    let mut config = reading();
    config.user_pool_id = Some("us-east-1_AbCdEfGhI".to_owned());
    let client = connect(&config, aws::over(&sdk(&endpoint.uri()))).await;
    for value in hostile(trap.address) {
        let about = |issuer: String| {
            token(
                &json!({ "alg": "RS256", "kid": value }),
                &json!({ "iss": issuer }),
            )
        };
        for token in [
            about(value.clone()),
            about(format!("https://{value}")),
            about(format!(
                "https://cognito-idp.us-east-1.amazonaws.com/{value}"
            )),
            about(format!("https://cognito-idp.{value}/us-east-1_AbCdEfGhI")),
        ] {
            for tool in ["verify_token", "decode_token"] {
                let result = call(&client, tool, json!({ "token": token }))
                    .await
                    .unwrap();
                if let Some(answer) = result.structured_content {
                    let next = answer.get("next").map(ToString::to_string);
                    let next = next.unwrap_or_default();
                    assert!(!next.contains(&trap.address.to_string()), "{next}");
                }
            }
        }
    }
    assert_eq!(trap.connections(), 0);
    for request in endpoint.received_requests().await.unwrap() {
        assert_eq!(
            (
                request.method.as_str(),
                request.url.path(),
                request.url.query()
            ),
            ("GET", "/us-east-1_AbCdEfGhI/.well-known/jwks.json", None)
        );
    }
}

/// A client that answers as an emulator does and records each request.
#[derive(Clone, Debug)]
struct Recorder {
    cognito: SharedHttpClient,
    connector: Option<SharedHttpConnector>,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl HttpClient for Recorder {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Self {
            connector: Some(self.cognito.http_connector(settings, components)),
            ..self.clone()
        })
    }
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = (request.method().to_owned(), request.uri().to_owned());
        self.seen.lock().unwrap().push(line);
        if request.method() == "POST" {
            return self.connector.as_ref().unwrap().call(request);
        }
        let status = 404.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}

/// Whether a server on AWS may send this request: a call of Cognito's API in the server's Region, a
/// read of a pool's keys, or an upload of a file of users.
fn is_known(method: &str, uri: &str) -> bool {
    let form = |pattern: &str| regex::Regex::new(pattern).unwrap().is_match(uri);
    match method {
        "POST" => form(r"^https://cognito-idp\.us-east-1\.amazonaws\.com/$"),
        "GET" => form(
            r"^https://cognito-idp\.[a-z]+(-[a-z]+)+-[0-9]+\.amazonaws\.com/[a-z]+(-[a-z]+)+-[0-9]+_[0-9A-Za-z]+/\.well-known/jwks\.json$",
        ),
        "PUT" => form(
            r"^https://aws-cognito-idp-user-import-us-east-1\.s3\.us-east-1\.amazonaws\.com/[0-9]+/us-east-1_[0-9A-Za-z]+/import-[0-9A-Za-z]+\?",
        ),
        _ => false,
    }
}

/// The JSON pointers of all strings in `value`.
fn strings(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                strings(item, &format!("{at}/{n}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                strings(member, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Makes each call with one string replaced by hostile values. Tools that use their arguments in
/// addresses get all values, other tools get some of them.
async fn sweep(client: &Client, values: &[String]) -> usize {
    let mut calls = 0;
    for (turn, (tool, mut arguments)) in gates::drive().await.into_iter().enumerate() {
        if let Some(arguments) = arguments.as_object_mut() {
            arguments
                .entry("user_pool_id")
                .or_insert("us-east-1_AbCdEfGhI".into());
            if tool == "call_operation" {
                arguments.remove("user_pool_id");
            }
            if tool == "verify_token" {
                arguments.insert("token".to_owned(), plain_token().into());
                arguments.insert("client_id".to_owned(), "1example23456789".into());
                arguments.insert("scopes".to_owned(), json!(["openid"]));
            }
        }
        let mut places = Vec::new();
        strings(&arguments, "", &mut places);
        for (n, place) in places.iter().enumerate() {
            let all = matches!(
                tool.as_str(),
                "verify_token" | "decode_token" | "get_domain"
            );
            let some = values.iter().skip((turn + n) % 29).step_by(29);
            let some: Vec<&String> = if all {
                values.iter().collect()
            } else {
                some.collect()
            };
            for value in some {
                let mut arguments = arguments.clone();
                *arguments.pointer_mut(place).unwrap() = value.as_str().into();
                // The result does not matter here: a call may be refused or succeed.
                let _ = call(client, &tool, arguments).await;
                calls += 1;
            }
        }
    }
    calls
}

/// Every string in every tool's arguments and in every operation's input.
#[tokio::test]
async fn no_argument_reaches_another_address() {
    let trap = Trap::set().await;
    let mut values = hostile(trap.address);
    // The test above covers long values, which would make this one slow.
    values.retain(|value| value.len() < 200);
    let stack = Stack::builder().build();
    let reply = stack.call(&Call::new("CreateUserPool", json!({ "PoolName": "p" })));
    let pool = reply.body["UserPool"]["Id"].as_str().unwrap().to_owned();
    let recorder = Recorder {
        cognito: sdk_http_client(&stack),
        connector: None,
        seen: Arc::default(),
    };
    for allow_destructive in [false, true] {
        let config = Config {
            allow_destructive,
            confirm: Confirm::Never,
            user_pool_id: Some(pool.clone()),
            ..reading()
        };
        let http = SharedHttpClient::new(recorder.clone());
        let client = connect(&config, without_endpoint(Some(http))).await;
        let calls = sweep(&client, &values).await;
        assert!(calls > 1_000, "{calls}");
        for value in &values {
            for path in ["{}", "{}/clients", "{}/users/{}", "{}/groups/{}"] {
                let uri = format!("cognito://pools/{}", path.replace("{}", value));
                let _ = client
                    .read_resource(ReadResourceRequestParams::new(uri))
                    .await;
            }
        }
    }
    let seen = recorder.seen.lock().unwrap();
    let unknown = seen.iter().filter(|(method, uri)| !is_known(method, uri));
    let unknown: Vec<_> = unknown.collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    // The recorder received calls and reads of key sets, so the check above is not empty.
    for method in ["POST", "GET"] {
        assert!(seen.iter().any(|(known, _)| known == method), "{method}");
    }
    assert_eq!(trap.connections(), 0);
}

/// A file of users is uploaded to S3 or to the configured endpoint only.
#[tokio::test]
async fn uploads_go_to_s3_or_the_endpoint() {
    let trap = Trap::set().await;
    let endpoint = MockServer::start().await;
    let pool =
        json!({ "UserPool": { "Id": "us-east-1_AbCdEfGhI", "AutoVerifiedAttributes": ["email"] } });
    let header = json!({ "UserPoolId": "us-east-1_AbCdEfGhI", "CSVHeader": ["cognito:username"] });
    for (name, answer) in [("DescribeUserPool", pool), ("GetCSVHeader", header)] {
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        operation(name).respond_with(answer).mount(&endpoint).await;
    }
    let config = Config {
        allow_writes: true,
        ..reading()
    };
    let client = connect(&config, aws::over(&sdk(&endpoint.uri()))).await;
    let (at, uri) = (trap.address, endpoint.uri());
    let host = uri.trim_start_matches("http://");
    for url in [
        format!("http://{at}/imports/1?X-Amz-Signature=1"),
        format!("https://{at}/imports/1?X-Amz-Signature=1"),
        format!("https://bucket.s3.us-west-2.amazonaws.com@{at}/1"),
        format!("http://{host}@{at}/1"),
        format!("//{at}/1"),
        format!("https://s3.amazonaws.com.evil.com@{at}/1"),
        "http://bucket.s3.us-west-2.amazonaws.com/1".to_owned(),
        "https://bucket.s3.us-west-2.amazonaws.com.evil.example/1".to_owned(),
        "file:///etc/passwd".to_owned(),
        String::new(),
    ] {
        let job = json!({ "UserImportJob": { "JobId": "import-1", "PreSignedUrl": url } });
        let created = ResponseTemplate::new(200).set_body_json(job);
        let created = operation("CreateUserImportJob").respond_with(created);
        let _created = created.mount_as_scoped(&endpoint).await;
        let import = json!({
            "user_pool_id": "us-east-1_AbCdEfGhI", "name": "n",
            "logs_role_arn": "arn:aws:iam::123456789012:role/CognitoImport",
            "csv": "cognito:username\nana",
        });
        let (sentence, facts) = refusal(call(&client, "import_users", import).await);
        assert_eq!(facts["code"], "FileNotUploaded", "{url}: {sentence}");
        assert!(
            sentence.contains("neither S3's nor the configured endpoint's"),
            "{url}: {sentence}"
        );
        assert!(url.is_empty() || !sentence.contains(&url), "{sentence}");
    }
    assert_eq!(trap.connections(), 0);
    let requests = endpoint.received_requests().await.unwrap();
    assert!(
        requests.iter().all(|request| request.method == "POST"),
        "{requests:?}"
    );
}

/// Keys are not fetched from the address that an endpoint redirects to.
#[tokio::test]
async fn redirects_of_the_endpoint_are_not_followed() {
    let trap = Trap::set().await;
    let endpoint = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!(
            "http://{}/us-east-1_AbCdEfGhI/.well-known/jwks.json",
            trap.address
        );
        let redirect = ResponseTemplate::new(status).insert_header("location", to.as_str());
        let _redirect = Mock::given(any())
            .respond_with(redirect)
            .mount_as_scoped(&endpoint)
            .await;
        let client = connect(&reading(), aws::over(&sdk(&endpoint.uri()))).await;
        let verify = json!({ "user_pool_id": "us-east-1_AbCdEfGhI", "token": plain_token() });
        let answer = crate::answer(call(&client, "verify_token", verify).await);
        assert_eq!(answer["valid"], false, "{answer}");
    }
    assert_eq!(trap.connections(), 0);
}

/// The endpoint of one service, as in `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`.
#[derive(Debug)]
struct OfService(String);

impl LoadServiceConfig for OfService {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        (key.service_id() == "Cognito Identity Provider").then(|| self.0.clone())
    }
}

/// Keys are fetched from the endpoint of the API, even if it is configured for the service only.
#[tokio::test]
async fn keys_are_fetched_from_the_endpoint_of_the_service() {
    let trap = Trap::set().await;
    let service = MockServer::start().await;
    for general in [None, Some(format!("http://{}", trap.address))] {
        let mut sdk = sdk("http://127.0.0.1:1").into_builder();
        sdk.set_endpoint_url(general);
        let sdk = sdk.service_config(OfService(service.uri())).build();
        let client = connect(&reading(), aws::over(&sdk)).await;
        let verify = json!({ "user_pool_id": "us-east-1_AbCdEfGhI", "token": plain_token() });
        let _ = call(&client, "verify_token", verify).await;
        let _ = call(&client, "list_pools", json!({})).await;
    }
    let requests = service.received_requests().await.unwrap();
    let of = |method: &str| requests.iter().filter(|it| it.method == method).count();
    assert_eq!(of("GET"), 2, "{requests:?}");
    assert!(of("POST") >= 2, "{requests:?}");
    assert_eq!(trap.connections(), 0);
}
