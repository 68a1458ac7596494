//! A channel of delivery: a bounded queue, and a thread that sends its messages in order.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use cognito_emulator::world::Message;
use cognito_emulator::world::delivery::Report;
use parking_lot::Mutex;

use crate::bounds::DELIVERY_QUEUE;

/// Sends messages to a server.
pub(super) trait Carrier: Send + 'static {
    /// The name of the channel, such as `smtp`.
    fn name(&self) -> &'static str;

    /// The server, without user, password and path.
    fn server(&self) -> String;

    /// Sends `message`. May wait, for a bounded time.
    ///
    /// # Errors
    /// If the server did not accept the message.
    fn carry(&self, message: &Message) -> Result<(), NotDelivered>;
}

/// The reason why a server did not accept a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotDelivered {
    /// The reason, without the text of the message and of the server's answer. The end of a
    /// sentence.
    pub(super) why: String,
    /// Whether the server was not there: a later attempt may succeed.
    pub(super) is_absent: bool,
}

impl NotDelivered {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_absent: false,
        }
    }

    pub(super) fn absent(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_absent: true,
        }
    }
}

/// Receives lines for the operator.
pub(super) type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// The waits between attempts while the server is absent: a minute in all. A server that
/// starts after the emulator gets the messages of the first minute.
const WAITS: [Duration; 11] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(8),
    Duration::from_secs(8),
    Duration::from_secs(8),
    Duration::from_secs(8),
    Duration::from_secs(8),
];

/// A queue and its thread.
pub(super) struct Channel {
    shared: Arc<ChannelState>,
    /// None after the end.
    entry: Mutex<Option<Entry>>,
    done: Mutex<Receiver<()>>,
}

/// The ends of the channels to the thread. The thread ends when both are dropped.
struct Entry {
    queue: SyncSender<Message>,
    _open: Sender<()>,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.server()).finish()
    }
}

struct ChannelState {
    report: Mutex<Report>,
    log: Log,
}

impl Channel {
    pub(super) fn start(carrier: impl Carrier, log: Log) -> Self {
        Self::with_waits(carrier, log, &WAITS)
    }

    fn with_waits(carrier: impl Carrier, log: Log, waits: &'static [Duration]) -> Self {
        let shared = Arc::new(ChannelState {
            report: Mutex::new(Report {
                channel: carrier.name(),
                server: carrier.server(),
                queued: 0,
                delivered: 0,
                failed: 0,
                dropped: 0,
                failure: None,
            }),
            log,
        });
        let (queue, messages) = sync_channel(DELIVERY_QUEUE);
        let (open, ended) = channel();
        let (finished, done) = channel();
        let worker = Worker {
            carrier,
            ended,
            waits,
            shared: Arc::clone(&shared),
        };
        let spawned = thread::Builder::new()
            .name(format!("delivery-{}", shared.report.lock().channel))
            .spawn(move || {
                worker.run(&messages);
                drop(finished);
            });
        if let Err(error) = spawned {
            shared.fail(&format!("no thread can be started ({})", error.kind()));
        }
        Self {
            shared,
            entry: Mutex::new(Some(Entry { queue, _open: open })),
            done: Mutex::new(done),
        }
    }

    /// The server, for people.
    pub(super) fn server(&self) -> String {
        self.shared.report.lock().server.clone()
    }

    /// Queues `message`. It is dropped if the queue is full.
    pub(super) fn push(&self, message: Message) {
        // Counted first, because the thread may have sent the message by the next line.
        self.shared.report.lock().queued += 1;
        let entry = self.entry.lock();
        let sent = entry
            .as_ref()
            .is_some_and(|entry| entry.queue.try_send(message).is_ok());
        if !sent {
            let mut report = self.shared.report.lock();
            report.queued -= 1;
            report.dropped += 1;
            drop(report);
            self.shared
                .fail(&format!("its queue of {DELIVERY_QUEUE} messages is full"));
        }
    }

    pub(super) fn report(&self) -> Report {
        self.shared.report.lock().clone()
    }

    /// Accepts no more messages.
    pub(super) fn close(&self) {
        *self.entry.lock() = None;
    }

    /// Waits until the messages in the queue were sent, at most for `limit`.
    pub(super) fn finish(&self, limit: Duration) {
        self.close();
        // The thread never sends: it drops its end when it is done.
        let _ = self.done.lock().recv_timeout(limit);
    }
}

impl ChannelState {
    /// Stores the reason of a failure, and logs the first one since the last success.
    fn fail(&self, why: &str) {
        let mut report = self.report.lock();
        let is_first = report.failure.is_none();
        report.failure = Some(why.to_owned());
        let server = report.server.clone();
        drop(report);
        if is_first {
            (self.log)(&format!(
                "A message was not sent to {server}: {why}. GET /_emulator/deliveries reports \
                 further failures."
            ));
        }
    }
}

/// The thread's side.
struct Worker<C> {
    carrier: C,
    /// Disconnected when the channel is closed.
    ended: Receiver<()>,
    waits: &'static [Duration],
    shared: Arc<ChannelState>,
}

impl<C: Carrier> Worker<C> {
    fn run(&self, messages: &Receiver<Message>) {
        // While a server stays absent, only the first message waits for it.
        let mut waits = self.waits;
        for message in messages {
            let result = self.deliver(&message, waits);
            let is_absent = result.as_ref().is_err_and(|why| why.is_absent);
            waits = if is_absent { &[] } else { self.waits };
            let mut report = self.shared.report.lock();
            report.queued -= 1;
            match result {
                Ok(()) => {
                    report.delivered += 1;
                    report.failure = None;
                }
                Err(_) => report.failed += 1,
            }
        }
    }

    fn deliver(&self, message: &Message, waits: &[Duration]) -> Result<(), NotDelivered> {
        let mut waits = waits.iter();
        loop {
            let result = self.carrier.carry(message);
            let Err(why) = &result else {
                return result;
            };
            self.shared.fail(&why.why);
            let wait = waits.next().filter(|_| why.is_absent);
            let Some(wait) = wait else {
                return result;
            };
            if self.ended.recv_timeout(*wait) != Err(RecvTimeoutError::Timeout) {
                return result;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;

    /// Reports each attempt, and waits for its result.
    struct Scripted {
        attempts: Sender<u64>,
        results: Receiver<Result<(), NotDelivered>>,
    }

    impl Carrier for Scripted {
        fn name(&self) -> &'static str {
            "test"
        }

        fn server(&self) -> String {
            "test://server".to_owned()
        }

        fn carry(&self, message: &Message) -> Result<(), NotDelivered> {
            self.attempts.send(message.sequence).unwrap();
            self.results.recv().unwrap_or(Ok(()))
        }
    }

    struct Fixture {
        channel: Channel,
        attempts: Receiver<u64>,
        results: Sender<Result<(), NotDelivered>>,
        lines: Arc<Mutex<Vec<String>>>,
    }

    fn fixture(waits: &'static [Duration]) -> Fixture {
        let (attempts, seen) = channel();
        let (results, scripted) = channel();
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let log: Log = Arc::new({
            let lines = Arc::clone(&lines);
            move |line: &str| lines.lock().push(line.to_owned())
        });
        let carrier = Scripted {
            attempts,
            results: scripted,
        };
        Fixture {
            channel: Channel::with_waits(carrier, log, waits),
            attempts: seen,
            results,
            lines,
        }
    }

    impl Fixture {
        fn push(&self, sequence: u64) {
            let mut message = message("ana@example.com");
            message.sequence = sequence;
            self.channel.push(message);
        }

        /// The next attempt, which has the given result.
        fn attempt(&self, result: Result<(), &str>) -> u64 {
            let sequence = self.attempts.recv().unwrap();
            let result = result.map_err(|why| NotDelivered {
                why: why.to_owned(),
                is_absent: why == "absent",
            });
            self.results.send(result).unwrap();
            sequence
        }

        fn counts(&self) -> (usize, u64, u64, u64) {
            let report = self.channel.report();
            (
                report.queued,
                report.delivered,
                report.failed,
                report.dropped,
            )
        }

        /// Lets the thread finish.
        fn finished(&self) {
            self.channel.finish(Duration::from_hours(1));
        }
    }

    #[test]
    fn messages_are_sent_in_order() {
        let fixture = fixture(&[]);
        for number in 1..4 {
            fixture.push(number);
        }
        let sent: Vec<u64> = (0..3).map(|_| fixture.attempt(Ok(()))).collect();
        assert_eq!(sent, [1, 2, 3]);
        fixture.finished();
        assert_eq!(fixture.counts(), (0, 3, 0, 0));
        assert_eq!(*fixture.lines.lock(), [""; 0]);
    }

    #[test]
    fn an_absent_server_gets_the_message_when_it_is_there() {
        let fixture = fixture(&[Duration::ZERO; 3]);
        fixture.push(1);
        for _ in 0..3 {
            assert_eq!(fixture.attempt(Err("absent")), 1);
        }
        assert_eq!(fixture.attempt(Ok(())), 1);
        fixture.finished();
        assert_eq!(fixture.counts(), (0, 1, 0, 0));
        assert_eq!(fixture.channel.report().failure, None);
        assert_eq!(fixture.lines.lock().len(), 1);
    }

    /// Once a message was given up, the following ones wait for no one, until one succeeds.
    #[test]
    fn a_backlog_is_given_up_quickly() {
        let fixture = fixture(&[Duration::ZERO]);
        for number in 1..=4 {
            fixture.push(number);
        }
        let mut attempts = Vec::new();
        for _ in 0..4 {
            attempts.push(fixture.attempt(Err("absent")));
        }
        assert_eq!(attempts, [1, 1, 2, 3]);
        assert_eq!(fixture.attempt(Ok(())), 4);
        fixture.push(5);
        assert_eq!(fixture.attempt(Err("absent")), 5);
        assert_eq!(fixture.attempt(Ok(())), 5);
        fixture.finished();
        assert_eq!(fixture.counts(), (0, 2, 3, 0));
    }

    #[test]
    fn a_refused_message_is_not_repeated_and_is_logged_once() {
        let fixture = fixture(&[Duration::ZERO; 3]);
        for number in 1..=3 {
            fixture.push(number);
            assert_eq!(fixture.attempt(Err("refused")), number);
        }
        fixture.push(4);
        assert_eq!(fixture.attempt(Ok(())), 4);
        fixture.push(5);
        assert_eq!(fixture.attempt(Err("refused")), 5);
        fixture.finished();
        assert_eq!(fixture.counts(), (0, 1, 4, 0));
        let sentence = "A message was not sent to test://server: refused. GET \
                        /_emulator/deliveries reports further failures.";
        assert_eq!(*fixture.lines.lock(), [sentence, sentence]);
    }

    #[test]
    fn a_full_queue_drops_messages_and_no_call_waits() {
        let fixture = fixture(&[]);
        fixture.push(0);
        // The first message is on its way, so the queue is empty again.
        assert_eq!(fixture.attempts.recv(), Ok(0));
        for number in 1..=DELIVERY_QUEUE + 2 {
            fixture.push(number as u64);
        }
        assert_eq!(fixture.counts(), (DELIVERY_QUEUE + 1, 0, 0, 2));
        assert_eq!(fixture.lines.lock().len(), 1);
        assert!(fixture.lines.lock()[0].contains("is full"));
        let Fixture {
            channel, results, ..
        } = &fixture;
        for _ in 0..=DELIVERY_QUEUE {
            results.send(Ok(())).unwrap();
        }
        channel.finish(Duration::from_hours(1));
        assert_eq!(fixture.counts(), (0, DELIVERY_QUEUE as u64 + 1, 0, 2));
    }

    /// The end of the program ends the wait for an absent server.
    #[test]
    fn the_end_ends_the_wait() {
        const LONG: &[Duration] = &[Duration::from_hours(9)];
        let fixture = fixture(LONG);
        fixture.push(1);
        assert_eq!(fixture.attempt(Err("absent")), 1);
        fixture.finished();
        assert_eq!(fixture.counts(), (0, 0, 1, 0));
        fixture.push(2);
        assert_eq!(fixture.counts(), (0, 0, 1, 1));
    }

    /// A server that never answers delays the end by the limit only.
    #[test]
    fn the_end_does_not_wait_for_a_server_that_hangs() {
        let fixture = fixture(&[]);
        fixture.push(1);
        assert_eq!(fixture.attempts.recv(), Ok(1));
        fixture.channel.finish(Duration::ZERO);
        assert_eq!(fixture.counts(), (1, 0, 0, 0));
    }
}
