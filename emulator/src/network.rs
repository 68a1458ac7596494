//! The transport for external identity providers: an HTTP client of this machine.

use std::fmt;
use std::io::Read;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Request, Response};

use crate::bounds::FETCHED_BYTES;
use crate::world::fetch::{Incoming, NoResponse, Outgoing, TIME_LIMIT, Transport};

/// The time in which a server must accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// A client without proxies, redirects and reuse of connections.
#[derive(Clone)]
pub struct Network(Agent);

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Network {
    /// A client. Certificates are verified against the roots of the operating system.
    #[must_use]
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIME_LIMIT))
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_idle_connections(0);
        Self(with_tls(config).build().into())
    }

    fn read(response: Response<ureq::Body>) -> Result<Incoming, NoResponse> {
        let location = response.headers().get("location");
        let location = location.and_then(|value| value.to_str().ok());
        let location = location.map(ToOwned::to_owned);
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let most = u64::try_from(FETCHED_BYTES).unwrap_or(u64::MAX);
        let mut reader = response.into_body().into_reader().take(most + 1);
        reader.read_to_end(&mut body).map_err(|error| {
            if error.kind() == std::io::ErrorKind::TimedOut {
                NoResponse::TimedOut
            } else {
                NoResponse::Unreachable
            }
        })?;
        if body.len() > FETCHED_BYTES {
            return Err(NoResponse::TooLong);
        }
        Ok(Incoming {
            status,
            location,
            body,
        })
    }
}

impl Transport for Network {
    fn reaches(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(mut addresses) = (host, port).to_socket_addrs() else {
            return false;
        };
        addresses.any(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
    }

    fn send(&self, request: &Outgoing) -> Result<Incoming, NoResponse> {
        let mut built = Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        let response = if request.method == "POST" {
            let built = built.body(request.body.as_bytes());
            built.map(|request| self.0.run(request))
        } else {
            built.body(()).map(|request| self.0.run(request))
        };
        let response = response.map_err(|_| NoResponse::NotAllowed)?;
        Self::read(response.map_err(|error| match error {
            ureq::Error::Timeout(_) => NoResponse::TimedOut,
            _ => NoResponse::Unreachable,
        })?)
    }
}

type Config = ureq::config::ConfigBuilder<ureq::typestate::AgentScope>;

/// The cryptography of the SDK, and the certificates of the operating system. Nothing is read from
/// the environment for a test.
fn with_tls(config: Config) -> Config {
    use std::sync::Arc;

    use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let roots = rustls_native_certs::load_native_certs().certs;
    let roots = roots
        .into_iter()
        .map(|certificate| ureq::tls::Certificate::from_der(certificate.as_ref()).to_owned());
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(provider))
        .root_certs(RootCerts::from(roots))
        .build();
    config.tls_config(tls)
}
