//! The console over HTTP: its files, and access to them by a one-time address.
//!
//! The address has a token that works once: it becomes a cookie of the browser, and the address
//! of the page no longer has it. The server then prints another address, for another browser.
//! With the cookie a browser gets the console's files, and its pages may use MCP as the principal
//! [`Principal::console`]. The cookie ends with the process.
//!
//! Browsers send a cookie to every port of its host, and pages of other ports are the same site
//! (RFC 6265, section 8.5). So the cookie's name has the port, and MCP accepts the cookie only from
//! pages of the console's own origin.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use parking_lot::Mutex;
use serde::Deserialize;

use super::static_token::Token;
use crate::bounds::CONSOLE_BROWSERS;
use crate::console;
use crate::start_error::StartError;
use crate::stderr::note;

/// The path of the console.
pub(super) const CONSOLE: &str = "/console/";

/// What the console's pages may load: only files of this server. `srcdoc` frames, which preview
/// messages, inherit the policy.
///
/// <https://www.w3.org/TR/CSP3/>
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'";

/// The headers of every response.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The console of one server.
pub(super) struct Console {
    /// The origin of its pages, such as `http://127.0.0.1:9230`.
    origin: String,
    /// The name of its cookie.
    cookie: String,
    keys: Mutex<Keys>,
}

/// What opens the console.
struct Keys {
    /// The token of the address that was printed last.
    next: Token,
    /// The cookies of browsers, oldest first.
    browsers: VecDeque<Token>,
}

/// The query of the console's address.
#[derive(Deserialize)]
struct Entry {
    token: Option<String>,
}

impl Console {
    /// The console at `address`, and its first one-time address.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(super) fn new(address: SocketAddr) -> Result<(Self, String), StartError> {
        let (token, next) = Token::random().map_err(|error| StartError(format!("{error}.")))?;
        let console = Self {
            origin: format!("http://{address}"),
            cookie: format!("cognito-mcp-console-{}", address.port()),
            keys: Mutex::new(Keys {
                next,
                browsers: VecDeque::new(),
            }),
        };
        let entry = console.entry(&token);
        Ok((console, entry))
    }

    /// The one-time address with `token`.
    fn entry(&self, token: &str) -> String {
        format!("{}{CONSOLE}?token={token}", self.origin)
    }

    /// Whether a request comes from a page of this console in a browser that has access.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        is_same_origin(headers) && self.knows(headers)
    }

    /// Whether a request has the cookie of a browser with access.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let given = cookies(headers, &self.cookie);
        let keys = self.keys.lock();
        given.into_iter().any(|given| {
            let mut browsers = keys.browsers.iter();
            browsers.any(|browser| browser.is(given))
        })
    }

    /// The cookie for the browser that sent `token`, if that is the token of the last address.
    /// Prints the next address. None if the token is not valid (any more).
    fn redeem(&self, token: &str) -> Option<HeaderValue> {
        let (cookie, browser) = Token::random().ok()?;
        let (following, next) = Token::random().ok()?;
        let mut keys = self.keys.lock();
        if !keys.next.is(token) {
            return None;
        }
        keys.next = next;
        keys.browsers.push_back(browser);
        while keys.browsers.len() > CONSOLE_BROWSERS {
            keys.browsers.pop_front();
        }
        drop(keys);
        let following = self.entry(&following);
        note(format_args!(
            "A browser opened the console. For another one: {following}"
        ));
        let name = &self.cookie;
        let cookie = format!("{name}={cookie}; HttpOnly; SameSite=Strict; Path=/");
        HeaderValue::try_from(cookie).ok()
    }
}

/// The values of the cookies called `name` (RFC 6265, section 5.4).
fn cookies<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values.filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|value| value.split(';'));
    let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    let named = pairs.filter(|(given, _)| *given == name);
    named.map(|(_, value)| value).collect()
}

/// Whether a browser says that a page of this server's own origin sent a request.
///
/// A browser sends `Origin` with every POST and DELETE, and `Sec-Fetch-Site` with every request to
/// a loopback address. The host was compared with the names of this server before.
///
/// <https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>
fn is_same_origin(headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE);
    let origin = headers.get(header::ORIGIN);
    let is_own = |origin: &HeaderValue| {
        let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
        let origin = origin.as_bytes().strip_prefix(b"http://");
        origin.is_some() && origin == host
    };
    (site.is_some() || origin.is_some())
        && site.is_none_or(|site| site == "same-origin")
        && origin.is_none_or(is_own)
}

/// The routes of `console`.
pub(super) fn router(console: Arc<Console>) -> Router {
    let to_console = async || Redirect::permanent(CONSOLE);
    Router::new()
        .route("/", get(async || Redirect::to(CONSOLE)))
        .route(CONSOLE.trim_end_matches('/'), get(to_console))
        .route(CONSOLE, get(page))
        .route(&format!("{CONSOLE}{{*name}}"), get(asset))
        .with_state(console)
        .layer(map_response(async |response| secured(response)))
}

/// Adds the headers of every response.
fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The page of the console, or the access to it.
async fn page(
    State(console): State<Arc<Console>>,
    Query(entry): Query<Entry>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Some(token) = entry.token else {
        return sent(&console, "index.html", &headers);
    };
    // Programs that preview links send HEAD.
    if method == Method::GET
        && let Some(cookie) = console.redeem(&token)
    {
        let headers = [
            (header::SET_COOKIE, cookie),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        return (headers, Redirect::to(CONSOLE)).into_response();
    }
    if console.knows(&headers) {
        return Redirect::to(CONSOLE).into_response();
    }
    no_access(true)
}

/// A file of the console.
async fn asset(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    sent(&console, &name, &headers)
}

/// The file called `name`, for a browser that has access.
fn sent(console: &Console, name: &str, headers: &HeaderMap) -> Response {
    if !console.knows(headers) {
        return no_access(false);
    }
    let Some(file) = console::file(name) else {
        return (StatusCode::NOT_FOUND, "The console has no such file.\n").into_response();
    };
    let tag = tag(&file.content);
    let known = headers.get(header::IF_NONE_MATCH);
    let caching = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, tag.clone()),
    ];
    if known.is_some_and(|known| *known == tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let kind = HeaderValue::from_static(file.media_type);
    let kind = [(header::CONTENT_TYPE, kind)];
    (caching, kind, file.content.into_owned()).into_response()
}

/// The entity tag of a file (RFC 9110, section 8.8.3).
fn tag(content: &[u8]) -> HeaderValue {
    use aws_lc_rs::digest;
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    let digest = digest::digest(&digest::SHA256, content);
    let text = BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]);
    HeaderValue::try_from(format!("\"{text}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The page for a browser without access. `had_token` says whether its address had a token.
fn no_access(had_token: bool) -> Response {
    let reason = if had_token {
        "The address that you opened was used before, or belongs to an earlier start of the \
         server. If you did not use it, another program on this machine did: stop the server and \
         start it again."
    } else {
        "This browser has not been given access to the console, or the server was started again \
         since."
    };
    let page = include_str!("console/no_access.html").replace("REASON", reason);
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    ];
    (StatusCode::UNAUTHORIZED, headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = given.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn only_pages_of_the_same_origin_are_admitted() {
        let host = ("host", "127.0.0.1:9230");
        for (given, is) in [
            (vec![], false),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("origin", "http://127.0.0.1:9230")], true),
            (vec![("origin", "http://127.0.0.1:3000")], false),
            (vec![("origin", "https://127.0.0.1:9230")], false),
            (vec![("origin", "http://localhost:9230")], false),
            (vec![("origin", "null")], false),
            (
                vec![
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "http://127.0.0.1:3000"),
                ],
                false,
            ),
            (
                vec![
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://127.0.0.1:9230"),
                ],
                false,
            ),
        ] {
            let mut all = given.clone();
            all.push(host);
            assert_eq!(is_same_origin(&headers(&all)), is, "{given:?}");
        }
        assert!(!is_same_origin(&headers(&[("origin", "http://")])));
    }

    #[test]
    fn a_token_opens_the_console_once() {
        let (console, entry) = Console::new("127.0.0.1:9230".parse().unwrap()).unwrap();
        let (address, token) = entry.split_once("?token=").unwrap();
        assert_eq!(address, "http://127.0.0.1:9230/console/");
        assert_eq!(console.redeem("").map(|_| ()), None);
        let cookie = console.redeem(token).unwrap();
        assert_eq!(console.redeem(token).map(|_| ()), None);
        let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
        assert_eq!(attributes, " HttpOnly; SameSite=Strict; Path=/");
        let with = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            console.knows(&headers)
        };
        assert!(with(pair));
        assert!(with(&format!("a=b; {pair}; c=d")));
        let (name, value) = pair.split_once('=').unwrap();
        assert_eq!(name, "cognito-mcp-console-9230");
        for wrong in [
            format!("cognito-mcp-console-9231={value}"),
            format!("{name}={token}"),
            format!("{name}={}", &value[1..]),
            format!("{name}="),
            name.to_owned(),
        ] {
            assert!(!with(&wrong), "{wrong}");
        }
    }
}
