//! Responses of targets, as cases compare them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// A response.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    /// The values of all `Set-Cookie` headers.
    pub(super) cookies: Vec<String>,
    pub(super) text: String,
}

impl Answer {
    /// The body; null if it is not JSON.
    pub(super) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The exception's name, if the response is an exception.
    pub(super) fn code(&self) -> Option<String> {
        let body = self.body();
        let code = body.get("__type")?.as_str()?;
        Some(code.rsplit('#').next()?.to_owned())
    }

    /// The exception's sentence. The AWS front end names the member `Message`.
    pub(super) fn sentence(&self) -> Option<String> {
        let body = self.body();
        let message = body.get("message").or_else(|| body.get("Message"))?;
        message.as_str().map(ToOwned::to_owned)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.text)
    }
}
