//! Bounds: everything that a caller of the emulator can make grow.
//!
//! Each constant says what it bounds, its unit, and what the caller gets when the
//! bound is reached. Limits that Cognito itself has (pools per account, groups per
//! pool) are in `state::limit` and `quotas`; these are the emulator's own.

use std::time::Duration;

// Connections over HTTP.

/// Connections that are open at once. When one more arrives, the connection that has
/// waited longest for a whole request is closed; if every connection has a request
/// under way, the new one waits.
pub const CONNECTIONS: usize = 512;

/// Requests under way at once on one HTTP/2 connection
/// (`SETTINGS_MAX_CONCURRENT_STREAMS`). Further ones are refused by the protocol.
pub const STREAMS: u32 = 100;

/// Bytes of a request's line and headers. A longer HTTP/1 head is answered with 431, and
/// the connection is closed.
pub const HEAD_BYTES: usize = 64 * 1024;

/// Bytes of an HTTP/2 request's headers, as `SETTINGS_MAX_HEADER_LIST_SIZE` counts them.
/// Longer ones are answered with 431; if they are much longer, the connection is closed.
pub const HEADER_LIST_BYTES: u32 = 16 * 1024;

/// Bytes that an HTTP/2 peer may send before they are read, of one stream and of one
/// connection. The peer waits by the protocol's flow control.
pub const WINDOW_BYTES: u32 = 256 * 1024;

/// Time for a request's line and headers, from their first byte. The connection is
/// closed.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// Time for a request's body, from the first wait for it. The request is answered with
/// 408, and the connection is closed.
pub const BODY_TIME: Duration = Duration::from_mins(1);

/// Time between two pieces of a request's body. The request is answered with 408, and
/// the connection is closed.
pub const BODY_GAP: Duration = Duration::from_secs(10);

/// Time that a connection may be open without a request. It is closed.
pub const IDLE_TIME: Duration = Duration::from_mins(1);

/// Time in which a peer must read a part of a response that waits for it. The connection
/// is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(30);

/// Bytes of the bodies that are held at once, without the first [`SMALL_BODY`] of each.
/// A longer body waits for [`BODY_GAP`], and is then answered with 503.
pub const BODIES: usize = 128 * 1024 * 1024;

/// Bytes of a body that count toward no total: they are bounded by [`CONNECTIONS`] and
/// [`STREAMS`].
pub const SMALL_BODY: usize = 64 * 1024;

/// Time that an ending server gives to the requests under way. Connections that are
/// still open are then closed.
pub const GRACE: Duration = Duration::from_millis(700);

/// Bytes of a call to the API or of a request to the controls. A longer one is answered
/// with 413. Cognito's longest member, an image, is far shorter.
pub const CALL_BYTES: usize = 4 * 1024 * 1024;

// State and memory.
