//! The transport for external identity providers: an HTTP client of this machine.

use std::fmt;
use std::io::Read;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::typestate::AgentScope;

use crate::bounds::FETCHED_BYTES;
use crate::world::fetch::{Incoming, NoResponse, Outgoing, TIME_LIMIT, Transport};

/// The time in which a server must accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// A client without proxies, redirects and reuse of connections. It is made at the first request,
/// because to read the certificates of the operating system takes time.
#[derive(Default)]
pub struct Network(OnceLock<Agent>);

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Network {
    fn agent(&self) -> &Agent {
        self.0.get_or_init(|| {
            let config = Agent::config_builder()
                .timeout_global(Some(TIME_LIMIT))
                .http_status_as_error(false)
                .proxy(None)
                .max_redirects(0)
                .max_idle_connections(0);
            with_tls(config).build().into()
        })
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
            built.map(|request| self.agent().run(request))
        } else {
            built.body(()).map(|request| self.agent().run(request))
        };
        let response = response.map_err(|_| NoResponse::NotAllowed)?;
        Self::read(response.map_err(|error| match error {
            ureq::Error::Timeout(_) => NoResponse::TimedOut,
            _ => NoResponse::Unreachable,
        })?)
    }
}

/// The cryptography of the AWS SDK, and the certificates of the operating system.
fn with_tls(config: ConfigBuilder<AgentScope>) -> ConfigBuilder<AgentScope> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let roots = rustls_native_certs::load_native_certs().certs.into_iter();
    let roots = roots.map(|root| Certificate::from_der(root.as_ref()).to_owned());
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(provider))
        .root_certs(RootCerts::from(roots))
        .build();
    config.tls_config(tls)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Serves `response` once, and returns the address and the request.
    fn serve(response: Vec<u8>) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"a=1") && stream.read(&mut byte).unwrap_or(0) == 1 {
                request.push(byte[0]);
            }
            // The client may stop reading.
            let _ = stream.write_all(&response);
            String::from_utf8(request).unwrap()
        });
        (format!("http://{address}/token"), server)
    }

    fn post(url: String) -> Result<Incoming, NoResponse> {
        Network::default().send(&Outgoing {
            method: "POST",
            url,
            headers: vec![("user-agent", "Amazon/Cognito".to_owned())],
            body: "a=1".to_owned(),
        })
    }

    #[test]
    fn requests_and_responses() {
        let (url, server) =
            serve(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nok".to_vec());
        let response = post(url.clone()).unwrap();
        assert_eq!((response.status, &*response.body), (302, &b"ok"[..]));
        assert_eq!(response.location.as_deref(), Some("/x"));
        let request = server.join().unwrap();
        assert!(request.starts_with("POST /token HTTP/1.1\r\n"), "{request}");
        assert!(
            request.contains("user-agent: Amazon/Cognito\r\n"),
            "{request}"
        );
        // The server has ended.
        assert_eq!(post(url), Err(NoResponse::Unreachable));
    }

    #[test]
    fn long_responses_are_refused() {
        for (length, expected) in [
            (FETCHED_BYTES, None),
            (FETCHED_BYTES + 1, Some(NoResponse::TooLong)),
        ] {
            let mut response = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
            response.resize(response.len() + length, b'x');
            let (url, server) = serve(response);
            assert_eq!(post(url).err(), expected);
            server.join().unwrap();
        }
    }

    /// A slow server is given up, no proxy of the environment sees secrets, and the caller decides
    /// which redirects are followed.
    #[test]
    fn the_client_has_limits() {
        let network = Network::default();
        let config = network.agent().config();
        assert_eq!(config.timeouts().global, Some(TIME_LIMIT));
        assert!(config.proxy().is_none());
        assert_eq!(
            (config.max_redirects(), config.max_idle_connections()),
            (0, 0)
        );
    }

    #[test]
    fn reachable_hosts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = Network::default();
        assert!(network.reaches("127.0.0.1", port));
        drop(listener);
        assert!(!network.reaches("127.0.0.1", port));
        assert!(!network.reaches("no-such-host.invalid", 443));
    }
}
