//! Requests and responses independent of HTTP: a [`Call`] in, a [`Reply`] out.
//!
//! The protocol is AWS JSON 1.1, as in Cognito: one path, the operation in
//! `X-Amz-Target`, errors as `{"__type":…,"message":…}`. Mounts convert between
//! HTTP and these two types. Nothing else in the emulator depends on HTTP.

mod json;
pub mod web;

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use crate::bounds::{ERROR_HEADER, INVOCATION_ID};
use crate::error::Error;
use crate::ids::Region;

/// The prefix of `X-Amz-Target`, before the operation's name.
pub const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";

/// The content type of requests and answers.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The scope of a call. Resources of two scopes are separate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// AWS Region, as in `us-east-1`.
    pub region: String,
    /// 12-digit AWS account id.
    pub account: String,
}

impl Default for Scope {
    /// The default scope, of a call that names none.
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
        }
    }
}

impl Scope {
    /// This scope in the Region of an AWS host such as
    /// `cognito-idp.eu-west-1.amazonaws.com`; unchanged for any other host.
    ///
    /// Unsigned calls have no credential scope, so only their host shows the
    /// Region.
    #[must_use]
    pub fn at_host(self: &Arc<Self>, host: &str) -> Arc<Self> {
        if !host.starts_with("cognito-idp") {
            return Arc::clone(self);
        }
        let mut labels = host.split('.').skip(1);
        match (labels.next(), labels.next()) {
            (Some(region), Some(_)) => self.with(region, &self.account),
            _ => Arc::clone(self),
        }
    }

    /// This scope with another account.
    pub(crate) fn of_account(self: &Arc<Self>, account: &str) -> Arc<Self> {
        self.with(&self.region, account)
    }

    /// The scope of `region` and `account`. Returns this scope if it is the same.
    ///
    /// A Region becomes a part of ids and addresses. Text that does not have
    /// the form of a Region is replaced by this scope's own Region.
    fn with(self: &Arc<Self>, region: &str, account: &str) -> Arc<Self> {
        let is_region = self.region == region || Region::parse(region).is_some();
        let region = if is_region { region } else { &self.region };
        if self.region == region && self.account == account {
            return Arc::clone(self);
        }
        Arc::new(Self {
            region: region.to_owned(),
            account: account.to_owned(),
        })
    }
}

/// The signature of a call, as its `Authorization` header shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// No `Authorization` header.
    Absent,
    /// A SigV4 header with a credential scope. The signature itself is not
    /// verified: any credentials are accepted.
    SigV4,
    /// An `Authorization` header that is not SigV4.
    Malformed(Malformed),
}

/// The facts about a malformed `Authorization` header that its refusal reports. The
/// header itself may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// SHA-256 of the header.
    pub digest: [u8; 32],
    /// Whether it has `Credential`, `Signature` and `SignedHeaders`.
    pub has: [bool; 3],
    /// Whether the request has `X-Amz-Date` or `Date`.
    pub dated: bool,
}

impl Malformed {
    fn new(header: &str, dated: bool) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, header.as_bytes());
        let digest = digest.as_ref().try_into();
        Self {
            digest: digest.expect("SHA-256 has 32 bytes"),
            has: ["Credential=", "Signature=", "SignedHeaders="]
                .map(|part| header.starts_with("AWS4-") && header.contains(part)),
            dated,
        }
    }

    /// The error that refuses the header.
    #[must_use]
    pub fn error(&self) -> Error {
        let parts = ["Credential", "Signature", "SignedHeaders"].iter();
        let mut lacks: Vec<String> = parts
            .zip(self.has)
            .filter(|(_, has)| !has)
            .map(|(part, _)| format!("Authorization header requires '{part}' parameter."))
            .collect();
        if !self.dated {
            lacks.push(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
                    .to_owned(),
            );
        }
        Error::IncompleteSignature {
            lacks: lacks.join(" "),
            hash: STANDARD.encode(self.digest),
        }
    }
}

/// One request to the emulator.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation's name, as in `AdminGetUser`. Empty if the target header
    /// is missing or has another prefix.
    pub operation: SmolStr,
    /// The request's members; `None` if the body is not a JSON object.
    pub input: Option<Body>,
    /// Region and account.
    pub scope: Arc<Scope>,
    /// The signature.
    pub signature: Signature,
    /// `amz-sdk-invocation-id`: equal for a call and its retries by the SDK.
    pub invocation: Option<SmolStr>,
    /// The address of the emulator that the client used, as in `http://cognito:9229`;
    /// absent without HTTP, and for names that others can assign.
    pub address: Option<SmolStr>,
    /// The request to a web page of a domain, in place of an operation.
    pub web: Option<Arc<web::Request>>,
    /// Whether a program reads this for its own use, beside the call that its caller wanted.
    pub is_lookup: bool,
}

impl Call {
    /// A signed call in the default scope, for tests and embedding programs.
    #[must_use]
    pub fn new(operation: &str, input: Value) -> Self {
        let input = Body::both(Bytes::from(input.to_string()), input);
        Self::with_body(operation, input)
    }

    /// As [`Call::new`], with input that is written already.
    #[must_use]
    pub fn with_body(operation: &str, input: Body) -> Self {
        Self {
            operation: operation.into(),
            input: Some(input),
            scope: Arc::default(),
            signature: Signature::SigV4,
            invocation: None,
            address: None,
            web: None,
            is_lookup: false,
        }
    }

    /// The call with the `amz-sdk-invocation-id` of its HTTP request. An id that is longer
    /// than [`INVOCATION_ID`] is ignored.
    #[must_use]
    pub fn of_invocation(mut self, id: Option<&str>) -> Self {
        let id = id.filter(|id| (1..=INVOCATION_ID).contains(&id.len()));
        self.invocation = id.map(SmolStr::new);
        self
    }

    /// Parses a call from three parts of an HTTP request.
    ///
    /// `fallback` gives Region and account if the signature names none. `dated`
    /// is whether the request has `X-Amz-Date` or `Date`.
    #[must_use]
    pub fn from_http(
        target: Option<&str>,
        authorization: Option<&str>,
        dated: bool,
        body: Bytes,
        fallback: &Arc<Scope>,
    ) -> Self {
        let (signature, scope) = read_authorization(authorization, dated, fallback);
        Self {
            operation: target
                .and_then(|target| target.strip_prefix(TARGET_PREFIX))
                .unwrap_or_default()
                .into(),
            input: Body::read(body).filter(|body| body.is_object()),
            scope,
            signature,
            invocation: None,
            address: None,
            web: None,
            is_lookup: false,
        }
    }
}

/// Parses `AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/cognito-idp/aws4_request,
/// …`.
///
/// An access key id of 12 digits names the account.
fn read_authorization(
    header: Option<&str>,
    dated: bool,
    fallback: &Arc<Scope>,
) -> (Signature, Arc<Scope>) {
    let Some(header) = header else {
        return (Signature::Absent, Arc::clone(fallback));
    };
    let credential = header
        // Every SDK writes the header in this form, so usually no search is needed.
        .strip_prefix("AWS4-HMAC-SHA256 Credential=")
        .or_else(|| Some(header.strip_prefix("AWS4-")?.split_once("Credential=")?.1));
    let end = |text: &str| text.bytes().position(|byte| matches!(byte, b',' | b' '));
    let mut parts = credential
        .map(|text| &text[..end(text).unwrap_or(text.len())])
        .into_iter()
        .flat_map(|text| text.split('/'));
    let (Some(access_key), Some(_date), Some(region)) = (parts.next(), parts.next(), parts.next())
    else {
        let malformed = Malformed::new(header, dated);
        return (Signature::Malformed(malformed), Arc::clone(fallback));
    };
    let is_account = access_key.len() == 12 && access_key.bytes().all(|b| b.is_ascii_digit());
    let account = if is_account {
        access_key
    } else {
        &fallback.account
    };
    (Signature::SigV4, fallback.with(region, account))
}

/// The moment at which a fault cuts the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The operation did not run.
    BeforeEffects,
    /// The operation took effect, and its response is lost.
    AfterEffects,
}

/// A JSON body, written once and shared by its holders. A response is parsed
/// only if its members are read.
#[derive(Clone)]
pub struct Body(Arc<Written>);

struct Written {
    text: Bytes,
    value: OnceLock<Value>,
}

impl Body {
    /// Serializes `answer`.
    ///
    /// # Panics
    ///
    /// If `answer` has a map whose keys are not strings.
    #[must_use]
    pub fn of(answer: &impl Serialize) -> Self {
        Self::written(json::write(answer).expect("answers are plain data"))
    }

    /// Serializes `value` with its members in their own order, which is not that of Cognito's
    /// responses.
    ///
    /// # Panics
    ///
    /// If `value` has a map whose keys are not strings.
    #[must_use]
    pub fn in_order(value: &impl Serialize) -> Self {
        Self::written(serde_json::to_vec(value).expect("values are plain data"))
    }

    fn written(text: impl Into<Bytes>) -> Self {
        Self(Arc::new(Written {
            text: text.into(),
            value: OnceLock::new(),
        }))
    }

    /// The body of 0 bytes of an operation without output.
    #[must_use]
    pub fn empty() -> Self {
        Self::both(Bytes::new(), Value::Object(Map::new()))
    }

    /// Parses `text`; `None` if it is not JSON.
    fn read(text: Bytes) -> Option<Self> {
        let value = serde_json::from_slice(&text).ok()?;
        Some(Self::both(text, value))
    }

    /// A body with both its text and its value.
    fn both(text: Bytes, value: Value) -> Self {
        let value = OnceLock::from(value);
        Self(Arc::new(Written { text, value }))
    }

    /// The serialized bytes. There are none if the operation has no output.
    #[must_use]
    pub fn text(&self) -> Bytes {
        self.0.text.clone()
    }

    /// The JSON value.
    ///
    /// # Panics
    ///
    /// Never: the text was serialized here.
    #[must_use]
    pub fn json(&self) -> &Value {
        let read = || serde_json::from_slice(&self.0.text).expect("it was written as JSON");
        self.0.value.get_or_init(read)
    }
}

impl Deref for Body {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.json()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.json(), f)
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0.text))
    }
}

/// A response of the emulator.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status: 200, 400 or 500.
    pub status: u16,
    /// The JSON body.
    pub body: Body,
    /// The exception's name, if the call failed.
    pub code: Option<String>,
    /// The exception's sentence, if it has one.
    pub message: Option<String>,
    /// `x-amzn-requestid`: a lower-case UUID, set by the emulator.
    pub request_id: String,
    /// The time that the mount waits before it responds.
    pub delay: Duration,
    /// Whether the mount drops the connection instead of responding.
    pub cut: Option<Cut>,
    /// The value of `x-amz-retry-after`, in milliseconds. AWS SDKs wait exactly
    /// this long.
    pub retry_after: Option<Duration>,
    /// The response of a web page. `body` then describes it for the journal.
    pub web: Option<Box<web::Response>>,
}

impl Reply {
    /// A success.
    #[must_use]
    pub fn ok(body: Body) -> Self {
        Self {
            status: 200,
            body,
            code: None,
            message: None,
            request_id: String::new(),
            delay: Duration::ZERO,
            cut: None,
            retry_after: None,
            web: None,
        }
    }

    /// A failure with the status, code and sentence of `error`.
    #[must_use]
    pub fn error(error: &Error) -> Self {
        Self::exception(error.code(), error.sentence().as_deref(), error.status())
    }

    /// A failure with the given name, for injected exceptions.
    #[must_use]
    pub fn exception(code: &str, message: Option<&str>, status: u16) -> Self {
        let body = match message {
            Some(message) => json!({ "__type": code, "message": message }),
            None => json!({ "__type": code }),
        };
        Self {
            status,
            code: Some(code.to_owned()),
            message: message.map(ToOwned::to_owned),
            ..Self::ok(Body::of(&body))
        }
    }

    /// Whether the call succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.code.is_none()
    }

    /// The headers of the response, in addition to those of HTTP itself. Names are in
    /// lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> {
        let code = self.code.as_deref();
        let code = code.map(|code| header_text(code, ERROR_HEADER) + ":");
        let message = self.message.as_deref();
        let message = message.map(|message| header_text(message, ERROR_HEADER));
        let wait = self.retry_after.map(|wait| wait.as_millis().to_string());
        let set = [
            ("x-amzn-requestid", Some(self.request_id.clone())),
            ("x-amzn-errortype", code),
            ("x-amzn-errormessage", message),
            ("x-amz-retry-after", wait),
        ];
        let set = set
            .into_iter()
            .filter_map(|(name, value)| Some((name, Cow::Owned(value?))));
        std::iter::once(("content-type", Cow::Borrowed(CONTENT_TYPE))).chain(set)
    }
}

impl fmt::Display for Reply {
    /// The form in transcripts: `200 {…}`, `200` without a body, or
    /// `400 Exception: sentence`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (None, _) if self.body.text().is_empty() => write!(f, "{}", self.status),
            (None, _) => write!(f, "{} {}", self.status, self.body),
            (Some(code), Some(message)) => write!(f, "{} {code}: {message}", self.status),
            (Some(code), None) => write!(f, "{} {code}", self.status),
        }
    }
}

/// The first `most` characters of `text` as a header value. Characters other
/// than visible ASCII are replaced by `?`.
fn header_text(text: &str, most: usize) -> String {
    let visible = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    text.chars().take(most).map(visible).collect()
}

/// A service that answers calls: the emulator, or a layer around it.
pub trait Service: Send + Sync {
    /// Answers a call.
    fn call(&self, call: &Call) -> Reply;
}

impl<S: Service + ?Sized> Service for Arc<S> {
    fn call(&self, call: &Call) -> Reply {
        (**self).call(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Region becomes a part of ids and addresses. No other text is accepted as a
    /// Region.
    #[test]
    fn only_regions_are_accepted() {
        let scope = Arc::<Scope>::default();
        let signed = |region: &str| {
            let header =
                format!("AWS4-HMAC-SHA256 Credential=AKID/20260101/{region}/x/aws4_request");
            read_authorization(Some(&header), true, &scope)
                .1
                .region
                .clone()
        };
        let at = |region: &str| {
            let host = format!("cognito-idp.{region}.amazonaws.com");
            scope.at_host(&host).region.clone()
        };
        for region in ["eu-west-1", "us-gov-west-1"] {
            assert_eq!([signed(region), at(region)], [region, region]);
        }
        for other in [
            "",
            "local",
            "evil.com",
            "@evil",
            "us-east-1?x=",
            "..",
            "eu-west-1\r\nx:y",
        ] {
            assert_eq!(
                [signed(other), at(other)],
                ["us-east-1", "us-east-1"],
                "{other}"
            );
        }
    }
}
