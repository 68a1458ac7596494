//! The host that a request names: `Host` in HTTP/1, `:authority` in HTTP/2.
//!
//! RFC 9112, section 3.2, and RFC 9113, section 8.3.1. Both servers refuse a host that
//! they cannot parse. Otherwise a proxy or browser could read another host in the same
//! request.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, Uri, header};

/// The scheme of the URLs at which a server is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP without TLS.
    #[default]
    Http,
    /// HTTP with TLS.
    Https,
}

impl Scheme {
    /// The scheme as URLs write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The name in lower case or the IP address; an IPv6 address is without brackets.
    pub host: String,
    /// The port, if one is given.
    pub port: Option<u16>,
}

/// Bytes of a DNS name (RFC 1035, section 3.1).
const LONGEST_NAME: usize = 253;

impl Authority {
    /// Parses `host` or `host:port`. Neither userinfo nor escapes are accepted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, rest) = if let Some(bracketed) = text.strip_prefix('[') {
            let (address, rest) = bracketed.split_once(']')?;
            (address.parse::<Ipv6Addr>().ok()?.to_string(), rest)
        } else {
            let end = text.find(':').unwrap_or(text.len());
            (name(&text[..end])?, &text[end..])
        };
        let port = match rest.strip_prefix(':') {
            Some(digits) => Some(port(digits)?),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { host, port })
    }

    /// The authority that a request is for.
    ///
    /// # Errors
    /// A sentence for the peer, if the request names no host, several hosts, or a host
    /// that cannot be parsed. The status is 400.
    pub fn of(target: &Uri, headers: &HeaderMap) -> Result<Self, &'static str> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (_, Some(_)) => return Err("The request has more than one Host header: send one."),
            (Some(host), None) => {
                let host = host.to_str().ok().and_then(Self::parse);
                Some(host.ok_or(
                    "The Host header is not a host with an optional port from 1 to 65535.",
                )?)
            }
            (None, None) => None,
        };
        // The target has a host in HTTP/2, and in the absolute form of HTTP/1.
        let target = match target.authority() {
            Some(target) => Some(Self::parse(target.as_str()).ok_or(
                "The request's target is not a host with an optional port from 1 to 65535.",
            )?),
            None => None,
        };
        match (target, host) {
            (Some(target), Some(host)) if target != host => {
                Err("The request's target and its Host header name different hosts.")
            }
            (Some(one), _) | (None, Some(one)) => Ok(one),
            (None, None) => Err("The request has no Host header."),
        }
    }

    /// Whether the host is this machine: `localhost`, a name below it, or a
    /// loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host.as_str();
        host == "localhost"
            || host.ends_with(".localhost")
            || self.address().is_some_and(|address| address.is_loopback())
    }

    /// Whether the host cannot be a name that another machine controls. It is then an IP
    /// address, a name with one label, as containers have, or a name with a private suffix
    /// that mDNS does not use.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.is_loopback()
            || self.address().is_some()
            || !self.host.contains('.')
            || [".internal", ".test"]
                .into_iter()
                .any(|suffix| self.host.ends_with(suffix))
    }

    /// `scheme://host:port`, as clients write it.
    #[must_use]
    pub fn url(&self, scheme: Scheme) -> String {
        let scheme = scheme.as_str();
        let Self { host, port } = self;
        let host = match self.address() {
            Some(IpAddr::V6(address)) => format!("[{address}]"),
            _ => host.clone(),
        };
        match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// The IP address, if the host is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// A DNS name, or the name of a container, in lower case.
fn name(text: &str) -> Option<String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let valid = (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_name);
    valid.then(|| text.to_ascii_lowercase())
}

fn port(digits: &str) -> Option<u16> {
    // The standard library also reads `+80`.
    let number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|port| number && *port != 0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_authority_is_a_host_and_an_optional_port() {
        for (text, host, port) in [
            ("localhost", "localhost", None),
            ("LocalHost:9229", "localhost", Some(9229)),
            ("my_service:80", "my_service", Some(80)),
            ("127.0.0.1:65535", "127.0.0.1", Some(65535)),
            ("[::1]", "::1", None),
            ("[0:0:0:0:0:0:0:1]:1", "::1", Some(1)),
        ] {
            let authority = Authority::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((authority.host.as_str(), authority.port), (host, port));
        }
        let long = "a".repeat(LONGEST_NAME + 1);
        for text in [
            "",
            ":80",
            "localhost:",
            "localhost:0",
            "localhost:65536",
            "localhost:99999",
            "localhost:http",
            "localhost:+80",
            "localhost:80:80",
            "user@localhost",
            "user:secret@localhost:80",
            "local host",
            "localhost/",
            "localhost#",
            "local%68ost",
            "b\u{fc}ro",
            "::1",
            "[::1",
            "[::1]80",
            "[::1].example.com",
            "[localhost]",
            "[fe80::1%25eth0]",
            &long,
        ] {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let of = |target: &str, hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
            }
            Authority::of(&target.parse().unwrap(), &headers).map(|authority| authority.host)
        };
        for (target, hosts) in [
            ("/", &["localhost:1"][..]),
            ("http://localhost:1/", &["localhost:1"]),
            // An HTTP/2 request has no `Host` header.
            ("http://localhost:1/", &[]),
        ] {
            assert_eq!(of(target, hosts).as_deref(), Ok("localhost"), "{target}");
        }
        for (target, hosts) in [
            ("/", &[][..]),
            ("/", &["localhost", "localhost"]),
            ("/", &["localhost", "evil.example"]),
            ("/", &["localhost:99999"]),
            ("/", &["user@localhost"]),
            ("http://evil.example/", &["localhost"]),
            ("http://localhost:2/", &["localhost:1"]),
            ("http://user@localhost/", &["localhost"]),
            ("http://user@localhost/", &[]),
            ("http://localhost:99999/", &[]),
        ] {
            assert!(of(target, hosts).is_err(), "{target} {hosts:?}");
        }
    }
}
