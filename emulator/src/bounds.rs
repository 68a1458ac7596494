//! Bounds on everything that a caller of the emulator can make grow.
//!
//! Each constant states its subject, its unit, and the effect when the bound is
//! reached. Limits of Cognito itself (pools per account, groups per pool) are
//! in `state::limit` and `quotas`; these bounds are the emulator's own.

use std::collections::BTreeMap;
use std::time::Duration;

// Pool files.

/// Bytes of a pool file. A larger file is refused.
pub const FILE_BYTES: usize = 256 * 1024 * 1024;

/// Levels of lists and maps in a pool file. A deeper file is refused.
pub const FILE_DEPTH: usize = 64;

/// Values in a pool file, without those that aliases repeat. A file with more is refused.
pub const FILE_NODES: usize = 8_000_000;

/// Values that the anchors and aliases in a pool file repeat. A file with more is refused.
pub const FILE_REPEATED: usize = 100_000;

/// Levels of functions and references in a CloudFormation template. A deeper one, or one whose
/// references form a circle, is refused. The functions of a template return at most as many values
/// and bytes as a pool file can have.
pub const TEMPLATE_DEPTH: usize = 100;

// Connections over HTTP.

/// Open connections at a time. When another one arrives, the connection that
/// has waited longest for a whole request is closed. If every connection has a
/// request in progress, the new one waits.
pub const CONNECTIONS: usize = 512;

/// Requests in progress at a time on one HTTP/2 connection
/// (`SETTINGS_MAX_CONCURRENT_STREAMS`). The protocol refuses further ones.
pub const STREAMS: u32 = 100;

/// Bytes of a request's line and headers. A longer HTTP/1 head is answered with 431, and
/// the connection is closed.
pub const HEAD_BYTES: usize = 64 * 1024;

/// Bytes of an HTTP/2 request's headers, as `SETTINGS_MAX_HEADER_LIST_SIZE` counts them.
/// Longer ones are answered with 431; if they are much longer, the connection is closed.
pub const HEADER_LIST_BYTES: u32 = 16 * 1024;

/// Bytes that an HTTP/2 peer may send before the server has read them, on one stream and
/// on one connection. The protocol's flow control then makes the peer wait.
pub const WINDOW_BYTES: u32 = 256 * 1024;

/// Time for a request's line and headers, from their first byte. After it, the connection
/// is closed.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// Time for a request's body, from the first wait for it. After it, the request is
/// answered with 408, and the connection is closed.
pub const BODY_TIME: Duration = Duration::from_mins(1);

/// Time between two pieces of a request's body. After it, the request is answered with
/// 408, and the connection is closed.
pub const BODY_GAP: Duration = Duration::from_secs(10);

/// Time that a connection may be open without a request. After it, the connection is
/// closed.
pub const IDLE_TIME: Duration = Duration::from_mins(1);

/// Time in which a peer must read the next part of a response. After it, the connection
/// is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(30);

/// Bytes of request bodies in memory at a time, without the first [`SMALL_BODY`] of each.
/// A body that does not fit waits for at most [`BODY_GAP`]; its request is then answered
/// with 503.
pub const BODIES: usize = 128 * 1024 * 1024;

/// Bytes of each body that do not count toward [`BODIES`]. [`CONNECTIONS`] and
/// [`STREAMS`] bound their total.
pub const SMALL_BODY: usize = 64 * 1024;

/// Time for requests in progress when the server ends. Connections that are
/// still open after it are closed.
pub const GRACE: Duration = Duration::from_millis(700);

/// Bytes of a call to the API or of a request to the controls. A longer one is answered
/// with 413. The longest member of a request to Cognito, an image, is far shorter.
pub const CALL_BYTES: usize = 4 * 1024 * 1024;

// Responses.

/// Characters of `x-amzn-errormessage` and `x-amzn-errortype`. Longer sentences are cut
/// in the header; the body, which SDKs read, has the whole sentence. Clients refuse long
/// headers: Node.js from 16 KB on, Python from 64 KB on. The length at which AWS cuts is
/// not known; this value is inferred.
pub const ERROR_HEADER: usize = 2_000;

/// Characters of a value that the sentence about a violated constraint repeats. A longer
/// value is replaced by `...`. Cognito's own limit is unknown.
pub const ECHO: usize = 1024 * 1024;

/// Violations of the model's constraints in one sentence. The sentence counts all
/// violations and describes at most this many. Cognito's own limit is unknown.
pub const VIOLATIONS: usize = 1_000;

// State and memory.

/// Calls in the journal. The oldest are dropped first.
pub const JOURNAL_CALLS: usize = 10_000;

/// Bytes of the journal: requests and answers as they were sent, and 150 bytes more for
/// each call. If requests are long, the journal has fewer calls than [`JOURNAL_CALLS`].
pub const JOURNAL_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of uploaded import files, over all jobs that have not ended. An upload that does
/// not fit is refused with S3's error `SlowDown` (503); the choice of this error is
/// inferred. Cognito's limit for one file is 100 MB.
pub const IMPORT_FILES: usize = 256 * 1024 * 1024;

/// Lines in the logs of a pool's import jobs: one for each row of a file. The logs
/// of the oldest jobs are dropped first.
pub const IMPORT_LOG_LINES: usize = 1_000_000;

/// Sign-ins of one user that are remembered until their tokens expire, signed out or not.
/// The oldest tenth is forgotten, and its tokens are refused like revoked ones. Cognito
/// documents no limit.
pub const SIGN_INS: usize = 10_000;

/// Refresh tokens of one sign-in at an app client that rotates them. The oldest are
/// forgotten, and refused like unknown ones. Cognito documents no limit.
pub const REFRESH_TOKENS: usize = 1_000;

/// Refresh tokens of a pool's deleted users that have not expired. Those that expire
/// first are forgotten, and refused like unknown ones.
pub const DELETED_USERS_TOKENS: usize = 10_000;

/// Devices of one user. The one that has not signed in for the longest time is
/// forgotten. Cognito documents no limit.
pub const DEVICES: usize = 1_000;

/// Challenges of one pool: the pending ones, and those that were answered or expired in
/// the last hour. The oldest are forgotten, and their session strings are refused like
/// unknown ones.
pub const CHALLENGES: usize = 100_000;

/// Names of nonexistent users for which one pool remembers codes and attempts. App
/// clients that hide which users exist need them. The least recently used tenth is
/// forgotten.
pub const DECOYS: usize = 100_000;

/// Bytes of a form at a domain. Cognito accepts SAML responses of up to 100,000 characters;
/// encoding may triple them.
pub const FORM_BYTES: usize = 400_000;

/// Parameters of a query or a form at a domain. Further ones are ignored.
pub const PARAMETERS: usize = 200;

/// Characters of a parameter at a domain that the journal shows.
pub const PARAMETER: usize = 500;

/// Authorization codes of one pool that are not exchanged yet, and those of the last minutes.
/// The oldest are forgotten, and refused like unknown ones.
pub const AUTHORIZATION_CODES: usize = 100_000;

/// Browsers that are signed in at one pool's domain. The oldest have to sign in again.
pub const BROWSER_SESSIONS: usize = 100_000;

/// Browsers that are remembered as devices at one pool's domain. The oldest have to use a second
/// factor again.
pub const BROWSER_DEVICES: usize = 100_000;

/// Sign-ins at one pool's domain that wait for an external provider. The oldest are
/// forgotten.
pub const FEDERATIONS: usize = 10_000;

/// Bytes of an authorization request that is kept during a sign-in at an external provider. A longer
/// one is refused with `invalid_request`.
pub const FEDERATION_QUERY: usize = 8_192;

/// Bytes of an address in the discovery document of an external provider. A longer one is ignored.
pub const DISCOVERED_URL: usize = 2_048;

/// SAML assertions of one pool that are remembered so that each counts once. The oldest are
/// forgotten.
pub const ASSERTIONS: usize = 100_000;

/// Accounts at the providers of one pool that the emulator simulates. Those that were not used for the
/// longest time are removed.
pub const SIMULATED_ACCOUNTS: usize = 1_000;

/// Bytes of a response of an external provider. A longer one counts as no response.
pub const FETCHED_BYTES: usize = 1024 * 1024;

/// Events of threat protection of one user. The oldest are forgotten.
pub const EVENTS: usize = 200;

/// Challenges in one event of threat protection. Further ones are not added.
pub const EVENT_CHALLENGES: usize = 100;

/// Characters of a caller's address and time zone in an event of threat protection.
/// A longer text is not kept.
pub const EVENT_TEXT: usize = 256;

/// Access tokens that are remembered as having a valid signature, at 1 KB each. A
/// forgotten one is verified again.
pub const VERIFIED_TOKENS: usize = 256;

/// Tokens whose times do not follow the emulator's clock (`token_clock`,
/// `token_age_seconds`). The oldest are forgotten, and then expire at the time in their
/// `exp` claim.
pub const SHIFTED_TOKENS: usize = 10_000;

/// Bytes of `amz-sdk-invocation-id`, by which faults find the retries of a call. SDKs
/// send 36. A longer id is ignored.
pub const INVOCATION_ID: usize = 128;

/// The largest number of callers that a fault with `callers` can strike. A larger number
/// is refused.
pub const FAULT_CALLERS: usize = 1_000;

/// Bytes of `Access-Control-Request-Headers` that a preflight answer repeats. A longer
/// list is not repeated, and the browser does not send its request.
pub const PREFLIGHT_HEADERS: usize = 2_000;

/// Messages in the outbox. The oldest tenth is dropped.
pub const OUTBOX_MESSAGES: usize = 10_000;

/// Bytes of the outbox's messages. The oldest tenth of the messages is dropped.
pub const OUTBOX_BYTES: usize = 64 * 1024 * 1024;

/// Requests that wait for a message at a time. A further one is answered with 503.
pub const OUTBOX_WAITERS: usize = 128;

/// Time for which a request can wait for a message. A longer `timeout` is refused.
pub const OUTBOX_WAIT: Duration = Duration::from_mins(5);

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

/// Buckets of the throttle. If there are more, full ones are dropped, then the half that
/// is closest to full. The next call finds a full bucket in place of a dropped one.
pub const BUCKETS: usize = 10_000;

/// Bytes of a user's or pool's name in the throttle. Calls with a longer name, which no
/// user or pool has, are not counted.
pub const BUCKET_NAME: usize = 1_024;

/// Request rates that accounts have provisioned, over all accounts. The first by Region
/// and account are reset to the default.
pub const PROVISIONED_RATES: usize = 10_000;

/// Save points. One more is refused.
pub const SAVE_POINTS: usize = 100;

/// Characters in the name of a save point.
pub const SAVE_POINT_NAME: usize = 100;

/// Accounts that have a world of their own. One more is refused. The bounds of the journal,
/// the outbox, faults, save points and buckets apply to each world.
pub const WORLDS: usize = 128;

/// User pools of all accounts and Regions together. One more is refused with
/// `LimitExceededException` and a sentence of the emulator. Cognito's own limit,
/// 1,000 in each account and Region, is in `state`.
pub const POOLS: usize = 32_768;

/// Removes the tenth of the entries of `map` with the least `age`, if the map has `most`
/// entries or more.
pub(crate) fn make_room<K: Ord, V, A: Ord + Copy>(
    map: &mut BTreeMap<K, V>,
    most: usize,
    age: impl Fn(&V) -> A,
) {
    if map.len() >= most {
        let mut is_recent = all_but_oldest_tenth(map.values().map(&age).collect());
        map.retain(|_, value| is_recent(age(value)));
    }
}

/// Which entries to keep, if the tenth with the least of `ages` is removed. The function must
/// be called once with each age.
pub(crate) fn all_but_oldest_tenth<A: Ord + Copy>(mut ages: Vec<A>) -> impl FnMut(A) -> bool {
    let mut left = (ages.len() / 10).max(1);
    let oldest = (!ages.is_empty()).then(|| *ages.select_nth_unstable(left - 1).1);
    // If several entries have the age `oldest`, only as many as needed are removed.
    move |age| {
        let is_old = left > 0 && oldest.is_some_and(|oldest| age <= oldest);
        left -= usize::from(is_old);
        !is_old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_tenth_is_removed() {
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
