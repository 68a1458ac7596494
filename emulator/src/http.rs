//! Mount behind HTTP, for any SDK in any language.
//!
//! `POST /` is the API. Beside it stand each pool's discovery documents and,
//! under `/_emulator/`, the controls of the emulator itself.

pub mod authority;
mod control;
mod discovery;
mod imports;
pub mod listener;

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body::Frame;
use serde::Serialize;
use tokio::net::TcpListener;

use self::listener::{Bodies, Held, Limits, Unread};
use crate::bounds::CALL_BYTES;
use crate::stack::Stack;
use crate::wire::{Call, Reply, Service};

/// Serves `stack` on `listener` until `shutdown` is ready. Requests under way are then
/// answered within [`Limits::grace`].
pub async fn serve(
    listener: TcpListener,
    stack: Stack,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_within(listener, stack, Limits::default(), shutdown).await
}

/// As [`serve`], within other limits.
pub async fn serve_within(
    listener: TcpListener,
    stack: Stack,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener::serve(listener, router_within(stack, &limits), limits, shutdown).await
}

/// Everything that is served, for embedding in another server.
pub fn router(stack: Stack) -> Router {
    router_within(stack, &Limits::default())
}

fn router_within(stack: Stack, limits: &Limits) -> Router {
    let bodies = Bodies::new(limits);
    let pages = Router::new()
        .merge(discovery::router())
        .merge(imports::router())
        .layer(axum::middleware::map_response(async |page| share(page)))
        .merge(control::router());
    // The API stands outside the layers, each of which costs every call.
    Router::new()
        .route("/", post(api).options(preflight))
        .merge(pages)
        .method_not_allowed_fallback(no_such_method)
        .fallback(async || nothing_here(StatusCode::NOT_FOUND))
        .with_state(Mounted { stack, bodies })
}

/// What requests are answered from.
#[derive(Clone)]
struct Mounted {
    stack: Stack,
    bodies: Bodies,
}

impl FromRef<Mounted> for Stack {
    fn from_ref(mounted: &Mounted) -> Self {
        mounted.stack.clone()
    }
}

/// The whole body of a request to the controls.
struct Whole(Held);

impl FromRequest<Mounted> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, mounted: &Mounted) -> Result<Self, Response> {
        let body = mounted.bodies.read(request.into_body(), CALL_BYTES).await;
        body.map(Self).map_err(unread)
    }
}

/// The answer to a request whose body was not read. AWS closes the connection of a body
/// that is cut (inferred); here a peer that still reads gets a reason.
fn unread(why: Unread) -> Response {
    let status = match why {
        Unread::TooLong => {
            return message(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is longer than any that Cognito takes: 4 MiB.",
            );
        }
        Unread::Cut => StatusCode::BAD_REQUEST,
        Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Unread::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    message(status, &why.to_string())
}

async fn no_such_method() -> Response {
    share(nothing_here(StatusCode::METHOD_NOT_ALLOWED))
}

fn nothing_here(status: StatusCode) -> Response {
    message(
        status,
        "Nothing is here: send calls to POST /, and see GET /_emulator/ for the rest.",
    )
}

/// An answer that is not Cognito's.
fn message(status: StatusCode, message: &str) -> Response {
    (status, json(&serde_json::json!({ "message": message }))).into_response()
}

fn json(value: &impl Serialize) -> impl IntoResponse {
    let body = serde_json::to_string(value).expect("answers are plain data");
    ([(header::CONTENT_TYPE, "application/json")], body)
}

static TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The API itself: `POST /`.
async fn api(State(mounted): State<Mounted>, request: Request) -> Response {
    let Mounted { stack, bodies } = mounted;
    let (Parts { headers, uri, .. }, body) = request.into_parts();
    let body = match bodies.read(body, CALL_BYTES).await {
        Ok(body) => body,
        Err(why) => return share(unread(why)),
    };
    let text = |name: &HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    // HTTP/2 has it in the target.
    let host = text(&header::HOST).or_else(|| uri.host());
    let scope = stack.scope().at_host(host.unwrap_or_default());
    let (target, authorization) = (text(&TARGET), text(&header::AUTHORIZATION));
    let dated = headers.contains_key("x-amz-date") || headers.contains_key(header::DATE);
    let call = Call::from_http(target, authorization, dated, body.bytes.clone(), &scope);
    let reply = apart(&stack, move |stack| stack.call(&call)).await;
    share(answer(reply).await)
}

/// Does `work` here, or on a thread that may wait where it may have to wait for a
/// trigger: the trigger may be served by this very thread.
async fn apart<R: Send + 'static>(
    stack: &Stack,
    work: impl FnOnce(&Stack) -> R + Send + 'static,
) -> R {
    if !stack.world().functions.wait() {
        return work(stack);
    }
    let stack = stack.clone();
    let done = tokio::task::spawn_blocking(move || work(&stack)).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn answer(reply: Reply) -> Response {
    if !reply.delay.is_zero() {
        #[expect(
            clippy::disallowed_methods,
            reason = "a mount waits for the delays of replies"
        )]
        tokio::time::sleep(reply.delay).await;
    }
    if reply.cut.is_some() {
        return Response::new(Body::new(Aborted));
    }
    let mut response = Response::new(Body::from(reply.body.text()));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    // These, and those that `share` adds.
    headers.reserve(6);
    for (name, value) in reply.headers() {
        let value = match value {
            Cow::Borrowed(value) => Ok(HeaderValue::from_static(value)),
            Cow::Owned(value) => HeaderValue::try_from(value),
        };
        if let Ok(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// A body that fails before its first byte: the server closes the connection
/// without having sent even the status line.
struct Aborted;

impl HttpBody for Aborted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

/// What a browser asks before it sends `X-Amz-Target` (fact 1.6).
async fn preflight() -> Response {
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "x-amz-target,x-amz-user-agent,content-type,authorization,cache-control,x-amz-date,x-amz-security-token",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "172800"),
    ];
    share(allowed.into_response())
}

/// Pages of any origin may read the API's answers (fact 1.6).
fn share(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        const { HeaderValue::from_static("*") },
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, const {
        HeaderValue::from_static("x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
    });
    response
}

#[cfg(test)]
mod tests {

    use axum::body::to_bytes;
    use axum::http::{HeaderMap, Request};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tower::ServiceExt;

    use super::*;
    use crate::Issuer;
    use crate::world::{Clock, Medium, Message, Purpose};

    /// A stack with one pool, and that pool's id.
    fn stack() -> (Stack, String) {
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

    /// A control request from the machine itself: its status and JSON.
    async fn control(stack: &Stack, line: &str, body: &str) -> (u16, Value) {
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
    async fn browsers_may_ask_first() {
        let request = Request::options("/")
            .header("Origin", "https://app.example")
            .body(Body::empty());
        let (status, headers, body) = send(&stack().0, request.unwrap()).await;
        assert_eq!((status, body.as_str()), (200, ""));
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(
            headers["access-control-allow-headers"],
            "x-amz-target,x-amz-user-agent,content-type,authorization,cache-control,x-amz-date,x-amz-security-token"
        );
    }

    #[tokio::test]
    async fn long_bodies_are_refused() {
        let (status, ..) = send(&stack().0, call("ListUsers", &" ".repeat(CALL_BYTES + 1))).await;
        assert_eq!(status, 413);
    }

    #[tokio::test]
    async fn other_places_say_where_to_go() {
        for (request, expected) in [
            (Request::get("/"), 405),
            (Request::post("/oauth2/token"), 404),
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
        let (status, configuration) =
            get(format!("/{pool}/.well-known/openid-configuration")).await;
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
            let told = json!({ "message": "User pool us-east-1_none does not exist." });
            assert_eq!(answer, (404, told));
        }
    }

    /// A file takes the way that it takes on AWS.
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
            let (status, _, body) = send(&stack, request.body(Body::from("a,b")).unwrap()).await;
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
        let told = json!({
            "log_group": format!("/aws/cognito/userpools/{pool}/p"),
            "log_stream": format!("{id}/j"),
            "lines": [],
        });
        assert_eq!(log, (200, told));
        let (status, _) = control(&stack, &format!("GET imports/{pool}/import-other"), "").await;
        assert_eq!(status, 404);
    }

    #[tokio::test]
    async fn the_clock_is_read_and_moved() {
        let (stack, _) = stack();
        let now = |seconds| (200, json!({ "now": seconds }));
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
                json!({ "message": "The body is not as it should be, like {\"advance_seconds\": 3600}: unknown field `advance`, expected `advance_seconds` at line 1 column 10." })
            )
        );
        assert_eq!(stack.world().now().0, 1_800_003_600_500);
    }

    #[tokio::test]
    async fn faults_come_and_go() {
        let (stack, _) = stack();
        let fault = r#"{"on":{"operation":"ListUsers"},"when":{"first":1},"effect":{"exception":{"code":"InternalErrorException"}}}"#;
        let (status, listed) = control(&stack, "POST faults", fault).await;
        assert_eq!((status, &listed["faults"][0]["struck"]), (200, &json!(0)));
        assert_eq!(send(&stack, call("ListUsers", "{}")).await.0, 500);
        assert_eq!(send(&stack, call("ListUsers", "{}")).await.0, 400);
        let (_, listed) = control(&stack, "GET faults", "").await;
        let mut expected: Value = serde_json::from_str(fault).unwrap();
        expected["concerned"] = json!(2);
        expected["struck"] = json!(1);
        assert_eq!(listed, json!({ "faults": [expected] }));
        let (status, told) = control(
            &stack,
            "POST faults",
            r#"{"when":{"nth":0},"effect":"cut_after_effects"}"#,
        )
        .await;
        assert_eq!(
            (status, told),
            (
                400,
                json!({ "message": "`nth` counts from 1: give 1 for the first call." })
            )
        );
        let (status, told) = control(&stack, "POST faults", r#"{"effect":"explode"}"#).await;
        assert_eq!(status, 400);
        assert!(
            told["message"]
                .as_str()
                .unwrap()
                .contains("unknown variant `explode`, expected one of"),
            "{told}"
        );
        assert_eq!(
            control(&stack, "DELETE faults", "").await,
            (200, json!({ "faults": [] }))
        );
    }

    #[tokio::test]
    async fn triggers_are_mapped_while_it_runs() {
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
        // Nothing is mapped: the call tells what Cognito would, and this tells how to.
        let reply = stack.call(&Call::new("AdminCreateUser", ana));
        insta::assert_snapshot!(reply, @"400 UnexpectedLambdaException: PreSignUp invocation failed due to error ResourceNotFoundException.");
        let (_, told) = control(&stack, "GET triggers", "").await;
        insta::assert_snapshot!(told, @r#"{"functions":{},"invocations":[{"at":1800000000.0,"function":"arn:aws:lambda:us-east-1:123456789012:function:checks","source":"PreSignUp_AdminCreateUser","attempts":0,"outcome":"nothing is mapped to this function: start the emulator with --trigger checks=URL, or PUT /_emulator/triggers"}]}"#);

        let body = r#"{"function": "checks", "url": "http://localhost:9000"}"#;
        let (status, told) = control(&stack, "PUT triggers", body).await;
        let place = "http://localhost:9000/2015-03-31/functions/checks/invocations";
        assert_eq!((status, &told["functions"]["checks"]), (200, &json!(place)));
        // A reset forgets the invocations, and not where functions are.
        control(&stack, "POST reset", "").await;
        let (_, told) = control(&stack, "GET triggers", "").await;
        assert_eq!(told["functions"]["checks"], json!(place));
        assert_eq!(told["invocations"], json!([]));
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
            let (status, told) = control(&stack, line, body).await;
            assert_eq!(status, 400, "{told}");
        }
    }

    #[tokio::test]
    async fn the_throttle_is_set_while_it_runs() {
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
        let (status, told) = control(&stack, "PUT throttle", r#"{"throttle":"fast"}"#).await;
        assert_eq!(status, 400);
        assert!(
            told["message"]
                .as_str()
                .unwrap()
                .contains("`fast` is no throttle: give `aws`"),
            "{told}"
        );
    }

    #[tokio::test]
    async fn the_journal_tells_of_calls() {
        let (stack, pool) = stack();
        let input = json!({ "UserPoolId": pool, "Username": "ana", "Password": "S3cret", "Permanent": true });
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
                sent_at: stack.world().now(),
                user_pool_id: pool.clone(),
                username: name.to_owned(),
                destination: format!("{name}@example.com"),
                medium: Medium::Email,
                purpose: Purpose::SignUp,
                code: "123456".to_owned(),
                subject: "Your verification code".to_owned(),
                body: "Your verification code is 123456.".to_owned(),
            });
        }
        let (_, all) = control(&stack, "GET outbox", "").await;
        assert_eq!(all["messages"].as_array().unwrap().len(), 2);
        assert_eq!(
            all["messages"][0],
            json!({
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
            "username=ana&recipient=ana%40example.com",
        ] {
            let (_, found) = control(&stack, &format!("GET outbox?{query}"), "").await;
            assert_eq!(found["messages"], json!([all["messages"][0]]), "{query}");
        }
        let (_, none) = control(&stack, "GET outbox?pool=us-east-1_none", "").await;
        assert_eq!(none, json!({ "messages": [] }));
        let (status, told) = control(&stack, "GET outbox?user=ana", "").await;
        assert_eq!(status, 400);
        assert!(
            told["message"]
                .as_str()
                .unwrap()
                .contains("expected one of `recipient`, `username`, `pool`"),
            "{told}"
        );
        assert_eq!(
            control(&stack, "DELETE outbox", "").await,
            (200, json!({ "messages": [] }))
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
        // A name that an attacker points at this machine.
        assert_eq!(send(None, "evil.example:9229").await, (403, None));
    }

    #[tokio::test]
    async fn local_pages_may_ask_first() {
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

    /// Over a socket: what the client has read when the connection ends.
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
        // A reset is an end, too.
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
    async fn a_delay_holds_the_answer_back() {
        let (stack, _) = stack();
        stack
            .inject(serde_json::from_value(json!({ "effect": { "delay_ms": 90_000 } })).unwrap())
            .unwrap();
        let start = tokio::time::Instant::now();
        assert_eq!(send(&stack, call("ListUsers", "{}")).await.0, 400);
        assert_eq!(start.elapsed().as_secs(), 90);
    }
}
