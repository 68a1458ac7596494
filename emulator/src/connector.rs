//! Mount beneath the AWS SDK for Rust.
//!
//! The SDK keeps everything of its own: retries, timeouts, error parsing. Only
//! the socket is replaced.

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

use crate::stack::Stack;
use crate::wire::{Call, Cut, Reply, Service};

/// An HTTP client for the SDK's configuration whose requests all go to `stack`.
#[must_use]
pub fn sdk_http_client(stack: &Stack) -> SharedHttpClient {
    SharedHttpClient::new(Mount::new(stack))
}

/// A [`Stack`] as the SDK's HTTP client.
#[derive(Clone, Debug)]
pub struct Mount {
    stack: Stack,
    sleep: Option<SharedAsyncSleep>,
    read_timeout: Option<Duration>,
}

impl Mount {
    /// Mounts `stack`; the client that uses the mount lends it its sleep and
    /// its read timeout.
    #[must_use]
    pub fn new(stack: &Stack) -> Self {
        Self {
            stack: stack.clone(),
            sleep: None,
            read_timeout: None,
        }
    }

    fn reply(&self, request: &HttpRequest) -> Result<Reply, ConnectorError> {
        let body = request.body().bytes().ok_or_else(|| {
            ConnectorError::user("the emulator takes bodies in memory only".into())
        })?;
        let headers = request.headers();
        let scope = self.stack.scope().at_host(host(request.uri()));
        Ok(self.stack.call(&Call::from_http(
            headers.get("x-amz-target"),
            headers.get("authorization"),
            body,
            &scope,
        )))
    }

    /// The wait is the client's own sleep, so that a client with virtual time
    /// keeps it; a read timeout ends it, as it would over a socket.
    fn wait(&self, reply: Reply) -> HttpConnectorFuture {
        let Some(sleep) = self.sleep.clone() else {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(
                "a delayed answer needs the client's `sleep_impl`: configure one".into(),
            )));
        };
        let timeout = self.read_timeout.filter(|timeout| *timeout < reply.delay);
        HttpConnectorFuture::new(async move {
            sleep.sleep(timeout.unwrap_or(reply.delay)).await;
            match timeout {
                Some(_) => Err(ConnectorError::timeout(
                    "no answer within the read timeout".into(),
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
    /// Resolves at the first poll, unless a fault asked for a delay.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.reply(&request) {
            Ok(reply) if reply.delay > Duration::ZERO => self.wait(reply),
            Ok(reply) => HttpConnectorFuture::ready(response(&reply)),
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
    let status = reply
        .status
        .try_into()
        .map_err(|error| ConnectorError::user(Box::new(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(reply.body.to_string()));
    for (name, value) in reply.headers() {
        response
            .headers_mut()
            .try_append(name, value)
            .map_err(|error| ConnectorError::user(Box::new(error)))?;
    }
    Ok(response)
}

/// The authority of a URI, port included.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
