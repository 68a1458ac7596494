//! Plain HTTP requests of the server's own, over the HTTP client of the AWS SDK: its
//! TLS, its trust in the machine's root certificates, its settings for proxies.

use std::convert::Infallible;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use axum::body::Bytes;
use axum::http::{Request, Response, StatusCode};

/// A client, and its connections.
#[derive(Clone, Debug)]
pub(crate) struct Web(SharedHttpClient);

impl Web {
    pub(crate) fn new() -> Self {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let builder = aws_smithy_http_client::Builder::new();
        Self(builder.tls_provider(provider).build_https())
    }

    /// Sends `request`, whose address is absolute, and waits for the whole answer,
    /// for `patience` at most. The answer's headers are left out.
    ///
    /// # Errors
    /// Where there was no answer.
    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        patience: Duration,
    ) -> Result<Response<Bytes>, BoxError> {
        let uri = request.uri();
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(format!("{uri} is no absolute address").into());
        };
        let base = format!("{scheme}://{authority}");
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = path.to_owned();
        let sending = Operation::builder()
            .service_name("web")
            .operation_name("send")
            .http_client(self.0.clone())
            .endpoint_url(&base)
            .no_auth()
            .no_retry()
            .sleep_impl(TokioSleep::new())
            .timeout_config(TimeoutConfig::builder().operation_timeout(patience).build())
            .serializer(move |request: Request<Bytes>| {
                let mut request = HttpRequest::try_from(request.map(SdkBody::from))?;
                // The rest is the endpoint.
                request.set_uri(path.as_str())?;
                Ok(request)
            })
            .deserializer::<_, Infallible>(
                |answer: &HttpResponse| -> Result<Response<Bytes>, OrchestratorError<_>> {
                    let body = answer.body().bytes().unwrap_or_default();
                    let mut read = Response::new(Bytes::copy_from_slice(body));
                    *read.status_mut() = StatusCode::from_u16(answer.status().as_u16())
                        .map_err(OrchestratorError::other)?;
                    Ok(read)
                },
            )
            .build();
        sending.invoke(request).await.map_err(Into::into)
    }
}
