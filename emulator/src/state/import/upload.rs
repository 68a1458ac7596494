//! Uploaded import files, and the limit on their memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::FILE_LIMIT;
use crate::bounds::IMPORT_FILES;

/// The reason why an upload is refused, as S3 reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotUploaded {
    /// The URL is not the URL of a job.
    WrongSignature,
    /// The URL has expired.
    Expired,
    /// The file is too large.
    TooLarge,
    /// The files of other jobs use too much memory: [`IMPORT_FILES`].
    NoRoom,
}

impl NotUploaded {
    /// The code of S3's error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongSignature => "SignatureDoesNotMatch",
            Self::Expired => "AccessDenied",
            Self::TooLarge => "EntityTooLarge",
            Self::NoRoom => "SlowDown",
        }
    }

    /// The HTTP status of S3's error.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::WrongSignature | Self::Expired => 403,
            Self::TooLarge => 400,
            Self::NoRoom => 503,
        }
    }
}

impl fmt::Display for NotUploaded {
    /// The sentence of `NoRoom` is the emulator's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongSignature => {
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method."
            }
            Self::Expired => "Request has expired",
            Self::TooLarge => "Your proposed upload exceeds the maximum allowed size",
            Self::NoRoom => {
                "The emulator keeps 256 MiB of import files. Start the jobs that have their files, \
                 or delete their pools, then retry."
            }
        })
    }
}

impl std::error::Error for NotUploaded {}

/// The memory for the files of all jobs. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Room(Arc<AtomicUsize>);

/// Reserved memory for one file. Dropping it frees the memory.
#[derive(Debug)]
pub struct Reserved {
    taken: Arc<AtomicUsize>,
    bytes: usize,
}

/// A file, with the memory reserved for it.
pub(super) struct Upload {
    pub(super) file: Bytes,
    _room: Reserved,
}

impl Room {
    /// Reserves memory for a file of `bytes` bytes.
    pub(super) fn reserve(&self, bytes: usize) -> Result<Reserved, NotUploaded> {
        // S3 has a higher limit. The emulator applies the limit of a job here.
        if bytes > FILE_LIMIT {
            return Err(NotUploaded::TooLarge);
        }
        let reserve = |taken: usize| taken.checked_add(bytes).filter(|all| *all <= IMPORT_FILES);
        let reserved = (self.0).fetch_update(Ordering::Relaxed, Ordering::Relaxed, reserve);
        reserved.map_err(|_| NotUploaded::NoRoom)?;
        Ok(Reserved {
            taken: Arc::clone(&self.0),
            bytes,
        })
    }

    /// The bytes in use.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Reserved {
    /// The size of the largest file that fits in this memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Stores `file`, and frees the memory that it does not need.
    pub(super) fn fill(mut self, file: Bytes) -> Result<Upload, NotUploaded> {
        let rest = self.bytes.checked_sub(file.len());
        let rest = rest.ok_or(NotUploaded::TooLarge)?;
        self.taken.fetch_sub(rest, Ordering::Relaxed);
        self.bytes = file.len();
        Ok(Upload { file, _room: self })
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
