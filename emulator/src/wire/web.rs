//! Requests to the web pages of a user pool's domain, and their responses.
//!
//! They pass the same layers as calls of operations. Nothing here depends on HTTP
//! libraries: the mount converts.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::bounds::PARAMETERS;

/// A request of a browser or an OAuth client.
#[derive(Clone)]
pub struct Request {
    /// `GET`, `POST` or another method.
    pub method: String,
    /// The scheme and the authority that the client used, as in `http://localhost:9229`.
    pub base: String,
    /// The host of `base` in lower case, without its port.
    pub host: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query string as it was sent, without `?`.
    pub query: String,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// `Cookie`: names and values in the order of the header.
    pub cookies: Vec<(String, String)>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// The address of the client.
    pub peer: Option<String>,
    /// The body.
    pub body: Bytes,
    /// The pairs of a form in the body, once they have been decoded.
    pub form: Form,
}

/// The decoded pairs of a form. Several steps of a request need them.
#[derive(Clone, Default)]
pub struct Form(OnceLock<Vec<(String, String)>>);

impl Request {
    /// A request of `method` for `path`, which may have a query, at
    /// `http://localhost:9229`.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method: method.to_owned(),
            base: "http://localhost:9229".to_owned(),
            host: "localhost".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            content_type: None,
            authorization: None,
            cookies: Vec::new(),
            user_agent: None,
            peer: None,
            body: Bytes::new(),
            form: Form::default(),
        }
    }

    /// The request with a form as its body.
    #[must_use]
    pub fn with_form(mut self, form: &str) -> Self {
        self.content_type = Some("application/x-www-form-urlencoded".to_owned());
        self.body = Bytes::copy_from_slice(form.as_bytes());
        self.form = Form::default();
        self
    }

    /// The names and values of the form in the body, at most [`PARAMETERS`]. None if the body has
    /// another type.
    pub(crate) fn form(&self) -> &[(String, String)] {
        self.form.0.get_or_init(|| {
            if !self.is_form() {
                return Vec::new();
            }
            pairs(&self.body)
        })
    }

    /// Whether the body is a form.
    fn is_form(&self) -> bool {
        let content_type = self.content_type.as_deref().unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    /// The value of the cookie `name`: the first one with that name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut cookies = self.cookies.iter();
        let found = cookies.find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the client uses TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.base.starts_with("https://")
    }
}

impl fmt::Debug for Request {
    /// Omits the query, the cookies and the body: they have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("base", &self.base)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A response to a [`Request`].
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers with names in lower case. `set-cookie` may occur several times.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// A response without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The response with another header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The value of the header `name`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(given, _)| *given == name);
        found.map(|(_, value)| &**value)
    }
}

/// The decoded pairs of a form or a query, at most [`PARAMETERS`].
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    let Some(plain) = plain(text) else {
        let pairs = form_urlencoded::parse(text).into_owned();
        return pairs.take(PARAMETERS).collect();
    };
    let parts = plain.split('&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    pairs.take(PARAMETERS).collect()
}

/// `text`, if decoding does not change it. Most forms with tokens are such texts, whose decoding
/// took more instructions than any other step of a refresh but the signatures.
fn plain(text: &[u8]) -> Option<&str> {
    let is_plain = |byte: &u8| byte.is_ascii() && !matches!(byte, b'%' | b'+');
    text.iter().all(is_plain).then_some(())?;
    std::str::from_utf8(text).ok()
}

impl fmt::Debug for Response {
    /// Omits the headers and the body: they have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Plain texts have the same pairs as the library's decoding gives.
        #[test]
        fn pairs_are_those_of_the_library(text in r"[a-c=&;%+ é]{0,12}") {
            let expected: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            prop_assert_eq!(pairs(text.as_bytes()), expected);
        }
    }
}
