//! Validation of responses against the service model: a check of the emulator
//! itself.

use serde_json::{Map, Value};

use crate::model::{Kind, Operation, Shape};

/// The faults of `body` as a response of `operation`: members that are missing, have an
/// unknown name or a wrong type, or are null (Cognito omits nulls, fact 1.16), and values
/// that are not in an enum. Lengths and patterns are not checked.
#[must_use]
pub fn response_faults(operation: &Operation, body: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    match operation.output() {
        Some(output) => faults.check(output, body),
        // Fact 1.15: a response without members is `{}` or empty.
        None if body.is_null() || body.as_object().is_some_and(Map::is_empty) => {}
        None => faults.add(&format!("answers nothing, not {body}")),
    }
    faults.found
}

/// Whether `operation` can throw the exception `code`: one that it declares, or
/// one of the front end, which applies to all operations.
#[must_use]
pub fn declares(operation: &Operation, code: &str) -> bool {
    operation.errors.contains(&code) || FRONT_END.contains(&code)
}

/// Exceptions of the front end, which no operation has to declare (facts 1.9 to
/// 1.13, 2.1), and the emulator's own `NotImplemented`.
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
    fn check(&mut self, shape: &Shape, value: &Value) {
        match (&shape.kind, value) {
            (Kind::Structure(members), Value::Object(given)) => {
                for member in members.iter().filter(|member| member.required) {
                    if !given.contains_key(member.name) {
                        self.within(member.name, |faults| faults.add("is missing"));
                    }
                }
                for (name, value) in given {
                    self.within(name, |faults| match shape.member(name) {
                        Some(member) => faults.check(member.shape(), value),
                        None => faults.add("is not in the model"),
                    });
                }
            }
            (Kind::Map { value: entry, .. }, Value::Object(entries)) => {
                for (key, value) in entries {
                    self.within(key, |faults| faults.check(entry.get(), value));
                }
            }
            (Kind::List(element), Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    self.within(&index.to_string(), |faults| {
                        faults.check(element.get(), value);
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

    fn within(&mut self, step: &str, check: impl FnOnce(&mut Self)) {
        self.path.push(step.to_owned());
        check(self);
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
    fn a_valid_response() {
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
    fn an_invalid_response() {
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
