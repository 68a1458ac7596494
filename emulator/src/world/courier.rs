//! The courier: stores outgoing messages in an outbox, and passes them on for delivery.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};

use super::Time;
use super::delivery::{Delivery, Report};
use crate::bounds::{OUTBOX_BYTES, OUTBOX_MESSAGES, OUTBOX_WAITERS};

/// The medium of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Medium {
    /// E-mail.
    Email,
    /// SMS.
    Sms,
}

/// The purpose of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Purpose {
    /// The invitation of `AdminCreateUser`. Its code is the temporary password.
    Invitation,
    /// Confirmation of a sign-up.
    SignUp,
    /// A code of `ForgotPassword` or `AdminResetUserPassword`.
    PasswordReset,
    /// A code for a new or unverified value of an attribute.
    AttributeVerification,
    /// A code as a first or second factor.
    SignIn,
    /// A notification of a sign-in that threat protection blocked. Its code is
    /// the feedback token.
    Notification,
}

/// A message that Cognito would have sent by e-mail or SMS.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The number of the message, which the courier sets: the first message has 1. Numbers are
    /// never used again, also after the outbox was emptied or the emulator was reset.
    pub sequence: u64,
    /// The time of sending.
    pub sent_at: Time,
    /// The id of the user pool.
    pub user_pool_id: String,
    /// The username of the recipient.
    pub username: String,
    /// The full address or number.
    pub destination: String,
    /// E-mail or SMS.
    pub medium: Medium,
    /// The purpose.
    pub purpose: Purpose,
    /// The code, or the temporary password of an invitation.
    pub code: String,
    /// The subject of an e-mail; empty for SMS.
    pub subject: String,
    /// The text with the code.
    pub body: String,
    /// The link that confirms a sign-up, in pools with `CONFIRM_WITH_LINK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The sender. The outbox does not show it.
    #[serde(skip)]
    pub envelope: Envelope,
}

/// The sender of a message, as its delivery needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The account of the user pool.
    pub account: String,
    /// The sender of an e-mail: an address, or a name with an address (RFC 5322, `mailbox`).
    pub from: String,
    /// The address for replies to an e-mail.
    pub reply_to: Option<String>,
    /// Whether a function of the pool sends the message in place of Cognito.
    pub is_custom: bool,
}

impl Message {
    /// Whether Cognito itself would have sent the message by e-mail.
    #[must_use]
    pub fn is_mail(&self) -> bool {
        self.medium == Medium::Email && !self.envelope.is_custom
    }

    /// The bytes of memory that the message uses.
    fn bytes(&self) -> usize {
        let texts = [
            &self.user_pool_id,
            &self.username,
            &self.destination,
            &self.code,
            &self.subject,
            &self.body,
            &self.envelope.account,
            &self.envelope.from,
        ];
        let texts = texts.map(String::len).iter().sum::<usize>();
        let optional = [&self.link, &self.envelope.reply_to];
        let optional = optional
            .into_iter()
            .flatten()
            .map(String::len)
            .sum::<usize>();
        size_of::<Self>() + texts + optional
    }
}

impl fmt::Debug for Message {
    /// Omits the code, and the texts that may contain it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("sequence", &self.sequence)
            .field("sent_at", &self.sent_at)
            .field("user_pool_id", &self.user_pool_id)
            .field("username", &self.username)
            .field("destination", &self.destination)
            .field("medium", &self.medium)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// The courier: stores messages in an outbox that tests can read.
#[derive(Default)]
pub struct Courier {
    outbox: Mutex<Outbox>,
    delivery: RwLock<Option<Arc<dyn Delivery>>>,
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier")
            .field("last", &self.last())
            .finish_non_exhaustive()
    }
}

/// The messages of a courier, as a save point keeps them.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved {
    /// By rising sequence number. Shared with save points.
    messages: Vec<Arc<Message>>,
    bytes: usize,
}

#[derive(Default)]
struct Outbox {
    kept: Saved,
    /// The sequence number of the last message.
    last: u64,
    /// Callers that wait for a message, by the number of their [`Arrival`]. Without a waker,
    /// the caller has not been polled yet.
    waiting: BTreeMap<u64, Option<Waker>>,
    arrivals: u64,
}

impl Courier {
    /// Stores a message under the next sequence number, and passes it on for delivery. The
    /// oldest messages are removed if there are too many.
    pub fn send(&self, mut message: Message) {
        let delivery = self.delivery.read().clone();
        let mut outbox = self.outbox.lock();
        outbox.last += 1;
        message.sequence = outbox.last;
        let passed_on = delivery.map(|delivery| (delivery, message.clone()));
        outbox.kept.put(message);
        let wakers: Vec<Waker> = outbox
            .waiting
            .values_mut()
            .filter_map(Option::take)
            .collect();
        drop(outbox);
        wakers.into_iter().for_each(Waker::wake);
        if let Some((delivery, message)) = passed_on {
            delivery.accept(message);
        }
    }

    /// Sets the delivery of messages, in addition to the outbox.
    pub fn deliver_by(&self, delivery: Arc<dyn Delivery>) {
        *self.delivery.write() = Some(delivery);
    }

    /// The state of delivery, for people. Empty without a delivery.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Report> {
        let delivery = self.delivery.read().clone();
        delivery.map_or_else(Vec::new, |delivery| delivery.reports())
    }

    /// The sequence number of the last message; zero before the first one.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.outbox.lock().last
    }

    /// Every stored message, oldest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<Message> {
        self.select(|_| true)
    }

    /// The messages for which `is_meant` returns true, oldest first.
    pub fn select(&self, is_meant: impl Fn(&Message) -> bool) -> Vec<Message> {
        let outbox = self.outbox.lock();
        let messages = outbox.kept.messages.iter().map(|kept| &**kept);
        messages.filter(|kept| is_meant(kept)).cloned().collect()
    }

    /// The latest messages, at most `count`, oldest first.
    #[must_use]
    pub fn latest(&self, count: usize) -> Vec<Message> {
        let messages = &self.outbox.lock().kept.messages;
        let latest = messages[messages.len().saturating_sub(count)..].iter();
        latest.map(|kept| Message::clone(kept)).collect()
    }

    /// Waits for the first message with a sequence number above `after` for which `is_meant`
    /// returns true. It may be in the outbox already. `is_meant` must not use the courier.
    ///
    /// Returns `None` if [`OUTBOX_WAITERS`] callers wait already.
    pub fn arrival<F>(&self, after: u64, is_meant: F) -> Option<Arrival<'_, F>>
    where
        F: Fn(&Message) -> bool + Unpin,
    {
        let mut outbox = self.outbox.lock();
        if outbox.waiting.len() >= OUTBOX_WAITERS {
            return None;
        }
        outbox.arrivals += 1;
        let number = outbox.arrivals;
        outbox.waiting.insert(number, None);
        drop(outbox);
        Some(Arrival {
            courier: self,
            number,
            after,
            is_meant,
        })
    }

    /// The number of callers that wait for a message.
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.outbox.lock().waiting.len()
    }

    /// Removes every message.
    pub fn clear(&self) {
        self.outbox.lock().kept = Saved::default();
    }

    /// The courier of an account's world. It delivers as this one does, and its sequence numbers
    /// go on from here, so that messages which move to it keep theirs.
    #[must_use]
    pub fn of_world(&self) -> Self {
        let outbox = Outbox {
            last: self.last(),
            ..Outbox::default()
        };
        Self {
            outbox: Mutex::new(outbox),
            delivery: RwLock::new(self.delivery.read().clone()),
        }
    }

    /// Moves the messages for which `is_moved` returns true to `to`, a new courier of
    /// [`Courier::of_world`] that has no messages.
    pub fn hand_over(&self, to: &Self, is_moved: impl Fn(&Message) -> bool) {
        let kept = &mut self.outbox.lock().kept;
        let moved = kept.messages.extract_if(.., |message| is_moved(message));
        let messages: Vec<_> = moved.collect();
        let bytes = messages.iter().map(|moved| moved.bytes()).sum();
        kept.bytes -= bytes;
        to.outbox.lock().kept = Saved { messages, bytes };
    }

    /// The messages, for a save point.
    pub(super) fn save(&self) -> Saved {
        self.outbox.lock().kept.clone()
    }

    /// Returns to the messages of a save point. They keep their numbers, and are not new to
    /// callers that wait. Later messages get new numbers.
    pub(super) fn restore(&self, saved: &Saved) {
        self.outbox.lock().kept = saved.clone();
    }
}

impl Saved {
    fn put(&mut self, message: Message) {
        let Self { messages, bytes } = self;
        *bytes += message.bytes();
        messages.push(Arc::new(message));
        while messages.len() > OUTBOX_MESSAGES || *bytes > OUTBOX_BYTES && messages.len() > 1 {
            let tenth = (messages.len() / 10).max(1);
            *bytes -= messages
                .drain(..tenth)
                .map(|old| old.bytes())
                .sum::<usize>();
        }
    }
}

/// The future of [`Courier::arrival`]. It frees its place among the waiters when it is
/// dropped.
#[must_use = "a future does nothing until it is polled"]
pub struct Arrival<'a, F> {
    courier: &'a Courier,
    number: u64,
    after: u64,
    is_meant: F,
}

impl<F: Fn(&Message) -> bool + Unpin> Future for Arrival<'_, F> {
    type Output = Message;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Message> {
        let this = self.get_mut();
        let mut outbox = this.courier.outbox.lock();
        let messages = &outbox.kept.messages;
        let seen = messages.partition_point(|message| message.sequence <= this.after);
        let mut new = messages[seen..].iter();
        if let Some(message) = new.find(|message| (this.is_meant)(message)) {
            return Poll::Ready(Message::clone(message));
        }
        // Messages never change, so these need not be compared again.
        this.after = this.after.max(outbox.last);
        let waker = Some(cx.waker().clone());
        outbox.waiting.insert(this.number, waker);
        Poll::Pending
    }
}

impl<F> Drop for Arrival<'_, F> {
    fn drop(&mut self) {
        self.courier.outbox.lock().waiting.remove(&self.number);
    }
}

impl<F> fmt::Debug for Arrival<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    fn message(body: String) -> Message {
        Message {
            sequence: 0,
            sent_at: Time(0),
            user_pool_id: String::new(),
            username: String::new(),
            destination: String::new(),
            medium: Medium::Email,
            purpose: Purpose::SignUp,
            code: String::new(),
            subject: String::new(),
            body,
            link: None,
            envelope: Envelope::default(),
        }
    }

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll<F>(arrival: &mut Arrival<'_, F>, woken: &Arc<Woken>) -> Option<String>
    where
        F: Fn(&Message) -> bool + Unpin,
    {
        let waker = Waker::from(Arc::clone(woken));
        match Pin::new(arrival).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(message) => Some(message.body),
            Poll::Pending => None,
        }
    }

    #[test]
    fn messages_of_the_outbox_are_bounded() {
        let courier = Courier::default();
        for number in 0..=OUTBOX_MESSAGES {
            courier.send(message(number.to_string()));
        }
        let kept = courier.outbox();
        assert_eq!(kept.len(), OUTBOX_MESSAGES * 9 / 10 + 1);
        assert_eq!(kept.last().unwrap().body, OUTBOX_MESSAGES.to_string());
    }

    #[test]
    fn bytes_of_the_outbox_are_bounded() {
        let courier = Courier::default();
        let eighth = "x".repeat(OUTBOX_BYTES / 8);
        for _ in 0..20 {
            courier.send(message(eighth.clone()));
            let outbox = courier.outbox.lock();
            let kept = &outbox.kept;
            let bytes: usize = kept.messages.iter().map(|kept| kept.bytes()).sum();
            assert_eq!(bytes, kept.bytes);
            assert!(bytes <= OUTBOX_BYTES);
        }
        assert_eq!(courier.outbox().len(), 7);
        courier.clear();
        assert_eq!(courier.outbox.lock().kept.bytes, 0);
    }

    #[test]
    fn sequence_numbers_are_not_used_again() {
        let courier = Courier::default();
        courier.send(message("a".to_owned()));
        courier.clear();
        courier.send(message("b".to_owned()));
        assert_eq!(courier.outbox()[0].sequence, 2);
        assert_eq!(courier.last(), 2);
        // A save point brings its messages back.
        let saved = courier.save();
        courier.send(message("c".to_owned()));
        courier.restore(&saved);
        courier.send(message("d".to_owned()));
        let kept = courier.outbox();
        let kept: Vec<_> = kept
            .iter()
            .map(|kept| (kept.sequence, &*kept.body))
            .collect();
        assert_eq!(kept, [(2, "b"), (4, "d")]);
    }

    #[test]
    fn a_waiter_gets_each_message_once_and_in_order() {
        let courier = Courier::default();
        let woken = Arc::new(Woken::default());
        let send = |body: &str| courier.send(message(body.to_owned()));
        send("a1");
        send("b1");
        let of_a = |message: &Message| message.body.starts_with('a');
        // A message that is in the outbox already.
        let mut first = courier.arrival(0, of_a).unwrap();
        assert_eq!(poll(&mut first, &woken).as_deref(), Some("a1"));
        drop(first);
        // Messages that arrive later; several may arrive before the next request.
        let mut second = courier.arrival(1, of_a).unwrap();
        assert_eq!(poll(&mut second, &woken), None);
        send("b2");
        assert_eq!(poll(&mut second, &woken), None);
        send("a2");
        send("a3");
        assert_eq!(poll(&mut second, &woken).as_deref(), Some("a2"));
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        drop(second);
        let mut third = courier.arrival(4, of_a).unwrap();
        assert_eq!(poll(&mut third, &woken).as_deref(), Some("a3"));
    }

    #[test]
    fn waiters_are_bounded_and_leave_nothing() {
        let courier = Courier::default();
        let arrival = || courier.arrival(0, |_| true);
        let waiting: Vec<_> = (0..OUTBOX_WAITERS).map(|_| arrival().unwrap()).collect();
        assert!(arrival().is_none());
        assert_eq!(courier.waiters(), OUTBOX_WAITERS);
        drop(waiting);
        assert_eq!(courier.waiters(), 0);
        assert!(arrival().is_some());
    }

    #[test]
    fn messages_are_passed_on_for_delivery() {
        #[derive(Default)]
        struct Recorded(Mutex<Vec<(u64, String)>>);
        impl Delivery for Recorded {
            fn accept(&self, message: Message) {
                self.0.lock().push((message.sequence, message.body));
            }

            fn reports(&self) -> Vec<Report> {
                Vec::new()
            }
        }
        let courier = Courier::default();
        let recorded = Arc::new(Recorded::default());
        courier.send(message("before".to_owned()));
        courier.deliver_by(Arc::<Recorded>::clone(&recorded));
        courier.send(message("after".to_owned()));
        assert_eq!(*recorded.0.lock(), [(2, "after".to_owned())]);
        assert_eq!(courier.outbox().len(), 2);
    }

    #[test]
    fn debug_omits_code_and_text() {
        let mut secret = message("the code is 123456".to_owned());
        secret.code = "123456".to_owned();
        secret.subject = "123456".to_owned();
        let shown = format!("{secret:?}");
        assert!(!shown.contains("123456"), "{shown}");
    }
}
