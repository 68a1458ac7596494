//! HTTP client of the AWS SDK for Rust that sends its requests to the emulator: calls of
//! operations, and requests to the endpoints of domains.
//!
//! The SDK's retries, timeouts and error parsing work as usual. Only the socket
//! is replaced.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use crate::domain;
use crate::stack::Stack;
use crate::wire::{Call, Cut, Reply, Service, web};

/// An HTTP client for the SDK's configuration that sends every request to
/// `stack`.
#[must_use]
pub fn sdk_http_client(stack: &Stack) -> SharedHttpClient {
    SharedHttpClient::new(Mount::new(stack))
}

/// The header that marks a request as a look-up: a read that a program needs for itself, beside
/// the call that its caller wanted. The journal shows the mark.
pub const LOOKUP: &str = "x-cognito-emulator-lookup";

/// A [`Stack`] as the SDK's HTTP client.
#[derive(Clone, Debug)]
pub struct Mount {
    stack: Stack,
    sleep: Option<SharedAsyncSleep>,
    read_timeout: Option<Duration>,
}

impl Mount {
    /// Mounts `stack`. The client that uses the mount sets the sleep implementation and
    /// the read timeout.
    #[must_use]
    pub fn new(stack: &Stack) -> Self {
        Self {
            stack: stack.clone(),
            sleep: None,
            read_timeout: None,
        }
    }

    fn read(&self, request: &HttpRequest) -> Result<Call, ConnectorError> {
        let body = request.body().bytes().ok_or_else(|| {
            ConnectorError::user("the emulator accepts only bodies in memory".into())
        })?;
        let headers = request.headers();
        let scope = self.stack.scope().at_host(host(request.uri()));
        if !headers.contains_key("x-amz-target") && domain::is_endpoint(path(request.uri())) {
            return Ok(domain::call(page_request(request, body), &scope));
        }
        let call = Call::from_http(
            headers.get("x-amz-target"),
            headers.get("authorization"),
            headers.contains_key("x-amz-date") || headers.contains_key("date"),
            Bytes::copy_from_slice(body),
            &scope,
        );
        Ok(Call {
            is_lookup: headers.contains_key(LOOKUP),
            ..call.of_invocation(headers.get("amz-sdk-invocation-id"))
        })
    }

    /// Runs a call on a separate thread, because the call may wait for a trigger that
    /// this thread has to serve.
    fn call_apart(&self, call: Call) -> HttpConnectorFuture {
        let mount = self.clone();
        let (answer, answered) = tokio::sync::oneshot::channel();
        std::thread::spawn({
            let stack = self.stack.clone();
            // The reply to a cancelled call has no receiver.
            move || {
                let reply = stack.call(&call);
                drop(answer.send(as_page(&call, reply)));
            }
        });
        HttpConnectorFuture::new(async move {
            match answered.await {
                Ok(reply) => mount.answer(reply).await,
                Err(_) => Err(ConnectorError::other("the call panicked".into(), None)),
            }
        })
    }

    fn answer(&self, reply: Reply) -> HttpConnectorFuture {
        if reply.delay > Duration::ZERO {
            self.wait(reply)
        } else {
            HttpConnectorFuture::ready(response(&reply))
        }
    }

    /// Waits with the client's sleep implementation, so that a client with virtual time
    /// works too. A read timeout ends the wait, as it would with a socket.
    fn wait(&self, reply: Reply) -> HttpConnectorFuture {
        let Some(sleep) = self.sleep.clone() else {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(
                "a delayed response needs the client's `sleep_impl`: configure one".into(),
            )));
        };
        let timeout = self.read_timeout.filter(|timeout| *timeout < reply.delay);
        HttpConnectorFuture::new(async move {
            sleep.sleep(timeout.unwrap_or(reply.delay)).await;
            match timeout {
                Some(_) => Err(ConnectorError::timeout(
                    "no response within the read timeout".into(),
                )),
                None => response(&reply),
            }
        })
    }
}

impl HttpClient for Mount {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Self {
            stack: self.stack.clone(),
            sleep: components.sleep_impl(),
            read_timeout: settings.read_timeout(),
        })
    }
}

impl HttpConnector for Mount {
    /// Resolves at the first poll, unless a fault delays the response or a
    /// trigger runs outside the process.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.read(&request) {
            Ok(call) if self.stack.world().functions.wait() => self.call_apart(call),
            Ok(call) => {
                let reply = self.stack.call(&call);
                self.answer(as_page(&call, reply))
            }
            Err(error) => HttpConnectorFuture::ready(Err(error)),
        }
    }
}

fn response(reply: &Reply) -> Result<HttpResponse, ConnectorError> {
    if let Some(cut) = reply.cut {
        return Err(ConnectorError::io(match cut {
            Cut::BeforeEffects => "connection cut before the operation took effect".into(),
            Cut::AfterEffects => "connection cut after the operation took effect".into(),
        }));
    }
    if let Some(page) = &reply.web {
        return page_response(page);
    }
    let status = reply
        .status
        .try_into()
        .map_err(|error| ConnectorError::user(Box::new(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(reply.body.text()));
    for (name, value) in reply.headers() {
        response
            .headers_mut()
            .try_append(name, value)
            .map_err(|error| ConnectorError::user(Box::new(error)))?;
    }
    Ok(response)
}

/// The reply to a request for an endpoint always has a page: that of the layer which refused the
/// request, if the endpoint did not run.
fn as_page(call: &Call, mut reply: Reply) -> Reply {
    if let (Some(request), None) = (&call.web, &reply.web) {
        reply.web = Some(Box::new(domain::refused(request, &reply)));
    }
    reply
}

/// The request for an endpoint of a domain. Programs send no cookies.
fn page_request(request: &HttpRequest, body: &[u8]) -> web::Request {
    let uri = request.uri();
    let (target, query) = uri.split_once('?').unwrap_or((uri, ""));
    let authority = host(uri);
    let header = |name: &str| request.headers().get(name).map(ToOwned::to_owned);
    let scheme = target
        .split_once("://")
        .map_or("https", |(scheme, _)| scheme);
    web::Request {
        base: format!("{scheme}://{authority}"),
        host: authority
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase(),
        path: path(uri).to_owned(),
        query: query.to_owned(),
        content_type: header("content-type"),
        authorization: header("authorization"),
        body: Bytes::copy_from_slice(body),
        ..web::Request::new(request.method(), "/")
    }
}

fn page_response(page: &web::Response) -> Result<HttpResponse, ConnectorError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
    let status = page.status.try_into();
    let status = status.map_err(|error| failed(Box::new(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(page.body.to_vec()));
    for (name, value) in &page.headers {
        let added = response.headers_mut().try_append(*name, value.clone());
        added.map_err(|error| failed(Box::new(error)))?;
    }
    Ok(response)
}

/// The path of a URI.
fn path(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let rest = rest.find('/').map_or("/", |start| &rest[start..]);
    rest.split('?').next().unwrap_or_default()
}

/// The authority of a URI, port included.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_smithy_async::rt::sleep::Sleep;
    use parking_lot::Mutex;

    use super::*;
    use crate::layers::faults::{Fault, FaultEffect, Target, When};

    fn request(uri: &str, operation: &str, authorization: Option<&'static str>) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from("{}"));
        request.set_uri(uri).unwrap();
        request.set_method("POST").unwrap();
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        request.headers_mut().insert("X-Amz-Target", target);
        if let Some(authorization) = authorization {
            request.headers_mut().insert("Authorization", authorization);
        }
        request
    }

    #[tokio::test]
    async fn a_raw_request_is_answered_with_cognitos_headers() {
        let mount = Mount::new(&Stack::builder().build());
        let uri = "https://cognito-idp.us-east-1.amazonaws.com/";
        let response = mount
            .call(request(uri, "NoSuchOperation", None))
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), 400);
        let body = br#"{"__type":"UnknownOperationException"}"#;
        assert_eq!(response.body().bytes(), Some(&body[..]));
        let code = response.headers().get("x-amzn-errortype");
        assert_eq!(code, Some("UnknownOperationException:"));
        assert_eq!(
            response.headers().get("x-amzn-requestid").map(str::len),
            Some(36)
        );
    }

    /// A sleep that ends at once and records its duration.
    #[derive(Clone, Debug, Default)]
    struct Slept(Arc<Mutex<Vec<Duration>>>);

    impl AsyncSleep for Slept {
        fn sleep(&self, duration: Duration) -> Sleep {
            self.0.lock().push(duration);
            Sleep::new(std::future::ready(()))
        }
    }

    fn with_fault(effect: FaultEffect, read_timeout: Option<Duration>) -> (Mount, Slept) {
        let stack = Stack::builder().build();
        let fault = Fault {
            on: Target::Any,
            when: When::Always,
            effect,
        };
        stack.inject(fault).unwrap();
        let slept = Slept::default();
        let sleep = Some(SharedAsyncSleep::new(slept.clone()));
        (
            Mount {
                sleep,
                read_timeout,
                ..Mount::new(&stack)
            },
            slept,
        )
    }

    async fn sign_up(mount: &Mount) -> Result<HttpResponse, ConnectorError> {
        mount
            .call(request(
                "https://cognito-idp.us-east-1.amazonaws.com/",
                "SignUp",
                None,
            ))
            .await
    }

    #[tokio::test]
    async fn a_delay_uses_the_sleep_of_the_client() {
        let delay = Duration::from_secs(5);
        let (mount, slept) = with_fault(FaultEffect::Delay(delay), None);
        assert_eq!(sign_up(&mount).await.unwrap().status().as_u16(), 400);
        assert_eq!(*slept.0.lock(), [delay]);
        let without = Mount {
            sleep: None,
            ..mount
        };
        assert!(sign_up(&without).await.unwrap_err().is_user());
    }

    #[tokio::test]
    async fn a_delay_ends_at_the_read_timeout() {
        let timeout = Duration::from_secs(2);
        let (mount, slept) = with_fault(FaultEffect::Delay(Duration::from_secs(5)), Some(timeout));
        assert!(sign_up(&mount).await.unwrap_err().is_timeout());
        assert_eq!(*slept.0.lock(), [timeout]);
    }

    #[tokio::test]
    async fn a_cut_is_an_io_error() {
        for effect in [FaultEffect::CutBeforeEffects, FaultEffect::CutAfterEffects] {
            let (mount, _) = with_fault(effect, None);
            assert!(sign_up(&mount).await.unwrap_err().is_io());
        }
    }

    /// An unsigned call shows its Region only in the host.
    #[tokio::test]
    async fn an_unsigned_call_has_the_region_of_its_host() {
        let stack = Stack::builder().build();
        let mount = Mount::new(&stack);
        for uri in [
            "https://cognito-idp.eu-west-1.amazonaws.com/",
            "http://localhost:9229/",
        ] {
            mount.call(request(uri, "SignUp", None)).await.unwrap();
        }
        let regions: Vec<_> = stack
            .journal()
            .into_iter()
            .map(|entry| entry.region.clone())
            .collect();
        assert_eq!(regions, ["eu-west-1", "us-east-1"]);
    }

    #[test]
    fn hosts_are_read_from_uris() {
        assert_eq!(
            host("https://cognito-idp.eu-west-1.amazonaws.com/"),
            "cognito-idp.eu-west-1.amazonaws.com"
        );
        assert_eq!(host("http://localhost:9229"), "localhost:9229");
        assert_eq!(host("/"), "");
    }
}
