//! The forms of values in a pool file.

use std::borrow::Cow;

use crate::model::Shape;

/// The form of a value.
#[derive(Debug)]
pub(super) enum Form {
    /// A shape of the service model.
    Model(&'static Shape),
    /// Named members that the file defines.
    Record(Record),
    /// Elements of one form.
    List(Box<Form>),
    /// Any text.
    Text,
    /// A text of this form.
    Encoded(Encoding),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A whole number in this range.
    Whole(u32, u32),
    /// `true` or `false`.
    Flag,
    /// A time: RFC 3339, or seconds since the epoch.
    Date,
    /// The attributes of a user: a map, or a list of names and values.
    Attributes,
}

/// The form of a text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    /// An AWS account.
    Account,
    /// Hexadecimal digits: a number of bytes.
    Hex(usize),
    /// RFC 4648, section 6, without padding.
    Base32,
    /// RFC 4648, section 4.
    Base64,
    /// RFC 4648, section 5, without padding.
    Base64Url,
}

impl Encoding {
    /// The pattern in the syntax of JSON Schema.
    pub(super) fn pattern(self) -> String {
        match self {
            Self::Account => "^[0-9]{12}$".to_owned(),
            Self::Hex(bytes) => format!("^[0-9a-f]{{{}}}$", bytes * 2),
            Self::Base32 => "^[A-Z2-7]+$".to_owned(),
            Self::Base64 => "^[A-Za-z0-9+/]+={0,2}$".to_owned(),
            Self::Base64Url => "^[A-Za-z0-9_-]+$".to_owned(),
        }
    }

    /// Whether `text` matches the pattern.
    pub(super) fn fits(self, text: &str) -> bool {
        let all = |text: &str, is_allowed: fn(u8) -> bool| {
            !text.is_empty() && text.bytes().all(is_allowed)
        };
        match self {
            Self::Account => text.len() == 12 && all(text, |byte| byte.is_ascii_digit()),
            Self::Hex(bytes) => {
                text.len() == bytes * 2
                    && all(text, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            }
            Self::Base32 => all(text, |byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')),
            Self::Base64 => {
                let digits = text.trim_end_matches('=');
                text.len() - digits.len() <= 2
                    && all(digits, |byte| {
                        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
                    })
            }
            Self::Base64Url => all(text, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
            }),
        }
    }
}

/// A structure of the file.
#[derive(Debug)]
pub(super) struct Record {
    /// The name in the JSON Schema.
    pub(super) name: &'static str,
    pub(super) description: String,
    /// The members in the order of an export.
    pub(super) fields: Vec<Field>,
}

/// A member of a [`Record`].
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) is_required: bool,
    pub(super) description: Cow<'static, str>,
}

impl Record {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
