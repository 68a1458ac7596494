//! Lambda functions that are invoked over HTTP: runtimes with Lambda's Invoke API, such
//! as SAM local, `LocalStack` and the Lambda Runtime Interface Emulator.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::fmt;
use std::io;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Response, Uri};

use crate::world::functions::{Failure, Function, name_of};

/// The time that Cognito waits for a function:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
const LIMIT: Duration = Duration::from_secs(5);

/// A function that is invoked over HTTP.
#[derive(Clone)]
pub struct Endpoint {
    url: String,
    agent: Agent,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.url).finish()
    }
}

/// An address that cannot be invoked, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadUrl(String);

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUrl {}

impl Endpoint {
    /// The function `name` at `url`. `name` is an ARN or the function's name. `url` is
    /// either the address of a runtime, to which the path of the function is added, or a
    /// complete address, which is used unchanged.
    ///
    /// # Errors
    ///
    /// `url` is not an HTTP URL.
    pub fn new(name: &str, url: &str) -> Result<Self, BadUrl> {
        let bad = |why: &str| {
            Err(BadUrl(format!(
                "`{url}` is not the address of a function: {why}, as in http://localhost:9000 or \
                 http://localhost:9000/2015-03-31/functions/function/invocations."
            )))
        };
        if name.is_empty() {
            return bad("name the function");
        }
        let Ok(uri) = url.parse::<Uri>() else {
            return bad("write a URL");
        };
        if uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty) {
            return bad("it has to begin with http:// and a host");
        }
        let url = match uri.path() {
            "" | "/" if uri.query().is_none() && !is_function_name(name_of(name)) => {
                return bad("the function's name has letters, digits, hyphens and underscores");
            }
            "" | "/" if uri.query().is_none() => format!(
                "{}/2015-03-31/functions/{}/invocations",
                url.trim_end_matches('/'),
                name_of(name)
            ),
            _ => url.to_owned(),
        };
        Ok(Self {
            url,
            agent: agent(LIMIT),
        })
    }

    /// Sets the time to wait for a response. Default: Cognito's five seconds.
    #[must_use]
    pub fn limit(self, limit: Duration) -> Self {
        Self {
            agent: agent(limit),
            ..self
        }
    }

    fn read(mut response: Response<ureq::Body>) -> Result<Value, Failure> {
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.split(':').next().unwrap_or(value).to_owned())
        };
        let status = response.status();
        let threw = header("x-amz-function-error").is_some();
        let exception = header("x-amzn-errortype");
        let body = response.body_mut().read_to_vec();
        let body = body.map_err(|error| failure(&error))?;
        if !status.is_success() {
            let known = match status.as_u16() {
                403 => "AccessDeniedException",
                404 => "ResourceNotFoundException",
                429 => "TooManyRequestsException",
                500.. => return Err(Failure::Unreachable(format!("status {status}"))),
                _ => "InvalidRequestContentException",
            };
            return Err(Failure::Refused(exception.unwrap_or(known.to_owned())));
        }
        let output: Result<Value, _> = serde_json::from_slice(&body);
        let said = output
            .as_ref()
            .ok()
            .and_then(|output| output.get("errorMessage"));
        // The Runtime Interface Emulator marks an error only by its member
        // `errorMessage`.
        if threw || said.is_some() {
            let said = said.and_then(Value::as_str).unwrap_or("Unhandled");
            return Err(Failure::Threw(said.to_owned()));
        }
        output.map_err(|_| Failure::NotJson)
    }
}

/// Whether `name` has the form of a function's name. The name becomes part of a path.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
fn is_function_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=140).contains(&name.len()) && name.bytes().all(fits)
}

/// An HTTP client without proxies and redirects, and without reuse of
/// connections: a restarted runtime has closed the old ones.
fn agent(limit: Duration) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .max_idle_connections(0)
        .build()
        .into()
}

fn failure(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::TimedOut,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Failure::TimedOut,
        other => Failure::Unreachable(other.to_string()),
    }
}

impl Function for Endpoint {
    fn invoke(&self, event: &Value) -> Result<Value, Failure> {
        let request = self.agent.post(&self.url);
        let request = request.header("content-type", "application/json");
        let response = request.send(event.to_string().as_bytes());
        Self::read(response.map_err(|error| failure(&error))?)
    }

    fn waits(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        self.url.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, OnceLock};

    use axum::Router;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, StatusCode, Uri};
    use axum::response::IntoResponse;
    use insta::assert_snapshot;
    use serde_json::json;
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;
    use crate::stack::Stack;
    use crate::testing::{Fixture, PASSWORD};
    use crate::wire::{Call, Service};
    use crate::world::functions::Functions;

    /// A Lambda runtime. The name of each function describes its behaviour.
    async fn runtime() -> (String, Arc<AtomicU32>) {
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        let handler = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let calls = Arc::clone(&counted);
            async move {
                calls.fetch_add(1, Ordering::Relaxed);
                assert_eq!(headers["content-type"], "application/json");
                let name = uri.path().strip_prefix("/2015-03-31/functions/").unwrap();
                let name = name.strip_suffix("/invocations").unwrap();
                let threw = [("x-amz-function-error", "Unhandled")];
                let error = r#"{"errorMessage":"not today","errorType":"Error"}"#;
                match name {
                    "echo" => body.into_response(),
                    "throws" => (threw, error).into_response(),
                    "throws-unmarked" => error.into_response(),
                    "throws-garbage" => (threw, "<html>").into_response(),
                    "garbage" => "<html>".into_response(),
                    "nothing" => "null".into_response(),
                    "silent" => "".into_response(),
                    "waits" => std::future::pending().await,
                    "busy" => StatusCode::TOO_MANY_REQUESTS.into_response(),
                    "sick" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                    "moved" => (
                        StatusCode::TEMPORARY_REDIRECT,
                        [("location", "/2015-03-31/functions/echo/invocations")],
                    )
                        .into_response(),
                    _ => (
                        StatusCode::NOT_FOUND,
                        [("x-amzn-errortype", "ResourceNotFoundException:http")],
                    )
                        .into_response(),
                }
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        (url, calls)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn responses_of_functions() {
        let (url, calls) = runtime().await;
        let transcript = tokio::task::spawn_blocking(move || {
            let mut transcript = String::new();
            for name in [
                "echo",
                "throws",
                "throws-unmarked",
                "throws-garbage",
                "garbage",
                "nothing",
                "silent",
                "waits",
                "busy",
                "sick",
                "moved",
                "unknown",
            ] {
                let mut fixture = Fixture::with_user("ana")
                    .and_trigger("PreAuthentication", |_| Err("replaced".to_owned()));
                let endpoint = Endpoint::new(name, &url)
                    .unwrap()
                    .limit(Duration::from_millis(200));
                let functions = &fixture.emulator().world().functions;
                functions.insert("PreAuthentication", endpoint);
                calls.store(0, Ordering::Relaxed);
                let answer = fixture.run(
                    r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#,
                );
                let tries = calls.load(Ordering::Relaxed);
                write!(transcript, "{name}, tried {tries} times: {answer}").unwrap();
            }
            transcript
        });
        assert_snapshot!(transcript.await.unwrap(), @r"
        echo, tried 1 times: {}
        throws, tried 1 times: 400 UserLambdaValidationException: PreAuthentication failed with error not today.
        throws-unmarked, tried 1 times: 400 UserLambdaValidationException: PreAuthentication failed with error not today.
        throws-garbage, tried 1 times: 400 UserLambdaValidationException: PreAuthentication failed with error Unhandled.
        garbage, tried 1 times: 400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
        nothing, tried 1 times: 400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
        silent, tried 1 times: 400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
        waits, tried 3 times: 400 UnexpectedLambdaException: PreAuthentication invocation failed due to error Socket timeout while invoking Lambda function.
        busy, tried 1 times: 400 UnexpectedLambdaException: PreAuthentication invocation failed due to error TooManyRequestsException.
        sick, tried 3 times: 400 UnexpectedLambdaException: PreAuthentication invocation failed due to error ServiceException.
        moved, tried 1 times: 400 UnexpectedLambdaException: PreAuthentication invocation failed due to error InvalidRequestContentException.
        unknown, tried 1 times: 400 UnexpectedLambdaException: PreAuthentication invocation failed due to error ResourceNotFoundException.
        ");
    }

    /// A pool whose `PreSignUp` runs at `url`, and the body of a sign-up.
    fn stack(url: &str) -> (Stack, Value) {
        let endpoint = Endpoint::new("welcome", url).unwrap();
        let stack = Stack::builder().trigger("welcome", endpoint).build();
        let must = |operation: &str, input: Value| {
            let reply = stack.call(&Call::new(operation, input));
            assert!(reply.is_ok(), "{reply}");
            reply.body
        };
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:welcome";
        let config = json!({ "PoolName": "p", "LambdaConfig": { "PreSignUp": arn } });
        let pool = must("CreateUserPool", config)["UserPool"]["Id"].clone();
        let client = json!({ "UserPoolId": pool, "ClientName": "c" });
        let client = must("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"].clone();
        let sign_up = json!({ "ClientId": client, "Username": "ana", "Password": PASSWORD });
        (stack, sign_up)
    }

    /// A function that looks up the user of a sign-up in the emulator, and confirms the
    /// sign-up if that user does not exist yet.
    async fn welcome(listener: TcpListener, known: Arc<OnceLock<Stack>>) {
        let handler = async move |body: Bytes| {
            let mut event: Value = serde_json::from_slice(&body).unwrap();
            let user = json!({ "UserPoolId": event["userPoolId"], "Username": event["userName"] });
            let stack = known.get().unwrap();
            let found = stack.call(&Call::new("AdminGetUser", user));
            event["response"]["autoConfirmUser"] = json!(!found.is_ok());
            event.to_string()
        };
        let router = Router::new().fallback(handler);
        axum::serve(listener, router).await.unwrap();
    }

    /// One thread serves the application, the emulator and the function, which
    /// calls the emulator.
    #[tokio::test]
    async fn one_thread_is_enough() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stack, sign_up) = stack(&url);
        let known = Arc::new(OnceLock::new());
        tokio::spawn(welcome(listener, Arc::clone(&known)));
        known.set(stack.clone()).ok().unwrap();

        let target = "AWSCognitoIdentityProviderService.SignUp";
        let request = axum::http::Request::post("/").header("x-amz-target", target);
        let request = request
            .body(axum::body::Body::from(sign_up.to_string()))
            .unwrap();
        let response = crate::http::router(stack.clone())
            .oneshot(request)
            .await
            .unwrap();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["UserConfirmed"], true, "{body}");

        #[cfg(feature = "connector")]
        {
            use aws_smithy_runtime_api::client::http::HttpConnector;
            use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

            let mut sign_up = sign_up;
            sign_up["Username"] = json!("bob");
            let mut request = HttpRequest::new(sign_up.to_string().into());
            request
                .set_uri("https://cognito-idp.us-east-1.amazonaws.com/")
                .unwrap();
            request.set_method("POST").unwrap();
            request.headers_mut().insert("x-amz-target", target);
            let response = crate::connector::Mount::new(&stack)
                .call(request)
                .await
                .unwrap();
            let body: Value = serde_json::from_slice(response.body().bytes().unwrap()).unwrap();
            assert_eq!(body["UserConfirmed"], true, "{body}");
        }
    }

    #[test]
    fn no_server_listens() {
        // A port that was bound and is closed again refuses connections.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let functions = Functions::default();
        functions.insert("away", Endpoint::new("away", &url).unwrap());
        let event = json!({"triggerSource": "PreSignUp_SignUp"});
        let answer = functions.invoke("away", &event, crate::world::Time(0));
        assert!(matches!(answer, Err(Failure::Unreachable(_))), "{answer:?}");
        let kept = &functions.log()[0];
        assert_eq!(kept.attempts, 3);
        assert!(kept.outcome.starts_with("no answer: "), "{}", kept.outcome);
    }

    #[test]
    fn addresses() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:checks";
        let at = |url: &str| Endpoint::new(arn, url).map(|endpoint| endpoint.place());
        let by_name = "http://localhost:4566/2015-03-31/functions/checks/invocations";
        assert_eq!(at("http://localhost:4566").as_deref(), Ok(by_name));
        assert_eq!(at("http://localhost:4566/").as_deref(), Ok(by_name));
        let whole = "http://[::1]:9000/2015-03-31/functions/function/invocations";
        assert_eq!(at(whole).as_deref(), Ok(whole));
        for bad in [
            "https://localhost",
            "localhost:9000",
            "http://",
            "",
            "http://a b",
            "/path",
        ] {
            assert!(at(bad).is_err(), "{bad}");
        }
        for name in [
            "", "../x", "a/b", "a?b", "a#b", "a b", "a%2fb", "\u{e4}", "a\n",
        ] {
            assert!(Endpoint::new(name, "http://localhost").is_err(), "{name}");
        }
        assert_snapshot!(at("https://localhost").unwrap_err(), @"`https://localhost` is not the address of a function: it has to begin with http:// and a host, as in http://localhost:9000 or http://localhost:9000/2015-03-31/functions/function/invocations.");
    }
}
