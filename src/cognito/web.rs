//! HTTP requests outside of the AWS SDK: key sets, checks of access tokens, uploads
//! and spans. They use the HTTP client of the SDK: its TLS, the machine's root
//! certificates, and the proxies of the environment.
//!
//! Redirects are not followed.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{ConnectorBuilder, tls};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use axum::body::Bytes;
use axum::http::{Request, Response, StatusCode};

use crate::ids;

/// A client and its connections; clones share them. The default one uses the proxies of the
/// environment, except for this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Web(Arc<Clients>);

/// Clients. Each is created when it is first needed, because that reads the root
/// certificates.
#[derive(Debug, Default)]
struct Clients {
    /// The client for all requests, if one is given.
    given: Option<SharedHttpClient>,
    /// For requests through the proxies of the environment.
    proxied: OnceLock<SharedHttpClient>,
    /// For requests to this machine, without a proxy.
    direct: OnceLock<SharedHttpClient>,
}

impl Web {
    /// A client that sends requests with `http`, as the SDK's client does.
    pub(crate) fn over(http: SharedHttpClient) -> Self {
        Self(Arc::new(Clients {
            given: Some(http),
            ..Clients::default()
        }))
    }

    /// The client for requests to `host`.
    fn client(&self, host: &str) -> SharedHttpClient {
        let clients = &*self.0;
        let client = clients.given.as_ref().unwrap_or_else(|| {
            if ids::is_loopback(host) {
                let made = || http_client(ProxyConfig::disabled());
                clients.direct.get_or_init(made)
            } else {
                let made = || http_client(ProxyConfig::from_env());
                clients.proxied.get_or_init(made)
            }
        });
        client.clone()
    }

    /// Sends `request`, whose address is absolute, and waits for the whole response,
    /// for `timeout` at most. The response's headers are left out.
    ///
    /// # Errors
    /// If no response arrived.
    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, BoxError> {
        let uri = request.uri();
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("the address is not absolute".into());
        };
        let http = self.client(authority.host());
        let base = format!("{scheme}://{authority}");
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = path.to_owned();
        let sending = Operation::builder()
            .service_name("web")
            .operation_name("send")
            .http_client(http)
            .endpoint_url(&base)
            .no_auth()
            .no_retry()
            .sleep_impl(TokioSleep::new())
            .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build())
            .serializer(move |request: Request<Bytes>| {
                let mut request = HttpRequest::try_from(request.map(SdkBody::from))?;
                // Scheme and authority are in the endpoint.
                request.set_uri(path.as_str())?;
                Ok(request)
            })
            .deserializer::<_, Infallible>(
                |response: &HttpResponse| -> Result<Response<Bytes>, OrchestratorError<_>> {
                    let body = response.body().bytes().unwrap_or_default();
                    let mut read = Response::new(Bytes::copy_from_slice(body));
                    *read.status_mut() = StatusCode::from_u16(response.status().as_u16())
                        .map_err(OrchestratorError::other)?;
                    Ok(read)
                },
            )
            .build();
        sending.invoke(request).await.map_err(Into::into)
    }
}

/// A client with the TLS of the SDK.
pub(crate) fn http_client(proxies: ProxyConfig) -> SharedHttpClient {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default()
            .tls_provider(tls.clone())
            .proxy_config(proxies.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}
