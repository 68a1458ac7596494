//! Delivery of messages outside the emulator, such as by SMTP.
//!
//! The emulator opens no connection. A program can set a [`Delivery`], which the courier
//! passes each message to. Calls behave the same with and without one.

use serde::Serialize;

use super::Message;

/// A delivery of messages, in addition to the outbox.
pub trait Delivery: Send + Sync {
    /// Accepts `message`. Runs on the thread of the call that sends it, and must not wait.
    fn accept(&self, message: Message);

    /// The state of each channel, for people.
    fn reports(&self) -> Vec<Report>;
}

/// The state of a channel of delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The channel, such as `smtp`.
    pub channel: &'static str,
    /// The server, without user, password and path.
    pub server: String,
    /// Messages that wait or are being sent.
    pub queued: usize,
    /// Messages that the server accepted.
    pub delivered: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// Messages that were not queued because the queue was full.
    pub dropped: u64,
    /// The reason of the last failed attempt, without text of messages; absent once a later
    /// message was delivered.
    pub failure: Option<String>,
}
