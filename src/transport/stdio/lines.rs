//! Lines of input, each of a bounded length.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use serde_json::Value;

/// The next item of the input.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// A line that is too long. It is skipped.
    TooLong,
    /// The input has ended, or cannot be read.
    End,
}

/// Reads lines.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    /// The line that is being read.
    line: Vec<u8>,
    limit: usize,
    /// Whether the rest of a line that is too long is being skipped.
    skipping: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(input: R, limit: usize) -> Self {
        Self {
            input: BufReader::new(input),
            line: Vec::new(),
            limit,
            skipping: false,
        }
    }

    /// The next line. What has been read of it is kept if this future is dropped.
    pub(super) async fn next(&mut self) -> Line {
        loop {
            let Ok(available) = self.input.fill_buf().await else {
                return Line::End;
            };
            // A line without an end is incomplete.
            if available.is_empty() {
                return Line::End;
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let piece = &available[..end.unwrap_or(available.len())];
            let too_long = self.line.len() + piece.len() > self.limit;
            if !self.skipping && !too_long {
                self.line.extend_from_slice(piece);
            }
            let read = piece.len() + usize::from(end.is_some());
            self.input.consume(read);
            if self.skipping {
                self.skipping = end.is_none();
            } else if too_long {
                self.line = Vec::new();
                self.skipping = end.is_none();
                return Line::TooLong;
            } else if end.is_some() {
                return Line::Whole(std::mem::take(&mut self.line));
            }
        }
    }
}

/// `line` without a byte order mark, which a reader may ignore (RFC 8259, section 8.1), and
/// without the carriage return at the end of a Windows line.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

/// Whether `text` is a notification of another protocol, which some hosts send. rmcp's own
/// transport ignores such notifications.
pub(super) fn is_foreign_notification(text: &[u8]) -> bool {
    let Ok(message) = serde_json::from_slice::<Value>(text) else {
        return false;
    };
    let method = message.get("method").and_then(Value::as_str);
    message.get("id").is_none() && method.is_some_and(|method| !OURS.contains(&method))
}

/// The methods of MCP that a client or a server may send.
const OURS: [&str; 28] = [
    "completion/complete",
    "elicitation/create",
    "initialize",
    "logging/setLevel",
    "notifications/cancelled",
    "notifications/initialized",
    "notifications/message",
    "notifications/progress",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
    "notifications/resources/updated",
    "notifications/roots/list_changed",
    "notifications/subscriptions/acknowledged",
    "notifications/tools/list_changed",
    "ping",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/subscribe",
    "resources/templates/list",
    "resources/unsubscribe",
    "roots/list",
    "sampling/createMessage",
    "server/discover",
    "subscriptions/listen",
    "tools/call",
    "tools/list",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_bounded() {
        let input = b"one\ntwo\r\n\n12345678\n123456789\n1234567890123\nthree\nhalf";
        // A read may end at any byte.
        for size in [1, 2, 3, 5, 8, 64] {
            let mut lines = Lines {
                input: BufReader::with_capacity(size, &input[..]),
                ..Lines::new(&input[..], 8)
            };
            let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
            for expected in [
                whole("one"),
                whole("two\r"),
                whole(""),
                whole("12345678"),
                Line::TooLong,
                Line::TooLong,
                whole("three"),
                Line::End,
            ] {
                assert_eq!(lines.next().await, expected, "{size}");
            }
            assert!(lines.line.capacity() <= 16, "{}", lines.line.capacity());
        }
    }
}
