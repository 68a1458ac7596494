//! Private files: creation of files that only their owner can open, and safe reading of
//! paths that may not be files.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

#[cfg(not(unix))]
pub(crate) use other::*;
#[cfg(unix)]
pub(crate) use unix::*;

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It does not exist.
    Missing,
    /// It is not a regular file. The text says what it is, as in "a directory".
    NotAFile(&'static str),
    /// It has more than this many bytes.
    TooLong(u64),
    /// It is not UTF-8 text.
    NotText,
    /// The system's reason.
    Failed(io::Error),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it does not exist"),
            Self::NotAFile(kind) => write!(f, "it is {kind}, not a file"),
            Self::TooLong(limit) => write!(f, "it is longer than {limit} bytes"),
            Self::NotText => f.write_str("it is not UTF-8 text"),
            Self::Failed(error) => write!(f, "{error}"),
        }
    }
}

/// Opens the file at `path` for reading, and follows links. It does not wait for a FIFO or
/// a device.
///
/// The type is that of the opened file, so it cannot change between check and use.
pub(crate) fn open_file(path: &Path) -> Result<File, Unreadable> {
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options);
    let file = options.open(path).map_err(|error| {
        // A socket cannot be opened, nor can a directory on some systems.
        let found = fs::metadata(path).ok().map(|found| found.file_type());
        match found.filter(|found| !found.is_file()) {
            Some(found) => Unreadable::NotAFile(kind(found)),
            None if error.kind() == io::ErrorKind::NotFound => Unreadable::Missing,
            None => Unreadable::Failed(error),
        }
    })?;
    let found = file.metadata().map_err(Unreadable::Failed)?.file_type();
    if found.is_file() {
        Ok(file)
    } else {
        Err(Unreadable::NotAFile(kind(found)))
    }
}

/// Reads the text of `file`, which may have at most `limit` bytes.
pub(crate) fn text_of(file: &File, limit: u64) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    let length = read.map_err(Unreadable::Failed)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > limit {
        return Err(Unreadable::TooLong(limit));
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::NotText)
}

/// Reads the text of the file at `path`, which may have at most `limit` bytes.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, Unreadable> {
    text_of(&open_file(path)?, limit)
}

/// Replaces the file at `path` in one step by one that only its owner can open.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, DirBuilder, File, FileType, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{
        DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt,
    };
    use std::path::Path;

    use tempfile::TempDir;

    /// Makes opening return at once, even for a FIFO that no process writes to.
    pub(super) fn never_wait(options: &mut OpenOptions) {
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }

    /// The name of a file type.
    pub(super) fn kind(found: FileType) -> &'static str {
        match found {
            found if found.is_dir() => "a directory",
            found if found.is_fifo() => "a FIFO",
            found if found.is_socket() => "a socket",
            _ => "a device",
        }
    }

    /// Creates a file that does not exist yet, with access for its owner only.
    pub(crate) fn new_file(path: &Path) -> io::Result<File> {
        // `create_new` is O_EXCL: it does not follow a link that another user has put there.
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        // The umask may have removed the owner's own permissions.
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(file)
    }

    /// Checks the folder at `path`, and creates it if it does not exist.
    pub(crate) fn make_folder(path: &Path) -> Result<(), String> {
        let made = match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(format!("it cannot be created: {error}")),
        };
        if made {
            // The umask may have removed the owner's own permissions.
            fs::set_permissions(path, Permissions::from_mode(0o700))
                .map_err(|error| error.to_string())?;
        }
        let found = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
        if !found.is_dir() {
            return Err("it is not a folder".to_owned());
        }
        ours_alone(&found, "chmod 700")?;
        // The folder must belong to the user of this process, which owns each file that it
        // creates.
        let probe = path.join(format!(".cognito-mcp-{}", std::process::id()));
        let probed = new_file(&probe).map_err(|error| format!("it cannot be written: {error}"))?;
        let own = probed.metadata().map(|probed| probed.uid());
        fs::remove_file(&probe).map_err(|error| error.to_string())?;
        if own.map_err(|error| error.to_string())? != found.uid() {
            return Err("it belongs to another user".to_owned());
        }
        Ok(())
    }

    /// Opens the file at `path` to append and to read, and creates it if it does not exist.
    pub(crate) fn append_to(path: &Path) -> Result<File, String> {
        let text = |error: io::Error| error.to_string();
        let mut options = OpenOptions::new();
        options.append(true).read(true).mode(0o600);
        match options.clone().create_new(true).open(path) {
            Ok(made) => {
                // The umask may have removed the owner's own permissions.
                made.set_permissions(Permissions::from_mode(0o600))
                    .map_err(text)?;
                return Ok(made);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(text(error)),
        }
        let not_a_file = || "it is not a file".to_owned();
        if !fs::symlink_metadata(path).map_err(text)?.is_file() {
            return Err(not_a_file());
        }
        // The file may have been replaced by now: a link or a FIFO is not opened.
        let file = options
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW)
            .open(path)
            .map_err(text)?;
        let found = file.metadata().map_err(text)?;
        if !found.is_file() {
            return Err(not_a_file());
        }
        ours_alone(&found, "chmod 600")?;
        Ok(file)
    }

    fn ours_alone(found: &Metadata, remedy: &str) -> Result<(), String> {
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!(
                "other users may open it (mode {mode:o}); run `{remedy}` on it, or name another"
            ));
        }
        Ok(())
    }

    /// Whether other users may read `file`.
    pub(crate) fn others_may_read(file: &File) -> bool {
        let found = file.metadata();
        found.is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
    }

    /// Whether every user may read or change `file`. Members of its group may: Kubernetes gives files
    /// of secrets to a group.
    pub(crate) fn everybody_may_read(file: &File) -> bool {
        let found = file.metadata();
        found.is_ok_and(|found| found.permissions().mode() & 0o027 != 0)
    }

    /// Whether `file` is the one at `path`, and was not renamed or deleted.
    pub(crate) fn is_at(file: &File, path: &Path) -> bool {
        let identity = |found: io::Result<Metadata>| Some(found.ok()?).map(|f| (f.dev(), f.ino()));
        let own = identity(file.metadata());
        own.is_some() && own == identity(fs::symlink_metadata(path))
    }

    /// Gives the owner of `file` read and write permission, whatever the umask is.
    pub(crate) fn keep_open_for_owner(file: &File) -> io::Result<()> {
        let mode = file.metadata()?.permissions().mode();
        file.set_permissions(Permissions::from_mode(mode | 0o600))
    }

    /// Creates the folder at `path` and its parents, with access for their owner whatever the
    /// umask is.
    pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent() {
            make_folders(above)?;
        }
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            Err(error) => return Err(error),
        }
        let mode = fs::symlink_metadata(path)?.permissions().mode();
        fs::set_permissions(path, Permissions::from_mode(mode | 0o700))
    }

    /// Creates a folder with a new name in the folder at `path`, with access for its owner only.
    pub(crate) fn new_folder_in(path: &Path) -> io::Result<TempDir> {
        let mode = Permissions::from_mode(0o700);
        let mut builder = tempfile::Builder::new();
        let folder = builder.prefix(".cognito-mcp-").permissions(mode.clone());
        let folder = folder.tempdir_in(path)?;
        // The umask may have removed the owner's own permissions.
        fs::set_permissions(folder.path(), mode)?;
        Ok(folder)
    }
}

/// On systems without file modes, files cannot be made private.
#[cfg(not(unix))]
mod other {
    use std::fs::{self, File, FileType, OpenOptions};
    use std::io;
    use std::path::Path;

    use tempfile::TempDir;

    const REASON: &str = "this system has no file modes that exclude other users";

    pub(super) fn never_wait(_: &mut OpenOptions) {}

    pub(super) fn kind(found: FileType) -> &'static str {
        if found.is_dir() {
            "a directory"
        } else {
            "a device"
        }
    }

    pub(crate) fn new_file(_: &Path) -> io::Result<File> {
        Err(io::Error::new(io::ErrorKind::Unsupported, REASON))
    }

    pub(crate) fn make_folder(_: &Path) -> Result<(), String> {
        Err(REASON.to_owned())
    }

    pub(crate) fn append_to(_: &Path) -> Result<File, String> {
        Err(REASON.to_owned())
    }

    pub(crate) fn others_may_read(_: &File) -> bool {
        false
    }

    pub(crate) fn everybody_may_read(_: &File) -> bool {
        false
    }

    pub(crate) fn is_at(_: &File, _: &Path) -> bool {
        true
    }

    pub(crate) fn keep_open_for_owner(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub(crate) fn new_folder_in(_: &Path) -> io::Result<TempDir> {
        Err(io::Error::new(io::ErrorKind::Unsupported, REASON))
    }
}
