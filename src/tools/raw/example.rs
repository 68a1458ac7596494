//! Example inputs of operations: the shortest inputs that the model accepts.

use cognito_emulator::model::{Kind, Operation, Shape};
use serde_json::{Map, Value, json};

/// A user pool id.
pub(super) const POOL: &str = "us-east-1_AbCdEfGhI";

/// Valid input of `operation` with only the required members.
pub(crate) fn of(operation: &Operation) -> Value {
    structure(operation.input())
}

fn structure(shape: &Shape) -> Value {
    let required = shape
        .members()
        .iter()
        .filter(|member| member.required || member.absent_is_zero);
    required
        .map(|member| (member.name.to_owned(), value(member.name, member.shape())))
        .collect::<Map<_, _>>()
        .into()
}

fn value(name: &str, shape: &Shape) -> Value {
    match &shape.kind {
        Kind::Structure(_) => structure(shape),
        Kind::List(element) => json!([value(name, element.get())]),
        Kind::Map { .. } => map(name),
        Kind::Document => json!({}),
        Kind::Boolean => Value::Bool(true),
        Kind::Integer | Kind::Long | Kind::Timestamp => shape.min.unwrap_or(10).max(1).into(),
        Kind::String | Kind::Blob => text(name, shape).into(),
    }
}

fn map(name: &str) -> Value {
    match name {
        "AuthParameters" | "ChallengeResponses" => json!({ "USERNAME": "ana" }),
        "ProviderDetails" => json!({ "MetadataURL": "https://idp.example.com/metadata" }),
        "Tags" => json!({ "team": "identity" }),
        _ => json!({ "key": "value" }),
    }
}

fn text(name: &str, shape: &Shape) -> String {
    if let Some(first) = shape.values.first() {
        return (*first).to_owned();
    }
    let fits = |text: &&str| {
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        shape.min.is_none_or(|min| length >= min)
            && shape.max.is_none_or(|max| length <= max)
            && shape
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.matches(text))
    };
    let named = TEXTS.iter().filter(|(of, _)| *of == name);
    let named = named.map(|(_, text)| *text);
    let any = TEXTS.iter().map(|(_, text)| *text);
    named
        .chain(["value"])
        .chain(any)
        .find(fits)
        .unwrap_or_default()
        .to_owned()
}

/// Example texts by the name of their member. A text without a name is for any member
/// whose pattern it matches.
const TEXTS: &[(&str, &str)] = &[
    ("AccessToken", "eyJraWQiOi.eyJzdWIiOi.c2lnbmF0dXJl"),
    ("AttributeName", "email"),
    ("ClientId", "1example23456789"),
    ("ClientName", "web"),
    (
        "CloudWatchLogsRoleArn",
        "arn:aws:iam::123456789012:role/import",
    ),
    ("Code", "123456"),
    ("ConfirmationCode", "123456"),
    (
        "DeviceKey",
        "us-east-1_a1b2c3d4-5678-90ab-cdef-example11111",
    ),
    (
        "DeviceKey",
        "us-east-1_a1b2c3d4-5678-90ab-cdef-111111111111",
    ),
    ("Domain", "example-sign-in"),
    ("EventId", "a1b2c3d4-5678-90ab-cdef-111111111111"),
    ("GroupName", "admins"),
    ("Identifier", "https://api.example.com"),
    ("JobId", "import-a1B2c3D4e5"),
    (
        "ManagedLoginBrandingId",
        "a1b2c3d4-5678-4abc-8def-111111111111",
    ),
    ("Name", "email"),
    ("Password", "Correct-Horse-7"),
    ("PoolName", "customers"),
    ("PreviousPassword", "Correct-Horse-7"),
    ("ProposedPassword", "Other-Horse-77"),
    ("ProviderName", "ExampleIdP"),
    ("RegionName", "eu-west-1"),
    (
        "ResourceArn",
        "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI",
    ),
    ("Secret", "a1b2c3d4e5f6a7b8c9d0e1f2"),
    ("SessionId", "tkna1b2c3d4e5f6g7h8i9j0k1l2m"),
    ("TagKeys", "team"),
    ("TermsId", "a1b2c3d4-5678-4abc-8def-111111111111"),
    ("TermsName", "terms-of-use"),
    ("UserAttributeNames", "nickname"),
    ("UserCode", "123456"),
    ("UserPoolId", POOL),
    ("Username", "ana"),
];

#[cfg(test)]
mod tests {
    use cognito_emulator::model::Model;

    use super::*;

    /// Every operation has a valid example.
    #[test]
    fn every_example_is_valid() {
        for operation in Model::get().operations() {
            let mut example = of(operation);
            let before = example.clone();
            let problems = crate::arguments::model_input::validate(operation, &mut example);
            assert!(
                problems.is_empty(),
                "{} {before}: {problems:?}",
                operation.name
            );
            assert_eq!(example, before, "{} needs no coercion", operation.name);
        }
    }
}
