//! Signals: INT and TERM end the server.
//!
//! Both have handlers in every mode that serves. Without handlers they would not end
//! process 1: the kernel does not apply default actions to it (`pid_namespaces(7)`). The
//! handlers run on their own thread, and end the process even if all other threads are
//! blocked.

use std::convert::Infallible;
use std::io;
use std::process::exit;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::bounds::END_TIME;

/// The effect of the first signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    /// The token is cancelled, and the process has this time.
    Warn(Duration),
    /// The process ends.
    End,
}

/// A token that is cancelled at the first INT or TERM. The process ends `drain` and [`END_TIME`]
/// after it, or at the second signal.
///
/// # Errors
/// If the system has no thread or no handlers left.
pub fn ending(drain: Duration) -> io::Result<CancellationToken> {
    handle(First::Warn(drain + END_TIME))
}

/// Ends process 1 at the first INT or TERM, as the default action ends other processes.
///
/// # Errors
/// As [`ending`].
pub fn end_process_one() -> io::Result<()> {
    if std::process::id() == 1 {
        handle(First::End)?;
    }
    Ok(())
}

fn handle(first: First) -> io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let warned = token.clone();
    let (sender, installed) = mpsc::channel();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let run =
                |runtime: tokio::runtime::Runtime| runtime.block_on(watch(first, &warned, &sender));
            let Err(error) = runtime.and_then(run);
            // If the receiver is gone, the process is ending anyway.
            let _ = sender.send(Err(error));
        })?;
    match installed.recv() {
        Ok(installed) => installed.map(|()| token),
        Err(_) => Err(io::Error::other("the thread for signals has ended")),
    }
}

/// Waits for signals, for as long as the process lives.
async fn watch(
    first: First,
    warned: &CancellationToken,
    installed: &mpsc::Sender<io::Result<()>>,
) -> io::Result<Infallible> {
    let mut signals = Signals::install()?;
    let _ = installed.send(Ok(()));
    let number = signals.next().await;
    match first {
        // The status that a shell reports for a process that was ended by a signal.
        First::End => exit(128 + number),
        First::Warn(time) => {
            warned.cancel();
            let _ = tokio::time::timeout(time, signals.next()).await;
            exit(0)
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The number of the next signal.
    async fn next(&mut self) -> i32 {
        use tokio::signal::unix::SignalKind;
        let kind = tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        };
        kind.as_raw_value()
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        2
    }
}
