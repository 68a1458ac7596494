//! The address of `--listen`, for commands that do not serve it.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use crate::config::{Config, TlsFlags};
use crate::start::exposure;

/// The flags without `--listen`, and what is to say about its address. A client that runs the
/// server uses the address, so the checks do not.
pub(super) fn without_address(config: &Config) -> (Config, Option<String>) {
    let mut rest = config.clone();
    let Some(address) = rest.listen else {
        return (rest, None);
    };
    if exposure::check(address.ip(), rest.expose, "").is_err() {
        // The start reports it.
        return (rest, None);
    }
    let mut message = None;
    match TcpListener::bind(address) {
        Ok(_) => rest.listen = None,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            message = Some(format!(
                "{address} is in use, as when a client runs this server. Only one server can use \
                 it: another one works without it, with data of its own. --listen {} takes a free \
                 port",
                SocketAddr::new(address.ip(), 0)
            ));
            rest.listen = None;
        }
        // The start reports it.
        Err(_) => {}
    }
    if rest.listen.is_none() {
        rest.emulator.tls = TlsFlags::default();
    }
    (rest, message)
}
