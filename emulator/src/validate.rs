//! Validation of requests against the service model, as in Cognito's front end.
//!
//! A request is parsed first: a member of the wrong JSON type is a
//! `SerializationException`. Then every constraint of every member is checked,
//! and one `InvalidParameterException` reports all violations.
//!
//! The sentence treats lists and maps as follows. An element that violates a
//! constraint is reported once for its list, with all constraints of the
//! element type (`aws/aws-cli#2941` shows it for `callbackURLs`). Maps do the
//! same for keys and for values. Structures in lists and maps are reported
//! member by member, as in `schema.1.member.name` (fact 2.3).

mod answer;
mod redact;

pub use self::answer::{declares, response_faults};
pub use self::redact::{redact, redact_message, redact_response};

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use serde_json::{Map, Number, Value};

use crate::bounds::{ECHO, VIOLATIONS};
use crate::error::{Error, Result};
use crate::model::{Kind, Member, Operation, Shape};
use crate::pattern::Pattern;

/// Checks that the model allows `input` as a request of `operation`.
///
/// Members that are `null` count as absent. Members that the model does not
/// know are ignored (fact 1.18).
pub fn check(operation: &Operation, input: &Value) -> Result<()> {
    if input.is_null() {
        return Err(Error::NotJson);
    }
    read(operation.input(), input)?;

    let mut found = Violations::default();
    found.enter(&Spot {
        shape: operation.input(),
        value: input,
        hidden: operation.input().sensitive,
        way: None,
    });
    found.into_result()
}

/// [`check`]s `input` and returns it as Cognito's front end passes it on:
/// without members that are `null`, and without nulls in lists and maps.
pub fn accept<'v>(operation: &Operation, input: &'v Value) -> Result<Cow<'v, Value>> {
    accept_as(operation, input, input)
}

/// [`accept`]s `input`, of which `checked` is the part that the model describes.
pub(crate) fn accept_as<'v>(
    operation: &Operation,
    input: &'v Value,
    checked: &Value,
) -> Result<Cow<'v, Value>> {
    check(operation, checked)?;
    Ok(if has_null(input) {
        Cow::Owned(without_nulls(operation.input(), input))
    } else {
        Cow::Borrowed(input)
    })
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().any(has_null),
        Value::Array(elements) => elements.iter().any(has_null),
        other => other.is_null(),
    }
}

/// Documents keep their nulls, and so do members that the model does not know.
fn without_nulls(shape: &Shape, value: &Value) -> Value {
    match (&shape.kind, value) {
        (Kind::Structure(_), Value::Object(given)) => entries(given, |name, value| {
            shape.member(name).map_or_else(
                || value.clone(),
                |member| without_nulls(member.shape(), value),
            )
        }),
        (Kind::Map { value: entry, .. }, Value::Object(given)) => {
            entries(given, |_, value| without_nulls(entry.get(), value))
        }
        (Kind::List(element), Value::Array(elements)) => present(elements)
            .map(|value| without_nulls(element.get(), value))
            .collect(),
        _ => value.clone(),
    }
}

fn entries(given: &Map<String, Value>, each: impl Fn(&str, &Value) -> Value) -> Value {
    let present = given.iter().filter(|(_, value)| !value.is_null());
    present
        .map(|(name, value)| (name.clone(), each(name, value)))
        .collect()
}

/// Checks that the JSON types are those of the model. All sentences are inferred from
/// Athena, which has the same front end (fact 1.10).
fn read(shape: &Shape, value: &Value) -> Result<()> {
    match (&shape.kind, value) {
        (_, Value::Null)
        | (Kind::Document, _)
        | (Kind::String, Value::String(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Timestamp, Value::Number(_)) => Ok(()),
        (Kind::Structure(_), Value::Object(given)) => given
            .iter()
            .filter_map(|(name, value)| Some((shape.member(name)?, value)))
            .try_for_each(|(member, value)| read(member.shape(), value)),
        (Kind::Map { value, .. }, Value::Object(entries)) => entries
            .values()
            .try_for_each(|entry| read(value.get(), entry)),
        (Kind::List(element), Value::Array(elements)) => elements
            .iter()
            .try_for_each(|value| read(element.get(), value)),
        (Kind::Integer | Kind::Long, Value::Number(number)) => whole(shape, number),
        (Kind::Blob, Value::String(text)) if bytes(text).is_some() => Ok(()),
        _ => Err(mismatch(&shape.kind, value)),
    }
}

/// Refuses, without a sentence, fractions and integers that exceed their type. An integer
/// that a constraint of the model excludes is reported later, by that constraint. Cognito
/// may truncate fractions and such integers.
fn whole(shape: &Shape, number: &Number) -> Result<()> {
    let Some(integer) = integer(number) else {
        return Err(Error::NotJson);
    };
    let (min, max) = match shape.kind {
        Kind::Integer => (i64::from(i32::MIN).into(), i64::from(i32::MAX).into()),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    let named = (integer < min && shape.min.is_some()) || (integer > max && shape.max.is_some());
    if (min..=max).contains(&integer) || named {
        Ok(())
    } else {
        Err(Error::NotJson)
    }
}

fn integer(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

fn mismatch(kind: &Kind, value: &Value) -> Error {
    let found = match value {
        Value::Array(_) => return Error::UnexpectedList,
        Value::Object(_) => return Error::UnexpectedObject,
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
    };
    let expected = match kind {
        Kind::Structure(_) | Kind::Document => return Error::ExpectedStructure,
        Kind::List(_) => return Error::ExpectedList,
        Kind::Map { .. } => return Error::ExpectedMap,
        Kind::String => "a String",
        Kind::Integer => "an Integer",
        Kind::Long => "a Long",
        Kind::Boolean => "a Boolean",
        Kind::Blob => "a Blob",
        Kind::Timestamp => "milliseconds since epoch",
    };
    Error::WrongJsonType {
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}

/// The number of bytes that `base64` encodes, or `None` if it is not valid
/// base64.
fn bytes(base64: &str) -> Option<usize> {
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    let digits = base64.trim_end_matches('=');
    let padding = base64.len() - digits.len();
    let whole = base64.len().is_multiple_of(4) && padding <= 2 && digits.bytes().all(is_digit);
    whole.then(|| base64.len() / 4 * 3 - padding)
}

/// One constraint of the model.
#[derive(Clone, Copy)]
enum Constraint<'a> {
    NotNull,
    /// Maximum of a length or of a value.
    Max(&'static str, i64),
    Min(&'static str, i64),
    Pattern(&'a Pattern),
    Values(&'a [&'static str]),
}

impl<'a> Constraint<'a> {
    /// The constraints of `shape`, in the order in which Cognito lists them
    /// (fact 2.8 and `aws/aws-cli#2941`).
    fn of(shape: &'a Shape) -> impl Iterator<Item = Self> {
        let measure = match shape.kind {
            Kind::Integer | Kind::Long => "value",
            _ => "length",
        };
        [
            shape.max.map(|max| Self::Max(measure, max)),
            shape.min.map(|min| Self::Min(measure, min)),
            shape.pattern.as_deref().map(Self::Pattern),
            (!shape.values.is_empty()).then_some(Self::Values(&shape.values)),
        ]
        .into_iter()
        .flatten()
    }

    fn holds(self, kind: &Kind, value: &Value) -> bool {
        let size = match value {
            Value::String(text) => return self.holds_for(kind, text),
            Value::Number(number) => integer(number).unwrap_or_default(),
            Value::Array(elements) => present(elements).count() as i128,
            Value::Object(entries) => present(entries.values()).count() as i128,
            Value::Null | Value::Bool(_) => return true,
        };
        match self {
            Self::Max(_, max) => size <= max.into(),
            Self::Min(_, min) => size >= min.into(),
            Self::NotNull | Self::Pattern(_) | Self::Values(_) => true,
        }
    }

    /// Lengths are in code points; those of blobs are in bytes.
    fn holds_for(self, kind: &Kind, text: &str) -> bool {
        let length = || match kind {
            Kind::Blob => bytes(text).unwrap_or_default() as i128,
            _ => text.chars().count() as i128,
        };
        match self {
            Self::NotNull => true,
            Self::Max(_, max) => length() <= max.into(),
            Self::Min(_, min) => length() >= min.into(),
            Self::Pattern(pattern) => pattern.matches(text),
            Self::Values(values) => values.contains(&text),
        }
    }
}

impl Display for Constraint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Member must ")?;
        match self {
            Self::NotNull => f.write_str("not be null"),
            Self::Max(measure, max) => write!(f, "have {measure} less than or equal to {max}"),
            Self::Min(measure, min) => write!(f, "have {measure} greater than or equal to {min}"),
            Self::Pattern(java) => {
                write!(f, "satisfy regular expression pattern: {}", java.as_str())
            }
            Self::Values(values) => {
                write!(f, "satisfy enum value set: [{}]", values.join(", "))
            }
        }
    }
}

/// The elements that are not null. The front end drops nulls.
fn present<'v>(elements: impl IntoIterator<Item = &'v Value>) -> impl Iterator<Item = &'v Value> {
    elements.into_iter().filter(|element| !element.is_null())
}

/// A value in a request, and its position. Spots are on the stack, and the path is
/// written only for a violation, because most requests have none.
#[derive(Clone, Copy)]
struct Spot<'a> {
    shape: &'a Shape,
    value: &'a Value,
    /// Whether the value, or a value that contains it, is sensitive and must
    /// not be echoed (fact 2.4).
    hidden: bool,
    /// The spot that contains this one; the request itself has none.
    way: Option<(&'a Self, Step<'a>)>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a Member),
    Element(usize),
    Entry(&'a str),
}

impl<'a> Spot<'a> {
    fn inside(&'a self, step: Step<'a>, shape: &'a Shape, value: &'a Value) -> Self {
        Self {
            shape,
            value,
            hidden: self.hidden || shape.sensitive,
            way: Some((self, step)),
        }
    }

    /// ` 'value'`, ` null`, or nothing for a hidden value (facts 2.4, 2.19).
    fn echo(&self) -> String {
        if self.hidden {
            String::new()
        } else if self.value.is_null() {
            " null".to_owned()
        } else {
            format!(" '{}'", Echo::of(&Java(self.shape, self.value)))
        }
    }
}

impl Display for Spot<'_> {
    /// The path, as in `schema.1.member.name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((around, step)) = self.way else {
            return Ok(());
        };
        if around.way.is_some() {
            write!(f, "{around}.")?;
        }
        match step {
            Step::Member(member) => f.write_str(&member.path),
            Step::Element(index) => write!(f, "{index}.member"),
            Step::Entry(key) => write!(f, "{key}.member"),
        }
    }
}

/// The sentence for a 0 at a member whose minimum is 1, with the name that an inner
/// service uses for the member.
pub(crate) fn below_one(name: &str) -> String {
    format!(
        "1 validation error detected: Value '0' at '{name}' failed to satisfy constraint: Member must have value greater than or equal to 1"
    )
}

/// Checks texts that do not come from a request. Each has the name that Cognito
/// gives it and the shape that it must have.
pub(crate) fn check_texts<'a>(
    given: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> Result<()> {
    let mut found = Violations::default();
    for (path, shape, text) in given {
        let shape = crate::model::Model::get()
            .shapes()
            .find(|known| known.name == shape);
        let shape = shape.expect("the model has this shape");
        let broken =
            Constraint::of(shape).filter(|constraint| !constraint.holds_for(&shape.kind, text));
        for claim in broken {
            let echo = Echo::of(&text);
            found.push(format_args!(
                "Value '{echo}' at '{path}' failed to satisfy constraint: {claim}"
            ));
        }
    }
    found.into_result()
}

/// The first constraint of `shape` that `value`, of the right type, violates.
pub(crate) fn violated(shape: &Shape, value: &Value) -> Option<String> {
    let mut broken =
        Constraint::of(shape).filter(|constraint| !constraint.holds(&shape.kind, value));
    broken.next().map(|constraint| constraint.to_string())
}

/// A value in the form that sentences repeat: characters other than ASCII
/// become `?` (fact 2.11), and a value of more than [`ECHO`] characters becomes
/// `...`. A part of it is never repeated, because the journal would not
/// recognize a part of a secret.
struct Echo(String);

impl Echo {
    fn of(value: &impl Display) -> String {
        let mut echo = Self(String::new());
        // An error stops the writing of a long value.
        match write!(echo, "{value}") {
            Ok(()) => echo.0,
            Err(_) => "...".to_owned(),
        }
    }
}

impl Write for Echo {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = ECHO - self.0.len();
        let ascii = |c: char| if c.is_ascii() { c } else { '?' };
        let mut characters = text.chars().map(ascii);
        self.0.extend(characters.by_ref().take(room));
        characters.next().map_or(Ok(()), |_| Err(fmt::Error))
    }
}

/// The violations found so far: how many, and the sentences of the first
/// [`VIOLATIONS`].
#[derive(Default)]
struct Violations {
    count: usize,
    sentences: Vec<String>,
}

impl Violations {
    /// Checks the members, elements or entries of a value.
    fn enter(&mut self, spot: &Spot<'_>) {
        match (&spot.shape.kind, spot.value) {
            (Kind::Structure(members), Value::Object(given)) => {
                let zero = Value::from(0);
                for member in members {
                    let value = given.get(member.name).unwrap_or(&Value::Null);
                    let value = if value.is_null() && member.absent_is_zero {
                        &zero
                    } else {
                        value
                    };
                    let inside = spot.inside(Step::Member(member), member.shape(), value);
                    self.check_member(&inside, member.required);
                }
            }
            (Kind::List(element), Value::Array(elements)) => {
                let element = element.get();
                if present(elements).any(|value| !fits(element, value)) {
                    self.add_parts(spot, "Member", element);
                }
                for (index, value) in (1..).zip(present(elements)) {
                    self.enter(&spot.inside(Step::Element(index), element, value));
                }
            }
            (Kind::Map { key, value: entry }, Value::Object(entries)) => {
                let (key, entry) = (key.get(), entry.get());
                let fits_key = |text: &String| {
                    Constraint::of(key).all(|constraint| constraint.holds_for(&key.kind, text))
                };
                if !entries.keys().all(fits_key) {
                    self.add_parts(spot, "Map keys", key);
                }
                if present(entries.values()).any(|value| !fits(entry, value)) {
                    self.add_parts(spot, "Map value", entry);
                }
                for (key, value) in entries {
                    self.enter(&spot.inside(Step::Entry(key), entry, value));
                }
            }
            _ => {}
        }
    }

    /// Checks a member. If a member has two violations, Cognito names them in
    /// either order (fact 2.12).
    fn check_member(&mut self, spot: &Spot<'_>, required: bool) {
        let Spot { shape, value, .. } = spot;
        if value.is_null() {
            if required {
                self.add(spot, Constraint::NotNull);
            }
            return;
        }
        for broken in
            Constraint::of(shape).filter(|constraint| !constraint.holds(&shape.kind, value))
        {
            self.add(spot, broken);
        }
        self.enter(spot);
    }

    /// Reports, as one violation, that parts of a list or map violate a
    /// constraint.
    fn add_parts(&mut self, spot: &Spot<'_>, which: &str, part: &Shape) {
        let constraints: Vec<String> = Constraint::of(part)
            .map(|constraint| constraint.to_string())
            .collect();
        let hidden = spot.hidden || part.sensitive;
        self.add(
            &Spot { hidden, ..*spot },
            format_args!(
                "{which} must satisfy constraint: [{}]",
                constraints.join(", ")
            ),
        );
    }

    fn add(&mut self, spot: &Spot<'_>, claim: impl Display) {
        if self.count < VIOLATIONS {
            let echo = spot.echo();
            self.push(format_args!(
                "Value{echo} at '{spot}' failed to satisfy constraint: {claim}"
            ));
        } else {
            self.count += 1;
        }
    }

    fn push(&mut self, sentence: fmt::Arguments<'_>) {
        self.count += 1;
        self.sentences.push(sentence.to_string());
    }

    /// Reports all violations in one sentence (fact 2.2).
    fn into_result(self) -> Result<()> {
        let errors = match self.count {
            0 => return Ok(()),
            1 => "1 validation error".to_owned(),
            several => format!("{several} validation errors"),
        };
        let detected = format!("{errors} detected: {}", self.sentences.join("; "));
        Err(Error::Constraints { detected })
    }
}

fn fits(shape: &Shape, value: &Value) -> bool {
    Constraint::of(shape).all(|constraint| constraint.holds(&shape.kind, value))
}

/// A value as Java prints it (fact 2.10): `[RecoveryOptionType(priority=1,
/// name=admin_only)]`.
struct Java<'a>(&'a Shape, &'a Value);

impl Display for Java<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(shape, value) = self;
        match (&shape.kind, value) {
            (_, Value::Null) => f.write_str("null"),
            // Inferred: no list or map with its own constraints contains a sensitive
            // value.
            _ if shape.sensitive => f.write_str("***"),
            (Kind::Structure(members), Value::Object(given)) => {
                write!(f, "{}(", shape.name)?;
                for (index, member) in members.iter().enumerate() {
                    let value = given.get(member.name).unwrap_or(&Value::Null);
                    let separator = if index == 0 { "" } else { ", " };
                    write!(
                        f,
                        "{separator}{}={}",
                        member.path,
                        Java(member.shape(), value)
                    )?;
                }
                f.write_str(")")
            }
            (Kind::List(element), Value::Array(elements)) => {
                let mut separator = "[";
                for value in present(elements) {
                    write!(f, "{separator}{}", Java(element.get(), value))?;
                    separator = ", ";
                }
                f.write_str(if separator == "[" { "[]" } else { "]" })
            }
            (Kind::Map { value, .. }, Value::Object(entries)) => {
                let mut separator = "{";
                for (key, entry) in entries {
                    write!(f, "{separator}{key}={}", Java(value.get(), entry))?;
                    separator = ", ";
                }
                f.write_str(if separator == "{" { "{}" } else { "}" })
            }
            (Kind::Blob, Value::String(base64)) => {
                let length = bytes(base64).unwrap_or_default();
                write!(
                    f,
                    "java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]"
                )
            }
            (_, Value::String(text)) => f.write_str(text),
            (_, other) => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::model::Model;

    #[track_caller]
    fn refused(operation: &str, input: Value) -> String {
        check(Model::get().operation(operation).unwrap(), &input)
            .unwrap_err()
            .to_string()
    }

    #[track_caller]
    fn accepted(operation: &str, input: Value) {
        assert_eq!(
            check(Model::get().operation(operation).unwrap(), &input),
            Ok(())
        );
    }

    #[test]
    fn all_violations_at_once() {
        // Facts 2.1, 2.2, 2.4, 2.13, 2.14.
        assert_eq!(
            refused(
                "ConfirmForgotPassword",
                json!({ "ClientId": "a b", "Username": "", "Password": "p", "ConfirmationCode": "" })
            ),
            "InvalidParameterException: 7 validation errors detected: \
             Value at 'clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+]+; \
             Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; \
             Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+; \
             Value '' at 'confirmationCode' failed to satisfy constraint: Member must have length greater than or equal to 1; \
             Value '' at 'confirmationCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\S]+; \
             Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6; \
             Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$"
        );
    }

    #[test]
    fn required_members_are_not_null() {
        // Fact 2.19.
        assert_eq!(
            refused("AdminGetUser", json!({ "UserPoolId": null })),
            "InvalidParameterException: 2 validation errors detected: \
             Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; \
             Value at 'username' failed to satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn enums_in_live_order() {
        // Fact 2.7.
        assert_eq!(
            refused(
                "CreateUserPool",
                json!({ "PoolName": "p", "MfaConfiguration": "false" })
            ),
            "InvalidParameterException: 1 validation error detected: Value 'false' at 'mfaConfiguration' failed to satisfy constraint: \
             Member must satisfy enum value set: [OPTIONAL, OFF, ON]"
        );
    }

    #[test]
    fn scalar_elements_are_reported_for_their_list() {
        // Fact 2.8.
        assert_eq!(
            refused(
                "CreateUserPool",
                json!({ "PoolName": "p", "AutoVerifiedAttributes": ["email", "name"], "AliasAttributes": [] })
            ),
            "InvalidParameterException: 1 validation error detected: Value '[email, name]' at 'autoVerifiedAttributes' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must satisfy enum value set: [phone_number, email]]"
        );
        // aws/aws-cli#2941.
        assert_eq!(
            refused(
                "CreateUserPoolClient",
                json!({ "UserPoolId": "r_1", "ClientName": "c", "CallbackURLs": ["", "a b"] })
            ),
            "InvalidParameterException: 1 validation error detected: Value '[, a b]' at 'callbackURLs' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must have length less than or equal to 1024, \
             Member must have length greater than or equal to 1, \
             Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+]"
        );
    }

    #[test]
    fn structures_in_lists_are_reported_by_member() {
        // Fact 2.3.
        assert_eq!(
            refused(
                "CreateUserPool",
                json!({ "PoolName": "p", "Schema": [{ "Name": "ok" }, { "Name": "n".repeat(21) }] })
            ),
            "InvalidParameterException: 1 validation error detected: Value 'nnnnnnnnnnnnnnnnnnnnn' at 'schema.2.member.name' \
             failed to satisfy constraint: Member must have length less than or equal to 20"
        );
    }

    #[test]
    fn structures_are_echoed_as_java_prints_them() {
        // Fact 2.10.
        let mechanisms = json!([
            { "Priority": 1, "Name": "verified_email" },
            { "Name": "admin_only", "Priority": 2 },
            { "Priority": 2 },
        ]);
        let recovery = json!({ "PoolName": "p", "AccountRecoverySetting": { "RecoveryMechanisms": mechanisms } });
        assert_eq!(
            refused("CreateUserPool", recovery),
            "InvalidParameterException: 2 validation errors detected: \
             Value '[RecoveryOptionType(priority=1, name=verified_email), RecoveryOptionType(priority=2, name=admin_only), \
             RecoveryOptionType(priority=2, name=null)]' at 'accountRecoverySetting.recoveryMechanisms' failed to satisfy constraint: \
             Member must have length less than or equal to 2; \
             Value null at 'accountRecoverySetting.recoveryMechanisms.3.member.name' failed to satisfy constraint: \
             Member must not be null"
        );
    }

    #[test]
    fn numbers_out_of_range() {
        // Facts 2.6, 3.16.
        let policy = json!({ "MinimumLength": 4, "PasswordHistorySize": 25, "TemporaryPasswordValidityDays": 99_999_999_999_i64 });
        assert_eq!(
            refused(
                "CreateUserPool",
                json!({ "PoolName": "p", "Policies": { "PasswordPolicy": policy } })
            ),
            "InvalidParameterException: 3 validation errors detected: \
             Value '4' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value greater than or equal to 6; \
             Value '25' at 'policies.passwordPolicy.passwordHistorySize' failed to satisfy constraint: Member must have value less than or equal to 24; \
             Value '99999999999' at 'policies.passwordPolicy.temporaryPasswordValidityDays' failed to satisfy constraint: \
             Member must have value less than or equal to 365"
        );
    }

    #[test]
    fn echoes_are_ascii() {
        // Fact 2.11.
        assert_eq!(
            refused(
                "CreateUserPoolClient",
                json!({ "UserPoolId": "r_1", "ClientName": "日本語名" })
            ),
            "InvalidParameterException: 1 validation error detected: Value '????' at 'clientName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+"
        );
    }

    #[test]
    fn live_names_in_paths() {
        // Fact 2.3.
        let invite = json!({ "InviteMessageTemplate": { "SMSMessage": "Welcome aboard." } });
        assert_eq!(
            refused(
                "CreateUserPool",
                json!({ "PoolName": "p", "AdminCreateUserConfig": invite })
            ),
            "InvalidParameterException: 1 validation error detected: Value 'Welcome aboard.' at 'adminCreateUserConfig.inviteMessage.smsMessage' \
             failed to satisfy constraint: Member must satisfy regular expression pattern: (?s).*\\{####\\}(?s).*"
        );
    }

    #[test]
    fn keys_and_values_of_maps() {
        let tags = json!({ "a".repeat(129): "1", "b": "c".repeat(257) });
        let sentence = refused(
            "TagResource",
            json!({ "ResourceArn": "arn:aws:cognito-idp:us-east-1:1:userpool/p", "Tags": tags }),
        );
        assert!(
            sentence.starts_with(
                "InvalidParameterException: 2 validation errors detected: Value '{aaa"
            ),
            "{sentence}"
        );
        assert!(sentence.contains(
            "' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: \
             [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]; Value '{"
        ));
        assert!(sentence.ends_with(
            "' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: \
             [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"
        ));
    }

    #[test]
    fn nothing_sensitive_is_echoed() {
        let long = "s3cret".repeat(30_000);
        let input = json!({
            "ClientId": "c",
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "PASSWORD": long },
            "UserContextData": { "EncodedData": long },
        });
        assert_eq!(
            refused("InitiateAuth", input),
            "InvalidParameterException: 2 validation errors detected: \
             Value at 'authParameters' failed to satisfy constraint: Map value must satisfy constraint: \
             [Member must have length less than or equal to 131072, Member must have length greater than or equal to 0]; \
             Value at 'userContextData.encodedData' failed to satisfy constraint: Member must have length less than or equal to 131072"
        );
    }

    #[test]
    fn json_types_come_first() {
        // Facts 1.9, 1.10.
        for (input, expected) in [
            (
                json!({ "UserPoolId": 1 }),
                "SerializationException: NUMBER_VALUE can not be converted to a String",
            ),
            (
                json!({ "UserPoolId": true }),
                "SerializationException: TRUE_VALUE can not be converted to a String",
            ),
            (
                json!({ "UserPoolId": ["x"] }),
                "SerializationException: Start of list found where not expected",
            ),
            (
                json!({ "UserPoolId": {} }),
                "SerializationException: Start of structure or map found where not expected.",
            ),
            (
                json!({ "Limit": "1" }),
                "SerializationException: STRING_VALUE can not be converted to an Integer",
            ),
            (json!({ "Limit": 1.5 }), "SerializationException"),
            (
                json!({ "AttributesToGet": "email" }),
                "SerializationException: Expected list or null",
            ),
            (
                json!({ "AttributesToGet": [1] }),
                "SerializationException: NUMBER_VALUE can not be converted to a String",
            ),
            (
                json!([]),
                "SerializationException: Start of list found where not expected",
            ),
            (json!(null), "SerializationException"),
        ] {
            assert_eq!(refused("ListUsers", input), expected);
        }
        assert_eq!(
            refused("AdminCreateUser", json!({ "ClientMetadata": "x" })),
            "SerializationException: Expected map or null"
        );
        assert_eq!(
            refused("CreateUserPool", json!({ "Policies": "x" })),
            "SerializationException: Expected null"
        );
        assert_eq!(
            refused("SetUICustomization", json!({ "ImageFile": "not base64" })),
            "SerializationException: STRING_VALUE can not be converted to a Blob"
        );
    }

    #[test]
    fn nulls_are_dropped() {
        // For elements, this was measured on Athena.
        let operation = Model::get().operation("ListUsers").unwrap();
        let input =
            json!({ "UserPoolId": "r_1", "Filter": null, "AttributesToGet": [null, "email"] });
        let expected = json!({ "UserPoolId": "r_1", "AttributesToGet": ["email"] });
        assert_eq!(accept(operation, &input).unwrap().into_owned(), expected);
        assert!(accept(operation, &json!({})).is_err());

        let branding = Model::get()
            .operation("CreateManagedLoginBranding")
            .unwrap();
        let input = json!({ "UserPoolId": "r_1", "ClientId": "c", "Settings": { "a": null }, "Assets": null });
        let expected = json!({ "UserPoolId": "r_1", "ClientId": "c", "Settings": { "a": null } });
        assert_eq!(accept(branding, &input).unwrap().into_owned(), expected);
    }

    /// Counts each constraint of all structures, lists and maps in requests
    /// once: one for a required member, and one for each length, range, pattern
    /// and enum of a member, element, key or value. The published model has
    /// 1,633. Its `LIVE` corrections add three and remove four.
    #[test]
    fn number_of_constraints() {
        fn count(shape: &'static Shape, seen: &mut BTreeSet<&'static str>) -> usize {
            if !seen.insert(shape.name) {
                return 0;
            }
            let count_of = |part: &'static Shape| Constraint::of(part).count();
            match &shape.kind {
                Kind::Structure(members) => {
                    let each = members.iter().map(|member| {
                        usize::from(member.required)
                            + count_of(member.shape())
                            + count(member.shape(), seen)
                    });
                    each.sum()
                }
                Kind::List(element) => count_of(element.get()) + count(element.get(), seen),
                Kind::Map { key, value } => {
                    count_of(key.get()) + count_of(value.get()) + count(value.get(), seen)
                }
                _ => 0,
            }
        }
        let mut seen = BTreeSet::new();
        let constraints: usize = Model::get()
            .operations()
            .map(|operation| count(operation.input(), &mut seen))
            .sum();
        assert_eq!(constraints, 1634);
    }

    #[test]
    fn allowed_requests() {
        let user = "u".repeat(128);
        accepted(
            "AdminGetUser",
            json!({ "UserPoolId": "us-east-1_AbCdEfGhI", "Username": user, "Unknown": 1 }),
        );
        accepted(
            "SignUp",
            json!({ "ClientId": "c", "Username": "жена", "Password": "pass word", "SecretHash": null }),
        );
        accepted(
            "ListUsers",
            json!({ "UserPoolId": "us-east-1_A", "AttributesToGet": [null, "email"], "Limit": 0 }),
        );
    }
}
