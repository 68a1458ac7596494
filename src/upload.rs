//! Uploads of files to the URLs that Cognito signs: the one thing that is sent to
//! somebody else.

use std::convert::Infallible;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::context::Cx;
use crate::error::{Result, ToolError};

/// How long an upload may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The header that the URL's signature covers.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html>
pub(crate) const ENCRYPTION: (&str, &str) = ("x-amz-server-side-encryption", "aws:kms");

impl Cx {
    /// Puts `file` at `url`, which is never told.
    pub(crate) async fn upload(&self, url: &str, file: String) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(ToolError::new("Cancelled", "The call was cancelled"));
        }
        let Ok(emulator) = self.emulator() else {
            return put(url, file).await;
        };
        let uploaded = emulator.stack().upload(url, file);
        uploaded.map_err(|refused| not_uploaded(&refused.to_string()))
    }
}

async fn put(url: &str, file: String) -> Result<()> {
    // The endpoint's own path would be put before the request's.
    let authority = url.find("://").map_or(0, |at| at + 3);
    let path = url[authority..]
        .find('/')
        .map_or(url.len(), |at| authority + at);
    let (endpoint, path) = url.split_at(path);
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    let http = aws_smithy_http_client::Builder::new().tls_provider(tls);
    let put = Operation::builder()
        .service_name("s3")
        .operation_name("PutObject")
        .http_client(http.build_https())
        .endpoint_url(endpoint)
        .no_auth()
        .no_retry()
        .sleep_impl(TokioSleep::new())
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
        .serializer(|(path, file): (String, String)| {
            let mut request = HttpRequest::new(SdkBody::from(file));
            request.set_method("PUT")?;
            request.set_uri(path)?;
            request
                .headers_mut()
                .try_insert(ENCRYPTION.0, ENCRYPTION.1)?;
            Ok(request)
        })
        .deserializer(|response| Ok::<_, OrchestratorError<Infallible>>(response.status().as_u16()))
        .build();
    match put.invoke((path.to_owned(), file)).await {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(not_uploaded(&format!("HTTP status {status}"))),
        // What went wrong may name the URL, which is a secret.
        Err(_) => Err(not_uploaded("no answer")),
    }
}

fn not_uploaded(why: &str) -> Box<ToolError> {
    ToolError::new(
        "FileNotUploaded",
        format!("The file was not uploaded: {why}"),
    )
}
