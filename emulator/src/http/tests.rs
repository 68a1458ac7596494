//! Tests of the HTTP mount.

use axum::body::to_bytes;
use axum::http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::*;
use crate::Issuer;
use crate::testing::PASSWORD;
use crate::world::{Clock, Envelope, Medium, Message, Purpose};

/// A stack with one pool, and the pool's id.
pub(super) fn stack() -> (Stack, String) {
    let issuer = Issuer::Base("http://localhost:9229".to_owned());
    let stack = Stack::builder()
        .clock(Clock::fixed(1_800_000_000))
        .issuer(issuer)
        .build();
    let pool = stack.call(&Call::new("CreateUserPool", json!({ "PoolName": "p" })));
    let id = pool.body["UserPool"]["Id"].as_str().unwrap().to_owned();
    (stack, id)
}

async fn send(stack: &Stack, request: Request<Body>) -> (u16, HeaderMap, String) {
    let (head, body) = router(stack.clone())
        .oneshot(request)
        .await
        .unwrap()
        .into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (
        head.status.as_u16(),
        head.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

/// Sends a control request from the local machine. Returns its status and
/// JSON.
pub(super) async fn control(stack: &Stack, line: &str, body: &str) -> (u16, Value) {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::builder()
        .method(method)
        .uri(format!("/_emulator/{path}"))
        .header("Host", "localhost:9229")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let (status, _, body) = send(stack, request).await;
    (status, serde_json::from_str(&body).unwrap())
}

fn call(operation: &str, body: &str) -> Request<Body> {
    Request::post("/")
        .header(
            "X-Amz-Target",
            format!("AWSCognitoIdentityProviderService.{operation}"),
        )
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/x",
        )
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// The body of a form is bounded.
#[tokio::test]
async fn a_long_form_is_refused() {
    let (stack, _) = stack();
    let most = crate::bounds::FORM_BYTES;
    for (length, is_refused) in [(most, false), (most + 1, true)] {
        let request = Request::post("/saml2/idpresponse")
            .header("Host", "localhost:9229")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(Body::from("a".repeat(length)))
            .unwrap();
        let (status, _, _) = send(&stack, request).await;
        assert_eq!(status == 413, is_refused, "{length}: {status}");
    }
}

/// Web pages of any origin can ask the endpoints of programs, and no other endpoint of a domain.
#[tokio::test]
async fn only_endpoints_of_programs_are_shared_with_web_pages() {
    let (stack, _) = stack();
    let programs = ["/oauth2/revoke", "/oauth2/token", "/oauth2/userInfo"];
    for (path, ..) in crate::domain::ENDPOINTS {
        let request = Request::builder()
            .method("OPTIONS")
            .uri(*path)
            .header("Host", "localhost:9229")
            .header("Origin", "https://evil.example")
            .header("Access-Control-Request-Headers", "x-a")
            .body(Body::empty())
            .unwrap();
        let (_, headers, _) = send(&stack, request).await;
        let is_shared = headers.contains_key("access-control-allow-origin");
        assert_eq!(is_shared, programs.contains(path), "{path}");
    }
    for (asked, is_repeated) in [("x-a, x-b", true), ("x-a, <b>", false), ("x a", false)] {
        let request = Request::builder()
            .method("OPTIONS")
            .uri("/oauth2/token")
            .header("Host", "localhost:9229")
            .header("Access-Control-Request-Headers", asked)
            .body(Body::empty())
            .unwrap();
        let (_, headers, _) = send(&stack, request).await;
        let repeated = headers.get("access-control-allow-headers");
        assert_eq!(repeated.is_some(), is_repeated, "{asked}");
    }
}

#[tokio::test]
async fn a_call_is_answered_with_cognitos_headers() {
    let (stack, _) = stack();
    let (status, headers, body) = send(&stack, call("NoSuchOperation", "{}")).await;
    assert_eq!(status, 400);
    assert_eq!(body, r#"{"__type":"UnknownOperationException"}"#);
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(headers["x-amzn-errortype"], "UnknownOperationException:");
    assert_eq!(headers["x-amzn-requestid"].len(), 36);
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(
        headers["access-control-expose-headers"],
        "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
    );
}

#[tokio::test]
async fn preflight_requests_are_answered() {
    let request = Request::options("/")
        .header("Origin", "https://app.example")
        .body(Body::empty());
    let (status, headers, body) = send(&stack().0, request.unwrap()).await;
    assert_eq!((status, body.as_str()), (200, ""));
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-allow-methods"], "POST");
    assert_eq!(headers["access-control-max-age"], "172800");
    assert_eq!(
        headers["access-control-expose-headers"],
        "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
    );
    assert_eq!(headers.get("access-control-allow-headers"), None);
}

/// Includes the lists that the AWS SDKs for JavaScript (versions 2 and 3, signed and
/// unsigned), Amplify 6 and amazon-cognito-identity-js send in Chromium.
#[tokio::test]
async fn browsers_may_send_the_headers_that_they_ask_for() {
    let long = format!("x-{}", "y".repeat(PREFLIGHT_HEADERS));
    let many = vec!["x-amz-target"; 200].join(",");
    for (asked, granted) in [
        (
            "x-amz-target,x-amz-user-agent,content-type,cache-control",
            true,
        ),
        (
            "amz-sdk-invocation-id,amz-sdk-request,cache-control,content-type,x-amz-target,x-amz-user-agent",
            true,
        ),
        (
            "amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-content-sha256,\
             x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent",
            true,
        ),
        ("X-Amz-Target, Content-Type", true),
        ("traceparent,x-of-a-proxy", true),
        ("", false),
        ("x-amz-target,,content-type", false),
        ("x-amz-target content-type", false),
        ("x-amz-target;content-type", false),
        (&long, false),
        (&many, false),
    ] {
        let request = Request::options("/")
            .header("Origin", "https://app.example")
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", asked)
            .body(Body::empty());
        let (status, headers, _) = send(&stack().0, request.unwrap()).await;
        assert_eq!(status, 200);
        let repeated = headers.get("access-control-allow-headers");
        let expected = granted.then(|| HeaderValue::from_str(asked).unwrap());
        assert_eq!(repeated, expected.as_ref(), "{asked}");
    }
}

/// Clients refuse long headers, so no response may have one, even if it repeats long
/// input.
#[tokio::test]
async fn no_header_is_long() {
    let (stack, pool) = stack();
    let text = "x".repeat(8_000);
    let mut requests = Vec::new();
    for operation in [
        "SignUp",
        "DescribeUserPool",
        "CreateUserPool",
        "InitiateAuth",
    ] {
        let body = json!({
            "UserPoolId": text, "ClientId": text, "Username": text, "Password": text,
            "PoolName": text, "AuthFlow": text, "AuthParameters": { "USERNAME": text },
        });
        requests.push(call(operation, &body.to_string()));
    }
    requests.push(call(&text, "{}"));
    let fault = json!({ "effect": { "exception": {
        "code": "InternalErrorException", "message": text,
    } } });
    stack
        .inject(serde_json::from_value(fault).unwrap())
        .unwrap();
    requests.push(call("ListUsers", "{}"));
    for path in [
        format!("/{pool}/.well-known/openid-configuration"),
        format!("/{text}/.well-known/jwks.json"),
        format!("/{text}"),
        format!("/_emulator/outbox?recipient={text}"),
        format!("/_emulator/{text}"),
        "/_emulator/".to_owned(),
        "/_emulator/journal".to_owned(),
    ] {
        for method in ["GET", "OPTIONS", "POST"] {
            requests.push(
                Request::builder()
                    .method(method)
                    .uri(&path)
                    .header("Host", format!("{}.localhost:9229", "h".repeat(200)))
                    .header("Origin", format!("http://{}.localhost:1", "o".repeat(200)))
                    .header("Access-Control-Request-Headers", &text)
                    .body(Body::empty())
                    .unwrap(),
            );
        }
    }
    for request in requests {
        let line = format!("{} {:.60}", request.method(), request.uri().to_string());
        let (_, headers, _) = send(&stack, request).await;
        for (name, value) in &headers {
            assert!(
                value.len() <= 2_048,
                "{line}: {name} has {} bytes",
                value.len()
            );
        }
    }
}

/// Signs in `ana`, or uses her refresh token, through `host`. Returns the issuer of
/// the tokens and the refresh token.
async fn issuer_through(
    stack: &Stack,
    host: &str,
    client: &str,
    refresh: Option<&str>,
) -> (String, String) {
    let (flow, parameters) = match refresh {
        None => (
            "USER_PASSWORD_AUTH",
            json!({ "USERNAME": "ana", "PASSWORD": PASSWORD }),
        ),
        Some(token) => ("REFRESH_TOKEN_AUTH", json!({ "REFRESH_TOKEN": token })),
    };
    let body = json!({ "ClientId": client, "AuthFlow": flow, "AuthParameters": parameters });
    let mut request = call("InitiateAuth", &body.to_string());
    request
        .headers_mut()
        .insert("host", HeaderValue::from_str(host).unwrap());
    let (status, _, body) = send(stack, request).await;
    assert_eq!(status, 200, "{body}");
    let tokens = serde_json::from_str::<Value>(&body).unwrap()["AuthenticationResult"].take();
    let access = crate::auth::jwt::decode(tokens["AccessToken"].as_str().unwrap()).unwrap();
    let issuer = access.claims["iss"].as_str().unwrap().to_owned();
    (
        issuer,
        tokens["RefreshToken"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

/// A stack whose issuer follows clients, with a pool that has the user `ana`. Returns the
/// ids of the pool and of its app client too.
fn followed() -> (Stack, String, String) {
    let issuer = Issuer::Followed("http://127.0.0.1:9229".to_owned());
    let stack = Stack::builder()
        .clock(Clock::fixed(1_800_000_000))
        .issuer(issuer)
        .build();
    let make = |operation: &str, input: Value| {
        let reply = stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{reply}");
        reply.body
    };
    let pool = make("CreateUserPool", json!({ "PoolName": "p" }));
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let client = make(
        "CreateUserPoolClient",
        json!({
            "UserPoolId": pool, "ClientName": "c",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        }),
    );
    let client = client["UserPoolClient"]["ClientId"]
        .as_str()
        .unwrap()
        .to_owned();
    make(
        "AdminCreateUser",
        json!({ "UserPoolId": pool, "Username": "ana" }),
    );
    make(
        "AdminSetUserPassword",
        json!({
            "UserPoolId": pool, "Username": "ana", "Password": PASSWORD, "Permanent": true,
        }),
    );
    (stack, pool, client)
}

#[tokio::test]
async fn an_issuer_follows_the_address_of_the_sign_in() {
    let (stack, pool, client) = followed();
    for (host, base) in [
        ("cognito:9229", "http://cognito:9229"),
        ("localhost:9229", "http://localhost:9229"),
        ("[::1]:9229", "http://[::1]:9229"),
        ("Cognito.Internal", "http://cognito.internal"),
        // Names that others can assign to this machine do not become issuers.
        ("evil.example:9229", "http://127.0.0.1:9229"),
        ("printer.local:9229", "http://127.0.0.1:9229"),
        ("user@localhost", "http://127.0.0.1:9229"),
    ] {
        let (issuer, refresh) = issuer_through(&stack, host, &client, None).await;
        assert_eq!(issuer, format!("{base}/{pool}"), "{host}");
        // Refreshed tokens keep an issuer that followed the client.
        let (later, _) = issuer_through(&stack, "10.0.0.1:9229", &client, Some(&refresh)).await;
        let expected = match base {
            "http://127.0.0.1:9229" => format!("http://10.0.0.1:9229/{pool}"),
            _ => issuer,
        };
        assert_eq!(later, expected, "{host}");
        let request = Request::get(format!("/{pool}/.well-known/openid-configuration"))
            .header("Host", host)
            .body(Body::empty());
        let (_, _, body) = send(&stack, request.unwrap()).await;
        let found: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(found["issuer"], format!("{base}/{pool}"), "{host}");
        assert_eq!(
            found["jwks_uri"],
            format!("{base}/{pool}/.well-known/jwks.json")
        );
    }
}

/// Tokens with times of another clock than the emulator's are valid for their whole
/// lifetime.
#[tokio::test]
async fn tokens_follow_the_chosen_clock() {
    let (stack, _, client) = followed();
    let now = 1_800_000_000;
    let sign_in = || {
        let input = json!({
            "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "ana", "PASSWORD": PASSWORD },
        });
        stack.call(&Call::new("InitiateAuth", input)).body["AuthenticationResult"].clone()
    };
    let times = |token: &Value| {
        let token = crate::auth::jwt::decode(token.as_str().unwrap()).unwrap();
        ["auth_time", "iat", "exp"].map(|claim| token.claims[claim].as_i64().unwrap() - now)
    };
    let works = |tokens: &Value| {
        let input = json!({ "AccessToken": tokens["AccessToken"] });
        stack.call(&Call::new("GetUser", input)).is_ok()
    };
    let set = async |body: Value| control(&stack, "POST clock", &body.to_string()).await;

    let first = sign_in();
    let (status, shown) = set(json!({ "advance_seconds": 3600, "token_clock": "real" })).await;
    assert_eq!((status, &shown["token_clock"]), (200, &json!("real")));
    assert_eq!(shown["now"], 1_800_003_600.0);
    assert!(!works(&first), "it has expired by the emulator's clock");
    let second = sign_in();
    for token in ["AccessToken", "IdToken"] {
        assert_eq!(times(&second[token]), [0, 0, 3600], "{token}");
    }
    assert!(works(&second));
    let refreshed = json!({
        "ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": { "REFRESH_TOKEN": first["RefreshToken"] },
    });
    let refreshed =
        stack.call(&Call::new("InitiateAuth", refreshed)).body["AuthenticationResult"].clone();
    assert_eq!(times(&refreshed["AccessToken"]), [-3600, 0, 3600]);
    assert!(works(&refreshed));
    // The setting persists, and the tokens expire by the emulator's clock.
    set(json!({ "advance_seconds": 3599 })).await;
    assert!(works(&second));
    assert_eq!(times(&sign_in()["AccessToken"]), [0, 0, 3600]);
    set(json!({ "advance_seconds": 1 })).await;
    assert!(!works(&second));

    let (_, shown) = set(json!({ "token_age_seconds": 3700 })).await;
    assert_eq!(shown["token_age_seconds"], 3700.0);
    let old = sign_in();
    assert_eq!(times(&old["IdToken"]), [-3700, -3700, -100]);
    assert!(!works(&old), "it was issued expired");
    set(json!({ "token_age_seconds": 60, "token_clock": "emulator" })).await;
    let young = sign_in();
    assert_eq!(times(&young["IdToken"]), [7140, 7140, 10740]);
    assert!(works(&young));
    for bad in [
        json!({ "token_clock": "wall" }),
        json!({ "token_age_seconds": -1 }),
    ] {
        assert_eq!(set(bad.clone()).await.0, 400, "{bad}");
    }
    control(&stack, "POST reset", "").await;
    let (_, shown) = control(&stack, "GET clock", "").await;
    assert_eq!(shown["token_clock"], "emulator");
    assert_eq!(shown["token_age_seconds"], 0.0);
}

/// An SDK sends the same invocation id with every retry of a call.
#[tokio::test]
async fn a_fault_strikes_all_retries_of_a_caller() {
    let (stack, _) = stack();
    let fault = json!({
        "when": { "callers": 1 },
        "effect": { "exception": { "code": "TooManyRequestsException" } },
    });
    let (status, _) = control(&stack, "POST faults", &fault.to_string()).await;
    assert_eq!(status, 200);
    let send = async |id: Option<&str>| {
        let mut request = call("ListUserPools", r#"{"MaxResults": 1}"#);
        if let Some(id) = id {
            let id = HeaderValue::from_str(id).unwrap();
            request.headers_mut().insert("amz-sdk-invocation-id", id);
        }
        send(&stack, request).await.0
    };
    assert_eq!(send(Some("a")).await, 400);
    assert_eq!(send(Some("a")).await, 400);
    assert_eq!(send(Some("b")).await, 200);
    assert_eq!(send(None).await, 200);
    assert_eq!(send(Some("a")).await, 400);
    let (_, shown) = control(&stack, "GET faults", "").await;
    let shown = &shown["faults"][0];
    assert_eq!(shown["when"], json!({ "callers": 1 }));
    assert_eq!(
        (
            &shown["concerned"],
            &shown["struck"],
            &shown["callers_struck"]
        ),
        (&json!(5), &json!(3), &json!(1))
    );
    // Without an id, or with an id that is too long, each request counts as another
    // caller.
    stack.clear_faults();
    control(&stack, "POST faults", &fault.to_string()).await;
    let long = "i".repeat(crate::bounds::INVOCATION_ID + 1);
    assert_eq!(send(Some(&long)).await, 400);
    assert_eq!(send(Some(&long)).await, 200);
    for callers in [0, 1_001] {
        let fault = json!({ "when": { "callers": callers }, "effect": "cut_before_effects" });
        let (status, refused) = control(&stack, "POST faults", &fault.to_string()).await;
        assert_eq!(status, 400);
        let sentence = refused["message"].as_str().unwrap();
        assert!(sentence.contains("give 1 to 1000"), "{sentence}");
    }
}

/// Neither queries nor bodies are in the log.
#[tokio::test]
async fn requests_are_logged_without_secrets() {
    let (stack, pool) = stack();
    let lines = Arc::new(parking_lot::Mutex::new(Vec::<String>::new()));
    let log: RequestLog = Arc::new({
        let lines = Arc::clone(&lines);
        move |line: &str| lines.lock().push(line.to_owned())
    });
    let router = request_log::logged(router(stack.clone()), &stack, log);
    let secret = "S3cret-Passw0rd";
    let body = json!({ "ClientId": "c", "Username": "u", "Password": secret }).to_string();
    let keys = format!("/{pool}/.well-known/jwks.json?token={secret}");
    let mut sign_up = call("SignUp", &body);
    let page = HeaderValue::from_static("http://localhost:3000");
    sign_up.headers_mut().insert("origin", page);
    for request in [
        sign_up,
        call("NoSuchOperation", &body),
        Request::get(keys).body(Body::empty()).unwrap(),
        Request::get(format!("/{}", "p".repeat(500)))
            .body(Body::empty())
            .unwrap(),
    ] {
        router.clone().oneshot(request).await.unwrap();
    }
    let lines = lines.lock().clone();
    let [sign_up, unknown, keys, nothing] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert!(
        sign_up.starts_with("2027-01-15T08:00:00Z POST SignUp 400 ResourceNotFoundException "),
        "{sign_up}"
    );
    assert!(
        sign_up.ends_with(" origin http://localhost:3000"),
        "{sign_up}"
    );
    assert!(
        unknown.starts_with("2027-01-15T08:00:00Z POST / 400 UnknownOperationException "),
        "{unknown}"
    );
    assert_eq!(
        *keys,
        format!("2027-01-15T08:00:00Z GET /{pool}/.well-known/jwks.json 200")
    );
    assert_eq!(
        *nothing,
        format!(
            "2027-01-15T08:00:00Z GET /{} 404",
            "p".repeat(request_log::PATH - 1)
        )
    );
    assert!(!lines.join("\n").contains(secret), "{lines:?}");
}

#[tokio::test]
async fn long_bodies_are_refused() {
    let (status, ..) = send(&stack().0, call("ListUsers", &" ".repeat(CALL_BYTES + 1))).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn unknown_paths_name_the_known_ones() {
    for (request, expected) in [
        (Request::post("/oauth3/token"), 404),
        (Request::delete("/_emulator/reset"), 405),
    ] {
        let request = request
            .header("Host", "localhost")
            .body(Body::empty())
            .unwrap();
        let (status, _, body) = send(&stack().0, request).await;
        assert_eq!(status, expected);
        assert!(body.contains("send calls to POST /"), "{body}");
    }
}

#[tokio::test]
async fn pools_publish_their_keys() {
    let (stack, pool) = stack();
    let get = async |path: String| {
        let (status, headers, body) =
            send(&stack, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["access-control-allow-origin"], "*");
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    let (status, configuration) = get(format!("/{pool}/.well-known/openid-configuration")).await;
    assert_eq!(status, 200);
    let issuer = format!("http://localhost:9229/{pool}");
    assert_eq!(configuration["issuer"], issuer.as_str());
    let keys = configuration["jwks_uri"].as_str().unwrap();
    assert_eq!(keys, format!("{issuer}/.well-known/jwks.json"));
    let (status, keys) = get(keys
        .strip_prefix("http://localhost:9229")
        .unwrap()
        .to_owned())
    .await;
    assert_eq!(status, 200);
    assert_eq!(Some(keys), stack.jwks(&pool));
    for document in ["jwks.json", "openid-configuration"] {
        let answer = get(format!("/us-east-1_none/.well-known/{document}")).await;
        let reply = json!({ "message": "User pool us-east-1_none does not exist." });
        assert_eq!(answer, (404, reply));
    }
}

/// A file is uploaded in the same way as on AWS.
#[tokio::test]
async fn import_jobs_get_their_files() {
    let (stack, pool) = stack();
    let job = json!({
        "UserPoolId": pool,
        "JobName": "j",
        "CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/logs",
    });
    let job = stack.call(&Call::new("CreateUserImportJob", job));
    let job = job.body["UserImportJob"].clone();
    let (id, url) = (
        job["JobId"].as_str().unwrap(),
        job["PreSignedUrl"].as_str().unwrap(),
    );
    assert!(url.starts_with(&format!(
        "http://localhost:9229/imports/123456789012/{pool}/{id}?"
    )));
    let put = async |url: &str, encryption: &str| {
        let request = Request::put(url).header("x-amz-server-side-encryption", encryption);
        let request = request.body(Body::from("a,b")).unwrap();
        let (status, headers, body) = send(&stack, request).await;
        assert_eq!(headers["x-amz-request-id"].len(), 16);
        (status, body)
    };
    let error = |code: &str, message: &str| {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        (403, format!("{xml}\n{error}"))
    };
    let forged = error(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method.",
    );
    assert_eq!(put(&url[..url.len() - 1], "aws:kms").await, forged);
    assert_eq!(
        put(&url.replace(id, "import-other"), "aws:kms").await,
        forged
    );
    assert_eq!(
        put(&url.replace(&pool, "us-east-1_other"), "aws:kms").await,
        forged
    );
    assert_eq!(put(url, "AES256").await, forged);
    assert_eq!(put(url, "aws:kms").await, (200, String::new()));
    stack.advance(std::time::Duration::from_secs(899));
    let late = error("AccessDenied", "Request has expired");
    assert_eq!(put(url, "aws:kms").await, late);

    let log = control(&stack, &format!("GET imports/{pool}/{id}"), "").await;
    let reply = json!({
        "log_group": format!("/aws/cognito/userpools/{pool}/p"),
        "log_stream": format!("{id}/j"),
        "lines": [],
    });
    assert_eq!(log, (200, reply));
    let (status, _) = control(&stack, &format!("GET imports/{pool}/import-other"), "").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_clock_is_read_and_moved() {
    let (stack, _) = stack();
    let now = |seconds| {
        let clock = json!({ "now": seconds, "token_clock": "emulator", "token_age_seconds": 0.0 });
        (200, clock)
    };
    assert_eq!(control(&stack, "GET clock", "").await, now(1_800_000_000.0));
    let moved = control(&stack, "POST clock", r#"{"advance_seconds":3600}"#).await;
    assert_eq!(moved, now(1_800_003_600.0));
    let moved = control(&stack, "POST clock", r#"{"advance_seconds":0.5}"#).await;
    assert_eq!(moved, now(1_800_003_600.5));
    assert_eq!(
        control(&stack, "POST clock", r#"{"advance_seconds":-1}"#).await,
        (
            400,
            json!({ "message": "`advance_seconds` is -1: give seconds from 0 to 3200000000; the clock never goes back." })
        )
    );
    assert_eq!(
        control(&stack, "POST clock", r#"{"advance":1}"#).await,
        (
            400,
            json!({ "message": "The body does not have the form {\"advance_seconds\": 3600, \"token_clock\": \"real\"}: unknown field `advance`, expected one of `advance_seconds`, `token_clock`, `token_age_seconds` at line 1 column 10." })
        )
    );
    assert_eq!(stack.world().now().0, 1_800_003_600_500);
}

#[tokio::test]
async fn faults_are_injected_and_cleared() {
    let (stack, _) = stack();
    let fault = r#"{"on":{"operation":"ListUsers"},"when":{"first":1},"effect":{"exception":{"code":"InternalErrorException"}}}"#;
    let (status, listed) = control(&stack, "POST faults", fault).await;
    assert_eq!((status, &listed["faults"][0]["struck"]), (200, &json!(0)));
    assert_eq!(send(&stack, call("ListUsers", "{}")).await.0, 500);
    assert_eq!(send(&stack, call("ListUsers", "{}")).await.0, 400);
    let (_, listed) = control(&stack, "GET faults", "").await;
    let mut expected: Value = serde_json::from_str(fault).unwrap();
    expected["id"] = json!(1);
    expected["concerned"] = json!(2);
    expected["struck"] = json!(1);
    assert_eq!(listed, json!({ "faults": [expected] }));
    let (status, reply) = control(
        &stack,
        "POST faults",
        r#"{"when":{"nth":0},"effect":"cut_after_effects"}"#,
    )
    .await;
    assert_eq!(
        (status, reply),
        (
            400,
            json!({ "message": "`nth` counts from 1: give 1 for the first call." })
        )
    );
    let (status, reply) = control(&stack, "POST faults", r#"{"effect":"explode"}"#).await;
    assert_eq!(status, 400);
    assert!(
        reply["message"]
            .as_str()
            .unwrap()
            .contains("unknown variant `explode`, expected one of"),
        "{reply}"
    );
    control(&stack, "POST faults", fault).await;
    let (status, reply) = control(&stack, "DELETE faults/3", "").await;
    let message = json!({ "message": "No fault has the id 3: GET /_emulator/faults lists them." });
    assert_eq!((status, reply), (404, message));
    let (status, left) = control(&stack, "DELETE faults/1", "").await;
    assert_eq!((status, &left["faults"][0]["id"]), (200, &json!(2)));
    assert_eq!(
        control(&stack, "DELETE faults", "").await,
        (200, json!({ "faults": [] }))
    );
}

#[tokio::test]
async fn triggers_are_mapped_at_runtime() {
    let (stack, pool) = stack();
    let none = json!({ "functions": {}, "invocations": [] });
    assert_eq!(
        control(&stack, "GET triggers", "").await,
        (200, none.clone())
    );
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:checks";
    let update = json!({ "UserPoolId": pool, "LambdaConfig": { "PreSignUp": arn } });
    stack.call(&Call::new("UpdateUserPool", update));
    let ana = json!({ "UserPoolId": pool, "Username": "ana" });
    // Without a mapping the call has Cognito's error, and the list of
    // invocations says how to map the function.
    let reply = stack.call(&Call::new("AdminCreateUser", ana));
    insta::assert_snapshot!(reply, @"400 UnexpectedLambdaException: PreSignUp invocation failed due to error ResourceNotFoundException.");
    let (_, reply) = control(&stack, "GET triggers", "").await;
    insta::assert_snapshot!(reply, @r#"{"functions":{},"invocations":[{"at":1800000000.0,"function":"arn:aws:lambda:us-east-1:123456789012:function:checks","source":"PreSignUp_AdminCreateUser","attempts":0,"outcome":"nothing is mapped to this function: start the emulator with --trigger checks=URL, or PUT /_emulator/triggers"}]}"#);

    let body = r#"{"function": "checks", "url": "http://localhost:9000"}"#;
    let (status, reply) = control(&stack, "PUT triggers", body).await;
    let place = "http://localhost:9000/2015-03-31/functions/checks/invocations";
    assert_eq!(
        (status, &reply["functions"]["checks"]),
        (200, &json!(place))
    );
    // A reset removes the invocations and keeps the mapping.
    control(&stack, "POST reset", "").await;
    let (_, reply) = control(&stack, "GET triggers", "").await;
    assert_eq!(reply["functions"]["checks"], json!(place));
    assert_eq!(reply["invocations"], json!([]));
    let gone = control(&stack, "DELETE triggers?function=checks", "").await;
    assert_eq!(gone, (200, none));
    for (line, body) in [
        ("DELETE triggers?function=checks", ""),
        ("DELETE triggers", ""),
        (
            "PUT triggers",
            r#"{"function": "checks", "url": "https://localhost"}"#,
        ),
        ("PUT triggers", r#"{"function": "checks"}"#),
    ] {
        let (status, reply) = control(&stack, line, body).await;
        assert_eq!(status, 400, "{reply}");
    }
}

#[tokio::test]
async fn the_throttle_is_set_at_runtime() {
    let (stack, _) = stack();
    assert_eq!(
        control(&stack, "GET throttle", "").await,
        (200, json!({ "throttle": "off" }))
    );
    let set = control(&stack, "PUT throttle", r#"{"throttle":"10%"}"#).await;
    assert_eq!(set, (200, json!({ "throttle": "10%" })));
    for _ in 0..3 {
        assert_eq!(
            send(&stack, call("ListUsers", "{}")).await.1["x-amzn-errortype"],
            "InvalidParameterException:"
        );
    }
    let (status, headers, body) = send(&stack, call("ListUsers", "{}")).await;
    assert_eq!(
        (status, body.as_str()),
        (
            400,
            r#"{"__type":"TooManyRequestsException","message":"Rate exceeded"}"#
        )
    );
    assert_eq!(headers["x-amz-retry-after"], "334");
    let (status, reply) = control(&stack, "PUT throttle", r#"{"throttle":"fast"}"#).await;
    assert_eq!(status, 400);
    assert!(
        reply["message"]
            .as_str()
            .unwrap()
            .contains("`fast` is not a throttle setting: give `aws`"),
        "{reply}"
    );
}

#[tokio::test]
async fn the_journal_lists_calls() {
    let (stack, pool) = stack();
    let input =
        json!({ "UserPoolId": pool, "Username": "ana", "Password": "S3cret", "Permanent": true });
    send(&stack, call("AdminSetUserPassword", &input.to_string())).await;
    let (status, journal) = control(&stack, "GET journal?last=1", "").await;
    let entry = &journal["calls"][0];
    assert_eq!(status, 200);
    assert_eq!(journal["calls"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&entry["operation"], &entry["request"]["Username"]),
        (&json!("AdminSetUserPassword"), &json!("ana"))
    );
    assert_eq!(entry["code"], "UserNotFoundException");
    assert!(!journal.to_string().contains("S3cret"), "{journal}");
    let (_, found) = control(&stack, "GET journal?operation=CreateUserPool", "").await;
    assert_eq!(found["calls"].as_array().unwrap().len(), 1);
    assert_eq!(
        control(&stack, "DELETE journal", "").await,
        (200, json!({ "calls": [] }))
    );
}

#[tokio::test]
async fn messages_are_found_by_recipient() {
    let (stack, pool) = stack();
    for name in ["ana", "bob"] {
        stack.world().courier.send(Message {
            sequence: 0,
            sent_at: stack.world().now(),
            user_pool_id: pool.clone(),
            username: name.to_owned(),
            destination: format!("{name}@example.com"),
            medium: Medium::Email,
            purpose: Purpose::SignUp,
            code: "123456".to_owned(),
            subject: "Your verification code".to_owned(),
            body: "Your verification code is 123456.".to_owned(),
            link: None,
            envelope: Envelope {
                account: "123456789012".to_owned(),
                ..Envelope::default()
            },
        });
    }
    let (_, all) = control(&stack, "GET outbox", "").await;
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
    assert_eq!(all["messages"][0]["username"], "bob", "the newest is first");
    assert_eq!(
        all["messages"][1],
        json!({
            "sequence": 1,
            "sent_at": 1_800_000_000.0,
            "user_pool_id": pool,
            "username": "ana",
            "destination": "ana@example.com",
            "medium": "EMAIL",
            "purpose": "SignUp",
            "code": "123456",
            "subject": "Your verification code",
            "body": "Your verification code is 123456.",
        })
    );
    for query in [
        "recipient=ana@example.com",
        "username=ana",
        "username=ana&account=123456789012",
        "username=ana&recipient=ana%40example.com",
        "username=ana&after=0",
    ] {
        let (_, found) = control(&stack, &format!("GET outbox?{query}"), "").await;
        assert_eq!(found["messages"], json!([all["messages"][1]]), "{query}");
    }
    let (_, none) = control(&stack, "GET outbox?pool=us-east-1_none", "").await;
    assert_eq!(none, json!({ "last": 2, "messages": [] }));
    for query in ["account=210987654321", "after=1&username=ana"] {
        let (_, none) = control(&stack, &format!("GET outbox?{query}"), "").await;
        assert_eq!(none, json!({ "last": 2, "messages": [] }), "{query}");
    }
    let (status, reply) = control(&stack, "GET outbox?user=ana", "").await;
    assert_eq!(status, 400);
    assert!(
        reply["message"]
            .as_str()
            .unwrap()
            .contains("expected one of `recipient`, `username`, `pool`, `account`, `after`"),
        "{reply}"
    );
    assert_eq!(
        control(&stack, "DELETE outbox", "").await,
        (200, json!({ "last": 2, "messages": [] }))
    );
    assert!(stack.world().courier.outbox().is_empty());
}

#[tokio::test]
async fn a_reset_forgets_everything() {
    let (stack, pool) = stack();
    stack.advance(std::time::Duration::from_secs(5));
    assert_eq!(control(&stack, "POST reset", "").await, (200, json!({})));
    assert_eq!(stack.jwks(&pool), None);
    assert_eq!(
        control(&stack, "GET clock", "").await.1["now"],
        1_800_000_000.0
    );
    assert_eq!(control(&stack, "GET health", "").await.1["status"], "ok");
}

#[tokio::test]
async fn the_index_names_every_control() {
    let request = Request::get("/_emulator/")
        .header("Host", "127.0.0.1:9229")
        .body(Body::empty());
    let (status, headers, body) = send(&stack().0, request.unwrap()).await;
    assert_eq!(
        (status, &headers["content-type"]),
        (200, &HeaderValue::from_static("text/plain; charset=utf-8"))
    );
    for path in [
        "outbox", "clock", "faults", "journal", "throttle", "triggers", "reset", "health",
    ] {
        assert!(
            body.contains(&format!("curl http://127.0.0.1:9229/_emulator/{path}"))
                || body.contains(&format!(" http://127.0.0.1:9229/_emulator/{path}")),
            "{path}\n{body}"
        );
    }
}

/// The examples of the index and the bodies in the documents are accepted as they are.
#[tokio::test(start_paused = true)]
async fn examples_of_controls_are_accepted() {
    let (stack, pool) = stack();
    let mut examples = 0;
    for line in include_str!("index.txt").lines() {
        let Some(command) = line.trim().strip_prefix("curl ") else {
            continue;
        };
        let (_, path) = command.split_once("HOST/_emulator/").unwrap();
        let path = path.split([' ', '"']).next().unwrap();
        let body = command
            .split_once(" -d '")
            .map_or("", |(_, rest)| rest.trim_end_matches('\''));
        let method = match (command.strip_prefix("-X "), body) {
            (Some(given), _) => given.split(' ').next().unwrap(),
            (None, "") => "GET",
            (None, _) => "POST",
        };
        let (status, answer) = control(&stack, &format!("{method} {path}"), body).await;
        let expected = match path {
            // The job of the example does not exist.
            _ if path.starts_with("imports") => 404,
            // No message arrives.
            _ if path.starts_with("outbox/wait") => 408,
            _ => 200,
        };
        assert_eq!(status, expected, "{command}: {answer}");
        examples += 1;
    }
    assert_eq!(examples, 30);
    let documents = [
        include_str!("../../../docs/emulator.md"),
        include_str!("../../../docs/javascript.md"),
        include_str!("../../../docs/troubleshooting.md"),
    ];
    let clocks = documents.iter().flat_map(|text| {
        text.match_indices("{\"advance_seconds\"")
            .chain(text.match_indices("{\"token_"))
            .map(|(at, _)| &text[at..])
    });
    let mut bodies = 0;
    for body in clocks {
        let body = &body[..=body.find('}').unwrap()];
        let (status, answer) = control(&stack, "POST clock", body).await;
        assert_eq!(status, 200, "{body}: {answer}");
        bodies += 1;
    }
    assert!(bodies >= 6, "{bodies}");
    assert_eq!(control(&stack, "POST reset", "").await.0, 200);
    assert_eq!(stack.jwks(&pool), None);
}

#[tokio::test]
async fn foreign_pages_cannot_reach_the_controls() {
    let send = async |origin: Option<&str>, host: &str| {
        let mut request = Request::post("/_emulator/reset").header("Host", host);
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        let (status, headers, _) = send(&stack().0, request.body(Body::empty()).unwrap()).await;
        let allowed = headers.get("access-control-allow-origin");
        (
            status,
            allowed.map(|value| value.to_str().unwrap().to_owned()),
        )
    };
    assert_eq!(send(None, "localhost:9229").await, (200, None));
    assert_eq!(
        send(None, "cognito:9229").await,
        (200, None),
        "a container by its service name"
    );
    assert_eq!(send(None, "192.168.0.7").await, (200, None));
    assert_eq!(send(None, "[::1]:9229").await, (200, None));
    for origin in [
        "http://localhost:3000",
        "http://127.0.0.1:5173",
        "http://[::1]",
        "http://app.localhost",
    ] {
        assert_eq!(
            send(Some(origin), "localhost").await,
            (200, Some(origin.to_owned()))
        );
    }
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://10.0.0.1",
    ] {
        assert_eq!(send(Some(origin), "localhost").await, (403, None));
    }
    // A name that an attacker resolves to this machine.
    assert_eq!(send(None, "evil.example:9229").await, (403, None));
}

#[tokio::test]
async fn preflight_requests_of_local_pages_are_answered() {
    let request = Request::options("/_emulator/clock")
        .header("Host", "localhost:9229")
        .header("Origin", "http://localhost:3000")
        .body(Body::empty());
    let (status, headers, _) = send(&stack().0, request.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(
        headers["access-control-allow-origin"],
        "http://localhost:3000"
    );
    assert_eq!(
        headers["access-control-allow-methods"],
        "GET, POST, PUT, DELETE"
    );
}

/// Sends a call over a socket. Returns everything that the client has read when the
/// connection ends.
async fn over_a_socket(stack: Stack, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, stack, async {
        let _ = stopped.await;
    }));
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         X-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection reset ends the response too.
    let _ = client.read_to_end(&mut answer).await;
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_cut_ends_the_connection_without_a_byte() {
    let (stack, _) = stack();
    let answer = over_a_socket(stack.clone(), "{}").await;
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\r\ndate: "), "{answer}");
    for effect in ["cut_before_effects", "cut_after_effects"] {
        stack.clear_faults();
        stack
            .inject(serde_json::from_value(json!({ "effect": effect })).unwrap())
            .unwrap();
        assert_eq!(over_a_socket(stack.clone(), "{}").await, "");
    }
    let cut: Vec<_> = stack
        .journal()
        .iter()
        .map(|entry| entry.cut.is_some())
        .collect();
    assert_eq!(cut[cut.len() - 3..], [false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn a_fault_delays_the_response() {
    let (stack, _) = stack();
    stack
        .inject(serde_json::from_value(json!({ "effect": { "delay_ms": 90_000 } })).unwrap())
        .unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(send(&stack, call("ListUsers", "{}")).await.0, 400);
    assert_eq!(start.elapsed().as_secs(), 90);
}
