//! Responses of the API as parts of a pool file: a response has members that a file does not
//! have.

use serde_json::{Map, Value};

use super::definition::Definition;
use super::form::{Form, Record};
use crate::model::{Kind, Shape};

/// `pool`, a pool in the members of a pool file and of the API's responses, with only the
/// members that a pool file has, in the order of an export; and the paths of the others.
#[must_use]
pub fn fit(pool: Value) -> (Value, Vec<String>) {
    let mut others = Vec::new();
    let fitted = record(Definition::pool(), pool, "", &mut others);
    (fitted, others)
}

fn record(record: &Record, value: Value, path: &str, others: &mut Vec<String>) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    let mut fitted = Map::new();
    for field in &record.fields {
        if let Some(value) = members
            .shift_remove(field.name)
            .filter(|value| !value.is_null())
        {
            let path = inside(path, field.name);
            fitted.insert(
                field.name.to_owned(),
                form(&field.form, value, &path, others),
            );
        }
    }
    report(&members, path, others);
    fitted.into()
}

fn form(of: &Form, value: Value, path: &str, others: &mut Vec<String>) -> Value {
    match (of, value) {
        (Form::Record(inner), value) => record(inner, value, path, others),
        (Form::List(element), Value::Array(elements)) => elements
            .into_iter()
            .map(|value| form(element, value, path, others))
            .collect(),
        (Form::Model(inner), value) => shape(inner, value, path, others),
        (_, value) => value,
    }
}

fn shape(of: &Shape, value: Value, path: &str, others: &mut Vec<String>) -> Value {
    match (&of.kind, value) {
        (Kind::Structure(known), Value::Object(mut members)) => {
            let mut fitted = Map::new();
            for member in known {
                if let Some(value) = members
                    .shift_remove(member.name)
                    .filter(|value| !value.is_null())
                {
                    let path = inside(path, member.name);
                    let value = shape(member.shape(), value, &path, others);
                    fitted.insert(member.name.to_owned(), value);
                }
            }
            report(&members, path, others);
            fitted.into()
        }
        (Kind::List(element), Value::Array(elements)) => elements
            .into_iter()
            .map(|value| shape(element.get(), value, path, others))
            .collect(),
        (_, value) => value,
    }
}

fn inside(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Adds the members that were left over, each path once.
fn report(left: &Map<String, Value>, path: &str, others: &mut Vec<String>) {
    for (name, _) in left.iter().filter(|(_, value)| !value.is_null()) {
        let path = inside(path, name);
        if !others.contains(&path) {
            others.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_that_a_file_does_not_have_are_reported() {
        let pool = json!({
            "Arn": "arn",
            "PoolName": "shop",
            "Id": "us-east-1_Shop",
            "Policies": { "PasswordPolicy": { "MinimumLength": 8, "New": 1, "Absent": null } },
            "UserPoolClients": [{ "UserPoolId": "p", "ClientName": "a" }, { "UserPoolId": "p", "ClientName": "b" }],
        });
        let (fitted, others) = fit(pool);
        let expected = json!({
            "Id": "us-east-1_Shop",
            "PoolName": "shop",
            "Policies": { "PasswordPolicy": { "MinimumLength": 8 } },
            "UserPoolClients": [{ "ClientName": "a" }, { "ClientName": "b" }],
        });
        assert_eq!(fitted.to_string(), expected.to_string());
        assert_eq!(
            others,
            [
                "Policies.PasswordPolicy.New",
                "UserPoolClients.UserPoolId",
                "Arn"
            ]
        );
    }
}
