//! The `.env` file of the current folder.
//!
//! The folder may be a cloned repository, so its files may not be from the operator.
//! Only the names in [`NAMES`] are read: a user pool, an app client, a Region and a
//! profile. Everything else in the file is ignored, and nothing is added to the
//! environment of the process. Files of parent folders are not read.
//!
//! A profile in the operator's `~/.aws/config` may run a program
//! (`credential_process`). The file can name such a profile, but cannot define one,
//! because `AWS_CONFIG_FILE` is not in [`NAMES`].
//!
//! The parser is the project's own, because `dotenvy` expands `${NAME}` from the
//! environment, so that a file could read secrets, and repeats whole lines in its
//! errors.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::bounds::{DOTENV_BYTES, DOTENV_NAMES};
use crate::guard::private_file::{self, Unreadable};
use crate::ids::PoolId;
use crate::start_error::StartError;

/// The name of the file.
const FILE: &str = ".env";

/// The name of the app client that tools use when a call names none.
pub const CLIENT_ID: &str = "COGNITO_CLIENT_ID";

/// The name of the user pool that tools use when a call names none.
pub const USER_POOL_ID: &str = "COGNITO_USER_POOL_ID";

/// A name that is read, a description of its value, and a check of the value.
type Known = (&'static str, &'static str, fn(&str) -> bool);

const KNOWN: [Known; 5] = [
    (
        "AWS_DEFAULT_REGION",
        "an AWS Region, such as eu-west-1",
        is_region,
    ),
    (
        "AWS_PROFILE",
        "a plain profile name (letters, digits and `_.@+-`, at most 128)",
        is_profile,
    ),
    ("AWS_REGION", "an AWS Region, such as eu-west-1", is_region),
    (
        CLIENT_ID,
        "an app client id (letters, digits, `_` and `+`, at most 128)",
        is_client_id,
    ),
    (
        USER_POOL_ID,
        "a user pool id, such as eu-west-1_AbCdEfGhI",
        |id| PoolId::parse(id).is_ok(),
    ),
];

/// The names that are read from the file.
pub const NAMES: [&str; KNOWN.len()] = {
    let mut names = [""; KNOWN.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = KNOWN[index].0;
        index += 1;
    }
    names
};

/// The values that were read from the file, and the names that were ignored.
#[derive(Clone, Debug, Default)]
pub struct DotEnv {
    /// The file, if it exists.
    path: Option<PathBuf>,
    /// The reason why the file was not read.
    unread: Option<String>,
    values: BTreeMap<&'static str, String>,
    /// Names whose values are in use.
    used: Vec<&'static str>,
    /// The profile in use.
    profile: Option<String>,
    /// Names that are ignored, each once.
    ignored: Vec<String>,
    /// The number of lines that are not `NAME=VALUE`, or whose name is not that of an
    /// environment variable.
    other_lines: usize,
}

impl DotEnv {
    /// Reads the file in the current folder, if it exists.
    ///
    /// Only a regular file is read. A folder `.env` is usually a Python environment,
    /// and password managers create a FIFO with this name.
    ///
    /// # Errors
    /// If the file cannot be read, is too long or is not text, or if a value does not
    /// have its required form.
    pub fn read() -> Result<Self, StartError> {
        Self::read_at(Path::new(FILE))
    }

    fn read_at(path: &Path) -> Result<Self, StartError> {
        let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let unread = |why: String| Self {
            path: Some(shown.clone()),
            unread: Some(why),
            ..Self::default()
        };
        match private_file::read_text(path, DOTENV_BYTES) {
            Ok(text) => Self::parse(&text, &shown),
            Err(Unreadable::Missing) if fs::symlink_metadata(path).is_ok() => Ok(unread(
                "it is a link to a file that does not exist".to_owned(),
            )),
            Err(Unreadable::Missing) => Ok(Self::default()),
            Err(why @ Unreadable::NotAFile(_)) => Ok(unread(why.to_string())),
            Err(why) => Err(StartError(format!(
                "{} cannot be read: {why}. Correct it, or start in another folder.",
                shown.display()
            ))),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, StartError> {
        let at = |line: usize| format!("{} line {line}", path.display());
        let mut file = Self {
            path: Some(path.to_owned()),
            ..Self::default()
        };
        let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
        for Setting { line, name, value } in settings(text) {
            let known = KNOWN.iter().find(|(known, ..)| *known == name);
            let Some((name, form, is_valid)) = known else {
                file.ignore(value.map_or("", |_| name));
                continue;
            };
            let Some(value) = value else {
                return Err(StartError(format!(
                    "{}: {name} is not written as NAME=VALUE. Correct the line, or remove it.",
                    at(line)
                )));
            };
            if let Some(first) = lines.insert(name, line) {
                return Err(StartError(format!(
                    "{}: {name} is on line {first} already. Keep one of them.",
                    at(line)
                )));
            }
            // Templates often have variables without values.
            if value.is_empty() {
                file.ignore(name);
                continue;
            }
            if !is_valid(value) {
                return Err(StartError(format!(
                    "{}: the value of {name} is not {form}. Correct the line, or remove it.",
                    at(line)
                )));
            }
            file.values.insert(name, value.to_owned());
        }
        Ok(file)
    }

    fn ignore(&mut self, name: &str) {
        if !is_variable(name) {
            self.other_lines += 1;
        } else if !self.ignored.iter().any(|known| known == name) {
            self.ignored.push(name.to_owned());
        }
    }

    /// Sets `setting` to the value of `name` in the file, if it is not set yet.
    pub(crate) fn fill(&mut self, setting: &mut Option<String>, name: &'static str) {
        if setting.is_none()
            && let Some(value) = self.values.get(name)
        {
            *setting = Some(value.clone());
            self.used.push(name);
        }
    }

    /// Sets `region` to the Region in the file, if it is not set yet and the AWS SDK
    /// does not get one from `AWS_DEFAULT_REGION` of the environment.
    pub(crate) fn fill_region(&mut self, region: &mut Option<String>, for_aws: bool) {
        if for_aws && std::env::var_os("AWS_DEFAULT_REGION").is_some_and(|value| !value.is_empty())
        {
            return;
        }
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            self.fill(region, name);
        }
    }

    /// Uses the profile in the file, unless `flag` or the environment names one.
    pub(crate) fn fill_profile(&mut self, flag: Option<&String>) {
        let named = flag.is_some_and(|profile| !profile.is_empty());
        if !named && std::env::var_os("AWS_PROFILE").is_none() {
            let mut profile = None;
            self.fill(&mut profile, "AWS_PROFILE");
            self.profile = profile;
        }
    }

    /// Whether the value of `name` is that of the file.
    #[must_use]
    pub fn is_used(&self, name: &str) -> bool {
        self.used.contains(&name)
    }

    /// The profile in the file, if it is in use.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Whether a value was read from the file.
    pub(crate) fn has_values(&self) -> bool {
        !self.values.is_empty()
    }

    /// The file, if it exists.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Reports what was read, with names and without values. `None` if the file does
    /// not exist.
    #[must_use]
    pub fn report(&self) -> Option<String> {
        let path = self.path.as_ref()?.display();
        if let Some(why) = &self.unread {
            return Some(format!("{path} was not read, because {why}"));
        }
        let mut report = format!("{path} was read: ");
        let used = if self.used.is_empty() {
            "none".to_owned()
        } else {
            self.used.join(", ")
        };
        let _ = write!(report, "used {used}");
        let unused: Vec<&str> = self.values.keys().copied().collect();
        let unused: Vec<&str> = unused
            .into_iter()
            .filter(|name| !self.used.contains(name))
            .collect();
        if !unused.is_empty() {
            let _ = write!(
                report,
                "; not needed, or set by a flag or the environment: {}",
                unused.join(", ")
            );
        }
        if let Some(ignored) = self.ignored() {
            let _ = write!(report, "; ignored {ignored}");
        }
        Some(report)
    }

    /// The ignored names. Names that the program would read from the environment come
    /// first, so that a long file does not hide them.
    fn ignored(&self) -> Option<String> {
        let mut names: Vec<&str> = self.ignored.iter().map(String::as_str).collect();
        names.sort_by_key(|name| interest(name));
        let has_ours = names
            .first()
            .is_some_and(|name| interest(name) < Interest::None);
        let shown = names.len().min(DOTENV_NAMES);
        let mut parts: Vec<String> = names[..shown].iter().map(ToString::to_string).collect();
        if names.len() > shown {
            parts.push(format!("{} more names", names.len() - shown));
        }
        match self.other_lines {
            0 => {}
            1 => parts.push("1 other line".to_owned()),
            more => parts.push(format!("{more} other lines")),
        }
        if parts.is_empty() {
            return None;
        }
        let mut text = parts.join(", ");
        if has_ours {
            text.push_str(
                ". Only pool, client, Region and profile come from this file; set anything else \
                 by flags or in the environment",
            );
        }
        Some(text)
    }
}

/// The program that reads a variable of the environment.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Interest {
    /// This program.
    Ours,
    /// The HTTP client, and the lookup of endpoints.
    Endpoint,
    /// The AWS SDK, and libraries.
    Sdk,
    /// Other programs.
    None,
}

fn interest(name: &str) -> Interest {
    let name = name.to_ascii_uppercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if begins(&["COGNITO"]) {
        Interest::Ours
    } else if begins(&["AWS_ENDPOINT"]) || name.ends_with("_PROXY") {
        Interest::Endpoint
    } else if begins(&["AWS_", "OTEL_", "RUST_", "SSL_CERT_"]) {
        Interest::Sdk
    } else {
        Interest::None
    }
}

/// Whether `name` is the name of an environment variable. Lines of a key are not: they
/// have both uppercase and lowercase letters.
fn is_variable(name: &str) -> bool {
    let word = |letter: fn(&u8) -> bool| {
        let fits = |byte: u8| byte == b'_' || byte.is_ascii_digit() || letter(&byte);
        name.bytes().all(fits)
    };
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins && name.len() <= 64 && (word(u8::is_ascii_uppercase) || word(u8::is_ascii_lowercase))
}

/// Whether `text` can be a Region. It becomes a part of a host name.
fn is_region(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 32
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(fits))
}

/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolClient.html>
fn is_client_id(text: &str) -> bool {
    is_word(text, b"_+")
}

fn is_profile(text: &str) -> bool {
    is_word(text, b"_.@+-")
}

fn is_word(text: &str, also: &[u8]) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || also.contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(fits)
}

/// A line of the file that is neither blank nor a comment.
#[derive(Debug, PartialEq)]
struct Setting<'a> {
    /// The number of the line, counted from 1.
    line: usize,
    /// The first word of the line; empty if the line is a single word.
    name: &'a str,
    /// The value as it is written, without expansion or unescaping, if the line is
    /// `NAME=VALUE`.
    value: Option<&'a str>,
}

/// Parses the settings in `text`.
///
/// Quotes are recognized only at the beginning of a value, and may span lines. A quote
/// that is not closed is an ordinary character.
fn settings(text: &str) -> Vec<Setting<'_>> {
    let mut found = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while !rest.is_empty() {
        let (name, value, length) = first(rest);
        if let Some(name) = name {
            found.push(Setting { line, name, value });
        }
        line += 1 + rest[..length].matches('\n').count();
        rest = rest.get(length + 1..).unwrap_or_default();
    }
    found
}

/// The name and value on the first line of `text`, and their length without the end of
/// the line.
fn first(text: &str) -> (Option<&str>, Option<&str>, usize) {
    let end = end_of_line(text, 0);
    let line = &text[..end];
    let content = line.trim_matches(blank);
    if content.is_empty() || content.starts_with('#') {
        return (None, None, end);
    }
    let equals = line.find('=');
    let before = line[..equals.unwrap_or(end)].trim_matches(blank);
    let before = match before.strip_prefix("export") {
        Some(exported) if exported.starts_with(blank) => exported.trim_start_matches(blank),
        _ => before,
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = &before[..before.find(|c| !is_part(c)).unwrap_or(before.len())];
    let Some(equals) = equals.filter(|_| name == before) else {
        let alone = name == before;
        return (Some(if alone { "" } else { name }), None, end);
    };
    let after = &line[equals + 1..];
    let start = end - after.trim_start_matches(blank).len();
    match closed(&text[start..]) {
        Some(length) => {
            let inner = &text[start + 1..start + length - 1];
            let end = end_of_line(text, start + length);
            let is_all = without_comment(&text[start + length..end]).is_empty();
            let value = if is_all { inner } else { &text[start..end] };
            (Some(name), Some(value), end)
        }
        None => (Some(name), Some(without_comment(&text[start..end])), end),
    }
}

fn end_of_line(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |end| from + end)
}

/// Whether `c` is blank within a line. A line ends with `\n`, and a `\r` before it is
/// blank.
fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

/// The length of the quoted text at the beginning of `text`, including the quotes.
fn closed(text: &str) -> Option<usize> {
    let quote = text
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut is_escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' && quote == '"' {
            is_escaped = true;
        } else if c == quote {
            return Some(index + 1);
        }
    }
    None
}

/// `text` without blanks and a comment at its end.
fn without_comment(text: &str) -> &str {
    let begins =
        |(index, _): &(usize, &str)| text[..*index].is_empty() || text[..*index].ends_with(blank);
    let comment = text.match_indices('#').find(begins);
    text[..comment.map_or(text.len(), |(index, _)| index)].trim_matches(blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<DotEnv, String> {
        DotEnv::parse(text, Path::new("/app/.env")).map_err(|error| error.to_string())
    }

    /// Forms of a line, and the value that is read.
    #[test]
    fn values_are_read_as_they_are_written() {
        for (text, value) in [
            ("AWS_REGION=eu-west-1", "eu-west-1"),
            ("AWS_REGION=eu-west-1\n", "eu-west-1"),
            ("AWS_REGION=eu-west-1\r\nX=1\r\n", "eu-west-1"),
            ("\u{feff}AWS_REGION=eu-west-1\n", "eu-west-1"),
            ("export AWS_REGION=eu-west-1", "eu-west-1"),
            ("\texport\t AWS_REGION = eu-west-1 \t", "eu-west-1"),
            ("AWS_REGION=\"eu-west-1\"", "eu-west-1"),
            ("AWS_REGION='eu-west-1' # home", "eu-west-1"),
            ("AWS_REGION=`eu-west-1`", "eu-west-1"),
            ("AWS_REGION=eu-west-1 # home", "eu-west-1"),
            ("# AWS_REGION=us-east-1\nAWS_REGION=eu-west-1", "eu-west-1"),
            (
                "KEY=\"-----\nAWS_REGION=us-east-1\n-----\"\nAWS_REGION=eu-west-1",
                "eu-west-1",
            ),
            (
                "A='it\nAWS_REGION=us-east-1'\nAWS_REGION=eu-west-1",
                "eu-west-1",
            ),
            ("A=it's\nAWS_REGION=eu-west-1\nB=it's", "eu-west-1"),
            ("A='tis\nAWS_REGION=eu-west-1", "eu-west-1"),
            (
                "A=\"a\\\"\nAWS_REGION=us-east-1\"\nAWS_REGION=eu-west-1",
                "eu-west-1",
            ),
            ("no name\n=x\n==\nAWS_REGION=eu-west-1", "eu-west-1"),
            (
                "AWS_REGION\nexport AWS_REGION\nAWS_REGION=eu-west-1",
                "eu-west-1",
            ),
        ] {
            let file = parsed(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(file.values["AWS_REGION"], value, "{text:?}");
        }
    }

    #[test]
    fn a_name_without_a_value_is_ignored() {
        for text in [
            "AWS_REGION=",
            "AWS_REGION=\"\"",
            "AWS_REGION= # none",
            "AWS_REGION",
        ] {
            let file = parsed(text).unwrap();
            assert!(!file.has_values(), "{text:?}: {file:?}");
        }
    }

    /// Malformed values, and the line that the error names.
    #[test]
    fn a_malformed_value_is_refused_by_name_and_line() {
        for (text, line, name) in [
            ("A=1\nAWS_REGION=eu west", 2, "AWS_REGION"),
            ("AWS_REGION=eu-west-1.evil.example/", 1, "AWS_REGION"),
            ("AWS_REGION=EU-WEST-1", 1, "AWS_REGION"),
            ("AWS_REGION='eu-west-1", 1, "AWS_REGION"),
            ("AWS_REGION=\"eu-west-1\"x", 1, "AWS_REGION"),
            ("AWS_REGION=eu-west-1#home", 1, "AWS_REGION"),
            ("AWS_REGION=\"eu\n-west-1\"", 1, "AWS_REGION"),
            ("AWS_REGION=eu-west-1\rX=1", 1, "AWS_REGION"),
            ("AWS_REGION=eu-west-1\u{a0}", 1, "AWS_REGION"),
            ("AWS_REGION: eu-west-1", 1, "AWS_REGION"),
            ("AWS_REGION : a=b", 1, "AWS_REGION"),
            (
                "A=\"\n\n\"\nAWS_DEFAULT_REGION=${X}",
                4,
                "AWS_DEFAULT_REGION",
            ),
            (
                "\nCOGNITO_CLIENT_ID=${AWS_SECRET_ACCESS_KEY}",
                2,
                "COGNITO_CLIENT_ID",
            ),
            (
                "COGNITO_CLIENT_ID=$AWS_SECRET_ACCESS_KEY",
                1,
                "COGNITO_CLIENT_ID",
            ),
            ("COGNITO_CLIENT_ID=S3cret/key", 1, "COGNITO_CLIENT_ID"),
            (
                "COGNITO_USER_POOL_ID=@127.0.0.1:9605/x?",
                1,
                "COGNITO_USER_POOL_ID",
            ),
            ("COGNITO_USER_POOL_ID=eu-west-1", 1, "COGNITO_USER_POOL_ID"),
            ("AWS_PROFILE=../work", 1, "AWS_PROFILE"),
            ("AWS_PROFILE=$(id)", 1, "AWS_PROFILE"),
            ("AWS_PROFILE=a b", 1, "AWS_PROFILE"),
            (
                "AWS_REGION=eu-west-1\n\nAWS_REGION=us-east-1",
                3,
                "AWS_REGION",
            ),
        ] {
            let error = parsed(text).expect_err(text);
            let place = format!("/app/.env line {line}: ");
            assert!(
                error.starts_with(&place) && error.contains(name),
                "{text:?}: {error}"
            );
            assert!(
                !error.contains("S3cret") && !error.contains("127"),
                "{error}"
            );
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn the_report_has_names_only() {
        let mut file = parsed(
            "APP=S3cret\naws_region=S3cret\nAWS_ENDPOINT_URL=http://S3cret\nCOGNITO_MCP_CONFIRM=never\n\
             APP=again\nAWS_REGION=eu-west-1\nCOGNITO_CLIENT_ID=abc\nMIIEvQS3cret==\nS3cret line\n",
        )
        .unwrap();
        let mut region = None;
        file.fill(&mut region, "AWS_REGION");
        assert_eq!(
            file.report().unwrap(),
            "/app/.env was read: used AWS_REGION; not needed, or set by a flag or the environment: \
             COGNITO_CLIENT_ID; ignored COGNITO_MCP_CONFIRM, AWS_ENDPOINT_URL, aws_region, APP, 2 other \
             lines. Only pool, client, Region and profile come from this file; set anything else by \
             flags or in the environment"
        );
        assert_eq!(DotEnv::default().report(), None);
        assert_eq!(
            parsed("").unwrap().report().unwrap(),
            "/app/.env was read: used none"
        );
    }

    #[test]
    fn a_long_file_has_a_short_report() {
        let many = 3 * DOTENV_NAMES;
        let mut lines: Vec<String> = (0..many).map(|n| format!("A{n}=1\n")).collect();
        lines.push("HTTPS_PROXY=http://localhost\n".to_owned());
        let text = lines.concat();
        let report = parsed(&text).unwrap().report().unwrap();
        let more = many + 1 - DOTENV_NAMES;
        assert!(report.contains("ignored HTTPS_PROXY, A0, "), "{report}");
        assert!(
            report.contains(&format!(", {more} more names.")),
            "{report}"
        );
    }

    /// Any text is parsed without a panic, and every value that is read has its
    /// required form.
    #[test]
    fn any_text_is_parsed() {
        use proptest::prelude::*;
        let part = prop_oneof![
            Just("AWS_REGION"),
            Just("AWS_PROFILE"),
            Just("="),
            Just("\n"),
            Just("\r\n"),
            Just("\""),
            Just("'"),
            Just("`"),
            Just("\\"),
            Just("#"),
            Just(" "),
            Just("export "),
            Just("eu-west-1"),
            Just("${X}"),
            Just("\u{feff}"),
            Just("é"),
            Just("\0"),
        ];
        proptest!(|(parts in prop::collection::vec(part, 0..40))| {
            let text = parts.concat();
            let lines = text.matches('\n').count() + 1;
            for setting in settings(&text) {
                prop_assert!((1..=lines).contains(&setting.line), "{:?}", setting);
            }
            if let Ok(file) = parsed(&text) {
                for (name, value) in &file.values {
                    let (_, _, is_valid) = KNOWN.iter().find(|(known, ..)| known == name).unwrap();
                    prop_assert!(is_valid(value), "{} {:?}", name, value);
                }
            }
        });
    }
}
