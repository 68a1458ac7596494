//! Conditions on users, in the form that callers write.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::matcher::{Clause, Field, Matcher, Test};
use crate::arguments;
use crate::bounds::{CONDITIONS, PATTERN_BYTES};
use crate::cognito::time;
use crate::error::{Problem, Problems};

/// The conditions of a search.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Conditions {
    /// Conditions.
    #[serde(default, rename = "where")]
    #[schemars(length(max = CONDITIONS))]
    pub(crate) conditions: Vec<Condition>,
    /// Whether all must hold, or any.
    #[serde(default, rename = "match")]
    pub(crate) combined: Combined,
}

impl Conditions {
    /// The groups that conditions name exactly.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &str> {
        let about_groups = self.conditions.iter().filter(|condition| {
            condition.op == Op::Is && condition.field.eq_ignore_ascii_case("group")
        });
        about_groups
            .flat_map(|condition| condition.values.iter().chain(&condition.value))
            .map(String::as_str)
    }
}

/// The conditions of a tool whose schema does not repeat what `search_users` says about them.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct KnownConditions {
    #[schemars(with = "Brief")]
    pub(crate) known: Conditions,
}

/// As [`Conditions`], without the descriptions.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct Brief {
    /// Conditions, as in `search_users`.
    #[serde(default, rename = "where")]
    #[schemars(length(max = CONDITIONS))]
    conditions: Vec<BriefCondition>,
    /// Whether all must hold, or any.
    #[serde(default, rename = "match")]
    combined: Combined,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct BriefCondition {
    /// Field or attribute.
    field: String,
    /// Operator.
    #[serde(default)]
    op: Op,
    /// Text, date or age.
    value: Option<String>,
    /// Alternatives.
    #[serde(default)]
    values: Vec<String>,
    /// Negates it.
    #[serde(default)]
    not: bool,
}

// Its members are documented, so the schema needs no description.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Condition {
    /// `username`, `status`, `enabled`, `created`, `modified`, `group`, `factor`, `last_sign_in`, or an attribute (`email`, `custom:team`).
    field: String,
    /// `matches` takes a regular expression.
    #[serde(default)]
    op: Op,
    /// Text; for times a date or an age, as in `90d`.
    value: Option<String>,
    /// Alternatives to `value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    /// Negates it.
    #[serde(default)]
    not: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    #[default]
    Is,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Exists,
    Before,
    After,
}

impl Op {
    fn name(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Matches => "matches",
            Self::Exists => "exists",
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Combined {
    #[default]
    All,
    Any,
}

impl Condition {
    /// The condition that `field` has one of `values`.
    pub(crate) fn is(field: &str, values: &[&str]) -> Self {
        Self {
            field: field.to_owned(),
            op: Op::Is,
            value: None,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            not: false,
        }
    }

    /// The condition that the time `field` is before `value`.
    pub(crate) fn before(field: &str, value: &str) -> Self {
        Self {
            field: field.to_owned(),
            op: Op::Before,
            value: Some(value.to_owned()),
            values: Vec::new(),
            not: false,
        }
    }
}

impl Conditions {
    /// The matcher of these conditions, with ages relative to `now`.
    ///
    /// # Errors
    /// The problems of the conditions.
    pub(crate) fn matcher(&self, now: SystemTime) -> Result<Matcher, Problems> {
        let mut problems = Problems::default();
        let mut clauses = Vec::with_capacity(self.conditions.len());
        for (number, condition) in self.conditions.iter().enumerate() {
            match condition.clause(now) {
                Ok(clause) => clauses.push(clause),
                Err(found) => {
                    for (member, mut problem) in found {
                        problem.pointer = format!("/where/{number}/{member}");
                        problems.add(|| problem);
                    }
                }
            }
        }
        if problems.is_empty() {
            Ok(Matcher::new(clauses, self.combined == Combined::Any))
        } else {
            Err(problems)
        }
    }

    /// Names of the custom attributes in the conditions, each with its pointer.
    pub(crate) fn custom_attributes(&self) -> impl Iterator<Item = (String, &str)> {
        let all = self.conditions.iter().enumerate();
        all.filter(|(_, condition)| condition.field.starts_with("custom:"))
            .map(|(number, condition)| (format!("/where/{number}/field"), condition.field.as_str()))
    }
}

/// The problems of one condition, each with the member that has it.
type Found = Vec<(&'static str, Problem)>;

fn problem(member: &'static str, message: impl Into<String>) -> (&'static str, Problem) {
    let problem = Problem {
        message: message.into(),
        ..Problem::default()
    };
    (member, problem)
}

impl Condition {
    fn clause(&self, now: SystemTime) -> Result<Clause, Found> {
        let field = field(&self.field)?;
        let test = self.test(&field, now)?;
        Ok(Clause {
            field,
            test,
            not: self.not,
        })
    }

    fn test(&self, field: &Field, now: SystemTime) -> Result<Test, Found> {
        let given: Vec<&str> = match &self.value {
            Some(value) => vec![value],
            None => self.values.iter().map(String::as_str).collect(),
        };
        if self.value.is_some() && !self.values.is_empty() {
            return Err(vec![problem("values", "cannot be given beside `value`")]);
        }
        if self.op == Op::Exists {
            return exists(&given);
        }
        let name = self.op.name();
        if given.is_empty() || given.iter().any(|value| value.trim().is_empty()) {
            let message = format!(
                "must be given for `{name}`; whether there is any value is `\"op\": \"exists\"`"
            );
            return Err(vec![problem("value", message)]);
        }
        let is_time = matches!(self.op, Op::Before | Op::After);
        if is_time != field.is_time() {
            let allowed: &[&str] = if field.is_time() {
                &["before", "after", "exists"]
            } else {
                &[
                    "is",
                    "contains",
                    "starts_with",
                    "ends_with",
                    "matches",
                    "exists",
                ]
            };
            let (member, mut found) = problem(
                "op",
                format!(
                    "cannot be `{name}` for `{}`: use {}",
                    self.field,
                    allowed.join(", ")
                ),
            );
            found.allowed = Some(json!(allowed));
            return Err(vec![(member, found)]);
        }
        if is_time {
            return self.time(&given, now);
        }
        if self.op == Op::Matches {
            return patterns(&given);
        }
        let values: Vec<String> = given.iter().map(|value| field.comparable(value)).collect();
        field
            .check(&values)
            .map_err(|message| vec![problem("value", message)])?;
        Ok(match self.op {
            Op::Contains => Test::Contains(values),
            Op::StartsWith => Test::StartsWith(values),
            Op::EndsWith => Test::EndsWith(values),
            _ => Test::Is(values),
        })
    }

    fn time(&self, given: &[&str], now: SystemTime) -> Result<Test, Found> {
        let [value] = given else {
            return Err(vec![problem("values", "must be one time")]);
        };
        let Some(time) = moment(value, now) else {
            let message = "must be a date (`2026-01-31`), a time in RFC 3339, or an age (`90d`, \
                           `12h`, `30 days ago`)";
            return Err(vec![problem("value", message)]);
        };
        Ok(match self.op {
            Op::Before => Test::Before(time),
            _ => Test::After(time),
        })
    }
}

/// `exists` with the value false is its negation in the words of a caller. It is not
/// accepted, because `not` would then have two meanings.
fn exists(given: &[&str]) -> Result<Test, Found> {
    match given {
        [] => Ok(Test::Exists),
        [value] if value.eq_ignore_ascii_case("true") => Ok(Test::Exists),
        _ => Err(vec![problem(
            "value",
            "cannot be given for `exists`; its opposite is `\"not\": true`",
        )]),
    }
}

fn patterns(given: &[&str]) -> Result<Test, Found> {
    let compiled = given.iter().map(|pattern| {
        RegexBuilder::new(pattern)
            .size_limit(PATTERN_BYTES)
            .build()
            .map_err(|error| {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default();
                let why = why.trim_start_matches("error: ");
                let message = format!("is not a regular expression of Rust's `regex`: {why}");
                vec![problem("value", message)]
            })
    });
    compiled
        .collect::<Result<Vec<Regex>, Found>>()
        .map(Test::Matches)
}

/// The name of a field, other words for it, and the field.
type Named = (&'static str, &'static [&'static str], fn() -> Field);

/// Names of fields that are not attributes, and the words that callers use for them.
const FIELDS: [Named; 8] = [
    ("username", &["user", "login"], || Field::Username),
    (
        "status",
        &["user_status", "cognito:user_status", "state"],
        || Field::Status,
    ),
    ("enabled", &["is_enabled", "active"], || Field::Enabled),
    (
        "created",
        &["created_at", "creation_date", "user_create_date", "age"],
        || Field::Created,
    ),
    (
        "modified",
        &[
            "modified_at",
            "last_modified",
            "updated_at",
            "user_last_modified_date",
        ],
        || Field::Modified,
    ),
    ("group", &["groups", "member_of"], || Field::Group),
    ("factor", &["factors", "mfa", "second_factor"], || {
        Field::Factor
    }),
    (
        "last_sign_in",
        &["last_login", "last_sign_in_at", "signed_in", "last_seen"],
        || Field::LastSignIn,
    ),
];

/// The field that a caller names. Words with one clear meaning are accepted.
fn field(given: &str) -> Result<Field, Found> {
    let name = given.trim();
    let plain = name.to_lowercase();
    let known = FIELDS
        .iter()
        .find(|(field, words, _)| *field == plain || words.contains(&plain.as_str()));
    if let Some((_, _, field)) = known {
        return Ok(field());
    }
    let name = name.strip_prefix("attributes.").unwrap_or(name);
    if let Some(attribute) = arguments::attribute(name) {
        return Ok(Field::Attribute(attribute.to_owned()));
    }
    if name == "identities" || name.starts_with("dev:custom:") {
        return Ok(Field::Attribute(name.to_owned()));
    }
    let standard = arguments::standard_attributes();
    let names: Vec<&str> = FIELDS
        .iter()
        .map(|(name, _, _)| *name)
        .chain(standard)
        .collect();
    let message = "is no field of users and no attribute; custom attributes begin with `custom:`";
    let (member, mut found) = problem("field", message);
    let meant = arguments::slip(name, names.iter().copied(), "");
    found.received = Some(json!(given));
    found.certain = meant.is_some();
    found.nearest = meant
        .map(ToOwned::to_owned)
        .or_else(|| arguments::nearest(name, names.iter().copied()));
    found.allowed = Some(json!(names));
    Err(vec![(member, found)])
}

/// The time that `text` names, in milliseconds since the Unix epoch: a date, a time in RFC
/// 3339, or an age before `now`.
pub(crate) fn moment(text: &str, now: SystemTime) -> Option<i64> {
    let text = text.trim();
    let parsed = |text: &str| {
        let time = DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset).ok()?;
        time::milliseconds(&time)
    };
    if let Some(time) = parsed(text).or_else(|| parsed(&format!("{text}T00:00:00Z"))) {
        return Some(time);
    }
    let age = i64::try_from(age(text)?).ok()?;
    let now = now.duration_since(UNIX_EPOCH).ok()?.as_millis();
    i64::try_from(now).ok()?.checked_sub(age)
}

/// An age such as `90d`, `12 hours` or `2 weeks ago`, in milliseconds.
fn age(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    arguments::duration(text.strip_suffix("ago").unwrap_or(&text))
}
