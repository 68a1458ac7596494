//! The file of an import job: a header, and a row for each user.
//!
//! The format differs from CSV: values are never quoted, and a backslash
//! escapes a comma in a value.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html#cognito-user-pools-using-import-tool-formatting-csv-file>

use std::borrow::Cow;

use crate::error::Error;
use crate::settings::schema::{STANDARD, Schema};
use serde::{Deserialize, Serialize};

/// The column of the username.
pub const USERNAME: &str = "cognito:username";
/// The column that turns the second factor on.
pub const MFA_ENABLED: &str = "cognito:mfa_enabled";
/// The column of the password's hash.
pub const PASSWORD_HASH: &str = "password_hash";

/// Limit of characters in a row.
const ROW_LIMIT: usize = 16_000;
/// Limit of users in a file.
const USER_LIMIT: usize = 500_000;

/// The columns of a pool's file: standard attributes, custom attributes (public
/// code shows them at this position), and the columns that are not attributes.
///
/// The documented response of `GetCSVHeader` is older than `password_hash`. The
/// guide says that the template has this column; its position is inferred.
#[must_use]
pub fn header(schema: &Schema) -> Vec<String> {
    let own = schema.iter().filter(|attribute| attribute.is_custom());
    let own = own.map(|attribute| attribute.name.as_str());
    // The documented header has the standard attributes in the order of `CreateUserPool`.
    let standard = STANDARD.into_iter().filter(|name| *name != "sub");
    standard
        .chain(own)
        .chain([MFA_ENABLED, USERNAME, PASSWORD_HASH])
        .map(ToOwned::to_owned)
        .collect()
}

/// The result of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The user was imported.
    Succeeded,
    /// The user already exists.
    Skipped,
    /// The user could not be imported.
    Failed(RowFault),
}

impl Line {
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Skipped => "SKIPPED",
            Self::Failed(_) => "FAILED",
        }
    }

    /// The first two sentences are documented.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Succeeded => "The import succeeded.".to_owned(),
            Self::Skipped => "The user already exists.".to_owned(),
            Self::Failed(fault) => fault.text(),
        }
    }
}

/// The reason why a row was not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// The row has more than 16,000 characters.
    TooLong,
    /// The number of values differs from the number of columns.
    Columns,
    /// The username is missing or invalid.
    Username,
    /// `cognito:mfa_enabled` does not match the pool.
    MfaEnabled,
    /// `birthdate` is not a date.
    Birthdate,
    /// None of the attributes that the pool verifies is verified.
    NotVerified,
    /// `password_hash` does not have the form of the job's algorithm.
    MalformedHash,
    /// `password_hash` needs more work than Cognito allows.
    CostlyHash,
    /// Cognito refuses such a user in any operation.
    Refused(Box<Error>),
}

impl RowFault {
    /// `NotVerified` is live
    /// (aws-solutions/cognito-user-profiles-export-reference-architecture#58; the guide
    /// has `to true`). The other sentences are inferred: only the conditions are
    /// documented.
    fn text(&self) -> String {
        match self {
            Self::TooLong => "The row is longer than 16000 characters.",
            Self::Columns => "The number of values differs from the number of columns.",
            Self::Username => "The cognito:username is missing or invalid.",
            Self::MfaEnabled => {
                "The cognito:mfa_enabled value does not match the MFA configuration of the user pool."
            }
            Self::Birthdate => "The birthdate is not of the format mm/dd/yyyy.",
            Self::NotVerified => {
                "The User Record does not set any of the auto verified attributes to verified. (Example: email_verified to true)."
            }
            Self::MalformedHash => {
                "The password_hash does not match the format of the password hashing algorithm."
            }
            Self::CostlyHash => "The password_hash has parameters that exceed the maximum.",
            Self::Refused(error) => return error.sentence().unwrap_or_default().trim().to_owned(),
        }
        .to_owned()
    }
}

/// The reason why no row of a file was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unreadable {
    /// The file is not UTF-8.
    NotText,
    /// The first row is not the pool's header.
    Header,
    /// The job has an algorithm, and the file has no hashes.
    NoHashes,
    /// The file has more than 500,000 users.
    TooManyUsers,
}

impl Unreadable {
    /// The sentences are inferred: only the failure is documented.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::NotText => "The CSV file could not be parsed.",
            Self::Header => "The header of the CSV file does not match the user pool.",
            Self::NoHashes => "The CSV file does not include the password_hash column.",
            Self::TooManyUsers => "The CSV file has more than 500000 users.",
        }
    }
}

/// The rows of a file.
pub struct Rows<'a> {
    columns: Vec<Cow<'a, str>>,
    algorithm: Option<&'a str>,
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
}

/// A row with its line number. The header is line 1 (seen live).
pub struct Row<'a> {
    /// The line number.
    pub number: usize,
    /// The values, or the fault of the row's form.
    pub values: Result<Values<'a>, RowFault>,
    /// The job's algorithm.
    pub algorithm: Option<&'a str>,
}

/// The values of a row by column.
#[derive(Clone)]
pub struct Values<'a>(pub Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Values<'_> {
    /// Removes and returns the value of `column`; empty if it has none.
    pub(super) fn take(&mut self, column: &str) -> String {
        match self.0.iter().position(|(name, _)| name == column) {
            Some(at) => self.0.swap_remove(at).1.into_owned(),
            None => String::new(),
        }
    }
}

impl<'a> Rows<'a> {
    /// Validates the header of the file.
    ///
    /// Every column must be present, in any order. `password_hash` is required if the job
    /// has an algorithm. The guide's example of a file with hashes omits columns, so the
    /// file of such a job may omit other columns (inferred).
    pub fn read(
        file: &'a [u8],
        schema: &Schema,
        algorithm: Option<&'a str>,
    ) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(file).map_err(|_| Unreadable::NotText)?;
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().ok_or(Unreadable::Header)?;
        let columns = values(first);
        let has = |name: &str| columns.iter().any(|column| column == name);
        let known = header(schema);
        let is_known = |column: &Cow<'_, str>| known.iter().any(|name| name == column);
        let repeats = |(at, column)| columns[..at].contains(column);
        if !columns.iter().all(is_known) || columns.iter().enumerate().any(repeats) {
            return Err(Unreadable::Header);
        }
        let complete = match algorithm {
            Some(_) if !has(PASSWORD_HASH) => return Err(Unreadable::NoHashes),
            Some(_) => has(USERNAME),
            None => known.iter().all(|name| name == PASSWORD_HASH || has(name)),
        };
        if !complete {
            return Err(Unreadable::Header);
        }
        if lines.clone().filter(|(_, line)| !is_blank(line)).count() > USER_LIMIT {
            return Err(Unreadable::TooManyUsers);
        }
        Ok(Self {
            columns,
            algorithm,
            lines,
        })
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        // Blank lines are skipped (inferred).
        let (at, line) = self.lines.by_ref().find(|(_, line)| !is_blank(line))?;
        let values = if line.chars().count() > ROW_LIMIT {
            Err(RowFault::TooLong)
        } else {
            let values = values(line);
            if values.len() == self.columns.len() {
                Ok(Values(self.columns.iter().cloned().zip(values).collect()))
            } else {
                Err(RowFault::Columns)
            }
        };
        Some(Row {
            number: at + 1,
            values,
            algorithm: self.algorithm,
        })
    }
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// The values of a line, without surrounding white space.
fn values(line: &str) -> Vec<Cow<'_, str>> {
    let mut all = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices(',') {
        if !line[..at].ends_with('\\') {
            all.push(value(&line[start..at]));
            start = at + 1;
        }
    }
    all.push(value(&line[start..]));
    all
}

fn value(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.contains("\\,") {
        text.replace("\\,", ",").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_trimmed_and_commas_escaped() {
        for (line, expected) in [
            ("", vec![""]),
            (" a , b\t,", vec!["a", "b", ""]),
            (r"1\, Main Street,x", vec!["1, Main Street", "x"]),
            (
                r#""quoted, so",C:\dir"#,
                vec![r#""quoted"#, r#"so""#, r"C:\dir"],
            ),
        ] {
            assert_eq!(values(line), expected, "{line}");
        }
    }

    proptest! {
        /// A line that follows the rules is parsed to its values.
        #[test]
        fn rows_are_read_as_written(row in prop::collection::vec("[a-z,é]{0,6}", 1..6)) {
            let line: Vec<_> = row.iter().map(|value| value.replace(',', "\\,")).collect();
            let line = line.join(",");
            prop_assert_eq!(values(&line), row);
        }
    }

    #[test]
    fn headers_and_encodings_of_files() {
        let schema = Schema::default();
        let all = header(&schema).join(",");
        let without_hashes = all.replace(",password_hash", "");
        let read = |file: &str, algorithm| Rows::read(file.as_bytes(), &schema, algorithm).err();
        let few = "cognito:username,email,email_verified,password_hash";
        for (file, algorithm, expected) in [
            ("", None, Some(Unreadable::Header)),
            (few, None, Some(Unreadable::Header)),
            (&*all, None, None),
            (&*without_hashes, None, None),
            (&*without_hashes, Some("BCRYPT"), Some(Unreadable::NoHashes)),
            (few, Some("BCRYPT"), None),
            (
                "email,password_hash",
                Some("BCRYPT"),
                Some(Unreadable::Header),
            ),
            (&*format!("\u{feff}{all}"), None, Some(Unreadable::Header)),
            (&*format!("{all},sub"), None, Some(Unreadable::Header)),
            (&*format!("{all},email"), None, Some(Unreadable::Header)),
        ] {
            assert_eq!(read(file, algorithm), expected, "{file}");
        }
        let many = format!("{all}\n{}", "a\n".repeat(USER_LIMIT));
        assert_eq!(read(&many, None), None);
        assert_eq!(
            read(&format!("{many}\n\na"), None),
            Some(Unreadable::TooManyUsers)
        );
        let latin = Rows::read(b"\xe9", &schema, None).err();
        assert_eq!(latin, Some(Unreadable::NotText));
    }
}
