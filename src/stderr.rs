//! Lines on standard error for the operator.
//!
//! `eprintln!` panics if standard error cannot be written, for example on a full disk.
//! Here, a line that cannot be written is lost, and the program continues.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes `text` and a line break.
pub fn note(text: impl Display) {
    // One write, so that lines of several threads do not mix.
    let line = format!("{text}\n");
    let _ = Writer.write_all(line.as_bytes());
    let _ = Writer.flush();
}

/// A writer to standard error that never fails: text that cannot be written is lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match io::stderr().write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}
