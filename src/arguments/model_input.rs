//! Validation of an operation's input by the service model, before anything is sent.
//!
//! The rules are the same as for the arguments of tools: all problems are reported at once,
//! each with its JSON pointer, the allowed values and the nearest name, and unambiguous
//! mistakes are corrected.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cognito_emulator::model::{Kind, Operation, Shape};
use cognito_emulator::validate;
use serde_json::{Map, Value, json};

use crate::arguments::shape_words;
use crate::arguments::{escaped, nearest, slip};
use crate::cognito::operations::alike;
use crate::error::{Kind as Missed, Problem, Problems};
use crate::guard::reference::is_reference;

/// A user pool id of the right form.
pub(crate) const EXAMPLE_POOL: &str = "us-east-1_AbCdEfGhI";

/// Whether calls of `operation` may omit the user pool and then use the server's default.
pub(crate) fn has_default_pool(operation: &Operation) -> bool {
    operation.input().member("UserPoolId").is_some() && operation.name != "DeleteUserPool"
}

/// Validates `input` and returns its problems. Corrects unambiguous mistakes in `input`.
/// The user pool may be absent if the server's default applies.
pub(crate) fn validate(operation: &Operation, input: &mut Value) -> Problems {
    let mut problems = Problems::default();
    let has_pool = has_default_pool(operation);
    let mut spot = Spot {
        pointer: "/input".to_owned(),
        given: has_pool.then_some("UserPoolId"),
        problems: &mut problems,
    };
    spot.enter(operation.input(), input);
    if problems.is_empty()
        && let Some(problem) = last_word(operation, input)
    {
        problems.add(|| problem);
    }
    problems
}

/// The problem that the model's own validation finds although the checks here do not.
fn last_word(operation: &Operation, input: &Value) -> Option<Problem> {
    // The input has a reference to a secret, and the secret is not known here.
    if refers(input) {
        return None;
    }
    let mut whole = input.clone();
    if has_default_pool(operation) && whole.get("UserPoolId").is_none() {
        whole["UserPoolId"] = EXAMPLE_POOL.into();
    }
    let refusal = validate::check(operation, &whole).err()?;
    Some(Problem {
        pointer: "/input".to_owned(),
        message: refusal.sentence().unwrap_or_default(),
        ..Problem::default()
    })
}

fn refers(value: &Value) -> bool {
    match value {
        Value::String(text) => is_reference(text),
        Value::Array(items) => items.iter().any(refers),
        Value::Object(members) => members.values().any(refers),
        _ => false,
    }
}

/// A position in the input.
struct Spot<'p> {
    pointer: String,
    /// A required member that may be absent, because the server has a default for it.
    given: Option<&'static str>,
    problems: &'p mut Problems,
}

impl Spot<'_> {
    fn inside(&mut self, name: &str, shape: &Shape, value: &mut Value) {
        let mut spot = Spot {
            pointer: format!("{}/{}", self.pointer, escaped(name)),
            given: None,
            problems: self.problems,
        };
        spot.enter(shape, value);
    }

    fn enter(&mut self, shape: &Shape, value: &mut Value) {
        coerce(&shape.kind, value);
        match (&shape.kind, &mut *value) {
            (Kind::Structure(_), Value::Object(members)) => self.structure(shape, members),
            (Kind::List(element), Value::Array(elements)) => {
                elements.retain(|element| !element.is_null());
                for (at, element_value) in elements.iter_mut().enumerate() {
                    self.inside(&at.to_string(), element.get(), element_value);
                }
            }
            (Kind::Map { key, value }, Value::Object(entries)) => {
                entries.retain(|_, entry| !entry.is_null());
                for (name, entry) in entries {
                    if let Some(broken) = broken(key.get(), &Value::from(name.as_str())) {
                        self.report(&Value::from(name.as_str()), broken);
                    }
                    self.inside(name, value.get(), entry);
                }
            }
            (Kind::Document, _)
            | (Kind::String | Kind::Blob, Value::String(_))
            | (Kind::Boolean, Value::Bool(_))
            | (Kind::Timestamp, Value::Number(_)) => {}
            (Kind::Integer | Kind::Long, Value::Number(number))
                if number.is_i64() || number.is_u64() => {}
            _ => {
                let kind = kind(&shape.kind);
                let broken = (
                    format!("must be of type {kind}"),
                    json!({ "type": kind }),
                    None,
                );
                return self.report(value, broken);
            }
        }
        if let Some(broken) = broken(shape, value) {
            self.report(value, broken);
        }
    }

    fn structure(&mut self, shape: &Shape, members: &mut Map<String, Value>) {
        rename(shape, members);
        members.retain(|_, value| !value.is_null());
        let names = || shape.members().iter().map(|member| member.name);
        for name in members.keys().filter(|name| shape.member(name).is_none()) {
            self.problems.add(|| {
                let certain = slip(name, names(), "").map(ToOwned::to_owned);
                Problem {
                    pointer: format!("{}/{}", self.pointer, escaped(name)),
                    kind: Missed::Unknown,
                    message: format!("is not a member of {}", shape.name),
                    allowed: Some(names().collect()),
                    certain: certain.is_some(),
                    nearest: certain.or_else(|| nearest(name, names())),
                    ..Problem::default()
                }
            });
        }
        for member in shape.members() {
            match members.get_mut(member.name) {
                Some(value) => self.inside(member.name, member.shape(), value),
                None if self.given == Some(member.name) => {}
                None if member.required || member.absent_is_zero => self.problems.add(|| Problem {
                    pointer: format!("{}/{}", self.pointer, member.name),
                    kind: Missed::Missing,
                    message: "is required".to_owned(),
                    allowed: Some(shape_words::constraints(member.shape()).into()),
                    ..Problem::default()
                }),
                None => {}
            }
        }
    }

    fn report(&mut self, value: &Value, (message, allowed, nearest): Broken) {
        let given = value.as_str().unwrap_or_default();
        let values = allowed.as_array().into_iter().flatten();
        let certain = slip(given, values.filter_map(Value::as_str), "").map(ToOwned::to_owned);
        self.problems.add(|| Problem {
            pointer: self.pointer.clone(),
            message,
            received: Some(value.clone()),
            certain: certain.is_some(),
            nearest: certain.or(nearest),
            allowed: Some(allowed),
            ..Problem::default()
        });
    }
}

/// A broken constraint: its message, the allowed values as JSON, and the nearest allowed
/// value.
type Broken = (String, Value, Option<String>);

/// The first constraint of `shape` that `value` breaks.
fn broken(shape: &Shape, value: &Value) -> Option<Broken> {
    let text = value.as_str();
    if text.is_some_and(is_reference) {
        return None;
    }
    if !shape.values.is_empty() {
        let given = text.unwrap_or_default();
        if shape.values.contains(&given) {
            return None;
        }
        let message = format!("must be one of {}", shape.values.join(", "));
        let nearest = nearest(given, shape.values.iter().copied());
        return Some((message, json!(shape.values), nearest));
    }
    let (size, least, most, unit) = match (&shape.kind, value) {
        (Kind::Integer | Kind::Long, number) => (
            number.as_i64().unwrap_or(i64::MAX),
            "minimum",
            "maximum",
            "",
        ),
        (Kind::Blob, Value::String(text)) => {
            let Ok(bytes) = BASE64_STANDARD.decode(text) else {
                let allowed = json!({ "contentEncoding": "base64" });
                return Some(("must be base64".to_owned(), allowed, None));
            };
            let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            (size, "minLength", "maxLength", " bytes")
        }
        (_, Value::String(text)) => (count(text.chars()), "minLength", "maxLength", " characters"),
        (_, Value::Array(items)) => (count(items.iter()), "minItems", "maxItems", " items"),
        (_, Value::Object(entries)) => (count(entries.iter()), "minItems", "maxItems", " entries"),
        _ => return None,
    };
    let verb = if unit.is_empty() { "be" } else { "have" };
    if let Some(min) = shape.min.filter(|min| size < *min) {
        let message = format!("must {verb} at least {min}{unit}");
        return Some((message, json!({ least: min }), None));
    }
    if let Some(max) = shape.max.filter(|max| size > *max) {
        let message = format!("must {verb} at most {max}{unit}");
        return Some((message, json!({ most: max }), None));
    }
    let pattern = shape.pattern.as_deref()?;
    if pattern.matches(text?) {
        return None;
    }
    let message = format!("must match {}", pattern.as_str());
    Some((message, json!({ "pattern": pattern.as_str() }), None))
}

fn count(items: impl Iterator) -> i64 {
    i64::try_from(items.count()).unwrap_or(i64::MAX)
}

/// Renames members that are written in another style, as in `user_pool_id`.
fn rename(shape: &Shape, members: &mut Map<String, Value>) {
    let strange: Vec<String> = members
        .keys()
        .filter(|name| shape.member(name).is_none())
        .cloned()
        .collect();
    for given in strange {
        let mut meant = shape.members().iter().filter(|m| alike(m.name, &given));
        if let (Some(member), None) = (meant.next(), meant.next())
            && !members.contains_key(member.name)
            && let Some(value) = members.shift_remove(&given)
        {
            members.insert(member.name.to_owned(), value);
        }
    }
}

/// Parses values that a host sent as text, and converts other values to text if text is
/// expected.
fn coerce(kind: &Kind, value: &mut Value) {
    match (kind, &*value) {
        (Kind::String, Value::Bool(_) | Value::Number(_)) => *value = value.to_string().into(),
        (Kind::String | Kind::Blob | Kind::Document, _) => {}
        (_, Value::String(text)) => {
            let Ok(read) = serde_json::from_str::<Value>(text) else {
                return;
            };
            let fits = match kind {
                Kind::Structure(_) | Kind::Map { .. } => read.is_object(),
                Kind::List(_) => read.is_array(),
                Kind::Boolean => read.is_boolean(),
                _ => read.is_number(),
            };
            if fits {
                *value = read;
            }
        }
        _ => {}
    }
}

/// The JSON type of `kind`.
fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) | Kind::Map { .. } | Kind::Document => "object",
        Kind::List(_) => "array",
        Kind::String | Kind::Blob => "string",
        Kind::Integer | Kind::Long => "integer",
        Kind::Boolean => "boolean",
        Kind::Timestamp => "number",
    }
}

#[cfg(test)]
mod tests {
    use cognito_emulator::model::Model;

    use super::*;

    fn problems(name: &str, input: &mut Value) -> Vec<Problem> {
        validate(Model::get().operation(name).unwrap(), input).into_first()
    }

    #[test]
    fn unambiguous_mistakes_are_corrected() {
        let mut input = json!({
            "user_pool_id": "us-east-1_AbC", "limit": "10", "attributesToGet": "[\"email\"]",
            "Filter": null,
        });
        assert_eq!(problems("ListUsers", &mut input), []);
        assert_eq!(
            input,
            json!({ "UserPoolId": "us-east-1_AbC", "Limit": 10, "AttributesToGet": ["email"] })
        );
        let mut input = json!({
            "Username": 12, "UserAttributes": [{ "name": "email_verified", "value": true }],
        });
        assert_eq!(problems("AdminUpdateUserAttributes", &mut input), []);
        let same = json!({ "UserAttributes": [{ "Name": "email_verified", "Value": "true" }], "Username": "12" });
        assert_eq!(input, same);
    }

    #[test]
    fn every_problem_is_reported() {
        let mut input = json!({
            "UserPoolId": "main", "Usernme": "ana", "TemporaryPassword": "two words",
            "MessageAction": "RESENT", "DesiredDeliveryMediums": "EMAIL",
            "UserAttributes": [{ "Value": "v" }],
        });
        let shown: Vec<String> = problems("AdminCreateUser", &mut input)
            .iter()
            .map(|p| {
                let (nearest, received) = (p.nearest.as_deref(), p.received.as_ref());
                format!("{} {} {nearest:?} {received:?}", p.pointer, p.message)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        /input/Usernme is not a member of AdminCreateUserRequest Some("Username") None
        /input/UserPoolId must match [\w-]+_[0-9a-zA-Z]+ None Some(String("main"))
        /input/Username is required None None
        /input/UserAttributes/0/Name is required None None
        /input/MessageAction must be one of SUPPRESS, RESEND Some("RESEND") Some(String("RESENT"))
        /input/DesiredDeliveryMediums must be of type array None Some(String("EMAIL"))
        "#);
    }

    /// This validation refuses the same inputs as the model's own validation.
    #[test]
    fn refuses_the_same_as_the_model() {
        for operation in Model::get().operations() {
            let example = crate::tools::raw::example::of(operation);
            let members = operation.input().members();
            for member in members {
                for value in [
                    json!(null),
                    json!(""),
                    json!("a b"),
                    json!("x".repeat(300)),
                    json!(0),
                    json!(1_000_000),
                    json!(true),
                    json!([]),
                    json!({}),
                    json!([""]),
                    json!({ "a": "" }),
                ] {
                    let mut input = example.clone();
                    input[member.name] = value;
                    let mut corrected = input.clone();
                    let mut problems = validate(operation, &mut corrected).into_first();
                    // Cognito ignores unknown members. This validation reports them as
                    // typing errors.
                    problems.retain(|problem| problem.kind != Missed::Unknown);
                    let mut whole = corrected.clone();
                    if has_default_pool(operation) && whole.get("UserPoolId").is_none() {
                        whole["UserPoolId"] = EXAMPLE_POOL.into();
                    }
                    let checked = validate::check(operation, &whole);
                    let at = format!("{} {input}: {problems:?} {checked:?}", operation.name);
                    assert_eq!(problems.is_empty(), checked.is_ok(), "{at}");
                    // The problem is not from `last_word`: the checks of this file found
                    // it.
                    assert!(
                        !problems
                            .iter()
                            .any(|p| p.pointer == "/input" && p.allowed.is_none()),
                        "{at}"
                    );
                }
            }
        }
    }
}
