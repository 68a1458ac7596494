//! MCP on stdin and stdout.
//!
//! Each line is a message. The response to a line that is not a message is an error. Requests
//! wait while too many are under way. A request is under way until its response is written,
//! so if stdout is not read, stdin is not read either. Notifications and responses do not
//! wait.

mod calls;
mod lines;

use std::collections::VecDeque;
use std::error::Error;
use std::future::Future;
use std::io;
use std::time::Duration;

use rmcp::model::{ClientJsonRpcMessage, ClientNotification, ClientRequest, JsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::{RoleServer, ServiceExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::calls::{Calls, Kind, Under};
use self::lines::{Line, Lines};
use crate::bounds;
use crate::mcp::server::Server;
use crate::transport::rpc::Unreadable;

/// Bounds on the client.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a line: [`bounds::LINE_BYTES`].
    pub line_bytes: usize,
    /// Requests at once: [`bounds::CALLS`].
    pub calls: usize,
    /// Bytes of their lines: [`bounds::CALLS_BYTES`].
    pub calls_bytes: usize,
    /// Bytes of the requests that wait: [`bounds::WAITING_BYTES`].
    pub waiting_bytes: usize,
    /// Subscriptions at once: [`bounds::LISTENERS`].
    pub listeners: usize,
    /// Time for the calls under way at the end: [`bounds::LAST_RESPONSES`].
    pub last_responses: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: bounds::LINE_BYTES,
            calls: bounds::CALLS,
            calls_bytes: bounds::CALLS_BYTES,
            waiting_bytes: bounds::WAITING_BYTES,
            listeners: bounds::LISTENERS,
            last_responses: bounds::LAST_RESPONSES,
        }
    }
}

/// Serves on stdin and stdout until stdin ends, stdout is closed, or `interrupted` is
/// cancelled. Calls under way then have [`bounds::LAST_RESPONSES`] to end. After an
/// interrupt, this is the limit for all of them together. Otherwise it begins again after
/// each response. If stdout is closed, no responses are awaited.
///
/// # Errors
/// If the first message does not begin a session of the protocol, if stdout cannot be
/// written, or if a task panics.
pub async fn serve(
    server: Server,
    interrupted: CancellationToken,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (input, output) = rmcp::transport::stdio_pipes();
    tokio::select! {
        done = serve_over(server, input, output, Limits::default(), interrupted) => done,
        () = stdout_closed() => Ok(()),
    }
}

/// As [`serve`], over other streams and within other limits.
///
/// # Errors
/// As [`serve`].
pub async fn serve_over<R, W>(
    server: Server,
    input: R,
    output: W,
    limits: Limits,
    interrupted: CancellationToken,
) -> Result<(), Box<dyn Error + Send + Sync>>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let ended = interrupted.child_token();
    let calls = Calls::new(limits);
    // The channel has room for one line. Other responses wait in their calls.
    let (sender, lines) = mpsc::channel(1);
    let mut writing = tokio::spawn(write(output, lines));
    let transport = Stdio {
        input: Lines::new(input, limits.line_bytes),
        ended: ended.clone(),
        calls: calls.clone(),
        waiting: VecDeque::new(),
        waiting_bytes: 0,
        unreadable: None,
        output: Some(sender),
        limits,
    };
    let session = async {
        match server.serve(transport).await {
            Ok(service) => service.waiting().await.map(drop).map_err(Into::into),
            // A client may leave before its first message.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    };
    let overdue = async {
        ended.cancelled().await;
        let responses = async {
            while timeout(limits.last_responses, calls.response_written())
                .await
                .is_ok()
            {}
        };
        let interrupted = async {
            interrupted.cancelled().await;
            let _ = timeout(limits.last_responses, std::future::pending::<()>()).await;
        };
        tokio::select! {
            () = responses => {}
            () = interrupted => {}
        }
    };
    let mut overdue = std::pin::pin!(overdue);
    let mut session = std::pin::pin!(session);
    let done: Result<(), Box<dyn Error + Send + Sync>> = tokio::select! {
        done = &mut session => done,
        () = &mut overdue => return Ok(()),
        written = &mut writing => match written? {
            // The session has ended: no responses are left to write.
            Ok(()) => return session.await,
            // A client that closes stdout has ended, which is not an error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => {
                return Err(format!("Standard output cannot be written: {error}.").into());
            }
        },
    };
    // Responses that exist at this time are still written.
    ended.cancel();
    tokio::select! {
        _ = &mut writing => {}
        () = overdue => {}
    }
    done
}

/// A line of output, and the request under way to which it is the response.
type Output = (Vec<u8>, Option<Under>);

/// Writes lines until there are no more.
async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut lines: mpsc::Receiver<Output>,
) -> io::Result<()> {
    while let Some((line, under)) = lines.recv().await {
        output.write_all(&line).await?;
        output.flush().await?;
        drop(under);
    }
    Ok(())
}

/// Completes when the reader of stdout has closed it. Never completes if the system does
/// not report that.
#[cfg(target_os = "linux")]
async fn stdout_closed() {
    use std::os::fd::AsFd;
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    const WATCHED: Interest = Interest::READABLE.add(Interest::ERROR);
    // A file cannot be watched, and is not closed by its reader.
    let Ok(stdout) = io::stdout().as_fd().try_clone_to_owned() else {
        return std::future::pending().await;
    };
    #[expect(
        deprecated,
        reason = "sound for an `OwnedFd`; what replaces it is unsafe code"
    )]
    let Ok(stdout) = AsyncFd::with_interest(stdout, WATCHED) else {
        return std::future::pending().await;
    };
    loop {
        let Ok(mut state) = stdout.ready(WATCHED).await else {
            return std::future::pending().await;
        };
        if state.ready().is_error() || state.ready().is_read_closed() {
            return;
        }
        // On a terminal, stdout is readable when input arrives.
        state.clear_ready();
    }
}

#[cfg(not(target_os = "linux"))]
async fn stdout_closed() {
    std::future::pending().await
}

/// A request that waits for others to end.
struct Waiting {
    key: String,
    kind: Kind,
    /// The line of the request. The parsed request would take many times as much memory.
    line: Vec<u8>,
}

/// MCP's stdio transport.
struct Stdio<R> {
    input: Lines<R>,
    /// Cancelled when reading has ended.
    ended: CancellationToken,
    calls: Calls,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// The response to a line that cannot be read. It is sent before more is read.
    unreadable: Option<Vec<u8>>,
    output: Option<mpsc::Sender<Output>>,
    limits: Limits,
}

impl<R: AsyncRead + Unpin + Send + 'static> Transport<RoleServer> for Stdio<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let under = match &item {
            JsonRpcMessage::Response(response) => self.calls.under(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref().and_then(|id| self.calls.under(id)),
            _ => None,
        };
        let output = self.output.clone();
        async move {
            let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
            let mut line = serde_json::to_vec(&item)?;
            line.push(b'\n');
            let output = output.ok_or_else(closed)?;
            output.send((line, under)).await.map_err(|_| closed())
        }
    }

    /// The future may be dropped and created again at any time, because `self` has the
    /// bytes that were read.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if self.unreadable.is_some() {
                let output = self.output.as_ref()?;
                let place = output.reserve().await.ok()?;
                if let Some(line) = self.unreadable.take() {
                    place.send((line, None));
                }
                continue;
            }
            if let Some(request) = self.next_waiting() {
                return Some(request);
            }
            let ended = self.ended.is_cancelled();
            if ended && self.waiting.is_empty() {
                return None;
            }
            let reads = !ended
                && (self.waiting.is_empty() || self.waiting_bytes < self.limits.waiting_bytes);
            let output = self.output.as_ref()?;
            let line = tokio::select! {
                line = self.input.next(), if reads => line,
                () = self.calls.changed(), if !self.waiting.is_empty() => continue,
                () = self.ended.cancelled(), if !ended => continue,
                () = output.closed() => return None,
            };
            match line {
                Line::Whole(line) => {
                    if let Some(message) = self.read(line) {
                        return Some(message);
                    }
                }
                Line::TooLong => self.refuse(&Unreadable::too_long(self.limits.line_bytes)),
                Line::End => self.ended.cancel(),
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.output = None;
        Ok(())
    }
}

impl<R> Stdio<R> {
    /// The message in `line`. None if it is refused, ignored, or has to wait.
    fn read(&mut self, line: Vec<u8>) -> Option<ClientJsonRpcMessage> {
        let text = lines::trimmed(&line);
        if text.is_empty() {
            return None;
        }
        if let Some(why) = Unreadable::repeats_too_much(text) {
            self.refuse(&why);
            return None;
        }
        let message = match serde_json::from_slice(text) {
            Ok(message) => message,
            Err(_) if lines::is_foreign_notification(text) => return None,
            Err(_) => {
                self.refuse(&Unreadable::of(text));
                return None;
            }
        };
        match &message {
            JsonRpcMessage::Request(request) => {
                let key = Calls::key(&request.id);
                let kind = kind(&request.request);
                if kind == Kind::Listener && self.calls.listeners() >= self.limits.listeners {
                    let most = self.limits.listeners;
                    let sentence = format!(
                        "{most} subscriptions are open, the most allowed: cancel one first."
                    );
                    self.refuse(&Unreadable::refused(&request.id, sentence));
                    return None;
                }
                if !self.waiting.is_empty() || !self.calls.begin(&key, kind, line.len()) {
                    self.waiting_bytes += line.len();
                    self.waiting.push_back(Waiting { key, kind, line });
                    return None;
                }
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    let key = Calls::key(id);
                    if self.forget(&key) {
                        return None;
                    }
                    // A cancelled request has no response.
                    self.calls.end(&key);
                }
            }
            _ => {}
        }
        Some(message)
    }

    /// Removes a request that waits, because it is cancelled. Returns whether it waited.
    fn forget(&mut self, key: &str) -> bool {
        let position = self.waiting.iter().position(|waiting| waiting.key == key);
        let forgotten = position.and_then(|position| self.waiting.remove(position));
        if let Some(forgotten) = &forgotten {
            self.waiting_bytes -= forgotten.line.len();
        }
        forgotten.is_some()
    }

    /// The request that has waited longest, if it can begin.
    fn next_waiting(&mut self) -> Option<ClientJsonRpcMessage> {
        let first = self.waiting.front()?;
        if !self.calls.begin(&first.key, first.kind, first.line.len()) {
            return None;
        }
        let first = self.waiting.pop_front()?;
        self.waiting_bytes -= first.line.len();
        // Parsing cannot fail: the line was parsed when it was read.
        serde_json::from_slice(lines::trimmed(&first.line)).ok()
    }

    fn refuse(&mut self, why: &Unreadable) {
        self.unreadable = Some(format!("{}\n", why.json()).into_bytes());
    }
}

fn kind(request: &ClientRequest) -> Kind {
    match request {
        ClientRequest::SubscriptionsListenRequest(_) => Kind::Listener,
        _ => Kind::Call,
    }
}
