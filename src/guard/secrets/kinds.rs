//! Kinds of secrets, and the references that an argument accepts.
//!
//! A reference contains its kind, as in `secret:client_secret/…`. It is resolved only in
//! an argument for that kind. Otherwise a client secret could be sent as a code, and
//! Cognito repeats codes in its sentences.

use crate::error::ToolError;
use crate::guard::reference::{PREFIX, plain};

/// The names of each kind of secret in answers and arguments, in the form of references.
/// Any other name is a kind of its own.
const KINDS: &[(&str, &[&str])] = &[
    ("an access token", &["access_token"]),
    ("an ID token", &["id_token"]),
    ("a refresh token", &["refresh_token"]),
    (
        "a password",
        &[
            "new_password",
            "password",
            "previous_password",
            "proposed_password",
            "temporary_password",
        ],
    ),
    (
        "a code",
        &[
            "answer",
            "code",
            "confirmation_code",
            "email_otp_code",
            "sms_mfa_code",
            "sms_otp_code",
            "software_token_mfa_code",
            "user_code",
        ],
    ),
    ("a client secret", &["client_secret", "client_secret_value"]),
    ("a private key", &["private_key"]),
    ("a session", &["session"]),
    ("a token", &["token"]),
    ("a feedback token", &["feedback_token"]),
    ("a secret of an authenticator app", &["secret_code"]),
    (
        "a secret block",
        &["password_claim_secret_block", "secret_block"],
    ),
    ("a URL for an upload", &["upload_url", "pre_signed_url"]),
    ("a CSV file", &["csv"]),
];

/// Arguments that accept several kinds, by their names.
const SEVERAL: &[(&str, &[&str])] = &[
    // `decode_token`, `verify_token`, and the API's RevokeToken.
    ("token", &["access_token", "id_token", "refresh_token"]),
];

/// Whether the argument `name` accepts `reference`, known or not.
pub(crate) fn fits(name: &str, reference: &str) -> bool {
    let (asked, given) = (plain(name), kind_of(reference));
    let several = SEVERAL.iter().find(|(name, _)| *name == asked);
    kind(&asked) == kind(given)
        || several.is_some_and(|(_, kinds)| kinds.iter().any(|name| kind(name) == kind(given)))
}

/// The error for a reference that the argument `name` does not accept.
pub(super) fn refusal(name: &str, reference: &str) -> Box<ToolError> {
    let (asked, given) = (plain(name), kind_of(reference));
    let mut kinds = vec![words(&asked)];
    let several = SEVERAL.iter().find(|(name, _)| *name == asked);
    kinds.extend(
        several
            .into_iter()
            .flat_map(|(_, kinds)| kinds.iter().map(|name| words(name))),
    );
    let kinds = kinds.join(" or ");
    ToolError::new(
        "WrongSecret",
        format!(
            "`{asked}` requires {kinds}, and {reference} is {}. Nothing was called",
            words(given)
        ),
    )
    .hint(format!("Send {kinds}, or the reference of one"))
}

/// The name of the secret in `reference`.
pub(super) fn kind_of(reference: &str) -> &str {
    let rest = reference.strip_prefix(PREFIX).unwrap_or_default();
    rest.split('/').next().unwrap_or_default()
}

/// The kind of the secret `name`.
fn kind(name: &str) -> &str {
    let known = KINDS.iter().find(|(_, names)| names.contains(&name));
    known.map_or(name, |(words, _)| words)
}

fn words(name: &str) -> String {
    match kind(name) {
        own if own == name => format!("a secret called `{name}`"),
        words => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use cognito_emulator::model::{Kind, Model, Shape};
    use rmcp::model::JsonObject;
    use serde_json::{Value, json};

    use std::sync::Arc;

    use super::*;
    use crate::definition::Definition;
    use crate::guard::secrets::{Owner, Source, Vault, visit_request, visit_response};
    use crate::run::public;
    use crate::shared_state::State;
    use crate::tools;

    /// A value of `shape` with a text in every place that allows one, including keys of
    /// maps.
    fn filled(shape: &Shape, depth: usize) -> Value {
        match &shape.kind {
            _ if depth > 12 => json!("text"),
            Kind::Structure(members) => {
                let filled = members
                    .iter()
                    .map(|member| (member.name.to_owned(), filled(member.shape(), depth + 1)));
                Value::Object(filled.collect())
            }
            Kind::List(element) => json!([filled(element.get(), depth + 1)]),
            Kind::Map { value, .. } => {
                let value = filled(value.get(), depth + 1);
                let keys = MAP_KEYS
                    .iter()
                    .map(|key| ((*key).to_owned(), value.clone()));
                Value::Object(keys.collect())
            }
            _ => json!("text"),
        }
    }

    /// Names of secrets in maps of the API.
    const MAP_KEYS: &[&str] = &[
        "ANSWER",
        "DEVICE_KEY",
        "EMAIL_OTP_CODE",
        "NEW_PASSWORD",
        "PASSWORD",
        "PASSWORD_CLAIM_SECRET_BLOCK",
        "PASSWORD_CLAIM_SIGNATURE",
        "REFRESH_TOKEN",
        "SALT",
        "SECRET_BLOCK",
        "SECRET_HASH",
        "SMS_MFA_CODE",
        "SMS_OTP_CODE",
        "SOFTWARE_TOKEN_MFA_CODE",
        "SRP_A",
        "SRP_B",
        "client_secret",
        "private_key",
    ];

    /// Each secret argument of each tool, with arguments in which `reference` is its value.
    fn arguments_of_tools(reference: &str) -> Vec<(&'static Definition, String, JsonObject)> {
        let mut found = Vec::new();
        for entry in tools::all().filter(|entry| entry.name() != "call_operation") {
            let properties = entry.published().input_schema.get("properties");
            let mut all = JsonObject::default();
            for (name, schema) in properties.and_then(Value::as_object).into_iter().flatten() {
                let filled = if schema["writeOnly"] == true {
                    json!(reference)
                } else if schema["items"]["properties"].is_object() {
                    let members = schema["items"]["properties"].as_object().unwrap();
                    let secret = |(_, schema): &(&String, &Value)| schema["writeOnly"] == true;
                    let members = members.iter().filter(secret);
                    json!([members
                        .map(|(name, _)| (name.clone(), json!(reference)))
                        .collect::<JsonObject>()])
                } else {
                    continue;
                };
                all.insert(name.clone(), filled);
            }
            let mut names = BTreeSet::new();
            entry.visit_secrets(&mut all.clone(), &mut |name, _| {
                let _ = names.insert(name.to_owned());
            });
            for name in names {
                let mut one = all.clone();
                // The other secrets are plain text, which is not resolved.
                entry.visit_secrets(&mut one, &mut |other, value| {
                    if other != name {
                        *value = json!("text");
                    }
                });
                found.push((entry, name, one));
            }
        }
        found
    }

    /// Names of secret members of the API's requests.
    fn members_of_requests() -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for operation in Model::get().operations() {
            let mut input = filled(operation.input(), 0);
            visit_request(operation.name, &mut input, &mut |name, _| {
                names.insert(name.to_owned());
            });
        }
        names
    }

    /// Names of secrets in answers.
    fn kinds() -> BTreeSet<String> {
        let mut kinds = BTreeSet::from(["upload_url", "code", "password"].map(ToOwned::to_owned));
        for operation in Model::get().operations() {
            let Some(output) = operation.output() else {
                continue;
            };
            let mut body = filled(output, 0);
            visit_response(operation.name, &mut body, &mut |name, _| {
                kinds.insert(plain(name));
            });
        }
        kinds.extend(members_of_requests().iter().map(|name| plain(name)));
        for (_, name, _) in arguments_of_tools("text") {
            kinds.insert(plain(&name));
        }
        kinds
    }

    /// Shows the kinds that each secret argument accepts in addition to the one of its own
    /// name.
    #[test]
    fn an_argument_accepts_its_kinds() {
        let mut names = members_of_requests();
        names.extend(
            arguments_of_tools("text")
                .into_iter()
                .map(|(_, name, _)| name),
        );
        let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names {
            let accepted: Vec<String> = kinds()
                .into_iter()
                .filter(|kind| fits(&name, &format!("{PREFIX}{kind}/aaaaaaaaaaaaaaaa")))
                .collect();
            assert!(accepted.contains(&plain(&name)), "{name}");
            if accepted.len() > 1 {
                table.entry(accepted.join(" ")).or_default().push(name);
            }
        }
        let lines = table
            .iter()
            .map(|(accepted, names)| format!("{}\n  {accepted}", names.join(" ")));
        let lines: Vec<String> = lines.collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Token token
          access_token id_token refresh_token token
        ANSWER Code ConfirmationCode EMAIL_OTP_CODE SMS_MFA_CODE SMS_OTP_CODE SOFTWARE_TOKEN_MFA_CODE UserCode code
          answer code confirmation_code email_otp_code sms_mfa_code sms_otp_code software_token_mfa_code user_code
        ClientSecret client_secret
          client_secret client_secret_value
        NEW_PASSWORD PASSWORD Password PreviousPassword ProposedPassword TemporaryPassword new_password password temporary_password
          new_password password previous_password proposed_password temporary_password
        PASSWORD_CLAIM_SECRET_BLOCK SECRET_BLOCK
          password_claim_secret_block secret_block
        ");
    }

    /// A reference of every kind is sent in every secret argument of every tool. It is
    /// resolved only if its kind fits.
    #[test]
    fn references_of_other_kinds_are_not_resolved() {
        let vault = Vault::new(false, None, public::texts, Arc::new(State::process()));
        let owner = Owner::new("ana");
        let (mut opened, mut refused) = (0, 0);
        for kind in kinds() {
            let reference = vault.conceal(&owner, Source::Answer(1), &kind, "S3cret").0;
            for (entry, name, arguments) in arguments_of_tools(&reference) {
                let what = format!("{} {name} {kind}", entry.name());
                let result = vault.open(&owner, entry, &arguments);
                if fits(&name, &reference) {
                    let shown = Value::from(result.unwrap()).to_string();
                    assert!(
                        shown.contains("S3cret") && !shown.contains(&reference),
                        "{what}"
                    );
                    opened += 1;
                } else {
                    let error = result.unwrap_err();
                    assert_eq!(error.code, "WrongSecret", "{what}");
                    assert!(
                        error.message.contains(&plain(&name)),
                        "{what}: {}",
                        error.message
                    );
                    refused += 1;
                }
            }
            // The same applies to operations that are called by name.
            for (operation, member) in [
                ("ConfirmSignUp", "ConfirmationCode"),
                ("ChangePassword", "PreviousPassword"),
                ("GetUser", "AccessToken"),
            ] {
                let arguments = json!({ "operation": operation, "input": { member: reference } });
                let entry = tools::find("call_operation").unwrap();
                let result = vault.open(&owner, entry, arguments.as_object().unwrap());
                assert_eq!(result.is_ok(), fits(member, &reference), "{member} {kind}");
            }
        }
        assert!(opened > 50 && refused > 500, "{opened} {refused}");
    }

    #[test]
    fn the_error_names_the_required_kind() {
        let vault = Vault::new(false, None, public::texts, Arc::new(State::process()));
        let entry = tools::find("confirm_sign_up").unwrap();
        let reference = "secret:client_secret/aaaaaaaaaaaaaaaa";
        let arguments = json!({ "username": "ana", "code": reference });
        let refused = vault.open(&Owner::new(""), entry, arguments.as_object().unwrap());
        let refused = refused.unwrap_err();
        insta::assert_snapshot!(
            format!("{}. {}", refused.message, refused.hint.unwrap()),
            @"`code` requires a code, and secret:client_secret/aaaaaaaaaaaaaaaa is a client secret. Nothing was called. Send a code, or the reference of one"
        );
        let refused = refusal("token", "secret:csv/aaaaaaaaaaaaaaaa").message;
        insta::assert_snapshot!(refused, @"`token` requires a token or an access token or an ID token or a refresh token, and secret:csv/aaaaaaaaaaaaaaaa is a CSV file. Nothing was called");
    }
}
