//! The static token that clients send, and random tokens.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use aws_lc_rs::{constant_time, digest};

use crate::bounds::TOKEN_FILE_BYTES;
use crate::config::Http;
use crate::guard::private_file::{self, Unreadable};
use crate::start_error::StartError;
use crate::stderr::note;

/// The minimum number of characters of a token. 32 hexadecimal digits are 128 random bits,
/// which cannot be guessed although the server does not limit the rate of guesses.
const SHORTEST: usize = 32;

/// The digest of a token. All digests have the same length, so that a comparison takes the
/// same time for every guess.
pub(super) struct Token(digest::Digest);

impl Token {
    fn new(token: &str) -> Self {
        Self(digest::digest(&digest::SHA256, token.as_bytes()))
    }

    /// The token that `http` configures, if any.
    pub(super) fn configured(http: &Http) -> Result<Option<Self>, StartError> {
        let text = http.token.as_ref().map(|token| token.0.as_str());
        match (text.filter(|token| !token.is_empty()), &http.token_file) {
            (Some(_), Some(_)) => Err(StartError(
                "Both --http-token-file and COGNITO_MCP_HTTP_TOKEN are set: remove one of them."
                    .to_owned(),
            )),
            (Some(text), None) => parse(text, "COGNITO_MCP_HTTP_TOKEN").map(Some),
            (None, Some(file)) => read_or_make(file).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// A new token of 256 random bits, as text and as the token.
    pub(super) fn random() -> io::Result<(String, Self)> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|_| io::Error::other("the system has no randomness"))?;
        let text = bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let token = Self::new(&text);
        Ok((text, token))
    }

    /// Whether `given` is this token.
    pub(super) fn is(&self, given: &str) -> bool {
        let given = Self::new(given);
        constant_time::verify_slices_are_equal(self.0.as_ref(), given.0.as_ref()).is_ok()
    }
}

/// Parses `text` as a token. It may end with a line break.
///
/// A client sends it in `Authorization: Bearer TOKEN`, where it is one word of visible
/// ASCII characters (RFC 6750, section 2.1; RFC 9110, section 11.4).
fn parse(text: &str, place: &str) -> Result<Token, StartError> {
    let refused = |what: &str| {
        Err(StartError(format!(
            "The token in {place} {what}: `openssl rand -hex 32` makes a good one."
        )))
    };
    let token = text.strip_suffix('\n').unwrap_or(text);
    let token = token.strip_suffix('\r').unwrap_or(token);
    if token.contains(['\n', '\r']) {
        return refused("has more than one line");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refused("has other characters than visible ASCII ones");
    }
    if token.len() < SHORTEST {
        return refused(&format!(
            "has fewer than {SHORTEST} characters and could be guessed"
        ));
    }
    Ok(Token::new(token))
}

fn read_or_make(path: &Path) -> Result<Token, StartError> {
    let place = path.display().to_string();
    let unreadable = |why: Unreadable| {
        StartError(format!(
            "The token in {place} cannot be read: {why}. Name another file, or correct it."
        ))
    };
    match private_file::open_file(path) {
        Ok(file) => {
            if private_file::others_may_read(&file) {
                return Err(StartError(format!(
                    "Other users can read the token in {place}: run `chmod 600 {place}`."
                )));
            }
            let text = private_file::text_of(&file, TOKEN_FILE_BYTES).map_err(unreadable)?;
            parse(&text, &place)
        }
        Err(Unreadable::Missing) => {
            let token = make(path).map_err(|error| {
                StartError(format!("A token cannot be written to {place}: {error}."))
            })?;
            note(format_args!("A new token for clients is in {place}."));
            Ok(token)
        }
        Err(why) => Err(unreadable(why)),
    }
}

/// Writes a new token to a file that only this user can read.
fn make(path: &Path) -> io::Result<Token> {
    let (text, token) = Token::random()?;
    let mut file = create(path)?;
    if let Err(error) = writeln!(file, "{text}") {
        // A file with a part of a token would prevent the next start.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(token)
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    private_file::new_file(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    File::create_new(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_of_visible_ascii() {
        let good = "0123456789abcdef0123456789abcdef";
        for end in ["", "\n", "\r\n"] {
            let token = parse(&format!("{good}{end}"), "F").unwrap();
            assert!(token.is(good), "{end:?}");
        }
        assert!(parse(&good[1..], "F").is_err(), "31 characters");
        for (text, what) in [
            (String::new(), "fewer than 32"),
            ("\n".to_owned(), "fewer than 32"),
            (format!("{good}\n\n"), "more than one line"),
            (format!("{good}\n{good}\n"), "more than one line"),
            (format!("\n{good}"), "more than one line"),
            (format!("{good}\r{good}"), "more than one line"),
            (format!("{good} {good}"), "visible ASCII"),
            (format!(" {good}"), "visible ASCII"),
            (format!("{good}\t"), "visible ASCII"),
            (format!("{good}é"), "visible ASCII"),
            (format!("{good}\0"), "visible ASCII"),
            (format!("{good}\u{7f}"), "visible ASCII"),
            (format!("\u{feff}{good}"), "visible ASCII"),
        ] {
            let Err(error) = parse(&text, "F") else {
                panic!("{text:?} is a token");
            };
            let error = error.to_string();
            assert!(error.contains(what), "{text:?}: {error}");
            assert!(!error.contains(good), "{error}");
        }
    }
}
