//! Removal of secrets from requests and responses before they are stored.

use serde_json::{Map, Value};

use crate::model::{Kind, Operation, Shape};

/// `input` without secrets. The value of every member that the model marks as sensitive
/// becomes `"***"`. So do secrets that the model does not mark, and members that it does
/// not have. Keys, lists and member names are kept.
#[must_use]
pub fn redact(operation: &Operation, input: &Value) -> Value {
    redacted(operation.input(), input)
}

/// `body`, a response of `operation`, without secrets; see [`redact`].
#[must_use]
pub fn redact_response(operation: &Operation, body: &Value) -> Value {
    match operation.output() {
        Some(output) => redacted(output, body),
        None => hidden(body),
    }
}

/// The message of the error for `input`, without secrets. Cognito repeats
/// values that the model does not mark sensitive, and the message of a fault can
/// repeat any.
#[must_use]
pub fn redact_message(operation: &Operation, input: &Value, message: &str) -> String {
    let mut secrets = Vec::new();
    unmarked(operation.input(), input, false, &mut secrets);
    // A value shorter than a code is not a secret, and the message may contain
    // it by chance.
    secrets.retain(|secret| secret.len() >= 6);
    passwords(input, &mut secrets);
    secrets.iter().fold(message.to_owned(), |message, secret| {
        let echo = secret.replace(|c: char| !c.is_ascii(), "?");
        message.replace(&echo, "***")
    })
}

/// Values of secret members that are not marked sensitive.
fn unmarked<'v>(shape: &Shape, value: &'v Value, secret: bool, found: &mut Vec<&'v str>) {
    match (&shape.kind, value) {
        _ if shape.sensitive => {}
        (Kind::Structure(_), Value::Object(given)) => {
            for (name, value) in given {
                if let Some(member) = shape.member(name) {
                    let secret = secret || SECRETS.contains(&name.as_str());
                    unmarked(member.shape(), value, secret, found);
                }
            }
        }
        (Kind::Map { value: entry, .. }, Value::Object(entries)) => {
            for (key, value) in entries {
                let secret = secret || PROVIDER_SECRETS.contains(&key.as_str());
                unmarked(entry.get(), value, secret, found);
            }
        }
        (Kind::List(element), Value::Array(elements)) => {
            for value in elements {
                unmarked(element.get(), value, secret, found);
            }
        }
        (_, Value::String(text)) if secret => found.push(text),
        _ => {}
    }
}

/// Passwords that no sentence contains by chance: a sentence with the mark in place of one of its
/// words would show the password.
fn passwords<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    let is_no_word = |text: &str| {
        let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
        text.len() >= 8 && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name.to_ascii_lowercase().ends_with("password") => {
                        found.extend(is_no_word(text).then_some(text.as_str()));
                    }
                    value => passwords(value, found),
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|value| passwords(value, found)),
        _ => {}
    }
}

/// Secret members whose shapes are not marked sensitive.
const SECRETS: &[&str] = &[
    "ChallengeParameters", // SRP values, and attributes of the user
    "Code",
    "ConfirmationCode",
    "Credential",
    "CredentialCreationOptions", // names the user
    "EncodedData",
    "PasswordVerifier",
    "PreSignedUrl", // it permits the upload
    "Salt",
    "headerValue", // cookies and other headers of a browser
];

/// Secret keys of `ProviderDetails`: an OAuth secret, Apple's key.
const PROVIDER_SECRETS: &[&str] = &["client_secret", "private_key"];

fn redacted(shape: &Shape, value: &Value) -> Value {
    if shape.sensitive {
        return hidden(value);
    }
    match (&shape.kind, value) {
        (Kind::Structure(_), Value::Object(given)) => {
            map(given, |name, value| match shape.member(name) {
                Some(member) if !SECRETS.contains(&name) => redacted(member.shape(), value),
                _ => hidden(value),
            })
        }
        (Kind::Map { value: entry, .. }, Value::Object(entries)) => map(entries, |key, value| {
            if PROVIDER_SECRETS.contains(&key) {
                hidden(value)
            } else {
                redacted(entry.get(), value)
            }
        }),
        (Kind::List(element), Value::Array(elements)) => elements
            .iter()
            .map(|value| redacted(element.get(), value))
            .collect(),
        (Kind::Document, document) => document.clone(),
        // The value does not have the model's type, so its content is unknown.
        (Kind::Structure(_) | Kind::Map { .. } | Kind::List(_), _)
        | (_, Value::Object(_) | Value::Array(_)) => hidden(value),
        (_, scalar) => scalar.clone(),
    }
}

/// `value` with every leaf hidden.
fn hidden(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Object(members) => map(members, |_, value| hidden(value)),
        Value::Array(elements) => elements.iter().map(hidden).collect(),
        _ => Value::from("***"),
    }
}

fn map(members: &Map<String, Value>, each: impl Fn(&str, &Value) -> Value) -> Value {
    members
        .iter()
        .map(|(name, value)| (name.clone(), each(name, value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Model;

    #[track_caller]
    fn operation(name: &str) -> &'static Operation {
        Model::get().operation(name).unwrap()
    }

    #[test]
    fn requests() {
        for (name, input, expected) in [
            (
                "SignUp",
                json!({ "ClientId": "c", "Password": "p", "SecretHash": "h", "password": "typo",
                    "UserAttributes": [{ "Name": "email", "Value": "a@b" }], "ClientMetadata": { "k": "v" } }),
                json!({ "ClientId": "***", "Password": "***", "SecretHash": "***", "password": "***",
                    "UserAttributes": [{ "Name": "email", "Value": "***" }], "ClientMetadata": { "k": "v" } }),
            ),
            (
                "InitiateAuth",
                json!({ "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": { "PASSWORD": "p" }, "Session": "s" }),
                json!({ "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": { "PASSWORD": "***" }, "Session": "***" }),
            ),
            (
                "ConfirmSignUp",
                json!({ "ConfirmationCode": "123456", "ForceAliasCreation": true }),
                json!({ "ConfirmationCode": "***", "ForceAliasCreation": true }),
            ),
            (
                "VerifyUserAttribute",
                json!({ "AccessToken": "t", "AttributeName": "email", "Code": "123456" }),
                json!({ "AccessToken": "***", "AttributeName": "email", "Code": "***" }),
            ),
            (
                "CreateIdentityProvider",
                json!({ "ProviderDetails": { "client_id": "i", "client_secret": "s", "private_key": "k" } }),
                json!({ "ProviderDetails": { "client_id": "i", "client_secret": "***", "private_key": "***" } }),
            ),
            (
                "ConfirmDevice",
                json!({ "DeviceSecretVerifierConfig": { "PasswordVerifier": "v", "Salt": "s" }, "DeviceName": "d" }),
                json!({ "DeviceSecretVerifierConfig": { "PasswordVerifier": "***", "Salt": "***" }, "DeviceName": "d" }),
            ),
            (
                "ListUsers",
                json!({ "UserPoolId": ["secret"], "Limit": 1 }),
                json!({ "UserPoolId": ["***"], "Limit": 1 }),
            ),
            ("ListUsers", json!("secret"), json!("***")),
        ] {
            assert_eq!(redact(operation(name), &input), expected, "{name}");
        }
    }

    /// A password that is a word of the sentence stays, because the mark would show it.
    #[test]
    fn passwords_in_messages() {
        let input = json!({ "TemporaryPassword": "Correct-Horse-7", "Username": "ana" });
        let redacted = |input: &Value, message: &str| {
            redact_message(operation("AdminCreateUser"), input, message)
        };
        assert_eq!(redacted(&input, "Value 'Correct-Horse-7'"), "Value '***'");
        assert_eq!(redacted(&input, "User ana exists"), "User ana exists");
        let word = json!({ "TemporaryPassword": "username" });
        let sentence = "Incorrect username or password.";
        assert_eq!(redacted(&word, sentence), sentence);
    }

    #[test]
    fn responses() {
        for (name, body, expected) in [
            (
                "InitiateAuth",
                json!({ "ChallengeName": "PASSWORD_VERIFIER", "Session": "s", "ChallengeParameters": { "SECRET_BLOCK": "b" } }),
                json!({ "ChallengeName": "PASSWORD_VERIFIER", "Session": "***", "ChallengeParameters": { "SECRET_BLOCK": "***" } }),
            ),
            (
                "InitiateAuth",
                json!({ "AuthenticationResult": { "AccessToken": "a", "IdToken": "i", "RefreshToken": "r", "ExpiresIn": 3600, "TokenType": "Bearer" } }),
                json!({ "AuthenticationResult": { "AccessToken": "***", "IdToken": "***", "RefreshToken": "***", "ExpiresIn": 3600, "TokenType": "Bearer" } }),
            ),
            (
                "AssociateSoftwareToken",
                json!({ "SecretCode": "seed", "Session": "s" }),
                json!({ "SecretCode": "***", "Session": "***" }),
            ),
            (
                "CreateUserPoolClient",
                json!({ "UserPoolClient": { "ClientName": "web", "ClientSecret": "s" } }),
                json!({ "UserPoolClient": { "ClientName": "web", "ClientSecret": "***" } }),
            ),
            ("DeleteUserPool", json!({}), json!({})),
        ] {
            assert_eq!(redact_response(operation(name), &body), expected, "{name}");
        }
    }

    /// A value that is hidden in a request is also hidden in the error message.
    #[test]
    fn messages() {
        let name = "ConfirmSignUp";
        for (input, message, expected) in [
            (
                json!({ "ConfirmationCode": "12345é", "Username": "u" }),
                "1 validation error detected: Value '12345?' at 'confirmationCode' failed",
                "1 validation error detected: Value '***' at 'confirmationCode' failed",
            ),
            (
                json!({ "ConfirmationCode": "e" }),
                "User does not exist.",
                "User does not exist.",
            ),
        ] {
            assert_eq!(redact_message(operation(name), &input, message), expected);
        }
    }

    /// A member whose name suggests a secret does not keep its value.
    #[test]
    fn names_of_secrets() {
        let suspicious = ["Password", "Secret", "Token", "Session", "Code", "Hash"];
        let harmless = [
            // Tokens of pages, types, and settings.
            "NextToken",
            "PaginationToken",
            "TokenType",
            "ActorTokenType",
            "SubjectTokenType",
            "RequestedTokenType",
            "IssuedTokenType",
            "ActorTokenProviderName",
            "SubjectTokenProviderName",
            "TokenSession",
            "TokenValidityUnits",
            "EnableTokenRevocation",
            "SoftwareTokenMfaConfiguration",
            "SoftwareTokenMfaSettings",
            "RefreshTokenRotation",
            "AccessTokenValidity",
            "IdTokenValidity",
            "RefreshTokenValidity",
            "PreTokenGeneration",
            "PreTokenGenerationConfig",
            "AuthSessionValidity",
            "SSOSession",
            "UserSessionTracking",
            "SessionType",
            "IsCurrentSession",
            "RevokeAssociatedSessions",
            "PasswordPolicy",
            "PasswordHistorySize",
            "PasswordHashingAlgorithm",
            "TemporaryPasswordValidityDays",
            "GenerateSecret",
            "ClientSecretId",
            "ClientSecretCreateDate",
            "CodeDeliveryDetails",
            "CodeDeliveryDetailsList",
            // Ids of sessions identify a session and do not authorize anything.
            "SessionId",
            "OriginSessionId",
            // Lists and structures whose members are checked on their own.
            "ClientSecrets",
            "ClientSecretDescriptor",
            "Sessions",
            "DeviceSecretVerifierConfig",
        ];
        let units = "TokenValidityUnitsType";
        for shape in Model::get()
            .shapes()
            .filter(|shape| shape.name != units && !shape.name.ends_with("Exception"))
        {
            for member in shape.members() {
                let is_suspicious = suspicious.iter().any(|word| member.name.contains(word))
                    && !harmless.contains(&member.name);
                let kept = !member.shape().sensitive && !SECRETS.contains(&member.name);
                assert!(!(is_suspicious && kept), "{}.{}", shape.name, member.name);
            }
        }
    }
}
