//! A URL and its parameters, as Cognito's endpoints read them.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// An absolute URL.
#[derive(Debug)]
pub(super) struct Url {
    /// The scheme in lower case.
    pub(super) scheme: String,
    /// Host and port in lower case.
    pub(super) authority: String,
    /// The path, as it is written.
    pub(super) path: String,
    /// The parameters of the query, decoded, in their order.
    pub(super) parameters: Vec<(String, String)>,
    /// Whether a fragment follows, which browsers do not send.
    pub(super) has_fragment: bool,
}

impl Url {
    /// Parses an absolute URL with a host.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("is not a complete URL: it has no scheme and host");
        };
        if text.chars().any(char::is_whitespace) {
            return Err("has a space or a line break: encode it as %20, or remove it");
        }
        let has_fragment = rest.contains('#');
        let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match place.find('/') {
            Some(end) => place.split_at(end),
            None => (place, "/"),
        };
        if authority.is_empty() {
            return Err("is not a complete URL: it has no host");
        }
        if authority.contains('@') {
            return Err("has a user name before its host: remove it");
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let parameters = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority: authority.to_ascii_lowercase(),
            path: path.to_owned(),
            parameters: parameters.collect(),
            has_fragment,
        })
    }

    /// The first value of a parameter that is not empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(known, _)| known == name);
        let value = found.next()?.1.as_str();
        (!value.is_empty()).then_some(value)
    }

    /// The host without its port.
    pub(super) fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }
}

/// A name or value of a form-encoded query.
fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// The characters of a value that are not encoded (RFC 3986, section 2.3).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A query of `pairs`.
pub(in crate::tools) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| {
        let value: Cow<'_, str> = utf8_percent_encode(value, KEPT).into();
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_as_a_form() {
        let url =
            Url::parse("HTTPS://X.example:8443/oauth2/authorize?a=1+2%2B&b=&a=3&c#d").unwrap();
        assert_eq!((url.scheme.as_str(), url.host()), ("https", "x.example"));
        assert_eq!(url.path, "/oauth2/authorize");
        assert_eq!(url.given("a"), Some("1 2+"));
        assert_eq!(
            (url.given("b"), url.given("c"), url.given("d")),
            (None, None, None)
        );
        for text in [
            "",
            "x",
            "/login",
            "https://",
            "https:///x",
            "https://u@x/",
            "https://x/ y",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
        let pairs = [
            ("redirect_uri", "https://app.example/cb?x=1&y"),
            ("scope", "a b"),
        ];
        let query = encode(pairs);
        assert_eq!(
            query,
            "redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1%26y&scope=a%20b"
        );
        let url = Url::parse(&format!("https://x/?{query}")).unwrap();
        assert_eq!(url.given("redirect_uri"), Some(pairs[0].1));
    }
}
