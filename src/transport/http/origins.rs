//! Allowed origins of web pages (RFC 6454), and CORS.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use cognito_emulator::http::authority::Authority;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::{LOOPBACK, SESSION_ID};
use crate::bounds::MIRRORED_BYTES;
use crate::start_error::StartError;

/// The origins that are admitted.
#[derive(Clone, Debug)]
pub(super) struct Origins(Vec<Origin>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    /// A name or an address, without brackets.
    host: String,
    /// The port; absent if any port is allowed.
    port: Option<u16>,
}

impl Origin {
    /// Parses `text` as a browser writes it: without the scheme's default port.
    fn read(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return None;
        }
        let authority = Authority::parse(uri.authority()?.as_str())?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let port = match (authority.port, &*scheme) {
            (Some(port), _) => port,
            (None, "http") => 80,
            (None, "https") => 443,
            _ => return None,
        };
        Some(Self {
            scheme,
            host: authority.host,
            port: Some(port),
        })
    }

    /// Parses `text` as [`Origin::read`] does, but also accepts the port `*` for any port.
    fn configured(text: &str) -> Option<Self> {
        match text.strip_suffix(":*") {
            Some(portless) => Some(Self {
                port: None,
                ..Self::read(portless)?
            }),
            None => Self::read(text),
        }
    }

    fn includes(&self, other: &Self) -> bool {
        let Self { scheme, host, port } = self;
        *scheme == other.scheme && *host == other.host && (port.is_none() || *port == other.port)
    }
}

/// Whether a request has at most one `Origin`, in a form that a browser can write. A
/// browser sends one (RFC 6454, section 7.3). If there are two, another reader may use the
/// one that was not checked.
pub(super) fn are_readable(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(only), None) => only.to_str().is_ok_and(|text| Origin::read(text).is_some()),
        (Some(_), Some(_)) => false,
    }
}

impl Origins {
    /// The origins in `given`, that of the server's own URL, and those of this machine if
    /// the server listens on a loopback address.
    ///
    /// # Errors
    /// If one of them is not an origin.
    pub(super) fn new(
        address: SocketAddr,
        public: Option<&Uri>,
        given: &[String],
    ) -> Result<Self, StartError> {
        let mut origins = Vec::new();
        for given in given {
            let origin = Origin::configured(given).ok_or_else(|| {
                StartError(format!(
                    "--http-origin {given} is not an origin: write it as https://app.example.com, \
                    with a port if needed, or with :* for any port."
                ))
            })?;
            origins.push(origin);
        }
        if address.ip().is_loopback() {
            let own = LOOPBACK.map(|host| Origin {
                scheme: "http".to_owned(),
                host: host.to_owned(),
                port: None,
            });
            origins.extend(own);
        }
        let public = public.and_then(|url| {
            let (scheme, authority) = (url.scheme()?, url.authority()?);
            Origin::read(&format!("{scheme}://{authority}"))
        });
        origins.extend(public);
        Ok(Self(origins))
    }

    /// The origins in the form that rmcp reads.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|Origin { scheme, host, port }| {
            let host = if host.contains(':') {
                format!("[{host}]")
            } else {
                host.clone()
            };
            match port {
                Some(port) => format!("{scheme}://{host}:{port}"),
                None => format!("{scheme}://{host}:*"),
            }
        })
    }

    fn has(&self, origin: &HeaderValue) -> bool {
        let origin = origin.to_str().ok().and_then(Origin::read);
        origin.is_some_and(|origin| self.0.iter().any(|known| known.includes(&origin)))
    }

    /// CORS for these origins: their pages may send the headers that MCP needs and read the
    /// responses.
    ///
    /// <https://fetch.spec.whatwg.org/#http-cors-protocol>
    pub(super) fn shared(self) -> CorsLayer {
        let may = move |origin: &HeaderValue, _: &Parts| self.has(origin);
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(may))
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            // MCP's header names depend on the call, so they are mirrored: see `bound_mirrored`.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers([SESSION_ID, header::WWW_AUTHENTICATE])
    }
}

/// Bounds the headers of responses to preflight requests. Removes the header values that an
/// response would repeat if they are too long.
pub(super) async fn bound_mirrored(mut request: Request, next: Next) -> Response {
    let name = header::ACCESS_CONTROL_REQUEST_HEADERS;
    if mirrored_bytes(request.headers()) > MIRRORED_BYTES {
        request.headers_mut().remove(name);
    }
    next.run(request).await
}

fn mirrored_bytes(headers: &HeaderMap) -> usize {
    let asked = headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS);
    asked.iter().map(HeaderValue::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        for (configured, origin, included) in [
            ("https://app.example.com", "https://app.example.com", true),
            (
                "https://app.example.com",
                "https://APP.example.com:443",
                true,
            ),
            (
                "https://app.example.com",
                "https://app.example.com:8443",
                false,
            ),
            (
                "https://app.example.com:*",
                "https://app.example.com:8443",
                true,
            ),
            (
                "https://app.example.com:8443",
                "https://app.example.com",
                false,
            ),
            ("http://app.example.com", "https://app.example.com", false),
            ("https://app.example.com", "https://example.com", false),
            ("http://[::1]:*", "http://[::1]:6274", true),
        ] {
            let configured = Origin::configured(configured).unwrap();
            let origin = Origin::read(origin).unwrap();
            assert_eq!(
                configured.includes(&origin),
                included,
                "{configured:?} {origin:?}"
            );
        }
        for none in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://a/b",
            "file:///etc",
            "http://user@localhost",
            "http://localhost:99999",
            "http://localhost:",
        ] {
            assert_eq!(Origin::configured(none), None, "{none}");
        }
    }
}
