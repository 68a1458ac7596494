//! Exposure of the emulator to other machines: `--expose`.
//!
//! The emulator does not check credentials, so an address that other machines can reach
//! requires a flag. MCP over HTTP does not require the flag. On such an address it
//! requires a token or OAuth, so callers without one have no access.

use std::net::IpAddr;

use crate::start_error::StartError;
use crate::stderr::note;

/// Whether only this machine can reach `address`.
#[must_use]
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Checks that the emulator may be served at `address`. `command` is a command that
/// allows it.
///
/// # Errors
/// If other machines can reach the address, and the flag is not set.
pub fn check(address: IpAddr, is_allowed: bool, command: &str) -> Result<(), StartError> {
    if is_allowed || is_loopback(address) {
        return Ok(());
    }
    Err(StartError(format!(
        "Other machines can reach {address}, and the emulator checks no credentials: to serve it to \
         all of them, run `{command}`."
    )))
}

/// Reports what other machines can do at `address`, if they can reach it.
pub fn report(address: IpAddr) {
    if !is_loopback(address) {
        note(OPEN);
    }
}

const OPEN: &str = "\
Every machine that reaches this address can do the following, without credentials:
  read, change and delete every user pool, user and app client
  read the outbox with its codes (/_emulator/outbox) and the journal (/_emulator/journal)
  reset the emulator, move its clock and inject faults (/_emulator/reset, clock, faults)
  set triggers, with which this process posts to any URL (/_emulator/triggers)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_needs_no_flag() {
        for (address, is) in [
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("0.0.0.0", false),
            ("::", false),
            ("::ffff:0.0.0.0", false),
            ("10.0.0.1", false),
            ("fe80::1", false),
            ("192.168.1.2", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(check(address, false, "x").is_ok(), is, "{address}");
            assert!(check(address, true, "x").is_ok(), "{address}");
        }
    }
}
