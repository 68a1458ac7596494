//! The one token that a client must bear.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use aws_lc_rs::{constant_time, digest, rand};

use crate::backend::StartError;
use crate::config::Http;

/// Characters below which a token could be guessed.
const SHORTEST: usize = 32;

/// A token, of which only the digest is kept: digests are of one length, so that
/// comparing them takes the same time for every guess.
pub(super) struct Token(digest::Digest);

impl Token {
    fn new(token: &str) -> Self {
        Self(digest::digest(&digest::SHA256, token.as_bytes()))
    }

    /// The token that `http` names, where it names one.
    pub(super) fn configured(http: &Http) -> Result<Option<Self>, StartError> {
        let told = http.token.as_ref().map(|token| token.0.trim());
        match (told.filter(|token| !token.is_empty()), &http.token_file) {
            (Some(_), Some(_)) => Err(StartError(
                "Both --http-token-file and COGNITO_MCP_HTTP_TOKEN name a token: leave one away."
                    .to_owned(),
            )),
            (Some(token), None) => long_enough(token, "COGNITO_MCP_HTTP_TOKEN").map(Some),
            (None, Some(file)) => read_or_make(file).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Whether `given` is it.
    pub(super) fn is(&self, given: &str) -> bool {
        let given = Self::new(given);
        constant_time::verify_slices_are_equal(self.0.as_ref(), given.0.as_ref()).is_ok()
    }
}

fn long_enough(token: &str, place: &str) -> Result<Token, StartError> {
    if token.len() < SHORTEST {
        return Err(StartError(format!(
            "The token in {place} has fewer than {SHORTEST} characters and could be guessed: \
             `openssl rand -hex 32` makes a good one."
        )));
    }
    Ok(Token::new(token))
}

fn read_or_make(file: &Path) -> Result<Token, StartError> {
    let place = file.display().to_string();
    match fs::read_to_string(file) {
        Ok(token) => {
            private(file)?;
            long_enough(token.trim(), &place)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let token = make(file).map_err(|error| {
                StartError(format!("A token cannot be written to {place}: {error}."))
            })?;
            eprintln!("A new token for clients is in {place}.");
            Ok(token)
        }
        Err(error) => Err(StartError(format!(
            "The token in {place} cannot be read: {error}."
        ))),
    }
}

/// Writes a new token where only this user can read it.
fn make(file: &Path) -> std::io::Result<Token> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| std::io::Error::other("the system has no randomness"))?;
    let token = bytes.iter().fold(String::new(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    });
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(file)?, "{token}")?;
    Ok(Token::new(&token))
}

/// Refuses a file that other users of the machine can read.
#[cfg(unix)]
fn private(file: &Path) -> Result<(), StartError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(file).map(|data| data.permissions().mode());
    match mode {
        Ok(mode) if mode & 0o077 != 0 => Err(StartError(format!(
            "Others can read the token in {0}: run `chmod 600 {0}`.",
            file.display()
        ))),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), StartError> {
    Ok(())
}
