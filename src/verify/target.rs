//! The target of a run: the emulator, another server, or Cognito.
//!
//! Requests do not use the typed SDK, which cannot send malformed requests. They are
//! written here, signed if the operation is signed, and sent by the SDK's HTTP client,
//! or to the emulator in this process.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error as _;
use std::fmt;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_sdk_cognitoidentityprovider::config::{
    Credentials, ProvideCredentials, SharedCredentialsProvider,
};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::{AsyncSleep, TokioSleep};
use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use aws_smithy_http_client::tls;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use cognito_emulator::connector::sdk_http_client;
use cognito_emulator::domain;
use cognito_emulator::model::Model;
use cognito_emulator::quotas::QUOTAS;
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::wire::{CONTENT_TYPE, Service, TARGET_PREFIX};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::answer::Answer;
use super::corpus::{Case, Raw};
use super::functions;
use super::web;
use crate::ids::{self, Endpoint, Region};

/// Time limit for a response. Cognito waits for a Lambda trigger for up to 15 seconds.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The maximum number of attempts if a call is throttled or its response is lost.
const ATTEMPTS: u32 = 7;

/// The number of times that a request to a domain of AWS without a response is repeated, every
/// ten seconds.
const DOMAIN_ATTEMPTS: u32 = 12;

/// The longest advance of the clock, in seconds, that a run waits for if the clock cannot
/// be moved.
const LONGEST_WAIT: u64 = 35;

const OUTBOX: &str = "an outbox that can be read";
const CLOCK: &str = "a clock that can be moved";

/// A server of the `cognito-idp` API.
pub struct Target {
    name: String,
    operation: Operation<Outgoing, Answer, Infallible>,
    http: SharedHttpClient,
    url: String,
    region: String,
    credentials: SharedCredentialsProvider,
    controls: Controls,
    pace: Option<Mutex<Pace>>,
}

/// The controls of clock and outbox, if the target has any.
enum Controls {
    None,
    Stack(Stack),
    Http,
}

/// The time at which the quotas allow the next call, by operation.
#[derive(Default)]
struct Pace(BTreeMap<String, SystemTime>);

/// A request, ready to be sent.
#[derive(Debug)]
struct Outgoing {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Why a step could not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The target lacks what the step needs.
    Lacks(String),
    /// No response arrived.
    NoAnswer(String),
}

impl Target {
    /// The emulator in this process, with the functions that the corpus names.
    #[must_use]
    pub fn in_process(stack: &Stack) -> Self {
        functions::bring_functions(stack);
        Self::new(
            "the emulator in process",
            sdk_http_client(stack),
            "http://in-process".to_owned(),
            &stack.scope().region,
            Controls::Stack(stack.clone()),
        )
    }

    /// The server at `url`. If it is this project's emulator, its controls are used.
    pub async fn at(url: &str, region: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let name = url.clone();
        let mut target = Self::new(&name, http_client(), url, region, Controls::None);
        let health = target.get("/_emulator/health").await;
        if health.is_ok_and(|health| health.status == 200 && health.body()["status"] == "ok") {
            target.controls = Controls::Http;
        }
        target
    }

    /// Amazon Cognito, with the credentials and the Region of `sdk`.
    #[must_use]
    pub fn aws(sdk: &SdkConfig) -> Self {
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        // The Region was checked when it was found.
        let url = Region::parse(&region);
        let url = url.map_or_else(String::new, |it| Endpoint::of_cognito(&it).to_string());
        let name = format!("Amazon Cognito in {region}");
        let mut target = Self::new(&name, http_client(), url, &region, Controls::None);
        if let Some(credentials) = sdk.credentials_provider() {
            target.credentials = credentials;
        }
        target.pace = Some(Mutex::default());
        target
    }

    fn new(
        name: &str,
        http: SharedHttpClient,
        url: String,
        region: &str,
        controls: Controls,
    ) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "verify");
        Self {
            name: name.to_owned(),
            operation: operation(http.clone(), &url),
            http,
            url,
            region: region.to_owned(),
            credentials: SharedCredentialsProvider::new(credentials),
            controls,
            pace: None,
        }
    }

    /// A description for reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Region that requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Whether it is Amazon Cognito.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        self.pace.is_some()
    }

    pub(super) fn is_in_process(&self) -> bool {
        matches!(self.controls, Controls::Stack(_))
    }

    /// Calls an operation. The request is signed if the operation requires it.
    pub(super) async fn call(&self, operation: &str, input: &Value) -> Result<Answer, Trouble> {
        let signed = Model::get()
            .operation(operation)
            .is_none_or(|operation| operation.signed);
        let raw = Raw {
            method: "POST".to_owned(),
            target: Some(format!("{TARGET_PREFIX}{operation}")),
            body: input.to_string(),
            signed,
            headers: BTreeMap::new(),
        };
        let mut wait = Duration::from_millis(500);
        for _ in 1..ATTEMPTS {
            self.keep_pace(operation).await;
            match self.send(&raw).await {
                Ok(answer) if answer.code().as_deref() != Some("TooManyRequestsException") => {
                    return Ok(answer);
                }
                // The call may have been executed. Responses are only lost on AWS, so only calls to
                // AWS are repeated.
                Err(trouble) if !self.is_aws() => return Err(trouble),
                Ok(_) | Err(_) => {}
            }
            pause(wait).await;
            wait *= 2;
        }
        self.send(&raw).await
    }

    /// Sends a request as it is.
    pub(super) async fn send(&self, raw: &Raw) -> Result<Answer, Trouble> {
        if raw.method != "POST" && matches!(self.controls, Controls::Stack(_)) {
            return Err(Trouble::Lacks("HTTP".to_owned()));
        }
        let mut headers = raw.headers.clone();
        headers
            .entry("content-type".to_owned())
            .or_insert_with(|| CONTENT_TYPE.to_owned());
        if let Some(target) = &raw.target {
            headers.insert("x-amz-target".to_owned(), target.clone());
        }
        let mut outgoing = Outgoing {
            method: raw.method.clone(),
            path: "/".to_owned(),
            headers,
            body: raw.body.clone(),
        };
        if raw.signed {
            self.sign(&mut outgoing).await?;
        }
        self.exchange(outgoing).await
    }

    /// Fetches a page.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, Trouble> {
        if let Controls::Stack(stack) = &self.controls {
            let pool = path.trim_start_matches('/').split('/').next();
            let jwks = pool
                .filter(|_| path.ends_with("/.well-known/jwks.json"))
                .and_then(|pool| stack.jwks(pool));
            let jwks = jwks.ok_or_else(|| Trouble::Lacks("HTTP".to_owned()))?;
            return Ok(Answer {
                status: 200,
                text: jwks.to_string(),
                ..Answer::default()
            });
        }
        self.exchange(Outgoing {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: String::new(),
        })
        .await
    }

    /// Sends a request to a domain. A new domain of AWS is reachable after about a minute.
    pub(super) async fn web(&self, request: &web::Request) -> Result<Answer, Trouble> {
        if let Controls::Stack(stack) = &self.controls {
            return Ok(in_process(stack, request));
        }
        let outgoing = || Outgoing {
            method: request.method().to_owned(),
            path: request.target(),
            headers: request.headers(),
            body: request.body(),
        };
        if !self.is_aws() {
            let answer = self.exchange(outgoing()).await?;
            return Ok(web::described(answer, &self.url));
        }
        let url = format!(
            "https://{}.auth.{}.amazoncognito.com",
            request.domain, self.region
        );
        let operation = operation(self.http.clone(), &url);
        let mut answer = invoke(&operation, outgoing()).await;
        for _ in 0..DOMAIN_ATTEMPTS {
            if answer.is_ok() {
                break;
            }
            pause(Duration::from_secs(10)).await;
            answer = invoke(&operation, outgoing()).await;
        }
        Ok(web::described(answer?, &url))
    }

    async fn exchange(&self, outgoing: Outgoing) -> Result<Answer, Trouble> {
        invoke(&self.operation, outgoing).await
    }

    async fn sign(&self, outgoing: &mut Outgoing) -> Result<(), Trouble> {
        let failed = |error: &dyn fmt::Display| Trouble::NoAnswer(format!("cannot sign: {error}"));
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.map_err(|error| failed(&error))?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("cognito-idp")
            .time(SystemTimeSource::new().now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(&error))?
            .into();
        let signable = SignableRequest::new(
            &outgoing.method,
            format!("{}{}", self.url, outgoing.path),
            outgoing
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::Bytes(outgoing.body.as_bytes()),
        )
        .map_err(|error| failed(&error))?;
        let (instructions, _) = sign(signable, &parameters)
            .map_err(|error| failed(&error))?
            .into_parts();
        for (name, value) in instructions.headers() {
            outgoing.headers.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }

    /// Keeps calls to AWS at half of the quotas, so that the account's own users are not
    /// throttled. Other targets need no pacing.
    async fn keep_pace(&self, operation: &str) {
        let Some(pace) = &self.pace else {
            return;
        };
        let quota = QUOTAS
            .iter()
            .find(|quota| quota.operations.contains(&operation));
        let rate = quota.map_or(5, |quota| quota.rate_per_pool.unwrap_or(quota.rate));
        let now = SystemTimeSource::new().now();
        let wait = {
            let mut pace = pace.lock();
            let free = pace.0.entry(operation.to_owned()).or_insert(UNIX_EPOCH);
            let start = now.max(*free);
            *free = start + Duration::from_secs(2) / rate.max(1);
            start.duration_since(now).unwrap_or_default()
        };
        pause(wait).await;
    }

    /// The requirement of `case` that this target lacks. Such a case is not begun, so that
    /// no message is sent for it.
    pub(super) fn lacks(&self, case: &Case) -> Option<String> {
        if !matches!(self.controls, Controls::None) {
            None
        } else if case.reads_codes() {
            Some(OUTBOX.to_owned())
        } else if case.longest_advance() > LONGEST_WAIT {
            Some(CLOCK.to_owned())
        } else {
            None
        }
    }

    /// The target's time.
    pub(super) async fn now(&self) -> Result<SystemTime, Trouble> {
        match &self.controls {
            Controls::None => Ok(SystemTimeSource::new().now()),
            Controls::Stack(stack) => Ok(since_epoch(stack.world().now().0)),
            Controls::Http => {
                let clock = self.get("/_emulator/clock").await?.body();
                let seconds = clock["now"].as_f64().unwrap_or_default();
                Ok(UNIX_EPOCH + Duration::try_from_secs_f64(seconds).unwrap_or_default())
            }
        }
    }

    /// Advances the time by `seconds`.
    pub(super) async fn advance(&self, seconds: u64) -> Result<(), Trouble> {
        match &self.controls {
            Controls::None if seconds <= LONGEST_WAIT => pause(Duration::from_secs(seconds)).await,
            Controls::None => return Err(Trouble::Lacks(CLOCK.to_owned())),
            Controls::Stack(stack) => stack.advance(Duration::from_secs(seconds)),
            Controls::Http => {
                let body = json!({ "advance_seconds": seconds }).to_string();
                self.control("POST", "/_emulator/clock", body).await?;
            }
        }
        Ok(())
    }

    /// The messages that a pool has sent, oldest first.
    pub(super) async fn outbox(&self, pool: &str) -> Result<Vec<Value>, Trouble> {
        match &self.controls {
            Controls::None => Err(Trouble::Lacks(OUTBOX.to_owned())),
            Controls::Stack(stack) => {
                let filter = OutboxFilter {
                    pool: Some(pool.to_owned()),
                    ..OutboxFilter::default()
                };
                let messages = stack.outbox(&filter);
                Ok(messages.iter().map(|message| json!(message)).collect())
            }
            Controls::Http => {
                let answer = self
                    .get(&format!("/_emulator/outbox?pool={}", ids::segment(pool)))
                    .await?;
                let body = answer.body();
                let mut messages = body["messages"].as_array().cloned().unwrap_or_default();
                // The control has the newest first.
                messages.reverse();
                Ok(messages)
            }
        }
    }

    async fn control(&self, method: &str, path: &str, body: String) -> Result<Answer, Trouble> {
        self.exchange(Outgoing {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
            body,
        })
        .await
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.name).finish()
    }
}

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::AwsLc,
        ))
        .build_https()
}

fn since_epoch(milliseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}

async fn pause(duration: Duration) {
    if !duration.is_zero() {
        TokioSleep::new().sleep(duration).await;
    }
}

/// A sender of requests to `url`.
fn operation(http: SharedHttpClient, url: &str) -> Operation<Outgoing, Answer, Infallible> {
    Operation::builder()
        .service_name("cognito-idp")
        .operation_name("raw")
        .http_client(http)
        .endpoint_url(url)
        .no_auth()
        .no_retry()
        .sleep_impl(TokioSleep::new())
        .timeout_config(TimeoutConfig::builder().operation_timeout(TIMEOUT).build())
        .serializer(|outgoing: Outgoing| {
            let mut request = HttpRequest::new(SdkBody::from(outgoing.body));
            request.set_method(&outgoing.method)?;
            request.set_uri(outgoing.path)?;
            for (name, value) in outgoing.headers {
                request.headers_mut().try_insert(name, value)?;
            }
            Ok(request)
        })
        .deserializer(|response| {
            let headers = response.headers().iter();
            let cookies = response.headers().get_all("set-cookie");
            Ok::<_, OrchestratorError<Infallible>>(Answer {
                status: response.status().as_u16(),
                cookies: cookies.map(ToOwned::to_owned).collect(),
                headers: headers
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                text: String::from_utf8_lossy(response.body().bytes().unwrap_or_default())
                    .into_owned(),
            })
        })
        .build()
}

async fn invoke(
    operation: &Operation<Outgoing, Answer, Infallible>,
    outgoing: Outgoing,
) -> Result<Answer, Trouble> {
    operation.invoke(outgoing).await.map_err(|error| {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            reason = format!("{reason}: {error}");
            source = error.source();
        }
        Trouble::NoAnswer(reason)
    })
}

/// Sends a request to the domain of a pool of the emulator in this process.
fn in_process(stack: &Stack, request: &web::Request) -> Answer {
    let target = request.target();
    let mut sent = cognito_emulator::wire::web::Request::new(request.method(), &target);
    let headers = request.headers();
    sent.content_type = headers.get("content-type").cloned();
    sent.authorization = headers.get("authorization").cloned();
    sent.cookies = request.cookies.clone().into_iter().collect();
    sent.body = request.body().into();
    let base = sent.base.clone();
    let call = domain::call(sent.clone(), stack.scope());
    let reply = stack.call(&call);
    let page = match reply.web {
        Some(page) => *page,
        None => domain::refused(&sent, &reply),
    };
    let cookies = page
        .headers
        .iter()
        .filter(|(name, _)| *name == "set-cookie");
    let answer = Answer {
        status: page.status,
        cookies: cookies.map(|(_, value)| value.to_string()).collect(),
        headers: page
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_string()))
            .collect(),
        text: String::from_utf8_lossy(&page.body).into_owned(),
    };
    web::described(answer, &base)
}
