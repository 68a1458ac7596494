//! Requests to external identity providers.
//!
//! The core is synchronous and opens no connection. A mount can set a [`Transport`]; without one,
//! no provider can be reached, and the emulator simulates each of them. Requests go only to the hosts
//! that the configuration of a provider names, also after a redirect. No lock is held meanwhile.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

/// Time for one request and its response.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Most redirects of a request (developer guide, OIDC identity providers).
const REDIRECTS: usize = 20;

/// Domains that no server has (RFC 2606, section 2; RFC 6761, section 6).
const RESERVED: [&str; 3] = ["example", "test", "invalid"];

/// A request to a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The address.
    pub url: String,
    /// Headers, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for `GET`.
    pub body: String,
}

impl fmt::Debug for Outgoing {
    /// Omits the query, the headers and the body: they have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.url.find('?').unwrap_or(self.url.len());
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("url", &&self.url[..end])
            .finish_non_exhaustive()
    }
}

/// The response of a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The HTTP status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// The body, at most [`FETCHED_BYTES`](crate::bounds::FETCHED_BYTES).
    pub body: Vec<u8>,
}

impl fmt::Debug for Incoming {
    /// Omits the body, which may have tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The reason why a request has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoResponse {
    /// No response within [`TIME_LIMIT`].
    TimedOut,
    /// No connection, or one that ended early.
    Unreachable,
    /// A response of more than [`FETCHED_BYTES`](crate::bounds::FETCHED_BYTES).
    TooLong,
    /// An address that the provider's configuration does not name, or too many redirects.
    NotAllowed,
}

/// A client of HTTP.
pub trait Transport: Send + Sync {
    /// Whether a connection to `host` and `port` can be opened.
    fn reaches(&self, host: &str, port: u16) -> bool;

    /// Sends `request` and reads its response. Does not follow redirects.
    ///
    /// # Errors
    ///
    /// The reason why there is no response.
    fn send(&self, request: &Outgoing) -> Result<Incoming, NoResponse>;
}

impl Transport for Arc<dyn Transport> {
    fn reaches(&self, host: &str, port: u16) -> bool {
        (**self).reaches(host, port)
    }

    fn send(&self, request: &Outgoing) -> Result<Incoming, NoResponse> {
        (**self).send(request)
    }
}

/// The transport of the mount, if it has one.
#[derive(Default)]
pub struct Fetch(RwLock<Option<Arc<dyn Transport>>>);

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fetch").field(&self.waits()).finish()
    }
}

impl Fetch {
    /// Sets the transport.
    pub fn set(&self, transport: impl Transport + 'static) {
        *self.0.write() = Some(Arc::new(transport));
    }

    /// Requests of an account's world, by the same transport.
    #[must_use]
    pub fn of_world(&self) -> Self {
        Self(RwLock::new(self.transport()))
    }

    /// Whether requests may wait for something outside the process.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.0.read().is_some()
    }

    fn transport(&self) -> Option<Arc<dyn Transport>> {
        self.0.read().clone()
    }

    /// Whether the server of `url` exists: the URL is valid, its domain is not reserved for
    /// documentation and tests, and it accepts connections.
    #[must_use]
    pub fn reaches(&self, url: &str) -> bool {
        let Some(origin) = Origin::of(url) else {
            return false;
        };
        let top = origin.host.trim_end_matches('.').rsplit('.').next();
        let is_reserved = top.is_some_and(|top| RESERVED.contains(&top))
            || ["example.com", "example.net", "example.org"]
                .iter()
                .any(|domain| is_within(&origin.host, domain));
        let transport = self.transport().filter(|_| !is_reserved);
        transport.is_some_and(|transport| transport.reaches(&origin.host, origin.port))
    }

    /// Sends `request`, whose host must be one of `allowed`, and follows redirects to them.
    ///
    /// # Errors
    ///
    /// The reason why there is no response.
    pub fn send(&self, mut request: Outgoing, allowed: &[Origin]) -> Result<Incoming, NoResponse> {
        let transport = self.transport().ok_or(NoResponse::Unreachable)?;
        for _ in 0..=REDIRECTS {
            let origin = Origin::of(&request.url).ok_or(NoResponse::NotAllowed)?;
            if !allowed.contains(&origin) {
                return Err(NoResponse::NotAllowed);
            }
            let response = transport.send(&request)?;
            let Some(location) = followed(&request, &response, &origin) else {
                return Ok(response);
            };
            request.url = location;
        }
        Err(NoResponse::NotAllowed)
    }
}

/// The address of a redirect. That of a `POST` is followed if it keeps the method (RFC 9110,
/// sections 15.4.8 and 15.4.9).
fn followed(request: &Outgoing, response: &Incoming, origin: &Origin) -> Option<String> {
    let follows = match response.status {
        301..=303 => request.method == "GET",
        307 | 308 => true,
        _ => false,
    };
    let location = response.location.as_deref().filter(|_| follows)?;
    if location.starts_with('/') && !location.starts_with("//") {
        return Some(format!("{origin}{location}"));
    }
    Some(location.to_owned())
}

fn is_within(host: &str, domain: &str) -> bool {
    let rest = host.strip_suffix(domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The scheme, the host and the port of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    is_secure: bool,
    host: String,
    port: u16,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Origin {
    /// The origin of `url`. `None` for anything but an HTTP URL in its plainest form: no user
    /// information, and no characters that parsers of URLs read differently.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        if !url.bytes().all(is_plain) {
            return None;
        }
        let (scheme, rest) = url.split_once("://")?;
        let is_secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (format!("[{}]", address.to_ascii_lowercase()), port)
        } else {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, port) = authority.split_at(end);
            (host.to_ascii_lowercase(), port)
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if host.is_empty() || !host.starts_with('[') && !host.bytes().all(is_name) {
            return None;
        }
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok()?,
            None if !port.is_empty() => return None,
            None if is_secure => 443,
            None => 80,
        };
        Some(Self {
            is_secure,
            host,
            port,
        })
    }

    /// Whether the host is this machine or a neighbour of it without a public name, as containers
    /// have: `localhost` and names below it, loopback addresses, names without a dot, and names
    /// below `internal`.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = self.host.trim_end_matches('.');
        !host.contains('.') && !host.starts_with('[')
            || host == "[::1]"
            || host
                .parse::<std::net::Ipv4Addr>()
                .is_ok_and(|it| it.is_loopback())
            || host.ends_with(".localhost")
            || host.ends_with(".internal")
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    /// Redirects each request to the next of its locations.
    #[derive(Default)]
    struct Redirecting {
        locations: Mutex<Vec<String>>,
        seen: Arc<Mutex<Vec<String>>>,
    }

    impl Transport for Redirecting {
        fn reaches(&self, _: &str, _: u16) -> bool {
            true
        }

        fn send(&self, request: &Outgoing) -> Result<Incoming, NoResponse> {
            self.seen.lock().push(request.url.clone());
            let location = self.locations.lock().pop();
            Ok(Incoming {
                status: if location.is_some() { 302 } else { 200 },
                location,
                body: Vec::new(),
            })
        }
    }

    fn fetch(locations: Vec<String>) -> (Result<u16, NoResponse>, Vec<String>) {
        let seen = Arc::default();
        let fetch = Fetch::default();
        fetch.set(Redirecting {
            locations: Mutex::new(locations.into_iter().rev().collect()),
            seen: Arc::clone(&seen),
        });
        let request = Outgoing {
            method: "GET",
            url: "https://idp.example/keys".to_owned(),
            headers: Vec::new(),
            body: String::new(),
        };
        let allowed = ["https://idp.example", "https://api.idp.example:8443"];
        let allowed = allowed.map(|url| Origin::of(url).unwrap());
        let result = fetch.send(request, &allowed);
        let seen = seen.lock().clone();
        (result.map(|response| response.status), seen)
    }

    #[test]
    fn redirects_stay_at_the_hosts_of_the_configuration() {
        let followed = vec![
            "/new?a=1".to_owned(),
            "https://api.idp.example:8443/k".to_owned(),
        ];
        let (status, seen) = fetch(followed);
        assert_eq!(status, Ok(200));
        assert_eq!(
            seen,
            [
                "https://idp.example/keys",
                "https://idp.example:443/new?a=1",
                "https://api.idp.example:8443/k",
            ]
        );
        for hostile in [
            "http://169.254.169.254/latest/meta-data",
            "http://idp.example/keys",
            "https://idp.example:8443/keys",
            "https://idp.example@evil.example/",
            "https://idp.example\\@evil.example/",
            "https://evil.example/?https://idp.example",
            "//evil.example/keys",
            "file:///etc/passwd",
            "keys",
        ] {
            let (status, seen) = fetch(vec![hostile.to_owned()]);
            assert_eq!(status, Err(NoResponse::NotAllowed), "{hostile}");
            assert_eq!(seen.len(), 1, "{hostile}");
        }
    }

    /// A form is not sent again to another address, unless the redirect keeps the method.
    #[test]
    fn a_form_follows_only_redirects_that_keep_it() {
        struct Status(u16);
        impl Transport for Status {
            fn reaches(&self, _: &str, _: u16) -> bool {
                true
            }

            fn send(&self, request: &Outgoing) -> Result<Incoming, NoResponse> {
                let is_first = request.url.ends_with("/token");
                Ok(Incoming {
                    status: if is_first { self.0 } else { 200 },
                    location: is_first.then(|| "/new".to_owned()),
                    body: Vec::new(),
                })
            }
        }
        let allowed = [Origin::of("https://idp.example").unwrap()];
        for (status, expected) in [(301, 301), (302, 302), (303, 303), (307, 200), (308, 200)] {
            let fetch = Fetch::default();
            fetch.set(Status(status));
            let request = Outgoing {
                method: "POST",
                url: "https://idp.example/token".to_owned(),
                headers: Vec::new(),
                body: "client_secret=a".to_owned(),
            };
            let response = fetch.send(request, &allowed).unwrap();
            assert_eq!(response.status, expected, "{status}");
        }
    }

    /// Only URLs that every parser reads alike have an origin.
    #[test]
    fn urls_in_another_form_have_no_origin() {
        for url in [
            "https://idp.example/a b",
            "https://idp.example/\r\nHost: evil.example",
            "https://idp.example\t/",
            "https://idp.example\\@evil.example/",
            "https:\\\\idp.example/",
            "https://idp.example@evil.example/",
            "https://user:password@idp.example/",
            "https://\u{131}dp.example/",
            "https://idp%2eexample/",
            "https://idp.example:/",
            "https://idp.example:99999/",
            "https://[::1/",
            "https://[::1]evil.example/",
            "https://",
            "https:idp.example",
            "HTTPS://idp.example/",
            "ftp://idp.example/",
            "//idp.example/",
        ] {
            assert_eq!(Origin::of(url), None, "{url:?}");
        }
    }

    #[test]
    fn redirects_are_bounded() {
        let (status, seen) = fetch(vec!["/again".to_owned(); 21]);
        assert_eq!((status, seen.len()), (Err(NoResponse::NotAllowed), 21));
        let (status, seen) = fetch(vec!["/again".to_owned(); 20]);
        assert_eq!((status, seen.len()), (Ok(200), 21));
    }

    #[test]
    fn reserved_domains_are_not_reached() {
        let fetch = Fetch::default();
        assert!(!fetch.reaches("https://idp.real.org"), "no transport");
        fetch.set(Redirecting::default());
        for (url, reached) in [
            ("https://idp.real.org/x", true),
            ("http://localhost:8080", true),
            ("http://[::1]:8080/", true),
            ("https://idp.example", false),
            ("https://IDP.test./", false),
            ("https://idp.invalid:8443", false),
            ("https://example.com/", false),
            ("https://login.example.org/", false),
            ("https://notexample.org/", true),
            ("ftp://idp.real.org", false),
            ("https://", false),
            ("https://idp.real.org:99999/", false),
        ] {
            assert_eq!(fetch.reaches(url), reached, "{url}");
        }
    }

    #[test]
    fn hosts_of_this_machine() {
        for (url, is_local) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.2", true),
            ("http://[::1]:1", true),
            ("http://keycloak:8080/realms/a", true),
            ("http://host.docker.internal", true),
            ("http://idp.localhost", true),
            ("http://idp.example.com", false),
            ("http://10.0.0.1", false),
            ("http://[::2]", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(Origin::of(url).unwrap().is_local(), is_local, "{url}");
        }
    }
}
