//! Judges answers by the service model: a guard for the emulator's own pages.

use serde_json::{Map, Value};

use crate::model::{Kind, Operation, Shape};

/// Where `body` is not what the model declares as the answer of `operation`:
/// members misnamed, ill-typed, `null` (Cognito omits them, 1.16) or missing,
/// and values outside an enum. Lengths and patterns are not judged.
#[must_use]
pub fn response_faults(operation: &Operation, body: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    match operation.output() {
        Some(output) => faults.judge(output, body),
        // 1.15: an answer without members is `{}` or nothing at all.
        None if body.is_null() || body.as_object().is_some_and(Map::is_empty) => {}
        None => faults.add(&format!("answers nothing, not {body}")),
    }
    faults.found
}

/// Whether `operation` may answer with the exception `code`: one that it
/// declares, or one of the front end, which answers for all operations.
#[must_use]
pub fn declares(operation: &Operation, code: &str) -> bool {
    operation.errors.contains(&code) || FRONT_END.contains(&code)
}

/// Exceptions that no operation needs to declare (1.9 to 1.13, 2.1), and ours.
const FRONT_END: &[&str] = &[
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidParameterException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotImplemented",
    "SerializationException",
    "UnknownOperationException",
    "UnrecognizedClientException",
];

#[derive(Default)]
struct Faults {
    found: Vec<String>,
    path: Vec<String>,
}

impl Faults {
    fn judge(&mut self, shape: &Shape, value: &Value) {
        match (&shape.kind, value) {
            (Kind::Structure(members), Value::Object(given)) => {
                // AWS's own example of a prefix domain breaks AWS's model.
                let is_hollow = shape.name == "CustomDomainConfigType" && given.is_empty();
                for member in members.iter().filter(|member| member.required) {
                    if !is_hollow && !given.contains_key(member.name) {
                        self.within(member.name, |faults| faults.add("is missing"));
                    }
                }
                for (name, value) in given {
                    self.within(name, |faults| match shape.member(name) {
                        Some(member) => faults.judge(member.shape(), value),
                        None => faults.add("is not in the model"),
                    });
                }
            }
            (Kind::Map { value: entry, .. }, Value::Object(entries)) => {
                for (key, value) in entries {
                    self.within(key, |faults| faults.judge(entry.get(), value));
                }
            }
            (Kind::List(element), Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    self.within(&index.to_string(), |faults| {
                        faults.judge(element.get(), value);
                    });
                }
            }
            (Kind::String, Value::String(text)) => {
                if !shape.values.is_empty() && !shape.values.contains(&text.as_str()) {
                    self.add(&format!("is none of {}", shape.values.join(", ")));
                }
            }
            (Kind::Integer | Kind::Long, Value::Number(number)) if number.is_i64() => {}
            (Kind::Boolean, Value::Bool(_))
            | (Kind::Blob, Value::String(_))
            | (Kind::Timestamp, Value::Number(_)) => {}
            (Kind::Document, document) if !document.is_null() => {}
            (kind, _) => self.add(&format!("is not a {}", noun(kind))),
        }
    }

    fn within(&mut self, step: &str, judge: impl FnOnce(&mut Self)) {
        self.path.push(step.to_owned());
        judge(self);
        self.path.pop();
    }

    fn add(&mut self, fault: &str) {
        self.found.push(
            format!("{} {fault}", self.path.join("."))
                .trim_start()
                .to_owned(),
        );
    }
}

fn noun(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) => "structure",
        Kind::List(_) => "list",
        Kind::Map { .. } => "map",
        Kind::String => "string",
        Kind::Integer | Kind::Long => "whole number",
        Kind::Boolean => "boolean",
        Kind::Blob => "blob",
        Kind::Timestamp => "timestamp",
        Kind::Document => "document",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Model;

    #[track_caller]
    fn faults(operation: &str, body: Value) -> Vec<String> {
        response_faults(Model::get().operation(operation).unwrap(), &body)
    }

    #[test]
    fn a_good_answer() {
        let body = json!({
            "Username": "ana",
            "UserAttributes": [{ "Name": "sub", "Value": "1" }],
            "UserCreateDate": 1_715_836_218.457,
            "Enabled": true,
            "UserStatus": "CONFIRMED",
        });
        assert_eq!(faults("AdminGetUser", body), Vec::<String>::new());
        assert_eq!(faults("AdminDisableUser", json!({})), Vec::<String>::new());
        assert_eq!(faults("DeleteUserPool", json!({})), Vec::<String>::new());
    }

    #[test]
    fn a_bad_answer() {
        let body = json!({
            "UserStatus": "FINE",
            "UserCreateDate": "today",
            "PreferredMfaSetting": null,
            "UserAttributes": [{ "Value": 1 }],
            "Sub": "x",
        });
        assert_eq!(
            faults("AdminGetUser", body),
            [
                "Username is missing",
                "UserStatus is none of UNCONFIRMED, CONFIRMED, ARCHIVED, COMPROMISED, UNKNOWN, RESET_REQUIRED, \
                 FORCE_CHANGE_PASSWORD, EXTERNAL_PROVIDER",
                "UserCreateDate is not a timestamp",
                "PreferredMfaSetting is not a string",
                "UserAttributes.0.Name is missing",
                "UserAttributes.0.Value is not a string",
                "Sub is not in the model",
            ]
        );
        assert_eq!(
            faults("DeleteUserPool", json!({ "a": 1 })),
            [r#"answers nothing, not {"a":1}"#]
        );
    }

    #[test]
    fn declared_errors() {
        let operation = Model::get().operation("RevokeToken").unwrap();
        assert!(declares(operation, "UnsupportedTokenTypeException"));
        assert!(declares(operation, "SerializationException"));
        assert!(!declares(operation, "UserNotFoundException"));
    }
}
