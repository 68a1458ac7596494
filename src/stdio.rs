//! MCP on stdin and stdout.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

use crate::server::Server;

/// How long calls under way may take to end once nobody asks any more: clients
/// wait for about a second before they kill.
const LAST_ANSWERS: Duration = Duration::from_millis(700);

/// Serves until the input ends, and hardly longer: what is answered by then is
/// written, and what hangs is left behind.
///
/// # Errors
/// Where the first words are not the protocol's, and where a task panics.
pub async fn serve(server: Server) -> Result<(), Box<dyn Error>> {
    let over = CancellationToken::new();
    let (input, output) = rmcp::transport::stdio_pipes();
    let input = Input {
        inner: input,
        ended: over.clone(),
    };
    let session = async {
        match server.serve((input, output)).await {
            Ok(service) => service.waiting().await.map(drop).map_err(Into::into),
            // A client may leave before it has said a word.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    };
    let overdue = async {
        over.cancelled().await;
        let _ = tokio::time::timeout(LAST_ANSWERS, std::future::pending::<()>()).await;
    };
    tokio::select! {
        done = session => done,
        () = overdue => Ok(()),
    }
}

/// An input that tells when it has ended.
struct Input<R> {
    inner: R,
    ended: CancellationToken,
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        if read.is_err() || (buffer.filled().len() == before && buffer.remaining() > 0) {
            self.ended.cancel();
        }
        Poll::Ready(read)
    }
}
