//! The file of an import job: its header, and a row for each user.
//!
//! It is not quite CSV: values are never quoted, and a backslash stands before a
//! comma that is part of one.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html#cognito-user-pools-using-import-tool-formatting-csv-file>

use std::borrow::Cow;

use crate::error::Error;
use crate::settings::schema::Schema;

/// The user's name.
pub const USERNAME: &str = "cognito:username";
/// Whether sign-ins ask for a second factor.
pub const MFA_ENABLED: &str = "cognito:mfa_enabled";
/// The hash of the user's password.
pub const PASSWORD_HASH: &str = "password_hash";

/// Standard attributes in the order of the documented header.
const STANDARD: [&str; 19] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
];

/// Characters that a row can have.
const ROW_LIMIT: usize = 16_000;
/// Users that a file can have.
const USER_LIMIT: usize = 500_000;

/// The columns of a pool's file: its standard attributes, its own (in public
/// code they stand here), and what is no attribute.
///
/// The documented answer of `GetCSVHeader` is older than `password_hash`, of
/// which the guide says that the template has it; its place is inferred.
#[must_use]
pub fn header(schema: &Schema) -> Vec<String> {
    let own = schema.iter().filter(|attribute| attribute.is_custom());
    let own = own.map(|attribute| attribute.name.as_str());
    STANDARD
        .into_iter()
        .chain(own)
        .chain([MFA_ENABLED, USERNAME, PASSWORD_HASH])
        .map(ToOwned::to_owned)
        .collect()
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The user is in the pool.
    Succeeded,
    /// The user was there already.
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

    /// The first two are documented.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Succeeded => "The import succeeded.".to_owned(),
            Self::Skipped => "The user already exists.".to_owned(),
            Self::Failed(fault) => fault.text(),
        }
    }
}

/// Why a row was not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// Longer than 16,000 characters.
    TooLong,
    /// Not one value for each column.
    Columns,
    /// No username, or one that cannot be.
    Username,
    /// `cognito:mfa_enabled` says other than the pool.
    MfaEnabled,
    /// `birthdate` is no date.
    Birthdate,
    /// No address that the pool verifies is verified.
    NotVerified,
    /// `password_hash` is not of the job's algorithm.
    MalformedHash,
    /// `password_hash` is beyond what Cognito computes.
    CostlyHash,
    /// What Cognito refuses of any new user.
    Refused(Box<Error>),
}

impl RowFault {
    /// `NotVerified` is live
    /// (aws-solutions/cognito-user-profiles-export-reference-architecture#58; the
    /// guide has `to true`), the others are inferred: documented is only what
    /// fails.
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

/// Why no row of a file was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not UTF-8.
    NotText,
    /// Its first row is not the pool's header.
    Header,
    /// The job has an algorithm, and the file no hashes.
    NoHashes,
    /// It has more than 500,000 users.
    TooManyUsers,
}

impl Unreadable {
    /// Inferred: documented is that the job fails.
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

/// A row, and the number of its line; the header's is 1 (seen live).
pub struct Row<'a> {
    /// The number of its line.
    pub number: usize,
    /// Its values, or what is wrong with the row as such.
    pub values: Result<Values<'a>, RowFault>,
    /// The job's algorithm.
    pub algorithm: Option<&'a str>,
}

/// Columns with their values.
#[derive(Clone)]
pub struct Values<'a>(pub Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Values<'_> {
    /// Takes the value of `column` out, blank where there is none.
    pub(super) fn take(&mut self, column: &str) -> String {
        match self.0.iter().position(|(name, _)| name == column) {
            Some(at) => self.0.swap_remove(at).1.into_owned(),
            None => String::new(),
        }
    }
}

impl<'a> Rows<'a> {
    /// Judges the file as a whole.
    ///
    /// Every column must be there, in any order. `password_hash` is needed where
    /// the job has an algorithm; the guide's example of such a file leaves out
    /// columns, so those of such a job may be few (inferred).
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
        // That blank lines are no users is inferred.
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

/// The values of a line: white space around one is no part of it.
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
        /// What is written by the rules is read back.
        #[test]
        fn rows_are_read_as_written(row in prop::collection::vec("[a-z,é]{0,6}", 1..6)) {
            let line: Vec<_> = row.iter().map(|value| value.replace(',', "\\,")).collect();
            let line = line.join(",");
            prop_assert_eq!(values(&line), row);
        }
    }

    #[test]
    fn files_as_a_whole() {
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
