//! Files and folders that only their owner can open.

#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(unix)]
mod unix {
    use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    /// A file that is not there yet.
    pub(crate) fn new_file(path: &Path) -> io::Result<File> {
        // `create_new` is O_EXCL: it does not follow a link that somebody has put there.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).open(path)
    }

    /// The folder at `path`, made where it is not there.
    pub(crate) fn make_folder(path: &Path) -> Result<(), String> {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("it cannot be made: {error}")),
        }
        let found = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
        if !found.is_dir() {
            return Err("it is not a folder".to_owned());
        }
        ours_alone(&found, "chmod 700")?;
        // What this process makes is its own: so it learns who it is.
        let probe = path.join(format!(".cognito-mcp-{}", std::process::id()));
        let probed = new_file(&probe).map_err(|error| format!("it cannot be written: {error}"))?;
        let own = probed.metadata().map(|probed| probed.uid());
        fs::remove_file(&probe).map_err(|error| error.to_string())?;
        if own.map_err(|error| error.to_string())? != found.uid() {
            return Err("it belongs to another user".to_owned());
        }
        Ok(())
    }

    /// The file at `path`, to add to its end and to read; made where it is not there.
    pub(crate) fn append_to(path: &Path) -> Result<File, String> {
        let told = |error: io::Error| error.to_string();
        let mut options = OpenOptions::new();
        options.append(true).read(true).mode(0o600);
        match options.clone().create_new(true).open(path) {
            Ok(made) => return Ok(made),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(told(error)),
        }
        let found = fs::symlink_metadata(path).map_err(told)?;
        if !found.is_file() {
            return Err("it is not a file".to_owned());
        }
        ours_alone(&found, "chmod 600")?;
        options.open(path).map_err(told)
    }

    fn ours_alone(found: &Metadata, remedy: &str) -> Result<(), String> {
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!(
                "others may open it (mode {mode:o}); `{remedy}` it, or name another"
            ));
        }
        Ok(())
    }

    /// Whether `file` is what stands at `path`, and was not renamed or deleted.
    pub(crate) fn is_at(file: &File, path: &Path) -> bool {
        let identity = |found: io::Result<Metadata>| Some(found.ok()?).map(|f| (f.dev(), f.ino()));
        let own = identity(file.metadata());
        own.is_some() && own == identity(fs::symlink_metadata(path))
    }
}

/// Where files have no modes, nothing can be kept from others.
#[cfg(not(unix))]
mod other {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    const REASON: &str = "this system has no file modes that keep others out";

    pub(crate) fn new_file(_: &Path) -> io::Result<File> {
        Err(io::Error::new(io::ErrorKind::Unsupported, REASON))
    }

    pub(crate) fn make_folder(_: &Path) -> Result<(), String> {
        Err(REASON.to_owned())
    }

    pub(crate) fn append_to(_: &Path) -> Result<File, String> {
        Err(REASON.to_owned())
    }

    pub(crate) fn is_at(_: &File, _: &Path) -> bool {
        true
    }
}

#[cfg(not(unix))]
pub(crate) use other::*;
