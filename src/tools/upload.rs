//! Uploads of files to Amazon S3, at the URLs that Cognito signs.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;

use crate::call::context::Cx;
use crate::cognito::web::Web;
use crate::error::{ToolError, ToolResult};
use crate::ids::UploadUrl;

/// Time limit for an upload.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The header that is part of the URL's signature.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html>
pub(crate) const ENCRYPTION: (&str, &str) = ("x-amz-server-side-encryption", "aws:kms");

impl Cx {
    /// Uploads `file` to `url`. Cognito returned the URL, and answers do not contain
    /// it.
    pub(crate) async fn upload(&self, url: &str, file: String) -> ToolResult<()> {
        if self.cancel.is_cancelled() {
            return Err(ToolError::new("Cancelled", "The call was cancelled"));
        }
        let Ok(emulator) = self.emulator() else {
            let url = UploadUrl::parse(url, self.issuers().endpoint());
            let url = url.ok_or_else(|| {
                not_uploaded("Cognito's upload URL is neither S3's nor the configured endpoint's")
            })?;
            return put(self.web(), &url, file).await;
        };
        let uploaded = emulator.stack().upload(url, file);
        uploaded.map_err(|refused| not_uploaded(&refused.to_string()))
    }
}

async fn put(web: &Web, url: &UploadUrl, file: String) -> ToolResult<()> {
    let put = Request::put(url.as_str())
        .header(ENCRYPTION.0, ENCRYPTION.1)
        .body(Bytes::from(file))
        .map_err(|_| not_uploaded("Cognito returned no upload URL"))?;
    match web.send(put, TIMEOUT).await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(not_uploaded(&format!(
            "HTTP status {}",
            answer.status().as_u16()
        ))),
        // The error may contain the URL, which is a secret.
        Err(_) => Err(not_uploaded("no response")),
    }
}

fn not_uploaded(why: &str) -> Box<ToolError> {
    ToolError::new(
        "FileNotUploaded",
        format!("The file was not uploaded: {why}"),
    )
}
