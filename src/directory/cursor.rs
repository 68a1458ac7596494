//! Cursors of scans: the position of the next page, bound to what is listed.

use aws_lc_rs::digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{ToolError, ToolResult};

/// A position that is valid only for one listing. Opaque to callers.
#[derive(Serialize, Deserialize)]
struct Sealed<P> {
    /// The fingerprint of the listing.
    of: String,
    at: P,
}

/// A fingerprint of the arguments that all pages of a listing share.
pub(crate) fn fingerprint(listing: &Value) -> String {
    let digest = digest::digest(&digest::SHA256, listing.to_string().as_bytes());
    aws_smithy_types::base64::encode(&digest.as_ref()[..6])
}

/// The cursor for the position `at` in the listing `of`.
pub(crate) fn write(of: &str, at: &impl Serialize) -> String {
    let of = of.to_owned();
    let text = serde_json::to_string(&Sealed { of, at }).unwrap_or_default();
    aws_smithy_types::base64::encode(text)
}

/// The position in `cursor`. `tool` and `shared` name the tool, and the arguments that all
/// its pages share, in errors.
///
/// # Errors
/// If it is no cursor of the listing `of`.
pub(crate) fn read<P: DeserializeOwned>(
    cursor: &str,
    of: &str,
    tool: &str,
    shared: &str,
) -> ToolResult<P> {
    let sealed: Sealed<P> = aws_smithy_types::base64::decode(cursor)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .ok_or_else(|| ToolError::argument("/cursor", format!("is not a cursor of {tool}")))?;
    if sealed.of != of {
        let message = format!("belongs to a listing with another {shared}");
        return Err(ToolError::argument("/cursor", message));
    }
    Ok(sealed.at)
}
