//! Bounds on everything that a caller of the emulator can make grow.
//!
//! Each constant states its subject, its unit, and the effect when the bound is
//! reached. Limits of Cognito itself (pools per account, groups per pool) are
//! in `state::limit` and `quotas`; these bounds are the emulator's own.

use std::collections::BTreeMap;
use std::time::Duration;

// Connections over HTTP.

/// Open connections at a time. When another one arrives, the connection that
/// has waited longest for a whole request is closed. If every connection has a
/// request in progress, the new one waits.
pub const CONNECTIONS: usize = 512;

/// Requests in progress at a time on one HTTP/2 connection
/// (`SETTINGS_MAX_CONCURRENT_STREAMS`). Further ones are refused by the
/// protocol.
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

/// Time for requests in progress when the server ends. Connections that are
/// still open after it are closed.
pub const GRACE: Duration = Duration::from_millis(700);

/// Bytes of a call to the API or of a request to the controls. A longer one is answered
/// with 413. Cognito's longest member, an image, is far shorter.
pub const CALL_BYTES: usize = 4 * 1024 * 1024;

// Responses.

/// Characters of `x-amzn-errormessage` and `x-amzn-errortype`. Longer sentences are
/// cut there and whole in the body, where SDKs read them. Clients refuse long
/// headers: Node.js from 16 KB on, Python from 64 KB on. The length at which AWS
/// cuts is unknown: this one is inferred.
pub const ERROR_HEADER: usize = 2_000;

/// Characters of one value in a sentence about the model's constraints, which
/// repeats the value. A longer value is replaced by `...`. Cognito's own limit
/// is unknown.
pub const ECHO: usize = 1024 * 1024;

/// Violations of the model's constraints in one sentence. The sentence counts all
/// and describes these. Cognito's own limit is unknown.
pub const VIOLATIONS: usize = 1_000;

// State and memory.

/// Calls in the journal. The oldest are dropped first.
pub const JOURNAL_CALLS: usize = 10_000;

/// Bytes of the journal: requests and answers as they were sent, and 150 bytes more
/// for each call. Long ones make the journal shorter than [`JOURNAL_CALLS`].
pub const JOURNAL_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of uploaded import files whose jobs have not ended, over all jobs. An
/// upload that does not fit is refused with `SlowDown` (503), an error of S3; that
/// it is this one is inferred. Cognito's limit of one file is 100 MB.
pub const IMPORT_FILES: usize = 256 * 1024 * 1024;

/// Lines in the logs of a pool's import jobs: one for each row of a file. The logs
/// of the oldest jobs are dropped first.
pub const IMPORT_LOG_LINES: usize = 1_000_000;

/// Sign-ins of one user whose tokens may still be valid: those that were never
/// signed out, and those that were. The oldest tenth is forgotten, and its tokens
/// are refused as revoked ones are. Cognito documents no limit.
pub const SIGN_INS: usize = 10_000;

/// Refresh tokens of one sign-in of a client that rotates them. The oldest are
/// forgotten, and refused as unknown ones are. Cognito documents no limit.
pub const REFRESH_TOKENS: usize = 1_000;

/// Refresh tokens of a pool's deleted users that have not expired. Those that expire
/// first are forgotten, and refused as unknown ones are.
pub const DELETED_USERS_TOKENS: usize = 10_000;

/// Devices of one user. The one that has not signed in for the longest time is
/// forgotten. Cognito documents no limit.
pub const DEVICES: usize = 1_000;

/// Challenges of one pool that wait for their answers, and those of the last hour
/// that were answered or have expired. The oldest are forgotten, and their session
/// strings are refused as unknown ones are.
pub const CHALLENGES: usize = 100_000;

/// Names without a user of which one pool remembers codes and attempts, for clients
/// that hide which users exist. The tenth that was used least recently is forgotten.
pub const DECOYS: usize = 100_000;

/// Events of threat protection of one user. The oldest are forgotten.
pub const EVENTS: usize = 200;

/// Challenges in one event of threat protection. Further ones are not added.
pub const EVENT_CHALLENGES: usize = 100;

/// Characters of a caller's address and time zone in an event of threat protection.
/// A longer text is not kept.
pub const EVENT_TEXT: usize = 256;

/// Access tokens whose signatures are known to be good, at 1 KB each. A further one
/// is checked again.
pub const VERIFIED_TOKENS: usize = 256;

/// Tokens whose times do not follow the emulator's clock (`token_clock`,
/// `token_age_seconds`). The oldest are forgotten, and expire by the times in them.
pub const SHIFTED_TOKENS: usize = 10_000;

/// Bytes of `amz-sdk-invocation-id`, by which faults find the retries of a call. SDKs
/// send 36. A longer id is ignored.
pub const INVOCATION_ID: usize = 128;

/// Callers that a fault with `callers` strikes at most. More are refused.
pub const FAULT_CALLERS: usize = 1_000;

/// Bytes of `Access-Control-Request-Headers` that a preflight answer repeats. A longer
/// list is not repeated, and the browser does not send its request.
pub const PREFLIGHT_HEADERS: usize = 2_000;

/// Messages in the outbox. The oldest tenth is dropped.
pub const OUTBOX_MESSAGES: usize = 10_000;

/// Bytes of the outbox's messages. The oldest tenth of the messages is dropped.
pub const OUTBOX_BYTES: usize = 64 * 1024 * 1024;

/// Faults that are injected at a time. One more is refused.
pub const FAULTS: usize = 1_000;

/// Characters of the message of an injected fault. A longer one is refused.
pub const FAULT_MESSAGE: usize = 10_000;

/// Functions that are mapped at a time by `PUT /_emulator/triggers`. One more is
/// refused. Functions of the embedding program are not limited.
pub const FUNCTIONS: usize = 1_000;

/// Characters of a function's name or ARN, as in the service model.
pub const FUNCTION_NAME: usize = 2_048;

/// Invocations of functions in the log. The oldest are dropped.
pub const INVOCATIONS: usize = 1_000;

/// Characters of one invocation's outcome in the log. The rest is cut.
pub const INVOCATION_TEXT: usize = 1_000;

/// Buckets of the throttle. Full ones are dropped, then the half that is closest to
/// full, which admits calls earlier.
pub const BUCKETS: usize = 10_000;

/// Bytes of a user's or pool's name in the throttle. Longer ones, which no user or
/// pool has, are not counted.
pub const BUCKET_NAME: usize = 1_024;

/// Request rates that accounts have provisioned, over all accounts. The first by
/// Region and account go back to the default.
pub const PROVISIONED_RATES: usize = 10_000;

/// User pools of all accounts and Regions together. One more is refused with
/// `LimitExceededException` and a sentence of the emulator. Cognito's own limit,
/// 1,000 in each account and Region, is in `state`.
pub const POOLS: usize = 32_768;

/// Removes the tenth of `map` with the least `age`, if the map has `most` entries or
/// more.
pub(crate) fn make_room<K: Ord, V, A: Ord + Copy>(
    map: &mut BTreeMap<K, V>,
    most: usize,
    age: impl Fn(&V) -> A,
) {
    if map.len() < most {
        return;
    }
    let mut ages: Vec<A> = map.values().map(&age).collect();
    let mut left = (map.len() / 10).max(1);
    let (_, oldest, _) = ages.select_nth_unstable(left - 1);
    let oldest = *oldest;
    // Of entries of one age some may stay.
    map.retain(|_, value| {
        let is_old = left > 0 && age(value) <= oldest;
        left -= usize::from(is_old);
        !is_old
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_tenth_makes_room() {
        let ages = [3, 1, 1, 2, 5, 4, 1, 9, 8, 7, 6, 2, 2, 2, 2, 2, 2, 2, 2, 2];
        let mut map: BTreeMap<_, _> = ages.into_iter().enumerate().collect();
        make_room(&mut map, 21, |age| *age);
        assert_eq!(map.len(), 20);
        make_room(&mut map, 20, |age| *age);
        assert_eq!(map.len(), 18);
        assert_eq!(map.values().filter(|age| **age == 1).count(), 1);
        let mut same: BTreeMap<_, _> = (0..5).map(|key| (key, 1)).collect();
        make_room(&mut same, 5, |age| *age);
        assert_eq!(same.len(), 4);
    }
}
