//! The folder of `--secrets-dir`, with a file for each secret of an answer.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::bounds::SECRET_FILES;
use crate::guard::private_file;
use crate::start_error::StartError;

/// A folder that only its owner can open.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The maximum number of files in the folder.
    max_files: usize,
}

impl Folder {
    /// Opens the folder at `path`, and creates it if it does not exist.
    ///
    /// # Errors
    /// If it cannot be created, or if other users have access to it.
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let refused = |why: String| StartError(format!("--secrets-dir {}: {why}.", path.display()));
        private_file::make_folder(path).map_err(refused)?;
        let path = path.canonicalize();
        Ok(Self {
            path: path.map_err(|error| refused(error.to_string()))?,
            max_files: SECRET_FILES,
        })
    }

    /// Writes `secret` into a new file called `name`.
    pub(super) fn write(&self, name: &str, secret: &str) -> Result<PathBuf, String> {
        let written = self.write_new(name, secret);
        if let Err(error) = &written {
            tracing::warn!(error, "a secret was not written");
        }
        written
    }

    fn write_new(&self, name: &str, secret: &str) -> Result<PathBuf, String> {
        let described = |error: std::io::Error| error.to_string();
        // Other processes may add or delete files, so they are counted each time.
        let files = fs::read_dir(&self.path).map_err(described)?;
        if files.take(self.max_files).count() == self.max_files {
            return Err(format!(
                "the folder has {} files, the maximum; delete those that are no longer needed",
                self.max_files
            ));
        }
        let path = self.path.join(name);
        let mut file = match private_file::new_file(&path) {
            // The name depends on the secret, so an earlier call wrote the same one.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(path),
            opened => opened.map_err(described)?,
        };
        file.write_all(secret.as_bytes()).map_err(described)?;
        Ok(path)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::guard::secrets::{Owner, Source, Vault};
    use crate::run::public;
    use crate::shared_state::State;
    use crate::tools;

    fn state() -> Arc<State> {
        Arc::new(State::process())
    }

    /// A new folder of this process for the test called `test`.
    fn base(test: &str) -> PathBuf {
        let name = format!("cognito-mcp-secrets-{test}-{}", std::process::id());
        let base = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&base);
        fs::create_dir(&base).expect("the folder can be created");
        fs::set_permissions(&base, fs::Permissions::from_mode(0o700)).expect("the mode can be set");
        base
    }

    #[test]
    fn files_are_private() {
        let base = base("private");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = base.join("secrets");
        let vault = Vault::new(
            false,
            Some(Folder::open(&place).unwrap()),
            public::texts,
            state(),
        );
        assert_eq!(mode(&place), 0o700);
        let owner = Owner::new("");
        let shown = vault
            .conceal(&owner, Source::Answer(1), "token", "S3cret")
            .0;
        let files = vault.files(&owner, &json!({ "a": [shown] }));
        let path = Path::new(&files[&shown]);
        assert_eq!(fs::read_to_string(path).unwrap(), "S3cret");
        assert_eq!(mode(path), 0o600);
        let others = vault.files(&Owner::new("ben"), &json!({ "a": [shown] }));
        assert!(others.is_empty(), "{others:?}");

        let target = base.join("target");
        symlink(&target, place.join("link")).unwrap();
        assert!(private_file::new_file(&place.join("link")).is_err());
        assert!(!target.exists());

        fs::set_permissions(&place, fs::Permissions::from_mode(0o750)).unwrap();
        let refused = Folder::open(&place).unwrap_err().to_string();
        assert!(refused.contains("chmod 700"), "{refused}");
        symlink(&place, base.join("link_to_folder")).unwrap();
        assert!(Folder::open(&base.join("link_to_folder")).is_err());
        fs::write(base.join("file"), "").unwrap();
        assert!(Folder::open(&base.join("file")).is_err());
        fs::remove_dir_all(&base).unwrap();
    }

    /// A secret that a caller sent is kept for a retry, and not written to a file.
    #[test]
    fn secrets_of_the_caller_are_not_written() {
        let base = base("callers");
        let vault = Vault::new(
            false,
            Some(Folder::open(&base).unwrap()),
            public::texts,
            state(),
        );
        let owner = Owner::new("");
        let entry = tools::find("sign_in").unwrap();
        let given = json!({ "username": "ana", "password": "S3cret-word" });
        let mut arguments = given.as_object().unwrap().clone();
        assert!(vault.refer(&owner, entry, &mut arguments));
        let reference = arguments["password"].as_str().unwrap();
        let secret = vault.resolve(&owner, reference);
        assert_eq!(secret.as_deref(), Some("S3cret-word"));
        assert_eq!(fs::read_dir(&base).unwrap().count(), 0);
        assert!(vault.files(&owner, &arguments.clone().into()).is_empty());
        fs::remove_dir_all(&base).unwrap();
    }

    #[test]
    fn a_folder_that_is_full_is_reported() {
        let base = base("full");
        let mut folder = Folder::open(&base).unwrap();
        folder.max_files = 3;
        let vault = Vault::new(false, Some(folder), public::texts, state());
        let owner = Owner::new("");
        let conceal = |secret: &str| vault.conceal(&owner, Source::Answer(1), "token", secret).0;
        let file = |reference: &str| vault.files(&owner, &json!(reference))[reference].clone();
        for secret in ["first", "second", "third"] {
            let path = file(&conceal(secret));
            assert_eq!(fs::read_to_string(path).unwrap(), secret);
        }
        let fourth = conceal("fourth");
        let why = file(&fourth);
        assert!(
            why.contains("could not be written") && why.contains("3 files"),
            "{why}"
        );
        assert_eq!(vault.resolve(&owner, &fourth).as_deref(), Some("fourth"));
        // Files are counted again, so that there is room after some are deleted.
        fs::remove_file(file(&conceal("first"))).unwrap();
        assert!(Path::new(&file(&conceal("fifth"))).exists());
        fs::remove_dir_all(&base).unwrap();
    }
}
